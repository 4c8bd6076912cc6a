#!/bin/bash
# layers.sh RESULTS NUMBER...: what latch takes from the deadline to the submit over so many
# subsurfaces of one client, each a layer that is looked at for each frame. Runs in the lab.
set -u
# shellcheck source=tests/kms/job.sh
source "$(dirname "$0")/../kms/job.sh"

results=$1
shift
for number in "$@"; do
    # None of the limits is what is measured here.
    start_latch --renderer pixman --max-time 100 \
        --limits surfaces=1000000,buffers=1000000,objects=10000000 >/dev/null
    latch-stress --size 128x96 --crowd subsurfaces --surfaces "$number" >"$work/crowd.log" 2>&1 &
    crowd=$!
    sleep $((2 + number / 400)) # until they are all there
    latch-client --software --size 160x120 >/dev/null 2>&1 &
    window=$!
    sleep $((3 + number / 1000))
    end $window $crowd
    kill -TERM "$LATCH_PID"
    wait_for_latch 60
    cp "$work/stats.json" "$work/$number.json"
done
python3 - "$results" "$work" "$@" <<'PYTHON'
import json, math, sys
results, work, numbers = sys.argv[1], sys.argv[2], sorted(int(number) for number in sys.argv[3:])
rows, failed = [], False
for number in numbers:
    output = max(json.load(open(f"{work}/{number}.json"))["outputs"], key=lambda o: o["flips"])
    rows.append({"layers": number, "flips": output["flips"],
                 "p50_ms": output["stages"]["latch_to_submitted"]["p50_ns"] / 1e6,
                 "p95_ms": output["stages"]["latch_to_submitted"]["p95_ns"] / 1e6})
for before, row in zip([None] + rows, rows):
    row["exponent"] = before and (math.log(row["p50_ms"] / before["p50_ms"])
                                  / math.log(row["layers"] / before["layers"]))
    # What a frame costs without any layer is in the first ones.
    bad = before and row["exponent"] > 1.1
    failed = failed or bad
    print(f"{row['layers']:6} layers  p50 {row['p50_ms']:8.3f} ms  p95 {row['p95_ms']:8.3f} ms"
          f"  {row['flips']:4} flips"
          + (f"  exponent {row['exponent']:5.2f}{' (at most 1.1)' if bad else ''}" if before else ""))
with open(results, "w", encoding="utf-8") as file:
    json.dump(rows, file, indent=1)
sys.exit(failed)
PYTHON
