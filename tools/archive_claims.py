"""The published record folders of the challenge as claims-only submissions, for `pgolf check --all`.

    tools/archive_claims.py make REPOSITORY OUT [--readme REF]   # a bare clone with refs/pull/*/head
    pgolf check --all --submissions OUT --json > check.json
    tools/archive_claims.py count OUT check.json

Reads git objects alone: nothing is checked out, nothing of the folders is executed. A folder is taken if it ships a
script and a log with a pair of val_loss and val_bpb; of folders with the same files, the first. OUT.json lists them.
"""
import argparse
import collections
import hashlib
import json
import pathlib
import re
import subprocess

LOGS = (".log", ".txt", ".out")
CODE = (".py", ".c", ".cc", ".cpp", ".cu", ".so", ".sh")  # as archive/pull_files.cc has them
TRACKS = ("10min_16mb", "non_record_16mb")
STATUSES = ("fail", "unknown", "warn", "pass")
PAIR = re.compile(r"^(.*?)\bval_loss\s*[:=]\s*([0-9]+\.[0-9]+)\s*,?\s*val_bpb\s*[:=]\s*([0-9]+\.[0-9]+)(.*)$")
PROGRAM = re.compile(r"[{}\"'()]|\blog0?\b")  # before a pair: the line is of the script, not printed by it
FIGURES = [  # True: the first mention counts
    ("train_ms", r"stopping_early:?.*?train_time\s*[:=]\s*(\d+)ms", False),
    ("steps", r"stopping_early:?.*?step\s*[:=]?\s*(\d+)", False),
    ("val_targets", r"^val_loader:.*tokens:(\d+)", False),
    ("val_targets", r"^val_tokens:\s*(\d+)", False),
    ("code_bytes", r"^Code size(?: \(compressed\)| compressed)?:\s*(\d+)", False),
    ("model_bytes", r"^Serialized model (?!:)\S.*?:\s*(\d+) bytes", False),
    ("total_bytes", r"^Total submission size.+?:\s*(\d+)", False),
    ("seed", r"^\s*seed:\s*(\d+)\s*$", True),
    ("world_size", r"^world_size:\s*(\d+)", True),
]


class Repository:
    def __init__(self, path):
        self.path = path
        self.main = self.git("rev-parse", "refs/heads/main").decode().strip()
        self.parent = {}  # of a merged head: main before the merge
        for line in self.git("log", "--format=%P", self.main).decode().splitlines():
            first, *others = line.split() or [""]
            self.parent.update({other: first for other in others})

    def git(self, *arguments, **options):
        return subprocess.run(["git", "-C", self.path, *arguments], capture_output=True, check=True, **options).stdout

    def heads(self):
        refs = self.git("for-each-ref", "--format=%(refname) %(objectname)", "refs/pull").decode().split("\n")
        pulls = (ref.split() for ref in refs if ref.split(" ")[0].endswith("/head"))
        return dict(sorted((int(ref.split("/")[2]), commit) for ref, commit in pulls))

    def base(self, head):
        try:
            found = self.git("merge-base", self.main, head).decode().strip()
        except subprocess.CalledProcessError:
            return None
        return self.parent.get(head) if found == head else found

    def added(self, head):
        """Files that a pull request adds below records/: path -> blob."""
        base = self.base(head)
        if not base:
            return {}
        raw = self.git("diff-tree", "-r", "-z", "--no-renames", "--diff-filter=A", base, head, "--", "records")
        fields = raw.decode("utf-8", "surrogateescape").split("\0")
        return {path: meta.split()[3] for meta, path in zip(fields[::2], fields[1::2])}

    def blobs(self, oids):
        out, at, found = self.git("cat-file", "--batch", input="\n".join(oids).encode() + b"\n"), 0, {}
        while at < len(out):
            end = out.index(b"\n", at)
            header = out[at:end].split()
            at = end + 1
            if header[-1] == b"missing":
                continue
            size = int(header[2])
            found[header[0].decode()] = out[at : at + size]
            at += size + 1
        return found


