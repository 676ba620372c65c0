"""Our own addresses beside those of Dash: scripts, geometry, scenes, units, health. All but health never change.

What is not for everybody may be kept by nobody: there, only scripts and styles are cached.
"""

from __future__ import annotations

from flask import Flask, Response, jsonify, request

from dashboard.audit import note_view
from dashboard.errors import UnknownAddressError, http_status
from dashboard.fragments import pair_data
from dashboard.page import LATE_WORDS, Page, words_digest
from dashboard.services import Datasets, to_json
from dashboard.settings import Settings
from geodata.errors import DriversError
from layers.bivariate import FILLS
from layers.variant import EVERYONE, read_group

_FOREVER = "public, max-age=31536000, immutable"
_NEVER = "no-store, private"
_OPEN_FILES = ("/a/", "/_dash-component-suites/")
_TYPES = {".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml"}
_POLICY = (
    "default-src 'self'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; "
    "font-src 'self' data:; connect-src 'self'; object-src 'none'; base-uri 'self'; form-action 'self'"
)


def _immutable(body: bytes, mimetype: str) -> Response:
    response = Response(body, mimetype=mimetype)
    response.headers["Cache-Control"] = _FOREVER
    return response


def register(server: Flask, settings: Settings, datasets: Datasets, page: Page) -> None:
    """Add the addresses to a server."""

    def asset(digest: str, name: str) -> Response:
        if f"/a/{digest}" != page.assets.address or name not in page.assets.files:
            raise UnknownAddressError(f"no file {name!r} of version {digest!r}; reload the page")
        suffix = "." + name.rsplit(".", 1)[-1]
        return _immutable(page.assets.files[name], _TYPES[suffix])

    def geometry(name: str) -> Response:
        for services in datasets.all.values():
            for level in services.snapshot.map_levels:
                path = services.snapshot.map_file(level)
                if path.name == name:
                    return _immutable(path.read_bytes(), "application/json")
            around = services.snapshot.reference_file
            if around is not None and around.name == name:
                return _immutable(around.read_bytes(), "application/json")
        raise UnknownAddressError(f"no map {name!r} is served here; reload the page")

    def scene(content: str, lang: str, indicator: str, level: str) -> Response:
        services = datasets.by_content(content)
        services.words(lang)
        note_view("layer", services.id, [services.spec(indicator)], level)
        variant = services.require_variant(indicator, level, request.args)
        return _immutable(to_json(services.scene(indicator, level, lang, variant)), "application/json")

    def pair(content: str, lang: str, level: str, first: str, second: str, fill: str) -> Response:
        services = datasets.by_content(content)
        services.words(lang)
        if fill not in FILLS:
            raise UnknownAddressError(f"a second layer is drawn as {', '.join(FILLS)}, not as {fill!r}")
        for one in (first, second):
            note_view("layer", services.id, [services.spec(one)], level)
        variant, group = services.require_variant(first, level, request.args), read_group(request.args.get("whose"))
        left = ""
        if not services.has_group(second, level, group):
            title = services.spec(second).title.in_language(lang)
            group, left = EVERYONE, services.words(lang)("stack.no_group", value=title)
        body = pair_data(services.pair(first, second, level, lang, fill, variant, group), services.words(lang), left)
        return _immutable(to_json(body), "application/json")

    def units(content: str, lang: str, level: str) -> Response:
        services = datasets.by_content(content)
        services.words(lang)
        return _immutable(to_json(services.units(level, lang)), "application/json")

    def layers(content: str, lang: str) -> Response:
        services = datasets.by_content(content)
        services.words(lang)
        return _immutable(to_json(services.layer_list(lang)), "application/json")

    def place(content: str, lang: str) -> Response:
        services = datasets.by_content(content)
        services.words(lang)
        return _immutable(to_json(services.place(request.args.get("id", ""), lang)), "application/json")

    def find(content: str, lang: str) -> Response:
        services = datasets.by_content(content)
        services.words(lang)
        return _immutable(to_json(services.find(request.args.get("q", ""), lang)), "application/json")

    def overlays(content: str, lang: str) -> Response:
        services = datasets.by_content(content)
        services.words(lang)
        return _immutable(to_json(services.overlays(lang)), "application/json")

    def flows(content: str, lang: str, level: str) -> Response:
        services = datasets.by_content(content)
        services.words(lang)
        return _immutable(to_json(services.flows(lang, level)), "application/json")

    def programmes(content: str, lang: str, level: str) -> Response:
        services = datasets.by_content(content)
        services.words(lang)
        return _immutable(to_json(services.programmes(lang, level)), "application/json")

    def words(digest: str, lang: str) -> Response:
        found = datasets.default.words(lang).subset(*LATE_WORDS)
        body = to_json(found)
        if digest != words_digest(body):
            raise UnknownAddressError(f"no words of version {digest!r}; reload the page")
        return _immutable(body, "application/json")

    def health() -> Response:
        if settings.is_private:
            return jsonify(status="ok")
        first = datasets.default.snapshot
        snapshots = {services.id: services.snapshot.snapshot_id for services in datasets.all.values()}
        return jsonify(status="ok", tier=first.tier, snapshot=first.snapshot_id, snapshots=snapshots)

    def tell(error: DriversError) -> tuple[Response, int]:
        return jsonify(error=str(error)), http_status(error)

    def secure(response: Response) -> Response:
        response.headers["Content-Security-Policy"] = _POLICY
        response.headers["X-Content-Type-Options"] = "nosniff"
        response.headers["Referrer-Policy"] = "same-origin"
        if request.path == "/":
            response.headers["Cache-Control"] = "no-cache"
        if settings.is_private:
            keep_private(response)
        return response

    def keep_private(response: Response) -> None:
        response.headers["Content-Security-Policy"] = f"{_POLICY}; frame-ancestors 'none'"
        response.headers["X-Frame-Options"] = "DENY"
        response.headers["X-Robots-Tag"] = "noindex, nofollow"
        response.headers["Cross-Origin-Resource-Policy"] = "same-origin"
        if not request.path.startswith(_OPEN_FILES) or response.status_code != 200:
            response.headers["Cache-Control"] = _NEVER
        elif settings.auth != "none" and request.path.startswith(_OPEN_FILES[1]):
            response.headers["Cache-Control"] = "private, max-age=86400"
        if settings.needs_https and request.is_secure:
            response.headers["Strict-Transport-Security"] = "max-age=31536000"

    server.add_url_rule("/a/<digest>/<path:name>", "atlas_asset", asset)
    server.add_url_rule("/geo/<name>", "atlas_geometry", geometry)
    server.add_url_rule("/data/<content>/<lang>/<indicator>.<level>.json", "atlas_scene", scene)
    server.add_url_rule("/pair/<content>/<lang>/<level>/<first>.<second>.<fill>.json", "atlas_pair", pair)
    server.add_url_rule("/units/<content>/<lang>/<level>.json", "atlas_units", units)
    server.add_url_rule("/layers/<content>/<lang>.json", "atlas_layers", layers)
    server.add_url_rule("/places/<content>/<lang>.json", "atlas_place", place)
    server.add_url_rule("/find/<content>/<lang>", "atlas_find", find)
    server.add_url_rule("/overlays/<content>/<lang>.json", "atlas_overlays", overlays)
    server.add_url_rule("/flows/<content>/<lang>/<level>.json", "atlas_flows", flows)
    server.add_url_rule("/programmes/<content>/<lang>/<level>.json", "atlas_programmes", programmes)
    server.add_url_rule("/words/<digest>/<lang>.json", "atlas_words", words)
    server.add_url_rule("/healthz", "atlas_health", health)
    server.register_error_handler(DriversError, tell)
    server.after_request(secure)
