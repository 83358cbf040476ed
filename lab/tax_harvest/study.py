"""The harvesting account beside the one that leaves its lots alone, under each rule, offset and cost."""

from typing import get_args

from lab.tax_harvest.account import RATES, THRESHOLD, Harvest, Offset, Rule, run
from lab.tax_harvest.records import Result, Row
from portfolio.market import MarketPanel

COSTS = (0.0, 0.001)


def measure(panel: MarketPanel, command: str) -> Result:
    """Every account on the whole panel. Raises ValueError where an asset has days without a close."""
    rows = []
    for offset in get_args(Offset):
        for cost in COSTS:
            plain = run(panel, Rule(harvests=False, washes=True, offset=offset, cost=cost))
            rows.append(_row(Rule(harvests=False, washes=True, offset=offset, cost=cost), plain, plain))
            for washes in (False, True):
                rule = Rule(harvests=True, washes=washes, offset=offset, cost=cost)
                rows.append(_row(rule, run(panel, rule), plain))
    return Result(
        command=command,
        source=panel.source,
        assets=len(panel.symbols),
        first=panel.first_date,
        last=panel.last_date,
        rates=RATES,
        threshold=THRESHOLD,
        rows=tuple(rows),
    )


def _row(rule: Rule, made: Harvest, plain: Harvest) -> Row:
    return Row(
        offset=rule.offset,
        cost=rule.cost,
        harvests=rule.harvests,
        washes=rule.washes,
        before=made.before,
        after=made.after,
        drag_saved=plain.drag - made.drag,
        added=made.after - plain.after,
        added_liquidated=made.liquidated - plain.liquidated,
    )
