"""Thirty more, written after the causes found in `profiler_cases_third.py` were mended and before the reader saw them."""
# A sentence in one line is easier to check than one in ten pieces.
# ruff: noqa: E501

from typing import Any

Row = tuple[tuple[str, ...], dict[str, Any]]

FOURTH: tuple[Row, ...] = (
    (
        (
            "To whom it may concern: my late wife's estate leaves me with about $430,000. I am seventy-six. I should like it to last fifteen years and to be spared any excitement.",
        ),
        {"amount": 430_000, "age": 76, "horizon": 15, "risk": ..., "goals": ..., "objectives": ...},
    ),
    (
        ("sup. 20. barista. $1200. want some growth, can lose half idc. 10 years at least",),
        {"age": 20, "amount": 1200, "loss": 0.5, "horizon": 10, "risk": ..., "objectives": ..., "goals": ...},
    ),
    (
        (
            "We have two goals: our son starts college in 5 years ($60k) and we retire in 18 years. We're both 47. $350k saved.",
        ),
        {"age": 47, "amount": 350_000, "goals": {("education", 5, 60_000), ("retirement", 18, None)}, "horizon": 18},
    ),
    (
        (
            "Selling my dental practice next year. 54. Net worth 3m, of which I'd invest 1m. 10 year horizon, balanced. No pharma, no insurers.",
        ),
        {
            "age": 54,
            "net_worth": 3_000_000,
            "amount": 1_000_000,
            "horizon": 10,
            "risk": "moderate",
            "exclusions": {"pharma", "insurance"},
        },
    ),
    (
        ("i got laid off but got 80k severance, 37, will need about half of it this year",),
        {"amount": 80_000, "age": 37, "capacity": "low", "liquidity": ..., "goals": ...},
    ),
    (
        ("My tolerance for losses is about 15%. My tolerance for fools is zero. 62, £220k, 8 years.",),
        {"loss": 0.15, "age": 62, "amount": 220_000, "horizon": 8},
    ),
    (
        (
            "Good evening, I am French, 45 years old, I wish to invest 80.000 € during 10 years with a risk moderate, without tobacco neither weapons.",
        ),
        {
            "age": 45,
            "amount": 80_000,
            "horizon": 10,
            "risk": "moderate",
            "exclusions": {"tobacco", "weapons"},
            "country": ...,
        },
    ),
    (
        ("33, single, renting in Berlin, €4k net per month, want 15k invested until I'm 45, not panicking easily",),
        {"age": 33, "income": 48_000, "amount": 15_000, "horizon": 12, "risk": ..., "country": ..., "filing": ...},
    ),
    (
        (
            "Is it stupid to invest at 68? I have $90,000 I don't need for at least 6 years and I can't sleep when markets crash.",
        ),
        {"age": 68, "amount": 90_000, "horizon": 6, "liquidity": "low", "risk": "conservative"},
    ),
    (
        (
            "55 lakhs from provident fund, aged 60, pension enough for household. Some growth OK. No liquor or betting companies.",
        ),
        {
            "amount": 5_500_000,
            "age": 60,
            "capacity": "high",
            "exclusions": {"alcohol", "gambling"},
            "risk": ...,
            "objectives": ...,
        },
    ),
    (("I have 40k", "make it 45", "and no crypto, no China"), {"amount": 45_000, "exclusions": {"crypto", "china"}}),
    (
        ("I'd like 30% in bonds and 10% in gold, the rest in shares. 52, 125k.",),
        {"age": 52, "amount": 125_000, "preferences": {("bond_fund", ">0.3"), ("gold", ">0.1")}},
    ),
    (
        ("Big believer in AI and semis, put up to 40% there. 27. 30k. 20 years. Dips are buying opportunities.",),
        {"age": 27, "amount": 30_000, "horizon": 20, "preferences": ..., "risk": ...},
    ),
    (
        ("I've 3 daughters and no pension. Self employed roofer, 49. 35 grand saved. Want to stop at 66.",),
        {"age": 49, "capacity": "low", "amount": 35_000, "goals": {("retirement", 17, None)}, "horizon": 17},
    ),
    (
        ("money needed: 2029. amount: 22k. purpose: house. loss: not more than 5%.",),
        {"goals": ..., "horizon": 3, "amount": 22_000, "loss": 0.05},
    ),
    (
        ("Never been able to stomach losses; lost 20% in 2022 and got out at the bottom. I'm 48 with 75k.",),
        {"age": 48, "amount": 75_000, "risk": "conservative"},
    ),
    (
        ("Moderate", "54", "about 200k", "10 years or so"),
        {"risk": "moderate", "age": ..., "amount": 200_000, "horizon": 10},
    ),
    (
        ("I'm a pilot, 42, so skip airlines. $250k, 20y, aggressive, but my wife would leave me if we lost 40%.",),
        {"age": 42, "exclusions": {"airlines"}, "amount": 250_000, "horizon": 20, "risk": "aggressive", "loss": ...},
    ),
    (
        ("Anything but oil. And no Amazon or Meta. 29yo 14k 7yrs",),
        {"exclusions": {"oil", "AMZN", "META"}, "age": 29, "amount": 14_000, "horizon": 7},
    ),
    (
        (
            "Our household income is $185,000, we have $50,000 in emergency savings and $120,000 to invest. We're 36 and 38. 22 years to retirement.",
        ),
        {
            "income": 185_000,
            "amount": 120_000,
            "age": ...,
            "capacity": ...,
            "goals": {("retirement", 22, None)},
            "horizon": 22,
        },
    ),
    (("I don't want to lose more than £4,000 of my £40,000. 5 years.",), {"amount": 40_000, "loss": 0.1, "horizon": 5}),
    (
        ("I'm not aggressive but not conservative either, so in between. 40, 60k, 12 yrs",),
        {"risk": "moderate", "age": 40, "amount": 60_000, "horizon": 12},
    ),
    (
        (
            "Keep six months of expenses (£15k) aside; the remaining £85k can be invested for 15 years. 39. Medium-high risk.",
        ),
        {
            "amount": 85_000,
            "horizon": 15,
            "age": 39,
            "risk": "moderately_aggressive",
            "capacity": ...,
            "preferences": ...,
        },
    ),
    (
        ("I wish to exclude: companies that test on animals, fur, fast food. 24, vegan, $3,000, for the long run.",),
        {"exclusions": ..., "age": 24, "amount": 3000, "horizon": 10, "objectives": ...},
    ),
    (
        (
            "Hi I am Priya, 26, working in Infosys 9 LPA, no loans, parents not dependent. Can invest 2 lakh now. Goal is home in 8 years. Can take risk.",
        ),
        {
            "age": 26,
            "income": 900_000,
            "amount": 200_000,
            "goals": {("house", 8, None)},
            "horizon": 8,
            "capacity": ...,
            "risk": ...,
        },
    ),
    (
        ("half in stocks, half in cash. 65. 90k.",),
        {"age": 65, "amount": 90_000, "preferences": {("equity", "<0.5"), ("cash", ">0.5")}},
    ),
    (
        (
            "Just sold the flat, 310k after tax, renting for now, buying again within 18 months. Don't want to lose any of it.",
        ),
        {"amount": 310_000, "goals": ..., "horizon": 1.5, "loss": ..., "risk": ...},
    ),
    (
        ("Trading since 2005, including futures. 46. Income 250k. Want alpha. 400k. Drawdown tolerance 35%. 10Y.",),
        {
            "experience": "high",
            "age": 46,
            "income": 250_000,
            "amount": 400_000,
            "loss": 0.35,
            "horizon": 10,
            "objectives": ...,
        },
    ),
    (
        (
            "My therapist says I should stop worrying about money. 58, widow, 400k and a paid-off house. Need it to produce $1,500 a month.",
        ),
        {"age": 58, "amount": 400_000, "capacity": ..., "goals": {("income", None, 18_000)}, "objectives": ...},
    ),
    (
        (
            "44/m, 2 kids, wife at home, 130k salary, 60k to put to work, 15-20 year timeline, happy with a 25% dip, not 40.",
        ),
        {"age": 44, "capacity": ..., "income": 130_000, "amount": 60_000, "horizon": 17.5, "loss": 0.25, "risk": ...},
    ),
)

