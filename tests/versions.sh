#!/usr/bin/env bash
# The tests again on every other supported Python found here; says which were found. Usage: versions.sh MAIN_PYTHON
# The oldest and the newest run them all. Those in between are spared the rooms whose tests wait for databases, processes
# and time-outs: what works on both ends has not broken there in the middle, and CI has no time for it three times.
set -euo pipefail
cd "$(dirname "$0")/.."

supported=(3.11 3.12 3.13)
spared=(audit cli faults journal population releases server)
main=$("$1" -c 'import sys; print("%d.%d" % sys.version_info[:2])')
fits='import sys, venv, ensurepip; sys.exit("%d.%d" % sys.version_info[:2] != sys.argv[1])'

# Prints the interpreter of version $1, looking on the PATH and among pyenv's.
find_python() {
  local each
  for each in "python$1" "${PYENV_ROOT:-$HOME/.pyenv}/versions/$1".*/bin/python; do
    if "$each" -c "$fits" "$1" 2>/dev/null; then echo "$each" && return; fi
  done
  return 1
}

# Makes the environment .venv-py$1 with interpreter $2, unless it is there and newer than its constraints.
set_up() {
  local home=".venv-py$1"
  local pip=("$home/bin/python" -m pip install --quiet --no-compile --disable-pip-version-check)
  if [[ ! $home/.deps -nt constraints/dev.txt ]]; then
    "$2" -m venv --clear "$home"
    "${pip[@]}" --require-hashes -r constraints/dev.txt
    touch "$home/.deps"
  fi
  "${pip[@]}" --no-deps --no-build-isolation -e .
}

# Everything, or for versions in between its part, on version $1 with interpreter $2.
tested() {
  local left=()
  if is_between "$1"; then left=("${spared[@]/#/--ignore=tests/}"); fi
  set_up "$1" "$2"
  echo "tests on Python $1 ${left[*]}"
  ".venv-py$1/bin/python" -m pytest -q -p no:cacheprovider -n 2 --dist loadfile --no-loadscope-reorder -m "not slow and not bench" "${left[@]}"
}

extent() { if is_between "$1"; then echo "tested without ${spared[*]}"; else echo "tested"; fi; }
is_between() { [[ $1 != "${supported[0]}" && $1 != "${supported[-1]}" ]]; }

# Side by side, each with its own record: while one waits, another works.
records=$(mktemp -d)
trap 'rm -rf "$records"' EXIT
report=() running=() failed=()
for version in "${supported[@]}"; do
  if [[ $version == "$main" ]]; then
    report+=("Python $version: the main environment, tested by make test")
  elif python=$(find_python "$version"); then
    tested "$version" "$python" >"$records/$version" 2>&1 &
    running+=("$version:$!")
  else
    report+=("Python $version: NOT TESTED, no such interpreter on this machine")
  fi
done
for each in ${running[@]+"${running[@]}"}; do
  version=${each%%:*}
  if wait "${each##*:}"; then report+=("Python $version: $(extent "$version")"); else report+=("Python $version: FAILED") failed+=("$version"); fi
  cat "$records/$version"
done
printf '%s\n' "${report[@]}"
((${#failed[@]} == 0))
