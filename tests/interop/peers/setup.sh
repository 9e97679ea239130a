#!/bin/sh
# Makes a Python environment with the library of python_peer.py in a folder, and prints the
# path of its interpreter. Safe to run again; quick when nothing changed.
#
#   tests/interop/peers/setup.sh VENV_DIR
set -eu

[ $# -eq 1 ] || { echo "usage: setup.sh VENV_DIR" >&2; exit 1; }
command -v python3 >/dev/null 2>&1 || { echo "peers/setup.sh: Python 3 is not installed" >&2; exit 1; }
requirements=$(cd "$(dirname "$0")" && pwd)/requirements.txt
if ! cmp -s "$requirements" "$1/requirements.txt"; then
    python3 -m venv "$1" >&2
    "$1/bin/pip" install --quiet --disable-pip-version-check -r "$requirements" >&2
    cp "$requirements" "$1/requirements.txt"
fi
echo "$(cd "$1" && pwd)/bin/python"
