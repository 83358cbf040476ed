"""Which lots to sell and what to buy, as a convex problem: the baseline that a learned policy has to beat.

After Moehle, Kochenderfer, Boyd and Ang, "Tax-Aware Portfolio Construction via Convex Optimization" (arXiv 2008.04985,
JOTA 189, 2021). With w the weights, s_l the sale of lot l and b_i the purchase of asset i, all in shares of wealth,

    minimise  (gamma / 2) (w - target)' Sigma (w - target) + cost (sum s + sum b) + tax_weight sum_l t_l s_l

where t_l = rate_l (1 - basis_l / value_l) is the tax on a unit sold, negative for a loss; losses are worth their own
rate, as for a client with gains elsewhere. An asset is either bought or sold, never both, which is not convex. The
relaxation gives each asset z in [0, 1] (sold when 1) and splits Sigma = (Sigma - D) + D with D diagonal: the part of D
joins each asset's own two pieces, and the perspective of each piece makes their convex envelope, which is how the paper
borrows curvature from the risk model. A first problem decides who is sold, a second makes the trades.

Wash sales are kept out by its rule: trade about monthly, never buy what was sold at a loss within the window, and never
sell at a loss what was bought within it.
"""

from dataclasses import dataclass
from datetime import date, timedelta
from importlib import import_module
from typing import Any

import numpy as np

from portfolio.backtest.records import Flags, Ints
from portfolio.market import Floats
from portfolio.taxes.book import TaxBook

Expression = Any
"""Of cvxpy, which ships no usable types; it is loaded when a problem is first made."""

BORROWED = 0.999
"""Share of the greatest possible D: all of it would leave Sigma - D without a usable square root."""


@dataclass(frozen=True, eq=False)
class LotTable:
    """L tax lots of N assets on one day, in shares of wealth.

    asset : (L,) which asset
    value, basis : (L,) what the lot is worth, and its basis
    rate : (L,) tax rate on its gain, short-term or long-term
    may_lose : (L,) False where selling at a loss would be a wash sale
    may_buy : (N,) False where a purchase would wash an earlier loss
    """

    asset: Ints
    value: Floats
    basis: Floats
    rate: Floats
    may_lose: Flags
    may_buy: Flags

    @property
    def tax(self) -> Floats:
        """(L,) tax on a unit of money sold; negative saves tax."""
        return self.rate * (1.0 - self.basis / self.value)


@dataclass(frozen=True, eq=False)
class TaxAwareTrades:
    """What to do, in shares of wealth.

    weights : (N,) after the trades; the rest is cash
    sold : (L,) of each lot
    bought : (N,)
    tax : on the lots sold; negative is tax saved
    variance : of the distance from the target
    objective : what these trades cost in the sense of the problem
    bound : the relaxation's value: no trades can cost less. `objective - bound` is how far from optimal they may be
    """

    weights: Floats
    sold: Floats
    bought: Floats
    tax: float
    variance: float
    objective: float
    bound: float


def lot_table(book: TaxBook, symbols: tuple[str, ...], prices: Floats, wealth: float, day: date) -> LotTable:
    """The lots of a book at `prices` (N,) on `day`, with the wash-sale window applied. Worthless lots are left out."""
    place = {symbol: index for index, symbol in enumerate(symbols)}
    lots = [lot for lot in book.lots if prices[place[lot.symbol]] > 0.0]
    rates = book.rates
    window = timedelta(days=rates.wash_sale_days)
    recent = {lot.symbol for lot in book.lots if rates.wash_sales and day - lot.bought <= window}
    lost = {s.symbol for s in book.sales if rates.wash_sales and s.gain < 0.0 and day - s.sold <= window}
    return LotTable(
        asset=np.array([place[lot.symbol] for lot in lots], dtype=np.int64),
        value=np.array([lot.units * float(prices[place[lot.symbol]]) / wealth for lot in lots]),
        basis=np.array([lot.basis / wealth for lot in lots]),
        rate=np.array([rates.on_long if lot.is_long(day) else rates.on_short for lot in lots]),
        may_lose=np.array([lot.symbol not in recent for lot in lots], dtype=np.bool_),
        may_buy=np.array([symbol not in lost for symbol in symbols], dtype=np.bool_),
    )


def tax_aware_trades(
    lots: LotTable,
    target: Floats,
    covariance: Floats,
    *,
    risk_aversion: float,
    tax_weight: float = 1.0,
    cost: float = 0.001,
    cash_floor: float = 0.0,
) -> TaxAwareTrades:
    """Solve the two convex problems of the module's description with Clarabel.

    Parameters
    ----------
    target : (N,) weights to stay near, cash not counted
    covariance : (N, N) yearly, positive semidefinite
    risk_aversion : gamma. With a yearly covariance and monthly trades, tracking a target within some percent a year
        asks for about a hundred
    tax_weight : what a unit of tax counts against a unit of return
    cost : of each unit of wealth bought or sold
    cash_floor : least cash after the trades

    Raises ValueError for shapes that do not fit, and RuntimeError when the solver finds no trades.
    """
    assets = len(target)
    if covariance.shape != (assets, assets) or len(lots.may_buy) != assets:
        raise ValueError(f"{assets} weights, a covariance of {covariance.shape} and {len(lots.may_buy)} assets differ")
    problem = _Problem(lots, target, covariance, risk_aversion, tax_weight, cost, cash_floor)
    bound, sells = problem.relaxed()
    return problem.fixed(sells, bound)


