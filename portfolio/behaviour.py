"""How a client traded: each figure with its formula, and the trades that show it. A figure that the history cannot give
is unknown, with the reason; nothing is assumed.

Sources: holding period and wash sale, IRC 1222 and 1091; turnover SEC Form N-1A item 13; proportions
of gains and losses realised, Odean (1998).
"""

from collections.abc import Sequence
from datetime import date, timedelta
from statistics import median

import numpy as np

from portfolio.behaviour_lots import Ledger, a_year_on, ledger_of, traded
from portfolio.behaviour_prices import concentration, disposition, sales_after_falls
from portfolio.behaviour_records import MOST_SHOWN, Behaviour, Figure, gains_of, shown
from portfolio.market import Floats, MarketPanel
from portfolio.transactions import Transaction

WASH_DAYS = 30
CASH_SLACK = 1.0
"""Money below zero that rounding may leave."""


def behaviour_of(transactions: Sequence[Transaction], panel: MarketPanel | None = None) -> Behaviour:
    """The figures of a history; those that need prices are unknown without a panel.

    Raises ValueError when there is no transaction at all.
    """
    if not transactions:
        raise ValueError("the history has no transactions; read a file that has some")
    ledger = ledger_of(transactions)
    first, last = min(t.day for t in transactions), max(t.day for t in transactions)
    moves = traded(transactions)
    purchases = [t for t in moves if t.kind == "buy"]
    sales = [t for t in moves if t.kind == "sell"]
    figures = (
        _holding_days(ledger),
        _turnover(ledger, moves, first, last),
        _short_term_gains(ledger),
        _losses_realised(ledger),
        _year_end_losses(ledger),
        _wash_sales(ledger, purchases),
        _buy_and_hold(ledger, purchases, last),
        _cash_share(transactions, ledger),
        concentration(ledger, transactions, panel),
        sales_after_falls(sales, panel),
        disposition(ledger, panel),
    )
    notes = []
    if ledger.unmatched:
        lines = ", ".join(str(item.line) for item in ledger.unmatched[:MOST_SHOWN])
        notes.append(
            f"{len(ledger.unmatched)} sales are of units whose purchase is not in the history (lines {lines}); "
            "what they earned is unknown, so they count in no figure of gains."
        )
    return Behaviour(
        first=first, last=last, purchases=len(purchases), sales=len(sales), figures=figures, notes=tuple(notes)
    )


def _holding_days(ledger: Ledger) -> Figure:
    formula = "median over closed lots of days from purchase to sale"
    held = [(lot, lot.days) for lot in ledger.closed if lot.days is not None]
    if not held:
        return Figure(name="holding_days", value=None, unit="days", formula=formula, said="No purchase has been sold.")
    middle = float(median(days for _, days in held))
    return Figure(
        name="holding_days",
        value=middle,
        unit="days",
        formula=formula,
        said=f"Half of the {len(held)} lots sold were held for {middle:.0f} days or less.",
        trades=shown([lot for lot, _ in held], lambda lot: -float(lot.days or 0)),
    )


def _turnover(ledger: Ledger, moves: Sequence[Transaction], first: date, last: date) -> Figure:
    formula = "min(purchases, sales) / mean cost of what was held at month ends / years"
    years = (last - first).days / 365.25
    bought, sold = (sum(item.value or 0.0 for item in moves if item.kind == kind) for kind in ("buy", "sell"))
    costs = _costs_held(ledger, _month_ends(first, last))
    held = float(costs[costs > 0].mean()) if (costs > 0).any() else 0.0
    if years < 1.0 or held <= 0:
        said = "A year of purchases and sales is needed to measure turnover."
        return Figure(name="turnover", value=None, unit="per_year", formula=formula, said=said)
    value = min(bought, sold) / held / years
    said = f"About {value:.0%} of the portfolio was replaced in a year "
    said += f"({bought:,.0f} bought and {sold:,.0f} sold in {years:.1f} years)."
    return Figure(name="turnover", value=value, unit="per_year", formula=formula, said=said)


def _short_term_gains(ledger: Ledger) -> Figure:
    formula = "gains of lots held for one year or less / all gains, realised, losses left out"
    gains = [(lot, gain) for lot, gain in gains_of(ledger) if gain > 0]
    total = sum(gain for _, gain in gains)
    if total <= 0:
        said = "No gain has been realised."
        return Figure(name="short_term_gains", value=None, unit="share", formula=formula, said=said)
    early = [(lot, gain) for lot, gain in gains if not lot.long_term]
    value = sum(gain for _, gain in early) / total
    said = f"{value:.0%} of the gains were taken within 12 months: {len(early)} of {len(gains)} lots sold at a gain."
    trades = shown([lot for lot, _ in early], lambda lot: lot.gain or 0.0)
    return Figure(
        name="short_term_gains", value=value, unit="share", formula=formula, said=said, trades=trades, count=len(gains)
    )


def _losses_realised(ledger: Ledger) -> Figure:
    formula = "realised losses / (realised losses + realised gains)"
    known = gains_of(ledger)
    losses = [(lot, -gain) for lot, gain in known if gain < 0]
    lost, won = sum(loss for _, loss in losses), sum(gain for _, gain in known if gain > 0)
    if lost + won <= 0:
        said = "No gain and no loss has been realised."
        return Figure(name="losses_realised", value=None, unit="share", formula=formula, said=said)
    value = lost / (lost + won)
    said = f"{len(losses)} of {len(known)} lots were sold at a loss, {value:.0%} of all that was realised."
    trades = shown([lot for lot, _ in losses], lambda lot: -(lot.gain or 0.0))
    return Figure(
        name="losses_realised", value=value, unit="share", formula=formula, said=said, trades=trades, count=len(known)
    )


