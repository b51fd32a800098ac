//! Values whose names say that they carry trace context.

use super::fields::{GENERAL, MIN_HEADER};
use super::scan::{IN_TEXT, Region};
use super::tape::Step;
use super::{Found, Scheme, header, id};
use crate::record::Role;

impl Found {
    /// A field that carries trace context; `true` if its role is of that kind.
    pub(super) fn context(&mut self, role: Role, rank: u8, name: &[u8], value: &[u8], otlp: bool) -> bool {
        let text = false;
        let told = self.step(
            |tape| Some(Step::Context { role, rank, name: tape.part(name)?, value: tape.part(value)?, text }),
            |found| found.context_of(role, rank, name, value, otlp),
        );
        if !told {
            self.untold();
        }
        told
    }

    fn context_of(&mut self, role: Role, rank: u8, name: &[u8], value: &[u8], otlp: bool) -> bool {
        match role {
            // "trace" and "operation_Id" may mean something else: their value must look like an id
            Role::TraceId | Role::SpanId if rank >= GENERAL && !super::scan::looks_like_id(value) => {
                return false;
            }
            // the "sid" of a session
            Role::SpanId if rank >= GENERAL && name != b"span" && id::uuid(value).is_some() => return false,
            Role::TraceId => {
                let decoded = if otlp { bytes_of(value, 16) } else { None };
                self.trace_value(rank, name, decoded.as_deref().unwrap_or(value));
            }
            Role::SpanId => {
                let decoded = if otlp { bytes_of(value, 8) } else { None };
                self.span_value(rank, name, decoded.as_deref().unwrap_or(value));
            }
            Role::ParentId => self.parent_value(rank, value),
            Role::Tid => {
                // a thread's number or address begins with zeros
                let thread = value.iter().all(u8::is_ascii_digit) || value.starts_with(b"0000");
                if let Some(trace) = id::exact_trace(value).filter(|_| !thread) {
                    self.set_trace(rank, trace, Scheme::Plain);
                } else if let Ok(trace) = id::trace(value.strip_prefix(b"TID:").unwrap_or(value))
                    && trace.opaque.is_some()
                    && value.iter().filter(|&&byte| byte == b'.').count() == 2
                {
                    self.set_trace(rank, trace, Scheme::Skywalking);
                }
            }
            Role::DatadogTraceId | Role::DatadogTraceHeader => {
                if let Ok(trace) = id::datadog_trace(value) {
                    let rank = if role == Role::DatadogTraceId { vendors(rank) } else { 90 };
                    self.set_trace(rank, trace, Scheme::Datadog);
                }
            }
            Role::DatadogSpanId => {
                if let Ok(span) = id::decimal_span(value) {
                    self.set_span(vendors(rank), span);
                }
            }
            Role::DatadogParentId => {
                if let Ok(span) = id::decimal_span(value) {
                    self.set_parent(vendors(rank), span);
                }
            }
            Role::DatadogParentHeader => {
                if let Ok(span) = id::decimal_span(value) {
                    self.set_span(90, span);
                }
            }
            Role::DatadogHigh => {
                self.datadog_high = id::hex(value).filter(|_| value.len() == 16).map(|(bits, _)| bits as u64)
            }
            Role::DatadogTags => {
                if let Some(at) = memchr::memmem::find(value, b"_dd.p.tid=") {
                    let high = value.get(at + 10..at + 26).and_then(id::hex);
                    self.datadog_high = high.map(|(bits, _)| bits as u64);
                }
            }
            Role::B3TraceId => {
                if let Some(trace) = id::exact_trace(value) {
                    self.set_trace(80, trace, Scheme::B3);
                }
            }
            Role::B3SpanId => {
                if let Some(span) = id::exact_span(value) {
                    self.set_span(80, span);
                }
            }
            Role::B3ParentId => {
                if let Some(span) = id::exact_span(value) {
                    self.set_parent(80, span);
                }
            }
            Role::GcpTrace => {
                if let Ok(trace) = id::trace(value) {
                    self.set_trace(rank, trace, Scheme::Gcp);
                }
            }
            Role::XrayTraceId => {
                if let Some(header) = header::amzn(value) {
                    self.set_trace(rank, header.trace, Scheme::Xray);
                    if let Some(span) = header.span {
                        self.add_header(header::Header { span: Some(span), ..header });
                    }
                }
            }
            Role::Baggage => self.scan(value, Region::Message),
            Role::Sw8 => {
                if let Some((trace, span)) = header::sw8(value) {
                    self.add_sw8(&trace, &span);
                }
            }
            Role::SwCtx => {
                let inside = value.trim_ascii();
                let inside = inside.strip_prefix(b"[").unwrap_or(inside);
                if let Some(service) =
                    inside.split(|&byte| byte == b',').next().filter(|name| !id::is_absent(name))
                {
                    self.service = Some(self.keep(service));
                }
                if let Some(header) = header::sw_ctx(value) {
                    self.set_trace(rank, header.trace, Scheme::Skywalking);
                    if let Some(span) = header.span {
                        self.set_span(rank, span);
                    }
                }
            }
            Role::Traceparent
            | Role::B3
            | Role::UberTraceId
            | Role::AmznTraceId
            | Role::CloudTraceContext
            | Role::SentryTrace
            | Role::NewRelic
            | Role::GrpcTraceBin
            | Role::RequestIdHeader => {
                if let Some(header) = header::read(role, value) {
                    self.add_header(header);
                } else if matches!(role, Role::Traceparent | Role::B3 | Role::NewRelic)
                    && value.len() >= MIN_HEADER
                {
                    self.scan(value, Region::Ids);
                }
            }
            _ => return false,
        }
        true
    }

