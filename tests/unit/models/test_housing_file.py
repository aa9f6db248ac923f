from tidemill.config import load_config
from tidemill.contract import load_contract
from tidemill.demo.sales import load_sales
from tidemill.gold.house_features import CATEGORIES, MEASURES
from tidemill.models import load_model_settings


def test_the_housing_model_lists_every_level_of_the_real_sales_in_its_order():
    config = load_config()
    features = load_model_settings(config, "housing").features
    delivered = {name: column.source or name for name, column in load_contract(config, "ames_sales").columns.items()}
    sales = load_sales()

    held = {column: set(sales[delivered[column]].dropna()) for column in features.ordinal}

    assert {column: levels - set(features.ordinal[column]) for column, levels in held.items()} == {
        column: set() for column in features.ordinal
    }


def test_a_part_that_a_house_lacks_ranks_below_its_lowest_level():
    config = load_config()
    features = load_model_settings(config, "housing").features
    delivered = {name: column.source or name for name, column in load_contract(config, "ames_sales").columns.items()}
    sales = load_sales()

    lacking = {column for column in features.ordinal if sales[delivered[column]].isna().sum() > 1}

    assert lacking == {column for column in features.ordinal if features.impute.of_number(column) == 0}


def test_every_category_and_measure_of_the_gold_table_is_a_feature():
    features = load_model_settings(load_config(), "housing").features

    assert {*CATEGORIES, *MEASURES} <= set(features.columns)
