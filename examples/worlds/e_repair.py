"""Phone repair: tickets as a state machine, diagnosis, quotes (calls three deep), spare parts from stock or from suppliers (webhooks as requests of their own), bench with rework, payment."""
import json
from world import *


def nginx(r):                       # web: nginx combined with request time and the trace of its otel module
    f = r.fields
    if "route" not in f: return f"{r.time:%Y/%m/%d %H:%M:%S} [notice] {r.pid}#{r.pid}: {r.message}"
    ids = f'trace={r.trace_id} span={r.span_id}' if r.trace_id else "trace=- span=-"
    inc = f' tp="{r.incoming}"' if r.incoming else ""
    return f'{f["ip"]} - - [{r.time:%d/%b/%Y:%H:%M:%S}.{r.time.microsecond // 1000:03d} +0000] "{f["route"]} HTTP/1.1" {f["status"]} {f["size"]} "-" "{f["ua"]}" rt={f["rt"]:.3f} {ids}{inc}'


def django(r):                      # tickets
    ids = f" dd.trace_id={r.trace_id} dd.span_id={r.span_id}" if r.trace_id else ""
    if r.trace_id: ids = f" [dd.service=tickets dd.trace_id={r.trace_id} dd.span_id={r.span_id}]"
    inc = f" (parent_id={r.incoming_parent})" if r.incoming_parent else ""
    lvl = "WARNING" if r.level == "WARN" else r.level
    return f"{lvl} {r.time:%Y-%m-%d %H:%M:%S},{r.time.microsecond // 1000:03d} {r.logger} {r.pid} 14{r.thread:03d}2{ids} {r.message}{inc}"


def ktor(r):                        # triage: logback with MDC as %kvp / %mdc at the end
    mdc = f" trace_id={r.trace_id}, span_id={r.span_id}" if r.trace_id else ""
    inc = f", traceparent={r.incoming}" if r.incoming else ""
    return f"{r.time:%Y-%m-%d %H:%M:%S}.{r.time.microsecond // 1000:03d} [eventLoopGroupProxy-4-{r.thread}] {r.level:<5} {r.logger} -- {r.message}{' |' + mdc + inc if mdc else ''}"


def akka(r):                        # quoting
    ids = f"[{r.trace_id}-{r.span_id}]" if r.trace_id else "[]"
    inc = f" <~ {r.incoming_parent}" if r.incoming_parent else ""
    return f"[{isoz(r)}] [{r.level}] [{r.logger}] [quoting-akka.actor.default-dispatcher-{r.thread}] {ids} - {r.message}{inc}"


def caddy(r):                       # pricebook: zap JSON of Caddy's kind, float ts, or a plain error
    d = {"level": r.level.lower(), "ts": r.ns / 1e9, "logger": r.logger, "msg": r.message} | r.fields
    if r.trace_id: d |= {"traceID": r.trace_id, "spanID": r.span_id}
    if r.incoming: d.setdefault("request", {})["headers"] = {"Traceparent": [r.incoming]}
    return json.dumps(d)


def nest(r):                        # partsdesk: NestJS console, whole seconds, twelve-hour clock
    lvl = {"DEBUG": "DEBUG", "INFO": "LOG", "WARN": "WARN", "ERROR": "ERROR"}[r.level]
    h = r.time.hour % 12 or 12
    ids = f" {r.trace_id}:{r.span_id}" if r.trace_id else ""
    inc = f" traceparent={r.incoming}" if r.incoming else ""
    return f"[Nest] {r.pid}  - {r.time:%m/%d/%Y}, {h}:{r.time:%M:%S} {'AM' if r.time.hour < 12 else 'PM'} {lvl:>7} [{r.logger}]{ids} {r.message}{inc}"


def structlog_json(r):              # suppliers
    d = {**r.fields, "event": r.message, "level": "warning" if r.level == "WARN" else r.level.lower(), "timestamp": isoz(r, 6)}
    if r.trace_id: d |= {"trace_id": r.trace_id, "span_id": r.span_id}
    if r.incoming_parent: d["parent_span_id"] = r.incoming_parent
    return json.dumps(d)


