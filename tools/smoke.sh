#!/bin/sh
# The quick start, as a new user types it, with the installed package only. Run by tools/wheel_smoke.sh in an empty folder.
set -eu
FOODTRACE_KEYS="$(pwd)/keys"
FOODTRACE_LANG=en
export FOODTRACE_KEYS FOODTRACE_LANG

foodtrace --version
foodtrace --help >/dev/null
foodtrace init
foodtrace site add 永发合作社:farm 北河农批:market 福安超市:shop
foodtrace certificate issue 西红柿 500kg --basis 1 --out label.png
foodtrace gate label.png
lot=$(foodtrace scan label.png --json | sed -n 's|.*"text": "https://[^/]*/lot/[^/]*/\([^/]*\)/.*|\1|p')
foodtrace transfer "$lot" 120kg --from 北河农批 --to 福安超市
foodtrace recall "$lot"
foodtrace recall "$lot" --json >answer.json
foodtrace case open "$lot" --class 2 --known "$(date -u +%Y-%m-%dT00:00Z)" --reason test
if foodtrace transfer "$lot" 1kg --from 北河农批 --to 福安超市; then
    echo "a recalled lot was transferred" >&2
    exit 1
fi
foodtrace case notify
foodtrace case status
foodtrace verify
if foodtrace recall NO-SUCH-LOT; then
    echo "an unknown lot was answered" >&2
    exit 1
fi
