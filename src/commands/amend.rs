//! `tminus amend` and `tminus redact`: a note to a sealed run, and output taken out of one.
//!
//! Everything that can be wrong is looked at before anything is touched: the run must hold as it lies there, the keys must be those
//! of people whom the list knows for it. What is signed is shown first, whole, and it is the text itself. Never makes a key.

mod which;

use super::places::Places;
use super::sign::{public_of, read};
use super::{Failure, Outcome, Ran, keys, print, runs};
use crate::cli::{AmendArgs, Common, HandsArgs, RedactArgs};
use crate::engine::clock::{Clock, SystemClock, wait_until};
use crate::journal::amend::{AmendError, Amending, Draft, Hand, Said, namespace};
use crate::journal::keys::allowed::Standing;
use crate::journal::keys::{PublicKey, Signer, sshsig};
use crate::journal::verify::{Verdict, VerifyWith, may_redact, verify};
use crate::journal::{LockError, RunDir};
use crate::model::text::{shown, shown_lines};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

/// Adds a note.
pub(super) fn amend(common: &Common, args: &AmendArgs) -> Ran {
    let mut desk = Desk::open(common, &args.run, &args.hands)?;
    desk.nothing_unfinished()?;
    let draft = match &args.note {
        Some(note) => desk.said(note).and_then(|said| desk.amending.note(&said).map_err(|why| of(&why)))?,
        None => desk.taken_up(&args.hands)?,
    };
    if draft.amendment().redaction.is_some() {
        return Err(Failure::because("that text takes something out").hint("tminus redact RUN --text FILE"));
    }
    desk.add(&draft, &args.hands, "sign")?;
    Ok(Outcome::Done)
}

/// Takes output out.
pub(super) fn redact(common: &Common, args: &RedactArgs) -> Ran {
    let mut desk = Desk::open(common, &args.run, &args.hands)?;
    let text = args.hands.text.as_deref().map(read).transpose()?;
    let wanted = args.step.as_deref().map(|step| which::step(&desk.dir, &desk.amending, step)).transpose()?;
    let numbers = args.extents.as_deref().map(which::numbers).transpose()?;
    if let Some((number, redaction)) = desk.amending.unfinished().map_err(|why| of(&why))? {
        let same = match (&text, &wanted, &numbers) {
            (Some(text), _, _) => desk.amending.written().iter().any(|written| written.text == *text),
            (None, Some((step, attempt)), Some(numbers)) => {
                let own: Vec<u64> = redaction.extents.iter().map(|taken| taken.number).collect();
                (step, *attempt) == (&redaction.step, redaction.attempt) && *numbers == own
            }
            (None, _, _) => false,
        };
        if !same {
            return Err(which::unfinished(&args.run, number, redaction));
        }
        desk.amending.carry_out().map_err(|why| of(&why))?;
        print(&format!("redaction {number} was written down and not carried out: it is now\n"))?;
        return Ok(Outcome::Done);
    }
    desk.nothing_unfinished()?;
    let draft = match (&text, wanted, numbers, &args.reason) {
        (Some(_), ..) => desk.taken_up(&args.hands)?,
        (None, Some(wanted), None, _) => return which::list(&desk.amending, (&wanted.0, wanted.1)),
        (None, Some((step, attempt)), Some(numbers), Some(reason)) => {
            let said = desk.said(reason)?;
            desk.amending.redaction((&step, attempt), &numbers, &said).map_err(|why| of(&why))?
        }
        (None, _, _, _) => return Err(Failure::because("nothing is said of why").hint("--reason TEXT")),
    };
    if draft.amendment().redaction.is_none() {
        return Err(Failure::because("that text is a note").hint("tminus amend RUN --text FILE"));
    }
    if desk.add(&draft, &args.hands, "redact")? {
        let done = desk
            .amending
            .carry_out()
            .map_err(|why| of(&why).hint("the redaction is written down; the same command again carries it out"))?;
        let number = done.unwrap_or(draft.amendment().sequence);
        print(&format!(
            "redaction {number} is carried out; the run says so from now on: tminus verify {}\n",
            args.run
        ))?;
    }
    Ok(Outcome::Done)
}

/// Somebody who signs, and how.
struct Signatory {
    hand: Hand,
    key: PublicKey,
    signer: Option<Arc<dyn Signer>>,
}

/// A run that is amended, and by what it is judged.
struct Desk {
    dir: RunDir,
    amending: Amending,
    with: VerifyWith,
    signatories: Vec<Signatory>,
}