def trades_with(
    lots: LotTable,
    target: Floats,
    covariance: Floats,
    sells: Flags,
    *,
    risk_aversion: float,
    tax_weight: float = 1.0,
    cost: float = 0.001,
    cash_floor: float = 0.0,
) -> TaxAwareTrades:
    """The best trades when it is given for each asset (N,) whether it is sold or bought: the second problem alone."""
    problem = _Problem(lots, target, covariance, risk_aversion, tax_weight, cost, cash_floor)
    return problem.fixed(sells, -np.inf)


class _Problem:
    def __init__(
        self,
        lots: LotTable,
        target: Floats,
        covariance: Floats,
        risk_aversion: float,
        tax_weight: float,
        cost: float,
        cash_floor: float,
    ) -> None:
        self.cvxpy: Any = import_module("cvxpy")
        self.lots, self.target, self.covariance = lots, target, covariance
        self.half, self.tax_weight, self.cost, self.floor = 0.5 * risk_aversion, tax_weight, cost, cash_floor
        self.member = np.zeros((len(target), len(lots.asset)))
        self.member[lots.asset, np.arange(len(lots.asset))] = 1.0
        self.now = self.member @ lots.value
        self.most = np.where((lots.tax < 0.0) & ~lots.may_lose, 0.0, lots.value)
        scale = np.sqrt(np.maximum(np.diag(covariance), 1e-16))
        least = float(np.linalg.eigvalsh(covariance / np.outer(scale, scale))[0])
        self.own = BORROWED * max(least, 0.0) * scale**2

    def relaxed(self) -> tuple[float, Flags]:
        """The relaxation's value, and (N,) who is sold rather than bought."""
        sold, bought = self._variables()
        part = self.cvxpy.Variable(len(self.target), bounds=[0.0, 1.0])
        distance = self._weights(sold, bought) - self.target
        root = _root(self.covariance - np.diag(self.own))
        offset = self.now - self.target
        sell_piece = self.cvxpy.multiply(offset, part) - self.member @ sold
        buy_piece = self.cvxpy.multiply(offset, 1.0 - part) + bought
        curved = [
            self.own[i]
            * (self.cvxpy.quad_over_lin(sell_piece[i], part[i]) + self.cvxpy.quad_over_lin(buy_piece[i], 1.0 - part[i]))
            for i in range(len(self.target))
            if self.own[i] > 0.0
        ]
        risk = self.cvxpy.sum_squares(root @ distance) + (self.cvxpy.sum(self.cvxpy.hstack(curved)) if curved else 0.0)
        rules = [
            sold <= self.cvxpy.multiply(self.most, self.member.T @ part),
            bought <= self.cvxpy.multiply(self.lots.may_buy.astype(np.float64), 1.0 - part),
            *self._cash(sold, bought),
        ]
        value = self._solve(self.half * risk + self._linear(sold, bought), rules)
        net = self.member @ np.asarray(sold.value) - np.asarray(bought.value)
        return value, np.asarray((np.asarray(part.value) > 0.5) | (net > 1e-7), dtype=np.bool_)

    def fixed(self, sells: Flags, bound: float) -> TaxAwareTrades:
        sold, bought = self._variables()
        distance = self._weights(sold, bought) - self.target
        root = _root(self.covariance)
        rules = [
            sold <= self.most * sells[self.lots.asset],
            bought <= (self.lots.may_buy & ~sells).astype(np.float64),
            *self._cash(sold, bought),
        ]
        value = self._solve(self.half * self.cvxpy.sum_squares(root @ distance) + self._linear(sold, bought), rules)
        sales = np.clip(np.asarray(sold.value, dtype=np.float64), 0.0, self.most)
        buys = np.maximum(np.asarray(bought.value, dtype=np.float64), 0.0)
        weights = self.now - self.member @ sales + buys
        away = weights - self.target
        return TaxAwareTrades(
            weights=weights,
            sold=sales,
            bought=buys,
            tax=float(self.lots.tax @ sales),
            variance=float(away @ self.covariance @ away),
            objective=value,
            bound=bound,
        )

    def _variables(self) -> tuple[Expression, Expression]:
        sold = self.cvxpy.Variable(len(self.lots.asset), nonneg=True)
        bought = self.cvxpy.Variable(len(self.target), nonneg=True)
        return sold, bought

    def _weights(self, sold: Expression, bought: Expression) -> Expression:
        return self.now - self.member @ sold + bought

    def _linear(self, sold: Expression, bought: Expression) -> Expression:
        return self.cost * (self.cvxpy.sum(sold) + self.cvxpy.sum(bought)) + self.tax_weight * (self.lots.tax @ sold)

    def _cash(self, sold: Expression, bought: Expression) -> list[Expression]:
        cash = (
            1.0
            - float(self.now.sum())
            + (1.0 - self.cost) * self.cvxpy.sum(sold)
            - (1.0 + self.cost) * self.cvxpy.sum(bought)
        )
        return [cash >= self.floor]

    def _solve(self, objective: Expression, rules: list[Expression]) -> float:
        problem = self.cvxpy.Problem(self.cvxpy.Minimize(objective), rules)
        problem.solve(solver=self.cvxpy.CLARABEL)
        if problem.status not in ("optimal", "optimal_inaccurate"):
            raise RuntimeError(f"Clarabel answered {problem.status}: no trades keep the cash floor of {self.floor}")
        return float(problem.value)


def _root(covariance: Floats) -> Floats:
    """(N, N) matrix R with R'R = covariance."""
    values, vectors = np.linalg.eigh(covariance)
    return np.asarray((vectors * np.sqrt(np.maximum(values, 0.0))).T, dtype=np.float64)
