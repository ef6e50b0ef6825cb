//! Whole flights through lines of text, against the conductor in memory: by a scripted person and by answers files.

mod by_answers;
mod by_lines;
mod hostile;
mod typist;
