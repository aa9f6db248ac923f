import pytest
from pydantic import ValidationError
from pyspark.sql.types import StructType

from tidemill.features import FeatureSettings, NotANumber, require_numbers

EVERYTHING = {
    "numeric": ("age", "paid"),
    "log1p": ("paid",),
    "box_cox": ("size",),
    "ordinal": {"quality": ("poor", "good")},
    "categorical": ("plan", "city"),
    "interactions": (("age", "plan"), ("plan", "city"), ("age", "paid")),
    "impute": {"columns": {"age": 0, "city": "nowhere"}},
    "flag_missing": ("age", "quality"),
}


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"numeric": ("age", "age")}, "numeric names 'age' twice"),
        ({"numeric": (), "log1p": (), "box_cox": (), "ordinal": {}}, "at least one column"),
        ({"categorical": ("plan; drop",)}, "pattern"),
        ({"rare_below": 1.0}, "less than 1"),
        ({"categorical": ("plan", "city", "age")}, "'age' is named both as a number and as categorical"),
        ({"ordinal": {"plan": ("a", "b")}}, "'plan' is named both as ordinal and as categorical"),
        ({"box_cox": ("paid",)}, "'paid' is named both under log1p and under box_cox"),
        ({"ordinal": {"quality": ("good",)}}, "'quality' with fewer than two levels"),
        ({"ordinal": {"quality": ("good", "good")}}, "levels of 'quality' name 'good' twice"),
        ({"interactions": (("age", "aged"),)}, r"'aged', which is no feature\. Did you mean 'age'\?"),
        ({"interactions": (("age", "age"),)}, "pair 'age' with itself"),
        ({"interactions": (("age", "plan"), ("plan", "age"))}, "name 'age' and 'plan' twice"),
        ({"flag_missing": ("plan",)}, "'plan', which is no number"),
        ({"impute": {"columns": {"aged": 0}}}, r"impute.columns names 'aged'.* Did you mean 'age'\?"),
        ({"impute": {"columns": {"age": "middle"}}}, "impute.columns.age cannot be 'middle': it is a number, or"),
        ({"impute": {"numbers": float("inf")}}, "impute.numbers cannot be inf"),
        ({"impute": {"columns": {"size": 0}}}, "under box_cox and cannot be imputed with 0: it must be above 0"),
        ({"select": {"test": "anova"}}, "by one of keep, share and false_discovery"),
        ({"select": {"test": "anova", "keep": 3, "share": 0.5}}, "by one of keep, share and false_discovery"),
    ],
)
def test_settings_that_make_no_sense_are_refused(changes, reason):
    with pytest.raises(ValidationError, match=reason):
        FeatureSettings(**{**EVERYTHING, **changes})


def test_settings_for_some_columns_say_nothing_of_the_others():
    kept = FeatureSettings(**EVERYTHING).only({"paid", "size", "city"})

    assert kept.columns == ("paid", "size", "city")
    assert (kept.interactions, kept.flag_missing, kept.impute.columns) == ((), (), {"city": "nowhere"})


def test_a_text_read_as_a_number_is_named():
    schema = StructType().add("age", "integer").add("member", "boolean").add("plan", "string")

    require_numbers("gold.t", schema, ("age", "member"))
    with pytest.raises(NotANumber, match=r"gold\.t has 'plan' as string, but the model reads it as a number"):
        require_numbers("gold.t", schema, ("age", "plan"))
