"""The page of the re-test of arXiv 2511.17963, made from its results alone."""

import textwrap
from math import sqrt

from lab.hybrid.records import CaseResult, LearningFigures, QualityResult, QualityRow, Result, Row, Spread
from lab.hybrid.universes import SLUGS

PAPER = (
    ("LSTM only", "-3.0 / -0.9 / 15.8 %", "52.8 / 43.6 / 32.7 %", "-0.06 / -0.02 / 0.48", "-35.0 / -31.9 / -19.9 %"),
    ("PPO only", "5.8 / 20.2 / 8.0 %", "15.6 / 19.8 / 17.4 %", "0.37 / 1.02 / 0.46", "-7.2 / -7.9 / -9.8 %"),
    ("hybrid", "25.4 / 9.8 / 10.3 %", "26.5 / 21.7 / 17.8 %", "0.96 / 0.45 / 0.58", "-13.7 / -12.0 / -10.6 %"),
    ("equal weight", "0.4 %", "14.0 %", "", "-7.2 %"),
)
"""The paper's table: 2024, weekly, one run; top 5 / 10 / 30."""
CLEAR = 1.96
"""A mean is told from zero at this t, at five percent."""


QUANTILE = 1.6449
"""Of the normal distribution, for 90 %."""
TRADING_DAYS = 252.0


def page(result: Result) -> str:
    """The whole page, Markdown."""
    made = f"Made by `{result.command}`; the figures stand as JSON in `evidence/lstm_ppo.json`."
    return f"# Does a hybrid of LSTM and PPO beat its parts?\n\n{section(result)}\n{made}\n"


def section(result: Result) -> str:
    """The answer, what was done, and every table; Markdown."""
    parts = [_verdict(result.cases), _head(result), _quality(result.quality), _paper()]
    parts += [_case(case) for case in result.cases]
    missing = [slug for slug in SLUGS if slug not in {case.slug for case in result.cases}]
    if missing:
        parts.append(f"## Not measured\n\n{', '.join(missing)}: left out by `--only`.\n")
    return "\n".join(part for part in parts if part).rstrip("\n") + "\n"


def _head(result: Result) -> str:
    config, runs = result.config, result.runs
    looks = ", ".join(f"{case.title} {case.runs}" for case in result.cases)
    ppo, rules = config.ppo, config.rules
    seeds, weeks = len(config.seeds), rules.recent
    intro = f"""The table of Kevin and Yugopuspito (arXiv 2511.17963) rebuilt row by row, on prices that a reader can
        name, with {seeds} seeds instead of one run."""
    alone = f"""- *LSTM only*: equal shares of the K assets with the highest forecast return (forecast times the asset's
        volatility). One LSTM per asset as in the paper but for {config.hidden} units (64 there): 30 weeks,
        drop-out 0.2, Adam 1e-3, batch 64, at most {config.epochs} epochs with early stopping, weight decay 1e-4.
        *Shared* is one LSTM of
        {config.shared_hidden} units for all assets."""
    learner = f"""PPO as in the paper: discount {ppo.discount}, lambda {ppo.gae_lambda}, rate {ppo.learning_rate},
        {ppo.paths * ppo.steps} steps an update, batch {ppo.batch}, clip {ppo.clip}, entropy {ppo.entropy}. Ours,
        because our
        notes of the paper name none: {ppo.updates} updates of {ppo.epochs} epochs, threshold
        {rules.threshold:.0%}, sparsity penalty {rules.sparsity} times the share of assets held, {weeks} recent
        weeks, and an asset may be held
        after {rules.min_days} days of prices. Where a universe has no more than K assets, K is all of them, so that
        "LSTM only" is equal weight of all that can be foretold."""
    honest = f"""Forecasts are walk-forward: refitted every {config.refit_years} years on targets that ended before,
        scaling and early stopping too, and PPO trains on forecasts made that way (none before the first fit), never on
        those of a model that had seen the answer. The weights go through the house's backtest: dealt at the next close,
        drifting in between. Figures are the median over seeds, with the lowest and the highest in brackets."""
    looked = f"""**Looks at the test years: {runs}**, strategies x K x seeds ({looks or "none yet"}): each strategy and
        K of a universe is a line in the register of trials, with the ratio of every seed. Before them came
        {result.rehearsals} runs on the same years that tried the code (`lab/hybrid/records.py` tells which); their
        figures were not kept, so the register does not count them and whoever deflates a ratio of this page adds them.
        Nothing was chosen on either.
        One year is one draw: a year's Sharpe ratio has a standard error of about 1, which is what the column *one
        year's interval* adds to the seeds' range (Lo 2002). The column *beside equal weight* is the yearly mean return
        of the median seed, paired by day."""
    return f"""## What was done

{_filled(intro)}

What each strategy does every week, after {rules.cost:.1%} of all that is bought or sold:

{_filled(alone)}
- *PPO only*: recent returns and weights held, then a top-K masked softmax.
- *hybrid*: the same with the forecasts of the LSTM per asset of the same seed.

{_filled(learner)}

{_filled(honest)}

{_filled(looked)}
"""


