"""What may lie beside the prices in a folder: earnings, bills and the index, each only on the days that it names."""

from datetime import date
from pathlib import Path

import numpy as np
import pytest

from tools.errors import DataError
from tools.market.folder import load_folder


def folder(path: Path, **files: str) -> Path:
    """Two assets over 200 business days, and what lies beside them."""
    days = [day for day in np.arange("2015-01-01", "2015-10-08", dtype="datetime64[D]") if np.is_busday(day)]
    for symbol, start in (("AAPL", 50.0), ("ZZZ", 20.0)):
        rows = "".join(f"{day},{start + number}\n" for number, day in enumerate(days))
        (path / f"{symbol}.csv").write_text(f"date,adj_close\n{rows}", encoding="utf-8")
    for name, text in files.items():
        (path / f"{name}.csv").write_text(text, encoding="utf-8")
    return path


def test_a_folder_without_them_has_no_bill_rate_and_no_index(tmp_path: Path) -> None:
    panel = load_folder(folder(tmp_path)).panel
    assert panel.cash_rate is None and panel.index is None
    assert panel.symbols == ("AAPL", "ZZZ")
    assert np.isfinite(panel.signals["earnings_surprise"][-1, 0]), "a well-known symbol has its reports"


def test_they_speak_of_the_days_that_they_name_and_of_no_other(tmp_path: Path) -> None:
    panel = load_folder(
        folder(
            tmp_path,
            bill_rate="date,rate\n2015-02-02,0.01\n2015-02-03,\n2015-02-07,0.5\n",
            index_level="date,level\n2015-02-02,1000.5\n",
        )
    ).panel
    assert panel.cash_rate is not None and panel.index is not None
    row = int(np.searchsorted(panel.dates, np.datetime64("2015-02-02")))
    assert panel.cash_rate[row] == 0.01 and panel.index[row] == 1000.5
    assert np.isfinite(panel.cash_rate).sum() == 1 and np.isfinite(panel.index).sum() == 1
    assert panel.cash_rate_source == f"bill_rate.csv of the folder {tmp_path.name}"


def test_own_earnings_stand_in_the_place_of_the_known_ones_from_the_next_day_on(tmp_path: Path) -> None:
    panel = load_folder(folder(tmp_path, earnings="symbol,date,surprise\nZZZ,2015-03-02,0.25\n")).panel
    surprise = panel.signals["earnings_surprise"]
    assert np.isnan(surprise[:, 0]).all()
    known = panel.dates[np.isfinite(surprise[:, 1])]
    assert known[0].astype(object) == date(2015, 3, 3) and surprise[-1, 1] == 0.25


@pytest.mark.parametrize(
    ("name", "text", "why"),
    [
        ("earnings", "symbol,date\nZZZ,2015-03-02\n", "no column surprise"),
        ("earnings", "symbol,date,surprise\nZZZ,2.3.2015,1\n", "line 2"),
        ("earnings", "symbol,date,surprise\nZZZ,2015-03-02,nan\n", "line 2"),
        ("bill_rate", "date,rate\n2015-02-02,0.01\n2015-02-03\n", "line 3"),
        ("index_level", "date,level\n2015-02-02,high\n", "line 2"),
    ],
)
def test_a_file_that_cannot_be_read_in_full_is_an_error(tmp_path: Path, name: str, text: str, why: str) -> None:
    with pytest.raises(DataError, match=why):
        load_folder(folder(tmp_path, **{name: text}))
