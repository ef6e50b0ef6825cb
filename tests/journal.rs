//! The journal written and read back on a real disk: durable before said, in order, and nothing else.
#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "a panic in a test is the report")]

mod journal_kit;

use journal_kit::{Rig, chunk, note, notes, now, runs};
use tminus::journal::reader::{Tail, read_all, recover};
use tminus::journal::seal::prepare;
use tminus::journal::writer::{Closing, Order, Report};
use tminus::journal::{Heads, JournalError};
use tminus::model::event::Event;
use tminus::model::ids::{Seq, StepId};
use tminus::model::output::Stream;

#[test]
fn what_was_reported_is_what_is_read_back() {
    let runs = runs();
    let mut rig = Rig::new(&runs);
    rig.note("one");
    rig.output(chunk("build", b"hello\nthere\n"));
    rig.end_output("build");
    rig.tell(Order::MoveKey);
    rig.note("two \u{1f680}");
    let said = rig.finish(Closing::Ended);
    assert_eq!(said.records, read_all(&rig.dir).unwrap());
    assert_eq!(said.notes(), ["one", "two \u{1f680}"]);
    let seqs: Vec<u64> = said.records.iter().map(|record| record.seq.0).collect();
    assert_eq!(seqs, (1..=seqs.len() as u64).collect::<Vec<_>>());
    let recovered = recover(&rig.dir, None).unwrap();
    assert!(recovered.ended && !recovered.torn && recovered.problem.is_none(), "{recovered:?}");
    assert_eq!(said.closed, Some(recovered.valid.head()));
    assert_eq!(said.closed.as_ref(), said.heads.last());
    let path = rig.dir.output_path(&StepId::from("build"), 1);
    assert_eq!(std::fs::read(path).unwrap(), b"hello\nthere\n");
    assert!(!rig.dir.path().join("reserve").exists());
}

#[test]
fn a_record_is_on_disk_and_signed_when_it_is_reported() {
    let runs = runs();
    let mut rig = Rig::new(&runs);
    for round in 0..20 {
        rig.note(&format!("note {round}"));
        let head = loop {
            let Report::Durable { records, head } = rig.report() else {
                panic!("the disk is well");
            };
            if notes(&records) == [format!("note {round}")] {
                break head;
            }
        };
        let recovered = recover(&rig.dir, None).unwrap();
        assert_eq!(recovered.valid.head(), head);
        assert_eq!(notes(&recovered.records).len(), round + 1);
    }
}

#[test]
fn extents_hold_every_byte_in_order_and_none_is_over_a_mebibyte() {
    let runs = runs();
    let mut rig = Rig::new(&runs);
    let big: Vec<u8> = (0..5_000_000u32).map(|n| (n % 251) as u8).collect();
    rig.output(chunk("flood", &big));
    let mut err = chunk("flood", &[0xff, 0, 10]);
    err.stream = Stream::Err;
    rig.output(err);
    rig.output(chunk("flood", b""));
    rig.output(chunk("flood", b"end"));
    rig.output(chunk("other", b"x"));
    rig.end_output("flood");
    let said = rig.finish(Closing::Left);
    let mut next = 0;
    let mut count = 0;
    for record in &said.records {
        if let Event::Output { step, extent, .. } = &record.event
            && step.as_str() == "flood"
        {
            assert_eq!(extent.off, next);
            assert!(extent.len > 0 && extent.len <= 1 << 20);
            next += extent.len;
            count += 1;
        }
    }
    let file = std::fs::read(rig.dir.output_path(&StepId::from("flood"), 1)).unwrap();
    assert_eq!(file, [&big[..], &[0xff, 0, 10], b"end"].concat());
    assert_eq!(next, file.len() as u64);
    let salts = std::fs::read_to_string(rig.dir.path().join("out/flood.1.salt")).unwrap();
    assert_eq!(salts.lines().count(), count);
}

#[test]
fn facts_that_nobody_waits_for_are_durable_within_a_second_or_so() {
    let runs = runs();
    let mut rig = Rig::new(&runs);
    let asked = now();
    rig.tell(Order::Batch { events: vec![(now(), note("idle"))], barrier: false });
    loop {
        if let Report::Durable { records, .. } = rig.report()
            && notes(&records) == ["idle"]
        {
            break;
        }
    }
    // A second by the design; the rest is for a machine that has other things to do.
    assert!(now().since(asked).as_secs() < 5);
}

