# shellcheck shell=bash
# ./run test: the unit tests in the system root, the rest in the machine.

test_usage() {
    cat <<EOF
usage: ./run test [--asan] [--clang] [--suite NAME]...

Builds with every warning an error, runs the tests and counts their cases.

  --asan         with AddressSanitizer and UndefinedBehaviorSanitizer
  --clang        with clang instead of gcc
  --suite NAME   this suite only; suites are: unit $(suite_lines | awk '{printf "%s ", $1}')

Each suite's output stays in out/test/. Exit status: 0 when nothing failed.
EOF
}

suite_lines() { sed 's/#.*//' "$lab/suites" | awk 'NF'; }

# wanted NAME: no suite named means all of them.
wanted() { ((${#suites[@]} == 0)) || [[ " ${suites[*]} " == *" $1 "* ]]; }

command_test() {
    local asan='' compiler='' suites=() options=(--werror) passed=0 failed=0 skipped=0
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
    ! wanted unit || test_units
    local machine
    for machine in $(suite_lines | awk '{print $2}' | sort -u); do
        test_machine "$machine"
    done

    printf '%d passed, %d failed, %d skipped\n' "$passed" "$failed" "$skipped"
    ((failed == 0))
}

check_suites() {
    local name
    for name in "${suites[@]}"; do
        [[ $name == unit ]] || suite_lines | awk '{print $1}' | grep -qxF -- "$name" ||
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

# cmocka prints TAP when it is asked to, so that every case counts.
test_units() {
    local log=$build/meson-logs/testlog.json
    sanitizer_options
    rm -f "$log"
    CMOCKA_MESSAGE_OUTPUT=TAP step "unit tests" in_root \
        meson test -C "$build" --suite unit --no-rebuild --print-errorlogs || true
    if [[ -s $log ]]; then
        cp "$log" "$results/unit.json"
        count meson "$log"
    else
        echo "FAILED unit: there are no unit tests"
        failed=$((failed + 1))
    fi
}

# test_machine DEVICE[+vt]: one boot, all suites of it.
test_machine() {
    local name machine limit command total=60 vt='' status=0 list=()
    while read -r name machine limit command; do
        if [[ $machine == "$1" ]] && wanted "$name"; then
            list+=("$name" "$limit" "$command")
            total=$((total + limit))
        fi
    done < <(suite_lines)
    ((${#list[@]})) || return 0
    [[ $1 != *+vt ]] || vt=yes
    sanitizer_options
    say "suites on $1"
    run_machine "${1%+vt}" "$vt" "$total" "$lab/run-suites" "$results" "${list[@]}" || status=$?
    cp "$out/lab/serial.log" "$results/serial-$1.log"
    ((status == 0)) || say "the machine for $1 ended with status $status"
    local i
    for ((i = 0; i < ${#list[@]}; i += 3)); do
        name=${list[i]}
        status=$(cat "$results/$name.status" 2>/dev/null || echo -)
        count tap "$results/$name.tap" "$status" "$name"
    done
}