def folders_of(repository):
    """(pull request, folder) -> {file: blob}, without repetitions."""
    folders = collections.OrderedDict()
    for pull, head in repository.heads().items():
        for path, oid in repository.added(head).items():
            parts = path.split("/")
            if len(parts) >= 4 and parts[1].startswith("track_"):
                folders.setdefault((pull, head, "/".join(parts[:3])), {})["/".join(parts[3:])] = oid
    seen, out = set(), collections.OrderedDict()
    for key, files in folders.items():
        identity = tuple(sorted(files.items()))
        if identity not in seen:
            out[key] = files
        seen.add(identity)
    return out


def pass_name(before):
    name = before.strip(" :|-[]>").strip()
    if not name or re.search(r"step\s*[:=]?\s*\d+", name):
        return "live"
    return re.sub(r'[\x00-\x1f\\"]', "", re.sub(r"_exact(?= |$)", "", name))[:60] or "live"


def eval_ms(text):
    ms = re.search(r"eval_time\s*[:=]\s*(\d+)\s*ms", text)
    seconds = re.search(r"eval_time\s*[:=]\s*([\d.]+)\s*s\b", text)
    return int(ms[1]) if ms else int(float(seconds[1]) * 1000) if seconds else None


def read_pair(line, evals):
    """A printed pair; of `X` and `X_exact`, the digits of the longer."""
    match = PAIR.match(line)
    if not match or PROGRAM.search(match[1]) or "{" in line:
        return False
    name = pass_name(match[1])
    entry = evals.setdefault(name, {})
    if name == "live" or re.search(r"_exact(?= |$)", match[1].strip(" :|-[]>")) or len(match[2]) >= len(entry.get("loss", "")):
        entry["loss"], entry["bpb"] = match[2], match[3]
    if (ms := eval_ms(match[4])) is not None:
        entry["ms"] = ms
    return True


def read_log(text):
    out, last = {"evals": collections.OrderedDict()}, None
    for line in text.splitlines():
        if len(line) > 600 or read_pair(line, out["evals"]):
            continue
        for key, pattern, first in FIGURES:
            if (match := re.search(pattern, line)) and not (first and key in out):
                out[key] = int(match[1])
        if match := re.search(r"[Cc]ollected \d+ Hessians.* in ([\d.]+)\s*s", line):
            out["calibration_ms"] = round(float(match[1]) * 1000)
        if match := re.match(r"^step:(\d+)/\d+ .*train_time:(\d+)ms", line):
            last = match
    if last:
        out.setdefault("steps", int(last[1]))
        out.setdefault("train_ms", int(last[2]))
    return out


def read_card(blob):
    """submission.json, whatever state it is in."""
    try:
        card = json.loads(blob.decode("utf-8-sig", "replace"))
        return card if isinstance(card, dict) else {}
    except ValueError:
        return {}


def decimal(value):
    return repr(value) if isinstance(value, float) and re.fullmatch(r"\d+\.\d+", repr(value)) else None


def seeds_of(logs, card):
    seeds = []
    for name, log in logs:
        if match := re.search(r"(?:seed|s)[_-]?(\d+)", name, re.I):
            log.setdefault("seed", int(match[1]))
        seeds.append(log.get("seed"))
    claimed = card.get("seeds") if isinstance(card.get("seeds"), (list, dict)) else card.get("seed_results")
    for seed in claimed if isinstance(claimed, (list, dict)) else []:
        digits = re.sub(r"\D", "", str(seed))
        seeds.append(int(digits) if digits and int(digits) < 2**40 else None)
    return list(dict.fromkeys(seed for seed in seeds if seed is not None)) or [0]


def headline_eval(logs, bpb):
    """The pass of which a value, or the mean over seeds, is nearest to the claimed one."""
    passes = collections.defaultdict(list)
    for log_name, log in logs:
        for name, e in log["evals"].items():
            passes[name].append((log.get("seed", log_name), float(e["bpb"])))
    near = [(min(abs(v - float(bpb)) for v in [*(v for _, v in values), sum(dict(values).values()) / len(dict(values))]),
             name) for name, values in passes.items() if bpb and (name != "live" or len(passes) == 1)]
    return min(near, key=lambda p: p[0])[1] if bpb else list(logs[0][1]["evals"])[-1]


