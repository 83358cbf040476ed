"""PPO with the paper's settings (arXiv 2511.17963) for many models at once: seeds x K x with or without forecasts.

The actor reads one flat vector of recent returns, weights held and forecasts, as the paper's does: it knows its
assets by their place. Every weight has a leading dimension of models, so all of a table's trainings are one run.
This is the re-test's learner; the house's own policy is `rl.ppo`.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from pydantic import Field

from portfolio.records import Record
from rl.hybrid import HybridMarket, earn, top_k_weights
from rl.ppo import deterministic

Weights = dict[str, torch.Tensor]


class HybridPPOConfig(Record):
    """The paper's settings; paths x steps is its 512. The number of updates is ours, for it names none."""

    updates: int = Field(default=60, ge=1)
    paths: int = Field(default=16, ge=1)
    steps: int = Field(default=32, ge=1)
    epochs: int = Field(default=10, ge=1)
    batch: int = Field(default=128, ge=1)
    hidden: int = Field(default=64, ge=1)
    learning_rate: float = Field(default=1e-4, gt=0)
    discount: float = Field(default=0.99, ge=0, lt=1)
    gae_lambda: float = Field(default=0.95, ge=0, le=1)
    clip: float = Field(default=0.2, gt=0)
    entropy: float = Field(default=0.01, ge=0)
    value: float = Field(default=0.5, ge=0)
    max_grad_norm: float = Field(default=0.5, gt=0)


@dataclass(frozen=True)
class Variant:
    """One model of the batch: K, its seed, and whether it reads that seed's forecasts (hybrid) or none (PPO only)."""

    top: int
    seed: int
    forecasts: bool


@dataclass(frozen=True, eq=False)
class _Rollout:
    """M models x B steps: observations, actions, their log densities, advantages and value targets."""

    seen: torch.Tensor
    action: torch.Tensor
    log_prob: torch.Tensor
    advantage: torch.Tensor
    target: torch.Tensor


