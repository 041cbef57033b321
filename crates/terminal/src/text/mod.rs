//! Text for a terminal: which characters are safe, how wide they are, and how emoticons are drawn.

mod clean;
mod emoticons;
mod wrap;

pub(crate) use clean::{clean, clean_line};
pub(crate) use emoticons::with_emoji;
pub(crate) use wrap::{cut, width, wrap};
