//! `tminus sign`: a sign-off from another terminal, another machine, or with a key that another program has.
//!
//! What is signed is shown first, whole, and it is the text itself. Where the run is under way here, the signature goes to its
//! conductor, which judges it; elsewhere `--text` signs what was brought, and `--sig` brings the signature back. Never makes a key,
//! never drives.

mod at_hand;

use super::keys::{at_hand as keys_at_hand, named};
use super::places::Places;
use super::runs::plan_of;
use super::{Failure, Outcome, Ran, print};
use crate::cli::{Cli, Command, SignArgs};
use crate::feed::live::{Coming, Live, connect};
use crate::feed::{News, Port, SigningKey};
use crate::journal::keys::{PublicKey, Signer, sshsig};
use crate::model::event::{AskedFor, Decision, Event};
use crate::model::ids::{RoleId, StepId, StepIx};
use crate::model::intent::Intent;
use crate::model::plan::Plan;
use crate::model::signed::SignedText;
use crate::model::signoff::{self, Signatory};
use crate::model::state::{RunState, StepStatus};
use crate::model::text::{shown, shown_lines};
use std::path::Path;
use std::sync::Arc;
use std::sync::mpsc::Receiver;

/// No text and no signature is longer.
const LONGEST: u64 = 64 * 1024;

/// Signs off, hands a signature in, or writes down what is to be signed.
pub(super) fn sign(cli: &Cli) -> Ran {
    let Some(Command::Sign(args)) = &cli.command else {
        return Err(Failure::because("not a sign-off"));
    };
    let places = Places::find(&cli.common)?;
    match (&args.run, &args.text, &args.sig) {
        (None, Some(text), None) => sign_text(&places, args, text),
        (Some(run), Some(text), Some(sig)) => hand_in(&places, run, text, sig),
        (Some(run), None, None) => at_run(&places, args, run),
        (None, None, _) => Err(Failure::because("nothing is named to sign")
            .hint("tminus sign RUN signs off in a run that is under way here; tminus sign --text FILE signs a text from elsewhere")),
        (None, Some(_), Some(_)) | (Some(_), None, Some(_)) => Err(Failure::because("a signature is handed in with its text, to a run")
            .hint("tminus sign RUN --text FILE --sig FILE.sig")),
        (Some(_), Some(_), None) => Err(Failure::because("a text is signed without a run, or handed in with its signature")
            .hint("tminus sign --text FILE; then tminus sign RUN --text FILE --sig FILE.sig")),
    }
}

/// A run as this client sees it.
struct Seen {
    plan: Plan,
    state: RunState,
    live: Live,
    news: Receiver<News>,
}

impl Seen {
    /// Attaches to a run that is under way and reads it to its last durable record.
    fn of(places: &Places, run: &str, keys: Vec<Arc<dyn Signer>>) -> Result<Self, Failure> {
        let dir = super::runs::find(places, run)?;
        super::runs::may_be_written(&dir)?;
        let plan = plan_of(&dir)?;
        let short = dir.id().short().to_owned();
        let coming = Coming { watch: true, keys, texts: Some(places.texts()), ..Coming::default() };
        let (live, news) = connect(dir, coming).map_err(|why| {
            Failure::because(format!("the conductor of run {short} cannot be reached: {why}"))
                .hint("where the run is not under way, a text from its screens is signed: tminus sign --text FILE")
        })?;
        let state = RunState::of(&plan);
        let mut seen = Self { plan, state, live, news };
        // Who drives is told once everything that is durable was.
        seen.hear(|news, _| matches!(news, News::Driver { .. }).then_some(Ok(())))?;
        Ok(seen)
    }

