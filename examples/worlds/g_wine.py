"""Wine auction house: bids through an API behind nginx, one engine per lot, outbox relay, hammer by a clock, invoices, payment webhooks, cellar and export papers."""
import json
from world import *


# nginx combined with times; access lines only
def nginx(r):
    if "uri" not in r.fields:
        return f"{r.time:%Y/%m/%d %H:%M:%S} [{r.level.lower().replace('warn', 'warn')}] {r.pid}#{r.pid}: {r.message}"
    f = r.fields
    ids = f' trace_id={r.trace_id} span_id={r.span_id}' if r.trace_id else " trace_id=- span_id=-"
    up = f' parent={r.incoming_parent}' if r.incoming_parent else ""
    return f'{f["ip"]} - {f.get("user", "-")} [{r.time:%d/%b/%Y:%H:%M:%S} +0000] "{f["verb"]} {f["uri"]} HTTP/2.0" {f["status"]} {f["bytes"]} "-" "CellarApp/5.2" rt={f["rt"]:.3f}{ids}{up}'


# Phoenix-like logfmt
def phx(r):
    ids = f"trace_id={r.trace_id} span_id={r.span_id} " if r.trace_id else ""
    up = f"traceparent={r.incoming} " if r.incoming else ""
    return f"{r.time:%Y-%m-%dT%H:%M:%S.%f} {r.level.lower()} {ids}{up}mfa={r.logger} {r.message}"


