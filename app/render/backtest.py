"""A backtest's main table on the screen."""

from rich.table import Table

from lab.report.records import Report
from lab.report.words import number, percent, signed, span


def summary(report: Report) -> Table:
    """One row a strategy, the test window, net of costs."""
    table = Table(title=f"Test window {report.test_first} to {report.last}", title_justify="left", box=None)
    table.add_column("strategy")
    for head in ("return", "volatility", report.ratio_name, "worst fall", "gain a year"):
        table.add_column(head, justify="right", no_wrap=head.startswith("gain"))
    table.add_column("verdict")
    for line in report.lines:
        gain = line.doubt.gain
        table.add_row(
            f"{line.title} (rival)" if line.name == report.rival else line.title,
            percent(line.metrics.annual_return),
            percent(line.metrics.volatility),
            number(line.metrics.sharpe),
            percent(line.metrics.max_drawdown, 0),
            "–" if gain is None else f"{signed(gain.estimate)} {span(gain)}",
            "baseline" if gain is None else line.doubt.word,
        )
    return table
