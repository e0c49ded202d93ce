"""A real browser, without a window, that is looked into and worked by hand: keys, clicks, colours.

It is driven by the DevTools protocol over a pair of pipes, so nobody else can drive it.
https://chromedevtools.github.io/devtools-protocol/
"""

import base64
import fcntl
import json
import os
import selectors
import signal
import subprocess
import tempfile
import time

from browser import OPTIONS
from sandbox.deadline import wait_until
from sandbox.ports import LOOPBACK

CALL_S = 20.0
STOP_S = 10.0
# Where the browser looks for its pipes: 3 to read, 4 to write.
START = 'exec chromium-headless-shell "$@" 3<&"$IN" 4>&"$OUT"'
# The lowest number for our own, which have to stay out of the way of those.
FREE_DESCRIPTOR = 10
# Leads to loopback but is not it, so without TLS browsers trust it less.
INSECURE_HOST = "status.example"
# How a browser complains of answers that are errors, of which some are wanted.
ERROR_COMPLAINTS = ("Failed to load resource", "EventSource's response has a MIME type")
VIRTUAL_KEYS = {"Tab": 9, "Enter": 13, " ": 32}


class Browser:
    """A browser of its own, as a context manager; open() makes a tab."""

    def __init__(self):
        self._last_id = 0
        self._buffer = b""
        self._pages = {}

    def __enter__(self):
        self._directory = tempfile.TemporaryDirectory(prefix="xmpp-status-browser-")
        their_in, self._to = self._make_pipe()
        self._from, their_out = self._make_pipe()
        self._popen = subprocess.Popen(
            ["setpriv", "--pdeathsig=KILL", "bash", "-c", START, "bash", *OPTIONS,
             f"--user-data-dir={self._directory.name}", "--remote-debugging-pipe",
             f"--host-resolver-rules=MAP {INSECURE_HOST} {LOOPBACK}", "about:blank"],
            env={**os.environ, "IN": str(their_in), "OUT": str(their_out)},
            pass_fds=(their_in, their_out), stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL, start_new_session=True, cwd=self._directory.name,
        )
        os.close(their_in)
        os.close(their_out)
        return self

    def __exit__(self, *_):
        # Without its pipes it ends, and takes its helpers with it.
        os.close(self._to)
        os.close(self._from)
        try:
            self._popen.wait(STOP_S)
        except subprocess.TimeoutExpired:
            os.killpg(self._popen.pid, signal.SIGKILL)
            self._popen.wait()
        self._directory.cleanup()

    @staticmethod
    def _make_pipe():
        ends = []
        for end in os.pipe():
            ends.append(fcntl.fcntl(end, fcntl.F_DUPFD_CLOEXEC, FREE_DESCRIPTOR))
            os.close(end)
        return ends

    def open(self, width=1024, height=768):
        """Makes a tab, so many pixels wide and high."""
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        session = self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        page = self._pages[session] = Page(self, session, target)
        for domain in ("Page", "Runtime", "Log"):
            page.call(f"{domain}.enable")
        page.resize(width, height)
        return page

    def call(self, method, session=None, **parameters):
        """Calls a method of the protocol; returns its result."""
        self._last_id += 1
        message = {"id": self._last_id, "method": method, "params": parameters}
        if session is not None:
            message["sessionId"] = session
        os.write(self._to, json.dumps(message).encode() + b"\0")
        deadline = time.monotonic() + CALL_S
        while (answer := self._read(deadline, method)).get("id") != self._last_id:
            if answer.get("sessionId") in self._pages:
                self._pages[answer["sessionId"]].note(answer)
        assert "error" not in answer, f"{method}: {answer['error']}"
        return answer["result"]

    def _read(self, deadline, method):
        """Returns the next message from the browser."""
        with selectors.DefaultSelector() as selector:
            selector.register(self._from, selectors.EVENT_READ)
            while b"\0" not in self._buffer:
                left_s = deadline - time.monotonic()
                assert left_s > 0 and selector.select(left_s), f"{method}: no answer"
                part = os.read(self._from, 1 << 16)
                assert part, f"{method}: the browser has ended"
                self._buffer += part
        message, _, self._buffer = self._buffer.partition(b"\0")
        return json.loads(message)


