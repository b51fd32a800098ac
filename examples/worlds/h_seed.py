"""Marketplace with sellers: Envoy, cart and checkout (GraphQL-ish BFF), order split by seller, stock reservations by RPC over the broker, payment,
sellers' fulfilment with webhooks to their shops, tracking, join of parcels, payouts; search index fed by listing changes."""
import json, datetime
from world import *


def envoyjson(r):
    f = r.fields
    if "code" not in f: return f"[{r.time:%Y-%m-%d %H:%M:%S}.{r.time.microsecond // 1000:03d}][1][{r.level.lower()}][{r.logger}] {r.message}"
    t = r.time - datetime.timedelta(milliseconds=f["ms"])
    d = {"start_time": f"{t:%Y-%m-%dT%H:%M:%S}.{t.microsecond // 1000:03d}Z", "method": f["verb"], "path": f["path"], "protocol": "HTTP/2", "response_code": f["code"], "response_flags": "-", "duration": round(f["ms"]),
         "upstream_service_time": str(round(f["up"])), "bytes_sent": f["size"], "upstream_cluster": f["cluster"], "request_id": f["rid"]}
    if r.trace_id: d |= {"trace_id": r.trace_id, "span_id": r.span_id}
    return json.dumps(d, separators=(",", ":"))


def pinobff(r):
    d = {"level": r.level.lower(), "time": isoz(r), "app": "storefront-bff"}
    if r.trace_id: d |= {"trace_id": r.trace_id, "span_id": r.span_id}
    if r.incoming: d["req"] = {"headers": {"traceparent": r.incoming}}
    return json.dumps(d | r.fields | {"msg": r.message}, separators=(",", ":"))


def springold(r):
    ids = f"[checkout,{r.trace_id},{r.span_id}]" if r.trace_id else "[checkout,,]"
    p = f" (parentSpan={r.incoming_parent})" if r.incoming_parent else ""
    return f"{r.time:%Y-%m-%d %H:%M:%S}.{r.time.microsecond // 1000:03d} {r.level:>5} {ids} {r.pid} --- [pool-2-thread-{r.thread}] {r.logger:<32.32} : {r.message}{p}"


def zapcons(r):
    f = dict(r.fields)
    if r.trace_id: f |= {"trace.id": r.trace_id, "span.id": r.span_id}
    if r.incoming_parent: f["parent.id"] = r.incoming_parent
    return f"{isoz(r)}\t{r.level}\t{r.logger}\t{r.message}" + (f"\t{json.dumps(f)}" if f else "")


def msext(r):
    lv = {"DEBUG": "dbug", "INFO": "info", "WARN": "warn", "ERROR": "fail"}[r.level]
    ids = f" => SpanId:{r.span_id}, TraceId:{r.trace_id}, ParentId:{r.incoming_parent or '0000000000000000'}" if r.trace_id else ""
    return f"{r.time:%Y-%m-%dT%H:%M:%S}.{(r.ns // 1_000_000) % 1000:03d}Z {lv}: {r.logger}[{len(r.message.split(' ')[0])}]{ids} {r.message}"


def tracingjson(r):
    d = {"timestamp": isoz(r, 6), "level": r.level, "fields": {"message": r.message} | r.fields, "target": r.logger}
    if r.trace_id: d["span"] = {"trace_id": r.trace_id, "span_id": r.span_id, "name": r.logger.split("::")[-1]}
    if r.incoming: d["fields"]["traceparent"] = r.incoming
    return json.dumps(d, separators=(",", ":"))


def lumen(r):
    ids = f' {{"trace":"{r.trace_id}","span":"{r.span_id}"' + (f',"parent":"{r.incoming_parent}"' if r.incoming_parent else "") + "}" if r.trace_id else " []"
    return f"[{r.time:%Y-%m-%d %H:%M:%S}] production.{r.level.replace('WARN', 'WARNING')}: {r.message}{ids}"


def gelf(r):
    d = {"version": "1.1", "host": "tracking-5", "short_message": r.message, "timestamp": round(r.ns / 1e9, 3), "level": {"DEBUG": 7, "INFO": 6, "WARN": 4, "ERROR": 3}[r.level], "_logger": r.logger}
    if r.trace_id: d |= {"_trace_id": r.trace_id, "_span_id": r.span_id}
    if r.incoming: d["_traceparent"] = r.incoming
    return json.dumps(d | {"_" + k: v for k, v in r.fields.items()})


