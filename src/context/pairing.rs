//! Ids under short or odd names: `{"corr":{"t":TRACE,"s":SPAN}}`. What stands beside each other, has the shapes of a trace id
//! and a span id, and names that shorten "trace id" and "span id", is that, whatever the object around it is called.

use super::fields::container;
use super::tape::Own;
use super::{Found, Scheme, id};
use crate::record::{At, Field, Layer, Role, Writing, names};

/// Objects of more such values are lists of them.
const MAX_VALUES: usize = 16;

/// Rank of ids that only a list tells.
const RANK: u8 = 58;

/// What a name shortens.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Short {
    Trace,
    Span,
    Parent,
    /// `id`, which is the trace's where a span stands beside it.
    Id,
}

/// A value that has the shape of an id.
#[derive(Clone, Copy)]
struct Candidate<'t> {
    short: Short,
    /// The object it stands in.
    parent: At,
    /// Its name alone tells nothing, that of its object does.
    by_object: bool,
    name: &'t [u8],
    value: &'t [u8],
}

impl Found {
    /// Takes ids that only their shapes and their places beside each other tell.
    pub(super) fn paired(&mut self, layer: &Layer<'_>) {
        if self.trace.is_some() && self.span.is_some() {
            return self.parent_beside(layer);
        }
        let mut found = [None; MAX_VALUES];
        let mut count = 0;
        for field in &layer.draft.fields {
            if matches!(field.value.len, 16 | 32 | 36)
                && let Some(candidate) = candidate(layer, field)
            {
                let Some(slot) = found.get_mut(count) else { return };
                *slot = Some(candidate);
                count += 1;
            }
        }
        if count == 0 {
            return self.listed(layer);
        }
        let found = || found[..count].iter().flatten();
        if self.trace.is_some() && !found().any(|one| one.short == Short::Span) {
            return;
        }
        let beside = |one: &Candidate<'_>, other: &Candidate<'_>| {
            one.parent == other.parent || one.by_object || other.by_object
        };
        let of = |trace: &Candidate<'_>, short: Short| {
            found().find(|other| other.short == short && beside(trace, other)).copied()
        };
        let mut traces = found()
            .filter(|one| matches!(one.short, Short::Trace | Short::Id))
            .filter(|one| of(one, Short::Span).is_some() || one.short == Short::Trace && is_told(one));
        let Some(trace) = traces.next().copied() else { return };
        if traces.any(|other| other.value != trace.value) {
            return self.refuse();
        }
        if let Some(known) = self.trace {
            self.refuse();
            if id::trace(trace.value).is_ok_and(|trace| trace.id != known.id) {
                return;
            }
        }
        self.text_context(Role::TraceId, trace.name, trace.value);
        if let Some(span) = of(&trace, Short::Span) {
            self.text_context(Role::SpanId, span.name, span.value);
            if let Some(parent) = of(&trace, Short::Parent).filter(|_| self.parent.is_none()) {
                self.text_context(Role::ParentId, parent.name, parent.value);
            }
        }
    }
}

impl Found {
    /// A parent whose name is short, beside ids that are told: `pspan=… trace=… span=…`.
    fn parent_beside(&mut self, layer: &Layer<'_>) {
        if self.parent.is_some() {
            return;
        }
        let is_parent = |field: &&Field| {
            field.value.len == 16
                && field.role == Role::Other
                && field.writing == Writing::Plain
                && shortens(layer.name(field), b"parentspanid")
                && !names::names_others(container(layer, field))
        };
        let mut parents = layer.draft.fields.iter().filter(is_parent);
        let Some(parent) = parents.next().filter(|_| parents.next().is_none()) else { return };
        let value = parent.value.of(layer.text);
        if id::exact_span(value).is_some_and(|parent| self.span.is_none_or(|span| span.id != parent.id)) {
            self.text_context(Role::ParentId, layer.name(parent), value);
        }
    }

