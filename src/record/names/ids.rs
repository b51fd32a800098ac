//! Names that, by their spelling, name ids.

use super::NameHash;
use rustc_hash::FxHashSet;
use std::sync::LazyLock;

/// Names of ids by which logs tie records together, whatever the business.
const CORRELATIONS: &str = "\
    requestid reqid correlationid corrid messageid msgid transactionid txid txnid sessionid taskid jobid eventid \
    uniqueid operationid conversationid workflowid runid executionid invocationid awsrequestid rid xrequestid \
    xcorrelationid corr cid xid reqno requestuuid correlation jid tid opid callid processid batchid sagaid \
    activityid rootid causationid deliveryid segmentid traceno interactionid flowid functionrequestid";

/// What the machinery is made of.
const MACHINES: &str = "\
    kubernetes k8s agent host container cloud ecs beat metadata docker node machine pod process datastream \
    telemetry ec2";

/// Ids of the machinery.
const MACHINE_IDS: &str = "\
    dockerid containerid podid poduid hostid machineid bootid agentid ephemeralid imageid containerimageid \
    nodeid clusterid insertid processid threadid pid tid uid gid namespaceid kubernetespodid syslogpid \
    instanceid cloudaccountid aaguid";

/// Who works with a system, what he has there, and what it is made of.
const LASTING: &str = "\
    user usr api org entry client customer account tenant realm org organization organisation company workspace project \
    subscription member owner principal person profile group role team department device disk drive volume \
    partition part filesystem fs gpu cpu vm host server datacenter region zone site location store shop merchant \
    vendor product application app installation license author actor creator contact employee asset sensor network \
    subnet vpc bucket dataset table schema database repo repository environment plugin";

/// Whether a name, by its spelling, names an id: `order_id`, `orderId`, `ID`, `request.uuid`, `bookingRef`.
pub fn names_an_id(name: &[u8]) -> bool {
    const ENDS: &[&[u8]] = &[b"id", b"uuid", b"guid", b"ref", b"ids"];
    // the number of a severity
    if ends_with_ignoring_case(name, b"levelid") || ends_with_ignoring_case(name, b"level_id") {
        return false;
    }
    ENDS.iter().any(|end| ends_with_word(name, end))
}

/// Whether a name is that of an id by which logs tie records together, whatever the business.
pub fn names_a_correlation(name: &[u8]) -> bool {
    static HASHES: LazyLock<FxHashSet<u64>> = LazyLock::new(|| hashes(CORRELATIONS));
    HASHES.contains(&NameHash::of(name).0)
}

/// Whether an id names a part of the machinery (a container, an agent, a host), not of a transaction.
pub fn names_machinery(container: &[u8], name: &[u8]) -> bool {
    static PARTS: LazyLock<FxHashSet<u64>> = LazyLock::new(|| hashes(MACHINES));
    static IDS: LazyLock<FxHashSet<u64>> = LazyLock::new(|| hashes(MACHINE_IDS));
    let bare = container.rsplit(|&byte| byte == b'.').next().unwrap_or(container);
    // "container.id", "host.id" written in one
    let first = name.split(|byte| matches!(byte, b'.' | b'_')).next().unwrap_or_default();
    PARTS.contains(&NameHash::of(bare).0)
        || names_hardware(name)
        || IDS.contains(&NameHash::of(name).0)
        || numbers_a_process(name)
        || first.len() < name.len() && first != b"process" && PARTS.contains(&NameHash::of(first).0)
}

/// `host_uuid`, `hardwareId`, `product_uuid`: ids of a machine and its parts.
fn names_hardware(name: &[u8]) -> bool {
    const THINGS: [&[u8]; 12] = [
        b"host",
        b"machine",
        b"boot",
        b"hardware",
        b"hw",
        b"device",
        b"node",
        b"instance",
        b"system",
        b"bios",
        b"chassis",
        b"board",
    ];
    let bare = |end: &[u8]| {
        let start = name.len().checked_sub(end.len())?;
        name[start..].eq_ignore_ascii_case(end).then(|| {
            let thing = &name[..start];
            thing
                .strip_suffix(b"_")
                .or(thing.strip_suffix(b"-"))
                .or(thing.strip_suffix(b"."))
                .unwrap_or(thing)
        })
    };
    let is = |thing: &[u8], known: &[u8]| thing.eq_ignore_ascii_case(known);
    let uuid = bare(b"uuid").or_else(|| bare(b"guid"));
    uuid.is_some_and(|thing| is(thing, b"product"))
        || uuid.or_else(|| bare(b"id")).is_some_and(|thing| THINGS.iter().any(|known| is(thing, known)))
}

/// Whether a name is that of what outlives any request: `userId`, `auth_client.uuid`, `PARTUUID`, or the container of such an id.
pub fn names_a_lasting_thing(name: &[u8]) -> bool {
    static THINGS: LazyLock<FxHashSet<u64>> = LazyLock::new(|| hashes(LASTING));
    let stem = [&b"uuid"[..], b"guid", b"ids", b"id"]
        .iter()
        .find(|end| ends_with_ignoring_case(name, end))
        .map_or(name, |end| &name[..name.len() - end.len()]);
    let end = stem.iter().rposition(u8::is_ascii_alphanumeric).map_or(0, |at| at + 1);
    let stem = &stem[..end];
    let begins = |at: &usize| {
        !stem[*at - 1].is_ascii_alphanumeric()
            || stem[*at].is_ascii_uppercase() && stem[*at - 1].is_ascii_lowercase()
    };
    let start = (1..stem.len()).rfind(begins).unwrap_or(0);
    !stem.is_empty() && THINGS.contains(&NameHash::of(&stem[start..]).0)
}