    /// The value of a name that stands for a trace id.
    pub(super) fn trace_value(&mut self, rank: u8, name: &[u8], value: &[u8]) {
        let value = behind_name(name, value);
        // "TRACE/SPAN", "TRACE-SPAN", "TRACE:SPAN"
        if let Some((trace, span)) = id::trace_and_span(value) {
            self.set_trace(rank, trace, Scheme::Plain);
            self.set_span(rank, span);
            return;
        }
        if value.len() >= 55
            && let Some(header) = header::traceparent(value)
        {
            self.add_header(header);
            return;
        }
        if value.len() > 36 && value[..5].eq_ignore_ascii_case(b"Root=") {
            if let Some(header) = header::amzn(value) {
                self.add_header(header);
            }
            return;
        }
        if value.get(32) == Some(&b'/')
            && header::cloud_form(value).is_some_and(|(length, _)| length == value.len())
            && let Some(header) = header::cloud(value)
        {
            self.add_header(header);
            return;
        }
        match id::trace(value) {
            Ok(trace) => {
                let scheme = scheme_of(&trace, value);
                self.set_trace(rank, trace, scheme);
            }
            Err(id::Refused::WrongLength) => self.add_id(name, value),
            Err(_) => {}
        }
    }

    /// The value of a name that stands for a span id.
    pub(super) fn span_value(&mut self, rank: u8, name: &[u8], value: &[u8]) {
        let value = behind_name(name, value);
        match id::span(value) {
            Ok(span) => self.set_span(rank, span),
            Err(id::Refused::WrongLength) => self.add_id(name, value),
            Err(_) => {}
        }
    }

    /// The value of a name that stands for a parent's span id.
    pub(super) fn parent_value(&mut self, rank: u8, value: &[u8]) {
        // .NET writes a whole traceparent as the parent
        if let Some(header) = header::traceparent(value) {
            if let Some(span) = header.span {
                self.set_parent(rank, span);
            }
            return;
        }
        match id::span(value) {
            Ok(span) => self.set_parent(rank, span),
            Err(id::Refused::Absent) => self.root = true,
            Err(_) => {}
        }
    }
}

/// A value without its own name, which some write twice: `trace_id=trace_id:4bf9…`.
fn behind_name<'v>(name: &[u8], value: &'v [u8]) -> &'v [u8] {
    match value.split_at_checked(name.len()) {
        Some((own, [b':' | b'=', rest @ ..])) if own.eq_ignore_ascii_case(name) && !own.is_empty() => rest,
        _ => value,
    }
}

/// The rank of an id of 64 bits that a vendor's library adds: behind those under names that mean an id and nothing else, of
/// which it often is the lower half, before those under general words.
fn vendors(rank: u8) -> u8 {
    if rank >= IN_TEXT { IN_TEXT + 1 } else { GENERAL - 1 }
}

fn scheme_of(trace: &id::Trace<'_>, value: &[u8]) -> Scheme {
    if trace.opaque.is_some() {
        if value.iter().filter(|&&byte| byte == b'.').count() == 2 {
            Scheme::Skywalking
        } else {
            Scheme::Plain
        }
    } else if id::xray(value).is_some() {
        Scheme::Xray
    } else if id::traces_of_a_project(value).is_some() {
        Scheme::Gcp
    } else {
        Scheme::Plain
    }
}

/// OTLP's bytes in base64 (protobuf's own JSON mapping) as hex; `None` if the value is not of that length.
fn bytes_of(value: &[u8], length: usize) -> Option<Vec<u8>> {
    if value.len() == 2 * length {
        return None;
    }
    let bytes = header::base64(value).filter(|bytes| bytes.len() == length)?;
    Some(
        bytes
            .iter()
            .flat_map(|byte| [byte >> 4, byte & 15])
            .map(|digit| b"0123456789abcdef"[usize::from(digit)])
            .collect(),
    )
}
