"""The learner of the product at the peers' size: 2 x 64 units, 10 epochs, batches of 8,192 in 4 minibatches."""

import torch
from torch.utils.flop_counter import FlopCounterMode

from benchmarks.training_peers.contest import Contestant
from benchmarks.training_peers.task import Task
from rl.conditioning import draw_clients
from rl.environment import take_days
from rl.networks import NetworkShape
from rl.ppo import Learner, PPOConfig

WIDTH = 64
"""Units of each of the two hidden layers, for all alike."""
EPOCHS = 10
MANY_UPDATES = 1_000_000
"""So that the learning rate stays where it is while the clock runs."""


def shared(task: Task, paths: int = 8, steps: int = 16, clients: int = 64) -> Contestant:
    """A minibatch of 32 days x 64 portfolios: each day is encoded once and read 64 times."""
    return _contestant("quorum", task, paths, steps, clients, updates=2)


def alone(task: Task, paths: int = 512, steps: int = 16) -> Contestant:
    """The same network and batch, but every sample has its own day: nothing is shared between clients."""
    return _contestant("quorum, nothing shared", task, paths, steps, 1, updates=1)


def _contestant(name: str, task: Task, paths: int, steps: int, clients: int, updates: int) -> Contestant:
    config = PPOConfig(
        shape=NetworkShape(hidden=WIDTH),
        paths=paths,
        steps=steps,
        clients=clients,
        epochs=EPOCHS,
        updates=MANY_UPDATES,
        target_kl=1e9,  # no early stop: all epochs are run, as stable-baselines3 does by default
    )
    learner = Learner(config, task.market, task.days, seed=0)

    def advance() -> None:
        for _ in range(updates):
            learner.update()

    batch = paths * steps * clients
    return Contestant(
        name=name,
        what="a month of 21 trading days; wealth, costs and the baseline's wealth are carried for each portfolio",
        steps=updates * batch,
        batch=batch,
        minibatch=batch // config.minibatches,
        epochs=EPOCHS,
        parameters=sum(part.numel() for part in learner.policy.parameters()),
        multiply_adds=_multiply_adds(learner, task, paths * steps // config.minibatches, clients),
        advance=advance,
    )


def _multiply_adds(learner: Learner, task: Task, days: int, clients: int) -> float:
    """Matrix products of actor and critic on one minibatch, forward, over its samples."""
    day = take_days(task.market.day, torch.arange(days) % len(task.market.dates))
    client = draw_clients(days * clients, torch.Generator().manual_seed(0)).vector().view(days, clients, -1)
    with torch.no_grad(), FlopCounterMode(display=False) as counter:
        encoded = learner.policy.encode(day)
        learner.policy.blend(encoded, client)
        learner.policy.worth(encoded, client)
    return float(counter.get_total_flops()) / 2.0 / (days * clients)
