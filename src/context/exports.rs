//! Spans that somebody exported. (stub)
use super::Defaults;
use crate::model::Batch;
use crate::record::Record;
/// stub
pub fn write(_text: &[u8], _record: &Record<'_>, _defaults: &Defaults, _batch: &mut Batch) {}
