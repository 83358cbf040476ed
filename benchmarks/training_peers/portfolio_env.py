"""The product's task as an ordinary gymnasium environment, written to be fast: one portfolio, one decision a step.

Everything that can be computed beforehand is: a step copies one row of the market's matrix, and turns an action into
weights, costs and reward with a dozen numpy operations on 20 numbers. The reward is the mean-variance utility ahead
of the baseline's, which asks a little less work than the product's blend of six objectives.
"""

from typing import Any

import gymnasium
import numpy as np
import torch
from numpy.typing import NDArray

from benchmarks.training_peers.task import Task
from rl.conditioning import draw_clients
from rl.environment import COST, PHASES

Array = NDArray[np.float32]

PATH = 16
"""Decisions an episode, as in the product's rollout."""
POOL = 4096
"""Clients drawn beforehand; an episode takes one."""
ACTION_RANGE = 0.5
MAX_EXCLUDED = 0.5
REWARD_SCALE = 100.0


class PortfolioEnv(gymnasium.Env[Array, Array]):  # type: ignore[misc, unused-ignore]
    """Observation: (F,) what the product's policy reads of the market, held assets and client. Action: (N,) tilts."""

    def __init__(self, task: Task, seed: int) -> None:
        market = task.market
        days, assets = market.eligible.shape
        day = market.day
        parts = (day.asset, day.market, day.score, day.confidence)
        self._market = np.concatenate([part.numpy().reshape(days, -1) for part in parts], axis=1)
        self._eligible = market.eligible.numpy()
        self._covariance = market.covariance.numpy()
        self._growth = np.concatenate([market.growth.numpy(), market.cash_growth.numpy()[:, None]], axis=1)
        clients = draw_clients(POOL, torch.Generator().manual_seed(seed))
        self._client = clients.vector().numpy()
        self._volatility = clients.volatility.numpy()
        self._largest = clients.largest_risky_share.numpy()
        self._aversion = clients.risk_aversion.numpy()
        starts = task.days.numpy()
        self._starts = starts[starts + (PATH - 1) * PHASES <= starts[-1]]
        self._random = np.random.default_rng(seed)
        width = self._market.shape[1] + assets + self._client.shape[1]
        self.observation_space = gymnasium.spaces.Box(-np.inf, np.inf, (width,), np.float32)
        self.action_space = gymnasium.spaces.Box(-1.0, 1.0, (assets,), np.float32)

    def reset(
        self,
        *,
        seed: int | None = None,
        options: dict[str, Any] | None = None,  # noqa: ARG002 - gymnasium's signature
    ) -> tuple[Array, dict[str, Any]]:
        """A new path, client and set of excluded assets."""
        super().reset(seed=seed)
        random = self._random
        self._row = int(self._starts[random.integers(len(self._starts))])
        self._who = int(random.integers(POOL))
        share = MAX_EXCLUDED * random.random()
        self._allowed = random.random(self._eligible.shape[1]) >= share
        self._step = 0
        self._own = self._base = np.zeros(0, dtype=np.float32)
        return self._observe(), {}

    def step(self, action: Array) -> tuple[Array, float, bool, bool, dict[str, Any]]:
        """Hold the tilted weights for a month; reward is the utility ahead of the untilted ones."""
        base = self._weights(np.zeros(action.shape, dtype=np.float32))
        own = self._weights(np.asarray(ACTION_RANGE * np.tanh(action), dtype=np.float32))
        if self._step == 0:
            self._own = self._base = base
        reward = self._utility(own, self._own) - self._utility(base, self._base)
        self._own, self._base = self._drifted(own), self._drifted(base)
        self._row += PHASES
        self._step += 1
        over = self._step == PATH
        return self._observe(), REWARD_SCALE * reward, False, over, {}

    def _observe(self) -> Array:
        row = min(self._row, len(self._market) - 1)
        eligible = self._eligible[row]
        held = eligible & self._allowed
        self._held = held if held.any() else eligible
        return np.concatenate([self._market[row], self._held, self._client[self._who]], dtype=np.float32)

    def _weights(self, tilt: Array) -> Array:
        raw = np.exp(tilt) * self._held
        sleeve = raw / max(raw.sum(), 1e-12)
        risk = np.sqrt(max(sleeve @ self._covariance[self._row] @ sleeve, 1e-12))
        risky = sleeve * min(self._volatility[self._who] / risk, self._largest[self._who])
        return np.append(risky, np.float32(1.0) - risky.sum())

    def _utility(self, weights: Array, before: Array) -> float:
        cost = COST * np.abs(weights[:-1] - before[:-1]).sum()
        net = (1.0 - cost) * (weights @ self._growth[self._row]) - 1.0
        return float(net - 0.5 * self._aversion[self._who] * net * net)

    def _drifted(self, weights: Array) -> Array:
        grown = weights * self._growth[self._row]
        return np.asarray(grown / grown.sum(), dtype=np.float32)
