"""Draw the icons of the installed app anew from ``app-icon.svg``: by hand, after that has changed."""

import re
import sys
from pathlib import Path

STATIC = Path(__file__).parents[1] / "src" / "tocsin" / "web" / "static"
SIZES = {"app-icon-192.png": 192, "app-icon-512.png": 512}
BADGE = ("badge-96.png", 96)

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))


def main() -> None:
    """Draw them in a real browser, which knows how to."""
    from acceptance.chromium import chromium  # noqa: PLC0415 - the tests' browser, which only this needs

    source = (STATIC / "app-icon.svg").read_text("utf-8")
    # A badge is a silhouette: what is drawn is its alpha channel alone.
    outline = re.sub(r"<rect[^>]*/>", "", source).replace("#ff7a3c", "#ffffff")
    with chromium() as browser:
        for name, size in (*SIZES.items(), BADGE):
            svg = outline if name == BADGE[0] else source
            page = browser.new_page(viewport={"width": size, "height": size})
            page.set_content(f'<body style="margin:0;background:none">{svg}</body>')
            page.screenshot(path=STATIC / name, omit_background=True)
            page.close()


if __name__ == "__main__":
    main()
