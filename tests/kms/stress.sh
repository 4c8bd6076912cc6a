#!/bin/bash
# SPDX-License-Identifier: MIT
# A victim beside each kind of hostile client (latch-stress), every invalid request, deaths with
# fences pending. What latch holds afterwards is what it held before.
#
#   stress.sh [PART...]   these parts; without an argument all but pending and churn
#
#   fences   the victim's frames, and latch's CPU
#   pending  of those, the fences that never signal
#   control  the pointer moves; with a seat on a VT, the session goes away and comes back
#   floods   commits as fast as the socket takes them
#   crowds   very many surfaces, rectangles and callbacks
#   bad      every invalid request
#   deaths   clients that are killed, at each step of their lives
#   churn    many clients that are killed with fences pending, one after another and all at once
#
#   LATCH_STRESS_SECONDS  how long the victim runs beside each of them (1)
#   LATCH_STRESS_DEATHS   how many clients die at each step (5)
#   LATCH_STRESS_ROUNDS   how often all invalid requests are made (2)
#   LATCH_STRESS_CHURN    how many clients die one after another (1000)
#   LATCH_STRESS_AT_ONCE  how many of them at once (200)
set -u
# shellcheck source=tests/kms/job.sh
source "$(dirname "$0")/job.sh"

seconds=${LATCH_STRESS_SECONDS:-1}
deaths=${LATCH_STRESS_DEATHS:-5}
rounds=${LATCH_STRESS_ROUNDS:-2}
churn=${LATCH_STRESS_CHURN:-1000}
at_once=${LATCH_STRESS_AT_ONCE:-200}

