"""The house inspects itself: sizes, docstrings, banned calls, and that the documentation is complete.

What ruff, mypy and the import contracts can see is left to them.
"""

import ast
import functools
import importlib
import importlib.util
import os
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

import click
import pytest

ROOT = Path(__file__).parents[1]
SRC = ROOT / "src"
DOCS = ROOT / "docs"

MODULE_LINES_MAX = 400
FUNCTION_LINES_MAX = 50
FUNCTION_LINES_AIM = 30
IN_THE_CHAIN = ("revision", "down_revision")  # of a migration
ENTRY_POINTS = {"tocsin.__main__", "tocsin.cli.main"}
NOT_OURS = re.compile(r"^(\.git|\.venv|\.hypothesis|var|build|dist|__pycache__)$|_cache$|\.egg-info$")
TEXT = {".py", ".md", ".toml", ".txt", ".sh", ".cfg", ".ini", ".html", ".svg", ".json", ".yml", ".yaml", ""}


@dataclass(frozen=True, kw_only=True)
class Module:
    """A module of the package: its dotted *name*, and what is in it."""

    name: str
    path: Path
    text: str
    tree: ast.Module

    @property
    def where(self) -> str:
        return self.path.relative_to(ROOT).as_posix()

    @property
    def room(self) -> str:
        return self.name.split(".")[1] if "." in self.name else ""


@functools.cache
def modules() -> tuple[Module, ...]:
    found = []
    for path in sorted(SRC.rglob("*.py")):
        parts = path.relative_to(SRC).with_suffix("").parts
        name = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
        text = path.read_text()
        found.append(Module(name=name, path=path, text=text, tree=ast.parse(text)))
    return tuple(found)


@functools.cache
def texts() -> dict[str, str]:
    """Every text file of the project, by its path from the top."""
    found = {}
    for folder, folders, files in os.walk(ROOT):
        folders[:] = sorted(name for name in folders if not NOT_OURS.search(name))
        for path in (Path(folder, name) for name in sorted(files)):
            if path.suffix in TEXT and not NOT_OURS.search(path.name):  # .git may be a file
                found[path.relative_to(ROOT).as_posix()] = path.read_text()
    return found


@functools.cache
def docs() -> str:
    return "\n".join(
        text for path, text in texts().items() if path.startswith("docs/") and path.endswith(".md")
    )


def there_is(name: str) -> bool:
    return any(module.name == name for module in modules())


Function = ast.FunctionDef | ast.AsyncFunctionDef


def functions(tree: ast.AST) -> Iterator[Function]:
    return (node for node in ast.walk(tree) if isinstance(node, Function))


def lines_of(function: Function) -> int:
    return (function.end_lineno or function.lineno) - function.lineno + 1


def parameters(function: Function) -> list[str]:
    args = function.args
    return [arg.arg for arg in (*args.posonlyargs, *args.args, *args.kwonlyargs)]


def nothing(found: Iterable[object], but: str) -> None:
    """Fail with every one of *found*, a line each, and with *but*, which says what to do about them."""
    lines = [str(one) for one in found]
    if lines:
        pytest.fail("\n  ".join([but, *lines]), pytrace=False)


def is_public(name: str) -> bool:
    return not name.startswith("_")


# --- size and words -------------------------------------------------------------------------------------


def test_no_module_has_more_than_four_hundred_lines():
    too_long = [
        f"{module.where} {module.text.count(chr(10))}"
        for module in modules()
        if module.text.count("\n") > MODULE_LINES_MAX
    ]

    nothing(too_long, but="look for the second noun in:")


def test_no_function_has_more_than_fifty_lines_and_nine_in_ten_have_thirty():
    lengths = {
        f"{module.where}:{function.lineno} {function.name}": lines_of(function)
        for module in modules()
        for function in functions(module.tree)
        if ".migrations." not in module.name  # a migration is tables, written out
    }

    nothing(
        (f"{where} {length}" for where, length in lengths.items() if length > FUNCTION_LINES_MAX),
        but=f"more than {FUNCTION_LINES_MAX} lines:",
    )
    short = sum(length <= FUNCTION_LINES_AIM for length in lengths.values())
    assert short / len(lengths) >= 0.9, sorted(lengths.items(), key=lambda item: -item[1])[:20]


