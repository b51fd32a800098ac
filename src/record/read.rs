//! Reads one record: what its layers hold, from the outermost to the innermost.

use super::fill::{fill, first_line};
use super::layers::{Layers, MAX_LAYERS};
use super::{Draft, Format, Layer, Look, Profile, Writing, expand, look, services};

/// What a record is read with; its buffers are used again for each record.
pub(super) struct Reader<'a> {
    pub(super) profile: &'a Profile,
    pub(super) drafts: &'a mut [Draft],
    pub(super) buffers: &'a mut [Vec<u8>],
}

/// Reads the layer `text`, whose first line was looked at before, and all layers inside it; hands each record to `emit`.
pub(super) fn read(
    text: &[u8],
    seen: &Look,
    draft: &mut Draft,
    outer: Layers<'_>,
    mut reader: Reader<'_>,
    emit: &mut dyn FnMut(Layers<'_>, u32),
) {
    let format = fill(text, seen, draft, reader.profile);
    services::forget(draft, reader.profile);
    let names = match format {
        Format::Table => reader.profile.table.as_ref().map_or(&[][..], |columns| columns.texts()),
        Format::Custom => reader
            .profile
            .custom
            .iter()
            .find(|pattern| pattern.is_match(text))
            .map_or(&[][..], |pattern| pattern.texts()),
        _ => &[],
    };
    let layer = Layer { text, draft, format, names };
    if format == Format::Json
        && outer.len + 2 < MAX_LAYERS
        && expand::expand(&layer, outer, &mut reader, emit)
    {
        return;
    }
    let layers = outer.with(layer);
    if layers.is_full() {
        return emit(layers, 0);
    }
    let Some((inner, writing, certain)) = inside(&layer) else { return emit(layers, 0) };
    let Some((buffer, buffers)) = reader.buffers.split_first_mut() else { return emit(layers, 0) };
    let Some((next, drafts)) = reader.drafts.split_first_mut() else { return emit(layers, 0) };
    let inner = match writing {
        Writing::Escaped | Writing::Doubled => {
            buffer.clear();
            writing.decode(inner, buffer);
            buffer.trim_ascii_end()
        }
        _ => inner.trim_ascii_end(),
    };
    next.clear();
    let plain;
    let profile = match reader.profile.of_sender(sender(&layer)) {
        Some(known) => known,
        None => {
            plain = Profile { order: reader.profile.order, ..Profile::default() };
            &plain
        }
    };
    let seen = look::look(first_line(inner), profile, next);
    let structured = seen.format != Format::Text || seen.head.stamp.is_some() || seen.head.level.is_some();
    let opens = inner.starts_with(b"{") && inner.ends_with(b"}");
    if !certain && (!structured || seen.format == Format::Json && !opens) {
        return emit(layers, 0);
    }
    let reader = Reader { profile, drafts, buffers };
    read(inner, &seen, next, layers, reader, emit);
}

/// Who wrote what stands inside a layer; nothing if it does not say so.
pub(super) fn sender<'t>(layer: &Layer<'t>) -> &'t [u8] {
    layer.draft.service.map_or(&[], |name| name.of(layer.text))
}

/// The text inside a layer that may be a record of its own: its bytes, their writing, and whether the layer is known to be
/// a mere wrapping.
pub(super) fn inside<'t>(layer: &Layer<'t>) -> Option<(&'t [u8], Writing, bool)> {
    let (at, writing) = layer.draft.message?;
    let text = at.of(layer.text);
    match layer.format {
        Format::Syslog | Format::Journald | Format::Export => Some((text, writing, true)),
        Format::Json => {
            let object = matches!(text.first(), Some(b'{'))
                && matches!(text.trim_ascii_end().last(), Some(b'}' | b'n'));
            (object || layer.draft.level.is_none() && text.len() > 8).then_some((text, writing, false))
        }
        Format::Table => {
            let writing = if writing == Writing::Doubled { writing } else { Writing::Escaped };
            Some((text, writing, false)).filter(|_| text.starts_with(b"{"))
        }
        Format::Text => {
            Some((text, writing, false)).filter(|_| text.starts_with(b"{") && text.ends_with(b"}"))
        }
        _ => None,
    }
}
