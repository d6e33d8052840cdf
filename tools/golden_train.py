"""A short training by a submission's own main(), on a CPU in float32: the kind `train` of make_golden.py.

What a GPU alone can do is replaced: its kernels, bfloat16, compilation, validation. Warm-up and its undoing, order of
the data, micro-batches, clipping, rates, optimizers, switches and averages are the script's. Rounding of late QAT stays
off, as torch.compile had it.
"""
import contextlib
import io
import multiprocessing
import os
import pathlib
import pickle
import re
import tempfile
import types
from unittest import mock

import numpy as np
import torch

# Every switch of a schedule is thrown within these steps, and the data starts anew.
STEPS = dict(ITERATIONS="12", WARMUP_STEPS="2", TRAIN_BATCH_TOKENS="1024", MICRO_BATCH_SEQS="2", VOCAB_SIZE="128",
             MAX_WALLCLOCK_SECONDS="0", WARMDOWN_ITERS="7", WARMDOWN_FRAC="0.6", MIN_LR="0.2", ENABLE_LOOPING_AT="0.4",
             MUON_MOMENTUM_WARMUP_STEPS="8", EMA_DECAY="0.8", SWA_EVERY="2", LATE_QAT_THRESHOLD="0",
             VAL_LOSS_EVERY="0", TRAIN_LOG_EVERY="1")
NAMES = ("MATRIX_LR", "MUON_MOMENTUM", "MUON_MOMENTUM_WARMUP_START", "MUON_WD", "TIED_EMBED_LR", "SCALAR_LR", "BETA1",
         "BETA2", "ADAM_EPS", "ADAM_WD", "EMBED_WD", "GRAD_CLIP_NORM")  # as the script has them
SHARDS = (5200, 4100)
WORLD = 2
DRAWS = 4
LARGEST = 512  # values of a tensor that is kept
LARGER = ("tok_emb.weight", "kv_bank", "blocks.1.attn.c_v.weight")
EDITS = ((".bfloat16()", ".float()"), ("torch.bfloat16", "torch.float32"), ('torch.device(f"cuda:{rank % torch.cuda.device_count()}")', 'torch.device("cpu")'),
         ("torch.cuda.", "_gpu."),
         ('torch.device("cuda", local_rank)', 'torch.device("cpu")'), ('torch.device("cuda" if', 'torch.device("cpu" if'),
         ("pin_memory=True", "pin_memory=False"), (".pin_memory()", ""), ("fused=True", "fused=False"),
         ("self.use_fused = True", "self.use_fused = False"), ("train_loss.item():.4f", "train_loss.item():.9g"))


class Trained(Exception):
    """Carries the weights that the script exports."""


def text(rng, length, vocab):
    """A chain of tokens with noise; token 1 starts a document."""
    out = [1]
    while len(out) < length:
        follows = 2 + (out[-1] * 5 + 3) % (vocab - 2)
        out.append(1 if rng.random() < 0.02 else int(rng.integers(2, vocab)) if rng.random() < 0.2 else follows)
    return np.array(out, np.int32)


def write_shard(path, tokens):
    header = np.zeros(256, "<i4")
    header[:3] = 20240520, 1, len(tokens)
    path.write_bytes(header.tobytes() + tokens.astype("<u2").tobytes())


def distribute(script, rank, world):
    """The collectives that the scripts use, on a CPU: gloo has no mean and no reduce_scatter."""
    dist, start, add, gather = torch.distributed, torch.distributed.init_process_group, torch.distributed.all_reduce, \
        torch.distributed.all_gather
    done = types.SimpleNamespace(wait=lambda: None)

    def all_reduce(tensor, op, async_op=False):
        add(tensor)
        if op == dist.ReduceOp.AVG:
            tensor /= world
        return done

    def reduce_scatter(out, tensor, op, async_op=False):
        mean = tensor.clone()
        all_reduce(mean, op)
        out.copy_(mean.chunk(world)[rank])
        return done

    def all_gather(out, tensor, async_op=False):
        gather(list(out.chunk(world)), tensor.contiguous())
        return done

    dist.init_process_group = lambda *_, **__: start("gloo", init_method=f"file://{os.getcwd()}/store", rank=rank,
                                                world_size=world)
    dist.all_reduce, dist.reduce_scatter_tensor, dist.all_gather_into_tensor = all_reduce, reduce_scatter, all_gather
    script.DDP = lambda model, device_ids=None, **options: torch.nn.parallel.DistributedDataParallel(model, **options)


