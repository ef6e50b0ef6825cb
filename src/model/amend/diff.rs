//! What differs between two texts, line by line, with a few lines around it: as `diff -u` says it.
//!
//! Myers' way: the fewest lines out and in. Texts that have more in common than apart are what it is for; where they have not,
//! it gives up and says all of the old and all of the new. Pure; `Proposal` holds what it found for cards and lines.

/// Lines that are shown around each place that differs.
const AROUND: usize = 3;
/// More differing lines than this are not put into their best order.
const MOST: usize = 1500;

/// One line of a difference.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DiffLine {
    /// Where the next lines stand: the line in the old text, the line in the new one.
    At(usize, usize),
    /// In both.
    Both(String),
    /// Only in the old text.
    Out(String),
    /// Only in the new text.
    In(String),
}

impl DiffLine {
    /// As `diff -u` writes it.
    pub fn text(&self) -> String {
        match self {
            DiffLine::At(old, new) => format!("@@ line {old}, now {new} @@"),
            DiffLine::Both(line) => format!(" {line}"),
            DiffLine::Out(line) => format!("-{line}"),
            DiffLine::In(line) => format!("+{line}"),
        }
    }
}

/// What to do with the lines of both texts, in order.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Edit {
    Both,
    Out,
    In,
}

/// What differs.
pub fn diff(old: &str, new: &str) -> Vec<DiffLine> {
    let (old, new): (Vec<&str>, Vec<&str>) = (old.lines().collect(), new.lines().collect());
    let before = old.iter().zip(&new).take_while(|(one, other)| one == other).count();
    let rest = (old.len() - before).min(new.len() - before);
    let behind = old.iter().rev().zip(new.iter().rev()).take(rest).take_while(|(one, other)| one == other).count();
    let mut edits = vec![Edit::Both; before];
    edits.extend(script(&old[before..old.len() - behind], &new[before..new.len() - behind]));
    edits.extend(vec![Edit::Both; behind]);
    shown(&edits, &old, &new)
}

/// The fewest edits that make `new` of `old`.
fn script(old: &[&str], new: &[&str]) -> Vec<Edit> {
    let (rows, columns) = (old.len() as isize, new.len() as isize);
    let most = (rows + columns).min(MOST as isize);
    let at = |diagonal: isize| (diagonal + most + 1) as usize;
    let mut reached = vec![0isize; 2 * most as usize + 3];
    let mut trace = Vec::new();
    for edits in 0..=most {
        trace.push(reached.clone());
        for diagonal in (-edits..=edits).step_by(2) {
            let down =
                diagonal == -edits || (diagonal != edits && reached[at(diagonal - 1)] < reached[at(diagonal + 1)]);
            let mut x = if down { reached[at(diagonal + 1)] } else { reached[at(diagonal - 1)] + 1 };
            while x < rows && x - diagonal < columns && old[x as usize] == new[(x - diagonal) as usize] {
                x += 1;
            }
            reached[at(diagonal)] = x;
            if x >= rows && x - diagonal >= columns {
                return back(&trace, (rows, columns), &at);
            }
        }
    }
    let mut all = vec![Edit::Out; old.len()];
    all.extend(vec![Edit::In; new.len()]);
    all
}

fn back(trace: &[Vec<isize>], (mut x, mut y): (isize, isize), at: &dyn Fn(isize) -> usize) -> Vec<Edit> {
    let mut edits = Vec::new();
    for (count, reached) in trace.iter().enumerate().rev() {
        let (count, diagonal) = (count as isize, x - y);
        let down = diagonal == -count || (diagonal != count && reached[at(diagonal - 1)] < reached[at(diagonal + 1)]);
        let from = if down { diagonal + 1 } else { diagonal - 1 };
        let (from_x, from_y) = if count == 0 { (0, 0) } else { (reached[at(from)], reached[at(from)] - from) };
        while x > from_x && y > from_y {
            edits.push(Edit::Both);
            (x, y) = (x - 1, y - 1);
        }
        if count > 0 {
            edits.push(if down { Edit::In } else { Edit::Out });
        }
        (x, y) = (from_x, from_y);
    }
    edits.reverse();
    edits
}

