//! What speaks for one span as the parent of another.

use super::numbers::*;
use super::parts::parts;
use super::relation::Relation;
use super::ties::{self, evidence, shared, wording};
use super::{Child, Features, Known, act, contains, is_open, log2, scaled, yes};
use crate::model::Symbol;
use crate::weave::habits::Habits;
use crate::weave::scene::{Line, Scene};
use crate::weave::words::Act;

/// Fills in the numbers of a possible parent, but for those of the child; `learned`: something was.
pub(super) fn pair(
    scene: &Scene,
    child: &Child<'_>,
    parent: u32,
    relation: &Relation,
    learned: bool,
    known: Known<'_>,
    out: &mut Features,
) {
    let (p, c) = (&scene.nodes[parent as usize], &scene.nodes[child.node as usize]);
    let same = p.service == c.service;
    let previous = relation.previous.map(|order| &scene.lines[order as usize]);
    // the parent's last record before the child, else its first
    let anchor = previous.or_else(|| scene.opening(parent));
    let Relation { point, late, between, causes, .. } = relation;
    // known to have begun before is not late
    let (point, late) = (*point, *late);
    about_parent(scene, child, parent, (anchor, known.habits), out);
    if same {
        one_service(scene, child, parent, anchor, out);
        wording(scene, child, parent, out);
    } else {
        two_services(scene, child, parent, anchor, out);
        evidence(scene, child, parent, between.enters, known, out);
    }
    times(scene, child, parent, point, out);
    usual(scene, child, parent, relation, known, out);
    ties::rare(child, child.sent, parent, same, out);
    ties::knew(scene, child, parent, same, out);
    out[BETWEEN] = ties::between(scene, child, parent, known.habits);
    if !same {
        told(scene, child, parent, anchor, late, out);
    }
    entered(scene, child, parent, point, out);
    if p.trace != c.trace {
        let [later, first] = if same {
            [SAME_OTHER_TRACE, SAME_OTHER_TRACE_FIRST]
        } else {
            [CROSS_OTHER_TRACE, CROSS_OTHER_TRACE_FIRST]
        };
        out[if c.first_of_trace { first } else { later }] = 1.0;
    }
    if late {
        late_pair(scene, child, parent, same, known, out);
    }
    heads(scene, child, parent, late, out);
    parts(p, c, late, out);
    if learned && point.is_some() {
        out[CAUSES] = causes.share;
        out[POSSIBLE] = causes.possible;
        out[FANS] = causes.fans;
        out[INSIDE] = if same { child.learned.inner } else { 1.0 - child.learned.inner };
    }
}

/// A duration may tell of more than the span that logs it (`order completed in 20 s`): then what lies between the start that
/// it tells and the first of several records was done by others.
fn heads(scene: &Scene, child: &Child<'_>, parent: u32, late: bool, out: &mut Features) {
    let (p, c) = (&scene.nodes[parent as usize], &scene.nodes[child.node as usize]);
    out[IN_HEAD] = yes(p.lines.len() > 1 && p.begin <= c.begin && c.begin < p.first);
    if late && c.lines.len() > 1 && p.first <= c.first {
        let before = p.lines.partition_point(|order| scene.lines[*order as usize].time <= c.first);
        let last = before.checked_sub(1).map_or(p.first, |at| scene.lines[p.lines[at] as usize].time);
        out[LATE_IN_HEAD] = 1.0;
        out[LATE_IN_HEAD_GAP] = scaled(c.first - last);
    }
}

/// What is so of the parent.
fn about_parent(
    scene: &Scene,
    child: &Child<'_>,
    parent: u32,
    (anchor, habits): (Option<&Line>, &Habits),
    out: &mut Features,
) {
    let (p, c) = (&scene.nodes[parent as usize], &scene.nodes[child.node as usize]);
    if let Some(first) = scene.opening(parent) {
        out[OPENS_RECEIVING] = act(first, &[Act::Receive]);
        out[OPENS_SENDING] = act(first, &[Act::Send]);
        out[OPENS_CALLING] = act(first, &[Act::Call]);
        out[OPENS_STARTING] = act(first, &[Act::Start]);
    }
    if let Some(line) = anchor {
        out[LAST_SENT] = act(line, &[Act::Send, Act::Call]);
        out[LAST_BEGAN] = yes(line.act.begins());
    }
    // what it left for later, under a number that only its service knows, is its own none the less
    let left =
        c.hands && p.lines.len() > 1 && child.rarest.as_ref().is_some_and(|rarest| rarest.left_by(parent));
    if left {
        out[SAME_SENT_RECEIVED] = 1.0;
    } else if p.service == c.service
        && let Some(line) = scene.lines_of(parent).last().filter(|line| line.time <= c.begin && line.closes)
    {
        let since = (c.begin - line.time) as f32;
        // one record may tell what began a span, unless another one is at work that may go on with the child
        if p.lines.len() > 1
            || child.at_work.is_some_and(|other| other < p.opens) && !habits.goes_on(p.kind)
            || is_part_of_closed(scene, child, parent)
        {
            out[SAME_CLOSED] = 1.0 + since / (since + super::SLACK as f32);
        }
    }
    out[PARENT_HANDS] = yes(p.hands);
    out[PARENT_SINGLE] = yes(p.lines.len() == 1);
    out[PARENT_LENGTH] = scaled(p.last - p.begin);
    let (parents, childs) = p.ranks(c);
    out[ONE_RANK] = yes(parents == childs);
    if let Some(rarest) = &child.rarest
        && rarest.held_by(parent)
    {
        out[RARE_HELD] = rarest.rarity();
    }
}

