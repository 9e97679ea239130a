"""Measures what one service of 50 methods costs the compiler, with Mandovi and by hand for axum. See scripts/compile-time.sh."""

import argparse
import datetime
import os
import pathlib
import platform
import resource
import subprocess
import sys
import time

import generate

REPOSITORY = pathlib.Path(__file__).resolve().parents[2]
FOLDER = REPOSITORY / "target/compile-time"

# Name, the arguments of cargo, whether incremental, and whether a method is changed before (or the file only touched).
BUILDS = [
    ("`cargo check`", ["check"], False, False),
    ("`cargo build`", ["build"], False, False),
    ("`cargo build --release`", ["build", "--release"], False, False),
    ("`cargo check` after a change in one method", ["check"], True, True),
    ("`cargo build` after a change in one method", ["build"], True, True),
]


def told(text):
    print(f"[{datetime.datetime.now():%H:%M:%S}] {text}", file=sys.stderr, flush=True)


def environment(incremental, **more):
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("CARGO_PROFILE_", "RUSTFLAGS"))}
    return kept | {
        # What is measured twice must not find what the other left.
        "CARGO_TARGET_DIR": str(FOLDER / ("target-incremental" if incremental else "target")),
        "CARGO_INCREMENTAL": "1" if incremental else "0",
    } | more


def cargo(crate, arguments, incremental=False, **more):
    done = subprocess.run(
        ["cargo", *arguments], cwd=FOLDER / crate, env=environment(incremental, **more), capture_output=True, text=True
    )
    if done.returncode != 0:
        sys.exit(f"cargo {' '.join(arguments)} failed in {FOLDER / crate}:\n{done.stderr}")
    return done.stdout


def once(crate, arguments, incremental, change):
    """Seconds on the clock, and of processor time, of one build of the crate alone."""
    source = FOLDER / crate / "src/lib.rs"
    text = source.read_text()
    if change:
        # The body of one method, with a number that no build has seen before.
        at = text.index("if id.is_empty() {")
        end = text.index("{", at) + 1
        source.write_text(f"{text[:end]}\n        let _ = {time.time_ns()}_u64;{text[end:]}")
    else:
        source.touch()
    before, began = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
    cargo(crate, arguments, incremental)
    wall, after = time.monotonic() - began, resource.getrusage(resource.RUSAGE_CHILDREN)
    source.write_text(text)
    return wall, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def best(crate, arguments, incremental, change, runs):
    """The least of so many: everything else on the machine only ever adds."""
    once(crate, arguments, incremental, change)  # builds the dependencies, and fills the caches
    measured = [once(crate, arguments, incremental, change) for _ in range(runs)]
    return min(wall for wall, _ in measured), min(user for _, user in measured)


def expanded(crate):
    """What the compiler sees behind all macros, `derive` included. `-Z` is for nightly; the variable lets a stable one do it."""
    return cargo(crate, ["rustc", "--lib", "--", "-Zunpretty=expanded"], RUSTC_BOOTSTRAP="1")


def llvm_lines(crate):
    """The lines of LLVM's language before any optimisation: what the back end is given."""
    cargo(crate, ["rustc", "--lib", "--", "--emit=llvm-ir", "-Ccodegen-units=1", "-Cno-prepopulate-passes", "-Cdebuginfo=0"])
    files = (FOLDER / "target/debug/deps").glob(f"{crate.replace('-', '_')}-*.ll")
    newest = max(files, key=lambda path: path.stat().st_mtime)
    lines = newest.read_text().splitlines()
    return len(lines), sum(line.startswith("define ") for line in lines)


def output(*command):
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()


def processor():
    try:
        lines = pathlib.Path("/proc/cpuinfo").read_text().splitlines()
        return next(line.split(":", 1)[1].strip() for line in lines if line.startswith("model name"))
    except (OSError, StopIteration):
        return platform.processor() or "unknown processor"


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=5, help="builds of each kind, of which the least counts (5)")
    parser.add_argument("--only", help="one crate, such as with-mandovi")
    parser.add_argument("--quick", action="store_true", help="sizes, check and build only")
    arguments = parser.parse_args()
    crates = [crate for crate in generate.write(FOLDER, REPOSITORY) if arguments.only in (None, crate)]
    if not crates:
        sys.exit(f"there is no crate {arguments.only}: with-mandovi and with-axum are")

    rows = {}
    for crate in crates:
        told(f"{crate}: sizes (the first run builds the dependencies)")
        source = (FOLDER / crate / "src/lib.rs").read_text()
        text = expanded(crate)
        lines, functions = llvm_lines(crate)
        rows.setdefault("lines written", []).append(f"{len(source.splitlines()):,}")
        rows.setdefault("lines expanded, `derive` included", []).append(f"{len(text.splitlines()):,}")
        rows.setdefault("KiB expanded", []).append(f"{len(text) / 1024:,.0f}")
        rows.setdefault("lines of LLVM, debug", []).append(f"{lines:,}")
        rows.setdefault("functions of LLVM, debug", []).append(f"{functions:,}")
    for name, build, incremental, change in BUILDS[:2] if arguments.quick else BUILDS:
        for crate in crates:
            told(f"{crate}: {name}, {arguments.runs} times")
            wall, user = best(crate, build, incremental, change, arguments.runs)
            rows.setdefault(name, []).append(f"{wall:.2f} s ({user:.2f} s)")

    print(f"{output('rustc', '--version')}, {os.cpu_count()} × {processor()}, the least of {arguments.runs} runs.\n")
    print("| | " + " | ".join(crate.removeprefix("with-") for crate in crates) + " |")
    print("|---|" + "---:|" * len(crates))
    for name, cells in rows.items():
        print(f"| {name} | " + " | ".join(cells) + " |")


if __name__ == "__main__":
    main()
