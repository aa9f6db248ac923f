"""What the ways to learn a rare class share: they change the rows that are learnt from, and nothing else."""

from abc import abstractmethod
from typing import Any

from pyspark.ml import Estimator, Model
from pyspark.ml.param import TypeConverters
from pyspark.sql import Column, DataFrame, Window
from pyspark.sql import functions as F

from tidemill.estimators.classes import Classes, count_classes, weigh_classes
from tidemill.estimators.imbalance.prior import PriorCorrectedModel, odds_ratio
from tidemill.estimators.keeping import kept
from tidemill.estimators.members import handed_down, probability_of_1
from tidemill.estimators.nested import HoldsStages
from tidemill.estimators.parameters import AnswersWithProbability, LearnsFromColumns, a_learner, number, param


class Balanced(Estimator[Any], HoldsStages, LearnsFromColumns, AnswersWithProbability):
    """Fit a binary classifier to rows in which the rarer class has more weight.

    The rows are changed in the fit alone. What is fitted is the learner's own model, which predicts each row that it
    is given once and as it is; held-out rows cannot be resampled. With `correctPrior` (the default) its probabilities
    are then brought back to the share of class 1 in the rows as they were.

    Every draw is a hash: of the keys and the seed, or without `keyCols` of a row's features, label and weight and of
    its number among its equals. The same rows are drawn whatever the partitioning.
    """

    holds = ("learner",)
    learner = param("learner", "binary classifier to fit", a_learner)
    correctPrior = param("correctPrior", "whether probabilities are corrected", TypeConverters.toBoolean)  # noqa: N815

    def __init__(self, **params: Any) -> None:
        super().__init__()
        self._take(params, correctPrior=True, seed=0)

    @abstractmethod
    def balanced(self, rows: DataFrame, classes: Classes) -> DataFrame:
        """The rows to learn from.

        Args:
            rows: features, label (0 or 1) and, where named, weight.
            classes: how many rows there are of each.
        """

    def weight_column(self) -> str | None:
        """The column of weights of the rows that `balanced` returns."""
        return self.getWeightCol() if self.isDefined("weightCol") else None

    def _fit(self, dataset: DataFrame) -> Model:
        columns = self.columns()
        if weight := self.weight_column():
            columns["weightCol"] = weight
        inner = handed_down(self.getOrDefault("learner"), columns, self.getSeed())
        label = self.getLabelCol()
        with kept(dataset) as rows:
            classes = count_classes(rows, label, type(self).__name__)
            was = weigh_classes(rows, label, self.getWeightCol() if self.isDefined("weightCol") else None)
            with kept(self.balanced(rows, classes)) as learnt_from:
                learnt = weigh_classes(learnt_from, label, weight)
                model = inner.fit(learnt_from)
        if not self.getOrDefault("correctPrior"):
            return model
        probability_of_1(model)
        return self._copyValues(PriorCorrectedModel(models=[model], odds=odds_ratio(was, learnt)))


class Sampled(Balanced):
    """A way that draws rows by chance.

    The two classes are brought to `ratio` rows of the rarer for each of the other, about: how often a row is taken is
    the whole part of the mean, and once more where its hash is below the rest.
    """

    ratio = param("ratio", "rows of the rarer class for each of the other", number(0, 1, above=True))
    keyCols = param("keyCols", "columns that tell rows apart", TypeConverters.toListString)  # noqa: N815

    def __init__(self, **params: Any) -> None:
        super().__init__()
        self._take(params, ratio=1.0)

    def with_chance(self, rows: DataFrame, name: str) -> DataFrame:
        """The rows with a number from 0 to 1 each, the same for the same row and seed."""
        purpose = F.lit(f"{self.getSeed()}:{type(self).__name__}")
        if self.isDefined("keyCols"):
            return rows.withColumn(name, _share(F.xxhash64(purpose, *self.getOrDefault("keyCols"))))
        # Equal rows would all be drawn or none, so they are numbered; which of them has which number is all one.
        content = F.xxhash64(*self.columns().values())
        numbered = rows.withColumn(name, content)
        twin = F.row_number().over(Window.partitionBy(name).orderBy(name))
        return numbered.withColumn(name, _share(F.xxhash64(purpose, F.col(name), twin)))

    def is_minority(self, classes: Classes) -> Column:
        """Whether a row is of the rarer class."""
        return F.col(self.getLabelCol()) == classes.minority


def times(mean: float, chance: str) -> Column:
    """How often a row is taken, so that it is `mean` times on average."""
    whole = int(mean)
    return F.lit(whole) + (F.col(chance) < mean - whole).cast("int")


def _share(hashed: Column) -> Column:
    # The upper 53 bits are a double's precision.
    return F.shiftrightunsigned(hashed, 11) / float(2**53)
