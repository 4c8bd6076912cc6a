#!/bin/bash
# SPDX-License-Identifier: MIT
# latency.sh RESULTS ROUNDS FRAMES IDLE STRACE HZ CASES COMPOSITOR...: how soon a client's frames
# reach the screen under each compositor, and what that costs it. Runs in the lab; RESULTS becomes
# JSON. CASES: those that are measured ("sparse-full paced-2-full"); all, where it is empty.
# latency.sh --cases: their names.
#
# Each round has every compositor once, and each begins with another one, so that a computer that
# is slower for a while is so for all of them.
#
# In virtual time whoever waits for the host sees any time pass: all is written in the guest's
# memory, and RESULTS at the end.
set -u

# Name, windows that animate beside the one that is measured, what the client is told. Those without
# windows come first: a compositor may do without a renderer as long as it has nothing to compose.
# cage makes every window as large as the screen, and shows the last one alone.
table='
sparse-full          0  --measure --fullscreen
late-full-implicit   0  --measure --fence late --sync implicit --fullscreen
late-full-sync-file  0  --measure --fence late --sync sync-file --fullscreen
late-full-syncobj    0  --measure --fence late --sync syncobj --fullscreen
paced-2-full         0  --measure=paced --buffers 2 --fullscreen
paced-3-full         0  --measure=paced --buffers 3 --fullscreen
paced-cpu-1          0  --measure=paced --cpu-time 1 --fullscreen
paced-cpu-varies     0  --measure=paced --cpu-time 6.5,5.5 --fullscreen
paced-cpu-grows      0  --measure=paced --cpu-time 1,0,1 --fullscreen
paced-cpu-outliers   0  --measure=paced --cpu-time 1,0,0,11 --fullscreen
paced-gpu-5          0  --measure=paced --gpu-time 5 --fullscreen
paced-gpu-14         0  --measure=paced --gpu-time 14 --fullscreen
paced-gpu-20         0  --measure=paced --gpu-time 20 --fullscreen
paced-gpu-30         0  --measure=paced --gpu-time 30 --fullscreen
input-full           0  --measure=input --fullscreen
input-paced-full     0  --measure=input-paced --buffers 3 --cpu-time 1 --fullscreen
shm-full             0  --measure --shm --fullscreen
sparse-window        0  --measure --size 640x480
paced-2-window       0  --measure=paced --buffers 2 --size 640x480
paced-3-window       0  --measure=paced --buffers 3 --size 640x480
shm-window           0  --measure --shm --size 640x480
busy-window          1  --measure --size 640x480
late-busy            1  --measure --fence late --size 640x480
four-windows         3  --measure --size 640x480
eight-windows        7  --measure --size 640x480
paced-busy           3  --measure=paced --cpu-time 1 --size 640x480
composed-window      0  --measure --size 640x480 --scale-to 512x384
composed-paced       0  --measure=paced --size 640x480 --scale-to 512x384
composed-busy        1  --measure --size 640x480 --scale-to 512x384
composed-paced-busy  1  --measure=paced --size 300x280 --scale-to 290x270
'
if [[ $1 == --cases ]]; then
    awk 'NF { print $1 }' <<<"$table" | xargs
    exit
fi

results=$1 rounds=$2 frames=$3 idle=$4 strace_seconds=$5 rate=$6 wanted=$7
shift 7
compositors=("$@")
work=$(mktemp -d "$XDG_RUNTIME_DIR/bench.XXXXXX")
# shellcheck source=tests/bench/peers.sh
source "$(dirname "$0")/peers.sh"
((rate == 60)) || hz=$rate

# On vkms the CPU has drawn the buffers; a GPU's live on another device.
client=(latch-client)
[[ $LATCH_LAB_DEVICE != vkms ]] || client+=(--software)
# A compositor that needs seconds for a frame is ended, but one that needs ten refreshes is not.
limit=$((60 + frames / 4))

