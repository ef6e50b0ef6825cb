#!/usr/bin/env bash
# restore.sh FILE DATABASE: makes the database what the backup holds, all of it or nothing.
set -euo pipefail
[ $# -eq 2 ] && [ -s "$1" ] || { echo "usage: restore.sh FILE DATABASE (FILE must not be empty)" >&2; exit 2; }
{ echo 'drop schema public cascade; create schema public;'
  # The dump of a database with a schema of its own would make it once more.
  sed '/^CREATE SCHEMA public;$/d' "$1"
} | psql -XAtq -v ON_ERROR_STOP=1 --single-transaction -d "$2" > /dev/null
echo "restored into $2: $(psql -XAt -d "$2" -c "select count(*) from pg_tables where schemaname = 'public'") tables"
