# shellcheck shell=bash
# The project, built inside the system root.

# build_project DIRECTORY [meson option...]
build_project() {
    local directory=$1
    shift
    [[ -f $checkout/meson.build ]] || die "there is no meson.build in the checkout yet"
    if [[ -f $directory/build.ninja ]]; then
        (($# == 0)) || in_root meson configure "$directory" "$@" >&2
    else
        in_root meson setup "$directory" "$checkout" "$@" >&2
    fi
    in_root ninja -C "$directory" >&2
}
