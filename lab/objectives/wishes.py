"""What a client may wish for, and what the shipped policies hold for each wish on each decision day.

A wish reaches the policy as it does live: the mandate's objective mix is read by the router and, for the share of it
that is preserving capital, leans the baseline itself to calm assets (`rl.baseline.client_weights`). `ROUTER_ALONE` is
capital preservation without that leaning, to tell the two apart.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import torch

from lab.backtest.seen import Seen, World, plain_mandate
from lab.backtest.strategies import Strategy
from lab.objectives.records import Config
from portfolio.intent import objective_mix
from portfolio.mandate import Mandate
from portfolio.market import Floats
from portfolio.profile import OBJECTIVES, InvestorProfile, Objective
from rl.baseline import client_assets, client_weights
from rl.conditioning import client_of
from rl.ensemble import Ensemble
from rl.environment import day_of
from rl.features import features
from rl.networks import Day
from rl.sleeves import log_sleeve

DEFAULT_MIX, ROUTER_ALONE = "default_mix", "capital_preservation_router_alone"


@dataclass(frozen=True)
class Wish:
    """A name, the objective mix that the policy is told, and whether the baseline leans with it."""

    name: str
    mix: dict[Objective, float]
    leans: bool = True

    @property
    def title(self) -> str:
        return self.name.replace("_", " ")


PURE: tuple[Wish, ...] = tuple(Wish(one.value, {one: 1.0}) for one in OBJECTIVES)
WISHES: tuple[Wish, ...] = (
    *PURE,
    Wish(DEFAULT_MIX, objective_mix(InvestorProfile())),
    Wish(ROUTER_ALONE, {Objective.CAPITAL_PRESERVATION: 1.0}, leans=False),
)
"""The six alone, what the house assumes of a client of whom nothing is known, and the router's part of preservation."""


@dataclass(frozen=True, eq=False)
class Learned:
    """A shipped policy: its ensemble, the seeds of its members and the hash of its weights."""

    name: str
    ensemble: Ensemble
    seeds: tuple[int, ...]
    weights_sha256: str

    def alone(self, place: int) -> Ensemble:
        """One seed's policy."""
        return Ensemble((self.ensemble.members[place],), self.ensemble.action_range, self.ensemble.sleeve)


def strategy_name(policy: str, wish: str, seed: int | None = None) -> str:
    """Also a file's name."""
    return f"{policy}.{wish}" + ("" if seed is None else f".seed-{seed}")


def mandate_of(wish: Wish, config: Config, volatility: float) -> Mandate:
    """A client with this wish, a volatility limit, and nothing else that binds."""
    return plain_mandate(volatility, config.risk_aversion).model_copy(update={"objective_mix": wish.mix})


def strategies_of(
    world: World, rows: Sequence[int], learned: Learned, wishes: Sequence[Wish], config: Config, volatility: float
) -> tuple[Strategy, ...]:
    """The ensemble under every wish and, where the settings ask for it, each seed alone under the pure wishes.

    What a strategy holds on a row depends on rows up to it: features and personas' scores are those of that row.
    """
    day = days_of(world, rows)
    out = [*_strategies(world, rows, day, learned.name, learned.ensemble, wishes, config, volatility, None)]
    if config.seeds:
        pure = [wish for wish in wishes if wish in PURE]
        for place, seed in enumerate(learned.seeds):
            alone = learned.alone(place)
            out += _strategies(world, rows, day, learned.name, alone, pure, config, volatility, seed)
    return tuple(out)


def days_of(world: World, rows: Sequence[int]) -> Day:
    """The policy's inputs on some rows, by the functions that training and live advice use, in double precision."""
    made = features(world.panel)
    day = day_of(made.asset, made.market, made.tradable, world.scores, np.asarray(rows))
    return day.each(lambda part: part.double() if part.is_floating_point() else part)


def _strategies(
    world: World,
    rows: Sequence[int],
    day: Day,
    policy: str,
    ensemble: Ensemble,
    wishes: Sequence[Wish],
    config: Config,
    volatility: float,
    seed: int | None,
) -> list[Strategy]:
    mandates = [mandate_of(wish, config, volatility) for wish in wishes]
    clients = torch.cat([client_of(mandate).vector() for mandate in mandates]).double()
    tilts = ensemble.tilt(day, clients).numpy()  # (R, C, N)
    place = {row: number for number, row in enumerate(rows)}
    return [
        Strategy(
            name=strategy_name(policy, wish.name, seed),
            title=f"{policy}: {wish.title}" + ("" if seed is None else f", seed {seed}"),
            note="what the policy holds for this wish",
            kind="learned",
            decide=_holder(world, ensemble, mandate if wish.leans else mandates[0], tilts[:, number], place),
        )
        for number, (wish, mandate) in enumerate(zip(wishes, mandates, strict=True))
    ]


def _holder(
    world: World, ensemble: Ensemble, mandate: Mandate, tilts: Floats, place: dict[int, int]
) -> Callable[[Seen], Floats]:
    """The weights of one client on any of the rows: the arithmetic of `rl.allocator`."""

    def decide(seen: Seen) -> Floats:
        held = client_assets(world.universe, mandate, seen.eligible)
        sleeve = log_sleeve(ensemble.sleeve, seen.covariance, seen.eligible)
        return client_weights(world.universe, mandate, held, seen.covariance, sleeve + tilts[place[seen.row]])

    return decide
