# SPDX-License-Identifier: Apache-2.0
"""What a good refusal looks like."""


def refused(outcome, *words):
    """A clear refusal: an exit code that is no crash, and a message that names the thing."""
    assert outcome.code is not None, "did not end"
    assert not outcome.crashed, f"crashed: {outcome.err[-500:]}"
    assert not outcome.ok, "was accepted"
    for word in words:
        assert str(word) in outcome.err, f"{word!r} is not in the message: {outcome.err[-500:]}"