uptime_ms() {
    local up
    read -r up _ </proc/uptime
    echo $((10#${up/./} * 10))
}

# The neighbours come last and each is smaller than the one before, so that all are seen whatever the
# compositor makes of places: a window that is hidden does not animate.
start_neighbours() { # COUNT PATH
    local n size
    neighbours=()
    for ((n = 1; n <= $1; n++)); do
        size=$((288 - 24 * n))
        timeout -s TERM -k 2 "$limit" "${client[@]}" --measure=paced --frames 1000000 \
            --size "${size}x$size" --title neighbour --json "$2.neighbour-$n" >/dev/null 2>&1 &
        neighbours+=($!)
        sleep 0.05
    done
}

# measure CASE NEIGHBOURS OPTION...
measure() {
    local path=$base/$1 count=$2 status=0 measured options=("${@:3}")
    # Until they are all there, which takes slow processors long.
    ((count == 0)) || options+=(--warm-up $((rate * 4)))
    timeout --preserve-status -s TERM -k 2 "$limit" "${client[@]}" --seed "$((round + 1))" \
        --frames "$frames" --json "$path.json" "${options[@]}" >"$path.text" 2>"$path.log" &
    measured=$!
    # Slow processors take a second until it is on the screen, and whoever comes later covers it.
    ((count == 0)) || sleep 3
    start_neighbours "$count" "$path"
    wait $measured || status=$?
    if ((count)); then
        kill "${neighbours[@]}" 2>/dev/null
        wait "${neighbours[@]}" 2>/dev/null
    fi
    echo "$status" >"$path.status"
}

wake_ups() { cat /proc/"$compositor"/task/*/status | awk '/^voluntary/ { n += $2 } END { print n }'; }

# A picture that stands still: what the compositor takes for it.
measure_idle() {
    local client_pid before
    "${client[@]}" --fullscreen --solid 204060 --frames 5 --hold >/dev/null 2>&1 &
    client_pid=$!
    sleep 3
    awk '/^Pss:/ { print $2 }' "/proc/$compositor/smaps_rollup" >"$base/idle.pss"
    before=$(wake_ups)
    sleep "$idle"
    echo $(($(wake_ups) - before)) >"$base/idle.wakeups"
    if ((strace_seconds && round == rounds - 1)) && [[ $name == latch ]]; then
        timeout -s INT "$strace_seconds" strace -f -o "$base/idle.strace" -p "$compositor" 2>/dev/null
        # The call that waits is under way when strace comes, and is left so.
        grep -cv '<detached' "$base/idle.strace" >"$base/idle.calls"
    fi
    kill $client_pid 2>/dev/null
    wait $client_pid 2>/dev/null
}

# Not a compositor: the bound of what one can reach.
measure_kms_alone() { # CASE PACE
    local status=0
    is_wanted "$1" || return
    timeout -k 2 "$limit" "$LAB_BUILD/tests/bench/bench-kms-alone" "$LATCH_DEVICE" "${hz:-0}" "$2" \
        "$frames" "$((round + 1))" "$base/$1.json" >"$base/$1.text" 2>"$base/$1.log" || status=$?
    echo "$status" >"$base/$1.status"
}

# is_wanted CASE
is_wanted() {
    [[ ! $wanted || " $wanted " == *" $1 "* ]] || return
    # The simulated GPU's time is virtual.
    [[ $1 != paced-gpu-* || $LATCH_LAB_DEVICE == vkms ]] || return
    case $name in
    cage) [[ $1 == *-full* ]] ;;
    # How the length of a job of its own tells on clients that wait for their callbacks; one length
    # stands for what else a GPU composes.
    latch-gpu-4) [[ $1 == composed-* ]] ;;
    latch-gpu-*) [[ $1 == composed-paced* ]] ;;
    latch-early) [[ $1 == *paced* ]] ;;
    latch-copy) [[ $1 == shm-* ]] ;;
    latch-*) [[ $1 == composed-* ]] ;;
    esac
}

small_of() { # OPTIONS SIZE
    sed -E "s/--size [0-9x]+ --scale-to [0-9x]+/--size $2x$2 --scale-to $(($2 - 10))x$(($2 - 10))/" <<<"$1"
}

# Each case has a compositor of its own: it may have learnt from the one before (latch's margin has),
# and a case that is measured alone would then give other figures.
measure_all() {
    local case count options idle_too=yes
    [[ $name != latch-* ]] || idle_too=
    while read -r case count options; do
        if [[ ! $case ]] || ! is_wanted "$case"; then
            continue
        fi
        # The simulated GPU draws with the compositor's CPU: so little that its job is what takes time.
        # With neighbours, as much as is not covered by them.
        [[ $name != latch-gpu-* ]] || options=$(small_of "$options" $((count ? 300 : 128)))
        uptime_ms >"$base/started"
        if ! start_compositor "$name"; then
            tail -n 5 "$work/$name.log" >"$base/broken"
            stop_compositor
            return
        fi
        # shellcheck disable=SC2086
        measure "$case" "$count" $options
        # It goes on, and what it can't show is presented all the same.
        if grep -q 'no renderer' "$work/$name.log"; then
            echo 1 >"$base/$case.status"
            echo "no renderer" >"$base/$case.log"
        fi
        # The first one also tells how long the compositor took to start.
        if [[ $idle_too ]]; then
            cp "$base/started" "$base/first-started"
            measure_idle
            idle_too=
        fi
        stop_compositor
    done <<<"$table"
}

# For keys of its own the client needs /dev/uinput.
modprobe uinput

# One GPU for all; it ends with this script.
if [[ $LATCH_LAB_DEVICE == vkms ]]; then
    export LATCH_GPU=$work/gpu
    "$LAB_BUILD/tests/lab/gpu/lab-gpu" >"$work/gpu.log" 2>&1 &
    gpu=$!
    trap 'kill $gpu' EXIT
    wait_until 5 "$LAB_BUILD/tests/lab/gpu/lab-gpu" --ask stats
fi

# What is read from the disk for the first time takes long, and would be the first one's burden; and
# a renderer keeps what it has compiled.
for name in "${compositors[@]}"; do
    [[ $name != kms ]] || continue
    if start_compositor "$name"; then
        timeout 20 "${client[@]}" --size 640x480 --frames 5 >/dev/null 2>&1
    fi
    stop_compositor
done

for ((round = 0; round < rounds; round++)); do
    for ((n = 0; n < ${#compositors[@]}; n++)); do
        name=${compositors[(n + round) % ${#compositors[@]}]}
        base=$work/$round-$name
        mkdir "$base"
        if [[ $name == kms ]]; then
            measure_kms_alone sparse-full random
            measure_kms_alone paced-2-full paced
        else
            measure_all
        fi
    done
done

for name in "${compositors[@]}"; do
    [[ ! -e $work/$name.log ]] || cp "$work/$name.log" "$(dirname "$results")"
done
"$(dirname "$0")/latency-gather" "$work" "$results" "$rounds" "$frames" "$idle" "$rate" \
    "${compositors[@]}"
