"""Does the reading of objectives work? Histories made by a policy with a known objective and noise, and what is read.

A made-up client holds, month after month, what the policy would hold for one objective, bent by noise that lasts (a
first-order autoregression on log weights), and trades to it: the history is a list of trades, read back the same way as
a broker's file.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
import torch

from portfolio.behaviour_positions import positions_of
from portfolio.market import Floats, MarketPanel
from portfolio.profile import OBJECTIVES, Objective
from portfolio.records import Record
from portfolio.transactions import Transaction
from rl.conditioning import Clients, draw_clients
from rl.ensemble import Ensemble
from rl.environment import PHASES, Market, decision_rows, take_days
from rl.personalisation import ObjectivePosterior, infer_objectives
from rl.personalisation_observed import Observed, observe, of_six, policy_tilt

PERSISTENCE = 0.8
"""Correlation of the noise from one month to the next: a client's whims last."""
WEALTH = 100_000.0


class Recovery(Record):
    """How often the objective that made a history was read back from it, at one length and one noise."""

    policy: str
    months: int
    noise: float
    """Standard deviation of the noise in log weights, as a multiple of the policy's own tilts'."""
    seeds: int
    accuracy: float
    chance: float
    group_accuracy: float
    """The true objective, or one that the reading itself says it cannot tell from it."""
    claimed: float
    """Mean probability that the reading gave to its answer: equal to `accuracy` where it is calibrated."""
    abstained: float
    """Share of histories of which the reading says that none of the six explains them (more likely than not)."""
    confusion: tuple[tuple[int, ...], ...]
    """Rows: the objective that made the history; columns: the one read; both in the house's order."""


@dataclass(frozen=True, eq=False)
class World:
    """A policy on a market, with the prices that the market was made of."""

    name: str
    ensemble: Ensemble
    market: Market
    panel: MarketPanel


def recover(
    world: World, months: int, noise: float, seeds: Sequence[int], last: date, follows: bool = True
) -> Recovery:
    """Read back the objective from histories of `months` decisions that end by `last`, one a seed.

    With `follows` False the clients hold the baseline with the same noise and no objective at all: then `abstained` is
    what should be high. Objectives take turns over the seeds, so that each has made as many histories as any other.
    """
    confusion = np.zeros((len(OBJECTIVES), len(OBJECTIVES)), dtype=int)
    right, grouped, abstained = 0, 0, 0
    claimed = 0.0
    for place, seed in enumerate(seeds):
        truth = OBJECTIVES[place % len(OBJECTIVES)]
        client = draw_clients(1, torch.Generator().manual_seed(seed))
        trades = history_of(world, truth, client, months, noise, seed, last, follows)
        found = read_back(world, trades, client, last)
        confusion[OBJECTIVES.index(truth), OBJECTIVES.index(found.likeliest)] += 1
        right += found.likeliest is truth
        grouped += truth in found.group_of(found.likeliest)
        abstained += found.none > 0.5
        claimed += found.weights[found.likeliest]
    count = len(seeds)
    return Recovery(
        policy=world.name,
        months=months,
        noise=noise,
        seeds=count,
        accuracy=right / count,
        chance=1.0 / len(OBJECTIVES),
        group_accuracy=grouped / count,
        claimed=claimed / count,
        abstained=abstained / count,
        confusion=tuple(tuple(int(cell) for cell in row) for row in confusion),
    )


def history_of(
    world: World,
    objective: Objective,
    client: Clients,
    months: int,
    noise: float,
    seed: int,
    last: date,
    follows: bool = True,
) -> list[Transaction]:
    """Monthly trades of a client who follows the policy for one objective, with noise that lasts."""
    market, rng = world.market, np.random.default_rng(seed)
    ends = np.flatnonzero(market.dates <= np.datetime64(last))
    index = torch.from_numpy(ends[::-1][: months * PHASES : PHASES][::-1].copy())
    six = of_six(client).take(torch.tensor([OBJECTIVES.index(objective)]))
    tilt = policy_tilt(world.ensemble, take_days(market.day, index), six)[:, 0].numpy()
    held = market.eligible[index].numpy()
    spread = float(tilt[held].std()) if held.any() else 0.0
    wander = np.zeros(tilt.shape)
    shocks = rng.normal(size=tilt.shape) * noise * spread
    for row in range(len(wander)):
        before = wander[row - 1] if row else rng.normal(size=tilt.shape[1]) * noise * spread
        wander[row] = PERSISTENCE * before + (1.0 - PERSISTENCE**2) ** 0.5 * shocks[row]
    logs = np.where(held, market.sleeve[index].double().numpy() + follows * tilt + wander, -np.inf)
    share = np.exp(logs - logs.max(axis=1, keepdims=True))
    share /= share.sum(axis=1, keepdims=True)
    rows = decision_rows(world.panel)[index.numpy()]
    return _trades(world.panel, rows, share)


def read_back(world: World, trades: Sequence[Transaction], client: Clients, last: date) -> ObjectivePosterior:
    """The same road that a broker's file takes: trades, positions, decision days, posterior."""
    return infer_objectives(world.ensemble, observed_of(world, trades, last), client, fewest_days=2)


def observed_of(world: World, trades: Sequence[Transaction], last: date) -> Observed:
    """Decision days up to `last` of a list of trades."""
    positions = positions_of(trades, world.panel)
    rows = decision_rows(world.panel)
    later = world.market.dates > np.datetime64(last)
    value = np.where(later[:, None], 0.0, positions.value[rows])
    return observe(world.market, value, positions.traded[rows])


def _trades(panel: MarketPanel, rows: np.ndarray, share: Floats) -> list[Transaction]:
    """Trades at the close that bring a portfolio to `share` (L, N) on each row."""
    out: list[Transaction] = []
    units = np.zeros(share.shape[1])
    wealth = WEALTH
    for row, wanted in zip(rows.tolist(), share, strict=True):
        price = np.nan_to_num(panel.close[row], nan=0.0)
        now = float((units * price).sum())
        wealth = now if now > 0 else wealth
        goal = np.divide(wealth * wanted, price, out=np.zeros_like(price), where=price > 0)
        for place in np.flatnonzero(np.abs(goal - units) * price > 1e-9 * wealth).tolist():
            change = float(goal[place] - units[place])
            out.append(
                Transaction(
                    day=panel.dates[row].astype(object),
                    kind="buy" if change > 0 else "sell",
                    symbol=panel.symbols[place],
                    units=change,
                    price=float(price[place]),
                    amount=-change * float(price[place]),
                    line=len(out) + 1,
                )
            )
        units = goal
    return out
