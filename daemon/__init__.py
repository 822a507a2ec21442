"""The daemon: it notices work, runs it and tells what happened, while nobody looks."""
