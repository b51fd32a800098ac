"""A clinic: appointments as a saga with commands and replies (and undo), lab orders that fan out to analyzers and are joined into a report."""
import json
from world import *

# ---- formatters
def pino(r):
    d = {"level": {"DEBUG": 20, "INFO": 30, "WARN": 40, "ERROR": 50}[r.level], "time": isoz(r)}
    if r.trace_id: d |= {"trace_id": r.trace_id, "span_id": r.span_id, "trace_flags": "01"}
    f = dict(r.fields)
    if "req" in f and r.incoming: f["req"] = f["req"] | {"headers": {"traceparent": r.incoming}}
    elif r.incoming: f["traceparent"] = r.incoming
    return json.dumps(d | {"name": "portal"} | f | {"msg": r.message}, separators=(",", ":"))

def nlog(r):
    ids = f"{r.trace_id}|{r.span_id}" if r.trace_id else "|"
    par = f" <- {r.incoming}" if r.incoming else ""
    return f"{r.time:%Y-%m-%d %H:%M:%S}.{r.ns % NS // 100000:04d}|{r.level}|{ids}|Clinic.Scheduling.{r.logger}|{r.message}{par}"

def zerolog(r):
    d = {"level": r.level.lower()} | r.fields
    if r.trace_id: d |= {"traceId": r.trace_id, "spanId": r.span_id}
    if r.incoming_parent: d["parentSpanId"] = r.incoming_parent
    return json.dumps(d | {"time": isoz(r, 6), "message": r.message}, separators=(",", ":"))

def pyjson(r):
    d = {"asctime": f"{r.time:%Y-%m-%d %H:%M:%S},{r.time.microsecond // 1000:03d}", "levelname": "WARNING" if r.level == "WARN" else r.level, "name": r.logger, "message": r.message}
    if r.trace_id: d |= {"otelTraceID": r.trace_id, "otelSpanID": r.span_id}
    if r.incoming: d["traceparent"] = r.incoming
    return json.dumps(d | r.fields)

def logback(r):
    mdc = f" traceId={r.trace_id}, spanId={r.span_id}" if r.trace_id else " "
    par = f" [parent {r.incoming_parent}]" if r.incoming_parent else ""
    return f"{r.time:%d-%m-%Y %H:%M:%S}.{r.time.microsecond // 1000:03d} [{'lis-channel-%d' % r.thread if isinstance(r.thread, int) else r.thread}] {r.level:<5} c.k.lis.{r.logger} -{mdc} - {r.message}{par}"

def bsd(r):
    ids = f" tid={r.trace_id} sid={r.span_id}" if r.trace_id else ""
    par = f" psid={r.incoming_parent}" if r.incoming_parent else ""
    return f"{r.time:%b} {r.time.day:2d} {r.time:%H:%M:%S} labgw anbridge[{r.pid}]: {r.message}{ids}{par}"

def akka(r):
    mdc = f"{{akkaSource=results, span_id={r.span_id}, trace_id={r.trace_id}}}" if r.trace_id else "{akkaSource=results}"
    par = f" (traceparent {r.incoming})" if r.incoming else ""
    return f"[{r.time:%Y-%m-%d %H:%M:%S},{r.time.microsecond // 1000:03d}] [{r.level}] [{r.logger}] [results-akka.actor.default-dispatcher-{r.thread}] {mdc} - {r.message}{par}"

def gcp(r):
    d = {"severity": {"WARN": "WARNING"}.get(r.level, r.level), "timestamp": isoz(r, 9), "message": r.message} | r.fields
    if r.trace_id: d |= {"logging.googleapis.com/trace": f"projects/klinik-prod/traces/{r.trace_id}", "logging.googleapis.com/spanId": r.span_id}
    if r.incoming: d["httpRequest.traceparent"] = r.incoming
    return json.dumps(d, separators=(",", ":"))

def semantic(r):
    tags = f" {{trace_id: {r.trace_id}, span_id: {r.span_id}" + (f", parent_id: {r.incoming_parent}" if r.incoming_parent else "") + "}" if r.trace_id else ""
    took = f" ({r.fields.pop('took')})" if "took" in r.fields else ""
    pay = " -- " + "{ " + ", ".join(f":{k} => {json.dumps(v)}" for k, v in r.fields.items()) + " }" if r.fields else ""
    return f"{r.time:%Y-%m-%d %H:%M:%S.%f} {r.level[0]} [{r.pid}:worker-{r.thread}]{tags}{took} {r.logger} -- {r.message}{pay}"


