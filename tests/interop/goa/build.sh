#!/bin/sh
# Generates the code of the design with the pinned version of Goa and builds the two
# peers, goa-server and goa-client, into a folder:
#
#   tests/interop/goa/build.sh OUT_DIR
#
# Safe to run again and from several tests at once; quick when nothing changed.
set -eu

say() { echo "goa/build.sh: $*"; }
die() { echo "goa/build.sh: $*" >&2; exit 1; }

[ $# -eq 1 ] || die "usage: build.sh OUT_DIR"
command -v go >/dev/null 2>&1 || die "Go is not installed (no 'go' in PATH); install Go 1.22 or newer, see https://go.dev/dl/"
mkdir -p "$1"
out=$(cd "$1" && pwd)
cd "$(dirname "$0")"

# One at a time: the generator rewrites gen/ in place.
if command -v flock >/dev/null 2>&1 && [ -z "${MANDOVI_GOA_LOCKED:-}" ]; then
    MANDOVI_GOA_LOCKED=1 exec flock "$(pwd)/design" "$(pwd)/build.sh" "$out"
fi

wanted=$(cat design/*.go go.mod go.sum | cksum)
if [ "$(cat gen/.stamp 2>/dev/null)" = "$wanted" ]; then
    say "gen/ is up to date"
else
    say "generating gen/ with $(go list -m goa.design/goa/v3)"
    rm -rf gen
    # The generator leaves its work folder behind when it fails.
    GOWORK=off go run goa.design/goa/v3/cmd/goa gen mandovi.test/goa/design -o . >/dev/null || {
        rm -rf goa[0-9]*
        die "the generator failed"
    }
    echo "$wanted" >gen/.stamp
fi

for peer in goa-server goa-client; do
    GOWORK=off go build -o "$out/$peer" "./cmd/$peer" || die "$peer does not build"
    say "built $out/$peer"
done