def _year_end_losses(ledger: Ledger) -> Figure:
    formula = "losses realised in November and December / all losses realised; 1/6 if the season did not matter"
    losses = [(lot, -gain) for lot, gain in gains_of(ledger) if gain < 0]
    total = sum(loss for _, loss in losses)
    if total <= 0:
        said = "No loss has been realised."
        return Figure(name="year_end_losses", value=None, unit="share", formula=formula, said=said)
    late = [(lot, loss) for lot, loss in losses if lot.sold.month >= 11]
    value = sum(loss for _, loss in late) / total
    said = f"{value:.0%} of the losses were taken in the last two months of a year: {len(late)} of {len(losses)} lots."
    trades = shown([lot for lot, _ in late], lambda lot: -(lot.gain or 0.0))
    return Figure(
        name="year_end_losses",
        value=value,
        unit="share",
        formula=formula,
        said=said,
        trades=trades,
        usual=1 / 6,
        count=len(losses),
    )


def _wash_sales(ledger: Ledger, purchases: Sequence[Transaction]) -> Figure:
    formula = (
        f"lots sold at a loss with a purchase of the same symbol within {WASH_DAYS} days / all lots sold at a loss"
    )
    losses = [lot for lot, gain in gains_of(ledger) if gain < 0]
    if not losses:
        said = "No loss has been realised."
        return Figure(name="wash_sales", value=None, unit="share", formula=formula, said=said)
    days: dict[str, list[tuple[date, int]]] = {}
    for item in purchases:
        days.setdefault(item.name or "", []).append((item.day, item.line))
    near = timedelta(days=WASH_DAYS)
    washed = [
        lot
        for lot in losses
        if any(abs(day - lot.sold) <= near and line != lot.bought_line for day, line in days.get(lot.symbol, ()))
    ]
    said = (
        f"{len(washed)} of {len(losses)} lots sold at a loss were bought back within {WASH_DAYS} days, before or after."
    )
    trades = shown(washed, lambda lot: -(lot.gain or 0.0))
    value = len(washed) / len(losses)
    return Figure(
        name="wash_sales", value=value, unit="share", formula=formula, said=said, trades=trades, count=len(losses)
    )


def _buy_and_hold(ledger: Ledger, purchases: Sequence[Transaction], last: date) -> Figure:
    formula = "cost of units bought over a year before the end and held for over a year / cost of all such purchases"
    old = [item for item in purchases if a_year_on(item.day) < last]
    bought = sum(item.value or 0.0 for item in old)
    if bought <= 0:
        said = "No purchase is more than a year old."
        return Figure(name="buy_and_hold", value=None, unit="share", formula=formula, said=said)
    lines = {item.line for item in old}
    early = [lot for lot in ledger.closed if lot.bought_line in lines and lot.long_term is False]
    value = max(0.0, 1.0 - sum(lot.cost or 0.0 for lot in early) / bought)
    said = f"{value:.0%} of the money put into purchases over a year ago stayed for more than a year."
    trades = shown(early, lambda lot: lot.cost or 0.0)
    return Figure(
        name="buy_and_hold", value=value, unit="share", formula=formula, said=said, trades=trades, count=len(old)
    )


def _cash_share(transactions: Sequence[Transaction], ledger: Ledger) -> Figure:
    formula = "cash / (cash + cost of what is held), at the end; cash is the sum of all that came in and went out"
    balance, lowest = 0.0, 0.0
    complete = True
    for item in sorted(transactions, key=lambda t: (t.day, (t.amount or 0.0) < 0, t.line)):
        moves_money = item.kind not in ("split", "transfer") or item.amount is not None
        complete = complete and not (moves_money and item.amount is None)
        balance += item.amount or 0.0
        lowest = min(lowest, balance)
    cost = sum(lot.cost or 0.0 for lot in ledger.open)
    if not complete or lowest < -CASH_SLACK or balance + cost <= 0:
        said = "The history does not show where the cash came from, so how much of it there is cannot be known."
        return Figure(name="cash_share", value=None, unit="share", formula=formula, said=said)
    value = max(balance, 0.0) / (max(balance, 0.0) + cost)
    said = f"{value:.0%} of the money was in cash at the end ({balance:,.0f} beside {cost:,.0f} invested, at cost)."
    return Figure(name="cash_share", value=value, unit="share", formula=formula, said=said)


def _month_ends(first: date, last: date) -> list[date]:
    out: list[date] = []
    year, month = first.year, first.month
    while True:
        year, month = (year + 1, 1) if month == 12 else (year, month + 1)
        end = date(year, month, 1) - timedelta(days=1)
        if end > last:
            return [*out, last]
        out.append(end)


def _costs_held(ledger: Ledger, days: Sequence[date]) -> Floats:
    """What the lots held on each day had cost."""
    lots = [(lot.acquired, lot.sold, lot.cost) for lot in ledger.closed]
    lots += [(lot.acquired, date.max, lot.cost) for lot in ledger.open]
    known = [(since.toordinal(), until.toordinal(), cost) for since, until, cost in lots if since and cost is not None]
    out = np.zeros(len(days))
    if known:
        since, until, cost = (np.array(part, dtype=np.float64) for part in zip(*known, strict=True))
        for place, day in enumerate(days):
            out[place] = cost[(since <= day.toordinal()) & (day.toordinal() < until)].sum()
    return out
