"""The re-test of L-PPR as a page for people."""

from lab.alignment import arms
from lab.alignment.records import Contrast, Figure, ModelPart, Result, ScalePart, Span
from portfolio.alignment import PARTS, YARDSTICKS

PAPER_RETURN, PAPER_DRAWDOWN, PAPER_SHARPE, PAPER_INFORMATION, PAPER_SCORE = 0.738, -0.332, 1.45, 0.78, 0.89
"""As printed by arXiv 2512.12922: return and drawdown beside mean-variance, and three figures of its own."""
JUDGED = {
    "volatility": "of the years that begin at each decision, the share whose realised volatility was within the cap",
    "loss": "the share of those years (or of the time to the horizon, if nearer) whose deepest fall from a peak stayed "
    "within the client's loss limit; the mandate's bad year where none was named",
    "exclusions": "the share of decisions that held nothing excluded",
    "liquidity": "of the cash that must be ready, the smallest share there at any close of the month, averaged",
    "horizon": "for money needed within five years, the share of starting months after which, on the day it was "
    "needed, no more than the loss limit had been lost",
    "objectives": "the yardsticks below, weighed by the client's own mix",
}


GROUPS = {
    "tuned": "the descriptions on which the profiler was mended, none of which excludes anything,",
    "fresh": "those that it had never read, half of which exclude something,",
}


TAUGHT = (
    "What is read here is no fresh test: when it was first measured the profiler read one of the four and the sheets "
    "correlated with nothing (-0.07), and it was then taught how such surveys word an appetite for risk."
)
"""What a strict reader must know of how this part came about."""


def full_page(result: Result) -> str:
    """The page `docs/alignment.md`."""
    return (
        f"# Does advice that knows the client serve the client?\n\nMade by `{result.command}`; do not edit it.\n\n"
        + (section(result))
    )


def section(result: Result) -> str:
    """Markdown, the answer first."""
    main = result.spans[0]
    lines = [answer(result), "", f"## L-PPR's claims beside ours, {main.title}", ""]
    lines += _beside(main)
    for span in result.spans:
        lines += ["", f"## Served and earned, {span.title}", "", *_span(span, result)]
    lines += ["", "## What the profile and the policy are worth", ""]
    for span in result.spans:
        lines += [*_contrasts(span), "", _by_group(span), ""]
    lines += _stress(main)
    lines += ["", "## How the score is made", "", *_method(result)]
    lines += ["", "## What was misread", "", *_misread(result)]
    if result.model is not None:
        lines += ["", "## With and without a language model", "", *_model(result.model)]
    if result.scale is not None:
        lines += ["", "## Against a psychometric scale", "", *_scale(result.scale, result.level)]
    lines += ["", "## What the figures do not show", "", *_limits(result)]
    return "\n".join(lines) + "\n"


def answer(result: Result) -> str:
    """The answer in a paragraph, from the figures."""
    main = result.spans[0]
    own, none = main.row(arms.PROFILE_POLICY), main.row(arms.AVERAGE_POLICY)
    known, placebo, policy, told = (main.contrast(name) for name in ("profile", "placebo", "policy", "conditioning"))
    verdict = {1: "serves clients better", 0: "makes no difference beyond chance", -1: "serves clients worse"}
    added = {1: "adds to it", 0: "adds nothing beyond chance", -1: "takes from it"}
    return (
        f"**Knowing the client {verdict[_sign(known.score)]}; the trained policy {added[_sign(policy.score)]}.** "
        f"With the profile the User Alignment Score is {_plain(own.score)}, with one average mandate for everybody "
        f"{_plain(none.score)}: {_signed(known.score)}, {_percent(result.level)} intervals. Served by another client's "
        f"profile instead of their own, clients lose {_plain(placebo.score)}. The policy changes the score of the "
        f"baseline that it tilts by {_signed(policy.score, 3)}, and being told of the client, limits the same, changes "
        f"it by {_signed(told.score, 3)}{_by_whom(known, told)}. In money "
        f"L-PPR's design is {_word(own.matched_gain_equal)} than equal weight at the same risk "
        f"({_points(own.matched_gain_equal)} points a year). Its return beside mean-variance's is "
        f"{_ratio(own.return_to_mvo)} and its drawdown {_ratio(own.drawdown_to_mvo)}, where the paper prints +73.8 % "
        f"and -33.2 %; at the same volatility {_ratio(own.matched_return_to_mvo)} and "
        f"{_ratio(own.matched_drawdown_to_mvo)}.{_elsewhere(result)}"
    )


