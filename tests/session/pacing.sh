#!/bin/bash
# SPDX-License-Identifier: MIT
# The pace of clients that others wrote: Mesa's Vulkan by weston-simple-vulkan, and SDL3. latch runs
# without a screen (wlroots' headless backend), which is shown 60 times a second. Runs in the lab: in
# its virtual time a client gets as many frames in each run. Skipped where these clients are not.
set -u
here=$(dirname "$(readlink -f "$0")")
work=$(mktemp -d)
trap 'kill "$pid" 2>/dev/null; rm -rf "$work"' EXIT
export XDG_RUNTIME_DIR=$work WAYLAND_DISPLAY=pacing
chmod 700 "$work"
# The CPU's Vulkan, wherever it runs; Mesa's layer that chooses among devices looks at DRM nodes.
lavapipe=/usr/share/vulkan/icd.d/lvp_icd.json
export VK_DRIVER_FILES=$lavapipe VK_ICD_FILENAMES=$lavapipe NODEVICE_SELECT=1

number=0
verdict() { # STATUS NAME
    echo "$( (($1 == 0)) || echo "not ")ok $((++number)) - $2"
}
skip() { echo "ok $((++number)) - $1 # SKIP $2"; }
count() { grep -acF -- "$1" "$work/log"; }

# vulkan SECONDS MODE: what it said and heard is in $work/log.
vulkan() {
    WAYLAND_DEBUG=client timeout -s INT -k 1 "$1" weston-simple-vulkan -p "$2" >"$work/log" 2>&1
    grep -aE 'rotocol error|wl_display#1.error' "$work/log" && return 1
    echo "# $(count '.commit()') commits, $(count set_barrier) barriers"
    (($(count '.commit()') > 3))
}

# Every frame is seen (the last ones may be under way at the end), and none comes too early.
fifo() {
    vulkan 2 2 || return 1
    (($(count set_barrier) >= $(count '.commit()') - 3)) || return 1
    (($(count wait_barrier) == $(count set_barrier))) || return 1
    (($(count 'wp_presentation_feedback') == 0 || $(count '.discarded(') == 0)) || return 1
    (($(count '.commit()') <= 2 * 62 + 10))
}

# Nobody waits: what is not seen gives way to what is newer.
mailbox() {
    vulkan 1 1 || return 1
    (($(count set_barrier) == 0 && $(count wait_barrier) == 0 && $(count '.commit()') > 2 * 62))
}

# Nothing of it is to be seen, and it gets no vblank of its own: it goes on at the display's pace all
# the same, neither as fast as it can nor once a second.
covered() {
    local below above before commits
    WAYLAND_DEBUG=client timeout -s INT -k 1 3 weston-simple-vulkan -p 2 >"$work/log" 2>&1 &
    below=$!
    sleep 1
    timeout -s INT -k 1 2 weston-simple-vulkan -f -o -p 2 >"$work/above.log" 2>&1 &
    above=$!
    sleep 1
    before=$(count set_barrier)
    sleep 0.5
    commits=$(($(count set_barrier) - before))
    wait "$below" "$above"
    echo "# $commits commits in half a second below a fullscreen window"
    ((commits >= 3 && commits <= 35))
}

# sdl RENDERER VSYNC: 30 frames by SDL3, which take half a second with vsync.
sdl() {
    local status=0
    WAYLAND_DEBUG=client SDL_VIDEODRIVER=wayland timeout -k 1 20 \
        python3 "$here/frame-pace.py" "$1" "$2" 30 >"$work/seconds" 2>"$work/log" || status=$?
    sed 's/^/# /' "$work/seconds"
    ((status == 0)) || return "$status"
    grep -aE 'rotocol error|wl_display#1.error' "$work/log" && return 1
    (($2 == 0)) || awk '{ exit !($1 > 0.35) }' "$work/seconds"
}

WLR_BACKENDS=headless WLR_LIBINPUT_NO_DEVICES=1 latch --renderer pixman --socket pacing \
    >"$work/latch.log" 2>&1 &
pid=$!
for _ in {1..100}; do
    [[ -S $work/pacing ]] && break
    sleep 0.05
done
if [[ ! -S $work/pacing ]]; then
    echo "1..0 # SKIP latch has no headless session here"
    exit
fi

if command -v weston-simple-vulkan >/dev/null && [[ -e $lavapipe ]]; then
    fifo
    verdict $? "Vulkan FIFO: each frame is seen, at the display's pace"
    mailbox
    verdict $? "Vulkan MAILBOX: newer frames take the place of older ones"
    covered
    verdict $? "Vulkan FIFO: a covered window goes on, at the display's pace"
else
    skip "Vulkan" "no weston-simple-vulkan, or no Vulkan for the CPU"
fi
for case in "vulkan 1" "vulkan 0" "software 1"; do
    # shellcheck disable=SC2086 # two words
    sdl $case
    status=$?
    if ((status == 77 || status == 127)); then
        skip "SDL3, $case" "no SDL3 with that renderer, or no python3"
    else
        verdict $status "SDL3, renderer and vsync: $case"
        [[ $case != "vulkan 1" ]] || { (($(count wait_barrier) > 15)); verdict $? "SDL3's Vulkan uses fifo-v1"; }
    fi
done
kill "$pid"
wait "$pid"
verdict $? "latch ends well"
sed 's/^/# /' "$work/latch.log" | tail -n 25
echo "1..$number"
