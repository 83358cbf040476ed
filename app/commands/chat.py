"""`quorum chat`: the conversation, turn by turn, taken up again by name."""

import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING

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
    Today,
    WayToWeights,
    clock,
    day,
)

if TYPE_CHECKING:
    from graph.advisor import Advisor, OnProgress
    from graph.turns import Turn, Verdict

HELP = (
    "Say who you are and what you want, in your own words. When a recommendation is on the table: "
    "'approve', 'reject REASON', a question ('why so much cash?'), or a new wish. 'go' takes the cautious "
    "assumptions; 'profile' shows all that was understood; 'quit' leaves, and everything is kept."
)
SHOW_PROFILE = frozenset({"profile", "my profile", "show profile"})
LEAVE = frozenset({"quit", "exit", "bye", "q"})
PROFILE_NOT_SHOWN = frozenset({"answered", "refused"})
"""How a turn ends that tells nothing of the profile."""


def command(
    session: Session = None,
    as_json: Json = False,
    today: Today = None,
    as_of: AsOf = None,
    prices: Prices = None,
    personas: Personas = None,
    adapter: Adapter = None,
    policy: Policy = "gated",
    method: WayToWeights = "committee",
    debate: SecondRound = "auto",
    minimum_score: LeastScore = None,
    home: Home = None,
) -> None:
    """Talk to the committee; it asks one question at a time. Reads lines from a terminal or from a pipe."""
    from rich.console import Console

    from app.interrupts import stopping
    from app.output import advise_output
    from app.render.progress import spinner
    from app.render.tables import profile_table
    from app.render.turn import show_turn
    from app.wiring import make_advisor, read_settings

    console = Console()
    settings = read_settings(home=home, prices=prices, adapter=adapter)
    with make_advisor(
        settings,
        today=clock(today),
        as_of=day(as_of),
        personas=personas,
        policy=policy,
        method=method,
        debate=debate,
        minimum_score=minimum_score,
        asked_on=clock(None) if today is None else None,
    ) as advisor:
        known = {item.session for item in advisor.sessions()}
        name = advisor.open(session)
        turn = advisor.resume(name) if name in known else None
        if not as_json:
            console.print(HELP, style="dim")
            console.print(f"Session {name}." + (" Taken up again." if turn else ""), highlight=False)
            if turn:
                show_turn(console, turn)
        shown = turn.profile if turn and turn.status not in PROFILE_NOT_SHOWN else None
        for line in _lines(prompt=not as_json):
            if line.lower() in LEAVE:
                break
            if turn and not as_json and line.lower().rstrip(".!?") in SHOW_PROFILE:
                console.print(profile_table(turn.profile))
                continue
            with spinner(as_json) as on_progress, stopping(advisor):
                turn = _answer(advisor, name, line, turn, on_progress)
            if as_json:
                typer.echo(advise_output(turn).model_dump_json())
            else:
                show_turn(console, turn, before=shown)
                shown = shown if turn.status in PROFILE_NOT_SHOWN else turn.profile
        if not as_json:
            console.print(f"\nKept. Take it up again with: quorum chat --session {name}", highlight=False)
    raise typer.Exit(Exit.OK)


def _answer(advisor: "Advisor", name: str, line: str, last: "Turn | None", on_progress: "OnProgress | None") -> "Turn":
    verdict = _verdict(line, last)
    if verdict is not None:
        return advisor.review(name, verdict, on_progress=on_progress)
    insist = line.lower().rstrip(".!") in {"go", "go ahead", "just go ahead"}
    return advisor.say(name, line, insist=insist, on_progress=on_progress)


def _verdict(line: str, last: "Turn | None") -> "Verdict | None":
    """The client's verdict, when a recommendation waits for one and the line begins with the word for it."""
    from graph.turns import Approve, Reject

    if last is None or last.status not in {"awaiting_approval", "answered"} or last.trace_id is None:
        return None
    word, _, rest = line.strip().partition(" ")
    match word.lower().rstrip(".!,"):
        case "approve" | "accept" | "approved":
            return Approve()
        case "reject" | "decline":
            return Reject(reason=rest.strip() or "no reason given")
    return None


def _lines(*, prompt: bool) -> Iterator[str]:
    """Non-empty lines; a prompt is shown on a terminal only."""
    shown = "\nyou> " if prompt and sys.stdin.isatty() else ""
    while True:
        try:
            line = input(shown).strip()
        except EOFError:
            return
        if line:
            yield line
