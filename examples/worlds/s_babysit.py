"""Babysitters by the hour: a request looks for sitters, checks their calendars in parallel and offers the job to several; the first
who accepts has it (authorisation, calendar, chat, undone when the card fails). Check-in and check-out with timers, captures, a payout run."""
import json
from world import *


def gql(r):           # bff: winston json, Apollo
    d = {"level": r.level.lower(), "message": r.message, "service": "bff", "timestamp": f"{r.time:%Y-%m-%d %H:%M:%S}.{r.time.microsecond // 1000:03d}"} | r.fields
    if r.trace_id: d["otel"] = {"traceId": r.trace_id, "spanId": r.span_id}
    if r.incoming: d["otel"]["parent"] = r.incoming
    return json.dumps(d, separators=(",", ":"), ensure_ascii=False)


def moleculer(r):     # bookings: Moleculer's "short"-less full console format
    s = f"[{isoz(r)}] {r.level:<5} bookings-7f9c-41/{r.logger}: "
    if r.trace_id: s += f"<{r.trace_id} {r.span_id}> "
    if r.incoming_parent: s = s[:-2] + f" caller {r.incoming_parent}> "
    return s + r.message


def morgan(r):        # sitters: console.log and morgan, collected with a time in front
    s = f"{isoz(r)} {r.message}"
    if r.level in ("WARN", "ERROR"): s = f"{isoz(r)} [{r.level.lower()}] {r.message}"
    if r.trace_id: s += f" trace={r.trace_id} span={r.span_id}"
    return s + (f" parent={r.incoming_parent}" if r.incoming_parent else "")


def structlog(r):     # calendar: structlog's console renderer without colours
    f = dict(r.fields)
    if r.trace_id: f |= {"trace_id": r.trace_id, "span_id": r.span_id}
    if r.incoming_parent: f["parent_span_id"] = r.incoming_parent
    kv = " ".join(f"{k}={v!r}" if isinstance(v, str) and " " in v else f"{k}={v}" for k, v in f.items())
    return f"{r.time:%Y-%m-%dT%H:%M:%S}.{r.time.microsecond:06d}Z [{r.level.lower().replace('warn', 'warning'):<9}] {r.message:<30} {kv}".rstrip()


def pretty(r):        # offers: pino-pretty as somebody left it on in production
    s = f"[{r.time:%Y-%m-%d %H:%M:%S}.{r.time.microsecond // 1000:03d} +0000] {r.level} ({r.pid}): {r.message}"
    f = dict(r.fields)
    if r.trace_id: f |= {"trace_id": r.trace_id, "span_id": r.span_id}
    if r.incoming: f["traceparent"] = r.incoming
    return s + "".join(f"\n    {k}: " + json.dumps(v) for k, v in f.items())


def rails(r):         # payments: tagged logging over Logger::Formatter
    tag = f"[{r.trace_id}] [{r.span_id}] " if r.trace_id else ""
    if r.incoming_parent: tag += f"[from={r.incoming_parent}] "
    return f"{r.level[0]}, [{r.time:%Y-%m-%dT%H:%M:%S}.{r.time.microsecond:06d} #{r.pid}] {r.level:>5} -- : {tag}{r.message}"


def gcf(r):           # push: a Cloud Function, structured
    d = {"severity": {"WARN": "WARNING"}.get(r.level, r.level), "message": r.message} | r.fields
    if r.trace_id: d |= {"logging.googleapis.com/trace": f"projects/nanny-prod/traces/{r.trace_id}", "logging.googleapis.com/spanId": r.span_id}
    if r.incoming: d["traceparent"] = r.incoming
    return json.dumps(d | {"timestamp": isoz(r, 6)})


