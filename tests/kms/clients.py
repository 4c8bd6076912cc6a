#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""What docs/clients.md says of the clients that are here, compared with what latch says of them.

  clients.py PAGE   in a session of latch; prints TAP without numbers

A row of the page's first table is a client: its command, its buffer and kind of synchronisation as
latch-present tells them, and its place as `latchctl planes` does: "plane", or its reasons. Beside that
`latchctl top` has to say where its latency goes, and `latchctl held` that nothing holds it.
"""
import json
import re
import shlex
import signal
import subprocess
import sys
import time


def rows(page):
    for line in open(page, encoding="utf-8"):
        row = re.match(r"\| `([^`]+)` \| ([^|]+) \| ([^|]+) \| ([^|]+) \|$", line)
        if row:
            yield [cell.strip() for cell in row.groups()]
        elif line.startswith("## Elsewhere"):
            return


def ask(*command):
    return json.loads(subprocess.run(["latchctl", *command, "--json"], capture_output=True,
                                     check=True).stdout)


def place():
    """Of the largest of its layers."""
    told = ask("planes")
    layers = [layer for output in told["outputs"] for layer in output["layers"]]
    if not layers:
        return None
    layer = max(layers, key=lambda one: one["dst"]["width"] * one["dst"]["height"])
    return ", ".join(reason["name"] for reason in layer["reasons"]) or layer["place"]


# They show one picture, and then nothing happens.
STILL = ("weston-flower", "weston-terminal")


def latency(command):
    """What is wrong with what is told of the busiest surface in a second: of each stage the middle has to
    be there, and none longer than all of it together. None: nothing."""
    told = max(ask("top", "--once")["surfaces"], key=lambda one: one["frames"])
    held = ask("held")["held"]
    if held or command in STILL:
        return f"held: {held}" if held else None if told["frames"] == 0 else f"{told}"
    stages = {name: told["stages"][name]["p50_us"] for name in (
        "commit_to_signalled", "signalled_to_submit", "submit_to_flip", "commit_to_flip")}
    whole = stages["commit_to_flip"]
    counted = told["on_plane"] + told["composed"]
    if None in stages.values() or max(stages.values()) > whole or counted != told["frames"]:
        return f"{told}"
    return None


def look(command):
    present = subprocess.Popen(["latch-present", "--"] + shlex.split(command), stdin=subprocess.DEVNULL,
                               stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    deadline = time.monotonic() + 30
    while place() is None and time.monotonic() < deadline and present.poll() is None:
        time.sleep(0.1)
    time.sleep(1)
    wrong = latency(command)
    where = place()
    present.send_signal(signal.SIGHUP)
    table = present.communicate(timeout=30)[1]
    told = re.findall(r"\) +(\d+) .*\n  pid .* in (\S+) \d+x\d+ ([^,;\n]+), ([^;\n]+);", table)
    if not told:
        return [command, "", "", table], wrong
    _, kind, layout, sync = max(told, key=lambda one: int(one[0]))
    return [command, f"{kind} {layout}", sync, where or "nothing"], wrong


wanted = list(rows(sys.argv[1]))
for row in wanted:
    found, wrong = look(row[0])
    print("ok" if found == row else "not ok", "- docs/clients.md says of", row[0], "what latch says",
          flush=True)
    if found != row:
        print("# it is: |", " | ".join(found).replace("\n", "\n# "), "|", flush=True)
    print("not ok" if wrong else "ok", "- latch tells where the latency of", row[0],
          "goes, and who holds it", flush=True)
    if wrong:
        print("#", wrong, flush=True)
sys.exit(not wanted)
