"""Inter-library loans: a request goes through an outbox, then hunts along a rota of lenders (asked over the broker, one after another), a van, a hold shelf."""
import json
from world import *

LENDERS = ["UBX", "KBR", "NLW", "StaBi-7", "GTU", "ETH", "BRN", "LUX2"]
TITLES = ["Die Blendung", "Histoire de la folie", "Soil Mechanics vol. 2", "Het Achterhuis", "Kalevala", "Tensor Analysis", "Birds of Paraguay"]

# ---- formatters
def rails(r):
    tags = f"[dd.service=opac-web dd.trace_id={r.trace_id} dd.span_id={r.span_id}] " if r.trace_id else ""
    par = f" traceparent={r.incoming}" if r.incoming else ""
    kv = "".join(f" {k}={v}" for k, v in r.fields.items())
    return f"{r.level[0]}, [{r.time:%Y-%m-%dT%H:%M:%S.%f} #{r.pid}] {r.level:>5} -- : {tags}{r.message}{kv}{par}"

def log4j(r):
    mdc = ", ".join(f"{k}={v}" for k, v in ([("span_id", r.span_id), ("trace_flags", "01"), ("trace_id", r.trace_id)] if r.trace_id else []) + ([("parent_id", r.incoming_parent)] if r.incoming_parent else []))
    return f"{r.time:%Y-%m-%d %H:%M:%S},{r.time.microsecond // 1000:03d} {r.level:<5} [{r.thread if isinstance(r.thread, str) else 'http-nio-8080-exec-%d' % r.thread}] {r.logger} {{{mdc}}} - {r.message}"

def pylog(r):
    ids = f" [trace_id={r.trace_id} span_id={r.span_id} resource.service.name=union-catalog]" if r.trace_id else ""
    par = f" (from {r.incoming})" if r.incoming else ""
    return f"{r.time:%Y-%m-%d %H:%M:%S},{r.time.microsecond // 1000:03d} {'WARNING' if r.level == 'WARN' else r.level}{ids} {r.logger}: {r.message}{par}"

def log4perl(r):
    ids = f" <{r.trace_id}:{r.span_id}>" if r.trace_id else ""
    par = f" parent={r.incoming_parent}" if r.incoming_parent else ""
    return f"{r.time:%Y/%m/%d %H:%M:%S} {r.level}> {r.logger}:{100 + len(r.message) % 9 * 31}{ids} {r.message}{par}"

def clef(r):
    d = {"@t": isoz(r, 7), "@mt": r.message}
    if r.level != "INFO": d["@l"] = {"DEBUG": "Debug", "WARN": "Warning", "ERROR": "Error"}[r.level]
    if r.trace_id: d |= {"@tr": r.trace_id, "@sp": r.span_id}
    d |= r.fields
    if r.incoming_parent: d["ParentId"] = r.incoming_parent
    return json.dumps(d | {"SourceContext": r.logger}, ensure_ascii=False)

def elixir(r):
    meta = f"trace_id={r.trace_id} span_id={r.span_id} " if r.trace_id else ""
    if r.incoming: meta += f"traceparent={r.incoming} "
    return f"{r.time:%Y-%m-%d %H:%M:%S}.{r.time.microsecond // 1000:03d} {meta}[{r.level.lower().replace('warn', 'warning')}] {r.message}"

def slogjson(r):
    d = {"time": isoz(r, 9), "level": r.level, "msg": r.message} | r.fields
    if r.trace_id: d |= {"trace_id": r.trace_id, "span_id": r.span_id}
    if r.incoming: d["traceparent"] = r.incoming
    return json.dumps(d, separators=(",", ":"))

def monolog(r):
    extra = {"trace_id": r.trace_id, "span_id": r.span_id} if r.trace_id else {}
    if r.incoming: extra["traceparent"] = r.incoming
    level = {"WARN": "WARNING"}.get(r.level, r.level)
    return f"[{r.time:%Y-%m-%dT%H:%M:%S.%f}+00:00] notices.{level}: {r.message} {json.dumps(r.fields, ensure_ascii=False) if r.fields else '[]'} {json.dumps(extra) if extra else '[]'}"

