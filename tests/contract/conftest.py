"""What tests of several sources share."""

from __future__ import annotations

import pytest

from tests.contract.article_site import Clock


@pytest.fixture
def clock() -> Clock:
    return Clock()
