#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""latency-table with results of a run: what it prints, its JSON and its page."""

import json
import pathlib
import subprocess
import sys
import tempfile

TABLE = pathlib.Path(__file__).parent / "latency-table"
REFRESH_NS = 16666667


def case(lengths_ms):
    """So many frames, each committed 100 ms after the one before and shown so much later."""
    samples = [[n * 100_000_000] * 2 + [n * 100_000_000 + int(ms * 1e6)]
               for n, ms in enumerate(lengths_ms)]
    ordered = sorted(ms * 1e6 for ms in lengths_ms)
    return {"pace": "random", "fence": "ready", "sync": "syncobj", "period_ns": REFRESH_NS,
            "deviation_ns": 0, "steady": True, "frames": len(samples), "early": 0, "discarded": 0,
            "unanswered": 0, "missed": 0, "zero_copy": len(samples), "in_time": len(samples),
            "excess": 0, "p50_ns": ordered[len(ordered) // 2], "p99_ns": ordered[-1],
            "head_start": {"is": "too-few-frames"},
            "compositor": {"pid": 1, "cpu_ns": 250000 * len(samples), "wake_ups": 2 * len(samples)},
            "samples_ns": samples, "neighbours": [], "scanout": True, "stalls": 0}


def results(name, lengths_ms):
    entry = {"version": name + " 1", "rounds": [{
        "broken": None, "start_to_first_frame_ms": None, "pss_kib": 9216, "idle_wake_ups": 0,
        "idle_calls": 0, "cases": {"sparse-full": case(lengths_ms)}}]}
    return {"device": "vkms", "clock": "virtual", "mips": 500, "hz": 60, "rounds": 1,
            "frames": len(lengths_ms), "idle_seconds": 10, "compositors": {name: entry}}


def run():
    folder = pathlib.Path(tempfile.mkdtemp())
    files = []
    for name, p50 in (("latch", 7), ("sway", 14)):
        files.append(folder / f"{name}.json")
        files[-1].write_text(json.dumps(results(name, [p50] * 10)), encoding="utf-8")
    done = subprocess.run([TABLE, "--json", folder / "out.json", "--html", folder / "out.html", *files],
                          capture_output=True, text=True, check=False)
    sys.stderr.write(done.stderr)
    return (done.stdout, json.loads((folder / "out.json").read_text(encoding="utf-8")),
            (folder / "out.html").read_text(encoding="utf-8"))


print("1..3")
text, found, page = run()
rows = [line.split() for line in text.splitlines()]
print("ok" if ["/", "best", "peer", "0.50x"] in [row[:1] + row[1:3] + row[4:5] for row in rows]
      else "not ok", "1 - the table compares with the best peer")
print("ok" if len(found) == 1 and list(found[0]["compositors"]) == ["latch", "sway"] else "not ok",
      "2 - files of one device are put together")
print("ok" if found[0]["title"] in page and "--faint" in page and "sway" in page else "not ok",
      "3 - the page has its style, its title and each compositor")
