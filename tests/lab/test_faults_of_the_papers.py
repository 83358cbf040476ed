"""Every fault that RESEARCH.md lists of chapter 74 and of the LSTM+PPO paper, and the test that this engine passes.

The list is held to the words of RESEARCH.md where that lies beside the repository, and to the tests that it names.
"""

import re
from dataclasses import replace
from datetime import date
from pathlib import Path

import numpy as np
import pytest
import torch

from agents.personas import load_personas, score_history
from lab.backtest.judge import judge
from lab.backtest.plan import BASELINE, Plan
from lab.backtest.seen import Seen, World, plain_mandate, seen_on
from lab.backtest.strategies import RULES
from lab.backtest.weights import joint_risk, weights_on
from lab.hybrid.records import HybridConfig
from lab.hybrid.universes import TREASURIES, cases
from lab.register import Trial, TrialFigures, trial_sharpes
from lab.train_config import TrainConfig
from lab.walk_forward.plan import FULL
from portfolio.market import Floats
from portfolio.metrics import sharpe_ratio
from portfolio.statistics import deflated_sharpe
from portfolio.views import ScoreHistory
from rl.hybrid import hybrid_market, ranked_weights, top_k_weights
from tools.errors import DataError
from tools.market.folder import load_folder
from tools.market.records import MarketData

ROOT = Path(__file__).parents[2]
HERE = "tests/lab/test_faults_of_the_papers.py"
RULES_OF_DEALING = "tests/portfolio/backtest/test_backtest_rules.py"
METRICS = "tests/portfolio/test_metrics.py"

Test = tuple[str, str]
"""A file and a test in it."""
CHAPTER_74: dict[str, tuple[Test, ...]] = {
    "weights never drift": ((RULES_OF_DEALING, "test_weights_drift_between_rebalances"),),
    "weekly groups by week number without year, so nothing after year one": (
        (
            "tests/portfolio/backtest/test_backtest_calendar.py",
            "test_weekly_decisions_go_on_after_the_first_year",
        ),
    ),
    "clip then renormalise turns a 0.30 cap into 0.494": (
        (HERE, "test_a_cap_of_30_percent_is_30_percent_and_not_49"),
        (
            RULES_OF_DEALING,
            "test_a_cap_holds_on_the_day_of_the_trade_because_weights_are_never_clipped_and_renormalised",
        ),
    ),
    "risk parity on daily covariance stops at equal weight after one iteration": (
        (HERE, "test_risk_parity_is_the_same_on_daily_and_yearly_covariance_and_is_not_equal_weight"),
    ),
    "infeasible caps are ignored": (
        ("tests/portfolio/limits/test_limits_decision.py", "test_caps_that_sum_below_one_leave_the_rest_in_cash"),
        (
            "tests/portfolio/limits/test_limits_decision.py",
            "test_cash_floor_and_group_floors_above_one_conflict_and_each_way_out_is_priced",
        ),
    ),
    "the LLM tilt is so small that it changes nothing": (
        (HERE, "test_scores_move_the_portfolios_that_are_said_to_read_them"),
    ),
    "Sharpe without risk-free rate": ((METRICS, "test_sharpe_is_over_the_bill_rate_and_cash_has_none"),),
    "Sortino from the deviation of negative returns": (
        (METRICS, "test_sortino_takes_the_deviation_below_target_over_all_periods"),
    ),
    "the first purchase charged half": ((RULES_OF_DEALING, "test_the_first_purchase_is_charged_in_full"),),
    "gross volatility beside net capital": (
        (RULES_OF_DEALING, "test_gross_and_net_are_two_accounts_of_the_same_trades"),
    ),
    "hash(symbol) seeds": (
        ("tests/test_architecture.py", "test_nothing_depends_on_the_clock_on_hash_or_on_unseeded_chance"),
    ),
    "a failed model scores everything 5.0 and invests": (
        (HERE, "test_where_nobody_speaks_the_portfolio_is_the_one_without_scores"),
    ),
    "sector_limits and personas exist only in prose": (
        (
            "tests/portfolio/limits/test_limits_unknown_sector.py",
            "test_the_sector_cap_binds_known_sectors_and_not_the_unknown_one",
        ),
        (HERE, "test_every_persona_scores_and_no_two_say_the_same"),
    ),
}
LSTM_PPO: dict[str, tuple[Test, ...]] = {
    "coins chosen with hindsight": (
        (HERE, "test_an_asset_is_held_only_once_its_prices_were_known"),
        (HERE, "test_the_hybrid_holds_a_coin_only_once_it_has_half_a_year_of_prices"),
    ),
    "yield changes used as bond returns": (
        (HERE, "test_a_yield_is_left_out_of_the_prices_and_a_bond_that_is_held_falls_when_its_yield_rises"),
        (HERE, "test_the_real_bond_funds_of_the_re_test_lost_in_the_year_in_which_yields_rose"),
    ),
    "printed benchmark Sharpes 100 times too small": ((HERE, "test_a_ratio_is_the_same_in_fractions_and_in_percent"),),
    "one run, no seeds": (
        (HERE, "test_every_seed_is_a_trial_and_none_is_the_best_one_shown"),
        (
            "tests/lab/test_lab_hybrid.py",
            "test_the_table_has_every_row_and_says_where_k_is_the_whole_universe",
        ),
    ),
    "at K = 10 PPO alone beats the hybrid on every column": (
        (HERE, "test_what_another_strategy_beats_on_every_column_is_not_called_better"),
    ),
}
"""The words of RESEARCH.md -> the tests that this engine passes."""
RESEARCH = ROOT.parent / "shared" / "RESEARCH.md"


