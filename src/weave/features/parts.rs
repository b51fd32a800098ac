//! What the words of two spans tell of the parts that they play for each other.

use super::numbers::*;
use super::{Features, yes};
use crate::weave::scene::Node;

/// Fills in what the roles of a parent and its child speak for; `late`: the parent logs only later.
pub(super) fn parts(parent: &Node, child: &Node, late: bool, out: &mut Features) {
    let (p, c) = (&parent.role, &child.role);
    if parent.service == child.service {
        out[SAME_TAKES_IN] = c.takes_in;
        out[SAME_CHILD_AT_END] = c.at_end;
        out[SAME_PARENT_TAKES_IN] = p.takes_in;
        out[SAME_PARENT_ASKS] = p.asks;
        out[SAME_PARENT_SENDS] = p.sends;
        out[SAME_PARENT_DEBUG] = yes(p.debug);
        out[SAME_DOES_PART] = p.takes_in * (1.0 - c.takes_in);
        out[LATE_SAME_AT_END] = yes(late) * p.at_end;
    } else {
        out[CROSS_TAKES_IN] = c.takes_in;
        out[CROSS_ASKS] = c.asks;
        out[CROSS_SENDS] = c.sends;
        out[CROSS_CHILD_AT_END] = c.at_end;
        out[CROSS_PARENT_TAKES_IN] = p.takes_in;
        out[CROSS_PARENT_ASKS] = p.asks;
        out[CROSS_PARENT_SENDS] = p.sends;
        out[CROSS_PARENT_DEBUG] = yes(p.debug);
        out[CROSS_ASKED] = p.asks * c.takes_in;
        out[CROSS_SENT] = p.sends * c.takes_in;
        out[LATE_CROSS_AT_END] = yes(late) * p.at_end;
    }
}
