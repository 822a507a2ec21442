"""The one place that calls git. Start with ``clone.py``; how a call is kept harmless stands in ``control.py``."""