    /// Hears news until something comes of one.
    fn hear<T>(&mut self, mut until: impl FnMut(&News, &Plan) -> Option<Result<T, Failure>>) -> Result<T, Failure> {
        loop {
            let news = self.news.recv().map_err(|_| Failure::because("the conductor cannot be reached any more"))?;
            if let News::Records(records) = &news {
                for record in records {
                    self.state.apply(&self.plan, record).map_err(|why| Failure::of(&why))?;
                    if let (Event::Amended { .. }, Some(plan)) = (&record.event, &self.state.in_force.0) {
                        self.plan = plan.as_ref().clone();
                    }
                }
            }
            if let Some(came) = until(&news, &self.plan) {
                return came;
            }
            match news {
                News::Lost(why) => return Err(Failure::because(why)),
                News::Over { why, .. } => {
                    return Err(Failure::because(why.unwrap_or_else(|| "the run has ended".into())));
                }
                News::Records(_) | News::Taken(_) | News::Refused(..) | News::Driver { .. } | News::Trouble(_) => {}
            }
        }
    }

    /// The sign-off that is open, or the one named.
    fn step(&self, wanted: Option<&str>) -> Result<StepIx, Failure> {
        let open = |ix: &StepIx| {
            let own = self.state.step(*ix);
            own.asked.as_ref().is_some_and(|asked| match asked.asked_for {
                AskedFor::Statement | AskedFor::Poll => own.status == StepStatus::You,
                AskedFor::Second => own.signed.is_empty() && !own.status.settled(),
            })
        };
        let all: Vec<StepIx> = (0..self.plan.steps.len()).map(StepIx).filter(open).collect();
        let called = |ix: &&StepIx| {
            let step = self.plan.step(**ix);
            wanted.is_none_or(|wanted| step.id.as_str() == wanted || step.number == wanted)
        };
        let named: Vec<&StepIx> = all.iter().filter(called).collect();
        match (named[..].first(), named.len(), wanted) {
            (Some(only), 1, _) => Ok(**only),
            (_, 0, Some(wanted)) => {
                Err(Failure::because(format!("{wanted} is no sign-off that waits for a signature")))
            }
            (_, 0, None) => Err(Failure::because("no sign-off waits for a signature")),
            _ => {
                let ids: Vec<&str> = named.iter().map(|ix| self.plan.step(**ix).id.as_str()).collect();
                Err(Failure::because(format!("{} sign-offs wait: {}", ids.len(), ids.join(", ")))
                    .hint("name one: tminus sign RUN STEP"))
            }
        }
    }

    /// The roles that have a word to say: of a poll each, since a station may change its mind.
    fn roles(&self, ix: StepIx) -> Vec<RoleId> {
        let own = self.state.step(ix);
        let Some(asked) = &own.asked else { return Vec::new() };
        let signed = |role: &RoleId| own.signed.iter().any(|one| one.role == *role);
        let roles = asked.roles.iter().map(|one| one.role.clone());
        roles.filter(|role| asked.asked_for == AskedFor::Poll || !signed(role)).collect()
    }

    /// What signing there decides.
    fn decision(&self, ix: StepIx, args: &SignArgs) -> Result<Decision, Failure> {
        let asked_for = self.state.step(ix).asked.as_ref().map(|asked| asked.asked_for).unwrap_or_default();
        let number = &self.plan.step(ix).number;
        match (asked_for, args.vote.as_deref().and_then(Decision::of)) {
            (AskedFor::Statement, None) => Ok(Decision::Signed),
            (AskedFor::Second, None) => Ok(Decision::Approved),
            (AskedFor::Poll, Some(vote)) => Ok(vote),
            (AskedFor::Poll, None) => Err(Failure::because(format!("{number} is a gate: GO or NO-GO"))
                .hint("say which: --vote go or --vote no-go")),
            (AskedFor::Statement | AskedFor::Second, Some(_)) => {
                Err(Failure::because(format!("{number} is no gate: there is nothing to vote on")))
            }
        }
    }

    /// The roles that keys can still sign for, and whose: those that `fits` takes.
    fn offers(&self, ix: StepIx, args: &SignArgs, fits: impl Fn(&SigningKey) -> bool) -> Vec<(RoleId, SigningKey)> {
        let of_args = |role: &&RoleId| args.role.as_ref().is_none_or(|named| *named == role.0);
        let open = self.roles(ix);
        let keys = open.iter().filter(of_args).flat_map(|role| {
            let people = signoff::signers(&self.plan, role);
            let keys = self.live.signing_keys(people, signoff::namespace_of(&self.state));
            keys.into_iter().map(|key| (role.clone(), key))
        });
        let person = |key: &SigningKey| args.principal.as_ref().is_none_or(|named| *named == key.principal);
        keys.filter(|(_, key)| person(key) && fits(key)).collect()
    }
}

