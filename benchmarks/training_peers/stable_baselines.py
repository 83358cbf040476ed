"""stable-baselines3's PPO as contestant: its defaults, tuned, and on the FinRL-style environment. CPU, one thread."""

from collections.abc import Callable
from typing import Any

import gymnasium
import torch
from stable_baselines3 import PPO
from stable_baselines3.common.env_util import make_vec_env
from torch.utils.flop_counter import FlopCounterMode

from benchmarks.training_peers.contest import Contestant
from benchmarks.training_peers.finrl_style import FinRLStyleEnv, frame_of
from benchmarks.training_peers.ours import EPOCHS, WIDTH
from benchmarks.training_peers.portfolio_env import PortfolioEnv
from benchmarks.training_peers.task import Task

MONTH = "a month of 21 trading days; wealth, costs and the baseline's wealth are carried for the portfolio"


def default(task: Task, batch: int = 2048, minibatch: int = 64) -> Contestant:
    """(a) One environment, 2,048 steps an iteration, minibatches of 64: what `PPO("MlpPolicy", env)` does."""
    return _contestant("sb3_default", MONTH, lambda: PortfolioEnv(task, seed=0), 1, batch, minibatch)


def tuned(task: Task, environments: int = 8, batch: int = 8192, minibatch: int = 2048) -> Contestant:
    """(b) Eight environments, batches of 8,192, minibatches of 2,048."""
    seeds = iter(range(environments))
    return _contestant("sb3_tuned", MONTH, lambda: PortfolioEnv(task, next(seeds)), environments, batch, minibatch)


def finrl_style(task: Task, batch: int = 2048, minibatch: int = 64) -> Contestant:
    """(c) The pandas environment with FinRL's own settings for PPO (`config.PPO_PARAMS`)."""
    frame = frame_of(task.panel, *task.years)
    what = "one trading day; softmax weights, no costs, the reward is raw wealth"
    chosen = {"ent_coef": 0.01, "learning_rate": 0.00025}
    return _contestant("finrl_style", what, lambda: FinRLStyleEnv(frame), 1, batch, minibatch, chosen)


def _contestant(
    name: str,
    what: str,
    make: Callable[[], gymnasium.Env[Any, Any]],
    environments: int,
    batch: int,
    minibatch: int,
    chosen: dict[str, float] | None = None,
) -> Contestant:
    settings: dict[str, Any] = dict(chosen or {})
    model = PPO(
        "MlpPolicy",
        make_vec_env(
            make, environments
        ),  # what PPO does to an environment of its own accord: monitored, one after another
        n_steps=batch // environments,
        batch_size=minibatch,
        n_epochs=EPOCHS,
        policy_kwargs={"net_arch": {"pi": [WIDTH, WIDTH], "vf": [WIDTH, WIDTH]}},
        device="cpu",
        seed=0,
        **settings,
    )
    shape = model.observation_space.shape or ()
    actions = model.action_space.shape or ()
    with torch.no_grad(), FlopCounterMode(display=False) as counter:
        model.policy.evaluate_actions(torch.zeros(minibatch, *shape), torch.zeros(minibatch, *actions))
    return Contestant(
        name=name,
        what=what,
        steps=batch,
        batch=batch,
        minibatch=minibatch,
        epochs=EPOCHS,
        parameters=sum(part.numel() for part in model.policy.parameters()),
        multiply_adds=float(counter.get_total_flops()) / 2.0 / minibatch,
        advance=lambda: model.learn(batch, reset_num_timesteps=False),
    )
