"""Processes that end with the one that started them, also when that one is killed.

Not here: what they do, or ending them in good order (cli/server/serve.py,
inference/sandbox/decoding.py).
"""

import os
import select
import threading

BROKEN_OFF = 1


def end_with(descriptor: int) -> None:
    """End this process as soon as the other end of a pipe or socket is closed.

    The kernel closes it with the process that holds it, whatever ended that. Unlike Linux's
    PR_SET_PDEATHSIG this is not bound to the thread that started the child.
    """
    hung_up = select.poll()
    hung_up.register(descriptor, 0)  # hanging up is told unasked

    def wait() -> None:
        hung_up.poll()
        os._exit(BROKEN_OFF)

    threading.Thread(target=wait, name="end-with-parent", daemon=True).start()
