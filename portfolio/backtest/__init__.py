"""The backtest engine: what weights decided on past days would have become, after what trading costs."""

from portfolio.backtest.calendar import decision_rows, every_rows, rows_of
from portfolio.backtest.costs import square_root_impact
from portfolio.backtest.currencies import Currencies, in_base, panel_in_base
from portfolio.backtest.engine import ManyResult, Past, Strategy, backtest, backtest_many, backtest_panel
from portfolio.backtest.joining import join, on_days
from portfolio.backtest.records import BacktestResult, Costs, Delisting, Ledger, Rebalancing, Rules

__all__ = [
    "BacktestResult",
    "Costs",
    "Currencies",
    "Delisting",
    "Ledger",
    "ManyResult",
    "Past",
    "Rebalancing",
    "Rules",
    "Strategy",
    "backtest",
    "backtest_many",
    "backtest_panel",
    "decision_rows",
    "every_rows",
    "in_base",
    "join",
    "on_days",
    "panel_in_base",
    "rows_of",
    "square_root_impact",
]
