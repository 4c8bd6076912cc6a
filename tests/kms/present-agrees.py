#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Whether latch-present says what latch itself says: of each frame, by its surface's name and its flip.

  present-agrees.py LATCH-TRACE PRESENT-TRACE FRAMES   at least so many have to be there
"""
import json
import sys


def frames(path):
    """What was seen, by label and time of the flip."""
    labels, found = {}, {}
    for event in json.load(open(path, encoding="utf-8")):
        args = event.get("args", {})
        if event["ph"] == "i" and event["name"] == "surface":
            labels[args["id"]] = args["label"]
        elif event["ph"] == "B" and "commit_ns" in args and args["presented"]:
            found[labels[args["surface"]], args["flip_ns"]] = args
    return found


latch, present, least = frames(sys.argv[1]), frames(sys.argv[2]), int(sys.argv[3])
lost = [key for key in present if key not in latch]
pairs = [(present[key], latch[key]) for key in present if key in latch]
late = [ours["commit_ns"] - theirs["commit_ns"] for ours, theirs in pairs]
print(f"{len(present)} frames, {len(lost)} of them unknown to latch; a commit is seen "
      f"{-max(late, default=0) / 1e6:.3f} to {-min(late, default=0) / 1e6:.3f} ms earlier")
assert len(pairs) >= least and not lost
# The first one waits behind what its surface's first commit makes of latch: a window, memory.
assert sum(abs(ns) > 100_000 for ns in late) <= 1, sorted(late)[:5]
for ours, theirs in pairs:
    for key in ("placement", "sync", "sequence", "refresh_ns"):
        assert ours[key] == theirs[key], (key, ours[key], theirs[key])
