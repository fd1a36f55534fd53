#!/bin/sh
# Prints BioSight's rules and alerts as a PrometheusRule: rules.sh ADDRESS, where the alerts' links lead.
set -eu
address=${1:?say the address of BioSight, such as https://biosight.example}
cd "$(dirname "$0")/../../prometheus"
cat <<END
apiVersion: monitoring.coreos.com/v1
kind: PrometheusRule
metadata:
  name: biosight
  labels: {app: biosight, release: kube-prometheus-stack}
spec:
  groups:
END
# Both files are a list of groups below one line; the second group gets a name of its own.
for file in rules alerts; do
  sed -n "/^groups:/,\$p" "$file.yml" | sed -e 1d -e "s/^  - name: biosight$/  - name: biosight-$file/" -e 's/^/  /' \
    -e "s|{{ \$externalLabels.biosight }}|$address|"
done
