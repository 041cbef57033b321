//! Files that are sent and received.

use std::path::PathBuf;

use super::desk::{Desk, handle};
use crate::app::{AppEvent, Effect, FileId, TalkEvent, TalkId};

fn offer(id: u64) -> TalkEvent {
    TalkEvent::FileOffered { from: handle("bob"), id: FileId(id), name: "a\u{202e}gpj.exe".to_owned(), size: 1_500 }
}

#[test]
fn an_offered_file_can_be_accepted_or_refused_and_its_progress_is_shown() {
    let mut desk = Desk::with_size(120, 24);
    desk.open("bob");
    desk.talk(1, &["bob"], offer(7));
    desk.shows("Bob wants to send you a\\u{202e}gpj.exe (1 kB). Type /accept or /decline.");
    desk.effects();
    desk.enter("/accept");
    assert_eq!(desk.effects(), [Effect::AcceptFile(FileId(7))]);
    desk.tell(AppEvent::FileProgress { id: FileId(7), done: 750, total: 1_500 });
    desk.shows("50%  750 bytes of 1 kB");
    desk.enter("/cancel");
    assert_eq!(desk.effects(), [Effect::CancelFile(FileId(7))]);
    desk.tell(AppEvent::FileEnded { id: FileId(7), result: Ok(Some(PathBuf::from("./a.exe"))) });
    desk.shows("The file was saved as ./a.exe.");
    desk.hides("50%");
    desk.talk(1, &["bob"], offer(8));
    desk.effects();
    desk.enter("/decline");
    assert_eq!(desk.effects(), [Effect::DeclineFile(FileId(8))]);
}

#[test]
fn a_file_is_sent_to_the_other_user_of_the_tab() {
    let mut desk = Desk::with_size(120, 24);
    desk.open("bob");
    desk.effects();
    desk.enter("/send /tmp/holiday pictures.zip");
    let path = PathBuf::from("/tmp/holiday pictures.zip");
    assert_eq!(desk.effects(), [Effect::SendFile { id: FileId(0), talk: TalkId(1), to: handle("bob"), path }]);
    desk.tell(AppEvent::FileEnded { id: FileId(0), result: Err("the other side declined the transfer".to_owned()) });
    desk.shows("The transfer failed: the other side declined the transfer.");
}
