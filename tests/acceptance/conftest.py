"""What the acceptance tests share: a committee on the bundled history, and its commands in a fresh process."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from graph.advisor import Advisor
from tools.settings import Settings

TODAY = date(2026, 11, 21)
RETIRE_AT_60 = "I'm 34, I want to retire at 60, I can stomach a bad year but I'd sell if I lost a third, no tobacco"

Quorum = Callable[..., dict[str, Any]]


@pytest.fixture
def advisor(tmp_path: Path) -> Advisor:
    return Advisor(Settings(home=tmp_path / "home"), today=TODAY)


@pytest.fixture
def quorum(tmp_path: Path) -> Quorum:
    """Run a `quorum` command in a new process and read the JSON it prints."""

    def call(*arguments: str, home: Path | None = None, seed: str = "0", code: int = 0, **env: str) -> dict[str, Any]:
        done = subprocess.run(
            [sys.executable, "-m", "app", *arguments],
            capture_output=True,
            text=True,
            check=False,
            env={**os.environ, "PYTHONHASHSEED": seed, "QUORUM_HOME": str(home or tmp_path / "home"), **env},
        )
        assert done.returncode == code, done.stderr
        result: dict[str, Any] = json.loads(done.stdout)
        return result

    return call
