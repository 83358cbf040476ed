"""`quorum evaluate views`: whose views are worth listening to, at which horizon, and how much."""

from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from app.options import Home, Json, Today, Trials, clock

if TYPE_CHECKING:
    from agents.personas import Persona
    from lab.evaluation.progress import OnStep
    from portfolio.market import MarketPanel
    from portfolio.scoreboard import Entry
    from tools.settings import Settings


def command(
    context: typer.Context,
    prices: Annotated[
        Path | None,
        typer.Option("--prices", help="A folder with `etf`, `us_crypto` and `idx_lq45`, any of them; else bundled."),
    ] = None,
    out: Annotated[Path, typer.Option("--out", help="The page to write.")] = Path("docs/views.md"),
    tries: Annotated[
        list[str] | None,
        typer.Option("--tries", help="NAME=200: how many variants were tried to find that persona; repeat it."),
    ] = None,
    ask: Annotated[
        int, typer.Option("--ask", min=0, help="Past days on which the model of the settings and any --gguf is asked.")
    ] = 0,
    gguf: Annotated[
        list[Path] | None, typer.Option("--gguf", help="Serve this model here and ask it; repeat it for several.")
    ] = None,
    register: Trials = None,
    draws: Annotated[int, typer.Option("--draws", min=100, help="Of the bootstrap.")] = 2000,
    seed: Annotated[int, typer.Option("--seed", help="Of the bootstrap and of the scrambled prices.")] = 0,
    today: Today = None,
    as_json: Json = False,
    home: Home = None,
) -> None:
    """Judge every persona, by rules and by models: hits, rank correlation by horizon, calibration, what trading earns.

    Personas in the product's home are judged too. Takes about half a minute on one core, without a model.
    """
    from agents.personas import load_personas
    from app.commands.evaluate import steps
    from app.studies import command_line, publish, trial_register
    from app.wiring import read_settings
    from lab.evaluation.progress import Step
    from lab.view_quality.page import page
    from lab.view_quality.study import Views, run_study
    from lab.view_quality.trials import trials_of
    from lab.walk_forward.universes import load_universes
    from tools.market.source import open_market
    from tools.scoreboard import ScoreboardStore

    settings = read_settings(home=home)
    variants = _variants(tries or [])
    personas = load_personas(None, settings.home / "personas")
    board = ScoreboardStore(settings.home / "scoreboard").read()
    panel = open_market(settings).panel
    entries = tuple(entry for entry in board.entries if entry.as_of <= panel.last_date)
    universes = load_universes(prices)
    with steps(as_json) as show:
        if ask:
            entries += _asked(settings, gguf or [], panel, personas, ask, clock(today), show)
        study = run_study(
            Views(
                personas=personas,
                universes=universes,
                entries=entries,
                damaged=len(board.damaged),
                board_panel=panel,
                variants=variants,
                seed=seed,
                draws=draws,
            ),
            command=command_line(context),
            progress=lambda done, total, what: show(Step("views", what, done, total)),
        )
    kept = trial_register(settings, register)
    kept.open(trials_of(study.result, universes, study.combined, clock(today)))
    figures = publish(out, page(study.result), study.result)
    if as_json:
        typer.echo(study.result.model_dump_json(indent=2))
        return
    from rich.console import Console

    from lab.view_quality.words import answer, weighing_answer

    console = Console()
    console.print(answer(study.result), highlight=False)
    console.print(weighing_answer(study.result), highlight=False)
    console.print(f"Written to {out} and {figures}; register {kept.path}.")


def _variants(given: list[str]) -> dict[str, int]:
    """ "noise=200" to {"noise": 200}."""
    from tools.errors import QuorumError

    out = {}
    for words in given:
        name, _, count = words.partition("=")
        if not name or not count.isdecimal() or int(count) < 1:
            raise QuorumError(f"--tries {words} cannot be read", "write a persona's name and a number, as in value=200")
        out[name] = int(count)
    return out


def _asked(
    settings: "Settings",
    gguf: list[Path],
    panel: "MarketPanel",
    personas: "tuple[Persona, ...]",
    dates: int,
    asked_on: "date",
    show: "OnStep",
) -> "tuple[Entry, ...]":
    """What the settings' model and every --gguf say of past days; a local server lasts while its model is asked."""
    from app.commands.evaluate import subjects
    from lab.evaluation.progress import Step
    from lab.view_quality.ask import ask_personas
    from tools.errors import QuorumError
    from tools.llm.models import LanguageModels

    out: list[Entry] = []
    for _, who in subjects(settings, gguf, rules=False):
        models = LanguageModels.from_settings(who, asked_on)
        if models is None:
            continue
        out += ask_personas(
            panel,
            personas,
            models.of("persona"),
            dates=dates,
            asked_on=asked_on,
            step=lambda done, total, what: show(Step("models", what, done, total)),
        )
    if not out:
        raise QuorumError("no model gave a view", "name one (QUORUM_MODEL_NAME) or a --gguf, or leave out --ask")
    return tuple(out)
