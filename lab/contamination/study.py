"""`quorum evaluate contamination`: from raw data to every figure of the page.

Contract
--------
- Masked, swapped and true worlds are written to a folder below the settings' home and read by the ordinary live path;
  a model's answers are kept there, so a run that was cut short asks only what is missing.
- Same data, settings and seeds: the same `Result`. Nothing in it tells the machine or the day.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from hashlib import sha256
from pathlib import Path

import numpy as np

from agents.personas import load_personas, score_history
from lab.backtest.learned import POLICY, learned
from lab.backtest.plan import Plan
from lab.backtest.run import world_of
from lab.committee.ways import BASELINE, CLIENT, DIRECT, Way
from lab.contamination.decisions import POLICY as POLICY_WAY
from lab.contamination.decisions import RULES, Decisions, decide_in
from lab.contamination.gap import Money, gap_rows
from lab.contamination.masking import left_over, mask_of, masked, swapped
from lab.contamination.placebo import Trial, carried_with_placebos, placebo_rows, score_rules
from lab.contamination.records import PlaceboRow, Result, Trained, Worlds
from lab.contamination.trials import trials_of, trials_of_ways
from lab.contamination.worlds import Content, content_from, some_assets, write_world
from lab.register import Register
from portfolio.backtest import decision_rows
from portfolio.market import MarketPanel, day_of
from portfolio.records import Record
from rl.card import ModelCard
from rl.checkpoint import AllocatorUnavailable
from tools.documents.earnings import LOOK_BACK
from tools.documents.records import Document
from tools.errors import DataError
from tools.market.records import MarketData
from tools.market.source import open_market
from tools.settings import Role, RoleModel, Settings

HISTORY = 252 * 5 + 30
"""Rows before the first date, so that every persona can speak."""
PERSONA_WAYS = (POLICY_WAY, "ensemble")
"""What a model's views can move; the other ways ask it themselves."""


@dataclass(frozen=True)
class Opened:
    """The register of trials, and the day on which the run looked."""

    register: Register
    day: date


ASKED: tuple[Role, ...] = ("persona",)
"""Who asks a model, unless every role is to."""

OnStep = Callable[[int, int, str], None]


class Plans(Record):
    """What is measured, and how much of it. The placebos' strategies decide monthly."""

    command: str
    seed: int = 0
    dates: int = 4
    keep_groups: bool = False
    first: date | None = date(2006, 1, 1)
    """No decision is earlier."""
    placebos: int = 50
    policy_placebos: int = 10
    volatility: float = 0.10
    risk_aversion: float = 5.0
    cost_basis_points: float = 10.0
    draws: int = 1000
    client: str = CLIENT


@dataclass(frozen=True)
class Subject:
    """Who decides in the two worlds: the rules, or a model behind the settings.

    assets, personas : None asks about all, and hears all; a model is dear, so that a few will do
    other_evidence : whether a third world is asked, in which each asset is shown another's
    trained_until : the day to which a model was trained, None where nobody said
    """

    name: str
    settings: Settings
    is_model: bool = False
    weights_sha256: str | None = None
    assets: tuple[str, ...] | None = None
    trained_until: date | None = None
    dates: int | None = None
    personas: tuple[str, ...] | None = None
    other_evidence: bool = True


def measure(
    settings: Settings,
    plans: Plans,
    subjects: Sequence[Subject],
    folder: Path,
    progress: OnStep,
    documents: Sequence[Document] = (),
    opened: Opened | None = None,
    beside: Result | None = None,
) -> Result:
    """All of it. `folder` is where the worlds are written, `opened` the register and the day of the run.

    With `beside`, what was measured before stays, placebos included, and only the subjects are measured and added.
    Raises DataError where that was measured otherwise, and whatever the Advisor raises.
    """
    market = open_market(settings)
    policy, card, why = _policy(settings.checkpoint)
    content = content_from(market, settings.prices, documents)
    worlds = []
    for subject in subjects:
        chosen = content if subject.assets is None else some_assets(content, subject.assets)
        place = folder / _mark(chosen, plans)
        worlds.append(compare_worlds(chosen, subject, plans, place, progress, card, opened))
    trained = _trained(card, why, subjects)
    if beside is not None:
        return added(beside, plans, worlds, trained, sum(len(_ways(subject)) for subject in subjects))
    trials = list(score_rules(plans.placebos))
    if policy is not None and card is not None:
        trials.append(replace(policy, placebos=plans.policy_placebos, trained_until=trained_to(card)))
    rows = placebo_study(market, plans, trials, progress, opened)
    return Result(
        command=plans.command,
        client=plans.client,
        cost_basis_points=plans.cost_basis_points,
        risk_aversion=plans.risk_aversion,
        draws=plans.draws,
        seed=plans.seed,
        worlds=tuple(worlds),
        placebo_source=market.panel.source,
        volatility=plans.volatility,
        placebos=rows,
        trained=trained,
        trials=len(trials) + sum(len(_ways(subject)) for subject in subjects),
    )


