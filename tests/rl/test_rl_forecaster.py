"""The forecaster: walk-forward, blind to the future, the same bytes twice, and at home on assets it never saw."""

from dataclasses import replace
from datetime import date
from pathlib import Path

import numpy as np
import pytest
import torch

from portfolio.market import MarketPanel
from portfolio.universe import Asset, Universe
from rl.branches.forecaster import Forecaster, fit_forecaster, load_forecaster
from rl.branches.forecaster_fit import Cut, FitProgress, ForecasterConfig, cut_rows
from rl.branches.forecaster_network import BatchedAdam, forward, initial
from rl.branches.forecaster_series import period_series

SMALL = ForecasterConfig(
    step=5, periods=6, min_periods=3, hidden=6, batch=64, epochs=3, patience=3, stride=5, first_cut=2012, refit_years=1
)
PER_ASSET = SMALL.model_copy(update={"kind": "per_asset", "seeds": (0, 1)})


def quiet(_: FitProgress) -> None:
    """Say nothing."""


@pytest.fixture(scope="module", params=[SMALL, PER_ASSET], ids=["shared", "per_asset"])
def config(request: pytest.FixtureRequest) -> ForecasterConfig:
    assert isinstance(request.param, ForecasterConfig)
    return request.param


@pytest.fixture(scope="module")
def fitted(market_panel: MarketPanel, universe: Universe, config: ForecasterConfig) -> Forecaster:
    return fit_forecaster(market_panel, universe, config, quiet)


def test_later_prices_move_no_earlier_forecast_and_no_earlier_fit(
    market_panel: MarketPanel, universe: Universe, fitted: Forecaster, config: ForecasterConfig
) -> None:
    today = 1200
    close = market_panel.close.copy()
    close[today + 1 :] = close[today + 1 :] * np.random.default_rng(1).uniform(0.5, 2.0, close[today + 1 :].shape)
    other_panel = replace(market_panel, close=close)
    other = fit_forecaster(other_panel, universe, config, quiet)
    mine, theirs = fitted.describe(market_panel, universe), other.describe(other_panel, universe)
    assert mine.known[:today].any()
    np.testing.assert_array_equal(mine.values[: today + 1], theirs.values[: today + 1])
    np.testing.assert_array_equal(mine.known[: today + 1], theirs.known[: today + 1])
    assert not np.array_equal(mine.values[today + 1 :], theirs.values[today + 1 :])


def test_every_cut_was_fitted_on_targets_that_ended_before_its_first_day(fitted: Forecaster) -> None:
    assert len(fitted.cuts) == 3
    for cut in fitted.cuts:
        assert cut.card.data_until < cut.card.valid_from


def test_nothing_is_foretold_before_the_first_cut(
    market_panel: MarketPanel, universe: Universe, fitted: Forecaster
) -> None:
    branch = fitted.describe(market_panel, universe)
    before = market_panel.dates < np.datetime64(fitted.cuts[0].card.valid_from)
    assert not branch.known[before].any()
    assert not branch.values[~branch.known].any()


def test_the_last_day_of_a_window_is_the_same_to_the_bit_as_in_the_whole_panel(
    market_panel: MarketPanel, universe: Universe, fitted: Forecaster
) -> None:
    branch = fitted.describe(market_panel, universe)
    for row in (730, 900, 1003, 1210, 1599):
        alone = fitted.describe(market_panel.window(row + 1 - fitted.lookback, row + 1), universe)
        np.testing.assert_array_equal(alone.values[-1], branch.values[row])
        np.testing.assert_array_equal(alone.known[-1], branch.known[row])


def test_chosen_rows_are_the_rows_of_the_whole(
    market_panel: MarketPanel, universe: Universe, fitted: Forecaster
) -> None:
    rows = np.array([800, 1100, 1500])
    np.testing.assert_array_equal(
        fitted.at(market_panel, universe, rows).values, fitted.describe(market_panel, universe).values[rows]
    )


