"""The factory: an app over the snapshots of one tier, with nothing shared between two apps of a process."""

from __future__ import annotations

from dash import Dash
from flask import request
from werkzeug.middleware.proxy_fix import ProxyFix

from dashboard import governance, quality, retention, routes, selection
from dashboard.audit import FILE as AUDIT_FILE
from dashboard.audit import AuditLog, watch
from dashboard.auth import audit_page, gate
from dashboard.auth.clock import Clock, utc_now
from dashboard.bring import views as bring
from dashboard.callbacks import charts, method, panel, table
from dashboard.callbacks.asks import refuse_nonsense
from dashboard.components.layout import make_layout
from dashboard.compression import add_compression
from dashboard.page import Page
from dashboard.reading import reader_language
from dashboard.retention import open_snapshots
from dashboard.services import Datasets
from dashboard.settings import Settings
from dashboard.view_state import PATH


class AtlasApp(Dash):
    """A Dash app whose first page is our own: map, legend, slider and menu are there before Dash is."""

    page: Page
    language: str

    def index(self, *_args: object, **_kwargs: object) -> str:
        """Return the first page for the address of the request."""
        language = reader_language(request, self.language)
        return self.page.render(
            query=request.args.to_dict() if request.path == "/" else {PATH: request.path},
            language=language,
            app_entry='<div id="react-entry-point"></div>',
            config=self._generate_config_html(),
            scripts=self._generate_scripts_html(),
        )


def create_app(settings: Settings, clock: Clock = utc_now) -> AtlasApp:
    """Return an app that serves the snapshots of one tier.

    Parameters
    ----------
    settings : Settings
        What to serve, and where; nothing is read from anywhere else.
    clock : callable, optional
        The time: of sessions, of the audit log, and of the day after which figures are served no more.

    Raises
    ------
    geodata.errors.SnapshotError
        If there is no snapshot, or a file of it was altered.
    UnsafeTierError
        If a tier above public would be reachable from other machines without sign-in.
    SignInError
        If sign-in is asked for, but not set up.
    """
    gate.require_safe(settings)
    datasets = Datasets(open_snapshots(settings, clock), settings)
    app = AtlasApp(
        "drivers_atlas",
        title="Drivers Atlas",
        update_title="",
        include_assets_files=False,
        compress=False,
        enable_mcp=False,
        add_log_handler=False,
        on_error=None,
    )
    if settings.trusted_proxies:
        near = settings.trusted_proxies
        app.server.wsgi_app = ProxyFix(app.server.wsgi_app, x_for=near, x_proto=near, x_host=near)
    app.page = Page(datasets, can_bring=settings.can_bring)
    log = AuditLog(settings.private / AUDIT_FILE, settings.audit_mb * 1_000_000, clock) if settings.is_private else None
    entrance = gate.register(app.server, settings, app.page, log, clock)
    retention.register(app.server, settings, datasets, entrance, clock)
    app.language = settings.language
    app.layout = make_layout()
    for part in (panel, table, charts, method):
        part.register(app, datasets)
    refuse_nonsense(app)
    add_compression(app.server)
    routes.register(app.server, settings, datasets, app.page)
    selection.register(app.server, datasets)
    quality.register(app.server, datasets, app.page, settings.language)
    governance.register(app.server, datasets, app.page, settings.language)
    if settings.can_bring:
        bring.register(app.server, settings, datasets, app.page)
    if log is not None:
        watch(app.server, log, settings.tier)
        audit_page.register(app.server, entrance, log)
    return app
