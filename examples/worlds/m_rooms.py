"""Coworking: members book meeting rooms (Django and Celery), doors open for them (Go and Elixir), credits or cards pay for it (Express),
an outside calendar is kept in step and moves things itself, coffee is ordered, and rooms nobody came to are given free."""
import json
from world import *


def ms(r): return "%03d" % (r.time.microsecond // 1000)

def traefik(r):       # edge: Traefik's common format, durations in ms, whole seconds
    f = r.fields
    if "path" not in f: return f"{isoz(r, 0)} {r.level[:3]} {r.message}"
    ids = f" {r.trace_id} {r.span_id}" if r.trace_id else ""
    inc = f" \"{r.incoming}\"" if r.incoming else ""
    return f"{f['ip']} - - [{r.time:%d/%b/%Y:%H:%M:%S} +0000] \"{f['verb']} {f['path']} HTTP/2.0\" {f['st']} {f['size']} \"-\" \"-\" {f['n']} \"{f['router']}@docker\" \"http://172.19.0.{f['host']}:8000\" {f['t']}ms{ids}{inc}"

def django(r):        # booking: Django's verbose formatter
    ids = f" [{r.trace_id}:{r.span_id}]" if r.trace_id else ""
    if r.incoming: ids += f" [{r.incoming}]"
    return f"{r.level.replace('WARN', 'WARNING')} {r.time:%Y-%m-%d %H:%M:%S},{ms(r)} {r.logger} {r.pid} {139900000000 + (r.thread if isinstance(r.thread, int) else 1) * 4096}{ids} {r.message}"

def celery(r):        # booking-worker: Celery's own, MainProcess and pool
    proc = r.thread if isinstance(r.thread, str) else f"ForkPoolWorker-{(r.thread or 1) % 4 + 1}"
    ids = f" trace_id={r.trace_id} span_id={r.span_id}" if r.trace_id else ""
    if r.incoming_parent: ids += f" parent_id={r.incoming_parent}"
    return f"[{r.time:%Y-%m-%d %H:%M:%S},{ms(r)}: {r.level.replace('WARN', 'WARNING')}/{proc}]{ids} {r.message}"

def zapprod(r):       # access: zap production JSON, epoch seconds
    d = {"level": r.level.lower(), "ts": round(r.ns / NS, 7), "caller": r.logger, "msg": r.message} | r.fields
    if r.trace_id: d |= {"trace_id": r.trace_id, "span_id": r.span_id}
    if r.incoming: d["traceparent"] = r.incoming
    return json.dumps(d, separators=(",", ":"))

def elixir(r):        # doors: Logger console with metadata and a date
    md = "".join(f"{k}={v} " for k, v in r.fields.items())
    if r.trace_id: md += f"trace_id={r.trace_id} span_id={r.span_id} "
    if r.incoming_parent: md += f"parent={r.incoming_parent} "
    return f"{r.time:%Y-%m-%d %H:%M:%S}.{ms(r)} {md}[{r.level.lower().replace('warn', 'warning')}] {r.message}"

def pino(r):          # billing: Express with pino-http
    d = {"level": {"DEBUG": 20, "INFO": 30, "WARN": 40, "ERROR": 50}[r.level], "time": r.ns // 1_000_000, "pid": r.pid, "hostname": "billing-6f7c9"}
    d |= r.fields
    if r.trace_id: d |= {"trace_id": r.trace_id, "span_id": r.span_id, "trace_flags": "01"}
    if r.incoming: d["traceparent"] = r.incoming
    return json.dumps(d | {"msg": r.message}, separators=(",", ":"))

def winston(r):       # calsync: winston printf, splat at the end
    f = (" " + json.dumps(r.fields, separators=(",", ":"))) if r.fields else ""
    ids = f" <{r.trace_id}/{r.span_id}>" if r.trace_id else ""
    if r.incoming_parent: ids += f" <from {r.incoming_parent}>"
    return f"{isoz(r)} [calsync] {r.level.lower()}{ids}: {r.message}{f}"

def serilog(r):       # members: Serilog console template with properties
    lv = {"DEBUG": "DBG", "INFO": "INF", "WARN": "WRN", "ERROR": "ERR"}[r.level]
    p = {}
    if r.trace_id: p |= {"TraceId": r.trace_id, "SpanId": r.span_id}
    if r.incoming_parent: p["ParentId"] = r.incoming_parent
    return f"[{r.time:%Y-%m-%d %H:%M:%S}.{ms(r)} +00:00 {lv}] {r.message}" + (" " + json.dumps(p) if p else "")

def boot(r):          # catering: Spring Boot default
    corr = f"[{r.trace_id}-{r.span_id}] " if r.trace_id else ""
    if r.incoming_parent: corr += f"[parent {r.incoming_parent}] "
    th = r.thread if isinstance(r.thread, str) else f"nio-8090-exec-{r.thread}"
    return f"{isoz(r)} {r.level:>5} {r.pid} --- [{th[-15:]:>15}] {corr}{r.logger[:40]:<40} : {r.message}"

def structlog(r):     # notify: structlog's dev console without colours
    f = " ".join(f"{k}={v}" for k, v in r.fields.items())
    if r.trace_id: f += f" span_id={r.span_id} trace_id={r.trace_id}"
    if r.incoming: f += f" traceparent={r.incoming}"
    return f"{isoz(r, 6)} [{r.level.lower().replace('warn', 'warning'):<8}] {r.message:<30} {f}".rstrip()


def build(w):
    w.network_ms, w.broker_ms = 1.1, 12
    w.bk, w.noshow = {}, []
    n = {"bk": 7710, "req": 0, "grant": 400, "cat": 90, "hold": 51200}
    uuid = lambda: "%08x-%04x-4%03x-b%03x-%012x" % tuple(w.rng.getrandbits(b) for b in (32, 16, 12, 12, 48))

    edge = w.service("edge", traefik)
    book = w.service("booking", django, errors=lambda c, e: c.log.error(f"Internal Server Error\nTraceback (most recent call last):\n  File \"/app/booking/consumers.py\", line 61, in handle\n    self.process(msg)\nRuntimeError: {e}", logger="django.request"))
    work = w.service("booking-worker", celery, errors=lambda c, e: c.log.error(f"Task raised unexpected: RuntimeError('{e}')\nTraceback (most recent call last):\n  File \"/usr/lib/python3/celery/app/trace.py\", line 453, in trace_task\n    R = retval = fun(*args, **kwargs)\nRuntimeError: {e}"))
    acc = w.service("access", zapprod, errors=lambda c, e: c.log.error("consume failed", logger="bus/consumer.go:88", error=str(e), stacktrace="access/bus.(*Consumer).run\n\t/src/bus/consumer.go:88"))
    doors = w.service("doors", elixir, errors=lambda c, e: c.log.error(f"GenServer Doors.Broker terminating: {e}"))
    bill = w.service("billing", pino, errors=lambda c, e: c.log.error(str(e), err={"type": "Error", "message": str(e), "stack": f"Error: {e}\n    at process (/app/src/queue.js:31:11)"}))
    cal = w.service("calsync", winston, errors=lambda c, e: c.log.error(f"job failed: {e}"))
    mem = w.service("members", serilog, errors=lambda c, e: c.log.error(f"Consumer fault: {e}"))
    cat = w.service("catering", boot, errors=lambda c, e: c.log.error(f"Execution of Rabbit message listener failed.\norg.springframework.amqp.rabbit.support.ListenerExecutionFailedException: {e}\n\tat org.springframework.amqp.rabbit.listener.adapter.MessagingMessageListenerAdapter.invokeHandler(MessagingMessageListenerAdapter.java:286)", logger="o.s.a.r.l.ConditionalRejectingErrorHandler", thread="enerContainer-1"))
    note = w.service("notify", structlog, errors=lambda c, e: c.log.error("actor_failed", error=str(e)))

    # ------------------------------------------------------------ edge
    HOST = {"booking": 4, "access": 6, "calsync": 9, "billing": 5}

    @edge.http("ANY *")
    async def route(c, b):
        verb, path = b["_route"].split(" ")
        to = {"bookings": "booking", "doors": "access", "hooks": "calsync", "passes": "billing"}[path.split("/")[2]]
        st, a = await c.call(to, f"{verb} {path}", {k: v for k, v in b.items() if k[0] != "_"}, client_span=False)
        n["req"] += 1
        c.log.info("", verb=verb, path=path, ip=f"10.8.{c.rng.randrange(4)}.{c.rng.randrange(250)}", st=st, size=c.rng.randrange(30, 900), n=n["req"], router=to, host=HOST[to], t=int(c.elapsed_ms()), incoming=True)
        return st, a
    edge.noise(4, lambda log: log.debug("Configuration received provider=docker"))

    # ------------------------------------------------------------ booking (Django)
    async def sql(c, name, text, t=3, say=True):
        async with c.span(name, "CLIENT") as s:
            await s.work(t)
            if say: s.log.debug(f"({s.elapsed_ms() / 1000:.3f}) {text}; alias=default", logger="django.db.backends")

    @book.http("POST /api/bookings")
    async def create(c, b):
        await sql(c, "SELECT room overlap", f"SELECT 1 AS \"a\" FROM \"booking_booking\" WHERE (\"room_id\" = {b['room']} AND \"slot\" && '[{b['slot']}:00,{b['slot'] + 1}:00)'::tsrange) LIMIT 1; args=(1, {b['room']})")
        if c.rng.random() < 0.05:
            c.log.warning("Conflict: /api/bookings", logger="django.request", incoming=True)
            return 409, {}
        async with c.client("members", f"GET /members/{b['member']}") as k:
            st, mb = await k.send({})
            k.log.debug(f"http://members:80 \"GET /members/{b['member']} HTTP/1.1\" {st} None", logger="urllib3.connectionpool")
        if st == 404: return 403, {}
        n["bk"] += 1
        bid = n["bk"]
        async with c.client("billing", "POST /holds") as k:
            st, h = await k.send({"member": b["member"], "amount": mb["rate"] * 1, "for": f"bk-{bid}"})
            k.log.debug(f"http://billing:3000 \"POST /holds HTTP/1.1\" {st} 61", logger="urllib3.connectionpool")
        if st != 201:
            c.log.warning(f"member {b['member']} has no credit for room {b['room']}", logger="booking.views", incoming=True)
            return 402, {}
        await sql(c, "INSERT booking", f"INSERT INTO \"booking_booking\" (\"member_id\", \"room_id\", \"slot\", \"hold\") VALUES ('{b['member']}', {b['room']}, '{b['slot']}:00', '{h['hold']}') RETURNING \"booking_booking\".\"id\"; args=(...)", 4)
        x = w.bk[bid] = {"id": bid, "member": b["member"], "room": b["room"], "slot": b["slot"], "hold": h["hold"], "state": "booked", "coffee": b["coffee"]}
        c.log.info(f"booking {bid} created: room {b['room']} at {b['slot']}:00 for {b['member']}", logger="booking.views", incoming=True)
        await c.publish("task.booking_created", dict(x, task=uuid()), producer_span=True)
        return 201, {"id": bid}

    @book.http("DELETE /api/bookings/{id}")
    async def cancel(c, b):
        bid = int(b["_route"].split("/")[-1])
        x = w.bk[bid]
        await sql(c, "UPDATE booking", f"UPDATE \"booking_booking\" SET \"state\" = 'cancelled' WHERE \"booking_booking\".\"id\" = {bid}; args=('cancelled', {bid})")
        if x["state"] != "booked":
            c.log.info(f"booking {bid} is {x['state']} already", logger="booking.views", incoming=True)
            return 410, {}
        x["state"] = "cancelled"
        async with c.producer("task.booking_cancelled") as p:
            await p.send(dict(x, task=uuid(), why="member"))
            p.log.debug(f"on_commit: booking_cancelled.delay({bid})", logger="booking.signals")
        return 204, {}

    @book.http("GET /api/bookings/{id}")
    async def show(c, b):
        bid = b["_route"].split("/")[-1]
        await sql(c, "SELECT booking", f"SELECT \"booking_booking\".\"id\", \"booking_booking\".\"state\" FROM \"booking_booking\" WHERE \"booking_booking\".\"id\" = {bid} LIMIT 21; args=({bid},)", 2)
        return 200, {"state": w.bk[int(bid)]["state"]}

    @book.consumer("calendar.moved")
    async def moved(c, m):
        bid = m.body["booking"]
        await sql(c, "UPDATE booking slot", f"UPDATE \"booking_booking\" SET \"slot\" = '{m.body['slot']}:00' WHERE \"booking_booking\".\"id\" = {bid}; args=(...)")
        c.log.info(f"calendar moved booking {bid} to {m.body['slot']}:00", logger="booking.consumers", incoming=True)
        await c.publish("booking.moved", dict(w.bk[bid], slot=m.body["slot"]))

    @book.consumer("door.opened")
    async def checkin(c, m):
        x = w.bk.get(m.body["booking"])
        if not x or x["state"] != "booked": return
        x["state"] = "in use"
        await sql(c, "UPDATE booking state", f"UPDATE \"booking_booking\" SET \"state\" = 'in_use' WHERE \"booking_booking\".\"id\" = {x['id']}; args=(...)", say=False)
        c.log.info(f"booking {x['id']} checked in by door {m.body['door']}", logger="booking.consumers")
    book.noise(3, lambda log: log.info('"GET /healthz/ HTTP/1.1" 200 2', logger="django.server"))

    # ------------------------------------------------------------ booking-worker (Celery)
    async def task(c, m, name, body, retry=False):
        t = m.body["task"]
        c.log.info(f"Task booking.tasks.{name}[{t}] received", thread="MainProcess", incoming=True)
        if retry and m.attempt == 1 and c.rng.random() < 0.06:
            c.log.info(f"Task booking.tasks.{name}[{t}] retry: Retry in 1s: OperationalError('server closed the connection unexpectedly')")
            raise Exception("db")
        await body(t)
        c.log.info(f"Task booking.tasks.{name}[{t}] succeeded in {c.elapsed_ms() / 1000:.4f}s: None")

    @work.consumer("task.booking_created", retries=2, retry_ms=900, concurrency=4)
    async def created(c, m):
        x = m.body

        async def body(t):
            async with c.span("SELECT booking", "CLIENT") as s:
                await s.work(2)
            async with c.client("access", "POST /grants") as k:
                st, g = await k.send({"booking": x["id"], "member": x["member"], "door": f"D{x['room']}"})
                k.log.info(f"grant {g['grant']} for booking {x['id']}")
            async with c.producer("booking.confirmed") as p:
                await p.send({k: v for k, v in x.items() if k != "task"})
                p.log.debug(f"booking.confirmed {x['id']}")
            w.noshow.append((w.ns() + 9 * NS, x["id"], c))
        await task(c, m, "booking_created", body, True)

    @work.consumer("task.booking_cancelled", concurrency=4)
    async def cancelled(c, m):
        x = m.body

        async def body(t):
            st, _ = await c.call("access", f"DELETE /grants/{x['id']}")
            async with c.client("billing", f"POST /holds/{x['hold']}/release") as k:
                await k.send({"why": x["why"]})
                k.log.info(f"hold {x['hold']} released ({x['why']})")
            await c.publish("booking.cancelled", {k: v for k, v in x.items() if k != "task"})
        await task(c, m, "booking_cancelled", body)

    @work.every(5)
    async def sweep_no_shows(c):
        due = [e for e in w.noshow if e[0] < w.ns()]
        w.noshow[:] = [e for e in w.noshow if e[0] >= w.ns()]
        gone = [e for e in due if w.bk[e[1]]["state"] == "booked"]
        if not due: return
        c.log.info(f"no-show sweep: {len(due)} due, {len(gone)} to free")
        for _, bid, origin in gone:
            c.link(origin)
            w.bk[bid]["state"] = "no show"
            async with c.producer("task.booking_cancelled") as p:
                await p.send(dict(w.bk[bid], task=uuid(), why="no-show"))
                p.log.info(f"freeing booking {bid}, room {w.bk[bid]['room']}")
    work.noise(5, lambda log: log.info("beat: Waking up in 5.00 seconds.", thread="MainProcess"))

    # ------------------------------------------------------------ access (Go)
    grants = {}

    @acc.http("POST /grants")
    async def grant(c, b):
        n["grant"] += 1
        g = f"gr_{n['grant']:05d}"
        grants[b["booking"]] = {"grant": g, "door": b["door"], "member": b["member"]}
        async with c.span("bolt put", "CLIENT") as s:
            await s.work(2)
        async with c.producer("door.allow") as p:
            await p.send({"grant": g, "door": b["door"], "member": b["member"], "booking": b["booking"]})
            p.log.debug("mqtt publish", logger="mqtt/client.go:52", topic=f"doors/{b['door']}/allow", grant=g)
        c.log.info("grant issued", logger="api/grants.go:71", grant=g, booking=b["booking"], dur=round(c.elapsed_ms() / 1000, 6), incoming=True)
        return 201, {"grant": g}

    @acc.http("DELETE /grants/{id}")
    async def revoke(c, b):
        bid = int(b["_route"].split("/")[-1])
        g = grants.pop(bid, None)
        c.log.info("grant revoked" if g else "no grant", logger="api/grants.go:98", booking=bid, incoming=True)
        if g: await c.publish("door.deny", {"grant": g["grant"], "door": g["door"]})
        return 204, {}

    @acc.http("POST /api/doors/{door}/badge")
    async def badge(c, b):
        g = grants.get(b["booking"])
        door = b["_route"].split("/")[3]
        ok = bool(g) and g["member"] == b["member"]
        async with c.span("bolt get", "CLIENT") as s:
            await s.work(1)
        if not ok:
            c.log.warning("badge refused", logger="api/badge.go:40", door=door, member=b["member"], incoming=True)
            return 403, {}
        async with c.client("doors", f"POST /open/{door}") as k:
            st, _ = await k.send({"grant": g["grant"]})
            if st != 200: k.log.error("controller did not open", logger="doors/client.go:31", door=door, status=st)
        if st == 200:
            c.log.info("door open", logger="api/badge.go:63", door=door, grant=g["grant"], member=b["member"], incoming=True)
            await c.publish("door.opened", {"door": door, "booking": b["booking"], "member": b["member"]})
        return st, {}
    acc.noise(4, lambda log: log.debug("mqtt ping", logger="mqtt/client.go:20"))

    # ------------------------------------------------------------ doors (Elixir)
    @doors.consumer("door.allow")
    async def allow(c, m):
        await c.work(25)
        c.log.info(f"{m.body['door']} whitelist +{m.body['grant']} (#{m.body['member']})", application="doors", incoming=True)

    @doors.consumer("door.deny")
    async def deny(c, m):
        c.log.info(f"{m.body['door']} whitelist -{m.body['grant']}", application="doors", incoming=True)
        await c.work(20)

    @doors.http("POST /open/{door}")
    async def openit(c, b):
        rid = "F%019x" % c.rng.getrandbits(76)
        d = b["_route"].split("/")[-1]
        c.log.info(f"POST /open/{d}", request_id=rid, incoming=True)
        async with c.span("relay pulse") as s:
            await s.work(180)
            s.log.debug(f"relay {d} pulsed 3s for {b['grant']}", request_id=rid)
        st = 504 if c.rng.random() < 0.04 else 200
        c.log.info(f"Sent {st} in {c.elapsed_ms():.0f}ms", request_id=rid)
        return st, {}
    doors.noise(3, lambda log: log.debug(f"heartbeat D{w.rng.randrange(1, 9)} rssi -{w.rng.randrange(40, 80)}", application="doors"))

    # ------------------------------------------------------------ billing (Express + pino-http)
    def http_done(c, b, rid, st):
        verb, path = b["_route"].split(" ")
        c.log("ERROR" if st >= 500 else "INFO", "request completed" if st < 500 else "request errored", req={"id": rid, "method": verb, "url": path, "headers": {"host": "billing:3000"}}, res={"statusCode": st}, responseTime=int(c.elapsed_ms()), incoming=True)

    @bill.http("POST /holds")
    async def hold(c, b):
        n["hold"] += 7
        rid, h = n["hold"] % 9973, f"h{n['hold']}"
        async with c.span("pg insert holds", "CLIENT") as s:
            await s.work(4)
            s.log.debug("insert holds", req_id=rid, hold=h, rows=1)
        st = 402 if c.rng.random() < 0.05 else 201
        if st == 402: c.log.warning("insufficient credits", memberId=b["member"], reference=b["for"])
        http_done(c, b, rid, st)
        return st, {"hold": h}

    @bill.http("POST /holds/{id}/release")
    async def release(c, b):
        h = b["_route"].split("/")[-2]
        await c.work(5)
        if b["why"] == "no-show":
            c.log.info("half of the hold kept", hold=h)
        http_done(c, b, c.rng.randrange(9973), 200)
        return 200, {}

    @bill.http("POST /api/passes")
    async def day_pass(c, b):
        rid = c.rng.randrange(9973)
        async with c.span("POST api.stripe.test/v1/charges", "CLIENT") as s:
            await s.work(310)
            bad = c.rng.random() < 0.1
            s.log.info("stripe", charge=f"ch_{c.rng.getrandbits(48):012x}", member=b["member"], outcome="card_declined" if bad else "ok")
        if not bad:
            async with c.producer("pass.sold") as p:
                await p.send({"member": b["member"], "pass": f"dp{rid}"})
                p.log.debug("pass.sold", member=b["member"])
        http_done(c, b, rid, 402 if bad else 201)
        return (402 if bad else 201), {}

    @bill.consumer("door.opened")
    async def capture(c, m):
        x = w.bk.get(m.body["booking"])
        async with c.span("pg update holds", "CLIENT") as s:
            await s.work(4)
        c.log.info("hold captured", hold=x["hold"], msgId=m.id, incoming=True)
    bill.noise(5, lambda log: log.debug("pool", total=10, idle=w.rng.randrange(5, 10), waiting=0))

    # ------------------------------------------------------------ calsync (Node, winston)
    events = {}

    @cal.consumer("booking.confirmed", retries=3, retry_ms=1200)
    async def push(c, m):
        x = m.body
        async with c.span("PUT calendar.test/events", "CLIENT") as s:
            await s.work(260)
            if c.rng.random() < 0.09 and m.attempt < 4:
                s.log.warn("429 from calendar, will come back", booking=x["id"], attempt=m.attempt)
                raise Exception("429")
        ev = events[x["id"]] = f"ev{c.rng.getrandbits(40):010x}"
        c.log.info(f"event {ev} written", booking=x["id"], room=x["room"], incoming=True)
        await c.publish("calendar.linked", {"booking": x["id"], "event": ev})

    @cal.consumer("booking.cancelled")
    async def drop(c, m):
        ev = events.get(m.body["id"])
        async with c.span("DELETE calendar.test/events", "CLIENT") as s:
            await s.work(190)
            s.log.debug(f"DELETE {ev} 204")
        c.log.info("event removed", booking=m.body["id"], incoming=True)

    @cal.http("POST /api/hooks/calendar")
    async def hook(c, b):
        c.log.info("push notification", resource=b["event"], channel="chan-" + b["channel"], incoming=True)
        c.spawn(fetch(c, b))
        return 200, {}

    async def fetch(c, b):
        async with c.span("sync changed events") as s:
            async with s.span("GET calendar.test/events", "CLIENT") as g:
                await g.work(210)
            s.log.info(f"{b['event']} now at {b['slot']}:00")
            async with s.producer("calendar.moved") as p:
                await p.send({"booking": b["booking"], "slot": b["slot"], "event": b["event"]})
                p.log.debug("-> calendar.moved", booking=b["booking"])
    cal.noise(6, lambda log: log.debug("watch channel renewed"))

    # ------------------------------------------------------------ members (.NET, Serilog)
    @mem.http("GET /members/{id}")
    async def member(c, b):
        mid = b["_route"].split("/")[-1]
        async with c.span("SELECT Members", "CLIENT") as s:
            await s.work(2.5)
            s.log.debug(f"Executed DbCommand ({s.elapsed_ms():.0f}ms) SELECT TOP(1) [m].[Id], [m].[Plan], [m].[Rate] FROM [Members] AS [m] WHERE [m].[Id] = @__id_0")
        st = 404 if c.rng.random() < 0.02 else 200
        c.log.info(f"HTTP GET /members/{mid} responded {st} in {c.elapsed_ms():.4f} ms", incoming=True)
        return st, {"rate": c.rng.choice([9, 12, 15])}

    @mem.consumer("pass.sold")
    async def activate(c, m):
        async with c.span("INSERT Passes", "CLIENT") as s:
            await s.work(4)
            s.log.debug(f"Executed DbCommand ({s.elapsed_ms():.0f}ms) INSERT INTO [Passes] ([MemberId], [Code]) VALUES (@p0, @p1)")
        c.log.info(f"Day pass {m.body['pass']} activated for {m.body['member']}", incoming=True)
        await c.publish("pass.active", m.body)

    @mem.consumer("door.opened")
    async def seen(c, m):
        await c.work(3)
        c.log.debug(f"Last visit of {m.body['member']} updated")
    mem.noise(5, lambda log: log.info("HTTP GET /health responded 200 in 0.2311 ms"))

    # ------------------------------------------------------------ catering (Spring Boot)
    T = "enerContainer-1"

    @cat.consumer("booking.confirmed")
    async def coffee(c, m):
        if not m.body["coffee"]: return
        n["cat"] += 1
        async with c.span("insert catering_order", "CLIENT") as s:
            s.log.debug("insert into catering_order (booking_id,cups,room,id) values (?,?,?,?)", logger="org.hibernate.SQL", thread=T)
            await s.work(4)
        async with c.span("POST barista.test/orders", "CLIENT") as s:
            await s.work(120)
        c.log.info(f"{m.body['coffee']} coffees for booking {m.body['id']} ordered as CAT-{n['cat']}", logger="w.h.catering.BookingListener", thread=T, incoming=True)

    @cat.consumer("booking.cancelled")
    async def nocoffee(c, m):
        if not m.body["coffee"]: return
        c.log.info(f"Cancelling catering of booking {m.body['id']}", logger="w.h.catering.BookingListener", thread=T, incoming=True)
        async with c.span("update catering_order", "CLIENT") as s:
            s.log.debug("update catering_order set cancelled=true where booking_id=?", logger="org.hibernate.SQL", thread=T)
            await s.work(4)
    cat.noise(7, lambda log: log.debug("HikariPool-1 - Pool stats (total=5, active=0, idle=5, waiting=0)", logger="com.zaxxer.hikari.pool.HikariPool", thread="ool housekeeper"))

    # ------------------------------------------------------------ notify (Python)
    def mailer(topic, key, event):
        @note.consumer(topic, concurrency=6)
        async def send(c, m):
            c.log.info(event, **{key: m.body.get("id", m.body.get("booking", m.body.get("pass")))}, incoming=True)
            async with c.span("POST api.postmark.test/email", "CLIENT") as s:
                await s.work(85)
                if c.rng.random() < 0.75: s.log.debug("postmark_ok", message_id="%08x" % c.rng.getrandbits(32), to=m.body.get("member", "-"))
    mailer("booking.confirmed", "booking", "confirmation_mail")
    mailer("booking.cancelled", "booking_id", "cancel_mail")
    mailer("booking.moved", "booking", "moved_mail")
    mailer("pass.active", "daypass", "welcome_mail")

    @note.consumer("calendar.linked")
    async def ics(c, m):
        await c.work(10)
        c.log.debug("ics_refreshed", event_id=m.body["event"], booking=m.body["booking"], incoming=True)


async def load(w):
    r = w.rng

    async def member(i):
        who = f"mb{r.randrange(1000, 9999)}"
        if i % 8 == 7:
            await w.start("edge", "POST /api/passes", {"member": who})
            return
        st, a = await w.start("edge", "POST /api/bookings", {"member": who, "room": r.randrange(1, 14), "slot": r.randrange(8, 18), "coffee": r.choice([0, 0, 4, 8])})
        if st != 201: return
        await sleep(r.uniform(900, 3500))
        if i % 6 == 2:
            await w.start("edge", f"DELETE /api/bookings/{a['id']}")
            return
        if i % 5 == 1:
            await w.start("edge", "POST /api/hooks/calendar", {"event": f"ev{r.getrandbits(40):010x}", "channel": str(a["id"] % 7), "booking": a["id"], "slot": r.randrange(8, 18)})
        if i % 4 == 0: await w.start("edge", f"GET /api/bookings/{a['id']}")
        if i % 7 != 3:
            await sleep(r.uniform(500, 3500))
            await w.start("edge", f"POST /api/doors/D{w.bk[a['id']]['room']}/badge", {"member": who, "booking": a["id"]})
    await arrivals(w, 95, 3, member)
    await sleep(13000)

record(build, load, "m_rooms")
