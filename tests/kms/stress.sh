#!/bin/bash
# A victim beside each kind of hostile client (latch-stress), every invalid request, deaths with
# fences pending. What latch holds afterwards is what it held before.
#
#   stress.sh [fences] [floods] [bad] [deaths]   these parts; all without an argument
#
#   LATCH_STRESS_SECONDS  how long the victim runs beside each of them (2)
#   LATCH_STRESS_DEATHS   how many clients die at each step (5)
#   LATCH_STRESS_ROUNDS   how often all invalid requests are made (2)
set -u
# shellcheck source=tests/kms/job.sh
source "$(dirname "$0")/job.sh"

seconds=${LATCH_STRESS_SECONDS:-2}
deaths=${LATCH_STRESS_DEATHS:-5}
rounds=${LATCH_STRESS_ROUNDS:-2}

parts=("$@")
((${#parts[@]})) || parts=(fences floods bad deaths)

# The victim may miss so many refreshes a second more than alone: an emulated machine takes the
# processor away now and then. It is tried again when that is not enough, once. A client that has
# to wait for another's fence misses sixty, each time.
tolerance=3

# At 60 Hz for some seconds; says how it went in $work/victim.json.
animation=(latch-client --software --size 320x240 --title victim --json "$work/victim.json")
victim() {
    timeout --preserve-status -s TERM -k 3 "$1" "${animation[@]}" 2>"$work/victim.log"
}

# figure FILE NAME: a number at the top of an indented JSON file. Much faster than a program that
# reads JSON is here.
figure() { sed -n "s/^    \"$2\": \([-0-9]*\),\{0,1\}\$/\1/p" "$1"; }

cpu_ticks() { awk '{print $14 + $15}' "/proc/$LATCH_PID/stat"; }

# With nobody beside it: $usual refreshes missed, and so many frames.
alone() {
    rm -f "$work/victim.json"
    victim "$seconds" || { cat "$work/victim.log"; return 1; }
    usual=$(figure "$work/victim.json" missed)
    usual_frames=$(figure "$work/victim.json" presented)
    echo "alone: $usual_frames frames, $usual missed"
    ((usual_frames >= seconds * 30))
}

# beside OPTION...: the victim, with latch-stress started and ended in the midst of its life. A
# client that the compositor ends for what it does (6) is as good as one that it bears.
beside() { try_beside "$@" || { echo "once more"; try_beside "$@"; }; }

try_beside() {
    local hostile victim_pid status=0 frames missed gap ticks
    rm -f "$work"/{victim,hostile}.json
    ticks=$(cpu_ticks)
    victim "$seconds" &
    victim_pid=$!
    sleep 0.3
    latch-stress "$@" --json "$work/hostile.json" 2>"$work/hostile.log" &
    hostile=$!
    wait $victim_pid || { echo "the victim failed"; cat "$work/victim.log"; status=1; }
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
    echo "latch: $(($(cpu_ticks) - ticks)) ticks of CPU"
    head -n 3 "$work/hostile.log"
    ((missed <= usual + tolerance * seconds && frames > 0)) && lives || status=1
    return $status
}

# Shows the figures of what went well, too.
measured() { # NAME COMMAND...
    check "$@"
    grep -E '^(alone|victim|hostile|latch|before|after|killed):|^once more' \
        "$work/check.log" | sed 's/^/# /'
}

# --- what latch holds ------------------------------------------------------------------------

# "FDS FRAMEBUFFERS DMABUFS"
holdings() {
    local debugfs=/sys/kernel/debug
    echo "$(find "/proc/$LATCH_PID/fd" -mindepth 1 | wc -l)" \
        "$(grep -c '^framebuffer\[' "$debugfs/dri/${LATCH_DEVICE#/dev/dri/card}/framebuffer")" \
        "$(sed -n 's/^Total \([0-9]*\) objects.*/\1/p' "$debugfs/dma_buf/bufinfo")"
}

resident_kib() { awk '/^VmRSS:/ {print $2}' "/proc/$LATCH_PID/status"; }

not_more_than_before() {
    local now
    read -r -a now <<<"$(holdings)"
    ((now[0] <= before[0] && now[1] <= before[1] && now[2] <= before[2]))
}

# It takes a few frames until the last buffer has left the screen.
returns() {
    local status=0
    wait_until 5 not_more_than_before || status=1
    echo "before: ${before[*]} fds, framebuffers, dma-bufs"
    echo "after: $(holdings), $(resident_kib) KiB"
    return $status
}

# leaves_nothing NAME COMMAND...: what latch holds is not more than it was before.
leaves_nothing() {
    read -r -a before <<<"$(holdings)"
    measured "$@"
    measured "$1: nothing is left behind" returns
}

# --- the cases -------------------------------------------------------------------------------

offers() { wayland-info | grep -q "'$1'"; }

hostile_fences() {
    local sync fence kinds
    for sync in implicit sync-file syncobj; do
        if [[ $sync == syncobj ]] && ! offers wp_linux_drm_syncobj_manager_v1; then
            echo "ok - fences by syncobj # SKIP not offered"
            continue
        fi
        kinds=(never late:50 late:500 error future proxy user random)
        [[ $sync != syncobj ]] || kinds+=(unmaterialised)
        for fence in "${kinds[@]}"; do
            measured "a victim beside fences by $sync: $fence" beside --sync $sync --fence "$fence"
        done
    done
}

hostile_floods() {
    local sync
    measured "a victim beside eight windows and forty fences" \
        beside --sync sync-file --fence never --surfaces 8 --buffers 6 --size 64x64
    for sync in implicit sync-file; do
        measured "a victim beside a flood of commits by $sync" \
            beside --sync $sync --fence ready --flood --size 64x64
    done
    measured "a victim beside a flood of fences" \
        beside --sync sync-file --fence never --flood --size 64x64
}

# The cases of latch-stress itself are ours, each with its name.
hostile_bad() {
    local pid status=0
    "${animation[@]}" 2>"$work/victim.log" &
    pid=$!
    timeout -k 1 60 latch-stress --bad --repeat "$rounds" >"$work/bad.tap" 2>"$work/bad.log" ||
        status=$?
    sed -E -n -e 's/^(ok|not ok) [0-9]+ - /\1 - invalid: /p' "$work/bad.tap"
    ((status <= 1)) || sed 's/^/# /' "$work/bad.log"
    kill $pid
    wait $pid
    ((status <= 1))
    verdict $? "all invalid requests were made $rounds times" "$work/bad.log"
    check "the victim had frames beside invalid requests" \
        test "$(figure "$work/victim.json" longest_gap_ns)" -lt 500000000
}

dies() { # STEP NUMBER OPTION...
    local step=$1 number=$2
    shift 2
    timeout -k 1 60 latch-stress --die "$step" --repeat "$number" --json "$work/die.json" \
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

answers() { timeout 2 latchctl planes >/dev/null; }

job() {
    local part before first second usual=0 usual_frames=0
    start_latch --renderer pixman
    lives || return
    move_pointer 32767 32767
    # The first clients make latch fetch what it keeps: libraries, and what composition needs.
    latch-stress --fence ready --surfaces 8 --seconds 2 2>/dev/null &
    first=$!
    timeout 2 weston-simple-shm 2>/dev/null &
    second=$!
    victim 2
    wait $first $second
    measured "a victim alone" alone
    for part in "${parts[@]}"; do
        read -r -a before <<<"$(holdings)"
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
