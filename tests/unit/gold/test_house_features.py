from tidemill.gold.house_features import CATEGORIES, MEASURES, READS, build

SCHEMA = (
    "pid bigint, price int, ms_subclass int, garage_yr_blt int, "
    + ", ".join(f"{measure} int" for measure in MEASURES)
    + ", "
    + ", ".join(f"{category} string" for category in CATEGORIES)
)


def features(spark, garage_yr_blt=1990, **given):
    measures = dict.fromkeys(MEASURES, 0) | {"yr_sold": 2008, "year_built": 1998, "year_remod_add": 2003}
    measures |= given
    categories = {category: given.get(category) for category in CATEGORIES}
    row = (1, 200000, 20, garage_yr_blt, *(measures[measure] for measure in MEASURES), *categories.values())
    (one,) = build({READS[0]: spark.createDataFrame([row], SCHEMA)}).collect()
    return one.asDict()


def test_years_become_ages_at_the_sale(spark):
    row = features(spark)

    assert (row["age"], row["years_since_remodelling"], row["garage_age"]) == (10, 5, 18)


def test_a_garage_built_after_the_sale_has_no_known_age(spark):
    assert features(spark, garage_yr_blt=2207)["garage_age"] is None


def test_areas_and_baths_are_summed_and_a_missing_one_adds_nothing(spark):
    row = features(spark, area=1500, total_bsmt_sf=None, full_bath=2, half_bath=1, bsmt_half_bath=None)

    assert (row["total_area"], row["baths"]) == (1500.0, 2.5)


def test_the_subclass_is_a_code_and_the_price_a_number(spark):
    row = features(spark)

    assert (row["ms_subclass"], row["price"]) == ("20", 200000.0)


def test_a_house_sold_before_it_was_finished_is_a_partial_sale(spark):
    assert features(spark, sale_condition="Partial")["partial_sale"]
    assert not features(spark, sale_condition="Normal")["partial_sale"]
    assert features(spark, sale_condition=None)["partial_sale"] is False