def test_every_public_name_of_the_core_and_the_actions_has_a_docstring():
    silent = [
        f"{module.where}:{node.lineno} {node.name}"
        for module in modules()
        if module.room in {"core", "actions"} and (module.path.name != "__init__.py")
        for node in public_names(module.tree)
        if not ast.get_docstring(node)
    ]
    undescribed = [module.where for module in modules() if not ast.get_docstring(module.tree)]

    nothing(silent + undescribed, but="say in a docstring what these are:")


def public_names(tree: ast.Module) -> Iterator[ast.ClassDef | Function]:
    """The public functions and classes of a module, and the public methods that say more than their name."""
    for node in tree.body:
        if isinstance(node, ast.ClassDef | Function) and is_public(node.name):
            yield node
            if isinstance(node, ast.ClassDef) and not any(map(is_protocol, node.bases)):
                yield from (item for item in node.body if isinstance(item, Function) and is_public(item.name))


def is_protocol(base: ast.expr) -> bool:
    return isinstance(base, ast.Name) and base.id == "Protocol"


def test_no_work_is_left_for_later():
    mark = re.compile(r"\b(TODO|FIXME|XXX|HACK)\b|pytest\.skip|mark\.(skip|xfail)")

    nothing(places(mark, outside=("tests/test_house.py", "CONTRIBUTING.md")), but="do it, or leave it out:")


def places(
    pattern: re.Pattern[str], *, within: tuple[str, ...] = ("",), outside: tuple[str, ...]
) -> list[str]:
    """Where *pattern* occurs in the texts whose path begins with one of *within* and none of *outside*."""
    return [
        f"{path}:{number} {line.strip()}"
        for path, text in texts().items()
        if path.startswith(within) and not path.startswith(outside)
        for number, line in enumerate(text.splitlines(), 1)
        if pattern.search(line)
    ]


def test_what_is_ignored_is_named_and_has_its_reason_beside_it():
    ignored = re.compile(r"#\s*(noqa|type:\s*ignore)(?P<rest>.*)$")
    coded = re.compile(r"(: [A-Z]+[0-9]+(, ?[A-Z]+[0-9]+)*|\[[a-z, -]+\])(?P<reason>( \(| +# | - )\S)?")
    bare = []
    for module in modules():
        before = ""
        for number, line in enumerate(module.text.splitlines(), 1):
            if found := ignored.search(line):
                code = coded.match(found["rest"])
                if code is None or not (code["reason"] or before.strip().startswith("#")):
                    bare.append(f"{module.where}:{number} {line.strip()}")
            before = line

    nothing(bare, but="give a code, and a reason after a dash or in a comment above:")


def test_words_of_other_products_stay_in_their_dialects():
    foreign = re.compile(
        r"alert.?strateg|alert.?group(?!ing)|\bcheckers?\b|notify.?object|upgrade.?targets?\b|delay_?min\b|interval_?min\b"
        r"|\balert_?opt\b|escalation.?chain|\bincident",
        re.IGNORECASE,
    )
    home = ("src/tocsin/dialects/", "src/tocsin/core/spelling.py", "docs/dialects/", "docs/glossary.md")
    # What is named after a vendor speaks its words.
    home += ("src/tocsin/channels/grafana_oncall.py", "src/tocsin/channels/oncall_values.py")
    home += ("src/tocsin/sources/presets.py", "docs/channels/grafana_oncall.md", "docs/sources/templated.md")

    nothing(places(foreign, within=("src/", "docs/"), outside=home), but="use the words of docs/glossary.md:")


def test_no_machine_of_ours_and_no_registry_is_named():
    private = re.compile(
        r"(?<![\w.>])/(work|root|opt/pypi)\b|pypi\.org|pythonhosted|npmjs\.(org|com)|deb\.debian\.org"
    )

    nothing(places(private, outside=("tests/test_house.py",)), but="no other machine has these:")


