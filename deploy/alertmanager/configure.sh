#!/bin/sh
# Prints Alertmanager's configuration from settings, any of which may be absent:
#   ALERT_WEBHOOK     an address that alerts are posted to as JSON
#   ALERT_MAIL_TO     who gets mail; then also SMTP_HOST (host:port), SMTP_FROM, and where the
#                     server asks for them SMTP_USER and SMTP_PASSWORD; SMTP_TLS=false for none
# What pages somebody comes at once and again every hour, the rest once a day.
set -eu
wrong() { echo "configure.sh: $1" >&2; exit 1; }
# All of it is looked at before anything is printed.
case ${ALERT_WEBHOOK:-} in "" | http://* | https://*) ;; *) wrong "ALERT_WEBHOOK is an address that begins with https://" ;; esac
if [ -n "${ALERT_MAIL_TO:-}" ]; then
  case ${SMTP_HOST:-} in *?:[0-9]*) ;; *) wrong "ALERT_MAIL_TO needs SMTP_HOST, the mail server as host:port" ;; esac
  [ -n "${SMTP_FROM:-}" ] || wrong "ALERT_MAIL_TO needs SMTP_FROM, whom the mail is from"
fi
quoted() { printf "'%s'" "$(printf %s "$1" | sed "s/'/''/g")"; }
cat <<END
route:
  receiver: people
  group_by: [alertname]
  group_wait: ${ALERT_WAIT:-30s}
  group_interval: 5m
  repeat_interval: 24h
  routes:
    - matchers: ['severity = "page"']
      receiver: people
      repeat_interval: 1h
inhibit_rules:
  # An instance or a store that is away explains the errors and waits that follow.
  - source_matchers: ['alertname =~ "BioSightDown|BioSightStoreDown"']
    target_matchers: ['alertname =~ "BioSightErrors|BioSightUnavailable|BioSightSlow"']
receivers:
  - name: people
END
if [ -n "${ALERT_WEBHOOK:-}" ]; then
  echo "    webhook_configs:"
  echo "      - url: $(quoted "$ALERT_WEBHOOK")"
fi
if [ -n "${ALERT_MAIL_TO:-}" ]; then
  echo "    email_configs:"
  echo "      - to: $(quoted "$ALERT_MAIL_TO")"
  echo "        from: $(quoted "$SMTP_FROM")"
  echo "        smarthost: $(quoted "$SMTP_HOST")"
  echo "        require_tls: ${SMTP_TLS:-true}"
  [ -z "${SMTP_USER:-}" ] || echo "        auth_username: $(quoted "$SMTP_USER")"
  [ -z "${SMTP_PASSWORD:-}" ] || echo "        auth_password: $(quoted "$SMTP_PASSWORD")"
fi
