"""The rules of work: pure functions and records. No clock, file, database, process or network in here."""
