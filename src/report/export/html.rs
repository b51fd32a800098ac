//! One page that needs nothing but a browser: the report as JSON, and a script that draws it.
//!
//! What comes from logs stands in the JSON alone, in which `<`, `>` and `&` are written as escapes, so that nothing ends the
//! element it stands in (HTML, 4.12.1.3 "Restrictions for contents of script elements"); the script sets it as text only, and a
//! content security policy keeps the page from loading or sending anything.

use crate::report::{Report, TextOf, json};
use std::io::{self, Write};

const HEAD: &str = include_str!("page/head.html");
const TAIL: &str = include_str!("page/tail.html");

/// Writes the page.
pub fn write(report: &Report<'_>, texts: &mut TextOf<'_>, out: &mut dyn Write) -> io::Result<()> {
    out.write_all(HEAD.as_bytes())?;
    json::write(report, texts, &mut Escaping { out: &mut *out })?;
    out.write_all(TAIL.as_bytes())
}

/// Passes JSON on with what has a meaning in HTML written as `\uXXXX`; outside of strings JSON has nothing of it.
struct Escaping<'o> {
    out: &'o mut dyn Write,
}

impl Write for Escaping<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let mut from = 0;
        for (at, byte) in bytes.iter().enumerate() {
            let escape: &[u8] = match byte {
                b'<' => b"\\u003c",
                b'>' => b"\\u003e",
                b'&' => b"\\u0026",
                _ => continue,
            };
            self.out.write_all(&bytes[from..at])?;
            self.out.write_all(escape)?;
            from = at + 1;
        }
        self.out.write_all(&bytes[from..])?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_ends_no_element_and_stays_the_same() {
        let text = "</script><!-- <script> & \u{2028} ]]>";
        let json = serde_json::to_vec(text).expect("a text");
        let mut out = Vec::new();
        Escaping { out: &mut out }.write_all(&json).expect("memory");
        assert!(!out.iter().any(|byte| b"<>&".contains(byte)));
        assert_eq!(serde_json::from_slice::<String>(&out).expect("JSON"), text);
    }
}
