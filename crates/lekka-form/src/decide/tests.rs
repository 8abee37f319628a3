use super::*;
use crate::Template;

/// Digits, each as `7` (sure) or `(7, 1, 0.6)`: 7 with probability 0.6, else 1.
fn number(digits: &[(u8, u8, f64)]) -> Seen {
    let digit = |&(likely, other, p): &(u8, u8, f64)| {
        let mut probabilities = [0.0; 10];
        probabilities[usize::from(other)] += 1.0 - p;
        probabilities[usize::from(likely)] += p;
        probabilities
    };
    Seen::digits(digits.iter().map(digit).collect())
}

fn sure(text: &str) -> Seen {
    let digits: Vec<_> = text.bytes().map(|byte| (byte - b'0', 0, 1.0)).collect();
    number(&digits)
}

fn form(rules: &str) -> Form {
    let field = |name: &str, y: u32, rest: &str| {
        format!("[[field]]\nname = \"{name}\"\nrect = [20, {y}, 30, 9]\ndigits = [1, 3]\n{rest}\n")
    };
    let text = format!(
        "name = \"f\"\npage = \"A5\"\n{}{}{}{rules}",
        field("a", 40, "range = [0, 100]"),
        field("b", 60, "required = false"),
        field("total", 80, ""),
    );
    Form::new(Template::parse(&text, "f").unwrap()).unwrap()
}

const SUM: &str = "[[rule]]\nname = \"sum\"\nholds = \"total = a + b\"";

fn told(decisions: &[Decision]) -> Vec<(&str, Status)> {
    let told = |d: &'_ Decision| {
        (
            d.value.as_deref().unwrap_or("-").to_owned().leak() as &str,
            d.status,
        )
    };
    decisions.iter().map(told).collect()
}

#[test]
fn a_sum_settles_a_doubtful_digit() {
    use Status::{Ok, Review};
    // 3 with 0.6, 8 with 0.4: the sum wants the 8.
    let seen = [number(&[(4, 4, 1.0), (3, 8, 0.6)]), sure("20"), sure("68")];
    let alone = decide(&form(""), &seen, 0.98);
    assert_eq!(told(&alone), [("43", Review), ("20", Ok), ("68", Ok)]);
    let ruled = decide(&form(SUM), &seen, 0.98);
    assert_eq!(told(&ruled), [("48", Ok), ("20", Ok), ("68", Ok)]);
    assert_eq!(ruled[0].settled_by, ["sum"]);
    assert!(ruled[0].probability > 0.999, "{}", ruled[0].probability);
    assert!(ruled[1].settled_by.is_empty());
}

#[test]
fn two_ways_to_fulfil_a_sum_are_for_review() {
    let seen = [number(&[(3, 4, 0.6)]), number(&[(4, 3, 0.6)]), sure("7")];
    let decisions = decide(&form(SUM), &seen, 0.98);
    // 3 + 4 or 4 + 3: both fulfil it.
    assert_eq!(decisions[0].status, Status::Review);
    assert_eq!(decisions[1].status, Status::Review);
    assert_eq!(decisions[2].status, Status::Ok);
    assert!(decisions[0].readings[0].1 > 0.6 && decisions[0].readings[0].1 < 0.8);
}

#[test]
fn a_broken_sum_marks_its_fields() {
    let decisions = decide(&form(SUM), &[sure("40"), sure("20"), sure("61")], 0.98);
    for decision in &decisions {
        assert_eq!(decision.status, Status::Review, "{decision:?}");
    }
    assert!(
        decisions[0].reason.as_ref().unwrap().contains("`sum`"),
        "{:?}",
        decisions[0].reason
    );
}

#[test]
fn blanks_count_as_nothing_where_they_are_allowed() {
    let decisions = decide(&form(SUM), &[sure("40"), Seen::Blank, sure("40")], 0.98);
    assert_eq!(
        told(&decisions),
        [("40", Status::Ok), ("-", Status::Blank), ("40", Status::Ok)]
    );
    let all = decide(&form(SUM), &[Seen::Blank, Seen::Blank, Seen::Blank], 0.98);
    assert_eq!(all[0].status, Status::Review);
    assert_eq!((all[1].status, all[1].value.clone()), (Status::Blank, None));
}

