//! What a span is called whose operation no record states: by its request, or by its message and what that is about, else by
//! the template of its first message.
//!
//! A request is named by method and route, as the semantic conventions for HTTP spans of OpenTelemetry have it.

use super::lexicon::Lexicon;
use super::spans::Draft;
use crate::gather::Store;
use crate::model::{Detail, EventId, Symbol, flag};
use rustc_hash::FxHashMap;

/// The names that spans of a run may have.
#[derive(Debug, Default)]
pub(super) struct Names {
    /// By method and path.
    requests: FxHashMap<(Symbol, Symbol), Symbol>,
    /// By template and topic, or kind of event.
    messages: FxHashMap<(Symbol, Symbol), Symbol>,
}

/// A record that prints how long a request took may be logged this much after its span began, beyond that: nanoseconds.
const SLACK: i64 = 2_000_000;

impl Names {
    /// Makes the names, and keeps their texts with the store's.
    pub fn of(store: &mut Store, lexicon: &Lexicon) -> Names {
        let mut names = Names::default();
        let text = |symbol: Symbol| store.symbols.text(symbol);
        let mut texts: Vec<String> = Vec::new();
        let mut keep = |text: String| {
            let symbol = Symbol::of(text.as_bytes());
            texts.push(text);
            symbol
        };
        for &(method, route) in &store.census.requests {
            let path = path(lexicon.route_text(route).unwrap_or_else(|| text(route)));
            let verb = text(method);
            if !verb.is_empty() && !path.is_empty() {
                let name = keep(format!("{} {path}", verb.to_ascii_uppercase()));
                names.requests.insert((method, route), name);
            }
        }
        for &(template, about) in &store.census.messages {
            let (message, about_text) = (text(template), text(about));
            if !message.is_empty() && !about_text.is_empty() && !message.contains(about_text) {
                names.messages.insert((template, about), keep(format!("{message} {about_text}")));
            }
        }
        texts.iter().for_each(|text| {
            store.symbols.keep(text.as_bytes());
        });
        names
    }

    /// Names a span that is named by a template so far.
    pub fn name(&self, store: &Store, span: &mut Draft) {
        // an exported span has the name that it was given
        if store.any_whole(&span.events) {
            return;
        }
        let mut templates = span.events.iter().map(|id| store.event(*id).template);
        if templates.find(|template| !template.is_none()) != Some(span.name).filter(|name| !name.is_none()) {
            return;
        }
        let request = span.events.iter().enumerate().find_map(|(at, &id)| {
            let name = self.request(store, id)?;
            (at == 0 || surrounds(store, span, id)).then_some(name)
        });
        if let Some(name) = request.or_else(|| span.events.first().and_then(|id| self.message(store, *id))) {
            span.name = name;
        }
    }

    fn request(&self, store: &Store, id: EventId) -> Option<Symbol> {
        let (mut method, mut route) = (Symbol::NONE, Symbol::NONE);
        for detail in store.details(id) {
            match *detail {
                Detail::Method(name) => method = name,
                Detail::Route(path) => route = path,
                _ => {}
            }
        }
        self.requests.get(&(method, route)).copied()
    }

    fn message(&self, store: &Store, id: EventId) -> Option<Symbol> {
        let template = store.event(id).template;
        // the kind of event tells more than the topic
        let (mut topic, mut event) = (None, None);
        for detail in store.details(id) {
            match *detail {
                Detail::Topic(name) => topic = Some(name),
                Detail::Event(name) => event = Some(name),
                _ => {}
            }
        }
        self.messages.get(&(template, event.or(topic)?)).copied()
    }
}

/// Whether a record prints a duration that goes back to where its span began: it tells of the span as a whole.
fn surrounds(store: &Store, span: &Draft, id: EventId) -> bool {
    let timed = !store.event(id).is(flag::TIME_UNKNOWN);
    store.duration(id).is_some_and(|took| {
        timed && store.written(id).0.saturating_sub(took) <= span.start.0.saturating_add(SLACK)
    })
}

/// The path of a route, without host and query.
fn path(route: &str) -> &str {
    let from = route.find("://").map_or(0, |scheme| {
        let host = scheme + "://".len();
        route[host..].find('/').map_or(route.len(), |slash| host + slash)
    });
    let route = &route[from..];
    &route[..route.find(['?', '#']).unwrap_or(route.len())]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_has_neither_host_nor_query() {
        let paths = ["/a/<*>?q=1", "http://stock:80/a/<*>#x", "https://stock", "/", "a"].map(path);
        assert_eq!(paths, ["/a/<*>", "/a/<*>", "", "/", "a"]);
    }
}
