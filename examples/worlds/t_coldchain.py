"""Cold chain: loggers send readings from trucks, excursions raise alarms that people acknowledge or that escalate, shipments are rerouted,
deliveries are released by a join of readings, signature and quality desk, certificates are rendered and put in a ledger, lots are recalled."""
import json
from world import *


def q(v):
    if isinstance(v, bool): v = str(v).lower()
    return json.dumps(str(v), ensure_ascii=False) if any(ch in str(v) for ch in ' "=') or str(v) == "" else v

def caddy(r):                     # edge: Caddy's JSON access log
    f = dict(r.fields)
    if "uri" not in f: return json.dumps({"level": r.level.lower(), "ts": round(r.ns / NS, 7), "logger": r.logger, "msg": r.message, **f}, separators=(",", ":"))
    h = {"User-Agent": [f["ua"]]}
    if r.incoming: h["Traceparent"] = [r.incoming]
    d = {"level": "info" if f["st"] < 500 else "error", "ts": round(r.ns / NS, 7), "logger": "http.log.access.log0", "msg": "handled request",
         "request": {"remote_ip": f["ip"], "proto": "HTTP/2.0", "method": f["method"], "host": "api.frostline.io", "uri": f["uri"], "headers": h}, "bytes_read": 0, "duration": round(f["took"] / 1000, 9), "size": 58, "status": f["st"]}
    if r.trace_id: d |= {"traceID": r.trace_id, "spanID": r.span_id}
    return json.dumps(d, separators=(",", ":"))

def log4rs(r):                    # telemetry: fern with brackets
    ids = f"[{r.trace_id}:{r.span_id}]" if r.trace_id else ""
    if r.incoming_parent: ids += f"[<{r.incoming_parent}]"
    return f"[{r.time:%Y-%m-%d}][{r.time:%H:%M:%S}.{r.time.microsecond:06d}][{r.logger}][{r.level}]{ids} {r.message}"

def slogtext(r):                  # rules: Go slog text handler, a group
    s = f"time={isoz(r)} level={r.level} msg={q(r.message)}" + "".join(f" {k}={q(v)}" for k, v in r.fields.items())
    if r.trace_id: s += f" otel.trace_id={r.trace_id} otel.span_id={r.span_id}"
    return s + (f" otel.parent={r.incoming_parent}" if r.incoming_parent else "")

def gin(r):                       # shipments: gin's access lines, gorm's two-line statements, log.Printf for the rest
    ids = f" | trace {r.trace_id} span {r.span_id}" if r.trace_id else ""
    if r.incoming: ids += f" | from {r.incoming}"
    f = r.fields
    if r.logger == "gin":
        t = f["took"]
        return f"[GIN] {r.time:%Y/%m/%d - %H:%M:%S} | {f['st']} | {(f'{t:.6f}ms' if t >= 1 else f'{t * 1000:.3f}µs'):>13} | {f['ip']:>15} | {f['verb']:<7} \"{f['uri']}\"{ids}"
    if r.logger == "gorm": return f"\n{r.time:%Y/%m/%d %H:%M:%S} /app/internal/{f['src']}\n[{f['took']:.3f}ms] [rows:{f['rows']}] {r.message}{ids}"
    return f"{r.time:%Y/%m/%d %H:%M:%S} {r.message}{ids}"

def hclog(r):                     # devices: hclog
    kv = "".join(f" {k}={q(v)}" for k, v in r.fields.items())
    if r.trace_id: kv += f" trace_id={r.trace_id} span_id={r.span_id}"
    if r.incoming_parent: kv += f" parent_id={r.incoming_parent}"
    return f"{r.time:%Y-%m-%dT%H:%M:%S}.{r.time.microsecond // 1000:03d}Z {'[' + r.level + ']':<7} {r.logger}: {r.message}{':' if kv else ''}{kv}"

def asynq(r):                     # alarms: asynq's logger
    ids = f" (trace={r.trace_id}, span={r.span_id})" if r.trace_id else ""
    if r.incoming: ids += f" (tp={r.incoming})"
    return f"asynq: pid={r.pid} {r.time:%Y/%m/%d %H:%M:%S}.{r.time.microsecond:06d} {r.level}: {r.message}{ids}"

