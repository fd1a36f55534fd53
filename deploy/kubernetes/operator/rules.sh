#!/bin/sh
# Prints BioSight's rules and alerts as a PrometheusRule.
set -eu
cd "$(dirname "$0")/../../prometheus"
cat <<END
apiVersion: monitoring.coreos.com/v1
kind: PrometheusRule
metadata:
  name: biosight
  labels: {app: biosight}
spec:
  groups:
END
# Both files are a list of groups below one line; the second group gets a name of its own.
for file in rules alerts; do
  sed -n "/^groups:/,\$p" "$file.yml" | sed -e 1d -e "s/^  - name: biosight$/  - name: biosight-$file/" -e 's/^/  /'
done
