"""Controls the web page in one browser, as a person does."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from selenium.common.exceptions import (
    ElementNotInteractableException,
    NoSuchElementException,
    StaleElementReferenceException,
)
from selenium.webdriver import Chrome
from selenium.webdriver.common.by import By
from selenium.webdriver.support.wait import WebDriverWait

from tests.support.stack import TIMEOUT_SECONDS

_CARDS = """
return [...document.querySelectorAll(".card")].map((card) => {
  const shown = (selector) => card.querySelector(selector).checkVisibility();
  return {
    job_id: card.dataset.job,
    status: card.dataset.status,
    headline: card.querySelector("h3").textContent,
    detail: card.querySelector(".detail").textContent,
    can_delete: shown(".delete"),
    width: card.querySelector("img").src.startsWith("http") ? card.querySelector("img").naturalWidth : 0,
    alt: card.querySelector("img").alt,
  };
});
"""
_CLICK = """
const [of, button] = arguments;
for (const card of document.querySelectorAll(".card"))
  if (card.dataset.job === of || card.querySelector(".detail").textContent.startsWith(of))
    card.querySelector(button).click();
"""
_NO_SOCKETS = "window.WebSocket = class { constructor() { setTimeout(() => this.onclose()); } close() {} };"


@dataclass(frozen=True)
class Card:
    """One photo in the list. `width` is the width of its picture, or 0 until the picture has loaded."""

    job_id: str
    status: str
    headline: str
    detail: str
    can_delete: bool
    width: int
    alt: str


class Page:
    def __init__(self, chrome: Chrome, url: str) -> None:
        self.chrome = chrome
        self.url = url
        self._scripts: list[str] = []

    @property
    def is_open(self) -> bool:
        return str(self.chrome.current_url).startswith(self.url)

    def forget(self) -> None:
        """Leave the page, and reset the browser: clear its storage and logs, and restore its settings."""
        self.leave()
        self.chrome.execute_cdp_cmd("Storage.clearDataForOrigin", {"origin": self.url, "storageTypes": "all"})
        self.restore()
        self.start_log()

    def restore(self) -> None:
        """Remove added scripts, unblock all addresses, and restore the large screen and its media features."""
        while self._scripts:
            added = {"identifier": self._scripts.pop()}
            self.chrome.execute_cdp_cmd("Page.removeScriptToEvaluateOnNewDocument", added)
        self.block()
        self.chrome.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})
        self.emulate()

    def leave(self) -> None:
        """Leave the page, which closes its connection."""
        self.chrome.get("about:blank")

    def load(self) -> Self:
        self.chrome.get(self.url)
        self.wait_until(lambda: self.text("connection") == "Live", "the stream is open")
        return self

    def text(self, element_id: str) -> str:
        return self.chrome.find_element(By.ID, element_id).text

    def choose(self, *photos: Path) -> None:
        self.chrome.find_element(By.ID, "photos").send_keys("\n".join(map(str, photos)))

    def click_on_card(self, of: str, button: str) -> None:
        """Click the button with this class on the card of a job (by its id) or of a file (by its name)."""
        self.chrome.execute_script(_CLICK, of, f".{button}")

    def load_without_stream(self) -> None:
        """Load the page while WebSockets are blocked, as they are in some networks."""
        self.run_first(_NO_SOCKETS)
        self.chrome.get(self.url)
        self.wait_until(lambda: self.text("connection").startswith("Offline"), "the stream is shut")

    def run_first(self, script: str) -> None:
        """Run a script before the scripts of every page that is opened from now on."""
        added = self.chrome.execute_cdp_cmd("Page.addScriptToEvaluateOnNewDocument", {"source": script})
        self._scripts.append(added["identifier"])

    def block(self, *patterns: str) -> None:
        """Block requests to addresses that match these patterns."""
        self.chrome.execute_cdp_cmd("Network.enable", {})
        self.chrome.execute_cdp_cmd("Network.setBlockedURLs", {"urls": list(patterns)})

    def failures(self) -> list[str]:
        """Return the texts in the list of failures, whether or not it is open."""
        lines = self.chrome.find_elements(By.CSS_SELECTOR, "#failures li span")
        return [str(one.get_attribute("textContent")) for one in lines]

    def wait_for_failure(self, name: str) -> str:
        """Wait until a photo has failed, open the list of failures, and return the text of this failure."""
        self.wait_until(lambda: any(text.startswith(name) for text in self.failures()), f"{name} has failed")
        if not self.value("document.getElementById('failures').open"):
            self.click_with_mouse("#failures summary")
        return next(text for text in self.failures() if text.startswith(name))

    def click(self, selector: str) -> None:
        """Click the element that matches the selector once it is displayed, even if it is outside the visible area."""
        self.wait_until(lambda: self.shows(selector), f"{selector} is there")
        self.chrome.execute_script("document.querySelector(arguments[0]).click()", selector)

    def click_with_mouse(self, selector: str) -> None:
        """Click the element that matches the selector with the mouse, once it is visible and enabled."""
        self.wait_until(lambda: self._clicked(selector), f"{selector} can be clicked")

    def _clicked(self, selector: str) -> bool:
        try:
            self.chrome.find_element(By.CSS_SELECTOR, selector).click()
        except (NoSuchElementException, ElementNotInteractableException, StaleElementReferenceException):
            return False
        return True

    def shows(self, selector: str) -> bool:
        return bool(
            self.chrome.execute_script("return document.querySelector(arguments[0])?.checkVisibility()", selector)
        )

    def value(self, expression: str) -> Any:
        """Evaluate JavaScript."""
        return self.chrome.execute_script(f"return {expression}")

    def open_result(self, job_id: str) -> None:
        """Open the view of a job by its address, and wait for its picture."""
        self.chrome.execute_script("location.hash = `#job=${arguments[0]}`", job_id)
        self.wait_for_picture()

    def close_result(self) -> None:
        """Close the view if it is open, without saving corrections."""
        self.chrome.execute_script("document.getElementById('result')?.close()")
        self.wait_until(lambda: "#job" not in self.chrome.current_url, "the view is closed")

    def wait_for_picture(self) -> None:
        """Wait until the open view shows its picture."""
        is_shown = "document.querySelector('#result .stage')?.ariaBusy === null"
        is_chosen = "!!document.querySelector('#result .choices :checked')"
        self.wait_until(lambda: bool(self.value(f"{is_shown} && {is_chosen}")), "the picture is there")

    def resize(self, width: int, height: int, *, mobile: bool = True) -> None:
        """Use another screen size, for example a phone's."""
        screen = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": mobile}
        self.chrome.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", screen)
        self.wait_until(lambda: bool(self.value(f"innerWidth === {width}")), "the screen has the new size")

    def emulate(self, **features: str) -> None:
        """Set media features such as `forced-colors`, with underscores in place of dashes."""
        named = [{"name": name.replace("_", "-"), "value": value} for name, value in features.items()]
        self.chrome.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": named})

    def cards(self) -> list[Card]:
        return [Card(**card) for card in self.chrome.execute_script(_CARDS)]

    def listed(self) -> list[str]:
        """Return the ids of the jobs that the filter shows."""
        shown = "[...document.querySelectorAll('.card:not([hidden])')].map((card) => card.dataset.job)"
        return [str(job_id) for job_id in self.value(shown)]

    def pick(self, *job_ids: str) -> None:
        """Select or deselect the cards of these jobs."""
        for job_id in job_ids:
            self.click(f"[data-job='{job_id}'] .pick input")

    def wait_for_card(self, condition: Callable[[Card], bool]) -> Card:
        """Wait for the first card that meets the condition."""
        matching: list[Card] = []

        def is_there() -> bool:
            matching[:] = [card for card in self.cards() if condition(card)]
            return bool(matching)

        self.wait_until(is_there, "a card is there")
        return matching[0]

    def wait_for_result(self, of: str) -> Card:
        """Wait for the card of a job (by its id) or of a file (by its name), and for its picture."""
        return self.wait_for_card(lambda card: of in (card.job_id, card.detail) and card.width > 0)

    def wait_until(self, condition: Callable[[], bool], what: str) -> None:
        WebDriverWait(self.chrome, TIMEOUT_SECONDS, 0.1).until(lambda _: condition(), f"timed out waiting until {what}")

    def start_log(self) -> None:
        """Discard the complaints and requests until now."""
        self.complaints()
        self.requests()

    def complaints(self) -> list[str]:
        """Return the console's warnings and errors since the last call, such as violations of the CSP."""
        entries: list[dict[str, Any]] = self.chrome.get_log("browser")  # type: ignore[no-untyped-call]
        return [entry["message"] for entry in entries if entry["level"] in {"WARNING", "SEVERE"}]

    def requests(self) -> list[tuple[str, str]]:
        """Return the method and the URL of each request since the last call."""
        sent, _ = self._traffic()
        return [(one["request"]["method"], one["request"]["url"]) for one in sent]

    def loaded_bytes(self) -> dict[str, int]:
        """Return the bytes transferred for each address since the last call."""
        sent, finished = self._traffic()
        urls = {one["requestId"]: one["request"]["url"] for one in sent}
        return {urls[one["requestId"]]: int(one["encodedDataLength"]) for one in finished if one["requestId"] in urls}

    def _traffic(self) -> list[list[dict[str, Any]]]:
        """Return the requests that were sent since the last call, and those that were finished."""
        log = self.chrome.get_log("performance")  # type: ignore[no-untyped-call]
        messages = [json.loads(entry["message"])["message"] for entry in log]
        methods = ("Network.requestWillBeSent", "Network.loadingFinished")
        return [[one["params"] for one in messages if one["method"] == method] for method in methods]
