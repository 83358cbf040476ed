"""`quorum evaluate strategies`: every strategy on every market at hand, slimmed to what a page of evidence shows."""

from collections.abc import Callable, Sequence
from datetime import date

from lab.backtest.plan import Plan
from lab.report.records import Report, TaxLine
from portfolio.metrics import Metrics
from portfolio.overfitting import Overfitting, Superiority
from portfolio.records import Record
from portfolio.statistics import Interval


class Row(Record):
    """One strategy on one market, in the test window, net of costs."""

    name: str
    title: str
    learned: bool
    word: str
    """ "baseline", or the verdict."""
    metrics: Metrics
    intervals: dict[str, Interval]
    gain: Interval | None
    """Certainty-equivalent return a year ahead of equal weight at the same risk; None for equal weight."""
    deflated_gain: float | None
    tax: TaxLine | None
    tax_gain: Interval | None


class Market(Record):
    """One market's run."""

    source: str
    assets: int
    first: date
    test_first: date
    last: date
    test_decisions: int
    ratio_name: str
    cash: str
    plan: Plan
    rival: str | None
    answer: str
    trials: int
    overfitting: Overfitting | None
    superiority: Superiority | None
    rows: tuple[Row, ...]
    missing: dict[str, str]
    seed_gains: tuple[float, ...]
    """Of the policy, one a seed."""

    @property
    def judged(self) -> tuple[Row, ...]:
        """All but the baseline."""
        return tuple(row for row in self.rows if row.gain is not None)


class Result(Record):
    """Every market's run, by the same plan."""

    command: str
    taxes: str
    markets: tuple[Market, ...]


def market_of(report: Report, assets: int) -> Market:
    """What the page needs of one report."""
    return Market(
        source=report.source,
        assets=assets,
        first=report.first,
        test_first=report.test_first,
        last=report.last,
        test_decisions=report.test_decisions,
        ratio_name=report.ratio_name,
        cash=report.cash,
        plan=report.plan,
        rival=report.rival,
        answer=report.answer,
        trials=report.trials,
        overfitting=report.overfitting,
        superiority=report.superiority,
        rows=tuple(
            Row(
                name=line.name,
                title=line.title,
                learned=line.learned,
                word="baseline" if line.doubt.gain is None else line.doubt.word,
                metrics=line.metrics,
                intervals=line.doubt.intervals,
                gain=line.doubt.gain,
                deflated_gain=line.doubt.deflated_gain,
                tax=line.tax,
                tax_gain=line.doubt.tax_gain,
            )
            for line in report.lines
        ),
        missing=report.missing,
        seed_gains=tuple(seed.gain for seed in report.seeds if seed.gain is not None),
    )


def result_of(names: Sequence[str], one: Callable[[str], tuple[Report, int]], command: str) -> Result:
    """Run each market in turn; `one` gives its report and how many assets it has."""
    reports = [one(name) for name in names]
    taxes = next((report.taxes for report, _ in reports if report.taxes is not None), "")
    return Result(command=command, taxes=taxes, markets=tuple(market_of(report, count) for report, count in reports))
