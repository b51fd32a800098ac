"""Ride hailing: edge proxy, nested calls three deep, dispatch that offers to drivers one after another and waits for answers over the broker."""
import json
from world import *

def f_edge(r):                                  # Envoy access text, custom fields at the end
    if r.logger == "main": return f"[{r.time:%Y-%m-%d %H:%M:%S}.{r.time.microsecond // 1000:03d}][{r.pid}][{r.level.lower()}][main] [source/server/server.cc:{r.fields.get('at', 912)}] {r.message}"
    f = r.fields
    tr = f' traceid="{r.trace_id or "-"}" spanid="{r.span_id or "-"}"'
    tp = f' tp="{r.incoming}"' if r.incoming else ""
    return f'[{isoz(r)}] "{r.message} HTTP/2" {f["code"]} - {f["tx"]} {f["ms"]} "{f["ua"]}" "{f["rid"]}" "{f["up"]}"{tr}{tp}'

def f_rider(r):                                 # Ktor, logback with %mdc
    mdc = {}
    if r.trace_id: mdc = {"traceId": r.trace_id, "spanId": r.span_id}
    if r.incoming_parent: mdc["parentId"] = r.incoming_parent
    return f"{r.time:%H:%M:%S}.{r.time.microsecond // 1000:03d} [eventLoopGroupProxy-4-{r.thread}] {r.level:<5} {r.logger} [{', '.join(f'{k}={v}' for k, v in mdc.items())}] - {r.message}".replace(r.time.strftime("%H:%M:%S"), r.time.strftime("%Y-%m-%d %H:%M:%S"), 1)

def f_trips(r):                                 # zerolog
    d = {"level": r.level.lower(), "svc": "trips"}
    if r.trace_id: d |= {"trace": r.trace_id, "span": r.span_id}
    if r.incoming_parent: d["parent"] = r.incoming_parent
    return json.dumps(d | r.fields | {"time": isoz(r, 6), "message": r.message}, separators=(",", ":"))

def f_pricing(r):                               # python-json-logger
    d = {"asctime": f"{r.time:%Y-%m-%d %H:%M:%S},{r.time.microsecond // 1000:03d}", "levelname": "WARNING" if r.level == "WARN" else r.level, "name": r.logger, "message": r.message}
    if r.trace_id: d |= {"otelTraceID": r.trace_id, "otelSpanID": r.span_id, "otelServiceName": "pricing"}
    if r.incoming: d["traceparent"] = r.incoming
    return json.dumps(d | r.fields)

def f_geo(r):                                   # spdlog
    ids = f" {{{r.trace_id}/{r.span_id}" + (f"<{r.incoming_parent}" if r.incoming_parent else "") + "}" if r.trace_id else ""
    lv = {"WARN": "warning"}.get(r.level, r.level.lower())
    return f"[{r.time:%Y-%m-%d %H:%M:%S.%f}] [{r.logger}] [{lv}] [{r.pid + r.thread}]{ids} {r.message}"

def f_dispatch(r):                              # Akka / pekko stdout logger with MDC
    mdc = f"[trace_id={r.trace_id},span_id={r.span_id}" + (f",parent_span={r.incoming_parent}" if r.incoming_parent else "") + "] " if r.trace_id else "[] "
    return f"[{r.time:%Y-%m-%d %H:%M:%S},{r.time.microsecond // 1000:03d}] [{r.level}] [{r.logger}] [dispatch-akka.actor.default-dispatcher-{r.thread + 3}] {mdc}- {r.message}"

def f_push(r):                                  # bunyan
    d = {"name": "driver-push", "hostname": "push-2", "pid": r.pid, "level": {"DEBUG": 20, "INFO": 30, "WARN": 40, "ERROR": 50}[r.level]}
    if r.trace_id: d |= {"trace_id": r.trace_id, "span_id": r.span_id}
    if r.incoming: d["req_headers"] = {"traceparent": r.incoming}
    return json.dumps(d | r.fields | {"msg": r.message, "time": isoz(r), "v": 0}, separators=(",", ":"))

