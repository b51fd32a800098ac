//! Joins the stages; the only place that starts threads.

pub mod dating;
pub mod explain;
pub mod extract;
pub mod find;
pub mod load;
mod order;
mod placing;
mod produce;
pub mod read;
pub mod run;
pub mod seam;
pub mod texts;
pub mod worker;
