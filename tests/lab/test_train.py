"""`quorum train` on a small made-up market: reproducible, resumable, honest in its card."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from lab.comparison import bootstrap_interval, figures
from lab.spread import Workers
from lab.train import Candidate, TrainConfig, TrainingMismatch, TrainProgress, train_on
from portfolio.market import MarketPanel
from portfolio.universe import Asset, Universe
from portfolio.views import ScoreHistory
from rl.allocator import Allocator
from rl.card import Span
from rl.checkpoint import read
from rl.networks import NetworkShape
from rl.ppo import PPOConfig

LEARNER = PPOConfig(
    shape=NetworkShape(hidden=8, persona=4, experts=2), updates=2, paths=2, steps=6, clients=3, epochs=1
)
TINY = TrainConfig(
    candidates=(
        Candidate(name="near", learner=LEARNER.model_copy(update={"action_range": 0.25})),
        Candidate(name="far", learner=LEARNER.model_copy(update={"action_range": 0.5, "sleeve": "inverse_volatility"})),
    ),
    seeds=(0, 1),
    fold_seeds=(0,),
    check_every=1,
    first="2010-06-01",
    folds=(("2012-06-01", "2012-12-31"), ("2013-01-01", "2013-06-30")),
    test=("2013-07-01", "2014-05-01"),
)


@pytest.fixture(scope="module")
def panel() -> MarketPanel:
    random = np.random.default_rng(8)
    close = 20.0 * np.cumprod(1.0 + random.normal(0.0004, 0.012, (1600, 5)), axis=0)
    dates = np.arange(np.datetime64("2010-01-01"), np.datetime64("2010-01-01") + 1600)
    return MarketPanel(dates=dates, symbols=tuple("ABCDE"), close=close, source="made up for a test")


@pytest.fixture(scope="module")
def scores(panel: MarketPanel) -> ScoreHistory:
    score = np.random.default_rng(9).uniform(-1, 1, (2, *panel.close.shape))
    return ScoreHistory(("value", "momentum"), score, np.full(score.shape, 0.5), np.ones(score.shape, dtype=np.bool_))


def silent(_: TrainProgress) -> None:
    return


def test_the_same_training_writes_the_same_bytes(panel: MarketPanel, scores: ScoreHistory, tmp_path: Path) -> None:
    for name in ("one", "two"):
        train_on(panel, scores, TINY, silent, folder=tmp_path / name)
    written = {path.name: path.read_bytes() for path in sorted((tmp_path / "one").iterdir())}
    assert set(written) == {"weights.safetensors", "card.json", "card.md"}
    assert written == {path.name: path.read_bytes() for path in sorted((tmp_path / "two").iterdir())}


def test_an_interrupted_training_resumes_to_the_same_bytes(
    panel: MarketPanel, scores: ScoreHistory, tmp_path: Path
) -> None:
    train_on(panel, scores, TINY, silent, folder=tmp_path / "whole")

    def stop(progress: TrainProgress) -> None:
        if progress.done == 3:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        train_on(panel, scores, TINY, stop, folder=tmp_path / "cut")
    assert not (tmp_path / "cut" / "card.json").exists(), "half a training leaves no checkpoint"
    seen: list[TrainProgress] = []
    train_on(panel, scores, TINY, seen.append, folder=tmp_path / "cut")
    assert seen[0].done == 4 and len(seen) < seen[-1].total, "finished jobs were not run again"
    for name in ("weights.safetensors", "card.json"):
        assert (tmp_path / "cut" / name).read_bytes() == (tmp_path / "whole" / name).read_bytes()


@pytest.mark.slow
def test_two_processes_train_to_the_same_bytes_as_one(panel: MarketPanel, scores: ScoreHistory, tmp_path: Path) -> None:
    alone = train_on(panel, scores, TINY, silent, folder=tmp_path / "one")
    spread = train_on(panel, scores, TINY, silent, folder=tmp_path / "two", workers=Workers(kind="processes", count=2))
    assert alone.card == spread.card


def test_branches_and_grafts_are_told_on_the_card_and_read_back_to_serve(
    panel: MarketPanel, scores: ScoreHistory, tmp_path: Path
) -> None:
    learner = LEARNER.model_copy(update={"shape": NetworkShape(hidden=8, persona=4, intent=True, expert_hidden=2)})
    config = TINY.model_copy(
        update={
            "candidates": (Candidate(name="intent", learner=learner),),
            "branches": ("metadata",),
            "graft_updates": 1,
        }
    )
    days = (panel.first_date, panel.last_date)
    universe = Universe(
        name="made up",
        assets=tuple(
            Asset(symbol=s, name=s, asset_class="share", group="Any", first_date=days[0], last_date=days[1])
            for s in panel.symbols
        ),
    )
    card = train_on(panel, scores, config, silent, folder=tmp_path, universe=universe).card
    assert card.config.shape.branches == (("metadata", 100),)
    assert sum("grafted" in line or "joint one stays" in line for line in card.mixture) == 4 * len(config.seeds)
    assert card.spans[0].last < card.folds[-1].first, "the fold that judges the grafts was not trained on"
    allocator = Allocator.load(tmp_path)
    assert [model.name for model in allocator.branches] == ["metadata"]
    assert allocator.missing == ()
    (tmp_path / "metadata.json").unlink()
    assert "metadata branch cannot be read" in Allocator.load(tmp_path).missing[0]


def test_a_branch_without_a_universe_is_an_error(panel: MarketPanel, scores: ScoreHistory, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="universe"):
        train_on(panel, scores, TINY.model_copy(update={"branches": ("metadata",)}), silent, folder=tmp_path)


def test_resuming_with_other_settings_is_an_error(panel: MarketPanel, scores: ScoreHistory, tmp_path: Path) -> None:
    def stop(progress: TrainProgress) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        train_on(panel, scores, TINY, stop, folder=tmp_path)
    with pytest.raises(TrainingMismatch, match="other settings or data"):
        train_on(panel, scores, TINY.model_copy(update={"cost": 0.002}), silent, folder=tmp_path)


def test_the_card_says_how_it_did_and_the_gate_follows_its_rule(
    panel: MarketPanel, scores: ScoreHistory, tmp_path: Path
) -> None:
    card = train_on(panel, scores, TINY, silent, folder=tmp_path).card
    assert read(tmp_path)[1] == card
    own = next(figure for figure in card.figures if figure.strategy == "policy (ensemble)")
    base = next(figure for figure in card.figures if figure.strategy == "baseline: equal weight")
    gate = card.gate
    assert gate.passed == (
        gate.validation_advantage > 0
        and gate.seeds_ahead >= 0.8 * gate.seeds
        and gate.test_low > 0
        and own.ratio > base.ratio
    )
    assert {f"{gate.test_advantage:+.2%}", f"{own.ratio:.3f}", f"{base.ratio:.3f}"} <= set(
        gate.reason.replace(",", "").rstrip(".").split()
    )
    assert card.ratio_name != "Sharpe ratio", "no bill rate, no Sharpe"
    assert {"risk parity", "inverse volatility", "mean-variance (max. Sharpe)"} <= {f.strategy for f in card.figures}
    assert card.spans[0].last <= card.folds[-1].last < card.spans[1].first
    assert gate.reason in (tmp_path / "card.md").read_text()


def test_the_test_years_change_neither_the_weights_nor_the_choice(
    panel: MarketPanel, scores: ScoreHistory, tmp_path: Path
) -> None:
    close = panel.close.copy()
    cut = int(np.searchsorted(panel.dates, np.datetime64("2013-07-01")))
    close[cut:] = close[cut:][::-1]
    other = MarketPanel(dates=panel.dates, symbols=panel.symbols, close=close, source=panel.source)
    first = train_on(panel, scores, TINY, silent, folder=tmp_path / "one").card
    second = train_on(other, scores, TINY, silent, folder=tmp_path / "two").card
    assert first.weights_sha256 == second.weights_sha256
    assert (first.candidates, first.folds) == (second.candidates, second.folds)
    assert first.figures != second.figures


def test_figures_of_holding_one_asset_are_that_assets_own(panel: MarketPanel) -> None:
    rows = np.arange(300, 1300, 21)
    weights = np.zeros((len(rows), 6))
    weights[:, 0] = 1.0
    span = Span.model_validate({"name": "x", "first": "2010-01-01", "last": "2014-01-01", "decisions": len(rows)})
    made = figures("one asset", span, panel, panel.dates[rows], weights, 0.001)
    own = panel.returns()[301 : rows[-1] + 22, 0].copy()
    own[0] = (1.0 - 0.001) * (1.0 + own[0]) - 1.0  # the purchase is paid for
    assert made.turnover == pytest.approx(252.0 / len(own), rel=1e-9)
    assert made.yearly_return == pytest.approx(own.mean() * 252, rel=1e-9)
    assert made.volatility == pytest.approx(own.std() * 252**0.5, rel=1e-9)


@pytest.mark.parametrize("known_until, name", [(1600, "Sharpe ratio"), (1500, "return over volatility")])
def test_a_bill_rate_counts_only_where_it_covers_every_year_used(
    panel: MarketPanel, scores: ScoreHistory, tmp_path: Path, known_until: int, name: str
) -> None:
    rate = np.where(np.arange(1600) < known_until, 0.02, np.nan)
    with_rate = replace(panel, cash_rate=rate, cash_rate_source="a made-up bill")
    card = train_on(with_rate, scores, TINY, silent, folder=tmp_path).card
    assert card.ratio_name.startswith(name)
    assert ("a made-up bill" in card.cash) == (known_until == 1600)


def test_the_bootstrap_brackets_a_mean_that_is_there_and_doubts_one_that_is_not() -> None:
    random = np.random.default_rng(0)
    strong = [(0.01 + random.normal(0, 0.01, 84)).astype(np.float32) for _ in range(3)]
    none = [random.normal(0, 0.01, 84).astype(np.float32) - np.float32(0.0) for _ in range(3)]
    low, high, chance = bootstrap_interval(strong, 1)
    assert 0 < low < 0.01 < high + 0.005 and chance > 0.99
    low, high, _ = bootstrap_interval(none, 1)
    assert low < 0.002 and high > -0.002
