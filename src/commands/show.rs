//! Showing a run: on screens, line by line, or to an answers file. Which of them, and what the end of it means.

use super::keys::OperatorKey;
use super::places::Places;
use super::{Failure, Outcome, Ran, print};
use crate::cli::{Common, ShowArgs};
use crate::engine::clock::{Clock, SystemClock};
use crate::feed::live::{Coming, connect};
use crate::feed::{News, Port};
use crate::journal::RunDir;
use crate::journal::keys::Signer;
use crate::linear;
use crate::model::event::Event;
use crate::model::plan::Plan;
use crate::model::record::Record;
use crate::tui;
use std::io::IsTerminal;
use std::sync::Arc;
use std::sync::mpsc::Receiver;

/// How a run is shown.
pub(super) enum Manner {
    /// Screens.
    Screens,
    /// Lines.
    Lines,
    /// Nobody there.
    Answers(Box<linear::Answers>, Vec<Arc<dyn Signer>>),
}

impl Manner {
    /// Which manner these arguments and this terminal ask for. An answers file is read and checked here, before a run exists.
    pub fn of(show: &ShowArgs, plan: Option<&Plan>) -> Result<Self, Failure> {
        if let Some(path) = &show.answers {
            let plan = plan.ok_or_else(|| Failure::because("answers need a runbook that can be read"))?;
            let mut answers = linear::Answers::read(path, plan).map_err(|why| Failure::because(why.to_string()))?;
            let mut keys = Vec::new();
            for key in &mut answers.keys {
                let beside = path.parent().unwrap_or(std::path::Path::new("."));
                let signer = super::keys::named(&beside.join(&key.file))?;
                key.fingerprint = signer.fingerprint();
                keys.push(signer);
            }
            return Ok(Self::Answers(Box::new(answers), keys));
        }
        let accessible = super::places::var("ACCESSIBLE").is_some_and(|value| value != "0");
        let dumb = super::places::var("TERM").is_none_or(|term| term == "dumb");
        let terminal = std::io::stdin().is_terminal() && std::io::stdout().is_terminal();
        match (show.linear || accessible, terminal) {
            (true, _) => Ok(Self::Lines),
            (false, true) if dumb => Ok(Self::Lines),
            (false, true) => Ok(Self::Screens),
            (false, false) => Err(Failure::because("there is no terminal to show the run on")
                .hint("use --linear for lines of text, --answers FILE for a run without anybody there, or --detach")),
        }
    }
}

impl Manner {
    /// The keys that an answers file names.
    fn keys(&self) -> Vec<Arc<dyn Signer>> {
        match self {
            Manner::Answers(_, keys) => keys.clone(),
            Manner::Screens | Manner::Lines => Vec::new(),
        }
    }

    /// Who an answers file speaks for.
    pub fn speaker(&self) -> Option<String> {
        match self {
            Manner::Answers(answers, _) => answers.operator.clone(),
            Manner::Screens | Manner::Lines => None,
        }
    }
}

/// What is needed to show a run.
pub(super) struct Showing<'a> {
    /// The run.
    pub dir: RunDir,
    /// Its runbook.
    pub plan: Plan,
    /// The operator's key.
    pub key: &'a OperatorKey,
    /// Only looks.
    pub watch: bool,
    /// How often the run was taken up before, where it is taken up now.
    pub resumes: Option<usize>,
    /// `--as`.
    pub name: Option<String>,
    /// Theme and glyphs.
    pub common: &'a Common,
    /// Where keys and texts lie.
    pub places: Places,
}

