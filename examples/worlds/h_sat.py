"""Satellite tasking and downlink: customers task images; feasibility (orbits), planning window by window, uplink through ground stations,
passes much later, a pipeline of stages over the raw frames, fan-out by tile and join, catalogue, delivery."""
import json, datetime
from world import *


def apache(r):
    f = r.fields
    if "st" not in f: return f"[{r.time:%a %b %d %H:%M:%S.%f %Y}] [mpm_event:{r.level.lower()}] [pid {r.pid}:tid 1] AH00{r.pid % 1000:03d}: {r.message}"
    st = r.time - datetime.timedelta(milliseconds=f["ms"])
    ids = f' "{r.trace_id}:{r.span_id}"' if r.trace_id else ' "-"'
    return f'{f["ip"]} - {f["user"]} [{st:%d/%b/%Y:%H:%M:%S +0000}] "{f["req"]} HTTP/1.1" {f["st"]} {f["size"]} {round(f["ms"] * 1000)}us{ids}'


def structjson(r):
    d = {"event": r.message, "level": r.level.lower().replace("warn", "warning"), "timestamp": isoz(r, 6)} | r.fields
    if r.trace_id: d |= {"trace_id": r.trace_id, "span_id": r.span_id}
    if r.incoming_parent: d["parent_span_id"] = r.incoming_parent
    return json.dumps(d)


def spdlog(r):
    ids = f" [{r.trace_id}:{r.span_id}]" if r.trace_id else ""
    p = f" <{r.incoming}>" if r.incoming else ""
    return f"[{r.time:%Y-%m-%d %H:%M:%S}.{r.time.microsecond // 1000:03d}] [{r.logger}] [{r.level.lower().replace('warn', 'warning')}]{ids} {r.message}{p}"


def jul(r):
    ids = f" {{trace={r.trace_id}, span={r.span_id}}}" if r.trace_id else ""
    p = f" parent={r.incoming_parent}" if r.incoming_parent else ""
    lv = {"DEBUG": "FINE", "INFO": "INFO", "WARN": "WARNING", "ERROR": "SEVERE"}[r.level]
    return f"{r.time:%Y-%m-%dT%H:%M:%S}.{r.time.microsecond // 1000:03d}+0000 {lv} [{r.logger}] {r.message}{p}{ids}"


def slogjson(r):
    d = {"time": isoz(r, 9), "level": r.level, "msg": r.message} | r.fields
    if r.trace_id: d |= {"traceId": r.trace_id, "spanId": r.span_id}
    if r.incoming: d["traceparent"] = r.incoming
    return json.dumps(d, separators=(",", ":"))


def envlogger(r):
    kv = " ".join(f"{k}={v}" for k, v in r.fields.items())
    ids = f" trace_id={r.trace_id} span_id={r.span_id}" if r.trace_id else ""
    p = f" parent={r.incoming_parent}" if r.incoming_parent else ""
    return f"[{isoz(r, 3)} {r.level:<5} {r.logger}] {r.message}{' ' + kv if kv else ''}{ids}{p}"


def celery(r):
    ids = f" trace_id={r.trace_id} span_id={r.span_id}" if r.trace_id else ""
    p = f" traceparent={r.incoming}" if r.incoming else ""
    return f"[{r.time:%Y-%m-%d %H:%M:%S},{r.time.microsecond // 1000:03d}: {r.level.replace('WARN', 'WARNING')}/ForkPoolWorker-{r.thread}]{ids} {r.message}{p}"


def logrus(r):
    kv = "".join(f' {k}={json.dumps(v) if isinstance(v, str) and not v.replace("-", "").replace("_", "").replace(".", "").isalnum() else v}' for k, v in r.fields.items())
    ids = f" span_id={r.span_id} trace_id={r.trace_id}" if r.trace_id else ""
    if r.incoming_parent: ids += f" parent_id={r.incoming_parent}"
    return f'time="{isoz(r, 3)}" level={r.level.lower().replace("warn", "warning")} msg={json.dumps(r.message)}{kv}{ids}'


