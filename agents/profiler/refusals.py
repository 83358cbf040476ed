"""When no suitable advice exists: the reason in plain words, and what the client could do instead."""
# A pattern or a sentence in one line is easier to check than one in ten pieces.
# ruff: noqa: E501

import re

from agents.profiler.context import is_client, is_negated, is_supposed
from agents.profiler.text import Message
from portfolio.profile import InvestorProfile, Refusal

_DEBT = "interest on a loan or a card is certain, the return on shares is not"
_RULES: tuple[tuple[re.Pattern[str], str, str], ...] = tuple(
    (re.compile(pattern), reason, remedy)
    for pattern, reason, remedy in (
        (r"\b(?:kill(?:ing)? myself|end (?:it all|my life)|suicid\w+|want to die|hurt(?:ing)? myself|no (?:reason|point) (?:to|in) liv\w+|better off dead|not want to (?:live|be here)|self[- ]harm)\b",
         "What you wrote worries me more than any portfolio could matter; this is not the moment for an investment.",
         "Please talk to somebody now: a person you trust, your doctor, or a crisis line (988 in the US, 116 123 in the UK and Ireland, your local emergency number elsewhere). The money can wait."),
        (r"\b(?:gambling (?:addict\w*|problem|habit|debts?|losses)|addict\w* to (?:gambling|betting|trading|crypto)|can ?not stop (?:gambling|betting|trading)|win (?:it |my money |back |everything )*(?:back )?(?:what i|my|the) (?:lost|losses)|win (?:it|my money|everything|it all) back|chas(?:e|ing) (?:my )?loss\w*|make back (?:what i|my|the)|recover my (?:gambling )?losses|(?:bet|gamble) (?:it|this|everything|my savings|all of it|my rent))\b",
         "Investing to win back losses, or out of a habit that is hard to stop, tends to make both worse, so I will not propose a portfolio for it.",
         "Pause for some days, and talk to a free helpline (1-800-522-4700 in the US, 0808 8020 133 in the UK) or a debt adviser; come back when the money is for a plan of yours."),
        (r"\b(?:borrow(?:ed|ing)?|take (?:out )?a loan|took (?:out )?a loan|taking (?:out )?a loan|get a loan|loan(?:ed)? money|payday loan|personal loan|remortgag\w+|second mortgage|max(?:ed|ing)? out (?:my |the )?(?:credit )?cards?|(?:on|with|using|from) (?:my |a |the )?credit cards?|cash advance|margin loan|home equity loan|heloc|lend(?:er)? me)\b[^.!?]{0,70}\b(?:to (?:invest|buy (?:stocks|shares|crypto|bitcoin)|put in|trade)|invest\w*|into (?:stocks|shares|the market|crypto))\b|\binvest\w*[^.!?]{0,40}\b(?:borrowed (?:money|funds)|from a loan|on credit|with a loan|on margin|with leverage from)\b|\b(?:borrowed money|money i borrowed|loan money)\b",
         f"The money would be borrowed, and {_DEBT}: a fall would leave you with the debt and without the money.",
         "Invest only money that is yours and that you do not owe; pay the loan back first, then start small and regularly."),
        (r"\b(?:guarantee[ds]?|certain|sure|assured|risk[- ]free)\b(?![^.!?]{0,30}\bbut\b)[^.!?]{0,30}\b(?:\d+ ?%|\d+ percent|returns?|profits?|gains?|double|win\w*|income of)|\b(?:double|triple|quadruple|10x|100x|5x|tenfold)\w*\b[^.!?]{0,30}\b(?:in|within|by|over|every) (?:the next |about |under |less than )?(?:a |an |1 |2 |3 |4 |5 |6 |few |next |this )?(?:day|days|week|weeks|month|months|year\b|quarter|christmas|summer)|\bget[- ]rich[- ]quick\b|\bget rich (?:quick\w*|fast|overnight)\b|\b(?:become|be|make me) (?:a )?(?:millionaire|rich) (?:by|in|within|overnight|fast|quick\w*)|\bsure thing\b|\bcan ?not lose\b(?= (?:bet|investment|scheme|stock|trade))|\bmake me rich (?:quick|fast)",
         "Nobody can promise that: a guaranteed or very fast gain exists only in fraud.",
         "Tell me what the money is for and when you need it; I can show what is likely, and what could go wrong. For a certain return ask for insured deposits or government bonds."),
        (r"\b(?:insider (?:tip|information|info|knowledge|trad\w+)|inside (?:information|info|tip|knowledge|scoop)|not (?:yet )?public (?:yet|information|knowledge)|before (?:it is|it's|the (?:deal|merger|news) (?:is )?)(?: is)? (?:announced|public)|unannounced (?:merger|deal|earnings)|confidential (?:info|information|deal)|non-?public)\b",
         "Trading on information that is not public is against the law, so I cannot build anything on it.",
         "Leave that company out, tell your compliance contact if you have one, and let us plan with what everybody may know."),
        (r"\b(?:launder\w*|hide (?:my |the |this |some )?(?:money|assets|income|cash) from|evad(?:e|ing) tax\w*|tax evasion|drug money|stolen|stole|proceeds of|off the books|undeclared (?:cash|money|income)|fake (?:id|documents)|scam money|ponzi)\b",
         "I cannot help to hide or clean money, or to evade tax.",
         "Speak to a lawyer or a tax adviser about putting it right; legal ways of saving tax (accounts, lots, timing) I can help with."),
        (r"\b(?:rent money|money for (?:the |my )?(?:rent|bills|food|groceries)|my (?:rent|tax bill|tuition)(?: money)? (?:is due|due)|need (?:this|it) (?:for|to pay) (?:the |my )?(?:rent|bills|food|tax bill|groceries))\b",
         "This money is already spoken for: a fall of the market would leave a bill unpaid.",
         "Keep it in cash; invest only what is left after bills and a few months of spending."),
        (r"\b(?:(?:it is|this is|is|invest(?:ing)?|put(?:ting)?|use|using|from|only have|all i have is|have is) (?:\w+ ){0,2}?(?:my|our) (?:only |entire |whole )?(?:emergency|rainy[- ]day) (?:fund|savings|money))\b|\b(?:emergency|rainy[- ]day) (?:fund|savings) (?:is|are) (?:all|the only (?:money|thing|savings)) (?:i|we) have\b|\binvest (?:\w+ ){0,3}?emergency fund\b",
         "This is the money for emergencies, and emergencies do not wait for markets to recover.",
         "Leave three to six months of spending in an account that you can reach at once; come back with what is above it."),
    )
)  # fmt: skip
_CARD_DEBT = re.compile(
    r"\b(?:credit[- ]card|payday|cc) (?:debts?|balances?|loans?|bills?)\b|\b(?:owe|debt|balance|owing)\b[^.!?]{0,26}\b(?:on|of) (?:my |our |the |a |2 |3 |several )?credit cards?\b|\bbehind on (?:my )?(?:credit )?cards?\b"
)
_CLEARED = re.compile(
    r"\b(?:no|not|never|without|paid off|cleared|zero|free of|do not have|used to have|had)\b[^.!?]{0,24}$"
)
_ADULT_AGE = 18
_MONTHS_NEEDED = 0.5


