# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# The system root: a tree of Debian testing that the project is built in, that
# the guest runs on, and that QEMU itself comes from. Made once, never written
# to again; see enter.sh for how commands run in it.

# use_root LIST...: the root of these lists of packages, where there are more than the project's own.
# Made in another way, it is another one. In a container that was made of it, this system is it.
use_root() {
    root_lists=("$@")
    root_key=$({ echo "$suite $arch ${arch_packages[*]}"; cat "$@" "$lab"/{modules,root-image}.sh; } |
        sha256sum | cut -c1-16)
    root=$cache/root-$root_key
    [[ $(cat /lab/key 2>/dev/null) != "$root_key" ]] || root=/
}
use_root "$lab/packages"

# A line that begins with "without" takes a package of another list out again.
package_list() {
    { cat "${root_lists[@]}" && printf '%s\n' "${arch_packages[@]}"; } | awk '{ sub(/#.*/, "") }
        $1 == "without" { left_out[$2] = 1; next }
        NF { names[++n] = $1 }
        END { for (i = 1; i <= n; i++) if (!(names[i] in left_out)) print names[i] }' | paste -sd ,
}

# ensure_root [ARCHIVE]: made of this one, or of packages. Several processes may find the root missing
# at the same moment: one makes it, the others wait. It takes its name only when it is complete.
ensure_root() {
    local lock make=(make_root)
    [[ ! ${1:-} ]] || make=(unpack_root "$1")
    if [[ $root == / && ! -f /guest.erofs ]]; then
        [[ -e /lab/root ]] || ln -s / /lab/root
        step "image of this system for the guest" sh "$lab/root-image.sh" /
    fi
    [[ ! -d $root ]] || return 0
    exec {lock}>"$cache/root.lock"
    flock -n "$lock" || { say "another process makes the system root: waiting"; flock "$lock"; }
    if [[ ! -d $root ]]; then
        rm -rf "$root.new"
        [[ ${1:-} ]] || can_make_root
        step "system root (Debian $suite, $arch)" "${make[@]}" "$root.new" ||
            die "the system root could not be made"
        step "image of it for the guest" sh "$lab/root-image.sh" "$root.new" ||
            die "the image could not be made"
        mv "$root.new" "$root"
    fi
    exec {lock}>&-
}

# An archive has all but the image, which is made sooner than read, and devices, which only root makes.
pack_root() { # FILE
    tar -C "$root" --numeric-owner --exclude=./guest.erofs --exclude='./dev/*' -c . |
        zstd -q -T0 >"$1.new"
    mv "$1.new" "$1"
}

unpack_root() { # FILE DIRECTORY
    local owner=--same-owner
    ! has_one_id || owner=--no-same-owner
    mkdir "$2"
    zstd -q -d <"$1" | tar -C "$2" --numeric-owner "$owner" -x
    [[ $(cat "$2/lab/key") == "$root_key" ]] || { echo "$1 is of another version of the lab" && return 1; }
}

can_make_root() {
    need_packages mmdebstrap:mmdebstrap unshare:util-linux
    ! has_one_id || die "a system root has files of many owners, and you have one id. As root:" \
        "apt-get install uidmap && usermod --add-subuids 100000-165535" \
        "--add-subgids 100000-165535 ${USER:-}; or bring a system root (./run root --import FILE)"
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
        "$suite" "$target" "$mirror" || return
    mkdir "$target/lab"
    echo "$root_key" >"$target/lab/key"
}

# enter_root COMMAND...: becomes it, inside the root, in the checkout, as root. In the background, what
# is killed then is what ends with all its children; in a container that lets nobody mount /proc, they
# end with that.
enter_root() {
    local space=()
    if [[ $root != / ]]; then
        space=(--mount --propagation private)
        ! unshare --mount --pid --fork mount -t proc proc /proc 2>/dev/null || space+=(--pid)
    fi
    exec unshare "${space[@]}" --fork --kill-child \
        "$lab/enter.sh" "$root" "$cache" "$checkout" "$build" "$out" "$@"
}

# in_root COMMAND...: runs it in there.
in_root() { (enter_root "$@"); }
