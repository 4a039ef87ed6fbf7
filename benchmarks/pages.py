"""How soon each page can be used, with the demonstration's 1,600 clients: `python -m benchmarks.pages`.

In headless Chromium, one page after the other, the median of a few visits. "html" is the server's answer, "usable" the
end of DOMContentLoaded, when the scripts of the page have run; "drawn" when a map or a plane shows its clients.
"""

from __future__ import annotations

import argparse
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from statistics import median
from urllib.error import URLError
from urllib.request import urlopen

from playwright.sync_api import Page, sync_playwright

from benchmarks.retrain import ROOT, manage, own_database
from tests.chromium import FLAGS, chromium

VISITS = 5
ISLANDS = {"/map/": "[data-map][data-ready]", "/explorer/": "[data-explorer][data-ready]"}
PAGES = (
    "/", "/day/", "/clients/", "/clients/3/", "/map/", "/explorer/", "/segments/", "{segment}", "/recommendations/",
    "/playbook/", "/completing/", "/prospect/", "/runs/", "/runs/1/", "/help/", "/api/v1/clients/?page_size=50",
)  # fmt: skip
TIMES = """() => {
    const [seen] = performance.getEntriesByType("navigation");
    return [seen.responseEnd, seen.domContentLoadedEventEnd];
}"""


def free_port() -> int:
    with closing(socket.socket()) as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


@contextmanager
def served(environment: dict[str, str]) -> Iterator[str]:
    """The site on a port of its own."""
    address = f"http://127.0.0.1:{free_port()}"
    command = [sys.executable, "manage.py", "runserver", "--noreload", address.removeprefix("http://")]
    with subprocess.Popen(
        command, cwd=ROOT, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as site:
        try:
            for _ in range(120):
                try:
                    urlopen(f"{address}/healthz").close()  # noqa: S310 (our own server)
                    break
                except URLError:
                    time.sleep(0.5)
            yield address
        finally:
            site.terminate()


def sign_in(page: Page, address: str, folder: str, name: str) -> None:
    rows = (Path(folder) / "demo_logins.txt").read_text(encoding="utf-8").splitlines()
    password = next(row.split()[-1] for row in rows if f" {name} " in row)
    page.goto(f"{address}/login/")
    page.fill("[name=username]", name)
    page.fill("[name=password]", password)
    page.click("[type=submit]")
    page.wait_for_load_state()


def visit(page: Page, url: str, island: str | None) -> tuple[float, float, float | None]:
    """Milliseconds to the HTML, to a usable page, and to its drawing."""
    page.goto(url)
    html, usable = page.evaluate(TIMES)
    if island is None:
        return html, usable, None
    page.wait_for_selector(island)
    return html, usable, float(page.evaluate("performance.now()"))


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.pages", description=(__doc__ or "").split("\n\n")[0])
    who = "who looks: an account of the demonstration"
    parser.add_argument("--as", dest="name", default="demo.responsable", help=who)
    name = parser.parse_args().name
    with own_database() as environment:
        manage(environment, "migrate", "-v", "0")
        manage(environment, "seed_demo")
        manage(environment, "retrain", "--json")
        with served(environment) as address, sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=chromium(), args=FLAGS)
            page = browser.new_page(viewport={"width": 1440, "height": 900})
            sign_in(page, address, environment["DATA_DIR"], name)
            page.goto(f"{address}/segments/")
            segment = page.locator("main a[href^='/segments/']").first.get_attribute("href") or "/segments/"
            print(f"{'page':<34}{'html':>8}{'usable':>8}{'drawn':>8}   (ms, median of {VISITS}, as {name})")
            for path in PAGES:
                told = path.format(segment=segment)
                seen = [visit(page, address + told, ISLANDS.get(path)) for _ in range(VISITS)]
                drawn = [time for *_, time in seen if time is not None]
                figures = [median(one[0] for one in seen), median(one[1] for one in seen)]
                last = f"{median(drawn):>8.0f}" if drawn else ""
                print(f"{told[:33]:<34}{figures[0]:>8.0f}{figures[1]:>8.0f}{last}", flush=True)
            browser.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
