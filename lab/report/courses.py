"""Pictures over time: wealth and falls, the rolling ratio, what is held, who makes the risk, month by month."""

from collections.abc import Sequence

import numpy as np

from lab.backtest.learned import GATED, POLICY
from lab.backtest.plan import BASELINE
from lab.backtest.run import Study
from lab.backtest.seen import INDEX
from lab.report.plots import (
    COLOURS,
    GREY,
    Picture,
    Trace,
    colour,
    days,
    figure,
    level,
    picture,
    small,
    titled,
    upright,
    weekly,
)
from lab.report.records import Line, Report
from portfolio.market import Floats
from portfolio.records import CASH

ROLLING = 252
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
WIDE_TICKS, CLOSE_TICKS = (0.25, 0.5, 1, 2, 5, 10, 20, 50, 100), (0.4, 0.6, 0.8, 1, 1.2, 1.5, 2, 2.5, 3, 4)
"""Of wealth: the close ones where no strategy has more than `CLOSE` times another's."""
CLOSE = 5.0


def shown_first(report: Report) -> tuple[str, ...]:
    """The strategies whose lines are drawn at once: the baseline, the rival, the product, the policy, the best."""
    judged = [line for line in report.lines if line.doubt.gain is not None]
    best = max(judged, key=lambda line: line.doubt.gain.estimate if line.doubt.gain else 0.0).name if judged else None
    wanted = (BASELINE, report.rival, GATED, POLICY, best)
    there = {line.name for line in report.lines}
    return tuple(dict.fromkeys(name for name in wanted if name is not None and name in there))


def drawn(report: Report, line: Line) -> Trace:
    """How a strategy's line looks in every picture: those shown at once have the first colours, all different."""
    first = shown_first(report)
    order = (*first, *(other.name for other in report.lines if other.name not in first))
    return {
        "type": "scatter",
        "mode": "lines",
        "name": line.title,
        "line": {"color": colour(order.index(line.name)), "width": 2.4 if line.name == BASELINE else 1.5},
        "visible": True if line.name in first else "legendonly",
    }


def equity(study: Study, report: Report) -> Picture:
    """Wealth and fall from the peak, the whole history."""
    rows = weekly(len(study.accounts.dates))
    at = days(study.accounts.dates[rows])
    data: list[Trace] = []
    for line in report.lines:
        result = study.accounts.results[line.name]
        wealth = result.wealth / result.initial
        fall = wealth / np.maximum.accumulate(wealth) - 1.0
        common = {**drawn(report, line), "x": at, "legendgroup": line.name}
        data.append({**common, "y": small(wealth[rows]), "yaxis": "y", "hovertemplate": "%{y:.2f}"})
        below = {"y": small(100.0 * fall[rows]), "yaxis": "y2", "showlegend": False, "hovertemplate": "%{y:.1f} %"}
        data.append({**common, **below})
    paths = np.concatenate([one.wealth / one.initial for one in study.accounts.results.values()])
    ticks = CLOSE_TICKS if paths.max() < CLOSE * paths.min() else WIDE_TICKS
    layout = {
        "xaxis": {"anchor": "y2"},
        "yaxis": titled("wealth, start = 1", type="log", tickvals=list(ticks), domain=[0.36, 1.0]),
        "yaxis2": titled("fall, %", domain=[0.0, 0.3]),
        "shapes": [upright(str(report.test_first), "dot")],
        "hovermode": "x unified",
    }
    return picture(
        "equity",
        "Wealth and drawdown",
        "Net of costs, on a logarithmic scale, below it the fall from the last peak. The test begins at the dotted "
        "line. Touch a name to show or hide it.",
        figure(data, layout),
        height=620,
    )


def rolling(study: Study, report: Report) -> Picture:
    """The ratio of the last year, day by day."""
    root = study.accounts.periods**0.5
    data: list[Trace] = []
    for line in report.lines:
        excess = study.accounts.returns(line.name) - study.accounts.cash
        if len(excess) <= ROLLING:
            continue
        total, square = (np.concatenate([[0.0], np.cumsum(values)]) for values in (excess, excess**2))
        mean = (total[ROLLING:] - total[:-ROLLING]) / ROLLING
        swing = np.sqrt(np.maximum((square[ROLLING:] - square[:-ROLLING]) / ROLLING - mean**2, 0.0))
        ratio = np.divide(mean * root, swing, out=np.full_like(mean, np.nan), where=swing > 1e-9)
        rows = weekly(len(ratio))
        at = days(study.accounts.dates[ROLLING:][rows])
        data.append({**drawn(report, line), "x": at, "y": small(ratio[rows]), "hovertemplate": "%{y:.2f}"})
    layout = {
        "yaxis": titled(f"{report.ratio_name}, last year"),
        "shapes": [level(0.0), upright(str(report.test_first), "dot")],
        "hovermode": "x unified",
    }
    return picture(
        "rolling", f"Rolling {report.ratio_name}", "Over the last 252 days, net of costs.", figure(data, layout)
    )


