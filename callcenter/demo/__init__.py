"""`make demo`: a whole call centre on one machine, started, watched and stopped together."""
