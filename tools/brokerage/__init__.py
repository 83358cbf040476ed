"""A client's transaction history from the files that brokers export. Nothing is dropped unsaid."""

from tools.brokerage.read import history_of, read_history
from tools.brokerage.records import History, LeftOut

__all__ = ["History", "LeftOut", "history_of", "read_history"]
