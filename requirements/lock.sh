#!/bin/sh
# Rewrites the locks from pyproject.toml; releases younger than two weeks are left out, so that a
# withdrawn or hijacked one has time to be noticed. Needs uv (pip install uv).
set -eu
cd "$(dirname "$0")/.."
before=$(date -u -d '14 days ago' +%Y-%m-%d)
compile="uv pip compile -q pyproject.toml --universal --python-version 3.11 --generate-hashes \
  --no-header --exclude-newer $before"
$compile -o requirements/app.txt
$compile --extra dev -c requirements/app.txt -o requirements/dev.txt
$compile --extra mongo --extra cloud -c requirements/app.txt -o requirements/server.txt
# DVC is a tool with an environment of its own: its pins and ours do not meet.
uv pip compile -q requirements/dvc.in --universal --python-version 3.11 --generate-hashes \
  --no-header --exclude-newer "$before" -o requirements/dvc.txt