/// The lines that differ and those around them.
fn shown(edits: &[Edit], old: &[&str], new: &[&str]) -> Vec<DiffLine> {
    let differs: Vec<usize> = (0..edits.len()).filter(|at| edits[*at] != Edit::Both).collect();
    let near = |at: usize| {
        let next = differs.partition_point(|other| *other < at);
        let close = |other: Option<&usize>| other.is_some_and(|other| other.abs_diff(at) <= AROUND);
        close(differs.get(next)) || next.checked_sub(1).is_some_and(|before| close(differs.get(before)))
    };
    let (mut x, mut y, mut gap, mut lines) = (0, 0, true, Vec::new());
    for (at, edit) in edits.iter().enumerate() {
        if near(at) {
            if std::mem::take(&mut gap) {
                lines.push(DiffLine::At(x + 1, y + 1));
            }
            lines.push(match edit {
                Edit::Both => DiffLine::Both(old[x].to_owned()),
                Edit::Out => DiffLine::Out(old[x].to_owned()),
                Edit::In => DiffLine::In(new[y].to_owned()),
            });
        } else {
            gap = true;
        }
        x += usize::from(*edit != Edit::In);
        y += usize::from(*edit != Edit::Out);
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What a patch makes of the old text, where nothing is left out.
    fn patched(old: &str, new: &str) -> (Vec<String>, usize) {
        let (old, new): (Vec<&str>, Vec<&str>) = (old.lines().collect(), new.lines().collect());
        let (mut x, mut y, mut made, mut edits) = (0, 0, Vec::new(), 0);
        for edit in script(&old, &new) {
            match edit {
                Edit::Both => {
                    assert_eq!(old[x], new[y]);
                    made.push(old[x].to_owned());
                    (x, y) = (x + 1, y + 1);
                }
                Edit::Out => (x, edits) = (x + 1, edits + 1),
                Edit::In => {
                    made.push(new[y].to_owned());
                    (y, edits) = (y + 1, edits + 1);
                }
            }
        }
        assert_eq!(x, old.len());
        (made, edits)
    }

    #[test]
    fn a_difference_leads_from_one_text_to_the_other_by_the_fewest_lines() {
        for (old, new, least) in [
            ("", "", 0),
            ("a", "", 1),
            ("", "a\nb", 2),
            ("a\nb\nc", "a\nc", 1),
            ("a\nb\nc", "a\nx\nc", 2),
            ("a\nb\nc\na\nb\nb\na", "c\nb\na\nb\na\nc", 5),
        ] {
            let (made, edits) = patched(old, new);
            assert_eq!(made.join("\n"), new);
            assert_eq!(edits, least, "{old:?} {new:?}");
        }
    }

    #[test]
    fn texts_with_nothing_in_common_are_said_whole() {
        let many = |word: &str| (0..2000).map(|at| format!("{word} {at}")).collect::<Vec<_>>().join("\n");
        let (made, edits) = patched(&many("old"), &many("new"));
        assert_eq!((made.len(), edits), (2000, 4000));
    }

    #[test]
    fn three_lines_stand_around_each_place_and_far_ones_are_left_out() {
        let old: Vec<String> = (1..=30).map(|at| format!("line {at}")).collect();
        let mut new = old.clone();
        new[9] = "changed".into();
        new.push("more".into());
        let said: Vec<String> = diff(&old.join("\n"), &new.join("\n")).iter().map(DiffLine::text).collect();
        assert_eq!(said[0], "@@ line 7, now 7 @@");
        assert_eq!(&said[3..7], [" line 9", "-line 10", "+changed", " line 11"]);
        assert_eq!(&said[said.len() - 2..], [" line 30", "+more"]);
        assert!(!said.contains(&" line 20".to_owned()), "{said:?}");
        assert_eq!(said.iter().filter(|line| line.starts_with("@@")).count(), 2);
    }
}
