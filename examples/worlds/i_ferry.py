"""Ferry crossings: bookings on the web, vehicles checked in at the terminal's lanes, decks planned, sailings closed."""
import asyncio, json
from world import *

# ---------------------------------------------------------------- formatters
def nginx(r):
    f = r.fields
    if "request" not in f:
        return f"{r.time:%Y/%m/%d %H:%M:%S} [notice] {r.pid}#{r.pid}: {r.message}"
    tail = f' trace={r.trace_id or "-"} span={r.span_id or "-"}'
    if r.incoming: tail += f' tp="{r.incoming}"'
    return (f'{f["ip"]} - - [{r.time:%d/%b/%Y:%H:%M:%S +0000}] "{f["request"]} HTTP/1.1" {f["status"]} {f["bytes"]} "-" "{f["agent"]}" '
            f'rt={f["rt"]:.3f} ua="{f["up"]}"{tail}')

def log4net(r):
    ndc = f"[{r.trace_id}/{r.span_id}]" if r.trace_id else "[(null)]"
    extra = f" (traceparent {r.incoming})" if r.incoming else ""
    return f"{r.time:%Y-%m-%d %H:%M:%S},{r.time.microsecond // 1000:03d} [{r.thread + 10}] {r.level:5} {r.logger} {ndc} - {r.message}{extra}"

def boot(r):
    ids = f"[reservations,{r.trace_id},{r.span_id}]" if r.trace_id else "[reservations,,]"
    p = f" <parent={r.incoming_parent}>" if r.incoming_parent else ""
    return f"{isoz(r)}  {r.level:5} {r.pid} --- {ids} [nio-8080-exec-{r.thread}] {r.logger:40.40} : {r.message}{p}"

def zap(r):
    f = dict(r.fields)
    if r.trace_id: f |= {"trace_id": r.trace_id, "span_id": r.span_id}
    if r.incoming: f["traceparent"] = r.incoming
    return f"{isoz(r)}\t{r.level}\t{r.logger}\t{r.message}" + (f"\t{json.dumps(f)}" if f else "")

def structlog(r):
    d = {"event": r.message, "level": {"WARN": "warning"}.get(r.level, r.level.lower()), "timestamp": isoz(r, 6)} | r.fields
    if r.trace_id: d |= {"trace_id": r.trace_id, "span_id": r.span_id}
    if r.incoming_parent: d["parent_id"] = r.incoming_parent
    return json.dumps(d)

def elixir(r):
    meta = f"trace_id={r.trace_id} span_id={r.span_id} " if r.trace_id else ""
    if r.incoming_parent: meta += f"parent={r.incoming_parent} "
    return f"{r.time:%H:%M:%S}.{r.time.microsecond // 1000:03d} {meta}[{ {'WARN': 'warning'}.get(r.level, r.level.lower()) }] {r.message}"

def syslog3164(r):
    day = f"{r.time:%b} {r.time.day:2d} {r.time:%H:%M:%S}"
    ids = f" trace={r.trace_id} span={r.span_id}" if r.trace_id else ""
    if r.incoming_parent: ids += f" from={r.incoming_parent}"
    return f"{day} lanebox-2 lanesigns[{r.pid}]: {r.message}{ids}"

