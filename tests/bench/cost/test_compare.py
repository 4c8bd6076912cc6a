#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""The comparison of ./run bench cost, without a machine: TAP."""

import contextlib
import copy
import io
import json
import os
import sys
import tempfile

import compare

MADE = {"compiler": "gcc 1", "libc6": "2"}
ACCEPTED = {"made with": MADE,
            "scenes": {"one": {"flip ns": 10000, "test ns": 0, "ioctls": 4, "PSS KiB": 9000},
                       "two": {"flip ns": 200}}}


def verdicts(change):
    """What is said of the accepted figures after change(scenes)."""
    scenes = copy.deepcopy(ACCEPTED["scenes"])
    change(scenes)
    return [one[:3] for one in compare.judge(ACCEPTED["scenes"], scenes)]


def output(option, accepted, results):
    """(exit status, what was printed, the file of accepted figures afterwards)"""
    with tempfile.TemporaryDirectory() as folder:
        paths = [os.path.join(folder, name) for name in ("accepted", "results")]
        for path, content in zip(paths, (accepted, results)):
            if content is not None:
                with open(path, "w", encoding="utf-8") as file:
                    json.dump(content, file)
        with contextlib.redirect_stdout(io.StringIO()) as printed:
            status = compare.main(*([option] if option else []), *paths)
        with open(paths[0], encoding="utf-8") as file:
            return status, printed.getvalue(), file.read()


def one(figures):
    return lambda scenes: scenes["one"].update(figures)


def dearer_results():
    results = copy.deepcopy(ACCEPTED)
    results["scenes"]["one"]["flip ns"] = 11000
    results["made with"] = {**MADE, "libc6": "3"}
    return results


def check_nothing():
    assert not verdicts(lambda scenes: None)
    assert output("--tap", ACCEPTED, ACCEPTED)[0] == 0
    assert output("", ACCEPTED, ACCEPTED)[0] == 0


def check_dearer():
    assert verdicts(one({"flip ns": 10501})) == [("one", "flip ns", "dearer")]
    assert verdicts(one({"ioctls": 5})) == [("one", "ioctls", "dearer")]
    assert verdicts(one({"PSS KiB": 9300})) == [("one", "PSS KiB", "dearer")]
    assert not verdicts(one({"flip ns": 10499, "ioctls": 4.1, "PSS KiB": 9200}))


def check_large():
    accepted = {"one": {"total ns": 1000000}}
    dearer = {"one": {"total ns": 1030001}}
    assert [told[2] for told in compare.judge(accepted, dearer)] == ["dearer"]
    assert not list(compare.judge(accepted, {"one": {"total ns": 1029999}}))


def check_from_zero():
    assert verdicts(one({"test ns": 501})) == [("one", "test ns", "dearer")]
    assert not verdicts(one({"test ns": 499}))


def check_cheaper():
    results = copy.deepcopy(ACCEPTED)
    results["scenes"]["one"]["flip ns"] = 9000
    status, text, _ = output("--tap", ACCEPTED, results)
    assert status == 0 and "not ok" not in text
    assert "# one: flip ns 10000 became 9000 (-10.0 %): cheaper" in text
    assert output("", ACCEPTED, results)[0] == 0


def check_missing():
    assert verdicts(lambda scenes: scenes.pop("two")) == [("two", None, "missing")]
    assert verdicts(lambda scenes: scenes["one"].pop("ioctls")) == [("one", "ioctls", "missing")]


def check_some():
    some = copy.deepcopy(ACCEPTED)
    some["scenes"].pop("two")
    assert output("--some", ACCEPTED, some)[0] == 0
    some["scenes"]["one"]["ioctls"] = 5
    assert output("--some", ACCEPTED, some)[0] == 1


def check_new():
    assert verdicts(lambda scenes: scenes.update(three={})) == [("three", None, "new")]
    assert verdicts(one({"gate ns": 3})) == [("one", "gate ns", "new")]


def check_tap():
    status, text, _ = output("--tap", ACCEPTED, dearer_results())
    assert status == 0
    assert "ok 1 - one: as cheap as accepted; flip ns: dearer # SKIP on file with another libc6\n" in text
    assert "# one: flip ns 10000 became 11000 (+10.0 %): dearer\n" in text
    assert "ok 2 - two: as cheap as accepted\n1..2\n" in text
    assert "libc6 2, NOW 3" in text and "gcc 1\n" in text and "--accept" in text


def check_tap_same_tools():
    results = {**dearer_results(), "made with": MADE}
    status, text, _ = output("--tap", ACCEPTED, results)
    assert status == 1
    assert "not ok 1 - one: as cheap as accepted; flip ns: dearer\n" in text


def check_table():
    status, text, _ = output("", ACCEPTED, dearer_results())
    assert status == 1 and "+10.0" in text and "dearer: one: flip ns" in text


def check_accept():
    results = dearer_results()
    results["scenes"]["one"]["ioctls"] = 4.04
    status, _, accepted = output("--accept", ACCEPTED, results)
    assert status == 0
    assert output("--tap", json.loads(accepted), results)[0] == 0
    lines = [line.strip() for line in accepted.splitlines()]
    assert '"flip ns": 11000,' in lines and '"ioctls": 4.0,' in lines
    assert lines.index('"PSS KiB": 9000,') < lines.index('"flip ns": 11000,')


def check_no_file():
    assert output("--accept", None, ACCEPTED)[0] == 0


def main():
    checks = [(name, check) for name, check in globals().items() if name.startswith("check_")]
    failed = False
    for number, (name, check) in enumerate(checks, 1):
        try:
            check()
            print(f"ok {number} - {name[6:].replace('_', ' ')}")
        except AssertionError as error:
            failed = True
            print(f"not ok {number} - {name[6:].replace('_', ' ')}\n# line "
                  f"{error.__traceback__.tb_next.tb_lineno}: {error}")
    print(f"1..{len(checks)}")
    return failed


sys.exit(main())
