#!/bin/bash
# The session is switched to another virtual terminal and back.
set -u
# shellcheck source=tests/kms/job.sh
source "$(dirname "$0")/job.sh"

job() {
    start_latch --renderer pixman
    lives || return
    cases kms-session
    lab-monitor "sendkey ctrl-alt-f2"
    wait_until 3 on_vt 2
    verdict $? "Ctrl+Alt+F2 goes to the second terminal"
    chvt 1
    sleep 0.5
    cases kms-session
    stop_latch
}

on_vt() { [[ $(fgconsole) == "$1" ]]; }

run_job job
