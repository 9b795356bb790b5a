#!/usr/bin/env bash
# docs_current.sh PROGRAM ROOT: fails if docs/operations or docs/openapi.json is not what the declarations say. `./run docs` brings it up to
# date.
set -euo pipefail
program=$1 root=$2
fresh=$(mktemp -d)
trap 'rm -rf "$fresh"' EXIT
"$program" docs "$fresh"
diff -ru "$root/docs/operations" "$fresh/operations"
diff -u "$root/docs/openapi.json" "$fresh/openapi.json"
