#!/usr/bin/env bash
# Backs the database up into backups/ and says which file it made.
set -euo pipefail
cd "$(dirname "$0")/.."
mkdir -p backups
if [ -e "${WORLD:-}/knobs/bad-backup" ]; then echo "pg_dump: error: could not write to output file: No space left on device" >&2; exit 1; fi
file=backups/$PGDATABASE-$(date -u +%Y%m%d-%H%M%S-%N).sql
pg_dump --no-owner --file "$file.part"
mv "$file.part" "$file"
echo "backed up to $file, $(grep -c '^CREATE TABLE' "$file") tables"
