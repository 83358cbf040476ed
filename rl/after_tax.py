"""Portfolios stepped through their tax lots: what a policy's tilts leave after tax, and what it sees of its lots.

The market part of the policy is computed once a day, as without taxes; only the small head on a portfolio's own lots
(`Policy.lean`) and the lots themselves are walked step by step. Taxes on gains not yet realised are counted at half
the long rate, so that deferring a gain is worth something and a harvested loss is not free money: its lower basis is
paid for later.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch

from portfolio.taxes.rates import TaxRates
from rl.conditioning import Clients
from rl.ensemble import Ensemble
from rl.environment import Market, full_growth, take_days, weights_of
from rl.rewards import utility
from rl.taxes import ACCOUNT, STATE, Book, Rates, account, hold, open_book, rates_of, state, wealth, worth

POSITION: tuple[str, ...] = (*STATE, *(f"account_{name}" for name in ACCOUNT), "rate_short", "rate_long")
"""What the policy sees of one holding of one portfolio."""

DEFERRED = 0.5
"""Of the long rate: what an unrealised gain is expected to cost one day, for half may be deferred or stepped up."""
LOTS = 16
ORDINARY_RATES = (0.10, 0.45)
LONG_RATES = (0.0, 0.15, 0.20, 0.238)
WEALTHS = (2e4, 5e6)
"""Money in the account when an episode begins, log-uniform: the $3,000 limit weighs on a small one."""

Act = Callable[[int, torch.Tensor], torch.Tensor]
"""(step, position (G, C, N, S)) -> log weights (G, C, N) over an equal share: sleeve and tilt."""


@dataclass(frozen=True, eq=False)
class TaxedOutcome:
    """G paths x L periods x C portfolios: after-tax simple returns and one-way turnover, (G, L, C), and what was seen
    of the lots at each decision (G, L, C, N, S)."""

    net: torch.Tensor
    turnover: torch.Tensor
    position: torch.Tensor


@dataclass(frozen=True, eq=False)
class Accounts:
    """P taxed accounts: their rates, and money (P,) on the first day."""

    rates: Rates
    wealth: torch.Tensor


def draw_accounts(count: int, generator: torch.Generator, device: torch.device | str = "cpu") -> Accounts:
    """Accounts drawn at random over what clients may be, one in five of them free of tax."""
    low, high = ORDINARY_RATES
    ordinary = low + (high - low) * torch.rand(count, generator=generator)
    long = torch.tensor(LONG_RATES)[torch.randint(len(LONG_RATES), (count,), generator=generator)]
    taxed = torch.rand(count, generator=generator) >= 0.2
    clients = [
        TaxRates(ordinary=one if yes else 0.0, long=min(other, one) if yes else 0.0)
        for one, other, yes in zip(ordinary.tolist(), long.tolist(), taxed.tolist(), strict=True)
    ]
    small, large = np.log(WEALTHS)
    money = torch.exp(small + (large - small) * torch.rand(count, generator=generator))
    return Accounts(rates_of(clients, count, device=str(device)), money.to(device))


def walk_taxed(
    market: Market,
    index: torch.Tensor,
    held: torch.Tensor,
    clients: Clients,
    accounts: Accounts,
    act: Act,
    cost: float,
) -> TaxedOutcome:
    """Decide on each day of `index` (G, L), hold for a period, and pay what is due. Every account begins in cash.

    `held` is (G, L, C, N); clients and accounts are G * C, path by path.
    """
    paths, steps, count, assets = held.shape
    growth, covariance = full_growth(market, index), market.covariance[index]
    ordinals = torch.from_numpy(market.dates.astype("datetime64[D]").astype(np.int64)).to(index.device)
    volatility, largest = (value.view(paths, count) for value in (clients.volatility, clients.largest_risky_share))
    days = ordinals[index].unsqueeze(-1).expand(paths, steps, count).reshape(paths, steps, -1)
    book = open_book(assets, accounts.rates, accounts.wealth, days[:, 0].reshape(-1), LOTS)
    value = _value(book, days[:, 0].reshape(-1))
    nets, turnovers, seen = [], [], []
    for step in range(steps):
        today = days[:, step].reshape(-1)
        position = look(book, today).view(paths, count, assets, -1)
        weights = weights_of(act(step, position), held[:, step], covariance[:, step], volatility, largest)
        factor = growth[:, step].expand(paths, count, assets + 1).reshape(paths * count, assets + 1)
        book, outcome = hold(book, weights.reshape(paths * count, assets + 1), factor, today, cost)
        after = _value(book, days[:, min(step + 1, steps - 1)].reshape(-1))
        nets.append((after / value - 1.0).view(paths, count))
        turnovers.append(outcome.turnover.view(paths, count))
        seen.append(position)
        value = after
    return TaxedOutcome(torch.stack(nets, dim=1), torch.stack(turnovers, dim=1), torch.stack(seen, dim=1))


def look(book: Book, day: torch.Tensor) -> torch.Tensor:
    """(P, N, S) the figures named by `POSITION`, each of order one."""
    own = state(book, day)
    whole = torch.cat([account(book), torch.stack([book.rates.short, book.rates.long], dim=-1)], dim=-1)
    return torch.cat([own, whole.unsqueeze(1).expand(*own.shape[:2], whole.shape[-1])], dim=-1).clamp(-4.0, 4.0).float()


@torch.no_grad()
def advantage_after_tax(
    ensemble: Ensemble,
    market: Market,
    index: torch.Tensor,
    clients: Clients,
    accounts: Accounts,
    cost: float,
    *,
    sees_lots: bool = True,
) -> torch.Tensor:
    """(L, C) after-tax utility ahead of the baseline's own, of monthly decisions on the indexed days (L,).

    `sees_lots` False hides the lots from the policy, to measure what seeing them is worth.
    """
    days = index.unsqueeze(0)
    held = market.eligible[days].unsqueeze(2).expand(-1, -1, len(clients), -1)
    still = market.sleeve[days].unsqueeze(2).expand(held.shape)
    wanted = clients.vector()
    encoded = [member.encode(take_days(market.day, index)) for member in ensemble.members]

    def own(step: int, position: torch.Tensor) -> torch.Tensor:
        here = slice(step, step + 1)
        tilts = [
            torch.tanh(member.blend(whole.day(here), wanted, position=position if sees_lots else None))
            for member, whole in zip(ensemble.members, encoded, strict=True)
        ]
        return still[:, step] + ensemble.action_range * torch.stack(tilts).mean(dim=0)

    def base(step: int, _position: torch.Tensor) -> torch.Tensor:
        return still[:, step]

    first, second = (
        utility(outcome.net, outcome.turnover, clients.risk_aversion, clients.objectives)
        for outcome in (walk_taxed(market, days, held, clients, accounts, act, cost) for act in (own, base))
    )
    return (first - second)[0]


def _value(book: Book, day: torch.Tensor) -> torch.Tensor:
    """(P,) worth, less what the gains not yet realised are expected to cost."""
    unrealised = state(book, day)[..., 1:3].sum(dim=(-1, -2)) * wealth(book)
    return worth(book) - DEFERRED * book.rates.long * unrealised
