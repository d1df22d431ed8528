"""A report in the forms people and programs read: terminal text, JSON, HTML, CSV, ClaimReview."""

from checker.report.data import report_json
from checker.report.render import RENDERERS, render

__all__ = ["RENDERERS", "render", "report_json"]
