"""What each persona's rules and models said, and what became of it: the record that calibration and debate rest on.

An `Entry` is one view of one asset as it was given; `judge` turns it into an `Outcome` once its horizon has passed in
the prices at hand. Give it the panel up to a date, and nothing later is known. An asset that stopped trading on the
way is judged by its last price, held as cash from then on: leaving it out would judge survivors alone.
"""

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Literal

import numpy as np
from pydantic import Field

from portfolio.calibration import Judged
from portfolio.market import Floats, MarketPanel
from portfolio.records import Record, SignedUnit, UnitInterval
from portfolio.views import View

RULES = "rules"
"""In an entry's `model`: no model was heard."""
FEWEST_ASSETS = 3
"""A cross-section smaller than this has no middle to be compared with."""
STALE_DAYS = 5
"""A price at most this many days old stands in where none is known on the day."""

LIVE_DAYS = 7
"""A model that was asked this many days after the view's date at the most was asked in its own time."""

Voice = Literal["rules", "model", "view"]
"""Whose score is judged: the rules', the model's, or the view that the allocator read."""

Key = tuple[str, str, date, str, str, str, int]


class Entry(Record):
    """One persona's view of one asset as it was given."""

    persona: str
    model: str
    """The model's name, or `RULES`."""
    as_of: date
    symbol: str
    prompt: str
    """Fingerprint of the persona's prompt or code."""
    debate_prompt: str = ""
    """Fingerprint of the debate's prompt, for views of round 2."""
    round: Literal[1, 2] = 1
    horizon_days: int = Field(ge=1)
    """Trading days that the view is about."""
    asked_on: date | None = None
    """The calendar day on which the model was asked, which a view of the past leaves far behind; None if unknown."""
    score: SignedUnit | None = None
    """What the allocator read; None where the rules abstained."""
    rules_score: SignedUnit | None = None
    model_score: SignedUnit | None = None
    model_confidence: UnitInterval | None = None
    """As stated."""

    @property
    def key(self) -> Key:
        """What makes two entries the same one; the figures are left out, so that nothing is recorded twice."""
        return (self.persona, self.model, self.as_of, self.symbol, self.prompt, self.debate_prompt, self.round)

    @property
    def live(self) -> bool:
        """Whether the model was asked in its own time, so that it cannot have been trained on what came after."""
        return self.asked_on is not None and (self.asked_on - self.as_of).days <= LIVE_DAYS

    def said(self, voice: Voice) -> float | None:
        """The score of that voice."""
        return {"rules": self.rules_score, "model": self.model_score, "view": self.score}[voice]


class Outcome(Record):
    """An entry, and what became of it over one horizon."""

    entry: Entry
    horizon_days: int = Field(ge=1)
    excess: float
    """Return over the horizon minus the cross-section's median."""
    opened_on: date
    """The first close after the view's date, from which the return is counted."""
    known_on: date


def entries_of(
    views: Iterable[View],
    *,
    as_of: date,
    horizon_days: int,
    model: str | None,
    prompt: str,
    debate_prompt: str = "",
    asked_on: date | None = None,
) -> tuple[Entry, ...]:
    """A persona's views as entries; one that heard its peers gives two, as it was before and after.

    `model` is the name of the model that was asked, `prompt` the persona's fingerprint, `asked_on` the day of the run.
    Abstentions on which no model
    spoke are left out.
    """
    out: list[Entry] = []
    for view in views:
        if view.score is None and view.model_score is None:
            continue
        if view.model_score is not None and model is None:
            raise ValueError(f"a model scored {view.symbol}; name it, or its record is nobody's")
        last = Entry(
            persona=view.persona,
            model=model if view.model_score is not None and model is not None else RULES,
            as_of=as_of,
            symbol=view.symbol,
            prompt=prompt,
            horizon_days=horizon_days,
            asked_on=asked_on,
            score=view.score,
            rules_score=view.rules_score,
            model_score=view.model_score,
            model_confidence=view.model_confidence,
        )
        before = view.revised_from
        out.append(last if before is None else Entry.model_validate({**dict(last), **dict(before)}))
        if view.round == 2:
            out.append(Entry.model_validate({**dict(last), "round": 2, "debate_prompt": debate_prompt}))
    return tuple(out)


