"""Parcel lockers: choreography by events, couriers that are offered jobs, lockers on MQTT with command and acknowledgement, a billing batch."""
import json
from world import *

ms = lambda r: r.time.microsecond // 1000

# ---- formatters
def envoy(r):
    f = r.fields
    if "path" not in f: return f"[{r.time:%Y-%m-%d %H:%M:%S}.{ms(r):03d}][{r.pid}][{r.level.lower().replace('warn', 'warning')}][main] [source/server/server.cc:{400 + len(r.message)}] {r.message}"
    ids = f' "{r.trace_id}" "{r.span_id}"' if r.trace_id else ' "-" "-"'
    tp = f' traceparent="{r.incoming}"' if r.incoming else ""
    return f'[{isoz(r)}] "{f["verb"]} {f["path"]} HTTP/2" {f["status"]} - {f["n"]} {f["ms"]} "{f["peer"]}" "shop-sdk/3.{f["n"] % 9}"{ids} "{f["up"]}"{tp}'

def winston(r):
    kv = dict(r.fields)
    if r.trace_id: kv |= {"trace_id": r.trace_id, "span_id": r.span_id, "trace_flags": "01"}
    if r.incoming_parent: kv["parent_id"] = r.incoming_parent
    return f"{isoz(r)} {r.level.lower()}: {r.message} {json.dumps(kv, separators=(',', ':')) if kv else ''}".rstrip()

def zapconsole(r):
    d = dict(r.fields)
    if r.trace_id: d |= {"traceID": r.trace_id, "spanID": r.span_id}
    if r.incoming: d["traceparent"] = r.incoming
    return f"{r.time:%Y-%m-%dT%H:%M:%S}.{ms(r):03d}Z\t{r.level}\t{r.logger}/main.go:{30 + len(r.message) * 3}\t{r.message}" + (f"\t{json.dumps(d)}" if d else "")

def glog(r):
    ids = f" trace={r.trace_id}/{r.span_id}" if r.trace_id else ""
    par = f" parent={r.incoming_parent}" if r.incoming_parent else ""
    return f"{'D' if r.level == 'DEBUG' else r.level[0]}{r.time:%Y%m%d %H:%M:%S.%f} {r.pid:5d} {r.logger}.cc:{50 + len(r.message)}]{ids} {r.message}{par}"

def structlog(r):
    kv = " ".join(f"{k}={v!r}" if isinstance(v, str) and " " in v else f"{k}={v}" for k, v in r.fields.items())
    if r.trace_id: kv += f" trace_id={r.trace_id} span_id={r.span_id}"
    if r.incoming: kv += f" traceparent={r.incoming}"
    return f"{r.time:%Y-%m-%d %H:%M:%S.%f} [{r.level.lower().replace('warn', 'warning'):<8}] {r.message:<30} {kv.strip()}".rstrip()

def boot(r):
    ids = f"[{r.trace_id}-{r.span_id}] " if r.trace_id else "[                                                 ] "
    par = f" (traceparent: {r.incoming})" if r.incoming else ""
    return f"{r.time:%Y-%m-%dT%H:%M:%S}.{ms(r):03d}Z {r.level:>5} {r.pid} --- [courier-backend] [{'ntainer#0-0-C-' if not isinstance(r.thread, str) else r.thread}{r.thread if not isinstance(r.thread, str) else ''}] {ids}{r.logger:<40} : {r.message}{par}"

def syslog5424(r):
    sd = f'[otel@32473 trace="{r.trace_id}" span="{r.span_id}"' + (f' parent="{r.incoming_parent}"' if r.incoming_parent else "") + "]" if r.trace_id else "-"
    pri = 136 + {"DEBUG": 7, "INFO": 6, "WARN": 4, "ERROR": 3}[r.level]
    return f"<{pri}>1 {isoz(r, 6)} lgw-02 lockergw {r.pid} {r.logger.upper()} {sd} {r.message}"

def loguru(r):
    ex = f" | trace_id={r.trace_id} span_id={r.span_id}" if r.trace_id else ""
    if r.incoming: ex += f" parent={r.incoming}"
    return f"{r.time:%Y-%m-%d %H:%M:%S}.{ms(r):03d} | {'WARNING' if r.level == 'WARN' else r.level:<8} | sms.{r.logger}:{10 + len(r.message) % 90} - {r.message}{ex}"

