#!/usr/bin/env python3
"""Runs the Autobahn test suite against the server and the client, side by side, and judges strictly.

Exits with 0 only when every case that was to be run has a result, and every result is OK, in behaviour and in the way
the connection was closed.
"""
import argparse
import collections
import json
import os
import pathlib
import shutil
import subprocess
import sys
import time

HERE = pathlib.Path(__file__).parent

# These leave open what is right, and can never be OK.
INFORMATIONAL = {"7.1.6", "7.13.1", "7.13.2"}

# Everything but compression (12, 13); of that, each kind of data and each way to negotiate it at least once.
SHORT = ("1.*,2.*,3.*,4.*,5.*,6.*,7.*,9.*,10.*,12.1.1,12.1.4,12.1.10,12.1.11,12.1.18,12.2.4,12.3.4,12.4.4,12.5.4,13.1.4,"
         "13.2.4,13.3.4,13.4.4,13.5.4,13.6.4,13.7.4,13.1.18,13.2.18,13.3.18,13.5.18,13.7.18")

COLUMNS = "{:<48}{:>7}{:>7}{:>15}{:>8}"


def main():
    parser = argparse.ArgumentParser(prog="tests/autobahn/run.sh", description=__doc__)
    parser.add_argument("mode", nargs="?", choices=["server", "client"], help="what to test; both unless given")
    parser.add_argument("--cases", default="*", metavar="PATTERNS", help="such as '1.*,9.1.1'; all unless given")
    parser.add_argument("--short", action="store_const", dest="cases", const=SHORT, help="a minute's worth of them")
    parser.add_argument("--no-deflate", action="store_const", dest="exclude", const="12.*,13.*", default="",
                        help="without permessage-deflate")
    parser.add_argument("--limit", type=float, default=3600, metavar="SECONDS", help="after which a run is given up")
    parser.add_argument("--target", type=pathlib.Path, required=True, help=argparse.SUPPRESS)
    options = parser.parse_args()

    runs = [start(mode, options) for mode in ([options.mode] if options.mode else ["server", "client"])]
    deadline = time.monotonic() + options.limit
    complaints = []
    for mode, _, suite in runs:
        try:
            if suite.wait(timeout=max(0, deadline - time.monotonic())) != 0:
                complaints.append(f"{mode}: the run ended with status {suite.returncode}; see suite.log")
        except subprocess.TimeoutExpired:
            suite.terminate()  # which ends the program under test as well
            suite.wait(timeout=60)
            complaints.append(f"{mode}: not done within {options.limit:.0f} seconds")
    passed = 0
    for mode, out, _ in runs:
        good, bad = judge(mode, out)
        passed += good
        complaints += bad
    print()
    for complaint in complaints:
        print(complaint)
    print(f"{passed} passed, {len(complaints)} failed")
    return 1 if complaints or not passed else 0


def start(mode, options):
    out = options.target / "autobahn" / mode
    shutil.rmtree(out, ignore_errors=True)
    out.mkdir(parents=True)
    peer = options.target / "release" / "examples" / f"autobahn_{mode}"
    suite = subprocess.Popen([
        sys.executable, HERE / "suite.py", mode, os.path.abspath(peer), out,
        "--cases", options.cases, "--exclude", options.exclude,
    ])
    return mode, out, suite


def judge(mode, out):
    """How many cases passed, and what is to be said of every other."""
    try:
        announced = json.loads((out / "cases.json").read_text())
        results = next(iter(json.loads((out / "index.json").read_text()).values()), {})
    except (OSError, ValueError) as error:
        return 0, [f"{mode}: no results; see {out}: {error.strerror if isinstance(error, OSError) else error}"]
    cases, names = announced["cases"], announced["categories"]
    rows = collections.defaultdict(collections.Counter)
    complaints = []
    for case in cases:
        result = results.get(case, {"behavior": "MISSING", "behaviorClose": "MISSING"})
        behavior, closing = result["behavior"], result["behaviorClose"]
        if case in INFORMATIONAL:
            good = behavior == "INFORMATIONAL" and closing in ("OK", "INFORMATIONAL")
        else:
            good = behavior == closing == "OK"
        row = rows[case.split(".")[0]]
        row["cases"] += 1
        row[behavior if good else "failed"] += 1
        if not good:
            report = out / result.get("reportfile", "suite.log")
            complaints.append(f"{mode}: case {case}: {behavior}, closing: {closing}; see {report}")
    total = sum(rows.values(), collections.Counter())
    print("\n" + COLUMNS.format(mode, "cases", "OK", "informational", "failed"))
    for category, row in [*rows.items(), ("", total)]:
        name = f"{category:>2} {names[category]}" if category else "   total"
        print(COLUMNS.format(name, row["cases"], row["OK"], row["INFORMATIONAL"], row["failed"]))
    return len(cases) - len(complaints), complaints


if __name__ == "__main__":
    sys.exit(main())
