"""What trading costs beyond rates: the market impact of an order's size, from what was known the day before."""

import numpy as np

from portfolio.market import Floats


def square_root_impact(close: Floats, volume: Floats, coefficient: float = 1.0, window: int = 21) -> Floats:
    """(T, N) impact scale k: an order of x money on that day costs k * x ** 1.5.

    The square-root law (Torre 1997; Almgren, Thum, Hauptmann and Li 2005 as a power law): the price moves by
    coefficient * sigma * sqrt(x / V), with sigma the daily volatility and V the money traded a day. Both are over the
    `window` rows before the day and so point in time. Days without a close or volume do not count.

    Parameters
    ----------
    close : (T, N) prices, NaN where missing
    volume : (T, N) money traded (price times shares), NaN or zero where missing

    Rows where fewer than two returns or no volume is known carry NaN: the backtest refuses to trade on them.
    """
    if volume.shape != close.shape:
        raise ValueError(f"volume is {volume.shape}; {close.shape} like the closes expected")
    if coefficient < 0.0 or window < 2:
        raise ValueError("impact needs a coefficient of zero or more and a window of two rows or more")
    moves = np.full_like(close, np.nan)
    moves[1:] = close[1:] / close[:-1] - 1.0
    money = np.where(volume > 0.0, volume, np.nan)
    scale = np.full_like(close, np.nan)
    for row in range(1, len(close)):
        first = max(0, row - window)
        returns, traded = moves[first:row], money[first:row]
        count = np.isfinite(returns).sum(axis=0)
        dealt = np.isfinite(traded).sum(axis=0)
        known = (count >= 2) & (dealt >= 1)
        if not bool(known.any()):
            continue
        sigma = np.nanstd(returns[:, known], axis=0, ddof=1)
        scale[row, known] = coefficient * sigma / np.sqrt(np.nanmean(traded[:, known], axis=0))
    return scale
