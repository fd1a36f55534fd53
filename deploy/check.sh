#!/usr/bin/env bash
# Checks the deployment files; make check-deploy calls it. Needs promtool (Debian: prometheus).
set -euo pipefail
cd "$(dirname "$0")/.."
bin=.venv-deploy/bin
$bin/hadolint Dockerfile
$bin/check-jsonschema --builtin-schema vendor.compose-spec compose.yaml
$bin/check-jsonschema --builtin-schema vendor.github-workflows .github/workflows/*.yml
$bin/zizmor --offline --quiet .github/workflows
find deploy/kubernetes -name '*.yaml' ! -name kustomization.yaml -exec $bin/kubernetes-validate --strict --quiet {} +
find deploy/kubernetes -name '*.yaml' ! -name kustomization.yaml -exec $bin/kubernetes-validate --strict --quiet --kubernetes-version 1.28 {} +
promtool check config --syntax-only deploy/prometheus/prometheus.yml
(cd deploy/prometheus && promtool check rules rules.yml alerts.yml && promtool test rules tests.yml tests-days.yml)
echo "All deployment files are as their formats ask."
