#!/bin/bash
# SPDX-License-Identifier: MIT
# What a kiosk's service manager hears of latch, and what it can see of a command that dies or hangs.
set -u
# shellcheck source=tests/kms/job.sh
source "$(dirname "$0")/job.sh"
vkms=/sys/kernel/config/vkms/kiosk

# start_manager: what latch tells it is in $work/told, each word with its time in ms, and with how many
# planes showed something then.
start_manager() {
    rm -f "$work/manager"
    python3 -c '
import re, socket, sys, time
manager = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
manager.bind(sys.argv[1])
print("listening", flush=True)
while True:
    word = manager.recv(100).decode()
    planes = len(re.findall(r"^plane.*\n.*\n\tfb=[1-9]", open(sys.argv[2]).read(), re.MULTILINE))
    print(word, int(time.monotonic() * 1000), planes, flush=True)
' "$work/manager" "$(debugfs_file state)" >"$work/told" &
    manager=$!
    wait_until 5 has "$work/told" listening
}

# start_service: latch as a manager starts it, with a watchdog of a second.
start_service() {
    export NOTIFY_SOCKET=$work/manager WATCHDOG_USEC=1000000
    start_latch
    unset NOTIFY_SOCKET WATCHDOG_USEC
}

told() { grep -c "^$1 " "$work/told"; }
told_more() { (($(told "$1") > $2)); }

ready_when_shown() {
    wait_until 5 has "$work/told" READY=1
    cat "$work/told"
    [[ $(told READY=1) == 1 && $(grep READY=1 "$work/told") != *\ 0 ]]
}

# Each half second, as the manager wants, and no more often: in 3.1 s six times, or one more.
watchdog_is_fed() {
    local times
    times=-$(told WATCHDOG=1)
    sleep 3.1
    cat "$work/told"
    times=$((times + $(told WATCHDOG=1)))
    ((times == 6 || times == 7)) || ! is_exact
}

# The manager would end it now.
hangs() {
    local before
    kill -STOP "$LATCH_PID"
    sleep 0.1
    before=$(told WATCHDOG=1)
    sleep 2
    ! told_more WATCHDOG=1 "$before" || return
    kill -CONT "$LATCH_PID"
    wait_until 2 told_more WATCHDOG=1 "$before"
}

# The command has no part in it.
command_is_not_asked() {
    NOTIFY_SOCKET=$work/manager WATCHDOG_USEC=1000000 timeout 10 latch --device "$LATCH_DEVICE" \
        -- sh -c 'env' >"$work/environment"
    ! grep -E 'NOTIFY_SOCKET|WATCHDOG' "$work/environment"
}

# ends STATUS COMMAND...: what the manager gets when it ends.
ends() {
    local is=0
    timeout -k 1 20 latch --device "$LATCH_DEVICE" -- "${@:2}" >/dev/null || is=$?
    echo "status $is"
    [[ $is == "$1" ]]
}

# It stands still, and with it only itself; at the end nobody waits for it.
hung_client() {
    local client status=0
    latch-client --software --fullscreen --frames 2000 &
    client=$!
    wait_until 5 is_shown $client || status=1
    kill -STOP $client
    timeout 20 latch-client --software --frames 60 || { echo "the other stands still"; status=1; }
    is_shown $client || { echo "its picture has gone"; status=1; }
    lives || status=1
    kill -KILL $client
    wait $client 2>/dev/null
    return $status
}
is_shown() { latchctl planes | grep "(pid $1)"; }

hung_command() {
    local began=$SECONDS status=0
    latch --device "$LATCH_DEVICE" -- sh -c 'kill -STOP $$' >/dev/null &
    LATCH_PID=$!
    sleep 1
    kill -TERM "$LATCH_PID"
    wait_for_latch 5 || status=1
    echo "status $latch_status after $((SECONDS - began)) s"
    return $status
}

# A device without a monitor: the service is there, and waits for one.
make_device() {
    mkdir $vkms $vkms/{crtcs/crtc,encoders/encoder,connectors/connector,planes/primary} &&
        ln -s $vkms/crtcs/crtc $vkms/encoders/encoder/possible_crtcs/ &&
        ln -s $vkms/encoders/encoder $vkms/connectors/connector/possible_encoders/ &&
        echo 1 >$vkms/planes/primary/type &&
        ln -s $vkms/crtcs/crtc $vkms/planes/primary/possible_crtcs/ &&
        echo 2 >$vkms/connectors/connector/status && echo 1 >$vkms/enabled || return
    udevadm settle
    LATCH_DEVICE=$(find /dev/dri -name 'card*' | sort -V | tail -n 1)
}

without_monitor() {
    local status=0
    latch-client --software --fullscreen --frames 2000 &
    local client=$!
    wait_until 5 has "$work/told" READY=1 || { echo "not ready"; status=1; }
    grep READY=1 "$work/told"
    sleep 0.5
    echo 1 >$vkms/connectors/connector/status
    wait_until 5 is_shown $client || { echo "not shown"; status=1; }
    end $client
    return $status
}

job() {
    start_manager
    start_service
    check "the manager is told when a monitor shows something, once" ready_when_shown
    check "the watchdog is fed" watchdog_is_fed
    check "it is not while latch hangs" hangs
    check "a client that hangs keeps its picture, and nobody else waits" hung_client
    stop_latch
    # The watchdog is fed until then, and may be once more.
    [[ $(grep -v WATCHDOG=1 "$work/told" | tail -n 1) == STOPPING=1* && $(told STOPPING=1) == 1 ]]
    verdict $? "the manager is told of the end" "$work/told"
    check "the command is told of no manager" command_is_not_asked
    check "the session ends with the command's status" ends 7 sh -c 'exit 7'
    check "a command that crashes is 128 and the signal" ends 139 sh -c 'kill -SEGV $$'
    check "a command that is not there is 127" ends 127 /nowhere
    check "nobody waits for a command that hangs at the end" hung_command
    end $manager
    make_device
    verdict $? "vkms makes a device whose monitor is not plugged in"
    start_manager
    start_service
    check "without a monitor it is ready too, and the first one is lit" without_monitor
    stop_latch
    end $manager
    echo 0 >$vkms/enabled # other suites find one vkms
}
run_job job
