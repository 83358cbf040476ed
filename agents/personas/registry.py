"""Which personas there are: built in, in a user's folder, and from installed packages.

Order: built-in ones first, then the others by name. One that cannot be used is left out and named with its fault; a
run never ends because of it. A name that is taken already cannot be taken again.
"""

import difflib
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path

from agents.personas.rules import persona_from_markdown
from agents.personas.spec import Persona, PersonaSpec
from tools.errors import PromptError, QuorumError
from tools.prompts import read_prompt_file

BUILT_IN = ("value", "momentum", "risk", "contrarian")
ENTRY_POINTS = "quorum.personas"


@dataclass(frozen=True)
class Broken:
    """A plug-in that was left out."""

    name: str
    origin: str
    cause: str


@dataclass(frozen=True)
class Registry:
    """Usable personas in order, and the plug-ins that are not."""

    personas: tuple[Persona, ...]
    broken: tuple[Broken, ...]


def load_personas(names: Sequence[str] | None = None, folder: Path | None = None) -> tuple[Persona, ...]:
    """The personas of those names, or all, in the registry's order.

    Raises QuorumError, with the known names, when one is not there or is broken.
    """
    registry = load_registry(folder)
    if names is None:
        return registry.personas
    known = [persona.spec.name for persona in registry.personas]
    for name in names:
        if name in known:
            continue
        for broken in registry.broken:
            if broken.name == name:
                raise QuorumError(f"the persona {name} cannot be used: {broken.cause}", f"mend {broken.origin}")
        near = difflib.get_close_matches(name, known, n=1)
        guess = f"did you mean {near[0]}? " if near else ""
        raise QuorumError(f"there is no persona {name!r}", f"{guess}there are {', '.join(known)}")
    return tuple(persona for persona in registry.personas if persona.spec.name in set(names))


def load_registry(folder: Path | None = None) -> Registry:
    """Every persona that can be found; `folder` holds a user's own Markdown files and need not exist."""
    built_in = [built_in_persona(name) for name in BUILT_IN]
    found: list[Persona] = []
    broken: list[Broken] = []
    for path in sorted(folder.glob("*.md")) if folder is not None and folder.is_dir() else []:
        try:
            found.append(persona_from_file(path))
        except PromptError as error:
            broken.append(Broken(path.stem, str(path), error.message))
    for point in sorted(entry_points(group=ENTRY_POINTS), key=lambda point: (point.name, point.value)):
        try:
            found.append(persona_from_entry_point(point))
        except PromptError as error:
            broken.append(Broken(point.name, f"entry point {point.value}", error.message))
    taken = {persona.spec.name for persona in built_in}
    plugged: list[Persona] = []
    for persona in sorted(found, key=lambda persona: (persona.spec.name, persona.spec.origin)):
        spec = persona.spec
        if spec.name in taken:
            broken.append(Broken(spec.name, spec.origin, f"a persona named {spec.name} exists already; rename yours"))
            continue
        taken.add(spec.name)
        plugged.append(persona)
    return Registry((*built_in, *plugged), tuple(broken))


def built_in_persona(name: str) -> Persona:
    """A shipped persona. Raises PromptError when the installation lacks its file."""
    return persona_from_markdown(read_prompt_file(f"personas/{name}"), f"prompts/personas/{name}.md")


def persona_from_file(path: Path) -> Persona:
    """A user's Markdown persona. Raises PromptError that says what to mend."""
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise PromptError(f"{path} cannot be read: {error}", "save it as UTF-8 text that you may read") from error
    return persona_from_markdown(text, str(path))


def persona_from_entry_point(point: EntryPoint) -> Persona:
    """A persona from an installed package's class or object. Raises PromptError whatever its code raises."""
    try:
        loaded = point.load()
        persona = loaded() if isinstance(loaded, type) else loaded
    except Exception as error:  # a stranger's module or constructor may raise anything; the run must not end
        raise PromptError(
            f"{point.value} does not load: {type(error).__name__}: {error}", "mend its package"
        ) from error
    if not isinstance(persona, Persona):
        raise PromptError(f"{point.value} has no `spec` and `history`", "see docs/add-a-persona.md")
    if not isinstance(persona.spec, PersonaSpec):
        raise PromptError(f"the spec of {point.value} is no PersonaSpec", "see docs/add-a-persona.md")
    return persona
