#!/usr/bin/env python3
"""Golden vectors of our own, computed by a submission's train_gpt.py on a CPU (PyTorch, safetensors).

    python3 tools/make_golden.py crown path/to/849/train_gpt.py tests/golden/model_849_base.safetensors OUT
    python3 tools/make_golden.py long path/to/2143/train_gpt.py tests/golden/eval_2143.safetensors OUT
    python3 tools/make_golden.py clock path/to/849/train_gpt.py submissions/pr-849/published-log.json OUT
    python3 tools/make_golden.py train path/to/849/train_gpt.py tests/golden/model_849_base.safetensors OUT

crown: PR 849's loss and gradients with the CROWN-Q penalty and without rounding. The penalty's weight is 10,000, since
its own, 0.01, does not show in float32. long: phased test-time training of PR 2143 or 2097 on five documents, one of
them thirty contexts long; the context is no multiple of the chunk. Adapters learn more slowly than as run, whose steps
amplify what float32 rounds: PR 2143's result would differ by 2e-3 from float64's. clock: what the script's own lr_mul
says along the clock of its published log; its hyperparameters are taken from the environment, as the script does. train: see golden_train.py.
Format: tests/golden/README.md.
"""
import argparse
import ast
import json
import os
import pathlib
import sys
import types

import numpy as np
import torch
from safetensors import safe_open
from safetensors.numpy import save_file

import golden_train

LAMBDA = 10_000
LONG = dict(TTT_EVAL_SEQ_LEN="40", TTT_CHUNK_SIZE="12", TTT_BATCH_SIZE="2", PHASED_TTT_PREFIX_DOCS="1",
            PHASED_TTT_NUM_PHASES="1", TTT_LORA_LR="0.0005", RUN_ID="golden_long")
LENGTHS = (45, 1228, 29, 131, 40)  # one more than a multiple of the evaluation length: nothing is cut off


def read(path):
    with safe_open(path, "numpy") as file:
        return json.loads(file.metadata()["meta"]), {name: file.get_tensor(name) for name in file.keys()}


def attention(q, k, v, causal=True):
    k, v = (t.repeat_interleave(q.shape[2] // k.shape[2], 2) for t in (k, v))
    q, k, v = (t.transpose(1, 2) for t in (q, k, v))
    return torch.nn.functional.scaled_dot_product_attention(q, k, v, is_causal=causal).transpose(1, 2)


def packed_attention(q, k, v, cu_seqlens_q, causal=True, **_):
    starts = sorted(set(cu_seqlens_q.tolist()))
    return torch.cat([attention(*(t[None, begin:end] for t in (q, k, v)), causal)[0]
                      for begin, end in zip(starts, starts[1:])])


def load_script(path, env, edits=()):
    """The script as a module, on a machine that has neither its GPU kernels nor its tokenizer."""
    os.environ.update(env)
    tokenizer = type("Tokenizer", (), {"__init__": lambda self, **_: None, "bos_id": lambda self: 1})
    attentions = dict(flash_attn_func=attention, flash_attn_varlen_func=packed_attention)
    for name, members in {"flash_attn_interface": attentions, "sentencepiece": dict(SentencePieceProcessor=tokenizer),
                          "zstandard": {}, "brotli": {}}.items():
        sys.modules[name] = types.ModuleType(name)
        vars(sys.modules[name]).update(members)
    source = pathlib.Path(path).read_text()
    for before, after in edits:
        source = source.replace(before, after)
    script = sys.modules["script"] = types.ModuleType("script")
    script.__file__ = path
    exec(compile(source, path, "exec"), vars(script))
    return script


def with_params(model, base):
    model.float().load_state_dict({n[6:]: torch.tensor(t) for n, t in base.items() if n.startswith("param.")})
    return model


def crown(path, meta, base):
    env = dict(meta["env"], CROWN_Q_LAMBDA=str(LAMBDA))
    script = load_script(path, env)
    args = script.Hyperparameters()
    names = script.GPT.__init__.__code__.co_varnames[1:script.GPT.__init__.__code__.co_argcount]
    renamed = {"dtg": "dtg_enabled"}
    model = with_params(script.GPT(**{name: getattr(args, renamed.get(name, name)) for name in names}), base).train()
    ce = model(torch.tensor(base["x"]).long(), torch.tensor(base["y"]).long())
    linears = [m for m in model.modules() if isinstance(m, script.CastedLinear)]
    deltas = [m.weight.detach().abs().amax(dim=1, keepdim=True) / m._clip_range for m in linears]
    penalty = sum((m.weight * delta).square().mean() for m, delta in zip(linears, deltas))
    loss = ce + LAMBDA * penalty / 12
    loss.backward()
    kept = ("blocks.0.", "blocks.4.", "bigram.proj", "bigram.scale", "ve_shared.proj", "smear", "skip_weights")
    out = {"grad." + n: p.grad.numpy() for n, p in model.named_parameters() if n.startswith(kept)}
    out.update({name: t.detach().numpy() for name, t in dict(ce=ce, crown_q=penalty, loss=loss).items()})
    out.update(x=base["x"], y=base["y"])
    return dict(meta, env=env, tag="crown", crown_q=True,
                note="param.* are in model_<pr>_base; gradients of some tensors"), out


def documents(rng):
    """A chain of tokens with noise; token 1 starts a document."""
    out = []
    for length in LENGTHS:
        out.append(1)
        token = int(rng.integers(4, 256))
        for _ in range(length - 1):
            token = int(rng.integers(4, 256)) if rng.random() < 0.3 else 4 + (token * 5 + 3) % 252
            out.append(token)
    return np.array(out, np.int32)


def long(path, meta, tables):
    env = dict(meta["env"], **LONG)
    script = load_script(path, env)
    script.BOS_ID = 1
    h = script.Hyperparameters()
    rng = np.random.default_rng(2026)
    tokens = documents(rng)
    out = {"val_tokens": tokens}
    if "val_bytes" in tables:
        out["val_bytes"] = np.where(tokens == 1, 0, rng.integers(0, 6, len(tokens))).astype(np.int32)
    else:
        out.update({name: tables[name] for name in ("base_bytes", "leading_space", "boundary")})
    _, base = read(pathlib.Path(sys.argv[3]).with_name(f"model_{meta['pr']}_base.safetensors"))
    model = with_params(script.GPT(h), base)
    model.looping_active = True
    for block in model.blocks:
        block.mlp.use_fused = False  # a kernel of the GPU
    text = types.SimpleNamespace(val_tokens=torch.tensor(tokens).long(), caseops_enabled=True,
                                 val_bytes=torch.tensor(out.get("val_bytes", tokens)),
                                 base_bytes_lut=torch.tensor(tables["base_bytes"]),
                                 has_leading_space_lut=torch.tensor(tables["leading_space"]).bool(),
                                 is_boundary_token_lut=torch.tensor(tables["boundary"]).bool())
    log = []
    script.log = lambda line, **_: log.append(line)
    torch.manual_seed(h.seed)
    loss, bpb = script.eval_val_ttt_phased(h, model, torch.device("cpu"), text,
                                           lambda x, y, lora: model.forward_ttt(x, y, lora=lora))
    kept = ("skip_", "smear", "parallel_", "blocks.3.", "kv_bank")
    out.update({"after_ttt." + n: p.detach().numpy() for n, p in model.named_parameters() if n.startswith(kept)})
    return dict(meta, env=env, results={"phased_ttt": {"val_loss": loss, "val_bpb": bpb}}, log=log), out


CLOCK = ("ITERATIONS", "MAX_WALLCLOCK_SECONDS", "WARMDOWN_ITERS", "WARMDOWN_FRAC", "MIN_LR", "GPTQ_RESERVE_SECONDS")


def schedule_functions(path, args):
    """lr_mul and training_frac, which the script defines inside its training function."""
    tree = ast.parse(pathlib.Path(path).read_text())
    wanted = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)
              and node.name in ("lr_mul", "training_frac")]
    limit_ms = 1000 * args.max_wallclock_seconds
    reserve = [node.value.value for node in ast.walk(tree) if isinstance(node, ast.Assign)
               and getattr(node.targets[0], "id", "") == "train_reserve_ms"]
    reserve_ms = reserve[0] if reserve else 1000 * getattr(args, "gptq_reserve_seconds", 0)
    scope = dict(args=args, h=args, max_wallclock_ms=limit_ms - (0 if reserve else reserve_ms),
                 effective_train_ms=limit_ms - reserve_ms)
    exec(compile(ast.Module(wanted, []), path, "exec"), scope)
    return scope, reserve_ms / 1000


