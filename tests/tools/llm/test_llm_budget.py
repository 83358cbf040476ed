"""What models may use: no call begins that could break a limit, whoever else is calling."""

from concurrent.futures import ThreadPoolExecutor
from datetime import date
from pathlib import Path

import pytest

from tests.tools.llm.server import GOOD, MESSAGES, Verdict, completion, endpoint, failing, model, slow
from tools.errors import ModelUnavailable
from tools.llm.budget import Budget, Limits, Price, Spent
from tools.llm.models import LanguageModels
from tools.settings import RoleModel, Settings

DAY = date(2026, 1, 2)
PRICE = Price(input=1_000_000.0, output=2_000_000.0)


def test_a_call_that_could_break_the_budget_is_not_made_and_says_so() -> None:
    with endpoint(completion(GOOD)) as server:
        m = model(server.url, budget=Budget(Limits(run_tokens=100)), max_output=64)
        answer = m.ask(MESSAGES, Verdict, purpose="test")
        assert server.asked == []
    assert answer.value is None and answer.cause is not None and "beyond its budget of 100" in answer.cause


def test_what_was_not_used_is_given_back() -> None:
    purse = Budget(Limits(run_tokens=5_000))
    with endpoint(completion(GOOD)) as server:
        m = model(server.url, budget=purse, max_output=64)
        for n in range(3):
            assert m.ask([("user", str(n))], Verdict, purpose="test").value is not None
    assert purse.run.tokens == 3 * 18


def test_a_replayed_answer_costs_nothing_and_needs_no_budget(tmp_path: Path) -> None:
    with endpoint(completion(GOOD)) as server:
        model(server.url, tmp_path).ask(MESSAGES, Verdict, purpose="test")
    broke = model(server.url, tmp_path, budget=Budget(Limits(run_tokens=0)))
    assert broke.ask(MESSAGES, Verdict, purpose="test").value is not None


@pytest.mark.parametrize("trouble", [slow, completion(GOOD)])
def test_tokens_that_nobody_counted_stay_reserved(trouble: object) -> None:
    """A late answer may be billed, and an endpoint that counts nothing must not be free."""
    purse = Budget(Limits(run_tokens=100_000))
    with endpoint(trouble) as server:  # type: ignore[arg-type]
        m = model(server.url, budget=purse, timeout=0.3, retries=0, max_output=64)
        m.ask(MESSAGES, Verdict, purpose="test")
    late = trouble is slow
    assert (purse.run.tokens > 100) == late


def test_a_refused_call_gives_everything_back() -> None:
    purse = Budget(Limits(run_tokens=100_000))
    with endpoint(failing(401)) as server:
        model(server.url, budget=purse).ask(MESSAGES, Verdict, purpose="test")
    assert purse.run == Spent()


def test_money_is_counted_by_the_price_and_shown_with_the_use() -> None:
    purse = Budget(Limits(run_money=1e9))
    with endpoint(completion(GOOD)) as server:
        m = model(server.url, budget=purse, price=PRICE)
        m.ask(MESSAGES, Verdict, purpose="test")
    assert m.uses[0].cost == pytest.approx(11 * 1 + 7 * 2)
    assert purse.run.money == pytest.approx(25.0)


def test_the_days_sum_outlives_the_process_and_another_day_starts_at_nothing(tmp_path: Path) -> None:
    limits = Limits(day_tokens=1_000)
    first = Budget(limits, tmp_path, DAY)
    assert first.reserve(Spent(tokens=900)) is None
    first.settle(Spent(tokens=900), Spent(tokens=700))
    second = Budget(limits, tmp_path, DAY)
    refusal = second.reserve(Spent(tokens=400))
    assert refusal is not None and "the day 2026-01-02" in refusal
    assert Budget(limits, tmp_path, date(2026, 1, 3)).reserve(Spent(tokens=400)) is None


