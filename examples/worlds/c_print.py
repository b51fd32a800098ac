"""3D printing bureau: a pipeline mesh -> slice -> quote, orders with prepayment, powder jobs nested into plates by a planner, printers calling back, finishing with reprints."""
import json
from world import *

LV = {"DEBUG": "DBG", "INFO": "INF", "WARN": "WRN", "ERROR": "ERR"}

def django(r):        # storefront: python logging, "verbose" with a filter that adds ids
    ids = f" trace={r.trace_id} span={r.span_id}" if r.trace_id else " trace=- span=-"
    if r.incoming: ids += f" tp={r.incoming}"
    return f"{r.level.replace('WARN', 'WARNING')} {r.time:%Y-%m-%d %H:%M:%S},{r.time.microsecond // 1000:03d} {r.logger} {r.pid}{ids} {r.message}"

def spdlog(r):        # mesh-doctor: C++
    ids = f" [t:{r.trace_id} s:{r.span_id}]" if r.trace_id else ""
    if r.incoming_parent: ids += f" [p:{r.incoming_parent}]"
    return f"[{r.time:%Y-%m-%d %H:%M:%S}.{r.time.microsecond:06d}] [meshd] [{ {'WARN': 'warning'}.get(r.level, r.level.lower()) }]{ids} {r.message}"

def tracing(r):       # slicer: Rust tracing-subscriber, span prefix
    own = " ".join(f"{k}={json.dumps(v) if isinstance(v, str) else v}" for k, v in r.fields.items())
    sp = f"job{{trace_id={r.trace_id} span_id={r.span_id}" + (f" parent_id={r.incoming_parent}" if r.incoming_parent else "") + "}: " if r.trace_id else ""
    return f"{isoz(r, 6)} {r.level:>5} {sp}{r.logger}: {r.message}" + (" " + own if own else "")

def ktor(r):          # quoter: logback with %mdc
    mdc = f"trace_id={r.trace_id}, span_id={r.span_id}, trace_flags=01" if r.trace_id else ""
    if r.incoming: mdc += f", traceparent={r.incoming}"
    return f"{r.time:%Y-%m-%d %H:%M:%S}.{r.time.microsecond // 1000:03d} [eventLoopGroupProxy-4-{r.thread}] {r.level:<5} {r.logger} {{{mdc}}} - {r.message}"

def bunyan(r):        # cashier
    d = {"name": "cashier", "hostname": "pay-7c9f", "pid": r.pid, "level": {"DEBUG": 20, "INFO": 30, "WARN": 40, "ERROR": 50}[r.level]} | r.fields
    if r.trace_id: d["otel"] = {"traceId": r.trace_id, "spanId": r.span_id}
    if r.incoming_parent: d["otel"]["parentSpanId"] = r.incoming_parent
    return json.dumps(d | {"msg": r.message, "time": isoz(r), "v": 0}, separators=(",", ":"))

def quarkus(r):       # planner
    ids = f"traceId={r.trace_id}, parentId={r.incoming_parent or ''}, spanId={r.span_id}, sampled=true" if r.trace_id else "traceId=, parentId=, spanId=, sampled="
    return f"{r.time:%Y-%m-%d %H:%M:%S},{r.time.microsecond // 1000:03d} {r.level:<5} {ids} [{r.logger}] (executor-thread-{r.thread}) {r.message}"

def zapconsole(r):    # farm
    d = dict(r.fields)
    if r.trace_id: d |= {"traceID": r.trace_id, "spanID": r.span_id}
    if r.incoming: d["traceparent"] = r.incoming
    return f"{isoz(r)}\t{r.level}\t{r.logger}\t{r.message}" + ("\t" + json.dumps(d) if d else "")

def serilog(r):       # finishing: Serilog output template
    ids = f" <{r.trace_id}:{r.span_id}>" if r.trace_id else " <:>"
    return f"{r.time:%Y-%m-%d %H:%M:%S}.{r.time.microsecond // 1000:03d} +00:00 [{LV[r.level]}]{ids} {r.message}" + (f" {{ParentId={r.incoming_parent}}}" if r.incoming_parent else "")

