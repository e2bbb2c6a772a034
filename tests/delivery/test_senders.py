"""Messages as real receivers get them: HTTP, SMTP, and a service by apprise."""

from __future__ import annotations

import hashlib
import hmac
import json
import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pipeline.delivery import Message, load_channels, make_message, send
from pipeline.delivery.channels import Channel
from pipeline.errors import BadSetting, Terminal, Transient
from pipeline.records import Alert

Make = Callable[..., Alert]


def channel_of(tmp_path: Path, text: str) -> Channel:
    file = tmp_path / "channels.toml"
    file.write_text(f'[[channel]]\nname = "desk"\n{text}', "utf8")
    [channel] = load_channels(file)
    return channel


def message_of(alert: Alert, **options: Any) -> Message:
    return make_message([alert], key="k1", web_address="https://news.example", **options)


def test_a_webhook_is_signed_and_carries_a_key(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, receiver: Any, alert: Make
) -> None:
    monkeypatch.setenv("HOOK", f"http://{receiver.address}/hook?token=hush")
    (tmp_path / "secret").write_text("salt\n", "utf8")
    channel = channel_of(tmp_path, f'type = "webhook"\nurl = "env:HOOK"\nsecret = "file:{tmp_path}/secret"\n')
    send(channel, message_of(alert()))
    [(headers, body)] = receiver.requests
    signed = headers["Demarche-Timestamp"].encode() + b"." + body
    assert headers["Demarche-Signature"] == "v1=" + hmac.new(b"salt", signed, hashlib.sha256).hexdigest()
    assert headers["Idempotency-Key"] == "k1"
    told = json.loads(body)
    assert told["key"] == "k1"
    [row] = told["alerts"]
    assert row["link"] == f"https://news.example/alerts/{row['alert_id']}"
    assert row["sources"][0]["url"] == "https://herald.example/1"
    assert "history" not in row


@pytest.mark.parametrize("status, error", [(500, Transient), (429, Transient), (503, Transient), (400, Terminal)])
def test_what_a_webhook_answers_decides_whether_to_try_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, receiver: Any, alert: Make, status: int, error: type[Exception]
) -> None:
    monkeypatch.setenv("HOOK", f"http://{receiver.address}/hook?token=hush")
    receiver.answers = [status]
    with pytest.raises(error, match=str(status)):
        send(channel_of(tmp_path, 'type = "webhook"\nurl = "env:HOOK"\n'), message_of(alert()))


@pytest.mark.parametrize("text", ['type = "webhook"\nurl = "env:HOOK"\n', 'type = "apprise"\nurl = "env:HOOK"\n'])
@pytest.mark.parametrize("url", ["http://127.0.0.1:9/hush", "json://127.0.0.1:9/hush", "nothing://hush", "hush"])
def test_no_error_and_no_log_line_holds_an_address(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    alert: Make,
    text: str,
    url: str,
) -> None:
    monkeypatch.setenv("HOOK", url)
    caplog.set_level(logging.DEBUG)
    with pytest.raises((Transient, Terminal)) as raised:
        send(channel_of(tmp_path, text), message_of(alert()))
    assert "hush" not in str(raised.value)
    assert raised.value.__cause__ is None
    assert "hush" not in caplog.text


def mail_channel(tmp_path: Path, port: int, to: str = "desk@example.org") -> Channel:
    server = f'type = "email"\nhost = "127.0.0.1"\nport = {port}\ntls = "none"\n'
    return channel_of(tmp_path, f'{server}sender = "alerts@news.example"\nto = ["{to}"]\n')


def test_a_mail_has_text_and_escaped_html(tmp_path: Path, postbox: Any, alert: Make) -> None:
    box, port = postbox
    send(mail_channel(tmp_path, port), message_of(alert()))
    [mail] = box.mails
    assert mail["Subject"] == "Orlandia warns Vesta"
    assert mail["Message-ID"] == "<k1@news.example>"
    text = mail.get_body(("plain",)).get_content()
    html = mail.get_body(("html",)).get_content()
    for part in ("Orlandia warns Vesta: closing the canal", "The Herald, 2026-03-02 12:00 UTC", "Confidence 0.90"):
        assert part in text
    assert "“Do not close <the canal>,” she warned Vesta." in text
    assert "https://news.example/alerts/" in text
    assert "&lt;the canal&gt;" in html
    assert "<Vesta>" not in html


@pytest.mark.parametrize("to, error", [("x@refused.example", Terminal), ("x@busy.example", Transient)])
def test_what_a_mail_server_answers_decides_whether_to_try_again(
    tmp_path: Path, postbox: Any, alert: Make, to: str, error: type[Exception]
) -> None:
    _, port = postbox
    with pytest.raises(error):
        send(mail_channel(tmp_path, port, to), message_of(alert()))


def test_a_line_break_in_a_name_makes_no_header(tmp_path: Path, postbox: Any, alert: Make) -> None:
    box, port = postbox
    told = alert()
    told.speakers[0].country_name = "Orlandia\r\nBcc: spy@example.org"
    send(mail_channel(tmp_path, port), message_of(told))
    assert box.mails[0]["Bcc"] is None


def test_a_service_gets_the_message_by_apprise(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, receiver: Any, alert: Make
) -> None:
    monkeypatch.setenv("SERVICE", f"json://{receiver.address}/x")
    channel = channel_of(tmp_path, 'type = "apprise"\nurl = "env:SERVICE"\n')
    send(channel, message_of(alert()))
    [(_, body)] = receiver.requests
    told = json.loads(body)
    assert told["title"] == "Orlandia warns Vesta"
    assert "https://herald.example/1" in told["message"]
    receiver.answers = [500]
    with pytest.raises(Transient):
        send(channel, message_of(alert()))


def test_a_template_of_the_users_own(tmp_path: Path, alert: Make) -> None:
    template = tmp_path / "short.j2"
    template.write_text("{% for a in alerts %}{{ a.who }}>{{ a.whom }} {{ a.short_id }}{% endfor %}", "utf8")
    assert message_of(alert(), template=template).text == "Orlandia>Vesta 00000000"
    template.write_text("{{ alerts.__class__.__mro__ }}", "utf8")
    with pytest.raises(BadSetting, match=r"short\.j2 cannot be used"):
        message_of(alert(), template=template)


@pytest.mark.parametrize(
    "text, says",
    [
        ('type = "webhook"\nurl = "https://example.org/hush"\n', r"channel 'desk', key 'url': must name where"),
        ('type = "webhook"\nurl = "env:X"\nurls = 1\n', r"channel 'desk', key 'urls'"),
        ('type = "pigeon"\n', r"channel 'desk', key 'type'"),
        ('type = "email"\nhost = "x"\nsender = "nobody"\nto = ["a@b.c"]\n', r"channel 'desk', key 'sender'"),
    ],
)
def test_mistakes_in_channels_are_named_and_no_secret_is_repeated(tmp_path: Path, text: str, says: str) -> None:
    with pytest.raises(BadSetting, match=says) as raised:
        channel_of(tmp_path, text)
    assert "hush" not in str(raised.value)


def test_a_secret_that_is_not_there_is_named_by_its_place(tmp_path: Path, alert: Make) -> None:
    channel = channel_of(tmp_path, 'type = "webhook"\nurl = "env:NOT_SET_ANYWHERE"\n')
    with pytest.raises(BadSetting, match="env:NOT_SET_ANYWHERE is empty or not set"):
        send(channel, message_of(alert()))
