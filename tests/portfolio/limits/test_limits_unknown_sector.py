"""Shares of which nobody told the sector are no sector together."""

from limit_makers import asset, compiled, mandate

from portfolio.universe import UNKNOWN_GROUP, Universe


def test_the_sector_cap_binds_known_sectors_and_not_the_unknown_one() -> None:
    assets = (asset("A", group=UNKNOWN_GROUP), asset("B", group=UNKNOWN_GROUP), asset("C", group="Energy"))
    rows = {row.name for row in compiled(mandate(group=0.3), Universe(name="mixed", assets=assets)).rows}
    assert "group cap: Energy" in rows
    assert f"group cap: {UNKNOWN_GROUP}" not in rows
