"""A whole turn on a terminal: what a person reads first comes first."""

from rich.console import Console, Group, RenderableType
from rich.markup import escape
from rich.panel import Panel
from rich.text import Text

from app.render.tables import (
    contributions_table,
    costs_table,
    decision_table,
    figures_table,
    findings_table,
    mandate_table,
    orders_table,
    profile_table,
    views_table,
    weights_table,
)
from graph.turns import DataInfo, Fallback, PartCost, ProfileTurn, Spending, Turn
from portfolio.profile import Contradiction, InvestorProfile, Question, Refusal
from tools.wording import bill_rate, unsaid


def show_turn(console: Console, turn: Turn, *, brief: bool = False, before: InvestorProfile | None = None) -> None:
    """Print a turn: the question or answer it ends with, or the whole recommendation.

    `brief` leaves out what a person can ask for later: mandate, views, contributions, orders, figures, and all
    questions but the most useful one.
    `before` is the profile that was shown last, where one was: of the profile only what changed is shown then.
    """
    if turn.status == "answered" and turn.answer:
        console.print(Panel(escape(turn.answer), title="Answer", title_align="left"))
        return
    if turn.status == "needs_answer":
        _show(console, profile_table(turn.profile, before), *_warnings(turn.contradictions))
        console.print(
            Panel(escape(turn.ask or ""), title="The committee asks", title_align="left", border_style="yellow")
        )
        return
    if turn.status == "refused":
        show_refusals(console, turn.refused)
        return
    _show(console, *(_brief(turn, before) if brief else _whole(turn, before)))
    _show(console, *(_one_question(turn) if brief else _still_open(turn.questions)), gap=False)
    where = f"Trace {turn.trace_id}." if turn.trace_id else ""
    console.print(
        f"[bold]Status:[/] {turn.status.replace('_', ' ')}.  {where}  Session {turn.session}.", highlight=False
    )


def _brief(turn: Turn, before: InvestorProfile | None) -> list[RenderableType]:
    decision, offer = turn.decision, turn.recommendation
    parts: list[RenderableType] = [profile_table(turn.profile, before), *_warnings(turn.contradictions)]
    parts += _weights(turn)
    if decision:
        parts.append(decision_table(decision))
    if turn.mandate and turn.mandate.notes:
        parts.append(Group(*(Text(note) for note in turn.mandate.notes)))
    if offer:
        parts.append(Panel(escape(offer.explanation), title="In words", title_align="left"))
    return parts


def _weights(turn: Turn) -> list[RenderableType]:
    if turn.decision is None or not turn.decision.weights or turn.proposal is None:
        return []
    exclusions = turn.mandate.exclusions if turn.mandate else ()
    return [weights_table(turn.decision.weights, turn.proposal.baseline, turn.assets, exclusions)]


def _whole(turn: Turn, before: InvestorProfile | None) -> list[RenderableType]:
    parts: list[RenderableType] = [profile_table(turn.profile, before), *_warnings(turn.contradictions)]
    offer, decision = turn.recommendation, turn.decision
    if turn.mandate:
        parts.append(mandate_table(turn.mandate))
    if turn.views and decision and decision.weights:
        parts.append(views_table(turn.views.views, decision.weights))
        if turn.proposal and turn.proposal.method == "baseline":
            parts.append(Text("They were heard but moved no weight: the baseline is recommended.", style="dim"))
        parts.append(findings_table(turn.findings))
    parts += _weights(turn)
    if decision:
        parts.append(decision_table(decision))
    if offer:
        if any(abs(item.amount) > 0 for item in offer.contributions):
            parts.append(contributions_table(offer.contributions))
        parts += [figures_table(offer.figures), orders_table(offer.orders)]
        parts.append(Panel(escape(offer.explanation), title="In words", title_align="left"))
    return [*parts, _footer(turn.data, turn.rungs, turn.fallbacks), *_models(turn.costs, turn.spending)]


