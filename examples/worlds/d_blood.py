import json
from world import *


# desk: log4js, Spanish speaking team
def log4js(r):
    c = f" ({r.trace_id}:{r.span_id})" if r.trace_id else ""
    p = f" <= {r.incoming}" if r.incoming else ""
    return f"[{r.time:%Y-%m-%dT%H:%M:%S}.{r.time.microsecond // 1000:03d}] [{r.level}] {r.logger} -{c} {r.message}{p}"


# LIS: old windows program, semicolons
def semicolons(r):
    t = {"DEBUG": "DBG", "INFO": "INF", "WARN": "WRN", "ERROR": "ERR"}[r.level]
    return f"{r.time:%d.%m.%Y};{r.time:%H:%M:%S}.{r.time.microsecond // 1000:03d};{t};{r.logger};{r.trace_id or ''};{r.span_id or ''};{r.incoming_parent or ''};{r.message}"


# instrument middleware: Serilog text template
def serilog_text(r):
    p = dict(r.fields)
    if r.trace_id: p |= {"TraceId": r.trace_id, "SpanId": r.span_id}
    if r.incoming: p["TraceParent"] = r.incoming
    props = ("{" + ", ".join(f'{k}: {json.dumps(v)}' for k, v in p.items()) + "}") if p else "{}"
    return f"{r.time:%Y-%m-%d %H:%M:%S}.{r.time.microsecond // 1000:03d} +00:00 [{ {'DEBUG': 'DBG', 'INFO': 'INF', 'WARN': 'WRN', 'ERROR': 'ERR'}[r.level] }] {r.message} {props}"


# NAT lab: R/Python script with print
def plainprint(r):
    return f"{r.time:%Y-%m-%d %H:%M:%S}.{r.time.microsecond // 1000:03d}  {'!! ' if r.level in ('WARN', 'ERROR') else ''}{r.message}" + (f"  #{r.trace_id},{r.span_id}" if r.trace_id else "") + (f" traceparent: {r.incoming}" if r.incoming else "")


# components: Google Cloud JSON
def gcp(r):
    d = {"severity": {"WARN": "WARNING"}.get(r.level, r.level), "message": r.message, "timestamp": isoz(r, 9)} | r.fields
    if r.trace_id: d |= {"logging.googleapis.com/trace": f"projects/hemo-prod/traces/{r.trace_id}", "logging.googleapis.com/spanId": r.span_id, "logging.googleapis.com/trace_sampled": True}
    if r.incoming: d["httpRequest.traceparent"] = r.incoming
    return json.dumps(d, separators=(",", ":"))


# stock: rust env_logger
def env_logger(r):
    c = f" trace={r.trace_id} span={r.span_id}" if r.trace_id else ""
    return f"[{isoz(r, 6)} {r.level:<5} {r.logger}] {r.message}{c}" + (f" parent={r.incoming_parent}" if r.incoming_parent else "")


# hospital gateway: klog structured
def klog(r):
    kv = "".join(f' {k}={json.dumps(v) if isinstance(v, (str, list)) else v}' for k, v in r.fields.items())
    if r.trace_id: kv += f' traceID="{r.trace_id}" spanID="{r.span_id}"'
    if r.incoming: kv += f' traceparent="{r.incoming}"'
    return f"{r.level[0]}{r.time:%m%d %H:%M:%S}.{r.time.microsecond:06d} {r.pid:7d} {r.logger}] {json.dumps(r.message)}{kv}"


# crossmatch: erlang logger
def erlang(r):
    m = f" [trace_id={r.trace_id} span_id={r.span_id}]" if r.trace_id else ""
    return f"{r.time:%Y-%m-%dT%H:%M:%S}.{r.time.microsecond:06d}+00:00 {'warning' if r.level == 'WARN' else r.level.lower()}:{m} {r.message}" + (f" ({r.incoming})" if r.incoming else "")


