"""llama.cpp's OpenAI-compatible server in a process of its own, for `quorum model serve`, tests and measurements.

A process of its own, because the engine may abort on a bad file, and because a test must be able to kill it.
"""

import importlib.util
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from types import TracebackType

from tools.errors import ModelUnavailable
from tools.local_model.listing import served_models
from tools.local_model.options import CONTEXT, ServerOptions, environment, served_name, spare_cores
from tools.local_model.weights import hash_of
from tools.settings import Settings

READY_SECONDS = 180.0
"""A gigabyte from a slow disk."""
END_SECONDS = 5.0
PAUSE = 0.05
LAST_LINES = 5
_MAGIC = b"GGUF"


def has_engine() -> bool:
    """Whether the extra `local` is installed."""
    return importlib.util.find_spec("xllamacpp") is not None


class LocalServer:
    """Serves one GGUF file for as long as its `with` block lasts.

    Parameters
    ----------
    gguf : the weights
    port : 0 takes a free one
    context : tokens of prompt and answer together
    threads : processor cores to compute on; None means all but one
    places : requests answered at the same time
    ready_seconds : how long loading may take

    Raises ModelUnavailable from `start` when the engine is not installed, the file is no GGUF, or it does not load.
    """

    def __init__(
        self,
        gguf: Path,
        *,
        port: int = 0,
        context: int = CONTEXT,
        threads: int | None = None,
        places: int = 1,
        ready_seconds: float = READY_SECONDS,
    ) -> None:
        _check(gguf)
        self.digest = hash_of(gguf)
        self.options = ServerOptions(
            gguf=gguf.resolve(),
            name=served_name(gguf, self.digest),
            port=port,
            context=context,
            threads=threads or spare_cores(),
            places=places,
        )
        self.ready_seconds = ready_seconds
        self._address: str | None = None
        self._process: subprocess.Popen[bytes] | None = None
        self._folder: tempfile.TemporaryDirectory[str] | None = None

    @property
    def url(self) -> str:
        """Base address of the endpoint. Raises ModelUnavailable before the start."""
        if self._address is None:
            raise ModelUnavailable("the local model is not being served", "start it first")
        return f"{self._address}/v1"

    @property
    def environment(self) -> dict[str, str]:
        """The variables that make the committee use this server."""
        return environment(self.url, self.options)

    def settings(self, home: Path) -> Settings:
        """Settings that use this server; what it says nothing about comes from the environment, as always."""
        given = {name.removeprefix("QUORUM_").lower(): value for name, value in self.environment.items()}
        return Settings.model_validate({"home": home, **given})

    @property
    def alive(self) -> bool:
        """Whether its process runs."""
        return self._process is not None and self._process.poll() is None

    @property
    def log(self) -> str:
        """What the engine has said on standard error."""
        return self._read("stderr")

    def start(self) -> "LocalServer":
        """Start the process and wait until the model answers. Raises ModelUnavailable."""
        self._folder = tempfile.TemporaryDirectory(prefix="quorum-model-")
        folder = Path(self._folder.name)
        try:
            with (folder / "stdout").open("wb") as out, (folder / "stderr").open("wb") as err:
                self._process = subprocess.Popen(
                    [sys.executable, "-m", "tools.local_model.child", self.options.model_dump_json()],
                    stdin=subprocess.PIPE,
                    stdout=out,
                    stderr=err,
                    cwd=Path(__file__).parents[2],
                    start_new_session=True,  # Ctrl-C is for this process, which then ends that one
                )
            self._await_ready(time.monotonic() + self.ready_seconds)
        except BaseException:
            self.close()
            raise
        return self

    def wait(self) -> int:
        """Wait until the process ends by itself; its exit code, negative for a signal."""
        return 0 if self._process is None else self._process.wait()

    def kill(self) -> None:
        """End the process at once, in the middle of whatever it does (SIGKILL)."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()

    def close(self) -> None:
        """End the process and forget its log. Twice is as good as once."""
        if self._process is not None:
            if self._process.stdin is not None:
                self._process.stdin.close()
            try:
                self._process.wait(END_SECONDS)
            except subprocess.TimeoutExpired:
                self.kill()
            self._process = None
        if self._folder is not None:
            self._folder.cleanup()
            self._folder = None
        self._address = None

    def __enter__(self) -> "LocalServer":
        return self.start()

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def _await_ready(self, deadline: float) -> None:
        while time.monotonic() < deadline:
            if not self.alive:
                raise ModelUnavailable(
                    f"{self.options.gguf.name} could not be served: {self.last_words}",
                    "check the file, the port and the memory, or try a smaller --context",
                )
            line, newline, _ = self._read("stdout").partition("\n")
            if newline and served_models(f"{line}/v1", seconds=2.0):
                self._address = line
                return
            time.sleep(PAUSE)
        raise ModelUnavailable(
            f"{self.options.gguf.name} was not ready after {self.ready_seconds:.0f} seconds: {self.last_words}",
            "try a smaller model, or a quieter moment",
        )

    def _read(self, name: str) -> str:
        if self._folder is None:
            return ""
        path = Path(self._folder.name) / name
        return path.read_text(encoding="utf-8", errors="replace") if path.is_file() else ""

    @property
    def last_words(self) -> str:
        """The end of the log, on one line."""
        lines = [line for line in self.log.splitlines() if line.strip()]
        return " / ".join(lines[-LAST_LINES:]) or "it said nothing"


def _check(gguf: Path) -> None:
    if not has_engine():
        raise ModelUnavailable(
            "the engine for local models is not installed", 'pip install "quorum-advisor[local]", or `make model`'
        )
    try:
        with gguf.open("rb") as file:
            magic = file.read(len(_MAGIC))
    except OSError as error:
        raise ModelUnavailable(f"{gguf} cannot be read: {error.strerror}", "name a GGUF file") from error
    if magic != _MAGIC:
        raise ModelUnavailable(f"{gguf} is no GGUF file", "name a model in llama.cpp's format")
