#!/usr/bin/env bash
# Builds the recogniser for the browser and the page around it: `bash web/build.sh [FOLDER]`.
# Needs Rust (rustup) and Node with npm; leaves
#   web/pkg                      the WebAssembly module, its JavaScript and types
#   crates/lekka-server/assets   the page, a folder of static files for any web host and for the
#                                server, which has it built in; or in FOLDER
#   web/npm/dist                 the npm package's files
# With --module it makes the first only. The same sources and compiler give the same bytes, wherever
# the clone lies.
set -euo pipefail
cd "$(dirname "$0")/.."
root=$PWD

# rustup's target, once.
rustup target list --installed | grep -qx wasm32-unknown-unknown || rustup target add wasm32-unknown-unknown

[ -d web/node_modules ] || npm ci --prefix web --no-audit --no-fund

export CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUSTFLAGS="-Ctarget-feature=+simd128 \
--remap-path-prefix=$root=/lekka --remap-path-prefix=${CARGO_HOME:-$HOME/.cargo}=/cargo \
--remap-path-prefix=$(rustc --print sysroot)=/rust"
cargo build -q -p lekka-wasm --lib --target wasm32-unknown-unknown --profile wasm --locked

# Its lock file pins what writes the JavaScript.
CARGO_TARGET_DIR="${CARGO_TARGET_DIR:-$root/target}" \
  cargo build -q --locked --manifest-path web/bindgen/Cargo.toml
target="${CARGO_TARGET_DIR:-$root/target}"

new=$(mktemp -d)
trap 'rm -rf "$new"' EXIT
"$target/debug/lekka-bindgen" "$target/wasm32-unknown-unknown/wasm/lekka_wasm.wasm" "$new"
rm -rf web/pkg
mkdir web/pkg
mv "$new"/lekka* web/pkg/
[ "${1:-}" != --module ] || exit 0

page=$(realpath -m "${1:-crates/lekka-server/assets}")
npm run --silent --prefix web check
npm run --silent --prefix web build -- --outDir "$page"
npm run --silent --prefix web package