def rust(r):
    span = f"relay_row{{trace_id={r.trace_id} span_id={r.span_id}}}: " if r.trace_id else ""
    kv = "".join(f" {k}={v}" for k, v in r.fields.items()) + (f" parent={r.incoming}" if r.incoming else "")
    return f"{isoz(r, 6)} {r.level:>5} {span}outbox_relay: {r.message}{kv}"


def build(w):
    w.network_ms, w.broker_ms = 1.4, 7
    rng = w.rng
    opac = w.service("opac-web", rails)
    ill = w.service("illcore", log4j, errors=lambda c, e: c.log.error(f"Unhandled failure in listener\njava.lang.IllegalStateException: {e}\n\tat org.konsort.ill.Listener.handle(Listener.java:88)\n\tat java.base/java.lang.Thread.run(Thread.java:1583)", logger="o.k.ill.Listener"))
    cat = w.service("union-catalog", pylog)
    relay = w.service("relay", rust, errors=lambda c, e: c.log.error("row poisoned, parked", error=f'"{e}"'))
    rota = w.service("rota", elixir, errors=lambda c, e: c.log.error(f"GenServer Rota.Worker terminating: ** (RuntimeError) {e}"))
    hub = w.service("lender-hub", log4perl, errors=lambda c, e: c.log.error(f"died: {e} at Supplier.pm line 311.", logger="Supplier.pm"))
    pat = w.service("patrons", clef)
    van = w.service("transit", slogjson, errors=lambda c, e: c.log.error("handler failed", err=str(e)))
    note = w.service("notices", monolog, errors=lambda c, e: c.log.error("Uncaught exception", exception=f"[object] (RuntimeException(code: 0): {e} at /srv/notices/src/Worker.php:74)"))
    state, seq, rotas, overdue = {}, [81200], {}, []
    w.state = state

    async def sql(ctx, text, ms=2.0, show=True):
        async with ctx.span(text.split()[0] + " ill", "CLIENT") as c:
            await c.work(ms)
            if show: c.log.debug(f"{text} [{c.elapsed_ms():.1f}ms]", logger="org.hibernate.SQL")

    async def outbox(ctx, topic, body):
        await sql(ctx, "insert into outbox (topic, payload) values (?, ?)", 1.5, rng.random() < 0.75)
        await ctx.publish("outbox.ill", dict(body, _topic=topic), producer_span=False, message_id=str(seq[0] * 10 + rng.randrange(10)))

    # ---------- the readers' web
    @opac.http("POST /ill")
    async def place(ctx, b):
        ctx.log.info('Started POST "/ill" for 10.8.%d.%d' % (rng.randrange(9), rng.randrange(250)), incoming=True)
        async with ctx.client("patrons", f"GET /patrons/{b['card']}/eligibility") as c:
            st, a = await c.send()
            c.log.debug("  Patrons API (%.1fms) %d" % (c.elapsed_ms(), st))
        if st != 200:
            ctx.log.warn(f"card {b['card']} not eligible: {a['why']}")
            ctx.log.info("Completed 422 Unprocessable Entity in %dms" % ctx.elapsed_ms())
            return 422, {}
        st, a = await ctx.call("illcore", "POST /requests", {"card": b["card"], "title": b["title"], "isbn": b["isbn"]})
        ctx.log.info("Completed %d Created in %dms (Views: 0.4ms)" % (st, ctx.elapsed_ms()))
        return st, a

    @opac.http("GET /ill/{id}")
    async def show(ctx, b):
        st, a = await ctx.call("illcore", "GET /requests/" + b["id"])
        ctx.log.info(f"Completed {st} in {ctx.elapsed_ms():.0f}ms", incoming=True, request=b["id"])
        return st, a

    @opac.http("DELETE /ill/{id}")
    async def drop(ctx, b):
        ctx.log.info(f'Started DELETE "/ill/{b["id"]}"', incoming=True)
        return await ctx.call("illcore", f"POST /requests/{b['id']}/cancel", {"id": b["id"]})

    # ---------- patrons (NCIP towards the local library system)
    @pat.http("GET /patrons/{card}/eligibility")
    async def eligible(ctx, b):
        card = b["_route"].split("/")[2]
        async with ctx.span("NCIP LookupUser", "CLIENT") as c:
            await c.work(18, 0.6)
            c.log.debug("NCIP LookupUser answered for {Barcode}", Barcode=card, Elapsed=round(c.elapsed_ms(), 2), logger="Patrons.Ncip.NcipClient")
        if rng.random() < 0.06:
            why = rng.choice(["fines", "expired"])
            ctx.log("WARN", "Patron {Barcode} blocked: {Reason}", Barcode=card, Reason=why, incoming=True, logger="Patrons.EligibilityController")
            return 403, {"why": why}
        if card[-1] in "02468": ctx.log.info("HTTP {RequestMethod} {RequestPath} responded {StatusCode} in {Elapsed:0.0000} ms", RequestMethod="GET", RequestPath=b["_route"][4:], StatusCode=200, Elapsed=round(ctx.elapsed_ms(), 4), incoming=True, logger="Serilog.AspNetCore.RequestLoggingMiddleware")
        return 200, {}

    @pat.http("POST /holds")
    async def hold(ctx, b):
        ctx.log.info("Temporary item {ItemBarcode} for {Barcode} is created", ItemBarcode="ILL" + b["request"][4:], Barcode=b["card"], incoming=True, logger="Patrons.HoldsController")
        async with ctx.span("NCIP AcceptItem", "CLIENT") as c:
            await c.work(35, 0.5)
            if c.elapsed_ms() > 32: c.log.info("AcceptItem took {Elapsed} ms at the local system", Elapsed=round(c.elapsed_ms(), 1), logger="Patrons.Ncip.NcipClient")
        ctx.log.info("HTTP {RequestMethod} {RequestPath} responded {StatusCode} in {Elapsed:0.0000} ms", RequestMethod="POST", RequestPath="/holds", StatusCode=201, Elapsed=round(ctx.elapsed_ms(), 4), logger="Serilog.AspNetCore.RequestLoggingMiddleware")
        return 201, {}

    # ---------- illcore
    @ill.http("POST /requests")
    async def create(ctx, b):
        seq[0] += 1
        rid = f"ILL-{seq[0]}"
        L = "o.k.ill.RequestService"
        ctx.log.info(f"New request {rid} for patron {b['card']}: '{b['title']}'", incoming=True, logger=L)
        async with ctx.client("union-catalog", f"GET /holdings/{b['isbn']}") as c:
            st, a = await c.send({"ref": rid})
            c.log.info(f"union catalogue: {len(a['holders'])} holding(s) of {b['isbn']}", logger="o.k.ill.CatalogClient")
        if not a["holders"]:
            ctx.log.warn(f"{rid} has no known holder, goes to manual desk", logger=L)
            await sql(ctx, "insert into ill_request (id, status, patron) values (?, ?, ?)")
            return 202, {"id": rid}
        await sql(ctx, "insert into ill_request (id, status, patron) values (?, ?, ?)", 4)
        state[rid] = {"card": b["card"], "status": "NEW"}
        await outbox(ctx, "ill.requested", {"id": rid, "holders": a["holders"], "isbn": b["isbn"], "card": b["card"]})
        return 201, {"id": rid}

    @ill.http("GET /requests/{id}")
    async def get(ctx, b):
        rid = b["_route"].split("/")[-1]
        async with ctx.span("SELECT ill", "CLIENT") as c:
            await c.work(1.5)
            c.log.debug(f"select * from ill_request where id='{rid}'", logger="org.hibernate.SQL")
        return (200, {"status": state[rid]["status"]}) if rid in state else (404, {})

    @ill.http("POST /requests/{id}/cancel")
    async def cancel(ctx, b):
        s = state.get(b["id"])
        if not s or s["status"] in ("SHIPPED", "ON_SHELF", "CANCELLED"):
            ctx.log.warn(f"Cannot cancel {b['id']} any more (status {s['status'] if s else 'MANUAL'})", incoming=True, logger="o.k.ill.RequestService")
            return 409, {}
        s["status"] = "CANCELLED"
        await sql(ctx, "update ill_request set status=? where id=?")
        await outbox(ctx, "ill.cancelled", {"id": b["id"], "card": s["card"]})
        ctx.log.info(f"{b['id']} cancelled by patron", incoming=True, logger="o.k.ill.RequestService")
        return 200, {}

    @ill.consumer("ill.rota.finished")
    async def finished(ctx, m):
        rid, s = m.body["id"], state[m.body["id"]]
        if s["status"] == "CANCELLED":
            ctx.log.info(f"Ignoring rota result of cancelled {rid}", incoming=True, logger="o.k.ill.RotaListener", thread="rabbit-2")
            return
        s["status"] = "MATCHED" if m.body["lender"] else "UNFILLED"
        await sql(ctx, "update ill_request set status=?, supplier=? where id=?", 3)
        ctx.log.info(f"{rid}: {s['status']}" + (f" by {m.body['lender']}" if m.body["lender"] else ""), incoming=True, logger="o.k.ill.RotaListener", thread="rabbit-1")
        await outbox(ctx, "ill.matched" if m.body["lender"] else "ill.unfilled", {"id": rid, "lender": m.body["lender"], "card": s["card"]})

    @ill.consumer("transit.scan", retries=2, retry_ms=120)
    async def scanned(ctx, m):
        rid = m.body["loan"]
        s = state[rid]
        if m.body["at"] == "dispatch":
            s["status"] = "SHIPPED"
            ctx.log.debug(f"Dispatch scan: {rid}", incoming=True, logger="o.k.ill.TransitListener", thread="rabbit-3")
            await sql(ctx, "update ill_request set status='SHIPPED' where id=?", 2)
            return
        if m.attempt == 1 and rng.random() < 0.06:
            await ctx.work(2)
            ctx.log.warn(f"OptimisticLockException on {rid}, redelivery requested", incoming=True, logger="o.k.ill.TransitListener", thread="rabbit-3")
            raise Exception("lock")
        ctx.log.info(f"Item for {rid} has arrived at the pick-up branch", incoming=True, logger="o.k.ill.TransitListener", thread="rabbit-3")
        async with ctx.client("patrons", "POST /holds") as c:
            await c.send({"request": rid, "card": s["card"]})
        s["status"] = "ON_SHELF"
        overdue.append((ctx, rid))
        await outbox(ctx, "ill.on_shelf", {"id": rid, "card": s["card"]})

    # ---------- the union catalogue
    @cat.http("GET /holdings/{isbn}")
    async def holdings(ctx, b):
        isbn = b["_route"].split("/")[-1]
        async with ctx.span("redis GET", "CLIENT") as c:
            await c.work(0.6)
        hit = rng.random() < 0.3
        if not hit:
            async with ctx.span("solr select", "CLIENT") as c:
                await c.work(30, 0.7)
                c.log.debug(f"solr q=isbn:{isbn} rows=50 QTime={c.elapsed_ms():.0f}", logger="catalog.solr")
        n = 0 if rng.random() < 0.05 else rng.randrange(1, 5)
        ctx.log.info(f'"GET /holdings/{isbn} HTTP/1.1" 200 {n * 83 + 20} {"HIT" if hit else "MISS"} {ctx.elapsed_ms() / 1000:.4f}s', incoming=True, logger="catalog.access")
        return 200, {"holders": rng.sample(LENDERS, n)}

    # ---------- outbox relay: looks every 400 ms
    @relay.consumer("outbox.ill")
    async def carry(ctx, m):
        await sleep(400 - (w.ns() // 1_000_000) % 400)
        body = dict(m.body)
        topic = body.pop("_topic")
        async with ctx.producer(topic) as p:
            mid = await p.send(body)
            p.log.info("published", row=m.id, topic=topic, msg_id=mid)
        await ctx.work(0.7)
        if topic != "ill.on_shelf": ctx.log.debug("row marked done", row=m.id, incoming=True)

    # ---------- rota
    async def ask_next(ctx, rid):
        q = rotas[rid]
        lender = q["left"].pop(0)
        q["n"] += 1
        async with ctx.producer("lender.ask") as p:
            corr = f"{rid}/{q['n']}"
            await p.send({"corr": corr, "rid": rid, "sym": lender, "isbn": q["isbn"]})
            p.log.debug(f"-> #{lender} corr=#{corr}".replace("#", ""))

    @rota.consumer("ill.requested")
    async def begin(ctx, m):
        rid = m.body["id"]
        if rid in rotas: return
        rotas[rid] = {"left": sorted(m.body["holders"]), "n": 0, "isbn": m.body["isbn"], "dead": False}
        await ctx.work(4)
        ctx.log.info(f"rota for {rid}: {' > '.join(rotas[rid]['left'])}", incoming=True)
        await ask_next(ctx, rid)

    @rota.consumer("lender.answer")
    async def answered(ctx, m):
        rid = m.body["corr"].rsplit("/", 1)[0]
        q = rotas[rid]
        if q["dead"]:
            ctx.log.info(f"answer #{m.body['corr']} came after the cancel, dropped".replace("#", ""), incoming=True)
            return
        await ctx.work(2)
        if m.body["answer"] == "WillSupply":
            q["dead"] = True
            async with ctx.producer("ill.rota.finished") as p:
                await p.send({"id": rid, "lender": m.body["sym"]})
                p.log.debug(f"emit ill.rota.finished {rid}")
            ctx.log.info(f"{rid} settled with {m.body['sym']} after {q['n']} asked", incoming=True)
        elif q["left"]:
            ctx.log.info(f"{m.body['sym']} said {m.body['answer']} (corr={m.body['corr']}), next", incoming=True)
            await ask_next(ctx, rid)
        else:
            q["dead"] = True
            ctx.log.warning(f"{rid} exhausted its rota", incoming=True)
            await ctx.publish("ill.rota.finished", {"id": rid, "lender": None})

    @rota.consumer("ill.cancelled")
    async def stop(ctx, m):
        if m.body["id"] in rotas: rotas[m.body["id"]]["dead"] = True
        await ctx.work(1)

    # ---------- lender hub speaks ISO 18626 to the outside
    @hub.consumer("lender.ask", concurrency=12)
    async def ask(ctx, m):
        sym, ref = m.body["sym"], m.body["corr"]
        ctx.log.info(f"supplyingAgency {sym}: requesting {ref}", incoming=True, logger="Supplier.pm")
        answer = rng.choices(["WillSupply", "Unfilled", "NotOnShelf"], [6, 3, 2])[0]
        async with ctx.span("POST iso18626 " + sym, "CLIENT") as c:
            await c.work(450, 0.9)
            if rng.random() < 0.05:
                c.log.warn(f"{sym}: 504 from their server, reading as Unfilled", logger="Iso18626.pm")
                answer = "Unfilled"
            elif rng.random() < 0.6:
                c.log.debug(f"requestingAgencyMessageConfirmation {ref} OK", logger="Iso18626.pm")
        async with ctx.producer("lender.answer") as p:
            await p.send({"corr": ref, "sym": sym, "answer": answer})
            if sym > "D": p.log.debug(f"put on lender.answer: {ref} {sym} {answer}", logger="Bus.pm")
        if answer != "WillSupply": ctx.log.info(f"answer of {sym} on {ref} is {answer}", logger="Supplier.pm")

    @hub.consumer("ill.cancelled")
    async def hub_cancel(ctx, m):
        async with ctx.span("POST iso18626 cancel", "CLIENT") as c: await c.work(120)
        ctx.log.info(f"Cancel message for {m.body['id']} sent", incoming=True, logger="Cancel.pm")

    # ---------- vans
    @van.consumer("ill.matched", concurrency=20)
    async def matched(ctx, m):
        tour = f"T{rng.randrange(100, 180)}"
        async with ctx.span("plan tour") as s:
            await s.work(14)
            s.log.info("tour picked", loan_ref=m.body["id"], tour=tour, from_lib=m.body["lender"], incoming=False)
        async def drive():
            await ctx.work(900, 0.5)
            async with ctx.producer("transit.scan") as p:
                await p.send({"loan": m.body["id"], "at": "dispatch"})
                p.log.debug("scan", at="dispatch", loan_ref=m.body["id"])
            await ctx.work(1500, 0.5)
            await ctx.publish("transit.scan", {"loan": m.body["id"], "at": "branch"})
            ctx.log.info("crate unloaded", tour=tour, loan_ref=m.body["id"], branch=rng.choice(["north", "harbour", "campus"]))
        ctx.spawn(drive())

    # ---------- notices
    async def mail(ctx, what, m):
        async with ctx.span("render template") as s:
            await s.work(5)
            if what != "sorry": s.log.debug("twig rendered", tpl=what + ".txt.twig", ms=round(s.elapsed_ms(), 1))
        async with ctx.span("smtp send", "CLIENT") as s:
            await s.work(40, 0.6)
            s.log.info("Mail accepted by MTA", template=what, queueId="%010X" % rng.getrandbits(40))

    @note.consumer("ill.matched")
    async def n1(ctx, m):
        ctx.log.debug("No notice configured for event", event=m.topic)

    for topic, what in (("ill.unfilled", "sorry"), ("ill.on_shelf", "pickup"), ("ill.cancelled", "cancelled")):
        def make(what):
            async def n(ctx, m):
                ctx.log.info(f"Sending notice {what}", demande=m.body["id"], lecteur=m.body["card"], incoming=True)
                await mail(ctx, what, m)
            return n
        note.consumer(topic)(make(what))

    @note.every(9, first=8)
    async def pickup_reminders(ctx):
        some, overdue[:] = overdue[:6], overdue[6:]
        async with ctx.span("SELECT due", "CLIENT") as c: await c.work(9)
        ctx.log.info("Reminder run", count=len(some))
        for kept, rid in some:
            ctx.link(kept)
            async with ctx.span("smtp send", "CLIENT") as s:
                await s.work(30)
                s.log.info("Mail accepted by MTA", template="reminder", demande=rid)

    # ---------- noise
    async def banner(): opac.log.info("Puma starting in single mode... (6.4.2) min threads: 5, max threads: 5")
    w.background.append(banner)
    ill.noise(6, lambda log: log.debug(f"HikariPool-1 - Pool stats (total=20, active={rng.randrange(4)}, idle={16 + rng.randrange(4)}, waiting=0)", logger="com.zaxxer.hikari.pool.HikariPool", thread="HikariPool-1 housekeeper"))
    cat.noise(3, lambda log: log.info('"GET /ping HTTP/1.1" 200 4 - 0.0003s', logger="catalog.access"))
    relay.noise(4, lambda log: log.debug("poll", rows=0))
    rota.noise(9, lambda log: log.info(f"memory total={rng.randrange(80, 95)}MB processes={rng.randrange(400, 440)}"))
    pat.noise(8, lambda log: log.info("Health check {Name} completed with status {Status}", Name="ncip", Status="Healthy", logger="Microsoft.Extensions.Diagnostics.HealthChecks"))


async def load(w):
    async def one(i):
        r = w.rng
        card = f"{r.randrange(20, 29)}0{r.randrange(10**5):05d}"
        st, a = await w.start("opac-web", "POST /ill", {"card": card, "title": r.choice(TITLES), "isbn": f"978{r.randrange(10**10):010d}"})
        if "id" not in (a or {}): return
        await sleep(300 + 4000 * r.random())
        if r.random() < 0.3: await w.start("opac-web", "GET /ill/{id}", {"id": a["id"]})
        if r.random() < 0.12:
            await sleep(400)
            await w.start("opac-web", "DELETE /ill/{id}", {"id": a["id"]})
    await arrivals(w, 110, 4, one)

record(build, load, "a_library")