def show_profile(console: Console, turn: ProfileTurn) -> None:
    """Print the light half: profile, mandate, contradictions, questions, refusals."""
    _show(console, profile_table(turn.profile), *_warnings(turn.contradictions))
    if turn.refused:
        show_refusals(console, turn.refused)
    if turn.mandate:
        _show(console, mandate_table(turn.mandate))
    _show(console, *_still_open(turn.questions))
    for item in turn.fallbacks:
        console.print(Text(f"{item.part} answered by {item.rung}: {item.cause}", style="yellow"))


def show_refusals(console: Console, refused: tuple[Refusal, ...]) -> None:
    """Why there is no advice, and what to do instead."""
    for item in refused:
        body = Group(Text(item.reason), Text(item.remedy, style="bold"))
        console.print(Panel(body, title="No suitable advice", title_align="left", border_style="red"))


def _warnings(contradictions: tuple[Contradiction, ...]) -> list[RenderableType]:
    return [
        Panel(
            Group(Text(item.explanation), Text(item.question, style="bold")),
            title="These do not fit together",
            title_align="left",
            border_style="yellow",
        )
        for item in contradictions
    ]


def _still_open(questions: tuple[Question, ...]) -> list[RenderableType]:
    if not questions:
        return []
    lines = [Text(f"• {item.text} {item.why}") for item in questions[:3]]
    return [Group(Text("Answers that would sharpen this:", style="bold"), *lines)]


def most_useful(turn: Turn) -> Question | None:
    """The open question to put first: one that the client's limit binds for want of, else the one that could move the
    limits most."""
    binding = turn.decision.binding if turn.decision else ()
    wanting = [unsaid(limit.reason) for limit in binding]
    binds = [question for question in turn.questions if question.field in wanting]
    return next(iter([*binds, *turn.questions]), None)


def _one_question(turn: Turn) -> list[RenderableType]:
    question = most_useful(turn)
    return [] if question is None else [Text(f"Not asked yet: {question.text}", style="bold")]


def _footer(data: DataInfo, rungs: dict[str, str], fallbacks: tuple[Fallback, ...]) -> RenderableType:
    spoken, known = data.today.isoformat(), data.as_of.isoformat()
    lines = [
        Text(f"Data: {data.source}, {data.first_date} to {data.last_date}; prices of {data.price_date}."),
        Text(f"You spoke on {spoken}; the committee knows nothing dated after {known}."),
        Text(f"Bill rate: {bill_rate(data.cash_rate_source, data.cash_rate_known_to, data.price_date)}."),
        *(Text(note) for note in data.notes),
        Text("Answered by: " + ", ".join(f"{part} {rung}" for part, rung in rungs.items()) + "."),
        *(
            Text(f"{item.part}: {item.rung} in place of what was asked for, because {item.cause}", style="yellow")
            for item in fallbacks
        ),
    ]
    return Group(*lines)


def _models(costs: tuple[PartCost, ...], spending: Spending | None) -> list[RenderableType]:
    """What language models were asked, part by part, and what it took this time."""
    if not costs:
        return []
    return [costs_table(costs), *([Text(spent(spending))] if spending else [])]


def spent(spending: Spending) -> str:
    """This run's use of language models in one sentence."""
    if spending.calls == 0 and spending.replayed == spending.answers:
        return f"This time: all {spending.answers} answers were replayed from disk; no model was called."
    tokens = "tokens not counted" if spending.tokens is None else f"{spending.tokens:,} tokens"
    money = "" if spending.cost is None else f", cost {spending.cost:.4f}"
    notes = "".join(f" ({note})" for note in spending.notes)
    return (
        f"This time: {spending.calls} calls, {spending.replayed} of {spending.answers} answers replayed from disk, "
        f"{tokens}{money}.{notes}"
    )


def _show(console: Console, *parts: RenderableType, gap: bool = True) -> None:
    for part in parts:
        console.print(part)
        if gap:
            console.print()
