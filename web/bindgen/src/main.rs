//! `lekka-bindgen MODULE.wasm FOLDER`: writes the module's JavaScript, types and stripped
//! WebAssembly into the folder.

use anyhow::{Context, Result};
use wasm_bindgen_cli_support::Bindgen;

fn main() -> Result<()> {
    let mut arguments = std::env::args_os().skip(1);
    let module = arguments
        .next()
        .context("usage: lekka-bindgen MODULE.wasm FOLDER")?;
    let folder = arguments
        .next()
        .context("usage: lekka-bindgen MODULE.wasm FOLDER")?;
    Bindgen::new()
        .input_path(module)
        .out_name("lekka")
        .web(true)?
        .typescript(true)
        .remove_name_section(true)
        .remove_producers_section(true)
        .omit_default_module_path(false)
        .generate(folder)
}
