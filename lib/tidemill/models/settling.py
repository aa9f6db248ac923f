"""What follows a registered model: its report is kept with it, then it is promoted, then the report is written."""

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from tidemill.models.progress import Tell
from tidemill.models.promotion import Promotion
from tidemill.registry import Registered, Registry
from tidemill.reports import ReportsNotWritable


def settle(
    registry: Registry,
    name: str,
    registered: Registered,
    promotion: Promotion,
    page: str,
    findings: Mapping[str, Any],
    tell: Tell,
) -> None:
    """Keep the report with the version, and promote it last: what predicts has its report.

    Args:
        registry: has the version.
        name: of the model.
        registered: the version.
        promotion: whether it becomes the champion.
        page: the report, HTML.
        findings: what the report tells, plain.
        tell: is given the outcome.
    """
    registry.attach(
        registered,
        {"report.html": page, "findings.json": json.dumps(findings, indent=1)},
        {"promoted": str(promotion.promoted).lower(), "promotion": promotion.reason},
    )
    if promotion.promoted:
        registry.promote(name, registered.version)
    place = "the champion" if promotion.promoted else "the challenger"
    tell(f"version {registered.version} is {place}: {promotion.reason}")


def written(write: Callable[[], Path], registered: Registered, tell: Tell) -> str | None:
    """Write the report of a training beside its copy in MLflow; where that fails it is told, and the model stands.

    Args:
        write: writes the page.
        registered: the version that it is about.
        tell: is given the failure.

    Returns:
        The page's path; None where it could not be written.
    """
    try:
        return str(write())
    except ReportsNotWritable as error:
        tell(f"warning: {error} The report is in MLflow with run {registered.run_id}.")
        return None
