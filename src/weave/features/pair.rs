//! What speaks for one span as the parent of another.

use super::ties::{self, evidence, shared, wording};
use super::{Child, Features, Known, act, contains, is_open, may_be_open, scaled, yes};
use crate::model::Symbol;
use crate::weave::learned::{self, Learned};
use crate::weave::scene::{Line, Scene};
use crate::weave::words::Act;

/// Fills in the numbers of a possible parent; `previous`: its last record before the child.
pub(super) fn pair(
    scene: &Scene,
    child: &Child<'_>,
    parent: u32,
    previous: Option<&Line>,
    learned: Option<&Learned>,
    known: Known<'_>,
    out: &mut Features,
) {
    let (p, c) = (&scene.nodes[parent as usize], &scene.nodes[child.node as usize]);
    let same = p.service == c.service;
    let open = is_open(scene, parent, child.begin + child.blur);
    let encloses = p.begin - p.blur <= child.begin && p.last >= child.last && p.last > p.begin;
    // the parent's last record before the child, else its first
    let anchor = previous.or_else(|| scene.opening(parent));
    let before = scene.anchor(parent, child.node);
    let point = before.or_else(|| learned::first(scene, parent));
    let gap = point.map_or(0, |(_, time)| child.begin - time);
    let received = act(child.opening, &[Act::Receive]);
    let sends = act(child.opening, &[Act::Send]);
    let calls = act(child.opening, &[Act::Call]);
    let answers = act(child.opening, &[Act::Answer]);
    if same {
        let finished = scene.lines_of(parent).any(|line| {
            line.order < child.opens
                && line.act == Act::End
                && (line.duration.is_some() || line.order == p.lines.last().copied().unwrap_or(0))
        });
        out[0] = 1.0;
        out[1] = yes(open);
        out[2] = yes(encloses);
        out[3] = yes(child.innermost_same == Some(parent));
        out[4] = yes(child.active_same == Some(parent));
        out[5] = yes(child.latest_same == Some(parent));
        out[6] = yes(!open && !finished);
        out[7] = yes(finished);
        out[8] = yes(p.kind == c.kind);
        let thread = previous.map_or(Symbol::NONE, |line| line.thread);
        let known = !thread.is_none() && !child.opening.thread.is_none();
        out[9] = yes(known && thread == child.opening.thread);
        out[10] = yes(known && thread != child.opening.thread);
        out[11] = scaled(gap);
        out[12] = received;
        out[13] = sends + calls;
        out[14] = anchor.map_or(0.0, |line| act(line, &[Act::Receive, Act::Start]));
        out[49] = answers;
        out[55] = yes(open) * received;
        out[56] = yes(p.lines.len() == 1 && !p.exact);
        out[57] = yes(child.opening.act == Act::Start);
    } else {
        out[15] = 1.0;
        out[16] = yes(open);
        out[17] = yes(encloses);
        out[18] = yes(child.innermost_cross == Some(parent));
        out[19] = scaled(gap);
        out[20] = anchor.map_or(0.0, |line| act(line, &[Act::Send, Act::Call]));
        out[21] = anchor.map_or(0.0, |line| act(line, &[Act::Receive, Act::Start]));
        out[22] = anchor.map_or(0.0, |line| act(line, &[Act::End, Act::Answer]));
        out[23] = received;
        out[24] = sends + calls + answers;
        out[25] = yes(child.innermost_same.is_none());
        out[26] = yes(child.first_of_service);
        out[27] = yes(child.latest_cross == Some(parent));
        out[28] = yes(child.innermost_same.is_some()) * (1.0 - received);
        out[58] = yes(child.opening.act == Act::Start);
    }
    let between = known.habits.between(p.kind, c.kind);
    let habit = between.habit;
    if same {
        wording(scene, child, parent, out);
    } else {
        evidence(scene, child, parent, between.enters, known, out);
    }
    out[88] = habit.order;
    out[89] = habit.needed;
    out[90] = habit.implied;
    out[91] = habit.equal;
    let ahead = known.habits.before(&between, scene, child.node, point);
    out[92] = ahead.tight;
    out[93] = ahead.steady;
    out[94] = ahead.fit;
    out[95] = ahead.tight * ahead.steady;
    let after = known.habits.after(&between, scene, parent, child.node);
    // known to have begun before is not late
    let late = before.is_none();
    let base = match (late, same) {
        (false, true) => 126,
        (false, false) => 130,
        (true, true) => 152,
        (true, false) => 156,
    };
    out[base] = after.tight;
    out[base + 1] = after.steady;
    out[base + 2] = after.fit;
    out[base + 3] = after.tight * after.steady;
    out[106] = yes(same) * child.enters;
    out[107] = yes(!same) * child.enters;
    out[if same { 108 } else { 109 }] = habit.around;
    let around = contains(p, c);
    let within = contains(c, p);
    let inmost = if same { child.inmost_same } else { child.inmost_cross };
    let base = if same { 120 } else { 123 };
    out[base] = yes(around);
    out[base + 1] = yes(within);
    out[base + 2] = yes(inmost == Some(parent));
    if p.rank.1 == c.rank.1 && p.rank.1 > 1 {
        let base = if same { 134 } else { 136 };
        out[base + usize::from(p.rank.0 != c.rank.0)] = habit.equal;
    }
    if around && !same {
        // what a caller and the called one see differs by the network only
        out[138] = scaled(c.begin - p.begin);
        out[139] = scaled(p.last - c.last);
        out[140] = yes(child.inmost_same.is_some());
    }
    ties::rare(child, child.sent, parent, same, out);
    [out[212], out[213]] = between.exceptions;
    if !same {
        let mention = out[96];
        let outgoing = anchor.map_or(0.0, |line| act(line, &[Act::Send, Act::Call]));
        let told = mention.max(outgoing).max(out[176]).max(out[180]).max(out[35].min(1.0));
        let words = out[84] / 3.0;
        if late {
            out[214] = mention;
            out[215] = words;
            out[216] = mention * words;
        } else if around {
            out[217] = mention;
            out[218] = outgoing;
            out[219] = words;
            out[220] = 1.0 - told;
            out[221] = mention * outgoing;
        } else {
            out[222] = mention;
            out[223] = outgoing;
            out[224] = words;
            out[225] = 1.0 - told;
            out[226] = mention * outgoing;
            out[227] = (1.0 - told) * scaled(gap);
        }
        out[228] = out[176].max(out[180]) * received;
    }
    // a span of the child's service that began since the parent's last record is rather what the parent caused
    let since = point.map_or(p.begin, |(_, time)| time);
    let between = child.service_began.iter().rev().take_while(|(begin, _)| *begin > since);
    let entered = between.into_iter().any(|(_, other)| *other != child.node && *other != parent);
    let base = if same { 192 } else { 197 };
    out[base] = yes(entered);
    out[base + 1] = yes(child.just_before == Some(parent));
    out[base + 2] = yes(child
        .just_before
        .is_some_and(|before| before != parent && scene.nodes[before as usize].service == p.service));
    out[base + 3] = child.follows;
    out[base + 4] = yes(child.inmost_open.is_some());
    if same {
        out[202] = yes(child.inmost_open == Some(parent));
        out[203] = yes(may_be_open(scene, parent, c));
        out[204] = yes(child.inmost_open == Some(parent) && child.just_before == Some(parent));
    } else {
        out[205] = yes(child.inmost_open.is_some() && entered);
    }
    if p.trace != c.trace {
        out[184 + usize::from(same) * 2 + usize::from(c.first_of_trace)] = 1.0;
    }
    if p.begin < p.first {
        out[if same { 141 } else { 142 }] = 1.0;
    }
    if c.begin < c.first {
        out[if same { 143 } else { 144 }] = 1.0;
    }
    out[112] = scaled(p.begin - child.begin);
    if late {
        late_pair(scene, child, parent, same, known, out);
    }
    out[31] = if same { shared(child, parent).0 } else { 0.0 };
    out[40] = yes(p.begin > child.begin);
    out[41] = yes(late);
    if let (Some(learned), Some(point)) = (learned, point) {
        out[50] = learned.share(Some(p.kind), c.kind, child.learned);
        let (fit, tight) = learned.delay(point, child.begin, c.kind);
        out[51] = fit;
        out[52] = tight;
        out[53] = yes(same) * child.learned.inner + yes(!same) * (1.0 - child.learned.inner);
    }
}

