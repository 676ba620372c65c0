"""Runs commands of the ETL in processes of their own: bounded in time, with progress, and they can be stopped."""

from __future__ import annotations

import json
import os
import secrets
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from threading import Lock, Thread
from typing import IO, Any, Literal

ROOT = Path(__file__).resolve().parents[2]
KEPT = 50
Command = Sequence[str | Path]
State = Literal["running", "done", "refused", "failed", "stopped", "timeout"]
_STATES: dict[int, State] = {0: "done", 2: "refused"}
_PATIENCE_S = 5.0


@dataclass
class Job:
    """One or several commands that run one after the other, or have ended.

    Attributes
    ----------
    id : str
        Cannot be guessed.
    package : str
        Name of the package that it works on.
    kind : str
        What it is for.
    about : str
        Which part of the package it is about, for example a table.
    state : str
        ``running``; ``done``; ``refused``: the input has problems; ``failed``: the program or the disk did; ``stopped``
        by the user; ``timeout``.
    step : str
        What the command said last of its progress.
    result : dict
        What the last command printed as JSON; empty while it runs and if it printed none.
    is_seen : bool
        Whether the page has told how it ended.
    """

    id: str
    package: str
    kind: str
    about: str = ""
    state: State = "running"
    step: str = ""
    result: dict[str, Any] = field(default_factory=dict)
    started: float = field(default_factory=time.monotonic)
    seconds: float = 0.0
    process: subprocess.Popen[bytes] | None = None
    wanted: State | None = None
    is_seen: bool = False

    @property
    def is_over(self) -> bool:
        """Whether the command has ended."""
        return self.state != "running"

    def to_json(self) -> dict[str, Any]:
        """Return what the page asks for while it waits."""
        seconds = self.seconds if self.is_over else time.monotonic() - self.started
        return {"state": self.state, "step": self.step, "seconds": round(seconds, 1)}


class Jobs:
    """The commands of one serving process; at most one at a time for each package.

    Parameters
    ----------
    limit_s : float
        After so many seconds a command is ended.
    """

    def __init__(self, limit_s: float) -> None:
        self.limit_s = limit_s
        self._jobs: dict[str, Job] = {}
        self._lock = Lock()

    def get(self, job_id: str) -> Job | None:
        """Return a job, or None if there is none of that id."""
        return self._jobs.get(job_id)

    def running(self, package: str) -> Job | None:
        """Return the job that works on a package, if any."""
        return next((job for job in self._jobs.values() if job.package == package and not job.is_over), None)

    def last(self, package: str, kind: str) -> Job | None:
        """Return the newest job of a kind for a package."""
        found = [job for job in self._jobs.values() if job.package == package and job.kind == kind]
        return found[-1] if found else None

    def start(
        self,
        package: str,
        kind: str,
        commands: Sequence[Command],
        *,
        about: str = "",
        then: Callable[[Job], None] | None = None,
        otherwise: Callable[[Job], None] | None = None,
    ) -> Job:
        """Start `python -m etl COMMAND --json`, one after the other as long as they do their work; return at once.

        Parameters
        ----------
        package, kind : str
        commands : sequence of sequence of str or pathlib.Path
            Each begins with the name of the command.
        about : str, optional
        then, otherwise : callable, optional
            Called in the background when all have done their work, or when one has not, before the job counts as over.

        Returns
        -------
        Job
            The one that runs already if the package has one.
        """
        with self._lock:
            busy = self.running(package)
            if busy is not None:
                return busy
            job = Job(secrets.token_urlsafe(12), package, kind, about)
            self._jobs[job.id] = job
            for old in [one.id for one in self._jobs.values() if one.is_over][:-KEPT]:
                del self._jobs[old]
        Thread(target=self._run, args=(job, commands, then, otherwise), daemon=True).start()
        return job

    def run(self, package: str, command: Command) -> Job:
        """Run one command and wait for its end."""
        job = self.start(package, str(command[0]), [command])
        while not job.is_over:
            time.sleep(0.02)
        return job

    def stop(self, job: Job) -> None:
        """End a running command; nothing half-made is published."""
        job.wanted = job.wanted or "stopped"
        if job.process is not None:
            job.process.terminate()

    def _run(
        self,
        job: Job,
        commands: Sequence[Command],
        then: Callable[[Job], None] | None,
        otherwise: Callable[[Job], None] | None,
    ) -> None:
        state: State = "failed"
        try:
            for command in commands:
                state = self._execute(job, command)
                if state != "done":
                    break
            last = then if state == "done" else otherwise
            if last is not None:
                last(job)
        except OSError as error:
            state, job.step = "failed", str(error)
        except Exception as error:  # the page must say that it failed, whatever the last step ran into
            state, job.step = "failed", f"{type(error).__name__}: {error}"
            raise
        finally:
            job.seconds = time.monotonic() - job.started
            job.state = state

    def _execute(self, job: Job, command: Command) -> State:
        """Run one command to its end."""
        words = [sys.executable, "-m", "etl", "--steps", *map(str, command), "--json"]
        environment = {**os.environ, "PYTHONUTF8": "1", "PYTHONDONTWRITEBYTECODE": "1"}
        with tempfile.TemporaryFile() as out:
            job.process = subprocess.Popen(
                words, cwd=ROOT, env=environment, stdin=subprocess.DEVNULL, stdout=out, stderr=subprocess.PIPE
            )
            Thread(target=self._watch, args=(job, job.process), daemon=True).start()
            code = self._follow(job, job.process)
            job.result = _read_json(out)
        return job.wanted or _STATES.get(code, "failed")

    def _follow(self, job: Job, process: subprocess.Popen[bytes]) -> int:
        if job.wanted is not None:
            process.terminate()
        if process.stderr is None:  # only for the type checker
            raise AssertionError
        for line in process.stderr:
            text = line.decode("utf-8", "replace").strip()
            if text:
                job.step = text[:200]
        return process.wait()

    def _watch(self, job: Job, process: subprocess.Popen[bytes]) -> None:
        """End a command when the time of its job is up, or when it does not heed a request to stop."""
        try:
            process.wait(max(self.limit_s - (time.monotonic() - job.started), 0.0))
        except subprocess.TimeoutExpired:
            job.wanted = job.wanted or "timeout"
            process.terminate()
        while process.poll() is None:
            try:
                process.wait(_PATIENCE_S)
            except subprocess.TimeoutExpired:
                process.kill()


def _read_json(out: IO[bytes]) -> dict[str, Any]:
    out.seek(0)
    try:
        content = json.loads(out.read() or b"{}")
    except json.JSONDecodeError:
        return {}
    return content if isinstance(content, dict) else {}
