#!/bin/bash
# SPDX-License-Identifier: MIT
# 'latch explain' of clients that others wrote, and of ours: it says the right reasons, and judges what
# is expected; so does latch-report of a trace.
set -u
# shellcheck source=tests/kms/job.sh
source "$(dirname "$0")/job.sh"

# explains STATUS OPTION...: latch explain ends with this status; what it said is $said, in one line.
explains() {
    local wanted=$1 status=0
    shift
    timeout -k 1 25 latch explain --device "$LATCH_DEVICE" --log error "$@" >"$work/out" 2>"$work/err" || status=$?
    said=$(tr -s ' \n' ' ' <"$work/out")
    fold -s -w 100 "$work/out" "$work/err"
    [[ $status == "$wanted" ]] || { echo "status $status, not $wanted"; return 1; }
}

# says TEXT...: each was said.
says() {
    local text
    for text in "$@"; do
        [[ $said == *"$text"* ]] || { echo "it does not say '$text'"; return 1; }
    done
}

shm_is_on_a_plane() {
    explains 0 --frames 61 --expect 'on-plane>=95%, on-overlay>=57 frames>=60 composed=0' -- weston-simple-shm &&
        says 'org.freedesktop.weston.simple-shm (1), pid ' \
            ': 60 frames were shown. All of them were on planes, as they are: 60 on overlay planes. From the commit to the flip it took ' \
            'as expected: on-plane>=95%: it is 100.00 % (60 / 60 frames) as expected: on-overlay>=57: it is 60 as'
}

unmet_ends_with_99() {
    explains 99 --frames 31 --expect 'frames>=30 on-plane<=5%' -- weston-simple-shm &&
        says 'as expected: frames>=30: it is 30 not as expected: on-plane<=5%: it is 100.00 % (30 / 30 frames)'
}

switched_off_is_disabled() {
    explains 0 --frames 31 --no-scanout --expect 'composed-disabled=100% org.freedesktop.weston.simple-shm:on-plane=0' \
        -- weston-simple-shm &&
        says 'None of them was on a plane. 30 (100.0 %) were composed: direct scanout is switched off by an option (disabled, 30 frames). What would help against disabled: start latch without --no-scanout. ' \
            'composed 30, disabled: direct scanout is switched off by an option help: start latch without --no-scanout'
}

# Mesa's pools for its software renderer are not sealed.
egl_by_cpu_is_unsealed() {
    explains 0 --frames 31 --expect 'composed-shm-unsealed>=95%' -- weston-simple-egl &&
        says 'the buffer is shared memory that is not sealed against shrinking (shm-unsealed, ' \
            'What would help against shm-unsealed: make the pool of a memfd'
}

damage_is_on_a_plane() {
    explains 0 --frames 31 --expect 'on-plane>=95% missed<=10% fence-errors=0' -- weston-simple-damage &&
        says 'org.freedesktop.weston.simple-damage (1)'
}

each_surface_has_a_paragraph() {
    explains 0 --frames 16 -- weston-subsurfaces || return
    (($(grep -c '), pid [0-9]* on Virtual' "$work/out") >= 2))
}

format_is_named() {
    explains 0 --expect 'latch-client:composed-format>=80%' -- latch-client --software --frames 20 --size 64x64 --format XR30 &&
        says 'no plane for it can show this pixel format, XR30 (format, ' \
            'What would help against format: draw in a format that a plane here has: AR24 '
}

# YCbCr comes before RGB where the buffer is YCbCr.
formats_are_of_its_kind() {
    explains 0 --expect 'composed-format>=80%' -- latch-client --software --frames 20 --size 64x64 --format YUYV &&
        says 'this pixel format, YUYV (format, ' 'a plane here has: NV12 '
}

size_is_named() {
    explains 99 --expect 'composed-scaling<=10%' -- \
        latch-client --software=udmabuf --frames 20 --size 60x60 --scale-to 90x60 &&
        says 'the kernel does not scale it (scaling, ' "tells the output's scale: 90x60. " \
            'the kernel refused it on a plane' 'here it is: Numerical result out of range. ' \
            'not as expected: composed-scaling<=10%: it is '
}

# In the mean, as its fence is late by a random part of a refresh.
late_fence_is_the_client() {
    explains 0 --expect 'commit-to-signalled-mean>=2ms signalled-to-submit-mean<=17ms' -- \
        latch-client --measure --fence late --sync syncobj --software --size 64x64 --frames 30 &&
        says "until the client's fence had signalled, "
}

