#!/usr/bin/env bash
# Installs the unmodified AWS SAM CLI, once, into a virtual environment of its own, and prints the file to source before `sam`.
#   . "$(infra/sam/install.sh)"
# SAM_CACHE is where it lives (~/.cache/giberno-sam). SAM_PYTHON is the interpreter (python3, 3.10 or newer).
set -euo pipefail
VERSION=1.170.0
CACHE=$(realpath -m "${SAM_CACHE:-$HOME/.cache/giberno-sam}")
VENV=$CACHE/venv-$VERSION
PYTHON=${SAM_PYTHON:-python3}
command -v "$PYTHON" >/dev/null || { echo "Python is needed for the SAM CLI: install python3 with venv, or set SAM_PYTHON" >&2; exit 3; }
mkdir -p "$CACHE/home"
(
  flock 9
  if [ ! -e "$VENV/.ok" ]; then
    echo "installing the SAM CLI $VERSION, once; this takes a minute or two" >&2
    "$PYTHON" -m venv --clear "$VENV" >&2
    "$VENV/bin/pip" install -q --disable-pip-version-check "aws-sam-cli==$VERSION" >&2
    touch "$VENV/.ok"
  fi
) 9>"$CACHE/.install.lock"
# SAM asks the package index for a newer version once a week: a last check in 2100 stops that.
echo '{"telemetryEnabled": false, "lastVersionCheck": 4102444800.0}' >"$CACHE/home/metadata.json"
cat >"$CACHE/env.sh" <<ENV
export PATH="$VENV/bin:\$PATH"
export SAM_VENV="$VENV" SAM_CACHE="$CACHE"
export SAM_CLI_TELEMETRY=0 __SAM_CLI_APP_DIR="$CACHE/home"
# Nobody's identity, and every call that SAM itself makes to AWS is refused at once on loopback. For a deployment, leave this
# file aside.
export AWS_REGION=us-east-1 AWS_DEFAULT_REGION=us-east-1 AWS_ACCESS_KEY_ID=local AWS_SECRET_ACCESS_KEY=local
export AWS_EC2_METADATA_DISABLED=true AWS_ENDPOINT_URL=http://127.0.0.1:9 AWS_MAX_ATTEMPTS=1
export AWS_CONFIG_FILE=/dev/null AWS_SHARED_CREDENTIALS_FILE=/dev/null
ENV
echo "$CACHE/env.sh"
