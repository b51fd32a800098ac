"""A fulfilment warehouse: orders allocated over zones, picked in parallel, packed and handed to carriers; pallets of suppliers received scan by scan;
stock counted; the ERP told by a nightly kind of job. A MassTransit state machine in the middle, Azure Functions at the zones, Symfony and Laravel around."""
import json, re
from world import *


def compact(d): return json.dumps(d, separators=(",", ":"), ensure_ascii=False)
def ms3(r): return "%03d" % (r.time.microsecond // 1000)
def render(m, f): return re.sub(r"\{@?(\w+)\}", lambda x: str(f.get(x[1], x[0])), m)

def envoy(r):        # ingress: Envoy's default text, with duration
    f = r.fields
    if "code" not in f: return f"[{r.time:%Y-%m-%d %H:%M:%S}.{ms3(r)}][1][{r.level.lower()}][main] {r.message}"
    t = f' "{r.trace_id}/{r.span_id}"' if r.trace_id else ' "-"'
    p = f' "{r.incoming}"' if r.incoming else ""
    return f'[{isoz(r)}] "{f["verb"]} {f["path"]} HTTP/1.1" {f["code"]} - via_upstream - "-" {f["rx"]} {f["tx"]} {f["dur"]} {max(0, f["dur"] - 1)} "{f["ip"]}" "ShopConnector/3.2" "{f["rid"]}" "wms.local" "10.4.{f["rx"] % 9}.12:8080"{t}{p}'

def laravel(r):      # orders-api: Laravel, context JSON, shared context at the end
    extra = {"traceId": r.trace_id, "spanId": r.span_id} if r.trace_id else {}
    if r.incoming: extra["traceparent"] = r.incoming
    return f"[{r.time:%Y-%m-%dT%H:%M:%S}.{r.time.microsecond:06d}+00:00] prod.{r.level.replace('WARN', 'WARNING')}: {r.message}" + (f" {compact(r.fields)}" if r.fields else "") + (f" {compact(extra)}" if extra else "")

def clef(r):         # wms-core: Serilog compact JSON
    d = {"@t": isoz(r, 7), "@m": render(r.message, r.fields), "@i": "%08x" % (sum(map(ord, r.message)) * 2654435761 & 0xffffffff)}
    if r.level != "INFO": d["@l"] = {"WARN": "Warning", "DEBUG": "Debug", "ERROR": "Error"}[r.level]
    if r.trace_id: d["@tr"], d["@sp"] = r.trace_id, r.span_id
    if r.incoming_parent: d["ParentSpanId"] = r.incoming_parent
    return compact(d | r.fields | {"SourceContext": r.logger})

def log4net(r):      # allocation: log4net with NDC
    n = f"({r.trace_id}|{r.span_id})" if r.trace_id else "(null)"
    return f"{r.time:%Y-%m-%d %H:%M:%S},{ms3(r)} [{r.thread}] {r.level:<5} {r.logger} {n} - {r.message}" + (f" [caller {r.incoming_parent}]" if r.incoming_parent else "")

def azfunc(r):       # zone-functions: Functions host, console with scope line
    lv = {"INFO": "info", "WARN": "warn", "DEBUG": "dbug", "ERROR": "fail"}[r.level]
    s = f"{isoz(r)} {lv}: {r.logger}[0]"
    if r.trace_id: s += f"\n      => SpanId:{r.span_id}, TraceId:{r.trace_id}, ParentId:{r.incoming_parent or '0000000000000000'}"
    return s + "\n      " + r.message.replace("\n", "\n      ")

def tracing(r):      # conveyor: Rust tracing-subscriber
    sp = f" telegram{{trace_id={r.trace_id} span_id={r.span_id}}}:" if r.trace_id else ""
    f = "".join(f" {k}={json.dumps(v) if isinstance(v, str) and ' ' in v else v}" for k, v in r.fields.items())
    return f"{isoz(r, 6)} {r.level:>5}{sp} {r.logger}: {r.message}{f}" + (f" parent_id={r.incoming_parent}" if r.incoming_parent else "")

def symf(r):         # carriers: Monolog JsonFormatter
    d = {"message": r.message, "context": r.fields or {}, "level": {"DEBUG": 100, "INFO": 200, "WARN": 300, "ERROR": 400}[r.level], "level_name": r.level.replace("WARN", "WARNING"), "channel": r.logger,
         "datetime": f"{r.time:%Y-%m-%dT%H:%M:%S}.{r.time.microsecond:06d}+00:00", "extra": {}}
    if r.trace_id: d["extra"] = {"trace_id": r.trace_id, "span_id": r.span_id}
    if r.incoming_parent: d["extra"]["parent_id"] = r.incoming_parent
    d["message"] = render(r.message, r.fields)
    return compact(d)

def winston(r):      # labels: winston printf
    t = f" {{{r.trace_id},{r.span_id}}}" if r.trace_id else ""
    if r.incoming: t += f" tp={r.incoming}"
    return f"{isoz(r)} {r.level.lower()}:{t} {r.message}"

def nlog(r):         # erp-sync: NLog, verbose time, ids in ${activity}
    return f"{r.time:%Y-%m-%d %H:%M:%S}.{r.time.microsecond // 100:04d} [{r.level:>5}] {r.logger} {'(' + r.trace_id + ' ' + r.span_id + ') ' if r.trace_id else ''}{r.message}{' << ' + r.incoming if r.incoming else ''}"


def build(w):
    w.network_ms, w.broker_ms = 0.9, 22
    n = {"o": 5008120, "wave": 0, "ship": 0, "scan": 880000, "job": 40211}
    w.orders, futures, w.changes, w.parcels = {}, {}, [], {}
    Q = "sb://whs-prod.servicebus.windows.net/"

    ing = w.service("ingress", envoy)
    api = w.service("orders-api", laravel, errors=lambda c, e: c.log.error(str(e), exception=f"[object] (RuntimeException(code: 0): {e} at /app/Http/Kernel.php:201)"))
    core = w.service("wms-core", clef, errors=lambda c, e: c.log.error("T-FAULT {InputAddress} {Error}", logger="MassTransit.ReceiveTransport", InputAddress=Q + "wms-core", Error=str(e)))
    alloc = w.service("allocation", log4net, errors=lambda c, e: c.log.error(f"Message dropped\nSystem.Exception: {e}\n   at Allocation.Worker.Consume(Message m) in /src/Worker.cs:line 57", logger="Allocation.Worker"))
    zone = w.service("zone-functions", azfunc, errors=lambda c, e: c.log.error(f"Executed 'Functions.PickTask' (Failed, Duration={c.elapsed_ms():.0f}ms)\nSystem.InvalidOperationException: {e}", logger="Function.PickTask"))
    conv = w.service("conveyor", tracing, errors=lambda c, e: c.log.error("telegram lost", logger="conveyor::bus", err=str(e)))
    car = w.service("carriers", symf, errors=lambda c, e: c.log.error(f'Error thrown while handling message. Removing from transport. Error: "{e}"', logger="messenger"))
    lab = w.service("labels", winston, errors=lambda c, e: c.log.error(f"Error: {e}\n    at Renderer.render (/srv/render.js:41:13)"))
    erp = w.service("erp-sync", nlog, errors=lambda c, e: c.log.error(f"job failed: {e}", logger="ErpSync"))

    @ing.http("ANY *")
    async def route(c, b):
        verb, path = b["_route"].split(" ")
        target = {"orders": "orders-api", "asn": "wms-core", "hooks": "carriers", "stock": "allocation"}[path.split("/")[2]]
        st, a = await c.call(target, b["_route"], {k: v for k, v in b.items() if k[0] != "_"}, client_span=False)
        c.log.info("", verb=verb, path=path, code=st, rx=c.rng.randrange(0, 900), tx=c.rng.randrange(30, 700), dur=int(c.elapsed_ms()), ip=f"172.18.0.{c.rng.randrange(2, 9)}", rid=w.new_message_id(), incoming=True)
        return st, a
    ing.noise(10, lambda log: log.info("lds: add/update listener 'https'"))

    # -------------------------------------------------------- orders-api (Laravel)
    @api.http("POST /api/orders")
    async def store(c, b):
        n["o"] += c.rng.randrange(1, 6)
        o = n["o"]
        c.log.info("order received", shop=b["shop"], ext=b["ext"], lines=b["lines"], incoming=True)
        async with c.span("mysql insert", "CLIENT") as s:
            await s.work(6)
            if b["lines"] > 3: s.log.debug("insert into `orders` (`number`, `shop_ref`) values (?, ?)", bindings=[o, b["ext"]], time=round(s.elapsed_ms(), 2))
        w.orders[o] = {"o": o, "ext": b["ext"], "lines": b["lines"], "state": "new", "shop": b["shop"]}
        st, a = await c.call("allocation", "POST /api/stock/check", {"order": o, "lines": b["lines"]})
        if st != 200:
            c.log.warning("backorder", number=o, missing=a.get("missing"))
            w.orders[o]["state"] = "backorder"
            return 202, {"o": o, "state": "backorder"}
        async with c.producer("fulfil-order") as p:
            await p.send(dict(w.orders[o]))
            p.log.info("App\\Jobs\\FulfilOrder dispatched", number=o, queue="fulfil")
        return 201, {"o": o}

    @api.http("GET /api/orders/{o}")
    async def get(c, b):
        await c.work(4)
        c.log.debug("show", number=int(b["_route"].split("/")[-1]), state=w.orders[int(b["_route"].split("/")[-1])]["state"], incoming=True)
        return 200, {}

    @api.http("DELETE /api/orders/{o}")
    async def destroy(c, b):
        o = w.orders[int(b["_route"].split("/")[-1])]
        if o["state"] in ("packed", "shipped"):
            c.log.warning(f"too late to cancel {o['o']}, already {o['state']}", incoming=True)
            return 409, {}
        o["state"] = "cancelled"
        await c.publish("order-cancelled", dict(o))
        c.log.info("cancelled by shop", number=o["o"], incoming=True)
        return 202, {}

    @api.consumer("order-shipped", retries=2, retry_ms=300)
    async def tell_shop(c, m):
        async with c.span("POST webhook", "CLIENT") as s:
            await s.work(85, 0.6)
            if s.rng.random() < 0.07 and m.attempt < 3:
                s.log.warning("shop webhook answered 502, will be released back onto the queue", ext=m.body["ext"], attempt=m.attempt)
                raise Exception("502")
        c.log.info("shop told", ext=m.body["ext"], tracking=m.body["tracking"], incoming=True)
    api.noise(8, lambda log: log.debug("Horizon supervisor tick", processes=w.rng.randrange(4, 9)))

    # -------------------------------------------------------- wms-core (MassTransit state machine)
    async def until(c, key, ms):
        futures[key] = w.loop.create_future()
        try: return await asyncio.wait_for(futures[key], ms / 1000)
        except asyncio.TimeoutError: return None

    @core.consumer("fulfil-order")
    async def fulfil(c, m):
        o = w.orders[m.body["o"]]
        c.log.debug("RECEIVE {InputAddress} {MessageId} {MessageType}", logger="MassTransit.Messages", InputAddress=Q + "fulfil-order", MessageId=m.id, MessageType="Wms.Contracts.FulfilOrder", incoming=True)
        st, a = await c.call("allocation", "POST /allocations", {"order": o["o"], "lines": o["lines"]})
        o["zones"] = a["zones"]
        async with c.span("saga insert", "CLIENT") as s: await s.work(6)
        c.log.info("SAGA:OrderState {OrderNumber} Initial => Allocated ({Zones} zones)", logger="Wms.OrderStateMachine", OrderNumber=o["o"], Zones=len(a["zones"]))
        for z in a["zones"]:
            async with c.producer("pick-task") as p:
                mid = await p.send({"o": o["o"], "zone": z, "tote": f"T{c.rng.randrange(10000, 99999)}"})
                p.log.debug("SEND {DestinationAddress} {MessageId} {MessageType}", logger="MassTransit.Messages", DestinationAddress=Q + "pick-task-" + z.lower(), MessageId=mid, MessageType="Wms.Contracts.PickTask")

    @core.consumer("tote-arrived")
    async def joined(c, m):
        o = w.orders[m.body["o"]]
        o.setdefault("done", []).append(m.body["zone"])
        async with c.span("saga update", "CLIENT") as s:
            await s.work(4)
            s.log.debug("Executed DbCommand ({elapsed}ms) UPDATE [OrderState] SET [TotesIn] = @p0 WHERE [CorrelationId] = @p1 AND [RowVersion] = @p2", logger="Microsoft.EntityFrameworkCore.Database.Command", elapsed=round(s.elapsed_ms()))
        if len(o["done"]) < len(o["zones"]):
            c.log.info("{Have}/{Want} totes of order {OrderNumber} at packing", logger="Wms.OrderStateMachine", Have=len(o["done"]), Want=len(o["zones"]), OrderNumber=o["o"], incoming=True)
            return
        if o["state"] == "cancelled":
            c.log.warning("Order {OrderNumber} complete but cancelled, totes go back", logger="Wms.OrderStateMachine", OrderNumber=o["o"], incoming=True)
            await c.publish("put-away", {"o": o["o"], "tote": m.body["tote"]})
            return
        o["state"] = "packed"
        await c.work(160)
        st, a = await c.call("labels", "POST /render", {"order": o["o"], "carrier": c.rng.choice(["DHL", "GLS", "UPS"])})
        async with c.producer("parcel-packed") as p:
            await p.send({"o": o["o"], "parcel": a["parcel"], "carrier": a["carrier"], "ext": o["ext"]})
        c.log.info("SAGA:OrderState {OrderNumber} Picking => Packed, parcel {ParcelId}", logger="Wms.OrderStateMachine", OrderNumber=o["o"], ParcelId=a["parcel"], incoming=True)

    @core.http("POST /api/asn")
    async def asn(c, b):
        c.log.info("HTTP {RequestMethod} {RequestPath} started for ASN {AsnNo}", logger="Serilog.AspNetCore.RequestLoggingMiddleware", RequestMethod="POST", RequestPath="/api/asn", AsnNo=b["asn"], incoming=True)
        await c.work(8)
        await c.publish("asn-announced", b)
        c.log.info("HTTP {RequestMethod} {RequestPath} responded {StatusCode} in {Elapsed} ms", logger="Serilog.AspNetCore.RequestLoggingMiddleware", RequestMethod="POST", RequestPath="/api/asn", StatusCode=202, Elapsed=round(c.elapsed_ms(), 4))
        return 202, {}

    @core.consumer("pallet-scanned")
    async def book_in(c, m):
        await c.work(6)
        c.log.info("Pallet {Sscc} booked in to {Bin}", logger="Wms.Receiving", Sscc=m.body["sscc"], Bin=m.body["bin"], incoming=True)
        w.changes.append((m.body["sscc"], m.body["asn"], c))
        if m.body["last"]:
            async with c.producer("asn-complete") as p:
                await p.send({"asn": m.body["asn"], "n": m.body["n"]})
                p.log.info("ASN {AsnNo} complete", logger="Wms.Receiving", AsnNo=m.body["asn"])
    core.noise(6, lambda log: log.debug("Bus health: {Status}", logger="MassTransit", Status="Healthy"))

    # -------------------------------------------------------- allocation (log4net, old .NET Framework)
    @alloc.http("POST /api/stock/check")
    async def check(c, b):
        await c.work(9)
        if c.rng.random() < 0.06:
            c.log.warning(f"not enough for {b['order']}", logger="Allocation.StockController", incoming=True)
            return 409, {"missing": f"A-{c.rng.randrange(100, 999)}"}
        return 200, {}

    @alloc.http("POST /allocations")
    async def allocate(c, b):
        c.log.info(f"Allocate begin. OrderId={b['order']} Lines={b['lines']}", logger="Allocation.Engine", incoming=True)
        zs = sorted(c.rng.sample(["A", "B", "C", "F"], min(3, 1 + b["lines"] // 2)))
        for z in zs:
            async with c.span("usp_AllocateZone", "CLIENT") as s:
                await s.work(7)
                s.log.debug(f"exec usp_AllocateZone @order={b['order']}, @zone='{z}'", logger="Allocation.Db")
        c.log.info(f"Allocate end. OrderId={b['order']} Zones={','.join(zs)} Elapsed={c.elapsed_ms():.0f}", logger="Allocation.Engine")
        return 200, {"zones": zs}

    @alloc.http("POST /api/stock/counts")
    async def count(c, b):
        d = b["counted"] - b["book"]
        c.log.info(f"Count of bin {b['bin']}: {b['counted']} (book {b['book']}, diff {d:+d})", logger="Allocation.StockController", incoming=True)
        if d:
            async with c.span("usp_Adjust", "CLIENT") as s: await s.work(6)
            await c.publish("stock-adjusted", b | {"diff": d})
        return 200, {}

    @alloc.consumer("order-cancelled")
    async def free(c, m):
        async with c.span("usp_Free", "CLIENT") as s:
            await s.work(8)
            s.log.debug(f"exec usp_Free @order={m.body['o']}", logger="Allocation.Db")
        c.log.info(f"Freed allocations. OrderId={m.body['o']}", logger="Allocation.Worker", incoming=True)

    @alloc.consumer("asn-complete")
    async def avail(c, m):
        c.log.info(f"Stock of {m.body['asn']} now available ({m.body['n']} pallets)", logger="Allocation.Worker")
        await c.work(11)
    alloc.noise(5, lambda log: log.debug(f"SqlConnection pool: {w.rng.randrange(3, 20)} in use", logger="Allocation.Db"))

    # -------------------------------------------------------- zone functions (Azure Functions on Service Bus)
    @zone.consumer("pick-task", retries=2, retry_ms=900)
    async def pick(c, m):
        F, inv = "Function.PickTask", w.new_message_id()
        c.log.info(f"Executing 'Functions.PickTask' (Reason='(null)', Id={inv})", logger=F, incoming=True)
        c.log.info(f"Trigger Details: MessageId: {m.id.replace('-', '')}, SequenceNumber: {c.rng.randrange(4000, 9000)}, DeliveryCount: {m.attempt}, SessionId: (null)", logger=F)
        if c.rng.random() < 0.05 and m.attempt < 3:
            await c.work(700, 0.2)
            c.log.error(f"Executed 'Functions.PickTask' (Failed, Id={inv}, Duration={c.elapsed_ms():.0f}ms)\nPicking.BinEmptyException: bin of order {m.body['o']} is empty\n   at Picking.PickTask.Run(PickTask task, ILogger log) in /src/PickTask.cs:line 34", logger=F)
            raise Exception("bin empty")
        await c.work(1100, 0.5)
        st, _ = await c.call("conveyor", "POST /inject", {"tote": m.body["tote"], "from": m.body["zone"], "to": "PACK", "o": m.body["o"]})
        c.log.info(f"tote {m.body['tote']} for {m.body['o']} on the belt ({st})", logger=F + ".User")
        c.log.info(f"Executed 'Functions.PickTask' (Succeeded, Id={inv}, Duration={c.elapsed_ms():.0f}ms)", logger=F)

    @zone.consumer("put-away")
    async def put(c, m):
        await c.work(420)
        c.log.info(f"Returned contents of {m.body['tote']}", logger="Function.PutAway", incoming=True)

    @zone.consumer("asn-announced")
    async def receive(c, m):
        k = m.body["pallets"]
        c.log.info(f"Gate opened for ASN {m.body['asn']}, expecting {k}", logger="Function.Receive", incoming=True)
        for i in range(k):
            await c.work(380, 0.5)
            sscc = f"00{340012300000000000 + c.rng.randrange(10 ** 9)}"
            async with c.producer("pallet-scanned") as p:
                p.log.info(f"scan {i + 1}/{k} {sscc}", logger="Function.Receive.User")
                await p.send({"asn": m.body["asn"], "sscc": sscc, "bin": f"R{c.rng.randrange(1, 30):02d}-{c.rng.randrange(1, 6)}", "last": i == k - 1, "n": k})
    zone.noise(7, lambda log: log.debug("Host lock lease renewed.", logger="Host.Singleton"))

    # -------------------------------------------------------- conveyor (PLC bridge)
    @conv.http("POST /inject")
    async def inject(c, b):
        async with c.span("plc write", "CLIENT") as s:
            await s.work(12)
            s.log.debug("tx", logger="conveyor::plc", db=41, tote=b["tote"])
        c.spawn(ride(c, b))
        return 202, {}

    async def ride(c, b):
        await sleep(c.rng.uniform(500, 2600))
        if c.rng.random() < 0.06:
            c.log.warning("jam cleared", logger="conveyor::belt", tote=b["tote"], after_ms=900)
            await sleep(900)
        async with c.producer("tote-arrived") as p:
            p.log.info("photo eye", logger="conveyor::belt", tote=b["tote"], lane=b["to"])
            await p.send({"o": b["o"], "zone": b["from"], "tote": b["tote"]})
    conv.noise(3, lambda log: log.debug("cycle", logger="conveyor::plc", us=w.rng.randrange(900, 2100)))

    # -------------------------------------------------------- labels (node)
    @lab.http("POST /render")
    async def renders(c, b):
        n["ship"] += 1
        pid = f"{b['carrier']}{n['ship'] + 77000}"
        async with c.span("zpl") as s:
            await s.work(28)
            if c.rng.random() < 0.5: s.log.debug(f"zpl {s.rng.randrange(2000, 5000)} bytes")
        c.log.info(f"label {pid} for order #{b['order']} rendered in {c.elapsed_ms():.0f}ms", incoming=True)
        return 200, {"parcel": pid, "carrier": b["carrier"]}
    lab.noise(9, lambda log: log.info("printer zebra-2 online"))

    # -------------------------------------------------------- carriers (Symfony Messenger)
    @car.consumer("parcel-packed", retries=3, retry_ms=600)
    async def announce(c, m):
        cl = "App\\Message\\AnnounceParcel"
        c.log.info("Received message {class}", logger="messenger", **{"class": cl, "message_id": m.id}, incoming=True)
        async with c.span("POST carrier", "CLIENT") as s:
            s.log.info(f'Request: "POST https://api.{m.body["carrier"].lower()}.example/v1/shipments"', logger="http_client")
            await s.work(210, 0.5)
            bad = s.rng.random() < 0.08 and m.attempt < 4
            s.log.info(f'Response: "{503 if bad else 201} https://api.{m.body["carrier"].lower()}.example/v1/shipments" {s.elapsed_ms() / 1000:.6f} seconds', logger="http_client")
        if bad:
            c.log.warning("Error thrown while handling message {class}. Sending for retry #{retryCount} using {delay} ms delay. Error: \"{error}\"", logger="messenger", **{"class": cl, "retryCount": m.attempt, "delay": 600 * m.attempt, "error": "HTTP 503 returned"})
            raise Exception("503")
        tr = f"JJD{c.rng.randrange(10 ** 9, 10 ** 10)}"
        w.parcels[tr] = m.body
        async with c.span("doctrine", "CLIENT") as s: await s.work(5)
        c.log.info("Message {class} handled by {handler}", logger="messenger", **{"class": cl, "handler": "App\\MessageHandler\\AnnounceParcelHandler::__invoke", "parcel": m.body["parcel"], "tracking": tr})

    @car.http("POST /api/hooks/scan")
    async def hook(c, b):
        x = w.parcels[b["tracking"]]
        c.log.info("Matched route \"{route}\".", logger="request", route="hook_scan", incoming=True)
        c.log.info("parcel scanned by carrier", logger="app", tracking=b["tracking"], parcel=x["parcel"])
        w.orders[x["o"]]["state"] = "shipped"
        async with c.producer("order-shipped") as p:
            p.log.info("Sending message {class} with {sender}", logger="messenger", **{"class": "App\\Message\\OrderShipped", "sender": "amqp"})
            await p.send({"o": x["o"], "ext": x["ext"], "tracking": b["tracking"]})
        return 200, {}
    car.noise(8, lambda log: log.debug("Redis connection alive", logger="cache"))

    # -------------------------------------------------------- erp-sync (Hangfire)
    @erp.consumer("order-shipped")
    async def invoice(c, m):
        await c.work(25)
        c.log.info(f"Invoice trigger for {m.body['o']} written to IDoc {n['job'] + m.body['o'] % 1000}", logger="ErpSync.Invoicing", incoming=True)

    @erp.consumer("stock-adjusted")
    async def adjust(c, m):
        c.log.info(f"MATMAS adjust {m.body['bin']} by {m.body['diff']}", logger="ErpSync.Stock", incoming=True)

    @erp.every(5)
    async def push_receipts(c):
        rows, w.changes[:] = list(w.changes), []
        n["job"] += 1
        c.log.debug(f"Job #{n['job']} PushReceipts started, {len(rows)} row(s)", logger="Hangfire.Processing")
        for sscc, asn, o in rows:
            c.link(o)
            async with c.span("rfc BAPI_GOODSMVT_CREATE", "CLIENT") as s:
                await s.work(18)
                s.log.info(f"goods receipt {sscc} ref {asn} -> mat.doc {c.rng.randrange(5 * 10 ** 9, 5 * 10 ** 9 + 10 ** 6)}", logger="ErpSync.Receipts")
        if rows: c.log.info(f"Job #{n['job']} PushReceipts succeeded: {len(rows)} row(s), {c.elapsed_ms():.0f} ms", logger="Hangfire.Processing")
    erp.noise(6, lambda log: log.debug("Server erp-1:1:8f2 heartbeat successfully sent", logger="Hangfire.Server.ServerHeartbeatProcess"))


async def load(w):
    r = w.rng

    async def shop(i):
        s, a = await w.start("ingress", "POST /api/orders", {"shop": r.choice(["bikeparts", "teashop", "toyland"]), "ext": f"{r.choice('BTX')}-{r.randrange(10 ** 6):06d}", "lines": r.randrange(1, 7)})
        if i % 5 == 2:
            await sleep(r.uniform(400, 4000))
            await w.start("ingress", f"GET /api/orders/{a['o']}")
        if s == 201 and i % 11 == 4:
            await sleep(r.uniform(200, 2500))
            await w.start("ingress", f"DELETE /api/orders/{a['o']}")

    async def truck(i):
        await w.start("ingress", "POST /api/asn", {"asn": f"ASN{r.randrange(10 ** 5, 10 ** 6)}", "pallets": r.randrange(3, 7)})

    async def scans():
        seen = set()
        for _ in range(90):
            await sleep(700)
            for t in list(w.parcels):
                if t not in seen and r.random() < 0.5:
                    seen.add(t)
                    await w.start("ingress", "POST /api/hooks/scan", {"tracking": t})
    w._spawn(scans())

    async def one(i):
        if i % 8 == 1: await truck(i)
        elif i % 8 == 5: await w.start("ingress", "POST /api/stock/counts", {"bin": f"A{r.randrange(10, 60)}-{r.randrange(1, 5)}", "book": (k := r.randrange(3, 40)), "counted": k + r.choice([0, 0, -1, 2])})
        else: await shop(i)
    await arrivals(w, 125, 2.6, one)
    await sleep(6000)

record(build, load, "x_warehouse")
