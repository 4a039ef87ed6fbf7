"""The web server and the worker side by side, for `make run`. Ctrl-C stops both; so does the end of the server.

The server reloads when code changes; the worker does not. In production a supervisor runs the two, see README.md.
"""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def environment(port: str) -> dict[str, str]:
    """Ours, and this machine as the address of the site where neither it nor `.env` names one: e-mails have links."""
    env_file = ROOT / ".env"
    named = env_file.is_file() and re.search(r"^SITE_URL=\S", env_file.read_text(), re.MULTILINE)
    return dict(os.environ) if named else {"SITE_URL": f"http://127.0.0.1:{port}", **os.environ}


def main(port: str) -> int:
    def start(*arguments: str) -> subprocess.Popen[bytes]:
        return subprocess.Popen([sys.executable, "manage.py", *arguments], cwd=ROOT, env=environment(port))

    worker, web = start("work"), start("runserver", f"127.0.0.1:{port}")

    def stop(*_: object) -> None:
        for process in (web, worker):
            process.terminate()

    signal.signal(signal.SIGINT, stop)
    signal.signal(signal.SIGTERM, stop)
    code = web.wait()
    stop()
    worker.wait()  # it finishes the job at hand
    return max(code, 0)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1] if len(sys.argv) > 1 else "8000"))