#[test]
fn ranges_and_check_digits_are_evidence() {
    // 178 or 78: only 78 fits 0 to 100.
    let decisions = decide(
        &form(""),
        &[
            number(&[(1, 0, 0.7), (7, 7, 1.0), (8, 8, 1.0)]),
            Seen::Blank,
            sure("1"),
        ],
        0.98,
    );
    assert_eq!(told(&decisions)[0], ("078", Status::Ok));
    let decisions = decide(&form(""), &[sure("178"), Seen::Blank, sure("1")], 0.98);
    assert_eq!(decisions[0].status, Status::Review);
    let text = "name = \"f\"\n[[field]]\nname = \"id\"\nrect = [30, 50, 40, 9]\ndigits = 4\nchecksum = \"verhoeff\"";
    let form = Form::new(Template::parse(text, "f").unwrap()).unwrap();
    let doubtful = number(&[(2, 2, 1.0), (3, 3, 1.0), (5, 6, 0.8), (3, 3, 1.0)]);
    let decisions = decide(&form, &[doubtful], 0.98);
    assert_eq!(told(&decisions), [("2363", Status::Ok)]);
    assert_eq!(decisions[0].settled_by, ["verhoeff"]);
    let decisions = decide(&form, &[sure("2353")], 0.98);
    assert_eq!(decisions[0].status, Status::Review);
}

#[test]
fn much_doubt_is_no_endless_search() {
    let unknown = || Seen::digits(vec![[0.1; 10]; 3]);
    let decisions = decide(&form(SUM), &[unknown(), unknown(), unknown()], 0.98);
    assert!(
        decisions
            .iter()
            .all(|decision| decision.status == Status::Review)
    );
    let nothing = Seen::digits(vec![[0.0; 10]; 2]);
    assert_eq!(
        decide(&form(""), &[nothing, Seen::Blank, sure("1")], 0.98)[0].status,
        Status::Review
    );
}

/// A number that may be divided into these, each with its probability.
fn divided(ways: &[(&str, f64)]) -> Seen {
    let way = |&(text, probability): &(&str, f64)| {
        let Seen::Number(mut ways, _) = sure(text) else {
            unreachable!("a number")
        };
        Way {
            probability,
            ..ways.swap_remove(0)
        }
    };
    Seen::Number(ways.iter().map(way).collect(), None)
}

#[test]
fn a_sum_settles_how_ink_is_divided() {
    // What looks like an 8 may be two digits that touch.
    let seen = [divided(&[("8", 0.7), ("13", 0.3)]), sure("20"), sure("33")];
    let alone = decide(&form(""), &seen, 0.98);
    assert_eq!(told(&alone)[0], ("8", Status::Review));
    let listed: Vec<&str> = alone[0].readings.iter().map(|r| r.0.as_str()).collect();
    assert_eq!(listed[..2], ["8", "13"]);
    let ruled = decide(&form(SUM), &seen, 0.98);
    assert_eq!(told(&ruled)[0], ("13", Status::Ok));
    assert_eq!(ruled[0].settled_by, ["sum"]);
}

#[test]
fn the_number_of_digits_is_evidence_in_an_area() {
    // One to three digits belong there.
    let decide_first = |first: Seen| {
        let seen = [first, Seen::Blank, sure("1")];
        decide(&form(""), &seen, 0.98).swap_remove(0)
    };
    let settled = decide_first(divided(&[("1071", 0.6), ("77", 0.4)]));
    assert_eq!(
        (settled.value.as_deref(), settled.status),
        (Some("77"), Status::Ok)
    );
    let too_many = decide_first(divided(&[("1071", 1.0)]));
    assert_eq!(too_many.value.as_deref(), Some("1071"));
    assert_eq!(
        too_many.reason.as_deref(),
        Some("it has 4 digits where 1 to 3 belong")
    );
}

#[test]
fn ways_to_the_same_digits_count_together() {
    let seen = [divided(&[("42", 0.5), ("42", 0.5)]), sure("20"), sure("62")];
    assert_eq!(
        told(&decide(&form(SUM), &seen, 0.98))[0],
        ("42", Status::Ok)
    );
}

#[test]
fn a_caution_makes_a_sure_number_one_for_review() {
    let Seen::Number(ways, _) = sure("12") else {
        unreachable!("a number")
    };
    let seen = [
        Seen::Number(ways, Some("look".to_owned())),
        Seen::Blank,
        sure("1"),
    ];
    let decision = decide(&form(""), &seen, 0.98).swap_remove(0);
    assert_eq!(
        (decision.status, decision.reason.as_deref()),
        (Status::Review, Some("look"))
    );
}
