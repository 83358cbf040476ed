"""Two things that cannot both be served, and the one question that would settle each."""
# A pattern or a sentence in one line is easier to check than one in ten pieces.
# ruff: noqa: E501

import re
from collections.abc import Callable, Iterator, Sequence

from agents.profiler.claims import Claim
from agents.profiler.context import usable
from agents.profiler.merge import MAX_HORIZON
from agents.profiler.people import MAX_AGE, MIN_AGE
from agents.profiler.regions import untold
from agents.profiler.text import Message
from portfolio.matching import EQUITY, matching, wording
from portfolio.profile import RISK_BANDS, Contradiction, GoalKind, InvestorProfile, RiskBand
from portfolio.universe import Universe

_RETURN_WISH = re.compile(
    r"\b(?:want|need|expect\w*|looking for|aim\w*(?: for)?|target\w*|make|earn|get|at least|return(?:s)? of|hoping for|like)\b[^.;!?]{0,24}?(?P<n>\d{1,3}(?:\.\d+)?)\s?(?:%|percent)(?P<tail>[^.;!?]{0,24})"
)
_MULTIPLIED = re.compile(
    r"\b(?P<times>doubl|tripl|trebl|quadrupl)(?:e|ing)\s(?:my|our|the|this|that|it)\b(?:\s\w+){0,3}?\s(?:in|within|over)\s(?:about |just |only |under |the next )?(?P<n>\d{1,2}(?:\.\d+)?)\s(?P<unit>years?|months?)\b"
)
_TIMES = {"doubl": 2.0, "tripl": 3.0, "trebl": 3.0, "quadrupl": 4.0}
_YEARLY = re.compile(
    r"\b(?:return\w*|a year|per year|yearly|annual\w*|p\.?a|per annum|growth|profit|gains?|every year|interest|each year)\b"
)
_HIGH_RETURN = {RiskBand.CONSERVATIVE: 0.07, RiskBand.MODERATELY_CONSERVATIVE: 0.09}
_SMALL_LOSS = {RiskBand.AGGRESSIVE: 0.2, RiskBand.MODERATELY_AGGRESSIVE: 0.12}
_ALL_MONEY = 1.0


def contradictions(
    profile: InvestorProfile, claims: Sequence[Claim], messages: Sequence[Message], universe: Universe
) -> tuple[Contradiction, ...]:
    """In order of gravity: what the mandate would be wrong about first."""
    return (
        *_impossible(claims),
        *_two_values(claims),
        *_tolerance(profile, claims, messages),
        *_time(profile, claims),
        *_amounts(profile),
        *_wishes(profile, universe),
    )


def _impossible(claims: Sequence[Claim]) -> Iterator[Contradiction]:
    rules: tuple[tuple[str, Callable[[float], bool], str, str], ...] = (
        ("age", lambda v: MIN_AGE <= v <= MAX_AGE, "cannot be an age", "How old are you?"),
        (
            "horizon",
            lambda v: 0 < v <= MAX_HORIZON,
            "is longer than anybody invests",
            "In how many years will you need most of the money?",
        ),
    )
    for field, possible, why, question in rules:
        bad = [c for c in claims if c.field == field and isinstance(c.value, float) and not possible(c.value)]
        good = [c for c in claims if c.field == field and isinstance(c.value, float) and possible(c.value)]
        if bad and not any(c.turn > bad[-1].turn or c.corrects for c in good):
            yield Contradiction(
                fields=(field,),
                explanation=f'You wrote "{bad[-1].quote}": {bad[-1].value:g} {why}, so I left it out.',
                question=question,
            )


def _two_values(claims: Sequence[Claim]) -> Iterator[Contradiction]:
    for field, what in (("age", "age"), ("horizon", "time"), ("retire_age", "retirement age")):
        mine = [
            c
            for c in claims
            if c.field == field and c.op == "set" and isinstance(c.value, float) and c.confidence >= 0.7
        ]
        mine = [c for c in mine if c.turn == mine[-1].turn or field == "age"]
        values = sorted({c.value for c in mine if isinstance(c.value, float)})
        if len(values) < 2 or any(c.corrects for c in mine) or (field == "horizon" and values[-1] - values[0] < 1):
            continue
        names = " and ".join(f'"{c.quote}"' for c in (mine[0], next(c for c in mine if c.value != mine[0].value)))
        yield Contradiction(
            fields=(field if field != "retire_age" else "goals",),
            explanation=f"You gave more than one {what}: {names}.",
            question=f"Which {what} is right: {' or '.join(f'{v:g}' for v in values)}{'' if field != 'horizon' else ' years'}?",
        )