/// Whether a span of the child's service took place within another one of it, which told more than that and was over, too, when
/// the child began: what is left by then is that one's.
fn is_part_of_closed(scene: &Scene, child: &Child<'_>, part: u32) -> bool {
    /// So many that began before it are looked at.
    const MAX_BEFORE: usize = 64;
    let own = &scene.nodes[part as usize];
    let before = child.service_began.partition_point(|(_, begin, _)| *begin <= own.begin);
    child.service_began[..before].iter().rev().take(MAX_BEFORE).any(|&(.., other)| {
        let whole = &scene.nodes[other as usize];
        other != part && whole.lines.len() > 1 && own.last <= whole.last && whole.last <= child.begin
    })
}

/// What speaks for a parent of the child's service.
fn one_service(scene: &Scene, child: &Child<'_>, parent: u32, anchor: Option<&Line>, out: &mut Features) {
    let (p, c) = (&scene.nodes[parent as usize], &scene.nodes[child.node as usize]);
    let open = is_open(scene, parent, child.begin + child.blur);
    let received = act(child.opening, &[Act::Receive]);
    let finished = scene.lines_of(parent).any(|line| {
        line.order < child.opens
            && line.act == Act::End
            && (line.duration.is_some() || line.order == p.lines.last().copied().unwrap_or(0))
    });
    out[SAME] = 1.0;
    out[SAME_INNERMOST] = yes(child.innermost_same == Some(parent));
    out[SAME_ACTIVE] = yes(child.active_same == Some(parent));
    out[SAME_LATEST] = yes(child.latest_same == Some(parent));
    out[SAME_SILENT] = yes(!open && !finished);
    out[SAME_KIND] = yes(p.form == c.form);
    let thread = anchor.map_or(Symbol::NONE, |line| line.thread);
    let known = !thread.is_none() && !child.opening.thread.is_none();
    out[SAME_THREAD] = yes(known && thread == child.opening.thread);
    out[SAME_OTHER_THREAD] = yes(known && thread != child.opening.thread);
    out[SAME_THREAD_FIRST] = yes(child.thread_first == Some(parent));
    out[SAME_THREAD_BEGAN] = yes(child.thread_began == Some(parent));
    out[SAME_THREAD_NEW] = yes(known && child.thread_first.is_none());
    out[SAME_RECEIVED] = received;
    out[SAME_JUST_BEGUN] = yes(anchor.is_some_and(|line| line.act.begins()));
    out[SAME_OPEN_RECEIVED] = yes(open) * received;
    out[SAME_VALUES] = shared(scene, child, parent);
    out[SAME_AROUND_CHILD] = yes(contains(p, c));
    out[SAME_WITHIN_CHILD] = yes(contains(c, p));
    out[SAME_INMOST] = yes(child.inmost_same == Some(parent));
    out[SAME_TOOK] = yes(p.begin < p.first);
    out[SAME_CHILD_TOOK] = yes(c.begin < c.first);
    out[SAME_PARENT_CALLS] = yes(p.calls);
    out[SAME_CHILD_CALLS] = yes(c.calls);
}

/// What speaks for a parent of another service.
fn two_services(scene: &Scene, child: &Child<'_>, parent: u32, anchor: Option<&Line>, out: &mut Features) {
    let (p, c) = (&scene.nodes[parent as usize], &scene.nodes[child.node as usize]);
    let around = contains(p, c);
    out[CROSS_OPEN] = yes(is_open(scene, parent, child.begin + child.blur));
    out[CROSS_ENDED] = anchor.map_or(0.0, |line| act(line, &[Act::End, Act::Answer]));
    out[CROSS_RECEIVED] = act(child.opening, &[Act::Receive]);
    out[CROSS_THREAD_NEW] = yes(!child.opening.thread.is_none() && child.thread_first.is_none());
    out[CROSS_THREAD_OLD] = yes(child.thread_first.is_some());
    out[CROSS_ALONE] = yes(child.innermost_same.is_none());
    out[CROSS_FIRST] = yes(child.first_of_service);
    out[CROSS_AROUND_CHILD] = yes(around);
    out[CROSS_WITHIN_CHILD] = yes(contains(c, p));
    out[CROSS_INMOST] = yes(child.inmost_cross == Some(parent));
    out[CROSS_CHILD_TOOK] = yes(c.begin < c.first);
    if around {
        // what a caller and the called one see differs by the network only
        out[WAY_BACK] = scaled(p.last - c.last);
    }
}

