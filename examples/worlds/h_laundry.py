"""Hotel laundry logistics: hotels order collections, vans fetch cages, RFID tunnel counts, wash lines, fold, delivery, billing.
An orchestrator (round planner) sends commands over RabbitMQ and hears replies; RPC over the broker for counts; webhooks of the partner's vans; outbox poller."""
import json, datetime
from world import *


def nginx(r):
    f = r.fields
    if "st" not in f: return f"{r.time:%Y/%m/%d %H:%M:%S} [{r.level.lower()}] {r.pid}#{r.pid}: {r.message}"
    ids = f' traceparent="00-{r.trace_id}-{r.span_id}-01"' if r.trace_id else ' traceparent="-"'
    return f'{f["ip"]} - {f["user"]} [{r.time:%d/%b/%Y:%H:%M:%S} +0000] "{f["req"]} HTTP/1.1" {f["st"]} {f["size"]} "-" "{f["ua"]}" rt={f["rt"]:.3f} urt={f["urt"]:.3f}{ids}'


def serilog(r):
    d = {"@t": isoz(r, 7), "@mt": r.message}
    if r.level != "INFO": d["@l"] = {"DEBUG": "Debug", "WARN": "Warning", "ERROR": "Error"}[r.level]
    if r.trace_id: d |= {"@tr": r.trace_id, "@sp": r.span_id}
    if r.incoming_parent: d["ParentId"] = r.incoming_parent
    return json.dumps(d | r.fields | {"SourceContext": r.logger}, separators=(",", ":"), ensure_ascii=False)


def rails(r):
    tag = f"[{r.trace_id}] [{r.span_id}] " if r.trace_id else ""
    p = f" (traceparent: {r.incoming})" if r.incoming else ""
    return f"{r.level[0]}, [{r.time:%Y-%m-%dT%H:%M:%S.%f} #{r.pid}] {r.level:>5} -- : {tag}{r.message}{p}"


def gorm_slog(r):
    kv = "".join(f' {k}={json.dumps(v, ensure_ascii=False) if isinstance(v, str) and (" " in v or "=" in v) else v}' for k, v in r.fields.items())
    ids = f" trace_id={r.trace_id} span_id={r.span_id}" if r.trace_id else ""
    if r.incoming_parent: ids += f" parent_id={r.incoming_parent}"
    return f'time={isoz(r, 3)} level={r.level} msg={json.dumps(r.message) if " " in r.message else r.message}{kv}{ids}'


def nlog(r):
    a = f"|{r.trace_id}|{r.span_id}" if r.trace_id else "||"
    p = f" <= {r.incoming}" if r.incoming else ""
    return f"{r.time:%Y-%m-%d %H:%M:%S}.{(r.ns // 100_000) % 10000:04d}|{r.level}|{r.logger}{a}|{r.message}{p}"


def syslog5424(r):
    pri = {"DEBUG": 135, "INFO": 134, "WARN": 132, "ERROR": 131}[r.level]
    sd = f'[otel@32473 trace_id="{r.trace_id}" span_id="{r.span_id}"' + (f' parent="{r.incoming_parent}"' if r.incoming_parent else "") + "]" if r.trace_id else "-"
    return f"<{pri}>1 {isoz(r, 3)} wash-plc-gw-01 washd {r.pid} {r.logger} {sd} {r.message}"


def winston(r):
    ids = f' {{"trace_id":"{r.trace_id}","span_id":"{r.span_id}"}}' if r.trace_id else ""
    p = f" traceparent={r.incoming}" if r.incoming else ""
    return f"{r.time:%Y-%m-%d %H:%M:%S}.{r.time.microsecond // 1000:03d} {r.level.lower()} [{r.logger}] {r.message}{p}{ids}"


def monolog(r):
    ctx = json.dumps(r.fields, separators=(",", ":")) if r.fields else "[]"
    extra = json.dumps(({"trace_id": r.trace_id, "span_id": r.span_id} if r.trace_id else {}) | ({"parent_id": r.incoming_parent} if r.incoming_parent else {}), separators=(",", ":")) if r.trace_id else "[]"
    return f"[{r.time:%Y-%m-%dT%H:%M:%S.%f}+00:00] {r.logger}.{r.level.replace('WARN', 'WARNING')}: {r.message} {ctx} {extra}"


