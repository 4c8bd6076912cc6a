# SPDX-License-Identifier: MIT
"""y4m.py FILE WIDTH HEIGHT RATE FRAMES CHROMA Y CB CR [TAG...]: a film of one colour, in YUV4MPEG2.

CHROMA is its word for the format (420jpeg, 420p10, 422, 444); the samples are of as many bits.
"""

import sys

path, width, height, rate, frames, chroma = sys.argv[1:7]
width, height, frames = int(width), int(height), int(frames)
across = 1 if chroma.startswith("444") else 2
down = 2 if chroma.startswith("420") else 1
size = 2 if "p1" in chroma else 1


def plane(width, height, value):
    return int(value).to_bytes(size, "little") * (width * height)


picture = plane(width, height, sys.argv[7]) + b"".join(
    plane(-(-width // across), -(-height // down), value) for value in sys.argv[8:10]
)
with open(path, "wb") as film:
    tags = " ".join(sys.argv[10:])
    film.write(f"YUV4MPEG2 W{width} H{height} F{rate} Ip A1:1 C{chroma} {tags}\n".encode())
    for _ in range(frames):
        film.write(b"FRAME\n" + picture)