wrong_words_start_nothing() {
    local words
    for words in 'on-plain>=95%' '' 'missed<=1ms' 'missed<=1 %' 'frames' 'frames>=10%'; do
        explains 101 --expect "$words" -- touch "$work/started" || return
        has "$work/err" 'latch-explain: --expect: ' || return
    done
    explains 101 --stats "$work/x" -- touch "$work/started" || return
    [[ ! -e $work/started && ! -e $work/x ]]
}

command_tells_its_status() {
    explains 7 --expect 'frames>=1' -- sh -c 'exit 7' && says 'No surface was shown.' 'not as expected: frames>=1: it is 0' &&
        explains 127 -- no-such-program && explains 104 --device /dev/dri/card99 -- true
}

# A signal ends latch, too, and it is told what latch has counted.
signal_ends_the_session() {
    local explain status=0
    latch explain --device "$LATCH_DEVICE" --log error --socket explained -- weston-simple-shm >"$work/out" 2>&1 &
    explain=$!
    wait_until 10 test -S "$XDG_RUNTIME_DIR/explained"
    nap 1
    kill -TERM $explain
    wait $explain || status=$?
    cat "$work/out"
    [[ $status == 0 ]] && has "$work/out" 'frames were shown.'
}

trace_is_judged_alike() {
    local status=0 trace=$work/explained.json
    explains 0 --frames 31 --trace "$trace" --expect 'on-plane=100% frames=30' -- weston-simple-shm || return
    latch-report --expect 'on-plane=100% frames=30' --json "$trace" >"$work/report" 2>"$work/err" || return
    cat "$work/err"
    has "$work/err" 'as expected: on-plane=100%: it is 100.00 % (30 / 30 frames)' || return
    python3 -m json.tool "$work/report" >/dev/null || return
    latch-report --expect 'composed>=1%' "$trace" >/dev/null 2>"$work/err" || status=$?
    [[ $status == 99 ]] && has "$work/err" 'not as expected: composed>=1%: it is 0.00 %' || return
    status=0
    latch-report --expect 'composed>=' "$trace" >/dev/null 2>"$work/err" || status=$?
    [[ $status == 2 ]]
}

# In a window of another latch.
window_has_no_planes() {
    env -u DISPLAY timeout -k 1 25 latch explain --log error --renderer pixman --frames 21 --expect 'composed-no-kms=100%' -- weston-simple-shm \
        >"$work/out" 2>"$work/err"
    local status=$?
    cat "$work/out" "$work/err"
    said=$(tr -s ' \n' ' ' <"$work/out")
    [[ $status == 0 ]] && says 'the output is a window and has no planes (no-kms, ' 'would have taken is not known'
}

top_says_why() {
    local client status
    weston-simple-shm >/dev/null 2>&1 &
    client=$!
    wait_until 10 latchctl top --once --watch=0.2
    latchctl top --once >"$work/top"
    cat "$work/top"
    grep -Eq '^    composed [1-9][0-9]*, disabled: direct scanout is switched off' "$work/top"
    status=$?
    end $client
    return $status
}

explain_job() {
    check "shared memory is on a plane, as expected" shm_is_on_a_plane
    check "what is not met ends with 99, and its figure" unmet_ends_with_99
    check "--no-scanout is told as the reason" switched_off_is_disabled
    check "an EGL client that draws by CPU is told to seal its pools" egl_by_cpu_is_unsealed
    check "weston-simple-damage is on a plane" damage_is_on_a_plane
    check "each of weston's subsurfaces has a paragraph" each_surface_has_a_paragraph
    check "a format that no plane shows is named" format_is_named
    check "a client of YCbCr is told of YCbCr" formats_are_of_its_kind
    check "the size that would need no scaling is named" size_is_named
    check "a late fence is the client's latency" late_fence_is_the_client
    check "what is expected has to be clear before anything starts" wrong_words_start_nothing
    check "the command's status goes through" command_tells_its_status
    check "a signal ends the session, and it is told" signal_ends_the_session
    check "latch-report judges a trace alike" trace_is_judged_alike
    start_latch --no-scanout
    check "latchctl top says what frames were composed for" top_says_why
    check "a window has no planes" window_has_no_planes
    stop_latch
}

run_job explain_job
