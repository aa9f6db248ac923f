"""Recognise a file by its content, and parse it into bronze's layout."""

from tidemill.formats.compression import source_uri
from tidemill.formats.delivery import delivered, layout_schema
from tidemill.formats.listing import file_listing
from tidemill.formats.location import canonical_uri, local_path
from tidemill.formats.promises import misnamed
from tidemill.formats.reading import read
from tidemill.formats.recognised import Recognised
from tidemill.formats.recognising import recognise_each
from tidemill.formats.recognition import recognise, recognise_all, recognise_content

__all__ = [
    "Recognised",
    "canonical_uri",
    "delivered",
    "file_listing",
    "layout_schema",
    "local_path",
    "misnamed",
    "read",
    "recognise",
    "recognise_all",
    "recognise_content",
    "recognise_each",
    "source_uri",
]