/// What speaks for a parent that logs nothing before its child.
fn late_pair(
    scene: &Scene,
    child: &Child<'_>,
    parent: u32,
    same: bool,
    known: Known<'_>,
    out: &mut Features,
) {
    let (p, c) = (&scene.nodes[parent as usize], &scene.nodes[child.node as usize]);
    let Some(first) = scene.opening(parent) else { return };
    let ends = act(first, &[Act::End, Act::Answer]);
    let gap = scaled(first.time - child.last);
    if same {
        out[64] = 1.0;
        out[65] = gap;
        out[66] = ends;
        out[67] = yes(p.lines.len() > 1);
        out[79] = yes(first.duration.is_some());
        out[80] = yes(child.innermost_same.is_some());
        out[163] = out[82];
        return;
    }
    let of_service = child.of_service(scene, p.service, known.lexicon);
    out[68] = 1.0;
    out[69] = gap;
    out[70] = ends;
    out[71] = act(first, &[Act::Send]);
    out[72] = yes(of_service.open);
    out[73] = yes(p.first >= c.last);
    out[74] = yes(of_service.next == Some(first.order));
    out[75] = yes(p.lines.len() == 1);
    out[76] = act(child.opening, &[Act::Receive]);
    out[77] = out[30];
    out[78] = out[34];
    out[117] = out[111];
    out[118] = out[110];
    out[119] = out[96];
    out[160] = out[84];
    out[161] = out[87];
    out[162] = out[38];
    out[81] = yes(child.innermost_same.is_some());
}
