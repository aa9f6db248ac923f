"""A model's report: what was found about it, in plain words first, as one self-contained page."""

from tidemill.models.report.composing import report_page, write_report
from tidemill.models.report.interpretation import remarks_of
from tidemill.models.report.words import Remark

__all__ = ["Remark", "remarks_of", "report_page", "write_report"]
