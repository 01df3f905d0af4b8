#!/usr/bin/env bash
# What signing and verifying cost beside hashing, in one run. Prints Markdown.
#
#   cargo build --release -p chiron
#   host/chiron/benches/signing.sh WHEELHOUSE
#
# WHEELHOUSE is a folder of wheels; the first 300 of them are taken. Needs hyperfine and python3. CHIRON names another binary; RUNS sets
# the number of runs (default 10).
set -euo pipefail
root=$(cd "$(dirname "$0")/../../.." && pwd)
chiron=$(realpath "${CHIRON:-$root/target/release/chiron}")
runs=${RUNS:-10}
[ -d "${1:-}" ] || { echo "usage: signing.sh WHEELHOUSE" >&2; exit 1; }
for tool in hyperfine python3 sha256sum "$chiron"; do
    command -v "$tool" > /dev/null || { echo "signing.sh needs $tool" >&2; exit 1; }
done
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir "$work/dist" "$work/home"
find "$(realpath "$1")" -maxdepth 1 -name '*.whl' | LC_ALL=C sort | head -300 | xargs -I{} cp {} "$work/dist"
count=$(find "$work/dist" -name '*.whl' | wc -l)
[ "$count" -gt 0 ] || { echo "there is no wheel in $1" >&2; exit 1; }

export HOME=$work/home CHIRON_CACHE=$work/cache NO_COLOR=1
unset XDG_CACHE_HOME XDG_DATA_HOME
cd "$work"
cat > sign.toml << 'TOML'
[pipeline]
name = "signing"
subjects = ["dist/*.whl"]
on_empty = "pass"
[[step]]
id = "sign"
uses = "cosign"
[step.bind]
keys.signing = "release"
[keys.release]
file = "release.key"
TOML
"$chiron" -q key generate release --no-password
"$chiron" -q run sign.toml > /dev/null

# Signed anew each time, into an empty place; hashed by the planning of the same pipeline, which signs nothing.
hyperfine -i -w 1 -r "$runs" --export-json signing.json \
    --prepare 'true' 'sha256sum dist/*.whl' \
    --prepare 'true' "$chiron -q run --dry-run sign.toml" \
    --prepare 'rm -rf dist/*.sigstore.json attestations' "$chiron -q run sign.toml" > /dev/null 2>&1
"$chiron" -q run sign.toml > /dev/null
hyperfine -w 1 -r "$runs" --export-json verifying.json "$chiron verify dist --key release.pub" > /dev/null 2>&1

echo "$("$chiron" --version), $count wheels, $(du -sm --exclude='*.json' dist | cut -f1) MiB, $(nproc) cores, $runs runs, load $(cut -d' ' -f1 /proc/loadavg)"
echo
python3 - << 'PYTHON'
import json
rows = json.load(open("signing.json"))["results"] + json.load(open("verifying.json"))["results"]
names = ("`sha256sum`, one core", "hashed: `chiron run --dry-run`", "signed: `chiron run`", "verified: `chiron verify`")
print("| what | seconds | to `sha256sum` | to hashing |\n|---|---|---|---|")
for name, row in zip(names, rows):
    print(f"| {name} | {row['mean']:.3f} ± {row['stddev']:.3f} | {row['mean'] / rows[0]['mean']:.2f} | {row['mean'] / rows[1]['mean']:.2f} |")
PYTHON
