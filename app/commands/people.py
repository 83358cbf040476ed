"""`quorum evaluate people`: what the profiler understood of real people, and its order of four shares for them."""

from pathlib import Path
from typing import Annotated

import typer

from app.options import Home, Json


def command(
    context: typer.Context,
    data: Annotated[Path, typer.Option("--data", help="A folder with `dialogues/llmadvisor`.")],
    out: Annotated[Path, typer.Option("--out", help="The page to write.")] = Path("docs/people.md"),
    gguf: Annotated[
        Path | None, typer.Option("--gguf", help="Serve this model here, and measure the reading with it too.")
    ] = None,
    draws: Annotated[int, typer.Option("--draws", min=100, help="Of the bootstrap.")] = 4000,
    seed: Annotated[int, typer.Option("--seed", help="Of the bootstrap.")] = 0,
    quick: Annotated[bool, typer.Option("--quick", help="Two hundred draws.")] = False,
    as_json: Json = False,
    home: Home = None,
) -> None:
    """Compare the profiler with human marks on LLMAdvisor's conversations, and rank the shares from what people said.

    By rules, and with the model of the settings or --gguf too. About a minute on one core by rules.
    """

    from app.commands.evaluate import steps, subjects
    from app.studies import command_line, publish, tell
    from app.wiring import read_settings
    from lab.people.page import section
    from lab.people.study import measure
    from tools.llm.models import LanguageModels
    from tools.market.bundled import bundled_universe

    words = command_line(context)
    with steps(as_json) as show:
        # The last of them is the richest: the rules always, a model's reading beside them where there is a model.
        for subject, who in subjects(read_settings(home=home), [gguf] if gguf else [], rules=True):
            models = LanguageModels.from_settings(who)
            result = measure(
                data,
                bundled_universe(),
                None if subject.rung == "rules" or models is None else models.of("profiler"),
                subject,
                seed=seed,
                draws=200 if quick else draws,
                command=words,
                step=show,
            )
    page = (
        f"# What real people said, and what was made of it\n\n{section(result)}\n\n{_columns_of_the_files()}\n\n"
        f"Made by `{words}`; the figures stand as JSON in `evidence/people.json`."
    )
    figures = publish(out, page, result)
    tell(result, section(result), f"Written to {out} and {figures}.", as_json)


def _columns_of_the_files() -> str:
    from importlib.resources import files

    return files("lab.people").joinpath("columns.md").read_text(encoding="utf-8").strip()
