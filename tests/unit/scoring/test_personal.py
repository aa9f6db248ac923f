"""Which columns a reason must not show, by the contracts behind a table."""

from tidemill.config import load_config
from tidemill.scoring import personal_columns


def test_what_the_contract_behind_a_gold_table_calls_personal_is_known_by_name():
    config = load_config()

    assert personal_columns(config, "gold.customer_features") == {"female", "senior_citizen", "partner", "dependents"}
    assert personal_columns(config, "silver.telco_customers") == personal_columns(config, "gold.customer_features")
    assert personal_columns(config, "gold.house_features") == frozenset()
    assert personal_columns(config, "gold.made_elsewhere") == frozenset()
