//! Qualified names: `ctx.traceId`, `dt.trace_id`, `ext_spanId` mean what their last words mean.

use super::{Known, NameHash, Role, TABLE};

/// Names longer than this are taken as they are.
const MAX_NAME: usize = 96;

/// A name known by its last words ranks behind all that are known as a whole, and its value must look like an id.
const RANK: u8 = 48;

/// Words before `trace_id` and `span_id` by which it is that of something else.
pub(super) const OTHERS: &str = "parent linked link links root origin original originating caller callee upstream \
    downstream remote previous prev next last first child source target cause causation related producer consumer \
    sender receiver client peer old new other reply incoming outgoing inbound outbound";

/// What a name means by its last words, if these name trace context and nothing before them says that it is another's.
pub fn by_tail(name: &[u8]) -> Option<Known> {
    let [.., before, last] = name else { return None };
    // all that is looked for ends in "id" or "traceparent"
    let id = last.eq_ignore_ascii_case(&b'd') && before.eq_ignore_ascii_case(&b'i');
    let parent = last.eq_ignore_ascii_case(&b't') && before.eq_ignore_ascii_case(&b'n');
    if !(id || parent) || name.len() > MAX_NAME {
        return None;
    }
    let begins = |at: &usize| begins_word(name, *at);
    for at in (1..name.len()).filter(begins) {
        let (qualifier, tail) = name.split_at(at);
        let Some(known) = TABLE.get(&NameHash::of(tail).0).filter(|known| !known.top_only) else { continue };
        // a dot parts a namespace from a name; without one, two words before the tail make it another thing's
        let namespace = qualifier.ends_with(b".") || qualifier.ends_with(b":") || qualifier.ends_with(b"/");
        if !namespace && words(qualifier).count() > 1 {
            return None;
        }
        let fits = match known.role {
            Role::TraceId | Role::SpanId | Role::DatadogTraceId | Role::DatadogSpanId => {
                !words(qualifier).any(|word| is_any_of(word, OTHERS))
            }
            Role::ParentId => {
                memchr::memmem::find(&tail.to_ascii_lowercase(), b"span").is_some()
                    || words(qualifier).last().is_some_and(|word| is_any_of(word, "trace span otel"))
            }
            Role::XrayTraceId | Role::GcpTrace | Role::Traceparent | Role::DatadogParentId => true,
            Role::UberTraceId | Role::B3TraceId | Role::B3SpanId | Role::AmznTraceId => {
                words(qualifier).all(|word| is_any_of(word, "request req http header headers"))
            }
            _ => continue,
        };
        return fits.then_some(Known { rank: RANK, ..*known });
    }
    None
}

/// Whether a container is that of another trace or span: `parent`, `linked_span`, `caller`.
pub fn names_others(container: &[u8]) -> bool {
    words(container).any(|word| is_any_of(word, OTHERS))
}

/// Whether a word begins at `at`: behind a separator, or with a capital behind a small letter.
fn begins_word(name: &[u8], at: usize) -> bool {
    let (before, here) = (name[at - 1], name[at]);
    here.is_ascii_alphanumeric()
        && (!before.is_ascii_alphanumeric() || here.is_ascii_uppercase() && before.is_ascii_lowercase())
}

fn words(name: &[u8]) -> impl Iterator<Item = &[u8]> {
    let starts = (0..name.len())
        .filter(|&at| at == 0 && name[0].is_ascii_alphanumeric() || at > 0 && begins_word(name, at));
    starts.map(|start| {
        let end = (start + 1..name.len())
            .find(|&at| !name[at].is_ascii_alphanumeric() || begins_word(name, at))
            .unwrap_or(name.len());
        &name[start..end]
    })
}

fn is_any_of(word: &[u8], list: &str) -> bool {
    list.split_ascii_whitespace().any(|one| word.eq_ignore_ascii_case(one.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(name: &str, role: Option<Role>) {
        assert_eq!(by_tail(name.as_bytes()).map(|known| known.role), role, "{name}");
    }

    #[test]
    fn qualified_names_mean_what_their_last_words_mean() {
        check("ctx.traceId", Some(Role::TraceId));
        check("dt.trace_id", Some(Role::TraceId));
        check("acme_shop_app.trace_id", Some(Role::TraceId));
        check("trace.traceid", Some(Role::TraceId));
        check("ext_spanId", Some(Role::SpanId));
        check("appTraceId", Some(Role::TraceId));
        check("my.dd.trace_id", Some(Role::DatadogTraceId));
        check("trace.parent_id", Some(Role::ParentId));
        check("app.parent_span_id", Some(Role::ParentId));
        check("kafka.header.traceparent", Some(Role::Traceparent));
    }

    #[test]
    fn ids_of_others_are_not_the_records_own() {
        for name in [
            "linked_trace_id",
            "parent.trace_id",
            "rootTraceId",
            "category.parent_id",
            "order_id",
            "paid",
            "telemetryQueueSpanId",
            "id",
        ] {
            check(name, None);
        }
    }
}