def build(w):
    w.network_ms, w.broker_ms = 2.5, 6
    seq = [20411]
    def jetstream():
        seq[0] += 1
        return seq[0]
    w.new_message_id = jetstream
    gate = w.service("httpd", apache)
    task = w.service("tasking", structjson, errors=lambda ctx, e: ctx.log.error("subscriber_failed", exception=f"RuntimeError: {e}"))
    orb = w.service("orbitd", spdlog)
    pln = w.service("planner", jul, errors=lambda ctx, e: ctx.log.error(f"Cannot handle message: {e}\njava.io.IOException: {e}\n\tat space.plan.Subscriber.onMessage(Subscriber.java:112)", logger="space.plan.Subscriber"))
    gs = w.service("groundstation", envlogger, errors=lambda ctx, e: ctx.log.error("task panicked", logger="gs::nats", err=repr(str(e))))
    ing = w.service("ingest", slogjson, errors=lambda ctx, e: ctx.log.error("message terminated", err=str(e)))
    l1 = w.service("l1-processor", celery, errors=lambda ctx, e: ctx.log.error(f"Task l1.frame raised unexpected: RuntimeError('{e}')\nTraceback (most recent call last):\n  File \"/opt/l1/tasks.py\", line 140, in run\n    self.step(frame)\nRuntimeError: {e}"))
    cat = w.service("catalog", logrus, errors=lambda ctx, e: ctx.log.error("dropping message", error=str(e)))
    dlv = w.service("delivery", lambda r: ukr(r), errors=lambda ctx, e: ctx.log.error(f"!! {e}"))
    sats, stations = ["KESTREL-2", "KESTREL-3", "KESTREL-4", "KESTREL-6"], ["svalbard", "inuvik", "awarua", "hartebeest"]
    reqs, tiles, n = {}, {}, [5100, 880]

    def ukr(r):
        ids = f" ({r.trace_id[:32]}/{r.span_id})" if r.trace_id else ""
        p = f" [parent {r.incoming_parent}]" if r.incoming_parent else ""
        return f"{r.time:%Y-%m-%d %H:%M:%S.%f} {r.level[0]}{ids} {r.message}{p}"

    @gate.http("ANY *")
    async def proxy(ctx, body):
        s, a = await ctx.call("tasking", body["_route"], {k: v for k, v in body.items() if k[0] != "_"}, client_span=False)
        await ctx.work(.5)
        ctx.log.info("", ip=f"203.0.113.{ctx.rng.randrange(2, 250)}", user=body["customer"], req=body["_route"], st=s, size=ctx.rng.randrange(120, 2200), ms=ctx.elapsed_ms(), incoming=True)
        return s, a

    # ---- tasking
    @task.http("POST /v2/requests")
    async def create(ctx, body):
        n[0] += 1
        rid = f"tsk-{n[0]}{ctx.rng.choice('abcdefgh')}"
        ctx.log.info("request_received", request_id=rid, customer=body["customer"], aoi_km2=body["km2"], mode=body["mode"], incoming=True)
        async with ctx.client("orbitd", "POST /feasibility") as c:
            s, a = await c.send({"rid": rid, "lat": body["lat"], "lon": body["lon"]})
            c.log.debug("feasibility_answer", status=s, passes=len(a["passes"]))
        if not a["passes"]:
            ctx.log.warning("request_infeasible", request_id=rid, reason="no pass below 30 deg off-nadir")
            return 422, {"request_id": rid}
        async with ctx.span("INSERT request", "CLIENT") as c: await c.work(4)
        reqs[rid] = {"state": "accepted", "customer": body["customer"], "km2": body["km2"]}
        async with ctx.producer("tasking.accepted") as p:
            q = await p.send({"request_id": rid, "passes": a["passes"], "km2": body["km2"], "prio": body["mode"] == "urgent"})
            p.log.debug("published", subject="tasking.accepted", seq=q, request_id=rid)
        ctx.log.info("request_accepted", request_id=rid, elapsed_ms=round(ctx.elapsed_ms(), 1))
        return 202, {"request_id": rid}

    @task.http("GET /v2/requests/{id}")
    async def look(ctx, body):
        rid = body["_route"].split("/")[-1]
        ctx.log.info("status_query", request_id=rid, incoming=True)
        async with ctx.span("SELECT request", "CLIENT") as c:
            await c.work(3)
            c.log.debug("sql", statement="SELECT state FROM request WHERE id = %s", ms=round(c.elapsed_ms(), 1))
        ctx.log.info("status_answered", request_id=rid, state=reqs[rid]["state"])
        return 200, {}

    @task.http("DELETE /v2/requests/{id}")
    async def drop(ctx, body):
        rid = body["_route"].split("/")[-1]
        ctx.log.info("cancel_requested", request_id=rid, state=reqs[rid]["state"], incoming=True)
        if reqs[rid]["state"] not in ("accepted", "planned"):
            ctx.log.info("cancel_refused", request_id=rid, state=reqs[rid]["state"])
            return 409, {}
        reqs[rid]["state"] = "cancelled"
        async with ctx.producer("tasking.cancelled") as p:
            q = await p.send({"request_id": rid})
            p.log.debug("published", subject="tasking.cancelled", seq=q, request_id=rid)
        ctx.log.info("cancelled", request_id=rid)
        return 202, {}

    def state(topic, st):
        @task.consumer(topic)
        async def on(ctx, m):
            rid = m.body["request_id"]
            ctx.log.info("event_received", subject=topic, seq=m.id, request_id=rid, incoming=True)
            async with ctx.span("UPDATE request", "CLIENT") as c:
                await c.work(4)
                if c.elapsed_ms() > 4: c.log.debug("sql", statement="UPDATE request SET state = %s WHERE id = %s", ms=round(c.elapsed_ms(), 1))
            if reqs[rid]["state"] != "cancelled": reqs[rid]["state"] = st
            ctx.log.info("state_changed", request_id=rid, state=reqs[rid]["state"])
    state("plan.fixed", "planned"); state("pass.completed", "captured"); state("product.published", "delivered")

    # ---- orbits (C++)
    @orb.http("POST /feasibility")
    async def feas(ctx, body):
        ctx.log.info(f"feasibility {body['rid']} lat={body['lat']:.3f} lon={body['lon']:.3f}", logger="rpc", incoming=True)
        k = 0 if ctx.rng.random() < .04 else ctx.rng.randrange(1, 4)
        async with ctx.span("propagate SGP4") as s:
            await s.work(24)
            s.log.debug(f"propagated {len(sats)} sats, 72 h, step 10 s, {s.elapsed_ms():.1f} ms", logger="sgp4")
        ctx.log.info(f"feasibility {body['rid']} -> {k} passes", logger="rpc")
        return 200, {"passes": [{"sat": ctx.rng.choice(sats), "orbit": ctx.rng.randrange(20000, 29999)} for _ in range(k)]}

    @orb.http("GET /window/{orbit}")
    async def window(ctx, body):
        await ctx.work(6)
        ctx.log.info(f"window orbit={body['_route'].split('/')[-1]} computed in {ctx.elapsed_ms():.2f} ms", logger="rpc", incoming=True)
        return 200, {"off_nadir": round(ctx.rng.uniform(2, 29), 1), "cloud": round(ctx.rng.random(), 2)}

    # ---- planner
    @pln.consumer("tasking.accepted")
    async def plan(ctx, m):
        b = m.body
        ctx.log.info(f"Planning {b['request_id']}, {len(b['passes'])} candidate passes", logger="space.plan.Planner", incoming=True)

        async def score(p):
            async with ctx.client("orbitd", f"GET /window/{p['orbit']}") as c:
                s, a = await c.send()
                c.log.debug(f"Orbit {p['orbit']}: off-nadir {a['off_nadir']}, cloud {a['cloud']}", logger="space.plan.OrbitClient")
                return a["cloud"] + a["off_nadir"] / 100, p["orbit"], p
        best = sorted(await asyncio.gather(*map(score, b["passes"])))[0][2]
        async with ctx.span("solve") as s:
            await s.work(90, .5)
            s.log.debug(f"CP-SAT status OPTIMAL, {s.rng.randrange(200, 4000)} branches, wall {s.elapsed_ms() / 1000:.3f}s", logger="space.plan.Solver")
        n[1] += 1
        slot = f"{best['sat'][-1]}:{best['orbit']}:{n[1]}"
        async with ctx.span("UPDATE timeline", "CLIENT") as c: await c.work(5)
        ctx.log.info(f"{b['request_id']} fixed to slot {slot}", logger="space.plan.Planner")
        async with ctx.producer("plan.fixed") as p:
            q = await p.send({"request_id": b["request_id"], "slot": slot, "sat": best["sat"], "orbit": best["orbit"], "km2": b["km2"]})
            p.log.debug(f"plan.fixed stored as {q}", logger="space.plan.Nats")

    @pln.consumer("tasking.cancelled")
    async def unplan(ctx, m):
        ctx.log.info(f"Freeing slots of {m.body['request_id']}", logger="space.plan.Planner", incoming=True)
        await ctx.work(20)
        ctx.log.info(f"Slots of {m.body['request_id']} freed", logger="space.plan.Planner")

    @pln.consumer("uplink.failed")
    async def replan(ctx, m):
        b = m.body
        if b["again"] > 2:
            ctx.log.warning(f"{b['request_id']}: uplink failed for good, operator informed", logger="space.plan.Planner", incoming=True)
            return
        ctx.log.warning(f"{b['request_id']}: slot {b['slot']} lost ({b['why']}), next station", logger="space.plan.Planner", incoming=True)
        await ctx.work(30)
        async with ctx.producer("plan.fixed.again") as p:
            await p.send(b)
            p.log.debug(f"plan.fixed.again out, {b['slot']}", logger="space.plan.Nats")

    # ---- ground stations: uplink, then the pass
    async def uplink(ctx, m):
        b = dict(m.body)
        st = ctx.rng.choice(stations)
        ctx.log.info("uplink job", logger="gs::uplink", incoming=True, slot=b["slot"], station=st, sat=b["sat"], nats_seq=m.id)
        async with ctx.span("acquire antenna", "CLIENT") as c:
            await c.work(60, .6)
            c.log.debug("antenna locked", logger="gs::antenna", station=st, az=c.rng.randrange(360), el=c.rng.randrange(5, 80))
        async with ctx.span("send telecommands", "CLIENT") as c:
            await c.work(180, .4)
            bad = c.rng.random() < .06
            c.log.info("TC rejected" if bad else "TC acknowledged", logger="gs::tc", frames=c.rng.randrange(3, 12), slot=b["slot"])
        if bad:
            b |= {"why": "no CLCW", "again": b.get("again", 0) + 1}
            await ctx.publish("uplink.failed", b)
            ctx.log.warning("uplink failed", logger="gs::uplink", slot=b["slot"])
            return
        ctx.log.info("uplinked, waiting for pass", logger="gs::uplink", slot=b["slot"])

        async def fly():
            await sleep(ctx.rng.uniform(1500, 6000))
            async with ctx.span("pass") as s:
                down = s.rng.choice(stations)
                s.log.info("AOS", logger="gs::pass", slot=b["slot"], station=down)
                await sleep(s.rng.uniform(400, 1500))
                frames = 2 + round(b["km2"] / 90)
                s.log.info("LOS", logger="gs::pass", slot=b["slot"], mbytes=frames * 412, ber=f"1e-{s.rng.randrange(6, 10)}")
                async with s.producer("pass.completed") as p:
                    await p.send({"request_id": b["request_id"], "slot": b["slot"], "frames": frames, "station": down})
                    p.log.debug("pub pass.completed", logger="gs::nats", slot=b["slot"])
        ctx.spawn(fly())
    gs.consumer("plan.fixed")(uplink)
    gs.consumer("plan.fixed.again")(uplink)

    # ---- ingest
    @ing.consumer("pass.completed", retries=2, retry_ms=400)
    async def take(ctx, m):
        b = m.body
        dump = f"{b['station'][:3].upper()}_{b['slot'].replace(':', '_')}"
        ctx.log.info("ingest start", dump=dump, frames=b["frames"], delivery=m.attempt, incoming=True)
        async with ctx.span("GET s3 raw", "CLIENT") as c:
            await c.work(110, .5)
            if c.rng.random() < .04:
                c.log.warning("s3 slow down", status=503, dump=dump)
                raise Exception("503")
            c.log.debug("raw read", dump=dump, ms=round(c.elapsed_ms(), 1))
        async with ctx.span("CCSDS decode") as s:
            await s.work(50)
            s.log.debug("decoded", apids=3, gaps=s.rng.choice([0, 0, 0, 1, 2]))
        for i in range(b["frames"]):
            async with ctx.producer("frame.raw") as p:
                await p.send({"request_id": b["request_id"], "dump": dump, "frame": i + 1, "of": b["frames"]})
                p.log.debug("frame queued", dump=dump, frame=i + 1)
        ctx.log.info("ingest done", dump=dump, request=b["request_id"], ms=round(ctx.elapsed_ms()))

    # ---- level 1 stages
    @l1.consumer("frame.raw", concurrency=16)
    async def frame(ctx, m):
        b = m.body
        name = f"{b['dump']}#{b['frame']}"
        ctx.log.info(f"Task l1.frame[{name}] received", incoming=True)
        async with ctx.span("radiometric") as s:
            await s.work(120)
            s.log.debug(f"radiometric {name}: gain table 2026-08, {s.rng.randrange(0, 30)} dead px")
        async with ctx.span("georeference") as s:
            await s.work(160)
            if s.rng.random() < .12: s.log.warning(f"georeference {name}: only {s.rng.randrange(4, 9)} tie points")
            else: s.log.debug(f"georeference {name}: rmse {s.rng.uniform(.2, 1.4):.2f} px")
        async with ctx.span("PUT s3 tile", "CLIENT") as c: await c.work(35)
        await ctx.publish("tile.ready", {"request_id": b["request_id"], "tile": name, "of": b["of"]})
        ctx.log.info(f"Task l1.frame[{name}] succeeded in {ctx.elapsed_ms() / 1000:.6f}s: None")

    # ---- catalogue: joins tiles to a scene
    @cat.consumer("tile.ready")
    async def tile(ctx, m):
        rid = m.body["request_id"]
        have = tiles.setdefault(rid, {})
        have[m.body["tile"]] = m.origin
        ctx.log.info("tile registered", tile=m.body["tile"], have=len(have), want=m.body["of"], incoming=True)
        async with ctx.span("INSERT stac item", "CLIENT") as c:
            await c.work(5)
            if c.rng.random() < .8: c.log.debug("stac item upserted", collection="l1c", dur=f"{c.elapsed_ms():.2f}ms")
        if len(have) < m.body["of"] or "done" in have: return
        have["done"] = m.origin
        for k, o in have.items():
            if o is not m.origin: ctx.link(o)
        scene = f"SCN{rid[4:8]}-{ctx.rng.getrandbits(20):05x}"
        ctx.log.info("scene complete, mosaicking", scene=scene, task=rid)
        async with ctx.span("mosaic") as s:
            await s.work(240)
            s.log.debug("mosaic written", scene=scene, blocks=s.rng.randrange(20, 200))
        async with ctx.client("delivery", "POST /packages") as c:
            s, a = await c.send({"scene": scene, "order": rid, "customer": reqs[rid]["customer"]})
            c.log.debug("delivery replied", status=s, package=a.get("package"))
        async with ctx.producer("product.published") as p:
            await p.send({"request_id": rid, "scene": scene})
            p.log.debug("published product", scene=scene)
        ctx.log.info("scene published", scene=scene, task=rid)

    # ---- delivery
    @dlv.http("POST /packages")
    async def package(ctx, body):
        pk = f"{body['customer']}/{body['scene']}.zip"
        ctx.log.info(f"pack {body['scene']} for {body['customer']} (order {body['order']})", incoming=True)
        async with ctx.span("zip") as s:
            await s.work(130)
        async with ctx.span("SFTP push", "CLIENT") as c:
            await c.work(210, .5)
            if c.rng.random() < .07: c.log.warning(f"sftp refused by customer host, left in bucket: {pk}")
            else: c.log.info(f"sftp ok {pk} {c.rng.uniform(20, 900):.1f} MB")
        ctx.log.info(f"packed {pk} OK")
        return 201, {"package": pk}

    @pln.every(7, first=3)
    async def refresh_tle(ctx):
        ctx.log.info("TLE refresh", logger="space.plan.Tle")
        async with ctx.span("GET celestrak.example/gp", "CLIENT") as c:
            await c.work(140)
        ctx.log.info(f"TLE refresh done, {len(sats)} sets", logger="space.plan.Tle")

    orb.noise(5, lambda log: log.debug(f"cache size={w.rng.randrange(400, 900)} hit={w.rng.uniform(.6, .95):.2f}", logger="cache"))
    gs.noise(3, lambda log: log.debug("wind", logger="gs::weather", station=w.rng.choice(stations), ms=w.rng.randrange(2, 19)))
    ing.noise(8, lambda log: log.info("consumer info", pending=w.rng.randrange(0, 9), ack_floor=seq[0]))
    l1.startup(lambda log: log.info("celery@l1-0 ready."))
    task.noise(6, lambda log: log.debug("healthcheck", db="ok", nats="ok"))
    cat.noise(9, lambda log: log.info("vacuum finished", table="items", dead=w.rng.randrange(10, 900)))


async def load(w):
    async def one(i):
        cust = w.rng.choice(["agrimon", "coastwatch", "nordmap", "firesight", "deltares", "portintel"])
        s, a = await w.start("httpd", "POST /v2/requests", {"customer": cust, "km2": w.rng.randrange(40, 320), "mode": "urgent" if w.rng.random() < .2 else "standard", "lat": w.rng.uniform(-60, 70), "lon": w.rng.uniform(-180, 180)})
        if s != 202: return
        x = w.rng.random()
        if x < .07:
            await sleep(w.rng.uniform(100, 1500))
            await w.start("httpd", f"DELETE /v2/requests/{a['request_id']}", {"customer": cust})
        elif x < .4:
            await sleep(w.rng.uniform(1000, 9000))
            await w.start("httpd", f"GET /v2/requests/{a['request_id']}", {"customer": cust})
    await arrivals(w, 130, 3.2, one)

record(build, load, "h_sat")
