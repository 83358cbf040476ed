"""Joint training, then grafting: each expert is trained alone on its own objectives, and kept where that is better.

1. All experts and the router are trained together (a `Learner`, as usual).
2. Each expert goes on alone: from the joint weights, encoder frozen, every client routed to it, and only objectives of
   its family (`rl.router.FAMILIES`).
3. An expert trained alone replaces the joint one under the jointly trained router if clients of its family are better
   off for it on validation days. What was tried and why it was kept or not is reported.
"""

from collections.abc import Sequence

import torch

from portfolio.records import Record
from rl.conditioning import draw_clients
from rl.ensemble import Ensemble, advantage
from rl.environment import COST, Market
from rl.networks import Policy
from rl.ppo import Learner, PPOConfig
from rl.router import EXPERTS, FAMILIES, IntentRouter, RouterAdapter

MONTHS = 12.0
CLIENTS = 32


class Graft(Record):
    """One expert's trial. Advantages are utility ahead of the baseline, per year, of clients of its family, on the
    validation days."""

    expert: str
    joint: float
    alone: float
    """With the expert trained alone in the joint one's place, under the joint router."""
    grafted: bool
    reason: str


class Grafting(Record):
    """All four trials, and the advantage of clients of every objective before and after."""

    grafts: tuple[Graft, ...]
    before: float
    after: float


class OneExpert(Policy):
    """A policy whose every client is routed to one expert."""

    chosen: int = 0

    def route(self, client: torch.Tensor, regime: torch.Tensor, adapter: RouterAdapter | None = None) -> torch.Tensor:
        """(B, C, K) one-hot shares."""
        shares = super().route(client, regime, adapter)
        alone = torch.zeros_like(shares)
        alone[..., self.chosen] = 1.0
        return alone


def graft(
    joint: Policy,
    config: PPOConfig,
    market: Market | Sequence[Market],
    days: torch.Tensor | Sequence[torch.Tensor],
    validation: Sequence[tuple[Market, torch.Tensor]],
    seed: int,
    *,
    updates: int,
    cost: float = COST,
) -> tuple[Policy, Grafting]:
    """The joint policy with the experts that did better alone, and the report.

    Parameters
    ----------
    joint : jointly trained, with the intent router; it is left as it is
    config : of the joint training; `updates` are done for each expert
    market, days : as for `Learner`, the training days
    validation : markets and their validation days, after the training days

    Raises ValueError for a policy without the intent router, whose experts have no families.
    """
    if not isinstance(joint.router, IntentRouter):
        raise ValueError("only the intent router's experts have families; train with `intent` in the network's shape")
    policy = _copy(joint, Policy(joint.shape))
    before = _ahead(policy, config, validation, seed, None, cost)
    grafts = []
    for place, expert in enumerate(EXPERTS):
        alone = _trained_alone(joint, config, market, days, seed, place, updates)
        trial = _copy(policy, Policy(joint.shape))
        _transplant(alone, trial, place)
        old, new = (_ahead(choice, config, validation, seed, expert, cost) for choice in (policy, trial))
        better = new > old
        grafts.append(
            Graft(
                expert=expert,
                joint=old,
                alone=new,
                grafted=better,
                reason=f"clients of {' and '.join(FAMILIES[expert])} were {new - old:+.3%} a year "
                f"{'better off with it, so it was grafted' if better else 'off with it, so the joint one stays'}",
            )
        )
        policy = trial if better else policy
    after = _ahead(policy, config, validation, seed, None, cost)
    return policy, Grafting(grafts=tuple(grafts), before=before, after=after)


def _trained_alone(
    joint: Policy,
    config: PPOConfig,
    market: Market | Sequence[Market],
    days: torch.Tensor | Sequence[torch.Tensor],
    seed: int,
    place: int,
    updates: int,
) -> Policy:
    alone = OneExpert(joint.shape)
    alone.chosen = place
    _copy(joint, alone)
    for name, parameter in alone.named_parameters():
        # Its own layers and the critic learn; what it shares with the others does not.
        parameter.requires_grad_(name.startswith(("minds.", "experts.", "value.")))
    own = config.model_copy(update={"among": FAMILIES[EXPERTS[place]], "updates": updates})
    learner = Learner(own, market, days, seed, policy=alone)
    for _ in range(updates):
        learner.update()
    return alone


@torch.no_grad()
def _transplant(source: Policy, target: Policy, place: int) -> None:
    target.experts.weight[place] = source.experts.weight[place]
    if source.minds is not None and target.minds is not None:
        rows = slice(place * source.shape.expert_hidden, (place + 1) * source.shape.expert_hidden)
        target.minds.weight[rows] = source.minds.weight[rows]
        target.minds.bias[rows] = source.minds.bias[rows]


def _copy(source: Policy, target: Policy) -> Policy:
    target.load_state_dict(source.state_dict())
    return target


def _ahead(
    policy: Policy,
    config: PPOConfig,
    validation: Sequence[tuple[Market, torch.Tensor]],
    seed: int,
    expert: str | None,
    cost: float,
) -> float:
    """Utility ahead of the baseline, per year: mean over the markets of clients of one family, or of all."""
    random = torch.Generator().manual_seed(seed)
    clients = (
        draw_clients(CLIENTS, random) if expert is None else draw_clients(CLIENTS, random, "mix", FAMILIES[expert])
    )
    ensemble = Ensemble((policy,), config.action_range, config.sleeve)
    values = [torch.cat(advantage(ensemble, market, days, clients, cost)).mean() for market, days in validation]
    return MONTHS * float(torch.stack(values).mean())
