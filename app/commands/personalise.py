"""`quorum personalise`: what a client's own trades show, beside what they say, and an adapter that learns from them."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from app.options import Home, Json, Today, clock

if TYPE_CHECKING:
    from datetime import date

    from portfolio.profile import InvestorProfile
    from portfolio.universe import Universe

MOST_PROFILE = 200_000
"""Characters of a profile's file."""


def command(
    history: Annotated[Path, typer.Argument(help="The broker's export: CSV, OFX or QFX, or a plain CSV.")],
    profile: Annotated[
        str | None,
        typer.Option("--profile", help="What the client says: words, or a file with words or a profile's JSON."),
    ] = None,
    data: Annotated[
        Path | None, typer.Option("--data", help="A folder of prices of these assets, in the bundled history's place.")
    ] = None,
    out: Annotated[Path | None, typer.Option("--out", help="Where to write the adapter, if it earned one.")] = None,
    as_json: Json = False,
    today: Today = None,
    home: Home = None,
) -> None:
    """Read a transaction history, show how its owner trades, and fit the policy's router to them.

    Every row is accounted for. With too few trades, or assets without prices, nothing is inferred, and it says so.
    """
    from rich.console import Console

    from app.render.personalise import show_personalise
    from app.wiring import read_settings
    from lab.personalise import personalise
    from rl.checkpoint import AllocatorUnavailable
    from tools.brokerage import read_history
    from tools.errors import QuorumError
    from tools.market.source import open_market

    settings = read_settings(home=home, prices=data)
    read = read_history(history)
    market = open_market(settings)
    stated = None if profile is None else _profile(profile, clock(today), market.universe)
    try:
        report = personalise(read, market, profile=stated, checkpoint=settings.checkpoint, out=out)
    except AllocatorUnavailable as error:
        raise QuorumError(error.message, error.remedy) from error
    if as_json:
        typer.echo(report.model_dump_json(indent=2))
    else:
        show_personalise(Console(), report)


def _profile(given: str, today: "date", universe: "Universe") -> "InvestorProfile":
    """A profile from words, from a file of words, or from a file that holds one as JSON."""
    from pydantic import ValidationError

    from agents.profiler.reader import read
    from portfolio.profile import InvestorProfile
    from tools.errors import QuorumError

    text = given
    path = Path(given)
    if len(given) < 1_000 and path.is_file():
        text = path.read_text(encoding="utf-8", errors="replace")[:MOST_PROFILE]
        if path.suffix == ".json":
            try:
                return InvestorProfile.model_validate_json(text)
            except ValidationError as error:
                raise QuorumError(
                    f"{path} is not a profile", "write what `quorum profile --json` gives under profile, or plain words"
                ) from error
    return read([text], today=today, universe=universe).profile
