#!/usr/bin/env bash
# Fuzzes the WebSocket core, guided by coverage, on stable Rust: libFuzzer, which needs a C++ compiler beside it.
#
#   scripts/fuzz.sh [options] [TARGET...]      all targets without a name; fuzz/README.md says what each proves
#
#   --seconds N   for each target; default 10, which is what CI does
#   --hours N     the same in hours
#   --merge       afterwards: fold what was found into fuzz/corpus, minimised
#   --asan        with AddressSanitizer; needs a nightly toolchain
#   --list        the targets
#
# What is found beyond fuzz/corpus is kept below target/fuzz and tried first the next time. A crash is kept in
# target/fuzz/crashes: minimise it, give it a name in fuzz/regressions/<target>, and mend what it found.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

usage() { sed -n '2,14s/^# \{0,1\}//p' "${BASH_SOURCE[0]}"; }
all=()
for program in fuzz/fuzz_targets/*.rs; do
    name=${program##*/}
    all+=("${name%.rs}")
done

seconds=10 merge='' asan='' targets=()
while [ $# -gt 0 ]; do
    case "$1" in
        --seconds | --hours)
            [[ "${2:-}" =~ ^[1-9][0-9]*$ ]] || { echo "$1 needs a whole number" >&2; exit 2; }
            if [ "$1" = --hours ]; then seconds=$(($2 * 3600)); else seconds=$2; fi
            shift
            ;;
        --merge) merge=1 ;;
        --asan) asan=1 ;;
        --list) printf '%s\n' "${all[@]}"; exit 0 ;;
        -h | --help) usage; exit 0 ;;
        -*) usage >&2; exit 2 ;;
        *)
            [ -f "fuzz/fuzz_targets/$1.rs" ] || { echo "no target $1; there are: ${all[*]}" >&2; exit 2; }
            targets+=("$1")
            ;;
    esac
    shift
