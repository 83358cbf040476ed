"""Taxes on a backtest: worked by hand on few days, and on the bundled history."""

import numpy as np
import pytest

from portfolio.backtest import BacktestResult, Costs, Delisting, Rules, backtest, decision_rows
from portfolio.metrics import summary
from portfolio.taxes import TaxRates, after_tax

RATES = TaxRates(ordinary=0.35, long=0.15)
DAYS = np.arange(np.datetime64("2020-01-01"), np.datetime64("2022-07-01"))


def ran(
    close: np.ndarray, targets: dict[int, np.ndarray], recovery: float = 1.0, cash_rate: np.ndarray | None = None
) -> BacktestResult:
    rules = Rules(trade="same_close", delisting=Delisting(after=5, recovery=recovery))
    return backtest(close, DAYS, targets, costs=Costs(commission=0.001), rules=rules, cash_rate=cash_rate)


def row(day: str) -> int:
    return int(np.flatnonzero(np.datetime64(day) == DAYS)[0])


def test_a_long_term_gain_is_taxed_the_april_after_it() -> None:
    close = np.full((len(DAYS), 1), 100.0)
    close[100:] = 150.0
    plan = {0: np.array([1.0, 0.0]), row("2021-02-01"): np.array([0.0, 1.0])}
    result = ran(close, plan)
    taxed = after_tax(result, RATES)
    gain = result.wealth[-1] - result.initial
    assert taxed.years[2021].tax == pytest.approx(0.15 * gain, rel=1e-9)
    assert taxed.paid == pytest.approx(0.15 * gain, rel=1e-9)
    assert taxed.wealth[row("2022-04-14")] == pytest.approx(result.wealth[-1])
    assert taxed.wealth[-1] == pytest.approx(result.wealth[-1] - 0.15 * gain, rel=1e-9)
    assert taxed.liquidation == pytest.approx(taxed.wealth[-1])
    assert 0.0 < taxed.after < taxed.before


def test_taxes_are_raised_by_selling_a_little_of_everything() -> None:
    close = np.full((len(DAYS), 2), 100.0)
    close[100:, 0] = 150.0
    close[100:, 1] = 120.0
    plan = {0: np.array([0.5, 0.5, 0.0]), row("2020-11-02"): np.array([0.0, 1.0, 0.0])}
    result = ran(close, plan)
    taxed = after_tax(result, RATES, order="fifo")
    assert taxed.years[2020].tax > 0.0
    assert taxed.years[2021].tax > 0.0  # the sale that paid the tax had a gain itself
    assert taxed.factor[-1] < taxed.factor[row("2021-04-15")] < taxed.factor[row("2021-04-14")] == 1.0


def test_buying_back_within_the_window_saves_no_tax() -> None:
    close = np.full((len(DAYS), 1), 100.0)
    close[60:] = 60.0
    out, back = row("2020-06-01"), row("2020-06-20")
    full, none = np.array([1.0, 0.0]), np.array([0.0, 1.0])
    washed = after_tax(ran(close, {0: full, out: none, back: full}), RATES)
    free = after_tax(ran(close, {0: full, out: none, row("2020-07-02"): full}), RATES)
    assert washed.years[2020].deducted < 100.0 < 39_000.0 < washed.disallowed  # costs left fewer shares to buy back
    assert free.years[2020].deducted == 3_000.0
    assert free.disallowed == 0.0 < free.harvested


def test_a_delisted_holding_is_a_sale_at_what_it_paid() -> None:
    close = np.full((len(DAYS), 2), 100.0)
    close[200:, 0] = np.nan
    result = ran(close, {0: np.array([0.5, 0.5, 0.0])}, recovery=0.7)
    taxed = after_tax(result, RATES, recovery=0.7)
    assert taxed.harvested == pytest.approx(0.3 * 50_000, rel=0.01)
    with pytest.raises(ValueError, match="recovery"):
        after_tax(result, RATES)


def test_interest_on_cash_is_ordinary_income() -> None:
    close = np.full((len(DAYS), 1), 100.0)
    result = ran(close, {0: np.array([0.0, 1.0])}, cash_rate=np.full(len(DAYS), 0.05))
    taxed = after_tax(result, RATES)
    earned = result.wealth[row("2020-12-31")] - result.initial
    assert taxed.years[2020].tax == pytest.approx(0.35 * earned, rel=1e-9)


