"""watchdog's inotify observer, asking the kernel for arrivals only (see ``arriving``). Linux."""

from watchdog.observers.api import BaseObserver
from watchdog.observers.inotify import InotifyFullEmitter
from watchdog.observers.inotify_c import InotifyConstants, InotifyFD, Mask

_ARRIVALS = (
    InotifyConstants.IN_CREATE
    | InotifyConstants.IN_CLOSE_WRITE
    | InotifyConstants.IN_MOVED_TO
    | InotifyConstants.IN_DELETE_SELF
)


class _ArrivalEmitter(InotifyFullEmitter):
    """The "full" emitter tells a rename into the folder from a creation, though its other half is never seen."""

    def get_event_mask_from_filter(self) -> Mask:
        return Mask(_ARRIVALS)


class ArrivalObserver(BaseObserver):
    """Watches one folder with an inotify instance of its own."""

    def __init__(self) -> None:
        """Raises OSError where the limit of inotify instances is reached."""
        self._inotify_fd = InotifyFD()
        super().__init__(_ArrivalEmitter, inotify_fd=self._inotify_fd)
        self._inotify_fd.start()

    def on_thread_stop(self) -> None:
        """Let go of the watch and the instance."""
        super().on_thread_stop()
        self._inotify_fd.stop()
        self._inotify_fd.join()
