//! What a card of a sign-off says: who signed, whose key may sign, the text to the letter, and how it is signed elsewhere.

use super::sign::{Signing, Stage, sign_of};
use crate::model::event::Decision;
use crate::model::ids::{RoleId, StepIx};
use crate::model::signoff;
use crate::model::text::shown;
use crate::tui::context::Context;
use crate::tui::overlays::say;
use crate::tui::theme::Role;
use ratatui::text::Line;

/// `Technical lead: maya at 15:04, by name only, "looks right"` for each role.
pub fn roles(ctx: &Context<'_>, step: StepIx) -> Vec<(String, Role)> {
    let Some(sign) = sign_of(ctx, step) else { return Vec::new() };
    let row = |role: &RoleId| {
        let title = title(ctx, role);
        match ctx.state.step(step).signed.iter().find(|signed| signed.role == *role) {
            None => (format!("{title}: not signed"), Role::You),
            Some(signed) => {
                let how = match &signed.key {
                    Some(key) => format!("signed {}", shown(key)),
                    None => "(typed)".to_owned(),
                };
                let comment = match signed.comment.trim() {
                    "" => String::new(),
                    comment => format!(", \"{}\"", shown(comment)),
                };
                let at = say::hour(ctx, signed.at.wall);
                (format!("{title}: {} at {at}, {how}{comment}", shown(&signed.principal)), Role::Ok)
            }
        }
    };
    sign.roles.iter().map(row).collect()
}

pub(super) fn title(ctx: &Context<'_>, id: &RoleId) -> String {
    let role = ctx.plan.roles.iter().find(|role| role.id == *id);
    role.map_or(shown(id.as_str()).into_owned(), |role| match role.signers.as_slice() {
        [] => shown(&role.title).into_owned(),
        signers => format!("{} [{}]", shown(&role.title), shown(&signers.join(", "))),
    })
}

/// What stands in the body once a key is to be chosen or a text to be signed.
pub(super) fn signing_rows(
    stage: &Stage,
    of: (StepIx, Decision),
    ctx: &Context<'_>,
    width: usize,
) -> Option<Vec<Line<'static>>> {
    match stage {
        Stage::Roles | Stage::Said { .. } => None,
        Stage::Keys { role, keys, .. } => {
            let mut rows = say::prose(&format!("Whose key signs for {}:", title(ctx, role)), width, Role::Text, ctx);
            for (at, key) in keys.iter().enumerate() {
                let here = if key.here { "signs here" } else { "signs elsewhere" };
                let words = format!("{} {}, {here}", shown(&key.principal), shown(&key.fingerprint));
                rows.extend(say::labelled(&format!("  {}", at + 1), &words, width, Role::TextStrong, ctx));
            }
            Some(rows)
        }
        Stage::Text(signing) => {
            let mut rows = elsewhere(signing, of, ctx, width);
            rows.extend(say::prose("What is signed, to the letter:", width, Role::Text, ctx));
            for line in signing.text.lines() {
                rows.extend(say::labelled("  |", &shown(line), width, Role::TextStrong, ctx));
            }
            Some(rows)
        }
    }
}

/// How somebody signs whose key is not at hand; first on the card, since the text below it is long.
fn elsewhere(
    signing: &Signing,
    (step, decision): (StepIx, Decision),
    ctx: &Context<'_>,
    width: usize,
) -> Vec<Line<'static>> {
    let Some(path) = &signing.kept else { return Vec::new() };
    let key = &signing.key;
    let who = format!("{} signs with {}, which is not at hand here:", shown(&key.principal), shown(&key.fingerprint));
    let vote = match decision {
        Decision::Go | Decision::NoGo => format!(" --vote {}", decision.word()),
        Decision::Signed | Decision::Approved => String::new(),
    };
    let run = ctx.state.facts.as_ref().map_or("RUN", |facts| facts.run.short());
    let terminal = format!("tminus sign {run} {}{vote} --key FILE", ctx.plan.step(step).id);
    let namespace = signoff::namespace_of(ctx.state);
    let anywhere = format!("ssh-keygen -Y sign -n {namespace} -f KEY {}", shown(&path.display().to_string()));
    let mut rows = say::prose(&who, width, Role::Text, ctx);
    rows.extend(say::labelled("  here", &format!("in another terminal: {terminal}"), width, Role::Text, ctx));
    rows.extend(say::labelled("  or", &format!("on that text: {anywhere}"), width, Role::Text, ctx));
    rows.push(Line::default());
    rows
}
