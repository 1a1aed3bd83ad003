#!/usr/bin/env bash
# The engines against servers that others wrote. Installs what is missing, starts the servers on free ports of loopback, runs
# every suite, stops what it started. A table server grows slower with each record of its stream, so each suite gets a new one.
#   run.sh [SUITE…]        all suites, or those named, such as TestTable
# WIRE_DYNAMODB or WIRE_SQS: use this server instead of starting one. WIRE_RACE=1: with the race detector. WIRE_VERBOSE=1: every
# fact with its time.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
run=$(mktemp -d)
export WIRE_RUN=$run
declare -A running=() # by pid
finish() {
  for pid in "${!running[@]}"; do kill "$pid" 2>/dev/null || true; done
  rm -rf "$run"
}
trap finish EXIT
trap 'exit 130' INT TERM

# Below the ports that the system gives to clients by itself.
free_port() {
  local port
  for _ in $(seq 1 100); do
    port=$((10000 + RANDOM % 20000))
    if ! (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null; then echo "$port"; return 0; fi
  done
  echo "no free port found" >&2
  return 1
}

# started SCRIPT starts a server on a free port, on another one if somebody was faster; it sets pid and address.
started() {
  local port
  for _ in 1 2 3; do
    port=$(free_port)
    if pid=$("$here/$1" start "$port"); then
      running[$pid]=$port
      address=http://127.0.0.1:$port
      return 0
    fi
  done
  return 1
}

race=()
if [ -n "${WIRE_RACE:-}" ]; then race=(-race); export CGO_ENABLED=1; fi
go test "${race[@]}" -tags wire -c -o "$run/wire.test" "$here"
suites=("$@")
if [ ${#suites[@]} -eq 0 ]; then
  mapfile -t suites < <("$run/wire.test" -test.list '^Test')
fi
[ ${#suites[@]} -gt 0 ] || { echo "there is no suite" >&2; exit 1; }

[ -n "${WIRE_DYNAMODB:-}" ] || "$here/dynamodb.sh" install
if [ -z "${WIRE_SQS:-}" ]; then
  "$here/sqs.sh" install
  started sqs.sh
  export WIRE_SQS=$address
fi
failed=0
for suite in "${suites[@]}"; do
  pid= address=${WIRE_DYNAMODB:-}
  if [ -z "$address" ]; then started dynamodb.sh; fi
  echo "== $suite"
  (cd "$here" && WIRE_DYNAMODB=$address "$run/wire.test" -test.run "^$suite\$" -test.timeout 8m -test.parallel 4 ${WIRE_VERBOSE:+-test.v}) || failed=1
  if [ -n "$pid" ]; then
    "$here/dynamodb.sh" stop "$pid"
    unset "running[$pid]"
  fi
done
exit $failed
