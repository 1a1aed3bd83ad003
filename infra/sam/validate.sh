#!/usr/bin/env bash
# Validates template.yaml by both checks of SAM, which find different mistakes, and holds the number of resources that the
# transformation really makes against the number that infra/checks/template reckons.
set -euo pipefail
cd "$(dirname "$0")/../.."
env=$(infra/sam/install.sh)
# shellcheck disable=SC1090
. "$env"
log=$(mktemp)
trap 'rm -f "$log"' EXIT
for mode in --lint ""; do
  # shellcheck disable=SC2086
  sam validate $mode -t template.yaml >"$log" 2>&1 || { grep -v "Feature Toggle" "$log"; exit 1; }
  echo "sam validate $mode: clean"
done
made=$("$SAM_VENV/bin/python" infra/sam/transform.py template.yaml 2>/dev/null | "$SAM_VENV/bin/python" -c 'import json,sys; print(json.load(sys.stdin)["total"])')
reckoned=$(go run ./infra/sam/count)
if [ "$made" != "$reckoned" ]; then
  echo "the transformation makes $made resources, the rules of infra/checks/template reckon $reckoned: correct the rules" >&2
  exit 1
fi
echo "the transformation makes $made resources, as reckoned"