def pino(r):
    d = {"level": {"DEBUG": 20, "INFO": 30, "WARN": 40, "ERROR": 50}[r.level], "time": r.ns // 1_000_000, "pid": r.pid, "hostname": "notices-7d9c"}
    if r.trace_id: d |= {"trace_id": r.trace_id, "span_id": r.span_id, "trace_flags": "01"}
    if r.incoming: d["headers"] = {"traceparent": r.incoming}
    return json.dumps(d | r.fields | {"msg": r.message}, separators=(",", ":"))

def monolog(r):
    extra = {"trace_id": r.trace_id, "span_id": r.span_id} if r.trace_id else []
    if r.incoming: extra["traceparent"] = r.incoming
    lv = {"WARN": "WARNING"}.get(r.level, r.level)
    return f"[{r.time:%Y-%m-%dT%H:%M:%S.%f}+00:00] border.{lv}: {r.message} {json.dumps(r.fields or [])} {json.dumps(extra)}"


SAILINGS = {f"{route}{hour:02d}": (route, hour) for route in ("HOL-DUB", "FIS-ROS", "PEM-ROS") for hour in (6, 9, 14, 20)}
LETTERS = "ABCDEFGHJKLMNPRSTUVWXYZ"

def build(w):
    rng = w.rng
    w.network_ms, w.broker_ms = 0.8, 6.0
    off = [88000]
    def kafka_id():
        off[0] += 1
        return f"{off[0] % 6}@{off[0]}"
    w.new_message_id = kafka_id

    edge = w.service("edge-nginx", nginx)
    gate = w.service("checkin", log4net, errors=lambda c, e: c.log.error(f"Unhandled exception: {e}\n   at Checkin.Lanes.LaneController.Handle(LaneEvent ev) in /src/Lanes/LaneController.cs:line 88\n   at Checkin.Bus.Pump.Run()", logger="Checkin.Bus.Pump"))
    res = w.service("reservations", boot, errors=lambda c, e: c.log.error(f"Listener method could not be invoked: {e}", logger="o.s.k.l.KafkaMessageListenerContainer"))
    scale = w.service("weighbridge", zap)
    deck = w.service("deckplan", structlog, errors=lambda c, e: c.log.error("planner.crashed", exc=str(e)))
    mani = w.service("manifest", elixir, errors=lambda c, e: c.log.error(f"GenServer Manifest.Consumer terminating ** (RuntimeError) {e}"))
    signs = w.service("lanesigns", syslog3164, errors=lambda c, e: c.log.error(f"ERR {e}"))
    sms = w.service("notices", pino, errors=lambda c, e: c.log.error("job failed", err={"type": "Error", "message": str(e)}))
    border = w.service("borderlink", monolog, errors=lambda c, e: c.log.error("Worker gave up", exception=str(e)))
    bookings, plan, joined, sailing_load = {}, {}, {}, {}

    # ------------------------------------------------------------ edge
    async def proxy(ctx, body, target, agent):
        s, a = await ctx.call(target, body["_route"], {k: v for k, v in body.items() if not k.startswith("_")}, client_span=False)
        ctx.log.info("", incoming=True, request=body["_route"], status=s, bytes=rng.randrange(90, 2400), rt=(ctx.elapsed_ms()) / 1000, up=f"10.4.{len(target)}.{17}:8080",
                     ip=f"82.19.{rng.randrange(255)}.{rng.randrange(255)}", agent=agent)
        return s, a
    @edge.http("POST /bookings")
    async def e1(ctx, b): return await proxy(ctx, b, "reservations", "Mozilla/5.0 (iPhone; CPU iPhone OS 18_1)")
    @edge.http("POST /bookings/{ref}/cancel")
    async def e2(ctx, b): return await proxy(ctx, b, "reservations", "Mozilla/5.0 (X11; Linux x86_64)")
    @edge.http("POST /lanes/{lane}/arrivals")
    async def e3(ctx, b): return await proxy(ctx, b, "checkin", "anpr-box/4.2")
    @edge.http("POST /hooks/border")
    async def e4(ctx, b): return await proxy(ctx, b, "borderlink", "GovGateway/1.0")

    # ------------------------------------------------------------ reservations
    @res.http("POST /bookings")
    async def book(ctx, b):
        L = "c.f.r.web.BookingController"
        ctx.log.info(f"Booking request for sailing {b['sailing']}, vehicle {b['plate']}, {b['pax']} passengers", incoming=True, logger=L)
        async with ctx.span("SELECT sailing", "CLIENT") as c:
            c.log.debug("select s.id, s.capacity_lm, s.sold_lm from sailing s where s.code=? for update", logger="org.hibernate.SQL")
            await c.work(4)
        if rng.random() < 0.04:
            ctx.log.warning(f"Sailing {b['sailing']} sold out, refusing", logger=L)
            return 409, {}
        ref = "".join(rng.choice(LETTERS) for _ in range(2)) + str(rng.randrange(100000, 999999))
        async with ctx.span("INSERT booking", "CLIENT") as c:
            await c.work(6)
        bookings[ref] = dict(b, ref=ref)
        b["out"]["ref"] = ref
        async with ctx.producer("booking.events") as p:
            mid = await p.send({"type": "BookingConfirmed", "ref": ref, "sailing": b["sailing"], "phone": b["phone"]})
            p.log.info(f"BookingConfirmed {ref} written to booking.events {mid}", logger="c.f.r.events.Publisher")
        ctx.log.info(f"Booking {ref} confirmed in {ctx.elapsed_ms():.0f} ms", logger=L)
        return 201, {"ref": ref}

    @res.http("POST /bookings/{ref}/cancel")
    async def cancel(ctx, b):
        ref = b["ref"]
        ctx.log.info(f"Cancelling {ref}, reason={b['reason']}", incoming=True, logger="c.f.r.web.BookingController")
        async with ctx.span("UPDATE booking", "CLIENT") as c:
            c.log.debug("update booking set state=?, version=? where ref=? and version=?", logger="org.hibernate.SQL")
            await c.work(5)
        await ctx.publish("booking.events", {"type": "BookingCancelled", "ref": ref, "phone": bookings[ref]["phone"], "sailing": bookings[ref]["sailing"]})
        ctx.log.info(f"Booking {ref} is cancelled, refund due {rng.randrange(20, 190)}.00 EUR", logger="c.f.r.web.BookingController")
        return 200, {}

    @res.http("GET /bookings/by-plate/{plate}")
    async def by_plate(ctx, b):
        plate = b["_route"].rsplit("/", 1)[1]
        ctx.log.info(f"Looking up open bookings of plate {plate}", incoming=True, logger="c.f.r.web.LookupController")
        async with ctx.span("SELECT booking", "CLIENT") as c:
            await c.work(7)
            c.log.debug(f"1 row(s) in {c.elapsed_ms():.1f}ms [BookingRepository.findOpenByPlate]", logger="c.f.r.sql.SlowQueryListener")
        if b["ref"] is None:
            ctx.log.info(f"No booking for {plate}", logger="c.f.r.web.LookupController")
            return 404, {}
        ctx.log.info(f"Found {b['ref']} for {plate}", logger="c.f.r.web.LookupController")
        return 200, bookings[b["ref"]]

    @res.consumer("manifest.completed", retries=2)
    async def boarded(ctx, m):
        ctx.log.info(f"Received manifest.completed for {m.body['ref']}", incoming=True, logger="c.f.r.events.ManifestListener")
        async with ctx.span("UPDATE booking", "CLIENT") as c:
            c.log.debug("update booking set state=?, version=? where ref=? and version=?", logger="org.hibernate.SQL")
            await c.work(5)
        if rng.random() < 0.04 and m.attempt == 1:
            ctx.log.warning(f"OptimisticLockException on {m.body['ref']}, record will be redelivered", logger="c.f.r.events.ManifestListener")
            raise Exception("lock")
        ctx.log.info(f"{m.body['ref']} -> CHECKED_IN", logger="c.f.r.events.ManifestListener")

    # ------------------------------------------------------------ check-in
    @gate.http("POST /lanes/{lane}/arrivals")
    async def arrival(ctx, b):
        lane = b["_route"].split("/")[2]
        L = "Checkin.Lanes.LaneController"
        ctx.log.info(f"Lane {lane}: plate {b['plate']} read with confidence {rng.uniform(.8, .99):.2f}", incoming=True, logger=L)
        async with ctx.client("reservations", f"GET /bookings/by-plate/{b['plate']}") as c:
            s, bk = await c.send({"ref": b["ref"]})
            c.log.debug(f"GET reservations/bookings/by-plate/{b['plate']} => {s} ({c.elapsed_ms():.0f}ms)", logger="Checkin.Clients.Reservations")
        if s != 200:
            ctx.log.warning(f"Lane {lane}: {b['plate']} has no booking, sending driver to the ticket office", logger=L)
            await ctx.publish("lane.commands", {"lane": lane, "show": "TICKET OFFICE", "plate": b["plate"]})
            return 404, {}
        async def weigh():
            async with ctx.client("weighbridge", "POST /measure") as c:
                c.log.debug(f"Requesting measurement at lane {lane}", logger="Checkin.Clients.Weighbridge")
                return await c.send({"lane": lane, "plate": b["plate"]})
        async def papers():
            return await ctx.call("borderlink", "POST /checks", {"ref": bk["ref"], "pax": bk["pax"], "plate": b["plate"]})
        (s1, size), (s2, chk) = await asyncio.gather(weigh(), papers())
        if size["length"] > bk["length"] + 30:
            async with ctx.span("charge excess") as c:
                c.log.info(f"{bk['ref']} declared {bk['length']} cm but measures {size['length']} cm, charging difference", logger="Checkin.Pricing.Excess")
                await c.work(30)
        async with ctx.producer("vehicle.arrived") as p:
            await p.send({"ref": bk["ref"], "plate": b["plate"], "sailing": bk["sailing"], "lane": lane, "length": size["length"], "kg": size["kg"], "pax": bk["pax"], "phone": bk["phone"]})
            p.log.info(f"vehicle.arrived sent for {bk['ref']}", logger="Checkin.Bus.Sender")
        ctx.log.info(f"Lane {lane}: {bk['ref']} accepted after {ctx.elapsed_ms():.0f} ms, barrier may open", logger=L)
        return 202, {}

    @gate.consumer("deck.assigned", retries=1)
    async def barrier(ctx, m):
        ctx.log.info(f"Deck position {m.body['pos']} known for {m.body['ref']}", incoming=True, logger="Checkin.Lanes.BarrierSaga")
        await ctx.work(4)
        async with ctx.producer("lane.commands") as p:
            p.log.debug(f"Command: lane {m.body['lane']} show {m.body['pos']}", logger="Checkin.Bus.Sender")
            await p.send({"lane": m.body["lane"], "show": m.body["pos"], "plate": m.body["plate"]})
        ctx.log.info(f"Barrier of lane {m.body['lane']} released for {m.body['ref']}", logger="Checkin.Lanes.BarrierSaga")

    # ------------------------------------------------------------ weighbridge
    @scale.http("POST /measure")
    async def measure(ctx, b):
        ctx.log.info("measurement started", incoming=True, logger="scale", lane=b["lane"])
        tries = 2 if rng.random() < 0.07 else 1
        for k in range(tries):
            await ctx.work(90)
            if k + 1 < tries: ctx.log.warning("vehicle not at rest, reading again", logger="cells", axle_delta_kg=rng.randrange(60, 400))
            else: ctx.log.debug("cells settled", logger="cells", samples=rng.randrange(30, 60))
        await ctx.work(40)
        a = {"length": rng.choice([405, 430, 452, 478, 610, 705]), "kg": rng.randrange(1100, 3400)}
        ctx.log.info("measurement done", logger="scale", lane=b["lane"], length_cm=a["length"], kg=a["kg"], took=f"{ctx.elapsed_ms():.1f}ms")
        return 200, a

    # ------------------------------------------------------------ border
    @border.http("POST /checks")
    async def check(ctx, b):
        ctx.log.info("Check requested", incoming=True, booking=b["ref"], persons=b["pax"])
        case = f"GB-{rng.randrange(10**7, 10**8)}"
        await ctx.work(5)
        async with ctx.span("POST gov.example/advance-passenger", "CLIENT") as c:
            await c.work(60)
            c.log.info("Gateway accepted the case", case=case, http=202)
        async def gov():
            await sleep(rng.uniform(200, 1500))
            await ctx.call("edge-nginx", "POST /hooks/border", {"case": case, "ref": b["ref"], "plate": b["plate"], "verdict": "REFER" if rng.random() < 0.05 else "CLEAR"}, client_span=False)
        ctx.spawn(gov())
        return 202, {"case": case}

    @border.http("POST /hooks/border")
    async def verdict(ctx, b):
        ctx.log.info("Verdict came in", incoming=True, case=b["case"], verdict=b["verdict"])
        await ctx.work(3)
        async with ctx.producer("border.verdict") as p:
            await p.send({"ref": b["ref"], "case": b["case"], "verdict": b["verdict"]})
            p.log.debug("Passed on to border.verdict", booking=b["ref"])
        if b["verdict"] != "CLEAR": ctx.log.warning("Officer must see this vehicle", plate=b["plate"], case=b["case"])
        ctx.log.info("Case closed", case=b["case"])
        return 204, {}

    # ------------------------------------------------------------ deck planner
    @deck.consumer("vehicle.arrived", retries=2)
    async def place(ctx, m):
        b = m.body
        ctx.log.info("placing.started", incoming=True, booking=b["ref"], sailing=b["sailing"], length_cm=b["length"], weight=b["kg"])
        async with ctx.span("HGETALL deck", "CLIENT") as c:
            await c.work(1.5)
        async with ctx.span("solve placement") as c:
            await c.work(45)
            c.log.debug("solver.finished", iterations=rng.randrange(12, 300), trim_cm=round(rng.uniform(-3, 3), 1))
        sailing_load[b["sailing"]] = sailing_load.get(b["sailing"], 0) + 1
        pos = f"{rng.choice('35')}{rng.choice('PSC')}-{rng.randrange(1, 60):02d}"
        if rng.random() < 0.05:
            ctx.log.warning("placing.overflow", booking=b["ref"], deck="car deck 3 full", fallback="upper ramp")
        await ctx.publish("deck.assigned", {"ref": b["ref"], "pos": pos, "lane": b["lane"], "plate": b["plate"], "sailing": b["sailing"], "pax": b["pax"], "phone": b["phone"]})
        ctx.log.info("placing.done", booking=b["ref"], position=pos, elapsed=round(ctx.elapsed_ms() / 1000, 4))

    # ------------------------------------------------------------ manifest: join of place and verdict
    async def join(ctx, ref):
        j = joined[ref]
        if "pos" in j and "verdict" in j and not j.get("done"):
            j["done"] = True
            if j["verdict"] != "CLEAR":
                ctx.log.warning(f"#{ref} is referred by border, holding the entry")
                await sleep(900)
            async with ctx.span("INSERT manifest_entries", "CLIENT") as c:
                await c.work(4)
                c.log.debug(f"QUERY OK source=\"manifest_entries\" db={c.elapsed_ms():.1f}ms queue=0.1ms")
            await ctx.publish("manifest.completed", {"ref": ref, "sailing": j["sailing"], "pos": j["pos"], "phone": j["phone"]})
            ctx.log.info(f"#{ref} complete: #{j['pax']} souls on board, position #{j['pos']}")
        else:
            ctx.log.info(f"#{ref} still waits for {'border' if 'pos' in j else 'deck'}")

    @mani.consumer("deck.assigned", retries=2)
    async def m1(ctx, m):
        ctx.log.info(f"deck.assigned [{m.id}] for #{m.body['ref']}", incoming=True)
        await ctx.work(3)
        j = joined.setdefault(m.body["ref"], {})
        j.update(pos=m.body["pos"], sailing=m.body["sailing"], pax=m.body["pax"], phone=m.body["phone"])
        await join(ctx, m.body["ref"])

    @mani.consumer("border.verdict", retries=2)
    async def m2(ctx, m):
        ctx.log.info(f"border.verdict [{m.id}] for #{m.body['ref']}", incoming=True)
        await ctx.work(2)
        joined.setdefault(m.body["ref"], {})["verdict"] = m.body["verdict"]
        await join(ctx, m.body["ref"])

    @mani.every(7)
    async def close_sailings(ctx):
        s = rng.choice(list(SAILINGS))
        ctx.log.info(f"Closing passenger list of {s}, {sailing_load.get(s, 0)} vehicles")
        async with ctx.span("SELECT manifest_entries", "CLIENT") as c:
            await c.work(12)
            c.log.debug(f"QUERY OK source=\"manifest_entries\" db={c.elapsed_ms():.1f}ms queue=0.2ms")
        await ctx.publish("sailing.closed", {"sailing": s, "count": sailing_load.get(s, 0)})
        ctx.log.info(f"List of {s} closed")

    @deck.consumer("sailing.closed", retries=1)
    async def freeze(ctx, m):
        ctx.log.info("plan.freezing", incoming=True, sailing=m.body["sailing"])
        async with ctx.span("SET plan", "CLIENT") as c:
            await c.work(2)
        ctx.log.info("plan.frozen", sailing=m.body["sailing"], vehicles=m.body["count"])

    # ------------------------------------------------------------ signs
    @signs.consumer("lane.commands", retries=1)
    async def sign(ctx, m):
        ctx.log.info(f"cmd lane={m.body['lane']} plate={m.body['plate']}", incoming=True)
        async with ctx.span("modbus write") as c:
            await c.work(25)
        if rng.random() < 0.03:
            ctx.log.warning(f"panel {m.body['lane']} nak, second write")
            await ctx.work(25)
        ctx.log.info(f"lane {m.body['lane']} now reads '{m.body['show']}'")

    @signs.consumer("sailing.closed", retries=1)
    async def dark(ctx, m):
        ctx.log.info(f"sailing {m.body['sailing']} closed, boards dark", incoming=True)
        await ctx.work(10)

    # ------------------------------------------------------------ notices
    async def text(ctx, phone, template, ref):
        async with ctx.span("POST sms-provider /messages", "CLIENT") as c:
            await c.work(110)
            ok = rng.random() > 0.04
            c.log.debug("provider answered", status=201 if ok else 503, durationMs=round(c.elapsed_ms()))
        if not ok: ctx.log.warning("sms not accepted, e-mail instead", bookingRef=ref)
        else: ctx.log.info("sms sent", bookingRef=ref, template=template, to=phone[-3:].rjust(len(phone), "*"))

    @sms.consumer("manifest.completed", retries=1)
    async def n1(ctx, m):
        ctx.log.info("message received", incoming=True, topic=m.topic, kafka=m.id, bookingRef=m.body["ref"])
        await text(ctx, m.body["phone"], "boarding", m.body["ref"])

    @sms.consumer("booking.events", retries=1)
    async def n2(ctx, m):
        ctx.log.info("message received", incoming=True, topic=m.topic, kafka=m.id, bookingRef=m.body["ref"])
        await text(ctx, m.body["phone"], m.body["type"], m.body["ref"])

    @deck.consumer("booking.events", retries=1)
    async def forecast(ctx, m):
        await ctx.work(2)
        ctx.log.info("forecast.adjusted", incoming=True, booking=m.body["ref"], sailing=m.body["sailing"], kind=m.body["type"])

    # ------------------------------------------------------------ noise
    edge.startup(lambda log: log.info("signal process started"))
    res.startup(lambda log: log.info("Started ReservationsApplication in 6.214 seconds (process running for 6.98)", logger="c.f.r.ReservationsApplication"))
    res.noise(4, lambda log: log.debug("HikariPool-1 - Pool stats (total=20, active=2, idle=18, waiting=0)", logger="com.zaxxer.hikari.pool.HikariPool"))
    scale.noise(6, lambda log: log.info("zero point ok", logger="cells", drift_kg=rng.randrange(0, 9)))
    mani.noise(8, lambda log: log.info(f"Phoenix telemetry: run_queue={rng.randrange(0, 3)} memory={rng.randrange(80, 96)}MB"))
    signs.noise(5, lambda log: log.info(f"heartbeat panels=12 up=12 temp={rng.randrange(18, 33)}"))
    deck.noise(9, lambda log: log.debug("tide.refreshed", station="Holyhead", level_m=round(rng.uniform(0, 5), 2)))
    border.noise(7, lambda log: log.debug("Certificate of gateway is valid", days=41))
    gate.noise(8, lambda log: log.info("Heap 212 MB, gen2 collections 14", logger="Checkin.Diagnostics"))


async def load(w):
    r = w.rng
    async def one(i):
        plate = f"{r.randrange(10, 26)}{r.choice(['D', 'C', 'WX', 'KE'])}{r.randrange(1000, 99999)}"
        out = {}
        s, a = await w.start("edge-nginx", "POST /bookings", {"plate": plate, "sailing": r.choice(list(SAILINGS)), "pax": r.randrange(1, 6), "length": r.choice([430, 452, 478, 610]), "phone": f"+3538{r.randrange(10**7, 10**8)}", "out": out})
        await sleep(r.uniform(800, 9000))
        if s == 201 and r.random() < 0.12:
            await w.start("edge-nginx", f"POST /bookings/{a['ref']}/cancel", {"ref": a["ref"], "reason": r.choice(["customer", "weather", "duplicate"])})
        elif s == 201 or r.random() < 0.5:
            await w.start("edge-nginx", f"POST /lanes/{r.randrange(1, 9)}/arrivals", {"plate": plate, "ref": out.get("ref")})
    await arrivals(w, 85, 3.5, one)

record(build, load, "i_ferry")
