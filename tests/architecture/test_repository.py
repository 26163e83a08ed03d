"""What is in git: the agreed top level, no machine's paths, no package index, and no file too long to read."""

import re
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
TOP_LEVEL = {
    *("pyproject.toml", "README.md", "console", "resources", "tests", "packaging", "build.spec"),
    *("CHANGELOG.md", "LICENSE"),
}
MACHINE = re.compile(r"(?<![\w.~-])/(?:home|Users|root|work|opt)/\w")
INDEX = re.compile(r"pypi\.org|pythonhosted\.org|npmjs\.(?:com|org)|(?:deb|security)\.debian\.org")
LONGEST_FILE = 500


def tracked() -> list[Path]:
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True).stdout.decode()
    return [path for name in listed.split("\0") if name and (path := ROOT / name).is_file()]


def lines_that_match(pattern: re.Pattern[str]) -> list[str]:
    found = []
    for path in tracked():
        text = path.read_bytes().decode(errors="ignore")
        found += [
            f"{path.relative_to(ROOT)}: {line.strip()[:160]}" for line in text.splitlines() if pattern.search(line)
        ]
    return found


def test_the_top_level_holds_only_the_agreed_names() -> None:
    names = {path.relative_to(ROOT).parts[0] for path in tracked()}
    assert {name for name in names if not name.startswith(".")} - TOP_LEVEL == set()


def test_no_file_names_a_place_on_some_machine() -> None:
    assert lines_that_match(MACHINE) == []


def test_no_file_names_a_package_index() -> None:
    assert lines_that_match(INDEX) == []


def test_no_source_file_is_too_long_to_read() -> None:
    sources = sorted((ROOT / "console").rglob("*.py"))
    assert sources
    too_long = {path.name: len(lines) for path in sources if len(lines := path.read_text().splitlines()) > LONGEST_FILE}
    assert too_long == {}
