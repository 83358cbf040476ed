"""The examinations behind `quorum doctor`: each looks at one part and says what it found and what would mend it."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from portfolio.records import Record
from tools.errors import QuorumError
from tools.settings import Settings

if TYPE_CHECKING:
    from tools.llm.capabilities import Capabilities

PROBE_BYTES = 1_000_000
"""Free room that a session, its trace and the store need at the least."""


BILL_FUND = "with your own prices, add a fund of bills such as BIL to their folder, if ratios over the rate matter"


class Health(Record):
    """One finding. "note": works, but a person may want to know."""

    part: str
    state: Literal["good", "note", "bad"]
    found: str
    remedy: str = ""


class Report(Record):
    """All findings, in the order of the examinations."""

    findings: tuple[Health, ...]


def examine(settings: Settings) -> Report:
    """Every examination; one that fails with a clear error becomes a finding, and the others go on."""
    out: list[Health] = []
    for part, look in EXAMINATIONS:
        try:
            out += look(settings)
        except QuorumError as error:
            out.append(Health(part=part, state="bad", found=error.message, remedy=error.remedy))
    return Report(findings=tuple(out))


def _home(settings: Settings) -> list[Health]:
    home = settings.home
    try:
        home.mkdir(parents=True, exist_ok=True)
        probe = home / f".probe-{os.getpid()}"
        probe.write_bytes(b"\0")
        probe.unlink()
        room = os.statvfs(home)
    except OSError as error:
        told = f"the home folder cannot be written: {error.strerror or error}"
        return [Health(part="home", state="bad", found=told, remedy="name another with --home or QUORUM_HOME")]
    free = room.f_bavail * room.f_frsize
    if free < PROBE_BYTES:
        found, remedy = f"only {free:,} bytes are free", "free disk space, or name another folder with --home"
        return [Health(part="home", state="bad", found=found, remedy=remedy)]
    return [Health(part="home", state="good", found=f"{home}, {free / 1e9:.1f} GB free")]


def _data(settings: Settings) -> list[Health]:
    from tools.market.bills import rate_known_to
    from tools.market.source import open_market
    from tools.wording import bill_rate

    data = open_market(settings)
    panel = data.panel
    told = f"{panel.source}: {len(panel.symbols)} assets, {panel.first_date} to {panel.last_date}"
    out = [Health(part="data", state="good", found=told)]
    known_to = rate_known_to(panel)
    told = bill_rate(panel.cash_rate_source, known_to, panel.last_date)
    if known_to == panel.last_date:
        out.append(Health(part="bill rate", state="good", found=told))
    else:
        out.append(Health(part="bill rate", state="note", found=told, remedy=BILL_FUND))
    if data.report.findings:
        found = f"{len(data.report.findings)} findings about the data"
        out.append(Health(part="data", state="note", found=found, remedy="`quorum data` lists them"))
    return out


def _prompts(settings: Settings) -> list[Health]:  # noqa: ARG001 - every examination has this form
    from tools.prompts import shipped_prompts

    return [Health(part="prompts", state="good", found=f"{len(shipped_prompts())} besides the personas' own")]


def _personas(settings: Settings) -> list[Health]:
    from agents.personas import load_registry

    registry = load_registry(settings.home / "personas")
    names = ", ".join(item.spec.name for item in registry.personas)
    out = [Health(part="personas", state="good", found=names)]
    for item in registry.broken:
        remedy = f"`quorum personas check {item.name}` says what to mend"
        out.append(Health(part="personas", state="bad", found=f"{item.name}: {item.cause}", remedy=remedy))
    return out


def _allocator(settings: Settings) -> list[Health]:
    from rl.checkpoint import AllocatorUnavailable, read, shipped

    folder = settings.checkpoint or shipped()
    try:
        _, card = read(folder)
    except AllocatorUnavailable as error:
        return [Health(part="allocator", state="bad", found=error.message, remedy=error.remedy)]
    told = f"{card.name}, trained on {card.data_source}"
    gate = (
        "beats its baseline out of sample" if card.gate.passed else f"the baseline is recommended: {card.gate.reason}"
    )
    return [
        Health(part="allocator", state="good", found=told),
        Health(part="gate", state="good" if card.gate.passed else "note", found=gate),
    ]


def _store(settings: Settings) -> list[Health]:
    from tools.store import DocumentStore

    folder: Path = settings.home / "store"
    if not folder.is_dir():
        remedy = "the first advice makes it; `quorum ingest` adds your own documents"
        return [Health(part="store", state="note", found="no documents yet", remedy=remedy)]
    return [Health(part="store", state="good", found=f"{DocumentStore(folder).count()} passages")]


def _model(settings: Settings) -> list[Health]:
    from tools.llm.capabilities import CapabilityTable
    from tools.llm.models import LanguageModels, capability_file
    from tools.llm.probe import probe

    models = LanguageModels.from_settings(settings)
    if models is None:
        remedy = "set QUORUM_MODEL_URL and QUORUM_MODEL_NAME to use an OpenAI-compatible endpoint, or `quorum model`"
        return [Health(part="model", state="note", found="none named: the rules answer", remedy=remedy)]
    out: list[Health] = []
    table = CapabilityTable(capability_file(settings))
    seen: set[tuple[str, str]] = set()
    for role in (None, *sorted(settings.model_roles)):
        model = models.of(role)
        part = "model" if role is None else f"model: {role}"
        place = (model.wire.url, model.name)
        if place in seen:
            out.append(Health(part=part, state="good", found=f"{model.name}, as above"))
            continue
        seen.add(place)
        found, trouble = probe(model)
        if trouble is not None:
            remedy = "check the address, the model's name and the key; until then the rules answer"
            out.append(Health(part=part, state="bad", found=trouble, remedy=remedy))
            continue
        table.write(*place, found)
        can = found.with_overrides(settings.model_capabilities)
        out.append(Health(part=part, state="good", found=f"{model.name} at {model.wire.url} answers: {_told(can)}"))
        if not (can.json_schema or can.grammar or can.tools):
            remedy = "a model of another server may; a local one by `quorum model serve` does"
            told = "the endpoint does not keep to a schema, so answers are asked for in words and checked"
            out.append(Health(part=part, state="note", found=told, remedy=remedy))
    return out


def _told(can: "Capabilities") -> str:
    """The table's row in words."""
    words = {True: "yes", False: "no", None: "not known"}
    rows = []
    for name, value in can.model_dump().items():
        shown = words[value] if value is None or isinstance(value, bool) else f"{value:,} tokens"
        rows.append(f"{name.replace('_', ' ')} {shown}")
    return ", ".join(rows)


EXAMINATIONS: tuple[tuple[str, Callable[[Settings], list[Health]]], ...] = (
    ("home", _home),
    ("data", _data),
    ("prompts", _prompts),
    ("personas", _personas),
    ("allocator", _allocator),
    ("store", _store),
    ("model", _model),
)