def _tolerance(
    profile: InvestorProfile, claims: Sequence[Claim], messages: Sequence[Message]
) -> Iterator[Contradiction]:
    band, loss = profile.risk_tolerance, profile.loss_limit
    if band is not None and loss is not None and loss.value <= _SMALL_LOSS.get(band.value, -1.0):
        yield Contradiction(
            fields=("risk_tolerance", "loss_limit"),
            explanation=f'"{band.quote}" speaks of much risk, but "{loss.quote}" leaves room for a loss of {loss.value:.0%} only; portfolios of that kind lose more in an ordinary bad year.',
            question=f"If your money fell by {loss.value:.0%} in a year, would you sell, or hold on and wait?",
        )
    stated = [
        c for c in claims if c.field == "risk_tolerance" and isinstance(c.value, RiskBand) and c.confidence >= 0.7
    ]
    stated = [c for c in stated if c.turn == stated[-1].turn] if stated else []
    ranks = [RISK_BANDS.index(c.value) for c in stated if isinstance(c.value, RiskBand)]
    if ranks and max(ranks) - min(ranks) >= 3:
        low, high = stated[ranks.index(min(ranks))], stated[ranks.index(max(ranks))]
        yield Contradiction(
            fields=("risk_tolerance",),
            explanation=f'"{low.quote}" and "{high.quote}" point in opposite directions; I went by the more cautious unless you were surer of the other.',
            question="Imagine that your money falls by a fifth within months: would you sell, wait, or buy more?",
        )
    wish = _return_wish(messages)
    if wish is not None and band is not None and wish[0] > _HIGH_RETURN.get(band.value, 0.30):
        yield Contradiction(
            fields=("risk_tolerance", "objectives"),
            explanation=f'"{band.quote}" and "{wish[1]}" cannot both be had: returns of {wish[0]:.0%} a year come only with deep losses on the way.',
            question=f"Which matters more to you: a return near {wish[0]:.0%}, or not losing much in a bad year?",
        )


def _return_wish(messages: Sequence[Message]) -> tuple[float, str] | None:
    """The return wished for, as a fraction a year, with its words: said as a rate, or as a multiple in a time."""
    for message in reversed(messages):
        for m in _RETURN_WISH.finditer(message.norm):
            words = m.group()
            if _YEARLY.search(words) and not re.search(
                r"\b(?:lose|lost|loss|drop|fall|down|sell|bracket|tax|cash|in (?:tech|bonds))\b", words
            ):
                last = message.clause_at(m.start("tail") - 1)
                return float(m["n"]) / 100, message.quote(
                    m.start(), min(max(last.end, m.start("tail")), _whole(message, m.end()))
                )
        for m in _MULTIPLIED.finditer(message.norm):
            years = float(m["n"]) * (1.0 if m["unit"].startswith("year") else 1.0 / 12.0)
            if years > 0 and usable(message, m.start()):
                # Compound growth: (1 + r) ** years = the multiple
                return _TIMES[m["times"]] ** (1.0 / years) - 1.0, message.quote(m.start(), m.end())
    return None


def _whole(message: Message, end: int) -> int:
    """The end of the word that a cut at `end` would go through."""
    rest = re.match(r"[\w'%-]*", message.norm[end:]) if re.search(r"[\w']$", message.norm[:end]) else None
    return end + (rest.end() if rest else 0)


