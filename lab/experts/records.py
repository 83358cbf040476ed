"""What was measured of one, four, and four named experts."""

from portfolio.records import Record


class Measured(Record):
    """One trained policy."""

    arm: str
    seed: int
    negative_share: float
    """Of the 15 pairs of objectives, over all rollouts: how many asked for opposite policy gradients."""
    mean_cosine: float
    """Of the objectives' policy gradients, over pairs and rollouts."""
    lowest: float
    """The lowest mean cosine of a pair."""
    lowest_pair: tuple[str, str]
    collapse: float | None
    """Mean cosine between two experts' opinions (1: they say the same); None with one expert."""
    entropy: float | None
    """Of the router, of the largest; None with one expert."""
    spread: float | None
    """Mutual information of client and expert, in the same units; None with one expert."""


class Result(Record):
    """`quorum evaluate experts --json`."""

    command: str
    source: str
    first: str
    last: str
    updates: int
    seeds: tuple[int, ...]
    arms: dict[str, str]
    """Name -> what it is."""
    measured: tuple[Measured, ...]
