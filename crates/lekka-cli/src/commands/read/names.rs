//! Names of files made from the names of others.

use std::collections::HashSet;
use std::path::Path;

/// Gives names that were not given before: pictures of different folders may have the same name.
#[derive(Debug, Default)]
pub(super) struct Names {
    taken: HashSet<String>,
}

impl Names {
    /// `NAME.ending` or `NAME-page-2.ending` for a file called NAME, numbered when that is taken.
    pub(super) fn claim(&mut self, source: &str, page: Option<usize>, ending: &str) -> String {
        let stem = match source {
            "-" => "stdin".to_owned(),
            path => Path::new(path).file_stem().map_or_else(
                || "page".to_owned(),
                |stem| stem.to_string_lossy().into_owned(),
            ),
        };
        let page = page.map(|page| format!("-page-{page}")).unwrap_or_default();
        let mut name = format!("{stem}{page}.{ending}");
        let mut count = 2;
        // Lower case: some file systems take A.png and a.png for the same.
        while !self.taken.insert(name.to_lowercase()) {
            name = format!("{stem}{page}-{count}.{ending}");
            count += 1;
        }
        name
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_do_not_collide() {
        let mut names = Names::default();
        let mut name = |source, page| names.claim(source, page, "png");
        assert_eq!(name("a/x.png", None), "x.png");
        assert_eq!(name("b/X.jpg", None), "X-2.png");
        assert_eq!(name("x.tif", Some(2)), "x-page-2.png");
        assert_eq!(name("-", None), "stdin.png");
    }
}
