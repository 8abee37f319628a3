//! From data files to weights and figures, with a network small enough for a test.

mod common;

use common::data::write_bars;
use common::run_in;

const SMALL: &str = "epochs = 12
learning_rate = 0.05
batch_size = 8
name = \"small\"
[network]
input = [28, 28, 1]
layers = [{ type = \"flatten\" }, { type = \"dense\", units = 10, activation = \"linear\" }]
[split]
type = \"random\"
fraction = 0.25
";

#[test]
fn train_resume_and_measure() {
    let folder = tempfile::tempdir().unwrap();
    let run = |arguments: &str| run_in(folder.path(), arguments);
    write_bars(
        &folder.path().join("data"),
        "kannada_MNIST_train",
        64,
        |_| 255,
    );
    std::fs::write(folder.path().join("small.toml"), SMALL).unwrap();

    let trained = run("train --config small.toml --data data --run runs/a --seed 3");
    assert_eq!(trained.status, Some(0), "{}", trained.stderr);
    for said in ["epoch 12/12", "; held out: loss", "mean over 12 epochs"] {
        assert!(trained.stdout.contains(said), "{said}: {}", trained.stdout);
    }

    let again = run("train --config small.toml --data data --run runs/a");
    assert_eq!(again.status, Some(2));
    assert!(again.stderr.contains("--resume runs/a"), "{}", again.stderr);

    let same = run("train --config small.toml --data data --run runs/b --seed 3 --threads 1");
    assert_eq!(same.status, Some(0), "{}", same.stderr);
    let weights = |run: &str| std::fs::read_to_string(folder.path().join(run).join("metrics.csv"));
    let column = |text: String| -> Vec<String> {
        text.lines()
            .map(|l| l.split(',').take(6).collect::<Vec<_>>().join(","))
            .collect()
    };
    assert_eq!(
        column(weights("runs/a").unwrap()),
        column(weights("runs/b").unwrap())
    );

    let tuned = run(
        "train --config small.toml --data data --run runs/c --epochs 1 \
                     --init runs/a/model.safetensors",
    );
    assert_eq!(tuned.status, Some(0), "{}", tuned.stderr);

    let measured = run(
        "eval --data data --split train --weights runs/a/model.safetensors --format json \
         --predictions p.csv",
    );
    assert_eq!(measured.status, Some(0), "{}", measured.stderr);
    let figures: serde_json::Value = serde_json::from_str(&measured.stdout).unwrap();
    assert!(
        figures["accuracy"].as_f64().unwrap() > 0.9,
        "{}",
        measured.stdout
    );
    let table = std::fs::read_to_string(folder.path().join("p.csv")).unwrap();
    assert_eq!(table.lines().count(), 65);

    let text = run("eval --data data --split train --weights runs/a/model.safetensors");
    assert!(text.stdout.contains("95 % interval"), "{}", text.stdout);

    let info = run("model info runs/a/model.safetensors");
    assert!(
        info.stdout.contains("lekka train --config small.toml"),
        "{}",
        info.stdout
    );

    let unfit = run("eval --data data --split train --weights runs/a/config.toml");
    assert_eq!(unfit.status, Some(2));
    assert!(
        unfit.stderr.contains("runs/a/config.toml"),
        "{}",
        unfit.stderr
    );
}

#[test]
fn data_commands() {
    let folder = tempfile::tempdir().unwrap();
    let run = |arguments: &str| run_in(folder.path(), arguments);
    write_bars(
        &folder.path().join("data"),
        "kannada_MNIST_train",
        64,
        |_| 255,
    );

    let info = run("data info --data data");
    assert_eq!(info.status, Some(0), "{}", info.stderr);
    insta::assert_snapshot!(info.stdout);

    let verified = run("data verify --data data");
    assert_eq!(
        verified.status,
        Some(1),
        "other data than the official are a negative check"
    );
    assert!(verified.stdout.contains("DIFFERS") && verified.stdout.contains("MISSING"));
    assert_eq!(run("data verify --data gone").status, Some(2));
    assert_eq!(run("data verify").status, Some(2));

    assert_eq!(
        run("data show --data data --columns 4 -o samples.png").status,
        Some(0)
    );
    let sheet = image::open(folder.path().join("samples.png")).unwrap();
    assert!(sheet.width() > 4 * 56);
    assert_eq!(
        run("data show --data data --writer nobody -o x.png").status,
        Some(2)
    );

    // A header that promises more than there is.
    let images = folder.path().join("data/X_kannada_MNIST_train-idx3-ubyte");
    let mut bytes = std::fs::read(&images).unwrap();
    bytes[4] = 0x7f;
    std::fs::write(&images, bytes).unwrap();
    let lying = run("data info --data data");
    assert_eq!(lying.status, Some(2));
    assert!(
        lying.stderr.contains("X_kannada_MNIST_train-idx3-ubyte"),
        "{}",
        lying.stderr
    );

    std::fs::write(folder.path().join("kaggle.csv"), "label,pixel0\n3,x\n").unwrap();
    let csv = run("data info --images kaggle.csv");
    assert_eq!(csv.status, Some(2));
    assert!(csv.stderr.contains("kaggle.csv"), "{}", csv.stderr);
}
