//! The forms that the server reads: templates from a folder.

use lekka_form::{Form, Problems, Template, TemplateError};
use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use thiserror::Error;

/// Forms by the names of their files, without `.toml`.
#[derive(Debug, Clone, Default)]
pub struct Forms(BTreeMap<String, Entry>);

#[derive(Debug, Clone)]
struct Entry {
    form: Arc<Form>,
    /// The template as it stands in its file.
    template: Arc<str>,
}

/// Why the forms of a folder were refused.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum FormsError {
    /// A file or the folder cannot be read.
    #[error("cannot read {path}: {source}; check the name and the rights", path = path.display())]
    Io {
        /// The file or folder.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A name that does not fit into a URL.
    #[error(
        "{path}: the name of a form is its URL; use letters, digits, - and _ before .toml",
        path = path.display()
    )]
    Name {
        /// The file.
        path: PathBuf,
    },
    /// A file is no template.
    #[error(transparent)]
    Template(#[from] TemplateError),
    /// A template has mistakes.
    #[error("{path}: {problems}; `lekka form check` lists them line by line", path = path.display())]
    Mistakes {
        /// The file.
        path: PathBuf,
        /// The mistakes.
        problems: Problems,
    },
    /// There is no template.
    #[error("there is no template in {path}; templates end in .toml", path = path.display())]
    None {
        /// The folder.
        path: PathBuf,
    },
}

impl Forms {
    /// Reads all templates of a folder, `*.toml`.
    ///
    /// # Errors
    ///
    /// When the folder cannot be read or has no template, and when one of them has mistakes: a
    /// server that starts knows all its forms.
    pub fn load(folder: &Path) -> Result<Self, FormsError> {
        let failed = |path: &Path| {
            let path = path.to_path_buf();
            move |source| FormsError::Io { path, source }
        };
        let mut forms = BTreeMap::new();
        for entry in std::fs::read_dir(folder).map_err(failed(folder))? {
            let path = entry.map_err(failed(folder))?.path();
            if path.extension().is_none_or(|ending| ending != "toml") {
                continue;
            }
            let name = path.file_stem().and_then(|name| name.to_str());
            let fits = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
            let Some(name) = name.filter(|name| name.chars().all(fits)) else {
                return Err(FormsError::Name { path });
            };
            let text = std::fs::read_to_string(&path).map_err(failed(&path))?;
            let template = Template::parse(&text, &path.display().to_string())?;
            let name = name.to_owned();
            let form = Form::new(template);
            let form = form.map_err(|problems| FormsError::Mistakes { path, problems })?;
            let form = Arc::new(form);
            let template = text.into();
            forms.insert(name, Entry { form, template });
        }
        if forms.is_empty() {
            let path = folder.to_path_buf();
            return Err(FormsError::None { path });
        }
        Ok(Self(forms))
    }

    /// A form by its name.
    pub fn get(&self, name: &str) -> Option<&Arc<Form>> {
        self.0.get(name).map(|entry| &entry.form)
    }

    /// The template of a form, as it stands in its file.
    pub fn template(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(|entry| &*entry.template)
    }

    /// Names and forms, in the order of the names.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Form)> {
        self.0
            .iter()
            .map(|(name, entry)| (name.as_str(), &*entry.form))
    }
}
