//! Tests of the state, and of the screens that are drawn from it.

mod commands;
mod contacts;
mod desk;
mod files;
mod hostile;
mod palette;
mod pictures;
mod readme;
mod screens;
mod talks;
