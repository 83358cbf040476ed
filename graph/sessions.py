"""Sessions that outlive their process: where they are written, what they were made with, whether that still holds."""

import inspect
import sqlite3
from enum import Enum
from hashlib import sha256
from importlib import import_module
from importlib.resources import files
from pathlib import Path

import numpy as np
from langgraph.checkpoint.serde.jsonplus import JsonPlusSerializer
from langgraph.checkpoint.sqlite import SqliteSaver

from graph.context import Context
from portfolio.records import Record
from portfolio.scoreboard import history_of
from tools.errors import SessionError

RECORD_MODULES = (
    "portfolio.profile",
    "portfolio.mandate",
    "portfolio.views",
    "portfolio.decision",
    "portfolio.universe",
    "agents.profiler.reader",
    "agents.analysts.records",
    "graph.turns",
    "tools.llm.answers",
    "tools.llm.uses",
)
"""Where the records that a state may hold are defined; nothing else is ever read back from a session's file."""


def serializer() -> JsonPlusSerializer:
    """A serializer that rebuilds the house's own records and refuses every other class."""
    kinds = []
    for name in RECORD_MODULES:
        module = import_module(name)
        for _, kind in inspect.getmembers(module, inspect.isclass):
            if issubclass(kind, Record | Enum) and kind not in kinds:
                kinds.append(kind)
    return JsonPlusSerializer(allowed_msgpack_modules=kinds)


def open_checkpoints(path: Path | None) -> SqliteSaver:
    """The file of all sessions; None keeps them in memory. Raises SessionError when it cannot be opened."""
    name = ":memory:" if path is None else path.name
    try:
        if path is not None:
            path.parent.mkdir(parents=True, exist_ok=True)
        connection = sqlite3.connect(path or name, check_same_thread=False, timeout=30)
        connection.execute("PRAGMA journal_mode=WAL")
        saver = SqliteSaver(connection, serde=serializer())
        saver.setup()
    except (OSError, sqlite3.Error) as error:
        raise SessionError(
            f"the sessions' file {name} cannot be opened: {error}",
            "free disk space, or name another folder with --home",
        ) from error
    return saver


def run_key(context: Context) -> dict[str, str]:
    """What a run depends on besides the client's words: data, universe, settings, prompts, personas, policy."""
    settings, panel = context.settings, context.market.panel
    data = sha256()
    data.update(np.ascontiguousarray(panel.close).tobytes())
    data.update(np.ascontiguousarray(panel.dates).tobytes())
    for name in sorted(panel.signals):
        data.update(name.encode())
        data.update(np.ascontiguousarray(panel.signals[name]).tobytes())
    # The address is left out: the same model may answer at another one tomorrow.
    roles = [(role, item.name, item.temperature) for role, item in sorted(settings.model_roles.items())]
    chosen = (settings.model_name, settings.model_temperature, settings.model_seed, settings.model_max_output, roles)
    # Told apart only where it is not the default, so that runs begun before there was a choice go on.
    voices = () if settings.ensemble_voices == "equal" else (settings.ensemble_voices,)
    return {
        "data": f"{panel.source}, {panel.first_date} to {panel.last_date}, {data.hexdigest()[:16]}",
        "universe": _digest(context.market.universe.model_dump_json()),
        "settings": _digest(repr((*chosen, *voices))),
        "policy": f"{context.use_policy}, {_policy(context)}",
        "committee": f"method {context.method}, debate {context.debate}, least score {context.minimum_score or 'none'}",
        "personas": ", ".join(f"{item.spec.name} {item.spec.fingerprint[:12]}" for item in context.personas),
        "prompts": _digest("".join(_prompt_texts())),
        "record": _record(context),
    }


def _record(context: Context) -> str:
    """What models have earned by `as_of`: it decides how far they are believed."""
    if not any((context.settings.model_name, context.settings.model_url, *context.settings.model_roles)):
        return "no model"
    return _digest("".join(item.model_dump_json() for item in history_of(context.outcomes)))


def _policy(context: Context) -> str:
    folder = context.checkpoint
    if not folder.is_dir():
        return "no checkpoint"
    digest = sha256()
    personal = context.settings.adapter
    own = sorted(personal.iterdir()) if personal is not None and personal.is_dir() else []
    for path in (*sorted(folder.iterdir()), *own):
        if path.suffix in {".safetensors", ".json"}:
            digest.update(path.read_bytes())
    return digest.hexdigest()[:16]


def _prompt_texts() -> list[str]:
    folder = Path(str(files("prompts").joinpath("")))
    return [path.read_text(encoding="utf-8") for path in sorted(folder.rglob("*.md"))]


def _digest(text: str) -> str:
    return sha256(text.encode()).hexdigest()[:16]


def check_same(kept: dict[str, str], now: dict[str, str], session: str) -> None:
    """Raises SessionError that names what a session was made with and is no longer so."""
    changed = sorted(name for name in {*kept, *now} if kept.get(name) != now.get(name))
    if changed:
        told = "; ".join(f"{name}: {kept.get(name, 'none')} then, {now.get(name, 'none')} now" for name in changed)
        raise SessionError(
            f"session {session} was made with other {' and '.join(changed)} ({told})",
            "set them back as they were, or start a new session: the answers would not be comparable",
        )
