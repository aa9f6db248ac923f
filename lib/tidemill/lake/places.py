"""Where the lake's tables are and what their store is opened with, for the readers without a JVM."""

from pathlib import Path

from tidemill.config import Config, revealed

# What Hadoop's settings are called by the readers without a JVM.
S3 = {
    "access.key": "AWS_ACCESS_KEY_ID",
    "secret.key": "AWS_SECRET_ACCESS_KEY",
    "session.token": "AWS_SESSION_TOKEN",
    "endpoint": "AWS_ENDPOINT_URL",
    "endpoint.region": "AWS_REGION",
}


def table_uri(config: Config, name: str) -> str:
    """Where a table LAYER.TABLE of the lake is, as the libraries without a JVM call it: a folder, or a store's URI."""
    return lake_uri(config, name.replace(".", "/"))


def lake_uri(config: Config, path: str) -> str:
    """Where a path within the lake is, as a layer or a table is one; called as `table_uri` says."""
    uri = f"{config.lake_root.rstrip('/')}/{path}"
    folder = local_folder(uri)
    return _without_hadoop(uri) if folder is None else str(folder)


def table_options(config: Config) -> dict[str, str] | None:
    """What a store is opened with; None for a folder, which needs nothing."""
    return storage_options(config) if local_folder(config.lake_root) is None else None


def local_folder(where: str) -> Path | None:
    """The folder that a path or file: URI names; None for another kind of URI."""
    if where.startswith("file:"):
        return Path("/" + where.removeprefix("file:").lstrip("/"))
    return None if "://" in where else Path(where)


def storage_options(config: Config) -> dict[str, str]:
    """Spark's settings for the store, as the readers without a JVM call them; their own environment fills the rest."""
    settings = config.spark.settings
    options = {
        key: revealed(settings[f"spark.hadoop.fs.s3a.{name}"])
        for name, key in S3.items()
        if f"spark.hadoop.fs.s3a.{name}" in settings
    }
    endpoint = options.get("AWS_ENDPOINT_URL")
    if endpoint and "://" not in endpoint:
        secure = settings.get("spark.hadoop.fs.s3a.connection.ssl.enabled", "true") == "true"
        options["AWS_ENDPOINT_URL"] = f"{'https' if secure else 'http'}://{endpoint}"
    if options.get("AWS_ENDPOINT_URL", "").startswith("http://"):
        options["AWS_ALLOW_HTTP"] = "true"
    if settings.get("spark.hadoop.fs.s3a.path.style.access") == "true":
        options["AWS_VIRTUAL_HOSTED_STYLE_REQUEST"] = "false"
    return options


def _without_hadoop(uri: str) -> str:
    scheme, separator, rest = uri.partition("://")
    return f"s3{separator}{rest}" if scheme in ("s3a", "s3n") else uri
