//! Many files and pages: order, selection, documents, and runs that are killed.

mod common;

#[cfg(feature = "pdf")]
use common::run_with_input;
use common::{Run, lekka, run_in, samples};
use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

fn copy(folder: &Path, name: &str, from: &Path) {
    std::fs::create_dir_all(folder.join(name).parent().unwrap()).unwrap();
    std::fs::copy(from, folder.join(name)).unwrap();
}

fn pages_tif() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../lekka-image/tests/pictures/pages.tif")
}

fn text(folder: &Path, name: &str) -> String {
    std::fs::read_to_string(folder.join(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
}

/// The source and page of each line of JSON, and whether it is an error.
fn rows(json: &str) -> Vec<(String, u64, bool)> {
    let row = |line: &str| {
        let row: serde_json::Value = serde_json::from_str(line).unwrap();
        let errors = row["errors"].as_array().unwrap();
        (
            row["source"].as_str().unwrap().replace('\\', "/"),
            row["page"].as_u64().unwrap(),
            !errors.is_empty(),
        )
    };
    json.lines().map(row).collect()
}

/// So many copies of a sample in a folder `scans`.
fn scans(folder: &Path, number: usize) {
    for index in 0..number {
        copy(
            folder,
            &format!("scans/{index:03}.png"),
            &samples().join("digit-7.png"),
        );
    }
}

#[test]
fn pages_come_in_order_and_are_chosen() {
    let folder = tempfile::tempdir().unwrap();
    scans(folder.path(), 20);
    copy(folder.path(), "scans/005-pages.tif", &pages_tif());
    let run = run_in(folder.path(), "read scans --format json --jobs 4");
    assert_eq!(run.status, Some(0), "{}", run.stderr);
    let found = rows(&run.stdout);
    assert_eq!(found.len(), 23);
    assert!(found.is_sorted(), "{found:?}");

    let run = run_in(
        folder.path(),
        "read scans/005-pages.tif --format json --pages 2-",
    );
    let pages: Vec<u64> = rows(&run.stdout).iter().map(|row| row.1).collect();
    assert_eq!((run.status, pages), (Some(0), vec![2, 3]));
    let run = run_in(folder.path(), "read scans/005-pages.tif --pages 4,7-9");
    assert_eq!(run.status, Some(2));
    insta::assert_snapshot!(run.stderr, @"error: scans/005-pages.tif: none of the pages 4,7-9 is there, the file has 3 pages; ask for others");
    let run = run_in(folder.path(), "read scans --pages 0");
    assert_eq!(run.status, Some(2));
}

#[test]
fn a_damaged_page_is_a_row_and_the_others_are_read() {
    let folder = tempfile::tempdir().unwrap();
    let mut bytes = std::fs::read(pages_tif()).unwrap();
    // The compression of the second page becomes one that there is not.
    let second = {
        let word = |at: usize| u32::from_le_bytes(bytes[at..at + 4].try_into().unwrap()) as usize;
        let first = word(4);
        let entries = usize::from(bytes[first]);
        word(first + 2 + 12 * entries)
    };
    let entries = usize::from(bytes[second]);
    let tag = (0..entries)
        .map(|entry| second + 2 + 12 * entry)
        .find(|&at| bytes[at..at + 2] == [3, 1])
        .unwrap();
    bytes[tag + 8..tag + 10].copy_from_slice(&[0x34, 0x12]);
    std::fs::write(folder.path().join("pages.tif"), bytes).unwrap();
    let run = run_in(folder.path(), "read pages.tif --format json");
    assert_eq!(run.status, Some(2));
    let errors: Vec<bool> = rows(&run.stdout).iter().map(|row| row.2).collect();
    assert_eq!(errors, [false, true, false], "{}", run.stdout);
    assert!(
        run.stderr
            .starts_with("error: pages.tif, page 2: this kind of TIFF is not read"),
        "{}",
        run.stderr
    );
}

/// Every element that is opened is closed, and nothing is written that XML does not know.
fn is_well_formed(text: &str) -> usize {
    use quick_xml::events::Event;
    let mut reader = quick_xml::Reader::from_str(text);
    let (mut depth, mut elements) = (0_usize, 0);
    loop {
        match reader.read_event().unwrap() {
            Event::Start(_) => (depth, elements) = (depth + 1, elements + 1),
            Event::Empty(_) => elements += 1,
            Event::End(_) => depth -= 1,
            Event::Eof => break,
            _ => {}
        }
    }
    assert_eq!(depth, 0);
    elements
}

#[test]
fn documents_are_one_for_each_file() {
    let folder = tempfile::tempdir().unwrap();
    for (name, sample) in [
        ("a/number.png", "number.png"),
        ("b/number.png", "number.png"),
        ("sheet.png", "sheet.png"),
    ] {
        copy(folder.path(), name, &samples().join(sample));
    }
    copy(folder.path(), "pages.tif", &pages_tif());
    std::fs::write(folder.path().join("no.png"), "a letter").unwrap();
    let run = run_in(
        folder.path(),
        "read a b sheet.png pages.tif no.png --format alto -o out",
    );
    assert_eq!(run.status, Some(2), "{}", run.stderr);
    for (name, pages) in [
        ("number.xml", 1),
        ("number-2.xml", 1),
        ("sheet.xml", 1),
        ("pages.xml", 3),
    ] {
        let text = text(&folder.path().join("out"), name);
        assert!(is_well_formed(&text) > 10, "{text}");
        assert_eq!(text.matches("<Page ").count(), pages, "{name}");
    }
    assert!(!folder.path().join("out/no.xml").exists());

    let run = run_in(folder.path(), "read pages.tif --format hocr");
    assert_eq!(run.status, Some(0), "{}", run.stderr);
    is_well_formed(&run.stdout);
    assert_eq!(run.stdout.matches("class=\"ocr_page\"").count(), 3);

    let run = run_in(folder.path(), "read a b --format hocr");
    assert_eq!(run.status, Some(2));
    insta::assert_snapshot!(run.stderr, @r"
    error: this format is a document for each picture file, and there are 2
    hint: name a folder for them: -o FOLDER
    ");
}

#[cfg(feature = "pdf")]
#[test]
fn a_form_is_read_from_the_pdf_that_is_printed() {
    let folder = tempfile::tempdir().unwrap();
    let forms = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/forms");
    copy(folder.path(), "form.toml", &forms.join("marks-sheet.toml"));
    let run = run_in(folder.path(), "form design form.toml -o form.pdf");
    assert_eq!(run.status, Some(0), "{}", run.stderr);
    let run = run_in(folder.path(), "form read form.toml . --format json");
    assert_eq!(run.status, Some(0), "{}", run.stderr);
    let page: serde_json::Value = serde_json::from_str(&run.stdout).unwrap();
    assert!(page["error"].is_null(), "{page}");
    let fields = page["fields"].as_array().unwrap();
    assert!(fields.len() > 10, "{page}");
    assert!(
        fields.iter().all(|field| field["value"].is_null()),
        "{page}"
    );

    let pdf = std::fs::read(folder.path().join("form.pdf")).unwrap();
    let run = run_with_input("read - --format json", &pdf);
    assert_eq!(run.status, Some(0), "{}", run.stderr);
    assert_eq!(rows(&run.stdout), [("-".to_owned(), 1, false)]);
    let run = run_with_input("read -", &pdf[..200]);
    assert_eq!(run.status, Some(2));
    assert!(run.stderr.contains("damaged PDF file"), "{}", run.stderr);
}

/// Starts a run and kills it when the manifest has so many lines; how many it had then.
fn kill_at(folder: &Path, arguments: &str, lines: usize) -> usize {
    let mut child = lekka()
        .current_dir(folder)
        .args(arguments.split_whitespace())
        .spawn()
        .unwrap();
    let start = Instant::now();
    let count = || std::fs::read_to_string(folder.join("m")).map_or(0, |text| text.lines().count());
    while count() < lines && child.try_wait().unwrap().is_none() {
        assert!(start.elapsed() < Duration::from_mins(2), "nothing is read");
        std::thread::sleep(Duration::from_millis(1));
    }
    // SIGKILL on Unix: no chance to tidy up.
    child.kill().unwrap();
    child.wait().unwrap();
    count()
}

#[test]
fn a_killed_run_goes_on() {
    let folder = tempfile::tempdir().unwrap();
    let number = 120;
    scans(folder.path(), number);
    copy(folder.path(), "scans/050.tif", &pages_tif());
    std::fs::write(folder.path().join("scans/001.gif"), "no picture").unwrap();
    let total = number + 3 + 1;
    let whole = run_in(folder.path(), "read scans --format csv -o whole.csv");
    assert_eq!(whole.status, Some(2));

    let command = "read scans --format csv -o out.csv --manifest m --annotate pages --jobs 2";
    let mut before = 0;
    for lines in [3, 40, 55] {
        before = kill_at(folder.path(), command, lines);
        assert!((lines..=total).contains(&before), "{before}");
        assert!(
            !folder.path().join("out.csv").exists(),
            "it is not complete"
        );
        assert!(folder.path().join("out.csv.part").exists());
    }
    // As if the last kill had hit in the middle of a write to each file.
    for (name, half) in [
        ("out.csv.part", "scans/119.png,1,fie"),
        ("m", "{\"source\":\"scans/1"),
    ] {
        let torn = text(folder.path(), name) + half;
        std::fs::write(folder.path().join(name), torn).unwrap();
    }
    let run = run_in(folder.path(), command);
    // The first part of the work met a file that is no picture.
    assert_eq!(run.status, Some(2), "{}", run.stderr);
    let noted = format!(
        "{} pages were read before, 1 of them with errors",
        before - 1
    );
    assert!(run.stderr.contains(&noted), "{noted}: {}", run.stderr);
    assert_eq!(
        text(folder.path(), "out.csv"),
        text(folder.path(), "whole.csv")
    );
    assert!(!folder.path().join("out.csv.part").exists());
    let manifest = text(folder.path(), "m");
    let pages: HashSet<String> = manifest
        .lines()
        .skip(1)
        .map(|line| {
            let line: serde_json::Value = serde_json::from_str(line).unwrap();
            format!("{} {}", line["source"], line["page"])
        })
        .collect();
    assert_eq!(manifest.lines().count(), 1 + total, "none twice");
    assert_eq!(pages.len(), total, "and none lost");
    // A kill in the middle of a write leaves a hidden file beside the pages.
    let annotated = std::fs::read_dir(folder.path().join("pages"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name())
        .filter(|name| !name.to_string_lossy().starts_with('.'));
    assert_eq!(annotated.count(), total - 1);

    // More files: only they are read.
    copy(
        folder.path(),
        "scans/200.png",
        &samples().join("digit-7.png"),
    );
    let run = run_in(folder.path(), command);
    assert_eq!(run.status, Some(2), "{}", run.stderr);
    let rows = text(folder.path(), "out.csv");
    assert!(rows.starts_with(&text(folder.path(), "whole.csv")));
    assert_eq!(rows.matches("200.png").count(), 1);
}

#[test]
fn documents_go_on_too() {
    let folder = tempfile::tempdir().unwrap();
    for index in 0..40 {
        copy(
            folder.path(),
            &format!("scans/{index:02}.tif"),
            &pages_tif(),
        );
    }
    let command = "read scans --format alto -o out --manifest m";
    let before = kill_at(folder.path(), command, 8);
    assert!(before >= 8);
    let run = run_in(folder.path(), command);
    assert_eq!(run.status, Some(0), "{}", run.stderr);
    let documents: Vec<_> = std::fs::read_dir(folder.path().join("out"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| !name.starts_with('.'))
        .collect();
    assert_eq!(documents.len(), 40, "{documents:?}");
    for name in documents {
        is_well_formed(&text(&folder.path().join("out"), &name));
    }
    assert_eq!(text(folder.path(), "m").lines().count(), 1 + 3 * 40);
}

fn refused(folder: &Path, arguments: &str) -> String {
    let Run { status, stderr, .. } = run_in(folder, arguments);
    assert_eq!(status, Some(2), "{arguments}: {stderr}");
    stderr
}

#[test]
fn a_manifest_keeps_to_what_it_was_begun_with() {
    let folder = tempfile::tempdir().unwrap();
    scans(folder.path(), 2);
    let run = run_in(
        folder.path(),
        "read scans --format json -o out --manifest m",
    );
    assert_eq!(run.status, Some(0), "{}", run.stderr);
    for (line, expected) in [
        (
            "read scans --format csv -o out --manifest m",
            "was begun with --format \"json\", now it is \"csv\"",
        ),
        (
            "read scans --format json -o other --manifest m",
            "was begun with -o out, now it is -o other",
        ),
        (
            "read scans --format json -o out --manifest scans/000.png",
            "this is no manifest",
        ),
        (
            "read scans --format json -o m --manifest m",
            "name the same file",
        ),
        (
            "read scans --format json --manifest m",
            "required arguments were not provided",
        ),
        (
            "read - --format json -o out --manifest m",
            "standard input cannot be read a second time",
        ),
    ] {
        let told = refused(folder.path(), line);
        assert!(told.contains(expected), "{line}: {told}");
    }
    let picture = std::fs::read(samples().join("digit-7.png")).unwrap();
    assert!(std::fs::read(folder.path().join("scans/000.png")).unwrap() == picture);

    // A file that was changed is told, and not read as if it were the old one.
    std::fs::write(folder.path().join("scans/001.png"), "changed").unwrap();
    let told = refused(
        folder.path(),
        "read scans --format json -o out --manifest m",
    );
    assert!(
        told.contains("scans/001.png is not the file any more"),
        "{told}"
    );
    // Readings that are gone are told too.
    std::fs::remove_file(folder.path().join("out")).unwrap();
    std::fs::remove_file(folder.path().join("out.part")).ok();
    let told = refused(
        folder.path(),
        "read scans --format json -o out --manifest m",
    );
    assert!(
        told.contains("counts 2 pages whose readings are neither in"),
        "{told}"
    );
}
