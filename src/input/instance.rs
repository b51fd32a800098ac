//! Splits what numbers or names one instance off the name of a service.
//!
//! Split off are: the hash and suffix of a Kubernetes pod, the ordinal of a StatefulSet, Compose, Swarm or Heroku
//! process (`-0`, `_1`, `.1`), and container ids and UUIDs at the end. A word is never split off: a suffix must hold
//! digits as those that are generated do, and `oauth-2`, `http-2` and the like (`NOT_ORDINAL`) are names.

/// Words behind which a number is part of the name.
const NOT_ORDINAL: [&str; 28] = [
    "oauth", "http", "https", "utf", "sha", "md", "ipv", "ip", "tls", "ssl", "saml", "iso", "rfc", "python",
    "py", "java", "jdk", "php", "v", "version", "phase", "step", "part", "level", "tier", "layer", "stage",
    "es",
];

/// What Kubernetes makes random suffixes of: no vowels, and no digits that look like them.
const POD_LETTERS: &[u8] = b"bcdfghjklmnpqrstvwxz2456789";

/// What the hash of a pod template is made of: the digits of a number, each mapped into `POD_LETTERS`.
const HASH_LETTERS: &[u8] = b"456789bcdf";

/// Ordinals have at most this many digits; longer numbers are ports, years and the like.
const MAX_ORDINAL_DIGITS: usize = 3;

/// The service and, if something was split off, the whole name as the instance.
///
/// ```
/// use spanloom::input::split_instance;
///
/// assert_eq!(split_instance("checkout-7d9f8b6c5-x2x4q"), ("checkout", Some("checkout-7d9f8b6c5-x2x4q")));
/// assert_eq!(split_instance("db-0"), ("db", Some("db-0")));
/// assert_eq!(split_instance("load-balancer"), ("load-balancer", None));
/// ```
pub fn split_instance(name: &str) -> (&str, Option<&str>) {
    let service = pod_of_deployment(name)
        .or_else(|| with_generated_id(name))
        .or_else(|| pod_of_set(name).filter(|_| looks_generated(&name[name.len() - 5..])))
        .or_else(|| with_ordinal(name));
    split_at(name, service)
}

/// As [`split_instance`], for a name that is known to be that of a pod: its random suffix is split off even if it might
/// be a word.
pub fn split_pod(name: &str) -> (&str, Option<&str>) {
    let service =
        pod_of_deployment(name).or_else(|| pod_of_set(name)).unwrap_or_else(|| split_instance(name).0);
    (service, Some(name))
}

fn split_at<'a>(name: &'a str, service: Option<&'a str>) -> (&'a str, Option<&'a str>) {
    match service.filter(|service| service.bytes().any(|byte| byte.is_ascii_alphabetic())) {
        Some(service) => (service, Some(name)),
        None => (name, None),
    }
}

/// Whether a name is certainly that of a pod of a Deployment or CronJob.
pub fn is_pod(name: &str) -> bool {
    pod_of_deployment(name).is_some()
}

/// `NAME-HASH-SUFFIX`, or `NAME-HASH` of the ReplicaSet itself.
fn pod_of_deployment(name: &str) -> Option<&str> {
    let (front, last) = name.rsplit_once('-')?;
    if is_template_hash(last) && last.len() >= 8 && last.bytes().any(|byte| byte.is_ascii_alphabetic()) {
        return Some(front).filter(|front| !front.is_empty());
    }
    let (service, hash) = front.rsplit_once('-')?;
    let is_suffix =
        last.len() == 5 && last.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit());
    let known = is_template_hash(hash) || looks_like_hash(hash);
    let numbered = (8..=10).contains(&hash.len()) && hash.bytes().all(|byte| byte.is_ascii_digit());
    let is_pod = is_suffix && (known || numbered && is_pod_suffix(last));
    (is_pod && !service.is_empty()).then_some(service)
}

/// As Kubernetes makes it.
fn is_template_hash(hash: &str) -> bool {
    (6..=10).contains(&hash.len())
        && hash.bytes().all(|byte| HASH_LETTERS.contains(&byte))
        && hash.bytes().any(|byte| byte.is_ascii_digit())
}

/// As people make one up: hex digits.
fn looks_like_hash(hash: &str) -> bool {
    (8..=10).contains(&hash.len())
        && hash.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
        && hash.bytes().filter(u8::is_ascii_digit).count() >= 3
        && hash.bytes().any(|byte| byte.is_ascii_alphabetic())
}