def f_pay(r):                                   # ECS
    d = {"@timestamp": isoz(r), "log.level": r.level, "message": r.message, "ecs.version": "1.2.0", "service.name": "payments", "event.dataset": "payments", "process.thread.name": f"http-nio-{r.thread}", "log.logger": r.logger}
    if r.trace_id: d |= {"trace.id": r.trace_id, "span.id": r.span_id}
    if r.incoming_parent: d["parent.id"] = r.incoming_parent
    return json.dumps(d | {("labels." + k): v for k, v in r.fields.items()}, separators=(",", ":"))

def f_receipt(r):                               # Celery worker, whole seconds
    ids = f" trace_id={r.trace_id} span_id={r.span_id}" if r.trace_id else ""
    par = f" parent_id={r.incoming_parent}" if r.incoming_parent else ""
    return f"[{r.time:%Y-%m-%d %H:%M:%S}: {'WARNING' if r.level == 'WARN' else r.level}/{r.thread if isinstance(r.thread, str) else 'ForkPoolWorker-%d' % r.thread}]{ids}{par} {r.message}"


def build(w):
    rng = w.rng
    w.broker_ms, w.network_ms = 5, 0.7
    cnt = [rng.randrange(10**6)]
    def nid(): cnt[0] += 1; return f"{cnt[0]}"
    w.new_message_id = nid
    edge = w.service("edge", f_edge)
    rider = w.service("rider-api", f_rider)
    trips = w.service("trips", f_trips, lambda c, e: c.log.error("event handler gave up", err=str(e)))
    pricing = w.service("pricing", f_pricing, lambda c, e: c.log.error("handler error", logger="pricing.events", exc_info=f"Traceback (most recent call last):\n  File \"events.py\", line 31\nRuntimeError: {e}"))
    geo = w.service("geo", f_geo)
    disp = w.service("dispatch", f_dispatch, lambda c, e: c.log.error(f"Matcher crashed, supervisor restarts it\njava.lang.RuntimeException: {e}\n\tat rides.dispatch.Matcher$$anon$1.applyOrElse(Matcher.scala:64)\n\tat akka.actor.Actor.aroundReceive(Actor.scala:537)", logger="rides.dispatch.Supervisor"))
    push = w.service("driver-push", f_push, lambda c, e: c.log.error("unhandled rejection", err={"message": str(e), "name": "Error"}))
    pay = w.service("payments", f_pay, lambda c, e: c.log.error(f"Message rejected to DLQ: {e}", logger="io.rides.pay.Listener"))
    rcpt = w.service("receipts", f_receipt, lambda c, e: c.log.error(f"Task receipts.tasks.send raised unexpected: RuntimeError('{e}')\nTraceback (most recent call last):\n  File \"/app/celery/app/trace.py\", line 477, in trace_task\n    R = retval = fun(*args, **kwargs)\nRuntimeError: {e}"))
    T, waiting, offer_of = {}, {}, {}
    w.T = T

    # ------------ edge
    @edge.http("ANY *")
    async def proxy(ctx, b):
        verb, path = b["_route"].split(" ")
        up = "driver-push" if "/driver/" in path else "payments" if "/psp/" in path else "rider-api"
        rid = "%08x-%04x" % (ctx.rng.getrandbits(32), ctx.rng.getrandbits(16))
        st, a = await ctx.call(up, b["_route"], {k: v for k, v in b.items() if k[0] != "_"}, client_span=False, rid=rid)     # no upstream span
        ctx.log.info(f"{verb} {path}", incoming=True, code=st, tx=ctx.rng.randrange(20, 900), ms=int(ctx.elapsed_ms()), ua=ctx.rng.choice(["RiderApp/9.2 iOS", "RiderApp/9.1 Android", "curl/8"]) if up == "rider-api" else "DriverApp/5.5", rid=rid, up=up)
        return st, a

    # ------------ rider-api
    R = "rides.rider."
    @rider.http("POST /rides")
    async def request(ctx, b):
        ctx.log.info(f"rider {b['rider']} wants a {b['cls']} ride, request {b['_headers'].get('rid')}", logger=R + "RidesRoute", incoming=True)
        async def quote():
            async with ctx.client("pricing", "POST /quote") as c:
                st, a = await c.send({"rider": b["rider"], "cls": b["cls"], "from": b["from"], "to": b["to"]})
                c.log.debug(f"<- quote {a['quote']} {a['price']}", logger=R + "PricingClient")
                return a
        async def card():
            async with ctx.client("payments", "POST /authorisations") as c:
                c.log.debug("-> payments authorise", logger=R + "PaymentsClient")
                return await c.send({"payer": b["rider"], "amount": 25})
        q, (st, auth) = await asyncio.gather(quote(), card())
        if st != 201:
            ctx.log.warn(f"card of {b['rider']} declined, no ride", logger=R + "RidesRoute")
            return 402, {}
        async with ctx.client("trips", "POST /trips") as c:
            st, a = await c.send({"rider": b["rider"], "quote": q["quote"], "auth": auth["id"], "from": b["from"], "price": q["price"]})
        ctx.log.info(f"201 Created: POST /rides in {ctx.elapsed_ms():.0f}ms", logger="io.ktor.server.Application")
        return 201, a

    @rider.http("GET /rides/{id}")
    async def poll(ctx, b):
        trip = b["_route"].split("/")[-1]
        await ctx.call("trips", f"GET /trips/{trip}")
        if ctx.rng.random() < .7: ctx.log.info(f"200 OK: GET /rides/{trip} in {ctx.elapsed_ms():.0f}ms", logger="io.ktor.server.Application", incoming=True)
        return 200, {}

    @rider.http("DELETE /rides/{id}")
    async def cancel(ctx, b):
        trip = b["_route"].split("/")[-1]
        ctx.log.info(f"cancel wish for {trip}: {b['why']}", logger=R + "RidesRoute", incoming=True)
        st, a = await ctx.call("trips", f"POST /trips/{trip}/cancel", {"why": b["why"]})
        if st == 409: ctx.log.warn(f"too late to cancel {trip}", logger=R + "RidesRoute")
        return st, a

    # ------------ trips
    @trips.http("POST /trips")
    async def create(ctx, b):
        trip = f"trp_{ctx.rng.randrange(36**6):x}{ctx.rng.randrange(16**4):04x}"
        T[trip] = {"state": "requested", **b}
        async with ctx.span("pgx INSERT trips", "CLIENT") as q:
            await q.work(3)
            q.log.debug("Query", sql="insert into trips(id,rider,quote_id) values($1,$2,$3)", rows=1, trip_id=trip)
        async with ctx.producer("trip.requested") as p:
            await p.send({"trip": trip, "from": b["from"], "cls": "x"})
            p.log.debug("published", subject="trip.requested", trip_id=trip)
        ctx.log.info("trip created", trip_id=trip, quote=b["quote"], auth=b["auth"], dur=round(ctx.elapsed_ms(), 3), incoming=True)
        return 201, {"trip": trip}

    @trips.http("GET /trips/{id}")
    async def get(ctx, b):
        async with ctx.span("pgx SELECT trips", "CLIENT") as q:
            await q.work(1.2)
            q.log.debug("Query", sql="select * from trips where id=$1", trip_id=b["_route"].split("/")[-1])
        return 200, {}

    @trips.http("POST /trips/{id}/cancel")
    async def tcancel(ctx, b):
        trip = b["_route"].split("/")[2]
        if T[trip]["state"] not in ("requested", "assigned"):
            ctx.log.warn("bad transition", trip_id=trip, have=T[trip]["state"], want="cancelled", incoming=True)
            return 409, {}
        was, T[trip]["state"] = T[trip]["state"], "cancelled"
        ctx.log.info("transition", trip_id=trip, to="cancelled", **{"from": was}, incoming=True)
        async with ctx.span("pgx UPDATE trips", "CLIENT") as q: await q.work(2)
        await ctx.publish("trip.cancelled", {"trip": trip, "auth": T[trip]["auth"], "driver": T[trip].get("driver")})
        return 200, {}

    @trips.consumer("trip.assigned", retries=2)
    async def assigned(ctx, m):
        t = T[m.body["trip"]]
        await ctx.work(6)
        if t["state"] != "requested":
            return ctx.log.warn("stale assignment", trip_id=m.body["trip"], state=t["state"], seq=m.id, incoming=True)
        t["state"], t["driver"] = "assigned", m.body["driver"]
        async with ctx.span("pgx UPDATE trips", "CLIENT") as q:
            await q.work(2.5)
            q.log.debug("Query", sql="update trips set state=$2, driver=$3 where id=$1", trip_id=m.body["trip"])
        ctx.log.info("transition", trip_id=m.body["trip"], to="assigned", driver=m.body["driver"], incoming=True)
        await ctx.publish("trip.updates", {"trip": m.body["trip"], "state": "assigned", "rider": t["rider"]})

    @trips.consumer("trip.unmatched")
    async def unmatched(ctx, m):
        T[m.body["trip"]]["state"] = "no_drivers"
        await ctx.work(2)
        ctx.log.warn("transition", trip_id=m.body["trip"], to="no_drivers", offers=m.body["n"], incoming=True)
        await ctx.publish("trip.updates", {"trip": m.body["trip"], "state": "no_drivers", "rider": T[m.body["trip"]]["rider"]})
        await ctx.publish("trip.cancelled", {"trip": m.body["trip"], "auth": T[m.body["trip"]]["auth"], "driver": None})

    @trips.http("POST /trips/{id}/complete")
    async def complete(ctx, b):
        trip = b["_route"].split("/")[2]
        ctx.log.debug("completing", trip_id=trip, incoming=True)
        T[trip]["state"] = "completed"
        st, fare = await ctx.call("pricing", "POST /fares", {"ride": trip, "quote": T[trip]["quote"], "km": b["km"], "min": b["min"], "price": T[trip]["price"]})
        async with ctx.span("pgx UPDATE trips", "CLIENT") as q:
            await q.work(2.5)
            q.log.debug("Query", sql="update trips set state='completed', fare=$2 where id=$1", trip_id=trip)
        async with ctx.producer("trip.completed") as p:
            mid = await p.send({"trip": trip, "auth": T[trip]["auth"], "fare": fare["fare"], "rider": T[trip]["rider"], "driver": b["driver"]})
            p.log.info("published", subject="trip.completed", seq=mid, trip_id=trip)
        return 200, {}

    # ------------ pricing and geo: nested below the request
    surge = {}
    @pricing.http("POST /quote")
    async def quote(ctx, b):
        async with ctx.client("geo", "Geo/Route") as c:
            st, route = await c.send({"a": b["from"], "b": b["to"]})
        async with ctx.span("redis GET surge", "CLIENT") as s:
            await s.work(.8)
            s.log.debug("surge lookup", logger="pricing.surge", cell=b["from"], factor=surge.get(b["from"], 1.0))
        await ctx.work(2)
        q = f"Q-{ctx.rng.randrange(10**7):07d}"
        price = round(3 + route["km"] * 1.4 * surge.get(b["from"], 1.0), 2)
        ctx.log.info(f"quoted {price} for {route['km']} km", logger="pricing.api", quote_id=q, incoming=True)
        return 200, {"quote": q, "price": price}

    @pricing.http("POST /fares")
    async def fare(ctx, b):
        f = round(b["price"] * ctx.rng.uniform(.95, 1.2), 2)
        if b["km"] > 20:
            async with ctx.client("geo", "Geo/Snap") as c:
                await c.send({})
        await ctx.work(3)
        ctx.log.info("fare computed", logger="pricing.api", quote_id=b["quote"], ride=b["ride"], fare=f, capped=f > b["price"] * 1.15, incoming=True)
        return 200, {"fare": f}

    @pricing.every(6)
    async def recompute_surge(ctx):
        for c in rng.sample(range(100), 12): surge[f"c{c}"] = round(1 + ctx.rng.random() * .9, 2)
        async with ctx.span("redis MSET surge", "CLIENT") as s: await s.work(3)
        ctx.log.info("surge map refreshed", logger="pricing.surge", cells=len(surge))

    @geo.http("Geo/Route")
    async def route(ctx, b):
        hit = ctx.rng.random() < .35
        ctx.log.debug(f"Route {b['a']}>{b['b']} tile cache {'hit' if hit else 'miss'}", logger="router", incoming=True)
        if not hit:
            async with ctx.span("contract hierarchy search") as s:
                await s.work(22)
                if ctx.rng.random() < .6: s.log.debug(f"settled {ctx.rng.randrange(900, 40000)} nodes in {s.elapsed_ms():.2f} ms", logger="ch")
        return 200, {"km": round(ctx.rng.lognormvariate(1.9, .6), 1)}
    @geo.http("Geo/Snap")
    async def snap(ctx, b):
        await ctx.work(40)
        ctx.log.info(f"snapped {ctx.rng.randrange(100, 900)} points", logger="snap", incoming=True)
        return 200, {}
    @geo.http("Geo/Nearby")
    async def nearby(ctx, b):
        await ctx.work(6)
        ids = ctx.rng.sample(range(7000, 7200), 4)
        ctx.log.info(f"Nearby {b['cell']} k=4 -> {ids} {ctx.elapsed_ms():.1f}ms", logger="index", incoming=True)
        return 200, {"drivers": ids}

    # ------------ dispatch: one offer after another, each waits for its answer
    M = "rides.dispatch.Matcher"
    @disp.consumer("trip.requested", retries=1)
    async def match(ctx, m):
        trip = m.body["trip"]
        await ctx.work(1.5)
        ctx.log.info(f"Matching starts for [{trip}]", logger=M, incoming=True)
        async with ctx.client("geo", "Geo/Nearby") as c:
            st, a = await c.send({"cell": m.body["from"]})
            c.log.debug(f"{len(a['drivers'])} candidates for [{trip}]", logger="rides.dispatch.GeoClient")
        n = 0
        for d in a["drivers"][:3]:
            n += 1
            offer = f"{trip[-5:]}:{d}:{n}"
            waiting[offer] = asyncio.get_running_loop().create_future()
            async with ctx.span(f"offer {n}") as s:
                async with s.producer("driver.offer") as p:
                    await p.send({"offer": offer, "driver": d, "trip": trip})
                    p.log.debug(f"Offer {offer} -> {d}", logger="rides.dispatch.OfferActor")
                try:
                    yes = await asyncio.wait_for(waiting[offer], 4)
                    if not yes: s.log.info(f"{d} said no to {offer}", logger="rides.dispatch.OfferActor")
                except asyncio.TimeoutError:
                    yes = False
                    s.log.warning(f"Offer {offer} expired after 4 seconds", logger="rides.dispatch.OfferActor")
            if T[trip]["state"] == "cancelled":
                return ctx.log.info(f"[{trip}] was cancelled meanwhile, matching stops", logger=M)
            if yes:
                ctx.log.info(f"Matched [{trip}] with driver {d} in {ctx.elapsed_ms():.0f} ms, {n} offer(s)", logger=M)
                async with ctx.producer("trip.assigned") as p:
                    await p.send({"trip": trip, "driver": d})
                    p.log.debug(f"event TripAssigned persisted, sequenceNr {ctx.rng.randrange(9999)}, ride {trip}", logger="rides.dispatch.Journal")
                return
        ctx.log.warn(f"Nobody for [{trip}] after {n} offers", logger=M)
        await ctx.publish("trip.unmatched", {"trip": trip, "n": n})

    @disp.consumer("offer.answer")
    async def answer(ctx, m):
        f = waiting.get(m.body["offer"])
        await ctx.work(2)
        if f is None or f.done():
            return ctx.log.info(f"Answer to {m.body['offer']} too late (dead letter)", logger="akka.actor.LocalActorRef", incoming=True)
        if ctx.rng.random() < .6: ctx.log.debug(f"Answer {m.body['yes']} to {m.body['offer']}", logger="rides.dispatch.OfferActor", incoming=True)
        f.set_result(m.body["yes"])

    # ------------ driver side
    @push.consumer("driver.offer")
    async def offer(ctx, m):
        o = m.body["offer"]
        await ctx.work(2)
        async with ctx.span("apns send", "CLIENT") as s:
            await s.work(45)
            s.log.debug("apns 200", offerId=o, apnsMs=int(s.elapsed_ms()))
        ctx.log.info("offer on the way", driverId=m.body["driver"], offerId=o, incoming=True)
        if ctx.rng.random() < .1: return
        async def thinks():
            await sleep(1300 * math.exp(ctx.rng.gauss(0, .6)))
            await ctx.call("edge", f"POST /driver/offers/{o}", {"yes": ctx.rng.random() < .75}, client_span=False)
        ctx.spawn(thinks())
    @push.http("POST /driver/offers/{id}")
    async def answered(ctx, b):
        o = b["_route"].split("/")[-1]
        ctx.log.info("driver tapped " + ("accept" if b["yes"] else "decline"), offerId=o, req_id=b["_headers"].get("rid"), incoming=True)
        async with ctx.producer("offer.answer") as p:
            mid = await p.send({"offer": o, "yes": b["yes"]})
            if b["yes"]: p.log.debug("offer.answer published", offerId=o, nats_seq=int(mid))
        return 204, {}
    @push.http("POST /driver/dropoff")
    async def dropoff(ctx, b):
        ctx.log.info("dropoff", driverId=b["driver"], trip=b["trip"], km=b["km"], incoming=True)
        async with ctx.client("trips", f"POST /trips/{b['trip']}/complete") as c:
            st, a = await c.send(b)
            c.log.debug("trips service said", status=st, ms=int(c.elapsed_ms()))
        return st, {}
    @push.consumer("trip.updates")
    async def upd(ctx, m):
        if m.body["state"] != "paid": ctx.log.info("ws frame to rider", rider=m.body["rider"], state=m.body["state"], incoming=True)
        await ctx.work(3)
    @push.consumer("trip.cancelled")
    async def off(ctx, m):
        if m.body["driver"]: ctx.log.info("tell driver it is off", driverId=m.body["driver"], trip=m.body["trip"], incoming=True)
        await ctx.work(4)

    # ------------ payments
    P = "io.rides.pay."
    @pay.http("POST /authorisations")
    async def auth(ctx, b):
        aid = "%08x%04x" % (ctx.rng.getrandbits(32), ctx.rng.getrandbits(16))
        async with ctx.span("POST api.psp.example/payments", "CLIENT") as s:
            await s.work(180)
            ok = ctx.rng.random() > .04
            s.log.info(f"PSP answered {'Authorised' if ok else 'Refused'}", logger=P + "PspClient", auth=aid, took_ms=int(s.elapsed_ms()))
        async with ctx.span("INSERT authorisation", "CLIENT") as q: await q.work(3)
        ctx.log.info(f"Authorisation for payer {b['payer']} done", logger=P + "AuthController", auth=aid, incoming=True)
        return (201 if ok else 402), {"id": aid}
    @pay.consumer("trip.completed", retries=3, retry_ms=600)
    async def capture(ctx, m):
        await ctx.work(3)
        ctx.log.info("Capturing fare", logger=P + "CaptureListener", auth=m.body["auth"], fare=m.body["fare"], attempt=m.attempt, incoming=True)
        async with ctx.span("POST api.psp.example/captures", "CLIENT") as s:
            await s.work(150)
            if m.attempt < 3 and ctx.rng.random() < .06:
                s.log.warn("PSP 502 Bad Gateway", logger=P + "PspClient", auth=m.body["auth"])
                raise Exception("502")
        async def hook():
            await sleep(1100 * math.exp(ctx.rng.gauss(0, .5)))
            await ctx.call("edge", "POST /psp/webhooks", {"auth": m.body["auth"], "ok": True, **m.body}, client_span=False)
        ctx.spawn(hook())
    @pay.http("POST /psp/webhooks")
    async def hooked(ctx, b):
        async with ctx.span("verify hmac") as s:
            await s.work(1)
            s.log.debug("HMAC ok, key 2", logger=P + "WebhookController")
        ctx.log.info("Webhook CAPTURE success", logger=P + "WebhookController", auth=b["auth"], incoming=True)
        async with ctx.span("UPDATE authorisation", "CLIENT") as q:
            await q.work(3)
            q.log.debug("update authorisation set state=? where id=?", logger="org.hibernate.SQL")
        async with ctx.producer("payment.captured") as p:
            await p.send({"trip": b["trip"], "rider": b["rider"], "fare": b["fare"]})
            p.log.debug("Sent payment.captured", logger=P + "EventSender", ride=b["trip"])
        return 200, {}
    @pay.consumer("trip.cancelled")
    async def void(ctx, m):
        async with ctx.span("POST api.psp.example/cancels", "CLIENT") as s: await s.work(130)
        await ctx.work(2)
        ctx.log.info("Authorisation voided", logger=P + "VoidListener", auth=m.body["auth"], incoming=True)

    # ------------ receipts
    @rcpt.consumer("payment.captured", retries=2, retry_ms=800)
    async def receipt(ctx, m):
        task = f"receipts.tasks.send[{m.body['trip']}-{m.id}]"
        await ctx.work(9)
        ctx.log.info(f"Task {task} received", thread="MainProcess", incoming=True)
        async with ctx.span("render pdf") as s:
            await s.work(160)
            s.log.debug(f"weasyprint: 1 page, fare {m.body['fare']}")
        if m.attempt == 1 and ctx.rng.random() < .05:
            ctx.log.warn(f"Task {task} retry: Retry in 1s: SMTPServerDisconnected()")
            raise Exception("smtp")
        async with ctx.span("PUT s3 receipt", "CLIENT") as s:
            await s.work(40)
            s.log.info(f"uploaded receipts/{m.body['trip']}.pdf")
        async with ctx.span("SMTP send", "CLIENT") as s:
            await s.work(90)
            s.log.debug("250 2.0.0 Ok: queued")
        ctx.log.info(f"Task {task} succeeded in {ctx.elapsed_ms() / 1000:.3f}s: None")
    @trips.consumer("payment.captured")
    async def paid(ctx, m):
        T[m.body["trip"]]["state"] = "paid"
        await ctx.work(2)
        ctx.log.info("transition", trip_id=m.body["trip"], to="paid", incoming=True)

    # ------------ noise
    edge.noise(10, lambda log: log.info("cds: add 0 cluster(s), remove 0 cluster(s)", logger="main", at=rng.choice([71, 912])))
    geo.noise(2.5, lambda log: log.debug(f"ingested {rng.randrange(200, 900)} positions", logger="index"))
    disp.noise(9, lambda log: log.debug(f"Cluster heartbeat, {rng.randrange(40)} matchers alive", logger="akka.cluster.Cluster"))
    rcpt.noise(12, lambda log: log.info("celery@receipts-1 ready.", thread="MainProcess"))
    trips.noise(7, lambda log: log.debug("pool stats", acquired=rng.randrange(8), idle=rng.randrange(3, 9), total=16))
    pay.noise(11, lambda log: log.debug("GET /health 200", logger="access"))


async def load(w):
    r, T = w.rng, w.T
    async def one(i):
        st, a = await w.start("edge", "POST /rides", {"rider": f"u{r.randrange(100000, 100400)}", "cls": r.choice(["pop", "comfort", "van"]), "from": f"c{r.randrange(100)}", "to": f"c{r.randrange(100)}"})
        if st != 201: return
        t = a["trip"]
        if r.random() < .07:
            await sleep(r.uniform(300, 5000))
            await w.start("edge", f"DELETE /rides/{t}", {"why": r.choice(["waited too long", "wrong address", "changed mind"])})
            return
        if r.random() < .3:
            await sleep(r.uniform(300, 3000))
            await w.start("edge", f"GET /rides/{t}")
        await sleep(r.uniform(9000, 16000))
        if T[t]["state"] == "assigned" and r.random() < .8:
            await w.start("edge", "POST /driver/dropoff", {"trip": t, "driver": T[t]["driver"], "km": r.randrange(2, 30), "min": r.randrange(5, 50)})
    await arrivals(w, 110, 3.5, one)
    await sleep(6000)

record(build, load, "b_ride")
