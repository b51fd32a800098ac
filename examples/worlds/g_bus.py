"""Long-distance buses: search, seat holds, tickets through a payment redirect, positions of vehicles, delay propagation with fan-out to passengers, refunds, boarding scans."""
import json
from world import *


# Apache combined with %D, by the mobile BFF (Java servlet) plus its own lines in java.util.logging style
def jul(r):
    ids = f" [traceId={r.trace_id} spanId={r.span_id}]" if r.trace_id else ""
    up = f" [b3parent={r.incoming_parent}]" if r.incoming_parent else ""
    return f"{r.time:%b %d, %Y %H:%M:%S}.{r.time.microsecond // 1000:03d} {dict(DEBUG='FINE', INFO='INFO', WARN='WARNING', ERROR='SEVERE')[r.level]} {r.logger}{ids} {r.message}{up}"


# Rust tracing JSON
def trjson(r):
    d = {"timestamp": isoz(r, 6), "level": r.level, "fields": {"message": r.message} | r.fields, "target": r.logger}
    if r.trace_id: d["span"] = {"trace_id": r.trace_id, "span_id": r.span_id}
    if r.incoming: d["fields"]["traceparent"] = r.incoming
    return json.dumps(d, separators=(",", ":"))


# Kotlin / Ktor, logback with %X
def ktor(r):
    mdc = f"traceId={r.trace_id},spanId={r.span_id}" if r.trace_id else ""
    up = f",parentId={r.incoming_parent}" if r.incoming_parent else ""
    return f"{isoz(r).replace('Z', '')} [eventLoopGroupProxy-4-{r.thread}] {r.level} {r.logger} [{mdc}{up}] {r.message}"


# django-ish
def django(r):
    ids = f" trace_id={r.trace_id} span_id={r.span_id} resource.service.name={r.service}" if r.trace_id else ""
    up = f" parent={r.incoming_parent}" if r.incoming_parent else ""
    return f"[{r.time:%d/%b/%Y %H:%M:%S}.{r.time.microsecond // 1000:03d}] {r.level.replace('WARN', 'WARNING')} {r.logger}: {r.message}{ids}{up}"


# syslog 3164, whole seconds, on-board unit backend in C++
def bsd(r):
    ids = f" tr={r.trace_id} sp={r.span_id}" if r.trace_id else ""
    up = f" psp={r.incoming_parent}" if r.incoming_parent else ""
    return f"{r.time:%b %e %H:%M:%S} avl-1 avlsrv[{r.pid}]: <{r.level.lower()}> {r.message}{ids}{up}"


# Node debug-like consola/nest
def nest(r):
    ids = f" +{{traceId:{r.trace_id},spanId:{r.span_id}}}" if r.trace_id else ""
    up = f" ({r.incoming})" if r.incoming else ""
    return f"[Nest] {r.pid}  - {r.time:%m/%d/%Y, %H:%M:%S}.{r.time.microsecond // 1000:03d}   {dict(DEBUG='DEBUG', INFO='  LOG', WARN=' WARN', ERROR='ERROR')[r.level]} [{r.logger}] {r.message}{ids}{up}"


# Elixir JSON
def logger_json(r):
    d = {"message": r.message, "severity": r.level.lower().replace("warn", "warning"), "time": isoz(r), "metadata": dict(r.fields)}
    if r.trace_id: d["metadata"] |= {"otel_trace_id": r.trace_id, "otel_span_id": r.span_id}
    if r.incoming_parent: d["metadata"]["otel_parent"] = r.incoming_parent
    return json.dumps(d)


# Serilog compact with rendered message
def rclef(r):
    d = {"@t": isoz(r, 7), "@m": r.message, "@i": "%08x" % (hash_of(r.message.split(" ")[0]))}
    if r.level != "INFO": d["@l"] = {"DEBUG": "Debug", "WARN": "Warning", "ERROR": "Error"}[r.level]
    if r.trace_id: d |= {"@tr": r.trace_id, "@sp": r.span_id}
    if r.incoming: d["RequestHeaders"] = {"traceparent": r.incoming}
    return json.dumps(d | r.fields)


