"""The report in headless Chromium: no console error, every plot drawn, tables sort and filter, hostile names inert."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from qopt.experiments.report.output import Output, write_report
from qopt.experiments.report.report import make_report
from qopt.experiments.report.runs import load_runs

from .report_cases import HOSTILE, write_rows

selenium = pytest.importorskip("selenium", reason="selenium is not installed; pip install 'qopt-workbench[test]'")
FLAGS = (
    *("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync"),
    *("--disable-background-networking", "--disable-component-update", "--window-size=1280,1400"),
)
PLOTS = {
    *("waterfall", "crossover", "gap", "scatter", "feasibility", "ranks"),
    *("ecdf", "profile", "time-scaling", "qubit-scaling"),
}
pytestmark = pytest.mark.filterwarnings("ignore::ResourceWarning")


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    binary = next((found for name in ("chromium", "chromium-browser") if (found := shutil.which(name))), None)
    driver = shutil.which("chromedriver")
    if binary is None or driver is None:
        pytest.skip("no browser: needs chromium and chromedriver (Debian: apt install chromium chromium-driver)")
    from selenium import webdriver

    options = webdriver.ChromeOptions()
    options.binary_location = binary
    for flag in FLAGS:
        options.add_argument(flag)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    opened = webdriver.Chrome(options=options, service=webdriver.ChromeService(driver))
    yield opened
    opened.quit()


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    run = write_rows(tmp_path_factory.mktemp("run"))
    report = make_report(load_runs(run))
    for records in ("embed", "beside"):
        write_report(report, run / records, Output(pictures=False, records=records))
    return run


def opened(browser: Any, folder: Path, records: str = "embed", place: str = "") -> Any:
    browser.get("about:blank")  # else another place on the same page would not load it anew
    browser.get(f"{(folder / records / 'report.html').as_uri()}{place}")
    assert browser.execute_script("return document.body.dataset.ready") == "yes"
    return browser


def texts(browser: Any, selector: str) -> list[str]:
    return browser.execute_script(
        "return [...document.querySelectorAll(arguments[0])].map((found) => found.textContent)", selector
    )


def test_no_console_error_and_every_plot_is_drawn(browser: Any, folder: Path) -> None:
    opened(browser, folder)
    assert [entry for entry in browser.get_log("browser") if entry["level"] in ("SEVERE", "WARNING")] == []
    drawn = browser.execute_script(
        "return [...document.querySelectorAll('[data-plot]')].map((p) => [p.dataset.plot, Number(p.dataset.rendered),"
        " [...p.querySelectorAll('svg[role=img]')].every((s) => s.getBoundingClientRect().height > 100)])"
    )
    assert {key for key, _, _ in drawn} == PLOTS
    assert all(marks > 0 and is_visible for _, marks, is_visible in drawn), drawn
    bad = browser.execute_script("return document.querySelectorAll('svg [d*=NaN], svg [y1=NaN], svg [x=NaN]').length")
    assert bad == 0


def test_the_matrix_stands_first_with_a_mark_in_each_cell(browser: Any, folder: Path) -> None:
    opened(browser, folder)
    first = browser.execute_script("return document.querySelector('#main table').id")
    assert first == "table-matrix"
    assert browser.execute_script("return document.querySelectorAll('.verdicts').length") == 0
    marks = texts(browser, "#table-matrix td.mark span")
    assert marks
    assert set(marks) <= {"better", "worse", "open", "tied"}
    signs = browser.execute_script(
        "return [...document.querySelectorAll('#table-matrix td.mark span')]"
        ".map((found) => getComputedStyle(found, '::before').content)"
    )
    assert all(len(sign.strip('"')) == 2 for sign in signs)
    assert 1 <= len(texts(browser, ".findings li")) <= 5


@pytest.mark.parametrize("width", [1280, 390])
def test_nothing_but_tables_is_wider_than_the_window(browser: Any, folder: Path, width: int) -> None:
    browser.execute_cdp_cmd(
        "Emulation.setDeviceMetricsOverride", {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": False}
    )
    try:
        opened(browser, folder)
        assert browser.execute_script("return document.documentElement.scrollWidth") <= width
    finally:
        browser.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})


def test_hostile_names_are_inert_text(browser: Any, folder: Path) -> None:
    opened(browser, folder)
    assert browser.execute_script("return typeof window.hacked") == "undefined"
    assert HOSTILE in texts(browser, "#table-instances td")
    assert "TimeoutError: <img src=x onerror=alert(1)>" in texts(browser, "#table-failures td")
    assert browser.execute_script("return document.querySelectorAll('main img, main b b, td script').length") == 0


def test_tables_sort_up_and_down_by_number(browser: Any, folder: Path) -> None:
    from selenium.webdriver.common.by import By

    opened(browser, folder)
    heads = browser.find_elements(By.CSS_SELECTOR, "#table-instances th")
    sizes = "#table-instances tbody td:nth-child(3)"
    found = []
    for _ in range(2):
        browser.execute_script("arguments[0].scrollIntoView({block: 'center', behavior: 'instant'})", heads[2])
        heads[2].find_element(By.TAG_NAME, "button").click()
        found.append([int(text) for text in texts(browser, sizes)])
    assert found[0] == sorted(found[0])
    assert found[1] == sorted(found[0], reverse=True)
    assert heads[2].get_attribute("aria-sort") == "descending"


def test_filter_keeps_rows_with_all_words(browser: Any, folder: Path) -> None:
    from selenium.webdriver.common.by import By

    opened(browser, folder)
    table = browser.find_element(By.ID, "table-instances")
    tools = browser.execute_script("return arguments[0].closest('.scroll').previousSibling", table)
    box = tools.find_element(By.TAG_NAME, "input")
    box.send_keys("mis greedy")
    rows = "#table-instances tbody tr"
    assert len(texts(browser, rows)) == 2
    assert all("mis" in row and "greedy" in row for row in texts(browser, rows))
    assert "2 of 16 rows" in tools.text
    box.send_keys(" nothing")
    assert texts(browser, rows) == []


@pytest.mark.parametrize("records", ["embed", "beside"])
def test_links_open_the_record(browser: Any, folder: Path, records: str) -> None:
    from selenium.webdriver.common.by import By
    from selenium.webdriver.support.ui import WebDriverWait

    opened(browser, folder, records)
    link = browser.execute_script("return document.querySelector('#table-instances a').getAttribute('href')")
    opened(browser, folder, records, link)
    WebDriverWait(browser, 10).until(lambda b: b.find_elements(By.CSS_SELECTOR, "#record[open] pre"))
    shown = browser.execute_script("return JSON.parse(document.querySelector('#record pre').textContent)")
    assert link == f"#run-{shown['id'][:12]}"
    assert shown["schema"] == "qopt.record/1"
    assert browser.execute_script("return typeof window.hacked") == "undefined"


def test_plots_answer_to_keys_and_legends_toggle(browser: Any, folder: Path) -> None:
    from selenium.webdriver.common.keys import Keys

    opened(browser, folder)
    plot = browser.execute_script("return document.querySelector('[data-plot=ecdf]')")
    panel = browser.execute_script("const s = arguments[0].querySelector('svg[role=img]'); s.focus(); return s", plot)
    panel.send_keys(Keys.ARROW_RIGHT)
    said = browser.execute_script("return arguments[0].querySelector('[aria-live]').textContent", plot)
    assert "of 9 runs by" in said or "of 8 runs by" in said
    button = browser.execute_script("return arguments[0].querySelector('.legend button')", plot)
    browser.execute_script("arguments[0].click()", button)
    assert button.get_attribute("aria-pressed") == "false"
    shown = "return [...arguments[0].querySelectorAll('g[data-name]')].map((group) => group.style.display)"
    assert "none" in browser.execute_script(shown, plot)


def test_dark_ground_is_dark(browser: Any, folder: Path) -> None:
    opened(browser, folder)
    brightness = []
    for scheme in ("light", "dark"):
        feature = {"name": "prefers-color-scheme", "value": scheme}
        browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": [feature]})
        color = browser.execute_script("return getComputedStyle(document.body).backgroundColor")
        brightness.append(sum(int(part) for part in color[4:-1].split(",")))
    assert brightness[0] > 600 > 200 > brightness[1]