def _elsewhere(result: Result) -> str:
    """The same answer over the other spans, and of the scale, in a sentence each."""
    words = ""
    for span in result.spans[1:]:
        known, policy = span.contrast("profile").score, span.contrast("policy").score
        words += f" Over {span.title} knowing the client is worth {_signed(known)}, the policy {_signed(policy, 3)}."
    if result.scale is not None:
        best = max(result.scale.readings, key=lambda item: (item.spearman.value or -1.0, item.name))
        words += (
            f" Against a psychometric scale of risk tolerance the profiler's band correlates {_plain(best.spearman)}"
        )
        words += (
            f", where a perfect reader reaches 1: answers in the scale's own words are {_heard(best.spearman)} by it."
        )
    return words


def _heard(figure: Figure) -> str:
    return "understood in part" if _sign(figure) > 0 else "not understood"


def _by_whom(known: Contrast, told: Contrast) -> str:
    """What serves the client, where the figures say so: a profile that helps, and a policy that hardly hears it."""
    whole, heard = known.score.value or 0.0, told.score.value or 0.0
    if _sign(known.score) > 0 and abs(heard) < 0.1 * whole:
        return ": what serves the client is the mandate and its limits, not the conditioning of the policy"
    return ""


def _beside(main: Span) -> list[str]:
    ratio = "Sharpe ratio over bills" if main.billed else "return over volatility (no bill rate)"
    names = (arms.PROFILE_POLICY, arms.PROFILE_BASELINE, arms.PROFILE_MVO, arms.EQUAL)
    rows = [main.row(name) for name in names]
    table = [
        ("annual return to MVO's", f"{PAPER_RETURN:+.1%}", [_ratio(row.return_to_mvo) for row in rows]),
        ("the same at equal volatility", "not given", [_ratio(row.matched_return_to_mvo) for row in rows]),
        ("maximum drawdown to MVO's", f"{PAPER_DRAWDOWN:+.1%}", [_ratio(row.drawdown_to_mvo) for row in rows]),
        ("the same at equal volatility", "not given", [_ratio(row.matched_drawdown_to_mvo) for row in rows]),
        (ratio, f"{PAPER_SHARPE:.2f}", [_plain(row.ratio) for row in rows]),
        ("information ratio to MVO", f"{PAPER_INFORMATION:.2f}", [_plain(row.information_mvo) for row in rows]),
        ("information ratio to equal weight", "not given", [_plain(row.information_equal) for row in rows]),
        ("User Alignment Score", f"{PAPER_SCORE:.2f}", [_plain(row.score) for row in rows]),
    ]
    lines = [f"| | L-PPR prints | {' | '.join(row.title for row in rows)} |", "| --- | ---: |" + " ---: |" * len(rows)]
    lines += [f"| {name} | {paper} | {' | '.join(own)} |" for name, paper, own in table]
    lines += [
        "",
        "A ratio of returns says little between strategies at different risk: who holds half the risk is paid half the "
        "premium, and has half the drawdown, without any skill. So the wilder of the two is mixed with bills down to "
        "the volatility of the calmer one, with hindsight, and both are compared again. Draws in which the reference "
        "earned nothing have no ratio and are left out. The paper's score has no public definition, data or code: a "
        "score near its 0.89, or far from it, means nothing; only differences between arms here do.",
    ]
    return lines


def _span(span: Span, result: Result) -> list[str]:
    ratio = "Sharpe" if span.billed else "return / vol."
    head = ["arm", "return", "volatility", ratio, "drawdown", "gain on equal weight, same risk", "turnover", "score"]
    head += ["only what they said", *PARTS]
    lines = [
        f"{span.clients} clients, {span.decisions} monthly decisions from {span.first}, prices to {span.last}, "
        f"{result.basis_points:g} bp, {span.cash}. The policy: {span.policy}.",
        "",
        f"| {' | '.join(head)} |",
        "| --- |" + " ---: |" * (len(head) - 1),
    ]
    for row in span.rows:
        cells = [row.title, _share(row.annual_return), _share(row.volatility), _plain(row.ratio)]
        cells += [_share(row.max_drawdown), _points(row.matched_gain_equal), f"{row.turnover:.2f}"]
        cells += [_plain(row.score), _plain(row.stated_score)]
        cells += ["–" if row.parts[name] is None else f"{row.parts[name]:.2f}" for name in PARTS]
        lines.append(f"| {' | '.join(cells)} |")
    lines += [
        "",
        "Money: medians over clients, net, in brackets the interval over days and clients drawn anew (blocks of "
        f"{span.block_days} days). *Gain on equal weight*: percentage points of yearly return, the wilder of the two "
        "mixed with bills down to the calmer one. *Score* and its parts: means over clients. *Only what they said*: "
        "parts whose limit the client's own words set, the house's cautious rules left out. Losses are positive. A "
        "fall drawn from shuffled blocks is shallower than one lived through, so a drawdown may exceed its interval.",
    ]
    if span.refused:
        lines.append(f"At {span.refused} decisions a client's limits could not all be kept; they stayed in cash.")
    return lines