def billing(r):
    ids = f" TRC={r.trace_id} SPN={r.span_id}" if r.trace_id else ""
    if r.incoming_parent: ids += f" PAR={r.incoming_parent}"
    return f"{r.time:%d.%m.%Y %H:%M:%S} {r.level[0]} {r.message}{ids}"


def build(w):
    w.network_ms, w.broker_ms = 0.8, 11
    rng = w.rng
    offset = [0]
    def mid():
        offset[0] += rng.randrange(1, 4)
        return f"{rng.randrange(6)}/{40000 + offset[0]}"
    w.new_message_id = mid
    edge = w.service("edge-proxy", envoy)
    lab = w.service("labels", winston)
    geo = w.service("addresses", zapconsole)
    trk = w.service("tracking", zapconsole, errors=lambda c, e: c.log.error("could not append event", error=str(e), logger="store"))
    srt = w.service("sorter", glog, errors=lambda c, e: c.log.error(f"belt stop: {e}", logger="belt"))
    dsp = w.service("dispatch", structlog, errors=lambda c, e: c.log.error("assignment_crashed", exc=str(e)))
    cou = w.service("courier-backend", boot, errors=lambda c, e: c.log.error(f"Backoff exhausted for record\norg.springframework.kafka.listener.ListenerExecutionFailedException: Listener failed; nested exception is {e}\n\tat org.springframework.kafka.listener.KafkaMessageListenerContainer.decorateException(KafkaMessageListenerContainer.java:2987)", logger="o.s.k.l.DefaultErrorHandler"))
    lgw = w.service("locker-gateway", syslog5424, errors=lambda c, e: c.log.error(f"session lost: {e}", logger="mqtt"))
    sms = w.service("sms", loguru, errors=lambda c, e: c.log.error(f"Task failed: {e}", logger="worker"))
    bil = w.service("billing", billing, errors=lambda c, e: c.log.error(f"ABBRUCH: {e}"))
    seq, jobs, acks, unbilled, pins = [rng.randrange(10 ** 6)], {}, {}, [], {}
    w.pins = pins

    # ---- the edge: one access line at the end; logs only what came from outside
    def through(route, service):
        @edge.http(route)
        async def pass_on(ctx, b):
            st, a = await ctx.call(service, b["_route"], {k: v for k, v in b.items() if k[0] != "_"})
            verb, path = b["_route"].split(" ")
            ctx.log.info("", verb=verb, path=path, status=st, n=rng.randrange(80, 900), ms=round(ctx.elapsed_ms()), peer=f"93.184.{rng.randrange(255)}.{rng.randrange(255)}", up=f"10.4.0.{rng.randrange(4, 9)}:8080", incoming=True)
            return st, a
    through("POST /v2/parcels", "labels")
    through("GET /v2/parcels/{no}/events", "tracking")
    through("POST /v2/parcels/{no}/redirect", "courier-backend")

    # ---- labels
    @lab.http("POST /v2/parcels")
    async def register(ctx, b):
        seq[0] = (seq[0] + 7919) % 10 ** 6
        no = f"JD{seq[0]:06d}{rng.randrange(1000):03d}NL"
        async with ctx.client("addresses", "POST /normalize") as c:
            st, a = await c.send({"q": b["to"]})
            if rng.random() < 0.8: c.log.debug("address normalised", zip=a.get("zip"), took=round(c.elapsed_ms()))
        if st != 200:
            ctx.log.warn("address refused", to=b["to"], incoming=True)
            return 422, {}
        async with ctx.client("locker-gateway", "POST /reservations") as c:
            st, a2 = await c.send({"locker": b["locker"], "no": no})
        async with ctx.span("render pdf") as s:
            await s.work(26)
            s.log.info(f"label {no} rendered", bytes=rng.randrange(9000, 30000))
        if rng.random() < 0.7:
            async with ctx.span("s3 PutObject", "CLIENT") as s:
                await s.work(19)
                s.log.debug("PUT labels/" + no + ".pdf")
        async with ctx.producer("parcel.registered") as p:
            m = await p.send({"no": no, "locker": b["locker"], "box": a2.get("box"), "shop": b["shop"]})
            p.log.info("event sent", topic="parcel.registered", key=no, pos=m)
        ctx.log.info("parcel registered", barcode=no, locker=b["locker"], shop=b["shop"], incoming=True)
        return 201, {"no": no}

    @geo.http("POST /normalize")
    async def normalize(ctx, b):
        async with ctx.span("lookup") as s:
            await s.work(2)
            if rng.random() < 0.5: s.log.debug("street index probed", q=b["q"], logger="lookup")
            async with s.span("pg SELECT streets", "CLIENT") as q:
                await q.work(4, 0.8)
                if q.elapsed_ms() > 4.5: q.log.warn("slow query", ms=round(q.elapsed_ms(), 2), table="streets", logger="store")
                else: q.log.debug("query", table="streets", rows=1, logger="store")
        ok = rng.random() > 0.04
        ctx.log.info("normalize", q=b["q"], ok=ok, took=f"{ctx.elapsed_ms():.2f}ms", incoming=True, logger="api")
        return (200, {"zip": str(rng.randrange(1000, 9999))}) if ok else (404, {})

    # ---- locker gateway
    @lgw.http("POST /reservations")
    async def reserve(ctx, b):
        await ctx.work(3)
        box = f"{'ABCD'[rng.randrange(4)]}{rng.randrange(1, 25):02d}"
        ctx.log.info(f"box {box} at {b['locker']} held for {b['no']}", incoming=True, logger="resv")
        return 200, {"box": box}

    async def open_box(ctx, locker, box, what):
        tok = "%06x" % rng.getrandbits(24)
        acks[tok] = fut = asyncio.get_event_loop().create_future()
        async with ctx.producer("mqtt.cmd") as p:
            await p.send({"tok": tok, "locker": locker, "box": box}, message_id=str(rng.randrange(65536)))
            p.log.debug(f"PUBLISH lockers/{locker}/cmd open {box} tok={tok}", logger="mqtt")
        try:
            return await asyncio.wait_for(fut, 1.8)
        except asyncio.TimeoutError:
            ctx.log.warning(f"no PUBACK from {locker} for {tok} ({what})", logger="mqtt")
            return "timeout"

    @lgw.consumer("mqtt.ack")
    async def ack(ctx, m):
        f = acks.pop(m.body["tok"], None)
        if f and not f.done(): f.set_result(m.body["result"])
        ctx.log.debug(f"ack tok={m.body['tok']} {m.body['result']}", incoming=True, logger="mqtt")

    # the firmware's cloud twin (same host)
    twin = w.service("locker-twin", lambda r: f"{r.time:%d/%b/%Y:%H:%M:%S}.{ms(r):03d} {r.level:<5} twin: {r.message}" + (f" tid={r.trace_id} sid={r.span_id}" if r.trace_id else "") + (f" psid={r.incoming_parent}" if r.incoming_parent else ""))
    @twin.consumer("mqtt.cmd")
    async def cmd(ctx, m):
        ctx.log.info(f"<< {m.body['locker']} open {m.body['box']}", incoming=True)
        async with ctx.span("actuate lock") as s:
            await s.work(380, 0.5)
            if rng.random() < 0.7: s.log.debug(f"bolt moved in {s.elapsed_ms():.0f} ms, {rng.randrange(300, 700)} mA")
        if rng.random() < 0.03: return
        res = "jammed" if rng.random() < 0.04 else "open"
        await ctx.work(20)
        if res == "jammed": ctx.log.error(f"solenoid {m.body['box']} stuck")
        async with ctx.producer("mqtt.ack") as p:
            await p.send({"tok": m.body["tok"], "result": res}, message_id=str(rng.randrange(65536)))
            p.log.info(f">> ack {m.body['tok']}")

    @lgw.http("POST /deposit")
    async def deposit(ctx, b):
        r = await open_box(ctx, b["locker"], b["box"], b["no"])
        if r != "open":
            ctx.log.error(f"deposit of {b['no']} refused by {b['locker']}/{b['box']}: {r}", incoming=True, logger="door")
            return 409, {}
        async with ctx.span("wait door closed") as s:
            await s.work(700, 0.4)
            s.log.info(f"door {b['box']} shut", logger="door")
        pins[b["no"]] = pin = f"{rng.randrange(10 ** 6):06d}"
        ctx.log.info(f"POST /deposit 200 {ctx.elapsed_ms():.0f}ms", logger="httpd", incoming=True)
        return 200, {"pin": pin}

    @lgw.http("POST /pickup")
    async def pickup(ctx, b):
        ctx.log.info(f"keypad {b['locker']}: code for {b['no']} entered", logger="keyp")
        async with ctx.span("verify pin") as s: await s.work(2)
        if b["pin"] != pins.get(b["no"]):
            ctx.log.warning(f"wrong code at {b['locker']}", logger="keyp")
            return 403, {}
        r = await open_box(ctx, b["locker"], "A01", b["no"])
        if r == "open":
            await ctx.publish("parcel.collected", {"no": b["no"], "locker": b["locker"]})
        ctx.log.info(f"pickup {b['no']} {r}", logger="keyp")
        return 200, {}

    # ---- tracking: everything that happens
    async def append(ctx, m, code):
        async with ctx.span("cassandra INSERT events", "CLIENT") as c:
            await c.work(2.5, 0.7)
            if code in "RSD": c.log.debug("insert", table="events_by_parcel", logger="store")
    for topic, code in (("parcel.registered", "R"), ("parcel.scanned", "S"), ("parcel.deposited", "D"), ("parcel.collected", "C"), ("parcel.diverted", "X")):
        def make(code):
            async def on(ctx, m):
                await append(ctx, m, code)
                ctx.log.info("event stored", barcode=m.body["no"], code=code, offset=m.id, incoming=True, logger="consumer")
                if code in "DX":
                    async with ctx.span("POST shop webhook", "CLIENT") as h:
                        await h.work(90, 0.8)
                        if rng.random() < 0.06:
                            h.fail()
                            h.log.warn("shop hook answered 503, queued for later", barcode=m.body["no"], logger="hooks")
                            async def later():
                                await sleep(1500)
                                async with ctx.span("POST shop webhook", "CLIENT") as h2:
                                    await h2.work(70)
                                    h2.log.info("shop hook delivered on attempt 2", barcode=m.body["no"], logger="hooks")
                            ctx.spawn(later())
                        else: h.log.debug("hook 200", ms=int(h.elapsed_ms()), logger="hooks")
            return on
        trk.consumer(topic)(make(code))

    @trk.http("GET /v2/parcels/{no}/events")
    async def events(ctx, b):
        async with ctx.span("cassandra SELECT events", "CLIENT") as c:
            await c.work(4)
            c.log.debug("select", table="events_by_parcel", rows=rng.randrange(1, 7), logger="store")
        return 200, {}

    # ---- dispatch
    async def offer(ctx, no):
        j = jobs[no]
        j["round"] += 1
        courier = f"c-{rng.randrange(100, 140)}"
        async with ctx.span("rank couriers") as s:
            await s.work(15, 0.6)
            s.log.debug("ranked", shipment=no, best=courier, candidates=rng.randrange(3, 20))
        await ctx.publish("job.offer", {"no": no, "courier": courier, "round": j["round"]})
        ctx.log.info("job_offered", shipment=no, courier=courier, round=j["round"])

    @dsp.consumer("parcel.registered")
    async def registered(ctx, m):
        if m.body["no"] in jobs: return
        jobs[m.body["no"]] = {"round": 0, **m.body}
        await ctx.work(2)
        await offer(ctx, m.body["no"])

    @dsp.consumer("job.response")
    async def response(ctx, m):
        no = m.body["no"]
        if m.body["yes"]:
            async with ctx.span("pg UPDATE jobs", "CLIENT") as c: await c.work(3)
            ctx.log.info("job_assigned", shipment=no, courier=m.body["courier"], incoming=True)
            async with ctx.producer("job.assigned") as p:
                p.log.debug("publishing", topic="job.assigned", shipment=no)
                await p.send(dict(jobs[no]))
        elif jobs[no]["round"] >= 3:
            ctx.log.warn("nobody_wants_it", shipment=no, incoming=True)
            await ctx.publish("parcel.diverted", {"no": no, "why": "no courier"})
        else:
            ctx.log.info("declined", shipment=no, courier=m.body["courier"], incoming=True)
            await offer(ctx, no)

    # ---- courier backend
    J, K = "nl.pakje.courier.OfferListener", "nl.pakje.courier.TripService"
    @cou.consumer("job.offer")
    async def offered(ctx, m):
        async with ctx.span("FCM push", "CLIENT") as c:
            await c.work(60)
            if rng.random() < 0.6: c.log.debug(f"FCM message {rng.getrandbits(40):x} accepted", logger="c.g.f.messaging.FirebaseMessaging")
        await ctx.work(500, 0.7)
        yes = rng.random() < 0.75
        async with ctx.producer("job.response") as p:
            await p.send({"no": m.body["no"], "courier": m.body["courier"], "yes": yes})
            p.log.info(f"Courier {m.body['courier']} {'accepted' if yes else 'declined'} {m.body['no']}", logger=J)
        ctx.log.debug(f"Offer {m.body['no']}#{m.body['round']} handled, record {m.id}", incoming=True, logger=J)

    @cou.consumer("job.assigned", retries=1)
    async def assigned(ctx, m):
        no = m.body["no"]
        ctx.log.info(f"Trip opened for {no} -> {m.body['locker']}", incoming=True, logger=K)
        async def drive():
            await ctx.work(800, 0.4)
            async with ctx.producer("parcel.scanned") as p:
                await p.send({"no": no, "at": "hub", "locker": m.body["locker"], "box": m.body["box"]})
                p.log.info(f"Handed over {no} at hub", logger=K)
        ctx.spawn(drive())

    @cou.consumer("parcel.sorted")
    async def deliver(ctx, m):
        no = m.body["no"]
        await ctx.work(1200, 0.4)
        async with ctx.client("locker-gateway", "POST /deposit") as c:
            st, a = await c.send({"no": no, "locker": m.body["locker"], "box": m.body["box"]})
            if rng.random() < 0.7: c.log.debug(f"Response {st} from locker-gateway for {no}", logger="o.s.w.c.RestClient")
        if st == 200:
            ctx.log.info(f"{no} is in the locker, trip closed", incoming=True, logger=K)
            await ctx.publish("parcel.deposited", {"no": no, "pin": a["pin"], "locker": m.body["locker"]})
        else:
            ctx.log.warn(f"Locker would not take {no} (HTTP {st}), returning it to depot", incoming=True, logger=K)
            await ctx.publish("parcel.diverted", {"no": no, "why": "locker"})

    @cou.http("POST /v2/parcels/{no}/redirect")
    async def redirect(ctx, b):
        no = b["_route"].split("/")[3]
        ctx.log.info(f"Redirect asked for {no}", incoming=True, logger="nl.pakje.courier.RedirectController", thread="omcat-handler-7")
        if no in pins: return 409, {}
        await ctx.publish("parcel.diverted", {"no": no, "why": "customer"})
        return 202, {}

    # ---- sorter
    @srt.consumer("parcel.scanned", concurrency=4)
    async def sort(ctx, m):
        chute = rng.randrange(1, 64)
        async with ctx.span("camera read") as s:
            await s.work(30)
            if rng.random() < 0.1: s.log.warn(f"barcode blurred, OCR fallback for {m.body['no']}", logger="vision")
            elif chute % 2: s.log.info(f"read {m.body['no']} conf=0.{rng.randrange(90, 99)}", logger="vision")
        async with ctx.span("plc write") as s:
            await s.work(9)
            s.log.info(f"{m.body['no']} => chute {chute}", logger="plc")
        await ctx.work(140)
        async with ctx.producer("parcel.sorted") as p:
            at = await p.send({k: m.body[k] for k in ("no", "locker", "box")})
            p.log.info(f"sorted {m.body['no']} reported @{at}", logger="kafka_out")
        if chute > 40: ctx.log.info(f"drop confirmed, chute {chute}, {ctx.elapsed_ms():.0f} ms on belt", incoming=True, logger="belt")

    # ---- sms
    @sms.consumer("parcel.deposited", retries=2, retry_ms=300)
    async def pin(ctx, m):
        async with ctx.span("POST sms provider", "CLIENT") as c:
            await c.work(110, 0.6)
            bad = m.attempt == 1 and rng.random() < 0.07
            if bad: c.log.warning("provider throttled us (429)", logger="provider")
        if bad: raise Exception("429")
        ctx.log.info(f"Pickup code sent for {m.body['no']}, attempt {m.attempt}", incoming=True, logger="worker")

    @sms.consumer("parcel.diverted")
    async def sorry(ctx, m):
        ctx.log.info(f"{m.topic}: telling recipient of {m.body['no']} ({m.body['why']})", incoming=True, logger="worker")
        async with ctx.span("POST sms provider", "CLIENT") as c:
            await c.work(110, 0.6)
            c.log.debug("provider said queued", logger="provider")

    # ---- billing
    @bil.consumer("parcel.deposited")
    async def count(ctx, m):
        unbilled.append((m.origin, m.body["no"]))
        await ctx.work(1)
        ctx.log.info(f"POSTEN {m.body['no']} ERFASST", incoming=True)
    @bil.consumer("parcel.collected")
    async def closed(ctx, m):
        ctx.log.info(f"POSTEN {m.body['no']} ABGEHOLT", incoming=True)
        await ctx.work(1)

    @bil.every(7, first=6)
    async def invoice_run(ctx):
        some, unbilled[:] = list(unbilled), []
        for origin, _ in some: ctx.link(origin)
        ctx.log.info(f"LAUF BEGINN ANZ={len(some)}")
        for i in range(0, len(some), 10):
            async with ctx.span("write batch", "CLIENT") as s:
                await s.work(25)
                s.log.info(f"BLOCK {i // 10 + 1}: " + ",".join(n for _, n in some[i:i + 3]) + ("..." if len(some) > i + 3 else ""))
        ctx.log.info(f"LAUF ENDE DAUER={ctx.elapsed_ms():.0f}")

    # ---- noise
    async def banners():
        edge.log.info("all dependencies initialized. starting workers")
        cou.log.info("Started CourierBackendApplicationKt in 6.211 seconds (process running for 6.9)", logger="n.p.c.CourierBackendApplicationKt", thread="           main")
    w.background.append(banners)
    lgw.noise(1.2, lambda log: log.debug(f"PINGRESP {rng.choice(['AMS', 'RTM', 'UTR'])}-{rng.randrange(10, 60)} rssi=-{rng.randrange(55, 95)}", logger="mqtt"))
    srt.noise(5, lambda log: log.info(f"belt speed 1.{rng.randrange(70, 90)} m/s, load {rng.randrange(10, 60)}%", logger="belt"))
    dsp.noise(6, lambda log: log.debug("courier_positions_refreshed", n=rng.randrange(80, 140)))
    cou.noise(10, lambda log: log.info("[Consumer clientId=consumer-courier-1, groupId=courier] Node -1 disconnected.", logger="o.a.kafka.clients.NetworkClient"))
    trk.noise(7, lambda log: log.debug("compaction stats", pending=rng.randrange(4), logger="store"))


async def load(w):
    lockers = [f"{c}-{n}" for c in ("AMS", "RTM", "UTR") for n in (12, 23, 31, 47)]
    async def one(i):
        r = w.rng
        locker = r.choice(lockers)
        st, a = await w.start("edge-proxy", "POST /v2/parcels", {"to": f"Kade {r.randrange(1, 200)}", "locker": locker, "shop": f"shop{r.randrange(9)}"})
        if st != 201: return
        no = a["no"]
        await sleep(500 + 3000 * r.random())
        if r.random() < 0.35: await w.start("edge-proxy", f"GET /v2/parcels/{no}/events")
        if r.random() < 0.05: await w.start("edge-proxy", f"POST /v2/parcels/{no}/redirect")
        await sleep(3500 + 3000 * r.random())
        if no in w.pins and r.random() < 0.6:
            await w.start("locker-gateway", "POST /pickup", {"no": no, "locker": locker, "pin": w.pins[no] if r.random() > 0.08 else "000000"})
    await arrivals(w, 85, 3.5, one)

record(build, load, "a_parcel")
