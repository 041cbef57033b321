//! Tests of the state, and of the screens that are drawn from it.

mod commands;
mod contacts;
mod desk;
mod files;
mod hostile;
mod palette;
mod picture;
mod pictures;
mod screens;
mod talks;
