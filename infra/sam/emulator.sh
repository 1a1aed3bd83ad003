#!/usr/bin/env bash
# Plays one event of every kind through AWS's own Runtime Interface Emulator, which ships inside the SAM CLI. No container.
set -euo pipefail
cd "$(dirname "$0")/../.."
env=$(infra/sam/install.sh) || {
  echo "NOT RUN: the emulator comes with the SAM CLI, which could not be installed (see above)"
  exit 0
}
# shellcheck disable=SC1090
. "$env"
LAMBDA_EMULATOR=$(find "$SAM_VENV" -path '*samcli/local/rapid/aws-lambda-rie-x86_64' -print -quit)
export LAMBDA_EMULATOR
[ -x "$LAMBDA_EMULATOR" ] || { echo "the SAM CLI has no emulator for this machine"; exit 1; }
exec go test -tags process,emulator -run TestEmulator -count=1 -timeout 9m ./infra/checks/process
