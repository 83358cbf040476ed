"""The 50 numbers in the place of a ticker: observable on the day, masked where unknown, and nothing from later."""

from dataclasses import replace
from datetime import date
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from portfolio.market import MarketPanel
from portfolio.universe import Universe
from rl.branches.metadata import Metadata, MetadataConfig, load_metadata, unread_signals
from rl.branches.metadata_table import BOUND, NAMES, NUMBERS, SIGNALS, table
from rl.branches.records import Branch, BranchUnavailable, RowBranchModel
from rl.networks import layer

ALL = Metadata(MetadataConfig(sectors=True))
PLAIN = Metadata(MetadataConfig())


def at(branch: Branch, name: str) -> tuple[np.ndarray, np.ndarray]:
    """Values and flags (T, N) of one number."""
    place = NAMES.index(name)
    return branch.values[..., place], branch.values[..., place + 50].astype(bool)


@pytest.fixture(scope="module")
def told(market_panel: MarketPanel) -> MarketPanel:
    """The panel with every signal that the branch reads; a report every 91 days, more or less."""
    random = np.random.default_rng(5)
    shape = market_panel.close.shape
    signals = {name: random.uniform(-0.2, 0.3, shape) for name in SIGNALS}
    signals["volume"] = random.lognormal(12, 1, shape)
    signals["implied_volatility"] = random.uniform(0.1, 0.5, shape)
    age, surprise = np.full(shape, np.nan), np.full(shape, np.nan)
    for j in range(shape[1]):
        reports = 100 + 3 * j + np.cumsum(random.integers(80, 100, 18))
        for row in reports[reports < shape[0]]:
            age[row:, j] = np.arange(1, shape[0] - row + 1)
            surprise[row:, j] = random.uniform(-0.5, 0.5)
    return replace(market_panel, signals={**signals, "earnings_age": age, "earnings_surprise": surprise})


def test_there_are_fifty_numbers_and_a_flag_for_each() -> None:
    assert len(NAMES) == len(set(NAMES)) == 50 and PLAIN.width == 100
    assert isinstance(PLAIN, RowBranchModel)
    assert all(f"`{name}`" in table() for name in NAMES)
    assert {number.source for number in NUMBERS} == {"universe", "prices", "signal"}


def test_the_page_lists_every_number() -> None:
    assert table() in (Path(__file__).parents[2] / "docs" / "branches.md").read_text(encoding="utf-8")


def test_every_number_is_known_somewhere_when_everything_is_supplied(told: MarketPanel, universe: Universe) -> None:
    other = Universe(name="x", assets=tuple(a.model_copy(update={"group": "Energy"}) for a in universe.assets))
    branch = ALL.describe(told, other)
    assert branch.values[..., 50:].any(axis=(0, 1)).all()
    assert np.isfinite(branch.values).all() and np.abs(branch.values).max() <= BOUND
    assert set(np.unique(branch.values[..., 50:])) == {0.0, 1.0}


def test_what_is_unknown_is_zero_and_says_so(market_panel: MarketPanel, universe: Universe) -> None:
    branch = PLAIN.describe(market_panel, universe)
    values, flags = branch.values[..., :50], branch.values[..., 50:].astype(bool)
    assert not values[~flags].any()
    for number in NUMBERS:
        if number.source == "signal" or number.name.startswith("sector"):
            assert not at(branch, number.name)[1].any(), f"{number.name} was not supplied"
    assert not branch.known[1300, 2] and not branch.values[1300, 2].any(), "delisted"


def test_zero_and_unknown_is_not_zero_and_known_for_the_policy(market_panel: MarketPanel, universe: Universe) -> None:
    silent = PLAIN.describe(market_panel, universe)
    neutral = replace(market_panel, signals={"analyst_rating": np.zeros(market_panel.close.shape)})
    spoken = PLAIN.describe(neutral, universe)
    assert (at(silent, "analyst_rating")[0] == at(spoken, "analyst_rating")[0]).all(), "both are zero"
    assert silent.values[1599, 0].tobytes() != spoken.values[1599, 0].tobytes()
    torch.manual_seed(0)
    first_layer = layer(PLAIN.width, 8)
    one, other = (first_layer(torch.from_numpy(branch.values[1599])) for branch in (silent, spoken))
    assert not torch.allclose(one, other)


@pytest.mark.parametrize("row", [300, 703, 915, 1003, 1400, 1599])
def test_a_day_needs_the_lookback_only_to_the_bit(told: MarketPanel, universe: Universe, row: int) -> None:
    part = ALL.describe(told.window(row + 1 - ALL.lookback, row + 1), universe)
    whole = ALL.describe_rows(told, universe, np.array([row]))
    assert part.values[-1].tobytes() == whole.values[0].tobytes()
    assert (part.known[-1] == whole.known[0]).all()


