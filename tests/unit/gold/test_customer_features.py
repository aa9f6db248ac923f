from decimal import Decimal

from tidemill.gold.customer_features import CATEGORIES, FLAGS, KEY, READS, build

SCHEMA = (
    "customer_id string, churn string, "
    + ", ".join(f"{flag} boolean" for flag in FLAGS)
    + ", tenure_months int, monthly_charges decimal(10,2), total_charges decimal(10,2), "
    + ", ".join(f"{category} string" for category in CATEGORIES)
)
NO_SERVICE = dict.fromkeys(CATEGORIES, "No")


def features(spark, churn="No", tenure=10, monthly="50.00", total="400.00", **categories):
    chosen = {**NO_SERVICE, "payment_method": "Mailed check", **categories}
    row = (
        *("0001-AAAAA", churn, *(True for _ in FLAGS), tenure, Decimal(monthly)),
        *(None if total is None else Decimal(total), *(chosen[category] for category in CATEGORIES)),
    )
    built = build({READS[0]: spark.createDataFrame([row], SCHEMA)})
    (one,) = built.collect()
    return one.asDict()


def test_a_customer_is_one_row_with_the_label_as_a_number(spark):
    stayed, left = features(spark), features(spark, churn="Yes")

    assert (stayed["customer_id"], stayed["churn"], left["churn"]) == ("0001-AAAAA", 0, 1)
    assert KEY == ("customer_id",)


def test_charges_are_compared_with_their_average_so_far(spark):
    row = features(spark, tenure=10, monthly="50.00", total="400.00")

    assert row["average_charges"] == 40.0
    assert row["charges_above_average"] == 10.0


def test_a_customer_in_the_first_month_has_paid_nothing_yet(spark):
    row = features(spark, tenure=0, monthly="50.00", total=None)

    assert (row["total_charges"], row["average_charges"], row["charges_above_average"]) == (0.0, 50.0, 0.0)


def test_a_total_missing_later_stays_missing(spark):
    row = features(spark, tenure=5, total=None)

    assert row["total_charges"] is None
    assert row["average_charges"] is None


def test_services_are_counted_and_one_that_cannot_be_had_counts_as_none(spark):
    row = features(spark, online_security="Yes", tech_support="Yes", streaming_tv="No internet service")

    assert row["additional_services"] == 2


def test_a_payment_is_automatic_by_its_name(spark):
    assert features(spark, payment_method="Credit card (automatic)")["automatic_payment"]
    assert not features(spark, payment_method="Electronic check")["automatic_payment"]