@pytest.mark.parametrize("fault", sorted({**CHAPTER_74, **LSTM_PPO}))
def test_each_fault_has_a_test_and_the_test_is_there(fault: str) -> None:
    for path, name in {**CHAPTER_74, **LSTM_PPO}[fault]:
        assert re.search(rf"^def {name}\(", (ROOT / path).read_text(encoding="utf-8"), re.MULTILINE), name


@pytest.mark.skipif(not RESEARCH.is_file(), reason="RESEARCH.md is not beside the repository")
@pytest.mark.parametrize(
    ("title", "opening", "known"),
    [
        ("### 2. Chapter 74", "Its code's faults, each a test to write here: ", CHAPTER_74),
        ("### 4. Hybrid LSTM + PPO", "Faults: ", LSTM_PPO),
    ],
)
def test_every_fault_that_the_research_lists_is_here(
    title: str, opening: str, known: dict[str, tuple[Test, ...]]
) -> None:
    section = RESEARCH.read_text(encoding="utf-8").split(title, 1)[1].split("\n#", 1)[0]
    listed = section.split(opening, 1)[1].split("\n\n", 1)[0].replace("`", "")
    assert {" ".join(fault.split()) for fault in listed.strip().rstrip(".").split(";")} == set(known)


def test_every_seed_is_a_trial_and_none_is_the_best_one_shown() -> None:
    figures = TrialFigures(sharpe=0.5, certainty_equivalent=0.0, max_drawdown=0.1, volatility=0.1, turnover=1.0)
    trial = Trial(
        study="a study",
        universe="U",
        method="policy, median of seeds",
        first=date(2020, 1, 1),
        last=date(2020, 12, 31),
        config_sha256="0" * 64,
        weights_sha256="1" * 64,
        data_sha256="2" * 64,
        volatility=0.1,
        cost=0.001,
        seeds=(0, 1, 2),
        seed_sharpes=(-0.2, 0.5, 0.9),
        figures=figures,
        baseline=BASELINE,
        baseline_figures=figures,
        opened=date(2021, 1, 1),
    )
    counted = trial_sharpes([trial], "U", 252.0)
    assert sorted(counted * 252.0**0.5) == pytest.approx([-0.2, 0.5, 0.9])
    for config in (FULL, HybridConfig(), TrainConfig()):
        assert len(set(config.seeds)) >= 5
    # Three tries look better than one by luck, and the deflated ratio says so.
    excess = np.random.default_rng(0).normal(0.0004, 0.01, 1000)
    one, three = (deflated_sharpe(excess, counted[:count]) for count in (1, 3))
    assert one is not None and three is not None and three < one


def test_what_another_strategy_beats_on_every_column_is_not_called_better() -> None:
    rng = np.random.default_rng(0)
    market = rng.normal(0.0002, 0.008, 750)
    plain = market + 0.0010 + rng.normal(0.0, 0.001, 750)
    praised = 1.5 * market + 0.0002 + rng.normal(0.0, 0.004, 750)
    names = (BASELINE, "plain", "praised")
    table = np.column_stack([market, plain, praised])
    made = judge(
        names, table, np.zeros(750), 252.0, Plan(draws=200), baseline=BASELINE, trial_sharpes=np.array([0.02, 0.05])
    )
    assert made.of("plain").word == "better"
    doubt = made.of("praised")
    assert doubt.word != "better"
    for column in ("annual_return", "sharpe", "certainty_equivalent"):
        assert doubt.intervals[column].estimate < made.of("plain").intervals[column].estimate
    for column in ("volatility", "max_drawdown"):
        assert doubt.intervals[column].estimate > made.of("plain").intervals[column].estimate
    assert doubt.against["plain"].high < 0.0, "the difference to the one that beats it is told"


