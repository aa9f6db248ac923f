"""The packages that a model was made with."""

from importlib.metadata import distributions, version

# What a model needs to be loaded; MLflow would take twenty seconds to find this out.
NEEDED = ("pyspark", "mlflow", "xgboost-cpu", "tidemill")


def requirements() -> list[str]:
    """What has to be installed where the model is loaded, as pip writes it."""
    return [f"{name}=={version(name)}" for name in NEEDED if any(distributions(name=name))]


def environment() -> str:
    """Every installed package with its version, a line each."""
    found = {f"{each.metadata['Name']}=={each.version}" for each in distributions() if each.metadata["Name"]}
    return "\n".join([*sorted(found, key=str.lower), ""])
