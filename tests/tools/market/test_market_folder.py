"""A folder of price files: faults are told, nothing is guessed or filled, the past does not know the future."""

import gzip
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tools.errors import DataError
from tools.market.folder import load_folder
from tools.market.records import MarketData


def prices(days: int = 300, start: str = "2020-01-01", freq: str = "B", seed: int = 0) -> pd.DataFrame:
    walk = 100.0 * np.exp(np.cumsum(np.random.default_rng(seed).normal(0.0, 0.01, days)))
    return pd.DataFrame({"Date": pd.date_range(start, periods=days, freq=freq), "Adj Close": walk})


def write(folder: Path, symbol: str, frame: pd.DataFrame) -> None:
    frame.to_csv(folder / f"{symbol}.csv", index=False)


def kinds(data: MarketData) -> set[str]:
    return {item.kind for item in data.report.findings}


def loaded(folder: Path, frame: pd.DataFrame, symbol: str = "AAPL") -> MarketData:
    write(folder, symbol, frame)
    return load_folder(folder)


def test_one_clean_asset_alone_is_market_data_without_findings(tmp_path: Path) -> None:
    data = loaded(tmp_path, prices())
    assert data.panel.symbols == ("AAPL",)
    assert data.universe.asset("AAPL").group != "Unknown"
    assert not data.report.findings


def test_a_missing_month_is_reported_and_not_filled(tmp_path: Path) -> None:
    write(tmp_path, "MSFT", prices())
    frame = prices(seed=1)
    gone = frame["Date"].dt.month.eq(3) & frame["Date"].dt.year.eq(2020)
    data = loaded(tmp_path, frame[~gone])
    assert {"long_gap", "missing_days"} <= kinds(data)
    column = data.panel.close[data.panel.dates.astype("datetime64[M]") == np.datetime64("2020-03"), 0]
    assert len(column) == gone.sum() and np.isnan(column).all()


def test_a_date_that_stands_twice_keeps_its_later_row(tmp_path: Path) -> None:
    frame = prices(20)
    again = frame.iloc[[5]].assign(**{"Adj Close": 111.0})
    data = loaded(tmp_path, pd.concat([frame, again]))
    assert {"duplicate_dates", "unsorted"} <= kinds(data)
    assert data.panel.close[5, 0] == 111.0


def test_an_unsorted_file_is_sorted_and_reported(tmp_path: Path) -> None:
    frame = prices(20)
    data = loaded(tmp_path, frame.iloc[::-1])
    assert "unsorted" in kinds(data)
    np.testing.assert_allclose(data.panel.close[:, 0], frame["Adj Close"])


def test_zero_and_negative_prices_count_as_missing(tmp_path: Path) -> None:
    write(tmp_path, "MSFT", prices(40))
    frame = prices(40)
    frame.loc[3, "Adj Close"], frame.loc[4, "Adj Close"] = 0.0, -5.0
    data = loaded(tmp_path, frame)
    assert "not_positive" in kinds(data)
    assert np.isnan(data.panel.close[3:5, 0]).all()


def test_a_split_in_unadjusted_prices_is_suspected_and_not_mended(tmp_path: Path) -> None:
    frame = prices(40).rename(columns={"Adj Close": "Close"})
    frame.loc[20:, "Close"] /= 4.0
    data = loaded(tmp_path, frame)
    assert {"suspected_split", "unadjusted"} <= kinds(data)
    np.testing.assert_allclose(data.panel.close[:, 0], frame["Close"])


def test_a_huge_move_in_adjusted_prices_is_named(tmp_path: Path) -> None:
    frame = prices(40)
    frame["Adj Close"] *= np.where(np.arange(40) == 20, 100.0, 1.0)
    found = [item for item in loaded(tmp_path, frame).report.findings if item.kind == "large_move"]
    assert len(found) == 2


def test_prices_that_stand_still_are_called_stale(tmp_path: Path) -> None:
    frame = prices(60)
    frame.loc[10:29, "Adj Close"] = 50.0
    assert "stale" in kinds(loaded(tmp_path, frame))


@pytest.mark.parametrize("shares", [1, 2])
def test_coins_do_not_make_weekends_days_of_the_panel(tmp_path: Path, shares: int) -> None:
    for symbol in ("AAPL", "MSFT")[:shares]:
        write(tmp_path, symbol, prices(100))
    for symbol in ("BTC-USD", "ETH-USD", "SOL-USD"):
        write(tmp_path, symbol, prices(140, freq="D"))
    data = load_folder(tmp_path)
    assert "off_calendar" in kinds(data)
    assert np.isfinite(data.panel.returns()[1:100]).all()


def test_coins_alone_keep_their_weekends(tmp_path: Path) -> None:
    assert len(loaded(tmp_path, prices(140, freq="D"), "BTC-USD").panel.dates) == 140


