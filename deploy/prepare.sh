#!/usr/bin/env bash
# Makes what compose.yaml needs and nobody may share: passwords, keys, a certificate for localhost.
# What is there already stays. Put your own certificate into deploy/secrets.
set -euo pipefail
cd "$(dirname "$0")/.."
umask 077
mkdir -p deploy/secrets
touch deploy/secrets/biosight.env # settings of BioSight that compose.yaml has not
secret() { openssl rand -hex 24; }
# .env is read by this shell too: values with spaces or signs stand in single quotes.
# A name that .env lacks, an earlier one too, is added.
keep() { grep -qs "^$1=" .env || echo "$1=$2" >> .env; }
keep MONGO_PASSWORD "$(secret)"
keep MONGO_ROOT_PASSWORD "$(secret)"
keep S3_SECRET "$(secret)"
keep METRICS_TOKEN "$(secret)"
keep GRAFANA_PASSWORD "$(secret)"
grep -qs '^PUBLIC_URL=' .env || keep BIOSIGHT_PUBLIC_URL https://localhost:8443
chmod 600 .env
. ./.env
if grep '^BIOSIGHT_' .env | grep -qv '^BIOSIGHT_PUBLIC_URL='; then
  echo "Settings in .env reach no container. Move these to deploy/secrets/biosight.env:"
  grep '^BIOSIGHT_' .env | grep -v '^BIOSIGHT_PUBLIC_URL=' | sed 's/=.*//'
fi
for name in $(sed -n 's/^\([A-Z_]*\)=.*/\1/p' deploy/secrets/biosight.env); do
  if grep -q "^    $name: " compose.yaml; then
    echo "$name in deploy/secrets/biosight.env has no effect: compose.yaml sets it (the address: BIOSIGHT_PUBLIC_URL in .env)."
  fi
done
printf '%s' "$METRICS_TOKEN" > deploy/secrets/metrics_token
cat > deploy/secrets/s3.json <<END
{"identities": [{"name": "biosight", "credentials": [{"accessKey": "biosight", "secretKey": "$S3_SECRET"}],
  "actions": ["Admin", "Read", "Write", "List", "Tagging"]}]}
END
[ -e deploy/secrets/mongo.key ] || openssl rand -base64 756 > deploy/secrets/mongo.key
if [ ! -e deploy/secrets/tls.key ]; then
  openssl req -x509 -newkey rsa:3072 -nodes -days 365 -subj /CN=localhost \
    -addext subjectAltName=DNS:localhost -keyout deploy/secrets/tls.key -out deploy/secrets/tls.crt 2>/dev/null
fi
# Who is told of alerts stands in .env; see deploy/alertmanager/configure.sh.
set -a && . ./.env && set +a
sh deploy/alertmanager/configure.sh > deploy/secrets/alertmanager.new
mv deploy/secrets/alertmanager.new deploy/secrets/alertmanager.yml
[ -n "${ALERT_WEBHOOK:-}${ALERT_MAIL_TO:-}" ] || echo "Nobody is told of alerts: set ALERT_WEBHOOK or ALERT_MAIL_TO in .env."
# The containers' own users read these.
(cd deploy/secrets && chmod 644 metrics_token s3.json tls.crt alertmanager.yml)
echo "Grafana: http://localhost:3000, user admin, password in .env. BioSight: ${BIOSIGHT_PUBLIC_URL:-${PUBLIC_URL:-}}"
echo "The code for the first account: docker compose logs app1 app2 | grep One-time"
