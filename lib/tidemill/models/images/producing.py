"""Train an image classifier: pin its table, start the ranks, judge, register, promote if better, report."""

import json
import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

from tidemill.config import Config
from tidemill.errors import RequestWrong
from tidemill.lake import Counts, Lake, RecordedRun, held, recorded_run
from tidemill.lake.places import local_folder, table_options
from tidemill.models.images.backends import launch
from tidemill.models.images.baseline import baseline_of
from tidemill.models.images.evaluation import figures_of
from tidemill.models.images.feeding import Snapshot, pinned
from tidemill.models.images.findings import Baseline, ImageFindings
from tidemill.models.images.gathering import ends_of, gathered, how_of
from tidemill.models.images.loading import FILE
from tidemill.models.images.report import image_page, write_image_report
from tidemill.models.images.rivalry import judge_images, rival_of
from tidemill.models.images.settings import ImageSettings
from tidemill.models.images.settings.bases import SMALL
from tidemill.models.images.training import require_buildable
from tidemill.models.images.working import TEST, TRAIN, VALIDATION, Made, Task, Work
from tidemill.models.progress import Tell
from tidemill.models.promotion import Promotion
from tidemill.models.settling import settle, written
from tidemill.registry import ImageCard, ImageRegistry, Registered

JOB = "train_images"
# Beside the models' own folders, whose names begin with a letter.
FEATURES = "_features"
LOADER = "tidemill.models.images.loading"


class CheckpointsNotLocal(RequestWrong):
    """Checkpoints would go to a store, where a training cannot keep them."""

    def __init__(self, where: str) -> None:
        super().__init__(
            f"checkpoints is {where}, but a training of images keeps them in a folder. Name one that the hosts share: "
            "--set checkpoints=/FOLDER."
        )


@dataclass(frozen=True)
class TrainedImages:
    """What a training came to.

    Attributes:
        registered: the classifier's version and its MLflow run.
        promotion: whether it is the champion now, and why.
        findings: all that its report tells.
        run: what the ledger recorded.
    """

    registered: Registered
    promotion: Promotion
    findings: ImageFindings
    run: RecordedRun

    def result(self) -> dict[str, Any]:
        """What the job reports."""
        found = self.findings
        return {
            "version": self.registered.version,
            "promoted": self.promotion.promoted,
            "promotion": self.promotion.reason,
            "base": found.base,
            "weights": found.weights,
            "test": dict(found.figures),
            "validation_accuracy": found.counting.validation_accuracy if found.counting else None,
            "baseline": dict(found.baseline.figures) if found.baseline else None,
            "steps": len(found.losses),
            **found.speed,
            "mlflow_run": self.registered.run_id,
            "rows_read": self.run.counts.read,
            "runs": [self.run.result()],
        }


def train_images(
    lake: Lake,
    registry: ImageRegistry,
    config: Config,
    settings: ImageSettings,
    tell: Tell = lambda line: None,
    promote: bool = False,
    restart: bool = False,
) -> TrainedImages:
    """Train, evaluate and register a classifier, promote it if it beats the champion, and record the run.

    A training that was killed goes on from its last checkpoint when the same is asked for again, also after others
    were begun. The same version of the table and settings give the same weights, on any number of ranks up to float32's
    rounding.

    Args:
        lake: has the table.
        registry: takes the classifier.
        config: says where checkpoints go and how the store is opened.
        settings: the classifier's file.
        tell: is given lines for a person.
        promote: make it the champion whatever the comparison says.
        restart: begin anew where a killed training left checkpoints.

    Raises:
        NoImageTable: the table does not exist or holds no images.
        EmptySplit: it has no images to train, to validate or to test with.
        CheckpointsNotLocal: the configuration keeps checkpoints in a store.
        UnknownBlock: a stage unfreezes a block that the base does not have.
        RankFailed: a rank ended early; the run can be finished.
    """
    snapshot = _pinned(lake, config, settings, settings.version)
    for split in (TRAIN, VALIDATION, TEST):
        snapshot.of(split)
    folder = _folder(config, settings.name)
    require_buildable(settings.training, len(snapshot.classes), snapshot.shape[2])
    plan = {
        "table": settings.table,
        "table_id": snapshot.table_id,
        "version": snapshot.version,
        "settings": settings.decisive,
    }
    own = folder / _name_of(plan)
    # One training of a model at a time: each is compared with the champion that it would replace.
    with held(lake.root, f"model.{settings.name}", JOB):
        with recorded_run(lake, JOB, settings.name, plan) as run:
            champion = registry.image_champion(settings.name) if registry.champion_version(settings.name) else None
            prepared = rival_of(champion, snapshot, settings, lambda at: _pinned(lake, config, settings, at))
            task = Task(snapshot, str(own), str(folder.parent / FEATURES), restart, prepared.rival)
            tell(f"training {_base(settings)} on {settings.table}, version {snapshot.version}: {_sizes(snapshot)}")
            made = launch(settings.backend, settings.ranks, Work(settings, task), lake.spark, tell)
            promotion = judge_images(made.compared, prepared, champion, settings, run.id, promote)
            baseline = _baseline(snapshot, settings, tell)
            registered = _registered(registry, settings, snapshot, made, baseline, run)
            findings = gathered(settings, snapshot, made, baseline, registered, promotion)
            settle(registry, settings.name, registered, promotion, image_page(findings), findings.to_dict(), tell)
            images = sum(snapshot.splits.values())
            run.counts = Counts(read=images, accepted=images)
            run.table_versions = {settings.table: snapshot.version}
        # Before another training may begin to keep its own there.
        _clear(folder, own, tell)
    return TrainedImages(registered, promotion, findings, run)