def test_the_same_fit_twice_writes_the_same_bytes_and_reads_back(
    market_panel: MarketPanel, universe: Universe, fitted: Forecaster, config: ForecasterConfig, tmp_path: Path
) -> None:
    again = fit_forecaster(market_panel, universe, config, quiet)
    fitted.save(tmp_path / "one")
    again.save(tmp_path / "two")
    for ending in ("safetensors", "json"):
        name = f"forecaster.{ending}"
        assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "two" / name).read_bytes()
    read = load_forecaster(tmp_path / "one")
    np.testing.assert_array_equal(
        read.describe(market_panel, universe).values, fitted.describe(market_panel, universe).values
    )


def test_an_interrupted_fit_takes_up_its_finished_cuts(market_panel: MarketPanel, universe: Universe) -> None:
    made: list[Cut] = []
    whole = fit_forecaster(market_panel, universe, SMALL, lambda step: made.append(step.cut))
    resumed = fit_forecaster(market_panel, universe, SMALL, quiet, finished=made[:2])
    assert [cut is kept for cut, kept in zip(resumed.cuts, made, strict=True)] == [True, True, False]
    for name, value in whole.cuts[2].weights.items():
        assert torch.equal(value, resumed.cuts[2].weights[name])


def test_a_longer_history_keeps_the_old_cuts_and_other_settings_do_not(
    market_panel: MarketPanel, universe: Universe
) -> None:
    early = fit_forecaster(market_panel.window(0, 1100), universe, SMALL, quiet)
    later = fit_forecaster(market_panel, universe, SMALL, quiet, finished=early.cuts)
    assert later.cuts[0] is early.cuts[0]
    other = fit_forecaster(market_panel, universe, SMALL.model_copy(update={"epochs": 2}), quiet, finished=early.cuts)
    assert other.cuts[0] is not early.cuts[0]


def test_the_shared_kind_serves_an_asset_it_never_saw(market_panel: MarketPanel, universe: Universe) -> None:
    known = universe.model_copy(update={"assets": universe.assets[:7]})
    forecaster = fit_forecaster(market_panel.select(known.symbols), known, SMALL, quiet)
    branch = forecaster.describe(market_panel, universe)
    assert branch.known[-1, 7]
    alone = universe.model_copy(update={"assets": (universe.assets[7],)})
    one = forecaster.describe(market_panel.select(("H",)), alone)
    np.testing.assert_array_equal(one.values[:, 0], branch.values[:, 7])


def test_the_kind_per_asset_has_nothing_to_say_on_an_asset_it_never_saw(
    market_panel: MarketPanel, universe: Universe
) -> None:
    known = universe.model_copy(update={"assets": universe.assets[:7]})
    forecaster = fit_forecaster(market_panel.select(known.symbols), known, PER_ASSET, quiet)
    branch = forecaster.describe(market_panel, universe)
    assert branch.known[-1, 0]
    assert not branch.known[:, 7].any()


def test_the_price_level_and_the_symbol_do_not_matter(market_panel: MarketPanel, universe: Universe) -> None:
    forecaster = fit_forecaster(market_panel, universe, SMALL, quiet)
    symbols = tuple("STUVWXYZ")
    renamed = universe.model_copy(
        update={
            "assets": tuple(a.model_copy(update={"symbol": s}) for a, s in zip(universe.assets, symbols, strict=True))
        }
    )
    other = replace(market_panel, symbols=symbols, close=market_panel.close * 1024.0)
    np.testing.assert_array_equal(
        forecaster.describe(other, renamed).values, forecaster.describe(market_panel, universe).values
    )


def test_the_scaling_comes_from_the_training_part_alone(market_panel: MarketPanel, universe: Universe) -> None:
    row = cut_rows(market_panel, SMALL)[0]
    close = market_panel.close.copy()
    # The validation part of the first cut becomes twenty times as wild; scaling must not notice.
    late = slice(row - 60, row)
    close[late] *= np.exp(np.random.default_rng(2).normal(0, 0.3, close[late].shape))
    wild = fit_forecaster(replace(market_panel, close=close), universe, SMALL, quiet).cuts[0]
    calm = fit_forecaster(market_panel, universe, SMALL, quiet).cuts[0]
    assert torch.equal(wild.input_std, calm.input_std)
    assert torch.equal(wild.target_mean, calm.target_mean)
    assert wild.card.validation_loss != calm.card.validation_loss


