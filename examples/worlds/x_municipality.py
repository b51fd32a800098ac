"""A town hall: applications for permits with identity check, fee and payment webhook, a case worker's decision, a letter made and posted;
potholes reported by citizens and given to contractors; appointments made and called off; the archive at the end of the (short) day."""
import json, urllib.parse
from world import *


def J(x): return json.dumps(x, separators=(",", ":"), ensure_ascii=False)

def portal(r):       # Symfony web app; WebProcessor-ish extra
    x = {"url": r.fields.pop("_url")} if "_url" in r.fields else {}
    if r.trace_id: x |= {"trace_id": r.trace_id, "span_id": r.span_id}
    if r.incoming_parent: x["parent_span"] = r.incoming_parent
    return f"[{r.time:%Y-%m-%d %H:%M:%S}.{r.time.microsecond // 1000:03d}] {r.logger}.{r.level.replace('WARN', 'WARNING')}: {r.message} {J(r.fields) if r.fields else '[]'} {J(x) if x else '[]'}"

def console(r):      # forms: Microsoft.Extensions.Logging simple console, with timestamp and scopes
    lv = {"DEBUG": "dbug", "INFO": "info", "WARN": "warn", "ERROR": "fail"}[r.level]
    scope = ""
    if r.trace_id:
        scope = f"\n      => SpanId:{r.span_id}, TraceId:{r.trace_id}, ParentId:{r.incoming_parent or '0000000000000000'} => ConnectionId:0HN{r.thread}{r.pid:05X}"
    return f"{r.time:%Y-%m-%d %H:%M:%S}.{r.time.microsecond // 1000:03d} {lv}: {r.logger}[{r.fields.get('ev', 0)}]{scope}\n      " + r.message.replace("\n", "\n      ")

def serifile(r):     # casework: NServiceBus over Serilog, file sink
    l = {"DEBUG": "DBG", "INFO": "INF", "WARN": "WRN", "ERROR": "ERR"}[r.level]
    p, (first, *rest) = {}, r.message.split("\n")
    if r.trace_id: p |= {"TraceId": r.trace_id, "SpanId": r.span_id}
    if r.incoming_parent: p["IncomingSpan"] = r.incoming_parent
    return f"{r.time:%Y-%m-%d %H:%M:%S}.{r.time.microsecond // 1000:03d} +00:00 [{l}] ({r.logger.split('.')[-1]}/{r.thread}) {first}" + (" {" + ", ".join(f'{k}: "{v}"' for k, v in p.items()) + "}" if p else "") + "".join("\n" + x for x in rest)

def apache(r):       # register: Apache access log (seconds, %D), or error log
    f = r.fields
    if "rl" not in f: return f"[{r.time:%a %b %d %H:%M:%S}.{r.time.microsecond:06d} {r.time:%Y}] [proxy:{r.level.lower()}] [pid {r.pid}] {r.message}"
    t = f"{r.trace_id}/{r.span_id}" if r.trace_id else "-"
    return f'10.1.7.{f["h"]} - svc-{f["who"]} [{r.time:%d/%b/%Y:%H:%M:%S} +0000] "{f["rl"]} HTTP/1.1" {f["s"]} {f["b"]} {f["us"]} "{t}"' + (f' "{r.incoming}"' if r.incoming else "")

def lara(r):         # cashdesk: Laravel
    t = f"[{r.trace_id}:{r.span_id}] " if r.trace_id else ""
    if r.incoming: t += f"[{r.incoming}] "
    return f"[{r.time:%Y-%m-%d %H:%M:%S}] local.{r.level.replace('WARN', 'WARNING')}: {t}{r.message}" + (" " + J(r.fields) if r.fields else " ")

def isolated(r):     # documents: dotnet isolated worker, JSON
    d = {"timestamp": isoz(r, 7), "level": r.level.capitalize().replace("Info", "Information").replace("Warn", "Warning"), "category": r.logger, "message": r.message}
    if r.fields: d["properties"] = r.fields
    if r.trace_id: d |= {"operation_Id": r.trace_id, "id": r.span_id}
    if r.incoming_parent: d["operation_ParentId"] = r.incoming_parent
    return J(d)

