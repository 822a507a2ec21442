"""What the service is compared with at rest: a DBOS engine, opened as the service opens it, and nothing else.

python bare_engine.py FOLDER
"""

import os
import sys
import threading
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from daemon.engine import Do, Engine, sqlite_url


async def nothing(_do: Do, _job_id: str) -> str:
    return "completed"


engine = Engine(sqlite_url(Path(sys.argv[1]) / "engine.db"), host="bare", threads=44)
engine.launch(nothing)
os.chdir("/")
print("ready", flush=True)
threading.Event().wait()
