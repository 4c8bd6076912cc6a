# SPDX-License-Identifier: MIT
"""What latency.sh has left, as figures: for latency-table and its page.

The rounds of a compositor are put together, frame by frame. "best peer" is the best figure of the
others, each by itself.
"""

import math
import statistics

FEW = 100  # frames that have to have a head start, to speak of 99 % of them
WLROOTS = ("sway", "cage", "labwc")


def is_peer(name):
    """kms is no compositor at all."""
    return name != "kms" and not name.startswith("latch")


CASES = {
    "sparse-full": "sparse, fullscreen",
    "sparse-window": "sparse, one window",
    "busy-window": "busy: two windows, the other one animates",
    "four-windows": "busy: four windows, three animate",
    "eight-windows": "busy: eight windows, seven animate",
    "late-full-implicit": "late implicit fences, fullscreen (from the signal)",
    "late-full-sync-file": "late sync_files (explicit-sync v1), fullscreen (from the signal)",
    "late-full-syncobj": "late syncobj timelines, fullscreen (from the signal)",
    "late-busy": "late fences of the best kind offered, busy (from the signal)",
    "paced-2-full": "self-paced, 2 buffers, fullscreen",
    "paced-3-full": "self-paced, 3 buffers, fullscreen",
    "paced-cpu-1": "self-paced, draws for 1 ms by CPU",
    "paced-cpu-varies": "self-paced, draws for 1 to 12 ms by CPU",
    "paced-cpu-grows": "self-paced, draws for 1 ms by CPU, and 1 ms more each 100 frames",
    "paced-cpu-outliers": "self-paced, draws for 1 ms by CPU, one frame of 100 for 12 ms",
    "paced-gpu-5": "self-paced, jobs of 5 ms on the GPU (from the signal)",
    "paced-gpu-14": "self-paced, jobs of 14 ms on the GPU (from the signal)",
    "paced-gpu-20": "self-paced, jobs of 20 ms on the GPU (from the signal)",
    "paced-gpu-30": "self-paced, jobs of 30 ms on the GPU (from the signal)",
    "input-full": "input to flip: a frame for each key",
    "input-paced-full": "input to flip: keys while frames go on, 3 buffers, 1 ms by CPU",
    "paced-2-window": "self-paced, 2 buffers, a window",
    "paced-3-window": "self-paced, 3 buffers, a window",
    "shm-full": "shared memory, sparse, fullscreen",
    "shm-window": "shared memory, sparse, a window",
    "paced-busy": "self-paced, draws for 1 ms by CPU, one of four windows that do so",
    "composed-window": "composed (a scaled window, which no plane takes), sparse",
    "composed-paced": "composed (a scaled window), self-paced",
    "composed-busy": "composed (a scaled window), busy",
    # Small, but not below the neighbour: a CPU draws what the simulated GPU shows, and is to be fast.
    "composed-paced-busy": "composed (a small scaled window), self-paced, beside one that animates",
}


def judge(run):
    """Of each frame of a run: how many vblanks late, its margin, its time to the flip. The same
    rule as clients/measure/grid.c has."""
    period = run["period_ns"]
    judged = []
    for _, ready, presented in run["samples_ns"]:
        if presented >= ready:
            late = math.floor((presented - ready) / period)
            judged.append((late, int(presented - ready - late * period), presented - ready))
    return judged


