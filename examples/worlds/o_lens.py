"""An optical laboratory: opticians order glasses, prescriptions are computed for both eyes at once, blanks are taken from stock, each lens runs
through generator, polisher and a coating oven that waits for a full tray, the pair is edged into its frame, checked, perhaps made again, and shipped."""
import json
from world import *


def iis(r):             # web: IIS, W3C extended, whole seconds at the end of a request, time-taken in ms
    f = r.fields
    if "uri" not in f: return f"#{r.message}"
    c = f"{r.trace_id}/{r.span_id}" if r.trace_id else "-"
    p = f" {r.incoming}" if r.incoming else ""
    return f"{r.time:%Y-%m-%d %H:%M:%S} 10.8.0.4 {f['verb']} {f['uri']} - 443 {f['who']} 93.184.{f['n'] % 250}.{f['n'] % 31} okhttp/4.12.0 {f['st']} 0 0 {f['ms']} {c}{p}"


def logback(r):         # intake: Java with a [%thread] pattern and MDC in braces
    md = f"{{order={r.fields['order']}}} " if "order" in r.fields else ""
    i = f"trace={r.trace_id} span={r.span_id} " if r.trace_id else "trace= span= "
    p = f"parent={r.incoming_parent} " if r.incoming_parent else ""
    return f"{r.time:%H:%M:%S}.{r.time.microsecond // 1000:03d} [{'XNIO-1 task' if r.thread < 5 else 'jms'}-{r.thread}] {r.level:<5} c.o.{r.logger} {i}{p}{md}- {r.message}".replace(r.time.strftime("%H:%M:%S"), r.time.strftime("%Y-%m-%dT%H:%M:%S"), 1)


def glog(r):            # raycalc: C++ with glog
    i = f" [{r.trace_id} {r.span_id}]" if r.trace_id else ""
    p = f" <- {r.incoming_parent}" if r.incoming_parent else ""
    return f"{'I' if r.level == 'DEBUG' else r.level[0]}{r.time:%Y%m%d %H:%M:%S}.{r.time.microsecond:06d} {r.pid + r.thread:5d} {r.logger}]{i} {r.message}{p}"


def gojson(r):          # blanks: Go slog JSON with groups
    d = {"time": isoz(r, 9), "level": r.level, "msg": r.message}
    if r.fields: d["blank"] = r.fields
    if r.trace_id: d["trace"] = {"trace_id": r.trace_id, "span_id": r.span_id}
    if r.incoming: d["trace"]["parent"] = r.incoming
    return json.dumps(d, separators=(",", ":"))


def plc(r):             # floor: a gateway to machines; key=value with semicolons and an own clock format
    i = f"; trace={r.trace_id}; span={r.span_id}" if r.trace_id else ""
    p = f"; ctx={r.incoming_parent}" if r.incoming_parent else ""
    kv = "".join(f"; {k}={v}" for k, v in r.fields.items())
    return f"{r.time:%Y%m%dT%H%M%S}.{r.time.microsecond // 1000:03d}; sev={dict(DEBUG=7, INFO=6, WARN=4, ERROR=3)[r.level]}; {r.message}{kv}{i}{p}"


def twisted(r):         # oven: Twisted
    i = f"[{r.logger},{r.trace_id},{r.span_id}]" if r.trace_id else f"[{r.logger},,]"
    p = f" (from {r.incoming})" if r.incoming else ""
    return f"{r.time:%Y-%m-%dT%H:%M:%S}.{r.time.microsecond:06d}+0000 {i} {'' if r.level in ('INFO', 'DEBUG') else r.level + ': '}{r.message}{p}"


def log4net(r):         # edger
    ndc = f"({r.trace_id} {r.span_id})" if r.trace_id else "(null)"
    p = f" {{{r.incoming_parent}}}" if r.incoming_parent else ""
    return f"{r.time:%Y-%m-%d %H:%M:%S},{r.time.microsecond // 1000:03d} [{r.thread}] {r.level:<5} Optolab.Edger.{r.logger} {ndc} - {r.message}{p}"


