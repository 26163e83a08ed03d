"""Starts `redline serve` again and again, each time as a process of its own, from one that has loaded it already.

Run as `python -m tests.faults.warm_server OPTIONS`: each line on stdin starts one and prints its process id; the last
one is killed when stdin ends.
"""

import os
import signal
import sys

import console.server.app.serve  # noqa: F401  # what takes a second, and is the same every time
from console.entry.main import main


def start_at_each_line(options: list[str]) -> None:
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # whoever was killed is gone at once
    child = 0
    for _ in sys.stdin:
        child = os.fork()
        if child == 0:
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            os.dup2(sys.stderr.fileno(), sys.stdout.fileno())  # stdout is for the process ids
            os._exit(main(["serve", *options]))
        print(child, flush=True)
    if child:
        os.kill(child, signal.SIGKILL)


if __name__ == "__main__":
    start_at_each_line(sys.argv[1:])