def pylog(r):        # mailroom: Python, basicConfig
    s = f"{r.level.replace('WARN', 'WARNING')}:{r.time:%Y-%m-%d %H:%M:%S},{r.time.microsecond // 1000:03d}:{r.logger}:{r.message}"
    return s + (f" [{r.trace_id} {r.span_id}]" if r.trace_id else "") + (f" [by {r.incoming_parent}]" if r.incoming_parent else "")

def railslog(r):     # streets: Rails, tagged
    t = f"[{r.trace_id}] [{r.span_id}] " if r.trace_id else ""
    if r.incoming_parent: t += f"[parent={r.incoming_parent}] "
    return f"{r.level[0]}, [{r.time:%Y-%m-%dT%H:%M:%S}.{r.time.microsecond:06d} #{r.pid}] {r.level:>5} -- : {t}{r.message}"

def syslog(r):       # archive: a script with logger(1)
    t = f" tid={r.trace_id} sid={r.span_id}" if r.trace_id else ""
    return f"{r.time:%b} {r.time.day:2d} {r.time:%H:%M:%S} arc01 archive[{r.pid}]: {r.message}{t}" + (f" psid={r.incoming_parent}" if r.incoming_parent else "")


def build(w):
    w.network_ms, w.broker_ms = 2.5, 35
    w.new_message_id = lambda: "%08x-%04x-%04x-%04x-%04x%08x" % tuple(w.ids.getrandbits(b) for b in (32, 16, 16, 16, 16, 32))
    n = {"app": 3370, "case": 118000, "pay": 0, "rep": 60210, "doc": 0, "slot": 9000}
    w.apps, w.closed, w.reports, w.slots = {}, [], {}, {}

    web = w.service("portal", portal, errors=lambda c, e: c.log.error(f'Uncaught PHP Exception RuntimeException: "{e}" at HomeController.php line 71', logger="request"))
    forms = w.service("forms", console, errors=lambda c, e: c.log.error(f"An unhandled exception has occurred while executing the request.\nSystem.Exception: {e}\n   at Forms.Controllers.Run()", logger="Microsoft.AspNetCore.Diagnostics.ExceptionHandlerMiddleware"))
    case = w.service("casework", serifile, errors=lambda c, e: c.log.error(f"Moving message to the error queue 'error' because processing failed due to an exception: System.Exception: {e}", logger="NServiceBus.MoveToError"))
    reg = w.service("register", apache)
    cash = w.service("cashdesk", lara, errors=lambda c, e: c.log.error(f"{e}", exception="RuntimeException"))
    docs = w.service("documents", isolated, errors=lambda c, e: c.log.error(f"Function failed: {e}", logger="Host.Results"))
    mail = w.service("mailroom", pylog, errors=lambda c, e: c.log.error(f"giving up\nTraceback (most recent call last):\n  File \"/srv/mailroom/consume.py\", line 40, in run\nRuntimeError: {e}", logger="mailroom"))
    strt = w.service("streets", railslog, errors=lambda c, e: c.log.error(f"ActiveJob failed: RuntimeError ({e})"))
    arc = w.service("archive", syslog, errors=lambda c, e: c.log.error(f"error: {e}"))

    # ------------------------------------------------------------------ portal
    @web.http("POST /apply/{kind}")
    async def apply(c, b):
        kind = b["_route"].split("/")[-1]
        c.log.info('Matched route "apply".', logger="request", route="apply", kind=kind, _url="/apply/" + kind, incoming=True)
        async with c.client("forms", "POST /api/submissions") as k:
            st, a = await k.send({"kind": kind, "citizen": b["citizen"]})
            k.log.info(f'Response: "{st} http://forms/api/submissions" {k.elapsed_ms() / 1000:.6f} seconds', logger="http_client")
        if st != 201:
            c.log.warning("application rejected by forms", logger="app", status=st)
            return 422, {}
        return 303, a

    @web.http("GET /status/{no}")
    async def status(c, b):
        no = b["_route"].split("/")[-1]
        st, a = await c.call("casework", f"GET /cases/{no}", {})
        c.log.info(f"status page for {no}: {a['state']}", logger="app", _url=b["_route"].split(" ")[1], incoming=True)
        return 200, {}

    @web.http("POST /report")
    async def report(c, b):
        async with c.span("doctrine", "CLIENT") as s:
            await s.work(5)
            s.log.debug("Executing statement: INSERT INTO report (kind, lat, lon) VALUES (?, ?, ?)", logger="doctrine", params=[b["kind"], b["lat"], b["lon"]])
        n["rep"] += 1
        rid = n["rep"]
        async with c.producer("citizen.report") as p:
            p.log.info("Sending message App\\Message\\CitizenReport with async sender using AmqpSender", logger="messenger", report=rid)
            await p.send({"report": rid, "kind": b["kind"]})
        return 202, {"report": rid}

    @web.http("POST /appointments")
    async def book(c, b):
        st, a = await c.call("forms", "PUT /api/slots", {"day": b["day"], "citizen": b["citizen"]})
        c.log.info("appointment", logger="app", result=st, slot=a.get("slot"), _url="/appointments", incoming=True)
        return st, a

    @web.http("DELETE /appointments/{slot}")
    async def calloff(c, b):
        st, _ = await c.call("forms", f"DELETE /api/slots/{b['_route'].split('/')[-1]}", {})
        return st, {}

    @web.consumer("report.done")
    async def thanks(c, m):
        c.log.info("App\\Message\\ReportDone was handled successfully (acknowledging to transport).", logger="messenger", message_id=m.id, report=m.body["report"], incoming=True)
        await c.work(14)
    web.noise(7, lambda log: log.debug("Stored the security token in the session.", logger="security", key="_security_main"))

    # ------------------------------------------------------------------ forms (ASP.NET Core)
    @forms.http("POST /api/submissions")
    async def submit(c, b):
        c.log.info("Request starting HTTP/1.1 POST http://forms/api/submissions - application/json 412", logger="Microsoft.AspNetCore.Hosting.Diagnostics", ev=1, incoming=True)
        async with c.span("validate", "INTERNAL") as s:
            await s.work(6)
        async with c.client("register", f"GET /persons/{b['citizen']}") as k:
            k.log.info(f"Sending HTTP request GET http://register/persons/{b['citizen']}", logger="System.Net.Http.HttpClient.Register.ClientHandler", ev=100)
            st, _ = await k.send({"who": "forms"})
        if st != 200:
            c.log.warning(f"Identity of {b['citizen']} not confirmed ({st})", logger="Forms.SubmissionService")
            c.log.info(f"Request finished HTTP/1.1 POST http://forms/api/submissions - 422 - application/problem+json {c.elapsed_ms():.4f}ms", logger="Microsoft.AspNetCore.Hosting.Diagnostics", ev=2)
            return 422, {}
        n["app"] += 1
        no = f"AN-2026-{n['app']:05d}"
        w.apps[no] = {"no": no, "kind": b["kind"], "citizen": b["citizen"], "state": "received", "case": None}
        async with c.span("insert", "CLIENT") as s:
            await s.work(6)
            s.log.info(f"Executed DbCommand ({s.elapsed_ms():.0f}ms) [Parameters=[@p0='{no}' (Nullable = false) (Size = 16)], CommandType='Text', CommandTimeout='30']\nINSERT INTO submissions (number, kind) VALUES (@p0, @p1);", logger="Microsoft.EntityFrameworkCore.Database.Command", ev=20101)
        await c.publish("submission.received", dict(w.apps[no]))
        c.log.info(f"Request finished HTTP/1.1 POST http://forms/api/submissions - 201 - application/json {c.elapsed_ms():.4f}ms", logger="Microsoft.AspNetCore.Hosting.Diagnostics", ev=2)
        return 201, {"no": no}

    @forms.http("PUT /api/slots")
    async def slot(c, b):
        await c.work(9)
        if c.rng.random() < 0.12:
            c.log.warning(f"No slot left on {b['day']}", logger="Forms.SlotService", incoming=True)
            return 409, {}
        n["slot"] += 7
        w.slots[n["slot"]] = b["citizen"]
        async with c.producer("slot.taken") as p:
            await p.send({"slot": n["slot"], "citizen": b["citizen"], "day": b["day"]})
            p.log.info(f"Slot {n['slot']} taken", logger="Forms.SlotService")
        return 201, {"slot": n["slot"]}

    @forms.http("DELETE /api/slots/{slot}")
    async def unslot(c, b):
        s = int(b["_route"].split("/")[-1])
        await c.work(7)
        c.log.info(f"Slot {s} given back", logger="Forms.SlotService", incoming=True)
        await c.publish("slot.freed", {"slot": s, "citizen": w.slots[s]})
        return 204, {}
    forms.noise(9, lambda log: log.debug("Hosting: /healthz 200", logger="Microsoft.AspNetCore.Routing.EndpointMiddleware"))

    # ------------------------------------------------------------------ register (people's register, only its web server logs)
    @reg.http("GET /persons/{id}")
    async def person(c, b):
        await c.work(38, 0.6)
        st = 404 if c.rng.random() < 0.04 else 200
        c.log.info("", rl=b["_route"], s=st, b=c.rng.randrange(300, 1600), us=int(c.elapsed_ms() * 1000), h=c.rng.randrange(2, 9), who=b["who"], incoming=True)
        return st, {}
    reg.noise(12, lambda log: log.info("AH00163: child process ready"))

    # ------------------------------------------------------------------ casework (NServiceBus saga)
    S = "Casework.PermitSaga"

    async def store(c, what):
        async with c.span("saga persister", "CLIENT") as s:
            await s.work(6)
            if what: s.log.debug(f"{what}", logger="NServiceBus.Persistence.Sql")

    @case.consumer("submission.received", retries=2, retry_ms=800)
    async def opened(c, m):
        a = w.apps[m.body["no"]]
        if c.rng.random() < 0.05 and m.attempt < 3:
            c.log.warning(f"Immediate Retry is going to retry message '{m.id}' because of an exception:\nSystem.Data.SqlClient.SqlException (0x80131904): Transaction (Process ID 61) was deadlocked on lock resources\n   at Casework.OpenCaseHandler.Handle(SubmissionReceived message, IMessageHandlerContext context)", logger="NServiceBus.RecoverabilityExecutor")
            raise Exception("deadlock")
        n["case"] += c.rng.randrange(1, 9)
        a["case"], a["state"] = n["case"], "open"
        await store(c, f"INSERT INTO PermitSaga (Correlation_ApplicationNumber) VALUES ('{a['no']}')")
        c.log.info(f"Opened case {a['case']} for application {a['no']} ({a['kind']})", logger=S, incoming=True)
        async with c.producer("fee.due") as p:
            p.log.debug(f"Sending FeeDue for case {a['case']}", logger=S)
            await p.send({"case": a["case"], "no": a["no"], "cents": {"parking": 3000, "building": 48000, "market": 12000}[a["kind"]]})

    @case.consumer("fee.paid")
    async def paid(c, m):
        a = w.apps[m.body["no"]]
        c.log.debug(f"Processing message {m.id} Contracts.FeePaid", logger="NServiceBus.Pipeline", incoming=True)
        await store(c, "")
        await asyncio.gather(assess(c, a), c.call("register", f"GET /persons/{a['citizen']}", {"who": "casework"}))
        ok = c.rng.random() > 0.15
        a["state"] = "granted" if ok else "refused"
        c.log.info(f"Case {a['case']} decided: {a['state']}", logger=S)
        async with c.producer("decision.made") as p:
            mid = await p.send(dict(a))
            p.log.debug(f"Published Contracts.DecisionMade, id {mid}", logger=S)

    async def assess(c, a):
        async with c.span("rules engine") as s:
            await s.work(300, 0.6)
            s.log.info(f"{s.rng.randrange(4, 19)} rules evaluated for {a['no']}", logger="Casework.Rules")

    @case.consumer("fee.expired")
    async def lapse(c, m):
        a = w.apps[m.body["no"]]
        a["state"] = "lapsed"
        await store(c, f"UPDATE PermitSaga SET State='Lapsed' WHERE Correlation_ApplicationNumber='{a['no']}'")
        c.log.warning(f"Case {a['case']} lapsed, fee never paid", logger=S, incoming=True)
        w.closed.append((a, c))

    @case.consumer("letter.posted")
    async def close(c, m):
        await store(c, "")
        a = w.apps[m.body["no"]]
        c.log.info(f"Saga for {m.body['no']} completed, MarkAsComplete()", logger=S, incoming=True)
        w.closed.append((a, c))

    @case.http("GET /cases/{no}")
    async def look(c, b):
        await c.work(4)
        c.log.info(f"HTTP GET {b['_route'].split(' ')[1]} responded 200 in {c.elapsed_ms():.4f} ms", logger="Serilog.AspNetCore.RequestLoggingMiddleware", incoming=True)
        return 200, {"state": w.apps[b["_route"].split("/")[-1]]["state"]}
    case.noise(6, lambda log: log.debug("Timeout poller: 0 due", logger="NServiceBus.Delayed"))

    # ------------------------------------------------------------------ cashdesk (Laravel)
    @cash.consumer("fee.due")
    async def bill(c, m):
        n["pay"] += 1
        ref = f"RF{n['pay'] * 97 + 18000}"
        async with c.span("insert invoices", "CLIENT") as s:
            await s.work(4)
            s.log.debug("insert into `invoices` (`ref`, `case_id`, `cents`) values (?, ?, ?)", bindings=[ref, m.body["case"], m.body["cents"]])
        c.log.info(f"Processing: App\\Listeners\\BillFee {ref}", incoming=True)
        async with c.span("POST bank/paylinks", "CLIENT") as s:
            await s.work(140, 0.4)
        c.spawn(later(c, ref, m.body))
        c.log.info(f"Processed: App\\Listeners\\BillFee {ref}", case=m.body["case"])

    async def later(c, ref, x):
        await sleep(c.rng.uniform(700, 4000))
        if c.rng.random() < 0.08:
            async with c.span("expire") as s:
                s.log.warning("payment link expired", ref=ref)
                await s.publish("fee.expired", {"no": x["no"]})
            return
        async with c.client("cashdesk", "POST /webhooks/bank") as k:
            await k.send({"ref": ref, "x": x})

    @cash.http("POST /webhooks/bank")
    async def hook(c, b):
        c.log.info("bank webhook", ref=b["ref"], event="payment.settled", incoming=True)
        async with c.span("update invoices", "CLIENT") as s: await s.work(5)
        async with c.producer("fee.paid") as p:
            await p.send({"no": b["x"]["no"]})
            p.log.info("fee.paid sent", case=b["x"]["case"])
        return 200, {}
    cash.noise(8, lambda log: log.info("Running scheduled command: artisan invoices:remind"))

    # ------------------------------------------------------------------ documents (isolated functions)
    @docs.consumer("decision.made", retries=1, retry_ms=700, concurrency=4)
    async def letter(c, m):
        n["doc"] += 1
        d = f"doc-{n['doc']:06x}-{c.rng.getrandbits(16):04x}"
        c.log.info(f"Executing 'Functions.RenderLetter' (Reason='ServiceBus message', Id={m.id})", logger="Function.RenderLetter", incoming=True)
        async with c.span("render pdf") as s:
            await s.work(220, 0.4)
            s.log.debug("Rendered template", logger="Letters.PdfEngine", template=f"permit-{m.body['state']}", pages=s.rng.randrange(1, 4))
        async with c.span("blob upload", "CLIENT") as s:
            await s.work(40)
        async with c.producer("letter.ready") as p:
            await p.send({"doc": d, "no": m.body["no"], "citizen": m.body["citizen"]})
            p.log.info("Letter stored", logger="Function.RenderLetter.User", documentId=d, caseId=m.body["case"])
        c.log.info(f"Executed 'Functions.RenderLetter' (Succeeded, Id={m.id}, Duration={c.elapsed_ms():.0f}ms)", logger="Function.RenderLetter")
    docs.noise(8, lambda log: log.debug("Singleton lock acquired", logger="Host.Singleton"))

    # ------------------------------------------------------------------ mailroom (Python)
    @mail.consumer("letter.ready", retries=3, retry_ms=500)
    async def post(c, m):
        c.log.info(f"got {m.body['doc']}", logger="mailroom", incoming=True)
        async with c.span("smtp/e-postbox", "CLIENT") as s:
            await s.work(110, 0.5)
            if s.rng.random() < 0.07 and m.attempt < 4:
                s.log.warning(f"e-postbox timed out, attempt {m.attempt} of 4", logger="urllib3.connectionpool")
                raise Exception("timeout")
        way = "e-postbox" if c.rng.random() < 0.7 else "paper"
        c.log.info(f"{m.body['doc']} delivered by {way} to citizen {m.body['citizen']}", logger="mailroom")
        await c.publish("letter.posted", {"no": m.body["no"], "doc": m.body["doc"]})

    @mail.consumer("slot.taken")
    async def remind(c, m):
        await c.work(45)
        c.log.info(f"confirmation mail slot={m.body['slot']} to {m.body['citizen']}", logger="mailroom.appointments", incoming=True)

    @mail.consumer("slot.freed")
    async def unremind(c, m):
        c.log.debug(f"reminder for slot {m.body['slot']} dropped", logger="mailroom.appointments")
        await c.work(3)
    mail.noise(7, lambda log: log.debug("polling INBOX: 0 new", logger="imap"))

    # ------------------------------------------------------------------ streets (Rails)
    @strt.consumer("citizen.report")
    async def triage(c, m):
        job = f"{c.rng.getrandbits(32):08x}"
        c.log.info(f"Performing TriageReportJob (Job ID: {job}) from Sidekiq(default) with arguments: {{:report_id=>{m.body['report']}}}", incoming=True)
        async with c.span("SELECT crews", "CLIENT") as s:
            await s.work(3)
            s.log.debug(f"  Crew Load ({s.elapsed_ms():.1f}ms)  SELECT \"crews\".* FROM \"crews\" WHERE \"crews\".\"skill\" = '{m.body['kind']}' LIMIT 1")
        wo = f"WO{c.rng.randrange(10000, 99999)}"
        async with c.producer("workorder.created") as p:
            await p.send({"wo": wo, "report": m.body["report"]})
            p.log.info(f"Work order {wo} created for report #{m.body['report']}")
        c.log.info(f"Performed TriageReportJob (Job ID: {job}) from Sidekiq(default) in {c.elapsed_ms():.2f}ms")

    @strt.consumer("workorder.created")
    async def crew(c, m):
        for step in ("accepted", "on site", "done"):
            await sleep(c.rng.uniform(300, 1500))
            async with c.span("crew app update", "INTERNAL") as s:
                await s.work(5)
                s.log.info(f"#{m.body['wo']}: {step}")
        async with c.producer("report.done") as p:
            await p.send({"report": m.body["report"]})
    strt.noise(6, lambda log: log.debug("Sidekiq::Cron poll"))

    # ------------------------------------------------------------------ archive (script)
    @arc.every(7)
    async def archive_day(c):
        rows, w.closed[:] = list(w.closed), []
        if not rows: return
        c.log.info(f"run started, {len(rows)} closed cases")
        for a, o in rows:
            c.link(o)
            async with c.span("tar", "INTERNAL") as s:
                await s.work(24)
                s.log.info(f"{a['case']}.tar.gz written ({a['no']}, {a['state']}) sha1={s.rng.getrandbits(40):010x}")
        c.log.info(f"run finished after {c.elapsed_ms() / 1000:.1f}s")

    @arc.consumer("report.done")
    async def note(c, m):
        await c.work(6)
        c.log.info(f"report {m.body['report']} filed", incoming=True)
    arc.noise(10, lambda log: log.info("disk /arc at 61%"))


async def load(w):
    r = w.rng

    async def one(i):
        who = f"{r.choice('ABCDEFGHKM')}{r.randrange(10 ** 7, 10 ** 8)}"
        k = i % 10
        if k < 5:
            s, a = await w.start("portal", f"POST /apply/{r.choice(['parking', 'building', 'market'])}", {"citizen": who})
            if s == 303 and k in (1, 3):
                await sleep(r.uniform(500, 6000))
                await w.start("portal", f"GET /status/{a['no']}")
        elif k < 8:
            await w.start("portal", "POST /report", {"kind": r.choice(["pothole", "lamp", "graffiti"]), "lat": round(52 + r.random(), 5), "lon": round(9 + r.random(), 5)})
        else:
            s, a = await w.start("portal", "POST /appointments", {"citizen": who, "day": f"2026-1{r.randrange(3)}-{r.randrange(10, 29)}"})
            if s == 201 and r.random() < 0.5:
                await sleep(r.uniform(500, 5000))
                await w.start("portal", f"DELETE /appointments/{a['slot']}")
    await arrivals(w, 170, 3, one)
    await sleep(9000)

record(build, load, "x_municipality")
