#!/usr/bin/env bash
# Proves that the wheel works far from the checkout, on the runtime pins alone. Usage: wheel_smoke.sh PYTHON
set -euo pipefail
cd "$(dirname "$0")/.."
python="$PWD/$1"
room=$(mktemp -d)
trap 'rm -rf "$room"' EXIT

"$python" -m build --wheel --no-isolation --outdir "$room/dist" . >"$room/build.log" || { cat "$room/build.log"; exit 1; }
"$python" -m venv "$room/venv"
pip=("$room/venv/bin/python" -m pip install --quiet --disable-pip-version-check)
"${pip[@]}" --require-hashes -r constraints/runtime.txt
"${pip[@]}" --no-deps "$room"/dist/bone_cds-*.whl
"$room/venv/bin/python" -m pip check

count() { "$python" -m zipfile -l "$room"/dist/bone_cds-*.whl | grep -c "^$1" || true; }
for shipped in cds/_data/rules/ cds/_data/fixtures/; do
  (($(count "$shipped") > 0)) || { echo "wheel smoke test: nothing under $shipped in the wheel" >&2; exit 1; }
done
for stray in rules/ fixtures/ tests/ bench/; do
  (($(count "$stray") == 0)) || { echo "wheel smoke test: $stray must not be an import name" >&2; exit 1; }
done

mkdir "$room/elsewhere" && cd "$room/elsewhere"
env -u PYTHONPATH -u BONE_CDS_RULES_DIR "$room/venv/bin/bone-cds" --help >/dev/null
env -u PYTHONPATH -u BONE_CDS_RULES_DIR "$room/venv/bin/bone-cds" rules lint
env -u PYTHONPATH -u BONE_CDS_RULES_DIR "$room/venv/bin/bone-cds" rules book --out book --html-only
echo "wheel smoke test: passed"
