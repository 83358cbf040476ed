"""How training grows: one size, measured in a process of its own so that its peak memory is its own.

    python benchmarks/training_peers/growth.py '{"assets": 500, "days": 2520, "clients": 24}'

Prices are random walks: neither speed nor memory depends on what they say.
"""

import os

os.environ["OMP_NUM_THREADS"] = "1"

import argparse
import json
import resource
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TypeVar

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

T = TypeVar("T")


@dataclass(frozen=True)
class Size:
    """Assets, days of history, and portfolios (the other word for environments) on each path."""

    assets: int = 20
    days: int = 2520
    clients: int = 24


@dataclass(frozen=True)
class Growth:
    """One size's cost.

    Attributes
    ----------
    market_seconds : CPU-seconds from prices to tensors, once a training
    features_seconds : of these, the features of the whole history
    last_day_seconds : CPU-seconds of one day's features, as a live answer needs them
    steps_per_second : environment steps per CPU-second, end to end, at the product's default settings
    update_seconds : CPU-seconds of one update of the policy
    training_minutes : CPU-minutes of one seed's whole training: the market once, and the default number of updates
    peak_gigabytes : resident memory at its highest, Python and torch included
    """

    size: Size
    market_seconds: float
    features_seconds: float
    last_day_seconds: float
    steps_per_second: float
    update_seconds: float
    training_minutes: float
    peak_gigabytes: float


SIZES = (
    Size(20),
    Size(100),
    Size(500),
    Size(20, clients=192),
    Size(20, clients=1536),
    Size(20, days=10_080),
)
"""500 assets x 2,520 days is the size that has to fit 24 GB and two cores."""
UPDATES = 2


def grow(size: Size) -> Growth:
    """Measured in a new process. Raises CalledProcessError where that fails."""
    argument = json.dumps(asdict(size))
    done = subprocess.run([sys.executable, __file__, argument], stdout=subprocess.PIPE, text=True, check=True)
    found = json.loads(done.stdout)
    return Growth(**{**found, "size": Size(**found["size"])})


def measure(size: Size) -> Growth:
    """Measured in this process."""
    import numpy as np
    import torch

    from portfolio.market import MarketPanel
    from portfolio.views import ScoreHistory
    from rl.environment import market_of
    from rl.features import features, latest
    from rl.ppo import Learner, PPOConfig

    torch.set_num_threads(1)
    random = np.random.default_rng(0)
    shape = (size.days, size.assets)
    dates = np.arange(np.datetime64("2000-01-01"), np.datetime64("2000-01-01") + size.days)
    close = np.asarray(100.0 * np.cumprod(1.0 + random.normal(0.0003, 0.015, shape), axis=0), dtype=np.float64)
    symbols = tuple(f"A{place}" for place in range(size.assets))
    score = random.uniform(-1.0, 1.0, (4, *shape))
    scores = ScoreHistory(
        ("value", "momentum", "risk", "contrarian"), score, np.full(score.shape, 0.5), np.ones(score.shape, dtype=bool)
    )
    panel = MarketPanel(dates=dates, symbols=symbols, close=close, source="made up")
    market, market_seconds = _timed(lambda: market_of(panel, scores))
    _, features_seconds = _timed(lambda: features(panel))
    _, last_day_seconds = _timed(lambda: latest(panel))

    config = PPOConfig(clients=size.clients, target_kl=1e9)
    learner = Learner(config, market, torch.arange(60, len(market.dates) - 3), seed=0)
    learner.update()
    start = time.process_time()
    for _ in range(UPDATES):
        learner.update()
    update_seconds = (time.process_time() - start) / UPDATES
    return Growth(
        size=size,
        market_seconds=market_seconds,
        features_seconds=features_seconds,
        last_day_seconds=last_day_seconds,
        steps_per_second=config.paths * config.steps * config.clients / update_seconds,
        update_seconds=update_seconds,
        training_minutes=(market_seconds + PPOConfig().updates * update_seconds) / 60.0,
        peak_gigabytes=_peak_bytes() / 1e9,
    )


def _timed(call: Callable[[], T]) -> tuple[T, float]:
    start = time.process_time()
    return call(), time.process_time() - start


def _peak_bytes() -> int:
    """This process's own peak of resident memory. Linux's `ru_maxrss` starts at the parent's, so /proc is asked first;
    elsewhere `ru_maxrss` is all there is (in bytes on macOS, in units of 1,024 otherwise)."""
    status = Path("/proc/self/status")
    if status.exists():
        line = next(line for line in status.read_text().splitlines() if line.startswith("VmHWM:"))
        return int(line.split()[1]) * 1024
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("size", type=json.loads)
    print(json.dumps(asdict(measure(Size(**parser.parse_args().size)))))
