"""Accessibility: the keyboard, small screens, accessible names, and what the page says about privacy."""

import shutil
import subprocess
from pathlib import Path

import pytest
from face_api.pages import STATIC
from selenium.webdriver import ActionChains, Keys

from tests.support.correcting import start
from tests.support.page import Page
from tests.support.pictures import astronaut, encoded
from tests.support.stack import Stack

pytestmark = [pytest.mark.stack, pytest.mark.xdist_group("stack")]

_UNNAMED = """
return [...document.querySelectorAll("input, select, button, a")].filter((one) => one.checkVisibility()).filter((one) =>
  !(one.ariaLabel || one.textContent.trim() || one.labels?.length || one.querySelector("img[alt]"))
).map((one) => one.outerHTML);
"""


@pytest.mark.usefixtures("fresh")
def test_the_tab_key_reaches_the_controls_in_order(page: Page) -> None:
    reached = []
    for _ in range(4):
        ActionChains(page.chrome).send_keys(Keys.TAB).perform()
        focused = page.chrome.switch_to.active_element
        reached.append(focused.get_attribute("id") or focused.get_attribute("name") or focused.text)
    assert reached == ["API", "photos", "render", "min_confidence"]


def test_the_enter_key_does_not_reload_the_page(page: Page) -> None:
    page.chrome.find_element("css selector", "[value=blur]").send_keys(Keys.SPACE, Keys.ENTER)
    assert page.chrome.current_url == page.url
    assert page.chrome.execute_script("return new FormData(document.forms[0]).get('render')") == "blur"


def test_every_control_has_a_name(page: Page) -> None:
    assert page.chrome.execute_script(_UNNAMED) == []


def test_a_result_has_a_name_even_if_its_picture_cannot_be_loaded(page: Page, tools: Path, job_id: str) -> None:
    page.emulate(prefers_reduced_motion="reduce")
    page.block("*preview.webp*")
    page.load()
    page.wait_until(
        lambda: page.shows(f"[data-job='{job_id}'] .reload"), "the page reports that the picture could not be loaded"
    )
    assert violations(page, tools) == []
    page.block()
    page.click_on_card(job_id, "reload")


def test_nothing_is_wider_than_the_screen(page: Page) -> None:
    for width in (320, 390, 768):
        page.resize(width, 800)
        assert page.value("document.documentElement.scrollWidth") <= width


def test_the_page_shows_who_sees_the_photos_and_for_how_long(page: Page) -> None:
    assert "stay on this computer" in page.text("privacy")
    assert "deleted after a day" in page.text("privacy")


@pytest.fixture(scope="module")
def tools() -> Path:
    """Return the folder in which npm installs axe and html-validate."""
    folder = Path(__file__).parent
    if shutil.which("npm") is None:
        pytest.skip("npm is missing: install Node.js to check the page with axe and html-validate")
    if not (folder / "node_modules" / "axe-core").is_dir():
        command = ["npm", "ci", "--prefix", str(folder), "--no-audit", "--no-fund"]
        installed = subprocess.run(command, capture_output=True, text=True, check=False)
        if installed.returncode != 0:
            pytest.skip(f"npm could not install axe and html-validate: {installed.stderr[-300:]}")
    return folder / "node_modules"


@pytest.fixture(scope="module")
def job_id(stack: Stack, kept: set[str]) -> str:
    job_id = stack.completed(encoded(astronaut()))
    kept.add(job_id)
    return job_id


def violations(page: Page, tools: Path) -> list[str]:
    if not page.value("!!window.axe"):
        page.chrome.execute_script((tools / "axe-core" / "axe.min.js").read_text())
    # In forced colors, the user determines the contrast, but axe reads the page's own colors.
    script = """const done = arguments[0];
      const rules = { "color-contrast": { enabled: !matchMedia("(forced-colors: active)").matches } };
      axe.run({ rules, resultTypes: ['violations'] }).then(({ violations }) => done(violations))"""
    found = page.chrome.execute_async_script(script)
    return [f"{one['id']}: {[node['html'] for node in one['nodes']]}" for one in found]


LOOKS = {
    "light": {"prefers_color_scheme": "light"},
    "dark": {"prefers_color_scheme": "dark"},
    "forced colors": {"forced_colors": "active", "prefers_color_scheme": "dark"},
}


def check_looks(page: Page, tools: Path, what: str) -> None:
    """Check what the page shows on a large and a small screen, in each look."""
    for width, height in ((1280, 900), (390, 844)):
        page.resize(width, height, mobile=width < 500)
        for look, features in LOOKS.items():
            # Elements that are fading in do not have full contrast yet.
            page.emulate(prefers_reduced_motion="reduce", **features)
            assert (what, width, look, violations(page, tools)) == (what, width, look, [])
            assert page.value("document.documentElement.scrollWidth") <= width, (what, look)


def test_axe_does_not_find_violations_and_nothing_is_cut_off(
    page: Page, tools: Path, tmp_path: Path, job_id: str
) -> None:
    letter = tmp_path / "letter.jpg"
    letter.write_text("Dear Sir or Madam")
    page.wait_for_result(job_id)
    page.choose(letter)
    page.wait_for_failure(letter.name)
    page.click("[value=blur]")
    check_looks(page, tools, "the list, a failure, and the options")
    page.open_result(job_id)
    check_looks(page, tools, "boxes")
    page.click("#result [value=solid]")
    page.wait_until(lambda: "/solid.jpg" in page.value("document.querySelector('.after').src"), "the result is drawn")
    page.wait_for_picture()
    check_looks(page, tools, "covered faces")
    start(page)
    page.click("#result .add")
    check_looks(page, tools, "corrections")
    page.click("#result .cancel")
    page.chrome.execute_script("document.getElementById('result').close(); document.getElementById('key').showModal()")
    check_looks(page, tools, "the key dialog")
    page.chrome.execute_script("document.getElementById('key').close()")


