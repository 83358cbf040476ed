"""Measurements on one screen: the figure of each method that one would read first."""

from collections.abc import Sequence

from rich.console import RenderableType
from rich.markup import escape

from app.render.tables import grid
from lab.evaluation.records import (
    ProfilesResult,
    Result,
    RetrievalResult,
    ReturnsResult,
    SentimentResult,
)
from lab.evaluation.report import share


def summary(results: Sequence[Result]) -> RenderableType:
    """One row a method."""
    table = grid("part", "who", "method", "n>", "figure", title="Quality")
    for result in results:
        for method, n, figure in _rows(result):
            table.add_row(result.part, escape(result.subject.name), escape(method), str(n), escape(figure))
    return table


def _rows(result: Result) -> list[tuple[str, int, str]]:
    if isinstance(result, SentimentResult):
        return [(item.method, item.n, f"macro-F1 {share(item.macro_f1)}") for item in result.methods]
    if isinstance(result, ProfilesResult):
        return [(item.method, item.n, f"fully right {share(item.whole)}") for item in result.scores]
    if isinstance(result, ReturnsResult):
        pooled = [row for row in result.rows if row.ticker is None and row.period == "all years"]
        return [(row.horizon, row.n, f"rank IC {row.spearman:+.4f} (t {row.t:+.1f})") for row in pooled]
    if isinstance(result, RetrievalResult):
        return [(item.way, item.n, f"in the first 5 {share(item.hits_at_5)}") for item in result.rows]
    return [
        (item.persona, item.questions, f"valid {item.at_first + item.after_repair + item.unknown}")
        for item in result.personas
    ]
