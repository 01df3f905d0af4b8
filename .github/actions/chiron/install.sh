#!/usr/bin/env bash
# Puts a chiron into PATH whose SHA-256 is the one that was asked for, and no other.
set -euo pipefail

fail() {
    printf '::error::%s\n' "${1//[$'\r\n']/ }"
    exit 2
}

[[ $INPUT_SHA256 =~ ^[0-9a-fA-F]{64}$ ]] || fail "sha256 is not a SHA-256 in hex: 64 digits"
[[ $INPUT_VERSION =~ ^[0-9]+\.[0-9]+\.[0-9]+([-+][0-9A-Za-z.+-]+)?$ ]] || fail "version is not a version, such as 0.1.0"

case "${RUNNER_OS:-}-${RUNNER_ARCH:-}" in
    Linux-X64) platform=x86_64-linux ;;
    Linux-ARM64) platform=aarch64-linux ;;
    *) fail "there is no chiron for ${RUNNER_OS:-an unknown system} on ${RUNNER_ARCH:-an unknown machine}" ;;
esac

# A folder of its own name for each binary: two versions in one job do not meet.
folder=$RUNNER_TEMP/chiron-${INPUT_SHA256,,}
mkdir -p "$folder/bin"
unverified=$folder/unverified

if [[ -n $INPUT_PATH ]]; then
    cp -- "$INPUT_PATH" "$unverified" || fail "the binary at path cannot be read"
else
    url=${INPUT_URL:-$GITHUB_SERVER_URL/$GITHUB_ACTION_REPOSITORY/releases/download/v$INPUT_VERSION/chiron-$INPUT_VERSION-$platform}
    [[ $url == https://* ]] || fail "url does not begin with https://"
    curl --proto '=https' --tlsv1.2 --fail --silent --show-error --location --retry 3 --output "$unverified" -- "$url" \
        || fail "the binary could not be fetched"
fi

# Before the file may be executed, and of the very bytes that will be.
if ! printf '%s  %s\n' "${INPUT_SHA256,,}" "$unverified" | sha256sum --check --status; then
    found=$(sha256sum -- "$unverified" | cut -d ' ' -f 1)
    rm -f -- "$unverified"
    fail "the binary is not the one that was asked for: its SHA-256 is $found"
fi
chmod 0755 "$unverified"
mv -- "$unverified" "$folder/bin/chiron"

told=$("$folder/bin/chiron" --version)
[[ $told == "chiron $INPUT_VERSION" ]] || fail "the binary says that it is $told, and not chiron $INPUT_VERSION"
printf '%s\n' "$folder/bin" >> "$GITHUB_PATH"
printf 'path=%s\n' "$folder/bin/chiron" >> "$GITHUB_OUTPUT"
echo "chiron $INPUT_VERSION, verified"
