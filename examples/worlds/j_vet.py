"""Chain of veterinary practices: appointments over the web, the old server under the desk of each practice closes consultations, from there bills,
prescriptions and samples; analysers answer panel by panel, insurers decide in their own time (polled), owners are reminded in batches."""
import json
from world import *


def ms3(r): return "%03d" % (r.time.microsecond // 1000)

def apache(r):        # web: vhost_combined, whole seconds, no duration
    if "req" not in r.fields: return f"[{r.time:%a %b %d %H:%M:%S}.{r.time.microsecond:06d} {r.time:%Y}] [mpm_event:notice] [pid {r.pid}:tid {r.thread}] {r.message}"
    f = r.fields
    ids = f"{r.trace_id} {r.span_id}" if r.trace_id else "- -"
    return f"my.pawsandco.example:443 {f['ip']} - - [{r.time:%d/%b/%Y:%H:%M:%S} +0000] \"{f['req']} HTTP/2.0\" {f['st']} {f['size']} \"-\" \"{f['ua']}\" {ids}"

def django(r):        # booking: verbose formatter
    lv = "WARNING" if r.level == "WARN" else r.level
    ids = f" [trace={r.trace_id} span={r.span_id}]" if r.trace_id else " [trace=- span=-]"
    return f"{lv} {r.time:%Y-%m-%d %H:%M:%S},{ms3(r)} {r.logger} {r.pid} {140200000000 + r.thread * 8192}{ids} {r.message}" + (f" <- {r.incoming}" if r.incoming else "")

def logstash(r):      # records: logstash-logback-encoder
    d = {"@timestamp": isoz(r).replace("Z", "+00:00"), "@version": "1", "message": r.message, "logger_name": r.logger, "thread_name": f"http-nio-8080-exec-{r.thread}", "level": r.level,
         "level_value": {"DEBUG": 10000, "INFO": 20000, "WARN": 30000, "ERROR": 40000}[r.level]}
    if r.trace_id: d |= {"traceId": r.trace_id, "spanId": r.span_id}
    if r.incoming_parent: d["parentId"] = r.incoming_parent
    return json.dumps(d | r.fields, separators=(",", ":"))

def log4net(r):       # box: the server in the practice
    ids = f" ({r.trace_id}/{r.span_id})" if r.trace_id else " (null)"
    if r.incoming_parent: ids = ids[:-1] + f" from {r.incoming_parent})"
    return f"{r.time:%Y-%m-%d %H:%M:%S},{ms3(r)} [{r.thread + 3}] {r.level:<5} {r.logger}{ids} - {r.message}"

def slog(r):          # rx: Go slog text
    q = lambda v: json.dumps(str(v)) if any(x in str(v) for x in ' ="') or str(v) == "" else str(v)
    s = f"time={isoz(r)} level={r.level} msg={q(r.message)}" + "".join(f" {k}={q(v)}" for k, v in r.fields.items())
    if r.trace_id: s += f" otel.trace_id={r.trace_id} otel.span_id={r.span_id}"
    return s + (f" otel.parent_id={r.incoming_parent}" if r.incoming_parent else "")

def play(r):          # invoice: Scala, Play's logback
    ids = f" trace={r.trace_id} span={r.span_id}" if r.trace_id else ""
    if r.incoming_parent: ids += f" parent={r.incoming_parent}"
    return f"{r.time:%Y-%m-%d %H:%M:%S}.{ms3(r)} [{r.level.lower()}] {r.logger} in application-akka.actor.default-dispatcher-{r.thread + 4}{ids} - {r.message}"

def splunk(r):        # claims: key="value"
    kv = {"ts": isoz(r, 6), "sev": r.level, "event": r.message.replace('"', "'"), **r.fields}
    if r.trace_id: kv |= {"trace_id": r.trace_id, "span_id": r.span_id}
    if r.incoming: kv["traceparent"] = r.incoming
    return ", ".join(f'{k}="{v}"' for k, v in kv.items())

def elixir(r):        # lab-gw
    md = f"trace_id={r.trace_id} span_id={r.span_id} " if r.trace_id else ""
    if r.incoming_parent: md += f"parent_span_id={r.incoming_parent} "
    return f"{r.time:%Y-%m-%d %H:%M:%S}.{ms3(r)} {md}[{r.level.lower().replace('warn', 'warning')}] {r.message}"

def astm(r):          # analyser: terse, vendor's C
    ids = f" {{{r.trace_id} {r.span_id}}}" if r.trace_id else ""
    return f"{r.time:%d.%m.%Y %H:%M:%S}.{ms3(r)} {r.level[0]}{ids} {r.message}" + (f" <{r.incoming}>" if r.incoming else "")

def printf(r):        # reminder: winston printf
    x = f" trace_id={r.trace_id} span_id={r.span_id}" if r.trace_id else ""
    if r.incoming_parent: x += f" parent_id={r.incoming_parent}"
    m = " " + json.dumps(r.fields, separators=(",", ":")) if r.fields else ""
    return f"{isoz(r)} [reminder] {r.level.lower()}: {r.message}{m}{x}"


def build(w):
    w.network_ms, w.broker_ms = 3, 25
    n = {"appt": 5100, "enc": 70310, "inv": 202600400, "claim": 900, "acc": 3300}
    def nxt(k, by=1):
        n[k] += by
        return n[k]
    w.appts, joins, claims_open, last = {}, {}, {}, {}

    web = w.service("web", apache)
    booking = w.service("booking", django, errors=lambda c, e: c.log.error(f"Unhandled in consumer\nTraceback (most recent call last):\n  File \"/app/booking/bus.py\", line 58, in _run\n    handler(msg)\nRuntimeError: {e}", logger="booking.bus"))
    records = w.service("records", logstash, errors=lambda c, e: c.log.error("Listener threw exception", logger="o.s.k.l.DefaultErrorHandler", stack_trace=f"java.lang.IllegalStateException: {e}\n\tat vet.records.Listeners.on(Listeners.kt:41)"))
    box = w.service("practice-box", log4net, errors=lambda c, e: c.log.error(f"System.IO.IOException: {e}\n   at Vet.Box.Sync.Apply(Envelope e) in C:\\Box\\Sync.cs:line 212", logger="Vet.Box.Sync"))
    rx = w.service("rx", slog, errors=lambda c, e: c.log.error("consume failed", err=str(e)))
    inv = w.service("invoice", play, errors=lambda c, e: c.log.error(f"actor restarted: {e}", logger="a.a.OneForOneStrategy"))
    claims = w.service("claims", splunk, errors=lambda c, e: c.log.error("processing aborted", cause=e))
    lab = w.service("lab-gw", elixir, errors=lambda c, e: c.log.error(f"GenServer LabGw.Consumer terminating\n** (RuntimeError) {e}\n    (lab_gw 2.4.1) lib/lab_gw/consumer.ex:88: LabGw.Consumer.handle_info/2"))
    ana = w.service("analyser", astm, errors=lambda c, e: c.log.error(f"E-STOP {e}"))
    rem = w.service("reminder", printf, errors=lambda c, e: c.log.error(f"job failed: {e}"))

    # -------- web
    @web.http("ANY *")
    async def front(c, b):
        path = b["_route"].split(" ")[1]
        be = "invoice" if path.startswith("/invoices") else "records" if path.startswith("/pets") else "booking"
        st, a = await c.call(be, b["_route"], {k: v for k, v in b.items() if k[0] != "_"}, client_span=False)
        c.log.info("", req=b["_route"], st=st, size=c.rng.randrange(90, 4000), ip=f"2.{c.rng.randrange(200)}.{c.rng.randrange(250)}.9", ua=c.rng.choice(["PawsApp/6.1 iOS", "PawsApp/6.0 Android", "Mozilla/5.0"]))
        return st, a
    web.noise(9, lambda l: l.info("AH00292: Apache/2.4.62 worker pool idle=74"))

    # -------- booking
    @booking.http("POST /appointments")
    async def book(c, b):
        L = "booking.views"
        async with c.span("SELECT slot FOR UPDATE", "CLIENT") as d:
            await d.work(6)
            d.log.debug(f"({d.elapsed_ms() / 1000:.3f}) SELECT id FROM slot WHERE practice_id = {b['practice']} AND free FOR UPDATE; args=({b['practice']},)", logger="django.db.backends")
        async with c.client("records", f"GET /pets/{b['pet']}") as k:
            st, p = await k.send()
            k.log.debug(f"http://records:8080 \"GET /pets/{b['pet']} HTTP/1.1\" {st} None", logger="urllib3.connectionpool")
        if st == 404:
            c.log.warning(f"Not Found: pet {b['pet']}", logger="django.request", incoming=True)
            return 404, {}
        ref = f"APT{nxt('appt', 3)}"
        async with c.span("INSERT appointment", "CLIENT") as d:
            await d.work(4)
        w.appts[ref] = {"ref": ref, "pet": b["pet"], "owner": b["owner"], "practice": b["practice"]}
        c.log.info(f"appointment {ref} booked: pet={b['pet']} practice={b['practice']} reason={b['reason']}", logger=L, incoming=True)
        async with c.producer("appointment.booked") as p:
            mid = await p.send(w.appts[ref])
            p.log.debug(f"sent appointment.booked id={mid}", logger="booking.bus")
        return 201, {"ref": ref}

    @booking.http("DELETE /appointments/{ref}")
    async def cancel(c, b):
        ref = b["_route"].split("/")[-1]
        if w.appts[ref].get("gone"):
            c.log.warning(f"Gone: /appointments/{ref}", logger="django.request", incoming=True)
            return 410, {}
        w.appts[ref]["gone"] = True
        async with c.span("UPDATE appointment", "CLIENT") as d:
            await d.work(5)
            d.log.debug(f"({d.elapsed_ms() / 1000:.3f}) UPDATE appointment SET state='cancelled' WHERE ref='{ref}'", logger="django.db.backends")
        async with c.producer("appointment.cancelled") as p:
            p.log.info(f"cancelling {ref}, telling everybody", logger="booking.views")
            await p.send(w.appts[ref])
        return 204, {}

    @booking.http("GET /appointments/{ref}")
    async def show(c, b):
        await c.work(7)
        c.log.info(f"GET {b['_route'].split(' ')[1]} 200", logger="booking.access", incoming=True)
        return 200, {}

    @booking.consumer("encounter.closed")
    async def shown_up(c, m):
        await c.work(3)
        async with c.span("UPDATE appointment", "CLIENT") as d:
            await d.work(4)
            d.log.debug(f"({d.elapsed_ms() / 1000:.3f}) UPDATE appointment SET state='attended' WHERE ref='{m.body['ref']}'", logger="django.db.backends")
    booking.noise(6, lambda l: l.info(f"beat: Scheduler: Sending due task purge-sessions", logger="celery.beat"))

    # -------- records
    R = "vet.records."

    @records.http("GET /pets/{pet}")
    async def pet(c, b):
        async with c.span("find patient", "CLIENT") as d:
            await d.work(4)
            d.log.debug("select p from Patient p where p.chip = ?1", logger="org.hibernate.SQL")
        st = 404 if c.rng.random() < 0.03 else 200
        c.log.info(f"Patient lookup -> {st}", logger=R + "PatientController", patient={"chip": b["_route"].split("/")[-1]}, incoming=True)
        return st, {}

    @records.http("POST /encounters")
    async def encounter(c, b):
        e = f"ENC-{nxt('enc', 7)}"
        last[b["pet"]] = e
        async with c.span("insert encounter", "CLIENT") as d:
            await d.work(9)
            d.log.debug("insert into encounter (no, chip, vet) values (?, ?, ?)", logger="org.hibernate.SQL", binds=[e, b["pet"], b["vet"]])
        async with c.producer("encounter.closed") as p:
            mid = await p.send(dict(b, enc=e))
            p.log.info(f"Encounter {e} published", logger=R + "EncounterEvents", messageId=mid)
        c.log.info("Encounter stored", logger=R + "EncounterController", encounterNo=e, patient={"chip": b["pet"]}, incoming=True)
        return 201, {"encounter": e}

    @records.http("GET /due")
    async def due(c, b):
        async with c.span("find due vaccinations", "CLIENT") as d:
            await d.work(40)
        rows = [{"pet": chip(c.rng), "owner": f"OW{c.rng.randrange(1000, 9999)}"} for _ in range(c.rng.randrange(2, 6))]
        c.log.info(f"{len(rows)} patients due for {b['vaccine']}", logger=R + "RecallController", incoming=True)
        return 200, {"rows": rows}

    @records.consumer("lab.completed", retries=2, retry_ms=400)
    async def results(c, m):
        async with c.span("insert lab report", "CLIENT") as d:
            await d.work(12)
            if m.attempt == 1 and c.rng.random() < 0.08:
                d.log.warning("SQL Error: 0, SQLState: 40001", logger="o.h.e.jdbc.spi.SqlExceptionHelper")
                raise Exception("serialization")
        await c.work(3)
        c.log.info("Lab report filed", logger=R + "LabListener", encounterNo=m.body["enc"], accession=m.body["acc"], incoming=True)
        if m.body["abnormal"]: await c.publish("owner.tell", {"owner": m.body["owner"], "what": "lab", "about": m.body["enc"]})

    @records.consumer("rx.issued")
    async def medication(c, m):
        await c.work(6)
        c.log.info("Medication list updated", logger=R + "RxListener", encounterNo=m.body["enc"], rxNumber=m.body["rx"], incoming=True)
    records.noise(5, lambda l: l.debug("HikariPool-1 - Pool stats (total=10, active=1, idle=9, waiting=0)", logger="com.zaxxer.hikari.pool.HikariPool"))

    # -------- the box in the practice
    S = "Vet.Box.Sync"

    @box.consumer("appointment.booked", retries=3, retry_ms=700)
    async def diary(c, m):
        x = m.body
        if c.rng.random() < 0.08 and m.attempt < 4:
            c.log.warning(f"practice {x['practice']} is offline, {x['ref']} stays queued (try {m.attempt})", logger=S, incoming=True)
            raise Exception("offline")
        await c.work(35)
        c.log.info(f"Diary of practice {x['practice']}: added {x['ref']}", logger=S, incoming=True)

    @box.consumer("appointment.cancelled", retries=3, retry_ms=700)
    async def undiary(c, m):
        await c.work(30)
        c.log.info(f"Diary of practice {m.body['practice']}: removed {m.body['ref']}", logger=S, incoming=True)

    @box.http("POST /consultations/{ref}/close")
    async def close(c, b):
        ref = b["_route"].split("/")[2]
        x = w.appts[ref]
        c.log.info(f"Closing consultation {ref} ({b['vet']})", logger="Vet.Box.Consultation", incoming=True)
        async with c.span("write mdb", "CLIENT") as d:
            await d.work(18)
            d.log.debug(f"UPDATE [Consult] SET [Closed]=-1 WHERE [Ref]='{ref}'", logger="Vet.Box.Jet")
        async with c.client("records", "POST /encounters") as k:
            st, a = await k.send({"ref": ref, "pet": x["pet"], "owner": x["owner"], "vet": b["vet"], "practice": x["practice"], "drugs": b["drugs"], "panels": b["panels"], "insured": b["insured"]})
            k.log.info(f"Upload of {ref} answered {st}: {a['encounter']}", logger="Vet.Box.Uplink")
        return 200, a

    @box.consumer("invoice.ready")
    async def print_it(c, m):
        await c.work(8)
        c.log.info(f"Printing invoice {m.body['inv']} at desk", logger="Vet.Box.Printer", incoming=True)
        async with c.span("spool", "CLIENT") as s:
            await s.work(240)
            s.log.debug(f"spooled, {s.rng.randrange(1, 4)} page(s)", logger="Vet.Box.Printer")
    box.noise(4, lambda l: l.debug(f"VPN tunnel practice {w.rng.randrange(11, 40)}: rtt {w.rng.randrange(12, 90)} ms", logger="Vet.Box.Vpn"))

    # -------- prescriptions
    @rx.consumer("encounter.closed")
    async def prescribe(c, m):
        x = m.body
        await c.work(2)
        if not x["drugs"]: return
        c.log.info("prescribing", enc=x["enc"], items=len(x["drugs"]), vet=x["vet"], incoming=True)
        async def check(drug):
            async with c.span("interaction check", "CLIENT") as s:
                await s.work(45)
                s.log.debug("checked", drug=drug, severity=s.rng.choice(["none", "none", "minor"]))
        await asyncio.gather(*[check(d) for d in x["drugs"]])
        no = f"{c.rng.getrandbits(32):08X}"
        async with c.span("INSERT prescription", "CLIENT") as d:
            await d.work(4)
        async with c.producer("rx.issued") as p:
            await p.send({"rx": no, "enc": x["enc"], "owner": x["owner"], "drugs": x["drugs"]})
            p.log.info("issued", rx=no, dur=f"{c.elapsed_ms():.1f}ms")

    @rx.http("POST /refills")
    async def refill(c, b):
        c.log.info("refill wanted", enc=b["enc"], owner=b["owner"])
        async with c.span("SELECT prescription", "CLIENT") as d:
            await d.work(3)
        if c.rng.random() < 0.2:
            c.log.warn("refill denied", enc=b["enc"], reason="last visit too long ago")
            return 422, {}
        no = f"{c.rng.getrandbits(32):08X}"
        await c.publish("rx.issued", {"rx": no, "enc": b["enc"], "owner": b["owner"], "drugs": ["refill"]})
        return 201, {"rx": no}
    rx.noise(7, lambda l: l.debug("formulary cache warm", entries=2217))

    # -------- invoices
    async def settle(c, no, x, amount):
        async with c.producer("invoice.ready") as p:
            p.log.debug(f"invoice.ready [{no}]", logger="c.i.Bus")
            await p.send({"inv": no, "owner": x["owner"], "practice": x["practice"], "amount": amount})

    @inv.consumer("encounter.closed")
    async def draw_up(c, m):
        x = m.body
        c.log.debug(f"encounter {x['enc']} -> invoice", logger="c.i.InvoiceActor", incoming=True)
        async with c.span("price items") as s:
            await s.work(14)
            amount = s.rng.randrange(4000, 60000) / 100
            if x["drugs"]: s.log.debug(f"priced {len(x['drugs']) + len(x['panels']) + 1} items, sum {amount:.2f}", logger="c.i.Pricing")
        no = nxt("inv")
        async with c.span("insert invoice", "CLIENT") as d:
            await d.work(6)
            d.log.debug(f"statement: insert into invoices (no, enc, total) values ({no}, '{x['enc']}', {amount})", logger="s.s.StatementInvoker")
        if x["insured"]:
            async with c.producer("claim.requested") as p:
                await p.send({"inv": no, "enc": x["enc"], "amount": amount, "policy": x["insured"], "x": {"owner": x["owner"], "practice": x["practice"]}})
                p.log.info(f"invoice {no} waits for insurer (policy {x['insured']})", logger="c.i.InvoiceActor")
        else:
            c.log.info(f"invoice {no} over {amount:.2f} to owner {x['owner']}", logger="c.i.InvoiceActor")
            await settle(c, no, x, amount)

    @inv.consumer("claim.decided")
    async def decided(c, m):
        b = m.body
        await c.work(5)
        async with c.span("update invoice", "CLIENT") as d:
            await d.work(5)
        rest = b["amount"] - b["paid"]
        c.log.info(f"claim {b['claim']} {'paid ' + format(b['paid'], '.2f') if b['paid'] else 'REJECTED'}: {rest:.2f} remain on {b['inv']}", logger="c.i.ClaimActor", incoming=True)
        if not b["paid"]: await c.publish("owner.tell", {"owner": b["x"]["owner"], "what": "claim", "about": b["inv"]})
        await settle(c, b["inv"], b["x"], rest)

    @inv.http("POST /invoices/{no}/pay")
    async def pay(c, b):
        no = b["_route"].split("/")[2]
        async with c.span("PSP charge", "CLIENT") as s:
            await s.work(310, 0.5)
            ok = s.rng.random() > 0.1
            s.log.info(f"psp: {'captured' if ok else 'declined'} ({s.elapsed_ms():.0f} ms)", logger="c.i.Psp")
        c.log.info(f"payment for {no}: {'ok' if ok else 'declined'}", logger="c.i.PayController", incoming=True)
        if ok: await c.publish("invoice.paid", {"inv": no})
        return (200 if ok else 402), {}
    inv.noise(6, lambda l: l.debug("dead letters: 0", logger="a.a.DeadLetterListener"))

    # -------- claims: submit, then poll the insurer
    @claims.consumer("claim.requested", retries=2, retry_ms=500)
    async def submit(c, m):
        b = m.body
        await c.work(4)
        async with c.span("POST insurer/claims", "CLIENT") as s:
            await s.work(220, 0.5)
            if s.rng.random() < 0.1 and m.attempt == 1:
                s.log.warning("insurer unavailable", status=502, invoice=b["inv"])
                raise Exception("502")
            no = f"CL/{b['policy'][:2]}/{nxt('claim', 5):06d}"
            s.log.info("claim submitted", claim=no, invoice=b["inv"], policy=b["policy"])
        c.spawn(poll(c, no, b))

    async def poll(c, no, b):
        for i in range(1, 5):
            await sleep(800)
            async with c.span("GET insurer/claims", "CLIENT") as s:
                await s.work(90)
                state = s.rng.choice(["PENDING", "PENDING", "PAID", "PAID", "REJECTED"]) if i < 4 else "PAID"
                s.log.debug("claim polled", claim=no, state=state, poll=i)
            if state != "PENDING": break
        async with c.producer("claim.decided") as p:
            await p.send({"claim": no, "inv": b["inv"], "amount": b["amount"], "paid": round(b["amount"] * 0.8, 2) if state == "PAID" else 0, "x": b["x"]})
            p.log.info("decision forwarded", claim=no, outcome=state)
    claims.noise(8, lambda l: l.info("token refreshed", issuer="petsure", ttl=1800))

    # -------- lab
    @lab.consumer("encounter.closed")
    async def sample(c, m):
        x = m.body
        await c.work(2)
        if not x["panels"]: return
        acc = f"26L{nxt('acc', 9)}"
        c.log.info(f"order for {x['enc']}: accession #{acc}, panels {inspect(x['panels'])}", incoming=True)
        async with c.span("Repo.insert", "CLIENT") as d:
            await d.work(3)
            d.log.debug(f"QUERY OK source=\"accessions\" db={d.elapsed_ms():.1f}ms\nINSERT INTO \"accessions\" (\"no\",\"enc\") VALUES ($1,$2) [\"{acc}\", \"{x['enc']}\"]")
        joins[acc] = {"want": len(x["panels"]), "got": [], "ctx": [], "x": x}
        for p_ in x["panels"]:
            await c.publish("panel.run", {"acc": acc, "panel": p_}, producer_span=False)

    @lab.consumer("panel.result")
    async def gather(c, m):
        acc, j = m.body["acc"], joins[m.body["acc"]]
        j["got"].append(m.body["flag"])
        j["ctx"].append(c)
        await c.work(2)
        c.log.debug(f"#{acc} #{m.body['panel']} in ({len(j['got'])}/{j['want']})", incoming=True)
        if len(j["got"]) < j["want"]: return
        for o in j["ctx"][:-1]: c.link(o)
        async with c.span("render report") as s:
            await s.work(40)
        async with c.producer("lab.completed") as p:
            await p.send({"acc": acc, "enc": j["x"]["enc"], "owner": j["x"]["owner"], "abnormal": any(j["got"])})
            p.log.info(f"report #{acc} complete, abnormal: {str(any(j['got'])).lower()}")

    # an outside laboratory posts late results
    @lab.http("POST /external/{enc}")
    async def external(c, b):
        e = b["_route"].split("/")[-1]
        c.log.info(f"POST /external/{e}")
        async with c.span("decode hl7") as s:
            await s.work(8)
            s.log.debug(f"ORU^R01 with {s.rng.randrange(2, 12)} OBX segments")
        async with c.producer("lab.completed") as p:
            await p.send({"acc": b["acc"], "enc": e, "owner": b["owner"], "abnormal": c.rng.random() < 0.4})
        c.log.info(f"Sent 200 in {c.elapsed_ms():.0f}ms")
        return 200, {}
    lab.noise(6, lambda l: l.debug("Finch pool partner: 2 conns idle"))

    @ana.consumer("panel.run", concurrency=2)
    async def run(c, m):
        a, p = m.body["acc"], m.body["panel"]
        c.log.info(f"<ENQ> {a}^{p}", incoming=True)
        await c.work(700, 0.4)
        flag = c.rng.random() < 0.15
        if c.rng.random() < 0.07:
            c.log.warning(f"{a}^{p} clot detected, rerun")
            await c.work(500)
        async with c.producer("panel.result") as q:
            await q.send({"acc": a, "panel": p, "flag": flag})
            q.log.info(f"<EOT> {a}^{p} {'H' if flag else 'N'}")
    ana.noise(5, lambda l: l.debug(f"reagent R{w.rng.randrange(1, 6)} {w.rng.randrange(20, 99)}%"))

    # -------- reminders
    async def sms(c, owner, text, **f):
        async with c.span("POST sms gateway", "CLIENT") as s:
            await s.work(120, 0.5)
            s.log.info(f"sms '{text}' accepted", owner=owner, **f)

    @rem.consumer("appointment.booked")
    async def confirm(c, m):
        c.log.debug("job appointment.booked", msgId=m.id, incoming=True)
        await c.work(5)
        await sms(c, m.body["owner"], "confirm", appointment=m.body["ref"])

    @rem.consumer("appointment.cancelled")
    async def unremind(c, m):
        await c.work(4)
        c.log.info("reminders dropped", appointment=m.body["ref"], incoming=True)

    @rem.consumer("rx.issued")
    async def dose(c, m):
        await c.work(5)
        c.log.info("dosing plan scheduled", rx=m.body["rx"], owner=m.body["owner"], incoming=True)

    @rem.consumer("invoice.ready")
    async def mail(c, m):
        await c.work(30)
        c.log.info("invoice mailed", invoiceNo=m.body["inv"], to=m.body["owner"])

    @rem.consumer("invoice.paid")
    async def thanks(c, m):
        await c.work(6)
        c.log.info(f"receipt for {m.body['inv']} sent", incoming=True)

    @rem.consumer("owner.tell")
    async def tell(c, m):
        await c.work(3)
        await sms(c, m.body["owner"], m.body["what"], about=m.body["about"])

    @rem.every(8, first=3)
    async def vaccination_recall(c):
        v = c.rng.choice(["rabies", "DHPP", "FVRCP"])
        c.log.info(f"recall run {v} started")
        async with c.client("records", "GET /due") as k:
            st, a = await k.send({"vaccine": v})
        sem = asyncio.Semaphore(2)
        async def one(i, row):
            async with sem: await sms(c, row["owner"], "recall", chip=row["pet"], n=i + 1)
        await asyncio.gather(*[one(i, r) for i, r in enumerate(a["rows"])])
        c.log.info(f"recall run {v} finished: {len(a['rows'])} owners, {c.elapsed_ms():.0f} ms")
    rem.noise(7, lambda l: l.debug("bull: 0 waiting, 0 delayed"))


def inspect(l): return "[" + ", ".join(":" + x for x in l) + "]"
def chip(r): return f"985{r.randrange(10 ** 12):012d}"


async def load(w):
    r = w.rng
    async def one(i):
        pet, owner, ins = chip(r), f"OW{r.randrange(1000, 9999)}", None
        st, a = await w.start("web", "POST /appointments", {"pet": pet, "owner": owner, "practice": r.randrange(11, 40), "reason": r.choice(["vaccination", "limping", "checkup", "dental", "vomiting"])})
        if st != 201: return
        await sleep(r.uniform(400, 5000))
        if i % 6 == 0: await w.start("web", f"GET /appointments/{a['ref']}")
        if i % 7 == 3:
            await w.start("web", f"DELETE /appointments/{a['ref']}")
            if i % 2: await w.start("web", f"DELETE /appointments/{a['ref']}")
            return
        if r.random() < 0.45: ins = r.choice(["PS", "AG", "VH"]) + str(r.randrange(10 ** 6, 10 ** 7))
        st, b = await w.start("practice-box", f"POST /consultations/{a['ref']}/close", {"vet": r.choice(["dr.moss", "dr.ahmed", "dr.lindqvist", "dr.pei"]), "insured": ins,
            "drugs": r.sample(["meloxicam", "amoxiclav", "maropitant", "gabapentin"], r.choice([0, 1, 1, 2])), "panels": r.sample(["cbc", "chem10", "t4", "ua"], r.choice([0, 0, 1, 2, 3]))})
        await sleep(r.uniform(2000, 7000))
        if i % 5 == 1: await w.start("lab-gw", f"POST /external/{b['encounter']}", {"acc": f"IDX{r.randrange(10 ** 6)}", "owner": owner})
        if i % 8 == 4: await w.start("rx", "POST /refills", {"enc": b["encounter"], "owner": owner})
        if i % 4 == 2: await w.start("web", f"POST /invoices/{202600401 + r.randrange(max(1, i // 2))}/pay")
    await arrivals(w, 70, 2.4, one)
    await sleep(5000)

record(build, load, "j_vet")
