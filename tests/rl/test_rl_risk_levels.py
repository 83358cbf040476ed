"""Risk follows what was asked: within the tolerance in most years, and rising with the level."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from portfolio.market import MarketPanel
from portfolio.risk import covariance
from portfolio.views import ScoreHistory
from rl.baseline import eligible_assets, risk_of, together
from rl.environment import Market, market_of
from rl.features import carried
from rl.risk_levels import yearly_volatility_table


@pytest.fixture(scope="module")
def market(market_panel: MarketPanel, score_history: ScoreHistory) -> Market:
    return market_of(market_panel, score_history)


def test_realised_risk_rises_with_the_level_and_stays_near_it(market_panel: MarketPanel, market: Market) -> None:
    table = yearly_volatility_table(market_panel, market, "2011-01-01", "2014-05-19")
    assert [level.target for level in table.levels] == [0.05, 0.10, 0.15, 0.20]
    assert table.holds, table.levels
    assert table.levels[0].volatility == pytest.approx(0.05, rel=0.15)
    full = [year for year in table.years if year.target == 0.20 and year.fully_invested]
    assert full and all(year.within for year in full), "assets calmer than the target are not a failure"


def test_a_year_above_the_target_is_counted_against_it(market_panel: MarketPanel, market: Market) -> None:
    # A covariance that says too little: every year must fail.
    blind = replace(market, covariance=market.covariance / 16.0)
    table = yearly_volatility_table(market_panel, blind, "2011-01-01", "2014-05-19", targets=(0.03,))
    assert table.levels[0].within == 0.0 and not table.holds


def test_no_decision_day_is_refused_in_words(market_panel: MarketPanel, market: Market) -> None:
    with pytest.raises(ValueError, match="no decision day"):
        yearly_volatility_table(market_panel, market, "1990-01-01", "1990-12-31")


def test_a_storm_in_which_all_fall_together_raises_the_forecast_at_once(market_panel: MarketPanel) -> None:
    panel = market_panel.window(0, 500)
    close = panel.close.copy()
    shock = np.where(np.arange(21) % 2 == 0, 0.95, 1.05).cumprod()
    close[-21:] = close[-22] * shock[:, None]
    stormy = replace(panel, close=close)
    eligible = eligible_assets(stormy)
    moves = carried(close)[1:] / carried(close)[:-1] - 1.0
    held = eligible / eligible.sum()
    house, raised = covariance(moves), risk_of(stormy, eligible)
    assert held @ raised @ held == pytest.approx(together(moves[:, eligible]) ** 2)
    assert held @ raised @ held > 1.5 * (held @ house @ held)


def test_in_calm_weather_the_forecast_is_the_houses_own(market_panel: MarketPanel) -> None:
    panel = market_panel.window(0, 500)
    close = panel.close.copy()
    close[-252:] = close[-253]  # a year without a move
    calm = replace(panel, close=close)
    moves = carried(close)[1:] / carried(close)[:-1] - 1.0
    np.testing.assert_array_equal(risk_of(calm, eligible_assets(calm)), covariance(moves))


def test_the_forecast_reads_no_later_price(market_panel: MarketPanel, score_history: ScoreHistory) -> None:
    close = market_panel.close.copy()
    close[1001:] *= np.linspace(1.0, 9.0, len(close) - 1001)[:, None]
    changed = market_of(replace(market_panel, close=close), score_history)
    plain = market_of(market_panel, score_history)
    before = torch.from_numpy(plain.dates <= market_panel.dates[1000])
    assert torch.equal(changed.covariance[before], plain.covariance[before])
