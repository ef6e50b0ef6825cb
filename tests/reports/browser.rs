//! The HTML page in a real headless Chromium: it is drawn, in order, asks the network for nothing and runs nothing.

use crate::golden::report;
use crate::hostile::hostile;
use crate::{finished, has};
use std::net::TcpListener;
use std::path::Path;
use std::process::{Command, Output};
use tminus::report::{Form, write};

/// A new browser with an empty home of its own.
fn chromium(page: &Path, args: &[&str]) -> Output {
    let home = tempfile::tempdir().unwrap();
    let output = finished(|| {
        let mut command = Command::new("chromium");
        let quiet = [
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-quic",
            "--no-first-run",
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync",
            "--disable-dev-shm-usage",
            "--hide-scrollbars",
            "--enable-logging=stderr",
        ];
        command.args(quiet).args(args).env("HOME", home.path());
        command.arg(format!("--user-data-dir={}", home.path().display()));
        command.arg(format!("file://{}", page.display()));
        command
    });
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    output
}

/// What the page's own console said.
fn console(output: &Output) -> Vec<String> {
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    said.lines().filter(|line| line.contains("CONSOLE")).map(str::to_owned).collect()
}

#[test]
fn chromium_draws_the_page_in_order_and_its_console_says_nothing() {
    if !has("chromium") {
        return;
    }
    let home = tempfile::tempdir().unwrap();
    let (page, picture) = (home.path().join("report.html"), home.path().join("report.png"));
    std::fs::write(&page, write(&report(), Form::Html)).unwrap();
    let output = chromium(&page, &["--dump-dom"]);
    assert_eq!(console(&output), Vec::<String>::new());
    let dom = String::from_utf8_lossy(&output.stdout).into_owned();
    let order = [
        "<h1>",
        "id=\"summary\"",
        "id=\"deviations\"",
        "id=\"ways-back\"",
        "id=\"timeline\"",
        "id=\"steps\"",
        "id=\"decisions\"",
        "id=\"gates\"",
        "id=\"sign-offs\"",
        "id=\"outputs\"",
        "id=\"verification\"",
    ];
    let places: Vec<usize> = order.iter().map(|text| dom.find(text).unwrap_or_else(|| panic!("no {text}"))).collect();
    assert!(places.is_sorted(), "{places:?}");
    assert!(dom.contains("<svg") && dom.contains("tminus verify x --head abcd-efgh-ijkl-mnop-qrst"));
    for size in ["--window-size=1200,1600", "--window-size=400,1600"] {
        chromium(&page, &[size, &format!("--screenshot={}", picture.display())]);
        let bytes = std::fs::read(&picture).unwrap();
        // A blank page of this size is packed into less than 10 kB.
        assert!(bytes.starts_with(b"\x89PNG") && bytes.len() > 25_000, "{size}: {} bytes", bytes.len());
    }
}

#[test]
fn a_hostile_run_makes_chromium_fetch_nothing_and_run_nothing() {
    if !has("chromium") {
        return;
    }
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.set_nonblocking(true).unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let home = tempfile::tempdir().unwrap();
    let page = home.path().join("report.html");
    std::fs::write(&page, write(&hostile(&url), Form::Html)).unwrap();
    let output = chromium(&page, &["--dump-dom"]);
    assert!(listener.accept().is_err(), "somebody came to {url}");
    // A policy that had to refuse something would say so here: there is nothing to refuse.
    assert_eq!(console(&output), Vec::<String>::new());
    let dom = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(dom.contains("alert(1)") && !dom.contains("<script") && !dom.contains("<img"), "it is text, all of it");
}
