"""What can be configured. Every field is documented in conf/base.yaml, which holds its default."""

from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, field_validator

from tidemill.config.secrets import Secret, require_no_credentials


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
    publish: PublishConfig = PublishConfig()
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
