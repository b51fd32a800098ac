"""Monthly boxes by subscription: people sign up at a Rails shop, cards are charged through a processor that calls back, boxes are
curated, packed and labelled by a chain of events; renewals come in small batches, declined cards are dunned, people skip and ask."""
import json
from world import *


def milli(r): return "%03d" % (r.time.microsecond // 1000)

def traefik(r):       # edge: Traefik access log as JSON
    if "RequestPath" not in r.fields:
        return json.dumps({"level": r.level.lower(), "msg": r.message, "time": isoz(r, 0)}, separators=(",", ":"))
    d = dict(r.fields)
    if r.trace_id: d |= {"SpanId": r.span_id, "TraceId": r.trace_id}
    if r.incoming: d["request_Traceparent"] = r.incoming
    return json.dumps(dict(sorted(d.items())) | {"level": "info", "msg": "", "time": isoz(r, 0)}, separators=(",", ":"))

def rails(r):         # storefront: Ruby's Logger with tags
    tags = f"[{r.trace_id}] [{r.span_id}] " if r.trace_id else ""
    if r.incoming_parent: tags += f"[parent={r.incoming_parent}] "
    return f"{r.level[0]}, [{r.time:%Y-%m-%dT%H:%M:%S.%f} #{r.pid}] {r.level:>5} -- : {tags}{r.message}"

def logback(r):       # subs
    up = f",{r.incoming_parent}" if r.incoming_parent else ""
    return f"{r.time:%d-%m-%Y %H:%M:%S}.{milli(r)} {r.level:<5} [{r.trace_id or ''},{r.span_id or ''}{up}] {r.logger} ({r.thread}) : {r.message}"

def slog(r):          # biller: slog JSON handler with groups
    d = {"time": isoz(r, 9), "level": r.level, "msg": r.message} | r.fields
    if r.trace_id:
        d["trace"] = {"id": r.trace_id, "span": r.span_id}
        if r.incoming_parent: d["trace"]["parent"] = r.incoming_parent
    return json.dumps(d, separators=(",", ":"))

def winston(r):       # psp-gw
    d = dict(r.fields) | {"level": r.level.lower(), "message": r.message}
    if r.trace_id: d |= {"trace_id": r.trace_id, "span_id": r.span_id}
    if r.incoming: d["traceparent"] = r.incoming
    return json.dumps(d | {"timestamp": isoz(r)}, separators=(",", ":"))

def structlog(r):     # curator: structlog's console renderer without colours
    f = dict(r.fields)
    if r.trace_id: f |= {"trace": r.trace_id, "span": r.span_id}
    if r.incoming_parent: f["upstream_span"] = r.incoming_parent
    lv = {"WARN": "warning"}.get(r.level, r.level.lower())
    return f"{r.time:%Y-%m-%d %H:%M:%S.%f} [{lv:<9}] {r.message:<30} " + " ".join(f"{k}={v!r}" if isinstance(v, str) and " " in v else f"{k}={v}" for k, v in f.items())

def tracing(r):       # stock: tracing-subscriber, full
    s = f"{{trace_id={r.trace_id} span_id={r.span_id}}}" if r.trace_id else ""
    if r.incoming_parent: s = s[:-1] + f" remote_parent={r.incoming_parent}}}"
    scope = f"request{s}: " if s else ""
    return f"{isoz(r, 6)} {r.level:>5} {scope}stockd::{r.logger}: {r.message}" + "".join(f" {k}={json.dumps(v)}" for k, v in r.fields.items())

def serilog(r):       # packline: Serilog's console template with {Properties}
    lv = {"DEBUG": "DBG", "INFO": "INF", "WARN": "WRN", "ERROR": "ERR"}[r.level]
    p = {}
    if r.trace_id: p |= {"TraceId": r.trace_id, "SpanId": r.span_id}
    if r.incoming_parent: p["ParentId"] = r.incoming_parent
    tail = " {" + ", ".join(f'{k}: "{v}"' for k, v in p.items()) + "}" if p else " {}"
    return f"[{r.time:%Y-%m-%d %H:%M:%S}.{milli(r)} {lv}] {r.message}{tail}"

def glog(r):          # courier
    ids = f"[{r.trace_id}:{r.span_id}] " if r.trace_id else ""
    if r.incoming_parent: ids += f"(from {r.incoming_parent}) "
    return f"{r.level[0]}{r.time:%m%d %H:%M:%S.%f} {r.pid:>7} {r.logger}] {ids}{r.message}"

def elixir(r):        # letters
    md = f"trace_id={r.trace_id} span_id={r.span_id} " if r.trace_id else ""
    if r.incoming_parent: md += f"parent_span_id={r.incoming_parent} "
    return f"{r.time:%Y-%m-%d %H:%M:%S}.{milli(r)} [{r.level.lower().replace('warn', 'warning')}] {md}{r.message}"


def build(w):
    w.network_ms, w.broker_ms = 1.4, 22
    w.sub, w.boxes, w.parcels = {}, {}, {}
    seq = {"box": 70310, "cust": 40017, "ch": 0, "msg": 5120}
    def mid():
        seq["msg"] += 1
        return f"m-{seq['msg']}"
    w.new_message_id = mid
    due = []
    b36 = lambda n: "".join(w.rng.choice("abcdefghjkmnpqrstuvwxyz23456789") for _ in range(n))

    edge = w.service("edge", traefik)
    shop = w.service("storefront", rails)
    subs = w.service("subs", logback, errors=lambda c, e: c.log.error(f"listener threw, message parked\ncom.boxly.bus.ListenerException: {e}\n\tat com.boxly.bus.Kafka.dispatch(Kafka.kt:61)\n\tat com.boxly.bus.Kafka.run(Kafka.kt:33)", logger="c.b.bus.Kafka", thread="kafka-1"))
    biller = w.service("biller", slog, errors=lambda c, e: c.log.error("handler failed", err=str(e)))
    psp = w.service("psp-gw", winston, errors=lambda c, e: c.log.error("unhandled", error=str(e)))
    cur = w.service("curator", structlog, errors=lambda c, e: c.log.error("consumer_crashed", exc=str(e)))
    stock = w.service("stock", tracing, errors=lambda c, e: c.log.error("giving up on message", logger="bus", error=str(e)))
    pack = w.service("packline", serilog, errors=lambda c, e: c.log.error(f"Consumer faulted: {e}\n   at Packline.Bus.Worker.HandleAsync() in /src/Bus/Worker.cs:line 81"))
    cour = w.service("courier", glog, errors=lambda c, e: c.log.error(f"fatal in worker: {e}", logger="worker.cc:140"))
    mail = w.service("letters", elixir, errors=lambda c, e: c.log.error(f"GenServer Letters.Consumer terminating: {e}"))

    @edge.http("ANY *")
    async def route(c, b):
        verb, path = b["_route"].split(" ")
        to = "courier" if path.startswith("/hooks/courier") else "storefront"
        st, a = await c.call(to, b["_route"], {k: v for k, v in b.items() if k[0] != "_"}, client_span=False)
        ns = int(c.elapsed_ms() * 1e6)
        c.log.info("", RequestMethod=verb, RequestPath=path, DownstreamStatus=st, Duration=ns, OriginDuration=ns - 91000, ServiceName=to + "@docker", ClientHost=f"84.17.{c.rng.randrange(250)}.{c.rng.randrange(250)}", RouterName=to, incoming=True)
        return st, a
    edge.noise(9, lambda log: log.info("Configuration reloaded, nothing changed"))

    # ---------------------------------------------------------------- storefront
    def action(name, verb_path, controller, target, success):
        @shop.http(verb_path)
        async def run(c, b):
            path = b["_route"].split(" ")[1]
            c.log.info(f'Started {verb_path.split(" ")[0]} "{path}" for 10.4.0.{c.rng.randrange(2, 40)}', incoming=True)
            if verb_path.startswith("POST"):
                c.log.info(f"Processing by {controller} as JSON")
            st, a = await target(c, b)
            c.log.info(f"Completed {st} {success if st < 400 else 'Unprocessable'} in {c.elapsed_ms():.0f}ms (Views: 0.{c.rng.randrange(1, 9)}ms | ActiveRecord: {c.rng.randrange(1, 6)}.{c.rng.randrange(9)}ms)")
            return st, a

    async def sign_up(c, b):
        async with c.span("INSERT customers", "CLIENT") as s:
            await s.work(4)
            s.log.debug(f"  Customer Create (3.{c.rng.randrange(9)}ms)  INSERT INTO customers (number) VALUES ({b['cust']})")
        async with c.client("subs", "POST /v2/subscriptions") as k:
            st, a = await k.send({"cust": b["cust"], "plan": b["plan"]})
            if st == 201: k.log.info(f"subs answered in {k.elapsed_ms():.1f}ms, id #{a['id']}")
            else: k.log.warning(f"subs said {st} for customer {b['cust']}")
        return st, a

    async def skip(c, b): return await c.call("subs", f"PUT /v2/subscriptions/{b['_route'].split('/')[2]}/skip", {}, client_span=False)
    async def look(c, b): return await c.call("subs", f"GET /v2/subscriptions/{b['_route'].split('/')[2]}", {})
    action("create", "POST /subscriptions", "SubscriptionsController#create", sign_up, "Created")
    action("skip", "POST /subscriptions/{id}/skip", "SubscriptionsController#skip", skip, "OK")
    action("show", "GET /subscriptions/{id}", "SubscriptionsController#show", look, "OK")
    shop.noise(6, lambda log: log.debug("Rails.cache sweep: 0 expired"))

    # ---------------------------------------------------------------- subs
    S = "c.b.subs.SubscriptionService"
    @subs.http("POST /v2/subscriptions")
    async def create(c, b):
        T = f"http-{c.thread}"
        sid = "sub_" + b36(8)
        c.log.info(f"Creating subscription {sid} for customer {b['cust']} (plan {b['plan']})", logger=S, thread=T, incoming=True)
        (q, _), (m, a) = await asyncio.gather(c.call("curator", "POST /quiz/check", {"sub": sid, "cust": b["cust"]}, client_span=False), c.call("biller", "POST /mandates", {"sub": sid, "cust": b["cust"]}))
        if m != 201:
            c.log.warning(f"{sid}: no mandate ({m}), subscription dropped", logger=S, thread=T)
            return 402, {}
        async with c.span("insert subscription", "CLIENT") as s:
            await s.work(5)
            s.log.debug(f"insert into subscription (id, customer, plan, mandate) values ('{sid}', {b['cust']}, '{b['plan']}', '{a['mandate']}')", logger="org.jooq.tools.LoggerListener", thread=T)
        w.sub[sid] = {"cust": b["cust"], "plan": b["plan"], "state": "ACTIVE", "mandate": a["mandate"]}
        async with c.producer("sub.started") as p:
            mid = await p.send({"sub": sid, "cust": b["cust"], "mandate": a["mandate"], "plan": b["plan"]})
            p.log.info(f"sent sub.started key={sid} id={mid}", logger="c.b.bus.Kafka", thread=T)
        return 201, {"id": sid}

    @subs.http("PUT /v2/subscriptions/{id}/skip")
    async def skipped(c, b):
        T = f"http-{c.thread}"
        sid = b["_route"].split("/")[3]
        await c.work(4)
        if w.sub[sid]["state"] != "ACTIVE":
            c.log.info(f"skip of {sid} refused, is {w.sub[sid]['state']}", logger=S, thread=T, incoming=True)
            return 409, {}
        box = w.sub[sid].get("box")
        await c.publish("sub.skipped", {"sub": sid, "box": box})
        c.log.info(f"{sid} skips next month, last box {box}", logger=S, thread=T, incoming=True)
        return 200, {}

    @subs.http("GET /v2/subscriptions/{id}")
    async def show(c, b):
        sid = b["_route"].split("/")[3]
        async with c.span("select subscription", "CLIENT") as s:
            await s.work(2.5)
            s.log.debug(f"select * from subscription where id = '{sid}'", logger="org.jooq.tools.LoggerListener", thread=f"http-{c.thread}")
        return 200, {"state": w.sub[sid]["state"]}

    @subs.consumer("charge.settled", retries=2)
    async def open_box(c, m):
        T = f"kafka-{c.thread % 3}"
        sid = m.body["sub"]
        seq["box"] += 1
        box = f"BX-{seq['box']}"
        w.sub[sid]["box"] = box
        w.boxes[box] = sid
        async with c.span("insert box", "CLIENT") as s:
            await s.work(5)
        if m.attempt == 1 and c.rng.random() < 0.03:
            c.log.warning(f"optimistic lock on {sid}, again in a moment", logger=S, thread=T)
            raise Exception("lock")
        c.log.info(f"Payment {m.body['charge']} in, opening box {box} of {sid}", logger="c.b.subs.BoxOpener", thread=T, incoming=True)
        await c.publish("box.opened", {"box": box, "sub": sid, "plan": w.sub[sid]["plan"]}, producer_span=False)
        due.append(sid)

    @subs.consumer("charge.abandoned")
    async def suspend(c, m):
        await c.work(6)
        w.sub[m.body["sub"]]["state"] = "SUSPENDED"
        c.log.warning(f"{m.body['sub']} suspended, {m.body['tries']} charges failed", logger=S, thread="kafka-0", incoming=True)

    def update(topic, text):
        @subs.consumer(topic)
        async def upd(c, m):
            async with c.span("update box", "CLIENT") as s:
                await s.work(4)
                s.log.debug(f"update box set status = '{text}' where no = '{m.body['box']}'", logger="org.jooq.tools.LoggerListener", thread="kafka-2")
    update("parcel.labelled", "SHIPPED")
    update("parcel.scanned", "IN_TRANSIT")

    @subs.every(4, first=8)
    async def renewals(c):
        take = [due.pop(0) for _ in range(min(len(due), c.rng.randrange(1, 3)))]
        if not take:
            return
        c.log.info(f"Renewal run: {len(take)} subscription(s) due", logger="c.b.subs.RenewalJob", thread="scheduler")
        for sid in take:
            s = w.sub[sid]
            if s["state"] != "ACTIVE":
                c.log.info(f" - {sid} left out ({s['state']})", logger="c.b.subs.RenewalJob", thread="scheduler")
                continue
            async with c.producer("charge.due") as p:
                await p.send({"sub": sid, "cust": s["cust"], "mandate": s["mandate"], "plan": s["plan"]})
                p.log.info(f" - {sid} queued for charging", logger="c.b.subs.RenewalJob", thread="scheduler")
            s["state"] = "ACTIVE"
    subs.noise(5, lambda log: log.debug(f"HikariPool-1 - Pool stats (total=10, active={w.rng.randrange(5)}, idle=6, waiting=0)", logger="c.z.hikari.pool", thread="housekeeper"))

    # ---------------------------------------------------------------- biller
    @biller.http("POST /mandates")
    async def mandate(c, b):
        async with c.client("psp-gw", "POST /tokens") as k:
            st, a = await k.send({"customer": b["cust"]})
            k.log.debug("psp call", op="tokens", status=st, ms=round(k.elapsed_ms(), 1))
        if st != 200:
            c.log.warning("mandate refused", sub=b["sub"], incoming=True)
            return 402, {}
        md = "MD" + a["token"][-6:].upper()
        c.log.info("mandate stored", sub=b["sub"], mandate=md, incoming=True)
        return 201, {"mandate": md}

    async def charge(c, body, n):
        seq["ch"] += 1
        ch = f"ch_{seq['ch']:05d}{b36(3)}"
        async with c.span("INSERT charges", "CLIENT") as s:
            await s.work(4)
            if n > 1 or c.rng.random() < 0.5: s.log.debug("sql", q="INSERT INTO charges (id, sub, try) VALUES ($1,$2,$3)", args=[ch, body["sub"], n])
        async with c.client("psp-gw", "POST /charges") as k:
            st, _ = await k.send(body | {"charge": ch, "try": n})
            k.log.info("charge handed over", charge={"id": ch, "sub": body["sub"], "try": n}, status=st)

    def charging(topic):
        @biller.consumer(topic, retries=1)
        async def start(c, m):
            c.log.info("got " + m.topic, sub=m.body["sub"], message_id=m.id, incoming=True)
            await charge(c, m.body, 1)
    charging("sub.started"); charging("charge.due")

    @biller.http("POST /hooks/psp")
    async def hook(c, b):
        c.log.info("webhook", charge={"id": b["charge"], "result": b["result"]}, incoming=True)
        await c.work(3)
        await c.publish("charge.settled" if b["result"] == "ok" else "charge.declined", b["order"] | {"charge": b["charge"]}, producer_span=False)
        return 204, {}

    @biller.consumer("charge.declined")
    async def dun(c, m):
        n = m.body["try"]
        if n >= 3:
            c.log.error("charge abandoned", charge={"id": m.body["charge"], "sub": m.body["sub"]}, tries=n, incoming=True)
            await c.publish("charge.abandoned", {"sub": m.body["sub"], "cust": m.body["cust"], "tries": n})
            return
        c.log.warning("declined, will try later", charge={"id": m.body["charge"], "sub": m.body["sub"]}, in_ms=1200 * n, incoming=True)
        await sleep(1200 * n)
        await charge(c, m.body, n + 1)

    @biller.consumer("sub.skipped")
    async def void(c, m):
        await c.work(5)
        c.log.info("next invoice voided", sub=m.body["sub"], incoming=True)
    biller.noise(7, lambda log: log.info("rates refreshed", currencies=31))

    # ---------------------------------------------------------------- psp-gw
    @psp.http("POST /tokens")
    async def token(c, b):
        await c.work(130, 0.5)
        if c.rng.random() < 0.05:
            c.log.warning("card refused by issuer", customer=b["customer"], code="do_not_honor", incoming=True)
            return 402, {}
        t = "tok_" + b36(12)
        c.log.info("token created", customer=b["customer"], token=t, incoming=True)
        return 200, {"token": t}

    @psp.http("POST /charges")
    async def take(c, b):
        c.log.info(f"charge {b['charge']} accepted", mandate=b["mandate"], incoming=True)
        await c.work(35)
        c.spawn(call_back(c, b))
        return 202, {}

    async def call_back(c, b):
        await sleep(c.rng.uniform(250, 1500))
        ok = c.rng.random() > 0.13
        async with c.client("biller", "POST /hooks/psp") as k:
            st, _ = await k.send({"charge": b["charge"], "result": "ok" if ok else "declined", "order": {x: b[x] for x in ("sub", "cust", "mandate", "plan", "try")}})
            k.log.info(f"callback for {b['charge']} delivered", result="captured" if ok else "insufficient_funds", http=st, took=int(k.elapsed_ms()))

    psp.noise(5, lambda log: log.debug("keep-alive", sockets=w.rng.randrange(3, 12)))

    # ---------------------------------------------------------------- curator
    @cur.http("POST /quiz/check")
    async def quiz(c, b):
        await c.work(9)
        if c.rng.random() < 0.5: c.log.info("quiz_complete", customer=b["cust"], score=c.rng.randrange(40, 100))
        return 200, {}

    @cur.consumer("box.opened", retries=1)
    async def choose(c, m):
        box = m.body["box"]
        async with c.span("rank items") as s:
            await s.work(40)
            s.log.debug("ranked", box=box, candidates=c.rng.randrange(20, 90), model="taste-v7")
        items = [f"SKU{c.rng.randrange(1000, 1400)}" for _ in range(c.rng.randrange(2, 5))]
        got = await asyncio.gather(*(c.call("stock", "POST /allocations", {"sku": i, "box": box}, client_span=False) for i in items))
        for i, (st, _) in zip(items, got):
            if st != 200:
                c.log.warning("substituting", missing=i, box=box)
                await c.call("stock", "POST /allocations", {"sku": "SKU0900", "box": box})
        c.log.info("box_curated", box_no=box, plan=m.body["plan"], items=len(items), took=round(c.elapsed_ms() / 1000, 3), incoming=True)
        await c.publish("box.curated", {"box": box, "items": items, "sub": m.body["sub"]}, producer_span=False)

    @cur.consumer("sub.started")
    async def profile(c, m):
        await c.work(15)
        c.log.info("profile_warmed", subscription=m.body["sub"], for_=f"cust-{m.body['cust']}", incoming=True)
    cur.noise(8, lambda log: log.info("model_still_fresh", model="taste-v7"))

    # ---------------------------------------------------------------- stock
    @stock.http("POST /allocations")
    async def allocate(c, b):
        await c.work(2)
        if c.rng.random() < 0.05 and b["sku"] != "SKU0900":
            c.log.warning("out of stock", logger="alloc", sku=b["sku"], box_id=b["box"], incoming=True)
            return 409, {}
        c.log.info("allocated", logger="alloc", sku=b["sku"], box_id=b["box"], left=c.rng.randrange(900), incoming=True)
        return 200, {}

    @stock.consumer("box.packed")
    async def deduct(c, m):
        await c.work(3)
        c.log.debug("deducted", logger="alloc", box_id=m.body["box"], lines=len(m.body["items"]), incoming=True)
    stock.noise(6, lambda log: log.debug("flushed wal", logger="store", bytes=w.rng.randrange(4000)))

    # ---------------------------------------------------------------- packline
    @pack.consumer("box.curated", concurrency=8)
    async def packing(c, m):
        box = m.body["box"]
        c.log.info(f"Box {box} waiting for the belt", incoming=True)
        await c.work(420, 0.6)
        if c.rng.random() < 0.06:
            c.log.warning(f"Box {box} overweight, packed again by hand")
            await c.work(500)
        async with c.producer("box.packed") as p:
            g = c.rng.randrange(500, 3000)
            await p.send(m.body | {"g": g})
            p.log.debug(f"BoxPacked {{ No = {box}, Grams = {g} }}")
        c.log.info(f"Box {box} packed at station {c.rng.randrange(1, 7)} in {c.elapsed_ms():.0f} ms")

    @pack.consumer("sub.skipped")
    async def hold(c, m):
        if m.body["box"]: c.log.info(f"Nothing to hold for {m.body['sub']}: {m.body['box']} is already on the belt or gone")
        else: c.log.debug(f"Hold {m.body['sub']}")
        await c.work(2)
    pack.noise(5, lambda log: log.debug("Belt speed 0.8 m/s"))

    # ---------------------------------------------------------------- courier
    @cour.consumer("box.packed", retries=3, retry_ms=400)
    async def label(c, m):
        box = m.body["box"]
        async with c.span("carrier label api", "CLIENT") as s:
            await s.work(160, 0.6)
            if c.rng.random() < 0.09 and m.attempt < 4:
                s.log.warning(f"label for {box}: carrier timed out (attempt {m.attempt})", logger="carrier.cc:77")
                raise Exception("timeout")
            no = f"JD{c.rng.randrange(10 ** 9, 10 ** 10)}"
            s.log.info(f"label for {box} is {no}", logger="carrier.cc:91")
        w.parcels[no] = box
        w.fresh.append(no)
        c.log.info(f"done {box}", logger="worker.cc:58", incoming=True)
        await c.publish("parcel.labelled", {"box": box, "parcel": no, "sub": m.body["sub"]}, producer_span=False)

    @cour.http("POST /hooks/courier")
    async def scanned(c, b):
        c.log.info(f"scan {b['event']} of {b['parcel']} at {b['depot']}", logger="hook.cc:21", incoming=True)
        await c.work(3)
        async with c.producer("parcel.scanned") as p:
            mid = await p.send({"parcel": b["parcel"], "box": w.parcels[b["parcel"]], "event": b["event"]})
            p.log.info(f"parcel.scanned {mid} sent", logger="hook.cc:34")
        return 202, {}
    w.fresh = []
    cour.noise(8, lambda log: log.info("carrier token valid for another 3100 s", logger="carrier.cc:40"))

    # ---------------------------------------------------------------- letters
    for topic, text in (("sub.started", lambda b: f"welcome letter -> customer #{b['cust']}"), ("parcel.labelled", lambda b: f"shipping letter, tracking {b['parcel']}"),
                        ("charge.abandoned", lambda b: f"card letter -> customer #{b['cust']}"), ("parcel.scanned", lambda b: f"{b['event']} letter, tracking {b['parcel']}")):
        @mail.consumer(topic)
        async def write(c, m, text=text):
            await c.work(25)
            if c.rng.random() < 0.4:
                async with c.span("bounce check", "CLIENT") as s:
                    await s.work(4)
                    s.log.debug(f"250 2.0.0 Ok: queued as {c.rng.getrandbits(40):X}")
            c.log.info(text(m.body), incoming=True)
    mail.noise(7, lambda log: log.debug("templates reloaded"))


async def load(w):
    r = w.rng
    cust = [40016]
    async def person(i):
        cust[0] += 1
        st, a = await w.start("edge", "POST /subscriptions", {"cust": cust[0], "plan": r.choice(["tea-12", "cheese-3", "craft-6", "tea-1"])})
        if st != 201: return
        await sleep(r.uniform(900, 6000))
        if i % 2 == 0: await w.start("edge", f"GET /subscriptions/{a['id']}")
        if i % 5 == 1: await w.start("edge", f"POST /subscriptions/{a['id']}/skip")
        await sleep(r.uniform(500, 4000))
        for event in ("arrived", "delivered")[:r.randrange(3)]:
            if w.fresh:
                no = w.fresh.pop(0) if event == "delivered" else r.choice(w.fresh)
                await w.start("edge", "POST /hooks/courier", {"parcel": no, "event": event, "depot": r.choice(["HUB-ERF", "D44", "D17"])})
                await sleep(r.uniform(300, 2500))
    await arrivals(w, 75, 1.8, person)
    await sleep(7000)

record(build, load, "k_box")
