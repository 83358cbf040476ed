"""How the ways to weights did against the baseline: records of a comparison, and what it says in a sentence."""

from datetime import date

from portfolio.records import Record

LEVEL = 0.95
"""Of the intervals."""


class Score(Record):
    """One way over the whole period, net of costs."""

    name: str
    method: str
    policy: str
    """ "gated", "always" or "never", as the advisor was asked."""
    annual_return: float
    volatility: float
    return_over_volatility: float | None
    maximum_drawdown: float
    turnover: float
    """One-way, a year."""
    moved: float
    """Mean distance of its decisions from the baseline's: half the sum of absolute differences of weights."""
    gain: float | None
    """Certainty-equivalent return a year beyond the baseline's; None for the baseline itself."""
    gain_low: float | None
    gain_high: float | None
    own_answers: int
    """Decisions that came from the way itself rather than from a fallback."""


class MethodReport(Record):
    """All ways on the same days."""

    source: str
    model: str | None
    first: date
    last: date
    decisions: int
    every: str
    cost_basis_points: float
    client: str
    volatility_cap: float
    scores: tuple[Score, ...]

    @property
    def best(self) -> Score | None:
        """A way whose gain's interval lies above zero; None when there is none."""
        better = [item for item in self.scores if item.gain_low is not None and item.gain_low > 0.0]
        return max(better, key=lambda item: item.gain or 0.0, default=None)

    def of(self, method: str) -> Score | None:
        """What is known of a way as people get it: the committee's with its gate kept."""
        return next((item for item in self.scores if item.method == method and item.policy == "gated"), None)


def record_of(report: MethodReport, method: str) -> str | None:
    """One sentence on how a way did against the baseline; None where it was not tried."""
    score = report.of(method)
    if score is None or score.gain is None or score.gain_low is None or score.gain_high is None:
        return None
    did = "gained" if score.gain >= 0.0 else "lost"
    if score.gain_low > 0.0:
        meant = "the interval lies above zero"
    elif score.gain_high < 0.0:
        meant = "the interval lies below zero, so the baseline was the better choice"
    else:
        meant = "the interval holds zero, so it may be chance"
    who = "by rules" if report.model is None else f"with {report.model}"
    return (
        f"In {report.decisions} {report.every} decisions from {report.first} to {report.last} this way {did} "
        f"{100 * abs(score.gain):.2f} % a year against the baseline {who} ({LEVEL:.0%} interval "
        f"{signed(score.gain_low)} to {signed(score.gain_high)}): {meant}."
    )


def signed(value: float) -> str:
    """ "+0.52 %"."""
    return f"{100 * value:+.2f} %"