def weights(study: Study, report: Report) -> Picture:
    """Decided weights by group, one figure a strategy."""
    groups, member = _groups(study)
    figures = {}
    for line in report.lines:
        decided = study.decided.weights[line.name]
        rows = sorted(decided)
        table = np.stack([decided[row] for row in rows])
        shares = 100.0 * np.column_stack([table[:, member == place].sum(axis=1) for place in range(len(groups))])
        figures[line.title] = _areas(_steps(study, rows), shares, groups, "weight, %")
    return Picture("weights", "Weights over time", "As decided, by sector or kind; cash on top.", figures)


def risks(study: Study, report: Report) -> Picture:
    """Shares of the portfolio's variance by group: w (Cw) / w'Cw, with the covariance of the decision."""
    groups, member = _groups(study)
    risky = groups[:-1]
    figures = {}
    for line in report.lines:
        decided = study.decided.weights[line.name]
        rows = sorted(decided)
        table = []
        for row in rows:
            held = decided[row][:-1]
            parts = held * (study.decided.risks[row] @ held)
            total = float(parts.sum())
            shares = parts / total if total > 0.0 else np.zeros(len(held))
            table.append([100.0 * float(shares[member[:-1] == place].sum()) for place in range(len(risky))])
        figures[line.title] = _areas(_steps(study, rows), np.array(table), risky, "share of risk, %")
    return Picture("risks", "Risk contributions", "Who makes the swings: shares of the forecast variance.", figures)


def months(study: Study, report: Report) -> Picture:
    """Net return of each month, one figure a strategy."""
    month = study.accounts.dates[1:].astype("datetime64[M]").astype(np.int64)
    years = np.arange(month[0] // 12, month[-1] // 12 + 1)
    edge = 8.0
    figures = {}
    for line in report.lines:
        logs = np.log1p(study.accounts.returns(line.name))
        table = np.full((len(years), 12), np.nan)
        for one in np.unique(month):
            table[one // 12 - years[0], one % 12] = 100.0 * np.expm1(logs[month == one].sum())
        table = np.round(table, 1)
        heat = {
            "type": "heatmap",
            "z": small(table),
            "x": list(MONTHS),
            "y": [str(1970 + year) for year in years],
            "zmin": -edge,
            "zmax": edge,
            "colorscale": [[0.0, "#c8553d"], [0.5, "rgba(134,140,150,0.06)"], [1.0, "#3b82c4"]],
            "text": [["" if np.isnan(value) else f"{value:.1f}" for value in row] for row in table],
            "texttemplate": "%{text}",
            "textfont": {"size": 10},
            "showscale": False,
            "hovertemplate": "%{x} %{y}: %{z:.1f} %<extra></extra>",
            "xgap": 1,
            "ygap": 1,
        }
        layout = {"yaxis": {"autorange": "reversed", "dtick": 1 if len(years) < 12 else 2}, "xaxis": {"side": "top"}}
        figures[line.title] = figure([heat], layout)
    return Picture("months", "Month by month", "Net return of each month, percent.", figures, 90 + 19 * len(years))


def _areas(at: Sequence[str], shares: Floats, groups: Sequence[str], title: str) -> str:
    data: list[Trace] = [
        {
            "type": "scatter",
            "mode": "lines",
            "x": list(at),
            "y": small(shares[:, place]),
            "name": group,
            "stackgroup": "one",
            "line": {"width": 0.5, "color": GREY if group == CASH else COLOURS[place % len(COLOURS)], "shape": "hv"},
            "hovertemplate": "%{y:.1f} %",
        }
        for place, group in enumerate(groups)
    ]
    return figure(data, {"yaxis": titled(title, range=[0, 100]), "hovermode": "x unified"})


def _groups(study: Study) -> tuple[tuple[str, ...], np.ndarray]:
    """Names, cash last, and (M + 1,) the place of each column's group."""
    own = {asset.symbol: asset.group for asset in study.world.universe.assets}
    if len(own) <= len(COLOURS):
        own = {symbol: symbol for symbol in own}
    labels = [own.get(name, "Index" if name == INDEX else name) for name in study.decided.columns] + [CASH]
    used = [label for label in dict.fromkeys(labels) if label != CASH]
    groups = (*used, CASH)
    return groups, np.array([groups.index(label) for label in labels])


def _steps(study: Study, rows: Sequence[int]) -> list[str]:
    return days(study.world.panel.dates[list(rows)])
