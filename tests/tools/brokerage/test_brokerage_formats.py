"""Every sample export of the shared data is read, and every row of it is accounted for."""

from collections import Counter
from datetime import date
from pathlib import Path

import pytest

from tools.brokerage import History, read_history

SAMPLES = Path(__file__).resolve().parents[4] / "shared" / "data" / "brokerage"
pytestmark = pytest.mark.skipif(not SAMPLES.is_dir(), reason="the sample exports (../shared/data/brokerage) are absent")

LOTS = "beancount_import/schwab_csv__test_lots__positions__lots__"
EXPECTED: dict[str, tuple[str, dict[str, int], int]] = {
    # file: format, transactions by kind, rows not understood
    "financetoolkit_example_portfolio.csv": ("portfolio_list", {"buy": 300, "sell": 92}, 0),
    "reds_importers/History_for_Account_X8YYYYYYY.csv": ("fidelity_history", {"transfer": 11}, 0),
    "reds_importers/fidelity_csv_all_accounts_transactions_20251204.csv": (
        "fidelity_all_accounts",
        {"buy": 2, "sell": 2, "reinvest": 2, "dividend": 7, "interest": 1, "fee": 1, "transfer": 5},
        1,
    ),
    "reds_importers/schwab_csv_brokerage_XX876_Transactions_20220731.csv": (
        "schwab_brokerage",
        {"buy": 1, "sell": 1, "reinvest": 1, "dividend": 3, "interest": 1, "transfer": 4},
        0,
    ),
    "reds_importers/schwab_XXX234_Checking_Transactions_20220203.csv": (
        "schwab_bank",
        {"interest": 1, "transfer": 1},
        0,
    ),
    "reds_importers/OfxDownload-401k.qfx": ("ofx", {"buy": 2, "transfer": 3}, 0),
    "reds_importers/etrade_09092023.QFX": ("ofx", {"buy": 2, "dividend": 1, "fee": 1}, 0),
    "beancount_import/ofx__fidelity-ira.ofx": ("ofx", {"buy": 1, "sell": 5, "transfer": 4}, 0),
    "beancount_import/ofx__fidelity-savings.ofx": ("ofx", {"transfer": 4}, 0),
    "beancount_import/ofx__fidelity.ofx": ("ofx", {"buy": 8, "sell": 2, "dividend": 4, "transfer": 3}, 0),
    "beancount_import/ofx__fidelity_treasury.ofx": ("ofx", {"buy": 1, "sell": 1, "transfer": 1}, 0),
    "beancount_import/ofx__vanguard.ofx": ("ofx", {"sell": 1}, 0),
    "beancount_import/ofx__vanguard401k.ofx": ("ofx", {"buy": 5, "transfer": 1}, 0),
    "beancount_import/ofx__vanguard_roth_ira.ofx": ("ofx", {"reinvest": 1}, 0),
    "beancount_import/ofx__vanguard_xfer_in.ofx": ("ofx", {"transfer": 2}, 0),
    **{
        f"{LOTS}{name}.csv": ("schwab_lots", {"buy": lots}, 0)
        for name, lots in {
            "2020-08-25__FNDA": 1,
            "2020-08-25__SCHA": 1,
            "2020-09-25__FNDA": 1,
            "2020-09-25__HYLB": 2,
            "2020-09-25__IAU": 1,
            "2020-09-25__SCHA": 2,
            "2020-10-25__HYLB": 2,
            "2020-10-25__IAU": 1,
            "2020-10-25__SCHA": 1,
        }.items()
    },
}


def sample(name: str) -> History:
    return read_history(SAMPLES / name)


def test_every_sample_file_has_an_expectation() -> None:
    there = {str(path.relative_to(SAMPLES)) for path in SAMPLES.rglob("*") if path.is_file()}
    assert there == set(EXPECTED)


@pytest.mark.parametrize("name", sorted(EXPECTED))
def test_a_sample_is_recognised_and_each_of_its_rows_is_accounted_for(name: str) -> None:
    history, (format_, kinds, unread) = sample(name), EXPECTED[name]
    assert history.format == format_
    assert Counter(item.kind for item in history.transactions) == kinds
    assert len(history.not_understood) == unread
    assert history.rows == len(history.transactions) + len(history.left_out)


def test_a_fidelity_sale_keeps_its_sign_price_account_and_line() -> None:
    history = sample("reds_importers/fidelity_csv_all_accounts_transactions_20251204.csv")
    sale = next(item for item in history.transactions if item.symbol == "VVV")
    assert (sale.day, sale.kind, sale.units, sale.price) == (date(2025, 11, 24), "sell", -341.0, 30.44)
    assert (sale.amount, sale.account, sale.currency, sale.line) == (10378.37, "...3333", "USD", 21)


def test_a_merger_is_reported_and_not_guessed() -> None:
    history = sample("reds_importers/fidelity_csv_all_accounts_transactions_20251204.csv")
    (row,) = history.not_understood
    assert "MERGER" in row.text
    assert "MERGER" in row.reason


def test_a_bond_is_known_by_its_cusip_and_valued_per_hundred() -> None:
    history = sample("reds_importers/fidelity_csv_all_accounts_transactions_20251204.csv")
    bond = next(item for item in history.transactions if item.cusip == "412003AD7")
    assert (bond.symbol, bond.instrument, bond.units) == (None, "debt", 55000.0)


def test_a_schwab_date_as_of_another_is_the_first_of_the_two() -> None:
    history = sample("reds_importers/schwab_csv_brokerage_XX876_Transactions_20220731.csv")
    interest = next(item for item in history.transactions if item.kind == "interest")
    assert interest.day == date(2023, 4, 17)
    sale = next(item for item in history.transactions if item.kind == "sell")
    assert (sale.units, sale.price, sale.fees, sale.amount) == (-10.065, 73.4049, 0.01, 738.81)


def test_lots_that_do_not_add_up_to_the_files_total_are_told() -> None:
    assert any("10.5" in note for note in sample(f"{LOTS}2020-10-25__SCHA.csv").notes)
    assert not any("adds up" in note for note in sample(f"{LOTS}2020-09-25__HYLB.csv").notes)


def test_an_open_lot_keeps_its_open_date_and_basis() -> None:
    lot = sample(f"{LOTS}2020-09-25__SCHA.csv").transactions[0]
    assert (lot.symbol, lot.day, lot.units, lot.price, lot.amount) == (
        "SCHA",
        date(2020, 8, 24),
        10.0,
        71.35,
        -713.5,
    )


def test_an_ofx_statement_without_its_start_date_is_still_read() -> None:
    history = sample("beancount_import/ofx__fidelity_treasury.ofx")
    bought = next(item for item in history.transactions if item.kind == "buy")
    assert (bought.cusip, bought.units, bought.instrument) == ("912796Z77", 96000.0, "debt")


def test_an_ofx_purchase_has_its_ticker_from_the_list_of_securities() -> None:
    history = sample("reds_importers/etrade_09092023.QFX")
    bought = next(item for item in history.transactions if item.kind == "buy" and item.cusip == "874039100")
    assert (bought.symbol, bought.cusip, bought.units, bought.price) == ("TSM", "874039100", 0.76817, 107.1895)


def test_an_option_is_told_from_a_share() -> None:
    history = sample("beancount_import/ofx__fidelity-ira.ofx")
    assert {item.instrument for item in history.transactions} == {"option"}
    assert any("options" in note for note in history.notes)


def test_the_order_is_by_day_and_then_by_line() -> None:
    keys = [(item.day, item.line) for item in sample("financetoolkit_example_portfolio.csv").transactions]
    assert keys == sorted(keys)
