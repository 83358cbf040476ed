"""A conformance suite for personas: what an author runs against their own work, with the remedy for each fault.

The panel is random walks with gaps, a late listing and a delisting, from a fixed seed: it is no market, only a
stand for trying the contract.
"""

from collections.abc import Callable
from pathlib import Path

import numpy as np

from agents.personas.registry import load_personas, persona_from_file
from agents.personas.rules import FactorPersona
from agents.personas.spec import ON_OFFER, Arrays, Persona
from portfolio.market import MarketPanel
from portfolio.records import Record
from tools.errors import PromptError

DAYS, ASSETS = 1700, 12
_CUTS = (1500, 1601, 1688)


class CheckItem(Record):
    """One rule: kept, or what is wrong and how to mend it."""

    rule: str
    passed: bool
    fault: str = ""
    remedy: str = ""


class CheckReport(Record):
    """The whole suite on one persona."""

    name: str
    items: tuple[CheckItem, ...]

    @property
    def passed(self) -> bool:
        return all(item.passed for item in self.items)


class _FaultError(Exception):
    """A broken rule, told to the author."""


def check(persona: str | Path | Persona, *, folder: Path | None = None) -> CheckReport:
    """Try a persona by name, by path of its Markdown file, or as an object. Raises QuorumError on an unknown name."""
    if isinstance(persona, Path) or (isinstance(persona, str) and persona.endswith(".md")):
        path = Path(persona)
        try:
            persona = persona_from_file(path)
        except PromptError as error:
            item = CheckItem(rule="its file is well formed", passed=False, fault=error.message, remedy=error.remedy)
            return CheckReport(name=path.stem, items=(item,))
    elif isinstance(persona, str):
        (persona,) = load_personas([persona], folder)
    subject: Persona = persona
    return CheckReport(
        name=subject.spec.name, items=tuple(_try(rule, test, hint, subject) for rule, test, hint in SUITE)
    )