def seen_of(data: MarketData, scores: ScoreHistory | None = None, row: int = -1) -> Seen:
    made = score_history(load_personas(), data.panel) if scores is None else scores
    place = len(data.panel.dates) + row if row < 0 else row
    return seen_on(World(data.panel, data.universe, made), place, plain_mandate(0.1, 5.0), 0.5)


def sleeve(name: str, seen: Seen) -> Floats:
    return next(one for one in RULES if one.name == name).decide(seen)


def test_a_cap_of_30_percent_is_30_percent_and_not_49(backtest_data: MarketData) -> None:
    wanted = np.array([0.693, 0.2, 0.107, 0.0, 0.0, 0.0])
    clipped = np.minimum(wanted, 0.30)
    assert (clipped / clipped.sum()).max() == pytest.approx(0.494, abs=1e-3), "the chapter's way"
    seen = seen_of(backtest_data)
    world = World(seen.panel, seen.universe, seen.scores)
    greedy = replace(RULES[0], decide=lambda _: wanted)
    plan = Plan(cap=0.30, volatility=1.0)
    made = weights_on(greedy, seen, world.columns, joint_risk(seen, world), plan)
    assert made[:-1].max() <= 0.30 + 1e-9
    assert made.sum() == pytest.approx(1.0)


def test_risk_parity_is_the_same_on_daily_and_yearly_covariance_and_is_not_equal_weight(
    backtest_data: MarketData,
) -> None:
    calm = np.array([0.3, 1.0, 1.0, 1.0, 1.0, 2.5])
    panel = backtest_data.panel
    close = 40.0 * np.cumprod(1.0 + np.nan_to_num(panel.returns()) * calm, axis=0)
    yearly = seen_of(replace(backtest_data, panel=replace(panel, close=close)))
    daily = replace(yearly, covariance=yearly.covariance / 252.0)
    one, two = sleeve("risk-parity", yearly), sleeve("risk-parity", daily)
    assert np.allclose(one, two, atol=1e-9)
    shares = one * (yearly.covariance @ one)
    assert np.allclose(shares / shares.sum(), 1.0 / 6.0, atol=1e-6)
    assert np.abs(one - 1.0 / 6.0).max() > 0.05


def test_scores_move_the_portfolios_that_are_said_to_read_them(backtest_data: MarketData) -> None:
    seen = seen_of(backtest_data)
    assert seen.spoken.all()
    for name in ("blended-scores", "black-litterman"):
        other = replace(seen, score=-seen.score)
        moved = 0.5 * np.abs(sleeve(name, seen) - sleeve(name, other)).sum()
        assert moved > 0.02, f"{name}: opposite scores move {moved:.1%}"


def test_where_nobody_speaks_the_portfolio_is_the_one_without_scores(backtest_data: MarketData) -> None:
    shape = (1, *backtest_data.panel.close.shape)
    silent = ScoreHistory(("failed",), np.zeros(shape), np.zeros(shape), np.zeros(shape, dtype=bool))
    seen = seen_of(backtest_data, silent)
    for name in ("blended-scores", "black-litterman"):
        assert np.allclose(sleeve(name, seen), sleeve(BASELINE, seen), atol=1e-4), name


def test_every_persona_scores_and_no_two_say_the_same(backtest_data: MarketData) -> None:
    scores = score_history(load_personas(), backtest_data.panel)
    spoke = [place for place in range(len(scores.personas)) if scores.mask[place, -1].any()]
    assert len(spoke) >= 3, "value needs earnings, which this market has none of"
    said = {scores.score[place, -1].tobytes() for place in spoke}
    assert len(said) == len(spoke)


def test_an_asset_is_held_only_once_its_prices_were_known(backtest_data: MarketData) -> None:
    close = backtest_data.panel.close.copy()
    close[:700, 5] = np.nan
    data = replace(backtest_data, panel=replace(backtest_data.panel, close=close))
    before, after = seen_of(data, row=690), seen_of(data, row=1200)
    for name in (one.name for one in RULES):
        assert sleeve(name, before)[5] == 0.0, name
    assert sleeve(BASELINE, after)[5] > 0.0


def made_up_prices(folder: Path, closes: dict[str, Floats], dates: np.ndarray) -> None:
    """One CSV an asset; days without a price are left out of its file."""
    folder.mkdir(parents=True, exist_ok=True)
    for symbol, close in closes.items():
        lines = [f"{day},{price:.8f}" for day, price in zip(dates, close, strict=True) if np.isfinite(price)]
        (folder / f"{symbol}.csv").write_text("Date,Close\n" + "\n".join(lines) + "\n", encoding="utf-8")


def walk(rng: np.random.Generator, days: int) -> Floats:
    return np.asarray(50.0 * np.cumprod(1.0 + rng.normal(0.0003, 0.01, days)))


