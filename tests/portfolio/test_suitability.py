"""The mandate: monotone, cautious about the unknown, and each limit in the client's words."""
# A pattern or a sentence in one line is easier to check than one in ten pieces.
# ruff: noqa: E501

from collections.abc import Callable
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agents.profiler import read
from portfolio.mandate import Mandate
from portfolio.profile import (
    LEVELS,
    RISK_BANDS,
    Exclusion,
    Goal,
    GoalKind,
    InvestorProfile,
    Level,
    Objective,
    Preference,
    RiskBand,
    Stated,
    TaxStatus,
)
from portfolio.suitability import mandate_from_profile
from portfolio.universe import Universe
from tools.market.bundled import bundled_universe

UNIVERSE: Universe = bundled_universe()
CAPS = (
    "volatility_cap", "cvar_cap", "risk_asset_cap", "share_cap", "fund_cap", "single_shares_cap", "complex_cap", "group_cap", "turnover_cap",
)  # fmt: skip


def said(value: object, quote: str = "so I said") -> object:
    return Stated.model_validate({"value": value, "confidence": 0.9, "quote": quote})


def profile(**fields: object) -> InvestorProfile:
    return InvestorProfile.model_validate({name: said(value) for name, value in fields.items() if value is not None})


def maybe(strategy: st.SearchStrategy[object]) -> st.SearchStrategy[object]:
    return st.none() | strategy


GOALS = st.lists(
    st.builds(
        Goal,
        kind=st.sampled_from(list(GoalKind)),
        years=st.none() | st.floats(0, 40),
        amount=st.none() | st.floats(1, 1e6),
    ),
    min_size=1,
    max_size=3,
).map(tuple)
FACTS = st.fixed_dictionaries(
    {
        "age": maybe(st.integers(18, 100)),
        "amount_to_invest": maybe(st.floats(100, 1e7)),
        "goals": maybe(GOALS),
        "horizon": maybe(st.floats(0, 60)),
        "risk_tolerance": maybe(st.sampled_from(RISK_BANDS)),
        "loss_limit": maybe(st.floats(0, 0.95)),
        "capacity": maybe(st.sampled_from(LEVELS)),
        "liquidity_need": maybe(st.sampled_from(LEVELS)),
        "experience": maybe(st.sampled_from(LEVELS)),
        "exclusions": maybe(
            st.lists(
                st.sampled_from([Exclusion(kind="theme", key="oil"), Exclusion(kind="theme", key="tobacco")]),
                max_size=2,
            ).map(tuple)
        ),
        "preferences": maybe(
            st.lists(
                st.sampled_from(
                    [
                        Preference(kind="theme", key="tech", max_weight=0.2),
                        Preference(kind="asset_class", key="cash", min_weight=0.3),
                        Preference(kind="asset_class", key="equity", max_weight=0.5),
                        Preference(kind="group", key="Health Care", weight=0.7),
                    ]
                ),
                max_size=3,
            ).map(tuple)
        ),
        "tax_status": maybe(
            st.sampled_from([TaxStatus(account="taxable", marginal_rate=0.3), TaxStatus(account="tax_free")])
        ),
        "objectives": maybe(
            st.sampled_from(
                [
                    {Objective.LONG_TERM_GAIN: 1.0},
                    {Objective.CAPITAL_PRESERVATION: 0.4, Objective.SHORT_TERM_ALPHA: 0.6},
                ]
            )
        ),
    }
)


def no_looser(tight: Mandate, loose: Mandate) -> None:
    for name in CAPS:
        assert getattr(tight, name).value <= getattr(loose, name).value + 1e-12, name
    assert tight.cash_floor.value >= loose.cash_floor.value - 1e-12
    assert tight.risk_aversion.value >= loose.risk_aversion.value - 1e-12


RISING: dict[str, tuple[st.SearchStrategy[object], Callable[[object], float]]] = {
    "risk_tolerance": (st.sampled_from(RISK_BANDS), RISK_BANDS.index),  # type: ignore[arg-type]
    "capacity": (st.sampled_from(LEVELS), LEVELS.index),  # type: ignore[arg-type]
    "experience": (st.sampled_from(LEVELS), LEVELS.index),  # type: ignore[arg-type]
    "horizon": (st.floats(0, 80), float),  # type: ignore[arg-type, dict-item]
    "loss_limit": (st.floats(0, 0.99), float),  # type: ignore[arg-type, dict-item]
}


