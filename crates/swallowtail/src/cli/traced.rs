//! Records where the value of each command-line argument comes from.

use clap::parser::ValueSource;
use clap::{ArgMatches, Args, Command, Error, FromArgMatches};
use swallowtail_config::Origin;

/// Arguments, and the names of the arguments that come from the environment.
#[derive(Debug)]
pub(super) struct Traced<T> {
    pub(super) args: T,
    from_environment: Vec<String>,
}

impl<T> Traced<T> {
    /// Returns the origin of the value of an argument. `id` is the argument's name in the code.
    pub(super) fn origin(&self, id: &str, flag: &'static str, variable: &'static str) -> Origin {
        let is_variable = self.from_environment.iter().any(|name| name == id);
        if is_variable { Origin::Environment(variable) } else { Origin::Flag(flag) }
    }
}

impl<T: FromArgMatches> FromArgMatches for Traced<T> {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, Error> {
        Self::from_arg_matches_mut(&mut matches.clone())
    }

    fn from_arg_matches_mut(matches: &mut ArgMatches) -> Result<Self, Error> {
        // When the values are taken out of `matches`, their sources are lost, so this reads the
        // sources first.
        let is_variable = |id: &str| matches.value_source(id) == Some(ValueSource::EnvVariable);
        let names = matches.ids().map(|id| id.as_str().to_owned());
        let from_environment = names.filter(|id| is_variable(id)).collect();
        Ok(Self { args: T::from_arg_matches_mut(matches)?, from_environment })
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), Error> {
        *self = Self::from_arg_matches(matches)?;
        Ok(())
    }
}

impl<T: Args> Args for Traced<T> {
    fn augment_args(command: Command) -> Command {
        T::augment_args(command)
    }

    fn augment_args_for_update(command: Command) -> Command {
        T::augment_args_for_update(command)
    }
}
