"""Bytes or text to an `Article`: decoded, main text only, in blocks, with title, date and publisher."""

from checker.ingest.read import article_from_json, article_from_text, read_article, sniff

__all__ = ["article_from_json", "article_from_text", "read_article", "sniff"]
