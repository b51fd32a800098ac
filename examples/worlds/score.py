#!/usr/bin/env python3
"""Runs the worlds, weaves their logs and holds the traces against the truth (Python 3 standard library only).

  score.py --scorer DIR [--bin BIN] [--into DIR] [--again] [--than FILE] [NAME ...]

One row a system: F1 of span edges (s), of hop edges (h), of grouping (g), and the share of right roots (r), by variant. --again weaves
what is there; --into DIR also gets scores.json, against which a later run is held with --than. The scorer is the folder of `shop.py`.
"""
import argparse, concurrent.futures, importlib.util, json, pathlib, subprocess, sys

HERE = pathlib.Path(__file__).resolve().parent
VARIANTS = ["v1", "v2", "v3", "v4", "v5", "v6"]
COLUMNS = ["sv1", "sv2", "sv3", "sv5", "sv6", "hv1", "hv4"] + ["g" + v for v in VARIANTS] + ["r" + v for v in VARIANTS]


def candidate_of():
    spec = importlib.util.spec_from_file_location("simulated", HERE.parent / "simulate" / "score.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.candidate


def cells(scores):
    row = {}
    for variant, score in scores.items():
        row["s" + variant] = score["edges_span_level"]["all"]["f1"]
        row["h" + variant] = score["edges_hop_level"]["all"]["f1"]
        row["g" + variant] = score["grouping"]["f1"]
        row["r" + variant] = score["root"]["accuracy"]
    return {column: row[column] for column in COLUMNS if column in row}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*")
    parser.add_argument("--scorer", required=True)
    parser.add_argument("--bin", default=HERE.parents[1] / "target/release/spanloom")
    parser.add_argument("--into", default=HERE.parents[1] / "target/worlds", type=pathlib.Path)
    parser.add_argument("--again", action="store_true")
    parser.add_argument("--than")
    args = parser.parse_args()
    sys.path.insert(0, args.scorer)
    import shop

    candidate = candidate_of()
    names = args.names or sorted(path.stem for path in HERE.glob("?_*.py"))
    if not args.again:
        for name in names:
            subprocess.run([sys.executable, HERE / f"{name}.py", args.into], check=True, stdout=subprocess.DEVNULL)

    def one(pair):
        name, variant = pair
        folder = args.into / name / variant
        run = subprocess.run([args.bin, "report", "--format", "json", folder / "logs"], stdout=subprocess.PIPE, check=True)
        return name, variant, shop.score(str(folder), candidate(json.loads(run.stdout)))

    rows = {name: {} for name in names}
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        for name, variant, score in pool.map(one, [(name, variant) for name in names for variant in VARIANTS]):
            rows[name][variant] = score
    rows = {name: cells(scores) for name, scores in rows.items()}
    (args.into / "scores.json").write_text(json.dumps(rows))
    before = json.loads(pathlib.Path(args.than).read_text()) if args.than else {}
    print(f"{'':12}", *(f"{column:>5}" for column in COLUMNS))
    held = {name: {c: row[c] - before[name][c] for c in row} for name, row in rows.items() if name in before} if before else rows
    for name, row in held.items():
        print(f"{name:12}", *(f"{row[column]:5.2f}" for column in COLUMNS))
    if held:
        print(f"{'mean':12}", *(f"{sum(row[column] for row in held.values()) / len(held):5.2f}" for column in COLUMNS))


if __name__ == "__main__":
    main()