def _filled(text: str) -> str:
    return textwrap.fill(" ".join(text.split()), 120, subsequent_indent="  " if text.startswith("- ") else "")


def _paper() -> str:
    lines = [
        "## What the paper prints (2024, weekly, one run, four asset classes together)",
        "",
        "| strategy, top 5 / 10 / 30 | return | volatility | Sharpe | max. drawdown |",
        "| --- | ---: | ---: | ---: | ---: |",
        *("| " + " | ".join(cells) + " |" for cells in PAPER),
        "",
        "Its faults (coins chosen with hindsight, changes of a yield as bond returns, no seeds) are why it is rebuilt",
        "here per universe; the years differ, so compare the order of the strategies and not the figures.",
        "",
    ]
    return "\n".join(lines)


def _case(result: CaseResult) -> str:
    lines = [
        f"## {result.title}: {result.assets} assets, test {result.test_year}",
        "",
        f"Prices from {result.first} to {result.last}. {result.note} Ratio over {result.ratio_over}.",
        "",
        "| strategy | top K | return | volatility | ratio | one year's interval | max. drawdown | turnover a year "
        "| beside equal weight |",
        "| --- | --- |" + " ---: |" * 7,
        *(_row(row) for row in result.rows),
        "",
        "LSTMs of the last fit that found nothing better than the mean of their training: "
        f"{_learning(result.per_asset, 'one per asset and seed')}, {_learning(result.shared, 'shared')}.",
        "",
    ]
    return "\n".join(lines)


def _learning(figures: LearningFigures, name: str) -> str:
    return f"{figures.stopped_at_once} of {figures.models} ({name})"


def _row(row: Row) -> str:
    ahead = row.ahead
    cells = [
        _percent(row.annual_return),
        _percent(row.volatility),
        _number(row.ratio),
        "{:.1f} to {:.1f}".format(*sharpe_interval(row.ratio.median)),
        _percent(row.max_drawdown, sign=-1.0),
        _number(row.turnover, digits=1),
        "" if ahead is None else f"{ahead.estimate:+.1%} ({ahead.low:+.1%} to {ahead.high:+.1%})",
    ]
    return f"| {row.strategy} | {row.top} | " + " | ".join(cells) + " |"


def sharpe_interval(ratio: float, years: float = 1.0) -> tuple[float, float]:
    """90 % interval of a yearly Sharpe ratio S measured on daily returns over some years: S -+ 1.645 times its standard
    error sqrt((1 + S^2 / (2 q)) / years), q = 252 days a year (Lo 2002, eq. 9, annualised; returns without memory)."""
    error = sqrt((1.0 + ratio * ratio / (2.0 * TRADING_DAYS)) / years)
    return ratio - QUANTILE * error, ratio + QUANTILE * error


def _percent(spread: Spread, sign: float = 1.0) -> str:
    low, high = sorted((sign * spread.low, sign * spread.high))
    return _shown([f"{100 * value:.1f}" for value in (sign * spread.median, low, high)], " %")


