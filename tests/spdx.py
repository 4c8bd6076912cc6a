#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Each source file says its licence in one line, so that a tool or a reader who has only this file
knows it. Prints TAP; with --write, gives the line to those that lack it.

    tests/spdx.py [--write]
"""
import os
import sys

LICENCE = "SPDX-License-Identifier: MIT"
COMMENTS = {
    (".c", ".h", ".frag", ".vert", ".css", ".js"): f"/* {LICENCE} */\n",
    (".py", ".sh", "meson.build", "meson_options.txt"): f"# {LICENCE}\n",
}
# What has to be a file's first line.
FIRST = ("#!", "#version")
# Whatever is changed in these makes a new system root of the lab: it comes when one is due.
KEYS = ("tests/lab/modules.sh", "tests/lab/root-image.sh")
ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))


def line_for(path, text):
    """The line that the file should have; None: it needs none, being no source."""
    for names, line in COMMENTS.items():
        if path.endswith(names):
            return line
    return f"# {LICENCE}\n" if text.startswith("#!") else None


def sources():
    """What is in the tree and was not made in it."""
    for folder, folders, names in os.walk(ROOT):
        top = folder == ROOT
        folders[:] = [
            name for name in folders
            if not (name.startswith(".") or (top and name.startswith(("build", "out", "subprojects", "obj-"))))
        ]
        for name in names:
            path = os.path.join(folder, name)
            if os.path.islink(path) or path.endswith(KEYS):
                continue
            try:
                with open(path, encoding="utf-8") as file:
                    text = file.read()
            except UnicodeDecodeError:
                continue
            line = line_for(path, text)
            if line:
                yield path, text, line


def main():
    lacking = []
    for path, text, line in sources():
        if line in text[:400]:
            continue
        if "--write" in sys.argv:
            lines = text.splitlines(keepends=True)
            lines.insert(bool(lines) and lines[0].startswith(FIRST), line)
            with open(path, "w", encoding="utf-8") as file:
                file.writelines(lines)
        else:
            lacking.append(os.path.relpath(path, ROOT))
    print("not " * bool(lacking) + "ok 1 - each source file says its licence\n1..1")
    for path in lacking:
        print(f"# {path} does not: tests/spdx.py --write")
    return bool(lacking)


sys.exit(main())
