//! Ids that only their place in brackets tells: `[app,TRACE,SPAN]` and its like.

use super::pairing::{says_span, says_trace};
use super::scan::{NO_UNIT, duration};
use super::tape::{Own, Step};
use super::{Found, Scheme, header, id};
use crate::model::TraceId;
use crate::record::{At, Layer, Role, names};

/// Rank of ids found by their place: named fields go before.
const BY_PLACE: u8 = 100;

/// Rank of a trace id that stands alone in its group.
const ALONE: u8 = BY_PLACE + 50;

/// Whether a group stands right behind another one.
fn is_next(text: &[u8], group: At, next: At) -> bool {
    text.get(group.end()..next.start as usize) == Some(b"] [")
}

impl Found {
    /// Reads the bracketed groups of a text's header.
    pub(super) fn groups(&mut self, layer: &Layer<'_>) {
        for (index, group) in layer.draft.groups.iter().enumerate() {
            let content = group.of(layer.text);
            if content.len() == 16
                && self.ranks[0] > ALONE
                && let Some(next) = layer.draft.groups.get(index + 1)
                && is_next(layer.text, *group, *next)
                // "[request] [TRACE] [SPAN]"
                && !layer.draft.groups.get(index + 2).is_some_and(|behind| {
                    is_next(layer.text, *next, *behind) && id::exact_span(behind.of(layer.text)).is_some()
                })
                && self.span_first(content, next.of(layer.text))
            {
                continue;
            }
            let short = matches!(content.len(), 8..=15 | 17..=31)
                && content.iter().all(|byte| byte.is_ascii_digit() || matches!(byte, b'a'..=b'f'));
            if content.len() == 32 || short {
                let mut numbered = false;
                let digest = is_told_a_digest(layer, *group, &mut numbered);
                if numbered {
                    // "sha1" differs from the words of other lines by its number
                    self.refuse();
                }
                if digest {
                    continue;
                }
            }
            if is_ulid(content) && layer.draft.stamp.is_some() {
                self.refuse();
                self.add_id(b"request_id", content);
                continue;
            }
            if short {
                self.short_request(layer, *group);
            }
            self.group(content, layer.text);
        }
    }

    /// `[SPAN] [TRACE]`.
    fn span_first(&mut self, span: &[u8], trace: &[u8]) -> bool {
        let told = trace.len() == 32
            && !trace.iter().all(u8::is_ascii_digit)
            && id::exact_trace(trace).is_some()
            && id::exact_span(span).is_some();
        if told {
            self.placed(trace, span);
        }
        told
    }

    fn group(&mut self, content: &[u8], layer_text: &[u8]) {
        if content.starts_with(b"Root=") || content.starts_with(b"Self=") {
            if let Some(header) = header::amzn(content) {
                self.step(
                    |tape| tape.part(content).map(|part| Step::Header(Role::AmznTraceId, part)),
                    |found| found.add_header(header),
                );
            }
            return;
        }
        if matches!(content.last(), Some(b's')) && duration(content, NO_UNIT).is_some() {
            // semantic_logger: "[thread] {tags} (18.3ms) Class -- message"
            return self.text_duration(content, NO_UNIT);
        }
        let content = content.strip_prefix(b"TID:").map_or(content, <[u8]>::trim_ascii);
        if self.joined(content) {
            return;
        }
        let mut parts = [&b""[..]; 5];
        let mut count = 0;
        for part in content.split(|&byte| byte == b',') {
            let Some(slot) = parts.get_mut(count) else { return };
            *slot = part.trim_ascii();
            count += 1;
        }
        match &parts[..count] {
            // SOFATracer: [app,TRACE,0.1.2], a trace of its own kind and the place of the span in the tree
            [app, trace, place] if names_an_app(app) && is_place_in_tree(place) && is_own_kind(trace) => {
                self.refuse();
                let (app, opaque) = (*app, *trace);
                let id = TraceId::opaque(opaque);
                let trace = id::Trace { id, opaque: Some(opaque), lenient: false };
                self.set_trace(BY_PLACE, trace, Scheme::Plain);
                self.service = Some(self.keep(app));
            }
            // Sleuth: [app,trace,span], [app,trace,span,exportable], [app,trace,span,parent,exportable], [app,,]
            [app, trace, span, rest @ ..] if names_an_app(app) => {
                let empty = trace.is_empty() && span.is_empty();
                if id::exact_trace(trace).is_some() && id::exact_span(span).is_some() {
                    self.placed(trace, span);
                    if let [parent, _, ..] = rest
                        && id::exact_span(parent).is_some()
                    {
                        self.exact(Own::Parent, BY_PLACE, Scheme::Sleuth, parent);
                    }
                } else if !empty {
                    return;
                }
                let app = *app;
                self.step(
                    |tape| tape.part(app).map(Step::Service),
                    |found| found.service = Some(found.keep(app)),
                );
            }
            [trace, span, ..]
                if trace.len() >= 16
                    && id::exact_trace(trace).is_some()
                    && id::exact_span(span).is_some() =>
            {
                self.placed(trace, span);
            }
            // a trace alone: "[TRACE,none]"
            [trace, none] if trace.len() == 32 && is_none(none) && id::exact_trace(trace).is_some() => {
                self.exact(Own::Trace, ALONE, Scheme::Sleuth, trace);
            }
            [single] => self.single(single, layer_text),
            _ => _ = self.tuple(content),
        }
    }