def percentile(values, percent):
    ordered = sorted(values)
    return ordered[(len(ordered) * percent + 99) // 100 - 1]


def head_start(judged):
    """The smallest margin that 99 % of the frames that have it were in time with; None where there
    are too few to say it, infinity where no margin is enough."""
    ordered = sorted(judged, key=lambda frame: -frame[1])
    in_time = best = 0
    for n, (late, margin, _) in enumerate(ordered, 1):
        in_time += late == 0
        if n < len(ordered) and ordered[n][1] == margin:
            continue
        if in_time * 1000 >= n * 990:
            best = n
    if len(ordered) < FEW:
        return None
    if best < FEW:
        return math.inf if len(ordered) >= 2 * FEW else None
    return ordered[best][1] + 1 if best < len(ordered) else 0


def check_run(run, judged):
    """The client and this program found their figures on their own."""
    if not judged:
        return
    assert run["in_time"] == sum(late == 0 for late, _, _ in judged), run["in_time"]
    assert abs(run["excess"] - statistics.mean(late for late, _, _ in judged)) < 1e-9
    assert run["p99_ns"] == percentile([frame[2] for frame in judged], 99)
    found = head_start(judged)
    if run["head_start"]["is"] == "known":
        assert abs(run["head_start"]["ns"] - found) <= 1, (run["head_start"], found)
    else:
        assert found in (None, math.inf), (run["head_start"], found)


def pool(rounds, case):
    """All runs of a case as one; None where there is none."""
    runs = [entry["cases"][case] for entry in rounds if case in entry["cases"]]
    good = [run for run in runs if "samples_ns" in run]
    if not good:
        words = runs[0].get("words") or f"status {runs[0].get('status')}" if runs else None
        return {"failed": words.removeprefix("latch-client: ")} if runs else None
    judged = []
    for run in good:
        of_run = judge(run)
        check_run(run, of_run)
        judged += of_run
    if not judged:
        return {"failed": "every frame was shown before its fence signalled"}
    count = sum(len(run["samples_ns"]) for run in good)
    pooled = {
        "frames": len(judged),
        "p50_ms": percentile([frame[2] for frame in judged], 50) / 1e6,
        "p99_ms": percentile([frame[2] for frame in judged], 99) / 1e6,
        "excess": statistics.mean(frame[0] for frame in judged),
        "first": 100 * sum(frame[0] == 0 for frame in judged) / len(judged),
        "zero_copy": 100 * sum(run["zero_copy"] for run in good) / count,
        "missed": 100 * sum(run["missed"] for run in good)
        / (count + sum(run["missed"] for run in good)),
        "early": sum(run["early"] for run in good),
        "discarded": sum(run["discarded"] for run in good),
        "failed_runs": len(runs) - len(good),
        "unsteady": sum(not run["steady"] for run in good),
        "sync": good[0]["sync"],
        "stalls": sum(run["stalls"] for run in good),
    }
    found = head_start(judged)
    period = good[0]["period_ns"] / 1e6
    pooled["head_ms"] = found and (period if found == math.inf else found / 1e6)
    pooled["head_is_more"] = found == math.inf
    if found is not None:
        outside = [late for late, margin, _ in judged if margin >= found]
        pooled["outside"] = 100 * outside.count(0) / len(outside) if outside else 0
        pooled["outside_frames"] = len(outside)
    costs = [run["compositor"] for run in good if "compositor" in run]
    if costs:
        pooled["cpu_ms"] = sum(cost["cpu_ns"] for cost in costs) / count / 1e6
        pooled["wake_ups"] = sum(cost["wake_ups"] for cost in costs) / count
    beside = [other for run in good for other in run["neighbours"]]
    if beside:
        pooled["neighbour"] = statistics.mean(other["frames_per_second"] for other in beside)
        pooled["not_animated"] = sum(not other["in_time"] for other in beside)
    return pooled


def summarize(results):
    summary = {}
    for name, entry in results["compositors"].items():
        rounds = entry["rounds"]

        def median(key, rounds=rounds):
            values = [one[key] for one in rounds if one.get(key) is not None]
            return statistics.median(values) if values else None

        wake_ups = median("idle_wake_ups")
        summary[name] = {
            "version": entry["version"],
            "broken": None if any(one["cases"] for one in rounds) else
            next((one["broken"] for one in rounds if one["broken"] is not None), None),
            "start_ms": median("start_to_first_frame_ms"),
            "pss_mib": (median("pss_kib") or 0) / 1024 or None,
            "idle_wake_ups": None if wake_ups is None else wake_ups / results["idle_seconds"],
            "idle_calls": median("idle_calls"),
            "cases": {case: pool(rounds, case) for case in CASES},
        }
    return summary


def figure(case, key, digits):
    """A figure as text."""
    value = case.get(key)
    if value is None:
        return "-"
    return (">" if key == "head_ms" and case["head_is_more"] else "") + f"{value:.{digits}f}"


def best_peer(summary, case, key, largest=False, names=None):
    values = [entry["cases"][case][key] for name, entry in summary.items()
              if is_peer(name) and (names is None or name in names) and entry["cases"].get(case)
              and entry["cases"][case].get(key) is not None]
    return (max if largest else min)(values) if values else None


def gpu_criteria(summary, hz):
    """latch-gpu-N,S composes on a simulated GPU, in jobs of N ms, more or less by S. What is done
    within a refresh, but for what else a frame takes, costs a client that waits for its callbacks no
    frame."""
    for name, entry in summary.items():
        job, one = name.removeprefix("latch-gpu-"), entry["cases"].get("composed-paced")
        if job == name or not one or "failed" in one:
            continue
        length, _, spread = job.partition(",")
        if float(length) > 14.1 / 16.7 * 1000 / hz:
            continue
        most = 1 if spread else 0.5
        text = f"{length} ms, more or less by {spread}" if spread else f"{length} ms"
        yield (f"composing jobs of {text}: a client that waits for callbacks loses at most {most} % "
               "of the refreshes", one["missed"] <= most,
               f"{(100 - one['missed']) * hz / 100:.1f} of {hz} frames a second")


def pacing_criteria(summary):
    """latch-early sends callbacks right after the flip: late ones lose next to nothing by it, and make
    nothing later but where they win frames. Two frames are what it takes to learn of outliers."""
    for case, title in CASES.items():
        one, early = (summary.get(name, {}).get("cases", {}).get(case)
                      for name in ("latch", "latch-early"))
        if not one or not early or "failed" in one or "failed" in early:
            continue
        most = max(0.2, 100 * 2.5 / one["frames"])
        yield (f"{title}: at most 0.2 %, or two frames, more are lost than by early callbacks",
               one["missed"] <= early["missed"] + most,
               f"{one['missed']:.2f} and {early['missed']:.2f} %")
        yield (f"{title}: no later than by early callbacks",
               one["p50_ms"] <= early["p50_ms"] + 0.1 or one["missed"] < early["missed"] - 1,
               f"p50 {one['p50_ms']:.2f} and {early['p50_ms']:.2f} ms")


def shm_criteria(summary):
    for size in ("full", "window"):
        one, copied = (summary.get(name, {}).get("cases", {}).get(f"shm-{size}")
                       for name in ("latch", "latch-copy"))
        if one and copied and "failed" not in one and "failed" not in copied:
            yield (f"shared memory on a plane, {size}: a third of the CPU of copying it",
                   one["cpu_ms"] <= copied["cpu_ms"] / 3,
                   f"{one['cpu_ms']:.2f} and {copied['cpu_ms']:.2f} ms")


def criteria(summary, hz):
    """(what, met or None where it can't be told, figures) of latch."""
    yield from gpu_criteria(summary, hz)
    yield from pacing_criteria(summary)
    yield from shm_criteria(summary)
    latch = summary.get("latch")
    if not latch:
        return
    cases = latch["cases"]

    def known(case):
        return cases.get(case) if cases.get(case) and "failed" not in cases[case] else None

    # The fullscreen and the late ones come as many as there are kinds of fences.
    for case, title in CASES.items():
        if case.split("-")[0] not in ("sparse", "busy", "late"):
            continue
        one, other = known(case), best_peer(summary, case, "head_ms")
        told = one and one["head_ms"] is not None
        yield (f"{title}: 99 % at the first vblank outside of the head start",
               one["outside"] >= 99 if told else None,
               f"{one['outside']:.1f} % of {one['outside_frames']}, {one['first']:.1f} % of all"
               if told else None)
        told = told and other is not None
        yield (f"{title}: head start at most the best peer's",
               one["head_ms"] <= other if told else None,
               f"{one['head_ms']:.2f} and {other:.2f} ms" if told else None)
    for size in ("full", "window"):
        two, three = known(f"paced-2-{size}"), known(f"paced-3-{size}")
        told = two and three
        yield (f"self-paced, {size}: three buffers no later than two",
               three["excess"] <= two["excess"] + 0.05 if told else None,
               f"{three['excess']:.3f} and {two['excess']:.3f} refreshes" if told else None)
    own = known("paced-3-full")
    for names, factor, what in ((WLROOTS, 0.5, "at most half of the best of " + ", ".join(WLROOTS)),
                                (("weston",), 1, "below weston's")):
        other = best_peer(summary, "paced-3-full", "cpu_ms", names=names)
        told = own and own.get("cpu_ms") is not None and other is not None
        yield (f"CPU for a self-paced frame {what}",
               own["cpu_ms"] <= other * factor if told else None,
               f"{own['cpu_ms']:.2f} and {other:.2f} ms" if told else None)
    pss = [entry["pss_mib"] for name, entry in summary.items()
           if is_peer(name) and entry["pss_mib"]]
    told = pss and latch["pss_mib"]
    yield ("PSS with all on planes below the smallest peer's",
           latch["pss_mib"] < min(pss) if told else None,
           f"{latch['pss_mib']:.1f} and {min(pss):.1f} MiB" if told else None)
    idle = latch["idle_wake_ups"]
    yield ("idle: no wake-up", None if idle is None else idle == 0,
           None if idle is None else f"{idle} a second")
    if latch["idle_calls"] is not None:
        yield ("idle: no system call (strace)", latch["idle_calls"] == 0,
               f"{latch['idle_calls']:.0f} calls")