def _contrasts(span: Span) -> list[str]:
    lines = [
        f"### {span.title}",
        "",
        "| what | score | clients drawn alone | only what they said | return, points | drawdown, points |",
        "| --- | ---: | ---: | ---: | ---: | ---: |",
    ]
    lines += [f"| {item.title} | {_row_of(item)} |" for item in span.contrasts]
    return lines


def _by_group(span: Span) -> str:
    """What the profile is worth to clients who exclude nothing, and to those among whom some do."""
    own, none = span.row(arms.PROFILE_POLICY), span.row(arms.AVERAGE_POLICY)
    gains = {group: own.groups[group] - none.groups[group] for group in own.groups}
    told = "; ".join(f"{GROUPS[group]} {gain:+.3f}" for group, gain in gains.items())
    return f"Knowing the client, by group: {told}."


def _row_of(item: Contrast) -> str:
    cells = [_signed(item.score, 3), _signed(item.score_clients, 3), _signed(item.stated_score, 3)]
    return " | ".join([*cells, _points(item.annual_return), _points(item.max_drawdown)])


def _stress(main: Span) -> list[str]:
    names = {row.name: row.title for row in main.rows}
    lines: list[str] = []
    for year in sorted({row.year for row in main.stress}):
        lines += [
            f"### {year} alone",
            "",
            "| arm | return | volatility | drawdown | within their volatility | within their loss limit |",
            "| --- | ---: | ---: | ---: | ---: | ---: |",
        ]
        lines += [
            f"| {names[row.name]} | {row.annual_return:.1%} | {row.volatility:.1%} | {row.max_drawdown:.1%} "
            f"| {row.within_volatility:.0%} | {row.within_loss:.0%} |"
            for row in main.stress
            if row.year == year
        ]
        lines.append("")
    return lines[:-1] if lines else ["No stress year lies in this span."]


def _method(result: Result) -> list[str]:
    average = result.average
    return [
        "A client is judged by who they are: the limits come from what a careful person reads in their words, with "
        "gaps filled by the house's suitability rules, and never from what the system heard. Each part lies between 0 "
        "and 1; one that does not apply is left out, not counted as zero; the score is the mean of the parts, then of "
        "the clients.",
        "",
        *(f"- *{name}*: {JUDGED[name]}." for name in PARTS),
        "",
        "Yardsticks of the objectives (the two tax objectives need tax lots and are not judged here):",
        "",
        *(f"- *{objective.value.replace('_', ' ')}*: {words}." for objective, words in YARDSTICKS.items()),
        "",
        f"*No profile* is one mandate for all, the mean of everybody's true limits: volatility "
        f"{average['volatility_cap']:.1%}, bad year {average['cvar_cap']:.1%}, cash {average['cash_floor']:.1%}, risky "
        f"assets {average['risk_asset_cap']:.0%}. It knows the crowd, so it is a hard rival. The *placebo* gives each "
        "client six others' portfolios in turn: the same risk on the whole, but not theirs.",
        "",
        f"Intervals: {_percent(result.level)}, {result.draws} draws, clients one by one and months in blocks of twelve "
        "(Owen 2007; Politis and Romano 1992). Decisions are made on month ends from what was known, and dealt at the "
        "next close.",
    ]


def _misread(result: Result) -> list[str]:
    words = {"tuned": "mended on these", "fresh": "not read before this study"}
    lines = [
        "| clients | how many | heard looser | heard tighter only | exclude something | of them, missed |",
        "| --- | ---: | ---: | ---: | ---: | ---: |",
    ]
    lines += [
        f"| {words.get(item.group, item.group)} | {item.clients} | {item.looser} | {item.tighter} | {item.excluding} "
        f"| {item.missed_exclusions} |"
        for item in result.misread
    ]
    main = result.spans[0]
    own, true = main.row(arms.PROFILE_POLICY), main.row(arms.TRUE_POLICY)
    told = ", ".join(f"{group} {own.groups[group]:.3f} beside {true.groups[group]:.3f}" for group in own.groups)
    lines += [
        "",
        "By the first message alone, rules only, as `quorum advise` does before it asks anything. *Looser*: a higher "
        "cap on volatility or loss, or less cash, than the client's own. Score as heard beside as they are: "
        f"{told}. Misreading costs {_signed(main.contrast('reading').score, 3, flip=True)} of score.",
    ]
    return lines


def _model(part: ModelPart) -> list[str]:
    return [
        f"The last {part.clients} clients read again with {part.model}: it changed what was heard of "
        f"{part.changed or 'none'} and gave no usable answer for {part.unanswered or 'none'}. Score by rules "
        f"{_plain(part.rules)}, with the model {_plain(part.with_model)}: {_signed(part.difference, 3)}.",
    ]


