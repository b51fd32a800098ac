#!/usr/bin/env python3
"""Compares spanloom with other programs on the same logs.

    cargo build --release --examples --bins
    benches/compare.py [--style json] [--megabytes 200] [--rounds 3] [--logs DIR] [BINARY]

Each program that is installed reads the same files in turn; the others are named and left out. What they do differs, and
is said in the table: most peers do a part of the work only. Medians are printed; the ratio is the peer's CPU time over
that of `spanloom report`, above 1 where spanloom is faster. Caches are warm: a first round is thrown away.
"""

import argparse
import glob
import os
import shlex
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))

AWK = r'''{ if (match($0, /[0-9a-f]{32}/)) { t = substr($0, RSTART, 32); n[t]++ } } END { for (t in n) print n[t], t }'''
DUCK = """
import duckdb, sys
print(duckdb.sql(f"select trace_id, count(*) n, count(distinct span_id) spans, count(distinct service) services,"
    f" min(time) a, max(time) b from read_json({sys.argv[1:]!r}, format='newline_delimited') where trace_id is not null"
    " group by 1 order by b - a desc limit 20").fetchall()[:1])
"""


def commands(binary, style, files):
    """What is run: name, what it does, command in the shell's words."""
    names = " ".join(map(shlex.quote, files))
    out = "-o /dev/null"
    found = [
        ("spanloom report", "whole job, JSON", f"{binary} report --format json {names}"),
        ("spanloom report -j1", "the same, one thread", f"{binary} report --threads 1 --format json {names}"),
        ("spanloom list", "a row a transaction", f"{binary} list {out} {names}"),
        ("spanloom extract", "a JSON object a record", f"{binary} extract {names}"),
        ("wc -l", "counts lines", f"wc -l {names}"),
    ]
    peers = [
        ("rg", "finds ids only", f"rg -INo '[0-9a-f]{{32}}' {names}"),
        ("mawk", "counts records by id", f"mawk {shlex.quote(AWK)} {names}"),
    ]
    if style == "json":
        peers += [
            ("jq", "ids, times, services as columns", "jq -r '[.trace_id,.time,.span_id,.service]|@tsv' " + names),
            ("jaq", "ids, times, services as columns", "jaq -r '[.trace_id,.time,.span_id,.service]|@tsv' " + names),
            ("duckdb", "groups by trace id", f"{shlex.quote(sys.executable)} -c {shlex.quote(DUCK)} {names}"),
        ]
    if style in ("json", "logfmt"):
        peers.append(("hl", "filters one trace", f"hl -P --raw -f trace_id=00000000000000000000000000000001 {names}"))
    for name, does, command in peers:
        there = has_module("duckdb") if name == "duckdb" else shutil.which(name)
        if there:
            found.append((name, does, command))
        else:
            print(f"left out: {name} is not installed", file=sys.stderr)
    return found


def has_module(name):
    return subprocess.run([sys.executable, "-c", f"import {name}"], capture_output=True).returncode == 0


def once(command):
    """Wall seconds, CPU seconds, peak MiB, exit code."""
    start = time.perf_counter()
    with open(os.devnull, "wb") as null:
        child = subprocess.Popen(["sh", "-c", "exec " + command], stdout=null, stderr=null)
        _, status, used = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    wall = time.perf_counter() - start
    return wall, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024, child.returncode


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("binary", nargs="?", default=os.path.join(ROOT, "target/release/spanloom"))
    parser.add_argument("--style", default="json", choices=["json", "logfmt", "text", "plain"])
    parser.add_argument("--megabytes", type=int, default=200)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--logs", help="a folder of *.log files to read in place of generated ones")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        logs = args.logs or folder
        if not args.logs:
            generate = os.path.join(ROOT, "target/release/examples/generate")
            subprocess.run([generate, folder, args.style, str(args.megabytes)], check=True)
        files = sorted(glob.glob(os.path.join(glob.escape(logs), "*.log*")))
        size = sum(map(os.path.getsize, files))
        print(f"{size / 1e6:.0f} MB {args.style} in {len(files)} files, {args.rounds} rounds, load {os.getloadavg()[0]:.1f}")
        rows = commands(args.binary, args.style, files)
        runs = {name: [] for name, *_ in rows}
        for turn in range(args.rounds + 1):
            for name, _, command in rows:
                run = once(command)
                if turn > 0:
                    runs[name].append(run)
    middle = lambda name, part: statistics.median(run[part] for run in runs[name])
    own = middle("spanloom report", 1)
    print(f"{'':20} {'wall s':>8} {'CPU s':>8} {'GB/CPU s':>9} {'MiB':>6} {'ratio':>6}  what it does")
    for name, does, _ in rows:
        wall, cpu, memory = (middle(name, part) for part in range(3))
        failed = "" if all(run[3] == 0 for run in runs[name]) else "  (failed)"
        rate = size / max(cpu, 1e-3) / 1e9
        print(f"{name:20} {wall:8.2f} {cpu:8.2f} {rate:9.3f} {memory:6.0f} {cpu / own:6.2f}  {does}{failed}")


if __name__ == "__main__":
    main()
