"""What tests ask a page: its tags, and what a browser makes of it."""

import html
import html.parser
import json
import re
import subprocess
from pathlib import Path

# Without a window; a page may look into another of the same folder.
_OPTIONS = ("--headless=new", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", "--allow-file-access-from-files")
# Shows the page as wide as a phone, opens all that is folded, and says how wide it is then.
_PHONE = """<!doctype html><body style="margin:0">
<iframe id="page" src="{name}" style="width:360px;height:4000px;border:0"></iframe><pre id="found"></pre><script>
window.addEventListener("load", () => {{
  const page = document.getElementById("page").contentDocument;
  for (const one of page.querySelectorAll("details")) one.open = true;
  const isWide = one => one.getBoundingClientRect().right > 360.5 && !one.closest(".wide, pre");
  const wide = [...page.querySelectorAll("body *")].filter(isWide).map(one => one.tagName);
  const found = {{ width: page.documentElement.scrollWidth, wide, title: page.title,
    drawings: page.querySelectorAll("svg").length, back: getComputedStyle(page.body).backgroundColor,
    ink: getComputedStyle(page.querySelector("svg text")).fill }};
  document.getElementById("found").textContent = JSON.stringify(found);
}});
</script>"""


class Tags(html.parser.HTMLParser):
    """The tags, ids and addresses of a page, and its text."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.names, self.ids, self.links, self.handlers, self.text = set(), [], [], [], []
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        self.names.add(tag)
        for name, value in attributes:
            if name == "id":
                self.ids.append(value)
            if name in ("href", "src", "xlink:href", "action", "data"):
                self.links.append(value)
            if name.startswith("on"):
                self.handlers.append(name)

    def handle_data(self, data):
        self.text.append(data)


def on_a_phone(browser: str, page: Path, dark: bool = False) -> tuple[dict, list[str]]:
    """Opens a page in a browser, 360 px wide. Returns what it finds, and the lines of its console."""
    frame = page.with_name("frame.html")
    frame.write_text(_PHONE.format(name=page.name), encoding="utf-8")
    # 0 is dark, 1 is light.
    scheme = f"--blink-settings=preferredColorScheme={0 if dark else 1}"
    done = _run(browser, page, scheme, "--enable-logging=stderr", "--dump-dom", frame.as_uri())
    found = re.search(r'<pre id="found">(.*?)</pre>', done.stdout, re.DOTALL)
    return json.loads(html.unescape(found[1])), [line for line in done.stderr.splitlines() if "CONSOLE" in line]


def screenshot(browser: str, page: Path, image: Path, width: int, height: int) -> bytes:
    """Takes a picture of a page, and returns it as PNG."""
    _run(browser, page, f"--window-size={width},{height}", f"--screenshot={image}", page.as_uri())
    return image.read_bytes()


def _run(browser, page, *options):
    profile = f"--user-data-dir={page.parent / 'profile'}"
    return subprocess.run(
        [browser, *_OPTIONS, profile, *options], capture_output=True, text=True, timeout=120, check=True
    )
