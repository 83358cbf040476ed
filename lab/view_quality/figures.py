"""Data for pictures: calibration curves and rank correlations by horizon, for whoever draws them."""

from lab.view_quality.records import Result
from portfolio.calibration_curve import CurveBin
from portfolio.records import Record
from portfolio.standings import Interval


class CalibrationFigure(Record):
    """One voice's curve: stated probability against the share that happened, beside the diagonal."""

    universe: str
    voice: str
    horizon_days: int
    bins: tuple[CurveBin, ...]
    brier: float
    skill: float | None


class HorizonFigure(Record):
    """One voice's mean rank correlation over all years, by horizon in trading days."""

    universe: str
    voice: str
    horizons: tuple[int, ...]
    rank_correlations: tuple[Interval | None, ...]


class Figures(Record):
    """Everything that can be drawn."""

    calibration: tuple[CalibrationFigure, ...]
    horizons: tuple[HorizonFigure, ...]


BOARD = "recorded views"
"""In a figure's `universe`: views of models, from the board."""


def figures(result: Result) -> Figures:
    """All voices of all universes, then those of models, in the result's order."""
    voices = [(universe.name, voice) for universe in result.universes for voice in universe.voices]
    voices += [(BOARD, voice) for voice in result.models]
    return Figures(
        calibration=tuple(
            CalibrationFigure(
                universe=universe,
                voice=voice.name,
                horizon_days=voice.calibration.horizon_days,
                bins=voice.calibration.bins,
                brier=voice.calibration.stated.brier,
                skill=voice.calibration.stated.skill,
            )
            for universe, voice in voices
            if voice.calibration is not None
        ),
        horizons=tuple(
            HorizonFigure(
                universe=universe,
                voice=voice.name,
                horizons=tuple(cell.horizon_days for cell in voice.cells),
                rank_correlations=tuple(
                    cell.whole.rank_correlation if cell.whole is not None else None for cell in voice.cells
                ),
            )
            for universe, voice in voices
        ),
    )
