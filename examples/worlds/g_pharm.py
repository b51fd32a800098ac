"""Online pharmacy: e-prescriptions are redeemed, screened, signed by a pharmacist, picked by a robot, paid, sent. Choreography with one join."""
import json
from world import *


# pino, Node 20
def pino(r):
    d = {"level": {"DEBUG": 20, "INFO": 30, "WARN": 40, "ERROR": 50}[r.level], "time": r.ns // 1_000_000, "pid": r.pid, "hostname": "storefront-7c9d-xk2p"}
    if r.trace_id: d |= {"trace_id": r.trace_id, "span_id": r.span_id, "trace_flags": "01"}
    if r.incoming: d["req_headers"] = {"traceparent": r.incoming}
    return json.dumps(d | r.fields | {"msg": r.message}, separators=(",", ":"))


# Spring Boot 3
def spring(r):
    ids = f"[{r.trace_id}-{r.span_id}] " if r.trace_id else "[                                                 ] "
    tp = f" (parent {r.incoming_parent})" if r.incoming_parent else ""
    return f"{isoz(r)} {r.level:>5} {r.pid} --- [rx-gateway] [listener-{r.thread}-C-1] {ids}{r.logger:40.40} : {r.message}{tp}"


# Serilog compact
def clef(r):
    d = {"@t": isoz(r, 7), "@mt": r.message}
    if r.level != "INFO": d["@l"] = {"WARN": "Warning", "ERROR": "Error", "DEBUG": "Debug"}[r.level]
    if r.trace_id: d |= {"@tr": r.trace_id, "@sp": r.span_id}
    if r.incoming_parent: d["ParentId"] = r.incoming_parent
    return json.dumps(d | r.fields | {"SourceContext": r.logger})


def pylog(r):
    ids = f" [trace_id={r.trace_id} span_id={r.span_id}]" if r.trace_id else " [trace_id=0 span_id=0]"
    kv = "".join(f" {k}={v}" for k, v in r.fields.items())
    tp = f" parent_span={r.incoming_parent}" if r.incoming_parent else ""
    return f"{r.time:%Y-%m-%d %H:%M:%S},{r.time.microsecond // 1000:03d} {r.level if r.level != 'WARN' else 'WARNING'} [{r.logger}]{ids} - {r.message}{kv}{tp}"


def slogtext(r):
    def q(v):
        v = str(v)
        return json.dumps(v) if " " in v or "=" in v or not v else v
    d = dict(r.fields)
    if r.incoming: d["traceparent"] = r.incoming
    if r.trace_id: d |= {"trace": r.trace_id, "span": r.span_id}
    return f"time={isoz(r, 6)} level={r.level} msg={q(r.message)}" + "".join(f" {k}={q(v)}" for k, v in d.items())


def elixir(r):
    meta = f"otel_trace_id={r.trace_id} otel_span_id={r.span_id} " if r.trace_id else ""
    if r.incoming_parent: meta += f"parent={r.incoming_parent} "
    return f"{r.time:%H:%M:%S}.{r.time.microsecond // 1000:03d} {meta}[{r.level.lower().replace('warn', 'warning')}] {r.message}"


def nlog(r):
    ids = f"{r.trace_id}|{r.span_id}" if r.trace_id else "|"
    tp = f" <{r.incoming_parent}>" if r.incoming_parent else ""
    return f"{r.time:%Y-%m-%d %H:%M:%S}.{r.ns % NS // 100000:04d}|{r.level}|{r.logger}|{ids}|{r.message}{tp}"


def rails(r):
    ids = f"[dd.trace_id={r.trace_id} dd.span_id={r.span_id}] " if r.trace_id else ""
    tp = f" [traceparent {r.incoming}]" if r.incoming else ""
    return f"{r.level[0]}, [{r.time:%Y-%m-%dT%H:%M:%S.%f} #{r.pid}] {r.level:>5} -- : {ids}{r.message}{tp}"


def monolog(r):
    ctx = dict(r.fields)
    if r.incoming: ctx["traceparent"] = r.incoming
    extra = {"trace_id": r.trace_id, "span_id": r.span_id} if r.trace_id else []
    return f"[{r.time:%Y-%m-%dT%H:%M:%S.%f}+00:00] courier.{r.level.replace('WARN', 'WARNING')}: {r.message} {json.dumps(ctx, separators=(',', ':')) if ctx else '[]'} {json.dumps(extra, separators=(',', ':'))}"


# RFC 5424, whole seconds
def syslog(r):
    pri = 16 * 8 + {"DEBUG": 7, "INFO": 6, "WARN": 4, "ERROR": 3}[r.level]
    sd = f'[otel trace="{r.trace_id}" span="{r.span_id}"' + (f' parent="{r.incoming_parent}"' if r.incoming_parent else "") + "]" if r.trace_id else "-"
    return f"<{pri}>1 {isoz(r, 0)} mail01 letterbox {r.pid} - {sd} {r.message}"


def build(w):
    w.broker_ms = 6
    shop = w.service("storefront", pino, errors=lambda ctx, e: ctx.log.error("unhandled", err={"type": "Error", "message": str(e)}))
    rx = w.service("rx-gateway", spring, errors=lambda ctx, e: ctx.log.error(f"Listener threw, record goes to DLT\njava.lang.IllegalStateException: {e}\n\tat com.apo.rx.RedeemListener.on(RedeemListener.java:71)\n\tat java.base/java.lang.Thread.run(Thread.java:1583)", logger="o.s.k.l.DefaultErrorHandler"))
    erx = w.service("erx-connector", clef)
    scr = w.service("interaction-check", pylog, errors=lambda ctx, e: ctx.log.error(f"screening crashed: {e}", logger="screening.worker"))
    form = w.service("formulary", slogtext)
    desk = w.service("pharmacist-desk", elixir, errors=lambda ctx, e: ctx.log.error(f"GenServer Desk.Inbox terminating ** (RuntimeError) {e}"))
    robot = w.service("dispensary", nlog, errors=lambda ctx, e: ctx.log.error(f"Job aborted: {e}", logger="Robot.Jobs"))
    pay = w.service("payments", rails, errors=lambda ctx, e: ctx.log.error(f"PaymentEventJob failed: {e}"))
    cour = w.service("courier", monolog, errors=lambda ctx, e: ctx.log.error("message rejected", exception=str(e)))
    mail = w.service("letterbox", syslog, errors=lambda ctx, e: ctx.log.error(f"defer: {e}"))
    seq = {"o": 71000, "job": 300, "q": 0, "msg": 91000}
    orders, joins, cache = {}, {}, {}

    def nxt(k):
        seq[k] += 1
        return seq[k]

    # ---------------------------------------------------------------- storefront
    @shop.http("POST /api/orders")
    async def place(ctx, b):
        oid = f"OA-{nxt('o')}"
        ctx.log.info("checkout started", incoming=True, orderId=oid, customer=b["customer"], items=len(b["pzn"]))
        await ctx.work(4)
        async with ctx.client("payments", "POST /authorizations") as c:
            status, a = await c.send({"ref": oid, "cents": b["cents"]})
            c.log.debug("payments answered", statusCode=status, ms=round(c.elapsed_ms()))
        if status != 201:
            ctx.log.warning("checkout refused, card not authorised", orderId=oid, statusCode=402)
            return 402, {}
        async with ctx.span("INSERT orders", "CLIENT") as c:
            await c.work(3)
            c.log.debug("sql", q="insert into orders(id, customer_id, state) values ($1,$2,'PENDING')", ms=round(c.elapsed_ms(), 1))
        orders[oid] = {"state": "PENDING", "auth": a["auth"]}
        async with ctx.producer("rx.order.received") as p:
            await p.send({"order": oid, "token": b["token"], "pzn": b["pzn"], "auth": a["auth"], "customer": b["customer"]})
        ctx.log.info("checkout done", orderId=oid, statusCode=202, responseTime=round(ctx.elapsed_ms()))
        return 202, {"order": oid}

    @shop.http("GET /api/orders/{id}")
    async def look(ctx, b):
        oid = b["_route"].split("/")[-1]
        async with ctx.span("SELECT orders", "CLIENT") as c:
            await c.work(2)
        if orders[oid]["state"] == "SHIPPED":
            await ctx.call("courier", "GET /track/" + oid)
        ctx.log.info("request completed", incoming=True, url=f"/api/orders/{oid}", state=orders[oid]["state"], responseTime=round(ctx.elapsed_ms(), 1))
        return 200, {}

    @shop.consumer("rx.rejected")
    async def refused(ctx, m):
        ctx.log.info("rx.rejected received", incoming=True, orderId=m.body["order"])
        orders[m.body["order"]]["state"] = "REJECTED"
        async with ctx.span("UPDATE orders", "CLIENT") as c:
            await c.work(3)
        ctx.log.info("order closed", orderId=m.body["order"], reason=m.body["why"])

    @shop.consumer("shipment.handed_over")
    async def shipped(ctx, m):
        ctx.log.debug("event", topic=m.topic, incoming=True, id=m.id)
        async with ctx.span("UPDATE orders", "CLIENT") as c:
            await c.work(3)
            c.log.debug("sql", q="update orders set state=$1 where id=$2", ms=round(c.elapsed_ms(), 1))
        orders[m.body["order"]]["state"] = "SHIPPED"
        ctx.log.info("order is on its way", orderId=m.body["order"], parcel=m.body["parcel"])

    # ---------------------------------------------------------------- rx-gateway
    @rx.consumer("rx.order.received", retries=2, retry_ms=300)
    async def redeem(ctx, m):
        o = m.body["order"]
        ctx.log.info(f"Received order {o} with e-prescription {m.body['token'][:8]}… (attempt {m.attempt})", incoming=True, logger="com.apo.rx.RedeemListener")
        await ctx.work(3)
        status, a = await ctx.call("erx-connector", "POST /Task/redeem", {"token": m.body["token"], "order": o})
        if status == 503:
            ctx.log.warning(f"TI konnektor unavailable for {o}, backing off", logger="com.apo.rx.RedeemListener")
            if m.attempt < 3: raise Exception("503")
        if status != 200:
            why = "token_spent" if status == 409 else "not_reachable"
            ctx.log.info(f"Rejecting {o}: {why}", logger="com.apo.rx.RedeemListener")
            await ctx.publish("rx.rejected", {"order": o, "why": why, "auth": m.body["auth"]})
            return
        async with ctx.span("PrescriptionRepository.save") as c:
            await c.work(4)
        async with ctx.producer("rx.validated") as p:
            mid = await p.send(dict(m.body, dispense=a["task"]))
            p.log.debug(f"Sent rx.validated key={o} id={mid}", logger="c.a.r.KafkaOut")
        ctx.log.info(f"Prescription for {o} validated in {ctx.elapsed_ms():.0f} ms, task {a['task']}", logger="com.apo.rx.RedeemListener")

    # ---------------------------------------------------------------- erx-connector
    @erx.http("POST /Task/redeem")
    async def redeem_task(ctx, b):
        ctx.log.info("Redeem requested, access code {Code}", incoming=True, logger="Erx.TaskController", Code=b["token"][:8])
        task = "160.%03d.%03d.%03d" % tuple(ctx.rng.randrange(1000) for _ in range(3))
        async with ctx.span("POST https://erp.zentral/Task/$accept", "CLIENT") as c:
            await c.work(90)
            x = ctx.rng.random()
            c.log.debug("Fachdienst answered {StatusCode} after {Elapsed} ms", logger="System.Net.Http.HttpClient", StatusCode=409 if x < .05 else 200, Elapsed=round(c.elapsed_ms(), 1))
        if x > 0.96:
            ctx.log.error("Card terminal did not answer in time", logger="Erx.TaskController")
            return 503, {}
        if x < 0.05:
            ctx.log.warning("Prescription already dispensed elsewhere", logger="Erx.TaskController", Order=b["order"])
            return 409, {}
        ctx.log.info("Accepted {TaskId}", logger="Erx.TaskController", TaskId=task, Order=b["order"])
        return 200, {"task": task}

    # ---------------------------------------------------------------- interaction-check
    @scr.consumer("rx.validated", concurrency=6)
    async def screen(ctx, m):
        o = m.body["order"]
        ctx.log.info("screening starts", incoming=True, logger="screening.worker", order=o, drugs=len(m.body["pzn"]))

        async def history():
            async with ctx.span("SELECT medication_history", "CLIENT") as c:
                await c.work(12)
                c.log.debug("%d rows" % ctx.rng.randrange(30), logger="sqlalchemy.engine")

        async def drug(p):
            async with ctx.client("formulary", f"GET /drugs/{p}") as c:
                c.log.debug(f"GET http://formulary/drugs/{p}", logger="httpx")
                return await c.send()
        await asyncio.gather(history(), *[drug(p) for p in m.body["pzn"]])
        async with ctx.span("rules engine") as c:
            await c.work(25)
            level = ctx.rng.choice(["none", "none", "none", "minor", "moderate"])
            c.log.info(f"highest interaction grade: {level}", logger="screening.rules")
        await ctx.publish("screening.done", dict(m.body, grade=level))
        ctx.log.info("screening finished", logger="screening.worker", order=o, took_ms=int(ctx.elapsed_ms()))

    # ---------------------------------------------------------------- formulary
    @form.http("GET /drugs/{pzn}")
    async def drug(ctx, b):
        pzn = b["_route"].split("/")[-1]
        async with ctx.span("redis GET", "CLIENT") as c:
            await c.work(0.8)
        hit = pzn in cache
        if not hit:
            async with ctx.span("SELECT abda_articles", "CLIENT") as c:
                await c.work(9)
                c.log.debug("query", table="abda_articles", pzn=pzn, dur=f"{c.elapsed_ms():.2f}ms")
            cache[pzn] = 1
        ctx.log.info("GET /drugs", incoming=True, pzn=pzn, status=200, cached=str(hit).lower(), dur=f"{ctx.elapsed_ms():.2f}ms")
        return 200, {}

    # ---------------------------------------------------------------- pharmacist-desk
    async def clear(ctx, body, who):
        async with ctx.span("apo.repo.query:approvals", "CLIENT") as c:
            await c.work(3)
            c.log.debug(f"QUERY OK source=\"approvals\" db={c.elapsed_ms():.1f}ms")
        async with ctx.producer("rx.cleared") as p:
            await p.send(dict(body, signed_by=who))
            p.log.info(f"rx.cleared out for {body['order']}")

    waiting = w.waiting = {}

    @desk.consumer("screening.done")
    async def inbox(ctx, m):
        o = m.body["order"]
        ctx.log.info(f"New case {o}, interaction #{m.body['grade']}", incoming=True)
        if m.body["grade"] == "moderate":
            await ctx.work(2)
            waiting[o] = (ctx, m.body)
            ctx.log.warning(f"Case {o} needs four eyes, parked")
            return
        async with ctx.span("await signature") as c:
            await c.work(900, 0.6)
            who = ctx.rng.choice(["pka.huber", "apo.klein", "apo.yildiz"])
            c.log.info(f"{who} signed {o}")
        await clear(ctx, m.body, who)
        ctx.log.info(f"Case {o} done")

    @desk.http("POST /cases/{id}/sign")
    async def sign(ctx, b):
        o = b["_route"].split("/")[2]
        ctx.log.info(f"POST /cases/{o}/sign", incoming=True)
        if o not in waiting:
            ctx.log.info("Sent 404 in %dms" % ctx.elapsed_ms())
            return 404, {}
        origin, body = waiting.pop(o)
        ctx.link(origin)
        await ctx.work(5)
        await clear(ctx, body, "apo.klein")
        ctx.log.info("Sent 200 in %dms" % ctx.elapsed_ms())
        return 200, {}

    # ---------------------------------------------------------------- dispensary
    @robot.consumer("rx.cleared", retries=1)
    async def pick(ctx, m):
        o, job = m.body["order"], nxt("job")
        ctx.log.info(f"Job #{job} created for {o} ({len(m.body['pzn'])} packs)", incoming=True, logger="Robot.Jobs")
        for p in m.body["pzn"]:
            async with ctx.span("pick pack") as c:
                await c.work(220)
                c.log.info(f"picked PZN {p} from shelf {ctx.rng.randrange(1, 60)}-{ctx.rng.choice('ABCDEF')} job #{job}", logger="Robot.Arm")
        if ctx.rng.random() < 0.04 and m.attempt == 1:
            ctx.log.warning(f"Job #{job}: pack fell off gripper, repeat", logger="Robot.Jobs")
            raise Exception("gripper")
        async with ctx.span("securPharm decommission", "CLIENT") as c:
            await c.work(60)
            c.log.debug(f"securPharm: {len(m.body['pzn'])} serial(s) -> DISPENSED", logger="Robot.SecurPharm")
        async with ctx.producer("dispense.packed") as p:
            await p.send({"order": o, "job": job})
        ctx.log.info(f"Job #{job} packed, {ctx.elapsed_ms() / 1000:.2f} s", logger="Robot.Jobs")

    # ---------------------------------------------------------------- payments
    @pay.http("POST /authorizations")
    async def authorize(ctx, b):
        ctx.log.info(f'Started POST "/authorizations" for 10.2.0.{ctx.rng.randrange(4, 9)}', incoming=True)
        async with ctx.span("psp authorize", "CLIENT") as c:
            await c.work(70)
            c.log.info(f"[PSP] authorize {b['ref']} EUR {b['cents'] / 100:.2f}")
        ok = ctx.rng.random() > 0.03
        ctx.log.info(f"Completed {'201 Created' if ok else '402 Payment Required'} in {ctx.elapsed_ms():.0f}ms (ActiveRecord: {ctx.rng.random() * 3:.1f}ms)")
        return (201, {"auth": "au_%010x" % ctx.rng.getrandbits(40)}) if ok else (402, {})

    @pay.consumer("rx.cleared")
    async def capture(ctx, m):
        ctx.log.info(f"Performing CaptureJob (Job ID: {m.id}) with auth {m.body['auth']}", incoming=True)
        async with ctx.span("psp capture", "CLIENT") as c:
            await c.work(110)
        async with ctx.producer("payment.captured") as p:
            await p.send({"order": m.body["order"], "auth": m.body["auth"]})
            p.log.debug("payment.captured enqueued")
        ctx.log.info(f"Performed CaptureJob (Job ID: {m.id}) in {ctx.elapsed_ms():.2f}ms")

    @pay.consumer("rx.rejected")
    async def void(ctx, m):
        ctx.log.info(f"Performing VoidJob (Job ID: {m.id}) with auth {m.body['auth']}", incoming=True)
        async with ctx.span("psp void", "CLIENT") as c:
            await c.work(60)
            c.log.info(f"[PSP] void {m.body['auth']}")
        ctx.log.info(f"Performed VoidJob (Job ID: {m.id}) in {ctx.elapsed_ms():.2f}ms")

    # ---------------------------------------------------------------- courier
    async def arrived(ctx, m, what):
        o = m.body["order"]
        have = joins.setdefault(o, {})
        have[what] = m.origin
        ctx.log.info(f"{what} noted", incoming=True, order_no=o)
        await ctx.work(2)
        if len(have) < 2 or have.get("label"):
            ctx.log.debug("still waiting", order_no=o, have=list(have))
            return
        have["label"] = ctx
        for k, s in list(have.items()):
            if k not in ("label", what): ctx.link(s)
        ctx.log.info("paid and packed, buying label", order_no=o)
        async with ctx.span("POST /v2/orders dhl", "CLIENT") as c:
            await c.work(130)
            parcel = "JJD0" + str(ctx.rng.randrange(10 ** 11, 10 ** 12))
            c.log.info("carrier answered", parcel=parcel, ms=round(c.elapsed_ms()))
        async with ctx.producer("shipment.handed_over") as p:
            await p.send({"order": o, "parcel": parcel})
            p.log.info("published shipment.handed_over", parcel=parcel)

    @cour.consumer("dispense.packed")
    async def packed(ctx, m): await arrived(ctx, m, "packed")

    @cour.consumer("payment.captured")
    async def paid(ctx, m): await arrived(ctx, m, "paid")

    @cour.http("GET /track/{id}")
    async def track(ctx, b):
        await ctx.work(15)
        ctx.log.info("track", incoming=True, order_no=b["_route"].split("/")[-1], http=200)
        return 200, {}

    # ---------------------------------------------------------------- letterbox
    async def send(ctx, m, template):
        n = nxt("msg")
        ctx.log.info(f"msg {n}: template={template} about {m.body['order']}", incoming=True)
        async with ctx.span("smtp", "CLIENT") as c:
            await c.work(40)
            c.log.debug(f"msg {n}: connect relay.mx.local[10.9.0.2]:25, {ctx.rng.randrange(2, 40)} kB")
        ctx.log.info(f"msg {n}: 250 2.0.0 Ok queued")

    @mail.consumer("shipment.handed_over")
    async def m1(ctx, m): await send(ctx, m, "on_its_way")

    @mail.consumer("rx.rejected")
    async def m2(ctx, m): await send(ctx, m, "rx_problem")

    shop.noise(2.5, lambda log: log.debug("healthz", statusCode=200))
    rx.noise(5, lambda log: log.debug("HikariPool-1 - Pool stats (total=10, active=%d, idle=8, waiting=0)" % w.rng.randrange(3), logger="com.zaxxer.hikari.pool.HikariPool"))
    form.noise(8, lambda log: log.info("article cache refreshed", entries=w.rng.randrange(400, 600)))
    robot.noise(4, lambda log: log.debug("heartbeat arm=1 temp=%d°C" % w.rng.randrange(31, 40), logger="Robot.Plc"))
    desk.startup(lambda log: log.info("Running Desk.Endpoint with Bandit 1.5.7 at 0.0.0.0:4000 (http)"))
    rx.startup(lambda log: log.info("Started RxGatewayApplication in 4.812 seconds (process running for 5.6)", logger="com.apo.rx.RxGatewayApplication"))


async def load(w):
    r = w.rng

    async def one(i):
        pzn = ["%08d" % (1000003 + 77 * r.randrange(60)) for _ in range(r.choice([1, 1, 2, 2, 3]))]
        status, a = await w.start("storefront", "POST /api/orders", {"customer": r.randrange(10000, 99999), "cents": r.randrange(700, 9000), "pzn": pzn, "token": "%064x" % r.getrandbits(256)})
        if status != 202: return
        if r.random() < 0.35:
            await sleep(r.uniform(300, 6000))
            await w.start("storefront", "GET /api/orders/" + a["order"])
        for _ in range(4):
            await sleep(1500 * (1 + r.random()))
            if a["order"] in w.waiting:
                await w.start("pharmacist-desk", f"POST /cases/{a['order']}/sign")
                break
    await arrivals(w, 120, 4, one)

record(build, load, "g_pharm")
