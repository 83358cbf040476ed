"""All of the re-test in one call: the main span, the long walk-forward, the scale and, where one is named, a model."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import Field

from lab.alignment import arms
from lab.alignment.accounts import carry
from lab.alignment.clients import Person, Written, people, read_written
from lab.alignment.ground import Windows, shipped_stage, trained_stage, world_of
from lab.alignment.records import Figure, ModelPart, Result
from lab.alignment.scale import measure_scale
from lab.alignment.study import Measured, Plan, average_numbers, decided_on, measured, misread, told
from lab.spread import OnSpread, Workers
from portfolio.alignment_doubt import score_interval
from portfolio.market import Floats
from portfolio.records import Record

if TYPE_CHECKING:
    from collections.abc import Sequence

    from agents.profiler.model import ModelPort
    from lab.backtest.seen import World

FIRST, LAST = 2016, 2022


class Scope(Record):
    """How much of the re-test is run."""

    first: int = FIRST
    last: int = LAST
    windows: Windows | None = Windows()
    """The long walk-forward; None leaves it out."""
    every: int = Field(default=4, ge=1)
    """In the long walk-forward every so-manieth client."""
    sheets: int = Field(default=150, ge=10)
    model_clients: int = Field(default=8, ge=2)
    """Clients read again with a model."""


QUICK = Scope(first=2021, windows=None, sheets=30, model_clients=2)
"""To see the machinery at work: two years say nothing."""


def retest(
    plan: Plan,
    scope: Scope,
    *,
    prices: Path | None,
    data: Path | None,
    model: "tuple[str, ModelPort] | None",
    folder: Path,
    workers: Workers,
    progress: Callable[[str], OnSpread],
    command: str,
) -> tuple[Result, tuple[Measured, ...]]:
    """The result, and what each span was made of, for the register.

    Parameters
    ----------
    prices : a folder of folders whose `etf` continues the bill rate; None: see `ground.world_of`
    data : a folder with the psychometric scale; None leaves that part out
    model : a language model's name and port, to read the clients again with
    folder : where finished jobs are kept
    progress : what is under way -> what to tell of it
    """
    written, sources = read_written()
    cut = [
        "Learned baselines are the policy told of no client and the policy alone; the LSTM + PPO hybrid trades other "
        "universes by the week, and stands on a page of its own (`lstm-ppo.md`)."
    ]
    world = world_of(prices, scope.last)
    everyone = people(written, world.universe)
    stage = shipped_stage(world, everyone, scope.first, scope.last)
    decided = decided_on(stage, folder=folder / "main", workers=workers, progress=progress("deciding"))
    title = f"{scope.first} to {scope.last}"
    spans = [measured("main", title, stage, decided, everyone, plan)]
    if scope.windows is None:
        cut.append("The long walk-forward was left out.")
    else:
        spans.append(_long(scope.windows, scope.every, plan, written, prices, folder, workers, progress))
        share = "All clients" if scope.every == 1 else f"One client in {scope.every}"
        cut.append(f"{share} in the long walk-forward, {len(scope.windows.seeds)} seeds, and a small policy.")
    scale = None
    if data is None:
        cut.append("The psychometric scale was left out: no folder with it was named.")
    else:
        scale = measure_scale(data, world.universe, sheets=scope.sheets, seed=plan.seed, level=plan.level)
    part = None
    if model is None:
        cut.append("No language model was tried: profiles are read by rules, and what the language part is worth is "
                   "seen in the arms without a profile.")  # fmt: skip
    else:
        part = _with_model(model, scope, plan, written, world, folder, workers, progress)
    result = Result(
        command=command,
        seed=plan.seed,
        draws=plan.draws,
        level=plan.level,
        basis_points=plan.basis_points,
        sources=sources,
        average=average_numbers(stage),
        misread=misread(everyone),
        spans=tuple(one.span for one in spans),
        model=part,
        scale=scale,
        cut=tuple(cut),
    )
    return result, tuple(spans)


def _long(
    windows: Windows,
    every: int,
    plan: Plan,
    written: "Sequence[Written]",
    prices: Path | None,
    folder: Path,
    workers: Workers,
    progress: Callable[[str], OnSpread],
) -> Measured:
    world = world_of(prices, windows.last, shares_only=True)
    some = people(written[::every], world.universe)
    stage = trained_stage(
        world, some, windows, folder=folder / "training", workers=workers, progress=progress("training")
    )
    decided = decided_on(stage, folder=folder / "long", workers=workers, progress=progress("deciding, long"))
    return measured("long", f"{windows.first} to {windows.last}", stage, decided, some, plan)


def _with_model(
    model: "tuple[str, ModelPort]",
    scope: Scope,
    plan: Plan,
    written: "Sequence[Written]",
    world: "World",
    folder: Path,
    workers: Workers,
    progress: Callable[[str], OnSpread],
) -> ModelPart:
    """The last clients, whom nobody mended the rules on, read by rules and by rules with the model."""
    name, port = model
    some = written[-scope.model_clients :]
    read = {"rules": people(some, world.universe), "model": people(some, world.universe, model=port)}
    values = {}
    for way, who in read.items():
        stage = shipped_stage(world, who, scope.first, scope.last)
        decided = decided_on(
            stage, folder=folder / f"read-by-{way}", workers=workers, progress=progress(f"read by {way}")
        )
        needs = [person.needs for person in who]
        made = carry(world.panel, decided, needs, basis_points=plan.basis_points, seed=plan.seed)
        values[way] = made.values[arms.PROFILE_POLICY]

    def doubted(own: Floats, other: Floats | None = None) -> Figure:
        return told(score_interval(own, other, seed=plan.seed, draws=plan.draws, level=plan.level))

    return ModelPart(
        model=name,
        clients=len(some),
        changed=sum(_changed(*pair) for pair in zip(*read.values(), strict=True)),
        unanswered=sum(person.heard.fallback is not None for person in read["model"]),
        rules=doubted(values["rules"]),
        with_model=doubted(values["model"]),
        difference=doubted(values["model"], values["rules"]),
    )


def _changed(rules: Person, model: Person) -> bool:
    return rules.heard.profile != model.heard.profile