def pretty(r):          # quality: pretty-printed JSON over several lines
    d = {"ts": round(r.ns / NS, 6), "lvl": r.level.lower(), "what": r.message}
    d |= r.fields
    if r.trace_id: d["trace"], d["span"] = r.trace_id, r.span_id
    if r.incoming_parent: d["caller"] = r.incoming_parent
    return json.dumps(d, indent=1) if len(r.fields) > 2 else json.dumps(d)


def log4perl(r):        # dispatch
    i = f" {r.trace_id}:{r.span_id}" if r.trace_id else ""
    p = f" |{r.incoming}|" if r.incoming else ""
    return f"{r.time:%Y/%m/%d %H:%M:%S},{r.time.microsecond // 1000:03d} {r.level}> {r.logger}{i}{p} {r.message}"


def build(w):
    w.network_ms, w.broker_ms = 1.6, 12
    w.new_message_id = lambda: f"ID:art-{w.ids.getrandbits(28):07x}-{w.ids.randrange(1, 9)}:1"
    n = {"o": 640_100, "job": 11_000, "tray": 200, "ship": 5_550, "po": 70}
    def nx(k, by=1):
        n[k] += by
        return n[k]
    w.orders, pairs, shelf, short = {}, {}, [], []

    web = w.service("web", iis)
    intake = w.service("intake", logback, errors=lambda c, e: c.log.error(f"JMS listener failed\norg.optolab.FatalListenerException: {e}\n\tat org.optolab.intake.Listener.onMessage(Listener.java:66)\nCaused by: java.io.IOException: {e}\n\t... 9 more", logger="i.Listener"))
    calc = w.service("raycalc", glog)
    blanks = w.service("blanks", gojson, errors=lambda c, e: c.log.error("handler", err=str(e)))
    floor = w.service("floor", plc, errors=lambda c, e: c.log.error(f"ev=abort; reason={e}"))
    oven = w.service("oven", twisted, errors=lambda c, e: c.log.error(f"Unhandled Error\n\tTraceback (most recent call last):\n\tFailure: builtins.RuntimeError: {e}", logger="Broker"))
    edger = w.service("edger", log4net, errors=lambda c, e: c.log.error(f"Consumer exception System.Exception: {e}", logger="Bus"))
    qc = w.service("quality", pretty, errors=lambda c, e: c.log.error("crash", error=str(e)))
    ship = w.service("dispatch", log4perl, errors=lambda c, e: c.log.error(f"{e} at Dispatch/Queue.pm line 212.", logger="Dispatch.Queue"))

    # ---- web
    @web.http("ANY *")
    async def site(c, b):
        verb, path = b["_route"].split(" ")
        s, a = await c.call("dispatch" if path.startswith("/carrier") else "intake", b["_route"], {k: v for k, v in b.items() if k[0] != "_"}, client_span=False)
        c.log.info("", verb=verb, uri=path, st=s, ms=int(c.elapsed_ms()), n=c.rng.randrange(9999), who=b.get("shop", "-"))
        return s, a

    # ---- intake
    @intake.http("POST /orders")
    async def order(c, b):
        no = f"{nx('o', 3)}"
        c.log.info(f"Order received from shop {b['shop']}, reference \"{b['ref']}\"", logger="i.OrderResource", order=no, incoming=True)
        async with c.span("validate rx") as s:
            await s.work(2)
            if abs(b["sph"]) > 9:
                s.log.warn(f"sphere {b['sph']} outside of the range", logger="i.RxValidator", order=no)
                c.log.info("Answered 422", logger="i.OrderResource", order=no)
                return 422, {}

        async def eye(side):
            async with c.client("raycalc", "POST /surface") as k:
                st, a = await k.send({"order": no, "eye": side, "sph": b["sph"]})
                if k.elapsed_ms() > 95: k.log.debug(f"surface of {side} came after {k.elapsed_ms():.0f} ms", logger="i.RaycalcClient", order=no)
                return a
        right, left = await asyncio.gather(eye("R"), eye("L"))
        async with c.client("blanks", "POST /picks") as k:
            st, a = await k.send({"order": no, "base": right["base"]})
            if st == 409:
                k.log.info("no blanks at hand, order waits", logger="i.BlanksClient", order=no)
        async with c.span("insert lens_order", "CLIENT") as d:
            await d.work(7)
            d.log.debug(f"insert into LENS_ORDER (NO, SHOP, SHOP_REF, STATE) values ({no}, {b['shop']}, '{b['ref']}', '{'PICKED' if st == 201 else 'WAIT'}')", logger="i.db.Sql")
        w.orders[no] = {"state": "picked" if st == 201 else "wait", "shop": b["shop"], "ref": b["ref"], "coat": b["coat"], "remakes": 0}
        if st == 201:
            for side in "RL": await surface(c, no, side, b["coat"])
        c.log.info(f"Answered 201 after {c.elapsed_ms():.1f} ms", logger="i.OrderResource", order=no)
        return 201, {"no": no}

    async def surface(c, no, side, coat):
        job = f"J{nx('job')}{side}"
        async with c.producer("job.surface") as p:
            mid = await p.send({"job": job, "order": no, "eye": side, "coat": coat})
            p.log.info(f"job {job} released to the floor, {mid}", logger="i.JobRelease", order=no)

    @intake.consumer("blanks.arrived")
    async def arrived(c, m):
        no = m.body["order"]
        c.log.info("Blanks are here, going on", logger="i.BlanksListener", order=no, incoming=True)
        if w.orders[no]["state"] != "wait":
            c.log.info("order was cancelled meanwhile", logger="i.BlanksListener", order=no)
            return
        async with c.span("update lens_order", "CLIENT") as d:
            await d.work(5)
            d.log.debug(f"update LENS_ORDER set STATE='PICKED' where NO={no}", logger="i.db.Sql")
        w.orders[no]["state"] = "picked"
        for side in "RL": await surface(c, no, side, w.orders[no]["coat"])

    @intake.http("GET /orders/{no}")
    async def where(c, b):
        no = b["_route"].split("/")[-1]
        async with c.span("select lens_order", "CLIENT") as d:
            await d.work(3)
            if d.rng.random() < 0.5: d.log.debug(f"select STATE from LENS_ORDER where NO={no}", logger="i.db.Sql")
        c.log.info(f"State asked: {w.orders[no]['state']}", logger="i.OrderResource", order=no, incoming=True)
        return 200, {}

    @intake.http("DELETE /orders/{no}")
    async def cancel(c, b):
        no = b["_route"].split("/")[-1]
        await c.work(3)
        if w.orders[no]["state"] not in ("wait", "picked"):
            c.log.info("Too late to cancel", logger="i.OrderResource", order=no, incoming=True)
            return 409, {}
        w.orders[no]["state"] = "cancelled"
        async with c.producer("order.cancelled") as p:
            await p.send({"order": no})
            p.log.info("cancellation announced", logger="i.OrderResource", order=no)
        return 200, {}

    @intake.consumer("pair.shipped")
    async def shipped(c, m):
        no = m.body["order"]
        w.orders[no]["state"] = "shipped"
        await c.work(5)
        async with c.span("POST shop webhook", "CLIENT") as k:
            await k.work(120, 0.6)
            ok = k.rng.random() > 0.1
            k.log.info(f"webhook of shop {w.orders[no]['shop']} ({w.orders[no]['ref']}): {'200' if ok else 'timed out'}", logger="i.Webhooks", order=no)
        if not ok: await c.publish("webhook.again", {"order": no, "try": 2})

    @intake.consumer("webhook.again", retries=3, retry_ms=500)
    async def again(c, m):
        await c.work(130, 0.5)
        if c.rng.random() < 0.3 and m.attempt < 3:
            c.log.warn(f"webhook attempt {m.attempt + 1} failed", logger="i.Webhooks", order=m.body["order"], incoming=True)
            raise Exception("timeout")
        c.log.info("webhook delivered at last", logger="i.Webhooks", order=m.body["order"], incoming=True)

    @intake.consumer("pair.rejected")
    async def remake(c, m):
        o = w.orders[m.body["order"]]
        o["remakes"] += 1
        c.log.warn(f"Remake {o['remakes']} of {m.body['eye']}: {m.body['why']}", logger="i.Remakes", order=m.body["order"], incoming=True)
        await c.call("blanks", "POST /picks", {"order": m.body["order"], "base": 4, "force": 1})
        await surface(c, m.body["order"], m.body["eye"], o["coat"])
    intake.noise(6, lambda l: l.debug("pool: 2/20 connections in use", logger="i.db.Pool"))

    # ---- raycalc
    @calc.http("POST /surface")
    async def trace(c, b):
        tag = f"{b['order']}/{b['eye']}"
        await c.work(85, 0.4)
        c.log.info(f"{tag} converged after {c.rng.randrange(4, 30)} iterations, rms {c.rng.uniform(.001, .02):.4f}", logger="solver.cc:412")
        base = c.rng.choice([2, 4, 6, 8])
        if b["eye"] == "R" or c.rng.random() < 0.6: c.log.info(f"{tag} sph={b['sph']} base={base} {c.elapsed_ms():.1f}ms", logger="server.cc:77", incoming=True)
        return 200, {"base": base}
    calc.noise(8, lambda l: l.info("arena 212 MB, 4 workers idle", logger="arena.cc:19"))

    # ---- blanks
    @blanks.http("POST /picks")
    async def pick(c, b):
        async with c.span("UPDATE stock", "CLIENT") as d:
            await d.work(5)
            d.log.debug("update stock", base=b["base"], rows=2 if d.rng.random() > .02 else 1)
        if c.rng.random() < 0.12 and not b.get("force"):
            c.log.warn("short", base=b["base"], order_no=int(b["order"]), incoming=True)
            short.append((b["order"], b["base"], c))
            return 409, {}
        c.log.info("picked", order_no=int(b["order"]), base=b["base"], bin=f"{c.rng.choice('ABCD')}{c.rng.randrange(80):02d}", incoming=True)
        return 201, {}

    @blanks.consumer("order.cancelled")
    async def put_back(c, m):
        await c.work(6)
        short[:] = [x for x in short if x[0] != m.body["order"]]
        c.log.info("put back", order_no=int(m.body["order"]))

    @blanks.every(3)
    async def reorder(c):
        take, short[:] = list(short), []
        if not take:
            c.log.debug("nothing short")
            return
        po = f"PO-26-{nx('po')}"
        async with c.span("POST supplier/orders", "CLIENT") as k:
            await k.work(160, 0.5)
            k.log.info("ordered", po=po, lines=len(take))
        for i in range(9):
            await sleep(450)
            async with c.span("GET supplier/orders", "CLIENT") as k:
                await k.work(60)
                there = k.rng.random() < 0.35
                k.log.debug("poll", po=po, n=i + 1, there=there)
            if there: break
        for no, base, origin in take:
            c.link(origin)
            async with origin.producer("blanks.arrived") as p:      # goes on in the order's own trace
                await p.send({"order": no, "po": po})
                p.log.info("arrived", order_no=int(no), po=po)
    blanks.noise(7, lambda l: l.debug("cycle count", bin=f"C{w.rng.randrange(80):02d}", pcs=w.rng.randrange(300)))

    # ---- floor: generator, then polisher
    @floor.consumer("job.surface", concurrency=14)
    async def machine(c, m):
        x = m.body
        no = x["order"]
        c.log.info("ev=load", job=x["job"], so=no, incoming=True)
        if w.orders[no]["state"] == "cancelled":
            c.log.warn("ev=skip; why=cancelled", job=x["job"])
            return
        w.orders[no]["state"] = "made"
        async with c.span("generate") as s:
            await s.work(380, 0.25)
            s.log.info("ev=generator_done", job=x["job"], unit=f"G{s.rng.randrange(1, 4)}", s=round(s.elapsed_ms() / 1000, 2))
        for k in range(3):
            await c.work(240, 0.25)
            ra = c.rng.randrange(3, 13)
            c.log.info("ev=polisher_done", job=x["job"], ra_nm=ra)
            if ra < 12: break
            c.log.warn("ev=rough; action=polish_again", job=x["job"])
        if x["coat"] == "none":
            await c.publish("lens.ready", x)
        else:
            mid = await c.publish("job.coat", x, producer_span=False)
            c.log.debug("ev=handover; to=oven", job=x["job"], msg=mid)

    @floor.consumer("order.cancelled")
    async def off(c, m):
        await c.work(2)
        c.log.info("ev=cancel", so=m.body["order"], incoming=True)
    floor.noise(3, lambda l: l.debug("ev=coolant", temp=w.rng.randrange(17, 24), ph=round(w.rng.uniform(8, 9), 1)))

    # ---- oven: lenses wait in their handlers for a full tray, or for 2.5 s
    @oven.consumer("job.coat")
    async def coat(c, m):
        x = m.body
        c.log.info(f"lens {x['job']} on the shelf ({x['coat']})", logger="Shelf", incoming=True)
        done = w.loop.create_future()
        shelf.append((x["job"], done, c))
        tray = await done
        await c.work(150, 0.3)
        async with c.producer("lens.ready") as p:
            await p.send(x)
            p.log.info(f"lens {x['job']} coated in tray {tray}, sent on", logger="Broker")

    async def trays():
        idle = 0
        while not w.closing:
            await sleep(250)
            idle = idle + 1 if shelf else 0
            if len(shelf) >= 6 or idle >= 10:
                take, shelf[:], idle = shelf[:8], shelf[8:], 0
                w._spawn(oven._root("coat tray", "INTERNAL", run_tray, take))
    w.background.append(trays)

    async def run_tray(c, take):
        t = f"TR{nx('tray')}"
        c.log.info(f"tray {t} goes in with {len(take)} lenses: {', '.join(j for j, _, _ in take)}", logger="Chamber")
        for _, _, o in take: c.link(o)
        async with c.span("pump down") as s:
            await s.work(400, 0.2)
            s.log.debug(f"{t} at {s.rng.uniform(1, 3):.2f}e-3 Pa", logger="Vacuum")
        async with c.span("evaporate") as s:
            await s.work(600, 0.2)
            for layer in ("SiO2", "TiO2", "SiO2"): s.log.debug(f"{t} layer {layer} {s.rng.randrange(20, 110)} nm", logger="Gun")
        c.log.info(f"tray {t} is out after {c.elapsed_ms() / 1000:.1f} s", logger="Chamber")
        for _, f, _ in take: f.set_result(t)
    oven.noise(5, lambda l: l.debug(f"ion gauge {w.rng.randrange(800, 1014)} hPa", logger="Vacuum"))

    # ---- edger: joins right and left
    @edger.consumer("lens.ready", retries=2, retry_ms=250)
    async def pair(c, m):
        x = m.body
        have = pairs.setdefault(x["order"], {})
        have[x["eye"]] = x["job"]
        if len(have) < 2:
            c.log.debug(f"{x['job']} waits for its sister (order {x['order']})", logger="Pairing", incoming=True)
            await c.work(1)
            return
        c.log.info(f"Pair of order {x['order']} complete: {have['R']} + {have['L']}", logger="Pairing", incoming=True)
        await c.work(90)
        c.log.debug(f"Shape read, {c.rng.randrange(360, 1001)} points", logger="Tracer")
        async with c.span("edge") as s:
            for side in "RL":
                await s.work(170, 0.3)
                s.log.info(f"Edged {have[side]}", logger="Spindle")
        async with c.client("quality", "POST /inspections") as k:
            st, a = await k.send({"order": x["order"], "jobs": dict(have)})
            k.log.info(f"Quality says {a['verdict']} for {x['order']}", logger="QualityClient")
        if a["verdict"] == "pass":
            await c.publish("pair.passed", {"order": x["order"]}, producer_span=False)
        else:
            del have[a["eye"]]
            async with c.producer("pair.rejected") as p:
                p.log.warn(f"Order {x['order']} back to intake, eye {a['eye']}", logger="Pairing")
                await p.send({"order": x["order"], "eye": a["eye"], "why": a["verdict"]})
    edger.noise(6, lambda l: l.debug(f"Spindle bearings {w.rng.randrange(30, 55)} C", logger="Spindle"))

    # ---- quality
    @qc.http("POST /inspections")
    async def inspect(c, b):
        async def lens(side):
            async with c.span("lensmeter " + side) as s:
                await s.work(75, 0.3)
                if side == "R" or s.rng.random() < 0.5: s.log.debug("measured", job=b["jobs"][side], dpt=round(s.rng.uniform(-6, 6), 2))
        await asyncio.gather(lens("R"), lens("L"))
        bad = c.rng.random() < 0.09
        v = c.rng.choice(["scratch", "prism", "coating pinhole"]) if bad else "pass"
        c.log.info("inspected", orderNumber=b["order"], verdict=v, right=b["jobs"]["R"], left=b["jobs"]["L"], millis=int(c.elapsed_ms()), incoming=True)
        return 200, {"verdict": v, "eye": c.rng.choice("RL")}
    qc.noise(8, lambda l: l.debug("calibration ok"))

    # ---- dispatch
    @ship.consumer("pair.passed", retries=1, retry_ms=600)
    async def pack(c, m):
        no = m.body["order"]
        sid = f"SH{nx('ship')}"
        c.log.info(f"packing order {no} as {sid}", logger="Dispatch.Pack", incoming=True)
        async with c.span("POST carrier/label", "CLIENT") as k:
            await k.work(140, 0.5)
            if k.rng.random() < 0.06 and m.attempt == 1:
                k.log.warn(f"carrier: 500 Internal Server Error for {sid}", logger="Dispatch.Carrier")
                raise Exception("500")
            tn = f"00340{k.rng.randrange(10**9):09d}"
            k.log.info(f"label {tn} for {sid}", logger="Dispatch.Carrier")
        async with c.producer("pair.shipped") as p:
            await p.send({"order": no, "track": tn})
            p.log.debug(f"pair.shipped {no}", logger="Dispatch.Queue")
        w.posted(tn, sid)

    @ship.http("POST /carrier/scans")
    async def scan(c, b):
        async with c.span("UPDATE parcels", "CLIENT") as d:
            await d.work(4)
            if d.rng.random() < 0.6: d.log.debug(f"UPDATE parcels SET scan='{b['what']}' WHERE track='{b['track']}'", logger="Dispatch.DB")
        c.log.info(f"carrier scan {b['track']}: {b['what']}", logger="Dispatch.Web", incoming=True)
        return 204, {}
    ship.noise(9, lambda l: l.debug("printer spool empty", logger="Dispatch.Printer"))
    web.noise(15, lambda l: l.info("Software: Microsoft Internet Information Services 10.0"))


async def load(w):
    r = w.rng

    def posted(track, sid):
        async def scans():
            for what in ("picked up", "delivered"):
                await sleep(r.uniform(500, 3000))
                if r.random() < 0.3: await w.start("web", "POST /carrier/scans", {"track": track, "what": what})
        w._spawn(scans())
    w.posted = posted

    async def one(i):
        s, a = await w.start("web", "POST /orders", {"shop": str(r.randrange(2000, 2040)), "ref": r.choice(["Mueller", "F. Costa", "Nowak 2", "walk-in", "B-118"]) + f" {r.randrange(100)}",
                                                     "sph": round(r.uniform(-9.4, 7) * 4) / 4, "coat": r.choice(["none", "AR", "AR", "BLUE"])})
        if s != 201: return
        x = r.random()
        if x < 0.25:
            await sleep(r.uniform(300, 7000))
            await w.start("web", "GET /orders/" + a["no"])
        elif x < 0.35:
            await sleep(r.uniform(5, 1500))
            await w.start("web", "DELETE /orders/" + a["no"])
    await arrivals(w, 92, 2.6, one)
    await sleep(12000)

record(build, load, "o_lens")
