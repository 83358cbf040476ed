"""What real people wrote to a model adviser (LLMAdvisor): nothing breaks, nothing is invented, and it is quick."""

import ast
import csv
import gzip
from datetime import date
from pathlib import Path

import pytest

from agents.profiler import read
from tools.market.bundled import bundled_universe

FILE = (
    Path(__file__).parents[3] / ".." / "shared" / "data" / "dialogues" / "llmadvisor" / "preference_elicitation.csv.gz"
)


def test_real_peoples_messages_are_read_without_an_invented_number() -> None:
    if not FILE.exists():
        pytest.skip("the shared dialogues are not on this machine: ../shared/data/dialogues/llmadvisor")
    with gzip.open(FILE, "rt", encoding="utf-8") as file:
        values = [row["value"] for row in csv.DictReader(file)]
    texts: set[str] = set()
    for value in values:
        if "'role': 'user'" in value:
            texts.add(str(ast.literal_eval(value)["content"]))
    assert len(texts) > 300
    universe = bundled_universe()
    numbered = ("age", "income", "net_worth", "amount_to_invest", "horizon", "loss_limit")
    for text in sorted(texts):
        reading = read([text], today=date(2024, 11, 4), universe=universe)
        assert reading.refused == (), text
        for name, stated in reading.profile:
            if stated is not None:
                assert stated.quote in text
                assert name not in numbered or any(c.isdigit() for c in text), (name, text)