def claim_lines(name, log):
    out = ["[[claims]]", f"source = {json.dumps(name)}"]
    out += [f"{key} = {value}" for key, value in log.items() if key != "evals"]
    for eval_name, e in log["evals"].items():
        out += ["[[claims.evals]]", f"name = {json.dumps(eval_name)}", f"method = {json.dumps(eval_name)}",
                f'val_loss = "{e["loss"]}"', f'val_bpb = "{e["bpb"]}"']
        if "ms" in e:
            out.append(f"eval_ms = {e['ms']}")
    return out


def card_lines(card, bpb, eval_name, logs):
    out = ["[[claims]]", 'source = "submission.json"']
    total = card.get("bytes_total", card.get("artifact_bytes_max"))
    if isinstance(total, int) and total > 0:
        out.append(f"total_bytes = {total}")
    if bpb:
        out += ["[[claims.evals]]", f"name = {json.dumps(eval_name)}", f'val_bpb = "{bpb}"']
        if loss := decimal(card.get("val_loss")):
            out.append(f'val_loss = "{loss}"')
    out = out if len(out) > 2 else []
    for seed, value in sorted(card_seeds(card).items()):
        out += ["[[claims]]", 'source = "submission.json"', f"seed = {seed}"]
        if value:
            of_seed = [(name, log) for name, log in logs if log.get("seed") == seed]
            name = headline_eval(of_seed, value) if of_seed else eval_name
            out += ["[[claims.evals]]", f"name = {json.dumps(name)}", f'val_bpb = "{value}"']
    return out


def card_seeds(card):
    """Seeds that the card lists -> what it claims of each, or None."""
    out = {}
    for listed in (card.get("seeds"), card.get("seed_results")):
        if not isinstance(listed, (list, dict)):
            continue
        if isinstance(listed, list):
            listed = [(s.get("seed"), s) if isinstance(s, dict) else (s, None) for s in listed]
        for seed, value in listed.items() if isinstance(listed, dict) else listed:
            if str(seed).isdigit() and int(seed) < 2**40:
                value = value.get("val_bpb") if isinstance(value, dict) else value
                bits = isinstance(value, float) and value < 2  # per byte; more is a loss
                out[int(seed)] = out.get(int(seed)) or (decimal(value) if bits else None)
    return out


def document(identifier, key, script, others, logs, card):
    pull, head, path = key
    name, source = script
    track = path.split("/")[1].replace("track_", "")
    bpb = decimal(card.get("val_bpb"))
    shown = headline_eval(logs, bpb)
    value = bpb or logs[0][1]["evals"][shown]["bpb"]
    counted = [log["code_bytes"] for _, log in logs if "code_bytes" in log]
    out = ['format = "pgolf.submission/1"', "[submission]", f'id = "{identifier}"', f"pr = {pull}",
           f'title = "#{pull}"', 'author = "-"', 'date = "2026-04-01"',
           f'track = "{track if track in TRACKS else TRACKS[0]}"', 'hardware = "8x H100 80GB SXM"',
           f"seeds = {seeds_of(logs, card)}", "[upstream]", 'repository = "openai/parameter-golf"',
           f'commit = "{head}"', f"path = {json.dumps(path)}",
           f'script_sha256 = "{hashlib.sha256(source).hexdigest()}"', "[code]",
           f"bytes = {counted[0] if counted else len(source)}",
           'counted = "as the log prints it"' if counted else 'counted = "the script"',
           f"file = {json.dumps(name)}", f"others = {json.dumps(others)}", "[headline]",
           f'source = {json.dumps("submission.json" if bpb else logs[0][0])}', f"eval = {json.dumps(shown)}",
           f'val_bpb = "{value}"', "[techniques]"]
    for log_name, log in logs:
        out += claim_lines(log_name, log)
    return "\n".join(out + card_lines(card, bpb, shown, logs)) + "\n"


