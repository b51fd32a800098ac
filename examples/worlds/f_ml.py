"""A machine-learning platform: runs driven by a controller with commands and replies, shards joined, evaluation gate, roll-out; predictions through a mesh."""
import json
from world import *


def gcp(r):
    d = {"severity": {"WARN": "WARNING"}.get(r.level, r.level), "message": r.message, "timestamp": isoz(r, 6)}
    if r.trace_id: d |= {"logging.googleapis.com/trace": f"projects/mlp-prod/traces/{r.trace_id}", "logging.googleapis.com/spanId": r.span_id}
    if r.incoming: d["traceparent"] = r.incoming
    return json.dumps(d | r.fields)


def logrus(r):   # whole seconds
    q = lambda v: json.dumps(str(v)) if any(x in str(v) for x in ' ="') else str(v)
    f = dict(r.fields)
    if r.trace_id: f |= {"trace_id": r.trace_id, "span_id": r.span_id}
    if r.incoming_parent: f["parent_span"] = r.incoming_parent
    lev = {"WARN": "warning"}.get(r.level, r.level.lower())
    return f'time="{isoz(r, 0)}" level={lev} msg={json.dumps(r.message)}' + "".join(f" {k}={q(v)}" for k, v in sorted(f.items()))


def ecs(r):
    d = {"@timestamp": isoz(r, 3), "log.level": r.level, "message": r.message, "ecs.version": "1.2.0", "service.name": "feature-store",
         "process.thread.name": f"store-dispatcher-{r.thread}", "log.logger": "io.feat." + r.logger}
    if r.trace_id: d |= {"trace.id": r.trace_id, "span.id": r.span_id}
    if r.incoming_parent: d["parent.id"] = r.incoming_parent
    return json.dumps(d | {"labels." + k: v for k, v in r.fields.items()}, separators=(",", ":"))


def pylog(r):
    lev = {"WARN": "WARNING"}.get(r.level, r.level)
    t = f"[{r.trace_id[-32:]} {r.span_id}] " if r.trace_id else "[- -] "
    return f"{r.time:%Y-%m-%d %H:%M:%S}.{r.time.microsecond // 1000:03d} {lev}:{r.logger}:{t}{r.message}" + (f" parent={r.incoming}" if r.incoming else "")


def gunicorn(r):
    ids = f" trace_id={r.trace_id} span_id={r.span_id}" if r.trace_id else ""
    return f"[{r.time:%Y-%m-%d %H:%M:%S}.{r.time.microsecond // 1000:03d} +0000] [{r.pid}] [{r.level}] {r.message}{ids}" + (f" parent_id={r.incoming_parent}" if r.incoming_parent else "")


def rlog(r):   # an R package
    t = f" {{{r.trace_id}.{r.span_id}}}" if r.trace_id else ""
    return f"{r.level:<5} [{r.time:%Y-%m-%d %H:%M:%S}.{r.time.microsecond // 1000:03d}]{t} {r.message}" + (f" <- {r.incoming_parent}" if r.incoming_parent else "")


def klog(r):
    f = dict(r.fields)
    if r.trace_id: f |= {"traceID": r.trace_id, "spanID": r.span_id}
    if r.incoming: f["traceparent"] = r.incoming
    return f"{r.level[0]}{r.time:%m%d %H:%M:%S.%f} {r.pid:7d} {r.logger}] {json.dumps(r.message)}" + "".join(f' {k}={json.dumps(v)}' for k, v in f.items())


def envoy(r):
    if not r.fields: return f"[{r.time:%Y-%m-%d %H:%M:%S}.{r.time.microsecond // 1000:03d}][{r.pid}][{r.level.lower()}][main] {r.message}"
    f = r.fields
    return f'[{isoz(r, 3)}] "{r.message} HTTP/1.1" {f["st"]} {f["flags"]} - "-" {f["rx"]} {f["tx"]} {f["ms"]} {f["up"]} "-" "mlp-sdk/1.9" "{f["rid"]}" "predict.mlp" traceid={r.trace_id or "-"} spanid={r.span_id or "-"}' + (f' tp={r.incoming}' if r.incoming else "")


