"""A slow, plain book of tax lots: every rule stands here once, readable, and the fast ones are tested against it.

Wash sales (IRC 1091, Treas. Reg. 1.1091-1 and -2): a loss is disallowed as far as the shares sold are replaced within
30 days before or after. Losses are matched in the order of the sales, within a day in the order of purchase, with
replacement shares in the order of purchase; a share replaces once. The disallowed loss joins the replacement's basis
and the holding period of what was sold is tacked on. A replacement is a purchase still held after the sale; what is
left of the very purchase that was sold from is none (Rev. Rul. 56-602).
"""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta

from portfolio.taxes.calendar import first_long_day
from portfolio.taxes.rates import TaxRates, YearTax, year_tax
from portfolio.taxes.records import Lot, LotOrder, Sale, in_order

ROUND_OFF = 1e-12
"""Share of a holding below which a difference of units is arithmetic and no share."""


class TaxBook:
    """One client's lots, sales and income, changed by `buy`, `sell`, `earn` and `receive` in the order of time.

    Attributes
    ----------
    rates : see `TaxRates`
    lots : lots held, by symbol in the order of its first purchase, then in the order of purchase
    sales : every sale of a lot, in the order of sale
    """

    def __init__(self, rates: TaxRates) -> None:
        self.rates = rates
        self.sales: list[Sale] = []
        self.interest: dict[int, float] = {}
        self.dividends: dict[int, float] = {}
        self._lots: dict[str, list[Lot]] = {}
        self._open: list[int] = []
        self._shelters: list[tuple[str, date, float]] = []
        self._last = date.min
        self._numbers = 0

    @property
    def lots(self) -> list[Lot]:
        """Every lot held."""
        return [lot for held in self._lots.values() for lot in held]

    def held(self, symbol: str) -> list[Lot]:
        """Lots of one symbol, in the order of purchase."""
        return list(self._lots.get(symbol, ()))

    def buy(self, symbol: str, units: float, price: float, day: date, cost: float = 0.0) -> None:
        """Buy `units` at `price`, with `cost` money of dealing costs. Open losses of the symbol are washed."""
        self._at(day)
        if not (units > 0.0 and price >= 0.0 and cost >= 0.0):
            raise ValueError(f"a purchase of {units} units at {price} with costs of {cost} is none; give positive ones")
        purchase, each = self._next(), (units * price + cost) / units
        left = units
        for place in self._open:
            sale = self.sales[place]
            matched = min(left, sale.unmatched)
            if sale.symbol != symbol or not self._near(sale.sold, day) or matched <= ROUND_OFF * units:
                continue
            loss = _loss_of(sale, matched)
            tacked = day - (sale.sold - sale.start)
            self._hold(symbol, purchase, matched, matched * each + loss, day, tacked, used=True)
            self._match(place, matched, disallowed=loss)
            left -= matched
        if left > ROUND_OFF * units:
            self._hold(symbol, purchase, left, left * each, day, day, used=False)

    def sell(
        self,
        symbol: str,
        units: float,
        price: float,
        day: date,
        cost: float = 0.0,
        order: LotOrder = "hifo",
        named: Mapping[int, float] | None = None,
    ) -> tuple[Sale, ...]:
        """Sell `units`, from the lots in `order`, or from those `named` (lot number -> units), and wash their losses.

        Raises ValueError when more is sold than held, or the named lots do not add up to `units`.
        """
        self._at(day)
        own = self.held(symbol)
        held = sum(lot.units for lot in own)
        if not 0.0 < units <= held * (1.0 + 1e-9):
            raise ValueError(f"{units} units of {symbol} cannot be sold, {held} are held; sell what is there")
        taken = _named(own, named, units) if named is not None else _taken(in_order(own, order), units, held)
        first = len(self.sales)
        for lot in own:  # in the order of purchase, which is the order in which losses of a day are matched
            if lot.number in taken:
                self._sell_lot(lot, taken[lot.number], price, cost * taken[lot.number] / units, day)
        for place in range(first, len(self.sales)):
            self._wash_with_held(place)
            self._wash_with_sheltered(place)
        return tuple(self.sales[first:])

    def buy_in_retirement(self, symbol: str, units: float, day: date) -> None:
        """A purchase by the client's retirement account: what it replaces is lost for ever (Rev. Rul. 2008-5)."""
        self._at(day)
        self._shelters.append((symbol, day, units))
        for place in self._open:
            self._wash_with_sheltered(place)

    def earn(self, interest: float, day: date) -> None:
        """Interest on cash, taxed as ordinary income."""
        self._at(day)
        self.interest[day.year] = self.interest.get(day.year, 0.0) + interest

    def receive(self, dividends: float, day: date) -> None:
        """Dividends, taxed by `TaxRates.on_dividends`."""
        self._at(day)
        self.dividends[day.year] = self.dividends.get(day.year, 0.0) + dividends

    def realised(self, year: int) -> tuple[float, float]:
        """(short, long) gains of the year that count for tax, negative for losses."""
        sales = [sale for sale in self.sales if sale.sold.year == year]
        short = sum(sale.recognised for sale in sales if not sale.is_long)
        return short, sum(sale.recognised for sale in sales if sale.is_long)

    def years(self, last: int) -> dict[int, YearTax]:
        """The tax of every year from the first with a sale or income to `last`, losses carried forward."""
        active = [sale.sold.year for sale in self.sales] + list(self.interest) + list(self.dividends)
        out: dict[int, YearTax] = {}
        carry_short = carry_long = 0.0
        gains = self._gains()
        for year in range(min(active, default=last), last + 1):
            short, long = gains.get(year, (0.0, 0.0))
            out[year] = year_tax(self.rates, short, long, carry_short, carry_long, *self._income(year))
            carry_short, carry_long = out[year].carry_short, out[year].carry_long
        return out

    def unrealised(self, prices: Mapping[str, float], day: date) -> tuple[float, float]:
        """(short, long) gains that selling everything at `prices` on `day` would show."""
        short = long = 0.0
        for lot in self.lots:
            gain = lot.units * prices[lot.symbol] - lot.basis
            if day >= first_long_day(lot.start):
                long += gain
            else:
                short += gain
        return short, long

    def liquidation_value(self, prices: Mapping[str, float], cash: float, day: date) -> float:
        """Cash left if everything were sold on `day` without costs and that year's tax paid.

        Taxes of earlier years must have left `cash` already. Selling everything leaves no replacement behind, so no
        loss of that day is washed.
        """
        value = cash + sum(lot.units * prices[lot.symbol] for lot in self.lots)
        short, long = self.unrealised(prices, day)
        done_short, done_long = self.realised(day.year)
        before = self.years(day.year - 1).get(day.year - 1)
        carry = (before.carry_short, before.carry_long) if before else (0.0, 0.0)
        return value - year_tax(self.rates, done_short + short, done_long + long, *carry, *self._income(day.year)).tax

    def _income(self, year: int) -> tuple[float, float]:
        """(interest, dividends) of the year."""
        return self.interest.get(year, 0.0), self.dividends.get(year, 0.0)

    def _gains(self) -> dict[int, tuple[float, float]]:
        """`realised` of every year with a sale, in one pass."""
        out: dict[int, tuple[float, float]] = {}
        for sale in self.sales:
            short, long = out.get(sale.sold.year, (0.0, 0.0))
            gain = sale.recognised
            out[sale.sold.year] = (short, long + gain) if sale.is_long else (short + gain, long)
        return out

    def _sell_lot(self, lot: Lot, units: float, price: float, cost: float, day: date) -> None:
        basis = lot.basis * units / lot.units
        sale = Sale(
            lot=lot.number,
            purchase=lot.purchase,
            symbol=lot.symbol,
            units=units,
            proceeds=units * price - cost,
            basis=basis,
            start=lot.start,
            sold=day,
        )
        if sale.gain < 0.0 and self.rates.wash_sales:
            sale = sale.model_copy(update={"unmatched": units})
        if sale.unmatched > 0.0:
            self._open.append(len(self.sales))
        self.sales.append(sale)
        place = self._lots[lot.symbol].index(lot)
        left = lot.units - units
        rest = [lot.model_copy(update={"units": left, "basis": lot.basis - basis})] if left > 0.0 else []
        self._lots[lot.symbol][place : place + 1] = rest

    def _wash_with_held(self, place: int) -> None:
        """Match a fresh loss with shares bought within the window before it and still held."""
        sale = self.sales[place]
        for lot in self.held(sale.symbol):
            unmatched = self.sales[place].unmatched
            if unmatched <= ROUND_OFF * sale.units:
                return
            if lot.used or lot.purchase == sale.purchase or not self._near(lot.bought, sale.sold):
                continue
            matched = min(unmatched, lot.units)
            loss = _loss_of(self.sales[place], matched)
            piece = lot.model_copy(
                update={
                    "number": self._next(),
                    "units": matched,
                    "basis": lot.basis * matched / lot.units + loss,
                    "start": lot.bought - (sale.sold - sale.start),
                    "used": True,
                    "origin": "wash sale",
                }
            )
            left = lot.units - matched
            rest = [lot.model_copy(update={"units": left, "basis": lot.basis * left / lot.units})]
            index = self._lots[lot.symbol].index(lot)
            self._lots[lot.symbol][index : index + 1] = [piece, *(rest if left > ROUND_OFF * lot.units else [])]
            self._match(place, matched, disallowed=loss)

    def _wash_with_sheltered(self, place: int) -> None:
        sale = self.sales[place]
        for index, (symbol, day, units) in enumerate(self._shelters):
            matched = min(units, self.sales[place].unmatched)
            if symbol == sale.symbol and self._near(day, sale.sold) and matched > 0.0:
                self._match(place, matched, lost=_loss_of(self.sales[place], matched))
                self._shelters[index] = (symbol, day, units - matched)

    def _match(self, place: int, units: float, disallowed: float = 0.0, lost: float = 0.0) -> None:
        sale = self.sales[place]
        self.sales[place] = sale.model_copy(
            update={
                "disallowed": sale.disallowed + disallowed,
                "lost": sale.lost + lost,
                "unmatched": sale.unmatched - units,
            }
        )

    def _hold(
        self, symbol: str, purchase: int, units: float, basis: float, bought: date, start: date, *, used: bool
    ) -> None:
        self._lots.setdefault(symbol, []).append(
            Lot(
                number=self._next(),
                purchase=purchase,
                symbol=symbol,
                units=units,
                basis=basis,
                bought=bought,
                start=start,
                used=used,
                origin="wash sale" if used else "purchase",
            )
        )

    def _near(self, first: date, second: date) -> bool:
        return self.rates.wash_sales and abs(second - first) <= timedelta(days=self.rates.wash_sale_days)

    def _at(self, day: date) -> None:
        if day < self._last:
            raise ValueError(f"{day} lies before {self._last}, which is already booked; book in the order of time")
        if day > self._last:
            self._open = [place for place in self._open if self._near(self.sales[place].sold, day)]
        self._last = day

    def _next(self) -> int:
        self._numbers += 1
        return self._numbers


def _loss_of(sale: Sale, units: float) -> float:
    """The part of a sale's whole loss that falls on some of its units."""
    return -sale.gain * units / sale.units


def _taken(lots: Sequence[Lot], units: float, held: float) -> dict[int, float]:
    """Units from each lot, in order, until there are enough; crumbs that are round-off go with their lot."""
    out: dict[int, float] = {}
    for lot in lots:
        part = min(lot.units, units - sum(out.values()))
        if part <= 0.0:
            break
        out[lot.number] = lot.units if lot.units - part <= ROUND_OFF * held else part
    return out


def _named(lots: Sequence[Lot], named: Mapping[int, float], units: float) -> dict[int, float]:
    held = {lot.number: lot.units for lot in lots}
    for number, part in named.items():
        if not 0.0 < part <= held.get(number, 0.0):
            raise ValueError(f"lot {number} holds {held.get(number, 0.0)} units, {part} cannot be sold from it")
    if abs(sum(named.values()) - units) > 1e-9 * units:
        raise ValueError(
            f"the named lots add up to {sum(named.values())} units, not {units}; name lots for all of them"
        )
    return dict(named)
