"""What the browser asks callbacks for, checked like an address."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError

from dashboard.errors import UnknownAddressError
from dashboard.services import Services


class Ask(BaseModel):
    """A layer at a level in a language, and perhaps a unit or a sort order."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    layer: str
    level: str
    lang: str
    unit: str | None = None
    sort: str | None = None


def read_ask(data: Any, services: Services) -> Ask:
    """Return the ask, or raise `UnknownAddressError` naming what does not exist."""
    try:
        ask = Ask.model_validate(data)
    except ValidationError as error:
        raise UnknownAddressError(f"a request that makes no sense: {error.error_count()} faults") from error
    services.words(ask.lang)
    services.spec(ask.layer)
    if ask.level not in services.levels(ask.layer):
        raise UnknownAddressError(f"{ask.layer} is not published at level {ask.level!r}")
    return ask
