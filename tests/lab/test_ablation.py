"""The ablation's table: one thing changed at a time, paired with the plain policy, and absent parts say why."""

from datetime import date
from pathlib import Path

import pytest

from lab.ablation import BASE, PLAIN, VARIANTS, AblationConfig, Ground, Variant, ablate
from lab.ablation_page import full_page
from lab.ablation_register import trials_of
from lab.register import Register, trial_sharpes
from lab.walk_forward.universes import StudyUniverse
from portfolio.universe import Asset, Universe
from rl.networks import NetworkShape
from tests.lab.made_up import panel, scores

TINY = BASE.model_copy(update={"updates": 2, "paths": 2, "clients": 2, "steps": 6, "shape": NetworkShape(hidden=8)})


def ground() -> Ground:
    made = panel()
    assets = tuple(
        Asset(
            symbol=symbol,
            name=symbol,
            asset_class="share",
            group="Any",
            first_date=date(2010, 1, 1),
            last_date=date(2014, 12, 31),
        )
        for symbol in made.symbols
    )
    universe = StudyUniverse(name="made up", panel=made, first_year=2013, last_year=2014)
    return Ground(universe, Universe(name="made up", assets=assets), scores(made))


@pytest.mark.slow
def test_each_row_is_paired_with_the_plain_policy_and_an_absent_part_says_why(tmp_path: Path) -> None:
    variants = (
        Variant(name=PLAIN, words="as it is", config=TINY),
        Variant(name="again", words="nothing changed", config=TINY),
        Variant(name="silent", words="no persona", config=TINY, view="silent"),
        Variant(name="chronos", words="a branch without weights", config=TINY, branches=("chronos",)),
    )
    config = AblationConfig(
        variants=variants, seeds=(0, 1), years=(2013, 2014), train_years=1, action_ranges=(1.0,), draws=100
    )
    made = ablate(ground(), config, folder=tmp_path)
    report = made.report
    plain, again, silent, chronos = report.rows
    assert plain.figures is not None and plain.sharpe is None
    assert again.figures == plain.figures, "the same training again is the same to the bit"
    assert again.sharpe is not None and (again.sharpe.estimate, again.seeds_ahead) == (0.0, 0)
    assert silent.figures is not None and silent.figures != plain.figures
    assert chronos.figures is None and chronos.absent is not None and "no weights" in chronos.absent
    text = full_page(report, "quorum evaluate ablation")
    assert text.count("absent: ") == 1
    assert "| silent | no persona |" in text
    book = Register(tmp_path / "trials.jsonl")
    assert book.open(trials_of(made, ground(), date(2026, 1, 1))) == 3, "the absent row opened no window"
    assert book.open(trials_of(made, ground(), date(2026, 1, 2))) == 0
    for trial, row in zip(book.trials(), report.rows, strict=False):
        assert trial.method.startswith(row.name) and row.figures is not None
        assert (trial.first.year, trial.last.year) == (2013, 2014)
        assert row.figures.sharpe == pytest.approx(sum(trial.seed_sharpes) / 2), "the median of two"
    assert len(trial_sharpes(book.trials(), "made up", 252.0)) == 3 * 2, "each seed of each row"


def test_every_part_that_the_issue_names_has_a_row() -> None:
    names = {variant.name for variant in VARIANTS}
    assert {"forecaster", "encoder", "chronos", "one-expert", "personas-silent", "tax-aware"} <= names
    assert len(names) == len(VARIANTS)
    for reward in ("log-return", "sharpe", "drawdown", "mean-variance"):
        assert f"reward-{reward}" in names
