"""The allocator as strategies: its policy, the product behind its gate, and each seed's policy alone."""

from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from weakref import WeakKeyDictionary

import numpy as np

from lab.backtest.seen import Seen
from lab.backtest.strategies import Strategy
from portfolio.decision import Proposal
from portfolio.market import Floats
from portfolio.records import CASH
from rl.allocator import Allocator
from rl.card import ModelCard
from rl.checkpoint import read, shipped
from rl.ensemble import Ensemble

POLICY, GATED = "policy", "gated"
SEED_PREFIX = "policy, seed "


class Asked:
    """An allocator asked once about what was seen: its proposal holds the gated weights and the policy's own."""

    def __init__(self, allocator: Allocator) -> None:
        self._allocator = allocator
        self._made: WeakKeyDictionary[Seen, Proposal] = WeakKeyDictionary()

    def __reduce__(self) -> "tuple[type[Asked], tuple[Allocator]]":
        return Asked, (self._allocator,)

    def __call__(self, seen: Seen) -> Proposal:
        if seen not in self._made:
            self._made[seen] = self._allocator.propose(seen.panel, seen.universe, seen.scores, seen.mandate)
        return self._made[seen]


@dataclass(frozen=True)
class Policy:
    """The policy's own weights, its gate left open."""

    ask: Asked

    def __call__(self, seen: Seen) -> Floats:
        made = self.ask(seen)
        return _vector(made.weights if made.policy_weights is None else made.policy_weights, seen)


@dataclass(frozen=True)
class Gated:
    """What a client is recommended."""

    ask: Asked

    def __call__(self, seen: Seen) -> Floats:
        return _vector(self.ask(seen).weights, seen)


def learned(folder: Path | None = None) -> tuple[tuple[Strategy, ...], tuple[Strategy, ...], ModelCard]:
    """The policy and the gated product; the policy of each seed; and the card. Raises AllocatorUnavailable."""
    ensemble, card = read(shipped() if folder is None else folder)
    mark = sha256(card.model_dump_json().encode()).hexdigest()
    ask = Asked(Allocator(ensemble, card))
    both = (
        Strategy(
            POLICY, "allocator's policy", "the trained policy, its gate left open", "learned", Policy(ask), mark
        ),
        Strategy(
            GATED, "the product, gate kept", "the policy where its card earned it, else equal weight",
            "learned", Gated(ask), mark,
        ),
    )  # fmt: skip
    seeds = tuple(
        Strategy(
            f"{SEED_PREFIX}{seed}",
            f"policy of seed {seed}",
            "one training alone",
            "learned",
            Policy(Asked(Allocator(Ensemble((member,), ensemble.action_range, ensemble.sleeve), card))),
            mark,
        )
        for seed, member in zip(card.seeds, ensemble.members, strict=True)
    )
    return both, seeds, card


def _vector(weights: dict[str, float], seen: Seen) -> Floats:
    return np.array([weights[symbol] for symbol in (*seen.universe.symbols, CASH)])
