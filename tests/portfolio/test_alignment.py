"""The score of how well a client was served: bounded, monotone where it must be, and silent where it cannot judge."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from portfolio.alignment import (
    PARTS,
    QUARTER,
    YEAR,
    Lived,
    Needs,
    aligned,
    at_own_risk,
    deepest_fall,
    needs_of,
    only_stated,
    served,
    volatility_kept,
)
from portfolio.alignment_doubt import client_scores, score_interval
from portfolio.profile import OBJECTIVES, Exclusion, InvestorProfile, Level, Objective, Stated
from portfolio.suitability import mandate_from_profile
from portfolio.universe import Asset, Universe

MIX = {objective: 1.0 / len(OBJECTIVES) for objective in OBJECTIVES}


def needs(**changed: object) -> Needs:
    told = {"volatility": 0.10, "loss": 0.15, "cash": 0.05, "risky": 0.8, "horizon": 2.0, "mix": MIX, **changed}
    return Needs.model_validate(told)


def lived(seed: int = 0, days: int = 700, scale: float = 0.01, **changed: np.ndarray) -> Lived:
    rng = np.random.default_rng(seed)
    decided = np.arange(0, days - 21, 21)
    targets = np.tile([0.3, 0.3, 0.4], (len(decided), 1))
    made = {
        "returns": rng.normal(0.0003, scale, days),
        "weights": np.tile([0.3, 0.3, 0.4], (days + 1, 1)),
        "decided": decided,
        "targets": targets,
        "market": rng.normal(0.0004, 0.01, days),
        "bills": np.full(days, 0.00005),
    }
    return Lived(**{**made, **changed})


def part(values: np.ndarray, name: str) -> np.ndarray:
    return np.asarray(values[:, PARTS.index(name)])


@settings(deadline=None, derandomize=True, max_examples=40)
@given(
    seed=st.integers(0, 10_000),
    scale=st.floats(0.0, 0.05),
    volatility=st.floats(0.0, 0.5),
    loss=st.floats(0.0, 0.9),
    horizon=st.one_of(st.none(), st.floats(0.0, 30.0)),
)
def test_every_value_lies_between_nothing_and_one(
    seed: int, scale: float, volatility: float, loss: float, horizon: float | None
) -> None:
    values = served(needs(volatility=volatility, loss=loss, horizon=horizon, excluded=(1,)), lived(seed, scale=scale))
    known = values[np.isfinite(values)]
    assert ((known >= 0.0) & (known <= 1.0)).all()
    score = aligned(values).score
    assert score is not None and 0.0 <= score <= 1.0


@settings(deadline=None, derandomize=True, max_examples=40)
@given(seed=st.integers(0, 10_000), calm=st.floats(0.0, 1.0), cap=st.floats(0.01, 0.4))
def test_less_realised_risk_never_lowers_the_volatility_part(seed: int, calm: float, cap: float) -> None:
    wild = lived(seed, scale=0.012)
    calmer = lived(seed, returns=calm * wild.returns)
    assert (volatility_kept(needs(volatility=cap), calmer) >= volatility_kept(needs(volatility=cap), wild))[:20].all()


@settings(deadline=None, derandomize=True, max_examples=25)
@given(seed=st.integers(0, 10_000), limit=st.floats(0.0, 0.5), more=st.floats(0.0, 0.4))
def test_a_client_who_bears_more_is_never_served_worse_in_loss_and_horizon(
    seed: int, limit: float, more: float
) -> None:
    account = lived(seed)
    tight, loose = (served(needs(loss=value), account) for value in (limit, limit + more))
    for name in ("loss", "horizon"):
        known = np.isfinite(part(tight, name))
        assert (part(loose, name)[known] >= part(tight, name)[known]).all()


def test_an_excluded_holding_lowers_the_exclusion_part() -> None:
    kept, broken = lived(), lived()
    kept.targets[:, 1] = 0.0
    broken.targets[:, 1] = 0.0
    broken.targets[4, 1] = 0.01
    first, second = (served(needs(excluded=(1,)), account) for account in (kept, broken))
    assert aligned(first).parts["exclusions"] == 1.0
    assert aligned(second).parts["exclusions"] == pytest.approx(1.0 - 1.0 / len(second))


def test_a_part_that_does_not_apply_counts_neither_way() -> None:
    account = lived()
    made = aligned(served(needs(cash=0.0, horizon=12.0), account))
    assert made.parts["exclusions"] is None and made.parts["liquidity"] is None and made.parts["horizon"] is None
    known = [value for value in made.parts.values() if value is not None]
    assert made.score == pytest.approx(sum(known) / len(known))
    assert aligned(np.full((3, len(PARTS)), np.nan)).score is None


def test_a_window_beyond_the_last_price_is_masked_not_failed() -> None:
    account = lived(days=YEAR + 40)
    values = served(needs(horizon=None), account)
    judged = np.isfinite(part(values, "loss"))
    assert judged[0] and not judged[-1]
    # Dealt at the close after the decision: a year must fit behind that close.
    assert judged.sum() == (account.decided + 1 + YEAR <= len(account.returns)).sum()


def test_cash_that_drifts_below_the_need_counts_by_what_is_left_of_it() -> None:
    account = lived()
    account.weights[:, -1] = 0.10
    account.weights[30, -1] = 0.04  # one close in the month of the second decision
    values = part(served(needs(cash=0.08), account), "liquidity")
    assert values[1] == pytest.approx(0.5)
    assert values[0] == 1.0 and values[2] == 1.0


def test_what_happens_before_the_dealing_is_nobodys_fault() -> None:
    account = lived()
    crash = account.returns.copy()
    crash[0] = -0.9  # between the decision and the close at which it is dealt
    one, other = (served(needs(), lived(returns=moves)) for moves in (account.returns, crash))
    assert np.array_equal(one[0], other[0], equal_nan=True)


def test_keeping_capital_is_judged_by_the_loss_at_the_end_of_the_year() -> None:
    mix = {Objective.CAPITAL_PRESERVATION: 1.0}
    flat, half = np.zeros(700), np.zeros(700)
    half[5] = -0.075  # half of the limit of 15 %
    for moves, wanted in ((flat, 1.0), (half, 0.5)):
        assert part(served(needs(mix=mix), lived(returns=moves)), "objectives")[0] == pytest.approx(wanted)
    nothing = served(needs(mix=mix, loss=0.0), lived(returns=half))
    assert part(nothing, "objectives")[0] == 0.0


def test_long_term_gain_is_a_share_of_what_the_clients_own_risk_could_earn() -> None:
    mix = {Objective.LONG_TERM_GAIN: 1.0}
    account = lived(market=np.random.default_rng(1).normal(0.002, 0.01, 700))
    owed = needs(mix=mix)
    bills = lived(returns=account.bills, market=account.market)
    assert (part(served(owed, bills), "objectives")[:20] == 0.0).all()
    window = slice(1, 1 + YEAR)
    best = account.returns.copy()
    best[window] = at_own_risk(owed, account.market[window], account.bills[window])
    assert part(served(owed, lived(returns=best, market=account.market)), "objectives")[0] == pytest.approx(1.0)


def test_a_year_in_which_the_market_gave_nothing_is_not_judged_by_its_gain() -> None:
    falling = lived(market=np.full(700, -0.001))
    assert np.isnan(part(served(needs(mix={Objective.LONG_TERM_GAIN: 1.0}), falling), "objectives")).all()


def test_the_short_objectives_are_judged_by_the_quarter() -> None:
    late = np.zeros(700)
    late[1 + QUARTER] = 0.5  # the day after the first quarter
    values = part(served(needs(mix={Objective.SHORT_TERM_GAIN: 1.0}), lived(returns=late)), "objectives")
    assert values[0] == 0.0 and values[3] == 1.0


def test_objectives_without_a_yardstick_are_left_out_of_the_mix() -> None:
    mix = {Objective.TAX_LOSS_HARVESTING: 1.0}
    assert np.isnan(part(served(needs(mix=mix), lived()), "objectives")).all()
    both = {Objective.TAX_LOSS_HARVESTING: 0.7, Objective.CAPITAL_PRESERVATION: 0.3}
    alone = {Objective.CAPITAL_PRESERVATION: 1.0}
    first, second = (part(served(needs(mix=one), lived()), "objectives") for one in (both, alone))
    assert np.allclose(first, second, equal_nan=True)


def test_the_yardstick_never_takes_more_risk_than_the_client_may() -> None:
    market = np.random.default_rng(2).normal(0.001, 0.02, YEAR)
    own = at_own_risk(needs(volatility=0.08, risky=0.9), market, np.zeros(YEAR))
    assert own.std(ddof=1) * YEAR**0.5 <= 0.08 + 1e-12
    capped = at_own_risk(needs(volatility=5.0, risky=0.25), market, np.zeros(YEAR))
    assert np.allclose(capped, 0.25 * market)


def test_the_deepest_fall_counts_from_the_start_too() -> None:
    assert deepest_fall(np.array([-0.1, 0.0, 0.3])) == pytest.approx(0.1)


UNIVERSE = Universe(
    name="two shares",
    assets=tuple(
        Asset(
            symbol=symbol,
            name=symbol,
            asset_class="share",
            group=group,
            tags=tags,
            first_date="2000-01-01",  # type: ignore[arg-type]
            last_date="2020-01-01",  # type: ignore[arg-type]
        )
        for symbol, group, tags in (("AAA", "Energy", ("oil",)), ("BBB", "Technology", ("tech",)))
    ),
)


def test_a_client_is_owed_their_own_words_and_the_house_fills_the_gaps() -> None:
    def said(value: object) -> Stated[object]:
        return Stated(value=value, confidence=1.0, quote="said")

    profile = InvestorProfile.model_validate(
        {
            "loss_limit": said(0.2).model_dump(),
            "liquidity_need": said(Level.HIGH).model_dump(),
            "exclusions": said((Exclusion(kind="theme", key="oil"),)).model_dump(),
        }
    )
    owed = needs_of(profile, mandate_from_profile(profile, UNIVERSE), UNIVERSE.symbols)
    assert owed.loss == 0.2 and owed.cash == pytest.approx(0.20) and owed.excluded == (0,)
    assert {"loss", "liquidity", "exclusions"} <= owed.stated and "objectives" not in owed.stated
    nobody = needs_of(InvestorProfile(), mandate_from_profile(InvestorProfile(), UNIVERSE), UNIVERSE.symbols)
    assert nobody.stated == frozenset() and nobody.horizon is None
    assert np.isnan(only_stated(served(nobody, lived()), nobody)).all()


def many(seed: int, shift: float = 0.0) -> np.ndarray:
    values = np.random.default_rng(seed).uniform(0.0, 0.9, (8, 40, len(PARTS))) + shift
    values[:, :, 2] = np.nan
    return values


def test_the_interval_is_of_the_mean_score_and_the_same_every_time() -> None:
    values = many(0)
    first, second = (score_interval(values, seed=3, draws=200) for _ in range(2))
    assert first == second
    assert first.low <= first.estimate <= first.high
    assert first.estimate == pytest.approx(float(client_scores(values).mean()))


def test_a_difference_is_paired_by_client_and_month() -> None:
    values = many(1)
    apart = score_interval(values + 0.05, values, seed=0, draws=200)
    assert apart.low == pytest.approx(0.05) and apart.high == pytest.approx(0.05) and apart.p_value < 0.02
    with pytest.raises(ValueError, match="same clients and months"):
        score_interval(values, values[:3], seed=0)
    with pytest.raises(ValueError, match="draw months, clients or both"):
        score_interval(values, seed=0, over_time=False, over_clients=False)


def test_accounts_that_do_not_belong_together_are_refused() -> None:
    account = lived()
    with pytest.raises(ValueError, match="closes of weights"):
        served(needs(), lived(weights=account.weights[:-1]))
    with pytest.raises(ValueError, match="one each"):
        served(needs(), lived(targets=account.targets[:-1]))
