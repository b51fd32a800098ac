"""Drug discovery: chemists ask for assays of compounds; plates are picked, run, read, fitted, registered."""
import asyncio, datetime, json
from world import *

# ---------------------------------------------------------------- formatters
def envoy(r):
    f = r.fields
    if "path" not in f:
        return f"[{r.time:%Y-%m-%d %H:%M:%S}.{r.time.microsecond // 1000:03d}][1][info][{r.logger}] {r.message}"
    began = r.time - datetime.timedelta(milliseconds=f["ms"])
    tp = r.incoming or "-"
    own = f'"{r.trace_id}" "{r.span_id}"' if r.trace_id else '"-" "-"'
    return (f'[{began:%Y-%m-%dT%H:%M:%S}.{began.microsecond // 1000:03d}Z] "{f["path"]} HTTP/2" {f["status"]} - {f["rx"]} {f["tx"]} {f["ms"]:.0f} {max(f["ms"] - 1, 0):.0f} '
            f'"10.12.3.{f["rx"] % 40}" "{f["agent"]}" "{f["rid"]}" "research.internal" "10.12.8.{f["up"]}:8443" {own}' + (f' "{tp}"' if r.incoming else ""))

def stdlog(r):          # python logging with opentelemetry's logging instrumentation
    ids = f"[trace_id={r.trace_id} span_id={r.span_id}]" if r.trace_id else "[trace_id=0 span_id=0]"
    lv = {"WARN": "WARNING"}.get(r.level, r.level)
    p = f" (traceparent: {r.incoming})" if r.incoming else ""
    return f"{r.time:%Y-%m-%d %H:%M:%S},{r.time.microsecond // 1000:03d} {lv} [{r.logger}] {ids} - {r.message}{p}"

def serilog(r):
    d = {"@t": isoz(r, 7), "@mt": r.message, **({} if r.level == "INFO" else {"@l": {"WARN": "Warning", "DEBUG": "Debug", "ERROR": "Error"}[r.level]})}
    if r.trace_id: d |= {"@tr": r.trace_id, "@sp": r.span_id}
    if r.incoming_parent: d["ParentId"] = r.incoming_parent
    return json.dumps(d | r.fields | {"SourceContext": r.logger}, separators=(",", ":"))

def tracing(r):         # rust tracing-subscriber, compact
    ids = f" trace_id={r.trace_id} span_id={r.span_id}" if r.trace_id else ""
    if r.incoming_parent: ids += f" remote_parent={r.incoming_parent}"
    kv = "".join(f" {k}={json.dumps(v) if isinstance(v, str) and ' ' in v else v}" for k, v in r.fields.items())
    return f"{isoz(r, 6)} {r.level:>5} {r.logger}: {r.message}{kv}{ids}"

def log4j(r):
    mdc = f"{{span_id={r.span_id}, trace_flags=01, trace_id={r.trace_id}}}" if r.trace_id else "{}"
    p = f" parentSpan={r.incoming_parent}" if r.incoming_parent else ""
    return f"{r.time:%H:%M:%S}.{r.time.microsecond // 1000:03d} [fit-pool-{r.thread}] {r.level:5} {r.logger} {mdc} {r.message}{p}"

def slogtext(r):
    kv = "".join(f" {k}={json.dumps(v) if isinstance(v, str) and (' ' in v or '=' in v) else v}" for k, v in r.fields.items())
    m = json.dumps(r.message) if " " in r.message else r.message
    ids = f" trace_id={r.trace_id} span_id={r.span_id}" if r.trace_id else ""
    if r.incoming: ids += f" traceparent={r.incoming}"
    return f"time={isoz(r)} level={r.level} msg={m}{kv}{ids}"

def seconds(r):         # old lab control software, whole seconds
    ids = f" <{r.trace_id}:{r.span_id}>" if r.trace_id else ""
    p = f" caller={r.incoming_parent}" if r.incoming_parent else ""
    return f"{r.time:%d.%m.%Y %H:%M:%S} | {r.level[0]} | {r.logger:<8} | {r.message}{ids}{p}"