/// How the two stand in time.
fn times(scene: &Scene, child: &Child<'_>, parent: u32, point: Option<(Symbol, i64)>, out: &mut Features) {
    let (p, c) = (&scene.nodes[parent as usize], &scene.nodes[child.node as usize]);
    let gap = point.map_or(0, |(_, time)| child.begin - time);
    out[if p.service == c.service { SAME_GAP } else { CROSS_GAP }] = scaled(gap);
    let time = |line: Option<&Line>| line.map_or(0, |line| line.time);
    let whole = time(scene.lines.last()) - time(scene.lines.first());
    out[GAP_SHARE] = (gap as f32 / whole.max(1_000_000) as f32).clamp(-1.0, 1.0);
    out[OUTLASTS] = scaled(p.last - c.last) - scaled(c.last - p.last);
    out[PRECEDES] = scaled(c.begin - p.begin) - scaled(p.begin - c.begin);
    let place = p.lines.partition_point(|order| scene.lines[*order as usize].time < c.last);
    if let Some(next) = p.lines.get(place).map(|order| &scene.lines[*order as usize]) {
        out[GOES_ON_GAP] = scaled(next.time - c.last);
        let ends = c.lines.last().copied().unwrap_or_default();
        out[GOES_ON_RECORDS] = log2(1.0 + next.order.saturating_sub(ends) as f32).min(6.0) / 2.0;
    }
}

/// Whether a parent of the child's service is the last one of several of its kind that other services caused, and nothing else
/// tells how the child came about: what waits for several follows the last one. A request or a message comes from elsewhere, and
/// a span that is around the child is what it is part of.
fn gathers(scene: &Scene, child: &Child<'_>, parent: u32, known: Known<'_>) -> bool {
    let (p, c) = (&scene.nodes[parent as usize], &scene.nodes[child.node as usize]);
    let comes_in = |line: &Line| !line.route.is_none() || line.act == Act::Receive;
    let last = p.rank.1 > 1 && p.rank.0 + 1 == p.rank.1 && c.rank.1 == 1;
    let meanwhile = || {
        let began =
            child.service_began.iter().filter(|(_, begin, other)| *begin >= p.begin && *other != parent);
        began.map(|(.., other)| *other).filter(|other| *other != child.node)
    };
    let alone =
        |other: u32| scene.nodes[other as usize].rank.1 == 1 && !scene.opening(other).is_some_and(comes_in);
    let handed = |line: &Line| {
        scene.which(line).iter().any(|which| {
            let nodes = scene.holders.value(*which).nodes;
            let elsewhere = |node: &u32| scene.nodes[*node as usize].service != p.service;
            nodes.len() <= ties::MOST_HOLDERS && nodes.iter().any(elsewhere)
        })
    };
    last && !comes_in(child.opening)
        && scene.opening(parent).is_some_and(|line| comes_in(line) || handed(line))
        && child.inmost_cross.is_none()
        && child.inmost_same.is_none()
        && meanwhile().all(alone)
        && child.mentioned(known.lexicon) < 0.5
}

