"""The re-test of the LSTM-PPO paper: every row of its table, looks counted, and a page made from results alone."""

from dataclasses import replace
from datetime import date
from pathlib import Path

import numpy as np
import pytest

from lab.hybrid import measure, run
from lab.hybrid_page import section, sharpe_interval
from lab.hybrid_quality import measure_quality
from lab.hybrid_records import REHEARSALS, HybridConfig, Result
from lab.hybrid_universes import SLUGS, TREASURIES, Case, cases
from portfolio.market import Floats, MarketPanel
from portfolio.universe import Asset, Universe
from rl.branches.forecaster_fit import ForecasterConfig
from rl.hybrid_ppo import HybridPPOConfig

SMALL = HybridConfig(
    tops=(2, 5),
    seeds=(0, 1),
    hidden=4,
    shared_hidden=4,
    epochs=2,
    ppo=HybridPPOConfig(updates=1, epochs=1, hidden=4),
    quality_shared=ForecasterConfig(first_cut=2021, refit_years=4, hidden=4, epochs=2),
)
DATA = Path(__file__).parents[2].parent / "shared" / "data" / "prices"


@pytest.fixture(scope="module")
def case() -> Case:
    random = np.random.default_rng(0)
    dates = np.arange(np.datetime64("2018-01-01"), np.datetime64("2024-01-01"))
    dates = dates[np.is_busday(dates)]
    symbols = ("A", "B", "C", "D")
    moves = np.asarray(random.normal(0.0004, 0.01, (len(dates), len(symbols))), dtype=np.float64)
    close: Floats = 10.0 * np.cumprod(1.0 + moves, axis=0, dtype=np.float64)
    close[:900, 3] = np.nan
    panel = MarketPanel(dates=dates, symbols=symbols, close=close, source="made up")
    first, last = date(2018, 1, 1), date(2023, 12, 29)
    universe = Universe(
        name="made up",
        assets=tuple(
            Asset(symbol=s, name=s, asset_class="share", group="Any", first_date=first, last_date=last) for s in symbols
        ),
    )
    return Case("us-shares", "Made-up shares", panel, universe, 5, 2023, "None of it is real.")


def silent(_: str) -> None:
    """Say nothing."""


def test_the_table_has_every_row_and_says_where_k_is_the_whole_universe(case: Case) -> None:
    result = measure(case, SMALL, silent)
    found = [(row.strategy, row.top, row.seeds) for row in result.rows]
    learned = ("LSTM only", "LSTM only, shared", "PPO only", "hybrid")
    assert found == [
        ("equal weight", "", 1),
        *((name, top, 2) for name in learned for top in ("2", "5 (all 4)")),
    ]
    assert result.runs == 17
    assert result.ratio_over == "zero"
    assert all((row.ahead is None) == (row.strategy == "equal weight") for row in result.rows)
    text = section(Result(command="a test", config=SMALL, cases=(result,), quality=None))
    assert text.startswith("## What this says\n\n**A hybrid of LSTM and PPO ")
    assert "Looks at the test years: 17" in text
    assert f"after {REHEARSALS} runs" in " ".join(text.split())
    assert "crypto, bundled, indonesia: run the command" in text
    assert "| hybrid | 5 (all 4) |" in text
    assert "turnover a year | beside equal weight |" in text
    old = result.model_copy(update={"rows": tuple(row.model_copy(update={"ahead": None}) for row in result.rows)})
    kept = section(Result(command="a test", config=SMALL, cases=(old,), quality=None))
    assert "turnover a year | beside equal weight |" not in kept
    assert "25.4 / 9.8 / 10.3 %" in text  # the paper's own figures stand beside ours


def test_the_same_measurement_twice_is_the_same(case: Case) -> None:
    assert measure(case, SMALL, silent) == measure(case, SMALL, silent)


def test_in_a_year_in_which_nothing_moves_only_costs_are_lost(case: Case) -> None:
    start = int(np.searchsorted(case.panel.dates, np.datetime64("2023-01-01")))
    close = case.panel.close.copy()
    close[start:] = close[start - 1]
    result = measure(replace(case, panel=replace(case.panel, close=close)), SMALL, silent)
    for row in result.rows:
        assert row.annual_return.high <= 0.0
        # One-way turnover: what is bought was sold, and both are charged.
        assert row.annual_return.low >= -0.001 * 2.0 * row.turnover.high - 1e-3


def test_the_forecasters_are_judged_beside_what_anyone_could_say(case: Case) -> None:
    result = measure_quality(case.panel, case.universe, SMALL, "key", silent)
    by_name = {(row.forecaster, row.target): row for row in result.rows}
    zero = by_name["zero (always up, for the hit rate)", "return"]
    assert zero.information_coefficient is None
    assert zero.explained == 0.0
    assert by_name["the last month's", "volatility"].explained == 0.0
    judged = by_name["LSTM, shared", "return"]
    assert judged.dates > 20
    assert judged.information_coefficient is not None
    told = section(Result(command="a test", config=SMALL, cases=(), quality=result))
    assert "no predictive power" in told


def test_what_is_kept_becomes_page_and_figures_without_being_measured_again(tmp_path: Path, case: Case) -> None:
    kept = measure(case, SMALL, silent).model_copy(update={"slug": "crypto"})
    (tmp_path / "lstm-ppo").mkdir()
    (tmp_path / "lstm-ppo" / "crypto.json").write_text(kept.model_dump_json(), encoding="utf-8")
    out = tmp_path / "lstm-ppo.md"
    result = run(tmp_path, out, (), SMALL, silent, command="a test")
    first = (tmp_path / "evidence" / "lstm_ppo.json").read_bytes()
    assert result.cases == (kept,) and Result.model_validate_json(first) == result
    assert out.read_text(encoding="utf-8").endswith("JSON in `evidence/lstm_ppo.json`.\n")
    run(tmp_path, out, (), SMALL, silent, command="a test")
    assert (tmp_path / "evidence" / "lstm_ppo.json").read_bytes() == first


def test_a_year_says_little_about_a_sharpe_ratio_and_twenty_five_say_more() -> None:
    low, high = sharpe_interval(0.0)
    assert (low, high) == pytest.approx((-1.6449, 1.6449))
    low, high = sharpe_interval(0.0, years=25.0)
    assert high - low == pytest.approx(2 * 1.6449 / 5.0)
    assert sharpe_interval(2.0)[1] > 2.0 + 1.6449


@pytest.mark.skipif(not DATA.is_dir(), reason="the shared price files are not beside the repository")
def test_real_universes_are_those_of_the_page() -> None:
    made = {case.slug: case for case in cases(DATA, SLUGS)}
    assert tuple(made) == SLUGS
    assert made["treasuries"].panel.symbols == TREASURIES
    assert made["crypto"].step == 7
    assert not set(made["crypto"].panel.symbols) & set(made["us-shares"].panel.symbols)
    assert made["indonesia"].panel.cash_rate is None
    for slug, case in made.items():
        assert str(case.panel.dates[-1])[:4] == str(case.test_year), slug
        assert case.panel.dates[0] >= np.datetime64("2018-01-01")
        if slug != "indonesia":
            rate = case.panel.cash_rate
            assert rate is not None
            assert np.isfinite(rate).all()
