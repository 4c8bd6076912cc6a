#!/bin/bash
# SPDX-License-Identifier: MIT
# latchctl against a running latch: who is on which plane, why others are not, who may ask; and
# latch-report on the trace of all that.
set -u
# shellcheck source=tests/kms/job.sh
source "$(dirname "$0")/job.sh"

# says STATUS WORDS COMMAND...: it ends with this status, and its first line has these words.
says() {
    local wanted=$1 words=$2 status=0
    shift 2
    timeout -k 1 20 "$@" >"$work/out" 2>"$work/err" || status=$?
    echo "status $status, not $wanted?"
    cat "$work/err"
    [[ $status == "$wanted" ]] && head -n 1 "$work/err" | grep -q "$words"
}

# with_planes PYTHON: asks, and checks the answer: output is the only one.
with_planes() {
    latchctl planes --json >"$work/planes.json" || return
    python3 -c '
import json, sys
answer = json.load(open(sys.argv[1]))
assert answer["version"] == 1, answer
(output,) = answer["outputs"]
planes = {plane["id"]: plane for plane in output["planes"]}
layers = output["layers"]
def find(app):
    return next(layer for layer in layers if app in (layer["app_id"], layer["title"]))
def names(layer):
    return [reason["name"] for reason in layer["reasons"]]
'"$1" "$work/planes.json"
}

is_shown() { # TITLE
    with_planes "assert find('$1')['surface'] > 0"
}

empty() {
    with_planes '
assert output["name"].startswith("Virtual-"), output["name"]
assert output["mode"]["width"] >= 640, output["mode"]
assert output["device"]["driver"] == "vkms", output["device"]
assert output["device"]["clock"] == "simulated", output["device"]
assert output["plan"]["visible"] == 0, output["plan"]
types = sorted(plane["type"] for plane in planes.values())
assert types == ["cursor"] + 8 * ["overlay"] + ["primary"], types
for plane in planes.values():
    assert plane["use"] in ("free", "black", "cursor"), plane
    assert plane["formats"], plane
    assert "LINEAR" in plane["formats"][0]["modifiers"], plane["formats"][0]
(primary,) = [plane for plane in planes.values() if plane["type"] == "primary"]
assert any("XR24" in formats["fourccs"] for formats in primary["formats"]), primary'
}

fullscreen_is_on_primary() {
    local client status=0
    latch-client --software --fullscreen --title alone --frames 60 --hold 2>"$work/client.log" &
    client=$!
    wait_until 10 is_shown alone
    wait_until 5 with_planes 'assert find("alone")["place"] == "plane"'
    with_planes '
layer = find("alone")
print(json.dumps(layer, indent=1))
assert layer["kind"] == "surface", layer
assert layer["pid"] == '$client', layer
assert layer["place"] == "plane" and layer["plane_type"] == "primary", layer
assert planes[layer["plane"]]["use"] == "layer", planes[layer["plane"]]
assert planes[layer["plane"]]["surface"] == layer["surface"], planes[layer["plane"]]
assert layer["reasons"] == [], layer
assert layer["buffer"]["dmabuf"] and layer["buffer"]["format"] == "XR24", layer
assert layer["buffer"]["modifier"] == "LINEAR", layer
mode = output["mode"]
assert layer["dst"] == {"x": 0, "y": 0, "width": mode["width"], "height": mode["height"]}, layer
assert not output["plan"]["composed"], output["plan"]
assert output["plan"]["on_planes"] == output["plan"]["visible"] == 1, output["plan"]' || status=1
    latchctl planes >"$work/table" && cat "$work/table"
    grep -Eq '^  1 +latch-client \(pid [0-9]+\) .* [0-9]+ primary$' "$work/table" || status=1
    end $client
    return $status
}

