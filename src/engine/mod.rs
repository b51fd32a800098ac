//! Joins the stages; the only place that starts threads.

pub mod dating;
pub mod seam;
pub mod worker;
