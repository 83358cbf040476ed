"""What the cross-validation tells. Fractions, not percent; yearly where a rate; None where not defined."""

from typing import Annotated

from pydantic import Field

from portfolio.overfitting import Overfitting
from portfolio.records import Record
from portfolio.statistics import Interval


class Design(Record):
    """How days are split. Rows are those of the object that is cut: trading days, or decision days of the learner."""

    folds: Annotated[int, Field(ge=3)]
    test_folds: Annotated[int, Field(ge=2)]
    purge: Annotated[int, Field(ge=0)]
    """Rows left out of training on either side of a test block: as many as a decision is held."""
    embargo: Annotated[int, Field(ge=0)]
    """Rows left out after a test block besides: as many as the inputs of a decision look back."""


class PathLine(Record):
    """One path: the whole history, each stretch of it held by what was chosen or learned without it."""

    ratio: float | None
    certainty_equivalent: float | None
    ratio_gain: float | None
    """Ahead of equal weight on the same days."""
    gain: float | None
    """Certainty-equivalent return a year ahead of equal weight."""
    max_drawdown: float


class Outcome(Record):
    """All paths of one strategy."""

    strategy: str
    design: Design
    splits: int
    paths: tuple[PathLine, ...]
    equal_weight: PathLine
    ahead_splits: float
    """Share of splits in whose test groups it had a better ratio than equal weight; a tie is not better."""
    train_gain: float
    """Ratio ahead of equal weight in the training groups, mean over splits."""
    test_gain: float
    """The same in the test groups."""
    gain: Interval
    """Certainty-equivalent return a year ahead of equal weight (to second order), days in blocks, mean over paths."""

    @property
    def ahead_paths(self) -> float:
        """Share of paths with a certainty equivalent above equal weight's."""
        return sum(line.gain is not None and line.gain > 0.0 for line in self.paths) / len(self.paths)


class Chosen(Record):
    """How often a rule was the best of its training groups."""

    rule: str
    splits: int
    ratio: float | None
    """Over the whole history."""


class RuleChoice(Record):
    """Choosing the best rule by its ratio in the training groups."""

    outcome: Outcome
    chosen: tuple[Chosen, ...]
    overfitting: Overfitting
    """Of the same family by the symmetric test, for comparison."""


class Learned(Record):
    """A small policy trained on the training groups."""

    outcome: Outcome
    seeds: tuple[int, ...]
    updates: int


class Result(Record):
    """The whole study."""

    command: str
    source: str
    first: str
    last: str
    decisions: int
    volatility: float
    cost: float
    risk_aversion: float
    ratio_name: str
    level: float
    trials: int
    """Ever written to the register on these prices, this study's own included."""
    rules: RuleChoice
    learner: Learned
    p_adjusted: tuple[float, float]
    """p-values of the two gains (rules, learner), each allowing for the other (Holm 1979)."""
    cash: str = ""
    """What cash earned, and where the rate is from; empty where it earned nothing."""
