"""The page of all results: it is what the studies' pages say, and each command on it exists."""

import itertools
import re
import shlex
from pathlib import Path

import pytest
from typer.testing import CliRunner

from app.main import cli
from lab.results.excerpt import excerpt
from lab.results.figures import level_told, levels, one_style
from lab.results.page import results_page
from lab.results.studies import STUDIES, Study
from tools.errors import DataError

ROOT = Path(__file__).resolve().parents[2]
PAGE = """# A study

Made by `quorum evaluate x`; do not edit it.

**No better
than equal weight.**

| a | b |
| --- | --- |
| 1 | 2 |

## More

Another sentence.

```
| not | a table |
```

| c |
| --- |
| 3 |
"""


def test_the_answer_is_the_first_prose_and_not_how_the_page_was_made() -> None:
    assert excerpt(PAGE, None, None).answer == "**No better than equal weight.**"


def test_a_heading_names_another_answer_and_another_table() -> None:
    found = excerpt(PAGE, "More", "More")
    assert found.answer == "Another sentence." and found.table == ("| c |", "| --- |", "| 3 |")


def test_a_page_that_lost_its_heading_is_an_error_that_names_it(tmp_path: Path) -> None:
    (tmp_path / "x.md").write_text(PAGE, encoding="utf-8")
    study = Study(question="Q?", page="x.md", command="quorum evaluate x", takes="no time", table_under="Gone")
    with pytest.raises(DataError, match="Gone"):
        results_page(tmp_path, (study,))


def test_a_page_that_is_missing_is_an_error_with_the_command_that_makes_it(tmp_path: Path) -> None:
    study = Study(question="Q?", page="x.md", command="quorum evaluate x", takes="no time")
    with pytest.raises(DataError) as caught:
        results_page(tmp_path, (study,))
    assert "quorum evaluate x" in caught.value.remedy


def test_the_page_in_docs_is_what_the_studies_pages_say() -> None:
    assert (ROOT / "docs" / "results.md").read_text(encoding="utf-8") == results_page(ROOT / "docs")


def test_numbers_stand_in_one_style_and_what_is_no_number_stays() -> None:
    line = "| q4_1-b179 | 2016-01-12 | -0.50% [-1.0%, +2 %] | 5e-14 | one-year | `--seed -1 90%` | (-3 to -1) |"
    told = "| q4_1-b179 | 2016-01-12 | −0.50 % [−1.0 %, +2 %] | 5e-14 | one-year | `--seed -1 90%` | (−3 to −1) |"
    assert one_style(line) == told and one_style(told) == told


@pytest.mark.parametrize(
    ("page", "found"),
    [
        ("in brackets the 90% interval by block bootstrap", (90,)),
        ("with 90 % paired block-bootstrap intervals", (90,)),
        ("- Intervals: 95 %, bootstrap over sessions", (95,)),
        ("Intervals are of\n95 %. And the mean with a 90 % interval", (90, 95)),
        ("| CVaR 95 %, a day | windows | interval |", ()),
    ],
)
def test_the_level_of_intervals_is_the_one_that_the_page_tells(page: str, found: tuple[int, ...]) -> None:
    assert levels(page) == found


def test_a_table_with_ranges_is_told_their_level_and_one_without_is_told_nothing() -> None:
    ranges = ("| a |", "| --- |", "| +0.1 [-0.2, +0.4] |")
    assert level_told("a 95 % interval", ranges) == "Intervals of 95 %. "
    assert "the page tells" in level_told("the lowest and highest in brackets", ranges)
    assert level_told("a 95 % interval", ("| a (b) |", "| --- |", "| 3 (4) |")) == ""


@pytest.mark.parametrize("study", STUDIES, ids=lambda study: study.question)
def test_every_command_of_the_page_exists_with_its_options(study: Study) -> None:
    words = shlex.split(study.command)
    if words[0] == "python":
        target = ROOT / (words[1] if words[1] != "-m" else words[2].replace(".", "/") + ".py")
        assert target.exists()
        return
    assert words[0] == "quorum"
    options = {word for word in words if word.startswith("--")}
    names = list(itertools.takewhile(lambda word: not word.startswith("--"), words[1:]))
    shown = CliRunner(env={"COLUMNS": "400", "NO_COLOR": "1"}).invoke(cli, [*names, "--help"])
    assert shown.exit_code == 0
    assert options <= set(re.findall(r"--[a-z-]+", shown.output))
