# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# ./run bench: what can be measured.

bench_usage() {
    cat <<'EOF'
usage: ./run bench planes [--json] [--no-lab]
       ./run bench hostile [--json] [--seconds S] [--only TEXT] [--device DEVICE]
                           [COMPOSITOR...]
       ./run bench stress [--device DEVICE] [--vt] [--seconds S] [--rounds N]
                          [--clients N] [--at-once N] [PART...]
       ./run bench latency [--json] [--quick] [--frames N] [--mips N[,N]] [--hz N[,N]]
                           [--clock virtual|real] [--rounds N] [--device DEVICE]
                           [COMPOSITOR...] [CASE...]

       ./run bench deadline [--json] [HOURS]
       ./run bench cost [--json] [--accept] [SCENE...]
       ./run bench growth [--json] ["NUMBER WHAT"...]
       ./run bench wlcs

Compares latch's plane planner with libliftoff on the same layouts: layers on
planes, test commits, planning time apart from the kernel's own. First on
devices in memory, then on vkms in the lab (--no-lab: not there).

  --json    print JSON instead of tables

hostile: a victim beside hostile clients (latch-stress), under latch, sway and
weston, in the lab: its frames, the refreshes it missed, its longest gap.

  --seconds S      how long it is beside each of them (4)
  --only TEXT      only the clients with TEXT in their options, as never
  --device DEVICE  the lab's: virgl (the default), virtio-gpu or vkms

stress: the hostile clients of the test suites against latch alone, at full size:
what they cost the victim and latch's CPU, and what is left behind. TAP.

  PART             fences, control, bad, deaths, churn (all), or floods: see
                   tests/kms/stress.sh
  --device DEVICE  the lab's: vkms (the default), virtio-gpu or virgl
  --vt             the seat is bound to a VT; control then switches it
  --seconds S      how long the victim is beside each of them (10)
  --rounds N       how often every invalid request is made (20)
  --clients N      how many clients die one after another (1000)
  --at-once N      and at the same moment (200)

latency: how soon frames reach the screen, and what they cost, under latch, sway,
cage, labwc, weston, KWin and Mutter, with the same client: alone and beside windows
that animate, fullscreen and not, late fences of each kind, self-paced with 2 and 3
buffers, shared memory, composed; CPU, memory, start, wake-ups. latch-early is latch
with --pacing early, latch-copy without /dev/udmabuf for shared memory, latch-gles2
with the renderer that the others have, where it composes; latch-gpu composes on the lab's simulated GPU, in jobs of 1 to 15 ms (in
virtual time). kms stands for no compositor: one process that wakes up and flips.

  --frames N       frames of each figure (600)
  --mips N[,N]     in virtual time: processors of so many million instructions a
                   second (500)
  --hz N[,N]       refresh rates (60)
  --quick          few frames: to see that it works
  --device DEVICE  vkms (the default), virtio-gpu or virgl
  --clock CLOCK    see ./run lab --help. In virtual time each compositor has a machine
                   of its own and one round; in real time they take turns
  --rounds N       each compositor so often (1; in real time 3)
  CASE             only these:
                   sparse-full late-full-implicit late-full-sync-file
                   late-full-syncobj paced-2-full paced-3-full
                   paced-cpu-1 paced-cpu-varies paced-cpu-grows paced-cpu-outliers
                   paced-gpu-5 paced-gpu-14 paced-gpu-20 paced-gpu-30
                   input-full input-paced-full shm-full
                   sparse-window paced-2-window paced-3-window shm-window
                   busy-window late-busy four-windows eight-windows
                   composed-window composed-paced composed-busy

deadline: simulated hours (10000) of random load for the deadline function alone,
on all processors: margins outside their bounds, vblanks missed. No lab.

cost: what a frame costs latch's own threads in fixed scenes, stage by stage, in
virtual time: 2 ns are an instruction. Wake-ups, ioctls, allocations and PSS, too.
Beside each figure how it differs from tests/bench/cost/accepted.json, what was
last accepted; one that is dearer by more than 3 % (and by more than 500 ns) is a
failure, in ./run test as well (suite cost). docs/latency.md says what the stages
are.

  --accept         put these figures on file. The commit that does so says why
  SCENE            only these: "fullscreen", "late callbacks", "eight windows", "mixed", "composed",
                   "shared memory", "pointer", "200 idle clients"

growth: how a frame's cost grows with what there is more of: "NUMBER layers" (that stand still), "windows"
(that animate), "idle clients", "outputs"; without any, rows of each. Must be no faster than linear.

wlcs: how many tests of the suite WLCS latch passes, and Mir, whose authors wrote it. No lab.

The results stay in out/bench/ as JSON. Exit status: 0 when every criterion
that is printed was met.
EOF
}

