import json
from world import *


# HAProxy: trace captured from a header by the http-log format
def haproxy(r):
    f = r.fields
    if "be" not in f:
        return f"{r.time:%b} {r.time.day:2d} {r.time:%H:%M:%S} lb1 haproxy[{r.pid}]: {r.message}"
    cap = "{%s|%s}" % (r.trace_id or "", r.span_id or "") + (" {%s}" % r.incoming if r.incoming else "")
    return (f"{r.time:%b} {r.time.day:2d} {r.time:%H:%M:%S} lb1 haproxy[{r.pid}]: {f['ip']} [{r.time:%d/%b/%Y:%H:%M:%S}.{r.time.microsecond // 1000:03d}] fe_tls {f['be']} "
            f"{f['timers']} {f['status']} {f['size']} - - ---- {f['conns']} 0/0 {cap} \"{r.message}\"")


# node: bunyan
def bunyan(r):
    d = {"name": "bff", "hostname": "bff-5c9", "pid": r.pid, "level": {"DEBUG": 20, "INFO": 30, "WARN": 40, "ERROR": 50}[r.level]}
    d |= r.fields
    if r.trace_id: d |= {"trace_id": r.trace_id, "span_id": r.span_id, "trace_flags": "01"}
    if r.incoming: d["req_traceparent"] = r.incoming
    return json.dumps(d | {"msg": r.message, "time": isoz(r, 3), "v": 0}, separators=(",", ":"))


