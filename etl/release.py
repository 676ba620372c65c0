"""Whether a dataset may be released: its retention date, and the approvals of figures that could harm people."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from etl.problems import Problems
from geodata.snapshot import today_utc
from layers.catalog import TIERS, Dataset, IndicatorSpec, Tier

DATASET_FILE = "catalog/dataset.yml"
MIN_APPROVALS = 2


def _needs_approval(specs: Sequence[IndicatorSpec], tiers: Sequence[Tier]) -> list[str]:
    """Return the indicators above the public tier that any of the tiers would hold."""
    highest = max(TIERS.index(tier) for tier in tiers)
    return [spec.id for spec in specs if 0 < TIERS.index(spec.tier) <= highest]


def _check_retention(dataset: Dataset, today: date, problems: Problems) -> None:
    until = dataset.governance.retention_until if dataset.governance else None
    if until is not None and until < today:
        problems.add(
            DATASET_FILE,
            None,
            "governance.retention_until",
            found=f"{until}, which is past ({today} UTC)",
            expected="a day that has not ended",
            remedy="The figures may be kept no longer: delete the package and its snapshots, or have its owner decide "
            "on a new date.",
        )


def _check_approvals(dataset: Dataset, sensitive: Sequence[str], today: date, problems: Problems) -> None:
    named = ", ".join(sensitive[:5])
    governance = dataset.governance
    if governance is None:
        problems.add(
            DATASET_FILE,
            None,
            "governance",
            found="none",
            expected=f"owner, purpose, retention date and approvals, since indicators are sensitive ({named})",
            remedy="Add the block `governance`, or build the public tier only.",
        )
        return
    if governance.retention_until is None:
        problems.add(
            DATASET_FILE,
            None,
            "governance.retention_until",
            found="none",
            expected=f"the last day on which the figures may be kept, since indicators are sensitive ({named})",
            remedy="Add the date, or build the public tier only.",
        )
    roles = sorted({approval.role for approval in governance.approvals if approval.date <= today})
    if len(roles) < MIN_APPROVALS:
        problems.add(
            DATASET_FILE,
            None,
            "governance.approvals",
            found=f"approvals of {len(roles)} role(s) up to {today} UTC{': ' + ', '.join(roles) if roles else ''}",
            expected=f"{MIN_APPROVALS} distinct roles, since indicators are sensitive ({named})",
            remedy="Have two offices in different roles approve the release, or build the public tier only.",
        )


def require_release(
    dataset: Dataset, specs: Sequence[IndicatorSpec], tiers: Sequence[Tier], today: date | None = None
) -> None:
    """Refuse a dataset that may not be released at any of the tiers.

    Parameters
    ----------
    dataset : Dataset
    specs : sequence of IndicatorSpec
        All indicators of the package.
    tiers : sequence of str
        Tiers to be published.
    today : datetime.date, optional
        The day in UTC by the system's clock if not given.

    Raises
    ------
    BadInputError
        If the retention date is past; or if indicators of high or severe sensitivity would be published without a
        retention date and approvals of two distinct roles.
    """
    problems = Problems()
    day = today or today_utc()
    _check_retention(dataset, day, problems)
    sensitive = _needs_approval(specs, tiers)
    if sensitive:
        _check_approvals(dataset, sensitive, day, problems)
    problems.raise_if_any()
