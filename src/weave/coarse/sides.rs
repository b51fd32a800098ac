//! On which side of what is right beside it a coarse record stands, where its usual lag leaves that open.
//!
//! What tells how long it took is the line of a call, in most cases. Who called is silent for as long, so a partner of a
//! service that logs nothing for that time afterwards (or before) called it, and stands around it; one of a service that logs
//! something in between was called by it, and stands inside. Of what does not tell how long it took, who tells comes before who
//! was told.

use super::super::words::Act;
use super::{Anchor, Mark, Marks};

/// Narrows the times that a record stands between to those on the right sides of its anchors.
pub(super) fn narrowed(marks: &Marks, coarse: &Mark, anchors: &[Anchor], within: (i64, i64)) -> (i64, i64) {
    let (mut least, mut most) = within;
    for anchor in
        anchors.iter().filter(|anchor| anchor.least <= anchor.beside && anchor.beside <= anchor.most)
    {
        let Some(later) = is_later(marks, coarse, anchor) else { continue };
        let both =
            if later { (least.max(anchor.beside + 1), most) } else { (least, most.min(anchor.beside - 1)) };
        if both.0 <= both.1 {
            (least, most) = both;
        }
    }
    (least, most)
}

/// Whether a record comes after what is beside it (`false`: before it), if that can be told.
fn is_later(marks: &Marks, coarse: &Mark, anchor: &Anchor) -> Option<bool> {
    let partner = &marks.all[anchor.index];
    let Some(took) = coarse.took else {
        let tells = |mark: &Mark| !matches!(mark.act, Act::Receive | Act::End | Act::Answer);
        let is_told = |mark: &Mark| !matches!(mark.act, Act::Send | Act::Call);
        return match (tells(coarse) && is_told(partner) && !coarse.opens, tells(partner) && is_told(coarse)) {
            (_, true) => Some(true),
            (true, false) => Some(false),
            (false, false) => None,
        };
    };
    let same = |other: &&Mark| other.kind.0 == partner.kind.0;
    let waits = if anchor.starts {
        let next = marks.all[anchor.index + 1..].iter().find(same);
        next.is_none_or(|next| next.time - partner.time >= took)
    } else {
        let before = marks.all[..anchor.index].iter().rev().find(same);
        before.is_some_and(|before| partner.time - before.time >= took)
    };
    // it begins after who called was last heard, and ends before that one goes on
    Some(waits == anchor.starts)
}
