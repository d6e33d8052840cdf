#!/usr/bin/env python3
"""Training losses of several runs beside each other: how far they are from the first one.

    python3 tools/loss_curves.py cpu=runs/A/train.events.jsonl gpu=runs/B/train.events.jsonl [--every 50]

Prints the losses of every 50th step, and for each run the largest and the mean relative difference to the first.
"""
import argparse
import json


def losses(path):
    with open(path, encoding="utf-8") as file:
        events = (json.loads(line) for line in file if line.strip())
        return {e["step"]: e["train_loss"] for e in events if e.get("event") == "step"}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("runs", nargs="+", metavar="NAME=EVENTS")
    parser.add_argument("--every", type=int, default=50)
    options = parser.parse_args()
    curves = {name: losses(path) for name, path in (run.split("=", 1) for run in options.runs)}
    steps = sorted(set.intersection(*(set(curve) for curve in curves.values())))
    print("step".rjust(8), *(name.rjust(12) for name in curves))
    for step in steps:
        if step == steps[0] or step % options.every == 0:
            print(f"{step:8d}", *(f"{curve[step]:12.5f}" for curve in curves.values()))
    first = next(iter(curves.values()))
    for name, curve in list(curves.items())[1:]:
        apart = [abs(curve[step] - first[step]) / first[step] for step in steps]
        print(f"{name}: relative difference at most {max(apart):.2e}, on average {sum(apart) / len(apart):.2e}")


if __name__ == "__main__":
    main()