def test_the_steps_of_the_schema_are_one_chain_in_the_order_of_their_names():
    found = sorted((SRC / "tocsin" / "store" / "migrations" / "versions").glob("[0-9]*.py"))
    said = re.compile(r'^(\w*revision) = "?(\w+)"?$', re.MULTILINE)
    steps = [dict(said.findall(path.read_text())) for path in found]

    names = [path.name[:4] for path in found]
    assert names == [f"{number:04}" for number in range(1, len(found) + 1)] != []
    assert [step["revision"] for step in steps] == names
    assert [step["down_revision"] for step in steps] == ["None", *names[:-1]]


# --- calls and imports ----------------------------------------------------------------------------------

# What may be called only where it is the point of the module, and why. Longer names win over shorter ones.
BANNED = {
    "os.environ": ("settings come from tocsin.settings", {"settings", "cli"}),
    "os.getenv": ("settings come from tocsin.settings", {"settings", "cli"}),
    "os.urandom": (
        "chance comes from tocsin.world; nonces are the cipher's own",
        {"world", "store.secrets", "channels.web_push"},
    ),
    "secrets": ("chance comes from tocsin.world", {"world"}),
    "time": ("the clock is read by tocsin.world", {"world", "engine", "cli", "httpkit", "store"}),
    "zoneinfo": ("time zones are the affair of core/zone.py", {"core.zone"}),
    "subprocess": ("Tocsin starts no programs", set()),
    "urllib.request": ("what is sent goes through the wire of tocsin.world", {"cli"}),
    "smtplib": ("what is sent goes through the wire of tocsin.world", set()),
    "jinja2.Environment": (
        "templates that users write run in a sandbox",
        {"channels.email", "replies.page", "web.rendering"},
    ),
    "pickle": ("bytes become values by msgspec", set()),
}


@pytest.mark.parametrize("banned", BANNED)
def test_the_outside_is_touched_only_where_that_is_the_point(banned):
    reason, allowed = BANNED[banned]
    touched = [
        f"{module.where}:{line} {name}"
        for module, name, line in names_used()
        if name == banned or name.startswith(f"{banned}.")
        if not any(f"{module.name}.".startswith(f"tocsin.{room}.") for room in allowed)
    ]

    nothing(touched, but=reason)


@functools.cache
def names_used() -> list[tuple[Module, str, int]]:
    """Every outside name that a module imports or reaches through an import, in full, with its line."""
    return [(module, name, line) for module in modules() for name, line in names_used_in(module.tree)]


def names_used_in(tree: ast.Module) -> Iterator[tuple[str, int]]:
    aliases: dict[str, str] = {}
    nodes = list(ast.walk(tree))
    for node in nodes:
        if isinstance(node, ast.Import):
            for item in node.names:
                top = item.name.partition(".")[0]
                aliases[item.asname or top] = item.name if item.asname else top
                yield item.name, node.lineno
        elif isinstance(node, ast.ImportFrom) and node.module:
            for item in node.names:
                aliases[item.asname or item.name] = f"{node.module}.{item.name}"
                yield f"{node.module}.{item.name}", node.lineno
    for node in nodes:
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id in aliases:
            yield f"{aliases[node.value.id]}.{node.attr}", node.lineno


def test_patterns_that_users_write_never_meet_the_engine_that_can_hang():
    compiling = {
        "re.compile",
        "re.match",
        "re.search",
        "re.fullmatch",
        "re.sub",
        "re.split",
        "re.findall",
        "re.finditer",
    }
    unknown = [
        f"{module.where}:{node.lineno}"
        for module in modules()
        for node in ast.walk(module.tree)
        if isinstance(node, ast.Call)
        and ast.unparse(node.func) in compiling
        and not is_written_out(node.args[0])
    ]

    nothing(unknown, but="only patterns that stand in the source may go to re; the others to re2:")


def is_written_out(pattern: ast.expr) -> bool:
    """Whether *pattern* is a text in the source, or put together from such and from constants."""
    names = {node.id for node in ast.walk(pattern) if isinstance(node, ast.Name)}
    return all(name.lstrip("_").isupper() or name == "re" for name in names)


