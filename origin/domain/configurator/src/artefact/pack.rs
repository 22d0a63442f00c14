//! Binary encoding of numbers, texts and lists. The reader trusts no input: it checks every length
//! against the remaining bytes.

/// The bytes are not a valid encoding.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Malformed;

/// Bits of a number in each of its bytes; the eighth bit says that more bytes follow.
const BITS: u32 = 7;

#[derive(Debug, Default)]
pub(super) struct Writer {
    bytes: Vec<u8>,
}

#[derive(Debug)]
pub(super) struct Reader<'b> {
    rest: &'b [u8],
}

// === impl Writer ===

impl Writer {
    pub(super) fn into_bytes(self) -> Vec<u8> {
        self.bytes
    }

    pub(super) fn number(&mut self, number: impl Into<u64>) {
        let mut rest: u64 = number.into();
        while rest >= 1 << BITS {
            self.bytes.push(u8::try_from(rest & 0x7f).expect("seven bits") | 0x80);
            rest >>= BITS;
        }
        self.bytes.push(u8::try_from(rest).expect("seven bits"));
    }

    /// A number that may be negative; a small absolute value is short.
    pub(super) fn signed(&mut self, number: i64) {
        self.number((number.cast_unsigned() << 1) ^ (number >> 63).cast_unsigned());
    }

    pub(super) fn length(&mut self, length: usize) {
        self.number(length as u64);
    }

    pub(super) fn text(&mut self, text: &str) {
        self.length(text.len());
        self.bytes.extend_from_slice(text.as_bytes());
    }

    /// A list; `write` writes each item.
    pub(super) fn list<T>(&mut self, items: &[T], mut write: impl FnMut(&mut Self, &T)) {
        self.length(items.len());
        for item in items {
            write(self, item);
        }
    }

    /// An optional item.
    pub(super) fn option<T>(&mut self, item: Option<T>, write: impl FnOnce(&mut Self, T)) {
        self.number(u8::from(item.is_some()));
        if let Some(item) = item {
            write(self, item);
        }
    }
}

// === impl Reader ===

impl<'b> Reader<'b> {
    pub(super) fn new(bytes: &'b [u8]) -> Self {
        Self { rest: bytes }
    }

    /// Checks that no bytes remain.
    pub(super) fn end(&self) -> Result<(), Malformed> {
        if self.rest.is_empty() { Ok(()) } else { Err(Malformed) }
    }

    fn byte(&mut self) -> Result<u8, Malformed> {
        let (byte, rest) = self.rest.split_first().ok_or(Malformed)?;
        self.rest = rest;
        Ok(*byte)
    }

    pub(super) fn number<T: TryFrom<u64>>(&mut self) -> Result<T, Malformed> {
        let mut number = 0_u64;
        for at in 0..=u64::BITS / BITS {
            let byte = self.byte()?;
            let bits = u64::from(byte & 0x7f);
            let shifted = bits << (at * BITS);
            if shifted >> (at * BITS) != bits {
                return Err(Malformed);
            }
            number |= shifted;
            if byte & 0x80 == 0 {
                return T::try_from(number).map_err(|_| Malformed);
            }
        }
        Err(Malformed)
    }

    pub(super) fn signed(&mut self) -> Result<i64, Malformed> {
        let number: u64 = self.number()?;
        Ok((number >> 1).cast_signed() ^ -(number & 1).cast_signed())
    }

    /// The number of items that follow. Each takes at least one byte, so there are no more items
    /// than remaining bytes.
    pub(super) fn length(&mut self) -> Result<usize, Malformed> {
        let length: usize = self.number()?;
        if length <= self.rest.len() { Ok(length) } else { Err(Malformed) }
    }

    pub(super) fn text(&mut self) -> Result<&'b str, Malformed> {
        let length = self.length()?;
        let (text, rest) = self.rest.split_at(length);
        self.rest = rest;
        std::str::from_utf8(text).map_err(|_| Malformed)
    }

    pub(super) fn list<T>(
        &mut self,
        mut read: impl FnMut(&mut Self) -> Result<T, Malformed>,
    ) -> Result<Vec<T>, Malformed> {
        let length = self.length()?;
        let mut items = Vec::with_capacity(length.min(1 << 12));
        for _ in 0..length {
            items.push(read(self)?);
        }
        Ok(items)
    }

    pub(super) fn option<T>(
        &mut self,
        read: impl FnOnce(&mut Self) -> Result<T, Malformed>,
    ) -> Result<Option<T>, Malformed> {
        match self.byte()? {
            0 => Ok(None),
            1 => read(self).map(Some),
            _ => Err(Malformed),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Malformed, Reader, Writer};

    #[test]
    fn numbers_at_the_limits_round_trip() {
        let numbers = [0, 1, -1, 63, -64, 64, 127, 128, i64::MAX, i64::MIN];
        let mut writer = Writer::default();
        for number in numbers {
            writer.signed(number);
            writer.number(number.cast_unsigned());
        }
        let bytes = writer.into_bytes();
        let mut reader = Reader::new(&bytes);
        for number in numbers {
            assert_eq!(reader.signed(), Ok(number));
            assert_eq!(reader.number(), Ok(number.cast_unsigned()));
        }
        assert_eq!(reader.end(), Ok(()));
    }

    #[test]
    fn a_length_beyond_the_bytes_is_rejected_before_memory_is_allocated() {
        let mut writer = Writer::default();
        writer.number(u64::MAX);
        let bytes = writer.into_bytes();
        assert_eq!(Reader::new(&bytes).list(|reader| reader.number::<u8>()), Err(Malformed));
        assert_eq!(Reader::new(&[0xff; 11]).number::<u64>(), Err(Malformed));
        assert_eq!(Reader::new(&[]).text(), Err(Malformed));
    }
}
