# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# shellcheck disable=SC2154 # the paths come from common.sh
# ./run fuzz: libFuzzer, in the system root or in the lab.

fuzz_usage() {
    cat <<'EOF'
usage: ./run fuzz [--target TARGET] [--seconds S] [--lab] [-- OPTION...]
       ./run fuzz --input FILE [--target TARGET] [--lab]
       ./run fuzz --minimise
       ./run fuzz --record

Builds latch with clang, libFuzzer, AddressSanitizer and
UndefinedBehaviorSanitizer, and looks for inputs that break it.

  --target wire   clients of every kind: requests, fds, fences, deaths (default)
  --target plan   the planner: layers, planes, a kernel's answers
  --seconds S     how long (600)
  --lab           wire: in the lab, with dma-bufs, fences and timelines of a real
                  kernel instead of stand-ins
  --input FILE    run this input once and show the protocol as it happens
  --minimise      make the committed corpus of wire anew: of it, of what was
                  recorded and of what was found, the least that reaches as much
  --record        in the lab, record sessions of real clients as seeds

OPTION is libFuzzer's. What was found stays in out/fuzz/TARGET/: corpus/ goes on
where it ended the time before; an input that breaks something is beside it, and
out/fuzz/TARGET.log says what. Exit status: 0 when nothing was found.
EOF
}

command_fuzz() {
    local target=wire seconds=600 lab_too='' what=run input='' options=() seeds corpus compiler=clang
    while (($#)); do
        case $1 in
        --target) target=${2:-}; shift 2 ;;
        --seconds) seconds=${2:-}; shift 2 ;;
        --lab) lab_too=yes; shift ;;
        --input) input=$(realpath -- "${2:-}"); what=input; shift 2 ;;
        --minimise) what=minimise; shift ;;
        --record) what=record; shift ;;
        --) shift; options=("$@"); break ;;
        -h | --help) fuzz_usage; return ;;
        *) fuzz_usage >&2; die "fuzz has no option '$1'" ;;
        esac
    done
    [[ $target == wire || $target == plan ]] || die "there is no target '$target'"
    [[ $seconds =~ ^[1-9][0-9]*$ ]] || die "--seconds wants a number, not '$seconds'"
    check_window
    ensure_root
    corpus=$out/fuzz/$target/corpus
    seeds=$checkout/tests/fuzz/corpus/$target
    mkdir -p "$corpus"
    if [[ $what == record ]]; then
        fuzz_record
        return
    fi
    [[ ${LATCH_BUILD_DIR:-} ]] || build+=-fuzz
    step "build in ${build#"$checkout/"}" build_project "$build" --werror -Dfuzz=true \
        -Db_sanitize=address,undefined -Db_lundef=false || die "the build failed"
    "fuzz_$what"
}

# fuzz_program COMMAND...: in the root, or in the lab with the kernel's own objects.
fuzz_program() {
    export ASAN_OPTIONS=${ASAN_OPTIONS:-abort_on_error=0}
    export UBSAN_OPTIONS=${UBSAN_OPTIONS:-halt_on_error=1:print_stacktrace=1}
    export LSAN_OPTIONS=${LSAN_OPTIONS:-suppressions=$lab/lsan.supp:print_suppressions=0}
    if [[ $lab_too ]]; then
        export LATCH_FUZZ_REAL=1
        # --seconds are this computer's.
        clock=real
        run_machine vkms '' $((seconds + 120)) "$@"
    else
        in_root "$@"
    fi
}

# into_log COMMAND...: like fuzz_program, all output in the target's log.
into_log() {
    # shellcheck disable=SC2016 # the shell there expands this
    fuzz_program bash -c 'exec >"$1" 2>&1 && shift && exec "$@"' - "$out/fuzz/$target.log" "$@"
}

# The stacks of a report have addresses only: there is no llvm-symbolizer in the root.
fuzz_report() {
    # shellcheck disable=SC2016 # the root's shell expands this
    in_root bash -c '
        grep -avE "^#[0-9]+\s+(NEW|REDUCE|pulse)|NEW_FUNC|^0x|Uses:" "$1" | tail -n "$2" |
        while IFS= read -r line; do
            if [[ $line =~ ^\ *\#([0-9]+)\ .*\((/[^+]*)\+(0x[0-9a-f]+)\) ]]; then
                printf "    #%s %s\n" "${BASH_REMATCH[1]}" \
                    "$(addr2line -Cfpe "${BASH_REMATCH[2]}" "${BASH_REMATCH[3]}")"
            else
                printf "%s\n" "$line"
            fi
        done' - "$out/fuzz/$target.log" "$1"
}

fuzz_run() {
    local status=0 limits=(-max_len=4096) given=("$corpus")
    [[ $target == wire ]] || limits=(-max_len=700)
    [[ ! -d $seeds ]] || given+=("$seeds")
    say "$target for $seconds s, log in $out/fuzz/$target.log"
    into_log "$build/tests/fuzz/fuzz-$target" "-max_total_time=$seconds" "${limits[@]}" \
        -len_control=0 -timeout=20 "-artifact_prefix=$out/fuzz/$target/" \
        -print_final_stats=1 "${options[@]}" "${given[@]}" || status=$?
    fuzz_report 40
    return "$status"
}

fuzz_input() {
    local status=0
    into_log env WAYLAND_DEBUG=server LATCH_FUZZ_LOG=1 "$build/tests/fuzz/fuzz-$target" \
        "${options[@]}" "$input" || status=$?
    fuzz_report 400
    return "$status"
}

# Recordings are whole sessions; what one has that others have too is left out.
fuzz_minimise() {
    local new=$out/fuzz/$target/minimised given=("$seeds" "$corpus")
    [[ ! -d $out/fuzz/recorded ]] || given+=("$out/fuzz/recorded")
    rm -rf "$new"
    mkdir -p "$new" "$seeds"
    step "minimise" fuzz_program "$build/tests/fuzz/fuzz-$target" -merge=1 -max_len=4096 \
        -timeout=20 "${options[@]}" "$new" "${given[@]}" || die "it could not be minimised"
    rm -f "$seeds"/*
    cp "$new"/* "$seeds"
    give_back "$seeds"
    say "$(find "$seeds" -type f | wc -l) inputs, $(du -sb "$seeds" | cut -f1) bytes in $seeds"
}

fuzz_record() {
    step "build in ${build#"$checkout/"}" build_project "$build" || die "the build failed"
    rm -rf "$out/fuzz/recorded"
    run_machine vkms '' 400 tests/fuzz/record.sh "$out/fuzz/recorded" || die "nothing was recorded"
    find "$out/fuzz/recorded" -size 0 -delete
    say "$(find "$out/fuzz/recorded" -type f | wc -l) sessions in $out/fuzz/recorded"
}