def ecs(r):
    d = {"@timestamp": isoz(r), "log.level": r.level.lower(), "message": r.message, "ecs.version": "1.6.0", "service.name": "eln-notify", "process.pid": r.pid}
    if r.trace_id: d |= {"trace.id": r.trace_id, "span.id": r.span_id}
    if r.incoming: d["http.request.headers.traceparent"] = r.incoming
    return json.dumps(d | {f"labels.{k}": v for k, v in r.fields.items()}, separators=(",", ":"))


ASSAYS = ["KRAS-G12C-TR-FRET", "hERG-patch", "CYP3A4-inh", "solubility-kin", "BTK-biochem", "Caco2-perm"]

def build(w):
    rng = w.rng
    w.network_ms, w.broker_ms = 0.6, 3.0
    tag = [0]
    def delivery_tag():
        tag[0] += 1
        return str(tag[0])
    w.new_message_id = delivery_tag

    front = w.service("gateway-envoy", envoy)
    req = w.service("assay-requests", stdlog, errors=lambda c, e: c.log.error(f"Task failed\nTraceback (most recent call last):\n  File \"/app/requests/consumers.py\", line 61, in run\n    self.handle(body)\nRuntimeError: {e}", logger="requests.consumers"))
    comp = w.service("compound-store", serilog, errors=lambda c, e: c.log.error("Consumer {Consumer} faulted: {Reason}", Consumer="PickConsumer", Reason=str(e), logger="CompoundStore.Bus"))
    sched = w.service("run-director", tracing, errors=lambda c, e: c.log.error("handler failed", error=str(e), logger="run_director::bus"))
    robot = w.service("robot-cell", seconds, errors=lambda c, e: c.log.error(f"EXCEPTION {e}", logger="CELL"))
    fit = w.service("curvefit", log4j, errors=lambda c, e: c.log.error(f"Dropping message: {e}", logger="c.l.fit.Worker"))
    reg = w.service("result-registry", slogtext, errors=lambda c, e: c.log.error("consume failed", err=str(e)))
    note = w.service("eln-notify", ecs, errors=lambda c, e: c.log.error("processing failed", reason=str(e)))
    reqs, runs, number = {}, {}, [24100]

    # ---------------------------------------------------------- envoy
    def via(route, target, up):
        @front.http(route)
        async def through(ctx, body):
            s, a = await ctx.call(target, body["_route"], {k: v for k, v in body.items() if k[0] != "_"}, client_span=False)
            ctx.log.info("", incoming=True, path=body["_route"], status=s, rx=rng.randrange(60, 900), tx=rng.randrange(40, 3000), ms=ctx.elapsed_ms(), up=up,
                         agent=rng.choice(["ELN-Desktop/11.3", "python-requests/2.32.3", "spotfire/14"]), rid=w.new_uuid())
            return s, a
    w.new_uuid = lambda: "%08x-%04x-4%03x-9%03x-%012x" % tuple(rng.getrandbits(b) for b in (32, 16, 12, 12, 48))
    via("POST /v2/assay-requests", "assay-requests", 21)
    via("GET /v2/assay-requests/{id}", "assay-requests", 21)
    via("DELETE /v2/assay-requests/{id}", "assay-requests", 21)
    via("GET /v2/results/{compound}", "result-registry", 44)

    # ---------------------------------------------------------- requests
    @req.http("POST /v2/assay-requests")
    async def create(ctx, b):
        ctx.log.info(f"new request: compound={b['compound']} assay={b['assay']} by {b['user']}", incoming=True, logger="requests.api")
        async with ctx.client("compound-store", f"GET /inventory/{b['compound']}") as c:
            s, inv = await c.send({})
            c.log.debug(f"inventory of {b['compound']}: HTTP {s}, {inv.get('ul', 0)} ul left", logger="requests.clients.compound")
        if s != 200 or inv["ul"] < 8:
            ctx.log.warning(f"rejecting {b['compound']}: not enough material", logger="requests.api")
            return 422, {}
        number[0] += 1
        rid = f"AR-{number[0]}"
        async with ctx.span("INSERT assay_request", "CLIENT") as c:
            await c.work(3)
            c.log.debug(f"INSERT INTO assay_request (id, compound, assay, state) VALUES ('{rid}', %s, %s, 'NEW') [{c.elapsed_ms():.1f} ms]", logger="sqlalchemy.engine.Engine")
        reqs[rid] = dict(b, rid=rid, state="NEW")
        async with ctx.producer("cmd.plan-run") as p:
            await p.send({"rid": rid, "compound": b["compound"], "assay": b["assay"]})
            p.log.info(f"plan-run command sent for {rid}", logger="requests.bus")
        ctx.log.info(f"{rid} accepted ({ctx.elapsed_ms():.1f} ms)", logger="requests.api")
        return 201, {"id": rid}

    @req.http("GET /v2/assay-requests/{id}")
    async def state(ctx, b):
        rid = b["_route"].rsplit("/", 1)[1]
        async with ctx.span("SELECT assay_request", "CLIENT") as c:
            await c.work(2)
            c.log.debug(f"SELECT state FROM assay_request WHERE id='{rid}' [{c.elapsed_ms():.1f} ms]", logger="sqlalchemy.engine.Engine")
        ctx.log.info(f"status of {rid} is {reqs[rid]['state']}", incoming=True, logger="requests.api")
        return 200, {"state": reqs[rid]["state"]}

    @req.http("DELETE /v2/assay-requests/{id}")
    async def withdraw(ctx, b):
        rid = b["_route"].rsplit("/", 1)[1]
        ctx.log.info(f"withdrawing {rid}", incoming=True, logger="requests.api")
        if reqs[rid]["state"] == "DONE":
            ctx.log.warning(f"{rid} already has results, cannot withdraw", logger="requests.api")
            return 409, {}
        reqs[rid]["state"] = "WITHDRAWN"
        async with ctx.span("UPDATE assay_request", "CLIENT") as c:
            await c.work(3)
            c.log.debug(f"UPDATE assay_request SET state='WITHDRAWN' WHERE id='{rid}' [{c.elapsed_ms():.1f} ms]", logger="sqlalchemy.engine.Engine")
        await ctx.publish("request.withdrawn", {"rid": rid, "user": reqs[rid]["user"]})
        ctx.log.info(f"{rid} withdrawn", logger="requests.api")
        return 204, {}

    @req.consumer("run.finished", retries=1)
    async def done(ctx, m):
        ctx.log.info(f"run finished for {m.body['rid']}, outcome={m.body['outcome']}", incoming=True, logger="requests.consumers")
        reqs[m.body["rid"]]["state"] = "DONE" if m.body["outcome"] == "ok" else "FAILED"
        async with ctx.span("UPDATE assay_request", "CLIENT") as c:
            await c.work(3)
        ctx.log.info(f"{m.body['rid']} closed as {reqs[m.body['rid']]['state']}", logger="requests.consumers")

    # ---------------------------------------------------------- compounds
    @comp.http("GET /inventory/{compound}")
    async def inventory(ctx, b):
        cid = b["_route"].rsplit("/", 1)[1]
        await ctx.work(0.8)
        ul = rng.randrange(2, 120) if rng.random() < 0.3 else rng.randrange(40, 300)
        ctx.log.info("HTTP {Method} {Path} responded {Status} in {Elapsed} ms", incoming=True, Method="GET", Path=f"/inventory/{cid}", Status=200, Elapsed=round(ctx.elapsed_ms(), 4), logger="Serilog.AspNetCore.RequestLoggingMiddleware")
        return 200, {"ul": ul}

    @comp.consumer("cmd.pick", retries=2)
    async def pick(ctx, m):
        ctx.log.info("Picking {Compound} into {Plate} for run {Run}", incoming=True, Compound=m.body["compound"], Plate=m.body["plate"], Run=m.body["run"], logger="CompoundStore.PickConsumer")
        await ctx.work(160)
        ctx.log.debug("Dispensed {Volume} nl with {Transfers} transfers", Volume=rng.choice([25, 50, 100]), Transfers=rng.randrange(11, 23), logger="CompoundStore.Echo")
        if rng.random() < 0.05 and m.attempt == 1:
            ctx.log.warning("Meniscus of {Compound} not found, retrying", Compound=m.body["compound"], logger="CompoundStore.PickConsumer")
            raise Exception("meniscus")
        await ctx.publish("reply.director", {"kind": "Picked", **m.body})
        ctx.log.info("Run {Run}: {Plate} is ready for the robot after {Elapsed} ms", Run=m.body["run"], Plate=m.body["plate"], Elapsed=round(ctx.elapsed_ms()), logger="CompoundStore.PickConsumer")

    # ---------------------------------------------------------- director (saga)
    @sched.consumer("cmd.plan-run", retries=1)
    async def plan(ctx, m):
        rid = m.body["rid"]
        run = "run_" + "".join(rng.choice("0123456789abcdefghjkmnpqrstvwxyz") for _ in range(10))
        runs[run] = {"run": run, "got": set(), **m.body}
        ctx.log.info("planning", incoming=True, request=rid, assay=m.body["assay"], logger="run_director::saga")
        await ctx.work(6)
        plate = f"P{rng.randrange(10**6, 10**7)}"
        ctx.log.debug("plate allocated", plate=plate, wells=384, logger="run_director::plates")
        runs[run]["plate"] = plate
        async def pick():
            async with ctx.producer("cmd.pick") as p:
                p.log.info("-> pick", run=run, plate=plate, logger="run_director::bus")
                await p.send({"run": run, "compound": m.body["compound"], "plate": plate})
        async def warm():
            await ctx.publish("cmd.prepare-cell", {"run": run, "assay": m.body["assay"]})
        await asyncio.gather(pick(), warm())
        ctx.log.info("run planned", run=run, request=rid, took_us=int(ctx.elapsed_ms() * 1000), logger="run_director::saga")

    @sched.consumer("reply.director", retries=1)
    async def reply(ctx, m):
        k, run = m.body["kind"], runs[m.body["run"]]
        ctx.log.info(f"<- {k}", incoming=True, run=run["run"], delivery_tag=m.id, logger="run_director::saga")
        await ctx.work(2)
        run["got"].add(k)
        if k in ("Picked", "CellReady"):
            if {"Picked", "CellReady"} <= run["got"] and "started" not in run:
                run["started"] = True
                async with ctx.producer("cmd.execute") as p:
                    await p.send({"run": run["run"], "plate": run["plate"], "assay": run["assay"], "compound": run["compound"]})
                    p.log.info("-> execute", run=run["run"], logger="run_director::bus")
            else:
                ctx.log.debug("still waiting", run=run["run"], have=len(run["got"]), logger="run_director::saga")
        else:
            ok = k == "Registered"
            if not ok: ctx.log.warning("run lost, compensating", run=run["run"], cause=m.body.get("why", "unknown"), logger="run_director::saga")
            async with ctx.producer("run.finished") as p:
                await p.send({"run": run["run"], "rid": run["rid"], "outcome": "ok" if ok else "failed", "compound": run["compound"], "user": reqs[run["rid"]]["user"]})
                p.log.info("-> run.finished", run=run["run"], ok=str(ok).lower(), logger="run_director::bus")

    # ---------------------------------------------------------- robot cell
    @robot.consumer("cmd.prepare-cell", retries=1)
    async def prepare(ctx, m):
        ctx.log.info(f"Prepare for {m.body['assay']}, order {m.body['run']}", incoming=True, logger="CELL")
        await ctx.work(150)
        ctx.log.info(f"Incubator at {rng.uniform(36.8, 37.2):.1f} C", logger="INCUB")
        await ctx.publish("reply.director", {"kind": "CellReady", "run": m.body["run"]}, producer_span=False)
        ctx.log.info(f"Cell ready, order {m.body['run']}", logger="CELL")

    @robot.consumer("cmd.execute", retries=1, concurrency=6)
    async def execute(ctx, m):
        ctx.log.info(f"Order {m.body['run']}: load plate {m.body['plate']}", incoming=True, logger="ARM")
        await ctx.work(250)
        if rng.random() < 0.04:
            ctx.log.error(f"Order {m.body['run']}: gripper lost plate {m.body['plate']}", logger="ARM")
            await ctx.publish("reply.director", {"kind": "Aborted", "run": m.body["run"], "why": "gripper"}, producer_span=False)
            return
        ctx.log.info(f"Order {m.body['run']}: incubate", logger="INCUB")
        await ctx.work(700)
        await ctx.work(180)
        ctx.log.info(f"Plate {m.body['plate']} read, 384 wells, z'={rng.uniform(.5, .9):.2f}", logger="READER")
        async with ctx.span("PUT rawdata", "CLIENT") as c:
            await c.work(25)
        await ctx.publish("raw.ready", {**m.body, "key": f"raw/{m.body['plate']}.csv"}, producer_span=False)
        ctx.log.info(f"Order {m.body['run']}: done, plate to waste", logger="ARM")

    # ---------------------------------------------------------- fit
    @fit.consumer("raw.ready", retries=1, concurrency=8)
    async def work(ctx, m):
        ctx.log.info(f"Fit job for {m.body['key']} ({m.body['assay']})", incoming=True, logger="c.l.fit.Worker")
        async with ctx.span("GET rawdata", "CLIENT") as c:
            await c.work(15)
            c.log.debug(f"s3://hts/{m.body['key']} {rng.randrange(20, 60)} KiB in {c.elapsed_ms():.0f} ms", logger="c.l.fit.S3Reader")
        await ctx.work(12)
        async with ctx.span("four parameter logistic") as c:
            await c.work(90)
            ic50 = round(10 ** rng.uniform(-3, 2), 4)
            c.log.info(f"Converged after {rng.randrange(6, 60)} iterations, IC50={ic50} uM, hill={rng.uniform(.7, 1.4):.2f}", logger="c.l.fit.Levenberg")
        async with ctx.client("result-registry", "POST /v2/results") as c:
            c.log.debug(f"Posting result of {m.body['plate']}", logger="c.l.fit.RegistryClient")
            s, a = await c.send({"compound": m.body["compound"], "assay": m.body["assay"], "ic50": ic50, "run": m.body["run"]})
        if s == 503:
            ctx.log.warning(f"Registry answered 503 for {m.body['plate']}, again in 150 ms", logger="c.l.fit.RegistryClient")
            await sleep(150)
            await ctx.call("result-registry", "POST /v2/results", {"compound": m.body["compound"], "assay": m.body["assay"], "ic50": ic50, "run": m.body["run"], "again": 1})
        ctx.log.info(f"Fit job for {m.body['key']} took {ctx.elapsed_ms():.0f} ms", logger="c.l.fit.Worker")

    # ---------------------------------------------------------- registry
    @reg.http("POST /v2/results")
    async def register(ctx, b):
        ctx.log.info("registering result", incoming=True, compound=b["compound"], assay=b["assay"])
        if rng.random() < 0.05 and not b.get("again"):
            ctx.log.warning("write refused, replica lag", lag_ms=rng.randrange(900, 4000))
            return 503, {}
        async with ctx.span("INSERT result", "CLIENT") as c:
            await c.work(6)
            c.log.debug("exec", stmt="insert into result values ($1,$2,$3,$4)", rows=1, ms=round(c.elapsed_ms(), 2))
        await ctx.publish("reply.director", {"kind": "Registered", "run": b["run"]})
        ctx.log.info("result registered", run=b["run"], result=rng.randrange(10**8, 10**9), dur=f"{ctx.elapsed_ms():.3f}ms")
        return 201, {}

    @reg.http("GET /v2/results/{compound}")
    async def results(ctx, b):
        cid = b["_route"].rsplit("/", 1)[1]
        ctx.log.info("results asked", incoming=True, compound=cid)
        async with ctx.span("SELECT result", "CLIENT") as c:
            await c.work(9)
            c.log.debug("query", stmt="select * from result where compound=$1", rows=rng.randrange(0, 40), ms=round(c.elapsed_ms(), 2))
        return 200, {}

    # ---------------------------------------------------------- notify
    @note.consumer("run.finished", retries=1)
    async def tell(ctx, m):
        ctx.log.info("run.finished consumed", incoming=True, request=m.body["rid"], tag=m.id)
        await ctx.work(4)
        async with ctx.span("PATCH eln entry", "CLIENT") as c:
            await c.work(70)
            c.log.debug("notebook entry patched", status=200, elapsedMs=round(c.elapsed_ms()))
        ctx.log.info(f"chemist {m.body['user']} was told about {m.body['rid']}")

    @note.consumer("request.withdrawn", retries=1)
    async def gone(ctx, m):
        ctx.log.info("request.withdrawn consumed", incoming=True, request=m.body["rid"], tag=m.id)
        async with ctx.span("PATCH eln entry", "CLIENT") as c:
            await c.work(60)
        ctx.log.info("notebook entry struck out", request=m.body["rid"])

    @comp.consumer("request.withdrawn", retries=1)
    async def release(ctx, m):
        await ctx.work(5)
        ctx.log.info("Released reservation of request {Request}", incoming=True, Request=m.body["rid"], logger="CompoundStore.ReleaseConsumer")

    # ---------------------------------------------------------- scheduled
    @sched.every(6)
    async def sweep_stale_runs(ctx):
        ctx.log.info("sweep begins", open=sum(1 for r in runs.values() if "started" not in r), logger="run_director::sweeper")
        async with ctx.client("compound-store", "GET /inventory/DMSO") as c:
            s, a = await c.send({})
            c.log.debug("solvent level", ul=a["ul"], logger="run_director::sweeper")
        ctx.log.info("sweep ended", took_us=int(ctx.elapsed_ms() * 1000), logger="run_director::sweeper")

    # ---------------------------------------------------------- noise
    front.startup(lambda log: log.info("starting main dispatch loop", logger="main"))
    front.noise(9, lambda log: log.info("cds: add 0 cluster(s), remove 0 cluster(s)", logger="upstream"))
    sched.startup(lambda log: log.info("listening", queues=3, logger="run_director"))
    req.noise(6, lambda log: log.debug(f"pool size: 10 connections in pool: {rng.randrange(6, 10)} overflow: -4", logger="sqlalchemy.pool"))
    comp.noise(7, lambda log: log.debug("Health check {Name} is {Status}", Name="freezer-store", Status="Healthy", logger="HealthChecks"))
    robot.noise(4, lambda log: log.info(f"Door closed, air {rng.uniform(1.9, 2.4):.1f} bar", logger="SAFETY"))
    fit.noise(8, lambda log: log.debug("G1 young pause 6.2ms 412M->118M(1024M)", logger="c.l.jvm.GcLogger"))
    reg.noise(6, lambda log: log.info("checkpoint", wal_mb=rng.randrange(1, 64)))
    note.noise(10, lambda log: log.debug("oauth token renewed"))


async def load(w):
    r = w.rng
    async def one(i):
        cid = f"CMP-{r.randrange(10**6, 10**7):07d}-{r.randrange(1, 9):02d}"
        s, a = await w.start("gateway-envoy", "POST /v2/assay-requests", {"compound": cid, "assay": r.choice(ASSAYS), "user": r.choice(["hmeier", "tkwan", "oadeyemi", "lbrun"])})
        if s != 201: return
        await sleep(r.uniform(300, 1500))
        x = r.random()
        if x < 0.3: await w.start("gateway-envoy", f"GET /v2/assay-requests/{a['id']}")
        elif x < 0.4:
            await sleep(r.uniform(500, 2500))
            await w.start("gateway-envoy", f"DELETE /v2/assay-requests/{a['id']}")
        elif x < 0.6:
            await sleep(3000)
            await w.start("gateway-envoy", f"GET /v2/results/{cid}")
    await arrivals(w, 95, 4, one)

record(build, load, "i_lab")
