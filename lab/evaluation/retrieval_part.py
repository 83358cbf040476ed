"""The measurement of retrieval as rows of the page."""

from pathlib import Path

from lab.evaluation.progress import OnStep, Step
from lab.evaluation.records import RULES, RetrievalResult, RetrievalRow
from lab.evaluation.retrieval import RetrievalReport, evaluate_retrieval
from lab.evaluation.sources import read_bytes, source_of

PLACES = {"tuned": "even places", "reported": "odd places", "all": "all"}
"""Where in the file a split's questions stand."""
FILES = ("filings/financebench.jsonl.gz", "filings/financebench_pages.jsonl.gz")


def measure_retrieval(data: Path, cache: Path, *, seed: int, command: str, step: OnStep) -> RetrievalResult:
    """Every way of searching, on the questions that tuned it and on the others; raises as `evaluate_retrieval`."""

    def told(done: int, total: int) -> None:
        step(Step("retrieval", "embedding the pages", done, total))

    contents = [(name, read_bytes(data, name)) for name in FILES]
    report = evaluate_retrieval(data, cache, told)
    return RetrievalResult(
        subject=RULES,
        command=command,
        seed=seed,
        sources=tuple(source_of(name, raw, len(raw.splitlines())) for name, raw in contents),
        rows=rows_of_report(report),
        notes=notes_of_report(report),
    )


def rows_of_report(report: RetrievalReport) -> tuple[RetrievalRow, ...]:
    """One row a way and split."""
    return tuple(
        RetrievalRow(
            way=f"{shares.mode}{', terms spelled out' if shares.spelled else ''}; questions: {PLACES[shares.split]}",
            n=shares.questions,
            hits_at_5=shares.hit_5,
            detail=f"first {shares.hit_1.value:.2f}, in 10 {shares.hit_10.value:.2f}",
        )
        for shares in report.shares
    )


def notes_of_report(report: RetrievalReport) -> tuple[str, ...]:
    """What was given to the search, what was left out, and how far citations hold their figures."""
    held = report.citations
    left = (f"{len(item.question_ids)} questions left out: {item.reason}" for item in report.left_out)
    return (
        f"Given to the search: {report.given}.",
        "No clean hold-out: the settings were tuned on the even places, but all questions had been seen before the "
        "table of terms was written, so what spelling terms out gains is an upper bound.",
        f"{report.passages} passages of {report.pages} pages of {report.filings} filings.",
        *left,
        f"Citations: of {held.answers} gold answers with figures, {held.supported.value:.2f} have all of them in the "
        f"gold evidence; of those that quote rather than compute, {held.extracted.value:.2f}.",
    )
