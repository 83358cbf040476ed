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


DATA = "../shared/data"
PRICES = f"{DATA}/prices"
TRIALS = "--register docs/evidence/trials.jsonl"
"""Every try that was ever made here deflates what is found: with a fresh register a figure looks better than it is."""

STUDIES: tuple[Study, ...] = (
    Study(
        question="Is any strategy better than equal weight?",
        page="strategies.md",
        command=f"quorum evaluate strategies --prices {PRICES} {TRIALS}",
        takes="two minutes",
    ),
    Study(
        question="Is the committee better than equal weight?",
        page="committee.md",
        command=f"quorum backtest --bills {PRICES}/etf --committee --committee-page docs/committee.md {TRIALS}",
        takes="ten minutes",
    ),
    Study(
        question="Does the trained allocator beat its baselines?",
        page="allocator-evidence.md",
        command=f"quorum evaluate allocator --prices {PRICES} {TRIALS}",
        takes="half an hour",
    ),
    Study(
        question="What is each part of the policy worth?",
        page="ablation.md",
        command=f"quorum evaluate ablation {TRIALS}",
        takes="twenty minutes",
    ),
    Study(
        question="Do experts take away the conflict between objectives?",
        page="experts.md",
        command="quorum evaluate experts",
        takes="five minutes",
    ),
    Study(
        question="Does choosing or learning carry over to other years?",
        page="cross-validation.md",
        command=f"quorum evaluate cross-validation --bills {PRICES}/etf {TRIALS}",
        takes="four minutes",
    ),
    Study(
        question="Does the committee know the answer by heart?",
        page="contamination.md",
        command=(
            "quorum evaluate contamination --gguf FILE --assets AAPL,JNJ,KO,MSFT,XOM --model-dates 3 "
            f"--personas value,momentum --no-other-evidence {TRIALS}"
        ),
        takes="a quarter of an hour; FILE is the small model of `quorum model fetch`. `--assets`, `--model-dates` and "
        "`--personas` are the model's; without a model the rules alone take five minutes",
    ),
    Study(
        question="Whose views are worth listening to?",
        page="views.md",
        command=f"quorum evaluate views --prices {PRICES} {TRIALS}",
        takes="a minute",
    ),
    Study(
        question="Does advice that knows the client serve the client? (L-PPR)",
        page="alignment.md",
        command=f"quorum evaluate alignment --prices {PRICES} --data {DATA} --gguf FILE {TRIALS}",
        takes="ten minutes; FILE is the small model of `quorum model fetch`",
    ),
    Study(
        question="Does asking for an objective give more of it? (three-phase)",
        page="objectives.md",
        command=f"quorum evaluate objectives --prices {PRICES} {TRIALS}",
        takes="seven minutes",
    ),
    Study(
        question="Does a hybrid of LSTM and PPO beat its parts?",
        page="lstm-ppo.md",
        command=f"quorum evaluate lstm-ppo --prices {PRICES} {TRIALS}",
        takes="a quarter of an hour",
        answer_under="What this says",
        table_under="US shares, bundled: 20 assets, test 2022",
    ),
    Study(
        question="What moves a client's portfolio?",
        page="influence.md",
        command="quorum evaluate influence",
        takes="three minutes",
    ),
    Study(
        question="How well are real people understood, and served?",
        page="people.md",
        command=f"quorum evaluate people --data {DATA}",
        takes="a minute",
    ),
    Study(
        question="What does harvesting losses add after tax?",
        page="tax-harvest.md",
        command="quorum evaluate tax-harvest",
        takes="twenty seconds",
    ),
    Study(
        question="How fast is a backtest?",
        page="engine.md",
        command="python benchmarks/backtest.py --peers PYTHON",
        takes="two minutes; PYTHON is an interpreter with vectorbt and bt",
        answer_under="Three speeds",
        table_under="Three speeds",
    ),
    Study(
        question="How well is the tone of a headline told?",
        page="quality.md",
        command=f"quorum evaluate quality --data {DATA} --part sentiment",
        takes="two minutes by rules; models are asked once and kept",
        answer_under="Tone of headlines",
        table_under="Tone of headlines",
    ),
    Study(
        question="How much of a client's words is understood?",
        page="quality.md",
        command=f"quorum evaluate quality --data {DATA} --part profiles",
        takes="a minute",
        answer_under="The client's words to a profile",
        table_under="The client's words to a profile",
    ),
    Study(
        question="Is the page with the evidence found?",
        page="quality.md",
        command=f"quorum evaluate quality --data {DATA} --part retrieval",
        takes="half an hour; the passages' vectors are kept",
        answer_under="Retrieval",
        table_under="Retrieval",
    ),
    Study(
        question="Does a day's news predict returns?",
        page="quality.md",
        command=f"quorum evaluate quality --data {DATA} --part returns",
        takes="a minute",
        answer_under="Daily sentiment and later returns (FNSPID)",
        table_under="Daily sentiment and later returns (FNSPID)",
    ),
)