def test_an_action_that_writes_an_instant_is_told_what_time_it_is():
    untold = [
        f"{module.where}:{function.lineno} {function.name}"
        for module in modules()
        if module.room == "actions"
        for function in module.tree.body
        if isinstance(function, Function) and is_public(function.name) and "tx" in parameters(function)
        if writes_an_instant(function) and not {"now", "at"} & set(parameters(function))
    ]

    nothing(untold, but="take now:")


def writes_an_instant(function: Function) -> bool:
    keywords = (node.arg or "" for node in ast.walk(function) if isinstance(node, ast.keyword))
    return any(word in {"now", "due"} or word.endswith("_at") for word in keywords)


def test_there_is_no_module_that_nothing_imports():
    imported = set(by_name())
    for module in modules():
        package = module.name if module.path.name == "__init__.py" else module.name.rpartition(".")[0]
        for node in ast.walk(module.tree):
            if isinstance(node, ast.Import):
                imported |= {item.name for item in node.names}
            elif isinstance(node, ast.ImportFrom):
                base = importlib.util.resolve_name("." * node.level + (node.module or ""), package)
                imported |= {base, *(f"{base}.{item.name}" for item in node.names)}
    lonely = [
        module.where
        for module in modules()
        if module.path.name != "__init__.py"
        and module.name not in imported | ENTRY_POINTS
        and ".migrations." not in module.name
    ]

    nothing(lonely, but="nothing imports:")


def by_name() -> Iterator[str]:
    """The modules that others import by a name in a table, as the command line does."""
    for module in modules():
        if "import_module(" in module.text:
            for node in ast.walk(module.tree):
                if isinstance(node, ast.Constant) and isinstance(node.value, str):
                    yield f"{module.name.rpartition('.')[0]}.{node.value}"


# --- documentation --------------------------------------------------------------------------------------


def test_migrations_are_one_chain_and_numbered_without_gaps():
    steps = [module for module in modules() if ".migrations.versions." in module.name]
    links = [
        tuple(re.search(rf'^{name} = "?(\w+)"?$', module.text, re.MULTILINE)[1] for name in IN_THE_CHAIN)
        for module in steps
    ]

    numbers = [f"{number:04}" for number in range(1, len(steps) + 1)]
    assert links == list(zip(numbers, ["None", *numbers[:-1]], strict=True))


def test_every_setting_is_documented():
    settings = {
        name for module in modules() for name in re.findall(r"\bTOCSIN_[A-Z0-9_]*[A-Z0-9]", module.text)
    }

    assert settings or not there_is("tocsin.settings")
    missing = sorted(name for name in settings if not re.search(rf"\b{name}\b", docs()))
    nothing(missing, but="document these settings:")


def test_every_command_and_option_is_documented():
    if not there_is("tocsin.cli.main"):
        return
    found = list(commands(importlib.import_module("tocsin.cli.main").cli, ("tocsin",)))

    assert len(found) > 10
    nothing((name for name, _ in found if name not in docs()), but="document these commands:")


def commands(command: click.Command, path: tuple[str, ...]) -> Iterator[tuple[str, click.Command]]:
    if isinstance(command, click.Group):
        context = click.Context(command)
        for name in command.list_commands(context):
            inner = command.get_command(context, name)
            if inner is not None and not inner.hidden:
                yield from commands(inner, (*path, name))
    else:
        yield " ".join(path), command


def test_generated_pages_are_as_the_code_is_now():
    if not there_is("tocsin.cli.main"):
        return
    spec = importlib.util.spec_from_file_location("reference", ROOT / "scripts" / "reference.py")
    reference = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(reference)

    stale = [
        path for path, text in reference.pages().items() if not path.exists() or path.read_text() != text
    ]
    nothing(stale, but="say `make docs`; these are not as the code is:")


def test_every_metric_is_documented():
    metrics = {
        name
        for module in modules()
        if "prometheus_client" in module.text
        for name in re.findall(r'"(tocsin_[a-z0-9_]+)"', module.text)
    }

    assert metrics or not there_is("tocsin.httpkit.metrics")
    nothing(sorted(name for name in metrics if name not in docs()), but="document these metrics:")


