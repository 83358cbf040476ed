"""How fast the allocator learns and answers, beside the same learner with nothing shared between clients.

Peer, in the same run: the same network, data and samples per update, but one client a path, so that every sample
encodes its own day, as a vectorised environment without a shared market does. CPU-seconds, one thread.
"""

import time
from collections.abc import Callable
from typing import TypeVar

import numpy as np
import torch

from portfolio.market import MarketPanel
from portfolio.views import ScoreHistory
from rl.environment import Market, market_of
from rl.features import features, latest
from rl.ppo import Learner, PPOConfig

T = TypeVar("T")

UPDATES = 5


def main() -> None:
    torch.set_num_threads(1)
    panel, scores = _made_up(4000, 20)
    market, seconds = _timed(lambda: market_of(panel, scores))
    print(f"market of 4,000 days x 20 assets as tensors: {seconds:.2f} s")
    shared = _steps_per_second(market, PPOConfig(paths=8, clients=24))
    alone = _steps_per_second(market, PPOConfig(paths=192, clients=1))
    print(f"training, environment steps per CPU-second, end to end: {shared:,.0f}")
    print(f"peer, the same with one client a day:                   {alone:,.0f} (ratio {shared / alone:.1f})")
    _, whole = _timed(lambda: features(panel))
    _, last = _timed(lambda: latest(panel))
    print(f"features of the history {1e3 * whole:.0f} ms, of the last day {1e3 * last:.1f} ms")


def _steps_per_second(market: Market, config: PPOConfig) -> float:
    learner = Learner(config, market, torch.arange(60, len(market.dates) - 3), seed=0)
    learner.update()
    start = time.process_time()
    for _ in range(UPDATES):
        learner.update()
    return UPDATES * config.paths * config.steps * config.clients / (time.process_time() - start)


def _timed(call: Callable[[], T]) -> tuple[T, float]:
    start = time.process_time()
    return call(), time.process_time() - start


def _made_up(days: int, assets: int) -> tuple[MarketPanel, ScoreHistory]:
    """Random walks: speed does not depend on what the prices say."""
    random = np.random.default_rng(0)
    dates = np.arange(np.datetime64("2000-01-01"), np.datetime64("2000-01-01") + days)
    close = np.asarray(100.0 * np.cumprod(1.0 + random.normal(0.0003, 0.015, (days, assets)), axis=0), dtype=np.float64)
    symbols = tuple(f"A{place}" for place in range(assets))
    score = random.uniform(-1, 1, (4, days, assets))
    personas = ("value", "momentum", "risk", "contrarian")
    return (
        MarketPanel(dates=dates, symbols=symbols, close=close, source="made up for a benchmark"),
        ScoreHistory(personas, score, np.full(score.shape, 0.5), np.ones(score.shape, dtype=np.bool_)),
    )


if __name__ == "__main__":
    main()
