"""Sending one message through one channel. Nothing that is raised or logged here holds an address or a secret."""

from __future__ import annotations

import hashlib
import hmac
import logging
import smtplib
import ssl
import time
from email.message import EmailMessage
from email.utils import formatdate

import httpx

from pipeline.delivery.channels import Channel, Email, Service, Webhook, secret
from pipeline.delivery.messages import Message
from pipeline.errors import BadSetting, Terminal, Transient

TIMEOUT_S = 20.0
_TRY_AGAIN = frozenset({408, 425, 429})


def send(channel: Channel, message: Message) -> None:
    """Send, or raise Transient (try again) or Terminal (this message will never be taken)."""
    if isinstance(channel, Webhook):
        _post(channel, message)
    elif isinstance(channel, Email):
        _mail(channel, message)
    else:
        _notify(channel, message)


def signature(key: str, timestamp: str, body: bytes) -> str:
    """What a receiver computes too: HMAC-SHA256 over the timestamp, a dot and the body, in hexadecimal."""
    return hmac.new(key.encode(), timestamp.encode() + b"." + body, hashlib.sha256).hexdigest()


def _post(channel: Webhook, message: Message) -> None:
    timestamp = str(int(time.time()))
    headers = {
        "Content-Type": "application/json; charset=utf-8",
        "User-Agent": "demarche-alerts",
        "Idempotency-Key": message.key,
        "Demarche-Timestamp": timestamp,
    }
    if channel.secret:
        headers["Demarche-Signature"] = "v1=" + signature(secret(channel.secret), timestamp, message.payload)
    try:
        answer = httpx.post(secret(channel.url), content=message.payload, headers=headers, timeout=TIMEOUT_S)
    except (httpx.InvalidURL, httpx.UnsupportedProtocol, ValueError):
        raise BadSetting(
            f"{channel.url} holds no address that a webhook can have.", "Give a URL with http(s)."
        ) from None
    except httpx.HTTPError as error:
        raise Transient(f"The webhook does not answer ({type(error).__name__}).") from None
    if answer.is_success:
        return
    if answer.status_code in _TRY_AGAIN or answer.is_server_error:
        raise Transient(f"The webhook answers {answer.status_code}.")
    raise Terminal(f"The webhook refuses the message: {answer.status_code}.")


def _mail(channel: Email, message: Message) -> None:
    mail = EmailMessage()
    mail["Subject"], mail["From"], mail["To"] = message.subject, channel.sender, ", ".join(channel.to)
    mail["Date"] = formatdate()
    # The same whenever it is sent once more: most mailboxes show such a mail once.
    mail["Message-ID"] = f"<{message.key}@{channel.sender.partition('@')[2]}>"
    mail.set_content(message.text)
    mail.add_alternative(message.html, subtype="html")
    try:
        with _connected(channel) as server:
            server.send_message(mail)
    except smtplib.SMTPRecipientsRefused as error:
        codes = [code for code, _ in error.recipients.values()]
        raise _refused(min(codes)) from None
    except smtplib.SMTPAuthenticationError:
        raise Transient("The mail server does not take user and password.") from None
    except smtplib.SMTPResponseException as error:
        raise _refused(error.smtp_code) from None
    except (smtplib.SMTPException, OSError) as error:
        raise Transient(f"The mail server does not answer ({type(error).__name__}).") from None


def _connected(channel: Email) -> smtplib.SMTP:
    context = ssl.create_default_context()
    if channel.tls == "ssl":
        server: smtplib.SMTP = smtplib.SMTP_SSL(channel.host, channel.port, timeout=TIMEOUT_S, context=context)
    else:
        server = smtplib.SMTP(channel.host, channel.port, timeout=TIMEOUT_S)
        if channel.tls == "starttls":
            server.starttls(context=context)
    if channel.user:
        server.login(secret(channel.user), secret(channel.password))
    return server


def _refused(code: int) -> Terminal | Transient:
    if code >= 500:
        return Terminal(f"The mail server refuses the message: {code}.")
    return Transient(f"The mail server answers {code}.")


def _notify(channel: Service, message: Message) -> None:
    from apprise import Apprise, NotifyFormat

    # It logs what it cannot send, with addresses in it.
    logging.getLogger("apprise").setLevel(logging.CRITICAL + 1)
    service = Apprise()
    if not service.add(secret(channel.url)):
        raise BadSetting(
            f"{channel.url} holds no URL that apprise knows.", "See the list of services in its documentation."
        )
    if not service.notify(title=message.subject, body=message.text, body_format=NotifyFormat.TEXT):
        raise Transient("The service did not take the message.")
