import subprocess
import sys

import pytest

from tocsin.cli.main import CLIENT, SERVER

# The client side is written here; the server side opens databases, and has tests of its own.
HEAVY = ("sqlalchemy", "starlette", "apsw", "msgspec", "aiohttp", "urllib.request", "tocsin.core")


def run(*words):
    return subprocess.run(
        [sys.executable, "-m", "tocsin.cli.main", *words], capture_output=True, text=True, check=False
    )


def test_help_names_every_command_and_imports_none_of_them():
    program = (
        "import sys; from click.testing import CliRunner; from tocsin.cli.main import cli;"
        "result = CliRunner().invoke(cli, ['--help']); print(result.output);"
        f"print('HEAVY', [name for name in {HEAVY!r} if name in sys.modules])"
    )

    answer = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)

    assert "HEAVY []" in answer.stdout
    for name, entry in {**SERVER, **CLIENT}.items():
        assert name in answer.stdout
        assert entry.line.split()[0] in answer.stdout


@pytest.mark.parametrize("name", CLIENT)
def test_every_command_explains_itself(tocsin, name):
    result = tocsin(name, "--help")

    assert result.exit_code == 0
    assert result.output.startswith(f"Usage: tocsin {name}")


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_prints_a_script_for_the_shell(tocsin, shell):
    result = tocsin("completion", shell)

    assert result.exit_code == 0
    assert "_TOCSIN_COMPLETE" in result.output
    assert "tocsin" in result.output


def test_an_unknown_command_is_wrong_use(tocsin):
    result = tocsin("akc")

    assert result.exit_code == 2
    assert "No such command 'akc'" in result.output


def test_the_version_is_printed(tocsin):
    result = tocsin("--version")

    assert result.output.startswith("tocsin 0.")