shm_on_plane() {
    local client status=0
    weston-simple-shm >/dev/null 2>&1 &
    client=$!
    wait_until 10 with_planes 'assert layers[-1]["place"] == "plane"'
    with_planes '
(layer,) = [layer for layer in layers if layer["pid"] == '$client']
print(json.dumps(layer, indent=1))
assert layer["place"] == "plane" and layer["reasons"] == [], layer
assert not layer["buffer"]["dmabuf"] and layer["buffer"]["modifier"] is None, layer' || status=1
    end $client
    return $status
}

scaled_is_composed() {
    local client status=0
    latch-client --software=udmabuf --size 200x200 --scale-to 300x200 >/dev/null 2>&1 &
    client=$!
    wait_until 10 with_planes 'assert "scaling" in names(layers[-1])'
    with_planes '
(layer,) = [layer for layer in layers if layer["pid"] == '$client']
print(json.dumps(layer, indent=1))
assert layer["place"] == "composed", layer
assert layer["plane"] is None, layer
assert names(layer)[0] == "scaling", layer
assert layer["reasons"][0]["text"] and layer["reasons"][0]["help"], layer
assert output["plan"]["composed"], output["plan"]
assert "composed" in [plane["use"] for plane in planes.values()], planes' || status=1
    latchctl planes >"$work/table" && cat "$work/table"
    grep -q '^      scaling: ' "$work/table" || status=1
    grep -q '^        help: ' "$work/table" || status=1
    latchctl planes --svg "$work/planes.svg" || status=1
    end $client
    return $status
}

svg_is_xml() {
    python3 -c '
import sys, xml.dom.minidom
root = xml.dom.minidom.parse(sys.argv[1]).documentElement
assert root.tagName == "svg", root.tagName
assert root.getElementsByTagName("path"), "an empty picture"' "$work/planes.svg"
}

only_one_output() {
    local name
    name=$(python3 -c 'import json, sys; print(json.load(sys.stdin)["outputs"][0]["name"])' \
        <"$work/planes.json")
    latchctl planes --output "$name" | grep -q "^$name: "
}

watches() {
    timeout 3 latchctl planes --watch=0.2 >"$work/watched"
    (($(grep -c 'PLANE' "$work/watched") >= 5))
}

# with_held PYTHON: the same for the updates that are held.
with_held() {
    latchctl held --json >"$work/held.json" || return
    python3 -c '
import json, sys
answer = json.load(open(sys.argv[1]))
assert answer["version"] == 1, answer
held = answer["held"]
'"$1" "$work/held.json"
}

held_is_told() {
    local client status=0
    latch-stress --sync sync-file --fence never --seconds 6 2>"$work/stress.log" &
    client=$!
    wait_until 10 with_held 'assert held' || status=1
    with_held '
print(json.dumps(held[0], indent=1))
assert held[0]["pid"] == '$client', held[0]
assert held[0]["command"] == "latch-stress", held[0]
assert held[0]["held_by"] == "fence" and held[0]["kind"] == "sync_file", held[0]
assert held[0]["driver"] and held[0]["timeline"], held[0]
assert held[0]["age_ns"] > 0 and held[0]["fences"] == 1, held[0]
assert all(one["held_by"] in ("fence", "update") for one in held), held' || status=1
    latchctl held >"$work/held" && cat "$work/held"
    grep -Eq '^latch-stress \(pid [0-9]+.* by a fence \(sync_file\) of driver' "$work/held" || status=1
    end $client
    return $status
}

