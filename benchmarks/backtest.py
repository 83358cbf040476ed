"""How long a backtest takes at three speeds, beside vectorbt and bt in the same run, and how time grows.

    python benchmarks/backtest.py [--json] [--peers PYTHON]

Same inputs for all: 8,000 days x 20 assets of a seeded random walk, equal weights at the first close of each month,
10 bp of the traded value, fractional shares; dealt at the close of the decision, which is what the peers do. A peer
runs in the interpreter given by --peers (this one by default; a virtual environment of their own keeps their pins out
of ours) and times itself: compiled code warm, importing and making the inputs not counted. What is timed is what a
user writes to get daily wealth. Milliseconds are CPU time of the fastest of repeated calls, ours and the peers' alike,
which a busy machine disturbs least (the advice of `timeit`); each is called for two seconds at least, so that a spell
in which the machine is slow does not fall on the short one alone. All are single-threaded.

Why wealth differs: `docs/engine.md`.
"""

import argparse
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Literal

import numpy as np

from portfolio.backtest import Costs, Rules, backtest, backtest_many, decision_rows
from portfolio.market import Floats

DAYS, ASSETS, COST, INITIAL, SEED = 8000, 20, 0.001, 100_000.0, 7
AIMS = {"vectorbt": 100.0, "bt": 1000.0}
RULES = Rules(trade="same_close")
MEASURED = 2.0
"""Seconds for which a call is repeated at least."""

PEERS = {
    "vectorbt": """
import sys, time, json
import numpy as np, pandas as pd, vectorbt as vbt
given = np.load(sys.argv[1]); cost, initial = float(sys.argv[2]), float(sys.argv[3])
close = pd.DataFrame(given["close"], index=pd.DatetimeIndex(given["dates"]))
size = pd.DataFrame(np.nan, index=close.index, columns=close.columns)
size.iloc[given["rows"]] = given["targets"][:, :-1]
def run():
    portfolio = vbt.Portfolio.from_orders(close, size, size_type="targetpercent", group_by=True, cash_sharing=True,
                                          call_seq="auto", fees=cost, init_cash=initial)
    return portfolio.value()
run()
seconds = []
while sum(seconds) < float(sys.argv[4]):
    start = time.process_time(); value = run(); seconds.append(time.process_time() - start)
print(json.dumps({"version": vbt.__version__, "ms": 1e3 * min(seconds), "wealth": float(value.iloc[-1])}))
""",
    "bt": """
import sys, time, json
import numpy as np, pandas as pd, bt
given = np.load(sys.argv[1]); cost, initial = float(sys.argv[2]), float(sys.argv[3])
names = [f"a{i}" for i in range(given["close"].shape[1])]
close = pd.DataFrame(given["close"], index=pd.DatetimeIndex(given["dates"]), columns=names)
weights = pd.DataFrame(given["targets"][:, :-1], index=close.index[given["rows"]], columns=names)
steps = [bt.algos.RunOnDate(*weights.index), bt.algos.WeighTarget(weights), bt.algos.Rebalance()]
def run():
    test = bt.Backtest(bt.Strategy("s", steps), close, initial_capital=initial, integer_positions=False,
                       commissions=lambda quantity, price: abs(quantity) * price * cost, progress_bar=False)
    test.run()
    return test.strategy.values
seconds = []
while sum(seconds) < float(sys.argv[4]) or len(seconds) < 2:
    start = time.process_time(); value = run(); seconds.append(time.process_time() - start)
print(json.dumps({"version": bt.__version__, "ms": 1e3 * min(seconds), "wealth": float(value.iloc[-1])}))
""",
}


def market(days: int, assets: int) -> dict[str, Any]:
    """A random walk on business days, and equal weights at the first close of every month."""
    rng = np.random.default_rng(SEED)
    close = 100.0 * np.cumprod(1.0 + rng.normal(0.0003, 0.015, (days, assets)), axis=0)
    dates = np.busday_offset("1950-01-02", np.arange(days), roll="forward")
    rows = decision_rows(dates, "monthly", at="first")[1:]
    targets = np.full((len(rows), assets + 1), 1.0 / assets)
    targets[:, -1] = 0.0
    return {"close": close, "dates": dates, "rows": rows, "targets": targets}


def milliseconds(call: Callable[[], object], measured: float) -> float:
    """The fastest of the calls that `measured` seconds allow, after one that is not counted."""
    call()
    seconds: list[float] = []
    total = 0.0
    while total < measured:
        start = time.process_time()
        call()
        seconds.append(time.process_time() - start)
        total += seconds[-1]
    return 1e3 * min(seconds)


def ours(given: dict[str, Any], engine: Literal["reference", "vectorised", "compiled"]) -> Floats:
    """(S,) daily wealth."""
    return backtest(
        given["close"],
        given["dates"],
        given["targets"],
        decisions=given["rows"],
        costs=Costs(commission=COST),
        initial=INITIAL,
        rules=RULES,
        engine=engine,
    ).wealth


