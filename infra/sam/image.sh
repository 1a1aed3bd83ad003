#!/usr/bin/env bash
# Makes a stand-in for Lambda's base image, of busybox and certificates, so that nothing has to be pulled: SAM adds its own
# emulator to it, and our functions are static. A machine that can pull needs it not: IMAGE=pull leaves the real one to SAM.
# Needs DOCKER_HOST, and a static busybox, which Debian has.
set -euo pipefail
[ "${IMAGE:-}" != pull ] || exit 0
name=public.ecr.aws/lambda/provided
if ! [ -x /bin/busybox ] || ldd /bin/busybox >/dev/null 2>&1; then
  { apt-get update -q && DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends busybox-static; } >/dev/null 2>&1 ||
    { echo "no container engine: a static busybox is needed for the base image" >&2; exit 4; }
fi
root=$(mktemp -d)
trap 'rm -rf "$root"' EXIT
chmod 755 "$root"
mkdir -p "$root"/{bin,tmp,opt,proc,sys,dev,root,usr/bin,var/task,var/runtime,var/rapid,etc/ssl/certs}
chmod 1777 "$root/tmp"
echo 'root:x:0:0:root:/root:/bin/sh' >"$root/etc/passwd"
echo 'root:x:0:' >"$root/etc/group"
echo 'hosts: files dns' >"$root/etc/nsswitch.conf"
[ ! -e /etc/ssl/certs/ca-certificates.crt ] || cp -L /etc/ssl/certs/ca-certificates.crt "$root/etc/ssl/certs/"
cp /bin/busybox "$root/bin/"
# What SAM's RUN line and the road's waiting container call.
for tool in sh mv chmod cp rm ls cat env sleep; do ln -s busybox "$root/bin/$tool"; done
# SAM takes its finished image whenever it is there, even one of another base.
docker image rm -f "$name:al2023-rapid-x86_64" >/dev/null 2>&1 || true
tar -C "$root" --numeric-owner --owner 0 --group 0 --sort name --mtime @0 -c . | docker import \
  -c 'ENV LAMBDA_TASK_ROOT=/var/task LAMBDA_RUNTIME_DIR=/var/runtime PATH=/usr/local/bin:/usr/bin:/bin:/opt/bin LANG=en_US.UTF-8 TZ=:UTC' \
  -c 'WORKDIR /var/task' - "$name:al2023-x86_64" >/dev/null
