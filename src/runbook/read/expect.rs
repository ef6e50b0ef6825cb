//! Expectations: what must come of a command, or be seen by a person. `engine::judge` applies them.
//!
//! The patterns in them are compiled in `patterns`, so that what passes here cannot fail to compile in the middle of a
//! run.

use super::measures::{self, Measures};
use super::{Located, Reader, Use, What};
use crate::model::cmp::Cmp;
use crate::model::expect::{Except, ExitWanted, Expect, JsonWanted, Measured, Of};
use crate::model::fill::is_name;
use crate::model::ids::{StepId, VarName};
use crate::runbook::diagnostic::Diagnostic;
use crate::runbook::node::{Field, Node};
use crate::runbook::reader::Fields;
use crate::runbook::scope::Scope;
use serde_yaml::Value;

impl<'a> Reader<'a> {
    /// `expect` of a command.
    pub(super) fn expect(&mut self, node: Node<'a>) -> Option<Expect> {
        let fields = self.desk.fields(node, Scope::Expect, "a mapping of what must come")?;
        Some(self.expect_in(fields).0)
    }

    /// What output looks like, whatever the exit code: a failure that is known, a line that means ready.
    pub(super) fn expect_of_output(&mut self, node: Node<'a>) -> Option<Expect> {
        let fields = self.desk.fields(node, Scope::Expect, "a mapping of what it looks like")?;
        let (expect, has_exit) = self.expect_in(fields);
        Some(if has_exit { expect } else { Expect { exit: ExitWanted::Any, ..expect } })
    }

    /// All keys of an expectation, and whether it names an exit code.
    pub(super) fn expect_in(&mut self, mut fields: Fields<'a>) -> (Expect, bool) {
        let mut expect = Expect::default();
        let mut exit = fields.take("exit").and_then(|node| self.exit(node));
        let says_exit = exit.is_some();
        self.of_text(&mut fields, &mut expect);
        self.of_value(&mut fields, &mut expect);
        expect.took = fields.take("took").and_then(|node| self.took(node));
        expect.stderr = fields.take("stderr").and_then(|node| self.stderr(node)).map(Box::new);
        expect.http = fields.take("http").map(|node| self.http(node)).unwrap_or_default();
        if let Some(field) = fields.take_field("of") {
            expect.of = self.judged_step(&field);
        }
        if let Some(node) = fields.take("any_of") {
            // What another step prints is judged as a whole.
            let judging = self.judging.take();
            let (all, inner_exit) = self.any_of(node);
            self.judging = judging;
            expect.any_of = all;
            exit = exit.or(inner_exit.then_some(ExitWanted::Any));
        }
        expect.exit = exit.unwrap_or(expect.exit);
        self.desk.finish(fields, &|_| None);
        (expect, says_exit)
    }

    /// `of: STEP`, which stands in the `expect` of a command and nowhere else.
    fn judged_step(&mut self, field: &Field<'a>) -> Option<StepId> {
        if self.judging.is_none() {
            let text = "`of` belongs to the `expect` of a `run`, and not to a part of it";
            self.desk
                .report(Diagnostic::error("RB0107", &field.key_span, text).help("expect: { of: STEP, contains: … }"));
            return None;
        }
        self.name_of(field.node, What::Background, self.judging).map(StepId)
    }

    /// One of these must hold. Where one of them names an exit code, each judges its own: 0 where it says none.
    fn any_of(&mut self, node: Node<'a>) -> (Vec<Expect>, bool) {
        let list = self.desk.list(node, "a list of what may come");
        if list.is_empty() && node.items().is_some() {
            let found = Diagnostic::error("RB0109", &node.span(), "none of nothing can hold");
            self.desk.report(found.help("any_of: [ { http: 200 }, { contains: already done } ]"));
        }
        let list = self.desk.capped(list, 50, &node.span(), "alternatives");
        let mut all = Vec::new();
        for node in list {
            if let Some(fields) = self.desk.fields(node, Scope::Expect, "a mapping of what may come") {
                all.push(self.expect_in(fields));
            }
        }
        let exits = all.iter().any(|(_, says_exit)| *says_exit);
        let own = |(expect, says_exit): (Expect, bool)| match says_exit || exits {
            true => expect,
            false => Expect { exit: ExitWanted::Any, ..expect },
        };
        (all.into_iter().map(own).collect(), exits)
    }

