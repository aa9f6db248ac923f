"""Recognise a file by its content, and parse it into bronze's layout."""

from tidemill.formats.delivery import delivered, layout_schema
from tidemill.formats.location import canonical_uri
from tidemill.formats.reading import read
from tidemill.formats.recognised import Recognised
from tidemill.formats.recognition import recognise, recognise_content

__all__ = ["Recognised", "canonical_uri", "delivered", "layout_schema", "read", "recognise", "recognise_content"]
