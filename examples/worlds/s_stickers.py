"""Custom stickers: artwork comes up and is checked, an order is paid (Stripe's webhook makes it real), every design is rendered,
a nesting batch packs designs of several orders onto one sheet, the press prints and inspects, and a parcel goes when all pieces are there."""
import json
from world import *


def hono(r):          # shop: Bun, Hono's logger middleware behind a small console wrapper
    ids = f" {{{r.trace_id}.{r.span_id}}}" if r.trace_id else ""
    if r.incoming_parent: ids = ids[:-1] + f"<-{r.incoming_parent}}}"
    return f"{isoz(r)}{ids} " + {"WARN": "warn: ", "ERROR": "error: "}.get(r.level, "") + r.message


def nestjson(r):      # checkout: ConsoleLogger of Nest 11 with json: true
    d = {"level": {"INFO": "log"}.get(r.level, r.level.lower()), "pid": r.pid, "timestamp": r.ns // 1_000_000, "message": dict(r.fields, text=r.message) if r.fields else r.message, "context": r.logger}
    if r.trace_id: d |= {"traceId": r.trace_id, "spanId": r.span_id}
    if r.incoming: d["traceparent"] = r.incoming
    return json.dumps(d, separators=(",", ":"))


def loguru(r):        # preflight
    x = f" | trace_id={r.trace_id} span_id={r.span_id}" if r.trace_id else ""
    if r.incoming_parent: x += f" parent={r.incoming_parent}"
    return f"{r.time:%Y-%m-%d %H:%M:%S}.{r.time.microsecond // 1000:03d} | {r.level.replace('WARN', 'WARNING'):<8} | {r.logger} - {r.message}{x}"


def powertools(r):    # stripehook: Lambda Powertools for TypeScript
    d = {"level": r.level, "message": r.message, "timestamp": isoz(r), "service": "stripehook", "sampling_rate": 0, "cold_start": False, "function_name": "stripehook-prod-handler"}
    if r.trace_id: d |= {"trace_id": r.trace_id, "span_id": r.span_id}
    if r.incoming: d["traceparent"] = r.incoming
    return json.dumps(d | r.fields, separators=(",", ":"))


def tslog(r):         # render: tslog's pretty output without styles
    q = "".join(f" {k}={v}" for k, v in r.fields.items())
    ids = f"\t[{r.trace_id}/{r.span_id}]" if r.trace_id else ""
    if r.incoming: ids = ids[:-1] + f" via {r.incoming}]"
    return f"{r.time:%Y-%m-%d %H:%M:%S}.{r.time.microsecond // 1000:03d}\t{r.level}\t{r.logger}{ids}\t{r.message}{q}"


def tracing(r):       # nesting: tracing-subscriber, the span in front
    f = " ".join(f"{k}={json.dumps(v) if isinstance(v, str) else v}" for k, v in r.fields.items())
    s = f"{{trace_id={r.trace_id} span_id={r.span_id}{' parent=' + r.incoming_parent if r.incoming_parent else ''}}}: " if r.trace_id else " "
    return f"{isoz(r, 6)} {r.level:>5} {'job' + s if r.trace_id else ''}{r.logger}: {r.message} {f}".rstrip()


def serilog(r):       # press: Serilog file sink on the Windows box beside the printer
    lv = {"DEBUG": "DBG", "INFO": "INF", "WARN": "WRN", "ERROR": "ERR"}[r.level]
    t = f" <{r.trace_id}:{r.span_id}>" if r.trace_id else ""
    return f"{r.time:%Y-%m-%d %H:%M:%S}.{r.time.microsecond // 1000:03d} +00:00 [{lv}]{t} {r.message}" + (f" {{ParentSpanId: \"{r.incoming_parent}\"}}" if r.incoming_parent else "")


def laravel(r):       # shipping: whole seconds
    x = dict(r.fields)
    if r.trace_id: x |= {"trace_id": r.trace_id, "span_id": r.span_id}
    if r.incoming_parent: x["parent_span_id"] = r.incoming_parent
    return f"[{r.time:%Y-%m-%d %H:%M:%S}] production.{r.level.replace('WARN', 'WARNING')}: {r.message} " + (json.dumps(x, separators=(",", ":")) if x else "") + " "


def bunyan(r):        # mailer
    d = {"name": "mailer", "hostname": "ip-10-8-1-77", "pid": r.pid, "component": r.logger, "level": {"DEBUG": 20, "INFO": 30, "WARN": 40, "ERROR": 50}[r.level]}
    if r.trace_id: d["trace"] = {"id": r.trace_id, "span": r.span_id} | ({"parent": r.incoming_parent} if r.incoming_parent else {})
    return json.dumps(d | r.fields | {"msg": r.message, "time": isoz(r), "v": 0}, separators=(",", ":"))


def build(w):
    w.network_ms, w.broker_ms = 1.8, 22
    w.orders, w.arts, waiting, requeued = {}, {}, [], set()
    n = {"order": 100481, "sheet": 77, "job": 5}
    w.new_message_id = lambda: "1%012d-0" % w.ids.randrange(10 ** 12)

    shop = w.service("shop", hono, errors=lambda c, e: c.log.error(f"{e}\n      at <anonymous> (/app/src/consumers.ts:44:13)\n      at processTicksAndRejections (native:7:39)"))
    co = w.service("checkout", nestjson, errors=lambda c, e: c.log.error(str(e), logger="ExceptionsHandler", stack=[f"Error: {e}\n    at CheckoutService.onPaid (/app/dist/checkout.service.js:90:15)"]))
    pre = w.service("preflight", loguru, errors=lambda c, e: c.log.error(f"An error has been caught in function 'run': {e}", logger="preflight.api:run:30"))
    hook = w.service("stripehook", powertools, errors=lambda c, e: c.log.error("Unhandled exception", error={"name": "Error", "location": "/var/task/index.js:88", "message": str(e)}))
    ren = w.service("render", tslog, errors=lambda c, e: c.log.error(f"Error {e}", logger="/src/worker.ts:19"))
    nes = w.service("nesting", tracing, errors=lambda c, e: c.log.error("consumer failed", error=str(e), logger="nesting::amqp"))
    prs = w.service("press", serilog, errors=lambda c, e: c.log.error(f"Unhandled exception while handling message\nSystem.InvalidOperationException: {e}\n   at PressHost.Handlers.SheetHandler.Handle(SheetReady msg) in C:\\src\\PressHost\\Handlers\\SheetHandler.cs:line 61"))
    shp = w.service("shipping", laravel, errors=lambda c, e: c.log.error(str(e), exception=f"[object] (RuntimeException(code: 0): {e} at /var/www/app/Listeners/PrintedListener.php:37)"))
    mlr = w.service("mailer", bunyan, errors=lambda c, e: c.log.error(f"{e}", logger="worker", err={"message": str(e), "name": "Error"}))
    shop.log.info("Started server http://0.0.0.0:8787")
    prs.log.info("Now listening on: \"http://localhost:5000\"")
    prs.log.info("Application started. Press Ctrl+C to shut down.")

    # ---- shop
    def front(route, target, rewrite, echo=True):
        @shop.http(route)
        async def through(c, b):
            verb, path = b["_route"].split(" ")
            c.log.info(f"<-- {verb} {path}", incoming=True)
            st, a = await c.call(target, rewrite(path), {k: v for k, v in b.items() if k[0] != "_"}, client_span=False)
            d = c.elapsed_ms()
            c.log.info(f"--> {verb} {path} {st} {f'{d:.0f}ms' if d < 1000 else f'{d / 1000:.0f}s'}")
            return st, a
    front("POST /api/orders", "checkout", lambda p: "POST /orders")
    front("GET /api/orders/{id}", "checkout", lambda p: "GET /orders/" + p.split("/")[-1])
    front("POST /api/orders/{id}/cancel", "checkout", lambda p: f"POST /orders/{p.split('/')[-2]}/cancel")

    @shop.http("POST /api/artwork")
    async def upload(c, b):
        c.log.info("<-- POST /api/artwork", incoming=True)
        i = f"art_{c.rng.getrandbits(50):010x}"
        async with c.span("R2 put", "CLIENT") as s:
            await s.work(60)
            s.log.debug(f"r2.put {i}.{b['ext']} {b['kb']}kB")
        async with c.client("preflight", "POST /check") as k:
            st, a = await k.send({"art": i, "ext": b["ext"], "kb": b["kb"]})
            k.log(*("INFO", f"preflight {i}: {a['verdict']}") if st == 200 else ("WARN", f"preflight {i} failed with {st}, customer asked to upload again"))
        w.arts[i] = st == 200
        c.log.info(f"--> POST /api/artwork {st} {c.elapsed_ms():.0f}ms")
        return st, {"art": i}

    @shop.consumer("parcel.shipped")
    async def ws(c, m):
        await c.work(2)
        c.log.info(f"ws publish order:{m.body['order']} SHIPPED ({c.rng.randrange(0, 3)} subscribers)", incoming=True)
    shop.noise(4, lambda log: log.info("<-- GET /up"))

    # ---- preflight
    @pre.http("POST /check")
    async def check(c, b):
        c.log.info(f"checking {b['art']} ({b['ext']}, {b['kb']} kB)", logger="preflight.api:check:22", incoming=True)
        async with c.span("ghostscript"):
            await c.work(140, 0.5)
        dpi = c.rng.choice([72, 150, 300, 300, 300, 600])
        async with c.span("trace cutline") as s:
            await s.work(70)
            s.log.debug(f"cutline: {c.rng.randrange(40, 900)} nodes, {s.elapsed_ms():.1f} ms", logger="preflight.cut:trace:118")
        if dpi < 100 and c.rng.random() < 0.6:
            c.log.warning(f"{b['art']} rejected: {dpi} dpi", logger="preflight.api:check:39")
            return 422, {}
        if c.rng.random() < 0.7: c.log.info(f"{b['art']} ok, {dpi} dpi", logger="preflight.api:check:44")
        return 200, {"verdict": f"ok at {dpi}dpi"}
    pre.noise(6, lambda log: log.debug(f"tmp cleaned: {w.rng.randrange(1, 40)} files", logger="preflight.tmp:sweep:12"))

    # ---- checkout
    S = "CheckoutService"
    @co.http("POST /orders")
    async def order(c, b):
        n["order"] += 1
        i = n["order"]
        x = w.orders[i] = {"id": i, "arts": b["arts"], "state": "NEW", "printed": set(), "pi": None, "mail": b["email"]}
        c.log.info(f"Creating order #{i} with {len(b['arts'])} designs", logger=S, incoming=True)
        async with c.span("INSERT orders", "CLIENT") as s:
            await s.work(7)
            s.log.debug("query: INSERT INTO \"orders\"(\"id\", \"email\", \"status\") VALUES ($1, $2, DEFAULT) -- PARAMETERS: [%d,\"%s\"]" % (i, b["email"]), logger="TypeORM")
        for t in (1, 2, 3):
            async with c.span("POST api.stripe.com/v1/payment_intents", "CLIENT") as s:
                await s.work(230)
                if c.rng.random() > 0.07:
                    x["pi"] = f"pi_3Q{c.rng.getrandbits(80):020x}"
                    if t > 1: s.log.info(f"axios-retry: attempt {t} ok", logger="StripeClient", order=i)
                    break
                s.log.warning("AxiosError: timeout of 5000ms exceeded", logger="StripeClient", code="ECONNABORTED", attempt=t)
        else: return 502, {}
        c.log.info(f"payment intent {x['pi']} for order {i}", logger=S)
        return 201, {"order": i, "pi": x["pi"]}

    @co.consumer("stripe.event", retries=2, retry_ms=300)
    async def paid(c, m):
        x = w.orders[m.body["order"]]
        if m.body["type"] != "payment_intent.succeeded":
            x["state"] = "UNPAID"
            c.log.warning(f"Order #{x['id']}: {m.body['type']}", logger="StripeListener", incoming=True)
            await c.publish("mail.send", {"to": x["mail"], "tpl": "payment-failed", "order": x["id"]}, producer_span=False)
            return
        if x["state"] not in ("NEW", "PAID"): return
        x["state"] = "PAID"
        async with c.span("UPDATE orders", "CLIENT") as s: await s.work(5)
        c.log.info("order paid", logger="StripeListener", orderId=x["id"], eventId=m.body["evt"], incoming=True)
        for k, a in enumerate(x["arts"]):
            async with c.producer("render.requested") as p:
                await p.send({"order": x["id"], "line": k + 1, "art": a, "lines": len(x["arts"])})
                p.log.debug(f"XADD render.requested {x['id']}-{k + 1}", logger="RedisStreams")
        await c.publish("mail.send", {"to": x["mail"], "tpl": "order-confirmed", "order": x["id"]}, producer_span=False)

    @co.http("GET /orders/{id}")
    async def status(c, b):
        i = int(b["_route"].split("/")[-1])
        async with c.span("SELECT orders", "CLIENT") as s:
            await s.work(3)
            s.log.debug("query: SELECT * FROM \"orders\" \"o\" WHERE ((\"o\".\"id\" = $1)) LIMIT 1 -- PARAMETERS: [%d]" % i, logger="TypeORM")
        return 200, {"state": w.orders[i]["state"]}

    @co.http("POST /orders/{id}/cancel")
    async def cancel(c, b):
        x = w.orders[int(b["_route"].split("/")[-2])]
        if x["state"] != "PAID" or x["printed"]:
            c.log.warning(f"Cannot cancel order #{x['id']} in state {x['state']}", logger=S, incoming=True)
            return 409, {}
        x["state"] = "CANCELLED"
        async with c.span("POST api.stripe.com/v1/refunds", "CLIENT") as s:
            await s.work(280)
            s.log.info(f"refunded {x['pi']}", logger="StripeClient", order=x["id"])
        async with c.producer("order.cancelled") as p: await p.send({"order": x["id"]})
        await c.publish("mail.send", {"to": x["mail"], "tpl": "refund", "order": x["id"]}, producer_span=False)
        c.log.info(f"Order #{x['id']} cancelled", logger=S, incoming=True)
        return 200, {}

    @co.consumer("parcel.shipped")
    async def done(c, m):
        w.orders[m.body["order"]]["state"] = "SHIPPED"
        await c.work(5)
        c.log.info(f"Order #{m.body['order']} -> SHIPPED", logger="ShippingListener", incoming=True)
    co.noise(5, lambda log: log.debug("GET /health", logger="HealthController"))

    # ---- webhook
    @hook.http("POST /webhook")
    async def webhook(c, b):
        rid = "%08x-%04x-4%03x-8%03x-%012x" % tuple(c.rng.getrandbits(k) for k in (32, 16, 12, 12, 48))
        c.log.info("event received", function_request_id=rid, stripe={"id": b["evt"], "type": b["type"]}, incoming=True)
        async with c.span("constructEvent") as s: await s.work(1)
        async with c.producer("stripe.event") as p:
            mid = await p.send(b)
            p.log.debug("forwarded", function_request_id=rid, streamId=mid, order=b["order"])
        return 200, {}

    # ---- render
    @ren.consumer("render.requested", retries=2, retry_ms=600, concurrency=8)
    async def render(c, m):
        job = f"{m.body['order']}-{m.body['line']}"
        c.log.info(f"Job {job} active", logger="/src/worker.ts:31", attempt=m.attempt, incoming=True)
        async with c.span("R2 get", "CLIENT") as s:
            await s.work(45)
            s.log.debug(f"got {m.body['art']}", logger="/src/store.ts:17")
        async with c.span("rasterize") as s:
            await s.work(320, 0.5)
            if c.rng.random() < 0.05 and m.attempt < 3:
                s.log.error(f"Error vips: out of order read at line {c.rng.randrange(2000)}\nerror stack:\n  • worker.ts:57 rasterize\n      /src/worker.ts:57:21\n  • worker.ts:33 process\n      /src/worker.ts:33:9", logger="/src/worker.ts:57")
                raise Exception("vips")
        await c.publish("render.done", m.body | {"mm": c.rng.choice([40, 50, 75, 100])}, producer_span=False)
        c.log.info(f"Job {job} completed", logger="/src/worker.ts:40", ms=round(c.elapsed_ms()))
    ren.noise(6, lambda log: log.debug("heap", logger="/src/main.ts:9", mb=w.rng.randrange(120, 400)))

    # ---- nesting
    @nes.consumer("render.done", retries=1)
    async def collect(c, m):
        async with c.span("sqlite insert", "CLIENT") as s: await s.work(2)
        waiting.append((m.body, c))
        c.log.info("piece queued", order=m.body["order"], line=m.body["line"], waiting=len(waiting), logger="nesting::queue", incoming=True)

    @nes.consumer("order.cancelled")
    async def forget(c, m):
        await c.work(1)
        gone = [x for x in waiting if x[0]["order"] == m.body["order"]]
        for x in gone: waiting.remove(x)
        c.log.info("dropped pieces of cancelled order", order=m.body["order"], count=len(gone), logger="nesting::queue", incoming=True)

    @nes.every(3.2)
    async def pack_sheet(c):
        take, waiting[:] = waiting[:10], waiting[10:]
        if not take:
            c.log.debug("nothing to pack", logger="nesting::pack")
            return
        n["sheet"] += 1
        sheet = f"SH-{n['sheet']:05d}"
        async with c.span("genetic search") as s:
            await s.work(380)
            s.log.info("packed", sheet=sheet, pieces=len(take), fill=round(c.rng.uniform(0.6, 0.93), 3), generations=c.rng.randrange(40, 90), logger="nesting::ga")
        for x, origin in take:
            c.link(origin)
            c.log.debug("placed", sheet=sheet, piece=f"{x['order']}/{x['line']}", art=x["art"], x=c.rng.randrange(600), y=c.rng.randrange(900), logger="nesting::pack")
        async with c.producer("sheet.ready") as p:
            await p.send({"sheet": sheet, "pieces": [x for x, _ in take]})
            p.log.info("sheet sent to press", sheet=sheet, logger="nesting::amqp")

    # ---- press
    @prs.consumer("sheet.ready", concurrency=2)
    async def sheet(c, m):
        s0 = m.body["sheet"]
        c.log.info(f"Sheet \"{s0}\" loaded on \"Roland VG3\", {len(m.body['pieces'])} pieces", incoming=True)
        async with c.span("print") as s:
            for pass_ in range(1, c.rng.randrange(2, 4)):
                await s.work(500)
                s.log.debug(f"Sheet \"{s0}\" pass {pass_} done")
        async with c.span("cut") as s:
            await s.work(420)
            s.log.info(f"Cut {len(m.body['pieces'])} contours of \"{s0}\" in {s.elapsed_ms():.0f} ms")
        for x in m.body["pieces"]:
            piece = f"{x['order']}-{x['line']}"
            async with c.span("inspect") as s:
                await s.work(25)
                bad = c.rng.random() < 0.05 and piece not in requeued
                if bad:
                    requeued.add(piece)
                    s.log.warning(f"Piece \"{piece}\" failed inspection (\"banding\"), ordering a reprint")
                    await s.publish("render.requested", {k: x[k] for k in ("order", "line", "art", "lines")})
                else:
                    if c.rng.random() < 0.6: s.log.debug(f"Piece \"{piece}\" passed")
                    await s.publish("piece.printed", {"order": x["order"], "line": x["line"], "lines": x["lines"], "sheet": s0}, producer_span=False)
        c.log.info(f"Sheet \"{s0}\" finished in {c.elapsed_ms() / 1000:.1f} s")
    prs.noise(7, lambda log: log.debug(f"Ink levels C={w.rng.randrange(20, 99)} M={w.rng.randrange(20, 99)} Y={w.rng.randrange(20, 99)} K={w.rng.randrange(20, 99)}"))

    # ---- shipping
    @shp.consumer("piece.printed", retries=2, retry_ms=800)
    async def piece(c, m):
        x = w.orders[m.body["order"]]
        if m.attempt == 1: c.log.info("Piece in bin", order_id=x["id"], line=m.body["line"], sheet=m.body["sheet"], incoming=True)
        x["printed"].add(m.body["line"])
        if len(x["printed"]) < m.body["lines"] or x["state"] != "PAID": return
        async with c.span("POST api.post.at/labels", "CLIENT") as s:
            await s.work(180)
            if c.rng.random() < 0.12 and m.attempt < 3:
                s.log.error("cURL error 28: Operation timed out after 3000 milliseconds", order_id=x["id"])
                raise Exception("label")
            track = f"100{c.rng.randrange(10 ** 15):015d}"
            s.log.info(f"Label created {track}")
        x["state"] = "PACKED"
        async with c.producer("parcel.shipped") as p:
            await p.send({"order": x["id"], "tracking": track, "to": x["mail"]})
            p.log.debug("Dispatching App\\Events\\ParcelShipped", order_id=x["id"])
        c.log.info(f"Order {x['id']} shipped", tracking=track)

    @shp.consumer("order.cancelled")
    async def unbin(c, m):
        await c.work(4)
        c.log.info("Nothing in bin for cancelled order", order_id=m.body["order"], incoming=True)
    shp.noise(6, lambda log: log.debug("Running ['artisan' horizon:snapshot]"))

    # ---- mailer
    @mlr.consumer("mail.send", retries=2, retry_ms=500)
    async def mail(c, m):
        async with c.span("smtp", "CLIENT") as s:
            await s.work(110)
            if c.rng.random() < 0.05 and m.attempt < 3:
                s.log.warning("454 4.7.0 Temporary authentication failure", logger="nodemailer", order=m.body["order"], attempt=m.attempt)
                raise Exception("454")
            s.log.debug("250 2.0.0 OK", logger="nodemailer", messageId=f"<{c.rng.getrandbits(60):015x}@stickers.example>")
        c.log.info("sent", logger="worker", template=m.body["tpl"], order=m.body["order"], rcpt=m.body["to"], incoming=True)

    @mlr.consumer("parcel.shipped")
    async def shipped(c, m):
        c.log.debug("parcel.shipped", logger="worker", order=m.body["order"], tracking=m.body["tracking"], incoming=True)
        async with c.span("smtp", "CLIENT") as s: await s.work(110)
        c.log.info("sent", logger="worker", template="on-its-way", order=m.body["order"], rcpt=m.body["to"])
    mlr.noise(8, lambda log: log.debug("smtp pool", logger="nodemailer", idle=w.rng.randrange(1, 5)))


async def load(w):
    r = w.rng

    async def customer(i):
        arts = []
        for _ in range(r.choice([1, 1, 2, 3])):
            st, a = await w.start("shop", "POST /api/artwork", {"ext": r.choice(["svg", "png", "pdf", "ai"]), "kb": r.randrange(40, 9000)})
            if st == 200: arts.append(a["art"])
            await sleep(r.uniform(50, 700))
        if not arts: return
        st, a = await w.start("shop", "POST /api/orders", {"arts": arts, "email": f"c{r.randrange(10000, 99999)}@example.org"})
        if st != 201: return
        await sleep(r.uniform(300, 2000))
        await w.start("stripehook", "POST /webhook", {"evt": f"evt_1Q{r.getrandbits(60):015x}", "order": a["order"],
                      "type": "payment_intent.payment_failed" if r.random() < 0.07 else "payment_intent.succeeded"})
        await sleep(r.uniform(700, 5000))
        if i % 8 == 3: await w.start("shop", f"POST /api/orders/{a['order']}/cancel")
        elif i % 3 == 0: await w.start("shop", f"GET /api/orders/{a['order']}")
    await arrivals(w, 53, 2.2, customer)
    await sleep(16000)

record(build, load, "s_stickers")
