//! A number with its unit: `12.25ms`, `95 %`, `12 MiB`, `19`; and the ratio of two, `19/20`.
//!
//! Units of one family convert exactly. Nothing is guessed: a thousands separator, an unknown unit and a number that does
//! not fit are errors. Called by `model::cmp` and by `engine::judge` for what a command printed or a person typed.

use super::CmpError;
use super::fraction::Fraction;
use std::fmt;
use std::time::Duration;

/// What a unit measures; only units of one family compare.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Family {
    /// Lengths of time.
    Time,
    /// Parts of a hundred.
    Percent,
    /// Sizes in bytes.
    Bytes,
}

/// A unit of the CMP grammar.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    /// `ms`
    Millisecond,
    /// `s`
    Second,
    /// `m`, `min`
    Minute,
    /// `h`
    Hour,
    /// `d`, 24 hours
    Day,
    /// `%`
    Percent,
    /// `B`
    Byte,
    /// `kB`, a thousand
    Kilobyte,
    /// `MB`
    Megabyte,
    /// `GB`
    Gigabyte,
    /// `KiB`, 1024
    Kibibyte,
    /// `MiB`
    Mebibyte,
    /// `GiB`
    Gibibyte,
}

impl Unit {
    /// The unit of exactly this spelling.
    pub fn parse(text: &str) -> Option<Self> {
        Some(match text {
            "ms" => Unit::Millisecond,
            "s" => Unit::Second,
            "m" | "min" => Unit::Minute,
            "h" => Unit::Hour,
            "d" => Unit::Day,
            "%" => Unit::Percent,
            "B" => Unit::Byte,
            "kB" => Unit::Kilobyte,
            "MB" => Unit::Megabyte,
            "GB" => Unit::Gigabyte,
            "KiB" => Unit::Kibibyte,
            "MiB" => Unit::Mebibyte,
            "GiB" => Unit::Gibibyte,
            _ => return None,
        })
    }

    /// What it measures.
    pub fn family(self) -> Family {
        match self {
            Unit::Millisecond | Unit::Second | Unit::Minute | Unit::Hour | Unit::Day => Family::Time,
            Unit::Percent => Family::Percent,
            Unit::Byte
            | Unit::Kilobyte
            | Unit::Megabyte
            | Unit::Gigabyte
            | Unit::Kibibyte
            | Unit::Mebibyte
            | Unit::Gibibyte => Family::Bytes,
        }
    }

    /// How many of the family's smallest unit one of these is; all are whole.
    fn size(self) -> Fraction {
        Fraction::whole(match self {
            Unit::Millisecond | Unit::Percent | Unit::Byte => 1,
            Unit::Second | Unit::Kilobyte => 1_000,
            Unit::Minute => 60_000,
            Unit::Hour => 3_600_000,
            Unit::Day => 86_400_000,
            Unit::Megabyte => 1_000_000,
            Unit::Gigabyte => 1_000_000_000,
            Unit::Kibibyte => 1 << 10,
            Unit::Mebibyte => 1 << 20,
            Unit::Gibibyte => 1 << 30,
        })
    }

    fn word(self) -> &'static str {
        match self {
            Unit::Millisecond => "ms",
            Unit::Second => "s",
            Unit::Minute => "m",
            Unit::Hour => "h",
            Unit::Day => "d",
            Unit::Percent => " %",
            Unit::Byte => " B",
            Unit::Kilobyte => " kB",
            Unit::Megabyte => " MB",
            Unit::Gigabyte => " GB",
            Unit::Kibibyte => " KiB",
            Unit::Mebibyte => " MiB",
            Unit::Gibibyte => " GiB",
        }
    }
}

/// A number, with a unit where one was given. Its digits stay as they were written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Quantity {
    pub(super) number: Fraction,
    /// Its unit.
    pub unit: Option<Unit>,
    text: String,
}

impl Quantity {
    /// `12.25ms`, `95 %`, `1e3`, `-4`; spaces around it and before the unit do not matter.
    pub fn parse(text: &str) -> Result<Self, CmpError> {
        let text = text.trim();
        let digits = number_length(text);
        let (number, unit) = (&text[..digits], text[digits..].trim_start());
        if number.is_empty() {
            return Err(CmpError::not_a_number(text));
        }
        let unit = match unit {
            "" => None,
            word => Some(Unit::parse(word).ok_or_else(|| CmpError::after_number(text, word))?),
        };
        Ok(Self { number: Fraction::parse(number)?, unit, text: number.trim_start_matches('+').to_owned() })
    }

    /// A whole number without a unit.
    pub fn count(number: u64) -> Self {
        Self::made(Fraction::whole(i128::from(number)), None)
    }

