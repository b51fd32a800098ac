//! The layers of a record: formats, parts of headers, fields.

use super::place::{self, cut};
use super::{ExplainedLayer, Named, words};
use crate::record::{At, Format, Layer, Writing};

/// Bytes of a field's value that are kept.
const MAX_VALUE: usize = 400;
/// Fields of a layer that are listed.
const MAX_FIELDS: usize = 64;

/// Format, header and fields of a layer.
pub(super) fn layer(layer: &Layer<'_>) -> ExplainedLayer {
    let fields = &layer.draft.fields;
    ExplainedLayer {
        format: layer.format.name().to_owned(),
        what: words::format(layer.format).to_owned(),
        header: header(layer),
        fields: fields
            .iter()
            .take(MAX_FIELDS)
            .map(|field| Named {
                name: place::name(layer, field),
                value: if field.writing == Writing::Null {
                    "null".to_owned()
                } else {
                    cut(field.value.of(layer.text), MAX_VALUE)
                },
                role: words::role(field.role).to_owned(),
            })
            .collect(),
        more_fields: fields.len().saturating_sub(MAX_FIELDS),
    }
}

/// The parts of a text's header, in their order.
fn header(layer: &Layer<'_>) -> Vec<Named> {
    if !matches!(
        layer.format,
        Format::Text | Format::Syslog | Format::Klog | Format::Cri | Format::Compose | Format::Kubectl
    ) {
        return Vec::new();
    }
    let draft = layer.draft;
    let inside = |at: At| draft.fields.iter().any(|field| field.value == at);
    let mut parts: Vec<(At, &str)> = Vec::new();
    let named = [
        (draft.service, "service"),
        (draft.instance, "instance"),
        (draft.thread, "thread"),
        (draft.logger, "logger"),
    ];
    parts.extend(named.into_iter().filter_map(|(at, name)| Some((at?, name))));
    parts.extend(draft.groups.iter().map(|&at| (at, "in brackets")));
    parts.retain(|(at, _)| !inside(*at));
    parts.sort_by_key(|(at, _)| (at.start, at.len));
    parts.dedup_by_key(|(at, _)| *at);
    let time = place::time(layer).map(|(written, _)| Named {
        name: "time".to_owned(),
        value: written,
        role: String::new(),
    });
    let level = draft.level.filter(|_| layer.format == Format::Text);
    let level = level.map(|level| Named {
        name: "level".to_owned(),
        value: level.name().to_owned(),
        role: String::new(),
    });
    let rest = parts.into_iter().map(|(at, name)| Named {
        name: name.to_owned(),
        value: cut(at.of(layer.text), MAX_VALUE),
        role: String::new(),
    });
    time.into_iter().chain(level).chain(rest).collect()
}
