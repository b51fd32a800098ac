"""Waste collection: citizens order bulky pickups, a tour is optimised every second or two and driven by trucks that report stop by stop,
trucks are weighed in and out, loads are sorted and surcharged, bins with sensors ask to be emptied, complaints lead to second tours."""
import json
from world import *

L = lambda r, **k: k.get(r.level, r.level)


def nginx(r):           # front: nginx, own log_format, request_time in seconds, $time_iso8601 in whole seconds
    f = r.fields
    if "u" not in f: return f"{r.time:%Y/%m/%d %H:%M:%S} [{r.level.lower().replace('info', 'notice')}] {r.pid}#{r.pid}: {r.message}"
    s = f"{r.time:%Y-%m-%dT%H:%M:%S}+00:00 {f['a']} {f['meth']} {f['u']} {f['s']} rt={f['t']:.3f} urt={f['t'] - .001:.3f}"
    return s + (f" tid={r.trace_id} sid={r.span_id}" if r.trace_id else " tid=- sid=-") + (f" in={r.incoming}" if r.incoming else "")


def pino(r):            # citizen
    d = {"level": {"DEBUG": 20, "INFO": 30, "WARN": 40, "ERROR": 50}[r.level], "time": r.ns // 1_000_000, "pid": r.pid, "hostname": "citizen-6bd4c-x2m"}
    d |= {k: v for k, v in r.fields.items()}
    if r.trace_id: d["otel"] = {"trace": r.trace_id, "span": r.span_id}
    if r.incoming: d["traceparent"] = r.incoming
    return json.dumps(d | {"msg": r.message}, separators=(",", ":"))


def log4j2(r):          # disposition: Kotlin, log4j2
    ids = f"[{r.trace_id or ''},{r.span_id or ''}]"
    p = f" <- {r.incoming_parent}" if r.incoming_parent else ""
    return f"{r.time:%d.%m.%Y %H:%M:%S},{r.time.microsecond // 1000:03d} {r.level:<5} {ids} ({r.logger}) {r.message}{p}"


def rustjson(r):        # tours: tracing-subscriber json
    d = {"timestamp": isoz(r, 6), "level": r.level, "fields": {"message": r.message, **r.fields}, "target": f"tours::{r.logger}"}
    if r.trace_id: d["span"] = {"trace_id": r.trace_id, "span_id": r.span_id, "name": r.logger}
    if r.incoming_parent: d["span"]["parent"] = r.incoming_parent
    return json.dumps(d, separators=(",", ":"))


def zapc(r):            # truckgw: zap's console encoder
    d = dict(r.fields)
    if r.trace_id: d |= {"traceID": r.trace_id, "spanID": r.span_id}
    if r.incoming: d["traceparent"] = r.incoming
    return f"{isoz(r)}\t{r.level}\t{r.logger}\t{r.message}" + ("\t" + json.dumps(d) if d else "")


def scale(r):           # weighbridge: an old program, semicolons; its new version has the ids as last columns
    return f"{r.time:%Y%m%d};{r.time:%H%M%S}{r.time.microsecond // 10000:02d};{ {'DEBUG': 'D', 'INFO': 'I', 'WARN': 'W', 'ERROR': 'E'}[r.level] };{r.message};{r.trace_id or ''};{r.span_id or ''}" + (f";{r.incoming_parent}" if r.incoming_parent else "")


def pylog(r):           # sorting
    i = f" trace={r.trace_id} span={r.span_id}" if r.trace_id else ""
    p = f" parent={r.incoming_parent}" if r.incoming_parent else ""
    return f"{L(r, WARN='WARNING')}:{r.time:%Y-%m-%d %H:%M:%S}.{r.time.microsecond:06d}:sorting.{r.logger}:{r.message}{i}{p}"


def monolog(r):         # fees: Monolog JSON
    d = {"message": r.message, "context": r.fields or [], "level": {"DEBUG": 100, "INFO": 200, "WARN": 300, "ERROR": 400}[r.level], "level_name": L(r, WARN="WARNING"), "channel": r.logger,
         "datetime": f"{r.time:%Y-%m-%dT%H:%M:%S}.{r.time.microsecond:06d}+00:00", "extra": {}}
    if r.trace_id: d["extra"] = {"traceId": r.trace_id, "spanId": r.span_id}
    if r.incoming: d["extra"]["traceparent"] = r.incoming
    return json.dumps(d, separators=(",", ":"))


def spdlog(r):          # binsense: C++ spdlog
    i = f" {{{r.trace_id}/{r.span_id}}}" if r.trace_id else ""
    return f"[{r.time:%Y-%m-%d %H:%M:%S}.{r.time.microsecond // 1000:03d}] [binsense] [{L(r, WARN='warning').lower()}]{i} {r.message}" + (f" (ctx {r.incoming})" if r.incoming else "")


def winston(r):         # herald: winston printf
    f = " ".join(f"{k}={v}" for k, v in r.fields.items())
    i = f" trace_id={r.trace_id} span_id={r.span_id}" if r.trace_id else ""
    return f"{isoz(r)} {L(r, WARN='warn').lower()}: {r.message}{' ' + f if f else ''}{i}" + (f" parent_span_id={r.incoming_parent}" if r.incoming_parent else "")


def build(w):
    w.network_ms, w.broker_ms = 1.8, 22
    w.new_message_id = lambda: f"{w.ids.getrandbits(48):012x}"
    w.orders, w.tours, w.loads = {}, {}, {}
    pool, bins_open = [], set()
    c_ = {"order": 51800, "tour": 310, "ticket": 90000, "ins": 17, "claim": 600}
    def nxt(k):
        c_[k] += 1
        return c_[k]

    front = w.service("front", nginx)
    citizen = w.service("citizen", pino, errors=lambda c, e: c.log.error("unhandledRejection", err={"type": "Error", "message": str(e)}))
    dispo = w.service("disposition", log4j2, errors=lambda c, e: c.log.error(f"Verarbeitung abgebrochen: {e}\njava.lang.IllegalStateException: {e}\n\tat de.stadtrein.dispo.Bus$handle$1.invokeSuspend(Bus.kt:77)\n\tat kotlin.coroutines.jvm.internal.BaseContinuationImpl.resumeWith(ContinuationImpl.kt:33)", logger="Bus"))
    tours = w.service("tours", rustjson, errors=lambda c, e: c.log.error("subscriber error", error=str(e), logger="bus"))
    gw = w.service("truckgw", zapc, errors=lambda c, e: c.log.error("handler returned error", error=str(e), logger="mq/handler.go:58"))
    bridge = w.service("weighbridge", scale, errors=lambda c, e: c.log.error(f"ABBRUCH {e}"))
    sorting = w.service("sorting", pylog, errors=lambda c, e: c.log.error(f"failed: {e}\nTraceback (most recent call last):\n  File \"/app/sorting/bus.py\", line 40, in dispatch\n    await h(msg)\nOSError: {e}", logger="bus"))
    fees = w.service("fees", monolog, errors=lambda c, e: c.log.error("Message handling failed", logger="messenger", error=str(e)))
    sense = w.service("binsense", spdlog)
    herald = w.service("herald", winston, errors=lambda c, e: c.log.error("job failed", reason=str(e).replace(" ", "_")))

    # ------- front
    @front.http("ANY *")
    async def any_(c, b):
        m, p = b["_route"].split(" ")
        to = "binsense" if p.startswith("/uplink") else "weighbridge" if p.startswith("/gate") else "citizen"
        s, a = await c.call(to, b["_route"], {k: v for k, v in b.items() if k[0] != "_"}, client_span=False)
        c.log.info("", a=f"84.{c.rng.randrange(200)}.7.{c.rng.randrange(255)}", meth=m, u=p, s=s, t=c.elapsed_ms() / 1000)
        return s, a
    front.noise(11, lambda l: l.info("signal process started"))

    # ------- citizen
    @citizen.http("POST /pickups")
    async def order(c, b):
        rid = "req-" + format(c.rng.getrandbits(20), "x")
        c.log.info("incoming request", reqId=rid, req={"method": "POST", "url": "/pickups"}, incoming=True)
        async with c.span("geocode", "CLIENT") as g:
            await g.work(35, 0.5)
            g.log.debug("nominatim answered", reqId=rid, street=b["street"], ms=int(g.elapsed_ms()))
        async with c.client("fees", "POST /quotes") as k:
            s, q = await k.send({"kg": b["kg"]})
            k.log.debug("quote fetched", reqId=rid, cents=q["cents"])
        oid = f"SP-{nxt('order')}"
        w.orders[oid] = {"state": "open", "street": b["street"], "fee": q["cents"]}
        async with c.client("disposition", "PUT /auftraege/" + oid) as k:
            s, a = await k.send({"street": b["street"], "kg": b["kg"], "cents": q["cents"]})
            if s != 201: k.log.warn("disposition refused", reqId=rid, pickup=oid, statusCode=s)
        c.log.info("request completed", reqId=rid, pickup=oid, res={"statusCode": s}, responseTime=round(c.elapsed_ms(), 2))
        if s != 201: w.orders[oid]["state"] = "refused"
        return s, {"id": oid}

    @citizen.http("GET /pickups/{id}")
    async def status(c, b):
        oid = b["_route"].split("/")[-1]
        async with c.span("redis GET", "CLIENT") as d:
            await d.work(0.8)
            if d.rng.random() < 0.3: d.log.debug("cache miss", key="pickup:" + oid)
        s, a = await c.call("disposition", "GET /auftraege/" + oid)
        c.log.info(f"status of {oid}: {a['state']}", incoming=True)
        return 200, a

    @citizen.http("DELETE /pickups/{id}")
    async def cancel(c, b):
        oid = b["_route"].split("/")[-1]
        c.log.info("cancellation wanted", pickup=oid, incoming=True)
        async with c.client("disposition", "DELETE /auftraege/" + oid) as k:
            s, _ = await k.send()
            k.log.debug("DELETE", url=f"http://disposition/auftraege/{oid}", statusCode=s)
        return s, {}

    @citizen.http("POST /complaints")
    async def complain(c, b):
        n = f"B{nxt('claim')}"
        async with c.producer("complaint.filed") as p:
            p.log.info("complaint filed", complaint=n, about=b["about"])
            await p.send({"no": n, "about": b["about"]})
        return 202, {"no": n}
    citizen.noise(5, lambda l: l.debug("under-pressure", eventLoopDelay=round(w.rng.uniform(.4, 30), 2), heapUsed=w.rng.randrange(4 * 10**7, 9 * 10**7)))

    # ------- fees
    @fees.http("POST /quotes")
    async def quote(c, b):
        await c.work(6)
        cents = 2500 + 12 * b["kg"]
        c.log.debug("quote", logger="pricing", kg=b["kg"], cents=cents, incoming=True)
        return 200, {"cents": cents}

    @fees.consumer("pickup.done", retries=2, retry_ms=500)
    async def invoice(c, m):
        o = m.body["order"]
        c.log.info("Received message App\\Message\\PickupDone", logger="messenger", message_id=m.id, incoming=True)
        inv = f"R26-{nxt('ins'):05d}"
        async with c.span("INSERT invoice", "CLIENT") as d:
            await d.work(9)
            if d.rng.random() < 0.05 and m.attempt < 3:
                d.log.warning("SQLSTATE[40001]: Serialization failure", logger="doctrine", order=o)
                raise Exception("deadlock")
            d.log.debug("Executing statement: INSERT INTO invoice (no, order_ref, cents) VALUES (?, ?, ?)", logger="doctrine", params=[inv, o, m.body["cents"]])
        async with c.span("POST sepa/direct-debits", "CLIENT") as k:
            await k.work(140, 0.5)
            ok = k.rng.random() > 0.06
            k.log.info("Direct debit submitted" if ok else "Direct debit refused", logger="sepa", invoice=inv, mandate=f"M{k.rng.randrange(10**6)}")
        async with c.producer("invoice.written") as p:
            await p.send({"inv": inv, "order": o, "paid": ok})
            if ok: p.log.debug("Sending message App\\Message\\InvoiceWritten", logger="messenger", invoice=inv)
        c.log.info("PickupDone was handled successfully (acknowledging to transport)", logger="messenger", message_id=m.id)

    @fees.consumer("load.contaminated")
    async def surcharge(c, m):
        await c.work(12)
        c.log.warning("Surcharge booked", logger="pricing", tour=m.body["tour"], percent=m.body["pct"], incoming=True)
    fees.noise(8, lambda l: l.info("Worker memory usage", logger="messenger", mb=w.rng.randrange(30, 90)))

    # ------- disposition
    @dispo.http("PUT /auftraege/{id}")
    async def accept(c, b):
        oid = b["_route"].split("/")[-1]
        async with c.span("INSERT auftrag", "CLIENT") as d:
            await d.work(6)
        if c.rng.random() < 0.04:
            c.log.warning(f"Auftrag {oid} abgelehnt: Straße {b['street']} nicht im Gebiet", logger="AuftragApi", incoming=True)
            return 422, {}
        c.log.info(f"Auftrag {oid} angenommen, {b['kg']} kg, {b['street']}", logger="AuftragApi", incoming=True)
        async with c.producer("stop.wanted") as p:
            x = await p.send({"ref": oid, "street": b["street"], "kind": "bulky", "kg": b["kg"]})
            p.log.debug(f"stop.wanted {oid} ({x})", logger="Bus")
        return 201, {}

    @dispo.http("GET /auftraege/{id}")
    async def look(c, b):
        async with c.span("SELECT auftrag", "CLIENT") as d:
            await d.work(3)
        return 200, {"state": w.orders[b["_route"].split("/")[-1]]["state"]}

    @dispo.http("DELETE /auftraege/{id}")
    async def storno(c, b):
        oid = b["_route"].split("/")[-1]
        if w.orders[oid]["state"] != "open":
            c.log.info(f"Storno {oid} zu spät ({w.orders[oid]['state']})", logger="AuftragApi", incoming=True)
            return 409, {}
        w.orders[oid]["state"] = "cancelled"
        async with c.span("UPDATE auftrag", "CLIENT") as d:
            await d.work(5)
            d.log.debug(f"update auftrag set status = 'STORNO' where nr = '{oid}'", logger="Exposed")
        async with c.producer("stop.dropped") as p:
            await p.send({"ref": oid})
            p.log.info(f"Storno {oid} -> Tourenplanung", logger="AuftragApi")
        return 200, {}

    @dispo.consumer("complaint.filed")
    async def reclaim(c, m):
        n, about = m.body["no"], m.body["about"]
        c.log.info(f"Beschwerde {n} zu {about}", logger="Beschwerden", incoming=True)
        async with c.client("truckgw", f"GET /trips/{about}") as k:
            s, a = await k.send()
            k.log.debug(f"truckgw: {about} -> {a['seen']}", logger="TruckClient")
        if a["seen"]:
            await c.publish("complaint.closed", {"no": n, "why": "served"})
        else:
            await sleep(c.rng.uniform(200, 900))
            c.log.info(f"{n}: Nachholung eingeplant", logger="Beschwerden")
            await asyncio.gather(c.publish("stop.wanted", {"ref": n, "street": "?", "kind": "again", "kg": 40}), c.publish("complaint.closed", {"no": n, "why": "again"}))

    @dispo.consumer("stop.served")
    async def erledigt(c, m):
        ref = m.body["ref"]
        async with c.span("UPDATE auftrag", "CLIENT") as d:
            await d.work(4)
            if m.body["ok"]: d.log.debug(f"update auftrag set status = 'ERLEDIGT' where nr = '{ref}'", logger="Exposed")
        if ref in w.orders: w.orders[ref]["state"] = "done" if m.body["ok"] else "failed"
        if not m.body["ok"]:
            c.log.warning(f"{ref} nicht erledigt: {m.body['why']}", logger="Rueckmeldung", incoming=True)
            await c.publish("stop.failed", {"ref": ref, "why": m.body["why"]})
        elif ref not in w.orders: c.log.debug(f"{ref}: kein Auftrag, nur Leerung", logger="Rueckmeldung", incoming=True)
        else:
            c.log.info(f"Rückmeldung zu {ref}", logger="Rueckmeldung", incoming=True)
            async with c.producer("pickup.done") as p:
                x = await p.send({"order": ref, "cents": w.orders[ref]["fee"]})
                p.log.info(f"Auftrag {ref} erledigt, an Gebühren gemeldet ({x})", logger="Rueckmeldung")
    dispo.noise(7, lambda l: l.debug("HikariPool-1 - Pool stats (total=10, active=1, idle=9, waiting=0)", logger="HikariPool"))

    # ------- tours
    @tours.consumer("stop.wanted")
    async def collect(c, m):
        await c.work(1)
        pool.append((m.body, c))
        c.log.debug("stop pooled", stop=m.body["ref"], pool=len(pool), logger="pool", incoming=True)

    @tours.consumer("stop.dropped")
    async def drop(c, m):
        n = len(pool)
        pool[:] = [x for x in pool if x[0]["ref"] != m.body["ref"]]
        c.log.info("stop removed" if len(pool) < n else "stop was not in the pool", stop=m.body["ref"], logger="pool", incoming=True)

    @tours.every(1.1, first=2)
    async def optimise(c):
        if pool:
            take, pool[:] = pool[:3], pool[3:]
            t = f"T{nxt('tour')}"
            async with c.span("solve") as s:
                for _, o in take: s.link(o)
                await s.work(120, 0.5)
                s.log.info("tour solved", tour=t, stops=len(take), km=round(s.rng.uniform(4, 38), 1), logger="solver")
            async with c.span("INSERT tour_stop", "CLIENT") as d:
                for b, _ in take:
                    await d.work(1.2)
                    d.log.debug("insert", tour=t, stop=b["ref"], logger="store")
            async with c.producer("tour.ready") as p:
                x = await p.send({"tour": t, "stops": [b for b, _ in take]})
                p.log.debug("published", tour=t, message_id=x, logger="bus")
    tours.noise(6, lambda l: l.debug("matrix cache", hits=w.rng.randrange(1000), logger="matrix"))

    # ------- truck gateway
    seen = set()

    @gw.consumer("tour.ready")
    async def drive(c, m):
        t, plate = m.body["tour"], f"KA-SR {c.rng.randrange(100, 140)}"
        c.log.info("tour sent to truck", tour=t, truck=plate, stops=len(m.body["stops"]), logger="tour/assign.go:41", incoming=True)
        async def trip():
            for i, s in enumerate(m.body["stops"]):
                await sleep(c.rng.uniform(150, 700))
                async with c.span("mqtt stop report", "CONSUMER") as r:
                    await r.work(4)
                    ok = r.rng.random() > 0.08
                    why = None if ok else r.rng.choice(["blocked road", "nothing there", "too much"])
                    (r.log.info if ok else r.log.warning)("stop " + ("done" if ok else "skipped"), truck=plate, seq=i + 1, ref=s["ref"], **({} if ok else {"reason": why}), logger="tour/report.go:88")
                    if ok: seen.add(s["ref"])
                    await r.publish("stop.served", {"ref": s["ref"], "ok": ok, "why": why}, producer_span=i % 2 == 0)
            async with c.client("weighbridge", "POST /weighings") as k:
                st, a = await k.send({"tour": t, "plate": plate})
                k.log.info("weighed in", tour=t, ticket=a["ticket"], logger="yard/scale.go:23")
            await sleep(c.rng.uniform(300, 900))
            await c.call("weighbridge", f"PATCH /weighings/{a['ticket']}", {"tour": t})
            c.log.info("tour over", tour=t, truck=plate, took=f"{c.elapsed_ms() / 1000:.1f}s", logger="tour/assign.go:77")
        c.spawn(trip())

    @gw.http("GET /trips/{ref}")
    async def trips(c, b):
        await c.work(3)
        ref = b["_route"].split("/")[-1]
        c.log.debug("trip lookup", ref=ref, hit=ref in seen, logger="api/trips.go:19", incoming=True)
        return 200, {"seen": ref in seen and c.rng.random() < 0.6}
    gw.noise(3, lambda l: l.debug("mqtt ping", client=f"truck-{w.rng.randrange(100, 140)}", logger="mqtt/client.go:12"))

    # ------- weighbridge
    tickets = {}

    @bridge.http("POST /weighings")
    async def brutto(c, b):
        no = str(nxt("ticket"))
        kg = c.rng.randrange(11000, 18000) // 20 * 20
        await c.work(90, 0.3)
        tickets[no] = kg
        c.log.info(f"BRUTTO {b['plate']} {kg} KG SCHEIN {no}", incoming=True)
        return 201, {"ticket": no}

    @bridge.http("PATCH /weighings/{no}")
    async def tara(c, b):
        no = b["_route"].split("/")[-1]
        await c.work(80, 0.3)
        net = tickets[no] - 10400 if tickets[no] > 11000 else 200
        c.log.info(f"TARA SCHEIN {no} NETTO {net} KG")
        await c.publish("load.tipped", {"ticket": no, "tour": b["tour"], "kg": net})
        return 200, {}

    @bridge.http("POST /gate")
    async def private(c, b):
        no = str(nxt("ticket"))
        await c.work(60)
        c.log.info(f"ANLIEFERUNG PRIVAT {b['plate']} SCHEIN {no} {b['kg']} KG", incoming=True)
        async with c.client("fees", "POST /quotes") as k:
            s, a = await k.send({"kg": b["kg"]})
            k.log.debug(f"PREIS SCHEIN {no} {a['cents']} CT")
        await c.publish("load.tipped", {"ticket": no, "tour": "privat", "kg": b["kg"]})
        return 201, {}
    bridge.noise(6, lambda l: l.debug("NULLPUNKT OK"))

    # ------- sorting
    @sorting.consumer("load.tipped", concurrency=3)
    async def sort(c, m):
        no = m.body["ticket"]
        c.log.info("got load of ticket %s, %d kg" % (no, m.body["kg"]), logger="line", incoming=True)
        pct = 0
        async def camera(side):
            async with c.span("classify " + side) as s:
                await s.work(110, 0.4)
                v = s.rng.choice([2, 3, 4, 6, 9, 23])
                s.log.debug("%s camera, ticket %s: %d%% foreign matter" % (side, no, v), logger="vision")
                return v
        pct = max(await asyncio.gather(camera("left"), camera("right")))
        async with c.span("influx write", "CLIENT") as d:
            await d.work(3)
        if pct > 20 and m.body["tour"] != "privat":
            async with c.producer("load.contaminated") as p:
                await p.send({"ticket": no, "tour": m.body["tour"], "pct": pct})
                p.log.warning("ticket %s is contaminated (%d%%), told fees and herald" % (no, pct), logger="line")
        else:
            c.log.info("ticket %s sorted in %.2fs" % (no, c.elapsed_ms() / 1000), logger="line")
    sorting.noise(5, lambda l: l.debug("belt 2 at %.1f m/s" % w.rng.uniform(1, 3), logger="plc"))

    # ------- bin sensors: uplinks, most lead nowhere
    @sense.http("POST /uplink")
    async def uplink(c, b):
        async with c.span("decode payload") as s:
            await s.work(0.8)
            s.log.debug(f"dev {b['dev']} fcnt {b['fcnt']} fill {b['fill']}%")
        async with c.span("timescale insert", "CLIENT") as d:
            await d.work(4)
            d.log.debug(f"insert into fill values ('{b['dev']}', {b['fill']}) took {d.elapsed_ms():.1f}ms")
        if b["fill"] > 70 and b["dev"] not in bins_open:
            bins_open.add(b["dev"])
            async with c.producer("stop.wanted") as p:
                p.log.info(f"bin {b['dev']} is {b['fill']}% full, ordering a stop")
                await p.send({"ref": b["dev"], "street": "-", "kind": "bin", "kg": 120})
        elif b["fill"] > 70: c.log.debug(f"bin {b['dev']} already ordered", incoming=True)
        return 204, {}

    @sense.consumer("stop.served")
    async def emptied(c, m):
        if m.body["ref"] not in bins_open:
            await c.work(0.4)
            if c.rng.random() < 0.6: c.log.debug(f"{m.body['ref']}: not a bin of ours", incoming=True)
            return
        bins_open.discard(m.body["ref"])
        await c.work(4)
        c.log.info(f"bin {m.body['ref']} reset to 0%", incoming=True)
    sense.noise(4, lambda l: l.info(f"gateway stat rxnb={w.rng.randrange(90)} ackr=100.0"))

    # ------- herald: every kind of notice
    def tell(topic, fmt, ms):
        @herald.consumer(topic)
        async def go(c, m):
            if topic in ("invoice.written", "complaint.closed"): c.log.debug("job start", queue=topic, id=m.id, incoming=True)
            async with c.span("POST push", "CLIENT") as k:
                await k.work(ms, 0.5)
                if k.rng.random() < 0.7: k.log.debug("fcm", ok=1)
            c.log.info(fmt.format(**m.body), ms=int(c.elapsed_ms()))
    tell("invoice.written", "invoice {inv} for {order} mailed", 70)
    tell("complaint.closed", "told complainant of {no}: {why}", 40)
    tell("stop.failed", "sorry-note sent for {ref}", 55)
    tell("load.contaminated", "yard master warned about {ticket}", 25)
    herald.noise(9, lambda l: l.info("token refreshed", provider="fcm"))


async def load(w):
    r = w.rng
    streets = ["Lindenweg 4", "Am Markt 19", "Gartenstr. 77", "Hafenallee 3", "Schulgasse 12"]

    async def one(i):
        x = r.random()
        if x < 0.24:
            await w.start("front", "POST /uplink", {"dev": f"70b3d5{r.randrange(40):04x}", "fcnt": r.randrange(9000), "fill": r.randrange(40, 100)})
        elif x < 0.32:
            await w.start("front", "POST /gate", {"plate": f"KA-{r.choice('ABXZ')} {r.randrange(100, 9999)}", "kg": r.randrange(2, 30) * 10})
        elif x < 0.42 and w.orders:
            await w.start("front", "POST /complaints", {"about": r.choice(list(w.orders))})
        else:
            s, a = await w.start("front", "POST /pickups", {"street": r.choice(streets), "kg": r.randrange(20, 400)})
            if s != 201: return
            await sleep(r.uniform(300, 6000))
            if r.random() < 0.3: await w.start("front", "GET /pickups/" + a["id"])
            elif r.random() < 0.2: await w.start("front", "DELETE /pickups/" + a["id"])
    await arrivals(w, 125, 3.5, one)
    await sleep(8000)

record(build, load, "o_waste")