parts=("$@")
((${#parts[@]})) || parts=(fences control floods crowds bad deaths)

# Where time is exact (see is_exact), the victim misses no refresh beside a client whose fences never
# signal, as it misses none alone. One whose windows are composed makes the victim's frames dearer than
# what was learned without: latch's margin is such that it may lose one in fifty by that. So may a
# flood, which takes from the victim's client as much of the processor as it gets itself.
may_lose=50
# Much that comes at once takes latch by surprise, and one read of the socket is the least that it does of it.
may_lose_to_crowd=20

# latch may take twice the CPU that it takes for the victim alone. A hostile client whose buffers come
# back goes on committing, so it is one more client to serve, which may cost what a good one costs:
# there the measure is the victim beside a client with the same window and signalled fences. Those
# whose fences never signal have no such excuse. The limit is no less than this part of a processor,
# as twice next to nothing is nothing too.
cpu_factor=2
cpu_least_percent=3

# What malloc may keep, and the statistics of the last 16 surfaces that have gone, of which a page is
# used for each length of time that was seen. Clients come and go: what is
# lost with each of them is soon more than this. And the ring of the newest records
# (LATCH_RING_BLOCKS) fills up. Of many at the same moment it keeps more, by as much for each; when they
# come once more, that is used again.
memory_kept_kib=$((4096 + 16 * 512 + 4096))
memory_kept_of_crowd_kib=64

# Small, as all is drawn by CPU; but the victim's is the larger one: what is hidden is not drawn.
hostile_size=96x96

# The frames of SECONDS at 60 Hz, or what twice as many seconds have of them; says how it went in
# $work/victim.json. It ends after a flip: the end of a program takes the processor for some
# milliseconds, which in the midst of a refresh is what the kernel needs to show the last frame.
animation=(latch-client --software --size 160x120 --title victim --json "$work/victim.json")
victim() {
    timeout --preserve-status -s TERM -k 3 $((2 * $1)) "${animation[@]}" --frames $((60 * $1)) \
        2>"$work/victim.log"
}

# figure FILE NAME: a number at the top of an indented JSON file. Much faster than a program that
# reads JSON is here.
figure() {
    local line
    while IFS= read -r line; do
        if [[ $line =~ ^'    '\"$2\":\ (-?[0-9]+),?$ ]]; then
            echo "${BASH_REMATCH[1]}"
            return
        fi
    done <"$1"
}

# CPU time of latch, in microseconds: its main thread is the one that works for clients.
cpu_us() {
    local ns
    read -r ns _ <"/proc/$LATCH_PID/schedstat"
    echo $((ns / 1000))
}

# With nobody beside it: $usual refreshes missed, so many frames, and $usual_cpu of latch.
alone() {
    rm -f "$work/victim.json"
    local cpu
    cpu=$(cpu_us)
    victim "$seconds" || { cat "$work/victim.log"; return 1; }
    usual_cpu=$(($(cpu_us) - cpu))
    usual=$(figure "$work/victim.json" missed)
    usual_frames=$(figure "$work/victim.json" presented)
    echo "alone: $usual_frames frames, $usual missed, $(milliseconds $usual_cpu) ms of CPU"
    ! is_exact || ((usual == 0 && usual_frames >= seconds * 60 - 15))
}

milliseconds() { echo "$((($1 + 500) / 1000))"; }

# What latch takes for the victim and a client of good manners: $good_cpu.
beside_good() {
    good_cpu=
    beside --sync implicit --fence ready || return
    good_cpu=$last_cpu
}

# Whether the buffers of updates with such fences come back.
come_back() { [[ ! " $* " =~ \ (never|unmaterialised)\  ]]; }

# cpu_is_fair US OPTION...: what latch took while the victim ran.
cpu_is_fair() {
    local cpu=$1 limit least=$((seconds * 10000 * cpu_least_percent))
    shift
    limit=$((usual_cpu * cpu_factor))
    ! come_back "$@" || ((good_cpu <= usual_cpu)) || limit=$((good_cpu * cpu_factor))
    ((limit >= least)) || limit=$least
    echo "latch: $(milliseconds "$cpu") ms of CPU, alone $(milliseconds "$usual_cpu")," \
        "limit $(milliseconds $limit)"
    ! is_exact || ((cpu <= limit))
}

# may_miss FRAMES OPTION...: how many of so many the victim may miss beside it.
may_miss() {
    # Its begin costs two, however short the run is.
    local some=$(($1 / may_lose > 2 ? $1 / may_lose : 2))
    case " $* " in
    *' --crowd '*) echo $(($1 / may_lose_to_crowd)) ;;
    *' --surfaces '* | *' --flood '*) echo $some ;;
    *) come_back "$@" && echo $some || echo 0 ;;
    esac
}

# beside OPTION...: the victim, with latch-stress beginning and ended in the midst of its life; what
# the start of a program costs the machine is over before. A client that the compositor ends for what it
# does (6) is as good as one that it bears.
beside() {
    local hostile victim_pid status=0 frames missed gap cpu
    rm -f "$work"/{victim,hostile}.json
    latch-stress --size $hostile_size --begin-after 1 "$@" --json "$work/hostile.json" \
        2>"$work/hostile.log" &
    hostile=$!
    sleep 0.7
    cpu=$(cpu_us)
    victim "$seconds" &
    victim_pid=$!
    wait $victim_pid || { echo "the victim failed"; cat "$work/victim.log"; status=1; }
    last_cpu=$(($(cpu_us) - cpu))
    kill $hostile 2>/dev/null
    wait_until 5 gone $hostile || { echo "the hostile client hangs"; kill -KILL $hostile; }
    wait $hostile
    case $? in
    0 | 6) ;;
    *) echo "the hostile client could not do it"; cat "$work/hostile.log"; status=1 ;;
    esac
    [[ -s $work/victim.json && -s $work/hostile.json ]] || return 1
    frames=$(figure "$work/victim.json" presented)
    missed=$(figure "$work/victim.json" missed)
    gap=$(($(figure "$work/victim.json" longest_gap_ns) / 1000000))
    echo "victim: $frames frames, $missed missed, longest gap $gap ms;" \
        "alone $usual_frames and $usual"
    echo "hostile: $(figure "$work/hostile.json" commits) commits," \
        "status $(figure "$work/hostile.json" status)"
    [[ ! ${good_cpu:-} ]] || cpu_is_fair $last_cpu "$@" || status=1
    head -n 3 "$work/hostile.log"
    ! is_exact || ((missed <= $(may_miss $frames "$@"))) || status=1
    ((frames > 0)) && lives || status=1
    return $status
}

