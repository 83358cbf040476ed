"""The studies behind the page of all results: what each asks, where its own page lies, and how that page is remade."""

from portfolio.records import Record


class Study(Record):
    """One question, one table, one command."""

    question: str
    page: str
    """Below `docs/`."""
    command: str
    """Remakes the page, and with it the table, from data."""
    takes: str
    """On one core of the machine on which the page was made; measured, not promised."""
    answer_under: str | None = None
    """The heading in the page under which the answer stands; None: its first paragraph."""
    table_under: str | None = None
    """The same for the table."""


PRICES = "../shared/data/prices"

STUDIES: tuple[Study, ...] = (
    Study(
        question="Does the trained allocator beat its baselines?",
        page="allocator-evidence.md",
        command=f"quorum evaluate allocator --prices {PRICES}",
        takes="about an hour",
    ),
    Study(
        question="What is each part of the policy worth?",
        page="ablation.md",
        command="quorum evaluate ablation",
        takes="a quarter of an hour",
    ),
    Study(
        question="Do experts take away the conflict between objectives?",
        page="experts.md",
        command="quorum evaluate experts",
        takes="five minutes",
    ),
    Study(
        question="What moves a client's portfolio?",
        page="influence.md",
        command="quorum evaluate influence",
        takes="a minute",
    ),
    Study(
        question="What does harvesting losses add after tax?",
        page="tax-harvest.md",
        command="quorum evaluate tax-harvest",
        takes="twenty seconds",
    ),
    Study(
        question="Does a hybrid of LSTM and PPO beat its parts?",
        page="lstm-ppo.md",
        command="python -m lab.hybrid --data ../shared/data/prices --out docs/lstm-ppo.md",
        takes="about an hour",
        answer_under="What this says",
        table_under="US shares, bundled: 20 assets, test 2022",
    ),
)
