# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# What the jobs of tests/kms share; sourced by them. A job starts latch, runs cases against it,
# ends it, and prints TAP.

# shellcheck source=tests/lab/wait.sh
source "$(dirname "${BASH_SOURCE[0]}")/../lab/wait.sh"

work=$(mktemp -d "$XDG_RUNTIME_DIR/work.XXXXXX")
export PATH=$LAB_BUILD/tests/kms:$PATH
export LATCH_CAPTURE=$work/screen.png LATCH_PID=
latch_log=$work/latch.log

# Sanitizers take their time, and memory where latch takes none.
has_sanitizer=$(LC_ALL=C grep -laF __asan_init "$(command -v latch)")
sanitized() { [[ $has_sanitizer ]]; }

# Whether time says something: in virtual time it is what was executed, and repeats. In real time it
# is this computer's as well, so that figures are told and not judged.
is_exact() { [[ $LATCH_LAB_CLOCK == virtual ]] && ! sanitized; }

# patience SECONDS: how long to wait for what takes less in virtual time. In real time this computer may
# have other things to do.
patience() { [[ $LATCH_LAB_CLOCK == virtual ]] && echo "$1" || echo $((6 * $1)); }

# verdict STATUS NAME [FILE]: one TAP line, and FILE's end where it failed.
verdict() {
    if (($1 == 0)); then
        echo "ok - $2"
    else
        echo "not ok - $2"
        [[ ! ${3:-} ]] || tail -n "${VERDICT_LINES:-15}" "$3" | sed 's/^/# /'
    fi
}

# check NAME COMMAND...: it ends well, and within 30 seconds. A function has to watch its own time.
check() {
    local name=$1 status=0
    shift
    shake
    if [[ $(type -t "$1") == function ]]; then
        "$@" >"$work/check.log" 2>&1 || status=$?
    else
        timeout -k 1 30 "$@" >"$work/check.log" 2>&1 || status=$?
    fi
    verdict "$status" "$name" "$work/check.log"
}

# start_latch [OPTION...]: in the background, as $LATCH_PID, with its socket there.
start_latch() {
    export WAYLAND_DISPLAY=latch-test
    rm -f "$work/stats.json" "$work/trace.json"
    shake
    latch --device "$LATCH_DEVICE" --socket "$WAYLAND_DISPLAY" --capture "$LATCH_CAPTURE" \
        --stats "$work/stats.json" --trace "$work/trace.json" "$@" >"$latch_log" 2>&1 &
    LATCH_PID=$!
    export LATCH_PID
    wait_until "$(patience 10)" test -S "$XDG_RUNTIME_DIR/$WAYLAND_DISPLAY" && kill -0 "$LATCH_PID" 2>/dev/null
    verdict $? "latch starts $*" "$latch_log"
}

# start_gpu: the simulated GPU, as $gpu_pid; ends with the job.
start_gpu() {
    export PATH=$LAB_BUILD/tests/lab/gpu:$LAB_BUILD/tests/kms/gpu:$PATH
    export LATCH_GPU=$work/gpu
    lab-gpu >"$work/gpu.log" 2>&1 &
    gpu_pid=$!
    wait_until 5 lab-gpu --ask stats
    verdict $? "the simulated GPU starts" "$work/gpu.log"
}

# on_gpu COMMAND...: with the simulated GPU's renderer in the place of --renderer gles2.
on_gpu() { LD_PRELOAD=$LAB_BUILD/tests/lab/gpu/gpu-renderer.so "$@"; }

# wait_for_latch SECONDS: its exit status in $latch_status; killed when it is late.
wait_for_latch() {
    local end=$((SECONDS + $1))
    latch_status=late
    while kill -0 "$LATCH_PID" 2>/dev/null; do
        if ((SECONDS > end)); then
            kill -KILL "$LATCH_PID"
            wait "$LATCH_PID" 2>/dev/null
            return 1
        fi
        nap 0.05
    done
    latch_status=0
    wait "$LATCH_PID" || latch_status=$?
}

stop_latch() {
    kill -TERM "$LATCH_PID" 2>/dev/null
    wait_for_latch "$(patience 5)"
    [[ $latch_status == 0 ]]
    verdict $? "latch ends with status 0, not $latch_status" "$latch_log"
}

# end PID...: terminated, killed when that is not enough.
end() {
    local pid
    for pid in "$@"; do
        kill "$pid" 2>/dev/null
        wait_until 3 gone "$pid" || kill -KILL "$pid" 2>/dev/null
        wait "$pid" 2>/dev/null
    done
    return 0 # not the status of what was ended
}
# stranger CLIENT...: one that others wrote shows frames, without an error.
stranger() {
    local log=$work/stranger.log client
    : >"$log" # what the one before has said is not looked at
    WAYLAND_DEBUG=client "$@" >"$log" 2>&1 &
    client=$!
    wait_until 60 attached_or_gone $client
    ! gone $client || { echo "it has ended"; tail -n 20 "$log"; return 1; }
    end $client
    ! grep -E 'wl_display#1.error|rotocol error' "$log" || return 1
    (($(attached) >= 3)) || { echo "$(attached) buffers attached"; tail -n 3 "$log"; return 1; }
}
attached() { grep -c 'attach(' "$work/stranger.log"; }
attached_or_gone() { gone "$1" || [[ $(<"$work/stranger.log") == *'attach('*'attach('*'attach('* ]]; }

