//! From runs to released weights, and what they say of themselves.

mod common;

use common::data::write_bars;
use common::run_in;
use serde_json::Value;
use std::fmt::Write;
use std::path::Path;

/// Writers of the made-up data, each with 50 images.
const WRITERS: u32 = 8;

fn write_data(folder: &Path) {
    // Some are blank, so that there is something to be in doubt about.
    let ink = |index| {
        if index % 19 == 7 {
            0
        } else {
            255 - (index / 10) as u8
        }
    };
    for part in ["kannada_MNIST_train", "kannada_MNIST_test", "dig_MNIST"] {
        write_bars(folder, part, 50 * WRITERS, ink);
    }
    let mut table = String::from("split,first_index,count,writer_page\n");
    for writer in 0..WRITERS {
        writeln!(table, "train,{},50,w{writer}", 50 * writer).unwrap();
    }
    std::fs::write(folder.join("writers.csv"), table).unwrap();
}

const RECIPE: &str = "epochs = 6
learning_rate = 0.05
batch_size = 8
name = \"bars\"
[network]
input = [28, 28, 1]
layers = [{ type = \"flatten\" }, { type = \"dense\", units = 10, activation = \"linear\" }]
[split]
type = \"all\"
";

/// A folder with data, a run on all writers and two folds.
fn runs() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    write_data(&folder.path().join("data"));
    std::fs::write(folder.path().join("bars.toml"), RECIPE).unwrap();
    for (name, options) in [
        ("all", ""),
        ("fold-0", "--hold-out-fold 0/2 --epochs 5"),
        ("fold-1", "--hold-out-fold 1/2 --epochs 5"),
        ("other", "--hold-out-fold 1/2 --learning-rate 0.04"),
    ] {
        let trained = run_in(
            folder.path(),
            &format!("train --config bars.toml --data data --run {name} {options}"),
        );
        assert_eq!(trained.status, Some(0), "{}", trained.stderr);
    }
    folder
}

#[test]
fn folds_become_weights_that_know_what_they_can_do() {
    let folder = runs();
    let run = |arguments: &str| run_in(folder.path(), arguments);
    let released = run(
        "model release all --folds fold-0 fold-1 --data data --review-error 0.05 --measure \
         --commit abc1234 --format json -o new.safetensors",
    );
    assert_eq!(released.status, Some(0), "{}", released.stderr);
    let metadata: Value = serde_json::from_str(&released.stdout).unwrap();
    let figures = metadata["figures"].as_array().unwrap();
    let sets: Vec<_> = figures.iter().map(|figure| &figure["set"]).collect();
    assert_eq!(sets, ["out of fold", "official test", "Dig-MNIST"]);
    for figure in figures {
        assert_eq!(figure["images"], 400);
        assert_eq!(figure["digits"].as_array().unwrap().len(), 10);
        assert!(figure["calibration_error"].as_f64().unwrap() < 0.2);
        assert!(!figure["levels"].as_array().unwrap().is_empty());
    }
    assert_eq!(figures[0]["writers"].as_array().unwrap().len(), 8);
    assert_eq!(metadata["risk"]["writers"], 8);
    assert_eq!(metadata["review_error"], 0.05);
    assert_eq!(metadata["commit"], "abc1234");
    let folds = metadata["folds"].as_array().unwrap();
    let held_out = folds.iter().map(|fold| fold["images"].as_u64().unwrap());
    assert_eq!(
        (held_out.sum::<u64>(), &folds[0]["epochs"]),
        (400, &5.into())
    );
    let configuration = metadata["configuration"].as_str().unwrap();
    assert!(
        configuration.contains("learning_rate = 0.05") && !configuration.contains("folder"),
        "{configuration}"
    );

    // What the file says is what it gives.
    let eval = run("eval --data data --split test --weights new.safetensors --format json");
    assert_eq!(eval.status, Some(0), "{}", eval.stderr);
    let eval: Value = serde_json::from_str(&eval.stdout).unwrap();
    for name in ["accuracy", "calibration_error"] {
        assert_eq!(eval[name], figures[1][name], "{name}");
    }

    doubt_is_told(&folder, &metadata);

    let some = run(
        "model release all --folds fold-1 --partial --data data --review-error 0.1 --format json -o some.safetensors",
    );
    assert_eq!(some.status, Some(0), "{}", some.stderr);
    let some: Value = serde_json::from_str(&some.stdout).unwrap();
    assert_eq!(some["figures"][0]["images"], folds[1]["images"]);
    assert_eq!(some["figures"][0]["accuracy"], folds[1]["accuracy"]);
    assert_eq!(some["risk"]["writers"], 4);

    let text =
        run("model release fold-0 --held-out --data data --review-error 0.1 -o one.safetensors");
    assert_eq!(text.status, Some(0), "{}", text.stderr);
    assert!(
        text.stdout.contains("held-out writers: accuracy") && text.stdout.contains("max error"),
        "{}",
        text.stdout
    );
}

/// What released weights say to `read`, `eval` and `model card`.
fn doubt_is_told(folder: &tempfile::TempDir, metadata: &Value) {
    let run = |arguments: &str| run_in(folder.path(), arguments);
    let levels = metadata["risk"]["levels"].as_array().unwrap();
    let level = levels.iter().find(|level| level["max_error"] == 0.05);
    let threshold = level.unwrap()["threshold"].as_f64().unwrap();
    assert!(threshold > 0.1, "blank pictures are in doubt: {threshold}");

    let sheet = common::samples().join("sheet.png");
    let read = |rate: &str| {
        run(&format!(
            "read {} --weights new.safetensors --max-error {rate} --format json",
            sheet.display()
        ))
    };
    let sure = read("0.07");
    assert_eq!(sure.status, Some(0), "{}", sure.stderr);
    let page: Value = serde_json::from_str(&sure.stdout).unwrap();
    let digits = page["fields"][0]["digits"].as_array().unwrap();
    let mut seen = [0, 0];
    for digit in digits.iter().filter(|digit| digit["status"] != "blank") {
        let ok = digit["status"] == "ok";
        // JSON has six decimals.
        let margin = digit["probability"].as_f64().unwrap() - threshold;
        assert!(ok == (margin >= 0.0) || margin.abs() < 1e-6, "{digit}");
        seen[usize::from(ok)] += 1;
    }
    assert!(seen[0] + seen[1] > 100, "{seen:?}");
    let strict = read("0.0001");
    assert_eq!((strict.status, &*strict.stdout), (Some(2), ""));
    assert!(strict.stderr.contains("ask for"), "{}", strict.stderr);
    for wrong in ["0", "1.5", "x"] {
        assert_eq!(read(wrong).status, Some(2), "{wrong}");
    }
    // Whether the built-in weights have a table or not.
    let builtin = run(&format!("read {} --max-error 1e-9", sheet.display()));
    assert_eq!(builtin.status, Some(2));
    let expected = "no threshold is known for an error rate of 0.000000001";
    assert!(builtin.stderr.contains(expected), "{}", builtin.stderr);

    let eval = "eval --data data --split test --weights new.safetensors --max-error 0.05";
    let text = run(&format!("{eval} --report report.html"));
    assert_eq!(text.status, Some(0), "{}", text.stderr);
    for part in ["for at most 5 % errors", "max error", "(15 bins)"] {
        assert!(text.stdout.contains(part), "{part}: {}", text.stdout);
    }
    let html = std::fs::read_to_string(folder.path().join("report.html")).unwrap();
    for part in ["<h2>Confidence</h2>", "<circle", "Doubtful digits (200)"] {
        assert!(html.contains(part), "{part} is not in the report");
    }
    let json = run(&format!("{eval} --format json"));
    let json: Value = serde_json::from_str(&json.stdout).unwrap();
    assert_eq!(json["levels"], metadata["figures"][1]["levels"]);
    let accepted = json["accepted"]["accepted"].as_f64().unwrap();
    assert_eq!(json["accepted"]["max_error"], 0.05);
    assert!((json["accepted"]["share"].as_f64().unwrap() - accepted / 400.0).abs() < 1e-12);
    let unknown = run("eval --data data --weights all/model.safetensors --max-error 0.05");
    assert_eq!(unknown.status, Some(2));
    assert!(
        unknown.stderr.contains("no table of error rates"),
        "{}",
        unknown.stderr
    );

    let card = run("model card new.safetensors");
    assert_eq!(card.status, Some(0), "{}", card.stderr);
    for part in [
        "- commit: `abc1234`\n",
        "learning_rate = 0.05",
        "| fold | seed |",
        "official test: accepted",
        "| w7 |",
        "so that at most 5 % of the others are wrong",
    ] {
        assert!(card.stdout.contains(part), "{part}: {}", card.stdout);
    }
    let json = run("model card new.safetensors --format json");
    let json: Value = serde_json::from_str(&json.stdout).unwrap();
    assert_eq!(&json["metadata"], metadata);
    assert_eq!(json["parameters"], 7850);
}

#[test]
fn runs_that_do_not_belong_together_are_refused() {
    let folder = runs();
    let run = |arguments: &str| run_in(folder.path(), arguments);
    std::fs::create_dir_all(folder.path().join("begun")).unwrap();
    std::fs::copy(
        folder.path().join("fold-1/config.toml"),
        folder.path().join("begun/config.toml"),
    )
    .unwrap();
    for (arguments, expected) in [
        ("all --folds fold-0", "held out by none: "),
        ("all --folds fold-0 fold-1 fold-1", "by several: "),
        ("all --folds fold-0 all", "all held no writers out"),
        (
            "all --folds fold-0 other",
            "other is of another recipe: its learning_rate is 0.04",
        ),
        ("all --folds fold-0 begun", "begun is not finished"),
        ("fold-0 --folds fold-0 fold-1", "fold-0 held a part"),
        ("all --held-out", "all held no writers out"),
        ("all", "--folds"),
        (
            "all --folds fold-0 fold-1 --review-error 1e-4",
            "cannot show an error rate of 0.0001",
        ),
        ("nowhere --held-out", "nowhere: is not the folder of a run"),
    ] {
        let refused = run(&format!(
            "model release {arguments} --data data -o x.safetensors"
        ));
        assert_eq!(refused.status, Some(2), "{arguments}");
        assert!(
            refused.stderr.contains(expected),
            "{arguments}: {}",
            refused.stderr
        );
    }
    // Other images than those that were held out.
    let labels = folder.path().join("data/y_kannada_MNIST_train-idx1-ubyte");
    let mut bytes = std::fs::read(&labels).unwrap();
    bytes[8] = 9;
    std::fs::write(&labels, bytes).unwrap();
    let refused = run("model release all --folds fold-0 fold-1 --data data -o x.safetensors");
    assert!(
        refused.stderr.contains("all was made with other images"),
        "{}",
        refused.stderr
    );
    assert!(!folder.path().join("x.safetensors").exists());
}
