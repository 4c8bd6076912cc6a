#!/bin/bash
# SPDX-License-Identifier: MIT
# latch-present: it says what latch says, costs little, breaks no client, and works under others.
# present.sh [PART...]: agrees cost strangers clients bad peers
set -u
# shellcheck source=tests/kms/job.sh
source "$(dirname "$0")/job.sh"
here=$(dirname "$0")

# present OPTION... -- COMMAND...: for SECONDS at most; its table is in $work/table.
present() { # SECONDS ...
    timeout -s INT -k 2 "$1" latch-present "${@:2}" >"$work/client.log" 2>"$work/table"
}

# told COMMAND...: with its trace, as $work/present-N.json.
told=0
told() { present 3 --trace "$work/present-$((++told)).json" -- "$@"; }

agrees() {
    start_latch --renderer pixman
    told weston-simple-shm
    told latch-client --software --sync syncobj
    told latch-client --software --sync sync-file
    told latch-client --software --sync implicit --fullscreen
    stop_latch
    local n
    for n in 1 2 3 4; do
        check "what it says of client $n is what latch says" \
            "$here/present-agrees.py" "$work/trace.json" "$work/present-$n.json" 90
        sed 's/^/# /' "$work/check.log"
    done
    check "latch-report reads it" latch-report --html "$work/present.html" "$work/present-2.json"
}

cpu_ns() { cut -d ' ' -f 1 "/proc/$1/schedstat"; }

# cpu_of PID: in two seconds, in us.
cpu_of() {
    local before
    before=$(cpu_ns "$1")
    nap 2
    echo $((($(cpu_ns "$1") - before) / 1000))
}

client_costs_no_more() {
    local pid alone with own
    weston-simple-shm >/dev/null 2>&1 &
    pid=$!
    nap 1
    alone=$(cpu_of $pid)
    end $pid
    latch-present --quiet -- weston-simple-shm >/dev/null 2>&1 &
    own=$!
    nap 1
    pid=$(<"/proc/$own/task/$own/children")
    with=$(cpu_of "${pid% }")
    echo "the client: $alone us of 2 s alone, $with us with it; itself: $(cpu_of $own) us"
    kill "${pid% }"
    wait $own
    ((alone > 0 && with * 100 <= alone * 103)) || ! is_exact
}

# How early before a vblank a commit has to come, in us.
head_start() {
    "$@" latch-client --measure --software --fullscreen --frames 150 2>/dev/null |
        awk '/^head start/ { printf "%d\n", $3 * 1000 }'
}

latency_is_small() {
    local alone with
    alone=$(head_start env)
    with=$(head_start latch-present --quiet --)
    echo "a commit has to come $alone us before the vblank alone, $with us with it"
    [[ $alone && $with ]] && { ((with - alone <= 100)) || ! is_exact; }
}

cost() {
    start_latch --renderer pixman
    check "it costs the client 3 % of its CPU at most" client_costs_no_more
    sed 's/^/# /' "$work/check.log"
    check "and 0.1 ms of latency" latency_is_small
    sed 's/^/# /' "$work/check.log"
    stop_latch
}

strangers() {
    local client
    local clients=(weston-simple-shm weston-presentation-shm weston-simple-damage weston-simple-egl
        weston-subsurfaces)
    start_latch --renderer pixman
    for client in "${clients[@]}"; do
        check "$client runs through it" stranger latch-present -- "$client"
        check "and is told of" grep -E "in (shm|dma-buf) [0-9]+x[0-9]+ [A-Z0-9]{4}" \
            "$work/stranger.log"
    done
    stop_latch
}

status_is() { # STATUS COMMAND...
    local status=0
    present 20 "${@:2}" || status=$?
    cat "$work/table"
    echo "status $status, wanted $1"
    ((status == $1))
}

# The command has ended, what it has left behind has not.
waits_for_children() {
    # shellcheck disable=SC2016 # the client's shell expands this
    status_is 5 -- sh -c 'timeout -s INT 2 weston-simple-shm & timeout -s INT 1 weston-simple-shm & exit 5' &&
        (($(grep -c 'freedesktop.weston' "$work/table") == 2)) && grep -q ' in shm ' "$work/table"
}

