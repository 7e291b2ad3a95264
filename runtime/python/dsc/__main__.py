# SPDX-License-Identifier: Apache-2.0
"""python -m dsc generate ENGINE --tokenizer tokenizer.json --prompt TEXT"""

import argparse
import sys
import time

from . import Engine, Error, Session
from .generate import GenerateError, Generator, Sampler, generate


def _arguments(argv):
    parser = argparse.ArgumentParser(prog="python -m dsc")
    commands = parser.add_subparsers(dest="command", required=True)
    g = commands.add_parser("generate", help="continue a text")
    g.add_argument("engine")
    g.add_argument("--tokenizer", required=True, help="tokenizer.json of Hugging Face tokenizers")
    g.add_argument("--prompt", required=True)
    g.add_argument("-n", "--tokens", type=int, default=64, help="at most so many new tokens (64)")
    g.add_argument("--temperature", type=float, default=0.0, help="0: greedy (the default)")
    g.add_argument("--top-k", type=int, default=0)
    g.add_argument("--top-p", type=float, default=1.0)
    g.add_argument("--seed", type=int, default=0)
    g.add_argument("--eos", default="", help="ids or token texts that end the text, separated by commas")
    g.add_argument("--ids", action="store_true", help="print ids instead of text")
    g.add_argument("--threads", type=int, default=0)
    g.add_argument("--device", default="cpu", help="cpu, cuda, cuda:NUMBER, ptxsim")
    g.add_argument("--capacity", type=int, default=0, help="rows to reserve in the states")
    return parser.parse_args(argv)


def _eos(text, tokenizer):
    ids = set()
    for part in filter(None, text.split(",")):
        token = int(part) if part.lstrip("-").isdigit() else tokenizer.token_to_id(part)
        if token is None:
            raise GenerateError(f"the tokenizer has no token '{part}'")
        ids.add(token)
    return ids


class _Stream:
    """Prints text as soon as its last character is complete."""

    def __init__(self, tokenizer, prompt):
        self.tokenizer, self.ids, self.printed = tokenizer, list(prompt), 0
        self.show()

    def add(self, token):
        self.ids.append(token)
        self.show()

    def show(self, final=False):
        text = self.tokenizer.decode(self.ids, skip_special_tokens=True)
        if final or not text.endswith("\ufffd"):
            print(text[self.printed:], end="", flush=True)
            self.printed = len(text)


def _generate(args):
    try:
        from tokenizers import Tokenizer
    except ImportError:
        raise GenerateError("generate needs the Python package 'tokenizers'")
    try:
        tokenizer = Tokenizer.from_file(args.tokenizer)
    except Exception as error:
        raise GenerateError(f"{args.tokenizer}: {error}")
    prompt = tokenizer.encode(args.prompt).ids
    with Engine(args.engine) as engine, Session(engine, args.threads, args.capacity, device=args.device) as session:
        generator = Generator(engine, session)
        sampler = Sampler(args.temperature, args.top_k, args.top_p, args.seed)
        tokens, stream = [], None if args.ids else _Stream(tokenizer, prompt)
        start = first = time.perf_counter()
        for token in generate(generator, prompt, args.tokens, sampler, _eos(args.eos, tokenizer)):
            if not tokens:
                first = time.perf_counter()
            tokens.append(token)
            if stream:
                stream.add(token)
        end = time.perf_counter()
    if stream:
        stream.show(final=True)
        print()
    else:
        print(",".join(map(str, tokens)))
    rate = (len(tokens) - 1) / (end - first) if len(tokens) > 1 else 0.0
    print(f"prompt: {len(prompt)} tokens in {first - start:.3f} s; then {len(tokens)} tokens, {rate:.1f} tokens/s",
          file=sys.stderr)


def main(argv=None):
    args = _arguments(argv)
    try:
        _generate(args)
    except (Error, GenerateError) as error:
        print(f"dsc: error: {error}", file=sys.stderr)
        return 1
    except BrokenPipeError:
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
