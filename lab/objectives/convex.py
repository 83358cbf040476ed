"""The per-lot convex baseline: equal weight followed by trades that weigh straying from it against tax and costs.

At each decision the lots are those of the account so far (its ledger booked up to that close), and
`portfolio.taxes.convex` says what to sell and buy. What it decides is dealt at the next close, as everything else; the
lots are then sold highest basis first, not by name.
"""

import numpy as np

from lab.objectives.accounts import Market, dealt
from lab.objectives.records import Config
from portfolio.backtest import BacktestResult
from portfolio.market import Floats, day_of
from portfolio.taxes import TaxBook, TaxRates
from portfolio.taxes.convex import lot_table, tax_aware_trades

HELD = 1e-9


def tax_aware_weights(
    market: Market,
    target: Floats,
    risks: dict[int, Floats],
    rates: TaxRates,
    config: Config,
) -> Floats:
    """(R, M + 1) weights decided for a client of these rates, near `target` (R, M + 1); the first row is the target.

    `risks` are the yearly covariances (M, M) of the columns by row. Raises RuntimeError as the solver does.
    """
    book, booked = TaxBook(rates), 0
    out = target.copy()
    for place in range(1, len(market.rows)):
        row = market.rows[place]
        seen = Market(
            market.closes[: row + 1], market.dates[: row + 1], None if market.rate is None else market.rate[: row + 1],
            market.rows[:place],
        )  # fmt: skip
        result = dealt(seen, seen.rows, out[:place], config.basis_points)
        booked = _book(book, result, booked)
        out[place] = _decide(book, result, target[place], risks[row], config)
    return out


def _book(book: TaxBook, result: BacktestResult, booked: int) -> int:
    """Enter the ledger's changes from the `booked`-th on; how many there are now."""
    ledger = result.ledger
    rate = ledger.rates.sum(axis=0)
    for place in range(booked, len(ledger.rows)):
        row = int(ledger.rows[place])
        before = ledger.units[place - 1] if place else np.zeros(ledger.units.shape[1])
        day = day_of(result.dates[row])
        for asset in np.flatnonzero(ledger.units[place] != before).tolist():
            change = float(ledger.units[place, asset] - before[asset])
            money = abs(float(ledger.traded[place, asset]))
            cost = float(rate[asset]) * money
            # A payout of a delisted holding is no trade: it is booked at its last close, as the engine paid it.
            price = money / abs(change) if money > 0.0 else float(_last(result, row)[asset])
            if change > 0.0:
                book.buy(str(asset), change, price, day, cost)
                continue
            held = sum(lot.units for lot in book.held(str(asset)))
            if held > 0.0:  # a crumb that is round-off has left the book with its lot
                book.sell(str(asset), min(-change, held), price, day, cost)
    return len(ledger.rows)


def _decide(book: TaxBook, result: BacktestResult, target: Floats, risk: Floats, config: Config) -> Floats:
    """(M + 1,) weights after the trades; assets that are neither held nor wanted take no part."""
    prices, wealth = _last(result, len(result.dates) - 1), float(result.wealth[-1])
    weights = result.weights[-1]
    part = np.flatnonzero((weights[:-1] > HELD) | (target[:-1] > HELD))
    symbols = tuple(str(asset) for asset in part.tolist())
    day = day_of(result.dates[-1])
    trades = tax_aware_trades(
        lot_table(book, symbols, prices[part], wealth, day),
        target[part],
        risk[np.ix_(part, part)],
        risk_aversion=config.tracking_aversion,
        cost=config.basis_points / 10_000.0,
    )
    out = np.zeros(len(target))
    made = np.maximum(trades.weights, 0.0)
    out[part] = made / max(1.0, float(made.sum()))  # the solver's last digits may lie above all of the wealth
    out[-1] = 1.0 - out[:-1].sum()
    return out


def _last(result: BacktestResult, row: int) -> Floats:
    """(M,) last closes up to a row; NaN where there was none."""
    seen = result.closes[: row + 1]
    rows = np.where(np.isnan(seen), -1, np.arange(len(seen))[:, None]).max(axis=0)
    found: Floats = seen[np.maximum(rows, 0), np.arange(seen.shape[1])]
    return found