def test_html_validate_does_not_find_errors(tools: Path) -> None:
    markup = STATIC / "index.html"
    command = ["node", str(tools / "html-validate" / "bin" / "html-validate.mjs"), "--preset", "standard", str(markup)]
    checked = subprocess.run(command, capture_output=True, text=True, check=False)
    assert checked.returncode == 0, checked.stdout


def test_controls_are_at_least_44_px_large(page: Page, job_id: str) -> None:
    page.resize(390, 844)
    page.wait_for_result(job_id)
    # The marks of faces are excluded, because the page does not choose the size of a face.
    small = """[...document.querySelectorAll("button:not(.mark), select, summary, nav a, .choices label, .drop")]
      .filter((one) => one.checkVisibility()).map((one) => [one, one.getBoundingClientRect()])
      .filter(([, { width, height }]) => width < 44 || height < 44).map(([one]) => one.outerHTML)"""
    assert page.value(small) == []
    page.open_result(job_id)
    assert page.value(small) == []
    page.click("#result [value=solid]")
    page.wait_for_picture()
    start(page)
    assert page.value(small) == []


def test_the_chosen_render_is_visible_in_forced_colors(page: Page) -> None:
    page.emulate(forced_colors="active")
    color = "getComputedStyle(document.querySelector('#send .choices {} + span')).backgroundColor"
    assert page.value(color.format(":checked")) != page.value(color.format(":not(:checked)"))


def test_nothing_moves_while_pictures_load(page: Page, job_id: str) -> None:
    page.chrome.execute_script("document.body.remove()")
    script = """window.shifted = 0; new PerformanceObserver((list) => {
      for (const entry of list.getEntries()) if (!entry.hadRecentInput) shifted += entry.value;
    }).observe({ type: 'layout-shift', buffered: true });"""
    page.run_first(script)
    page.load().wait_for_result(job_id)
    # Below 0.1 is good: https://web.dev/articles/cls
    assert page.value("shifted") < 0.1


def test_after_a_deletion_the_focus_moves_to_the_next_card(page: Page, tmp_path: Path) -> None:
    photos = [tmp_path / name for name in ("first.jpg", "second.jpg")]
    for photo in photos:
        photo.write_bytes(encoded(astronaut()[: 200 + len(photo.name)]))
    page.choose(*photos)
    first, second = [page.wait_for_result(photo.name).job_id for photo in photos]
    page.chrome.find_element("css selector", f"[data-job='{first}'] .delete").send_keys(Keys.ENTER)
    focused = "document.activeElement.closest('.card')?.dataset.job"
    page.wait_until(lambda: page.value(focused) == second, "the next card has the focus")


def tab_to(page: Page, selector: str) -> None:
    """Press Tab until this element has the focus."""
    for _ in range(60):
        ActionChains(page.chrome).send_keys(Keys.TAB).perform()
        if page.chrome.execute_script("return document.activeElement.matches(arguments[0])", selector):
            return
    raise AssertionError(f"the Tab key does not reach {selector}")


def test_the_render_is_chosen_with_only_the_keyboard(page: Page) -> None:
    page.click("[name=render][value=boxes]")
    tab_to(page, "[name=render]")
    ActionChains(page.chrome).send_keys(Keys.ARROW_RIGHT, Keys.ARROW_RIGHT).perform()
    tab_to(page, "[name=blur_strength]")
    ActionChains(page.chrome).send_keys(Keys.END).perform()
    chosen = page.value("Object.fromEntries(new FormData(document.getElementById('send')))")
    assert (chosen["render"], chosen["blur_strength"]) == ("pixelate", "5")


def test_a_photo_is_deleted_and_restored_with_only_the_keyboard(stack: Stack, page: Page, tmp_path: Path) -> None:
    photo = tmp_path / "kept.jpg"
    photo.write_bytes(encoded(astronaut()[:250]))
    page.choose(photo)
    job_id = page.wait_for_result(photo.name).job_id
    tab_to(page, f"[data-job='{job_id}'] .delete")
    ActionChains(page.chrome).send_keys(Keys.ENTER).perform()
    page.wait_until(lambda: page.shows("#undo button"), "the deletion can be undone")
    ActionChains(page.chrome).key_down(Keys.CONTROL).send_keys("z").key_up(Keys.CONTROL).perform()
    assert page.wait_for_result(photo.name).can_delete
    assert page.value("document.activeElement.closest('.card')?.dataset.job") == job_id
    assert stack.job(job_id)["status"] == "completed"


def test_a_result_is_opened_and_closed_with_only_the_keyboard(page: Page, job_id: str) -> None:
    page.wait_for_result(job_id)
    page.chrome.find_element("css selector", f"[data-job='{job_id}'] a").send_keys(Keys.ENTER)
    page.wait_for_picture()
    reached = set()
    for _ in range(14):
        ActionChains(page.chrome).send_keys(Keys.TAB).perform()
        reached.add(page.value("document.activeElement.className || document.activeElement.name"))
    assert {"close", "stage", "shown-render", "in", "download", "copy-json", "copy-curl"} <= reached
    ActionChains(page.chrome).send_keys(Keys.ESCAPE).perform()
    page.wait_until(lambda: not page.value("document.getElementById('result').open"), "the view is closed")
    assert page.value("document.activeElement.closest('.card')?.dataset.job") == job_id