def added(before: Result, plans: Plans, worlds: Sequence[Worlds], trained: Sequence[Trained], trials: int) -> Result:
    """The figures of before with further subjects; one that was there is replaced."""
    for name in ("client", "cost_basis_points", "risk_aversion", "draws", "seed"):
        if getattr(before, name) != getattr(plans, name):
            raise DataError(f"the figures that are there were made with another {name}", "measure everything again")
    new = {one.subject for one in worlds}
    kept = tuple(one for one in before.worlds if one.subject not in new)
    parts = {item.part: item for item in (*before.trained, *trained)}
    again = plans.command in before.command.split("; ")
    return before.model_copy(
        update={
            "command": before.command if again else f"{before.command}; {plans.command}",
            "worlds": (*kept, *worlds),
            "trained": tuple(parts.values()),
            "trials": before.trials + (0 if again else trials),
        }
    )


def compare_worlds(
    content: Content,
    subject: Subject,
    plans: Plans,
    folder: Path,
    progress: OnStep,
    card: ModelCard | None,
    opened: Opened | None = None,
) -> Worlds:
    """One subject in the true world, a masked one, and a masked one whose evidence is another asset's. What the true
    world paid its ways is written to the register."""
    days, until = days_of(content.panel, subject.dates or plans.dates, plans.first)
    mask = mask_of(content, plans.seed, keep_groups=plans.keep_groups)
    hidden = masked(content, mask)
    spans = [(day - LOOK_BACK, day) for day in days]
    masked_spans = [(mask.day(first), mask.day(last)) for first, last in spans]
    ways = _ways(subject)
    total = len(days) * ((3 if subject.other_evidence else 2) * len(ways) + 1)
    done = 0

    def step(what: str) -> None:
        nonlocal done
        progress(done, total, f"{subject.name}: {what}")
        done += 1

    client = plans.client
    own = write_world(content, folder / "true", subject.settings, spans)
    other = write_world(hidden, folder / "masked", subject.settings, masked_spans)
    heard = subject.personas
    first = decide_in(own, (BASELINE, *ways), days, client, personas=heard, label="true world, ", step=step)
    second = decide_in(other, ways, days, client, mask=mask, personas=heard, label="masked, ", step=step)
    third: Decisions = {}
    if subject.other_evidence:
        false = write_world(swapped(hidden, plans.seed), folder / "swapped", subject.settings, masked_spans)
        third = decide_in(false, ways, days, client, mask=mask, personas=heard, label="other evidence, ", step=step)
    money = Money(
        content.panel,
        until,
        basis_points=plans.cost_basis_points,
        risk_aversion=plans.risk_aversion,
        draws=plans.draws,
        seed=plans.seed,
    )
    if opened is not None:
        opened.register.open(trials_of_ways(subject.name, ways, days, first, client, money, opened.day))

    def trained(way: str) -> tuple[bool, date | None]:
        if subject.is_model and subject.trained_until is None:
            return False, None
        days_trained = [subject.trained_until] if subject.is_model else []
        if way == POLICY_WAY and card is not None:
            days_trained.append(trained_to(card))
        return True, max((day for day in days_trained if day is not None), default=None)

    return Worlds(
        subject=subject.name,
        weights_sha256=subject.weights_sha256,
        source=content.panel.source,
        assets=content.universe.symbols,
        days=days,
        held_until=until,
        seed=plans.seed,
        weeks=mask.weeks,
        groups="kept" if plans.keep_groups else "neutral",
        documents=len(content.documents),
        left_over=left_over(content, hidden),
        reports=len(content.earnings),
        personas=heard or (),
        roles=tuple(sorted(subject.settings.model_roles)) if subject.settings.model_name is None else (),
        masked=gap_rows(ways, days, first, second, first, money, trained),
        swapped=gap_rows(ways, days, second, third, first, money, trained) if third else (),
        model_views=sum(_views(source, day) for source in (first, second) for day in days),
    )


def _views(decisions: Decisions, day: date) -> int:
    """Scores that the model gave on a day, each counted once, whichever ways heard it."""
    return len({key for (_, at), one in decisions.items() if at == day for key in one.model_scores})