class Page:
    """A tab, as a context manager, since a browser keeps but six connections to one place.

    `problems` is what its console complains of: exceptions, refused loads, violations.
    """

    def __init__(self, browser, session, target):
        self._browser = browser
        self._session = session
        self._target = target
        self.problems = []

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._browser.call("Target.closeTarget", targetId=self._target)

    def call(self, method, **parameters):
        return self._browser.call(method, self._session, **parameters)

    def note(self, event):
        """Takes an event of the browser's."""
        if event["method"] == "Runtime.exceptionThrown":
            self.problems.append(event["params"]["exceptionDetails"]["exception"]["description"])
        elif event["method"] == "Log.entryAdded":
            entry = event["params"]["entry"]
            self.problems.append(f"{entry['text']} {entry.get('url', '')}")

    def faults(self):
        """The problems but for answers that are errors."""
        return [problem for problem in self.problems if not problem.startswith(ERROR_COMPLAINTS)]

    def resize(self, width, height, mobile=False):
        self.call("Emulation.setDeviceMetricsOverride", width=width, height=height,
                  deviceScaleFactor=1, mobile=mobile)

    def prefer(self, scheme):
        """Chooses `light` or `dark`."""
        self.call("Emulation.setEmulatedMedia",
                  features=[{"name": "prefers-color-scheme", "value": scheme}])

    def speak(self, accept_language):
        """Sends that with every request from now on."""
        self.call("Network.enable")
        self.call("Network.setExtraHTTPHeaders", headers={"Accept-Language": accept_language})

    def go(self, address):
        """Opens an address, and waits until all is loaded."""
        self.evaluate("window.isOld = true")
        self.call("Page.navigate", url=address)
        # Another # on the same page loads nothing.
        self.wait_for(
            f"document.readyState == 'complete' && (!window.isOld || "
            f"location.href == {json.dumps(address)})", f"{address} is loaded", CALL_S,
        )

    def evaluate(self, script):
        """Runs an expression, waits for its promise, and returns its value."""
        answer = self.call("Runtime.evaluate", expression=script, returnByValue=True,
                           awaitPromise=True, userGesture=True)
        assert "exceptionDetails" not in answer, f"{script}: {answer['exceptionDetails']}"
        return answer["result"].get("value")

    def wait_for(self, script, what, seconds):
        """Waits until an expression, or what it promises, is true."""
        wait_until(
            lambda: self.evaluate(f"(async () => Boolean(await ({script})))()"), what, seconds
        )

    def type(self, text):
        """Types into what has the focus."""
        for character in text:
            self.call("Input.dispatchKeyEvent", type="char", text=character)

    def press(self, key):
        """Presses and releases a key of VIRTUAL_KEYS."""
        text = {"Enter": "\r", " ": " "}.get(key, "")
        for kind in ("keyDown" if text else "rawKeyDown", "keyUp"):
            self.call("Input.dispatchKeyEvent", type=kind, key=key, code=key.strip() or "Space",
                      text=text if kind == "keyDown" else "",
                      windowsVirtualKeyCode=VIRTUAL_KEYS[key])

    def paste(self):
        """Pastes into what has the focus."""
        self.call("Input.dispatchKeyEvent", type="rawKeyDown", commands=["paste"])

    def names(self):
        """What a screen reader finds: (role, name) in the order of the page."""
        nodes = self.call("Accessibility.getFullAXTree")["nodes"]
        return [
            (node["role"]["value"], node.get("name", {}).get("value", ""))
            for node in nodes if not node["ignored"]
        ]

    def screenshot(self, path):
        """Writes a picture of the whole page, as PNG."""
        data = self.call("Page.captureScreenshot", captureBeyondViewport=True)["data"]
        with open(path, "wb") as file:
            file.write(base64.b64decode(data))
