"""XGBoost's learners under the names of its own parameters, made repeatable."""

import logging
from functools import cache
from types import ModuleType
from typing import Any, ClassVar

from pyspark.ml import Estimator
from pyspark.ml.param import TypeConverters
from pyspark.ml.util import DefaultParamsReadable, DefaultParamsWritable
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from tidemill.errors import RequestWrong
from tidemill.estimators.classes import count_classes
from tidemill.estimators.parameters import AnswersWithProbability, LearnsFromColumns, number, one_of, param, whole

OBJECTIVES = (
    "reg:squarederror",
    "reg:squaredlogerror",
    "reg:pseudohubererror",
    "reg:absoluteerror",
    "reg:gamma",
    "reg:tweedie",
    "count:poisson",
)
NOT_XGBOOSTS = ("featuresCol", "labelCol", "weightCol", "seed", "predictionCol", "probabilityCol", "rawPredictionCol")


class ExecutorsComeAndGo(RequestWrong):
    """XGBoost's workers must all run at once, which Spark refuses where executors come and go."""

    def __init__(self, stage: str) -> None:
        super().__init__(
            f"{stage} runs in Spark's barrier mode, which needs a fixed number of executors. "
            "Set spark.dynamicAllocation.enabled=false and spark.executor.instances."
        )


class TooManyWorkers(RequestWrong):
    """More workers than tasks can run at once, which Spark would wait ten minutes for."""

    def __init__(self, stage: str, workers: int, slots: int) -> None:
        super().__init__(
            f"{stage} has num_workers {workers}, but {slots} tasks run at once. Set it to {slots} or less."
        )


class _XGBoost(LearnsFromColumns, DefaultParamsReadable[Any], DefaultParamsWritable):
    """What classifier and regressor share.

    XGBoost adds up its histograms in the order of the rows and draws rows by their place. So they are first put in an
    order that depends on their values alone: the same rows and seed give the same trees however they are partitioned.
    """

    defaults: ClassVar[dict[str, Any]] = {"num_workers": 1, "tree_method": "hist", "seed": 0}

    n_estimators = param("n_estimators", "number of trees", whole(1))
    max_depth = param("max_depth", "most levels of a tree; 0 for no limit", whole(0))
    max_leaves = param("max_leaves", "most leaves of a tree; 0 for no limit", whole(0))
    max_bin = param("max_bin", "most bins of a feature", whole(2))
    grow_policy = param("grow_policy", "which node is split next", one_of("depthwise", "lossguide"))
    tree_method = param("tree_method", "how splits are found", one_of("hist", "approx"))
    learning_rate = param("learning_rate", "what each tree's answer is multiplied by", number(0, above=True))
    min_child_weight = param("min_child_weight", "least sum of hessians in a leaf", number(0))
    max_delta_step = param("max_delta_step", "most that a leaf may answer; 0 for no limit", number(0))
    gamma = param("gamma", "least gain of a split", number(0))
    reg_alpha = param("reg_alpha", "L1 penalty of the leaves", number(0))
    reg_lambda = param("reg_lambda", "L2 penalty of the leaves", number(0))
    subsample = param("subsample", "share of rows a tree sees", number(0, 1, above=True))
    colsample_bytree = param("colsample_bytree", "share of features a tree sees", number(0, 1, above=True))
    colsample_bylevel = param("colsample_bylevel", "share of features a level sees", number(0, 1, above=True))
    colsample_bynode = param("colsample_bynode", "share of features a node sees", number(0, 1, above=True))
    num_parallel_tree = param("num_parallel_tree", "trees a round, as of a forest", whole(1))
    base_score = param("base_score", "the answer before the first tree", TypeConverters.toFloat)
    num_workers = param("num_workers", "tasks that train one model together", whole(1))

    def __init__(self, **params: Any) -> None:
        super().__init__()
        self._take(params, **self.defaults)

    def _booster_settings(self) -> dict[str, Any]:
        named = {each.name: value for each, value in self.extractParamMap().items()}
        own = {name: value for name, value in named.items() if name not in NOT_XGBOOSTS}
        columns = {"features_col": self.getFeaturesCol(), "label_col": self.getLabelCol()}
        if self.isDefined("weightCol"):
            columns["weight_col"] = self.getWeightCol()
        answer = {"prediction_col": self.getPredictionCol()}
        quiet = {"verbosity": 0, "verbose": False}
        return {**own, **columns, **answer, **quiet, "random_state": self.getSeed()}

    def _in_fixed_order(self, dataset: DataFrame) -> DataFrame:
        workers, context = self.getOrDefault("num_workers"), dataset.sparkSession.sparkContext
        stage = type(self).__name__
        if context.getConf().get("spark.dynamicAllocation.enabled") == "true":
            raise ExecutorsComeAndGo(stage)
        # On a cluster executors may still be on their way; of a local master all slots are known.
        if str(context.master).startswith("local[") and workers > context.defaultParallelism:
            raise TooManyWorkers(stage, workers, context.defaultParallelism)
        columns = list(self.columns().values())
        place = F.xxhash64(*columns)
        rows = dataset.select(*columns)
        dealt = rows.repartition(workers, place) if workers > 1 else rows.repartition(1)
        return dealt.sortWithinPartitions(place, self.getLabelCol())


