"""A backtest's main table on the screen."""

from rich.table import Table

from lab.report.records import Report
from lab.report.words import UNIT, number, percent, signed
from portfolio.statistics import Interval


def summary(report: Report) -> Table:
    """One row a strategy, the test window, net of costs; narrow enough for eighty columns."""
    table = Table(
        title=f"Test window {report.test_first} to {report.last}", title_justify="left", box=None, pad_edge=False
    )
    table.add_column("strategy", min_width=17, overflow="fold")
    ratio = report.ratio_name.replace(" ratio", "").replace(" / ", "/").replace("volatility", "vol.")
    taxed = report.taxes is not None
    for head in ("return", ratio, "after tax" if taxed else "worst fall", f"gain a year, {UNIT.strip()}"):
        table.add_column(head, justify="right", no_wrap=head.startswith("gain"))
    table.add_column("verdict", no_wrap=True)
    for line in report.lines:
        cells = [
            f"{line.title} (rival)" if line.name == report.rival else line.title,
            percent(line.metrics.annual_return),
            number(line.metrics.sharpe),
            percent(line.metrics.after_tax_return) if taxed else percent(line.metrics.max_drawdown, 0),
            "–" if line.doubt.gain is None else _gain(line.doubt.gain),
        ]
        table.add_row(*cells, "baseline" if line.doubt.gain is None else line.doubt.word)
    return table


def _gain(interval: Interval) -> str:
    point, low, high = (signed(value).removesuffix(UNIT) for value in (interval.estimate, interval.low, interval.high))
    return f"{point} [{low}, {high}]"
