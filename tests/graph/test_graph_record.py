"""A record weighs what is heard: voices of the ensemble when asked for, and the scorer's model always."""

from datetime import date
from pathlib import Path

import numpy as np
import pytest

from agents.methods.scorer import HORIZON_DAYS, SCORER
from agents.personas import load_personas, score_history
from graph.advisor import Advisor
from graph.context import Context
from graph.scoreboard import record_views, scorer_calibration, store_of
from graph.state import State
from graph.turns import Turn
from lab.view_quality.weighing import point_in_time_weights
from portfolio.backtest import decision_rows
from portfolio.scoreboard import Entry
from portfolio.views import View
from tests.acceptance.conftest import RETIRE_AT_60, TODAY
from tools.market.bundled import load_bundled
from tools.settings import Settings


def ensemble(home: Path, **settings: object) -> Turn:
    with Advisor(Settings(home=home, **settings), today=TODAY, method="ensemble") as advisor:  # type: ignore[arg-type]
        return advisor.say(advisor.open(None), RETIRE_AT_60, insist=True)


@pytest.mark.slow
def test_voices_weigh_alike_unless_the_record_is_asked_for_and_the_page_says_how_they_weigh(tmp_path: Path) -> None:
    alike, weighed = ensemble(tmp_path / "a"), ensemble(tmp_path / "b", ensemble_voices="record")
    assert alike.proposal and weighed.proposal
    assert "Voices weigh by their record" not in (alike.proposal.note or "")
    assert "Voices weigh by their record up to 2022-12-28: value" in (weighed.proposal.note or "")
    assert alike.proposal.weights != weighed.proposal.weights
    assert weighed.decision and weighed.decision.max_violation is not None and weighed.decision.max_violation <= 1e-8


def test_a_live_run_weighs_voices_to_the_bit_as_the_study_that_measured_it(tmp_path: Path) -> None:
    day = date(2009, 3, 31)
    context = Context(settings=Settings(home=tmp_path, ensemble_voices="record"), today=day, as_of_given=day)
    panel = load_bundled().panel
    rows = decision_rows(panel.dates, "monthly")
    (place,) = np.flatnonzero(panel.dates[rows] == np.datetime64(day))
    measured = point_in_time_weights(panel, score_history(load_personas(), panel), rows[: place + 40])
    assert context.voices is not None
    assert context.voices.tobytes() == measured[place].tobytes()


def with_a_model(home: Path, day: date) -> Context:
    settings = Settings(home=home, model_name="m", model_url="http://127.0.0.1:9/v1")
    return Context(settings=settings, today=day, as_of_given=day, method="scores", asked_on=day)


def test_what_a_model_scored_is_recorded_once_under_its_own_prompt_and_horizon(tmp_path: Path) -> None:
    context = with_a_model(tmp_path, date(2015, 6, 30))
    view = View(
        persona=SCORER, symbol="KO", score=0.2, confidence=0.5, reason="r", rung="llm", rules_score=0.1,
        model_score=0.6, model_confidence=0.7, trust=0.5, shift=0.1,
    )  # fmt: skip
    state = State(views={SCORER: (view,)})
    assert record_views(context, state) is None
    assert record_views(context, state) is None
    (entry,) = store_of(context).read().entries
    assert (entry.persona, entry.model, entry.horizon_days, entry.model_score) == (SCORER, "m", HORIZON_DAYS, 0.6)
    assert entry.live


@pytest.mark.parametrize(("right", "least", "most"), [(True, 0.9, 1.0), (False, 0.0, 0.1)])
def test_a_scorer_s_model_is_trusted_by_what_became_of_its_scores(
    tmp_path: Path, right: bool, least: float, most: float
) -> None:
    panel = load_bundled().panel.select(("KO", "PEP", "JNJ", "XOM", "JPM", "WMT"))
    rows = range(2000, 5000, 63)
    entries = []
    for row in rows:
        moved = panel.close[row + 64] / panel.close[row + 1] - 1.0
        for symbol, side in zip(panel.symbols, np.sign(moved - np.median(moved)), strict=True):
            day = panel.dates[row].astype(object)
            score = float(0.5 * side if right else -0.5 * side)
            entries.append(
                Entry(
                    persona=SCORER, model="m", as_of=day, symbol=symbol, prompt="p", horizon_days=HORIZON_DAYS,
                    asked_on=day, score=0.0, rules_score=0.0, model_score=score, model_confidence=0.8,
                )
            )  # fmt: skip
    context = with_a_model(tmp_path, date(2015, 6, 30))
    store_of(context).append(entries)
    model = context.model("method")
    earned = scorer_calibration(context, model)
    assert scorer_calibration(context, None) is None
    assert earned is not None and least <= earned.trust(0.5, 0.8) <= most
    early = with_a_model(tmp_path, date(1998, 6, 30))
    before = scorer_calibration(early, early.model("method"))
    assert before is not None and before.trust(0.5, 0.8) == pytest.approx(0.5)
