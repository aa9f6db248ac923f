"""Gather what a training came to into the findings that its report tells."""

from datetime import UTC, datetime
from importlib.metadata import distributions, version
from typing import Any

from tidemill.models.images.evaluation import calibration_of, class_figures_of, figures_of, interval_of
from tidemill.models.images.feeding import Snapshot
from tidemill.models.images.findings import Baseline, Epoch, ImageFindings, Wrong
from tidemill.models.images.naming import names_of
from tidemill.models.images.settings import ImageSettings
from tidemill.models.images.working import TEST, Made
from tidemill.models.promotion import Promotion
from tidemill.registry import Registered

TOLD_PACKAGES = ("torch", "horovod", "petastorm", "kornia", "pyspark", "numpy", "tidemill")


def ends_of(made: Made) -> list[int]:
    """The step that each epoch ended with: all have as many."""
    each = len(made.losses) // max(1, len(made.epochs))
    return [each * (at + 1) for at in range(len(made.epochs))]


def how_of(settings: ImageSettings, made: Made) -> dict[str, Any]:
    """How a training was run and what it cost; speeds in images a second, over all ranks."""
    return {
        "backend": settings.backend,
        "ranks": settings.ranks,
        "threads": made.threads,
        "device": made.device,
        "images_per_second": round(made.images / made.seconds, 1) if made.images else None,
        "answered_per_second": round(made.answered, 1),
        "training_seconds": round(made.seconds, 1),
        "exchanging_seconds": round(made.exchanging, 2),
        "resumed_at": made.resumed_at,
    }


def gathered(
    settings: ImageSettings,
    snapshot: Snapshot,
    made: Made,
    baseline: Baseline | None,
    registered: Registered,
    promotion: Promotion,
) -> ImageFindings:
    """All that the report tells.

    Args:
        settings: the classifier's file.
        snapshot: of its table.
        made: what the ranks came to.
        baseline: None where there is none.
        registered: the classifier's version.
        promotion: whether it is the champion now.
    """
    counts, classes = made.test.counts, snapshot.classes
    names = names_of(snapshot, TEST)
    mistakes = [
        Wrong(
            *names[each.key],
            classes[each.label],
            classes[each.told],
            each.probability,
            each.probability_of_label,
            each.image,
        )
        for each in made.test.mistakes
    ]
    return ImageFindings(
        name=settings.name,
        version=registered.version,
        trained_at=datetime.now(UTC).isoformat(timespec="seconds"),
        table=settings.table,
        table_version=snapshot.version,
        classes=classes,
        splits=dict(snapshot.splits),
        shape=snapshot.shape,
        base=settings.training.base,
        size=made.size,
        weights=made.weights,
        settings=settings.training.model_dump(mode="json"),
        figures=figures_of(counts),
        interval=interval_of(counts.right, counts.samples),
        class_figures=class_figures_of(counts, classes),
        confusion=counts.confusion,
        calibration=calibration_of(counts),
        mistakes=mistakes,
        epochs=[
            Epoch(each.stage, at, each.loss, each.validation_loss, each.validation_accuracy)
            for at, each in zip(ends_of(made), made.epochs, strict=True)
        ],
        losses=made.losses,
        speed=how_of(settings, made),
        baseline=baseline,
        promotion=f"It is {'the champion' if promotion.promoted else 'the challenger'}: {promotion.reason}.",
        versions={name: version(name) for name in TOLD_PACKAGES if any(distributions(name=name))},
    )
