//! Reads the times that logs write.