#[test]
fn a_run_goes_on_in_another_part_and_is_one_journal() {
    let runs = runs();
    let mut rig = Rig::new(&runs);
    rig.note("before");
    let first = rig.finish(Closing::Left);
    let dir = rig.dir.clone();
    drop(rig);
    let recovered = recover(&dir, None).unwrap();
    assert!(!recovered.ended && !recovered.torn);
    let mut rig = Rig::resumed(dir.clone(), &recovered).unwrap();
    rig.note("after");
    let second = rig.finish(Closing::Ended);
    let all = read_all(&dir).unwrap();
    assert_eq!(all, [first.records, second.records].concat());
    assert!(recover(&dir, None).unwrap().ended);
}

#[test]
fn a_client_reads_what_is_acknowledged_and_goes_over_to_the_next_part() {
    let runs = runs();
    let mut rig = Rig::new(&runs);
    let mut tail = Tail::open(&rig.dir).unwrap();
    rig.note("one");
    let first = rig.finish(Closing::Left);
    let at = first.records.last().unwrap().seq;
    assert_eq!(tail.read_to(Seq(2)).unwrap(), first.records[..2]);
    assert_eq!(tail.read_to(Seq(2)).unwrap(), []);
    assert_eq!(tail.read_to(at).unwrap(), first.records[2..]);
    assert!(matches!(tail.read_to(Seq(at.0 + 1)), Err(JournalError::Broken { .. })));
    // A torn tail behind the acknowledged end is not read as the next record.
    let part = rig.dir.path().join("events-0001.jsonl");
    let lines = std::fs::read(&part).unwrap();
    let dir = rig.dir.clone();
    drop(rig);
    std::fs::write(&part, [&lines[..], b"{\"seq\":"].concat()).unwrap();
    let recovered = recover(&dir, None).unwrap();
    assert!(recovered.torn && recovered.tail_bytes == 7 && recovered.problem.is_none());
    let mut rig = Rig::resumed(dir.clone(), &recovered).unwrap();
    rig.note("two");
    let second = rig.finish(Closing::Ended);
    let last = second.records.last().unwrap().seq;
    assert_eq!(tail.read_to(last).unwrap(), second.records);
    let mut anew = Tail::open(&dir).unwrap();
    assert_eq!(anew.read_to(last).unwrap(), read_all(&dir).unwrap());
}

#[test]
fn a_journal_cut_below_what_was_acknowledged_is_said() {
    let runs = runs();
    let heads = tempfile::tempdir().unwrap();
    let mut rig = Rig::new(&runs);
    rig.note("one");
    rig.note("two");
    let said = rig.finish(Closing::Left);
    let kept = Heads::open(heads.path(), rig.dir.id()).unwrap();
    for head in &said.heads {
        kept.keep(head).unwrap();
        let recovered = recover(&rig.dir, Some(heads.path())).unwrap();
        assert_eq!(recovered.cut, None);
    }
    let part = rig.dir.path().join("events-0001.jsonl");
    let whole = std::fs::read(&part).unwrap();
    let cut = said.heads[said.heads.len() - 2].bytes as usize;
    std::fs::write(&part, &whole[..cut]).unwrap();
    let recovered = recover(&rig.dir, Some(heads.path())).unwrap();
    assert!(recovered.problem.is_none() && !recovered.torn);
    assert_eq!(recovered.cut.map(|cut| cut.head), said.heads.last().cloned());
}

#[test]
fn the_run_key_moves_on_when_it_is_told_and_the_last_checkpoint_names_none() {
    let runs = runs();
    let mut rig = Rig::new(&runs);
    for step in 0..3 {
        rig.tell(Order::MoveKey);
        rig.note(&format!("step {step}"));
    }
    let said = rig.finish(Closing::Ended);
    let next: Vec<String> = said
        .records
        .iter()
        .filter_map(|record| match &record.event {
            Event::Ckpt { text, .. } => Some(text.lines().last().unwrap().to_owned()),
            _ => None,
        })
        .collect();
    assert_eq!(next.first().unwrap(), "next: -");
    assert_eq!(next.last().unwrap(), "next: end");
    assert_eq!(next.iter().filter(|next| next.len() == 6 + 64).count(), 3, "{next:?}");
}

