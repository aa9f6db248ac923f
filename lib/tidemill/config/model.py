"""What can be configured. Every field is documented in conf/base.yaml, which holds its default."""

from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field

from tidemill.config.secrets import Secret


class Frozen(BaseModel):
    """A model that cannot be changed and refuses what it does not know."""

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)


class MlflowConfig(Frozen):
    """Where models and their figures are recorded."""

    tracking_uri: str
    artifacts: str


class SparkConfig(Frozen):
    """Settings laid over conf/spark/spark-defaults.conf; a value may be a secret, written ${env:NAME}."""

    settings: dict[str, str] = Field(default_factory=dict)


class MetricsConfig(Frozen):
    """Where figures for Prometheus go; the gateway's address may be a secret, written ${env:NAME}."""

    folder: str | None = None
    pushgateway: str | None = None


class AlertsConfig(Frozen):
    """Who is told of failed runs, low pass rates and stale sources."""

    webhook: Secret | None = None


class Config(Frozen):
    """The whole configuration; paths are absolute, or URIs that Hadoop can open."""

    environment: str
    conf_dir: Path
    home: str
    landing: str
    lake_root: str
    checkpoints: str
    spool: str
    reports: str
    mlflow: MlflowConfig
    spark: SparkConfig = SparkConfig()
    metrics: MetricsConfig = MetricsConfig()
    alerts: AlertsConfig = AlertsConfig()
    log_level: str = Field(default="warning", pattern="^(debug|info|warning|error)$")
    variables: dict[str, str] = Field(default_factory=dict)

    def names(self) -> dict[str, str]:
        """What a contract may write as ${name}."""
        places = ("home", "landing", "lake_root", "checkpoints", "reports", "spool")
        own = {name: getattr(self, name) for name in places}
        return {**self.variables, **own}
