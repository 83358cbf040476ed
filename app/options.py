"""Options that several commands share, and how they become the one `Advisor` that a door calls."""

from datetime import date, datetime
from pathlib import Path
from typing import Annotated, Literal

import typer

Json = Annotated[bool, typer.Option("--json", help="Print one JSON object and nothing else.")]
Texts = Annotated[
    list[str] | None,
    typer.Option("--text", "-t", help="What the client says; repeat it for further turns of the conversation."),
]
Today = Annotated[
    datetime | None,
    typer.Option("--today", formats=["%Y-%m-%d"], help="The day on which the client speaks. The clock's by default."),
]
AsOf = Annotated[
    datetime | None,
    typer.Option("--as-of", formats=["%Y-%m-%d"], help="Nothing dated later is read. The data's last day by default."),
]
Date = datetime | None
Prices = Annotated[
    Path | None, typer.Option("--prices", help="A folder of OHLCV files, in the bundled history's place.")
]
Bills = Annotated[
    Path | None,
    typer.Option("--bills", help="A folder of price files with the bill fund BIL, which continues the bill rate."),
]
Adapter = Annotated[
    Path | None,
    typer.Option("--adapter", help="Serve the client as they traded: a folder that `quorum personalise` wrote."),
]
Personas = Annotated[
    str | None, typer.Option("--personas", help="Whom to hear, comma-separated. All that are installed by default.")
]
Policy = Annotated[
    Literal["gated", "always", "never"],
    typer.Option(
        "--policy",
        help="gated: the trained policy where its evidence beats the baseline; always; or never (baseline alone).",
    ),
]
WayToWeights = Annotated[
    Literal["committee", "direct", "scores", "ensemble", "retrieval"],
    typer.Option(
        "--method",
        help="How views become weights: the committee's trained policy; a model's direct allocation; scores and an "
        "optimiser; the personas' ensemble; or scores with retrieved passages. All under the same limits.",
    ),
]
LeastScore = Annotated[
    float | None,
    typer.Option(
        "--minimum-score", min=1, max=10, help="Hold nothing that scores less; with --method scores, retrieval."
    ),
]
SecondRound = Annotated[
    Literal["auto", "on", "off"],
    typer.Option(
        "--debate", help="Personas hear each other once more: on, off, or auto (if their record says it helps)."
    ),
]
Session = Annotated[str | None, typer.Option("--session", help="A name to take the conversation up again by.")]
Home = Annotated[Path | None, typer.Option("--home", help="Where sessions, traces and caches live.")]

Trials = Annotated[
    Path | None,
    typer.Option("--register", help="The register of trials; trials.jsonl in the home folder by default."),
]


def day(value: datetime | None) -> date | None:
    """typer gives datetimes; the house works in days."""
    return None if value is None else value.date()


def clock(value: datetime | None) -> date:
    """The day on which the client speaks: the one place in the product that asks the clock."""
    return datetime.now().astimezone().date() if value is None else value.date()