def syslog(r):        # shipdesk: whole seconds
    ids = f" trace_id={r.trace_id} span_id={r.span_id}" if r.trace_id else ""
    if r.incoming: ids += f" traceparent={r.incoming}"
    return f"{r.time:%b} {r.time.day:2d} {r.time:%H:%M:%S} dock2 shipdesk[{r.pid}]: {r.message}{ids}"


def build(w):
    w.network_ms, w.broker_ms = 1.4, 9
    w.new_message_id = lambda: f"{w.ns() // 1_000_000}-{w.rng.choice([0, 0, 0, 1])}"
    w.quotes, w.orders, powder = {}, {}, []
    nr = {"q": 0x5a10, "o": 220400, "plate": 900, "track": 77120}

    shop = w.service("storefront", django, errors=lambda c, e: c.log.error(f"Internal Server Error: {e}", logger="django.request"))
    mesh = w.service("mesh-doctor", spdlog, errors=lambda c, e: c.log.error(f"worker: exception caught, what(): {e}"))
    slic = w.service("slicer", tracing, errors=lambda c, e: c.log.error("job failed", logger="slicer::worker", error=str(e)))
    quot = w.service("quoter", ktor, errors=lambda c, e: c.log.error(f"Unhandled: kotlin.IllegalStateException: {e}\n\tat bureau.quote.PriceConsumer.handle(PriceConsumer.kt:58)\n\tat kotlinx.coroutines.DispatchedTask.run(DispatchedTask.kt:108)", logger="Application"))
    cash = w.service("cashier", bunyan, errors=lambda c, e: c.log.error("worker died", err={"message": str(e), "name": "Error"}))
    plan = w.service("planner", quarkus, errors=lambda c, e: c.log.error(f"SRMSG18203: A message sent to channel has been nacked, ignored failure is: {e}", logger="io.sma.rea.mes.redis"))
    farm = w.service("farm", zapconsole, errors=lambda c, e: c.log.error("handler error", logger="bus/consume.go:61", error=str(e)))
    fini = w.service("finishing", serilog, errors=lambda c, e: c.log.error(f"Error no controlado: {e}"))
    ship = w.service("shipdesk", syslog, errors=lambda c, e: c.log.error(f"ERROR giving up on message: {e}"))

    # ---------------------------------------------------------------- storefront
    @shop.http("POST /upload/")
    async def upload(c, b):
        nr["q"] += 1 + c.rng.randrange(3)
        q = f"q{nr['q']:x}"
        c.log.info(f"upload {b['file']} ({b['mb']} MB) -> {q}", logger="shop.views", incoming=True)
        async with c.span("PUT s3 models", "CLIENT") as s:
            await s.work(30 * b["mb"] ** 0.5)
            s.log.debug(f"stored models/{q}.stl", logger="storages.s3")
        w.quotes[q] = {"state": "new", "tech": b["tech"]}
        async with c.producer("mesh.todo") as p:
            await p.send({"quote": q, "file": b["file"], "tech": b["tech"], "mb": b["mb"]})
            p.log.debug(f"xadd mesh.todo quote={q}", logger="shop.bus")
        return 202, {"quote": q}

    @shop.http("GET /quote/{q}/")
    async def quote_page(c, b):
        q = b["_route"].split("/")[2]
        await c.work(3)
        st, a = await c.call("quoter", f"GET /quotes/{q}")
        c.log.info(f'"GET {b["_route"]} HTTP/1.1" {st} {400 + c.rng.randrange(900)}', logger="django.server", incoming=True)
        return st, a

    @shop.http("POST /checkout/")
    async def checkout(c, b):
        nr["o"] += 1
        o = nr["o"]
        q = b["quote"]
        c.log.info(f"checkout started, quote {q}, order {o}", logger="shop.checkout", incoming=True)
        async with c.client("quoter", f"POST /quotes/{q}/lock") as k:
            st, a = await k.send()
            if st != 200: k.log.warning(f"quote {q} cannot be locked: {st}", logger="shop.checkout")
        if st != 200: return 409, {}
        async with c.span("INSERT shop_order", "CLIENT") as s:
            await s.work(4)
            s.log.debug(f'(0.00{c.rng.randrange(2, 9)}) INSERT INTO "shop_order" ("id", "quote", "total") VALUES ({o}, \'{q}\', {a["price"]}); args=({o}, \'{q}\')', logger="django.db.backends")
        st, pay = await c.call("cashier", "POST /charges", {"order": o, "cents": a["price"]})
        if st == 402:
            c.log.warning(f"order {o}: card declined, customer sent back to basket", logger="shop.checkout")
            await c.publish("order.dropped", {"order": o, "quote": q})
            return 402, {}
        w.orders[o] = {"state": "paid", "quote": q, "charge": pay["id"]}
        async with c.producer("order.paid") as p:
            mid = await p.send({"order": o, "quote": q, "tech": w.quotes[q]["tech"], "copies": b["copies"]})
            p.log.info(f"order {o} paid; announced as {mid}", logger="shop.bus")
        return 201, {"order": o}

    @shop.http("POST /orders/{o}/cancel/")
    async def cancel(c, b):
        o = int(b["_route"].split("/")[2])
        st, a = await c.call("planner", f"DELETE /parts/{o}")
        if st == 200:
            await c.call("cashier", "POST /refunds", {"order": o, "charge": w.orders[o]["charge"]})
        c.log.info(f"cancel of order {o}: {'accepted' if st == 200 else 'too late, already on a machine'} [{c.elapsed_ms():.0f} ms]", logger="shop.views", incoming=True)
        return st, {}

    @shop.consumer("quote.ready")
    async def ready(c, m):
        w.quotes[m.body["quote"]]["state"] = "ready"
        async with c.span("send_mail", "CLIENT") as s:
            await s.work(60)
            s.log.info(f"mail 'Your quote {m.body['quote']} is ready' handed to relay", logger="shop.mail")

    @shop.consumer("order.shipped")
    async def shipped(c, m):
        await c.work(5)
        w.orders[m.body["order"]]["state"] = "shipped"
        c.log.info(f"order {m.body['order']} has left the building, tracking {m.body['track']}", logger="shop.bus", incoming=True)

    # ---------------------------------------------------------------- mesh doctor
    @mesh.consumer("mesh.todo", retries=1, retry_ms=500)
    async def analyse(c, m):
        q = m.body["quote"]
        c.log.info(f"begin {q} file={m.body['file']} id={m.id}", incoming=True)
        async with c.span("GET s3 models", "CLIENT") as s:
            await s.work(20)
            if c.rng.random() < 0.05 and m.attempt == 1:
                s.log.warning(f"short read on models/{q}.stl, will be redelivered")
                raise Exception("short read")
            s.log.debug(f"{q}: read {int(m.body['mb'] * 20000)} triangles")
        holes = c.rng.choice([0, 0, 0, 2, 5, 17, 260])
        async with c.span("repair") as s:
            await s.work(90, 0.6)
            s.log.info(f"{q}: {holes} open edges" + (", stitched" if 0 < holes < 200 else ""))
        if holes > 200:
            c.log.warning(f"{q}: not printable, mesh beyond repair")
            await c.publish("quote.rejected", {"quote": q, "why": "mesh"})
            return
        await c.publish("slice.todo", {"quote": q, "tech": m.body["tech"], "cm3": round(c.rng.uniform(2, 300), 1)})
        c.log.info(f"end {q}")

    # ---------------------------------------------------------------- slicer
    @slic.consumer("slice.todo", concurrency=6)
    async def slice_(c, m):
        async with c.span("slice_layers") as s:
            await s.work(260, 0.6)
            layers = c.rng.randrange(80, 3000)
            s.log.debug("toolpath done", logger="slicer::toolpath", layers=layers)
        async with c.span("PUT s3 gcode", "CLIENT") as s:
            await s.work(25)
            s.log.debug("uploaded", logger="slicer::store", key=f"gcode/{m.body['quote']}.gz")
        async with c.producer("price.todo") as p:
            p.log.info("forward", logger="slicer::worker", to="price.todo", quote_id=m.body["quote"])
            await p.send(m.body | {"layers": layers, "mins": layers // 4 + 12})
        c.log.info("job done", logger="slicer::worker", quote_id=m.body["quote"], busy=f"{c.elapsed_ms():.1f}ms", incoming=True)

    # ---------------------------------------------------------------- quoter
    @quot.consumer("price.todo")
    async def price(c, m):
        q = m.body["quote"]
        async with c.client("planner", f"GET /capacity/{m.body['tech']}") as k:
            st, cap = await k.send()
            k.log.debug(f"capacity {m.body['tech']}: {cap['hours']} h waiting", logger="b.q.Planner")
        async with c.span("tariff rules") as s:
            await s.work(6)
            cents = int(m.body["cm3"] * 55 + m.body["mins"] * 4)
            s.log.info(f"Quote {q}: {m.body['cm3']} cm3, {m.body['mins']} min => EUR {cents / 100:.2f}", logger="b.q.Tariff")
        w.quotes[q]["price"] = cents
        async with c.span("MERGE quotes", "CLIENT") as s:
            await s.work(5)
        await c.publish("quote.ready", {"quote": q})
        c.log.info(f"QuoteReady({q}) emitted", logger="b.q.PriceConsumer", incoming=True)

    @quot.consumer("quote.rejected")
    async def rejected(c, m):
        await c.work(4)
        w.quotes[m.body["quote"]]["state"] = "no"
        c.log.info(f"Quote {m.body['quote']} closed as unprintable ({m.body['why']})", logger="b.q.RejectConsumer", incoming=True)

    @quot.consumer("order.dropped")
    async def unlock(c, m):
        await c.work(4)
        c.log.info(f"lock on {m.body['quote']} released", logger="b.q.Locks", incoming=True)

    @quot.http("GET /quotes/{q}")
    async def getq(c, b):
        async with c.span("SELECT quotes", "CLIENT") as s:
            await s.work(3)
            s.log.debug(f"SELECT quotes.id, quotes.state FROM quotes WHERE quotes.id = '{b['_route'].split('/')[-1]}'", logger="Exposed")
        st = 200 if c.rng.random() < 0.95 else 404
        c.log.info(f"{st} {'OK' if st == 200 else 'Not Found'}: GET - {b['_route']} in {c.elapsed_ms():.0f}ms", logger="Application", incoming=True)
        return st, {}

    @quot.http("POST /quotes/{q}/lock")
    async def lock(c, b):
        q = b["_route"].split("/")[2]
        await c.work(5)
        bad = c.rng.random() < 0.04
        c.log.info(f"{'410 Gone' if bad else '200 OK'}: POST - {b['_route']} in {c.elapsed_ms():.0f}ms", logger="Application", incoming=True)
        return (410, {}) if bad else (200, {"price": w.quotes[q]["price"]})

    # ---------------------------------------------------------------- cashier
    @cash.http("POST /charges")
    async def charge(c, b):
        c.log.info("charge requested", orderNo=b["order"], amount=b["cents"], incoming=True)
        for n in (1, 2, 3):
            async with c.span("POST api.psp/charges", "CLIENT") as s:
                await s.work(190, 0.5)
                x = c.rng.random()
                if x < 0.05:
                    s.log.warning("psp 502, idempotent retry", try_=n)
                    continue
                ch = f"ch_{c.rng.getrandbits(56):x}"
                s.log.info("psp answered", result="declined" if x > 0.94 else "captured", charge=ch)
                break
        if x > 0.94 or x < 0.05: return 402, {}
        async with c.span("pg insert", "CLIENT") as s:
            await s.work(4)
        return 201, {"id": ch}

    @cash.http("POST /refunds")
    async def refund(c, b):
        async with c.span("POST api.psp/refunds", "CLIENT") as s:
            await s.work(160)
            s.log.info("refunded", charge=b["charge"], orderNo=b["order"])
        return 200, {}

    # ---------------------------------------------------------------- planner: filament at once, powder nested in plates
    @plan.http("GET /capacity/{tech}")
    async def capacity(c, b):
        await c.work(2)
        return 200, {"hours": c.rng.randrange(3, 90)}

    @plan.http("DELETE /parts/{o}")
    async def remove(c, b):
        o = int(b["_route"].split("/")[-1])
        n = len(powder)
        powder[:] = [p for p in powder if p["order"] != o]
        await c.work(4)
        ok = len(powder) < n
        if ok: w.orders[o]["state"] = "cancelled"
        c.log.info(f"unplan order={o} removed={n - len(powder)}", logger="de.bur.pla.PartResource", incoming=True)
        return (200 if ok else 409), {}

    @plan.consumer("order.paid")
    async def paid(c, m):
        o, n = m.body["order"], m.body["copies"]
        async with c.span("INSERT part", "CLIENT") as s:
            await s.work(3 + n)
            s.log.debug(f"insert into part (order_id, copy, tech) values ({o}, ?, '{m.body['tech']}') [batch of {n}]", logger="org.hib.SQL")
        parts = [{"part": f"{o}/{i + 1}", "order": o, "quote": m.body["quote"], "of": n} for i in range(n)]
        if m.body["tech"] == "SLS":
            for p in parts: powder.append(p | {"origin": m.origin, "ctx": c})
            c.log.info(f"{n} part(s) of order {o} wait for a powder plate ({len(powder)} waiting)", logger="de.bur.pla.Nesting", incoming=True)
            return
        c.log.info(f"order {o} => {n} filament job(s)", logger="de.bur.pla.Dispatch", incoming=True)
        for p in parts:
            async with c.producer("build.start") as pr:
                await pr.send({"job": f"F{p['part']}", "parts": [p], "mins": 20})
                pr.log.debug(f"sent build.start F{p['part']}", logger="de.bur.pla.Dispatch")

    @plan.every(5)
    async def nest_powder_plate(c):
        take = powder[:8]
        del powder[:8]
        if not take: return
        nr["plate"] += 1
        plate = f"PL{nr['plate']}"
        for p in take: c.link(p["ctx"])
        async with c.span("nesting") as s:
            await s.work(300, 0.5)
            s.log.info(f"{plate}: {len(take)} parts nested, fill {c.rng.randrange(9, 60)} %", logger="de.bur.pla.Nesting")
        async with c.producer("build.start") as pr:
            mid = await pr.send({"job": plate, "parts": [{k: p[k] for k in ("part", "order", "quote", "of")} for p in take], "mins": 600})
            pr.log.info(f"sent build.start {plate} {mid}", logger="de.bur.pla.Dispatch")

    @plan.consumer("part.scrapped")
    async def again(c, m):
        p = m.body["part"]
        c.log.warning(f"part {p['part']} scrapped, reprint", logger="de.bur.pla.Dispatch", incoming=True)
        await c.publish("build.start", {"job": f"R{p['part']}", "parts": [p | {"again": True}], "mins": 20})

    # ---------------------------------------------------------------- farm: printers call back
    @farm.consumer("build.start")
    async def start(c, m):
        job, printer = m.body["job"], f"prusa-{c.rng.randrange(1, 30):02d}" if m.body["job"][0] != "P" else f"eos-{c.rng.randrange(1, 4)}"
        async with c.span("allocate printer") as s:
            await s.work(8)
            s.log.info("printer allocated", logger="farm/alloc.go:44", job=job, printer=printer)
        async with c.span(f"POST {printer}/api/job", "CLIENT") as s:
            await s.work(40)
            if c.rng.random() < 0.05:
                s.log.warning("printer busy, retrying once", logger="farm/driver.go:91", printer=printer)
                await s.work(150)
            s.log.debug("job accepted", logger="farm/driver.go:97", printer=printer)
        async def printing():
            await sleep(m.body["mins"] * 4 + c.rng.expovariate(1 / 700))
            await c.call("farm", "POST /octo/done", {"job": job, "printer": printer, "parts": m.body["parts"]}, client_span=False)
        c.spawn(printing())
        c.log.info("build running", logger="bus/consume.go:40", job=job, mid=m.id, incoming=True)

    @farm.http("POST /octo/done")
    async def octo(c, b):
        c.log.info("PrintDone", logger="farm/hooks.go:23", job=b["job"], printer=b["printer"], parts=len(b["parts"]), incoming=True)
        async def one(p):
            async with c.producer("part.printed") as pr:
                await pr.send({"part": p, "job": b["job"]})
                if len(b["parts"]) > 1: pr.log.debug("part handed over", logger="farm/hooks.go:37", part=p["part"])
        await asyncio.gather(*[one(p) for p in b["parts"]])
        return 204, {}

    # ---------------------------------------------------------------- finishing (el taller)
    done = {}
    @fini.consumer("part.printed", concurrency=5)
    async def finish(c, m):
        p = m.body["part"]
        c.log.info(f"Pieza {p['part']} recibida del trabajo {m.body['job']}", incoming=True)
        async with c.span("limpieza") as s:
            await s.work(120)
            if c.rng.random() < 0.5: s.log.debug(f"Chorreado terminado, pieza {p['part']}")
        async with c.span("control de calidad") as s:
            await s.work(60)
            mm = round(abs(c.rng.gauss(0, 0.09)), 3)
            s.log.info(f"Desviación máx. {mm} mm en {p['part']}")
        if mm > 0.2 and not p.get("again"):
            c.log.warning(f"Pieza {p['part']} rechazada")
            await c.publish("part.scrapped", {"part": p})
            return
        got = done.setdefault(p["order"], set())
        got.add(p["part"])
        if len(got) == p["of"]:
            async with c.producer("order.finished") as pr:
                await pr.send({"order": p["order"], "pieces": p["of"]})
                pr.log.info(f"Pedido {p['order']} completo, {p['of']} pieza(s) -> expedición")

    # ---------------------------------------------------------------- shipping desk
    @ship.consumer("order.finished", retries=2, retry_ms=900)
    async def pack(c, m):
        o = m.body["order"]
        async with c.span("POST carrier/label", "CLIENT") as s:
            await s.work(130)
            if c.rng.random() < 0.06 and m.attempt < 3:
                s.log.warning(f"WARN carrier said 429 for order #{o}, trying again later")
                raise Exception("429")
            nr["track"] += 3
            s.log.info(f"label 1Z{nr['track']} printed for order #{o}")
        await c.publish("order.shipped", {"order": o, "track": f"1Z{nr['track']}"})

    # ---------------------------------------------------------------- noise
    farm.noise(1.5, lambda l: l.debug("heartbeat", logger="farm/poll.go:18", printer=f"prusa-{w.rng.randrange(1, 30):02d}", nozzle=w.rng.randrange(180, 240)))
    shop.noise(5, lambda l: l.info('"GET /healthz HTTP/1.1" 200 2', logger="django.server"))
    slic.noise(8, lambda l: l.info("cache trimmed", logger="slicer::store", entries=w.rng.randrange(50, 400)))
    plan.noise(11, lambda l: l.info("Machine calendar refreshed", logger="de.bur.pla.Calendar"))
    ship.noise(9, lambda l: l.info(f"scale zeroed, drift {w.rng.randrange(1, 9)} g"))
    fini.noise(10, lambda l: l.info("Sensor de polvo: 12 µg/m³"))


async def load(w):
    r = w.rng
    async def one(i):
        ready = [q for q, x in w.quotes.items() if x["state"] == "ready" and not x.get("ordered")]
        x = r.random()
        if ready and x < 0.40:
            q = r.choice(ready)
            w.quotes[q]["ordered"] = True
            await w.start("storefront", "POST /checkout/", {"quote": q, "copies": r.choice([1, 1, 2, 3])})
        elif w.quotes and x < 0.50: await w.start("storefront", f"GET /quote/{r.choice(list(w.quotes))}/")
        elif w.orders and x < 0.54: await w.start("storefront", f"POST /orders/{r.choice(list(w.orders))}/cancel/")
        else: await w.start("storefront", "POST /upload/", {"file": r.choice(["bracket", "gear_v3", "housing", "dragon", "knob-final", "lid"]) + r.choice([".stl", ".3mf", ".STL"]), "mb": r.randrange(1, 40), "tech": r.choice(["FDM", "FDM", "SLS"])})
    await arrivals(w, 165, 3.5, one)

record(build, load, "c_print")
