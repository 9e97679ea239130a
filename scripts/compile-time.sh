#!/usr/bin/env bash
# What a service of 50 methods costs the compiler, with Mandovi and by hand for axum: a Markdown table on standard output,
# progress on standard error. Needs Python 3; works below target/compile-time, and takes some minutes.
#
#   scripts/compile-time.sh [--runs N] [--only CRATE] [--quick]
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
exec env PYTHONDONTWRITEBYTECODE=1 python3 bench/compile-time/measure.py "$@"