def test_calls_side_by_side_cannot_overspend_together(tmp_path: Path) -> None:
    purses = [Budget(Limits(day_tokens=1_000), tmp_path, DAY) for _ in range(4)]
    with ThreadPoolExecutor(8) as pool:
        refused = list(pool.map(lambda n: purses[n % 4].reserve(Spent(tokens=100)), range(40)))
    assert sum(item is None for item in refused) == 10


def test_a_damaged_count_of_the_day_stops_calls_rather_than_forgetting(tmp_path: Path) -> None:
    (tmp_path / f"{DAY}.json").write_text("{")
    with endpoint(completion(GOOD)) as server:
        m = model(server.url, budget=Budget(Limits(day_tokens=10**6), tmp_path, DAY))
        answer = m.ask(MESSAGES, Verdict, purpose="test")
    assert answer.value is None and answer.cause is not None and "remove it" in answer.cause


def settings(home: Path, **given: object) -> Settings:
    return Settings(home=home, _env_file=None, **given)  # type: ignore[arg-type, call-arg]


def test_each_role_has_its_own_model_and_shares_endpoint_and_budget(tmp_path: Path) -> None:
    strong = RoleModel(name="strong", price_input=5.0, price_output=10.0)
    models = LanguageModels(
        settings(tmp_path, model_url="http://a/v1", model_name="cheap", model_roles={"persona": strong})
    )
    assert (models.of("persona").name, models.of("analyst").name) == ("strong", "cheap")
    assert models.of("persona").wire.endpoint is models.of("analyst").wire.endpoint
    assert models.of("persona").budget is models.of("analyst").budget
    assert models.of("persona").price == Price(input=5.0, output=10.0)


def test_a_key_goes_to_no_other_address_than_the_one_it_was_given_for(tmp_path: Path) -> None:
    models = LanguageModels(
        settings(
            tmp_path,
            model_url="http://a/v1",
            model_name="m",
            model_key="secret",
            model_roles={"persona": RoleModel(url="http://b/v1")},
        )
    )
    assert models.of("analyst").wire.key is not None
    assert models.of("persona").wire.key is None


def test_a_budget_in_money_without_prices_is_told_at_start(tmp_path: Path) -> None:
    with pytest.raises(ModelUnavailable, match="prices"):
        LanguageModels(settings(tmp_path, model_url="http://a/v1", model_name="m", budget_run_money=1.0))


def test_a_stopped_run_waits_for_no_answer_and_asks_no_further_one() -> None:
    import threading
    import time

    with endpoint(slow) as server:
        m = model(server.url, timeout=30.0)
        threading.Timer(0.3, m.wire.endpoint.stop.set).start()
        start = time.monotonic()
        first = m.ask(MESSAGES, Verdict, purpose="test")
        second = m.ask([("user", "again")], Verdict, purpose="test")
        lasted = time.monotonic() - start
    assert first.cause is not None and "stopped" in first.cause
    assert second.cause is not None and "stopped" in second.cause
    assert lasted < 1.4, "the endpoint's own 1.5 s were not waited for"


def test_no_more_calls_run_at_once_than_the_endpoint_has_places() -> None:
    import threading
    import time
    from http.server import BaseHTTPRequestHandler

    from tools.llm.endpoint import Endpoint as Address

    running, most, lock = [0], [0], threading.Lock()

    def counted(handler: BaseHTTPRequestHandler) -> None:
        with lock:
            running[0] += 1
            most[0] = max(most[0], running[0])
        time.sleep(0.05)
        with lock:
            running[0] -= 1
        completion(GOOD)(handler)

    with endpoint(counted) as server, ThreadPoolExecutor(8) as pool:
        m = model(server.url, endpoint=Address(server.url, places=2))
        answers = list(pool.map(lambda n: m.ask([("user", str(n))], Verdict, purpose="test"), range(8)))
    assert all(answer.value is not None for answer in answers)
    assert most[0] == 2
