# SPDX-License-Identifier: MIT
"""vivid.py DEVICE [NAME=VALUE...]: sets controls of a V4L2 device, found by their names."""

import fcntl
import struct
import sys

VIDIOC_QUERYCTRL = 0xC0445624
VIDIOC_S_CTRL = 0xC008561C
NEXT = 0x80000000


def controls(device):
    number = NEXT
    while True:
        query = bytearray(68)
        struct.pack_into("I", query, 0, number)
        try:
            fcntl.ioctl(device, VIDIOC_QUERYCTRL, query)
        except OSError:
            return
        number = struct.unpack_from("I", query)[0]
        yield query[8:40].split(b"\0")[0].decode(), number
        number |= NEXT


with open(sys.argv[1], "r+b", buffering=0) as device:
    numbers = dict(controls(device))
    for word in sys.argv[2:]:
        name, value = word.rsplit("=", 1)
        if name not in numbers:
            sys.exit(f"no control {name!r}: {sorted(numbers)}")
        fcntl.ioctl(device, VIDIOC_S_CTRL, struct.pack("Ii", numbers[name], int(value)))
