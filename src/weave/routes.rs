//! The paths of requests without what only tells one request from another.
//!
//! Ids with digits are masked where paths are read; names (`/users/alice`) are told by how many there are in one place.

use crate::model::Symbol;
use rustc_hash::{FxHashMap, FxHashSet};

/// More parts than this in one place are no names of resources.
const MAX_PARTS: usize = 24;
/// Paths are looked at so deep.
const MAX_DEPTH: usize = 16;

/// For each path the one that stands for its kind, where that is another one.
pub(super) fn kinds<'t>(
    paths: impl Iterator<Item = (Symbol, &'t str)>,
) -> FxHashMap<Symbol, (Symbol, String)> {
    let mut paths: Vec<(Symbol, Vec<&str>)> =
        paths.map(|(path, text)| (path, text.split('/').collect())).collect();
    let mut masked = FxHashMap::default();
    for depth in 0..MAX_DEPTH {
        let mut parts: FxHashMap<Vec<&str>, FxHashSet<&str>> = FxHashMap::default();
        for (_, path) in paths.iter().filter(|(_, path)| path.len() > depth) {
            parts.entry(path[..depth].to_vec()).or_default().insert(path[depth]);
        }
        if parts.is_empty() {
            break;
        }
        for (symbol, path) in paths.iter_mut().filter(|(_, path)| path.len() > depth) {
            if parts[&path[..depth]].len() > MAX_PARTS {
                path[depth] = "<*>";
                masked.insert(*symbol, Default::default());
            }
        }
    }
    for (symbol, path) in &paths {
        if let Some(kind) = masked.get_mut(symbol) {
            let text = path.join("/");
            *kind = (Symbol::of(text.as_bytes()), text);
        }
    }
    masked
}

/// Whether a path is one that others are told to ask for when something is done: `/webhooks/bank/BK7`, `/v1/payments/callback`.
pub(super) fn is_callback(path: &str) -> bool {
    let mut words = path.split(|c: char| !c.is_ascii_alphanumeric()).map(str::to_ascii_lowercase);
    let callback = |word: String| {
        let word = word.strip_suffix('s').unwrap_or(&word);
        matches!(word, "webhook" | "callback" | "hook" | "postback" | "ipn")
    };
    words.any(callback)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn many_names_in_one_place_are_one_kind() {
        let users: Vec<String> =
            (0..40u8).map(|at| format!("/users/{}/pets", char::from(b'A' + at))).collect();
        let texts = users.iter().map(String::as_str).chain(["/users", "/orders/open", "/orders/closed"]);
        let paths: Vec<(Symbol, &str)> = texts.map(|text| (Symbol::of(text.as_bytes()), text)).collect();
        let kinds = kinds(paths.iter().copied());
        assert_eq!(kinds.len(), 40);
        assert!(
            kinds
                .values()
                .all(|(kind, text)| *kind == Symbol::of(b"/users/<*>/pets") && text == "/users/<*>/pets")
        );
    }

    #[test]
    fn callbacks_are_told_by_their_paths() {
        for path in ["/webhooks/bank/<*>", "/v1/payments/<*>/callback", "/hooks/carrier", "/paypal-ipn"] {
            assert!(is_callback(path), "{path}");
        }
        for path in ["/orders/<*>", "/hooked", "/notifications", ""] {
            assert!(!is_callback(path), "{path}");
        }
    }
}
