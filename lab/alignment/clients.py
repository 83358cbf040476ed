"""The clients: what they wrote, who they truly are by a careful reader, and who the profiler heard.

Forty descriptions are those of `lab/evaluation/clients.jsonl`, on which the profiler was mended; twenty-four were
written for this study, with exclusions, dates and objectives, and committed before the profiler had read any of them.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from importlib import resources
from typing import TYPE_CHECKING, Literal

from agents.profiler import Reading, read
from lab.evaluation.profiles import FIELDS, TODAY, Client, Value, read_clients
from lab.evaluation.records import Source
from lab.evaluation.sources import source_of
from portfolio.alignment import Needs, needs_of
from portfolio.mandate import Limit, Mandate
from portfolio.profile import OBJECTIVES, Exclusion, Goal, InvestorProfile, Objective, Stated
from portfolio.records import Record
from portfolio.suitability import mandate_from_profile
from portfolio.universe import Universe

if TYPE_CHECKING:
    from agents.profiler.model import ModelPort

Group = Literal["tuned", "fresh"]
TITLES: dict[Group, str] = {
    "tuned": "forty descriptions on which the profiler was mended",
    "fresh": "twenty-four that it had not read before",
}
LIMITS = (
    "volatility_cap",
    "cvar_cap",
    "cash_floor",
    "risk_asset_cap",
    "share_cap",
    "fund_cap",
    "single_shares_cap",
    "complex_cap",
    "group_cap",
    "turnover_cap",
    "risk_aversion",
)


class Written(Record):
    """One description and what a careful person reads in it, wishes included."""

    text: str
    said: dict[str, Value]
    free: tuple[str, ...] = ()
    """Fields on which careful people differ: unknown to the truth, so the house's cautious rules fill them."""
    exclusions: tuple[Exclusion, ...] = ()
    objectives: tuple[Objective, ...] = ()
    goals: tuple[Goal, ...] = ()
    group: Group = "fresh"


@dataclass(frozen=True, eq=False)
class Person:
    """One client, as they are and as they were heard."""

    written: Written
    truth: InvestorProfile
    heard: Reading
    true_mandate: Mandate
    heard_mandate: Mandate
    needs: Needs


def read_written() -> tuple[tuple[Written, ...], tuple[Source, ...]]:
    """All clients, the tuned forty first."""
    old, source = read_clients()
    raw = resources.files("lab.alignment").joinpath("clients.jsonl").read_bytes()
    new = [Written.model_validate_json(line) for line in raw.splitlines()]
    mine = source_of("lab/alignment/clients.jsonl", raw, len(new), TODAY, TODAY)
    return (*(_tuned(client) for client in old), *new), (source, mine)


def _tuned(client: Client) -> Written:
    return Written(text=client.text, said=client.said, free=client.free, group="tuned")


def truth_of(written: Written) -> InvestorProfile:
    """The profile of a careful reader: every expected field with the whole description as its quote."""

    def stated(value: object) -> dict[str, object]:
        return Stated(value=value, confidence=1.0, quote=written.text).model_dump()

    fields: dict[str, object] = {name: stated(written.said[name]) for name in FIELDS if name in written.said}
    if written.exclusions:
        fields["exclusions"] = stated(written.exclusions)
    if written.goals:
        fields["goals"] = stated(written.goals)
    if written.objectives:
        part = 1.0 / len(written.objectives)
        fields["objectives"] = stated({o: part if o in written.objectives else 0.0 for o in OBJECTIVES})
    return InvestorProfile.model_validate(fields)


def people(
    written: Sequence[Written], universe: Universe, *, today: date = TODAY, model: "ModelPort | None" = None
) -> tuple[Person, ...]:
    """Everyone, heard from the first message alone, by rules or by rules and a model."""
    out = []
    for one in written:
        truth, heard = truth_of(one), read([one.text], today=today, universe=universe, model=model)
        owed = mandate_from_profile(truth, universe)
        out.append(
            Person(
                written=one,
                truth=truth,
                heard=heard,
                true_mandate=owed,
                heard_mandate=mandate_from_profile(heard.profile, universe),
                needs=needs_of(truth, owed, universe.symbols),
            )
        )
    return tuple(out)


def average_mandate(mandates: Sequence[Mandate]) -> Mandate:
    """The one mandate for everybody: the mean of every limit and of the objective mix, and nobody's exclusions."""
    if not mandates:
        raise ValueError("an average needs mandates; give one or more clients")

    def mean(name: str) -> Limit:
        values = [getattr(mandate, name).value for mandate in mandates]
        return Limit(value=sum(values) / len(values), reason="The mean over all clients.")

    mix = {o: sum(m.objective_mix.get(o, 0.0) for m in mandates) / len(mandates) for o in OBJECTIVES}
    return Mandate(**{name: mean(name) for name in LIMITS}, objective_mix=mix)  # type: ignore[arg-type]
