//! Where a request comes from.
//!
//! Invariant: what a sender writes into a header is believed only as far as the deployment's own balancers have written it.

use std::net::{IpAddr, Ipv4Addr};

use actix_web::HttpRequest;
use actix_web::http::header::X_FORWARDED_FOR;

use crate::graphql::Client;

/// The address of the sender behind `proxies` balancers, each of which appends whom it heard to `X-Forwarded-For`.
pub fn of(request: &HttpRequest, proxies: u8) -> Client {
    let peer = request.peer_addr().map_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED), |peer| peer.ip());
    let Some(back) = usize::from(proxies).checked_sub(1) else { return Client(peer) };
    let lines: Vec<&str> = request.headers().get_all(X_FORWARDED_FOR).filter_map(|value| value.to_str().ok()).collect();
    let heard = lines.iter().flat_map(|line| line.split(',')).map(str::trim).rev().nth(back);
    Client(heard.and_then(|text| text.parse().ok()).unwrap_or(peer))
}

#[cfg(test)]
mod tests {
    use actix_web::test::TestRequest;

    use super::of;

    #[test]
    fn only_the_balancers_own_words_count() {
        let request = || TestRequest::default().peer_addr("192.0.2.9:80".parse().expect("an address"));
        let forged = || request().append_header(("X-Forwarded-For", "203.0.113.7, 198.51.100.1")).append_header(("X-Forwarded-For", "192.0.2.8"));
        for (request, proxies, expected) in [
            (request(), 0, "192.0.2.9"),
            (forged(), 0, "192.0.2.9"),
            (forged(), 1, "192.0.2.8"),
            (forged(), 2, "198.51.100.1"),
            (forged(), 9, "192.0.2.9"),
            (request(), 1, "192.0.2.9"),
        ] {
            assert_eq!(of(&request.to_http_request(), proxies).0.to_string(), expected, "{proxies}");
        }
    }
}