    /// `[trace-TRACE span-SPAN]`, `[t#TRACE s#SPAN]`: ids that a mark joins to what they are called.
    fn joined(&mut self, content: &[u8]) -> bool {
        let (mut trace, mut span) = (None, None);
        for part in content.split(|byte| matches!(byte, b' ' | b',' | b';' | b'|')) {
            let name = part.iter().take_while(|byte| byte.is_ascii_alphabetic()).count();
            let (name, id) = part.split_at(name);
            let id = match id {
                [b'-' | b'_' | b'#' | b'~', id @ ..] if !name.is_empty() => id,
                _ => continue,
            };
            match id.len() {
                32 if says_trace(name) && id::exact_trace(id).is_some() => trace = trace.or(Some(id)),
                16 if says_span(name) && id::exact_span(id).is_some() => span = span.or(Some(id)),
                _ => {}
            }
        }
        let told = trace.zip(span);
        if let Some((trace, span)) = told {
            self.placed(trace, span);
        }
        told.is_some()
    }

    /// A trace id and a span id, told by their place.
    fn placed(&mut self, trace: &[u8], span: &[u8]) {
        self.exact(Own::Trace, BY_PLACE, Scheme::Sleuth, trace);
        self.exact(Own::Span, BY_PLACE, Scheme::Sleuth, span);
    }

    fn single(&mut self, content: &[u8], layer_text: &[u8]) {
        // "[TRACE] [SPAN]", "[TRACE:SPAN:]"
        if content.len() == 16
            && self.span.is_none()
            && self.ranks[0] == ALONE
            && id::exact_span(content).is_some()
        {
            self.exact(Own::Span, ALONE, Scheme::Sleuth, content);
            return;
        }
        let content = content.strip_suffix(b":").or(content.strip_suffix(b"/")).unwrap_or(content);
        // Micrometer: [trace-span]; also "{trace.span}"
        if let Some(at) =
            content.iter().position(|byte| matches!(byte, b'-' | b'/' | b':' | b' ' | b'|' | b'.'))
            && id::exact_trace(&content[..at]).is_some()
            && id::exact_span(content[at + 1..].trim_ascii()).is_some()
        {
            self.placed(&content[..at], content[at + 1..].trim_ascii());
            return;
        }
        if let Some((trace, none)) = content.split_at_checked(32)
            && let Some((b'-' | b'/' | b':' | b' ' | b'|', none)) = none.split_first()
            && is_none(none)
            && id::exact_trace(trace).is_some()
        {
            self.exact(Own::Trace, ALONE, Scheme::Sleuth, trace);
            return;
        }
        // "[service/TRACE]"
        if let Some((app, trace)) =
            memchr::memrchr(b'/', content).map(|at| (&content[..at], &content[at + 1..]))
            && trace.len() == 32
            && names_an_app(app)
            && !names::says_digest(app)
            && id::exact_trace(trace).is_some()
        {
            self.exact(Own::Trace, ALONE, Scheme::Sleuth, trace);
            return;
        }
        if self.tuple(content)
            || self.request_alone(content)
            || self.named_request(content)
            || self.tagged_request(content)
        {
            return;
        }
        // OpenStack: [None req-UUID user project - - -], the id of the first request of all before that of this one
        let mut requests =
            content.split(|&byte| byte == b' ').filter(|part| part.len() == 40 && part.starts_with(b"req-"));
        if let Some(first) = requests.next() {
            match requests.next() {
                Some(own) => {
                    self.add_id(b"request_id", own);
                    self.add_id(b"global_request_id", first);
                }
                None => self.add_id(b"request_id", first),
            }
        }
        // chi: "[host/random-000042] "GET http://…""
        if let Some(dash) = content.len().checked_sub(7)
            && content[dash] == b'-'
            && content[dash + 1..].iter().all(u8::is_ascii_digit)
            && memchr::memchr(b'/', &content[..dash]).is_some_and(|slash| slash > 0 && slash + 1 < dash)
            && !content.contains(&b' ')
        {
            return self.add_id(b"request_id", content);
        }
        if content.len() == 36 && id::uuid(content).is_some_and(|bits| bits != 0) {
            // Rails tags each line with the request's UUID
            let before = (content.as_ptr() as usize).wrapping_sub(layer_text.as_ptr() as usize);
            let attached = before >= 2
                && layer_text.get(before - 1) == Some(&b'[')
                && layer_text.get(before - 2).is_some_and(u8::is_ascii_alphanumeric);
            if !attached {
                self.add_id(b"request_id", content);
            } else if layer_text[..before - 1]
                .rsplit(|&byte| byte == b' ')
                .next()
                .is_some_and(|name| name.contains(&b'.'))
            {
                // Celery: "tasks.charge[UUID]: "
                self.add_id(b"task_id", content);
            }
        } else if content.len() == 32
            && !content.iter().all(u8::is_ascii_digit)
            && id::exact_trace(content).is_some()
        {
            self.exact(Own::Trace, ALONE, Scheme::Sleuth, content);
        }
    }
}

