"""Typed, frozen configuration, and the arguments that every job shares."""

from tidemill.config.arguments import configure_logging, job_arguments, run_job
from tidemill.config.documents import Document, WrongDocument, read_document, wrong_document
from tidemill.config.loading import UnknownEnvironment, config_of, load_config
from tidemill.config.model import AlertsConfig, Config, Frozen, MetricsConfig
from tidemill.config.secrets import MissingSecret, Secret, revealed

__all__ = [
    "AlertsConfig",
    "Config",
    "Document",
    "Frozen",
    "MetricsConfig",
    "MissingSecret",
    "Secret",
    "UnknownEnvironment",
    "WrongDocument",
    "config_of",
    "configure_logging",
    "job_arguments",
    "load_config",
    "read_document",
    "revealed",
    "run_job",
    "wrong_document",
]
