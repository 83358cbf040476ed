"""What every branch gives and what it promises."""

from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from portfolio.market import MarketPanel
from portfolio.universe import Universe

GRID_STEP = 1e-4
"""Branch values lie on a grid of this step, so that the size of a batch cannot change their bits."""


@dataclass(frozen=True, eq=False)
class Branch:
    """One branch's figures on T days for N assets.

    Attributes
    ----------
    name : of the branch, the same in training and in serving
    values : (T, N, W) float32 of order one, 0 where unknown; a figure that may be unknown on its own has a 0/1
        column beside it that says so
    known : (T, N) False where the branch has nothing to say: the policy masks it there
    """

    name: str
    values: NDArray[np.float32]
    known: NDArray[np.bool_]

    def __post_init__(self) -> None:
        if self.values.ndim != 3 or self.values.shape[:2] != self.known.shape:
            raise ValueError(f"branch {self.name}: values {self.values.shape} and known {self.known.shape} do not fit")

    @property
    def width(self) -> int:
        return int(self.values.shape[2])


class BranchModel(Protocol):
    """A frozen maker of one branch.

    Contract
    --------
    - Row t of `describe` depends on rows <= t of the panel, and of those on the last `lookback` only: the last row of
      `describe(panel.window(t + 1 - lookback, t + 1), universe)` equals row t of `describe(panel, universe)` to the
      bit (`on_grid` makes that so), and no later price moves it.
    - No ticker, date or price level enters, so that it serves assets which it never saw.
    - The same weights and panel give the same bytes.
    """

    @property
    def name(self) -> str: ...

    @property
    def width(self) -> int: ...

    @property
    def lookback(self) -> int: ...

    def describe(self, panel: MarketPanel, universe: Universe) -> Branch:
        """The branch on every day of the panel."""

    def save(self, folder: Path) -> None:
        """Write `<name>.safetensors` and `<name>.json` (settings, training span, data hash) into the folder."""


@runtime_checkable
class RowBranchModel(BranchModel, Protocol):
    """A branch that can describe some days alone: for one too dear to compute on days that nobody decides on."""

    def describe_rows(self, panel: MarketPanel, universe: Universe, rows: NDArray[np.int64]) -> Branch:
        """The branch on the rows asked for, in their order: the same bits as those rows of `describe`."""


class BranchUnavailable(Exception):  # noqa: N818 - named for what happened, as AllocatorUnavailable
    """A branch cannot be had here: the policy goes without it and says so. `remedy` says what to do about it."""

    def __init__(self, reason: str, remedy: str) -> None:
        super().__init__(f"{reason}; {remedy}")
        self.reason, self.remedy = reason, remedy


def branch_on(model: BranchModel, panel: MarketPanel, universe: Universe, rows: NDArray[np.int64]) -> Branch:
    """The branch on some rows (R, N, W), by `describe_rows` where the model has it."""
    if isinstance(model, RowBranchModel):
        return model.describe_rows(panel, universe, rows)
    whole = model.describe(panel, universe)
    return Branch(whole.name, whole.values[rows], whole.known[rows])


def on_grid(values: NDArray[np.floating]) -> NDArray[np.float32]:
    """Rounded to `GRID_STEP`; compute in float64 first."""
    return np.asarray(np.round(values / GRID_STEP) * GRID_STEP, dtype=np.float32)
