#!/bin/sh
# Make .venv: a virtual environment with exactly what requirements/dev.txt locks, and this project in it,
# editable. Needs Python 3.11 or newer; installs Debian's python3-venv where that is missing and it may.
# PYTHON=/path/to/python chooses another interpreter.
set -eu
cd "$(dirname "$0")/.."
. scripts/apt.sh

new_enough() {
  command -v "$1" >/dev/null 2>&1 && "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null
}

has_venv() {
  "$1" -c 'import ensurepip, venv' 2>/dev/null
}

choose_python() {
  chosen=
  for candidate in ${PYTHON:-python3 python3.13 python3.12 python3.11}; do
    if new_enough "$candidate"; then
      chosen=${chosen:-$candidate}
      if has_venv "$candidate"; then
        chosen=$candidate
        return 0
      fi
    fi
  done
  if [ -z "$chosen" ]; then
    say "Tocsin needs Python 3.11 or newer, and ${PYTHON:-python3, python3.13, python3.12 and python3.11}" \
      "are older or missing. Install one, or name it: make PYTHON=/path/to/python3.12"
    exit 1
  fi
  package=$("$chosen" -c 'import sys; print("python3.%d-venv" % sys.version_info[1])')
  apt_install "$package" || true
  if ! has_venv "$chosen"; then
    say "$chosen cannot make virtual environments: its modules venv and ensurepip are missing." \
      "On Debian and Ubuntu: apt-get install $package"
    exit 1
  fi
}

if [ ! -x .venv/bin/python ] || ! .venv/bin/python -m pip --version >/dev/null 2>&1; then
  choose_python
  say "making .venv with $("$chosen" --version)"
  rm -rf .venv
  "$chosen" -m venv .venv
fi

say "installing what requirements/dev.txt locks"
.venv/bin/python -m pip install --quiet --quiet --disable-pip-version-check --no-input \
  --require-hashes -r requirements/dev.txt
.venv/bin/python -m pip install --quiet --quiet --disable-pip-version-check --no-input \
  --no-deps --no-build-isolation --editable .
pwd >.venv/ready
