"""Three engines, one account: on random markets with gaps, delistings, calendars and currencies they agree to 1e-9."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from portfolio.backtest import Costs, Currencies, Delisting, Past, Rebalancing, Rules, backtest, backtest_many

try:
    import numba  # noqa: F401

    FAST = ["vectorised", "compiled"]
except ModuleNotFoundError:
    FAST = ["vectorised"]

SETTINGS = settings(max_examples=300, deadline=None, derandomize=True)


@st.composite
def markets(draw: st.DrawFn) -> dict[str, Any]:
    """A random walk with holes, late listings and delistings, of shares, coins or both on a calendar with or without
    weekends, in one currency or several."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    days, assets = draw(st.integers(3, 120)), draw(st.integers(1, 6))
    close = draw(st.sampled_from([1.0, 40.0, 2500.0])) * np.cumprod(
        1.0 + rng.normal(0.0005, draw(st.sampled_from([0.001, 0.02, 0.08])), (days, assets)).clip(-0.5, 0.5), axis=0
    )
    close[rng.random(close.shape) < draw(st.sampled_from([0.0, 0.05, 0.4]))] = np.nan
    for asset in range(assets):
        if rng.random() < 0.3:
            close[: rng.integers(0, days), asset] = np.nan
        if rng.random() < 0.3:
            close[rng.integers(1, days) :, asset] = np.nan
    if draw(st.booleans()):
        dates = np.arange(np.datetime64("2011-12-20"), np.datetime64("2011-12-20") + days)
    else:
        dates = np.busday_offset("2011-12-20", np.arange(days), roll="forward")
    if draw(st.booleans()):  # some are shares, and rest at weekends
        weekend = (dates.astype("datetime64[D]").astype(np.int64) + 3) % 7 >= 5
        close[np.ix_(weekend, rng.random(assets) < 0.6)] = np.nan
    count = draw(st.integers(1, min(days, 12)))
    decisions = np.sort(rng.choice(days, count, replace=False)).astype(np.int64)
    targets = rng.dirichlet(np.full(assets + 1, 0.5), count)
    targets[rng.random(targets.shape) < 0.2] = 0.0
    targets[targets.sum(axis=1) == 0.0, -1] = 1.0
    targets /= targets.sum(axis=1, keepdims=True)
    rate = rng.uniform(0.0, 0.1, days)
    rate[rng.random(days) < 0.2] = np.nan
    dividends = np.where(rng.random(close.shape) < 0.05, 0.5, 0.0)
    impact = rng.uniform(0.0, 1e-4, close.shape)
    rates = tuple(rng.uniform(0.0, 0.01, assets).tolist())
    return {
        "close": close,
        "currencies": _currencies(rng, days, assets) if draw(st.booleans()) else None,
        "dates": dates,
        "targets": targets,
        "decisions": decisions,
        "costs": Costs(
            commission=draw(st.sampled_from([0.0, 0.001, 0.05, rates])),
            spread=draw(st.sampled_from([0.0, 0.002])),
            slippage=draw(st.sampled_from([0.0, 0.0005])),
            order_fee=draw(st.sampled_from([0.0, 1.0, 400.0])),
        ),
        "cash_rate": rate if draw(st.booleans()) else None,
        "dividends": dividends if draw(st.booleans()) else None,
        "impact": impact if draw(st.booleans()) else None,
        "initial": draw(st.sampled_from([1_000.0, 100_000.0])),
        "rules": Rules(
            trade=draw(st.sampled_from(["same_close", "next_close"])),
            rebalancing=Rebalancing(
                kind=draw(st.sampled_from(["decisions", "threshold", "band"])),
                width=draw(st.sampled_from([0.0, 0.01, 0.05, 0.2])),
                relative=draw(st.booleans()),
                check=draw(st.sampled_from(["daily", "decisions"])),
            ),
            minimum_trade=draw(st.sampled_from([0.0, 0.0, 50.0, 5_000.0])),
            lot=draw(st.sampled_from([0.0, 0.0, 1.0, 100.0])),
            delisting=Delisting(
                after=draw(st.sampled_from([1, 3, 20])), recovery=draw(st.sampled_from([0.0, 0.7, 1.0]))
            ),
        ),
    }


def _currencies(rng: np.random.Generator, days: int, assets: int) -> Currencies:
    """Rates that move, with holes and a late first one."""
    codes = ("EUR", "IDR")
    rates = np.array([1.1, 6e-5]) * np.cumprod(1.0 + rng.normal(0.0, 0.01, (days, 2)).clip(-0.1, 0.1), axis=0)
    rates[rng.random(rates.shape) < 0.2] = np.nan
    rates[: rng.integers(0, 5), rng.integers(0, 2)] = np.nan
    quoted = tuple(("USD", *codes)[place] for place in rng.integers(0, 3, assets))
    cost = [0.0, 0.002, {"EUR": 0.001, "IDR": 0.01}][rng.integers(0, 3)]
    return Currencies("USD", quoted, codes, rates, cost)  # type: ignore[arg-type]


