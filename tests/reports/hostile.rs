//! A report every text of which is hostile, read by what people read reports with: nothing in any format is alive.

use crate::golden::report;
use crate::{finished, has};
use pulldown_cmark::{Event as Md, Options, Parser};
use serde_json::Value;
use std::io::Write as _;
use std::process::Command;
use tminus::model::text::is_plain;
use tminus::report::{Form, Report, write};

/// Everything at once; `URL` is where something alive would go.
const PAYLOAD: &str = "=1+1</script></title></style><script src=\"URL/s\">alert(1)</script>![i](URL/i)<img src=URL/m onerror=alert(1)>\
    [l](javascript:alert(1))<URL/a>\n=HYPERLINK(\"URL/h\",\"x\")\n# h\n- l\n---\n`````\n</details>\n\n<b>\x1b]0;t\x07\x1b[2J\u{9b}31m\
    \u{202e}\u{2066}\0\u{fffe}]]>&\"'|\t`code`**bold**";

/// The report with the payload around every text of it, whatever field it is.
pub(crate) fn hostile(url: &str) -> Report {
    let payload = PAYLOAD.replace("URL", url);
    let mut value = serde_json::to_value(report()).unwrap();
    poison(&mut value, &payload);
    // Times are to be written, not only refused.
    value["run"]["zone"] = Value::String("Europe/Paris".into());
    serde_json::from_value(value).unwrap()
}

