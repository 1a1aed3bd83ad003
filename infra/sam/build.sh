#!/usr/bin/env bash
# Builds every function by the unmodified `sam build`, into .aws-sam/build, and prints the seconds that one takes.
#   build.sh [FUNCTION]     all, or one named by its logical id
# ARCHITECTURE=arm64 builds for that; the deployment then needs the same parameter.
set -euo pipefail
cd "$(dirname "$0")/../.."
# shellcheck disable=SC1090
env=$(infra/sam/install.sh)
. "$env"
# SAM's builder for Go has no setting for these. Without CGO_ENABLED=0 a function would need this machine's C library.
export CGO_ENABLED=0 GOFLAGS="-buildvcs=false -trimpath -tags=lambda.norpc '-ldflags=-s -w'"
# When code does not compile, SAM shows the error of a second guess at where it lies. The compiler says it better.
started=$SECONDS
go list -export -f "" ./functions/... >/dev/null
echo "compiled into the Go cache in $((SECONDS - started)) s"
log=$(mktemp)
trap 'rm -f "$log"' EXIT
started=$SECONDS
sam build "$@" --parallel --parameter-overrides "Architecture=${ARCHITECTURE:-x86_64}" >"$log" 2>&1 || { tail -30 "$log"; exit 1; }
took=$((SECONDS - started))
count=0
for bootstrap in .aws-sam/build/*/bootstrap; do
  count=$((count + 1))
  if [ "$(head -c 4 "$bootstrap" | od -An -tx1 | tr -d ' ')" != 7f454c46 ]; then echo "$bootstrap is no program" >&2; exit 1; fi
  if command -v readelf >/dev/null && readelf -lW "$bootstrap" | grep -q INTERP; then echo "$bootstrap is not static" >&2; exit 1; fi
done
echo "sam build: $count functions in $took s, $(awk "BEGIN { printf \"%.1f\", $took / $count }") s a function"