command_bench() {
    local what=${1:-}
    case $what in
    planes) shift; bench_planes "$@" ;;
    hostile) shift; bench_hostile "$@" ;;
    stress) shift; bench_stress "$@" ;;
    latency) shift; bench_latency "$@" ;;
    deadline) shift; bench_deadline "$@" ;;
    cost) shift; bench_cost "$@" ;;
    growth) shift; bench_growth "$@" ;;
    wlcs) shift; bench_wlcs "$@" ;;
    -h | --help) bench_usage ;;
    *) bench_usage >&2; die "there is no benchmark '$what'" ;;
    esac
}

bench_wlcs() {
    local results=$out/bench wlcs
    mkdir -p "$results"
    ensure_root
    step "build in ${build#"$checkout/"}" build_project "$build" || die "the build failed"
    use_root "$lab/packages" "$lab/packages.peers"
    ensure_root
    wlcs=$(in_root pkg-config --variable=test_runner wlcs)
    in_root "$checkout/tests/wlcs/suite" "$wlcs" "$build/tests/wlcs/latch-wlcs.so" \
        "$checkout/tests/wlcs/failures" >"$results/wlcs-latch.tap"
    in_root sh -c 'exec "$0" "$1" "$(echo /usr/lib/*/mir/miral_wlcs_integration.so)" /dev/null' \
        "$checkout/tests/wlcs/suite" "$wlcs" >"$results/wlcs-mir.tap"
    "$checkout/tests/wlcs/compare" "$results/wlcs-latch.tap" "$results/wlcs-mir.tap"
}

bench_planes() {
    local json='' lab_too=yes failed=0 results=$out/bench
    while (($#)); do
        case $1 in
        --json) json=--json; shift ;;
        --no-lab) lab_too=; shift ;;
        -h | --help) bench_usage; return ;;
        *) bench_usage >&2; die "bench planes has no option '$1'" ;;
        esac
    done
    mkdir -p "$results"
    ensure_root
    step "build in ${build#"$checkout/"}" build_project "$build" || die "the build failed"
    [[ -x $build/tests/bench/bench-planes ]] ||
        die "the benchmark is not built: it needs libliftoff 0.5"
    # shellcheck disable=SC2016 # the root's shell expands this
    step "devices in memory" in_root bash -c '"$1" 301 >"$2"' - \
        "$build/tests/bench/bench-planes-fake" "$results/planes-fake.json" || die "no results"
    bench_show "$json" "$results/planes-fake.json" || failed=1
    if [[ $lab_too ]]; then
        say "vkms"
        # shellcheck disable=SC2016 # the guest's shell expands this
        run_machine vkms '' 120 bash -c '"$1" 31 "$LATCH_DEVICE" >"$2"' - \
            "$build/tests/bench/bench-planes" "$results/planes-vkms.json" || die "no results"
        bench_show "$json" "$results/planes-vkms.json" || failed=1
    fi
    return "$failed"
}

bench_deadline() {
    local hours=10000 results=$out/bench failed=0
    while (($#)); do
        case $1 in
        --json) shift ;; # there are no tables
        -h | --help) bench_usage; return ;;
        *) hours=$1; shift ;;
        esac
    done
    [[ $hours =~ ^[1-9][0-9]*$ ]] || die "hours are a number, not '$hours'"
    mkdir -p "$results"
    ensure_root
    step "build in ${build#"$checkout/"}" build_project "$build" || die "the build failed"
    in_root "$checkout/tests/bench/deadline.py" "$build/tests/bench/bench-deadline" "$hours" \
        >"$results/deadline.json" || failed=1
    cat "$results/deadline.json"
    return "$failed"
}

bench_cost() {
    local option='' results=$out/bench/cost.json folder=$checkout/tests/bench/cost scenes=()
    while (($#)); do
        case $1 in
        --json | --accept) option=$1; shift ;;
        -h | --help) bench_usage; return ;;
        -*) bench_usage >&2; die "bench cost has no option '$1'" ;;
        *) scenes+=("$1"); shift ;;
        esac
    done
    [[ $option != --accept || ${#scenes[@]} == 0 ]] || die "--accept wants all scenes"
    mkdir -p "$out/bench"
    ensure_root
    step "build in ${build#"$checkout/"}" build_project "$build" || die "the build failed"
    [[ -x $build/tests/bench/cost/bench-cost-latch ]] || die "there is none with sanitizers"
    clock=virtual
    run_machine vkms '' 600 "$folder/scenes.py" "$results" "${scenes[@]}" || die "no results"
    case $option in
    --json) cat "$results" ;;
    --accept) in_root "$folder/compare.py" --accept "$folder/accepted.json" "$results" ;;
    esac
    # With some scenes only, the others are not missed.
    [[ $option == --json ]] ||
        in_root "$folder/compare.py" ${scenes:+--some} "$folder/accepted.json" "$results"
}