def spdlog(r):                      # stockroom
    ids = f" {{{r.trace_id},{r.span_id}}}" if r.trace_id else ""
    inc = f" parent={r.incoming_parent}" if r.incoming_parent else ""
    return f"[{r.time:%Y-%m-%d %H:%M:%S}.{r.time.microsecond // 1000:03d}] [stockroom] [{'warning' if r.level == 'WARN' else r.level.lower()}] [t{r.thread}]{ids} {r.message}{inc}"


def gokit(r):                       # bench
    q = lambda v: json.dumps(str(v)) if any(c in str(v) for c in ' ="') else v
    kv = "".join(f" {k}={q(v)}" for k, v in r.fields.items())
    if r.trace_id: kv += f" traceID={r.trace_id} spanID={r.span_id}"
    if r.incoming: kv += f" traceparent={r.incoming}"
    return f"ts={isoz(r, 9)} caller={r.logger} level={r.level.lower()} msg={q(r.message)}{kv}"


def sleuth(r):                      # pay: old Spring Cloud Sleuth
    ids = f"[pay,{r.trace_id or ''},{r.span_id or ''},{'true' if r.trace_id else ''}]"
    inc = f" X-B3-ParentSpanId: {r.incoming_parent}" if r.incoming_parent else ""
    return f"{r.time:%Y-%m-%d %H:%M:%S}.{r.time.microsecond // 1000:03d} {r.level:>5} {ids} {r.pid} --- [nio-8081-exec-{r.thread}] {r.logger:<36}: {r.message}{inc}"


def rfc5424(r):                     # texter
    pri = {"DEBUG": 23, "INFO": 22, "WARN": 20, "ERROR": 19}[r.level]
    sd = f'[otel@32473 trace_id="{r.trace_id}" span_id="{r.span_id}"{f" parent={chr(34)}{r.incoming_parent}{chr(34)}" if r.incoming_parent else ""}]' if r.trace_id else "-"
    return f"<{pri}>1 {isoz(r, 6)} box7 texter {r.pid} {r.fields.get('id', '-')} {sd} {r.message}"


PARTS = ("LCD", "BAT", "CAM", "USBC", "SPK", "GLS")


