#!/usr/bin/env bash
# Checks the deployment files; make check-deploy calls it. Needs promtool and
# amtool (Debian: prometheus, prometheus-alertmanager).
set -euo pipefail
cd "$(dirname "$0")/.."
bin=.venv-deploy/bin
$bin/hadolint Dockerfile
$bin/check-jsonschema --builtin-schema vendor.compose-spec compose.yaml
$bin/check-jsonschema --builtin-schema vendor.github-workflows .github/workflows/*.yml
$bin/check-jsonschema --builtin-schema vendor.dependabot .github/dependabot.yml
$bin/zizmor --offline --quiet .github
# A ServiceMonitor is the Prometheus Operator's own kind.
manifests=$(find deploy/kubernetes -name '*.yaml' ! -name kustomization.yaml ! -name servicemonitor.yaml)
$bin/kubernetes-validate --strict --quiet $manifests
$bin/kubernetes-validate --strict --quiet --kubernetes-version 1.28 $manifests
promtool check config --syntax-only deploy/prometheus/prometheus.yml
(cd deploy/prometheus && promtool check rules rules.yml alerts.yml && promtool test rules tests.yml tests-days.yml)
ALERT_WEBHOOK=http://x.example/ ALERT_MAIL_TO=a@x.example SMTP_FROM=b@x.example SMTP_HOST=x.example:25 \
  sh deploy/alertmanager/configure.sh | amtool check-config
$bin/python deploy/grafana/boards.py --check
echo "All deployment files are as their formats ask."