fn at_run(places: &Places, args: &SignArgs, run: &str) -> Ran {
    let (keys, only) = match (&args.key, &args.write) {
        (Some(path), Some(_)) => (Vec::new(), Some(public_of(path)?.fingerprint())),
        (Some(path), None) => (vec![named(path)?], None),
        (None, Some(_)) => (Vec::new(), None),
        (None, None) => (keys_at_hand(places), None),
    };
    let hand = at_hand::Hand::of(places, &keys, args);
    let mut seen = Seen::of(places, run, keys)?;
    let ix = seen.step(args.step.as_deref())?;
    let for_others = args.write.is_some();
    let fits = |key: &SigningKey| match &only {
        Some(fingerprint) => key.fingerprint == *fingerprint,
        None => for_others || key.here,
    };
    let decision = seen.decision(ix, args)?;
    let fitting = seen.offers(ix, args, fits);
    if fitting.is_empty() && !for_others {
        return Err(at_hand::no_key(&seen, ix, &hand, args));
    }
    let (role, key) = one_of(&fitting, &seen.offers(ix, args, |_| true))?;
    let comment = args.comment.clone().unwrap_or_default();
    let (principal, fingerprint) = (&key.principal, &key.fingerprint);
    let by = Signatory { role: &role, principal, key: fingerprint, comment: &comment, decision };
    let intent = signoff::intent(&seen.plan, &seen.state, ix, &by).map_err(Failure::because)?;
    let Intent::Sign { text: Some(text), .. } = &intent else {
        return Err(Failure::because("there is nothing to sign"));
    };
    let namespace = signoff::namespace_of(&seen.state);
    if let Some(path) = &args.write {
        return write(path, text, namespace);
    }
    print(&said(text))?;
    super::keys::confirm(args.yes, "sign")?;
    wish(&mut seen, intent)
}

/// The one way to sign there is; else what there would be.
fn one_of(fitting: &[(RoleId, SigningKey)], all: &[(RoleId, SigningKey)]) -> Result<(RoleId, SigningKey), Failure> {
    let line = |(role, key): &(RoleId, SigningKey)| format!("{role}: {} with {}", key.principal, key.fingerprint);
    let lines = |of: &[(RoleId, SigningKey)]| of.iter().map(line).collect::<Vec<_>>().join("\n");
    match fitting {
        [only] => Ok(only.clone()),
        [] if all.is_empty() => {
            Err(Failure::because("nobody is left whose key could sign here, by the run's list of allowed signers")
                .hint("a role without signers is signed for by name, on the run's own screens"))
        }
        [] => Err(Failure::because("no key that is at hand here may sign")
            .hint(format!("these may; --key FILE names one:\n{}", lines(all)))),
        several => Err(Failure::because(format!("there are {} ways to sign here", several.len()))
            .hint(format!("name one by --role, --principal or --key:\n{}", lines(several)))),
    }
}

fn hand_in(places: &Places, run: &str, text: &Path, sig: &Path) -> Ran {
    let text = read(text)?;
    let signed = SignedText::decode(&text).filter(|text| text.kind == signoff::KIND);
    let signed = signed.ok_or_else(|| Failure::because("that text is no sign-off"))?;
    let armored = sshsig::rearmored(&read(sig)?);
    let armored = armored.ok_or_else(|| Failure::because(format!("{} holds no SSH signature", sig.display())))?;
    let of = |key: &str| signed.get(key).unwrap_or_default().to_owned();
    let intent = Intent::Sign {
        step: StepId(of("step")),
        role: RoleId(of("role")),
        name: of("principal"),
        comment: of("comment"),
        text: Some(text),
        sig: Some(armored),
        decision: signed.get("decision").and_then(Decision::of).unwrap_or_default(),
    };
    wish(&mut Seen::of(places, run, Vec::new())?, intent)
}

