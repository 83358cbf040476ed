"""A trace as one self-contained HTML page: no script, no outside address; every text is escaped, whatever it holds."""

from collections.abc import Iterable, Sequence
from html import escape

from graph.context import Timing
from graph.trace import Trace
from portfolio.mandate import Limit
from portfolio.records import CASH
from portfolio.wording import limit_number, percent
from tools.llm.uses import ModelUse
from tools.wording import exclusion, limit_name, understood

STYLE = """
:root{--ink:#1d2430;--soft:#667085;--line:#e4e7ec;--fill:#f7f8fa;--bar:#3b6fb6;--good:#1a7f4b;--bad:#b42318}
*{box-sizing:border-box}body{font:15px/1.5 system-ui,sans-serif;color:var(--ink);margin:0;background:var(--fill)}
main{max-width:1000px;margin:0 auto;padding:32px 20px}h1{font-size:26px;margin:0 0 4px}h2{font-size:18px;margin:0 0 12px}
section{background:#fff;border:1px solid var(--line);border-radius:10px;padding:20px;margin:16px 0;overflow-x:auto}
table{border-collapse:collapse;width:100%;font-size:14px}th{text-align:left;color:var(--soft);font-weight:500}
td,th{padding:5px 10px 5px 0;border-bottom:1px solid var(--line);vertical-align:top}td.n,th.n{text-align:right;
font-variant-numeric:tabular-nums;white-space:nowrap}.soft{color:var(--soft)}.good{color:var(--good)}.bad{color:var(--bad)}
blockquote{margin:0 0 8px;padding:6px 12px;border-left:3px solid var(--bar);background:var(--fill)}
code{font-size:13px}pre{font-size:12px;white-space:pre-wrap;background:var(--fill);padding:8px;margin:0 0 8px}
details summary{cursor:pointer;color:var(--soft)}.note{border-left:3px solid #d9a400;padding-left:10px}
"""


def page(trace: Trace, timings: Sequence[Timing] = ()) -> str:
    """The whole page as text."""
    offer = trace.recommendation
    body = [
        f"<h1>Why this portfolio</h1><p class=soft>Trace {escape(trace.trace_id)} · spoken {trace.today} · nothing "
        f"dated after {trace.data.as_of} was read · {escape(trace.data.source)}</p>",
        _section("What you said", "".join(f"<blockquote>{escape(text)}</blockquote>" for text in trace.messages)),
    ]
    if offer:
        body.append(_section("In words", f"<p>{escape(offer.explanation)}</p>"))
    body += [
        _section("Weights", _weights(trace)),
        _section("What the risk manager held", _decision(trace)),
        _section("What was understood", _profile(trace)),
        _section("Mandate", _mandate(trace)),
        _section("What the personas said", _views(trace)),
        _section("Who moved the weights", _moved(trace)),
        _section("Evidence", _evidence(trace)),
        _section("Orders and figures", _orders(trace)),
        *([_section("What language models were asked", _models(trace))] if trace.model_uses else []),
        _section("Node by node", _steps(trace, timings)),
        _section("What the run depends on", _table(("part", "fingerprint"), [(k, v) for k, v in trace.key.items()])),
    ]
    title = f"Quorum trace {escape(trace.trace_id)}"
    return (
        f"<!doctype html><html lang=en><head><meta charset=utf-8><title>{title}</title>"
        "<meta name=viewport content='width=device-width,initial-scale=1'>"
        "<meta http-equiv=Content-Security-Policy content=\"default-src 'none'; style-src 'unsafe-inline'\">"
        f"<style>{STYLE}</style></head><body><main>{''.join(body)}</main></body></html>\n"
    )


