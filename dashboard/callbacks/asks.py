"""What the browser asks callbacks for, checked like an address."""

from __future__ import annotations

from typing import Any

from dash import Dash
from flask import has_request_context, request
from pydantic import BaseModel, ConfigDict, ValidationError

from dashboard.audit import note_view
from dashboard.errors import NonsenseError, UnknownAddressError
from dashboard.services import Datasets, Services
from layers.variant import Variant, read_variant

_FILLS = {"panel": "panel", "drawer": "table", "method": "method", "chart-plot": "chart", "chart-head": "export"}


class Ask(BaseModel):
    """A layer at a level in a language, perhaps as a variant, and perhaps a unit or a sort order."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    dataset: str | None = None
    layer: str
    level: str
    lang: str
    unit: str | None = None
    sort: str | None = None
    ranked: bool = True
    series: bool = True
    variant: dict[str, str] = {}


def read_ask(data: Any, datasets: Datasets) -> tuple[Ask, Services]:
    """Return the ask and the dataset that it is about, or raise `UnknownAddressError` naming what does not exist."""
    try:
        ask = Ask.model_validate(data)
    except ValidationError as error:
        raise NonsenseError(f"a request that makes no sense: {error.error_count()} faults") from error
    services = datasets.get(ask.dataset)
    services.words(ask.lang)
    services.spec(ask.layer)
    if ask.level not in services.levels(ask.layer):
        raise UnknownAddressError(f"{ask.layer} is not published at level {ask.level!r}")
    services.require_variant(ask.layer, ask.level, ask.variant)
    note_view(_what(), services.id, [services.spec(ask.layer)], ask.level)
    return ask, services


def variant_of(ask: Ask) -> Variant:
    """Return the variant that is asked for; `read_ask` has refused one that is not there."""
    return read_variant(ask.variant)[0]


def _what() -> str:
    """Return what the running callback fills, for the audit log."""
    call = request.get_json(silent=True) if has_request_context() else None
    output = str(call.get("output", "")) if isinstance(call, dict) else ""
    return _FILLS.get(output.strip(".").partition(".")[0], "layer")


class _Property(BaseModel):
    id: str
    property: str


class _Call(BaseModel):
    output: str
    outputs: _Property | list[_Property]
    inputs: list[_Property]
    state: list[_Property] = []
    changedPropIds: list[str] = []  # noqa: N815 - the renderer's own name


def refuse_nonsense(app: Dash) -> None:
    """Answer 400 to a body that is no call of one of the app's callbacks, before Dash stumbles over it."""

    def check() -> None:
        if request.path != "/_dash-update-component":
            return
        try:
            call = _Call.model_validate(request.get_json(silent=True))
        except ValidationError as error:
            raise NonsenseError(f"a call that makes no sense: {error.error_count()} faults") from error
        known = app.callback_map.get(call.output, {})
        outputs = call.outputs if isinstance(call.outputs, list) else [call.outputs]
        if (
            "callback" not in known
            or [f"{o.id}.{o.property}" for o in outputs] != call.output.strip(".").split("...")
            or [i.model_dump() for i in call.inputs] != known["inputs"]
            or call.state
        ):
            raise NonsenseError(f"no callback {call.output[:40]!r} with these inputs and outputs")

    app.server.before_request(check)
