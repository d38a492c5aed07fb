#!/bin/sh
# Build wheel and sdist, look into the wheel, install it alone with the locked runtime dependencies, run the quick start.
# Run by `make wheel-smoke`: BUILD is a Python that has `build` and `hatchling`, PYTHON one to make an empty environment of.
set -eu

cd "$(dirname "$0")/.."
root=$(pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT INT TERM

# sdist first and the wheel out of it: what the sdist forgets, the wheel lacks.
"${BUILD:-.venv/bin/python}" -m build --no-isolation --outdir "$work/dist" . >"$work/build.log" 2>&1 || {
    cat "$work/build.log" >&2
    exit 1
}
ls "$work"/dist/*.tar.gz >/dev/null
wheel=$(ls "$work"/dist/*.whl)

"${BUILD:-.venv/bin/python}" tools/wheel_content.py "$wheel"

"${PYTHON:-python3}" -m venv "$work/venv"
pip="$work/venv/bin/python -m pip --disable-pip-version-check install --quiet --no-input"
$pip --require-hashes -r requirements/runtime.txt
$pip --no-deps --no-index "$wheel"

# Away from the tree and its environment, so that only what was installed can be found.
mkdir "$work/run"
cd "$work/run"
unset PYTHONPATH
PATH="$work/venv/bin:$PATH" sh "$root/tools/smoke.sh"
