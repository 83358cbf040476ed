"""The page of the evidence: the answer first, then every table behind it. Nothing on it is typed by hand."""

from collections.abc import Container, Sequence
from statistics import median

from lab.walk_forward.accounts import Measured
from lab.walk_forward.evidence import MEDIAN
from lab.walk_forward.opened import ENSEMBLE, POLICY, PRODUCT
from lab.walk_forward.records import Comparison, Option, StudyReport, UniverseReport
from lab.walk_forward.risk import TOLERANCE, WANTED, levels, rising, rising_years
from portfolio.statistics import Interval


def page(study: StudyReport, trials: int, command: str, disclosed: Sequence[str] = ()) -> str:
    """Markdown. `trials` is how many the register holds, `command` what made the study; `disclosed` is what else a
    strict reader must know."""
    volatility = study.config.reference[0]
    lines = ["# Does the allocator beat its baselines?", "", answer(study), "", *_in_short(study), ""]
    lines += [f"Made by `{command}`; the figures stand as JSON in `docs/evidence/allocator.json`.", ""]
    lines += [f"## Against the baseline named before each window, at {volatility:.0%} volatility", ""]
    lines += [f"{TABLE_WORDS} Equal weight: the Sharpe difference to it, which is what was learned.", ""]
    lines += _target(study, {volatility})
    lines += ["", "## Every universe", ""]
    for report in study.reports:
        lines += _universe(report, study)
    lines += ["## One checkpoint, many risk levels", ""]
    lines += _risk(study)
    others = set(study.config.volatilities) - {volatility}
    if others:
        lines += ["", "## At other volatilities", "", TABLE_WORDS, "", *_target(study, others)]
    lines += ["", "## How it was done", ""]
    lines += _method(study, trials)
    lines += [f"- {words}" for words in disclosed]
    return "\n".join(lines) + "\n"


TABLE_WORDS = (
    "Sharpe ratios over bills, net; differences with 90 % paired block-bootstrap intervals; CE is the certainty-"
    "equivalent return of a client with risk aversion 0.5 / volatility. Beats: higher Sharpe and CE, drawdown no "
    "worse; surely: the interval of the Sharpe difference lies above zero too."
)


def answer(study: StudyReport) -> str:
    """The answer, then a paragraph with its figures: where it wins, where it is no better, whether learning did it."""
    volatility, cost = study.config.reference
    told = []
    policies = [_found(report, MEDIAN, volatility, cost) for report in study.reports]
    for report, policy in zip(study.reports, policies, strict=True):
        product = _found(report, PRODUCT, volatility, cost)
        told.append(
            f"on {report.universe} ({report.first[:4]}-{report.last[:4]}{', zero-shot' if report.zero_shot else ''}) "
            f"Sharpe {_number(policy.figures.sharpe)} against the named baseline's {_number(policy.baseline.sharpe)} "
            f"(difference {_span(policy.sharpe)}; {'beats it' if policy.beats else 'does not beat it'}) and beside "
            f"equal weight {_signed(policy.equal_weight.estimate)} ({_span(policy.equal_weight)}); the gated product "
            f"{_number(product.figures.sharpe)} ({'beats it' if product.beats else 'does not beat it'})"
        )
    won = [report.universe for report, one in zip(study.reports, policies, strict=True) if one.beats]
    sure = sum(one.beats and one.sharpe.low > 0.0 for one in policies)
    taught = [
        report.universe for report, one in zip(study.reports, policies, strict=True) if one.equal_weight.low > 0.0
    ]
    first = f"It beats the baseline named before the test on {len(won) or 'none'} of {len(policies)} universes"
    first += f" ({', '.join(won)}), and beyond chance on {sure or 'none'}." if won else "."
    if taught:
        learned = f"It is better than equal weight, beyond chance, on {', '.join(taught)} alone."
        learned = learned.replace(" alone", "") if len(taught) == len(policies) else learned
    else:
        reach = median(one.option.action_range for report in study.reports for one in report.windows)
        learned = (
            "It is no better than equal weight on any of them beyond chance: what it gains on a named baseline, equal "
            f"weight gains too (validation chose small tilts, of a median action range of {reach:g})."
        )
    return (
        f"**{first}** {learned}\n\nAt {volatility:.0%} volatility and {cost * 1e4:.0f} bp costs, median over "
        f"{len(study.config.seeds)} seeds, out of sample, with 90 % intervals: {'; '.join(told)}."
    )


