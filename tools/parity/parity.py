#!/usr/bin/env python3
"""An original script and pgolf on the same shards, seed and steps, each on one GPU; then both in one table.

    tools/parity/parity.py original 849 --script DIR/train_gpt.py --data D --steps 80 --out OUT
    tools/parity/parity.py ours     849 --data D --steps 80 --out OUT [--pgolf PATH]
    tools/parity/parity.py table    849 --out OUT

DIR is the submission's folder, fetched from the challenge's repository: train_gpt.py, what it imports, and its log where
the log prints the hyperparameters. D is prepared by `pgolf data prepare` or `data adopt`. Both sides run as one rank with eight
accumulated micro-batches, which is eight ranks' worth of tokens, without a time limit, with one warm-up step, an EMA of 0.9
and a warm-down of --warmdown steps where the submission's is counted in steps. FlashAttention 3 is replaced by
flash_attn_interface.py beside this file. Needs a GPU, PyTorch, SentencePiece, zstandard and Brotli for the original side.
"""
import argparse
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import time

HERE = pathlib.Path(__file__).resolve().parent
# What a log's list of hyperparameters names and this program decides.
OURS_TO_SET = {
    "artifact_dir", "data_dir", "datasets_dir", "distributed", "ema_decay", "grad_accum_steps", "is_main_process", "iterations",
    "local_rank", "logfile", "max_wallclock_seconds", "model_path", "quantized_model_path", "rank", "run_id", "seed", "tokenizer_path",
    "train_files", "train_log_every", "ttt_eval_batches", "val_bytes_files", "val_files", "val_loss_every", "warmup_steps", "world_size"}
# What a submission needs besides: its script's variables, and pgolf's fields for the same thing.
EXTRA_ENV = {"334": {"MICRO_BATCH_SEQS": "64", "VAL_LOSS_EVERY": "1000000"}, "754": {"USE_TTT": "1", "VAL_LOSS_EVERY": "0"}}


def logged_hyperparameters(folder):
    """The environment that repeats a log's "Hyperparameters:" list; empty where no log has one."""
    for log in sorted(folder.glob("*log*")):
        text = log.read_text(errors="replace")
        if "Hyperparameters:\n" not in text:
            continue
        out = {}
        for line in text.split("Hyperparameters:\n", 1)[1].splitlines():
            found = re.fullmatch(r"  (\w+): (.*)", line)
            if not found:
                break
            key, value = found.groups()
            if key not in OURS_TO_SET:
                out[key.upper()] = {"True": "1", "False": "0"}.get(value, value)
        return out
    return {}


def flat_folder(data, out):
    """Links to train and validation shards in one folder, as upstream lays them out."""
    out.mkdir(parents=True, exist_ok=True)
    for split in ("train", "val"):
        for shard in sorted((data / split).glob("*.bin")):
            link = out / shard.name
            if not link.exists():
                link.symlink_to(shard.resolve())
    return out


def run_original(o):
    folder = o.script.resolve().parent
    work = o.out / f"original-{o.submission}"
    shutil.rmtree(work, ignore_errors=True)
    work.mkdir(parents=True)
    for file in folder.glob("*.py"):
        shutil.copy(file, work)
    # cuDNN's attention is the fastest that PyTorch has; the scripts switch it off in favour of FlashAttention.
    text = o.script.read_text().replace("enable_cudnn_sdp(False)", "enable_cudnn_sdp(True)")
    (work / "train_gpt.py").write_text(text.replace("enable_flash_sdp(True)", "enable_flash_sdp(False)"))
    shards = flat_folder(o.data, work / "shards")
    tokenizer = o.data / "tokenizer.model"
    env = dict(os.environ, **logged_hyperparameters(folder), **EXTRA_ENV.get(o.submission, {}))
    env.update(SEED=str(o.seed), RUN_ID="parity", ITERATIONS=str(o.steps), MAX_WALLCLOCK_SECONDS="0", WARMUP_STEPS="1", EMA_DECAY="0.9",
               WARMDOWN_ITERS=str(o.warmdown), TRAIN_LOG_EVERY=str(o.log_every), DATA_PATH=str(shards), DATASETS_DIR=str(shards),
               TOKENIZER_PATH=str(tokenizer.resolve()), PHASED_TTT_PREFIX_DOCS=str(o.prefix_docs), PYTHONUNBUFFERED="1")
    env["PYTHONPATH"] = os.pathsep.join(filter(None, [str(HERE), env.get("PYTHONPATH")]))
    env.setdefault("VAL_LOSS_EVERY", "0")
    start = time.monotonic()
    with open(o.out / f"original-{o.submission}.log", "w", encoding="utf-8") as log:
        code = subprocess.run([sys.executable, "train_gpt.py"], cwd=work, env=env, stdout=log, stderr=subprocess.STDOUT, check=False).returncode
    print(f"original {o.submission}: exit {code} after {time.monotonic() - start:.0f} s")
    return code


