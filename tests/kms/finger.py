#!/usr/bin/python3 -IS
# SPDX-License-Identifier: MIT
"""finger.py WIDTH HEIGHT: a touch screen of that many pixels, with one finger.

Reads lines: "down X Y", "to X Y", "up". Needs the module uinput."""

import fcntl
import os
import struct
import sys
import time

SYN, KEY, ABS = 0, 1, 3
BTN_TOUCH = 0x14A
X, Y, SLOT, MT_X, MT_Y, TRACKING_ID = 0x00, 0x01, 0x2F, 0x35, 0x36, 0x39
SET_EVBIT, SET_KEYBIT, SET_ABSBIT, SET_PROPBIT = 0x40045564, 0x40045565, 0x40045567, 0x4004556E
DEV_CREATE = 0x5501
PROP_DIRECT = 1


def main(width, height):
    device = os.open("/dev/uinput", os.O_WRONLY)
    for request, values in (
        (SET_EVBIT, (SYN, KEY, ABS)),
        (SET_KEYBIT, (BTN_TOUCH,)),
        (SET_ABSBIT, (X, Y, SLOT, MT_X, MT_Y, TRACKING_ID)),
        (SET_PROPBIT, (PROP_DIRECT,)),
    ):
        for value in values:
            fcntl.ioctl(device, request, value)
    largest = [0] * 64
    largest[X] = largest[MT_X] = width - 1
    largest[Y] = largest[MT_Y] = height - 1
    largest[SLOT], largest[TRACKING_ID] = 1, 65535
    # struct uinput_user_dev: name, id, no force feedback; greatest and smallest values, and so on.
    os.write(device, struct.pack("80s4HI256i", b"finger", 6, 1, 1, 1, 0, *largest, *[0] * 192))
    fcntl.ioctl(device, DEV_CREATE)

    def send(*events):
        for event in (*events, (SYN, 0, 0)):
            os.write(device, struct.pack("qqHHi", 0, 0, *event))

    for line in sys.stdin:
        what, *place = line.split()
        events = []
        if what == "down":
            events += [(ABS, TRACKING_ID, 1), (KEY, BTN_TOUCH, 1)]
        if what == "up":
            events += [(ABS, TRACKING_ID, -1), (KEY, BTN_TOUCH, 0)]
        else:
            x, y = map(int, place)
            events += [(ABS, MT_X, x), (ABS, MT_Y, y), (ABS, X, x), (ABS, Y, y)]
        send(*events)
        time.sleep(0.1)


main(int(sys.argv[1]), int(sys.argv[2]))
