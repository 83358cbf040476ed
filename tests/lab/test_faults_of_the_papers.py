"""Every fault that RESEARCH.md lists of chapter 74 and of the LSTM+PPO paper, and the test that this engine passes.

One list; a fault whose test stands elsewhere names it, and the list fails when that test is gone.
"""

import re
from dataclasses import replace
from datetime import date
from pathlib import Path

import numpy as np
import pytest

from agents.personas import load_personas, score_history
from lab.backtest.judge import judge
from lab.backtest.plan import BASELINE, Plan
from lab.backtest.seen import Seen, World, plain_mandate, seen_on
from lab.backtest.strategies import RULES
from lab.backtest.weights import joint_risk, weights_on
from lab.hybrid.records import HybridConfig
from lab.register import Trial, TrialFigures, trial_sharpes
from lab.train_config import TrainConfig
from lab.walk_forward.plan import FULL
from portfolio.market import Floats
from portfolio.metrics import sharpe_ratio
from portfolio.statistics import deflated_sharpe
from portfolio.views import ScoreHistory
from tools.market.records import MarketData

ROOT = Path(__file__).parents[2]
HERE = "tests/lab/test_faults_of_the_papers.py"
RULES_OF_DEALING = "tests/portfolio/backtest/test_backtest_rules.py"
METRICS = "tests/portfolio/test_metrics.py"

FAULTS: dict[str, tuple[str, str]] = {
    "chapter 74: weights never drift": (RULES_OF_DEALING, "test_weights_drift_between_rebalances"),
    "chapter 74: weekly by week number without year, nothing after year one": (
        "tests/portfolio/backtest/test_backtest_calendar.py",
        "test_weekly_decisions_go_on_after_the_first_year",
    ),
    "chapter 74: clip then renormalise turns a 0.30 cap into 0.494": (
        HERE,
        "test_a_cap_of_30_percent_is_30_percent_and_not_49",
    ),
    "chapter 74: weights are scaled up when they are dealt": (
        RULES_OF_DEALING,
        "test_a_cap_holds_on_the_day_of_the_trade_because_weights_are_never_clipped_and_renormalised",
    ),
    "chapter 74: risk parity on daily covariance stops at equal weight": (
        HERE,
        "test_risk_parity_is_the_same_on_daily_and_yearly_covariance_and_is_not_equal_weight",
    ),
    "chapter 74: infeasible caps are ignored": (
        "tests/portfolio/limits/test_limits_decision.py",
        "test_caps_that_sum_below_one_leave_the_rest_in_cash",
    ),
    "chapter 74: limits that exclude one another are ignored": (
        "tests/portfolio/limits/test_limits_decision.py",
        "test_cash_floor_and_group_floors_above_one_conflict_and_each_way_out_is_priced",
    ),
    "chapter 74: the tilt of the scores is so small that it changes nothing": (
        HERE,
        "test_scores_move_the_portfolios_that_are_said_to_read_them",
    ),
    "chapter 74: Sharpe without risk-free rate": (METRICS, "test_sharpe_is_over_the_bill_rate_and_cash_has_none"),
    "chapter 74: Sortino from the deviation of negative returns": (
        METRICS,
        "test_sortino_takes_the_deviation_below_target_over_all_periods",
    ),
    "chapter 74: the first purchase charged half": (RULES_OF_DEALING, "test_the_first_purchase_is_charged_in_full"),
    "chapter 74: gross volatility beside net capital": (
        RULES_OF_DEALING,
        "test_gross_and_net_are_two_accounts_of_the_same_trades",
    ),
    "chapter 74: hash(symbol) as seed": (
        "tests/test_architecture.py",
        "test_nothing_depends_on_the_clock_on_hash_or_on_unseeded_chance",
    ),
    "chapter 74: a failed model scores everything 5.0 and invests": (
        HERE,
        "test_where_nobody_speaks_the_portfolio_is_the_one_without_scores",
    ),
    "chapter 74: sector limits exist only in prose": (
        "tests/portfolio/limits/test_limits_unknown_sector.py",
        "test_the_sector_cap_binds_known_sectors_and_not_the_unknown_one",
    ),
    "chapter 74: personas exist only in prose": (HERE, "test_every_persona_scores_and_no_two_say_the_same"),
    "LSTM+PPO: coins chosen with hindsight": (HERE, "test_an_asset_is_held_only_once_its_prices_were_known"),
    "LSTM+PPO: yield changes used as bond returns": (HERE, "test_a_bond_fund_loses_when_yields_rise"),
    "LSTM+PPO: benchmark Sharpes a hundred times too small": (
        HERE,
        "test_a_ratio_is_the_same_in_fractions_and_in_percent",
    ),
    "LSTM+PPO: one run": (HERE, "test_every_seed_is_a_trial_and_none_is_the_best_one_shown"),
    "LSTM+PPO: no seeds": (
        "tests/lab/test_lab_hybrid.py",
        "test_the_table_has_every_row_and_says_where_k_is_the_whole_universe",
    ),
    "LSTM+PPO: the hybrid is praised though PPO alone beats it on every column": (
        HERE,
        "test_what_another_strategy_beats_on_every_column_is_not_called_better",
    ),
}


@pytest.mark.parametrize("fault", sorted(FAULTS))
def test_each_fault_has_a_test_and_the_test_is_there(fault: str) -> None:
    path, name = FAULTS[fault]
    assert re.search(rf"^def {name}\(", (ROOT / path).read_text(encoding="utf-8"), re.MULTILINE)


def test_every_fault_that_the_research_lists_is_here() -> None:
    """The words of RESEARCH.md, on chapter 74 and on arXiv 2511.17963, each in one of the list."""
    listed = (
        "never drift", "weekly", "renormalise", "risk parity", "infeasible caps", "tilt", "without risk-free",
        "Sortino", "first purchase", "gross volatility", "hash", "5.0", "sector limits", "personas exist only",
        "hindsight", "yield changes", "hundred times", "one run", "no seeds", "beats it on every column",
    )  # fmt: skip
    for words in listed:
        assert sum(words in fault for fault in FAULTS) == 1, words


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


def test_a_bond_fund_loses_when_yields_rise() -> None:
    folder = ROOT.parent / "shared" / "data" / "prices" / "etf"
    if not folder.is_dir():
        pytest.skip("the folder of real ETF prices is not here")
    from tools.market.folder import load_folder

    panel = load_folder(folder, only=("IEF", "TLT", "SPY")).panel
    year = panel.dates.astype("datetime64[Y]") == np.datetime64("2022", "Y")
    for fund in ("IEF", "TLT"):
        prices = panel.close[year, panel.symbols.index(fund)]
        assert prices[-1] / prices[0] - 1.0 < -0.10, "yields rose by more than two points in 2022"


def test_a_ratio_is_the_same_in_fractions_and_in_percent() -> None:
    returns = np.random.default_rng(0).normal(0.0005, 0.01, 500)
    bill = np.full(500, 0.0001)
    assert sharpe_ratio(returns, bill, 252.0) == pytest.approx(sharpe_ratio(100.0 * returns, 100.0 * bill, 252.0))
    flat = (returns - bill).mean() / (returns - bill).std(ddof=1) * 252.0**0.5
    assert sharpe_ratio(returns, bill, 252.0) == pytest.approx(flat)
