"""`quorum evaluate experts`: whether four experts take away the conflict between objectives."""

from pathlib import Path
from typing import Annotated

import typer

from app.commands.walk_forward import Count, Ray, bar, who_works
from app.options import Home, Json


def command(
    context: typer.Context,
    out: Annotated[Path, typer.Option("--out", help="The page to write.")] = Path("docs/experts.md"),
    quick: Annotated[bool, typer.Option("--quick", help="One seed and five updates: no evidence.")] = False,
    ray: Ray = None,
    workers: Count = 1,
    as_json: Json = False,
    home: Home = None,
) -> None:
    """Train the allocator with one expert, with four, and under the intent router; compare the objectives' gradients.

    About five minutes on one core; trainings are kept, so an interrupted run goes on where it stopped.
    """

    from agents.personas import load_personas, score_history
    from app.studies import command_line, publish, tell
    from app.wiring import read_settings
    from lab.experts.page import section
    from lab.experts.study import Config, measure
    from tools.market.bundled import load_bundled

    words = command_line(context)
    config = Config(updates=5, seeds=(0,)) if quick else Config()
    folder = read_settings(home=home).home / "evidence" / ("experts-quick" if quick else "experts")
    panel = load_bundled().panel
    with bar("training", as_json) as show:
        result = measure(
            panel,
            score_history(load_personas(), panel),
            config,
            folder=folder,
            command=words,
            workers=who_works(ray, workers),
            progress=show,
        )
    page = (
        f"# Do experts take away the conflict between objectives?\n\n{section(result)}\n\n"
        f"Made by `{words}`; the figures stand as JSON in `evidence/experts.json`."
    )
    figures = publish(out, page, result)
    tell(result, section(result), f"Written to {out} and {figures}.", as_json)
