"""Prompts live in Markdown files; this module turns one into messages.

A prompt file is YAML front matter between two lines of `---`, then one section a message, each opened by a line
`# system`, `# user` or `# assistant` (examples for small models alternate the last two). Sections are jinja2
templates, split *before* rendering, so text from outside can neither open a section nor run as a template.

Contract
--------
- What a prompt's sections use and what its front matter declares under `inputs` are the same names, or loading
  fails with `PromptError`; rendering with a name too many or too few fails too. No prompt is ever half filled.
- `{{ text | data("news") }}` sets text from outside apart as a data block that it cannot close.
- `Prompt.fingerprint` changes with every byte of the file, so a cached answer never outlives its prompt.
"""

import hashlib
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from importlib.resources.abc import Traversable
from typing import TypeVar

import yaml
from jinja2 import StrictUndefined, TemplateError, meta
from jinja2.sandbox import SandboxedEnvironment
from pydantic import Field, ValidationError

from portfolio.records import Record
from tools.errors import PromptError

Message = tuple[str, str]
"""A role ("system", "user", "assistant") and its text."""

_NAME = re.compile(r"[a-z0-9_-]+(?:/[a-z0-9_-]+)*")
_SECTION = re.compile(r"^# (system|user|assistant)[ \t]*$", re.MULTILINE)
_BLOCK_TAG = re.compile(r"<\s*(/?)\s*data\b", re.IGNORECASE)
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f\u200b-\u200f\u202a-\u202e\u2066-\u2069]")


class PromptHeader(Record):
    """The front matter that every prompt has."""

    name: str = Field(pattern=r"^[a-z][a-z0-9_-]*$")
    version: int = Field(ge=1)
    """Raised by its author whenever the meaning changes."""
    purpose: str = Field(min_length=1)
    inputs: tuple[str, ...] = ()
    """The variables that the sections use, all of them."""
    answer: str | None = Field(default=None, alias="schema")
    """Name of the record that the answer must fit; None for free text."""


Header = TypeVar("Header", bound=PromptHeader)


@dataclass(frozen=True)
class Prompt:
    """A checked prompt.

    Attributes
    ----------
    header : its front matter
    sections : (role, template source) in order
    fingerprint : SHA-256 of the whole file, hexadecimal
    origin : where it was read, for messages to people
    """

    header: PromptHeader
    sections: tuple[Message, ...]
    fingerprint: str
    origin: str

    @property
    def name(self) -> str:
        return self.header.name

    @property
    def version(self) -> int:
        return self.header.version

    def render(self, **variables: str) -> tuple[Message, ...]:
        """(role, text) messages. Raises PromptError when `variables` are not exactly the declared inputs."""
        declared = set(self.header.inputs)
        if set(variables) != declared:
            raise PromptError(
                f"the prompt {self.name} takes {_listed(declared)} but was given {_listed(set(variables))}",
                f"give exactly the inputs that {self.origin} declares",
            )
        environment = _environment()
        try:
            return tuple(
                (role, environment.from_string(source).render(variables).strip()) for role, source in self.sections
            )
        except TemplateError as error:
            raise PromptError(f"the prompt {self.name} cannot be filled: {error}", f"mend {self.origin}") from error


@cache
def load_prompt(name: str) -> Prompt:
    """The shipped prompt of that name ("profiler/read" is `prompts/profiler/read.md`). Raises PromptError."""
    return parse_prompt(read_prompt_file(name), f"prompts/{name}.md")


@cache
def shipped_prompts() -> dict[str, Prompt]:
    """Every prompt of the house that is no persona, by name in alphabetical order. Raises PromptError."""
    names: list[str] = []
    for entry in _walk(resources.files("prompts"), ""):
        if not entry.startswith("personas/"):
            names.append(entry)
    return {name: load_prompt(name) for name in sorted(names)}


def _walk(folder: Traversable, above: str) -> Iterator[str]:
    for entry in folder.iterdir():
        if entry.is_dir():
            yield from _walk(entry, f"{above}{entry.name}/")
        elif entry.name.endswith(".md"):
            yield above + entry.name.removesuffix(".md")


