//! What the names of fields mean: data, by role.
//!
//! A name is compared without case and separators: `trace_id`, `traceId`, `Trace-ID`, `trace.id` and a nested
//! `{"trace":{"id":…}}` are all `traceid`. A nested field is looked up by its whole path first, then by its own name.

mod hash;
mod ids;
mod role;
mod seen;
mod table;
mod tails;

pub use hash::NameHash;
pub use ids::{
    names_a_correlation, names_a_lasting_thing, names_a_measure, names_a_statement, names_an_id,
    names_machinery, says_digest,
};
pub use role::Role;
pub use seen::{NameId, Names, Part, Seen, TOP};
pub use tails::{by_tail, names_others};

use rustc_hash::{FxHashMap, FxHashSet};
use std::sync::LazyLock;

/// What is known of a name.
#[derive(Clone, Copy, Debug)]
pub struct Known {
    /// The role.
    pub role: Role,
    /// Between several fields of one role the lowest rank counts.
    pub rank: u8,
    /// Holds only at the top of the record or in a container that adds nothing ([`is_transparent`]).
    pub top_only: bool,
}

/// Names that hold at the top only are general words: they rank from here on.
const GENERAL: usize = 32;

static TABLE: LazyLock<FxHashMap<u64, Known>> = LazyLock::new(|| {
    let mut known = FxHashMap::default();
    for (list, top_only) in [(table::ANYWHERE, false), (table::TOP, true)] {
        for &(role, names) in list {
            for (rank, name) in names.split_ascii_whitespace().enumerate() {
                let rank = if top_only { (rank + GENERAL).min(255) } else { rank.min(GENERAL - 1) } as u8;
                known.entry(NameHash::of(name.as_bytes()).0).or_insert(Known { role, rank, top_only });
            }
        }
    }
    // Elasticsearch calls the whole record "_source"
    for other in tails::OTHERS.split_ascii_whitespace().filter(|other| *other != "source") {
        for id in ["traceid", "spanid"] {
            let hash = NameHash::of(other.as_bytes()).text(id.as_bytes());
            known.entry(hash.0).or_insert(Known { role: Role::Id, rank: u8::MAX, top_only: false });
        }
    }
    known
});

static TRANSPARENT: LazyLock<FxHashSet<u64>> = LazyLock::new(|| ids::hashes(table::TRANSPARENT));

/// What is known of a field: by its whole path, else by its name with its container's (`pair`), else by its name.
///
/// `top` tells whether the field stands at the top of the record or in transparent containers only, `outer_top` whether
/// its container does.
pub fn lookup(path: NameHash, pair: NameHash, leaf: NameHash, top: bool, outer_top: bool) -> Option<Known> {
    let get = |hash: NameHash, top: bool| TABLE.get(&hash.0).copied().filter(|known| !known.top_only || top);
    if path == leaf {
        return get(leaf, top);
    }
    get(path, outer_top).or_else(|| get(pair, outer_top)).or_else(|| get(leaf, top))
}

/// What is known of a name without containers, as a whole or by its last words.
pub fn known(name: &[u8], top: bool) -> Option<Known> {
    lookup_name(NameHash::of(name), top).or_else(|| by_tail(name))
}

/// What is known of a name without containers.
pub fn lookup_name(name: NameHash, top: bool) -> Option<Known> {
    lookup(name, name, name, top, top)
}

/// Whether a container of this name leaves its fields as telling as if they stood at the top.
pub fn is_transparent(name: NameHash) -> bool {
    TRANSPARENT.contains(&name.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn role(path: &[&str], top: bool) -> Option<Role> {
        let pair = &path[path.len().saturating_sub(2)..];
        let pair = pair.iter().fold(NameHash::default(), |hash, name| hash.text(name.as_bytes()));
        let whole = path.iter().fold(NameHash::default(), |hash, name| hash.text(name.as_bytes()));
        lookup(whole, pair, NameHash::of(path.last().expect("a name").as_bytes()), top, top)
            .map(|known| known.role)
    }

    #[test]
    fn spellings_of_one_name_are_one() {
        for name in ["trace_id", "traceId", "TraceID", "trace-id", "trace.id", "TRACE_ID", "Trace Id"] {
            assert_eq!(role(&[name], true), Some(Role::TraceId), "{name}");
        }
        assert_eq!(role(&["trace", "id"], false), Some(Role::TraceId));
        assert_eq!(role(&["dd", "trace_id"], false), Some(Role::DatadogTraceId));
        assert_eq!(role(&["context", "trace_id"], true), Some(Role::TraceId));
    }

    #[test]
    fn no_name_that_holds_anywhere_ranks_as_a_general_word() {
        for known in TABLE.values().filter(|known| known.rank != u8::MAX) {
            assert_eq!(known.top_only, usize::from(known.rank) >= GENERAL, "{known:?}");
        }
    }

    #[test]
    fn general_names_count_at_the_top_only() {
        assert_eq!(role(&["name"], true), Some(Role::Service));
        assert_eq!(role(&["customer", "name"], false), None);
        assert_eq!(role(&["time"], true), Some(Role::Time));
    }
}
