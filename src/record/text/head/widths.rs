//! Columns of one word that blanks fill up.

use super::columns::{Behind, Column, MAX_WORD};
use crate::record::At;
use crate::record::text::skip_blanks;

/// How wide the column is that blanks fill up behind the words that stand next in nearly all lines; `None` if it is none.
pub(super) fn width(rest: &[(&[u8], usize, Behind)], found: &[Option<(Column, At, usize)>]) -> Option<u8> {
    let width_of = |text: &[u8], word: At| {
        let next = skip_blanks(text, word.end());
        (next < text.len()).then_some(next - word.start as usize)
    };
    let words = || {
        rest.iter().zip(found).filter_map(|(&(text, ..), found)| {
            let (kind, word, _) = (*found)?;
            (kind == Column::Word).then_some((text, word))
        })
    };
    let (text, word) = words().next()?;
    let width = width_of(text, word).filter(|width| *width < MAX_WORD)?;
    let gap = |word: &At| width - word.len.min(width as u32) as usize;
    let fitting: Vec<At> =
        words().filter(|&(text, word)| width_of(text, word) == Some(width)).map(|(_, word)| word).collect();
    let mut lengths: Vec<u32> = fitting.iter().map(|word| word.len).collect();
    lengths.sort_unstable();
    lengths.dedup();
    // one blank behind each word of one length is no column of its own
    let filled = fitting.iter().all(|word| gap(word) > 1) || lengths.len() > 2;
    let all = fitting.len() > 2 && fitting.len() * 20 >= rest.len() * 19;
    (all && filled).then_some(width as u8)
}

/// The word at `start` that blanks fill up to `width`, and one past them.
pub(super) fn padded(text: &[u8], start: usize, width: u8) -> Option<(At, usize)> {
    let start = skip_blanks(text, start);
    let end = start + usize::from(width);
    let column = text.get(start..end).filter(|_| text.get(end).is_some_and(|next| *next != b' '))?;
    let word = column.trim_ascii_end();
    (word.len() < column.len() && !word.is_empty() && !word.contains(&b' '))
        .then_some((At::new(start, start + word.len()), end))
}
