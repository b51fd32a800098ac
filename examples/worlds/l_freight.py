"""Freight forwarding: a booking asks the carrier for space (who answers later by message), papers are drawn up in parallel, a customs declaration is
polled for at the authority and may come back for amended papers, the terminal tells milestones one by one, invoices are written in a nightly-like run;
shipments are tracked, amended, cancelled with everything undone."""
import json
from world import *


def ms(r): return "%03d" % (r.time.microsecond // 1000)

def traefik(r):        # gate: CLF with router, backend and whole milliseconds
    if not r.fields: return f'time="{isoz(r, 0)}" level={r.level.lower()} msg={json.dumps(r.message)}'
    f = r.fields
    t = f' "{r.trace_id}" "{r.span_id}"' if r.trace_id else ' "" ""'
    return f'{f["ip"]} - - [{r.time:%d/%b/%Y:%H:%M:%S} +0000] "{f["req"]} HTTP/1.1" {f["st"]} {f["n"]} "-" "-" {f["no"]} "{f["be"]}@docker" "http://10.2.0.{len(f["be"])}:8080" {f["ms"]}ms{t}' + (f' "{r.incoming}"' if r.incoming else "")

def boot(r):           # booking: Spring Boot 3 default with correlation
    t = f"[{r.trace_id}-{r.span_id}] " if r.trace_id else "[                                                 ] "
    if r.incoming_parent: t += f"[parent {r.incoming_parent}] "
    return f"{r.time:%Y-%m-%dT%H:%M:%S}.{ms(r)}Z {r.level:>5} 1 --- [booking] [{'nio-8080-exec-' + str(r.thread):>15}] {t}{r.logger:<40} : {r.message}"

def winstonjson(r):    # carrier-link
    d = {"level": r.level.lower(), "message": r.message, "meta": dict(r.fields), "timestamp": isoz(r)}
    if r.trace_id: d["meta"]["trace"] = {"traceId": r.trace_id, "spanId": r.span_id}
    if r.incoming: d["meta"]["inbound"] = r.incoming
    return json.dumps(d, separators=(",", ":"))

def structjson(r):     # papers
    d = dict(r.fields) | {"event": r.message, "level": r.level.lower().replace("warn", "warning"), "timestamp": isoz(r, 6)}
    if r.trace_id: d |= {"span": {"id": r.span_id, "trace": r.trace_id} | ({"parent": r.incoming_parent} if r.incoming_parent else {})}
    return json.dumps(d, ensure_ascii=False)

def csvlog(r):         # zoll: a Windows service by a German house, semicolons
    st = {"DEBUG": "Debug", "INFO": "Info", "WARN": "Warnung", "ERROR": "Fehler"}[r.level]
    return f"{r.time:%d.%m.%Y};{r.time:%H:%M:%S},{ms(r)};{st};{r.logger};{r.trace_id or ''};{r.span_id or ''};{r.incoming_parent or ''};{r.message}"

def grpczap(r):        # tariff
    d = {"level": r.level.lower(), "ts": round(r.ns / NS, 7), "caller": r.logger, "msg": r.message} | r.fields
    if r.trace_id: d |= {"trace.traceid": r.trace_id, "trace.spanid": r.span_id, "trace.sampled": "true"}
    if r.incoming_parent: d["trace.parentid"] = r.incoming_parent
    return json.dumps(d, separators=(",", ":"))

def rfc3164(r):        # terminal: BSD syslog, no milliseconds, terse
    t = f" <{r.trace_id}:{r.span_id}>" if r.trace_id else ""
    if r.incoming_parent: t = t[:-1] + f":{r.incoming_parent}>"
    return f"{r.time:%b} {r.time.day:2d} {r.time:%H:%M:%S} tos-b tosd[{r.pid}]:{t} {r.message}"

def log4perl(r):       # invoicer: whole seconds
    t = f" [{r.trace_id}/{r.span_id}" + (f"<{r.incoming_parent}" if r.incoming_parent else "") + "]" if r.trace_id else ""
    return f"{r.time:%Y/%m/%d %H:%M:%S} {r.level}> {r.logger}{t} - {r.message}"

def cloudfn(r):        # notices: a cloud function's structured log
    d = {"severity": r.level.replace("WARN", "WARNING"), "message": r.message, "time": isoz(r, 6)}
    if r.trace_id: d |= {"logging.googleapis.com/trace": f"projects/fwd/traces/{r.trace_id}", "logging.googleapis.com/spanId": r.span_id}
    if r.incoming: d["traceparent"] = r.incoming
    if r.fields: d["jsonPayload"] = r.fields
    return json.dumps(d)


def build(w):
    w.network_ms, w.broker_ms = 1.8, 45
    k = [3_000_000]
    def delivery():
        k[0] += w.rng.randrange(1, 4)
        return k[0]
    w.new_message_id = delivery
    w.ships, w.mrns, spaces, papers_of, billing, boxes = {}, {}, {}, {}, [], []
    n = {"s": 4400, "req": 0, "mrn": 18250, "decl": 700, "inv": 50110}
    B, D = "com.forwardly.booking.", "DE"

    gate = w.service("gate", traefik)
    booking = w.service("booking", boot, errors=lambda c, e: c.log.error(f"Listener method threw exception\n\njava.lang.IllegalStateException: {e}\n\tat com.forwardly.booking.Bus.dispatch(Bus.java:91) ~[app.jar:na]\n\tat java.base/java.lang.Thread.run(Thread.java:1583)", logger="o.s.a.r.l.ConditionalRejecting"))
    carrier = w.service("carrierlink", winstonjson, errors=lambda c, e: c.log.error("uncaughtException", stack=f"Error: {e}\n    at Consumer.handle (/app/bus.js:20:11)"))
    papers = w.service("papers", structjson, errors=lambda c, e: c.log.error("task_failed", exception=str(e)))
    zoll = w.service("zoll", csvlog, errors=lambda c, e: c.log.error(f"Ausnahme: {e}", logger="Kern"))
    tariff = w.service("tariff", grpczap, errors=lambda c, e: c.log.error("finished unary call with code Internal", logger="zap/options.go:212", error=str(e)))
    term = w.service("terminal", rfc3164, errors=lambda c, e: c.log.error(f"err: {e}"))
    inv = w.service("invoicer", log4perl, errors=lambda c, e: c.log.error(f"died: {e} at /opt/inv/Run.pm line 77.", logger="Run.pm:77 Invoicer::Run::eval"))
    note = w.service("notices", cloudfn, errors=lambda c, e: c.log.error(f"Function crashed: {e}"))

    # ------------------------------------------------ gate
    @gate.http("ANY *")
    async def go(c, b):
        path = b["_route"].split(" ")[1]
        be = {"shipments": "booking", "edi": "carrierlink", "track": "terminal"}[path.split("/")[1]]
        st, a = await c.call(be, b["_route"], {x: v for x, v in b.items() if x[0] != "_"}, client_span=False)
        n["req"] += 1
        c.log.info("", ip=f"10.77.{c.rng.randrange(9)}.{c.rng.randrange(250)}", req=b["_route"], st=st, n=c.rng.randrange(40, 3000), no=n["req"], be=be, ms=int(c.elapsed_ms()), incoming=True)
        return st, a
    gate.noise(10, lambda log: log.debug("Configuration received: {\"http\":{}} providerName=docker"))

    # ------------------------------------------------ booking
    @booking.http("POST /shipments")
    async def book(c, b):
        n["s"] += c.rng.randrange(1, 3)
        ref = f"FWD{n['s']:06d}"
        w.ships[ref] = {"state": "NEW", "cust": b["customer"], "goods": b["goods"], "box": f"{c.rng.choice(['MSKU', 'TGHU', 'CMAU'])}{c.rng.randrange(10 ** 7):07d}", "papers": set(), "tries": 0, "slow": b["goods"][0][1] > 900}
        c.log.info(f"New shipment {ref} for customer {b['customer']}, {len(b['goods'])} positions", logger=B + "web.ShipmentController", incoming=True)
        async def price():
            async with c.client("tariff", "POST /freight.Tariff/Quote") as q:
                st, a = await q.send({"ref": ref, "kg": sum(g[1] for g in b["goods"])})
                q.log.debug(f"Quoted {a['usd']} USD", logger=B + "client.TariffStub")
        async def space():
            return await c.call("carrierlink", "POST /space", {"shipment": ref, "box": w.ships[ref]["box"]}, client_span=False)
        _, (st, a) = await asyncio.gather(price(), space())
        async with c.span("INSERT shipment", "CLIENT") as s:
            await s.work(7)
            if len(b["goods"]) < 3: s.log.debug("insert into shipment (customer,goods,state,ref) values (?,?,?,?)", logger="org.hibernate.SQL")
        if st != 202:
            w.ships[ref]["state"] = "REFUSED"
            c.log.warn(f"{ref}: carrier refuses at once ({st})", logger=B + "web.ShipmentController")
            return 409, {"ref": ref}
        w.ships[ref]["state"] = "ASKED"
        return 202, {"ref": ref}

    @booking.consumer("carrier.answered", retries=2)
    async def answered(c, m):
        ref, x = m.body["shipment"], w.ships[m.body["shipment"]]
        async with c.span("UPDATE shipment", "CLIENT") as s:
            await s.work(6)
            s.log.debug(f"update shipment set bkg_no='{m.body['bkg']}' where ref='{ref}'", logger="org.hibernate.SQL")
        if x["state"] == "CANCELLED" or not m.body["ok"]:
            c.log.info(f"{ref}: answer {m.body['bkg']} came for nothing" if m.body["ok"] else f"{ref}: carrier has no space, shipment closed", logger=B + "bus.CarrierListener", incoming=True)
            if m.body["ok"]: await c.publish("space.release", {"shipment": ref, "bkg": m.body["bkg"]})
            else: x["state"] = "REFUSED"
            return
        x["state"], x["bkg"] = "CONFIRMED", m.body["bkg"]
        c.log.info(f"{ref} confirmed under {m.body['bkg']}", logger=B + "bus.CarrierListener", incoming=True)
        async with c.producer("papers.wanted") as p:
            for kind in ("bill-of-lading", "commercial-invoice", "packing-list")[:2 + (len(x["goods"]) > 1)]:
                await p.send({"ref": ref, "kind": kind, "version": 1})
            if len(x["goods"]) > 1: p.log.debug(f"3 papers wanted for {ref}", logger=B + "bus.Papers")

    @booking.consumer("paper.ready")
    async def paper(c, m):
        ref, x = m.body["ref"], w.ships[m.body["ref"]]
        await c.work(3)
        x["papers"].add(m.body["kind"])
        need = 2 + (len(x["goods"]) > 1)
        if len(x["papers"]) < need:
            c.log.debug(f"{ref}: {m.body['kind']} in, {need - len(x['papers'])} to go", logger=B + "bus.PaperListener", incoming=True)
            return
        if x["state"] not in ("CONFIRMED", "HELD"): return
        x["state"] = "DECLARING"
        c.log.info(f"{ref}: papers complete, off to customs", logger=B + "bus.PaperListener", incoming=True)
        await c.publish("declare", {"ref": ref, "goods": x["goods"], "version": m.body["version"]}, producer_span=m.body["version"] > 1)

    @booking.consumer("customs.result")
    async def cleared(c, m):
        ref, x = m.body["ref"], w.ships[m.body["ref"]]
        if x["state"] == "CANCELLED": return
        await c.work(5)
        if m.body["ok"]:
            x["state"] = "CLEARED"
            c.log.info(f"{ref} cleared, MRN {m.body['mrn']}", logger=B + "bus.CustomsListener", incoming=True)
            async with c.producer("box.release") as p:
                await p.send({"ref": ref, "box": x["box"]})
                p.log.debug(f"terminal may take {x['box']}", logger=B + "bus.CustomsListener")
            return
        x["tries"] += 1
        x["papers"].discard("commercial-invoice")
        x["state"] = "HELD"
        c.log.warn(f"{ref} held by customs: {m.body['why']} (round {x['tries']})", logger=B + "bus.CustomsListener", incoming=True)
        await c.publish("shipment.held", {"ref": ref})
        if x["tries"] < 3: await c.publish("papers.wanted", {"ref": ref, "kind": "commercial-invoice", "version": x["tries"] + 1})

    @booking.consumer("milestone")
    @booking.consumer("sailed")
    async def stone(c, m):
        await c.work(4)
        x = w.ships[m.body["ref"]]
        if m.body["what"] == "SAILED":
            x["state"] = "SAILED"
            c.log.info(f"{m.body['ref']} sailed", logger=B + "bus.MilestoneListener", incoming=True)
        else: c.log.debug(f"{m.body['what']} {m.body['box']}", logger=B + "bus.MilestoneListener", incoming=True)

    @booking.http("GET /shipments/{ref}")
    async def look(c, b):
        ref = b["_route"].split("/")[-1]
        async with c.span("SELECT shipment", "CLIENT") as s:
            await s.work(3)
            s.log.debug("select s1_0.ref,s1_0.state from shipment s1_0 where s1_0.ref=?", logger="org.hibernate.SQL")
        return 200, {"state": w.ships[ref]["state"]}

    @booking.http("DELETE /shipments/{ref}")
    async def cancel(c, b):
        ref = b["_route"].split("/")[-1]
        x = w.ships[ref]
        if x["state"] in ("CLEARED", "SAILED", "REFUSED", "CANCELLED"):
            c.log.info(f"{ref} is {x['state']}, too late to cancel", logger=B + "web.ShipmentController", incoming=True)
            return 409, {}
        x["state"] = "CANCELLED"
        async with c.span("UPDATE shipment", "CLIENT") as s:
            await s.work(5)
        c.log.info(f"Undoing {ref}", logger=B + "saga.CancelSaga", incoming=True)
        steps = []
        if "bkg" in x: steps.append(c.call("carrierlink", "POST /space/release", {"bkg": x["bkg"]}))
        if ref in w.mrns: steps.append(c.call("zoll", f"DELETE /decl/{w.mrns[ref]}"))
        await asyncio.gather(*steps)
        async with c.producer("shipment.cancelled") as p:
            await p.send({"ref": ref, "customer": x["cust"]})
            p.log.info(f"{ref} cancelled after {len(steps)} compensations", logger=B + "saga.CancelSaga")
        return 200, {}
    booking.noise(6, lambda log: log.debug("HikariPool-1 - Before cleanup stats (total=10, active=0, idle=10, waiting=0)", logger="com.zaxxer.hikari.pool.HikariPool"))

    # ------------------------------------------------ carrierlink
    @carrier.http("POST /space")
    async def ask(c, b):
        cid = f"IFTMBF{c.rng.randrange(10 ** 6):06d}"
        await c.work(8)
        if c.rng.random() < 0.03:
            c.log.warn("vessel closed", interchange=cid, shipment=b["shipment"], incoming=True)
            return 410, {}
        c.log.info("space asked", interchange=cid, shipment=b["shipment"], container=b["box"], incoming=True)
        spaces[cid] = b["shipment"]
        c.spawn(reply(c, cid))
        return 202, {}

    async def reply(c, cid):
        await sleep(c.rng.uniform(500, 3000))
        ok = c.rng.random() > 0.05
        async with c.client("gate", f"POST /edi/iftmbc") as q:
            await q.send({"cid": cid, "ok": ok})

    @carrier.http("POST /edi/iftmbc")
    async def confirm(c, b):
        async with c.span("parse edifact") as s:
            await s.work(5)
            s.log.debug("UNH+1+IFTMBC:D:99B:UN'BGM+770'", interchange=b["cid"], segments=c.rng.randrange(9, 30))
        bkg = f"BK{c.rng.randrange(10 ** 8):08d}"
        async with c.producer("carrier.answered") as p:
            tag = await p.send({"shipment": spaces[b["cid"]], "ok": b["ok"], "bkg": bkg})
            p.log.debug("published", routingKey="carrier.answered", deliveryTag=tag)
        c.log.info("carrier " + ("confirms" if b["ok"] else "declines"), interchange=b["cid"], carrierBooking=bkg, incoming=True)
        return 200, {}

    @carrier.http("POST /space/release")
    async def unspace(c, b):
        await c.work(30)
        c.log.info("space released", carrierBooking=b["bkg"], incoming=True)
        return 200, {}

    @carrier.consumer("space.release")
    async def unspace2(c, m):
        await c.work(30)
        c.log.info("space released late", carrierBooking=m.body["bkg"], deliveryTag=m.id, incoming=True)
    carrier.noise(5, lambda log: log.debug("AS2 mailbox polled", messages=0))

    # ------------------------------------------------ papers
    @papers.consumer("papers.wanted", retries=2, retry_ms=300, concurrency=5)
    async def draw(c, m):
        x = m.body
        doc = f"{x['kind'][:2].upper()}{c.rng.randrange(10 ** 5):05d}-v{x['version']}"
        await c.work(130, 0.5)
        if c.rng.random() < 0.05 and m.attempt < 3:
            c.log.warning("latex_failed", shipment=x["ref"], try_no=m.attempt, exit=1)
            raise Exception("latex")
        async with c.span("PUT blob", "CLIENT") as s:
            await s.work(40)
            s.log.debug("blob_put", path=f"/{x['ref']}/{doc}.pdf")
        c.log.info("paper_drawn", kind=x["kind"], doc=doc, shipment=x["ref"], incoming=True)
        await c.publish("paper.ready", {"ref": x["ref"], "kind": x["kind"], "version": x["version"]}, producer_span=x["kind"][0] == "b")

    @papers.consumer("shipment.cancelled")
    async def shred(c, m):
        await c.work(15)
        c.log.info("papers_shredded", shipment=m.body["ref"])
    papers.noise(8, lambda log: log.debug("fonts_cached", n=w.rng.randrange(20, 40)))

    # ------------------------------------------------ zoll
    @zoll.consumer("declare", retries=1)
    async def declare(c, m):
        ref = m.body["ref"]
        n["decl"] += 1
        no = f"A-{n['decl']}"
        c.log.info(f"Anmeldung {no} zu Sendung {ref}, {len(m.body['goods'])} Positionen", logger="Eingang", incoming=True)
        for i, (what, kg) in enumerate(m.body["goods"]):
            async with c.client("tariff", "POST /freight.Tariff/Classify") as q:
                st, a = await q.send({"text": what, "item": i + 1})
                if i < 2: q.log.debug(f"{no} Pos. {i + 1}: {what} -> {a['hs']}", logger="Tarif")
        async with c.span("ATLAS senden", "CLIENT") as s:
            await s.work(90)
            n["mrn"] += c.rng.randrange(1, 9)
            mrn = f"26DE{n['mrn']:08d}B{c.rng.randrange(10)}"
            s.log.info(f"{no} angenommen, MRN {mrn}", logger="Atlas")
        w.mrns[ref] = mrn
        c.spawn(poll(c, ref, no, mrn, m.body["version"]))

    async def poll(c, ref, no, mrn, version):
        ready = w.ns() + c.rng.randrange(500, 3500) * 1_000_000
        for i in range(1, 9):
            await sleep(900)
            async with c.span("ATLAS abfragen", "CLIENT") as s:
                await s.work(40)
                done = w.ns() > ready
                if done: s.log.debug(f"{mrn}: Abfrage {i} ergab Entscheidung", logger="Atlas")
                elif i > 1: s.log.debug(f"{mrn}: noch nichts", logger="Atlas")
            if done: break
        if w.ships[ref]["state"] == "CANCELLED":
            c.log.info(f"{no} gegenstandslos", logger="Ausgang")
            return
        ok = c.rng.random() > (0.16 if version == 1 else 0.05)
        async with c.producer("customs.result") as p:
            p.log(*(("INFO", f"{mrn} überlassen") if ok else ("WARN", f"{mrn} beanstandet")), logger="Ausgang")
            await p.send({"ref": ref, "ok": ok, "mrn": mrn, "why": c.rng.choice(["value implausible", "origin missing", "licence unreadable"])})

    @zoll.http("DELETE /decl/{mrn}")
    async def void(c, b):
        await c.work(60)
        c.log.info(f"{b['_route'].split('/')[-1]} storniert", logger="Storno", incoming=True)
        return 200, {}
    zoll.noise(7, lambda log: log.debug("Verbindung zum Rechenzentrum geprüft", logger="Kern"))

    # ------------------------------------------------ tariff
    def rpc(method, work, extra, answer):
        @tariff.http(f"POST /freight.Tariff/{method}")
        async def unary(c, b):
            if method == "Quote":
                async with c.span("redis get", "CLIENT") as s:
                    await s.work(1)
                    s.log.debug("rate row", logger="store/rates.go:50", key=f"rate:{b['kg'] // 100}")
            await c.work(work)
            c.log.info("finished unary call with code OK", logger="zap/options.go:212", **{"grpc.method": method, "grpc.code": "OK", "grpc.time_ms": round(c.elapsed_ms(), 3)} | extra(b), incoming=True)
            return 200, answer(c)
    rpc("Quote", 12, lambda b: {"kg": b["kg"], "shipment_ref": b["ref"]}, lambda c: {"usd": c.rng.randrange(300, 9000)})
    rpc("Classify", 25, lambda b: {"item": b["item"]}, lambda c: {"hs": f"{c.rng.randrange(1000, 9999)}.{c.rng.randrange(10, 99)}"})
    tariff.noise(6, lambda log: log.info("rates reloaded", logger="store/rates.go:21", rows=w.rng.randrange(900, 999)))

    # ------------------------------------------------ terminal
    @term.consumer("box.release")
    async def take(c, m):
        c.log.info(f"{m.body['box']} released for {m.body['ref']}", incoming=True)
        boxes.append(m.body["box"])
        c.spawn(handle(c, m.body["ref"], m.body["box"]))

    async def handle(c, ref, box):
        for what in ("GATE_IN", "LOADED"):
            await sleep(c.rng.uniform(300, 2000))
            async with c.span("crane" if what == "LOADED" else "gate") as s:
                await s.work(60)
                s.log.info(f"{what} {box}")
                await s.publish("milestone", {"ref": ref, "box": box, "what": what}, producer_span=False)
        await sleep(c.rng.uniform(500, 2500))
        await c.publish("sailed", {"ref": ref, "box": box, "what": "SAILED"})
        if box in boxes: boxes.remove(box)
        c.log.info(f"{box} off, {c.elapsed_ms() / 1000:.1f}s in yard")

    @term.http("GET /track/{box}")
    async def track(c, b):
        await c.work(2)
        c.log.info(f"track {b['_route'].split('/')[-1]} ok", incoming=True)
        return 200, {}

    @term.every(11, first=6)
    async def demurrage(c):
        if not boxes: return
        c.log.info(f"demurrage run, {len(boxes)} boxes")
        for box in boxes[:8]:
            async with c.span("fee") as s:
                await s.work(5)
                s.log.info(f"{box} day {c.rng.randrange(1, 5)} fee {c.rng.randrange(20, 90)}.00")
                await s.publish("fee.due", {"box": box, "eur": 1}, producer_span=False)
        c.log.info("run ok")
    term.noise(3, lambda log: log.debug(f"crane {w.rng.randrange(1, 6)} wind {w.rng.uniform(1, 14):.1f} m/s"))

    # ------------------------------------------------ invoicer: waits for the run
    @inv.consumer("sailed")
    async def due(c, m):
        await c.work(4)
        c.log.info(f"{m.body['ref']} may be billed", logger="Inbox.pm:31 Invoicer::Inbox::take", incoming=True)
        billing.append((c, m.body["ref"]))

    @inv.consumer("fee.due")
    async def fee(c, m):
        await c.work(3)
        c.log.info(f"noted fee for box {m.body['box']}", logger="Inbox.pm:44 Invoicer::Inbox::fee", incoming=True)

    async def run(c, rows):
        c.log.info(f"billing run of {len(rows)} starts", logger="Run.pm:12 Invoicer::Run::go")
        for o, ref in rows:
            c.link(o)
            n["inv"] += 1
            async with c.span("dbi tx", "CLIENT") as s:
                await s.work(10)
                s.log.info(f"invoice {n['inv']} for {ref}, {c.rng.randrange(400, 9000)}.{c.rng.randrange(10, 99)} EUR", logger="Run.pm:33 Invoicer::Run::one")
            await c.publish("invoice.out", {"invoice": n["inv"], "ref": ref, "customer": w.ships[ref]["cust"]}, producer_span=False)
        c.log.info("billing run finished", logger="Run.pm:50 Invoicer::Run::go")
    async def runner():
        while not w.closing:
            await sleep(5500)
            rows, billing[:] = billing[:8], billing[8:]
            if rows: await inv._root("billing run", "INTERNAL", run, rows)
    w.background.append(runner)
    inv.noise(9, lambda log: log.debug("DBI ping ok", logger="Db.pm:9 Invoicer::Db::ping"))

    # ------------------------------------------------ notices
    def tell(topic, words):
        @note.consumer(topic, retries=2, retry_ms=500)
        async def mail(c, m):
            c.log.debug(f"Triggered by {topic}", messageId=str(m.id), incoming=True)
            async with c.span("POST /mail/send", "CLIENT") as s:
                await s.work(120, 0.6)
                if topic == "sailed": s.log.debug("Mail provider returned 202", template="sailing")
                elif c.rng.random() < 0.05 and m.attempt < 3:
                    s.log.warning("Mail provider returned 429")
                    raise Exception("429")
            if c.rng.random() < 0.85: c.log.info(words.format(**m.body))
    tell("shipment.held", "Asked customer for a better paper for {ref}")
    tell("sailed", "Told customer that {ref} has sailed")
    tell("invoice.out", "Mailed invoice {invoice} to {customer}")
    tell("shipment.cancelled", "Mailed cancellation of {ref} to {customer}")


async def load(w):
    r = w.rng
    stuff = ["cotton shirts", "bicycle parts", "ceramic tiles", "coffee, raw", "pump housings", "toys", "solar glass"]

    async def one(i):
        st, a = await w.start("gate", "POST /shipments", {"customer": f"C{r.randrange(200, 290)}", "goods": [(r.choice(stuff), r.randrange(20, 2000)) for _ in range(r.choice([1, 1, 1, 2, 3]))]})
        ref = a["ref"]
        if i % 7 == 3:
            await sleep(r.uniform(400, 5000))
            await w.start("gate", f"DELETE /shipments/{ref}")
        elif i % 3 == 0:
            for _ in range(r.randrange(1, 3)):
                await sleep(r.uniform(1000, 4000))
                await w.start("gate", f"GET /shipments/{ref}")
        elif i % 5 == 1:
            await sleep(r.uniform(6000, 9000))
            await w.start("gate", f"GET /track/{w.ships[ref]['box']}")
    await arrivals(w, 100, 2, one)
    await sleep(9000)

record(build, load, "l_freight")
