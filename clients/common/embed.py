#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""embed.py OUTPUT NAME FILE...: the files' text, one after the other, as a C string NAME."""

import sys

output, name, *files = sys.argv[1:]
text = b"".join(open(file, "rb").read() for file in files)
with open(output, "w", encoding="ascii") as c:
    # An array of numbers: the standard promises string literals of 4095 characters only.
    c.write(f'extern const char {name}[];\nconst char {name}[] = {{\n')
    for at in range(0, len(text), 20):
        c.write("".join(f"'\\x{byte:02x}'," for byte in text[at:at + 20]) + "\n")
    c.write("0};\n")
