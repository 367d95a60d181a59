"""What axe finds wrong with a page, for people who cannot see it well or use no mouse."""

from playwright.sync_api import Page

from acceptance import node


def violations(page: Page) -> list[str]:
    """List what is serious or worse, each with the first place where it is."""
    page.evaluate((node.modules() / "axe-core" / "axe.min.js").read_text())
    found = page.evaluate("axe.run().then((found) => found.violations)")
    return [
        f"{fault['id']}: {fault['nodes'][0]['html']} {fault['nodes'][0].get('failureSummary', '')}"
        for fault in found
        if fault["impact"] in ("serious", "critical")
    ]
