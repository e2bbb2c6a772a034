"""Telling people of alerts: channels, messages, and who sends what when. What is due stands in the alerts."""

from pipeline.delivery.channels import Channel, Channels, load_channels
from pipeline.delivery.deliverer import Deliverer, redeliver
from pipeline.delivery.messages import Message, make_message
from pipeline.delivery.senders import send

__all__ = [
    "Channel",
    "Channels",
    "Deliverer",
    "Message",
    "load_channels",
    "make_message",
    "redeliver",
    "send",
]
