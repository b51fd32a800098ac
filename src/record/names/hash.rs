//! Names without case and separators, as numbers.

/// The hash of a name without case and separators; can be carried on along a path.
///
/// FNV-1a over the letters and digits of the name, letters in lower case.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct NameHash(pub u64);

impl Default for NameHash {
    fn default() -> NameHash {
        NameHash(0xcbf2_9ce4_8422_2325)
    }
}

impl NameHash {
    /// The hash of this name with another appended.
    #[inline]
    pub fn text(self, name: &[u8]) -> NameHash {
        let mut hash = self.0;
        for &byte in name {
            let class = FOLD[usize::from(byte)];
            if class != 0 {
                hash = (hash ^ u64::from(class)).wrapping_mul(0x0100_0000_01b3);
            }
        }
        NameHash(hash)
    }

    /// The hash of one name.
    #[inline]
    pub fn of(name: &[u8]) -> NameHash {
        NameHash::default().text(name)
    }
}

/// Letters in lower case and digits as they are; other ASCII bytes are left out (0).
static FOLD: [u8; 256] = {
    let mut table = [0; 256];
    let mut byte = 0;
    while byte < 256 {
        table[byte] = match byte as u8 {
            c @ (b'a'..=b'z' | b'0'..=b'9') => c,
            c @ b'A'..=b'Z' => c + 32,
            c if c >= 0x80 => c,
            _ => 0,
        };
        byte += 1;
    }
    table
};