bench_growth() {
    local json='' results=$out/bench/growth folder=$checkout/tests/bench/cost scenes=() failed=0 n
    while (($#)); do
        case $1 in
        --json) json=yes; shift ;;
        -h | --help) bench_usage; return ;;
        -*) bench_usage >&2; die "bench growth has no option '$1'" ;;
        *)
            [[ $1 =~ ^[1-9][0-9]*\ (layers|windows|idle clients|outputs)$ ]] ||
                { bench_usage >&2; die "a number of something is wanted, not '$1'"; }
            scenes+=("$1")
            shift
            ;;
        esac
    done
    if ((${#scenes[@]} == 0)); then
        for n in 1 4 16 64 1000; do scenes+=("$n layers"); done
        for n in 1 2 4 8 16; do scenes+=("$n windows"); done
        for n in 1 10 100 500; do scenes+=("$n idle clients"); done
        for n in 1 2 3 4; do scenes+=("$n outputs"); done
    fi
    mkdir -p "$out/bench"
    ensure_root
    step "build in ${build#"$checkout/"}" build_project "$build" || die "the build failed"
    clock=virtual
    run_machine vkms '' 900 "$folder/scenes.py" "$results.json" "${scenes[@]}" || die "no results"
    if [[ $json ]]; then
        in_root "$folder/growth.py" "$results.json" "$results.html" >/dev/null || failed=1
        cat "$results.json"
    else
        in_root "$folder/growth.py" "$results.json" "$results.html" || failed=1
    fi
    return "$failed"
}

bench_hostile() {
    local json='' seconds=4 only='' device=virgl results=$out/bench compositors=()
    while (($#)); do
        case $1 in
        --json) json=--json; shift ;;
        --seconds) seconds=${2:-}; shift 2 ;;
        --only) only=${2:-}; shift 2 ;;
        --device) device=${2:-}; shift 2 ;;
        -h | --help) bench_usage; return ;;
        latch | sway | weston) compositors+=("$1"); shift ;;
        *) bench_usage >&2; die "bench hostile has no option '$1'" ;;
        esac
    done
    [[ $seconds =~ ^[1-9][0-9]*$ ]] || die "--seconds wants a number, not '$seconds'"
    [[ $device =~ ^(vkms|virtio-gpu|virgl)$ ]] || die "no such device: '$device'"
    ((${#compositors[@]})) || compositors=(latch sway weston)
    mkdir -p "$results"
    ensure_root
    step "build in ${build#"$checkout/"}" build_project "$build" || die "the build failed"
    # Ten kinds of clients for each compositor, which may have to be started anew after each.
    run_machine "$device" '' $((30 + ${#compositors[@]} * (15 + 10 * (seconds + 12)))) \
        tests/bench/hostile.sh "$results/hostile-$device.json" "$seconds" "$only" "${compositors[@]}" ||
        die "no results"
    bench_show "$json" "$results/hostile-$device.json" "$checkout/tests/bench/hostile-table"
}

bench_stress() {
    local device=vkms vt='' seconds=10 rounds=20 clients=1000 at_once=200 parts=()
    local results=$out/bench number
    while (($#)); do
        case $1 in
        --device) device=${2:-}; shift 2 ;;
        --vt) vt=yes; shift ;;
        --seconds) seconds=${2:-}; shift 2 ;;
        --rounds) rounds=${2:-}; shift 2 ;;
        --clients) clients=${2:-}; shift 2 ;;
        --at-once) at_once=${2:-}; shift 2 ;;
        -h | --help) bench_usage; return ;;
        fences | control | floods | bad | deaths | churn) parts+=("$1"); shift ;;
        *) bench_usage >&2; die "bench stress has no option or part '$1'" ;;
        esac
    done
    for number in "$seconds" "$rounds" "$clients" "$at_once"; do
        [[ $number =~ ^[1-9][0-9]*$ ]] || die "a number is wanted, not '$number'"
    done
    [[ $device =~ ^(vkms|virtio-gpu|virgl)$ ]] || die "no such device: '$device'"
    ((${#parts[@]})) || parts=(fences control bad deaths churn)
    mkdir -p "$results"
    ensure_root
    step "build in ${build#"$checkout/"}" build_project "$build" || die "the build failed"
    export LATCH_STRESS_SECONDS=$seconds LATCH_STRESS_ROUNDS=$rounds LATCH_STRESS_DEATHS=20
    export LATCH_STRESS_CHURN=$clients LATCH_STRESS_AT_ONCE=$at_once
    # Some twenty kinds of clients, each tried twice at most; an invalid request takes 25 ms.
    # shellcheck disable=SC2016 # the guest's shell expands this
    run_machine "$device" "$vt" $((300 + 45 * (seconds + 3) + rounds * 10 + (clients + at_once) / 2)) \
        bash -o pipefail -c 'tests/kms/stress.sh "${@:2}" | tee "$1"' - \
        "$results/stress-$device.tap" "${parts[@]}"
}

# bench_show JSON FILE [TABLE]: the file itself, or its tables. Fails where a criterion was missed.
bench_show() {
    [[ ! $1 ]] || cat "$2"
    in_root "${3:-$lab/bench-table}" ${1:+--quiet} "$2"
}
