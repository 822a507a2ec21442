"""What the service is compared with: watchdog and subprocess, nothing kept, nobody looked after.

python bare_loop.py INBOX COMMAND [ARGUMENT …]     {name} in an argument is the file's stem
"""

import subprocess
import sys
import threading
from pathlib import Path

from watchdog.events import FileSystemEvent, FileSystemEventHandler
from watchdog.observers import Observer


class Start(FileSystemEventHandler):
    def on_created(self, event: FileSystemEvent) -> None:
        self._start(event.src_path)

    def on_moved(self, event: FileSystemEvent) -> None:
        self._start(event.dest_path)

    def _start(self, path: bytes | str) -> None:
        stem = Path(str(path)).stem
        subprocess.Popen([word.replace("{name}", stem) for word in sys.argv[2:]], cwd=Path(str(path)).parent)


observer = Observer()
observer.schedule(Start(), sys.argv[1])
observer.start()
print("ready", flush=True)
threading.Event().wait()
