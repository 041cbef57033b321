//! `application/x-msmsgssystemmessage` (docs/protocol/payloads.md section 11).

/// Returns the body that makes a client show "the service will stop in N minutes".
#[must_use]
pub fn shutdown_warning(minutes: u32) -> Vec<u8> {
    format!(
        "MIME-Version: 1.0\r\nContent-Type: application/x-msmsgssystemmessage\r\n\r\nType: 1\r\nArg1: {minutes}\r\n"
    )
    .into_bytes()
}

#[cfg(test)]
mod tests {
    #[test]
    fn a_shutdown_warning_with_a_one_digit_number_has_88_bytes() {
        assert_eq!(super::shutdown_warning(5).len(), 88);
    }
}
