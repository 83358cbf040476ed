"""Sixty more descriptions in other voices, written before the reader saw them; conventions as in `profiler_cases.py`."""
# A sentence in one line is easier to check than one in ten pieces.
# ruff: noqa: E501

from typing import Any

Row = tuple[tuple[str, ...], dict[str, Any]]

THIRD: tuple[Row, ...] = (
    (
        (
            "Dear Sir or Madam, I am a retired schoolmaster, aged 72, and should like to place £120,000 in a prudent fashion. I have no need of the income at present. I would not wish to lose more than ten per cent.",
        ),
        {"age": 72, "amount": 120_000, "loss": 0.10, "risk": ..., "objectives": ..., "liquidity": ...},
    ),
    (
        ("hiya, uni student, 19, nan gave me £3000. never done this before. won't need it for 5 years prob",),
        {"age": 19, "amount": 3000, "experience": "low", "horizon": 5, "liquidity": "low", "capacity": ...},
    ),
    (
        ("£70k of our £200k must be safe, the rest can grow. 15 years.",),
        {"amount": 200_000, "horizon": 15, "preferences": {("cash", ">0.35")}, "goals": ..., "objectives": ...},
    ),
    (
        ("Have $20k to invest but it can't go below $15k, ever. 7 years.",),
        {"amount": 20_000, "loss": 0.25, "horizon": 7},
    ),
    (
        ("Long term investor, $100k, happy to ride out the bumps.",),
        {"amount": 100_000, "risk": "moderately_aggressive", "horizon": 10, "objectives": ...},
    ),
    (
        ("hate banks but JPMorgan is ok. 30k, 45 yrs old.",),
        {"exclusions": {"BAC", "MTUM", "USMV", "SIZE", "QUAL", "VLUE"}, "amount": 30_000, "age": 45},
    ),
    (
        ("Want to put away 10 lakh for my son's engineering college in 9 years. Medium risk.",),
        {"amount": 1_000_000, "goals": {("education", 9, None)}, "horizon": 9, "risk": "moderate"},
    ),
    (
        ("First I must pay off my car loan, 8k left. Then I have about 20k to invest for 10 years.",),
        {"amount": 20_000, "horizon": 10, "capacity": ..., "goals": ...},
    ),
    (
        ("60 % stocks, 40 % bonds, the classic. I'm 50 with half a million.",),
        {"age": 50, "amount": 500_000, "preferences": ..., "risk": ...},
    ),
    (
        ("I want at least 70% in stocks. I'm 31. $55,000.",),
        {"age": 31, "amount": 55_000, "preferences": {("equity", ">0.7")}},
    ),
    (
        (
            "My wife (62) and I (64) sold our bakery for $850k. It has to carry us through retirement. We cannot afford big losses. Keep two years of spending, say $90k, in cash.",
        ),
        {
            "age": 64,
            "amount": 850_000,
            "capacity": "low",
            "preferences": ...,
            "goals": ...,
            "risk": ...,
            "liquidity": ...,
            "objectives": ...,
        },
    ),
    (
        ("im a nurse 34 single mum 2 kids rent £1100 a month, saved 9k, scared of losing it but bank pays nothing",),
        {"age": 34, "amount": 9000, "capacity": "low", "risk": "conservative"},
    ),
    (
        (
            "Expat in Dubai, no income tax, 41, earning 45k AED a month. Would like to invest 600,000 for around 12 years. Experienced.",
        ),
        {"age": 41, "amount": 600_000, "horizon": 12, "experience": "high", "income": 540_000, "country": ...},
    ),
    (
        (
            "Hello, I am from Poland and live in Germany. I have 36 years. I want invest 25000 euro, for maybe 8 years. I don't like the risk so much.",
        ),
        {"age": 36, "amount": 25_000, "horizon": 8, "risk": "moderately_conservative", "country": ...},
    ),
    (
        (
            "- 29\n- dev, 95k\n- 40k cash\n- 25y horizon\n- high risk ok\n- no defense, no tobacco\n- max 5% in any stock",
        ),
        {
            "age": 29,
            "income": 95_000,
            "amount": 40_000,
            "horizon": 25,
            "risk": "aggressive",
            "exclusions": {"weapons", "tobacco"},
            "preferences": {("each_share", "<0.05")},
        },
    ),
    (
        (
            "I own a small plumbing firm, revenue 400k, I take home about 70k. 48. Got 110k surplus. Business is up and down so I may have to pull some out at short notice.",
        ),
        {"age": 48, "income": 70_000, "amount": 110_000, "capacity": ..., "liquidity": "high"},
    ),
    (
        ("I've got 50k.", "Sorry I mean 60k", "And I'm 44, not that it matters", "I'd sell at 20% down"),
        {"amount": 60_000, "age": 44, "loss": 0.2},
    ),
    (
        ("I'm 30 and aggressive.", "Actually my husband says I'm not aggressive at all, put moderate."),
        {"age": 30, "risk": "moderate"},
    ),
    (("No oil please", "hmm ok oil is fine after all", "but no coal"), {"exclusions": {"coal"}}),
    (
        ("We plan to buy a cottage for 150k in 3 yrs. We have 180k. Cautious.",),
        {"goals": {("house", 3, 150_000)}, "horizon": 3, "amount": 180_000, "risk": "conservative"},
    ),
    (
        ("retire in 2041. Born 1979. $320k in 401k. 25% loss max.",),
        {
            "goals": {("retirement", 15, None)},
            "horizon": 15,
            "age": 47,
            "amount": 320_000,
            "loss": 0.25,
            "account": "tax_deferred",
        },
    ),
    (
        ("I can handle volatility, in 2008 I lost 40% and kept buying. 53. Retire at 65. 600k.",),
        {
            "age": 53,
            "risk": "moderately_aggressive",
            "goals": {("retirement", 12, None)},
            "horizon": 12,
            "amount": 600_000,
            "experience": ...,
            "loss": ...,
        },
    ),
    (
        (
            "Please I need safe place for my money, I am 67 years old and have 40000 pesos only. I need it maybe any moment for doctor.",
        ),
        {"age": 67, "amount": 40_000, "risk": "conservative", "liquidity": "high", "objectives": ...},
    ),
    (
        (
            "My boyfriend is 27 and loves crypto; I'm 25 and I don't want any. 12k. 6 years until we want to buy a flat.",
        ),
        {"age": 25, "exclusions": {"crypto"}, "amount": 12_000, "goals": {("house", 6, None)}, "horizon": 6},
    ),
    (
        (
            "As a Quaker I can't hold weapons makers, and I'd rather avoid gambling and alcohol as well. £45,000, 55, a decade or so.",
        ),
        {"exclusions": {"weapons", "gambling", "alcohol"}, "amount": 45_000, "age": 55, "horizon": 10},
    ),
    (
        ("Tech should be no more than a fifth, healthcare between 10 and 20 percent. $80,000.",),
        {"preferences": {("tech", "<0.2"), ("Health Care", ">0.1")}, "amount": 80_000},
    ),
    (
        ("I would be devastated by a 30% loss, 15% I could shrug off. 40 years old. 10 yr horizon. 65k",),
        {"loss": 0.15, "age": 40, "horizon": 10, "amount": 65_000, "risk": ...},
    ),
    (
        ("Salary 120k, bonus 40k which is what I want to invest. 37. Mortgage 300k outstanding.",),
        {"income": 120_000, "amount": 40_000, "age": 37, "capacity": ...},
    ),
    (
        (
            "I dont have any idea about stocks. Me and wife both working, no loans, 15 lakhs in FD. Want to try. After 7 years for daughter marriage.",
        ),
        {"experience": "low", "amount": 1_500_000, "capacity": ..., "goals": {("other", 7, None)}, "horizon": 7},
    ),
    (
        ("Are you able to help? I'm 38.", "I'd like 4% income a year from my 700k", "moderately cautious I guess"),
        {"age": 38, "amount": 700_000, "risk": "moderately_conservative", "goals": ..., "objectives": ...},
    ),
    (
        ("I'm not a beginner. I'm not an expert either. £60k, five years, middle of the road.",),
        {"amount": 60_000, "horizon": 5, "risk": "moderate", "experience": "medium"},
    ),
    (
        (
            "Our charity holds $2m of reserves. We must be able to draw 200k within a year. Ethical screens: tobacco, arms, fossil fuels, gambling.",
        ),
        {
            "amount": 2_000_000,
            "exclusions": {"tobacco", "weapons", "fossil_fuels", "gambling"},
            "liquidity": ...,
            "goals": ...,
            "horizon": ...,
        },
    ),
    (
        ("what happens if I lose everything? I've 5 grand, 22, living with parents so no bills.",),
        {"age": 22, "amount": 5000, "capacity": ...},
    ),
    (
        (
            "I already hold 200 shares of Microsoft and 50 of Nvidia, don't buy me any more tech. 46. Long horizon, 20+ years.",
        ),
        {"age": 46, "horizon": 20, "holdings": ..., "exclusions": ..., "preferences": ...},
    ),
    (
        ("Divorced, 51, settlement of 275k. Kids grown. Work till 67. I'd say 6 out of 10 on risk.",),
        {
            "age": 51,
            "amount": 275_000,
            "goals": {("retirement", 16, None)},
            "horizon": 16,
            "risk": "moderate",
            "capacity": ...,
            "filing": ...,
        },
    ),
    (
        ("Nothing from Saudi Arabia or Russia; no Tesla; 18k; horizon four years; risk low to medium.",),
        {
            "exclusions": {"saudi_arabia", "russia", "TSLA"},
            "amount": 18_000,
            "horizon": 4,
            "risk": "moderately_conservative",
        },
    ),
    (
        ("i am teh sole earner, 3 kids, mortgge 280k, 43 yrs, ivnesting 25k for 18 yeras, medum risk",),
        {"age": 43, "amount": 25_000, "horizon": 18, "risk": "moderate", "capacity": "low"},
    ),
    (
        ("Lost my job in June. Living off savings of $60k until I find something. Where should I put it?",),
        {"amount": 60_000, "liquidity": "high", "capacity": "low", "goals": ..., "objectives": ...},
    ),
    (("I want zero risk and 12% a year please. 30k.",), {"amount": 30_000, "risk": "conservative"}),
    (
        ("My dad (80) gave me power of attorney; he has 200k and needs 3k a month for the care home.",),
        {"amount": ..., "goals": ..., "age": ..., "income": ..., "liquidity": ...},
    ),
    (
        ("I'm 60. I'll need a quarter of the money in 2 years for a new roof and the rest not before 75. 160k.",),
        {"age": 60, "amount": 160_000, "goals": ..., "horizon": ..., "liquidity": ..., "preferences": ...},
    ),
    (
        ("Would be fine seeing it drop by half. 24. 6k. no debts. job in tech. until 50 at least.",),
        {"loss": 0.5, "age": 24, "amount": 6000, "risk": ..., "capacity": ..., "horizon": ..., "goals": ...},
    ),
    (
        ("I trust only gold and land. Maybe 10% in gold. 63. ₹50 lakh. 5 years.",),
        {"age": 63, "amount": 5_000_000, "horizon": 5, "preferences": ...},
    ),
    (
        (
            "Horizon: 15y\nMax drawdown: 20%\nAmount: EUR 250.000\nExclude: crypto, airlines\nPrefer: dividends, quality",
        ),
        {
            "horizon": 15,
            "loss": 0.2,
            "amount": 250_000,
            "exclusions": {"crypto", "airlines"},
            "preferences": {("dividends", "+"), ("quality", "+")},
            "objectives": ...,
        },
    ),
    (
        (
            "I am no spring chicken, 69 next month, and my pension covers everything. The 80k is really for my grandson, he'll get it when I'm gone. Don't be too timid.",
        ),
        {"age": ..., "amount": 80_000, "capacity": ..., "goals": ..., "risk": ...},
    ),
    (("Investing for decades. 26yo. $15k now and $500 monthly.",), {"age": 26, "amount": 15_000, "horizon": ...}),
    (
        ("We'd be OK if it fell 10, maybe 15 percent, but not more. Both 39. Retirement at 60 if possible. 140k.",),
        {"age": 39, "loss": ..., "goals": {("retirement", 21, None)}, "horizon": 21, "amount": 140_000},
    ),
    (
        ("I've been burned before - bought GameStop at the top. Now only boring stuff. 33, 20k, 10 years or more.",),
        {"age": 33, "amount": 20_000, "horizon": 10, "risk": ..., "experience": ..., "preferences": ...},
    ),
    (("I need 30k by next summer for my masters. I have 32k.",), {"goals": ..., "horizon": ..., "amount": 32_000}),
    (
        ("No weapons. Well, except Boeing, I like planes. 10k for 10 years.",),
        {"exclusions": ..., "amount": 10_000, "horizon": 10},
    ),
    (
        ("Don't put any of it in America. 50k. 8 years. Average risk.",),
        {"amount": 50_000, "horizon": 8, "risk": "moderate", "exclusions": ...},
    ),
    (
        ("As long as it beats inflation I'm happy. 58. Retire at 63. £95k in SIPP. Not keen on risk.",),
        {
            "age": 58,
            "goals": ...,
            "horizon": 5,
            "amount": 95_000,
            "risk": "moderately_conservative",
            "objectives": ...,
            "account": "tax_deferred",
        },
    ),
    (
        ("age 35 gender f income 62000 savings 18000 invest 10000 risk medium time 6 years",),
        {"age": 35, "income": 62_000, "amount": 10_000, "risk": "moderate", "horizon": 6},
    ),
    (
        (
            "I earn four thousand a month, spend three, and have eleven thousand put by. Thirty-two. I'd panic if I lost a tenth.",
        ),
        {"income": 48_000, "amount": 11_000, "age": 32, "loss": 0.1, "risk": ...},
    ),
    (
        ("I'm risk-tolerant in theory but sold everything in 2020. 45; 90k; 10 to 15 years.",),
        {"age": 45, "amount": 90_000, "horizon": 12.5, "risk": ..., "experience": ...},
    ),
    (
        (
            "Never touched shares but my ex managed our funds. 56 and newly single, half the house = £210k. I want to sleep at night. Pension at 67.",
        ),
        {
            "age": 56,
            "amount": 210_000,
            "experience": "low",
            "risk": "conservative",
            "goals": ...,
            "horizon": 11,
            "filing": ...,
        },
    ),
    (
        (
            "Ok so basically I inherited 100k from grandma, 28, no clue what I'm doing lol, maybe house in 4-5 yrs? not super risky pls",
        ),
        {
            "amount": 100_000,
            "age": 28,
            "experience": "low",
            "goals": {("house", 4.5, None)},
            "horizon": 4.5,
            "risk": "moderately_conservative",
        },
    ),
    (("My budget is $1,000. I'm 17.",), {"amount": 1000, "age": 17}),
    (
        ("No more than 40% shares. The rest safe. 70 years old, 300k, might need it for care.",),
        {"age": 70, "amount": 300_000, "preferences": {("equity", "<0.4")}, "liquidity": "medium", "goals": ...},
    ),
    (
        ("I'd accept the portfolio going from 100k to 80k but not lower. 49 y/o.",),
        {"amount": 100_000, "loss": 0.2, "age": 49},
    ),
)