FIFTH: tuple[Row, ...] = (
    (
        (
            "Hi team, hubby and I are 58 & 60, want to stop working in 6 years, super has 900k AUD, play it fairly safe, no coal pls",
        ),
        {
            "age": ...,
            "goals": {("retirement", 6, None)},
            "horizon": 6,
            "amount": 900_000,
            "risk": ...,
            "exclusions": {"coal"},
            "account": ...,
            "country": ...,
        },
    ),
    (
        ("I just want something simple. Thirty grand, thirty years, I'm thirty.",),
        {"amount": 30_000, "horizon": 30, "age": 30, "risk": ...},
    ),
    (
        (
            "Trust fund pays me 20k a year. Have 300k on top that I could leave for eight years. Not bothered by 25% falls.",
        ),
        {"amount": 300_000, "horizon": 8, "loss": 0.25, "risk": ..., "income": ..., "liquidity": ..., "goals": ...},
    ),
    (
        ("26m bangalore, 18LPA, 5L to invest, 5 yrs, high risk high return",),
        {
            "age": 26,
            "income": 1_800_000,
            "amount": 500_000,
            "horizon": 5,
            "risk": "aggressive",
            "country": ...,
            "objectives": ...,
        },
    ),
    (
        ("I can tolerate a maximum drawdown of 12%, hold 25k, would need it back in 3 years for a car, I am 35",),
        {"loss": 0.12, "amount": 25_000, "goals": {("purchase", 3, None)}, "horizon": 3, "age": 35},
    ),
    (
        ("Never invested. 64. 100k. wife sick, may need money for treatment at any time.",),
        {"experience": "low", "age": 64, "amount": 100_000, "liquidity": "high", "goals": ..., "capacity": ...},
    ),
    (
        ("please avoid arms, booze, fags and betting. £20k, medium risk, 8yrs, age 41",),
        {
            "exclusions": {"weapons", "alcohol", "tobacco", "gambling"},
            "amount": 20_000,
            "risk": "moderate",
            "horizon": 8,
            "age": 41,
        },
    ),
    (
        ("I run a fund of my own; want at least 20% energy, max 15% financials, no utilities. $2m. 10y.",),
        {"preferences": ..., "exclusions": {"Utilities"}, "amount": 2_000_000, "horizon": 10, "experience": ...},
    ),
    (
        ("My risk level is 3 out of 10. 50. €70k. 9 years.",),
        {"risk": "moderately_conservative", "age": 50, "amount": 70_000, "horizon": 9},
    ),
    (
        ("If I lost more than a third I'd be in trouble. 36, 45k, 14 years",),
        {"loss": 0.3333, "age": 36, "amount": 45_000, "horizon": 14},
    ),
    (
        ("Between us we earn 160k. Mortgage 250k. We'd invest 30k. She's 34 and I'm 37. No idea about any of this.",),
        {"income": 160_000, "amount": 30_000, "age": 37, "experience": "low", "capacity": ...},
    ),
    (
        ("Amount 10k horizon 3 years risk low no tobacco no alcohol",),
        {"amount": 10_000, "horizon": 3, "risk": "moderately_conservative", "exclusions": {"tobacco", "alcohol"}},
    ),
    (
        ("I'm 45. I have a 12-year-old and a 15-year-old. I need 30k for each when they turn 18. I've 70k.",),
        {"age": 45, "amount": 70_000, "goals": ..., "horizon": ..., "capacity": ...},
    ),
    (
        ("no more than 5% in a single name, no more than 30% in a sector, 15% cash. 500k. 47yo.",),
        {"preferences": ..., "amount": 500_000, "age": 47},
    ),
    (
        ("Pensioner here, 70, £30k ISA, happy with modest growth, might give some to the kids in a few years.",),
        {
            "age": 70,
            "amount": 30_000,
            "account": "tax_free",
            "risk": ...,
            "liquidity": ...,
            "objectives": ...,
            "goals": ...,
            "horizon": ...,
        },
    ),
)
