"""Predict with a registered model, and say why."""

from collections.abc import Mapping, Sequence

from pyspark.ml.functions import vector_to_array
from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from tidemill.estimators.members import log_odds
from tidemill.registry import Champion, ModelCard
from tidemill.scoring.reasons import REASONS, ROW, SCORE, VALUE, VARIANT, Reasons, Typical, gathered, with_variants
from tidemill.validation import split_by_cuts

ROW_HASH = "_row_hash"
TOLD_BY_DEFAULT = Reasons()
# As near to 0 and 1 as probabilities still differ: also an answer that the model is sure of has its reasons.
NEAREST = 1e-15


def predictions(rows: DataFrame, champion: Champion, reasons: Reasons = TOLD_BY_DEFAULT) -> DataFrame:
    """Predict with a registered model.

    Args:
        rows: what the model reads, its key, and its target where that is known. Missing values, NaN and infinities are
            imputed and unseen levels are none of their column's, as in training.
        champion: the model.
        reasons: what is told of each row; nothing by a model that was registered without typical values.

    Returns:
        One row a row: the key; the target (null where it is not known); probability double of class 1 (binary
        models); prediction in the target's type for classes, double in the target's unit for numbers; split string:
        holdout where the model never saw the row, else train, null where the target is not known; model_version int;
        reasons, array of (column string, value string, contribution double), the largest first: by how much the answer
        is higher (in log odds of class 1, or the target's unit) than it would be with the column's typical value, null
        where none are told; _row_hash bigint of the target and what the model reads.
    """
    card = champion.card
    known = inputs(rows, card)
    kept = [column for column in (card.target, ROW_HASH) if column not in card.key]
    typical = typical_of(card) if reasons.most else {}
    if typical:
        asked = with_variants(known, card.key, typical, reasons.masked)
        answered = _answered(asked, champion, [*card.key, *kept, ROW, VARIANT, VALUE])
        told = gathered(answered, card.key, kept, list(_answers(card)), typical, reasons.most)
    else:
        told = _answered(known, champion, [*card.key, *kept]).withColumn("reasons", F.lit(None).cast(REASONS))
    split = split_by_cuts(card.split.cuts, card.key, card.split.seed, card.split.strata)
    return told.select(
        *dict.fromkeys((*card.key, card.target)),
        *_answers(card),
        F.when(F.col(card.target).isNotNull(), split).alias("split"),
        F.lit(champion.version).cast("int").alias("model_version"),
        "reasons",
        ROW_HASH,
    )


def inputs(rows: DataFrame, card: ModelCard) -> DataFrame:
    """Of a table what a model reads, its key and its target, and _row_hash, which changes where these do."""
    target = F.col(card.target) if card.target in rows.columns else F.lit(None).cast("double")
    known = rows.withColumn(card.target, target).select(*dict.fromkeys((*card.key, card.target, *card.reads)))
    hashed = sorted({card.target, *card.reads})
    # xxhash64 passes over nulls, so that it must be told where they are.
    return known.withColumn(ROW_HASH, F.xxhash64(*hashed, *(F.col(column).isNull() for column in hashed)))


def typical_of(card: ModelCard) -> Typical:
    """The typical values of the columns that reasons are told of."""
    typical = card.typical or {}
    return {column: typical[column] for column in card.reads if column in typical and column not in card.key}


def _answers(card: ModelCard) -> Mapping[str, Column]:
    if card.task == "regression":
        return {"prediction": F.col("prediction")}
    return {"probability": vector_to_array(F.col("probability"))[1], "prediction": F.col("prediction").cast("int")}


def _answered(asked: DataFrame, champion: Champion, kept: Sequence[str]) -> DataFrame:
    answers = _answers(champion.card)
    score = (
        log_odds(answers["probability"], NEAREST) if "probability" in answers else answers["prediction"].cast("double")
    )
    named = [answer.alias(name) for name, answer in answers.items()]
    return champion.model.transform(asked).select(*kept, *named, score.alias(SCORE))
