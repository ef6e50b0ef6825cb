//! What tminus tells shells and readers about itself: completions in a real bash, the manual page, the list of themes.
#![allow(clippy::unwrap_used, reason = "a panic here is the report of a test")]

mod support;

use std::process::Command;
use support::{User, said};

/// What bash would offer after these words; the last one is being typed.
fn offered(user: &User, words: &[&str]) -> Vec<String> {
    let script = format!(
        "source <(tminus completions bash); COMP_WORDS=({}); COMP_CWORD={}; COMP_TYPE=9; \
         _clap_complete_tminus tminus {:?} 2>&1; printf '%s\\n' \"${{COMPREPLY[@]}}\"",
        words.iter().map(|word| format!("{word:?}")).collect::<Vec<_>>().join(" "),
        words.len() - 1,
        words.last().unwrap()
    );
    let binary = user.tminus(&[]).get_program().to_owned();
    let folder = std::path::Path::new(&binary).parent().unwrap().to_owned();
    let mut bash = Command::new("bash");
    for (name, value) in user.tminus(&[]).get_envs() {
        bash.env(name, value.unwrap_or_default());
    }
    let path = std::env::var_os("PATH").unwrap();
    let path = std::env::join_paths([folder].into_iter().chain(std::env::split_paths(&path))).unwrap();
    let out = bash.args(["-c", &script]).env("PATH", path).current_dir(user.home.path()).output().unwrap();
    assert!(out.status.success(), "{}", said(&out));
    String::from_utf8(out.stdout).unwrap().lines().map(|line| line.trim().to_owned()).collect()
}

#[test]
fn bash_is_offered_commands_runs_and_themes() {
    let user = User::new();
    user.write("book.yaml", "tminus: 1\ntitle: T\nenvironment: { name: here, kind: local }\nhard_stop: T+1h\nphases:\n  - { id: one, title: One, steps: [ { id: look, confirm: It is there } ] }\nrollbacks: []\n");
    user.write("answers.yaml", "operator: ci\nstart: yes\nsteps:\n  look: { ok: \"yes\" }\n");
    let flown = user.run(&["run", "book.yaml", "--answers", "answers.yaml", "--no-key"]);
    assert!(user.only_run().is_dir(), "{}", said(&flown));
    assert!(offered(&user, &["tminus", "ver"]).iter().any(|word| word == "verify"));
    assert_eq!(offered(&user, &["tminus", "verify", "0"]), ["0001"]);
    assert_eq!(offered(&user, &["tminus", "attach", "0"]), ["0001"]);
    let themes = offered(&user, &["tminus", "--theme", ""]);
    assert!(themes.contains(&"auto".to_owned()) && themes.contains(&"cvd".to_owned()), "{themes:?}");
}

#[test]
fn a_shell_of_every_kind_gets_its_completions() {
    let user = User::new();
    for shell in ["bash", "elvish", "fish", "powershell", "zsh"] {
        let out = user.run(&["completions", shell]);
        assert!(out.status.success() && said(&out).contains("tminus"), "{shell}: {}", said(&out));
    }
    assert_eq!(user.run(&["completions", "csh"]).status.code(), Some(2));
}

#[test]
fn the_manual_page_has_every_command_and_every_exit_code() {
    let user = User::new();
    let page = said(&user.run(&["man"]));
    let help = said(&user.run(&["help"]));
    let listed =
        help.lines().skip_while(|line| !line.starts_with("Commands:")).skip(1).take_while(|line| !line.is_empty());
    let commands: Vec<&str> =
        listed.filter_map(|line| line.split_whitespace().next()).filter(|name| *name != "help").collect();
    assert!(commands.len() > 10, "{help}");
    for command in commands {
        assert!(page.contains(&format!("\n.SH TMINUS {}\n", command.to_uppercase())), "{command}");
    }
    for code in 0..=4 {
        assert!(page.contains(&format!("\n.B {code}\n")), "{code}");
    }
    assert!(!page.contains("CONDUCT\n"), "what is started by tminus alone is not for readers");
}

#[test]
fn themes_of_the_operators_own_are_listed_with_their_faults_and_can_be_used() {
    let user = User::new();
    let folder = user.home.path().join(".config/tminus/themes");
    std::fs::create_dir_all(&folder).unwrap();
    let dark = std::fs::read_to_string("themes/dark.toml").unwrap();
    std::fs::write(folder.join("mine.toml"), dark.replace("name = \"dark\"", "name = \"mine\"")).unwrap();
    let listed = user.run(&["themes"]);
    assert_eq!(listed.status.code(), Some(0), "{}", said(&listed));
    assert!(said(&listed).lines().any(|line| line.starts_with("mine ")), "{}", said(&listed));
    // One whose words cannot be told from the background says so, and is still one that can be used; ours and mine are not faint.
    assert!(!said(&listed).contains(" is faint"), "{}", said(&listed));
    let dim = dark.replace("name = \"dark\"", "name = \"dim\"").replace("fg=\"#d8dce3\"", "fg=\"#3a3f48\"");
    std::fs::write(folder.join("dim.toml"), dim).unwrap();
    let listed = user.run(&["themes"]);
    assert_eq!(listed.status.code(), Some(0), "{}", said(&listed));
    let told = said(&listed);
    let of_dim: Vec<&str> = told.lines().skip_while(|line| !line.starts_with("dim ")).skip(1).collect();
    assert!(of_dim.first().is_some_and(|line| line.contains("text is faint: contrast ")), "{told}");
    for ours in ["auto", "dark", "light", "ansi", "mono", "cvd"] {
        assert!(told.lines().any(|line| line.split_whitespace().next() == Some(ours)), "{ours}: {told}");
    }
    assert!(told.contains(&folder.join("mine.toml").display().to_string()), "{told}");
    std::fs::write(folder.join("torn.toml"), "name = \"torn\"").unwrap();
    std::fs::write(folder.join("light.toml"), &dark).unwrap();
    let listed = user.run(&["themes"]);
    assert_eq!(listed.status.code(), Some(1), "one of them cannot be used");
    assert!(
        said(&listed).contains("torn.toml is not a theme") && said(&listed).contains("never used"),
        "{}",
        said(&listed)
    );
}
