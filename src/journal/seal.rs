//! stub
use crate::journal::{JournalError, RunDir};
#[derive(Clone)]
pub struct SealText;
impl SealText {
    pub fn prepare(_d: &RunDir) -> Result<Self, JournalError> {
        Ok(Self)
    }
    pub fn text(&self) -> &str {
        ""
    }
    pub fn finish(&self, _d: &RunDir, _a: Option<&str>) -> Result<(), JournalError> {
        Ok(())
    }
}
