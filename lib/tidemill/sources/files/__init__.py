"""Files as a source: find them, remember which were taken, and parse those that wait."""

from tidemill.sources.files.listing import DeliveredFile, MissingSource, files_in, list_files, listed, local_files
from tidemill.sources.files.source import ChangedFile, FileFolder, NoFiles

__all__ = [
    "ChangedFile",
    "DeliveredFile",
    "FileFolder",
    "MissingSource",
    "NoFiles",
    "files_in",
    "list_files",
    "listed",
    "local_files",
]
