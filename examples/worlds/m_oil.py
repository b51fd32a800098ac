"""Home heating oil: customers ask the day's price in a Rails shop and order litres, a depot sets oil aside, tours are planned in batches,
the driver's tablet reports what the meter said, a PHP back office bills it; tank sensors send levels and suggest the next order."""
import json
from world import *


def ms(r): return "%03d" % (r.time.microsecond // 1000)

def rails(r):         # shop: Rails' own formatter, log_tags with the request id
    tags = f"[{r.fields['rid']}] " if "rid" in r.fields else ""
    if r.trace_id: tags += f"[trace_id={r.trace_id} span_id={r.span_id}] "
    if r.incoming: tags += f"[traceparent={r.incoming}] "
    return f"{r.level[0]}, [{r.time:%Y-%m-%dT%H:%M:%S}.{r.time.microsecond:06d} #{r.pid}] {r.level:>5} -- : {tags}{r.message}"

def slogtext(r):      # pricing: Go slog, text handler
    q = lambda v: json.dumps(v) if isinstance(v, str) and (" " in v or "=" in v or '"' in v or not v) else str(v)
    s = f"time={isoz(r)} level={r.level} msg={q(r.message)}" + "".join(f" {k}={q(v)}" for k, v in r.fields.items())
    if r.trace_id: s += f" trace_id={r.trace_id} span_id={r.span_id}"
    return s + (f" traceparent={r.incoming}" if r.incoming else "")

def boot(r):          # orders: Spring Boot 3, default console pattern with correlation
    corr = f"[{r.trace_id}-{r.span_id}] " if r.trace_id else ""
    th = r.thread if isinstance(r.thread, str) else f"nio-8080-exec-{r.thread}"
    msg = r.message + (f" [traceparent={r.incoming}]" if r.incoming else "")
    return f"{isoz(r)} {r.level:>5} {r.pid} --- [orders] [{th[-15:]:>15}] {corr}{r.logger[:40]:<40} : {msg}"

def dotnet(r):        # depot: ILogger simple console, scopes on, with a timestamp
    lv = {"DEBUG": "dbug", "INFO": "info", "WARN": "warn", "ERROR": "fail"}[r.level]
    sc = ""
    if r.trace_id:
        sc = f"\n      => SpanId:{r.span_id}, TraceId:{r.trace_id}" + (f", ParentId:{r.incoming_parent}" if r.incoming_parent else "")
    return f"{r.time:%Y-%m-%d %H:%M:%S}.{ms(r)} {lv}: {r.logger}[{r.fields.get('eid', 0)}]{sc}\n      " + r.message.replace("\n", "\n      ")

def pyfmt(r):         # routing: logging.basicConfig with otel's fields
    ids = f" [trace_id={r.trace_id} span_id={r.span_id}]" if r.trace_id else ""
    t = f" (traceparent {r.incoming})" if r.incoming else ""
    return f"{r.time:%Y-%m-%d %H:%M:%S},{ms(r)} {r.level.replace('WARN', 'WARNING')}:{r.logger}:{ids} {r.message}{t}"

def nest(r):          # tablet-gw: NestJS ConsoleLogger as it comes
    lv = {"INFO": "LOG"}.get(r.level, r.level)
    ids = f" {{trace:{r.trace_id} span:{r.span_id}}}" if r.trace_id else ""
    if r.incoming_parent: ids += f" {{from:{r.incoming_parent}}}"
    return f"[Nest] {r.pid}  - {r.time:%m/%d/%Y, %I:%M:%S %p} {lv:>7} [{r.logger}]{ids} {r.message}"

def laravel(r):       # billing: Laravel single channel, context and extra as JSON; whole seconds
    f = dict(r.fields)
    x = {"trace_id": r.trace_id, "span_id": r.span_id} if r.trace_id else {}
    if r.incoming: x["traceparent"] = r.incoming
    return f"[{r.time:%Y-%m-%d %H:%M:%S}] staging.{r.level.replace('WARN', 'WARNING')}: {r.message} {json.dumps(f, separators=(',', ':')) if f else ''} {json.dumps(x, separators=(',', ':')) if x else ''}".rstrip()

def sidekiq(r):       # mailer: Sidekiq pretty
    f = "".join(f" {k}={v}" for k, v in r.fields.items())
    ids = f" trace_id={r.trace_id} span_id={r.span_id}" if r.trace_id else ""
    if r.incoming_parent: ids += f" parent={r.incoming_parent}"
    return f"{isoz(r)} pid={r.pid} tid={format(r.thread * 90871 if isinstance(r.thread, int) else 7, 'x')}{f}{ids} {r.level}: {r.message}"

def tracing(r):       # tanks: Rust tracing-subscriber fmt
    sp = f"reading{{trace_id={r.trace_id} span_id={r.span_id}}}: " if r.trace_id else ""
    f = "".join(f" {k}={json.dumps(v) if isinstance(v, str) and ' ' in v else v}" for k, v in r.fields.items())
    if r.incoming: f += f' traceparent="{r.incoming}"'
    return f"{isoz(r, 6)} {r.level:>5} {sp}{r.logger}: {r.message}{f}"


def build(w):
    w.network_ms, w.broker_ms = 1.4, 9
    w.orders, w.stops, w.tours = {}, {}, []
    n = {"order": 24800, "res": 5500, "inv": 1180, "tour": 310}
    uuid = lambda: "%08x-%04x-4%03x-9%03x-%012x" % tuple(w.rng.getrandbits(b) for b in (32, 16, 12, 12, 48))

    shop = w.service("shop", rails, errors=lambda c, e: c.log.error(f"StandardError ({e}):\n  \napp/consumers/application_consumer.rb:18:in `consume'"))
    pricing = w.service("pricing", slogtext, errors=lambda c, e: c.log.error("handler failed", err=str(e)))
    orders = w.service("orders", boot, errors=lambda c, e: c.log.error(f"Error handler threw an exception\njava.lang.IllegalStateException: {e}\n\tat de.oel.orders.events.EventListeners.on(EventListeners.java:57)\n\tat org.springframework.kafka.listener.KafkaMessageListenerContainer$ListenerConsumer.run(KafkaMessageListenerContainer.java:1331)", logger="o.s.k.l.DefaultErrorHandler", thread="ntainer#0-0-C-1"))
    depot = w.service("depot", dotnet, errors=lambda c, e: c.log.error(f"R-FAULT message moved to error queue\nSystem.InvalidOperationException: {e}\n   at Depot.Consumers.ConsumerBase.Consume(ConsumeContext ctx)", logger="MassTransit.ReceiveTransport"))
    routing = w.service("routing", pyfmt, errors=lambda c, e: c.log.error(f"consumer crashed: {e!r}", logger="routing.consumer"))
    tablet = w.service("tablet-gw", nest, errors=lambda c, e: c.log.error(f"Error: {e}", logger="RpcExceptionsHandler"))
    billing = w.service("billing", laravel, errors=lambda c, e: c.log.error(str(e), exception="[object] (ErrorException(code: 0)"))
    mailer = w.service("mailer", sidekiq, errors=lambda c, e: c.log.error(f"fail: {e}"))
    tanks = w.service("tanks", tracing, errors=lambda c, e: c.log.error("consumer error", logger="tanks::bus", error=str(e)))

    # ------------------------------------------------------------ shop (Rails)
    def started(c, b, ctl, params):
        c.rid = b.get("rid") or uuid()
        verb, path = b["_route"].split(" ")
        c.log.info(f'Started {verb} "{path}" for 84.{c.rng.randrange(90)}.17.{c.rng.randrange(250)} at {datetime.datetime.fromtimestamp(w.ns() // NS, datetime.timezone.utc):%Y-%m-%d %H:%M:%S} +0000', rid=c.rid, incoming=True)
        c.log.info(f"Processing by {ctl} as JSON", rid=c.rid)
        if params: c.log.info("  Parameters: " + "{" + ", ".join(f'"{k}"=>{json.dumps(v)}' for k, v in params.items()) + "}", rid=c.rid)

    def completed(c, st, ar=0.0):
        word = {200: "OK", 201: "Created", 202: "Accepted", 404: "Not Found", 409: "Conflict", 422: "Unprocessable Content", 502: "Bad Gateway", 503: "Service Unavailable"}[st]
        c.log.info(f"Completed {st} {word} in {c.elapsed_ms():.0f}ms (Views: 0.{c.rng.randrange(1, 9)}ms | ActiveRecord: {ar:.1f}ms | Allocations: {c.rng.randrange(900, 9000)})", rid=c.rid)

    @shop.http("GET /prices/{zip}")
    async def price(c, b):
        z = b["_route"].split("/")[-1]
        started(c, b, "PricesController#show", {"litres": str(b["litres"]), "zip": z})
        async with c.client("pricing", "POST /quote") as k:
            st, a = await k.send({"zip": z, "litres": b["litres"]})
            k.log.debug(f"[Faraday] POST http://pricing/quote {st}", rid=c.rid)
        completed(c, st, 0)
        return st, a

    @shop.http("POST /orders")
    async def checkout(c, b):
        started(c, b, "OrdersController#create", {"quote": b["quote"], "litres": b["litres"], "customer_id": b["customer"], "zip": b["zip"]})
        async with c.span("Customer Load", "CLIENT") as s:
            await s.work(2.2)
            s.log.debug(f'  Customer Load ({s.elapsed_ms():.1f}ms)  SELECT "customers".* FROM "customers" WHERE "customers"."id" = $1 LIMIT $2  [["id", {b["customer"]}], ["LIMIT", 1]]', rid=c.rid)
        async with c.client("orders", "POST /api/orders") as k:
            st, a = await k.send({"quote": b["quote"], "litres": b["litres"], "customer": b["customer"], "zip": b["zip"]})
            if st != 201: k.log.warn(f"orders answered {st} for quote {b['quote']}", rid=c.rid)
        if st == 201:
            async with c.span("Purchase Create", "CLIENT") as s:
                await s.work(3)
                s.log.debug(f'  Purchase Create ({s.elapsed_ms():.1f}ms)  INSERT INTO "purchases" ("customer_id", "order_no", "created_at") VALUES ($1, $2, $3) RETURNING "id"  [["customer_id", {b["customer"]}], ["order_no", "{a["no"]}"]]', rid=c.rid)
        completed(c, st if st in (201, 409) else 502, c.rng.uniform(3, 9))
        return st, a

    @shop.http("DELETE /orders/{no}")
    async def cancel_web(c, b):
        no = b["_route"].split("/")[-1]
        started(c, b, "OrdersController#destroy", {"id": no})
        st, a = await c.call("orders", f"POST /api/orders/{no}/cancel", {})
        c.log.info(f"order {no}: {a['state']}", rid=c.rid)
        completed(c, st, 1.1)
        return st, a

    @shop.http("GET /orders/{no}")
    async def where(c, b):
        started(c, b, "OrdersController#show", {"id": b["_route"].split("/")[-1]})
        st, a = await c.call("orders", f"GET /api/orders/{b['_route'].split('/')[-1]}")
        completed(c, st, 0.8)
        return st, a

    @shop.consumer("tank.low")
    async def suggest(c, m):
        rid = uuid()
        async with c.span("Suggestion Upsert", "CLIENT") as s:
            await s.work(4)
        c.log.info(f"[Karafka] suggestion for customer {m.body['customer']}: tank {m.body['tank']} at {m.body['pct']}%", rid=rid, incoming=True)
        async with c.client("pricing", "POST /quote") as k:
            _, q = await k.send({"zip": m.body["zip"], "litres": 1500})
        async with c.producer("mail.wanted") as p:
            await p.send({"kind": "ReorderMail", "to": m.body["customer"], "ref": q.get("quote", "-")})
            p.log.debug(f"[Waterdrop] Async producing of a message to 'mail.wanted' topic took {p.elapsed_ms():.2f} ms", rid=rid)
    shop.noise(3, lambda log: log.info('Started GET "/up" for 10.0.0.1', rid=uuid()))

    # ------------------------------------------------------------ pricing
    @pricing.http("POST /quote")
    async def quote(c, b):
        await c.work(3)
        if c.rng.random() < 0.03:
            c.log.error("feed stale, no quote", zip=b["zip"], age="6m12s", incoming=True)
            return 503, {}
        stock = None
        if b["litres"] > 3000:
            _, stock = await c.call("depot", f"GET /stock/{b['zip'][:2]}")
        q = "Q" + format(c.rng.getrandbits(28), "07x")
        cents = 9100 + int(b["zip"][:2]) * 7 + c.rng.randrange(120)
        c.log.info("quote", id=q, zip=b["zip"], litres=b["litres"], ct_per_100l=cents, took=f"{c.elapsed_ms():.3f}ms", incoming=True)
        return 200, {"quote": q, "price": cents}

    @pricing.http("GET /quote/{id}")
    async def redeem(c, b):
        q = b["_route"].split("/")[-1]
        async with c.span("redis GETDEL", "CLIENT") as s:
            await s.work(1)
        ok = c.rng.random() > 0.04
        if not ok: c.log.warn("quote expired", id=q, incoming=True)
        else: c.log.debug("quote redeemed", id=q, incoming=True)
        return (200 if ok else 410), {}
    pricing.noise(2.5, lambda log: log.info("feed tick", symbol="HO1", price=round(w.rng.uniform(2.1, 2.9), 4)))

    # ------------------------------------------------------------ orders (Spring Boot)
    SQL, KT = "org.hibernate.SQL", "ntainer#0-0-C-1"

    @orders.http("POST /api/orders")
    async def create(c, b):
        L = "de.oel.orders.web.OrderController"
        c.log.debug(f"POST \"/api/orders\", parameters={{}}", logger="o.s.web.servlet.DispatcherServlet", incoming=True)
        async with c.client("pricing", f"GET /quote/{b['quote']}") as k:
            st, _ = await k.send({})
        if st != 200:
            c.log.warn(f"Quote {b['quote']} no longer valid, order rejected", logger=L)
            return 409, {}
        n["order"] += 1
        no = f"HO-{n['order']}"
        async with c.span("insert orders", "CLIENT") as s:
            s.log.debug("insert into orders (customer_id,litres,order_no,state,version,id) values (?,?,?,?,?,?)", logger=SQL)
            await s.work(6)
        w.orders[no] = {"no": no, "litres": b["litres"], "state": "PLACED", "customer": b["customer"], "zip": b["zip"]}
        c.log.info(f"Order {no} placed by customer {b['customer']}, {b['litres']} l", logger=L)
        await c.publish("order.placed", dict(w.orders[no], id=n["order"]))
        return 201, {"no": no}

    @orders.http("POST /api/orders/{no}/cancel")
    async def cancel(c, b):
        o = w.orders[b["_route"].split("/")[-2]]
        async with c.span("select orders for update", "CLIENT") as s:
            s.log.debug("select o1_0.id,o1_0.state from orders o1_0 where o1_0.order_no=? for update", logger=SQL)
            await s.work(3)
        if o["state"] not in ("PLACED", "CONFIRMED"):
            c.log.info(f"{o['no']} is {o['state']}, cannot cancel any more", logger="de.oel.orders.OrderService", incoming=True)
            return 409, {"state": o["state"]}
        o["state"] = "CANCELLED"
        async with c.producer("order.cancelled") as p:
            await p.send({"no": o["no"], "litres": o["litres"], "customer": o["customer"]})
        c.log.info(f"Order {o['no']} cancelled", logger="de.oel.orders.OrderService", incoming=True)
        return 200, {"state": "CANCELLED"}

    @orders.http("GET /api/orders/{no}")
    async def get(c, b):
        async with c.span("select orders", "CLIENT") as s:
            s.log.debug("select o1_0.id,o1_0.customer_id,o1_0.litres,o1_0.order_no,o1_0.state from orders o1_0 where o1_0.order_no=?", logger=SQL)
            await s.work(2)
        return 200, w.orders[b["_route"].split("/")[-1]]

    async def set_state(c, no, state):
        async with c.span("update orders", "CLIENT") as s:
            s.log.debug("update orders set state=?,version=? where id=? and version=?", logger=SQL, thread=KT)
            await s.work(4)
        w.orders[no]["state"] = state

    @orders.consumer("depot.answer", retries=2, retry_ms=300)
    async def reserved(c, m):
        no, ok = m.body["no"], m.body["ok"]
        if c.rng.random() < 0.04 and m.attempt < 3:
            c.log.warn(f"ObjectOptimisticLockingFailureException: Row was updated or deleted by another transaction : [de.oel.orders.Order#{no[3:]}]", logger="o.s.k.l.DefaultErrorHandler", thread=KT)
            raise Exception("lock")
        if w.orders[no]["state"] == "CANCELLED": return
        await set_state(c, no, "CONFIRMED" if ok else "REJECTED")
        if ok:
            c.log.info(f"Order {no} confirmed, reservation {m.body['res']}", logger="de.oel.orders.events.DepotListener", thread=KT, incoming=True)
            await asyncio.gather(c.publish("order.confirmed", w.orders[no]), c.publish("mail.wanted", {"kind": "OrderConfirmation", "to": w.orders[no]["customer"], "ref": no}))
        else:
            c.log.error(f"Order {no} rejected: depot has no oil", logger="de.oel.orders.events.DepotListener", thread=KT, incoming=True)
            await c.publish("mail.wanted", {"kind": "SorryMail", "to": w.orders[no]["customer"], "ref": no})

    @orders.consumer("stop.planned")
    async def planned(c, m):
        if w.orders[m.body["no"]]["state"] == "CONFIRMED": await set_state(c, m.body["no"], "PLANNED")

    @orders.consumer("delivery.done")
    async def delivered(c, m):
        await set_state(c, m.body["no"], "DELIVERED")
        c.log.info(f"Order {m.body['no']} delivered with {m.body['litres']} l (ordered {w.orders[m.body['no']]['litres']} l)", logger="de.oel.orders.events.TabletListener", thread=KT, incoming=True)
    orders.startup(lambda log: log.info("Started OrdersApplication in 4.213 seconds (process running for 4.9)", logger="de.oel.orders.OrdersApplication", thread="main"))
    orders.noise(6, lambda log: log.debug(f"HikariPool-1 - Pool stats (total=10, active={w.rng.randrange(3)}, idle=8, waiting=0)", logger="com.zaxxer.hikari.pool.HikariPool", thread="l-1 housekeeper"))

    # ------------------------------------------------------------ depot (.NET)
    D = "Depot.Consumers."

    async def ef(c, what, sql, t=4):
        async with c.span(what, "CLIENT") as s:
            await s.work(t)
            s.log.info(f"Executed DbCommand ({max(1, round(s.elapsed_ms()))}ms) [Parameters=[@p0='?' (DbType = Int32), @p1='?' (Size = 16)], CommandType='Text', CommandTimeout='30']\n{sql}", logger="Microsoft.EntityFrameworkCore.Database.Command", eid=20101)

    @depot.http("GET /stock/{zone}")
    async def stock(c, b):
        path = b["_route"].split(" ")[1]
        c.log.info(f"Request starting HTTP/1.1 GET http://depot:8080{path} - - -", logger="Microsoft.AspNetCore.Hosting.Diagnostics", eid=1, incoming=True)
        await ef(c, "SELECT Tanks", "SELECT t.Id, t.Litres FROM Tanks AS t WHERE t.Zone = @p0", 2)
        c.log.info(f"Request finished HTTP/1.1 GET http://depot:8080{path} - 200 - application/json {c.elapsed_ms():.4f}ms", logger="Microsoft.AspNetCore.Hosting.Diagnostics", eid=2)
        return 200, {"litres": c.rng.randrange(20000, 90000)}

    @depot.consumer("order.placed", retries=1, retry_ms=500)
    async def set_aside(c, m):
        no = m.body["no"]
        ok = c.rng.random() > 0.06
        n["res"] += 1
        if ok: await ef(c, "INSERT Reservations", "INSERT INTO Reservations (Id, OrderNo, Litres) VALUES (@p0, @p1, @p2);\nUPDATE Tanks SET Free = Free - @p2 WHERE Id = @p3;", 8)
        if ok: c.log.info(f"Set aside {m.body['litres']} l for {no}, reservation {n['res']}", logger=D + "OrderPlacedConsumer", incoming=True)
        else: c.log.warn(f"Not enough oil for {no} ({m.body['litres']} l)", logger=D + "OrderPlacedConsumer", incoming=True)
        w.stops[no] = {"res": n["res"]}
        async with c.producer("depot.answer") as p:
            await p.send({"no": no, "ok": ok, "res": n["res"]})

    @depot.consumer("order.cancelled")
    async def give_back(c, m):
        r = w.stops.get(m.body["no"], {}).get("res")
        await ef(c, "DELETE Reservations", "DELETE FROM Reservations WHERE OrderNo = @p0")
        c.log.info(f"Reservation {r} released", logger=D + "OrderCancelledConsumer", incoming=True)

    @depot.consumer("delivery.done")
    async def book_out(c, m):
        await ef(c, "UPDATE Tanks", "UPDATE Tanks SET Litres = Litres - @p0 WHERE Id = @p1", 5)
        if c.rng.random() < 0.5: c.log.debug(f"Booked out {m.body['litres']} l ({m.body['no']})", logger=D + "DeliveryDoneConsumer")
    depot.noise(5, lambda log: log.info(f"Tank gauge poll: T1 {w.rng.randrange(30000, 90000)} l, T2 {w.rng.randrange(30000, 90000)} l", logger="Depot.Gauges.PollingService"))

    # ------------------------------------------------------------ routing
    waiting = []

    @routing.consumer("order.confirmed")
    async def collect(c, m):
        waiting.append((m.body["no"], m.body["zip"], c))
        c.log.info(f"backlog += {m.body['no']} ({m.body['zip']}), now {len(waiting)}", logger="routing.backlog", incoming=True)

    @routing.consumer("order.cancelled")
    async def forget(c, m):
        before = len(waiting)
        waiting[:] = [x for x in waiting if x[0] != m.body["no"]]
        c.log.info(f"drop {m.body['no']}: {'removed' if len(waiting) < before else 'not in backlog'}", logger="routing.backlog", incoming=True)

    @routing.every(7)
    async def plan_tours(c):
        take, waiting[:] = waiting[:8], waiting[8:]
        if not take: return
        n["tour"] += 1
        t = f"T{n['tour']}"
        c.log.info(f"planning tour {t} with {len(take)} stops", logger="routing.planner")
        async with c.span("solve vrp") as s:
            await s.work(420, 0.4)
            s.log.debug(f"ortools: objective={c.rng.randrange(30000, 90000)} wall={s.elapsed_ms():.0f}ms", logger="routing.vrp")
        for i, (no, z, origin) in enumerate(take):
            c.link(origin)
            if w.orders[no]["state"] != "CONFIRMED":
                c.log.warning(f"{t}: {no} is {w.orders[no]['state']}, skipped", logger="routing.planner")
                continue
            async with c.producer("stop.planned") as p:
                await p.send({"tour": t, "pos": i + 1, "no": no, "customer": w.orders[no]["customer"]})
                p.log.info(f"{t} stop {i + 1} -> {no}", logger="routing.planner")
            w.tours.append((t, i + 1, no))
        c.log.info(f"tour {t} done in {c.elapsed_ms() / 1000:.2f}s", logger="routing.planner")
    routing.noise(4, lambda log: log.info('127.0.0.1:51322 - "GET /healthz HTTP/1.1" 200', logger="uvicorn.access"))

    # ------------------------------------------------------------ tablet-gw (NestJS)
    @tablet.consumer("stop.planned")
    async def to_tablet(c, m):
        await c.work(5)
        c.log.info(f"Stop {m.body['tour']}/{m.body['pos']} ({m.body['no']}) pushed to truck", logger="StopsController", incoming=True)

    @tablet.http("POST /tours/{tour}/stops/{pos}/meter")
    async def meter(c, b):
        _, _, t, _, pos, _ = b["_route"].split("/")
        c.log.info(f"Meter reading {t}/{pos}: {b['litres']} l, slip {b['slip']}", logger="MeterController", incoming=True)
        async with c.span("mongo insert slips", "CLIENT") as s:
            await s.work(5)
        async with c.producer("delivery.done") as p:
            await p.send({"no": b["no"], "litres": b["litres"], "slip": b["slip"], "customer": w.orders[b["no"]]["customer"]})
            p.log.debug(f"emit delivery.done {b['no']}", logger="EventBus")
        return 202, {}
    tablet.noise(4, lambda log: log.debug("Truck 4 heartbeat", logger="TrucksGateway"))

    # ------------------------------------------------------------ billing (Laravel)
    @billing.consumer("delivery.done", concurrency=3)
    async def invoice(c, m):
        job = uuid()
        c.log.info("App\\Jobs\\IssueInvoice RUNNING", job=job, order_no=m.body["no"], incoming=True)
        n["inv"] += 1
        inv = f"RE{n['inv']:06d}"
        async with c.span("insert invoices", "CLIENT") as s:
            await s.work(7)
        async with c.span("render pdf") as s:
            await s.work(160)
            s.log.debug("PDF rendered", invoice=inv, kb=c.rng.randrange(40, 90))
        async with c.producer("mail.wanted") as p:
            await p.send({"kind": "InvoiceMail", "to": m.body["customer"], "ref": inv})
            p.log.debug("mail queued", invoice=inv, customer=m.body["customer"])
        await c.publish("invoice.due", {"inv": inv, "slip": m.body["slip"], "customer": m.body["customer"]}, producer_span=False)
        c.log.info(f"App\\Jobs\\IssueInvoice {c.elapsed_ms():.2f}ms DONE", job=job, invoice=inv)

    @billing.consumer("invoice.due", retries=2, retry_ms=1500)
    async def debit(c, m):
        async with c.span("POST api.bank.test/sepa", "CLIENT") as s:
            await s.work(240)
            bad = c.rng.random() < 0.12
            s.log.info("bank answered", status=503 if bad else 201, invoice=m.body["inv"], attempt=m.attempt)
        if bad:
            if m.attempt == 3: c.log.error("giving up, dunning by hand", invoice=m.body["inv"])
            raise Exception("bank")
        c.log.info("direct debit created", invoice=m.body["inv"], mandate=f"M-{m.body['customer']}", incoming=True)

    @billing.consumer("order.cancelled")
    async def fee(c, m):
        await c.work(6)
        if c.rng.random() < 0.7: c.log.info("no cancellation fee", order=m.body["no"], incoming=True)
    billing.noise(6, lambda log: log.debug("schedule:run nothing to do"))

    # ------------------------------------------------------------ mailer (Sidekiq)
    def mail_job(cls):
        async def perform(c, m, ref, to):
            jid = "%024x" % c.rng.getrandbits(96)
            c.log.info("start", **{"class": cls or m.body["kind"], "jid": jid}, incoming=True)
            async with c.span("smtp", "CLIENT") as s:
                await s.work(90)
                if c.rng.random() < 0.9: s.log.info(f"Delivered mail {jid[:8]}@oel.test ({s.elapsed_ms():.1f}ms)", jid=jid)
                if c.rng.random() < 0.06:
                    s.log.warn("Net::ReadTimeout, retried inside", jid=jid)
                    await s.work(200)
            if c.rng.random() < 0.8: c.log.info(f"mailed {ref} to customer {to}", **{"class": cls or m.body["kind"], "jid": jid})
            c.log.info("done", **{"class": cls or m.body["kind"], "jid": jid, "elapsed": f"{c.elapsed_ms() / 1000:.3f}"})
        return perform

    @mailer.consumer("mail.wanted", concurrency=5)
    async def mail(c, m): await mail_job(None)(c, m, m.body["ref"], m.body["to"])

    @mailer.consumer("stop.planned", concurrency=5)
    async def mail_stop(c, m): await mail_job("DeliveryWindowMail")(c, m, m.body["no"], m.body["customer"])
    mailer.noise(7, lambda log: log.debug("heartbeat busy=0 queues=default,low"))

    # ------------------------------------------------------------ tanks (Rust)
    @tanks.http("POST /v1/readings")
    async def reading(c, b):
        async with c.span("influx write", "CLIENT") as s:
            await s.work(3)
        c.log.info("reading stored", logger="tanks::ingest", device=b["device"], pct=b["pct"], seq=b["seq"], latency_us=int(c.elapsed_ms() * 1000), incoming=True)
        if b["pct"] < 18:
            async with c.producer("tank.low") as p:
                p.log.warn("level low", logger="tanks::alerts", device=b["device"], customer=b["customer"])
                await p.send({"tank": b["device"], "pct": b["pct"], "customer": b["customer"], "zip": b["zip"]})
        return 204, {}
    tanks.noise(5, lambda log: log.debug("mqtt pingreq", logger="rumqttc::state"))


async def load(w):
    r = w.rng

    async def buyer(i):
        z = r.choice(["01067", "20095", "44135", "50667", "60311", "80331", "90402"])
        litres, cust = r.choice([1000, 1500, 2000, 2500, 3000, 4000, 5000]), r.randrange(40000, 49999)
        st, q = await w.start("shop", f"GET /prices/{z}", {"litres": litres})
        if st != 200 or i % 4 == 3: return
        await sleep(r.uniform(400, 3000))
        st, a = await w.start("shop", "POST /orders", {"quote": q["quote"], "litres": litres, "customer": cust, "zip": z})
        if st != 201: return
        if i % 7 == 2:
            await sleep(r.uniform(1500, 5000))
            await w.start("shop", f"DELETE /orders/{a['no']}")
        elif i % 6 == 1:
            await sleep(r.uniform(1500, 4000))
            await w.start("shop", f"GET /orders/{a['no']}")

    async def sensor(i):
        dev, cust, z, pct = f"TK-{r.getrandbits(24):06x}", r.randrange(40000, 49999), "50667", r.randrange(16, 40)
        for k in range(3):
            await w.start("tanks", "POST /v1/readings", {"device": dev, "customer": cust, "zip": z, "pct": pct - k, "seq": k + 1})
            await sleep(r.uniform(2000, 4000))

    async def driver():
        done = 0
        while done < 60 and not w.closing:
            await sleep(r.uniform(300, 900))
            if len(w.tours) <= done: continue
            t, pos, no = w.tours[done]
            done += 1
            await w.start("tablet-gw", f"POST /tours/{t}/stops/{pos}/meter", {"no": no, "litres": w.orders[no]["litres"] + r.randrange(-40, 9), "slip": r.randrange(700000, 799999)})

    d = w.loop.create_task(driver())
    await arrivals(w, 90, 3.2, lambda i: sensor(i) if i % 6 == 5 else buyer(i))
    await sleep(14000)
    d.cancel()

record(build, load, "m_oil")
