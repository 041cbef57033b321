//! What clients must not do, and what comes of it: the one who does it is answered or closed as
//! docs/protocol/framing.md sections 8 and 9 and sb.md section 8 say, the server lives, and two others go on talking.

mod commands;
mod generated;
mod http;
mod lengths;
mod limits;
mod rates;
mod text;
mod timers;
