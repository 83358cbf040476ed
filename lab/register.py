"""The trial register: every test window that was ever opened, with what looked at it and what it saw.

Append-only JSON lines. Opening a window again with the same method and data is the same trial; with another method it
is a further trial, which the deflated Sharpe ratio counts against all of them (Bailey and López de Prado 2014). Nothing
here asks the clock: the day comes in.

Every study that sees what a market paid several strategies writes here. No strategy could be picked by `experts`, which
measures gradients in training, nor by `tax-harvest`, which accounts for the taxes of a fixed one: they write nothing.
"""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from hashlib import sha256
from itertools import zip_longest
from pathlib import Path
from typing import Self

import numpy as np
from pydantic import Field, ValidationError, model_validator

from portfolio.market import Floats, MarketPanel
from portfolio.metrics import certainty_equivalent, max_drawdown, sharpe_ratio, volatility
from portfolio.records import Record
from tools.errors import QuorumError

FILE = "trials.jsonl"
WHOLE = "whole"
"""Whose the ratio of an account is that is no single seed's among several."""
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

    @classmethod
    def told(
        cls,
        sharpe: float | None,
        certainty_equivalent: float | None,
        *,
        max_drawdown: float,
        volatility: float,
        turnover: float | None,
    ) -> Self:
        """Where a figure is not defined one must stand among the trials: a ratio of zero (cash has none), a certain
        loss of everything (the equivalent of a total loss), no turnover."""
        return cls(
            sharpe=sharpe or 0.0,
            certainty_equivalent=-1.0 if certainty_equivalent is None else certainty_equivalent,
            max_drawdown=max_drawdown,
            volatility=volatility,
            turnover=turnover or 0.0,
        )

    @classmethod
    def of_returns(
        cls, returns: Floats, cash: Floats, *, risk_aversion: float, periods: float, turnover: float
    ) -> Self:
        """Of (L,) net returns a period beside what cash paid, `periods` a year; `turnover` a year."""
        return cls.told(
            sharpe_ratio(returns, cash, periods),
            certainty_equivalent(returns, risk_aversion, periods),
            max_drawdown=max_drawdown(returns)[0],
            volatility=volatility(returns, periods),
            turnover=turnover,
        )


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
    seeds: tuple[int, ...] = Field(min_length=1)
    """What draws nothing has seed 0."""
    seed_sharpes: tuple[float, ...]
    """Yearly, one a seed: each counts as a trial of its own."""
    ensemble: bool = False
    """Whether `figures` are of the seeds together, in an account of their own: a further trial beside the seeds'. Else
    they are of the one seed, or of the middle one."""
    figures: TrialFigures
    baseline: str
    """Named before the window was opened."""
    baseline_figures: TrialFigures
    opened: date
    """The day given by whoever ran it."""

    @model_validator(mode="after")
    def _one_ratio_a_seed(self) -> Self:
        if len(self.seeds) != len(self.seed_sharpes):
            raise ValueError(f"{len(self.seeds)} seeds have {len(self.seed_sharpes)} ratios")
        return self

    @property
    def ratios(self) -> dict[str, float]:
        """Every yearly ratio that was looked at, by whose it is: a seed's, or the whole account's."""
        if len(self.seeds) == 1 and not self.ensemble:
            return {WHOLE: self.seed_sharpes[0]}
        seeds = {str(seed): sharpe for seed, sharpe in zip(self.seeds, self.seed_sharpes, strict=True)}
        return seeds | ({WHOLE: self.figures.sharpe} if self.ensemble else {})

    @property
    def key(self) -> str:
        """What makes a trial the same trial, whichever of its seeds were looked at."""
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

        A trial that is there is written again only where it brings ratios of seeds that were not: `trial_sharpes`
        counts what both lines tell once.

        Raises RegisterError where a trial is there with other figures, or a seed of it with another ratio: then
        something that the fingerprint does not cover has changed, and the file keeps what was seen first.
        """
        known: dict[str, dict[str, float]] = {}
        first: dict[str, Trial] = {}
        for trial in self.trials():
            first.setdefault(trial.key, trial)
            known.setdefault(trial.key, {}).update(trial.ratios)
        new: list[Trial] = []
        for trial in trials:
            before, told = first.setdefault(trial.key, trial), known.setdefault(trial.key, {})
            if not _alike(before, trial, told):
                raise RegisterError(
                    f"{trial.method} on {trial.universe} {trial.first} to {trial.last} is in {self.path} with other "
                    f"figures (Sharpe {before.figures.sharpe:.3f}, now {trial.figures.sharpe:.3f})",
                    "the same method and data must give the same figures; find what changed, and give it its own name",
                )
            if trial.ratios.keys() - told.keys():
                told.update(trial.ratios)
                new.append(trial)
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
    """(K,) Sharpe per period of everything ever tried on a market: its mean over the windows it opened.

    Each method counts, each seed of it, an ensemble beside its seeds, and each version of it: a window that one method
    opened again with other weights was tried again, under whatever name.

    For `portfolio.statistics.deflated_sharpe`, which wants ratios per period; `periods` a year.
    """
    seen: dict[str, dict[tuple[date, date], dict[str, float]]] = {}
    for trial in trials:
        if not same_market(trial.universe, universe):
            continue
        for whose, sharpe in trial.ratios.items():
            name = json.dumps([trial.study, trial.method, trial.config_sha256, trial.volatility, trial.cost, whose])
            versions = seen.setdefault(name, {}).setdefault((trial.first, trial.last), {})
            versions[trial.weights_sha256] = sharpe
    means = [float(np.mean(version)) for windows in seen.values() for version in _versions(windows.values())]
    return np.asarray(np.array(means, dtype=np.float64) / periods**0.5)


def prices_sha256(panel: MarketPanel) -> str:
    """Of what an account is carried through: the days, the assets' prices and the bill rate."""
    digest = sha256("\n".join(panel.symbols).encode())
    days = panel.dates.astype("datetime64[D]").astype(np.float64)
    for array in (days, panel.close, *([] if panel.cash_rate is None else [panel.cash_rate])):
        digest.update(np.ascontiguousarray(array).tobytes())
    return digest.hexdigest()


def _versions(windows: Iterable[Mapping[str, float]]) -> Iterator[list[float]]:
    """The first weights of every window, then the second of those that have them, and so on."""
    for row in zip_longest(*(window.values() for window in windows)):
        yield [sharpe for sharpe in row if sharpe is not None]


def _alike(first: Trial, second: Trial, told: Mapping[str, float]) -> bool:
    """`told` is what was told of the ratios of `first` and of lines like it."""
    one, two = first.figures.model_dump(), second.figures.model_dump()
    pairs = [(one[name], two[name]) for name in one]
    pairs += [(told[whose], sharpe) for whose, sharpe in second.ratios.items() if whose in told]
    return all(abs(before - now) <= SAME for before, now in pairs)
