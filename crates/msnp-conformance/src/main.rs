//! The command line: plays transcripts against a server that runs already.

use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::Context;
use clap::{Parser, ValueEnum};
use msnp_conformance::{Endpoints, Options, Outcome, Pace, PlayReport, RemoteTarget, Script, play};

/// The port of the switchboard where no other is given (sb.md section 2).
const SWITCHBOARD_PORT: &str = "1864";

/// Exit code when a file cannot be read or an argument cannot be used; clap uses the same.
const USAGE: u8 = 2;

/// Play golden MSN Messenger conversations against an MSNP server.
///
/// Prints one line for each part of each file, then what was wrong with those that failed, then the counts. The exit
/// code is 0 if nothing failed, 1 if something did, 2 if the command line or a file is wrong.
#[derive(Debug, Parser)]
#[command(version, after_help = EXAMPLE)]
struct Arguments {
    /// The notification server.
    #[arg(long, value_name = "HOST:PORT")]
    notification: String,
    /// Passport login and HTTP gateway, as plain HTTP.
    #[arg(long, value_name = "HOST:PORT")]
    http: String,
    /// The switchboard, for connections that no XFR or RNG has told an address for [default: port 1864 of the
    /// notification server's host].
    #[arg(long, value_name = "HOST:PORT")]
    switchboard: Option<String>,
    /// The dispatch server. Without it, parts that need one are not played.
    #[arg(long, value_name = "HOST:PORT")]
    dispatch: Option<String>,
    /// The command that creates an account. It must also succeed if the account exists. `{handle}`, `{password}` and
    /// `{name}` stand for its values and must be words of their own. No shell is involved. Without it the accounts must
    /// exist as the files name them, and --keep-handles is implied.
    #[arg(long, value_name = "CMD")]
    account_command: Option<String>,
    /// Use the handles of the files as they are, instead of new ones for every part. Parts are then played one after
    /// the other.
    #[arg(long)]
    keep_handles: bool,
    /// How the client's bytes leave: a record in one write, one byte at a time, or everything between two waits in one
    /// write.
    #[arg(long, value_enum, default_value_t = PaceArgument::Whole)]
    pace: PaceArgument,
    /// How many parts are played side by side.
    #[arg(long, value_name = "N", default_value_t = 8)]
    jobs: usize,
    /// Play only the parts with this title.
    #[arg(long, value_name = "NAME")]
    part: Option<String>,
    /// Transcript files.
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
}

const EXAMPLE: &str = "Example:\n  msnp-conformance --notification 127.0.0.1:1863 --http 127.0.0.1:8080 \\\n    \
    --account-command 'my-server add-account {handle} {password} {name}' docs/protocol/transcripts/*.txt";

#[derive(Clone, Copy, Debug, ValueEnum)]
enum PaceArgument {
    Whole,
    Byte,
    Segment,
}

#[tokio::main]
async fn main() -> ExitCode {
    match run(Arguments::parse()).await {
        Ok(code) => code,
        Err(error) => {
            eprintln!("msnp-conformance: {error:#}");
            ExitCode::from(USAGE)
        }
    }
}

async fn run(arguments: Arguments) -> anyhow::Result<ExitCode> {
    let scripts = arguments.files.iter().map(|file| Script::read(file)).collect::<anyhow::Result<Vec<_>>>()?;
    let options = options(&arguments);
    let target = RemoteTarget::new(endpoints(&arguments)?, arguments.account_command);
    let reports = play(Arc::new(target), scripts, &options).await;
    anyhow::ensure!(!reports.is_empty(), "no part of these files has the title given with --part");
    print(&reports);
    Ok(if reports.iter().any(PlayReport::failed) { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

fn options(arguments: &Arguments) -> Options {
    Options {
        jobs: arguments.jobs,
        pace: match arguments.pace {
            PaceArgument::Whole => Pace::Whole,
            PaceArgument::Byte => Pace::OneByte,
            PaceArgument::Segment => Pace::OneSegment,
        },
        rename: !arguments.keep_handles && arguments.account_command.is_some(),
        part: arguments.part.clone(),
        ..Options::default()
    }
}

fn endpoints(arguments: &Arguments) -> anyhow::Result<Endpoints> {
    let (host, _) = arguments.notification.rsplit_once(':').context("--notification must be HOST:PORT")?;
    let switchboard = arguments.switchboard.clone();
    Ok(Endpoints {
        notification: arguments.notification.clone(),
        switchboard: switchboard.unwrap_or_else(|| format!("{host}:{SWITCHBOARD_PORT}")),
        http: arguments.http.clone(),
        dispatch: arguments.dispatch.clone(),
    })
}

fn print(reports: &[PlayReport]) {
    let (mut passed, mut failed, mut not_played) = (0, 0, 0);
    for report in reports {
        println!("{report}");
        match report.outcome {
            Outcome::Passed => passed += 1,
            Outcome::Failed(_) => failed += 1,
            Outcome::NotPlayed(_) => not_played += 1,
        }
    }
    for report in reports {
        if let Outcome::Failed(failure) = &report.outcome {
            print!("\n{} FAILED at {failure}", report.title());
        }
    }
    println!("\n{passed} passed, {failed} failed, {not_played} not played");
}
