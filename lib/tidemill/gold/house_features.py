"""gold.house_features: one row a sale in Ames, what a buyer could see of the house, and what it sold for."""

from collections.abc import Mapping

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

NAME = "house_features"
READS = ("silver.ames_sales",)
KEY = ("pid",)

MEASURES = (
    *("lot_frontage", "lot_area", "overall_qual", "overall_cond", "year_built", "year_remod_add", "mas_vnr_area"),
    *("bsmt_fin_sf_1", "bsmt_fin_sf_2", "bsmt_unf_sf", "total_bsmt_sf", "first_flr_sf", "second_flr_sf"),
    *("low_qual_fin_sf", "area", "bsmt_full_bath", "bsmt_half_bath", "full_bath", "half_bath", "bedroom_abv_gr"),
    *("kitchen_abv_gr", "tot_rms_abv_grd", "fireplaces", "garage_cars", "garage_area", "wood_deck_sf"),
    *("open_porch_sf", "enclosed_porch", "three_season_porch", "screen_porch", "pool_area", "misc_val"),
    *("mo_sold", "yr_sold"),
)
CATEGORIES = (
    *("ms_zoning", "street", "alley", "lot_shape", "land_contour", "utilities", "lot_config", "land_slope"),
    *("neighborhood", "condition_1", "condition_2", "bldg_type", "house_style", "roof_style", "roof_matl"),
    *("exterior_1st", "exterior_2nd", "mas_vnr_type", "exter_qual", "exter_cond", "foundation", "bsmt_qual"),
    *("bsmt_cond", "bsmt_exposure", "bsmt_fin_type_1", "bsmt_fin_type_2", "heating", "heating_qc", "central_air"),
    *("electrical", "kitchen_qual", "functional", "fireplace_qu", "garage_type", "garage_finish", "garage_qual"),
    *("garage_cond", "paved_drive", "pool_qc", "fence", "misc_feature", "sale_type", "sale_condition"),
)


def build(inputs: Mapping[str, DataFrame]) -> DataFrame:
    """Make a model's view of the Ames sales.

    Args:
        inputs: silver.ames_sales, one row a sale.

    Returns:
        One row a sale: pid bigint; price double in dollars; the measures as silver has them (areas in square feet);
        age, years_since_remodelling and garage_age int in years at the sale; total_area double (all floors and the
        basement, square feet); baths double (a half bath counts half); porch_area double; partial_sale boolean (sold
        before it was finished); ms_subclass and the categories string.
    """
    return inputs["silver.ames_sales"].select(
        "pid",
        F.col("price").cast("double").alias("price"),
        *MEASURES,
        (F.col("yr_sold") - F.col("year_built")).alias("age"),
        (F.col("yr_sold") - F.col("year_remod_add")).alias("years_since_remodelling"),
        _garage_age().alias("garage_age"),
        (F.col("area") + _known("total_bsmt_sf")).cast("double").alias("total_area"),
        _baths().alias("baths"),
        _porch_area().cast("double").alias("porch_area"),
        F.col("sale_condition").eqNullSafe("Partial").alias("partial_sale"),
        # A code, not a quantity: 20 is one storey after 1945, 190 a conversion for two families.
        F.col("ms_subclass").cast("string").alias("ms_subclass"),
        *CATEGORIES,
    )


def _known(column: str) -> Column:
    return F.coalesce(column, F.lit(0))


def _garage_age() -> Column:
    # One garage of the real data was built in 2207; a year later than the sale is not known.
    return F.when(F.col("garage_yr_blt") <= F.col("yr_sold"), F.col("yr_sold") - F.col("garage_yr_blt"))


def _baths() -> Column:
    whole = _known("full_bath") + _known("bsmt_full_bath")
    return (whole + 0.5 * (_known("half_bath") + _known("bsmt_half_bath"))).cast("double")


def _porch_area() -> Column:
    porches = ("open_porch_sf", "enclosed_porch", "three_season_porch", "screen_porch", "wood_deck_sf")
    areas = [_known(porch) for porch in porches]
    return sum(areas[1:], start=areas[0])
