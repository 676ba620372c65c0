"""The pages of "Bring your data": files, columns, places, build; each works without scripts."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from contextlib import suppress
from functools import wraps
from pathlib import Path
from typing import Any

from flask import Flask, Response, redirect, request
from werkzeug.exceptions import RequestEntityTooLarge

from dashboard.bring.jobs import ROOT, Job, Jobs
from dashboard.bring.mapping import (
    DEFAULT_LICENCE,
    FIRST_SOURCE,
    SOURCE_FIELDS,
    Catalogue,
    form_of,
    spec_from_form,
    write_catalog,
    write_spec,
)
from dashboard.bring.review import REVIEW_FILE, Decisions, read_review
from dashboard.bring.security import Guard
from dashboard.bring.store import Workspace, WorkspaceError, unlike
from dashboard.errors import DriversError, UnknownAddressError, http_status
from dashboard.fragments import environment
from dashboard.page import Page
from dashboard.reading import reader_language
from dashboard.services import Datasets
from dashboard.settings import Settings
from geodata.errors import RetentionError
from geodata.snapshot import open_snapshot
from layers.words import Words, languages, load_words

BASES = ROOT / "packages"
STEPS = ("files", "columns", "places", "build")
ACCEPT = ".csv,.tsv,.txt,.xlsx,.xls,.ods,.parquet,.json,.geojson,.topojson,.gpkg,.kml,.fgb,.zip"
UNLIKE_SHARE = 0.8
LAYER_FORMATS = ("geojson", "topojson", "gpkg", "shapefile", "kml", "geoparquet", "flatgeobuf")
BOUNDARY_FILES = {"topology.html": "text/html", "repaired.geojson": "application/geo+json"}
RECOGNISED = "recognised.json"
View = Callable[..., Any]


class BringPages:
    """The pages over one workspace.

    Parameters
    ----------
    settings : Settings
    datasets : Datasets
        What the process serves; a finished build is added to it.
    page : Page
        For the styles and scripts.
    """

    def __init__(self, settings: Settings, datasets: Datasets, page: Page) -> None:
        self.settings, self.datasets, self.page = settings, datasets, page
        self.store = Workspace(settings.workspace, settings.upload_mb * 1_000_000)
        self.jobs = Jobs(settings.build_minutes * 60.0)
        self.guard = Guard()

    # --- what all pages share ---

    def _words(self) -> Words:
        wanted = request.args.get("lang", "")
        best = reader_language(request, self.settings.language)
        return load_words(wanted if wanted in languages() else best)

    def _render(self, template: str, here: str, title: str, name: str | None = None, **more: Any) -> str:
        words = self._words()
        steps = self._steps(name) if name else ()
        fault = more.pop("fault", "")
        return (
            environment()
            .get_template(f"bring/{template}.html.j2")
            .render(
                w=words,
                lang=words.lang,
                title=title,
                package=name,
                steps=steps,
                here=here,
                fault=fault,
                token=self.guard.token,
                css=self.page.assets.text("tokens.css", "bring.css"),
                assets=self.page.assets.address,
                **more,
            )
        )

    def _steps(self, name: str) -> list[tuple[str, str | None, bool]]:
        tables = self._tables(name)
        mapped = bool(tables) and all(self._is_mapped(name, table) for table in tables)
        built = self._is_built(name)
        waiting = sum(not row.decision for row in read_review(self.store.package(name)))
        return [
            ("files", f"/bring/{name}", bool(tables)),
            ("columns", f"/bring/{name}/columns" if tables else None, mapped),
            ("places", f"/bring/{name}/places" if mapped else None, built and not waiting),
            ("build", f"/bring/{name}/build" if mapped else None, built),
        ]

    def _tables(self, name: str) -> list[dict[str, Any]]:
        path = self.store.incoming(name) / RECOGNISED
        found: list[dict[str, Any]] = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else []
        return found

    def _table(self, name: str, table_id: str) -> dict[str, Any]:
        found = next((one for one in self._tables(name) if one["name"] == table_id), None)
        if found is None:
            raise WorkspaceError("bring.no_table", name=table_id[:60])
        return found

    def _is_mapped(self, name: str, table: Mapping[str, Any]) -> bool:
        return (self.store.package(name) / "intake" / f"{table['name']}.yml").is_file()

    def _shown_tables(self, name: str) -> list[dict[str, Any]]:
        """Return the tables with what has become of them."""
        incoming = self.store.incoming(name)
        return [
            {
                **one,
                "mapped": self._is_mapped(name, one),
                "is_boundaries": one["format"] in LAYER_FORMATS,
                "made": [what for what in BOUNDARY_FILES if (incoming / f"{one['name']}.{what}").is_file()],
            }
            for one in self._tables(name)
        ]

    def _is_built(self, name: str) -> bool:
        return (self.store.snapshots(name) / self.settings.tier / "CURRENT").is_file()

    def _descriptor(self, name: str) -> dict[str, Any]:
        content: dict[str, Any] = json.loads((self.store.package(name) / "datapackage.json").read_text("utf-8"))
        return content

    def _title(self, name: str) -> str:
        return str(self._descriptor(name).get("title") or name)

    def _base(self, name: str) -> Path:
        base = str(next(iter(self._descriptor(name).get("base") or ()), ""))
        if base not in self._bases():
            raise WorkspaceError("bring.no_base", name=base[:60])
        return BASES / base

    def _bases(self) -> dict[str, str]:
        lang = self._words().lang
        return {
            one.id: one.catalog.dataset.title.in_language(lang)
            for one in self.datasets.all.values()
            if (BASES / one.id / "datapackage.json").is_file()
        }

    def _go(self, address: str) -> Response:
        separator = "&" if "?" in address else "?"
        answer = redirect(f"{address}{separator}lang={self._words().lang}", 303)
        return Response(answer.get_data(), 303, answer.headers)

    def _waiting(self, name: str, here: str) -> str | None:
        job = self.jobs.running(name)
        return None if job is None else self._render("job", here, self._title(name), name, job=job)

    def _job_fault(self, job: Job | None) -> str:
        if job is None or job.state in ("running", "done", "refused"):  # of a refusal the problems are listed
            return ""
        return self._words()(f"bring.job_{job.state}", what=job.result.get("error") or job.step)

    # --- files ---

    def home(self, fault: str = "") -> str:
        """Show all packages and the form for a new one."""
        lang = self._words().lang
        packages = [
            {
                "name": name,
                "title": self._title(name),
                "tables": len(self._tables(name)),
                "map": f"/?dataset={name}&lang={lang}" if name in self.datasets.all else None,
            }
            for name in self.store.packages()
        ]
        given = {key: request.form.get(key, "") for key in ("title", "base", *SOURCE_FIELDS)}
        return self._render(
            "home",
            "files",
            self._words()("bring.title"),
            fault=fault,
            packages=packages,
            bases=list(self._bases().items()),
            given=given,
            accept=ACCEPT,
            mb=self.settings.upload_mb,
        )

    def create(self) -> Any:
        """Make a package of the uploaded files and begin to recognise them."""
        title = " ".join(request.form.get("title", "").split())[:80]
        base = request.form.get("base", "")
        if not title:
            raise WorkspaceError("bring.no_title")
        if base not in self._bases():
            raise WorkspaceError("bring.no_base", name=base[:60])
        source = {key: " ".join(request.form.get(key, "").split())[:400] for key in SOURCE_FIELDS}
        if not source["publisher"] or not source["source_title"]:
            raise WorkspaceError("bring.no_source")
        name = self.store.new_name(title)
        files = self.store.receive(name, request.files.getlist("files"))
        arguments: list[str | Path] = ["new-package", self.store.root / name, "--title", title, "--base", BASES / base]
        arguments += ["--source-id", FIRST_SOURCE, "--publisher", source["publisher"]]
        arguments += ["--source-title", source["source_title"], "--licence", source["licence"] or DEFAULT_LICENCE]
        arguments += ["--url", source["url"]] if source["url"] else []
        made = self.jobs.run(name, arguments)
        if made.state != "done":
            raise WorkspaceError("bring.job_failed", what=made.result.get("error") or made.step)
        self._recognise(name, files)
        return self._go(f"/bring/{name}")

    def _recognise(self, name: str, files: list[Path]) -> None:
        def keep(job: Job) -> None:
            tables = self._tables(name)
            taken = {one["name"] for one in tables}
            licences = job.result.get("known", {}).get("licences", [])
            for file in job.result.get("files", []):
                for table in file["tables"]:
                    table |= {"file": file["file"], "licences": licences, "name": unlike(table["name"], taken)}
                    taken.add(table["name"])
                    tables.append(table)
            path = self.store.incoming(name) / RECOGNISED
            path.write_text(json.dumps(tables, ensure_ascii=False), encoding="utf-8")

        command: list[str | Path] = ["recognise", *files, "--base", self._base(name)]
        command += ["--package", self.store.package(name)]
        self.jobs.start(name, "recognise", [command], then=keep, otherwise=keep)

    def package(self, name: str, fault: str = "") -> Any:
        """Show the files of a package and what was recognised."""
        title = self._title(name)
        waiting = self._waiting(name, "files")
        if waiting is not None:
            return waiting
        job = self.jobs.last(name, "recognise")
        checked = self.jobs.last(name, "topology")
        return self._render(
            "files",
            "files",
            title,
            name,
            fault=fault or self._job_fault(job) or self._job_fault(checked),
            tables=self._shown_tables(name),
            problems=[*_problems_of(job), *_problems_of(checked)],
            accept=ACCEPT,
            mb=self.settings.upload_mb,
            map=f"/?dataset={name}" if name in self.datasets.all else None,
        )

    def add_files(self, name: str) -> Any:
        """Add files to a package."""
        self.store.package(name)
        self._recognise(name, self.store.receive(name, request.files.getlist("files")))
        return self._go(f"/bring/{name}")

    def check_boundaries(self, name: str, table_id: str) -> Any:
        """Look for gaps, overlaps and doubtful units in a file of boundaries, and offer a repaired copy."""
        table, incoming = self._table(name, table_id), self.store.incoming(name)
        command: list[str | Path] = ["topology", incoming / str(table["file"]), "--against", self._base(name)]
        for role, option in (("place_code", "--id"), ("place_name", "--name")):
            property_name = _telling_column(table, role)
            command += [option, property_name] if property_name else []
        command += ["--out", incoming / f"{table_id}.topology.html"]
        command += ["--repair", incoming / f"{table_id}.repaired.geojson"]
        self.jobs.start(name, "topology", [command], about=table_id)
        return self._go(f"/bring/{name}")

    def boundaries(self, name: str, table_id: str, what: str) -> Response:
        """Show the report on a file of boundaries, or hand over the repaired copy."""
        self.store.package(name)
        self._table(name, table_id)
        path = self.store.incoming(name) / f"{table_id}.{what}"
        if what not in BOUNDARY_FILES or not path.is_file():
            raise WorkspaceError("bring.no_table", name=what[:60])
        answer = Response(path.read_bytes(), mimetype=BOUNDARY_FILES[what])
        if not what.endswith(".html"):
            answer.headers["Content-Disposition"] = f'attachment; filename="{path.name}"'
        return answer

    # --- columns ---

    def columns(self, name: str) -> Any:
        """Go to the first table that has no mapping yet."""
        tables = self._tables(name)
        if not tables:
            return self._go(f"/bring/{name}")
        first = next((one for one in tables if not self._is_mapped(name, one)), tables[0])
        return self._go(f"/bring/{name}/columns/{first['name']}")

    def table(self, name: str, table_id: str, fault: str = "") -> Any:
        """Show a table with the role of each column, to be corrected by choosing from lists."""
        waiting = self._waiting(name, "columns")
        if waiting is not None:
            return waiting
        table = self._table(name, table_id)
        sent = self._sent(name, table_id)
        form: Mapping[str, str] | None = request.form if request.method == "POST" else None
        job = self.jobs.last(name, "settle")
        if form is None and job is not None and job.about == table_id and not job.is_seen:
            job.is_seen = True
            if job.state == "done":
                return self._go(self._after(name))
            form = json.loads(sent.read_text(encoding="utf-8"))
            fault = self._words()("bring.mapping_refused", what=_lines_of(job))
        catalogue = Catalogue.of(self.datasets.get(self._base(name).name), self._words().lang)
        return self._render(
            "columns",
            "columns",
            self._title(name),
            name,
            fault=fault,
            table=table,
            tables=self._shown_tables(name),
            form=form_of(table, self.store.package(name), form),
            catalogue=catalogue,
        )

    def _sent(self, name: str, table_id: str) -> Path:
        return self.store.incoming(name) / f"{table_id}.form.json"

    def _after(self, name: str) -> str:
        """Return where to go when a table is settled: to the next one, or on to the places."""
        rest = [one for one in self._tables(name) if not self._is_mapped(name, one) and not one["refused"]]
        return f"/bring/{name}/columns/{rest[0]['name']}" if rest else f"/bring/{name}/places"

    def save_table(self, name: str, table_id: str) -> Any:
        """Write the mapping of a table into the package, if the ETL can read the table by it."""
        if request.form.get("do", "save") != "save":
            return self.table(name, table_id)
        table, package, base = self._table(name, table_id), self.store.package(name), self._base(name)
        catalog = self.datasets.get(base.name).catalog
        taken = {spec.id for spec in catalog.indicators}
        taken |= {path.stem for path in (package / "catalog" / "indicators").glob("*.yml")}
        spec, answers = spec_from_form(table, request.form, taken)
        mapping = write_spec(self.store.incoming(name), table, spec)
        self._sent(name, table_id).write_text(json.dumps(request.form.to_dict()), encoding="utf-8")
        undo = write_catalog(package, table, answers)
        file = self.store.incoming(name) / str(table["file"])
        read: list[str | Path] = ["recognise", file, "--base", base, "--package", package, "--mapping", mapping]
        read += ["--name", table_id, "--write", "--replace"]
        self.jobs.start(
            name,
            "settle",
            [read, ["validate", base, package], ["review", base, package]],
            about=table_id,
            otherwise=lambda _: undo(),
        )
        return self._go(f"/bring/{name}/columns/{table_id}")

    # --- places ---

    def places(self, name: str, fault: str = "") -> Any:
        """Show the places that wait for a decision, with proposals."""
        waiting = self._waiting(name, "places")
        if waiting is not None:
            return waiting
        rows = read_review(self.store.package(name))
        return self._render(
            "places",
            "places",
            self._title(name),
            name,
            fault=fault,
            rows=rows,
            by=next((row.decided_by for row in rows if row.decided_by), ""),
            review_file=REVIEW_FILE,
        )

    def decide(self, name: str) -> Any:
        """Keep the decisions about places."""
        package = self.store.package(name)
        by = " ".join(request.form.get("decided_by", "").split())[:80]
        decisions = Decisions.from_form(request.form, by)
        if decisions.answers and not by:
            return self.places(name, fault=self._words()("bring.who_needed"))
        decisions.write(package)
        return self._go(f"/bring/{name}/build")

    # --- build ---

    def build(self, name: str, fault: str = "") -> Any:
        """Show the last build and its report."""
        waiting = self._waiting(name, "build")
        if waiting is not None:
            return waiting
        job = self.jobs.last(name, "build")
        report = self._report(name)
        return self._render(
            "build",
            "build",
            self._title(name),
            name,
            fault=fault or self._job_fault(job),
            problems=_problems_of(job),
            report=report,
            waiting=sum(not row.decision for row in read_review(self.store.package(name))),
            map=f"/?dataset={name}&lang={self._words().lang}" if name in self.datasets.all else None,
        )

    def start_build(self, name: str) -> Any:
        """Build the package together with its base; the map shows it when it is done."""
        package = self.store.package(name)
        out = self.store.snapshots(name)
        command: list[str | Path] = ["build", self._base(name), package, "--out", out, "--tier", self.settings.tier]
        command += ["--dataset-id", name, "--dataset-title", self._title(name)]

        def serve(_: Job) -> None:
            self.datasets.add(open_snapshot(out, self.settings.tier))

        self.jobs.start(name, "build", [command], then=serve)
        return self._go(f"/bring/{name}/build")

    def _report(self, name: str) -> dict[str, Any] | None:
        if not self._is_built(name):
            return None
        report: dict[str, Any] = open_snapshot(self.store.snapshots(name), self.settings.tier).report_json()
        own = [row for row in report["listed"] if str(row["file"]).startswith(f"{name}/")]
        return {"rows": report["rows"], "listed": own[:200], "n_listed": sum(int(row["rows"]) for row in own)}

    def report_page(self, name: str) -> Response:
        """Show the quality report of the last build."""
        self.store.package(name)
        if not self._is_built(name):
            raise WorkspaceError("bring.not_built")
        path = open_snapshot(self.store.snapshots(name), self.settings.tier).path / "report.html"
        return Response(path.read_bytes(), mimetype="text/html")

    # --- jobs and the package itself ---

    def job(self, job_id: str) -> Response:
        """Tell how a job goes."""
        job = self.jobs.get(job_id)
        if job is None:
            raise UnknownAddressError("no such job")
        answer = Response(json.dumps(job.to_json()), mimetype="application/json")
        answer.headers["Cache-Control"] = "no-store"
        return answer

    def stop(self, job_id: str) -> Any:
        """End a running job."""
        job = self.jobs.get(job_id)
        if job is None:
            raise UnknownAddressError("no such job")
        self.jobs.stop(job)
        while not job.is_over:
            job.process.wait(10) if job.process is not None else None
        return self._go(f"/bring/{job.package}" + ("/build" if job.kind == "build" else ""))

    def download(self, name: str) -> Response:
        """Hand over the package as a ZIP file, to be kept and built again."""
        answer = Response(self.store.zipped(name), mimetype="application/zip")
        answer.headers["Content-Disposition"] = f'attachment; filename="{name}.zip"'
        return answer

    def delete(self, name: str) -> Any:
        """Remove a package with its files and snapshots."""
        running = self.jobs.running(name)
        if running is not None:
            self.jobs.stop(running)
        self.datasets.remove(name)
        self.store.remove(name)
        return self._go("/bring")

    # --- wiring ---

    def guarded(self, view: View, fallback: View | None = None) -> View:
        """Return a view that only this machine may ask for, and that tells a fault on a page of ours."""

        @wraps(view)
        def answer(**given: str) -> Any:
            request.max_content_length = self.settings.upload_mb * 1_000_000 + 1_000_000
            request.max_form_parts = 20_000
            try:
                self.guard.check(request)
                body = view(**given)
            except WorkspaceError as error:
                words = self._words()
                fault = words(error.key, **error.given)
                shown = fallback or (lambda **_: self.home(fault=fault))
                body = Response(shown(fault=fault, **given) if fallback else shown(), 400, mimetype="text/html")
            except RequestEntityTooLarge:
                fault = self._words()("bring.too_big", mb=self.settings.upload_mb)
                body = Response(self._render("fault", "files", self._words()("bring.title"), fault=fault), 413)
            except DriversError as error:
                body = Response(
                    self._render("fault", "files", self._words()("bring.title"), fault=str(error)), http_status(error)
                )
            made = body if isinstance(body, Response) else Response(body, mimetype="text/html")
            made.headers.setdefault("Cache-Control", "no-store")
            return made

        return answer


def _telling_column(table: Mapping[str, Any], role: str) -> str | None:
    """Return the column that may have a role and differs in nearly every row: that of the units themselves."""
    fitting = [
        column
        for column in table["columns"]
        if any(one["role"] == role for one in column["candidates"])
        and column["distinct"] >= UNLIKE_SHARE * column["filled"]
    ]
    best = max(fitting, key=lambda column: column["distinct"], default=None)
    return None if best is None else str(best["name"])


def _problems_of(job: Job | None) -> list[dict[str, Any]]:
    """Return the problems that a command found."""
    found: list[dict[str, Any]] = job.result.get("problems", []) if job is not None else []
    return found


def _lines_of(job: Job) -> str:
    """Return what a command that did not do its work said."""
    lines = [str(one["text"]) for one in _problems_of(job)[:8]]
    return " ".join(lines) or str(job.result.get("error") or job.step)


def register(server: Flask, settings: Settings, datasets: Datasets, page: Page) -> None:
    """Add the pages to a server that only this machine can reach.

    Parameters
    ----------
    server : flask.Flask
    settings : Settings
    datasets : Datasets
    page : Page
    """
    pages = BringPages(settings, datasets, page)
    for name in pages.store.packages():
        root = pages.store.snapshots(name)
        if (root / settings.tier / "CURRENT").is_file() and name not in datasets.all:
            with suppress(RetentionError):  # it is kept no longer: its pages say so when it is built again
                datasets.add(open_snapshot(root, settings.tier))
    routes: list[tuple[str, str, View, View | None, str]] = [
        ("/bring", "home", pages.home, None, "GET"),
        ("/bring", "create", pages.create, None, "POST"),
        ("/bring/<name>", "package", pages.package, None, "GET"),
        ("/bring/<name>", "add", pages.add_files, pages.package, "POST"),
        ("/bring/<name>/boundaries/<table_id>", "check", pages.check_boundaries, pages.package, "POST"),
        ("/bring/<name>/boundaries/<table_id>/<what>", "boundaries", pages.boundaries, None, "GET"),
        ("/bring/<name>/columns", "columns", pages.columns, None, "GET"),
        ("/bring/<name>/columns/<table_id>", "table", pages.table, None, "GET"),
        ("/bring/<name>/columns/<table_id>", "save", pages.save_table, pages.table, "POST"),
        ("/bring/<name>/places", "places", pages.places, None, "GET"),
        ("/bring/<name>/places", "decide", pages.decide, pages.places, "POST"),
        ("/bring/<name>/build", "build", pages.build, None, "GET"),
        ("/bring/<name>/build", "start", pages.start_build, pages.build, "POST"),
        ("/bring/<name>/report.html", "report", pages.report_page, None, "GET"),
        ("/bring/<name>/package.zip", "download", pages.download, None, "GET"),
        ("/bring/<name>/delete", "delete", pages.delete, None, "POST"),
        ("/bring/jobs/<job_id>.json", "job", pages.job, None, "GET"),
        ("/bring/jobs/<job_id>/stop", "stop", pages.stop, None, "POST"),
    ]
    for address, key, view, fallback, method in routes:
        server.add_url_rule(address, f"bring_{key}", pages.guarded(view, fallback), methods=[method])