# zerolog JSON
def zero(r):
    d = {"level": r.level.lower(), "time": r.ns // 1_000_000} | r.fields
    if r.trace_id: d |= {"trace": r.trace_id, "span": r.span_id}
    if r.incoming_parent: d["parent"] = r.incoming_parent
    return json.dumps(d | {"message": r.message}, separators=(",", ":"))


# Quarkus
def quarkus(r):
    ids = f" traceId={r.trace_id}, parentId={r.incoming_parent or ''}, spanId={r.span_id}, sampled=true" if r.trace_id else " traceId=, parentId=, spanId=, sampled="
    return f"{r.time:%Y-%m-%d %H:%M:%S},{r.time.microsecond // 1000:03d} {r.level:<5}{ids} [{r.logger}] (executor-thread-{r.thread}) {r.message}"


# PHP / Symfony monolog
def symfony(r):
    extra = {"trace_id": r.trace_id, "span_id": r.span_id} if r.trace_id else []
    ctx = dict(r.fields) | ({"parent_traceparent": r.incoming} if r.incoming else {})
    return f"[{r.time:%Y-%m-%dT%H:%M:%S.%f}+00:00] {r.logger}.{r.level.replace('WARN', 'WARNING')}: {r.message} {json.dumps(ctx or [])} {json.dumps(extra)}"


# GELF
def gelf(r):
    d = {"version": "1.1", "host": "billing-2", "short_message": r.message, "timestamp": round(r.ns / NS, 3), "level": {"DEBUG": 7, "INFO": 6, "WARN": 4, "ERROR": 3}[r.level], "_logger": r.logger}
    if r.trace_id: d |= {"_trace_id": r.trace_id, "_span_id": r.span_id}
    if r.incoming: d["_traceparent"] = r.incoming
    return json.dumps(d | {"_" + k: v for k, v in r.fields.items()})


# print with time, cellar: an old python script
def plain(r):
    ids = f" (trace {r.trace_id} span {r.span_id})" if r.trace_id else ""
    up = f" (called by {r.incoming_parent})" if r.incoming_parent else ""
    return f"{r.time:%d.%m.%Y %H:%M:%S},{r.time.microsecond // 1000:03d}{' !!' if r.level in ('WARN', 'ERROR') else ''} {r.message}{ids}{up}"


# Akka / scala logback
def akka(r):
    mdc = f"traceid={r.trace_id}, spanid={r.span_id}, " if r.trace_id else ""
    up = f" ~ {r.incoming_parent}" if r.incoming_parent else ""
    return f"[{r.time:%Y-%m-%d %H:%M:%S},{r.time.microsecond // 1000:03d}] [{r.level}] [{r.logger}] [engine-akka.actor.default-dispatcher-{r.thread}] - {r.message} {{{mdc}akkaSource=akka://engine}}{up}"


def build(w):
    w.network_ms, w.broker_ms = 0.9, 3
    num = [500_000]

    def mid():
        num[0] += w.rng.randrange(1, 4)
        return num[0]
    w.new_message_id = mid
    front = w.service("front", nginx)
    api = w.service("saleroom-api", phx, errors=lambda ctx, e: ctx.log.error(f"** (exit) {e}", logger="Saleroom.Consumer.handle/2"))
    kyc = w.service("paddle-check", zero)
    eng = w.service("lot-engine", akka, errors=lambda ctx, e: ctx.log.error(f"Supervisor restarts actor: {e}", logger="c.w.LotActor"))
    bill = w.service("billing", gelf, errors=lambda ctx, e: ctx.log.error(f"billing consumer gave up: {e}", logger="billing.Consumer", full_message=f"RuntimeException: {e}"))
    cellar = w.service("cellar", plain, errors=lambda ctx, e: ctx.log.error(f"ERROR {e}"))
    papers = w.service("export-papers", symfony, errors=lambda ctx, e: ctx.log.error("Error thrown while handling message", logger="messenger", error=str(e)))
    push = w.service("bidder-push", quarkus, errors=lambda ctx, e: ctx.log.error(f"SRMSG18262: message nacked: {e}", logger="io.sma.rea.mes.kafka"))
    lots, outbox, invoices, seq = {}, [], {}, {"bid": 330000, "inv": 8100}
    w.lots, w.invoices = lots, invoices
    rate = {}

    # ------------------------------------------------------------ nginx before the API
    def proxied(route):
        @front.http(route)
        async def pass_on(ctx, b):
            status, a = await ctx.call("saleroom-api", b["_route"], {k: v for k, v in b.items() if k[0] != "_"})
            verb, uri = b["_route"].split(" ")
            ctx.log.info("", incoming=True, ip=f"81.2.{b.get('paddle', 7) % 250}.{b.get('paddle', 7) % 91}", user=b.get("paddle", "-"), verb=verb, uri=uri, status=status, bytes=ctx.rng.randrange(90, 900), rt=ctx.elapsed_ms() / 1000)
            return status, a
    for route in ("POST /lots/{lot}/bids", "GET /lots/{lot}", "POST /payments/webhook", "DELETE /lots/{lot}/autobid"):
        proxied(route)

    # ------------------------------------------------------------ API
    @api.http("POST /lots/{lot}/bids")
    async def bid(ctx, b):
        lot = b["_route"].split("/")[2]
        seq["bid"] += 1
        bid_id = seq["bid"]
        ctx.log.info(f"POST /lots/{lot}/bids bid={bid_id} paddle={b['paddle']} amount={b['amount']}", logger="SaleroomWeb.BidController.create/2", incoming=True)
        async with ctx.client("paddle-check", "POST /limits") as c:
            status, a = await c.send({"paddle": b["paddle"], "amount": b["amount"]})
            c.log.debug(f"paddle-check said {status} for bid={bid_id}", logger="Saleroom.Limits.ask/2")
        if status != 200:
            ctx.log.warning(f"bid={bid_id} turned down: {a['why']} Sent 403 in {ctx.elapsed_ms():.0f}ms", logger="SaleroomWeb.BidController.create/2")
            return 403, {}
        async with ctx.client("lot-engine", "RPC PlaceBid") as c:
            c.log.debug(f"engine <- PlaceBid lot={lot} bid={bid_id}", logger="Saleroom.Engine.place/3")
            status, a = await c.send({"lot": lot, "bid": bid_id, "paddle": b["paddle"], "amount": b["amount"]})
        ctx.log.info(f"bid={bid_id} {a['result']} Sent {status} in {ctx.elapsed_ms():.0f}ms", logger="SaleroomWeb.BidController.create/2")
        return status, {"bid": bid_id}

    @api.http("GET /lots/{lot}")
    async def show(ctx, b):
        lot = b["_route"].split("/")[2]
        async with ctx.span("redis GET lot", "CLIENT") as c:
            await c.work(0.6)
        if ctx.rng.random() < 0.4:
            async with ctx.span("SELECT lots", "CLIENT") as c:
                await c.work(3)
                c.log.debug(f'QUERY OK source="lots" db={c.elapsed_ms():.1f}ms', logger="Ecto.Adapters.SQL")
        ctx.log.info(f"GET /lots/{lot} Sent 200 in {ctx.elapsed_ms() * 1000:.0f}µs", logger="SaleroomWeb.LotController.show/2", incoming=True)
        return 200, {}

    @api.http("DELETE /lots/{lot}/autobid")
    async def stop_auto(ctx, b):
        lot = b["_route"].split("/")[2]
        ctx.log.info(f"DELETE /lots/{lot}/autobid paddle={b['paddle']}", logger="SaleroomWeb.AutobidController.delete/2", incoming=True)
        await ctx.call("lot-engine", "RPC StopAutobid", {"lot": lot, "paddle": b["paddle"]})
        ctx.log.info(f"Sent 204 in {ctx.elapsed_ms():.0f}ms", logger="SaleroomWeb.AutobidController.delete/2")
        return 204, {}

    @api.http("POST /payments/webhook")
    async def hook(ctx, b):
        ctx.log.info(f"webhook {b['type']} invoice={b['invoice']}", logger="SaleroomWeb.HookController.create/2", incoming=True)
        async with ctx.span("verify signature") as c:
            await c.work(1)
            c.log.debug("signature ok", logger="Saleroom.Hooks.verify/2")
        await ctx.publish("payment.notified", {"invoice": b["invoice"], "ok": b["type"] == "charge.succeeded"})
        ctx.log.info(f"webhook invoice={b['invoice']} Sent 202 in {ctx.elapsed_ms():.0f}ms", logger="SaleroomWeb.HookController.create/2")
        return 202, {}

    # ------------------------------------------------------------ limits
    @kyc.http("POST /limits")
    async def limits(ctx, b):
        ctx.log.debug("checking paddle", incoming=True, paddle=b["paddle"], amount=b["amount"])

        async def credit():
            async with ctx.span("SELECT open_commitments", "CLIENT") as c:
                await c.work(4)
                c.log.debug("open commitments", rows=ctx.rng.randrange(0, 12), took_ms=round(c.elapsed_ms(), 2))

        async def sanctions():
            async with ctx.span("GET sanctions.list", "CLIENT") as c:
                await c.work(25)
                if ctx.rng.random() < 0.05: c.log.warning("list provider slow, answer from yesterday's copy", paddle=b["paddle"])
                else: c.log.debug("no match", provider="dowjones")
        await asyncio.gather(credit(), sanctions())
        if ctx.rng.random() < 0.05:
            ctx.log.info("paddle over limit", paddle=b["paddle"], took_ms=round(ctx.elapsed_ms(), 2))
            return 403, {"why": "limit"}
        ctx.log.info("paddle ok", paddle=b["paddle"], took_ms=round(ctx.elapsed_ms(), 2))
        return 200, {}

    # ------------------------------------------------------------ engine, with outbox and relay
    async def emit(ctx, topic, body):
        async with ctx.span("INSERT outbox", "CLIENT") as c:
            await c.work(2)
            c.log.debug(f"outbox += {topic} {body['lot']}", logger="c.w.Outbox")
        outbox.append((ctx, topic, body))

    @eng.http("RPC PlaceBid")
    async def place(ctx, b):
        lot = lots.setdefault(b["lot"], {"price": 0, "leader": None, "open": True})
        ctx.log.info(f"[{b['lot']}] bid {b['bid']} of {b['amount']} from #{b['paddle']}", logger="c.w.LotActor", incoming=True)
        async with ctx.span("persist event", "CLIENT") as c:
            await c.work(5)
            c.log.debug(f"[{b['lot']}] BidPlaced persisted, seqNr {ctx.rng.randrange(3, 90)}", logger="akka.persistence")
        if not lot["open"] or b["amount"] <= lot["price"]:
            ctx.log.info(f"[{b['lot']}] bid {b['bid']} declined, at {lot['price']} {'closed' if not lot['open'] else 'running'}", logger="c.w.LotActor")
            return 409, {"result": "declined"}
        old, lot["price"], lot["leader"] = lot["leader"], b["amount"], b["paddle"]
        await emit(ctx, "lot.price_changed", {"lot": b["lot"], "price": b["amount"], "leader": b["paddle"], "loser": old, "bid": b["bid"]})
        ctx.log.info(f"[{b['lot']}] #{b['paddle']} leads at {b['amount']} ({ctx.elapsed_ms():.0f} ms)", logger="c.w.LotActor")
        return 201, {"result": "leading"}

    @eng.http("RPC StopAutobid")
    async def stop(ctx, b):
        await ctx.work(2)
        ctx.log.info(f"[{b['lot']}] autobid of #{b['paddle']} gone", logger="c.w.LotActor", incoming=True)
        return 200, {}

    async def relay():
        while not w.closing:
            await sleep(120)
            batch, outbox[:] = outbox[:], []
            for ctx, topic, body in batch:      # sent in the context the row carries, as debezium's outbox does
                async with ctx.producer(topic) as p:
                    n = await p.send(body)
                    p.log.info(f"relayed #{n} {topic} key={body['lot']}", logger="c.w.OutboxRelay", thread=1)
    w.background.append(relay)

    @eng.http("RPC Hammer")
    async def hammer(ctx, b):
        lot = lots.get(b["lot"])
        ctx.log.info(f"[{b['lot']}] hammer asked by clock", logger="c.w.LotActor", incoming=True)
        async with ctx.span("persist event", "CLIENT") as c:
            await c.work(5)
            c.log.debug(f"[{b['lot']}] Closed persisted", logger="akka.persistence")
        if not lot or not lot["leader"] or not lot["open"]:
            ctx.log.info(f"[{b['lot']}] passed, no bids", logger="c.w.LotActor")
            return 200, {}
        lot["open"] = False
        await emit(ctx, "lot.sold", {"lot": b["lot"], "price": lot["price"], "buyer": lot["leader"], "abroad": ctx.rng.random() < 0.45})
        ctx.log.info(f"[{b['lot']}] SOLD to #{lot['leader']} for {lot['price']}", logger="c.w.LotActor")
        return 200, {}

    # ------------------------------------------------------------ who hears a price
    @api.consumer("lot.price_changed")
    async def refresh(ctx, m):
        ctx.log.debug(f"lot={m.body['lot']} price={m.body['price']} broadcast", logger="Saleroom.Consumer.handle/2", incoming=True)
        async with ctx.span("redis SET lot", "CLIENT") as c:
            await c.work(0.6)

    @push.consumer("lot.price_changed")
    async def outbid(ctx, m):
        ctx.log.info(f"Received {m.topic} {m.id}, previous leader {m.body['loser'] or 'null'}", logger="w.p.OutbidListener", incoming=True)
        if m.body["loser"] is None:
            ctx.log.debug("nobody to tell", logger="w.p.OutbidListener")
            return
        async with ctx.span("apns push", "CLIENT") as c:
            await c.work(45)
            c.log.debug(f"apns 200 paddle {m.body['loser']}", logger="w.p.ApnsClient")
        ctx.log.info(f"Told {m.body['loser']} about lot {m.body['lot']} in {ctx.elapsed_ms():.0f} ms", logger="w.p.OutbidListener")

    # ------------------------------------------------------------ after the hammer
    @bill.consumer("lot.sold")
    async def invoice(ctx, m):
        seq["inv"] += 1
        inv = f"RE-26-{seq['inv']}"
        ctx.log.info("lot.sold consumed", logger="billing.Consumer", incoming=True, lot=m.body["lot"], msg_id=m.id)
        async with ctx.span("premium and vat") as c:
            await c.work(6)
        async with ctx.span("INSERT invoice", "CLIENT") as c:
            await c.work(5)
            c.log.debug("sql", logger="billing.Db", statement="INSERT INTO invoice", ms=round(c.elapsed_ms(), 1))
        async with ctx.span("POST https://psp/charges", "CLIENT") as c:
            await c.work(140)
            c.log.info("charge requested", logger="billing.Psp", invoice=inv)
        invoices[inv] = dict(m.body, ctx=ctx, paid=False)
        async with ctx.client("export-papers", "POST /reservations") as c:
            await c.send({"lot": m.body["lot"], "invoice": inv, "abroad": m.body["abroad"]})
        await ctx.publish("invoice.issued", {"invoice": inv, "lot": m.body["lot"], "buyer": m.body["buyer"]})
        ctx.log.info("invoice issued", logger="billing.Consumer", invoice=inv, total=round(m.body["price"] * 1.238, 2), duration=round(ctx.elapsed_ms()))

    @papers.http("POST /reservations")
    async def reserve(ctx, b):
        ctx.log.info("Reservation for lot", logger="app", incoming=True, lot_no=b["lot"], abroad=b["abroad"])
        async with ctx.client("cellar", "GET /bottles/" + b["lot"]) as c:
            status, a = await c.send()
            c.log.debug("Response: 200", logger="http_client", url=f"http://cellar/bottles/{b['lot']}")
        if b["abroad"]:
            async with ctx.span("draft customs form") as c:
                await c.work(35)
                c.log.info("Form drafted", logger="app", kind="e-AD")
        ctx.log.info("Reservation stored", logger="app", lot_no=b["lot"], bill=b["invoice"])
        return 201, {}

    @cellar.http("GET /bottles/{lot}")
    async def bottles(ctx, b):
        await ctx.work(12)
        ctx.log.info(f"bottles of {b['_route'].split('/')[-1]}? {ctx.rng.randrange(3, 13)} in row {ctx.rng.randrange(1, 40)}", incoming=True)
        return 200, {}

    @push.consumer("invoice.issued")
    async def mail(ctx, m):
        ctx.log.info(f"Received {m.topic} {m.id}", logger="w.p.InvoiceMailer", incoming=True)
        async with ctx.span("ses SendEmail", "CLIENT") as c:
            await c.work(60)
            if ctx.rng.random() < 0.06: c.log.warning("Throttled by SES, slept 1 s", logger="w.p.SesClient")
            else: c.log.debug("SES accepted", logger="w.p.SesClient")
        ctx.log.info(f"Invoice {m.body['invoice']} mailed to {m.body['buyer']}", logger="w.p.InvoiceMailer")

    @bill.consumer("payment.notified", retries=1)
    async def paid(ctx, m):
        inv = m.body["invoice"]
        ctx.log.info("payment notice", logger="billing.Consumer", incoming=True, invoice=inv, ok=m.body["ok"])
        async with ctx.span("UPDATE invoice", "CLIENT") as c:
            await c.work(5)
            if ctx.rng.random() < 0.04 and m.attempt == 1:
                c.log.warning("row version changed, retrying", logger="billing.Db", invoice=inv)
                raise Exception("optimistic lock")
            c.log.debug("sql", logger="billing.Db", statement="UPDATE invoice", ms=round(c.elapsed_ms(), 1))
        i = invoices[inv]
        ctx.link(i["ctx"])
        if not m.body["ok"]:
            ctx.log.warning("payment failed, dunning", logger="billing.Consumer", invoice=inv)
            await ctx.publish("invoice.issued", {"invoice": inv, "lot": i["lot"], "buyer": i["buyer"]})
            return
        async with ctx.producer("invoice.paid") as p:
            await p.send({"lot": i["lot"], "invoice": inv, "abroad": i["abroad"]})
            p.log.info("invoice.paid sent", logger="billing.Consumer", invoice=inv)

    @cellar.consumer("invoice.paid")
    async def release(ctx, m):
        ctx.log.info(f"release lot {m.body['lot']} ({m.body['invoice']})", incoming=True)
        for step, ms in (("fetch from row", 260), ("pack in styrofoam", 180)):
            async with ctx.span(step) as c:
                await c.work(ms)
                c.log.info(f"{m.body['lot']}: {step}, done")
        await ctx.publish("lot.packed", m.body)
        ctx.log.info(f"lot {m.body['lot']} stands at gate {ctx.rng.randrange(1, 5)}")

    @papers.consumer("lot.packed")
    async def ship(ctx, m):
        ctx.log.info("Received message App\\Message\\LotPacked", logger="messenger", incoming=True)
        if m.body["abroad"]:
            async with ctx.span("POST https://emcs/declarations", "CLIENT") as c:
                await c.work(300)
                c.log.info("ARC assigned", logger="app", arc="26DE%016d" % ctx.rng.randrange(10 ** 15))
        async with ctx.span("print label", "CLIENT") as c:
            await c.work(40)
        ctx.log.info("App\\Message\\LotPacked was handled successfully (acknowledging to transport).", logger="messenger", lot_no=m.body["lot"])

    # ------------------------------------------------------------ the clock
    @eng.every(4, first=4)
    async def auction_clock(ctx):
        due = [k for k, v in lots.items() if v["open"] and v["leader"] and w.rng.random() < 0.35][:6]
        ctx.log.info(f"tick, {len(due)} lots due", logger="c.w.AuctionClock")
        for k in due:
            async with ctx.client("lot-engine", "RPC Hammer") as c:
                c.log.debug(f"Hammer -> {k}", logger="c.w.AuctionClock")
                await c.send({"lot": k})
        ctx.log.info(f"tick over after {ctx.elapsed_ms():.0f} ms", logger="c.w.AuctionClock")

    front.noise(6, lambda log: log.warn("1024 worker_connections, 211 used, reopening logs"))
    api.noise(4, lambda log: log.debug("GET /healthz Sent 200 in 41µs", logger="SaleroomWeb.HealthController.show/2"))
    eng.noise(7, lambda log: log.debug("Cluster heartbeat ok, 3 members", logger="akka.cluster"))
    bill.startup(lambda log: log.info("billing up", logger="billing.Main", build="2026.39.1"))
    cellar.noise(5, lambda log: log.info("12.4 °C, 71 % humidity"))


async def load(w):
    r = w.rng

    async def one(i):
        lot, paddle = f"L{r.randrange(200, 230)}", r.randrange(100, 400)
        if r.random() < 0.25: await w.start("front", f"GET /lots/{lot}", {"paddle": paddle})
        amount = w.lots.get(lot, {"price": 200})["price"] + r.choice([-10, 20, 50, 50, 100, 200])
        await w.start("front", f"POST /lots/{lot}/bids", {"paddle": paddle, "amount": amount})
        if r.random() < 0.06:
            await sleep(r.uniform(500, 3000))
            await w.start("front", f"DELETE /lots/{lot}/autobid", {"paddle": paddle})

    async def payers():
        done = set()
        for _ in range(60):
            await sleep(900)
            for inv in [k for k in w.invoices if k not in done]:
                done.add(inv)
                ok = r.random() > 0.1
                await sleep(r.uniform(50, 600))
                await w.start("front", "POST /payments/webhook", {"type": "charge.succeeded" if ok else "charge.failed", "invoice": inv})
    p = w._spawn(payers())
    await arrivals(w, 130, 4, one)
    await p

record(build, load, "g_wine")
