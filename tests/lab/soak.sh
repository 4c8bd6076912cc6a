# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# ./run soak: the long run.

soak_usage() {
    cat <<'EOF'
usage: ./run soak [--frames N] [--seconds S] [--asan] [--keep-trace]

Shows N content updates (100000) on vkms in the lab, with fences that signal late
by chance, of each kind: windows on planes and composed, that come, go and are
killed. Then a program that knows nothing but the trace checks that each buffer
was given back exactly once, in order and not early, and that nothing was shown
before its fence had signalled; and what latch held is looked at over time.

  --frames N      updates that are shown
  --seconds S     no longer than this (3600), be they shown or not
  --asan          with AddressSanitizer and UndefinedBehaviorSanitizer
  --keep-trace    leave the trace in out/soak/ though nothing was found in it

The table is printed and stays in out/soak/, with the samples and the logs.
Exit status: 0 when there was no finding and nothing grew.
EOF
}

command_soak() {
    local frames=100000 seconds=3600 options=() status=0
    while (($#)); do
        case $1 in
        --frames) frames=${2:-}; shift 2 ;;
        --seconds) seconds=${2:-}; shift 2 ;;
        --asan)
            # The tests' directory. What was freed is kept for a while, and counts as memory.
            options=(--werror -Db_sanitize=address,undefined -Db_lundef=false)
            [[ ${LATCH_BUILD_DIR:-} ]] || build+=-test-asan
            export ASAN_OPTIONS=${ASAN_OPTIONS:-abort_on_error=0:exitcode=99:quarantine_size_mb=8}
            export LATCH_SOAK_TOLERANCE=${LATCH_SOAK_TOLERANCE:-8192}
            shift
            ;;
        --keep-trace) export LATCH_SOAK_TRACE=yes; shift ;;
        -h | --help) soak_usage; return ;;
        *) soak_usage >&2; die "soak has no option '$1'" ;;
        esac
    done
    [[ $frames =~ ^[1-9][0-9]*$ ]] || die "--frames wants a number, not '$frames'"
    [[ $seconds =~ ^[1-9][0-9]*$ ]] || die "--seconds wants a number, not '$seconds'"
    ensure_root
    sanitizer_options
    step "build in ${build#"$checkout/"}" build_project "$build" "${options[@]}" ||
        die "the build failed"
    # The trace lies in memory: some 5 KiB for an update that is shown, with those that are not.
    export LATCH_LAB_MEMORY=${LATCH_LAB_MEMORY:-$((2048 + frames / 100))}
    mkdir -p "$out/soak"
    run_machine vkms '' $((seconds + 300)) tests/kms/soak.sh "$frames" "$seconds" \
        >"$out/soak.tap" || status=$?
    mv "$out/soak.tap" "$out/soak/tap"
    [[ ! -s $out/soak/table ]] || cat "$out/soak/table"
    grep '^not ok' "$out/soak/tap" || true
    [[ ! -s $out/soak/findings ]] || cat "$out/soak/findings"
    return "$status"
}