# go: zerolog JSON with unix ms
def zerolog(r):
    d = {"level": {"DEBUG": "debug", "INFO": "info", "WARN": "warn", "ERROR": "error"}[r.level]} | r.fields
    if r.trace_id: d |= {"trace": r.trace_id, "span": r.span_id}
    if r.incoming_parent: d["parent"] = r.incoming_parent
    return json.dumps(d | {"time": r.ns // 1_000_000, "message": r.message}, separators=(",", ":"))


# kotlin: Spring Boot 3
def boot(r):
    c = f"[{r.trace_id}-{r.span_id}] " if r.trace_id else "[                                                 ] "
    p = f" | traceparent={r.incoming}" if r.incoming else ""
    return f"{isoz(r, 3)} {r.level:>5} {r.pid} --- [orders] [nio-8080-exec-{r.thread}] {c}{r.logger:<40} : {r.message}{p}"


# .NET: NLog layout
def nlog(r):
    return f"{r.time:%Y-%m-%d %H:%M:%S}.{r.ns % NS // 100000:04d}|{r.level}|{r.logger}|{r.message}|{r.trace_id or ''}|{r.span_id or ''}|" + (r.incoming_parent or "")


# java: ECS
def ecs(r):
    d = {"@timestamp": isoz(r, 3), "log.level": r.level, "message": r.message, "ecs.version": "1.2.0", "service.name": "payments", "process.thread.name": f"virtual-{r.thread}", "log.logger": r.logger}
    if r.trace_id: d |= {"trace.id": r.trace_id, "span.id": r.span_id}
    if r.incoming: d["http.request.headers.traceparent"] = r.incoming
    return json.dumps(d | r.fields, separators=(",", ":"))


# python: gunicorn/flask with OTel's logging format
def otel_py(r):
    c = f"[trace_id={r.trace_id} span_id={r.span_id} resource.service.name=psp-hook trace_sampled=True]" if r.trace_id else "[trace_id=0 span_id=0 resource.service.name=psp-hook trace_sampled=False]"
    return f"{r.time:%Y-%m-%d %H:%M:%S},{r.time.microsecond // 1000:03d} {'WARNING' if r.level == 'WARN' else r.level} [{r.logger}] [{r.logger.split('.')[-1]}.py:{40 + len(r.message) % 50}] {c} - {r.message}" + (f" traceparent={r.incoming}" if r.incoming else "")


# go: zap development console
def zap(r):
    f = dict(r.fields)
    if r.trace_id: f |= {"traceID": r.trace_id, "spanID": r.span_id}
    if r.incoming: f["traceparent"] = r.incoming
    return f"{r.time:%Y-%m-%dT%H:%M:%S}.{r.time.microsecond // 1000:03d}+0000\t{r.level}\t{r.logger}\t{r.message}" + ("\t" + json.dumps(f) if f else "")


# perl: Mojo::Log with whole seconds
def mojo(r):
    c = f"[{r.trace_id}/{r.span_id}] " if r.trace_id else ""
    return f"[{r.time:%a %b} {r.time.day:2d} {r.time:%H:%M:%S %Y}] [{r.level.lower()}] {c}{r.message}" + (f" <{r.incoming}>" if r.incoming else "")


# go: logrus text
def logrus(r):
    f = "".join(f" {k}={json.dumps(v) if isinstance(v, str) and not v.replace('.', '').replace('-', '').isalnum() else v}" for k, v in r.fields.items())
    t = f" span_id={r.span_id} trace_id={r.trace_id}" if r.trace_id else ""
    return f'time="{isoz(r, 6)}" level={"warning" if r.level == "WARN" else r.level.lower()} msg={json.dumps(r.message)}{f}{t}'


def build(w):
    R = w.rng
    w.network_ms, w.broker_ms = 0.9, 3
    k = [1700]
    def offset():
        k[0] += 1
        return f"{k[0] % 12}@{k[0] * 3}"
    w.new_message_id = offset

    lb = w.service("lb", haproxy)
    bff = w.service("bff", bunyan, errors=lambda c, e: c.log.error("request failed", err={"message": str(e)}))
    seats = w.service("seats", zerolog, errors=lambda c, e: c.log.error("consumer gave up", error=str(e)))
    orders = w.service("orders", boot, errors=lambda c, e: c.log.error(f"Backoff exhausted for record: {e}\njava.lang.IllegalStateException: {e}\n\tat live.tix.orders.OrderEvents.handle(OrderEvents.kt:57)\n\tat org.springframework.kafka.listener.KafkaMessageListenerContainer.invoke(KafkaMessageListenerContainer.java:2790)", logger="o.s.k.l.DefaultErrorHandler"))
    pricing = w.service("pricing", nlog)
    pay = w.service("payments", ecs, errors=lambda c, e: c.log.error("payment step failed", logger="live.tix.pay.Steps", **{"error.message": str(e)}))
    hook = w.service("psp-hook", otel_py)
    issuer = w.service("issuer", zap, errors=lambda c, e: c.log.error("issue failed", logger="issuer/consume.go:71", error=str(e)))
    mailer = w.service("mailer", mojo, errors=lambda c, e: c.log.error(f"died: {e} at lib/Mailer/Task.pm line 88."))
    relay = w.service("relay", logrus)

    holds, orders_, sold, outbox, no = {}, {}, {}, [], [88100]
    w.holds, w.orders = holds, orders_

    # ------------------------------------------------------------- load balancer: everything goes through it
    @lb.http("ANY *")
    async def proxy(ctx, body):
        route = body.pop("_route")
        back = "psp-hook" if route.startswith("POST /psp") else "bff"
        st, a = await ctx.call(back, route, {x: y for x, y in body.items() if x != "_headers"}, client_span=False)
        ms = int(ctx.elapsed_ms())
        ctx.log.info(f"{route} HTTP/2.0", incoming=True, be=f"be_{back}/{back}{R.randrange(1, 4)}", status=st, size=R.randrange(150, 4000), ip=f"203.0.113.{R.randrange(1, 255)}:{R.randrange(30000, 60000)}",
                     timers=f"0/0/1/{max(ms - 1, 0)}/{ms}", conns=f"{R.randrange(10, 40)}/{R.randrange(5, 10)}/3/1/0")
        return st, a

    # ------------------------------------------------------------- bff
    @bff.http("GET /api/events/{ev}/map")
    async def seat_map(ctx, body):
        ev = body["_route"].split("/")[3]
        async with ctx.span("cache get", "CLIENT") as c:
            await c.work(0.5)
            hit = R.random() < 0.5
            c.log.debug("memcached", key=f"map:{ev}", hit=hit)
        if not hit:
            async with ctx.client("seats", f"GET /v1/inventory/{ev}") as c:
                st, a = await c.send()
                c.log.debug("seats responded", statusCode=st, ms=round(c.elapsed_ms(), 2))
        return 200, {}

    @bff.http("POST /api/holds")
    async def hold(ctx, body):
        ctx.log.info("hold seats", incoming=True, event=body["event"], seats=body["seats"])
        async def a():
            async with ctx.client("seats", "POST /v1/holds") as c:
                return await c.send({"event": body["event"], "seats": body["seats"]})
        async def b():
            async with ctx.client("pricing", "POST /quote") as c:
                st, q = await c.send({"event": body["event"], "seats": body["seats"]})
                c.log.debug("quote", total=q.get("total"))
                return st, q
        (st, h), (_, q) = await asyncio.gather(a(), b())
        if st != 201:
            ctx.log.warn("seats gone", event=body["event"])
            return 409, {}
        holds[h["hold"]]["total"] = q["total"]
        ctx.log.info("hold ok", holdId=h["hold"], total=q["total"], ms=round(ctx.elapsed_ms()))
        return 201, h

    @bff.http("POST /api/checkout")
    async def checkout(ctx, body):
        ctx.log.info("checkout", incoming=True, holdId=body["hold"])
        async with ctx.client("orders", "POST /orders") as c:
            st, a = await c.send({"hold": body["hold"], "method": body["method"]})
            c.log.info("orders <- %d" % st, orderNo=a.get("order"))
        return st, a

    @bff.http("GET /api/orders/{o}")
    async def status(ctx, body):
        o = body["_route"].split("/")[-1]
        async with ctx.client("orders", "GET /orders/" + o) as c: st, a = await c.send()
        ctx.log.info("status asked", incoming=True, orderNo=o, status=a.get("state"))
        return st, a

    @bff.http("POST /api/orders/{o}/refund")
    async def refund(ctx, body):
        o = body["_route"].split("/")[3]
        st, a = await ctx.call("orders", "POST /refunds", {"order": o})
        ctx.log.info("refund -> %d" % st, incoming=True, orderNo=o)
        return st, a

    @bff.consumer("hold.expired")
    async def ws(ctx, m):
        await ctx.work(0.6)
        ctx.log.debug("ws push hold.expired", incoming=True, holdId=m.body["hold"])

    # ------------------------------------------------------------- seats (redis)
    @seats.http("GET /v1/inventory/{ev}")
    async def inventory(ctx, body):
        async with ctx.span("HGETALL seats", "CLIENT") as c:
            await c.work(2)
        ctx.log.info("inventory", incoming=True, event=body["_route"].split("/")[-1], free=R.randrange(10, 900), dur_us=int(ctx.elapsed_ms() * 1000))
        return 200, {}

    @seats.http("POST /v1/holds")
    async def take(ctx, body):
        hid = "H%s" % "".join(R.choice("0123456789ABCDEFGHJKMNPQRSTVWXYZ") for _ in range(9))
        got = []
        for s in body["seats"]:
            async with ctx.span("SET NX", "CLIENT") as c:
                await c.work(0.7)
                key = (body["event"], s)
                ok = key not in sold
                c.log.debug("SET NX EX 600", key=f"seat:{body['event']}:{s}", ok=ok)
            if not ok: break
            sold[key] = hid
            got.append(s)
        if len(got) < len(body["seats"]):
            for s in got: sold.pop((body["event"], s), None)
            async with ctx.span("DEL", "CLIENT") as c: await c.work(0.5)
            ctx.log.warn("conflict, rolled back", incoming=True, event=body["event"], rolled_back=len(got))
            return 409, {}
        holds[hid] = {"hold": hid, "event": body["event"], "seats": got, "state": "held", "until": ctx.world.ns() + 9 * NS, "ctx": ctx}
        ctx.log.info("held", incoming=True, hold=hid, n=len(got))
        return 201, {"hold": hid}

    @seats.http("POST /v1/holds/{h}/lock")
    async def lock(ctx, body):
        h = holds[body["_route"].split("/")[3]]
        async with ctx.span("EVAL lock.lua", "CLIENT") as c:
            await c.work(1)
            if R.random() < 0.6: c.log.debug("EVALSHA lock.lua", hold=h["hold"], state=h["state"])
        if h["state"] != "held":
            ctx.log.info("lock refused", incoming=True, hold=h["hold"], state=h["state"])
            return 410, {}
        h["state"] = "locked"
        ctx.log.debug("locked for checkout", incoming=True, hold=h["hold"], seats=len(h["seats"]))
        return 200, {"seats": h["seats"], "event": h["event"]}

    @seats.consumer("order.confirmed", retries=2)
    async def mark_sold(ctx, m):
        ctx.log.info("event", incoming=True, topic=m.topic, offset=m.id, hold=m.body["hold"])
        async with ctx.span("HSET sold", "CLIENT") as c: await c.work(1)
        holds[m.body["hold"]]["state"] = "sold"

    @seats.consumer("order.voided", retries=2)
    async def free(ctx, m):
        h = holds[m.body["hold"]]
        for s in h["seats"]: sold.pop((h["event"], s), None)
        async with ctx.span("DEL", "CLIENT") as c:
            await c.work(0.8)
            c.log.debug("DEL", keys=len(h["seats"]))
        h["state"] = "free"
        ctx.log.info("seats back on sale", incoming=True, hold=h["hold"], reason=m.body["why"])

    @seats.every(2.5)
    async def sweep_holds(ctx):
        old = [h for h in holds.values() if h["state"] == "held" and h["until"] < w.ns()][:5]
        await ctx.work(1)
        for h in old:
            h["state"] = "expired"
            ctx.link(h["ctx"])
            for s in h["seats"]: sold.pop((h["event"], s), None)
            async with ctx.producer("hold.expired") as p:
                await p.send({"hold": h["hold"]})
                p.log.info("expired", hold=h["hold"])
        if old or R.random() < 0.2: ctx.log.debug("sweep", expired=len(old), ms=round(ctx.elapsed_ms(), 1))

    # ------------------------------------------------------------- pricing
    @pricing.http("POST /quote")
    async def quote(ctx, body):
        async with ctx.span("load tariff") as s:
            await s.work(3)
            if R.random() < 0.4: s.log.debug(f"Tariff for {body['event']} from cache", logger="Pricing.TariffStore")
        total = len(body["seats"]) * R.choice([4500, 6900, 12000]) + 250
        ctx.log.info(f"Quoted {total / 100:.2f} EUR for {len(body['seats'])} seat(s) of {body['event']}", incoming=True, logger="Pricing.QuoteService")
        return 200, {"total": total}

    @pricing.http("POST /quote/final")
    async def final(ctx, body):
        await ctx.work(2)
        ctx.log.info(f"POST /quote/final hold={body['hold']} 200 {ctx.elapsed_ms():.1f}ms", incoming=True, logger="Pricing.RequestLog")
        return 200, {"total": holds[body["hold"]].get("total", 5000)}

    # ------------------------------------------------------------- orders
    async def outboxed(ctx, topic, body):
        async with ctx.span("INSERT outbox", "CLIENT") as c:
            await c.work(3)
            c.log.debug("insert into outbox (topic,payload,traceparent) values (?,?,?)", logger="org.hibernate.SQL")
        done = asyncio.Event()
        outbox.append((ctx, topic, body, done))
        ctx.spawn(done.wait())

    @orders.http("POST /orders")
    async def order(ctx, body):
        ctx.log.info(f"Placing order for hold {body['hold']} ({body['method']})", incoming=True, logger="live.tix.orders.OrderController")
        st, a = await ctx.call("seats", f"POST /v1/holds/{body['hold']}/lock")
        if st != 200:
            ctx.log.warn(f"Hold {body['hold']} is no longer valid", logger="live.tix.orders.OrderService")
            return 410, {}
        no[0] += R.randrange(1, 5)
        o = f"{no[0]}"
        async with ctx.client("pricing", "POST /quote/final") as c: _, q = await c.send({"hold": body["hold"]})
        async with ctx.span("INSERT orders", "CLIENT") as c:
            await c.work(4)
            c.log.debug("insert into orders (hold_id,total,state,id) values (?,?,?,?)", logger="org.hibernate.SQL")
        orders_[o] = {"order": o, "hold": body["hold"], "state": "PENDING", "total": q["total"]}
        async with ctx.client("payments", "POST /authorizations") as c:
            c.log.info(f"Order {o}: authorizing {q['total']} cents", logger="live.tix.orders.PaymentClient")
            st, p = await c.send({"order": o, "cents": q["total"], "method": body["method"]})
        ctx.log.info(f"Order {o} {'PENDING' if st == 202 else 'FAILED'} after {ctx.elapsed_ms():.0f} ms", logger="live.tix.orders.OrderService")
        if st != 202:
            orders_[o]["state"] = "VOID"
            await outboxed(ctx, "order.voided", {"order": o, "hold": body["hold"], "why": "declined"})
            return 402, {"order": o}
        return 202, {"order": o}

    @orders.http("GET /orders/{o}")
    async def get_order(ctx, body):
        o = body["_route"].split("/")[-1]
        async with ctx.span("SELECT orders", "CLIENT") as c:
            await c.work(2)
            c.log.debug("select o1_0.id,o1_0.state from orders o1_0 where o1_0.id=?", logger="org.hibernate.SQL")
        return 200, orders_[o]

    @orders.consumer("payment.result", retries=2, retry_ms=100)
    async def settled(ctx, m):
        o = orders_[m.body["ref"]]
        ctx.log.info(f"Payment result {m.body['result']} for order {o['order']} [partition-offset {m.id}]", incoming=True, logger="live.tix.orders.OrderEvents")
        async with ctx.span("UPDATE orders", "CLIENT") as c:
            await c.work(4)
            if R.random() < 0.03 and m.attempt < 2:
                c.log.warn("could not execute statement [deadlock detected]", logger="o.h.e.j.s.SqlExceptionHelper")
                raise Exception("deadlock")
            c.log.debug("update orders set state=?,version=? where id=? and version=?", logger="org.hibernate.SQL")
        if m.body["result"] == "CAPTURED":
            o["state"] = "CONFIRMED"
            await outboxed(ctx, "order.confirmed", {"order": o["order"], "hold": o["hold"]})
        else:
            o["state"] = "VOID"
            await outboxed(ctx, "order.voided", {"order": o["order"], "hold": o["hold"], "why": m.body["result"].lower()})

    @orders.http("POST /refunds")
    async def do_refund(ctx, body):
        o = orders_[body["order"]]
        if o["state"] != "CONFIRMED":
            ctx.log.info(f"Refund of {o['order']} rejected in state {o['state']}", incoming=True, logger="live.tix.orders.RefundService")
            return 409, {}
        o["state"] = "REFUNDED"
        async with ctx.client("payments", "POST /refunds") as c:
            st, _ = await c.send({"order": o["order"], "cents": o["total"]})
            c.log.debug(f"payments answered {st}", logger="live.tix.orders.PaymentClient")
        await outboxed(ctx, "order.voided", {"order": o["order"], "hold": o["hold"], "why": "refund"})
        ctx.log.info(f"Order {o['order']} REFUNDED", incoming=True, logger="live.tix.orders.RefundService")
        return 200, {}

    # ------------------------------------------------------------- relay of the outbox: no spans of its own when there is nothing
    async def poll():
        while True:
            await sleep(220)
            rows, outbox[:] = outbox[:20], outbox[20:]
            if rows: relay.log.debug("batch", rows=len(rows))
            for kept, topic, body, done in rows:
                async with Ctx(relay, kept._span).span("relay " + topic) as c:
                    async with c.producer(topic) as p:
                        off = await p.send(body)
                        p.log.info("forwarded", topic=topic, key=body["order"], at=off)
                done.set()
    w.background.append(poll)

    # ------------------------------------------------------------- payments and the partner who calls back
    @pay.http("POST /authorizations")
    async def authorize(ctx, body):
        pid = "pi_" + "".join(R.choice("abcdefghijkmnpqrstuvwxyz23456789") for _ in range(14))
        await ctx.work(3)
        async with ctx.span("POST api.psp.example/v1/intents", "CLIENT") as c:
            await c.work(140, 0.5)
            code = R.choices([202, 402, 504], [92, 5, 3])[0]
            c.log.info("psp call", logger="live.tix.pay.PspClient", **{"http.response.status_code": code, "event.duration": int(c.elapsed_ms() * 1e6), "psp.intent": pid})
            if code == 504:
                c.fail()
        if code == 504:
            ctx.log.warn("psp timed out, one more try", logger="live.tix.pay.Steps", **{"order.no": body["order"]})
            async with ctx.span("POST api.psp.example/v1/intents", "CLIENT") as c: await c.work(160)
            code = 202
        if code == 202:
            ctx.spawn(partner(ctx, pid, body))
            ctx.log.info("intent open", incoming=True, logger="live.tix.pay.Steps", **{"order.no": body["order"], "psp.intent": pid})
            return 202, {}
        ctx.log.info("declined at once", incoming=True, logger="live.tix.pay.Steps", **{"order.no": body["order"]})
        return 402, {}

    async def partner(ctx, pid, body):
        await ctx.work(1300, 0.6)
        event = "payment_intent.succeeded" if R.random() < 0.92 else "payment_intent.failed"
        await ctx.call("lb", "POST /psp/events", {"event": event, "pid": pid, "order": body["order"]}, client_span=False)

    @hook.http("POST /psp/events")
    async def webhook(ctx, body):
        async with ctx.span("verify signature") as s:
            await s.work(0.6)
            s.log.debug("signature ok (t=%d)" % (w.ns() // NS), logger="hook.verify")
        ctx.log.info(f"{body['event']} {body['pid']}", incoming=True, logger="hook.views")
        async with ctx.client("payments", "PUT /intents/" + body["pid"]) as c: st, _ = await c.send({"event": body["event"], "order": body["order"]})
        return 200, {}

    @pay.http("PUT /intents/{pid}")
    async def intent(ctx, body):
        res = "CAPTURED" if body["event"].endswith("succeeded") else "FAILED"
        async with ctx.span("UPDATE intents", "CLIENT") as c:
            await c.work(5)
            c.log.debug("UPDATE intents SET status = ? WHERE psp_id = ?", logger="jdbc.sqltiming", **{"event.duration": int(c.elapsed_ms() * 1e6)})
        async with ctx.producer("payment.result") as p:
            off = await p.send({"ref": body["order"], "result": res})
            p.log.info("sent payment.result", logger="live.tix.pay.Events", **{"order.no": body["order"], "kafka.offset": off})
        if R.random() < 0.7: ctx.log.info("intent updated", incoming=True, logger="live.tix.pay.IntentResource", **{"psp.intent": body["_route"].split("/")[-1], "status": res})
        return 200, {}

    @pay.http("POST /refunds")
    async def payback(ctx, body):
        async with ctx.span("POST api.psp.example/v1/refunds", "CLIENT") as c: await c.work(170)
        ctx.log.info("refunded", incoming=True, logger="live.tix.pay.Steps", **{"order.no": body["order"], "amount": body["cents"], "event.duration": int(ctx.elapsed_ms() * 1e6)})
        return 200, {}

    # ------------------------------------------------------------- tickets and mail
    @issuer.consumer("order.confirmed", retries=2, retry_ms=250)
    async def issue(ctx, m):
        b, h = m.body, holds[m.body["hold"]]
        ctx.log.info("issuing", incoming=True, logger="issuer/consume.go:38", order=b["order"], n=len(h["seats"]), try_=m.attempt)
        async def one(s):
            async with ctx.span("render ticket") as c:
                await c.work(55)
                code = "%013d" % R.randrange(10**13)
                if R.random() < 0.75: c.log.debug("barcode", logger="issuer/render.go:20", seat=s, code=code)
        await asyncio.gather(*[one(s) for s in h["seats"]])
        async with ctx.span("PUT pdf", "CLIENT") as c:
            await c.work(30)
            if R.random() < 0.04 and m.attempt < 3:
                c.log.warn("SlowDown from object store", logger="issuer/store.go:64", order=b["order"])
                raise Exception("slow down")
            c.log.debug("stored", logger="issuer/store.go:58", key=f"tickets/{b['order']}.pdf", ms=round(c.elapsed_ms()))
        async with ctx.producer("tickets.issued") as p:
            p.log.info("emit tickets.issued", logger="issuer/produce.go:29", order=b["order"], took=f"{ctx.elapsed_ms():.1f}ms")
            await p.send({"order": b["order"]})

    @issuer.consumer("order.voided")
    async def void(ctx, m):
        await ctx.work(4)
        if m.body["why"] == "refund": ctx.log.info("barcodes voided", incoming=True, logger="issuer/void.go:17", order=m.body["order"])
        else: ctx.log.debug("nothing to void", incoming=True, logger="issuer/void.go:22", order=m.body["order"])

    @mailer.consumer("tickets.issued", retries=1, retry_ms=600)
    async def mail(ctx, m):
        ctx.log.info(f"tickets for #{m.body['order']}: composing", incoming=True)
        async with ctx.span("GET pdf", "CLIENT") as c: await c.work(18)
        async with ctx.span("SMTP", "CLIENT") as c:
            await c.work(120, 0.6)
            c.log.debug(f"250 2.0.0 Ok: queued as {R.getrandbits(40):010X}")
        ctx.log.info(f"tickets for #{m.body['order']} went out")

    @mailer.consumer("order.voided")
    async def sorry(ctx, m):
        await ctx.work(90)
        ctx.log.info(f"sorry mail #{m.body['order']} ({m.body['why']})", incoming=True)

    lb.noise(4, lambda log: log.info(f"Health check for server be_bff/bff{R.randrange(1, 4)} succeeded, reason: Layer7 check passed, code: 200, check duration: {R.randrange(1, 5)}ms"))
    orders.noise(6, lambda log: log.debug("HikariPool-1 - Pool stats (total=20, active=3, idle=17, waiting=0)", logger="com.zaxxer.hikari.pool.HikariPool", thread=1))
    pay.noise(9, lambda log: log.info("refreshed PSP certificates", logger="live.tix.pay.Certs"))
    pricing.noise(7, lambda log: log.debug("Tariff cache: 61 entries, 0 evicted", logger="Pricing.TariffStore"))
    relay.noise(8, lambda log: log.info("lag", rows=0))
    bff.noise(8, lambda log: log.debug("event loop delay", p99=round(R.uniform(2, 15), 1)))


async def load(w):
    R, mine = w.rng, []

    async def one(i):
        if R.random() < 0.2:
            await w.start("lb", f"GET /api/events/EV{R.randrange(20, 24)}/map")
            return
        row = R.choice("ABCDEFGHJK")
        first = R.randrange(1, 40)
        st, a = await w.start("lb", "POST /api/holds", {"event": f"EV{R.randrange(20, 24)}", "seats": [f"{row}{first + j}" for j in range(R.randrange(1, 5))]})
        if st != 201 or R.random() < 0.2: return
        await sleep(R.expovariate(1 / 3000))
        st, b = await w.start("lb", "POST /api/checkout", {"hold": a["hold"], "method": R.choice(["card", "paypal", "sepa"])})
        if st != 202: return
        for _ in range(R.choice([0, 0, 1, 1, 2])):
            await sleep(R.expovariate(1 / 1800))
            await w.start("lb", "GET /api/orders/" + b["order"])
        if R.random() < 0.15:
            await sleep(2500)
            await w.start("lb", f"POST /api/orders/{b['order']}/refund")
    await arrivals(w, 80, 2.2, one)

record(build, load, "d_ticket")
