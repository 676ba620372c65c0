"""The browser of the tests: it asks nobody, and draws with the same letters on every machine.

How wide a text is decides where labels stand, which of them fit, and what a kept picture looks like. So the browser
sees the fonts that come with matplotlib (DejaVu: Latin, Cyrillic and Arabic letters), whatever else a machine has.
"""

from __future__ import annotations

import importlib.util
import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, Playwright

QUIET_BROWSER = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
]  # fmt: skip
HAS_OWN_FONTS = sys.platform == "linux"
"""Whether the browser takes the fonts that it is given: elsewhere it does not ask fontconfig."""

_CONFIG = """<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "urn:fontconfig:fonts.dtd">
<fontconfig>
  <dir>{fonts}</dir>
  <cachedir>{cache}</cachedir>
  <alias><family>monospace</family><prefer><family>DejaVu Sans Mono</family></prefer></alias>
  <alias><family>serif</family><prefer><family>DejaVu Serif</family></prefer></alias>
  <alias><family>sans-serif</family><prefer><family>DejaVu Sans</family></prefer></alias>
  <alias><family>system-ui</family><prefer><family>DejaVu Sans</family></prefer></alias>
</fontconfig>
"""


def font_folder() -> Path:
    """Return the folder of the fonts, without importing the package that they come with."""
    found = importlib.util.find_spec("matplotlib")
    assert found is not None, "matplotlib is not installed"
    assert found.origin is not None
    return Path(found.origin).parent / "mpl-data" / "fonts" / "ttf"


@contextmanager
def launched(playwright: Playwright, executable: str) -> Iterator[Browser]:
    """Start a browser; end it afterwards."""
    with tempfile.TemporaryDirectory(prefix="fonts-", ignore_cleanup_errors=True) as folder:
        config = Path(folder) / "fonts.conf"
        config.write_text(_CONFIG.format(fonts=font_folder(), cache=Path(folder) / "cache"), encoding="utf-8")
        browser = playwright.chromium.launch(
            executable_path=executable, args=QUIET_BROWSER, env={**os.environ, "FONTCONFIG_FILE": str(config)}
        )
        try:
            yield browser
        finally:
            browser.close()
