"""What the company is: its work, what it learns, its memory and the orders it takes.

``work`` and ``learning`` are pure rules, ``store`` is the only Python that holds SQL, ``orders`` is the one
service layer behind every door. Nothing here imports ``daemon`` or ``bot``.
"""