def build(w):
    w.network_ms, w.broker_ms = 1.1, 3
    rng = w.rng
    n = [0]
    w.new_message_id = lambda: (n.__setitem__(0, n[0] + 1), f"{w.ns() // 1_000_000}-{n[0] % 4}")[1]   # redis streams
    portal = w.service("portal", pino)
    sch = w.service("scheduling", nlog, errors=lambda c, e: c.log.error(f"Saga step crashed\nSystem.InvalidOperationException: {e}\n   at Clinic.Scheduling.Sagas.BookingSaga.Handle(Object msg) in /src/Sagas/BookingSaga.cs:line 141", logger="Sagas.BookingSaga"))
    cal = w.service("calendar", zerolog, errors=lambda c, e: c.log.error("command failed", error=str(e)))
    cov = w.service("coverage", pyjson, errors=lambda c, e: c.log.error("unexpected error in worker", exc_info=f"RuntimeError: {e}", logger="coverage.worker"))
    emr = w.service("emr", gcp, errors=lambda c, e: c.log.error(f"Error: {e}", stack_trace=f"Error: {e}\n    at Subscriber.onMessage (/app/dist/sub.js:41:13)"))
    lis = w.service("lis", logback, errors=lambda c, e: c.log.error(f"Channel error: {e}", logger="channel.Dispatcher"))
    ana = w.service("analyzer-bridge", bsd, errors=lambda c, e: c.log.error(f"ASTM link lost ({e})"))
    res = w.service("results", akka, errors=lambda c, e: c.log.error(f"Restarting child after {e}", logger="k.results.Supervisor"))
    msg = w.service("outreach", semantic, errors=lambda c, e: c.log.error(f"Job died: {e}", logger="Sidekiq"))
    sagas, appts, orders, reports, upcoming, callbacks = {}, {}, {}, {}, [], {}
    ids = [rng.randrange(3000, 9000), rng.randrange(10000, 40000)]
    w.appts, w.reports = appts, reports

    # ---- portal (pino-http: one line when the request is over)
    def web(route, service, quiet=0.0):
        @portal.http(route)
        async def h(ctx, b):
            inner = {k: v for k, v in b.items() if k[0] != "_"}
            verb, path = b["_route"].split(" ")
            async with ctx.client(service, b["_route"]) as c:
                st, a = await c.send(inner)
                if rng.random() > 0.3: c.log.debug(f"upstream {service} replied", statusCode=st)
            if rng.random() >= quiet:
                ctx.log.info("request completed" if st < 400 else "request errored", req={"id": rng.randrange(10 ** 5), "method": verb, "url": path}, res={"statusCode": st}, responseTime=round(ctx.elapsed_ms()), incoming=True)
            return st, a
    web("POST /appointments", "scheduling")
    web("DELETE /appointments/{id}", "scheduling")
    web("GET /results/{id}", "results", 0.2)

    # ---- scheduling: the saga
    S = "Sagas.BookingSaga"
    @sch.http("POST /appointments")
    async def book(ctx, b):
        ids[0] += 1
        a = f"A-{ids[0]}"
        ctx.log.info(f"Booking {a} requested: patient {b['mrn']}, {b['clinic']}", incoming=True, logger="Controllers.AppointmentsController")
        sagas[a] = {"state": "Reserving", "mrn": b["mrn"], "clinic": b["clinic"]}
        async with ctx.span("INSERT Sagas", "CLIENT") as c:
            await c.work(3)
            c.log.debug(f"Executed DbCommand ({c.elapsed_ms():.0f}ms) [Parameters=[@p0='?' (Size = 12)], CommandType='Text', CommandTimeout='30'] INSERT INTO \"Sagas\" (\"Id\") VALUES (@p0)", logger="EF.Database.Command")
        await command(ctx, "calendar.cmd", "ReserveSlot", a)
        return 202, {"id": a}

    async def command(ctx, topic, kind, a):
        async with ctx.producer(topic) as p:
            s = sagas[a]
            p.log.info(f"Sending {kind} for {a}", logger="Bus.CommandSender")
            await p.send({"cmd": kind, "saga": a, "mrn": s["mrn"], "clinic": s["clinic"], "slot": s.get("slot")})

    @sch.consumer("saga.replies", retries=2, retry_ms=150)
    async def reply(ctx, m):
        a, kind = m.body["saga"], m.body["kind"]
        s = sagas[a]
        if m.attempt == 1 and rng.random() < 0.03:
            ctx.log.warn(f"Concurrency conflict on saga {a}, redelivering", incoming=True, logger=S)
            raise Exception("conflict")
        async with ctx.span("UPDATE Sagas", "CLIENT") as c:
            await c.work(2)
            if c.elapsed_ms() > 1.6: c.log.debug(f"Executed DbCommand ({c.elapsed_ms():.0f}ms) [Parameters=[@p1='?' (Size = 12), @p0='?'], CommandType='Text', CommandTimeout='30'] UPDATE \"Sagas\" SET \"State\" = @p0 WHERE \"Id\" = @p1", logger="EF.Database.Command")
        before = s["state"]
        if kind == "SlotReserved" and before == "Reserving":
            s["state"], s["slot"] = "CheckingCoverage", m.body["slot"]
            await command(ctx, "coverage.cmd", "CheckCoverage", a)
        elif kind == "NoSlot":
            s["state"] = "Failed"
            await ctx.publish("appointment.rejected", {"id": a, "mrn": s["mrn"], "why": "no free slot"})
        elif kind == "Covered" and before == "CheckingCoverage":
            s["state"] = "Confirming"
            await command(ctx, "calendar.cmd", "ConfirmSlot", a)
        elif kind == "NotCovered":
            s["state"] = "Undoing"
            await command(ctx, "calendar.cmd", "ReleaseSlot", a)
        elif kind == "SlotReleased":
            s["state"] = "Failed" if before == "Undoing" else "Cancelled"
            await ctx.publish("appointment.rejected" if before == "Undoing" else "appointment.cancelled", {"id": a, "mrn": s["mrn"], "why": "coverage"})
        elif kind == "SlotConfirmed" and before == "Confirming":
            s["state"] = "Done"
            appts[a] = s
            upcoming.append((ctx, a))
            await ctx.publish("appointment.booked", {"id": a, "mrn": s["mrn"], "slot": s["slot"]})
        else: before = None
        if before: ctx.log.info(f"{a}: {before} --{kind}--> {s['state']}", incoming=True, logger=S)
        else: ctx.log.debug(f"{a}: {kind} ignored in state {s['state']}", incoming=True, logger=S)

    @sch.http("DELETE /appointments/{id}")
    async def cancel(ctx, b):
        a = b["_route"].split("/")[-1]
        if a not in appts:
            ctx.log.warn(f"Cancel: unknown or unfinished appointment {a}", incoming=True, logger="Controllers.AppointmentsController")
            return 404, {}
        sagas[a]["state"] = "Cancelling"
        await command(ctx, "calendar.cmd", "ReleaseSlot", a)
        return 202, {}

    # ---- calendar
    @cal.consumer("calendar.cmd")
    async def slots(ctx, m):
        b = m.body
        kind = {"ReserveSlot": "SlotReserved", "ConfirmSlot": "SlotConfirmed", "ReleaseSlot": "SlotReleased"}[b["cmd"]]
        if b["cmd"] == "ReserveSlot":
            ctx.log.debug("command", cmd=b["cmd"], appt=b["saga"], stream_id=m.id, incoming=True)
            async with ctx.span("find free slot") as s:
                await s.work(6)
                async with s.span("mongo find", "CLIENT") as q:
                    await q.work(9, 0.8)
                    if q.elapsed_ms() > 7: q.log.debug("mongo find", coll="slots", docs=rng.randrange(0, 40), dur_ms=round(q.elapsed_ms(), 3))
                if rng.random() < 0.04: kind = "NoSlot"
                else: s.log.info("slot found", appt=b["saga"], clinic=b["clinic"])
            b = dict(b, slot=f"{rng.randrange(1, 29):02d}T{rng.randrange(8, 17):02d}{rng.choice(['00', '20', '40'])}")
        else:
            async with ctx.span("mongo update", "CLIENT") as q:
                await q.work(5)
                q.log.debug("mongo update", coll="slots", modified=1)
        async with ctx.producer("saga.replies") as p:
            await p.send({"saga": b["saga"], "kind": kind, "slot": b["slot"]})
            if kind in ("NoSlot", "SlotConfirmed"): p.log.info("reply out", reply=kind, appt=b["saga"])
        if kind == "NoSlot": ctx.log.warn("calendar full", clinic=b["clinic"], appt=b["saga"])
        elif kind != "SlotReserved": ctx.log.info("done", cmd=b["cmd"], appt=b["saga"], ms=round(ctx.elapsed_ms(), 1), incoming=True)

    # ---- coverage: asks the payer, who calls back later
    async def payer(ctx, b, ref):
        await sleep(250 + 900 * rng.random())
        st, a = await ctx.world.services["coverage"]._serve("POST /payer/callback", {"ref": ref, "ok": rng.random() > 0.09}, ctx._span, {})

    @cov.consumer("coverage.cmd", concurrency=16)
    async def check(ctx, m):
        b, ref = m.body, f"{rng.randrange(16 ** 8):08X}"
        ctx.log.info("eligibility inquiry started", extra={"appointment": b["saga"]}, trn=ref, incoming=True, logger="coverage.worker")
        callbacks[ref] = f = asyncio.get_event_loop().create_future()
        async with ctx.span("POST payer /270", "CLIENT") as c:
            await c.work(80, 0.5)
            c.log.debug("payer accepted inquiry", trn=ref, logger="coverage.x12")
            ctx.spawn(payer(c, b, ref))
        late = 1.1
        for n in (1, 2):
            try:
                ok = await asyncio.wait_for(asyncio.shield(f), late)
                break
            except asyncio.TimeoutError:
                if n == 1:
                    ctx.log.warning("payer slow, polling", trn=ref, logger="coverage.worker")
                    async with ctx.span("GET payer /271", "CLIENT") as c:
                        await c.work(60)
                    ok = True
                late = 0.4
        async with ctx.producer("saga.replies") as p:
            p.log.debug("xadd saga.replies", logger="coverage.bus")
            await p.send({"saga": b["saga"], "kind": "Covered" if ok else "NotCovered", "slot": b["slot"]})
        ctx.log.info("eligibility %s" % ("confirmed" if ok else "denied"), extra={"appointment": b["saga"]}, duration=round(ctx.elapsed_ms() / 1000, 3), logger="coverage.worker")

    @cov.http("POST /payer/callback")
    async def callback(ctx, b):
        await ctx.work(2)
        ctx.log.info("271 received", trn=b["ref"], active=b["ok"], incoming=True, logger="coverage.callback")
        f = callbacks.pop(b["ref"], None)
        if f and not f.done(): f.set_result(b["ok"])
        return 200, {}

    # ---- the record
    @emr.http("POST /orders")
    async def order(ctx, b):
        ids[1] += 1
        o = f"LO{ids[1]}"
        async with ctx.span("spanner write", "CLIENT") as c:
            await c.work(12)
            c.log.debug("row committed", table="lab_order", key=o)
        async with ctx.client("lis", "POST /hl7") as c:
            st, a = await c.send({"order": o, "mrn": b["mrn"], "tests": b["tests"]})
            c.log.info(f"ORM^O01 -> LIS: {a['ack']}", orderNumber=o)
        ctx.log.info(f"Order {o} signed by Dr. {b['doctor']}", mrn=b["mrn"], tests=len(b["tests"]), incoming=True)
        return 201, {"id": o}

    for topic in ("appointment.booked", "appointment.cancelled", "report.final"):
        def make(topic):
            async def chart(ctx, m):
                async with ctx.span("spanner write", "CLIENT") as c:
                    await c.work(10)
                    if topic != "report.final": c.log.debug("row committed", table="chart_entry", key=m.body["id"])
                if topic == "report.final": ctx.log.info("Result filed to chart", orderNumber=m.body["id"], eventId=m.id, incoming=True)
                elif topic == "appointment.booked": ctx.log.info("encounter planned", appointmentId=m.body["id"], incoming=True)
            return chart
        emr.consumer(topic)(make(topic))

    # ---- the lab: HL7 in, fan out, join
    KIND = {"CBC": "hem", "ESR": "hem", "GLU": "chem", "CREA": "chem", "LIPID": "chem", "TSH": "immuno", "HIV": "immuno", "B12": "immuno"}
    @lis.http("POST /hl7")
    async def hl7(ctx, b):
        ctl = f"MSH{rng.randrange(10 ** 7):07d}"
        ctx.log.info(f"Received ORM^O01 {ctl} placer={b['order']} PID={b['mrn']}", incoming=True, logger="channel.OrderIn")
        async with ctx.span("transform") as s:
            await s.work(4)
            if len(b["tests"]) > 2: s.log.debug(f"{len(b['tests'])} OBR segments mapped", logger="channel.Transformer")
        async with ctx.span("jdbc INSERT", "CLIENT") as s:
            await s.work(3)
            s.log.debug(f"insert into ORDERS values ('{b['order']}', {len(b['tests'])})", logger="jdbc.sqltiming")
        by = {}
        for t in b["tests"]: by.setdefault(KIND[t], []).append(t)
        orders[b["order"]] = {"want": set(by), "got": {}, "mrn": b["mrn"], "t": w.ns()}
        async def go():
            await ctx.work(60, 0.4)   # the tube is being spun
            for line, tests in by.items():
                tube = f"{b['order']}-{line[0].upper()}"
                async with ctx.producer("analyze." + line) as p:
                    await p.send({"order": b["order"], "tube": tube, "tests": tests, "line": line})
                    p.log.info(f"Tube {tube} routed to {line} ({'+'.join(tests)})", logger="route.Router")
        ctx.spawn(go())
        return 200, {"ack": "AA"}

    @lis.consumer("measured")
    async def join(ctx, m):
        b = m.body
        o = orders[b["order"]]
        o["got"][b["line"]] = b["values"]
        left = o["want"] - set(o["got"])
        if left:
            ctx.log.info(f"{b['tube']} in, {b['order']} still waits for {','.join(sorted(left))}", incoming=True, logger="join.Collector")
            return
        if o.get("sent"): return
        o["sent"] = True
        async with ctx.span("rules") as s:
            await s.work(11)
            flags = sum(v[-1] in "HL" for vs in o["got"].values() for v in vs)
            s.log.debug(f"{flags} flag(s) raised on {b['order']}", logger="rules.Drools")
        ctx.log.info(f"{b['tube']} in, {b['order']} complete after {(w.ns() - o['t']) // 1_000_000} ms", incoming=True, logger="join.Collector")
        async with ctx.client("results", "POST /reports") as c:
            await c.send({"order": b["order"], "mrn": o["mrn"], "flags": flags})

    async def measure(ctx, m):
        b = m.body
        ctx.log.info(f"{b['tube']} > queue {b['line']}" if b["line"] != "chem" else f"LOAD {b['tube']}", incoming=True)
        vals = []
        for t in b["tests"]:
            async with ctx.span("aspirate " + t) as s:
                await s.work({"hem": 180, "chem": 420, "immuno": 900}[b["line"]], 0.4)
                if rng.random() < 0.04:
                    s.log.warn(f"CLOT {b['tube']} {t}, rerun")
                    await s.work(300)
                vals.append(f"{t}={rng.randrange(10, 200) / 10}{rng.choice(['', '', '', '', 'H', 'L'])}")
                if b["line"] != "hem": s.log.info(f"R|1|{b['tube']}|{vals[-1]}|F")
        async with ctx.producer("measured") as p:
            await p.send({"order": b["order"], "tube": b["tube"], "line": b["line"], "values": vals})
            if b["line"] != "hem": p.log.debug(f"OUT {b['tube']} n={len(vals)}")
        if b["line"] == "hem": ctx.log.info(f"{b['tube']} < {' '.join(vals)}")
    for line, cap in (("hem", 6), ("chem", 8), ("immuno", 8)):
        ana.consumer("analyze." + line, concurrency=cap)(measure)

    # ---- results: verification, sometimes by a person
    @res.http("POST /reports")
    async def report(ctx, b):
        o = b["order"]
        auto = b["flags"] == 0
        async with ctx.span("persist event", "CLIENT") as s:
            await s.work(4)
            s.log.debug(f"Persisted ReportDrafted({o},{b['flags']}) seqNr=1", logger="akka.persistence")
        if auto: ctx.log.info(f"ReportActor({o}) auto-verified", incoming=True, logger="k.results.ReportActor")
        else: ctx.log.info(f"ReportActor({o}) needs sign-off, {b['flags']} flags", incoming=True, logger="k.results.ReportActor")
        async def go():
            if not auto:
                async with ctx.span("await sign-off") as s:
                    await s.work(1600, 0.5)
                    s.log.info(f"SignedOff({o}) by pathologist #{rng.randrange(3, 9)}", logger="k.results.SignOff")
            reports[o] = "final"
            async with ctx.producer("report.final") as p:
                i = await p.send({"id": o, "mrn": b["mrn"], "flags": b["flags"]})
                p.log.info(f"report.final {o} appended as {i}", logger="k.results.Publisher")
        ctx.spawn(go())
        return 202, {}

    @res.http("GET /results/{id}")
    async def read(ctx, b):
        o = b["_route"].split("/")[-1]
        async with ctx.span("SELECT snapshot", "CLIENT") as s: await s.work(3)
        ctx.log.debug(f"Read {o}: {reports.get(o, 'pending')}", incoming=True, logger="k.results.Api")
        return (200 if o in reports else 404), {}

    # ---- outreach
    async def text(ctx, what, ref):
        async with ctx.span("POST gateway", "CLIENT") as s:
            await s.work(75, 0.5)
            s.log.info("Delivered", template=what, ref=ref, took=f"{s.elapsed_ms():.1f}ms", logger="Outreach::SmsGateway")
    for topic, what in (("appointment.booked", "booked"), ("appointment.rejected", "rejected"), ("appointment.cancelled", "cancelled"), ("report.final", "result_ready")):
        def make(what):
            async def tell(ctx, m):
                if what == "result_ready" and rng.random() < 0.15:
                    ctx.log.info("Patient opted out", patient=m.body["mrn"], incoming=True, logger="Outreach::Job")
                    return
                if what != "booked": ctx.log.info("Start #perform", job=what, ref=m.body["id"], incoming=True, logger="Outreach::Job")
                async with ctx.client("portal", "GET /preferences") as c:
                    await c.send({"mrn": m.body["mrn"]})
                    if what == "booked": c.log.debug("preferences loaded", patient=m.body["mrn"], logger="Outreach::PortalClient")
                await text(ctx, what, m.body["id"])
                if what in ("booked", "cancelled"): ctx.log.info("Completed #perform", ref=m.body["id"], took=f"{ctx.elapsed_ms():.1f}ms", incoming=True, logger="Outreach::Job")
            return tell
        msg.consumer(topic)(make(what))

    @portal.http("GET /preferences")
    async def prefs(ctx, b):
        await ctx.work(2)
        if rng.random() < 0.6: ctx.log.debug("prefs cache hit", mrn=b["mrn"], incoming=True)
        return 200, {}

    @msg.every(11, first=9)
    async def reminder_sweep(ctx):
        some, upcoming[:] = upcoming[:5], upcoming[5:]
        ctx.log.info("Sweep", due=len(some), logger="Outreach::ReminderSweep")
        async def one(kept, a):
            ctx.link(kept)
            await text(ctx, "reminder", a)
        await asyncio.gather(*(one(*x) for x in some))

    # ---- noise
    portal.noise(2, lambda log: log.debug("request completed", req={"id": 0, "method": "GET", "url": "/healthz"}, res={"statusCode": 200}, responseTime=1))
    sch.noise(8, lambda log: log.info("Configuration reloaded from appsettings.Production.json", logger="Startup"))
    lis.noise(6, lambda log: log.info(f"MLLP listener alive, {rng.randrange(2, 5)} connections", logger="mllp.Server", thread="mllp-0"))
    ana.noise(3, lambda log: log.info(f"reagent level {rng.choice(['hem', 'chem', 'immuno'])} {rng.randrange(20, 100)}%"))
    cov.noise(9, lambda log: log.info("token refreshed for payer gateway", logger="coverage.auth"))
    res.noise(10, lambda log: log.info("Cluster Node [akka://results@10.2.1.7:25520] - is healthy", logger="akka.cluster.Cluster"))


async def load(w):
    r = w.rng
    tests = ["CBC", "ESR", "GLU", "CREA", "LIPID", "TSH", "HIV", "B12"]
    async def one(i):
        mrn = f"{r.randrange(10 ** 6):06d}/{r.randrange(10, 99)}"
        if r.random() < 0.55:
            st, a = await w.start("portal", "POST /appointments", {"mrn": mrn, "clinic": r.choice(["derma", "cardio", "ortho", "ENT"])})
            await sleep(2500 + 3000 * r.random())
            if r.random() < 0.25: await w.start("portal", f"DELETE /appointments/{a['id']}")
        else:
            st, a = await w.start("emr", "POST /orders", {"mrn": mrn, "doctor": r.choice(["Okafor", "Lind", "Sato"]), "tests": r.sample(tests, r.randrange(1, 6))})
            for _ in range(2):
                await sleep(1000 + 2500 * r.random())
                if r.random() < 0.4 and a: await w.start("portal", f"GET /results/{a['id']}")
    await arrivals(w, 110, 4.5, one)

record(build, load, "a_clinic")
