"""The four ways from what the committee knows to weights before limits, and the committee's own.

Each ends in a proposal under the same mandate, risk manager and trace. `METHODS` is what a person may choose from; the
work is in `scorer` and `direct`, which are imported when a method runs, so that asking for help stays quick.
"""

from collections.abc import Mapping
from types import MappingProxyType

METHODS: Mapping[str, str] = MappingProxyType(
    {
        "committee": "The personas' scores guide a trained policy, which tilts the baseline where its evidence allows.",
        "direct": "A language model proposes the weights themselves; without one, or where its answer is no "
        "portfolio, the baseline stands and says so.",
        "scores": "Each asset gets four scores from 1 to 10, by rules and within a bound by a model, and an optimiser "
        "turns them into weights.",
        "ensemble": "Each persona tilts a portfolio of its own, and these are averaged by the personas' confidence.",
        "retrieval": "As scores, but a model counts only where it cites the dated passages that it was shown, and "
        "filings speak to the fundamentals.",
    }
)
"""Name -> its purpose in one sentence."""