# courier: syslog 3164, whole seconds
def syslog3164(r):
    c = f"{r.trace_id}/{r.span_id} " if r.trace_id else ""
    return f"{r.time:%b} {r.time.day:2d} {r.time:%H:%M:%S} depot2 courier[{r.pid}]: {c}{r.message}" + (f" tp={r.incoming}" if r.incoming else "")


# haemovigilance: GELF
def gelf(r):
    d = {"version": "1.1", "host": "hv-01", "short_message": r.message, "timestamp": r.ns // 1_000_000 / 1000, "level": {"DEBUG": 7, "INFO": 6, "WARN": 4, "ERROR": 3}[r.level]}
    d |= {"_" + k: v for k, v in r.fields.items()}
    if r.trace_id: d |= {"_traceId": r.trace_id, "_spanId": r.span_id}
    if r.incoming_parent: d["_parentId"] = r.incoming_parent
    return json.dumps(d)


def build(w):
    R = w.rng
    w.network_ms, w.broker_ms = 1.6, 25
    s = [w.base // 1_000_000, 0]
    def stream_id():
        s[1] += 1
        return f"{w.ns() // 1_000_000}-{s[1] % 3}"
    w.new_message_id = stream_id

    desk = w.service("desk", log4js)
    lis = w.service("lis", semicolons, errors=lambda c, e: c.log.error(f"EXCEPTION EHL7Error: {e}", logger="MAIN"))
    ana = w.service("analyzer", serilog_text, errors=lambda c, e: c.log.error("Instrument run aborted", Exception=str(e)))
    nat = w.service("nat", plainprint, errors=lambda c, e: c.log.error(f"could not take sample: {e}"))
    comp = w.service("components", gcp, errors=lambda c, e: c.log.error("unhandled in processing", error=str(e), stack_trace="Traceback (most recent call last): ..."))
    stock = w.service("stock", env_logger, errors=lambda c, e: c.log.error(f"message dropped: {e}", logger="stock::bus"))
    hosp = w.service("hospital-gw", klog, errors=lambda c, e: c.log.error("reconcile failed", logger="handler.go:201", err=str(e)))
    xm = w.service("xmatch", erlang, errors=lambda c, e: c.log.error(f"gen_server xm_worker terminating: {e}"))
    cour = w.service("courier", syslog3164, errors=lambda c, e: c.log.error(f"job lost: {e}"))
    hv = w.service("hemovig", gelf)

    GROUPS = ["O+", "A+", "A+", "B+", "O-", "AB+"]
    TESTS = ["ABO", "HIV", "HBV", "HCV", "SYPH"]
    don, units, orders = {}, {}, {}
    natq, waiters = [], []
    seq = [420100, 900]
    w.orders, w.units = orders, units
    for i in range(25):
        u = f"={R.randrange(1000, 9999)}26{R.randrange(10**5, 10**6)}00"
        units[u] = {"unit": u, "group": R.choice(GROUPS), "state": "free", "din": None}

    # ------------------------------------------------------------ the donor
    @desk.http("POST /donaciones")
    async def donate(ctx, body):
        donor = body["donante"]
        async with ctx.span("consulta donante", "CLIENT") as c:
            await c.work(6)
            c.log.debug(f"SELECT * FROM donante WHERE nif = '{donor}' ({c.elapsed_ms():.0f} ms)", logger="sql")
        if R.random() < 0.06:
            ctx.log.warn(f"donante {donor} excluido temporalmente (hemoglobina baja)", incoming=True, logger="admision")
            return 422, {}
        seq[0] += R.randrange(1, 4)
        din = f"E{seq[0]}26"
        don[din] = {"din": din, "donor": donor, "group": R.choice(GROUPS), "bag": 450, "tests": {}, "parts": None}
        ctx.log.info(f"extracción {din} registrada, donante {donor}", incoming=True, logger="admision")
        async with ctx.client("lis", "POST /adt/A04") as c:
            st, _ = await c.send({"din": din})
        async with ctx.producer("bag.collected") as p:
            mid = await p.send({"din": din, "ml": 450})
            p.log.info(f"bolsa ${din} -> bag.collected {mid}".replace("$", ""), logger="cola")
        return 201, {"din": din}

    @desk.consumer("donor.deferred")
    async def deferred(ctx, m):
        await ctx.work(7)
        ctx.log.info(f"donante de {m.body['din']} bloqueado: {m.body['why']}", incoming=True, logger="admision")

    # ------------------------------------------------------------ lab
    @lis.http("POST /adt/A04")
    async def admit(ctx, body):
        din = body["din"]
        ctx.log.info(f"ADT^A04 {din}", incoming=True, logger="HL7IN")
        await ctx.work(9)
        async def order(t):
            async with ctx.producer("oml.order") as p:
                await p.send({"sample": din, "test": t})
                if t != "SYPH": p.log.debug(f"OML^O21 {din} {t} SENT", logger="HL7OUT")
        for t in TESTS: await order(t)
        async with ctx.producer("nat.sample") as p:
            await p.send({"sample": din})
            p.log.debug(f"OML^O21 {din} NAT SENT", logger="HL7OUT")
        return 200, {}

    @ana.consumer("oml.order", retries=2, retry_ms=400, concurrency=9)
    async def run_test(ctx, m):
        b = m.body
        t = b["test"]
        if t != "SYPH": ctx.log.info(f"Worklist entry {b['sample']}/{t}", incoming=True)
        async with ctx.span("aspirate " + t) as c:
            await c.work({"ABO": 90, "SYPH": 60}.get(t, 260))
            if R.random() < 0.7: c.log.debug("ASTM frame ok", Sample=b["sample"], Assay=t, Rlu=round(R.uniform(0.05, 0.9), 3))
        if R.random() < 0.02 and m.attempt < 3:
            ctx.log.warning("Clot detected, sample re-queued", Sample=b["sample"], Assay=t)
            raise Exception("clot")
        res = don[b["sample"]]["group"] if t == "ABO" else ("REACTIVE" if R.random() < 0.012 else "NEG")
        async with ctx.producer("oru.result") as p:
            await p.send({"sample": b["sample"], "test": t, "res": res})
            if t in ("HBV", "HCV", "SYPH", "HIV") and R.random() < 0.85: p.log.info(f"{t} done for {b['sample']} in {ctx.elapsed_ms():.0f} ms: {res}", Attempt=m.attempt)

    @nat.consumer("nat.sample")
    async def take(ctx, m):
        await ctx.work(3)
        ctx.log.info(f"got {m.body['sample']} for the pool, {len(natq) + 1} waiting", incoming=True)
        gone = asyncio.Event()
        natq.append((ctx, m.body["sample"], gone))
        ctx.spawn(gone.wait())

    @nat.every(1.6)
    async def pool_run(ctx):
        batch, natq[:] = natq[:8], natq[8:]
        if not batch: return
        for kept, _, _ in batch: ctx.link(kept)
        pool = f"P{R.randrange(1000, 9999)}"
        ctx.log.info(f"pool {pool}: " + " ".join(x for _, x, _ in batch))
        async with ctx.span("amplify") as c:
            await c.work(600, 0.2)
        for kept, din, gone in batch:
            async with Ctx(nat, kept._span).span("result " + pool) as c:
                c.log.info(f"{din} NAT neg ({pool})")
                await c.publish("oru.result", {"sample": din, "test": "NAT", "res": "NEG"})
            gone.set()
        ctx.log.info(f"pool {pool} finished after {ctx.elapsed_ms() / 1000:.2f} s")

    @lis.consumer("oru.result", retries=2)
    async def result(ctx, m):
        b = m.body
        d = don[b["sample"]]
        ctx.log.info(f"ORU^R01 {b['sample']} {b['test']}={b['res']}", incoming=True, logger="HL7IN")
        async with ctx.span("INSERT RESULT", "CLIENT") as c:
            await c.work(5)
            if b["test"] not in ("HCV", "SYPH"): c.log.debug(f"SQL INSERT RESULT ({c.elapsed_ms():.0f}ms)", logger="DB")
        d["tests"][b["test"]] = b["res"]
        await complete(ctx, d)

    @lis.consumer("bag.processed")
    async def parts(ctx, m):
        d = don[m.body["din"]]
        d["parts"] = m.body["units"]
        ctx.log.info(f"{d['din']} COMPONENTS {len(d['parts'])}", incoming=True, logger="PROC")
        await complete(ctx, d)

    async def complete(ctx, d):
        if d.get("done") or len(d["tests"]) < 6 or not d["parts"]: return
        d["done"] = True
        bad = [t for t, r in d["tests"].items() if r == "REACTIVE"]
        async with ctx.span("validate donation") as c:
            await c.work(25)
            c.log.info(f"{d['din']} VALIDATED {'DISCARD ' + ','.join(bad) if bad else 'RELEASE'}", logger="VALID")
        if bad:
            await asyncio.gather(ctx.publish("donation.discarded", {"din": d["din"], "units": d["parts"]}), ctx.publish("donor.deferred", {"din": d["din"], "why": bad[0]}))
        else:
            async with ctx.producer("donation.released") as p:
                mid = await p.send({"din": d["din"], "group": d["group"], "units": d["parts"]})
                p.log.info(f"BPS^O29 {d['din']} RELEASE SENT {mid}", logger="HL7OUT")

    # ------------------------------------------------------------ centrifuge
    @comp.consumer("bag.collected", retries=1, retry_ms=300)
    async def spin(ctx, m):
        din = m.body["din"]
        ctx.log.info("bag received", incoming=True, din=din, volume_ml=m.body["ml"], stream_id=m.id)
        async with ctx.span("centrifuge") as c:
            await c.work(700, 0.3)
            if R.random() < 0.03 and m.attempt == 1:
                c.log.warning("imbalance, rotor stopped", din=din)
                raise Exception("imbalance")
        out = []
        for kind in ("RBC", "FFP", "PLT"):
            async with ctx.span("label " + kind) as c:
                await c.work(20)
                u = f"={din[1:]}{R.randrange(100, 999)}{kind[0]}"
                out.append(u)
                if kind != "FFP": c.log.info("label printed", product=kind, unit=u)
        async with ctx.client("stock", "POST /quarantine") as c:
            st, _ = await c.send({"din": din, "units": out, "group": don[din]["group"]})
        async with ctx.producer("bag.processed") as p:
            await p.send({"din": din, "units": out})
            p.log.info("bag processed", din=din, elapsed_s=round(ctx.elapsed_ms() / 1000, 2))

    # ------------------------------------------------------------ stock
    @stock.http("POST /quarantine")
    async def quarantine(ctx, body):
        async with ctx.span("INSERT units", "CLIENT") as c:
            await c.work(6)
            c.log.debug("INSERT INTO units VALUES .. ON CONFLICT DO NOTHING; rows=3", logger="sqlx::query")
        for u in body["units"]: units[u] = {"unit": u, "group": body["group"], "state": "quarantine", "din": body["din"]}
        ctx.log.info(f"{len(body['units'])} units of {body['din']} quarantined", incoming=True, logger="stock::units")
        return 201, {}

    @stock.consumer("donation.released", retries=2)
    async def release(ctx, m):
        async with ctx.span("UPDATE units", "CLIENT") as c:
            await c.work(5)
            c.log.debug("UPDATE units SET state='free' WHERE din=$1; rows=3", logger="sqlx::query")
        for u in m.body["units"]: units[u]["state"] = "free"
        ctx.log.info(f"released {m.body['din']} {m.body['group']}", incoming=True, logger="stock::units")
        for x in list(waiters):
            if x[0] == m.body["group"] and not x[1].done():
                x[1].set_result(True)
                ctx.log.info(f"waking shortage of {x[2]}", logger="stock::alloc")
                break

    @stock.consumer("donation.discarded")
    async def discard(ctx, m):
        for u in m.body["units"]: units[u]["state"] = "discarded"
        await ctx.work(4)
        ctx.log.warn(f"DISCARD {m.body['din']}: {', '.join(m.body['units'])}", incoming=True, logger="stock::units")

    @stock.http("POST /allocations")
    async def allocate(ctx, body):
        ctx.log.info(f"allocate {body['qty']} x {body['group']} for {body['po']}", incoming=True, logger="stock::alloc")
        got = []
        for _ in range(2):
            async with ctx.span("SELECT units FOR UPDATE", "CLIENT") as c:
                await c.work(6)
                if R.random() < 0.5: c.log.debug("SELECT .. FOR UPDATE SKIP LOCKED", logger="sqlx::query")
            free = [u for u in units.values() if u["state"] == "free" and u["group"] == body["group"]]
            for u in free[:body["qty"] - len(got)]:
                u["state"] = "allocated"
                got.append(u["unit"])
            if len(got) >= body["qty"]: break
            fut = asyncio.get_running_loop().create_future()
            waiters.append((body["group"], fut, body["po"]))
            ctx.log.warn(f"shortage of {body['group']} ({len(got)}/{body['qty']}), waiting", logger="stock::alloc")
            try: await asyncio.wait_for(fut, 1.5)
            except asyncio.TimeoutError: break
        if not got:
            ctx.log.warn(f"cannot serve {body['po']}", logger="stock::alloc")
            return 409, {}
        # cross-match each by request/reply; incompatible ones go back
        async def check(u):
            async with ctx.client("xmatch", "CALL match") as c:
                st, a = await c.send({"unit": u, "patient": body["patient"]})
                if R.random() < 0.6: c.log.debug(f"xmatch {u} -> {a['verdict']} ({c.elapsed_ms():.0f}ms)", logger="stock::xm")
            return u, a["verdict"]
        ok = []
        for u, v in await asyncio.gather(*[check(u) for u in got]):
            if v == "compatible": ok.append(u)
            else: units[u]["state"] = "free"
        if not ok: return 409, {}
        return 200, {"units": ok}

    @xm.http("CALL match")
    async def match(ctx, body):
        async with ctx.span("gel card") as c:
            await c.work(120)
            if R.random() < 0.8: c.log.debug(f"card read unit={body['unit']} score={R.randrange(0, 2)}")
        v = "incompatible" if R.random() < 0.05 else "compatible"
        ctx.log.info(f"crossmatch {body['unit']} / {body['patient']}: {v}", incoming=True)
        return 200, {"verdict": v}

    @stock.http("POST /returns")
    async def give_back(ctx, body):
        for u in body["units"]: units[u]["state"] = "free"
        async with ctx.span("UPDATE units", "CLIENT") as c: await c.work(4)
        ctx.log.info(f"{len(body['units'])} back in stock ({body['po']})", incoming=True, logger="stock::alloc")
        return 200, {}

    @stock.every(7)
    async def expiry_check(ctx):
        async with ctx.span("SELECT expiring", "CLIENT") as c: await c.work(15)
        ctx.log.info(f"expiry check: {R.randrange(0, 6)} units within 48h", logger="stock::expiry")

    # ------------------------------------------------------------ hospital side
    @hosp.http("POST /fhir/SupplyRequest")
    async def order(ctx, body):
        seq[1] += 1
        po = f"PO-{body['ward']}-{seq[1]}"
        orders[po] = {"po": po, "state": "asked", "units": []}
        ctx.log.info("SupplyRequest received", incoming=True, logger="handler.go:58", po=po, product="RBC", group=body["group"], qty=body["qty"])
        async with ctx.client("stock", "POST /allocations") as c:
            st, a = await c.send({"po": po, "group": body["group"], "qty": body["qty"], "patient": body["patient"]})
            c.log.info("allocation answered", logger="stockclient.go:33", po=po, code=st, latency=f"{c.elapsed_ms():.1f}ms")
        if st != 200:
            orders[po]["state"] = "refused"
            ctx.log.warn("SupplyRequest refused", logger="handler.go:71", po=po)
            return 409, {"po": po}
        orders[po].update(state="allocated", units=a["units"])
        async with ctx.producer("dispatch.order") as p:
            p.log.info("handing over to courier", logger="dispatch.go:19", po=po, units=len(a["units"]))
            await p.send({"ref": po, "units": a["units"], "ward": body["ward"]})
        return 201, {"po": po}

    @cour.consumer("dispatch.order", retries=1, retry_ms=500)
    async def dispatch(ctx, m):
        b = m.body
        if orders[b["ref"]]["state"] == "cancelled":
            ctx.log.info(f"{b['ref']} cancelled before packing", incoming=True)
            return
        trip = R.randrange(300, 999)
        ctx.log.info(f"pack {len(b['units'])} unit(s) for {b['ref']} cool box {R.randrange(1, 30)} trip {trip}", incoming=True)
        async with ctx.span("seal box") as c:
            await c.work(150)
        orders[b["ref"]]["state"] = "on the road"
        ctx.spawn(drive(ctx, b, trip))

    async def drive(ctx, b, trip):
        async with ctx.span("trip") as c:
            await c.work(1900, 0.5)
            if R.random() < 0.1: c.log.warn(f"trip {trip} temperature 7.1C")
            await c.work(500)
            c.log.info(f"trip {trip} arrived ward {b['ward']}")
            async with c.client("hospital-gw", "POST /webhooks/delivery") as d:
                st, _ = await d.send({"po": b["ref"], "trip": trip, "units": b["units"]})
                d.log.info(f"webhook {b['ref']} {st}")

    @hosp.http("POST /webhooks/delivery")
    async def delivered(ctx, body):
        await ctx.work(5)
        orders[body["po"]]["state"] = "delivered"
        await ctx.publish("units.delivered", {"po": body["po"], "units": body["units"]})
        ctx.log.info("POST /webhooks/delivery", incoming=True, logger="httplog.go:132", po=body["po"], status=204, latency=f"{ctx.elapsed_ms():.2f}ms")
        return 204, {}

    @stock.consumer("units.delivered")
    async def issued(ctx, m):
        for u in m.body["units"]: units[u]["state"] = "issued"
        ctx.log.debug(f"units.delivered for {m.body['po']}", incoming=True, logger="stock::bus")
        async with ctx.span("UPDATE units", "CLIENT") as c:
            await c.work(5)
            c.log.debug(f"UPDATE units SET state='issued' WHERE id = ANY($1); rows={len(m.body['units'])}", logger="sqlx::query")

    @hv.consumer("units.delivered", retries=1)
    async def register(ctx, m):
        await ctx.work(11)
        ctx.log.info("traceability record written", incoming=True, order=m.body["po"], units=len(m.body["units"]), msg_id=m.id)

    @hosp.http("GET /fhir/SupplyRequest/{po}")
    async def look(ctx, body):
        po = body["_route"].split("/")[-1]
        await ctx.work(2)
        ctx.log.info("GET /fhir/SupplyRequest", incoming=True, logger="httplog.go:132", po=po, state=orders[po]["state"], latency=f"{ctx.elapsed_ms():.2f}ms")
        return 200, {}

    @hosp.http("DELETE /fhir/SupplyRequest/{po}")
    async def cancel(ctx, body):
        po = body["_route"].split("/")[-1]
        o = orders[po]
        if o["state"] != "allocated":
            ctx.log.info("cancel not possible", incoming=True, logger="handler.go:120", po=po, state=o["state"])
            return 409, {}
        o["state"] = "cancelled"
        ctx.log.info("cancelling", incoming=True, logger="handler.go:126", po=po)
        await ctx.call("stock", "POST /returns", {"po": po, "units": o["units"]})
        return 204, {}

    # ------------------------------------------------------------ a reaction: look back
    @hosp.http("POST /reactions")
    async def reaction(ctx, body):
        case = "%06X" % R.getrandbits(24)
        async with ctx.client("hemovig", "POST /cases") as c:
            c.log.warn("reporting transfusion reaction", logger="reaction.go:22", unit=body["unit"], case=case)
            st, _ = await c.send({"case": case, "unit": body["unit"]})
        return 202, {}

    @hv.http("POST /cases")
    async def open_case(ctx, body):
        ctx.log.warn("case opened", incoming=True, case=body["case"], unit=body["unit"], grade=R.randrange(1, 4))
        async with ctx.client("lis", "GET /lookback") as c:
            st, a = await c.send({"unit": body["unit"]})
            c.log.info("lookback answered", case=body["case"], din=a.get("din"), took_ms=round(c.elapsed_ms(), 1))
        if a.get("din"):
            await ctx.publish("donor.deferred", {"din": a["din"], "why": "case " + body["case"]})
            ctx.log.info("siblings recalled", case=body["case"])
            await ctx.publish("recall", {"din": a["din"], "case": body["case"]})
        return 201, {}

    @lis.http("GET /lookback")
    async def lookback(ctx, body):
        async with ctx.span("SELECT DONATION", "CLIENT") as c:
            await c.work(30)
        ctx.log.info(f"LOOKBACK {body['unit']} {ctx.elapsed_ms():.0f}ms", incoming=True, logger="QRY")
        return 200, {"din": units[body["unit"]]["din"]}

    @stock.consumer("recall")
    async def recall(ctx, m):
        n = 0
        for u in units.values():
            if u["din"] == m.body["din"] and u["state"] == "free":
                u["state"] = "recalled"
                n += 1
        await ctx.work(5)
        ctx.log.warn(f"recall {m.body['case']}: {n} unit(s) blocked", incoming=True, logger="stock::units")

    desk.noise(5, lambda log: log.info(f"impresora de etiquetas lista, cola {R.randrange(3)}", logger="impresion"))
    lis.noise(4, lambda log: log.debug("KEEPALIVE MLLP 10.9.0.4:2575", logger="HL7IN"))
    ana.noise(4, lambda log: log.info("Reagent level", Module=f"c{R.randrange(1, 4)}", Percent=R.randrange(10, 99)))
    comp.noise(8, lambda log: log.info("autoscaler probe", ok=True))
    hosp.noise(5, lambda log: log.info("Liveness probe ok", logger="health.go:14"))
    cour.noise(6, lambda log: log.info(f"gps van{R.randrange(1, 6)} 40.4{R.randrange(100)} -3.7{R.randrange(100)}"))
    xm.noise(9, lambda log: log.info("supervisor: {local,xm_sup} children=4"))


async def load(w):
    R, pos = w.rng, []

    async def one(i):
        k = R.random()
        if k < 0.42:
            await w.start("desk", "POST /donaciones", {"donante": f"{R.randrange(10**7, 10**8)}{R.choice('TRWAGMYF')}"})
        elif k < 0.74 or not pos:
            st, a = await w.start("hospital-gw", "POST /fhir/SupplyRequest", {"ward": R.choice(["ICU", "SURG", "ONC", "ER"]), "group": R.choice(["O+", "A+", "B+", "O-"]), "qty": R.choice([1, 1, 2, 3]), "patient": f"{R.randrange(10**6, 10**7)}"})
            if st == 201: pos.append(a["po"])
        elif k < 0.88:
            await w.start("hospital-gw", "GET /fhir/SupplyRequest/" + R.choice(pos[-8:]))
        elif k < 0.94:
            await w.start("hospital-gw", "DELETE /fhir/SupplyRequest/" + pos[-1])
        else:
            given = [u for u, d in w.units.items() if d["state"] == "issued"]
            if given: await w.start("hospital-gw", "POST /reactions", {"unit": R.choice(given)})
    await arrivals(w, 155, 3.5, one)

record(build, load, "d_blood")
