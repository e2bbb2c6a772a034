#!/usr/bin/env bash
# Sets Kibana's own password and makes the user `demarche`, who may do everything with the indices news-* and nothing else.
# Can be repeated: what is there is overwritten with the same.
set -euo pipefail

send() { # METHOD PATH JSON: says what Elasticsearch answers
  curl --silent --show-error --fail-with-body --user "elastic:$ELASTIC_PASSWORD" --header 'Content-Type: application/json' \
    --request "$1" "$ELASTICSEARCH/_security/$2" --data "$3"
  echo "  $2"
}

quoted() { # a password as a JSON string
  printf '"%s"' "$(sed 's/[\\"]/\\&/g' <<<"$1")"
}

send POST user/kibana_system/_password "{\"password\": $(quoted "$KIBANA_PASSWORD")}"
send PUT role/demarche '{
  "cluster": ["monitor", "manage_index_templates", "manage_ilm"],
  "indices": [{"names": ["news-*"], "privileges": ["all"]}]
}'
send PUT user/demarche "{\"password\": $(quoted "$DEMARCHE_PASSWORD"), \"roles\": [\"demarche\"]}"
echo "Users are in place."
