//! FLOOR 4: what is written of a run for people who were not there: one value, one writer a format.
//!
//! Records go through the same fold as on every screen (`Taken`), with what a later record would hide kept beside it; that and
//! what lies outside the records becomes a `Report`; a format is a pure function of it, so the same journal gives the same
//! bytes. It starts nothing, writes nothing into a run, and a report never says more than its records. `commands` calls it.

pub mod cast;
mod csv;
mod deviations;
mod deviations_at_end;
mod finish;
mod html;
mod json;
mod junit;
mod md;
mod outputs;
mod page;
mod page_people;
mod page_steps;
mod people;
mod redact;
mod rows;
mod take;
mod text;
mod timeline;
pub mod value;
mod words;

pub use finish::Outside;
pub use outputs::outputs;
pub use redact::Redactor;
pub use take::Taken;
pub use value::Report;

/// How a report is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// Markdown.
    Md,
    /// One page that needs nothing else.
    Html,
    /// The value itself.
    Json,
    /// Timings.
    Csv,
    /// A test case a step.
    Junit,
    /// Lines, in order.
    Text,
}

/// Writes a report.
pub fn write(report: &Report, form: Form) -> String {
    match form {
        Form::Md => md::write(report),
        Form::Html => html::write(report),
        Form::Json => json::write(report),
        Form::Csv => csv::write(report),
        Form::Junit => junit::write(report),
        Form::Text => text::write(report),
    }
}
