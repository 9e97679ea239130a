#!/usr/bin/env bash
# Checks that what would be published compiles by itself: nothing of the repository but what the packages hold.
#
#   scripts/package.sh
#
# `cargo package` can verify by itself, but keeps what it unpacked in cargo's home by name and version: a later run with
# the same version and other code would be checked against the earlier one.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

packages=target/package
rm -rf "$packages"
crates=()
for crate in crates/*/; do crates+=(--package "$(basename "$crate")"); done
cargo package "${crates[@]}" --allow-dirty --no-verify --quiet

alone=$packages/alone
mkdir -p "$alone"
{
    printf '[workspace]\nresolver = "3"\nmembers = ["*"]\nexclude = ["target"]\n\n[patch.crates-io]\n'
    for package in "$packages"/*.crate; do
        tar -xzf "$package" -C "$alone"
        folder=$(basename "$package" .crate)
        printf '%s = { path = "%s" }\n' "${folder%-*}" "$folder"
    done
} >"$alone/Cargo.toml"
cp Cargo.lock "$alone/"
# A member of a workspace that brings its own lock file is told so for nothing.
rm -f "$alone"/*/Cargo.lock
cargo check --manifest-path "$alone/Cargo.toml" --workspace --all-features --target-dir target/package/build --quiet
ls "$packages"/*.crate | xargs -n 1 basename
