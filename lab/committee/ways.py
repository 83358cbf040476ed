"""The ways to weights that are set side by side, and the client for whom all of them decide."""

from collections.abc import Sequence
from pathlib import Path

from graph.advisor import Method, UsePolicy
from portfolio.records import Record
from tools.errors import DataError, QuorumError

CLIENT = (
    "I am 45, earn 90,000 a year and have 200,000 to invest for twenty years, for my retirement. A fall of 20 % would "
    "not make me sell. I have owned shares and funds for ten years, and need none of this money before then."
)
"""The client whose limits every way obeys, unless another is named."""


class Way(Record):
    """One way, and how the advisor is asked for it."""

    name: str
    title: str
    note: str
    method: Method
    policy: UsePolicy


BASELINE = Way(
    name="committee-baseline",
    title="baseline: equal weight at the client's risk",
    note="what every way starts from",
    method="committee",
    policy="never",
)
WAYS: tuple[Way, ...] = (
    Way(
        name="committee",
        title="committee, its gate kept",
        note="what a client is recommended: the trained policy where its record earned it, else the baseline",
        method="committee",
        policy="gated",
    ),
    Way(
        name="committee-policy",
        title="committee, policy always",
        note="the trained policy on the personas' views, its gate left open",
        method="committee",
        policy="always",
    ),
    Way(
        name="scores",
        title="scores and optimiser",
        note="four scores an asset, then mean-variance",
        method="scores",
        policy="gated",
    ),
    Way(
        name="ensemble",
        title="ensemble of personas",
        note="the personas' views weighed by their confidence, without a policy",
        method="ensemble",
        policy="gated",
    ),
    Way(
        name="retrieval",
        title="scores with retrieved passages",
        note="the four scores, given passages that were found",
        method="retrieval",
        policy="gated",
    ),
)
DIRECT = Way(
    name="direct",
    title="direct allocation",
    note="a language model's own weights, under the same limits",
    method="direct",
    policy="gated",
)
"""Only with a model: without one it is the baseline."""


def ways_of(names: Sequence[str], model: str | None) -> tuple[Way, ...]:
    """The named ways in the house's order; all that can answer without a name. Raises QuorumError."""
    there = (*WAYS, *((DIRECT,) if model is not None else ()))
    if DIRECT.name in names and model is None:
        raise QuorumError("the way direct needs a language model", "set QUORUM_MODEL_URL and QUORUM_MODEL_NAME")
    known = [way.name for way in there]
    for name in names:
        if name not in known:
            raise QuorumError(f"there is no way {name!r} to weights", f"there are {', '.join(known)}")
    return tuple(way for way in there if not names or way.name in names)


def client_words(given: str | None) -> str:
    """The client's words: as given, out of the file of that name, or `CLIENT`. Raises DataError."""
    if given is None:
        return CLIENT
    path = Path(given)
    words = given
    if "\n" not in given and len(given) < 250 and path.suffix in {".txt", ".md"}:
        try:
            words = path.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise DataError(f"the client's words in {given} cannot be read: {error}", "name a text file") from error
    if not words.strip():
        raise DataError("the client says nothing", "give their words, or a file that holds them, with --client")
    return words.strip()