/// What is usual of the two kinds.
fn usual(
    scene: &Scene,
    child: &Child<'_>,
    parent: u32,
    relation: &Relation,
    known: Known<'_>,
    out: &mut Features,
) {
    let (p, c) = (&scene.nodes[parent as usize], &scene.nodes[child.node as usize]);
    let same = p.service == c.service;
    let Relation { between, after, .. } = relation;
    let habit = between.habit;
    out[ORDER] = habit.order;
    out[ORDER_NEAR] = habit.order_near;
    out[NEEDED] = habit.needed;
    out[EQUAL] = habit.equal;
    if same && gathers(scene, child, parent, known) {
        out[SAME_GATHERED] = habit.gathers;
    }
    [out[NEEDED_ALWAYS], out[IMPLIED_ALWAYS]] = between.exceptions;
    out[PARENT_ENTERS] = between.enters;
    out[if same { SAME_AROUND } else { CROSS_AROUND }] = habit.around;
    [out[BEFORE_TIGHT], out[BEFORE_NARROW]] = relation.before;
    let sure = after.tight * after.steady;
    out[AFTER_NARROW] = after.narrow;
    match (relation.late, same) {
        (false, true) => {
            out[SAME_AFTER_TIGHT] = after.tight;
            out[SAME_AFTER_STEADY] = after.steady;
            out[SAME_AFTER_FIT] = after.fit;
            out[SAME_AFTER_SURE] = sure;
        }
        (false, false) => {
            out[CROSS_AFTER_TIGHT] = after.tight;
            out[CROSS_AFTER_STEADY] = after.steady;
            out[CROSS_AFTER_SURE] = sure;
        }
        (true, true) => {
            out[LATE_SAME_AFTER_TIGHT] = after.tight;
            out[LATE_SAME_AFTER_FIT] = after.fit;
            out[LATE_SAME_AFTER_SURE] = sure;
        }
        (true, false) => {
            out[LATE_CROSS_AFTER_TIGHT] = after.tight;
            out[LATE_CROSS_AFTER_STEADY] = after.steady;
            out[LATE_CROSS_AFTER_FIT] = after.fit;
            out[LATE_CROSS_AFTER_SURE] = sure;
        }
    }
    let (parents, childs) = p.ranks(c);
    if parents.1 == childs.1 && parents.1 > 1 {
        match (same, parents.0 == childs.0) {
            (true, true) => {}
            (true, false) => out[SAME_OTHER_RANK] = habit.equal,
            (false, true) => out[CROSS_RANK] = habit.equal,
            (false, false) => out[CROSS_OTHER_RANK] = habit.equal,
        }
    }
}

/// Whether a parent of another service tells that it sent or called anything.
fn told(
    scene: &Scene,
    child: &Child<'_>,
    parent: u32,
    anchor: Option<&Line>,
    late: bool,
    out: &mut Features,
) {
    let (p, c) = (&scene.nodes[parent as usize], &scene.nodes[child.node as usize]);
    let mention = out[MENTION];
    let outgoing = anchor.map_or(0.0, |line| act(line, &[Act::Send, Act::Call]));
    let sent = yes(child.rarest.as_ref().is_some_and(|rarest| rarest.sent_by(parent)));
    let told = mention.max(outgoing).max(sent).max(out[SENT_NAMES].min(1.0));
    if late {
        out[LATE_TELLS] = mention;
    } else if contains(p, c) {
        out[AROUND_MENTION] = mention;
        out[AROUND_SILENT] = 1.0 - told;
    } else {
        out[BESIDE_SENT] = outgoing;
        out[BESIDE_SILENT] = 1.0 - told;
        out[BESIDE_MENTION_SENT] = mention * outgoing;
    }
}

/// A span of the child's service that began since the parent's last record is rather what the parent caused.
fn entered(scene: &Scene, child: &Child<'_>, parent: u32, point: Option<(Symbol, i64)>, out: &mut Features) {
    let (p, c) = (&scene.nodes[parent as usize], &scene.nodes[child.node as usize]);
    let since = point.map_or(p.begin, |(_, time)| time);
    let mut between = child.service_began.iter().rev().take_while(|(_, begin, _)| *begin > since);
    let entered = between.any(|(.., other)| *other != child.node && *other != parent);
    if p.service != c.service {
        out[CROSS_ENTERED] = yes(entered);
        return;
    }
    let beside = |before: u32| before != parent && scene.nodes[before as usize].service == p.service;
    out[SAME_ENTERED] = yes(entered);
    out[SAME_JUST_BEFORE] = yes(child.just_before == Some(parent));
    out[SAME_BESIDE] = yes(child.just_before.is_some_and(beside));
    out[SAME_FOLLOWS] = child.follows;
    out[SAME_MAY_FOLLOW] = yes(child.inmost_open.is_some());
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
    if same {
        out[LATE_SAME_ENDS] = ends;
        out[LATE_SAME_MORE] = yes(p.lines.len() > 1);
        return;
    }
    out[LATE_CROSS] = 1.0;
    out[LATE_CROSS_GAP] = scaled(first.time - child.last);
    out[LATE_CROSS_ENDS] = ends;
    out[LATE_CROSS_OPEN] = yes(child.of_service(scene, p.service, known.lexicon).open);
    out[LATE_CROSS_AFTER] = yes(p.first >= c.last);
    out[LATE_CROSS_SINGLE] = yes(p.lines.len() == 1);
    out[LATE_CROSS_RECEIVED] = act(child.opening, &[Act::Receive]);
    out[LATE_CROSS_HANDED_VALUES] = out[HANDED_VALUES];
    out[LATE_CROSS_MENTION] = out[MENTION];
    out[LATE_CROSS_WORDS] = out[WORDS];
}
