"""The trial register: one opening, one line; the same again is no further trial, another method is."""

from datetime import date
from pathlib import Path

import numpy as np
import pytest

from lab.register import Register, RegisterError, Trial, TrialFigures, same_market, trial_sharpes


def figures(sharpe: float) -> TrialFigures:
    return TrialFigures(sharpe=sharpe, certainty_equivalent=0.03, max_drawdown=0.1, volatility=0.1, turnover=0.5)


def trial(year: int = 2020, config: str = "a", sharpe: float = 0.5) -> Trial:
    return Trial(
        study="walk-forward",
        universe="ETFs",
        method="policy, median of seeds",
        first=date(year, 1, 1),
        last=date(year, 12, 31),
        config_sha256=config * 64,
        weights_sha256="c" * 64,
        data_sha256="d" * 64,
        volatility=0.1,
        cost=0.001,
        seeds=(0, 1),
        seed_sharpes=(sharpe - 0.1, sharpe + 0.1),
        figures=figures(sharpe),
        baseline="equal weight",
        baseline_figures=figures(0.4),
        opened=date(2026, 11, 21),
    )


def test_opening_a_window_twice_with_the_same_method_is_one_trial(tmp_path: Path) -> None:
    register = Register(tmp_path / "trials.jsonl")
    assert register.open([trial(), trial(2021)]) == 2
    before = register.path.read_bytes()
    later = trial().model_copy(update={"opened": date(2027, 1, 1)})
    assert register.open([later]) == 0
    assert register.path.read_bytes() == before
    assert [one.gap for one in register.trials()] == pytest.approx([0.1, 0.1])


def test_another_method_on_the_same_window_is_a_further_trial_that_deflates(tmp_path: Path) -> None:
    register = Register(tmp_path / "trials.jsonl")
    register.open([trial(), trial(2021)])
    assert register.open([trial(config="b", sharpe=0.7)]) == 1
    sharpes = trial_sharpes(register.trials(), "ETFs", 252.0)
    assert sharpes * 252.0**0.5 == pytest.approx([0.4, 0.6, 0.6, 0.8]), "each seed of each method, over its windows"
    assert len(trial_sharpes(register.trials(), "US shares", 252.0)) == 0
    assert isinstance(sharpes, np.ndarray)


def test_an_ensemble_is_a_trial_beside_its_seeds(tmp_path: Path) -> None:
    together = trial().model_copy(update={"ensemble": True})
    assert trial_sharpes([together], "ETFs", 1.0).tolist() == pytest.approx([0.4, 0.6, 0.5])


def test_seeds_that_were_looked_at_later_are_written_down_and_nothing_is_counted_twice(tmp_path: Path) -> None:
    register = Register(tmp_path / "trials.jsonl")
    seeds = trial().model_copy(update={"ensemble": True})
    alone = trial().model_copy(update={"seeds": (0,), "seed_sharpes": (0.5,)})
    assert register.open([alone]) == 1, "as an older version wrote it, or a run without its seeds"
    assert register.open([seeds]) == 1
    assert register.open([alone]) == register.open([seeds]) == 0
    assert sorted(trial_sharpes(register.trials(), "ETFs", 1.0)) == pytest.approx([0.4, 0.5, 0.6])
    more = seeds.model_copy(update={"seeds": (1, 2), "seed_sharpes": (0.6, 0.9)})
    assert register.open([more]) == 1
    assert sorted(trial_sharpes(register.trials(), "ETFs", 1.0)) == pytest.approx([0.4, 0.5, 0.6, 0.9])
    with pytest.raises(RegisterError, match="with other figures"):
        register.open([seeds.model_copy(update={"seed_sharpes": (0.4, 0.7)})])


def test_a_window_opened_again_with_other_weights_under_the_same_name_was_tried_again() -> None:
    """Else a search that renames nothing would count as one try."""
    tries = [trial(sharpe=0.1 * place).model_copy(update={"weights_sha256": f"{place}" * 64}) for place in range(5)]
    assert len(trial_sharpes(tries, "ETFs", 252.0)) == 2 * 5
    later = trial(2021).model_copy(update={"weights_sha256": "9" * 64})
    assert len(trial_sharpes([*tries, later], "ETFs", 252.0)) == 2 * 5, "another window is no other try"


def test_a_line_without_the_word_on_ensembles_is_read_as_it_was_meant(tmp_path: Path) -> None:
    path = tmp_path / "trials.jsonl"
    path.write_text(trial().model_dump_json(exclude={"ensemble"}) + "\n", encoding="utf-8")
    (one,) = Register(path).trials()
    assert not one.ensemble and one == trial()


def test_every_seed_has_a_ratio() -> None:
    with pytest.raises(ValueError, match="2 seeds have 1 ratios"):
        Trial.model_validate(trial().model_dump() | {"seed_sharpes": (0.5,)})


def test_the_same_method_with_another_outcome_is_an_error_and_the_first_stays(tmp_path: Path) -> None:
    register = Register(tmp_path / "trials.jsonl")
    register.open([trial()])
    with pytest.raises(RegisterError, match="with other figures"):
        register.open([trial(sharpe=0.9)])
    assert [one.figures.sharpe for one in register.trials()] == [0.5]


def test_a_broken_line_is_named_and_nothing_is_lost(tmp_path: Path) -> None:
    path = tmp_path / "trials.jsonl"
    Register(path).open([trial()])
    path.write_text(path.read_text() + "{}\n")
    with pytest.raises(RegisterError, match="line 2"):
        Register(path).trials()


def test_a_try_on_the_same_prices_counts_whatever_a_study_calls_them(tmp_path: Path) -> None:
    register = Register(tmp_path / "trials.jsonl")
    register.open([trial()])
    assert len(trial_sharpes(register.trials(), "folder etf", 252.0)) == 2
    assert len(trial_sharpes(register.trials(), "folder us_crypto", 252.0)) == 0
    assert same_market("US shares", "bundled history to 2022-12-28 (skfolio)")
    assert not same_market("US shares", "ETFs")