def read_prompt_file(name: str) -> str:
    """The text of a shipped prompt file. Raises PromptError, with the names of its neighbours, when there is none."""
    if not _NAME.fullmatch(name):
        raise PromptError(f"{name!r} is not a prompt's name", 'name a file without its ending, like "personas/value"')
    folder = resources.files("prompts")
    *parents, leaf = name.split("/")
    for parent in parents:
        folder = folder.joinpath(parent)
    file = folder.joinpath(f"{leaf}.md")
    try:
        return file.read_text(encoding="utf-8")
    except (FileNotFoundError, NotADirectoryError) as error:
        near = sorted(entry.name.removesuffix(".md") for entry in folder.iterdir()) if folder.is_dir() else []
        raise PromptError(
            f"there is no prompt {name}",
            f"in its folder: {', '.join(near) or 'nothing'}; was the package installed whole?",
        ) from error
    except UnicodeDecodeError as error:
        raise PromptError(f"prompts/{name}.md is not UTF-8 text: {error.reason}", "save it as UTF-8") from error


def parse_prompt(text: str, origin: str) -> Prompt:
    """Check and split a prompt file's text. Raises PromptError that names `origin` and what to mend."""
    header, body = front_matter(text, origin, PromptHeader)
    return build_prompt(header, body, text, origin)


def front_matter(text: str, origin: str, header: type[Header]) -> tuple[Header, str]:
    """A file's front matter as a strict record, and its body. Raises PromptError that names the faulty field."""
    plain = text.removeprefix("\ufeff").replace("\r\n", "\n")
    parts = re.match(r"---\n(.*?)\n---[ \t]*(?:\n|$)(.*)", plain, re.DOTALL)
    if parts is None:
        raise PromptError(f"{origin} has no front matter", "begin it with a line ---, YAML fields, and a line ---")
    try:
        fields = yaml.safe_load(parts[1])
    except yaml.YAMLError as error:
        raise PromptError(f"the front matter of {origin} is not YAML: {_one_line(error)}", "mend that line") from error
    if not isinstance(fields, dict):
        raise PromptError(f"the front matter of {origin} is not a list of fields", "write one `field: value` a line")
    try:
        return header.model_validate(fields), parts[2]
    except ValidationError as error:
        faults = "; ".join(f"{'.'.join(map(str, fault['loc']))}: {fault['msg']}" for fault in error.errors())
        known = ", ".join(field.alias or name for name, field in header.model_fields.items())
        raise PromptError(f"the front matter of {origin} does not fit ({faults})", f"its fields are {known}") from error


def build_prompt(header: PromptHeader, body: str, text: str, origin: str) -> Prompt:
    """A prompt from a parsed header and body; `text` is the whole file, for the fingerprint. Raises PromptError."""
    opened = list(_SECTION.finditer(body))
    if not opened or body[: opened[0].start()].strip():
        raise PromptError(
            f"the text of {origin} does not begin with a section", "open it with a line `# system` or `# user`"
        )
    ends = [match.start() for match in opened[1:]] + [len(body)]
    sections = tuple((match[1], body[match.end() : end].strip()) for match, end in zip(opened, ends, strict=True))
    used: set[str] = set()
    environment = _environment()
    for role, source in sections:
        try:
            used |= meta.find_undeclared_variables(environment.parse(source))
            environment.from_string(source)
        except TemplateError as error:
            raise PromptError(f"the section {role} of {origin} is no valid template: {error}", "mend it") from error
    declared = set(header.inputs)
    if used != declared:
        missing, unused = used - declared, declared - used
        says = [f"uses {_listed(missing)} without declaring it"] if missing else []
        says += [f"declares {_listed(unused)} without using it"] if unused else []
        raise PromptError(f"{origin} {' and '.join(says)}", "list under `inputs` exactly what the text uses")
    return Prompt(header, sections, hashlib.sha256(text.encode()).hexdigest(), origin)


def data_block(text: str, label: str) -> str:
    """Text from outside, set apart so that it cannot pass for instructions: its own block tags are defused."""
    plain = _CONTROL.sub(" ", _BLOCK_TAG.sub(r"[\1data", text))
    safe_label = re.sub(r"[^a-z0-9 _-]", "", label.lower())
    return f'<data label="{safe_label}">\n{plain}\n</data>'


@cache
def _environment() -> SandboxedEnvironment:
    # Sandboxed because a persona file may come from a stranger; strict because a silent blank is a wrong prompt.
    environment = SandboxedEnvironment(undefined=StrictUndefined, autoescape=False, keep_trailing_newline=False)
    environment.filters["data"] = data_block
    environment.globals = {}
    return environment


def _listed(names: set[str]) -> str:
    return ", ".join(sorted(names)) or "nothing"


def _one_line(error: Exception) -> str:
    return " ".join(str(error).split())


def variables_of(header: PromptHeader, values: Mapping[str, str]) -> dict[str, str]:
    """Of `values`, those that the prompt declares: a persona's file need not use everything that is on offer."""
    return {name: values[name] for name in header.inputs if name in values}