# One second of a client that draws all the time.
top_counts() {
    local client status=0
    latch-client --software --size 200x150 --title busy 2>"$work/client.log" &
    client=$!
    wait_until 10 is_shown busy
    sleep 1
    latchctl top --once --json >"$work/top.json" || status=1
    latchctl top --once >"$work/top" || status=1
    cat "$work/top"
    end $client
    python3 - $client "$work/top.json" <<'PYTHON' || status=1
import json, sys
lines = open(sys.argv[2]).read().splitlines()
assert len(lines) == 1, lines
answer = json.loads(lines[0])
(output,) = answer["outputs"]
(busy,) = [s for s in answer["surfaces"] if s["pid"] == int(sys.argv[1])]
print(json.dumps(busy, indent=1), output, answer["seconds"])
assert 0.9 < answer["seconds"] < 5, answer["seconds"]
assert busy["label"] == "latch-client" and busy["frames"] > 3, busy
assert abs(busy["fps"] - busy["frames"] / answer["seconds"]) < 0.01, busy
assert busy["missed"] == sum(busy["missed_by_cause"].values()), busy
for name, stage in busy["stages"].items():
    if name.startswith("input_to_"):
        assert stage["max_us"] is None, (name, stage)
        continue
    assert stage["p50_us"] <= stage["p95_us"] <= stage["p99_us"] <= stage["max_us"], (name, stage)
assert busy["stages"]["commit_to_flip"]["max_us"] > 1000, busy
(place,) = busy["places"]
assert place["output"] == output["name"], place
assert (place["place"] == "plane") == (place["reasons"] == []), place
assert output["flips"] >= busy["frames"] - 1, output
assert output["wakeups"] >= output["flips"] - 1, output
PYTHON
    grep -q 'latch-client .* overlay ' "$work/top" || status=1
    return $status
}

