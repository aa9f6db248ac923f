"""Fits as Spark's own models."""

from collections.abc import Sequence

from pyspark.ml.classification import LogisticRegression, LogisticRegressionModel
from pyspark.ml.common import _py2java
from pyspark.ml.linalg import DenseMatrix, DenseVector
from pyspark.sql import SparkSession

from tidemill.validation.logistic.fits import Fit


def models_of(
    session: SparkSession, learners: Sequence[LogisticRegression], found: Sequence[Fit]
) -> list[LogisticRegressionModel]:
    """The models that the learners' own fits would have given, of two classes and without a summary.

    Spark has no public way to make a model of given coefficients, so its constructor is called in the JVM, as
    pyspark itself does to make a learner.

    Args:
        session: where the models live.
        learners: each gives its model its parameters.
        found: the fit of each.
    """
    context = session.sparkContext
    # Each name on the way to a class is a call to the JVM: once for all models.
    make = context._jvm.org.apache.spark.ml.classification.LogisticRegressionModel  # type: ignore[union-attr]

    def model_of(learner: LogisticRegression, fit: Fit) -> LogisticRegressionModel:
        matrix = DenseMatrix(1, len(fit.coefficients), fit.coefficients, isTransposed=True)
        coefficients = _py2java(context, matrix).compressed()
        intercept = _py2java(context, DenseVector([fit.intercept])).compressed()
        made = make(learner.uid, coefficients, intercept, 2, False)
        made.setParent(learner._java_obj)
        model = LogisticRegressionModel()
        model._java_obj = made
        model._resetUid(learner.uid)
        learner._copyValues(model)
        # The rest are defaults, which the JVM's model has by itself.
        for param, value in model._paramMap.items():
            made.set(model._make_java_param_pair(param, value))
        return model

    return [model_of(learner, fit) for learner, fit in zip(learners, found, strict=True)]
