"""A day's news sentiment against what the price did next: FNSPID's daily scores, with errors that respect time.

Contract
--------
- The sentiment of day t meets returns that begin after t's sentiment could be known, or the row's name says
  otherwise. FNSPID's days are calendar days, so t's news may be later than t's close; what one could trade on begins
  at the next open. Returns from t's close are shown beside it, because papers use them.
- Only days with news count: on the others the data carry an old score forward.
- A rank correlation is the slope of a regression on standardised ranks; its error is Newey-West's over dates, the
  scores of one date summed first (Driscoll and Kraay 1998), which is clustering by date where no lags are needed.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

from lab.evaluation.records import RULES, Predictive, ReturnsResult, Source
from lab.evaluation.sources import read_bytes, rows_of, source_of
from portfolio.market import Dates, Floats
from portfolio.statistics import newey_west, ranks
from tools.errors import DataError

FOLDER = "news/fnspid_daily_sentiment"
TRAINED_UNTIL = date(2021, 9, 30)
"""Where the scoring model's own knowledge ended, if it was GPT-3.5; the data do not say which model it was."""
LARGEST_MOVE = 1.0
"""A day's return beyond this is a split that the data did not adjust for."""
FEWEST = 100
"""Days that a ticker needs for a row of its own."""


@dataclass(frozen=True)
class Horizon:
    """A return of `days` trading days, from the close of t or from the next open."""

    name: str
    days: int
    from_open: bool = False
    same_day: bool = False


HORIZONS = (
    Horizon("next day, open t+1 to close t+1", 1, from_open=True),
    Horizon("next week, open t+1 to close t+5", 5, from_open=True),
    Horizon("next day, close t to close t+1", 1),
    Horizon("next week, close t to close t+5", 5),
    Horizon("the same day, close t-1 to close t (no forecast)", 1, same_day=True),
)


@dataclass(frozen=True, eq=False)
class Ticker:
    """(T,) trading days of one share: sentiment NaN on days without news, prices adjusted for dividends and splits."""

    name: str
    dates: Dates
    sentiment: Floats
    opens: Floats
    closes: Floats


@dataclass(frozen=True, eq=False)
class Pairs:
    """(n,) sentiment and later return with their dates, in order of date."""

    dates: Dates
    sentiment: Floats
    later: Floats


def read_tickers(data: Path) -> tuple[tuple[Ticker, ...], tuple[Source, ...]]:
    """Every ticker of the folder, by name. Raises DataError."""
    names = sorted(path.name for path in (data / FOLDER).glob("*.csv.gz"))
    if not names:
        raise DataError(f"{FOLDER} holds no file", "name with --data the folder that holds `news`")
    tickers, sources = [], []
    for name in names:
        raw = read_bytes(data, f"{FOLDER}/{name}")
        ticker = _ticker(name.removesuffix(".csv.gz").upper(), rows_of(raw))
        first, last = ticker.dates[0].astype(object), ticker.dates[-1].astype(object)
        tickers.append(ticker)
        sources.append(source_of(f"{FOLDER}/{name}", raw, len(ticker.dates), first, last))
    order = sorted(range(len(tickers)), key=lambda i: tickers[i].name)
    return tuple(tickers[i] for i in order), tuple(sources[i] for i in order)


def _ticker(name: str, rows: list[list[str]]) -> Ticker:
    header, *body = rows
    column = {title: place for place, title in enumerate(header)}

    def numbers(title: str) -> Floats:
        return np.array([float(row[column[title]]) for row in body])

    closes = numbers("Adj close")
    return Ticker(
        name=name,
        dates=np.array([row[column["Date"]][:10] for row in body], dtype="datetime64[D]"),
        sentiment=np.where(numbers("News_flag") > 0, numbers("Sentiment_gpt"), np.nan),
        opens=numbers("Open") * closes / numbers("Close"),
        closes=closes,
    )


def measure_returns(data: Path, *, seed: int, command: str) -> ReturnsResult:
    """Each ticker alone and all together, for every horizon; all together also before and after `TRAINED_UNTIL`."""
    tickers, sources = read_tickers(data)
    cut = np.datetime64(TRAINED_UNTIL)
    rows: list[Predictive] = []
    for horizon in HORIZONS:
        periods = {
            "all years": tickers,
            f"to {TRAINED_UNTIL}": tuple(_between(ticker, cut, True) for ticker in tickers),
            f"after {TRAINED_UNTIL}": tuple(_between(ticker, cut, False) for ticker in tickers),
        }
        for period, chosen in periods.items():
            if (row := _row(chosen, horizon, None, period)) is not None:
                rows.append(row)
        if not horizon.same_day:
            for ticker in tickers:
                if (row := _row((ticker,), horizon, ticker.name, "all years")) is not None:
                    rows.append(row)
    return ReturnsResult(
        subject=RULES, command=command, seed=seed, sources=sources, rows=tuple(rows), left_out=_faults(tickers)
    )