def placebo_study(
    market: MarketData, plans: Plans, trials: Sequence[Trial], progress: OnStep, opened: Opened | None = None
) -> tuple[PlaceboRow, ...]:
    """Every trial on its own and on scrambled scores; the strategies are written to the register."""
    plan = Plan(
        first=plans.first,
        volatility=plans.volatility,
        risk_aversion=plans.risk_aversion,
        cost_basis_points=plans.cost_basis_points,
        draws=plans.draws,
        seed=plans.seed,
    )
    world = world_of(market, lambda cut: score_history(load_personas(), cut.panel), plan)
    accounts, rows = carried_with_placebos(world, trials, plan, progress)
    if opened is not None:
        names = tuple(trial.strategy.name for trial in trials)
        opened.register.open(trials_of(accounts, names, world, plan, opened.day))
    return tuple(placebo_rows(accounts, trials, plan, [day_of(world.panel.dates[row]) for row in rows]))


def days_of(panel: MarketPanel, count: int, first: date | None) -> tuple[tuple[date, ...], date]:
    """`count` month ends, evenly spread over the days from `first` on which every persona can speak, and the day to
    which the last decision is held. Raises DataError for too little history.
    """
    begin = 0 if first is None else int(np.searchsorted(panel.dates, np.datetime64(first)))
    rows = [int(row) for row in decision_rows(panel.dates, "monthly") if row >= max(begin, HISTORY)]
    if len(rows) <= count:
        raise DataError(
            f"{panel.source} has {len(rows)} months after {HISTORY} days of prices; {count} dates were asked for",
            "bring longer prices, begin earlier with --first, or ask for fewer --dates",
        )
    places = [rows[int(place)] for place in np.linspace(0, len(rows) - 1, count + 1)]
    return tuple(day_of(panel.dates[row]) for row in places[:-1]), day_of(panel.dates[places[-1]])


def _mark(content: Content, plans: Plans) -> str:
    """Of everything that the written worlds are made of: worlds of other data or another seed lie elsewhere, and a
    model's kept answers are found again. Who is asked is no part of it."""
    digest = sha256(repr((plans.seed, plans.keep_groups, content.universe, content.earnings)).encode())
    digest.update(repr(content.documents).encode())
    for array in (content.panel.dates.astype("datetime64[D]").astype(np.float64), content.panel.close):
        digest.update(np.ascontiguousarray(array).tobytes())
    return digest.hexdigest()[:16]


def asked_for_views(settings: Settings) -> Settings:
    """The same model asked for the personas' views alone.

    Reading the client's words and the reports falls to the rules: it is dear, and it is not where a price is
    remembered.
    """
    own = RoleModel(name=settings.model_name, url=settings.model_url, key=settings.model_key)
    roles: dict[Role, RoleModel] = {role: settings.model_roles.get(role, own) for role in ASKED}
    return settings.model_copy(update={"model_name": None, "model_url": None, "model_key": None, "model_roles": roles})


def _ways(subject: Subject) -> tuple[Way, ...]:
    if not subject.is_model:
        return RULES
    if subject.settings.model_name is not None:
        return (*RULES, DIRECT)
    return tuple(way for way in RULES if way.name in PERSONA_WAYS)


def trained_to(card: ModelCard) -> date:
    """The last day of the policy's training."""
    return next(span.last for span in card.spans if span.name == "training")


def _policy(folder: Path | None) -> tuple[Trial | None, ModelCard | None, str]:
    try:
        both, _, card = learned(folder)
    except AllocatorUnavailable as error:
        return None, None, error.message
    policy = next(one for one in both if one.name == POLICY)
    return Trial(policy, 0), card, ""


def _trained(card: ModelCard | None, why: str, subjects: Sequence[Subject]) -> tuple[Trained, ...]:
    out = [
        Trained(
            part="the rules, and the optimisers and personas made of them",
            until=None,
            known=True,
            why="never fitted; but the factors are those of papers from 1977 to 2013, chosen because they had worked",
        )
    ]
    if card is None:
        out.append(Trained(part="the policy", until=None, known=False, why=why))
    else:
        out.append(Trained(part="the policy", until=trained_to(card), known=True, why=f"its card, {card.name}"))
    for subject in subjects:
        if subject.is_model:
            until = subject.trained_until
            told = "as stated with --trained-until" if until else "nobody said: every date may be remembered"
            out.append(Trained(part=subject.name, until=until, known=until is not None, why=told))
    return tuple(out)
