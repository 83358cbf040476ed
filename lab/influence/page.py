"""The audit as a page for people."""

from lab.influence.audit import HALF, TOLERANCE, InfluenceReport
from lab.influence.clients import NOT_DRAWN


def page(report: InfluenceReport, command: str) -> str:
    """Markdown, the answer first."""
    first = report.fields[0]
    own = next(item for item in report.fields if item.field == TOLERANCE)
    share = report.tolerance_share
    kept = "less than half, as it should be" if share < HALF else "MORE than half, which it should not"
    lines = [
        "# What moves a client's portfolio",
        "",
        f"Made by `{command}`; do not edit it.",
        "",
        f"Stated risk tolerance carries {own.redrawn_share:.0%} of what the {len(report.fields)} fields drawn here do "
        "to the portfolio when it alone is drawn anew, and "
        f"{own.surrogate_share:.0%} by a surrogate's importances: the larger is {kept}. Drawn "
        f"anew alone, the field that moves it most is {_words(first.field)} ({first.redrawn_share:.0%}). In language "
        "models' advice risk tolerance alone carried 57 to 88 % (arXiv 2604.23837).",
        "",
        f"Asked of {report.clients:,} made-up clients (seed {report.seed}) on {report.source} as of {report.as_of}, "
        f"by the product's rules; {report.refused} of them wished for what cannot be had together and got no "
        "portfolio.",
        "",
        "| field | weights moved when it alone is drawn anew | share | share by surrogate | cash moved |",
        "| --- | ---: | ---: | ---: | ---: |",
    ]
    lines += [
        f"| {_words(item.field)} | {item.moved:.2%} | {item.redrawn_share:.1%} | {item.surrogate_share:.1%} "
        f"| {item.risky_share_moved:.2%} |"
        for item in report.fields
    ]
    lines += [
        "",
        f"Concentration (sum of squared shares; {1 / len(report.fields):.2f} is even, 1 is one field alone): "
        f"{report.redrawn_concentration:.2f} redrawn, {report.surrogate_concentration:.2f} by surrogate.",
        "",
        "## How to read it",
        "",
        f"- *Drawn anew*: for {report.redrawn_clients} clients each field alone is drawn again from the prior; the "
        "figure is half the sum of absolute changes of weights, the mean over clients. Nothing is estimated.",
        "- *Surrogate*: a forest of 200 trees learns weights from what clients said; a field's share is what shuffling "
        f"it costs on the quarter of clients held out. The forest explains {report.surrogate_fit:.0%} of their "
        "weights, so these shares speak of that part only.",
        f"- *Prior*: {report.prior}",
        "- A field that moves nothing may still matter for others' portfolios: experience caps single shares, which an "
        "equal-weight sleeve of twenty seldom reaches, and age is asked to check the horizon, not to set a limit.",
    ]
    drawn = len(report.fields)
    lines.append(
        f"- Not drawn: {drawn} of a profile's {drawn + len(NOT_DRAWN)} fields are, and shares are among these. "
        + " ".join(f"*{_words(name).capitalize()}*: {why}." for name, why in NOT_DRAWN.items())
    )
    none = [item.field for item in report.fields if item.moved < 1e-6]
    if none:
        lines.append(f"- Fields that moved nothing here: {', '.join(_words(name) for name in none)}.")
    return "\n".join(lines) + "\n"


def _words(field: str) -> str:
    return "stated risk tolerance" if field == TOLERANCE else field.replace("_", " ")
