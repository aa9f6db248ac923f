import pytest

from tidemill.session import with_settings

KNOWN, FREE = "spark.sql.shuffle.partitions", "tidemill.free"


def test_settings_hold_within_the_block_and_are_as_before_after_it(spark):
    before = spark.conf.get(KNOWN)

    with with_settings(spark, {KNOWN: 7, FREE: "x"}):
        within = spark.conf.get(KNOWN), spark.conf.get(FREE)

    assert within == ("7", "x")
    assert (spark.conf.get(KNOWN), spark.conf.get(FREE, None)) == (before, None)


def test_a_block_within_a_block_gives_back_what_the_outer_one_set(spark):
    with with_settings(spark, {FREE: "outer"}):
        with pytest.raises(ValueError, match="broken"), with_settings(spark, {FREE: "inner"}):
            raise ValueError("broken")
        assert spark.conf.get(FREE) == "outer"
