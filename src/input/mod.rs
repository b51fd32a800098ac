//! Finds sources and gives their bytes as blocks of whole lines. Knows nothing of log formats.
