//! `when: { VAR: … }`: whether a condition holds of a variable's value.
//!
//! A bare value and `!= value` compare text, so that the version 1.10 is not 1.1; the other operators and ranges compare
//! numbers. A value that cannot be compared is an error, never "no". The driver asks when a step becomes next.

use super::error::{JudgeError, line_pattern};
use crate::model::cmp::{Cmp, Quantity};

/// Whether `is`, as written in a runbook, holds of `value`: `value`, `!= value`, `matches RE` or a comparison.
pub fn condition_holds(is: &str, value: &str) -> Result<bool, JudgeError> {
    let (is, value) = (is.trim(), value.trim());
    if let Some(pattern) = is.strip_prefix("matches ") {
        return Ok(line_pattern(pattern.trim())?.is_match(value.as_bytes()));
    }
    if let Some(other) = is.strip_prefix("!=") {
        return Ok(other.trim() != value);
    }
    if is == value {
        return Ok(true);
    }
    let cmp = Cmp::parse(is);
    if let Some(text) = is.strip_prefix('=')
        && (cmp.is_err() || Quantity::parse(value).is_err())
    {
        return Ok(text.trim() == value);
    }
    let reaches = is.contains("..") || is.contains('±') || is.contains("+-");
    let compares = Cmp::has_operator(is) || (reaches && cmp.is_ok());
    if !compares {
        return Ok(false);
    }
    let judged = cmp.and_then(|cmp| cmp.judge(&Quantity::parse(value)?));
    judged.map_err(|source| JudgeError::Condition {
        is: is.to_owned(),
        value: value.chars().take(60).collect(),
        source,
    })
}
