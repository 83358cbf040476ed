"""Is a voice worth listening to? One word from what its record shows, by a rule that was written before the figures.

| verdict | when |
| --- | --- |
| leaks | its scores change when only later prices are changed |
| too good | its rank correlation is beyond what anybody has: the whole interval above `IMPLAUSIBLE` |
| held | better than chance in the training years after counting every try, and again in the test years |
| faded | better than chance in the training years after counting every try, not in the test years |
| luck | better than chance in the training years by itself, not after counting the tries it was chosen from |
| wrong | worse than chance in the training years after counting every try |
| untested | better than chance after counting every try, in the only years that there are |
| chance | none of these |

Tries are counted by Bonferroni's bound: the p-value is multiplied by their number. It is strict, needs no independence,
and a voice that was picked as the best of many is judged with all of them.
"""

from typing import Literal

from pydantic import Field

from portfolio.records import Record, UnitInterval
from portfolio.standings import Interval

Word = Literal["leaks", "too good", "held", "faded", "luck", "untested", "wrong", "chance"]

ALPHA = 0.05
IMPLAUSIBLE = 0.15
"""Grinold and Kahn call an information coefficient of 0.05 good and 0.10 very good."""


class ViewVerdict(Record):
    """The word, the p-values behind it and the reason in a clause."""

    word: Word
    tries: int = Field(ge=1)
    p_value: UnitInterval | None
    """Two-sided, of the training years' mean rank correlation being zero; None where it has no error."""
    adjusted: UnitInterval | None
    """After counting the tries."""
    reason: str


def view_verdict(training: Interval | None, test: Interval | None, *, tries: int, leaks: bool) -> ViewVerdict:
    """The verdict on mean rank correlations of training and test years; `tries` voices were tried to find this one.

    Without training years that are long enough for an interval the test years stand in for them, and nothing can have
    held or faded.
    """
    if tries < 1:
        raise ValueError("at least the voice itself was tried")
    trained = training is not None and training.p_value is not None
    judged = training if trained or test is None else test
    p_value = judged.p_value if judged is not None else None
    adjusted = None if p_value is None else min(1.0, tries * p_value)
    again = test if trained else None
    word, reason = _impossible(leaks, judged, again) or _judged(judged, again, p_value, adjusted, tries)
    if word == "faded" and not trained:
        word, reason = "untested", f"p = {adjusted:.3f} after {_tries(tries)}, in the only years that there are"
    return ViewVerdict(word=word, tries=tries, p_value=p_value, adjusted=adjusted, reason=reason)


def _impossible(leaks: bool, *intervals: Interval | None) -> tuple[Word, str] | None:
    if leaks:
        return "leaks", "its scores change when only later prices are changed"
    for interval in intervals:
        if interval is not None and interval.above(IMPLAUSIBLE):
            return "too good", f"a rank correlation of {interval.mean:+.2f} is beyond what anybody has: look for a leak"
    return None


def _judged(
    judged: Interval | None, test: Interval | None, p_value: float | None, adjusted: float | None, tries: int
) -> tuple[Word, str]:
    if judged is None or p_value is None or adjusted is None:
        return "chance", "too few horizons lie side by side for an interval"
    counted = f"p = {adjusted:.3f} after {_tries(tries)}"
    if adjusted < ALPHA and judged.mean < 0.0:
        return "wrong", f"worse than chance, {counted}"
    if adjusted < ALPHA:
        again = test is not None and test.above(0.0)
        return (
            ("held", f"{counted}, and again in the test years") if again else ("faded", f"{counted}, but {_test(test)}")
        )
    if p_value < ALPHA and judged.mean > 0.0:
        return "luck", f"p = {p_value:.3f} by itself, {adjusted:.2f} after {_tries(tries)}"
    return "chance", f"p = {p_value:.2f} by itself"


def _tries(count: int) -> str:
    return "one try" if count == 1 else f"{count} tries"


def _test(test: Interval | None) -> str:
    if test is None:
        return "it has no test years"
    if test.low is None or test.high is None:
        return f"{test.mean:+.3f} in test years that are too few for an interval"
    return f"{test.mean:+.3f} [{test.low:+.3f}, {test.high:+.3f}] in the test years"