def test_without_rates_taxes_take_nothing_on_the_bundled_history() -> None:
    from tools.market.bundled import SHARES, load_bundled

    panel = load_bundled().panel.select(SHARES)
    start = int(np.searchsorted(panel.dates, np.datetime64("2010-01-01")))
    panel = panel.window(start, start + 1_500)
    rows = decision_rows(panel.dates, "quarterly")
    targets = np.tile(np.append(np.full(20, 0.05), 0.0), (len(rows), 1))
    result = backtest(panel.close, panel.dates, targets, costs=Costs(commission=0.001), decisions=rows)
    nothing = after_tax(result, TaxRates(ordinary=0.0, long=0.0))
    assert nothing.wealth[-1] == pytest.approx(result.wealth[-1], rel=1e-12)
    assert nothing.after == pytest.approx(nothing.before)
    hifo, fifo = after_tax(result, RATES), after_tax(result, RATES, order="fifo")
    assert nothing.before > hifo.after > fifo.after  # HIFO defers more
    assert hifo.after > hifo.after_liquidation
    last = int(str(panel.dates[-1])[:4])
    due = sum(tax.tax for year, tax in hifo.years.items() if year < last)
    assert hifo.paid == pytest.approx(due, rel=1e-9)


def test_dividends_are_income_of_their_year_and_the_qualified_pay_the_long_rate() -> None:
    close, paid = np.full((len(DAYS), 1), 100.0), np.zeros((len(DAYS), 1))
    paid[row("2020-06-15"), 0] = 4.0
    rules = Rules(trade="same_close")
    result = backtest(close, DAYS, {0: np.array([1.0, 0.0])}, costs=Costs(), rules=rules, dividends=paid)
    assert result.wealth[-1] == pytest.approx(104_000.0)
    taxed = after_tax(result, RATES)
    assert taxed.years[2020].tax == pytest.approx(0.15 * 4_000.0)
    ordinary = after_tax(result, RATES.model_copy(update={"qualified_dividends": 0.25}))
    assert ordinary.years[2020].tax == pytest.approx((0.25 * 0.15 + 0.75 * 0.35) * 4_000.0)
    # the tax is raised in April by selling a little of everything, cash among it; the shares have no gain
    assert taxed.wealth[-1] == pytest.approx(104_000.0 - 600.0)


def test_a_window_begins_with_shares_bought_at_its_first_close() -> None:
    close = np.full((len(DAYS), 1), 100.0)
    close[100:], close[row("2021-02-01") :] = 150.0, 165.0
    plan = {0: np.array([1.0, 0.0]), row("2021-09-01"): np.array([0.0, 1.0])}
    result = backtest(close, DAYS, plan, costs=Costs(), rules=Rules(trade="same_close"))
    whole, window = after_tax(result, RATES), after_tax(result, RATES, since=row("2021-01-01"))
    assert whole.taxes == pytest.approx(0.15 * 65_000.0)  # held for more than a year
    assert window.initial == pytest.approx(150_000.0)
    assert window.taxes == pytest.approx(0.35 * 15_000.0)  # eight months: short-term
    years = (DAYS[-1] - np.datetime64("2021-01-01")).astype(int) / 365.25
    assert window.before == pytest.approx((165.0 / 150.0) ** (1.0 / years) - 1.0)
    assert window.after == pytest.approx(((165.0 - 0.35 * 15.0) / 150.0) ** (1.0 / years) - 1.0, rel=1e-6)
    with pytest.raises(ValueError, match="fewer than two"):
        after_tax(result, RATES, since=len(DAYS) - 1)


def test_the_figures_of_a_backtest_tell_what_taxes_leave() -> None:
    close = np.full((len(DAYS), 1), 100.0)
    close[400:] = 150.0
    result = backtest(close, DAYS, {0: np.array([1.0, 0.0])}, costs=Costs(), rules=Rules(trade="same_close"))
    figures = summary(result, taxes=RATES)
    years = (DAYS[-1] - DAYS[0]).astype(int) / 365.25
    assert figures.after_tax_return == pytest.approx(figures.annual_return)  # nothing was sold
    assert figures.after_liquidation_return == pytest.approx((1.5 - 0.15 * 0.5) ** (1.0 / years) - 1.0)
    assert figures.tax_paid == 0.0
    assert summary(result).after_tax_return is None
    sold = {0: np.array([1.0, 0.0]), row("2021-03-01"): np.array([0.0, 1.0])}
    sale = backtest(close, DAYS, sold, costs=Costs(), rules=Rules(trade="same_close"))
    figures = summary(sale, taxes=RATES)
    assert figures.tax_paid == pytest.approx(0.15 * 0.5)
    assert figures.after_tax_return == pytest.approx((1.5 - 0.15 * 0.5) ** (1.0 / years) - 1.0)
    with pytest.raises(ValueError, match="result"):
        summary(sale.returns, taxes=RATES)
