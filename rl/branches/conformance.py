"""The contract of a branch as a check that its author can run: `broken_clauses(model, panel, universe)` is empty."""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from portfolio.market import MarketPanel
from portfolio.universe import Universe
from rl.branches.records import Branch, BranchModel, branch_on


def broken_clauses(
    model: BranchModel, panel: MarketPanel, universe: Universe, rows: NDArray[np.int64]
) -> tuple[str, ...]:
    """What of `records.BranchModel` the model does not keep on some rows of a panel, in words; empty where it keeps it.

    `rows` must leave a day after each of them, and should hold young, gone and interrupted assets.
    """
    whole = branch_on(model, panel, universe, rows)
    broken = []
    if whole.values.shape != (len(rows), len(panel.symbols), model.width) or whole.values.dtype != np.float32:
        broken.append(f"values are {whole.values.shape} {whole.values.dtype}: (rows, assets, width) float32 expected")
    if whole.name != model.name:
        broken.append(f"the branch is called {whole.name} and the model {model.name}")
    if not np.isfinite(whole.values).all() or np.abs(whole.values).max(initial=0.0) > 20.0:
        broken.append("a value is not finite, or far from order one")
    if whole.values[~whole.known].any():
        broken.append("a value is not 0 where the branch is unknown")
    if not _same(branch_on(model, panel, universe, rows), whole):
        broken.append("the same panel gives other bytes the second time")
    if not all(
        _same(_alone(model, panel, universe, row), _row(whole, place)) for place, row in enumerate(rows.tolist())
    ):
        broken.append("a row differs when only the last `lookback` rows are there")
    if not all(
        _same(branch_on(model, _shaken(panel, row), universe, rows[place : place + 1]), _row(whole, place))
        for place, row in enumerate(rows.tolist())
    ):
        broken.append("a later price, signal or index level moves a row")
    # A power of two, so that the level is changed and no rounding is.
    if not _same(branch_on(model, replace(panel, close=panel.close * 4.0), universe, rows), whole):
        broken.append("the level of prices enters")
    return tuple(broken)


def _alone(model: BranchModel, panel: MarketPanel, universe: Universe, row: int) -> Branch:
    part = panel.window(max(0, row + 1 - model.lookback), row + 1)
    made = model.describe(part, universe)
    return Branch(made.name, made.values[-1:], made.known[-1:])


def _row(branch: Branch, place: int) -> Branch:
    return Branch(branch.name, branch.values[place : place + 1], branch.known[place : place + 1])


def _shaken(panel: MarketPanel, row: int) -> MarketPanel:
    """The panel with everything after the row multiplied by chance."""
    rng = np.random.default_rng(row)

    def shaken(values: NDArray[np.float64]) -> NDArray[np.float64]:
        out = values.copy()
        out[row + 1 :] *= rng.uniform(0.2, 3.0, out[row + 1 :].shape)
        return out

    return replace(
        panel,
        close=shaken(panel.close),
        signals={name: shaken(values) for name, values in panel.signals.items()},
        index=None if panel.index is None else shaken(panel.index),
    )


def _same(one: Branch, other: Branch) -> bool:
    return one.values.tobytes() == other.values.tobytes() and bool((one.known == other.known).all())
