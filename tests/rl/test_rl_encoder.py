"""The encoder reads the past only, serves assets it never saw, and does not find them all alike."""

from dataclasses import replace
from datetime import date
from pathlib import Path

import numpy as np
import pytest
import torch

from portfolio.market import MarketPanel
from portfolio.universe import Asset, Universe
from rl.branches.conformance import broken_clauses
from rl.branches.encoder import REGIMES, Encoder, EncoderConfig, PretrainingStep, load_encoder
from rl.branches.encoder_probe import describe_probe, linear_probe
from rl.branches.pretraining import measure, pretrain_encoder
from rl.branches.pretraining_tasks import contrast, crop, fit_cuts, hide, mean_cosine, regimes
from rl.branches.records import BranchUnavailable, RowBranchModel
from rl.branches.windows import LOOKBACK, WEEK

CUT = date(2013, 6, 1)
SMALL = EncoderConfig(width=12, shared=3, hidden=16, steps=60, days=8)


def quiet(_step: PretrainingStep) -> None:
    pass


@pytest.fixture(scope="module")
def encoder(market_panel: MarketPanel, universe: Universe) -> Encoder:
    return pretrain_encoder([market_panel], [universe], SMALL, CUT, quiet)


@pytest.fixture(scope="module")
def strangers() -> tuple[MarketPanel, Universe]:
    """Twelve assets of another market, of other names, calm and wild, some near the market and some not."""
    random = np.random.default_rng(77)
    days, names = 700, tuple(f"NEW{n}" for n in range(12))
    tail, beta = np.linspace(0.003, 0.02, 12), np.tile([0.6, 1.0, 1.4], 4)
    moves = 0.012 * random.standard_t(5, (days, 1)) * beta + tail * random.standard_t(5, (days, 12))
    dates = np.arange(np.datetime64("2001-01-01"), np.datetime64("2001-01-01") + days)
    close = 7.0 * np.exp(np.cumsum(moves, axis=0))
    panel = MarketPanel(dates=dates, symbols=names, close=close, source="made up: strangers")
    assets = tuple(
        Asset(
            symbol=n,
            name=n,
            asset_class="crypto",
            group="Other",
            first_date=panel.first_date,
            last_date=panel.last_date,
        )
        for n in names
    )
    return panel, Universe(name="strangers", assets=assets)


def test_the_encoder_keeps_the_contract_of_a_branch(
    encoder: Encoder, market_panel: MarketPanel, universe: Universe
) -> None:
    assert isinstance(encoder, RowBranchModel)
    whole = encoder.describe(market_panel, universe)
    assert whole.values.shape == (1600, 8, encoder.width) and whole.values.dtype == np.float32
    assert not whole.values[~whole.known].any()
    for row in (LOOKBACK - 1, 703, 915, 1003, 1599):
        part = encoder.describe(market_panel.window(row + 1 - LOOKBACK, row + 1), universe)
        assert part.values[-1].tobytes() == whole.values[row].tobytes()
        assert (part.known[-1] == whole.known[row]).all()
    rows = np.array([1500, 300, 800])
    assert encoder.describe_rows(market_panel, universe, rows).values.tobytes() == whole.values[rows].tobytes()


def test_the_encoder_passes_the_authors_check(encoder: Encoder, market_panel: MarketPanel, universe: Universe) -> None:
    assert broken_clauses(encoder, market_panel, universe, np.array([320, 905, 1201])) == ()


def test_no_later_price_moves_an_embedding(encoder: Encoder, market_panel: MarketPanel, universe: Universe) -> None:
    close = market_panel.close.copy()
    close[1001:] *= np.random.default_rng(1).lognormal(0, 1, close[1001:].shape)
    later = encoder.describe(replace(market_panel, close=close), universe)
    now = encoder.describe(market_panel, universe)
    assert later.values[:1001].tobytes() == now.values[:1001].tobytes()
    assert later.values[1001:].tobytes() != now.values[1001:].tobytes()


def test_nothing_after_the_cut_is_learnt_from(
    encoder: Encoder, market_panel: MarketPanel, universe: Universe, tmp_path: Path
) -> None:
    after = market_panel.dates > np.datetime64(CUT)
    assert market_panel.index is not None
    changed = replace(
        market_panel,
        close=np.where(after[:, None], 3.0, market_panel.close),
        index=np.where(after, 5.0, market_panel.index),
    )
    again = pretrain_encoder([changed], [universe], SMALL, CUT, quiet)
    assert again.card == encoder.card
    for made, name in ((encoder, "one"), (again, "two")):
        made.save(tmp_path / name)
    assert (tmp_path / "one/encoder.safetensors").read_bytes() == (tmp_path / "two/encoder.safetensors").read_bytes()
    assert again.card.until == CUT and again.card.trained_on[0].last < CUT


