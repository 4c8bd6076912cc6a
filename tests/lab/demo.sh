# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# ./run demo: what latch does, on a virtual GPU and on ten virtual planes.

demo_usage() {
    cat <<'EOF'
usage: ./run demo [--window] [--frames N]

Boots the lab and runs latch with its sample client on vkms (ten planes, no GPU)
and on virgl (a GPU whose fences are real); prints the latency table of each, and
which window is on which plane; leaves reports (report.html), tables, traces and
pictures in out/demo/. On vkms the time is virtual: its table shows what latch
does. virgl's GPU is this computer, and so is its time: what else runs is in it.

  --window     show the machine's screen in a window (needs an X display); then
               all time is this computer's
  --frames N   frames to show on each device (300 on vkms, where the processor
               draws them, 500 on virgl)
EOF
}

command_demo() {
    local frames='' failed=0
    while (($#)); do
        case $1 in
        --window) window=yes; shift ;;
        --frames) frames=${2:-}; shift 2 ;;
        -h | --help) demo_usage; return ;;
        *) demo_usage >&2; die "demo has no option '$1'" ;;
        esac
    done
    [[ $frames =~ ^([1-9][0-9]*)?$ ]] || die "--frames wants a number, not '$frames'"
    check_window
    ensure_root
    step "build in ${build#"$checkout/"}" build_project "$build" || die "the build failed"
    demo_on vkms "${frames:-300}" || failed=1
    demo_on virgl "${frames:-500}" || failed=1
    demo_results
    return "$failed"
}

demo_on() { # DEVICE FRAMES
    local results=$out/demo/$1 began=$SECONDS status=0
    rm -rf "$results"
    mkdir -p "$results"
    printf '\n'
    say "latch on $1, $2 frames, $(choose_clock "$1" '') time"
    run_machine "$1" '' 180 "$lab/demo-job.sh" "$results" "$2" || status=$?
    say "$1 … $((SECONDS - began)) s, exit status $status"
    return "$status"
}

demo_results() {
    local file
    printf '\nWhat the demo has left:\n'
    for file in "$out"/demo/{vkms,virgl}/{report.html,table.json,trace,screen.png,planes.svg,planes.png}; do
        [[ ! -s $file ]] || printf '  %s\n' "$file"
    done
    printf 'The reports open in any browser, the traces at ui.perfetto.dev.\n'
}
