#!/usr/bin/env bash
# A queue server that others wrote: ElasticMQ (org.elasticmq:elasticmq-server_3, Apache-2.0), in memory, on loopback only.
#   sqs.sh install | start PORT | stop PID      as in dynamodb.sh; needs Java 11 or newer and Maven
set -euo pipefail
VERSION=1.7.1
CACHE=${WIRE_CACHE:-$HOME/.cache/giberno-wire}
RUN=${WIRE_RUN:-$PWD/.run}
ROOT=$CACHE/elasticmq-$VERSION

install_it() {
  [ -e "$ROOT/.ok" ] && return 0
  for tool in java mvn; do
    command -v "$tool" >/dev/null || { echo "$tool is needed for ElasticMQ: install it, or set WIRE_SQS to a server that runs" >&2; exit 3; }
  done
  mkdir -p "$ROOT"
  (
    flock 9
    [ -e "$ROOT/.ok" ] && exit 0
    echo "fetching ElasticMQ $VERSION, once" >&2
    cat >"$ROOT/pom.xml" <<POM
<project>
  <modelVersion>4.0.0</modelVersion>
  <groupId>local</groupId><artifactId>elasticmq-runner</artifactId><version>1</version><packaging>pom</packaging>
  <dependencies>
    <dependency><groupId>org.elasticmq</groupId><artifactId>elasticmq-server_3</artifactId><version>$VERSION</version></dependency>
  </dependencies>
</project>
POM
    mvn -q -B -f "$ROOT/pom.xml" dependency:copy-dependencies -DincludeScope=runtime -DoutputDirectory="$ROOT/lib" >&2
    touch "$ROOT/.ok"
  ) 9>"$CACHE/.elasticmq.lock"
}

answers() { # an answered request, not just an open port
  local line=
  { exec 3<>"/dev/tcp/127.0.0.1/$1"; } 2>/dev/null || return 1
  printf 'GET /?Action=ListQueues HTTP/1.0\r\nHost: 127.0.0.1\r\n\r\n' >&3
  read -r -t 2 line <&3 || true
  exec 3>&- 3<&-
  case $line in *" 200 "*) return 0 ;; *) return 1 ;; esac
}

start_it() {
  local port=$1 log=$RUN/sqs-$1.log conf=$RUN/sqs-$1.conf pid
  mkdir -p "$RUN"
  cat >"$conf" <<HOCON
include classpath("application.conf")
aws { region = "us-east-1", accountId = "000000000000" }
node-address { protocol = http, host = "127.0.0.1", port = $port, context-path = "" }
rest-sqs { enabled = true, bind-hostname = "127.0.0.1", bind-port = $port, sqs-limits = strict }
rest-stats { enabled = false }
queues {}
HOCON
  setsid java -Xmx256m -XX:+UseSerialGC -XX:TieredStopAtLevel=1 "-Dconfig.file=$conf" \
    -cp "$ROOT/lib/*" org.elasticmq.server.Main >"$log" 2>&1 </dev/null &
  pid=$!
  for _ in $(seq 1 300); do
    kill -0 "$pid" 2>/dev/null || { cat "$log" >&2; exit 1; }
    if answers "$port"; then echo "$pid"; return 0; fi
    sleep 0.1
  done
  kill "$pid" 2>/dev/null || true
  echo "ElasticMQ did not answer on 127.0.0.1:$port within 30 s" >&2
  exit 1
}

case ${1:-} in
install) install_it ;;
start) install_it; start_it "${2:?a port}" ;;
stop) kill "${2:?a pid}" 2>/dev/null || true ;;
*) echo "usage: $0 install | start PORT | stop PID" >&2; exit 2 ;;
esac
