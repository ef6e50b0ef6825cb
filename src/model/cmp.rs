//! CMP, the comparison grammar: `>= 19`, `4..8`, `20 ± 5 %`, `< 200ms`, a bare value.
//!
//! A go/no-go may hang on one of these, so the arithmetic is exact (`fraction`), units of one family convert and unlike ones are
//! an error, and no input panics. `runbook` parses them, `engine::judge` applies them; a verdict is computed once and recorded.

mod fraction;
mod quantity;
#[cfg(test)]
mod tests;

pub use quantity::{Family, Quantity, Ratio, Unit};

use fraction::Fraction;
use std::cmp::Ordering;
use std::fmt;
use thiserror::Error;

/// Why a comparison cannot be read or made.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum CmpError {
    /// Nothing but spaces.
    #[error("a comparison is missing; write one like >= 19, 4..8 or < 200ms")]
    Empty,
    /// Not a number.
    #[error("`{0}` is not a number")]
    NotANumber(String),
    /// `1,234` or `1_234`, which people of different countries read differently.
    #[error("`{0}` has a separator between its digits; write the digits alone")]
    Separator(String),
    /// A word after the number that is no unit.
    #[error("`{0}` is not a unit; units are ms s m h d, %, B kB MB GB KiB MiB GiB")]
    NotAUnit(String),
    /// An operator that the grammar does not have.
    #[error("`{0}` is not an operator; write one of = != < <= > >=")]
    NotAnOperator(String),
    /// Lengths of time with sizes, and the like.
    #[error("{left} cannot be compared with {right}: unlike units")]
    UnlikeUnits {
        /// One side.
        left: String,
        /// The other.
        right: String,
    },
    /// `8..4`.
    #[error("the range {low} to {high} runs backwards")]
    Backwards {
        /// The end that is written first.
        low: String,
        /// The end that is written last.
        high: String,
    },
    /// `20 ± -5`.
    #[error("a tolerance cannot be negative: {0}")]
    NegativeTolerance(String),
    /// Neither `a/b` nor a percentage.
    #[error("`{0}` is not a ratio; write it as 19/20 or 95 %")]
    NotARatio(String),
    /// `0/0`.
    #[error("of 0 there is no ratio")]
    DividedByZero,
    /// Does not fit; never rounded instead.
    #[error("the number is too large or too finely divided to be compared exactly")]
    TooLarge,
}

impl CmpError {
    fn not_a_number(text: &str) -> Self {
        let separated = text.split([',', '_', '\'']).count() > 1
            && text.chars().all(|letter| letter.is_ascii_digit() || ",_'.+-".contains(letter));
        if separated { CmpError::Separator(cut(text)) } else { CmpError::NotANumber(cut(text)) }
    }

    fn after_number(text: &str, rest: &str) -> Self {
        if rest.starts_with(|letter: char| letter.is_alphabetic() || letter == '%') {
            CmpError::NotAUnit(cut(rest))
        } else {
            Self::not_a_number(text)
        }
    }
}

fn cut(text: &str) -> String {
    text.chars().take(60).collect()
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Op {
    Equal,
    Unequal,
    Less,
    AtMost,
    More,
    AtLeast,
}

/// Longer ones first: `<=` must not be read as `<`.
const OPS: [(&str, Op); 6] =
    [("!=", Op::Unequal), ("<=", Op::AtMost), (">=", Op::AtLeast), ("=", Op::Equal), ("<", Op::Less), (">", Op::More)];

#[derive(Clone, Debug, PartialEq, Eq)]
enum Rule {
    Is(Op, Quantity),
    Between(Quantity, Quantity),
}

/// A parsed comparison. `Display` is its normal form: `>= 95 %`, `4 to 8`, `20 ± 5 %`, `= 42`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cmp {
    /// As the author wrote it.
    pub source: String,
    rule: Rule,
    words: String,
}

impl Cmp {
    /// `[= != < <= > >=] VALUE[UNIT]`, `a..b` (both ends belong to it), `x ± d`, `x +- d`, `x ± d%`, or a bare value.
    ///
    /// `± d%` is a part of x, except where x itself is in %: then it is points, as in `50% ± 5%`.
    pub fn parse(source: &str) -> Result<Self, CmpError> {
        let text = source.trim();
        if text.is_empty() {
            return Err(CmpError::Empty);
        }
        let (rule, words) = if Self::has_operator(text) {
            comparison(text)?
        } else if let Some((mid, off)) = text.split_once('±').or_else(|| text.split_once("+-")) {
            tolerance(mid, off)?
        } else if let Some((low, high)) = text.split_once("..") {
            range(low, high)?
        } else {
            let value = Quantity::parse(text)?;
            let words = format!("= {value}");
            (Rule::Is(Op::Equal, value), words)
        };
        Ok(Self { source: source.to_owned(), rule, words })
    }

