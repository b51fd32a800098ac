//! Where ids stand in the records of one pattern.

use super::Direct;
use crate::context::tape::{Name, Step};
use crate::record::Spot;

/// Where ids stand in the records of one pattern, for texts that are put together from parts of their lines.
#[derive(Debug)]
pub struct Places<'p> {
    /// The own trace id.
    pub trace: Option<(Spot, Spot)>,
    /// The own span id.
    pub span: Option<(Spot, Spot)>,
    /// The id of the span's parent.
    pub parent: Option<(Spot, Spot)>,
    /// Correlation ids under names that are the same in all records.
    pub ids: Vec<(&'p [u8], (Spot, Spot))>,
}

impl Direct {
    /// Where ids stand, unless some stand in headers or under names that differ.
    pub(in crate::context) fn places<'p>(&self, steps: &'p [Step]) -> Option<Places<'p>> {
        let mut ids: Vec<(&[u8], _)> = Vec::new();
        for step in steps {
            match step {
                Step::Id(Name::Part(_), _) => return None,
                Step::Id(Name::Same(name), value) if ids.iter().all(|(known, _)| *known != &**name) => {
                    ids.push((name, *value));
                }
                _ => {}
            }
        }
        let Direct { trace, span, parent, .. } = *self;
        self.headers.is_empty().then_some(Places { trace, span, parent, ids })
    }
}
