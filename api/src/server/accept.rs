//! What the client wants back: media type and language, by the q-values of its headers (RFC 9110 §12).

use actix_web::http::StatusCode;
use actix_web::http::header::{ACCEPT, ACCEPT_LANGUAGE, HeaderMap, HeaderName};

/// The two media types of GraphQL over HTTP.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Media {
    /// `application/json`, the default.
    Json,
    /// `application/graphql-response+json`, whose status says whether the request was sound.
    GraphqlResponse,
}

impl Media {
    /// The content type of an answer.
    pub const fn content_type(self) -> &'static str {
        match self {
            Self::Json => "application/json; charset=utf-8",
            Self::GraphqlResponse => "application/graphql-response+json; charset=utf-8",
        }
    }

    /// The status of an answer to a well-formed request whose document or variables are wrong. `application/json` may also come from something
    /// on the way that knows no GraphQL, so there 200 says that this program answered (GraphQL over HTTP, §6.4).
    pub const fn status_of_refusal(self) -> StatusCode {
        match self {
            Self::Json => StatusCode::OK,
            Self::GraphqlResponse => StatusCode::BAD_REQUEST,
        }
    }

    const fn name(self) -> &'static str {
        match self {
            Self::Json => "application/json",
            Self::GraphqlResponse => "application/graphql-response+json",
        }
    }
}

/// One element of an Accept header: what, and how much it is wanted in thousandths.
struct Wish<'a> {
    what: &'a str,
    quality: u16,
}

fn wishes(headers: &HeaderMap, name: HeaderName) -> Option<Vec<Wish<'_>>> {
    let mut values = headers.get_all(name).filter_map(|value| value.to_str().ok()).peekable();
    values.peek()?;
    let wish = |element| {
        let mut parts = str::split(element, ';').map(str::trim);
        let what = parts.next().filter(|what| !what.is_empty())?;
        let quality = parts.find_map(|part| part.strip_prefix("q=").or_else(|| part.strip_prefix("Q="))).map_or(1_000, quality);
        Some(Wish { what, quality })
    };
    Some(values.flat_map(|value| value.split(',')).filter_map(wish).collect())
}

/// `0` to `1` with up to three decimals, in thousandths; anything else counts as not wanted.
fn quality(text: &str) -> u16 {
    let (whole, decimals) = text.split_once('.').unwrap_or((text, ""));
    let fits = decimals.len() <= 3 && decimals.bytes().all(|byte| byte.is_ascii_digit());
    match (whole, fits) {
        ("1", true) => 1_000,
        ("0", true) => format!("{decimals:0<3}").parse().unwrap_or_default(),
        _ => 0,
    }
}

/// What a client takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Accept {
    /// The media type to answer in; none when the client takes neither.
    pub media: Option<Media>,
    /// How it stands to a stream of events.
    pub events: Events,
}

impl Accept {
    /// What the headers of a request say.
    pub fn of(headers: &HeaderMap) -> Self {
        let wishes = wishes(headers, ACCEPT).unwrap_or_default();
        Self { media: media(&wishes), events: events(&wishes) }
    }
}

