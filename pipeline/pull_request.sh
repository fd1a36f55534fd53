#!/usr/bin/env bash
# Opens a pull request with the new dvc.lock and the gate's report; does nothing when there is none.
# Needs gh and GH_TOKEN; called by the workflow only.
set -euo pipefail
cd "$(dirname "$0")/.."
outcome=$(cat pipeline/work/outcome 2>/dev/null || echo quiet)
if [ "$outcome" = quiet ] || [ -z "$(git status --porcelain pipeline/dvc.lock)" ]; then
  echo "No new candidate."
  exit 0
fi
model=$(python3 -c 'import json; print(json.load(open("pipeline/work/registered.json"))["model"])')
branch="drift/${model//[@]/-}"
git config user.name "drift pipeline"
git config user.email "drift@users.noreply.github.com"
gh auth setup-git
git switch -c "$branch"
git add pipeline/dvc.lock
git commit -m "Candidate $model: $outcome"
git push origin "$branch"
{
  echo "The gate says: **$outcome**. The report as a page is among this run's files. A person promotes: \`biosight model promote $model\`."
  echo
  cat pipeline/work/metrics.md
} > pipeline/work/body.md
gh pr create --title "Candidate $model: $outcome" --body-file pipeline/work/body.md
