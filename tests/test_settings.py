from ipaddress import ip_network
from pathlib import Path

import pytest

from tocsin.settings import SETTINGS, Misconfigured, Settings, load, table

HOME = {"XDG_DATA_HOME": "/home/ana/.data"}


def _load(**variables: str) -> Settings:
    return load(HOME | {f"TOCSIN_{name.upper()}": text for name, text in variables.items()})


def _faults(**variables: str) -> list[str]:
    with pytest.raises(Misconfigured) as caught:
        _load(**variables)
    return [str(fault) for fault in caught.value.faults]


def test_a_server_without_settings_keeps_to_itself_and_to_one_folder():
    settings = load(HOME)

    assert settings.data_dir == Path("/home/ana/.data/tocsin")
    assert settings.database_url == "sqlite:////home/ana/.data/tocsin/tocsin.db"
    assert (settings.host, settings.port, settings.public_url) == (
        "127.0.0.1",
        8080,
        "http://localhost:8080",
    )
    assert (settings.smtp_url, settings.mail_from) == ("", "tocsin@localhost")
    assert settings.outbound_allow == ()
    assert settings.secret_key_file == Path("/home/ana/.data/tocsin/secret.key")


def test_what_is_not_set_follows_from_what_is(tmp_path):
    settings = _load(data_dir=str(tmp_path), host="::1", port="9999", tls_cert="/c.pem", tls_key="/k.pem")

    assert settings.database_url == f"sqlite:///{tmp_path}/tocsin.db"
    assert settings.public_url == "https://localhost:9999"
    assert _load(public_url="https://page.example.org/").mail_from == "tocsin@page.example.org"
    assert _load(public_url="https://page.example.org/").public_url == "https://page.example.org"
    assert _load(public_url="http://192.0.2.7:8080").mail_from == "tocsin@localhost"
    assert _load(host="2001:db8::7").public_url == "http://[2001:db8::7]:8080"


def test_a_folder_may_have_any_name():
    assert _load(data_dir="/a 50% folder").database_url == "sqlite:////a%2050%25%20folder/tocsin.db"


def test_each_kind_of_setting_is_read_as_what_it_is():
    settings = _load(
        outbound_allow="10.0.0.0/8, ::1/128",
        smtp_url="smtp+starttls://me:secret@mail:587",
        mail_from="Tocsin <tocsin@example.org>",
        log_level="WARNING",
        body_limit="2000000",
        database_url="postgresql://tocsin:pw@one,two/tocsin?target_session_attrs=read-write",
    )

    assert settings.outbound_allow == (ip_network("10.0.0.0/8"), ip_network("::1/128"))
    assert (settings.log_level, settings.body_limit) == ("warning", 2_000_000)


@pytest.mark.parametrize(
    ("variables", "said"),
    [
        ({"prot": "1"}, "TOCSIN_PROT is not a setting; it may be meant as TOCSIN_PORT"),
        ({"zzzzzz": "1"}, "TOCSIN_ZZZZZZ is not a setting; it must be unset"),
        ({"port": "70000"}, "TOCSIN_PORT is '70000'; it must be a whole number of 1 to 65535"),
        ({"port": "-1"}, "TOCSIN_PORT is '-1'; it must be a whole number of 1 to 65535"),
        ({"port": "\u0663"}, "TOCSIN_PORT is '\u0663'; it must be a whole number of 1 to 65535"),
        (
            {"database_url": "postgresql://u:p@ss@db/tocsin"},
            "TOCSIN_DATABASE_URL cannot be read; it must write an @ in a user name or a password as %40",
        ),
        (
            {"smtp_url": "smtp://u:p@ss@mail"},
            "TOCSIN_SMTP_URL cannot be read; it must write an @ in a user name or a password as %40",
        ),
        ({"log_format": "xml"}, "TOCSIN_LOG_FORMAT is 'xml'; it must be text or json"),
        (
            {"outbound_allow": "10.0.0.1/8"},
            (
                "TOCSIN_OUTBOUND_ALLOW is '10.0.0.1/8'; "
                "it must be networks like 10.0.0.0/8, with commas between them"
            ),
        ),
        (
            {"mail_from": "tocsin"},
            "TOCSIN_MAIL_FROM is 'tocsin'; it must be an address like tocsin@example.org, at a named host",
        ),
        (
            {"public_url": "page.example.org"},
            ("TOCSIN_PUBLIC_URL is 'page.example.org'; it must begin with http://, https:// and name a host"),
        ),
        (
            {"smtp_url": "http://me:hunter2@mail"},
            (
                "TOCSIN_SMTP_URL cannot be read; "
                "it must begin with smtp://, smtps://, smtp+starttls:// and name a host"
            ),
        ),
        (
            {"tls_cert": "/c.pem"},
            "TOCSIN_TLS_CERT and TOCSIN_TLS_KEY go together; it must be set with it, or not",
        ),
    ],
)
def test_a_wrong_setting_is_named_with_what_would_be_right(variables, said):
    assert _faults(**variables) == [said]