/// The media type to answer in; none when the client takes neither. Between equals the one it named first wins, and without a name JSON does.
fn media(wishes: &[Wish<'_>]) -> Option<Media> {
    if wishes.is_empty() {
        return Some(Media::Json);
    }
    // The most telling wish counts: a full name before `application/*` before `*/*`.
    let rank = |media: Media| {
        let named = |what: &str| wishes.iter().enumerate().find(|(_, wish)| wish.what.eq_ignore_ascii_case(what));
        let place = |found: Option<(usize, &Wish<'_>)>| found.map(|(at, wish)| (wish.quality, at));
        place(named(media.name())).or_else(|| place(named("application/*").or_else(|| named("*/*"))).map(|(quality, _)| (quality, usize::MAX)))
    };
    let ranked = [Media::Json, Media::GraphqlResponse].into_iter().filter_map(|media| rank(media).map(|(quality, at)| (media, quality, at)));
    let wanted = ranked.filter(|(_, quality, _)| *quality > 0);
    wanted.min_by_key(|(_, quality, at)| (std::cmp::Reverse(*quality), *at)).map(|(media, _, _)| media)
}

/// How a client stands to a stream of events.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Events {
    /// It takes none.
    Refused,
    /// It takes one where nothing else can answer.
    Taken,
    /// It wants one before anything else.
    Wanted,
}

/// How the client stands to a stream of events.
fn events(wishes: &[Wish<'_>]) -> Events {
    let place = |what: &[&str]| {
        let named = |wish: &Wish<'_>| wish.quality > 0 && what.iter().any(|what| wish.what.eq_ignore_ascii_case(what));
        let found = wishes.iter().enumerate().filter(|(_, wish)| named(wish));
        found.map(|(at, wish)| (std::cmp::Reverse(wish.quality), at)).min()
    };
    match (place(&["text/event-stream"]), place(&[Media::Json.name(), Media::GraphqlResponse.name()])) {
        (None, _) => Events::Refused,
        (Some(events), Some(json)) if json < events => Events::Taken,
        (Some(_), _) => Events::Wanted,
    }
}

/// Whether a browser asks for a page.
pub fn wants_page(headers: &HeaderMap) -> bool {
    wishes(headers, ACCEPT).is_some_and(|wishes| wishes.iter().any(|wish| wish.what.eq_ignore_ascii_case("text/html") && wish.quality > 0))
}

/// Language of messages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Language {
    /// 简体中文, the default.
    Chinese,
    /// English.
    English,
}

/// The language to answer in: English when it is wanted more than Chinese.
pub fn language(headers: &HeaderMap) -> Language {
    let wishes = wishes(headers, ACCEPT_LANGUAGE).unwrap_or_default();
    let best = |tag: &str| {
        let speaks = |wish: &&Wish<'_>| wish.what.get(..2).is_some_and(|start| start.eq_ignore_ascii_case(tag));
        wishes.iter().filter(speaks).map(|wish| wish.quality).max().unwrap_or(0)
    };
    if best("en") > best("zh") { Language::English } else { Language::Chinese }
}

#[cfg(test)]
mod tests {
    use actix_web::http::header::{ACCEPT, ACCEPT_LANGUAGE, HeaderMap, HeaderValue};

    use super::{Accept, Events, Language, Media, language};

    #[test]
    fn the_media_type_follows_the_q_values() {
        let table = [
            ("*/*", Some(Media::Json)),
            ("", Some(Media::Json)),
            ("application/*", Some(Media::Json)),
            ("application/json; charset=utf-8", Some(Media::Json)),
            ("application/graphql-response+json", Some(Media::GraphqlResponse)),
            ("application/graphql-response+json, application/json", Some(Media::GraphqlResponse)),
            ("application/json, application/graphql-response+json", Some(Media::Json)),
            ("application/json;q=0.9, application/graphql-response+json", Some(Media::GraphqlResponse)),
            ("application/graphql-response+json;q=0.2, */*;q=0.1", Some(Media::GraphqlResponse)),
            ("application/json;q=0, */*", Some(Media::GraphqlResponse)),
            ("text/html", None),
            ("application/json;q=0", None),
        ];
        for (accept, expected) in table {
            let mut headers = HeaderMap::new();
            headers.insert(ACCEPT, HeaderValue::from_static(accept));
            assert_eq!(Accept::of(&headers).media, expected, "{accept}");
        }
        assert_eq!(Accept::of(&HeaderMap::new()).media, Some(Media::Json));
    }

    #[test]
    fn events_are_for_those_who_prefer_them() {
        let table = [
            ("text/event-stream", Events::Wanted),
            ("text/event-stream, application/json", Events::Wanted),
            ("text/event-stream, */*", Events::Wanted),
            ("application/json;q=0.5, text/event-stream", Events::Wanted),
            ("application/graphql-response+json, application/json, text/event-stream, multipart/mixed", Events::Taken),
            ("application/json, text/event-stream;q=0", Events::Refused),
            ("*/*", Events::Refused),
        ];
        for (accept, expected) in table {
            let mut headers = HeaderMap::new();
            headers.insert(ACCEPT, HeaderValue::from_static(accept));
            assert_eq!(Accept::of(&headers).events, expected, "{accept}");
        }
    }

    #[test]
    fn english_is_for_those_who_prefer_it() {
        let table = [
            ("zh-CN,zh;q=0.9,en;q=0.8", Language::Chinese),
            ("en-GB,en;q=0.9,zh;q=0.5", Language::English),
            ("fr", Language::Chinese),
            ("*", Language::Chinese),
        ];
        for (accept, expected) in table {
            let mut headers = HeaderMap::new();
            headers.insert(ACCEPT_LANGUAGE, HeaderValue::from_static(accept));
            assert_eq!(language(&headers), expected, "{accept}");
        }
    }
}
