#!/usr/bin/env bash
# Strangers' T-Bank clients, as they come from their registries, against the simulator's stand-alone program on loopback.
# Each plays a payment's road in its own language and holds what it reads against what the bank said. Exit 1 on any
# difference. Needs Go, Python 3.11 and Node 18; clients whose language this machine lacks are not run, and that is said.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"

INSTALL_SECONDS=240
ROAD_SECONDS=60
STAGE=$(mktemp -d "${TMPDIR:-/tmp}/tbank-clients.XXXXXX")
BANK=
FAILED=()
PLAYED=()
MISSING=()

clean() {
  if [ -n "$BANK" ]; then
    kill "$BANK" 2>/dev/null || true
    wait "$BANK" 2>/dev/null || true
  fi
  rm -rf "$STAGE"
}
trap clean EXIT
trap 'exit 130' INT TERM

start_bank() {
  (cd ../../.. && go build -o "$STAGE/tbank-simulator" ./infra/simulators/tbank/tbank-simulator)
  "$STAGE/tbank-simulator" -addr 127.0.0.1:0 >"$STAGE/bank.out" 2>"$STAGE/bank.log" &
  BANK=$!
  for _ in $(seq 1 100); do
    TBANK_ADDRESS=$(sed -n 's|^T-Bank simulator: \(.*\)/$|\1|p' "$STAGE/bank.out")
    [ -n "$TBANK_ADDRESS" ] && export TBANK_ADDRESS && return 0
    kill -0 "$BANK" 2>/dev/null || break
    sleep 0.1
  done
  echo "the simulator does not start:" >&2
  cat "$STAGE/bank.log" >&2
  exit 1
}

# play NAME COMMAND… runs one road. Loopback is never asked of a proxy.
play() {
  local name=$1
  shift
  if env -u http_proxy -u HTTP_PROXY -u https_proxy -u HTTPS_PROXY -u all_proxy -u ALL_PROXY \
    timeout "$ROAD_SECONDS" "$@" 2>&1; then
    PLAYED+=("$name")
  else
    FAILED+=("$name")
    echo "    what the bank saw last:"
    tail -n 5 "$STAGE/bank.log" | sed 's/^/    /'
  fi
}

cannot_install() {
  echo "the $1 clients cannot be installed" >&2
  exit 1
}

python_clients() {
  if ! command -v python3 >/dev/null; then
    MISSING+=("the Python clients: python3 is missing")
    return 0
  fi
  cp -R python "$STAGE/python"
  python3 -m venv "$STAGE/venv" || cannot_install Python
  timeout "$INSTALL_SECONDS" "$STAGE/venv/bin/pip" install --quiet --no-input --disable-pip-version-check \
    --only-binary :all: -r "$STAGE/python/requirements.txt" || cannot_install Python
  for road in with_tbank with_kassa with_securepay; do
    play "$road.py" "$STAGE/venv/bin/python" -B "$STAGE/python/$road.py"
  done
}

node_clients() {
  if ! command -v node >/dev/null || ! command -v npm >/dev/null; then
    MISSING+=("the Node clients: node or npm is missing")
    return 0
  fi
  cp -R node "$STAGE/node"
  (cd "$STAGE/node" && timeout "$INSTALL_SECONDS" npm ci --ignore-scripts --no-audit --no-fund --loglevel error >/dev/null) ||
    cannot_install Node
  for road in with_payment_sdk with_merchant_api; do
    play "$road.js" node "$STAGE/node/$road.js"
  done
}

start_bank
python_clients
node_clients
for what in "${MISSING[@]}"; do echo "NOT RUN: $what"; done
if [ ${#FAILED[@]} -gt 0 ]; then
  echo "DIFFERENT: ${FAILED[*]}"
  exit 1
fi
if [ ${#PLAYED[@]} -eq 0 ]; then
  echo "NOT RUN: no stranger's client was run"
  exit 0
fi
echo "${#PLAYED[@]} strangers' clients get along with the simulator: ${PLAYED[*]}"
