#!/bin/bash
# SPDX-License-Identifier: MIT
# Windows of every kind of fence, whose fences are late by chance, until so many content updates
# were on the screen. Then the trace is checked by a program that knows only the trace, and what
# latch held is looked at over time. See docs/sync.md, "How a trace proves it".
#
#   soak.sh [UPDATES [SECONDS]]   as many shown updates (2000), but no longer than that (15)
#
#   LATCH_SOAK_TOLERANCE  KiB that resident memory may grow by, see soak-table
#   LATCH_SOAK_TRACE      keep the trace
set -u
# shellcheck source=tests/kms/job.sh
source "$(dirname "$0")/job.sh"

updates=${1:-2000} limit=${2:-15}
results=$LAB_OUT/soak
samples=$results/samples

# Windows stand in a row from the middle of the screen; on one of this size each stays visible.
mode=1920x1080

# seconds, updates shown; resident and proportional KiB; fds; framebuffers; dma-bufs of all
sample() {
    echo "$1 $shown" "$(awk '/^Rss:/ {r = $2} /^Pss:/ {p = $2} END {print r, p}' \
        "/proc/$LATCH_PID/smaps_rollup")" "$(holdings)" >>"$samples"
}

returns() {
    local status=0
    wait_until 5 not_more_than_before || status=1
    echo "before: ${before[*]} fds, framebuffers, dma-bufs; after: $(holdings)"
    return $status
}

# Adds to $shown what has come to the trace since the last look.
shown=0 trace_at=0
count_shown() {
    local size
    size=$(stat -c %s "$work/trace.json")
    shown=$((shown + $(tail -c +$((trace_at + 1)) "$work/trace.json" |
        head -c $((size - trace_at)) | grep -c '"presented":true')))
    trace_at=$size
}

# stress SYNC OPTION...: late by chance.
stress() {
    local sync=$1
    shift
    latch-stress --fence random --sync "$sync" "$@" 2>>"$work/clients.log" &
    clients+=($!)
}

# Most stay; others' windows come and go, with fences pending, and commit faster than the screen
# can show. Planes are fewer than windows, so several are composed.
start_clients() {
    local forever=1000000000
    latch-client --software --size 320x240 --title steady 2>>"$work/clients.log" &
    clients+=($!)
    stress implicit --surfaces 4 --buffers 3 --size 96x96 --seed 1
    stress sync-file --surfaces 4 --buffers 4 --size 80x80 --seed 2
    stress implicit --surfaces 1 --buffers 4 --size 64x64 --interval 4 --seed 3 \
        --seconds 1.7 --repeat $forever
    stress sync-file --surfaces 2 --buffers 3 --size 64x64 --interval 10 --seed 4 \
        --seconds 2.3 --repeat $forever
    if [[ $syncobj ]]; then
        stress syncobj --surfaces 4 --buffers 2 --size 72x72 --seed 5
        stress syncobj --surfaces 2 --buffers 4 --size 64x64 --interval 8 --seed 6 \
            --seconds 2.9 --repeat $forever
    fi
}

# A client for each step that it may be killed at, with updates in the gate and on the screen.
deaths() {
    timeout -k 1 20 latch-stress --die all --size 64x64 --fence late:300 --sync "$1" \
        2>>"$work/clients.log"
}

# A look every few seconds, and deaths.
run() {
    local start=$SECONDS now=0 look=0 death=4 syncs=(implicit sync-file) n=0
    local period=$((limit < 120 ? 1 : 5))
    [[ ! $syncobj ]] || syncs+=(syncobj)
    while ((shown < updates && now < limit)); do
        lives 2>/dev/null || { echo "latch is gone"; return 1; }
        if ((now >= look)); then
            look=$((now + period))
            count_shown
            sample $now
        fi
        if ((now >= death)); then
            death=$((now + 2 * period + 8))
            deaths "${syncs[n++ % ${#syncs[@]}]}"
        fi
        sleep 0.2
        now=$((SECONDS - start))
    done
    count_shown
    sample $now
    echo "$shown updates were shown in $now s, wanted $updates in $limit s"
    ((shown >= updates))
}

clients_end() {
    local pid status=0
    for pid in "${clients[@]}"; do
        kill -0 "$pid" 2>/dev/null || { echo "client $pid has ended by itself"; status=1; }
    done
    end "${clients[@]}"
    return $status
}

job() {
    local clients=() syncobj='' before
    rm -rf "$results"
    mkdir -p "$results"
    start_latch --renderer pixman --mode $mode
    lives || return
    move_pointer 32767 32767
    ! offers wp_linux_drm_syncobj_manager_v1 || syncobj=yes
    # The first clients make latch fetch what it keeps: libraries, buffers for composition.
    latch-stress --fence ready --surfaces 10 --size 64x64 --seconds 1 2>/dev/null
    deaths implicit
    read -r -a before <<<"$(holdings)"

    start_clients
    run >"$work/check.log" 2>&1
    verdict $? "$updates updates are shown" "$work/check.log"
    sed 's/^/# /' "$work/check.log"
    check "no client was thrown out" clients_end
    check "what latch holds is what it held before" returns
    stop_latch
    ! grep -iE 'assert|sanitizer|runtime error|not given back' "$latch_log"
    verdict $? "latch complains of nothing of its own"

    latch-trace-check --json "$results/check.json" "$work/trace.json" \
        2>"$results/findings"
    verdict $? "the trace proves it" "$results/findings"
    "$(dirname "$0")/soak-table" "$results" "${LATCH_SOAK_TOLERANCE:-512}" >"$results/table" 2>&1
    verdict $? "nothing grows" "$results/table"
    sed 's/^/# /' "$results/table"
    cp "$latch_log" "$work/clients.log" "$results"
    # What proves nothing by itself is only large.
    if [[ -s $results/findings || ${LATCH_SOAK_TRACE:-} ]]; then
        cp "$work/trace.json" "$results"
    fi
}

run_job job
