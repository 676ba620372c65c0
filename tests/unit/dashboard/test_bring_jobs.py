"""Commands run in processes of their own: their result, their problems, and that they can be stopped."""

from __future__ import annotations

import time
from pathlib import Path

from dashboard.bring.jobs import Job, Jobs

PATIENCE_S = 60


def wait(job: Job) -> Job:
    end = time.monotonic() + PATIENCE_S
    while not job.is_over and time.monotonic() < end:
        time.sleep(0.02)
    assert job.is_over
    return job


def test_result_is_the_json_of_the_command(root: Path, tmp_path: Path) -> None:
    done: list[Job] = []
    jobs = Jobs(PATIENCE_S)
    job = wait(
        jobs.start(
            "mine",
            "make",
            [["make-training", "--out", tmp_path / "p", "--units", "30", "--years", "8"]],
            then=done.append,
        )
    )
    assert (job.state, job.result["ok"], done) == ("done", True, [job])
    assert job.step == "make the training country"
    assert jobs.last("mine", "make") is job
    assert jobs.get(job.id) is job


def test_problems_of_the_input_are_told(tmp_path: Path) -> None:
    job = Jobs(PATIENCE_S).run("mine", ["validate", tmp_path / "nothing"])
    assert job.state == "refused"
    assert "datapackage.json" in job.result["problems"][0]["text"]


def test_job_ends_when_it_is_stopped_or_takes_too_long(root: Path, tmp_path: Path) -> None:
    jobs = Jobs(PATIENCE_S)
    job = jobs.start("mine", "make", [["make-training", "--out", tmp_path / "p"]])
    assert jobs.start("mine", "check", [["validate", tmp_path]]) is job, "one job at a time for a package"
    jobs.stop(job)
    assert wait(job).state == "stopped"
    late = Jobs(0.05).start("mine", "make", [["make-training", "--out", tmp_path / "q"]])
    assert wait(late).state == "timeout"


def test_commands_follow_each_other_as_long_as_they_do_their_work(tmp_path: Path) -> None:
    ended: list[str] = []
    commands = [["validate", tmp_path / "nothing"], ["make-training", "--out", tmp_path / "p"]]
    job = wait(Jobs(PATIENCE_S).start("mine", "both", commands, otherwise=lambda one: ended.append(one.kind)))
    assert (job.state, ended) == ("refused", ["both"])
    assert not (tmp_path / "p").exists()