@pytest.mark.parametrize("field", list(RISING))
def test_more_of_what_carries_risk_never_tightens_a_limit(field: str) -> None:
    values, rank = RISING[field]

    @settings(max_examples=120, deadline=None, derandomize=True)
    @given(facts=FACTS, one=values, other=values)
    def holds(facts: dict[str, object], one: object, other: object) -> None:
        low, high = sorted((one, other), key=rank)
        no_looser(
            mandate_from_profile(profile(**(facts | {field: low})), UNIVERSE),
            mandate_from_profile(profile(**(facts | {field: high})), UNIVERSE),
        )

    holds()


@settings(max_examples=120, deadline=None, derandomize=True)
@given(facts=FACTS, one=st.sampled_from(LEVELS), other=st.sampled_from(LEVELS))
def test_more_need_for_ready_money_never_loosens_a_limit(facts: dict[str, object], one: Level, other: Level) -> None:
    low, high = sorted((one, other), key=LEVELS.index)
    no_looser(
        mandate_from_profile(profile(**(facts | {"liquidity_need": high})), UNIVERSE),
        mandate_from_profile(profile(**(facts | {"liquidity_need": low})), UNIVERSE),
    )


@settings(max_examples=200, deadline=None, derandomize=True)
@given(facts=FACTS)
def test_the_objective_mix_sums_to_one_and_every_limit_has_a_reason(facts: dict[str, object]) -> None:
    mandate = mandate_from_profile(profile(**facts), UNIVERSE)
    assert sum(mandate.objective_mix.values()) == pytest.approx(1.0, abs=1e-12)
    assert set(mandate.objective_mix) == set(Objective)
    for name in (*CAPS, "cash_floor", "risk_aversion"):
        limit = getattr(mandate, name)
        assert limit.reason
        for source in limit.sources:
            assert getattr(profile(**facts), source) is not None


@settings(max_examples=100, deadline=None, derandomize=True)
@given(facts=FACTS)
def test_the_same_profile_gives_the_same_mandate(facts: dict[str, object]) -> None:
    one, other = (mandate_from_profile(profile(**facts), UNIVERSE).model_dump_json() for _ in range(2))
    assert one == other


def test_nothing_said_is_read_cautiously_and_the_reason_says_so() -> None:
    mandate = mandate_from_profile(InvestorProfile(), UNIVERSE)
    assert mandate.volatility_cap.value == pytest.approx(0.08)
    assert "you have not said" in mandate.volatility_cap.reason.lower()
    assert mandate.volatility_cap.sources == ()
    assert "not said" in mandate.risk_asset_cap.reason


def test_the_loss_a_client_would_sell_at_stays_outside_the_average_bad_year() -> None:
    mandate = mandate_from_profile(
        profile(loss_limit=1 / 3, risk_tolerance=RiskBand.AGGRESSIVE, capacity=Level.HIGH), UNIVERSE
    )
    assert mandate.cvar_cap.value == pytest.approx(0.95 / 3)
    assert mandate.volatility_cap.value == pytest.approx(0.95 / 3 / 2.063)
    assert mandate.cvar_cap.sources == ("loss_limit",)
    assert "so I said" in mandate.cvar_cap.reason


def test_money_for_a_house_in_two_years_is_kept_in_cash() -> None:
    house = (Goal(kind=GoalKind.HOUSE, years=2, amount=60_000),)
    mandate = mandate_from_profile(profile(goals=house, amount_to_invest=80_000.0, horizon=20.0), UNIVERSE)
    assert mandate.cash_floor.value == pytest.approx(0.75)
    assert mandate.risk_asset_cap.value == pytest.approx(0.25)


def test_under_a_year_nothing_is_put_at_risk() -> None:
    assert mandate_from_profile(profile(horizon=0.75), UNIVERSE).risk_asset_cap.value == 0.0


