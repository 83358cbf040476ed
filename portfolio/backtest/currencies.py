"""Assets quoted in several currencies, told once in the client's own: the base currency.

Everything that an engine reads is money: closes, dividends, costs, cash. So a market of several currencies is brought
to the base currency before any engine runs, and the three engines stay one account with no exchange rate in it.
This is exact, not an approximation, because an account in base currency sees a foreign asset only through

- its price in base currency, close x rate, on the day it is dealt in or valued;
- its dividend in base currency, exchanged at the rate of the ex-day;
- the cost of exchanging, a fraction of the money traded, like a commission;
- its market impact: k' (x / s) ** 1.5 s in base currency for an order of x at the rate s, k' in the asset's own, is
  (k' / sqrt(s)) x ** 1.5, again a scale.

One thing is not in closes alone: an asset whose exchange is shut keeps its last close but not its last rate. So values
where nothing was traded (`marks`) are passed beside the closes, and the engines take them where a close is missing.

Cash is held in base currency. Every purchase of a foreign asset exchanges base into its currency and every sale back,
which is what a client without foreign accounts does; one currency exchanged into another goes through the base.

A rate is the one of its own row; where it is missing, the last known one, never a later one. Before the first rate of a
currency its assets cannot be dealt in.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from portfolio.market import Floats, MarketPanel


@dataclass(frozen=True, eq=False)
class Currencies:
    """In what each asset is quoted, and what that is worth.

    Attributes
    ----------
    base : the client's currency, in which cash is held and all results are told ("USD")
    quoted : N currencies, in the order of the assets
    codes : C currencies other than the base, the columns of `rates`
    rates : (T, C) units of the base for one unit of the currency, on the rows of the closes; NaN where not known
    cost : fraction of the money exchanged that it costs, one for all or by currency
    """

    base: str
    quoted: tuple[str, ...]
    codes: tuple[str, ...]
    rates: Floats
    cost: float | Mapping[str, float] = 0.0

    def __post_init__(self) -> None:
        unknown = sorted(set(self.quoted) - {self.base, *self.codes})
        if unknown:
            raise ValueError(f"no exchange rates of {', '.join(unknown)} to {self.base}; give a column of them")
        if self.base in self.codes or len(set(self.codes)) < len(self.codes):
            raise ValueError(f"rates need one column for each currency but {self.base}; got {', '.join(self.codes)}")
        if self.rates.ndim != 2 or self.rates.shape[1] != len(self.codes):
            raise ValueError(f"exchange rates are {self.rates.shape}; days x {len(self.codes)} currencies expected")
        if bool(((self.rates <= 0.0) | np.isinf(self.rates)).any()):
            raise ValueError("an exchange rate is not above zero; mark missing ones as NaN")
        costs = list(self.cost.values()) if isinstance(self.cost, Mapping) else [self.cost]
        if not all(0.0 <= cost < 1.0 for cost in costs):
            raise ValueError("the cost of exchanging is a fraction in 0 .. 1 of the money exchanged")
        missing = sorted(set(self.codes) - set(self.cost)) if isinstance(self.cost, Mapping) else []
        if missing:
            raise ValueError(f"exchanging {', '.join(missing)} has no cost; give one for each currency, 0 for none")

    def per_asset(self) -> Floats:
        """(T, N) what one unit of each asset's currency is worth, the last known rate; NaN before the first."""
        rows = np.maximum.accumulate(np.where(np.isfinite(self.rates), np.arange(len(self.rates))[:, None], -1), axis=0)
        known = np.where(rows >= 0, np.take_along_axis(self.rates, np.maximum(rows, 0), axis=0), np.nan)
        table = np.column_stack([np.ones(len(self.rates)), known])
        picked: Floats = table[:, [0 if code == self.base else 1 + self.codes.index(code) for code in self.quoted]]
        return picked

    def costs(self) -> Floats:
        """(N,) what exchanging costs on a trade of each asset, as a fraction of the value traded."""
        of = dict.fromkeys(self.codes, self.cost) if not isinstance(self.cost, Mapping) else self.cost
        return np.array([0.0 if code == self.base else of[code] for code in self.quoted], dtype=np.float64)


@dataclass(frozen=True, eq=False)
class InBase:
    """A market in base currency.

    Attributes
    ----------
    close : (T, N) NaN where not traded, or where no rate was known yet
    marks : (T, N) what a unit is worth on each row, traded or not; NaN before its first close
    dividends, impact : (T, N), or None as they were given
    """

    close: Floats
    marks: Floats
    dividends: Floats | None
    impact: Floats | None


def in_base(close: Floats, currencies: Currencies, dividends: Floats | None, impact: Floats | None) -> InBase:
    """Closes (T, N), dividends and impact scales in each asset's own currency -> in base currency.

    Dividends pay the cost of exchanging. Raises ValueError where the shapes differ.
    """
    if close.shape != (len(currencies.rates), len(currencies.quoted)):
        raise ValueError(
            f"close is {close.shape}; {len(currencies.rates)} rows of exchange rates x {len(currencies.quoted)} quoted "
            "assets expected"
        )
    rate = currencies.per_asset()
    rows = np.where(np.isfinite(close), np.arange(len(close))[:, None], -1)
    np.maximum.accumulate(rows, axis=0, out=rows)
    last = np.where(rows >= 0, np.take_along_axis(close, np.maximum(rows, 0), axis=0), np.nan)
    received = None
    if dividends is not None:
        # without a rate nothing can be held yet, so nothing is paid; a missing dividend stays for the engine to refuse
        received = np.where(np.isnan(rate), 0.0, dividends * rate * (1.0 - currencies.costs()))
    return InBase(
        close=close * rate,
        marks=last * rate,
        dividends=received,
        impact=None if impact is None else impact / np.sqrt(rate),
    )


def panel_in_base(panel: MarketPanel, currencies: Currencies) -> MarketPanel:
    """The panel with closes in base currency, for what reads returns alone (features, covariances).

    Rows without a close stay without one. The index and the bill rate must be the base currency's already, and signals
    are numbers without a currency.
    """
    made = in_base(panel.close, currencies, None, None)
    return replace(panel, close=made.close, source=f"{panel.source}, in {currencies.base}")
