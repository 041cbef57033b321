//! A messenger for the terminal.
mod app;
mod text;
mod view;