def elixir(r):        # safety
    m = f"trace_id={r.trace_id} span_id={r.span_id} " if r.trace_id else ""
    if r.incoming_parent: m += f"parent_id={r.incoming_parent} "
    return f"{r.time:%Y-%m-%d %H:%M:%S}.{r.time.microsecond // 1000:03d} {m}[{r.level.lower().replace('warn', 'warning')}] {r.message}"


def log4js(r):        # payouts
    ids = f" [{r.trace_id[:]}-{r.span_id}]" if r.trace_id else ""
    return f"[{r.time:%Y-%m-%dT%H:%M:%S}.{r.time.microsecond // 1000:03d}] [{r.level}] {r.logger} -{ids} {r.message}" + (f" traceparent={r.incoming}" if r.incoming else "")


def build(w):
    w.network_ms, w.broker_ms = 1.1, 6
    w.bookings, unpaid, free, offers = {}, [], {}, {}
    n = {"bk": 20731, "job": 118, "ch": 0}

    bff = w.service("bff", gql)
    bk = w.service("bookings", moleculer, errors=lambda c, e: c.log.error(f"Event handler failed MoleculerError: {e}\n    at Service.handler (/srv/services/bookings.service.js:211:10)\n    at async EventCatalog.callEventHandler (/srv/node_modules/moleculer/src/registry/event-catalog.js:201:4) {{ code: 500, type: undefined, retryable: false }}", logger="BOOKINGS"))
    sit = w.service("sitters", morgan, errors=lambda c, e: c.log.error(f"MongoServerError: {e}"))
    cal = w.service("calendar", structlog, errors=lambda c, e: c.log.error("unhandled_exception", exc=str(e)))
    off = w.service("offers", pretty, errors=lambda c, e: c.log.error("job failed", err={"type": "Error", "message": str(e)}))
    pay = w.service("payments", rails, errors=lambda c, e: c.log.error(f"RuntimeError ({e}):\n\napp/consumers/booking_consumer.rb:18:in `consume'"))
    push = w.service("push", gcf, errors=lambda c, e: c.log.error(f"Error: {e}\n    at exports.push (/workspace/index.js:31:11)".replace("\n", " ")))
    safe = w.service("safety", elixir, errors=lambda c, e: c.log.error(f"GenServer Safety.Watch terminating\n** (RuntimeError) {e}\n    (safety 0.9.1) lib/safety/watch.ex:52: Safety.Watch.handle_info/2"))
    out = w.service("payouts", log4js, errors=lambda c, e: c.log.error(str(e), logger="default"))

    bk.log.info("Moleculer v0.14.33 is starting...", logger="BROKER")
    bk.log.info("Service 'bookings' started.", logger="BROKER")
    sit.log.info("Express listening on port 3000")
    sit.log.info("Mongoose: connected to rs0")

    # ---- bff
    @bff.http("POST /graphql")
    async def graphql(c, b):
        op, v = b["op"], b["vars"]
        if op not in ("BookingStatus",): c.log.info(f"GraphQL request {op}", operationName=op, variables=v, incoming=True)
        target, route = {"RequestSitter": ("bookings", "POST /bookings"), "AcceptOffer": ("bookings", "POST /bookings/accept"), "CancelBooking": ("bookings", "POST /bookings/cancel"),
                         "CheckIn": ("safety", "POST /checkin"), "CheckOut": ("safety", "POST /checkout"), "BookingStatus": ("bookings", f"GET /bookings/{v.get('bookingId')}")}[op]
        async with c.client(target, route) as k:
            st, a = await k.send(v)
            if st >= 400: k.log.warning("subgraph answered with an error", subgraph=target, statusCode=st, errors=[{"message": a.get("why", "Conflict"), "extensions": {"code": a.get("code", "CONFLICT")}}])
            elif op == "RequestSitter": k.log.debug(f"← {st} {target} {route}", took=round(k.elapsed_ms()))
        c.log.info(f"{op} {'ok' if st < 400 else 'failed'} in {c.elapsed_ms():.0f}ms", operationName=op, incoming=op == "BookingStatus")
        return st, a
    bff.noise(4, lambda log: log.debug("GraphQL introspection skipped", operationName="HealthCheck"))

    # ---- bookings
    B = "BOOKINGS"
    @bk.http("POST /bookings")
    async def ask(c, b):
        n["bk"] += 7
        i = f"BK{n['bk']}"
        c.log.info(f"=> bookings.create {{ parent: '{b['parentId']}', zip: '{b['zip']}', from: '{b['from']}', hours: {b['hours']} }}", logger=B, incoming=True)
        async with c.span("adapter.insert", "CLIENT") as s:
            await s.work(6)
            s.log.debug(f"insert {i}", logger="DB")
        w.bookings[i] = x = {"id": i, "parent": b["parentId"], "state": "OPEN", "hours": b["hours"], "from": b["from"], "offered": [], "sitter": None}
        async with c.client("sitters", f"GET /sitters?zip={b['zip']}&limit=6") as k:
            st, found = await k.send({"zip": b["zip"]})
        if st == 200 and found["sitters"]:
            async with c.span("freebusy") as s:
                answers = await asyncio.gather(*(s.call("calendar", f"GET /freebusy/{y}", {"from": b["from"]}, client_span=False) for y in found["sitters"]))
                ok = [y for y, (st, a) in zip(found["sitters"], answers) if a["free"]]
                s.log.debug(f"{i}: {len(ok)} of {len(answers)} sitters are free", logger=B)
        else: ok = []
        if not ok:
            x["state"] = "UNFILLED"
            c.log.warning(f"<= bookings.create {i} no sitters [+{c.elapsed_ms():.3f} ms]", logger=B)
            return 404, {"why": "no sitters nearby", "code": "NO_SITTERS"}
        for y in ok[:4]:
            async with c.producer("offer.send") as p:
                mid = await p.send({"booking": i, "sitter": y, "rate": c.rng.choice([12, 14, 15, 18])})
                if y == ok[0]: p.log.info(f"Emit 'offer.send' event. {i} to {len(ok[:4])} sitters, first {y}", logger="BROKER")
        x["offered"] = ok[:4]
        c.log.info(f"<= bookings.create {i} [+{c.elapsed_ms():.3f} ms]", logger=B)
        c.spawn(expire(c, x))
        return 201, {"bookingId": i, "offered": x["offered"]}

    async def expire(c, x):
        await sleep(4500)
        if x["state"] != "OPEN": return
        x["state"] = "UNFILLED"
        async with c.span("expire") as s:
            await s.work(3)
            s.log.warning(f"{x['id']} nobody accepted, closing", logger="TIMERS")
            await s.publish("booking.unfilled", {"booking": x["id"], "parent": x["parent"], "sitters": x["offered"]}, producer_span=False)

    @bk.http("POST /bookings/accept")
    async def accept(c, b):
        x = w.bookings[b["bookingId"]]
        if x["state"] != "OPEN":
            c.log.warning(f"{b['sitterId']} too late for {x['id']} ({x['state']})", logger=B, incoming=True)
            return 409, {"why": "already taken", "code": "TAKEN"}
        x["state"], x["sitter"] = "PENDING", b["sitterId"]
        c.log.info(f"=> bookings.accept {{ id: '{x['id']}', sitter: '{b['sitterId']}' }}", logger=B, incoming=True)
        (s1, ch), (s2, ev) = await asyncio.gather(c.call("payments", "POST /charges", {"booking": x["id"], "parent": x["parent"], "cents": x["hours"] * 1500}),
                                                  c.call("calendar", "POST /blocks", {"sitter": b["sitterId"], "ref": x["id"]}, client_span=False))
        if s1 >= 400 or s2 >= 400:
            x["state"] = "FAILED"
            c.log.error(f"accept {x['id']} failed: payment={s1} calendar={s2}, rolling back", logger=B)
            if s2 < 400: await c.call("calendar", f"DELETE /blocks/{ev['uid']}")
            if s1 < 400: await c.call("payments", f"POST /charges/{ch['id']}/void")
            await c.publish("booking.failed", {"booking": x["id"], "parent": x["parent"], "sitters": [x["sitter"]]})
            return 402, {"why": "card was declined", "code": "PAYMENT_REQUIRED"}
        x |= {"state": "CONFIRMED", "charge": ch["id"], "uid": ev["uid"]}
        async with c.span("adapter.updateById", "CLIENT") as s: await s.work(5)
        async with c.producer("booking.confirmed") as p:
            await p.send({"booking": x["id"], "parent": x["parent"], "sitter": x["sitter"], "sitters": [x["sitter"]], "losers": [y for y in x["offered"] if y != x["sitter"]]})
            p.log.debug(f"Broadcast 'booking.confirmed' {x['id']}", logger="BROKER")
        c.log.info(f"<= bookings.accept {x['id']} CONFIRMED with {x['sitter']} [+{c.elapsed_ms():.3f} ms]", logger=B)
        return 200, {}

    @bk.http("POST /bookings/cancel")
    async def cancel(c, b):
        x = w.bookings[b["bookingId"]]
        was, x["state"] = x["state"], "CANCELLED"
        if was == "CONFIRMED":
            await asyncio.gather(c.call("payments", f"POST /charges/{x['charge']}/void", client_span=False), c.call("calendar", f"DELETE /blocks/{x['uid']}", client_span=False))
        c.log.info(f"{x['id']} cancelled by parent, was {was}", logger=B, incoming=True)
        await c.publish("booking.cancelled", {"booking": x["id"], "parent": x["parent"], "sitters": [x["sitter"]] if x["sitter"] else x["offered"]})
        return 200, {}

    @bk.http("GET /bookings/{id}")
    async def get(c, b):
        async with c.span("cacher.get", "CLIENT") as s:
            await s.work(1)
            s.log.debug(f"GET MOL-bookings.get:{b['_route'].split('/')[-1]}", logger="CACHER")
        return 200, {"state": w.bookings[b["_route"].split("/")[-1]]["state"]}

    @bk.consumer("sitting.ended", retries=1)
    async def ended(c, m):
        x = w.bookings[m.body["booking"]]
        c.log.info(f"Event 'sitting.ended' received {x['id']}, {m.body['minutes']} min", logger=B, incoming=True)
        x["state"] = "DONE"
        async with c.client("payments", f"POST /charges/{x['charge']}/capture") as k:
            st, _ = await k.send({"minutes": m.body["minutes"]})
            k.log.debug(f"capture {x['charge']} answered {st}", logger=B)
        await c.publish("booking.finished", {"booking": x["id"], "parent": x["parent"], "sitter": x["sitter"], "sitters": [], "charge": x["charge"], "cents": m.body["minutes"] * 25})
    bk.noise(5, lambda log: log.debug("Heartbeat from 'payments-2c-17'", logger="TRANSIT"))

    # ---- sitters
    @sit.http("GET /{q}")
    async def search(c, b):
        path = b["_route"].split(" ")[1]
        async with c.span("mongodb find", "CLIENT") as s:
            s.log.debug(f"Mongoose: sitters.find({{ zip: '{b['zip']}', active: true }}, {{ limit: 6, projection: {{ _id: 1 }} }})")
            await s.work(9)
        found = [f"s_{c.rng.randrange(300, 999)}" for _ in range(c.rng.choice([0, 2, 3, 4, 5, 6, 6]))]
        c.log.info(f"GET {path} 200 {c.elapsed_ms():.3f} ms - {22 + 8 * len(found)}", incoming=True)
        return 200, {"sitters": found}

    @sit.consumer("booking.finished")
    async def stats(c, m):
        await c.work(6)
        c.log.info(f"hours of {m.body['sitter']} incremented ({m.body['booking']})", incoming=True)
    sit.noise(4, lambda log: log.info(f"GET /healthz 200 {w.rng.random() * 2:.3f} ms - 2"))

    # ---- calendar
    @cal.http("GET /freebusy/{sitter}")
    async def freebusy(c, b):
        y = b["_route"].split("/")[-1]
        await c.work(30, 0.6)
        ok = c.rng.random() > 0.3
        c.log.info("freebusy", sitter=y, start=b["from"], free=ok, ms=round(c.elapsed_ms(), 1), incoming=True)
        return 200, {"free": ok}

    @cal.http("POST /blocks")
    async def block(c, b):
        uid = f"{c.rng.getrandbits(48):012x}@sit"
        async with c.span("caldav PUT", "CLIENT") as s:
            await s.work(40)
            s.log.debug("event_put", uid=uid, etag=f"{c.rng.getrandbits(32):08x}")
        c.log.info("blocked", sitter=b["sitter"], booking=b["ref"], uid=uid, incoming=True)
        return 201, {"uid": uid}

    @cal.http("DELETE /blocks/{uid}")
    async def unblock(c, b):
        await c.work(25)
        c.log.info("block removed", uid=b["_route"].split("/")[-1], incoming=True)
        return 204, {}

    # ---- offers (BullMQ)
    @off.consumer("offer.send", retries=3, retry_ms=350)
    async def offer(c, m):
        key = (m.body["booking"], m.body["sitter"])
        if key not in offers:
            n["job"] += 1
            offers[key] = n["job"]
        j = offers[key]
        c.log.info(f"Processing job {j} of type offer", bookingId=m.body["booking"], sitterId=m.body["sitter"], attempt=m.attempt, incoming=True)
        await c.work(1)
        if c.rng.random() < 0.05 and m.attempt < 3:
            c.log.warning(f"Job {j} failed, will be retried", failedReason="ETIMEDOUT", attemptsMade=m.attempt)
            raise Exception("ETIMEDOUT")
        async with c.producer("push.send") as p:
            mid = await p.send({"to": m.body["sitter"], "booking": m.body["booking"], "tpl": "NEW_OFFER"})
            if j % 2: p.log.debug("enqueued push", messageId=mid)
        c.log.info(f"Job {j} completed", returnvalue="sent")

    @off.consumer("booking.confirmed")
    async def losers(c, m):
        for y in m.body["losers"]:
            async with c.span("withdraw offer") as s:
                await s.work(2)
                s.log.info("offer withdrawn", bookingId=m.body["booking"], sitterId=y, jobId=offers.get((m.body["booking"], y)))
                await s.publish("push.send", {"to": y, "booking": m.body["booking"], "tpl": "OFFER_GONE"}, producer_span=False)
        if not m.body["losers"]: c.log.debug("no other offers", bookingId=m.body["booking"], incoming=True)
    off.noise(7, lambda log: log.debug("queue counts", waiting=w.rng.randrange(3), active=w.rng.randrange(3), delayed=0))

    # ---- payments
    def lograge(c, b, action, st, **kv):
        verb, path = b["_route"].split(" ")
        c.log.info(f"method={verb} path={path} format=json controller=ChargesController action={action} status={st} duration={c.elapsed_ms():.2f} view=0.31 db={c.rng.random() * 6:.2f}" + "".join(f" {k}={v}" for k, v in kv.items()), incoming=True)

    @pay.http("POST /charges")
    async def charge(c, b):
        n["ch"] += 1
        i = f"ch_{c.rng.getrandbits(56):014x}"
        async with c.span("stripe payment_intents.create", "CLIENT") as s:
            await s.work(260)
            s.log.info(f"message=\"Response from Stripe API\" path=/v1/payment_intents request_id=req_{c.rng.getrandbits(56):014X} status=200")
        ok = c.rng.random() > 0.08
        lograge(c, b, "create", 201 if ok else 402, booking=b["booking"], charge=i, amount=b["cents"])
        return (201, {"id": i}) if ok else (402, {})

    @pay.http("POST /charges/{id}/void")
    async def void(c, b):
        async with c.span("stripe payment_intents.cancel", "CLIENT") as s: await s.work(190)
        lograge(c, b, "void", 200)
        return 200, {}

    @pay.http("POST /charges/{id}/capture")
    async def capture(c, b):
        for t in range(3):
            async with c.span("stripe payment_intents.capture", "CLIENT") as s:
                await s.work(220)
                if c.rng.random() > 0.1: break
                s.log.warning(f"Stripe::APIConnectionError on capture of {b['_route'].split('/')[-2]}, retry {t + 1}/2")
        lograge(c, b, "capture", 200, minutes=b["minutes"])
        return 200, {}

    @pay.consumer("booking.finished")
    async def invoice(c, m):
        async with c.span("render invoice") as s:
            await s.work(55)
            s.log.debug(f"Rendered invoices/show.pdf.prawn (Duration: {s.elapsed_ms():.1f}ms)")
        c.log.info(f"Performed InvoiceJob for {m.body['booking']} ({m.body['cents'] / 100:.2f} EUR) in {c.elapsed_ms():.2f}ms", incoming=True)

    # ---- push (one template for everybody)
    @push.consumer("push.send", concurrency=15)
    async def one(c, m):
        x = f"{c.rng.getrandbits(44):011x}"
        lab = {"execution_id": x}
        if c.rng.random() < 0.7: c.log.debug("Function execution started", **{"logging.googleapis.com/labels": lab}, incoming=True)
        async with c.span("fcm send", "CLIENT") as s:
            await s.work(85, 0.6)
            if c.rng.random() < 0.4: s.log.debug(f"projects/nanny-prod/messages/{c.rng.getrandbits(56)}", **{"logging.googleapis.com/labels": lab})
        if c.rng.random() < 0.05: c.log.warning(f"messaging/registration-token-not-registered for {m.body['to']}", **{"logging.googleapis.com/labels": lab})
        else: c.log.info(f"{m.body['tpl']} -> {m.body['to']}", booking=m.body["booking"], **{"logging.googleapis.com/labels": lab})

    for topic, tpl in (("booking.confirmed", "CONFIRMED"), ("booking.unfilled", "UNFILLED"), ("booking.failed", "PAYMENT_FAILED"), ("booking.cancelled", "CANCELLED"), ("booking.finished", "PLEASE_REVIEW"), ("sitting.late", "LATE")):
        @push.consumer(topic)
        async def tell(c, m, tpl=tpl):
            who = [m.body["parent"]] + m.body["sitters"]
            for y in who:
                async with c.span("fcm send", "CLIENT") as s:
                    await s.work(60)
                    s.log.info(f"{tpl} -> {y}", booking=m.body["booking"])
            c.log.debug(f"Function execution took {c.elapsed_ms():.0f} ms, finished with status: 'ok'", incoming=True)

    # ---- safety
    @safe.consumer("booking.confirmed", retries=1)
    async def watch(c, m):
        await c.work(3)
        c.log.info(f"watching #{m.body['booking']}, expecting #{m.body['sitter']} soon", incoming=True)
        await sleep(c.rng.uniform(1800, 2600))
        if w.bookings[m.body["booking"]]["state"] == "CONFIRMED":
            c.log.warning(f"#{m.body['booking']}: no check-in yet")
            await c.publish("sitting.late", {"booking": m.body["booking"], "parent": m.body["parent"], "sitters": m.body["sitters"]}, producer_span=False)

    @safe.http("POST /checkin")
    async def checkin(c, b):
        x = w.bookings[b["bookingId"]]
        c.log.info("POST /checkin", incoming=True)
        async with c.span("ecto insert", "CLIENT") as s:
            await s.work(4)
            s.log.debug(f"QUERY OK source=\"checkins\" db={s.elapsed_ms():.1f}ms INSERT INTO \"checkins\" (\"booking\",\"sitter\") VALUES ($1,$2) [\"{x['id']}\", \"{x['sitter']}\"]")
        x["state"] = "RUNNING"
        c.log.info(f"Sent 201 in {c.elapsed_ms():.0f}ms")
        return 201, {}

    @safe.http("POST /checkout")
    async def checkout(c, b):
        x = w.bookings[b["bookingId"]]
        async with c.span("ecto update", "CLIENT") as s: await s.work(4)
        async with c.producer("sitting.ended") as p:
            await p.send({"booking": x["id"], "minutes": x["hours"] * 60 + c.rng.randrange(-9, 30)})
            p.log.debug(f"published sitting.ended for #{x['id']}")
        c.log.info(f"POST /checkout booking={x['id']} Sent 200 in {c.elapsed_ms():.0f}ms", incoming=True)
        return 200, {}
    safe.noise(6, lambda log: log.debug(f"Safety.Watch: {w.rng.randrange(2, 30)} processes"))

    # ---- payouts
    @out.consumer("booking.finished")
    async def earn(c, m):
        async with c.span("knex insert", "CLIENT") as s:
            await s.work(4)
            s.log.debug(f"insert into `earnings` (`booking`, `sitter`, `amount`) values ('{m.body['booking']}', '{m.body['sitter']}', {m.body['cents'] * 85 // 100})", logger="knex")
        unpaid.append((m.body, c))
        c.log.info(f"+{m.body['cents'] * 85 // 10000}.{m.body['cents'] * 85 // 100 % 100:02d} for {m.body['sitter']}", logger="earnings", incoming=True)

    @out.every(8)
    async def payout_run(c):
        pending, unpaid[:] = unpaid[:], []
        if not pending:
            c.log.debug("nothing to pay out", logger="cron")
            return
        c.log.info(f"payout run started: {len(pending)} sitters", logger="cron")
        for x, origin in pending:
            c.link(origin)
            async with c.span("sepa transfer", "CLIENT") as s:
                await s.work(45)
                s.log.info(f"transfer tr_{c.rng.getrandbits(40):010x} to {x['sitter']} for {x['booking']}", logger="sepa")
        c.log.info(f"payout run finished in {c.elapsed_ms() / 1000:.1f}s", logger="cron")


