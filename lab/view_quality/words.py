"""Figures in words, and the answer in a paragraph, each computed from the result."""

from collections.abc import Iterator

from lab.view_quality.records import Cell, Result, UniverseViews, VoiceRecord, Weighing
from lab.view_quality.weighing import EQUAL, RECORD, helps
from portfolio.standings import Interval

NONE = "–"


def told(interval: Interval | None, style: str = "+.3f") -> str:
    """ "+0.039 [-0.015, +0.092]", without brackets where there is no interval."""
    if interval is None:
        return NONE
    mean = format(interval.mean, style)
    if interval.low is None or interval.high is None:
        return mean
    return f"{mean} [{interval.low:{style}}, {interval.high:{style}}]"


def span(days: int) -> str:
    """Trading days as people say them."""
    return {5: "a week", 21: "a month", 63: "a quarter", 126: "half a year", 252: "a year"}.get(days, f"{days} days")


def answer(result: Result) -> str:
    """Which persona is worth listening to, at which horizon."""
    return " ".join([_worth(result), *_nearest(result), *_noise(result)])


def weighing_answer(result: Result) -> str:
    """Whether voices should weigh by their record."""
    weighings = [universe.weighing for universe in result.universes if universe.weighing is not None]
    if not weighings:
        return "No universe is long enough to say whether voices should weigh by their record."
    parts = [_gain(universe) for universe in result.universes if universe.weighing is not None]
    decided = (
        "it may be on by default" if helps(weighings) else "it stays off, because that is not beyond chance after costs"
    )
    told_of = "; ".join(part for part in parts if part)
    return (
        "Weighing the ensemble's voices by their record up to each day changed the test years' monthly rank "
        f"correlation by {told_of}: {decided}."
    )


def _worth(result: Result) -> str:
    held, wrong, strange = list[str](), list[str](), list[str]()
    for universe, voice, cell in _cells(result):
        words = f"{voice.name} over {span(cell.horizon_days)} on {universe.name}"
        if cell.verdict.word in ("held", "untested"):
            held.append(f"{words} ({cell.verdict.reason})")
        if cell.verdict.word == "wrong":
            wrong.append(words)
        if cell.verdict.word in ("leaks", "too good") and cell.horizon_days == voice.own_horizon:
            strange.append(f"{voice.name} on {universe.name}: {cell.verdict.reason}")
    parts = []
    if strange:
        parts.append(f"Not to be believed: {'; '.join(strange)}.")
    if held:
        parts.append(f"Better than chance: {'; '.join(held)}.")
    else:
        parts.append(
            "No persona's rules have earned a hearing: at no horizon and on no universe does one order assets better "
            "than chance once every look is counted."
        )
    if wrong:
        parts.append(f"Worse than chance in the training years: {', '.join(wrong)}.")
    return " ".join(parts)


def _nearest(result: Result) -> Iterator[str]:
    """The strongest record on the first universe, which has the longest history."""
    best: tuple[float, VoiceRecord, Cell] | None = None
    first = result.universes[0] if result.universes else None
    for universe, voice, cell in _cells(result):
        interval = cell.whole.rank_correlation if cell.whole is not None else None
        if universe is not first or interval is None or interval.p_value is None or interval.mean <= 0.0:
            continue
        if voice.leaks or cell.verdict.word == "too good":
            continue
        if best is None or interval.p_value < best[0]:
            best = interval.p_value, voice, cell
    if best is None or first is None or best[2].whole is None:
        return
    p_value, voice, cell = best
    tries = cell.verdict.tries
    yield (
        f"The nearest is {voice.name} over {span(cell.horizon_days)} on {first.name}: a rank correlation of "
        f"{told(best[2].whole.rank_correlation)} over all years, p = {p_value:.2f} by itself and "
        f"{min(1.0, p_value * tries):.2f} after {tries} looks; {_elsewhere(result, voice, cell)}."
    )


def _elsewhere(result: Result, voice: VoiceRecord, cell: Cell) -> str:
    """The same persona and horizon on the universes but the first."""
    found = [
        other.whole.rank_correlation.mean
        for universe, one, other in _cells(result)
        if universe is not result.universes[0]
        and (one.name, other.horizon_days) == (voice.name, cell.horizon_days)
        and other.whole is not None
        and other.whole.rank_correlation is not None
    ]
    if not found:
        return "no other universe tells of it"
    return f"the sign is the same on {sum(mean > 0.0 for mean in found)} of {len(found)} other universes"


def _noise(result: Result) -> Iterator[str]:
    """Stated as probabilities, are scores better than a coin?"""
    worse, all_of = 0, 0
    for universe in result.universes:
        for voice in universe.voices:
            gain = voice.calibration.stated_gain if voice.calibration is not None else None
            if gain is not None:
                all_of += 1
                worse += gain.below(0.0)
    if all_of:
        yield (
            f"Read as probabilities, scores are worse than a coin in {worse} of {all_of} cases beyond chance: they are "
            "an order of assets, not a strength of belief."
        )


def _cells(result: Result) -> Iterator[tuple[UniverseViews, VoiceRecord, Cell]]:
    for universe in result.universes:
        for voice in universe.voices:
            for cell in voice.cells:
                yield universe, voice, cell


def _gain(universe: UniverseViews) -> str:
    weighing = universe.weighing
    gain = _test_gain(weighing) if weighing is not None else None
    return f"{told(gain)} on {universe.name}" if gain is not None else ""


def _test_gain(weighing: Weighing) -> Interval | None:
    for item in weighing.spans:
        if item.name == "test":
            return next(one.gain for one in item.ensembles if one.name == RECORD)
    return None


__all__ = ["EQUAL", "NONE", "RECORD", "answer", "span", "told", "weighing_answer"]
