//! Lines of bounded width. The only place where text becomes output.

use chiron_model::severity::Severity;
use chiron_model::text;
use unicode_width::{UnicodeWidthChar as _, UnicodeWidthStr as _};

use super::{TableOptions, Verbosity};

/// What a piece of text is; colours follow from it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Style {
    /// As the terminal has it.
    Plain,
    /// Names of things.
    Strong,
    /// Headings of sections.
    Heading,
    /// What can be skipped.
    Faint,
    /// What went well, and what to do.
    Good,
    /// What to look at.
    Warning,
    /// What is wrong.
    Bad,
    /// A severity.
    Rated(Severity),
}

impl Style {
    /// SGR parameters (ECMA-48), from the sixteen colours every terminal has.
    const fn sgr(self) -> Option<&'static str> {
        match self {
            Self::Plain => None,
            Self::Strong | Self::Heading => Some("1"),
            Self::Faint | Self::Rated(Severity::None | Severity::Unknown) => Some("2"),
            Self::Good => Some("32"),
            Self::Warning | Self::Rated(Severity::Medium) => Some("33"),
            Self::Bad | Self::Rated(Severity::Critical) => Some("1;31"),
            Self::Rated(Severity::High) => Some("31"),
            Self::Rated(Severity::Low) => Some("36"),
        }
    }
}

/// One line in the making.
#[derive(Clone, Debug, Default)]
pub(super) struct Line {
    pieces: Vec<(Style, String)>,
}

impl Line {
    /// A line that begins with spaces.
    pub(super) fn at(indent: usize) -> Self {
        Self::default().gap(indent)
    }

    /// Adds a text, made inert and brought onto one line.
    pub(super) fn put(mut self, style: Style, text: &str) -> Self {
        self.pieces.push((style, text::one_line(text)));
        self
    }

    /// Adds spaces.
    pub(super) fn gap(mut self, columns: usize) -> Self {
        self.pieces.push((Style::Plain, " ".repeat(columns)));
        self
    }

    /// Adds a text that fills exactly so many columns.
    pub(super) fn column(self, style: Style, text: &str, columns: usize) -> Self {
        let text = cut(&text::one_line(text), columns);
        let rest = columns.saturating_sub(width(&text));
        self.put(style, &text).gap(rest)
    }

    /// Columns it takes so far.
    pub(super) fn width(&self) -> usize {
        self.pieces.iter().map(|(_, text)| width(text)).sum()
    }
}

/// What has been drawn.
pub(super) struct Canvas {
    options: TableOptions,
    text: String,
}

impl Canvas {
    /// An empty canvas.
    pub(super) const fn new(options: TableOptions) -> Self {
        Self { options, text: String::new() }
    }

    /// Columns of a line.
    pub(super) fn width(&self) -> usize {
        usize::from(self.options.width.clamp(40, 200))
    }

    /// Whether everything is wanted.
    pub(super) fn is_verbose(&self) -> bool {
        self.options.verbosity == Verbosity::Verbose
    }

    /// Whether ways to components are wanted.
    pub(super) const fn is_tree(&self) -> bool {
        self.options.tree
    }

    /// Begins a section: an empty line and its heading.
    pub(super) fn heading(&mut self, text: &str) {
        self.blank();
        self.line(Line::default().put(Style::Heading, text));
    }

    /// An empty line.
    pub(super) fn blank(&mut self) {
        self.text.push('\n');
    }

    /// Draws a line, cut where it is too long.
    pub(super) fn line(&mut self, line: Line) {
        let mut left = self.width();
        let mut pieces = line.pieces;
        while pieces.last().is_some_and(|(_, text)| text.trim().is_empty()) {
            pieces.pop();
        }
        let mut begun = false;
        for (style, piece) in pieces {
            if left == 0 {
                break;
            }
            // Where a text is broken, its rest begins a line.
            let piece = if begun { piece } else { text::inert(&piece).into_owned() };
            begun |= !piece.trim().is_empty();
            let piece = cut(&piece, left);
            left = left.saturating_sub(width(&piece));
            self.paint(style, &piece);
        }
        self.text.push('\n');
    }

