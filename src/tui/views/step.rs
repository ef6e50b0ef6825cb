//! One step in full: why, what will run or is asked, what must come of it, what came, who did it, the way back.
//!
//! A command is wrapped, never cut. Nothing is said of the run that the records do not say.

use super::{Scene, inset, kinds, put, tail, want};
use crate::model::event::Answer;
use crate::model::ids::StepIx;
use crate::model::output::{Drained, Stream};
use crate::model::place;
use crate::model::schedule;
use crate::model::state::{StepState, StepStatus};
use crate::model::step::{Command, Program, Side, Work};
use crate::model::text::{shown, shown_lines};
use crate::model::time::{clock_length, plan_length};
use crate::tui::theme::{Role, marks::Standing};
use crate::tui::views::list;
use crate::tui::widgets::{fit, wrap};
use crate::tui::words;
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

/// Cells of a label.
const LABEL: usize = 8;

/// Draws the selected step into its pane, its output at the foot; scrolls where it is longer than the pane.
pub fn draw(frame: &mut Frame<'_>, area: Rect, scene: &Scene<'_>) {
    let area = inset(area);
    let width = usize::from(area.width);
    let Some(ix) = shown_step(scene) else {
        put(frame, area, &[scene.line("No step is selected.", Role::TextDim)]);
        return;
    };
    let mut lines = head(scene, ix, width);
    lines.extend(work(scene, ix, width));
    let command_end = lines.len();
    lines.extend(came(scene, ix, width));
    let height = usize::from(area.height);
    let room = height.saturating_sub(lines.len() + 2).max(6);
    lines.extend(output(scene, ix, width, room));
    let window = scene.eye.step.window(lines.len(), height, None);
    if window.start == 0 && command_end <= window.end {
        scene.eye.shown_whole.set(Some(ix));
    }
    put(frame, area, &lines[window]);
}

/// The step that panes show: the selected one, else the next, else the last that was begun.
pub fn shown_step(scene: &Scene<'_>) -> Option<StepIx> {
    let state = scene.state();
    scene
        .eye
        .selected
        .step()
        .or_else(|| state.next(scene.ctx.plan))
        .or_else(|| state.log.iter().rev().find_map(|entry| entry.step))
}

