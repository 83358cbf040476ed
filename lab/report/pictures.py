"""The pictures that people expect of a backtest, as plotly figures in JSON; colours that read on light and on dark.

A picture holds one figure, or one a strategy between which the page chooses. Lines are weekly samples in single
precision, which no eye can tell from the daily ones; the figures in tables are never read from here.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from lab.backtest.learned import GATED, POLICY
from lab.backtest.plan import BASELINE
from lab.backtest.run import Study
from lab.backtest.seen import INDEX
from lab.report.records import Report
from portfolio.market import Dates, Floats
from portfolio.records import CASH

COLOURS = ("#3b82c4", "#d9822b", "#2a9d6f", "#d1495b", "#8e6bbf", "#17a2a8", "#b8a126", "#c2649a", "#6c8f3c", "#a0673f")
"""Each at least three to one against white and against the dark page."""
GREY, FAINT = "#868c96", "rgba(134,140,150,0.25)"
STEP = 5
ROLLING = 252
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


@dataclass(frozen=True)
class Picture:
    """`figures`: title of a choice -> plotly figure in JSON; one choice is shown without asking."""

    name: str
    title: str
    caption: str
    figures: Mapping[str, str] = field(default_factory=dict)
    height: int = 420


def pictures(study: Study, report: Report) -> tuple[Picture, ...]:
    """All of them, in the order of the page."""
    made = [gains(report), equity(study, report), rolling(study, report), costs(report)]
    if report.seeds:
        made.append(seeds(report))
    made += [weights(study, report), risks(study, report), months(study, report)]
    return tuple(made)


def shown_first(report: Report) -> tuple[str, ...]:
    """The strategies whose lines are drawn at once: the baseline, the rival, the product, the policy, the best."""
    judged = [line for line in report.lines if line.doubt.gain is not None]
    best = max(judged, key=lambda line: line.doubt.gain.estimate if line.doubt.gain else 0.0).name if judged else None
    wanted = (BASELINE, report.rival, GATED, POLICY, best)
    there = {line.name for line in report.lines}
    return tuple(dict.fromkeys(name for name in wanted if name is not None and name in there))


def gains(report: Report) -> Picture:
    """Gain over the baseline with its interval, one row a strategy."""
    import plotly.graph_objects as go  # type: ignore[import-untyped,unused-ignore]

    judged = [(line, line.doubt.gain) for line in report.lines if line.doubt.gain is not None]
    judged.sort(key=lambda pair: pair[1].estimate)
    points = [100.0 * gain.estimate for _, gain in judged]
    figure = go.Figure(
        go.Scatter(
            x=points,
            y=[line.title for line, _ in judged],
            mode="markers",
            marker={"size": 9, "color": [_sure(gain.low, gain.high) for _, gain in judged]},
            error_x={
                "type": "data",
                "symmetric": False,
                "array": [100.0 * gain.high - at for (_, gain), at in zip(judged, points, strict=True)],
                "arrayminus": [at - 100.0 * gain.low for (_, gain), at in zip(judged, points, strict=True)],
                "color": GREY,
                "thickness": 1.5,
                "width": 4,
            },
            hovertemplate="%{y}: %{x:+.2f} %<extra></extra>",
        )
    )
    figure.add_vline(x=0, line={"color": GREY, "width": 1})
    figure.update_xaxes(title="certainty-equivalent return a year ahead of equal weight, percent", zeroline=False)
    return _one(
        "gains",
        "Gain on equal weight",
        f"A dot is the test window's figure, its whisker the {report.plan.level:.0%} interval. A whisker across zero "
        "is no better than equal weight.",
        figure,
        height=90 + 30 * len(judged),
    )


def equity(study: Study, report: Report) -> Picture:
    """Wealth and fall from the peak, the whole history."""
    import plotly.graph_objects as go
    from plotly.subplots import make_subplots  # type: ignore[import-untyped,unused-ignore]

    figure = make_subplots(rows=2, cols=1, shared_xaxes=True, row_heights=[0.68, 0.32], vertical_spacing=0.05)
    rows = _weekly(len(study.accounts.dates))
    days = _days(study.accounts.dates[rows])
    first = shown_first(report)
    for place, line in enumerate(report.lines):
        result = study.accounts.results[line.name]
        wealth = result.wealth / result.initial
        fall = wealth / np.maximum.accumulate(wealth) - 1.0
        style = {"color": _colour(place), "width": 2.4 if line.name == BASELINE else 1.5}
        common = {
            "x": days,
            "mode": "lines",
            "line": style,
            "legendgroup": line.name,
            "visible": True if line.name in first else "legendonly",
        }
        figure.add_trace(
            go.Scatter(y=_small(wealth[rows]), name=line.title, hovertemplate="%{y:.2f}", **common), row=1, col=1
        )
        figure.add_trace(
            go.Scatter(
                y=_small(100.0 * fall[rows]), name=line.title, showlegend=False, hovertemplate="%{y:.1f} %", **common
            ),
            row=2,
            col=1,
        )
    figure.add_vline(x=str(report.test_first), line={"color": GREY, "width": 1, "dash": "dot"})
    figure.update_yaxes(type="log", tickvals=[0.5, 1, 2, 5, 10, 20, 50], title="wealth, start = 1", row=1, col=1)
    figure.update_yaxes(title="fall, %", row=2, col=1)
    figure.update_layout(hovermode="x unified")
    return _one(
        "equity",
        "Wealth and drawdown",
        "Net of costs, on a logarithmic scale, below it the fall from the last peak. The test begins at the dotted "
        "line. Touch a name to show or hide it.",
        figure,
        height=620,
    )


def rolling(study: Study, report: Report) -> Picture:
    """The ratio of the last year, day by day."""
    import plotly.graph_objects as go

    figure = go.Figure()
    first = shown_first(report)
    root = study.accounts.periods**0.5
    for place, line in enumerate(report.lines):
        excess = study.accounts.returns(line.name) - study.accounts.cash
        if len(excess) <= ROLLING:
            continue
        total, square = (np.concatenate([[0.0], np.cumsum(values)]) for values in (excess, excess**2))
        mean = (total[ROLLING:] - total[:-ROLLING]) / ROLLING
        spread = np.sqrt(np.maximum((square[ROLLING:] - square[:-ROLLING]) / ROLLING - mean**2, 0.0))
        ratio = np.divide(mean * root, spread, out=np.full_like(mean, np.nan), where=spread > 1e-9)
        rows = _weekly(len(ratio))
        figure.add_trace(
            go.Scatter(
                x=_days(study.accounts.dates[ROLLING:][rows]),
                y=_small(ratio[rows]),
                name=line.title,
                mode="lines",
                line={"color": _colour(place), "width": 2.4 if line.name == BASELINE else 1.5},
                visible=True if line.name in first else "legendonly",
                hovertemplate="%{y:.2f}",
            )
        )
    figure.add_hline(y=0, line={"color": GREY, "width": 1})
    figure.add_vline(x=str(report.test_first), line={"color": GREY, "width": 1, "dash": "dot"})
    figure.update_yaxes(title=f"{report.ratio_name}, last year")
    figure.update_layout(hovermode="x unified")
    return _one("rolling", f"Rolling {report.ratio_name}", "Over the last 252 days, net of costs.", figure)


def costs(report: Report) -> Picture:
    """Ratio at each cost."""
    import plotly.graph_objects as go

    figure = go.Figure()
    first = shown_first(report)
    by_name = {row.name: row for row in report.costs}
    for place, line in enumerate(report.lines):
        figure.add_trace(
            go.Scatter(
                x=list(report.cost_points),
                y=list(by_name[line.name].ratio),
                name=line.title,
                mode="lines+markers",
                line={"color": _colour(place), "width": 2.4 if line.name == BASELINE else 1.5},
                visible=True if line.name in first else "legendonly",
                hovertemplate="%{y:.2f} at %{x} bp",
            )
        )
    figure.update_xaxes(title="cost of a trade, basis points", tickvals=list(report.cost_points))
    figure.update_yaxes(title=report.ratio_name)
    return _one("costs", "What costs do to it", "The same weights in the test window at other costs.", figure)


def seeds(report: Report) -> Picture:
    """The policy's gain, one dot a seed."""
    import plotly.graph_objects as go

    values = [None if seed.gain is None else 100.0 * seed.gain for seed in report.seeds]
    figure = go.Figure(
        go.Scatter(
            x=values,
            y=["seeds"] * len(values),
            mode="markers",
            text=[seed.name for seed in report.seeds],
            marker={"size": 12, "color": COLOURS[0], "opacity": 0.75},
            hovertemplate="%{text}: %{x:+.2f} %<extra></extra>",
        )
    )
    figure.add_vline(x=0, line={"color": GREY, "width": 1})
    figure.update_xaxes(title="gain on equal weight a year, percent")
    return _one("seeds", "Over seeds", "Each dot is the policy of one training alone.", figure, height=200)


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
    import plotly.graph_objects as go

    dates = study.accounts.dates[1:]
    month = dates.astype("datetime64[M]").astype(np.int64)
    years = np.arange(month[0] // 12, month[-1] // 12 + 1)
    figures = {}
    for line in report.lines:
        logs = np.log1p(study.accounts.returns(line.name))
        table = np.full((len(years), 12), np.nan)
        for one in np.unique(month):
            table[one // 12 - years[0], one % 12] = 100.0 * np.expm1(logs[month == one].sum())
        table = np.round(table, 1)
        edge = 8.0
        figure = go.Figure(
            go.Heatmap(
                z=_small(table),
                x=list(MONTHS),
                y=[str(1970 + year) for year in years],
                zmin=-edge,
                zmax=edge,
                colorscale=[[0.0, "#c8553d"], [0.5, "rgba(134,140,150,0.06)"], [1.0, "#3b82c4"]],
                text=[["" if np.isnan(value) else f"{value:.1f}" for value in row] for row in table],
                texttemplate="%{text}",
                textfont={"size": 10},
                showscale=False,
                hovertemplate="%{x} %{y}: %{z:.1f} %<extra></extra>",
                xgap=1,
                ygap=1,
            )
        )
        figure.update_yaxes(autorange="reversed", dtick=1 if len(years) < 12 else 2)
        figure.update_xaxes(side="top")
        figures[line.title] = _json(figure)
    height = 90 + 19 * len(years)
    return Picture("months", "Month by month", "Net return of each month, percent.", figures, height)


def _areas(days: Sequence[str], shares: Floats, groups: Sequence[str], title: str) -> str:
    import plotly.graph_objects as go

    figure = go.Figure()
    for place, group in enumerate(groups):
        colour = GREY if group == CASH else COLOURS[place % len(COLOURS)]
        figure.add_trace(
            go.Scatter(
                x=days,
                y=_small(shares[:, place]),
                name=group,
                mode="lines",
                stackgroup="one",
                line={"width": 0.5, "color": colour, "shape": "hv"},
                hovertemplate="%{y:.1f} %",
            )
        )
    figure.update_yaxes(title=title, range=[0, 100])
    figure.update_layout(hovermode="x unified")
    return _json(figure)


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
    return _days(study.world.panel.dates[list(rows)])


def _colour(place: int) -> str:
    return COLOURS[place % len(COLOURS)]


def _sure(low: float, high: float) -> str:
    return COLOURS[0] if low > 0.0 else COLOURS[3] if high < 0.0 else GREY


def _weekly(length: int) -> np.ndarray:
    rows = np.arange(0, length, STEP)
    return rows if rows[-1] == length - 1 else np.append(rows, length - 1)


def _days(dates: Dates) -> list[str]:
    return [str(day) for day in dates.astype("datetime64[D]")]


def _small(values: Floats) -> np.ndarray:
    return np.round(values, 4).astype(np.float32)


def _one(name: str, title: str, caption: str, figure: "go.Figure", height: int = 420) -> Picture:  # type: ignore[name-defined]  # noqa: F821
    return Picture(name, title, caption, {title: _json(figure)}, height)


def _json(figure: "go.Figure") -> str:  # type: ignore[name-defined]  # noqa: F821
    """Without plotly's own template: the page brings colours for light and dark."""
    figure.update_layout(template=None)
    return str(figure.to_json())