def _in_short(study: StudyReport) -> list[str]:
    """One row a universe, at the reference risk and cost."""
    volatility, cost = study.config.reference
    lines = [
        "| universe | test years | policy's Sharpe | named baseline's | difference (90 %) | beside equal weight (90 %) "
        "| gated product | beats its baseline |",
        "| --- | --- | ---: | ---: | --- | --- | ---: | --- |",
    ]
    for report in study.reports:
        own, product = (_found(report, name, volatility, cost) for name in (MEDIAN, PRODUCT))
        cells = [
            report.universe + (", zero-shot" if report.zero_shot else ""),
            f"{report.first[:4]} to {report.last[:4]}",
        ]
        cells += [_number(own.figures.sharpe), _number(own.baseline.sharpe)]
        cells += [f"{_signed(one.estimate)} ({_span(one)})" for one in (own.sharpe, own.equal_weight)]
        lines.append(f"| {' | '.join([*cells, _number(product.figures.sharpe), _beats(own)])} |")
    return lines


def _target(study: StudyReport, volatilities: Container[float]) -> list[str]:
    lines = [
        "| universe | volatility | cost | strategy | Sharpe | baseline's | difference | equal weight | CE | baseline's "
        "| difference | drawdown | baseline's | turnover | baseline's | deflated | beats |",
        "| --- " * 17 + "|",
    ]
    for report in study.reports:
        lines += [_comparison(report.universe, one) for one in report.comparisons if one.volatility in volatilities]
    return lines


def _comparison(universe: str, one: Comparison) -> str:
    own, base = one.figures, one.baseline
    cells = [universe, f"{one.volatility:.0%}", f"{one.cost * 1e4:.0f} bp", one.strategy]
    cells += [_number(own.sharpe), _number(base.sharpe), f"{_signed(one.sharpe.estimate)} ({_span(one.sharpe)})"]
    cells += [f"{_signed(one.equal_weight.estimate)} ({_span(one.equal_weight)})"]
    cells += [_percent(own.certainty_equivalent), _percent(base.certainty_equivalent)]
    gained = one.certainty_equivalent
    cells += [f"{gained.estimate:+.2%} ({gained.low:+.2%} to {gained.high:+.2%})"]
    cells += [f"{own.max_drawdown:.1%}", f"{base.max_drawdown:.1%}", f"{own.turnover:.2f}", f"{base.turnover:.2f}"]
    cells += ["" if one.deflated is None else f"{one.deflated:.0%}", _beats(one)]
    return f"| {' | '.join(cells)} |"


def _beats(one: Comparison) -> str:
    if not one.beats:
        return "no"
    return "surely" if one.sharpe.low > 0.0 else "yes"


def _universe(report: UniverseReport, study: StudyReport) -> list[str]:
    volatility, cost = study.config.reference
    kind = "zero-shot: " if report.zero_shot else ""
    lines = [f"### {report.universe}, {kind}{report.first} to {report.last}", "", " ".join(report.notes), ""]
    lines += [f"Ratio: {report.ratio}. At {volatility:.0%} volatility and {cost * 1e4:.0f} bp.", ""]
    lines += ["| strategy | ratio | CE | volatility | drawdown | turnover |", "| --- | --- | --- | --- | --- | --- |"]
    for row in report.rows:
        if (row.volatility, row.cost) == (volatility, cost):
            name = row.strategy if row.seed is None else f"{POLICY[:-1]} {row.seed})".replace("one seed", "seed")
            lines.append(f"| {name} | {_cells(row.figures)} |")
    lines += ["", "Equal weight and the rest at other risks and costs stand in the JSON. Window by window:", ""]
    lines += [
        "| test year | baseline named | levers chosen on validation | ahead in validation | gate | policy (seeds) "
        "| product | baseline | gap |",
        "| --- " * 9 + "|",
    ]
    for one in report.windows:
        gap = (one.policy.sharpe or 0.0) - (one.baseline_figures.sharpe or 0.0)
        seeds = f"{min(one.seed_sharpes):.2f} to {max(one.seed_sharpes):.2f}"
        lines.append(
            f"| {one.year} | {one.baseline} | {_levers(one.option, one.rule)} | {one.advantage:+.2%} "
            f"| {'open' if one.gate_open else 'shut'} | {_number(one.policy.sharpe)} ({seeds}) "
            f"| {_number(one.product.sharpe)} | {_number(one.baseline_figures.sharpe)} | {gap:+.2f} |"
        )
    ahead = sum((one.policy.sharpe or 0.0) > (one.baseline_figures.sharpe or 0.0) for one in report.windows)
    lines += ["", f"The policy was ahead in {ahead} of {len(report.windows)} test years.", ""]
    return lines


