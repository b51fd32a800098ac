//! Patterns for files: which directories they start in, and which they can match.

use std::path::{Component, Path, PathBuf};

use globset::{Error, GlobBuilder, GlobMatcher};

/// A pattern such as `logs/*/app-?.log`.
pub(super) struct Pattern {
    /// The directories in front of the first wildcard; empty if there are none.
    pub(super) base: PathBuf,
    /// How many directories below `base` a match can lie.
    pub(super) max_depth: usize,
    whole: GlobMatcher,
    /// What the names directly below `base`, and below those, have to match; as far as that can be told.
    steps: Vec<GlobMatcher>,
    hidden: bool,
}

impl Pattern {
    /// Whether a path holds a wildcard.
    pub(super) fn is(path: &Path) -> bool {
        has_wildcard(path.as_os_str().as_encoded_bytes())
    }

    /// Reads a pattern; fails with what is wrong with it.
    pub(super) fn new(path: &Path) -> Result<Pattern, String> {
        let text = path.to_str().ok_or("it is not UTF-8")?.trim_end_matches('/');
        let whole = matcher(text).map_err(|error| error.kind().to_string())?;
        let parts: Vec<Component<'_>> = Path::new(text).components().collect();
        let names: Vec<&str> =
            parts.iter().map(|part| part.as_os_str().to_str().unwrap_or_default()).collect();
        let literal = names.iter().take_while(|name| !has_wildcard(name.as_bytes())).count();
        let rest = &names[literal..];
        // A choice between paths, `{a,b/c}`, is cut in two by its separator.
        let is_cut = |name: &str| name.matches('{').count() != name.matches('}').count();
        let any_depth = rest.iter().any(|name| name.contains("**") || is_cut(name));
        let steps = rest.iter().take_while(|name| !name.contains("**") && !is_cut(name));
        Ok(Pattern {
            base: parts[..literal].iter().collect(),
            max_depth: if any_depth { usize::MAX } else { rest.len().max(1) },
            whole,
            steps: steps.map_while(|name| matcher(name).ok()).collect(),
            hidden: rest.iter().any(|name| name.starts_with('.')),
        })
    }

    /// Whether a path matches; the path as it is below the pattern's own base.
    pub(super) fn matches(&self, path: &Path) -> bool {
        self.whole.is_match(path)
    }

    /// Whether a directory of this name, this deep below the base, may hold a match or be one.
    pub(super) fn leads_into(&self, name: &Path, depth: usize) -> bool {
        depth.checked_sub(1).and_then(|step| self.steps.get(step)).is_none_or(|step| step.is_match(name))
    }

    /// Whether the pattern itself names something hidden.
    pub(super) fn wants_hidden(&self) -> bool {
        self.hidden
    }
}

fn matcher(text: &str) -> Result<GlobMatcher, Error> {
    Ok(GlobBuilder::new(text).literal_separator(true).build()?.compile_matcher())
}

fn has_wildcard(bytes: &[u8]) -> bool {
    memchr::memchr3(b'*', b'?', b'[', bytes).or(memchr::memchr(b'{', bytes)).is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(pattern: &str, base: &str, max_depth: usize, leads: &[&str], elsewhere: &[&str]) {
        let pattern = Pattern::new(Path::new(pattern)).expect("a pattern");
        assert_eq!((pattern.base.to_str(), pattern.max_depth), (Some(base), max_depth));
        let leads_into = |path: &&&str| {
            path.split('/').enumerate().all(|(index, name)| pattern.leads_into(Path::new(name), index + 1))
        };
        assert_eq!(leads.iter().filter(leads_into).count(), leads.len());
        assert_eq!(elsewhere.iter().filter(leads_into).count(), 0);
    }

    #[test]
    fn patterns_lead_only_where_they_can_match() {
        check("logs/app-*/x.log", "logs", 2, &["app-1", "app-1/x.log"], &["other", "app-1/y.log"]);
        check("/var/log/**/x.log", "/var/log", usize::MAX, &["a/b/c"], &[]);
        check("z*/**/x.log", "", usize::MAX, &["z1/a/b"], &["a"]);
        check("./*.log", ".", 1, &["a.log"], &["a.txt"]);
        check("logs/{a,b/c}/x.log", "logs", usize::MAX, &["a/x.log", "b/c/x.log"], &[]);
    }

    #[test]
    fn matches_stay_within_their_directories() {
        let pattern = Pattern::new(Path::new("logs/*.log")).expect("a pattern");
        assert!(pattern.matches(Path::new("logs/a.log")));
        assert!(!pattern.matches(Path::new("logs/a/b.log")));
        assert!(Pattern::new(Path::new("logs/[.log")).is_err());
    }
}
