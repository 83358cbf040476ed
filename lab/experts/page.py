"""The page of the experts: the answer first, then one row a policy."""

from collections.abc import Sequence
from statistics import fmean

from lab.experts.records import Measured, Result

AGAINST = "one expert"


def section(result: Result) -> str:
    """Markdown: the answer, the table, and how to read it."""
    lines = [
        answer(result),
        "",
        "| policy | seed | pairs that conflict | mean cosine | least agreeing pair | experts' cosine | entropy | "
        "clients differ by |",
        "| --- | ---: | ---: | ---: | --- | ---: | ---: | ---: |",
        *(_row(one) for one in result.measured),
        "",
        f"Trained for {result.updates} updates on {result.source}, {result.first[:4]} to {result.last[:4]}. "
        + " ".join(f"*{name}*: {words}." for name, words in result.arms.items()),
        "",
        "- *Pairs that conflict*: of the 15 pairs of objectives, the share whose policy gradients point in opposite "
        "ways (cosine below zero), over four rollouts on the same paths with the same clients and exploration. One "
        "step's rewards are what is compared, so no critic's error enters.",
        "- *Experts' cosine*: between two experts' opinions of the assets; 1 is collapse. *Entropy* of the router, of "
        "the largest; *clients differ by*: how much of it depends on who asks (0: everybody gets the same mixture).",
        "- Only training years are read. Whether experts earn anything out of sample stands in "
        "[the ablation](ablation.md).",
    ]
    return "\n".join(lines)


def answer(result: Result) -> str:
    """Whether experts lessen the conflict, in words made from the figures."""
    by_arm = {name: [one for one in result.measured if one.arm == name] for name in result.arms}
    base = by_arm[AGAINST]
    said = [
        f"{name} {fmean(one.negative_share for one in rows):.0%} (mean cosine "
        f"{fmean(one.mean_cosine for one in rows):+.2f})"
        for name, rows in by_arm.items()
    ]
    rest = [rows for name, rows in by_arm.items() if name != AGAINST]
    return f"**{_verdict(base, rest)}** Pairs of objectives that ask for opposite gradients: {'; '.join(said)}."


def _verdict(base: Sequence[Measured], rest: Sequence[Sequence[Measured]]) -> str:
    conflict = fmean(one.negative_share for one in base)
    others = [fmean(one.negative_share for one in rows) for rows in rest]
    if conflict == 0.0 and not any(others):
        return "There is no conflict for experts to take away: with one expert no pair of objectives is opposed."
    apart = [max(one.negative_share for one in rows) < min(one.negative_share for one in base) for rows in rest]
    if all(apart):
        return "Experts lessen the conflict between objectives, in every seed."
    if any(value < conflict for value in others):
        return "Experts lessen the conflict between objectives on average, not in every seed."
    return "Experts do not lessen the conflict between objectives."


def _row(one: Measured) -> str:
    pair = " and ".join(name.replace("_", " ") for name in one.lowest_pair)
    cells = (
        one.arm,
        str(one.seed),
        f"{one.negative_share:.0%}",
        f"{one.mean_cosine:+.2f}",
        f"{pair} {one.lowest:+.2f}",
        _number(one.collapse),
        _number(one.entropy),
        _number(one.spread),
    )
    return "| " + " | ".join(cells) + " |"


def _number(value: float | None) -> str:
    return "–" if value is None else f"{value:.2f}"