def test_a_saved_encoder_gives_the_same_bytes_and_a_damaged_one_says_so(
    encoder: Encoder, market_panel: MarketPanel, universe: Universe, tmp_path: Path
) -> None:
    encoder.save(tmp_path)
    loaded = load_encoder(tmp_path)
    assert loaded.card == encoder.card
    rows = np.array([900, 1599])
    there, here = (made.describe_rows(market_panel, universe, rows) for made in (loaded, encoder))
    assert there.values.tobytes() == here.values.tobytes()
    (tmp_path / "encoder.safetensors").write_bytes(b"not weights")
    with pytest.raises(BranchUnavailable, match="not those its card describes"):
        load_encoder(tmp_path)
    with pytest.raises(BranchUnavailable, match="no encoder can be read"):
        load_encoder(tmp_path / "nowhere")


def test_a_universe_it_never_saw_is_described_with_no_retraining(
    encoder: Encoder, strangers: tuple[MarketPanel, Universe]
) -> None:
    panel, universe = strangers
    branch = encoder.describe_rows(panel, universe, np.array([699]))
    assert branch.known.all() and np.isfinite(branch.values).all()
    figures = measure(encoder, panel, date(2002, 3, 1), panel.last_date)
    tasks = {task.name: task for task in figures.tasks}
    assert tasks["recovery"].loss < tasks["recovery"].trivial, "what it learnt of the market holds here"
    assert tasks["contrast"].loss < tasks["contrast"].trivial, "it tells strangers apart"
    assert figures.cosine is not None and figures.cosine < 0.9


def test_neither_the_names_nor_the_order_of_assets_enter(
    encoder: Encoder, strangers: tuple[MarketPanel, Universe]
) -> None:
    panel, universe = strangers
    rows = np.array([400, 699])
    panel = replace(panel, index=panel.close[:, 0])  # a mean over assets would be summed in another order
    turned = tuple(reversed(panel.symbols))
    other = Universe(name="turned", assets=tuple(universe.asset(symbol) for symbol in turned))
    plain = encoder.describe_rows(panel, universe, rows).values
    assert encoder.describe_rows(panel.select(turned), other, rows).values[:, ::-1].tobytes() == plain.tobytes()


def test_without_the_contrastive_loss_assets_look_alike(
    encoder: Encoder, market_panel: MarketPanel, universe: Universe
) -> None:
    control = SMALL.model_copy(update={"contrast": 0.0})
    collapsed = pretrain_encoder([market_panel], [universe], control, CUT, quiet)
    first, last = date(2013, 6, 2), market_panel.last_date
    without, with_it = (measure(e, market_panel, first, last).cosine for e in (collapsed, encoder))
    assert without is not None and with_it is not None
    assert with_it < without - 0.2


def test_several_universes_are_learnt_at_once(
    market_panel: MarketPanel, universe: Universe, strangers: tuple[MarketPanel, Universe]
) -> None:
    steps = SMALL.model_copy(update={"steps": 4})
    seen: list[int] = []
    panels, universes = [market_panel, strangers[0]], [universe, strangers[1]]
    made = pretrain_encoder(panels, universes, steps, CUT, lambda step: seen.append(step.done))
    assert seen == [1, 2, 3, 4]
    assert [told.name for told in made.card.trained_on] == ["made up", "strangers"]


def test_one_asset_alone_can_be_learnt_from_and_described(market_panel: MarketPanel, universe: Universe) -> None:
    panel, alone = market_panel.select(("A",)), Universe(name="one", assets=universe.assets[:1])
    made = pretrain_encoder([panel], [alone], SMALL.model_copy(update={"steps": 3}), CUT, quiet)
    assert made.card.holdout.cosine is None
    assert made.describe_rows(panel, alone, np.array([1599])).known.all()


