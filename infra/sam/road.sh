#!/usr/bin/env bash
# The functions under the unmodified SAM CLI: validates and builds the template, brings up servers of the protocols of DynamoDB
# and SQS, invokes every function with its event, and plays a payment through `sam local start-api`. Everything that it started is
# stopped at the end. Where no container engine can be had it says so and ends with 0.
#   SKIP_BUILD=1: with .aws-sam/build as it is.  PARTS=invoke,api,lambda: some of it; stay: everything is brought up for `sam local`
#   by hand, and kept until Ctrl-C.  KEEP_DOCKER=1: leaves the engine running.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
cd "$here/../.."
wire=infra/checks/wire
WIRE_RUN=$(mktemp -d)
export WIRE_RUN
network=giberno-sam-$$
pids=()
docker_host=
finish() {
  for pid in "${pids[@]}"; do kill "$pid" 2>/dev/null || true; done
  if [ -n "$docker_host" ]; then
    left=$(docker ps -aq --filter "network=$network" 2>/dev/null || true)
    # shellcheck disable=SC2086
    [ -z "$left" ] || docker rm -f $left >/dev/null 2>&1 || true
    docker network rm "$network" >/dev/null 2>&1 || true
    [ -n "${KEEP_DOCKER:-}" ] || "$here/docker.sh" stop || true
  fi
  rm -rf "$WIRE_RUN"
}
trap finish EXIT
trap 'exit 130' INT TERM

not_run() { # only for what a machine may lack: code 3 or 4 of our scripts
  if [ "$1" = 3 ] || [ "$1" = 4 ]; then echo "NOT RUN: $2"; exit 0; fi
  exit "$1"
}

env=$("$here/install.sh") || not_run $? "the SAM CLI cannot be installed"
# shellcheck disable=SC1090
. "$env"
"$here/validate.sh"
docker_host=$("$here/docker.sh" start) || { code=$?; docker_host=; not_run $code "no container engine can be started, so SAM cannot run functions"; }
export DOCKER_HOST=$docker_host
"$here/image.sh" || not_run $? "no base image can be made"
[ -n "${SKIP_BUILD:-}" ] || "$here/build.sh"

free_port() {
  local port
  for _ in $(seq 1 100); do
    port=$((20000 + RANDOM % 20000))
    if ! (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null; then echo "$port"; return 0; fi
  done
  echo "no free port found" >&2
  return 1
}
table=$(free_port)
pids+=("$("$wire/dynamodb.sh" start "$table")") || not_run $? "no server of DynamoDB's protocol can be had"
queues=$(free_port)
pids+=("$("$wire/sqs.sh" start "$queues")") || not_run $? "no server of SQS's protocol can be had"
docker network create "$network" >/dev/null
bridge=$(docker network inspect -f '{{(index .IPAM.Config 0).Gateway}}' "$network")
[ "${PARTS:-}" != stay ] || printf 'in another terminal:\n\n. %s\nexport DOCKER_HOST=%s\n\n' "$env" "$DOCKER_HOST"
go build -o "$WIRE_RUN/road" ./infra/sam/road
"$WIRE_RUN/road" -dynamodb "http://127.0.0.1:$table" -sqs "http://127.0.0.1:$queues" -network "$network" -bridge "$bridge" \
  -parts "${PARTS:-invoke,api,lambda}"
