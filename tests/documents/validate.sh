#!/usr/bin/env bash
# Checks the committed documents with the specifications' own tools (@asyncapi/parser, two validators of OpenAPI 3.1, ajv).
#
#   tests/documents/validate.sh             every committed document
#   tests/documents/validate.sh FOLDER...   those of these folders
#
# Needs Node 20 or later with npm. The tools are installed below target/, in the versions of package-lock.json.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

for tool in node npm; do
    command -v "$tool" >/dev/null || { echo "the documents are checked by tools for Node: $tool is missing" >&2; exit 1; }
done

modules=$(realpath -m "${CARGO_TARGET_DIR:-target}/documents")
wanted=$(node --version && cat tests/documents/package-lock.json)
if [ "$wanted" != "$(cat "$modules/wanted" 2>/dev/null)" ]; then
    rm -rf "$modules"
    mkdir -p "$modules"
    cp tests/documents/package.json tests/documents/package-lock.json "$modules/"
    echo "installing the validators below $modules"
    # No package needs a script of its own to run.
    npm ci --prefix "$modules" --ignore-scripts --no-audit --no-fund --loglevel error
    echo "$wanted" >"$modules/wanted"
fi

folders=("$@")
[ ${#folders[@]} -gt 0 ] || folders=(examples/*/docs tests/documents/everything crates/mandovi-docs/tests/documents/*)
existing=()
for folder in "${folders[@]}"; do [ ! -d "$folder" ] || existing+=("$folder"); done
MODULES=$modules exec node tests/documents/validate.mjs "${existing[@]}"
