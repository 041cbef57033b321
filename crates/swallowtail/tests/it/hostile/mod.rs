//! Tests clients that break the rules. The server answers or closes the connection as docs/protocol/framing.md sections
//! 8 and 9 and sb.md section 8 say, and keeps running. Two other clients continue to chat.

mod commands;
mod generated;
mod http;
mod lengths;
mod limits;
mod passwords;
mod rates;
mod text;
mod timers;
