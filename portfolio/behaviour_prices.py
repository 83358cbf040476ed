"""Figures of behaviour that need prices: concentration, sales after falls, gains taken against losses cut."""

from collections.abc import Sequence
from datetime import date

import numpy as np

from portfolio.behaviour_lots import Ledger
from portfolio.behaviour_positions import carried_forward, positions_of
from portfolio.behaviour_records import MOST_SHOWN, Figure, gains_of
from portfolio.market import MarketPanel
from portfolio.transactions import Transaction

FALL = 0.10
"""Below its highest close of a year, a share has fallen: the usual size of a "correction"."""
YEAR_ROWS = 252


def concentration(ledger: Ledger, transactions: Sequence[Transaction], panel: MarketPanel | None) -> Figure:
    formula = "largest position / all positions at the end; at market value where prices are known, else at cost"
    amounts: dict[str, float] = {}
    how = "at cost"
    for lot in ledger.open:
        amounts[lot.symbol] = amounts.get(lot.symbol, 0.0) + (lot.cost or 0.0)
    if panel is not None:
        positions = positions_of(transactions, panel)
        if not positions.unknown and positions.value[-1].sum() > 0:
            amounts = dict(zip(panel.symbols, positions.value[-1].tolist(), strict=True))
            how = f"at the prices of {panel.last_date}"
    total = sum(amounts.values())
    if total <= 0:
        return Figure(
            name="concentration", value=None, unit="share", formula=formula, said="Nothing is held at the end."
        )
    largest = max(sorted(amounts), key=lambda name: amounts[name])
    value = amounts[largest] / total
    count = sum(amount > 0 for amount in amounts.values())
    effective = 1.0 / sum((amount / total) ** 2 for amount in amounts.values())
    said = f"{largest} is {value:.0%} of {count} positions {how}; spread as if over {effective:.1f} equal ones."
    return Figure(name="concentration", value=value, unit="share", formula=formula, said=said, count=count)


def sales_after_falls(sales: Sequence[Transaction], panel: MarketPanel | None) -> Figure:
    formula = f"sales {FALL:.0%} or more below the symbol's highest close of a year / sales with known prices"
    if panel is None:
        said = "Prices of these assets are needed to see what was sold after a fall."
        return Figure(name="sales_after_falls", value=None, unit="share", formula=formula, said=said)
    close = carried_forward(panel.close)
    seen: list[tuple[Transaction, float]] = []
    usual: list[float] = []
    for item in sales:
        if item.name not in panel.symbols:
            continue
        place = panel.symbols.index(item.name)
        # Up to the day before: what the client could see when they sold.
        row = int(np.searchsorted(panel.dates, np.datetime64(item.day, "D"))) - 1
        if not 0 <= row < len(close) or not np.isfinite(close[row, place]):
            continue
        seen.append((item, _fall(close[:, place], row)))
        usual += [_fall(close[:, place], back) for back in range(max(row - YEAR_ROWS, 0), row + 1, 21)]
    if not seen:
        said = "No sale falls on a day of which prices are known."
        return Figure(name="sales_after_falls", value=None, unit="share", formula=formula, said=said)
    after = [(item, fall) for item, fall in seen if fall >= FALL]
    value = len(after) / len(seen)
    base = float(np.mean([fall >= FALL for fall in usual]))
    said = f"{len(after)} of {len(seen)} sales came after a fall of {FALL:.0%} or more; "
    said += f"these shares were that low {base:.0%} of the time."
    worst = sorted(after, key=lambda pair: (-pair[1], pair[0].line))[:MOST_SHOWN]
    shown = tuple(
        f"{-(t.units or 0):g} {t.name} sold {t.day}, {fall:.0%} below its high (line {t.line})" for t, fall in worst
    )
    return Figure(
        name="sales_after_falls",
        value=value,
        unit="share",
        formula=formula,
        said=said,
        trades=shown,
        usual=base,
        count=len(seen),
    )


def _fall(close: np.ndarray, row: int) -> float:
    window = close[max(row + 1 - YEAR_ROWS, 0) : row + 1]
    high = float(np.nanmax(window))
    return 1.0 - float(close[row]) / high if high > 0 else 0.0


def disposition(ledger: Ledger, panel: MarketPanel | None) -> Figure:
    formula = (
        "realised gains / (realised + paper gains) less the same of losses, counted on days with a sale (Odean 1998)"
    )
    if panel is None:
        said = "Prices of these assets are needed to compare gains taken with gains left alone."
        return Figure(name="disposition", value=None, unit="share", formula=formula, said=said)
    counts = _counts(ledger, panel)
    gains, losses = (counts[f"realised_{what}"] + counts[f"paper_{what}"] for what in ("gain", "loss"))
    if not gains or not losses:
        said = "Gains and losses are both needed to compare how readily each is taken."
        return Figure(name="disposition", value=None, unit="share", formula=formula, said=said)
    taken, cut = counts["realised_gain"] / gains, counts["realised_loss"] / losses
    said = f"Of gains {taken:.0%} were taken on days with a sale, of losses {cut:.0%}."
    return Figure(name="disposition", value=taken - cut, unit="share", formula=formula, said=said)


def _counts(ledger: Ledger, panel: MarketPanel) -> dict[str, int]:
    """How many gains and losses were realised, and how many stood on paper on each day on which something was sold."""
    counts = {"realised_gain": 0, "realised_loss": 0, "paper_gain": 0, "paper_loss": 0}
    for _, gain in gains_of(ledger):
        counts["realised_gain" if gain > 0 else "realised_loss"] += 1
    close = carried_forward(panel.close)
    column = {symbol: place for place, symbol in enumerate(panel.symbols)}
    never = date.max.toordinal()
    lots = [(lot.symbol, lot.acquired, lot.sold.toordinal()) for lot in ledger.closed]
    lots += [(lot.symbol, lot.acquired, never) for lot in ledger.open]
    known = [(column[symbol], day, until) for symbol, day, until in lots if symbol in column and day is not None]
    if not known:
        return counts
    place = np.array([item[0] for item in known])
    start_day = np.array([item[1].toordinal() for item in known])
    until_day = np.array([item[2] for item in known])
    days = panel.dates.astype("datetime64[D]").astype(np.int64) + date(1970, 1, 1).toordinal()
    start = np.searchsorted(days, start_day, side="right") - 1
    cost = np.where(start >= 0, close[np.maximum(start, 0), place], np.nan)
    for day in sorted({lot.sold.toordinal() for lot in ledger.closed}):
        row = int(np.searchsorted(days, day, side="right")) - 1
        if row >= 0:
            seen = (start_day < day) & (day < until_day) & np.isfinite(cost)
            up = close[row, place] > cost
            counts["paper_gain"] += int((seen & up).sum())
            counts["paper_loss"] += int((seen & ~up).sum())
    return counts