# Shows the figures of what went well, too.
measured() { # NAME COMMAND...
    check "$@"
    sed -En '/^(alone|victim|hostile|latch|control|before|after|killed):/s/^/# /p' "$work/check.log"
}

# --- what latch holds ------------------------------------------------------------------------

# What is no file's, in KiB.
resident_memory() {
    [[ $(<"/proc/$LATCH_PID/status") =~ RssAnon:[[:space:]]*([0-9]+) ]]
    echo "${BASH_REMATCH[1]}"
}

# What job.sh's holdings() says, and resident memory.
everything() { echo "$(holdings) $(resident_memory)"; }

# AddressSanitizer keeps what is freed, so there memory says nothing (but LeakSanitizer does).
is_sanitized() { grep -q 'lib[at]san' "/proc/$LATCH_PID/maps"; }

nothing_more() {
    not_more_than_before &&
        { (($(resident_memory) <= before[3] + may_grow_kib)) || is_sanitized; }
}

# It takes a few frames until the last buffer has left the screen.
returns() {
    local status=0
    wait_until 5 nothing_more || status=1
    echo "before: ${before[*]} fds, framebuffers, dma-bufs, KiB"
    echo "after: $(everything)"
    return $status
}

# leaves_nothing NAME COMMAND...: what latch holds is not more than it was before.
leaves_nothing() {
    local before
    read -r -a before <<<"$(everything)"
    measured "$@"
    measured "$1: nothing is left behind" returns
}

# --- the cases -------------------------------------------------------------------------------

