"""Yahoo, with a download written by hand: tries again, keeps what it read, and says when that is old."""

from datetime import date
from pathlib import Path

import pandas as pd
import pytest

from tools.errors import DataError
from tools.market.yahoo import TRIES, load_yahoo

START, END = date(2020, 1, 1), date(2020, 3, 1)


class Yahoo:
    """Fails `failures` times, then answers."""

    def __init__(self, failures: int = 0) -> None:
        self.failures, self.asked = failures, 0

    def __call__(self, symbol: str, start: date, end: date) -> pd.DataFrame:
        self.asked += 1
        if self.asked <= self.failures:
            raise OSError("no route to host")
        days = pd.date_range(start, end, freq="B", name="Date", tz="Asia/Jakarta")
        return pd.DataFrame({"Close": 10.0, "Adj Close": [9.0 + n for n in range(len(days))]}, index=days)


def test_a_request_that_fails_is_tried_again(tmp_path: Path) -> None:
    yahoo = Yahoo(failures=TRIES - 1)
    data = load_yahoo(["AAPL"], START, END, tmp_path, download=yahoo, pause=0)
    assert yahoo.asked == TRIES
    assert data.panel.first_date == START
    assert "stale" not in data.panel.source


def test_without_network_the_kept_copy_is_used_and_called_stale(tmp_path: Path) -> None:
    fresh = load_yahoo(["AAPL"], START, END, tmp_path, download=Yahoo(), pause=0)
    old = load_yahoo(["AAPL"], START, END, tmp_path, download=Yahoo(failures=99), pause=0)
    assert (old.panel.close == fresh.panel.close).all()
    assert "(stale)" in old.panel.source
    assert old.report.findings[0].kind == "stale" and "no route to host" in old.report.findings[0].text


def test_neither_network_nor_copy_is_an_error_that_names_the_symbol(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="AAPL") as caught:
        load_yahoo(["AAPL"], START, END, tmp_path, download=Yahoo(failures=99), pause=0)
    assert caught.value.remedy


def test_what_was_asked_for_before_is_not_in_todays_answer(tmp_path: Path) -> None:
    load_yahoo(["AAPL"], START, END, tmp_path, download=Yahoo(), pause=0)
    assert load_yahoo(["MSFT"], START, END, tmp_path, download=Yahoo(), pause=0).panel.symbols == ("MSFT",)


def test_a_symbol_cannot_lead_out_of_the_folder(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="no symbol"):
        load_yahoo(["../AAPL"], START, END, tmp_path, download=Yahoo(), pause=0)
