use spanloom::engine::load::load;
use spanloom::engine::read::Settings;
use spanloom::gather::Fragments;
use spanloom::input::{DiscoverOptions, Input, ReadOptions, discover};
use spanloom::model::Time;
use spanloom::record::timestamp::Zone;
use std::sync::Arc;
fn main() {
    let path = std::env::args().nth(1).unwrap();
    let discovery = discover(&[Input::Path(path.into())], &DiscoverOptions::default());
    let settings = Settings { threads: 2, read: ReadOptions::default(), zone: Zone::utc(), service: None, patterns: Arc::new(|_| Vec::new()), note: None, keep_text: false, stop: Arc::default(), progress: Arc::default() };
    let loaded = load(&discovery, &settings, Time(0));
    let store = loaded.store;
    let fragments = Fragments::of(&store);
    let t = std::time::Instant::now();
    let s = spanloom::weave::stitch::stitch(&store, &fragments);
    println!("fragments {} untraced {} groups {} batches {} joints {} in {:?}", fragments.traced.len(), fragments.untraced.len(), s.groups.len(), s.batches.len(), s.joints.len(), t.elapsed());
    let mut sizes = std::collections::BTreeMap::new();
    for g in &s.groups { *sizes.entry((g.fragments.len(), g.untraced.len())).or_insert(0) += 1; }
    for ((f, u), n) in sizes.iter().take(60) { println!("  {n} × fragments {f} untraced {u}"); }
    println!("keys {:?}", s.keys.iter().map(|(a,b)| (store.symbols.text(*a),store.symbols.text(*b))).collect::<Vec<_>>());
}