def _risk(study: StudyReport) -> list[str]:
    lines = [
        f"Each year's one ensemble, asked for six volatilities. Wanted: rising, and at most {TOLERANCE} x target in at "
        f"least {WANTED:.0%} of the years. A year fully invested throughout and still below target is short: it is "
        "shown and not counted.",
        "",
        "| universe | target | realised (mean year) | deepest drawdown in a year | years | within | short |",
        "| --- " * 7 + "|",
    ]
    words = []
    for report in study.reports:
        rows = levels(report.risk)
        lines += [
            f"| {report.universe} | {row.target:.0%} | {row.realised:.1%} | {row.max_drawdown:.1%} | {row.years} "
            f"| {'' if row.within is None else f'{row.within:.0%}'} | {row.short} |"
            for row in rows
        ]
        rose, count = rising_years(report.risk)
        counted = sum(row.years for row in rows)
        kept = sum((row.within or 0.0) * row.years for row in rows)
        words.append(
            f"{report.universe}: volatility and drawdown {'rise' if rising(rows) else 'do not rise'} with every step, "
            f"volatility in {rose} of {count} single years; {kept / counted if counted else 0.0:.0%} of all counted "
            f"years within {TOLERANCE} x target."
        )
    return [*lines, "", *[f"- {word}" for word in words]]


def _method(study: StudyReport, trials: int) -> list[str]:
    config = study.config
    ranges = ", ".join(f"{reach:g}" for reach in config.action_ranges)
    volatility, cost = config.reference
    return [
        f"- **Windows**: {config.train_years} calendar years train, the next validates, the next tests, sliding by "
        f"one; seeds {', '.join(map(str, config.seeds))}. A universe too short to train on is a zero-shot test of "
        "the policies that were trained for the same test year on the last trained universe above it.",
        "- **Levers**, declared before any test window was opened, chosen for each window by the seed ensemble's mean "
        "certainty equivalent ahead of the named baseline over all validation years so far: "
        + "; ".join(f"{one.name} ({one.words}, {one.config.updates} updates)" for one in config.candidates)
        + f"; every {config.check_every} updates; action range {ranges}; tilting {' or '.join(config.sleeves)}.",
        "- **Not varied**: the cost in the reward (10 bp, in the environment) and the regime features (always read).",
        "- **Baseline**: the strategy with the best Sharpe ratio in training and validation; in validation itself, the "
        "best in training. All strategies are shown.",
        "- **Gate**: open where the ensemble is ahead of the named baselines over the validation years so far and the "
        "10th percentile of its yearly mean return ahead of them is above zero. Zero-shot, the years already tested "
        'take the place of validation. Where it is shut the product holds the named baseline; the row "else equal '
        'weight" holds equal weight instead, as the shipped allocator does.',
        "- **Accounts**: `portfolio.backtest`, decisions every 21 trading days in three phases with a third of the "
        "money each, dealt at the next close, weights drift in between, the first purchase is charged. Each strategy "
        "is mixed with cash to the client's volatility by one covariance and never levered. Cash earns the bill rate.",
        f"- **Choices** are made at {volatility:.0%} volatility and {cost * 1e4:.0f} bp; other risks and costs are "
        "read from the same openings. Buy and hold begins with the data; a newcomer gets a mean share.",
        "- **Deflated**: probability that the Sharpe ratio is above what the best of all registered trials of the "
        "universe would show without skill (Bailey and López de Prado 2014). It asks whether there is a Sharpe ratio "
        "at all, not whether it beats the baseline.",
        f"- **Register**: {trials} trials in `docs/evidence/trials.jsonl`, each with its window, fingerprints and gap.",
        f"- Study {study.key[:16]}.",
    ]


def _levers(option: Option, rule: str) -> str:
    sleeve = option.sleeve if option.sleeve != "best rule" else f"best rule: {rule}"
    return f"{option.candidate}, {option.updates} updates, range {option.action_range:g}, on {sleeve}"


def _found(report: UniverseReport, strategy: str, volatility: float, cost: float) -> Comparison:
    return next(
        one for one in report.comparisons if (one.strategy, one.volatility, one.cost) == (strategy, volatility, cost)
    )


def _figures(report: UniverseReport, strategy: str, volatility: float, cost: float) -> Measured:
    return next(
        row.figures for row in report.rows if (row.strategy, row.volatility, row.cost) == (strategy, volatility, cost)
    )


def _cells(made: Measured) -> str:
    return (
        f"{_number(made.sharpe)} | {_percent(made.certainty_equivalent)} | {made.volatility:.1%} "
        f"| {made.max_drawdown:.1%} | {made.turnover:.2f}"
    )


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:.3f}"


def _percent(value: float | None) -> str:
    return "-" if value is None else f"{value:.2%}"


def _signed(value: float) -> str:
    return f"{value:+.3f}"


def _span(interval: Interval) -> str:
    return f"{interval.low:+.3f} to {interval.high:+.3f}"


def summary(study: StudyReport) -> Sequence[tuple[str, str, str, str, str]]:
    """Rows for a screen: universe, strategy, its ratio, the baseline's, whether it beats it."""
    volatility, cost = study.config.reference
    return [
        (
            report.universe,
            name,
            _number(_found(report, name, volatility, cost).figures.sharpe),
            _number(_found(report, name, volatility, cost).baseline.sharpe),
            "yes" if _found(report, name, volatility, cost).beats else "no",
        )
        for report in study.reports
        for name in (MEDIAN, ENSEMBLE, PRODUCT)
    ]
