"""The re-test of the LSTM-PPO paper: every row of its table, every look registered, and a page from results alone."""

from dataclasses import replace
from datetime import date
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from app.main import cli
from lab.hybrid.forecasts import case_questions, foretell, told
from lab.hybrid.page import section, sharpe_interval
from lab.hybrid.records import REHEARSALS, HybridConfig, Measured, Result
from lab.hybrid.register import STUDY, trials_of
from lab.hybrid.study import Study, run_study
from lab.hybrid.table import measure
from lab.hybrid.universes import SLUGS, TREASURIES, Case, cases
from lab.register import Register, trial_sharpes
from lab.spread import SpreadProgress, Workers
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


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("hybrid")


@pytest.fixture(scope="module")
def study(case: Case, folder: Path) -> Study:
    """The whole study on one made-up universe, whose prices are the long history too."""
    return run_study([case], (case.panel, case.universe), SMALL, command="a test", folder=folder)


def measured(case: Case) -> Measured:
    questions = case_questions(case, SMALL)
    return measure(case, SMALL, {kind: told(foretell(questions, kind)) for kind in questions})


def test_the_table_has_every_row_and_says_where_k_is_the_whole_universe(study: Study) -> None:
    (result,) = study.result.cases
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
    assert f"{REHEARSALS} runs on the same years" in " ".join(text.split())
    assert "crypto, bundled, indonesia: left out" in text
    assert "| hybrid | 5 (all 4) |" in text
    assert "turnover a year | beside equal weight |" in text
    assert "25.4 / 9.8 / 10.3 %" in text  # the paper's own figures stand beside ours


def test_every_look_at_a_test_year_is_registered_once_with_every_seed(study: Study, tmp_path: Path) -> None:
    trials = trials_of(study.measured, SMALL, date(2026, 1, 1))
    (result,) = study.result.cases
    assert len(trials) == len(result.rows)
    assert sum(len(one.seeds) for one in trials) == study.result.runs
    for one, row in zip(trials, result.rows, strict=True):
        assert one.study == STUDY and one.universe == "made up" and row.strategy in one.method
        assert (one.first, one.last) == (date(2023, 1, 2), date(2023, 12, 29)), "the test year, and no day of training"
        assert (min(one.seed_sharpes), max(one.seed_sharpes)) == (row.ratio.low, row.ratio.high)
        assert one.figures.sharpe in one.seed_sharpes
        assert one.baseline == "equal weight" and one.baseline_figures == trials[0].figures
        assert row.turnover.low <= one.figures.turnover <= row.turnover.high
    register = Register(tmp_path / "trials.jsonl")
    assert register.open(trials) == len(trials)
    assert register.open(trials_of(study.measured, SMALL, date(2026, 1, 2))) == 0
    assert len(trial_sharpes(register.trials(), "made up", 252.0)) == study.result.runs


@pytest.mark.parametrize(
    ("lost", "workers"),
    [("us-shares-per_asset", Workers(kind="processes", count=1)), ("us-shares-[0-9a-f]", Workers())],
    ids=["a forecaster in a process", "the table here"],
)
def test_a_run_taken_up_again_makes_only_what_is_missing_the_same_in_another_process(
    case: Case, folder: Path, study: Study, lost: str, workers: Workers
) -> None:
    (kept,) = folder.iterdir()
    before = {path: path.read_bytes() for path in kept.iterdir()}
    assert len(before) == 6  # two forecasters of the universe, two of the long history, one table, and the key
    (gone,) = kept.glob(f"{lost}*")
    gone.unlink()
    made: list[SpreadProgress] = []
    again = run_study(
        [case],
        (case.panel, case.universe),
        SMALL,
        command="a test",
        folder=folder,
        workers=workers,
        progress=made.append,
    )
    assert [step.name for step in made] == [gone.name]
    assert {path: path.read_bytes() for path in kept.iterdir()} == before
    assert again == study


def test_a_part_that_is_kept_is_not_made_again_for_the_whole(case: Case, folder: Path, study: Study) -> None:
    made: list[SpreadProgress] = []
    alone = run_study([case], None, SMALL, command="a test", folder=folder, progress=made.append)
    assert alone.result.cases == study.result.cases and alone.result.quality is None and made == []


def test_in_a_year_in_which_nothing_moves_only_costs_are_lost(case: Case) -> None:
    start = int(np.searchsorted(case.panel.dates, np.datetime64("2023-01-01")))
    close = case.panel.close.copy()
    close[start:] = close[start - 1]
    for row in measured(replace(case, panel=replace(case.panel, close=close))).case.rows:
        assert row.annual_return.high <= 0.0
        # One-way turnover: what is bought was sold, and both are charged.
        assert row.annual_return.low >= -0.001 * 2.0 * row.turnover.high - 1e-3


def test_the_forecasters_are_judged_beside_what_anyone_could_say(study: Study) -> None:
    result = study.result.quality
    assert result is not None
    by_name = {(row.forecaster, row.target): row for row in result.rows}
    zero = by_name["zero (always up, for the hit rate)", "return"]
    assert zero.information_coefficient is None
    assert zero.explained == 0.0
    assert by_name["the last month's", "volatility"].explained == 0.0
    judged = by_name["LSTM, shared", "return"]
    assert judged.dates > 20
    assert judged.information_coefficient is not None
    assert "no predictive power" in section(Result(command="a test", config=SMALL, cases=(), quality=result))


def test_the_command_writes_its_page_its_figures_and_its_trials(tmp_path: Path) -> None:
    dates = np.arange(np.datetime64("2018-01-01"), np.datetime64("2024-01-01"))
    dates = dates[np.is_busday(dates)]
    rng = np.random.default_rng(1)
    (tmp_path / "prices" / "etf").mkdir(parents=True)
    for symbol, width in (("IEF", 0.004), ("SHY", 0.001), ("TLT", 0.008), ("SPY", 0.01), ("BIL", 0.00001)):
        close = 50.0 * np.cumprod(1.0 + 0.0001 + rng.normal(0.0, width, len(dates)))
        lines = [f"{day},{price:.6f}" for day, price in zip(dates, close, strict=True)]
        (tmp_path / "prices" / "etf" / f"{symbol}.csv").write_text("Date,Close\n" + "\n".join(lines) + "\n")
    out, book = tmp_path / "docs" / "lstm-ppo.md", tmp_path / "trials.jsonl"
    words = ["evaluate", "lstm-ppo", "--prices", str(tmp_path / "prices"), "--register", str(book)]
    words += ["--only", "treasuries", "--quick", "--out", str(out), "--home", str(tmp_path / "home")]
    first = CliRunner().invoke(cli, [*words, "--today", "2026-01-01"])
    assert first.exit_code == 0, first.output
    page, registered = out.read_text(encoding="utf-8"), book.read_bytes()
    made = page.split("Made by `quorum ", 1)[1].split("`", 1)[0]
    told = ["evaluate", "lstm-ppo", "--prices", "prices", "--register", "trials.jsonl"]
    assert sorted(made.split()) == sorted([*told, "--only", "treasuries", "--quick"]), "and no folder of one machine"
    result = Result.model_validate_json((out.parent / "evidence" / "lstm_ppo.json").read_bytes())
    assert sum(len(one.seeds) for one in Register(book).trials()) == result.runs == 9
    again = CliRunner().invoke(cli, [*words, "--today", "2026-01-02", "--json"])
    assert Result.model_validate_json(again.stdout) == result
    assert (out.read_text(encoding="utf-8"), book.read_bytes()) == (page, registered)


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
