//! What runs on a target: the texts for its shell, and how a command is written for them.
//!
//! The command line that is sent is `COMMAND_LINE`, always the same, so nothing of a runbook stands in anybody's list of
//! processes but the command itself, as on this machine. Variables and the command come length-prefixed over its input.
//! Only what POSIX has is taken for granted. Nothing here runs anything; `course` sends what is written here.

use crate::engine::exec::spawn::argv;
use crate::engine::exec::{CommandSpec, Control, MARKER, SshTarget};
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use zeroize::Zeroizing;

/// The one command line that is sent for every command. What it is quoted for may be any login shell, so the text has no
/// single quote, backslash, exclamation mark or line end. It leads a session or makes one, says `tminus-session-GROUP-`
/// (or `tminus-cannot-WHY-`), reads a length and that many bytes, and hands the rest of its input on to what they say.
pub(super) const COMMAND_LINE: &str = concat!(
    r#"exec sh -c 'eval "$1"' tminus '"#,
    r#"tminus_g=; if [ -r /proc/$$/stat ]; "#,
    r#"then read -r tminus_a tminus_a tminus_a tminus_a tminus_g tminus_a < /proc/$$/stat; "#,
    r#"else tminus_g=$(ps -o pgid= -p $$ 2>/dev/null); fi; "#,
    r#"if [ "$((${tminus_g:-0}))" -ne $$ ]; then "#,
    r#"if command -v setsid >/dev/null 2>&1; then exec setsid sh -c "$1" tminus "$1"; fi; "#,
    r#"echo tminus-cannot-setsid-; exit 1; fi; "#,
    r#"if [ -t 0 ]; then stty raw -echo || { echo tminus-cannot-stty-; exit 1; }; fi; "#,
    r#"echo tminus-session-$$-; "#,
    r#"read -r tminus_n; "#,
    // One read where dd knows how to fill a block, else byte by byte: what follows is the command's own input.
    r#"tminus_p=$(dd bs="$tminus_n" count=1 iflag=fullblock 2>/dev/null || dd bs=1 count="$tminus_n" 2>/dev/null; echo x); "#,
    r#"case $tminus_p in *"#,
    "#tminus-whole",
    r#"x) eval "${tminus_p%x}";; *) exit 255;; esac"#,
    "'",
);

/// What the shell says before it reads, followed by the number of its group and `-`.
pub(super) const SESSION: &[u8] = b"tminus-session-";
/// What it says instead where it cannot, followed by what is missing and `-`.
pub(super) const CANNOT: &[u8] = b"tminus-cannot-";

/// What the shell begins a line of its own with, once it runs: a byte that no text begins with, and a number that no
/// command can guess.
pub(super) fn tag(nonce: &str) -> Vec<u8> {
    format!("\x1etminus-{nonce}-").into_bytes()
}

/// `text` as one word of a POSIX shell.
fn quoted(text: &[u8]) -> Vec<u8> {
    let mut word = Vec::with_capacity(text.len() + 2);
    word.push(b'\'');
    for byte in text {
        match byte {
            b'\'' => word.extend_from_slice(b"'\\''"),
            other => word.push(*other),
        }
    }
    word.push(b'\'');
    word
}

/// What cannot be sent to any target, in words; what no system call could be given was looked for before.
pub(super) fn impossible(spec: &CommandSpec) -> Option<String> {
    let plain = |byte: &u8| byte.is_ascii_alphanumeric() || *byte == b'_';
    let is_name = |name: &OsStr| {
        let bytes = name.as_bytes();
        bytes.first().is_some_and(|first| !first.is_ascii_digit()) && bytes.iter().all(plain)
    };
    let bad = spec.env.iter().find(|(name, _)| !is_name(name))?;
    Some(format!("{:?} cannot be the name of a variable on another machine", bad.0.to_string_lossy()))
}