def test_too_little_history_says_what_to_do(market_panel: MarketPanel, universe: Universe) -> None:
    with pytest.raises(ValueError, match="set a later first_cut"):
        fit_forecaster(market_panel.window(0, 380), universe, SMALL, quiet)


def test_a_pattern_that_is_there_is_found() -> None:
    """Moves that follow their predecessor with the opposite sign: both kinds must foretell the sign."""
    random = np.random.default_rng(5)
    weeks, assets = 420, 4
    moves = np.zeros((weeks, assets))
    for week in range(1, weeks):
        moves[week] = -0.8 * moves[week - 1] + random.normal(0, 0.02, assets)
    daily = np.repeat(moves / 5.0, 5, axis=0)
    dates = np.arange(np.datetime64("2010-01-01"), np.datetime64("2010-01-01") + len(daily))
    symbols = tuple("ABCD")
    panel = MarketPanel(dates=dates, symbols=symbols, close=np.cumprod(1 + daily, axis=0), source="made up")
    first, last = date(2010, 1, 1), date(2015, 9, 30)
    universe = Universe(
        name="made up",
        assets=tuple(
            Asset(symbol=s, name=s, asset_class="share", group="Any", first_date=first, last_date=last) for s in symbols
        ),
    )
    for kind in (SMALL, PER_ASSET):
        config = kind.model_copy(update={"epochs": 15, "learning_rate": 1e-2, "first_cut": 2014, "refit_years": 5})
        fitted = fit_forecaster(panel, universe, config, quiet)
        rows = np.arange(1469, len(dates) - 5, 5)
        made, known = fitted.by_seed(panel, rows)
        truth = period_series(panel, 5, 6, 3).target.numpy()[rows, :, 0]
        assert known.all()
        assert (np.sign(made.mean(axis=0)[..., 0]) == np.sign(truth)).mean() > 0.7


def test_the_batched_recurrence_and_its_gradients_are_those_of_torch() -> None:
    random = torch.Generator().manual_seed(0)
    models, hidden, inputs = 3, 5, 2
    weights = {name: value.double() for name, value in initial(models, inputs, hidden, 2, random).items()}
    weights["head"] = torch.randn(models, hidden, 2, generator=random).double()
    windows = torch.randn(7, models, 4, inputs, generator=random).double()
    for value in weights.values():
        value.requires_grad_()
    out = forward(weights, windows)
    (out**2).sum().backward()
    # torch orders its gates input, forget, candidate, output.
    order = torch.cat(
        [torch.arange(0, 2 * hidden), torch.arange(3 * hidden, 4 * hidden), torch.arange(2 * hidden, 3 * hidden)]
    )
    for model in range(models):
        peer = torch.nn.LSTM(inputs, hidden).double()
        with torch.no_grad():
            peer.weight_ih_l0.copy_(weights["input"][model].T[order])
            peer.weight_hh_l0.copy_(weights["recurrent"][model].T[order])
            peer.bias_ih_l0.copy_(weights["bias"][model, 0][order])
            peer.bias_hh_l0.zero_()
        head = weights["head"][model].detach()
        theirs = peer(windows[:, model])[0][-1] @ head
        torch.testing.assert_close(theirs, out[model])
        (theirs**2).sum().backward()
        recurrent = weights["recurrent"].grad
        assert recurrent is not None
        torch.testing.assert_close(peer.weight_hh_l0.grad, recurrent[model].T[order])


def test_the_batched_adam_steps_as_torch_does_also_after_a_model_left() -> None:
    random = torch.Generator().manual_seed(0)
    start = torch.randn(3, 4, 2, generator=random)
    going = torch.tensor([True, False, True])
    mine = BatchedAdam({"w": start}, 1e-2, 1e-1)
    peer = start[going].clone().requires_grad_()
    optimiser = torch.optim.Adam([peer], lr=1e-2, weight_decay=1e-1)
    for step in range(6):
        aim = torch.randn(3, 4, 2, generator=random)
        if step == 3:
            mine.keep(going)
        weights = mine.weights["w"]
        ((weights - (aim[going] if step >= 3 else aim)) ** 2).sum().backward()
        mine.step()
        optimiser.zero_grad()
        ((peer - aim[going]) ** 2).sum().backward()
        optimiser.step()
    torch.testing.assert_close(mine.weights["w"].detach(), peer.detach())