/// Connects and shows the run until it ends or the screen is left.
pub(super) fn show(showing: Showing<'_>, manner: Manner) -> Ran {
    let id = showing.dir.id().clone();
    let coming = Coming {
        watch: showing.watch,
        unattended: matches!(manner, Manner::Answers(..)),
        name: manner.speaker().or_else(|| showing.name.clone()),
        signer: showing.key.signer.clone(),
        keys: manner.keys(),
        agent: showing.places.agent.clone(),
        texts: Some(showing.places.texts()),
    };
    let (live, news) = connect(showing.dir, coming).map_err(|why| {
        Failure::because(format!("the conductor of run {} cannot be reached: {why}", id.short()))
            .hint(format!("tminus resume {}", id.short()))
    })?;
    let fault = fault_at();
    let clock = move || {
        let now = SystemClock.now();
        assert!(fault.as_deref().is_none_or(|file| !file.exists()), "a fault that TMINUS_FAULT_FILE asked for");
        now
    };
    // Lines and answers act by what they see: they see nothing of the part before as if it were now.
    let by_lines = !matches!(manner, Manner::Screens);
    let news = match showing.resumes.filter(|_| by_lines) {
        Some(resumes) => once_taken_up(news, resumes),
        None => news,
    };
    match manner {
        Manner::Screens => screens((&showing.plan, showing.common, id.short()), Box::new(live), news, &clock),
        Manner::Lines => {
            let input = std::io::BufReader::new(std::io::stdin());
            let left = linear::run(&showing.plan, Box::new(live), news, input, std::io::stdout(), &clock);
            lines_left(left.map_err(|why| Failure::because(why.to_string()))?, id.short())
        }
        Manner::Answers(answers, _) => {
            let left = linear::fly(&showing.plan, Box::new(live), news, &answers, std::io::stdout(), &clock);
            lines_left(left.map_err(|why| Failure::because(why.to_string()))?, id.short())
        }
    }
}

/// The same news from when the run was taken up, or could not be: all of it, and nothing of it before.
fn once_taken_up(news: Receiver<News>, resumes: usize) -> Receiver<News> {
    let (forward, again) = std::sync::mpsc::channel();
    let mut left = resumes + 1;
    for heard in news.iter() {
        let over = matches!(heard, News::Over { .. } | News::Lost(_));
        if let News::Records(records) = &heard {
            let is_resume = |record: &&Record| matches!(record.event, Event::Resume { .. });
            left = left.saturating_sub(records.iter().filter(is_resume).count());
        }
        // The other end is `again`, which lives as long as this function.
        let _ = forward.send(heard);
        if over || left == 0 {
            break;
        }
    }
    std::thread::spawn(move || news.iter().try_for_each(|heard| forward.send(heard)));
    again
}

fn screens(
    showing: (&Plan, &Common, &str),
    port: Box<dyn Port>,
    news: Receiver<News>,
    clock: &dyn Fn() -> crate::model::time::Stamp,
) -> Ran {
    let (plan, common, run) = showing;
    let theme = tui::theme::choose(common.theme.as_deref(), common.no_color, common.ascii)
        .map_err(|why| Failure::because(why.to_string()))?;
    let app = tui::App::new(plan.clone(), theme);
    let left = tui::run(app, port, news, clock).map_err(|why| Failure::of(&why))?;
    match left {
        tui::Left::Ended { completed, words } => {
            print(&format!("{words}\n"))?;
            Ok(if completed { Outcome::Done } else { Outcome::NotSo })
        }
        tui::Left::Leaving => goes_on(run),
        tui::Left::JournalFailed(words) => {
            super::keys::say(&words);
            Ok(Outcome::JournalFailed)
        }
        tui::Left::Lost(words) => lost(&words, run),
    }
}

fn lines_left(left: linear::Left, run: &str) -> Ran {
    match left {
        linear::Left::Ended { completed } => Ok(if completed { Outcome::Done } else { Outcome::NotSo }),
        linear::Left::NoAnswer => {
            print(&format!("The run waits. Go on with: tminus resume {run}\n"))?;
            Ok(Outcome::NotSo)
        }
        linear::Left::Leaving => goes_on(run),
        linear::Left::JournalFailed(words) => {
            super::keys::say(&words);
            Ok(Outcome::JournalFailed)
        }
        linear::Left::Lost(words) => lost(&words, run),
    }
}

fn goes_on(run: &str) -> Ran {
    print(&format!("Run {run} goes on. Come back with: tminus attach {run}\n"))?;
    Ok(Outcome::GoesOn)
}

fn lost(words: &str, run: &str) -> Ran {
    super::keys::say(words);
    print(&format!("Take run {run} up again with: tminus resume {run}\n"))?;
    Ok(Outcome::GoesOn)
}

/// A file whose appearance makes a screen of an unoptimised build fail, so that a test can see what a panic leaves behind.
fn fault_at() -> Option<std::path::PathBuf> {
    if cfg!(debug_assertions) { super::places::var("TMINUS_FAULT_FILE").map(Into::into) } else { None }
}
