#!/usr/bin/env bash
# Builds llama.cpp's llama-server once, from the source inside the llama-cpp-python package, for the
# tests: tests/servers/build_llama_server.sh [FOLDER]. Prints the binary's path, which is what
# LLAMA_SERVER_BIN wants. Needs pip, a C++ compiler, cmake and ninja (pip install cmake ninja).
# Some ten minutes on two cores; the optimiser is held back, as the tests' model has two layers.
set -euo pipefail
version=0.3.36
folder=${1:-${XDG_CACHE_HOME:-$HOME/.cache}/corpus-miner/llama-server-$version}
binary=$folder/llama-server
if [ ! -x "$binary" ]; then
  mkdir -p "$folder"
  work=$(mktemp -d "$folder/build.XXXXXX")
  trap 'rm -rf "$work"' EXIT
  [ -n "${SOURCE:-}" ] && cp "$SOURCE" "$work" || ${PYTHON:-python3} -m pip download -q --no-deps --no-binary llama-cpp-python \
    -d "$work" "llama-cpp-python==$version" >&2
  tar -xzf "$work"/llama_cpp_python-*.tar.gz -C "$work" --strip-components=1
  cmake -S "$work/vendor/llama.cpp" -B "$work/out" -G Ninja -DCMAKE_BUILD_TYPE=Release \
    -DCMAKE_C_FLAGS_RELEASE=-O1 -DCMAKE_CXX_FLAGS_RELEASE=-O1 -DBUILD_SHARED_LIBS=OFF \
    -DLLAMA_BUILD_TESTS=OFF -DLLAMA_BUILD_EXAMPLES=OFF -DLLAMA_BUILD_UI=OFF \
    -DLLAMA_USE_PREBUILT_UI=OFF -DLLAMA_BUILD_APP=OFF \
    -DLLAMA_OPENSSL=OFF -DGGML_OPENMP=OFF -DGGML_NATIVE=OFF >&2
  cmake --build "$work/out" --target llama-server --parallel "${JOBS:-2}" >&2
  mv "$work/out/bin/llama-server" "$binary"
fi
echo "$binary"
