"""Only a page of this process on this machine may use the pages that write."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask, request

from dashboard.bring.security import FIELD, Guard
from dashboard.errors import UnsafeTierError

HERE = {"HTTP_HOST": "127.0.0.1:8050", "REMOTE_ADDR": "127.0.0.1"}


def check(guard: Guard, method: str = "GET", form: dict[str, str] | None = None, **environ: Any) -> None:
    with Flask("test").test_request_context("/bring", method=method, data=form, environ_overrides={**HERE, **environ}):
        guard.check(request)


def test_page_on_this_machine_may_be_read() -> None:
    check(Guard())
    check(Guard(), HTTP_SEC_FETCH_SITE="none")
    check(Guard(), HTTP_HOST="[::1]:8050", REMOTE_ADDR="::1")


@pytest.mark.parametrize(
    "environ",
    [
        {"HTTP_HOST": "atlas.example.org"},
        {"HTTP_HOST": "127.0.0.1.example.org"},
        {"REMOTE_ADDR": "192.0.2.7"},
        {"HTTP_SEC_FETCH_SITE": "cross-site"},
        {"HTTP_SEC_FETCH_SITE": "same-site"},
    ],
)
def test_other_names_machines_and_sites_are_refused(environ: dict[str, str]) -> None:
    with pytest.raises(UnsafeTierError):
        check(Guard(), **environ)


def test_form_needs_the_token_of_this_process_and_the_same_origin() -> None:
    guard = Guard()
    good = {FIELD: guard.token}
    check(guard, "POST", good, HTTP_ORIGIN="http://127.0.0.1:8050")
    check(guard, "POST", good)
    for form, environ in (
        ({}, {}),
        ({FIELD: Guard().token}, {}),
        (good, {"HTTP_ORIGIN": "http://example.org"}),
        (good, {"HTTP_ORIGIN": "http://127.0.0.1:9000"}),
    ):
        with pytest.raises(UnsafeTierError):
            check(guard, "POST", form, **environ)
