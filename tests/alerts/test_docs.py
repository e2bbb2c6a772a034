"""What docs/alerts.md shows can be used as it stands."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from pipeline.alerts import load_rules
from pipeline.delivery import load_channels

PAGE = (Path(__file__).parents[2] / "docs" / "alerts.md").read_text("utf8")
BLOCKS = re.findall(r"```toml\n(.*?)```", PAGE, re.DOTALL)


@pytest.mark.parametrize("block", [block for block in BLOCKS if "[[rule]]" in block])
def test_rules_load(tmp_path: Path, block: str) -> None:
    (tmp_path / "rules.toml").write_text(block, "utf8")
    assert len(load_rules(tmp_path / "rules.toml")) == block.count("[[rule]]")


def test_groups_and_channels_load(tmp_path: Path) -> None:
    [groups] = [block for block in BLOCKS if "[groups]" in block]
    (tmp_path / "rules.toml").write_text(groups + '\n[[rule]]\nid = "r"\nspeakers = ["our region"]\n', "utf8")
    assert load_rules(tmp_path / "rules.toml").rules[0].speakers == ("Kenya", "Uganda", "Tanzania")
    [channels] = [block for block in BLOCKS if "[[channel]]" in block]
    (tmp_path / "channels.toml").write_text(channels, "utf8")
    assert [channel.name for channel in load_channels(tmp_path / "channels.toml")] == ["desk", "mail", "phone"]
