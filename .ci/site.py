"""Look at the built site in a browser, at the width of a desk and of a phone: ``python .ci/site.py SITE [PICTURES]``.

Every page of a sample must fit the window, have its heading, load nothing from the network and log no error; the
search must answer without a network. Without a browser it says so and ends well. Pictures are written where a folder
is given.
"""

from __future__ import annotations

import functools
import http.server
import shutil
import sys
import threading
from pathlib import Path
from typing import Any

PAGES = ("", "benchmarks/", "notebooks/qaoa_knapsack/", "reference/solvers/", "report/", "compared/")
WIDTHS = (1280, 390)
FLAGS = (
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--hide-scrollbars",
    "--host-resolver-rules=MAP * ~NOTFOUND",
)


class Quiet(http.server.SimpleHTTPRequestHandler):
    """Serves the folder and logs nothing."""

    def log_message(self, *_: Any) -> None:
        return


def browser() -> Any:
    """A browser that knows no host but this machine; None without one."""
    binary = next((found for name in ("chromium", "chromium-browser") if (found := shutil.which(name))), None)
    driver = shutil.which("chromedriver")
    if binary is None or driver is None:
        return None
    from selenium import webdriver

    options = webdriver.ChromeOptions()
    options.binary_location = binary
    for flag in FLAGS:
        options.add_argument(flag if "resolver" not in flag else f"{flag}, EXCLUDE 127.0.0.1")
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    return webdriver.Chrome(options=options, service=webdriver.ChromeService(driver))


def check(opened: Any, address: str, pictures: Path | None) -> list[str]:
    """What is wrong with the sample of pages."""
    wrong = []
    for width in WIDTHS:
        size = {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": False}
        opened.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
        for page in PAGES:
            opened.get(address + page)
            name = page.strip("/").replace("/", "-") or "front"
            if pictures is not None:
                opened.save_screenshot(str(pictures / f"{name}-{width}.png"))
            wide = opened.execute_script("return document.documentElement.scrollWidth")
            if wide > width:
                wrong.append(f"{name} is {wide} wide in a window of {width}")
            if not opened.execute_script("return document.querySelector('h1') !== null"):
                wrong.append(f"{name} has no heading")
            loaded = opened.execute_script("return performance.getEntriesByType('resource').map((one) => one.name)")
            wrong += [f"{name} loads {one}" for one in loaded if not one.startswith((address, "data:", "blob:"))]
            logged = [entry["message"] for entry in opened.get_log("browser") if entry["level"] == "SEVERE"]
            wrong += [f"{name}: {text}" for text in logged]
    return wrong


def search(opened: Any, address: str) -> list[str]:
    """Whether the search finds the page on penalties."""
    from selenium.webdriver.common.by import By
    from selenium.webdriver.support.ui import WebDriverWait

    opened.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})
    opened.set_window_size(1280, 900)
    opened.get(address)
    opened.execute_script("document.querySelector('#__search').click()")
    opened.find_element(By.CSS_SELECTOR, "input.md-search__input").send_keys("penalties")
    found = "a.md-search-result__link[href*=penalties]"
    try:
        WebDriverWait(opened, 30).until(lambda one: one.find_elements(By.CSS_SELECTOR, found))
    except Exception as error:
        return [f"the search finds no page for 'penalties' ({type(error).__name__})"]
    return []


def main() -> int:
    site = Path(sys.argv[1])
    pictures = Path(sys.argv[2]) if len(sys.argv) > 2 else None
    opened = browser()
    if opened is None:
        print("no browser: the built pages were not looked at")
        return 0
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Quiet, directory=str(site)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    address = f"http://127.0.0.1:{server.server_port}/"
    try:
        wrong = [*check(opened, address, pictures), *search(opened, address)]
    finally:
        opened.quit()
        server.shutdown()
    print("\n".join(wrong) or f"{len(PAGES)} pages at {len(WIDTHS)} widths and the search are well")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
