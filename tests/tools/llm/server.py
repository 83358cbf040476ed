"""A local server that speaks, or garbles, the protocol of OpenAI, and a model that asks it."""

import json
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from portfolio.records import Record
from tools.llm import LanguageModel
from tools.llm.answers import AnswerCache


class Verdict(Record):
    score: float
    why: str


MESSAGES = (("system", "You judge."), ("user", "Judge it."))
GOOD = '{"score": 0.5, "why": "calm"}'
Reply = Callable[[BaseHTTPRequestHandler], None]


def completion(content: str | None, *, finish: str = "stop", **message: Any) -> Reply:
    body = {
        "id": "x",
        "object": "chat.completion",
        "created": 0,
        "model": "test",
        "choices": [
            {"index": 0, "finish_reason": finish, "message": {"role": "assistant", "content": content, **message}}
        ],
        "usage": {"prompt_tokens": 11, "completion_tokens": 7, "total_tokens": 18},
    }
    return plain(json.dumps(body))


def plain(
    body: str, *, kind: str = "application/json", status: int = 200, headers: tuple[str, str] | None = None
) -> Reply:
    def reply(handler: BaseHTTPRequestHandler) -> None:
        data = body.encode()
        handler.send_response(status)
        handler.send_header("Content-Type", kind)
        handler.send_header("Content-Length", str(len(data)))
        if headers:
            handler.send_header(*headers)
        handler.end_headers()
        handler.wfile.write(data)

    return reply


def failing(status: int, code: str = "oops", **kwargs: Any) -> Reply:
    return plain(json.dumps({"error": {"message": "key sk-secret is bad", "code": code}}), status=status, **kwargs)


def slow(handler: BaseHTTPRequestHandler) -> None:
    time.sleep(1.5)
    completion(GOOD)(handler)


def dripping(handler: BaseHTTPRequestHandler) -> None:
    handler.send_response(200)
    handler.send_header("Content-Length", "1000")
    handler.end_headers()
    for _ in range(30):
        handler.wfile.write(b" ")
        handler.wfile.flush()
        time.sleep(0.1)


def hanging_up(handler: BaseHTTPRequestHandler) -> None:
    handler.connection.shutdown(socket.SHUT_RDWR)


class Endpoint(ThreadingHTTPServer):
    """Plays the replies one after another, the last one for ever; keeps what it was asked."""

    daemon_threads = True

    def __init__(self, *replies: Reply) -> None:
        self.replies = list(replies)
        self.asked: list[dict[str, Any]] = []
        super().__init__(("127.0.0.1", 0), _Handler)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that hangs up is what some tests want; nothing to print."""

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}/v1"


class _Handler(BaseHTTPRequestHandler):
    server: Endpoint

    def do_POST(self) -> None:
        self.server.asked.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
        turn = min(len(self.server.asked), len(self.server.replies)) - 1
        self.server.replies[turn](self)

    def log_message(self, format: str, *args: Any) -> None:
        """Quiet."""


@contextmanager
def endpoint(*replies: Reply) -> Iterator[Endpoint]:
    with Endpoint(*replies) as server:
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        yield server
        server.shutdown()


def model(url: str, folder: Path | None = None, **kwargs: Any) -> LanguageModel:
    options = {"timeout": 5.0, "sleep": lambda seconds: None} | kwargs
    return LanguageModel(url, "test-model", answers=AnswerCache(folder) if folder else None, **options)
