"""Proximal policy optimisation (Schulman et al. 2017), the whole of it in one file, readable top to bottom.

A rollout is G paths of L monthly decisions through history; on each path the same days serve C clients drawn at
random, so each day is encoded once and read C times. Numbers in brackets are the implementation details of Huang
et al., "The 37 implementation details of PPO" (2022).
"""

import io
import math
import os
from collections.abc import Sequence
from dataclasses import dataclass, replace

import torch
from pydantic import Field
from torch import nn

from portfolio.profile import OBJECTIVES, Objective
from portfolio.records import Record
from rl.conditioning import Clients, EpisodeObjective, draw_clients
from rl.determinism import deterministic
from rl.environment import COST, PHASES, Market, full_growth, hold, take_days, weights_of
from rl.networks import BranchDay, Day, NetworkShape, Policy
from rl.rewards import RewardName, reward
from rl.sleeves import SleeveName

__all__ = [
    "Learner",
    "PPOConfig",
    "Rollout",
    "UpdateReport",
    "deterministic",
    "log_density",
    "path_starts",
    "roll_out",
]


class PPOConfig(Record):
    """Every choice of the learner. The defaults were chosen on the validation years alone."""

    shape: NetworkShape = NetworkShape()
    action_range: float = Field(default=0.5, gt=0)
    """kappa: a tilt lies within +- kappa, so an asset's place in the sleeve moves by at most exp(kappa)."""
    sleeve: SleeveName = "equal_weight"
    """The baseline that is tilted, live; in training each market carries its own (`market_of`)."""
    reward: RewardName = "objectives"
    objective: EpisodeObjective = "mix"
    """Each client of an episode wants a mix of objectives, or one alone."""
    after_tax: bool = False
    """Step every portfolio through its tax lots, and reward what is left after tax. Off, nothing of it is computed."""
    among: tuple[Objective, ...] = Field(default=OBJECTIVES, min_length=1)
    """Objectives that episodes draw from."""
    updates: int = Field(default=60, ge=1)
    paths: int = Field(default=8, ge=1)
    steps: int = Field(default=24, ge=1)
    clients: int = Field(default=24, ge=1)
    epochs: int = Field(default=4, ge=1)
    minibatches: int = Field(default=4, ge=1)
    learning_rate: float = Field(default=1e-3, gt=0)
    discount: float = Field(default=0.5, ge=0, lt=1)
    """Low on purpose: a tilt's cost and reward fall within a month or two, and a long horizon only adds noise."""
    gae_lambda: float = Field(default=0.9, ge=0, le=1)
    clip: float = Field(default=0.2, gt=0)
    value_weight: float = Field(default=0.5, ge=0)
    entropy_weight: float = Field(default=0.0, ge=0)
    max_grad_norm: float = Field(default=0.5, gt=0)
    target_kl: float = Field(default=0.03, gt=0)
    weight_decay: float = Field(default=1e-3, ge=0)
    persona_dropout: float = Field(default=0.4, ge=0, lt=1)
    """Chance that a path does not hear a persona at all."""
    branch_dropout: float = Field(default=0.3, ge=0, lt=1)
    """Chance that a path lacks a branch, so that the policy can do without."""
    asset_dropout: float = Field(default=0.5, ge=0, lt=1)
    """Upper end of the share of assets that a client excludes, drawn anew for each client."""
    reward_scale: float = Field(default=100.0, gt=0)


@dataclass(frozen=True)
class UpdateReport:
    """What one update did: mean reward (utility ahead of the baseline, per month, in reward units), and the losses."""

    update: int
    reward: float
    policy_loss: float
    value_loss: float
    kl: float


@dataclass(frozen=True, eq=False)
class Rollout:
    """One batch: G paths x L steps x C clients, flattened to B = G * L days where the policy reads it.

    Attributes
    ----------
    day : B days ; client : (B, C, Z) ; held, action : (B, C, N)
    log_prob, value, advantage, target : (B, C) ; reward : mean over the batch
    position : (B, C, N, S) what each portfolio's tax lots looked like, in training after tax only
    """

    day: Day
    client: torch.Tensor
    held: torch.Tensor
    action: torch.Tensor
    log_prob: torch.Tensor
    value: torch.Tensor
    advantage: torch.Tensor
    target: torch.Tensor
    reward: float
    position: torch.Tensor | None = None


