"""The analysts: dated, cited evidence to findings. By rules anywhere, by a language model where there is one."""

from agents.analysts.desk import read_filings, read_news
from agents.analysts.records import AnalystReport

__all__ = ["AnalystReport", "read_filings", "read_news"]
