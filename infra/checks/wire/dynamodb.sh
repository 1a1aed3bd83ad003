#!/usr/bin/env bash
# A table server that others wrote: dynoxide (crate dynoxide-rs, MIT or Apache-2.0), in memory, on loopback only.
#   dynamodb.sh install          build it once into the cache (nothing to do afterwards)
#   dynamodb.sh start PORT       start it in the background, wait until it answers, print the pid
#   dynamodb.sh stop PID         stop what "start" started
# WIRE_CACHE is the cache (~/.cache/giberno-wire); WIRE_RUN holds the logs of a run (./.run).
set -euo pipefail
VERSION=3.2.0
CACHE=${WIRE_CACHE:-$HOME/.cache/giberno-wire}
RUN=${WIRE_RUN:-$PWD/.run}
ROOT=$CACHE/dynoxide-$VERSION
BIN=$ROOT/bin/dynoxide

install_it() {
  [ -x "$BIN" ] && [ -e "$ROOT/.ok" ] && return 0
  command -v cargo >/dev/null || { echo "cargo is needed to build dynoxide: install Rust, or set WIRE_DYNAMODB to a server that runs" >&2; exit 3; }
  mkdir -p "$CACHE"
  (
    flock 9
    [ -x "$BIN" ] && [ -e "$ROOT/.ok" ] && exit 0
    echo "building dynoxide $VERSION, once; this takes some minutes" >&2
    # The crate's own release profile (whole-program optimisation) takes twice as long and gains nothing here.
    CARGO_PROFILE_RELEASE_LTO=off CARGO_PROFILE_RELEASE_CODEGEN_UNITS=16 CARGO_PROFILE_RELEASE_OPT_LEVEL=2 \
      nice -n 15 cargo install dynoxide-rs --version "=$VERSION" --locked --force --quiet \
      --no-default-features --features native-sqlite,http-server,cli --root "$ROOT" >&2
    touch "$ROOT/.ok"
  ) 9>"$CACHE/.dynoxide.lock"
}

start_it() {
  local port=$1 log=$RUN/dynamodb-$1.log pid
  mkdir -p "$RUN"
  # Its own session, so that an interrupt meant for the tests does not take it away first.
  setsid "$BIN" serve --host 127.0.0.1 --port "$port" >"$log" 2>&1 </dev/null &
  pid=$!
  for _ in $(seq 1 100); do
    kill -0 "$pid" 2>/dev/null || { cat "$log" >&2; exit 1; }
    if "$BIN" healthcheck --port "$port" >/dev/null 2>&1; then echo "$pid"; return 0; fi
    sleep 0.1
  done
  kill "$pid" 2>/dev/null || true
  echo "dynoxide did not answer on 127.0.0.1:$port within 10 s" >&2
  exit 1
}

case ${1:-} in
install) install_it ;;
start) install_it; start_it "${2:?a port}" ;;
stop) kill "${2:?a pid}" 2>/dev/null || true ;;
*) echo "usage: $0 install | start PORT | stop PID" >&2; exit 2 ;;
esac
