"""Child processes that end with their parent, even if the parent is killed.

Not here: their work, or ending them in an orderly way (cli/server/serve.py,
inference/sandbox/decoding.py).
"""

import os
import select
import threading

BROKEN_OFF = 1


def end_with(descriptor: int) -> None:
    """End this process as soon as the other end of a pipe or socket is closed.

    The kernel closes that end when the process that holds it ends, for whatever reason. Unlike
    Linux's PR_SET_PDEATHSIG, this does not depend on the thread that started the child.
    """
    hung_up = select.poll()
    hung_up.register(descriptor, 0)  # poll reports a hang-up even if it is not requested

    def wait() -> None:
        hung_up.poll()
        os._exit(BROKEN_OFF)

    threading.Thread(target=wait, name="end-with-parent", daemon=True).start()
