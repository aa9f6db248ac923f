from py4j.java_gateway import JVMView
from pyspark.sql import functions as F


def test_building_an_expression_asks_the_jvm_for_no_class(spark, monkeypatch):
    asked = []
    monkeypatch.setattr(JVMView, "__getattr__", lambda view, name: asked.append(name))

    F.filter(F.array(F.col("a"), F.lit(1)), lambda one: one.isNotNull())

    assert asked == []
