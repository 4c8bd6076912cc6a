#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""growth.py RESULTS PAGE: how a frame's cost grows, of what scenes.py has measured: a table, and pictures.

Exit status 1 where a cost grows faster than linearly with what there is more of.
"""

import html
import json
import math
import pathlib
import sys

MOST = 1.1  # of the exponent, over a range of FACTOR: where planes end and composing begins is a step
FACTOR = 4
TITLES = {
    "layers": "layers that stand still, beside a window that animates",
    "windows": "windows that animate, a process each",
    "idle clients": "clients with nothing to show, beside a window that animates",
    "outputs": "outputs with a window that animates on each",
}
WIDTH, HEIGHT, LEFT, RIGHT, TOP, BOTTOM = 520, 260, 60, 20, 20, 40
REPORT = pathlib.Path(__file__).parents[3] / "tools/latch-report"


def curves(scenes):
    """kind: [(number, ns of a refresh)], by number."""
    found = {}
    for name, figures in scenes.items():
        number, _, kind = name.partition(" ")
        if kind in TITLES:
            # Each output has a flip in a refresh.
            flips = int(number) if kind == "outputs" else 1
            found.setdefault(kind, []).append((int(number), figures["total ns"] * flips))
    return {kind: sorted(points) for kind, points in found.items()}


def exponent(before, point):
    return math.log(point[1] / before[1]) / math.log(point[0] / before[0])


def print_table(kind, points):
    """Returns whether all grows slowly enough."""
    good = True
    print(f"\n{TITLES[kind]}\n{'':12}{'a refresh, ms':>16}{'each, us':>12}{'exponent':>12}")
    for point in points:
        before = max((one for one in points if one[0] * FACTOR <= point[0]), default=None)
        grows = before and exponent(before, point)
        good = good and not (before and grows > MOST)
        print(f"{point[0]:12}{point[1] / 1e6:16.3f}{point[1] / 1e3 / point[0]:12.2f}"
              + (f"{grows:12.2f}{f'  MISS: at most {MOST}' if grows > MOST else ''}" if before else ""))
    return good


def picture(kind, points):
    """Both axes are logarithmic: a straight line at 45 degrees is linear growth."""
    x_most, y_most = math.log10(max(points[-1][0], 2)), math.log10(points[-1][1] / 1e6)
    y_least = math.floor(math.log10(points[0][1] / 1e6))
    y_most = max(math.ceil(y_most), y_least + 1)

    def at(number, ms):
        return (LEFT + (WIDTH - LEFT - RIGHT) * math.log10(number) / x_most,
                TOP + (HEIGHT - TOP - BOTTOM) * (y_most - math.log10(ms)) / (y_most - y_least))

    parts = []
    for power in range(y_least, y_most + 1):
        _, y = at(1, 10 ** power)
        parts.append(f'<line class="grid" x1="{LEFT}" y1="{y:.1f}" x2="{WIDTH - RIGHT}" y2="{y:.1f}"/>'
                     f'<text x="{LEFT - 6}" y="{y + 4:.1f}" text-anchor="end">{10 ** power:g} ms</text>')
    spots = [at(number, ns / 1e6) for number, ns in points]
    parts.append('<polyline points="' + " ".join(f"{x:.1f},{y:.1f}" for x, y in spots) + '"/>')
    for (number, ns), (x, y) in zip(points, spots):
        parts.append(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3"><title>{number}: {ns / 1e6:.3f} ms'
                     f'</title></circle><text x="{x:.1f}" y="{HEIGHT - BOTTOM + 18}" '
                     f'text-anchor="middle">{number}</text>')
    return (f'<h2>{html.escape(TITLES[kind])}</h2><svg viewBox="0 0 {WIDTH} {HEIGHT}" width="{WIDTH}" '
            f'role="img">{"".join(parts)}</svg>')


def main(results, page):
    with open(results, encoding="utf-8") as file:
        found = curves(json.load(file)["scenes"])
    good = all([print_table(kind, points) for kind, points in found.items()])
    style = (REPORT / "style.css").read_text(encoding="utf-8")
    with open(page, "w", encoding="utf-8") as file:
        file.write('<!doctype html><html lang="en"><meta charset="utf-8"><title>How a frame\'s cost '
                   f"grows</title><style>{style} polyline {{ fill: none; stroke: var(--bin); "
                   "stroke-width: 2 } circle { fill: var(--bin) }</style>"
                   "<h1>How a frame's cost grows</h1><p>latch's CPU time for a refresh. Both axes are "
                   "logarithmic.</p>"
                   + "".join(picture(kind, points) for kind, points in found.items() if len(points) > 1))
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
