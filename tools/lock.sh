#!/bin/sh
# Write requirements/{build,runtime,dev,bench}.txt: every version pinned, with hashes, for every platform and Python 3.11 on.
# Run by `make lock`. Without UPGRADE the versions already locked stay where they still fit.
#
#   build.txt    what builds the editable install (hatchling)
#   runtime.txt  what the package itself needs (the PostgreSQL driver, an extra, is in dev.txt)
#   dev.txt      what only development and tests need, in versions that agree with the two above
#   bench.txt    logs of others that ours is measured against, in versions that agree with all of these
set -eu

cd "$(dirname "$0")/.."
tools=.cache/lock
test -x $tools/bin/uv || { "${PYTHON:-python3}" -m venv $tools && $tools/bin/pip install --quiet uv; }

lock() {
    out=$1
    shift
    $tools/bin/uv --no-config pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-build \
        --no-emit-index-url --no-emit-find-links --custom-compile-command "make lock" \
        ${UPGRADE:+--upgrade} --output-file "requirements/$out" "$@"
    if grep -nE '^--|://' "requirements/$out"; then
        echo "lock: requirements/$out must name no address" >&2
        exit 1
    fi
}

lock runtime.txt pyproject.toml
echo 'hatchling>=1.27' | lock build.txt -
lock dev.txt --group dev --constraint requirements/runtime.txt --constraint requirements/build.txt
lock bench.txt --group bench --constraint requirements/runtime.txt --constraint requirements/dev.txt

# Nobody needs a compiler: every locked version has a wheel for these machines.
for python in 3.11 3.12 3.13; do
    for machine in x86_64 aarch64; do
        $tools/bin/uv --no-config pip compile --quiet --no-build --no-deps --python-version "$python" \
            --python-platform "$machine-manylinux_2_28" requirements/build.txt requirements/runtime.txt requirements/dev.txt requirements/bench.txt \
            >/dev/null || { echo "lock: no wheel on Linux $machine, Python $python" >&2; exit 1; }
    done
done
