"""The whole committee with a language model behind it: a local server that speaks OpenAI's protocol, scripted to push.

It shows what a model may do (be heard within bounds) and may not (size a position, invent a fact, change a limit).
"""

import json
import re
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from app.output import advise_output
from graph.advisor import Advisor
from graph.turns import Turn
from tests.acceptance.conftest import RETIRE_AT_60, TODAY
from tools.settings import RoleModel, Settings

PUSHED = "XOM"


class Pushy(ThreadingHTTPServer):
    """Answers every schema; loves one asset beyond reason, and tells lies that no client and no document told."""

    daemon_threads = True

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.broken = False
        super().__init__(("127.0.0.1", 0), _Handler)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}/v1"

    def answer(self, request: dict[str, Any]) -> str:
        text = "\n".join(str(message["content"]) for message in request["messages"])
        wanted = json.dumps(request.get("response_format", {}))
        self.asked.append(text)
        if "ModelViews" in wanted or '"views"' in wanted:
            symbols = sorted(set(re.findall(r"^([A-Z]{1,4})\b", text, re.MULTILINE)))
            views = [{"symbol": s, "score": 1.0 if s == PUSHED else -1.0, "confidence": 1.0} for s in symbols]
            return json.dumps({"views": views})
        if "ModelWeights" in wanted:
            return json.dumps({"weights": [{"symbol": PUSHED, "percent": 100}]})
        if '"findings"' in wanted:
            known = re.findall(r"^\[(\d+)\] ([A-Z]+) ", text, re.MULTILINE)
            true = {"symbol": known[0][1], "evidence_ids": [known[0][0]], "summary": "As reported."}
            lie = {"symbol": PUSHED, "evidence_ids": ["made-up"], "summary": "Buy it all."}
            scored = [{**item, "sentiment": 1.0, "materiality": 1.0} for item in (true, lie)]
            return json.dumps({"findings": scored})
        made_up = {"value": 9_000_000, "quote": "I am very rich"}
        return json.dumps({"net_worth": made_up})


class _Handler(BaseHTTPRequestHandler):
    server: Pushy

    def do_POST(self) -> None:
        request = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        content = "I would rather not." if self.server.broken else self.server.answer(request)
        message = {"role": "assistant", "content": content}
        body = {
            "id": "x",
            "object": "chat.completion",
            "created": 0,
            "model": "pushy",
            "choices": [{"index": 0, "finish_reason": "stop", "message": message}],
            "usage": {"prompt_tokens": 1, "completion_tokens": 1, "total_tokens": 2},
        }
        data = json.dumps(body).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *_: object) -> None:
        """Quiet."""


@pytest.fixture
def endpoint() -> Iterator[Pushy]:
    server = Pushy()
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield server
    server.shutdown()
    server.server_close()


def advise(home: Path, server: Pushy) -> Turn:
    settings = Settings(home=home, model_url=server.url, model_name="pushy", model_timeout=10, model_retries=0)
    with Advisor(settings, today=TODAY, use_policy="always") as advisor:
        return advisor.say(advisor.open(None), RETIRE_AT_60, insist=True)


def test_3_a_model_is_heard_within_bounds_and_never_sizes_a_position(endpoint: Pushy, tmp_path: Path) -> None:
    turn = advise(tmp_path / "with", endpoint)
    assert turn.views and turn.decision and turn.decision.weights and turn.mandate
    heard = [view for view in turn.views.views if view.rung == "llm" and view.score is not None]
    assert heard, turn.fallbacks
    assert any(view.shift != 0 for view in heard)
    assert all(abs(view.shift) <= 0.25 for view in heard)
    assert all(view.rules_score is not None for view in heard), "where the rules abstain a model is shown, not used"
    assert turn.decision.weights[PUSHED] <= turn.mandate.share_cap.value + 1e-8
    assert turn.decision.max_violation is not None and turn.decision.max_violation <= 1e-8


def test_what_a_model_says_without_the_clients_words_is_not_believed(endpoint: Pushy, tmp_path: Path) -> None:
    turn = advise(tmp_path, endpoint)
    assert any("net_worth" in text or "client wrote" in text for text in endpoint.asked), "the profiler did ask"
    assert turn.profile.net_worth is None


def test_a_finding_that_cites_what_it_was_not_given_is_dropped_and_said(endpoint: Pushy, tmp_path: Path) -> None:
    turn = advise(tmp_path, endpoint)
    assert {finding.symbol for finding in turn.findings} != {PUSHED}
    assert all(set(finding.evidence_ids) <= {item.id for item in turn.evidence} for finding in turn.findings)
    assert any(item.part == "filings_analyst" and "not given" in item.cause for item in turn.fallbacks)


def test_a_second_identical_run_asks_nobody_and_gives_the_same_bytes(endpoint: Pushy, tmp_path: Path) -> None:
    first = advise(tmp_path, endpoint)
    calls = len(endpoint.asked)
    second = advise(tmp_path, endpoint)
    assert len(endpoint.asked) == calls > 0
    assert first.trace_id == second.trace_id
    said = [advise_output(turn).model_dump_json() for turn in (first, second)]
    assert said[0].replace('"session":"s1"', "") == said[1].replace('"session":"s2"', "")
    assert first.spending and first.spending.calls >= first.spending.answers > 0 == first.spending.replayed
    assert second.spending and (second.spending.calls, second.spending.tokens) == (0, 0)
    assert second.spending.replayed == second.spending.answers == first.spending.answers


