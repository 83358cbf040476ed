"""A page says which command made it, and that is the command that the page of all results documents."""

import shlex
from collections.abc import Callable
from pathlib import Path
from unittest.mock import MagicMock

import pytest
from typer.testing import CliRunner

from app.main import cli
from lab.results.studies import STUDIES, Study

RUN = CliRunner()
OF_NO_MARKET = {"engine.md", "quality.md", "experts.md", "tax-harvest.md", "influence.md", "people.md"}
"""Pages of studies that write no trial: none of them could pick a strategy."""


class Told(Exception):  # noqa: N818 - nothing went wrong
    """The command that was handed to whoever writes it on the page."""


def told(*args: object, **kwargs: object) -> None:
    """Stands where the study, or its page, is told the command."""
    held = [kwargs.get("command"), *args, *(getattr(one, "command", None) for one in args)]
    raise Told(next(one for one in held if isinstance(one, str) and one.startswith("quorum")))


Stubs = dict[str, Callable[..., object]]
SERVER: Stubs = {"tools.local_model.LocalServer": MagicMock(), "tools.llm.models.LanguageModels": MagicMock()}
DATA: Stubs = {"tools.market.source.open_market": MagicMock(), "agents.personas.score_history": MagicMock()}
BUNDLED: Stubs = {"tools.market.bundled.load_bundled": MagicMock(), "agents.personas.score_history": MagicMock()}
BILLS: Stubs = {"lab.bills.bill_fund": MagicMock(), "lab.bills.continued": MagicMock()}
ASKED: dict[str, tuple[str, Stubs]] = {
    "strategies.md": (
        "lab.backtest.evidence.result_of",
        {"app.commands.strategies.learned_strategies": lambda _: ((), (), None)},
    ),
    "committee.md": (
        "lab.committee.page.write_page",
        DATA
        | BILLS
        | {
            "app.commands.backtest.learned_strategies": lambda _: ((), (), None),
            "lab.backtest.run.world_of": MagicMock(),
            "lab.backtest.run.run": MagicMock(),
            "lab.committee.strategies.sit": MagicMock(),
            "lab.committee.page.notes": lambda *_: (),
            "lab.report.sections.choice_section": lambda _: None,
            "lab.report.sections.committee_section": MagicMock(),
            "lab.report.files.write": lambda *_: (MagicMock(), None),
        },
    ),
    "ablation.md": (
        "lab.ablation_page.full_page",
        {
            "lab.ablation.ablate": MagicMock(),
            "lab.ablation_register.trials_of": lambda *_: (),
            "lab.personalise_worth.shipped_worth": MagicMock(),
            "lab.walk_forward.plan.bundled_universe": lambda: (MagicMock(), MagicMock(), MagicMock()),
        },
    ),
    "allocator-evidence.md": (
        "lab.walk_forward.page.page",
        {
            "lab.walk_forward.plan.load_data": MagicMock(),
            "lab.walk_forward.study.run_study": MagicMock(),
            "lab.walk_forward.evidence.trials_of": lambda *_: (),
        },
    ),
    "experts.md": ("lab.experts.study.measure", BUNDLED),
    "cross-validation.md": ("lab.cross_validation.study.run", DATA | BILLS),
    "contamination.md": (
        "lab.contamination.study.measure",
        SERVER | {"lab.contamination.study.asked_for_views": MagicMock()},
    ),
    "views.md": ("lab.view_quality.study.run_study", DATA | {"lab.walk_forward.universes.load_universes": MagicMock()}),
    "alignment.md": ("lab.alignment.run.retest", SERVER),
    "objectives.md": (
        "lab.objectives.study.run_study",
        {"lab.objectives.worlds.load_grounds": MagicMock(), "lab.objectives.evidence.shipped_policies": MagicMock()},
    ),
    "lstm-ppo.md": (
        "lab.hybrid.study.run_study",
        {"lab.hybrid.universes.cases": MagicMock(), "lab.hybrid.universes.bundled_shares": MagicMock()},
    ),
    "influence.md": ("lab.influence.page.page", {"lab.influence.audit.audit_influence": MagicMock()}),
    "people.md": ("lab.people.study.measure", {}),
    "tax-harvest.md": ("lab.tax_harvest.study.measure", {"numpy.searchsorted": lambda *_: (0, 1)} | BUNDLED),
    "quality.md": ("lab.evaluation.quality.measure_subject", {}),
}


@pytest.mark.parametrize("study", [one for one in STUDIES if one.page in ASKED], ids=lambda study: study.question)
def test_a_page_is_told_the_command_that_is_documented(
    study: Study, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    catcher, heavy = ASKED[study.page]
    for name, stub in heavy.items():
        monkeypatch.setattr(name, stub)
    monkeypatch.setattr(catcher, told)
    words = shlex.split(study.command)[1:]
    monkeypatch.setenv("QUORUM_HOME", str(tmp_path / "home"))
    done = RUN.invoke(cli, words)
    assert isinstance(done.exception, Told), done.output
    assert str(done.exception) == study.command


@pytest.mark.parametrize("study", STUDIES, ids=lambda study: study.question)
def test_every_study_that_could_pick_a_strategy_is_documented_with_its_register(study: Study) -> None:
    assert ("--register docs/evidence/trials.jsonl" in study.command) == (study.page not in OF_NO_MARKET)


def test_a_command_is_told_with_what_could_change_a_figure_and_with_nothing_else(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    for name, stub in ASKED["contamination.md"][1].items():
        monkeypatch.setattr(name, stub)
    monkeypatch.setattr("lab.contamination.study.measure", told)
    words = ["--gguf", "/somewhere/of/mine/a.gguf", "--gguf", "b.gguf", "--no-other-evidence", "--seed", "0"]
    words += ["--trained-until", "2024-06-30", "--today", "2026-01-01", "--out", "page.md", "--every-role", "--json"]
    done = RUN.invoke(cli, ["evaluate", "contamination", "--home", str(tmp_path), *words])
    assert str(done.exception) == (
        "quorum evaluate contamination --gguf a.gguf --gguf b.gguf --trained-until 2024-06-30 --no-other-evidence "
        "--every-role"
    )
