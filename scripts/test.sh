#!/usr/bin/env bash
# Every test, with what they need beyond the language toolchains (Rust, Go, Python 3 with venv, Node 20, a C++ compiler).
#
#   scripts/test.sh            everything
#   scripts/test.sh --fast     without the 60 idle seconds, the loom models, fuzzing, Autobahn and the packaging check
#
# The Go, Python and Node peers install their own pinned packages below target/, from the usual package indexes.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

fast=
case "${1:-}" in
    "") ;;
    --fast) fast=1 ;;
    *) sed -n '2,8s/^# \{0,1\}//p' "${BASH_SOURCE[0]}"; exit 2 ;;
esac

missing=
for tool in cargo go python3 node npm "${CXX:-c++}"; do
    command -v "$tool" >/dev/null || missing="$missing $tool"
done
[ -z "$missing" ] || { echo "these tests need:$missing" >&2; exit 1; }

started=$SECONDS
step() {
    printf '\n== %s (%ss)\n' "$*" "$((SECONDS - started))"
    "$@"
}

step cargo fmt --all --check
step cargo clippy --workspace --all-targets --all-features -- -D warnings
step cargo clippy -p mandovi -p mandovi-websocket --lib --no-default-features -- -D warnings
step env RUSTDOCFLAGS="-D warnings" cargo doc --workspace --no-deps --quiet
# The whole workspace but the slow target, which would hold everything up for a minute: it runs on its own below.
step cargo test --workspace --exclude mandovi-interop --all-features
step cargo test -p mandovi --no-default-features --lib --quiet
step cargo test -p mandovi-websocket --no-default-features --quiet
# The same documents, however another crate of the build has serde_json order its members.
step cargo test -p mandovi-docs --test documents --features serde_json/preserve_order --quiet
step tests/documents/validate.sh
step cargo test -p mandovi-interop --test goa --test shapes --test peers --test wire --test table
if [ -z "$fast" ]; then
    step cargo test -p mandovi-interop --test idle
    step scripts/loom.sh
    step scripts/fuzz.sh --seconds 10
    step tests/autobahn/run.sh --short
    step scripts/package.sh
fi
printf '\nall tests passed in %ss\n' "$((SECONDS - started))"