def loguru(r):                    # docs: loguru
    x = f" | {{'trace_id': '{r.trace_id}', 'span_id': '{r.span_id}'}}" if r.trace_id else ""
    if r.incoming_parent: x = x[:-1] + f", 'parent': '{r.incoming_parent}'}}"
    return f"{r.time:%Y-%m-%d %H:%M:%S}.{r.time.microsecond // 1000:03d} | {r.level.replace('WARN', 'WARNING'):<8} | docs.{r.logger} - {r.message}{x}"

def tracingflat(r):               # ledger: tracing-subscriber json, flattened
    d = {"timestamp": isoz(r, 6), "level": r.level, "message": r.message, **r.fields, "target": r.logger}
    if r.trace_id: d |= {"otel.trace_id": r.trace_id, "otel.span_id": r.span_id}
    if r.incoming: d["remote.traceparent"] = r.incoming
    return json.dumps(d, separators=(",", ":"))

def watermill(r):                 # courier: watermill's standard logger
    kv = "".join(f" {k}={q(v)}" for k, v in sorted(r.fields.items()))
    if r.trace_id: kv += f" span_id={r.span_id} trace_id={r.trace_id}"
    if r.incoming_parent: kv += f" parent_span_id={r.incoming_parent}"
    return f"[watermill] {r.time:%Y/%m/%d %H:%M:%S}.{r.time.microsecond:06d} {r.logger}: \tlevel={r.level:<5} msg={json.dumps(r.message, ensure_ascii=False)}{kv}"


