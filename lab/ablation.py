"""What each part of the policy is worth: the plain policy with one thing changed, walked forward on the same days.

Each variant's number of updates and action range are chosen on its own validation years; its figures are of the test
years, and the difference to the plain policy is paired by day and by seed. A part that does not earn its place here is
off by default, with this figure as the reason.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

import numpy as np

from lab.personalise_worth import Worth
from lab.spread import SERIAL, OnSpread, Workers, quiet
from lab.train_branches import branch_models, described
from lab.walk_forward.accounts import PERIODS, Account, Measured
from lab.walk_forward.opened import POLICY, accounts_of, certain
from lab.walk_forward.plan import SILENT, silent
from lab.walk_forward.records import Candidate, StudyConfig
from lab.walk_forward.strategies import EQUAL_WEIGHT
from lab.walk_forward.study import walk
from lab.walk_forward.training import Client
from lab.walk_forward.universes import StudyUniverse
from portfolio.records import Record
from portfolio.statistics import Interval, paired_difference, sharpe_statistic
from portfolio.universe import Universe
from portfolio.views import ScoreHistory
from rl.branches.records import Branch, BranchUnavailable
from rl.branches.shelf import BranchName
from rl.environment import Market, market_of
from rl.networks import NetworkShape
from rl.ppo import PPOConfig, deterministic
from rl.rewards import RewardName

PLAIN = "plain"
BASE = PPOConfig(action_range=1.0, updates=20, clients=12, shape=NetworkShape(hidden=16))


class Variant(Record):
    """One row: the plain policy with one thing changed."""

    name: str
    words: str
    config: PPOConfig = BASE
    branches: tuple[BranchName, ...] = ()
    view: str = ""


def _shape(**changes: object) -> PPOConfig:
    shape = NetworkShape.model_validate(BASE.shape.model_dump() | changes)
    return BASE.model_copy(update={"shape": shape})


def _reward(name: RewardName) -> PPOConfig:
    return BASE.model_copy(update={"reward": name})


VARIANTS: tuple[Variant, ...] = (
    Variant(name=PLAIN, words="features and personas, four experts, the client's objectives as reward"),
    Variant(name="forecaster", words="an LSTM's walk-forward forecasts as a branch", branches=("forecaster",)),
    Variant(name="encoder", words="the pretrained price-window encoder as a branch", branches=("encoder",)),
    Variant(name="metadata", words="50 observable numbers as a branch", branches=("metadata",)),
    Variant(name="chronos", words="frozen Chronos embeddings as a branch", branches=("chronos",)),
    Variant(name="one-expert", words="one expert in place of four", config=_shape(experts=1)),
    Variant(name="intent", words="the intent router with four named experts", config=_shape(intent=True)),
    Variant(name="personas-silent", words="no persona heard, in training and in test", view=SILENT),
    Variant(
        name="one-objective",
        words="each training client wants one objective alone, in place of a mix",
        config=BASE.model_copy(update={"objective": "one"}),
    ),
    Variant(
        name="tax-aware", words="rewarded after tax, lots and all", config=BASE.model_copy(update={"after_tax": True})
    ),
    Variant(name="reward-log-return", words="log return as reward", config=_reward("log_return")),
    Variant(name="reward-sharpe", words="differential Sharpe as reward", config=_reward("differential_sharpe")),
    Variant(name="reward-drawdown", words="drawdown-penalised reward", config=_reward("drawdown_penalised")),
    Variant(name="reward-mean-variance", words="mean-variance reward", config=_reward("mean_variance")),
)
"""The declared list. Personalisation needs a client's own history, which no market has: `docs/personalise.md`."""


class AblationConfig(Record):
    """Which rows, on which windows."""

    variants: tuple[Variant, ...] = VARIANTS
    seeds: tuple[int, ...] = (0, 1, 2)
    years: tuple[int, int] = (2012, 2017)
    """Up to the end of the bundled bill rate, so that it needs no other data."""
    train_years: int = 15
    action_ranges: tuple[float, ...] = (0.5, 1.0)
    volatility: float = 0.10
    cost: float = 0.001
    chronos: str | None = None
    """Folder or id of Chronos weights; None: that row says so."""
    draws: int = 1000
    seed: int = 2016


QUICK = AblationConfig(seeds=(0, 1), years=(2016, 2017))