# In a terminal it fills the screen and not more, follows its size, and leaves it as it was.
top_in_a_terminal() {
    python3 - <<'PYTHON'
import fcntl, os, pty, re, select, struct, sys, termios, time
def resize(fd, rows, columns):
    fcntl.ioctl(fd, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
pid, fd = pty.fork()
if pid == 0:
    resize(1, 10, 60)
    os.execvp("latchctl", ["latchctl", "top", "--watch=0.3"])
text = b""
def read(seconds):
    global text
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if select.select([fd], [], [], 0.05)[0]:
            try:
                text += os.read(fd, 65536)
            except OSError:
                return
read(1.2)
resize(fd, 5, 40)
first, text = text, b""
read(1.0)
os.write(fd, b"\x03")
read(2.0)
_, status = os.waitpid(pid, 0)
print(first[-2000:], text[-1000:], status)
assert status == 0, status
assert first.startswith(b"\x1b[?1049h"), "no page of its own"
assert text.rstrip().endswith(b"\x1b[?25h\x1b[?1049l"), "the terminal is not as it was"
def pages(raw):
    return re.sub(rb"\x1b\[\?[0-9]+[hl]", b"", raw).split(b"\x1b[H")[1:]
def widest(page):
    return max(len(re.sub(rb"\x1b\[[0-9;?]*[A-Za-z]", b"", line).rstrip(b"\r").decode())
               for line in page.split(b"\n"))
assert len(pages(first)) >= 2, len(pages(first))
assert b"SURFACE" in first and b"WAKE-UPS" in first
for page in pages(first):
    assert widest(page) <= 60 and page.count(b"\n") <= 9, page
for page in pages(text)[1:]:
    assert widest(page) <= 40 and page.count(b"\n") <= 4, page
PYTHON
}

# The table of latch, of latch-report, and one that is counted from the raw trace.
report_agrees() {
    latch-report --json "$work/trace.json" >"$work/report.json" || return
    python3 "$(dirname "$0")/recount.py" "$work/trace.json" "$work/stats.json" "$work/report.json"
}

# The part of the log that is the table.
report_prints_the_table() {
    latch-report "$work/trace.json" >"$work/table" || return
    sed -n '/^output /,$p' "$latch_log" >"$work/own"
    diff "$work/own" "$work/table"
}

report_files() {
    latch-report --html "$work/report.html" --svg "$work/life.svg" "$work/trace.json" \
        "$work/trace.json" >"$work/compared" || return
    ls -l "$work"/report.html "$work"/life.svg
    cat "$work/compared"
    python3 - "$work" <<'PYTHON'
import csv, json, re, subprocess, sys, xml.dom.minidom
work = sys.argv[1]
page = open(f"{work}/report.html").read()
assert page.endswith("</html>\n") and page.count("<section") == 3, page[-200:]
assert not re.search(r"(src|href)=[\"'](?!#)", page), "it needs another file"
xml.dom.minidom.parse(f"{work}/life.svg")
compared = open(f"{work}/compared").read()
ratios = re.findall(r"(?m)^  [^ ].* (\d+\.\d\d)$", compared)
assert ratios and set(ratios) == {"1.00"}, ratios
table = subprocess.run(["latch-report", "--csv", f"{work}/trace.json"], check=True,
                       capture_output=True, text=True).stdout.splitlines()
rows = list(csv.DictReader(table))
stats = json.load(open(f"{work}/stats.json"))
assert sum(r["presented"] == "1" for r in rows) == sum(s["frames"] for s in stats["surfaces"])
assert sum(int(r["missed"]) for r in rows) == sum(s["missed"] for s in stats["surfaces"])
assert {r["reasons"] for r in rows if r["placement"] == "composed"} >= {"scaling,test-refused"}, rows[0]
PYTHON
}

not_latch() { # a compositor of somebody else's, without a screen
    local weston status=0
    weston --backend=headless --socket=other >"$work/weston.log" 2>&1 &
    weston=$!
    wait_until 10 test -S "$XDG_RUNTIME_DIR/other"
    says 1 'not a session of latch' env WAYLAND_DISPLAY=other latchctl planes || status=1
    end $weston
    return $status
}

sandboxed_list() {
    wayland-info >"$work/outside"
    kms-sandbox wayland-info >"$work/inside"
    diff "$work/outside" "$work/inside" | grep '^[<>] interface'
    grep -q "zlatch_inspector_v2" "$work/outside" &&
        grep -q "wp_security_context_manager_v1" "$work/outside" &&
        ! grep -Eq "zlatch_inspector_v2|wp_security_context" "$work/inside" &&
        grep -q "xdg_wm_base" "$work/inside"
}

job() {
    check "usage: nothing to do" says 2 planes latchctl
    check "usage: unknown option" says 2 no-such-option latchctl planes --no-such-option
    check "usage: unknown command" says 2 plains latchctl plains
    check "no compositor" says 1 'WAYLAND_DISPLAY=none' env WAYLAND_DISPLAY=none latchctl planes
    check "no WAYLAND_DISPLAY" says 1 'WAYLAND_DISPLAY is not set' \
        env -u WAYLAND_DISPLAY latchctl planes
    check "no XDG_RUNTIME_DIR" says 1 'XDG_RUNTIME_DIR is not set' \
        env -u XDG_RUNTIME_DIR latchctl planes
    start_latch --renderer pixman --mode 640x480
    lives || return
    move_pointer 32767 32767
    check "nothing on the screen" empty
    check "a fullscreen dma-buf is on the primary plane" fullscreen_is_on_primary
    check "sealed shared memory is on a plane" shm_on_plane
    check "what is scaled is composed, and it says why" scaled_is_composed
    check "the picture is SVG" svg_is_xml
    check "one output only" only_one_output
    check "an unknown output" says 1 'there is: Virtual' latchctl planes --output Nowhere-1
    check "a file that can't be written" says 1 no/such latchctl planes --svg /no/such/file.svg
    check "--watch" watches
    check "who is held, and by what" held_is_told
    check "nobody is held" with_held 'assert not held, held'
    check "top: a second of a busy client" top_counts
    check "top: in a terminal" top_in_a_terminal
    check "top: an unknown output" says 1 'no such output' latchctl top --once --output Nowhere-1
    check "a sandbox hides it from latchctl" \
        says 1 'sandboxed' kms-sandbox latchctl planes
    check "a sandbox hides it, and no more than need be" sandboxed_list
    check "another compositor" not_latch
    stop_latch
    check "latch-report agrees with latch, and with the raw trace" report_agrees
    check "latch-report prints latch's table" report_prints_the_table
    check "latch-report's files" report_files
    ! grep -iE 'assert|sanitizer|runtime error' "$latch_log"
    verdict $? "latch complains of nothing of its own"
    cp "$work/planes.svg" "$work/report.html" "$LAB_OUT/lab/"
}

run_job job
