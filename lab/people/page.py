"""The page of real people: the answer first, then what was understood, then the rankings, then what it is not."""
# A pattern or a sentence in one line is easier to check than one in ten pieces.
# ruff: noqa: E501

from lab.people.records import Difference, Figure, Ranker, Result, Understanding
from lab.people.study import ASKED, PERSON, TRUE

ENOUGH = 0.05
"""Of both tests, to call a ranking better than chance."""


def section(result: Result) -> str:
    """Markdown, to stand on a page of its own or on the page of all studies."""
    return "\n\n".join(
        (
            answer(result),
            "### What was understood",
            _understood(result),
            _areas(result),
            "### The four shares in order",
            _ranked(result),
            _parts(result),
            _differences(result),
            _columns(result),
            _mapping(),
            _not_shown(result),
        )
    )


def answer(result: Result) -> str:
    """One paragraph from the figures."""
    best = _way(result, ASKED)
    ours, theirs = _ranker(result, ASKED), _ranker(result, PERSON)
    gap = _difference(result, ASKED, PERSON)
    understood = (
        f"the rules profiler understood {_percent(best.right)} of what the people's stories wish, "
        f"{'less' if best.against_mark.value < 0 else 'more'} than the recorded adviser by the humans' marks "
        f"({_percent(result.marks.mean)}; difference {_points(best.against_mark)})"
    )
    people = ours.spearman.low is not None and ours.spearman.low > 0.0
    shares = ours.by_chance < ENOUGH
    verdict = {
        (True, True): "is better than chance",
        (
            True,
            False,
        ): "is better than a random order for each person, but not beyond chance as knowledge of the shares",
        (False, True): "is no better than chance over people",
        (False, False): "is no better than chance",
    }[people, shares]
    sure = gap.figure.low is not None and (gap.figure.low > 0.0 or (gap.figure.high or 0.0) < 0.0)
    against = (
        f"is {'better' if gap.figure.value > 0 else 'worse'} than" if sure else "cannot be told by these sessions from"
    )
    return (
        f"**On {result.conversations} marked conversations {understood}. On {result.sessions} rankings its order of the "
        f"four shares {verdict}: mean Spearman {_rho(ours.spearman)} where a random order has 0; but all sessions share "
        f"{result.golds} expert orders, and of all ways to exchange the shares {ours.by_chance:.1%} do as well. It "
        f"{against} the people's own order after talking to the recorded adviser ({_rho(theirs.spearman)}; "
        f"difference {_rho(gap.figure)}).**"
    )


def _understood(result: Result) -> str:
    rows = [
        f"| {one.way} | {one.conversations} | {_share(one.right)} | {_share(one.looked_at)} | {_share(one.held_out)} | "
        f"{_rho(one.against_mark)} | {_share(one.coverage)} | {_share(one.agreement)} | "
        f"{_share(one.weighted_agreement)} |"
        for one in result.understanding
    ]
    marks = result.marks
    return "\n".join(
        (
            "| read by the rules unless named | conversations | story's wishes held | half looked at | held-out half | "
            "minus the human's mark | summary's statements covered | agreement | weighted by mark |",
            "| --- | ---: | --- | --- | --- | --- | --- | --- | --- |",
            *rows,
            f"| *the recorded adviser, by the human's mark* | {marks.n} | {_share(marks.mean)} | | | | | | |",
            f"| *the recorded adviser, its summaries read by our rule* | {marks.n} | {_share(marks.by_rule)} | | | | | | |",
        )
    )


def _areas(result: Result) -> str:
    best = _way(result, ASKED)
    rows = [
        f"| {one.area} | {one.wished} | {one.ours_right} | {one.ours_opposite} | {one.adviser_right} | "
        f"{one.adviser_opposite} | {one.stated} | {one.agrees} | {one.contradicts} | {one.missed} | {one.ours_alone} |"
        for one in best.areas
    ]
    return "\n".join(
        (
            f"By area, {ASKED}:",
            "",
            "| area | story wishes it | ours right | ours other | adviser right | adviser other | summary states it | "
            "ours agrees | contradicts | missed | ours alone |",
            "| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |",
            *rows,
        )
    )


def _ranked(result: Result) -> str:
    rows = [
        f"| {one.name} | {one.spearman.n} | {_rho(one.spearman)} | {_rho(one.kendall)} | {one.by_chance:.3f} | "
        f"{one.silent} | {one.words} |"
        for one in result.rankers
    ]
    return "\n".join(
        (
            "| ranked by | sessions | mean Spearman | mean Kendall | relabellings as good | without order | what it is |",
            "| --- | ---: | --- | --- | ---: | ---: | --- |",
            *rows,
            f"| *a random order* | {result.sessions} | +0.00 ± {2 * result.random_deviation:.2f} | +0.00 | 0.500 | | "
            "two standard deviations of the mean of independent random orders |",
        )
    )


def _parts(result: Result) -> str:
    chosen = [_ranker(result, name) for name in (ASKED, PERSON, TRUE)]
    named = list(dict.fromkeys(p.name for r in chosen for p in (*r.by_story, *r.by_arm, *r.by_elicitation)))
    lines = [
        "Mean Spearman by part:",
        "",
        "| part | sessions | " + " | ".join(one.name for one in chosen) + " |",
        "| --- | ---: | " + " | ".join("---" for _ in chosen) + " |",
    ]
    for name in named:
        found = [_part(one, name) for one in chosen]
        lines.append(f"| {name} | {found[0].n if found[0] else 0} | " + " | ".join(_rho(one) for one in found) + " |")
    return "\n".join(lines)


