//! Exact numbers: a whole number over a whole number, both in `i128`.
//!
//! A go/no-go must not hang on a rounding, so nothing here is a float and nothing is ever rounded: a result that does not
//! fit is an error. Comparing never overflows. Called by `model::cmp` only.

use super::CmpError;
use std::cmp::Ordering;

/// A reduced fraction; its denominator is above zero.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fraction {
    top: i128,
    bottom: i128,
}

impl Fraction {
    /// A whole number.
    pub const fn whole(number: i128) -> Self {
        Self { top: number, bottom: 1 }
    }

    /// `top / bottom`, reduced.
    pub fn new(top: i128, bottom: i128) -> Result<Self, CmpError> {
        if bottom == 0 {
            return Err(CmpError::DividedByZero);
        }
        // `i128::MIN` has no positive twin, which reducing and negating below rely on.
        if top == i128::MIN || bottom == i128::MIN {
            return Err(CmpError::TooLarge);
        }
        let common = common_divisor(top.abs(), bottom.abs()).max(1);
        let sign = bottom.signum();
        Ok(Self { top: top / common * sign, bottom: bottom / common * sign })
    }

    /// `-12`, `12.25`, `1e3`, `2.5e-3`; ASCII digits only, digits on both sides of a point, nothing around it.
    pub fn parse(text: &str) -> Result<Self, CmpError> {
        let refused = || CmpError::not_a_number(text);
        let (negative, digits) = match text.as_bytes().first() {
            Some(b'-') => (true, &text[1..]),
            Some(b'+') => (false, &text[1..]),
            Some(_) | None => (false, text),
        };
        let (mantissa, exponent) = match digits.split_once(['e', 'E']) {
            Some((mantissa, power)) => (mantissa, parse_exponent(power).ok_or_else(refused)?),
            None => (digits, 0),
        };
        let (whole, part) = match mantissa.split_once('.') {
            Some((_, "")) => return Err(refused()),
            Some((whole, part)) => (whole, part),
            None => (mantissa, ""),
        };
        let all_digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
        if whole.is_empty() || !all_digits(whole) || !all_digits(part) {
            return Err(refused());
        }
        // Trailing zeros say nothing and would only use up the room: `1.0000…0` is 1.
        let part = part.trim_end_matches('0');
        let mut top: i128 = 0;
        for digit in whole.bytes().chain(part.bytes()) {
            top = top
                .checked_mul(10)
                .and_then(|sum| sum.checked_add(i128::from(digit - b'0')))
                .ok_or(CmpError::TooLarge)?;
        }
        let places = i64::try_from(part.len()).map_err(|_| CmpError::TooLarge)?;
        Self::scaled(if negative { -top } else { top }, exponent - places)
    }

    /// `top · 10^power`.
    fn scaled(top: i128, power: i64) -> Result<Self, CmpError> {
        let size = u32::try_from(power.unsigned_abs()).map_err(|_| CmpError::TooLarge)?;
        let factor = 10_i128.checked_pow(size).ok_or(CmpError::TooLarge)?;
        if power < 0 {
            Self::new(top, factor)
        } else {
            Self::new(top.checked_mul(factor).ok_or(CmpError::TooLarge)?, 1)
        }
    }

    /// The sum.
    pub fn plus(self, other: Self) -> Result<Self, CmpError> {
        let sum = || {
            let left = self.top.checked_mul(other.bottom)?;
            let right = other.top.checked_mul(self.bottom)?;
            Some((left.checked_add(right)?, self.bottom.checked_mul(other.bottom)?))
        };
        let (top, bottom) = sum().ok_or(CmpError::TooLarge)?;
        Self::new(top, bottom)
    }

    /// The difference.
    pub fn minus(self, other: Self) -> Result<Self, CmpError> {
        self.plus(Self { top: -other.top, bottom: other.bottom })
    }

    /// The product.
    pub fn times(self, other: Self) -> Result<Self, CmpError> {
        // Crosswise reduction first: a product that fits in the end must not overflow on the way.
        let left = Self::new(self.top, other.bottom)?;
        let right = Self::new(other.top, self.bottom)?;
        let product = || Some((left.top.checked_mul(right.top)?, left.bottom.checked_mul(right.bottom)?));
        let (top, bottom) = product().ok_or(CmpError::TooLarge)?;
        Self::new(top, bottom)
    }

    /// The quotient.
    pub fn over(self, other: Self) -> Result<Self, CmpError> {
        self.times(Self::new(other.bottom, other.top)?)
    }

    /// The number without its sign.
    pub fn size(self) -> Self {
        Self { top: self.top.abs(), bottom: self.bottom }
    }

    /// Whether it is below zero.
    pub fn is_negative(self) -> bool {
        self.top < 0
    }

    /// The number where it is a whole one.
    pub fn as_whole(self) -> Option<i128> {
        (self.bottom == 1).then_some(self.top)
    }

    /// As a decimal with at least `least` and at most six places. One that does not end there is cut, never rounded, and
    /// says so: `66.666666…`, so that what failed `>= 95` is never shown as 95.0.
    pub fn decimal(self, least: usize) -> String {
        let sign = if self.top < 0 { "-" } else { "" };
        let top = self.top.unsigned_abs();
        let bottom = self.bottom.unsigned_abs();
        let (mut places, mut rest) = (String::new(), top % bottom);
        while rest != 0 && places.len() < 6 {
            let Some(ten) = rest.checked_mul(10) else {
                break;
            };
            places.push(char::from(b'0' + u8::try_from(ten / bottom).unwrap_or(9)));
            rest = ten % bottom;
        }
        while rest == 0 && places.len() < least {
            places.push('0');
        }
        let point = if places.is_empty() { "" } else { "." };
        let more = if rest == 0 { "" } else { "…" };
        format!("{sign}{}{point}{places}{more}", top / bottom)
    }
}

impl PartialOrd for Fraction {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Fraction {
    /// By whole parts, then by the reciprocals of the rests (Euclid), since cross-multiplying would overflow.
    fn cmp(&self, other: &Self) -> Ordering {
        let (mut a, mut b, mut c, mut d) = (self.top, self.bottom, other.top, other.bottom);
        loop {
            let by_whole = a.div_euclid(b).cmp(&c.div_euclid(d));
            let (left, right) = (a.rem_euclid(b), c.rem_euclid(d));
            if by_whole.is_ne() || left == 0 || right == 0 {
                return by_whole.then(left.signum().cmp(&right.signum()));
            }
            (a, b, c, d) = (d, right, b, left);
        }
    }
}

fn parse_exponent(text: &str) -> Option<i64> {
    let (sign, digits) = match text.as_bytes().first()? {
        b'-' => (-1, &text[1..]),
        b'+' => (1, &text[1..]),
        _ => (1, text),
    };
    let plain = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    // Four digits are far beyond what fits and still far from overflowing the sum with the places.
    let size: i64 = digits.get(..digits.len().min(9))?.parse().ok()?;
    plain.then_some(sign * size.min(9_999))
}

fn common_divisor(mut a: i128, mut b: i128) -> i128 {
    while b != 0 {
        (a, b) = (b, a % b);
    }
    a
}