# What was seen is told, however it ends: by a kill of latch-present, or of latch.
ends_well() { # SIGNAL WHOSE
    local pid status=0
    latch-present -- weston-simple-shm >/dev/null 2>"$work/table" &
    pid=$!
    nap 1
    kill "-$1" "${!2}"
    wait_until 5 gone $pid || status=1
    wait $pid
    echo "status $?"
    cat "$work/table"
    grep -E 'freedesktop.weston[^ ]* .1. +[1-9][0-9] ' "$work/table" || status=1
    return $status
}
# It is latch-present's: the command finds a socket by name.
inherits_no_socket() {
    python3 - <<'PYTHON'
import os, socket, subprocess, sys
with socket.socket(socket.AF_UNIX) as compositor:
    compositor.connect(os.environ["XDG_RUNTIME_DIR"] + "/" + os.environ["WAYLAND_DISPLAY"])
    fd = compositor.fileno()
    test = ["sh", "-c", f"! test -e /proc/$$/fd/{fd}"]
    environment = dict(os.environ, WAYLAND_SOCKET=str(fd))
    assert subprocess.run(test, pass_fds=[fd]).returncode == 1
    sys.exit(subprocess.run(["latch-present", "--quiet", "--", *test], pass_fds=[fd], env=environment).returncode)
PYTHON
}
no_socket_left() { ! compgen -G "$XDG_RUNTIME_DIR/latch-present-*"; }

bad() {
    start_latch --renderer pixman
    check "an exit status is passed on" status_is 3 -- sh -c 'exit 3'
    # shellcheck disable=SC2016 # the client's shell expands this
    check "and a signal" status_is $((128 + 11)) -- sh -c 'kill -SEGV $$'
    check "a command that is not there" status_is 127 -- no-such-command
    check "a trace that can't be written" status_is 125 --trace /nowhere/trace -- true
    check "an unknown option" status_is 125 --unknown -- true
    check "no command" status_is 125 --quiet
    check "where there is no compositor it says so" env WAYLAND_DISPLAY=nobody bash -c \
        'latch-present -- true 2>&1 | grep "no compositor"; ((PIPESTATUS[0] == 125))'
    check "so it does where WAYLAND_SOCKET is not open" env WAYLAND_SOCKET=77 bash -c \
        'latch-present -- true 2>&1 | grep "no open file descriptor"; ((PIPESTATUS[0] == 125))'
    check "the command does not inherit WAYLAND_SOCKET" inherits_no_socket
    check "clients that it has forked are waited for, and told apart" waits_for_children
    check "SIGTERM ends the client, and what was seen is told" ends_well TERM pid
    check "so it is when latch is killed" ends_well KILL LATCH_PID
    check "no socket is left" no_socket_left
    wait "$LATCH_PID" 2>/dev/null
}

under() { # COMPOSITOR
    (
        # shellcheck source=tests/bench/peers.sh
        source "$here/../bench/peers.sh"
        start_compositor "$1" || exit 1
        present 4 -- weston-simple-shm
        cat "$work/table"
        stop_compositor
    ) >"$work/under.log" 2>&1
    cat "$work/under.log"
    awk '/freedesktop.weston/ && $4 > 20 && $8 > 0 && $11 > 1 { found = 1 } END { exit !found }' "$work/under.log"
}

peers() {
    local name
    for name in sway weston cage labwc; do
        command -v "$name" >/dev/null || continue
        check "it tells of a client under $name" under "$name"
        grep -A 1 'freedesktop.weston' "$work/under.log" | sed 's/^/# /'
    done
}

# docs/clients.md says of the clients that are here what latch says.
clients() {
    start_latch --renderer pixman
    timeout 200 "$here/clients.py" "$here/../../docs/clients.md" || echo "not ok - clients.py has ended"
    stop_latch
}

job() {
    local part
    for part in "${parts[@]}"; do
        $part
    done
}

parts=("$@")
(($#)) || parts=(agrees cost strangers clients bad peers)
run_job job
