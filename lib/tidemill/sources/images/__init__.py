"""Images as a source: files in folders, with a label file, or many in IDX files."""

from tidemill.sources.images.labels import WrongLabels
from tidemill.sources.images.listing import NoImages, NoLabels, relevant_files
from tidemill.sources.images.source import ImageFolder

__all__ = ["ImageFolder", "NoImages", "NoLabels", "WrongLabels", "relevant_files"]