class AblationRow(Record):
    """One variant. Figures are medians over seeds; differences are of the seeds' mean account."""

    name: str
    words: str
    absent: str | None = None
    """Why there are no figures."""
    figures: Measured | None = None
    sharpe: Interval | None = None
    """Paired difference to the plain policy, yearly; None for the plain policy itself."""
    certainty_equivalent: Interval | None = None
    seeds_ahead: int | None = None
    chosen: str = ""
    """Levers chosen on validation in the last window."""


class AblationReport(Record):
    """The table."""

    config: AblationConfig
    universe: str
    first: str
    last: str
    rows: tuple[AblationRow, ...]
    personalisation: Worth | None = None
    """What reading a client's objectives from their trades is worth (`lab.personalise_worth`)."""


@dataclass(frozen=True, eq=False)
class Ground:
    """Where the ablation is run: one universe that can be trained on, what is known of its assets, and its scores."""

    universe: StudyUniverse
    facts: Universe
    scores: ScoreHistory


@dataclass(frozen=True, eq=False)
class Walked:
    """One variant through the test years.

    accounts : by seed ; levers : those of the last window, in words
    equal_weight : the same years at the same risk ; weights_sha256 : of what the variant held in each window
    """

    accounts: Mapping[int, Account]
    levers: str
    equal_weight: Account
    weights_sha256: tuple[str, ...]


@dataclass(frozen=True, eq=False)
class Ablation:
    """The table, with what was walked of every row that is not absent."""

    report: AblationReport
    walked: Mapping[str, Walked]


def ablate(
    ground: Ground,
    config: AblationConfig,
    *,
    folder: Path,
    workers: Workers = SERIAL,
    progress: OnSpread = quiet,
) -> Ablation:
    """Train and measure every variant; finished trainings are kept in `folder`. Raises what `spread` raises."""
    branches, absent = _branches(ground, config, folder)
    panel = ground.universe.panel
    found: dict[str, Walked] = {}
    for variant in config.variants:
        if any(name in absent for name in variant.branches):
            continue
        own = tuple(branches[name] for name in variant.branches)
        market = market_of(panel, ground.scores, own)
        shape = variant.config.shape.model_copy(update={"branches": tuple((b.name, b.width) for b in own)})
        candidate = Candidate(
            name=variant.name,
            words=variant.words,
            config=variant.config.model_copy(update={"shape": shape}),
            view=variant.view,
        )
        found[variant.name] = _walked(ground, candidate, market, config, folder / variant.name, workers, progress)
    rows = tuple(_row(variant, found, absent, config) for variant in config.variants)
    report = AblationReport(
        config=config,
        universe=ground.universe.name,
        first=f"{config.years[0]}-01-01",
        last=min(f"{config.years[1]}-12-31", str(panel.last_date)),
        rows=rows,
    )
    return Ablation(report, found)


def _branches(ground: Ground, config: AblationConfig, folder: Path) -> tuple[dict[str, Branch], dict[str, str]]:
    """Each branch's figures, fitted on what was known before the first window's validation, or why it is absent."""
    until = date(config.years[0] - 2, 12, 31)
    panel = ground.universe.panel
    made: dict[str, Branch] = {}
    absent: dict[str, str] = {}
    for name in dict.fromkeys(name for variant in config.variants for name in variant.branches):
        try:
            models = branch_models(
                (name,), panel, ground.facts, until, lambda _: None, chronos=config.chronos, cache=folder / "chronos"
            )
            made[name] = described(models, panel, ground.facts)[0]
        except BranchUnavailable as error:
            absent[name] = str(error)
    return made, absent


def _walked(
    ground: Ground,
    candidate: Candidate,
    market: Market,
    config: AblationConfig,
    folder: Path,
    workers: Workers,
    progress: OnSpread,
) -> Walked:
    study = StudyConfig(
        name="ablation",
        candidates=(candidate,),
        seeds=config.seeds,
        action_ranges=config.action_ranges,
        sleeves=(EQUAL_WEIGHT,),
        volatilities=(config.volatility,),
        targets=(config.volatility,),
        costs=(config.cost,),
        train_years=config.train_years,
        years=config.years,
    )
    name = ground.universe.name
    markets: Mapping[str, Market] = {name: market, f"{name}|{SILENT}": silent(market)}
    _, (one,) = walk(
        (ground.universe,), markets, {name: ground.scores}, study, folder=folder, workers=workers, progress=progress
    )
    with deterministic(0):
        opened = one.opened()
        accounts = accounts_of(one, opened, config.volatility, config.cost)
    last = opened[-1].option
    words = f"{last.updates} updates, range {last.action_range:g}"
    return Walked(
        accounts={seed: accounts[POLICY, seed] for seed in config.seeds},
        levers=words,
        equal_weight=accounts[EQUAL_WEIGHT, None],
        weights_sha256=tuple(one.weights_sha256 for one in opened),
    )


