//! How fast a run is played: real time times this.

/// A factor, in sixteenths, so that halving and doubling come back to where they were.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Speed(u64);

const ONE: u64 = 16;
const FASTEST: u64 = 4096 * ONE;

impl Default for Speed {
    fn default() -> Self {
        Self(ONE)
    }
}

impl Speed {
    /// `4`, `0.5`, `x4`: from a sixteenth to 4096.
    pub fn parse(text: &str) -> Result<Self, String> {
        let number: f64 = text.trim_start_matches('x').parse().map_err(|_| format!("{text} is no speed: 4, or 0.5"))?;
        let sixteenths = number * ONE as f64;
        if !(1.0..=FASTEST as f64).contains(&sixteenths) {
            return Err("a speed is between 0.0625 and 4096".into());
        }
        Ok(Self(sixteenths.round() as u64))
    }

    /// Half of it.
    #[must_use]
    pub fn slower(self) -> Self {
        Self((self.0 / 2).max(1))
    }

    /// Twice it.
    #[must_use]
    pub fn faster(self) -> Self {
        Self((self.0 * 2).min(FASTEST))
    }

    /// So much of the run's time for so much real time.
    pub fn of(self, real: u64) -> u64 {
        real.saturating_mul(self.0) / ONE
    }

    /// `x4`, `x1/2`, `x1.5`.
    pub fn shown(self) -> String {
        match self.0 {
            whole if whole.is_multiple_of(ONE) => format!("x{}", whole / ONE),
            part if ONE.is_multiple_of(part) => format!("x1/{}", ONE / part),
            odd => format!("x{}", odd as f64 / ONE as f64),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn halving_and_doubling_come_back_and_stop_at_the_ends() {
        let mut speed = Speed::parse("4").expect("a speed");
        assert_eq!((speed.shown(), speed.of(1_000_000)), ("x4".into(), 4_000_000));
        for shown in ["x2", "x1", "x1/2", "x1/4", "x1/8", "x1/16", "x1/16"] {
            speed = speed.slower();
            assert_eq!(speed.shown(), shown);
        }
        for _ in 0..40 {
            speed = speed.faster();
        }
        assert_eq!(speed.shown(), "x4096");
        assert_eq!(Speed::parse("1.5").map(Speed::shown), Ok("x1.5".into()));
        for none in ["", "0", "-1", "fast", "1e9", "NaN", "inf"] {
            assert!(Speed::parse(none).is_err(), "{none}");
        }
    }
}