def peer(name: str, python: str, inputs: Path) -> dict[str, Any] | None:
    """What the peer measured of itself, or None where it is not installed."""
    if subprocess.run([python, "-c", f"import {name}"], capture_output=True, check=False).returncode != 0:
        return None
    arguments = [python, "-c", PEERS[name], str(inputs), str(COST), str(INITIAL), str(MEASURED)]
    done = subprocess.run(arguments, capture_output=True, text=True, check=True)
    made: dict[str, Any] = json.loads(done.stdout.strip().splitlines()[-1])
    return made


def growth() -> dict[str, dict[str, float]]:
    """Milliseconds of the compiled engine at one, two and four times the days, assets and portfolios."""
    table: dict[str, dict[str, float]] = {"days": {}, "assets": {}, "portfolios": {}}
    for factor in (1, 2, 4):
        longer, wider, same = market(DAYS * factor, ASSETS), market(DAYS, ASSETS * factor), market(DAYS, ASSETS)
        table["days"][str(DAYS * factor)] = milliseconds(lambda given=longer: ours(given, "compiled"), MEASURED)  # type: ignore[misc]
        table["assets"][str(ASSETS * factor)] = milliseconds(lambda given=wider: ours(given, "compiled"), MEASURED)  # type: ignore[misc]
        many = np.broadcast_to(same["targets"], (250 * factor, *same["targets"].shape))
        table["portfolios"][str(250 * factor)] = milliseconds(
            lambda given=same, targets=many: backtest_many(  # type: ignore[misc]
                given["close"],
                given["dates"],
                targets,
                decisions=given["rows"],
                costs=Costs(commission=COST),
                rules=RULES,
            ),
            MEASURED,
        )
    return table


def exponents(grown: dict[str, dict[str, float]]) -> dict[str, float]:
    """Slope of log time on log size along each axis: 1 is linear growth, 2 quadratic."""
    out = {}
    for axis, row in grown.items():
        sizes, taken = np.log([float(size) for size in row]), np.log(list(row.values()))
        out[axis] = float(np.polyfit(sizes, taken, 1)[0])
    return out


def main() -> None:
    """Measure, print a table, or with --json one object."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--peers", default=sys.executable, help="the Python in which vectorbt and bt are installed")
    options = parser.parse_args()
    given = market(DAYS, ASSETS)
    wealth = {engine: ours(given, engine) for engine in ("reference", "vectorised", "compiled")}
    engines = {
        "reference": milliseconds(lambda: ours(given, "reference"), MEASURED),
        "vectorised": milliseconds(lambda: ours(given, "vectorised"), MEASURED),
        "compiled": milliseconds(lambda: ours(given, "compiled"), MEASURED),
    }
    peers: dict[str, dict[str, Any] | None] = {}
    with tempfile.TemporaryDirectory() as folder:
        inputs = Path(folder) / "inputs.npz"
        np.savez(inputs, **given)
        for name in PEERS:
            peers[name] = peer(name, options.peers, inputs)
    final = float(wealth["reference"][-1])
    for name, made in peers.items():
        if made is not None:
            made |= {"times": made["ms"] / engines["compiled"], "aim": AIMS[name]}
            made["reached"] = made["times"] >= AIMS[name]
            made["wealth_difference"] = made["wealth"] / final - 1.0
    apart = max(float(np.abs(wealth[name] / wealth["reference"] - 1.0).max()) for name in ("vectorised", "compiled"))
    grown = growth()
    if options.json:
        figures = {"cpu_ms": engines, "wealth": final, "engines_apart": apart, "peers": peers, "growth_cpu_ms": grown}
        figures["growth_exponents"] = exponents(grown)
        print(json.dumps(figures, indent=2))
        return
    print(f"{DAYS:,} days x {ASSETS} assets, monthly, {1e4 * COST:.0f} bp")
    print(f"final wealth {final:,.2f}, engines at most {apart:.0e} apart")
    for engine, taken in engines.items():
        print(f"{engine:12}{taken:12.3f} ms")
    for name, one in peers.items():
        if one is None:
            print(f"{name:12} not installed (give --peers PYTHON)")
            continue
        print(
            f"{name:12}{one['ms']:12.3f} ms, {one['times']:,.0f} x compiled (aim {one['aim']:,.0f}, "
            f"{'reached' if one['reached'] else 'missed'}), "
            f"wealth {100 * one['wealth_difference']:+.4f} %, version {one['version']}"
        )
    slopes = exponents(grown)
    for axis, row in grown.items():
        told = ", ".join(f"{size}: {taken:.2f} ms" for size, taken in row.items())
        print(f"{axis:12}{told}; time grows as size ** {slopes[axis]:.2f}")


if __name__ == "__main__":
    main()
