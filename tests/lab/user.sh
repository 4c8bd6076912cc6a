# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# Who runs the lab: root, a user who is root in a namespace of his own, or one who has sudo. Chroot
# and mounts need one of these; QEMU needs none.

# Namespaces are taken where they do: a cache that sudo has made is root's, and apt is, too.
become_root() {
    local options
    if ((EUID == 0)); then
        [[ $root == / ]] || unshare --mount true 2>/dev/null || mount_in_namespace "$@"
        mkdir -p "$cache"
        return
    fi
    if prefers_namespace && options=$(namespace_options); then
        # shellcheck disable=SC2086
        exec unshare $options --mount env LAB_NAMESPACE="$options" PATH="$PATH:/usr/sbin:/sbin" \
            "$checkout/run" "$@"
    fi
    command -v sudo >/dev/null ||
        die "this needs root, sudo, or user namespaces, and they are not to be had: $(why_no_namespace)"
    exec sudo LATCH_CACHE="$cache" LATCH_BUILD_DIR="$build" LATCH_OUT_DIR="$out" \
        LATCH_LAB_ARCH="$arch" LATCH_DEBUG="$debug" DISPLAY="${DISPLAY:-}" \
        XAUTHORITY="${XAUTHORITY:-}" "$checkout/run" "$@"
}

prefers_namespace() {
    command -v sudo >/dev/null || return 0
    [[ ! -e $cache || -O $cache ]] && { [[ -d $root ]] || command -v mmdebstrap >/dev/null; }
}

# With all of the user's subordinate ids (newuidmap, /etc/subuid), or with the one that all have.
namespace_options() {
    local options
    for options in "--map-root-user --map-auto" --map-root-user; do
        # shellcheck disable=SC2086
        if unshare $options --mount true 2>/dev/null; then
            echo "$options"
            return
        fi
    done
    return 1
}

has_one_id() { [[ ${LAB_NAMESPACE:-} == --map-root-user ]]; }

# Root of a container that may not mount takes a namespace with all ids that the container has. Packages
# are installed before: they are the container's.
mount_in_namespace() {
    [[ ! ${LAB_NAMESPACE:-} ]] || die "this container allows no user namespace: $(why_no_namespace)"
    [[ -d $root ]] || need_packages mmdebstrap:mmdebstrap zstd:zstd
    give_all_ids $$ &
    # shellcheck disable=SC2016
    LAB_NAMESPACE=all exec unshare --user sh -c '
        until [ "$(id -u)$(id -g)" = 00 ] || [ "$((n += 1))" -gt 200 ]; do sleep 0.01; done
        exec unshare --mount "$@"' sh "$checkout/run" "$@"
}

give_all_ids() { # PID
    local map
    while [[ "/proc/$1/ns/user" -ef /proc/self/ns/user ]]; do sleep 0.01; done
    for map in uid_map gid_map; do
        awk '{ print $1, $1, $3 }' "/proc/self/$map" >"/proc/$1/$map"
    done
}

why_no_namespace() {
    local name off on
    while read -r name off on; do
        [[ $(cat "/proc/sys/${name//.//}" 2>/dev/null) != "$off" ]] ||
            { echo "$name is $off; as root: sysctl -w $name=$on" && return; }
    done <<'EOT'
kernel.apparmor_restrict_unprivileged_userns 1 0
kernel.unprivileged_userns_clone 0 1
user.max_user_namespaces 0 15000
EOT
    unshare --map-root-user --mount true 2>&1 || true
}

# Files made under sudo belong to the user who asked for them.
give_back() {
    local path
    [[ ${SUDO_UID:-} && $SUDO_UID != 0 ]] || return 0
    for path in "$build" "$out" "$@"; do
        [[ ! -e $path ]] || chown -R "$SUDO_UID:${SUDO_GID:-$SUDO_UID}" "$path"
    done
}