    /// A list of a trace id and a span id: `"ctx":[TRACE,SPAN]`.
    fn listed(&mut self, layer: &Layer<'_>) {
        for two in layer.draft.fields.windows(2) {
            let [trace, span] = two else { continue };
            if trace.value.len == 32
                && span.value.len == 16
                && trace.name == span.name
                && !trace.name.is_empty()
            {
                let (trace, span) = (trace.value.of(layer.text), span.value.of(layer.text));
                if id::exact_trace(trace).is_some() && id::exact_span(span).is_some() {
                    self.exact(Own::Trace, RANK, Scheme::Plain, trace);
                    self.exact(Own::Span, RANK, Scheme::Plain, span);
                    return;
                }
            }
        }
    }
}

/// Whether a name tells a trace without a span beside it.
fn is_told(trace: &Candidate<'_>) -> bool {
    trace.value.len() == 32
        && !trace.by_object
        && shortens(trace.name, b"traceid")
        && trace.name.len() > 2
        && !trace.name.eq_ignore_ascii_case(b"tid")
}

fn candidate<'t>(layer: &Layer<'t>, field: &Field) -> Option<Candidate<'t>> {
    if field.writing != Writing::Plain {
        return None;
    }
    let value = field.value.of(layer.text);
    let shaped = match value.len() {
        36 => id::uuid(value).is_some(),
        _ => id::hex_digits(value) == value.len(),
    };
    let (name, parent) = (layer.name(field), container(layer, field));
    if !shaped || names::names_others(parent) {
        return None;
    }
    let short = |name: &[u8]| match value.len() {
        16 if says_parent(name) => Some(Short::Parent),
        _ if says_trace(name) => Some(Short::Trace),
        16 if says_span(name) => Some(Short::Span),
        _ => None,
    };
    let general = [&b"id"[..], b"hex", b"value"].iter().any(|word| name.eq_ignore_ascii_case(word));
    let by_object = if general { short(parent) } else { None };
    let short = by_object.or_else(|| short(name)).or_else(|| {
        (value.len() == 32 && name.eq_ignore_ascii_case(b"id") && !parent.is_empty()).then_some(Short::Id)
    })?;
    Some(Candidate { short, parent: field.parent, by_object: by_object.is_some(), name, value })
}

/// Whether a name may be that of a trace's id: it shortens it, or has the word in it: `t`, `trc`, `obs.trace`, `trace_hex`.
pub(super) fn says_trace(name: &[u8]) -> bool {
    says(name, b"trace", b"traceid")
}

/// Whether a name may be that of a span's id.
pub(super) fn says_span(name: &[u8]) -> bool {
    says(name, b"span", b"spanid")
}

fn says(name: &[u8], word: &[u8], whole: &[u8]) -> bool {
    const LONGEST: usize = 40;
    let last = || name.rsplit(|byte| !byte.is_ascii_alphanumeric()).next().unwrap_or(name);
    shortens(name, whole)
        || name.len() <= LONGEST
            && !names::names_others(name)
            && (shortens(last(), whole)
                || name.windows(word.len()).any(|part| part.eq_ignore_ascii_case(word)))
}

fn says_parent(name: &[u8]) -> bool {
    let last = name.rsplit(|byte| !byte.is_ascii_alphanumeric()).next().unwrap_or(name);
    shortens(name, b"parentspanid")
        || shortens(last, b"parentspanid")
        || name.windows(6).any(|part| part.eq_ignore_ascii_case(b"parent"))
}

/// Whether a name has the first letter of `whole` and further ones of it in their order: `t`, `trc`, `tid`, `trace-id`.
fn shortens(name: &[u8], whole: &[u8]) -> bool {
    let mut letters = whole.iter();
    let mut own = name.iter().filter(|byte| !matches!(byte, b'_' | b'-' | b'.')).map(u8::to_ascii_lowercase);
    own.clone().next() == whole.first().copied() && own.all(|letter| letters.any(|other| *other == letter))
}

