#!/usr/bin/env python3
"""Draws systems, weaves their logs and holds the traces against the truth (Python 3 standard library only).

  score.py FIRST LAST [--into DIR] [--scorer DIR] [--again]

Each seed has its variant and its number of transactions, so that the same seeds always mean the same systems. They are
written to DIR/s001 and so on, and kept; --again weaves what is there without drawing it again. The scorer is the folder of `shop.py`,
which scores the recorded corpora. Both programs are taken from target/release: cargo build --release --examples --bins.
"""
import argparse, concurrent.futures, json, pathlib, statistics, subprocess, sys, time

ROOT = pathlib.Path(__file__).resolve().parents[2]
RELEASE = ROOT / "target" / "release"


def variant(seed):
    return f"v{(seed - 1) % 6 + 1}"


def transactions(seed):
    return 150 + seed * 97 % 251


def candidate(report):
    """What the scorer reads of a report."""
    def line(record):
        return [pathlib.PurePath(record["file"]).name, record["line"]]

    def span(span):
        taken = {key: span.get(key) for key in ("span_id", "parent_span_id", "service", "name", "start", "end")}
        links = [{"span_id": link["span_id"]} for link in span.get("links", [])]
        return taken | {"links": links, "lines": [line(r) for r in span.get("records", []) if "line" in r]}

    traces = [{"trace_id": t["trace_id"], "members": t.get("members", []), "spans": [span(s) for s in t["spans"]]} for t in report["traces"]]
    return {"traces": traces}


def row(seed, args):
    folder = args.into / f"s{seed:03}"
    if not args.again:
        draw = [RELEASE / "examples" / "simulate", "--seed", seed, "--variant", variant(seed), "--transactions", transactions(seed), "--out", folder]
        subprocess.run([str(word) for word in draw], check=True, stdout=subprocess.DEVNULL)
    began = time.time()
    run = subprocess.run([str(args.bin), "report", "--format", "json", str(folder / "logs")], stdout=subprocess.PIPE, check=True)
    seconds = time.time() - began
    import shop

    scores = shop.score(str(folder), candidate(json.loads(run.stdout)))
    edges, hops, groups, roots = (scores[key] for key in ("edges_span_level", "edges_hop_level", "grouping", "root"))
    stats = json.loads((folder / "truth" / "stats.json").read_text())
    return {
        "system": stats["system"], "variant": variant(seed), "spans": stats["spans"], "span_recall": scores["span_recall"],
        "span_p": edges["all"]["precision"], "span_r": edges["all"]["recall"], "span_f1": edges["all"]["f1"],
        "inner": edges["type in-process"]["f1"], "call": edges["type http"]["f1"], "message": edges["type message"]["f1"],
        "hop_f1": hops["all"]["f1"], "group_p": groups["precision"], "group_r": groups["recall"],
        "group_f1": groups["f1"], "root": roots["accuracy"], "seconds": round(seconds, 2),
    }


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("first", type=int)
    parser.add_argument("last", type=int)
    parser.add_argument("--into", type=pathlib.Path, default=ROOT / "target" / "simulated")
    parser.add_argument("--scorer", default=".")
    parser.add_argument("--bin", type=pathlib.Path, default=RELEASE / "spanloom")
    parser.add_argument("--again", action="store_true")
    args = parser.parse_args()
    sys.path.insert(0, args.scorer)
    with concurrent.futures.ProcessPoolExecutor(2) as pool:
        rows = list(pool.map(row, range(args.first, args.last + 1), [args] * (args.last + 1 - args.first)))
    print(*rows[0], sep="\t")
    for values in rows:
        print(*values.values(), sep="\t")
    for key in ("span_f1", "hop_f1", "group_p", "group_r", "group_f1", "root"):
        values = sorted(values[key] for values in rows)
        print(f"{key}: median {statistics.median(values):.4f}, tenth percentile {values[len(values) // 10]:.4f}, least {values[0]:.4f}")


if __name__ == "__main__":
    main()