#[test]
fn a_part_is_never_written_twice_and_a_lost_lock_ends_the_writer() {
    let runs = runs();
    let mut rig = Rig::new(&runs);
    rig.note("one");
    std::fs::rename(rig.dir.path().join("lock"), rig.dir.path().join("gone")).unwrap();
    std::fs::write(rig.dir.path().join("lock"), "").unwrap();
    rig.note("two");
    let said = rig.finish(Closing::Ended);
    assert_eq!(said.failed, ["another conductor has taken this run over"]);
    assert!(said.notes().len() < 2 && said.closed.is_none());
    assert!(!notes(&read_all(&rig.dir).unwrap()).contains(&"two".to_owned()));
    let recovered = recover(&rig.dir, None).unwrap();
    let dir = rig.dir.clone();
    drop(rig);
    let mut stale = recovered;
    stale.start.part = 1;
    let refused = Rig::resumed(dir, &stale).err().unwrap();
    assert!(matches!(refused, JournalError::Superseded), "{refused}");
}

#[test]
fn a_newer_format_is_named_and_not_read() {
    let runs = runs();
    let mut rig = Rig::new(&runs);
    rig.note("one");
    rig.finish(Closing::Left);
    let part = rig.dir.path().join("events-0001.jsonl");
    let text = std::fs::read_to_string(&part).unwrap();
    let ours = format!("\"fmt\":\"{}\"", tminus::journal::line::FMT);
    assert!(text.contains(&ours));
    std::fs::write(&part, text.replacen(&ours, "\"fmt\":\"2.0\"", 1)).unwrap();
    for refused in [
        recover(&rig.dir, None).err().unwrap(),
        read_all(&rig.dir).err().unwrap(),
        Tail::open(&rig.dir).unwrap().read_to(Seq(1)).err().unwrap(),
    ] {
        assert!(matches!(refused, JournalError::Newer { .. }), "{refused}");
    }
}

/// The keys of one kind of text, as `docs/journal-format.md` lists them.
fn documented(kind: &str) -> Vec<String> {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/journal-format.md");
    let docs = std::fs::read_to_string(path).unwrap();
    let row = docs.lines().find(|line| line.starts_with(&format!("| `{kind}` |"))).unwrap();
    row.split('|').nth(2).unwrap().trim().split(", ").map(str::to_owned).collect()
}

#[test]
fn the_format_document_lists_the_keys_that_are_written_in_their_order() {
    let runs = runs();
    let mut rig = Rig::new(&runs);
    rig.note("one");
    rig.finish(Closing::Left);
    let dir = rig.dir.clone();
    drop(rig);
    let recovered = recover(&dir, None).unwrap();
    let mut rig = Rig::resumed(dir, &recovered).unwrap();
    let said = rig.finish(Closing::Ended);
    let seal = prepare(&rig.dir, said.closed.as_ref().unwrap()).unwrap();
    let mut texts: Vec<String> = vec![seal.text.replace("# ", "")];
    let mut signed = journal_kit::Person::new().begin(&runs, tminus::model::signed::Realm::Live);
    signed.tell(Order::Batch { events: vec![(journal_kit::now(), journal_kit::gate("go"))], barrier: true });
    texts.push(signed.wanted(&mut tminus::model::barrier::Barriers::default()));
    for record in read_all(&rig.dir).unwrap() {
        if let Event::Genesis { text, .. } | Event::Resume { text, .. } | Event::Ckpt { text, .. } = record.event {
            texts.push(text);
        }
    }
    for text in texts {
        let kind = text.split(' ').nth(1).unwrap().to_owned();
        let keys = text.lines().skip(1).filter_map(|line| Some(line.split_once(": ")?.0.to_owned()));
        let mut wanted = documented(&kind);
        if kind == "resume" {
            let later = wanted[1..].to_vec();
            assert_eq!(wanted[0], "those of genesis");
            wanted = documented("genesis");
            wanted.extend(later);
        }
        assert_eq!(keys.collect::<Vec<_>>(), wanted, "{kind}");
    }
}