def make(repository, out, readme_ref):
    repository = Repository(repository)
    folders = folders_of(repository)
    wanted = {oid for files in folders.values() for name, oid in files.items()
              if name.endswith(LOGS + CODE) or name == "submission.json"}
    blobs = repository.blobs(wanted)
    readme = repository.git("show", f"{readme_ref}:README.md").decode()
    named = set(re.findall(r"records/track_[^)/\s]+/[^)/\s#]+", readme))
    out.mkdir(parents=True)
    table, folders_per_pull = [], collections.Counter()
    for key, files in folders.items():
        here = {name: blobs[oid] for name, oid in sorted(files.items())
                if oid in blobs and "/" not in name and not name.startswith(".") and name.isprintable()}
        logs = [(name, read_log(blob.decode("utf-8", "replace").replace("\r", "\n")))
                for name, blob in here.items() if name.endswith(LOGS) and "requirements" not in name]
        logs = [(name, log) for name, log in logs if log["evals"]]
        scripts = [name for name in here if name == "train_gpt.py"] or [name for name in here if name.endswith(".py")]
        if not logs or not scripts:
            continue
        folders_per_pull[key[0]] += 1
        nth = folders_per_pull[key[0]]
        identifier = f"pr-{key[0]}" if nth == 1 else f"pr-{key[0]}-{nth}"
        others = [name for name in here if name.endswith(CODE) and name != scripts[0]]
        directory = out / identifier
        directory.mkdir()
        for name in [scripts[0]] + [name for name, _ in logs]:
            (directory / name).write_bytes(here[name])
        text = document(identifier, key, (scripts[0], here[scripts[0]]), others, logs,
                        read_card(here.get("submission.json", b"")))
        (directory / "submission.toml").write_text(text)
        table.append({"id": identifier, "pr": key[0], "path": key[2], "named": key[2] in named})
    pathlib.Path(f"{out}.json").write_text(json.dumps(table))
    print(len(table), "folders,", sum(row["named"] for row in table), "named in the README's tables")


def count(out, check):
    """How many folders have which status by rule and reading, and the named ones that fail in practice."""
    table = {row["id"]: row for row in json.loads(pathlib.Path(f"{out}.json").read_text())}
    rows, named = collections.defaultdict(collections.Counter), collections.Counter()
    failing = []
    for judged in json.loads(check.read_text())["submissions"]:
        if judged["problem"]:
            rows["not judged", ""][judged["problem"]] += 1
            continue
        worst = {("outcome", reading): judged[reading] for reading in ("strict", "practice")}
        for v in judged["verdicts"]:
            key = v["rule"], v["reading"]
            worst[key] = min(worst.get(key, "pass"), v["status"], key=STATUSES.index)
        for key, status in worst.items():
            rows[key][status] += 1
        if table.get(judged["submission"], {}).get("named"):
            named[judged["practice"]] += 1
            failing += [(judged["submission"], v["rule"], v["subject"], v["reason"]) for v in judged["verdicts"]
                        if v["reading"] == "practice" and v["status"] == "fail" and v["counts"]]
    print("| rule | reading |", " | ".join(STATUSES), "|\n|---|---|---|---|---|---|")
    for (rule, reading), statuses in sorted(rows.items()):
        print(f"| `{rule}` | {reading} |", " | ".join(str(statuses[status]) for status in STATUSES), "|")
    print("named in the README's tables, in practice:", dict(named))
    for row in failing:
        print(*row, sep="  ")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("verb", choices=("make", "count"))
    parser.add_argument("files", type=pathlib.Path, nargs=2)
    parser.add_argument("--readme", default="refs/heads/main", help="where the README with the tables stands")
    options = parser.parse_args()
    if options.verb == "make":
        make(*options.files, options.readme)
    else:
        count(*options.files)


if __name__ == "__main__":
    main()