def random_panel(seed: int = 0) -> MarketPanel:
    """Random walks with gaps, one asset listed late, one delisted; earnings signals as the bundled data has them."""
    rng = np.random.default_rng(seed)
    steps = rng.normal(0.0003, 0.01, (DAYS, ASSETS)) * np.linspace(0.6, 2.0, ASSETS)
    close = 50.0 * np.exp(np.cumsum(steps, axis=0))
    close[rng.random(close.shape) < 0.01] = np.nan
    close[:900, 1] = np.nan
    close[1300:, 2] = np.nan
    day = np.arange(DAYS)[:, None] + rng.integers(0, 63, ASSETS)
    since, quarter = day % 63, day // 63
    surprise = np.take_along_axis(rng.normal(0.0, 1.0, (DAYS // 63 + 2, ASSETS)), quarter, axis=0)
    return MarketPanel(
        dates=np.datetime64("2000-01-03") + np.arange(DAYS),
        symbols=tuple(f"A{j:02d}" for j in range(ASSETS)),
        close=close,
        source="random walks for checking personas",
        signals={"earnings_surprise": surprise, "earnings_age": since.astype(float)},
    )


def _try(rule: str, test: Callable[[Persona], None], remedy: str, persona: Persona) -> CheckItem:
    try:
        test(persona)
    except _FaultError as fault:
        return CheckItem(rule=rule, passed=False, fault=str(fault), remedy=remedy)
    except Exception as error:  # noqa: BLE001 - a plug-in may raise anything; its author is told what and where
        return CheckItem(rule=rule, passed=False, fault=f"it raised {type(error).__name__}: {error}", remedy=remedy)
    return CheckItem(rule=rule, passed=True)


def _same(one: Arrays, other: Arrays) -> bool:
    return all(np.array_equal(a, b) for a, b in zip(one, other, strict=True))


def _shapes(persona: Persona) -> None:
    panel = random_panel()
    for name, array in zip(("score", "confidence", "mask"), persona.history(panel), strict=True):
        if np.shape(array) != panel.close.shape:
            raise _FaultError(f"{name} has the shape {np.shape(array)}, not {panel.close.shape} (days, assets)")
        if (array.dtype == np.bool_) != (name == "mask"):
            raise _FaultError(f"{name} is of type {array.dtype}")


def _range(persona: Persona) -> None:
    score, confidence, mask = persona.history(random_panel())
    if not (np.isfinite(score).all() and np.isfinite(confidence).all()):
        raise _FaultError("score or confidence is NaN or infinite")
    if (np.abs(score) > 1.0).any() or (confidence < 0.0).any() or (confidence > 1.0).any():
        raise _FaultError(f"score reaches {np.abs(score).max():.3g} and confidence {confidence.max():.3g}")
    if (score[~mask] != 0.0).any() or (confidence[~mask] != 0.0).any():
        raise _FaultError("a masked-out asset carries a score or a confidence")
    if not mask.any():
        raise _FaultError("it has no view on any day, though prices of six years were there")


def _future(persona: Persona) -> None:
    panel = random_panel()
    before = persona.history(panel)
    for cut in _CUTS:
        noise = np.random.default_rng(cut)
        close = panel.close.copy()
        close[cut + 1 :] *= np.exp(noise.normal(0.0, 0.3, close[cut + 1 :].shape))
        signals = {name: values.copy() for name, values in panel.signals.items()}
        for values in signals.values():
            values[cut + 1 :] += noise.normal(0.0, 3.0, values[cut + 1 :].shape)
        after = persona.history(MarketPanel(panel.dates, panel.symbols, close, panel.source, signals))
        for name, one, other in zip(("score", "confidence", "mask"), before, after, strict=True):
            if not np.array_equal(one[: cut + 1], other[: cut + 1]):
                rows = np.flatnonzero((one[: cut + 1] != other[: cut + 1]).any(axis=1))
                raise _FaultError(
                    f"the {name} of day {rows[-1]} changed when only days after {cut} were changed: it sees the future"
                )


def _cut_short(persona: Persona) -> None:
    panel = random_panel()
    whole = persona.history(panel)
    for cut in _CUTS:
        short = persona.history(panel.window(0, cut + 1))
        if not all(np.array_equal(one[cut], other[-1]) for one, other in zip(whole, short, strict=True)):
            raise _FaultError(
                f"the last row of a history that ends on day {cut} differs from that row in the whole one"
            )


def _lookback(persona: Persona) -> None:
    if persona.spec.lookback is None:
        return
    panel = random_panel()
    whole = persona.history(panel)
    for cut in _CUTS:
        near = persona.history(panel.window(max(0, cut + 1 - persona.spec.lookback), cut + 1))
        if not all(np.array_equal(one[cut], other[-1]) for one, other in zip(whole, near, strict=True)):
            raise _FaultError(f"the last {persona.spec.lookback} rows alone give another answer on day {cut}")


def _twice(persona: Persona) -> None:
    if not _same(persona.history(random_panel()), persona.history(random_panel())):
        raise _FaultError("two runs on the same panel differ")


def _leaves_alone(persona: Persona) -> None:
    panel, fresh = random_panel(), random_panel()
    persona.history(panel)
    if not np.array_equal(panel.close, fresh.close, equal_nan=True):
        raise _FaultError("it changed the prices that it was given")


def _abstains(persona: Persona) -> None:
    panel = random_panel()
    gone = MarketPanel(panel.dates, panel.symbols, np.full_like(panel.close, np.nan), panel.source)
    if persona.history(gone)[2].any():
        raise _FaultError("it has views though no price and no signal is known")
    if persona.history(panel)[2][800, 1]:
        raise _FaultError("it has a view of an asset before its first price")
    if persona.history(panel)[2][1400, 2]:
        raise _FaultError("it has a view of an asset a hundred days after its last price")


def _prompt(persona: Persona) -> None:
    if not isinstance(persona, FactorPersona):
        return
    unknown = sorted(set(persona.prompt.header.inputs) - set(ON_OFFER))
    if unknown:
        raise _FaultError(f"its prompt wants {', '.join(unknown)}, which nobody gives")
    given = dict.fromkeys(persona.prompt.header.inputs, "</data>x")
    if "as_of" in given:
        given["as_of"] = "2001-02-03"  # the house's own word, so it needs no block
    text = "".join(part for _, part in persona.prompt.render(**given))
    if text.count("</data>") != text.count("<data "):
        raise _FaultError("its prompt lets text from outside leave its data block")


SUITE: tuple[tuple[str, Callable[[Persona], None], str], ...] = (
    ("arrays of days x assets", _shapes, "return score and confidence as floats and mask as bool, each (T, N)"),
    ("scores in [-1, 1], confidence in [0, 1], zero where masked", _range, "clip, and zero what the mask leaves out"),
    (
        "point in time: later data change nothing",
        _future,
        "row t may use rows up to t: shift the other way, and take no mean, rank or maximum over the whole panel",
    ),
    ("the live row is the row of history, to the bit", _cut_short, "use sums over fixed windows, not running sums"),
    ("the look-back it states is enough", _lookback, "raise `lookback` in its spec, or leave it None"),
    ("the same twice", _twice, "seed every random number and iterate in a fixed order"),
    ("the panel is left as it was", _leaves_alone, "copy before you write into an array"),
    ("it abstains without its inputs", _abstains, "set the mask False where a price or signal is NaN; never fill in 0"),
    (
        "its prompt's inputs are on offer, as data blocks",
        _prompt,
        f"use only {', '.join(ON_OFFER)}, each with | data(...)",
    ),
)
"""(rule, test, remedy), in the order in which they are told."""