def _number(spread: Spread, digits: int = 2) -> str:
    return _shown([f"{value:.{digits}f}" for value in (spread.median, spread.low, spread.high)])


def _shown(figures: list[str], unit: str = "") -> str:
    """Median and range; the range is left out where it is not seen at this many digits."""
    middle, low, high = figures
    return middle + unit if low == high else f"{middle}{unit} ({low} to {high})"


def _verdict(results: tuple[CaseResult, ...]) -> str:
    """How often the hybrid was ahead, counted from the rows."""
    pairs, ahead_ppo, ahead_lstm, ahead_even, clear = 0, 0, 0, 0, 0
    for result in results:
        found = {(row.strategy, row.top): row for row in result.rows}
        even = found["equal weight", ""].ratio.median
        for (name, top), row in found.items():
            if name != "hybrid":
                continue
            pairs += 1
            ahead_ppo += row.ratio.median > found["PPO only", top].ratio.median
            ahead_lstm += row.ratio.median > found["LSTM only", top].ratio.median
            ahead_even += row.ratio.median > even
            clear += row.ratio.low > found["PPO only", top].ratio.high
    if pairs == 0:
        return ""
    beside = [row.ahead for result in results for row in result.rows if row.strategy == "hybrid" and row.ahead]
    word = "beats" if 2 * clear > pairs else "does not beat"
    text = f"""**A hybrid of LSTM and PPO {word} its parts in a way that can be told from the choice of a seed.** Over
        {pairs} pairs of universe and K, the hybrid's median ratio was above that of PPO alone in
        {ahead_ppo}, above that of the LSTM alone in {ahead_lstm}, and above equal weight in {ahead_even}. Its
        worst seed was above the best seed of PPO alone in {clear}. Its return ahead of equal weight's, the
        median seed paired by day, is above zero beyond chance in {sum(one.low > 0.0 for one in beside)} and below in
        {sum(one.high < 0.0 for one in beside)} of the {len(beside)} pairs. Pairs of one universe share a year and are
        not independent."""
    return f"## What this says\n\n{_filled(text)}\n"


def _quality(quality: QualityResult | None) -> str:
    if quality is None:
        return "## Can the next month be foretold?\n\nNot measured: left out by `--only`.\n"
    lines = [
        "## Can the next month be foretold?",
        "",
        f"{quality.source}, decisions every 21 trading days from {quality.first} to {quality.last}, walk-forward. The",
        "information coefficient is the mean over dates of the rank correlation over assets, its t by Newey and West.",
        "*Explained* is 1 - squared error / that of the plain forecast: zero for the return, the last month's for the",
        "volatility; both in units of the asset's own volatility.",
        "",
        "| forecaster | of the next month's | information coefficient | t | hit rate | explained | dates |",
        "| --- | --- | ---: | ---: | ---: | ---: | ---: |",
        *(_quality_row(row) for row in quality.rows),
        "",
        *(_plain(row) for row in quality.rows if row.forecaster.startswith("LSTM")),
    ]
    return "\n".join(lines) + "\n"


def _quality_row(row: QualityRow) -> str:
    def shown(value: float | None, form: str) -> str:
        return "" if value is None else format(value, form)

    cells = (
        row.forecaster,
        row.target,
        shown(row.information_coefficient, "+.3f"),
        shown(row.t, "+.1f"),
        shown(row.hit_rate, ".1%"),
        shown(row.explained, "+.1%"),
        str(row.dates),
    )
    return "| " + " | ".join(cells) + " |"


def _plain(row: QualityRow) -> str:
    """One sentence, by a rule fixed before the figures."""
    if row.t is None or row.information_coefficient is None:
        return f"- {row.forecaster}, {row.target}: it ranks nothing."
    clear = row.t > CLEAR
    better = row.explained is not None and row.explained > 0
    if clear and better:
        said = "power to rank assets and to size the forecast"
    elif clear:
        said = "some power to rank assets, but its size is worse than the plain forecast"
    else:
        said = "**no predictive power** that can be told from chance"
    return f"- {row.forecaster}, {row.target}: {said} (t = {row.t:+.1f})."
