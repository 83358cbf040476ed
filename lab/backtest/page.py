"""Every strategy on every market at hand, as Markdown: the answer first, then a table a market."""

from lab.backtest.evidence import Market, Result, Row
from lab.report.markdown import table
from lab.report.words import listed, number, percent, signed, span

TITLE = "Is any strategy better than equal weight?"


def page(result: Result) -> str:
    """The whole page, ending in a newline."""
    return f"# {TITLE}\n\nMade by `{result.command}`; do not edit by hand.\n\n{section(result)}"


def section(result: Result) -> str:
    """What was found, ending in a newline."""
    plan = result.markets[0].plan
    parts = [
        answer(result),
        "",
        f"Decisions are {plan.every} and dealt at the next close, at {plan.cost_basis_points:g} basis points. Every "
        f"strategy is long-only with no asset above {percent(plan.cap, 0)} (or an equal share), and is mixed with cash "
        f"to {percent(plan.volatility, 0)} forecast volatility. The years before the test name the rival; the test "
        "judges.",
    ]
    for market in result.markets:
        parts += ["", f"## {market.source}", "", *_market(market)]
    parts += ["", "## What the columns say", "", *(f"- {line}" for line in columns(result))]
    parts += ["", "## What this does not show", "", *(f"- {line}" for line in LIMITS)]
    return "\n".join(parts) + "\n"


def answer(result: Result) -> str:
    """One or two plain sentences, from the figures."""
    tried = sum(len(market.judged) for market in result.markets)
    better = [(row, market) for market in result.markets for row in market.judged if row.word == "better"]
    worse = sum(row.word == "worse" for market in result.markets for row in market.judged)
    count = len(result.markets)
    where = "one market" if count == 1 else f"{count} markets"
    if better:
        told = listed([f"{row.title} on {market.source} ({_gain(row)} a year)" for row, market in better])
        first = f"Of {tried} comparisons with equal weight at the same risk on {where}, {len(better)} "
        first += f"{'is' if len(better) == 1 else 'are'} better by the rule fixed beforehand: {told}."
    else:
        first = (
            f"No: of {tried} comparisons with equal weight at the same risk on {where}, none is better by the rule "
            "fixed beforehand; every strategy is no better than equal weight, or worse."
        )
    rivals = [
        f"{row.title} on {market.source} {_gain(row)} a year"
        for market in result.markets
        for row in market.judged
        if row.name == market.rival
    ]
    second = f" {worse} are worse beyond chance."
    if rivals:
        second += f" The best of the years before went on to gain: {listed(rivals)}."
    return first + second


def _gain(row: Row) -> str:
    return "–" if row.gain is None else f"{signed(row.gain.estimate)} {span(row.gain)}"


def _market(market: Market) -> list[str]:
    taxed = any(row.tax is not None for row in market.rows)
    heads = ["strategy", "gain on equal weight", "verdict", "return a year", "volatility", market.ratio_name]
    heads += ["worst fall", "return at the same realised volatility", "turnover a year"]
    heads += ["after tax", "gain after tax"] if taxed else []
    told = (
        f"{market.assets} assets; test {market.test_first} to {market.last}, {market.test_decisions} decisions; years "
        f"before from {market.first}. {market.cash}"
    )
    out = [told, "", *table(heads, [_row(row, row.name == market.rival, taxed) for row in market.rows]), ""]
    doubts = [f"{market.trials} trials stand in the register."]
    if market.overfitting is not None:
        doubts.append(f"Probability of backtest overfitting {number(market.overfitting.probability)}.")
    if market.superiority is not None:
        doubts.append(
            f"That none of the family is better than equal weight: reality check p = "
            f"{number(market.superiority.reality_check)}, SPA p = {number(market.superiority.spa)}."
        )
    if market.seed_gains:
        seeds = sorted(market.seed_gains)
        doubts.append(
            f"The policy's {len(seeds)} seeds, each alone, gained {signed(seeds[0])} to {signed(seeds[-1])} a year."
        )
    doubts += [f"Left out: {name}, because {why}." for name, why in market.missing.items()]
    return [*out, " ".join(doubts)]


def _row(row: Row, rival: bool, taxed: bool) -> tuple[str, ...]:
    intervals = row.intervals
    cells = [
        f"{row.title} (rival)" if rival else row.title,
        _gain(row),
        row.word,
        f"{percent(row.metrics.annual_return)} {span(intervals['annual_return'])}",
        percent(row.metrics.volatility),
        f"{number(row.metrics.sharpe)} [{number(intervals['sharpe'].low)}, {number(intervals['sharpe'].high)}]",
        f"{percent(row.metrics.max_drawdown, 0)} [{percent(intervals['max_drawdown'].low, 0)}, "
        f"{percent(intervals['max_drawdown'].high, 0)}]",
        percent(intervals["matched_return"].estimate),
        percent(row.metrics.turnover, 0),
    ]
    if taxed:
        cells.append("–" if row.tax is None else percent(row.tax.after))
        cells.append("–" if row.tax_gain is None else f"{signed(row.tax_gain.estimate)} {span(row.tax_gain)}")
    return tuple(cells)


def columns(result: Result) -> list[str]:
    """A line for each column that needs one."""
    plan = result.markets[0].plan
    out = [
        f"Gain: certainty-equivalent return a year (risk aversion {plan.risk_aversion:g}) ahead of equal weight, "
        f"paired by day; in brackets the {plan.level:.0%} interval by circular block bootstrap, {plan.draws:,} draws.",
        "Verdict: better needs all three parts of the rule in [how a strategy is backtested](backtest.md); worse means "
        "that the whole interval lies below zero.",
        "Return at the same realised volatility: had each been mixed with cash, after the fact, to the calmest one's "
        "volatility. It describes; nobody could have known the share beforehand.",
        "Each is mixed with cash to the same expected volatility at each decision; buy and hold once, at the start, "
        "and drifts from it.",
        "Rival: the rule with the best ratio in the years before the test, named before the test was opened.",
    ]
    if result.taxes:
        out.append(
            f"After tax: {result.taxes[0].lower()}{result.taxes[1:]} Gain after tax is the gain of such accounts."
        )
    return out


LIMITS = (
    "The assets are those that the data hold to their end; where failed ones are missing every strategy looks better "
    "than it was, equal weight not least.",
    "One stretch of history a market: an interval speaks of such years, not of others.",
    "Days drawn in blocks break up a long fall, so the interval of the worst fall lies too low.",
    "Dividends lie within adjusted prices and are taxed as gains when sold; rates never change.",
    "The policy was trained on the bundled shares up to 2015; on the other markets it is used as it is.",
)
