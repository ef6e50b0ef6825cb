//! Why no key at hand can sign: each key that there is with its own reason, and what to do about it.
//!
//! Only words: whether a signature counts is the conductor's to say. Called where `tminus sign` finds no key that fits.

use super::super::Failure;
use super::super::places::Places;
use super::Seen;
use crate::cli::SignArgs;
use crate::engine::clock::{Clock, SystemClock};
use crate::journal::keys::allowed::{AllowedSigners, Standing};
use crate::journal::keys::{KeyOrigin, PublicKey, Signer};
use crate::model::ids::{RoleId, StepIx};
use crate::model::signoff;
use std::sync::Arc;

/// The keys at hand, and where was looked.
pub(super) struct Hand {
    keys: Vec<(PublicKey, KeyOrigin)>,
    named: bool,
    agent: bool,
}

impl Hand {
    /// What can sign from here.
    pub(super) fn of(places: &Places, keys: &[Arc<dyn Signer>], args: &SignArgs) -> Self {
        let public = |key: &Arc<dyn Signer>| PublicKey::from_openssh(&key.public_openssh()).ok();
        let keys = keys.iter().filter_map(|key| Some((public(key)?, key.origin()))).collect();
        let agent = places.agent.as_deref().is_some_and(|socket| !socket.as_os_str().is_empty());
        Self { keys, named: args.key.is_some(), agent }
    }

    fn words(&self, list: &AllowedSigners, people: &[String], namespace: &str) -> Vec<String> {
        let now = SystemClock.now().wall.div_euclid(1_000_000);
        let mut seen = Vec::new();
        let mut lines = Vec::new();
        for (key, origin) in self.keys.iter().filter(|(key, _)| {
            !seen.contains(key) && {
                seen.push(key.clone());
                true
            }
        }) {
            let whence = match origin {
                KeyOrigin::Agent => "in the agent".to_owned(),
                KeyOrigin::File(path) | KeyOrigin::SelfMade(path) => path.display().to_string(),
            };
            let why = why_not(list, key, (people, namespace, now));
            lines.push(format!("  {} {} ({whence}): {why}", key.kind().name(), key.fingerprint()));
        }
        lines
    }
}

/// Why this key speaks for none of these people.
fn why_not(list: &AllowedSigners, key: &PublicKey, (people, namespace, now): (&[String], &str, i64)) -> String {
    let of = |person: &String| list.check_principal(person, key, namespace, (now, now));
    let told = people.iter().map(|person| (person, of(person))).find(|(_, standing)| *standing != Standing::NotListed);
    match told {
        Some((person, Standing::WrongNamespace)) => format!("listed for {person}, but not to sign in {namespace}"),
        Some((person, Standing::NotValidThen | Standing::NotValidNow)) => format!("listed for {person}, not valid now"),
        Some((person, Standing::Known { .. } | Standing::NotListed)) => format!("listed for {person}"),
        None => match list.check(key, namespace, now, now) {
            Standing::NotListed => "nobody's, by the list of allowed signers".into(),
            Standing::Known { principal } => format!("that of {principal}, who is not asked here"),
            Standing::WrongNamespace | Standing::NotValidThen | Standing::NotValidNow => {
                "another person's, and not for this".into()
            }
        },
    }
}

/// That no key at hand signs, why each does not, and what there is to do.
pub(super) fn no_key(seen: &Seen, ix: StepIx, hand: &Hand, args: &SignArgs) -> Failure {
    let list = seen.live.allowed_signers();
    let read = std::fs::read(&list).unwrap_or_default();
    let list_words = list.display();
    let namespace = signoff::namespace_of(&seen.state);
    let asked = |role: &&RoleId| args.role.as_ref().is_none_or(|named| *named == role.0);
    let roles: Vec<RoleId> = seen.roles(ix).iter().filter(asked).cloned().collect();
    let people: Vec<String> = roles.iter().flat_map(|role| signoff::signers(&seen.plan, role).to_vec()).collect();
    if people.is_empty() {
        return Failure::because("nobody is left whose key could sign here")
            .hint("a role without signers is signed for by name, on the run's own screens");
    }
    let allowed = AllowedSigners::parse(&read);
    let mut lines: Vec<String> = Vec::new();
    let mine = hand.words(&allowed, &people, namespace);
    if mine.is_empty() {
        let agent = if hand.agent { "the agent holds none" } else { "no agent runs (SSH_AUTH_SOCK)" };
        lines.push(format!("no key is at hand: {agent}, and ~/.ssh has none that needs no passphrase"));
    } else {
        lines.push(if hand.named { "the key that was named:".to_owned() } else { "at hand are:".to_owned() });
        lines.extend(mine);
    }
    lines.push("these may sign:".to_owned());
    let may = seen.offers(ix, args, |_| true);
    lines.extend(may.iter().map(|(role, key)| format!("  {role}: {} with {}", key.principal, key.fingerprint)));
    if may.is_empty() {
        lines.push(format!("  nobody: {list_words} has no valid key for {} in {namespace}", people.join(", ")));
    }
    let (run, step) = (args.run.as_deref().unwrap_or("RUN"), &seen.plan.step(ix).id);
    lines.push(
        "--key FILE names a key (its .pub, where an agent or a token has the private half). Without tminus:".to_owned(),
    );
    let vote = args.vote.as_ref().map(|vote| format!(" --vote {vote}")).unwrap_or_default();
    lines.push(format!("  tminus sign {run} {step}{vote} --key KEY.pub --write TEXT"));
    lines.push(format!("  ssh-keygen -Y sign -n {namespace} -f KEY TEXT"));
    lines.push(format!("  tminus sign {run} --text TEXT --sig TEXT.sig"));
    Failure::because("no key that is at hand here may sign").hint(lines.join("\n"))
}
