#!/bin/sh
# Judges a folder in any CI: installs nothing, says what happened, and passes the exit code on.
#   check.sh [PIPELINE]       CHIRON names the binary, CHIRON_SHA256 what its digest has to be, REPORTS where reports go
set -eu

chiron=${CHIRON:-$(command -v chiron)} || { echo "chiron is not installed, and CHIRON does not name it" >&2; exit 2; }
pipeline=${1:-pipeline.toml}
reports=${REPORTS:-reports}

if [ -n "${CHIRON_SHA256:-}" ]; then
    printf '%s  %s\n' "$CHIRON_SHA256" "$chiron" | sha256sum --check --status \
        || { echo "$chiron is not the binary that CHIRON_SHA256 names" >&2; exit 4; }
fi

mkdir -p "$reports"
code=0
"$chiron" run "$pipeline" -o table -o "json=$reports/chiron.json" -o "sarif=$reports/chiron.sarif" < /dev/null || code=$?

# "Denied" and "could not judge" are two things: only the first is about what was judged.
case $code in
    0) echo "chiron: passed" ;;
    1) echo "chiron: denied; the reasons are above and in $reports" ;;
    5) echo "chiron: nothing to scan, which is not the same as clean" ;;
    6) echo "chiron: could not judge, which is not the same as clean" ;;
    *) echo "chiron: failed with exit code $code" ;;
esac
exit "$code"
