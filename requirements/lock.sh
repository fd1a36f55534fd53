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
$compile --extra mongo --extra cloud --extra sso -c requirements/app.txt -o requirements/server.txt
# Ray beside the tests' own pins; ray.txt adds to dev.txt.
$compile --extra dev --extra ray -c requirements/dev.txt -o requirements/ray.txt
# Tools with environments of their own: DVC's pins and ours do not meet.
for tool in dvc deploy; do
  uv pip compile -q requirements/$tool.in --universal --python-version 3.11 --generate-hashes \
    --no-header --exclude-newer "$before" -o requirements/$tool.txt
done
# What training needs beside torch, with the tests' own pins.
uv pip compile -q requirements/train.in --universal --python-version 3.11 --generate-hashes \
  --no-header --exclude-newer "$before" -c requirements/dev.txt -o requirements/train.txt
