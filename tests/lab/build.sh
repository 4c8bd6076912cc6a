# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# The project, built inside the system root.

# build_project DIRECTORY [meson option...]; $compiler, where set, is used
# when the directory is new.
build_project() {
    local directory=$1 lock
    shift
    [[ -f $checkout/meson.build ]] || die "there is no meson.build in the checkout"
    # Two builds of one directory at a time would tread on each other.
    exec {lock}>"$cache/build-$(sha256sum <<<"$directory" | cut -c1-16).lock"
    flock "$lock"
    if [[ ! -f $directory/build.ninja ]]; then
        in_root env ${compiler:+CC="$compiler"} meson setup "$directory" "$checkout" "$@" || return
    elif (($#)); then
        in_root meson configure "$directory" "$@" || return
    fi
    in_root ninja -C "$directory" || return
    exec {lock}>&-
}
