"""Dated documents: earnings records, filings, news and feeds, cut into passages that can be cited."""

from tools.documents.records import Document

__all__ = ["Document"]
