"""`quorum evaluate ablation`: what each part of the policy is worth, in one table."""

from pathlib import Path
from typing import Annotated

import typer

from app.commands.walk_forward import Count, Ray, bar, who_works
from app.options import Home, Json, Today, Trials, clock


def command(
    context: typer.Context,
    out: Annotated[Path, typer.Option("--out", help="The page to write.")] = Path("docs/ablation.md"),
    quick: Annotated[bool, typer.Option("--quick", help="Two seeds and two test years: no evidence.")] = False,
    part: Annotated[
        list[str] | None, typer.Option("--part", help="Rows to measure beside the plain policy; all by default.")
    ] = None,
    chronos: Annotated[
        str | None, typer.Option("--chronos", help="Folder or id of Chronos weights, for that row.")
    ] = None,
    register: Trials = None,
    ray: Ray = None,
    workers: Count = 1,
    today: Today = None,
    as_json: Json = False,
    home: Home = None,
) -> None:
    """Change one thing of the plain policy at a time and walk it forward on the bundled history.

    About a quarter of an hour on one core; trainings are kept, so an interrupted run goes on where it stopped. Every
    row with its seeds is written to the register.
    """

    from app.studies import command_line, publish, tell, trial_register
    from app.wiring import read_settings
    from lab.ablation import PLAIN, QUICK, VARIANTS, AblationConfig, Ground, ablate
    from lab.ablation_page import full_page
    from lab.ablation_register import trials_of
    from lab.personalise_worth import PERSONAL_CLIENTS, shipped_worth
    from lab.walk_forward.plan import bundled_universe
    from tools.errors import QuorumError

    unknown = sorted(set(part or ()) - {variant.name for variant in VARIANTS})
    if unknown:
        known = ", ".join(variant.name for variant in VARIANTS)
        raise QuorumError(f"the ablation has no row {', '.join(unknown)}", f"choose among {known}")
    rows = tuple(v for v in VARIANTS if part is None or v.name == PLAIN or v.name in part)
    config = (QUICK if quick else AblationConfig()).model_copy(update={"variants": rows, "chronos": chronos})
    settings = read_settings(home=home)
    kept, ground = trial_register(settings, register), Ground(*bundled_universe())
    folder = settings.home / "evidence" / ("ablation-quick" if quick else "ablation")
    with bar("training", as_json) as show:
        made = ablate(ground, config, folder=folder, workers=who_works(ray, workers), progress=show)
    kept.open(trials_of(made, ground, clock(today)))
    report = made.report
    if part is None:
        report = report.model_copy(update={"personalisation": shipped_worth(PERSONAL_CLIENTS)})
    page = full_page(report, command_line(context))
    figures = publish(out, page, report)
    tell(report, page, f"Written to {out} and {figures}; register {kept.path}.", as_json)
