"""A bill rate continued by a fund of bills: the history's own first, nothing known early, nothing made up."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from lab.backtest.account import bill_rate, carry
from lab.backtest.seen import World
from lab.backtest.weights import Decided
from lab.bills import bill_fund, continued, rate_on, with_bills
from portfolio.market import Dates, Floats, MarketPanel
from portfolio.universe import Universe
from portfolio.views import ScoreHistory
from tools.errors import DataError
from tools.market.records import MarketData


def business_days(count: int) -> Dates:
    return np.busday_offset(np.datetime64("2020-01-01"), np.arange(count), roll="forward")


def folder(path: Path, **closes: Floats) -> Path:
    """One price file a symbol, on business days from 2020 on."""
    path.mkdir()
    for symbol, values in closes.items():
        rows = "".join(
            f"{day},{price!r}\n" for day, price in zip(business_days(len(values)), values.tolist(), strict=True)
        )
        (path / f"{symbol}.csv").write_text(f"date,adj_close\n{rows}", encoding="utf-8")
    return path


def bills(count: int = 200, seed: int = 0) -> Floats:
    steps = np.random.default_rng(seed).uniform(0.0, 0.0003, count)
    return np.asarray(90.0 * np.cumprod(1.0 + steps), dtype=np.float64)


def panel(count: int, rate: Floats | None) -> MarketPanel:
    return MarketPanel(
        dates=business_days(count),
        symbols=("AAA",),
        close=np.full((count, 1), 10.0),
        source="made up",
        cash_rate=rate,
        cash_rate_source=None if rate is None else "the history's own",
    )


def test_a_rate_grows_stale_rather_than_lasting_for_ever() -> None:
    days = np.array(["2020-01-01", "2020-01-05", "2020-02-01"], dtype="datetime64[D]")
    known = np.array(["2020-01-02", "2020-01-03"], dtype="datetime64[D]")
    made = rate_on(days, known, np.array([0.01, 0.02]))
    assert np.isnan(made[0]) and made[1] == 0.02 and np.isnan(made[2])


def test_the_historys_own_rate_counts_where_it_has_one_and_the_funds_after_it(tmp_path: Path) -> None:
    fund = bill_fund(folder(tmp_path / "funds", BIL=bills(), SPY=np.full(200, 300.0))).panel
    assert fund.cash_rate is not None
    own = np.where(np.arange(200) < 120, 0.03, np.nan)
    made = with_bills(panel(200, own), fund)
    assert made.cash_rate is not None and made.cash_rate_source is not None
    assert made.cash_rate.tolist() == np.where(np.arange(200) < 120, 0.03, fund.cash_rate).tolist()
    assert made.cash_rate_source == f"the history's own; then {fund.cash_rate_source}"
    alone = with_bills(panel(200, None), fund)
    assert alone.cash_rate is not None and np.isnan(alone.cash_rate[:63]).all()
    assert alone.cash_rate_source == fund.cash_rate_source


def test_a_market_that_knows_its_rate_stays_as_it_is(tmp_path: Path) -> None:
    fund = bill_fund(folder(tmp_path / "funds", BIL=bills(), SPY=np.full(200, 300.0))).panel
    known = panel(200, np.full(200, 0.02))
    assert with_bills(known, fund) is known
    assert with_bills(fund, fund) is fund
    assert with_bills(known, replace(fund, cash_rate=None)) is known


def test_what_bills_pay_later_changes_no_earlier_rate_and_no_earlier_account(tmp_path: Path) -> None:
    other = bills()
    other[150:] *= 1.0005 ** np.arange(1, 51)
    rates, wealth = [], []
    for name, closes in (("true", bills()), ("scrambled", other)):
        fund = bill_fund(folder(tmp_path / name, BIL=closes, SPY=np.full(200, 300.0)))
        market = with_bills(panel(200, None), fund.panel)
        nothing = np.zeros((0, 200, 1))
        scores = ScoreHistory((), nothing, nothing, nothing.astype(bool))
        world = World(market, fund.universe, scores)
        rate, words = bill_rate(world, 100)
        assert rate is not None and "trailing 63-day return of BIL" in words
        idle = Decided((100,), ("AAA",), {"idle": {100: np.array([0.0, 1.0])}}, {})
        rates.append(rate)
        wealth.append(carry(world, idle, rate, 10.0).results["idle"].wealth)
    assert rates[0][:150].tobytes() == rates[1][:150].tobytes() and rates[0][150] != rates[1][150]
    days = 150 - 100
    # what row 150 told is paid from then on: the account of that day still knows nothing of it
    assert wealth[0][: days + 1].tobytes() == wealth[1][: days + 1].tobytes()
    assert wealth[0][days + 1] != wealth[1][days + 1]


def test_a_folder_without_bills_and_bills_of_another_currency_are_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="tells no bill rate"):
        bill_fund(folder(tmp_path / "shares", SPY=np.full(200, 300.0)))
    fund = bill_fund(folder(tmp_path / "funds", BIL=bills(), SPY=np.full(200, 300.0)))
    asset = fund.universe.assets[0]
    rupiah = Universe(name="rupiah", assets=(asset.model_copy(update={"symbol": "AAA", "currency": "IDR"}),))
    with pytest.raises(DataError, match="is priced in IDR"):
        continued(MarketData(panel(200, None), rupiah, fund.report), fund)
    dollars = Universe(name="dollars", assets=(asset.model_copy(update={"symbol": "AAA"}),))
    assert continued(MarketData(panel(200, None), dollars, fund.report), fund).panel.cash_rate is not None
