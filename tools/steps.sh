# SPDX-License-Identifier: Apache-2.0
# Steps of a script that people watch: sourced by tools/setup, tools/test and tools/quickstart.
#
#   step NAME COMMAND...     says what runs and how long it took; on failure names the step and exits with its code
#   attempt NAME COMMAND...  the same, but goes on: the failure is remembered in $failed_steps

script_start=$SECONDS
failed_steps=()

clock() { printf '%02d:%02d' $(($1 / 60)) $(($1 % 60)); }

announce() { printf '==> [%s] %s\n' "$(clock $((SECONDS - script_start)))" "$1"; }

step() {
  local name=$1 start=$SECONDS code=0
  shift
  announce "$name"
  "$@" || code=$?
  if ((code)); then
    printf '%s: step failed: %s (exit code %d, after %s)\n' "${0##*/}" "$name" "$code" "$(clock $((SECONDS - start)))" >&2
    exit "$code"
  fi
  printf '    %s: done in %s\n' "$name" "$(clock $((SECONDS - start)))"
}

attempt() {
  local name=$1 start=$SECONDS code=0
  shift
  announce "$name"
  "$@" || code=$?
  if ((code)); then
    failed_steps+=("$name")
    printf '    %s: FAILED with exit code %d after %s\n' "$name" "$code" "$(clock $((SECONDS - start)))"
  else
    printf '    %s: done in %s\n' "$name" "$(clock $((SECONDS - start)))"
  fi
}

# python_environment DIR REQUIREMENTS: a virtual environment with exactly these packages; nothing to do when it has them.
python_environment() {
  local dir=$1 requirements=$2
  if cmp -s "$requirements" "$dir/installed.txt"; then
    return 0
  fi
  rm -rf "$dir" && /usr/bin/python3 -m venv "$dir" &&
    "$dir/bin/python" -m pip install --quiet --disable-pip-version-check -r "$requirements" &&
    cp "$requirements" "$dir/installed.txt"
}

# python_package DIR: our own Python package in that environment, as a link to the checkout (it loads build/lib).
python_package() {
  "$1/bin/python" -m pip install --quiet --disable-pip-version-check --no-deps --editable ./runtime/python
}

# Parallel jobs: the cores, but no more than 2 GiB of memory each allow.
jobs_allowed() {
  local cores memory
  cores=$(nproc)
  memory=$(awk '/MemAvailable/ {print int($2 / 2097152)}' /proc/meminfo)
  echo $((memory < 1 ? 1 : memory < cores ? memory : cores))
}
