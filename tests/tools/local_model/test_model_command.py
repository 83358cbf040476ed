"""`quorum model`: settings on standard output and nothing else, and a clean end."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from app.main import cli
from tools.errors import ModelUnavailable
from tools.local_model import find_weights
from tools.local_model.listing import served_models
from tools.local_model.server import has_engine

RUN = CliRunner()


def test_status_says_what_is_missing_and_what_the_endpoint_serves(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setattr("tools.local_model.weights.weights_folder", lambda: tmp_path / "models")
    monkeypatch.setenv("QUORUM_MODEL_URL", "http://127.0.0.1:9/v1")
    told = json.loads(RUN.invoke(cli, ["model", "status", "--json"]).stdout)
    assert told["endpoint"] == "http://127.0.0.1:9/v1"
    assert told["served"] == []
    assert (told["engine"] is not None) == has_engine()


def test_serving_without_weights_says_how_to_get_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tools.local_model.find_weights", lambda: None)
    result = RUN.invoke(cli, ["model", "serve"])
    assert isinstance(result.exception, ModelUnavailable)
    assert "quorum model fetch" in str(result.exception)


@pytest.mark.skipif(
    not has_engine() or find_weights() is None,
    reason='needs the extra: pip install "quorum-advisor[local]" and `quorum model fetch`',
)
@pytest.mark.parametrize("end", [signal.SIGINT, signal.SIGTERM])
def test_serve_prints_settings_that_work_and_ends_cleanly(end: signal.Signals, tmp_path: Path) -> None:
    """What it prints is read as a `.env` file by the settings themselves."""
    serving = subprocess.Popen(
        [sys.executable, "-m", "app", "model", "serve", "--port", "0", "--context", "512", "--threads", "1"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "QUORUM_HOME": str(tmp_path)},
    )
    assert serving.stdout is not None
    lines = [serving.stdout.readline() for _ in range(5)]
    try:
        (tmp_path / ".env").write_text("".join(lines), encoding="utf-8")
        code = (
            "from tools.settings import Settings; s = Settings(); print(s.model_url, s.model_name, s.model_concurrency)"
        )
        plain = {name: value for name, value in os.environ.items() if not name.startswith("QUORUM_")}
        env = {**plain, "PYTHONPATH": str(Path(__file__).parents[3])}
        read = subprocess.run(
            [sys.executable, "-c", code], cwd=tmp_path, env=env, capture_output=True, text=True, check=True
        )
        url, name, places = read.stdout.split()
        assert places == "1"
        assert served_models(url) == (name,)
    finally:
        serving.send_signal(end)
        rest, told = serving.communicate(timeout=30)
    assert (serving.returncode, rest) == (0, "")
    assert "no longer served" in told
    assert served_models(url, seconds=1.0) == ()
