"""Where a request comes from: a page of ours, a person who follows a link, or a page of another site."""

from __future__ import annotations

from urllib.parse import urlsplit

from flask import Request

from dashboard.settings import LOOPBACK

READING = ("GET", "HEAD", "OPTIONS")
_CONTROL = {chr(code) for code in (*range(0x21), 0x7F)}


def is_at_this_machine(request: Request) -> bool:
    """Whether the request comes from this machine, and by its name: another name would be DNS rebinding."""
    name = urlsplit(f"//{request.host}").hostname or ""
    return name in LOOPBACK and (request.remote_addr or "") in LOOPBACK


def is_foreign(request: Request) -> bool:
    """Whether a page of another site makes the request; that a person follows a link from there is none.

    Browsers say so in Sec-Fetch-Site and Origin; a request without either is not from a page.
    """
    site = request.headers.get("Sec-Fetch-Site", "same-origin")
    origin = request.headers.get("Origin")
    if request.method in READING:
        is_visit = (
            request.headers.get("Sec-Fetch-Mode") == "navigate" and request.headers.get("Sec-Fetch-Dest") == "document"
        )
        return site not in ("same-origin", "none") and not is_visit
    return site not in ("same-origin", "none") or (origin is not None and origin != own_origin(request))


def is_from_own_page(request: Request) -> bool:
    """Whether the browser says that a page of ours makes the request."""
    if is_foreign(request):
        return False
    return request.headers.get("Sec-Fetch-Site") == "same-origin" or request.headers.get("Origin") == own_origin(
        request
    )


def own_origin(request: Request) -> str:
    """Return scheme, name and port under which the browser reached the process."""
    return f"{request.scheme}://{request.host}"


def safe_next(address: str | None) -> str:
    """Return an address of this site to go on to, or the first page if it could lead elsewhere."""
    if not address or not address.startswith("/") or address[1:2] in ("/", "\\"):
        return "/"
    if "\\" in address or _CONTROL & set(address) or address.startswith("/sign-"):
        return "/"
    try:
        parts = urlsplit(address)
    except ValueError:
        return "/"
    return "/" if parts.scheme or parts.netloc else address