def run_ours(o):
    sets = {"train.world_size": 1, "train.grad_accum_steps": 8, "train.iterations": o.steps, "train.max_wallclock_seconds": 0,
            "train.warmup_steps": 1, "train.log_every": 1, "average.ema_decay": 0.9}
    if o.submission in ("334", "754", "849"):
        sets["schedule.warmdown_iters"] = o.warmdown
    else:
        sets["ttt.prefix_docs"] = o.prefix_docs
    command = [o.pgolf, "reproduce", o.submission, "--profile", "record", "--data", str(o.data), "--seed", str(o.seed), "--json"]
    for key, value in [*sets.items(), *(pair.split("=", 1) for pair in o.set)]:
        command += ["--set", f"{key}={value}"]
    start = time.monotonic()
    with open(o.out / f"ours-{o.submission}.json", "w", encoding="utf-8") as out, open(o.out / f"ours-{o.submission}.err", "w", encoding="utf-8") as err:
        code = subprocess.run(command, stdout=out, stderr=err, check=False).returncode
    print(f"ours {o.submission}: exit {code} after {time.monotonic() - start:.0f} s")
    return code


def original_curve(text, submission):
    curve = {}
    first = 0 if submission == "334" else 1  # what its script calls the first step
    for line in text.splitlines():
        found = re.search(r"(?:step:)?(\d+)/\d+ train_loss:\s?([\d.]+)", line)
        if found:
            curve[int(found[1]) + 1 - first] = float(found[2])
    return curve


def our_curve(run_directory):
    with open(pathlib.Path(run_directory) / "train.events.jsonl", encoding="utf-8") as log:
        events = [json.loads(line) for line in log]
    return {e["step"]: e.get("rank0_loss", e["train_loss"]) for e in events if e.get("event") == "step"}


def print_table(o):
    original = (o.out / f"original-{o.submission}.log").read_text(errors="replace")
    with open(o.out / f"ours-{o.submission}.json", encoding="utf-8") as file:
        ours = json.load(file)
    theirs, mine = original_curve(original, o.submission), our_curve(pathlib.Path(os.environ.get("PGOLF_HOME", "~/.pgolf")).expanduser() / ours["run_id"])
    print(f"== {o.submission}: step, original, ours, ratio")
    for step in sorted(theirs):
        if step in mine:
            print(f"{step:6d} {theirs[step]:10.4f} {mine[step]:10.4f} {mine[step] / theirs[step] - 1:+9.2%}")
    print("-- original's results")
    kept = re.compile(r"val_bpb|peak memory|[Tt]otal submission|artifact_bytes|eval_time|tok/s|step_avg|stopping_early")
    for line in [line for line in original.splitlines() if kept.search(line)][-o.lines:]:
        print("  ", line[:180])
    print("-- ours")
    print("  ", {k: v for k, v in ours.items() if k.startswith("val_") or k == "state"})
    print("  ", (ours.get("artifact") or {}).get("model_bytes"), [(p["name"], p["wall_ms"]) for p in ours.get("phases", [])])
    return 0


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("side", choices=["original", "ours", "table"])
    parser.add_argument("submission")
    parser.add_argument("--script", type=pathlib.Path, help="the submission's train_gpt.py")
    parser.add_argument("--data", type=pathlib.Path, help="prepared data")
    parser.add_argument("--out", type=pathlib.Path, required=True)
    parser.add_argument("--steps", type=int, default=80)
    parser.add_argument("--warmdown", type=int, default=30)
    parser.add_argument("--prefix-docs", type=int, default=64)
    parser.add_argument("--seed", type=int, default=1337)
    parser.add_argument("--log-every", type=int, default=1)
    parser.add_argument("--lines", type=int, default=16)
    parser.add_argument("--pgolf", default="pgolf")
    parser.add_argument("--set", action="append", default=[], help="KEY=VALUE for `pgolf reproduce --set`; may be repeated")
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    sys.exit({"original": run_original, "ours": run_ours, "table": print_table}[options.side](options))


if __name__ == "__main__":
    main()