fn poison(value: &mut Value, payload: &str) {
    match value {
        Value::String(text) => *text = format!("{payload}{text}{payload}"),
        Value::Array(all) => all.iter_mut().for_each(|value| poison(value, payload)),
        Value::Object(all) => all.values_mut().for_each(|value| poison(value, payload)),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

/// What a python says of `page`, with its own parsers of the formats.
fn python(script: &str, page: &str) -> String {
    let mut file = tempfile::NamedTempFile::new().unwrap();
    file.write_all(page.as_bytes()).unwrap();
    let output = finished(|| {
        let mut command = Command::new("python3");
        command.args(["-I", "-c", script]).arg(file.path());
        command
    });
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn no_hostile_text_is_alive_in_markdown() {
    let page = write(&hostile("http://127.0.0.1:9"), Form::Md);
    assert!(page.chars().all(|letter| letter == '\n' || is_plain(letter)));
    let mut html = 0;
    for event in Parser::new_ext(&page, Options::all()) {
        match event {
            Md::Html(tag) | Md::InlineHtml(tag) => {
                let ours = tag.trim().starts_with("<details><summary>") || tag.trim() == "</details>";
                // Of our own line only the two tags are HTML; what stands between them is escaped.
                let inside = tag.trim().trim_start_matches("<details><summary>").trim_end_matches("</summary>");
                assert!(ours && (tag.trim() == "</details>" || !inside.contains('<')), "{tag}");
                html += 1;
            }
            Md::Start(pulldown_cmark::Tag::Link { .. } | pulldown_cmark::Tag::Image { .. }) => {
                panic!("a link or a picture: {event:?}")
            }
            Md::Start(pulldown_cmark::Tag::Heading { .. }) | Md::Text(_) | Md::Rule => {
                assert!(!matches!(event, Md::Rule), "a rule");
            }
            Md::Code(code) => panic!("code outside of a fence: {code}"),
            _harmless => {}
        }
    }
    assert!(html > 2, "what is folded is still folded");
    let headings = Parser::new_ext(&page, Options::all())
        .filter(|event| matches!(event, Md::Start(pulldown_cmark::Tag::Heading { .. })))
        .count();
    let plain = write(&report(), Form::Md);
    let wanted = Parser::new_ext(&plain, Options::all())
        .filter(|event| matches!(event, Md::Start(pulldown_cmark::Tag::Heading { .. })))
        .count();
    assert_eq!(headings, wanted, "no text became a heading");
}

#[test]
fn no_hostile_text_is_alive_in_html() {
    if !has("python3") {
        return;
    }
    let page = write(&hostile("http://127.0.0.1:9"), Form::Html);
    assert!(page.chars().all(|letter| letter == '\n' || is_plain(letter)));
    let script = r#"
import re, sys, html.parser
seen = {}
class P(html.parser.HTMLParser):
    def handle_starttag(self, tag, attrs):
        seen[tag] = seen.get(tag, 0) + 1
        for name, value in attrs:
            assert not name.startswith('on'), name
            if name in ('href', 'src'):
                assert value.startswith('#') or value == 'data:,', value
page = open(sys.argv[1], encoding='utf-8').read()
p = P(convert_charrefs=True)
p.feed(page)
# A parser forgives much. Of the bytes: whatever looks like markup is an element written as ours are, and nothing else does.
raw = re.sub(r'<style>.*?</style>', '', page.replace('<!doctype html>', ''), count=1, flags=re.S | re.I)
raw = re.sub(r'</?[a-z][a-z0-9]*( [a-zA-Z][a-zA-Z0-9-]*(="[^"<>]*")?)*( ?/)?>', '', raw)
for letter in '<>':
    at = raw.find(letter)
    assert at < 0, raw[max(0, at - 80):at + 80]
for quote in ('alert(1)', 'javascript:'):
    assert all(raw[m.start() - 1] not in '<"\'' for m in re.finditer(re.escape(quote), raw)), quote
for m in re.finditer('&', page):
    assert re.match(r'&(amp|lt|gt|quot|#39|nbsp);', page[m.start():m.start() + 8]), page[m.start() - 40:m.start() + 40]
print(' '.join(sorted(seen)))
"#;
    let tags = python(script, &page);
    let known = "a b body dd details div dl dt figcaption figure h1 h2 head header html i line link main meta nav p pre rect \
                 section span strong style summary svg table tbody td th thead title tr";
    for tag in tags.split_whitespace() {
        assert!(known.split_whitespace().any(|known| known == tag), "<{tag}> in {tags}");
    }
    let calm = python(script, &write(&report(), Form::Html));
    assert_eq!(tags, calm, "the same elements whatever the texts are");
    assert!(page.find("Content-Security-Policy").unwrap() < page.find("<title>").unwrap());
}

#[test]
fn no_hostile_text_is_alive_in_json_csv_junit_and_lines() {
    let hostile = hostile("http://127.0.0.1:9");
    let json = write(&hostile, Form::Json);
    assert!(json.chars().all(|letter| letter == '\n' || is_plain(letter)) && !json.contains(['<', '>', '&']));
    assert_eq!(serde_json::from_str::<Report>(&json).unwrap(), hostile, "nothing is lost");
    let lines = write(&hostile, Form::Text);
    assert!(lines.chars().all(|letter| letter == '\n' || is_plain(letter)));
    if !has("python3") {
        return;
    }
    let rows = python(
        r#"
import csv, sys
rows = list(csv.reader(open(sys.argv[1], encoding='utf-8', newline=''), strict=True))
assert len(rows) > 8 and all(len(row) == len(rows[0]) for row in rows), [len(row) for row in rows]
for row in rows[1:]:
    for cell in row:
        number = cell.lstrip('-').replace('.', '', 1).isdigit()
        assert number or not cell.lstrip().startswith(('=', '+', '-', '@')), cell
        assert '\n' not in cell and '\r' not in cell
print(len(rows))
"#,
        &write(&hostile, Form::Csv),
    );
    assert_eq!(rows.trim(), (hostile.steps.len() + 1).to_string());
    let cases = python(
        r#"
import sys, xml.etree.ElementTree as tree
root = tree.parse(sys.argv[1]).getroot()
kinds = {element.tag for element in root.iter()}
assert kinds <= {'testsuites', 'testsuite', 'properties', 'property', 'testcase', 'failure', 'error', 'skipped', 'system-out'}, kinds
print(len(list(root.iter('testcase'))), root.get('tests'))
"#,
        &write(&hostile, Form::Junit),
    );
    let count = hostile.steps.len();
    assert_eq!(cases.trim(), format!("{count} {count}"));
}