# hostile_fences [FENCE...]: of these kinds; all of them, where none is named.
hostile_fences() {
    local sync fence kinds
    measured "a victim beside a client of good manners" beside_good
    for sync in implicit sync-file syncobj; do
        if [[ $sync == syncobj ]] && ! offers wp_linux_drm_syncobj_manager_v1; then
            echo "ok - fences by syncobj # SKIP not offered"
            continue
        fi
        kinds=(never late:500 error future proxy user random)
        # The gate gets a sync_file from a dma-buf as well: all kinds of them are tried there.
        [[ $sync != sync-file ]] || kinds=(never random)
        (($# == 0)) || kinds=("$@")
        [[ $sync != syncobj ]] || kinds+=(unmaterialised)
        for fence in "${kinds[@]}"; do
            measured "a victim beside fences by $sync: $fence" beside --sync $sync --fence "$fence"
        done
    done
}

hostile_pending() { hostile_fences never; }

# cursor_is_near X Y: a plane with the shape of a cursor is there, give or take its hotspot.
cursor_is_near() {
    local line before_x before_y
    while read -r line; do
        [[ $line =~ ^crtc-pos=([0-9]+)x([0-9]+)\+?(-?[0-9]+)\+?(-?[0-9]+)$ ]] || continue
        before_x=$(($1 - BASH_REMATCH[3])) before_y=$(($2 - BASH_REMATCH[4]))
        ((BASH_REMATCH[1] != BASH_REMATCH[2] || before_x < 0 || before_x >= 32 || before_y < 0 ||
            before_y >= 32)) || return 0
    done <<<"$(<"$(debugfs_file state)")"
    return 1
}

# "WIDTH HEIGHT" of the first output's mode.
screen_size() { latchctl planes | sed -nE '1s/^[^:]*: ([0-9]+)x([0-9]+) .*/\1 \2/p'; }

# The pointer goes to three places of the screen where no window of these clients is.
pointer_is_followed() {
    local x y width height
    read -r width height < <(screen_size)
    [[ ${height:-} ]] || { echo "no screen"; return 1; }
    for x in 40 $((width - 44)) 40; do
        y=$((x == 40 ? 60 : height - 68))
        move_pointer $((x * 32768 / width)) $((y * 32768 / height))
        wait_until 1 cursor_is_near $x $y || { echo "no cursor at $x,$y"; drm_state; return 1; }
    done
}

# Away to another terminal and back; then the victim's frames are on the screen again.
session_comes_back() {
    chvt 2
    wait_until 3 on_vt 2 || { echo "no second terminal"; return 1; }
    sleep 0.3
    answers || { echo "no answer while away"; return 1; }
    chvt 1
    wait_until 3 on_vt 1 || { echo "no way back"; return 1; }
    wait_until 3 picture_changes || { echo "no frames after the way back"; return 1; }
}
on_vt() { [[ $(fgconsole) == "$1" ]]; }

# Five times within two seconds, whatever number a framebuffer has.
picture_changes() {
    local last='' state line shown n changes=0
    state=$(debugfs_file state)
    for ((n = 0; n < 40 && changes < 5; n++)); do
        shown=
        while read -r line; do
            [[ $line != fb=* ]] || shown+=$line,
        done <<<"$(<"$state")"
        [[ $shown == "$last" ]] || changes=$((changes + 1))
        last=$shown
        nap 0.04 # after three refreshes the same buffer may be back
    done
    echo "control: $changes changes of framebuffers in $n looks"
    ((changes >= 5))
}

control_beside() { # OPTION...
    local hostile victim_pid status=0
    "${animation[@]}" 2>"$work/victim.log" &
    victim_pid=$!
    latch-stress --size $hostile_size "$@" 2>"$work/hostile.log" &
    hostile=$!
    sleep 1
    pointer_is_followed || status=1
    picture_changes || { echo "the victim has no frames"; status=1; }
    [[ ! $LAB_VT ]] || session_comes_back || status=1
    kill -0 $hostile 2>/dev/null || { echo "the hostile client has ended"; status=1; }
    answers || { echo "latch does not answer"; status=1; }
    end $victim_pid $hostile
    ((status == 0)) || cat "$work/hostile.log"
    move_pointer 32767 32767
    return $status
}

hostile_control() {
    local what="the pointer moves"
    [[ ! $LAB_VT ]] || what+=", the session goes away and comes back,"
    measured "$what beside fences on the dma-buf" control_beside --sync implicit --fence never
    measured "$what beside sync_files" control_beside --sync sync-file --fence never
    offers wp_linux_drm_syncobj_manager_v1 || return 0
    measured "$what beside points" control_beside --sync syncobj --fence never
    measured "$what beside points without fences" \
        control_beside --sync syncobj --fence unmaterialised
}

hostile_floods() {
    local sync seconds=2
    good_cpu= # a flood costs what it costs
    measured "a victim beside eight windows and forty fences" \
        beside --sync sync-file --fence never --surfaces 8 --buffers 6 --size 64x64
    for sync in implicit sync-file; do
        measured "a victim beside a flood of commits by $sync" \
            beside --sync $sync --fence ready --flood --size 64x64
    done
    measured "a victim beside a flood of fences" \
        beside --sync sync-file --fence never --flood --size 64x64
}

# Work that one client makes: the victim misses nothing, or the client is refused by name.
hostile_crowds() {
    local seconds=3 kind number
    good_cpu=
    for kind in subsurfaces:500 subsurfaces:16000 windows:500 windows:1000 region:2000 \
        region:100000 callbacks:20000; do
        number=${kind#*:}
        measured "a victim beside $number ${kind%:*} of one client" \
            beside --crowd "${kind%:*}" --surfaces "$number"
    done
    check "the client with too many surfaces is refused by name" \
        grep 'at most 512 surfaces with a buffer (--limits surfaces=N)' "$latch_log"
    check "the client with too many callbacks is refused by name" \
        grep 'at most 1024 frame callbacks and feedbacks (--limits callbacks=N)' "$latch_log"
    check "the client with too many rectangles is refused by name" \
        grep 'at most 2048 rectangles in a region (--limits rectangles=N)' "$latch_log"
}

# The cases of latch-stress itself are ours, each with its name.
hostile_bad() {
    local pid status=0
    "${animation[@]}" 2>"$work/victim.log" &
    pid=$!
    bad_requests $((60 + rounds * 20)) --bad --repeat "$rounds" || status=1
    kill $pid
    wait $pid
    verdict $status "all invalid requests were made $rounds times" "$work/bad.log"
    check "the victim had frames beside invalid requests" has_frames
}

has_frames() {
    local frames missed
    frames=$(figure "$work/victim.json" presented)
    missed=$(figure "$work/victim.json" missed)
    echo "victim: $frames frames, $missed missed"
    # Rounded up: the victim's client may wait for the processor once, and another time.
    ((frames > 30)) && { ! is_exact || ((missed <= (frames + may_lose - 1) / may_lose)); }
}

dies() { # STEP NUMBER OPTION...
    local step=$1 number=$2
    shift 2
    timeout -k 1 $((60 + number)) latch-stress --die "$step" --repeat "$number" --json "$work/die.json" \
        --size 64x64 "$@" || return
    echo "killed: $(figure "$work/die.json" killed)"
    [[ $(figure "$work/die.json" escaped) == 0 ]] && lives
}

hostile_deaths() {
    local sync
    for sync in implicit sync-file syncobj; do
        if [[ $sync == syncobj ]] && ! offers wp_linux_drm_syncobj_manager_v1; then
            continue
        fi
        leaves_nothing "clients die at each step, fences by $sync" dies all "$deaths" --sync $sync
    done
    ! offers wp_linux_drm_syncobj_manager_v1 ||
        leaves_nothing "clients die with points that never come" \
            dies pending "$deaths" --sync syncobj --fence unmaterialised
    leaves_nothing "twenty clients at once die with pending fences" \
        dies pending $((deaths * 10)) --sync sync-file --at-once 20
}

# Each with a commit that latch waits for, beside the picture that is shown.
hostile_churn() {
    local sync=auto fence=never
    leaves_nothing "$churn clients die one after another with pending fences" \
        dies pending "$churn" --sync $sync --fence $fence
    may_grow_kib=$((memory_kept_kib + at_once * memory_kept_of_crowd_kib))
    leaves_nothing "$at_once clients die at once with pending fences" \
        dies pending "$at_once" --sync $sync --fence $fence --at-once "$at_once"
    # Whatever was lost with each of them would be lost once more.
    may_grow_kib=$memory_kept_kib
    leaves_nothing "$at_once clients die at once, once more" \
        dies pending "$at_once" --sync $sync --fence $fence --at-once "$at_once"
    may_grow_kib=$((memory_kept_kib + at_once * memory_kept_of_crowd_kib))
}

answers() { timeout 2 latchctl planes >/dev/null; }

job() {
    local part before may_grow_kib first usual=0 usual_frames=0 usual_cpu=0 good_cpu='' last_cpu=0
    start_latch --renderer pixman
    lives || return
    move_pointer 32767 32767
    # The first clients make latch fetch what it keeps: libraries, what composition needs, and the
    # statistics of the last surfaces that were shown and have gone (LATCH_STATISTICS_GONE_MAX).
    timeout 2 latch-client --software --size 64x64 --scale-to 70x70 --frames 1000 2>/dev/null &
    first=$!
    for _ in {1..20}; do
        latch-client --software --size 64x64 --frames 3 2>/dev/null
    done
    victim 2
    wait $first
    measured "a victim alone" alone
    for part in "${parts[@]}"; do
        may_grow_kib=$memory_kept_kib
        read -r -a before <<<"$(everything)"
        "hostile_$part"
        measured "$part: what latch holds is what it held before" returns
    done
    check "latch answers" answers
    stop_latch
    ! grep -iE 'assert|sanitizer|runtime error' "$latch_log"
    verdict $? "latch complains of nothing of its own"
    cp "$latch_log" "$LAB_OUT/lab/latch-stress.log"
}

run_job job