fn head(scene: &Scene<'_>, ix: StepIx, width: usize) -> Vec<Line<'static>> {
    let (plan, state) = (scene.ctx.plan, scene.state());
    let (step, own) = (plan.step(ix), state.step(ix));
    let standing = list::seen(scene, ix, state.next(plan));
    let title = format!("{} {}", shown(&step.number), words::said(state, &step.title));
    let class = Line::from(vec![
        scene.span(format!("{} {}  ", standing.mark(scene.ctx.theme.glyphs), standing.word()), standing.role()),
        scene.dim(class_words(scene, ix)),
    ]);
    let mut lines = vec![fit::ends(scene.line(title, Role::TextStrong), class, width)];
    if let Some(why) = &step.why {
        lines.extend(labelled(scene, "why", &words::said(state, why), Role::Text, width));
    }
    for (label, text, role) in kinds::ties(scene, ix) {
        lines.extend(labelled(scene, label, &text, role, width));
    }
    let times = times(scene, ix);
    if !times.is_empty() {
        lines.extend(labelled(scene, "time", &times, Role::Text, width));
    }
    if let Some(spent) = spent(scene, ix) {
        lines.extend(labelled(scene, "spent", &spent, Role::Text, width));
    }
    if let Some(changes) = &step.changes {
        lines.extend(labelled(scene, "changes", &words::said(state, changes), Role::Text, width));
    }
    if let Some(loses) = &step.loses {
        lines.extend(labelled(scene, "loses", &words::said(state, loses), Role::Danger, width));
    }
    if !step.undo.is_empty() {
        let undo: Vec<String> = step.undo.iter().map(|undo| words::said(state, &plan.step(*undo).title)).collect();
        lines.extend(labelled(scene, "undo", &undo.join("; "), Role::Text, width));
    }
    if let Some(reason) = own.reason.as_ref().filter(|_| own.status != StepStatus::Running) {
        lines.extend(labelled(scene, "reason", &shown(reason), Role::Warn, width));
    }
    lines
}

/// `C2 production`; of a group what its one card asks.
fn class_words(scene: &Scene<'_>, ix: StepIx) -> String {
    let plan = scene.ctx.plan;
    let class = match &plan.step(ix).work {
        Work::Group(_) => crate::model::decide::asked_class(plan, scene.state(), ix),
        _alone => plan.step(ix).class(),
    };
    format!("{} {}", class.word(), words::effect(plan, ix).word())
}

fn times(scene: &Scene<'_>, ix: StepIx) -> String {
    let (plan, state) = (scene.ctx.plan, scene.state());
    let (step, own) = (plan.step(ix), state.step(ix));
    let mut parts = Vec::new();
    if let Some(takes) = step.takes {
        parts.push(format!("planned {}", plan_length(takes)));
    }
    if let Some(at) = step.at.as_ref().and_then(|at| schedule::bind(plan, state, at)) {
        parts.push(format!("at {}", words::clock(state, at)));
    }
    if let Some(started) = own.first_started {
        let by = own.by.as_ref().map_or(String::new(), |by| format!(" by {}", shown(&by.shown())));
        parts.push(format!("began {}{by}", words::second(state, started.wall)));
    }
    if let (Some(took), false) =
        (own.took.or_else(|| state.elapsed(ix, scene.ctx.now)), own.status == StepStatus::NotYet)
    {
        parts.push(format!("{} {}", if own.status.open() { "for" } else { "took" }, clock_length(took)));
    }
    if own.attempt > 1 {
        parts.push(format!("try {}", own.attempt));
    }
    parts.join(", ")
}

/// `12m 04s: machine 8m, person 3m 30s, retry 34s`; nothing where all of it was of one kind, which `took` has said.
fn spent(scene: &Scene<'_>, ix: StepIx) -> Option<String> {
    let spent = scene.state().spent_on(scene.ctx.plan, ix, scene.ctx.now);
    let kinds = spent.seconds().iter().filter(|(_, seconds)| *seconds > 0).count();
    spent.sentence().filter(|_| kinds > 1)
}

/// What will run, or what is asked.
fn work(scene: &Scene<'_>, ix: StepIx, width: usize) -> Vec<Line<'static>> {
    let state = scene.state();
    let step = scene.ctx.plan.step(ix);
    let mut lines = vec![Line::default()];
    match &step.work {
        Work::Run(command) => lines.extend(command_rows(scene, ix, command, width)),
        Work::Check(items) => {
            for (place, item) in items.iter().enumerate() {
                lines.extend(item_rows(scene, (ix, place), &item.text, width));
            }
        }
        Work::Measure(question) | Work::Ask(question) => {
            lines.extend(labelled(scene, "asks", &words::said(state, &question.text), Role::TextStrong, width));
            if let Some(expect) = &question.expect {
                let wanted: Vec<String> = want::lines(expect).into_iter().skip(1).collect();
                lines.extend(labelled(scene, "needs", &wanted.join(", "), Role::Text, width));
            }
        }
        Work::Choose { text, options } => {
            lines.extend(labelled(scene, "asks", &words::said(state, text), Role::TextStrong, width));
            for (place, option) in options.iter().enumerate() {
                let taken = state.step(ix).chosen == Some(place);
                let mark = if taken { Standing::Is(StepStatus::Ok).mark(scene.ctx.theme.glyphs) } else { " " };
                let text = format!("{mark} {} {}", shown(&option.id), words::said(state, &option.title));
                lines.extend(labelled(scene, "", &text, if taken { Role::Ok } else { Role::Text }, width));
            }
        }
        Work::Wait(when) => {
            let until = state.step(ix).until.map_or(String::new(), |at| {
                format!(", to {} ({} left)", words::second(state, at), words::until(at, scene.ctx.now))
            });
            lines.extend(labelled(
                scene,
                "waits",
                &format!("{}{until}", shown(&when.shown())),
                Role::TextStrong,
                width,
            ));
        }
        Work::Gate(gate) => {
            lines.extend(labelled(scene, "asks", &words::said(state, &gate.text), Role::TextStrong, width));
            for (side, criteria) in [(Side::Go, &gate.go), (Side::NoGo, &gate.no_go)] {
                let label = if side == Side::Go { "GO" } else { "NO-GO" };
                for (place, criterion) in criteria.iter().enumerate() {
                    lines.extend(criterion_row(scene, *criterion, if place == 0 { label } else { "" }, width));
                }
            }
            let open = state.open_points(scene.ctx.plan, ix);
            let advice = if open.is_empty() { "GO".to_owned() } else { format!("HOLD: {}", shown(&open.join(", "))) };
            lines.extend(labelled(scene, "advice", &advice, Role::TextStrong, width));
        }
        Work::Monitor(_) | Work::Sign(_) | Work::Notify(_) | Work::Call(_) | Work::Group(_) | Work::Evidence(_) => {
            for (label, text, role) in kinds::work(scene, ix, width) {
                lines.extend(labelled(scene, label, &text, role, width));
            }
        }
    }
    if let (Work::Notify(_), Some(command)) = (&step.work, step.command()) {
        lines.extend(command_rows(scene, ix, command, width));
    }
    lines
}

fn criterion_row(scene: &Scene<'_>, ix: StepIx, label: &str, width: usize) -> Vec<Line<'static>> {
    let (step, own) = (scene.ctx.plan.step(ix), scene.state().step(ix));
    let standing = Standing::Is(own.status);
    let text = format!("{:<4} {} {}", standing.word(), shown(&step.number), words::said(scene.state(), &step.title));
    labelled(scene, label, &text, if own.status == StepStatus::NotYet { Role::Text } else { standing.role() }, width)
}

fn item_rows(scene: &Scene<'_>, at: (StepIx, usize), text: &str, width: usize) -> Vec<Line<'static>> {
    let (ix, place) = at;
    let state = scene.state();
    let (word, role, saw) = match state.step(ix).answers.get(&place) {
        None => ("-", Role::Text, String::new()),
        Some(answered) => {
            let (word, role) = match answered.answer {
                Answer::Ok => ("ok", Role::Ok),
                Answer::Failed => ("FAIL", Role::Fail),
                Answer::NotApplicable => ("n/a", Role::TextDim),
            };
            let saw = if answered.saw.is_empty() { String::new() } else { format!("\"{}\", ", shown(&answered.saw)) };
            (word, role, format!("  {saw}{}", shown(&answered.by.shown())))
        }
    };
    let text = format!("{word:<4} {}{saw}", words::said(state, text));
    labelled(scene, if place == 0 { "look" } else { "" }, &text, role, width)
}

/// The command, every character of it.
fn command_rows(scene: &Scene<'_>, ix: StepIx, command: &Command, width: usize) -> Vec<Line<'static>> {
    let own = scene.state().step(ix);
    let mut lines = Vec::new();
    let mut how = Vec::new();
    if scene.state().is_drill() {
        how.push("not in a drill: its example is shown".into());
    } else if let Some(invocation) = &own.invocation {
        how.push(shown(&place::words(scene.ctx.plan, scene.state(), command, invocation)).into_owned());
    } else if let Some(target) = scene.ctx.plan.elsewhere(command) {
        how.push(format!("on {} (ssh {})", target.id, shown(target.ssh.as_deref().unwrap_or_default())));
    } else if let Some(facts) = &scene.state().facts {
        how.push(format!("as {}@{}", shown(&facts.user), shown(&facts.host)));
    }
    if command.tty {
        how.push("with a terminal of its own".into());
    }
    if let Program::Text { shell, .. } = &command.program {
        how.push(shell.program().to_owned());
    }
    if let Some(timeout) = command.timeout {
        how.push(format!("limit {}", plan_length(timeout)));
    }
    if let Some(retry) = command.retry {
        how.push(format!("up to {} tries, {} apart", retry.times, plan_length(retry.every)));
    }
    lines.extend(labelled(scene, "runs", &how.join(", "), Role::TextDim, width));
    let text = command_text(scene, command);
    for (number, line) in text.split('\n').enumerate() {
        for (place, row) in wrap::cells(line, width.saturating_sub(4)).into_iter().enumerate() {
            let mark = if (number, place) == (0, 0) { "  $ " } else { "    " };
            lines.push(Line::from(vec![scene.dim(mark), scene.span(row, Role::Cmd)]));
        }
    }
    lines
}

/// A command as it will run, safe to draw, its lines kept.
pub fn command_text(scene: &Scene<'_>, command: &Command) -> String {
    match &command.program {
        Program::Text { text, .. } => shown_lines(command.script().as_deref().unwrap_or(text).trim_end_matches('\n')),
        Program::Argv(argv) => {
            let plain = |word: &str| {
                !word.is_empty()
                    && word.chars().all(|letter| letter.is_ascii_alphanumeric() || "-_./:=@%+,".contains(letter))
            };
            let quoted = |word: &String| {
                let word = scene.state().fill(word);
                if plain(&word) { word } else { format!("'{}'", word.replace('\'', "'\\''")) }
            };
            shown_lines(&argv.iter().map(quoted).collect::<Vec<_>>().join(" "))
        }
    }
}

/// What must come and what came.
fn came(scene: &Scene<'_>, ix: StepIx, width: usize) -> Vec<Line<'static>> {
    let (step, own) = (scene.ctx.plan.step(ix), scene.state().step(ix));
    let mut lines = vec![Line::default()];
    if let Some(command) = step.command().filter(|_| own.checks.is_empty()) {
        for (place, wanted) in want::lines(&command.expect).iter().enumerate() {
            lines.extend(labelled(scene, if place == 0 { "expect" } else { "" }, wanted, Role::Text, width));
        }
    }
    for (place, check) in own.checks.iter().enumerate() {
        let standing = Standing::Is(if check.ok { StepStatus::Ok } else { StepStatus::Failed });
        let text = format!("{:<4} {}, saw {}", standing.word(), shown(&check.want), shown(&check.saw));
        lines.extend(labelled(scene, if place == 0 { "got" } else { "" }, &text, standing.role(), width));
    }
    for (label, text, role) in kinds::failure(scene, ix) {
        lines.extend(labelled(scene, label, &text, role, width));
    }
    if let Some(exit) = own.exit {
        let drained = match own.drained {
            Some(Drained::Grace) => ", its output was still held open",
            Some(Drained::Eof) | None => "",
        };
        lines.extend(labelled(scene, "exit", &format!("{}{drained}", exit.shown()), Role::Text, width));
    }
    lines.extend(lives(scene, own, width));
    if own.lost > 0 {
        lines.extend(labelled(
            scene,
            "lost",
            &format!("{} bytes were printed and not kept", own.lost),
            Role::Warn,
            width,
        ));
    }
    for past in own.past.iter().rev().take(3) {
        let saw = past
            .checks
            .iter()
            .find(|check| !check.ok)
            .map_or(String::new(), |check| format!(": {}", shown(&check.saw)));
        lines.extend(labelled(
            scene,
            "before",
            &format!("try {} {}{saw}", past.attempt, past.status),
            Role::TextDim,
            width,
        ));
    }
    lines
}

/// Where it ran on another machine, how much was typed to it, what of it lives.
fn lives(scene: &Scene<'_>, own: &StepState, width: usize) -> Vec<Line<'static>> {
    let mut lines = Vec::new();
    if let Some(there) = &own.there {
        let text = format!("{}, process group {} there", shown(&there.place), there.group);
        lines.extend(labelled(scene, "ran on", &text, Role::Text, width));
    }
    if own.typed > 0 {
        let text = format!("{} bytes, which are not kept", own.typed);
        lines.extend(labelled(scene, "typed", &text, Role::TextDim, width));
    }
    if let Some(why) = &own.unseen {
        lines.extend(labelled(scene, "unseen", &shown(why), Role::Warn, width));
    }
    if !own.holders.is_empty() {
        let names: Vec<String> =
            own.holders.iter().map(|held| format!("{} (pid {})", shown(&held.comm), held.pid)).collect();
        lines.extend(labelled(
            scene,
            if own.is_orphan() { "lives" } else { "held by" },
            &names.join(", "),
            Role::Warn,
            width,
        ));
    }
    lines
}

/// The last lines that it printed.
fn output(scene: &Scene<'_>, ix: StepIx, width: usize, most: usize) -> Vec<Line<'static>> {
    let (step, own) = (scene.ctx.plan.step(ix), scene.state().step(ix));
    if step.command().is_none() || own.attempt == 0 {
        return Vec::new();
    }
    if own.bytes == 0 {
        let said = if own.status.open() {
            "Nothing printed yet.".to_owned()
        } else {
            let exit = own.exit.map_or(String::new(), |exit| format!(" {}", exit.shown()));
            format!("This step printed nothing.{exit}")
        };
        return vec![Line::default(), scene.line(said, Role::TextDim)];
    }
    let size = format!("{} lines, {} bytes", own.lines, own.bytes);
    let title = Line::from(vec![scene.span("Output ", Role::TextStrong), scene.dim(size)]);
    let keys = Line::from(vec![scene.span("o", Role::Key), scene.dim(" all of it")]);
    let mut lines = vec![Line::default(), fit::ends(title, keys, width)];
    for printed in tail::tail(scene.ctx.port, &step.id, own, extents(scene, ix), most) {
        lines.push(printed_line(scene, &printed, width));
    }
    lines
}

/// The extents that are at hand for a step.
pub fn extents<'a>(scene: &'a Scene<'_>, ix: StepIx) -> Option<&'a super::Extents> {
    scene.ctx.streams.of(ix, scene.state().step(ix).attempt)
}

/// A line of output, said to be standard error in words too.
pub fn printed_line(scene: &Scene<'_>, printed: &tail::Printed, width: usize) -> Line<'static> {
    let (word, role) = match printed.stream {
        Some(Stream::Err) => ("err ", Role::OutErr),
        Some(Stream::Out) => ("out ", Role::Text),
        None => ("    ", Role::Text),
    };
    fit::cut_line(Line::from(vec![scene.dim(word), scene.span(printed.text.clone(), role)]), width)
}

/// A label and a text beside it, wrapped.
pub fn labelled(scene: &Scene<'_>, label: &str, text: &str, role: Role, width: usize) -> Vec<Line<'static>> {
    let indent = LABEL.min(width / 3);
    let mut lines = Vec::new();
    for (place, row) in wrap::words(text, width.saturating_sub(indent)).into_iter().enumerate() {
        let label = fit::left(if place == 0 { label } else { "" }, indent);
        lines.push(Line::from(vec![Span::styled(label, scene.style(Role::TextDim)), scene.span(row, role)]));
    }
    lines
}
