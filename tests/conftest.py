# SPDX-License-Identifier: Apache-2.0
"""pytest: what all Python tests share."""
import pathlib
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from support.program import require_program  # noqa: E402


def pytest_addoption(parser):
    parser.addoption("--fast", action="store_true", help="leave out tests that take minutes")


def pytest_configure(config):
    config.addinivalue_line("markers", "slow: takes minutes")


def pytest_collection_modifyitems(config, items):
    if config.getoption("--fast"):
        for item in items:
            if "slow" in item.keywords:
                item.add_marker(pytest.mark.skip(reason="--fast"))


def pytest_sessionstart(session):
    require_program()