/// Sends the signature and waits until its record is durable.
fn wish(seen: &mut Seen, intent: Intent) -> Ran {
    let Intent::Sign { role: wanted, name, .. } = &intent else {
        return Err(Failure::because("there is nothing to sign"));
    };
    let (wanted, name) = (wanted.clone(), name.clone());
    let id = seen.live.wish(intent, seen.state.last).map_err(Failure::because)?;
    let signed = seen.hear(|news, plan| match news {
        News::Refused(which, why) if *which == id => Some(Err(Failure::because(format!("not signed: {why}")))),
        News::Records(records) => records.iter().find_map(|record| match &record.event {
            Event::StepSigned { step, role, principal, decision, .. } if *role == wanted && *principal == name => {
                let number = plan.find(step).map(|ix| plan.step(ix).number.clone()).unwrap_or_default();
                let what = if decision.is_signed() { String::new() } else { format!(" {}", decision.word()) };
                Some(Ok(format!("{principal} signed{what} for {role} at {number}, record {}", record.seq)))
            }
            _of_others => None,
        }),
        News::Refused(..)
        | News::Taken(_)
        | News::Driver { .. }
        | News::Trouble(_)
        | News::Over { .. }
        | News::Lost(_) => None,
    })?;
    print(&format!("{}\n", shown(&signed)))?;
    Ok(Outcome::Done)
}

/// Signs a text that was brought: the signature on standard output, and nothing else there.
fn sign_text(places: &Places, args: &SignArgs, path: &Path) -> Ran {
    let text = read(path)?;
    let signed = SignedText::decode(&text).filter(|text| text.kind == signoff::KIND);
    let signed = signed.ok_or_else(|| Failure::because(format!("{} is no sign-off", path.display())))?;
    let wanted = signed.get("key").unwrap_or_default();
    let keys = match &args.key {
        Some(path) => vec![named(path)?],
        None => keys_at_hand(places),
    };
    let signer = keys.into_iter().find(|key| key.fingerprint() == wanted).ok_or_else(|| {
        Failure::because(format!("the text is for the key {wanted}, which is not at hand")).hint("--key FILE names one")
    })?;
    super::keys::say_lines(&said(&text));
    super::keys::confirm(args.yes, "sign")?;
    let armored = signer.sign(signoff::namespace(signed.realm), text.as_bytes()).map_err(|why| Failure::of(&why))?;
    print(&armored)?;
    Ok(Outcome::Done)
}

fn write(path: &Path, text: &str, namespace: &str) -> Ran {
    std::fs::write(path, text).map_err(|why| Failure::because(format!("cannot write {}: {why}", path.display())))?;
    let path = path.display();
    print(&shown_lines(&format!(
        "{path} is what is to be signed. There: ssh-keygen -Y sign -n {namespace} -f KEY {path}\nThen here: tminus sign RUN --text {path} --sig {path}.sig\n"
    )))?;
    Ok(Outcome::Done)
}

/// The text itself, and its statement in words.
fn said(text: &str) -> String {
    let signed = SignedText::decode(text);
    let statement = signed.as_ref().and_then(|signed| signed.get("statement")).unwrap_or_default();
    let indented = |text: &str| shown_lines(text).lines().map(|line| format!("  {line}\n")).collect::<String>();
    format!("What is asked:\n{}What is signed, to the letter:\n{}", indented(statement), indented(text))
}

/// The public half of a key file, which may be all of it.
pub(super) fn public_of(path: &Path) -> Result<PublicKey, Failure> {
    match PublicKey::from_openssh(&read(path)?) {
        Ok(key) => Ok(key),
        Err(_) => PublicKey::from_openssh(&named(path)?.public_openssh()).map_err(|why| Failure::of(&why)),
    }
}

/// A text or a signature.
pub(super) fn read(path: &Path) -> Result<String, Failure> {
    use std::io::Read;
    let failed = |why: std::io::Error| Failure::because(format!("cannot read {}: {why}", path.display()));
    let mut text = String::new();
    std::fs::File::open(path).map_err(failed)?.take(LONGEST).read_to_string(&mut text).map_err(failed)?;
    Ok(text)
}