/// The marker of what runs on `target`. It begins as the marker here does, so that both are found by that, and is not the
/// same, so that ending what carries it there never ends the `ssh` here where both are one machine.
pub(super) fn marker_there(marker: &str, target: &SshTarget) -> String {
    format!("{marker}@{}", target.name)
}

/// The length-prefixed text that makes the shell on the target run `spec` with `marker`. It holds secrets.
pub(super) fn payload(spec: &CommandSpec, marker: &str, nonce: &str) -> Zeroizing<Vec<u8>> {
    let mut text: Vec<u8> = Vec::new();
    let mut say = |part: &[u8]| text.extend_from_slice(part);
    say(b"tminus_t=");
    say(&quoted(&tag(nonce)));
    say(b"\n");
    if spec.terminal.is_some() {
        say(b"stty sane 2>/dev/null; stty -onlcr 2>/dev/null; stty iutf8 2>/dev/null\n");
    }
    // The shell outlives what stops its group, to say how the command ended; in the command the signals are as ever.
    say(b"trap : HUP INT QUIT TERM\n(\nulimit -c 0 2>/dev/null\n");
    let marker = (OsStr::new(MARKER), OsStr::new(marker));
    let given = spec.env.iter().filter(|(name, _)| name != MARKER);
    for (name, value) in given.map(|(name, value)| (name.as_os_str(), value.as_os_str())).chain([marker]) {
        say(b"export ");
        say(name.as_bytes());
        say(b"=");
        say(&quoted(value.as_bytes()));
        say(b"\n");
    }
    if !spec.cwd.as_os_str().is_empty() {
        say(b"cd -- ");
        say(&quoted(spec.cwd.as_os_str().as_bytes()));
        say(b" 2>/dev/null || { printf '%s\\n' \"${tminus_t}not cwd\"; exit 1; }\n");
    }
    // Said before the command can print: who it is there, and where. A name that is very long or goes on over a line is cut.
    say(b"tminus_d=${PWD%%'\n'*}\nprintf '%s%.999s\\n' \"${tminus_t}here $(id -un 2>/dev/null)@$(uname -n 2>/dev/null):\" \"$tminus_d\" ");
    say(b"</dev/null\nunset tminus_d\n");
    let (program, args) = argv(&spec.program);
    let program = quoted(program.as_bytes());
    say(b"command -v ");
    say(&program);
    say(b" >/dev/null 2>&1 || { printf '%s\\n' \"${tminus_t}not program\"; exit 1; }\nexec ");
    say(&program);
    for arg in &args {
        say(b" ");
        say(&quoted(arg.as_bytes()));
    }
    say(b"\n)\ntminus_s=$?\ntminus_l=$(pgrep -l -s $$ 2>/dev/null)\n");
    say(b"printf '%s\\n' \"${tminus_t}end $tminus_s \"\"$(echo $tminus_l)\"\nexit $tminus_s\n#tminus-whole");
    let mut whole = format!("{}\n", text.len()).into_bytes();
    whole.append(&mut text);
    zeroize::Zeroize::zeroize(&mut text);
    Zeroizing::new(whole)
}

/// What the second channel is to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Errand {
    /// INT to the group.
    Interrupt,
    /// TERM to the session.
    Terminate,
    /// CONT, then KILL, to the session; its shell is spared, so that it can say how the command ended.
    Kill,
    /// The same, and KILL to what left the session and carries the marker.
    KillAll,
    /// Nothing but to look.
    Look,
}

/// What the second channel's shell says at the end, followed by number and name of each process that still lives.
pub(super) const LEFT: &str = "tminus-left";

/// The command line of the second channel; the errand comes over its input.
pub(super) const ERRAND_LINE: &str = "exec sh";