def without_gpu(script, vocab):
    tokenizer = types.SimpleNamespace(vocab_size=lambda: vocab, bos_id=lambda: 1, Load=lambda _: None)
    scores = iter([(1.0, 1.0)])  # PR 754 exports what scores best: its EMA, as in its logs
    stubs = dict(_gpu=mock.MagicMock(), subprocess=mock.MagicMock(), gptq_calibrate=lambda *_, **__: {},
                 collect_hessians=exported,
                 _compressed_code_size=lambda _: (0, 0), eval_val=lambda *_, **__: next(scores, (0.0, 0.0)),
                 build_sentencepiece_luts=lambda *_: (None, None, None), load_validation_tokens=lambda *_: torch.zeros(2),
                 ValidationData=lambda *_: types.SimpleNamespace(val_tokens=torch.zeros(2)),
                 spm=types.SimpleNamespace(SentencePieceProcessor=lambda **_: tokenizer))
    vars(script).update(stubs)
    torch.autocast = lambda *_, **__: contextlib.nullcontext()
    torch.save = exported


def exported(state, *_, **__):
    raise Trained(state)


def nudge(script, draw):
    """Moves each initial weight by one float32 step up, down or not at all."""
    construct = script.GPT.__init__

    def constructed(self, *args, **options):
        construct(self, *args, **options)
        generator = torch.Generator().manual_seed(draw)
        for p in self.parameters():
            p.data = torch.nextafter(p.data, p.data + torch.randint(-1, 2, p.shape, generator=generator))
    script.GPT.__init__ = constructed


def rank_of(rank, path, env, draw, load_script):
    torch.compile = lambda f=None, **_: f if f is not None else lambda g: g
    script = load_script(path, dict(env, RANK=str(rank), LOCAL_RANK=str(rank), WORLD_SIZE=str(WORLD)), EDITS)
    without_gpu(script, int(env["VOCAB_SIZE"]))
    distribute(script, rank, WORLD)
    if draw:
        nudge(script, draw)
    log = io.StringIO()
    try:
        with contextlib.redirect_stdout(log):
            script.main()
    except Trained as trained:
        losses = [float(loss) for loss in re.findall(r"train_loss: ?([\d.e+-]+)", log.getvalue())]
        args = {name: str(getattr(script.Hyperparameters, name.lower())) for name in NAMES
                if hasattr(script.Hyperparameters, name.lower())}
        if rank == 0:
            weights = {name: tensor.detach().float().numpy() for name, tensor in trained.args[0].items()}
            result = dict(weights, train_loss=np.array(losses, np.float32)), args
            pathlib.Path("result").write_bytes(pickle.dumps(result))


def run(path, env, draw, load_script):
    """What the ranks' main() comes to: exported weights and losses, and the hyperparameters that it had."""
    processes = multiprocessing.get_context("fork")
    ranks = [processes.Process(target=rank_of, args=(rank, path, env, draw, load_script), daemon=True)
             for rank in range(WORLD)]
    for rank in ranks:
        rank.start()
    ranks[0].join()
    for rank in ranks:
        rank.terminate()
        rank.join()
    pathlib.Path("store").unlink(missing_ok=True)
    result = pathlib.Path("result")
    weights_and_args = pickle.loads(result.read_bytes())
    result.unlink()
    return weights_and_args


def kept(results):
    """Small tensors, two larger ones, and the first matrices of a bank."""
    return {n: w[:2] if w.ndim == 3 else w for n, w in results.items() if w.size <= LARGEST or n in LARGER}


def distance(a, b):
    return np.linalg.norm(a.astype(float) - b) / max(np.linalg.norm(b.astype(float)), 1e-30)


def train(path, meta, load_script):
    source = pathlib.Path(path).read_text()
    known = {name: value for name, value in dict(meta["env"], **STEPS).items() if re.search(f"[\"']{name}[\"']", source)}
    env = {name: value for name, value in known.items() if name != "DATA_DIR"}
    rng = np.random.default_rng(2026)
    shards = [text(rng, length, int(env["VOCAB_SIZE"])) for length in SHARDS]
    with tempfile.TemporaryDirectory() as name, contextlib.chdir(name):
        for i, tokens in enumerate(shards):
            write_shard(pathlib.Path(f"fineweb_train_{i:06}.bin"), tokens)
        files = dict(env, DATA_PATH=".", DATASETS_DIR=".")
        results, args = run(path, files, 0, load_script)
        nudged = [kept(run(path, files, draw, load_script)[0]) for draw in range(1, DRAWS + 1)]
    after = kept(results)
    losses = after.pop("train_loss")
    out = {"after." + n: w for n, w in after.items()}
    out.update({"spread." + n: np.float32(max(distance(r[n], w) for r in nudged)) for n, w in after.items()})
    out["spread.train_loss"] = np.max([np.abs(r["train_loss"] / losses - 1) for r in nudged], 0)
    out.update({f"shard.{i}": tokens.astype(np.uint16) for i, tokens in enumerate(shards)}, train_loss=losses)
    return dict(pr=meta["pr"], env=dict(env, **args), world_size=WORLD, torch_seed=int(env["SEED"]), draws=DRAWS,
                note="after.* are some of the exported weights; spread.*: how far each moves, relative, if the last "
                     "bits of the initial weights do"), out
