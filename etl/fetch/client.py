"""The one HTTP client of all adapters: https only, patient, resuming, caching, and silent about keys."""

from __future__ import annotations

import contextlib
import json
import logging
import random
import ssl
import time
import tomllib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from functools import cache
from http import HTTPStatus
from ipaddress import ip_address
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import quote, quote_plus, urlencode, urlsplit

import httpx

from etl.fetch.body import Format, check_body, require_no_keys
from etl.fetch.cache import Cache, Part, Received
from etl.fetch.errors import FetchError

ATTEMPTS = 5
FIRST_WAIT_SECONDS = 1.0
LONGEST_WAIT_SECONDS = 120.0
MAX_REDIRECTS = 5
MAX_BYTES = 1 << 30
TIMEOUT = httpx.Timeout(60.0, connect=15.0)
PROGRESS_BYTES = 1 << 18
SERVER_WORDS = 200
REDIRECTS = {301, 302, 303, 307, 308}
_Result = TypeVar("_Result")
Pairs = Sequence[tuple[str, str]]


@dataclass(frozen=True)
class Request:
    """What to ask for; only `url` and `params` are ever written down.

    Attributes
    ----------
    secret_params, secret_headers : pairs of str
        Keys; left out of records, messages and the cache's index, and never sent on to another host.
    wanted : Format
        What the body must be.
    check : callable, optional
        Looks at the content and raises FetchError.
    is_file : bool
        A whole file: asked for uncompressed, so that a broken transfer can be resumed.
    remedy : str
        What to do if the source does not have it.
    """

    url: str
    params: Pairs = ()
    secret_params: Pairs = ()
    secret_headers: Pairs = ()
    wanted: Format = "json"
    check: Callable[[Any], None] | None = None
    is_file: bool = False
    remedy: str = "Check the arguments against the source's documentation."

    @property
    def public_url(self) -> str:
        """Return the address without keys."""
        return _with_query(self.url, self.params)

    @property
    def full_url(self) -> str:
        """Return the address with keys."""
        return _with_query(self.public_url, self.secret_params)


def _with_query(url: str, params: Pairs) -> str:
    return f"{url}{'&' if '?' in url else '?'}{urlencode(params)}" if params else url


class _AgainError(Exception):
    """A failure that may pass: try again, not before `after` seconds."""

    def __init__(self, reason: str, after: float | None = None) -> None:
        super().__init__(reason)
        self.after = after


