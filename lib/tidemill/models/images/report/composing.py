"""Put the report together: what matters first, then what it rests on."""

from datetime import datetime
from pathlib import Path

from tidemill.models.images.findings import ImageFindings
from tidemill.models.images.report.answer_sections import (
    calibration_section,
    classes_section,
    figures_section,
    mistakes_section,
)
from tidemill.models.images.report.interpretation import remarks_of
from tidemill.models.images.report.training_sections import facts_section, training_section
from tidemill.reports import KeyFigure, KeyFigures, Note, Section, page, write_page


def write_image_report(reports: str, findings: ImageFindings) -> Path:
    """Write reports/models/NAME-VERSION.html.

    Args:
        reports: their folder.
        findings: of one training.

    Returns:
        The page's path.

    Raises:
        ReportsNotWritable: the page cannot be put into its folder.
    """
    return write_page(reports, f"models/{findings.name}-{findings.version}.html", image_page(findings))


def image_page(findings: ImageFindings) -> str:
    """Compose the page.

    Args:
        findings: of one training.

    Returns:
        HTML that needs no other file; texts from data are escaped, images are inside.
    """
    trained = datetime.fromisoformat(findings.trained_at)
    sections = [
        _short(findings),
        figures_section(findings),
        training_section(findings),
        classes_section(findings),
        calibration_section(findings),
        mistakes_section(findings),
        facts_section(findings),
    ]
    return page(
        f"Model {findings.name}, version {findings.version}",
        sections,
        subtitle=f"A classifier of images into {len(findings.classes)} classes, {findings.base} trained on "
        f"{findings.table} on {trained:%d %B %Y}. All figures are of the {findings.splits['test']:,} images of the "
        "test split, which it had never seen, unless they say otherwise.",
        made_at=trained,
    )


def _short(findings: ImageFindings) -> Section:
    found = findings.figures
    numbers = [
        KeyFigure(f"{found['accuracy']:.2%}", "accuracy"),
        KeyFigure(f"{found['f1']:.3f}", "F1, mean over classes"),
        KeyFigure(f"{found['ece']:.3f}", "calibration error"),
    ]
    if findings.baseline:
        numbers.append(KeyFigure(f"{findings.baseline.figures['accuracy']:.2%}", "accuracy of the baseline"))
    if findings.speed.get("images_per_second"):
        numbers.append(KeyFigure(f"{findings.speed['images_per_second']:,.0f}", "images a second in training"))
    remarks = sorted(remarks_of(findings), key=lambda each: each.tone != "bad" and each.about != "answer")
    return Section("In short", [KeyFigures(numbers), *(Note(each.text, each.tone) for each in remarks)])