/// The text of an errand to the session `group`.
pub(super) fn errand(errand: Errand, group: u32, marker: &str) -> String {
    let (signal, strays) = match errand {
        Errand::Interrupt => ("INT", false),
        Errand::Terminate => ("TERM", false),
        Errand::Kill => ("KILL", false),
        Errand::KillAll => ("KILL", true),
        Errand::Look => ("0", false),
    };
    let marker = String::from_utf8_lossy(&quoted(format!("{MARKER}={marker}").as_bytes())).into_owned();
    let head = format!("g={group} s={signal} strays={} m={marker}\n", u8::from(strays));
    head + ERRAND
}

/// The text of an errand that looks for what carries `marker`, and for all of session `group` if any of that is in it.
pub(super) fn look_back(control: Option<Control>, group: u32, marker: &str) -> String {
    let signals = match control {
        None => "",
        Some(Control::Interrupt) => "INT",
        Some(Control::Terminate) => "TERM",
        Some(Control::Kill) => "CONT KILL",
    };
    let marker = String::from_utf8_lossy(&quoted(format!("{MARKER}={marker}").as_bytes())).into_owned();
    format!("g={group} s='{signals}' m={marker}\n{LOOK_BACK}")
}

/// A number may have been given away since, so nothing counts that is not proved by the marker; where a system does not show
/// environments, nothing can be said and nothing is signalled.
const LOOK_BACK: &str = r#"
[ -r /proc/$$/environ ] || { echo "that system does not show whose its processes are; look there for group $g" >&2; exit 1; }
found() {
  t=" $(for f in $(grep -lazxF -e "$m" /proc/[0-9]*/environ 2>/dev/null); do f=${f#/proc/}; echo "${f%/environ}"; done | tr '
' ' ') "
  [ "$t" = "  " ] || [ "$t" = " " ] || for pass in own all; do
    [ "$pass" = own ] && own=0
    for f in /proc/[0-9]*/stat; do
      read -r l < "$f" || continue
      p=${f#/proc/}; p=${p%/stat}; c=${l#*\(}; c=${c%\)*}; c=${c%% *}
      set -- ${l##*\) }
      [ "$1" != Z ] || continue
      marked=0; case $t in *" $p "*) marked=1 ;; esac
      if [ "$pass" = own ]; then
        [ $marked = 1 ] && [ "$4" = "$g" ] && own=1
      elif [ $marked = 1 ] || { [ $own = 1 ] && [ "$4" = "$g" ] && [ "$p" != "$g" ]; }; then
        echo "$p" "${c:-?}"
      fi
    done 2>/dev/null
  done
}
l=$(found)
if [ -n "$s" ] && [ -n "$l" ]; then
  for k in $s; do echo "$l" | while read -r p c; do kill -s "$k" "$p" 2>/dev/null; done; done
  for n in 1 2 3 4 5 6 7 8 9 10; do
    sleep 0.1 2>/dev/null || sleep 1
    l=$(found)
    [ -n "$l" ] || break
  done
fi
echo tminus-left $l
"#;

/// Without `/proc` the group is all that can be seen of a session.
const ERRAND: &str = r#"
members() {
  if [ -r /proc/$$/stat ]; then
    for f in /proc/[0-9]*/stat; do
      read -r l < "$f" || continue
      p=${f#/proc/}; p=${p%/stat}; c=${l#*\(}; c=${c%\)*}; c=${c%% *}
      set -- ${l##*\) }
      if [ "$4" = "$g" ] && [ "$1" != Z ] && [ "$p" != "$g" ]; then echo "$p" "${c:-?}" "$3"; fi
    done 2>/dev/null
  else
    ps -A -o pid= -o comm= -o pgid= 2>/dev/null | while read -r p c o; do
      if [ "${o##* }" = "$g" ] && [ "$p" != "$g" ]; then echo "$p" "${c##*/}" "$g"; fi
    done
  fi
}
moment() { sleep 0.1 2>/dev/null || sleep 1; }
case $s in
INT) kill -s INT -- -$g 2>/dev/null ;;
TERM)
  kill -s TERM -- -$g 2>/dev/null
  members | while read -r p c o; do [ "$o" = "$g" ] || kill -s TERM "$p" 2>/dev/null; done ;;
KILL)
  kill -s CONT -- -$g 2>/dev/null
  for n in 1 2 3 4 5 6 7 8 9 10; do
    l=$(members)
    [ -n "$l" ] || break
    echo "$l" | while read -r p c o; do kill -s KILL "$p" 2>/dev/null; done
    moment
  done ;;
