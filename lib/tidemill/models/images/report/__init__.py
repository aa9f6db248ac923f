"""The report of an image classifier: one self-contained page."""

from tidemill.models.images.report.composing import image_page, write_image_report

__all__ = ["image_page", "write_image_report"]
