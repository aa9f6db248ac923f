"""Train a model: split, choose the best candidate, score it once on the hold-out, register it, promote it if better."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from statistics import fmean
from typing import Any

import numpy as np
from pyspark.ml import PipelineModel
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from tidemill.estimators import ThresholdedAnswer
from tidemill.features import typical_values
from tidemill.lake import Counts, Lake, RecordedRun, held, inputs_of, recorded_run
from tidemill.models.candidates import first_stage
from tidemill.models.choosing import Chosen, choose
from tidemill.models.evaluation import Evidence, Findings, findings_of
from tidemill.models.progress import Tell
from tidemill.models.promotion import Promotion, judge
from tidemill.models.report import report_page, write_report
from tidemill.models.rows import held_out, model_table, prepared, require_rows
from tidemill.models.settings import ModelSettings
from tidemill.models.settling import settle, written
from tidemill.models.tasks import chosen_threshold, figures_of, strata_of, with_probability
from tidemill.registry import ModelCard, Registered, Registry, SplitCard
from tidemill.validation import TRAIN, holdout_cuts, split_by_cuts, without_plan

# Above every probability: it is cheapest to call no row class 1.
NEVER = 2.0


@dataclass(frozen=True)
class Trained:
    """What a training came to.

    Attributes:
        registered: the model's version and its MLflow run.
        algorithm: the winner's.
        parameters: what the search chose for it.
        cross_validation: the winner's mean and deviation of each figure over the folds.
        confirmed: the same over the folds that confirm it; empty where none were asked for.
        nested: the same of what the search chooses, over folds that it did not see; empty where none were asked for.
        threshold: from which probability on a row is class 1; None where the answer is a number.
        holdout: its figures on the rows that neither it nor the search saw.
        promotion: whether it is the champion now, and why.
        findings: all that its report tells.
        run: what the ledger recorded.
    """

    registered: Registered
    algorithm: str
    parameters: dict[str, Any]
    cross_validation: dict[str, dict[str, float]]
    confirmed: dict[str, dict[str, float]]
    nested: dict[str, dict[str, float]]
    threshold: float | None
    holdout: dict[str, float]
    promotion: Promotion
    findings: Findings
    run: RecordedRun

    def result(self) -> dict[str, Any]:
        """What the job reports."""
        return {
            "version": self.registered.version,
            "promoted": self.promotion.promoted,
            "promotion": self.promotion.reason,
            "algorithm": self.algorithm,
            "parameters": self.parameters,
            "cross_validation": self.cross_validation,
            "confirmed": self.confirmed,
            "nested": self.nested,
            "threshold": self.threshold,
            "holdout": self.holdout,
            "mlflow_run": self.registered.run_id,
            "rows_read": self.run.counts.read,
            "runs": [self.run.result()],
        }


def train_model(
    lake: Lake, registry: Registry, settings: ModelSettings, tell: Tell = lambda line: None, promote: bool = False
) -> Trained:
    """Train, validate and register a model, promote it if it is better than the champion, and record the run.

    The same table version and settings give the same figures: every choice comes from hashes of the key and the seed.

    Args:
        lake: has the model's gold table.
        registry: takes the model.
        settings: the model's file.
        tell: is given a line for a person after each fit.
        promote: make it the champion whatever the comparison says.

    Raises:
        NoSuchTable: the gold table does not exist.
        MissingColumns: it lacks a column that the settings name.
        NotANumber: a column that is read as a number is none.
        WrongLabels: the target of a binary model has other values than 0 and 1.
        TooFewRows: a class has fewer rows than there are folds.
        NothingToHoldOut: no row of a class is held out.
    """
    table, version = model_table(lake, settings)
    plan = {"table": settings.table, "version": version, "settings": settings.model_dump(mode="json")}
    job = f"train_{settings.name}"
    # One training of a model at a time: each is compared with the champion that it would replace.
    with (
        held(lake.root, f"model.{settings.name}", job),
        recorded_run(lake, job, settings.name, plan) as run,
        prepared(table, settings) as rows,
    ):
        rows_in = require_rows(rows, settings)
        chosen = choose(without_plan(rows).where(F.col("split") == TRAIN), settings, tell)
        threshold = _threshold(chosen, settings)
        model = _whole_model(settings, chosen, threshold)
        card = _card(rows, table, settings, version, run)
        with held_out(table, settings, card.split, model) as predicted:
            holdout = figures_of(settings, predicted)
            tell(f"hold-out: {settings.metric} {holdout[settings.metric]:.4f}; registering the model")
            champion = registry.champion(settings.name) if registry.champion_version(settings.name) else None
            promotion = judge(predicted, table.columns, settings, champion, run.id, promote)
            parameters = _parameters(lake, card, settings)
            registered = registry.record(
                card, model, table.schema, parameters, chosen.trials, chosen.best, _more(holdout, chosen)
            )
            tell("finding out what the model is worth, for its report")
            findings = findings_of(
                _evidence(settings, chosen, model, predicted, card, registered, threshold, promotion)
            )
        settle(registry, settings.name, registered, promotion, report_page(findings), findings.to_dict(), tell)
        run.counts = Counts(read=rows_in, accepted=rows_in)
        run.table_versions = {settings.table: version}
    winner = chosen.trials[chosen.best]
    folds = {"mean": dict(winner.mean), "deviation": dict(winner.deviation)}
    confirmed, nested = over_folds(chosen.confirmed), over_folds(chosen.nested)
    return Trained(
        registered,
        winner.name,
        dict(winner.parameters),
        folds,
        confirmed,
        nested,
        threshold,
        holdout,
        promotion,
        findings,
        run,
    )


def put_report(reports: str, trained: Trained, tell: Tell) -> str | None:
    """Write the report of a training; its path, or None where it could not be written, which is told."""
    return written(lambda: write_report(reports, trained.findings), trained.registered, tell)


def _whole_model(settings: ModelSettings, chosen: Chosen, threshold: float | None) -> PipelineModel:
    answer = [] if threshold is None else [ThresholdedAnswer(threshold=threshold)]
    return PipelineModel([first_stage(settings), *chosen.model.stages, *answer])


def _threshold(chosen: Chosen, settings: ModelSettings) -> float | None:
    if settings.task != "binary":
        return None
    if settings.threshold is None:
        return 0.5
    return min(NEVER, chosen_threshold(settings.threshold, with_probability(chosen.out_of_fold)).value)


def over_folds(folds: Sequence[Mapping[str, float]]) -> dict[str, dict[str, float]]:
    """Mean and standard deviation (of a population) of each figure; empty without a fold."""
    if not folds:
        return {}
    return {
        "mean": {name: fmean(fold[name] for fold in folds) for name in folds[0]},
        "deviation": {name: float(np.std([fold[name] for fold in folds])) for name in folds[0]},
    }


def _more(holdout: Mapping[str, float], chosen: Chosen) -> dict[str, float]:
    """The figures beside those of the candidates, under the names that the registry uses."""
    found = {f"holdout_{name}": value for name, value in holdout.items()}
    for title, folds in (("confirmed", chosen.confirmed), ("nested", chosen.nested)):
        for statistic, figures in over_folds(folds).items():
            found |= {f"{title}_{name}_{statistic}": value for name, value in figures.items()}
    return found


def _evidence(
    settings: ModelSettings,
    chosen: Chosen,
    model: PipelineModel,
    predicted: DataFrame,
    card: ModelCard,
    registered: Registered,
    threshold: float | None,
    promotion: Promotion,
) -> Evidence:
    return Evidence(
        settings=settings,
        model=model,
        trials=chosen.trials,
        best=chosen.best,
        holdout=predicted,
        version=registered.version,
        table_version=card.table_version,
        trained_at=datetime.now(UTC),
        out_of_fold=chosen.out_of_fold,
        threshold=None if settings.threshold is None else threshold,
        comparison=promotion.comparison,
        promotion=promotion.reason,
        confirmed=chosen.confirmed,
        nested=chosen.nested,
    )


def _card(rows: DataFrame, table: DataFrame, settings: ModelSettings, version: int, run: RecordedRun) -> ModelCard:
    strata = strata_of(settings)
    cuts = holdout_cuts(rows, settings.key, settings.seed, strata)
    training = table.where(split_by_cuts(cuts, settings.key, settings.seed, strata) == TRAIN)
    return ModelCard(
        name=settings.name,
        task=settings.task,
        table=settings.table,
        table_version=version,
        key=settings.key,
        target=settings.target.column,
        reads=settings.features.columns,
        split=SplitCard(seed=settings.seed, strata=strata, cuts=cuts),
        run=run.id,
        typical=typical_values(training, settings.features),
    )


def _parameters(lake: Lake, card: ModelCard, settings: ModelSettings) -> dict[str, Any]:
    named = ("task", "metric", "folds", "confirm_folds", "nested_folds", "holdout", "seed")
    made_of = inputs_of(lake, card.table, card.table_version)
    data = {f"data.{name}.version": each.version for name, each in made_of.items()}
    contracts = {f"data.{name}.contract_version": each.contract_version for name, each in made_of.items()}
    return {name: getattr(settings, name) for name in named} | data | contracts