@cache
def user_agent() -> str:
    """Return how the project names itself to servers."""
    project = tomllib.loads((Path(__file__).parents[2] / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    return f"{project['name']}/{project['version']}"


@cache
def _certificates() -> ssl.SSLContext:
    """Return the trusted certificates (those of SSL_CERT_FILE if it is set), read once."""
    return httpx.create_ssl_context()


def is_loopback(url: str) -> bool:
    """Return whether an address is on this computer."""
    host = urlsplit(url).hostname or ""
    with contextlib.suppress(ValueError):
        return ip_address(host).is_loopback
    return host == "localhost"


def utc_now() -> datetime:
    """Return the time."""
    return datetime.now(UTC)


def _seconds_asked(response: httpx.Response, now: datetime) -> float | None:
    """Return what Retry-After says, as seconds from now."""
    value = response.headers.get("Retry-After", "").strip()
    if value.isdigit():
        return float(value)
    try:
        return max(0.0, (parsedate_to_datetime(value) - now).total_seconds())
    except (ValueError, TypeError):
        return None


def _validator(response: httpx.Response) -> str | None:
    """Return what If-Range may send: a strong ETag or a date; nothing if the body is encoded."""
    if response.headers.get("Content-Encoding", "identity") != "identity":
        return None
    etag = response.headers.get("ETag")
    if etag and not etag.startswith("W/"):
        return str(etag)
    date: str | None = response.headers.get("Last-Modified")
    return date


def _range_start(response: httpx.Response) -> int:
    """Return the first byte of a partial answer, -1 if it does not say so."""
    unit, _, rest = response.headers.get("Content-Range", "").partition(" ")
    start = rest.partition("-")[0]
    return int(start) if unit == "bytes" and start.isdigit() else -1


def _status_words(status: int) -> str:
    try:
        return f"{status} {HTTPStatus(status).phrase}"
    except ValueError:
        return str(status)


class Client:
    """Gets bodies over HTTP and keeps them in a cache.

    Parameters
    ----------
    store : Cache
        Where bodies are kept.
    keys : mapping of str to str
        Name of the environment variable to its value; masked in every message.
    allow_plain_http : bool
        Whether plain http to this computer is allowed; to any other it never is.
    offline, refresh : bool
        Take from the cache only; ask for everything anew.
    max_bytes : int
        Larger bodies are refused.
    sleep, now, jitter, progress : callables
        Waiting, the time in UTC, a random number in [0, 1), and where to show what is going on.
    """

    def __init__(
        self,
        store: Cache,
        *,
        keys: Mapping[str, str] | None = None,
        allow_plain_http: bool = False,
        offline: bool = False,
        refresh: bool = False,
        max_bytes: int = MAX_BYTES,
        sleep: Callable[[float], None] = time.sleep,
        now: Callable[[], datetime] = utc_now,
        jitter: Callable[[], float] | None = None,
        progress: Callable[[str], None] = lambda step: None,
    ) -> None:
        self._store = store
        self._keys = dict(keys or {})
        self._allow_plain_http = allow_plain_http
        self.offline = offline
        self._refresh = refresh
        self._max_bytes = max_bytes
        self._sleep = sleep
        self._now = now
        self._jitter = jitter or random.SystemRandom().random
        self._progress = progress
        for name in ("httpx", "httpcore"):  # they log addresses and headers, which hold keys
            logging.getLogger(name).setLevel(logging.CRITICAL)
        self._http = httpx.Client(
            timeout=TIMEOUT,
            verify=_certificates(),
            follow_redirects=False,
            trust_env=not allow_plain_http,  # proxies of the environment, but not to this computer
            headers={"User-Agent": user_agent()},
        )

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def add_key(self, name: str, value: str) -> None:
        """Mask one more secret, such as a token that was given for a password."""
        self._keys[name] = value

    def mask(self, text: str) -> str:
        """Return a text without any of the keys."""
        for name, key in self._keys.items():
            for form in {key, quote(key, safe=""), quote_plus(key), json.dumps(key)[1:-1]}:
                if form:
                    text = text.replace(form, f"<{name}>")
        return text

    def get(self, request: Request) -> Received:
        """Return a checked body, from the source or, if it has not changed, from the cache.

        Parameters
        ----------
        request : Request
            What to ask for.

        Returns
        -------
        Received
            The body as received (after content decoding), in the cache.

        Raises
        ------
        FetchError
            If it cannot be had or is not what was asked for.
        """
        known = self._store.find(request.public_url)
        if self.offline:
            if known is None:
                raise FetchError(f"{request.public_url}: not in the cache. Fetch it once without --offline.")
            return known
        for name, value in request.secret_headers:
            if not (value.isascii() and value.isprintable()):
                raise FetchError(f"the key for {name} has characters that no key has: set its variable again.")
        part = self._store.claim_part(request.public_url)
        try:
            copy = None if self._refresh else known
            return self._retrying(request.public_url, known, lambda: self._receive(request, copy, part))
        finally:
            self._store.leave_part(request.public_url, part)

    def post_form(self, url: str, form: Mapping[str, str], remedy: str) -> dict[str, Any]:
        """Send a form and return the JSON object of the answer; nothing of it is kept.

        Raises
        ------
        FetchError
            If it is refused, or the answer is not an object.
        """

        def send() -> dict[str, Any]:
            self._require_safe(url)
            response = self._http.post(url, data=dict(form), headers={"Accept": "application/json"})
            self._raise_for_status(response, url, remedy)
            try:
                answer = response.json()
            except ValueError as error:
                raise FetchError(f"{url}: found something that is not JSON; expected a token. {remedy}") from error
            if not isinstance(answer, dict):
                raise FetchError(f"{url}: found {type(answer).__name__}; expected a token. {remedy}")
            return answer

        return self._retrying(url, None, send)

    def _retrying(self, url: str, known: Received | None, action: Callable[[], _Result]) -> _Result:
        """Run an action until it works, fails for good, or has failed too often."""
        reason = ""
        for attempt in range(ATTEMPTS):
            try:
                with _passing_failures():
                    return action()
            except _AgainError as error:
                reason, after = str(error), error.after
            if after is not None and after > LONGEST_WAIT_SECONDS:
                raise FetchError(f"{url}: {reason}; the server asks to wait {after:,.0f} seconds. Try again then.")
            if attempt + 1 < ATTEMPTS:
                wait = FIRST_WAIT_SECONDS * 2**attempt * (0.5 + self._jitter() / 2) if after is None else after
                self._progress(f"{urlsplit(url).hostname}: {reason}; again in {wait:.0f} s")
                self._sleep(wait)
        copy = f" A copy of {known.accessed[:10]} is in the cache: --offline takes it." if known else ""
        raise FetchError(f"{url}: {reason}, {ATTEMPTS} times. Check the network, or try again later.{copy}")

    def _receive(self, request: Request, known: Received | None, part: Part) -> Received:
        headers = {"Accept": "*/*", "Accept-Encoding": "identity" if request.is_file else "gzip, identity"}
        if part.size and part.validator:
            headers |= {"Accept-Encoding": "identity", "Range": f"bytes={part.size}-", "If-Range": part.validator}
        elif known and known.etag:
            headers["If-None-Match"] = known.etag
        elif known and known.last_modified:
            headers["If-Modified-Since"] = known.last_modified
        with self._open(request, headers) as response:
            if response.status_code == HTTPStatus.NOT_MODIFIED and known:
                return self._store.confirm(known, self._timestamp())
            if response.status_code == HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE and part.size:
                part.restart(None)
                raise _AgainError("the rest of the file could not be had", after=0)
            self._raise_for_status(response, request.public_url, request.remedy)
            self._save(response, request, part)
            received = Received(
                path=part.path,
                url=request.public_url,
                sha256="",
                bytes=0,
                accessed=self._timestamp(),
                etag=response.headers.get("ETag"),
                last_modified=response.headers.get("Last-Modified"),
                content_type=response.headers.get("Content-Type"),
            )
        self._check(request, part)
        return self._store.store(part, received)

    def _save(self, response: httpx.Response, request: Request, part: Part) -> None:
        """Append a partial answer to the part, or write a whole one from its start."""
        if response.status_code == HTTPStatus.PARTIAL_CONTENT:
            if _range_start(response) != part.size:
                part.restart(None)
                raise _AgainError("the rest of the file did not fit", after=0)
        else:
            part.restart(_validator(response))
        done = shown = part.size
        is_plain = response.headers.get("Content-Encoding", "identity") == "identity"
        length = response.headers.get("Content-Length", "") if is_plain else ""
        total = done + int(length) if length.isdigit() else 0
        self._require_size(request, max(done, total))
        with part.path.open("ab") as file:
            for chunk in response.iter_bytes():
                file.write(chunk)
                done += len(chunk)
                self._require_size(request, done)
                if done - shown >= PROGRESS_BYTES:
                    shown = done
                    share = f" of {total / 1e6:,.1f}" if total else ""
                    self._progress(f"{urlsplit(request.url).hostname}: {done / 1e6:,.1f}{share} MB")
        if total and done != total:
            raise _AgainError(f"the body ended after {done:,} of {total:,} bytes")

    def _check(self, request: Request, part: Part) -> None:
        try:
            check_body(part.path, request.wanted, request.check)
            require_no_keys(part.path, self._keys.values())
        except FetchError as error:
            part.restart(None)
            raise FetchError(f"{request.public_url}: {error}. {request.remedy}") from error

    def _require_size(self, request: Request, size: int) -> None:
        if size > self._max_bytes:
            limit = f"{self._max_bytes / 1e6:,.0f} MB"
            raise FetchError(f"{request.public_url}: larger than {limit}. If you want it, give a higher --max-mb.")

    def _require_safe(self, url: str) -> None:
        scheme = urlsplit(url).scheme
        if scheme != "https" and not (scheme == "http" and self._allow_plain_http and is_loopback(url)):
            raise FetchError(
                f"{scheme}://{urlsplit(url).hostname}: only https is allowed; nothing was fetched from it."
            )

    @contextlib.contextmanager
    def _open(self, request: Request, headers: Mapping[str, str]) -> Iterator[httpx.Response]:
        """Send a request, follow a few redirects, and give the answer, its body unread."""
        url, secret = request.full_url, dict(request.secret_headers)
        for _ in range(MAX_REDIRECTS + 1):
            self._require_safe(url)
            sent = self._http.build_request("GET", url, headers={**headers, **secret})
            response = self._http.send(sent, stream=True)
            try:
                if response.status_code not in REDIRECTS or "Location" not in response.headers:
                    yield response
                    return
                target = response.url.join(response.headers["Location"])
                if (target.scheme, target.netloc) != (response.url.scheme, response.url.netloc):
                    secret = {}
                url = str(target)
            finally:
                response.close()
        raise FetchError(f"{request.public_url}: more than {MAX_REDIRECTS} redirects. {request.remedy}")

    def _raise_for_status(self, response: httpx.Response, url: str, remedy: str) -> None:
        status = response.status_code
        if status in (HTTPStatus.OK, HTTPStatus.PARTIAL_CONTENT):
            return
        found = f"the server answered {_status_words(status)}"
        if status in (HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_MANY_REQUESTS) or status >= 500:
            raise _AgainError(found, _seconds_asked(response, self._now()))
        words = self._words_of(response)
        raise FetchError(f"{url}: {found}{f' ({words})' if words else ''}. {self._advice(status)}{remedy}")

    def _advice(self, status: int) -> str:
        if status in (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN):
            names = " and ".join(name for name in self._keys if name.isupper())
            return f"Check {names} and the access that your account has. " if names else "The source denies access. "
        return ""

    def _words_of(self, response: httpx.Response) -> str:
        """Return the first words that a server says about an error, on one line, without keys and web pages."""
        start = next(response.iter_bytes(4 * SERVER_WORDS), b"")
        text = " ".join(start.decode(errors="replace").split())
        if not text or text.startswith("<"):
            return ""
        return self.mask(text)[:SERVER_WORDS]

    def _timestamp(self) -> str:
        return self._now().strftime("%Y-%m-%dT%H:%M:%SZ")


@contextlib.contextmanager
def _passing_failures() -> Iterator[None]:
    """Turn the failures of the transport, whose texts may hold an address, into words of ours."""
    try:
        yield
    except httpx.ConnectError as error:
        reason = str(error).rpartition("] ")[2]
        raise _AgainError(f"no connection ({reason})") from None
    except httpx.TimeoutException:
        raise _AgainError("no answer in time") from None
    except httpx.DecodingError:
        raise _AgainError("the compressed body is broken") from None
    except httpx.TransportError:
        raise _AgainError("the connection ended early") from None
    except (httpx.InvalidURL, UnicodeError):
        raise FetchError("the source gives an address that is none. Tell its maintainers.") from None
