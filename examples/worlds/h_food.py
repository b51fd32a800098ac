"""Restaurant delivery: Envoy in front, orders by HTTP, then choreography over Kafka; tablets, couriers, capture, settlement."""
import json, datetime
from world import *


def envoy(r):
    if "code" not in r.fields:
        return f"[{isoz(r)[:-1].replace('T', ' ')}][{r.pid % 60}][{r.level.lower()}][{r.logger}] {r.message}"
    f = r.fields
    t = r.time - datetime.timedelta(milliseconds=f["ms"])
    tr = f"{r.trace_id}/{r.span_id}" if r.trace_id else "-"
    return (f'[{t:%Y-%m-%dT%H:%M:%S}.{t.microsecond // 1000:03d}Z] "{f["verb"]} {f["path"]} HTTP/2" {f["code"]} {f["flags"]} {f["inb"]} {f["outb"]} {round(f["ms"])} {max(0, round(f["up"]))} '
            f'"{f["ip"]}" "{f["ua"]}" "{f["rid"]}" "api.tasty.example" "{f["host"]}" {tr}')


def boot3(r):
    corr = f"[{r.trace_id}-{r.span_id}] " if r.trace_id else ""
    p = f" [traceparent={r.incoming}]" if r.incoming else ""
    return f"{isoz(r)} {r.level:>5} {r.pid} --- [order-api] [     virtual-{r.thread + 30}] {corr}{r.logger:<40} : {r.message}{p}"


def zapjson(r):
    d = {"level": r.level.lower(), "ts": round(r.ns / 1e9, 6), "caller": r.logger, "msg": r.message} | r.fields
    if r.trace_id: d |= {"trace_id": r.trace_id, "span_id": r.span_id}
    if r.incoming_parent: d["parent_span_id"] = r.incoming_parent
    return json.dumps(d, separators=(",", ":"))


def elixir(r):
    ids = f"otel_span_id={r.span_id} otel_trace_id={r.trace_id} " if r.trace_id else ""
    if r.incoming: ids += f"traceparent={r.incoming} "
    return f"{r.time:%Y-%m-%d %H:%M:%S}.{r.time.microsecond // 1000:03d} {ids}[{ {'WARN': 'warning'}.get(r.level, r.level.lower()) }] {r.message}"


def tracing(r):
    sp = f"{r.logger.split('::')[-1]}{{trace_id={r.trace_id} span_id={r.span_id}" + (f" parent={r.incoming_parent}" if r.incoming_parent else "") + "}: " if r.trace_id else f"{r.logger.split('::')[-1]}: "
    kv = "".join(f" {k}={json.dumps(v) if isinstance(v, str) and ' ' in v else v}" for k, v in r.fields.items())
    return f"{isoz(r, 6)} {r.level:>5} {sp}{r.logger}: {r.message}{kv}"


