"""`quorum`: the command line. Each command imports what it needs when it runs, so `--help` answers at once."""

import typer

from app.commands import (
    ablation,
    advise,
    alignment,
    backtest,
    chat,
    contamination,
    cross_validation,
    data,
    doctor,
    evaluate,
    experts,
    influence,
    ingest,
    lstm_ppo,
    methods,
    model,
    objectives,
    people,
    personalise,
    personas,
    profile,
    results,
    scoreboard,
    strategies,
    tax_harvest,
    trace,
    train,
    views,
    walk_forward,
)
from app.exits import Exit, clear_errors

cli = typer.Typer(
    name="quorum",
    help="An investment committee that you can talk to and audit. Start with: quorum advise, or quorum chat.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
)
cli.command("advise")(advise.command)
cli.command("chat")(chat.command)
cli.command("profile")(profile.command)
cli.command("data")(data.command)
cli.command("ingest")(ingest.command)
cli.command("train")(train.command)
cli.command("personalise")(personalise.command)
cli.command("backtest")(backtest.command)
cli.command("scoreboard")(scoreboard.command)
cli.command("doctor")(doctor.command)
cli.add_typer(personas.cli, name="personas")
cli.add_typer(trace.cli, name="trace")
cli.add_typer(model.cli, name="model")
cli.add_typer(evaluate.cli, name="evaluate")
evaluate.cli.command("methods")(methods.command)
evaluate.cli.command("influence")(influence.command)
evaluate.cli.command("allocator")(walk_forward.command)
evaluate.cli.command("ablation")(ablation.command)
evaluate.cli.command("contamination")(contamination.command)
evaluate.cli.command("cross-validation")(cross_validation.command)
evaluate.cli.command("alignment")(alignment.command)
evaluate.cli.command("objectives")(objectives.command)
evaluate.cli.command("lstm-ppo")(lstm_ppo.command)
evaluate.cli.command("people")(people.command)
evaluate.cli.command("experts")(experts.command)
evaluate.cli.command("tax-harvest")(tax_harvest.command)
evaluate.cli.command("views")(views.command)
evaluate.cli.command("strategies")(strategies.command)
evaluate.cli.command("results")(results.command)


def main() -> None:
    """The console script. Every expected failure ends in one sentence, a remedy and an exit code."""
    with clear_errors():
        cli()


__all__ = ["Exit", "cli", "main"]
