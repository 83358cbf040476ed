"""How long a person waits for `quorum advise`, cold and on the second turn, and how much memory it takes.

The peer for the cold run is the same interpreter importing the libraries that the answer needs (torch, chromadb,
langgraph) and nothing else: what the ratio exceeds 1 by is the product's own work. The second turn's peer is the first.
"""

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time

TEXT = "I'm 34, I want to retire at 60, I can stomach a bad year but I'd sell if I lost a third, no tobacco"
SECOND = "Actually, please keep 20 % in cash."
PEER = "import torch, chromadb, langgraph.graph, langgraph.checkpoint.sqlite"
TWO_TURNS = """
import json, sys, time
from datetime import date
from pathlib import Path
from graph.advisor import Advisor
from tools.settings import Settings
home, first, second = sys.argv[1:]
seconds = []
with Advisor(Settings(home=Path(home)), today=date(2026, 1, 5)) as advisor:
    session = advisor.open(None)
    for text in (first, second):
        start = time.perf_counter()
        advisor.say(session, text, insist=True)
        seconds.append(time.perf_counter() - start)
print(json.dumps(seconds))
"""


def run(arguments: list[str]) -> tuple[float, str]:
    """Wall seconds and standard output of a child process; a failing child fails the benchmark."""
    start = time.perf_counter()
    done = subprocess.run([sys.executable, *arguments], check=True, capture_output=True, text=True)
    return time.perf_counter() - start, done.stdout


def main() -> None:
    """Measure, print a table, or with --json one object."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true")
    as_json = parser.parse_args().json
    peer, _ = run(["-c", PEER])
    helped, _ = run(["-m", "app", "--help"])
    with tempfile.TemporaryDirectory() as home:
        cold, _ = run(["-m", "app", "advise", "--json", "--home", home, "--text", TEXT])
        warm, _ = run(["-m", "app", "advise", "--json", "--home", home, "--text", TEXT])
    with tempfile.TemporaryDirectory() as home:
        _, out = run(["-c", TWO_TURNS, home, TEXT, SECOND])
    first, second = json.loads(out)
    profiled, _ = run(["-m", "app", "profile", "--json", "--text", TEXT])
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024**2
    figures = {
        "help_seconds": helped,
        "profile_seconds": profiled,
        "cold_seconds": cold,
        "same_again_seconds": warm,
        "first_turn_seconds": first,
        "second_turn_seconds": second,
        "peak_memory_gib": peak,
    }
    ratios = {"cold_to_bare_imports": cold / peer, "second_turn_to_first": second / first}
    if as_json:
        print(json.dumps({"figures": figures, "ratios": ratios}, indent=2))
        return
    for name, value in (*figures.items(), *ratios.items()):
        print(f"{name.replace('_', ' '):28}{value:8.2f}")


if __name__ == "__main__":
    main()
