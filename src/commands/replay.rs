//! `tminus replay`: a run seen again, on the live screens or as lines of text. Reads only; connects to nothing, starts nothing.

use super::places::Places;
use super::runs::plan_of;
use super::{Failure, Outcome, Ran, nobody_reads, print};
use crate::cli::{Cli, Command, ReplayArgs};
use crate::engine::clock::{Clock, SystemClock};
use crate::feed::News;
use crate::feed::replay::{Course, Looking, Verdict};
use crate::linear;
use crate::model::ids::StepId;
use crate::tui::replay::{Opening, Other, Speed};
use crate::tui::{self, App};
use std::io::IsTerminal;

/// Shows a run again.
pub(super) fn replay(cli: &Cli) -> Ran {
    let Some(Command::Replay(args)) = &cli.command else {
        return Err(Failure::because("not a replay"));
    };
    let places = Places::find(&cli.common)?;
    let course = open(&places, &args.run, args.follow)?;
    let align = args.align.as_ref().map(|name| step_of(&course, name)).transpose()?;
    let beside = match &args.beside {
        Some(name) => Some(Other { course: open(&places, name, false)?, align }),
        None => None,
    };
    let accessible = super::places::var("ACCESSIBLE").is_some_and(|value| value != "0");
    let dumb = super::places::var("TERM").is_none_or(|term| term == "dumb");
    let terminal = std::io::stdin().is_terminal() && std::io::stdout().is_terminal();
    if args.linear || accessible || dumb || !terminal {
        return lines(args, &course, beside.as_ref());
    }
    let speed = args.speed.as_deref().map(Speed::parse).transpose().map_err(Failure::because)?;
    let plays = speed.is_some();
    let speed = speed.unwrap_or_default();
    let opening = Opening { speed, at: args.at.clone(), follow: args.follow, plays, beside };
    screens(cli, course, opening)
}

fn open(places: &Places, name: &str, follow: bool) -> Result<Course, Failure> {
    let dir = super::runs::find(places, name)?;
    let plan = plan_of(&dir)?;
    Course::open(dir, plan, follow).map_err(|why| Failure::of(&why))
}

fn step_of(course: &Course, name: &str) -> Result<StepId, Failure> {
    let found = course.plan().steps.iter().find(|step| step.number == name || step.id.as_str() == name);
    found.map(|step| step.id.clone()).ok_or_else(|| Failure::because(format!("no step {name} in this runbook")))
}

fn screens(cli: &Cli, course: Course, opening: Opening) -> Ran {
    let common = &cli.common;
    let look = tui::theme::choose(common.theme.as_deref(), common.no_color, common.ascii)
        .map_err(|why| Failure::because(why.to_string()))?;
    let port = Looking::at(course.dir().clone());
    let plan = course.plan().as_ref().clone();
    let app = App::replaying(plan, look, course.clone(), opening).map_err(|why| Failure::of(&why))?;
    // Nothing is told over it: the app looks at the course itself. Held, since its end would be the run's.
    let (_quiet, news) = std::sync::mpsc::channel::<News>();
    tui::run(app, Box::new(port), news, &|| SystemClock.now()).map_err(|why| Failure::of(&why))?;
    Ok(outcome(&course))
}

fn lines(args: &ReplayArgs, course: &Course, beside: Option<&Other>) -> Ran {
    let wanted = linear::Replayed {
        at: args.at.as_deref(),
        follow: args.follow,
        beside: beside.map(|other| (&other.course, other.align.as_ref())),
    };
    let port = Looking::at(course.dir().clone());
    match linear::replay(course, &port, &wanted, std::io::stdout().lock()) {
        Ok(()) => Ok(outcome(course)),
        Err(linear::ReplayedError::Write(closed)) if nobody_reads(&closed) => Ok(outcome(course)),
        Err(linear::ReplayedError::Where(words)) => Err(Failure::because(words)),
        Err(why) => {
            print("")?;
            Err(Failure::of(&why))
        }
    }
}

/// A journal that does not hold was shown all the same, and it is not as it should be.
fn outcome(course: &Course) -> Outcome {
    match course.known().verdict {
        Verdict::Broken { .. } => Outcome::NotSo,
        Verdict::Reading(_) | Verdict::Whole { .. } | Verdict::Torn { .. } => Outcome::Done,
    }
}
