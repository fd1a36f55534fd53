#!/bin/sh
# Says whether every dependency has a wheel for the machines that people have, by downloading each
# from the locks: Linux on arm64, macOS on Apple's processors. Nothing is installed. (For Intel's Macs
# argon2-cffi-bindings has none.)
#   sh requirements/wheels.sh [FOLDER]
set -eu
cd "$(dirname "$0")/.."
pip=${PIP:-.venv/bin/python -m pip}
folder=${1:-$(mktemp -d)}
status=0
check() { # name, lock, platforms
  name=$1 lock=$2
  shift 2
  given=""
  for platform in "$@"; do given="$given --platform $platform"; done
  # shellcheck disable=SC2086
  if $pip download --quiet --disable-pip-version-check --require-hashes --no-deps --only-binary :all: \
    --python-version 3.11 --implementation cp --abi cp311 --abi abi3 --abi none $given \
    --dest "$folder/$name" -r "requirements/$lock" 2> "$folder/$name.log"; then
    echo "$name: every wheel of $lock"
  else
    echo "$name: $(grep -m 1 ERROR "$folder/$name.log")"
    status=1
  fi
}
mkdir -p "$folder"
arm="manylinux_2_17_aarch64 manylinux2014_aarch64 manylinux_2_24_aarch64 manylinux_2_26_aarch64 manylinux_2_27_aarch64 manylinux_2_28_aarch64 manylinux_2_31_aarch64 manylinux_2_34_aarch64"
mac="macosx_14_0_arm64 macosx_13_0_arm64 macosx_12_0_arm64 macosx_11_0_arm64 macosx_10_9_universal2 macosx_10_13_universal2 macosx_11_0_universal2"
# shellcheck disable=SC2086
check linux-arm64 app.txt $arm
# shellcheck disable=SC2086
check macos-arm64 app.txt $mac
# shellcheck disable=SC2086
check linux-arm64-server server.txt $arm
exit $status
