"""From scores and a mandate to a proposal: the trained policy where its card earned it, else its baseline."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from portfolio.decision import Proposal
from portfolio.mandate import Mandate
from portfolio.market import Floats, MarketPanel
from portfolio.universe import Universe
from portfolio.views import ScoreHistory
from rl import baseline as base
from rl.baseline import baseline_proposal
from rl.branches.records import Branch, BranchModel, branch_on
from rl.branches.shelf import load_models
from rl.card import ModelCard, why_shut
from rl.checkpoint import AllocatorUnavailable, read, shipped
from rl.conditioning import client_of
from rl.ensemble import Ensemble
from rl.environment import day_of
from rl.features import Bools, latest
from rl.networks import BranchDay, Day
from rl.router import RouterAdapter
from rl.sleeves import log_sleeve

__all__ = ["Allocator", "AllocatorUnavailable", "baseline_proposal", "shipped"]


class Allocator:
    """A loaded checkpoint. Stateless: the same inputs give the same bytes.

    Attributes
    ----------
    card : what it was trained on and how it did
    branches : the models of the branches that the policy reads, unless a call gives others
    missing : a sentence for each branch that the policy reads and that cannot be had here, so that it is masked
    """

    def __init__(
        self,
        ensemble: Ensemble,
        card: ModelCard,
        branches: Sequence[BranchModel] = (),
        missing: Sequence[str] = (),
    ) -> None:
        self._ensemble = ensemble
        self.card = card
        self.branches, self.missing = tuple(branches), tuple(missing)

    @classmethod
    def load(cls, path: Path | None = None, *, cache: Path | None = None) -> "Allocator":
        """Read the checkpoint folder at `path`, the shipped one by default. Raises AllocatorUnavailable.

        `cache` is where a Chronos branch keeps its embeddings; beside the checkpoint when None.
        """
        folder = shipped() if path is None else path
        ensemble, card = read(folder)
        return cls(ensemble, card, *load_models(folder, [name for name, _ in card.config.shape.branches], cache))

    def propose(
        self,
        panel: MarketPanel,
        universe: Universe,
        scores: ScoreHistory,
        mandate: Mandate,
        *,
        persona_mask: NDArray[np.bool_] | None = None,
        gate: bool = True,
        branches: Sequence[Branch | BranchModel] | None = None,
        adapter: RouterAdapter | None = None,
        position: NDArray[np.float32] | None = None,
    ) -> Proposal:
        """Weights before limits, as of the panel's last day.

        Parameters
        ----------
        panel : ends at `as_of`; its symbols are the universe's
        scores : the personas' scores; only the last row is read, so it may hold that row alone
        persona_mask : (P,) which personas are heard; None means all
        gate : recommend the baseline where the model card says that the policy did not beat it out of sample
        branches : what the policy reads beside features and personas: models, or figures of which the last row is
            read; None means those of the checkpoint. One that the policy does not know is not asked; one that it
            knows and is not given is masked
        adapter : the client's own, fitted by `rl.personalisation`
        position : (N, S) what the client's tax lots look like (`rl.after_tax.look`), for a policy trained after tax

        Raises ValueError when panel, universe and scores are not about the same assets.
        """
        personas = len(scores.personas)
        mask = np.ones(personas, dtype=np.bool_) if persona_mask is None else persona_mask
        held, plain, own = self._weights(panel, universe, scores, mandate, mask[None, :], branches, adapter, position)
        baseline, policy = (base.named(weights, universe.symbols) for weights in (plain, own[0]))
        if not held.any():
            return Proposal(weights=baseline, method="baseline", baseline=baseline, gate=base.NOTHING_TO_HOLD)
        if gate and not self.card.gate.passed:
            failed = why_shut(self.card.gate)
            reason = f"The trained policy did not earn its place, so the baseline is recommended: {failed}. "
            reason += self.card.gate.reason
            return Proposal(weights=baseline, method="baseline", baseline=baseline, gate=reason, policy_weights=policy)
        return Proposal(weights=policy, method="policy", baseline=baseline, policy_weights=policy)

    def propose_coalitions(
        self,
        panel: MarketPanel,
        universe: Universe,
        scores: ScoreHistory,
        mandate: Mandate,
        masks: NDArray[np.bool_],
        *,
        gate: bool = True,
        branches: Sequence[Branch | BranchModel] | None = None,
        adapter: RouterAdapter | None = None,
        position: NDArray[np.float32] | None = None,
    ) -> Floats:
        """(C, N + 1) weights, cash last, with only the personas of each row of `masks` (C, P) heard.

        The row with everyone heard is what `propose` proposes. With the gate shut every row is the baseline, because
        then no persona moves anything. An empty row is not the baseline: prices still speak through the encoder.
        """
        held, plain, own = self._weights(panel, universe, scores, mandate, masks, branches, adapter, position)
        shut = (gate and not self.card.gate.passed) or not held.any()
        return np.repeat(plain[None, :], len(masks), axis=0) if shut else own

    def _weights(
        self,
        panel: MarketPanel,
        universe: Universe,
        scores: ScoreHistory,
        mandate: Mandate,
        masks: NDArray[np.bool_],
        branches: Sequence[Branch | BranchModel] | None,
        adapter: RouterAdapter | None,
        position: NDArray[np.float32] | None,
    ) -> tuple[Bools, Floats, Floats]:
        """Held assets (N,), the baseline (N + 1,) and the policy's weights (C, N + 1)."""
        base.check_same_assets(panel, universe)
        if scores.score.shape[0] != len(scores.personas) or scores.score.shape[2] != len(universe.symbols):
            raise ValueError(f"scores are {scores.score.shape}; (personas, days, {len(universe.symbols)}) expected")
        coalitions = base.coalition_rows(masks, len(scores.personas))
        today = latest(panel)
        eligible = today.eligible[0]
        held = base.client_assets(universe, mandate, eligible)
        cov = base.risk_of(panel, eligible)
        last = self._last_rows(self.branches if branches is None else branches, panel, universe)
        day = day_of(today.asset, today.market, today.tradable, scores, np.array([-1]), last)
        lots = None
        if position is not None:
            if position.shape[0] != len(universe.symbols):
                raise ValueError(f"lots of {position.shape[0]} assets in a universe of {len(universe.symbols)}")
            lots = torch.from_numpy(position).double().expand(len(coalitions), 1, *position.shape)
        client = client_of(mandate).vector().double()
        tilt = self._ensemble.tilt(_coalitions(day, coalitions), client, adapter, lots)
        sleeve = log_sleeve(self._ensemble.sleeve, cov, eligible)
        plain = base.client_weights(universe, mandate, held, cov, sleeve)
        own = [base.client_weights(universe, mandate, held, cov, sleeve + row) for row in tilt[:, 0].numpy()]
        return held, plain, np.stack(own)

    def _last_rows(
        self, branches: Sequence[Branch | BranchModel], panel: MarketPanel, universe: Universe
    ) -> tuple[Branch, ...]:
        """The last row of each branch that a member reads, models asked on no more days than they look back."""
        read = {name for member in self._ensemble.members for name, _ in member.shape.branches}
        rows = []
        for branch in branches:
            if branch.name not in read:
                continue
            if isinstance(branch, Branch):
                rows.append(Branch(branch.name, branch.values[-1:], branch.known[-1:]))
            else:
                seen = panel.window(max(0, len(panel.dates) - branch.lookback), len(panel.dates))
                rows.append(branch_on(branch, seen, universe, np.array([len(seen.dates) - 1])))
        return tuple(rows)


def _coalitions(day: Day, masks: Bools) -> Day:
    """One day (B = 1) repeated for each coalition (C), with the others' views silenced, in float64."""
    count = len(masks)
    heard = day.heard & torch.from_numpy(masks).unsqueeze(-1)

    def wide(values: torch.Tensor) -> torch.Tensor:
        return values.double().expand(count, *values.shape[1:])

    silent = ~heard
    return replace(
        day,
        asset=wide(day.asset),
        market=wide(day.market),
        tradable=day.tradable.expand(count, -1),
        score=wide(day.score).masked_fill(silent, 0.0),
        confidence=wide(day.confidence).masked_fill(silent, 0.0),
        heard=heard,
        branches=tuple(BranchDay(b.name, wide(b.values), b.known.expand(count, -1)) for b in day.branches),
    )
