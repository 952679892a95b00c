#!/usr/bin/env bash
# A room that includes a header of a room it does not use must fail to compile with "No such file".
#   wrong_direction.sh COMPILER BUILD_DIR
set -euo pipefail
compiler=$1 build=$2
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
try() { # try ROOMS-SEEN HEADER
  printf '#include "%s"\n' "$2" > "$work/t.cc"
  local flags=()
  for room in $1; do flags+=("-I$build/view/$room"); done
  "$compiler" -std=c++20 -fsyntax-only "${flags[@]}" "$work/t.cc" 2> "$work/err"
}
# What CMake gave each room to see, from the compile commands of its heads.
seen_by() {
  grep -oE "\"command\": \"[^\"]*(\\\\\"[^\"]*)*view/$1/heads.cc\"" "$build/compile_commands.json" | head -1 |
    grep -oE "\-I[^ ]*/view/[a-z]+" | sed 's|.*/view/||' | tr '\n' ' '
}
refused() {
  local sees; sees=$(seen_by "$1")
  [ -n "$sees" ] || { echo "no compile command for room $1" >&2; exit 1; }
  if try "$sees" "$2"; then echo "room $1 can include $2: the wall has a hole" >&2; exit 1; fi
  grep -qE 'No such file|file not found' "$work/err" || { cat "$work/err" >&2; exit 1; }
  echo "refused as it should be: $1 includes $2"
}
accepted() {
  try "$(seen_by "$1")" "$2" || { cat "$work/err" >&2; exit 1; }
  echo "accepted as it should be: $1 includes $2"
}
accepted protect base/result.h
accepted protect engine/database.h
refused base engine/database.h
refused audit keys/keystore.h
refused evaluate engine/database.h
refused protect govern/use_right.h
refused engine model/omop.h
refused server cli/command.h
refused cli server/routes.h
