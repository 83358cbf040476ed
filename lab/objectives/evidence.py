"""What the re-test takes from elsewhere: the shipped checkpoints, and the ablation's figure on personal adapters."""

from pathlib import Path

from lab.objectives.wishes import Learned
from rl.checkpoint import read, shipped


def shipped_policies() -> tuple[Learned, ...]:
    """The policy with the intent router, whose seeds are followed alone too, and the one that everybody is served by.

    Raises AllocatorUnavailable where a checkpoint cannot be read.
    """
    intent, intent_card = read(shipped(personal=True))
    plain, plain_card = read(shipped())
    return (
        Learned(intent_card.name, intent, intent_card.seeds, intent_card.weights_sha256),
        Learned(plain_card.name, plain, (), plain_card.weights_sha256),
    )


def adapter_of(folder: Path) -> str | None:
    """The sentence on what a client's trades reveal, from `ablation.json` in the folder of the evidence; None where
    it is not there."""
    path = folder / "ablation.json"
    if not path.exists():
        return None
    from lab.ablation import AblationReport
    from lab.personalise_worth import sentence

    worth = AblationReport.model_validate_json(path.read_bytes()).personalisation
    return None if worth is None else sentence(worth)
