#!/bin/bash
# SPDX-License-Identifier: MIT
# usage: session.sh LATCH
# A session's command, and with --dbus all that D-Bus starts, find the session.
set -euo pipefail

latch=$1
work=$(mktemp -d)
trap 'rm -r "$work"' EXIT
export XDG_RUNTIME_DIR=$work WLR_BACKENDS=headless XDG_CURRENT_DESKTOP=Other XDG_SESSION_TYPE=tty DISPLAY=:0
unset WAYLAND_DISPLAY

# run OPTION...: what the command finds.
run() {
    # shellcheck disable=SC2016
    "$latch" --renderer pixman --log error "$@" -- sh -c \
        'echo "$WAYLAND_DISPLAY $XDG_CURRENT_DESKTOP $XDG_SESSION_TYPE ${DISPLAY-none}"' 2>"$work/log" |
        grep ' wayland '
}

# is WHAT FOUND WANTED
is() { [[ $2 == "$3" ]] || { echo "$1: '$2', wanted '$3'" && cat "$work/log" && exit 1; }; }

is "the command finds" "$(run --socket one)" "one latch:wlroots wayland none"

cat >"$work/dbus-update-activation-environment" <<EOF
#!/bin/sh
echo "\$@, \$WAYLAND_DISPLAY \$XDG_CURRENT_DESKTOP \$XDG_SESSION_TYPE" >"$work/told"
EOF
chmod +x "$work/dbus-update-activation-environment"
PATH=$work:$PATH
run --socket two >/dev/null
[[ ! -e $work/told ]] || { echo "D-Bus is told unasked" && exit 1; }
run --socket two --dbus >/dev/null
is "D-Bus is told" "$(cat "$work/told")" \
    "--systemd WAYLAND_DISPLAY XDG_SESSION_TYPE XDG_CURRENT_DESKTOP XCURSOR_THEME XCURSOR_SIZE, two latch:wlroots wayland"

echo 'exit 3' >>"$work/dbus-update-activation-environment"
is "the session goes on" "$(run --socket three --dbus)" "three latch:wlroots wayland none"
is "and says so" "$(grep -c 'D-Bus is not told.*ended with 3' "$work/log")" 1
