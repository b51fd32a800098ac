//! Statements that are put to a database, told by their SQL (ISO/IEC 9075-2): `SELECT … FROM`, `INSERT INTO`, `UPDATE … SET`,
//! `DELETE FROM` and their like.

/// So many words of a text are looked at.
const MAX_WORDS: usize = 12;

/// Whether a text is a statement, or says which one was put: `insert into orders values (…)`, `sql: SELECT a FROM b`. One that
/// begins with the verb in capitals may name what it is about alone, as shortened logs do: `UPDATE orders (3 ms)`. One in small
/// letters has to have a sign that sentences such as "select a seat from the map" have not.
pub fn is_statement(text: &[u8]) -> bool {
    let mut words = Words(text);
    let mut at_front = true;
    for _ in 0..MAX_WORDS {
        let Some(word) = words.next() else { return false };
        if let Some(verb) = verb(word) {
            let capitals = word.iter().all(u8::is_ascii_uppercase);
            let told = if capitals {
                goes_on(verb, words.clone()) || at_front && words.clone().next().is_some_and(is_name)
            } else {
                memchr::memchr3(b'=', b'(', b'*', text).is_some() && goes_on(verb, words.clone())
            };
            if told {
                return true;
            }
        }
        at_front = false;
    }
    false
}

/// What a statement begins with, in small letters; all of it in capitals, or none.
fn verb(word: &[u8]) -> Option<&'static str> {
    const VERBS: [&str; 7] = ["select", "insert", "update", "delete", "upsert", "merge", "replace"];
    let found = VERBS.into_iter().find(|verb| verb.as_bytes().eq_ignore_ascii_case(word))?;
    let small = word.iter().filter(|byte| byte.is_ascii_lowercase()).count();
    (small == 0 || small == word.len()).then_some(found)
}

/// Whether a verb is followed by what SQL asks for.
fn goes_on(verb: &str, mut words: Words<'_>) -> bool {
    /// Columns of a query that are looked through.
    const MAX_COLUMNS: usize = 64;
    let is = |word: Option<&[u8]>, keyword: &str| {
        word.is_some_and(|word| word.eq_ignore_ascii_case(keyword.as_bytes()))
    };
    match verb {
        "select" => words.take(MAX_COLUMNS).any(|word| is(Some(word), "from")),
        "update" => words.next().is_some() && words.take(3).any(|word| is(Some(word), "set")),
        "delete" => is(words.next(), "from"),
        _ => is(words.next(), "into"),
    }
}

/// Whether a word may name a table: `orders`, `shop.orders`, `"orders"`, or a masked one.
fn is_name(word: &[u8]) -> bool {
    word == b"<*>"
        || word.iter().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.' | b'$'))
            && word.first().is_some_and(|byte| byte.is_ascii_alphabetic() || *byte == b'_')
}

/// The words of a text, without quotes and brackets around them.
#[derive(Clone)]
struct Words<'t>(&'t [u8]);

impl<'t> Iterator for Words<'t> {
    type Item = &'t [u8];

    fn next(&mut self) -> Option<&'t [u8]> {
        let apart = |byte: &u8| {
            byte.is_ascii_whitespace()
                || matches!(byte, b'"' | b'\'' | b'`' | b'(' | b')' | b',' | b';' | b'[' | b']' | b'=')
        };
        let start = self.0.iter().position(|byte| !apart(byte))?;
        let rest = &self.0[start..];
        let end = rest.iter().position(apart).unwrap_or(rest.len());
        self.0 = &rest[end..];
        Some(rest[..end].strip_suffix(b":").unwrap_or(&rest[..end]))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn statements_are_told_by_their_syntax() {
        for text in [
            "SELECT * FROM orders WHERE id = $1",
            "select o.id, o.total from orders o where o.id=?",
            "insert into orders (id) values (?)",
            "INSERT INTO work_orders (no, vehicle) VALUES (%s, %s)",
            "update duties set status = $1 where id = $2",
            "UPDATE \"orders\" SET total = 1",
            "delete from carts where id = $1",
            "DELETE FROM carts",
            "Executing (default): SELECT id FROM users;",
            "[2.1ms] [rows:1] UPDATE `orders` SET `status`='paid'",
            "UPDATE lab_order <*> ms",
            "SELECT stock.lots FOR UPDATE took <*> ms",
            "INSERT rx.prescriptions rows=1 (3 ms)",
            "SELECT policies",
        ] {
            assert!(is_statement(text.as_bytes()), "{text}");
        }
    }

    #[test]
    fn sentences_and_requests_are_none() {
        for text in [
            "update received from stock",
            "select a seat",
            "select a seat from the map",
            "insert into queue failed",
            "insert coin",
            "delete order ORD-1",
            "DELETE /orders/7 HTTP/1.1",
            "DELETE",
            "UPDATE: 3 rows",
            "Update available for shop",
            "merge finished",
            "replace filter",
            "order selected",
            "",
        ] {
            assert!(!is_statement(text.as_bytes()), "{text}");
        }
    }
}
