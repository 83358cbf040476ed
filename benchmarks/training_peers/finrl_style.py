"""An environment in the manner of FinRL's portfolio allocation (`env_portfolio.py`), written anew for this benchmark.

What it shares with FinRL, because that is what is measured: the market is a long DataFrame with one row a day and
asset, a step slices it with `.loc[day]`, the state is the covariance matrix of the last year with the library's eight
technical indicators below, weights are the softmax of actions in [0, 1], the end is found by listing the frame's days
at every step, memories of actions, dates and values grow with each step, costs are not charged, and the reward is raw
wealth.
What it leaves out: FinRL's plots and printing at the end of an episode.
"""

from typing import Any

import gymnasium
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from portfolio.market import MarketPanel

LOOKBACK = 252
INDICATORS = (
    "macd",
    "boll_ub",
    "boll_lb",
    "rsi_30",
    "cci_30",
    "momentum_30",
    "close_30_sma",
    "close_60_sma",
)
"""FinRL's `config.TECHNICAL_INDICATORS_LIST`, but for DX in the sixth place, which needs highs and lows: the bundled
data are closes."""
INITIAL = 1_000_000.0


def frame_of(panel: MarketPanel, first: str, last: str) -> pd.DataFrame:
    """One row a day and asset, indexed by the day's number: date, tic, close, the indicators and `cov_list`."""
    closes = pd.DataFrame(panel.close, index=pd.DatetimeIndex(panel.dates), columns=list(panel.symbols))
    moves = closes.pct_change(fill_method=None)
    change = closes.diff()
    rise, fall = change.clip(lower=0).ewm(alpha=1 / 30).mean(), (-change.clip(upper=0)).ewm(alpha=1 / 30).mean()
    middle = closes.rolling(30).mean()
    spread = (closes - middle).abs().rolling(30).mean()
    band, width = closes.rolling(20).mean(), 2.0 * closes.rolling(20).std()
    tables = {
        "close": closes,
        "macd": closes.ewm(span=12).mean() - closes.ewm(span=26).mean(),
        "boll_ub": band + width,
        "boll_lb": band - width,
        "rsi_30": 100.0 * rise / (rise + fall),
        "cci_30": (closes - middle) / (0.015 * spread),
        "momentum_30": closes.pct_change(30, fill_method=None),
        "close_30_sma": middle,
        "close_60_sma": closes.rolling(60).mean(),
    }
    keep = (closes.index >= pd.Timestamp(first)) & (closes.index <= pd.Timestamp(last))
    keep[: LOOKBACK + 30] = False
    rows = np.flatnonzero(keep)
    values = moves.to_numpy()
    covariances = [np.cov(values[row - LOOKBACK + 1 : row + 1].T) for row in rows]
    assets = len(panel.symbols)
    frame = pd.DataFrame(
        {
            "date": np.repeat(closes.index[rows], assets),
            "tic": np.tile(np.array(panel.symbols), len(rows)),
            # A price that stood still for 30 days has no CCI: 0, as FinRL's preprocessing fills what is not finite.
            **{
                name: np.nan_to_num(table.to_numpy()[rows].reshape(-1), posinf=0, neginf=0)
                for name, table in tables.items()
            },
        },
        index=np.repeat(np.arange(len(rows)), assets),
    )
    frame["cov_list"] = pd.Series(
        [matrix for matrix in covariances for _ in range(assets)], index=frame.index, dtype=object
    )
    return frame


class FinRLStyleEnv(gymnasium.Env[NDArray[np.float64], NDArray[np.float32]]):  # type: ignore[misc, unused-ignore]
    """State (N + indicators, N); action (N,) in [0, 1]; reward the portfolio's value. One step is one trading day."""

    def __init__(self, frame: pd.DataFrame) -> None:
        self._frame = frame
        assets = len(frame.loc[0])
        self.action_space = gymnasium.spaces.Box(0.0, 1.0, (assets,), np.float32)
        shape = (assets + len(INDICATORS), assets)
        self.observation_space = gymnasium.spaces.Box(-np.inf, np.inf, shape, np.float64)

    def reset(
        self,
        *,
        seed: int | None = None,
        options: dict[str, Any] | None = None,  # noqa: ARG002 - gymnasium's signature
    ) -> tuple[NDArray[np.float64], dict[str, Any]]:
        """Back to the first day."""
        super().reset(seed=seed)
        self._day = 0
        self._data = self._frame.loc[0, :]
        self._value = INITIAL
        self._values, self._returns = [INITIAL], [0.0]
        self._actions: list[NDArray[np.float32]] = []
        self._dates = [self._data["date"].unique()[0]]
        return self._state(), {}

    def step(self, action: NDArray[np.float32]) -> tuple[NDArray[np.float64], float, bool, bool, dict[str, Any]]:
        """Hold softmax(action) for a day."""
        if self._day >= len(self._frame.index.unique()) - 1:
            return self._state(), self._value, True, False, {}
        weights = np.exp(action) / np.sum(np.exp(action))
        self._actions.append(weights)
        before = self._data
        self._day += 1
        self._data = self._frame.loc[self._day, :]
        state = self._state()
        moved = sum((self._data["close"].to_numpy() / before["close"].to_numpy() - 1.0) * weights)
        self._value *= 1.0 + moved
        self._values.append(self._value)
        self._returns.append(moved)
        self._dates.append(self._data["date"].unique()[0])
        return state, float(self._value), False, False, {}

    def _state(self) -> NDArray[np.float64]:
        indicators = [self._data[name].to_list() for name in INDICATORS]
        return np.append(np.array(self._data["cov_list"].to_numpy()[0]), indicators, axis=0)
