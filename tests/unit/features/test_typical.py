"""What a column typically holds, against plain Python."""

from collections import Counter

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tidemill.features import FeatureSettings, typical_values

SCHEMA = "amount double, pieces int, member boolean, plan string"
SETTINGS = FeatureSettings(
    numeric=("amount", "member"), log1p=("pieces",), ordinal={"plan": ("a", "b", "c")}, scale="none"
)
ROWS = st.lists(
    st.tuples(
        st.none() | st.sampled_from([0.5, 1.5, 2.5, float("nan"), float("inf"), float("-inf")]),
        st.none() | st.integers(-3, 3),
        st.none() | st.booleans(),
        st.none() | st.sampled_from("abc"),
    ),
    min_size=1,
    max_size=12,
)


def middle(values):
    """Of an even number of values the lower one in the middle; none where most are missing."""
    known = sorted(float(each) for each in values if each is not None and abs(each) < float("inf"))
    return known[(len(known) - 1) // 2] if known and 2 * len(known) >= len(values) else None


def most_frequent(levels):
    counts = Counter(levels)
    return min(counts, key=lambda level: (-counts[level], level is not None, level or ""))


@given(ROWS)
@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_numbers_have_their_median_and_categories_their_most_frequent_level(spark, rows):
    found = typical_values(spark.createDataFrame(rows, SCHEMA), SETTINGS)

    amounts, pieces, members, plans = zip(*rows, strict=True)
    assert found == {
        "amount": middle(amounts),
        "member": middle(members),
        "pieces": middle(pieces),
        "plan": most_frequent(plans),
    }


def test_what_most_rows_lack_is_typically_missing(spark):
    rows = spark.createDataFrame([(None, 1, True, None), (None, 2, True, None), (7.0, 2, None, "b")], SCHEMA)

    assert typical_values(rows, SETTINGS) == {"amount": None, "member": 1.0, "pieces": 2.0, "plan": None}


def test_without_rows_nothing_is_typical(spark):
    assert typical_values(spark.createDataFrame([], SCHEMA), SETTINGS) == {}
