#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# usage: check_library.sh LIBRARY STRIP READELF
# The runtime is small and needs nothing but the C library; it exports nothing but its API.
set -eu
copy=$(mktemp)
trap 'rm -f "$copy"' EXIT
"$2" -o "$copy" "$1"
bytes=$(wc -c <"$copy")
echo "$bytes bytes stripped"
[ "$bytes" -le 204800 ] || { echo "more than 200 KB"; exit 1; }
needed=$("$3" -d "$1" | sed -n 's/.*(NEEDED).*\[\(.*\)\]/\1/p')
echo "needs: $needed"
for library in $needed; do
  case "$library" in
    libc.so.*|libm.so.*|libpthread.so.*|libdl.so.*|ld-linux-*) ;;
    *) echo "it must not need $library"; exit 1 ;;
  esac
done
foreign=$("$3" --dyn-syms -W "$1" | awk '$5 == "GLOBAL" && $7 != "UND" && $8 !~ /^dsc_/ {print $8}')
[ -z "$foreign" ] || { echo "it exports: $foreign"; exit 1; }
