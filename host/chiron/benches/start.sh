#!/usr/bin/env bash
# What starting costs: warm and the first time, beside `chiron --version`, in one run. Prints Markdown.
#
#   cargo build --release -p chiron
#   host/chiron/benches/start.sh
#
# Needs hyperfine, GNU time and python3. CHIRON names another binary; RUNS sets the number of runs (default 30).
set -euo pipefail
root=$(cd "$(dirname "$0")/../../.." && pwd)
chiron=$(realpath "${CHIRON:-$root/target/release/chiron}")
runs=${RUNS:-30}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

for tool in hyperfine python3 /usr/bin/time "$chiron"; do
    command -v "$tool" > /dev/null || { echo "start.sh needs $tool" >&2; exit 1; }
done

mkdir "$work/empty" "$work/home"
export HOME=$work/home CHIRON_CACHE=$work/cache CHIRON_DB=$work/db NO_COLOR=1
unset XDG_CACHE_HOME XDG_DATA_HOME
"$chiron" -q db import "$root/examples/quickstart/advisories" --db "$CHIRON_DB"

# Every first-party plugin, loaded in one run: a pipeline with a step for each that the binary has. The gate has none: it is the last
# policy of every pipeline.
builtins=$("$chiron" plugin inspect "$work/nothing.wasm" 2>&1 | sed -n 's/.* is neither a builtin (\(.*\)) nor .*/\1/p' | tr -d ,) || true
[ -n "$builtins" ] || { echo "start.sh: the binary does not tell its builtins" >&2; exit 1; }
program=$(realpath "$(type -P true)")
{
    printf '[pipeline]\nname = "all"\nsubjects = ["empty"]\non_empty = "pass"\n'
    for name in $builtins; do
        [ "$name" != gate ] || continue
        printf '[[step]]\nid = "%s"\nuses = "builtin:%s"\n' "$name" "$name"
        case $name in
            cosign) echo 'bind = { keys = { signing = "release" } }' ;;
            *-adapter) printf 'bind = { tools = { %s = "program" } }\n' "${name%-adapter}" ;;
        esac
    done
    printf '[keys.release]\nenv = "RELEASE_KEY"\n[databases.default]\npath = "db"\n'
    # Planned and not run: any program does, confined or not.
    printf '[tools.program]\npath = "%s"\nconfine = "none"\nprofiles.any = ["{input}"]\n' "$program"
} > "$work/all.toml"

peak() {
    /usr/bin/time -f %M -o "$work/peak" "$@" > /dev/null 2>&1 || true
    tail -1 "$work/peak"
}

# One first start, and whether it compiled nothing: the code of each builtin is part of the binary, and what is compiled is kept.
first_start() {
    rm -rf "$CHIRON_CACHE"
    "${plan[@]}" > "$work/plan" || { echo "start.sh: the plan of all builtins is refused" >&2; exit 1; }
    local compiled
    compiled=$("$chiron" cache status | sed -n 's/^plugins *//p')
    [ "$compiled" = 0 ] || { echo "start.sh: the first start compiled $compiled plugins; their code should be in the binary" >&2; exit 1; }
}

scan=("$chiron" -q scan "$work/empty")
plan=("$chiron" -q run --dry-run "$work/all.toml")
# An empty folder has nothing to scan: exit code 5, which is no failure here.
"${scan[@]}" > "$work/scan" 2>&1 || [ $? = 5 ] || { cat "$work/scan" >&2; exit 1; }
hyperfine -N -i -w 3 -r "$runs" --export-json "$work/warm.json" \
    "$chiron --version" "$(printf '%q ' "${scan[@]}")" > /dev/null 2>&1
first_start
hyperfine -N -r "$((runs / 3 + 1))" --prepare "rm -rf $CHIRON_CACHE" --export-json "$work/cold.json" \
    "$(printf '%q ' "${plan[@]}")" > /dev/null 2>&1
rm -rf "$CHIRON_CACHE"
cold=$(peak "${plan[@]}")
"${plan[@]}" > /dev/null
warm=$(peak "${scan[@]}")
version=$(peak "$chiron" --version)

echo "$("$chiron" --version), $(nproc) cores, $runs runs, load $(cut -d' ' -f1 /proc/loadavg)"
echo
python3 - "$work" "$version" "$warm" "$cold" << 'PYTHON'
import json, sys
work, version, warm, cold = sys.argv[1], *(int(kib) / 1024 for kib in sys.argv[2:])
results = json.load(open(f"{work}/warm.json"))["results"] + json.load(open(f"{work}/cold.json"))["results"]
base = results[0]["median"]
print("| what | median, ms | least, ms | more than --version, ms | peak memory, MiB |\n|---|---|---|---|---|")
for what, result, memory in zip(("`chiron --version`", "`chiron scan`, empty folder, warm", "first start, all first-party plugins loaded and planned"),
                                results, (version, warm, cold)):
    ms = lambda seconds: f"{seconds * 1000:.1f}"
    print(f"| {what} | {ms(result['median'])} | {ms(result['min'])} | {ms(result['median'] - base)} | {memory:.0f} |")
PYTHON
