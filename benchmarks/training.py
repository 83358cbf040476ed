"""How fast the allocator trains, beside stable-baselines3 and a FinRL-style environment, and how that grows.

    python benchmarks/training.py [--json] [--rounds 3] [--no-growth]

Environment steps per CPU-second from end to end, data collection and update together, in one run on one machine. One
step is one portfolio advanced by one decision, for all alike. Needs stable-baselines3: `pip install -e '.[bench]'`.
"""

import os

os.environ["OMP_NUM_THREADS"] = "1"  # before numpy and torch are imported

import argparse
import importlib.util
import json
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import torch

from benchmarks.training_peers import ours
from benchmarks.training_peers.contest import Contestant, Speed, race
from benchmarks.training_peers.growth import SIZES, Growth, grow
from benchmarks.training_peers.task import Task, bundled_task

MISSING = "This benchmark's peer is stable-baselines3; install it with: pip install -e '.[bench]'"
REACH = {"finrl_style": 100.0, "sb3_default": 20.0, "sb3_tuned": 4.0}
"""Ratios that the product set itself."""
NOTES = (
    "The same for all: the daily closes of the 20 bundled US shares from 1991 to 2015, 10 epochs over each batch, two"
    " hidden tanh layers of 64 units, Adam, float32, one thread, CPU time of the process, data collection and update"
    " together, contestants in turns, median of the rounds after one unmeasured.",
    "The same for quorum and sb3: the observation (17 figures an asset, 9 of the market, scores and confidences of the"
    " personas, what may be held, the client), the action (one tilt an asset), paths of 16 monthly decisions, costs,"
    " and the baseline's wealth carried beside. sb3_tuned also has quorum's batch (8,192) and minibatch (2,048).",
    "Not the same: sb3's flat network has a column of weights for every asset and reads all at once, so it has more"
    " parameters; quorum's two layers are one encoder that every asset passes through, and its critic reads the"
    " encoder's summary through 32 units more. quorum's reward blends six objectives and sb3's is one of them; the"
    " FinRL-style environment steps by days, reads covariances and eight indicators, and charges no costs, as FinRL's"
    " does.",
    "What sharing does: the market does not react to a portfolio, so a minibatch of quorum is 32 days x 64 portfolios,"
    " and a day is encoded once for its 64. The steps of one day share that day's market, so 8,192 steps are 128 days"
    " seen by 64 clients each, where sb3's are 8,192 days' draws; they differ in client, exclusions and action."
    " `without_sharing` is the same learner with one client a day: there the heavier encoder has to be paid in full.",
)


@dataclass(frozen=True)
class Report:
    """What the run found; `ratios` are quorum's speed over each peer's, `without_sharing` with one client a day."""

    ratios: dict[str, float]
    without_sharing: dict[str, float]
    contestants: tuple[Contestant, ...]
    speeds: dict[str, Speed]


def main() -> None:
    parser = argparse.ArgumentParser(description="training speed: ratios to named peers, and growth")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument("--rounds", type=int, default=3, help="measured turns of each contestant")
    parser.add_argument("--no-growth", action="store_true", help="leave the growth in assets, portfolios, history out")
    given = parser.parse_args()
    if importlib.util.find_spec("stable_baselines3") is None:
        sys.exit(MISSING)
    torch.set_num_threads(1)
    report = contest(bundled_contestants(bundled_task()), given.rounds)
    growth = () if given.no_growth else tuple(grow(size) for size in SIZES)
    if given.json:
        print(json.dumps(as_json(report, growth), indent=1))
    else:
        _show(report, growth)


def bundled_contestants(task: Task) -> tuple[Contestant, ...]:
    """Quorum, quorum with nothing shared, and the three peers, at their full sizes."""
    from benchmarks.training_peers import stable_baselines as peers

    return (ours.shared(task), ours.alone(task), peers.default(task), peers.tuned(task), peers.finrl_style(task))


def contest(contestants: Sequence[Contestant], rounds: int) -> Report:
    """Run the race. The first contestant is quorum, the second quorum without sharing, the others are peers."""
    speeds = race(contestants, rounds)
    own, alone, *peers = (contestant.name for contestant in contestants)
    order = [name for name in REACH if name in peers]
    return Report(
        ratios={peer: speeds[own].median / speeds[peer].median for peer in order},
        without_sharing={peer: speeds[alone].median / speeds[peer].median for peer in order},
        contestants=tuple(contestants),
        speeds=speeds,
    )


def as_json(report: Report, growth: Sequence[Growth]) -> dict[str, object]:
    """One object, `ratios` first."""
    lines = []
    for one in report.contestants:
        told = {name: value for name, value in vars(one).items() if name != "advance"}
        speed = report.speeds[one.name]
        lines.append({**told, "steps_per_cpu_second": speed.median, "rounds": speed.rounds, "noise": speed.noise})
    return {
        "ratios": report.ratios,
        "without_sharing": report.without_sharing,
        "reach": REACH,
        "contestants": lines,
        "growth": [asdict(one) for one in growth],
        "notes": NOTES,
    }


def _show(report: Report, growth: Sequence[Growth]) -> None:
    print("environment steps per CPU-second, end to end, one thread (median of the rounds, +- half their range)")
    print(
        f"{'':24}{'steps/s':>9}{'noise':>7}{'batch':>7}{'mini':>6}{'epochs':>7}{'parameters':>11}{'mult-adds/step':>15}"
    )
    for one in report.contestants:
        speed = report.speeds[one.name]
        print(
            f"{one.name:24}{speed.median:9,.0f}{speed.noise:7.0%}{one.batch:7,}{one.minibatch:6,}{one.epochs:7}"
            f"{one.parameters:11,}{one.multiply_adds:15,.0f}"
        )
    for one in report.contestants:
        print(f"one step of {one.name}: {one.what}")
    for peer, ratio in report.ratios.items():
        print(
            f"ratio to {peer}: {ratio:.1f} (set out to reach {REACH[peer]:.0f});"
            f" with nothing shared between clients: {report.without_sharing[peer]:.2f}"
        )
    for note in NOTES:
        print(f"- {note}")
    if growth:
        first = growth[0]
        print(
            f"features of {first.size.days:,} days x {first.size.assets} assets: {1e3 * first.features_seconds:.0f} ms;"
            f" of the last day, as a live answer needs them: {1e3 * first.last_day_seconds:.1f} ms"
        )
        print("growth at the product's default settings (192 days an update, 4 epochs), made-up prices")
        print(f"{'assets':>7}{'days':>8}{'clients':>8}{'market s':>9}{'steps/s':>9}{'min/training':>13}{'peak GB':>8}")
    for line in growth:
        size = line.size
        print(
            f"{size.assets:7}{size.days:8,}{size.clients:8,}{line.market_seconds:9.1f}{line.steps_per_second:9,.0f}"
            f"{line.training_minutes:13.1f}{line.peak_gigabytes:8.2f}"
        )


if __name__ == "__main__":
    main()