    /// A length of time to the nanosecond, shown in milliseconds below one second.
    pub fn length(length: Duration) -> Result<Self, CmpError> {
        let nanos = i128::try_from(length.as_nanos()).map_err(|_| CmpError::TooLarge)?;
        let (size, unit) = if length < Duration::from_secs(1) {
            (1_000_000, Unit::Millisecond)
        } else {
            (1_000_000_000, Unit::Second)
        };
        Ok(Self::made(Fraction::new(nanos, size)?, Some(unit)))
    }

    pub(super) fn made(number: Fraction, unit: Option<Unit>) -> Self {
        Self { number, unit, text: number.decimal(0) }
    }

    /// The number where it is a whole one, without regard to its unit.
    pub fn as_whole(&self) -> Option<i128> {
        self.number.as_whole()
    }

    /// The same number in `unit` where it has none of its own.
    pub fn or_unit(mut self, unit: Option<Unit>) -> Self {
        self.unit = self.unit.or(unit);
        self
    }

    /// Its number in `unit`, which must be of its family.
    pub(super) fn in_unit(&self, unit: Unit) -> Result<Fraction, CmpError> {
        let own = self.unit.unwrap_or(unit);
        if own.family() != unit.family() {
            return Err(CmpError::UnlikeUnits { left: self.to_string(), right: unit.word().trim().to_owned() });
        }
        self.number.times(own.size())?.over(unit.size())
    }

    /// Whether two quantities are the same amount: `60s` and `1m`. A missing unit is the other's.
    pub fn same_as(&self, other: &Self) -> Result<bool, CmpError> {
        Ok(self.against(other)?.is_eq())
    }

    /// How it compares with `other`. A missing unit is the other's.
    pub(super) fn against(&self, other: &Self) -> Result<std::cmp::Ordering, CmpError> {
        match (self.unit, other.unit) {
            (None, _) | (_, None) => Ok(self.number.cmp(&other.number)),
            (Some(left), Some(right)) if left.family() != right.family() => {
                Err(CmpError::UnlikeUnits { left: self.to_string(), right: other.to_string() })
            }
            (Some(left), Some(right)) => {
                let (left, right) = (left.size(), right.size());
                Ok(self.number.times(left)?.cmp(&other.number.times(right)?))
            }
        }
    }
}

impl fmt::Display for Quantity {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.text)?;
        out.write_str(self.unit.map_or("", Unit::word))
    }
}

/// `a/b`, exact: 19/20 is 95 %, 1899/2000 is not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ratio {
    pub(super) value: Fraction,
    text: String,
}

impl Ratio {
    /// `a` of `b`. Nothing of nothing is no ratio: `b` = 0 is an error.
    pub fn new(a: &Quantity, b: &Quantity) -> Result<Self, CmpError> {
        let (top, bottom) = match (a.unit, b.unit) {
            (Some(left), Some(right)) if left != right => (a.in_unit(right)?, b.number),
            (Some(_) | None, Some(_) | None) => (a.number, b.number),
        };
        Ok(Self { value: top.over(bottom)?, text: format!("{a}/{b}") })
    }

    /// `19/20`, or a percentage.
    pub fn parse(text: &str) -> Result<Self, CmpError> {
        if let Some((a, b)) = text.split_once('/') {
            return Self::new(&Quantity::parse(a)?, &Quantity::parse(b)?);
        }
        let part = Quantity::parse(text)?;
        if part.unit != Some(Unit::Percent) {
            return Err(CmpError::NotARatio(text.trim().to_owned()));
        }
        Ok(Self { value: part.number.over(Fraction::whole(100))?, text: part.to_string() })
    }

    /// Whether it is exactly one: all of them.
    pub fn is_whole(&self) -> bool {
        self.value == Fraction::whole(1)
    }

    /// `95.0 %`; one that does not end is cut, not rounded: `66.666666… %`.
    pub fn percent(&self) -> String {
        match self.value.times(Fraction::whole(100)) {
            Ok(percent) => format!("{} %", percent.decimal(1)),
            Err(_) => self.value.decimal(1),
        }
    }
}

impl fmt::Display for Ratio {
    /// As it was read: `19/20`.
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.text)
    }
}

/// How many bytes of `text` its leading number has; an `e` belongs to it only with digits behind it.
fn number_length(text: &str) -> usize {
    let bytes = text.as_bytes();
    let digits_from = |at: usize| bytes[at..].iter().take_while(|b| b.is_ascii_digit()).count();
    let mut end = usize::from(matches!(bytes.first(), Some(b'+' | b'-')));
    let whole = digits_from(end);
    if whole == 0 {
        return 0;
    }
    end += whole;
    if bytes.get(end) == Some(&b'.') {
        end += match digits_from(end + 1) {
            0 => 0,
            places => places + 1,
        };
    }
    if matches!(bytes.get(end), Some(b'e' | b'E')) {
        let sign = usize::from(matches!(bytes.get(end + 1), Some(b'+' | b'-')));
        let from = (end + 1 + sign).min(bytes.len());
        end += match digits_from(from) {
            0 => 0,
            power => 1 + sign + power,
        };
    }
    end
}
