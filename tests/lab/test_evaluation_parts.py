"""Verdicts field by field, replayed answers that still tell, and one page for all results."""

import json
from datetime import date
from pathlib import Path

import pytest

from agents.profiler import read
from lab.evaluation.endpoint import Tries, check_reached
from lab.evaluation.profiles import FIELDS, TODAY, Client, judged, read_clients, score_profiles
from lab.evaluation.records import RULES, Estimate, RetrievalResult, RetrievalRow, Subject
from lab.evaluation.report import page
from lab.evaluation.results import read_results, write_result
from lab.evaluation.sentiment import Headlines, HeadlineTone, sampled
from lab.evaluation.views import rank_agreement
from portfolio.views import View
from tools.errors import DataError, ModelUnavailable
from tools.llm import LanguageModel
from tools.llm.answers import AnswerCache, KeptAnswer, text_hash
from tools.market.bundled import bundled_universe
from tools.prompts import load_prompt

import numpy as np  # isort: skip


@pytest.mark.parametrize(
    ("said", "told", "verdict"),
    [
        (None, None, None),
        (None, 40, "invented"),
        (40, None, "missed"),
        (40, 41, "wrong"),
        (40_000, 40_100.0, "right"),
        ("low", "high", "wrong"),
        ("low", "low", "right"),
    ],
)
def test_every_field_gets_one_verdict(said: object, told: object, verdict: str | None) -> None:
    assert judged(said, told) == verdict  # type: ignore[arg-type]


def test_a_field_on_which_careful_people_differ_counts_neither_way() -> None:
    reading = read(["I am 40 and have $10,000."], today=TODAY, universe=bundled_universe())
    strict = score_profiles("x", [Client(text="-", said={"age": 40})], [reading])
    lenient = score_profiles("x", [Client(text="-", said={"age": 40}, free=("amount_to_invest",))], [reading])
    assert sum(field.invented for field in strict.fields) == 1 and strict.whole.value == 0.0
    assert sum(field.invented for field in lenient.fields) == 0 and lenient.whole.value == 1.0


def test_the_shipped_descriptions_name_known_fields_only_and_no_field_both_ways() -> None:
    clients, source = read_clients()
    assert source.rows == len(clients) == 40
    for client in clients:
        assert set(client.said) <= set(FIELDS) and set(client.free) <= set(FIELDS)
        assert not set(client.said) & set(client.free), client.text


def test_a_larger_sample_begins_with_the_smaller_one() -> None:
    whole = Headlines(tuple(map(str, range(50))), np.arange(50) % 3)
    assert sampled(whole, 20, 3).texts[:8] == sampled(whole, 8, 3).texts
    assert sampled(whole, 20, 3).texts != sampled(whole, 20, 4).texts
    assert all(int(text) % 3 == label for text, label in zip(*sampled(whole, 20, 3), strict=True))


def model_at(folder: Path) -> LanguageModel:
    return LanguageModel("http://127.0.0.1:9/v1", "test", timeout=1.0, retries=0, answers=AnswerCache(folder))


def test_an_endpoint_that_cannot_be_reached_has_no_figures(tmp_path: Path) -> None:
    model = model_at(tmp_path)
    prompt = load_prompt("evaluation/headline")
    model.ask(prompt.render(headline="Shares rise"), HeadlineTone, purpose="evaluation")
    with pytest.raises(ModelUnavailable, match="not reached"):
        check_reached(model)


def test_a_replayed_answer_still_tells_how_many_calls_it_took(tmp_path: Path) -> None:
    model = model_at(tmp_path / "answers")
    messages = load_prompt("evaluation/headline").render(headline="Shares rise")
    request, content = model.fingerprint(messages, HeadlineTone), json.dumps({"tone": "good"})
    assert model.answers is not None
    kept = KeptAnswer(
        fingerprint=request,
        model="test",
        purpose="evaluation",
        content=content,
        content_hash=text_hash(content),
        usage=None,
    )
    assert model.answers.keep(kept) is None
    model.ask(messages, HeadlineTone, purpose="evaluation")
    check_reached(model)
    path = tmp_path / "tries.json"
    assert Tries(path).verdict(model) == "unknown"
    path.write_text(json.dumps({request: 1}))
    assert Tries(path).verdict(model) == "at_first"
    path.write_text(json.dumps({request: 2}))
    assert Tries(path).verdict(model) == "after_repair"


def test_agreement_in_rank_needs_three_assets_that_both_have_scored() -> None:
    def view(symbol: str, rules: float | None, model: float | None) -> View:
        return View(
            persona="value",
            symbol=symbol,
            reason="-",
            rung="rules",
            rules_score=rules,
            score=rules,
            confidence=None if rules is None else 0.5,
            model_score=model,
            abstained="no price" if rules is None else None,
        )

    three = [view("A", 0.1, 0.9), view("B", 0.2, 0.5), view("C", 0.3, 0.1)]
    assert rank_agreement(three) == pytest.approx(-1.0)
    assert rank_agreement([*three[:2], view("C", None, 0.1), view("D", 0.4, None)]) is None


def result(name: str, value: float) -> RetrievalResult:
    row = RetrievalRow(way=f"way of {name}", n=40, hits_at_5=Estimate(value=value, low=0.1, high=0.9))
    subject = RULES if name == "rules" else Subject(rung="llm", name=name, weights_sha256="ab" * 32)
    return RetrievalResult(subject=subject, command="quorum evaluate quality", seed=0, sources=(), rows=(row,))


def test_results_add_up_to_one_page_and_a_new_run_replaces_its_own_alone(tmp_path: Path) -> None:
    write_result(tmp_path, result("rules", 0.5))
    write_result(tmp_path, result("A Model/7B", 0.6))
    write_result(tmp_path, result("rules", 0.7))
    found = read_results(tmp_path)
    assert [item.subject.name for item in found] == ["rules", "A Model/7B"]
    text = page(found)
    assert "way of rules | 40 | 0.70 [0.10, 0.90]" in text and "way of A Model/7B | 40 | 0.60" in text
    assert "0.50" not in text and "ab" * 32 in text
    assert text.count("Not measured yet.") == 4
    assert text == page(read_results(tmp_path))


def test_a_result_of_another_shape_is_an_error_that_names_the_file(tmp_path: Path) -> None:
    (tmp_path / "sentiment.rules.json").write_text('{"part": "sentiment"}')
    with pytest.raises(DataError, match=r"sentiment\.rules\.json"):
        read_results(tmp_path)


def test_the_descriptions_day_is_fixed() -> None:
    assert date(2026, 11, 21) == TODAY