def build(w):
    w.network_ms, w.broker_ms = 0.9, 7
    w.new_message_id = lambda: "".join(w.ids.choice("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz") for _ in range(22))   # nuid

    edge = w.service("edge", caddy)
    tele = w.service("telemetry", log4rs, errors=lambda c, e: c.log.error(f"error handling publish: {e}", logger="telemetry::mqtt"))
    rules = w.service("rules", slogtext, errors=lambda c, e: c.log.error("handler failed", err=e))
    ship = w.service("shipments", gin, errors=lambda c, e: c.log.error(f"ERROR consumer: {e}", logger="log"))
    dev = w.service("devices", hclog, errors=lambda c, e: c.log.error("failed to process message", error=e, logger="devices.bus"))
    alarm = w.service("alarms", asynq, errors=lambda c, e: c.log.error(f"Retry exhausted for task: {e}"))
    docs = w.service("docs", loguru, errors=lambda c, e: c.log.error(f"An error has been caught in function 'on_message':\nTraceback (most recent call last):\n\n> File \"/app/docs/worker.py\", line 61, in on_message\n    await handle(msg)\n\nRuntimeError: {e}", logger="worker"))
    ledger = w.service("ledger", tracingflat, errors=lambda c, e: c.log.error("append failed", error=str(e), logger="ledger::log"))
    cour = w.service("courier", watermill, errors=lambda c, e: c.log.error("Handler returned error", err=e, logger="router.go:533"))

    r0 = w.rng
    w.ship, w.alarms, outbox, acks, parts, tracked = {}, {}, [], {}, {}, {}
    n = {"s": r0.randrange(20000, 80000), "a": r0.randrange(1000, 5000), "blk": r0.randrange(10**5, 10**6)}
    carriers = ["nordfrost", "kuehlwerk", "polarway", "isotrans"]

    # ------------------------------------------------------------ edge
    @edge.http("ANY *")
    async def serve(c, b):
        verb, uri = b["_route"].split(" ")
        to = {"shipments": "shipments", "alarms": "alarms", "recalls": "shipments"}[uri.split("/")[2]]
        st, a = await c.call(to, b["_route"], b, client_span=False)
        c.log.info("", method=verb, uri=uri, st=st, took=c.elapsed_ms(), ip=f"10.44.{c.rng.randrange(8)}.{c.rng.randrange(250)}", ua=c.rng.choice(["frostline-ios/3.1", "SAP-Cloud-Integration/6.2", "python-httpx/0.27.0", "Mozilla/5.0"]), incoming=True)
        return st, a
    edge.noise(9, lambda l: l.info("served key authentication certificate" if r0.random() < 0.2 else "storage cleaning happened too recently; skipping for now", logger="tls"))

    # ------------------------------------------------------------ shipments
    async def sql(c, text, src, ms=4, rows=1):
        async with c.span(text.split(" ")[0], "CLIENT") as s:
            await s.work(ms)
            s.log.debug(text, logger="gorm", src=src, took=s.elapsed_ms(), rows=rows)

    def access(c, b, st, incoming=True):
        verb, uri = b["_route"].split(" ")
        c.log.info("", logger="gin", st=st, took=c.elapsed_ms(), ip=f"10.42.0.{c.rng.randrange(2, 90)}", verb=verb, uri=uri, incoming=incoming)

    @ship.http("POST /v1/shipments")
    async def book(c, b):
        n["s"] += 1
        sid = f"FL{n['s']}"
        async with c.client("devices", "POST /claims") as k:
            st, d = await k.send({"for": sid, "profile": b["profile"]})
            if st != 200: k.log.warning(f"no logger free for {sid}: devices answered {st}", logger="log")
        if st != 200:
            access(c, b, 409)
            return 409, {}
        w.ship[sid] = {"id": sid, "dev": d["dev"], "lot": b["lot"], "carrier": r0.choice(carriers), "state": "BOOKED", "profile": b["profile"], "temps": []}
        await sql(c, f"INSERT INTO \"shipments\" (\"no\",\"lot\",\"state\") VALUES ('{sid}','{b['lot']}','BOOKED') RETURNING \"id\"", "repo/shipment.go:41")
        await emit(c, "shipment.booked", {"no": sid, "dev": d["dev"], "carrier": w.ship[sid]["carrier"], "profile": b["profile"]})
        access(c, b, 201)
        return 201, {"id": sid}

    async def emit(c, topic, body):
        """transactional outbox: a poller sends it a little later"""
        sent = asyncio.Event()
        outbox.append((c, topic, body, sent))
        c.spawn(sent.wait())

    async def poller():
        while not w.closing:
            await sleep(200)
            rows, outbox[:] = outbox[:20], outbox[20:]
            for c, topic, body, sent in rows:
                async with c.producer(topic) as p:
                    x = await p.send(body)
                    if topic != "shipment.rerouted": p.log.info(f"outbox: {topic} {body['no']} out as {x}", logger="log")
                sent.set()
    w.background.append(poller)

    @ship.http("GET /v1/shipments/{id}")
    async def get(c, b):
        async with c.span("SELECT", "CLIENT") as s:
            await s.work(2)
        access(c, b, 200)
        return 200, {}

    @ship.http("POST /v1/shipments/{id}/delivered")
    async def delivered(c, b):
        sid = b["_route"].split("/")[3]
        s = w.ship[sid]
        s["state"] = "DELIVERED"
        await sql(c, f"UPDATE \"shipments\" SET \"state\"='DELIVERED',\"signed_by\"='{b['by']}' WHERE no = '{sid}'", "repo/shipment.go:77")
        parts[sid] = {}
        await emit(c, "shipment.delivered", {"no": sid, "dev": s["dev"], "lot": s["lot"]})
        access(c, b, 202)
        return 202, {}

    @ship.consumer("excursion.confirmed", retries=1)
    async def hold(c, m):
        sid = m.body["shipment"]
        await sql(c, f"UPDATE \"shipments\" SET \"hold\"=true WHERE no = '{sid}' AND hold = false", "repo/hold.go:19")
        c.log.warning(f"shipment {sid} on hold (alarm {m.body['alarm']})", logger="log", incoming=True)
        if c.rng.random() < 0.5:
            await emit(c, "shipment.rerouted", {"no": sid, "carrier": w.ship[sid]["carrier"], "to": c.rng.choice(["depot Kassel", "depot Lyon", "depot Breda"])})

    async def part(c, sid, what, ok):
        p = parts.setdefault(sid, {})
        p[what] = ok
        if len(p) < 3:
            if c.rng.random() < 0.7: c.log.info(f"release {sid}: {what} in, {3 - len(p)} missing", logger="log", incoming=True)
            return
        good = all(p.values())
        w.ship[sid]["state"] = "RELEASED" if good else "QUARANTINE"
        await sql(c, f"UPDATE \"shipments\" SET \"state\"='{w.ship[sid]['state']}' WHERE no = '{sid}'", "repo/release.go:58")
        c.log.info(f"release {sid}: all parts in, {'released' if good else 'QUARANTINE'}", logger="log", incoming=True)
        if good: await emit(c, "shipment.released", {"no": sid, "lot": w.ship[sid]["lot"], "carrier": w.ship[sid]["carrier"]})

    def joiner(topic, what):
        @ship.consumer(topic)
        async def on_part(c, m): await part(c, m.body["no"], what, m.body["ok"])
    joiner("part.readings", "readings"); joiner("part.quality", "quality"); joiner("part.customs", "customs")

    @ship.http("POST /v1/recalls")
    async def recall(c, b):
        hit = [s["id"] for s in w.ship.values() if s["lot"] == b["lot"]][:5]
        c.log.warning(f"recall of lot {b['lot']}: {len(hit)} shipments", logger="log", incoming=True)
        async with c.span("SELECT", "CLIENT") as s:
            await s.work(9)
            s.log.debug(f"SELECT * FROM \"shipments\" WHERE lot = '{b['lot']}'", logger="gorm", src="repo/recall.go:22", took=s.elapsed_ms(), rows=len(hit))
        for sid in hit:
            async with c.producer("shipment.recalled") as p:
                await p.send({"no": sid, "lot": b["lot"], "carrier": w.ship[sid]["carrier"]})
                p.log.info(f"recalled {sid}", logger="log")
        return 202, {}
    ship.noise(7, lambda l: l.info("", logger="gin", st=200, took=0.02, ip="10.42.0.1", verb="GET", uri="/healthz"))

    # ------------------------------------------------------------ devices
    @dev.http("POST /claims")
    async def claim(c, b):
        async with c.span("raft apply", "CLIENT") as s:
            await s.work(7)
            s.log.debug("claim committed", index=s.rng.randrange(10**5, 10**6), logger="devices.raft")
        if c.rng.random() < 0.03:
            c.log.error("pool exhausted", profile=b["profile"], logger="devices.pool", incoming=True)
            return 409, {}
        d = f"TL-{c.rng.getrandbits(24):06X}"
        c.log.info("logger claimed", device=d, shipment=b["for"], logger="devices.pool", incoming=True)
        return 200, {"dev": d}

    @dev.consumer("shipment.booked", retries=3, retry_ms=350)
    async def configure(c, m):
        async with c.span("lwm2m write", "CLIENT") as s:
            await s.work(130, 0.6)
            if s.rng.random() < 0.08 and m.attempt < 4:
                s.log.warning("device did not answer, message will be redelivered", device=m.body["dev"], num_delivered=m.attempt, logger="devices.lwm2m")
                raise Exception("timeout")
        c.log.info("configured", device=m.body["dev"], profile=m.body["profile"], interval="300s", elapsed=f"{c.elapsed_ms():.3f}ms", logger="devices.lwm2m", incoming=True)
        await c.publish("device.armed", {"no": m.body["no"], "dev": m.body["dev"]}, producer_span=False)

    @dev.consumer("shipment.delivered")
    async def readout(c, m):
        async with c.span("lwm2m read history", "CLIENT") as s:
            await s.work(420, 0.5)
            s.log.debug("history read", device=m.body["dev"], samples=s.rng.randrange(80, 900), logger="devices.lwm2m")
        async with c.producer("device.history") as p:
            await p.send({"no": m.body["no"], "dev": m.body["dev"]})
            p.log.info("history handed over, logger free again", device=m.body["dev"], logger="devices.pool")
    dev.noise(6, lambda l: l.debug("accepted raft heartbeat", term=r0.randrange(3, 9), logger="devices.raft"))

    # ------------------------------------------------------------ telemetry
    @tele.consumer("device.armed")
    async def track(c, m):
        tracked[m.body["dev"]] = m.body["no"]
        c.log.info(f"tracking {m.body['dev']}", logger="telemetry::registry", incoming=True)
        await c.work(1)

    @tele.http("MQTT PUBLISH")
    async def reading(c, b):
        async with c.span("decode cbor") as s:
            await s.work(0.5)
            if s.rng.random() < 0.5: s.log.debug(f"decoded {s.rng.randrange(40, 200)} bytes from {b['dev']}", logger="telemetry::codec")
        async with c.span("influx write", "CLIENT") as s:
            await s.work(6)
            if s.rng.random() < 0.6: s.log.debug(f"wrote {len(b['temps'])} points in {s.elapsed_ms():.2f}ms", logger="telemetry::influx")
        async with c.producer("readings.batch") as p:
            await p.send({"dev": b["dev"], "temps": b["temps"], "seq": b["seq"]})
            if p.rng.random() < 0.6: p.log.debug(f"-> readings.batch {b['dev']}#{b['seq']}", logger="telemetry::nats")
        c.log.info(f"publish from {b['dev']} seq={b['seq']} n={len(b['temps'])} took={c.elapsed_ms() * 1000:.0f}us", logger="telemetry::mqtt", incoming=True)
        return 200, {}
    tele.noise(4, lambda l: l.debug(f"PINGREQ from {r0.randrange(40, 300)} clients in the last 5s", logger="telemetry::mqtt"))

    # ------------------------------------------------------------ rules
    @rules.consumer("readings.batch", concurrency=10)
    async def check(c, m):
        b = m.body
        top = max(b["temps"])
        async with c.span("GET profile", "CLIENT") as s:
            await s.work(1.2)
            if s.rng.random() < 0.6: s.log.debug("profile cache", hit=s.rng.random() < 0.9, device=b["dev"])
        if top <= 8:
            if c.rng.random() < 0.7: c.log.debug("within limits", device=b["dev"], seq=b["seq"], max=top, incoming=True)
            return
        n["a"] += 1
        a = f"EX-{n['a']}"
        no = tracked.get(b["dev"], "unknown")
        c.log.warning("limit exceeded", device=b["dev"], seq=b["seq"], max=top, limit=8.0, excursion=a, incoming=True)
        async with c.producer("excursion.raised") as p:
            i = await p.send({"alarm": a, "shipment": no, "dev": b["dev"], "max": top})
            p.log.info("published", subject="excursion.raised", nuid=i)

    @rules.consumer("device.history")
    async def evaluate(c, m):
        async with c.span("mean kinetic temperature") as s:
            await s.work(30, 0.5)
            mkt = round(s.rng.gauss(5, 1), 2)
            s.log.debug("computed", device=m.body["dev"], mkt_celsius=mkt)
        c.log.info("history evaluated", shipment=m.body["no"], ok=mkt < 7, dur=f"{c.elapsed_ms():.1f}ms", incoming=True)
        await c.publish("part.readings", {"no": m.body["no"], "ok": mkt < 7}, producer_span=False)
    rules.noise(8, lambda l: l.info("profiles reloaded", count=r0.randrange(30, 40), etag="%08x" % r0.getrandbits(32)))

    # ------------------------------------------------------------ alarms
    @alarm.consumer("excursion.raised")
    async def raised(c, m):
        b = m.body
        tid = "%08x-%04x-4%03x" % (c.rng.getrandbits(32), c.rng.getrandbits(16), c.rng.getrandbits(12))
        w.alarms[b["alarm"]] = asyncio.get_running_loop().create_future()
        c.log.info(f"enqueued task id={tid} type=alarm:notify queue=critical payload={{\"excursion\":\"{b['alarm']}\",\"shipment\":\"{b['shipment']}\"}}", incoming=True)
        async with c.span("redis LPUSH", "CLIENT") as s:
            await s.work(0.8)
            s.log.debug(f"broker: lpush asynq:{{critical}}:pending {tid}")
        c.spawn(escalate(c, b, tid))

    async def escalate(c, b, tid):
        for level, who in enumerate(["driver", "dispatcher", "qa-manager"], 1):
            async with c.span("alarm:notify") as t:
                async with t.producer("page.send") as p:
                    await p.send({"alarm": b["alarm"], "who": who, "text": f"{b['dev']} at {b['max']} C"})
                t.log.info(f"task id={tid} level {level}: paged {who}")
            try:
                by = await asyncio.wait_for(asyncio.shield(w.alarms[b["alarm"]]), 2.2)
                break
            except asyncio.TimeoutError:
                c.log.warning(f"task id={tid} not acknowledged by {who}, escalating {b['alarm']}")
        else: by = "nobody"
        if b["shipment"] in w.ship:
            async with c.producer("excursion.confirmed") as p:
                await p.send({"alarm": b["alarm"], "shipment": b["shipment"]})
                p.log.info(f"task id={tid} done, {b['alarm']} settled by {by}")

    @alarm.http("POST /v1/alarms/{id}/ack")
    async def ack(c, b):
        a = b["_route"].split("/")[3]
        f = w.alarms.get(a)
        await c.work(2)
        if not f or f.done():
            c.log.info(f"ack for {a} came too late", incoming=True)
            return 409, {}
        f.set_result(b["by"])
        c.log.info(f"{a} acknowledged by {b['by']}", incoming=True)
        return 200, {}
    alarm.noise(6, lambda l: l.debug("Scheduler: forwarded 0 tasks; Recoverer: 0 stale"))

    # ------------------------------------------------------------ docs
    @docs.consumer("shipment.delivered")
    async def quality(c, m):
        c.log.info(f"quality desk asked about {m.body['no']} (lot {m.body['lot']})", logger="desk", incoming=True)
        await sleep(300 + 1500 * c.rng.random())
        ok = c.rng.random() > 0.07
        async with c.producer("part.quality") as p:
            await p.send({"no": m.body["no"], "ok": ok})
            p.log.info(f"desk decided {'yes' if ok else 'no'} for {m.body['no']}", logger="desk")

    @docs.consumer("shipment.released", concurrency=4)
    async def certificate(c, m):
        cert = f"GDP-{m.body['no'][2:]}-{c.rng.choice('ABCDEF')}"
        async with c.span("render") as s:
            await s.work(180, 0.5)
            s.log.debug(f"rendered {cert}.pdf, {s.rng.randrange(2, 9)} pages", logger="render")
        async with c.client("ledger", "POST /entries") as k:
            st, a = await k.send({"doc": cert, "hash": f"{k.rng.getrandbits(64):016x}"})
            if st == 200: k.log.info(f"ledger took {cert} at height {a['height']}", logger="ledger_client")
            else: k.log.warning(f"Retrying (Retry(total=2, connect=None)) after connection broken by '503': /entries", logger="ledger_client")
        if st != 200:
            await sleep(400)
            st, a = await c.call("ledger", "POST /entries", {"doc": cert, "hash": "again"})
        c.log.info(f"certificate {cert} ready for {m.body['no']} in {c.elapsed_ms() / 1000:.2f}s", logger="worker", incoming=True)
        await c.publish("certificate.ready", {"cert": cert, "no": m.body["no"], "carrier": m.body["carrier"]})
    docs.noise(9, lambda l: l.debug(f"font cache warm, {r0.randrange(20, 40)} faces", logger="render"))

    # ------------------------------------------------------------ ledger
    @ledger.http("POST /entries")
    async def append(c, b):
        if c.rng.random() < 0.06:
            c.log.warning("not leader, refusing", doc=b["doc"], logger="ledger::raft", incoming=True)
            return 503, {}
        async with c.span("fsync") as s:
            await s.work(9, 0.6)
            s.log.debug("segment synced", elapsed_us=int(s.elapsed_ms() * 1000), logger="ledger::wal")
        n["blk"] += 1
        c.log.info("entry appended", doc=b["doc"], height=n["blk"], logger="ledger::log", incoming=True)
        return 200, {"height": n["blk"]}

    @ledger.consumer("excursion.confirmed")
    async def note(c, m):
        async with c.span("fsync") as s:
            await s.work(9, 0.6)
        n["blk"] += 1
        c.log.info("excursion noted", excursion=m.body["alarm"], subject=m.body["shipment"], height=n["blk"], logger="ledger::log", incoming=True)

    @ledger.every(12)
    async def seal_block(c):
        async with c.span("merkle root") as s:
            await s.work(22)
            s.log.debug("root computed", leaves=s.rng.randrange(3, 90), logger="ledger::seal")
        c.log.info("block sealed", height=n["blk"], root=f"{c.rng.getrandbits(64):016x}", logger="ledger::seal")
    ledger.noise(7, lambda l: l.debug("compaction skipped", segments=r0.randrange(9), logger="ledger::wal"))

    # ------------------------------------------------------------ courier: carriers' systems and messages to people
    async def post(c, carrier, what, m):
        for t in (1, 2, 3):
            async with c.span("POST " + carrier, "CLIENT") as s:
                await s.work(160, 0.6)
                ok = s.rng.random() > 0.1
                if not ok: s.log.error("Error occurred, retrying", retry_no=t, max_retries=3, wait_time=f"{250 * t}ms", err="502 Bad Gateway", logger="retry.go:90")
            if ok: return True
            await sleep(250 * t)
        return False

    def carrier_handler(topic, text):
        @cour.consumer(topic)
        async def on(c, m):
            c.log.debug("Received message", handler=topic.replace(".", "-"), message_uuid=m.id, logger="router.go:514", incoming=True)
            if await post(c, m.body["carrier"], topic, m):
                c.log.info(text, shipment=m.body["no"], carrier=m.body["carrier"], logger="handlers.go:71")
            else:
                async with c.producer("poison") as p:
                    await p.send({"id": m.id})
                    p.log.error("Message moved to poison queue", message_uuid=m.id, logger="poison.go:44")
            if topic != "shipment.booked": c.log.debug("Message acked", message_uuid=m.id, logger="router.go:540")
    carrier_handler("shipment.booked", "carrier told about booking")
    carrier_handler("shipment.rerouted", "reroute order sent")
    carrier_handler("shipment.recalled", "recall sent to carrier")
    carrier_handler("certificate.ready", "certificate mailed")

    @cour.consumer("shipment.delivered")
    async def customs(c, m):
        async with c.span("POST customs", "CLIENT") as s:
            await s.work(300, 0.5)
            s.log.info("customs release asked", ref=m.body["no"], mrn=f"26DE{s.rng.randrange(10**9, 10**10)}", logger="customs.go:38")
        await c.publish("part.customs", {"no": m.body["no"], "ok": True})

    @cour.consumer("page.send", retries=2)
    async def page(c, m):
        async with c.span("twilio", "CLIENT") as s:
            await s.work(110)
            if s.rng.random() < 0.3: s.log.debug("twilio 201", sid=f"SM{s.rng.getrandbits(64):016x}", logger="sms.go:30")
        c.log.info("paged", to=m.body["who"], about=m.body["alarm"], text=m.body["text"], logger="sms.go:41", incoming=True)
    cour.noise(8, lambda l: l.debug("Pulling messages", subscriber="nats", pending=r0.randrange(4), logger="subscriber.go:201"))


