# SPDX-License-Identifier: Apache-2.0
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
import operator_table  # noqa: E402


def test_page_is_current():
    """docs/operators.md says what `dsc ops` and the lists of passing tests say; operator_table.py --write brings it up to date."""
    assert operator_table.PAGE.read_text() == operator_table.page()