def hash_of(s):
    h = 2166136261
    for c in s: h = (h ^ ord(c)) * 16777619 % 2 ** 32
    return h


def build(w):
    w.network_ms, w.broker_ms = 1.1, 5
    app = w.service("mobile-bff", jul)
    seats = w.service("seat-inventory", trjson, errors=lambda ctx, e: ctx.log.error("consumer error", target_error=str(e), logger="seats::amqp"))
    tick = w.service("ticketing", ktor, errors=lambda ctx, e: ctx.log.error(f"Consumer failed: {e}\njava.io.IOException: {e}\n\tat eu.bus.ticketing.Amqp.consume(Amqp.kt:40)", logger="e.b.t.Amqp"))
    pay = w.service("payment-hub", rclef)
    avl = w.service("avl", bsd)
    eta = w.service("delay-predictor", django, errors=lambda ctx, e: ctx.log.error(f"prediction crashed: {e}", logger="delays.handlers"))
    ops = w.service("dispatch", nest, errors=lambda ctx, e: ctx.log.error(f"{e}", logger="ExceptionsHandler"))
    info = w.service("passenger-info", logger_json, errors=lambda ctx, e: ctx.log.error("GenStage consumer crashed", reason=str(e)))
    bookings, onboard, held, seq = {}, {}, {}, {"t": 880000, "pos": 0, "inc": 70}
    w.bookings = bookings

    # ------------------------------------------------------------ mobile-bff
    @app.http("GET /search")
    async def search(ctx, b):
        ctx.log.info(f"> GET /search {b['from']}-{b['to']}", logger="eu.bus.bff.SearchServlet", incoming=True)

        async def free():
            async with ctx.client("seat-inventory", "GET /availability") as c:
                return await c.send({"trip": b["trip"]})

        async def delays():
            async with ctx.client("delay-predictor", "GET /trips/" + b["trip"]) as c:
                r = await c.send()
                c.log.debug(f"delay answer {r[0]} in {c.elapsed_ms():.0f} ms", logger="eu.bus.bff.DelayClient")
                return r
        await asyncio.gather(free(), delays())
        ctx.log.info(f"< GET /search 200 {ctx.elapsed_ms():.0f}ms", logger="eu.bus.bff.SearchServlet")
        return 200, {}

    @app.http("POST /bookings")
    async def book(ctx, b):
        ctx.log.info(f"> POST /bookings trip={b['trip']} pax={b['pax']}", logger="eu.bus.bff.BookingServlet", incoming=True)
        async with ctx.client("ticketing", "POST /bookings") as c:
            status, a = await c.send({"trip": b["trip"], "pax": b["pax"], "phone": b["phone"]})
            if status != 201: c.log.warning(f"ticketing said {status}", logger="eu.bus.bff.TicketingClient")
            else: c.log.debug(f"ticketing said 201 {a['pnr']}", logger="eu.bus.bff.TicketingClient")
        ctx.log.info(f"< POST /bookings {status} {ctx.elapsed_ms():.0f}ms", logger="eu.bus.bff.BookingServlet")
        return status, a

    @app.http("POST /bookings/{pnr}/cancel")
    async def cancel(ctx, b):
        pnr = b["_route"].split("/")[2]
        status, a = await ctx.call("ticketing", f"DELETE /bookings/{pnr}")
        ctx.log.info(f"< POST /bookings/{pnr}/cancel {status} {ctx.elapsed_ms():.0f}ms", logger="eu.bus.bff.BookingServlet", incoming=True)
        return status, a

    # ------------------------------------------------------------ ticketing
    @tick.http("POST /bookings")
    async def create(ctx, b):
        pnr = "".join(ctx.rng.choice("ABCDEFGHJKLMNPQRSTUVWXYZ23456789") for _ in range(6))
        ctx.log.info(f"Booking {pnr} requested, trip {b['trip']}", logger="e.b.t.BookingRoutes", incoming=True)
        async with ctx.client("seat-inventory", "POST /holds") as c:
            status, h = await c.send({"trip": b["trip"], "n": b["pax"], "for": pnr})
            c.log.debug(f"hold -> {status}", logger="e.b.t.SeatClient")
        if status != 201:
            ctx.log.info(f"Booking {pnr} refused: sold out", logger="e.b.t.BookingRoutes")
            return 409, {}
        async with ctx.span("INSERT booking", "CLIENT") as c:
            await c.work(5)
            c.log.debug(f"INSERT INTO booking VALUES (...) [{c.elapsed_ms():.1f} ms]", logger="Exposed")
        bookings[pnr] = {"trip": b["trip"], "state": "HELD", "hold": h["hold"], "phone": b["phone"], "ctx": ctx}
        async with ctx.client("payment-hub", "POST /sessions") as c:
            status, a = await c.send({"reference": pnr, "amount": b["pax"] * 1990})
        ctx.spawn(expire(ctx, pnr))
        ctx.log.info(f"Booking {pnr} waits for payment {a['session']} ({ctx.elapsed_ms():.0f} ms)", logger="e.b.t.BookingRoutes")
        return 201, {"pnr": pnr, "session": a["session"]}

    async def expire(ctx, pnr):
        await sleep(9000)
        if bookings[pnr]["state"] != "HELD": return
        bookings[pnr]["state"] = "EXPIRED"
        async with ctx.span("hold expiry") as c:
            c.log.info(f"Booking {pnr} was never paid, giving seats back", logger="e.b.t.HoldTimer")
            async with c.producer("hold.expired") as p:
                await p.send({"hold": bookings[pnr]["hold"], "pnr": pnr, "trip": bookings[pnr]["trip"]})

    @tick.http("POST /payments/{pnr}")
    async def paid(ctx, b):
        pnr = b["_route"].split("/")[-1]
        bk = bookings[pnr]
        ctx.log.info(f"Payment result for {pnr}: {b['result']}", logger="e.b.t.PaymentRoutes", incoming=True)
        if b["result"] != "ok" or bk["state"] != "HELD":
            ctx.log.warning(f"{pnr} stays {bk['state']}", logger="e.b.t.PaymentRoutes")
            return 200, {}
        bk["state"] = "PAID"
        async with ctx.span("UPDATE booking", "CLIENT") as c:
            await c.work(4)
        async with ctx.producer("ticket.issued") as p:
            await p.send({"pnr": pnr, "trip": bk["trip"], "hold": bk["hold"], "phone": bk["phone"]})
            p.log.info(f"ticket.issued {pnr}", logger="e.b.t.Amqp")
        ctx.log.info(f"{pnr} is PAID", logger="e.b.t.PaymentRoutes")
        return 200, {}

    @tick.http("DELETE /bookings/{pnr}")
    async def drop(ctx, b):
        pnr = b["_route"].split("/")[-1]
        bk = bookings[pnr]
        ctx.log.info(f"Cancelling {pnr} ({bk['state']})", logger="e.b.t.BookingRoutes", incoming=True)
        ctx.link(bk["ctx"])
        if bk["state"] != "PAID":
            ctx.log.info(f"{pnr} cannot be cancelled", logger="e.b.t.BookingRoutes")
            return 409, {}
        bk["state"] = "CANCELLED"
        async with ctx.client("payment-hub", "POST /refunds") as c:
            c.log.debug(f"refund for {pnr} asked", logger="e.b.t.PaymentClient")
            await c.send({"reference": pnr})
        await ctx.publish("booking.cancelled", {"pnr": pnr, "hold": bk["hold"], "trip": bk["trip"], "phone": bk["phone"]})
        ctx.log.info(f"Cancelled {pnr} in {ctx.elapsed_ms():.0f} ms", logger="e.b.t.BookingRoutes")
        return 200, {}

    # ------------------------------------------------------------ payment-hub; the provider calls back
    @pay.http("POST /sessions")
    async def session(ctx, b):
        ctx.log.info(f"Creating session for {b['reference']}", incoming=True, Amount=b["amount"])
        async with ctx.span("POST https://psp/checkout", "CLIENT") as c:
            await c.work(85)
            c.log.debug(f"PSP answered 201 in {c.elapsed_ms():.1f} ms")
        sid = "cs_%012x" % ctx.rng.getrandbits(48)
        ctx.log.info(f"Session {sid} ready", Reference=b["reference"])
        return 201, {"session": sid}

    @pay.http("POST /psp/callback")
    async def callback(ctx, b):
        ctx.log.info(f"Callback {b['session']} status {b['status']}", incoming=True)
        async with ctx.span("UPDATE sessions", "CLIENT") as c:
            await c.work(4)
            c.log.debug("Executed UPDATE sessions SET status", RowsAffected=1)
        async with ctx.client("ticketing", f"POST /payments/{b['pnr']}") as c:
            await c.send({"result": "ok" if b["status"] == "completed" else "failed"})
            c.log.debug(f"Forwarded to ticketing in {c.elapsed_ms():.1f} ms", Pnr=b["pnr"])
        ctx.log.info(f"Callback {b['session']} settled", ElapsedMs=round(ctx.elapsed_ms(), 1))
        return 200, {}

    @pay.http("POST /refunds")
    async def refund(ctx, b):
        for n in (1, 2, 3):
            async with ctx.span("POST https://psp/refunds", "CLIENT") as c:
                await c.work(130)
                if n < 3 and ctx.rng.random() < 0.15:
                    c.log.warning(f"PSP 502, attempt {n}", Reference=b["reference"])
                    continue
                c.log.debug("PSP accepted refund", Reference=b["reference"])
            break
        ctx.log.info(f"Refunded {b['reference']}", incoming=True, ElapsedMs=round(ctx.elapsed_ms(), 1))
        return 201, {}

    # ------------------------------------------------------------ seats
    @seats.http("GET /availability")
    async def avail(ctx, b):
        async with ctx.span("redis BITCOUNT", "CLIENT") as c:
            await c.work(0.7)
        ctx.log.info("availability", logger="seats::http", incoming=True, trip=b["trip"], free=ctx.rng.randrange(0, 50), latency_us=int(ctx.elapsed_ms() * 1000))
        return 200, {}

    @seats.http("POST /holds")
    async def hold(ctx, b):
        ctx.log.info("hold requested", logger="seats::http", incoming=True, trip=b["trip"], n=b["n"])
        async with ctx.span("lua reserve", "CLIENT") as c:
            await c.work(2)
            c.log.debug("script evaluated", logger="seats::redis", sha="9f31bc")
        if ctx.rng.random() < 0.05:
            ctx.log.warning("no seats left", logger="seats::http", trip=b["trip"])
            return 409, {}
        hid = ctx.rng.randrange(10 ** 6, 10 ** 7)
        held[hid] = b["trip"]
        ctx.log.info("hold placed", logger="seats::http", hold_id=hid, latency_us=int(ctx.elapsed_ms() * 1000))
        return 201, {"hold": hid}

    async def seat_change(ctx, m, verb):
        ctx.log.info(f"{m.topic} delivered", logger="seats::amqp", incoming=True, hold_id=m.body["hold"])
        async with ctx.span("lua " + verb, "CLIENT") as c:
            await c.work(2)
        ctx.log.info(f"seats {verb}", logger="seats::amqp", hold_id=m.body["hold"])
    for topic, verb in (("ticket.issued", "confirmed"), ("hold.expired", "released"), ("booking.cancelled", "released")):
        seats.consumer(topic)(lambda ctx, m, verb=verb: seat_change(ctx, m, verb))

    # ------------------------------------------------------------ passenger-info: tickets by SMS, delays by push
    @info.consumer("ticket.issued")
    async def send_ticket(ctx, m):
        ctx.log.info("ticket to deliver", incoming=True, pnr=m.body["pnr"])
        onboard.setdefault(m.body["trip"], []).append(m.body["pnr"])
        async with ctx.span("render qr") as c:
            await c.work(30)
            c.log.debug("qr rendered", bytes=ctx.rng.randrange(2000, 9000))
        async with ctx.span("sms", "CLIENT") as c:
            await c.work(80)
            c.log.info("sms accepted", to=m.body["phone"][-4:])
        ctx.log.info("ticket delivered", pnr=m.body["pnr"])

    @info.consumer("booking.cancelled")
    async def goodbye(ctx, m):
        l = onboard.get(m.body["trip"], [])
        if m.body["pnr"] in l: l.remove(m.body["pnr"])
        ctx.log.info("cancellation noticed", incoming=True, pnr=m.body["pnr"])
        async with ctx.span("sms", "CLIENT") as c:
            await c.work(80)
            c.log.info("sms accepted", to=m.body["phone"][-4:])

    @info.consumer("delay.published", retries=1)
    async def tell(ctx, m):
        people = onboard.get(m.body["trip"], [])[:8]
        ctx.log.info("delay to announce", incoming=True, trip=m.body["trip"], minutes=m.body["minutes"], passengers=len(people))

        async def one(pnr):
            async with ctx.span("push", "CLIENT") as c:
                await c.work(40)
                if c.rng.random() < 0.05: c.log.warning("token stale, skipped", pnr=pnr)
                else: c.log.debug("pushed", pnr=pnr)

        async def board():
            async with ctx.span("departure board", "CLIENT") as c:
                await c.work(15)
        await asyncio.gather(board(), *[one(p) for p in people])
        ctx.log.info("delay announced", trip=m.body["trip"], took_ms=round(ctx.elapsed_ms()))

    # ------------------------------------------------------------ vehicles
    @avl.http("POST /positions")
    async def position(ctx, b):
        seq["pos"] += 1
        ctx.log.info(f"pos {b['bus']} seq {seq['pos']} {b['lat']:.4f},{b['lon']:.4f}", incoming=True)
        async with ctx.span("map match") as c:
            await c.work(6)
            c.log.debug(f"matched {b['bus']} to edge {c.rng.randrange(10000, 99999)} in {c.elapsed_ms():.1f}ms")
        async with ctx.producer("vehicle.moved") as p:
            await p.send({"bus": b["bus"], "trip": b["trip"], "seq": seq["pos"], "late": b["late"]})
        ctx.log.info(f"pos {b['bus']} ack")
        return 204, {}

    @eta.consumer("vehicle.moved", concurrency=8)
    async def moved(ctx, m):
        ctx.log.info(f"{m.body['trip']}: position #{m.body['seq']} of {m.body['bus']}", logger="delays.handlers", incoming=True)
        async with ctx.span("SELECT timetable", "CLIENT") as c:
            await c.work(5)
            c.log.debug(f"({c.elapsed_ms() / 1000:.3f}) SELECT stop_id, planned FROM timetable WHERE trip_id = %s", logger="django.db.backends")
        async with ctx.span("predict arrival") as c:
            await c.work(28)
            c.log.debug("model v41", logger="delays.model")
        if not m.body["late"]:
            ctx.log.info(f"{m.body['trip']}: on time", logger="delays.handlers")
            return
        minutes = ctx.rng.randrange(6, 75)
        async with ctx.producer("delay.predicted") as p:
            await p.send({"trip": m.body["trip"], "bus": m.body["bus"], "minutes": minutes})
            p.log.info(f"{m.body['trip']}: announcing +{minutes}", logger="delays.publisher")
        ctx.log.info(f"{m.body['trip']}: done in {ctx.elapsed_ms():.0f}ms", logger="delays.handlers")

    @eta.http("GET /trips/{trip}")
    async def delay_of(ctx, b):
        async with ctx.span("cache get", "CLIENT") as c:
            await c.work(0.6)
        ctx.log.info(f'"GET /trips/{b["_route"].split("/")[-1]} HTTP/1.1" 200 {ctx.rng.randrange(40, 90)}', logger="django.server", incoming=True)
        return 200, {}

    # ------------------------------------------------------------ dispatch: decides about connections, asks the driver
    @ops.consumer("delay.predicted")
    async def delayed(ctx, m):
        seq["inc"] += 1
        inc = f"D-{seq['inc']}/{m.body['trip']}"
        ctx.log.info(f"Incident {inc}: +{m.body['minutes']} min", logger="DelayController", incoming=True)
        async with ctx.span("find connections", "CLIENT") as c:
            await c.work(9)
            n = ctx.rng.choice([0, 0, 1, 1, 2])
            c.log.debug(f"{n} connecting trips", logger="ConnectionRepository")
        if m.body["minutes"] > 30:
            async with ctx.client("avl", "POST /messages") as c:
                status, _ = await c.send({"bus": m.body["bus"], "text": "confirm delay"})
                c.log.info(f"driver of {m.body['bus']}: {'confirmed' if status == 200 else 'no answer'}", logger="DriverService")
        for k in range(n):
            async with ctx.client("seat-inventory", "GET /availability") as c:
                await c.send({"trip": f"{m.body['trip']}+{k + 1}"})
                c.log.debug(f"alternative {k + 1} checked", logger="RebookingService")
        async with ctx.producer("delay.published") as p:
            p.log.info(f"{inc} -> delay.published", logger="DelayController")
            await p.send(m.body)
        ctx.log.info(f"Incident {inc} handled", logger="DelayController")

    @avl.http("POST /messages")
    async def message(ctx, b):
        ctx.log.info(f"msg to {b['bus']}: \"{b['text']}\"", incoming=True)
        async with ctx.span("obu radio", "CLIENT") as c:
            await c.work(350)
            ok = ctx.rng.random() > 0.1
            c.log.debug(f"radio {'ack' if ok else 'nak'}")
        ctx.log.info(f"msg to {b['bus']} {'read' if ok else 'timed out'}")
        return (200 if ok else 408), {}

    # ------------------------------------------------------------ scans at the door
    @tick.http("POST /scans")
    async def scan(ctx, b):
        ctx.log.info(f"Scan {b['pnr']} at {b['stop']}", logger="e.b.t.ScanRoutes", incoming=True)
        async with ctx.span("SELECT booking", "CLIENT") as c:
            await c.work(3)
            c.log.debug(f"SELECT ... FROM booking WHERE pnr = ? [{c.elapsed_ms():.1f} ms]", logger="Exposed")
        ok = bookings[b["pnr"]]["state"] == "PAID"
        ctx.log.info(f"Scan {b['pnr']} {'OK' if ok else 'REJECTED'}", logger="e.b.t.ScanRoutes")
        return (200 if ok else 403), {}

    app.noise(4, lambda log: log.debug("connections: 14 leased, 36 available", logger="org.apache.http.pool"))
    avl.noise(3, lambda log: log.debug(f"link quality {w.rng.randrange(60, 99)}%"))
    ops.startup(lambda log: log.info("Nest application successfully started", logger="NestApplication"))
    eta.noise(7, lambda log: log.info("timetable cache warmed", logger="delays.cache"))
    seats.noise(6, lambda log: log.debug("pool", logger="bb8::redis", idle=w.rng.randrange(3, 16)))