class Learner:
    """One seed's training: a policy, its optimiser and its random numbers, one `update()` at a time.

    The same configuration, markets, days and seed give the same weights to the bit, also when the training was
    interrupted and taken up again from `state()`. Random numbers are drawn on the CPU on every device alike.
    """

    def __init__(
        self,
        config: PPOConfig,
        market: Market | Sequence[Market],
        days: torch.Tensor | Sequence[torch.Tensor],
        seed: int,
        device: str = "cpu",
        policy: Policy | None = None,
    ) -> None:
        """`days` indexes the decision days that may be trained on, of each market where there are several: rollouts
        take the markets in turn. A `policy` that is given goes on learning, in place, where its parameters ask for
        gradients. Raises ValueError when a path fits in none of a market's days.
        """
        markets = (market,) if isinstance(market, Market) else tuple(market)
        spans = (days,) if isinstance(days, torch.Tensor) else tuple(days)
        if not markets or len(markets) != len(spans):
            raise ValueError(f"{len(markets)} markets and {len(spans)} sets of days; give one set for each market")
        self._starts = tuple(path_starts(one, span, config.steps) for one, span in zip(markets, spans, strict=True))
        self.config, self._device = config, torch.device(device)
        self._markets = tuple(one.to(self._device) for one in markets)
        if self._device.type == "cuda":
            # cuBLAS is deterministic only with a workspace of fixed size, named before its first use.
            os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")
        with deterministic(seed):
            self.policy = (Policy(config.shape) if policy is None else policy).to(self._device)
        self._random = torch.Generator().manual_seed(seed)
        self._seed = seed
        # [3] Adam with epsilon 1e-5. Decoupled weight decay holds capacity back.
        self._optimiser = torch.optim.AdamW(
            self.policy.parameters(), lr=config.learning_rate, eps=1e-5, weight_decay=config.weight_decay, fused=True
        )
        self.updates_done = 0

    def update(self) -> UpdateReport:
        """One rollout and its epochs of clipped updates."""
        config = self.config
        with deterministic(self._seed * 100_003 + self.updates_done):
            # [4] The learning rate falls linearly to zero.
            rate = config.learning_rate * (1.0 - self.updates_done / config.updates)
            for group in self._optimiser.param_groups:
                group["lr"] = rate
            turn = self.updates_done % len(self._markets)
            batch = roll_out(self.policy, config, self._markets[turn], self._starts[turn], self._random)
            losses = self._learn(batch)
        self.updates_done += 1
        return UpdateReport(self.updates_done, batch.reward, *losses)

    def state(self) -> bytes:
        """All that the next update depends on: weights, optimiser, random numbers and counter."""
        out = io.BytesIO()
        parts = {
            "policy": self.policy.state_dict(),
            "optimiser": self._optimiser.state_dict(),
            "random": self._random.get_state(),
            "updates_done": self.updates_done,
        }
        torch.save(parts, out)
        return out.getvalue()

    def load_state(self, state: bytes) -> None:
        """Take up an interrupted training: updates go on as if there had been no break, to the bit.

        Raises RuntimeError when the state is of another network's shape.
        """
        parts = torch.load(io.BytesIO(state), weights_only=True, map_location=self._device)
        self.policy.load_state_dict(parts["policy"])
        self._optimiser.load_state_dict(parts["optimiser"])
        self._random.set_state(parts["random"].cpu())
        self.updates_done = int(parts["updates_done"])

    def _learn(self, batch: Rollout) -> tuple[float, float, float]:
        config = self.config
        days = len(batch.action)
        size = math.ceil(days / config.minibatches)
        policy_loss = value_loss = kl = torch.zeros(())
        for _ in range(config.epochs):
            # [6] Minibatches are drawn without replacement; whole days, so that each is encoded once.
            order = torch.randperm(days, generator=self._random).to(self._device)
            for pick in torch.split(order, size):
                encoded = self.policy.encode(take_days(batch.day, pick))
                position = None if batch.position is None else batch.position[pick]
                mean = self.policy.blend(encoded, batch.client[pick], position=position)
                log_prob = log_density(batch.action[pick], mean, self.policy.log_std, batch.held[pick])
                log_ratio = log_prob - batch.log_prob[pick]
                ratio = log_ratio.exp()
                # [7] Advantages are normalised per minibatch.
                advantage = batch.advantage[pick]
                advantage = (advantage - advantage.mean()) / (advantage.std(correction=0) + 1e-8)
                # [8] The clipped surrogate objective.
                clipped = ratio.clamp(1.0 - config.clip, 1.0 + config.clip)
                policy_loss = -torch.minimum(ratio * advantage, clipped * advantage).mean()
                # [9] The value loss is clipped as the policy's is.
                value, old = self.policy.worth(encoded, batch.client[pick]), batch.value[pick]
                near = old + (value - old).clamp(-config.clip, config.clip)
                target = batch.target[pick]
                value_loss = 0.5 * torch.maximum((value - target) ** 2, (near - target) ** 2).mean()
                # [10] Entropy of a Gaussian with one width: its log width, up to a constant.
                entropy = self.policy.log_std.sum()
                loss = policy_loss + config.value_weight * value_loss - config.entropy_weight * entropy
                self._optimiser.zero_grad()
                loss.backward()  # type: ignore[no-untyped-call]
                # [11] The global gradient norm is clipped.
                nn.utils.clip_grad_norm_(self.policy.parameters(), config.max_grad_norm)
                self._optimiser.step()
                # [12] Schulman's low-variance estimate of the divergence from the policy that acted.
                kl = ((ratio - 1.0) - log_ratio).mean().detach()
            if float(kl) > config.target_kl:  # early stop of the epochs
                break
        return float(policy_loss.detach()), float(value_loss.detach()), float(kl)


