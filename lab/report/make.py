"""From a study to its report."""

import numpy as np

from lab.backtest.account import COST_LADDER, metrics_of
from lab.backtest.plan import BASELINE, RULE
from lab.backtest.run import Study
from lab.report.calibration import DAYS, curves
from lab.report.records import CostLine, Line, Part, Report, Section, SeedLine, TaxLine
from lab.report.words import answer, rates_in_words
from portfolio.market import Floats, day_of
from portfolio.metrics import certainty_equivalent, max_drawdown, sharpe_ratio, total_return, volatility
from portfolio.periods import REGIMES, ROUGH_DAYS, STRESS_WINDOWS, TREND_DAYS, regimes, within
from portfolio.taxes import AfterTax
from rl.features import carried

FEWEST_DAYS = 20
REGIME_RULE = (
    f"Known the evening before: rising where the last close of the market stands above the mean of {TREND_DAYS} days, "
    f"rough where its swings of {ROUGH_DAYS} days are above the median of all such swings so far. "
    f"Regimes of fewer than {FEWEST_DAYS} days are left out."
)
SURVIVORS = (
    "The assets are those that the data hold to their end: where the failed ones are missing, every strategy looks "
    "better than it was, equal weight not least."
)


def report_of(study: Study, notes: tuple[str, ...] = (), sections: tuple[Section, ...] = ()) -> Report:
    """Everything that is told, `notes` after the answer; the pictures are made from the study itself."""
    taxed = study.taxed or {}
    accounts, plan = study.accounts, study.plan
    lines = tuple(
        Line(
            name=strategy.name,
            title=strategy.title,
            note=strategy.note,
            learned=strategy.kind == "learned",
            metrics=metrics_of(
                accounts, strategy.name, study.start, BASELINE, plan.risk_aversion, taxed.get(strategy.name)
            ),
            tax=_tax(taxed[strategy.name]) if strategy.name in taxed else None,
            doubt=study.judgement.of(strategy.name),
            early_ratio=study.early.get(strategy.name),
        )
        for strategy in study.strategies
    )
    test = study.test_dates
    years = float((test[-1] - test[0]) / np.timedelta64(1, "D")) / 365.25
    rows = np.array(study.decided.rows)
    return Report(
        source=study.world.panel.source,
        plan=plan,
        columns=study.decided.columns,
        first=day_of(accounts.dates[0]),
        test_first=day_of(test[0]),
        last=day_of(test[-1]),
        decisions=len(rows),
        test_decisions=int((study.world.panel.dates[rows] >= test[0]).sum()),
        ratio_name="Sharpe ratio" if study.billed else "return / volatility",
        cash=study.cash,
        baseline=BASELINE,
        rival=study.rival,
        answer=answer(lines, study.judgement, study.rival, BASELINE, years),
        notes=notes,
        rule=RULE,
        lines=lines,
        trials=study.judgement.trials,
        overfitting=study.judgement.overfitting,
        superiority=study.judgement.superiority,
        block=study.judgement.block,
        regimes=_regimes(study),
        regime_rule=REGIME_RULE,
        stress=_stress(study),
        cost_points=COST_LADDER,
        costs=tuple(
            CostLine(name=row.name, ratio=row.sharpe, certainty_equivalent=row.certainty_equivalent)
            for row in study.costs
        ),
        seeds=_seeds(study),
        curves=curves(study),
        curve_days=DAYS,
        taxes=None if plan.taxes is None else rates_in_words(plan.taxes, plan.lots, plan.taxed_account),
        sections=sections,
        missing=dict(study.missing),
        limits=_limits(study),
    )


def _tax(taxed: AfterTax) -> TaxLine:
    gains = [(sale.recognised, sale.is_long) for sale in taxed.sales if sale.recognised > 0.0]
    total = sum(gain for gain, _ in gains)
    return TaxLine(
        before=taxed.before,
        after=taxed.after,
        after_liquidation=taxed.after_liquidation,
        paid=taxed.taxes / taxed.initial,
        long_share=sum(gain for gain, is_long in gains if is_long) / total if total > 0.0 else None,
        disallowed=taxed.disallowed / taxed.initial,
    )


