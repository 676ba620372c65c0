"""Sign-in with an OpenID Connect provider, through Authlib: authorization code, PKCE, state and nonce."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import requests
from authlib.common.errors import AuthlibBaseError  # type: ignore[import-untyped]
from authlib.integrations.flask_client import OAuth  # type: ignore[import-untyped]
from flask import Flask, Response
from joserfc.errors import JoseError

from dashboard.auth.people import ROLES, Person, Role
from dashboard.auth.store import Store
from dashboard.errors import ProviderError, SignInError
from dashboard.settings import Settings

_NAME = "atlas"
_TIMEOUT_S = 10
_MAX_TEXT = 120


def claim_values(claims: Mapping[str, Any], path: str) -> list[str]:
    """Return the texts of a claim; dots in the path lead into objects, such as ``realm_access.roles``."""
    found: Any = claims
    if path in claims:
        found = claims[path]
    else:
        for part in path.split("."):
            found = found.get(part) if isinstance(found, Mapping) else None
    values = [found] if isinstance(found, str) else found if isinstance(found, list | tuple) else []
    return [value for value in values if isinstance(value, str)]


def role_of(claims: Mapping[str, Any], path: str, roles: Mapping[str, Role]) -> Role | None:
    """Return the highest role that the claims give, or None."""
    given = [roles[value] for value in claim_values(claims, path) if value in roles]
    return max(given, key=ROLES.index, default=None)


def name_of(claims: Mapping[str, Any]) -> str:
    """Return how a person is called on pages."""
    for key in ("name", "preferred_username", "email", "sub"):
        if isinstance(claims.get(key), str) and claims[key].strip():
            return " ".join(str(claims[key]).split())[:_MAX_TEXT]
    return "-"


class Provider:
    """One OpenID Connect provider, found by its discovery address when somebody first signs in.

    Parameters
    ----------
    server : flask.Flask
    settings : Settings
    store : Store
        Keeps state, nonce and verifier, so that each is used once.

    Attributes
    ----------
    stamp : str
        Another provider, client or table of roles makes another stamp, which ends the sessions that are open.
    """

    def __init__(self, server: Flask, settings: Settings, store: Store) -> None:
        self._settings = settings
        parts = (settings.oidc_discovery, settings.oidc_client_id, settings.oidc_role_claim, settings.oidc_roles)
        self.stamp = store.sign("provider", "\0".join(map(str, parts)))
        self._client = OAuth(server, cache=store).register(
            _NAME,
            client_id=settings.oidc_client_id,
            client_secret=settings.read_client_secret(),
            server_metadata_url=settings.oidc_discovery,
            client_kwargs={
                "scope": settings.oidc_scopes,
                "code_challenge_method": "S256",
                "default_timeout": _TIMEOUT_S,
            },
        )

    def begin(self, callback: str) -> Response:
        """Return the redirect to the provider.

        Raises
        ------
        ProviderError
            If the provider cannot be reached.
        """
        try:
            answer: Response = self._client.authorize_redirect(callback)
        except (requests.RequestException, ValueError, RuntimeError, KeyError) as error:
            raise ProviderError(f"the sign-in service cannot be reached: {type(error).__name__}") from error
        return answer

    def finish(self) -> tuple[Person | None, str]:
        """Check what the provider answers to the callback.

        Returns
        -------
        person : Person or None
            None if the provider knows the person, but no role of this map is given.
        account_id : str

        Raises
        ------
        SignInError
            If state, nonce, code, signature, issuer, audience or expiry are not right, or the provider refuses.
        ProviderError
            If the provider cannot be reached.
        """
        try:
            issuer = self._client.load_server_metadata().get("issuer")
            options = {
                "iss": {"essential": True, "value": issuer},
                "aud": {"essential": True, "value": self._settings.oidc_client_id},
            }
            token = self._client.authorize_access_token(claims_options=options)
            claims: dict[str, Any] = dict(token.get("userinfo") or {})
            if not issuer or not claims.get("sub"):
                raise SignInError("the sign-in service sent no identity")
            path = self._settings.oidc_role_claim
            if not claim_values(claims, path) and self._client.server_metadata.get("userinfo_endpoint"):
                more = dict(self._client.userinfo(token=token))
                claims = {**more, **claims} if more.get("sub") == claims["sub"] else claims
        except requests.RequestException as error:
            raise ProviderError(f"the sign-in service cannot be reached: {type(error).__name__}") from error
        except (AuthlibBaseError, JoseError, ValueError, KeyError, RuntimeError) as error:
            raise SignInError(f"the sign-in service's answer was not accepted: {type(error).__name__}") from error
        account_id = str(claims["sub"])[:_MAX_TEXT]
        role = role_of(claims, path, self._settings.roles_by_claim)
        if role is None:
            return None, account_id
        return Person(id=account_id, name=name_of(claims), role=role, stamp=self.stamp), account_id

    def end_address(self) -> str | None:
        """Return where a person signs out of the provider itself, if it says so."""
        address = self._client.server_metadata.get("end_session_endpoint")
        return (
            address
            if isinstance(address, str) and address.startswith(("https://", "http://127.", "http://localhost"))
            else None
        )
