"""`quorum evaluate objectives`: the three-phase re-test, whether asking for an objective gives more of it."""

from pathlib import Path
from typing import Annotated

import typer

from app.commands.walk_forward import Count, PricesFolders, Ray, bar, who_works
from app.options import Home, Json, Today, Trials, clock


def command(
    context: typer.Context,
    prices: PricesFolders = None,
    out: Annotated[Path, typer.Option("--out", help="The page to write.")] = Path("docs/objectives.md"),
    register: Trials = None,
    quick: Annotated[
        bool, typer.Option("--quick", help="US shares from 2020, no seeds, no convex baseline: no evidence.")
    ] = False,
    ray: Ray = None,
    workers: Count = 1,
    today: Today = None,
    as_json: Json = False,
    home: Home = None,
) -> None:
    """Serve six pure objectives by the shipped policies, month by month, with costs, before and after tax.

    About seven minutes on one core. Accounts are kept, so an interrupted run goes on where it stopped.
    """
    from datetime import date

    from rich.console import Console

    from app.studies import command_line, figures_of, publish, tell, trial_register
    from app.wiring import read_settings
    from lab.objectives.evidence import adapter_of, shipped_policies
    from lab.objectives.page import section
    from lab.objectives.records import Config
    from lab.objectives.register import trials_of
    from lab.objectives.study import run_study
    from lab.objectives.worlds import load_grounds

    console = Console(stderr=True, quiet=as_json)
    settings = read_settings(home=home)
    kept = trial_register(settings, register)
    config = Config(first=date(2020, 1, 1), seeds=False, convex=False, draws=200) if quick else Config()
    words = command_line(context)
    grounds = load_grounds(None if quick else prices, config, console.print)
    with bar("accounts", as_json) as show:
        study = run_study(
            grounds,
            shipped_policies(),
            config,
            command=words,
            folder=settings.home / "evidence" / ("objectives-quick" if quick else "objectives"),
            workers=who_works(ray, workers),
            progress=show,
            step=console.print,
        )
    kept.open(trials_of(study, clock(today)))
    result = study.result.model_copy(update={"adapter": adapter_of(figures_of(out).parent)})
    page = (
        f"# Does asking for an objective give more of it?\n\n{section(result)}\n\n"
        f"Made by `{words}`; the figures stand as JSON in `evidence/objectives.json`."
    )
    figures = publish(out, page, result)
    tell(result, section(result), f"Written to {out} and {figures}; register {kept.path}.", as_json)