esac
if [ "$strays" = 1 ]; then
  for f in $(grep -lazxF -e "$m" /proc/[0-9]*/environ 2>/dev/null); do
    p=${f#/proc/}; p=${p%/environ}
    [ "$p" = "$g" ] || kill -s KILL "$p" 2>/dev/null
  done
fi
echo tminus-left $(members | while read -r p c o; do echo "$p" "$c"; done)
"#;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_survives_any_login_shell() {
        let inner = COMMAND_LINE.strip_prefix("exec sh -c 'eval \"$1\"' tminus '").unwrap().strip_suffix('\'').unwrap();
        for bad in ['\'', '\\', '!', '\n'] {
            assert!(!inner.contains(bad), "{bad:?}");
        }
    }

    /// Runs the command line as a login shell would that leads no session, and feeds it `spec` and then `input`.
    fn through(shell: &str, spec: &CommandSpec, input: &[u8]) -> String {
        use std::io::Write;
        use std::process::{Command, Stdio};
        let mut child = Command::new(shell)
            .args(["-c", COMMAND_LINE])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut stdin = child.stdin.take().unwrap();
        stdin.write_all(&payload(spec, "run/a.1@db1", "0123")).unwrap();
        stdin.write_all(input).unwrap();
        drop(stdin);
        String::from_utf8(child.wait_with_output().unwrap().stdout).unwrap()
    }

    #[test]
    fn a_login_without_a_session_is_given_one_whatever_its_shell_is() {
        let spec = CommandSpec {
            program: crate::engine::exec::Program::Argv(vec![
                "sh".into(),
                "-c".into(),
                "echo \"$A\"; cat; exit 3".into(),
            ]),
            cwd: "".into(),
            env: vec![("A".into(), "it's\n".into())],
            stdin: crate::engine::exec::StdinSource::Null,
            marker: "run/a.1".into(),
            terminal: None,
            target: crate::engine::exec::Target::Local,
        };
        let own = std::process::id().to_string();
        for shell in ["sh", "bash"] {
            let said = through(shell, &spec, b"input");
            let (first, rest) = said.split_once('\n').unwrap();
            let group = first.strip_prefix("tminus-session-").unwrap().strip_suffix('-').unwrap();
            assert!(group.parse::<u32>().is_ok() && group != own, "{said}");
            let (here, rest) = rest.split_once('\n').unwrap();
            let place = here.strip_prefix("\x1etminus-0123-here ").unwrap();
            let folder = std::env::current_dir().unwrap();
            assert!(place.contains('@') && place.ends_with(&format!(":{}", folder.display())), "{place}");
            assert_eq!(rest.replace(&format!("{group} sh"), ""), "it's\n\ninput\x1etminus-0123-end 3 \n", "{shell}");
        }
    }

    #[test]
    fn a_text_that_did_not_come_whole_is_not_run() {
        use std::io::Write;
        use std::process::{Command, Stdio};
        let mut child = Command::new("setsid")
            .args(["-w", "sh", "-c", COMMAND_LINE])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        child.stdin.take().unwrap().write_all(b"500\necho half a command\n").unwrap();
        let output = child.wait_with_output().unwrap();
        let said = String::from_utf8(output.stdout).unwrap();
        assert!(said.starts_with("tminus-session-") && said.lines().count() == 1, "{said}");
        assert_eq!(output.status.code(), Some(255));
    }

    #[test]
    fn a_quote_in_a_value_stays_in_it() {
        assert_eq!(quoted(b"a'b"), b"'a'\\''b'");
        assert_eq!(quoted(b""), b"''");
    }
}