    /// A status code or a list of them.
    fn http(&mut self, node: Node<'a>) -> Vec<u16> {
        let list = node.items().unwrap_or_else(|| vec![node]);
        if list.is_empty() {
            self.desk.report(Diagnostic::error("RB0109", &node.span(), "no status would pass").help("http: 201"));
        }
        let mut codes = Vec::new();
        for node in list {
            match self.desk.whole(node, 0) {
                Some(code @ 100..=599) => codes.extend(u16::try_from(code)),
                Some(_) => {
                    self.desk.report(Diagnostic::error("RB0109", &node.span(), "status codes are 100 to 599"));
                }
                None => {}
            }
        }
        codes
    }

    /// Lines that are known and set aside, each with its reason.
    fn except(&mut self, node: Node<'a>) -> Vec<Except> {
        let list = self.desk.list(node, "a list of `{ matches: …, because: … }`");
        let list = self.desk.capped(list, 100, &node.span(), "exceptions");
        list.into_iter().filter_map(|node| self.one_exception(node)).collect()
    }

    fn one_exception(&mut self, node: Node<'a>) -> Option<Except> {
        let mut fields = self.desk.fields(node, Scope::Except, "`{ matches: …, because: … }`")?;
        let (matches_node, because_node) = (fields.take("matches"), fields.take("because"));
        if matches_node.is_none() || because_node.is_none() {
            self.desk.missing(
                &fields.span.clone(),
                "an exception needs `matches` and `because`".into(),
                "except: [ { matches: known noise, because: ticket 41 } ]",
            );
        }
        self.desk.finish(fields, &|_| None);
        let matches = matches_node.and_then(|node| self.pattern(node));
        let because = because_node.and_then(|node| self.said(node));
        Some(Except { matches: matches?, because: because? })
    }

    /// `expect` of what a person reads off: it has no exit code, no stderr and no duration.
    pub(super) fn expect_of_reading(&mut self, node: Node<'a>) -> Option<Expect> {
        let mut fields = self.desk.fields(node, Scope::Expect, "a mapping of what must be seen")?;
        let mut expect = Expect::default();
        self.of_text(&mut fields, &mut expect);
        self.of_value(&mut fields, &mut expect);
        if let Some(node) = fields.take("any_of") {
            let list = self.desk.list(node, "a list of what may be seen");
            let list = self.desk.capped(list, 50, &node.span(), "alternatives");
            expect.any_of = list.into_iter().filter_map(|node| self.expect_of_reading(node)).collect();
        }
        self.desk.finish(fields, &|key| {
            matches!(key, "exit" | "took" | "stderr" | "http" | "of")
                .then(|| format!("`{key}` is a command's; here a person reads a value off"))
        });
        Some(expect)
    }

    fn of_text(&mut self, fields: &mut Fields<'a>, expect: &mut Expect) {
        if let Some(node) = fields.take("contains") {
            expect.contains = self.texts(node);
        }
        expect.except = fields.take("except").map(|node| self.except(node)).unwrap_or_default();
        if let Some(node) = fields.take("lacks") {
            expect.lacks = self.texts(node);
        }
        if let Some(node) = fields.take("matches") {
            let one_or_more = node.items().unwrap_or_else(|| vec![node]);
            expect.matches = one_or_more.into_iter().filter_map(|node| self.pattern(node)).collect();
        }
        if let Some(node) = fields.take("equals") {
            expect.equals = self.desk.text(node);
            if let Some(text) = expect.equals.clone() {
                self.note_filled(&text, node, Use::Never);
            }
        }
    }

