"""From options to settings and an `Advisor`."""

from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import ValidationError

from tools.errors import QuorumError
from tools.settings import Settings

if TYPE_CHECKING:
    from agents.personas import Persona
    from graph.advisor import Advisor, Debate, Method, UsePolicy


def read_settings(*, home: Path | None = None, prices: Path | None = None, adapter: Path | None = None) -> Settings:
    """Settings from the environment, with what the command line names instead. Raises QuorumError on a bad one."""
    named = (("home", home), ("prices", prices), ("adapter", adapter))
    given = {name: value for name, value in named if value is not None}
    try:
        return Settings(**given)  # type: ignore[arg-type]
    except ValidationError as error:
        first = error.errors()[0]
        name = "QUORUM_" + "_".join(str(part) for part in first["loc"]).upper().removeprefix("QUORUM_")
        raise QuorumError(
            f"the setting {name} is not usable: {first['msg']}",
            "mend it in the environment or in .env; `quorum doctor` lists every setting",
        ) from error


def home_personas(settings: Settings) -> "tuple[Persona, ...]":
    """Whom the committee hears in this home: those that are shipped or installed, and the person's own."""
    from agents.personas import load_personas

    return load_personas(None, settings.home / "personas")


def make_advisor(
    settings: Settings,
    *,
    today: date,
    as_of: date | None = None,
    personas: str | None = None,
    policy: "UsePolicy" = "gated",
    method: "Method" = "committee",
    debate: "Debate" = "auto",
    asked_on: date | None = None,
    minimum_score: float | None = None,
) -> "Advisor":
    """The facade that every door calls. Raises QuorumError for a least score where the method has no scores."""
    from graph.advisor import Advisor

    if minimum_score is not None and method not in ("scores", "retrieval"):
        raise QuorumError(f"the method {method} has no scores to set a minimum for", "add --method scores or retrieval")
    names = None if personas is None else [name.strip() for name in personas.split(",") if name.strip()]
    return Advisor(
        settings,
        today=today,
        as_of=as_of,
        personas=names,
        use_policy=policy,
        method=method,
        debate=debate,
        minimum_score=minimum_score,
        asked_on=asked_on,
    )
