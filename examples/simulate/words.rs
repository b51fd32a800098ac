//! English and made-up words: verbs in their forms, names in their cases.

use crate::draw::Draw;

/// How a name of several words is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Case {
    /// `order_id`
    Snake,
    /// `orderId`
    Camel,
    /// `OrderId`
    Pascal,
    /// `order-id`
    Kebab,
    /// `order.id`
    Dotted,
    /// `ORDER_ID`
    Upper,
}

/// Writes `name` (words parted by blanks, underscores, dashes, dots or capital letters) in `case`.
pub(crate) fn cased(name: &str, case: Case) -> String {
    let mut words: Vec<String> = vec![String::new()];
    let mut hump = false;
    for c in name.chars() {
        if matches!(c, ' ' | '_' | '-' | '.') || (c.is_uppercase() && hump) {
            words.push(String::new());
        }
        hump = c.is_lowercase();
        if !matches!(c, ' ' | '_' | '-' | '.') {
            words.last_mut().expect("there is a first word").extend(c.to_lowercase());
        }
    }
    words.retain(|word| !word.is_empty());
    match case {
        Case::Snake => words.join("_"),
        Case::Kebab => words.join("-"),
        Case::Dotted => words.join("."),
        Case::Upper => words.join("_").to_uppercase(),
        Case::Pascal => words.iter().map(|word| title(word)).collect(),
        Case::Camel => {
            let mut words = words.iter();
            let first = words.next().cloned().unwrap_or_default();
            words.fold(first, |name, word| name + &title(word))
        }
    }
}

/// The word with a capital first letter.
pub(crate) fn title(word: &str) -> String {
    let mut chars = word.chars();
    chars.next().map_or_else(String::new, |first| first.to_uppercase().chain(chars).collect())
}

/// More than one of `noun`.
pub(crate) fn plural(noun: &str) -> String {
    let last = noun.chars().last().unwrap_or('s');
    match last {
        // Some objects are many already.
        's' if !noun.ends_with("ss") && !noun.ends_with("us") => noun.to_owned(),
        's' | 'x' | 'z' => format!("{noun}es"),
        'h' if noun.ends_with("ch") || noun.ends_with("sh") => format!("{noun}es"),
        'y' if !noun.ends_with("ay") && !noun.ends_with("ey") && !noun.ends_with("oy") => {
            format!("{}ies", &noun[..noun.len() - 1])
        }
        _ => format!("{noun}s"),
    }
}

/// Verbs whose last letter doubles.
const DOUBLING: [&str; 14] = [
    "plan", "submit", "ship", "put", "stop", "drop", "begin", "commit", "admit", "scan", "tag", "debit",
    "map", "refer",
];

/// Verbs with a past of their own.
const IRREGULAR: [(&str, &str); 18] = [
    ("send", "sent"),
    ("hold", "held"),
    ("pay", "paid"),
    ("build", "built"),
    ("put", "put"),
    ("read", "read"),
    ("find", "found"),
    ("take", "taken"),
    ("write", "written"),
    ("set", "set"),
    ("make", "made"),
    ("draw", "drawn"),
    ("give", "given"),
    ("bid", "bid"),
    ("freeze", "frozen"),
    ("spin", "spun"),
    ("sell", "sold"),
    ("debit", "debited"),
];

/// The form of `verb` that ends in -ing.
pub(crate) fn gerund(verb: &str) -> String {
    if doubles(verb) {
        return format!("{verb}{}ing", &verb[verb.len() - 1..]);
    }
    match verb.strip_suffix('e') {
        Some(stem) if !verb.ends_with("ee") => format!("{stem}ing"),
        _ => format!("{verb}ing"),
    }
}

