//! Joins the stages; the only place that starts threads.

pub mod dating;
pub mod load;
pub mod read;
pub mod seam;
pub mod texts;
pub mod worker;
