"""Names that people use for companies, so that "no Apple" and "I own Exxon" find their symbols. Facts, not advice."""

from collections.abc import Mapping
from types import MappingProxyType

NAMES: Mapping[str, str] = MappingProxyType(
    {
        "apple": "AAPL", "amd": "AMD", "advanced micro devices": "AMD", "bank of america": "BAC", "bofa": "BAC", "best buy": "BBY",
        "chevron": "CVX", "general electric": "GE", "home depot": "HD", "johnson & johnson": "JNJ", "johnson and johnson": "JNJ",
        "j&j": "JNJ", "jp morgan": "JPM", "jpmorgan": "JPM", "jpmorgan chase": "JPM", "jp morgan chase": "JPM", "coca-cola": "KO", "coca cola": "KO",
        "coke": "KO", "eli lilly": "LLY", "lilly": "LLY", "merck": "MRK", "microsoft": "MSFT", "pepsi": "PEP", "pepsico": "PEP",
        "pfizer": "PFE", "procter & gamble": "PG", "procter and gamble": "PG", "p&g": "PG", "range resources": "RRC",
        "unitedhealth": "UNH", "united health": "UNH", "unitedhealthcare": "UNH", "walmart": "WMT", "wal-mart": "WMT", "exxon": "XOM",
        "exxonmobil": "XOM", "exxon mobil": "XOM", "tesla": "TSLA", "nvidia": "NVDA", "amazon": "AMZN", "google": "GOOGL",
        "alphabet": "GOOGL", "meta": "META", "facebook": "META", "netflix": "NFLX", "boeing": "BA", "disney": "DIS", "intel": "INTC",
        "philip morris": "PM", "altria": "MO", "bp": "BP", "shell": "SHEL", "lockheed": "LMT", "lockheed martin": "LMT",
        "raytheon": "RTX", "northrop": "NOC", "gamestop": "GME", "coinbase": "COIN", "palantir": "PLTR", "mcdonalds": "MCD",
        "mcdonald's": "MCD", "nike": "NKE", "starbucks": "SBUX", "wells fargo": "WFC", "goldman": "GS", "goldman sachs": "GS",
        "citigroup": "C", "citi": "C", "visa": "V", "mastercard": "MA", "berkshire": "BRK-B", "berkshire hathaway": "BRK-B",
        "alibaba": "BABA", "general motors": "GM", "verizon": "VZ", "at&t": "T", "oracle": "ORCL", "ibm": "IBM", "cisco": "CSCO",
        "salesforce": "CRM", "nestle": "NSRGY", "monsanto": "BAYRY", "unilever": "UL", "adobe": "ADBE", "costco": "COST", "spacex": "SPACEX",
        "british american tobacco": "BTI", "glencore": "GLNCY", "tencent": "TCEHY", "airbnb": "ABNB", "uber": "UBER", "qualcomm": "QCOM",
    }
)  # fmt: skip
"""Lower-case name -> symbol of the usual listing."""

NOT_SYMBOLS = frozenset(
    "I A AN IT US UK EU USA IRA ISA ETF ETFS CFA OK NO MY AM PM IS ME WE OR ON IN AT BY TO DO IF SO GO BE AS UP OF VS NHS ESG CEO IPO LOL TBH IMO "
    "FYI ASAP GBP USD EUR INR AI EV EVS CD CDS FD SIP PPF EPF NPS NRI RRSP TFSA HSA SIPP GIA DB AND THE FOR NOT ALL NOW NEW CASH GOLD OIL ROTH "
    "REIT REITS PE VC UNI DIY YES HI HELP MBA PHD BTC ETH CTC EMI DOB TV WFH HR FIRE YOLO FOMO ROI ATH BTW DIPS SP SPX ANY MAX MIN NEVER LLC MUST WANT "
    "WILL BUY SELL HOLD PUT RISK IGNORE LIMITS SYSTEM HIGH LOW ONLY SAFE".split()
)
"""Capitals that are words or abbreviations and never meant as a symbol."""