lives() { kill -0 "$LATCH_PID"; }

# cases PROGRAM [NAME...]: a program of cases, and latch must survive it.
cases() {
    local status=0
    lives || { echo "not ok - $1: latch is gone"; return; }
    timeout -k 1 150 "$@" 2>"$work/cases.log" || status=$?
    ((status < 2)) || echo "not ok - $1 ended with status $status"
    ((status == 0)) || sed 's/^/# /' <"$work/cases.log"
    if ! lives 2>/dev/null; then
        echo "not ok - latch survives $1"
        tail -n 30 "$latch_log" | sed 's/^/# /'
    fi
}

# bad_requests SECONDS OPTION...: the cases of latch-stress --bad.
bad_requests() {
    local status=0
    timeout -k 1 "$1" latch-stress "${@:2}" >"$work/bad.tap" 2>"$work/bad.log" || status=$?
    sed -E -n -e 's/^(ok|not ok) [0-9]+ - /\1 - invalid: /p' "$work/bad.tap"
    ((status <= 1)) || sed 's/^/# /' "$work/bad.log"
    return $((status > 1))
}

# offers INTERFACE: the compositor has this global. All is read: what is cut off ends with an error.
offers() { wayland-info | grep "'$1'" >/dev/null; }

# debugfs_file NAME: the device's.
debugfs_file() { echo "/sys/kernel/debug/dri/${LATCH_DEVICE#/dev/dri/card}/$1"; }

# What latch holds, "FDS FRAMEBUFFERS DMABUFS"; dma-bufs are those of the whole machine.
holdings() {
    local fds=("/proc/$LATCH_PID/fd/"*) lines line framebuffers=0
    mapfile -t lines <"$(debugfs_file framebuffer)"
    for line in "${lines[@]}"; do
        [[ $line != 'framebuffer['* ]] || framebuffers=$((framebuffers + 1))
    done
    [[ $(</sys/kernel/debug/dma_buf/bufinfo) =~ Total\ ([0-9]+)\ objects ]]
    echo "${#fds[@]} $framebuffers ${BASH_REMATCH[1]}"
}

# Since `read -r -a before <<<"$(holdings)"`.
not_more_than_before() {
    local now
    read -r -a now <<<"$(holdings)"
    ((now[0] <= before[0] && now[1] <= before[1] && now[2] <= before[2]))
}

# take_picture: the screen in $LATCH_CAPTURE, by latch's writeback; there when it is complete.
take_picture() {
    rm -f "$LATCH_CAPTURE"
    kill -USR1 "$LATCH_PID"
    wait_until 30 test -e "$LATCH_CAPTURE"
}

# pixel_is X Y RRGGBB...: in the last picture, which is unpacked once for all of them.
pixel_is() { kms-picture is "$LATCH_CAPTURE" 0 "$@"; }

# move_pointer X Y: each from 0 to 32767.
move_pointer() {
    lab-monitor --qmp "{\"execute\": \"input-send-event\", \"arguments\": {\"events\": [
        {\"type\": \"abs\", \"data\": {\"axis\": \"x\", \"value\": $1}},
        {\"type\": \"abs\", \"data\": {\"axis\": \"y\", \"value\": $2}}]}}" >/dev/null
    nap 0.1
}

# mouse SECONDS: reports 500 times a second; to be run in the background.
mouse() {
    modprobe uinput
    exec kms-mouse "$1"
}

# hold_console: the kernel shows its console on a device when its last user or its master leaves.
# It is made to do so now, so that there is something to compare with; from here on somebody else
# has the device open too. The kernel may still put its console back before we look: then this
# shows only that latch leaves nothing in its way.
hold_console() {
    python3 -c '
import fcntl, os, sys, time
os.close(os.open(sys.argv[1], os.O_RDWR))
time.sleep(0.2)
try:
    fcntl.ioctl(os.open(sys.argv[1], os.O_RDWR), 0x641f)  # DRM_IOCTL_DROP_MASTER
except OSError:
    pass
print("held", flush=True)
time.sleep(1000)' "$LATCH_DEVICE" >"$work/held" 2>&1 &
    # shellcheck disable=SC2034 # jobs end it
    console_holder=$!
    wait_until 5 has "$work/held" held
}

# What the kernel has on the screen, without the numbers that change by themselves.
drm_state() {
    sed -E -e '/refcount=|use_count=|pin_count=|vaddr=|_changed=/d' -e 's/fb=[0-9]+/fb=N/' \
        -e '/allocated by/d' "$(debugfs_file state)"
}

# Numbers the cases, and says at the end how many there were. Each line goes out at once, so that
# what was found is not lost when the job takes too long.
number_cases() {
    local line n=0 failed=0
    while IFS= read -r line; do
        case $line in
        'ok - '*) line="ok $((++n)) ${line#ok }" ;;
        'not ok - '*' # TODO '*) line="not ok $((++n)) ${line#not ok }" ;;
        'not ok - '*) line="not ok $((++n)) ${line#not ok }" failed=1 ;;
        'not ok'*) failed=1 ;;
        esac
        printf '%s\n' "$line"
    done
    echo "1..$n"
    return $failed
}

# run_job FUNCTION
run_job() {
    set -o pipefail
    "$1" | number_cases
}
