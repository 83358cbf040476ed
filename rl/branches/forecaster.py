"""The forecaster as a branch of the policy: what LSTMs foretell of each asset's next period, walk-forward.

The forecast of day t is made by the latest cut whose first day is t or earlier, so a replay of a past date takes the
weights that could have been had then. Before the first cut, and on assets without enough history, nothing is known.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from pydantic import ValidationError
from safetensors import SafetensorError
from safetensors.torch import load, save

from portfolio.market import MarketPanel
from portfolio.records import Record
from portfolio.universe import Universe
from rl.branches.forecaster_fit import Cut, CutCard, ForecasterConfig, OnCut, fit_cuts, standardised
from rl.branches.forecaster_network import forward
from rl.branches.forecaster_series import PeriodSeries, lookback, period_series
from rl.branches.records import Branch, on_grid
from rl.ppo import deterministic

FIGURES = ("return", "log_volatility")
AMPLIFIED = 10.0
"""An honest forecast of a return is about a tenth of the volatility: ten times it is of order one."""
_CHUNK = 4096
_TENSORS = ("input_mean", "input_std", "target_mean", "target_std")


class _Page(Record):
    """What stands in the JSON beside the weights."""

    config: ForecasterConfig
    source: str
    first_date: str
    last_date: str
    weights_sha256: str
    cuts: tuple[CutCard, ...]


@dataclass(frozen=True, eq=False)
class Forecaster:
    """A fitted forecaster; a `BranchModel`.

    Attributes
    ----------
    config : how it was fitted
    cuts : in order of `valid_from`
    source, first_date, last_date : the data of the fit, for people; each cut's `key` is the hash of its own data
    """

    config: ForecasterConfig
    cuts: tuple[Cut, ...]
    source: str
    first_date: str
    last_date: str

    @property
    def name(self) -> str:
        return self.config.name

    @property
    def width(self) -> int:
        return len(FIGURES)

    @property
    def lookback(self) -> int:
        return lookback(self.config.step, self.config.periods)

    def describe(self, panel: MarketPanel, universe: Universe) -> Branch:
        """The branch on every day of the panel. A training that reads few days takes `at` instead."""
        return self.at(panel, universe, np.arange(len(panel.dates)))

    def at(self, panel: MarketPanel, universe: Universe, rows: NDArray[np.int64]) -> Branch:
        """The branch on R rows of the panel: values (R, N, 2), known (R, N).

        values[..., 0] is `AMPLIFIED` times the forecast of the next period's return, in root mean squares of the
        asset's own periods; values[..., 1] the forecast log of the volatility within it, over the same scale.
        Raises ValueError when panel and universe are of other assets.
        """
        if panel.symbols != universe.symbols:
            raise ValueError("panel and universe hold other assets; select the universe's symbols from the panel first")
        made, known = self.by_seed(panel, rows)
        values = made.mean(axis=0)
        values[..., 0] *= AMPLIFIED
        return Branch(self.name, on_grid(np.where(known[..., None], values, 0.0)), known)

    def by_seed(self, panel: MarketPanel, rows: NDArray[np.int64]) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
        """Each seed's forecasts (S, R, N, 2) in the units of `TARGETS`, 0 where unknown, and known (R, N)."""
        config = self.config
        series = period_series(panel, config.step, config.periods, config.min_periods)
        assets = len(panel.symbols)
        values = np.zeros((len(config.seeds), len(rows), assets, len(FIGURES)))
        known = np.zeros((len(rows), assets), dtype=np.bool_)
        starts = np.array([cut.card.valid_from for cut in self.cuts], dtype="datetime64[D]")
        serving = np.searchsorted(starts, panel.dates[rows].astype("datetime64[D]"), side="right") - 1
        for place, cut in enumerate(self.cuts):
            mine = np.flatnonzero(serving == place)
            if len(mine):
                values[:, mine], known[mine] = _forecasts(cut, series, panel.symbols, rows[mine], len(config.seeds))
        return values, known

    def save(self, folder: Path) -> None:
        """Write `<name>.safetensors` and `<name>.json` into the folder; the same fit gives the same bytes."""
        tensors = {
            f"{place}.{name}": tensor.contiguous()
            for place, cut in enumerate(self.cuts)
            for name, tensor in sorted(_tensors(cut).items())
        }
        data = save(tensors)
        page = _Page(
            config=self.config,
            source=self.source,
            first_date=self.first_date,
            last_date=self.last_date,
            weights_sha256=sha256(data).hexdigest(),
            cuts=tuple(cut.card for cut in self.cuts),
        )
        folder.mkdir(parents=True, exist_ok=True)
        for ending, content in (("safetensors", data), ("json", (page.model_dump_json(indent=1) + "\n").encode())):
            # Written beside and moved into place: a full disk leaves the old file whole.
            part = folder / f".{self.name}.{ending}.part"
            part.write_bytes(content)
            part.replace(folder / f"{self.name}.{ending}")


