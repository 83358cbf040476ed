"""The rules' tone on the real labelled headlines: held-out rows alone, and better than their parts where it counts."""

from pathlib import Path

import pytest

from lab.evaluation.sentiment import measure_rules, read_headlines
from tools.embedding import Embedder

DATA = Path(__file__).resolve().parents[3] / "shared" / "data"
here = pytest.mark.skipif(not (DATA / "news").is_dir(), reason="the labelled headlines of ../shared/data are not here")


@here
def test_even_and_odd_rows_part_the_file_and_share_no_row() -> None:
    seen, held_out, source = read_headlines(DATA)
    assert len(seen.texts) + len(held_out.texts) == source.rows
    assert len(held_out.texts) == 588 and abs(len(seen.texts) - len(held_out.texts)) <= 1


@here
def test_the_rules_beat_the_word_list_and_their_anchors_alone_on_held_out_headlines() -> None:
    result = measure_rules(DATA, Embedder(), seed=0, command="test")
    figures = {method.method: method.macro_f1.value for method in result.methods}
    assert figures["the product's rules (words and anchors)"] > 0.61
    for pair in result.against_rules[:2]:
        assert pair.macro_f1.high < 0, pair.method
