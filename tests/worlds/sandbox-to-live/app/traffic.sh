#!/bin/sh
# Routes traffic to the new integration: --share PERCENT, --internal, --all, --none; --show says where it goes.
set -eu
case "${1:-}" in
  --share) echo "share $2" > "$WORLD/state/traffic" ;;
  --internal) echo internal > "$WORLD/state/traffic" ;;
  --all) echo all > "$WORLD/state/traffic" ;;
  --none) echo none > "$WORLD/state/traffic" ;;
  --show) ;;
  *) echo "usage: traffic.sh --share PERCENT|--internal|--all|--none|--show" >&2; exit 2 ;;
esac
read -r scope percent < "$WORLD/state/traffic" || true
case "$scope" in all) percent=100 ;; none) percent=0 ;; internal) percent=0 ;; esac
echo "{ \"scope\": \"$scope\", \"percent\": $percent }"
