#!/usr/bin/env bash
# A soak: clients of every shape through fault proxies, and what the process holds meanwhile. It says where it is every ten seconds, and
# ends with the slope of resident memory over the second half and a verdict.
#
#   scripts/soak.sh [MINUTES] [REPORT]      30 minutes; no report unless a path is given
#
# Further arguments go to `mandovi-bench soak`: --clients N, --most KIB, --seed SEED.
set -euo pipefail
minutes=30
report=
if [[ "${1:-}" =~ ^[0-9.]+$ ]]; then minutes=$1; shift; fi
if [[ -n "${1:-}" && "$1" != --* ]]; then report=$(realpath -m "$1"); shift; fi
cd "$(dirname "${BASH_SOURCE[0]}")/.."
exec cargo run --release --quiet -p mandovi-bench -- soak --minutes "$minutes" ${report:+--report "$report"} "$@"
