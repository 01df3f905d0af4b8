#!/bin/sh
# Runs the pipeline and leaves in `out`: metrics for Prometheus, a trace for Perfetto, an SBOM, a report.
set -eu
cd "$(dirname "$0")"
mkdir -p out
"${CHIRON:-chiron}" run pipeline.toml -v \
    --metrics-file out/chiron.prom \
    --trace-file out/trace.json \
    -o cyclonedx-json=out/app.cdx.json \
    -o json=out/report.json
