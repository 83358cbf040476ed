"""The ways to weights side by side: each asked by the live graph on every decision day, then carried through prices.

Decisions come from `lab.committee`, the one path on which the live graph is asked about past days, so what is judged is
what people get: same views, same limits, same rung; and what `quorum backtest --committee` asked is not asked again.
Every way is at the same client's risk, so returns compare at like risk; each
is set against the baseline (equal weight at that risk), which was named before any of them ran.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np

from lab.committee.batch import decide_all
from lab.committee.records import Decision
from lab.committee.ways import BASELINE, CLIENT, Way, ways_of
from lab.register import prices_sha256
from lab.spread import SERIAL, OnSpread, Workers, quiet
from portfolio.backtest import Costs, backtest, decision_rows
from portfolio.market import Floats, MarketPanel, day_of
from portfolio.method_evidence import LEVEL, MethodReport, Score
from portfolio.metrics import summary
from portfolio.records import CASH
from portfolio.statistics import paired_difference
from tools.market.source import open_market
from tools.settings import Settings

BASIS_POINTS = 10.0
"""Cost of a trade, of the value traded."""
RISK_AVERSION = 5.0
"""Gamma of the certainty-equivalent return: mean - gamma / 2 x variance, yearly."""
SEED = 0
YEAR = 252.0


@dataclass(frozen=True, eq=False)
class Account:
    """One way over the whole period: daily net returns and what cash returned (L,), one-way turnover a year, and the
    (N + 1,) weights it decided by row of the panel."""

    returns: Floats
    cash: Floats
    turnover: float
    decided: Mapping[int, Floats]


@dataclass(frozen=True, eq=False)
class Comparison:
    """The report, with the account of every way by its name, and the fingerprint of the prices."""

    report: MethodReport
    ways: tuple[Way, ...]
    accounts: Mapping[str, Account]
    data_sha256: str


def compare_methods(
    settings: Settings,
    first: date,
    last: date | None = None,
    *,
    every: str = "quarterly",
    ways: Sequence[Way] | None = None,
    asked_on: date | None = None,
    workers: Workers = SERIAL,
    progress: OnSpread = quiet,
) -> Comparison:
    """Every way and the baseline from `first` to `last` (the data's last day when None).

    `asked_on` is the clock's day, under which spending on models is counted.

    Raises DataError when the data do not reach `first`, ValueError for a frequency that does not exist, and what
    `lab.committee.batch.decide_all` raises.
    """
    market = open_market(settings)
    panel = market.panel
    end = last or panel.last_date
    asked = (BASELINE, *(ways if ways is not None else ways_of((), settings.model_name)))
    rows = [int(row) for row in decision_rows(panel.dates, every) if first <= day_of(panel.dates[row]) <= end]  # type: ignore[arg-type]
    if len(rows) < 2:
        raise ValueError(f"there are {len(rows)} decision days from {first} to {end}; give a longer period")
    days = [day_of(panel.dates[row]) for row in rows]
    made = decide_all(settings, market, CLIENT, days, asked, asked_on=asked_on, workers=workers, progress=progress)
    targets = {
        way.name: {row: _weights(panel, made.decisions[way.name][day]) for row, day in zip(rows, days, strict=True)}
        for way in asked
    }
    stop = int(np.searchsorted(panel.dates, np.datetime64(end), side="right"))
    accounts = {name: _account(panel, decided, stop) for name, decided in targets.items()}
    own = {way.name: sum(item.own for item in made.of(way.name)) for way in asked}
    base = accounts[BASELINE.name]
    report = MethodReport(
        source=panel.source,
        model=settings.model_name,
        first=days[0],
        last=day_of(panel.dates[stop - 1]),
        decisions=len(rows),
        every=every,
        cost_basis_points=BASIS_POINTS,
        client=CLIENT,
        volatility_cap=made.of(BASELINE.name)[-1].volatility_cap,
        scores=tuple(_score(way, accounts[way.name], base, own[way.name]) for way in asked),
    )
    return Comparison(report, asked, accounts, prices_sha256(panel.until(end)))


def _weights(panel: MarketPanel, decision: Decision) -> Floats:
    """(N + 1,) weights that a client would have been offered, CASH last."""
    return np.array([decision.weights.get(symbol, 0.0) for symbol in (*panel.symbols, CASH)])


def _account(panel: MarketPanel, decided: Mapping[int, Floats], stop: int) -> Account:
    """As in `quorum backtest`, half a bill rate is none: where it does not cover the whole period, cash earns
    nothing."""
    rate = None if panel.cash_rate is None else panel.cash_rate[:stop]
    if rate is not None and not bool(np.isfinite(rate[min(decided) :]).all()):
        rate = None
    result = backtest(
        panel.close[:stop],
        panel.dates[:stop],
        decided,
        costs=Costs(commission=BASIS_POINTS / 10_000.0),
        cash_rate=rate,
    )
    years = len(result.returns) / YEAR
    return Account(result.returns, result.cash_returns, float(result.turnover.sum()) / years, decided)


def _score(way: Way, own: Account, base: Account, answers: int) -> Score:
    figures = summary(own.returns, own.cash, YEAR)
    moved = [0.5 * float(np.abs(weights - base.decided[row]).sum()) for row, weights in own.decided.items()]
    gain = None
    if way is not BASELINE:
        gain = paired_difference(own.returns, base.returns, _certainty_equivalent, seed=SEED, level=LEVEL)
    ratio = figures.annual_return / figures.volatility if figures.volatility > 0.0 else None
    return Score(
        name=way.title,
        method=way.method,
        policy=way.policy,
        annual_return=figures.annual_return,
        volatility=figures.volatility,
        return_over_volatility=ratio,
        maximum_drawdown=figures.max_drawdown,
        turnover=own.turnover,
        moved=float(np.mean(moved)),
        gain=None if gain is None else gain.estimate,
        gain_low=None if gain is None else gain.low,
        gain_high=None if gain is None else gain.high,
        own_answers=answers,
    )


def _certainty_equivalent(samples: Floats) -> Floats:
    """(D,) yearly certainty-equivalent return of each draw (D, L) of daily returns."""
    return np.asarray(YEAR * (samples.mean(axis=1) - RISK_AVERSION / 2.0 * samples.var(axis=1)))
