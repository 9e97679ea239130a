#!/usr/bin/env bash
# The loom models of the connection's hand-written wake-ups: every interleaving, a few seconds.
# They build with `--cfg mandovi_loom`, in a target folder of their own so that nothing else is built anew.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
export RUSTFLAGS="${RUSTFLAGS:-} --cfg mandovi_loom" CARGO_TARGET_DIR=target/loom
exec cargo test -p mandovi --no-default-features --lib --release loom