class HybridLearner:
    """All variants' training on one market.

    Parameters
    ----------
    forecast : (S, T, N) of each seed in order of its first appearance in `variants`, of order one, 0 where unknown
    first, last : rows of the training: a path starts at `first` or later, and its last week ends by `last`

    Variants of one seed start from the same weights and see the same days and noise, so that they differ in what they
    read and hold alone. Same inputs, same bits.
    """

    def __init__(
        self,
        config: HybridPPOConfig,
        market: HybridMarket,
        forecast: torch.Tensor,
        variants: tuple[Variant, ...],
        first: int,
        last: int,
    ) -> None:
        """Raises ValueError when no path fits between the rows."""
        span = config.steps * market.rules.step
        if last - span < first:
            raise ValueError(f"rows {first} to {last} hold no path of {config.steps} weeks; give more history")
        self.config, self.market, self.variants = config, market, variants
        seeds = list(dict.fromkeys(variant.seed for variant in variants))
        self._of_seed = torch.tensor([seeds.index(variant.seed) for variant in variants])
        self._forecast = forecast * 1.0
        self._reads = torch.tensor([float(variant.forecasts) for variant in variants]).view(-1, 1, 1)
        self._top = torch.tensor([variant.top for variant in variants]).view(-1, 1, 1)
        self._first, self._starts = first, last - span - first + 1
        self._random = [torch.Generator().manual_seed(seed) for seed in seeds]
        assets = market.growth.shape[1]
        inputs = assets * (market.rules.recent + 2)
        parts = [_network(inputs, assets, config.hidden, random) for random in self._random]
        self.weights: Weights = {
            name: torch.stack([parts[place][name] for place in self._of_seed.tolist()]).requires_grad_()
            for name in parts[0]
        }
        # Details 2 and 3 of Huang et al. (2022): orthogonal weights, Adam with epsilon 1e-5.
        self._optimiser = torch.optim.Adam(list(self.weights.values()), lr=config.learning_rate, eps=1e-5, fused=True)

    def train(self, progress: Callable[[int], None]) -> None:
        """All updates; `progress` is told how many are done."""
        with deterministic(0):
            for done in range(1, self.config.updates + 1):
                self._learn(self._rollout())
                progress(done)

    @torch.no_grad()
    def decide(self, rows: NDArray[np.int64]) -> torch.Tensor:
        """(M, R, N) weights on consecutive decision rows by the mean action, starting from cash."""
        before = torch.zeros(len(self.variants), 1, self.market.growth.shape[1])
        out = []
        with deterministic(0):
            for row in torch.from_numpy(rows):
                at = row.expand(len(self.variants), 1)
                mean = _mlp(self.weights, "actor", self._observe(at, before))
                weights = self._weights(mean, at)
                _, before = earn(self.market, at, before, weights)
                out.append(weights[:, 0])
        return torch.stack(out, dim=1)

    def _observe(self, rows: torch.Tensor, before: torch.Tensor) -> torch.Tensor:
        """(M, E, inputs) of rows (M, E) and weights held (M, E, N)."""
        forecast = self._forecast[self._of_seed.unsqueeze(1), rows] * self._reads
        return torch.cat([self.market.recent[rows].flatten(2), before, forecast], dim=-1)

    def _weights(self, action: torch.Tensor, rows: torch.Tensor) -> torch.Tensor:
        return top_k_weights(action, self.market.eligible[rows], self._top, self.market.rules.threshold)

    def _drawn(self, make: Callable[[torch.Generator], torch.Tensor]) -> torch.Tensor:
        """(M, ...) what each seed's generator draws, the same for all variants of the seed."""
        return torch.stack([make(random) for random in self._random])[self._of_seed]

    @torch.no_grad()
    def _rollout(self) -> _Rollout:
        config, assets = self.config, self.market.growth.shape[1]
        rows = self._first + self._drawn(lambda g: torch.randint(self._starts, (config.paths,), generator=g))
        noise = self._drawn(lambda g: torch.randn(config.steps, config.paths, assets, generator=g))
        width = self.weights["log_std"].exp()
        before = torch.zeros(len(rows), config.paths, assets)
        seen, actions, rewards, values = [], [], [], []
        for step in range(config.steps):
            observation = self._observe(rows, before)
            action = _mlp(self.weights, "actor", observation) + width * noise[:, step]
            values.append(_mlp(self.weights, "critic", observation).squeeze(-1))
            reward, before = earn(self.market, rows, before, self._weights(action, rows))
            rows = rows + self.market.rules.step
            seen.append(observation)
            actions.append(action)
            rewards.append(reward)
        values.append(_mlp(self.weights, "critic", self._observe(rows, before)).squeeze(-1))
        value = torch.stack(values, dim=1)  # (M, steps + 1, paths)
        advantage = _advantages(torch.stack(rewards, dim=1), value, config.discount, config.gae_lambda)
        action = torch.stack(actions, dim=1).flatten(1, 2)
        drawn = noise.flatten(1, 2)
        return _Rollout(
            seen=torch.stack(seen, dim=1).flatten(1, 2),
            action=action,
            log_prob=_log_prob(drawn, self.weights["log_std"]),
            advantage=advantage.flatten(1),
            target=(advantage + value[:, :-1]).flatten(1),
        )

    def _learn(self, batch: _Rollout) -> None:
        config, size = self.config, batch.action.shape[1]
        model = torch.arange(len(self.variants)).unsqueeze(1)
        for _ in range(config.epochs):
            order = self._drawn(lambda g: torch.randperm(size, generator=g))
            for pick in torch.split(order, config.batch, dim=1):
                seen, action = batch.seen[model, pick], batch.action[model, pick]
                log_std = self.weights["log_std"]
                mean = _mlp(self.weights, "actor", seen)
                log_prob = _log_prob((action - mean) / log_std.exp(), log_std)
                ratio = (log_prob - batch.log_prob[model, pick]).exp()
                advantage = batch.advantage[model, pick]
                spread = advantage.std(dim=1, keepdim=True) + 1e-8
                advantage = (advantage - advantage.mean(dim=1, keepdim=True)) / spread
                clipped = ratio.clamp(1.0 - config.clip, 1.0 + config.clip)
                policy_loss = -torch.minimum(ratio * advantage, clipped * advantage).mean(dim=1)
                value = _mlp(self.weights, "critic", seen).squeeze(-1)
                value_loss = ((value - batch.target[model, pick]) ** 2).mean(dim=1)
                entropy = log_std.sum(dim=(1, 2))
                loss = policy_loss + config.value * value_loss - config.entropy * entropy
                self._optimiser.zero_grad()
                loss.sum().backward()  # type: ignore[no-untyped-call]
                self._clip_gradients()
                self._optimiser.step()

    def _clip_gradients(self) -> None:
        """Each model's own gradient norm, as if it were trained alone."""
        grads = [value.grad for value in self.weights.values() if value.grad is not None]
        norm = torch.stack([(grad**2).sum(dim=(1, 2)) for grad in grads]).sum(dim=0).sqrt()
        factor = (self.config.max_grad_norm / (norm + 1e-6)).clamp(max=1.0).view(-1, 1, 1)
        for grad in grads:
            grad.mul_(factor)


