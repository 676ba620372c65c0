"""The command `review`: write the places that wait for a person, and apply the answers."""

from __future__ import annotations

import argparse

from etl.commands.common import FINE, Progress, SubParsers, add_json, add_packages, add_quiet, print_json

NAME = "review"


def add_parser(commands: SubParsers) -> None:
    """Describe the command and its arguments."""
    command = commands.add_parser(NAME, help="write the places that wait for a decision; apply the decisions")
    add_packages(command)
    command.add_argument(
        "--apply", action="store_true", help="turn decided rows into aliases and exclusions of the package"
    )
    add_json(command)
    add_quiet(command)


def run(options: argparse.Namespace, progress: Progress) -> int:
    """Run it; return the exit code."""
    from etl.pipeline import match_packages
    from etl.problems import Problems
    from etl.review import review_json, update_reviews

    problems = Problems()
    matched = match_packages(options.package, problems, progress)
    problems.raise_if_any()
    proposals = matched.matches.proposals
    progress("review")
    reviews = update_reviews(options.package, proposals, matched.reference, problems, apply=options.apply)
    if options.json:
        print_json({"ok": True} | review_json(reviews, proposals))
        return FINE
    if not reviews:
        print("nothing to review: every place is matched")
    for review in reviews:
        print(f"{review.file}: {review.waiting} places wait, {review.decided} are decided")
        if options.apply:
            print(f"  applied: {review.aliases} aliases, {review.exclusions} exclusions")
        for line in review.kept:
            print(f"  stays in the file, where builds read it: {line}")
    return FINE