def fit_forecaster(
    panel: MarketPanel, universe: Universe, config: ForecasterConfig, on_cut: OnCut, *, finished: Sequence[Cut] = ()
) -> Forecaster:
    """Fit all walk-forward cuts. `on_cut` is told of each finished cut, so that it can be kept; cuts given back as
    `finished` are not fitted again if they are of the same configuration and data.

    Raises ValueError when panel and universe are of other assets, or when the history is too short for any cut.
    """
    if panel.symbols != universe.symbols:
        raise ValueError("panel and universe hold other assets; select the universe's symbols from the panel first")
    cuts = fit_cuts(panel, config, on_cut, finished=finished)
    return Forecaster(config, cuts, panel.source, str(panel.dates[0]), str(panel.dates[-1]))


def load_forecaster(folder: Path, name: str = "forecaster") -> Forecaster:
    """Read what `save` wrote. Raises OSError when a file is missing, ValueError when they do not fit each other."""
    again = f"fit the forecaster again, or take {name}.json and {name}.safetensors of one fit"
    data = (folder / f"{name}.safetensors").read_bytes()
    try:
        page = _Page.model_validate_json((folder / f"{name}.json").read_bytes())
    except ValidationError as error:
        raise ValueError(f"{folder / name}.json is not a forecaster of this version; {again}") from error
    if sha256(data).hexdigest() != page.weights_sha256:
        raise ValueError(f"the weights in {folder} are not those that {name}.json describes; {again}")
    try:
        tensors = load(data)
    except SafetensorError as error:
        raise ValueError(f"the weights in {folder} cannot be read; {again}") from error
    cuts = []
    for place, card in enumerate(page.cuts):
        mine = {key.split(".", 1)[1]: value for key, value in tensors.items() if key.split(".", 1)[0] == str(place)}
        scaling = [mine.pop(key) for key in _TENSORS]
        cuts.append(Cut(card, mine, *scaling))
    return Forecaster(page.config, tuple(cuts), page.source, page.first_date, page.last_date)


def _tensors(cut: Cut) -> dict[str, torch.Tensor]:
    scaling = {"input_mean": cut.input_mean, "input_std": cut.input_std}
    return {**cut.weights, **scaling, "target_mean": cut.target_mean, "target_std": cut.target_std}


@torch.no_grad()
def _forecasts(
    cut: Cut, series: PeriodSeries, symbols: tuple[str, ...], rows: NDArray[np.int64], seeds: int
) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """(seeds, R, N, 2) forecasts and (R, N) where they are known, in float64 so that a batch's size moves no bit that
    is left after rounding to the grid."""
    weights = {name: value.double() for name, value in cut.weights.items()}
    out = np.zeros((seeds, len(rows), len(symbols), len(FIGURES)))
    known = series.known[rows].copy()
    with deterministic(0):
        if not cut.card.symbols:
            at, asset = np.nonzero(known)
            for part in range(0, len(at), _CHUNK):
                pick, column = at[part : part + _CHUNK], asset[part : part + _CHUNK]
                made = _run(cut, weights, series, rows[pick][None], column[None], seeds)
                out[:, pick, column] = made.numpy()
            return out, known
        columns = np.array([symbols.index(s) if s in symbols else -1 for s in cut.card.symbols])
        here = np.flatnonzero(columns >= 0)
        stays = np.zeros(len(symbols), dtype=np.bool_)
        stays[columns[here]] = True
        known &= stays
        if not known.any():
            return out, known
        models = (np.arange(seeds)[:, None] * len(columns) + here).reshape(-1)
        chosen = _only(cut, torch.from_numpy(models))
        weights = {name: value.double() for name, value in chosen.weights.items()}
        size = max(1, _CHUNK // len(here))
        for part in range(0, len(rows), size):
            some = rows[part : part + size]
            shape = (len(here), len(some))
            made = _run(
                chosen,
                weights,
                series,
                np.broadcast_to(some, shape),
                np.broadcast_to(columns[here, None], shape),
                seeds,
            )
            split = made.view(seeds, *shape, len(FIGURES)).permute(0, 2, 1, 3).numpy()
            out[:, part : part + size, columns[here]] = split
        return np.where(known[..., None], out, 0.0), known


def _run(
    cut: Cut,
    weights: dict[str, torch.Tensor],
    series: PeriodSeries,
    rows: NDArray[np.int64],
    assets: NDArray[np.int64],
    seeds: int,
) -> torch.Tensor:
    """(M, B, 2) forecasts in the targets' own units of the windows (G, B), the groups repeated for every seed."""
    windows = series.windows(torch.from_numpy(np.array(rows)), torch.from_numpy(np.array(assets)))
    windows = standardised(windows.repeat(1, seeds, 1, 1), cut.input_mean, cut.input_std)
    return forward(weights, windows) * cut.target_std.unsqueeze(1) + cut.target_mean.unsqueeze(1)


def _only(cut: Cut, models: torch.Tensor) -> Cut:
    """The same cut with some of its models."""
    return Cut(
        cut.card,
        {name: value[models] for name, value in cut.weights.items()},
        cut.input_mean[models],
        cut.input_std[models],
        cut.target_mean[models],
        cut.target_std[models],
    )