class XGBoostClassifier(Estimator[Any], _XGBoost, AnswersWithProbability):
    """Boosted trees for two classes (Chen and Guestrin 2016, XGBoost), by xgboost.spark.

    The fitted model is xgboost's own SparkXGBClassifierModel; it predicts in a pandas UDF and needs xgboost on the
    executors. A fit is one barrier stage of `num_workers` tasks, which Spark starts all at once or not at all, so that
    fits side by side cannot wait for each other: on two slots four at once ran with one worker each and with two.
    A fit of few rows is mostly the starting of its Python workers, some seconds; one worker (the default) starts least.

    Args:
        params: those above, with xgboost's defaults where it has some; featuresCol, labelCol (0 or 1), weightCol, seed;
            rawPredictionCol (margins), probabilityCol, predictionCol.

    Raises:
        UnknownParameter: there is no such parameter.
        ValueError: a parameter is outside its range.
        OneClassOnly: when fitted to one class.
        ExecutorsComeAndGo: when fitted under dynamic allocation.
        TooManyWorkers: when fitted with more workers than a local master runs at once.
    """

    scale_pos_weight = param("scale_pos_weight", "weight of class 1 over class 0", number(0, above=True))

    def _fit(self, dataset: DataFrame) -> Any:
        count_classes(dataset, self.getLabelCol(), type(self).__name__)
        answer = {"probability_col": self.getProbabilityCol(), "raw_prediction_col": self.getRawPredictionCol()}
        inner = quiet_xgboost().SparkXGBClassifier(**self._booster_settings(), **answer)
        return inner.fit(self._in_fixed_order(dataset))


class XGBoostRegressor(Estimator[Any], _XGBoost):
    """Boosted trees for a number; see XGBoostClassifier.

    Args:
        params: as XGBoostClassifier's, with objective (reg:squarederror and others) instead of scale_pos_weight.

    Raises:
        UnknownParameter: there is no such parameter.
        ValueError: a parameter is outside its range.
        ExecutorsComeAndGo: when fitted under dynamic allocation.
        TooManyWorkers: when fitted with more workers than a local master runs at once.
    """

    objective = param("objective", "the loss", one_of(*OBJECTIVES))

    def _fit(self, dataset: DataFrame) -> Any:
        return quiet_xgboost().SparkXGBRegressor(**self._booster_settings()).fit(self._in_fixed_order(dataset))


@cache
def quiet_xgboost() -> ModuleType:
    """The module xgboost.spark, imported late (it takes a second) and kept from telling people of each fit."""
    for name in ("XGBoost-PySpark", "SparkXGBClassifier", "SparkXGBRegressor"):
        logging.getLogger(name).setLevel(logging.WARNING)
    import xgboost.spark  # noqa: PLC0415

    return xgboost.spark