/// `NAME-SUFFIX` of a DaemonSet or Job.
fn pod_of_set(name: &str) -> Option<&str> {
    let (service, suffix) = name.rsplit_once('-')?;
    (is_pod_suffix(suffix) && !service.is_empty()).then_some(service)
}

fn is_pod_suffix(suffix: &str) -> bool {
    suffix.len() == 5 && suffix.bytes().all(|byte| POD_LETTERS.contains(&byte))
}

/// A digit before a letter: words with a version (`html5`, `php82`) have none.
fn looks_generated(suffix: &str) -> bool {
    suffix.as_bytes().windows(2).any(|pair| pair[0].is_ascii_digit() && pair[1].is_ascii_alphabetic())
}

/// `NAME-UUID`, `NAME-CONTAINERID`, `NAME.SLOT.TASKID` (Docker Swarm).
fn with_generated_id(name: &str) -> Option<&str> {
    if let Some((front, task)) = name.rsplit_once('.')
        && task.len() == 25
        && task.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit())
    {
        let (service, slot) = front.rsplit_once('.')?;
        return slot.bytes().all(|byte| byte.is_ascii_alphanumeric()).then_some(service);
    }
    let is_hex = |text: &str| text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
    if let Some((front, uuid)) = name.len().checked_sub(36).and_then(|at| name.split_at_checked(at))
        && uuid.split('-').map(str::len).eq([8, 4, 4, 4, 12])
        && uuid.split('-').all(is_hex)
    {
        return front.strip_suffix(['-', '_', '.']);
    }
    let (service, id) = name.rsplit_once(['-', '_'])?;
    let digits = id.bytes().filter(u8::is_ascii_digit).count();
    (matches!(id.len(), 12 | 64) && is_hex(id) && digits >= 2 && digits < id.len()).then_some(service)
}

/// `NAME-0`, `NAME_1`, `NAME.1`.
fn with_ordinal(name: &str) -> Option<&str> {
    let (service, ordinal) = name.rsplit_once(['-', '_', '.'])?;
    let is_ordinal = (1..=MAX_ORDINAL_DIGITS).contains(&ordinal.len())
        && ordinal.bytes().all(|byte| byte.is_ascii_digit());
    let word = service.rsplit(['-', '_', '.']).next().unwrap_or(service);
    let counts = word.bytes().any(|byte| byte.is_ascii_alphabetic())
        && !NOT_ORDINAL.iter().any(|known| word.eq_ignore_ascii_case(known));
    (is_ordinal && counts).then_some(service)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(name: &str, service: &str) {
        let expected = (service, (service != name).then_some(name));
        assert_eq!(split_instance(name), expected, "{name}");
    }

    #[test]
    fn pods_lose_hash_and_suffix() {
        check("checkout-7d9f8b6c5-x2x4q", "checkout");
        check("frontend-579b9bff58-t2dbm", "frontend");
        check("ts-order-service-6d4cf56db6-bcdfg", "ts-order-service");
        check("checkout-5f6b7c8d9e-abcde", "checkout");
        check("nightly-report-28600000-x7k2p", "nightly-report");
        check("checkout-7d9f8b6c5", "checkout");
        check("fluent-bit-x7k2p", "fluent-bit");
    }

    #[test]
    fn ordinals_and_ids_are_split_off() {
        check("db-0", "db");
        check("user-profile-1", "user-profile");
        check("shop_web_1", "shop_web");
        check("web.12", "web");
        check("node-01", "node");
        check("stack_web.1.x7k2p9qwertyuiopasdfghjk1", "stack_web");
        check("gateway-3f2a9c1b7d4e", "gateway");
        check("worker-550e8400-e29b-41d4-a716-446655440000", "worker");
    }

    #[test]
    fn words_and_versions_stay() {
        for name in [
            "load-balancer",
            "order-service",
            "orders-v2",
            "oauth-2",
            "http-2",
            "api-https",
            "docs-html5",
            "app-php82",
            "checkout",
            "user-profile",
            "port-8080",
            "log4j-bridge",
            "ip-10-0-1-23",
            "a-b-c",
            "-0",
            "0",
            "",
            "1-2",
            "service-v2beta1x-login",
            "data-cafe",
            "billing-facade",
        ] {
            check(name, name);
        }
    }

    #[test]
    fn a_known_pod_loses_any_random_suffix_and_is_always_an_instance() {
        assert_eq!(split_pod("fluent-bit-bkxvt"), ("fluent-bit", Some("fluent-bit-bkxvt")));
        assert_eq!(split_pod("kafka-2"), ("kafka", Some("kafka-2")));
        assert_eq!(split_pod("lone"), ("lone", Some("lone")));
    }
}