impl Found {
    /// `[user/address/TRACE/4ms GET /path]`, `[app|TRACE|SPAN|UUID]`: values of which none has a name; a trace's id is told by
    /// its length, a span's by standing behind it.
    fn tuple(&mut self, content: &[u8]) -> bool {
        let parts =
            || content.split(|byte| matches!(byte, b'/' | b'|' | b';' | b',' | b' ')).map(<[u8]>::trim_ascii);
        let long = |part: &[u8]| {
            part.len() == 32
                && part.iter().any(|byte| !byte.is_ascii_digit())
                && id::exact_trace(part).is_some()
        };
        if content.len() < 34
            || content.starts_with(b"/")
            || parts().filter(|part| long(part)).count() != 1
            || parts().any(|part| names::says_digest(part) || part == b"md5")
        {
            return false;
        }
        let mut behind = false;
        for part in parts().filter(|part| !part.is_empty()) {
            if behind && part.len() == 16 && id::exact_span(part).is_some() {
                self.exact(Own::Span, ALONE, Scheme::Plain, part);
                behind = false;
            } else if part.len() == 36 && id::uuid(part).is_some_and(|bits| bits != 0) {
                self.add_id(b"request_id", part);
            } else if long(part) {
                self.exact(Own::Trace, ALONE, Scheme::Plain, part);
                behind = true;
            }
        }
        true
    }

    /// `[-|UUID]`: the id of a request, where other lines have a trace beside it.
    fn request_alone(&mut self, content: &[u8]) -> bool {
        let parts = || content.split(|byte| matches!(byte, b'|' | b';' | b',')).map(<[u8]>::trim_ascii);
        let uuid = |part: &[u8]| part.len() == 36 && id::uuid(part).is_some_and(|bits| bits != 0);
        let request = parts().find(|part| uuid(part)).filter(|part| part.len() < content.len());
        let told = request.filter(|_| {
            parts().all(|part| uuid(part) || is_none(part)) && parts().filter(|part| uuid(part)).count() == 1
        });
        if let Some(request) = told {
            self.add_id(b"request_id", request);
        }
        told.is_some()
    }

    /// `[req UUID]`, `[request#UUID]`: an id behind what it belongs to.
    fn named_request(&mut self, content: &[u8]) -> bool {
        const NAMES: [&[u8]; 9] =
            [b"req", b"request", b"rid", b"reqid", b"id", b"corr", b"correlation", b"transaction", b"txn"];
        let Some(at) = content.len().checked_sub(36).filter(|at| *at > 1) else { return false };
        let (before, uuid) = content.split_at(at);
        let name = before[..at - 1].trim_ascii_end();
        // behind a colon it is a pair, which is read as all are
        let apart = matches!(before.last(), Some(b' ' | b'#' | b'-' | b'/'));
        let told = apart
            && NAMES.iter().any(|known| name.eq_ignore_ascii_case(known))
            && id::uuid(uuid).is_some_and(|bits| bits != 0);
        if told {
            self.add_id(b"request_id", uuid);
        }
        told
    }

