#!/usr/bin/env bash
# Builds and deploys an installation by `sam build` and `sam deploy`.
#   deploy.sh INSTALLATION [PARAMETER=VALUE…]     INSTALLATION is a table of samconfig.toml: ru, kz
# A published version of a function keeps the environment of its time, and SAM publishes a new one only where code changed: new keys
# or a new address alone would never reach the payment road. So what configures the installation is stamped into the code.
set -euo pipefail
cd "$(dirname "$0")/../.."
installation=${1:?an installation of samconfig.toml}
shift
grep -q "^\[$installation\.deploy\.parameters\]" samconfig.toml || { echo "samconfig.toml has no installation $installation" >&2; exit 2; }
env=$(infra/sam/install.sh)
# The tool alone: its file also sets nobody's identity, for local use.
# shellcheck disable=SC1090
sam=$(. "$env" && command -v sam)
infra/sam/build.sh
stamp=$({ cat samconfig.toml; printf '%s\n' "$@"; } | sha256sum | cut -d ' ' -f 1)
for function in .aws-sam/build/*/; do echo "$stamp" >"${function}configuration"; done
parameters=()
[ $# -eq 0 ] || parameters=(--parameter-overrides "$@")
SAM_CLI_TELEMETRY=0 exec "$sam" deploy --config-env "$installation" "${parameters[@]}" ${SAM_DEPLOY_OPTIONS:-}
