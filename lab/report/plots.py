"""What every picture is made of: plotly figures as plain JSON, in colours that read on light and on dark.

Figures are written by hand and not by plotly's classes, which take ten times as long to say the same.
"""

import json
from base64 import b64encode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from portfolio.market import Dates, Floats

COLOURS = ("#3b82c4", "#d9822b", "#2a9d6f", "#d1495b", "#8e6bbf", "#17a2a8", "#b8a126", "#c2649a", "#6c8f3c", "#a0673f")
"""Each at least three to one against white and against the dark page."""
GREY, FAINT = "#868c96", "rgba(134,140,150,0.25)"
STEP = 5
"""Lines are drawn from every fifth day, which no eye can tell from all; the figures in tables are never read from
here."""

Trace = Mapping[str, object]
Layout = Mapping[str, object]


@dataclass(frozen=True)
class Picture:
    """`figures`: title of a choice -> plotly figure in JSON; one choice is shown without asking."""

    name: str
    title: str
    caption: str
    figures: Mapping[str, str] = field(default_factory=dict)
    height: int = 420


def picture(name: str, title: str, caption: str, figure: str, height: int = 420) -> Picture:
    """With one figure."""
    return Picture(name, title, caption, {title: figure}, height)


def figure(data: Sequence[Trace], layout: Layout) -> str:
    """Plotly's JSON; the page adds colours of text and grid."""
    return json.dumps({"data": list(data), "layout": dict(layout)}, separators=(",", ":"), default=_packed)


def _packed(values: object) -> object:
    """Arrays as plotly reads them: type, bytes and shape."""
    if not isinstance(values, np.ndarray):
        raise TypeError(f"{type(values).__name__} is nothing that a picture holds")
    small = np.ascontiguousarray(values, dtype="<f4")
    out: dict[str, object] = {"dtype": "f4", "bdata": b64encode(small.tobytes()).decode()}
    if small.ndim > 1:
        out["shape"] = ", ".join(str(size) for size in small.shape)
    return out


def small(values: Floats) -> np.ndarray:
    """Four decimals, which is more than a screen shows."""
    return np.round(np.asarray(values, dtype=np.float64), 4)


def upright(at: float | str, dash: str = "solid") -> Trace:
    """A line across the whole height at one place of the first x axis."""
    line = {"color": GREY, "width": 1, "dash": dash}
    return {"type": "line", "x0": at, "x1": at, "y0": 0, "y1": 1, "xref": "x", "yref": "paper", "line": line}


def level(at: float) -> Trace:
    """A line across the whole width at one height."""
    line = {"color": GREY, "width": 1}
    return {"type": "line", "x0": 0, "x1": 1, "y0": at, "y1": at, "xref": "paper", "yref": "y", "line": line}


def titled(text: str, **more: object) -> Layout:
    """An axis."""
    return {"title": {"text": text}, **more}


def colour(place: int) -> str:
    """Of the line at a place in the table."""
    return COLOURS[place % len(COLOURS)]


def sure(low: float, high: float) -> str:
    """Of a point whose interval lies above zero, below, or across it."""
    return COLOURS[0] if low > 0.0 else COLOURS[3] if high < 0.0 else GREY


def weekly(length: int) -> np.ndarray:
    """Every `STEP`th row and the last."""
    rows = np.arange(0, length, STEP)
    return rows if rows[-1] == length - 1 else np.append(rows, length - 1)


def days(dates: Dates) -> list[str]:
    """ISO days."""
    return [str(day) for day in dates.astype("datetime64[D]")]