def test_files_that_cannot_be_read_are_named_and_the_others_go_on(tmp_path: Path) -> None:
    (tmp_path / "EMPTY.csv").write_text("")
    (tmp_path / "HEADER.csv").write_text("date,close\n")
    (tmp_path / "CORRUPT.csv.gz").write_bytes(gzip.compress(b"date,close\n" * 500)[:30])
    (tmp_path / "FALSE.csv.gz").write_bytes(b"this is no gzip")
    (tmp_path / "LATIN.csv").write_bytes(b"date,close,n\n2020-01-01,1,\xe9\n")
    (tmp_path / "NODATE.csv").write_text("open,close\n1,2\n")
    (tmp_path / "NOPRICE.csv").write_text("date,open\n2020-01-01,2\n")
    (tmp_path / "TWICE.csv").write_text("date,Close,close\n2020-01-01,2,3\n")
    (tmp_path / "PARQUET.parquet").write_bytes(b"nothing")
    data = loaded(tmp_path, prices())
    named = {item.subject.split(".")[0]: item.kind for item in data.report.findings}
    assert named == {
        "EMPTY": "empty", "HEADER": "empty", "CORRUPT": "unreadable", "FALSE": "unreadable", "LATIN": "unreadable",
        "NODATE": "no_dates", "NOPRICE": "no_prices", "TWICE": "unreadable", "PARQUET": "unreadable",
    }  # fmt: skip


def test_a_long_file_is_split_by_its_symbols_and_nameless_rows_are_reported(tmp_path: Path) -> None:
    parts = [prices(30, seed=n).assign(Symbol=name) for n, name in enumerate(["AAPL", " MSFT ", None])]
    pd.concat(parts).to_csv(tmp_path / "all.csv", index=False)
    data = load_folder(tmp_path)
    assert data.panel.symbols == ("AAPL", "MSFT")
    assert any("30 rows" in item.text for item in data.report.findings)


def test_parquet_with_dates_as_index_reads_like_csv(tmp_path: Path) -> None:
    frame = prices(30)
    frame.set_index("Date").to_parquet(tmp_path / "AAPL.parquet")
    np.testing.assert_array_equal(load_folder(tmp_path).panel.close[:, 0], frame["Adj Close"])


def test_a_symbol_in_two_files_is_read_once(tmp_path: Path) -> None:
    prices(30, seed=1).to_csv(tmp_path / "AAPL.csv.gz", index=False)
    data = loaded(tmp_path, prices(30))
    assert data.panel.symbols == ("AAPL",)
    assert "duplicate_dates" in kinds(data)


def test_returns_come_from_the_exchanges_previous_close_so_a_split_is_no_loss(tmp_path: Path) -> None:
    (tmp_path / "BBCA.csv").write_text("date,previous,close\n2020-01-01,90,100\n2020-01-02,50,51\n2020-01-03,51,51\n")
    returns = load_folder(tmp_path).panel.returns()[1:, 0]
    np.testing.assert_allclose(returns, [0.02, 0.0])


def test_a_missing_previous_close_is_reported_and_no_return_of_zero(tmp_path: Path) -> None:
    (tmp_path / "BBCA.csv").write_text("date,previous,close\n2020-01-01,90,100\n2020-01-02,0,110\n2020-01-03,110,121\n")
    data = load_folder(tmp_path)
    np.testing.assert_allclose(data.panel.returns()[1:, 0], [0.1, 0.1])
    assert any("for want of a previous close" in item.text for item in data.report.findings)


@pytest.mark.parametrize(
    "first", ["2020-01-02 00:00:00+07:00", "2020-01-02T23:30:00-05:00", "20200102", "2020/01/02", "Jan 2, 2020"]
)
def test_a_day_is_the_day_that_the_exchanges_clock_showed(tmp_path: Path, first: str) -> None:
    (tmp_path / "AAPL.csv").write_text(f'date,adj_close\n"{first}",10\n')
    assert load_folder(tmp_path).panel.first_date == date(2020, 1, 2)


def test_a_date_that_may_be_of_january_or_february_is_not_guessed(tmp_path: Path) -> None:
    (tmp_path / "AAPL.csv").write_text("date,adj_close\n01/02/2020,10\n")
    with pytest.raises(DataError, match="no readable date"):
        load_folder(tmp_path)


@pytest.mark.parametrize("number", ["1.234,50", "1,234.50", "$12"])
def test_a_price_that_is_no_plain_number_is_reported_and_not_guessed(tmp_path: Path, number: str) -> None:
    (tmp_path / "AAPL.csv").write_text(f'date,adj_close\n2020-01-01,10\n2020-01-02,"{number}"\n2020-01-03,11\n')
    data = load_folder(tmp_path)
    assert any(number in item.text for item in data.report.findings)
    assert len(data.panel.dates) == 2


