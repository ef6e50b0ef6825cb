#!/bin/sh
# The CI invariant gates: a stand-in that reads its verdict from the world.
for gate in INV-01 INV-02 INV-03 INV-04 INV-05 INV-06 INV-07; do
  if [ "$gate" = INV-07 ] && [ -e "$WORLD/knobs/gates-red" ]; then echo "$gate FAIL"; failed=1; else echo "$gate PASS"; fi
done
if [ -n "$failed" ]; then echo "6/7 gates pass"; exit 1; fi
echo "7/7 gates pass"
