#!/usr/bin/env bash
# Runs chiron with one argument for each line, and passes its exit code on.
set -uo pipefail

arguments=()
while IFS= read -r line; do
    # The end of a line of YAML, and nothing else, is not part of an argument.
    line=${line%$'\r'}
    [[ -n $line ]] && arguments+=("$line")
done <<< "$INPUT_ARGUMENTS"

cd -- "$INPUT_WORKING_DIRECTORY" || exit 2
code=0
"$INPUT_BINARY" "${arguments[@]}" < /dev/null || code=$?
printf 'exit-code=%s\n' "$code" >> "$GITHUB_OUTPUT"
exit "$code"
