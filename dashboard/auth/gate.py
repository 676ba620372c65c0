"""The gate before every address of a process: nothing is answered that is not allowed here."""

from __future__ import annotations

import hmac
import ipaddress
import secrets
import sys
from typing import Any
from urllib.parse import quote

from flask import Flask, Response, g, jsonify, redirect, request

from dashboard.audit import AuditLog
from dashboard.auth.access import Access
from dashboard.auth.accounts import FILE as ACCOUNTS_FILE
from dashboard.auth.accounts import Account, Accounts
from dashboard.auth.clock import Clock
from dashboard.auth.origin import READING, is_at_this_machine, is_foreign, is_from_own_page, own_origin, safe_next
from dashboard.auth.people import Person, at_this_machine
from dashboard.auth.store import Store
from dashboard.errors import ProviderError, SignInError, UnsafeTierError, http_status
from dashboard.fragments import environment
from dashboard.page import Page
from dashboard.reading import reader_language
from dashboard.settings import Settings
from layers.words import Words, languages, load_words

SESSIONS_FILE = "sessions.sqlite"
FIELD = "form"
GOVERNANCE = "atlas_governance"
OPEN = frozenset(
    {"atlas_health", "atlas_asset", "auth_sign_in", "auth_enter", "auth_provider", "auth_callback", GOVERNANCE}
)
MESSAGES = ("no_role", "owner_only", "too_often", "not_accepted", "no_provider", "ended")
NOBODY = "-"
WINDOW_S = 15 * 60.0
MOST_BY_ACCOUNT, MOST_BY_ADDRESS, MOST_BEGUN = 10, 60, 60
_FORM_COOKIE_S = 3600


def require_safe(settings: Settings) -> None:
    """Refuse settings under which sensitive figures could reach somebody unknown.

    Raises
    ------
    UnsafeTierError
        If a tier above public would be reachable from other machines without sign-in.
    SignInError
        If sign-in is asked for, but not set up.
    """
    if settings.auth == "none" and settings.tier != "public" and (not settings.is_loopback or settings.trusted_proxies):
        raise UnsafeTierError(
            f"tier {settings.tier} without sign-in may only be served on this machine: set DRIVERS_ATLAS_AUTH to local "
            "or oidc, or DRIVERS_ATLAS_HOST to 127.0.0.1 with no proxy before it; "
            f"found {settings.host}, {settings.trusted_proxies} trusted proxies"
        )
    if settings.auth == "local":
        accounts = Accounts(settings.private / ACCOUNTS_FILE)
        if not any(account.person().may_see(settings.tier) for account in accounts.all().values()):
            raise SignInError(
                f"no account of {accounts.path} may see tier {settings.tier}: add one with "
                f"`python -m dashboard.auth add-user ID --role {settings.tier}`"
            )
    if settings.auth == "oidc":
        missing = [name for name in ("oidc_discovery", "oidc_client_id") if getattr(settings, name) is None]
        if missing:
            named = " and ".join(f"DRIVERS_ATLAS_{name.upper()}" for name in missing)
            raise SignInError(f"sign-in with a provider needs {named}")
        settings.read_client_secret()


def _network(address: str) -> str:
    """Return whose attempts are counted together: an IPv4 address, or an IPv6 network of one customer."""
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return address
    return str(ipaddress.ip_network((found, 64), strict=False)) if found.version == 6 else str(found)