async def load(w):
    r = w.rng
    trips = [f"T{n}" for n in range(410, 430)]

    async def one(i):
        trip = r.choice(trips)
        if r.random() < 0.45:      # a bus moves
            await w.start("avl", "POST /positions", {"bus": f"BUS{int(trip[1:]) - 400:03d}", "trip": trip, "lat": 50 + r.random(), "lon": 8 + r.random() * 4, "late": r.random() < 0.6})
            return
        if r.random() < 0.3: await w.start("mobile-bff", "GET /search", {"from": "FRA", "to": r.choice(["PRG", "BER", "MUC"]), "trip": trip})
        status, a = await w.start("mobile-bff", "POST /bookings", {"trip": trip, "pax": r.randrange(1, 4), "phone": "+4917%08d" % r.randrange(10 ** 8)})
        if status != 201: return
        await sleep(r.uniform(600, 3500))
        if r.random() < 0.1: return
        await w.start("payment-hub", "POST /psp/callback", {"session": a["session"], "pnr": a["pnr"], "status": "completed" if r.random() > 0.06 else "declined"})
        await sleep(r.uniform(500, 5000))
        x = r.random()
        if x < 0.15: await w.start("mobile-bff", f"POST /bookings/{a['pnr']}/cancel")
        elif x < 0.6: await w.start("ticketing", "POST /scans", {"pnr": a["pnr"], "stop": r.choice(["FRA-ZOB", "ERF-BF", "LEJ-HBF"])})
    await arrivals(w, 120, 4, one)

record(build, load, "g_bus")
