//! Text for a terminal: the characters that are safe, their width, and the drawing of emoticons.

mod clean;
mod emoticons;
mod wrap;

pub(crate) use clean::{clean, clean_line};
pub(crate) use emoticons::with_emoji;
pub(crate) use wrap::{cut, width, wrap};
