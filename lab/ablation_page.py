"""The page of the ablation: what it stands on, and the table."""

from lab.ablation import AblationReport, page
from lab.personalise_worth import sentence


def full_page(report: AblationReport, command: str) -> str:
    """Markdown, whole; `command` is what made it."""
    config = report.config
    compared = sum(row.sharpe is not None for row in report.rows)
    lines = [
        "# What is each part of the policy worth?",
        "",
        page(report),
        f"Made by `{command}`; the figures stand as JSON in `docs/evidence/ablation.json`. "
        f"{report.universe}, test years {report.first[:4]} to {report.last[:4]}, {config.train_years} years of "
        f"training and one of validation before each, {len(config.seeds)} seeds, {config.volatility:.0%} volatility, "
        f"{config.cost * 1e4:.0f} bp, tilting equal weight.",
        "",
        "- Each variant chooses its updates and action range on its own validation years.",
        "- Branches are fitted on what was known before the first window's validation year (the forecaster by itself "
        "walks forward), and described for later days.",
        "- Differences are of the seeds' mean account, paired by day, with 90 % block-bootstrap intervals.",
        f"- {compared} rows are compared: at 90 %, about {compared / 10:.0f} would lie beyond chance by chance alone, "
        "so a small difference that just clears zero proves nothing. A row's levers differ too.",
        "- The rewards are what training maximises; all rows are measured before tax by the same figures. "
        "After tax: `docs/taxes.md`.",
        "- Personalisation, for which clients with known objectives had to be made up: " + _personal(report),
        "- The test years are those of the allocator's evidence as well: read the rows as a description, not as a "
        "further choice.",
    ]
    return "\n".join(lines) + "\n"


def _personal(report: AblationReport) -> str:
    worth = report.personalisation
    return "not measured in this run." if worth is None else sentence(worth)