def pino(r):
    d = {"level": {"DEBUG": 20, "INFO": 30, "WARN": 40, "ERROR": 50}[r.level], "time": r.ns // 1_000_000, "pid": r.pid, "hostname": "courier-api-6c9f7d-x2x"}
    if r.trace_id: d |= {"trace_id": r.trace_id, "span_id": r.span_id, "trace_flags": "01"}
    if r.incoming: d["traceparent"] = r.incoming
    return json.dumps(d | r.fields | {"msg": r.message}, separators=(",", ":"))


def otelpy(r):
    p = f" parent={r.incoming_parent}" if r.incoming_parent else ""
    return f"{r.time:%Y-%m-%d %H:%M:%S} {r.level.replace('WARN', 'WARNING')} [{r.logger}] [trace_id={r.trace_id or 0} span_id={r.span_id or 0} resource.service.name=eta] - {r.message}{p}"


def structc(r):
    kv = dict(r.fields)
    if r.trace_id: kv |= {"trace_id": r.trace_id, "span_id": r.span_id}
    if r.incoming: kv["traceparent"] = r.incoming
    return f"{isoz(r, 6)} [{r.level.lower().replace('warn', 'warning'):9}] {r.message:30} " + " ".join(f"{k}={v}" for k, v in kv.items())


def log4j2(r):
    mdc = f" {{spanId={r.span_id}, traceId={r.trace_id}}}" if r.trace_id else " {}"
    p = f" parentId={r.incoming_parent}" if r.incoming_parent else ""
    return f"{r.time:%Y-%m-%d %H:%M:%S},{r.time.microsecond // 1000:03d} [KafkaListener-{r.thread % 3}] {r.level:5} {r.logger} - {r.message}{mdc}{p}"


def build(w):
    w.broker_ms = 7
    off = [881200]
    def offset():
        off[0] += w.ids.randrange(1, 4)
        return f"{off[0] % 6}@{off[0]}"
    w.new_message_id = offset
    edge = w.service("edge-proxy", envoy)
    orders = w.service("order-api", boot3, errors=lambda ctx, e: ctx.log.error(f"Listener failed, record skipped; nested exception is java.lang.IllegalStateException: {e}\n\tat com.tasty.orders.kafka.OrderEventsListener.on(OrderEventsListener.java:88)\n\tat org.springframework.kafka.listener.KafkaMessageListenerContainer.run(KafkaMessageListenerContainer.java:1311)", logger="c.t.orders.kafka.ErrorHandler"))
    pay = w.service("payments", zapjson, errors=lambda ctx, e: ctx.log.error("handler failed", logger="kafka/consumer.go:97", error=str(e)))
    rest = w.service("restaurant_gw", elixir, errors=lambda ctx, e: ctx.log.error(f"** (RuntimeError) {e}, message acked and dropped"))
    disp = w.service("dispatch", tracing, errors=lambda ctx, e: ctx.log.error("consumer error", logger="dispatch::consumer", error=str(e)))
    cour = w.service("courier-api", pino, errors=lambda ctx, e: ctx.log.error("unhandled", err={"type": "Error", "message": str(e)}))
    eta = w.service("eta", otelpy)
    noti = w.service("notify", structc, errors=lambda ctx, e: ctx.log.error("consumer_crashed", exc=repr(str(e))))
    led = w.service("ledger", log4j2, errors=lambda ctx, e: ctx.log.error(f"Posting failed: {e}", logger="com.tasty.ledger.ErrorSink"))
    state, auths, pending, eno = {}, {}, [], [500]
    OC, OL, OS = "c.t.orders.web.OrderController", "c.t.orders.kafka.OrderEventsListener", "c.t.orders.OrderService"

    @edge.http("ANY *")
    async def forward(ctx, body):
        route, t0 = body["_route"], ctx.elapsed_ms()
        rid = body.get("rid")
        status, a = await ctx.call("order-api", route, {k: v for k, v in body.items() if k[0] != "_"}, client_span=False)
        up = ctx.elapsed_ms() - t0
        await ctx.work(0.4)
        verb, path = route.split(" ")
        ctx.log.info("", verb=verb, path=path, code=status, flags="-" if status < 500 else "UH", inb=ctx.rng.randrange(0, 900) if verb == "POST" else 0, outb=ctx.rng.randrange(80, 900), ms=ctx.elapsed_ms(), up=up,
                     ip=f"10.4.{ctx.rng.randrange(9)}.{ctx.rng.randrange(2, 250)}", ua=ctx.rng.choice(["Tasty/8.2 (iOS)", "okhttp/4.12.0", "Tasty-Web"]), rid=rid, host=f"10.0.7.{ctx.rng.randrange(11, 14)}:8080", incoming=True)
        return status, a

    # ---- orders
    @orders.http("POST /v1/orders")
    async def place(ctx, body):
        oid = "FD-" + "".join(ctx.rng.choice("ABCDEFGHJKMNPQRSTUVWXYZ23456789") for _ in range(7))
        ctx.log.info(f"POST /v1/orders restaurant={body['restaurant']} items={body['items']} x-request-id={body['rid']}", logger=OC, incoming=True)
        async with ctx.span("INSERT orders", "CLIENT") as c:
            await c.work(4)
            c.log.debug(f"insert into orders (id, restaurant_id, status) values ('{oid}', {body['restaurant']}, 'NEW')", logger="org.hibernate.SQL")

        async def quote():
            async with ctx.client("eta", "POST /estimate") as c:
                s, a = await c.send({"order": oid, "restaurant": body["restaurant"]})
                c.log.debug(f"<- eta {s} {a['minutes']} min for {oid}", logger="c.t.orders.client.EtaClient")
                return a["minutes"]

        async def authorize():
            ctx.log.info(f"Authorizing {body['amount']} EUR for order {oid}", logger=OS)
            async with ctx.client("payments", "POST /authorizations") as c:
                s, a = await c.send({"ref": oid, "cents": round(body["amount"] * 100)})
                c.log.info(f"Payment answer for {oid}: HTTP {s} {a.get('id', a.get('reason'))}", logger="c.t.orders.client.PaymentClient")
                return s, a
        minutes, (s, a) = await asyncio.gather(quote(), authorize())
        if s == 402:
            state[oid] = "DECLINED"
            ctx.log.warning(f"Order {oid} refused, payment declined ({a['reason']})", logger=OC)
            return 402, {"order": oid}
        state[oid] = "PLACED"
        async with ctx.producer("order.placed") as p:
            mid = await p.send({"orderId": oid, "restaurant": body["restaurant"], "items": body["items"], "auth": a["id"]})
            p.log.info(f"Sent OrderPlaced key={oid} to order.placed-{mid}", logger="c.t.orders.kafka.Publisher")
        ctx.log.info(f"Order {oid} placed, promised in {minutes} min ({ctx.elapsed_ms():.0f} ms)", logger=OC)
        return 201, {"order": oid}

    @orders.http("GET /v1/orders/{id}")
    async def status(ctx, body):
        oid = body["_route"].rsplit("/", 1)[1]
        async with ctx.span("GET order:" + oid, "CLIENT") as c:
            await c.work(0.7)
            hit = ctx.rng.random() < .6
            c.log.debug(f"cache {'hit' if hit else 'miss'} order:{oid}", logger="c.t.orders.cache.OrderCache")
        if not hit:
            async with ctx.span("SELECT orders", "CLIENT") as c:
                await c.work(3)
        ctx.log.info(f"GET /v1/orders/{oid} -> 200 {state.get(oid)} in {ctx.elapsed_ms():.1f} ms", logger=OC, incoming=True)
        return 200, {"status": state.get(oid)}

    @orders.http("POST /v1/orders/{id}/cancel")
    async def cancel(ctx, body):
        oid = body["_route"].split("/")[-2]
        ctx.log.info(f"Cancel requested by customer, order {oid} is {state.get(oid)}", logger=OC, incoming=True)
        await ctx.work(2)
        if state.get(oid) not in ("PLACED", "ACCEPTED"):
            ctx.log.warning(f"Cancel of {oid} refused: too late", logger=OC)
            return 409, {}
        state[oid] = "CANCELLED"
        async with ctx.producer("order.cancelled") as p:
            mid = await p.send({"orderId": oid, "why": "customer"})
            p.log.info(f"Sent OrderCancelled key={oid} to order.cancelled-{mid}", logger="c.t.orders.kafka.Publisher")
        ctx.log.info(f"Order {oid} cancelled", logger=OC)
        return 202, {}

    async def moved(ctx, m, new):
        oid = m.body["orderId"]
        ctx.log.info(f"Received {m.topic}-{m.id} for order {oid}", logger=OL, incoming=True)
        if state.get(oid) in ("CANCELLED", "DELIVERED"):
            ctx.log.info(f"Ignoring {m.topic}, order {oid} is {state[oid]}", logger=OL)
            return False
        async with ctx.span("UPDATE orders", "CLIENT") as c:
            await c.work(3)
            if c.elapsed_ms() > 4.5: c.log.debug(f"update orders set status='{new}' where id='{oid}'", logger="org.hibernate.SQL")
        old, state[oid] = state.get(oid), new
        ctx.log.info(f"Order {oid}: {old} -> {new}", logger=OS)
        return True

    @orders.consumer("ticket.accepted")
    async def o_accepted(ctx, m): await moved(ctx, m, "ACCEPTED")

    @orders.consumer("courier.assigned")
    async def o_assigned(ctx, m): await moved(ctx, m, "COURIER_ASSIGNED")

    @orders.consumer("delivery.picked_up")
    async def o_picked(ctx, m): await moved(ctx, m, "ON_THE_WAY")

    @orders.consumer("ticket.rejected")
    async def o_rejected(ctx, m):
        if await moved(ctx, m, "REJECTED"):
            async with ctx.client("payments", "POST /authorizations/{id}/void") as c:
                s, _ = await c.send({"ref": m.body["orderId"]})
                c.log.info(f"Voided payment of {m.body['orderId']}: HTTP {s}", logger="c.t.orders.client.PaymentClient")

    @orders.consumer("delivery.completed", retries=2, retry_ms=500)
    async def o_done(ctx, m):
        oid = m.body["orderId"]
        ctx.log.info(f"Received {m.topic}-{m.id} for order {oid}" + (f" (attempt {m.attempt})" if m.attempt > 1 else ""), logger=OL, incoming=True)
        async with ctx.client("payments", "POST /captures") as c:
            s, a = await c.send({"ref": oid})
            c.log.info(f"Capture answer for {oid}: HTTP {s}", logger="c.t.orders.client.PaymentClient")
        if s >= 500:
            ctx.log.warning(f"Capture of {oid} failed, will be redelivered", logger=OL)
            raise Exception("capture")
        state[oid] = "DELIVERED"
        async with ctx.producer("order.completed") as p:
            mid = await p.send({"orderId": oid, "cents": a["cents"]})
            p.log.info(f"Sent OrderCompleted key={oid} to order.completed-{mid}", logger="c.t.orders.kafka.Publisher")
        ctx.log.info(f"Order {oid}: delivered and captured", logger=OS)

    # ---- payments
    @pay.http("POST /authorizations")
    async def auth(ctx, body):
        ctx.log.info("authorize request", logger="api/auth.go:41", incoming=True, ref=body["ref"], amount_cents=body["cents"])
        async with ctx.span("POST psp.example/v2/auth", "CLIENT") as c:
            await c.work(140, .5)
            bad = ctx.rng.random() < .04
            c.log.info("psp response", logger="psp/client.go:118", http_status=200, result="refused" if bad else "authorised", elapsed=round(c.elapsed_ms() / 1000, 4))
        if bad:
            ctx.log.warning("authorization refused", logger="api/auth.go:67", ref=body["ref"], reason="insufficient_funds")
            return 402, {"reason": "insufficient_funds"}
        pid = "pay_" + "%012x" % ctx.rng.getrandbits(48)
        auths[body["ref"]] = (pid, body["cents"])
        ctx.log.info("authorized", logger="api/auth.go:74", ref=body["ref"], payment_id=pid)
        return 200, {"id": pid}

    @pay.http("POST /captures")
    async def capture(ctx, body):
        pid, cents = auths.get(body["ref"], ("pay_unknown", 0))
        ctx.log.info("capture request", logger="api/capture.go:33", incoming=True, payment_id=pid, ref=body["ref"])
        async with ctx.span("POST psp.example/v2/capture", "CLIENT") as c:
            await c.work(90, .4)
        if ctx.rng.random() < .05:
            ctx.log.error("capture failed", logger="api/capture.go:58", payment_id=pid, error="psp: 503 service unavailable")
            return 503, {}
        ctx.log.info("captured", logger="api/capture.go:66", payment_id=pid, amount_cents=cents)
        return 200, {"cents": cents}

    async def void_it(ctx, ref, incoming):
        await ctx.work(60)
        ctx.log.info("authorization voided", logger="api/void.go:29", incoming=incoming, ref=ref, payment_id=auths.get(ref, ("?",))[0])

    @pay.http("POST /authorizations/{id}/void")
    async def void(ctx, body):
        await void_it(ctx, body["ref"], True)
        return 200, {}

    @pay.consumer("order.cancelled")
    async def p_cancel(ctx, m):
        ctx.log.info("consumed", logger="kafka/consumer.go:71", incoming=True, topic=m.topic, position=m.id, ref=m.body["orderId"])
        await void_it(ctx, m.body["orderId"], False)

    # ---- restaurant tablets
    tickets, tno = {}, {}

    @rest.consumer("order.placed")
    async def ticket(ctx, m):
        oid, rid = m.body["orderId"], m.body["restaurant"]
        tno[rid] = tno.get(rid, ctx.rng.randrange(10, 80)) + 1
        t = tickets[oid] = f"R{rid}/{tno[rid]:03d}"
        ctx.log.info(f"new order {oid} for restaurant {rid}: printing ticket {t} with {m.body['items']} lines", incoming=True)
        async with ctx.span("push tablet", "CLIENT") as c:
            await c.work(35)
            c.log.debug(f"Sent 200 to channel tablet:{rid} in {c.elapsed_ms():.0f}ms")

        async def answer():
            await sleep(ctx.rng.uniform(900, 5000))
            if ctx.rng.random() < .05:
                ctx.log.warning(f"ticket {t} turned down by the kitchen (#{oid})")
                async with ctx.producer("ticket.rejected") as p:
                    await p.send({"orderId": oid, "ticket": t})
                    p.log.info(f"broadcast ticket.rejected {t}")
            else:
                prep = ctx.rng.randrange(4, 25)
                ctx.log.info(f"ticket {t} confirmed by the kitchen, ready in {prep}min")
                async with ctx.producer("ticket.accepted") as p:
                    await p.send({"orderId": oid, "ticket": t, "restaurant": rid, "prep": prep})
                    p.log.info(f"broadcast ticket.accepted {t} order={oid}")
        ctx.spawn(answer())

    @rest.consumer("courier.assigned")
    async def r_courier(ctx, m):
        await ctx.work(3)
        ctx.log.info(f"ticket {tickets.get(m.body['orderId'])}: courier #{m.body['courier']} shown on tablet", incoming=True)

    @rest.consumer("order.cancelled")
    async def r_cancel(ctx, m):
        ctx.log.info(f"order {m.body['orderId']} cancelled by customer, striking ticket {tickets.get(m.body['orderId'])}", incoming=True)
        await ctx.work(20)
        ctx.log.info(f"ticket {tickets.get(m.body['orderId'])} struck")

    # ---- dispatch
    @disp.consumer("ticket.accepted")
    async def find(ctx, m):
        oid = m.body["orderId"]
        job = "%08x" % ctx.rng.getrandbits(32)
        ctx.log.info("searching courier", logger="dispatch::matcher", incoming=True, order_id=oid, job=job)
        async with ctx.span("redis GEOSEARCH couriers", "CLIENT") as c:
            await c.work(2)
            near = ctx.rng.sample(range(3000, 3400), ctx.rng.randrange(2, 4))
            c.log.debug("geosearch", logger="dispatch::geo", hits=len(near), radius_m=2500)

        async def far(k):
            async with ctx.client("eta", "GET /route") as c:
                s, a = await c.send({"courier": k, "restaurant": m.body["restaurant"]})
                c.log.debug("route", logger="dispatch::geo", courier=k, minutes=a["minutes"])
                return a["minutes"], k
        ranked = sorted(await asyncio.gather(*map(far, near)))
        for mins, k in ranked:
            ctx.log.info("offering", logger="dispatch::offers", job=job, courier=k, eta_min=mins)
            async with ctx.client("courier-api", "POST /offers") as c:
                s, a = await c.send({"jobId": job, "orderId": oid, "courierId": k, "last": (mins, k) == ranked[-1]})
            if s == 200: break
            ctx.log.info("offer not taken", logger="dispatch::offers", job=job, courier=k, status=s)
        async with ctx.producer("courier.assigned") as p:
            await p.send({"orderId": oid, "courier": k, "jobId": job, "prep": m.body["prep"]})
            p.log.info("assigned", logger="dispatch::matcher", order_id=oid, courier=k, job=job, took_ms=round(ctx.elapsed_ms()))

    # ---- couriers' app
    @cour.http("POST /offers")
    async def offer(ctx, body):
        ctx.log.info("offer -> device", jobId=body["jobId"], courierId=body["courierId"], incoming=True)
        async with ctx.span("FCM send", "CLIENT") as c:
            await c.work(40)
        await sleep(ctx.rng.uniform(300, 2200))
        x = 1 if body["last"] else ctx.rng.random()
        if x < .15:
            ctx.log.info("offer expired", jobId=body["jobId"], responseTime=round(ctx.elapsed_ms()))
            return 408, {}
        if x < .3:
            ctx.log.info("offer declined by courier", jobId=body["jobId"], courierId=body["courierId"], responseTime=round(ctx.elapsed_ms()))
            return 409, {}
        ctx.log.info("offer accepted", jobId=body["jobId"], courierId=body["courierId"], responseTime=round(ctx.elapsed_ms()))
        return 200, {}

    @cour.consumer("courier.assigned")
    async def ride(ctx, m):
        b = m.body
        ctx.log.info("job started", jobId=b["jobId"], orderId=b["orderId"], courierId=b["courier"], incoming=True)

        async def on_the_road():
            await sleep(b["prep"] * 200 + ctx.rng.uniform(500, 2000))
            async with ctx.span("scan bag QR") as s:
                await s.work(8)
                s.log.info("picked up", jobId=b["jobId"], orderId=b["orderId"])
                async with s.producer("delivery.picked_up") as p:
                    await p.send({"orderId": b["orderId"], "jobId": b["jobId"]})
            await sleep(ctx.rng.uniform(1500, 6000))
            async with ctx.span("swipe delivered") as s:
                await s.work(5)
                s.log.info("delivered", jobId=b["jobId"], orderId=b["orderId"], photo=ctx.rng.random() < .5)
                async with s.producer("delivery.completed") as p:
                    await p.send({"orderId": b["orderId"], "jobId": b["jobId"]})
        ctx.spawn(on_the_road())

    # ---- eta
    @eta.http("POST /estimate")
    async def estimate(ctx, body):
        ctx.log.info(f"estimating order {body['order']} from restaurant {body['restaurant']}", logger="eta.api", incoming=True)
        async with ctx.span("model.predict") as c:
            await c.work(28)
            mins = c.rng.randrange(18, 55)
            c.log.debug(f"features=31 raw={mins + c.rng.random():.2f}", logger="eta.model")
        ctx.log.info(f"estimate for {body['order']} is {mins} minutes, p90 {mins + 9}", logger="eta.api")
        return 200, {"minutes": mins}

    @eta.http("GET /route")
    async def route(ctx, body):
        await ctx.work(9)
        mins = ctx.rng.randrange(2, 15)
        ctx.log.info(f'10.0.9.4:{ctx.rng.randrange(30000, 60000)} - "GET /route?from={body["courier"]}&to=r{body["restaurant"]} HTTP/1.1" 200', logger="uvicorn.access", incoming=True)
        return 200, {"minutes": mins}

    # ---- notifications and books
    def tell(topic, text, key="order"):
        @noti.consumer(topic, retries=2, retry_ms=900)
        async def send(ctx, m):
            ctx.log.info("event_received", event=topic, **{key: m.body["orderId"]}, attempt=m.attempt, incoming=True)
            async with ctx.span("POST api.sms.example/messages", "CLIENT") as c:
                await c.work(70)
                if ctx.rng.random() < .04:
                    c.log.warning("sms_provider_throttled", status=429)
                    raise Exception("429")
                c.log.info("provider_accepted", sid="SM%08x" % ctx.rng.getrandbits(32), ms=round(c.elapsed_ms()))
            ctx.log.info("customer_notified", template=text, **{key: m.body["orderId"]})
    tell("courier.assigned", "courier_found"); tell("ticket.rejected", "sorry"); tell("order.completed", "enjoy"); tell("order.cancelled", "cancelled")

    @led.consumer("order.completed")
    async def post(ctx, m):
        eno[0] += 1
        ctx.log.info(f"Begin posting for order {m.body['orderId']}", logger="com.tasty.ledger.PostingListener", incoming=True)
        async with ctx.span("INSERT entries", "CLIENT") as c:
            await c.work(6)
            c.log.debug(f"2 rows inserted into entries, journal {eno[0]}", logger="com.tasty.ledger.JournalDao")
        pending.append((m.origin, m.body["cents"]))
        ctx.log.info(f"End posting for order {m.body['orderId']}: journal {eno[0]}, {m.body['cents'] / 100:.2f} EUR", logger="com.tasty.ledger.PostingListener")

    @led.every(9, first=20)
    async def settle_restaurants(ctx):
        some, pending[:] = pending[:], []
        ctx.log.info(f"Settlement run started, {len(some)} postings open", logger="com.tasty.ledger.SettlementJob")
        for o, _ in some: ctx.link(o)
        async with ctx.span("SELECT entries", "CLIENT") as c: await c.work(12)
        async with ctx.span("write SEPA file") as c:
            await c.work(45)
            c.log.info(f"pain.001 file written with {len(some)} transfers, sum {sum(x for _, x in some) / 100:.2f}", logger="com.tasty.ledger.SepaWriter")
        ctx.log.info(f"Settlement run finished in {ctx.elapsed_ms():.0f} ms", logger="com.tasty.ledger.SettlementJob")

    edge.noise(11, lambda log: log.info("cm onConfigUpdate: 1 added, 0 removed", logger="upstream"))
    orders.noise(6, lambda log: log.info("HikariPool-1 - Pool stats (total=20, active=3, idle=17, waiting=0)", logger="com.zaxxer.hikari.pool.HikariPool"))
    pay.noise(5, lambda log: log.debug("healthz", logger="api/health.go:12", ok=True))
    disp.noise(4, lambda log: log.debug("heartbeat", logger="dispatch::geo", couriers_online=w.rng.randrange(180, 240)))
    eta.noise(5, lambda log: log.info('10.0.9.1:41222 - "GET /health HTTP/1.1" 200', logger="uvicorn.access"))
    cour.noise(7, lambda log: log.info("ws connections", count=w.rng.randrange(180, 240)))
    rest.startup(lambda log: log.info("Running RestaurantGwWeb.Endpoint with Bandit 1.5.7 at :::4000 (http)"))


async def load(w):
    def rid(): return "%08x-%04x-4%03x-9%03x-%012x" % tuple(w.rng.getrandbits(b) for b in (32, 16, 12, 12, 48))
    async def one(i):
        s, a = await w.start("edge-proxy", "POST /v1/orders", {"rid": rid(), "restaurant": w.rng.randrange(100, 140), "items": w.rng.randrange(1, 7), "amount": round(w.rng.uniform(9, 70), 2)})
        if s != 201: return
        x = w.rng.random()
        if x < .06:
            await sleep(w.rng.uniform(500, 6000))
            await w.start("edge-proxy", f"POST /v1/orders/{a['order']}/cancel", {"rid": rid()})
        elif x < .4:
            await sleep(w.rng.uniform(1500, 12000))
            await w.start("edge-proxy", f"GET /v1/orders/{a['order']}", {"rid": rid()})
    await arrivals(w, 130, 3.5, one)

record(build, load, "h_food")
