//! stub
pub mod naming { pub fn split_instance(n: &str) -> (&str, Option<&str>) { (n, None) } pub fn is_pod(_n: &str) -> bool { false } }