def test_the_hybrid_holds_a_coin_only_once_it_has_half_a_year_of_prices(tmp_path: Path) -> None:
    rng, start = np.random.default_rng(0), 400
    dates = np.arange(np.datetime64("2022-01-01"), np.datetime64("2024-01-01"))
    coins = {f"{name}-USD": walk(rng, len(dates)) for name in ("BTC", "ETH", "NEW", "XRP")}
    coins["NEW-USD"][:start] = np.nan
    coins["NEW-USD"][start:] *= np.linspace(1.0, 50.0, len(dates) - start)  # hindsight would have bought it
    made_up_prices(tmp_path / "us_crypto", coins, dates)
    made_up_prices(tmp_path / "etf", {name: walk(rng, len(dates)) for name in ("BIL", "SPY")}, dates)
    (case,) = cases(tmp_path, ("crypto",))
    new, rules = case.panel.symbols.index("NEW-USD"), HybridConfig().rules
    market = hybrid_market(case.panel, rules.model_copy(update={"step": case.step}))
    may = market.eligible.numpy()
    first = start + rules.min_days - 1
    assert rules.min_days == 126 and not may[:first, new].any() and may[first:, new].all()
    # Whatever is wished or foretold of it, both ways to weights leave it out until then.
    loved = np.where(np.arange(len(case.panel.symbols)) == new, 9.0, 0.0) + np.zeros(may.shape)
    ranked = ranked_weights(loved, may, 2)
    top = top_k_weights(torch.from_numpy(loved), market.eligible, torch.full((len(dates), 1), 2), rules.threshold)
    for weights in (ranked, top.numpy()):
        assert (weights[:first, new] == 0.0).all() and (weights[first:, new] > 0.0).all()


def test_a_yield_is_left_out_of_the_prices_and_a_bond_that_is_held_falls_when_its_yield_rises(tmp_path: Path) -> None:
    dates = np.arange(np.datetime64("2021-01-01"), np.datetime64("2024-01-01"))
    dates = dates[np.is_busday(dates)]
    rise = np.linspace(0.01, 0.05, len(dates))
    funds = {
        name: 100.0 * np.exp(-years * (rise - 0.01)) for name, years in (("SHY", 2.0), ("IEF", 8.0), ("TLT", 18.0))
    }
    yields = dict.fromkeys(("^TNX", "DGS10", "DGS3MO", "US10Y"), 100.0 * rise)
    rng = np.random.default_rng(0)
    others = {name: walk(rng, len(dates)) for name in ("BIL", "SPY", "GS")}
    made_up_prices(tmp_path / "etf", funds | yields | others, dates)
    made = load_folder(tmp_path / "etf")
    assert set(made.panel.symbols) == {"GS", "IEF", "SPY", "TLT"}, "bills are cash, and yields are nothing"
    told = {one.subject: one.text for one in made.report.findings if one.kind == "no_prices"}
    assert set(told) == set(yields) and all("is a yield and no price" in text for text in told.values())
    with pytest.raises(DataError, match="is a yield and no price"):
        load_folder(tmp_path / "etf", only=tuple(yields))
    (case,) = cases(tmp_path, ("treasuries",))
    growth = hybrid_market(case.panel, HybridConfig().rules).growth.numpy()[:-1]
    assert case.panel.symbols == TREASURIES and (growth < 1.0).all(), "every week lost, for the yield rose in each"


DATA = ROOT.parent / "shared" / "data" / "prices"


@pytest.mark.skipif(not (DATA / "etf").is_dir(), reason="the folder of real ETF prices is not here")
def test_the_real_bond_funds_of_the_re_test_lost_in_the_year_in_which_yields_rose() -> None:
    (case,) = cases(DATA, ("treasuries",))
    year = case.panel.close[case.panel.dates.astype("datetime64[Y]") == np.datetime64("2022", "Y")]
    lost = dict(zip(case.panel.symbols, year[-1] / year[0] - 1.0, strict=True))
    assert lost["TLT"] < lost["IEF"] < -0.10 < lost["SHY"] < 0.0, "the longer the bond, the more two points cost"


def test_a_ratio_is_the_same_in_fractions_and_in_percent() -> None:
    returns = np.random.default_rng(0).normal(0.0005, 0.01, 500)
    bill = np.full(500, 0.0001)
    assert sharpe_ratio(returns, bill, 252.0) == pytest.approx(sharpe_ratio(100.0 * returns, 100.0 * bill, 252.0))
    flat = (returns - bill).mean() / (returns - bill).std(ddof=1) * 252.0**0.5
    assert sharpe_ratio(returns, bill, 252.0) == pytest.approx(flat)
