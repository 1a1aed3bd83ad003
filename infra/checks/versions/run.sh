#!/usr/bin/env bash
# Functions of the previous version and of this one, mixed over one table and one queue (doc.go). Takes the previous version's source
# out of the history, starts the servers of infra/checks/wire on free ports of loopback, plays the roads, and stops and removes
# what it made. Where the previous version, or a server, cannot be had it says NOT RUN and ends with 0.
#   run.sh [TEST…]           all roads, or those named, such as TestPaid
# WIRE_DYNAMODB or WIRE_SQS: use this server instead of starting one.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../../.." && pwd)
wire=$root/infra/checks/wire
run=$(mktemp -d)
export WIRE_RUN=$run
source=$run/previous
declare -A running=() # by pid
finish() {
  for pid in "${!running[@]}"; do kill "$pid" 2>/dev/null || true; done
  [ ! -e "$source" ] || git -C "$root" worktree remove --force "$source" >/dev/null 2>&1 || true
  rm -rf "$run"
}
trap finish EXIT
trap 'exit 130' INT TERM

not_run() {
  echo "NOT RUN: $1"
  exit 0
}

read -r previous <"$here/previous"
git -C "$root" cat-file -e "$previous^{commit}" 2>/dev/null ||
  not_run "the previous version $previous is not in this clone's history"
git -C "$root" worktree add --quiet --detach --force "$source" "$previous" ||
  { rm -rf "$source"; echo "the previous version cannot be checked out" >&2; exit 1; }
export VERSIONS_PREVIOUS=$source
echo "previous version: $previous, $(git -C "$root" rev-list --count "$previous..HEAD") commits before this one"

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
    if pid=$("$wire/$1" start "$port"); then
      running[$pid]=$port
      address=http://127.0.0.1:$port
      return 0
    fi
  done
  return 1
}

installed() { # 3 is a tool that this machine lacks
  "$wire/$1" install || { code=$?; [ "$code" != 3 ] || not_run "$2"; exit "$code"; }
}

[ -n "${WIRE_DYNAMODB:-}" ] || installed dynamodb.sh "no server of DynamoDB's protocol can be had"
if [ -z "${WIRE_SQS:-}" ]; then
  installed sqs.sh "no server of SQS's protocol can be had"
  started sqs.sh
  export WIRE_SQS=$address
fi
if [ -z "${WIRE_DYNAMODB:-}" ]; then
  started dynamodb.sh
  export WIRE_DYNAMODB=$address
fi
only=()
[ $# -eq 0 ] || only=(-run "^($(IFS='|'; echo "$*"))\$")
(cd "$root" && TMPDIR=$run go test -tags versions -count=1 -timeout 5m "${only[@]}" ${WIRE_VERBOSE:+-v} ./infra/checks/versions)
