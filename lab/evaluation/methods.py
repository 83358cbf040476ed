"""The ways to weights side by side: each asked by the live graph on every decision day, then carried through prices.

On each day the advisor runs as it does for a client, with `as_of` that day, so that what is judged is what people
get: same views, same limits, same rung. Every way is at the same client's risk, so returns compare at like risk; each
is set against the baseline (equal weight at that risk), which was named before any of them ran.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np

from graph.advisor import Advisor, Method, UsePolicy
from portfolio.backtest import Costs, backtest, decision_rows
from portfolio.market import Floats, MarketPanel
from portfolio.method_evidence import LEVEL, MethodReport, Score
from portfolio.metrics import summary
from portfolio.records import CASH
from portfolio.statistics import paired_difference
from tools.market.source import open_market
from tools.settings import Settings

CLIENT = (
    "I am 45, earn 90,000 a year and have 200,000 to invest for twenty years, for my retirement. A fall of 20 % would "
    "not make me sell. I have owned shares and funds for ten years, and need none of this money before then."
)
"""The client whose limits every way obeys."""
BASIS_POINTS = 10.0
"""Cost of a trade, of the value traded."""
RISK_AVERSION = 5.0
"""Gamma of the certainty-equivalent return: mean - gamma / 2 x variance, yearly."""
SEED = 0
YEAR = 252.0


@dataclass(frozen=True)
class Contender:
    """One way, and how it is asked for."""

    name: str
    method: Method
    policy: UsePolicy


BASELINE = Contender("baseline: equal weight at the client's risk", "committee", "never")
CONTENDERS: tuple[Contender, ...] = (
    Contender("committee, its gate kept", "committee", "gated"),
    Contender("committee, policy always", "committee", "always"),
    Contender("scores and optimiser", "scores", "gated"),
    Contender("ensemble of personas", "ensemble", "gated"),
    Contender("scores with retrieved passages", "retrieval", "gated"),
)
DIRECT = Contender("direct allocation", "direct", "gated")
"""Only with a model: without one it is the baseline."""


def compare_methods(
    settings: Settings,
    first: date,
    last: date | None = None,
    *,
    every: str = "quarterly",
    contenders: Sequence[Contender] | None = None,
    progress: Callable[[int, int, str], None] | None = None,
) -> MethodReport:
    """Every contender and the baseline from `first` to `last` (the data's last day when None).

    Raises DataError when the data do not reach `first`, ValueError for a frequency that does not exist.
    """
    market = open_market(settings)
    panel = market.panel
    end = last or panel.last_date
    named = settings.model_name
    asked = contenders or (*CONTENDERS, *((DIRECT,) if named else ()))
    rows = [int(row) for row in decision_rows(panel.dates, every) if first <= _day(panel, int(row)) <= end]  # type: ignore[arg-type]
    if len(rows) < 2:
        raise ValueError(f"there are {len(rows)} decision days from {first} to {end}; give a longer period")
    work = [(contender, row) for contender in (BASELINE, *asked) for row in rows]
    targets: dict[str, dict[int, Floats]] = {}
    own: dict[str, int] = {}
    cap = 0.0
    for done, (contender, row) in enumerate(work):
        if progress is not None:
            progress(done, len(work), f"{contender.name}, {_day(panel, row)}")
        weights, answered, cap = _decision(settings, contender, panel, row)
        targets.setdefault(contender.name, {})[row] = weights
        own[contender.name] = own.get(contender.name, 0) + answered
    stop = int(np.searchsorted(panel.dates, np.datetime64(end), side="right"))
    daily = {name: _account(panel, decided, stop) for name, decided in targets.items()}
    base = daily[BASELINE.name]
    scores = tuple(
        _score(contender, daily, targets, own, None if contender is BASELINE else base[0])
        for contender in (BASELINE, *asked)
    )
    return MethodReport(
        source=panel.source,
        model=named,
        first=_day(panel, rows[0]),
        last=_day(panel, stop - 1),
        decisions=len(rows),
        every=every,
        cost_basis_points=BASIS_POINTS,
        client=CLIENT,
        volatility_cap=cap,
        scores=scores,
    )


def _decision(settings: Settings, contender: Contender, panel: MarketPanel, row: int) -> tuple[Floats, bool, float]:
    """(N + 1,) weights that a client would have been offered on that day, whether the way itself made them, and the
    client's volatility cap."""
    day = _day(panel, row)
    with Advisor(settings, today=day, as_of=day, method=contender.method, use_policy=contender.policy) as advisor:
        turn = advisor.say(advisor.open(f"evaluate {contender.name}", fresh=True), CLIENT, insist=True)
    if turn.decision is None or turn.decision.weights is None or turn.proposal is None or turn.mandate is None:
        raise ValueError(f"{contender.name} offered nothing on {day}: {turn.status}")
    weights = np.array([turn.decision.weights.get(symbol, 0.0) for symbol in (*panel.symbols, CASH)])
    fell = any(item.part == "allocator" for item in turn.fallbacks)
    return weights, not fell, turn.mandate.volatility_cap.value


def _account(panel: MarketPanel, decided: dict[int, Floats], stop: int) -> tuple[Floats, Floats, float]:
    """Daily net returns, what cash returned, and one-way turnover a year."""
    rate = None if panel.cash_rate is None else panel.cash_rate[:stop]
    result = backtest(
        panel.close[:stop],
        panel.dates[:stop],
        decided,
        costs=Costs(commission=BASIS_POINTS / 10_000.0),
        cash_rate=rate,
    )
    years = len(result.returns) / YEAR
    return result.returns, result.cash_returns, float(result.turnover.sum()) / years


def _score(
    contender: Contender,
    daily: dict[str, tuple[Floats, Floats, float]],
    targets: dict[str, dict[int, Floats]],
    own: dict[str, int],
    base: Floats | None,
) -> Score:
    name = contender.name
    returns, cash, turnover = daily[name]
    figures = summary(returns, cash, YEAR)
    moved = [0.5 * float(np.abs(weights - targets[BASELINE.name][row]).sum()) for row, weights in targets[name].items()]
    gain = None
    if base is not None:
        gain = paired_difference(returns, base, _certainty_equivalent, seed=SEED, level=LEVEL)
    ratio = figures.annual_return / figures.volatility if figures.volatility > 0.0 else None
    return Score(
        name=name,
        method=contender.method,
        policy=contender.policy,
        annual_return=figures.annual_return,
        volatility=figures.volatility,
        return_over_volatility=ratio,
        maximum_drawdown=figures.max_drawdown,
        turnover=turnover,
        moved=float(np.mean(moved)),
        gain=None if gain is None else gain.estimate,
        gain_low=None if gain is None else gain.low,
        gain_high=None if gain is None else gain.high,
        own_answers=own[name],
    )


def _certainty_equivalent(samples: Floats) -> Floats:
    """(D,) yearly certainty-equivalent return of each draw (D, L) of daily returns."""
    return np.asarray(YEAR * (samples.mean(axis=1) - RISK_AVERSION / 2.0 * samples.var(axis=1)))


def _day(panel: MarketPanel, row: int) -> date:
    day: date = panel.dates[row].astype("datetime64[D]").astype(object)
    return day