def market_level(study: Study) -> Floats:
    """(T,) of the panel: the index, or the mean daily move of the assets compounded where there is none."""
    panel = study.world.panel
    if panel.index is not None:
        return panel.index
    closes = carried(panel.close)
    moves = np.full_like(closes, np.nan)
    moves[1:] = closes[1:] / closes[:-1] - 1.0
    known = np.isfinite(moves)
    mean = np.where(known, moves, 0.0).sum(axis=1) / np.maximum(known.sum(axis=1), 1)
    return np.cumprod(1.0 + mean)


def _regimes(study: Study) -> tuple[Part, ...]:
    """Of the test window; a day's return belongs to the regime known before it."""
    level = regimes(market_level(study))
    begin = int(np.searchsorted(study.world.panel.dates, study.test_dates[0])) + 1
    kinds = level[begin : begin + len(study.test_dates) - 1]
    periods = study.accounts.periods
    out = []
    for place, name in enumerate(REGIMES):
        days = kinds == place
        if int(days.sum()) < FEWEST_DAYS:
            continue
        returns = {one: study.accounts.returns(one, study.start)[days] for one in study.names}
        out.append(
            Part(
                name=name,
                days=int(days.sum()),
                total={one: float(values.mean()) * periods for one, values in returns.items()},
                fall={one: volatility(values, periods) for one, values in returns.items()},
            )
        )
    return tuple(out)


def _stress(study: Study) -> tuple[Part, ...]:
    out = []
    for window in STRESS_WINDOWS:
        rows = within(study.accounts.dates, window)
        if rows is None:
            continue
        returns = {name: study.accounts.returns(name)[rows.start : rows.stop - 1] for name in study.names}
        out.append(
            Part(
                name=window.name,
                days=rows.stop - rows.start - 1,
                first=window.first,
                last=window.last,
                total={name: total_return(values) for name, values in returns.items()},
                fall={name: max_drawdown(values)[0] for name, values in returns.items()},
            )
        )
    return tuple(out)


def _seeds(study: Study) -> tuple[SeedLine, ...]:
    cash, periods, gamma = study.accounts.cash[study.start :], study.accounts.periods, study.plan.risk_aversion
    base = certainty_equivalent(study.accounts.returns(BASELINE, study.start), gamma, periods)
    out = []
    for name, returns in study.seeds.items():
        sure = certainty_equivalent(returns, gamma, periods)
        gain = None if sure is None or base is None else sure - base
        ratio = sharpe_ratio(returns, cash, periods)
        out.append(SeedLine(name=name, ratio=ratio, certainty_equivalent=sure, gain=gain))
    return tuple(out)


def _limits(study: Study) -> tuple[str, ...]:
    out = [SURVIVORS, "One stretch of history: an interval speaks of such years, not of others."]
    names = study.names
    if "index" in names and study.world.panel.index is not None:
        out.append("The index here is a price index: it leaves out dividends, about two percent a year.")
    if "buy-and-hold" in names:
        out.append("Buy and hold meets the risk target once, at the start of a span, and drifts from it afterwards.")
    if any(strategy.kind == "learned" for strategy in study.strategies):
        out.append("The policy was trained on the years before the test: its figures there (†) are no evidence.")
    out.append("Risk is matched by forecast at each decision and never levered up: realised volatilities still differ.")
    out.append(
        "Returns at the same realised volatility are known only after the fact: nobody could have mixed in that share "
        "of cash beforehand. They describe; the verdict does not read them."
    )
    if study.taxed is None:
        out.append("Taxes are not in these figures (--taxes adds them).")
    else:
        out.append(
            "Taxes are one client's at rates that never change; dividends lie within the prices and are taxed as gains "
            "when sold. Verdicts are before tax."
        )
    if study.plan.execution.order_fee:
        out.append("Costs are rates on what is traded and a fee an order: no order moves the price.")
    else:
        out.append("Costs are a rate on what is traded, whatever its size.")
    return tuple(out)
