# SPDX-License-Identifier: MIT
# shellcheck shell=bash disable=SC2154
# ./run bench latency: see bench.sh for its words, tests/bench/latency.sh for what it measures.

latency_compositors=(latch latch-early latch-copy latch-gpu latch-gles2 sway cage labwc weston kwin mutter kms)

bench_latency() {
    local json='' frames=600 rounds='' idle=10 trace=60 devices=() compositors=() cases=() device
    local speeds=500 rates=60 known failed=0
    known=$("$checkout/tests/bench/latency.sh" --cases)
    while (($#)); do
        case $1 in
        --json) json=yes; shift ;;
        --quick) frames=110 rounds=1 idle=3 trace=0; shift ;;
        --frames) frames=${2:-}; shift 2 ;;
        --rounds) rounds=${2:-}; shift 2 ;;
        --device) devices+=("${2:-}"); shift 2 ;;
        --clock) clock=${2:-}; shift 2 ;;
        --mips) speeds=${2:-}; shift 2 ;;
        --hz) rates=${2:-}; shift 2 ;;
        -h | --help) bench_usage; return ;;
        *)
            if [[ " ${latency_compositors[*]} " == *" $1 "* ]]; then
                compositors+=("$1")
            elif [[ " $known " == *" $1 "* ]]; then
                cases+=("$1")
            else
                bench_usage >&2
                die "bench latency has no option, compositor or case '$1'"
            fi
            shift
            ;;
        esac
    done
    [[ $rounds =~ ^([1-9][0-9]*)?$ ]] || die "--rounds wants a number, not '$rounds'"
    [[ $frames =~ ^[1-9][0-9]*$ ]] || die "--frames wants a number, not '$frames'"
    [[ $rates =~ ^[1-9][0-9]*(,[1-9][0-9]*)*$ ]] || die "--hz wants numbers, not '$rates'"
    ((${#devices[@]})) || devices=(vkms)
    for mips in ${speeds//,/ }; do
        for device in "${devices[@]}"; do
            [[ $device =~ ^(vkms|virtio-gpu|virgl)$ ]] || die "no such device: '$device'"
            check_clock "$device"
        done
    done
    ((${#compositors[@]})) || compositors=("${latency_compositors[@]}")
    ensure_root
    step "build in ${build#"$checkout/"}" build_project "$build" || die "the build failed"
    # The peers take ten minutes to install, and are not needed to look at latch alone.
    if [[ " ${compositors[*]} " =~ ' '(sway|cage|labwc|weston|kwin|mutter)' ' ]]; then
        use_root "$lab/packages" "$lab/packages.peers"
        ensure_root
    fi
    for device in "${devices[@]}"; do
        rm -rf "$out/bench/latency-$device"
        mkdir -p "$out/bench/latency-$device"
        if [[ $(choose_clock "$device" '') == virtual ]]; then
            measure_virtually
        else
            measure_really
        fi
        in_root "$checkout/tests/bench/latency-table" ${json:+--quiet} \
            --json "$out/bench/latency-$device.json" --html "$out/bench/latency-$device.html" \
            "$out/bench/latency-$device"/*.json || failed=1
        [[ ! $json ]] || cat "$out/bench/latency-$device.json"
    done
    return "$failed"
}

# A machine for each compositor and each speed: none has another's leftovers, and what one shows does
# not hang on who else is measured. As many at a time as this computer has processors: what it is
# busy with is in no number.
measure_virtually() {
    local name hz running=0 names
    for mips in ${speeds//,/ }; do
        for hz in ${rates//,/ }; do
            for name in "${compositors[@]}"; do
                names=("$name")
                # By how long its jobs take, in ms: up to a refresh, and from 2 to 10.
                [[ $name != latch-gpu ]] || names=(latch-gpu-{1,2,4,6,8,10,12,14,15} latch-gpu-6,4)
                [[ $name != latch-gpu ]] || ((hz <= 75)) || names=(latch-gpu-{1,2,3,4,5,5.5})
                if ((running == $(nproc))); then
                    wait -n || failed=1
                    running=$((running - 1))
                fi
                (
                    trap end_run EXIT
                    measure_in_machine "$mips-$hz-$name" "${rounds:-1}" "${names[@]}"
                ) &
                running=$((running + 1))
            done
        done
    done
    while ((running-- > 0)); do wait -n || failed=1; done
}

# All in one machine, in turns: a computer that is slower for a while is so for all of them.
measure_really() {
    local hz name names=()
    for name in "${compositors[@]}"; do
        # The simulated GPU's time is virtual; a session of logind would be everybody's.
        [[ $name =~ ^(latch-gpu|kwin|mutter)$ ]] || names+=("$name")
    done
    for hz in ${rates//,/ }; do
        measure_in_machine "real-$hz" "${rounds:-3}" "${names[@]}" || failed=1
    done
}

measure_in_machine() { # NAME ROUNDS COMPOSITOR...
    local name=$1 times=$2 results=$out/bench/latency-$device
    local LATCH_LAB_KERNEL=${LATCH_LAB_KERNEL:-} session=() vt=
    shift 2
    if [[ " $* " =~ ' '(kwin|mutter)' ' ]]; then
        session=(lab-session) vt=yes
    fi
    # A mode more than the driver has.
    ((hz == 60)) || LATCH_LAB_KERNEL+=" video=1024x768@$hz"
    say "$name: begins"
    run_machine "$device" "$vt" $((3600 * times * $#)) "${session[@]}" tests/bench/latency.sh "$results/$name.json" \
        "$times" "$frames" "$idle" "$trace" "$hz" "${cases[*]}" "$@" >"$results/$name.log" 2>&1 ||
        { say "$name: no results, see $results/$name.log"; return 1; }
    say "$name: done"
}