def test_no_oil_strikes_the_oil_shares() -> None:
    mandate = mandate_from_profile(profile(exclusions=(Exclusion(kind="theme", key="oil"),)), UNIVERSE)
    assert {"XOM", "CVX"} <= mandate.excluded_symbols
    assert "AAPL" not in mandate.excluded_symbols


def test_an_exclusion_that_strikes_nothing_is_kept_and_says_so() -> None:
    mandate = mandate_from_profile(profile(exclusions=(Exclusion(kind="symbol", key="TSLA"),)), UNIVERSE)
    assert mandate.exclusions[0].symbols == ()
    assert "binds nothing" in mandate.exclusions[0].note


def test_stated_caps_and_floors_bind() -> None:
    wishes = (
        Preference(kind="theme", key="tech", max_weight=0.2),
        Preference(kind="group", key="healthcare", min_weight=0.1),
        Preference(kind="asset_class", key="cash", min_weight=0.3),
        Preference(kind="symbol", key="Apple", max_weight=0.05),
        Preference(kind="asset_class", key="each_share", max_weight=0.03),
        Preference(kind="theme", key="luxury", max_weight=0.1),
    )
    mandate = mandate_from_profile(profile(preferences=wishes), UNIVERSE)
    assert [(b.kind, b.key) for b in mandate.group_bounds if b.cap == 0.2] == [("group", "Technology")]
    assert any(b.floor == 0.1 for b in mandate.group_bounds)
    assert mandate.cash_floor.value == pytest.approx(0.3)
    assert [(b.symbol, b.cap) for b in mandate.asset_bounds] == [("AAPL", 0.05)]
    assert mandate.share_cap.value == pytest.approx(0.03)
    assert any("binds nothing" in note for note in mandate.notes)


def test_a_leaning_is_a_wish_on_symbols_and_never_on_excluded_ones() -> None:
    wishes = (Preference(kind="group", key="Energy", weight=0.9), Preference(kind="theme", key="tech", weight=0.5))
    mandate = mandate_from_profile(
        profile(preferences=wishes, exclusions=(Exclusion(kind="symbol", key="XOM"),)), UNIVERSE
    )
    assert "XOM" not in mandate.leanings
    assert mandate.leanings["CVX"] == pytest.approx(0.9)
    assert mandate.leanings["AAPL"] == pytest.approx(0.5)
    assert "QUAL" not in mandate.leanings


def test_two_different_people_get_visibly_different_mandates() -> None:
    young = profile(
        age=25, horizon=35.0, risk_tolerance=RiskBand.AGGRESSIVE, capacity=Level.HIGH, experience=Level.HIGH
    )
    old = profile(
        age=72, horizon=4.0, risk_tolerance=RiskBand.CONSERVATIVE, capacity=Level.LOW, liquidity_need=Level.HIGH
    )
    one, other = mandate_from_profile(young, UNIVERSE), mandate_from_profile(old, UNIVERSE)
    assert one.volatility_cap.value >= 3 * other.volatility_cap.value
    assert one.risk_asset_cap.value - other.risk_asset_cap.value > 0.5
    assert one.objective_mix[Objective.LONG_TERM_GAIN] > other.objective_mix[Objective.LONG_TERM_GAIN]


def test_money_that_may_be_needed_at_any_time_is_not_given_five_years() -> None:
    need = InvestorProfile(
        liquidity_need=Stated[Level](value=Level.HIGH, confidence=0.9, quote="I might need it any time")
    )
    limit = mandate_from_profile(need, bundled_universe()).risk_asset_cap
    assert limit.value == pytest.approx(0.2)
    assert "I might need it any time" in limit.reason


def test_a_cap_on_any_one_sector_binds_every_sector() -> None:
    said = read(
        ["I'm 50, 10 years, moderate. No more than 15% in any one sector."], today=date(2026, 1, 5), universe=UNIVERSE
    )
    mandate = mandate_from_profile(said.profile, UNIVERSE)
    assert mandate.group_cap.value == 0.15
    assert "any one sector" in mandate.group_cap.reason
