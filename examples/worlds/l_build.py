"""CI build farm: a push comes in by webhook, a pipeline is a graph of jobs handed out one wave after another to agents, which lose their lease now and
then, stream their progress and share a cache; statuses go back to the forge; newer pushes supersede older pipelines; jobs are rerun; garbage is collected."""
import json
from world import *


def ml(r): return "%03d" % (r.time.microsecond // 1000)

def zap(r):            # hookd: zap console, tabs
    kv = dict(r.fields)
    if r.trace_id: kv |= {"trace_id": r.trace_id, "span_id": r.span_id}
    if r.incoming: kv["remote_ctx"] = r.incoming
    return f"{isoz(r)}\t{r.level}\thookd/{r.logger}\t{r.message}" + (f"\t{json.dumps(kv)}" if kv else "")

def log4j2json(r):     # planner: JsonLayout, nested instant and contextMap
    cm = {"trace_id": r.trace_id, "span_id": r.span_id, "trace_flags": "01"} if r.trace_id else {}
    if r.incoming_parent: cm["parent_span_id"] = r.incoming_parent
    pipe = r.fields.get("pipe")
    if pipe: cm["pipeline"] = pipe
    return json.dumps({"instant": {"epochSecond": r.ns // NS, "nanoOfSecond": r.ns % NS}, "thread": f"DefaultDispatcher-worker-{r.thread}", "level": r.level, "loggerName": "farm.planner." + r.logger,
                       "message": r.message, "endOfBatch": False, "loggerFqcn": "org.apache.logging.slf4j.Log4jLogger", "contextMap": cm, "threadId": 20 + r.thread, "threadPriority": 5}, separators=(",", ":"))

def lager(r):          # queue
    t = f" trace={r.trace_id} span={r.span_id}" if r.trace_id else ""
    if r.incoming_parent: t += f" parent={r.incoming_parent}"
    return f"{r.time:%Y-%m-%d %H:%M:%S}.{ml(r)} [{r.level.lower().replace('warn', 'warning')}] <0.{r.pid % 900 + r.thread}.0>@{r.logger}{t} {r.message}"

def agentlog(r):       # agent: a shell-like stream of its own
    mark = {"INFO": "--", "DEBUG": "..", "WARN": "!!", "ERROR": "XX"}[r.level]
    t = f" ({r.trace_id},{r.span_id})" if r.trace_id else ""
    if r.incoming_parent: t = t[:-1] + f",up={r.incoming_parent})"
    return f"{r.time:%m/%d/%Y %H:%M:%S}.{r.time.microsecond:06d} {r.logger:>8} {mark} {r.message}{t}"

def envoy(r):          # cache: Envoy access log
    if "verb" not in r.fields: return f"[{r.time:%Y-%m-%d %H:%M:%S}.{ml(r)}][{r.pid}][{r.level.lower()}][main] [source/server/server.cc:{r.fields.get('at', 88)}] {r.message}"
    f = r.fields
    t = f'"{r.trace_id}" "{r.span_id}"' if r.trace_id else '"-" "-"'
    return f'[{isoz(r)}] "{f["verb"]} {f["p"]} HTTP/2" {f["st"]} {f["fl"]} {f["rx"]} {f["tx"]} {f["d"]} {max(f["d"] - 1, 0)} "{f["xff"]}" "bazel/7.1" "{f["rid"]}" "cache.farm:443" "10.8.0.{f["rx"] % 200}:9092" {t} ' + (f'"{r.incoming}"' if r.incoming else '"-"')

def pyfloat(r):        # artifacts
    d = {"ts": round(r.ns / NS, 6), "lvl": r.level.lower(), "event": r.message} | r.fields
    if r.trace_id: d["ctx"] = {"trace": r.trace_id, "span": r.span_id} | ({"parent": r.incoming_parent} if r.incoming_parent else {})
    return json.dumps(d, sort_keys=True)

def rubylog(r):        # checks
    t = f"[{r.trace_id} {r.span_id}] " if r.trace_id else ""
    if r.incoming_parent: t += f"(from {r.incoming_parent}) "
    return f"{r.level[0]}, [{r.time:%Y-%m-%dT%H:%M:%S}.{r.time.microsecond:06d} #{r.pid}] {r.level:>5} -- checks: {t}{r.message}"

def akka(r):           # testlake
    t = f" [trace={r.trace_id},span={r.span_id}" + (f",parent={r.incoming_parent}" if r.incoming_parent else "") + "]" if r.trace_id else ""
    return f"[{r.level}] [{r.time:%m/%d/%Y %H:%M:%S}.{ml(r)}] [lake-akka.actor.default-dispatcher-{r.thread}] [akka://lake/user/{r.logger}]{t} {r.message}"

def journald(r):       # meter: journal export to syslog, logfmt inside
    q = lambda v: f'"{v}"' if " " in str(v) else v
    t = f" trace={r.trace_id} span={r.span_id}" if r.trace_id else ""
    if r.incoming: t += f" tp={r.incoming}"
    return f"{r.time:%Y-%m-%dT%H:%M:%S}.{r.time.microsecond:06d}+00:00 farm-7 meter[{r.pid}]: lvl={r.level.lower()} {r.message}" + "".join(f" {k}={q(v)}" for k, v in r.fields.items()) + t


def build(w):
    w.network_ms, w.broker_ms = 0.9, 10
    w.new_message_id = lambda: f"{w.ids.getrandbits(64):016X}"[:11]
    w.pipes, w.bybranch, jobs = {}, {}, {}
    n = {"p": 8810, "j": 52000, "lease": 0}

    hookd = w.service("hookd", zap, errors=lambda c, e: c.log.error("handler panicked", logger="recv.go:88", err=str(e)))
    planner = w.service("planner", log4j2json, errors=lambda c, e: c.log.error(f"Coroutine failed: {e}", logger="Bus"))
    queue = w.service("queue", lager, errors=lambda c, e: c.log.error(f"gen_server queue_w terminated with reason: {e}", logger="queue_w:terminate:301"))
    agent = w.service("agent", agentlog, errors=lambda c, e: c.log.error(f"worker process crashed: {e}\n    at run_job (agent/run.sh:212)\n    at main (agent/main.sh:40)", logger="main"))
    cache = w.service("cache", envoy)
    art = w.service("artifacts", pyfloat, errors=lambda c, e: c.log.error("consumer.crash", reason=str(e)))
    checks = w.service("checks", rubylog, errors=lambda c, e: c.log.error(f"StandardError: {e}\n/app/lib/checks/worker.rb:31:in `perform'\n/app/lib/checks/bus.rb:19:in `block in run'"))
    lake = w.service("testlake", akka, errors=lambda c, e: c.log.error(f"Supervisor: restarting actor after [{e}]", logger="ingest"))
    meter = w.service("meter", journald, errors=lambda c, e: c.log.error("failed", error=str(e)))

    # ------------------------------------------------ hookd
    @hookd.http("POST /hook")
    async def hook(c, b):
        d = f"{c.rng.getrandbits(32):08x}-{c.rng.getrandbits(16):04x}"
        c.log.info("delivery", logger="recv.go:41", delivery=d, event="push", repo=b["repo"], after=b["sha"][:10], incoming=True)
        await c.work(1)
        if b.get("skip"):
            c.log.info("commit says skip", logger="recv.go:60", delivery=d)
            return 200, {}
        async with c.client("planner", "POST /pipelines") as k:
            st, a = await k.send({"repo": b["repo"], "branch": b["branch"], "sha": b["sha"]})
            k.log.debug("planner answered", logger="client.go:19", code=st, pipeline=a.get("id"), ms=round(k.elapsed_ms(), 2))
        return 202, a

    @hookd.http("POST /rerun/{job}")
    async def rerun(c, b):
        j = b["_route"].split("/")[-1]
        c.log.info("rerun wanted", logger="rerun.go:22", job=int(j), by=b["by"], incoming=True)
        st, _ = await c.call("planner", f"POST /jobs/{j}/rerun")
        if st != 202: c.log.warn("planner does not want", logger="rerun.go:30", job=int(j), code=st)
        return st, {}
    hookd.noise(5, lambda log: log.debug("probe", logger="main.go:12"))

    # ------------------------------------------------ planner
    def dag(repo):
        if repo == "docs": return [["site"]] if w.rng.random() < 0.7 else [["lint"], ["site"]]
        if repo == "ios": return [["build"], ["unit", "ui"]] if w.rng.random() < 0.3 else [["build", "unit"]]
        return w.rng.choice([[["build"], ["unit"], ["package"]], [["unit"]], [["build"], ["unit"]], [["unit", "lint"]]])

    @planner.http("POST /pipelines")
    async def plan(c, b):
        old = w.bybranch.get((b["repo"], b["branch"]))
        n["p"] += 1
        pid = f"P{n['p']}"
        async with c.span("parse .farm.yml") as s:
            await s.work(12)
            waves = dag(b["repo"])
            s.log.debug(f"Config of {b['repo']}@{b['sha'][:10]} has {sum(map(len, waves))} jobs in {len(waves)} waves", logger="Config", pipe=pid)
        if c.rng.random() < 0.03:
            c.log.warn(f"Config invalid: unknown image", logger="PipelineRoutes", pipe=pid, incoming=True)
            return 422, {}
        async with c.span("INSERT pipeline", "CLIENT") as s:
            await s.work(5)
        w.pipes[pid] = {"state": "running", "waves": waves, "at": 0, "jobs": [], "open": set(), "bad": 0, **{k: b[k] for k in ("repo", "branch", "sha")}}
        w.bybranch[b["repo"], b["branch"]] = pid
        c.log.info(f"Pipeline {pid} created for {b['sha'][:10]}", logger="PipelineRoutes", pipe=pid, incoming=True)
        await c.publish("pipeline.started", {"pipeline": pid, "sha": b["sha"], "repo": b["repo"]})
        if old and w.pipes[old]["state"] == "running":
            w.pipes[old]["state"] = "superseded"
            async with c.producer("pipeline.superseded") as p:
                p.log.info(f"{old} superseded by {pid}", logger="Superseder", pipe=old)
                await p.send({"pipeline": old, "by": pid, "sha": w.pipes[old]["sha"]})
        await wave(c, pid)
        return 201, {"id": pid}

    async def wave(c, pid):
        x = w.pipes[pid]
        names = x["waves"][x["at"]]
        for name in names:
            n["j"] += c.rng.randrange(1, 5)
            j = n["j"]
            jobs[j] = {"pipe": pid, "name": name, "state": "queued", "rerun": False}
            x["jobs"].append(j)
            x["open"].add(j)
            async with c.producer("job.queued") as p:
                p.log.debug(f"Queueing {name} as job {j}", logger="Waves", pipe=pid)
                await p.send({"job": j, "name": name, "pipeline": pid, "repo": x["repo"], "sha": x["sha"]})

    @planner.http("POST /jobs/{id}/rerun")
    async def again(c, b):
        j = int(b["_route"].split("/")[2])
        await c.work(4)
        if jobs[j]["state"] not in ("failed", "lost"):
            c.log.info(f"Job {j} is {jobs[j]['state']}, not rerun", logger="JobRoutes", incoming=True)
            return 409, {}
        jobs[j] |= {"state": "queued", "rerun": True}
        x = w.pipes[jobs[j]["pipe"]]
        c.log.info(f"Job {j} goes again", logger="JobRoutes", pipe=jobs[j]["pipe"], incoming=True)
        await c.publish("job.queued", {"job": j, "name": jobs[j]["name"], "pipeline": jobs[j]["pipe"], "repo": x["repo"], "sha": x["sha"]})
        return 202, {}

    @planner.http("GET /pipelines/{id}")
    async def show(c, b):
        pid = b["_route"].split("/")[-1]
        async with c.span("SELECT pipeline", "CLIENT") as s:
            await s.work(3)
            s.log.debug("select * from pipeline p join job j using (pipeline_id) where p.id = ?", logger="Sql", pipe=pid)
        await c.work(1)
        return 200, {"state": w.pipes[pid]["state"]}

    @planner.consumer("job.ended", retries=2)
    async def ended(c, m):
        j, pid = m.body["job"], jobs[m.body["job"]]["pipe"]
        x = w.pipes[pid]
        await c.work(4)
        if c.rng.random() < 0.03 and m.attempt < 3:
            c.log.warn(f"Optimistic lock on job {j}, attempt {m.attempt}", logger="Sql", pipe=pid)
            raise Exception("lock")
        jobs[j]["state"] = m.body["result"]
        c.log.info(f"Job {j} {m.body['result']}", logger="Joiner", pipe=pid, incoming=True)
        if jobs[j]["rerun"] or j not in x["open"]: return
        x["open"].discard(j)
        x["bad"] += m.body["result"] != "passed"
        if x["open"] or x["state"] != "running": return
        x["at"] += 1
        if not x["bad"] and x["at"] < len(x["waves"]):
            await wave(c, pid)
            return
        x["state"] = "failed" if x["bad"] else "green"
        async with c.producer("pipeline.done") as p:
            await p.send({"pipeline": pid, "state": x["state"], "sha": x["sha"], "repo": x["repo"]})
            p.log.info(f"Pipeline {pid} is {x['state']}", logger="Joiner", pipe=pid)
    planner.noise(6, lambda log: log.debug(f"Config cache: {w.rng.randrange(20, 60)} entries", logger="Config"))

    # ------------------------------------------------ queue
    @queue.consumer("job.queued")
    async def enqueue(c, m):
        x = m.body
        pool = "mac" if x["repo"] == "ios" else "linux"
        c.log.debug(f"enq job={x['job']} pool={pool} msg={m.id}", logger="queue_w:handle_info:77", incoming=True)
        c.spawn(hand_out(c, x, pool, 1))

    async def hand_out(c, x, pool, turn):
        await sleep(c.rng.uniform(20, 1400))
        if w.pipes[x["pipeline"]]["state"] == "superseded":
            c.log.info(f"job {x['job']} not leased, pipeline gone", logger="queue_w:lease:140")
            await c.publish("job.ended", {"job": x["job"], "result": "cancelled", "name": x["name"], "ms": 0})
            return
        n["lease"] += 1
        ag = f"{pool}-{c.rng.randrange(1, 9)}"
        async with c.producer("lease." + "any") as p:
            await p.send({**x, "lease": n["lease"], "agent": ag, "turn": turn, "pool": pool})
            p.log.info(f"job {x['job']} -> {ag} lease {n['lease']}", logger="queue_w:lease:148")

    @queue.consumer("lease.lost")
    async def lost(c, m):
        x = m.body
        c.log.warning(f"lease {x['lease']} expired, job {x['job']} turn {x['turn']}", logger="queue_w:expire:190", incoming=True)
        if x["turn"] >= 3:
            async with c.producer("job.ended") as p:
                p.log.error(f"job {x['job']} given up", logger="queue_w:expire:197")
                await p.send({"job": x["job"], "result": "lost", "name": x["name"], "ms": 0})
            return
        await hand_out(c, {k: x[k] for k in ("job", "name", "pipeline", "repo", "sha")}, x["pool"], x["turn"] + 1)

    @queue.consumer("job.beat")
    async def beat(c, m):
        await c.work(0.5)
        if m.body["n"] == 1: c.log.debug(f"beat lease={m.body['lease']}", logger="queue_w:beat:166", incoming=True)

    @queue.consumer("pipeline.superseded")
    async def purge(c, m):
        await c.work(2)
        c.log.info(f"purged waiting jobs of {m.body['pipeline']}", logger="queue_w:purge:230", incoming=True)
    queue.noise(3, lambda log: log.debug(f"depth linux={w.rng.randrange(9)} mac={w.rng.randrange(4)}", logger="queue_stat:tick:12"))

    # ------------------------------------------------ agent
    @agent.consumer("lease.any", concurrency=12)
    async def run(c, m):
        x, A = m.body, m.body["agent"]
        c.log.info(f"job {x['job']} ({x['name']}) begins, lease {x['lease']}", logger=A, incoming=True)
        async with c.span("checkout") as s:
            await s.work(160)
            s.log.debug(f"HEAD is now at {x['sha'][:10]}", logger=A)
        key = f"{x['repo']}-{x['name']}-{int(x['sha'][:2], 16) % 5}"
        async with c.client("cache", f"GET /cas/{key}") as k:
            st, _ = await k.send({"who": A})
            k.log.debug(f"no cache for {key}" if st == 404 else f"warm, {key}", logger=A)
        await c.publish("job.beat", {"lease": x["lease"], "n": 1}, producer_span=False)
        if c.rng.random() < 0.05:
            await c.work(500)
            c.log.error(f"out of memory, lease {x['lease']} abandoned", logger=A)
            c.fail()
            await c.publish("lease.lost", x)
            return
        async with c.span("step " + x["name"]) as s:
            await s.work(900 if st == 404 else 350, 0.5)
            ok = c.rng.random() > 0.1
            if x["name"] in ("build", "package"): s.log.info(f"[{c.rng.randrange(40, 900)} / {c.rng.randrange(900, 950)}] targets, {'ok' if ok else 'FAILED: //core:lib'}", logger=A)
            elif x["name"] != "lint": s.log.info(f"{c.rng.randrange(20, 400)} tests, {0 if ok else c.rng.randrange(1, 5)} failed, {s.elapsed_ms() / 1000:.2f}s", logger=A)
            if not ok: s.fail()
        outs = []
        if st == 404 and ok: outs.append(c.call("cache", f"PUT /cas/{key}", {"who": A}, client_span=False))
        if x["name"] in ("build", "package", "site"): outs.append(c.call("artifacts", "POST /upload", {"job": x["job"], "file": x["name"] + ".tar.zst"}, client_span=False))
        await asyncio.gather(*outs)
        if x["name"] in ("unit", "ui"):
            async with c.producer("junit.ready") as p:
                await p.send({"job": x["job"], "suite": x["name"], "sha": x["sha"]})
                p.log.debug(f"junit of {x['job']} handed over", logger=A)
        await c.publish("job.ended", {"job": x["job"], "result": "passed" if ok else "failed", "name": x["name"], "ms": int(c.elapsed_ms())}, producer_span=False)
        c.log(*(("INFO", f"job {x['job']} passed") if ok else ("WARN", f"job {x['job']} failed, exit 1")), logger=A)
    agent.noise(4, lambda log: log.debug(f"disk {w.rng.randrange(30, 90)}% load {w.rng.uniform(.2, 9):.1f}", logger=f"linux-{w.rng.randrange(1, 9)}"))

    # ------------------------------------------------ cache
    @cache.http("ANY *")
    async def cas(c, b):
        verb, path = b["_route"].split(" ")
        await c.work(18 if verb == "GET" else 60)
        st = 201 if verb == "PUT" else 200 if c.rng.random() < 0.6 else 404
        c.log.info("", verb=verb, p=path, st=st, fl="-", rx=c.rng.randrange(10 ** 6) if verb == "PUT" else 0, tx=c.rng.randrange(10 ** 6) if st == 200 else 0, d=int(c.elapsed_ms()), xff=b["who"], rid=f"{c.rng.getrandbits(48):012x}", incoming=True)
        return st, {}
    cache.noise(9, lambda log: log.info("flushing stats", at=w.rng.choice([88, 412])))

    # ------------------------------------------------ artifacts
    stored = []

    @art.http("POST /upload")
    async def upload(c, b):
        aid = f"art{c.rng.getrandbits(36):09x}"
        async with c.span("s3.put", "CLIENT") as s:
            await s.work(140, 0.5)
            s.log.debug("s3.put", key=f"{b['job']}/{b['file']}", etag=f"{c.rng.getrandbits(64):016x}")
        stored.append(aid)
        c.log.info("artifact.stored", id=aid, job_id=b["job"], name=b["file"], secs=round(c.elapsed_ms() / 1000, 3), incoming=True)
        return 201, {"id": aid}

    @art.every(14, first=9)
    async def gc(c):
        old, stored[:] = stored[:-8][:7], stored[-8:]
        c.log.info("gc.begin", candidates=len(old))
        for a in old:
            async with c.span("s3.delete", "CLIENT") as s:
                await s.work(12)
                s.log.info("gc.deleted", id=a)
        await c.publish("storage.usage", {"bytes": c.rng.randrange(10 ** 9, 10 ** 10)})
        c.log.info("gc.end", secs=round(c.elapsed_ms() / 1000, 3))

    # ------------------------------------------------ checks: tells the forge
    def status(topic, word):
        @checks.consumer(topic, retries=3, retry_ms=400)
        async def post(c, m):
            pid, state = m.body["pipeline"], word or m.body["state"]
            async with c.span("POST /statuses", "CLIENT") as s:
                await s.work(95, 0.6)
                if c.rng.random() < 0.07 and m.attempt < 4:
                    s.log.warning(f"forge says 502 for {m.body['sha'][:10]}, try #{m.attempt}")
                    raise Exception("502")
                if topic != "pipeline.done": s.log.debug(f"201 Created statuses/{m.body['sha'][:10]} in {s.elapsed_ms():.0f}ms")
            if topic != "pipeline.started": c.log.info(f"commit status of {pid} is now #{state}".replace("#", ""), incoming=True)
            else: c.log.debug(f"{pid} pending", incoming=True)
    status("pipeline.started", "pending"); status("pipeline.done", None); status("pipeline.superseded", "cancelled")
    checks.noise(8, lambda log: log.info(f"rate limit: {w.rng.randrange(1000, 5000)} calls left"))

    # ------------------------------------------------ testlake
    @lake.consumer("junit.ready", retries=2, retry_ms=300)
    async def ingest(c, m):
        c.log.debug(f"fetching report of job #{m.body['job']}", logger="ingest", incoming=True)
        async with c.span("parse junit xml") as s:
            await s.work(35)
            if c.rng.random() < 0.05 and m.attempt < 3:
                s.log.warning(f"truncated xml, job #{m.body['job']}", logger="ingest")
                raise Exception("xml")
        async with c.span("clickhouse insert", "CLIENT") as s:
            await s.work(22)
            s.log.info(f"inserted {c.rng.randrange(20, 400)} rows for #{m.body['job']}/{m.body['suite']}", logger="writer")
        if c.rng.random() < 0.15:
            async with c.producer("flaky.found") as p:
                await p.send({"job": m.body["job"], "test": f"T{c.rng.randrange(900)}"})
                p.log.info(f"a test flaked in job #{m.body['job']}", logger="flaky")
    lake.noise(10, lambda log: log.debug("merge tree compaction", logger="writer"))

    # ------------------------------------------------ meter
    @meter.consumer("job.ended")
    async def bill(c, m):
        if not m.body["ms"]: return
        await c.work(4)
        c.log.info("metered", job=m.body["job"], kind=m.body["name"], seconds=-(-m.body["ms"] // 1000), incoming=True)

    @meter.consumer("pipeline.done")
    async def total(c, m):
        async with c.span("sum usage", "CLIENT") as s:
            await s.work(8)
            s.log.debug("select sum(seconds) from usage", pipeline=m.body["pipeline"])
        c.log.info("closed", pipe=m.body["pipeline"], repo=m.body["repo"], incoming=True)

    @meter.consumer("flaky.found")
    async def flake(c, m):
        c.log.info("flake fee waived", job=m.body["job"], test=m.body["test"])

    @meter.consumer("storage.usage")
    async def storage(c, m):
        await c.work(3)
        c.log.info("storage", bytes=m.body["bytes"], incoming=True)
    meter.noise(7, lambda log: log.debug("tick"))


async def load(w):
    r = w.rng

    async def one(i):
        st, a = await w.start("hookd", "POST /hook", {"repo": r.choice(["core", "core", "web", "ios", "docs"]), "branch": r.choice(["main", "dev", "feat-%d" % r.randrange(99), "fix-%d" % r.randrange(99), "fix-%d" % r.randrange(999)]),
                                                     "sha": f"{r.getrandbits(160):040x}", "skip": r.random() < 0.03})
        if not a.get("id"): return
        if i % 3 == 0:
            for _ in range(r.randrange(1, 4)):
                await sleep(r.uniform(900, 3500))
                _, s = await w.start("planner", f"GET /pipelines/{a['id']}")
                if s["state"] != "running": break
        await sleep(9000)
        if i % 2 == 0 and w.pipes[a["id"]]["state"] == "failed":
            await w.start("hookd", f"POST /rerun/{w.pipes[a['id']]['jobs'][-1]}", {"by": r.choice(["kim", "ola", "sue"])})
    await arrivals(w, 95, 2.2, one)
    await sleep(5000)

record(build, load, "l_build")