impl Desk {
    /// Locks the run, judges it as it lies there, and finds the keys.
    fn open(common: &Common, run: &str, hands: &HandsArgs) -> Result<Self, Failure> {
        let places = Places::find(common)?;
        let dir = runs::find(&places, run)?;
        runs::may_be_written(&dir)?;
        let allowed = hands.allowed_signers.clone();
        let against = super::verify::Against { allowed, ..super::verify::Against::nothing() };
        let with = super::verify::with(&places, &against)?;
        let amending = begin(&dir)?;
        let mut found = verify(&dir, &with);
        super::verify::against_the_runbook(&dir, &mut found);
        // What people did or left out is no reason not to say more of it, or to leave a secret in it.
        let stands = |verdict: &Verdict| {
            matches!(
                verdict,
                Verdict::SignOffsMissing | Verdict::ResumedOverCut | Verdict::Redacted | Verdict::Unfinished
            )
        };
        if !found.all.iter().all(stands) {
            let line = shown(&found.first_line()).into_owned();
            return Err(Failure::because(format!("the run does not hold as it is, and nothing was touched: {line}"))
                .hint(format!("tminus verify {run} says more; --allowed-signers FILE judges it by another list")));
        }
        let signatories = signatories(&places, hands, (&with, namespace(amending.who().0)))?;
        Ok(Self { dir, amending, with, signatories })
    }

    fn nothing_unfinished(&self) -> Result<(), Failure> {
        match self.amending.unfinished().map_err(|why| of(&why))? {
            Some((number, redaction)) => Err(which::unfinished(self.dir.id().short(), number, redaction)),
            None => {
                self.amending.clear();
                Ok(())
            }
        }
    }

    fn said(&self, reason: &str) -> Result<Said, Failure> {
        let hands: Vec<Hand> = self.signatories.iter().map(|one| one.hand.clone()).collect();
        if hands.is_empty() {
            return Err(Failure::because("no key is named to sign it").hint("--key FILE; for a redaction twice"));
        }
        Ok(Said { reason: reason.to_owned(), at: SystemClock.now().wall, hands })
    }

    fn taken_up(&self, hands: &HandsArgs) -> Result<Draft, Failure> {
        let path = hands.text.as_deref().ok_or_else(|| Failure::because("nothing is said"))?;
        self.amending.taken_up(&read(path)?).map_err(|why| of(&why))
    }

    /// Signs a draft and writes it down; `false` where it was only written for others to sign.
    fn add(&mut self, draft: &Draft, hands: &HandsArgs, word: &str) -> Result<bool, Failure> {
        if let Some(path) = &hands.write {
            self.may(draft, &[])?;
            write(path, draft)?;
            return Ok(false);
        }
        let brought = hands.sig.iter().map(|path| brought(path)).collect::<Result<Vec<_>, _>>()?;
        self.may(draft, &brought)?;
        keys::say_lines(&format!("What is signed, to the letter:\n{}", indented(&draft.text)));
        keys::confirm(hands.yes, word)?;
        let mut sigs = Vec::new();
        for hand in &draft.amendment().hands {
            let brought = brought.iter().find(|(key, _)| key.fingerprint() == hand.key);
            let signer = self.signatories.iter().find(|one| one.hand.key == hand.key);
            sigs.push(match (brought, signer.and_then(|one| one.signer.as_ref())) {
                (Some((_, sig)), _) => sig.clone(),
                (None, Some(signer)) => {
                    signer.sign(draft.namespace, draft.text.as_bytes()).map_err(|why| Failure::of(&why))?
                }
                (None, None) => return Err(unsigned(hand)),
            });
        }
        self.amending.declare(draft, &sigs).map_err(|why| of(&why))?;
        let (number, by) = (draft.amendment().sequence, &draft.amendment().hands);
        let by: Vec<&str> = by.iter().map(|hand| hand.principal.as_str()).collect();
        print(&format!("amendment {number} is signed by {}\n", shown(&by.join(", "))))?;
        Ok(true)
    }

    /// Whether the keys that the draft names are there, known, and may.
    fn may(&self, draft: &Draft, brought: &[(PublicKey, String)]) -> Result<(), Failure> {
        let mut all = Vec::new();
        for hand in &draft.amendment().hands {
            let here = self.signatories.iter().find(|one| one.hand.key == hand.key).map(|one| &one.key);
            let sent = brought.iter().find(|(key, _)| key.fingerprint() == hand.key).map(|(key, _)| key);
            let key = here.or(sent).ok_or_else(|| unsigned(hand))?;
            principal(&self.with, key, draft.namespace)?;
            all.push(key.clone());
        }
        if draft.amendment().redaction.is_some() {
            let times = (draft.amendment().at.div_euclid(1_000_000), self.with.now);
            may_redact(&self.with.allowed, self.amending.operators(), &all, (draft.namespace, times)).map_err(
                |why| Failure::because(why).hint("--key FILE --key FILE: two people, one of them not the operator"),
            )?;
        }
        Ok(())
    }
}

