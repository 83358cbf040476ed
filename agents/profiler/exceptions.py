"""What a client will hold after all: "no banks, but JPMorgan is fine" strikes every bank of the universe except one."""

from collections.abc import Sequence
from dataclasses import replace

from agents.profiler.claims import Claim
from portfolio.matching import matching
from portfolio.profile import Exclusion
from portfolio.universe import Universe

_BROAD = ("theme", "group")


def spared(claims: Sequence[Claim], universe: Universe) -> tuple[Claim, ...]:
    """The claims with each broad exclusion that holds a spared company turned into its other members, one by one.

    A company is spared by a withdrawal ("remove") of its symbol that nothing later excludes again. The broad exclusion
    stays whole where the universe has no such company.
    """
    last: dict[str, Claim] = {c.key: c for c in claims if c.field == "exclusions"}
    fine = {key.removeprefix("symbol:") for key, c in last.items() if c.op == "remove" and key.startswith("symbol:")}
    out: list[Claim] = []
    for claim in claims:
        item = claim.value
        if claim.field != "exclusions" or not isinstance(item, Exclusion) or item.kind not in _BROAD:
            out.append(claim)
            continue
        struck = matching(universe, item.kind, item.key)
        if not fine & set(struck):
            out.append(claim)
            continue
        out += [
            replace(claim, value=Exclusion(kind="symbol", key=symbol), key=f"symbol:{symbol}")
            for symbol in struck
            if symbol not in fine
        ]
    return tuple(out)
