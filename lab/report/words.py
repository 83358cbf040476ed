"""The answer in one paragraph, and the words for a figure."""

from collections.abc import Sequence

from lab.backtest.judge import Judgement
from lab.report.records import Line
from portfolio.statistics import Interval
from portfolio.taxes import LotOrder, TaxRates

GATED, POLICY = "gated", "policy"
UNIT = "\u00a0%"
"""Held to its number by a space that does not break."""


def percent(value: float | None, digits: int = 1) -> str:
    """ "12.3 %", with a true minus sign; a dash where there is no figure."""
    if value is None:
        return "–"
    return f"{_rounded(100.0 * value, digits):.{digits}f}{UNIT}".replace("-", "−")


def number(value: float | None, digits: int = 2) -> str:
    """ "1.03"; a dash where there is none."""
    return "–" if value is None else f"{_rounded(value, digits):.{digits}f}".replace("-", "−")


def signed(value: float | None, digits: int = 1) -> str:
    """ "+1.2 %"."""
    if value is None:
        return "–"
    shown = _rounded(100.0 * value, digits)
    return f"{shown:{'+' if shown else ''}.{digits}f}{UNIT}".replace("-", "−")


def _rounded(value: float, digits: int) -> float:
    """Without the sign of a zero that rounding made."""
    return round(value, digits) + 0.0


def span(interval: Interval | None) -> str:
    """ "[−0.5 %, +1.2 %]"."""
    return "" if interval is None else f"[{signed(interval.low)}, {signed(interval.high)}]"


def rates_in_words(rates: TaxRates, lots: LotOrder, account: float | None) -> str:
    """ "A client who pays 35.0 % on short-term gains and interest ..."; `account` None: taxed is what was held."""
    first = {"hifo": "the dearest", "fifo": "the oldest", "lifo": "the newest"}[lots]
    money = "the account as it stands" if account is None else f"an account that begins the test with {account:,.0f}"
    rule = "losses of wash sales are disallowed" if rates.wash_sales else "the wash-sale rule is looked away from"
    return (
        f"A client who pays {percent(rates.on_short)} on interest and on gains within a year, and "
        f"{percent(rates.on_long)} on later ones; {first} lots are sold first; {rule}; losses beyond gains save "
        f"{percent(rates.on_ordinary)} of up to {rates.ordinary_loss_limit:,.0f} a year of {money}, and are "
        "carried forward."
    )


def listed(words: Sequence[str]) -> str:
    """ "a, b and c"; with semicolons where a comma stands in one of them."""
    comma = "; " if any("," in word for word in words) else ", "
    return words[0] if len(words) == 1 else f"{comma.join(words[:-1])}{comma.strip(' ,')} and {words[-1]}"


def answer(lines: Sequence[Line], judgement: Judgement, rival: str | None, baseline: str, years: float) -> str:
    """One paragraph for somebody who reads nothing else."""
    judged = [line for line in lines if line.name != baseline]
    if not judged:
        return "Only the baseline ran, so there is nothing to compare."
    by_word = {word: [line for line in judged if line.doubt.word == word] for word in ("better", "no better", "worse")}
    parts = []
    if not by_word["better"]:
        parts.append(
            f"None of the {len(judged)} strategies tried is better than equal weight beyond chance: at the same risk, "
            f"after costs, in {years:.1f} years of test, each is no better than equal weight, or worse."
            if len(judged) > 1
            else f"{judged[0].title} is no better than equal weight."
            if judged[0].doubt.word == "no better"
            else f"{judged[0].title} is worse than equal weight."
        )
    else:
        names = listed([_gain(line) for line in by_word["better"]])
        verb = "is" if len(by_word["better"]) == 1 else "are"
        parts.append(
            f"{names} {verb} better than equal weight by the rule fixed beforehand, in {years:.1f} years of test; the "
            f"other {len(judged) - len(by_word['better'])} are not."
        )
    parts += _product(lines)
    if rival is not None:
        line = next(item for item in lines if item.name == rival)
        parts.append(
            f"The rival named by the years before, {line.title}, gained {signed(_estimate(line))} a year on equal "
            f"weight afterwards {span(line.doubt.gain)}: {_word(line)}."
        )
    best = max(judged, key=_estimate)
    if not by_word["better"] and best.name != rival and _estimate(best) > 0.0:
        parts.append(
            f"The best of all, {best.title}, was {signed(_estimate(best))} a year ahead "
            f"{span(best.doubt.gain)}, which the best of so many may be by luck."
        )
    if by_word["worse"]:
        parts.append(f"Worse beyond chance: {listed([line.title for line in by_word['worse']])}.")
    if judgement.overfitting is not None:
        chance = judgement.overfitting.probability
        parts.append(
            f"Had one picked the best by its record in one half of these days, it would have been in the lower half of "
            f"the field in the other {percent(chance, 0)} of the time."
        )
    return " ".join(parts)


def _product(lines: Sequence[Line]) -> list[str]:
    own = {line.name: line for line in lines}
    if GATED not in own:
        return []
    gated = own[GATED]
    same = gated.doubt.gain is not None and gated.doubt.gain.low == gated.doubt.gain.high == 0.0
    out = [
        "The product itself recommends equal weight at the client's risk, because its gate is shut: it is no better "
        "than equal weight, and no worse."
        if same
        else f"The product behind its gate is {_word(gated)} ({_gain(gated)})."
    ]
    if POLICY in own:
        line = own[POLICY]
        out.append(
            f"Its trained policy alone gained {signed(_estimate(line))} a year {span(line.doubt.gain)}: {_word(line)}."
        )
    return out


def _word(line: Line) -> str:
    return {
        "better": "better than equal weight",
        "no better": "no better than equal weight",
        "worse": "worse than equal weight",
    }[line.doubt.word]


def _estimate(line: Line) -> float:
    return 0.0 if line.doubt.gain is None else line.doubt.gain.estimate


def _gain(line: Line) -> str:
    return f"{line.title} ({signed(_estimate(line))} a year, {span(line.doubt.gain)})"