async def load(w):
    r = w.rng
    lots = [f"L{r.randrange(10**5, 10**6)}" for _ in range(9)]
    async def one(i):
        if i % 20 == 19: return await w.start("edge", "POST /v1/recalls", {"lot": r.choice(lots)})
        st, a = await w.start("edge", "POST /v1/shipments", {"profile": r.choice(["2-8C", "2-8C", "15-25C", "-20C"]), "lot": r.choice(lots)})
        if st != 201: return
        s = w.ship[a["id"]]
        await sleep(r.uniform(900, 1800))
        for k in range(r.randrange(0, 3)):
            hot = r.random() < 0.3
            before = set(w.alarms)
            await w.start("telemetry", "MQTT PUBLISH", {"dev": s["dev"], "seq": k, "temps": [round(r.gauss(9.5 if hot else 5, 0.8), 1) for _ in range(4)]})
            await sleep(r.uniform(400, 1500))
            if hot and r.random() < 0.7:
                new = [x for x in w.alarms if x not in before]
                if new: await w.start("edge", f"POST /v1/alarms/{r.choice(new)}/ack", {"by": r.choice(["m.vogel", "j.brandt", "a.rossi"])})
        if r.random() < 0.3: await w.start("edge", f"GET /v1/shipments/{a['id']}")
        if r.random() < 0.7:
            await sleep(r.uniform(300, 2500))
            await w.start("edge", f"POST /v1/shipments/{a['id']}/delivered", {"by": r.choice(["Keller", "Okafor", "Lindqvist"])})
    await arrivals(w, 75, 2.0, one)

record(build, load, "t_coldchain")
