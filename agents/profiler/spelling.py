"""Spelling as people type it: contractions, shorthand, and slips in the words that matter here.

A word is corrected only when it is not itself a word of the vocabulary, has at least six letters, starts with the
right letter and is one slip (one letter added, lost, changed, or two swapped) away from exactly one known word.
"""
# A pattern or a sentence in one line is easier to check than one in ten pieces.
# ruff: noqa: E501

from functools import lru_cache

CONTRACTIONS: tuple[tuple[str, str], ...] = (
    (r"\bi'?m\b", "i am"),
    (r"\bi'?ve\b", "i have"),
    (r"\bi'll\b", "i will"),
    (r"\bill (?=need|want|retire|sell|be\b|have|probably|never)", "i will "),
    (r"\bi'd\b", "i would"),
    (
        r"\bid (?=sell|panic|like|be\b|rather|prefer|want|probably|say|hold|buy|need|love|hate|get|pull|bail|freak|have|not|avoid)",
        "i would ",
    ),
    (r"\bwe're\b", "we are"),
    (r"\bwe've\b", "we have"),
    (r"\bwe'd\b", "we would"),
    (r"\bwe'll\b", "we will"),
    (r"\b(he|she|it|that|what|there|who|where)'s (?!college|uni|education|school)", r"\1 is "),
    (r"\bthey're\b", "they are"),
    (r"\byou're\b", "you are"),
    (r"\bcan(?:no|'|)t\b", "can not"),
    (r"\bwon'?t\b", "will not"),
    (r"\b(do|does|did|is|are|was|were|would|could|should|have|has|had|need|must)n'?t\b", r"\1 not"),
    (r"\bain'?t\b", "am not"),
    (r"\b(\d+(?:\.\d+)?)\s?lpa\b", r"\1 lakh per annum"),
    (r"\b2 (?=retire|invest|buy|save|put|get|have)", "to "),
    (r"\bb4\b", "before"),
    (r"\s@\s?(?=\d\d\b(?!\.\d))", " at "),
    (r"\blumpsum\b", "lump sum"),
    (r"\bwanna\b", "want to"),
    (r"\bgonna\b", "going to"),
    (r"\bgotta\b", "have to"),
    (r"\bgot to\b(?= (?:invest|spare))", "have to"),
    (r"\bdunno\b", "do not know"),
    (r"\bpls\b|\bplz\b", "please"),
    (r"\b(\d+)\s?-?y(?:rs?|r)?\b(?![a-z/'])", r"\1 years"),
    (r"\byrs?\b", "years"),
    (r"\b(\d+)\s?mo(?:nth|nths|s)?\b(?![a-z])", r"\1 months"),
    (r"\bper cent\b|\bpct\b|\bpercentage\b|\bpercents\b", "percent"),
    (r"\bbtw\b|\bfyi\b|\btbh\b|\bimo\b", ","),
    (r"\bim\b", "i am"),
    (r"\bw/o\b", "without"),
    (r"\bw/(?=\s|\w)", "with "),
    (r"\s&\s", " and "),
    (r"\ba/c\b", "account"),
)
"""Pattern and replacement, applied in order to lower-case text."""

