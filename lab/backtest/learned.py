"""The allocator as strategies: its policy, the product behind its gate, and each seed's policy alone."""

from collections.abc import Callable
from pathlib import Path

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


def learned(folder: Path | None = None) -> tuple[tuple[Strategy, ...], tuple[Strategy, ...], ModelCard]:
    """The policy and the gated product; the policy of each seed; and the card. Raises AllocatorUnavailable."""
    ensemble, card = read(shipped() if folder is None else folder)
    propose = _kept(Allocator(ensemble, card))
    both = (
        Strategy(POLICY, "allocator's policy", "the trained policy, its gate left open", "learned", _policy(propose)),
        Strategy(
            GATED, "the product, gate kept", "what a client is recommended: the policy where its card earned it",
            "learned", lambda seen: _vector(propose(seen).weights, seen),
        ),
    )  # fmt: skip
    seeds = tuple(
        Strategy(
            f"{SEED_PREFIX}{seed}",
            f"policy of seed {seed}",
            "one training alone",
            "learned",
            _policy(_kept(Allocator(Ensemble((member,), ensemble.action_range, ensemble.sleeve), card))),
        )
        for seed, member in zip(card.seeds, ensemble.members, strict=True)
    )
    return both, seeds, card


def _kept(allocator: Allocator) -> Callable[[Seen], Proposal]:
    """Asked once a day: the proposal holds the gated weights and the policy's own."""
    last: list[tuple[Seen, Proposal]] = []

    def propose(seen: Seen) -> Proposal:
        if not last or last[0][0] is not seen:
            last[:] = [(seen, allocator.propose(seen.panel, seen.universe, seen.scores, seen.mandate))]
        return last[0][1]

    return propose


def _policy(propose: Callable[[Seen], Proposal]) -> Callable[[Seen], Floats]:
    def decide(seen: Seen) -> Floats:
        made = propose(seen)
        return _vector(made.weights if made.policy_weights is None else made.policy_weights, seen)

    return decide


def _vector(weights: dict[str, float], seen: Seen) -> Floats:
    return np.array([weights[symbol] for symbol in (*seen.universe.symbols, CASH)])
