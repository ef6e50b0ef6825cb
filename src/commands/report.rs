//! `tminus report`: what happened in a run, written for people who were not there. Starts nothing, writes nothing into a run.

use super::places::{Places, absolute};
use super::{Failure, Outcome, Ran, print};
use crate::cli::{Common, ReportArgs, ReportFormat};
use crate::feed::live::conductor_of;
use crate::journal::RunDir;
use crate::journal::reader::read_each;
use crate::journal::verify::{Amended, VerifyWith, verify};
use crate::report::cast::{Version, cast};
use crate::report::value::{Amendment, Broken, SignedBy, Verification};
use crate::report::{Form, Outside, Redactor, Taken, outputs, write};
use std::io::Write;
use std::path::Path;

/// Writes a report; `NotSo` where the journal does not hold, so that a report of half a run does not pass for one of all of it.
pub(super) fn report(common: &Common, args: &ReportArgs) -> Ran {
    let places = Places::find(common)?;
    let dir = super::runs::find(&places, &args.run)?;
    let plan = super::runs::plan_of(&dir)?;
    let mut taken = Taken::new(&plan);
    taken.printed = matches!(way(args.format), Way::Cast(_)).then(Vec::new);
    let broken = read_each(&dir, &mut |record| taken.record(record)).map_err(|why| Failure::of(&why))?;
    for name in &args.redact {
        if !taken.state.vars.contains_key(name) && !plan.vars.iter().any(|var| var.name.as_str() == name) {
            let known: Vec<&str> = plan.vars.iter().map(|var| var.name.as_str()).collect();
            let known =
                if known.is_empty() { "it has none".to_owned() } else { format!("it has {}", known.join(", ")) };
            return Err(Failure::because(format!("the run has no variable {name} to redact")).hint(known));
        }
    }
    let (mut verification, amendments) = judged(&places, &dir, args)?;
    verification.broken = broken.map(|broken| Broken { record: broken.seq.0, why: broken.why });
    let outside = Outside {
        verification,
        amendments,
        sealed: dir.path().join("SEAL").symlink_metadata().is_ok_and(|found| found.is_file()),
        dir: dir.path().display().to_string(),
        live: conductor_of(&dir).is_some(),
    };
    let mut redactor = Redactor::new(&args.redact, &taken.values);
    let whole = outside.verification.broken.is_none() && taken.illegal.is_none();
    let text = match way(args.format) {
        Way::Form(form) => {
            let outputs = outputs(&dir, &taken, &mut redactor);
            write(&redactor.report(taken.finish(outside, outputs)), form)
        }
        Way::Cast(version) => cast(&dir, &taken, &mut redactor, version),
    };
    match &args.out {
        None => print(&text)?,
        Some(path) => keep(&places, &dir, path, &text)?,
    }
    Ok(if whole { Outcome::Done } else { Outcome::NotSo })
}

/// What writes a format.
enum Way {
    Form(Form),
    Cast(Version),
}

fn way(format: ReportFormat) -> Way {
    match format {
        ReportFormat::Md => Way::Form(Form::Md),
        ReportFormat::Html => Way::Form(Form::Html),
        ReportFormat::Json => Way::Form(Form::Json),
        ReportFormat::Csv => Way::Form(Form::Csv),
        ReportFormat::Junit => Way::Form(Form::Junit),
        ReportFormat::Text => Way::Form(Form::Text),
        ReportFormat::Cast2 => Way::Cast(Version::V2),
        ReportFormat::Cast3 => Way::Cast(Version::V3),
    }
}

/// What a verification says of the run now, without starting `ssh-keygen`.
fn judged(places: &Places, dir: &RunDir, args: &ReportArgs) -> Result<(Verification, Vec<Amendment>), Failure> {
    let allowed = args.allowed_signers.clone();
    let against = super::verify::Against { allowed, ..super::verify::Against::nothing() };
    // A report starts no process, whatever the run says.
    let with = VerifyWith { ask_ssh_keygen: false, ..super::verify::with(places, &against)? };
    let mut found = verify(dir, &with);
    super::verify::against_the_runbook(dir, &mut found);
    let head = found.head.as_ref().map(|head| head.code());
    let of_head = head.as_ref().map(|head| format!(" --head {head}")).unwrap_or_default();
    let signed = found.signed.iter().map(|by| SignedBy {
        what: by.what.clone(),
        who: by.who.clone(),
        fingerprint: by.fingerprint.clone(),
        standing: by.standing.word().into(),
    });
    let amendments = found.amendments.iter().map(amendment).collect();
    let verification = Verification {
        verdict: found.verdict.word().into(),
        passes: found.passes(),
        line: found.first_line(),
        all: found.all.iter().map(|verdict| verdict.word().into()).collect(),
        problems: found.problems.iter().map(ToString::to_string).collect(),
        notes: found.notes.clone(),
        signed: signed.collect(),
        head,
        command: format!("tminus verify {}{of_head}", dir.id()),
        broken: None,
    };
    Ok((verification, amendments))
}

fn amendment(own: &Amended) -> Amendment {
    let redaction = own.amendment.redaction.as_ref();
    let extents = redaction.map(|own| own.extents.iter().map(|taken| taken.number).collect());
    Amendment {
        sequence: own.amendment.sequence,
        what: if redaction.is_some() { "redaction" } else { "note" }.into(),
        file: redaction.map(|own| own.log_name()),
        extents: extents.unwrap_or_default(),
        bytes: own.bytes(),
        reason: own.amendment.reason.clone(),
        at: own.amendment.at,
        by: own.by.clone(),
        carried_out: own.carried_out,
        text: own.said(),
    }
}

/// Keeps a report in a file, whole or not at all. Nothing is ever written into a run, nor over the folder of runs.
fn keep(places: &Places, dir: &RunDir, path: &Path, text: &str) -> Result<(), Failure> {
    let path = absolute(path)?;
    let cannot = |why: &dyn std::fmt::Display| Failure::because(format!("cannot write {}: {why}", path.display()));
    let folder = path.parent().unwrap_or(Path::new("/"));
    let real = folder.canonicalize().map_err(|why| cannot(&why))?;
    let inside = |of: &Path| of.canonicalize().is_ok_and(|of| real.starts_with(of));
    if inside(dir.path()) || inside(&places.runs) || path.is_dir() {
        return Err(
            cannot(&"a report is kept beside the runs, never among them").hint("name another place: --out FILE")
        );
    }
    let name = path.file_name().ok_or_else(|| cannot(&"it has no name"))?.to_string_lossy().into_owned();
    let new = real.join(format!(".{name}.{}.new", std::process::id()));
    let written = std::fs::OpenOptions::new().write(true).create_new(true).open(&new).and_then(|mut file| {
        file.write_all(text.as_bytes())?;
        file.sync_all()?;
        std::fs::rename(&new, real.join(&name))
    });
    written.map_err(|why| {
        // What was begun is of no use to anybody.
        let _ = std::fs::remove_file(&new);
        cannot(&why)
    })
}
