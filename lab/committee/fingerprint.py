"""What a decision depends on, as a SHA-256: the data up to its day and no later, words, way, prompts, models, code.

Prices, documents and outcomes dated after the day are not in it, so a longer history keeps every old decision. The
source's name is left out for the same reason: it often tells the last day.
"""

import json
from collections.abc import Mapping
from hashlib import sha256
from typing import TYPE_CHECKING

import numpy as np

from lab.code import source_digest
from portfolio.market import MarketPanel
from tools.documents.earnings import LOOK_BACK
from tools.earnings import earnings_records
from tools.errors import StoreError
from tools.retrieval.passage_index import day_number

if TYPE_CHECKING:
    from graph.context import Context
    from lab.committee.ways import Way

FORMAT = "1"
"""Raised when `Decision` changes its meaning."""


def fingerprint_of(depends: Mapping[str, str]) -> str:
    """SHA-256, hexadecimal, of the parts as canonical JSON."""
    return sha256(json.dumps(depends, sort_keys=True, ensure_ascii=True).encode()).hexdigest()


def panel_digest(panel: MarketPanel) -> str:
    """Of every number and name in a panel, its source's name aside."""
    digest = sha256("\n".join(panel.symbols).encode())
    arrays = {"dates": panel.dates.astype("datetime64[D]").astype(np.int64), "close": panel.close, **panel.signals}
    arrays |= {
        name: values for name, values in (("bills", panel.cash_rate), ("index", panel.index)) if values is not None
    }
    for name in sorted(arrays):
        digest.update(f"{name} {arrays[name].shape}".encode())
        digest.update(np.ascontiguousarray(arrays[name]).tobytes())
    return digest.hexdigest()


def documents_digest(context: "Context") -> str:
    """Of the passages in the store, and of the bundled earnings reports, that were published by the day.

    A passage's id holds the hash of its words. The bundled reports are put into the store when a day first needs them,
    so they are counted where they come from and not by whether they are there yet.
    """
    symbols = set(context.market.universe.symbols)
    digest = sha256()
    for record in earnings_records():
        if record.symbol in symbols and context.as_of - LOOK_BACK <= record.date < context.as_of:
            digest.update(record.model_dump_json().encode())
    if not (context.settings.home / "store").is_dir():
        return digest.hexdigest()
    try:
        index = context.store.index
    except StoreError as error:
        digest.update(f"unreadable: {error}".encode())
        return digest.hexdigest()
    late = day_number(context.as_of)
    names = [name for name, day in zip(index.ids, index.days, strict=True) if day <= late]
    digest.update("\n".join(name for name in sorted(names) if not name.startswith("earnings-")).encode())
    return digest.hexdigest()


def day_depends(context: "Context", client: str, code: str) -> dict[str, str]:
    """The parts that every way shares on the context's day."""
    from graph.sessions import run_key

    key = run_key(context)
    settings = context.settings
    windows = (
        []
        if context.models is None
        else [context.models.of(role).context_length for role in (None, *sorted(settings.model_roles))]
    )
    return {
        "format": FORMAT,
        "code": code,
        "client": client,
        "day": context.as_of.isoformat(),
        "data": panel_digest(context.market.panel),
        "documents": documents_digest(context),
        "universe": key["universe"],
        "settings": key["settings"],
        "endpoint": repr((sorted(settings.model_capabilities.items()), windows)),
        "policy": key["policy"].partition(", ")[2],
        "personas": key["personas"],
        "plug-ins": source_digest(type(persona) for persona in context.personas),
        "prompts": key["prompts"],
        "record": key["record"],
        "committee": key["committee"].partition(", ")[2],
    }


def depends_of(shared: Mapping[str, str], way: "Way") -> dict[str, str]:
    """All parts of one way's decision, with what its proposal says of its own past."""
    from graph.methods import shipped_record

    past = None if way.method == "committee" else shipped_record(way.method)
    return {**shared, "way": f"{way.method}, policy {way.policy}", "past": past or "not told"}
