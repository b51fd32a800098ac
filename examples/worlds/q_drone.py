"""Drones look at power lines: a mission needs airspace (asked for, then polled), a free drone flies it and streams fixes and photos while in the air, a vision
model scores each photo, findings join the scores with the landing, severe ones become work orders (with a callback); aborts, reviews, a weather watch."""
import json
from world import *


def envoy(r):         # edge: Envoy, json_format
    f = r.fields
    if "path" not in f: return f"[{r.time:%Y-%m-%d %H:%M:%S}.{r.time.microsecond // 1000:03d}][{r.pid}][{r.level.lower()}][upstream] {r.message}"
    d = {"start_time": (r.time - datetime.timedelta(milliseconds=f["ms"])).strftime("%Y-%m-%dT%H:%M:%S.") + "%03dZ" % ((r.time - datetime.timedelta(milliseconds=f["ms"])).microsecond // 1000),
         "method": f["method"], "path": f["path"], "protocol": "HTTP/2", "response_code": f["st"], "response_flags": "-", "duration": f["ms"], "upstream_cluster": f["cl"], "x_request_id": f["xid"]}
    if r.trace_id: d |= {"trace_id": r.trace_id, "span_id": r.span_id}
    else: d |= {"trace_id": None, "span_id": None}
    if r.incoming: d["traceparent"] = r.incoming
    return json.dumps(d, separators=(",", ":"))

def akka(r):          # missions: Scala, akka logback with MDC at the end
    m = f" MDC: {{trace={r.trace_id}, span={r.span_id}" + (f", parent={r.incoming_parent}" if r.incoming_parent else "") + "}" if r.trace_id else " MDC: {}"
    return f"[{r.time:%Y-%m-%d %H:%M:%S},{r.time.microsecond // 1000:03d}] [{r.level}] [{r.logger}] [missions-akka.actor.default-dispatcher-{r.thread}] - {r.message}{m}"

def msconsole(r):     # airspace: Microsoft.Extensions.Logging console, two or three lines a record
    lv = {"DEBUG": "dbug", "INFO": "info", "WARN": "warn", "ERROR": "fail"}[r.level]
    sc = f"\n      => SpanId:{r.span_id}, TraceId:{r.trace_id}, ParentId:{r.incoming_parent or '0000000000000000'}" if r.trace_id else ""
    return f"{r.time:%Y-%m-%dT%H:%M:%S}.{r.ns % NS // 100:07d}Z {lv}: Airspace.{r.logger}[{len(r.logger)}]{sc}\n      {r.message}"

def envlog(r):        # hangar: Rust env_logger with kv
    kv = dict(r.fields)
    if r.trace_id: kv |= {"trace": r.trace_id, "span": r.span_id}
    if r.incoming_parent: kv["up"] = r.incoming_parent
    return f"[{isoz(r, 6)} {r.level:<5} hangar::{r.logger}] {r.message}" + (" {" + ", ".join(f"{k}: {v}" for k, v in kv.items()) + "}" if kv else "")

def ltsv(r):          # telemetry: labelled tab-separated values
    d = {"time": isoz(r, 6), "level": r.level.lower()} | r.fields | {"msg": r.message}
    if r.trace_id: d |= {"traceid": r.trace_id, "spanid": r.span_id}
    if r.incoming: d["remote"] = r.incoming
    return "\t".join(f"{k}:{v}" for k, v in d.items())

def zapj(r):          # ingest: zap production
    d = {"level": r.level.lower(), "ts": r.ns / NS, "caller": r.logger, "msg": r.message} | r.fields
    if r.trace_id: d |= {"dd": {"trace_id": r.trace_id, "span_id": r.span_id}}
    if r.incoming_parent: d["dd"]["parent_id"] = r.incoming_parent
    return json.dumps(d, separators=(",", ":"))

def loguru(r):        # vision: loguru default with extra
    x = dict(r.fields)
    if r.trace_id: x |= {"trace_id": r.trace_id, "span_id": r.span_id}
    if r.incoming: x["traceparent"] = r.incoming
    return f"{r.time:%Y-%m-%d %H:%M:%S}.{r.time.microsecond // 1000:03d} | {r.level.replace('WARN', 'WARNING'):<8} | vision.{r.logger} - {r.message}" + (f" | {x}" if x else "")

def nest(r):          # findings: NestJS console logger, American clock
    lv = {"INFO": "LOG"}.get(r.level, r.level)
    t = f" (trace {r.trace_id} span {r.span_id})" if r.trace_id else ""
    if r.incoming_parent: t += f" (from {r.incoming_parent})"
    return f"[Nest] {r.pid}  - {r.time:%m/%d/%Y, %I:%M:%S %p} {lv:>7} [{r.logger}] {r.message}{t}"

def log4j1(r):        # workorders: log4j 1.2
    x = f" {r.trace_id}|{r.span_id}" if r.trace_id else " |"
    if r.incoming_parent: x += f"|{r.incoming_parent}"
    return f"{r.time:%Y-%m-%d %H:%M:%S},{r.time.microsecond // 1000:03d} {r.level:<5} [http-bio-8443-exec-{r.thread}] {r.logger}{x} - {r.message}"


def build(w):
    w.network_ms, w.broker_ms = 3.0, 6
    no = {"mis": w.rng.randrange(300, 700), "tick": 77000, "find": w.rng.randrange(4000, 8000), "wo": 400_100, "flight": 12}
    w.mis, w.find, flights, free = {}, {}, {}, [f"DR-{n:02d}" for n in range(1, 15)]
    tickets = {}
    M = "grid.missions."

    edge = w.service("edge", envoy)
    mis = w.service("missions", akka, errors=lambda c, e: c.log.error(f"Restarting stream due to failure: java.lang.RuntimeException: {e}", logger=M + "Streams"))
    air = w.service("airspace", msconsole)
    hangar = w.service("hangar", envlog, errors=lambda c, e: c.log.error(f"delivery failed: {e}", logger="amqp"))
    tele = w.service("telemetry", ltsv, errors=lambda c, e: c.log.error(f"dropped: {e}"))
    ing = w.service("ingest", zapj)
    vis = w.service("vision", loguru, errors=lambda c, e: c.log.error(f"worker died\nTraceback (most recent call last):\n  File \"/opt/vision/worker.py\", line 66, in run\n    self.step(msg)\nRuntimeError: {e}", logger="worker:run:66"))
    fnd = w.service("findings", nest, errors=lambda c, e: c.log.error(f"Error: {e}", logger="RpcExceptionsHandler"))
    wos = w.service("workorders", log4j1)

    # ---- edge
    @edge.http("ANY *")
    async def route(c, b):
        verb, path = b["_route"].split(" ")
        cl = {"missions": "missions", "findings": "findings"}[path.split("/")[1]]
        st, a = await c.call(cl, b["_route"], {k: v for k, v in b.items() if k[0] != "_"}, client_span=cl == "missions")
        c.log.info("", method=verb, path=path, st=st, ms=round(c.elapsed_ms()), cl=cl, xid="%08x-%04x" % (c.rng.getrandbits(32), c.rng.getrandbits(16)), incoming=True)
        return st, a
    edge.noise(12, lambda log: log.debug("membership update for TLS cluster vision added 0 removed 0"))

    # ---- missions
    @mis.http("POST /missions")
    async def plan(c, b):
        no["mis"] += 1
        m = f"MS-{no['mis']}"
        c.log.info(f"Planning {m} along line {b['line']}, towers {', '.join(b['towers'])}", logger=M + "Planner", incoming=True)
        async with c.span("slick insert mission", "CLIENT") as s:
            await s.work(6)
            s.log.debug(f"Preparing statement: insert into \"mission\" (\"id\",\"line\") values ('{m}','{b['line']}')", logger="slick.jdbc.JdbcBackend.statement")
        async with c.client("airspace", "POST /clearances") as k:
            st, a = await k.send({"ref": m, "line": b["line"]})
            k.log.info(f"{m}: airspace ticket {a.get('ticket')}", logger=M + "AirspaceClient")
        w.mis[m] = {"id": m, "line": b["line"], "towers": b["towers"], "state": "WAITING"}
        c.spawn(poll(c, m, a["ticket"]))
        return 202, {"id": m}

    async def poll(c, m, t):
        for n in range(10):
            await sleep(350 + 150 * n)
            async with c.client("airspace", f"GET /clearances/{t}") as k:
                st, a = await k.send({})
                if c.rng.random() < 0.7: k.log.debug(f"Ticket {t} is {a['state']} (poll {n + 1})", logger=M + "AirspaceClient")
            if a["state"] != "PENDING": break
        if w.mis[m]["state"] == "ABORTED": return
        if a["state"] != "GRANTED":
            w.mis[m]["state"] = "DENIED"
            c.log.warning(f"{m} not cleared: {a['state']}", logger=M + "Planner")
            return
        w.mis[m]["state"] = "CLEARED"
        async with c.producer("mission.cleared") as p:
            await p.send({"mission": m, "towers": w.mis[m]["towers"], "ticket": t})
            p.log.info(f"{m} cleared for take-off", logger=M + "Planner")

    @mis.http("GET /missions/{id}")
    async def state(c, b):
        async with c.span("slick select", "CLIENT") as s:
            await s.work(2)
        c.log.debug(f"Status of {b['_route'].split('/')[-1]} asked", logger=M + "Routes", incoming=True)
        return 200, {}

    @mis.http("POST /missions/{id}/abort")
    async def abort(c, b):
        m = b["_route"].split("/")[2]
        x = w.mis[m]
        if x["state"] in ("LANDED", "DENIED", "ABORTED"):
            c.log.info(f"Abort of {m} comes too late ({x['state']})", logger=M + "Routes", incoming=True)
            return 409, {}
        x["state"] = "ABORTED"
        c.log.warning(f"Abort of {m} ordered: {b['why']}", logger=M + "Routes", incoming=True)
        await c.publish("mission.abort", {"mission": m})
        return 202, {}

    for topic, st in (("flight.started", "FLYING"), ("flight.landed", "LANDED")):
        @mis.consumer(topic)
        async def moved(c, m, st=st):
            async with c.span("slick update", "CLIENT") as s:
                await s.work(4)
                s.log.debug(f"Preparing statement: update \"mission\" set \"state\" = '{st}' where \"id\" = '{m.body['mission']}'", logger="slick.jdbc.JdbcBackend.statement")
            x = w.mis[m.body["mission"]]
            if x["state"] != "ABORTED": x["state"] = st
            if st == "LANDED": c.log.info(f"{x['id']} is over, {m.body['photos']} photos", logger=M + "Tracker", incoming=True)

    @mis.every(6, first=3)
    async def weather_watch(c):
        async with c.span("GET metar", "CLIENT") as s:
            await s.work(120)
            wind = c.rng.randrange(2, 14)
            s.log.info(f"METAR: wind {wind} m/s", logger=M + "Weather")
        for x in list(w.mis.values()):
            if x["state"] in ("CLEARED", "FLYING"):
                c.log.debug(f"{x['id']} may go on", logger=M + "Weather")
    mis.noise(6, lambda log: log.debug("Cluster node [akka://missions@10.2.0.4] heartbeat ok", logger="akka.cluster.Cluster"))

    # ---- airspace
    @air.http("POST /clearances")
    async def clearance(c, b):
        no["tick"] += 1
        t = f"CT{no['tick']}"
        async with c.span("EF SaveChanges", "CLIENT") as s:
            await s.work(9)
            s.log.info(f"Executed DbCommand ({s.elapsed_ms():.0f}ms) [Parameters=[@p0='{t}', @p1='{b['ref']}'], CommandType='Text']", logger="Db")
        tickets[t] = w.ns() + c.rng.randrange(300, 2600) * 1_000_000
        c.log.info(f"Clearance {t} opened for operator reference {b['ref']}", logger="ClearanceController", incoming=True)
        return 202, {"ticket": t}

    @air.http("GET /clearances/{ticket}")
    async def check(c, b):
        t = b["_route"].split("/")[-1]
        await c.work(3)
        if w.ns() < tickets[t]: return 200, {"state": "PENDING"}
        st = "REFUSED_TRA" if int(t[2:]) % 13 == 0 else "GRANTED"
        c.log.info(f"Clearance {t} answered with {st}", logger="ClearanceController", incoming=True)
        return 200, {"state": st}

    @air.http("PUT /clearances/{ticket}/active")
    async def active(c, b):
        async with c.span("EF SaveChanges", "CLIENT") as s:
            await s.work(7)
            if c.rng.random() < 0.5: s.log.info(f"Executed DbCommand (7ms) [Parameters=[@p0='{b['_route'].split('/')[2]}', @p1='{b['drone']}'], CommandType='Text']", logger="Db")
        return 204, {}

    # ---- hangar: the drones
    @hangar.consumer("mission.cleared", retries=4, retry_ms=500)
    async def fly(c, m):
        ms = m.body["mission"]
        if not free:
            c.log.warning("no drone on dock, requeue", logger="dock", mission=ms, attempt=m.attempt, incoming=True)
            if m.attempt < 5: raise Exception("none")
            await c.publish("mission.dead", m.body)
            return
        dr = free.pop(0)
        no["flight"] += 1
        fl = f"F{no['flight']:04d}"
        c.log.info("drone assigned", logger="dock", mission=ms, drone=dr, flight=fl, incoming=True)
        async with c.span("preflight") as s:
            await s.work(60)
            s.log.debug("battery and gimbal fine", logger="preflight", drone=dr, pct=c.rng.randrange(60, 100))
        await c.call("airspace", f"PUT /clearances/{m.body['ticket']}/active", {"drone": dr})
        flights[ms] = {"abort": False}
        async with c.producer("flight.started") as p:
            await p.send({"mission": ms, "flight": fl, "drone": dr})
            p.log.info("airborne", logger="pilot", flight=fl, mission=ms)
        shots = []
        for tower in m.body["towers"]:
            await c.work(280)
            if flights[ms]["abort"]: break
            async with c.producer("fix") as p:
                await p.send({"flight": fl, "drone": dr, "tower": tower, "alt": c.rng.randrange(40, 90)})
                p.log.debug("over tower", logger="pilot", flight=fl, tower=tower)
            for _ in range(c.rng.choice([1, 1, 2])):
                async with c.client("ingest", "POST /photos") as k:
                    st, a = await k.send({"flight": fl, "tower": tower, "mission": ms})
                    k.log.info("photo sent", logger="uplink", flight=fl, tower=tower, status=st)
                if st == 201: shots.append(a["key"])
        await c.work(200)
        free.append(dr)
        if flights[ms]["abort"]: c.log.warning("came home early", logger="dock", drone=dr, flight=fl)
        async with c.producer("flight.landed") as p:
            i = await p.send({"mission": ms, "flight": fl, "photos": len(shots), "keys": shots})
            p.log.info("landed", logger="dock", drone=dr, flight=fl, msg=i)

    @hangar.consumer("mission.abort")
    async def bring_home(c, m):
        f = flights.get(m.body["mission"])
        c.log.info("abort " + ("radioed" if f else "noted"), logger="uplink", mission=m.body["mission"], incoming=True)
        if f: f["abort"] = True
    hangar.noise(3, lambda log: log.debug("dock charge", logger="dock", bay=w.rng.randrange(1, 15), pct=w.rng.randrange(30, 100)))

    # ---- telemetry
    @tele.consumer("fix")
    async def fix(c, m):
        x = m.body
        await c.work(2)
        c.log.debug("fix", flight=x["flight"], drone=x["drone"], near=x["tower"], alt=x["alt"], incoming=True)

    @tele.consumer("flight.started")
    async def track(c, m):
        await c.work(2)
        c.log.info("track opened", flight=m.body["flight"], drone=m.body["drone"], mission=m.body["mission"], incoming=True)

    @tele.consumer("flight.landed")
    async def closed(c, m):
        async with c.span("influx query", "CLIENT") as s:
            await s.work(15)
            s.log.debug("SELECT spread(alt) FROM fix", flight=m.body["flight"], took_ms=round(s.elapsed_ms(), 1))
        c.log.info("track closed", flight=m.body["flight"])
    tele.noise(5, lambda log: log.debug("batch points flushed", n=w.rng.randrange(100)))

    # ---- ingest
    @ing.http("POST /photos")
    async def photo(c, b):
        key = f"{b['flight']}/{b['tower']}/{c.rng.getrandbits(28):07x}.jpg"
        async with c.span("minio put", "CLIENT") as s:
            await s.work(45)
            if c.rng.random() < 0.05:
                s.log.warn("slow disk", key=key, logger="store/minio.go:71")
                await s.work(120)
        c.log.info("stored", key=key, size=c.rng.randrange(3_000_000, 9_000_000), elapsed=round(c.elapsed_ms() / 1000, 4), logger="api/photos.go:40", incoming=True)
        async with c.producer("photo.stored") as p:
            i = await p.send({"key": key, "mission": b["mission"], "tower": b["tower"], "flight": b["flight"]})
            p.log.debug("queued for vision", id=i, logger="bus/nats.go:22")
        return 201, {"key": key}
    ing.noise(6, lambda log: log.info("probe", path="/ready", logger="api/probe.go:11"))

    # ---- vision
    @vis.consumer("photo.stored", retries=2, retry_ms=250, concurrency=4)
    async def score(c, m):
        k = m.body["key"]
        c.log.info(f"job {m.id[:8]} {k}", logger="worker:run:31", incoming=True)
        async with c.span("minio get", "CLIENT") as s:
            await s.work(25)
            s.log.debug(f"fetched {k}", logger="s3:get:20")
        async with c.span("infer") as s:
            await s.work(110, 0.4)
            if c.rng.random() < 0.05 and m.attempt < 3:
                s.log.error(f"CUDA out of memory on {k}", logger="model:infer:88", attempt=m.attempt)
                raise Exception("oom")
            sc = round(c.rng.betavariate(1.2, 4), 3)
            s.log.debug("boxes", logger="model:infer:97", n=c.rng.randrange(0, 6), top=sc)
        async with c.producer("photo.scored") as p:
            await p.send({"key": k, "mission": m.body["mission"], "tower": m.body["tower"], "score": sc, "flight": m.body["flight"]})
            if sc > 0.2: p.log.debug(f"published score of {k}", logger="bus:pub:9")
        c.log.info(f"done {k} score={sc} in {c.elapsed_ms():.0f} ms", logger="worker:run:48")
    vis.noise(6, lambda log: log.info(f"gpu0 util {w.rng.randrange(100)}%", logger="gpu:watch:12"))

    # ---- findings: joins
    got = {}
    async def settle(c, ms):
        g = got[ms]
        if "landed" not in g or len(g["s"]) < g["landed"] or "out" in g: return
        g["out"] = True
        if not g["s"]: return
        async with c.span("mongo insert report", "CLIENT") as s:
            await s.work(8)
        worst = max(g["s"].values())
        c.log.info(f"Report of {ms}: {len(g['s'])} photos, worst {worst}", logger="ReportService")
        if worst > 0.35:
            no["find"] += 1
            f = no["find"]
            key = max(g["s"], key=g["s"].get)
            w.find[f] = {"id": f, "mission": ms, "key": key, "wo": None}
            async with c.client("workorders", "POST /wo") as k:
                st, a = await k.send({"finding": f, "tower": key.split("/")[1], "cb": f"/findings/{f}/callback"})
                k.log.info(f"Finding #{f} on {key} -> work order {a.get('wo', '?')} ({st})", logger="WorkOrderClient")
            w.find[f]["wo"] = a.get("wo")
        await c.publish("report.ready", {"mission": ms})

    @fnd.consumer("photo.scored")
    async def scored(c, m):
        g = got.setdefault(m.body["mission"], {"s": {}})
        g["s"][m.body["key"]] = m.body["score"]
        async with c.span("mongo upsert score", "CLIENT") as s:
            await s.work(4)
            s.log.debug(f"scores.updateOne({{key:'{m.body['key']}'}})", logger="Mongoose")
        if m.body["score"] > 0.5: c.log.warning(f"{m.body['key']} looks bad: {m.body['score']}", logger="ScoreConsumer", incoming=True)
        elif m.body["score"] > 0.12: c.log.debug(f"Score {m.body['score']} for mission {m.body['mission']}", logger="ScoreConsumer", incoming=True)
        await settle(c, m.body["mission"])

    @fnd.consumer("flight.landed")
    async def landed(c, m):
        c.log.info(f"Flight {m.body['flight']} of {m.body['mission']} landed, expecting {m.body['photos']} scores", logger="FlightConsumer", incoming=True)
        got.setdefault(m.body["mission"], {"s": {}})["landed"] = m.body["photos"]
        await settle(c, m.body["mission"])

    @fnd.http("POST /findings/{id}/callback")
    async def callback(c, b):
        f = int(b["_route"].split("/")[2])
        async with c.span("mongo update finding", "CLIENT") as s:
            await s.work(4)
        c.log.info(f"Finding #{f}: crew {b['crew']} goes on {b['day']}", logger="CallbackController", incoming=True)
        return 204, {}

    @fnd.http("POST /findings/{id}/review")
    async def review(c, b):
        f = w.find[int(b["_route"].split("/")[2])]
        c.log.info(f"Finding #{f['id']} reviewed: {b['verdict']}", logger="ReviewController", incoming=True)
        if b["verdict"] == "false alarm" and f["wo"]:
            async with c.client("workorders", f"DELETE /wo/{f['wo']}") as k:
                st, _ = await k.send({})
                k.log.debug(f"DELETE /wo/{f['wo']} {st} {k.elapsed_ms():.0f}ms", logger="WorkOrderClient")
        else: await c.call("vision", "POST /labels", {"key": f["key"]})
        return 200, {}

    @vis.http("POST /labels")
    async def label(c, b):
        await c.work(5)
        c.log.info(f"label kept for {b['key']}", logger="labels:add:15", incoming=True)
        return 201, {}

    # ---- workorders
    @wos.http("POST /wo")
    async def wo(c, b):
        no["wo"] += 1
        n = no["wo"]
        c.log.info("BAPI_ALM_ORDER_MAINTAIN start, tower " + b["tower"] + ", ext. ref " + str(b["finding"]), logger="pm.OrderService", incoming=True)
        async with c.span("RFC BAPI_ALM_ORDER_MAINTAIN", "CLIENT") as s:
            await s.work(180, 0.5)
            s.log.debug("RETURN-TYPE=S AUFNR=%012d" % n, logger="pm.sap.Rfc")
        c.log.info(f"order {n} created", logger="pm.OrderService")

        async def tell():
            await sleep(c.rng.uniform(500, 2500))
            async with c.client("findings", f"POST {b['cb']}") as k:
                st, _ = await k.send({"crew": c.rng.choice(["North 2", "Hill", "Coast 1"]), "day": c.rng.choice(["Mon", "Tue", "Thu"])})
                k.log.info(f"callback for order {n} delivered, HTTP {st}", logger="pm.Callbacks")
        c.spawn(tell())
        return 201, {"wo": n}

    @wos.http("DELETE /wo/{n}")
    async def drop(c, b):
        async with c.span("RFC BAPI_ALM_ORDER_CANCEL", "CLIENT") as s: await s.work(120)
        c.log.info(f"order {b['_route'].split('/')[-1]} flagged for deletion", logger="pm.OrderService", incoming=True)
        return 204, {}
    wos.noise(9, lambda log: log.debug("JCo pool: 2 of 10 connections in use", logger="pm.sap.Pool"))


async def load(w):
    r = w.rng

    async def mission(i):
        line = r.choice(["L110-Ost", "L220-7", "L380-Nord", "L20-Tal"])
        st, a = await w.start("edge", "POST /missions", {"line": line, "towers": [f"T{r.randrange(1, 400):03d}" for _ in range(r.choice([1, 2, 2, 3]))]})
        if st != 202: return
        await sleep(r.uniform(300, 3500))
        if i % 3 == 0: await w.start("edge", f"GET /missions/{a['id']}")
        if i % 8 == 5: await w.start("edge", f"POST /missions/{a['id']}/abort", {"why": r.choice(["gusts", "bird of prey", "farmer complains"])})
        await sleep(r.uniform(2000, 5000))
        for f in list(w.find.values()):
            if "seen" not in f and r.random() < 0.5:
                f["seen"] = True
                await w.start("edge", f"POST /findings/{f['id']}/review", {"verdict": r.choice(["confirmed", "confirmed", "false alarm"])})
                break
    await arrivals(w, 80, 2.5, mission)
    await sleep(6000)

record(build, load, "q_drone")
