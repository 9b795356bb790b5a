#!/usr/bin/env bash
# checkers.sh ROOT: each checker of tools/ passes a small clean tree and finds a planted mistake of every sort.
set -euo pipefail
tools=$1/tools
tree=$(mktemp -d)
trap 'rm -rf "$tree"' EXIT
failed=0

plant() {  # FILE TEXT
  mkdir -p "$tree/$(dirname "$1")"
  printf '%b' "$2" > "$tree/$1"
}
clean() {
  rm -rf "${tree:?}"/*
  plant src/core/CMakeLists.txt 'sg_module(core)\n'
  plant src/image/CMakeLists.txt 'sg_module(image DEPENDS core PUBLIC fmt::fmt)\n'
  plant src/app/CMakeLists.txt 'sg_module(app DEPENDS core image)\n'
  plant src/core/a.h '#include <vector>\n'
  plant src/image/b_op.cpp '#include "core/a.h"\nDeclare("image.b", "B.") b_operation\n'
  plant src/app/operations.cpp 'image::b_operation(),\n'
  mkdir -p "$tree/tests"
}
expect() {  # CHECKER ok|TEXT
  local out status=0
  out=$("$tools/$1" "$tree") || status=$?
  if [[ $2 == ok && $status -ne 0 ]] || [[ $2 != ok && ( $status -eq 0 || $out != *"$2"* ) ]]; then
    printf '%s: expected %s, status %s:\n%s\n\n' "$1" "$2" "$status" "$out"
    failed=1
  fi
}

clean
for checker in check_layers check_style check_places; do expect $checker ok; done

clean; plant src/core/a.cpp '#include "image/b.h"\n';          expect check_layers 'core does not depend on image'
clean; plant src/image/a.cpp '#include <dcmtk/dcmdata/x.h>\n'; expect check_layers 'belongs to io'
clean; plant src/core/a.cpp '#include <itkImage.h>\n';         expect check_layers 'ITK is for'
clean; plant src/core/a_itk_test.cpp '#include <itkImage.h>\n'; expect check_layers ok
clean; plant src/core/a.cpp '#include <boost/x.hpp>\n';        expect check_layers 'no module owns'
clean; plant src/core/a.cpp '#include <gtest/gtest.h>\n';      expect check_layers 'a test header'
clean; plant src/core/a.cpp '#include "a.h"\n';                expect check_layers 'no header of a module'

clean; plant src/core/a.cpp "$(printf 'x%.0s' {1..111})\n";    expect check_style '111 characters'
clean; plant src/core/a.cpp '\tint x;\n';                      expect check_style 'a tab'
clean; plant src/core/a.cpp '// TO''DO\n';                     expect check_style 'do it or drop it'
clean; plant src/core/aB.cpp 'int x;\n';                       expect check_style 'not snake_case'
clean; plant src/core/a.cpp "$(printf 'x\\n%.0s' {1..601})";   expect check_style '601 lines'
clean; plant src/core/a.cpp 'int x;';                          expect check_style 'no newline'

clean; plant src/app/help.cpp '"image.b"\n';                   expect check_places 'names image.b'
clean; plant src/core/a.cpp 'image::b_operation()\n';          expect check_places 'names image.b'
clean; plant src/image/b_op.cpp 'nothing\n';                   expect check_places 'declared in 0'
clean; plant src/app/operations.cpp '\n';                      expect check_places 'lists no operation'
exit $failed
