"""Images on their way from bronze to silver: decoded, checked, freed of duplicates, divided."""

from tidemill.ingest.images.judging import JudgedImages, judged_images
from tidemill.ingest.images.silver import write_images

__all__ = ["JudgedImages", "judged_images", "write_images"]
