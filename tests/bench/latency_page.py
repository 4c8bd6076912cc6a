# SPDX-License-Identifier: MIT
"""The page of latency-table: one file, nothing but tables and bars, light and dark."""

import html
import pathlib

from latency_figures import CASES, figure, is_peer

REPORT = pathlib.Path(__file__).parents[2] / "tools/latch-report"
BAR = 260  # pixels

STYLE = """
td svg { display: block; }
svg .p50 { fill: var(--bin); }
svg .peer { fill: var(--faint); }
svg .p99 { stroke: var(--text); stroke-width: 2; }
.ok { color: #228833; } .MISS { color: var(--bad); font-weight: 600; }
ul.criteria { list-style: none; padding: 0; margin: 0.3rem 0; font-size: 0.9rem; }
"""
INTRODUCTION = """<p>The same client under each compositor, alone on a virtual machine: a picture that
was drawn before is committed, and <em>presentation-time</em> says at which vblank it came on. The bar
ends at the median of commit&nbsp;&rarr;&nbsp;flip (signal&nbsp;&rarr;&nbsp;flip for late fences), the
stroke is p99, the thin lines are refreshes. <em>First</em>: frames at the first vblank after their
commit. <em>Head start</em>: how long before a vblank a commit has to come, to be on it in 99 of 100
cases. CPU and wake-ups are the compositor's, for each frame. <em>kms</em> is no compositor: one process
that wakes up and flips.</p>
<p class="faint">Where a number of instructions a second is named, time in the machine is a count of
instructions: nothing of the computer is in it, and the same run gives the same figures; but there
are no caches and no pipelines in it either. Compare compositors by it, not computers.</p>"""


def bar(one, longest_ms, period_ms, own):
    scale = BAR / longest_ms
    lines = "".join(f'<line class="grid" x1="{n * period_ms * scale:.1f}" y1="0" '
                    f'x2="{n * period_ms * scale:.1f}" y2="16"/>'
                    for n in range(1, int(longest_ms / period_ms) + 1))
    end = one["p99_ms"] * scale
    return (f'<svg width="{BAR + 2}" height="16" role="img" aria-label="p50 {one["p50_ms"]:.2f} ms, '
            f'p99 {one["p99_ms"]:.2f} ms">{lines}<rect class="{"p50" if own else "peer"}" y="3" '
            f'width="{one["p50_ms"] * scale:.1f}" height="10"/>'
            f'<line class="p99" x1="{end:.1f}" y1="1" x2="{end:.1f}" y2="15"/></svg>')


def case_rows(group, case, title):
    """One table; nothing where nobody measured it."""
    found = [(name, entry["cases"][case]) for name, entry in group["compositors"].items()
             if entry["cases"][case]]
    good = [one for _, one in found if "failed" not in one]
    if not found:
        return ""
    columns = [("p50_ms", "p50 ms", 2), ("p99_ms", "p99 ms", 2), ("first", "first %", 1),
               ("head_ms", "head start ms", 2), ("missed", "missed %", 1),
               ("zero_copy", "zero-copy %", 0), ("cpu_ms", "CPU ms", 2), ("wake_ups", "wake-ups", 1)]
    longest_ms = max((one["p99_ms"] for one in good), default=1)
    rows = []
    for name, one in found:
        cells = f"<td>{html.escape(name)}</td>"
        if "failed" in one:
            cells += f'<td class="left" colspan="{len(columns) + 1}">{html.escape(one["failed"])}</td>'
        else:
            cells += f"<td>{bar(one, longest_ms, 1000 / group['hz'], not is_peer(name))}</td>"
            cells += "".join(f"<td>{html.escape(figure(one, key, digits))}</td>"
                             for key, _, digits in columns)
        rows.append(f"<tr>{cells}</tr>")
    head = "".join(f"<th>{label}</th>" for label in ["", ""] + [label for _, label, _ in columns])
    return (f'<h3>{html.escape(title)}</h3>\n<div class="wide"><table><tr>{head}</tr>\n'
            + "\n".join(rows) + "</table></div>")


def costs(group):
    rows = []
    for name, entry in group["compositors"].items():
        if entry["broken"] is not None:
            rows.append(f'<tr><td>{html.escape(name)}</td><td class="left" colspan="4">did not start: '
                        f'{html.escape(entry["broken"])}</td></tr>')
        elif entry["pss_mib"] is not None:
            cells = [name] + ["-" if entry[key] is None else f"{entry[key]:.{digits}f}" for key, digits
                              in (("start_ms", 0), ("pss_mib", 1), ("idle_wake_ups", 2))]
            rows.append("<tr>" + "".join(f"<td>{html.escape(cell)}</td>" for cell in cells)
                        + f'<td class="left">{html.escape(entry["version"] or "")}</td></tr>')
    if not rows:
        return ""
    return ('<h3>The process</h3>\n<div class="wide"><table><tr><th></th><th>start to first frame, ms'
            "</th><th>PSS, MiB</th><th>wake-ups a second, idle</th><th></th></tr>\n"
            + "\n".join(rows) + "</table></div>")


def verdicts(group):
    lines = []
    for one in group["criteria"]:
        word = "-" if one["passed"] is None else "ok" if one["passed"] else "MISS"
        detail = f" ({one['detail']})" if one["detail"] else ""
        lines.append(f'<li><b class="{word}">{word}</b> {html.escape(one["text"] + detail)}</li>')
    return f'<ul class="criteria">{"".join(lines)}</ul>' if lines else ""


def page(groups):
    style = "".join((REPORT / name).read_text(encoding="utf-8") for name in ("style.css", "page.css"))
    body = []
    for n, group in enumerate(groups):
        body.append(f'<h2 id="g{n}">{html.escape(group["title"])}</h2>\n<p class="faint">'
                    f'{group["rounds"]} &times; {group["frames"]} frames a figure</p>')
        body.append(verdicts(group))
        body += [case_rows(group, case, title) for case, title in CASES.items()]
        body.append(costs(group))
    links = "".join(f'<a href="#g{n}">{html.escape(group["title"])}</a>'
                    for n, group in enumerate(groups))
    return ('<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8">'
            '<meta name="viewport" content="width=device-width, initial-scale=1">'
            f"<title>latch: latency</title><style>{style}{STYLE}</style></head><body>"
            f"<h1>How soon a frame is on the screen</h1>{INTRODUCTION}<nav>{links}</nav>\n"
            + "\n".join(body) + "</body></html>\n")
