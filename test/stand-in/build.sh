#!/bin/sh
# Builds the stand-in and its self-test.
#
#   build.sh [linux|linux-asan|linux-fuzz|win32] OUTDIR [extra compiler flags, e.g. -DSTAND_IN_QS1_CONTIGUOUS=0]
#
# linux       OUTDIR/libwebsocket_stand_in.so and OUTDIR/self_test
# linux-asan  OUTDIR/self_test with the stand-in inside, with AddressSanitizer and UndefinedBehaviorSanitizer
# linux-fuzz  OUTDIR/fuzz, the same for libFuzzer; needs clang
# win32       OUTDIR/websocket.dll and OUTDIR/self_test.exe (64-bit Windows, by mingw-w64)
#
# CXX and WINDRES may name other tools.
set -eu

case "${1:-}" in
  linux | linux-asan | linux-fuzz | win32) kind=$1; shift ;;
  *) kind=linux ;;
esac
if [ $# -lt 1 ]; then
  echo "usage: build.sh [linux|linux-asan|linux-fuzz|win32] OUTDIR [flags...]" >&2
  exit 2
fi
out=$1
shift
here=$(cd "$(dirname "$0")" && pwd)
mkdir -p "$out"

sources=
for name in digest exports frame handle handle_table handshake header_block header_list keep_alive properties \
  random receive_queue send_queue session_memory utf8; do
  sources="$sources $name.cc"
done
common="-std=c++17 -O2 -fno-exceptions -fno-rtti -Wall -Wextra -Werror"
out=$(cd "$out" && pwd)
cd "$here"

case $kind in
  linux)
    cxx=${CXX:-g++}
    $cxx $common -fPIC -fvisibility=hidden -shared -pthread "$@" $sources -o "$out/libwebsocket_stand_in.so"
    $cxx $common -pthread "$@" self_test.cc -o "$out/self_test" -L"$out" -lwebsocket_stand_in -Wl,-rpath,"\$ORIGIN"
    ;;
  linux-asan)
    cxx=${CXX:-g++}
    $cxx $common -g -O1 -fno-omit-frame-pointer -fsanitize=address,undefined -fno-sanitize-recover=all -pthread \
      "$@" $sources self_test.cc -o "$out/self_test"
    ;;
  linux-fuzz)
    cxx=${CXX:-clang++}
    $cxx $common -g -O1 -fno-omit-frame-pointer -fsanitize=fuzzer,address,undefined -fno-sanitize-recover=all \
      -pthread "$@" $sources fuzz.cc -o "$out/fuzz"
    ;;
  win32)
    cxx=${CXX:-x86_64-w64-mingw32-g++-posix}
    windres=${WINDRES:-x86_64-w64-mingw32-windres}
    defines="-D_WIN32_WINNT=0x0602"
    $windres version.rc -O coff -o "$out/version.o"
    $cxx $common $defines -shared -static -s "$@" $sources websocket.def "$out/version.o" \
      -lbcrypt -ladvapi32 -Wl,--out-implib,"$out/libwebsocket.a" -o "$out/websocket.dll"
    $cxx $common $defines -static -s "$@" self_test.cc "$out/libwebsocket.a" -o "$out/self_test.exe"
    rm -f "$out/version.o"
    ;;
esac
