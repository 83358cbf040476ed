"""The trial register: every test window that was ever opened, with what looked at it and what it saw.

Append-only JSON lines. Opening a window again with the same method and data is the same trial; with another method it
is a further trial, which the deflated Sharpe ratio counts against all of them (Bailey and López de Prado 2014). Nothing
here asks the clock: the day comes in.
"""

import json
from collections.abc import Sequence
from datetime import date
from hashlib import sha256
from pathlib import Path

import numpy as np
from pydantic import Field, ValidationError

from portfolio.market import Floats
from portfolio.records import Record
from tools.errors import QuorumError

FILE = "trials.jsonl"
SAME = 1e-6
"""Figures of one trial may differ by this much between machines and no more."""


class RegisterError(QuorumError):
    """A register that cannot be read, or a trial that was repeated with another outcome."""


class TrialFigures(Record):
    """What the test window showed, at the stated risk and costs; ratios over the bill rate where `bill` says so."""

    sharpe: float
    certainty_equivalent: float
    max_drawdown: float
    volatility: float
    turnover: float


class Trial(Record):
    """One test window opened by one method."""

    study: str
    universe: str
    method: str
    """Which strategy, in words: "policy, median of seeds", "gated product"."""
    first: date
    last: date
    config_sha256: str = Field(min_length=64, max_length=64)
    """Of the study's settings, the same for all its windows: another method has another fingerprint."""
    weights_sha256: str = Field(min_length=64, max_length=64)
    """Of the weights that traded in this window."""
    data_sha256: str = Field(min_length=64, max_length=64)
    volatility: float
    """The client's, a year; strategies are compared at this risk."""
    cost: float
    seeds: tuple[int, ...]
    seed_sharpes: tuple[float, ...]
    """Yearly, one a seed: each counts as a trial of its own."""
    figures: TrialFigures
    baseline: str
    """Named before the window was opened."""
    baseline_figures: TrialFigures
    opened: date
    """The day given by whoever ran it."""

    @property
    def key(self) -> str:
        """What makes a trial the same trial."""
        parts = [self.study, self.universe, self.method, str(self.first), str(self.last)]
        parts += [self.config_sha256, self.weights_sha256, self.data_sha256, repr(self.volatility), repr(self.cost)]
        return sha256(json.dumps(parts).encode()).hexdigest()

    @property
    def gap(self) -> float:
        """Net Sharpe ahead of the named baseline's: above zero is the target."""
        return self.figures.sharpe - self.baseline_figures.sharpe


class Register:
    """The register in one file."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def trials(self) -> tuple[Trial, ...]:
        """All of them, oldest first. Raises RegisterError for a line that is no trial."""
        if not self.path.exists():
            return ()
        out = []
        for number, line in enumerate(self.path.read_text(encoding="utf-8").splitlines(), start=1):
            try:
                out.append(Trial.model_validate_json(line))
            except ValidationError as error:
                raise RegisterError(
                    f"line {number} of {self.path} is no trial of this version",
                    "restore the file from version control, or move it away to begin a new register",
                ) from error
        return tuple(out)

    def open(self, trials: Sequence[Trial]) -> int:
        """Append those not yet there; how many were new.

        Raises RegisterError where a trial is there with other figures: then something that the fingerprint does not
        cover has changed, and the file keeps what was seen first.
        """
        known = {trial.key: trial for trial in self.trials()}
        new: list[Trial] = []
        for trial in trials:
            before = known.get(trial.key)
            if before is None:
                known[trial.key] = trial
                new.append(trial)
            elif not _alike(before, trial):
                raise RegisterError(
                    f"{trial.method} on {trial.universe} {trial.first} to {trial.last} is in {self.path} with other "
                    f"figures (Sharpe {before.figures.sharpe:.3f}, now {trial.figures.sharpe:.3f})",
                    "the same method and data must give the same figures; find what changed, and give it its own name",
                )
        if new:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            with self.path.open("a", encoding="utf-8") as file:
                file.writelines(trial.model_dump_json() + "\n" for trial in new)
        return len(new)


MARKETS: tuple[frozenset[str], ...] = (
    frozenset({"US shares", "bundled history to 2022-12-28 (skfolio)"}),
    frozenset({"ETFs", "folder etf"}),
    frozenset({"US + crypto", "folder us_crypto"}),
    frozenset({"Indonesian shares", "folder idx_lq45"}),
)
"""Names under which different studies tell of the same prices: a try in one is a try in the other."""


def same_market(first: str, second: str) -> bool:
    """Whether two names stand for the same prices."""
    return first == second or any(first in names and second in names for names in MARKETS)


def trial_sharpes(trials: Sequence[Trial], universe: str, periods: float) -> Floats:
    """(K,) Sharpe per period of every method and seed ever tried on a market: its mean over the windows it opened.

    For `portfolio.statistics.deflated_sharpe`, which wants ratios per period; `periods` a year.
    """
    seen: dict[str, list[float]] = {}
    for trial in trials:
        if not same_market(trial.universe, universe):
            continue
        for seed, sharpe in zip(trial.seeds, trial.seed_sharpes, strict=True):
            name = json.dumps([trial.study, trial.method, trial.config_sha256, trial.volatility, trial.cost, seed])
            seen.setdefault(name, []).append(sharpe)
    return np.array([float(np.mean(values)) / periods**0.5 for values in seen.values()], dtype=np.float64)


def _alike(first: Trial, second: Trial) -> bool:
    one, two = first.figures.model_dump(), second.figures.model_dump()
    return all(abs(one[name] - two[name]) <= SAME for name in one)
