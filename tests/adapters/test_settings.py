"""Settings: where they come from, which win, and what is refused with which words."""

from __future__ import annotations

import re
from dataclasses import fields
from pathlib import Path
from typing import get_type_hints

import pytest

from adapters.settings import Settings, SettingsError, default_toml, load, markdown, masked
from adapters.settings.declare import declared_fields

ROOT = Path(__file__).parents[2]


def problems(directory: Path, environ: dict[str, str], **flags: str) -> tuple[str, ...]:
    with pytest.raises(SettingsError) as caught:
        load(environ=environ, flags=flags, directory=directory)
    return caught.value.problems


def test_nothing_needs_to_be_set(tmp_path: Path) -> None:
    """The defaults alone make a server, with its data under the working directory."""
    loaded = load(environ={}, directory=tmp_path)

    assert loaded.settings.port == 8080
    assert loaded.settings.data == tmp_path / "data"
    assert set(loaded.sources.values()) == {"default"}


def test_the_later_place_wins(tmp_path: Path) -> None:
    """A flag beats the environment, which beats the file, which beats the default."""
    (tmp_path / "presence.toml").write_text("port = 1001\ntick_hz = 11\nsession_ttl_s = 101\n")
    environ = {"PRESENCE_PORT": "1002", "PRESENCE_TICK_HZ": "12"}

    loaded = load(environ=environ, flags={"port": "1003", "host": None}, directory=tmp_path)

    found = loaded.settings
    assert (found.port, found.tick_hz, found.session_ttl_s) == (1003, 12, 101)
    assert loaded.sources["port"] == "--port"
    assert loaded.sources["tick_hz"] == "environment: PRESENCE_TICK_HZ"
    assert loaded.sources["session_ttl_s"] == "presence.toml: session_ttl_s"
    assert loaded.sources["host"] == "default"


def test_a_named_file_is_read_instead(tmp_path: Path) -> None:
    """`--config` beats PRESENCE_CONFIG; both beat the file that merely stands there."""
    for port, name in enumerate(("presence", "variable", "flag"), start=1):
        (tmp_path / f"{name}.toml").write_text(f"port = {port}\n")
    environ = {"PRESENCE_CONFIG": "variable.toml"}

    assert load(environ={}, directory=tmp_path).settings.port == 1
    assert load(environ=environ, directory=tmp_path).settings.port == 2
    chosen = load(environ=environ, config=Path("flag.toml"), directory=tmp_path)
    assert chosen.settings.port == 3


def test_every_problem_is_told_at_once(tmp_path: Path) -> None:
    """Whoever writes a configuration mends it in one go, with the nearest name to each typo."""
    (tmp_path / "presence.toml").write_text('prot = 8080\ntick_hz = "15"\n')

    told = problems(
        tmp_path,
        {"PRESENCE_PORT": "99999", "PRESENCE_DATABSE_URL": "x", "PRESENCE_LOG_LEVEL": "loud"},
        host="",
    )

    assert told == (
        "presence.toml: prot is not a setting; did you mean port?",
        "presence.toml: tick_hz: got text; expected an integer from 1 to 60 (times a second).",
        "environment: PRESENCE_PORT: 99999 is out of bounds; expected an integer from 0 to 65535.",
        "environment: PRESENCE_LOG_LEVEL: got 'loud'; expected one of debug, info, warning, error.",
        "environment: PRESENCE_DATABSE_URL is not a setting; did you mean PRESENCE_DATABASE_URL?",
        "--host: it is empty; expected an address or host name.",
    )


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("port", "80.5"),
        ("port", "-1"),
        ("tick_hz", "0"),
        ("tick_hz", ""),
        ("public_url", "example.org"),
        ("public_url", "https://example.org/presence"),
        ("public_url", "ftp://example.org"),
        ("public_url", "https://example.org:99999"),
        ("database_url", "mysql://localhost/presence"),
        ("cors_origins", "https://*.*.example.org"),
        ("trust_forwarded", "maybe"),
        ("cors_origins", "https://example.org/path"),
        ("system_admins", "alice,Bob"),
        ("session_secret", "short"),
        ("turn_uris", "https://example.org"),
        ("hive_nodes", "api.example.org"),
        ("unlisted_spaces", "ajar"),
    ],
)
def test_a_value_out_of_bounds_is_refused(tmp_path: Path, name: str, text: str) -> None:
    """Each names its variable and what was expected."""
    variable = f"PRESENCE_{name.upper()}"

    (told,) = problems(tmp_path, {variable: text})

    assert told.startswith(f"environment: {variable}: ")
    assert "; expected " in told


@pytest.mark.parametrize(
    "line",
    [
        "port = 80.5",
        "port = true",
        "trust_forwarded = 1",
        "host = 1",
        'system_admins = "alice"',
        "hive_nodes = [1]",
    ],
)
def test_toml_types_are_not_converted(tmp_path: Path, line: str) -> None:
    """A file says what it means: text is not a number and one name is not a list."""
    (tmp_path / "presence.toml").write_text(line)

    (told,) = problems(tmp_path, {})

    assert "; expected " in told