    fn of_value(&mut self, fields: &mut Fields<'a>, expect: &mut Expect) {
        if let Some(node) = fields.take("json") {
            expect.json = self.json(node);
        }
        if let Some(node) = fields.take("number") {
            expect.number = self.measured(node, Measures::Number);
        }
        if let Some(node) = fields.take("ratio") {
            expect.ratio = self.measured(node, Measures::Ratio);
        }
        if let Some(node) = fields.take("count") {
            expect.count = self.measured(node, Measures::Count);
        }
    }

    fn stderr(&mut self, node: Node<'a>) -> Option<Expect> {
        let mut fields = self.desk.fields(node, Scope::Stderr, "a mapping of what must come")?;
        let mut expect = Expect { exit: ExitWanted::Any, ..Expect::default() };
        self.of_text(&mut fields, &mut expect);
        if let Some(node) = fields.take("count") {
            expect.count = self.measured(node, Measures::Count);
        }
        self.desk.finish(fields, &|_| None);
        Some(expect)
    }

    fn exit(&mut self, node: Node<'a>) -> Option<ExitWanted> {
        if let Value::String(_) = node.value {
            self.desk.word(node, &[("any", ())])?;
            return Some(ExitWanted::Any);
        }
        let list = node.items().unwrap_or_else(|| vec![node]);
        let mut codes = Vec::new();
        for node in list {
            let code = self.desk.whole(node, 0)?;
            if code > 255 {
                self.desk.report(Diagnostic::error("RB0109", &node.span(), "exit codes are 0 to 255"));
                return None;
            }
            codes.push(i32::try_from(code).ok()?);
        }
        if codes.is_empty() {
            self.desk.report(
                Diagnostic::error("RB0109", &node.span(), "no exit code would pass")
                    .help("write `any`, or leave it out for 0"),
            );
            return None;
        }
        Some(ExitWanted::Codes(codes))
    }

    /// One text or a list of them; never filled in, since what is expected stands in the file.
    pub(super) fn texts(&mut self, node: Node<'a>) -> Vec<String> {
        let one_or_more = node.items().unwrap_or_else(|| vec![node]);
        let mut all = Vec::new();
        for node in one_or_more {
            if let Some(text) = self.desk.full_text(node) {
                self.note_filled(&text, node, Use::Never);
                all.push(text);
            }
        }
        all
    }

    fn json(&mut self, node: Node<'a>) -> Vec<(String, JsonWanted)> {
        let mut all = Vec::new();
        for field in self.desk.named(node, "a mapping of JSONPaths and values") {
            self.check_json_path(field.key, &field.key_span);
            if let Some(wanted) = self.json_wanted(field.node) {
                all.push((field.key.to_owned(), wanted));
            }
        }
        all
    }

    fn json_wanted(&mut self, node: Node<'a>) -> Option<JsonWanted> {
        if let Value::String(text) = node.value {
            let compares = text.trim_start().starts_with(['=', '!', '<', '>']);
            if compares {
                return self.comparison(node).map(JsonWanted::Cmp);
            }
            if let Some((word, _)) = text.trim_start().split_once(' ').filter(|(word, _)| is_text_rule(word)) {
                return self.no_rule_in_json(word, node);
            }
            return self.json_text(node.value, node);
        }
        if let Value::Mapping(map) = node.value
            && map.len() == 1
            && let Some(literal) = map.get("equals")
        {
            return self.json_text(literal, node);
        }
        if let Value::Mapping(map) = node.value
            && map.len() == 1
            && let Some(word) = map.keys().find_map(|key| key.as_str().filter(|word| is_text_rule(word)))
        {
            return self.no_rule_in_json(word, node);
        }
        self.json_text(node.value, node)
    }

    /// `matches …` would be compared with the value letter by letter, and never hold.
    fn no_rule_in_json(&mut self, word: &str, node: Node<'a>) -> Option<JsonWanted> {
        let text = format!("`{word}` does not work in `json:`, which compares values");
        let help = "write a value, a comparison such as \">= 19\", or { equals: … } for exactly this text";
        self.desk.report(Diagnostic::error("RB0408", &node.span(), text).help(help));
        None
    }

