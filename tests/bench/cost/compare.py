#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""compare.py [--tap | --accept | --some] ACCEPTED RESULTS: figures beside those on file.

Without an option a table; --tap: one case for each scene, skipped where it is dearer and was
measured with another compiler, kernel or library; --accept: RESULTS go on file; --some: a table,
in which scenes that were not measured are not missed. Exit status 1 where a figure is dearer, or
one of the two has a scene or a figure that the other lacks.
"""

import json
import sys

TOLERANCE = 0.03
COLUMNS = 4  # of the table, to fit a terminal
# What small figures may differ by in any case, by their unit.
FLOORS = {"ns": 500, "KiB": 256, "": 0.1}

HINT = """\
Where nothing that was done to latch explains it: is the compiler, the kernel or a library another?
What is on file was measured with:
"""


def tolerance(name, accepted):
    unit = name.rpartition(" ")[2]
    return max(TOLERANCE * abs(accepted), FLOORS[unit if unit in FLOORS else ""])


def rounded(value):
    return round(value) if value >= 100 else round(value, 1)


def number(value):
    return f"{value:.1f}".removesuffix(".0")


def percent(old, new):
    return f" ({100 * (new - old) / old:+.1f} %)" if old else ""


def judge(accepted, measured):
    """(scene, figure or None for the whole scene, verdict, words), of all that is to be told; the
    verdicts are dearer, cheaper, missing and new."""
    for scene in sorted(accepted.keys() | measured.keys()):
        if scene not in measured:
            yield scene, None, "missing", "was not measured"
            continue
        if scene not in accepted:
            yield scene, None, "new", "has no accepted values"
            continue
        old, new = accepted[scene], measured[scene]
        for name in sorted(old.keys() | new.keys()):
            if name not in new:
                yield scene, name, "missing", "was not measured"
            elif name not in old:
                yield scene, name, "new", f"has no accepted value, is {number(new[name])}"
            elif abs(new[name] - old[name]) > tolerance(name, old[name]):
                verdict = "dearer" if new[name] > old[name] else "cheaper"
                yield (scene, name, verdict, f"{number(old[name])} became {number(new[name])}"
                       + percent(old[name], new[name]))


def others_made_with(accepted, results):
    old, new = accepted.get("made with", {}), results["made with"]
    return [name for name in sorted(old.keys() | new.keys()) if old.get(name) != new.get(name)]


def hint(accepted, results):
    lines = HINT
    old, new = accepted.get("made with", {}), results["made with"]
    for name in sorted(old.keys() | new.keys()):
        is_same = old.get(name) == new.get(name)
        lines += f"  {name} {old.get(name)}" + ("" if is_same else f", NOW {new.get(name)}") + "\n"
    return lines + "./run bench cost --accept puts the new figures on file; the commit says why.\n"


def tap(accepted, results):
    told = list(judge(accepted["scenes"], results["scenes"]))
    scenes = sorted(accepted["scenes"].keys() | results["scenes"].keys())
    failed = False
    # With another compiler or library a difference says nothing of latch.
    others = others_made_with(accepted, results)
    for number_, scene in enumerate(scenes, 1):
        bad = [one for one in told if one[0] == scene and one[2] != "cheaper"]
        dearer = all(one[2] == "dearer" for one in bad)
        skip = f" # SKIP on file with another {', '.join(others)}" if bad and dearer and others else ""
        print(f"{'not ok' if bad and not skip else 'ok'} {number_} - {scene}: as cheap as accepted"
              + "".join(f"; {one[1] or 'the scene'}: {one[2]}" for one in bad) + skip)
        for _, name, verdict, words in (one for one in told if one[0] == scene):
            print(f"# {scene}: {name or 'the scene'} {words}: {verdict}")
        failed = failed or (bool(bad) and not skip)
    print(f"1..{len(scenes)}")
    if failed or others:
        print("".join(f"# {line}\n" for line in hint(accepted, results).splitlines()), end="")
    return 1 if failed else 0


def cell(old, values, name):
    if name not in values:
        return ""
    change = "new" if old is None else ""
    if old:
        change = f"{100 * (values[name] / old - 1):+.1f}"
    return f"{number(rounded(values[name]))}{change:>8}"


def table(accepted, results):
    """The scenes are columns, the figures rows; of each the value and its change."""
    scenes = results["scenes"]
    names = list(dict.fromkeys(name for scene in scenes.values() for name in scene))
    print("For each frame (start: until the first); behind it the change from what is on file, in %")
    for first in range(0, len(scenes), COLUMNS):
        some = list(scenes)[first:first + COLUMNS]
        print(f"\n{'':12}" + "".join(f"{scene:>21}" for scene in some))
        for name in names:
            cells = [cell(accepted["scenes"].get(scene, {}).get(name), scenes[scene], name)
                     for scene in some]
            if any(cells):
                print(f"{name:12}" + "".join(f"{one:>21}" for one in cells))
    print()
    told = list(judge(accepted["scenes"], scenes))
    for scene, name, verdict, words in told:
        print(f"{verdict}: {scene}: {name or 'the scene'} {words}")
    bad = any(verdict != "cheaper" for _, _, verdict, _ in told)
    if bad:
        print("\n" + hint(accepted, results), end="")
    return 1 if bad else 0


def accept(path, results):
    """One figure a line, in order, so that a commit shows what changed."""
    for scene in results["scenes"].values():
        for name, value in scene.items():
            scene[name] = rounded(value)
    with open(path, "w", encoding="utf-8") as file:
        json.dump(results, file, indent=1, sort_keys=True)
        file.write("\n")
    return 0


def load(path):
    with open(path, encoding="utf-8") as file:
        return json.load(file)


def main(option, *paths):
    if not option.startswith("--"):
        paths = option, *paths
    try:
        accepted = load(paths[0])
    except FileNotFoundError:
        accepted = {"scenes": {}}
    results = load(paths[1])
    if option == "--accept":
        return accept(paths[0], results)
    if option == "--some":
        accepted["scenes"] = {name: figures for name, figures in accepted["scenes"].items()
                              if name in results["scenes"]}
    return (tap if option == "--tap" else table)(accepted, results)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