@torch.no_grad()
def roll_out(
    policy: Policy, config: PPOConfig, market: Market, starts: torch.Tensor, random: torch.Generator
) -> Rollout:
    """Paths drawn from `starts` (K,), decision days on which one may begin, acted by the policy; see `Rollout`."""
    paths, steps, count = config.paths, config.steps, config.clients
    device = market.growth.device
    begin = starts[torch.randint(len(starts), (paths,), generator=random)]
    index = (begin.unsqueeze(1) + PHASES * torch.arange(steps)).to(device)  # (G, L)
    flat = index.reshape(-1)
    day = _drop_personas(take_days(market.day, flat), config.persona_dropout, steps, random)
    day = _drop_branches(day, config.branch_dropout, steps, random)
    clients = draw_clients(paths * count, random, config.objective, config.among).to(device)
    held = _held(market.eligible[index], paths, count, config.asset_dropout, random)  # (G, L, C, N)
    client = clients.vector().view(paths, 1, count, -1).expand(paths, steps, count, -1).reshape(len(flat), count, -1)

    encoded = policy.encode(day)
    mean, value = policy.blend(encoded, client), policy.worth(encoded, client)
    noise = torch.randn(mean.shape, generator=random).to(device) * policy.log_std.exp()
    flat_held = held.reshape(len(flat), count, -1)
    position = None
    if config.after_tax:
        lean, position, gained = _reward_after_tax(policy, config, market, index, mean + noise, held, clients, random)
        mean = mean + lean
    else:
        gained = _reward(config, market, index, (mean + noise).view(held.shape), held, clients)
    action = mean + noise
    log_prob = log_density(action, mean, policy.log_std, flat_held)
    # [constant scaling in place of detail 8] rewards are differences and of one size already
    gained = gained * config.reward_scale
    advantage = _gae(gained, value.view(paths, steps, count), config.discount, config.gae_lambda)
    advantage = advantage.reshape(len(flat), count)
    target, average = advantage + value, float(gained.mean())
    return Rollout(day, client, flat_held, action, log_prob, value, advantage, target, average, position)


def _reward_after_tax(
    policy: Policy,
    config: PPOConfig,
    market: Market,
    index: torch.Tensor,
    action: torch.Tensor,
    held: torch.Tensor,
    clients: Clients,
    random: torch.Generator,
) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """What the lots add to the actions (B, C, N), how they looked (B, C, N, S), and the reward (G, L, C) after tax
    ahead of the baseline's own after tax. `action` is what the market part and the exploration say."""
    from rl.after_tax import draw_accounts, walk_taxed  # the lots' tables are loaded only where they are used

    paths, _steps, count, _assets = held.shape
    accounts = draw_accounts(paths * count, random, held.device)
    still = market.sleeve[index].unsqueeze(2).expand(held.shape)
    client, flat = clients.vector().view(paths, count, -1), action.view(held.shape)
    leans: list[torch.Tensor] = []

    def own(step: int, position: torch.Tensor) -> torch.Tensor:
        leans.append(policy.lean(position, client))
        return still[:, step] + config.action_range * torch.tanh(flat[:, step] + leans[-1])

    def base(step: int, _position: torch.Tensor) -> torch.Tensor:
        return still[:, step]

    aversion, mix = clients.risk_aversion.view(paths, 1, count), clients.objectives.view(paths, 1, count, -1)
    walked = [walk_taxed(market, index, held, clients, accounts, act, COST) for act in (own, base)]
    first, second = (reward(config.reward, one.net, one.turnover, aversion, mix) for one in walked)
    return torch.stack(leans, dim=1).flatten(0, 1), walked[0].position.flatten(0, 1), first - second