def test_a_file_that_cannot_be_read_is_said_so(tmp_path: Path) -> None:
    """A named file must be there and must be TOML."""
    (tmp_path / "broken.toml").write_text("port = = 1")

    assert problems(tmp_path, {"PRESENCE_CONFIG": "none.toml"}) == (
        "none.toml: there is no such file.",
    )
    (told,) = problems(tmp_path, {"PRESENCE_CONFIG": "broken.toml"})
    assert told.startswith("broken.toml: is not TOML: ")


def test_lists_are_comma_separated_in_the_environment(tmp_path: Path) -> None:
    """Spaces around a name do not count, nor do repeats; order stays."""
    environ = {"SYSTEM_ADMINS": "carol, alice,carol ,", "PRESENCE_CORS_ORIGINS": ""}

    found = load(environ=environ, directory=tmp_path).settings

    assert found.system_admins == ("carol", "alice")
    assert found.cors_origins == ()


def test_documented_bare_names_work_and_ours_win(tmp_path: Path) -> None:
    """Existing deployments set DATABASE_URL, SYSTEM_ADMINS and TURN_SECRET."""
    environ = {
        "DATABASE_URL": "postgres://localhost/theirs",
        "PRESENCE_DATABASE_URL": "postgres://localhost/ours",
        "TURN_SECRET": "s3cret",
    }

    found = load(environ=environ, directory=tmp_path).settings

    assert found.database_url == "postgres://localhost/ours"
    assert found.turn_secret == "s3cret"


def test_a_secret_may_stand_in_a_file(tmp_path: Path) -> None:
    """Its final newline is not part of it; naming both places is a mistake."""
    (tmp_path / "turn").write_text("s3cret\n")
    environ = {"TURN_SECRET_FILE": "turn"}

    found = load(environ=environ, directory=tmp_path).settings
    both = problems(tmp_path, environ | {"TURN_SECRET": "other"})
    absent = problems(tmp_path, {"TURN_SECRET_FILE": "nowhere"})

    assert found.turn_secret == "s3cret"
    assert both == ("TURN_SECRET and TURN_SECRET_FILE are both set; keep one.",)
    assert absent[0].startswith("TURN_SECRET_FILE: cannot be read: ")


def test_an_empty_variable_unsets(tmp_path: Path) -> None:
    """Compose files pass variables through whether or not they are set."""
    (tmp_path / "presence.toml").write_text('public_url = "https://example.org"\n')

    loaded = load(environ={"PRESENCE_PUBLIC_URL": ""}, directory=tmp_path)

    assert loaded.settings.public_url is None


def test_secrets_are_never_shown(tmp_path: Path) -> None:
    """Not in a repr, not by `check-config`, not in an error about them."""
    key = "correct-horse-battery-staple-0123"
    environ = {
        "DATABASE_URL": f"postgres://alice:{key}@db.example.org:5432/presence?x={key}",
        "PRESENCE_SESSION_SECRET": key,
        "TURN_SECRET": key,
    }

    found = load(environ=environ, directory=tmp_path).settings
    refused = problems(tmp_path, {"DATABASE_URL": f"mysql://alice:{key}@db.example.org"})

    assert key not in repr(found)
    assert key not in " ".join(
        masked(each.name, getattr(found, each.name)) for each in fields(found)
    )
    assert key not in " ".join(refused)
    shown = masked("database_url", found.database_url)
    assert shown == "postgres://alice:********@db.example.org:5432/presence"


def test_the_default_file_is_the_defaults(tmp_path: Path) -> None:
    """Uncommenting every line of `presence default-config` that has a value changes nothing."""
    values = re.findall(r"^# ([a-z_]+ = .+)$", default_toml(), re.MULTILINE)
    untouched = load(environ={}, directory=tmp_path)
    (tmp_path / "presence.toml").write_text("\n".join(values))

    written = load(environ={}, directory=tmp_path)

    assert written.settings == untouched.settings
    assert set(written.sources.values()) > {"default", "presence.toml: port"}


def test_every_default_passes_its_own_check() -> None:
    """A kind accepts the default declared with it."""
    for each, declared in declared_fields(Settings).values():
        if each.default is not None:
            given = list(each.default) if isinstance(each.default, tuple) else each.default
            given = str(given) if isinstance(given, Path) else given
            assert declared.kind.from_toml(given) == each.default


def test_every_setting_says_what_it_counts() -> None:
    """A number without a unit in its name or its declaration would be read wrongly by somebody."""
    kinds = get_type_hints(Settings)

    unitless = {
        name
        for name, (_, declared) in declared_fields(Settings).items()
        if kinds[name] is int and declared.unit is None
    }

    assert unitless == {"port"}


def test_every_setting_is_used() -> None:
    """A setting that nothing reads would be a promise that nobody keeps."""
    source = "\n".join(
        file.read_text()
        for file in (ROOT / "adapters").rglob("*.py")
        if "settings" not in file.relative_to(ROOT / "adapters").parts
    )

    unread = {each.name for each in fields(Settings) if f"settings.{each.name}" not in source}

    assert not unread


def test_the_page_is_the_table() -> None:
    """docs/configuration.md is what `presence config-doc` prints: redirect it there."""
    assert (ROOT / "docs" / "configuration.md").read_text() == markdown()
