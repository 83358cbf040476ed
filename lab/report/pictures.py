"""The pictures that people expect of a backtest, in the order of the page; those over time are in `courses`."""

from collections.abc import Sequence

from lab.backtest.run import Study
from lab.report.courses import drawn, equity, months, risks, rolling, weights
from lab.report.plots import COLOURS, GREY, Picture, Trace, colour, figure, picture, sure, titled, upright
from lab.report.records import Report
from portfolio.statistics import Interval


def pictures(study: Study, report: Report) -> tuple[Picture, ...]:
    """All that the report has figures for."""
    made = [gains(report), equity(study, report), rolling(study, report)]
    if report.taxes is not None:
        made.append(taxes(report))
    made.append(costs(report))
    if report.seeds:
        made.append(seeds(report))
    if report.curves:
        made.append(calibration(report))
    made += [weights(study, report), risks(study, report), months(study, report)]
    return tuple(made)


def gains(report: Report) -> Picture:
    """Gain over the baseline with its interval, one row a strategy."""
    judged = [(line.title, line.doubt.gain) for line in report.lines if line.doubt.gain is not None]
    judged.sort(key=lambda pair: pair[1].estimate)
    return picture(
        "gains",
        "Gain on equal weight",
        "Certainty-equivalent return a year ahead of equal weight. A dot is the test window's figure, its whisker the "
        f"{report.plan.level:.0%} interval. A whisker across zero is no better than equal weight.",
        figure(
            [_whiskers([title for title, _ in judged], [gain for _, gain in judged])],
            {
                "xaxis": titled("gain a year, percent", zeroline=False),
                "shapes": [upright(0)],
            },
        ),
        height=90 + 30 * len(judged),
    )


def _whiskers(names: Sequence[str], intervals: Sequence[Interval]) -> Trace:
    points = [100.0 * interval.estimate for interval in intervals]
    return {
        "type": "scatter",
        "mode": "markers",
        "x": points,
        "y": list(names),
        "marker": {"size": 9, "color": [sure(interval.low, interval.high) for interval in intervals]},
        "error_x": {
            "type": "data",
            "symmetric": False,
            "array": [100.0 * interval.high - at for interval, at in zip(intervals, points, strict=True)],
            "arrayminus": [at - 100.0 * interval.low for interval, at in zip(intervals, points, strict=True)],
            "color": GREY,
            "thickness": 1.5,
            "width": 4,
        },
        "hovertemplate": "%{y}: %{x:+.2f} %<extra></extra>",
    }


def taxes(report: Report) -> Picture:
    """Yearly return before taxes, after them, and after selling everything."""
    lines = [(line.title, line.tax) for line in report.lines if line.tax is not None][::-1]
    bars = (
        ("after tax, all sold at the end", COLOURS[4], [tax.after_liquidation for _, tax in lines]),
        ("after tax", COLOURS[0], [tax.after for _, tax in lines]),
        ("before tax", GREY, [tax.before for _, tax in lines]),
    )
    data: list[Trace] = [
        {
            "type": "bar",
            "orientation": "h",
            "name": name,
            "y": [title for title, _ in lines],
            "x": [100.0 * value for value in values],
            "marker": {"color": shade},
            "hovertemplate": "%{x:.2f} %",
        }
        for name, shade, values in bars
    ]
    return picture(
        "taxes",
        "What taxes leave",
        "Yearly return in the test window, net of costs. What was held at its start counts as bought then.",
        figure(
            data,
            {
                "xaxis": titled("return a year, percent"),
                "barmode": "group",
                "bargap": 0.3,
                "legend": {"traceorder": "reversed"},
            },
        ),
        height=110 + 42 * len(lines),
    )


def costs(report: Report) -> Picture:
    """Ratio at each cost."""
    by_name = {row.name: row for row in report.costs}
    data: list[Trace] = [
        {
            **drawn(report, line),
            "mode": "lines+markers",
            "x": list(report.cost_points),
            "y": list(by_name[line.name].ratio),
            "hovertemplate": "%{y:.2f} at %{x} bp",
        }
        for line in report.lines
    ]
    layout = {
        "xaxis": titled("cost of a trade, basis points", tickvals=list(report.cost_points)),
        "yaxis": titled(report.ratio_name),
    }
    return picture(
        "costs", "What costs do to it", "The same weights in the test window at other costs.", figure(data, layout)
    )


def seeds(report: Report) -> Picture:
    """The policy's gain: one dot a seed, and the box that they make."""
    known = [(seed.name, 100.0 * seed.gain) for seed in report.seeds if seed.gain is not None]
    dots = {
        "type": "box",
        "name": "",
        "x": [value for _, value in known],
        "text": [name for name, _ in known],
        "boxpoints": "all",
        "pointpos": 0,
        "jitter": 0.5,
        "fillcolor": "rgba(134,140,150,0.15)",
        "line": {"color": GREY, "width": 1},
        "marker": {"size": 11, "color": COLOURS[0], "opacity": 0.8},
        "hovertemplate": "%{text}: %{x:+.2f} %<extra></extra>",
    }
    return picture(
        "seeds",
        "Over seeds",
        "Each dot is the policy of one training alone; the box holds the middle half of them.",
        figure(
            [dots],
            {
                "xaxis": titled("gain on equal weight a year, percent", zeroline=False),
                "shapes": [upright(0)],
                "showlegend": False,
            },
        ),
        height=220,
    )


def calibration(report: Report) -> Picture:
    """Each persona's scores as probabilities, against how often the asset then beat the median."""
    data: list[Trace] = [
        {
            "type": "scatter",
            "mode": "lines",
            "name": "as stated",
            "x": [0, 100],
            "y": [0, 100],
            "line": {"color": GREY, "width": 1, "dash": "dot"},
            "hoverinfo": "skip",
        }
    ]
    for place, curve in enumerate(report.curves):
        most = max((bin_.n for bin_ in curve.bins), default=1)
        data.append(
            {
                "type": "scatter",
                "mode": "lines+markers",
                "name": curve.persona,
                "x": [100.0 * bin_.stated for bin_ in curve.bins],
                "y": [100.0 * bin_.happened for bin_ in curve.bins],
                "text": [f"{bin_.n:,} scores" for bin_ in curve.bins],
                "line": {"color": colour(place), "width": 1.5},
                "marker": {"size": [5 + 9 * (bin_.n / most) ** 0.5 for bin_ in curve.bins]},
                "hovertemplate": "said %{x:.0f} %, was %{y:.1f} % of %{text}",
            }
        )
    layout = {
        "xaxis": titled("stated probability, percent", range=[0, 100]),
        "yaxis": titled("how often it did, percent", range=[25, 75]),
    }
    return picture(
        "calibration",
        "Do the personas' scores mean what they say?",
        f"A score is read as the probability (1 + score) / 2 that the asset beats the median of all over the next "
        f"{report.curve_days} days; scores of the test window's decisions, larger dots for more of them. A flat line "
        "at 50 is a coin.",
        figure(data, layout),
    )
