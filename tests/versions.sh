#!/usr/bin/env bash
# The tests again on every other supported Python found here; says which were found. Usage: versions.sh MAIN_PYTHON
set -euo pipefail
cd "$(dirname "$0")/.."

supported=(3.11 3.12 3.13)
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
  local pip=("$home/bin/python" -m pip install --quiet --disable-pip-version-check)
  if [[ ! $home/.deps -nt constraints/dev.txt ]]; then
    "$2" -m venv --clear "$home"
    "${pip[@]}" --require-hashes -r constraints/dev.txt
    touch "$home/.deps"
  fi
  "${pip[@]}" --no-deps --no-build-isolation -e .
}

report=()
for version in "${supported[@]}"; do
  if [[ $version == "$main" ]]; then
    report+=("Python $version: the main environment, tested by make test")
  elif python=$(find_python "$version"); then
    set_up "$version" "$python"
    echo "tests on Python $version"
    ".venv-py$version/bin/python" -m pytest -q -p no:cacheprovider -m "not slow and not bench"
    report+=("Python $version: tested")
  else
    report+=("Python $version: NOT TESTED, no such interpreter on this machine")
  fi
done
printf '%s\n' "${report[@]}"
