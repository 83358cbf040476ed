"""What each part's figures say, in a sentence or two made from them; it stands above the part's table."""

from collections.abc import Sequence

from lab.evaluation.records import Estimate, ProfilesResult, RetrievalResult, ReturnsResult, SentimentResult

PRODUCT = "the product's rules (words and anchors)"
DEFAULT_WAY = "hybrid, terms spelled out"
"""As the rows of the results name them."""
TRADABLE = "open t+1"
"""In the name of a return that could be traded on once the day's news was known."""


def sentiment(results: Sequence[SentimentResult]) -> str:
    """The product's rules beside the best model."""
    methods = [(result.subject, method) for result in results for method in result.methods]
    own = next((method for subject, method in methods if subject.rung == "rules" and method.method == PRODUCT), None)
    if own is None:
        return ""
    told = f"**The product's rules reach a macro-F1 of {_share(own.macro_f1)}.**"
    models = [(subject.name, method) for subject, method in methods if subject.rung == "llm"]
    if not models:
        return f"{told} No model was measured."
    pairs = {(result.subject.name, pair.method): pair.macro_f1 for result in results for pair in result.against_rules}
    better = [name for name, method in models if _low(pairs.get((name, method.method))) > 0.0]
    name, best = max(models, key=lambda item: item[1].macro_f1.value)
    reach = f"the best reached {_share(best.macro_f1)} ({name}, {best.n} headlines)"
    if better:
        return f"{told} Better beyond chance on the same headlines: {', '.join(better)}; {reach}."
    return f"{told} None of {len(models)} models was better beyond chance on the same headlines; {reach}."


def profiles(results: Sequence[ProfilesResult]) -> str:
    """How much the rules read, and how much of it is right."""
    for result in results:
        for score in result.scores:
            if result.subject.rung == "rules" and score.method == "rules":
                return (
                    f"**Rules read {_share(score.whole)} of {score.n} descriptions fully right**: they find "
                    f"{score.recall.value:.0%} of what was said, and {score.precision.value:.0%} of what they find is "
                    "right."
                )
    return ""


def retrieval(results: Sequence[RetrievalResult]) -> str:
    """The way that the product searches by."""
    for result in results:
        for row in result.rows:
            if row.way == f"{DEFAULT_WAY}; questions: all":
                return (
                    f"**An evidence page is among the first five for {_share(row.hits_at_5)} of {row.n} questions**, "
                    f"searched as the product does ({DEFAULT_WAY})."
                )
    return ""


def returns(results: Sequence[ReturnsResult]) -> str:
    """Whether what could be traded on is foretold."""
    rows = [
        row
        for result in results
        for row in result.rows
        if row.ticker is None and TRADABLE in row.horizon and row.period == "all years"
    ]
    if not rows:
        return ""
    sure = [row for row in rows if row.p_value < 0.05]
    figures = "; ".join(f"{row.horizon}: {row.spearman:+.3f} (t {row.t:+.1f})" for row in rows)
    if sure:
        named = ", ".join(row.horizon for row in sure)
        return f"**The scores predict returns that could be traded on: {named}.** Rank correlation, {figures}."
    return f"**No power to predict returns that could be traded on.** Rank correlation, {figures}."


def _share(figure: Estimate) -> str:
    return f"{figure.value:.2f} [{figure.low:.2f}, {figure.high:.2f}]"


def _low(figure: Estimate | None) -> float:
    return figure.low if figure is not None else float("-inf")