def test_every_way_to_refuse_is_documented():
    if not there_is("tocsin.httpkit.errors"):
        return
    codes = importlib.import_module("tocsin.httpkit.errors").CODES

    assert len(codes) > 10
    nothing((code for code in codes.values() if f"`{code}`" not in docs()), but="document these problems:")


def test_the_changelog_has_a_place_for_what_comes_next():
    assert re.search(r"^## \[Unreleased\]$", texts()["CHANGELOG.md"], re.MULTILINE)


def test_decisions_are_numbered_without_gaps_and_say_what_they_cost():
    pages = sorted((DOCS / "decisions").glob("[0-9]*.md"))

    assert [int(page.name[:4]) for page in pages] == list(range(1, len(pages) + 1))
    assert pages
    for page in pages:
        headings = re.findall(r"^## (.*)$", page.read_text(), re.MULTILINE)
        assert headings == ["Context", "Options", "Choice", "Price"], page.name
        assert page.name in texts()["docs/decisions/README.md"]


LINK = re.compile(r"\]\(([^)\s]+)\)")


def test_every_link_of_the_documentation_leads_somewhere():
    broken = [
        f"{path}: {target}"
        for path, text in texts().items()
        if path.endswith(".md")
        for target in LINK.findall(without_code(text))
        if not target.startswith(("http://", "https://", "mailto:")) and not leads_somewhere(path, target)
    ]

    nothing(broken, but="these links lead nowhere:")


def without_code(text: str) -> str:
    return re.sub(r"^```.*?^```|`[^`\n]*`", "", text, flags=re.MULTILINE | re.DOTALL)


def leads_somewhere(page: str, target: str) -> bool:
    name, _, anchor = target.partition("#")
    path = ROOT / (PurePosixPath(page).parent / name) if name else ROOT / page
    if not path.exists():
        return False
    return not anchor or (path.suffix == ".md" and anchor in anchors(path.read_text()))


def anchors(text: str) -> set[str]:
    headings = re.findall(r"^#+ (.*)$", without_code(text), re.MULTILINE)
    plain = (re.sub(r"[^\w\- ]", "", heading.lower()) for heading in headings)
    return {heading.strip().replace(" ", "-") for heading in plain}


def test_every_page_of_the_documentation_can_be_found_from_its_first():
    seen, todo = set(), ["docs/index.md"]
    while todo:
        page = todo.pop()
        if page in seen or not page.endswith(".md"):
            continue
        seen.add(page)
        for target in LINK.findall(texts()[page]):
            path = (ROOT / page).parent / target.partition("#")[0]
            if path.is_file() and path.resolve().is_relative_to(DOCS):
                todo.append(path.resolve().relative_to(ROOT).as_posix())

    pages = {path for path in texts() if path.startswith("docs/") and path.endswith(".md")}
    nothing(sorted(pages - seen), but="no way leads to these from docs/index.md:")


def test_the_map_of_the_code_shows_what_is_there():
    architecture = texts()["ARCHITECTURE.md"]
    files = set(re.findall(r"`([a-z_]+/[a-z_/]+(?:\.py|/))`", architecture))
    names = set(re.findall(r"`((?:core|actions)(?:\.[a-z_]+){2})`", architecture))
    gone = [file for file in files if not any((top / file).exists() for top in (SRC / "tocsin", ROOT))]
    for name in names:
        module, _, attribute = f"tocsin.{name}".rpartition(".")
        if not hasattr(importlib.import_module(module), attribute):
            gone.append(name)

    assert len(files) > 10
    assert len(names) > 5
    nothing(gone, but="ARCHITECTURE.md shows what is not there:")


def test_every_page_that_the_code_names_exists():
    named = {
        page for module in modules() for page in re.findall(r"docs/[\w/-]+\.md(?:#[\w-]+)?", module.text)
    }

    nothing((page for page in named if not leads_somewhere("README.md", page)), but="write these pages:")


def test_every_target_that_the_documentation_names_can_be_made():
    made = set(re.findall(r"^([a-z]+):", texts()["Makefile"], re.MULTILINE))
    named = {
        target
        for path, text in texts().items()
        if path.endswith(".md")
        for target in re.findall(r"(?:`|\$ )make ([a-z]+)", text)
    }

    assert named - made == set()
    assert "test" in named
