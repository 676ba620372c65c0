"""Who may use the pages that write: a browser on this machine, on a page of ours."""

from __future__ import annotations

import hmac
import secrets
from urllib.parse import urlsplit

from flask import Request

from dashboard.auth.origin import is_at_this_machine
from dashboard.errors import UnsafeTierError

FIELD = "token"


class Guard:
    """Refuses requests that are not from a page of this process on this machine.

    A page of another site could otherwise send forms to the address of this machine, or take over its name
    (DNS rebinding): the host must be a loopback name, the origin must be the same, and forms carry a token.
    """

    def __init__(self) -> None:
        self.token = secrets.token_urlsafe(24)

    def check(self, request: Request) -> None:
        """Raise `UnsafeTierError` unless the request may use the pages.

        Raises
        ------
        UnsafeTierError
            If the host is no loopback name, the request comes from another site or another machine, or the token of
            a form is wrong.
        """
        if not is_at_this_machine(request):
            raise UnsafeTierError("data can be brought from this machine only: open the page at 127.0.0.1")
        if request.headers.get("Sec-Fetch-Site", "same-origin") not in ("same-origin", "none"):
            raise UnsafeTierError("this request comes from a page of another site")
        if request.method == "POST":
            origin = request.headers.get("Origin")
            if origin not in (None, "null") and urlsplit(str(origin)).netloc != request.host:
                raise UnsafeTierError("this form comes from a page of another site")
            if not hmac.compare_digest(request.form.get(FIELD, ""), self.token):
                raise UnsafeTierError("this form is too old: go back, reload the page and send it again")
