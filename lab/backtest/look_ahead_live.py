"""Does the live committee look ahead? Two worlds that differ only after a day, and its answer on that day.

Contract
--------
- After each cut every price, bill rate and index level, every earnings report from the cut's own day on (it may come
  after the close) and every document is another one. Everything up to it is the same to the bit.
- Both worlds are read from disk by the ordinary live path: loader, store, analysts, personas, policy, risk manager.
- All of an answer is compared: findings, views, proposal, decision, and the trace's id, which is the hash of it all.
- What differs is named by the first part that differs, for those after it merely heard it.

The rules are checked. A language model answers by its own memory, which no scrambling of files can take from it: that
is what `quorum evaluate contamination` is for.
"""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from shutil import copytree
from tempfile import TemporaryDirectory

import numpy as np

from lab.backtest.look_ahead import Leak, LiveCheck, scrambled
from lab.committee.ways import CLIENT
from lab.contamination.decisions import RULES, Decision, decide_in
from lab.contamination.worlds import HOME, Content, content_from, write_world
from portfolio.market import MarketPanel, day_of
from tools.documents.earnings import LOOK_BACK
from tools.documents.records import Document
from tools.errors import DataError
from tools.market.records import MarketData
from tools.settings import Settings

CUTS = 3
HISTORY = 400
"""Rows of prices before the first cut, so that personas have something to say."""
AHEAD = timedelta(days=60)
"""Days after a cut of which documents are written: a search that looked ahead would find these first."""
NEWS = (
    "{name} ({symbol}) raises its outlook after record sales and strong margins in {month}",
    "{name} ({symbol}) warns of heavy losses and cuts its dividend after a weak {month}",
)
NEWS_WEEKS = (-6, 0, 1)
"""When the stories are told, in weeks from a cut."""

OnStep = Callable[[int, int, str], None]


def check_live(
    data: MarketData, settings: Settings, seed: int, progress: OnStep, *, last: date | None = None, cuts: int = CUTS
) -> LiveCheck:
    """Compare at `cuts` days, evenly spread. `last` is the last day that may be a cut.

    The settings' own personas (`personas/` in the home folder, and installed ones) are heard; their model is not.
    Raises DataError for too little history.
    """
    panel = data.panel
    rows = _cuts(panel, cuts, last)
    days = tuple(day_of(panel.dates[row]) for row in rows)
    true = replace(content_from(data, settings.prices), documents=tuple(_news(data, days)))
    mute = settings.model_copy(update={"model_name": None, "model_url": None, "model_roles": {}})
    total = 2 * len(days)
    leaks: list[Leak] = []
    with TemporaryDirectory(prefix="quorum-look-ahead-") as place:
        progress(0, total, "the true world")
        own = _written(true, Path(place) / "true", mute, days)
        answers = decide_in(own, RULES, days, CLIENT)
        for done, (row, day) in enumerate(zip(rows, days, strict=True)):
            progress(len(days) + done, total, f"everything after {day} scrambled, the live committee asked")
            false = _written(_other(true, row, seed + done), Path(place) / f"cut-{done}", mute, (day,))
            for (name, _), other in decide_in(false, RULES, (day,), CLIENT).items():
                leaks += [
                    Leak(kind=kind, name=who, cut=day, day=day) for kind, who in _difference(answers[name, day], other)
                ]
    progress(total, total, "done")
    return LiveCheck(
        cuts=days,
        ways=tuple(way.name for way in RULES),
        answers=len(RULES) * len(days),
        leaks=tuple({(leak.kind, leak.name, leak.cut): leak for leak in leaks}.values()),
    )


def _cuts(panel: MarketPanel, cuts: int, last: date | None) -> list[int]:
    stop = len(panel.dates) if last is None else int(np.searchsorted(panel.dates, np.datetime64(last), side="right"))
    if stop - 2 <= HISTORY:
        raise DataError(
            f"{panel.source} has {stop} days of prices; the live committee is checked after {HISTORY}",
            "bring more prices, or a later --last",
        )
    return sorted({int(row) for row in np.linspace(HISTORY, stop - 2, cuts + 1)[1:]})


def _other(content: Content, row: int, seed: int) -> Content:
    """The world with everything after `row` made up."""
    rng = np.random.default_rng([seed, row])
    panel = scrambled(content.panel, row, seed)
    # The last day stays a day of the panel, for its date is the source's and told in every answer.
    panel.close[-1] = np.where(np.isfinite(content.panel.close[-1]), np.nan_to_num(panel.close[-1], nan=1.0), np.nan)
    cut = day_of(content.panel.dates[row])
    symbols = content.universe.symbols
    return replace(
        content,
        panel=panel,
        earnings=tuple(
            item if item.date < cut else item.model_copy(update={"surprise": float(rng.normal(0.0, 0.5))})
            for item in content.earnings
        ),
        documents=tuple(
            item
            if item.published <= cut
            else item.model_copy(
                update={"symbol": symbols[int(rng.integers(len(symbols)))], "text": f"{item.text}, or so it seems."}
            )
            for item in content.documents
        ),
    )


def _written(content: Content, folder: Path, settings: Settings, days: tuple[date, ...]) -> Settings:
    made = write_world(content, folder, settings, [(day - LOOK_BACK, day + AHEAD) for day in days])
    personas = settings.home / "personas"
    if personas.is_dir():
        copytree(personas, folder / HOME / "personas")
    return made


def _news(data: MarketData, days: tuple[date, ...]) -> Iterator[Document]:
    """Made-up stories on each asset around the cuts, so that there is news to read and news to look ahead in."""
    for day in days:
        for number, weeks in enumerate(NEWS_WEEKS):
            published = day + timedelta(weeks=weeks)
            for place, asset in enumerate(data.universe.assets):
                words = NEWS[(number + place) % len(NEWS)]
                text = words.format(name=asset.name, symbol=asset.symbol, month=f"{published:%B %Y}")
                yield Document(source="made up", published=published, symbol=asset.symbol, kind="news", text=text)


def _difference(one: Decision, two: Decision) -> list[tuple[str, str]]:
    """The first parts of an answer that differ, as (kind, name)."""
    first, second = one.turn, two.turn
    analysts = {
        item.analyst
        for found, other in ((first.findings, second.findings), (second.findings, first.findings))
        for item in found
        if item not in other
    }
    if analysts or first.evidence != second.evidence:
        return [("analyst", name) for name in sorted(analysts)] or [("analyst", "evidence")]
    assert first.views is not None and second.views is not None  # `decide_in` answers with views only
    own, its = set(map(str, first.views.views)), set(map(str, second.views.views))
    views = (*first.views.views, *second.views.views)
    voices = dict.fromkeys(view.persona for view in views if (str(view) in own) != (str(view) in its))
    if voices:
        return [("persona", name) for name in voices]
    method = first.data.source and (first.proposal.method if first.proposal else "")
    if first.proposal != second.proposal:
        return [("way", str(method))]
    if first.decision != second.decision:
        return [("risk manager", str(method))]
    return [] if first.trace_id == second.trace_id else [("trace", str(method))]
