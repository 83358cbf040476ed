"""Do experts lessen the conflict between objectives: the answer follows the figures, and a rerun trains nothing."""

from pathlib import Path

import pytest

from agents.personas import load_personas, score_history
from lab.experts.page import answer, section
from lab.experts.records import Measured, Result
from lab.experts.study import Config, measure
from lab.spread import SpreadProgress
from tools.market.records import MarketData


def made(shares: dict[str, list[float]]) -> Result:
    return Result(
        command="quorum evaluate experts",
        source="made up",
        first="1991-01-01",
        last="2015-12-31",
        updates=1,
        seeds=(0, 1),
        arms=dict.fromkeys(shares, "made up"),
        measured=tuple(
            Measured(
                arm=name,
                seed=seed,
                negative_share=share,
                mean_cosine=0.1,
                lowest=-0.2,
                lowest_pair=("short_term_alpha", "capital_preservation"),
                collapse=None,
                entropy=None,
                spread=None,
            )
            for name, values in shares.items()
            for seed, share in enumerate(values)
        ),
    )


def test_no_conflict_is_called_none_to_take_away() -> None:
    told = answer(made({"one expert": [0.0, 0.0], "four experts": [0.0, 0.0]}))
    assert "no conflict for experts to take away" in told


def test_less_conflict_in_every_seed_is_called_so() -> None:
    told = answer(made({"one expert": [0.5, 0.4], "four experts": [0.1, 0.2]}))
    assert "in every seed" in told and "not in every seed" not in told


def test_less_conflict_on_average_is_not_called_every_seed() -> None:
    assert "not in every seed" in answer(made({"one expert": [0.5, 0.2], "four experts": [0.1, 0.3]}))


def test_more_conflict_with_experts_is_told() -> None:
    assert "do not lessen" in answer(made({"one expert": [0.1, 0.1], "four experts": [0.2, 0.1]}))


@pytest.mark.slow
def test_a_second_run_trains_nothing_and_says_the_same(backtest_data: MarketData, tmp_path: Path) -> None:
    panel = backtest_data.panel
    scores = score_history(load_personas(), panel)
    config = Config(updates=1, seeds=(0,), first="2013-01-01", last="2016-12-31")
    seen: list[SpreadProgress] = []
    first = measure(panel, scores, config, folder=tmp_path, command="c", progress=seen.append)
    again = measure(panel, scores, config, folder=tmp_path, command="c", progress=seen.append)
    assert first == again and len(seen) == 3
    assert {one.arm for one in first.measured} == set(first.arms)
    assert all((one.collapse is None) == (one.arm == "one expert") for one in first.measured)
    assert "| one expert | 0 |" in section(first)