    /// `[req-abc-123]`, `[rid_8f2c]`: an id that says itself what it belongs to.
    fn tagged_request(&mut self, content: &[u8]) -> bool {
        const NAMES: [&[u8]; 5] = [b"req", b"request", b"rid", b"corr", b"correlation"];
        let Some(at) = content.iter().position(|byte| matches!(byte, b'-' | b'_')) else { return false };
        let (name, rest) = (&content[..at], &content[at + 1..]);
        let told = (3..=64).contains(&rest.len())
            && NAMES.iter().any(|known| name.eq_ignore_ascii_case(known))
            && rest.iter().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'))
            && rest.iter().any(u8::is_ascii_digit);
        if told {
            self.refuse();
            self.add_id(b"request_id", content);
        }
        told
    }

    /// `[time] [pid] [level] [216628194b3d] message`: hex digits of no usual length in a group of their own before the message.
    fn short_request(&mut self, layer: &Layer<'_>, group: At) {
        let content = group.of(layer.text);
        let (start, end) = (group.start as usize, group.end());
        let mixed = content.iter().any(u8::is_ascii_digit) && content.iter().any(u8::is_ascii_lowercase);
        let apart = start > 1
            && layer.text[start - 1] == b'['
            && matches!(layer.text[start - 2], b' ' | b']')
            && layer.text[end..].starts_with(b"] ");
        let before = layer.draft.message.is_some_and(|(message, _)| message.start as usize == end + 2);
        if !(mixed && apart && before) || layer.draft.stamp.is_none() {
            return;
        }
        // an address, as the operating system numbers threads
        if content.len() == 12 {
            self.refuse();
            if content.starts_with(b"7f") && content.ends_with(b"0") {
                return;
            }
        }
        if !content.starts_with(b"0000") {
            self.add_id(b"request_id", content);
        } else {
            self.refuse();
        }
    }
}

/// `01J9ZK3V8Q4X7M2N5P6R8S0TAB`: a time and a random number in 26 letters and digits (github.com/ulid/spec).
fn is_ulid(word: &[u8]) -> bool {
    word.len() == 26
        && word[0] == b'0'
        && word.iter().any(u8::is_ascii_uppercase)
        && word.iter().all(|byte| {
            byte.is_ascii_digit() || byte.is_ascii_uppercase() && !matches!(byte, b'I' | b'L' | b'O' | b'U')
        })
}

/// What stands in place of an id that there is not.
fn is_none(value: &[u8]) -> bool {
    value.is_empty() || id::is_absent(value)
}

/// `0`, `0.1.2`: where a span stands among the others of its trace.
fn is_place_in_tree(value: &[u8]) -> bool {
    value.starts_with(b"0")
        && value
            .split(|&byte| byte == b'.')
            .all(|part| (1..=4).contains(&part.len()) && part.iter().all(u8::is_ascii_digit))
}

/// An id that is neither hex digits of a usual length nor a word.
fn is_own_kind(value: &[u8]) -> bool {
    (17..=64).contains(&value.len())
        && value.iter().all(u8::is_ascii_alphanumeric)
        && value.iter().filter(|byte| byte.is_ascii_digit()).count() > 8
}

/// Whether the words before a group that stands alone say that it is a digest: the word right before it, or any of the
/// message before a group at its end. Tells also whether a number in a word has a say in it.
fn is_told_a_digest(layer: &Layer<'_>, group: At, numbered: &mut bool) -> bool {
    /// A word further from the group is not looked at.
    const NEAR: usize = 256;
    let start = group.start as usize;
    let before = &layer.text[start.saturating_sub(NEAR)..start];
    let behind_message = layer.draft.message.is_some_and(|(message, _)| message.end() <= start);
    let mut words = before
        .rsplit(|byte| !byte.is_ascii_alphanumeric())
        .filter(|word| !word.is_empty())
        .take(if behind_message { usize::MAX } else { 1 });
    words.any(|word| {
        *numbered |=
            matches!(word, [b'm', b'd', ..] | [b's', b'h', ..]) && word.iter().any(u8::is_ascii_digit);
        names::says_digest(word)
    })
}

/// The first part of Sleuth's group: a word that is no id.
fn names_an_app(part: &[u8]) -> bool {
    !part.is_empty()
        && part[0].is_ascii_alphabetic()
        && part
            .iter()
            .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.' | b':' | b'/'))
        && id::exact_trace(part).is_none()
}
