"""Groceries in fifteen minutes: an app talks to an Express front, baskets are in Go, orders in Quarkus; pickers scan item by item in a Ktor
service, missing things are replaced if the customer says yes, riders take the bag, the card is charged for what was really in it."""
import json
from world import *


def ms(r): return "%03d" % (r.time.microsecond // 1000)

def pinohttp(r):      # front: Express + pino-http
    d = {"level": {"DEBUG": 20, "INFO": 30, "WARN": 40, "ERROR": 50}[r.level], "time": r.ns // 1_000_000, "pid": r.pid, "hostname": "front-0"} | r.fields
    if r.trace_id: d |= {"trace_id": r.trace_id, "span_id": r.span_id, "trace_flags": "01"}
    if r.incoming_parent: d["parent_span_id"] = r.incoming_parent
    return json.dumps(d | {"msg": r.message}, separators=(",", ":"))

def slogjson(r):      # basket: Go slog JSON
    d = {"time": isoz(r, 9), "level": r.level, "msg": r.message} | r.fields
    if r.trace_id: d |= {"trace_id": r.trace_id, "span_id": r.span_id}
    if r.incoming: d["traceparent"] = r.incoming
    return json.dumps(d, separators=(",", ":"))

def quarkus(r):       # order: Quarkus console format
    th = r.thread if isinstance(r.thread, str) else f"executor-thread-{r.thread}"
    ids = f" traceId={r.trace_id}, spanId={r.span_id}, sampled=true" if r.trace_id else ""
    if r.incoming_parent: ids = ids.replace(", spanId", f", parentId={r.incoming_parent}, spanId")
    return f"{r.time:%Y-%m-%d %H:%M:%S},{ms(r)} {r.level:<5}{ids} [{r.logger}] ({th}) {r.message}"

def python(r):        # stock: FastAPI, logging.basicConfig plus uvicorn.access
    ids = f" [{r.trace_id}|{r.span_id}]" if r.trace_id else ""
    if r.incoming: ids += f" <{r.incoming}>"
    return f"{r.time:%Y-%m-%d %H:%M:%S},{ms(r)} - {r.logger} - {r.level.replace('WARN', 'WARNING')} -{ids} {r.message}"

def ktor(r):          # picking: Ktor with its template logback.xml, dated
    th = r.thread if isinstance(r.thread, str) else f"eventLoopGroupProxy-4-{r.thread}"
    mdc = f" [trace_id={r.trace_id}, span_id={r.span_id}]" if r.trace_id else ""
    if r.incoming_parent: mdc = mdc[:-1] + f", parent_id={r.incoming_parent}]"
    return f"{r.time:%Y-%m-%d %H:%M:%S}.{ms(r)} [{th}] {r.level:<5} {r.logger}{mdc} - {r.message}"

def rails(r):         # subs: Rails API with lograge
    if "path" in r.fields:
        f = r.fields
        s = f"method={f['verb']} path={f['path']} format=json controller={f['ctl']} action={f['act']} status={f['st']} allocations={f['al']} duration={f['t']:.2f} view=0.00 db={f['db']:.2f}"
        s += f" request_id={f['rid']}"
    else: s = r.message
    if r.trace_id: s += f" trace_id={r.trace_id} span_id={r.span_id}"
    if r.incoming: s += f" traceparent={r.incoming}"
    return f"{r.level[0]}, [{r.time:%Y-%m-%dT%H:%M:%S}.{r.time.microsecond:06d} #{r.pid}] {r.level:>5} -- : {s}"

def tower(r):         # riders: Rust, tower-http TraceLayer
    sp = f" request{{trace_id={r.trace_id} span_id={r.span_id}" + (f" parent={r.incoming_parent}" if r.incoming_parent else "") + "}:" if r.trace_id else ""
    f = "".join(f" {k}={json.dumps(v) if isinstance(v, str) and ' ' in v else v}" for k, v in r.fields.items())
    return f"{isoz(r, 6)} {r.level:>5}{sp} {r.logger}: {r.message}{f}"

def dotnet1(r):       # cards: .NET simple console, single line
    lv = {"DEBUG": "dbug", "INFO": "info", "WARN": "warn", "ERROR": "fail"}[r.level]
    sc = f"=> SpanId:{r.span_id}, TraceId:{r.trace_id}" + (f", ParentId:{r.incoming_parent}" if r.incoming_parent else "") + " " if r.trace_id else ""
    return f"{isoz(r, 3)} {lv}: {r.logger}[{r.fields.get('e', 0)}] {sc}{r.message}"

def bunyan(r):        # push: bunyan
    d = {"name": "push", "hostname": "push-5c", "pid": r.pid, "level": {"DEBUG": 20, "INFO": 30, "WARN": 40, "ERROR": 50}[r.level]} | r.fields
    if r.trace_id: d |= {"traceId": r.trace_id, "spanId": r.span_id}
    if r.incoming: d["traceparent"] = r.incoming
    return json.dumps(d | {"msg": r.message, "time": isoz(r), "v": 0}, separators=(",", ":"))


SKUS = ["milk-1l", "eggs-10", "banana", "oat-drink", "bread-rye", "butter", "tofu", "apples-1kg", "cola-6", "chips", "pasta", "ice-van", "beer-4", "nappies"]


def build(w):
    w.network_ms, w.broker_ms = 0.9, 6
    w.o, w.asks, w.trips = {}, {}, {}
    n = {"order": 60310, "task": 900, "sub": 70, "trip": 5200, "req": 0}
    hexid = lambda k: f"{w.rng.getrandbits(4 * k):0{k}x}"

    front = w.service("front", pinohttp)
    basket = w.service("basket", slogjson, errors=lambda c, e: c.log.error("consume", err=str(e)))
    order = w.service("order", quarkus, errors=lambda c, e: c.log.error(f"SRMSG18203: A message has been nacked, failure was: {e}\njava.lang.RuntimeException: {e}\n\tat shop.dark.order.Incoming.on(Incoming.java:71)\n\tat io.smallrye.reactive.messaging.providers.AbstractMediator.invoke(AbstractMediator.java:116)", logger="io.sma.rea.mes.kafka", thread="vert.x-worker-thread-1"))
    stock = w.service("stock", python, errors=lambda c, e: c.log.error(f"consumer task failed\nTraceback (most recent call last):\n  File \"/app/consumer.py\", line 28, in loop\n    await handler(msg)\nRuntimeError: {e}", logger="stock.consumer"))
    pick = w.service("picking", ktor, errors=lambda c, e: c.log.error(f"Unhandled: {e}", logger="picking.Consumer"))
    subs = w.service("subs", rails, errors=lambda c, e: c.log.error(f"[ActiveJob] Error performing: {e}"))
    riders = w.service("riders", tower, errors=lambda c, e: c.log.error("handler error", logger="riders::bus", error=str(e)))
    cards = w.service("cards", dotnet1, errors=lambda c, e: c.log.error(f"Processing failed, message abandoned: {e}", logger="Cards.Bus"))
    push = w.service("push", bunyan, errors=lambda c, e: c.log.error("job failed", err={"message": str(e), "name": "Error"}))

    # ------------------------------------------------------------ front (Express)
    def finish(c, b, st, **more):
        verb, url = b["_route"].split(" ")
        n["req"] += 1
        c.log("WARN" if 400 <= st < 500 else "INFO", "request completed", req={"id": n["req"], "method": verb, "url": url, "remoteAddress": f"::ffff:10.9.0.{c.rng.randrange(250)}"}, res={"statusCode": st}, responseTime=round(c.elapsed_ms()), **more, incoming=True)

    @front.http("PUT /basket/{id}/items")
    async def add_item(c, b):
        bid = b["_route"].split("/")[2]
        st, a = await c.call("basket", f"PUT /b/{bid}", {"sku": b["sku"], "qty": b["qty"]})
        finish(c, b, st)
        return st, a

    @front.http("POST /checkout")
    async def checkout(c, b):
        async with c.client("basket", f"POST /b/{b['basket']}/freeze") as k:
            st, bk = await k.send({})
            k.log.debug("axios", url=f"http://basket/b/{b['basket']}/freeze", status=st)
        async with c.client("order", "POST /orders") as k:
            st, a = await k.send({"basket": b["basket"], "lines": bk["lines"], "user": b["user"], "slot": "asap"})
            if st != 201: k.log.warning("order refused", status=st, basket=b["basket"])
        finish(c, b, st, userId=b["user"])
        return st, a

    @front.http("GET /orders/{id}/eta")
    async def eta(c, b):
        oid = b["_route"].split("/")[2]
        (s1, _), (s2, e) = await asyncio.gather(c.call("order", f"GET /orders/{oid}"), c.call("riders", f"GET /eta/{oid}"))
        finish(c, b, s1)
        return 200, e

    @front.http("POST /subs/{id}/{answer}")
    async def say(c, b):
        _, _, sid, ans = b["_route"].split("/")
        async with c.client("subs", f"PATCH /substitutions/{sid}") as k:
            st, a = await k.send({"answer": ans})
            k.log.debug("axios", url=f"http://subs/substitutions/{sid}", status=st)
        finish(c, b, st)
        return st, a
    front.noise(2.5, lambda log: log.info("request completed", req={"id": 0, "method": "GET", "url": "/livez"}, res={"statusCode": 200}, responseTime=0))

    # ------------------------------------------------------------ basket (Go)
    lines = w.lines = {}

    @basket.http("PUT /b/{id}")
    async def put(c, b):
        bid = b["_route"].split("/")[-1]
        async with c.span("redis HSET", "CLIENT") as s:
            await s.work(0.9)
        lines.setdefault(bid, {})[b["sku"]] = b["qty"]
        c.log.info("item", basket=bid, sku=b["sku"], qty=b["qty"], incoming=True)
        return 200, {}

    @basket.http("POST /b/{id}/freeze")
    async def freeze(c, b):
        bid = b["_route"].split("/")[-2]
        async with c.span("redis HGETALL", "CLIENT") as s:
            await s.work(1.1)
            s.log.debug("hgetall", key="b:" + bid, n=len(lines[bid]))
        c.log.info("frozen", basket=bid, lines=len(lines[bid]), dur=f"{c.elapsed_ms():.2f}ms", incoming=True)
        return 200, {"lines": dict(lines[bid])}

    @basket.consumer("order.accepted")
    async def clear(c, m):
        await c.work(1.5)
        c.log.debug("cleared", basket=m.body["basket"], order=m.body["id"], incoming=True)
    basket.noise(4, lambda log: log.debug("redis pool", hits=w.rng.randrange(200, 900), misses=2, stale=0))

    # ------------------------------------------------------------ order (Quarkus)
    O, VT = "sho.dar.ord.", "vert.x-worker-thread-1"

    @order.http("POST /orders")
    async def place(c, b):
        n["order"] += 1
        oid = f"DS{n['order']}"
        async with c.client("stock", "POST /allocate") as k:
            st, a = await k.send({"order": oid, "lines": b["lines"]})
            if st != 200: k.log.warning(f"allocate {oid} -> {st}", logger=O + "StockClient")
        if st != 200: return 409, {}
        async with c.client("cards", "POST /authorizations") as k:
            st, au = await k.send({"order": oid, "user": b["user"], "amount": 3 * len(b["lines"]) + 9})
            k.log.debug(f"authorization for {oid}: HTTP {st}", logger=O + "CardsClient")
        if st != 201:
            c.log.info(f"Order {oid} refused, card of user {b['user']} declined", logger=O + "OrderResource", incoming=True)
            async with c.client("stock", "POST /release") as k: await k.send({"order": oid})
            return 402, {}
        async with c.span("INSERT orders", "CLIENT") as s:
            s.log.debug("\n    insert into orders (basket,user_id,state,id) values (?,?,?,?)".strip(), logger="org.hibernate.SQL")
            await s.work(5)
        w.o[oid] = {"id": oid, "lines": b["lines"], "user": b["user"], "auth": au["auth"], "basket": b["basket"], "state": "ACCEPTED"}
        c.log.info(f"Order {oid} accepted, {len(b['lines'])} lines, auth {au['auth']}", logger=O + "OrderResource", incoming=True)
        await c.publish("order.accepted", dict(w.o[oid]))
        return 201, {"order": oid}

    @order.http("GET /orders/{id}")
    async def get(c, b):
        async with c.span("SELECT orders", "CLIENT") as s:
            s.log.debug("select o1_0.id,o1_0.state,o1_0.user_id from orders o1_0 where o1_0.id=?", logger="org.hibernate.SQL")
            await s.work(2)
        return 200, {}

    def state(topic, st, say):
        @order.consumer(topic, retries=2, retry_ms=120)
        async def f(c, m):
            oid = m.body["id"]
            async with c.span("UPDATE orders", "CLIENT") as s:
                s.log.debug("update orders set state=? where id=?", logger="org.hibernate.SQL", thread=VT)
                await s.work(3)
                if c.rng.random() < 0.03 and m.attempt < 3:
                    s.log.warning("SQL Error: 0, SQLState: 40001 could not serialize access due to concurrent update", logger="org.hib.eng.jdb.spi.SqlExceptionHelper", thread=VT)
                    raise Exception("40001")
            w.o[oid]["state"] = st
            if say: c.log.info(say.format(oid), logger=O + "Incoming", thread=VT, incoming=True)
            if st == "PACKED": await c.publish("order.packed", {"id": oid, "bag": m.body["bag"], "user": w.o[oid]["user"]})
    state("pick.done", "PACKED", "Order {} packed, calling for a rider")
    state("trip.started", "ON_THE_WAY", None)
    state("trip.done", "DELIVERED", "Order {} delivered")
    order.noise(6, lambda log: log.debug("Agroal: active 1, available 9, awaiting 0", logger="io.agroal.pool", thread="agroal-11"))

    # ------------------------------------------------------------ stock (FastAPI)
    @stock.http("POST /allocate")
    async def allocate(c, b):
        async with c.span("UPDATE shelf", "CLIENT") as s:
            for sku in b["lines"]:
                await s.work(1.6)
                s.log.debug(f"UPDATE shelf SET free = free - {b['lines'][sku]} WHERE sku = '{sku}' AND free >= {b['lines'][sku]}", logger="sqlalchemy.engine.Engine")
        st = 409 if c.rng.random() < 0.04 else 200
        c.log.info(f"allocated {sum(b['lines'].values())} pieces for {b['order']}" if st == 200 else f"cannot allocate {b['order']}", logger="stock.api")
        c.log.info(f'10.9.1.3:4{c.rng.randrange(1000, 9999)} - "POST /allocate HTTP/1.1" {st}', logger="uvicorn.access", incoming=True)
        return st, {}

    @stock.http("POST /release")
    async def release(c, b):
        await c.work(4)
        c.log.info(f'10.9.1.3:4{c.rng.randrange(1000, 9999)} - "POST /release HTTP/1.1" 204', logger="uvicorn.access", incoming=True)
        return 204, {}

    @stock.consumer("item.missing")
    async def missing(c, m):
        async with c.span("UPDATE shelf", "CLIENT") as s:
            await s.work(2)
        c.log.warning(f"{m.body['sku']} counted zero by picker ({m.body['id']})", logger="stock.consumer", incoming=True)
        if c.rng.random() < 0.5:
            async with c.producer("restock.wanted") as p:
                await p.send({"sku": m.body["sku"]})
                p.log.info(f"restock wanted: {m.body['sku']}", logger="stock.consumer")

    @stock.every(9)
    async def replenishment_run(c):
        c.log.info("replenishment run", logger="stock.jobs")
        for sku in c.rng.sample(SKUS, 3):
            async with c.span("INSERT purchase_line", "CLIENT") as s:
                await s.work(3)
                s.log.info(f"{sku}: order {c.rng.randrange(2, 9) * 12}", logger="stock.jobs")
        await c.publish("purchase.sent", {"id": f"PO{c.rng.randrange(10000, 99999)}"})
    stock.noise(4, lambda log: log.info('10.9.1.1:40022 - "GET /health HTTP/1.1" 200', logger="uvicorn.access"))

    # ------------------------------------------------------------ picking (Ktor): a task, item after item
    @pick.consumer("order.accepted", concurrency=9)
    async def task(c, m):
        n["task"] += 1
        t, x = f"pt-{n['task']}", m.body
        c.log.info(f"task {t} for {x['id']} offered to picker {c.rng.randrange(1, 9)}", logger="picking.Tasks", thread="DefaultDispatcher-worker-1", incoming=True)
        async with c.span("exposed insert tasks", "CLIENT") as s:
            await s.work(4)
            s.log.debug(f"INSERT INTO tasks (id, order_id, state) VALUES ('{t}', '{x['id']}', 'OPEN')", logger="Exposed", thread="DefaultDispatcher-worker-1")
        c.spawn(walk(c, t, x))

    async def walk(c, t, x):
        got = 0
        for sku, qty in x["lines"].items():
            await sleep(c.rng.uniform(150, 700))
            async with c.span("scan") as s:
                await s.work(2)
                if c.rng.random() > 0.08:
                    s.log.info(f"{t} scanned {sku} x{qty}", logger="picking.Scanner")
                    got += 1
                    continue
                s.log.warning(f"{t} {sku} not on the shelf", logger="picking.Scanner")
                fut = w.asks[f"{x['id']}/{sku}"] = w.loop.create_future()
                async with s.producer("item.missing") as p:
                    await p.send({"id": x["id"], "sku": sku, "user": x["user"]})
                    p.log.debug(f"item.missing {x['id']} {sku}", logger="picking.Events")
            try: yes = await asyncio.wait_for(fut, 4)
            except asyncio.TimeoutError: yes = None
            c.log.info(f"{t} {sku}: " + {True: "replaced", False: "left out", None: "no answer, left out"}[yes], logger="picking.Tasks")
            got += bool(yes)
        async with c.producer("pick.done") as p:
            await p.send({"id": x["id"], "bag": f"B{hexid(5)}", "got": got, "of": len(x["lines"])})
            p.log.info(f"task {t} done, {got}/{len(x['lines'])} lines", logger="picking.Tasks")

    @pick.consumer("sub.decided")
    async def decided(c, m):
        f = w.asks.get(f"{m.body['id']}/{m.body['sku']}")
        c.log.debug(f"decision for {m.body['id']} {m.body['sku']}: {m.body['yes']}", logger="picking.Consumer", incoming=True)
        if f and not f.done(): f.set_result(m.body["yes"])
    pick.noise(5, lambda log: log.debug("200 OK: GET - /ping in 1ms", logger="io.ktor.server.Application"))

    # ------------------------------------------------------------ subs (Rails): asks the customer
    w.pending = {}

    @subs.consumer("item.missing")
    async def propose(c, m):
        n["sub"] += 1
        sid = n["sub"]
        job = f"{hexid(8)}-{hexid(4)}"
        c.log.info(f"[ActiveJob] [ProposeJob] [{job}] Performing ProposeJob from Sidekiq(default) with arguments: \"{m.body['id']}\", \"{m.body['sku']}\"", incoming=True)
        async with c.span("Substitution Create", "CLIENT") as s:
            await s.work(4)
            s.log.debug(f"[ActiveJob] [ProposeJob] [{job}]   Substitution Create ({s.elapsed_ms():.1f}ms)  INSERT INTO \"substitutions\" (\"order_ref\", \"sku\") VALUES ('{m.body['id']}', '{m.body['sku']}') RETURNING \"id\" -- {sid}")
        w.pending[sid] = m.body
        await c.publish("push.wanted", {"user": m.body["user"], "kind": "substitute?", "ref": m.body["id"]})
        c.log.info(f"[ActiveJob] [ProposeJob] [{job}] Performed ProposeJob from Sidekiq(default) in {c.elapsed_ms():.2f}ms")
        w.ask_user.append((sid, w.ns()))

    @subs.http("PATCH /substitutions/{id}")
    async def answer(c, b):
        sid = int(b["_route"].split("/")[-1])
        x = w.pending[sid]
        async with c.span("Substitution Update", "CLIENT") as s:
            await s.work(3)
        async with c.producer("sub.decided") as p:
            await p.send({"id": x["id"], "sku": x["sku"], "yes": b["answer"] == "yes"})
            if c.rng.random() < 0.6: p.log.info(f"sub.decided sent for #{sid}")
        c.log.info("", verb="PATCH", path=f"/substitutions/{sid}", ctl="SubstitutionsController", act="update", st=200, al=c.rng.randrange(900, 3000), t=c.elapsed_ms(), db=2.4, rid=hexid(16), incoming=True)
        return 200, {}
    w.ask_user = []

    # ------------------------------------------------------------ riders (Rust)
    @riders.consumer("order.packed", retries=6, retry_ms=600)
    async def assign(c, m):
        async with c.span("find rider", "INTERNAL") as s:
            await s.work(7)
            if c.rng.random() < 0.12 and m.attempt < 6:
                s.log.warning("no rider free", logger="riders::dispatch", order=m.body["id"], attempt=m.attempt)
                raise Exception("none")
        n["trip"] += 1
        t, r = f"trip_{n['trip']}", c.rng.randrange(11, 40)
        w.trips[m.body["id"]] = {"trip": t, "rider": r}
        c.log.info("assigned", logger="riders::dispatch", trip=t, rider=r, bag=m.body["bag"], incoming=True)
        async with c.producer("trip.started") as p:
            await p.send({"id": m.body["id"], "trip": t, "user": m.body["user"]})
            p.log.debug("published trip.started", logger="riders::bus", trip=t, order=m.body["id"])
        w.on_road.append(m.body["id"])
    w.on_road = []

    @riders.http("GET /eta/{id}")
    async def geteta(c, b):
        c.log.debug("started processing request", logger="tower_http::trace::on_request", incoming=True)
        await c.work(3)
        c.log.debug("finished processing request", logger="tower_http::trace::on_response", latency=f"{c.elapsed_ms():.0f} ms", status=200)
        return 200, {"min": c.rng.randrange(2, 14)}

    @riders.http("POST /trips/{trip}/handed-over")
    async def handed(c, b):
        t = b["_route"].split("/")[2]
        async with c.span("sqlx update trips", "CLIENT") as s:
            await s.work(3)
            s.log.debug("summary=\"UPDATE trips SET done_at = …\"", logger="sqlx::query", rows_affected=1, elapsed=f"{s.elapsed_ms():.3f}ms")
        async with c.producer("trip.done") as p:
            await p.send({"id": b["order"], "trip": t})
        c.log.info("handed over", logger="riders::api", trip=t, order=b["order"], incoming=True)
        return 204, {}
    riders.noise(2, lambda log: log.debug("position", logger="riders::gps", rider=w.rng.randrange(11, 40), lat=round(w.rng.uniform(52.4, 52.6), 5), lon=round(w.rng.uniform(13.3, 13.5), 5)))

    # ------------------------------------------------------------ cards (.NET)
    @cards.http("POST /authorizations")
    async def authorize(c, b):
        c.log.info("Request starting HTTP/1.1 POST http://cards/authorizations - application/json -", logger="Microsoft.AspNetCore.Hosting.Diagnostics", e=1, incoming=True)
        a = f"au_{hexid(10)}"
        async with c.span("POST acquirer.test/auth", "CLIENT") as s:
            s.log.info("Sending HTTP request POST https://acquirer.test/auth", logger="System.Net.Http.HttpClient.Acquirer.ClientHandler", e=100)
            await s.work(170)
            s.log.info(f"Received HTTP response headers after {s.elapsed_ms():.4f}ms - 200", logger="System.Net.Http.HttpClient.Acquirer.ClientHandler", e=101)
        st = 402 if c.rng.random() < 0.05 else 201
        if st == 201: c.log.info(f"Authorized {b['amount']}.00 for {b['order']} as {a}", logger="Cards.AuthController")
        c.log.info(f"Request finished HTTP/1.1 POST http://cards/authorizations - {st} - application/json {c.elapsed_ms():.4f}ms", logger="Microsoft.AspNetCore.Hosting.Diagnostics", e=2)
        return st, {"auth": a}

    @cards.consumer("pick.done", retries=2, retry_ms=700)
    async def capture(c, m):
        x = w.o[m.body["id"]]
        async with c.span("POST acquirer.test/capture", "CLIENT") as s:
            await s.work(220)
            if c.rng.random() < 0.06 and m.attempt < 3:
                s.log.warning(f"Acquirer timed out capturing {x['auth']}, attempt {m.attempt}", logger="Polly")
                raise Exception("timeout")
            s.log.info(f"Received HTTP response headers after {s.elapsed_ms():.4f}ms - 200", logger="System.Net.Http.HttpClient.Acquirer.ClientHandler", e=101)
        c.log.info(f"Captured {x['auth']} ({m.body['got']} of {m.body['of']} lines)", logger="Cards.CaptureConsumer", incoming=True)
        await c.publish("push.wanted", {"user": x["user"], "kind": "receipt", "ref": m.body["id"]})
    cards.noise(6, lambda log: log.debug("Health check acquirer completed with status Healthy", logger="Microsoft.Extensions.Diagnostics.HealthChecks.DefaultHealthCheckService", e=103))

    # ------------------------------------------------------------ push (bunyan)
    @push.consumer("push.wanted", concurrency=10)
    async def send(c, m):
        c.log.info("job", job=hexid(6), kind=m.body["kind"], user=m.body["user"], ref=m.body["ref"], incoming=True)
        async with c.span("POST apns.test", "CLIENT") as s:
            await s.work(60)
            if c.rng.random() < 0.8: s.log.debug("apns ok", apnsId=hexid(12).upper(), user=m.body["user"])

    @push.consumer("trip.started")
    async def onway(c, m):
        async with c.span("POST apns.test", "CLIENT") as s:
            await s.work(60)
        c.log.info("rider on the way", order={"id": m.body["id"]}, trip=m.body["trip"])

    @push.consumer("purchase.sent")
    async def po(c, m):
        await c.work(30)
        c.log.info("purchase mailed", po=m.body["id"], incoming=True)
    push.noise(5, lambda log: log.debug("queue depth", waiting=w.rng.randrange(3), active=0))


async def load(w):
    r = w.rng

    async def shopper(i):
        bid, user = f"{r.getrandbits(32):08x}", f"u{r.randrange(20000, 99999)}"
        skus = r.sample(SKUS, r.randrange(2, 6))
        for k, sku in enumerate(skus):
            if k < 1 or i % 9 == 0 and k < 3:
                await w.start("front", f"PUT /basket/{bid}/items", {"sku": sku, "qty": r.randrange(1, 4)})
                await sleep(r.uniform(100, 500))
            else: w.lines[bid][sku] = r.randrange(1, 4)    # was in the basket since yesterday
        st, a = await w.start("front", "POST /checkout", {"basket": bid, "user": user})
        if st == 201 and i % 4 == 1:
            await sleep(r.uniform(1500, 5000))
            await w.start("front", f"GET /orders/{a['order']}/eta")

    async def customers():
        while True:
            await sleep(120)
            while w.ask_user:
                sid, _ = w.ask_user.pop(0)
                if r.random() < 0.85: w._spawn(reply(sid))

    async def reply(sid):
        await sleep(r.uniform(600, 3500))
        await w.start("front", f"POST /subs/{sid}/{'yes' if r.random() < 0.7 else 'no'}")

    async def rider():
        while True:
            await sleep(200)
            while w.on_road: w._spawn(ride(w.on_road.pop(0)))

    async def ride(oid):
        await sleep(r.uniform(2500, 6000))
        await w.start("riders", f"POST /trips/{w.trips[oid]['trip']}/handed-over", {"order": oid})

    back = [w.loop.create_task(customers()), w.loop.create_task(rider())]
    await arrivals(w, 60, 1.8, shopper)
    await sleep(16000)
    for b in back: b.cancel()

record(build, load, "m_darkstore")