def _time(profile: InvestorProfile, claims: Sequence[Claim]) -> Iterator[Contradiction]:
    horizon, band = profile.horizon, profile.risk_tolerance
    wishes = profile.preferences.value if profile.preferences else ()
    all_shares = [
        w for w in wishes if w.key in (EQUITY, "share", "crypto") and (w.weight >= 0.8 or (w.min_weight or 0) >= 0.6)
    ]
    near = horizon is not None and horizon.value <= 3
    if near and horizon is not None and (all_shares or (band is not None and band.value is RiskBand.AGGRESSIVE)):
        other = profile.preferences.quote if all_shares and profile.preferences else band.quote if band else ""
        yield Contradiction(
            fields=("horizon", "preferences") if all_shares else ("horizon", "risk_tolerance"),
            explanation=f'"{horizon.quote}" is soon, but "{other}" needs years to make up for a fall; the time limit is the one that I keep.',
            question=f"Must the money be there in {horizon.value:g} years, or could it wait if markets were down then?",
        )
    income = profile.goals is not None and any(g.kind is GoalKind.INCOME for g in profile.goals.value)
    if (
        income
        and profile.goals
        and horizon is not None
        and horizon.value >= 30
        and profile.age is not None
        and profile.age.value >= 60
    ):
        yield Contradiction(
            fields=("goals", "horizon"),
            explanation=f'"{profile.goals.quote}" asks for income now, "{horizon.quote}" for decades of growth.',
            question="How much will you take out each year, and from when?",
        )
    elif profile.age is not None and horizon is not None and profile.age.value + horizon.value > MAX_AGE:
        yield Contradiction(
            fields=("age", "horizon"),
            explanation=f"{horizon.value:g} years from your age of {profile.age.value} is beyond a lifetime.",
            question="When will most of the money be needed, and is some of it for your heirs?",
        )
    retire = [c for c in claims if c.field == "retire_age" and isinstance(c.value, float)]
    if (
        retire
        and profile.age is not None
        and isinstance(retire[-1].value, float)
        and retire[-1].value <= profile.age.value
    ):
        yield Contradiction(
            fields=("age", "goals"),
            explanation=f'"{retire[-1].quote}" lies behind you at {profile.age.value}.',
            question="Have you retired already, or at what age do you want to?",
        )
    if (
        profile.liquidity_need is not None
        and horizon is not None
        and profile.liquidity_need.value.value == "high"
        and horizon.value >= 10
    ):
        yield Contradiction(
            fields=("liquidity_need", "horizon"),
            explanation=f'"{profile.liquidity_need.quote}" and "{horizon.quote}" ask for money that is both at hand and tied up.',
            question="What part of the money might you need early?",
        )


def _amounts(profile: InvestorProfile) -> Iterator[Contradiction]:
    amount = profile.amount_to_invest
    if amount is None:
        return
    if profile.goals is not None:
        soon = [g for g in profile.goals.value if g.amount is not None and g.years is not None and g.years <= 3]
        need = sum(g.amount or 0.0 for g in soon)
        if need > amount.value:
            yield Contradiction(
                fields=("goals", "amount_to_invest"),
                explanation=f"You need {need:,.0f} within three years but invest {amount.value:,.0f}; no suitable portfolio closes that gap.",
                question="Will other money be added, or can the goal wait or cost less?",
            )
    if profile.net_worth is not None and amount.value > profile.net_worth.value:
        yield Contradiction(
            fields=("amount_to_invest", "net_worth"),
            explanation=f"{amount.value:,.0f} to invest is more than the {profile.net_worth.value:,.0f} that you own.",
            question="Is any of the money borrowed, or is one of the two figures different?",
        )


def _wishes(profile: InvestorProfile, universe: Universe) -> Iterator[Contradiction]:
    struck: set[str] = set()
    for item in profile.exclusions.value if profile.exclusions else ():
        struck |= set(matching(universe, item.kind, item.key))
    if profile.exclusions and struck == set(universe.symbols):
        yield Contradiction(
            fields=("exclusions",),
            explanation=f'"{profile.exclusions.quote}" leaves nothing of {universe.name} but cash.',
            question="Which of these would you hold after all, or shall everything stay in cash?",
        )
    unknown = untold(profile.exclusions.value, universe) if profile.exclusions else ()
    if unknown and profile.exclusions and struck != set(universe.symbols):
        names = " and ".join(unknown)
        yield Contradiction(
            fields=("exclusions",),
            explanation=f'"{profile.exclusions.quote}" rules out {names}, but {universe.name} does not say where a company is from, so they are not left out.',
            question=f"Is a portfolio that may hold {names} right for you all the same, or which companies or sectors shall I leave out by name?",
        )
    floors = 0.0
    for wish in profile.preferences.value if profile.preferences else ():
        floors += wish.min_weight or 0.0
        wanted = wish.weight > 0 or (wish.min_weight or 0.0) > 0
        symbols = set(matching(universe, wish.kind, wish.key))
        if wanted and symbols and symbols <= struck and profile.exclusions and struck != set(universe.symbols):
            yield Contradiction(
                fields=("preferences", "exclusions"),
                explanation=f"You want {wording(wish.kind, wish.key)}, but what you rule out leaves none of it.",
                question=f"Which is right for {wording(wish.kind, wish.key)}: to hold it, or to leave it out?",
            )
    if floors > _ALL_MONEY + 1e-9 and profile.preferences:
        yield Contradiction(
            fields=("preferences",),
            explanation=f'"{profile.preferences.quote}" adds up to {floors:.0%}, more than all of the money.',
            question="Which of these shares of the portfolio should be smaller?",
        )
