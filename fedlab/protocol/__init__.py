"""The signed log and its synchronisation: pure, no socket, file, clock or randomness."""
