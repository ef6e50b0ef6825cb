#!/usr/bin/env bash
# A throwaway PostgreSQL of its own, for a world or a test:
#
#   tests/worlds/postgres.sh start DIR     makes the cluster in DIR, or starts the one that is there
#   tests/worlds/postgres.sh stop DIR      stops it; nothing is said where none runs
#   tests/worlds/postgres.sh remove DIR    stops it and removes what it left outside DIR
#
# It listens on a Unix socket only. DIR/env holds what a client needs (PGHOST, PGPORT, PGUSER of the superuser), to be read
# by a shell; DIR/log is the server's. Root may not run a server, so as root the cluster belongs to `postgres` or `nobody`.
# Nothing here is synced to disk: a crash of the machine loses the cluster.
set -euo pipefail

say() { printf 'tests/worlds/postgres.sh: %s\n' "$*" >&2; }
stop() { say "$@"; exit 2; }

[ $# -eq 2 ] || stop "usage: postgres.sh start|stop|remove DIR"
act=$1
mkdir -p "$2"
dir=$(cd "$2" && pwd -P)

# The newest server that is installed; Debian keeps its programs off PATH.
bin=$(find /usr/lib/postgresql -mindepth 2 -maxdepth 2 -name bin 2> /dev/null | sort -V | tail -n 1)
[ -n "$bin" ] || bin=$(pg_config --bindir 2> /dev/null || true)
[ -x "$bin/initdb" ] && [ -x "$bin/pg_ctl" ] || stop "there is no PostgreSQL server on this machine (Debian: apt-get install postgresql)"

user=
if [ "$(id -u)" -eq 0 ]; then
  for user in postgres nobody; do id "$user" > /dev/null 2>&1 && break; done
fi

# Runs a program as the cluster's owner, from a directory that it may stand in, with nothing of the caller's environment.
as_owner() {
  local clean=(env -i -C / "PATH=$bin:/usr/bin:/bin" LC_ALL=C)
  if [ -n "$user" ]; then
    setpriv --reuid="$user" --regid="$(id -g "$user")" --clear-groups "${clean[@]}" "$@"
  else
    "${clean[@]}" "$@"
  fi
}

# Where the owner cannot get to DIR (a 0700 folder above it), or its path is too long for a socket, the cluster stands in
# /tmp, and DIR/at remembers where.
place() {
  if [ -e "$dir/at" ]; then
    cat "$dir/at"
    return
  fi
  local at=$dir/cluster
  mkdir -p "$at"
  if [ -n "$user" ]; then chown "$user" "$at"; fi
  chmod 700 "$at"
  if [ "${#at}" -gt 70 ] || ! as_owner test -w "$at" 2> /dev/null; then
    rmdir "$at"
    at=$(mktemp -d /tmp/postgres-XXXXXX)
    if [ -n "$user" ]; then chown "$user" "$at"; fi
  fi
  printf '%s\n' "$at" > "$dir/at"
  printf '%s\n' "$at"
}

start() {
  local at
  at=$(place)
  if [ ! -e "$at/data/PG_VERSION" ]; then
    as_owner initdb -D "$at/data" -U postgres -A trust -E UTF8 --locale=C --no-sync --no-instructions \
      || stop "the cluster could not be made in $at"
    local preload=
    if [ -e "$("$bin/pg_config" --pkglibdir 2> /dev/null || dirname "$bin")/pg_stat_statements.so" ] \
      || [ -e "$(dirname "$bin")/lib/pg_stat_statements.so" ]; then
      preload=pg_stat_statements
    fi
    as_owner tee -a "$at/data/postgresql.conf" > /dev/null << CONF
listen_addresses = ''
unix_socket_directories = '$at'
unix_socket_permissions = 0700
port = 5432
max_connections = 40
shared_buffers = 16MB
fsync = off
synchronous_commit = off
full_page_writes = off
shared_preload_libraries = '$preload'
CONF
  fi
  if ! as_owner pg_ctl -D "$at/data" status > /dev/null 2>&1; then
    as_owner pg_ctl -D "$at/data" -l "$at/log" -w -t 60 start > /dev/null \
      || { tail -n 20 "$at/log" >&2; stop "the server in $at does not start"; }
  fi
  ln -sfn "$at/log" "$dir/log"
  printf 'PGHOST=%s\nPGPORT=5432\nPGUSER=postgres\n' "$at" > "$dir/env"
}

halt() {
  [ -e "$dir/at" ] || return 0
  local at
  at=$(cat "$dir/at")
  if as_owner pg_ctl -D "$at/data" status > /dev/null 2>&1; then
    as_owner pg_ctl -D "$at/data" -m fast -w stop > /dev/null
  fi
}

case "$act" in
  start) start ;;
  stop) halt ;;
  remove)
    halt
    if [ -e "$dir/at" ]; then
      rm -rf "$(cat "$dir/at")"
      rm -f "$dir/at" "$dir/env" "$dir/log"
    fi
    ;;
  *) stop "usage: postgres.sh start|stop|remove DIR" ;;
esac