def _network(inputs: int, outputs: int, hidden: int, random: torch.Generator) -> Weights:
    """Two tanh layers for actor and critic each; the actor starts near zero, so near equal weight of the first K."""

    def orthogonal(rows: int, columns: int, gain: float) -> torch.Tensor:
        drawn = torch.randn(max(rows, columns), min(rows, columns), generator=random)
        q, r = torch.linalg.qr(drawn)
        q = q * torch.sign(torch.diagonal(r))
        made_so: torch.Tensor = gain * (q if rows >= columns else q.T).contiguous()
        return made_so

    made: Weights = {"log_std": torch.zeros(1, outputs)}
    for name, last, gain in (("actor", outputs, 0.01), ("critic", 1, 1.0)):
        sizes = ((inputs, hidden, math.sqrt(2.0)), (hidden, hidden, math.sqrt(2.0)), (hidden, last, gain))
        for place, (rows, columns, scale) in enumerate(sizes):
            made[f"{name}.{place}"] = orthogonal(rows, columns, scale)
            made[f"{name}.{place}.bias"] = torch.zeros(1, columns)
    return made


def _mlp(weights: Weights, name: str, inputs: torch.Tensor) -> torch.Tensor:
    """(M, B, out) of inputs (M, B, in)."""
    for place in range(2):
        inputs = torch.tanh(torch.baddbmm(weights[f"{name}.{place}.bias"], inputs, weights[f"{name}.{place}"]))
    return torch.baddbmm(weights[f"{name}.2.bias"], inputs, weights[f"{name}.2"])


def _log_prob(scaled: torch.Tensor, log_std: torch.Tensor) -> torch.Tensor:
    """(M, B) log density of a Gaussian action whose distance from the mean, in deviations, is `scaled` (M, B, N)."""
    return (-0.5 * scaled * scaled - log_std - 0.5 * math.log(2.0 * math.pi)).sum(dim=-1)


def _advantages(reward: torch.Tensor, value: torch.Tensor, discount: float, lam: float) -> torch.Tensor:
    """(M, L, E) generalised advantage estimates (Schulman et al. 2015) of rewards (M, L, E), values (M, L + 1, E).

    A path's end is a cut in time, so the state after it is valued and not taken for worthless.
    """
    delta = reward + discount * value[:, 1:] - value[:, :-1]
    out = torch.empty_like(delta)
    carry = torch.zeros_like(delta[:, 0])
    for step in range(delta.shape[1] - 1, -1, -1):
        carry = delta[:, step] + discount * lam * carry
        out[:, step] = carry
    return out