def build(w):
    w.network_ms, w.broker_ms = 0.8, 3
    tag = [77]
    def delivery_tag():
        tag[0] += 1
        return f"{w.ids.getrandbits(48):012x}.{tag[0]}"
    w.new_message_id = delivery_tag
    web = w.service("nginx", nginx)
    portal = w.service("portal", rails, errors=lambda ctx, e: ctx.log.error(f"RuntimeError ({e}):\n  app/consumers/round_events_consumer.rb:21:in `consume'\n  vendor/sneakers/worker.rb:63:in `process_work'"))
    plan = w.service("RoundPlanner", serilog, errors=lambda ctx, e: ctx.log("ERROR", "Saga step blew up: {Error}", Error=str(e), logger="RoundPlanner.Saga"))
    van = w.service("van-dispatch", gorm_slog, errors=lambda ctx, e: ctx.log.error("handler returned error", err=str(e)))
    tun = w.service("rfid-tunnel", nlog, errors=lambda ctx, e: ctx.log.error(f"Unhandled in consumer: {e}", logger="Tunnel.Consumer"))
    wash = w.service("washd", syslog5424, errors=lambda ctx, e: ctx.log.error(f"batch aborted: {e}", logger="FAULT"))
    stock = w.service("linen-stock", winston, errors=lambda ctx, e: ctx.log.error(f"Error: {e}", logger="amqp"))
    bill = w.service("billing", monolog, errors=lambda ctx, e: ctx.log.error("Message rejected to DLX", logger="amqp", reason=str(e)))
    cols, sagas, waiting, outbox, n = {}, {}, {}, [], [70_100, 3000, 0]
    kinds = ["bed sheet", "duvet cover", "pillow case", "bath towel", "hand towel", "robe", "table cloth"]

    @web.http("ANY *")
    async def proxy(ctx, body):
        t0 = ctx.elapsed_ms()
        target = "van-dispatch" if body["_route"].startswith("POST /hooks") else "portal"
        s, a = await ctx.call(target, body["_route"], {k: v for k, v in body.items() if k[0] != "_"}, client_span=False)
        ctx.log.info("", ip=f"192.0.2.{ctx.rng.randrange(2, 250)}", user=body.get("hotel", "-"), req=body["_route"], st=s, size=ctx.rng.randrange(90, 4000), ua=body.get("ua", "Mozilla/5.0"), rt=ctx.elapsed_ms() / 1000,
                     urt=(ctx.elapsed_ms() - t0) / 1000, incoming=True)
        return s, a

    @portal.http("POST /collections")
    async def order(ctx, body):
        n[0] += 1
        no = n[0]
        ctx.log.info(f'Started POST "/collections" for {body["hotel"]}', incoming=True)
        ctx.log.info(f"Processing by CollectionsController#create as JSON")
        async with ctx.client("linen-stock", f"GET /contracts/{body['hotel']}") as c:
            s, a = await c.send()
            c.log.debug(f"contract #{a['contract']} of {body['hotel']} valid, {a['par']} sets")
        if body["cages"] > a["max"]:
            ctx.log.warning(f"Collection of {body['hotel']} over contract limit: {body['cages']} cages > {a['max']}")
            ctx.log.info(f"Completed 422 Unprocessable Content in {ctx.elapsed_ms():.0f}ms")
            return 422, {}
        async with ctx.span("Collection Create", "CLIENT") as c:
            await c.work(5)
            c.log.debug(f"  Collection Create ({c.elapsed_ms():.1f}ms)  INSERT INTO \"collections\" (\"hotel\", \"cages\") VALUES ($1, $2) RETURNING \"id\"  [[\"hotel\", \"{body['hotel']}\"], [\"cages\", {body['cages']}]]")
        cols[no] = {"hotel": body["hotel"], "state": "requested"}
        ctx.log.info(f"Collection {no} requested")
        await ctx.publish("collection.requested", {"collection_id": no, "hotel": body["hotel"], "cages": body["cages"]})
        ctx.log.info(f"Completed 201 Created in {ctx.elapsed_ms():.0f}ms (Views: 0.3ms | ActiveRecord: 4.1ms)")
        return 201, {"id": no}

    @portal.http("GET /collections/{id}")
    async def show(ctx, body):
        no = int(body["_route"].split("/")[-1])
        ctx.log.info(f'Started GET "/collections/{no}"', incoming=True)
        async with ctx.span("Collection Load", "CLIENT") as c:
            await c.work(2)
            c.log.debug(f'  Collection Load ({c.elapsed_ms():.1f}ms)  SELECT "collections".* FROM "collections" WHERE "collections"."id" = $1 LIMIT $2  [["id", {no}], ["LIMIT", 1]]')
        ctx.log.info(f"Completed 200 OK in {ctx.elapsed_ms():.0f}ms")
        return 200, {}

    @portal.consumer("round.state")
    async def told(ctx, m):
        b = m.body
        ctx.log.info(f"[RoundEvents] {b['state']} for collection {b['collection_id']} (#{m.id})", incoming=True)
        async with ctx.span("Collection Update", "CLIENT") as c:
            await c.work(3)
        cols[b["collection_id"]]["state"] = b["state"]
        ctx.log.info(f"[RoundEvents] collection {b['collection_id']} now #{b['state']}".replace("#", ""))

    # ---- the saga
    async def tell(ctx, saga, state):
        async with ctx.producer("round.state") as p:
            await p.send({"collection_id": saga["col"], "state": state, "round": saga["id"]})
            p.log.debug("Published RoundStateChanged {State} for {CollectionId}", State=state, CollectionId=saga["col"], logger="RoundPlanner.Bus")

    async def command(ctx, name, saga, **more):
        ctx.log.info("{SagaId}: sending {Command}", SagaId=saga["id"], Command=name, logger="RoundPlanner.Saga")
        async with ctx.producer("cmd." + name) as p:
            mid = await p.send({"sagaId": saga["id"], "collection": saga["col"], "hotel": saga["hotel"], "cages": saga["cages"]} | more)
            p.log.debug("basic.publish {RoutingKey} {MessageId}", RoutingKey="cmd." + name, MessageId=mid, logger="RoundPlanner.Bus")

    @plan.consumer("collection.requested")
    async def begin(ctx, m):
        n[1] += 1
        sid = f"RND-{n[1]}-{m.body['hotel'][:3].upper()}"
        saga = sagas[sid] = {"id": sid, "col": m.body["collection_id"], "hotel": m.body["hotel"], "cages": m.body["cages"], "step": "van"}
        ctx.log.info("Starting saga {SagaId} for collection {CollectionId} of {Hotel}", SagaId=sid, CollectionId=saga["col"], Hotel=saga["hotel"], logger="RoundPlanner.Saga", incoming=True)
        async with ctx.span("MongoDB insert rounds", "CLIENT") as c: await c.work(3)
        await command(ctx, "fetch", saga)

    def reply(topic, after, handler):
        @plan.consumer(topic)
        async def on(ctx, m):
            saga = sagas[m.body["sagaId"]]
            ctx.log.info("{SagaId}: got {Reply} in step {Step}", SagaId=saga["id"], Reply=topic, Step=saga["step"], logger="RoundPlanner.Saga", incoming=True)
            if saga["step"] != after:
                ctx.log.warning("{SagaId}: {Reply} does not fit, dropped", SagaId=saga["id"], Reply=topic, logger="RoundPlanner.Saga")
                return
            saga["step"] = "moving"
            async with ctx.span("MongoDB update rounds", "CLIENT") as c:
                await c.work(2)
                if c.rng.random() < .4: c.log.debug("update rounds {ElapsedMs} ms", ElapsedMs=round(c.elapsed_ms(), 2), logger="MongoDB.Command")
            await handler(ctx, m, saga)
        return on

    async def fetched(ctx, m, saga):
        saga["step"] = "count"
        await command(ctx, "count", saga)
        await tell(ctx, saga, "fetched")
    reply("reply.fetched", "van", fetched)

    async def no_van(ctx, m, saga):
        saga["step"] = "dead"
        ctx.log.warning("{SagaId}: no van today, postponed ({Reason})", SagaId=saga["id"], Reason=m.body["reason"], logger="RoundPlanner.Saga")
        await tell(ctx, saga, "postponed")
    reply("reply.fetch_failed", "van", no_van)

    async def counted(ctx, m, saga):
        saga["step"], saga["loads"], saga["washed"] = "wash", len(m.body["loads"]), {}
        for i, (kind, pieces) in enumerate(m.body["loads"]):
            await command(ctx, "wash", saga, load=f"{saga['id']}/{i + 1}", kind=kind, pieces=pieces)
        ctx.log.info("{SagaId}: {Count} loads under way, {Pieces} pieces", SagaId=saga["id"], Count=saga["loads"], Pieces=sum(p for _, p in m.body["loads"]), logger="RoundPlanner.Saga")
    reply("reply.counted", "count", counted)

    @plan.consumer("reply.washed")
    async def washed(ctx, m):
        saga, b = sagas[m.body["sagaId"]], m.body
        saga["washed"][b["load"]] = m.origin
        ctx.log.info("{SagaId}: load {Load} clean, {Done}/{Total}", SagaId=saga["id"], Load=b["load"], Done=len(saga["washed"]), Total=saga["loads"], logger="RoundPlanner.Saga", incoming=True)
        if len(saga["washed"]) < saga["loads"] or saga["step"] != "wash": return
        saga["step"] = "deliver"
        for o in saga["washed"].values():
            if o is not m.origin: ctx.link(o)
        await tell(ctx, saga, "clean")
        await command(ctx, "deliver", saga)

    async def delivered(ctx, m, saga):
        saga["step"] = "done"
        await tell(ctx, saga, "delivered")
        async with ctx.producer("round.closed") as p:
            await p.send({"round": saga["id"], "collection": saga["col"], "hotel": saga["hotel"]})
            p.log.debug("Published RoundClosed {SagaId}", SagaId=saga["id"], logger="RoundPlanner.Bus")
        ctx.log.info("{SagaId}: completed", SagaId=saga["id"], logger="RoundPlanner.Saga")
    reply("reply.delivered", "deliver", delivered)

    # ---- vans (a partner's, who calls back)
    async def book(ctx, m, what):
        b = m.body
        ctx.log.info(f"{what} command", msg_id=m.id, saga=b["sagaId"], hotel=b["hotel"], cages=b["cages"], incoming=True)
        async with ctx.span("POST api.vanpartner.example/trips", "CLIENT") as c:
            await c.work(80)
            trip = "T%06d" % ctx.rng.randrange(10 ** 6)
            full = what == "fetch" and ctx.rng.random() < .04
            c.log.info("trip booked" if not full else "trip refused", trip=trip, status=202 if not full else 409, dur_ms=round(c.elapsed_ms(), 1))
        if full:
            await ctx.publish("reply.fetch_failed", {"sagaId": b["sagaId"], "reason": "all vans full"})
            ctx.log.warning("no van", saga=b["sagaId"])
            return
        waiting[trip] = (what, b["sagaId"])
        ctx.log.info("waiting for driver", saga=b["sagaId"], trip=trip)

        async def partner():
            await sleep(ctx.rng.uniform(1200, 5000))
            await ctx.call("nginx", f"POST /hooks/van/{trip}", {"trip": trip, "ua": "VanPartner-Webhook/1.4", "km": ctx.rng.randrange(2, 40)}, client_span=False)
        ctx.spawn(partner())

    @van.consumer("cmd.fetch")
    async def v_fetch(ctx, m): await book(ctx, m, "fetch")

    @van.consumer("cmd.deliver")
    async def v_deliver(ctx, m): await book(ctx, m, "deliver")

    @van.http("POST /hooks/van/{trip}")
    async def hook(ctx, body):
        what, sid = waiting[body["trip"]]
        ctx.log.info("hook", trip=body["trip"], km=body["km"], incoming=True)
        async with ctx.span("UPDATE trips", "CLIENT") as c:
            await c.work(3)
            c.log.debug("sql", q="UPDATE trips SET done_at=now() WHERE id=$1", rows=1)
        topic = "reply.fetched" if what == "fetch" else "reply.delivered"
        async with ctx.producer(topic) as p:
            mid = await p.send({"sagaId": sid, "trip": body["trip"]})
            p.log.info("replied", saga=sid, key=topic, msg_id=mid)
        ctx.log.info("trip done", trip=body["trip"], saga=sid, kind=what, took=f"{ctx.elapsed_ms():.1f}ms")
        return 204, {}

    # ---- RFID tunnel
    @tun.consumer("cmd.count")
    async def count(ctx, m):
        sid, cages = m.body["sagaId"], m.body["cages"]
        ctx.log.info(f"Tunnel run for {sid}: {cages} cages queued", logger="Tunnel.Consumer", incoming=True)
        seen = {}
        for i in range(cages):
            async with ctx.span("scan cage") as s:
                await s.work(120, .4)
                k = s.rng.choice(kinds[:5])
                p = s.rng.randrange(40, 260)
                seen[k] = seen.get(k, 0) + p
                s.log.info(f"Cage {i + 1}/{cages} of {sid}: {p} chips read in {s.elapsed_ms():.0f} ms, kind={k}", logger="Tunnel.Reader")
                if s.rng.random() < .06: s.log.warning(f"{s.rng.randrange(1, 4)} chips unreadable, taken from weight", logger="Tunnel.Reader")
        async with ctx.client("linen-stock", "POST /movements") as c:
            await c.send({"round": sid, "in": seen})
        async with ctx.producer("reply.counted") as p:
            await p.send({"sagaId": sid, "loads": sorted(seen.items())})
            p.log.debug(f"reply.counted sent, {len(seen)} kinds", logger="Tunnel.Bus")
        ctx.log.info(f"Tunnel run for {sid} finished, {sum(seen.values())} pieces", logger="Tunnel.Consumer")

    # ---- wash lines (5 machines)
    @wash.consumer("cmd.wash", retries=2, retry_ms=700, concurrency=12)
    async def washing(ctx, m):
        b = m.body
        line = ctx.rng.randrange(1, 13)
        ctx.log.info(f"LINE{line:02d} BEGIN load={b['load']} prog={60 + 10 * ctx.rng.randrange(4)}C pcs={b['pieces']}" + (f" retry={m.attempt - 1}" if m.attempt > 1 else ""), logger="BATCH", incoming=True)
        async with ctx.span("dose chemicals", "CLIENT") as c:
            await c.work(30)
            c.log.debug(f"LINE{line:02d} dosing ok alk={ctx.rng.randrange(80, 140)}ml per={ctx.rng.randrange(20, 60)}ml", logger="DOSE")
            if ctx.rng.random() < .03:
                c.log.warning(f"LINE{line:02d} dosing pump low flow", logger="DOSE")
                raise Exception("pump")
        await sleep(ctx.rng.uniform(500, 2600))
        async with ctx.span("dry and fold") as c:
            await c.work(300, .4)
            c.log.info(f"LINE{line:02d} FOLD load={b['load']} out={b['pieces'] - ctx.rng.randrange(0, 4)}", logger="FOLD")
        async with ctx.producer("reply.washed") as p: await p.send({"sagaId": b["sagaId"], "load": b["load"], "kind": b["kind"], "pieces": b["pieces"]})
        ctx.log.info(f"LINE{line:02d} END load={b['load']} t={ctx.elapsed_ms() / 1000:.0f}s", logger="BATCH")

    # ---- stock with an outbox
    @stock.http("GET /contracts/{hotel}")
    async def contract(ctx, body):
        h = body["_route"].split("/")[-1]
        async with ctx.span("redis GET", "CLIENT") as c: await c.work(0.6)
        ctx.log.info(f"GET /contracts/{h} 200 {ctx.elapsed_ms():.0f}ms", logger="http", incoming=True)
        return 200, {"contract": 400 + len(h), "par": 3, "max": 7}

    @stock.http("POST /movements")
    async def movement(ctx, body):
        ctx.log.info(f"booking {len(body['in'])} kinds in for {body['round']}", logger="movements", incoming=True)
        async with ctx.span("tx movements", "CLIENT") as c:
            await c.work(7)
            c.log.debug(f"BEGIN; INSERT INTO movement x{len(body['in'])}; INSERT INTO outbox; COMMIT; -- {c.elapsed_ms():.1f}ms", logger="pg")
        if sum(body["in"].values()) > 450: outbox.append((ctx, body["round"], max(body["in"], key=body["in"].get)))
        ctx.log.info(f"booked {body['round']}: {sum(body['in'].values())} pcs", logger="movements")
        return 201, {}

    @stock.every(2.5, first=4)
    async def relay_outbox(ctx):
        if not outbox: return
        some, outbox[:] = outbox[:], []
        ctx.log.info(f"outbox: {len(some)} rows", logger="relay")
        for origin, rnd, kind in some:
            ctx.link(origin)
            async with ctx.producer("stock.low") as p:
                mid = await p.send({"round": rnd, "article": kind})
                p.log.info(f"outbox -> stock.low {mid} ({rnd})", logger="relay")
        async with ctx.span("DELETE outbox", "CLIENT") as c: await c.work(3)
        ctx.log.info(f"outbox: flushed {len(some)} in {ctx.elapsed_ms():.0f}ms", logger="relay")

    @bill.consumer("stock.low")
    async def replace(ctx, m):
        ctx.log.info("Received stock.low", logger="amqp", incoming=True, id=m.id, round=m.body["round"])
        await ctx.work(15)
        ctx.log.info("Purchase proposal saved", logger="purchase", article=m.body["article"], qty=100)

    @bill.consumer("round.closed", retries=1)
    async def invoice(ctx, m):
        ctx.log.info("Received round.closed", logger="amqp", incoming=True, id=m.id, round=m.body["round"], hotel=m.body["hotel"])
        async with ctx.client("linen-stock", f"GET /contracts/{m.body['hotel']}") as c:
            s, a = await c.send()
            c.log.debug("Contract fetched", logger="guzzle", status=s)
        async with ctx.span("render pdf") as s:
            await s.work(110)
            n[2] += 1
            s.log.info("PDF rendered", logger="pdf", file=f"INV-2026-{n[2]:05d}.pdf", kb=s.rng.randrange(40, 90))
        async with ctx.span("PUT s3 invoices", "CLIENT") as c: await c.work(35)
        ctx.log.info("Invoice issued", logger="invoice", invoice=f"INV-2026-{n[2]:05d}", collectionNo=m.body["collection"], amount=round(ctx.rng.uniform(80, 900), 2))

    plan.noise(7, lambda log: log.debug("Health check {Name} {Status}", Name="rabbitmq", Status="Healthy", logger="HealthChecks"))
    wash.noise(3, lambda log: log.info(f"boiler p={w.rng.uniform(6, 9):.1f}bar soft_water={w.rng.randrange(40, 90)}%", logger="PLC"))
    portal.noise(6, lambda log: log.info('Started GET "/up" for 127.0.0.1'))
    tun.noise(8, lambda log: log.debug(f"Antenna selftest ok, {w.rng.randrange(14, 17)}/16 up", logger="Tunnel.Health"))
    bill.startup(lambda log: log.info("Consumer started", logger="amqp", queues=["billing.round_closed", "billing.stock_low"]))


async def load(w):
    hotels = ["grand-plaza", "seeblick", "rivoli", "hotel-anker", "boulevard9", "casa-mar", "parkhof", "nordstern"]
    async def one(i):
        h = w.rng.choice(hotels)
        s, a = await w.start("nginx", "POST /collections", {"hotel": h, "cages": w.rng.choice([1, 2, 2, 3, 3, 4, 5, 6]) if w.rng.random() > .04 else 9})
        if s == 201 and w.rng.random() < .35:
            await sleep(w.rng.uniform(1000, 9000))
            await w.start("nginx", f"GET /collections/{a['id']}", {"hotel": h})
    await arrivals(w, 125, 2.6, one)

record(build, load, "h_laundry")
