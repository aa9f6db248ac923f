"""gold.customer_features: one row a customer, what is known of them before they leave, and whether they did."""

from collections.abc import Mapping

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

NAME = "customer_features"
READS = ("silver.telco_customers",)
KEY = ("customer_id",)

FLAGS = ("female", "senior_citizen", "partner", "dependents", "phone_service", "paperless_billing")
ADDITIONAL_SERVICES = (
    "online_security",
    "online_backup",
    "device_protection",
    "tech_support",
    "streaming_tv",
    "streaming_movies",
)
CATEGORIES = ("multiple_lines", "internet_service", *ADDITIONAL_SERVICES, "contract", "payment_method")


def build(inputs: Mapping[str, DataFrame]) -> DataFrame:
    """Make a model's view of the Telco customers.

    Args:
        inputs: silver.telco_customers, one row a customer.

    Returns:
        One row a customer: customer_id string; churn int (1 left, 0 stayed); the flags boolean; tenure_months int;
        monthly_charges, total_charges, average_charges (total over tenure) and charges_above_average double in dollars;
        additional_services int; automatic_payment boolean; the categories string.
    """
    tenure = F.col("tenure_months")
    monthly = F.col("monthly_charges").cast("double")
    # A customer in the first month has no total yet: that is nothing paid, not something unknown.
    total = F.when(tenure == 0, F.coalesce("total_charges", F.lit(0))).otherwise(F.col("total_charges")).cast("double")
    average = F.when(tenure > 0, total / tenure).otherwise(monthly)
    return inputs["silver.telco_customers"].select(
        "customer_id",
        (F.col("churn") == "Yes").cast("int").alias("churn"),
        *FLAGS,
        "tenure_months",
        monthly.alias("monthly_charges"),
        total.alias("total_charges"),
        average.alias("average_charges"),
        (monthly - average).alias("charges_above_average"),
        _number_of(ADDITIONAL_SERVICES).alias("additional_services"),
        F.col("payment_method").contains("automatic").alias("automatic_payment"),
        *CATEGORIES,
    )


def _number_of(services: tuple[str, ...]) -> Column:
    taken = [F.coalesce((F.col(service) == "Yes").cast("int"), F.lit(0)) for service in services]
    return sum(taken[1:], start=taken[0])