def test_all_wrong_settings_are_told_at_once():
    assert len(_faults(port="x", log_level="loud", prot="1")) == 3


def test_what_the_command_line_takes_is_no_wrong_setting():
    _load(url="http://tocsin", token="abc")


def test_a_variable_that_is_set_to_nothing_is_not_set():
    assert _load(port="", smtp_url="").port == 8080


def test_a_machine_without_a_home_folder_is_told_what_to_set(monkeypatch):
    monkeypatch.delenv("HOME", raising=False)
    monkeypatch.setattr("os.path.expanduser", lambda path: path)

    with pytest.raises(Misconfigured, match="TOCSIN_DATA_DIR is not set"):
        load({})


def test_a_file_may_hold_what_the_environment_does_not(tmp_path):
    file = tmp_path / "tocsin.toml"
    file.write_text('port = 9000\nhost = "0.0.0.0"\noutbound_allow = ["10.0.0.0/8", "127.0.0.0/8"]\n')

    settings = _load(config=str(file), host="10.0.0.7")

    assert (settings.port, settings.host, len(settings.outbound_allow)) == (9000, "10.0.0.7", 2)
    origins = {setting.name: origin for setting, _, origin in table(settings)}
    assert origins["TOCSIN_PORT"] == str(file)
    assert origins["TOCSIN_HOST"] == "environment"
    assert origins["TOCSIN_LOG_LEVEL"] == "default"


def test_a_file_may_name_settings_as_the_environment_does(tmp_path):
    file = tmp_path / "tocsin.toml"
    file.write_text("TOCSIN_PORT = 9000\nVENDOR_LIMITS = false\n\n")

    settings = _load(config=str(file))

    assert (settings.port, settings.vendor_limits) == (9000, "off")


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("port = ", "which cannot be read"),
        ("port = 1\nTOCSIN_PORT = 1\n", "TOCSIN_PORT in"),
        ("[server]\nport = 1\n", "is a table"),
        ("prot = 1\n", "TOCSIN_PROT is not a setting; it may be meant as TOCSIN_PORT"),
        ('config = "other.toml"\n', "names a second file"),
    ],
)
def test_a_file_that_cannot_be_used_is_told(tmp_path, content, said):
    file = tmp_path / "tocsin.toml"
    file.write_text(content)

    assert any(said in fault for fault in _faults(config=str(file)))


def test_a_file_that_is_not_there_is_told(tmp_path):
    assert "cannot be read" in _faults(config=str(tmp_path / "none.toml"))[0]


SECRETS = {
    "oidc_client_secret": "hunter2",
    "database_url": "postgresql://tocsin:hunter2@db/tocsin?sslpassword=hunter2&a=b",
    "database_direct_url": "postgresql://tocsin:hunter2@db/tocsin",
    "secret_key": "k1:hunter2",
    "smtp_url": "smtp://me:hunter2@mail:25",
    "metrics_token": "hunter2",
    "twilio_auth_token": "hunter2",
    "meaning_key": "hunter2",
    "telegram_bot_token": "1:hunter2",
}


def test_secrets_are_never_shown():
    settings = _load(**SECRETS, database_pooler="transaction", twilio_account_sid="AC1", twilio_from="+1")

    shown = {setting.name: value for setting, value, _ in table(settings)}

    assert "hunter2" not in repr(shown) + repr(settings)
    assert shown["TOCSIN_SMTP_URL"] == "smtp://***@mail:25"
    assert shown["TOCSIN_DATABASE_URL"] == "postgresql://***@db/tocsin?sslpassword=***&a=b"


def test_every_setting_says_what_it_is():
    assert all(setting.kind and setting.sentence.endswith(".") for setting in SETTINGS)
    assert {setting.name for setting in SETTINGS if setting.secret} == {
        f"TOCSIN_{name.upper()}" for name in SECRETS
    }


def test_an_account_for_the_telephone_is_whole_or_not_there():
    assert _load().twilio_account_sid == ""
    assert _faults(twilio_account_sid="AC1", twilio_auth_token="t") == [
        "TOCSIN_TWILIO_FROM is not set; it must be set with the others of that account"
    ]


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (
            {"database_pooler": "transaction"},
            "TOCSIN_DATABASE_POOLER is transaction, and SQLite has none; it must be left out",
        ),
        (
            {"database_url": "postgresql://db/t", "database_direct_url": "postgresql://db/t"},
            (
                "TOCSIN_DATABASE_DIRECT_URL is set, and TOCSIN_DATABASE_POOLER is not; "
                "it must go with TOCSIN_DATABASE_POOLER=transaction"
            ),
        ),
    ],
)
def test_a_pooler_and_a_way_past_it_go_together(given, said):
    assert _faults(**given) == [said]
