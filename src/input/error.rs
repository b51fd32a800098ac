//! What could not be read of what the user named.

use std::io;

use thiserror::Error;

/// Why something that the user named is not read; one line, as a message shows it.
#[derive(Clone, PartialEq, Eq, Debug, Error)]
pub enum InputError {
    /// A path that does not exist or cannot be opened.
    #[error("cannot read '{name}': {cause}")]
    Unreadable {
        /// The path as the user wrote it.
        name: String,
        /// The cause in words.
        cause: String,
    },
    /// A pattern without any match.
    #[error("no file matches '{pattern}'")]
    NoMatch {
        /// The pattern as the user wrote it.
        pattern: String,
    },
    /// A pattern that is none.
    #[error("cannot read pattern '{pattern}': {cause}")]
    BadPattern {
        /// The pattern as the user wrote it.
        pattern: String,
        /// What is wrong with it.
        cause: String,
    },
}

impl InputError {
    /// What may help.
    pub fn hint(&self) -> &'static str {
        match self {
            InputError::Unreadable { cause, .. } if cause == DENIED => {
                "name only what you may read, or ask its owner"
            }
            InputError::Unreadable { .. } => {
                "name a file, a directory, a pattern in quotes, or - for standard input"
            }
            InputError::NoMatch { .. } => "patterns know *, ?, [a-z], {a,b}, and ** for any directories",
            InputError::BadPattern { .. } => "a bracket that stands for itself is written [[]",
        }
    }
}

const DENIED: &str = "permission denied";

/// Why a record could not be read again.
#[derive(Clone, PartialEq, Eq, Debug, Error)]
pub enum RereadError {
    /// The file cannot be opened or read any more.
    #[error("cannot read '{name}' again: {cause}")]
    Unreadable {
        /// The file.
        name: String,
        /// The cause in words.
        cause: String,
    },
    /// Another file has taken its place, or its content was written anew.
    #[error("cannot read '{name}' again: it was replaced")]
    Replaced {
        /// The file.
        name: String,
    },
    /// The file is shorter than it was.
    #[error("cannot read '{name}' again: it became shorter")]
    Shrunk {
        /// The file.
        name: String,
    },
}

/// The cause of an I/O error in lower-case words, without its number.
pub fn words(error: &io::Error) -> String {
    let fixed = match error.kind() {
        io::ErrorKind::NotFound => "no such file or directory",
        io::ErrorKind::PermissionDenied => DENIED,
        _ => "",
    };
    if !fixed.is_empty() {
        return fixed.to_owned();
    }
    let text = error.to_string();
    let text = text.split(" (os error").next().unwrap_or_default();
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_lowercase().chain(letters).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn causes_are_words_without_numbers() {
        assert_eq!(words(&io::ErrorKind::NotFound.into()), "no such file or directory");
        assert_eq!(words(&io::Error::from_raw_os_error(5)), "input/output error");
        assert_eq!(words(&io::Error::other("Odd thing")), "odd thing");
        let error = InputError::Unreadable { name: "a b.log".into(), cause: "permission denied".into() };
        assert_eq!(error.to_string(), "cannot read 'a b.log': permission denied");
    }
}