_SHORT_SLIPS = {
    "yeras": "years", "yaers": "years", "yers": "years", "eyars": "years", "yesrs": "years", "moths": "months", "monhts": "months",
    "hosue": "house", "huose": "house", "tabacco": "tobacco", "tabaco": "tobacco", "tobaco": "tobacco", "weapns": "weapons",
    "agressive": "aggressive", "agresive": "aggressive", "aggresive": "aggressive", "conservitive": "conservative",
    "consertive": "conservative", "moderatly": "moderately", "modrate": "moderate", "savins": "savings", "retier": "retire",
    "retir": "retire", "reitre": "retire", "retire": "retire", "retirment": "retirement", "retirerment": "retirement", "alchohol": "alcohol", "alchol": "alcohol",
    "crytpo": "crypto", "cyrpto": "crypto", "stoks": "stocks", "stcks": "stocks", "shars": "shares", "morgage": "mortgage",
    "mortage": "mortgage", "univercity": "university", "colege": "college", "collage": "college", "loose": "lose", "loosing": "losing",
    "begginer": "beginner", "begginner": "beginner", "biginner": "beginner", "expereince": "experience", "experiance": "experience",
    "invesment": "investment", "investmnt": "investment", "garanteed": "guaranteed", "guarenteed": "guaranteed",
    "guranteed": "guaranteed", "teh": "the", "adn": "and", "wnat": "want", "wnt": "want", "dosnt": "does not", "becuase": "because",
    "agree": "agree", "horizion": "horizon", "horison": "horizon", "emergancy": "emergency", "gambeling": "gambling",
    "dont": "do not", "perecnt": "percent", "precent": "percent", "pecent": "percent", "thrid": "third", "qarter": "quarter", "portfollio": "portfolio",
    "sallary": "salary", "salery": "salary", "pention": "pension", "dependents": "dependants", "dependent": "dependant",
    "medum": "medium", "meduim": "medium", "mediem": "medium", "mortgge": "mortgage", "ivnest": "invest", "ivnesting": "investing", "invset": "invest", "yrears": "years", "yeas": "years",
    "avod": "avoid", "aviod": "avoid", "techonology": "technology", "fosil": "fossil", "fosils": "fossils", "defense": "defense",
}  # fmt: skip

_VOCABULARY = [
    "invest",
    "invested",
    "investing",
    "investor",
    "investors",
    "investment",
    "investments",
    "retire",
    "retired",
    "retires",
    "retirement",
    "retiring",
    "aggressive",
    "conservative",
    "moderate",
    "moderately",
    "tobacco",
    "weapons",
    "weapon",
    "alcohol",
    "gambling",
    "crypto",
    "cryptocurrency",
    "mortgage",
    "university",
    "college",
    "pension",
    "pensions",
    "savings",
    "saving",
    "savers",
    "income",
    "incomes",
    "incoming",
    "outcome",
    "horizon",
    "horizons",
    "emergency",
    "experience",
    "experienced",
    "experiences",
    "beginner",
    "beginners",
    "portfolio",
    "portfolios",
    "percent",
    "percentage",
    "thousand",
    "thousands",
    "million",
    "millions",
    "guaranteed",
    "guarantee",
    "guarantees",
    "dividend",
    "dividends",
    "technology",
    "healthcare",
    "stomach",
    "volatility",
    "volatile",
    "tolerance",
    "cautious",
    "dependants",
    "nuclear",
    "pharmaceutical",
    "pharmaceuticals",
    "animals",
    "testing",
    "bitcoin",
    "inheritance",
    "inherited",
    "salary",
    "salaries",
    "bracket",
    "taxable",
    "deposit",
    "deposits",
    "daughter",
    "daughters",
    "children",
    "education",
    "tuition",
    "wedding",
    "holiday",
    "holidays",
    "business",
    "emergencies",
    "security",
    "secured",
    "secure",
    "comfortable",
    "uncomfortable",
    "gambler",
    "quarter",
    "quarters",
    "preserve",
    "preserved",
    "reserve",
    "reserved",
    "deserve",
    "severance",
    "growth",
]
_KNOWN = frozenset(_VOCABULARY)
_LETTERS = "abcdefghijklmnopqrstuvwxyz"


LONGEST = 30
"""No word that is known is longer; trying every slip of a longer one would cost its length squared."""


@lru_cache(maxsize=4096)
def corrected(word: str) -> str:
    """The word, or what it was meant to be; see the module's rule."""
    if word in _SHORT_SLIPS:
        return _SHORT_SLIPS[word]
    if (
        not 7 <= len(word) <= LONGEST
        or word in _KNOWN
        or word.endswith(("ly", "ness"))
        or (word.endswith("s") and word[:-1] in _KNOWN)
    ):
        return word
    found = {known for known in _near(word) if known in _KNOWN and known[0] == word[0] and len(known) >= 6}
    return found.pop() if len(found) == 1 else word


def _near(word: str) -> set[str]:
    cuts = [(word[:i], word[i:]) for i in range(len(word) + 1)]
    lost = {a + b[1:] for a, b in cuts if b}
    swapped = {a + b[1] + b[0] + b[2:] for a, b in cuts if len(b) > 1}
    changed = {a + c + b[1:] for a, b in cuts if b for c in _LETTERS}
    added = {a + c + b for a, b in cuts for c in _LETTERS}
    return lost | swapped | changed | added
