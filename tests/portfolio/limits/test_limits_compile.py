"""From a mandate to rows: each asset class is bound by the limits that are meant for it."""

import numpy as np
import pytest
from limit_makers import asset, compiled, excluded, mandate, risk, universe

from portfolio.constraints import compile_constraints
from portfolio.limits import ConstraintSet
from portfolio.mandate import AssetBound, GroupBound
from portfolio.universe import Universe


def names(constraints: ConstraintSet) -> set[str]:
    return {row.name for row in constraints.rows}


def members(constraints: ConstraintSet, name: str) -> set[str]:
    row = next(row for row in constraints.rows if row.name == name)
    return {constraints.symbols[column] for column in row.members}


EVERY_CLASS = Universe(
    name="every class",
    assets=(
        asset("SHARE", "share", "Energy"),
        asset("FUND", "fund", "Energy"),
        asset("BOND", "bond_fund", "Bonds"),
        asset("GOLD", "commodity", "Gold"),
        asset("COIN", "crypto", "Coins"),
        asset("HOUSE", "property_fund", "Property"),
        asset("SPX", "index", "Index"),
        asset("BILL", "cash", "Bills"),
    ),
)


def test_bond_funds_and_bills_are_not_risk_assets():
    constraints = compiled(mandate(risk_assets=0.5), EVERY_CLASS)
    assert members(constraints, "risk asset cap") == {"SHARE", "FUND", "GOLD", "COIN", "HOUSE"}


def test_single_things_obey_the_share_cap_and_funds_the_fund_cap():
    constraints = compiled(mandate(share=0.1, fund=0.4), EVERY_CLASS)
    assert {name for name in names(constraints) if name.startswith("share cap")} == {
        "share cap: SHARE",
        "share cap: GOLD",
        "share cap: COIN",
    }
    assert {name for name in names(constraints) if name.startswith("fund cap")} == {
        "fund cap: FUND",
        "fund cap: BOND",
        "fund cap: HOUSE",
    }


def test_only_shares_count_to_a_sector_and_to_single_shares():
    constraints = compiled(mandate(group=0.3, shares=0.5, complexity=0.1), EVERY_CLASS)
    assert members(constraints, "group cap: Energy") == {"SHARE"}
    assert members(constraints, "single shares cap") == {"SHARE"}
    assert members(constraints, "complex assets cap") == {"GOLD", "COIN"}


def test_an_index_is_never_held_and_no_client_can_change_that():
    constraints = compiled(mandate(), EVERY_CLASS)
    assert constraints.upper[constraints.symbols.index("SPX")] == 0.0
    assert not constraints.is_settable("not holdable")


def test_a_limit_that_cannot_bind_makes_no_row():
    assert compiled(mandate(), universe(3)).rows == ()


def test_each_row_carries_the_reason_of_its_limit():
    constraints = compiled(mandate(cash=0.1, share=0.2), universe(3))
    assert constraints.reason_of("cash floor") == "cash to hand"
    assert constraints.reason_of("share cap") == "no single share too large"
    assert constraints.reason_of("volatility cap") == "swings"


def test_a_theme_bound_covers_the_assets_with_that_tag():
    assets = Universe(name="t", assets=(asset("A", tags=("esg",)), asset("B", tags=("other",))))
    bound = GroupBound(kind="theme", key="esg", floor=0.1, cap=0.6, reason="you asked for it")
    constraints = compiled(mandate(groups=(bound,)), assets)
    assert members(constraints, "stated floor: theme esg") == {"A"}
    assert members(constraints, "stated cap: theme esg") == {"A"}


def test_an_asset_struck_twice_stays_struck_when_one_exclusion_goes():
    rules = mandate(exclusions=(excluded("A1", key="oil"), excluded("A1", key="coal")))
    constraints = compiled(rules, universe(3))
    assert constraints.relaxed({"excluded: oil": 1.0}).upper[1] == 0.0


def test_a_limit_stated_twice_binds_at_the_tighter_number():
    bounds = (
        AssetBound(symbol="A0", cap=0.5, reason="first"),
        AssetBound(symbol="A0", cap=0.2, reason="then"),
    )
    constraints = compiled(mandate(assets=bounds), universe(2))
    assert constraints.upper[0] == 0.2
    assert constraints.reason_of("stated cap: A0") == "then"


def test_the_cash_left_out_of_holdings_is_the_rest():
    constraints = compiled(mandate(turnover=0.5), universe(2), current={"A0": 0.4})
    assert constraints.current is not None
    np.testing.assert_allclose(constraints.current, [0.4, 0.0, 0.6])


@pytest.mark.parametrize(
    ("current", "words"),
    [({"XYZ": 0.2}, "XYZ"), ({"A0": 0.7, "A1": 0.7}, "at least zero"), ({"A0": 0.5, "CASH": 0.2}, "sum to one")],
)
def test_holdings_that_make_no_sense_are_named(current: dict[str, float], words: str):
    with pytest.raises(ValueError, match=words):
        compiled(mandate(turnover=0.5), universe(2), current=current)


def test_turnover_is_free_while_nothing_is_held():
    assert compiled(mandate(turnover=0.1), universe(2)).turnover is None


def test_a_floor_on_an_unknown_asset_is_an_error_and_a_cap_is_not():
    cap = AssetBound(symbol="XYZ", cap=0.1, reason="r")
    assert compiled(mandate(assets=(cap,)), universe(2)).rows == ()
    with pytest.raises(ValueError, match="XYZ"):
        compiled(mandate(assets=(AssetBound(symbol="XYZ", floor=0.1, reason="r"),)), universe(2))


def test_missing_risk_figures_are_allowed_only_where_nothing_may_be_held():
    covariance, scenarios = risk(2, 30, 0)
    covariance[1], covariance[:, 1], scenarios[:, 1] = np.nan, np.nan, np.nan
    tradable = np.array([True, False])
    constraints = compile_constraints(
        mandate(), universe(2), covariance=covariance, scenarios=scenarios, tradable=tradable
    )
    assert np.isfinite(constraints.covariance).all()
    assert constraints.upper[1] == 0.0
    with pytest.raises(ValueError, match="not tradable"):
        compile_constraints(mandate(), universe(2), covariance=covariance, scenarios=scenarios)


def test_shapes_that_do_not_fit_are_refused():
    covariance, scenarios = risk(3, 30, 0)
    with pytest.raises(ValueError, match="expected"):
        compile_constraints(mandate(), universe(2), covariance=covariance, scenarios=scenarios)


@pytest.mark.parametrize(
    ("weights", "words"),
    [({"A0": 0.5}, "sum to"), ({"NO": 1.0}, "NO"), ({"A0": float("nan"), "CASH": 1.0}, "finite")],
)
def test_a_proposal_that_is_no_set_of_weights_is_refused(weights: dict[str, float], words: str):
    with pytest.raises(ValueError, match=words):
        compiled(mandate(), universe(2)).vector(weights)
