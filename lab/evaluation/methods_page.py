"""The comparison of the ways to weights as a page that says plainly when none is better than equal weight."""

from lab.evaluation.methods import RISK_AVERSION
from portfolio.method_evidence import LEVEL, MethodReport, Score, signed
from portfolio.wording import percent


def verdict(report: MethodReport) -> str:
    """One sentence on the whole."""
    best = report.best
    worse = [item.name for item in report.scores if item.gain_high is not None and item.gain_high < 0.0]
    if best is None or best.gain is None:
        told = (
            "No way was better than the baseline beyond chance: no interval of the gain lies wholly above zero. "
            "Nothing here says that a cleverer way than equal weight at the client's risk is worth paying for."
        )
    else:
        told = (
            f"{best.name} gained {signed(best.gain)} a year on the baseline, and the interval lies above zero. "
            f"{len(report.scores) - 1} ways were tried on one period, so one in twenty would look so by chance."
        )
    return f"{told} Worse beyond chance: {', '.join(worse)}." if worse else told


def page(reports: tuple[MethodReport, ...], command: str) -> str:
    """Markdown; one table for the rules and one for each model. `command` made the last of them."""
    parts = [
        "# The ways to weights, side by side",
        "",
        f"Made by `{command}`; do not edit by hand. Each way runs through the live graph on every decision day, as it",
        "does for a client, and its weights are carried through prices with drift and costs. The client, the limits",
        "and the risk are the same for all; the baseline was named first. A way that could not answer on a day stands",
        "at the baseline there, and `its own` counts the days on which it did answer. The same decisions stand beside",
        "plain equal weight and the other rules, with the tests for luck, in [the committee's backtest](committee.md).",
    ]
    for report in reports:
        who = "By rules" if report.model is None else f"With the model {report.model}"
        parts += [
            "",
            f"## {who}",
            "",
            f"{report.source}; {report.decisions} {report.every} decisions from {report.first} to {report.last}; "
            f"{report.cost_basis_points:g} basis points a trade; volatility cap {percent(report.volatility_cap)}. "
            f"The client: “{report.client}”",
            "",
            "| way | return a year | volatility | return / volatility | worst fall | turnover a year | moved "
            f"| gain on the baseline a year ({LEVEL:.0%}) | its own |",
            "| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |",
            *(_row(score, report.decisions) for score in report.scores),
            "",
            f"**{verdict(report)}**",
        ]
    parts += [
        "",
        f"Gain: certainty-equivalent return (mean less {RISK_AVERSION / 2:g} times variance, yearly), paired by day, "
        "circular block bootstrap. Moved: half the sum of absolute differences from the baseline's weights, mean over "
        "decisions. Cash earns the bill rate only where it is known for the whole period. The shares are today's "
        "survivors and the years are few; a language model may remember them, so a gain with a model is no evidence "
        "until the masked test of the backtests says so.",
        "",
    ]
    return "\n".join(parts)


def _row(score: Score, decisions: int) -> str:
    ratio = "–" if score.return_over_volatility is None else f"{score.return_over_volatility:.2f}"
    gain = (
        "–"
        if score.gain is None or score.gain_low is None or score.gain_high is None
        else f"{signed(score.gain)} [{signed(score.gain_low)}, {signed(score.gain_high)}]"
    )
    cells = (
        score.name,
        percent(score.annual_return),
        percent(score.volatility),
        ratio,
        percent(score.maximum_drawdown),
        percent(score.turnover),
        percent(score.moved),
        gain,
        f"{score.own_answers} of {decisions}",
    )
    return f"| {' | '.join(cells)} |"
