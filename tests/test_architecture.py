"""The house keeps its shape: who may import whom, how long a module may grow, and what no code of it may do."""

import ast
import inspect
import re
import subprocess
import sys
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

import pytest

from portfolio.records import Record

ROOT = Path(__file__).parents[1]
FLOOR = {"portfolio": 1, "tools": 2, "agents": 3, "rl": 3, "graph": 4, "lab": 5, "app": 6}
HEAVY = ("torch", "chromadb", "pandas", "langgraph", "langchain_core", "cvxpy", "skfolio", "transformers", "scipy")
MODULES = sorted(path for folder in FLOOR for path in (ROOT / folder).rglob("*.py"))
LONGEST = 400


def name_of(path: Path) -> str:
    return str(path.relative_to(ROOT))


def imports(path: Path) -> Iterator[str]:
    """Top-level names of everything that the file imports, inside functions too."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name.split(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and node.level == 0:
            yield node.module.split(".")[0]


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_a_folder_imports_only_from_folders_below_it(path: Path) -> None:
    own = path.relative_to(ROOT).parts[0]
    for other in imports(path):
        if other in FLOOR and other != own:
            assert FLOOR[other] < FLOOR[own], f"{name_of(path)} imports {other}"
            assert (own, other) != ("rl", "tools"), f"{name_of(path)}: rl receives arrays, never the outside world"


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_no_module_is_asking_to_be_two(path: Path) -> None:
    assert len(path.read_text(encoding="utf-8").splitlines()) <= LONGEST


def calls(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call):
            yield ast.unparse(node.func)


CLOCKS = {"datetime.now", "date.today", "datetime.today", "time.time", "datetime.utcnow"}
UNSEEDED = re.compile(r"^(np\.random\.(?!default_rng|SeedSequence|Generator)|random\.(?!Random))")


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_nothing_depends_on_the_clock_on_hash_or_on_unseeded_chance(path: Path) -> None:
    for call in calls(path):
        assert call != "hash", f"{name_of(path)}: hash() differs from process to process"
        assert call not in CLOCKS or name_of(path) == "app/options.py", f"{name_of(path)} asks the clock: {call}"
        assert not UNSEEDED.match(call), f"{name_of(path)}: {call} has no seed"


def test_nothing_names_a_path_of_one_machine() -> None:
    tracked = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout.split()
    found = []
    for name in tracked:
        path = ROOT / name
        if path.suffix in {".py", ".md", ".toml", ".txt", ".yaml", ".yml", ".json", ""} and path.is_file():
            text = path.read_text(encoding="utf-8", errors="ignore")
            found += [f"{name}: {hit}" for hit in re.findall(r"(?<![\w.])/(?:work|home|root|Users)/[\w.-]+", text)]
    assert found == []


def test_help_loads_nothing_heavy() -> None:
    code = f"import sys, app.main; print([name for name in {HEAVY!r} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def records() -> list[type[Record]]:
    for path in MODULES:
        if path.relative_to(ROOT).parts[0] in {"portfolio", "tools", "agents", "graph"} and path.name != "__main__.py":
            import_module(".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__"))
    kinds: list[type[Record]] = []
    rest: list[type[Record]] = [Record]
    while rest:
        kind = rest.pop()
        kinds.append(kind)
        rest += kind.__subclasses__()
    return kinds


def test_every_record_is_frozen_and_refuses_what_it_does_not_know() -> None:
    for kind in records():
        assert kind.model_config.get("frozen") is True, kind
        assert kind.model_config.get("extra") == "forbid", kind


def test_the_state_holds_records_and_plain_values_only() -> None:
    from graph.state import State

    source = inspect.getsource(sys.modules[State.__module__])
    for word in ("Any", "DataFrame", "ndarray", "Tensor", "Connection"):
        assert not re.search(rf"\b{word}\b", source), f"the state mentions {word}"
