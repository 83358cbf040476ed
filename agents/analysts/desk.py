"""The two analysts at work: fetch what is dated on or before `as_of`, judge it, and say what there is nothing on."""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import TYPE_CHECKING

from agents.analysts.by_model import findings_by_model
from agents.analysts.mentions import by_symbol
from agents.analysts.records import AnalystReport
from agents.analysts.rules import Analyst, findings_by_rules
from portfolio.universe import Universe
from portfolio.views import Abstention, Evidence, Finding
from tools.documents.duplicates import near_copies
from tools.documents.earnings import LOOK_BACK, ensure_earnings
from tools.store import DocumentStore

if TYPE_CHECKING:
    from tools.llm import LanguageModel

NEWS_DAYS = timedelta(days=90)
"""News older than a quarter is in the price."""
MOST_NEWS = 60
"""Pieces of news on an asset that are read, the newest first."""
FILING_DAYS = timedelta(days=400)
"""A year's report stands until the next one, with room for a late filer."""
FILING_QUESTION = (
    "net sales, operating income and margin increased or decreased against the year before, and the outlook"
)
TELLING_SECTIONS = ("Item 7", "Part I Item 2", "Item 2.02", "Item 7.01", "Item 8.01", "Item 5.02", "Item 1.01", "")
"""Where management tells how it goes. Risk factors sound bad in every report, and notes to the accounts in none."""
PASSAGES_PER_ASSET = 6


def read_news(
    store: DocumentStore, universe: Universe, as_of: date, model: "LanguageModel | None" = None
) -> AnalystReport:
    """What the dated news in the store says of each asset. Raises StoreError when the store cannot be read."""
    # "" is news whose source names no asset: a general feed. Its words say whom it is about.
    wanted = (*universe.symbols, "")
    every = store.get(as_of=as_of, since=as_of - NEWS_DAYS, symbols=wanted, kinds=("news",))
    evidence = {symbol: _stories(items)[:MOST_NEWS] for symbol, items in by_symbol(every, universe).items()}
    nothing = f"no news on it in the store from the {NEWS_DAYS.days} days to {as_of}"
    return _report("news", store, universe, evidence, as_of, model, nothing)


def read_filings(
    store: DocumentStore, universe: Universe, as_of: date, model: "LanguageModel | None" = None
) -> AnalystReport:
    """What filings and earnings reports say of each asset; the bundled reports are put into the store first.

    Raises StoreError when the store cannot be read or written.
    """
    ensure_earnings(store, universe.symbols, as_of)
    reports = store.get(as_of=as_of, since=as_of - LOOK_BACK, symbols=universe.symbols, kinds=("earnings",))
    evidence = by_symbol([*reports, *_filing_passages(store, universe, as_of)], universe)
    nothing = f"no earnings report or filing of it in the store from the two years to {as_of}"
    return _report("filings", store, universe, evidence, as_of, model, nothing)


def _stories(items: Sequence[Evidence]) -> list[Evidence]:
    """One asset's news without near-copies, so that a story many feeds repeat leaves room for the others."""
    kept = near_copies(items)
    return [item for item in items if item.id in kept]


def _filing_passages(store: DocumentStore, universe: Universe, as_of: date) -> list[Evidence]:
    """For each company with a filing, the passages of its latest year that speak of what moves a price."""
    since = as_of - FILING_DAYS
    filed = {item.symbol for item in store.get(as_of=as_of, since=since, symbols=universe.symbols, kinds=("filing",))}
    out: list[Evidence] = []
    for symbol in sorted(name for name in filed if name):
        for sections in (TELLING_SECTIONS, None):
            found = store.search(
                FILING_QUESTION,
                as_of=as_of,
                since=since,
                symbols=[symbol],
                kinds=("filing",),
                sections=sections,
                k=PASSAGES_PER_ASSET,
            )
            if found:
                out += found
                break
    return out


def _report(
    analyst: Analyst,
    store: DocumentStore,
    universe: Universe,
    evidence: Mapping[str, Sequence[Evidence]],
    as_of: date,
    model: "LanguageModel | None",
    nothing: str,
) -> AnalystReport:
    judged: tuple[Finding, ...] = ()
    fallback = None
    if model is not None and evidence:
        judged, fallback = findings_by_model(analyst, evidence, as_of, model)
    left = {symbol: items for symbol, items in evidence.items() if symbol not in {item.symbol for item in judged}}
    if model is not None and left and fallback is None:
        fallback = f"the model gave no finding on {', '.join(sorted(left))}; rules judged"
    texts = sorted({item.id for items in left.values() for item in items if item.kind != "earnings"})
    vectors = dict(zip(texts, store.vectors(texts), strict=True))
    findings = (*judged, *findings_by_rules(analyst, left, vectors, as_of, store.embedder))
    findings = tuple(sorted(findings, key=lambda item: item.symbol))
    spoken = {item.symbol for item in findings}
    cited = {name for item in findings for name in item.evidence_ids}
    kept = {item.id: item for items in evidence.values() for item in items if item.id in cited}
    return AnalystReport(
        analyst=analyst,
        findings=findings,
        evidence=tuple(kept[name] for name in sorted(kept)),
        abstentions=tuple(
            Abstention(by=analyst, symbol=symbol, cause=nothing) for symbol in universe.symbols if symbol not in spoken
        ),
        rung=judged[0].rung if judged else "rules",
        fallback=fallback,
    )
