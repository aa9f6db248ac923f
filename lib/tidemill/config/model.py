"""What can be configured. Every field is documented in conf/base.yaml, which holds its default."""

from pathlib import Path

from pydantic import Field, field_validator

from tidemill.config.channels import AlertsConfig
from tidemill.config.frozen import Frozen
from tidemill.config.secrets import Secret, require_no_credentials


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


class DashboardConfig(Frozen):
    """Who may see the dashboard; without a password this machine alone."""

    password: Secret | None = None


class PublishConfig(Frozen):
    """The database that gold tables are published to."""

    url: str = Field(default="", description="postgresql://HOST:PORT/DATABASE or sqlite:///FILE")
    user: Secret | None = None
    password: Secret | None = None
    database_schema: str = Field(default="public", alias="schema", description="of PostgreSQL")

    @field_validator("url")
    @classmethod
    def _has_no_credentials(cls, url: str) -> str:
        require_no_credentials(url)
        return url


class SeriesConfig(Frozen):
    """A time-series store that the readings of streams are sent to, in the InfluxDB line protocol."""

    url: str | None = Field(
        default=None,
        pattern="^https?://",
        description="what takes the lines, as in http://HOST:8428/write or https://HOST:8086/api/v2/write",
    )
    parameters: dict[str, str] = Field(default_factory=dict, description="of the URL: db, or org and bucket")
    token: Secret | None = None
    user: Secret | None = None
    password: Secret | None = None

    @field_validator("url")
    @classmethod
    def _has_no_credentials(cls, url: str | None) -> str | None:
        require_no_credentials(url or "")
        return url


class Config(Frozen):
    """The whole configuration; paths are absolute, or URIs that Hadoop can open."""

    environment: str
    conf_dir: Path
    model_overrides: tuple[str, ...] = Field(default=(), description="what --set lays over the models' files")
    home: str
    landing: str
    lake_root: str
    checkpoints: str
    spool: str
    reports: str
    mlflow: MlflowConfig
    publish: PublishConfig = PublishConfig()
    spark: SparkConfig = SparkConfig()
    metrics: MetricsConfig = MetricsConfig()
    alerts: AlertsConfig = AlertsConfig()
    dashboard: DashboardConfig = DashboardConfig()
    series: SeriesConfig = SeriesConfig()
    log_level: str = Field(default="warning", pattern="^(debug|info|warning|error)$")
    variables: dict[str, str] = Field(default_factory=dict)

    def names(self) -> dict[str, str]:
        """What a contract may write as ${name}."""
        places = ("home", "landing", "lake_root", "checkpoints", "reports", "spool")
        own = {name: getattr(self, name) for name in places}
        return {**self.variables, **own}
