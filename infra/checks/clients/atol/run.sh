#!/usr/bin/env bash
# A stranger's ATOL client, as it comes from its registry, against the simulator's stand-alone program on loopback. It plays
# a receipt's road and holds what it reads against what the service said. Exit 1 on any difference. Needs Go and Python 3.10;
# without Python nothing is run, and that is said.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"

INSTALL_SECONDS=240
ROAD_SECONDS=60
STAGE=$(mktemp -d "${TMPDIR:-/tmp}/atol-clients.XXXXXX")
SERVICE=

clean() {
  if [ -n "$SERVICE" ]; then
    kill "$SERVICE" 2>/dev/null || true
    wait "$SERVICE" 2>/dev/null || true
  fi
  rm -rf "$STAGE"
}
trap clean EXIT
trap 'exit 130' INT TERM

if ! command -v python3 >/dev/null; then
  echo "NOT RUN: the ATOL client: python3 is missing"
  exit 0
fi
(cd ../../../.. && go build -o "$STAGE/atol-simulator" ./infra/simulators/atol/atol-simulator)
"$STAGE/atol-simulator" -addr 127.0.0.1:0 >"$STAGE/service.out" 2>"$STAGE/service.log" &
SERVICE=$!
ATOL_ADDRESS=
for _ in $(seq 1 100); do
  ATOL_ADDRESS=$(sed -n 's|^ATOL simulator: \(.*\)/$|\1|p' "$STAGE/service.out")
  [ -n "$ATOL_ADDRESS" ] && break
  kill -0 "$SERVICE" 2>/dev/null || break
  sleep 0.1
done
if [ -z "$ATOL_ADDRESS" ]; then
  echo "the simulator does not start:" >&2
  cat "$STAGE/service.log" >&2
  exit 1
fi
export ATOL_ADDRESS

python3 -m venv "$STAGE/venv"
timeout "$INSTALL_SECONDS" "$STAGE/venv/bin/pip" install --quiet --no-input --disable-pip-version-check \
  --only-binary :all: -r requirements.txt || {
  echo "the ATOL client cannot be installed" >&2
  exit 1
}
# Loopback is never asked of a proxy.
if ! env -u http_proxy -u HTTP_PROXY -u https_proxy -u HTTPS_PROXY -u all_proxy -u ALL_PROXY \
  timeout "$ROAD_SECONDS" "$STAGE/venv/bin/python" -B with_django_atol.py; then
  echo "    what the service saw last:"
  tail -n 5 "$STAGE/service.log" | sed 's/^/    /'
  exit 1
fi
echo "a stranger's ATOL client gets along with the simulator"
