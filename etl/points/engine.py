"""Runs the work on all chunks: in threads of this process, or on a Dask cluster that runs already."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any, Protocol, TypeVar

from etl.points.locate import Question
from etl.points.records import Chunk
from geodata.errors import EtlError

Result = TypeVar("Result", covariant=True)
Work = Callable[[Chunk, Question], Result]
_CONNECT_SECONDS = 10


class ClusterError(EtlError):
    """The cluster cannot be used."""


class Engine(Protocol):
    """Applies a function to chunks; results come in the order of the chunks, a bounded number at a time."""

    def run(self, work: Work[Result], chunks: Iterable[Chunk], question: Question) -> Iterator[Result]:
        """Yield the results."""


def _in_order(submit: Callable[[Chunk], Any], chunks: Iterable[Chunk], ahead: int) -> Iterator[Any]:
    """Keep some chunks under way, and hand the results over in order."""
    waiting: deque[Any] = deque()
    for chunk in chunks:
        waiting.append(submit(chunk))
        if len(waiting) >= ahead:
            yield waiting.popleft().result()
    while waiting:
        yield waiting.popleft().result()


class ThreadEngine:
    """Threads of this process: numpy, shapely and pyarrow leave the interpreter free while they work."""

    def __init__(self, threads: int | None = None) -> None:
        self.threads = threads or os.cpu_count() or 1

    def run(self, work: Work[Result], chunks: Iterable[Chunk], question: Question) -> Iterator[Result]:
        """Yield the results in the order of the chunks; at most one chunk more than threads is in memory."""
        _ = question.lookups  # made before the threads start
        with ThreadPoolExecutor(self.threads) as pool:

            def submit(chunk: Chunk) -> Future[Any]:
                return pool.submit(work, chunk, question)

            yield from _in_order(submit, chunks, self.threads + 1)


class ClusterEngine:
    """An existing Dask cluster; its workers run the same version of this program and see the same files."""

    def __init__(self, client: Any) -> None:
        self.client = client

    def run(self, work: Work[Result], chunks: Iterable[Chunk], question: Question) -> Iterator[Result]:
        """Yield the results in the order of the chunks; at most two chunks for each thread are under way."""
        from distributed import KilledWorker
        from distributed.client import FutureCancelledError

        asked = self.client.scatter(question, broadcast=True, hash=False)
        threads = sum(self.client.nthreads().values())

        def submit(chunk: Chunk) -> Any:
            return self.client.submit(work, chunk, asked, pure=False)

        try:
            yield from _in_order(submit, chunks, 2 * max(threads, 1))
        except (KilledWorker, FutureCancelledError) as error:
            raise ClusterError(
                "the workers of the Dask cluster died; give them more memory, or look at their logs"
            ) from error


@contextmanager
def open_engine(scheduler: str = "") -> Iterator[Engine]:
    """Give the engine: threads, or the cluster of a scheduler.

    Parameters
    ----------
    scheduler : str
        Address such as ``tcp://host:8786``; empty for threads.

    Raises
    ------
    ClusterError
        If Dask is not installed, the scheduler does not answer, or it has no workers.
    """
    if not scheduler:
        yield ThreadEngine()
        return
    try:
        from distributed import Client
    except ImportError as error:
        raise ClusterError(
            '--scheduler needs Dask, which is not installed: pip install ".[cluster]" in the folder of the project'
        ) from error
    try:
        connect: Any = Client
        client = connect(scheduler, timeout=_CONNECT_SECONDS, set_as_default=False)
    except (OSError, TimeoutError, ValueError) as error:
        raise ClusterError(f"no Dask scheduler answers at {scheduler}; start one, or leave --scheduler out") from error
    with client:
        if not client.nthreads():
            raise ClusterError(f"the Dask scheduler at {scheduler} has no workers; start some")
        yield ClusterEngine(client)