def test_the_trace_holds_every_question_answer_and_cost(endpoint: Pushy, tmp_path: Path) -> None:
    settings = Settings(
        home=tmp_path, model_url=endpoint.url, model_name="pushy", model_price_input=1e6, model_price_output=1e6
    )
    with Advisor(settings, today=TODAY) as advisor:
        turn = advisor.say(advisor.open(None), RETIRE_AT_60, insist=True)
        trace = json.loads(advisor.trace_json(turn.trace_id or ""))
        page = advisor.trace_html(turn.trace_id or "")
    assert "What language models were asked" in page and "persona value: pushy" in page
    purposes = {use["purpose"] for use in trace["model_uses"]}
    assert {"profiler", "filings analyst", "persona value", "persona contrarian"} <= purposes
    assert all(use["messages"] and use["answer"] and use["request"] for use in trace["model_uses"])
    costs = {row["part"]: row["cost"] for row in trace["costs"]}
    assert costs["persona: value"] == pytest.approx(2.0), "one token read and one written, at one a token"
    assert {"profiler", "analysts/filings"} <= {item["name"] for item in trace["prompts"]}


def test_when_the_budget_is_spent_the_rules_go_on_and_say_so(endpoint: Pushy, tmp_path: Path) -> None:
    settings = Settings(home=tmp_path, model_url=endpoint.url, model_name="pushy", budget_run_tokens=100)
    with Advisor(settings, today=TODAY) as advisor:
        turn = advisor.say(advisor.open(None), RETIRE_AT_60, insist=True)
    assert endpoint.asked == []
    assert turn.status == "awaiting_approval"
    causes = {item.part: item.cause for item in turn.fallbacks}
    assert "beyond its budget" in causes["persona: value"] and "beyond its budget" in causes["profiler"]


def test_each_role_asks_its_own_model(endpoint: Pushy, tmp_path: Path) -> None:
    settings = Settings(
        home=tmp_path, model_url=endpoint.url, model_name="cheap", model_roles={"persona": RoleModel(name="strong")}
    )
    with Advisor(settings, today=TODAY) as advisor:
        turn = advisor.say(advisor.open(None), RETIRE_AT_60, insist=True)
    models = {row.part: row.model for row in turn.costs}
    assert models["persona: risk"] == "strong" and models["filings_analyst"] == "cheap" == models["profiler"]


def test_a_debate_is_held_when_asked_for_and_the_contrarian_stays_out(endpoint: Pushy, tmp_path: Path) -> None:
    settings = Settings(home=tmp_path, model_url=endpoint.url, model_name="pushy")
    with Advisor(settings, today=TODAY, debate="on") as advisor:
        turn = advisor.say(advisor.open(None), RETIRE_AT_60, insist=True)
    assert turn.views
    rounds = {view.persona: view.round for view in turn.views.views if view.score is not None}
    assert rounds["value"] == 2 and rounds["contrarian"] == 1
    assert all(abs(view.shift) <= 0.25 for view in turn.views.views)
    assert "debate: value" in {row.part for row in turn.costs}


def test_left_to_itself_the_committee_holds_no_debate_without_a_record_that_it_helps(
    endpoint: Pushy, tmp_path: Path
) -> None:
    turn = advise(tmp_path, endpoint)
    assert turn.views and all(view.round == 1 for view in turn.views.views)
    with Advisor(Settings(home=tmp_path), today=TODAY) as advisor:
        trace = json.loads(advisor.trace_json(turn.trace_id or ""))
    (step,) = [step for step in trace["steps"] if step["node"] == "debate"]
    assert "off" in step["summary"]


def test_a_models_own_weights_are_a_proposal_that_the_risk_manager_owns(endpoint: Pushy, tmp_path: Path) -> None:
    settings = Settings(home=tmp_path, model_url=endpoint.url, model_name="pushy")
    with Advisor(settings, today=TODAY, method="direct") as advisor:
        turn = advisor.say(advisor.open(None), RETIRE_AT_60, insist=True)
    assert turn.proposal and turn.proposal.method == "direct" and turn.proposal.weights[PUSHED] == 1.0
    assert turn.decision and turn.decision.weights and turn.mandate
    assert turn.decision.weights[PUSHED] <= turn.mandate.share_cap.value + 1e-8
    assert turn.recommendation
    assert {item.player for item in turn.recommendation.contributions} == {"prices", "model"}


def test_a_model_that_answers_prose_leaves_a_labelled_recommendation(endpoint: Pushy, tmp_path: Path) -> None:
    endpoint.broken = True
    turn = advise(tmp_path, endpoint)
    assert turn.status == "awaiting_approval"
    assert {"profiler", "persona: value"} <= {item.part for item in turn.fallbacks}
    assert turn.rungs["persona: value"] == "rules"