def _between(ticker: Ticker, cut: np.datetime64, before: bool) -> Ticker:
    """The same with sentiment on one side of a date alone; prices stay whole."""
    side = ticker.dates <= cut if before else ticker.dates > cut
    return replace(ticker, sentiment=np.where(side, ticker.sentiment, np.nan))


def pairs_of(ticker: Ticker, horizon: Horizon) -> Pairs:
    """Days with news whose later return is known and crosses no unadjusted split."""
    closes, count = ticker.closes, len(ticker.closes)
    moves = np.concatenate([[0.0], closes[1:] / closes[:-1] - 1.0])
    broken = np.concatenate([[0], np.cumsum(np.abs(moves) > LARGEST_MOVE)])
    later = np.full(count, np.nan)
    if horizon.same_day:
        later[1:] = np.where(np.abs(moves[1:]) > LARGEST_MOVE, np.nan, moves[1:])
    elif count > horizon.days:
        start = np.arange(count - horizon.days)
        end = start + horizon.days
        base = ticker.opens[start + 1] if horizon.from_open else closes[start]
        clean = broken[end + 1] == broken[start + 1]
        later[start] = np.where(clean, closes[end] / base - 1.0, np.nan)
    keep = np.isfinite(ticker.sentiment) & np.isfinite(later)
    return Pairs(ticker.dates[keep], ticker.sentiment[keep], later[keep])


def _row(tickers: Sequence[Ticker], horizon: Horizon, name: str | None, period: str) -> Predictive | None:
    parts = [pairs_of(ticker, horizon) for ticker in tickers]
    kept = [part for part in parts if len(part.dates) >= FEWEST and np.ptp(part.sentiment) > 0]
    if not kept:
        return None
    dates = np.concatenate([part.dates for part in kept])
    lags = max(horizon.days - 1, automatic_lags(len(np.unique(dates))))
    rank_x = np.concatenate([_standard(ranks(part.sentiment)) for part in kept])
    rank_y = np.concatenate([_standard(ranks(part.later)) for part in kept])
    slope, error = clustered_slope(rank_x, rank_y, dates, lags)
    value_x = np.concatenate([_standard(part.sentiment) for part in kept])
    value_y = np.concatenate([_standard(part.later) for part in kept])
    t = slope / error
    news, days = np.sum([_coverage(ticker) for ticker in tickers], axis=0)
    return Predictive(
        horizon=horizon.name,
        days=horizon.days,
        ticker=name,
        period=period,
        n=len(dates),
        dates=len(np.unique(dates)),
        coverage=float(news / days),
        spearman=slope,
        pearson=float(value_x @ value_y) / len(value_x),
        error=error,
        lags=lags,
        t=t,
        p_value=2.0 * NormalDist().cdf(-abs(t)),
    )


def _coverage(ticker: Ticker) -> tuple[int, int]:
    """Days with news, and trading days from the first of them to the last."""
    told = np.flatnonzero(np.isfinite(ticker.sentiment))
    return (len(told), int(told[-1] - told[0]) + 1) if len(told) else (0, 0)


def automatic_lags(count: int) -> int:
    """floor(4 (T / 100) ** (2/9)) (Newey and West 1994)."""
    return int(4.0 * (count / 100.0) ** (2.0 / 9.0))


def clustered_slope(x: Floats, y: Floats, dates: Dates, lags: int) -> tuple[float, float]:
    """Slope of y on x through zero means, and its error by Driscoll and Kraay (1998).

    x, y and dates (n,), x and y with mean zero. The scores x * residual of a date are summed, and the variance of
    their sum over the dates is Newey and West's; with `lags` 0 that is clustering by date.
    """
    size = float(x @ x)
    slope = float(x @ y) / size
    _, place = np.unique(dates, return_inverse=True)
    scores = np.zeros(int(place.max()) + 1)
    np.add.at(scores, place, x * (y - slope * x))
    return slope, newey_west(scores, lags).error * len(scores) / size


def survivors(p_values: Sequence[float], rate: float = 0.05) -> int:
    """How many of the tests stand when the false discovery rate is held at `rate` (Benjamini and Hochberg 1995)."""
    ordered = np.sort(np.asarray(p_values, dtype=np.float64))
    passed = np.flatnonzero(ordered <= rate * np.arange(1, len(ordered) + 1) / max(1, len(ordered)))
    return int(passed[-1]) + 1 if len(passed) else 0


def _standard(values: Floats) -> Floats:
    out: Floats = (values - values.mean()) / values.std()
    return out


def _faults(tickers: Sequence[Ticker]) -> tuple[str, ...]:
    out = []
    for ticker in tickers:
        moves: NDArray[np.float64] = ticker.closes[1:] / ticker.closes[:-1] - 1.0
        for place in np.flatnonzero(np.abs(moves) > LARGEST_MOVE):
            out.append(
                f"{ticker.name} moves by {moves[place]:+.0%} on {ticker.dates[place + 1]}: a split that the prices are "
                "not adjusted for; returns across it are left out"
            )
        if (thin := int(np.isfinite(ticker.sentiment).sum())) < FEWEST:
            out.append(f"{ticker.name} has news on {thin} days; {FEWEST} are needed for a row")
    return tuple(out)