def pybase(r):
    ids = f" [{r.trace_id} {r.span_id}]" if r.trace_id else ""
    p = f" parent={r.incoming_parent}" if r.incoming_parent else ""
    return f"{r.level.replace('WARN', 'WARNING')}:{r.time:%Y-%m-%d %H:%M:%S},{r.time.microsecond // 1000:03d}:{r.logger}:{ids} {r.message}{p}"


def build(w):
    w.network_ms, w.broker_ms = 0.6, 8
    off = {}
    def rec_id():
        k = w.ids.randrange(12)
        off[k] = off.get(k, 40100 + 977 * k) + 1
        return f"{k}:{off[k]}"
    w.new_message_id = rec_id
    edge = w.service("ingress", envoyjson)
    bff = w.service("storefront-bff", pinobff)
    chk = w.service("checkout", springold, errors=lambda ctx, e: ctx.log.error(f"Listener threw, record goes to DLT: {e}\njava.lang.RuntimeException: {e}\n\tat shop.checkout.Saga.on(Saga.java:74)", logger="s.checkout.ErrorHandler"))
    stk = w.service("stock", zapcons, errors=lambda ctx, e: ctx.log.error("consume", logger="kafka/handler.go:55", error=str(e)))
    pay = w.service("Payments.Api", msext, errors=lambda ctx, e: ctx.log.error(f"Consumer fault {e}", logger="Payments.Bus"))
    ful = w.service("fulfilment", tracingjson, errors=lambda ctx, e: ctx.log.error("processing failed", logger="fulfilment::consumer", error=str(e)))
    sel = w.service("seller-hub", lumen, errors=lambda ctx, e: ctx.log.error(f"Job failed: {e}"))
    trk = w.service("tracking", gelf, errors=lambda ctx, e: ctx.log.error("tracking event lost", logger="Consumer", err=str(e)))
    sea = w.service("search-indexer", pybase, errors=lambda ctx, e: ctx.log.error(f"index event failed: {e}", logger="indexer"))
    orders, waits, parcels, dirty, n = {}, {}, {}, [], [730_000]
    CO, SG = "s.c.web.CheckoutController", "s.c.saga.OrderSaga"

    @edge.http("ANY *")
    async def proxy(ctx, body):
        verb, path = body["_route"].split(" ")
        cluster = "seller-hub" if path.startswith("/seller") else "storefront-bff"
        t0 = ctx.elapsed_ms()
        s, a = await ctx.call(cluster, body["_route"], {k: v for k, v in body.items() if k[0] != "_"}, client_span=False)
        up = ctx.elapsed_ms() - t0
        await ctx.work(.3)
        ctx.log.info("", verb=verb, path=path, code=s, ms=ctx.elapsed_ms(), up=up, size=ctx.rng.randrange(100, 9000), cluster=cluster, rid="%08x-%04x" % (ctx.rng.getrandbits(32), ctx.rng.getrandbits(16)), incoming=True)
        return s, a

    # ---- BFF
    @bff.http("POST /checkout")
    async def b_checkout(ctx, body):
        ctx.log.info("checkout mutation", cartId=body["cart"], lines=len(body["lines"]), incoming=True)

        async def price():
            async with ctx.client("search-indexer", "GET /prices") as c:
                s, a = await c.send({"skus": [l[0] for l in body["lines"]], "cart": body["cart"]})
                c.log.debug("prices loaded", took=round(c.elapsed_ms(), 1))
                return a["total"]

        async def session():
            async with ctx.span("redis HGETALL session", "CLIENT") as c:
                await c.work(1)
                c.log.debug("session hit", cartId=body["cart"])
        total, _ = await asyncio.gather(price(), session())
        async with ctx.client("checkout", "POST /orders") as c:
            s, a = await c.send({"cartId": body["cart"], "lines": body["lines"], "total": total})
            c.log.debug("checkout service replied", statusCode=s, orderNo=a.get("orderNo"))
        ctx.log.info("checkout mutation done", cartId=body["cart"], orderNo=a.get("orderNo"), statusCode=s, responseTime=round(ctx.elapsed_ms()))
        return s, a

    @bff.http("GET /orders/{no}")
    async def b_order(ctx, body):
        no = body["_route"].split("/")[-1]
        ctx.log.info("order query", orderNo=no, incoming=True)
        async def one():
            async with ctx.client("checkout", f"GET /orders/{no}") as c: return await c.send()
        async def two():
            async with ctx.client("tracking", f"GET /shipments/{no}") as c:
                s, a = await c.send()
                c.log.debug("shipments", orderNo=no, n=a["n"])
        await asyncio.gather(one(), two())
        ctx.log.info("order query done", orderNo=no, responseTime=round(ctx.elapsed_ms()))
        return 200, {}

    @bff.http("POST /orders/{no}/return")
    async def b_return(ctx, body):
        no = body["_route"].split("/")[-2]
        async with ctx.client("checkout", f"POST /orders/{no}/returns") as c:
            s, a = await c.send({"reason": body["reason"]})
            c.log.debug("return answered", statusCode=s)
        ctx.log.info("return mutation", orderNo=no, statusCode=s, responseTime=round(ctx.elapsed_ms()), incoming=True)
        return s, a

    # ---- checkout: reserves by request and reply over Kafka, then pays, then splits
    @chk.http("POST /orders")
    async def place(ctx, body):
        n[0] += ctx.rng.randrange(1, 8)
        no = str(n[0])
        ctx.log.info(f"Placing order {no} from cart {body['cartId']}, {len(body['lines'])} lines, total {body['total']:.2f}", logger=CO, incoming=True)
        async with ctx.span("INSERT order_head", "CLIENT") as c: await c.work(4)
        fut = waits[no] = ctx.world.loop.create_future()
        async with ctx.producer("stock.reserve.request") as p:
            rec = await p.send({"order": no, "lines": body["lines"]})
            p.log.debug(f"request/reply: sent {rec}, correlation {no}", logger="s.c.kafka.ReplyTemplate")
        try:
            ok = await asyncio.wait_for(fut, 2.5)
        except asyncio.TimeoutError:
            ctx.log.error(f"Order {no}: no reply from stock within 2500 ms", logger=SG)
            return 504, {"orderNo": no}
        if not ok:
            ctx.log.warning(f"Order {no} rejected, sold out", logger=SG)
            return 409, {"orderNo": no}
        async with ctx.client("Payments.Api", "POST /payments") as c:
            s, a = await c.send({"orderRef": no, "amount": body["total"]})
            c.log.info(f"POST /payments for {no} -> {s} ({c.elapsed_ms():.0f} ms)", logger="s.c.client.Payments")
        if s != 201:
            ctx.log.warning(f"Order {no}: payment refused, compensating", logger=SG)
            async with ctx.producer("stock.release") as p:
                await p.send({"order": no, "lines": body["lines"]})
                p.log.debug(f"stock.release sent for {no}", logger="s.c.kafka.Out")
            return 402, {"orderNo": no}
        by = {}
        for sku, qty, seller in body["lines"]: by.setdefault(seller, []).append((sku, qty))
        orders[no] = {"parts": len(by), "arrived": {}, "total": body["total"]}
        for i, (seller, lines) in enumerate(sorted(by.items())):
            async with ctx.producer("suborder.created") as p:
                rec = await p.send({"order": no, "sub": f"{no}-{i + 1}", "seller": seller, "lines": lines})
                p.log.debug(f"suborder.created {no}-{i + 1} @ {rec}", logger="s.c.kafka.Out")
        ctx.log.info(f"Order {no} placed, {len(by)} suborders, {ctx.elapsed_ms():.0f} ms", logger=CO)
        return 201, {"orderNo": no}

    @chk.consumer("stock.reserve.reply")
    async def reply(ctx, m):
        ctx.log.info(f"Reply {m.id} for {m.body['order']}: {'reserved' if m.body['ok'] else 'sold out'}", logger="s.c.kafka.ReplyTemplate", incoming=True)
        f = waits.get(m.body["order"])
        if f and not f.done(): f.set_result(m.body["ok"])

    @chk.http("GET /orders/{no}")
    async def read(ctx, body):
        async with ctx.span("SELECT order_head", "CLIENT") as c:
            await c.work(2)
            c.log.debug("select o1_0.no,o1_0.state from order_head o1_0 where o1_0.no=?", logger="org.hibernate.SQL")
        ctx.log.info(f"GET order {body['_route'].split('/')[-1]} served", logger=CO, incoming=True)
        return 200, {}

    @chk.http("POST /orders/{no}/returns")
    async def returns(ctx, body):
        no = body["_route"].split("/")[-2]
        ctx.log.info(f"Return of order {no} wanted: {body['reason']}", logger=CO, incoming=True)
        if len(orders[no]["arrived"]) < orders[no]["parts"]:
            ctx.log.info(f"Return of order {no} refused, not delivered yet", logger=CO)
            return 409, {}
        async with ctx.client("Payments.Api", "POST /refunds") as c:
            s, a = await c.send({"orderRef": no, "amount": orders[no]["total"]})
            c.log.info(f"POST /refunds for {no} -> {s} ({c.elapsed_ms():.0f} ms)", logger="s.c.client.Payments")
        async with ctx.producer("order.returned") as p:
            await p.send({"order": no})
            p.log.debug(f"order.returned sent for {no}", logger="s.c.kafka.Out")
        ctx.log.info(f"Return of order {no} accepted", logger=CO)
        return 202, {}

    @chk.consumer("parcel.delivered")
    async def arrived(ctx, m):
        no, sub = m.body["order"], m.body["sub"]
        o = orders[no]
        o["arrived"][sub] = m.origin
        ctx.log.info(f"Suborder {sub} delivered, {len(o['arrived'])}/{o['parts']} of order {no}", logger=SG, incoming=True)
        if len(o["arrived"]) < o["parts"] or o.get("done"): return
        o["done"] = True
        for x in o["arrived"].values():
            if x is not m.origin: ctx.link(x)
        async with ctx.span("UPDATE order_head", "CLIENT") as c: await c.work(4)
        async with ctx.producer("order.completed") as p:
            await p.send({"order": no, "total": o["total"]})
            p.log.debug(f"order.completed sent for {no}", logger="s.c.kafka.Out")
        ctx.log.info(f"Order {no} completed", logger=SG)

    # ---- stock
    @stk.consumer("stock.reserve.request")
    async def reserve(ctx, m):
        no = m.body["order"]
        ctx.log.info("reserve requested", logger="reserve/handler.go:38", order_id=no, lines=len(m.body["lines"]), rec=m.id, incoming=True)
        async with ctx.span("tx reserve", "CLIENT") as c:
            await c.work(9)
            ok = c.rng.random() > .04
            c.log.debug("tx", logger="reserve/repo.go:91", rows=len(m.body["lines"]) if ok else 0, ms=round(c.elapsed_ms(), 2))
        for sku, q, s in m.body["lines"]:
            if ctx.rng.random() < .2: dirty.append((ctx, sku))
        async with ctx.producer("stock.reserve.reply") as p: await p.send({"order": no, "ok": ok})
        ctx.log.info("reserved" if ok else "out of stock", logger="reserve/handler.go:66", order_id=no, took=f"{ctx.elapsed_ms():.2f}ms")

    @stk.consumer("stock.release")
    async def release(ctx, m):
        ctx.log.info("release", logger="reserve/release.go:20", order_id=m.body["order"], rec=m.id, incoming=True)
        await ctx.work(7)
        ctx.log.info("released", logger="reserve/release.go:41", order_id=m.body["order"])

    @stk.consumer("order.returned")
    async def back(ctx, m):
        ctx.log.info("return booked to quarantine", logger="returns/handler.go:33", order_id=m.body["order"], rec=m.id, incoming=True)
        await ctx.work(6)

    @stk.every(4, first=3)
    async def publish_levels(ctx):
        some, dirty[:] = dirty[:], []
        ctx.log.debug("tick", logger="levels/ticker.go:17", dirty=len(some))
        if not some: return
        for c, _ in some: ctx.link(c)
        async with ctx.producer("listing.changed") as p:
            rec = await p.send({"skus": [s for _, s in some]})
            p.log.info("levels out", logger="levels/ticker.go:29", n=len(some), rec=rec)

    # ---- payments
    @pay.http("POST /payments")
    async def charge(ctx, body):
        pid = "PX%07d" % ctx.rng.randrange(10 ** 7)
        ctx.log.info(f"Payment {pid} opened for order {body['orderRef']} amount {body['amount']:.2f}", logger="Payments.PaymentController", incoming=True)
        async with ctx.span("POST acquirer.example/charge", "CLIENT") as c:
            await c.work(160, .5)
            bad = c.rng.random() < .05
            c.log.info(f"Received HTTP response headers after {c.elapsed_ms():.4f}ms - {402 if bad else 200}", logger="System.Net.Http.HttpClient.Acquirer.ClientHandler")
        async with ctx.span("INSERT Payments", "CLIENT") as c:
            await c.work(3)
            c.log.debug(f"Executed DbCommand ({c.elapsed_ms():.0f}ms) [CommandType='Text'] INSERT INTO [Payments]", logger="Microsoft.EntityFrameworkCore.Database.Command")
        if bad:
            ctx.log.warning(f"Payment {pid} declined code 51", logger="Payments.PaymentController")
            return 402, {}
        ctx.log.info(f"Payment {pid} captured", logger="Payments.PaymentController")
        return 201, {"payment": pid}

    @pay.http("POST /refunds")
    async def refund(ctx, body):
        await ctx.work(120)
        ctx.log.info(f"Refunded {body['amount']:.2f} on order {body['orderRef']} in {ctx.elapsed_ms():.0f}ms", logger="Payments.RefundController", incoming=True)
        return 200, {}

    @pay.consumer("order.completed")
    async def payout(ctx, m):
        ctx.log.info(f"Settling order {m.body['order']}", logger="Payments.Bus", incoming=True)
        async with ctx.span("INSERT Payouts", "CLIENT") as c: await c.work(4)
        ctx.log.info(f"Settled order {m.body['order']}, fee {m.body['total'] * .12:.2f}", logger="Payments.Payouts")

    # ---- seller hub: webhook out to the shop, whose answer comes back as an API call
    @sel.consumer("suborder.created", retries=3, retry_ms=700)
    async def notify(ctx, m):
        b = m.body
        ctx.log.info(f"Processing SubOrderCreated {b['sub']} for seller {b['seller']}" + (f", try {m.attempt}" if m.attempt > 1 else ""), incoming=True)
        async with ctx.span(f"POST webhook {b['seller']}", "CLIENT") as c:
            await c.work(90, .6)
            if c.rng.random() < .07:
                c.log.warning(f"Webhook of {b['seller']} answered 500")
                raise Exception("500")
            c.log.info(f"Webhook of {b['seller']} answered 200 in {c.elapsed_ms():.0f} ms")
        ctx.log.info(f"Processed SubOrderCreated {b['sub']}")

        async def shop():
            await sleep(ctx.rng.uniform(800, 4500))
            await ctx.call("ingress", f"POST /seller/suborders/{b['sub']}/ack", {"seller": b["seller"], "order": b["order"], "lines": len(b["lines"])}, client_span=False)
        ctx.spawn(shop())

    @sel.http("POST /seller/suborders/{sub}/ack")
    async def ack(ctx, body):
        sub = body["_route"].split("/")[-2]
        ctx.log.info(f"Seller {body['seller']} confirms {sub}", incoming=True)
        async with ctx.span("update suborders", "CLIENT") as c: await c.work(3)
        async with ctx.client("fulfilment", "POST /labels") as c:
            s, a = await c.send({"sub": sub, "order": body["order"], "lines": body["lines"]})
            c.log.debug(f"Label {a['parcel']} created for {sub}")
        ctx.log.info(f"Confirmation of {sub} answered, parcel {a['parcel']}")
        return 200, a

    # ---- fulfilment
    @ful.http("POST /labels")
    async def label(ctx, body):
        pid = f"JD{ctx.rng.randrange(10 ** 12):012d}"
        ctx.log.info("label requested", logger="fulfilment::api", suborder=body["sub"], incoming=True)
        async with ctx.span("POST carrier.example/shipments", "CLIENT") as c:
            await c.work(130)
            c.log.debug("carrier ok", logger="fulfilment::carrier", status=201, elapsed_ms=round(c.elapsed_ms()))
        async with ctx.span("render zpl") as s: await s.work(15)
        async with ctx.producer("parcel.created") as p:
            await p.send({"parcel": pid, "sub": body["sub"], "order": body["order"]})
            p.log.debug("event emitted", logger="fulfilment::outbox", topic="parcel.created", key=pid)
        ctx.log.info("label created", logger="fulfilment::api", suborder=body["sub"], parcel=pid)
        return 201, {"parcel": pid}

    # ---- tracking
    @trk.consumer("parcel.created")
    async def follow(ctx, m):
        b = m.body
        ctx.log.info("parcel registered", logger="Consumer", parcel=b["parcel"], suborder=b["sub"], offset=m.id, incoming=True)
        async with ctx.span("cassandra insert", "CLIENT") as c: await c.work(3)
        parcels.setdefault(b["order"], []).append(b["parcel"])

        async def carrier():
            for st in ("PICKED_UP", "IN_HUB", "OUT_FOR_DELIVERY", "DELIVERED"):
                await sleep(ctx.rng.uniform(400, 2200))
                async with ctx.span("poll carrier") as s:
                    await s.work(25)
                    s.log.info("scan " + st, logger="Poller", parcel=b["parcel"], order=b["order"])
                    if st == "DELIVERED":
                        async with s.producer("parcel.delivered") as p:
                            await p.send({"order": b["order"], "sub": b["sub"]})
                            p.log.debug("delivered event sent", logger="Poller", parcel=b["parcel"])
        ctx.spawn(carrier())
        ctx.log.debug("polling scheduled", logger="Consumer", parcel=b["parcel"])

    @trk.http("GET /shipments/{order}")
    async def shipments(ctx, body):
        no = body["_route"].split("/")[-1]
        async with ctx.span("cassandra select", "CLIENT") as c:
            await c.work(4)
            c.log.debug("rows read", logger="Dao", ms=round(c.elapsed_ms(), 1))
        ctx.log.info("shipments served", logger="Api", order=no, n=len(parcels.get(no, [])), incoming=True)
        return 200, {"n": len(parcels.get(no, []))}

    # ---- search and prices
    @sea.http("GET /prices")
    async def prices(ctx, body):
        async with ctx.span("mget redis", "CLIENT") as c: await c.work(1.2)
        ctx.log.info(f"prices for cart {body['cart']}: {len(body['skus'])} skus, {ctx.elapsed_ms():.1f} ms", logger="api.prices", incoming=True)
        return 200, {"total": round(sum(ctx.rng.uniform(4, 80) for _ in body["skus"]), 2)}

    @sea.consumer("listing.changed")
    async def index(ctx, m):
        ctx.log.info(f"reindexing {len(m.body['skus'])} listings, offset {m.id}", logger="indexer", incoming=True)
        async with ctx.span("elasticsearch bulk", "CLIENT") as c:
            await c.work(60)
            c.log.debug(f"POST http://es:9200/_bulk [status:200 request:{c.elapsed_ms() / 1000:.3f}s]", logger="elastic_transport.transport")
        ctx.log.info(f"reindexed {len(m.body['skus'])} listings", logger="indexer")

    edge.startup(lambda log: log.info("all clusters initialized. initializing init manager", logger="main"))
    chk.noise(6, lambda log: log.debug("Node -1 disconnected.", logger="o.a.kafka.clients.NetworkClient"))
    pay.noise(5, lambda log: log.debug("Health check ready completed", logger="Microsoft.Extensions.Diagnostics.HealthChecks"))
    ful.noise(7, lambda log: log.info("outbox empty", logger="fulfilment::outbox"))
    sel.noise(8, lambda log: log.info("Schedule run: seller:sync-feeds"))
    stk.noise(5, lambda log: log.debug("pool", logger="db/pool.go:12", acquired=w.rng.randrange(1, 6), idle=w.rng.randrange(2, 9)))
    trk.noise(6, lambda log: log.info("heap", logger="Jvm", used_mb=w.rng.randrange(300, 700)))


async def load(w):
    shops = ["kamelio", "bytehaus", "greenleaf", "oldpaper", "funkstoff", "nordwolle", "tinytoys"]
    async def one(i):
        lines = [(f"SKU{w.rng.randrange(9000):04d}{w.rng.choice('ABC')}", w.rng.randrange(1, 4), w.rng.choice(shops)) for _ in range(w.rng.choice([1, 1, 2, 2, 3, 4]))]
        s, a = await w.start("ingress", "POST /checkout", {"cart": "c_%010x" % w.rng.getrandbits(40), "lines": lines})
        if s != 201: return
        x = w.rng.random()
        if x < .35:
            await sleep(w.rng.uniform(800, 9000))
            await w.start("ingress", f"GET /orders/{a['orderNo']}")
        elif x < .47:
            await sleep(w.rng.uniform(7000, 14000))
            await w.start("ingress", f"POST /orders/{a['orderNo']}/return", {"reason": w.rng.choice(["too small", "broken", "changed my mind"])})
    await arrivals(w, 135, 3.8, one)

record(build, load, "h_seed")
