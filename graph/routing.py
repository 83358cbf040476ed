"""Where the client's words go: to the explainer (a question about the run), or to the profiler (a fact or a wish)."""

import re

_OPENING = r"^\s*(?:but |and |so |ok(?:ay)?,? |hm+,? |please )*"
_ASKING_WORDS = (
    r"why", r"how come", r"what(?:'s| is| are| did| does| do| would| if| made|)", r"which", r"who", r"when",
    r"how (?:much|many|did|do|does|is|risky|bad|sure|would|come)", r"explain", r"show me",
    r"tell me (?:why|about|more|what|how)", r"is (?:it|this|that)", r"are (?:there|you)", r"does", r"did", r"do you",
    r"where (?:is|are|does|do)",
)  # fmt: skip
_CHANGES = r"(?:make|put|lower|raise|remove|drop|use|keep|avoid|exclude)"
_STATING_WORDS = (
    r"i'?m", r"i am", r"i have", r"i've", r"i want", r"i need", r"i'd like", r"i would like",
    r"my (?:age|income|wife|husband|horizon|goal)", r"we have", r"we want", r"make (?:it|that)", r"change", r"actually",
    r"instead", r"no more than", r"at most", r"at least", r"exclude", r"avoid", r"drop", r"remove", r"add", r"put",
    r"keep", rf"(?:can|could) you {_CHANGES}",
)  # fmt: skip
_GOING_ON = (
    r"go", r"go ahead", r"go on", r"carry on", r"proceed", r"continue", r"that'?s (?:all|it|everything)",
    r"show me(?: the)? (?:portfolio|recommendation)", r"no more questions", r"enough questions",
)  # fmt: skip
_ASKS = re.compile(rf"{_OPENING}(?:{'|'.join(_ASKING_WORDS)})\b", re.IGNORECASE)
_STATES = re.compile(rf"\b(?:{'|'.join(_STATING_WORDS)})\b", re.IGNORECASE)
_GO = re.compile(
    rf"^\s*(?:please |ok(?:ay)?,? |yes,? |just )*(?:{'|'.join(_GOING_ON)})[.!\s]*$",
    re.IGNORECASE,
)


def is_question(text: str) -> bool:
    """Whether the words ask about the recommendation rather than say something about the client.

    A sentence that also states a fact or a wish ("why so much cash? I want more shares") is for the profiler: losing
    a wish would be worse than not answering a question.
    """
    asks = bool(_ASKS.search(text)) or text.rstrip().endswith("?")
    return asks and not _STATES.search(text)


def is_go_ahead(text: str) -> bool:
    """Whether the words only say to go on."""
    return bool(_GO.match(text))