def _reward(
    config: PPOConfig,
    market: Market,
    index: torch.Tensor,
    action: torch.Tensor,
    held: torch.Tensor,
    clients: Clients,
) -> torch.Tensor:
    """(G, L, C) reward ahead of the baseline's. Both start from the baseline's weights."""
    paths, _steps, count, _assets = held.shape

    def wide(values: torch.Tensor) -> torch.Tensor:
        return values.view(paths, 1, count)

    growth, covariance = full_growth(market, index), market.covariance[index]
    still = market.sleeve[index].unsqueeze(2).expand(held.shape)
    risk, largest = wide(clients.volatility), wide(clients.largest_risky_share)
    base = weights_of(still, held, covariance, risk, largest)
    own = weights_of(still + config.action_range * torch.tanh(action), held, covariance, risk, largest)
    aversion, mix = wide(clients.risk_aversion), clients.objectives.view(paths, 1, count, -1)
    first, second = (
        reward(config.reward, outcome.net, outcome.turnover, aversion, mix)
        for outcome in (hold(own, growth, base[:, 0]), hold(base, growth, base[:, 0]))
    )
    return first - second


def log_density(action: torch.Tensor, mean: torch.Tensor, log_std: torch.Tensor, held: torch.Tensor) -> torch.Tensor:
    """(B, C) log density of the actions on the assets held; those not held have no part in it.

    [continuous 1, 2] A Gaussian with a state-independent width, independent per asset. The tanh belongs to the
    environment, so the density needs no correction for it.
    """
    counted = held.to(action.dtype)
    apart = (action - mean) * counted
    width = log_std + 0.5 * math.log(2.0 * math.pi)
    return -0.5 * torch.exp(-2.0 * log_std) * (apart * apart).sum(dim=-1) - counted.sum(dim=-1) * width


def _gae(reward: torch.Tensor, value: torch.Tensor, discount: float, lam: float) -> torch.Tensor:
    """(G, L, C) generalised advantage estimates (Schulman et al. 2015) [5], bootstrapped with the last value.

    The episode's end is a cut in time, not a terminal state, so the last step's successor is valued as itself.
    """
    following = torch.cat([value[:, 1:], value[:, -1:]], dim=1)
    delta = reward + discount * following - value
    out = torch.empty_like(delta)
    carry = torch.zeros_like(delta[:, 0])
    for step in range(delta.shape[1] - 1, -1, -1):
        carry = delta[:, step] + discount * lam * carry
        out[:, step] = carry
    return out


def _drop_personas(day: Day, chance: float, steps: int, random: torch.Generator) -> Day:
    """Silence each persona on whole paths at random, so that the policy learns to do with any set of them."""
    paths, personas = len(day.heard) // steps, day.heard.shape[1]
    kept = (torch.rand(paths, personas, generator=random) >= chance).repeat_interleave(steps, dim=0).unsqueeze(-1)
    kept = kept.to(day.heard.device)
    return replace(
        day, heard=day.heard & kept, score=day.score * kept.float(), confidence=day.confidence * kept.float()
    )


def _drop_branches(day: Day, chance: float, steps: int, random: torch.Generator) -> Day:
    """Take each branch from whole paths at random, so that the policy learns to do without."""

    def dropped(branch: BranchDay) -> BranchDay:
        paths = len(branch.known) // steps
        kept = (torch.rand(paths, generator=random) >= chance).repeat_interleave(steps).to(branch.known.device)
        return BranchDay(branch.name, branch.values * kept.view(-1, 1, 1), branch.known & kept.view(-1, 1))

    return replace(day, branches=tuple(dropped(branch) for branch in day.branches))


def _held(eligible: torch.Tensor, paths: int, clients: int, most: float, random: torch.Generator) -> torch.Tensor:
    """(G, L, C, N) eligible assets less each client's exclusions, which hold for the whole path."""
    assets = eligible.shape[-1]
    share = most * torch.rand(paths, 1, clients, 1, generator=random)
    allowed = torch.rand(paths, 1, clients, assets, generator=random) >= share
    held = eligible.unsqueeze(2) & allowed.to(eligible.device)
    # A client who excluded everything is given the whole universe back, rather than nothing to learn from.
    return torch.where(held.any(dim=-1, keepdim=True), held, eligible.unsqueeze(2).expand_as(held))


def path_starts(market: Market, days: torch.Tensor, steps: int) -> torch.Tensor:
    """(K,) the training days on which a path of `steps` months may begin. Raises ValueError where there is none."""
    span = (steps - 1) * PHASES
    inside = torch.zeros(len(market.dates), dtype=torch.bool)
    inside[days] = True
    starts = days[days + span < len(market.dates)]
    starts = starts[inside[starts + span]]
    if len(starts) == 0:
        raise ValueError(f"{len(days)} training days hold no path of {steps} months; train on more history")
    return starts
