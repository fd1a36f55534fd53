#!/usr/bin/env bash
# The drift pipeline: check; stop quietly without drift; else retrain, gate, and push the data.
# Run by .github/workflows/drift_pipeline.yml, and by hand: bash pipeline/drift.sh [FORCE]
#   BIOSIGHT_…           the app's database and storage, as the server has them
#   BIOSIGHT_DVC_REMOTE  where DVC keeps archives and models: a folder or s3://…; optional
#   BIOSIGHT_DVC_ENDPOINT  address of an S3 server that is not Amazon's; optional
# Leaves pipeline/work/outcome: quiet, better, no worse, a person decides, or worse (status 4).
set -euo pipefail
cd "$(dirname "$0")/.."
export PATH="$PWD/.venv/bin:$PWD/.venv-dvc/bin:$PATH"
outcome=pipeline/work/outcome
mkdir -p pipeline/work
echo quiet > "$outcome"

collection=$(python -c 'import yaml; print(yaml.safe_load(open("pipeline/params.yaml"))["snapshot"]["collection"])')
status=0
biosight drift check ${collection:+--collection "$collection"} --to pipeline/work/drift --fail || status=$?
if [ "$status" -ne 0 ] && [ "$status" -ne 3 ]; then exit "$status"; fi
if [ "$status" -eq 0 ] && [ "${1:-}" != FORCE ]; then
  echo "No verdict is red: nothing to do."
  exit 0
fi

if [ -n "${BIOSIGHT_DVC_REMOTE:-}" ]; then
  dvc remote add --local --force --default chosen "$BIOSIGHT_DVC_REMOTE"
  if [ -n "${BIOSIGHT_DVC_ENDPOINT:-}" ]; then
    dvc remote modify --local chosen endpointurl "$BIOSIGHT_DVC_ENDPOINT"
  fi
fi
# What another clone made of the same pictures is fetched, not made again.
pull=(--pull)
[ -n "${BIOSIGHT_DVC_REMOTE:-}" ] || pull=()
dvc repro "${pull[@]}" pipeline/dvc.yaml
dvc push
dvc metrics diff --targets pipeline/work/evaluation.json --md > pipeline/work/metrics.md
# Last: a candidate whose bytes did not get to the remote opens no pull request.
python -c 'import json; print(json.load(open("pipeline/work/registered.json"))["verdict"])' > "$outcome"
echo "The gate says: $(cat "$outcome")"
[ "$(cat "$outcome")" != worse ] || exit 4
