#!/usr/bin/env bash
# Puts Chromium on a Debian machine that has none; the browser checks need nothing else.
set -euo pipefail
if [ -n "${GIBERNO_CHROMIUM:-}" ] || command -v chromium >/dev/null 2>&1; then
  exit 0
fi
if [ "$(id -u)" -ne 0 ]; then
  echo "chromium is missing: install it, or name it in GIBERNO_CHROMIUM" >&2
  exit 1
fi
export DEBIAN_FRONTEND=noninteractive
apt-get update -qq
apt-get install -y -qq --no-install-recommends chromium fonts-dejavu-core >/dev/null
command -v chromium