/// The past participle of `verb`.
pub(crate) fn past(verb: &str) -> String {
    if let Some((_, past)) = IRREGULAR.iter().find(|(base, _)| *base == verb) {
        return (*past).to_owned();
    }
    if doubles(verb) {
        return format!("{verb}{}ed", &verb[verb.len() - 1..]);
    }
    if verb.ends_with('e') {
        return format!("{verb}d");
    }
    match verb.strip_suffix('y') {
        Some(stem) if !stem.ends_with(['a', 'e', 'i', 'o', 'u']) => format!("{stem}ied"),
        _ => format!("{verb}ed"),
    }
}

fn doubles(verb: &str) -> bool {
    verb != "debit" && DOUBLING.contains(&verb)
}

/// What takes back what `verb` did.
pub(crate) fn undo(verb: &str) -> &'static str {
    match verb {
        "reserve" | "hold" | "allocate" | "block" | "lock" => "release",
        "charge" | "capture" | "collect" | "pay" => "refund",
        "book" | "schedule" | "order" | "request" => "cancel",
        "debit" => "credit",
        "grant" | "issue" | "activate" | "publish" => "revoke",
        "create" | "register" | "open" | "record" => "void",
        _ => "revert",
    }
}

/// What a service does: a verb and what it is done to.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Task {
    /// The verb's base form.
    pub(crate) verb: String,
    /// The object, one or more words.
    pub(crate) object: String,
}

impl Task {
    /// Reads `verb object`.
    pub(crate) fn parse(text: &str) -> Self {
        let (verb, object) = text.trim().split_once(' ').unwrap_or((text.trim(), "request"));
        Self { verb: verb.to_owned(), object: object.to_owned() }
    }

    /// `reserve stock`
    pub(crate) fn base(&self) -> String {
        format!("{} {}", self.verb, self.object)
    }

    /// `reserving stock`
    pub(crate) fn doing(&self) -> String {
        format!("{} {}", gerund(&self.verb), self.object)
    }

    /// `stock reserved`
    pub(crate) fn done(&self) -> String {
        format!("{} {}", self.object, past(&self.verb))
    }

    /// The task that takes this one back.
    pub(crate) fn undone(&self) -> Self {
        Self { verb: undo(&self.verb).to_owned(), object: self.object.clone() }
    }
}

/// A word nobody knows, of two or three syllables.
pub(crate) fn invented(draw: &mut Draw) -> String {
    const ONSETS: [&str; 22] = [
        "b", "br", "d", "f", "fl", "g", "gr", "k", "kl", "l", "m", "n", "p", "pr", "r", "s", "sk", "t", "tr",
        "v", "w", "z",
    ];
    const VOWELS: [&str; 8] = ["a", "e", "i", "o", "u", "ai", "ou", "ee"];
    const CODAS: [&str; 10] = ["", "", "n", "r", "l", "m", "k", "t", "rn", "st"];
    let syllables = 2 + usize::from(draw.chance(0.25));
    let mut word = String::new();
    for at in 0..syllables {
        word += draw.word(&ONSETS);
        word += draw.word(&VOWELS);
        if at + 1 == syllables || draw.chance(0.25) {
            word += draw.word(&CODAS);
        }
    }
    word
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(task: &str, doing: &str, done: &str) {
        let task = Task::parse(task);
        assert_eq!((task.doing().as_str(), task.done().as_str()), (doing, done));
    }

    #[test]
    fn verbs_take_their_forms() {
        check("reserve stock", "reserving stock", "stock reserved");
        check("ship parcel", "shipping parcel", "parcel shipped");
        check("verify id card", "verifying id card", "id card verified");
        check("send mail", "sending mail", "mail sent");
        check("debit account", "debiting account", "account debited");
    }

    #[test]
    fn names_take_their_cases() {
        assert_eq!(cased("order id", Case::Camel), "orderId");
        assert_eq!(cased("order_id", Case::Pascal), "OrderId");
        assert_eq!(cased("order.placed", Case::Upper), "ORDER_PLACED");
        assert_eq!(cased("orderPlaced", Case::Snake), "order_placed");
        assert_eq!(cased("ORDER_PLACED", Case::Kebab), "order-placed");
    }
}
