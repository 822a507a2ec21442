"""What the service cleans up behind itself: what may go is ruled in ``company/work/retention.py``, carried out here."""