async def load(w):
    r = w.rng
    def go(op, **v): return w.start("bff", "POST /graphql", {"op": op, "vars": v})

    async def family(i):
        st, a = await go("RequestSitter", parentId=f"p_{r.randrange(1000, 9999)}", zip=r.choice(["1070", "1090", "8010", "4020"]), hours=r.randrange(2, 6), **{"from": f"2026-10-{r.randrange(1, 29):02d}T{r.randrange(16, 21)}:00"})
        if st != 201: return
        i, x = i % 12, w.bookings[a["bookingId"]]
        await sleep(r.uniform(500, 2500))
        if i == 3: return await go("CancelBooking", bookingId=x["id"])
        if i == 5: return
        for y in a["offered"][:1 + (i % 3 == 0)]:
            await go("AcceptOffer", bookingId=x["id"], sitterId=y)
            await sleep(r.uniform(50, 600))
        if i % 4 == 0: await go("BookingStatus", bookingId=x["id"])
        if x["state"] != "CONFIRMED": return
        await sleep(r.uniform(500, 3000))
        if i == 7: return await go("CancelBooking", bookingId=x["id"])
        await go("CheckIn", bookingId=x["id"])
        await sleep(r.uniform(1500, 4000))
        await go("CheckOut", bookingId=x["id"])
    await arrivals(w, 64, 2.5, family)
    await sleep(9000)

record(build, load, "s_babysit")
