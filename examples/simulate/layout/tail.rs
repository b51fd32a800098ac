//! How values stand behind a message where the layout has no fields of its own.

use super::Value;
use super::json::quoted;

/// A way of writing `key=value` lists.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Tail {
    /// ` order=ORD-1 qty=2`
    Logfmt,
    /// ` (order=ORD-1, qty=2)`
    Paren,
    /// ` [order=ORD-1] [qty=2]`
    Bracket,
    /// ` order: ORD-1, qty: 2`
    Colon,
    /// ` | order=ORD-1 | qty=2`
    Pipe,
    /// ` {"order":"ORD-1","qty":2}`
    Json,
    /// ` {'order': 'ORD-1', 'qty': 2}`
    Dict,
    /// ` for order ORD-1, qty 2`
    Prose,
    /// ` {order=ORD-1, qty=2}`
    Braces,
    /// ` order="ORD-1" qty=2`, as Rust prints fields
    Quoted,
}

/// The tails that a service may choose from.
pub(crate) const TABLE: [(u32, Tail); 10] = [
    (26, Tail::Logfmt),
    (12, Tail::Paren),
    (10, Tail::Bracket),
    (10, Tail::Colon),
    (6, Tail::Pipe),
    (8, Tail::Json),
    (4, Tail::Dict),
    (14, Tail::Prose),
    (6, Tail::Braces),
    (4, Tail::Quoted),
];

impl Tail {
    /// `message` with the values behind it.
    pub(crate) fn append(self, message: &str, fields: &[(String, Value)]) -> String {
        let text = self.write(fields);
        match text.strip_prefix(" for ") {
            // Nobody says "for" twice.
            Some(rest) if message.contains(" for ") => format!("{message}, {rest}"),
            _ => format!("{message}{text}"),
        }
    }

    /// The values as text, with a blank before them; nothing where there are none.
    pub(crate) fn write(self, fields: &[(String, Value)]) -> String {
        if fields.is_empty() {
            return String::new();
        }
        let joined = |between: &str, one: &dyn Fn(&str, &Value) -> String| {
            fields.iter().map(|(key, value)| one(key, value)).collect::<Vec<_>>().join(between)
        };
        let equals = |key: &str, value: &Value| format!("{key}={}", value.plain());
        match self {
            Self::Logfmt => format!(" {}", joined(" ", &logfmt)),
            Self::Paren => format!(" ({})", joined(", ", &equals)),
            Self::Bracket => format!(" {}", joined(" ", &|key, value| format!("[{key}={}]", value.plain()))),
            Self::Colon => format!(" {}", joined(", ", &|key, value| format!("{key}: {}", value.plain()))),
            Self::Pipe => format!(" | {}", joined(" | ", &equals)),
            Self::Json => format!(" {{{}}}", joined(",", &json)),
            Self::Dict => format!(" {{{}}}", joined(", ", &dict)),
            Self::Prose => format!(" for {}", joined(", ", &prose)),
            Self::Braces => format!(" {{{}}}", joined(", ", &equals)),
            Self::Quoted => format!(" {}", joined(" ", &rust)),
        }
    }
}

/// `key=value`, quoted where a blank, a quote or an equals sign demands it.
pub(crate) fn logfmt(key: &str, value: &Value) -> String {
    let plain = value.plain();
    let bare = !plain.is_empty() && !plain.contains([' ', '"', '=', '\n', '\t']);
    if bare { format!("{key}={plain}") } else { format!("{key}={}", quoted(&plain)) }
}

/// `"key":value`
pub(crate) fn json(key: &str, value: &Value) -> String {
    format!("{}:{}", quoted(key), raw(value))
}

/// The value as JSON.
pub(crate) fn raw(value: &Value) -> String {
    match value {
        Value::Text(text) => quoted(text),
        Value::Bare(text) => text.clone(),
        Value::List(all) => {
            format!("[{}]", all.iter().map(|one| quoted(one)).collect::<Vec<_>>().join(","))
        }
    }
}

fn dict(key: &str, value: &Value) -> String {
    let text = match value {
        Value::Text(text) => format!("'{text}'"),
        Value::Bare(text) if text == "true" => "True".to_owned(),
        Value::Bare(text) if text == "false" => "False".to_owned(),
        Value::Bare(text) => text.clone(),
        Value::List(all) => format!("['{}']", all.join("', '")),
    };
    format!("'{key}': {text}")
}

fn prose(key: &str, value: &Value) -> String {
    format!("{} {}", key.replace('_', " "), value.plain())
}

fn rust(key: &str, value: &Value) -> String {
    match value {
        Value::Bare(text) => format!("{key}={text}"),
        other => format!("{key}={}", quoted(&other.plain())),
    }
}
