"""In a conversation the profile is told whole once; later only what a message changed, and how much it did not."""

import re
from pathlib import Path

from rich.console import Console
from typer.testing import CliRunner

from app.main import cli
from app.render.tables import profile_table
from portfolio.profile import InvestorProfile, Level, Preference, Stated

AGE = Stated[int](value=40, confidence=0.95, quote="I'm 40")
SUM = Stated[float](value=50_000.0, confidence=0.9, quote="50k to invest")
CALM = Stated[tuple[Preference, ...]](
    value=(Preference(kind="theme", key="low_volatility", weight=0.5),), confidence=0.7, quote="defensive shares"
)


def shown(profile: InvestorProfile, before: InvestorProfile | None = None) -> str:
    console = Console(width=120)
    with console.capture() as told:
        console.print(profile_table(profile, before))
    return told.get()


def test_the_first_table_tells_everything_in_a_persons_words() -> None:
    text = shown(InvestorProfile(age=AGE, amount_to_invest=SUM, preferences=CALM))
    assert "I'm 40" in text and "50,000" in text and "calm shares, liked" in text
    assert "Not said, so not assumed" in text


def test_a_later_table_tells_only_what_changed() -> None:
    before = InvestorProfile(age=AGE, amount_to_invest=SUM)
    text = shown(before.model_copy(update={"preferences": CALM}), before)
    assert "calm shares, liked" in text and "I'm 40" not in text and "Not said" not in text
    assert "2 things as before; `profile` shows all." in text


def test_a_fact_that_is_said_anew_counts_as_changed() -> None:
    before = InvestorProfile(age=AGE, amount_to_invest=SUM)
    later = Stated[float](value=60_000.0, confidence=0.9, quote="make that 60k", turn=1)
    text = shown(before.model_copy(update={"amount_to_invest": later}), before)
    assert "60,000" in text and "50,000" not in text and "1 thing as before" in text


def test_a_fact_taken_back_is_told() -> None:
    low = Stated[Level](value=Level.LOW, confidence=0.7, quote="no experience")
    text = shown(InvestorProfile(age=AGE), InvestorProfile(age=AGE, experience=low))
    assert "experience" in text and "no longer assumed" in text


def test_a_message_that_changes_nothing_says_so_without_a_table() -> None:
    profile = InvestorProfile(age=AGE, amount_to_invest=SUM)
    text = shown(profile, profile)
    assert text.strip() == "Nothing new for your profile: 2 things as before; `profile` shows all."


def test_a_chat_tells_the_profile_once_then_the_changes_and_all_of_it_on_request(tmp_path: Path) -> None:
    lines = "I'm 40 and have 50k.\nI would wait\nprofile\nquit\n"
    result = CliRunner().invoke(
        cli, ["chat", "--session", "told", "--today", "2026-11-21", "--home", str(tmp_path)], input=lines
    )
    assert result.exit_code == 0, result.output
    first, second, third = re.split(r"(?:Your|New in your) profile\b", result.output)[1:]
    assert "I'm 40" in first and "risk tolerance" in second and "I'm 40" not in second
    assert "2 things as before" in second
    assert "I'm 40" in third and "risk tolerance" in third and "as before" not in third
