"""Typed, frozen configuration, and the arguments that every job shares."""

from tidemill.config.arguments import configure_logging, job_arguments, run_job
from tidemill.config.channels import (
    AlertmanagerChannel,
    AlertsConfig,
    AnyChannel,
    SmtpChannel,
    WebhookChannel,
    length,
)
from tidemill.config.documents import Document, WrongDocument, read_document, wrong_document
from tidemill.config.frozen import Frozen
from tidemill.config.loading import UnknownEnvironment, config_of, load_config, read_model_document
from tidemill.config.model import Config, MetricsConfig, SeriesConfig
from tidemill.config.secrets import MissingSecret, Secret, revealed

__all__ = [
    "AlertmanagerChannel",
    "AlertsConfig",
    "AnyChannel",
    "Config",
    "Document",
    "Frozen",
    "MetricsConfig",
    "MissingSecret",
    "Secret",
    "SeriesConfig",
    "SmtpChannel",
    "UnknownEnvironment",
    "WebhookChannel",
    "WrongDocument",
    "config_of",
    "configure_logging",
    "job_arguments",
    "length",
    "load_config",
    "read_document",
    "read_model_document",
    "revealed",
    "run_job",
    "wrong_document",
]
