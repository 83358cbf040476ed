"""One universe's desk: its market, its strategies that learn nothing, and accounts of anything that trades on it."""

from collections.abc import Mapping, Sequence

import numpy as np
import torch

from lab.walk_forward.accounts import Account, account_of
from lab.walk_forward.strategies import Sleeves, on_covariance, sleeves_of
from lab.walk_forward.universes import StudyUniverse
from lab.walk_forward.windows import Window, span_of, windows
from portfolio.market import Floats
from rl.environment import Market

FLOOR = 1e-3
"""Of an equal share: what a rule that leaves an asset out still gives it, so that a tilt can bring it back."""


class Desk:
    """A universe on which to trade. Nothing is computed twice."""

    def __init__(self, universe: StudyUniverse, market: Market) -> None:
        self.universe, self.market = universe, market
        self.rules = sleeves_of(universe, market)
        self._live = market.eligible.any(dim=1).numpy()
        self._cov = market.covariance.double().numpy()
        self._held = market.eligible.numpy()
        self.last_day = f"{universe.last_year}-12-31"

    def windows(self, years: tuple[int, int] | None, train_years: int) -> tuple[Window, ...]:
        """The universe's windows within the years asked for; none where they do not meet."""
        first, last = self.universe.first_year, self.universe.last_year
        if years is not None:
            first, last = max(first, years[0]), min(last, years[1])
        return windows(first, last, train_years) if first <= last else ()

    def days(self, first: str, last: str) -> torch.Tensor:
        """Indices of the decision days from `first` to `last` on which something can be held."""
        dates = self.market.dates
        inside = (dates >= np.datetime64(first)) & (dates <= np.datetime64(last)) & self._live
        return torch.from_numpy(np.flatnonzero(inside))

    def covers(self, first: str, last: str) -> bool:
        """Whether the panel spans these days, with a year's features before the first."""
        dates = self.universe.panel.dates
        return bool(dates[0] <= np.datetime64(first) - np.timedelta64(300, "D") and dates[-1] >= np.datetime64(last))

    def tilted(self, tilt: Floats, days: torch.Tensor, rule: str) -> Sleeves:
        """(L, N) tilts on the days' sleeves of a rule; the rule itself, nearly, where they are zero."""
        index = days.numpy()
        base, held = self.rules[rule].weights[index, :-1], self._held[index]
        count = np.maximum(held.sum(axis=1, keepdims=True), 1)
        logs = np.log(np.maximum(base * count, FLOOR))
        raw = np.where(held, np.exp(logs + np.where(held, tilt, 0.0)), 0.0)
        sleeve = raw / np.maximum(raw.sum(axis=1, keepdims=True), 1e-12)
        return on_covariance(np.column_stack([sleeve, np.zeros(len(sleeve))]), self._cov[index])

    def rule_on(self, rule: str, days: torch.Tensor) -> Sleeves:
        whole = self.rules[rule]
        return Sleeves(whole.weights[days.numpy()], whole.risk[days.numpy()])

    def account(
        self, sleeves: Sleeves, days: torch.Tensor, volatility: float, cost: float, until: str | None = None
    ) -> Account:
        """The account of sleeves (L, N + 1) set on the days, brought to the volatility, to the day `until`."""
        return account_of(
            self.universe.panel,
            self.market.dates[days.numpy()],
            sleeves.at_risk(volatility),
            cost=cost,
            until=until or self.last_day,
            index=bool(sleeves.weights[:, -1].any()),
        )

    def histories(self, volatility: float, cost: float) -> dict[str, Account]:
        """Every rule's account from the universe's first decision to its last day: what baselines are named by."""
        days = self.days("1900-01-01", self.last_day)
        return {name: self.account(self.rule_on(name, days), days, volatility, cost) for name in self.rules}


def strung(parts: Sequence[Sleeves]) -> Sleeves:
    """Sleeves of consecutive stretches of decision days as one."""
    return Sleeves(np.concatenate([p.weights for p in parts]), np.concatenate([p.risk for p in parts]))


def year_of(account: Account, year: int) -> Account:
    return account.between(*span_of(year))


def years_of(accounts: Mapping[str, Account], first: str, last: str) -> dict[str, Account]:
    return {name: account.between(first, last) for name, account in accounts.items()}
