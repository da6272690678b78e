"""The application served for real, on a free port of this machine."""

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import uvicorn

from api.app import create_app
from api.settings import WebSettings

START_S = 120.0  # a limit for hanging


@contextmanager
def serving(settings: WebSettings) -> Iterator[str]:
    """Serve until the block ends; gives the address, without a slash at its end."""
    config = uvicorn.Config(create_app(settings), log_config=None, timeout_graceful_shutdown=5, proxy_headers=False)
    server = uvicorn.Server(config)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        try:
            _wait(server, thread)
            yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            server.should_exit = True
            thread.join()


def _wait(server: uvicorn.Server, thread: threading.Thread) -> None:
    deadline = time.monotonic() + START_S
    while not server.started:
        assert thread.is_alive(), "the application did not start"
        assert time.monotonic() < deadline, "the application takes too long to start"
        time.sleep(0.01)
