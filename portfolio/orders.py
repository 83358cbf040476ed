"""From weights to orders: amounts of money, sells first so that they pay for the buys. Cash is what is left over."""

from collections.abc import Mapping
from datetime import date

from portfolio.decision import Order
from portfolio.records import CASH

MINIMUM_CHANGE = 0.0005
"""A change of weight below five hundredths of a percent is not worth a trade, and is left out. Selling out never is:
what may no longer be held goes, however little it is."""
ROUNDING = 1e-9
"""A change below this is the arithmetic's, not a trade."""


def orders(
    target: Mapping[str, float],
    current: Mapping[str, float],
    amount: float | None,
    price_date: date,
    *,
    minimum_change: float = MINIMUM_CHANGE,
) -> tuple[Order, ...]:
    """Trades from the `current` to the `target` weights, sells first, then larger before smaller, then by symbol.

    Parameters
    ----------
    target, current : symbol -> weight; what is not named weighs zero. CASH may stand in them and is never an order
    amount : the portfolio's value in the client's currency; None when the client named none, then only weights change
    minimum_change : smaller changes are left out; the first order's note names them

    Raises ValueError for an amount that is not above zero.
    """
    if amount is not None and not amount > 0:
        raise ValueError(f"{amount} is no amount to invest; give one above zero, or none")
    changes = {
        symbol: target.get(symbol, 0.0) - current.get(symbol, 0.0)
        for symbol in sorted({*target, *current} - {CASH})
        if abs(target.get(symbol, 0.0) - current.get(symbol, 0.0)) > ROUNDING
    }
    small = [
        symbol for symbol, change in changes.items() if abs(change) < minimum_change and target.get(symbol, 0.0) > 0.0
    ]
    kept = sorted(
        ((symbol, change) for symbol, change in changes.items() if symbol not in small),
        key=lambda item: (item[1] > 0, -abs(item[1]), item[0]),
    )
    note = ""
    if small:
        parts = ", ".join(f"{symbol} ({100 * changes[symbol]:+.3f} %)" for symbol in small)
        note = f"Left out as too small to trade: {parts}; cash takes the difference."
    return tuple(
        Order(
            symbol=symbol,
            side="buy" if change > 0 else "sell",
            amount=None if amount is None else abs(change) * amount,
            weight_change=change,
            price_date=price_date,
            note=note if position == 0 else "",
        )
        for position, (symbol, change) in enumerate(kept)
    )