def build(w):
    w.network_ms, w.broker_ms = 0.9, 5
    web = w.service("web", nginx)
    tickets = w.service("tickets", django, errors=lambda c, e: c.log.error(f"Task failed\nTraceback (most recent call last):\n  File \"tickets/consumers.py\", line 140, in dispatch\n    fn(msg)\ntickets.exceptions.ConsumerError: {e}", logger="tickets.consumers"))
    triage = w.service("triage", ktor, errors=lambda c, e: c.log.error(f"Coroutine failed: {e}", logger="triage.Worker"))
    quoting = w.service("quoting", akka, errors=lambda c, e: c.log.error(f"Actor restarted after {e}", logger="quoting.QuoteActor"))
    pricebook = w.service("pricebook", caddy)
    parts = w.service("partsdesk", nest, errors=lambda c, e: c.log.error(f"Nack: {e}", logger="AmqpConsumer"))
    suppliers = w.service("suppliers", structlog_json, errors=lambda c, e: c.log.error("message_failed", exc=str(e)))
    stock = w.service("stockroom", spdlog, errors=lambda c, e: c.log.error(f"consumer threw: {e}"))
    bench = w.service("bench", gokit, errors=lambda c, e: c.log.error("job aborted", logger="worker.go:88", err=str(e)))
    pay = w.service("pay", sleuth, errors=lambda c, e: c.log.error(f"Listener threw {e}", logger="de.fix.pay.Listener"))
    texter = w.service("texter", rfc5424, errors=lambda c, e: c.log.error(f"error: {e}"))

    w.t, kits, w.pos, calib = {}, {}, {}, {}
    tno, po, inv = [w.rng.randrange(20000, 60000)], [w.rng.randrange(700, 2000)], [w.rng.randrange(100, 900)]

    # ------------------------------------------------------------ web
    @web.http("ANY *")
    async def front(ctx, body):
        route = body["_route"]
        status, a = await ctx.call("suppliers" if "/hooks/" in route else "tickets", route, body, client_span=False)
        if ctx.rng.random() < 0.97:
            ctx.log.info("", incoming=True, route=route, status=status, size=ctx.rng.randrange(40, 1800), rt=ctx.elapsed_ms() / 1000, ip=f"203.0.113.{ctx.rng.randrange(250)}",
                         ua="MobilSupply-Hook/1.4" if "/hooks/" in route else "Mozilla/5.0")
        return status, a
    web.noise(9, lambda log: log.info("signal 1 (SIGHUP) received, reconfiguring"))

    # ------------------------------------------------------------ tickets
    async def orm(ctx, table, t):
        async with ctx.span(f"UPDATE {table}", "CLIENT") as db:
            await db.work(2.5)
            db.log.debug(f"({db.elapsed_ms() / 1000:.3f}) UPDATE \"{table}\" SET \"state\" = %s WHERE \"no\" = '{t}'; alias=default", logger="django.db.backends")

    @tickets.http("POST /tickets")
    async def open_ticket(ctx, body):
        tno[0] += 1
        t = f"T{tno[0]}"
        w.t[t] = {"state": "OPEN", "model": body["model"], "imei": body["imei"]}
        async with ctx.span("INSERT tickets_ticket", "CLIENT") as db:
            await db.work(4)
        ctx.log.info(f"ticket {t} opened at the counter: {body['model']}, \"{body['fault']}\"", logger="tickets.views", incoming=True)
        async with ctx.producer("ticket.opened") as p:
            mid = await p.send({"ticket": t, "imei": body["imei"], "model": body["model"]})
            p.log.debug(f"kombu: ticket.opened published delivery={mid}", logger="tickets.events")
        return 201, {"ticket": t}

    @tickets.http("GET /tickets/{id}")
    async def get_ticket(ctx, body):
        await ctx.work(3)
        ctx.log.debug(f"looked up {body['_route'].split('/')[-1]}", logger="tickets.views", incoming=True)
        return 200, {}

    @tickets.http("POST /tickets/{id}/approve")
    async def approve(ctx, body):
        t = body["_route"].split("/")[2]
        await orm(ctx, "tickets_ticket", t)
        w.t[t]["state"] = "APPROVED"
        async with ctx.producer("quote.approved") as p:
            p.log.info(f"customer approves {t}, telling the parts desk", logger="tickets.views")
            await p.send({"ticket": t, "parts": w.t[t]["parts"], "imei": w.t[t]["imei"]})
        return 202, {}

    @tickets.http("POST /tickets/{id}/decline")
    async def decline(ctx, body):
        t = body["_route"].split("/")[2]
        w.t[t]["state"] = "DECLINED"
        ctx.log.info(f"{t} declined by customer ({body['why']})", logger="tickets.views", incoming=True)
        s, a = await ctx.call("pay", "POST /invoices", {"ticket": t, "amount": 19})
        await orm(ctx, "tickets_ticket", t)
        return 200, a

    @tickets.http("POST /tickets/{id}/collect")
    async def collect(ctx, body):
        t = body["_route"].split("/")[2]
        async with ctx.client("pay", f"POST /invoices/{t}/settle") as c:
            s, _ = await c.send({"ticket": t})
        if s == 402:
            ctx.log.warning(f"{t} not handed out, card refused", logger="tickets.views", incoming=True)
            return 402, {}
        w.t[t]["state"] = "CLOSED"
        ctx.log.info(f"{t} handed out and closed", logger="tickets.views", incoming=True)
        await ctx.publish("ticket.closed", {"ticket": t}, producer_span=False)
        return 200, {}

    for topic, state in (("quote.ready", "QUOTED"), ("parts.complete", "IN_REPAIR"), ("repair.done", "READY"), ("repair.hopeless", "HOPELESS"), ("parts.unavailable", "NO_PARTS")):
        @tickets.consumer(topic)
        async def move(ctx, m, state=state):
            t = m.body["ticket"]
            await orm(ctx, "tickets_ticket", t)
            if w.t[t]["state"] != "CLOSED": w.t[t]["state"] = state
            w.t[t].update({k: m.body[k] for k in ("parts", "total") if k in m.body})
            if state != "IN_REPAIR":
                ctx.log.info(f"{t} -> {state}", logger="tickets.fsm", incoming=state == "QUOTED")
    tickets.noise(5, lambda log: log.info("GET /health/ 200", logger="django.server"))

    # ------------------------------------------------------------ triage
    @triage.consumer("ticket.opened", retries=2, concurrency=12)
    async def diagnose(ctx, m):
        t = m.body["ticket"]
        ctx.log.info(f"Ticket {t} taken for diagnosis (msg {m.id})", logger="triage.Worker", incoming=True)
        async with ctx.client("stockroom", f"GET /devices/{m.body['imei']}") as c:
            s, d = await c.send()
            c.log.debug(f"{s} from stockroom for IMEI {m.body['imei']}", logger="triage.StockroomClient")
        async with ctx.span("run battery test") as s:
            await s.work(140)
            s.log.info(f"{t}: battery health {s.rng.randrange(40, 100)}%", logger="triage.tests.Battery")
        async with ctx.span("run display test") as s:
            await s.work(90)
            if s.rng.random() < 0.9: s.log.debug(f"{t}: {s.rng.randrange(0, 9)} dead pixels", logger="triage.tests.Display")
        if ctx.rng.random() < 0.04 and m.attempt == 1:
            ctx.log.warning(f"{t}: USB connection to device lost, will retry", logger="triage.Worker")
            raise Exception("usb")
        found = ctx.rng.sample(PARTS, ctx.rng.choice([1, 1, 2, 3]))
        ctx.log.info(f"{t}: needs {found}", logger="triage.Worker")
        await ctx.publish("diagnosis.finished", {"ticket": t, "needs": found, "model": m.body["model"]})

    @triage.consumer("calibration.wanted")
    async def calibrate(ctx, m):
        await ctx.work(70)
        ctx.log.info(f"calibration profile for {m.body['ticket']} computed in {ctx.elapsed_ms():.0f} ms", logger="triage.Calibration", incoming=True)
        async with ctx.producer(m.body["reply"]) as p:
            await p.send({"ticket": m.body["ticket"], "profile": ctx.rng.randrange(100)})
    triage.noise(6, lambda log: log.debug("adb devices: 6 attached", logger="triage.Adb"))

    # ------------------------------------------------------------ quoting -> pricebook -> fx (calls in calls)
    @quoting.consumer("diagnosis.finished")
    async def quote(ctx, m):
        t = m.body["ticket"]

        async def one(part):
            async with ctx.client("pricebook", f"GET /prices/{part}") as c:
                c.log.debug(f"Ask price of {part}/{m.body['model']} for {t}", logger="quoting.PriceAsker")
                _, a = await c.send({"model": m.body["model"]})
            return a["price"]
        prices = await asyncio.gather(*(one(p) for p in m.body["needs"]))
        total = round(sum(prices) + 49, 2)
        async with ctx.producer("quote.ready") as p:
            await p.send({"ticket": t, "total": total, "parts": m.body["needs"]})
            p.log.debug(f"Told topic quote.ready about {t}", logger="quoting.Outlet")
        ctx.log.info(f"Quoted {t}: {total} EUR ({' + '.join(str(p) for p in prices)} + labour)", logger="quoting.QuoteActor", incoming=True)

    @pricebook.http("GET /prices/{part}")
    async def price(ctx, body):
        part = body["_route"].split("/")[-1]
        await ctx.work(0.5)
        if ctx.rng.random() < 0.2: ctx.log.debug("stale entry", key=part, logger="store")
        if ctx.rng.random() < 0.3:
            await ctx.call("pricebook", "GET /fx/USD", {})
        ctx.log.info("handled request", request={"method": "GET", "uri": f"/prices/{part}?model={body['model']}"}, duration=ctx.elapsed_ms() / 1000, status=200, logger="http.log.access", incoming=True)
        return 200, {"price": round(20 + PARTS.index(part) * 14.5 + len(body["model"]), 2)}

    @pricebook.http("GET /fx/{currency}")
    async def fx(ctx, body):
        await ctx.work(22)
        ctx.log.info("fx rate fetched", pair="EURUSD", rate=1.09, logger="fx")
        return 200, {}

    # ------------------------------------------------------------ partsdesk
    async def complete(ctx, t):
        k = kits.pop(t)
        async with ctx.producer("parts.complete") as p:
            await p.send({"ticket": t, "kit": k["got"]})
            p.log.info(f"Kit of {t} complete, emitted parts.complete", logger="KitService")

    @parts.consumer("quote.approved", retries=1)
    async def gather_kit(ctx, m):
        t = m.body["ticket"]
        ctx.log.info(f"quote.approved <- {t} [{','.join(m.body['parts'])}]", logger="AmqpConsumer", incoming=True)
        kits[t] = {"missing": set(), "got": [], "links": []}
        
        async def hold(p):
            async with ctx.client("stockroom", "POST /reservations") as c:
                answer = await c.send({"part": p, "ref": t})
                c.log.debug(f"POST stockroom/reservations {p} {answer[0]} +{c.elapsed_ms():.0f}ms", logger="HttpService")
                return answer
        answers = await asyncio.gather(*map(hold, m.body["parts"]))
        for p, (s, a) in zip(m.body["parts"], answers):
            if s == 201: kits[t]["got"].append(p)
            else: kits[t]["missing"].add(p)
        if not kits[t]["missing"]:
            await complete(ctx, t)
            return
        for p in sorted(kits[t]["missing"]):
            po[0] += 1
            ref = f"PO-{po[0]}/{p}"
            w.pos[ref] = {"ticket": t, "part": p, "ctx": ctx}
            async with ctx.client("suppliers", "POST /orders") as c:
                c.log.debug(f"ordering {p} for {t} as {ref}", logger="PurchaseService")
                s, a = await c.send({"po": ref, "sku": p})
            if s != 202:
                ctx.log.warn(f"nobody delivers {p}, ticket {t} gives up", logger="PurchaseService")
                kits.pop(t)
                await ctx.call("stockroom", "POST /reservations/cancel", {"ref": t})
                await ctx.publish("parts.unavailable", {"ticket": t, "part": p})
                return
        ctx.log.info(f"{t} waits for {len(kits[t]['missing'])} part(s)", logger="KitService")

    @parts.consumer("parts.shelved")
    async def arrived(ctx, m):
        x = w.pos[m.body["po"]]
        ctx.link(x["ctx"])
        k = kits.get(x["ticket"])
        if not k: return
        k["missing"].discard(x["part"])
        k["got"].append(x["part"])
        for o in k["links"]: ctx.link(o)
        k["links"].append(m.origin)
        if k["missing"]:
            ctx.log.debug(f"{x['ticket']} still lacks {', '.join(k['missing'])}", logger="KitService", incoming=True)
        else:
            await complete(ctx, x["ticket"])

    @parts.every(9)
    async def reorder_low_stock(ctx):
        s, a = await ctx.call("stockroom", "GET /levels", {})
        for p in a["low"]:
            po[0] += 1
            ctx.log.info(f"Restocking {p} with PO-{po[0]}/{p}", logger="RestockCron")
            await ctx.call("suppliers", "POST /orders", {"po": f"PO-{po[0]}/{p}", "sku": p})
    parts.noise(7, lambda log: log.debug("amqp heartbeat", logger="AmqpConnection"))

    # ------------------------------------------------------------ suppliers: the partner answers later, by a request of its own
    @suppliers.http("POST /orders")
    async def order(ctx, body):
        for vendor in ("mobilsupply", "partsworld"):
            async with ctx.span(f"POST {vendor}.example/orders", "CLIENT") as c:
                await c.work(85, 0.5)
                x = c.rng.random()
                c.log.info("vendor_called", vendor=vendor, po_number=body["po"], http_status=201 if x > 0.12 else 503 if x > 0.05 else 404)
            if x > 0.12: break
        else:
            ctx.log.error("no_vendor", po_number=body["po"], incoming=True)
            return 502, {}
        if body["po"] in w.pos: w.pos[body["po"]]["ordered"] = w.ns()
        return 202, {}

    @suppliers.http("POST /hooks/shipment")
    async def shipment(ctx, body):
        ctx.log.info("webhook_received", po_number=body["po"], parcel=body["parcel"], incoming=True)
        async with ctx.span("hmac check") as s:
            await s.work(0.3)
        async with ctx.span("mongo.findAndModify", "CLIENT") as c:
            await c.work(4)
            c.log.debug("purchase_order_updated", po_number=body["po"], state="SHIPPED")
        await ctx.publish("parts.arrived", {"po": body["po"], "parcel": body["parcel"]})
        return 204, {}

    # ------------------------------------------------------------ stockroom
    @stock.http("GET /devices/{imei}")
    async def device(ctx, body):
        await ctx.work(3)
        ctx.log.debug(f"device {body['_route'].split('/')[-1]}: no open recall", incoming=True)
        return 200, {}

    @stock.http("POST /reservations")
    async def reserve(ctx, body):
        await ctx.work(1.5)
        have = ctx.rng.random() < 0.72
        if have: ctx.log.info(f"bin {body['part']}-{ctx.rng.randrange(1, 9)} <- hold for {body['ref']}", incoming=True)
        else: ctx.log.warning(f"bin {body['part']} empty ({body['ref']})", incoming=True)
        return (201 if have else 404), {}

    @stock.http("POST /reservations/cancel")
    async def unreserve(ctx, body):
        await ctx.work(2)
        ctx.log.info(f"holds of {body['ref']} lifted")
        return 200, {}

    @stock.http("GET /levels")
    async def levels(ctx, body):
        await ctx.work(5)
        return 200, {"low": ctx.rng.sample(PARTS, ctx.rng.randrange(0, 3))}

    @stock.consumer("parts.arrived", retries=1)
    async def shelve(ctx, m):
        await ctx.work(160)
        ctx.log.info(f"parcel {m.body['parcel']} unpacked, {m.body['po']} shelved after {ctx.elapsed_ms():.0f}ms", incoming=True)
        async with ctx.producer("parts.shelved") as p:
            await p.send({"po": m.body["po"]})
            p.log.debug(f"mq tx parts.shelved {m.body['po']}")
    stock.noise(5, lambda log: log.info(f"climate {w.rng.uniform(19, 23):.1f}C {w.rng.randrange(30, 50)}%"))

    # ------------------------------------------------------------ bench: repair, ask for calibration, perhaps rework
    async def repair(ctx, t, turn):
        async with ctx.span("swap parts") as s:
            await s.work(350)
            s.log.debug("screws back in", logger="steps.go:51", job=t)
        calib[t] = turn
        async with ctx.producer("calibration.wanted") as p:
            p.log.info("asking for calibration", logger="calib.go:23", job=t, turn=turn)
            await p.send({"ticket": t, "reply": "calibration.ready"})

    @bench.consumer("parts.complete", concurrency=9)
    async def start_repair(ctx, m):
        ctx.log.info("repair starts", logger="worker.go:40", job=m.body["ticket"], kit="+".join(m.body["kit"]), incoming=True)
        await repair(ctx, m.body["ticket"], 1)

    @bench.consumer("calibration.ready")
    async def finish(ctx, m):
        t = m.body["ticket"]
        ctx.log.debug("profile loaded", logger="calib.go:41", job=t, profile=m.body["profile"], incoming=True)
        async with ctx.span("final check") as s:
            await s.work(120)
            ok = s.rng.random() > 0.1
            s.log.info("final check", logger="qa.go:17", job=t, passed=str(ok).lower(), profile=m.body["profile"])
        if ok:
            async with ctx.producer("repair.done") as p:
                await p.send({"ticket": t, "turns": calib[t]})
                p.log.info("repair done", logger="worker.go:72", job=t, turns=calib[t])
        elif calib[t] < 2:
            ctx.log.warn("back on the bench", logger="worker.go:65", job=t, incoming=True)
            await repair(ctx, t, 2)
        else:
            ctx.log.error("beyond repair", logger="worker.go:69", job=t, incoming=True)
            await ctx.publish("repair.hopeless", {"ticket": t})
    bench.noise(6, lambda log: log.debug("soldering station idle", logger="iron.go:12", temp=w.rng.randrange(180, 350)))

    # ------------------------------------------------------------ pay
    async def invoice(ctx, t, amount):
        inv[0] += 1
        async with ctx.span("insert invoice", "CLIENT") as db:
            await db.work(3)
            db.log.debug("insert into invoice (amount, ticket, nr) values (?, ?, ?)", logger="o.h.SQL")
        ctx.log.info(f"Invoice R-2026-{inv[0]:05d} over {amount} EUR for ticket {t}", logger="de.fix.pay.InvoiceService")
        return inv[0]

    @pay.http("POST /invoices")
    async def invoices(ctx, body):
        n = await invoice(ctx, body["ticket"], body["amount"])
        ctx.log.debug(f"POST /invoices 201 {ctx.elapsed_ms():.0f}ms", logger="de.fix.pay.AccessFilter", incoming=True)
        return 201, {"invoice": n}

    @pay.consumer("repair.done")
    async def bill(ctx, m):
        await invoice(ctx, m.body["ticket"], w.t[m.body["ticket"]].get("total"))

    @pay.http("POST /invoices/{ticket}/settle")
    async def settle(ctx, body):
        async with ctx.span("terminal authorise", "CLIENT") as c:
            c.log.info(f"Terminal 2: please present card ({body['ticket']})", logger="de.fix.pay.Terminal")
            await c.work(600)
        if ctx.rng.random() < 0.05:
            ctx.log.warning(f"Card refused for {body['ticket']}", logger="de.fix.pay.SettleController", incoming=True)
            return 402, {}
        ctx.log.debug(f"SettleController.settle({body['ticket']}) finished after {ctx.elapsed_ms():.0f}ms", logger="de.fix.pay.PerfAspect", incoming=True)
        return 200, {}

    # ------------------------------------------------------------ texter
    for topic, tag, text in (("quote.ready", "QUOTE", "Your quote is here"), ("repair.done", "READY", "Your phone is ready"), ("parts.unavailable", "SORRY", "No parts"), ("repair.hopeless", "SORRY", "Beyond repair")):
        @texter.consumer(topic)
        async def text_out(ctx, m, tag=tag, text=text):
            async with ctx.span("POST sms.example/send", "CLIENT") as c:
                await c.work(55)
                c.log.info(f'sent "{text}" ref={m.body["ticket"]}', id=tag)

    @texter.consumer("ticket.closed")
    async def survey(ctx, m):
        await ctx.work(10)
        ctx.log.debug(f"survey scheduled for {m.body['ticket']} event={m.topic}", id="SURVEY", incoming=True)
    texter.noise(8, lambda log: log.info("credit left: 8412", id="CREDIT"))


