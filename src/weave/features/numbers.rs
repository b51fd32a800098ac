//! What each number of a candidate is.
//!
//! "One service" means that the number is 0 where parent and child are of two services, and the other way round.

/// Gives each number its place.
macro_rules! numbers {
    ($($(#[doc = $doc:literal])* $name:ident,)*) => {
        #[allow(non_camel_case_types, clippy::upper_case_acronyms, reason = "names of the constants below")]
        enum Place { $($name,)* COUNT }
        $($(#[doc = $doc])* pub const $name: usize = Place::$name as usize;)*
        /// Numbers a candidate.
        pub const COUNT: usize = Place::COUNT as usize;
    };
}

numbers! {
    /// Both are of one service.
    SAME,
    /// One service: of those that were open the one that began last.
    SAME_INNERMOST,
    /// One service: the one that logged last before the child.
    SAME_ACTIVE,
    /// One service: the one that began last.
    SAME_LATEST,
    /// One service: not open, and not known to be finished.
    SAME_SILENT,
    /// One service: both are of one kind.
    SAME_KIND,
    /// One service, on one thread.
    SAME_THREAD,
    /// One service, on two threads.
    SAME_OTHER_THREAD,
    /// One service, on one thread: the first one on it.
    SAME_THREAD_FIRST,
    /// One service, on one thread: the latest one on it that began by receiving or starting something.
    SAME_THREAD_BEGAN,
    /// One service: the child is the first one on its thread.
    SAME_THREAD_NEW,
    /// Two services: the child is the first one on its thread.
    CROSS_THREAD_NEW,
    /// Two services: the child is not the first one on its thread.
    CROSS_THREAD_OLD,
    /// One service: the time since the parent's last record.
    SAME_GAP,
    /// One service: the child receives.
    SAME_RECEIVED,
    /// One service: the parent's last record receives or starts.
    SAME_JUST_BEGUN,
    /// Two services: the parent was open.
    CROSS_OPEN,
    /// Two services: the time since the parent's last record.
    CROSS_GAP,
    /// Two services: the parent's last record ends or answers.
    CROSS_ENDED,
    /// Two services: the child receives.
    CROSS_RECEIVED,
    /// Two services: no span of the child's service was open.
    CROSS_ALONE,
    /// Two services: the child is the first of its service.
    CROSS_FIRST,
    /// Two services: values that both hold, by how rare they are.
    VALUES,
    /// One service: values that both hold, by how rare they are.
    SAME_VALUES,
    /// The candidate with most of [`VALUES`].
    MOST_VALUES,
    /// Two services: names that both hold.
    NAMES,
    /// Two services: names in what the parent sends that the child holds.
    SENT_NAMES,
    /// Two services: the parent names the child's service.
    NAMES_CHILD,
    /// Two services: the child names the parent's service.
    NAMED_BY_CHILD,
    /// Two services: one route.
    ROUTE,
    /// Two services: the rarest value in what the parent sends that the child holds.
    SENT_VALUE,
    /// There is no parent.
    NONE,
    /// No parent: the child is the first of all.
    NONE_FIRST,
    /// No parent: the child is the first of its service.
    NONE_FIRST_OF_SERVICE,
    /// The candidate with most of [`NAMES`].
    MOST_NAMES,
    /// Learned: how often the one kind causes the other, of edges that were certain.
    CAUSES,
    /// Learned: how often such children have parents in this relation: of their service, or of another one.
    INSIDE,
    /// Learned, no parent: how often the kind has none.
    NONE_CAUSES,
    /// One service: the parent was open, and the child receives.
    SAME_OPEN_RECEIVED,
    /// The candidate with most of [`SAME_VALUES`].
    MOST_SAME_VALUES,
    /// One service, the parent logs only later: it ends or answers then.
    LATE_SAME_ENDS,
    /// One service, the parent logs only later: it logs more than one record.
    LATE_SAME_MORE,
    /// Two services, and the parent logs only later.
    LATE_CROSS,
    /// Two services, the parent logs only later: the time until then.
    LATE_CROSS_GAP,
    /// Two services, the parent logs only later: it ends or answers then.
    LATE_CROSS_ENDS,
    /// Two services, the parent logs only later: another span of its service was open.
    LATE_CROSS_OPEN,
    /// Two services, the parent logs only later: after the end of the child.
    LATE_CROSS_AFTER,
    /// Two services, the parent logs only later: one record.
    LATE_CROSS_SINGLE,
    /// Two services, the parent logs only later: the child receives.
    LATE_CROSS_RECEIVED,
    /// One service: words that both have in common.
    SAME_WORDS,
    /// Two services: words that both have in common.
    WORDS,
    /// How surely the parent's kind comes first.
    ORDER,
    /// The same where the parent's kind may log its first record a moment after the child's.
    ORDER_NEAR,
    /// The share of transactions with the child's kind that have the parent's.
    NEEDED,
    /// The share of transactions with both kinds that have as many of each.
    EQUAL,
    /// How narrow the gaps before the child are.
    BEFORE_TIGHT,
    /// Two services: how clearly the parent names the child's service.
    MENTION,
    /// Two services: how clearly the child names the parent's service.
    MENTIONED,
    /// Two services: how clearly the child names a third one instead.
    MENTIONS_ANOTHER,
    /// The candidate with most of [`MENTION`].
    MOST_MENTION,
    /// The candidate with most of [`MENTIONED`].
    MOST_MENTIONED,
    /// The candidate with most of [`SAME_WORDS`].
    MOST_SAME_WORDS,
    /// The candidate with most of [`BEFORE_TIGHT`].
    MOST_BEFORE_TIGHT,
    /// One service: how often the child's kind begins while one of the parent's is open.
    SAME_AROUND,
    /// Two services: how often the child's kind begins while one of the parent's is open.
    CROSS_AROUND,
    /// Two services: values in one record of the parent, less if that is how it got them itself.
    HANDED_VALUES,
    /// Two services: words in one record of the parent, less if that is how it was called itself.
    HANDED_WORDS,
    /// Two services: how surely the parent's only record before the child tells how it was called itself.
    ENTERED_ONLY,
    /// The candidate with most of [`HANDED_VALUES`].
    MOST_HANDED_VALUES,
    /// The candidate with most of [`HANDED_WORDS`].
    MOST_HANDED_WORDS,
    /// Two services, the parent logs only later: as [`HANDED_VALUES`].
    LATE_CROSS_HANDED_VALUES,
    /// Two services, the parent logs only later: as [`MENTION`].
    LATE_CROSS_MENTION,
    /// One service: the parent surrounds the child.
    SAME_AROUND_CHILD,
    /// One service: the child surrounds the parent.
    SAME_WITHIN_CHILD,
    /// One service: the shortest that surrounds the child.
    SAME_INMOST,
    /// Two services: the parent surrounds the child.
    CROSS_AROUND_CHILD,
    /// Two services: the child surrounds the parent.
    CROSS_WITHIN_CHILD,
    /// Two services: the shortest that surrounds the child.
    CROSS_INMOST,
    /// One service: how narrow the gaps after the child are, to what the parent does next.
    SAME_AFTER_TIGHT,
    /// One service: how often such gaps count to such a record.
    SAME_AFTER_STEADY,
    /// One service: how well this gap fits them.
    SAME_AFTER_FIT,
    /// One service: the gaps after the child are narrow and steady.
    SAME_AFTER_SURE,
    /// Two services: how narrow the gaps after the child are, to what the parent does next.
    CROSS_AFTER_TIGHT,
    /// Two services: how often such gaps count to such a record.
    CROSS_AFTER_STEADY,
    /// Two services: the gaps after the child are narrow and steady.
    CROSS_AFTER_SURE,
    /// One service, as many of each kind, but of two ranks: how usual as many are.
    SAME_OTHER_RANK,
    /// Two services, as many of each kind, both of one rank: how usual as many are.
    CROSS_RANK,
    /// Two services, as many of each kind, but of two ranks: how usual as many are.
    CROSS_OTHER_RANK,
    /// Two services, the parent around the child: the time between their ends.
    WAY_BACK,
    /// One service: the parent's start is told by a duration.
    SAME_TOOK,
    /// One service: the child's start is told by a duration.
    SAME_CHILD_TOOK,
    /// One service: the parent is a call of another service: see [`Node::calls`](crate::weave::scene::Node::calls).
    SAME_PARENT_CALLS,
    /// One service: the child is a call of another service.
    SAME_CHILD_CALLS,
    /// Two services: the child's start is told by a duration.
    CROSS_CHILD_TOOK,
    /// No parent: the child's start is told by a duration.
    NONE_TOOK,
    /// No parent: the child is a call of another service.
    NONE_CALLS,
    /// One service, the parent logs only later: as [`SAME_AFTER_TIGHT`].
    LATE_SAME_AFTER_TIGHT,
    /// One service, the parent logs only later: as [`SAME_AFTER_FIT`].
    LATE_SAME_AFTER_FIT,
    /// One service, the parent logs only later: as [`SAME_AFTER_SURE`].
    LATE_SAME_AFTER_SURE,
    /// Two services, the parent logs only later: as [`CROSS_AFTER_TIGHT`].
    LATE_CROSS_AFTER_TIGHT,
    /// Two services, the parent logs only later: as [`CROSS_AFTER_STEADY`].
    LATE_CROSS_AFTER_STEADY,
    /// Two services, the parent logs only later: how well this gap fits them.
    LATE_CROSS_AFTER_FIT,
    /// Two services, the parent logs only later: as [`CROSS_AFTER_SURE`].
    LATE_CROSS_AFTER_SURE,
    /// Two services, the parent logs only later: as [`WORDS`].
    LATE_CROSS_WORDS,
    /// The candidate with most of [`LATE_CROSS_AFTER_SURE`].
    MOST_LATE_CROSS_AFTER_SURE,
    /// One service: the parent held the child's rarest value first, which stands in the child's first record.
    SAME_RARE_BORN,
    /// One service: the parent holds it, too.
    SAME_RARE_HELD,
    /// Two services: the parent alone is said to have sent it.
    CROSS_RARE_SENT,
    /// Two services: the parent held the child's rarest value first, which stands in the child's first record.
    CROSS_RARE_BORN,
    /// Two services: the parent holds it, too.
    CROSS_RARE_HELD,
    /// Two services: another one is said to have sent it.
    CROSS_RARE_ELSEWHERE,
    /// One service: the parent had the child's newest value first: see [`ties::newest`](super::ties::newest).
    SAME_NEWEST_BORN,
    /// One service: the parent holds it, too.
    SAME_NEWEST_HELD,
    /// One service: the parent was over when it came up.
    SAME_NEWEST_MISSED,
    /// One service: it came up while the parent was open.
    SAME_NEWEST_AROUND,
    /// Two services: the parent had the child's newest value first.
    CROSS_NEWEST_BORN,
    /// Two services: the parent holds it, too.
    CROSS_NEWEST_HELD,
    /// Two services: the parent was over when it came up.
    CROSS_NEWEST_MISSED,
    /// Two services: it came up while the parent was open.
    CROSS_NEWEST_AROUND,
    /// How surely another one that holds the child's rarest value stands between the two.
    BETWEEN,
    /// Two services and two trace ids.
    CROSS_OTHER_TRACE,
    /// Two services and two trace ids, the child the first of its own.
    CROSS_OTHER_TRACE_FIRST,
    /// One service and two trace ids.
    SAME_OTHER_TRACE,
    /// One service and two trace ids, the child the first of its own.
    SAME_OTHER_TRACE_FIRST,
    /// One service: another one of it began since the parent's last record.
    SAME_ENTERED,
    /// One service: the record right before the child is the parent's.
    SAME_JUST_BEFORE,
    /// One service: the record right before the child is that of another one of it.
    SAME_BESIDE,
    /// One service: how surely the child's kind begins while another of it may be open.
    SAME_FOLLOWS,
    /// One service: another of it may be open.
    SAME_MAY_FOLLOW,
    /// Two services: another one of the child's began since the parent's last record.
    CROSS_ENTERED,
    /// One service: sent by the parent, as values of the rarest one's name usually are by one span.
    SAME_RARE_USUAL,
    /// Two services: sent by the parent, as values of the rarest one's name usually are by one span.
    CROSS_RARE_USUAL,
    /// Two services: sent by another one, as values of the rarest one's name usually are by one span.
    CROSS_RARE_USUAL_ELSEWHERE,
    /// How rare exceptions from [`NEEDED`] are.
    NEEDED_ALWAYS,
    /// How rare it is that the parent's kind is there without the child's.
    IMPLIED_ALWAYS,
    /// Two services, the parent logs only later: it names the child's service.
    LATE_TELLS,
    /// Two services, the parent around the child: it names the child's service.
    AROUND_MENTION,
    /// Two services, the parent around the child: nothing tells that it sent or called.
    AROUND_SILENT,
    /// Two services, the parent not around the child: its last record sends or calls.
    BESIDE_SENT,
    /// Two services, the parent not around the child: nothing tells that it sent or called.
    BESIDE_SILENT,
    /// Two services, the parent not around the child: it names the child's service, and its last record sends or calls.
    BESIDE_MENTION_SENT,
    /// Whoever the parent is: the child receives.
    CHILD_RECEIVES,
    /// The child ends something.
    CHILD_ENDS,
    /// How surely the child's kind is the first of its service.
    CHILD_ENTERS,
    /// How surely the child's kind begins while another of its service may be open.
    CHILD_FOLLOWS,
    /// The child logs one record.
    CHILD_SINGLE,
    /// How long the child lasts.
    CHILD_LENGTH,
    /// How many of the child's kind there are.
    CHILD_PEERS,
    /// The child is the first of its service.
    CHILD_FIRST,
    /// Another of the child's service may be open.
    CHILD_MAY_FOLLOW,
    /// Another of the child's service surrounds it.
    CHILD_WITHIN,
    /// The child hands over a value that is its own.
    CHILD_HANDS,
    /// How many telling words the child has.
    CHILD_WORDS,
    /// How often one span is said to have sent values such as the child's rarest.
    CHILD_SENT,
    /// How few spans hold the child's rarest value.
    CHILD_RARE,
    /// One service: its rank by the last record before the child.
    SAME_RECENT,
    /// The parent's first record receives.
    OPENS_RECEIVING,
    /// The parent's first record sends.
    OPENS_SENDING,
    /// The parent's first record calls.
    OPENS_CALLING,
    /// The parent's first record starts.
    OPENS_STARTING,
    /// The parent's last record before the child sends or calls.
    LAST_SENT,
    /// The parent's last record before the child receives or starts.
    LAST_BEGAN,
    /// The parent, of the same service, told its end before the child began: 1, towards 2 if that was long before. One that tells
    /// a single record did so only where another one is at work that may go on with the child. Its weight is set by hand: a
    /// fitted one does worse on systems that it was not fitted to.
    SAME_CLOSED,
    /// The parent, of the same service, alone sent what the child begins by receiving, and no other service has it; or it left a
    /// value for the child, which hands on what came of it. Its weight is set by hand, too.
    SAME_SENT_RECEIVED,
    /// One service: the last one of several of its kind that other services caused, if nothing else tells how the child came
    /// about: how often spans of the child's kind come after all of them. Its weight is set by hand, too, and 0 as long as
    /// nothing was learned.
    SAME_GATHERED,
    /// How surely the parent's kind is the first of its service.
    PARENT_ENTERS,
    /// The parent hands over a value that is its own: see [`Node::hands`](crate::weave::scene::Node::hands).
    PARENT_HANDS,
    /// The parent logs one record.
    PARENT_SINGLE,
    /// How long the parent lasts.
    PARENT_LENGTH,
    /// The time since the parent's last record, of the length of the transaction.
    GAP_SHARE,
    /// The parent holds the child's rarest value: how few do.
    RARE_HELD,
    /// By how much the parent outlasts the child, or the child the parent.
    OUTLASTS,
    /// By how much the parent begins before the child, or the child before the parent.
    PRECEDES,
    /// How long after the child's end the parent logs something.
    GOES_ON_GAP,
    /// So many records after the end of the child it does.
    GOES_ON_RECORDS,
    /// As many of each kind, and both of one rank.
    ONE_RANK,
    /// Learned: how often the one kind causes the other, all possible edges counted by their shares.
    POSSIBLE,
    /// Learned: how many such children a parent of this kind has.
    FANS,
    /// How narrow the gaps before the child are, whatever their length.
    BEFORE_NARROW,
    /// How narrow the gaps after the child are, to what the parent does next, whatever their length.
    AFTER_NARROW,
    /// The candidate with most of [`BEFORE_NARROW`].
    MOST_BEFORE_NARROW,
    /// The candidate with most of [`AFTER_NARROW`].
    MOST_AFTER_NARROW,
    /// The child begins after the parent's start as a duration tells it, but before the first of its several records.
    IN_HEAD,
    /// The child's start is told by a duration although it has several records: the share of it before the first one.
    CHILD_HEAD,
    /// The parent logs only later, but before the first of such a child's records.
    LATE_IN_HEAD,
    /// The time from then to that record.
    LATE_IN_HEAD_GAP,
    /// Of the values that the child has in common with any candidate, the most special one that this one holds: how special. It does
    /// not count where it holds others of that name, too, and one of the child's service holds that one alone.
    SCOPE,
    /// The candidate with most of [`SCOPE`].
    MOST_SCOPE,
    /// The most special one that does not count as held: how special.
    SCOPE_LACKED,
    /// The most special one of these in place of which, or beside which, it holds another value: how special.
    SCOPE_OTHER,
    /// Two services: both are about one path.
    REQUEST,
    /// Two services: the child and another candidate are about one path.
    REQUEST_ELSEWHERE,
    /// Drafted: how likely it is.
    DRAFT,
    /// Drafted: it is the likeliest one.
    DRAFT_MOST,
    /// Drafted: so many other children of the child's kind it has.
    DRAFT_KIND,
    /// Drafted: so many other children of the child's service, but not of its kind, it has.
    DRAFT_SERVICE,
    /// Drafted: so many other children of other services it has.
    DRAFT_CROSS,
    /// Drafted: the child is its parent.
    DRAFT_BELOW,
    /// Drafted: both have one parent.
    DRAFT_BESIDE,
    /// Drafted: the child's parent is a child of it.
    DRAFT_ABOVE,
    /// Drafted: it has no parent; for no parent, how many others have none.
    DRAFT_TOP,
    /// How likely it is by its words that the child takes in a request or a message.
    CHILD_TAKES_IN,
    /// That it asks another service or a database.
    CHILD_ASKS,
    /// That it sends a message.
    CHILD_SENDS,
    /// That its first record stands at its end.
    CHILD_AT_END,
    /// Its first record is for developers only.
    CHILD_DEBUG,
    /// One service: [`CHILD_TAKES_IN`].
    SAME_TAKES_IN,
    /// Two services: [`CHILD_TAKES_IN`].
    CROSS_TAKES_IN,
    /// Two services: [`CHILD_ASKS`].
    CROSS_ASKS,
    /// Two services: [`CHILD_SENDS`].
    CROSS_SENDS,
    /// One service: [`CHILD_AT_END`].
    SAME_CHILD_AT_END,
    /// Two services: [`CHILD_AT_END`].
    CROSS_CHILD_AT_END,
    /// One service: how likely it is by its words that the parent takes something in.
    SAME_PARENT_TAKES_IN,
    /// One service: that it asks.
    SAME_PARENT_ASKS,
    /// One service: that it sends.
    SAME_PARENT_SENDS,
    /// One service: the parent's first record is for developers only.
    SAME_PARENT_DEBUG,
    /// Two services: how likely it is by its words that the parent takes something in.
    CROSS_PARENT_TAKES_IN,
    /// Two services: that it asks.
    CROSS_PARENT_ASKS,
    /// Two services: that it sends.
    CROSS_PARENT_SENDS,
    /// Two services: the parent's first record is for developers only.
    CROSS_PARENT_DEBUG,
    /// One service: the parent takes something in, and the child does not.
    SAME_DOES_PART,
    /// Two services: the parent asks, and the child takes it in.
    CROSS_ASKED,
    /// Two services: the parent sends, and the child takes it in.
    CROSS_SENT,
    /// One service, the parent logs only later: how likely its first record stands at its end.
    LATE_SAME_AT_END,
    /// Two services, the parent logs only later: how likely its first record stands at its end.
    LATE_CROSS_AT_END,
    /// No parent: [`CHILD_TAKES_IN`].
    NONE_TAKES_IN,
}

/// The numbers that tell of the child: the same for all of its candidates.
pub const OF_CHILD: [usize; 20] = [
    CHILD_HANDS,
    CHILD_RECEIVES,
    CHILD_ENDS,
    CHILD_ENTERS,
    CHILD_FOLLOWS,
    CHILD_SINGLE,
    CHILD_LENGTH,
    CHILD_PEERS,
    CHILD_FIRST,
    CHILD_MAY_FOLLOW,
    CHILD_WITHIN,
    CHILD_WORDS,
    CHILD_SENT,
    CHILD_RARE,
    CHILD_HEAD,
    CHILD_TAKES_IN,
    CHILD_ASKS,
    CHILD_SENDS,
    CHILD_AT_END,
    CHILD_DEBUG,
];