def _section(title: str, inner: str) -> str:
    return f"<section><h2>{escape(title)}</h2>{inner or '<p class=soft>Nothing.</p>'}</section>"


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Cells are plain text; a heading that ends in ">" is a column of numbers."""
    right = [name.endswith(">") for name in head]
    top = "".join(
        f"<th{' class=n' if r else ''}>{escape(n.rstrip('>'))}</th>" for n, r in zip(head, right, strict=True)
    )
    lines = [
        "".join(f"<td{' class=n' if r else ''}>{escape(cell)}</td>" for cell, r in zip(row, right, strict=True))
        for row in rows
    ]
    return f"<table><tr>{top}</tr>{''.join(f'<tr>{line}</tr>' for line in lines)}</table>" if lines else ""


def _weights(trace: Trace) -> str:
    weights = trace.decision.weights
    if weights is None:
        return "<p>No weights: the limits contradict each other.</p>"
    shown = [s for s in weights if weights[s] >= 0.0005 or s == CASH]
    shown.sort(key=lambda s: (s == CASH, -weights[s], s))
    largest = max(weights[s] for s in shown)
    height, left, room = 24, 70, 560
    parts = []
    for row, symbol in enumerate(shown):
        y, width = row * height, room * weights[symbol] / largest if largest > 0 else 0
        start = trace.proposal.baseline.get(symbol, 0.0)
        mark = left + room * min(1.0, start / largest)
        parts.append(
            f"<text x=0 y={y + 16}>{escape(symbol)}</text>"
            f"<rect x={left} y={y + 4} width={width:.1f} height=16 rx=3 fill='{'#98a2b3' if symbol == CASH else '#3b6fb6'}' />"
            f"<line x1={mark:.1f} x2={mark:.1f} y1={y + 2} y2={y + 22} stroke='#1d2430' stroke-width=2 />"
            f"<text x={max(left + width, mark) + 8:.1f} y={y + 16}>{percent(weights[symbol])}</text>"
        )
    svg = (
        f"<svg viewBox='0 0 760 {height * len(shown)}' width=760 font-size=13 role=img aria-label='weights'>"
        f"{''.join(parts)}</svg>"
    )
    gate = f"<p class=note>{escape(trace.proposal.gate)}</p>" if trace.proposal.gate else ""
    hidden = len(weights) - len(shown)
    return (
        f"{svg}<p class=soft>Black marks: the baseline before limits. {hidden} further assets stand at 0.0 %.</p>{gate}"
    )


def _decision(trace: Trace) -> str:
    decision = trace.decision
    if not decision.feasible:
        rows = [
            (r.limit, limit_number(r.limit, r.current), limit_number(r.limit, r.needed), r.reason)
            for r in decision.relaxations
        ]
        told = f"<p class=bad>In conflict: {escape('; '.join(decision.conflict))}</p>"
        return told + _table(("limit", "now>", "needed>", "why"), rows)
    rows5 = [
        (b.name, limit_number(b.name, b.bound), limit_number(b.name, b.value), f"{b.dual:.4f}", b.reason)
        for b in decision.binding
    ]
    notes = "".join(f"<p class=soft>{escape(note)}</p>" for note in decision.notes)
    table = _table(("limit that binds", "bound>", "value>", "dual price>", "because"), rows5)
    return (table or "<p>No limit binds.</p>") + notes


def _profile(trace: Trace) -> str:
    rows = []
    for name, stated in trace.profile:
        if stated is not None:
            sure = percent(stated.confidence, 0)
            rows.append((name.replace("_", " "), understood(name, stated.value), f"“{stated.quote}”", sure))
    clashes = "".join(f"<p class=note>{escape(c.explanation)} {escape(c.question)}</p>" for c in trace.contradictions)
    return _table(("", "understood as", "from your words", "sure>"), rows) + clashes


def _mandate(trace: Trace) -> str:
    rows = []
    for name, limit in trace.mandate:
        if isinstance(limit, Limit):
            rows.append((limit_name(name), limit_number(name, limit.value), limit.reason))
    rows += [(exclusion(item.exclusion), "0.0 %", item.note) for item in trace.mandate.exclusions]
    notes = "".join(f"<p class=soft>{escape(note)}</p>" for note in trace.mandate.notes)
    return _table(("limit", "value>", "because"), rows) + notes


def _views(trace: Trace) -> str:
    rows = []
    for view in trace.views.views:
        if view.score is None:
            rows.append((view.persona, view.symbol, "abstains", "", view.rung, view.abstained or ""))
        else:
            score, sure = f"{view.score:+.2f}", f"{view.confidence or 0.0:.2f}"
            rows.append((view.persona, view.symbol, score, sure, view.rung, view.reason))
    table = _table(("persona", "asset", "score>", "confidence>", "rung", "reason"), rows)
    return f"<details><summary>{len(rows)} views</summary>{table}</details>"


def _moved(trace: Trace) -> str:
    rows = trace.recommendation.contributions if trace.recommendation else ()
    if not any(abs(item.amount) > 0 for item in rows):
        return "<p class=soft>Nobody: these are the baseline's weights within your limits.</p>"
    players = list(dict.fromkeys(item.player for item in rows))
    by_symbol: dict[str, dict[str, float]] = {}
    for item in rows:
        by_symbol.setdefault(item.symbol, {})[item.player] = item.amount
    table = [
        (symbol, *(f"{100 * part[p]:+.2f}" for p in players), f"{100 * sum(part.values()):+.2f}")
        for symbol, part in by_symbol.items()
    ]
    return _table(("", *(f"{p}>" for p in players), "sum>"), table)


def _evidence(trace: Trace) -> str:
    rows = [
        (item.symbol or "", str(item.published), item.kind, item.text[:300], item.source) for item in trace.evidence
    ]
    table = _table(("asset", "date", "kind", "text", "source"), rows)
    told = f"<details><summary>{len(rows)} cited pieces, {len(trace.findings)} findings</summary>{table}</details>"
    causes = list(dict.fromkeys(f"{item.by}: {item.cause}" for item in trace.abstentions))
    return (told if rows else "") + "".join(f"<p class=soft>{escape(cause)}</p>" for cause in causes[:5])


def _orders(trace: Trace) -> str:
    offer = trace.recommendation
    if offer is None:
        return ""
    orders = [
        (
            o.side,
            o.symbol,
            "–" if o.amount is None else f"{o.amount:,.2f}",
            f"{100 * o.weight_change:+.1f}",
            str(o.price_date),
        )
        for o in offer.orders
    ]
    shown = [
        (f.name, percent(f.value) if f.unit == "fraction" else f"{f.value:,.2f} {f.unit}", f.basis)
        for f in offer.figures
    ]
    return _table(("side", "asset", "amount>", "weight>", "price of>"), orders) + _table(
        ("figure", "value>", "on"), shown
    )


def _models(trace: Trace) -> str:
    costs = [
        (
            row.part,
            row.model,
            f"{row.answered} of {row.asked}",
            "–" if row.input_tokens is None else f"{row.input_tokens:,}",
            "–" if row.output_tokens is None else f"{row.output_tokens:,}",
            "no price" if row.cost is None else f"{row.cost:.4f}",
        )
        for row in trace.costs
    ]
    table = _table(("asked a model", "model", "answers>", "tokens read>", "written>", "cost>"), costs)
    return table + "".join(_asked(use) for use in trace.model_uses)


def _asked(use: ModelUse) -> str:
    """One question and its answer, word for word."""
    said = "".join(f"<p class=soft>{escape(role)}</p><pre>{escape(text)}</pre>" for role, text in use.messages)
    cause = f"<p class=bad>{escape(use.cause)}</p>" if use.cause else ""
    answer = f"<p class=soft>answer</p><pre>{escape(use.answer or 'nothing')}</pre>{cause}"
    title = f"{use.purpose}: {use.model}, request {use.request[:12]}"
    return f"<details><summary>{escape(title)}</summary>{said}{answer}</details>"


def _steps(trace: Trace, timings: Sequence[Timing]) -> str:
    seconds: dict[str, float] = {}
    for item in timings:
        seconds[item.node] = seconds.get(item.node, 0.0) + item.seconds
    rows = [
        (
            s.node,
            s.summary,
            ", ".join(s.read),
            ", ".join(s.made),
            f"{seconds[s.node]:.3f} s" if s.node in seconds else "",
        )
        for s in trace.steps
    ]
    return _table(("node", "what happened", "read", "made", "time>"), rows)
