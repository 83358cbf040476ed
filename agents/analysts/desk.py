"""The two analysts at work: fetch what is dated on or before `as_of`, judge it, and say what there is nothing on."""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import TYPE_CHECKING, Literal

from agents.analysts.by_model import findings_by_model
from agents.analysts.records import AnalystReport
from agents.analysts.rules import findings_by_rules
from portfolio.universe import Universe
from portfolio.views import Abstention, Evidence, Finding
from tools.documents.earnings import LOOK_BACK, ensure_earnings
from tools.documents.records import DocumentKind
from tools.store import DocumentStore

if TYPE_CHECKING:
    from tools.llm import LanguageModel

NEWS_DAYS = timedelta(days=90)
"""News older than a quarter is in the price."""
FILING_DAYS = timedelta(days=400)
"""A year's report stands until the next one, with room for a late filer."""
FILING_QUESTION = "results, outlook, demand, margins, risks, impairment, debt and litigation"
PASSAGES_PER_ASSET = 6


def read_news(
    store: DocumentStore, universe: Universe, as_of: date, model: "LanguageModel | None" = None
) -> AnalystReport:
    """What the dated news in the store says of each asset. Raises StoreError when the store cannot be read."""
    evidence = store.get(as_of=as_of, since=as_of - NEWS_DAYS, symbols=universe.symbols, kinds=("news",))
    return _report("news", store, universe, evidence, as_of, model, "no news in the store from the last 90 days")


def read_filings(
    store: DocumentStore, universe: Universe, as_of: date, model: "LanguageModel | None" = None
) -> AnalystReport:
    """What filings and earnings reports say of each asset; the bundled reports are put into the store first.

    Raises StoreError when the store cannot be read or written.
    """
    ensure_earnings(store, universe.symbols, as_of)
    reports = store.get(as_of=as_of, since=as_of - LOOK_BACK, symbols=universe.symbols, kinds=("earnings",))
    evidence = [*reports, *_filing_passages(store, universe, as_of)]
    cause = "no filing or earnings report in the store"
    return _report("filings", store, universe, evidence, as_of, model, cause)


def _filing_passages(store: DocumentStore, universe: Universe, as_of: date) -> list[Evidence]:
    """For each company with a filing, the passages of its latest year that speak of what moves a price."""
    kinds: tuple[DocumentKind, ...] = ("filing",)
    since = as_of - FILING_DAYS
    filed = {item.symbol for item in store.get(as_of=as_of, since=since, symbols=universe.symbols, kinds=kinds)}
    out: list[Evidence] = []
    for symbol in sorted(name for name in filed if name):
        found = store.search(FILING_QUESTION, as_of=as_of, symbols=[symbol], kinds=kinds, k=PASSAGES_PER_ASSET)
        out += [item for item in found if item.published >= since]
    return out


def _report(
    analyst: Literal["news", "filings"],
    store: DocumentStore,
    universe: Universe,
    evidence: Sequence[Evidence],
    as_of: date,
    model: "LanguageModel | None",
    nothing: str,
) -> AnalystReport:
    findings: tuple[Finding, ...] = ()
    fallback = None
    if model is not None and evidence:
        findings, fallback = findings_by_model(analyst, evidence, as_of, model)
    if not findings:
        findings = findings_by_rules(analyst, evidence, as_of, store.embedder)
    spoken = {item.symbol for item in findings}
    cited = {name for item in findings for name in item.evidence_ids}
    return AnalystReport(
        analyst=analyst,
        findings=findings,
        evidence=tuple(sorted((item for item in evidence if item.id in cited), key=lambda item: item.id)),
        abstentions=tuple(
            Abstention(by=analyst, symbol=symbol, cause=nothing) for symbol in universe.symbols if symbol not in spoken
        ),
        rung=findings[0].rung if findings else "rules",
        fallback=fallback,
    )