def put_image_report(reports: str, trained: TrainedImages, tell: Tell) -> str | None:
    """Write the report of a training; its path, or None where it could not be written, which is told."""
    return written(lambda: write_image_report(reports, trained.findings), trained.registered, tell)


def follow(settings: ImageSettings, tell: Tell) -> None:
    """Take part as a rank other than 0 that a launcher outside, such as horovodrun, started; rank 0 does the rest."""
    launch(settings.backend, settings.ranks, Work(settings, None), None, tell)


def _pinned(lake: Lake, config: Config, settings: ImageSettings, at: int | None) -> Snapshot:
    return pinned(lake.table(settings.table), at, table_options(config))


def _folder(config: Config, name: str) -> Path:
    where = local_folder(config.checkpoints)
    if where is None:
        raise CheckpointsNotLocal(config.checkpoints)
    return where / "models" / name


def _name_of(plan: Mapping[str, Any]) -> str:
    """A folder's name: the same training is found again, whatever was asked for in between."""
    return sha256(json.dumps(plan, sort_keys=True).encode()).hexdigest()[:16]


def _clear(folder: Path, own: Path, tell: Tell) -> None:
    """Remove a training's checkpoints at its end, and those of the model's trainings that it has overtaken."""
    for each in sorted(folder.glob("*")):
        shutil.rmtree(each, ignore_errors=True)
        if each != own:
            tell(f"removed {each}: the checkpoints of another training of this model, which was left before its end")


def _base(settings: ImageSettings) -> str:
    """The base, and where it has weights whether it begins with them."""
    base = settings.training.base
    return base if base in SMALL else f"{base} ({'pretrained' if settings.training.pretrained else 'drawn'} weights)"


def _sizes(snapshot: Snapshot) -> str:
    splits = ", ".join(f"{snapshot.splits[split]} {split}" for split in (TRAIN, VALIDATION, TEST))
    return f"{splits} images of {len(snapshot.classes)} classes"


def _baseline(snapshot: Snapshot, settings: ImageSettings, tell: Callable[[str], None]) -> Baseline | None:
    if not settings.baseline:
        return None
    tell("fitting the baseline: histograms of gradients and a linear SVM")
    return baseline_of(snapshot, tell)


def _registered(
    registry: ImageRegistry,
    settings: ImageSettings,
    snapshot: Snapshot,
    made: Made,
    baseline: Baseline | None,
    run: RecordedRun,
) -> Registered:
    training = settings.training
    card = ImageCard(
        name=settings.name,
        table=settings.table,
        table_id=snapshot.table_id,
        table_version=snapshot.version,
        classes=snapshot.classes,
        base=training.base,
        size=made.size,
        shape=snapshot.shape,
        weights=made.weights,
        training=training.fingerprint,
        seed=training.seed,
        run=run.id,
    )
    figures = {f"test_{name}": value for name, value in figures_of(made.test.counts).items()}
    figures |= {f"baseline_{name}": value for name, value in (baseline.figures if baseline else {}).items()}
    parameters = {**training.model_dump(mode="json"), **how_of(settings, made)}
    ended = ends_of(made)
    curves = {
        "loss": [(step, value) for step, value in enumerate(made.losses, start=1)],
        "validation_loss": [(at, each.validation_loss) for at, each in zip(ended, made.epochs, strict=True)],
        "validation_accuracy": [(at, each.validation_accuracy) for at, each in zip(ended, made.epochs, strict=True)],
    }
    return registry.record_images(card, {FILE: made.classifier}, LOADER, parameters, figures, curves)
