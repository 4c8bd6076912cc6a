#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""What docs/clients.md says of the clients that are here, compared with what latch says of them.

  clients.py PAGE   in a session of latch; prints TAP without numbers

A row of the page's first table is a client: its command, its buffer and kind of synchronisation as
latch-present tells them, and its place as `latchctl planes` does: "plane", or its reasons.
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


def place():
    """Of the largest of its layers."""
    told = json.loads(subprocess.run(["latchctl", "planes", "--json"], capture_output=True,
                                     check=True).stdout)
    layers = [layer for output in told["outputs"] for layer in output["layers"]]
    if not layers:
        return None
    layer = max(layers, key=lambda one: one["dst"]["width"] * one["dst"]["height"])
    return ", ".join(reason["name"] for reason in layer["reasons"]) or layer["place"]


def look(command):
    present = subprocess.Popen(["latch-present", "--"] + shlex.split(command), stdin=subprocess.DEVNULL,
                               stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    deadline = time.monotonic() + 30
    while place() is None and time.monotonic() < deadline and present.poll() is None:
        time.sleep(0.1)
    time.sleep(2)
    where = place()
    present.send_signal(signal.SIGHUP)
    table = present.communicate(timeout=30)[1]
    told = re.findall(r"\) +(\d+) .*\n  pid .* in (\S+) \d+x\d+ ([^,;\n]+), ([^;\n]+);", table)
    if not told:
        return [command, "", "", table]
    _, kind, layout, sync = max(told, key=lambda one: int(one[0]))
    return [command, f"{kind} {layout}", sync, where or "nothing"]


wanted = list(rows(sys.argv[1]))
for row in wanted:
    found = look(row[0])
    print("ok" if found == row else "not ok", "- docs/clients.md says of", row[0], "what latch says",
          flush=True)
    if found != row:
        print("# it is: |", " | ".join(found).replace("\n", "\n# "), "|", flush=True)
sys.exit(not wanted)