@SETTINGS
@given(markets())
def test_the_engines_agree_and_the_account_balances(market: dict[str, Any]) -> None:
    plain = backtest(**market, engine="reference")
    for name in ("wealth", "gross", "cash", "costs", "turnover", "weights", "returns", "gross_returns"):
        assert np.isfinite(getattr(plain, name)).all(), name
    assert (plain.cash >= 0.0).all()
    assert (plain.gross >= plain.wealth * (1.0 - 1e-12)).all()
    np.testing.assert_allclose(plain.weights.sum(axis=1), 1.0, atol=1e-9)
    assert plain.weights.min() >= 0.0
    for engine in FAST:
        other = backtest(**market, engine=engine)  # type: ignore[arg-type]
        scale = market["initial"]
        for name in ("wealth", "gross", "cash", "costs"):
            np.testing.assert_allclose(
                getattr(other, name) / scale, getattr(plain, name) / scale, rtol=1e-9, atol=1e-9, err_msg=name
            )
        np.testing.assert_allclose(other.weights, plain.weights, atol=1e-9)
        np.testing.assert_allclose(other.turnover, plain.turnover, atol=1e-9)
        np.testing.assert_array_equal(other.ledger.rows, plain.ledger.rows)
        np.testing.assert_array_equal(other.ledger.reasons, plain.ledger.reasons)
        np.testing.assert_array_equal(other.orders, plain.orders)


@settings(max_examples=60, deadline=None, derandomize=True)
@given(markets(), st.integers(0, 2**32 - 1))
def test_the_past_of_an_account_does_not_depend_on_the_future(market: dict[str, Any], seed: int) -> None:
    rng = np.random.default_rng(seed)
    days = len(market["dates"])
    start = int(market["decisions"][0])
    cut = int(rng.integers(start, days))
    changed = {**market, "close": market["close"].copy()}
    changed["close"][cut + 1 :] *= rng.uniform(0.1, 9.0, changed["close"][cut + 1 :].shape)
    changed["close"][cut + 1 :][rng.random(changed["close"][cut + 1 :].shape) < 0.5] = np.nan
    if market["currencies"] is not None:
        rates = market["currencies"].rates.copy()
        rates[cut + 1 :] *= rng.uniform(0.1, 9.0, rates[cut + 1 :].shape)
        changed["currencies"] = replace(market["currencies"], rates=rates)
    for engine in ("reference", "vectorised"):
        before, after = backtest(**market, engine=engine), backtest(**changed, engine=engine)  # type: ignore[arg-type]
        known = cut + 1 - start
        np.testing.assert_array_equal(before.wealth[:known], after.wealth[:known])
        np.testing.assert_array_equal(before.weights[:known], after.weights[:known])


@settings(max_examples=60, deadline=None, derandomize=True)
@given(markets())
def test_a_strategy_replayed_as_decided_weights_gives_the_same_account(market: dict[str, Any]) -> None:
    def contrarian(past: Past) -> np.ndarray:
        """Half of what is held now, the rest equal over what has a close."""
        listed = np.isfinite(past.close[-1])
        made = 0.5 * past.weights[:-1]
        made = made + (1.0 - made.sum()) * np.where(listed, 1.0, 0.0) / max(len(listed), 1)
        return np.append(made, 1.0 - made.sum())

    lived = backtest(**{**market, "targets": contrarian})
    for engine in FAST:
        replayed = backtest(**{**market, "targets": lived.targets}, engine=engine)  # type: ignore[arg-type]
        np.testing.assert_allclose(replayed.wealth, lived.wealth, rtol=1e-9, atol=1e-6)


@pytest.mark.parametrize("engine", FAST)
@settings(max_examples=40, deadline=None, derandomize=True)
@given(market=markets())
def test_many_portfolios_are_each_the_one(engine: Any, market: dict[str, Any]) -> None:
    other = np.roll(market["targets"], 1, axis=1)
    options = {name: value for name, value in market.items() if name != "targets"}
    many = backtest_many(targets=np.stack([market["targets"], other]), engine=engine, **options)
    for place, targets in enumerate((market["targets"], other)):
        one = backtest(targets=targets, **options)
        np.testing.assert_allclose(many.wealth[place], one.wealth, rtol=1e-9, atol=1e-5)
        np.testing.assert_allclose(many.costs[place], one.costs, rtol=1e-9, atol=1e-5)
        np.testing.assert_allclose(many.turnover[place], one.turnover, atol=1e-9)
        np.testing.assert_allclose(many.returns[place], one.returns, atol=1e-9)