def judge(entries: Iterable[Entry], panel: MarketPanel, horizons: Sequence[int] | None = None) -> tuple[Outcome, ...]:
    """Outcomes of the entries whose horizon has passed in `panel`, in the order of the entries.

    The return is counted from the first close after the view's date, at which it could be traded on. `horizons`, in
    trading days, judges every entry over each of them in its own one's place. Entries that are too young, or whose
    asset the panel does not price on that day, are left out.
    """
    column = {symbol: j for j, symbol in enumerate(panel.symbols)}
    close = _filled(panel.close)
    seen: dict[tuple[int, int], Floats | None] = {}
    out: list[Outcome] = []
    for entry in entries:
        start = int(np.searchsorted(panel.dates, np.datetime64(entry.as_of, "D"), side="right"))
        if entry.symbol not in column or start == 0:
            continue
        for days in horizons or (entry.horizon_days,):
            if (start, days) not in seen:
                seen[start, days] = _excess(panel.close, close, start, days)
            excess = seen[start, days]
            if excess is None or not np.isfinite(excess[column[entry.symbol]]):
                continue
            opened_on: date = panel.dates[start].astype(object)
            known_on: date = panel.dates[start + days].astype(object)
            found = float(excess[column[entry.symbol]])
            out.append(Outcome(entry=entry, horizon_days=days, excess=found, opened_on=opened_on, known_on=known_on))
    return tuple(out)


def excess_returns(panel: MarketPanel, rows: Sequence[int], days: int) -> Floats:
    """(R, N) what became of views given at the close of `rows`, by the same rule as `judge`; NaN where not known yet.

    Row r is dealt at the close of r + 1, over `days` trading days from there.
    """
    close = _filled(panel.close)
    out = np.full((len(rows), len(panel.symbols)), np.nan)
    for place, row in enumerate(rows):
        found = _excess(panel.close, close, int(row) + 1, days)
        if found is not None:
            out[place] = found
    return out


def history_of(outcomes: Iterable[Outcome]) -> tuple[Judged, ...]:
    """What calibration reads: the models' own scores of the first round over the horizon that they were about."""
    return tuple(
        Judged(
            persona=item.entry.persona,
            model=item.entry.model,
            scored_on=item.entry.as_of,
            symbol=item.entry.symbol,
            score=item.entry.model_score,
            confidence=item.entry.model_confidence,
            horizon_days=item.horizon_days,
            excess=item.excess,
            known_on=item.known_on,
            live=item.entry.live,
        )
        for item in outcomes
        if item.entry.round == 1
        and item.entry.model_score is not None
        and item.entry.model_confidence is not None
        and item.horizon_days == item.entry.horizon_days
    )


def _filled(close: Floats) -> Floats:
    """(T, N) closes, each gap filled from at most `STALE_DAYS` rows before."""
    out = np.where(close > 0.0, close, np.nan)
    clean = out.copy()
    for rows in range(1, STALE_DAYS + 1):
        out[rows:] = np.where(np.isnan(out[rows:]), clean[:-rows], out[rows:])
    return out


def _excess(raw: Floats, filled: Floats, start: int, days: int) -> Floats | None:
    """(N,) return from row `start` over `days` rows minus the median; NaN without prices, None when too young."""
    if start + days >= len(raw):
        return None
    last = np.full(raw.shape[1], np.nan)
    for row in raw[start + 1 : start + days + 1]:
        last = np.where(row > 0.0, row, last)
    moved: Floats = last / filled[start] - 1.0
    there = np.isfinite(moved)
    if int(there.sum()) < FEWEST_ASSETS:
        return np.full_like(moved, np.nan)
    return moved - float(np.median(moved[there]))
