"""What knowing a client's objectives from their trades is worth to them, on days after the trades.

Made-up clients trade for one objective each, with noise that lasts (`lab.personalise_recovery`). Their objectives are
read back from the trades, and the policy then serves them on later days in three ways: knowing nothing (the six
objectives alike), by what was read, and by the truth. What each way earns is measured by the client's own objective.
"""

from copy import deepcopy
from dataclasses import replace
from datetime import date

import torch

from lab.personalise_recovery import World, history_of, read_back
from portfolio.profile import OBJECTIVES
from portfolio.records import Record
from portfolio.statistics import Interval, block_bootstrap
from rl.checkpoint import read, shipped
from rl.conditioning import Clients, draw_clients
from rl.ensemble import phases, walk
from rl.environment import COST, market_of
from rl.rewards import utility

MONTHS = 12.0
SEED = 2_016
PERSONAL_CLIENTS = 120


class Worth(Record):
    """Utility a year beside serving a client of whom nothing is known; intervals are over clients."""

    policy: str
    clients: int
    months: int
    noise: float
    """Of the trades, as a multiple of the policy's own tilts."""
    last: date
    """The trades end by this day; the days that are judged come after it."""
    until: date
    read: Interval
    """Served by the objectives read from the trades."""
    truth: Interval
    """Served by the client's true objective: the most that reading could be worth."""


def worth_of_reading(
    world: World, *, clients: int, months: int, noise: float, last: date, until: date, level: float = 0.9
) -> Worth:
    """Measure it on the decision days after `last` whose period ends by `until`.

    Raises ValueError where there are no such days, or too few before.
    """
    asked, mixes = [], []
    for seed in range(clients):
        objective = OBJECTIVES[seed % len(OBJECTIVES)]
        client = draw_clients(1, torch.Generator().manual_seed(seed))
        trades = history_of(world, objective, client, months, noise, seed, last)
        found = read_back(world, trades, client, last)
        asked.append(client)
        mixes.append([found.weights[name] for name in OBJECTIVES])
    every = _together(asked)
    # A served policy is in double precision; the market's tensors, on which it is walked, are in single.
    members = tuple(deepcopy(member).float() for member in world.ensemble.members)
    world = replace(world, ensemble=replace(world.ensemble, members=members))
    wanted = torch.eye(len(OBJECTIVES))[torch.arange(clients) % len(OBJECTIVES)]
    blind, read, truth = (
        _earned(world, every, served, wanted, last, until)
        for served in (torch.full_like(wanted, 1.0 / len(OBJECTIVES)), torch.tensor(mixes), wanted)
    )
    return Worth(
        policy=world.name,
        clients=clients,
        months=months,
        noise=noise,
        last=last,
        until=until,
        read=block_bootstrap((read - blind).double().numpy(), seed=SEED, block=1, level=level),
        truth=block_bootstrap((truth - blind).double().numpy(), seed=SEED, block=1, level=level),
    )


def shipped_worth(clients: int) -> Worth:
    """The same for the shipped policy with the intent router, on the bundled history's test years.

    Raises AllocatorUnavailable where the checkpoint cannot be read.
    """
    from agents.personas import load_personas, score_history
    from tools.market.bundled import load_bundled

    data = load_bundled()
    ensemble, card = read(shipped(personal=True))
    market = market_of(data.panel, score_history(load_personas(), data.panel))
    return worth_of_reading(
        World(card.name, ensemble, market, data.panel),
        clients=clients,
        months=36,
        noise=1.0,
        last=card.folds[-1].last,
        until=card.spans[-1].last,
    )


def sentence(worth: Worth) -> str:
    """The finding in words."""
    read, truth = worth.read, worth.truth
    return (
        f"{worth.clients} made-up clients, {worth.months} months of trades to {worth.last} with noise "
        f"{worth.noise:g} times the policy's tilts, judged after it to {worth.until} by their own objective: serving "
        f"them by what their trades reveal is worth {read.estimate:+.2%} a year ({read.low:+.2%} to {read.high:+.2%}) "
        f"beside knowing nothing, and knowing the truth {truth.estimate:+.2%} ({truth.low:+.2%} to {truth.high:+.2%}). "
        f"Policy: {worth.policy}."
    )


def _together(clients: list[Clients]) -> Clients:
    names = clients[0].__dataclass_fields__
    return Clients(**{name: torch.cat([getattr(client, name) for client in clients]) for name in names})


def _earned(
    world: World, clients: Clients, served: torch.Tensor, wanted: torch.Tensor, last: date, until: date
) -> torch.Tensor:
    """(C,) mean utility a year by the objectives `wanted` (C, 6) when the policy is told `served` (C, 6)."""
    days = world.market.between(str(last), str(until))
    if len(days) == 0:
        raise ValueError(f"no decision day lies between {last} and {until}; judge over a longer time")
    told = replace(clients, objectives=served)
    parts = []
    for index in phases(days):
        out = walk(world.ensemble, world.market, index, told, COST)
        parts.append(utility(out.net, out.turnover, clients.risk_aversion, wanted).flatten(0, 1))
    return MONTHS * torch.cat(parts).mean(dim=0)