def refusals(messages: list[Message], profile: InvestorProfile) -> tuple[Refusal, ...]:
    """The reasons, the gravest first; empty in the ordinary case."""
    out: list[Refusal] = []
    for pattern, reason, remedy in _RULES:
        if any(_holds(message, m) for message in messages for m in pattern.finditer(message.norm)):
            out.append(Refusal(reason=reason, remedy=remedy))
    if profile.age is not None and profile.age.value < _ADULT_AGE:
        out.append(
            Refusal(
                reason=f"At {profile.age.value} you cannot open an account of your own: the age is {_ADULT_AGE}.",
                remedy="Ask a parent or guardian about a custodial account (in the UK a Junior ISA) and come back together, or in your name at 18.",
            )
        )
    if any(_owes(message) for message in messages) and not _all_cleared(messages):
        out.append(
            Refusal(
                reason=f"You carry card debt, and {_DEBT}: cards cost about 20 % a year, more than any portfolio can be expected to earn.",
                remedy="Pay the cards off first, the dearest first; once they are clear, the same monthly sum is your investment plan.",
            )
        )
    if profile.horizon is not None and profile.horizon.value <= _MONTHS_NEEDED:
        out.append(
            Refusal(
                reason=f'You need the money within months ("{profile.horizon.quote}"): over so short a time shares are a coin toss.',
                remedy="Keep it in an insured savings account or a money-market fund; tell me if some of it can stay for three years or more.",
            )
        )
    return tuple(out)


def _holds(message: Message, m: re.Match[str]) -> bool:
    if not is_client(message, m.start()) or is_supposed(message, m.start()):
        return False
    lead_question = message.clause_at(m.start()).question and re.match(
        r"\s*(?:what|is|are|how|why)\b", message.norm[message.sentence_at(m.start()).start :]
    )
    harm = "suicid" in m.group() or "kill" in m.group()
    return harm or not (is_negated(message, m.start(), 34) or lead_question or _aware(message, m))


def _aware(message: Message, m: re.Match[str]) -> bool:
    """ "I know nothing is guaranteed", "not looking to get rich quick"."""
    sentence = message.sentence_at(m.start())
    lead = message.norm[sentence.start : m.start()]
    return bool(
        re.search(
            r"\b(?:know|understand|realise|realize|nothing is|no one can|nobody can|not (?:looking|asking|expecting|trying|after|here)|do not (?:expect|want|need|believe))\b[^.!?]{0,40}$",
            lead,
        )
    )


def _owes(message: Message) -> bool:
    return any(
        is_client(message, m.start())
        and not is_supposed(message, m.start())
        and not _CLEARED.search(message.norm[max(0, m.start() - 40) : m.start()])
        and not re.match(r"[^.!?,]{0,16}\b(?:paid off|cleared|is gone|all gone)", message.norm[m.end() :])
        for m in _CARD_DEBT.finditer(message.norm)
    )


def _all_cleared(messages: list[Message]) -> bool:
    return bool(
        re.search(
            r"\b(?:paid off|cleared|no longer (?:have|owe)|have since paid|got rid of)\b[^.!?]{0,30}\b(?:cards?|debts?|it)\b",
            messages[-1].norm,
        )
    )
