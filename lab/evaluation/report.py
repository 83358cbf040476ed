"""`docs/quality.md`: every kept result as one page, so that rules and models stand side by side."""

from collections.abc import Iterable, Sequence

from lab.evaluation import answers
from lab.evaluation.classification import CLASSES
from lab.evaluation.records import (
    Classification,
    Estimate,
    Predictive,
    ProfileScore,
    ProfilesResult,
    Result,
    RetrievalResult,
    ReturnsResult,
    SentimentResult,
    ViewsResult,
)
from lab.evaluation.returns import survivors

HEAD = """# How good the parts are

Made by `quorum evaluate quality` from the results in `quality/`, one file a part and a model; do not edit it. Run the
command again, or for another model, and its rows are replaced or added. Intervals are of 95 %. What is asked of a
model is kept by fingerprint, so the same measurement again asks nothing and gives the same figures.
"""


def page(results: Sequence[Result]) -> str:
    """The whole page in Markdown. Parts without a result say so."""
    parts = [
        HEAD,
        _sentiment([item for item in results if isinstance(item, SentimentResult)]),
        _profiles([item for item in results if isinstance(item, ProfilesResult)]),
        _views([item for item in results if isinstance(item, ViewsResult)]),
        _retrieval([item for item in results if isinstance(item, RetrievalResult)]),
        _returns([item for item in results if isinstance(item, ReturnsResult)]),
        _origins(results),
    ]
    return "\n".join(parts)


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A Markdown table; columns whose title ends in ">" are set to the right."""
    titles = [title.removesuffix(">") for title in head]
    rule = ["---:" if title.endswith(">") else "---" for title in head]
    return "\n".join("| " + " | ".join(row) + " |" for row in (titles, rule, *rows)) + "\n"


def share(figure: Estimate) -> str:
    """0.69 [0.65, 0.73]"""
    return f"{figure.value:.2f} [{figure.low:.2f}, {figure.high:.2f}]"


def signed(figure: Estimate) -> str:
    """+0.06 [+0.01, +0.10]"""
    return f"{figure.value:+.2f} [{figure.low:+.2f}, {figure.high:+.2f}]"


def _opening(title: str, answer: str) -> str:
    return f"## {title}\n\n" + (f"{answer}\n\n" if answer else "")


NOT_MEASURED = "Not measured yet.\n"


def _sentiment(results: Sequence[SentimentResult]) -> str:
    told = _opening("Tone of headlines", answers.sentiment(results)) + (
        "Labelled financial tweets, odd rows only: the even ones chose the words, shares and bands of the rules, and "
        "fit the regression. Models see a sample drawn from the odd rows by seed. No usable answer counts as a wrong "
        "one. The last column sets each method against the rules on the same headlines.\n"
    )
    rows, tables = [], []
    for result in results:
        pairs = {pair.method: pair for pair in result.against_rules}
        for method in result.methods:
            pair = pairs.get(method.method)
            silent = sum(row[-1] for row in method.confusion)
            rows.append(
                (
                    result.subject.name,
                    method.method,
                    str(method.n),
                    share(method.accuracy),
                    share(method.macro_f1),
                    str(silent),
                    signed(pair.macro_f1) if pair else "",
                )
            )
            cells = "; ".join(
                f"{name} {'/'.join(map(str, row))}" for name, row in zip(CLASSES, method.confusion, strict=True)
            )
            tables.append(f"- {result.subject.name}, {method.method}: {cells}")
    if not rows:
        return f"{told}\n{NOT_MEASURED}"
    head = ("who", "method", "n>", "accuracy", "macro-F1", "no answer>", "macro-F1 less the rules'")
    confusions = "\n".join(tables)
    return (
        f"{told}\n{table(head, rows)}\nFor each true class, answers bad/neutral/good/none:\n\n{confusions}\n\n"
        f"{_always_neutral(results[0].methods[0])}"
    )


def _always_neutral(measured: Classification) -> str:
    """What a method without any skill would reach on the same headlines."""
    neutral, whole = sum(measured.confusion[1]), measured.n
    return (
        f"A method that always says neutral would have an accuracy of {neutral / whole:.2f} and a macro-F1 of "
        f"{2 * neutral / (whole + neutral) / 3:.2f} on the first row's headlines, so macro-F1 is the figure to read.\n"
    )


def _profiles(results: Sequence[ProfilesResult]) -> str:
    told = _opening("The client's words to a profile", answers.profiles(results)) + (
        "Descriptions of `lab/evaluation/clients.jsonl`, written and committed before the reader had read any of them, "
        "ten fields each. A model may only add what its quote of the client's words bears.\n"
    )
    if not results:
        return f"{told}\n{NOT_MEASURED}"
    scores = [(result.subject.name, score) for result in results for score in result.scores]
    rows = [
        (
            who,
            score.method,
            str(score.n),
            share(score.whole),
            share(score.recall),
            share(score.precision),
            str(sum(field.wrong for field in score.fields)),
            str(sum(field.invented for field in score.fields)),
            str(score.unanswered),
        )
        for who, score in scores
    ]
    head = ("who", "method", "n>", "fully right", "recall", "precision", "wrong>", "invented>", "no answer>")
    out = f"{told}\n{table(head, rows)}"
    rules = [score for _, score in scores if score.method == "rules"]
    if rules:
        out += f"\n{_fields(rules[0])}"
    for result in results:
        if result.wishes and result.human_mark is not None:
            wishes = [(w.wish, str(w.sessions), str(w.read), str(w.opposite)) for w in result.wishes]
            out += (
                "\n### Real people (LLMAdvisor)\n\n"
                "People played one of three stories to an adviser that was a model. In how many sessions the reader "
                "finds the story's wish in the person's words alone, without the adviser's questions, which many "
                'answers need ("the first one"). The people\'s own mark of what their adviser had understood, out of '
                f"3, was {result.human_mark:.2f} on average ({result.marked} marks), with the questions known: the two "
                "are not the same task.\n\n" + table(("wish", "sessions>", "read>", "with the wrong sign>"), wishes)
            )
    return out


def _fields(score: ProfileScore) -> str:
    rows = [(f.field, str(f.said), str(f.right), str(f.wrong), str(f.missed), str(f.invented)) for f in score.fields]
    return table(("field, by rules", "said>", "right>", "wrong>", "missed>", "invented>"), rows)


def _views(results: Sequence[ViewsResult]) -> str:
    told = (
        "## Personas through a model\n\n"
        "All assets of the bundled history, prices only, one question a persona and date. Shift is how far the "
        "model moved a score in [-1, 1], without a record of its own to be trusted by. Agreement is the rank "
        "correlation of the model's scores with the rules'; near 1, the model repeats what it was shown.\n"
    )
    rows = [
        (
            result.subject.name,
            p.persona,
            str(p.questions),
            str(p.at_first),
            str(p.after_repair) + (f" ({p.unknown} unknown)" if p.unknown else ""),
            str(p.abstained),
            f"{p.given}/{p.views}",
            _number(p.mean_shift, ".3f"),
            _number(p.largest_shift, ".3f"),
            _number(p.rank_agreement, "+.2f"),
        )
        for result in results
        for p in result.personas
    ]
    if not rows:
        return f"{told}\n{NOT_MEASURED}"
    head = (
        "model",
        "persona",
        "questions>",
        "valid at first>",
        "after another call>",
        "abstained>",
        "views given>",
        "mean shift>",
        "largest>",
        "agreement>",
    )
    return f"{told}\n{table(head, rows)}"


def _retrieval(results: Sequence[RetrievalResult]) -> str:
    told = _opening("Retrieval", answers.retrieval(results)) + (
        "FinanceBench questions against every page of the filings they ask about: share with an evidence page among "
        "the first five.\n"
    )
    rows = [(row.way, str(row.n), share(row.hits_at_5), row.detail) for result in results for row in result.rows]
    if not rows:
        return f"{told}\n{NOT_MEASURED}"
    notes = "".join(f"\n- {note}" for result in results for note in result.notes)
    return f"{told}\n{table(('way', 'n>', 'in the first 5', ''), rows)}{notes}\n"


def _returns(results: Sequence[ReturnsResult]) -> str:
    told = _opening("Daily sentiment and later returns (FNSPID)", answers.returns(results)) + (
        "Rank correlation of a day's score with the return after it, all tickers together (ranks within each), with "
        "errors clustered by date and Newey-West over dates for the lags shown. A day's news is of the calendar day "
        "and may be later than its close: what could be traded on begins at the next open. The same day's row is no "
        "forecast; it shows what the scores do tell.\n"
    )
    if not results:
        return f"{told}\n{NOT_MEASURED}"
    out = told
    for result in results:
        pooled = [row for row in result.rows if row.ticker is None]
        head = ("return", "period", "n>", "dates>", "news days>", "rank IC>", "error>", "lags>", "t>", "p>", "Pearson>")
        out += "\n" + table(head, [_predictive(row) for row in pooled])
        out += "\n" + _per_ticker(result)
        faults = "".join(f"- {fault}.\n" for fault in result.left_out)
        out += f"\n{faults}" if faults else ""
    out += (
        "\nThe tickers are survivors of someone's choice; the scores come from a model whose knowledge may reach into "
        "the years it scored, which would flatter the earlier ones. Costs are not in these figures.\n"
    )
    return out


def _predictive(row: Predictive) -> tuple[str, ...]:
    return (
        row.horizon,
        row.period,
        str(row.n),
        str(row.dates),
        f"{row.coverage:.0%}",
        f"{row.spearman:+.4f}",
        f"{row.error:.4f}",
        str(row.lags),
        f"{row.t:+.2f}",
        f"{row.p_value:.2g}" if row.p_value > 1e-16 else "< 1e-16",
        f"{row.pearson:+.4f}",
    )


def _per_ticker(result: ReturnsResult) -> str:
    rows = []
    for horizon in dict.fromkeys(row.horizon for row in result.rows):
        mine = [row for row in result.rows if row.horizon == horizon and row.ticker is not None]
        if mine:
            values = [row.p_value for row in mine]
            best = max(mine, key=lambda row: row.spearman)
            worst = min(mine, key=lambda row: row.spearman)
            rows.append(
                (
                    horizon,
                    str(len(mine)),
                    str(sum(p < 0.05 for p in values)),
                    f"{0.05 * len(mine):.1f}",
                    str(survivors(values)),
                    f"{best.ticker} {best.spearman:+.3f} (t {best.t:+.1f})",
                    f"{worst.ticker} {worst.spearman:+.3f} (t {worst.t:+.1f})",
                )
            )
    head = ("return, by ticker", "tickers>", "p < 0.05>", "by chance>", "stand at FDR 5 %>", "highest", "lowest")
    return (
        table(head, rows)
        + "\nEach ticker is a test, so some look significant by chance alone; the fifth column holds the false "
        "discovery rate at 5 % (Benjamini and Hochberg 1995) within each horizon, and would hold it over all horizons "
        "with fewer.\n"
    )


def _origins(results: Sequence[Result]) -> str:
    out = ["## Where the figures come from", ""]
    models = {item.subject.name: item.subject.weights_sha256 for item in results if item.subject.rung == "llm"}
    out += [f"- `{name}`: weights SHA-256 `{digest or 'not named'}`" for name, digest in sorted(models.items())]
    commands = dict.fromkeys(f"- `{item.command}` (seed {item.seed})" for item in results)
    notes = dict.fromkeys(f"- {item.subject.name}, {item.part}: {item.note}" for item in results if item.note)
    out += ["", "Commands:", "", *commands, *(["", "Notes:", "", *notes] if notes else []), "", "Data:", ""]
    files = {source.file: source for item in results for source in item.sources}
    folders: dict[str, list[str]] = {}
    for name in sorted(files):
        folders.setdefault(name.rpartition("/")[0], []).append(name)
    for folder, names in folders.items():
        if len(names) > 3:
            dated = [files[name] for name in names]
            first = min((s.first for s in dated if s.first), default=None)
            last = max((s.last for s in dated if s.last), default=None)
            out.append(f"- `{folder}/`: {len(names)} files, {sum(s.rows for s in dated)} rows{_span(first, last)}")
            continue
        for name in names:
            s = files[name]
            out.append(f"- `{name}`: {s.rows} rows{_span(s.first, s.last)}, SHA-256 `{s.sha256[:16]}`")
    return "\n".join(out) + "\n"


def _span(first: object, last: object) -> str:
    return f", {first} to {last}" if first and last else ""


def _number(value: float | None, form: str) -> str:
    return "–" if value is None else format(value, form)
