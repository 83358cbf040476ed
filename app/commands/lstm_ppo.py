"""`quorum evaluate lstm-ppo`: the table of the hybrid LSTM and PPO paper rebuilt on real prices, with seeds."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from app.options import Json


class Part(StrEnum):
    """What can be measured alone; typer wants an enumeration for an option that may be repeated."""

    TREASURIES = "treasuries"
    CRYPTO = "crypto"
    US_SHARES = "us-shares"
    BUNDLED = "bundled"
    INDONESIA = "indonesia"
    QUALITY = "quality"


def command(
    prices: Annotated[Path, typer.Option("--prices", help="A folder with `etf`, `us_crypto` and `idx_lq45`.")],
    out: Annotated[
        Path, typer.Option("--out", help="The page to write; each universe is kept beside it in a folder of its name.")
    ] = Path("docs/lstm-ppo.md"),
    only: Annotated[
        list[Part] | None, typer.Option("--only", help="Measure this part; repeat it. Everything by default.")
    ] = None,
    again: Annotated[bool, typer.Option("--again", help="Measure anew what is kept already.")] = False,
    quick: Annotated[bool, typer.Option("--quick", help="Measure nothing: page and figures of what is kept.")] = False,
    as_json: Json = False,
) -> None:
    """Rebuild every row of arXiv 2511.17963's table for the years that the data reach, and judge the forecaster.

    A quarter of an hour on one core; a universe that is finished is kept, so an interrupted run goes on after it.
    """
    import sys

    from rich.console import Console
    from rich.markdown import Markdown

    from lab.hybrid import QUALITY, run
    from lab.hybrid_page import section
    from lab.hybrid_records import HybridConfig
    from lab.hybrid_universes import SLUGS

    def say(text: str) -> None:
        sys.stderr.write(text + "\n")
        sys.stderr.flush()

    wanted = () if quick else tuple(only) if only else (*SLUGS, QUALITY)
    words = "quorum evaluate lstm-ppo --prices PRICES"
    result = run(prices, out, wanted, HybridConfig(), say, command=words, again=again)
    if as_json:
        typer.echo(result.model_dump_json(indent=2))
        return
    Console().print(Markdown(section(result)))
    Console().print(f"Written to {out} and {out.parent / 'evidence' / 'lstm_ppo.json'}.")
