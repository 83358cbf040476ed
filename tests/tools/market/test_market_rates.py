"""Exchange rates beside the prices: the last known one and never a later one, one base currency, nothing assumed."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

from app.main import cli
from tools.errors import DataError
from tools.market.folder import load_folder
from tools.market.rates import coin_currency, read_rates
from tools.market.records import MarketData
from tools.market.source import open_market
from tools.settings import Settings

QUOTED = {"AAPL": "USD", "BBCA": "IDR", "SAP": "EUR", "TLKM": "IDR"}
FACTS = "symbol,asset_class,group,currency\n" + "".join(f"{name},share,Some,{own}\n" for name, own in QUOTED.items())


def made_prices(days: int = 300) -> pd.DataFrame:
    """Own-currency closes of four shares; Jakarta is shut now and then."""
    rng = np.random.default_rng(1)
    index = pd.date_range("2015-01-01", periods=days, freq="B", name="date")
    walk = 100.0 * np.exp(np.cumsum(rng.normal(0.0003, 0.01, (days, len(QUOTED))), axis=0))
    frame = pd.DataFrame(walk, index=index, columns=list(QUOTED))
    frame.loc[frame.index[7::29], ["BBCA", "TLKM"]] = np.nan
    return frame


def made_rates(days: int = 300) -> pd.DataFrame:
    """Dollars for a euro and a rupiah, some blank, some of Saturdays, from before the first price."""
    rng = np.random.default_rng(2)
    index = pd.date_range("2014-12-27", periods=days * 7 // 5 + 10, freq="D", name="date")
    walk = np.exp(np.cumsum(rng.normal(0.0, 0.004, (len(index), 2)), axis=0)) * [1.2, 0.00008]
    frame = pd.DataFrame(walk, index=index, columns=["EUR/USD", "IDR/USD"])
    frame = frame[pd.DatetimeIndex(frame.index).day_of_week != 6]
    frame.loc[frame.index[3::11], "IDR/USD"] = np.nan
    return frame


def write(
    folder: Path, prices: pd.DataFrame, rates: pd.DataFrame | str | None = None, facts: str | None = FACTS
) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    for name in prices.columns:
        prices[name].dropna().rename("adj_close").to_csv(folder / f"{name}.csv")
    if isinstance(rates, pd.DataFrame):
        rates.to_csv(folder / "rates.csv")
    elif rates is not None:
        (folder / "rates.csv").write_text(rates)
    if facts is not None:
        (folder / "universe.csv").write_text(facts)
    return folder


def by_hand(prices: pd.DataFrame, rates: pd.DataFrame) -> pd.DataFrame:
    """Each close times the last rate named on or before its day."""
    out = prices.copy()
    for name, own in QUOTED.items():
        if own != "USD":
            known = rates[f"{own}/USD"].dropna()
            out[name] = [close * known[:day].iloc[-1] for day, close in prices[name].items()]
    return out


def told(data: MarketData) -> str:
    return " ".join(item.text for item in data.report.findings)


def test_prices_are_converted_at_the_last_known_rate_as_by_hand(tmp_path: Path) -> None:
    prices, rates = made_prices(), made_rates()
    data = open_market(Settings(prices=write(tmp_path / "prices", prices, rates), home=tmp_path))
    expected = by_hand(prices, rates)[list(data.panel.symbols)].to_numpy()
    np.testing.assert_allclose(data.panel.close, expected, rtol=1e-12)
    assert np.isnan(data.panel.close).any(), "a day on which Jakarta was shut stays without a price"
    assert {asset.currency for asset in data.universe.assets} == {"USD"}
    assert data.panel.source == data.report.source == "folder prices, in USD"
    assert "All prices are in USD. Converted by rates.csv: SAP from EUR; BBCA, TLKM from IDR." in told(data)
    assert "each in its own currency" not in told(data)


def test_a_rate_counts_from_its_own_day_even_where_that_is_no_day_of_the_panel(tmp_path: Path) -> None:
    days = pd.DatetimeIndex(["2020-01-02", "2020-01-03", "2020-01-06", "2020-01-07"], name="date")
    prices = pd.DataFrame({"SAP": [10.0, 10.0, 10.0, 10.0]}, index=days)
    rates = "date,EUR/USD\n2020-01-07,5\n2020-01-01,1\n2020-01-04,2\n2020-01-06,\n"
    data = load_folder(write(tmp_path, prices, rates, "symbol,currency\nSAP,EUR\n"))
    np.testing.assert_array_equal(data.panel.close[:, 0], [10.0, 10.0, 20.0, 50.0])


def test_before_its_first_rate_an_asset_has_no_price_and_an_old_rate_is_named(tmp_path: Path) -> None:
    prices = made_prices(60)
    late, stale = prices.index[20].date(), prices.index[40].date()
    rates = f"date,EUR/USD,IDR/USD\n2015-01-01,1.1,\n{late},1.2,0.0001\n{stale},1.3,0.0001\n"
    data = load_folder(write(tmp_path, prices, rates))
    jakarta = data.panel.close[:, data.panel.symbols.index("BBCA")]
    assert np.isnan(jakarta[:20]).all() and np.isfinite(jakarta[20])
    assert data.universe.asset("BBCA").first_date == late
    found = {(item.subject, item.count): item for item in data.report.findings if item.kind == "currency"}
    assert any(name == "IDR" and "before the first rate" in item.text for (name, _), item in found.items())
    assert any(name == "EUR" and "more than 10 days old" in item.text for (name, _), item in found.items())


@pytest.fixture(scope="module")
def prices_alone(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write(tmp_path_factory.mktemp("prices"), made_prices())


@given(cut=st.integers(20, 280), seed=st.integers(0, 5))
@settings(max_examples=8, deadline=None, derandomize=True)
def test_later_rates_change_nothing_until_their_day(prices_alone: Path, cut: int, seed: int) -> None:
    rates = made_rates()
    then = made_prices().index[cut]
    rng = np.random.default_rng(seed)
    later = rates.index > then
    bent = rates.where(~later[:, None] & np.ones(rates.shape, bool), rates * np.exp(rng.normal(0.0, 2.0, rates.shape)))
    panels = []
    for some in (rates, bent[~later | (rng.random(len(rates)) > 0.5)], rates[~later]):
        some.to_csv(prices_alone / "rates.csv")
        panels.append(load_folder(prices_alone).panel)
    for other in panels[1:]:
        np.testing.assert_array_equal(other.until(then.date()).close, panels[0].until(then.date()).close)
        assert not np.array_equal(other.close, panels[0].close, equal_nan=True), "later rates do change later days"


def test_without_rates_nothing_is_converted_and_the_report_says_so(tmp_path: Path) -> None:
    prices = made_prices()
    data = load_folder(write(tmp_path, prices))
    np.testing.assert_allclose(data.panel.close, prices[list(data.panel.symbols)].to_numpy(), rtol=1e-12)
    assert data.panel.source == f"folder {tmp_path.name}"
    assert data.universe.asset("BBCA").currency == "IDR"
    assert "priced in EUR, IDR, USD; returns are each in its own currency" in told(data)


def test_without_rates_a_currency_that_nobody_told_is_named(tmp_path: Path) -> None:
    data = load_folder(write(tmp_path, made_prices(), facts="symbol,asset_class\nSAP,share\n"))
    assert "universe.csv names no currency of SAP: it counts as priced in USD." in told(data)
    assert data.universe.asset("SAP").currency == "USD"


def test_a_currency_without_a_rate_is_named_with_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="no rate of IDR, in which BBCA, TLKM are priced") as caught:
        load_folder(write(tmp_path, made_prices(), made_rates()[["EUR/USD"]]))
    assert "IDR/USD" in caught.value.remedy


@pytest.mark.parametrize("rate", ["", "2031-01-01,1.2\n"])
def test_a_currency_with_no_rate_by_the_last_day_is_an_error(tmp_path: Path, rate: str) -> None:
    prices = made_prices()[["AAPL", "SAP"]]
    with pytest.raises(DataError, match="no rate of EUR on or before"):
        load_folder(write(tmp_path, prices, f"date,EUR/USD\n{rate}"))


def test_an_asset_whose_currency_nobody_told_is_an_error_and_not_a_dollar(tmp_path: Path) -> None:
    prices = made_prices()[["AAPL", "SAP"]]
    folder = write(tmp_path, prices, made_rates(), facts="symbol,asset_class\nSAP,share\n")
    with pytest.raises(DataError, match="in which currency SAP is priced") as caught:
        load_folder(folder)
    assert "universe.csv" in caught.value.remedy
    data = load_folder(folder, currency="EUR")  # a caller may know
    np.testing.assert_allclose(data.panel.close, by_hand(prices.assign(BBCA=1, TLKM=1), made_rates())[["AAPL", "SAP"]])


def test_the_letters_of_a_currency_matter_for_pence_are_no_pounds(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="no rate of GBp"):
        load_folder(
            write(tmp_path, made_prices()[["SAP"]], "date,GBP/USD\n2015-01-01,1.5\n", "symbol,currency\nSAP,GBp\n")
        )


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("date\n2015-01-01\n", "no column of rates"),
        ("date,EUR\n2015-01-01,1.1\n", "a column that is no rate, “EUR”"),
        ("date,USD/USD\n2015-01-01,1\n", "a column that is no rate"),
        ("date,EUR/USD,USD/IDR\n2015-01-01,1.1,12000\n", "prices in IDR and in USD"),
        ("date,EUR/USD,EUR/USD\n2015-01-01,1.1,1.1\n", "two columns of one currency"),
        ("day,EUR/USD\n2015-01-01,1.1\n", "a column that is no rate, “day”"),
        ("EUR/USD\n1.1\n", "no column date"),
        ("date,EUR/USD\n2015-01-01,0\n", "line 2 .*above zero"),
        ("date,EUR/USD\n2015-01-01,1.1\n2015-01-01,1.2\n", "line 3 .*stands twice"),
        ("date,EUR/USD\n2015-01-01,nan\n", "line 2"),
        ("date,EUR/USD\n01.02.2015,1.1\n", "line 2"),
        ("date,EUR/USD\n2015-01-01\n", "line 2 .*too short"),
    ],
)
def test_rates_that_cannot_be_read_in_full_are_an_error_with_a_remedy(tmp_path: Path, text: str, why: str) -> None:
    (tmp_path / "rates.csv").write_text(text)
    with pytest.raises(DataError, match=why) as caught:
        read_rates(tmp_path)
    assert caught.value.remedy


def test_a_coins_name_tells_its_money_but_a_stable_coin_is_not_a_dollar() -> None:
    assert [coin_currency(name) for name in ("BTC-EUR", "ETH-USD", "BTC-USDT", "USD", "BRK-B")] == [
        "EUR",
        "USD",
        None,
        None,
        None,
    ]


def test_a_fund_of_dollar_bills_is_a_risky_asset_in_euros_and_no_bill_rate(tmp_path: Path) -> None:
    prices = made_prices().assign(BIL=100.0 * 1.0001 ** np.arange(300))[["AAPL", "BIL"]]
    in_euros = load_folder(write(tmp_path / "euros", prices, "date,USD/EUR\n2014-12-31,0.9\n"))
    assert in_euros.panel.symbols == ("AAPL", "BIL") and in_euros.panel.cash_rate is None
    assert "BIL: not bills of the base currency" in told(in_euros)
    in_dollars = load_folder(write(tmp_path / "dollars", prices, "date,EUR/USD\n2014-12-31,1.1\n"))
    assert in_dollars.panel.symbols == ("AAPL",) and in_dollars.panel.cash_rate is not None


def _same(one: object, other: object, where: str = "") -> None:
    """Equal trees; figures to 1e-7, for a price written to a file and read again differs in its last digit."""
    if isinstance(one, dict) and isinstance(other, dict):
        assert one.keys() == other.keys(), where
        for key in one:
            _same(one[key], other[key], f"{where}.{key}")
    elif isinstance(one, list) and isinstance(other, list):
        assert len(one) == len(other), where
        for number, (left, right) in enumerate(zip(one, other, strict=True)):
            _same(left, right, f"{where}[{number}]")
    elif isinstance(one, float) and isinstance(other, float):
        assert one == pytest.approx(other, rel=1e-7, abs=1e-9), where
    elif isinstance(one, str) and isinstance(other, str):
        assert one.replace(", in USD", "") == other.replace(", in USD", ""), where
    else:
        assert one == other, where


@pytest.mark.slow
def test_a_backtest_of_such_a_folder_gives_the_figures_of_prices_converted_by_hand(tmp_path: Path) -> None:
    prices, rates = made_prices(800), made_rates(800)
    write(tmp_path / "one" / "prices", prices, rates)
    write(tmp_path / "two" / "prices", by_hand(prices, rates), facts=FACTS.replace("IDR", "USD").replace("EUR", "USD"))
    reports = []
    for place in (tmp_path / "one", tmp_path / "two"):
        words = ["backtest", "--data", str(place / "prices"), "--strategy", "inverse-volatility", "--every", "quarter"]
        words += ["--draws", "100", "--today", "2026-11-21", "--home", str(place / "home"), "--out", str(place / "out")]
        done = CliRunner().invoke(cli, words)
        assert done.exit_code == 0, done.output
        reports.append(json.loads((place / "out" / "report.json").read_text()))
    _same(*reports)