#[cfg(test)]
mod tests {
    use crate::context::Found;
    use crate::record::{Lines, Profile, Record, Sink};

    const T: &str = "4bf92f3577b34da6a3ce929d0e0e4736";
    const S: &str = "00f067aa0ba902b7";
    const P: &str = "e28d1ecccccf01b0";

    #[derive(Default)]
    struct Read(Option<[Option<String>; 3]>);

    impl Sink for Read {
        fn record(&mut self, record: &Record<'_>) {
            let mut found = Found::default();
            found.find(record);
            let span = |span: Option<crate::context::FoundSpan>| span.map(|span| span.id.to_string());
            self.0 = Some([
                found.trace.map(|trace| trace.id.to_string()),
                span(found.shown_span()),
                span(found.shown_parent()),
            ]);
        }
    }

    #[track_caller]
    fn check(line: &str, expected: [Option<&str>; 3]) {
        let line = line.replace("TTT", T).replace("SSS", S).replace("PPP", P);
        let mut read = Read::default();
        Lines::default().whole(line.as_bytes(), &Profile::default(), &mut read);
        assert_eq!(read.0.unwrap_or_default(), expected.map(|id| id.map(str::to_owned)), "{line}");
    }

    #[test]
    fn ids_beside_each_other_are_told_by_their_shapes_and_letters() {
        for line in [
            r#"{"msg":"a","corr":{"trace":"TTT","span":"SSS"}}"#,
            r#"{"msg":"a","trc":{"tid":"TTT","sid":"SSS"}}"#,
            r#"{"msg":"a","tr":{"id":"TTT","span":"SSS"}}"#,
            r#"{"msg":"a","x":{"id":"TTT","s":"SSS"}}"#,
            r#"{"msg":"a","obs":{"sp":"SSS","t":"TTT"}}"#,
            r#"{"msg":"a","trc":{"id":"TTT"},"spn":{"id":"SSS"}}"#,
            r#"{"a":{"b":{"T":"TTT","S":"SSS"}},"msg":"a"}"#,
            r#"{"msg":"a","t":"TTT","s":"SSS"}"#,
            r#"{"msg":"a","obs_trace":"TTT","obs_span":"SSS"}"#,
            r#"{"msg":"a","TraceIdentifier":"TTT","SpanIdentifier":"SSS"}"#,
            r#"{"msg":"a","ctx":["TTT","SSS"]}"#,
            r#"{"msg":"a","tags":["trace_id:TTT","span_id:SSS"]}"#,
            "msg=a otel.t=TTT otel.s=SSS level=info",
            "2026-01-02 03:04:05 INFO a [t:TTT s:SSS]",
            "2026-01-02 03:04:05 INFO T=TTT S=SSS a",
            "2026-01-02 03:04:05 INFO a Map(traceId -> TTT, spanId -> SSS)",
            "2026-01-02 03:04:05 INFO a ctx=Ctx(trace_id='TTT', span_id='SSS')",
        ] {
            check(line, [Some(T), Some(S), None]);
        }
        for line in [
            r#"{"m":"a","ids":{"t":"TTT","s":"SSS","p":"PPP"}}"#,
            r#"{"m":"a","tid":"TTT","sid":"SSS","psid":"PPP"}"#,
            r#"{"m":"a","otel":{"trace":"TTT","span":"SSS","parent":"PPP"}}"#,
            r#"{"m":"a","trace_id":"TTT","span_id":"SSS","p_span":"PPP"}"#,
            "level=info msg=a pspan=PPP trace=TTT span=SSS",
        ] {
            check(line, [Some(T), Some(S), Some(P)]);
        }
        check(r#"{"msg":"a","corr":{"trace":"TTT"}}"#, [Some(T), None, None]);
    }

    #[test]
    fn a_header_that_was_received_tells_the_parent() {
        for line in [
            r#"{"msg":"received","trace_id":"TTT","span_id":"SSS","headers":{"traceparent":"00-TTT-PPP-01"}}"#,
            r#"{"msg":"got it","trace_id":"TTT","span_id":"SSS","headers.traceparent":"00-TTT-PPP-01"}"#,
            "2026-01-02 03:04:05 INFO [trace_id=TTT span_id=SSS] Received a headers.traceparent=00-TTT-PPP-01",
            "2026-01-02 03:04:05 INFO [trace_id=TTT span_id=SSS] <- a headers={'traceparent': '00-TTT-PPP-01'}",
        ] {
            check(line, [Some(T), Some(S), Some(P)]);
        }
        for line in [
            r#"{"msg":"sent","trace_id":"TTT","span_id":"SSS","headers":{"traceparent":"00-TTT-PPP-01"}}"#,
            r#"{"msg":"received","trace_id":"TTT","span_id":"SSS","headers":{"traceparent":"00-TTT-SSS-01"}}"#,
            r#"{"msg":"received","trace_id":"TTT","span_id":"SSS","traceparent":"00-5bf92f3577b34da6a3ce929d0e0e4736-PPP-01"}"#,
        ] {
            check(line, [Some(T), Some(S), None]);
        }
    }

    #[test]
    fn binaries_of_erlang_are_read() {
        check(
            r#"2026-01-02 03:04:05.123 warning <0.9.0> trace_id=<<"TTT">> span_id=<<"SSS">> a:b/1:14 c"#,
            [Some(T), Some(S), None],
        );
    }

    #[test]
    fn the_id_of_an_operation_is_its_span() {
        for (fields, parent) in [
            (r#""OperationId":"TTT","ParentId":"PPP","Id":"SSS""#, Some(P)),
            (r#""operation_Id":"TTT","operation_ParentId":"PPP","id":"SSS""#, Some(P)),
            (r#""type":"AppRequests","OperationId":"TTT","ParentId":"TTT","Id":"SSS""#, None),
            (r#""Id":"SSS","OperationId":"TTT","Type":"AppDependencies""#, None),
        ] {
            check(&format!(r#"{{"time":"2026-01-02T03:04:05Z",{fields}}}"#), [Some(T), Some(S), parent]);
        }
        check(r#"{"time":"2026-01-02T03:04:05Z","OperationId":"TTT","Id":"SSS"}"#, [Some(T), None, None]);
    }

    #[test]
    fn a_link_leads_to_the_trace_where_nothing_else_names_it() {
        let other = "5bf92f3577b34da6a3ce929d0e0e4736";
        check(
            "2026-01-02 03:04:05 INFO slow, see http://jaeger:16686/trace/TTT?uiFind=1",
            [Some(T), None, None],
        );
        check(
            "2026-01-02 03:04:05 INFO slow (https://tracing.shop.org/jaeger/trace/TTT)",
            [Some(T), None, None],
        );
        for own in [format!("trace_id={other}"), format!("traceparent=00-{other}-PPP-01")] {
            let line = format!("2026-01-02 03:04:05 INFO before: http://jaeger/trace/TTT {own}");
            check(&line, [Some(other), own.contains("PPP").then_some(P), None]);
        }
        for line in ["GET http://jaeger/trace/TTT", "see /trace/TTT", "http://files/TTT"] {
            check(&format!("2026-01-02 03:04:05 INFO {line}"), [None; 3]);
        }
    }

    #[test]
    fn what_is_another_or_no_pair_is_left_alone() {
        for line in [
            r#"{"msg":"a","link":{"t":"TTT","s":"SSS"}}"#,
            r#"{"msg":"a","file":{"md5":"TTT","size":"SSS"}}"#,
            r#"{"msg":"a","user":{"id":"TTT","shard":"SSS"}}"#,
            r#"{"msg":"a","auth":{"token":"TTT","session":"SSS"}}"#,
            r#"{"msg":"a","sent":[{"t":"TTT","s":"SSS"},{"t":"5bf92f3577b34da6a3ce929d0e0e4736","s":"SSS"}]}"#,
        ] {
            check(line, [None; 3]);
        }
    }
}
