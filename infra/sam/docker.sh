#!/usr/bin/env bash
# A container engine for `sam local`: the one that answers already, or a Docker daemon of the project's own, on its own socket.
#   docker.sh start     prints the DOCKER_HOST to export
#   docker.sh stop      stops the daemon that "start" started; another's is left alone
# Ends with 4, and says why, where none can be had. DOCKER_STATE is the folder of our daemon (/var/lib/giberno-docker).
set -euo pipefail
STATE=${DOCKER_STATE:-/var/lib/giberno-docker}
OWN=unix://$STATE/docker.sock
pidfile=$STATE/dockerd.pid

none() { echo "no container engine: $1" >&2; exit 4; }

alive() {
  [ -s "$pidfile" ] && kill -0 "$(cat "$pidfile")" 2>/dev/null && grep -qa dockerd "/proc/$(cat "$pidfile")/cmdline"
}

answers() { DOCKER_HOST=$1 timeout 10 docker version --format '{{.Server.Version}}' >/dev/null 2>&1; }

stop_it() {
  alive || return 0
  local pid
  pid=$(cat "$pidfile")
  kill "$pid"
  for _ in $(seq 100); do
    kill -0 "$pid" 2>/dev/null || return 0
    sleep 0.2
  done
  echo "the Docker daemon $pid does not stop" >&2
  return 1
}

start_it() {
  if [ -n "${DOCKER_HOST:-}" ] && command -v docker >/dev/null && answers "$DOCKER_HOST"; then echo "$DOCKER_HOST"; return 0; fi
  if command -v docker >/dev/null && answers unix:///var/run/docker.sock; then echo unix:///var/run/docker.sock; return 0; fi
  [ "$(id -u)" = 0 ] || none "none answers, and starting one needs root"
  if ! command -v dockerd >/dev/null; then
    command -v apt-get >/dev/null || none "none answers, and dockerd is not installed"
    { apt-get update -q && DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends docker.io iptables; } >/dev/null 2>&1 ||
      none "dockerd cannot be installed"
  fi
  if ! alive; then
    mkdir -p "$STATE"
    rm -f "$pidfile"
    setsid nohup dockerd --host "$OWN" --data-root "$STATE/data" --exec-root "$STATE/exec" --pidfile "$pidfile" \
      --log-level warn </dev/null >"$STATE/dockerd.log" 2>&1 &
  fi
  for _ in $(seq 120); do
    if answers "$OWN"; then echo "$OWN"; return 0; fi
    sleep 0.25
  done
  tail -5 "$STATE/dockerd.log" >&2
  none "the daemon does not answer"
}

case ${1:-} in
start) start_it ;;
stop) stop_it ;;
*) echo "usage: $0 start | stop" >&2; exit 2 ;;
esac