def _row(
    variant: Variant,
    found: Mapping[str, Walked],
    absent: Mapping[str, str],
    config: AblationConfig,
) -> AblationRow:
    missing = [absent[name] for name in variant.branches if name in absent]
    if missing:
        return AblationRow(name=variant.name, words=variant.words, absent="; ".join(missing))
    own, levers = found[variant.name].accounts, found[variant.name].levers
    aversion = Client(config.volatility).risk_aversion
    seeds = [Measured.of(account, aversion) for account in own.values()]
    figures = Measured.model_validate(
        {name: float(np.median([getattr(seed, name) for seed in seeds])) for name in Measured.model_fields}
    )
    row = AblationRow(name=variant.name, words=variant.words, figures=figures, chosen=levers)
    if variant.name == PLAIN or PLAIN not in found:
        return row
    plain = found[PLAIN].accounts
    first, second = _mean(list(own.values())), _mean(list(plain.values()))
    sharpe = paired_difference(first.excess, second.excess, sharpe_statistic, seed=config.seed, draws=config.draws)
    scale = PERIODS**0.5
    ratios = [Measured.of(plain[seed], aversion).sharpe or 0.0 for seed in own]
    return row.model_copy(
        update={
            "sharpe": sharpe.model_copy(
                update={"estimate": scale * sharpe.estimate, "low": scale * sharpe.low, "high": scale * sharpe.high}
            ),
            "certainty_equivalent": paired_difference(
                first.net, second.net, certain(aversion), seed=config.seed, draws=config.draws
            ),
            "seeds_ahead": sum((made.sharpe or 0.0) > base for made, base in zip(seeds, ratios, strict=True)),
        }
    )


def _mean(accounts: Sequence[Account]) -> Account:
    """A seed's share of the money each."""
    return replace(
        accounts[0],
        net=np.mean([one.net for one in accounts], axis=0),
        turnover=np.mean([one.turnover for one in accounts], axis=0),
    )


def page(report: AblationReport) -> str:
    """The table as Markdown, with what it stands on."""
    config = report.config
    lines = [
        "| variant | what is changed | Sharpe | CE | drawdown | turnover | Sharpe beside plain (90 %) "
        "| CE beside plain (90 %) | seeds ahead | levers of the last window |",
        "| --- " * 10 + "|",
    ]
    for row in report.rows:
        if row.figures is None:
            lines.append(f"| {row.name} | {row.words} | absent: {row.absent} |  |  |  |  |  |  |  |")
            continue
        made, sharpe, sure = row.figures, row.sharpe, row.certainty_equivalent
        beside = "" if sharpe is None else f"{sharpe.estimate:+.3f} ({sharpe.low:+.3f} to {sharpe.high:+.3f})"
        gained = "" if sure is None else f"{sure.estimate:+.2%} ({sure.low:+.2%} to {sure.high:+.2%})"
        ahead = "" if row.seeds_ahead is None else f"{row.seeds_ahead} of {len(config.seeds)}"
        lines.append(
            f"| {row.name} | {row.words} | {made.sharpe or 0.0:.3f} | {made.certainty_equivalent or 0.0:.2%} "
            f"| {made.max_drawdown:.1%} | {made.turnover:.2f} | {beside} | {gained} | {ahead} | {row.chosen} |"
        )
    earned = [row.name for row in report.rows if row.sharpe is not None and row.sharpe.low > 0.0]
    harmed = [row.name for row in report.rows if row.sharpe is not None and row.sharpe.high < 0.0]
    compared = sum(row.sharpe is not None for row in report.rows)
    said = (
        f"Beyond chance better than the plain policy: {', '.join(earned) or 'nothing'}; worse: "
        f"{', '.join(harmed) or 'nothing'}. Each is compared alone: of {compared} about {compared / 10:.0f} would be "
        "so by chance."
    )
    return "\n".join([said, "", *lines]) + "\n"