def _differences(result: Result) -> str:
    rows = [
        f"| {one.first} | {one.second} | {one.figure.n} | {_rho(one.figure)} | {_p(one.figure)} |"
        for one in result.differences
    ]
    return "\n".join(
        (
            "Paired differences of Spearman on the sessions that both rank:",
            "",
            "| first | minus | sessions | difference | p |",
            "| --- | --- | ---: | --- | ---: |",
            *rows,
        )
    )


def _columns(result: Result) -> str:
    marks = result.marks
    return "\n".join(
        (
            "- *Story's wishes held*: of the three wishes that the study gave each story, how many the profile holds, "
            "over all marked conversations; the study's own measure of elicitation (arXiv 2504.05862, equation 1). The "
            f"human's mark is that count: our rule on the summaries gives the same mark for {marks.exact} of {marks.n} "
            f"and one within 1 of it for {marks.within_one}.",
            "- *Covered*, *agreement*: of what the adviser's summary states in an area for which the product has a word, "
            "where ours states anything, and of these where it states the same. People did not always say what their "
            'story wishes, so agreement with a summary is nearer to "what was said" than the story is.',
            "- *Ours other*: ours holds another wish than the story's. Where a person took a growth share for a value "
            "share, or answered outside their story, that is what they said.",
            "- *Half looked at*: sessions whose id has an odd SHA-256; the words of these alone were read while the "
            "profiler was mended for this study. All were read once it was; what was mended after that came from the "
            "first half and from invented people. An earlier mending had read messages of all of them for numbers "
            "that nobody said.",
            "- *Relabellings as good*: every way to exchange the shares of each story, the same way in all of its "
            "sessions, was tried; the share of them whose mean is as high. It asks whether the order of the shares is "
            "known, not only whether many sessions agree with each other.",
            f"- Intervals: 95 %, bootstrap over sessions, {result.draws} draws, seed {result.seed}. A session without "
            "an order counts as 0.",
        )
    )


def _mapping() -> str:
    return "\n".join(
        (
            "How free text meets typed fields:",
            "",
            "| area | the story's or the summary's words | the field that holds it |",
            "| --- | --- | --- |",
            "| industry | a sector or theme of `portfolio/themes.py` | `preferences`, kind group or theme, weight above "
            "0; a theme that is one sector counts as that sector; any one in common agrees |",
            "| style | growth or value | `preferences`, theme `growth` or `value` |",
            "| dividends | dividend or non-dividend | `preferences` theme `dividends` above or below 0, or an exclusion |",
            "| cycle | cyclical or non-cyclical | theme `cyclical`, or `low_volatility` for its opposite |",
        )
    )


def _not_shown(result: Result) -> str:
    return (
        "What these figures do not show. People played a given investor, so a wish is right when it is the story's, not "
        f"when it is theirs. {result.sessions} sessions share {result.golds} expert orders of twelve shares: an interval "
        "over sessions says how people vary, not how stories and shares do. The files do not say who sat twice, so two "
        "sittings of one person count as two. The study has no ranking by the adviser itself; it judges the adviser by "
        "the person's order after it, and so do we. The descriptors hold no book value, no yield and for most shares no "
        "word of dividends, which is why even the story's own wishes leave our score below 1. "
        f"{result.marks.beyond_words} summaries name an industry for which the product has no word; they are left out "
        "of agreement, being not ours to hold. The score uses the product's two constants and published sector classes; "
        "nothing was fitted, but its author had seen the expert's orders."
    )


def _way(result: Result, way: str) -> Understanding:
    return next(one for one in result.understanding if one.way == way)


def _ranker(result: Result, name: str) -> Ranker:
    return next(one for one in result.rankers if one.name == name)


def _difference(result: Result, first: str, second: str) -> Difference:
    return next(one for one in result.differences if (one.first, one.second) == (first, second))


def _part(one: Ranker, name: str) -> Figure | None:
    parts = (*one.by_story, *one.by_arm, *one.by_elicitation)
    return next((part.figure for part in parts if part.name == name), None)


def _share(figure: Figure) -> str:
    if figure.low is None or figure.high is None:
        return f"{figure.value:.2f}" if figure.n else "–"
    return f"{figure.value:.2f} [{figure.low:.2f}, {figure.high:.2f}]"


def _rho(figure: Figure | None) -> str:
    if figure is None or not figure.n:
        return "–"
    if figure.low is None or figure.high is None:
        return f"{figure.value:+.2f}"
    return f"{figure.value:+.2f} [{figure.low:+.2f}, {figure.high:+.2f}]"


def _percent(figure: Figure) -> str:
    return f"{figure.value:.0%}"


def _points(figure: Figure) -> str:
    if figure.low is None or figure.high is None:
        return f"{100 * figure.value:+.0f} points"
    return f"{100 * figure.value:+.0f} points [{100 * figure.low:+.0f}, {100 * figure.high:+.0f}]"


def _p(figure: Figure) -> str:
    return "–" if figure.p_value is None else f"{figure.p_value:.3f}"
