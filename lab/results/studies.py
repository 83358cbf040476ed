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
    Study(
        question="How well is the tone of a headline told?",
        page="quality.md",
        command="quorum evaluate quality --data ../shared/data --part sentiment",
        takes="two minutes by rules; models are asked once and kept",
        answer_under="Tone of headlines",
        table_under="Tone of headlines",
    ),
    Study(
        question="How much of a client's words is understood?",
        page="quality.md",
        command="quorum evaluate quality --data ../shared/data --part profiles",
        takes="a minute",
        answer_under="The client's words to a profile",
        table_under="The client's words to a profile",
    ),
    Study(
        question="Is the page with the evidence found?",
        page="quality.md",
        command="quorum evaluate quality --data ../shared/data --part retrieval",
        takes="about twenty minutes, most of it embedding",
        answer_under="Retrieval",
        table_under="Retrieval",
    ),
    Study(
        question="Does a day's news foretell returns?",
        page="quality.md",
        command="quorum evaluate quality --data ../shared/data --part returns",
        takes="a minute",
        answer_under="Daily sentiment and later returns (FNSPID)",
        table_under="Daily sentiment and later returns (FNSPID)",
    ),
)