fn unsigned(hand: &Hand) -> Failure {
    Failure::because(format!("nothing of {} is here to sign with the key {}", hand.principal, hand.key))
        .hint("--key FILE names the key, --sig FILE brings a signature from elsewhere")
}

/// Locks the run. A conductor that has just sealed it is let go first.
fn begin(dir: &RunDir) -> Result<Amending, Failure> {
    let mut begun = Amending::begin(dir);
    wait_until(Duration::from_secs(5), Duration::from_millis(50), || {
        if let Err(AmendError::Lock(LockError::Held { .. })) = &begun {
            begun = Amending::begin(dir);
        }
        !matches!(begun, Err(AmendError::Lock(LockError::Held { .. })))
    });
    begun.map_err(|why| of(&why))
}

/// Who signs, by the keys that are named; where none is, and none is needed to be, the first at hand that the list knows.
fn signatories(
    places: &Places,
    args: &HandsArgs,
    (with, namespace): (&VerifyWith, &str),
) -> Result<Vec<Signatory>, Failure> {
    let of_signer = |signer: Arc<dyn Signer>| {
        let key = PublicKey::from_openssh(&signer.public_openssh()).map_err(|why| Failure::of(&why))?;
        let principal = principal(with, &key, namespace)?;
        let hand = Hand { principal, key: key.fingerprint() };
        Ok(Signatory { hand, key, signer: Some(signer) })
    };
    if args.keys.is_empty() {
        let found = keys::at_hand(places).into_iter().find_map(|signer| of_signer(signer).ok());
        return Ok(found.into_iter().collect());
    }
    let one = |path: &std::path::PathBuf| {
        if args.write.is_none() {
            return of_signer(keys::named(path)?);
        }
        let key = public_of(path)?;
        let hand = Hand { principal: principal(with, &key, namespace)?, key: key.fingerprint() };
        Ok(Signatory { hand, key, signer: None })
    };
    args.keys.iter().map(one).collect()
}

/// Whose key it is, by the list.
fn principal(with: &VerifyWith, key: &PublicKey, namespace: &str) -> Result<String, Failure> {
    let why = match with.allowed.check(key, namespace, with.now, with.now) {
        // A line may name several; the first is who is meant.
        Standing::Known { principal } => return Ok(principal.split(',').next().unwrap_or_default().to_owned()),
        Standing::NotListed => "nobody's",
        Standing::WrongNamespace => "listed, and not for this",
        Standing::NotValidThen | Standing::NotValidNow => "not valid now",
    };
    Err(Failure::because(format!(
        "by the list of allowed signers the key {} is {why} ({namespace})",
        key.fingerprint()
    ))
    .hint("--allowed-signers FILE names the list; --key FILE another key"))
}

/// A signature that was made elsewhere, with the key that it names.
fn brought(path: &Path) -> Result<(PublicKey, String), Failure> {
    let sig = sshsig::rearmored(&read(path)?);
    let sig = sig.ok_or_else(|| Failure::because(format!("{} holds no SSH signature", path.display())))?;
    let key = sshsig::named_key(sig.as_bytes()).map_err(|why| Failure::of(&why))?;
    Ok((key, sig))
}

fn write(path: &Path, draft: &Draft) -> Result<(), Failure> {
    let failed = |why| Failure::because(format!("cannot write {}: {why}", path.display()));
    std::fs::write(path, &draft.text).map_err(failed)?;
    let (path, space) = (path.display(), draft.namespace);
    let command = if draft.amendment().redaction.is_some() { "redact" } else { "amend" };
    print(&shown_lines(&format!(
        "{path} is what is to be signed. There: ssh-keygen -Y sign -n {space} -f KEY {path}\n\
         Then here: tminus {command} RUN --text {path} --sig {path}.sig --key FILE\n"
    )))
}

fn indented(text: &str) -> String {
    shown_lines(text).lines().map(|line| format!("  {line}\n")).collect()
}

/// A failure with what to do about it.
fn of(why: &AmendError) -> Failure {
    let failure = Failure::of(why);
    match why {
        AmendError::NotSealed => {
            failure.hint("a run is sealed when it has ended: tminus resume RUN seals one that is owed it")
        }
        AmendError::Hands => failure.hint("--key FILE, once or twice, each another key"),
        AmendError::NoExtent { .. } | AmendError::Already(_) => {
            failure.hint("tminus redact RUN --step STEP, without --extents, lists them")
        }
        AmendError::Lock(_) => failure.hint("somebody is at the run; try again when it is done"),
        AmendError::Chain { .. } | AmendError::Journal(_) => failure.hint("tminus verify RUN says what is wrong"),
        AmendError::Nothing(..)
        | AmendError::Unfinished(_)
        | AmendError::NoReason
        | AmendError::TooLong(_)
        | AmendError::Another(_)
        | AmendError::Signature { .. } => failure,
    }
}
