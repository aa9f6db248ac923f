"""Parse messages, whoever carried them: their values, and what the carrier knows of each."""

from tidemill.sources.messages.parsing import Messages, Parser, Reading, reading_of
from tidemill.sources.messages.told import Objects, Texts, Told

__all__ = ["Messages", "Objects", "Parser", "Reading", "Texts", "Told", "reading_of"]
