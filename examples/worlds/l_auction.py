"""Online auction house: bids with automatic counter-bids, a clock that lets the hammer fall, escrow with a payment provider that calls back,
lapsed invoices with second-chance offers, consignments with pictures, an index flushed in bulk."""
import json
from world import *

B32 = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"


def milli(r): return "%03d" % (r.time.microsecond // 1000)

def nginx(r):          # front: combined, whole seconds, no duration, the trace at the very end
    if r.level != "INFO": return f"{r.time:%Y/%m/%d %H:%M:%S} [{r.level.lower()}] {r.pid}#{r.pid}: {r.message}"
    f = r.fields
    tail = f' trace="{r.trace_id}" span="{r.span_id}"' if r.trace_id else ' trace="-" span="-"'
    if r.incoming: tail += f' up="{r.incoming}"'
    return f'{f["ip"]} - {f["user"]} [{r.time:%d/%b/%Y:%H:%M:%S} +0000] "{f["req"]} HTTP/2.0" {f["st"]} {f["n"]} "-" "{f["ua"]}"{tail}'

def elixir(r):         # bidding
    meta = "".join(f"{k}={v} " for k, v in r.fields.items())
    if r.trace_id: meta = f"otel_trace_id={r.trace_id} otel_span_id={r.span_id} " + meta
    if r.incoming_parent: meta += f"parent={r.incoming_parent} "
    return f"{r.time:%Y-%m-%d %H:%M:%S}.{milli(r)} {meta}[{r.level.lower().replace('warn', 'warning')}] {r.message}"

def lograge(r):        # lots
    ids = f"[{r.trace_id}] [{r.span_id}] " if r.trace_id else "[] [] "
    if r.incoming: ids += f"[tp:{r.incoming}] "
    return f"{r.level[0]}, [{r.time:%Y-%m-%dT%H:%M:%S}.{r.time.microsecond:06d} #{r.pid}] {r.level:>5} -- : {ids}" + " ".join(([r.message] if r.message else []) + [f"{k}={v}" for k, v in r.fields.items()])

def tracing(r):        # clock
    ctx = [f"trace={r.trace_id}", f"id={r.span_id}"] if r.trace_id else []
    if r.incoming_parent: ctx.append(f"from={r.incoming_parent}")
    scope = f" {r.logger.split('::')[-1]}{{{' '.join(ctx)}}}:" if ctx else ""
    return f"{isoz(r, 6)} {r.level:>5}{scope} {r.logger}: {r.message}" + "".join(f" {k}={json.dumps(v)}" for k, v in r.fields.items())

def logstash(r):       # escrow
    d = {"@timestamp": isoz(r), "@version": "1", "message": r.message, "logger_name": "uk.hammerhall.escrow." + r.logger, "thread_name": f"vert.x-eventloop-thread-{r.thread}", "level": r.level}
    if r.trace_id: d["mdc"] = {"traceId": r.trace_id, "spanId": r.span_id} | ({"parentSpanId": r.incoming_parent} if r.incoming_parent else {})
    st = r.fields.pop("stack_trace", None)
    if r.fields: d["data"] = r.fields
    if st: d["stack_trace"] = st
    return json.dumps(d)

def bunyan(r):         # psp
    d = {"name": "psp", "hostname": "psp-7c9", "pid": r.pid, "level": {"DEBUG": 20, "INFO": 30, "WARN": 40, "ERROR": 50}[r.level]}
    if r.trace_id: d |= {"otel": {"t": r.trace_id, "s": r.span_id}}
    if r.incoming: d["req_headers"] = {"traceparent": r.incoming}
    return json.dumps(d | r.fields | {"msg": r.message, "time": isoz(r), "v": 0}, separators=(",", ":"))

def winston(r):        # notifier
    t = f"{r.trace_id} {r.span_id}" if r.trace_id else "- -"
    return f"{isoz(r)} {r.level.lower()}: <{t}> {r.message}" + (f" (caused by {r.incoming_parent})" if r.incoming_parent else "")

def structlog(r):      # finder: console renderer
    kv = dict(sorted(r.fields.items()))
    if r.trace_id: kv |= {"trace_id": r.trace_id, "span_id": r.span_id}
    if r.incoming_parent: kv["parent_span_id"] = r.incoming_parent
    return f"{r.time:%Y-%m-%d %H:%M:%S}.{r.time.microsecond:06d} [{r.level.lower().replace('warn', 'warning'):<9}] {r.message:<30} " + " ".join(f"{k}={v!r}" if " " in str(v) else f"{k}={v}" for k, v in kv.items())

def glog(r):           # watchdog
    ids = f" {{{r.trace_id}:{r.span_id}}}" if r.trace_id else ""
    if r.incoming_parent: ids = ids[:-1] + f"<{r.incoming_parent}}}"
    return f"{r.level[0].replace('D', 'I')}{r.time:%m%d %H:%M:%S}.{r.time.microsecond:06d} {r.pid + r.thread:>7} {r.logger}]{ids} {r.message}"

def clef(r):           # shipdesk
    d = {"@t": isoz(r, 7), "@mt": r.message}
    if r.level != "INFO": d["@l"] = {"WARN": "Warning", "DEBUG": "Debug", "ERROR": "Error"}[r.level]
    if r.trace_id: d |= {"@tr": r.trace_id, "@sp": r.span_id}
    if r.incoming_parent: d["@ps"] = r.incoming_parent
    return json.dumps(d | r.fields | {"SourceContext": "HammerHall.ShipDesk." + r.logger}, separators=(",", ":"))


def build(w):
    w.network_ms, w.broker_ms = 1.4, 22
    w.new_message_id = lambda: "01K" + "".join(B32[w.ids.getrandbits(5)] for _ in range(23))
    w.lots, w.invoices, w.bids = {}, {}, {}
    n = {"lot": 55120, "inv": 2604410, "bid": 0}
    pending = []

    front = w.service("front", nginx)
    bidding = w.service("bidding", elixir, errors=lambda c, e: c.log.error(f"GenServer #PID<0.{900 + c.thread if c.thread else 900}.0> terminating\n** (RuntimeError) {e}\n    (bidding 3.1.0) lib/bidding/pipeline.ex:61: Bidding.Pipeline.handle_message/3"))
    lots = w.service("lots", lograge, errors=lambda c, e: c.log.error(f"RuntimeError ({e}):"))
    clock = w.service("clock", tracing, errors=lambda c, e: c.log.error("handler gave up", logger="clock::bus", err=str(e)))
    escrow = w.service("escrow", logstash, errors=lambda c, e: c.log.error("Verticle failed", logger="Main", stack_trace=f"io.vertx.core.VertxException: {e}\n\tat uk.hammerhall.escrow.Main.handle(Main.java:77)"))
    psp = w.service("psp", bunyan, errors=lambda c, e: c.log.error("boom", err={"message": str(e), "name": "Error"}))
    note = w.service("notifier", winston, errors=lambda c, e: c.log.error(f"dropped a notice: {e}"))
    finder = w.service("finder", structlog, errors=lambda c, e: c.log.error("subscriber_crashed", exc=str(e)))
    dog = w.service("watchdog", glog, errors=lambda c, e: c.log.error(f"bus callback threw: {e}", logger="bus.cc:140"))
    desk = w.service("shipdesk", clef, errors=lambda c, e: c.log.error("Consumer faulted: {Reason}", logger="Bus", Reason=str(e)))

    # ---- front
    @front.http("ANY *")
    async def through(c, b):
        verb, path = b["_route"].split(" ")
        to = {"lots": "lots", "bids": "bidding", "invoices": "escrow", "hooks": "escrow"}[path.split("/")[1]]
        if path.endswith("/bids"): to = "bidding"
        st, a = await c.call(to, b["_route"], {k: v for k, v in b.items() if k[0] != "_"}, client_span=False)
        c.log.info("", ip=f"81.{c.rng.randrange(2, 9)}.{c.rng.randrange(200)}.{c.rng.randrange(250)}", user=b.get("who", "-"), req=b["_route"], st=st, n=c.rng.randrange(90, 4000),
                   ua=c.rng.choice(["HammerApp/5.2 (iOS)", "HammerApp/5.1 (Android)", "Mozilla/5.0"]), incoming=True)
        return st, a
    front.noise(9, lambda log: log.warn(f"upstream server temporarily disabled while connecting to upstream, client: 10.0.0.{w.rng.randrange(9)}"))

    # ---- lots (Rails)
    @lots.http("GET /lots/{id}")
    async def show(c, b):
        lot = b["_route"].split("/")[2]
        hit = c.rng.random() < 0.5
        if not hit:
            async with c.span("Lot Load", "CLIENT") as s:
                await s.work(3)
                s.log.debug(f"  Lot Load ({s.elapsed_ms():.1f}ms)  SELECT \"lots\".* FROM \"lots\" WHERE \"lots\".\"id\" = $1 LIMIT $2  [[\"id\", {lot}], [\"LIMIT\", 1]]")
        await c.work(2)
        c.log.info("", method="GET", path=f"/lots/{lot}", format="json", controller="LotsController", action="show", status=200, duration=f"{c.elapsed_ms():.2f}", cached=str(hit).lower(), incoming=True)
        return 200, w.lots.get(lot, {})

    @lots.http("POST /lots")
    async def consign(c, b):
        n["lot"] += c.rng.randrange(1, 4)
        lot = str(n["lot"])
        async with c.span("Lot Create", "CLIENT") as s:
            await s.work(5)
        async def variant(kind):
            async with c.span("resize " + kind) as s:
                await s.work(70 if kind == "zoom" else 25)
                s.log.info(f"ImageProcessing: {kind}.webp of lot {lot} written to s3://hh-lots/{lot}/{kind}.webp ({s.elapsed_ms():.0f}ms)")
        await asyncio.gather(*(variant(k) for k in ["thumb", "card", "zoom"][:c.rng.randrange(2, 4)]))
        w.lots[lot] = {"id": lot, "price": b["reserve"] // 2, "leader": None, "open": True, "seller": b["who"], "invoice": None, "ends": w.loop.time() + c.rng.uniform(11, 24), "bids": []}
        await c.publish("lot.listed", {"lot_id": int(lot), "seller": b["who"], "closes_in": w.lots[lot]["ends"] - w.loop.time()})
        c.log.info("", method="POST", path="/lots", format="json", controller="LotsController", action="create", status=201, duration=f"{c.elapsed_ms():.2f}", seller=b["who"], lot_id=lot, incoming=True)
        return 201, {"lot": lot}

    @lots.consumer("invoice.lapsed", retries=2)
    async def relist(c, m):
        lot = m.body["lot"]
        async with c.span("Lot Update", "CLIENT") as s:
            await s.work(4)
            s.log.debug(f"  Lot Update ({s.elapsed_ms():.1f}ms)  UPDATE \"lots\" SET \"state\" = $1 WHERE \"lots\".\"id\" = $2  [[\"state\", \"unpaid\"], [\"id\", {lot}]]")
        c.log.info(f"Performed LapseJob (Job ID: {m.id}) in {c.elapsed_ms():.2f}ms", incoming=True)
    lots.noise(6, lambda log: log.info("", method="GET", path="/up", format="html", controller="Rails::HealthController", action="show", status=200, duration=f"{w.rng.uniform(.3, 1.2):.2f}"))

    # ---- bidding (Phoenix)
    async def take(c, lot, paddle, amount, auto, depth):
        n["bid"] += 1
        bid = f"bid_{n['bid']:05d}{c.rng.choice('abcdefgh')}"
        L = w.lots[lot]
        prior, L["leader"], L["price"] = L["leader"], paddle, amount
        L["bids"].append(bid)
        w.bids[bid] = (lot, paddle)
        async with c.span("bidding.repo.query", "CLIENT") as s:
            await s.work(3)
            s.log.debug(f'QUERY OK source="bids" db={s.elapsed_ms():.1f}ms INSERT INTO "bids" ("lot_id","paddle","pence","auto") VALUES ($1,$2,$3,$4) [{lot}, {paddle}, {amount}, {str(auto).lower()}]')
        async with c.producer("bid.placed") as p:
            await p.send({"bid": bid, "lot": lot, "paddle": paddle, "prior": prior, "pence": amount, "depth": depth})
            if not auto: p.log.debug(f"broadcast bid.placed {bid}")
        return bid

    @bidding.http("POST /lots/{lot}/bids")
    async def place(c, b):
        lot = b["_route"].split("/")[2]
        rid = "F" + "".join(c.rng.choice("abcdefGHJKxyz012389") for _ in range(17))
        c.log.info(f"POST /lots/{lot}/bids", request_id=rid, incoming=True)
        _, L = await c.call("lots", f"GET /lots/{lot}")
        if not L["open"]:
            c.log.warning(f"lot {lot} is closed, paddle {b['paddle']} came too late", request_id=rid)
            c.log.info(f"Sent 409 in {c.elapsed_ms():.0f}ms", request_id=rid)
            return 409, {}
        if b["pence"] <= L["price"]:
            c.log.info(f"Sent 422 in {c.elapsed_ms():.0f}ms", request_id=rid)
            return 422, {}
        bid = await take(c, lot, b["paddle"], b["pence"], False, 0)
        c.log.info(f"Sent 201 in {c.elapsed_ms():.0f}ms", request_id=rid)
        return 201, {"bid": bid}

    @bidding.consumer("bid.placed")
    async def autobid(c, m):
        x = m.body
        if x["depth"] >= 2 or c.rng.random() > 0.45:
            if x["depth"] < 2: c.log.debug(f"nobody answers {x['bid']}", incoming=True)
            return
        async with c.span("bidding.repo.query", "CLIENT") as s:
            await s.work(2)
        if not w.lots[x["lot"]]["open"]: return
        up = x["pence"] + c.rng.choice([500, 1000, 2500])
        rival = c.rng.randrange(100, 199)
        c.log.info(f"autobid: paddle {rival} answers {x['bid']} on lot {x['lot']} with {up}", incoming=True)
        await take(c, x["lot"], rival, up, True, x["depth"] + 1)

    @bidding.http("DELETE /bids/{bid}")
    async def retract(c, b):
        bid = b["_route"].split("/")[2]
        lot, paddle = w.bids[bid]
        await c.work(3)
        if not w.lots[lot]["open"]:
            c.log.info(f"retraction of {bid} refused, lot {lot} closed", incoming=True)
            return 409, {}
        async with c.producer("bid.retracted") as p:
            p.log.info(f"retracting {bid} (lot {lot}, paddle {paddle})")
            await p.send({"bid": bid, "lot": lot, "paddle": paddle})
        return 204, {}

    @bidding.consumer("invoice.lapsed")
    async def second_chance(c, m):
        lot = m.body["lot"]
        async with c.span("bidding.repo.query", "CLIENT") as s:
            await s.work(4)
            s.log.debug(f'QUERY OK source="bids" db={s.elapsed_ms():.1f}ms SELECT b0."paddle" FROM "bids" AS b0 WHERE (b0."lot_id" = $1) ORDER BY b0."pence" DESC OFFSET 1 LIMIT 1 [{lot}]')
        if len(w.lots[lot]["bids"]) < 2:
            c.log.info(f"no underbidder for lot {lot}, nothing to offer")
            return
        c.log.info(f"second chance for lot {lot} goes to the underbidder", incoming=True)
        await c.publish("offer.made", {"lot": lot, "paddle": w.bids[w.lots[lot]["bids"][-2]][1]})
    bidding.noise(5, lambda log: log.debug(f"pool bidding.repo ready={w.rng.randrange(4, 10)} checked_out={w.rng.randrange(3)}"))

    # ---- clock
    @clock.consumer("lot.listed")
    async def arm(c, m):
        lot = str(m.body["lot_id"])
        async with c.span("ZADD", "CLIENT") as s:
            await s.work(1.5)
            s.log.debug("zadd closing", logger="clock::store", member=lot)
        c.log.info("armed", logger="clock::wheel", lot=int(lot), closes_in_s=round(m.body["closes_in"]), incoming=True)

    @clock.consumer("bid.placed")
    async def snipe(c, m):
        L = w.lots[m.body["lot"]]
        await c.work(1)
        if L["open"] and L["ends"] - w.loop.time() < 5:
            L["ends"] += 1.5
            c.log.info("late bid, hammer waits", logger="clock::wheel", lot=int(m.body["lot"]), extra_ms=1500, bid=m.body["bid"], incoming=True)
        else: c.log.debug("no need", logger="clock::wheel", bid=m.body["bid"], incoming=True)

    async def close(c, lot):
        L = w.lots[lot]
        L["open"] = False
        c.log.info("hammer falls", logger="clock::sweeper", lot=int(lot), price=L["price"], paddle=L["leader"] or 0)
        async with c.client("lots", f"GET /lots/{lot}") as k:
            await k.send()
        async with c.span("ZREM", "CLIENT") as s:
            await s.work(1)
        topic = "lot.sold" if L["leader"] else "lot.passed"
        async with c.producer(topic) as p:
            mid = await p.send({"lot": lot, "paddle": L["leader"], "pence": L["price"], "seller": L["seller"]})
            p.log.debug("sent", logger="clock::bus", subject=topic, msg=mid)

    async def sweep():
        while not w.closing:
            await sleep(500)
            for lot in [k for k, v in w.lots.items() if v["open"] and v["ends"] < w.loop.time()]:
                await clock._root("close lot", "INTERNAL", close, lot)
    w.background.append(sweep)
    clock.noise(7, lambda log: log.debug("tick", logger="clock::wheel", slots=w.rng.randrange(2, 30)))

    # ---- escrow
    @escrow.consumer("lot.sold", retries=3, retry_ms=250)
    async def invoice(c, m):
        x = m.body
        if c.rng.random() < 0.06 and m.attempt < 3:
            c.log.warning(f"Serialization failure while invoicing lot {x['lot']}, delivery {m.attempt} will be repeated", logger="Invoicing")
            raise Exception("40001")
        n["inv"] += 1
        no = f"HH-{n['inv']}"
        async with c.span("pg insert", "CLIENT") as s:
            await s.work(6)
        w.invoices[no] = {"lot": x["lot"], "paid": False, "paddle": x["paddle"], "pence": x["pence"]}
        w.lots[x["lot"]]["invoice"] = no
        c.log.info(f"Invoice {no} issued", logger="Invoicing", invoice=no, lotNo=x["lot"], buyer={"paddle": x["paddle"]}, total=round(x["pence"] * 1.2), msgId=m.id, incoming=True)
        await c.publish("invoice.issued", {"no": no, **x})
        c.spawn(lapse(c, no))

    async def lapse(c, no):
        await sleep(c.rng.uniform(6500, 8000))
        if w.invoices[no]["paid"]: return
        async with c.producer("invoice.lapsed") as p:
            p.log.warning(f"{no} not paid in time", logger="LapseTimer", invoice=no)
            await p.send({"no": no, "lot": w.invoices[no]["lot"], "paddle": w.invoices[no]["paddle"]})

    @escrow.http("POST /invoices/{no}/pay")
    async def pay(c, b):
        no = b["_route"].split("/")[2]
        async with c.client("psp", "POST /charges") as k:
            k.log.debug("calling psp", logger="PspClient", invoice=no)
            st, a = await k.send({"ref": no, "pence": w.invoices[no]["pence"]})
            if st != 202:
                k.log.warning("psp declined at once", logger="PspClient", invoice=no, status=st)
                return 402, {}
        c.log.info("Payment under way", logger="PayResource", invoice=no, charge=a["charge"], incoming=True)
        return 202, a

    @escrow.http("POST /hooks/psp")
    async def hook(c, b):
        no, inv = b["ref"], w.invoices[b["ref"]]
        async with c.span("pg update", "CLIENT") as s:
            await s.work(5)
            s.log.debug("update invoice set state=? where no=?", logger="Sql", params=["PAID" if b["ok"] else "DECLINED", no])
        if not b["ok"]:
            c.log.warning("Charge declined", logger="HookResource", charge=b["charge"], invoice=no, incoming=True)
            return 200, {}
        inv["paid"] = True
        c.log.info("Charge settled", logger="HookResource", charge=b["charge"], invoice=no, incoming=True)
        async with c.producer("invoice.settled") as p:
            await p.send({"no": no, **inv})
        return 200, {}

    @escrow.consumer("parcel.booked")
    async def payout(c, m):
        await c.work(9)
        c.log.info(f"Payout scheduled, invoice {m.body['no']}", logger="Payout", parcel=m.body["parcel"], incoming=True)
    escrow.noise(8, lambda log: log.debug("HikariPool-1 - Pool stats (total=8, active=1, idle=7, waiting=0)", logger="Pool"))

    # ---- psp
    @psp.http("POST /charges")
    async def charge(c, b):
        ch = f"ch_{c.rng.getrandbits(48):012x}"
        c.log.info("charge requested", charge=ch, merchant_ref=b["ref"], amount=b["pence"], incoming=True)
        async with c.span("risk check") as s:
            await s.work(30)
        if c.rng.random() < 0.06:
            c.log.info("card refused", charge=ch)
            return 402, {}
        c.spawn(later(c, ch, b["ref"]))
        return 202, {"charge": ch}

    async def later(c, ch, ref):
        await sleep(c.rng.uniform(700, 3200))
        ok = c.rng.random() > 0.1
        async with c.client("front", "POST /hooks/psp") as k:
            st, _ = await k.send({"ref": ref, "charge": ch, "ok": ok})
            k.log.info("webhook delivered", charge=ch, outcome="succeeded" if ok else "failed", http=st)

    # ---- notifier
    def mailing(topic, text, when=lambda x: True, chance=1.0):
        @note.consumer(topic, retries=2, retry_ms=400)
        async def tell(c, m):
            if not when(m.body): return
            c_log = text.format(**m.body)
            async with c.span("smtp", "CLIENT") as s:
                await s.work(60, 0.6)
                if c.rng.random() < 0.04 and m.attempt < 3:
                    s.log.warning(f"421 try again later ({c_log})")
                    raise Exception("421")
                if m.id[-1] in B32[:22]: s.log.debug(f"250 2.0.0 Ok: queued as {c.rng.getrandbits(40):010X}")
            c.log.info(c_log, incoming=True)
    mailing("bid.placed", "told paddle {prior} that {paddle} leads lot {lot}", lambda x: x["prior"] and x["prior"] != x["paddle"])
    mailing("invoice.issued", "sent bill {no} to paddle {paddle}")
    mailing("invoice.settled", "thanked for payment of {no}")
    mailing("invoice.lapsed", "scolded paddle {paddle} for {no}")
    mailing("offer.made", "offered lot {lot} to paddle {paddle}")
    mailing("parcel.booked", "mailed tracking number {parcel}")
    mailing("lot.passed", "consoled seller {seller}, lot {lot} passed")
    note.noise(6, lambda log: log.debug(f"queue depth {w.rng.randrange(9)}"))

    # ---- finder: collects, then flushes in bulk
    for topic in ("lot.listed", "bid.placed", "bid.retracted", "lot.sold", "lot.passed"):
        @finder.consumer(topic)
        async def collect(c, m, topic=topic):
            lot = str(m.body.get("lot", m.body.get("lot_id")))
            pending.append((lot, topic, c))
            if topic != "bid.placed": c.log.debug("queued_for_index", lot=lot, subject=topic, msg_id=m.id, incoming=True)
            else: c.log.debug("price_changed", lot=lot, pence=m.body["pence"], incoming=True)
    async def flush(c, items):
        for lot, topic, o in items:
            c.link(o)
            c.log.debug("bulk_item", lot=lot, why=topic)
        async with c.span("POST _bulk", "CLIENT") as s:
            await s.work(25)
            s.log.info("bulk_ok", took=int(s.elapsed_ms()), items=len(items), errors=False)
    async def flusher():
        while not w.closing:
            await sleep(3000)
            items, pending[:] = list(pending), []
            if items: await finder._root("flush index", "INTERNAL", flush, items)
    w.background.append(flusher)

    # ---- watchdog
    @dog.consumer("bid.placed", concurrency=6)
    async def score(c, m):
        x = m.body
        async with c.span("shill graph") as s:
            await s.work(12)
            if c.rng.random() < 0.4: s.log.debug(f"walked {c.rng.randrange(3, 80)} edges around {x['paddle']}", logger="graph.cc:210")
        v = c.rng.random() ** 4
        c.log(*(("WARN", f"{x['bid']} smells of shill bidding, score {v:.3f}") if v > 0.6 else ("INFO", f"{x['bid']} score {v:.3f}")), logger="score.cc:58", incoming=True)

    @dog.consumer("lot.listed")
    async def forgery(c, m):
        c.log.info(f"checking provenance of lot {m.body['lot_id']}", logger="forgery.cc:31", incoming=True)
        await c.work(160)
    dog.noise(10, lambda log: log.info(f"reloaded {w.rng.randrange(400, 500)} known shills", logger="graph.cc:44"))

    # ---- shipdesk
    @desk.consumer("invoice.settled", retries=2, retry_ms=600)
    async def ship(c, m):
        c.log.info("Booking parcel for {Invoice} (lot {Lot})", logger="Booker", Invoice=m.body["no"], Lot=m.body["lot"], incoming=True)
        async with c.span("POST https://api.parcelco/labels", "CLIENT") as s:
            await s.work(180, 0.5)
            if c.rng.random() < 0.1 and m.attempt < 3:
                s.log.warning("Retry {Attempt} after {StatusCode} from parcelco", logger="Polly", Attempt=m.attempt, StatusCode=503)
                raise Exception("503")
            par = f"PC{c.rng.randrange(10 ** 9):09d}GB"
        async with c.producer("parcel.booked") as p:
            await p.send({"no": m.body["no"], "parcel": par, "lot": m.body["lot"]})
            p.log.info("Parcel {Parcel} announced", logger="Booker", Parcel=par)


async def load(w):
    r = w.rng

    async def seller(i):
        await w.start("front", "POST /lots", {"who": f"s{r.randrange(4000, 4999)}", "reserve": r.randrange(20, 900) * 100})

    async def bidder(i):
        await sleep(2500)
        live = [k for k, v in w.lots.items() if v["open"]] or list(w.lots)
        lot = r.choice(live)
        st, a = await w.start("front", f"POST /lots/{lot}/bids", {"who": f"u{r.randrange(100, 199)}", "paddle": r.randrange(200, 999), "pence": w.lots[lot]["price"] + r.choice([-100, 500, 1000, 1000, 5000])})
        if i % 5 == 0:
            await sleep(r.uniform(200, 3000))
            await w.start("front", f"GET /lots/{lot}", {"who": "-"})
        if i % 11 == 3 and st == 201:
            await sleep(r.uniform(400, 1500))
            await w.start("front", f"DELETE /bids/{a['bid']}", {"who": "-"})

    async def buyers():
        seen = set()
        for _ in range(110):
            await sleep(500)
            for no in list(w.invoices):
                if no in seen: continue
                seen.add(no)
                if r.random() < 0.75: w._spawn(one(no))

    async def one(no):
        await sleep(r.uniform(600, 4000))
        await w.start("front", f"POST /invoices/{no}/pay", {"who": f"p{w.invoices[no]['paddle']}"})

    w._spawn(buyers())
    await arrivals(w, 8, 4, seller)
    await arrivals(w, 105, 2.9, lambda i: seller(i) if i % 6 == 1 else bidder(i))
    await sleep(26000)

record(build, load, "l_auction")
