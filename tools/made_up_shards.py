#!/usr/bin/env python3
"""Writes a folder of shards in the challenge's layout, of made-up tokens: for the time that `pgolf data adopt` takes, and
for what it says of validation documents in the training shards.

  tools/made_up_shards.py DIR                       80 training shards of 1,000,000 tokens, 2,000 validation documents
  tools/made_up_shards.py DIR --leak 1500           the first 1,500 validation documents are training documents too
  tools/made_up_shards.py DIR --near 300            the last 300 are, with every 100th token another one
  pgolf data adopt DIR --tokenizer tests/data/tokenizers/fineweb_1024_bpe.model

Equal arguments give equal files. Nothing but Python's own library is needed.
"""
import argparse
import array
import pathlib
import random
import struct

MAGIC, VERSION, BOS, FIRST_ID = 20240520, 1, 1, 4
POOL = 1 << 22  # tokens that training documents are cut from


def write_shard(path, tokens):
    header = struct.pack("<256i", MAGIC, VERSION, len(tokens), *[0] * 253)
    path.write_bytes(header + tokens.tobytes())


class Stream:
    """Documents in, full shards out; a document may continue in the next shard, as in the challenge's data."""

    def __init__(self, folder, kind, shard_tokens):
        self.folder, self.kind, self.shard_tokens = folder, kind, shard_tokens
        self.waiting, self.shards, self.tokens = array.array("H"), 0, 0

    def append(self, document):
        self.waiting.extend(document)
        self.tokens += len(document)
        while len(self.waiting) >= self.shard_tokens:
            self.cut(self.shard_tokens)

    def cut(self, count):
        write_shard(self.folder / f"fineweb_{self.kind}_{self.shards:06d}.bin", self.waiting[:count])
        self.waiting = self.waiting[count:]
        self.shards += 1

    def finish(self):
        if self.waiting:
            self.cut(len(self.waiting))


class Documents:
    def __init__(self, vocab, seed):
        self.vocab, self.random = vocab, random.Random(seed)
        self.pool = self.tokens(POOL)

    def tokens(self, count):
        raw = array.array("H", self.random.randbytes(2 * count))
        return array.array("H", (FIRST_ID + t % (self.vocab - FIRST_ID) for t in raw))

    def new(self):
        """Shares no text with any other."""
        return array.array("H", [BOS]) + self.tokens(self.random.randint(20, 1600))

    def next(self):
        length = self.random.randint(20, 1600)
        at = self.random.randrange(POOL - length)
        return array.array("H", [BOS]) + self.pool[at : at + length]


def changed(document):
    return array.array("H", (FIRST_ID if i % 100 == 50 else token for i, token in enumerate(document)))


def main():
    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ap.add_argument("folder", type=pathlib.Path)
    ap.add_argument("--shards", type=int, default=80)
    ap.add_argument("--shard-tokens", type=int, default=1_000_000)
    ap.add_argument("--val-docs", type=int, default=2000)
    ap.add_argument("--vocab", type=int, default=1024)
    ap.add_argument("--leak", type=int, default=0, help="validation documents that are training documents too")
    ap.add_argument("--near", type=int, default=0, help="validation documents that stand in training with other tokens here and there")
    ap.add_argument("--sidecar", action="store_true", help="with fineweb_val_bytes_*.bin, for a CaseOps tokenizer")
    ap.add_argument("--seed", type=int, default=1)
    args = ap.parse_args()
    args.folder.mkdir(parents=True)

    documents = Documents(args.vocab, args.seed)
    validation = [documents.new() for _ in range(args.val_docs)]
    val = Stream(args.folder, "val", args.shard_tokens)
    sidecar = Stream(args.folder, "val_bytes", args.shard_tokens)
    for document in validation:
        val.append(document)
        if args.sidecar:
            sidecar.append(array.array("H", (0 if t == BOS else 1 + t % 6 for t in document)))
    val.finish()
    sidecar.finish()

    train = Stream(args.folder, "train", args.shard_tokens)
    leaked = iter(validation[: args.leak] + [changed(document) for document in validation[len(validation) - args.near :]])
    while train.shards < args.shards:
        train.append(documents.next())
        if leak := next(leaked, None):
            train.append(leak)
    print(f"{args.folder}: {train.shards} training shards of {args.shard_tokens} tokens, {val.shards} validation shards "
          f"of {val.tokens} tokens in {args.val_docs} documents, {args.leak} of them also in training")


if __name__ == "__main__":
    main()
