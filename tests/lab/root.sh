# shellcheck shell=bash
# The system root: a tree of Debian testing that the project is built in, that
# the guest runs on, and that QEMU itself comes from. Made once, never written
# to again; see enter.sh for how commands run in it.

# use_root LIST...: the root of these lists of packages, where there are more than the project's own.
# Made in another way, it is another one.
use_root() {
    root_lists=("$@")
    root=$cache/root-$({ echo "$suite $arch ${arch_packages[*]}"; cat "$@" "$lab"/{modules,root-image}.sh; } | sha256sum | cut -c1-16)
}
use_root "$lab/packages"

# A line that begins with "without" takes a package of another list out again.
package_list() {
    { cat "${root_lists[@]}" && printf '%s\n' "${arch_packages[@]}"; } | awk '{ sub(/#.*/, "") }
        $1 == "without" { left_out[$2] = 1; next }
        NF { names[++n] = $1 }
        END { for (i = 1; i <= n; i++) if (!(names[i] in left_out)) print names[i] }' | paste -sd ,
}

# Several processes may find the root missing at the same moment: one makes
# it, the others wait. It takes its name only when it is complete.
ensure_root() {
    local lock
    [[ ! -d $root ]] || return 0
    exec {lock}>"$cache/root.lock"
    flock -n "$lock" || { say "another process makes the system root: waiting"; flock "$lock"; }
    if [[ ! -d $root ]]; then
        need_packages mmdebstrap:mmdebstrap unshare:util-linux
        rm -rf "$root.new"
        step "system root (Debian $suite, $arch)" make_root "$root.new" ||
            die "the system root could not be made"
        step "image of it for the guest" sh "$lab/root-image.sh" "$root.new" ||
            die "the image could not be made"
        mv "$root.new" "$root"
    fi
    exec {lock}>&-
}

# Debian's mirror may be a copy that stands still, so its Release file may be
# past its Valid-Until date. What nobody reads here (manuals, translations,
# drivers of hardware that a virtual machine never has) is left out.
make_root() {
    local target=$1 mirror exclude options=()
    mirror=$(debian_mirror)
    if [[ ! $mirror ]]; then
        refresh_apt
        mirror=$(debian_mirror)
    fi
    [[ $mirror ]] || die "no Debian source found in this machine's apt configuration"
    for exclude in '/usr/share/'{man,doc,info,locale,help}'/*' \
        '/usr/lib/modules/*/kernel/'{sound,drivers/net,drivers/gpu/drm/{amd,i915,nouveau,radeon,xe}}'/*'; do
        options+=(--dpkgopt="path-exclude=$exclude")
    done
    # shellcheck disable=SC2016 # the hook's shell expands this
    LATCH_MODULES=$lab/modules.sh mmdebstrap --mode=root --architectures="$arch" --variant=essential \
        --include="$(package_list)" \
        --aptopt='Acquire::Check-Valid-Until "false"' \
        --aptopt='Apt::Install-Recommends "false"' \
        --dpkgopt=force-unsafe-io "${options[@]}" \
        --customize-hook='sh "$LATCH_MODULES" "$1"' \
        "$suite" "$target" "$mirror"
}

# enter_root COMMAND...: becomes it, inside the root, in the checkout, as root. In the background, what
# is killed then is what ends with all its children.
enter_root() {
    exec unshare --mount --pid --fork --kill-child --propagation private \
        "$lab/enter.sh" "$root" "$cache" "$checkout" "$build" "$out" "$@"
}

# in_root COMMAND...: runs it in there.
in_root() { (enter_root "$@"); }
