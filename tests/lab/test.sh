# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# ./run test: the unit tests in the system root, the rest in the machine.

test_usage() {
    cat <<EOF
usage: ./run test [--asan] [--clang] [--suite NAME]...

Builds with every warning an error, runs the tests and counts their cases.

  --asan         with AddressSanitizer and UndefinedBehaviorSanitizer
  --clang        with clang instead of gcc
  --suite NAME   this suite only; suites are: unit root $(suite_lines | awk '{printf "%s ", $1}')

LATCH_TEST_SHAKE=N has each case begin at another place in a refresh; N decides where.
Each suite's output stays in out/test/. Exit status: 0 when nothing failed.
EOF
}

suite_lines() { sed 's/#.*//' "$lab/suites" | awk 'NF'; }

# wanted NAME: no suite named means all of them.
wanted() { ((${#suites[@]} == 0)) || [[ " ${suites[*]} " == *" $1 "* ]]; }

command_test() {
    local asan='' compiler='' suites=() options=(--werror) passed=0 failed=0 skipped=0 begun=()
    while (($#)); do
        case $1 in
        --asan) asan=yes; shift ;;
        --clang) compiler=clang; shift ;;
        --suite) suites+=("${2:?--suite wants a name}"); shift 2 ;;
        -h | --help) test_usage; return ;;
        *) test_usage >&2; die "test has no option '$1'" ;;
        esac
    done
    check_suites
    check_window
    # A directory of its own: turning warnings into errors and back would
    # compile everything again each time.
    [[ ${LATCH_BUILD_DIR:-} ]] || build+=-test
    if [[ $asan ]]; then
        options+=(-Db_sanitize=address,undefined -Db_lundef=false)
        build+=-asan
    fi
    [[ ! $compiler ]] || build+=-$compiler
    results=$out/test
    rm -rf "$results"
    mkdir -p "$results"

    ensure_root
    step "build in ${build#"$checkout/"}" build_project "$build" "${options[@]}" ||
        die "the build failed"
    local group machines=()
    mapfile -t machines < <(suite_lines | awk '!seen[$2]++ {print $2}')
    ! wanted unit || begin_units
    ! wanted root || begin root "$lab/without-root" "$checkout" "$cache" "$root"
    for group in "${machines[@]}"; do
        begin_machine "$group"
    done
    wait_for_begun

    printf '%d passed, %d failed, %d skipped\n' "$passed" "$failed" "$skipped"
    ((failed == 0))
}

check_suites() {
    local name
    for name in "${suites[@]}"; do
        [[ $name == unit || $name == root ]] || suite_lines | awk '{print $1}' | grep -qxF -- "$name" ||
            die "there is no suite '$name' (./run test --help lists them)"
    done
}

# count KIND FILE [STATUS NAME]: adds to the sums and shows the failures.
count() {
    local lines p f s
    lines=$(in_root "$lab/count-cases" "$@")
    read -r p f s <<<"$lines"
    passed=$((passed + p)) failed=$((failed + f)) skipped=$((skipped + s))
    sed -n '2,$s/^/FAILED /p' <<<"$lines"
}

sanitizer_options() {
    export ASAN_OPTIONS=${ASAN_OPTIONS:-abort_on_error=0:exitcode=99}
    export UBSAN_OPTIONS=${UBSAN_OPTIONS:-halt_on_error=1:print_stacktrace=1}
    export LSAN_OPTIONS=${LSAN_OPTIONS:-suppressions=$lab/lsan.supp:print_suppressions=0}
}

# begin WHAT COMMAND...: in the background, its output in a file, and then how it ended and how long
# that took. (bash forgets a status when enough others have come after it.)
begin() {
    local what=$1
    shift
    (
        SECONDS=0
        trap 'echo "$? $SECONDS" >"$results/$what.end"; end_run' EXIT
        "$@"
    ) >"$results/$what.out" 2>&1 &
    begun+=("$!" "$what")
}

wait_for_begun() {
    local i status seconds what
    for ((i = 0; i < ${#begun[@]}; i += 2)); do
        what=${begun[i + 1]}
        wait "${begun[i]}" 2>/dev/null || true
        # Killed, it has left none.
        read -r status seconds 2>/dev/null <"$results/$what.end" || status=137 seconds='?'
        say "$what … $seconds s"
        ((status == 0)) || { tail -n 60 "$results/$what.out" && say "it ended with status $status"; } >&2
        "count_${what%%-*}" "${what#*-}"
    done
}

# cmocka prints TAP when it is asked to, so that every case counts.
begin_units() {
    sanitizer_options
    rm -f "$build/meson-logs/testlog.json"
    begin unit run_units
}

run_units() {
    # A computer that has other things to do is no failure.
    CMOCKA_MESSAGE_OUTPUT=TAP in_root \
        meson test -C "$build" --suite unit --no-rebuild --print-errorlogs --timeout-multiplier 10
}

count_unit() {
    local log=$build/meson-logs/testlog.json
    if [[ -s $log ]]; then
        cp "$log" "$results/unit.json"
        count meson "$log"
    else
        echo "FAILED unit: there are no unit tests"
        failed=$((failed + 1))
    fi
}

count_root() {
    count tap "$results/root.out" "$(cut -d ' ' -f 1 "$results/root.end" 2>/dev/null || echo -)" root
}

# The parts of DEVICE[+vt][/NUMBER].
machine_device() { echo "${1%%[+/]*}"; }

# suites_of MACHINE prints "NAME SECONDS COMMAND" for each wanted.
suites_of() {
    local name machine limit command
    while read -r name machine limit command; do
        [[ $machine != "$1" ]] || ! wanted "$name" || echo "$name $limit $command"
    done < <(suite_lines)
}

# begin_machine MACHINE: one boot, all suites of it. Nothing is judged by how long it took this
# computer, so that one in real time needs no more room than others. It begins when there is room
# for it, in the order of the list, so that the longest are the first.
begin_machine() {
    local name limit command total=60 list=()
    while read -r name limit command; do
        list+=("$name" "$limit" "$command")
        total=$((total + limit))
    done < <(suites_of "$1")
    ((${#list[@]})) || return 0
    sanitizer_options
    take_slots 1
    begin "machine-${1//\//-}" run_suites "$1" "$total" "${list[@]}"
    leave_slots
}

run_suites() { # MACHINE SECONDS (NAME SECONDS COMMAND)...
    local machine=$1 limit=$2
    shift 2
    serial_log=$results/serial-${machine//\//-}.log
    run_machine "$(machine_device "$machine")" "$([[ $machine != *+vt* ]] || echo yes)" "$limit" \
        "$lab/run-suites" "$results" "$@"
}

count_machine() { # MACHINE, its slash a dash
    local group name limit command
    for group in "${machines[@]}"; do
        [[ ${group//\//-} == "$1" ]] || continue
        while read -r name limit command; do
            count tap "$results/$name.tap" "$(cat "$results/$name.status" 2>/dev/null || echo -)" "$name"
        done < <(suites_of "$group")
    done
}
