"""What an analyst hands to the committee."""

from typing import Literal

from portfolio.records import Record
from portfolio.views import Abstention, Evidence, Finding, Rung


class AnalystReport(Record):
    """Findings with their evidence, and what the analyst has nothing to say on."""

    analyst: Literal["news", "filings"]
    findings: tuple[Finding, ...] = ()
    evidence: tuple[Evidence, ...] = ()
    """All evidence that a finding cites, in order of ids."""
    abstentions: tuple[Abstention, ...] = ()
    rung: Rung
    fallback: str | None = None
    """Why a lower rung answered than the one asked for; None when none was skipped."""