    /// Draws a text on as many lines as it needs, at most `lines`; the later ones begin two columns further in.
    pub(super) fn paragraph(&mut self, indent: usize, style: Style, text: &str, lines: usize) {
        let columns = self.width().saturating_sub(indent + 2).max(1);
        let text = text::one_line(text);
        let mut rest = text.as_str();
        for number in 1..=lines {
            let indent = if number == 1 { indent } else { indent + 2 };
            let end = if number == lines { rest.len() } else { break_at(rest, columns) };
            self.line(Line::at(indent).put(style, &rest[..end]));
            rest = rest[end..].trim_start();
            if rest.is_empty() {
                return;
            }
        }
    }

    /// What was drawn.
    pub(super) fn finish(self) -> String {
        self.text
    }

    fn paint(&mut self, style: Style, text: &str) {
        match style.sgr().filter(|_| self.options.color && !text.is_empty()) {
            Some(sgr) => {
                self.text.push_str("\u{1b}[");
                self.text.push_str(sgr);
                self.text.push('m');
                self.text.push_str(text);
                self.text.push_str("\u{1b}[0m");
            }
            None => self.text.push_str(text),
        }
    }
}

/// Columns of a text. Terminals disagree about joined emoji: the wider of the two ways to count is taken.
pub(super) fn width(text: &str) -> usize {
    let apart = text.chars().map(|c| c.width().unwrap_or(0)).sum::<usize>();
    text.width().max(apart)
}

/// The text, or as much of its beginning as fits, with `…` behind it.
pub(super) fn cut(text: &str, columns: usize) -> String {
    // Characters without width cost nothing to a line and everything to a reader: bounded too.
    let chars_max = columns * 4;
    let bounded = text.char_indices().nth(chars_max).map_or(text, |(end, _)| &text[..end]);
    if bounded.len() == text.len() && width(text) <= columns {
        return text.to_owned();
    }
    let mut end = 0;
    for (start, c) in bounded.char_indices() {
        let next = start + c.len_utf8();
        if width(&bounded[..next]) >= columns {
            break;
        }
        end = next;
    }
    format!("{}…", bounded[..end].trim_end())
}

/// Where to break a text: after the last word that fits, or inside a word that fits nowhere.
fn break_at(text: &str, columns: usize) -> usize {
    if width(text) <= columns {
        return text.len();
    }
    let (mut end, mut space) = (0, 0);
    for (start, c) in text.char_indices() {
        if width(&text[..start + c.len_utf8()]) > columns {
            break;
        }
        end = start + c.len_utf8();
        if text[end..].starts_with(' ') {
            space = end;
        }
    }
    if space > 0 {
        return space;
    }
    end.max(text.chars().next().map_or(0, char::len_utf8))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_cut_by_columns() {
        assert_eq!(cut("abcdef", 6), "abcdef");
        assert_eq!(cut("abcdef", 4), "abc…");
        assert_eq!(cut("漢字漢字", 5), "漢字…");
        assert_eq!(cut(&"\u{300}".repeat(100), 5).chars().count(), 21);
        assert_eq!(cut("abc", 0), "…");
    }

    #[test]
    fn paragraphs_break_between_words() {
        let mut canvas = Canvas::new(TableOptions { width: 40, ..TableOptions::default() });
        canvas.paragraph(2, Style::Plain, &"word ".repeat(40), 3);
        let text = canvas.finish();
        assert_eq!(text.lines().count(), 3);
        assert!(text.ends_with("…\n"));
        assert!(text.lines().all(|line| width(line) <= 40 && line.starts_with("  ")));
    }

    #[test]
    fn nothing_is_coloured_unless_asked_for() {
        let draw = |color| {
            let mut canvas = Canvas::new(TableOptions { color, ..TableOptions::default() });
            canvas.line(Line::at(1).put(Style::Bad, "a\u{1b}[2J\nb"));
            canvas.finish()
        };
        assert_eq!(draw(false), " a\u{fffd}[2J b\n");
        assert_eq!(draw(true), " \u{1b}[1;31ma\u{fffd}[2J b\u{1b}[0m\n");
    }
}
