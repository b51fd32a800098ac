//! Numbers as ids write them: hex digits, decimal digits, UUIDs, X-Ray ids.

/// The number that up to 32 hex digits write, and whether there are capitals; `None` if there is another byte, or none at all.
pub fn hex(text: &[u8]) -> Option<(u128, bool)> {
    if text.is_empty() || text.len() > 32 {
        return None;
    }
    let (high, low) = text.split_at(text.len().saturating_sub(16));
    let (high, a) = half(high);
    let (low, b) = half(low);
    // all digits are below 16; capitals have their own bit
    (a | b < NO_DIGIT).then_some((u128::from(high) << 64 | u128::from(low), a | b >= CAPITAL))
}

/// The number that up to 16 digits write, and the marks of all of them.
#[inline]
fn half(text: &[u8]) -> (u64, u8) {
    if let Some(bits) = text.try_into().ok().and_then(sixteen) {
        return (bits, 0);
    }
    text.iter().fold((0, 0), |(bits, marks), &byte| {
        let digit = HEX[usize::from(byte)];
        (bits << 4 | u64::from(digit & 15), marks | digit)
    })
}

/// The number that sixteen digits write, without capitals.
#[inline]
pub(super) fn sixteen(text: &[u8; 16]) -> Option<u64> {
    let (&[high, low], _) = text.as_chunks() else { return None };
    Some(eight(high)? << 32 | eight(low)?)
}

/// The number that eight digits write, without capitals.
#[inline]
fn eight(text: [u8; 8]) -> Option<u64> {
    const ONES: u64 = u64::from_be_bytes([1; 8]);
    let word = u64::from_be_bytes(text);
    // a letter has bit 6, and is nine above its last four bits
    let nibbles = (word & (0x0f * ONES)) + 9 * ((word >> 6) & ONES);
    // what they would be written as
    let letters = ((nibbles + 6 * ONES) >> 4) & ONES;
    let written = nibbles + u64::from(b'0') * ONES + u64::from(b'a' - b'0' - 10) * letters;
    if (written ^ word) | (nibbles & (0x10 * ONES)) != 0 {
        return None;
    }
    let pairs = (nibbles | nibbles >> 4) & 0x00ff_00ff_00ff_00ff;
    let fours = (pairs | pairs >> 8) & 0x0000_ffff_0000_ffff;
    Some((fours | fours >> 16) & 0xffff_ffff)
}

/// Marks a byte that is no digit.
const NO_DIGIT: u8 = 1 << 7;

/// Marks a capital.
const CAPITAL: u8 = 1 << 6;

static HEX: [u8; 256] = {
    let mut table = [NO_DIGIT; 256];
    let mut byte = 0;
    while byte < 256 {
        table[byte] = match byte as u8 {
            c @ b'0'..=b'9' => c - b'0',
            c @ b'a'..=b'f' => c - b'a' + 10,
            c @ b'A'..=b'F' => (c - b'A' + 10) | CAPITAL,
            _ => NO_DIGIT,
        };
        byte += 1;
    }
    table
};

/// How many hex digits a text begins with.
pub fn hex_digits(text: &[u8]) -> usize {
    text.iter().take_while(|&&byte| HEX[usize::from(byte)] != NO_DIGIT).count()
}

/// The number of a decimal of up to 20 digits that fits 64 bits; a sign is kept as two's complement (Java prints it so).
pub fn decimal(text: &[u8]) -> Option<u64> {
    let (negative, digits) = match text.strip_prefix(b"-") {
        Some(digits) => (true, digits),
        None => (false, text),
    };
    if digits.is_empty() || digits.len() > 20 {
        return None;
    }
    let mut number = 0u64;
    for &byte in digits {
        number = number
            .checked_mul(10)?
            .checked_add(u64::from(byte.checked_sub(b'0').filter(|digit| *digit < 10)?))?;
    }
    Some(if negative { number.wrapping_neg() } else { number })
}

/// The bits of a UUID with dashes.
pub fn uuid(text: &[u8]) -> Option<u128> {
    if text.len() != 36 || [8, 13, 18, 23].iter().any(|&at| text[at] != b'-') {
        return None;
    }
    let mut bits = 0u128;
    for part in text.split(|&byte| byte == b'-') {
        bits = bits << (4 * part.len()) | hex(part)?.0;
    }
    Some(bits)
}

/// The bits of `1-5759e988-bd862e3fe1be46a994272793`. Source: AWS X-Ray, "Trace ID format".
pub fn xray(text: &[u8]) -> Option<u128> {
    let rest = text.strip_prefix(b"1-")?;
    if rest.len() != 33 || rest[8] != b'-' {
        return None;
    }
    Some(hex(&rest[..8])?.0 << 96 | hex(&rest[9..])?.0)
}