def triton(r):
    t = f" [trace {r.trace_id} span {r.span_id}]" if r.trace_id else ""
    return f"{r.level[0]}{r.time:%m%d %H:%M:%S.%f} {r.pid} {r.logger}]{t} {r.message}" + (f" [parent {r.incoming_parent}]" if r.incoming_parent else "")


def gelf(r):
    d = {"version": "1.1", "host": "gpu-broker-0", "short_message": r.message, "timestamp": round(r.ns / NS, 3), "level": {"DEBUG": 7, "INFO": 6, "WARN": 4, "ERROR": 3}[r.level]}
    d |= {"_" + k: v for k, v in r.fields.items()}
    if r.trace_id: d |= {"_trace_id": r.trace_id, "_span_id": r.span_id}
    if r.incoming_parent: d["_parent_id"] = r.incoming_parent
    return json.dumps(d)


MODELS = ["churn-xgb", "eta-lstm", "fraud-gnn", "rank-bert", "price-mlp"]


def build(w):
    w.network_ms, w.broker_ms = 1.2, 5
    n = [1_790_000_000_000]

    def redis_id():
        n[0] = max(n[0] + 1, w.ns() // 1_000_000)
        return f"{n[0]}-0"
    w.new_message_id = redis_id
    console = w.service("console", gcp)
    ctl = w.service("controller", logrus, errors=lambda c, e: c.log.error("step failed for good", error=str(e)))
    feats = w.service("features", ecs, errors=lambda c, e: c.log.error("materialization aborted", logger="Materializer", cause=str(e)))
    trainer = w.service("trainer", pylog, errors=lambda c, e: c.log.error(f"Traceback (most recent call last):\n  File \"/opt/train/worker.py\", line 118, in run\n    step(batch)\nRuntimeError: {e}", logger="worker"))
    registry = w.service("registry", gunicorn, errors=lambda c, e: c.log.error(f"Exception in consumer: {e}"))
    evalr = w.service("evaluator", rlog, errors=lambda c, e: c.log.error(f"Error in evaluate(): {e}"))
    deployer = w.service("deployer", klog)
    mesh = w.service("mesh", envoy)
    infer = w.service("inference", triton)
    quota = w.service("quota", gelf, errors=lambda c, e: c.log.error("lease handling broke", why=str(e)))
    runs, gpus, lastver = {}, asyncio.Semaphore(7), {m: 10 for m in MODELS}

    # ------------------------------------------------------------------ console
    @console.http("POST /runs")
    async def submit(ctx, b):
        async with ctx.client("controller", "POST /workflows") as c:
            st, a = await c.send(b)
            c.log.debug(f"POST http://controller:8088/workflows {st}", latency_ms=round(c.elapsed_ms(), 1))
        ctx.log.info("run submitted", run_id=a["wf"], model=b["model"], owner=b["owner"], httpRequest={"requestMethod": "POST", "requestUrl": "/runs", "status": st, "latency": f"{ctx.elapsed_ms() / 1000:.3f}s"}, incoming=True)
        return st, a

    @console.http("PUT /runs/{id}/state")
    async def state(ctx, b):
        rid = b["_route"].split("/")[2]
        async with ctx.span("firestore.Commit", "CLIENT") as c:
            await c.work(14)
            c.log.debug("document committed", path=f"runs/{rid}")
        ctx.log.info(f"run {rid} is now {b['state']}", run_id=rid, incoming=True)
        return 204, {}

    @console.http("GET /runs/{id}")
    async def get_run(ctx, b):
        rid = b["_route"].split("/")[2]
        async with ctx.span("firestore.Get", "CLIENT") as c:
            await c.work(8)
            c.log.debug("document read", path=f"runs/{rid}")
        return 200, {}

    @console.http("DELETE /runs/{id}")
    async def stop(ctx, b):
        rid = b["_route"].split("/")[2]
        ctx.log.warn(f"user wants {rid} stopped", run_id=rid, incoming=True)
        async with ctx.client("controller", f"POST /workflows/{rid}/stop") as c:
            st, _ = await c.send()
            c.log.info("controller answered", status=st)
        return st, {}

    # ------------------------------------------------------------------ controller: the saga
    def begin(ctx, model, why):
        wf = f"wf-{model.split('-')[0]}-" + "".join(ctx.rng.choice("bcdfghjklmnpqrstvwxz2456789") for _ in range(5))
        runs[wf] = {"wf": wf, "model": model, "state": "pending", "shards": {}, "n": ctx.rng.choice([2, 2, 3])}
        ctx.log.info("workflow created", workflow=wf, template="train-eval-deploy", trigger=why)
        return runs[wf]

    async def command(ctx, topic, body):   # bare redis streams client, nobody instrumented it
        mid = await ctx.publish(topic, body, producer_span=False)
        return mid

    @ctl.http("POST /workflows")
    async def create(ctx, b):
        run = begin(ctx, b["model"], "user")
        async with ctx.span("etcd put", "CLIENT") as c:
            await c.work(3)
            c.log.debug("etcd put", key="/wf/" + run["wf"])
        await command(ctx, "lease.request", {"wf": run["wf"], "gpus": run["n"]})
        return 202, {"wf": run["wf"]}

    @ctl.http("POST /workflows/{id}/stop")
    async def stop_wf(ctx, b):
        run = runs[b["_route"].split("/")[2]]
        await ctx.work(2)
        if run["state"] in ("done", "failed", "rejected"):
            ctx.log.info("nothing to stop", workflow=run["wf"], phase=run["state"], incoming=True)
            return 409, {}
        run["stop"] = True
        ctx.log.info("stop flag set", workflow=run["wf"], phase=run["state"], incoming=True)
        return 202, {}

    async def finish(ctx, run, state):
        run["state"] = state
        await command(ctx, "lease.release", {"wf": run["wf"]})
        async with ctx.client("console", f"PUT /runs/{run['wf']}/state") as c:
            st, _ = await c.send({"state": state})
            c.log.debug("console callback", workflow=run["wf"], code=st)

    @ctl.consumer("lease.granted")
    async def granted(ctx, m):
        run = runs[m.body["job"]]
        run["state"] = "preparing"
        ctx.log.info("lease granted, materializing features", workflow=run["wf"], lease=m.body["lease"], incoming=True)
        await command(ctx, "features.materialize", {"requestor": run["wf"], "view": run["model"] + "_v3"})

    @ctl.consumer("dataset.ready")
    async def dataset(ctx, m):
        run = runs[m.body["requestor"]]
        if run.get("stop"):
            ctx.log.info("stopped by user before training", workflow=run["wf"])
            return await finish(ctx, run, "failed")
        run["state"] = "training"
        for i in range(run["n"]):
            mid = await command(ctx, "shard.train", {"job": run["wf"], "rank": i, "world": run["n"], "uri": m.body["uri"]})
            ctx.log.info(f"dispatched shard {i}/{run['n']}", workflow=run["wf"], entry=mid)

    @ctl.consumer("shard.done")
    async def shard_done(ctx, m):
        run = runs[m.body["job"]]
        run["shards"][m.body["rank"]] = (m.body, m.origin)
        if len(run["shards"]) < run["n"]:
            await ctx.work(0.5)
            ctx.log.debug("shard in", workflow=run["wf"], rank=m.body["rank"], have=len(run["shards"]))
            return
        for body, origin in list(run["shards"].values())[:-1]: ctx.link(origin)
        bad = [r for r, (x, _) in run["shards"].items() if x["loss"] is None]
        if bad:
            ctx.log.error("training failed", workflow=run["wf"], ranks=bad)
            return await finish(ctx, run, "failed")
        ctx.log.info("all shards in", workflow=run["wf"], shards=run["n"], incoming=True)
        async with ctx.client("registry", "POST /api/2.0/versions") as c:
            c.log.debug("registering", workflow=run["wf"])
            st, a = await c.send({"name": run["model"], "run": run["wf"]})
        run["version"] = a["version"]
        await command(ctx, "eval.start", {"run": run["wf"], "model": run["model"], "version": a["version"]})

    @ctl.consumer("eval.result")
    async def gate(ctx, m):
        run = runs[m.body["run"]]
        if not m.body["pass"]:
            ctx.log.warning("gate closed", workflow=run["wf"], auc=m.body["auc"], incoming=True)
            return await finish(ctx, run, "rejected")
        run["state"] = "deploying"
        async with ctx.client("deployer", "POST /rollouts") as c:
            st, a = await c.send({"wf": run["wf"], "model": run["model"], "version": run["version"]})
        ctx.log.info("gate open", workflow=run["wf"], auc=m.body["auc"], rollout=a["name"])

    @ctl.consumer("rollout.done")
    async def rolled(ctx, m):
        run = runs[m.body["wf"]]
        await finish(ctx, run, "done" if m.body["ok"] else "failed")
        ctx.log.info("workflow finished", workflow=run["wf"], phase=run["state"], incoming=True)

    @ctl.consumer("drift.found")
    async def retrain(ctx, m):
        run = begin(ctx, m.body["model"], f"drift psi={m.body['psi']}")
        await command(ctx, "lease.request", {"wf": run["wf"], "gpus": run["n"]})

    # ------------------------------------------------------------------ gpu quota
    @quota.consumer("lease.request")
    async def lease(ctx, m):
        ctx.log.info("lease wanted", job=m.body["wf"], gpus=m.body["gpus"], incoming=True)
        await gpus.acquire()
        runs[m.body["wf"]]["leased"] = True
        async with ctx.producer("lease.granted") as p:
            await p.send({"job": m.body["wf"], "lease": f"L{ctx.rng.randrange(16**6):06x}"})
            p.log.info("granted", job=m.body["wf"], waited_ms=round(ctx.elapsed_ms()))

        async def reaper():
            await sleep(12_000)
            if runs[m.body["wf"]].pop("leased", None): gpus.release()
        w._spawn(reaper())

    @quota.consumer("lease.release")
    async def release(ctx, m):
        if runs[m.body["wf"]].pop("leased", None): gpus.release()
        ctx.log.debug("returned", job=m.body["wf"])

    # ------------------------------------------------------------------ feature store
    @feats.consumer("features.materialize")
    async def materialize(ctx, m):
        async def scan(table, log):
            async with ctx.span("spark scan " + table, "CLIENT") as s:
                await s.work(120, 0.6)
                if log: s.log.info(f"scanned {table}: {s.rng.randrange(10**5, 10**7)} rows", logger="SparkRunner")
        await asyncio.gather(scan("events", True), scan("profiles", ctx.rng.random() < 0.5))
        async with ctx.span("write parquet", "CLIENT") as s:
            await s.work(70)
            s.log.debug(f"s3a committer: 8 part files for {m.body['view']}", logger="S3A")
        uri = f"s3://feat/{m.body['view']}/{m.body['requestor']}"
        await ctx.publish("dataset.ready", {"requestor": m.body["requestor"], "uri": uri}, producer_span=False)
        ctx.log.info(f"materialized {m.body['view']} for {m.body['requestor']} in {ctx.elapsed_ms():.0f} ms", logger="Materializer", entry=m.id, incoming=True)

    @feats.http("POST /online:batch")
    async def online(ctx, b):
        async with ctx.span("redis mget", "CLIENT") as c:
            await c.work(1.1)
            miss = c.rng.random() < 0.1
            if miss: c.log.warning(f"{b['n']} keys, stale values served", logger="OnlineStore")
        ctx.log.debug(f"online read {b['view']} n={b['n']} {ctx.elapsed_ms():.1f}ms", logger="OnlineStore", incoming=True)
        return 200, {}

    # ------------------------------------------------------------------ trainer
    @trainer.consumer("shard.train", retries=2, retry_ms=300, concurrency=30)
    async def train(ctx, m):
        b = m.body
        tag = f"{b['job']}[{b['rank']}]"
        ctx.log.info(f"{tag} starting, world_size={b['world']} data={b['uri']}" + (f" (attempt {m.attempt})" if m.attempt > 1 else ""), logger="worker", incoming=True)
        async with ctx.span("S3 GET dataset", "CLIENT") as c:
            await c.work(40)
        loss = 0.9
        for epoch in range(1, 4):
            await ctx.work(260, 0.4)
            loss *= 0.55 + ctx.rng.random() / 4
            if ctx.rng.random() < 0.012:
                ctx.log.error(f"{tag} CUDA out of memory. Tried to allocate 2.34 GiB", logger="torch")
                if m.attempt < 3: raise Exception("oom")
                loss = None
                break
            if b["rank"] == 0: ctx.log.info(f"{tag} epoch {epoch} loss={loss:.4f}", logger="loop")
        async with ctx.span("S3 PUT checkpoint", "CLIENT") as c:
            await c.work(55)
            c.log.info(f"{tag} checkpoint saved ({c.elapsed_ms():.0f} ms)", logger="ckpt")
        await ctx.publish("shard.done", {"job": b["job"], "rank": b["rank"], "loss": loss})

    # ------------------------------------------------------------------ registry
    @registry.http("POST /api/2.0/versions")
    async def version(ctx, b):
        async with ctx.span("INSERT model_versions", "CLIENT") as c:
            await c.work(5)
            c.log.debug("INSERT INTO model_versions (name, version, run_id, current_stage) VALUES (?, ?, ?, 'None')")
        lastver[b["name"]] += 1
        ctx.log.info(f'10.1.4.9 "POST /api/2.0/versions" 200 {b["name"]}/{lastver[b["name"]]} from {b["run"]} {ctx.elapsed_ms():.0f}ms', incoming=True)
        return 200, {"version": lastver[b["name"]]}

    @registry.consumer("rollout.done")
    async def stage(ctx, m):
        await ctx.work(6)
        to = "Production" if m.body["ok"] else "Archived"
        ctx.log.info(f"Transitioned {m.body['model']} version {m.body['version']} to {to}")

    # ------------------------------------------------------------------ evaluator
    @evalr.consumer("eval.start")
    async def evaluate(ctx, m):
        b = m.body
        st, _ = await ctx.call("features", "POST /online:batch", {"view": b["model"] + "_v3", "n": 500})
        async with ctx.span("score holdout") as s:
            await s.work(350, 0.5)
            auc = round(min(0.99, s.rng.gauss(0.86, 0.05)), 4)
            s.log.info(f"AUC {auc} on 500 rows")
        ok = auc > 0.78
        async with ctx.producer("eval.result") as p:
            await p.send({"run": b["run"], "auc": auc, "pass": ok})
        ctx.log.info(f"evaluated {b['model']} v{b['version']} for run {b['run']}: {'PASS' if ok else 'FAIL'}", incoming=True)

    @evalr.every(6, first=3)
    async def drift_check(ctx):
        model = ctx.rng.choice(MODELS)
        await ctx.call("features", "POST /online:batch", {"view": model + "_v3", "n": 2000})
        psi = round(abs(ctx.rng.gauss(0.12, 0.12)), 3)
        ctx.log.info(f"PSI of {model} is {psi}")
        if psi > 0.2:
            await ctx.publish("drift.found", {"model": model, "psi": psi})
            ctx.log.warning(f"drift in {model}, retraining asked")

    # ------------------------------------------------------------------ deployer
    @deployer.http("POST /rollouts")
    async def rollout(ctx, b):
        name = f"{b['model']}-{b['version']:05d}-deployment"
        ctx.log.info("Creating rollout", logger="rollout.go:71", name=name, workflow=b["wf"], incoming=True)
        async with ctx.span("apply manifest", "CLIENT") as c:
            await c.work(18)
            c.log.info("Applied InferenceService", logger="apply.go:212", name=name)

        async def watch():
            ok = False
            for i in range(4):
                await sleep(350)
                async with ctx.span("get readiness", "CLIENT") as c:
                    await c.work(8)
                    ok = c.rng.random() < 0.6
                    c.log.info("Readiness polled", logger="watch.go:133", name=name, ready=f"{2 if ok else 1}/2")
                if ok: break
            if not ok: ctx.log.error("Progress deadline exceeded, rolling back", logger="watch.go:150", name=name)
            async with ctx.producer("rollout.done") as p:
                mid = await p.send({"wf": b["wf"], "model": b["model"], "version": b["version"], "ok": ok})
                p.log.debug("Event recorded", logger="events.go:29", reason="RolloutDone", id=mid)
        ctx.spawn(watch())
        return 202, {"name": name}

    # ------------------------------------------------------------------ predictions
    @mesh.http("POST /predict/{model}")
    async def through(ctx, b):
        async with ctx.client("inference", f"POST /v2/models/{b['_route'].rsplit('/', 1)[1]}/infer") as c:
            st, a = await asyncio.wait_for(c.send({"entity": b["entity"]}), 10)
        ms = int(ctx.elapsed_ms())
        ctx.log.info("POST " + b["_route"].split(" ")[1], st=st, flags="-" if st == 200 else "UF", rx=ctx.rng.randrange(80, 600), tx=ctx.rng.randrange(40, 90), ms=ms, up=max(0, ms - 1), rid=f"{ctx.rng.getrandbits(32):08x}-{b['entity']}", incoming=True)
        return st, a

    @infer.http("POST /v2/models/{model}/infer")
    async def do_infer(ctx, b):
        model = b["_route"].split("/")[3]
        await ctx.call("features", "POST /online:batch", {"view": model + "_v3", "n": 1})
        if ctx.rng.random() < 0.03:
            ctx.log.warning(f"model '{model}' is not at ready state", logger="model_lifecycle.cc:265", incoming=True)
            return 503, {}
        async with ctx.span("compute") as s:
            await s.work(9, 0.6)
            if s.rng.random() < 0.4: s.log.debug(f"'{model}' batch 1 executed in {int(s.elapsed_ms() * 1000)} us on GPU0", logger="onnxruntime.cc:2421")
        ctx.log.info(f"infer {model} v{lastver[model]} entity {b['entity']} done", logger="http_server.cc:3012", incoming=True)
        return 200, {}

    feats.noise(4, lambda l: l.info("Checkpoint completed", logger="Coordinator", bytes=w.rng.randrange(10**5, 10**6)))
    ctl.noise(5, lambda l: l.debug("reconcile queue", depth=w.rng.randrange(9)))
    trainer.noise(6, lambda l: l.info(f"nvml: gpu{w.rng.randrange(8)} util {w.rng.randrange(30, 100)}% temp {w.rng.randrange(50, 80)}C", logger="nvml"))
    mesh.noise(9, lambda l: l.info("cds: added/updated 2 cluster(s), skipped 31 unmodified"))
    registry.noise(8, lambda l: l.info("Worker heartbeat"))
    infer.noise(5, lambda l: l.info("Polling model repository", logger="server.cc:610"))
    deployer.noise(7, lambda l: l.info("successfully renewed lease", logger="leaderelection.go:278", lock="mlp/deployer"))


async def load(w):
    w.services["inference"].log.info("Started HTTPService at 0.0.0.0:8000", logger="http_server.cc:4692")

    async def one(i):
        r = w.rng
        if r.random() < 0.5:
            await w.start("mesh", f"POST /predict/{r.choice(MODELS)}", {"entity": f"cust:{r.randrange(10**6)}"})
            return
        st, a = await w.start("console", "POST /runs", {"model": r.choice(MODELS), "owner": r.choice(["ana", "wei", "tomas", "ife"])})
        x = r.random()
        if x < 0.25:
            await sleep(800 + 2500 * r.random())
            await w.start("console", "GET /runs/" + a["wf"])
        elif x < 0.4:
            await sleep(300 + 2000 * r.random())
            await w.start("console", "DELETE /runs/" + a["wf"])
    await arrivals(w, 150, 4, one)

record(build, load, "f_ml")