async def load(w):
    r = w.rng

    async def supplier_side():
        while not w.closing:
            await sleep(300)
            for ref, x in list(w.pos.items()):
                if "ordered" in x and w.ns() - x["ordered"] > x.setdefault("lead", r.randrange(1500, 5000)) * 1_000_000 and not x.get("sent"):
                    x["sent"] = True
                    w._spawn(w.start("web", "POST /hooks/shipment", {"po": ref, "parcel": f"JD{r.randrange(10 ** 9, 10 ** 10)}"}))
    side = w.loop.create_task(supplier_side())

    async def one(i):
        imei = "35%013d" % r.randrange(10 ** 13)
        s, a = await w.start("web", "POST /tickets", {"model": r.choice(["Pix 9", "G24 Ultra", "iFon 15", "Fair 6"]), "imei": imei, "fault": r.choice(["cracked", "won't charge", "no sound", "fell in lake"])})
        t = a["ticket"]
        await sleep(r.uniform(1200, 3000))
        if i % 6 == 0: await w.start("web", f"GET /tickets/{t}")
        if w.t[t]["state"] != "QUOTED": return
        if r.random() < 0.08:
            await w.start("web", f"POST /tickets/{t}/decline", {"why": r.choice(["too dear", "buys new"])})
            return
        await w.start("web", f"POST /tickets/{t}/approve")
        await sleep(r.uniform(3000, 9000))
        if w.t[t]["state"] == "READY" and i % 3: await w.start("web", f"POST /tickets/{t}/collect")
    await arrivals(w, 52, 2.6, one)
    await sleep(6000)
    side.cancel()

record(build, load, "e_repair")