def test_facts_come_from_universe_csv_and_its_bad_lines_are_named(tmp_path: Path) -> None:
    (tmp_path / "universe.csv").write_text(
        "symbol,name,asset_class,group,currency,tags\nBBCA,Bank Central Asia,share,Banks,IDR,banks interest\n"
        "BAD,Bad,banana,Banks,IDR,\nGONE,Gone,share,Banks,IDR,\nBBCA,Again,share,Oil,USD,\n"
    )
    data = loaded(tmp_path, prices(), "BBCA")
    asset = data.universe.asset("BBCA")
    assert (asset.group, asset.currency, asset.tags) == ("Banks", "IDR", ("banks", "interest"))
    told = " ".join(item.text for item in data.report.findings)
    assert "line 3" in told and "GONE" in told and "stands twice" in told


def test_an_asset_that_nobody_described_is_of_unknown_sector_and_named(tmp_path: Path) -> None:
    data = loaded(tmp_path, prices(), "ZZZZ")
    assert data.universe.asset("ZZZZ").group == "Unknown"
    assert "unknown_facts" in kinds(data)


def test_a_fund_of_bills_is_the_cash_rate_and_no_risky_asset(tmp_path: Path) -> None:
    bills = prices(300).assign(**{"Adj Close": 100.0 * 1.0001 ** np.arange(300)})
    write(tmp_path, "BIL", bills)
    data = loaded(tmp_path, prices(300))
    assert data.panel.symbols == ("AAPL",)
    assert data.panel.cash_rate is not None and data.panel.cash_rate_source is not None
    assert np.isnan(data.panel.cash_rate[:63]).all()
    np.testing.assert_allclose(data.panel.cash_rate[63:], 1.0001**252 - 1.0)


def test_a_fund_of_bills_too_young_for_a_rate_gives_none(tmp_path: Path) -> None:
    write(tmp_path, "BIL", prices(30))
    data = loaded(tmp_path, prices(30))
    assert data.panel.cash_rate is None and data.panel.cash_rate_source is None


@pytest.mark.parametrize("content", [None, "", "open,close\n1,2\n"])
def test_nothing_usable_is_an_error_with_a_remedy(tmp_path: Path, content: str | None) -> None:
    if content is not None:
        (tmp_path / "AAPL.csv").write_text(content)
    with pytest.raises(DataError) as caught:
        load_folder(tmp_path)
    assert caught.value.remedy


def test_no_folder_is_an_error_with_a_remedy(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="is not a folder") as caught:
        load_folder(tmp_path / "nowhere")
    assert caught.value.remedy


@given(cut=st.integers(30, 250), seed=st.integers(0, 3))
@settings(max_examples=12, deadline=None, derandomize=True)
def test_what_comes_after_a_day_changes_nothing_until_that_day(
    tmp_path_factory: pytest.TempPathFactory, cut: int, seed: int
) -> None:
    rng = np.random.default_rng(seed)
    whole, dropped, bent = (tmp_path_factory.mktemp(name) for name in ("whole", "dropped", "bent"))
    frames = {"AAPL": prices(300), "MSFT": prices(300, seed=1), "BTC-USD": prices(420, freq="D"), "BIL": prices(300)}
    then = frames["AAPL"]["Date"].iloc[cut]
    for symbol, full in frames.items():
        frame = full[rng.random(len(full)) > 0.05]
        later = frame["Date"] > then
        write(whole, symbol, frame)
        write(dropped, symbol, frame[~later])
        changed = frame.assign(**{"Adj Close": frame["Adj Close"].where(~later, rng.random(len(frame)) * 1000.0 - 50)})
        write(bent, symbol, changed[~later | (rng.random(len(frame)) > 0.7)])
    one = load_folder(whole).panel.until(then.date())
    for folder in (dropped, bent):
        other = load_folder(folder).panel.until(then.date())
        assert one.symbols == other.symbols
        np.testing.assert_array_equal(one.dates, other.dates)
        np.testing.assert_array_equal(one.close, other.close)
        assert one.signals.keys() == other.signals.keys()
        for name in one.signals:
            np.testing.assert_array_equal(one.signals[name], other.signals[name])
        if one.cash_rate is not None and other.cash_rate is not None:
            np.testing.assert_array_equal(one.cash_rate, other.cash_rate)


SHARED = Path(__file__).parents[4] / "shared" / "data" / "prices"


@pytest.mark.parametrize(("name", "assets"), [("etf", 19), ("us_crypto", 22), ("btc_gold", 2), ("idx_lq45", 56)])
def test_real_folders_load_without_weekends_of_coins_or_mad_returns(name: str, assets: int) -> None:
    if not (SHARED / name).is_dir():
        pytest.skip("the shared price files are not beside the repository")
    data = load_folder(SHARED / name)
    assert len(data.panel.symbols) == assets
    weekday = pd.DatetimeIndex(data.panel.dates).day_of_week
    assert (weekday < 5).mean() > 0.995  # the Jakarta exchange's own file has one Saturday
    returns = data.panel.returns()
    assert (np.abs(returns[np.isfinite(returns)]) < 1.5).all()
    assert (data.panel.cash_rate is not None) == (name == "etf")
