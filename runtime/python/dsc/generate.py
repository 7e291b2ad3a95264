# SPDX-License-Identifier: Apache-2.0
"""Text generation: which entry does what, which input means what, and the loop around them.

Roles are assigned by name: `input_ids`, `position_ids`, `attention_mask` (also `attention_mask.<kind>`).
"""

import numpy as np

from . import dtypes
from .session import Session


class GenerateError(Exception):
    pass


def _role(value):
    for role in ("input_ids", "position_ids", "attention_mask"):
        if value.name == role or value.name.startswith(role + "."):
            return role
    return None


def _logits(entry):
    names = [v.name for v in entry.outputs]
    if "logits" in names:
        return "logits"
    if len(names) == 1:
        return names[0]
    raise GenerateError(f"entry '{entry.name}' has no output 'logits' among {', '.join(names)}")


def choose_entries(engine):
    """The entry for the prompt and the one for what follows; the same one when one serves alone."""
    usable = [e for e in engine.entries.values() if any(_role(v) == "input_ids" for v in e.inputs)]
    if not usable:
        raise GenerateError("no entry has an input 'input_ids'")
    starting = [e for e in usable if e.states and all(s.starts for s in e.states)]
    going = [e for e in usable if e.states and not all(s.starts for s in e.states)]
    named = {e.name: e for e in usable}
    decode = named.get("decode") or (going[0] if going else None)
    prefill = named.get("prefill") or (starting[0] if starting else None)
    if prefill and not prefill.states:
        return prefill, prefill  # no cache: every token runs the whole text
    if prefill and not decode:
        raise GenerateError(f"entry '{prefill.name}' starts a state that no entry continues")
    decode = decode or usable[0]
    return prefill or decode, decode


class Generator:
    """Feeds tokens to a session and gives the logits that follow the last one."""

    def __init__(self, engine, session: Session):
        self.session = session
        self.prefill, self.decode = choose_entries(engine)
        for entry in (self.prefill, self.decode):
            for value in entry.inputs:
                if _role(value) is None:
                    raise GenerateError(f"entry '{entry.name}' takes the input {value}, which generate cannot fill")
        self.text = []
        self.fed = 0

    def feed(self, tokens):
        """Appends tokens; returns the logits after the last of them, f32[vocabulary]."""
        self.text += tokens
        if not self.decode.states:
            return self._run(self.decode, self.text, 0)
        if self.fed == 0 and self.prefill is not self.decode:
            return self._run(self.prefill, tokens, 0)
        width = self._width(self.decode)
        for at in range(0, len(tokens), width or len(tokens)):
            logits = self._run(self.decode, tokens[at:at + (width or len(tokens))], self.fed)
        return logits

    def _width(self, entry):
        """Tokens that a run takes, None: any number."""
        ids = next(v for v in entry.inputs if _role(v) == "input_ids")
        return ids.dims[-1] if ids.dims else None

    def _run(self, entry, tokens, past):
        inputs = {v.name: self._fill(v, tokens, past) for v in entry.inputs}
        logits = self.session.run(entry.name, inputs)[_logits(entry)]
        self.fed = past + len(tokens)
        return np.asarray(logits, np.float32).reshape(-1, logits.shape[-1])[-1]

    def _fill(self, value, tokens, past):
        role, count = _role(value), len(tokens)
        if role == "input_ids":
            return self._shaped(value, np.array(tokens, np.int64))
        if role == "position_ids":
            return self._shaped(value, np.arange(past, past + count, dtype=np.int64))
        return self._mask(value, count, past)

    @staticmethod
    def _shaped(value, row):
        if len(value.dims) == 1:
            return row
        if len(value.dims) != 2 or value.dims[0] not in (None, 1):
            raise GenerateError(f"generate feeds one sequence; it cannot fill the input {value}")
        return row[None]

    def _mask(self, value, count, past):
        total = past + count
        if len(value.dims) == 2:
            width = value.dims[1] or total
            mask = (np.arange(width) < total)[None]
        elif len(value.dims) == 4:
            width = value.dims[3] or self._slots() or total
            mask = np.arange(width)[None, :] <= (past + np.arange(count))[:, None]
            mask = mask[None, None]
        else:
            raise GenerateError(f"generate cannot fill the mask {value}")
        kind = dtypes.storage(value.dtype)
        if kind.kind == "f" and len(value.dims) == 4:  # added to the scores
            lowest = np.finfo(np.float16).min if kind == np.float16 else np.finfo(np.float32).min
            return np.where(mask, np.float32(0), np.float32(lowest))
        return mask if kind.kind == "b" else mask.astype(np.float32 if value.dtype == dtypes.BF16 else kind)

    def _slots(self):
        """Positions of a cache of fixed size: its last dimension but one."""
        for state in self.decode.states:
            if state.axis is None and state.rank >= 3:
                try:
                    return self.session.state_shape(state.name)[-2]
                except Exception:  # nothing has run yet
                    return None
        return None


class Sampler:
    """Greedy at temperature 0, else a draw from the softmax of the top-k / top-p logits."""

    def __init__(self, temperature=0.0, top_k=0, top_p=1.0, seed=None):
        self.temperature, self.top_k, self.top_p = temperature, top_k, top_p
        self.random = np.random.default_rng(seed)

    def __call__(self, logits):
        if self.temperature <= 0:
            return int(np.argmax(logits))
        order = np.argsort(-logits, kind="stable")
        if self.top_k:
            order = order[:self.top_k]
        scaled = logits[order].astype(np.float64) / self.temperature
        weights = np.exp(scaled - scaled[0])
        weights /= weights.sum()
        if self.top_p < 1:
            kept = int(np.searchsorted(np.cumsum(weights), self.top_p)) + 1
            order, weights = order[:kept], weights[:kept] / weights[:kept].sum()
        return int(self.random.choice(order, p=weights))


def generate(generator, prompt, count, sample, eos=()):
    """Yields up to `count` tokens after `prompt` (a list of ids); stops before a token of `eos`."""
    tokens = list(prompt)
    if not tokens:
        raise GenerateError("the prompt has no token")
    for _ in range(count):
        token = sample(generator.feed(tokens))
        if token in eos:
            return
        yield token
        tokens = [token]