def _scale(part: ScalePart, level: float) -> list[str]:
    lines = [
        "| what the profiler was told | band read | bands used | Spearman with points | with the tolerance behind |",
        "| --- | ---: | ---: | ---: | ---: |",
    ]
    lines += [
        f"| {item.words} | {item.read:.0%} | {item.bands} of 5 | {_plain(item.spearman)} "
        f"| {_plain(item.spearman_true)} |"
        for item in part.readings
    ]
    lines += [
        f"| a perfect reader of the points | 100 % | | 1.00 | {part.ceiling:.2f} |",
        "",
        f"Grable and Lytton's thirteen items (1999), {part.sheets} answer sheets drawn from a one-factor model of "
        f"people (reliability {part.alpha:.2f}, 0.77 published; points {part.points_mean:.1f}, deviation "
        f"{part.points_deviation:.1f}), {_percent(level)} intervals over sheets. The scale's own reliability lets a "
        "perfect reader correlate at most about 0.88 with a person's tolerance. The sheets are made up, so this tells "
        "whether the words of the scale are understood, not whether people are: no study has yet put conversations "
        "beside the scale. The items stay in the user's file.",
    ]
    if part.statements:
        order = {True: ", in their order", False: ", not in their order", None: ""}[part.statements_in_order]
        lines += [
            "",
            "The one question of the Survey of Consumer Finances, each of its answers told alone: of "
            f"{part.statements} a band was read in {part.statements_read}{order}. {TAUGHT}",
        ]
    return lines


def _limits(result: Result) -> list[str]:
    return [
        "- The score is this house's, and so is the way from words to limits: another house's limits give another "
        "score. *Only what they said* leaves out the parts where the house speaks for a silent client.",
        "- The clients were written for tests, and say all in one message; real ones are vaguer, and answer questions.",
        "- Twenty shares that all stood in 2022 (and five funds from 2014): every strategy looks better than it was.",
        "- Seven years hold seven years; windows of a year that begin each month overlap, which the blocks allow for.",
        "- A long fall is broken up where days are drawn in blocks, so intervals of drawdowns lie too low and may miss "
        "the figure beside them; read them for differences in kind, not in points.",
        "- Volatility is judged strictly: a portfolio that aims at its cap with no error passes it half of the time. "
        "Forgiving 15 % the score with profile and policy is "
        f"{result.spans[0].row(arms.PROFILE_POLICY).tolerant_score:.2f}.",
        *(f"- {words}" for words in result.cut),
    ]


def _sign(figure: Figure) -> int:
    if figure.low is None or figure.high is None:
        return 0
    return 1 if figure.low > 0.0 else -1 if figure.high < 0.0 else 0


def _word(figure: Figure) -> str:
    return {1: "better", 0: "no better", -1: "worse"}[_sign(figure)]


def _percent(level: float) -> str:
    return f"{level:.0%}"


def _plain(figure: Figure, digits: int = 2) -> str:
    if figure.value is None:
        return "–"
    if figure.low is None or figure.high is None:
        return _cut(figure.value, digits)
    return f"{_cut(figure.value, digits)} ({_cut(figure.low, digits)} to {_cut(figure.high, digits)})"


def _signed(figure: Figure, digits: int = 2, *, flip: bool = False) -> str:
    if figure.value is None or figure.low is None or figure.high is None:
        return "–"
    if flip:
        return f"{_cut(-figure.value, digits)} ({_cut(-figure.high, digits)} to {_cut(-figure.low, digits)})"
    value, low, high = (_cut(part, digits, "+") for part in (figure.value, figure.low, figure.high))
    return f"{value} ({low} to {high})"


def _cut(value: float, digits: int, sign: str = "") -> str:
    """Rounded, and never a minus before nothing."""
    return f"{round(value, digits) + 0.0:{sign}.{digits}f}"


def _share(figure: Figure) -> str:
    if figure.value is None or figure.low is None or figure.high is None:
        return "–"
    return f"{figure.value:.1%} ({figure.low:.1%} to {figure.high:.1%})"


def _points(figure: Figure) -> str:
    if figure.value is None or figure.low is None or figure.high is None:
        return "–"
    value, low, high = (_cut(100.0 * part, 1, "+") for part in (figure.value, figure.low, figure.high))
    return f"{value} ({low} to {high})"


def _ratio(figure: Figure) -> str:
    if figure.value is None or figure.low is None or figure.high is None:
        return "–"
    if figure.value == figure.low == figure.high == 0.0:
        return "0 %"
    return f"{figure.value:+.0%} ({figure.low:+.0%} to {figure.high:+.0%})"