done
[ ${#targets[@]} -gt 0 ] || targets=("${all[@]}")

command -v cargo >/dev/null || { echo "fuzzing needs: cargo" >&2; exit 1; }
if ! command -v "${CXX:-c++}" >/dev/null; then
    echo "fuzzing needs a C++ compiler, to build libFuzzer: install g++ or clang, or set CXX" >&2
    exit 1
fi
triple=$(rustc -vV | sed -n 's/^host: //p')

# What cargo-fuzz does, without it. The flags reach only what is built for --target, not build scripts and macros.
flags=(
    -Cpasses=sancov-module
    -Cllvm-args=-sanitizer-coverage-level=4
    -Cllvm-args=-sanitizer-coverage-inline-8bit-counters
    -Cllvm-args=-sanitizer-coverage-pc-table
    -Cllvm-args=-sanitizer-coverage-trace-compares
    -Cdebug-assertions
    --cfg fuzzing
)
cargo=(cargo) folder=$PWD/target/fuzz/build
if [ -n "$asan" ]; then
    cargo +nightly --version >/dev/null 2>&1 ||
        { echo "--asan needs a nightly toolchain: rustup toolchain install nightly" >&2; exit 1; }
    cargo=(cargo +nightly) folder=$PWD/target/fuzz/build-asan
    flags+=(-Zsanitizer=address)
fi
printf '== building %s\n' "${targets[*]}"
bins=()
for target in "${targets[@]}"; do bins+=(--bin "$target"); done
env -u CARGO_BUILD_RUSTFLAGS -u CARGO_ENCODED_RUSTFLAGS RUSTFLAGS="${flags[*]}" CARGO_TARGET_DIR="$folder" \
    CARGO_PROFILE_RELEASE_LTO=off CARGO_PROFILE_RELEASE_DEBUG=line-tables-only \
    "${cargo[@]}" build --quiet --release --locked -p mandovi-fuzz --features libfuzzer --target "$triple" "${bins[@]}"

# The last progress line of libFuzzer: "executions coverage corpus", or zeros.
progress() {
    awk '/^#[0-9]+/ { runs = substr($1, 2)
             for (at = 2; at < NF; at++) { if ($at == "cov:") cov = $(at + 1); if ($at == "corp:") corp = $(at + 1) } }
         END { sub("/.*", "", corp); print runs + 0, cov + 0, corp + 0 }' "$1"
}

rows=() passed=0 failed=0 reports=()
for target in "${targets[@]}"; do
    corpus=target/fuzz/corpus/$target crashes=target/fuzz/crashes/$target log=target/fuzz/$target.log
    bin=$folder/$triple/release/$target
    mkdir -p "$corpus" "$crashes"
    folders=("$corpus" "fuzz/corpus/$target")
    [ ! -d "fuzz/regressions/$target" ] || folders+=("fuzz/regressions/$target")
    printf '== %s, %ss\n' "$target" "$seconds"
    : >"$log"
    started=$SECONDS
    "$bin" -max_total_time="$seconds" -timeout=10 -rss_limit_mb=2048 -max_len=4096 -print_final_stats=1 \
        -artifact_prefix="$crashes/" "${folders[@]}" >"$log" 2>&1 &
    running=$!
    trap 'kill "$running" 2>/dev/null' INT TERM
    told=0
    while kill -0 "$running" 2>/dev/null; do
        sleep 1
        spent=$((SECONDS - started))
        if [ -t 1 ] || [ $((spent - told)) -ge 30 ]; then
            told=$spent
            read -r runs cov corp < <(progress "$log")
            line=$(printf '   %ss: %s executions, coverage %s, corpus %s' "$spent" "$runs" "$cov" "$corp")
            if [ -t 1 ]; then printf '\r%s ' "$line"; else printf '%s\n' "$line"; fi
        fi
    done
    [ ! -t 1 ] || printf '\r\033[K'
    status=0
    wait "$running" || status=$?
    trap - INT TERM
    [ $status -lt 128 ] || [ $status -eq 134 ] || { echo "$target was ended by a signal ($status)" >&2; exit "$status"; }

    read -r runs cov corp < <(progress "$log")
    exact=$(sed -n 's/^stat::number_of_executed_units: *//p' "$log")
    runs=${exact:-$runs}
    spent=$((SECONDS - started))
    rate=$((runs / (spent > 0 ? spent : 1)))
    crash=0
    if [ $status -ne 0 ]; then
        crash=1
        failed=$((failed + 1))
        input=$(sed -n 's/.*Test unit written to //p' "$log" | tail -1)
        input=${input#./}
        if [ -n "$input" ]; then
            reports+=("$(grep -m1 -A4 'panicked at\|^==[0-9]*== ERROR' "$log" || true)"
                "$target: the input is $input"
                "  replay:   cargo run -p mandovi-fuzz --features libfuzzer --bin $target -- $input"
                "  minimise: ${bin#"$PWD"/} -minimize_crash=1 -max_total_time=60 $input")
        else
            reports+=("$target ended with status $status; its output is $log" "$(tail -5 "$log")")
        fi
    else
        passed=$((passed + 1))
    fi
    rows+=("$(printf '%-14s %12s %9s %9s %7s %8s' "$target" "$runs" "$rate" "$cov" "$corp" "$crash")")

    if [ -n "$merge" ] && [ $status -eq 0 ]; then
        # What has a name stays; of the rest, only what reaches an edge that nothing before it does.
        fresh=target/fuzz/merge/$target
        rm -rf "$fresh"
        mkdir -p "$fresh"
        for file in fuzz/corpus/"$target"/*; do
            [[ "${file##*/}" =~ ^[0-9a-f]{40}$ ]] || cp "$file" "$fresh/"
        done
        "$bin" -merge=1 -use_counters=0 -timeout=10 -max_len=4096 "$fresh" "fuzz/corpus/$target" "$corpus" >"$log.merge" 2>&1 ||
            { echo "the corpus of $target could not be merged: $log.merge" >&2; exit 1; }
        rm -f "fuzz/corpus/$target"/*
        cp "$fresh"/* "fuzz/corpus/$target/"
        printf '   merged: %s inputs, %s bytes\n' "$(ls "$fresh" | wc -l)" "$(cat "$fresh"/* | wc -c)"
    fi
done

printf '\n%-14s %12s %9s %9s %7s %8s\n' target executions exec/s coverage corpus crashes
printf '%s\n' "${rows[@]}"
if [ ${#reports[@]} -gt 0 ]; then
    printf '\n'
    printf '%s\n' "${reports[@]}"
fi
printf '\n%s passed, %s failed\n' "$passed" "$failed"
[ "$failed" -eq 0 ]
