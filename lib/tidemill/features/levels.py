"""One-hot encoding of many categories at once, with rare and unseen levels treated alike."""

from collections.abc import Sequence
from typing import Any

from pyspark import keyword_only
from pyspark.ml import Estimator, PipelineModel, Transformer
from pyspark.ml.feature import CountVectorizerModel, Interaction, VectorAssembler, VectorSlicer
from pyspark.ml.param import Param, Params, TypeConverters
from pyspark.ml.param.shared import HasInputCol, HasOutputCol
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from tidemill.errors import RunFailed
from tidemill.features.added_columns import AddedColumns
from tidemill.features.columns import sql_text
from tidemill.features.prepared import PAIRED, UNKNOWN

# As many levels reach the driver, and as many places a learner can do with.
MOST_LEVELS = 10_000


class TooManyLevels(RunFailed):
    """The categories have more levels than a vector should have places."""

    def __init__(self, column: str, levels: int) -> None:
        super().__init__(
            f"the categories have more than {MOST_LEVELS} levels, {levels} of them of '{column}'. Raise "
            f"features.rare_below in the model's file in conf/models/, or leave '{column}' out."
        )


class LevelEncoder(Estimator[CountVectorizerModel], HasInputCol, HasOutputCol):
    """Learn the levels of an array column and encode them as a sparse vector of zeros and ones.

    The input is an array of texts such as `contract=One year`, one for each category; the output has one place for
    each level whose share of the rows is at least `rareBelow`, in alphabetical order, so that the vector does not
    depend on how the rows are partitioned. A rarer level, or one first seen later, has no place: its category is all
    zeros. A StringIndexer and a OneHotEncoder do the same with two user-defined functions a category, which for the
    forty categories of a house takes ten times as long.

    Fitting takes one pass over the rows and raises TooManyLevels where more than 10,000 levels have a place.
    """

    rareBelow: Param[float] = Param(  # noqa: N815 (Spark's way to name a parameter)
        Params._dummy(),
        "rareBelow",
        "the smallest share of rows of a level that has a place of its own",
        typeConverter=TypeConverters.toFloat,
    )

    @keyword_only
    def __init__(self, *, inputCol: str, outputCol: str, rareBelow: float = 0.0) -> None:  # noqa: N803
        super().__init__()
        self._setDefault(rareBelow=0.0)
        given: dict[str, Any] = self._input_kwargs  # type: ignore[attr-defined]  # keyword_only sets it
        self._set(**given)

    def _fit(self, dataset: DataFrame) -> CountVectorizerModel:
        # Each row brings an empty level too: how often that is there is how many rows there are.
        level = F.expr(f"explode(concat(array(''), `{self.getInputCol()}`))").alias("level")
        counted = dataset.select(level).groupBy("level").agg(F.expr("count(1) as n"))
        most = counted.orderBy(F.desc("n"), "level").limit(MOST_LEVELS + 2)
        counts = {row["level"]: row["n"] for row in most.collect()}  # at most MOST_LEVELS + 2
        often = max(1.0, self.getOrDefault(self.rareBelow) * counts.pop("", 0))
        levels = sorted(level for level, count in counts.items() if count >= often)
        if len(levels) > MOST_LEVELS:
            raise TooManyLevels(*_widest(levels))
        # A vector needs a place; no row has this level.
        known = levels or [UNKNOWN]
        model = CountVectorizerModel.from_vocabulary(known, inputCol=self.getInputCol(), outputCol=self.getOutputCol())
        return model.setBinary(True)


class LevelFiller(Estimator[AddedColumns], HasInputCol, HasOutputCol):
    """Let a missing value count as its column's most frequent level; of equally frequent ones the first by name.

    Args:
        inputCol: an array of levels, the missing ones with the first stage's mark.
        outputCol: the array to make.
        columns: the categories that are filled so.
    """

    def __init__(self, inputCol: str, outputCol: str, columns: Sequence[str]) -> None:  # noqa: N803
        super().__init__()
        self._set(inputCol=inputCol, outputCol=outputCol)
        self.columns = tuple(columns)

    def _fit(self, dataset: DataFrame) -> AddedColumns:
        level = dataset.selectExpr(f"explode(`{self.getInputCol()}`) as level")
        named = level.selectExpr("level", "substring_index(level, '=', 1) as of").where(F.col("of").isin(*self.columns))
        known = ~F.col("level").endswith(UNKNOWN) & ~F.col("level").contains(PAIRED)
        counted = named.where(known).groupBy("of", "level").agg(F.expr("count(1) as n"))
        ordered = counted.groupBy("of").agg(F.expr("min_by(level, struct(-n, level)) as level"))
        most = {row["of"]: row["level"] for row in ordered.toLocalIterator()}  # one row a column
        cases = " ".join(
            f"when {sql_text(f'{column}={UNKNOWN}')} then {sql_text(filled)}" for column, filled in most.items()
        )
        filled = f"case level {cases} else level end" if cases else "level"
        array = f"transform(`{self.getInputCol()}`, level -> {filled})"
        return AddedColumns({self.getOutputCol(): array})


class CrossedLevels(Estimator[PipelineModel], HasInputCol, HasOutputCol):
    """Encode levels, and behind them each number in the places of the levels that it is crossed with.

    Args:
        encoder: of the levels alone.
        outputCol: the vector of both.
        crossed: pairs of a category and the column of a number without null.
    """

    def __init__(self, encoder: LevelEncoder, outputCol: str, crossed: Sequence[tuple[str, str]]) -> None:  # noqa: N803
        super().__init__()
        self._set(inputCol=encoder.getInputCol(), outputCol=outputCol)
        self.encoder = encoder
        self.crossed = tuple(crossed)

    def _fit(self, dataset: DataFrame) -> PipelineModel:
        model = self.encoder.fit(dataset)
        stages: list[Transformer] = [model]
        blocks = [self.encoder.getOutputCol()]
        for category, number in self.crossed:
            places = [at for at, level in enumerate(model.vocabulary) if level.startswith(f"{category}=")]
            places = [at for at in places if PAIRED not in model.vocabulary[at]]
            if not places:
                continue  # All its levels are rare.
            name = f"_{category} x {number}"
            sliced = VectorSlicer(inputCol=self.encoder.getOutputCol(), outputCol=f"{name} levels", indices=places)
            stages += [sliced, Interaction(inputCols=[f"{name} levels", number], outputCol=name)]
            blocks.append(name)
        return PipelineModel([*stages, VectorAssembler(inputCols=blocks, outputCol=self.getOutputCol())])


def _widest(levels: Sequence[str]) -> tuple[str, int]:
    counts: dict[str, int] = {}
    for level in levels:
        column = level.partition("=")[0]
        counts[column] = counts.get(column, 0) + 1
    widest = max(counts, key=counts.__getitem__)
    return widest, counts[widest]
