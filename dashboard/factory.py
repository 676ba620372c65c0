"""The factory: an app over the snapshots of one tier, with nothing shared between two apps of a process."""

from __future__ import annotations

from dash import Dash
from flask import request

from dashboard import quality, routes
from dashboard.bring import views as bring
from dashboard.callbacks import method, panel, table
from dashboard.callbacks.asks import refuse_nonsense
from dashboard.components.layout import make_layout
from dashboard.compression import add_compression
from dashboard.errors import UnsafeTierError
from dashboard.page import Page
from dashboard.services import Datasets
from dashboard.settings import Settings
from dashboard.view_state import PATH
from geodata.snapshot import dataset_roots, open_snapshot
from layers.words import languages


class AtlasApp(Dash):
    """A Dash app whose first page is our own: map, legend, slider and menu are there before Dash is."""

    page: Page
    language: str

    def index(self, *_args: object, **_kwargs: object) -> str:
        """Return the first page for the address of the request."""
        language = request.accept_languages.best_match(languages()) or self.language
        return self.page.render(
            query=request.args.to_dict() if request.path == "/" else {PATH: request.path},
            language=language,
            app_entry='<div id="react-entry-point"></div>',
            config=self._generate_config_html(),
            scripts=self._generate_scripts_html(),
        )


def create_app(settings: Settings) -> AtlasApp:
    """Return an app that serves the snapshots of one tier.

    Parameters
    ----------
    settings : Settings
        What to serve, and where; nothing is read from anywhere else.

    Raises
    ------
    geodata.errors.SnapshotError
        If there is no snapshot, or a file of it was altered.
    UnsafeTierError
        If a tier above public would be reachable from other machines: there is no sign-in yet.
    """
    if settings.tier != "public" and not settings.is_loopback:
        raise UnsafeTierError(
            f"tier {settings.tier} may only be served on this machine: set DRIVERS_ATLAS_HOST to 127.0.0.1, "
            f"found {settings.host}"
        )
    roots = dataset_roots(settings.snapshots, settings.tier)
    datasets = Datasets([open_snapshot(root, settings.tier) for root in roots], settings)
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
    app.page = Page(datasets, can_bring=settings.can_bring)
    app.language = settings.language
    app.layout = make_layout()
    for part in (panel, table, method):
        part.register(app, datasets)
    refuse_nonsense(app)
    add_compression(app.server)
    routes.register(app.server, datasets, app.page)
    quality.register(app.server, datasets, app.page, settings.language)
    if settings.can_bring:
        bring.register(app.server, settings, datasets, app.page)
    return app
