"""The cross-validation as Markdown, the answer first."""

from lab.cross_validation.judge import spread_of
from lab.cross_validation.records import Outcome, Result


def page(result: Result) -> str:
    """The whole page."""
    made = f"Made by `{result.command}`; do not edit it. The figures are in `evidence/cross_validation.json`."
    return f"# Does choosing or learning carry over to other years?\n\n{made}\n\n{section(result)}"


def section(result: Result) -> str:
    """The answer, the tables, what their columns mean, and what they do not show."""
    return "\n".join(
        [_answer(result), "", *_table(result), "", *_chosen(result), "", *_columns(result), "", *_limits(result), ""]
    )


def _answer(result: Result) -> str:
    rules, learner = result.rules.outcome, result.learner.outcome
    first, second = result.p_adjusted
    return (
        f"Choosing the best of {len(result.rules.chosen)} rules on some years and living with it on others was "
        f"**{_word(rules, first)}**: {_gain(rules, first)}, ahead in {rules.ahead_splits:.0%} of {rules.splits} splits "
        f"and on {rules.ahead_paths:.0%} of {len(rules.paths)} paths. A small policy trained on some years and judged "
        f"on others was **{_word(learner, second)}**: {_gain(learner, second)}, ahead in {learner.ahead_splits:.0%} of "
        f"{learner.splits} splits."
    )


def _gain(outcome: Outcome, adjusted: float) -> str:
    made = outcome.gain
    return (
        f"{_signed(made.estimate)} of certainty-equivalent return a year ({_signed(made.low)} to {_signed(made.high)}; "
        f"p {made.p_value:.2f}, and {adjusted:.2f} with both questions counted)"
    )


def _word(outcome: Outcome, adjusted: float) -> str:
    """Better or worse only where the interval says so and still would with both questions of the page counted."""
    sure = adjusted <= 1.0 - outcome.gain.level
    if outcome.gain.low > 0.0 and sure:
        return "better than equal weight"
    if outcome.gain.high < 0.0 and sure:
        return "worse than equal weight"
    return "no better than equal weight beyond chance"


def _table(result: Result) -> list[str]:
    lines = [
        f"| | {result.ratio_name}, lowest / middle / highest path | equal weight, same days | gain a year, lowest / "
        f"middle / highest path | gain, mean path | {result.level:.0%} interval | ahead in splits | lead in training "
        "groups | lead in test groups |",
        "| --- | --- | ---: | --- | ---: | --- | ---: | ---: | ---: |",
    ]
    for outcome in (result.rules.outcome, result.learner.outcome):
        ratios = spread_of([line.ratio for line in outcome.paths])
        gains = spread_of([line.gain for line in outcome.paths])
        base = outcome.equal_weight.ratio
        lines.append(
            f"| {outcome.strategy} | {'-' if ratios is None else ' / '.join(f'{value:.2f}' for value in ratios)} "
            f"| {'-' if base is None else f'{base:.2f}'} "
            f"| {'-' if gains is None else ' / '.join(_signed(value) for value in gains)} "
            f"| {_signed(outcome.gain.estimate)} | {_signed(outcome.gain.low)} to {_signed(outcome.gain.high)} "
            f"| {outcome.ahead_splits:.0%} | {outcome.train_gain:+.3f} | {outcome.test_gain:+.3f} |"
        )
    return lines


def _chosen(result: Result) -> list[str]:
    made = result.rules.overfitting
    lines = [
        "| rule | chosen in splits | " + result.ratio_name + ", whole history |",
        "| --- | ---: | ---: |",
    ]
    for one in sorted(result.rules.chosen, key=lambda item: -item.splits):
        lines.append(f"| {one.rule} | {one.splits} | {'-' if one.ratio is None else f'{one.ratio:.2f}'} |")
    lines += [
        "",
        f"The probability of backtest overfitting of the same {made.strategies} rules is {made.probability:.0%} "
        f"(symmetric, {made.splits:,} splits; 50 % is a coin): so often the best of one half of the days fell into the "
        f"lower half of the rules in the other. Choosing kept "
        f"{_kept(result.rules.outcome)} of the lead over equal weight that it had where it was chosen.",
    ]
    return lines


def _kept(outcome: Outcome) -> str:
    return "nothing" if outcome.train_gain <= 0.0 else f"{outcome.test_gain / outcome.train_gain:.0%}"


def _columns(result: Result) -> list[str]:
    rules, learner = result.rules.outcome.design, result.learner.outcome.design
    return [
        "## How to read it",
        "",
        f"- **Data**: {result.source}, {result.first} to {result.last}, {result.decisions} decisions of the rules; at "
        f"{result.volatility:.0%} volatility by the covariance of each decision day, never levered, "
        f"{result.cost * 1e4:.0f} basis points of what is traded, a risk aversion of {result.risk_aversion:g}."
        f"{' ' if result.cash else ''}{result.cash}",
        f"- **Splits** (combinatorially purged, López de Prado 2018): the rules' days are cut into {rules.folds} "
        f"groups, every {rules.test_folds} of which are the test once; {rules.purge} trading days are purged on either "
        f"side of a test group, and {rules.embargo} after it are embargoed. The policy's decision days, a third of a "
        f"month apart, are cut into {learner.folds} groups, {learner.purge} purged and {learner.embargo} embargoed.",
        "- **Path**: the whole history once, each group of it held by what was chosen or trained without that group. "
        "Paths share days and often choices, so their spread is not an interval.",
        "- **Gain**: certainty-equivalent return a year ahead of equal weight, on the same days at the same risk, "
        "after costs. Its interval draws days in blocks, of the mean over all paths.",
        "- **Ahead in splits**: in how many test parts its ratio was above equal weight's; a tie is not ahead.",
        "- **Lead**: ratio ahead of equal weight, mean over splits, where it was chosen or trained and where not.",
        f"- **Policy**: {result.learner.updates} updates, seeds {', '.join(map(str, result.learner.seeds))}, the mean "
        "of their tilts; it and equal weight enter each test group anew and pay for it.",
        f"- {result.trials} trials of these prices are in the register; the choice, the policy and, where it is the "
        "mean of several, each of its seeds alone are among them.",
    ]


def _limits(result: Result) -> list[str]:
    return [
        "## What the figures do not show",
        "",
        "- Years after a test group helped to choose or train: this asks what carries over between years, not what an "
        "investor of that day could have had. For that there is the walk-forward.",
        "- Every asset of the bundled history survived to its end, which flatters rules that hold the bolder ones.",
        "- The rules were known to be worth trying because the field has tried them, on years such as these.",
        "- The policy is the smallest learner of the walk-forward, chosen there on earlier years; a larger one was not "
        "cross-validated here for want of computing time.",
        *(
            ["- No bill rate covers these years, so the ratio is return over volatility and cash earns nothing."]
            if result.ratio_name != "Sharpe ratio"
            else []
        ),
    ]


def _signed(value: float) -> str:
    return f"{value:+.2%}"
