//! What is wrong with a template is told.

use super::*;

fn problems(text: &str) -> Vec<String> {
    let template = Template::parse(&format!("name = \"f\"\npage = \"A6\"\n{text}"), "a").unwrap();
    template.check().iter().map(Problem::to_string).collect()
}

fn field(name: &str, rest: &str) -> String {
    format!("[[field]]\nname = \"{name}\"\n{rest}\n")
}

/// Checks that each template is told to have problems that say all of the parts.
fn tell(cases: &[(String, &[&str])]) {
    for (text, parts) in cases {
        let found = problems(text).join("\n");
        for part in *parts {
            assert!(
                found.contains(part),
                "`{part}` is not in `{found}` of:\n{text}"
            );
        }
    }
}

#[test]
fn what_is_wrong_with_a_field_is_told_with_its_line() {
    tell(&[
        (String::new(), &["no field"]),
        (
            field("a b", "rect = [20, 40, 30, 9]\ndigits = 3"),
            &["line 4", "`a b`", "label"],
        ),
        (
            field("page", "rect = [20, 40, 30, 9]\ndigits = 3"),
            &["column of that name"],
        ),
        (
            field("a", "rect = [20, 40, 12, 9]\ndigits = 3"),
            &["4.0 x 9.0 mm", "at least 15 mm"],
        ),
        (
            field("a", "rect = [20, 40, 30, 9]\ndigits = 0"),
            &["0 digits"],
        ),
        (
            field("a", "rect = [20, 40, 30, 9]\ndigits = [3, 2]"),
            &["3 to 2 digits"],
        ),
        (
            field("a", "rect = [90, 40, 30, 9]\ndigits = 3"),
            &["beyond the part of the page"],
        ),
        (
            field("a", "rect = [5, 10, 30, 9]\ndigits = 3"),
            &["corner mark"],
        ),
        (
            field("a", "rect = [20, nan, 30, 9]\ndigits = 3"),
            &["four lengths"],
        ),
        (
            field("a", "rect = [20, 40, 30, 9]\ndigits = 3\nrange = [0, 20]"),
            &["2 digits at most", "says 3"],
        ),
        (
            field(
                "a",
                "rect = [20, 40, 30, 9]\ndigits = 3\nrange = [900, 100]",
            ),
            &["is empty"],
        ),
        (
            field(
                "a",
                "rect = [20, 40, 30, 9]\ndigits = 1\nchecksum = \"luhn\"",
            ),
            &["no room"],
        ),
        (
            field(
                "a",
                "rect = [15, 40, 80, 9]\ndigits = 11\nchecksum = \"mod11\"",
            ),
            &["eleventh"],
        ),
    ]);
}

#[test]
fn what_does_not_go_together_is_told_with_its_line() {
    let good = field("a", "rect = [20, 40, 30, 9]\ndigits = 3");
    let other = |rest: &str| format!("{good}{}", field("b", rest));
    tell(&[
        (
            other("rect = [45, 45, 30, 9]\ndigits = 3"),
            &["line 8", "`b` and field `a` overlap"],
        ),
        (
            other("rect = [20, 50.3, 30, 9]\ndigits = 3\nlabel = \"B\""),
            &["the label of `b` and field `a`"],
        ),
        (
            format!("{good}[[text]]\nat = [30, 30]\ntext = \"漢\""),
            &["no letter for `漢`"],
        ),
        (
            format!("{good}[[line]]\nfrom = [20, 45]\nto = [80, 45]"),
            &["the line from", "field `a` overlap"],
        ),
        (
            format!("{good}[[rule]]\nname = \"r\"\nholds = \"a = c\""),
            &["line 8", "no field `c`"],
        ),
        (
            format!(
                "{}[[rule]]\nname = \"r\"\nholds = \"a = b + 2000\"",
                other("rect = [20, 60, 30, 9]\ndigits = 3")
            ),
            &["never holds", "0 to 999", "2000 to 2999"],
        ),
        (
            format!(
                "{}[[rule]]\nname = \"r\"\nholds = \"a = b\"\n[[rule]]\nname = \"s\"\nholds = \"b = a\"",
                other("rect = [20, 60, 30, 9]\ndigits = 3")
            ),
            &["circle: a from b from a"],
        ),
    ]);
    assert_eq!(problems(&good), [""; 0]);
    assert!(problems(&format!("{good}{good}"))[0].contains("two of that name"));
}