    /// Whether a text starts with what looks like an operator; in `json:` such a string is a comparison, any other is literal.
    pub fn has_operator(text: &str) -> bool {
        text.trim_start().starts_with(['=', '<', '>', '≤', '≥', '≠']) || text.trim_start().starts_with("!=")
    }

    /// Whether what was seen satisfies it.
    pub fn judge(&self, saw: &Quantity) -> Result<bool, CmpError> {
        match &self.rule {
            Rule::Is(op, value) => Ok(op.holds(saw.against(value)?)),
            Rule::Between(low, high) => Ok(saw.against(low)?.is_ge() && saw.against(high)?.is_le()),
        }
    }

    /// Whether a ratio satisfies it, exactly: 19/20 against `>= 95%` is 19·100 ≥ 95·20. Without a unit the values are plain
    /// fractions: `>= 0.95`.
    pub fn judge_ratio(&self, saw: &Ratio) -> Result<bool, CmpError> {
        let seen = match self.unit() {
            None => Quantity::made(saw.value, None),
            Some(Unit::Percent) => Quantity::made(saw.value.times(Fraction::whole(100))?, Some(Unit::Percent)),
            Some(_) => {
                return Err(CmpError::UnlikeUnits { left: saw.to_string(), right: self.to_string() });
            }
        };
        self.judge(&seen)
    }

    /// The unit of its values, which a number without one is taken to be in.
    pub fn unit(&self) -> Option<Unit> {
        match &self.rule {
            Rule::Is(_, value) | Rule::Between(value, _) => value.unit,
        }
    }
}

impl fmt::Display for Cmp {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.words)
    }
}

impl Op {
    fn holds(self, found: Ordering) -> bool {
        match self {
            Op::Equal => found.is_eq(),
            Op::Unequal => found.is_ne(),
            Op::Less => found.is_lt(),
            Op::AtMost => found.is_le(),
            Op::More => found.is_gt(),
            Op::AtLeast => found.is_ge(),
        }
    }
}

fn comparison(text: &str) -> Result<(Rule, String), CmpError> {
    let found = OPS.iter().find_map(|(word, op)| Some((*word, *op, text.strip_prefix(word)?)));
    let strange = |letter: char| "=<>!≤≥≠~".contains(letter);
    match found {
        Some((word, op, rest)) if !rest.starts_with(strange) => {
            let value = Quantity::parse(rest)?;
            let words = format!("{word} {value}");
            Ok((Rule::Is(op, value), words))
        }
        Some(_) | None => Err(CmpError::NotAnOperator(text.chars().take_while(|letter| strange(*letter)).collect())),
    }
}

fn range(low: &str, high: &str) -> Result<(Rule, String), CmpError> {
    let (low, high) = (Quantity::parse(low)?, Quantity::parse(high)?);
    let (low, high) = (low.clone().or_unit(high.unit), high.or_unit(low.unit));
    if low.against(&high)?.is_gt() {
        return Err(CmpError::Backwards { low: low.to_string(), high: high.to_string() });
    }
    let words = format!("{low} to {high}");
    Ok((Rule::Between(low, high), words))
}

fn tolerance(mid: &str, off: &str) -> Result<(Rule, String), CmpError> {
    let (mid, off) = (Quantity::parse(mid)?, Quantity::parse(off)?);
    if off.number.is_negative() {
        return Err(CmpError::NegativeTolerance(off.to_string()));
    }
    let part_of_mid = off.unit == Some(Unit::Percent) && mid.unit != Some(Unit::Percent);
    let mid = if part_of_mid { mid } else { mid.or_unit(off.unit) };
    let words = format!("{mid} ± {off}");
    let reach = match mid.unit {
        _ if part_of_mid => {
            let part = off.number.over(Fraction::whole(100))?;
            mid.number.size().times(part)?
        }
        Some(unit) => off.in_unit(unit)?,
        None => off.number,
    };
    let low = Quantity::made(mid.number.minus(reach)?, mid.unit);
    let high = Quantity::made(mid.number.plus(reach)?, mid.unit);
    Ok((Rule::Between(low, high), words))
}