@settings(deadline=None, derandomize=True, max_examples=6)
@given(row=st.integers(5, 1590), seed=st.integers(0, 99))
def test_nothing_later_moves_a_day(told: MarketPanel, universe: Universe, row: int, seed: int) -> None:
    random = np.random.default_rng(seed)

    def shaken(values: np.ndarray) -> np.ndarray:
        out = values.copy()
        out[row + 1 :] *= random.uniform(0.1, 3.0, out[row + 1 :].shape)
        return out

    assert told.index is not None
    signals = {name: shaken(values) for name, values in told.signals.items()}
    later = replace(told, close=shaken(told.close), index=shaken(told.index), signals=signals)
    rows = np.array([row // 2, row])
    assert (
        ALL.describe_rows(later, universe, rows).values.tobytes()
        == ALL.describe_rows(told, universe, rows).values.tobytes()
    )


def test_the_day_on_which_an_asset_will_end_is_never_read(market_panel: MarketPanel, universe: Universe) -> None:
    other = Universe(
        name="x", assets=tuple(a.model_copy(update={"last_date": date(2011, 1, 1)}) for a in universe.assets)
    )
    assert ALL.describe(market_panel, other).values.tobytes() == ALL.describe(market_panel, universe).values.tobytes()


def test_the_price_level_and_the_dates_do_not_enter(told: MarketPanel, universe: Universe) -> None:
    shift = np.timedelta64(1000, "D")
    moved = replace(told, close=told.close * 4.0, dates=told.dates + shift)
    assets = tuple(
        a.model_copy(update={"first_date": (np.datetime64(a.first_date) + shift).astype(object)})
        for a in universe.assets
    )
    other = ALL.describe(moved, Universe(name="x", assets=assets))
    assert other.values.tobytes() == ALL.describe(told, universe).values.tobytes()


def test_the_sector_of_today_is_left_out_unless_asked_for(market_panel: MarketPanel, universe: Universe) -> None:
    groups = ("Energy", "US share funds", "Unknown")
    assets = tuple(a.model_copy(update={"group": g}) for a, g in zip(universe.assets[:3], groups, strict=True))
    panel, some = market_panel.select(("A", "B", "C")), Universe(name="three", assets=assets)
    assert not at(PLAIN.describe(panel, some), "sector_energy")[1].any()
    value, flag = at(ALL.describe(panel, some), "sector_energy")
    assert value[1000].tolist() == [1, 0, 0] and flag[1000].tolist() == [True, False, False]
    bare = Metadata(MetadataConfig(class_and_currency=False, listing_age=False)).describe(panel, some)
    for name in ("class_share", "currency_usd", "listing_age"):
        assert not at(bare, name)[1].any()


def test_the_usual_report_is_told_from_past_gaps_only(market_panel: MarketPanel, universe: Universe) -> None:
    age, surprise = np.full(market_panel.close.shape, np.nan), np.full(market_panel.close.shape, np.nan)
    for row, value in ((300, 0.1), (390, 0.3), (490, -0.1)):  # gaps of 90 and 100 days
        age[row:, 0] = np.arange(1, 1601 - row)
        surprise[row:, 0] = value
    panel = replace(market_panel, signals={"earnings_age": age, "earnings_surprise": surprise})
    branch = PLAIN.describe(panel, universe)
    due, due_known = at(branch, "earnings_due")
    assert not due_known[:390, 0].any(), "one report has no usual gap"
    assert due[389 + 11, 0] == pytest.approx((90 - 11) / 90, abs=1e-4)
    assert due[495, 0] == pytest.approx((95 - 6) / 90, abs=1e-4), "the median of 90 and 100"
    mean, mean_known = at(branch, "earnings_surprise_mean")
    assert not mean_known[:300, 0].any()
    assert [round(float(mean[row, 0]), 4) for row in (310, 400, 500)] == [0.1, 0.2, 0.1]
    assert due[1400, 0] < -3 or not due_known[1400, 0], "long overdue, or no longer usual"
    assert not at(branch, "earnings_age")[1][:, 1].any(), "another asset's reports are not its own"


def test_a_year_of_prices_gives_the_textbook_figures(market_panel: MarketPanel, universe: Universe) -> None:
    branch = PLAIN.describe(market_panel, universe)
    moves = market_panel.returns()[1348:1600]
    own, market = moves[:, 0], (market_panel.index[1348:1600] / market_panel.index[1347:1599] - 1)  # type: ignore[index]
    alive = [0, 1, 3, 4, 5, 6, 7]
    peers = moves[:, [j for j in alive if j != 0]].mean(axis=1)
    centred = own - own.mean()
    expected = {
        "correlation_to_market": np.corrcoef(own, market)[0, 1],
        "correlation_to_peers": np.corrcoef(own, peers)[0, 1],
        "skewness": (centred**3).mean() / own.std() ** 3,
        "worst_day": own.min() / own.std() / 5,
        "rising_days": 2 * (own > 0).mean() - 1,
        "still_days": 0.0,
    }
    for name, value in expected.items():
        assert at(branch, name)[0][1599, 0] == pytest.approx(value, abs=1e-4), name


def test_a_signal_that_no_number_reads_is_named(told: MarketPanel) -> None:
    assert unread_signals(told) == ()
    wrong = replace(told, signals={**told.signals, "analysts_rating": told.close})
    assert unread_signals(wrong) == ("analysts_rating",)


def test_saved_settings_are_read_back_and_a_missing_folder_says_so(tmp_path: Path) -> None:
    ALL.save(tmp_path)
    assert load_metadata(tmp_path).config == ALL.config
    with pytest.raises(BranchUnavailable, match="no metadata settings"):
        load_metadata(tmp_path / "nowhere")
    (tmp_path / "metadata.json").write_text('{"sectors": 7, "x": 1}')
    with pytest.raises(BranchUnavailable, match="not of this version"):
        load_metadata(tmp_path)
