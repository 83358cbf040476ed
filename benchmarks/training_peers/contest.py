"""Contestants take turns, each on the clock of its own CPU time, so that a busy machine is unfair to none."""

import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Contestant:
    """One way of training.

    Attributes
    ----------
    name, what : how it is called, and what one of its environment steps covers
    steps : environment steps in one call of `advance`: one portfolio advanced by one decision is one step
    batch, minibatch, epochs : samples collected before an update, samples a gradient step, passes over the batch
    parameters : trained numbers of actor and critic
    multiply_adds : of one sample, forward, actor and critic, averaged over a minibatch
    advance : one or more whole iterations, data collection and update
    """

    name: str
    what: str
    steps: int
    batch: int
    minibatch: int
    epochs: int
    parameters: int
    multiply_adds: float
    advance: Callable[[], object]


@dataclass(frozen=True)
class Speed:
    """Environment steps per CPU-second, end to end: the median of the rounds, and each round in its order."""

    median: float
    rounds: tuple[float, ...]

    @property
    def noise(self) -> float:
        """Half the range of the rounds over their median."""
        return (max(self.rounds) - min(self.rounds)) / 2.0 / self.median


def race(contestants: Sequence[Contestant], rounds: int) -> dict[str, Speed]:
    """One unmeasured turn each, then `rounds` measured ones in turns. CPU time is the process's, all threads."""
    for contestant in contestants:
        contestant.advance()
    speeds: dict[str, list[float]] = {contestant.name: [] for contestant in contestants}
    for _ in range(rounds):
        for contestant in contestants:
            start = time.process_time()
            contestant.advance()
            speeds[contestant.name].append(contestant.steps / (time.process_time() - start))
    return {name: Speed(statistics.median(each), tuple(each)) for name, each in speeds.items()}