    fn json_text(&mut self, value: &Value, node: Node<'a>) -> Option<JsonWanted> {
        match serde_json::to_string(value) {
            Ok(text) => Some(JsonWanted::Equals(text)),
            Err(_) => {
                self.desk.report(
                    Diagnostic::error("RB0104", &node.span(), "this cannot be written as JSON")
                        .help("keys of a JSON object are texts: quote them"),
                );
                None
            }
        }
    }

    /// CMP, `{ of, is, ideally }`, or a list of these.
    fn measured(&mut self, node: Node<'a>, what: Measures) -> Vec<Measured> {
        let one_or_more = node.items().unwrap_or_else(|| vec![node]);
        one_or_more.into_iter().filter_map(|node| self.one_measured(node, what)).collect()
    }

    fn one_measured(&mut self, node: Node<'a>, what: Measures) -> Option<Measured> {
        if node.entries().is_none() {
            let is = self.is(node, what)?;
            return Some(Measured { of: Of::Output, is, ideally: None });
        }
        let mut fields = self.desk.fields(node, Scope::Measured, "a comparison such as \">= 19\"")?;
        let of = fields.take("of").map_or(Some(Of::Output), |node| self.of(node));
        let is = match fields.take("is") {
            Some(node) => self.is(node, what),
            None => {
                self.desk.missing(
                    &fields.span.clone(),
                    "nothing says what the value must be".into(),
                    "add `is: \">= 19\"`",
                );
                None
            }
        };
        let ideally = fields.take("ideally").and_then(|node| self.measure(node, what));
        self.desk.finish(fields, &|_| None);
        Some(Measured { of: of?, is: is?, ideally })
    }

    /// A comparison, or `all`.
    fn is(&mut self, node: Node<'a>, what: Measures) -> Option<Option<Cmp>> {
        if matches!(node.value, Value::String(word) if word == "all") {
            return Some(None);
        }
        self.measure(node, what).map(Some)
    }

    /// A comparison that can be made with what is measured.
    fn measure(&mut self, node: Node<'a>, what: Measures) -> Option<Cmp> {
        let cmp = self.comparison(node)?;
        if let Some(found) = measures::complaint(what, &cmp, &node.span()) {
            self.desk.report(found);
        }
        Some(cmp)
    }

    fn took(&mut self, node: Node<'a>) -> Option<Measured> {
        let measured = self.one_measured(node, Measures::Time)?;
        if measured.is.is_none() || measured.of != Of::Output {
            self.desk.report(
                Diagnostic::error("RB0109", &node.span(), "`took` is a comparison with a length of time")
                    .help("took: \"< 200ms\""),
            );
            return None;
        }
        Some(measured)
    }

    /// A regular expression, a variable, or a list of variables.
    fn of(&mut self, node: Node<'a>) -> Option<Of> {
        if let Some(items) = node.items() {
            let mut names = Vec::new();
            for node in items {
                let name = self.located(node)?;
                names.push(VarName(name.text.clone()));
                self.wanted_vars.push(name);
            }
            if names.is_empty() {
                self.desk.report(Diagnostic::error("RB0109", &node.span(), "`of` names no variable"));
                return None;
            }
            return Some(Of::Vars(names));
        }
        let text = self.desk.full_text(node)?;
        if is_name(&text) {
            self.wanted_vars.push(Located { text: text.clone(), span: node.span() });
            return Some(Of::Vars(vec![VarName(text)]));
        }
        self.check_pattern(&text, node);
        Some(Of::Regex(text))
    }

    fn comparison(&mut self, node: Node<'a>) -> Option<Cmp> {
        let text = self.desk.full_text(node)?;
        match Cmp::parse(&text) {
            Ok(cmp) => Some(cmp),
            Err(why) => {
                self.desk.report(
                    Diagnostic::error("RB0408", &node.span(), why.to_string())
                        .help("a comparison is >= 19, 4..8, 20 ± 5 %, < 200ms, or a bare value"),
                );
                None
            }
        }
    }
}

/// A key of `expect` that judges texts.
fn is_text_rule(word: &str) -> bool {
    matches!(word, "matches" | "contains" | "lacks")
}