def clock(path, like):
    training = json.loads(pathlib.Path(like).read_text())["trainings"][0]
    args = load_script(path, {}).Hyperparameters()
    scope, reserve = schedule_functions(path, args)
    known = [(row["step"], row["elapsed_ms"]) for row in training["rows"] if row["elapsed_ms"] is not None]
    step = np.unique(np.linspace(0, training["stop"]["step"] - 1, 400).astype(np.int32))
    known = zip((0, 0), *known, (training["stop"]["step"], training["stop"]["elapsed_ms"]))
    elapsed = np.interp(step, *known).astype(np.float32)
    rate = [scope["lr_mul"](scope["training_frac"](s, ms)) if "training_frac" in scope else scope["lr_mul"](s, ms)
            for s, ms in zip(step.tolist(), elapsed.tolist())]
    env = {name: str(getattr(args, name.lower())) for name in CLOCK if hasattr(args, name.lower())}
    env["GPTQ_RESERVE_SECONDS"] = str(reserve)
    pr = pathlib.Path(like).parent.name.removeprefix("pr-")
    return (dict(pr=pr, env=env, log=training["log"], seed=training["seed"]),
            dict(step=step, elapsed_ms=elapsed, lr_scale=np.array(rate, np.float32)))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("kind", choices=("crown", "long", "clock", "train"))
    parser.add_argument("script")
    parser.add_argument("like", help="the golden file whose model or tables are used; the log")
    parser.add_argument("out")
    options = parser.parse_args()
    torch.set_num_threads(1)
    script = str(pathlib.Path(options.script).resolve())
    if options.kind == "clock":
        meta, tensors = clock(script, options.like)
    elif options.kind == "train":
        meta, tensors = golden_train.train(script, read(options.like)[0], load_script)
    else:
        meta, tensors = {"crown": crown, "long": long}[options.kind](script, *read(options.like))
    meta["torch"] = torch.__version__
    save_file({name: np.ascontiguousarray(t) for name, t in tensors.items()}, options.out, {"meta": json.dumps(meta)})


if __name__ == "__main__":
    main()
