"""`quorum advise`: words in, a recommendation out, in one go."""

import json
from datetime import date
from hashlib import sha256
from importlib.resources import files
from typing import TYPE_CHECKING, Annotated

import typer

from app.exits import Exit
from app.options import (
    Adapter,
    AsOf,
    Home,
    Json,
    LeastScore,
    Personas,
    Policy,
    Prices,
    SecondRound,
    Session,
    Texts,
    Today,
    WayToWeights,
    clock,
    day,
)

if TYPE_CHECKING:
    from rich.console import Console

    from graph.turns import Turn

GOES_ON = {
    "awaiting_approval": "answer, approve, ask why, change your mind",
    "infeasible": "answer, change your mind",
}
"""What a client may say next, by how the turn ended."""
ENDINGS = {"refused": Exit.REFUSED, "infeasible": Exit.INFEASIBLE}


def command(
    text: Texts = None,
    as_json: Json = False,
    today: Today = None,
    as_of: AsOf = None,
    approve: Annotated[bool, typer.Option("--approve", help="Approve what is recommended.")] = False,
    brief: Annotated[bool, typer.Option("--brief", help="Profile, weights and reasons alone, on one screen.")] = False,
    session: Session = None,
    prices: Prices = None,
    personas: Personas = None,
    adapter: Adapter = None,
    policy: Policy = "gated",
    method: WayToWeights = "committee",
    debate: SecondRound = "auto",
    minimum_score: LeastScore = None,
    home: Home = None,
) -> None:
    """Recommend a portfolio for what the client says. Without --text, a recorded example is played.

    What was left unsaid is replaced by the cautious rule, named as such, and listed as a question; of two statements
    that contradict each other the tighter binds.
    """
    from rich.console import Console

    from app.interrupts import stopping
    from app.output import advise_output
    from app.render.progress import spinner
    from app.render.turn import show_turn, spent
    from app.wiring import make_advisor, read_settings
    from graph.turns import Approve

    settings = read_settings(home=home, prices=prices, adapter=adapter)
    spoken = clock(today)
    if text is None:
        example = json.loads(files("app").joinpath("examples/conversation.json").read_text(encoding="utf-8"))
        text = example["messages"]
    console, quiet = Console(), as_json
    with make_advisor(
        settings,
        today=spoken,
        as_of=day(as_of),
        personas=personas,
        policy=policy,
        method=method,
        debate=debate,
        minimum_score=minimum_score,
        asked_on=clock(None) if today is None else None,
    ) as advisor:
        # The same words get the same name, so that the same question gives the same bytes, its session's name included.
        name = advisor.open(session or _name_of(text, spoken), fresh=session is None)
        turn: Turn | None = None
        for number, message in enumerate(text, start=1):
            if not quiet:
                console.print(f"\n[bold green]You:[/] {message}", highlight=False)
            with spinner(quiet) as on_progress, stopping(advisor):
                turn = advisor.say(name, message, insist=number == len(text), on_progress=on_progress)
            if not quiet and number < len(text):
                _show_between(console, turn)
        if turn is None:
            raise typer.BadParameter("say something with --text", param_hint="--text")
        if approve and turn.status == "awaiting_approval":
            turn = advisor.review(name, Approve())
        if quiet:
            typer.echo(advise_output(turn).model_dump_json(indent=2))
            if turn.spending is not None:
                typer.echo(spent(turn.spending), err=True)
        else:
            console.print()
            show_turn(console, turn, brief=brief)
            if turn.status in GOES_ON:
                console.print(f"Go on with: quorum chat --session {name}   ({GOES_ON[turn.status]})", highlight=False)
    raise typer.Exit(ENDINGS.get(turn.status, Exit.OK))


def _name_of(text: list[str], spoken: date) -> str:
    """A session's name from what is said in it."""
    return f"advise-{sha256(json.dumps([text, spoken.isoformat()]).encode()).hexdigest()[:8]}"


def _show_between(console: "Console", turn: "Turn") -> None:
    """One line for a turn that is not the last: what the committee said back."""
    said = turn.ask or turn.answer
    if said is None and turn.refused:
        said = turn.refused[0].reason
    if said is None:
        said = f"(a recommendation, {turn.status.replace('_', ' ')}; the conversation goes on)"
    console.print(f"[bold cyan]Committee:[/] {said}", highlight=False)
