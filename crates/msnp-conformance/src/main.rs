//! The command line, which plays transcripts against a running server.

use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::Context;
use clap::{Parser, ValueEnum};
use msnp_conformance::{Endpoints, Options, Outcome, Pace, PlayReport, RemoteTarget, Script, play};

/// The default port of the switchboard (sb.md section 2).
const SWITCHBOARD_PORT: &str = "1864";

/// The exit code for an unreadable file or an invalid argument. clap uses the same exit code.
const USAGE: u8 = 2;

/// Play golden MSN Messenger conversations against an MSNP server.
///
/// Prints one line for each part of each file, then the failures, then the counts. The exit code is 0 if nothing
/// failed, 1 if a part failed, and 2 if the command line or a file is invalid.
#[derive(Debug, Parser)]
#[command(version, after_help = EXAMPLE)]
struct Arguments {
    /// Address of the notification server.
    #[arg(long, value_name = "HOST:PORT")]
    notification: String,
    /// Address of Passport login and the HTTP gateway (plain HTTP).
    #[arg(long, value_name = "HOST:PORT")]
    http: String,
    /// Address of the switchboard, used until an XFR or RNG contains another address [default: port
    /// 1864 on the notification server's host].
    #[arg(long, value_name = "HOST:PORT")]
    switchboard: Option<String>,
    /// Address of the dispatch server. Without this option, parts that need a dispatch server are
    /// not played.
    #[arg(long, value_name = "HOST:PORT")]
    dispatch: Option<String>,
    /// Command that creates an account. It must also succeed if the account exists. The program
    /// replaces `{handle}`, `{password}` and `{name}` in the command with the values of the
    /// account. Each of the three must be a separate word. The command runs without a shell.
    /// Without this option, the accounts in the files must exist, and --keep-handles is implied.
    #[arg(long, value_name = "CMD")]
    account_command: Option<String>,
    /// Use the handles in the files instead of new handles for every part. Parts are then played
    /// one after the other.
    #[arg(long)]
    keep_handles: bool,
    /// How the program sends the client's bytes: each record in one write, one byte at a time, or
    /// everything between two waits for the server in one write.
    #[arg(long, value_enum, default_value_t = PaceArgument::Whole)]
    pace: PaceArgument,
    /// Maximum number of parts to play in parallel.
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
    anyhow::ensure!(!reports.is_empty(), "no part in these files has the title given with --part");
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
