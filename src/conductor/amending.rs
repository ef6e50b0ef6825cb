//! A runbook that a client brings for a run that is under way: read, compared with what was shown, kept in `attach/`.
//!
//! The file is on disk in the run before any record names it. What may differ, and what has to be typed, is `decide`'s to
//! say, once it is there. A thread of its own reads and writes: no disk holds up the run.

use super::room::{Happening, Room};
use super::startup::means;
use crate::journal::RunDir;
use crate::model::amend::{Carried, sha256};
use crate::model::intent::{Intent, Request};
use crate::model::signed::Realm;
use crate::model::wire::ToClient;
use crate::runbook;
use std::path::Path;

impl Room {
    /// Reads what a client wants the run to go by; `Happening::Brought` says what came of it.
    pub(super) fn bring(&mut self, client: u32, request: Request) {
        let (dir, happenings) = (self.dir.clone(), self.happenings.clone());
        let bringing = move || {
            let brought = read(&dir, &request.intent);
            // The room may have ended meanwhile: then nobody waits for it.
            let _ = happenings.send(Happening::Brought(client, request, brought));
        };
        if std::thread::Builder::new().name("amend".into()).spawn(bringing).is_err() {
            tracing::error!("no thread could be made to read a runbook");
        }
    }

    /// A runbook is in `attach/`, or cannot be.
    pub(super) async fn brought(&mut self, client: u32, request: Request, brought: Result<Carried, String>) {
        match brought {
            Ok(runbook) => {
                self.driver.bring(runbook);
                self.wished(client, request).await;
            }
            Err(why) => self.hall.tell(client, ToClient::Refused { id: request.id, why }),
        }
    }

    /// A drill plays the examples of the runbook in force.
    pub(super) fn take_examples(&mut self) {
        if self.driver.state.is_drill() {
            self.executor = means(Realm::Drill, &self.driver.plan).0;
        }
    }
}

fn read(dir: &RunDir, intent: &Intent) -> Result<Carried, String> {
    let Intent::Amend { path, sha256: shown, .. } = intent else { return Err("nothing is brought".into()) };
    let path = Path::new(path);
    if !path.is_absolute() {
        return Err("the runbook's file is to be named from the root".into());
    }
    let bytes = runbook::bytes(path)?;
    if sha256(&bytes) != *shown {
        return Err(format!("{} is no longer what was shown: look again", path.display()));
    }
    let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    if runbook::parse(&name, &bytes).plan.is_none() {
        return Err("it is no runbook that could be flown: tminus check says why".into());
    }
    dir.attach(&name, &bytes).map_err(|why| format!("it cannot be kept in attach/: {}", why.chain()))?;
    Ok(Carried::of(&bytes))
}