class Gate:
    """Decides about every request, and answers those about sign-in.

    Parameters
    ----------
    server : flask.Flask
    settings : Settings
    page : Page
        For the styles and the icon.
    log : AuditLog or None
        None where nothing is logged: a public tier without sign-in.
    clock : callable
    """

    def __init__(self, server: Flask, settings: Settings, page: Page, log: AuditLog | None, clock: Clock) -> None:
        self.settings, self.page, self.log, self.clock = settings, page, log, clock
        self.has_sign_in = settings.auth != "none"
        self.accounts = Accounts(settings.private / ACCOUNTS_FILE)
        self.cookie = "__Host-atlas" if settings.needs_https else "atlas"
        self.form_cookie = f"{self.cookie}-form"
        if not self.has_sign_in:
            return
        self.store = Store(
            settings.private / SESSIONS_FILE,
            clock,
            settings.session_idle_minutes * 60.0,
            settings.session_hours * 3600.0,
        )
        if settings.auth == "oidc":
            server.secret_key = self.store.sign("cookie", "flask")
            server.config.update(
                SESSION_COOKIE_NAME=f"{self.cookie}-provider",
                SESSION_COOKIE_SECURE=settings.needs_https,
                SESSION_COOKIE_HTTPONLY=True,
                SESSION_COOKIE_SAMESITE="Lax",
            )
            from dashboard.auth.provider import Provider  # its libraries take time to load and only this needs them

            self.provider = Provider(server, settings, self.store)

    # --- every request ---

    def guard(self) -> Response | None:
        """Return the refusal of a request, or None if it may go on."""
        try:
            return self._refusal()
        except SignInError as error:
            return self._out_of_order(error)

    def _out_of_order(self, error: SignInError) -> Response:
        """Tell the operator what is wrong, and the reader only that something is."""
        print(f"Drivers Atlas: {error}", file=sys.stderr, flush=True)  # noqa: T201 - the operator's console
        return self.message(503, "no_provider")

    def _refusal(self) -> Response | None:
        if not self.has_sign_in:
            self._require_this_machine()
            g.atlas_person = at_this_machine()
            if self.settings.is_private:
                g.atlas_access = Access(g.atlas_person, self.settings.tier, is_signed_in=False, token="")
            return None
        if request.endpoint == "atlas_health":
            return None
        if self.settings.needs_https and not request.is_secure:
            return self._to_https()
        if is_foreign(request):
            raise UnsafeTierError("this request comes from a page of another site")
        is_open = request.endpoint in OPEN
        if is_open and request.endpoint != GOVERNANCE:
            return None
        token = request.cookies.get(self.cookie, "")
        person = self._person(token)
        if person is None:
            return None if is_open else self._ask_to_sign_in()
        if request.method not in READING and not is_from_own_page(request):
            raise UnsafeTierError("this request does not come from a page of this site")
        g.atlas_person = person
        may_see = person.may_see(self.settings.tier)
        if is_open and not may_see:
            return None
        g.atlas_access = Access(person, self.settings.tier, is_signed_in=True, token=self.form_token(token))
        return None if may_see else self._refuse(person.id)

    def _require_this_machine(self) -> None:
        if self.settings.tier == "public":
            return
        if not is_at_this_machine(request):
            raise UnsafeTierError(
                f"tier {self.settings.tier} is served without sign-in to this machine only: open it at 127.0.0.1"
            )
        if is_foreign(request):
            raise UnsafeTierError("this request comes from a page of another site")

    def _person(self, token: str) -> Person | None:
        """Return who has a session that nothing has ended since: not the account, not another way of signing in."""
        person = self.store.read_session(token) if token else None
        if person is None:
            return None
        if self.settings.auth == "oidc":
            found = person if person.stamp == self.provider.stamp else None
        else:
            account = self.accounts.find(person.id, self.clock().date())
            found = None if account is None else account.person()
        if found is None or found.stamp != person.stamp:
            self.store.end_session(token)
            return None
        return found

    def _to_https(self) -> Response:
        if request.method not in READING:
            raise UnsafeTierError("this site is served over https only")
        return _own(redirect(f"https://{request.host}{request.full_path.removesuffix('?')}", 308))

    def _ask_to_sign_in(self) -> Response:
        is_visit = request.method in READING and (
            request.headers.get("Sec-Fetch-Mode", "navigate") == "navigate"
            and request.accept_mimetypes.accept_html
            and "text/html" in request.headers.get("Accept", "")
        )
        if is_visit:
            return _own(redirect(f"/sign-in?next={quote(request.full_path.removesuffix('?'), safe='')}", 303))
        answer = jsonify(error="sign in first: the session has ended or there is none")
        answer.status_code = 401
        return answer

    # --- pages ---

    def _words(self) -> Words:
        wanted = request.args.get("lang", "")
        best = reader_language(request, self.settings.language)
        return load_words(wanted if wanted in languages() else best)

    def render(self, template: str, status: int = 200, **more: Any) -> Response:
        """Return one of the pages of this module."""
        words = self._words()
        body = environment().get_template(f"auth/{template}.html.j2").render(
            w=words,
            lang=words.lang,
            css=self.page.assets.text("tokens.css", "bring.css"),
            assets=self.page.assets.address,
            tier=self.settings.tier,
            **more,
        )  # fmt: skip
        return Response(body, status, mimetype="text/html")

    def message(self, status: int, what: str, **fields: str) -> Response:
        """Return a page that says one thing, from the words of ``auth``."""
        words = self._words()
        return self.render("message", status, title=words(f"auth.{what}_title"), text=words(f"auth.{what}", **fields))

    def _refuse(self, account: str) -> Response:
        """Return the page for somebody who is known, but has no role for this tier."""
        self._log("sign_in_refused", account)
        return self.message(403, "no_role")

    def _too_often(self, wait_s: float) -> Response:
        answer = self.message(429, "too_often")
        answer.headers["Retry-After"] = str(int(wait_s) + 1)
        return answer

    def _log(self, what: str, account: str) -> None:
        if self.log is not None:
            self.log.write(what, account, self.settings.tier)

    def sign_in(self) -> Response:
        """Show the form, or the way to the provider."""
        return self._form(safe_next(request.args.get("next")))

    def _form(self, onward: str, fault: str = "", status: int = 200, account: str = "") -> Response:
        nonce = request.cookies.get(self.form_cookie) or secrets.token_urlsafe(24)
        answer = self.render(
            "sign_in",
            status,
            mode=self.settings.auth,
            onward=onward,
            fault=fault,
            account=account,
            token=self.form_token(nonce),
            has_left=request.args.get("left") == "1",
            provider_end=self.provider.end_address()
            if self.settings.auth == "oidc" and request.args.get("left")
            else None,
        )
        self._set_cookie(answer, self.form_cookie, nonce, _FORM_COOKIE_S)
        return answer

    def form_token(self, nonce: str) -> str:
        """Return what a form must carry that belongs to a cookie."""
        return self.store.sign("form", nonce)

    def _carries_token(self, cookie: str) -> bool:
        nonce = request.cookies.get(cookie, "")
        given = request.form.get(FIELD, "")
        return bool(nonce) and hmac.compare_digest(given.encode(), self.form_token(nonce).encode())

    # --- accounts on this machine ---

    def enter(self) -> Response:
        """Take the form with account and password."""
        if self.settings.auth != "local":
            raise UnsafeTierError("people sign in with the provider here")
        onward = safe_next(request.form.get("next"))
        if not is_from_own_page(request) or not self._carries_token(self.form_cookie):
            return self._form(onward, self._words()("auth.old_form"), 403)
        name = request.form.get("account", "").strip().casefold()[:64]
        keys = (f"account:{name}", f"address:{_network(request.remote_addr or '')}")
        for key, most in zip(keys, (MOST_BY_ACCOUNT, MOST_BY_ADDRESS), strict=True):
            wait = self.store.attempt(key, most, WINDOW_S)
            if wait:
                return self._too_often(wait)
        today = self.clock().date()
        try:
            known = self.accounts.all()
            account = self.accounts.check(name, request.form.get("password", ""), today)
        except SignInError as error:
            return self._out_of_order(error)
        if account is None:
            self._log("sign_in_failed", name if name in known else NOBODY)
            return self._form(onward, self._words()("auth.wrong"), 403, account=name)
        self.store.forget_attempts(keys[0])
        return self._admit(account, onward)

    def _admit(self, who: Account | Person, onward: str) -> Response:
        person = who.person() if isinstance(who, Account) else who
        if not person.may_see(self.settings.tier):
            return self._refuse(person.id)
        self.store.end_session(request.cookies.get(self.cookie, ""))
        token = self.store.begin_session(person)
        self._log("sign_in", person.id)
        answer = _own(redirect(onward, 303))
        self._set_cookie(answer, self.cookie, token, None)
        answer.delete_cookie(
            self.form_cookie, path="/", secure=self.settings.needs_https, httponly=True, samesite="Lax"
        )
        return answer

    def _set_cookie(self, answer: Response, name: str, value: str, max_age: int | None) -> None:
        answer.set_cookie(
            name, value, max_age=max_age, path="/", secure=self.settings.needs_https, httponly=True, samesite="Lax"
        )

    # --- a provider ---

    def _callback_address(self) -> str:
        return f"{self.settings.address or own_origin(request)}/sign-in/callback"

    def begin(self) -> Response:
        """Send somebody to the provider."""
        if self.settings.auth != "oidc":
            raise UnsafeTierError("people sign in with accounts of this machine here")
        wait = self.store.attempt(f"begin:{_network(request.remote_addr or '')}", MOST_BEGUN, WINDOW_S)
        if wait:
            return self._too_often(wait)
        try:
            answer = self.provider.begin(self._callback_address())
        except ProviderError as error:
            return self.message(http_status(error), "no_provider")
        self._set_cookie(answer, self.form_cookie, safe_next(request.args.get("next")).encode().hex(), _FORM_COOKIE_S)
        return answer

    def callback(self) -> Response:
        """Take what the provider answers."""
        if self.settings.auth != "oidc":
            raise UnsafeTierError("people sign in with accounts of this machine here")
        wait = self.store.attempt(f"callback:{_network(request.remote_addr or '')}", MOST_BY_ADDRESS, WINDOW_S)
        if wait:
            return self._too_often(wait)
        try:
            person, account = self.provider.finish()
        except ProviderError as error:
            return self.message(http_status(error), "no_provider")
        except SignInError:
            self._log("sign_in_failed", NOBODY)
            return self.message(403, "not_accepted")
        if person is None:
            return self._refuse(account)
        return self._admit(person, self._kept_next())

    def _kept_next(self) -> str:
        try:
            return safe_next(bytes.fromhex(request.cookies.get(self.form_cookie, "")).decode())
        except (ValueError, UnicodeDecodeError):
            return "/"

    # --- the end ---

    def sign_out(self) -> Response:
        """End the session."""
        if not self._carries_token(self.cookie):
            raise UnsafeTierError("this form is too old: go back, reload the page and send it again")
        self.store.end_session(request.cookies.get(self.cookie, ""))
        self._log("sign_out", g.atlas_person.id)
        answer = _own(redirect(f"/sign-in?left=1&lang={self._words().lang}", 303))
        answer.delete_cookie(self.cookie, path="/", secure=self.settings.needs_https, httponly=True, samesite="Lax")
        answer.headers["Clear-Site-Data"] = '"cache"'
        return answer


def _own(answer: Any) -> Response:
    """Return a redirect as the class of answers that this app uses."""
    return Response(answer.get_data(), answer.status_code, answer.headers)


def register(server: Flask, settings: Settings, page: Page, log: AuditLog | None, clock: Clock) -> Gate:
    """Put the gate before a server; to be called before anything else asks about requests.

    Parameters
    ----------
    server : flask.Flask
    settings : Settings
    page : Page
    log : AuditLog or None
    clock : callable

    Returns
    -------
    Gate
    """
    gate = Gate(server, settings, page, log, clock)
    server.before_request(gate.guard)
    if gate.has_sign_in:
        server.add_url_rule("/sign-in", "auth_sign_in", gate.sign_in, methods=["GET"])
        server.add_url_rule("/sign-in", "auth_enter", gate.enter, methods=["POST"])
        server.add_url_rule("/sign-in/provider", "auth_provider", gate.begin, methods=["GET"])
        server.add_url_rule("/sign-in/callback", "auth_callback", gate.callback, methods=["GET"])
        server.add_url_rule("/sign-out", "auth_sign_out", gate.sign_out, methods=["POST"])
    return gate
