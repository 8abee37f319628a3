//! `lekka model export` and `lekka model import`.

mod common;

use common::run_in;

#[test]
fn built_in_weights_go_out_and_come_back_the_same_each_way() {
    let folder = tempfile::tempdir().unwrap();
    let run = |arguments: &str| {
        let run = run_in(folder.path(), arguments);
        assert_eq!(run.status, Some(0), "{arguments}: {}", run.stderr);
        run.stdout
    };
    let mut said = String::new();
    for (options, name) in [
        ("--format onnx", "o"),
        ("--format safetensors", "p"),
        ("--format safetensors --names keras", "k"),
    ] {
        run(&format!("model export {options} -o {name}"));
        said += &run(&format!("model import {name} -o {name}.safetensors"));
    }
    insta::assert_snapshot!(said);
    let read = |name: &str| std::fs::read(folder.path().join(name)).unwrap();
    let back = read("o.safetensors");
    assert_eq!(read("p.safetensors"), back);
    assert_eq!(read("k.safetensors"), back);
    // What is known about the weights came along.
    assert_eq!(run("model info o.safetensors"), run("model info"));
}

#[test]
fn what_cannot_be_imported_ends_with_2_and_leaves_no_file() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("letter.onnx"), "Dear reader").unwrap();
    let mut said = String::new();
    for arguments in [
        "model import letter.onnx -o out.safetensors",
        "model import gone.onnx -o out.safetensors",
    ] {
        let run = run_in(folder.path(), arguments);
        assert_eq!(run.status, Some(2), "{arguments}");
        said += &run.stderr;
    }
    assert!(said.contains("letter.onnx: neither an ONNX nor"), "{said}");
    assert!(said.contains("cannot read gone.onnx"), "{said}");
    assert!(!folder.path().join("out.safetensors").exists());
}
