"""Online grocery: baskets, delivery slots, picking by temperature zone, vans. Gateway and choreography; fan-out by zone and join; vans planned in batches."""
import json
from world import *


# ---------------------------------------------------------------- formatters
def envoy_access(r):            # edge: Envoy's default text access log, with tracing ids appended by the team
    f = r.fields
    if "route" not in f:
        return f"[{r.time:%Y-%m-%d %H:%M:%S}.{r.time.microsecond // 1000:03d}][{r.pid}][{r.level.lower()}][{r.logger}] [source/server/{f.get('src', 'server.cc:112')}] {r.message}"
    verb, path = f["route"].split(" ", 1)
    tail = f' traceid="{r.trace_id}" spanid="{r.span_id}"' if r.trace_id else ' traceid="-" spanid="-"'
    return f'[{isoz(r)}] "{verb} {path} HTTP/2" {f["status"]} - {f["up"]} {f["down"]} {f["took"]} {f["took"] - 1} "10.4.{f["up"] % 7}.{f["down"] % 250}" "grocer-app/5.{f["up"] % 9}" "{f["rid"]}" "shop.local" "10.8.0.14:8080"{tail}'


def boot3(r):                   # shop: Spring Boot 3 with Micrometer
    ids = f" [shop,{r.trace_id},{r.span_id}]" if r.trace_id else " [shop,]"
    more = f" (traceparent: {r.incoming})" if r.incoming else ""
    local = r.time.strftime("%Y-%m-%dT%H:%M:%S.") + "%03dZ" % (r.time.microsecond // 1000)
    return f"{local} {r.level:>5} {r.pid} --- [shop] [omcat-handler-{r.thread}]{ids} {r.logger:<40.40} : {r.message}{more}"


def zap_json(r):                # slots: Go zap production
    d = {"level": r.level.lower(), "ts": round(r.ns / 1e9, 6), "caller": r.logger, "msg": r.message}
    d |= r.fields
    if r.trace_id: d |= {"trace_id": r.trace_id, "span_id": r.span_id}
    if r.incoming_parent: d["parent_span_id"] = r.incoming_parent
    return json.dumps(d, separators=(",", ":"))


def structlog_console(r):       # pricing: structlog ConsoleRenderer without colours
    kv = dict(r.fields)
    if r.trace_id: kv |= {"span_id": r.span_id, "trace_id": r.trace_id}
    if r.incoming: kv["traceparent"] = r.incoming
    return f"{r.time:%Y-%m-%d %H:%M:%S}.{r.time.microsecond:06d} [{'warning' if r.level == 'WARN' else r.level.lower():<8}] {r.message:<30} " + " ".join(f"{k}={v}" for k, v in sorted(kv.items()))


def elixir(r):                  # picking: Elixir Logger, metadata in front
    meta = "".join(f"{k}={v} " for k, v in r.fields.items())
    if r.trace_id: meta += f"otel_trace_id={r.trace_id} otel_span_id={r.span_id} "
    if r.incoming_parent: meta += f"parent={r.incoming_parent} "
    return f"{r.time:%H:%M:%S}.{r.time.microsecond // 1000:03d} {meta}[{'warning' if r.level == 'WARN' else r.level.lower()}] {r.message}"


def pino(r):                    # handheld: the pickers' scanners' backend
    d = {"level": {"DEBUG": 20, "INFO": 30, "WARN": 40, "ERROR": 50}[r.level], "time": r.ns // 1_000_000, "pid": r.pid, "hostname": "hh-7c9d", "name": "handheld"}
    if r.trace_id: d |= {"trace_id": r.trace_id, "span_id": r.span_id, "trace_flags": "01"}
    if r.incoming: d["req"] = {"headers": {"traceparent": r.incoming}}
    return json.dumps(d | r.fields | {"msg": r.message}, separators=(",", ":"))


def serilog_text(r):            # payments
    lvl = {"DEBUG": "DBG", "INFO": "INF", "WARN": "WRN", "ERROR": "ERR"}[r.level]
    ids = f" <{r.trace_id}:{r.span_id}>" if r.trace_id else " <:>"
    inc = f" ParentId={r.incoming_parent}" if r.incoming_parent else ""
    return f"[{r.time:%Y-%m-%d %H:%M:%S}.{r.time.microsecond // 1000:03d} +00:00 {lvl}]{ids} {r.message}{inc}"


def tracing_sub(r):             # fleet: Rust tracing-subscriber full format
    kv = "".join(f" {k}={json.dumps(v) if isinstance(v, str) and k in ('van', 'reason') else v}" for k, v in r.fields.items())
    scope = f" request{{trace_id={r.trace_id} span_id={r.span_id}}}:" if r.trace_id else ""
    inc = f" traceparent={r.incoming}" if r.incoming else ""
    return f"{isoz(r, 6)} {r.level:>5}{scope} {r.logger}: {r.message}{kv}{inc}"


def monolog(r):                 # messenger: PHP Monolog LineFormatter, whole seconds
    extra = {"trace": r.trace_id, "span": r.span_id} if r.trace_id else {}
    if r.incoming: extra["traceparent"] = r.incoming
    ctx = json.dumps(r.fields) if r.fields else "[]"
    return f"[{r.time:%Y-%m-%dT%H:%M:%S}+00:00] messenger.{'WARNING' if r.level == 'WARN' else r.level}: {r.message} {ctx} {json.dumps(extra) if extra else '[]'}"


ZONES = ("ambient", "chilled", "frozen")


def build(w):
    w.broker_ms = 6
    offset = [w.rng.randrange(100000, 900000)]

    def next_id():
        offset[0] += w.rng.randrange(1, 4)
        return f"{w.rng.randrange(6)}@{offset[0]}"
    w.new_message_id = next_id

    edge = w.service("edge", envoy_access)
    shop = w.service("shop", boot3, errors=lambda c, e: c.log.error(f"Unhandled exception in listener\njava.lang.IllegalStateException: {e}\n\tat eu.groc.shop.OrderListener.on(OrderListener.java:88)\n\tat java.base/java.lang.Thread.run(Thread.java:1583)", logger="e.g.s.GlobalErrorHandler"))
    slots = w.service("slots", zap_json)
    pricing = w.service("pricing", structlog_console)
    picking = w.service("picking", elixir, errors=lambda c, e: c.log.error(f"GenServer Picking.Wave terminating: ** (RuntimeError) {e}"))
    handheld = w.service("handheld", pino, errors=lambda c, e: c.log.error("task failed", err={"type": "Error", "message": str(e)}))
    payments = w.service("payments", serilog_text, errors=lambda c, e: c.log.error(f"Message moved to error queue after exception: {e}"))
    fleet = w.service("fleet", tracing_sub, errors=lambda c, e: c.log.error("handler failed", logger="fleet::bus", reason=str(e)))
    messenger = w.service("messenger", monolog, errors=lambda c, e: c.log.error("Uncaught " + str(e), exception="RuntimeException"))

    w.orders, waiting, boxes, loaded = {}, [], {}, {}
    seq, auths, vans = [w.rng.randrange(70000, 90000)], [5100], [0]

    # ------------------------------------------------------------ edge
    @edge.http("ANY *")
    async def proxy(ctx, body):
        route = body["_route"]
        target = "slots" if "/slots" in route and route.startswith("GET") else "fleet" if "/drops/" in route else "shop"
        status, answer = await ctx.call(target, route, body, client_span=target == "shop" and "POST" in route)
        ctx.log.info("", incoming=True, route=route, status=status, up=ctx.rng.randrange(60, 900), down=ctx.rng.randrange(100, 4000), took=round(ctx.elapsed_ms()) + 1,
                     rid="%08x-%04x-4bc1" % (ctx.rng.getrandbits(32), ctx.rng.getrandbits(16)))
        return status, answer
    edge.noise(5, lambda log: log.info("cds: add 0 cluster(s), remove 0 cluster(s)", logger="upstream", src="cds_api_helper.cc:32"))

    # ------------------------------------------------------------ shop
    L = "e.groc.shop.checkout.CheckoutService"

    @shop.http("POST /orders")
    async def checkout(ctx, body):
        seq[0] += 1
        order = f"GR-{seq[0]}"
        ctx.log.info(f"Checkout of basket {body['basket']} becomes order {order} ({len(body['lines'])} lines, slot {body['slot']})", incoming=True, logger=L)
        async with ctx.client("pricing", "POST /baskets/price") as c:
            _, price = await c.send({"basket": body["basket"], "lines": body["lines"]})
            c.log.debug(f"Priced {body['basket']} at {price['total']}", logger="e.g.shop.clients.PricingClient")
        await ctx.work(4)

        async def reserve_slot():
            async with ctx.client("slots", "POST /slots/hold") as c:
                c.log.debug(f"[SlotsClient#hold] ---> POST http://slots/slots/hold HTTP/1.1 ({order})", logger="e.g.shop.clients.SlotsClient")
                return await c.send({"slot": body["slot"], "order": order})
        (s1, hold), (s2, auth) = await asyncio.gather(reserve_slot(), ctx.call("payments", "POST /authorisations", {"ref": order, "amount": price["total"] * 1.1}))
        if s1 == 409:
            ctx.log.warning(f"Slot {body['slot']} is gone for {order}, giving back authorisation", logger=L)
            if s2 == 201:
                await ctx.call("payments", f"DELETE /authorisations/{auth['auth']}", {"why": "no slot"})
            return 409, {"alternatives": hold["alternatives"]}
        if s2 == 402:
            ctx.log.info(f"Order {order} refused by the payment service", logger=L)
            await ctx.call("slots", "POST /slots/release", {"slot": body["slot"], "order": order})
            return 402, {}
        async with ctx.span("INSERT groc.orders", "CLIENT") as db:
            db.log.debug(f"insert into orders (id,slot,total) values ('{order}', '{body['slot']}', {price['total']})", logger="org.hibernate.SQL")
            await db.work(5)
        w.orders[order] = {"state": "ACCEPTED", "slot": body["slot"], "lines": body["lines"], "auth": auth["auth"], "total": price["total"]}
        await ctx.publish("order.accepted", {"order": order, "lines": body["lines"], "slot": body["slot"], "email": body["email"]})
        ctx.log.info(f"{order} accepted, total {price['total']:.2f} EUR", logger=L)
        return 201, {"order": order}

    @shop.http("GET /orders/{id}")
    async def status(ctx, body):
        order = body["_route"].split("/")[-1]
        async with ctx.span("GET order:" + order, "CLIENT") as c:
            await c.work(0.8)
        return 200, {"state": w.orders.get(order, {}).get("state")}

    @shop.http("PUT /orders/{id}/slot")
    async def move(ctx, body):
        order = body["_route"].split("/")[2]
        o = w.orders[order]
        await ctx.work(2)
        s, _ = await ctx.call("slots", "POST /slots/hold", {"slot": body["slot"], "order": order})
        if s != 201:
            return 409, {}
        await ctx.call("slots", "POST /slots/release", {"slot": o["slot"], "order": order})
        o["slot"] = body["slot"]
        async with ctx.producer("order.rescheduled") as p:
            await p.send({"order": order, "slot": body["slot"]})
        ctx.log.info(f"Moved order {order} to {body['slot']} in {ctx.elapsed_ms():.0f} ms", logger="e.g.shop.orders.OrderController", incoming=True)
        return 200, {}

    @shop.http("POST /orders/{id}/cancel")
    async def cancel(ctx, body):
        order = body["_route"].split("/")[2]
        log = "e.g.shop.orders.OrderController"
        if w.orders[order]["state"] not in ("ACCEPTED", "PICKED"):
            ctx.log.warning(f"Too late to cancel {order}, state is {w.orders[order]['state']}", logger=log, incoming=True)
            return 422, {}
        w.orders[order]["state"] = "CANCELLED"
        ctx.log.info(f"Cancelling {order}: {body['why']}", logger=log, incoming=True)
        mid = await ctx.publish("order.cancelled", {"order": order, "slot": w.orders[order]["slot"], "auth": w.orders[order]["auth"]})
        ctx.log.debug(f"Sent OrderCancelled({order}) to order.cancelled-{mid}", logger=log)
        return 202, {}

    @shop.consumer("order.picked", retries=1)
    async def shop_picked(ctx, m):
        o = w.orders[m.body["order"]]
        async with ctx.span("UPDATE groc.orders", "CLIENT") as db:
            db.log.debug("update groc.orders set state=?, missing=? where id=?", logger="org.hibernate.SQL")
            await db.work(3)
        if o["state"] == "ACCEPTED": o["state"] = "PICKED"
        ctx.log.info(f"Order {m.body['order']} now PICKED ({m.body['missing']} missing)", logger="e.g.s.messaging.OrderListener", incoming=True)

    @shop.consumer("order.delivered")
    async def shop_delivered(ctx, m):
        ctx.log.debug(f"Received record from order.delivered-{m.id}", logger="e.g.s.messaging.OrderListener", incoming=True)
        await ctx.work(4)
        w.orders[m.body["order"]]["state"] = "DELIVERED"
    shop.noise(4, lambda log: log.debug(f"HikariPool-1 - Pool stats (total=20, active={w.rng.randrange(5)}, idle=15, waiting=0)", logger="com.zaxxer.hikari.pool.HikariPool"))

    # ------------------------------------------------------------ slots
    @slots.http("POST /slots/hold")
    async def hold(ctx, body):
        async with ctx.span("redis DECR", "CLIENT") as c:
            await c.work(0.7)
            left = ctx.rng.randrange(-1, 24)
            c.log.debug("capacity", key="slot:" + body["slot"], left=left, logger="store/redis.go:61")
        if left < 0:
            ctx.log.warn("slot exhausted", slot=body["slot"], order_ref=body["order"], logger="api/hold.go:77", incoming=True)
            return 409, {"alternatives": [body["slot"] + "+1"]}
        await ctx.work(2)
        ctx.log.info("slot held", slot=body["slot"], order_ref=body["order"], ttl="15m", logger="api/hold.go:92", incoming=True)
        return 201, {"hold": 1}

    @slots.http("POST /slots/release")
    async def release(ctx, body):
        await ctx.work(1.5)
        ctx.log.info("slot released", slot=body["slot"], order_ref=body["order"], logger="api/release.go:34")
        return 204, {}

    @slots.http("GET /slots/{area}")
    async def free(ctx, body):
        ctx.log.debug("list slots", area=body["_route"].split("/")[-1], logger="api/list.go:20", incoming=True)
        async with ctx.span("redis MGET", "CLIENT") as c:
            await c.work(1.2)
        return 200, {}

    @slots.consumer("order.accepted")
    async def firm(ctx, m):
        async with ctx.span("UPDATE slot_bookings", "CLIENT") as c:
            await c.work(4)
            c.log.debug("exec", sql="UPDATE slot_bookings SET firm=true WHERE ref=$1", args=[m.body["order"]], logger="store/pg.go:40")
        ctx.log.info("hold turned into booking", slot=m.body["slot"], order_ref=m.body["order"], took_ms=round(ctx.elapsed_ms(), 2), logger="bus/consume.go:118")

    @slots.consumer("order.cancelled")
    async def unbook(ctx, m):
        ctx.log.info("unbook", topic=m.topic, offset=m.id, order_ref=m.body["order"], logger="bus/consume.go:141", incoming=True)
        await ctx.work(3)
    slots.noise(6, lambda log: log.info("janitor: expired holds swept", swept=w.rng.randrange(3), logger="store/janitor.go:29"))

    # ------------------------------------------------------------ pricing
    @pricing.http("POST /baskets/price")
    async def price(ctx, body):
        total = 0
        async with ctx.span("cache.mget", "CLIENT") as c:
            await c.work(0.9)
        if ctx.rng.random() < 0.3:
            async with ctx.span("SELECT prices", "CLIENT") as c:
                await c.work(9)
                c.log.debug("cache_miss_loaded", n=ctx.rng.randrange(1, 4), basket=body["basket"])
        for line in body["lines"]: total += line["qty"] * (1.1 + line["sku"] % 9)
        async with ctx.span("promotions") as c:
            await c.work(3)
            c.log.debug("rules_evaluated", basket=body["basket"], rules=14)
            if total > 60: c.log.info("promotion_applied", code="FREE60", basket=body["basket"])
        ctx.log.info("basket_priced", basket=body["basket"], total=round(total, 2), ms=round(ctx.elapsed_ms()))
        return 200, {"total": round(total, 2)}

    @pricing.http("GET /prices/{sku}")
    async def one_price(ctx, body):
        await ctx.work(1)
        ctx.log.debug("price_lookup", sku=body["_route"].split("/")[-1], incoming=True)
        return 200, {"price": 2.5}
    pricing.noise(5, lambda log: log.info("price_list_refreshed", rows=w.rng.randrange(8000, 8100)))

    # ------------------------------------------------------------ picking (waves; joins the zones)
    @picking.consumer("order.accepted", retries=2)
    async def wave(ctx, m):
        ctx.log.info(f"got order {m.body['order']}", incoming=True, mfa="Picking.Wave.handle/2")
        zones = {}
        for line in m.body["lines"]: zones.setdefault(ZONES[line["sku"] % 3], []).append(line)
        async with ctx.span("Picking.Repo insert", "CLIENT") as c:
            await c.work(4)
            c.log.debug(f"QUERY OK source=\"waves\" db={c.elapsed_ms():.1f}ms queue=0.1ms INSERT INTO \"waves\" [\"{m.body['order']}\"]")
        boxes[m.body["order"]] = {"want": set(zones), "missing": 0, "ctx": []}
        for z, lines in zones.items():
            async with ctx.producer("pick." + z) as p:
                p.log.debug(f"broadcast pick.{z} {m.body['order']} (#{len(lines)})")
                await p.send({"order": m.body["order"], "zone": z, "lines": lines, "task": f"{m.body['order']}/{z[0].upper()}"})
        ctx.log.info(f"{m.body['order']} split in {len(zones)}: {', '.join(zones)}")

    @picking.consumer("zone.picked")
    async def zone_done(ctx, m):
        order = m.body["order"]
        b = boxes.get(order)
        if b is None: return
        b["want"].discard(m.body["zone"])
        b["missing"] += m.body["missing"]
        if b["want"]:
            b["ctx"].append(m.origin)
            ctx.log.debug(f"{order}: {m.body['zone']} in, still waiting for {', '.join(sorted(b['want']))}", incoming=True)
            return
        for other in b["ctx"]: ctx.link(other)
        del boxes[order]
        if w.orders[order]["state"] == "CANCELLED":
            ctx.log.warning(f"{order} was cancelled while in picking, put back", incoming=True)
            await ctx.publish("order.putback", {"order": order})
            return
        await ctx.work(30)
        ctx.log.info(f"all zones of {order} are in, box closed", incoming=True, mfa="Picking.Join.complete/1")
        await ctx.publish("order.picked", {"order": order, "missing": b["missing"], "auth": w.orders[order]["auth"], "total": w.orders[order]["total"], "slot": w.orders[order]["slot"]}, producer_span=False)

    # ------------------------------------------------------------ handheld (people with scanners)
    for z in ZONES:
        @handheld.consumer("pick." + z, retries=1, concurrency=14)
        async def pick(ctx, m):
            ctx.log.info(f"task assigned to picker {ctx.rng.randrange(10, 60)}", incoming=True, task=m.body["task"], zone=m.body["zone"])
            missing = 0
            for line in m.body["lines"]:
                await ctx.work(160)
                if ctx.rng.random() < 0.1:
                    missing += 1
                    async with ctx.span("find substitute") as c:
                        c.log.info("not on shelf", task=m.body["task"], sku=line["sku"])
                        await c.call("pricing", f"GET /prices/{line['sku'] + 3}")
                        await c.work(60)
                elif ctx.rng.random() < 0.3:
                    ctx.log.debug("beep", sku=line["sku"], qty=line["qty"])
            async with ctx.producer("zone.picked") as p:
                p.log.debug("emit zone.picked", task=m.body["task"])
                await p.send({"order": m.body["order"], "zone": m.body["zone"], "missing": missing})
            if m.body["zone"] != "frozen":
                ctx.log.info("task done", task=m.body["task"], missing=missing, durationMs=round(ctx.elapsed_ms()))

    @handheld.consumer("order.putback")
    async def putback(ctx, m):
        await ctx.work(200)
        ctx.log.info("put back on shelf", order=m.body["order"], incoming=True)
    handheld.noise(3, lambda log: log.info("scanner heartbeat", scanner=f"MC33-{w.rng.randrange(40)}", battery=w.rng.randrange(20, 100)))

    # ------------------------------------------------------------ payments
    @payments.http("POST /authorisations")
    async def authorise(ctx, body):
        auths[0] += 1
        auth = f"{auths[0]:07d}A"
        async with ctx.span("POST acquirer.example/auth", "CLIENT") as c:
            c.log.debug(f"Sending HTTP request POST https://acquirer.example/auth for {body['ref']}")
            await c.work(90, 0.5)
            c.log.debug(f"Received HTTP response after {c.elapsed_ms():.4f}ms - 200")
        if ctx.rng.random() < 0.03:
            ctx.log.warning(f"Authorisation of {body['amount']:.2f} for {body['ref']} declined: \"05 do not honour\"", incoming=True)
            return 402, {}
        ctx.log.info(f"Authorised {body['amount']:.2f} for {body['ref']}, auth {auth}", incoming=True)
        return 201, {"auth": auth}

    @payments.http("DELETE /authorisations/{id}")
    async def void(ctx, body):
        await ctx.work(40)
        ctx.log.info(f"Voided {body['_route'].split('/')[-1]} ({body['why']})")
        return 204, {}

    @payments.consumer("order.picked", retries=3, retry_ms=400)
    async def capture(ctx, m):
        async with ctx.span("POST acquirer.example/capture", "CLIENT") as c:
            await c.work(70)
            if ctx.rng.random() < 0.05:
                c.log.warning(f"Acquirer timed out for {m.body['auth']}, attempt {m.attempt}")
                raise Exception("timeout")
            c.log.debug(f"Received HTTP response after {c.elapsed_ms():.4f}ms - 200")
        ctx.log.info(f"Captured {m.body['total'] - 2 * m.body['missing']:.2f} on {m.body['auth']}")

    @payments.consumer("order.cancelled")
    async def give_back(ctx, m):
        ctx.log.info(f"Order {m.body['order']} cancelled, voiding {m.body['auth']}", incoming=True)
        async with ctx.span("POST acquirer.example/void", "CLIENT") as c:
            await c.work(50)

    # ------------------------------------------------------------ fleet: vans are planned in batches
    @fleet.consumer("order.picked")
    async def queue(ctx, m):
        waiting.append((m.body["order"], ctx))
        ctx.log.info("order ready for loading", logger="fleet::intake", order=m.body["order"], slot=m.body["slot"], incoming=True)
        await ctx.work(12)

    @fleet.every(4)
    async def plan_vans(ctx):
        batch, waiting[:] = waiting[:8], waiting[8:]
        if not batch: return
        vans[0] += 1
        van = f"V{vans[0] % 9 + 1}-{vans[0]:03d}"
        ctx.log.info("planning", logger="fleet::planner", van=van, drops=len(batch))
        for _, c in batch: ctx.link(c)
        async with ctx.span("solve tour") as s:
            await s.work(350)
            s.log.debug("tour solved", logger="fleet::planner::vrp", van=van, km=round(ctx.rng.uniform(9, 60), 1))
        for o, _ in batch:
            loaded[o] = van
        await ctx.publish("van.departed", {"van": van, "orders": [o for o, _ in batch]})

    @fleet.http("POST /drops/{order}/proof")
    async def proof(ctx, body):
        order = body["_route"].split("/")[2]
        async with ctx.span("s3 PutObject", "CLIENT") as c:
            await c.work(25)
            c.log.debug("signature stored", logger="fleet::proof", key=f"proof/{order}.png")
        async with ctx.producer("order.delivered") as p:
            await p.send({"order": order, "van": loaded.get(order)})
            p.log.info("order.delivered sent", logger="fleet::bus", order=order)
        return 200, {}
    fleet.noise(4, lambda log: log.debug("gps batch stored", logger="fleet::gps", points=w.rng.randrange(50, 300)))

    # ------------------------------------------------------------ messenger
    @messenger.consumer("order.accepted")
    async def confirm(ctx, m):
        ctx.log.info("Received App\\Message\\OrderAccepted", incoming=True, order_no=m.body["order"])
        await ctx.work(6)
        async with ctx.span("smtp send", "CLIENT") as c:
            await c.work(40)
            c.log.info("Mail queued", to=m.body["email"], template="confirmation")

    @messenger.consumer("van.departed")
    async def departed(ctx, m):
        ctx.log.info("Handling App\\Message\\VanDeparted", incoming=True, van=m.body["van"], count=len(m.body["orders"]))
        for o in m.body["orders"]:
            async with ctx.span("sms send", "CLIENT") as c:
                await c.work(20)
                c.log.info("SMS sent", order_no=o, text="Your groceries are on the way")

    @messenger.consumer("order.rescheduled")
    async def moved(ctx, m):
        await ctx.work(30)
        ctx.log.info("Told customer about the new slot", order_no=m.body["order"], slot=m.body["slot"], incoming=True)

    @messenger.consumer("order.delivered")
    async def rate(ctx, m):
        await ctx.work(15)
    messenger.noise(7, lambda log: log.debug("Worker memory", mb=w.rng.randrange(40, 90)))


async def load(w):
    r = w.rng

    async def one(i):
        kind = i % 6
        if kind == 5:
            await w.start("edge", f"GET /slots/{r.choice(['north', 'harbour', 'old-town'])}")
        lines = [{"sku": r.randrange(1000, 4000), "qty": r.randrange(1, 5)} for _ in range(r.randrange(2, 8))]
        slot = f"{r.choice(['SAT', 'SUN', 'MON'])}-{r.randrange(8, 21):02d}00"
        s, a = await w.start("edge", "POST /orders", {"basket": "%06x" % r.getrandbits(24), "lines": lines, "slot": slot, "email": f"c{r.randrange(900)}@mail.example"})
        if s != 201: return
        await sleep(r.uniform(300, 5000))
        if kind == 1: await w.start("edge", f"GET /orders/{a['order']}")
        if kind == 2: await w.start("edge", f"PUT /orders/{a['order']}/slot", {"slot": "TUE-1000"})
        if kind == 3 and r.random() < 0.4: await w.start("edge", f"POST /orders/{a['order']}/cancel", {"why": r.choice(["changed my mind", "wrong address"])})
        if r.random() < 0.5:
            await sleep(r.uniform(5000, 9000))
            if w.orders[a["order"]]["state"] == "PICKED": await w.start("edge", f"POST /drops/{a['order']}/proof")
    await arrivals(w, 78, 4, one)

record(build, load, "e_grocery")
