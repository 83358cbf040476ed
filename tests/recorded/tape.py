"""A language model on tape: what a real local server answered, kept request by request, and played again elsewhere.

The tape stands between the committee and llama.cpp's server and keeps every exchange as it went over the wire. Played
again, it answers those requests alone: one that differs in a letter is refused, so a changed prompt needs a new tape.
"""

import json
import threading
import urllib.request
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from portfolio.records import Record

TAPE = Path(__file__).parent / "smollm2.json"
RECORD = "QUORUM_TEST_RECORD"
"""Set to make the tape anew."""
RECORD_AGAIN = (
    "with the extra `local` and fetched weights, make it anew: "
    f"{RECORD}=1 python -m pytest tests/acceptance/test_with_a_local_model.py"
)
SECONDS = 600.0


class Exchange(Record):
    """One request, by the SHA-256 of its canonical JSON, what it wanted, and the reply as it came."""

    request: str
    wanted: str
    reply: str


class Recording(Record):
    """Who answered, and what. `weights` is a SHA-256, `engine` the version of xllamacpp."""

    model: str
    weights: str
    engine: str
    environment: dict[str, str]
    exchanges: tuple[Exchange, ...]


def request_hash(body: dict[str, Any]) -> str:
    return sha256(json.dumps(body, sort_keys=True, separators=(",", ":")).encode()).hexdigest()


class Tape(ThreadingHTTPServer):
    """Speaks OpenAI's protocol on a free port. With `source` it asks there and records, without it plays `known`.

    `pause` is how many seconds an answer takes, so that a kill can come before it.
    """

    daemon_threads = True

    def __init__(self, known: tuple[Exchange, ...] = (), source: str | None = None, pause: float = 0.0) -> None:
        self.pause = pause
        self.dead = threading.Event()
        self.known = {item.request: item for item in known}
        self.source = source
        self.asked: list[str] = []
        super().__init__(("127.0.0.1", 0), _Handler)
        threading.Thread(target=self.serve_forever, daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}/v1"

    def answer(self, data: bytes) -> tuple[int, str]:
        body = json.loads(data)
        name = request_hash(body)
        self.asked.append(name)
        if name not in self.known and self.source is not None:
            wanted = body.get("response_format", {}).get("json_schema", {}).get("name", "")
            request = urllib.request.Request(
                f"{self.source}/chat/completions", data, {"Content-Type": "application/json"}
            )
            with urllib.request.urlopen(request, timeout=SECONDS) as reply:
                self.known[name] = Exchange(request=name, wanted=wanted, reply=_timeless(reply.read()))
        if name in self.known:
            return 200, self.known[name].reply
        return 404, json.dumps({"error": {"message": f"this request is not on the tape; {RECORD_AGAIN}"}})

    def kill(self) -> None:
        """Nobody listens any more, and nobody who waits is answered."""
        self.dead.set()
        self.shutdown()
        self.server_close()


def _timeless(data: bytes) -> str:
    """The reply without what differs from run to run."""
    reply = json.loads(data)
    reply.pop("timings", None)
    return json.dumps({**reply, "id": "recorded", "created": 0}, separators=(",", ":"))


class _Handler(BaseHTTPRequestHandler):
    server: Tape

    def do_POST(self) -> None:
        asked = self.rfile.read(int(self.headers["Content-Length"]))
        if self.server.dead.wait(self.server.pause):
            self.close_connection = True
            return
        status, text = self.server.answer(asked)
        data = text.encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *_: object) -> None:
        """Quiet."""