def test_too_short_a_history_and_unlike_assets_are_refused_with_the_reason(
    market_panel: MarketPanel, universe: Universe
) -> None:
    with pytest.raises(ValueError, match="use a later cut"):
        pretrain_encoder([market_panel], [universe], SMALL, date(2010, 9, 1), quiet)
    with pytest.raises(ValueError, match="one of each"):
        pretrain_encoder([market_panel], [], SMALL, CUT, quiet)
    with pytest.raises(ValueError, match="not those of the universe"):
        pretrain_encoder([market_panel.select(("B", "A"))], [universe], SMALL, CUT, quiet)
    with pytest.raises(ValueError, match="must leave some"):
        EncoderConfig(width=4, shared=4)


def test_regimes_come_from_the_past_alone(market_panel: MarketPanel) -> None:
    cuts = fit_cuts(market_panel, np.arange(300, 900))
    close = market_panel.close.copy()
    close[1001:] *= 9.0
    assert market_panel.index is not None
    index = np.where(np.arange(1600) > 1000, 1.0, market_panel.index)
    changed = replace(market_panel, close=close, index=index)
    assert (regimes(changed, cuts)[:1001] == regimes(market_panel, cuts)[:1001]).all()
    assert fit_cuts(changed, np.arange(300, 900)) == cuts
    assert set(regimes(market_panel, cuts)[300:900]) == set(range(REGIMES))


def test_a_crop_keeps_one_stretch_and_hiding_leaves_the_market_in_sight() -> None:
    random = torch.Generator().manual_seed(0)
    window = torch.ones(200, 120, 7)
    kept = crop(window, 12, True, random)[..., 0].bool()
    assert kept[:, -1].all(), "the crop of the tasks ends on the day"
    lengths = kept.sum(dim=1)
    assert int(lengths.min()) == 12 * WEEK and int(lengths.max()) == 120
    assert ((kept[:, 1:] != kept[:, :-1]).sum(dim=1) <= 1).all()
    shown, hidden = hide(window, 0.3, random)
    days = hidden.repeat_interleave(WEEK, dim=1)
    assert not shown[days][:, :4].any() and bool((shown[days][:, 4:] == 1).all())
    assert bool((shown[~days] == 1).all())


def test_the_contrast_is_the_logarithm_of_the_assets_when_all_look_alike() -> None:
    present = torch.tensor([[True, True, True, False], [True, False, False, False]])
    told, count = contrast(torch.ones(2, 4, 5), torch.ones(2, 4, 5), present, 0.2)
    assert int(count) == 3, "one asset alone has nothing to be told from"
    assert float(told / count) == pytest.approx(np.log(3))


def test_the_mean_cosine_is_that_of_all_pairs() -> None:
    random = torch.Generator().manual_seed(1)
    embedding = torch.randn(2, 4, 5, generator=random)
    present = torch.tensor([[True, True, True, True], [True, True, False, False]])
    by_hand = []
    for day in range(2):
        for one in range(4):
            for other in range(4):
                if one != other and present[day, one] and present[day, other]:
                    cosine = torch.nn.functional.cosine_similarity(embedding[day, one], embedding[day, other], dim=0)
                    by_hand.append(float(cosine))
    assert mean_cosine(embedding, present) == pytest.approx(np.mean(by_hand), abs=1e-6)
    assert mean_cosine(embedding, torch.zeros(2, 4, dtype=torch.bool)) is None


def test_the_probe_is_fitted_before_the_cut_and_measured_after_it(
    encoder: Encoder, market_panel: MarketPanel, universe: Universe
) -> None:
    figures = linear_probe(encoder, market_panel, universe, CUT)
    assert [figure.question for figure in figures] == ["volatility", "return"]
    assert all(figure.samples > 100 and figure.branch < 0.5 for figure in figures), "made-up returns foretell nothing"
    assert "| volatility |" in describe_probe(figures)
    with pytest.raises(ValueError, match="both before and after"):
        linear_probe(encoder, market_panel, universe, market_panel.last_date)


def test_the_etf_folder_is_described_by_an_encoder_of_made_up_shares(encoder: Encoder) -> None:
    folder = Path(__file__).parents[3] / "shared" / "data" / "prices" / "etf"
    if not folder.is_dir():
        pytest.skip("the shared data are not here")
    from tools.market.folder import load_folder

    data = load_folder(folder)
    figures = measure(encoder, data.panel, date(2016, 1, 1), date(2023, 12, 29))
    tasks = {task.name: task for task in figures.tasks}
    assert tasks["contrast"].loss < tasks["contrast"].trivial
    assert figures.cosine is not None and figures.cosine < 0.9
    branch = encoder.describe_rows(data.panel, data.universe, np.arange(300, len(data.panel.dates), 300))
    assert branch.known.all() and np.isfinite(branch.values).all()
