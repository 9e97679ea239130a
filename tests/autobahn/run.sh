#!/usr/bin/env bash
# The Autobahn WebSocket test suite against Mandovi's server and client: see docs/conformance.md.
#
#   tests/autobahn/run.sh [server|client] [--short] [--cases PATTERNS] [--no-deflate] [--limit SECONDS]
#
# Needs cargo and Python 3.9 or later with venv. The suite and what it needs is installed below target/.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

target=${CARGO_TARGET_DIR:-target}
venv=$target/autobahn/venv
wanted=$(python3 --version && cat tests/autobahn/requirements.txt)
if [ "$wanted" != "$(cat "$venv/wanted" 2>/dev/null)" ]; then
    rm -rf "$venv"
    python3 -m venv "$venv"
    # Not compiled: it is Python 2, until tests/autobahn/python3.py imports it.
    "$venv/bin/pip" install --quiet --disable-pip-version-check --no-deps --no-compile -r tests/autobahn/requirements.txt
    echo "$wanted" >"$venv/wanted"
fi
cargo build --release -p mandovi --example autobahn_server --example autobahn_client
exec "$venv/bin/python" -B tests/autobahn/run.py --target "$target" "$@"