/// `callingPid`, `parent_pid`, `owner-uid`: numbers that the operating system gives.
fn numbers_a_process(name: &[u8]) -> bool {
    [&b"pid"[..], b"uid", b"gid", b"tgid", b"ppid"].iter().any(|end| {
        let Some(start) = name.len().checked_sub(end.len()).filter(|start| *start > 0) else { return false };
        name[start..].eq_ignore_ascii_case(end)
            && (!name[start - 1].is_ascii_alphanumeric()
                || name[start].is_ascii_uppercase() && name[start - 1].is_ascii_lowercase())
    })
}

/// Whether a field's value, by its whole path or its own name, may be what was put to a database: `sql`, `db.statement`.
pub fn names_a_statement(name: NameHash) -> bool {
    static NAMES: LazyLock<FxHashSet<u64>> = LazyLock::new(|| hashes(STATEMENTS));
    NAMES.contains(&name.0)
}

/// Whether a name says in which unit its values are, so that they are measured: `lag_ms`, `heap.mb`, `sizeBytes`.
pub fn names_a_measure(name: &[u8]) -> bool {
    const UNITS: &[&[u8]] = &[
        b"ms",
        b"millis",
        b"milliseconds",
        b"us",
        b"micros",
        b"ns",
        b"nanos",
        b"sec",
        b"secs",
        b"seconds",
        b"minutes",
        b"bytes",
        b"kb",
        b"mb",
        b"gb",
        b"kib",
        b"mib",
        b"gib",
        b"pct",
        b"percent",
    ];
    UNITS.iter().any(|unit| name.len() > unit.len() && ends_with_word(name, unit))
}

/// Whether a word says that what follows is a digest, also where it names nothing: "checksum [9e10…]". Words that may as
/// well name a service or a logger ("auth", "image") do not.
pub fn says_digest(word: &[u8]) -> bool {
    const WORDS: &[&[u8]] = &[
        b"md5",
        b"md5sum",
        b"sha",
        b"sha1",
        b"sha1sum",
        b"sha256",
        b"sha256sum",
        b"digest",
        b"checksum",
        b"hash",
        b"etag",
        b"fingerprint",
        b"commit",
        b"crc",
        b"thumbprint",
    ];
    WORDS.contains(&word)
}

/// See [`names_a_statement`]; those of OpenTelemetry's semantic conventions among them.
const STATEMENTS: &str = "sql dbstatement dbquerytext sqlquery sqltext sqlstatement dbsql query stmt";

/// The hashes of the names in a list.
pub(super) fn hashes(list: &str) -> FxHashSet<u64> {
    list.split_ascii_whitespace().map(|name| NameHash::of(name.as_bytes()).0).collect()
}

/// Whether `name` ends with `word` (lowercase) as a word of its own: after a separator, or capitalized after a small letter.
pub fn ends_with_word(name: &[u8], word: &[u8]) -> bool {
    let Some(start) = name.len().checked_sub(word.len()) else { return false };
    if !name[start..].eq_ignore_ascii_case(word) {
        return false;
    }
    let Some(&before) = start.checked_sub(1).and_then(|index| name.get(index)) else { return true };
    !before.is_ascii_alphanumeric()
        || name[start].is_ascii_uppercase() && before.is_ascii_lowercase()
        || name[start].is_ascii_uppercase() && before.is_ascii_digit()
        // "traceid", "requestid" written in one: long enough not to be "paid" or "valid", nor the "pid" of a process
        || word == b"id"
            && name.len() >= 6
            && last_word(name).len() > 3
            && !NOT_IDS.iter().any(|other| ends_with_ignoring_case(name, other))
}

/// What stands behind the last separator.
fn last_word(name: &[u8]) -> &[u8] {
    let start = name.iter().rposition(|byte| !byte.is_ascii_alphanumeric()).map_or(0, |at| at + 1);
    &name[start..]
}

/// Words that end in "id" and name no id.
const NOT_IDS: &[&[u8]] = &[
    b"valid", b"paid", b"void", b"avoid", b"solid", b"grid", b"bid", b"acid", b"fluid", b"hybrid", b"rapid",
    b"said", b"android", b"liquid", b"vivid", b"raid", b"maid", b"rigid", b"humid", b"did",
];

fn ends_with_ignoring_case(name: &[u8], end: &[u8]) -> bool {
    name.len() >= end.len() && name[name.len() - end.len()..].eq_ignore_ascii_case(end)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn measures_are_told_by_their_unit() {
        for name in ["lag_ms", "heap.mb", "sizeBytes", "wait_seconds"] {
            assert!(names_a_measure(name.as_bytes()), "{name}");
        }
        for name in ["ms", "items", "bonus", "order_id", "platforms"] {
            assert!(!names_a_measure(name.as_bytes()), "{name}");
        }
    }

    #[test]
    fn ids_are_told_by_the_end_of_the_name() {
        for name in
            ["order_id", "orderId", "id", "requestID", "requestid", "wf-run-id", "bookingRef", "message.uuid"]
        {
            assert!(names_an_id(name.as_bytes()), "{name}");
        }
        for name in ["valid", "paid", "invalid", "void", "index", "href", "pid", "process.pid", "process_pid"]
        {
            assert!(!names_an_id(name.as_bytes()), "{name}");
        }
    }
}
