import numpy as np
import pytest

from tidemill.validation.boosting.exponential import LARGEST, TINY, hard_cases, jvm_exp
from tidemill.validation.boosting.spark_model import exponentials_agree


def test_it_is_the_jvms_where_another_would_be_rounded_otherwise(spark):
    x = hard_cases()[:300]
    java = spark.sparkContext._jvm.java.lang.Math.exp

    assert len(x) >= 40
    assert jvm_exp(x).tolist() == [java(value) for value in x.tolist()]
    assert exponentials_agree(spark)


def test_it_is_the_jvms_at_the_edges(spark):
    x = np.array([0.0, -0.0, TINY, -TINY, TINY / 2, 1e-300, 1.0, -1.0, np.log(2) / 128, LARGEST, -LARGEST])
    java = spark.sparkContext._jvm.java.lang.Math.exp

    assert jvm_exp(x).tolist() == [java(value) for value in x.tolist()]


def test_it_is_the_exponential_function():
    x = np.linspace(-50, 50, 10_001)

    assert jvm_exp(x) == pytest.approx(np.exp(x), rel=3e-16)
