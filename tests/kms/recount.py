#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""recount.py TRACE STATS REPORT: counts a trace again and compares.

STATS is what latch wrote with --stats, REPORT what latch-report --json makes of the trace. Both have
to say the same, and what is counted here: of the raw times in the trace, by the definitions in
lib/trace/missed.h and statistics.h, with sorted lists and without any of latch's code.
"""

import json
import math
import sys

STAGES = ("commit_to_signalled", "signalled_to_submit", "submit_to_flip", "commit_to_flip",
          "input_to_commit", "input_to_flip")
PERCENTILES = (("p50_ns", 50), ("p95_ns", 95), ("p99_ns", 99))


def stage_lengths(f):
    """The stages; None where a time is unknown."""
    signalled = f["signalled_ns"]
    if 0 < signalled < f["commit_ns"]:
        signalled = f["commit_ns"]
    marks = {"input": f["input_ns"], "commit": f["commit_ns"], "signalled": signalled,
             "submit": f["submit_start_ns"], "flip": f["flip_ns"]}
    lengths = {}
    for stage in STAGES:
        begin, end = stage.split("_to_")
        known = marks[begin] > 0 and marks[end] > 0
        if stage == "signalled_to_submit" and known:
            # What the client itself wanted to wait (fifo, commit-timing) is not latch's.
            marks[begin] = max(marks[begin], f["paced_ns"])
        lengths[stage] = max(marks[end] - marks[begin], 0) if known else None
    return lengths


def first_vblank(time, flip, refresh):
    """How many refreshes the first vblank after `time` lies before the flip."""
    n = 0
    while flip - (n + 1) * refresh > time:
        n += 1
    return n


def missed(f):
    """How many vblanks were missed, by walking over them one by one."""
    flip, refresh = f["flip_ns"], f["refresh_ns"]
    if not f["presented"] or flip <= 0 or refresh <= 0:
        return 0
    end = f["submit_end_ns"] or flip
    start = f["submit_start_ns"] or end
    ready = f["ready_ns"] or f["signalled_ns"] or f["latch_ns"] or start
    commit = max(f["commit_ns"] or ready, f["visible_ns"])
    free = math.inf
    if f["replaced_flip_ns"] > 0:
        # Rounded, as flips jitter.
        free = max((flip - f["replaced_flip_ns"]) / refresh - 0.5, 0)
        free = max(math.ceil(free) - 1, 0)
    return min(first_vblank(commit, flip, refresh), free)


def causes_of(trace):
    """By surface: of the instants that follow an update in the trace."""
    causes, surface = {}, None
    for event in trace:
        args = event.get("args", {})
        if event["ph"] == "B" and "commit_ns" in args:
            surface = args["surface"]
        elif event["ph"] == "i" and event["name"].startswith("missed: "):
            mine = causes.setdefault(surface, {})
            cause = event["name"][len("missed: "):]
            mine[cause] = mine.get(cause, 0) + args["vblanks"]
    return causes


def check_durations(where, told, lengths):
    lengths = sorted(lengths)
    assert told["count"] == len(lengths), (where, told, len(lengths))
    if not lengths:
        return
    assert told["max_ns"] == lengths[-1], (where, told, lengths[-1])
    for key, percentile in PERCENTILES:
        # Of two neighbours either is right; the histogram keeps three digits or 1 us.
        rank = percentile / 100 * len(lengths)
        low = lengths[max(math.floor(rank) - 1, 0)]
        high = lengths[min(math.ceil(rank), len(lengths) - 1)]
        assert low * 0.999 - 1000 <= told[key] <= high * 1.001 + 1000, \
            (where, key, told[key], low, high)


def main():
    trace, stats, report = (json.load(open(name)) for name in sys.argv[1:4])
    statistics = report["traces"][0]["statistics"]
    assert statistics == stats, "latch-report and latch --stats differ"

    frames = [e["args"] for e in trace if e["ph"] == "B" and "commit_ns" in e["args"]]
    flips = [e["args"] for e in trace if e["ph"] == "B" and e["name"] == "frame"]
    assert frames and flips, "an empty trace"
    causes = causes_of(trace)
    rows = {row["id"]: row for row in statistics["surfaces"]}
    if not statistics["others"]["surfaces"]:
        assert {f["surface"] for f in frames} <= set(rows), "surfaces without a row"
    total = 0
    for surface, row in rows.items():
        mine = [f for f in frames if f["surface"] == surface]
        shown = [f for f in mine if f["presented"]]
        total += len(shown)
        where = f"surface {surface}"
        assert row["frames"] == len(shown), (where, row["frames"], len(shown))
        for key, placement in (("on_plane", "on plane"), ("composed", "composed")):
            count = sum(f["placement"] == placement for f in shown)
            assert row[key] == count, (where, key, row[key], count)
        hidden = [f for f in mine if not f["presented"]]
        assert row["superseded"] == sum(f["superseded"] for f in hidden), where
        assert row["dropped"] == sum(not f["superseded"] for f in hidden), where
        counted = sum(missed(f) for f in shown)
        assert row["missed"] == counted, (where, row, counted)
        mine_by_cause = {c: n for c, n in row["missed_by_cause"].items() if n}
        assert mine_by_cause == causes.get(surface, {}), (where, row, causes.get(surface))
        assert counted == sum(mine_by_cause.values()), where
        lengths = [stage_lengths(f) for f in shown]
        for stage in STAGES:
            check_durations(f"{where} {stage}", row["stages"][stage],
                            [n[stage] for n in lengths if n[stage] is not None])
    for output in statistics["outputs"]:
        mine = [f for f in flips if f["output"] == output["id"]]
        assert output["flips"] == len(mine), (output["name"], output["flips"], len(mine))
        late = sum(0 < f["predicted_ns"] and
                   f["flip_ns"] - f["predicted_ns"] > f["refresh_ns"] // 2 for f in mine)
        assert output["late"] == late, (output["name"], output["late"], late)
    print(f"{total} frames of {len(rows)} surfaces, {len(flips)} flips: the same three times")


main()
