"""Visa applications: a process engine (casework) hands jobs to workers over ActiveMQ; workers complete or fail them by HTTP, which moves the
process on; the fee is paid later (own transaction), then appointment, three checks in parallel, officer, sticker printing in batches, letters."""
import json, datetime
from world import *


def haproxy(r):
    f = r.fields
    head = f"{r.time:%b} {r.time.day:2d} {r.time:%H:%M:%S} lb1 haproxy[{r.pid}]: "
    if "st" not in f: return head + r.message
    t = r.time - datetime.timedelta(milliseconds=f["ms"])
    ids = f"{{{r.trace_id}|{r.span_id}}}" if r.trace_id else "{|}"
    return (f'{head}{f["ip"]}:{f["port"]} [{t:%d/%b/%Y:%H:%M:%S}.{t.microsecond // 1000:03d}] fe_https~ {f["be"]} 0/0/1/{max(0, round(f["ms"]) - 1)}/{round(f["ms"])} {f["st"]} {f["size"]} - - ---- '
            f'{f["conn"]}/{f["conn"]}/0/0/0 0/0 {ids} "{f["req"]} HTTP/1.1"')


def django(r):
    ids = f" [trace:{r.trace_id} span:{r.span_id}]" if r.trace_id else " [trace: span:]"
    p = f" parent:{r.incoming_parent}" if r.incoming_parent else ""
    return f"{r.level.replace('WARN', 'WARNING')} {r.time:%Y-%m-%d %H:%M:%S},{r.time.microsecond // 1000:03d} {r.logger} {r.pid} {139_800_000 + r.thread * 512}{ids}{p} {r.message}"


def log4jjson(r):
    d = {"instant": {"epochSecond": r.ns // NS, "nanoOfSecond": r.ns % NS}, "thread": f"engine-job-{r.thread}", "level": r.level, "loggerName": r.logger, "message": r.message}
    if r.trace_id:
        d["contextMap"] = {"trace_id": r.trace_id, "span_id": r.span_id, "trace_flags": "01"}
        if r.incoming: d["contextMap"]["traceparent"] = r.incoming
    return json.dumps(d, separators=(",", ":"))


def serilogtext(r):
    lv = {"DEBUG": "DBG", "INFO": "INF", "WARN": "WRN", "ERROR": "ERR"}[r.level]
    ids = f" <{r.trace_id}/{r.span_id}>" if r.trace_id else " </>"
    p = f" (from {r.incoming_parent})" if r.incoming_parent else ""
    return f"{r.time:%Y-%m-%d %H:%M:%S}.{r.time.microsecond // 1000:03d} +00:00 [{lv}]{ids} {r.message}{p}"


def gokit(r):
    q = lambda v: json.dumps(v) if isinstance(v, str) and (" " in v or "=" in v) else v
    kv = "".join(f" {k}={q(v)}" for k, v in r.fields.items())
    ids = f" traceID={r.trace_id} spanID={r.span_id}" if r.trace_id else ""
    if r.incoming: ids += f" traceparent={r.incoming}"
    return f"ts={isoz(r, 6)} caller={r.logger} level={r.level.lower()}{ids} msg={q(r.message)}{kv}"


def semantic(r):
    ids = f" {{trace_id: {r.trace_id}, span_id: {r.span_id}" + (f", parent_id: {r.incoming_parent}" if r.incoming_parent else "") + "}" if r.trace_id else ""
    return f"{r.time:%Y-%m-%d %H:%M:%S.%f} {r.level[0]} [{r.pid}:puma {r.thread:03d}]{ids} {r.logger} -- {r.message}" + (f" -- {{{', '.join(f':{k} => {json.dumps(v)}' for k, v in r.fields.items())}}}" if r.fields else "")


def log4js(r):
    ids = f" {r.trace_id}-{r.span_id}" if r.trace_id else ""
    p = f" traceparent={r.incoming}" if r.incoming else ""
    return f"[{r.time:%Y-%m-%dT%H:%M:%S}.{r.time.microsecond // 1000:03d}] [{r.level}] {r.logger} -{ids} {r.message}{p}"


def ktor(r):
    mdc = f" [trace_id={r.trace_id}, span_id={r.span_id}]" if r.trace_id else ""
    p = f" parent={r.incoming_parent}" if r.incoming_parent else ""
    return f"{r.time:%Y-%m-%d %H:%M:%S}.{r.time.microsecond // 1000:03d} [DefaultDispatcher-worker-{r.thread}] {r.level:<5} {r.logger}{mdc} - {r.message}{p}"


def syslogjson(r):
    d = {"ts": isoz(r, 6), "prio": {"DEBUG": 7, "INFO": 6, "WARN": 4, "ERROR": 3}[r.level], "unit": r.logger, "text": r.message} | r.fields
    if r.trace_id: d |= {"trace": r.trace_id, "span": r.span_id}
    if r.incoming_parent: d["parentSpan"] = r.incoming_parent
    return json.dumps(d, ensure_ascii=False)


def symf(r):
    lv = r.level.replace("WARN", "WARNING")
    x = {"trace_id": r.trace_id, "span_id": r.span_id} if r.trace_id else {}
    if r.incoming: x["traceparent"] = r.incoming
    return f"{r.time:%H:%M:%S} {lv:<9} [{r.logger}] {r.message} {json.dumps(r.fields, ensure_ascii=False) if r.fields else '[]'} {json.dumps(x) if x else '[]'}".replace(f"{r.time:%H:%M:%S} ", f"{r.time:%Y-%m-%dT%H:%M:%S.%f} ", 1)


def build(w):
    w.network_ms, w.broker_ms = 1.8, 10
    cnt = [311]
    def jms():
        cnt[0] += 1
        return f"ID:amq-2-41233-17900{w.ids.randrange(10):d}-3:1:1:{cnt[0]}"
    w.new_message_id = jms
    lb = w.service("haproxy", haproxy)
    por = w.service("portal", django, errors=lambda ctx, e: ctx.log.error(f"Listener error: {e}", logger="visa.listeners"))
    eng = w.service("casework", log4jjson, errors=lambda ctx, e: ctx.log.error(f"ENGINE-16004 Exception while closing command context: {e}", logger="gov.cw.engine.context"))
    bio = w.service("Biometrics", serilogtext, errors=lambda ctx, e: ctx.log.error(f"Worker crashed\nSystem.Exception: {e}\n   at Biometrics.Worker.Handle(Job job)"))
    wat = w.service("watchlist", gokit, errors=lambda ctx, e: ctx.log.error("job lost", logger="worker.go:91", err=str(e)))
    doc = w.service("docs", semantic, errors=lambda ctx, e: ctx.log.error(f"Job crashed: {e}", logger="JobRunner"))
    fee = w.service("fees", log4js, errors=lambda ctx, e: ctx.log.error(f"uncaught {e}", logger="worker"))
    app = w.service("appointments", ktor, errors=lambda ctx, e: ctx.log.error(f"Coroutine failed: {e}", logger="visa.slots.Worker"))
    prt = w.service("print-centre", syslogjson, errors=lambda ctx, e: ctx.log.error("abort", logger="printd", cause=str(e)))
    let = w.service("courriers", symf, errors=lambda ctx, e: ctx.log.error("Message rejeté", logger="messenger", erreur=str(e)))
    cases, jobs, bills, queue, n = {}, {}, {}, [], [500_118_000, 2251799813685000, 60]
    ENG, JOB = "gov.cw.engine.process", "gov.cw.engine.jobs"

    @lb.http("ANY *")
    async def lbx(ctx, body):
        to = "fees" if "/payments/" in body["_route"] else "portal"
        s, a = await ctx.call(to, body["_route"], {k: v for k, v in body.items() if k[0] != "_"}, client_span=False)
        ctx.log.info("", ip=f"198.51.100.{ctx.rng.randrange(2, 250)}", port=ctx.rng.randrange(20000, 65000), be=f"be_{to}/{to}{ctx.rng.randrange(1, 3)}", st=s, size=ctx.rng.randrange(150, 5000), ms=ctx.elapsed_ms(),
                    conn=ctx.rng.randrange(2, 30), req=body["_route"], incoming=True)
        return s, a

    # ---- portal
    @por.http("POST /applications")
    async def submit(ctx, body):
        n[0] += ctx.rng.randrange(1, 30)
        gwf = f"GWF{n[0]:09d}"
        ctx.log.info(f"Submitting form {body['form']} ({body['country']}, {body['visa']}) as {gwf}", logger="visa.views", incoming=True)
        async with ctx.client("docs", "PUT /files/{ref}".replace("{ref}", gwf)) as c:
            s, a = await c.send({"ref": gwf, "pages": body["pages"]})
            c.log.debug(f"docs answered {s}, bundle {a['bundle']}", logger="visa.clients.docs")
        async with ctx.span("INSERT visa_application", "CLIENT") as c:
            await c.work(5)
            c.log.debug(f"({c.elapsed_ms() / 1000:.3f}) INSERT INTO \"visa_application\" (\"gwf\", \"country\", \"kind\") VALUES ('{gwf}', '{body['country']}', '{body['visa']}'); args=...", logger="django.db.backends")
        async with ctx.client("casework", "POST /process/visa/start") as c:
            s, a = await c.send({"businessKey": gwf, "kind": body["visa"], "bundle": a["bundle"]})
            c.log.debug(f"casework answered {s}, instance {a['instance']}", logger="visa.clients.casework")
        ctx.log.info(f"Form {body['form']} submitted as {gwf} in {ctx.elapsed_ms():.0f}ms", logger="visa.views")
        return 201, {"gwf": gwf}

    @por.http("GET /applications/{gwf}")
    async def status(ctx, body):
        gwf = body["_route"].split("/")[-1]
        async with ctx.client("casework", f"GET /process/{gwf}") as c:
            s, a = await c.send()
        ctx.log.info(f'"GET /applications/{gwf}" {s} {a["at"]} {ctx.elapsed_ms():.0f}ms', logger="visa.access", incoming=True)
        return 200, {}

    @por.http("POST /applications/{gwf}/appointment")
    async def resched(ctx, body):
        gwf = body["_route"].split("/")[-2]
        ctx.log.info(f"Applicant of {gwf} wants another appointment", logger="visa.views", incoming=True)
        async with ctx.client("appointments", f"PATCH /slots/{gwf}") as c:
            s, a = await c.send()
            c.log.debug(f"appointments answered {s}", logger="visa.clients.appointments")
        ctx.log.info(f"Appointment of {gwf} {'moved' if s == 200 else 'stays as it is'}", logger="visa.views")
        return s, {}

    def shown(topic, text):
        @por.consumer(topic)
        async def on(ctx, m):
            ctx.log.info(f"{topic} for {m.body['gwf']}", logger="visa.listeners", incoming=True)
            async with ctx.span("UPDATE visa_application", "CLIENT") as c: await c.work(4)
            ctx.log.info(f"{m.body['gwf']} now shown as '{text}'", logger="visa.listeners")
    shown("case.decided", "decided"); shown("sticker.printed", "ready for collection")

    # ---- engine
    async def job(ctx, case, kind, retries=3, incoming=False):
        n[1] += ctx.rng.randrange(1, 12)
        key = n[1]
        jobs[key] = {"case": case, "kind": kind, "retries": retries, "done": False}
        async with ctx.producer("job." + kind) as p:
            await p.send({"jobKey": key, "processKey": case["instance"], "gwf": case["gwf"], "bundle": case["bundle"], "retries": retries})
            p.log.debug(f"Job {key} of type '{kind}' made available", logger=JOB)

    @eng.http("POST /process/visa/start")
    async def start(ctx, body):
        n[1] += 7
        case = cases[body["businessKey"]] = {"gwf": body["businessKey"], "instance": n[1], "bundle": body["bundle"], "at": "fee", "facts": {}}
        ctx.log.info(f"Starting process 'visa' v12 with business key {case['gwf']}, instance {case['instance']}", logger=ENG, incoming=True)
        async with ctx.span("INSERT ACT_RU_EXECUTION", "CLIENT") as c: await c.work(6)
        await job(ctx, case, "request-fee")
        ctx.log.info(f"Instance {case['instance']} waits at 'request-fee'", logger=ENG)
        return 200, {"instance": case["instance"]}

    @eng.http("GET /process/{gwf}")
    async def where(ctx, body):
        gwf = body["_route"].split("/")[-1]
        async with ctx.span("SELECT ACT_RU_EXECUTION", "CLIENT") as c:
            await c.work(3)
            c.log.debug(f"==> Parameters: {gwf}(String)", logger="gov.cw.sql.selectExecution")
        ctx.log.info(f"Queried {gwf}: at '{cases[gwf]['at']}'", logger=ENG, incoming=True)
        return 200, {"at": cases[gwf]["at"]}

    @eng.consumer("fee.paid")
    async def fee_paid(ctx, m):
        case = cases[m.body["gwf"]]
        ctx.log.info(f"Correlating message 'fee.paid' ({m.id}) to {case['gwf']}", logger=ENG, incoming=True)
        if case["at"] != "payment":
            ctx.log.warning(f"Message 'fee.paid' not correlated, {case['gwf']} is at '{case['at']}'", logger=ENG)
            return
        case["at"] = "book-slot"
        async with ctx.span("UPDATE ACT_RU_EXECUTION", "CLIENT") as c: await c.work(4)
        await job(ctx, case, "book-slot")
        ctx.log.info(f"Instance {case['instance']} continues after payment", logger=ENG)

    @eng.http("POST /jobs/{key}/complete")
    async def complete(ctx, body):
        key = int(body["_route"].split("/")[-2])
        j = jobs[key]
        case = j["case"]
        ctx.log.info(f"Complete job {key} '{j['kind']}' by {body['worker']}", logger=JOB, incoming=True)
        if j["done"]:
            ctx.log.warning(f"Job {key} is already completed", logger=JOB)
            return 404, {}
        j["done"] = True
        async with ctx.span("UPDATE ACT_RU_JOB", "CLIENT") as c:
            await c.work(4)
            if c.rng.random() < .6: c.log.debug(f"<== Updates: 1 ({c.elapsed_ms():.1f} ms)", logger="gov.cw.sql.updateJob")
        if j["kind"] == "request-fee": case["at"] = "payment"
        elif j["kind"] == "book-slot":
            case["at"] = "checks"
            for k in ("check-docs", "watchlist", "enrol"): await job(ctx, case, k)
        else:
            case["facts"][j["kind"]] = (body["result"], ctx)
            if len(case["facts"]) == 3 and case["at"] == "checks":
                case["at"] = "officer"
                for k, (_, c) in case["facts"].items():
                    if k != j["kind"]: ctx.link(c)
                ctx.log.info(f"Gateway joined, {case['gwf']} goes to an officer", logger=ENG)
                ctx.spawn(officer(ctx, case))
            else: ctx.log.debug(f"{case['gwf']}: {len(case['facts'])} of 3 branches done", logger=ENG)
        ctx.log.info(f"Job {key} completed, instance {case['instance']} at '{case['at']}'", logger=JOB)
        return 204, {}

    async def officer(ctx, case):
        await sleep(ctx.rng.uniform(1200, 5000))
        async with ctx.span("user task decide") as s:
            await s.work(6)
            case["verdict"] = "GRANTED" if all(r[0] == "ok" for r in case["facts"].values()) and s.rng.random() > .05 else "REFUSED"
            s.log.info(f"Task 'decide' of {case['gwf']} completed by officer {s.rng.randrange(100, 140)}: {case['verdict']}", logger="gov.cw.engine.tasks")
            case["at"] = "end"
            async with s.producer("case.decided") as p:
                await p.send({"gwf": case["gwf"], "verdict": case["verdict"]})
                p.log.debug(f"Event case.decided thrown for {case['gwf']}", logger=ENG)

    @eng.http("POST /jobs/{key}/fail")
    async def failed(ctx, body):
        key = int(body["_route"].split("/")[-2])
        j = jobs[key]
        ctx.log.warning(f"Job {key} '{j['kind']}' failed ({body['why']}), {j['retries'] - 1} retries left", logger=JOB, incoming=True)
        if j["retries"] <= 1:
            ctx.log.error(f"Incident raised for {j['case']['gwf']}", logger=JOB)
            return 204, {}
        async def later():
            await sleep(ctx.rng.uniform(500, 1200))
            await job(ctx, j["case"], j["kind"], j["retries"] - 1)
        ctx.spawn(later())
        return 204, {}

    def done(ctx, m, worker, result="ok", fail=None):
        return ctx.client("casework", f"POST /jobs/{m.body['jobKey']}/{'fail' if fail else 'complete'}"), {"worker": worker, "result": result, "why": fail}

    # ---- fees
    @fee.consumer("job.request-fee")
    async def bill(ctx, m):
        b = m.body
        ref = f"V-{ctx.rng.randrange(10 ** 4):04d}-{ctx.rng.randrange(10 ** 4):04d}"
        bills[b["gwf"]] = ref
        ctx.log.info(f"job ${b['jobKey']}: bill for ${b['gwf']} -> {ref}".replace("$", ""), logger="worker", incoming=True)
        async with ctx.span("mongo insert bills", "CLIENT") as c:
            await c.work(4)
        c, a = done(ctx, m, "fees")
        async with c as c:
            s, _ = await c.send(a)
            c.log.debug(f"complete {b['jobKey']} <- {s}", logger="engine-client")
        ctx.log.info(f"bill {ref} open, amount {ctx.rng.choice([80, 90, 135])} EUR", logger="worker")

    @fee.http("POST /payments/notify")
    async def paid(ctx, body):
        ref = bills.get(body["order"], "?")
        ctx.log.info(f"bank notifies: {ref} paid by {body['method']}", logger="webhook", incoming=True)
        async with ctx.span("verify signature") as s: await s.work(2)
        async with ctx.span("mongo update bills", "CLIENT") as c:
            await c.work(4)
            c.log.debug(f"bills.updateOne ref={ref} n=1 {c.elapsed_ms():.0f}ms", logger="mongo")
        async with ctx.producer("fee.paid") as p:
            mid = await p.send({"gwf": body["order"], "ref": ref})
            p.log.info(f"sent fee.paid {mid} for {body['order']}", logger="amq")
        ctx.log.info(f"{ref} settled", logger="webhook")
        return 200, {}

    # ---- appointments
    slots = {}

    @app.consumer("job.book-slot", retries=2, retry_ms=300)
    async def book(ctx, m):
        b = m.body
        ctx.log.info(f"Searching slot for {b['gwf']} (job {b['jobKey']})", logger="visa.slots.Worker", incoming=True)
        async with ctx.span("SELECT slot FOR UPDATE", "CLIENT") as c:
            await c.work(9)
            if c.rng.random() < .05:
                c.log.warning("could not obtain lock on row in relation \"slot\"", logger="visa.slots.Repository")
                raise Exception("lock")
            slot = slots[b["gwf"]] = f"{c.rng.choice(['LYO', 'MRS', 'LIL', 'PAR'])}-{c.rng.randrange(1, 29):02d}-{c.rng.randrange(9, 17):02d}{c.rng.choice(['00', '15', '30', '45'])}"
            c.log.debug(f"slot {slot} locked", logger="visa.slots.Repository")
        async with ctx.producer("letter.send") as p:
            await p.send({"gwf": b["gwf"], "modele": "convocation"})
            p.log.debug("letter requested", logger="visa.slots.Letters")
        c, a = done(ctx, m, "appointments")
        async with c as c:
            await c.send(a)
        ctx.log.info(f"Slot {slot} booked for {b['gwf']} in {ctx.elapsed_ms():.0f} ms", logger="visa.slots.Worker")

    @app.http("PATCH /slots/{gwf}")
    async def move(ctx, body):
        gwf = body["_route"].split("/")[-1]
        ctx.log.info(f"Moving slot of {gwf}, was {slots.get(gwf)}", logger="visa.slots.Api", incoming=True)
        async with ctx.span("SELECT slot FOR UPDATE", "CLIENT") as c: await c.work(8)
        if gwf not in slots or ctx.rng.random() < .2:
            ctx.log.info(f"No other slot for {gwf}", logger="visa.slots.Api")
            return 409, {}
        await ctx.publish("letter.send", {"gwf": gwf, "modele": "nouvelle convocation"})
        ctx.log.info(f"Slot of {gwf} moved", logger="visa.slots.Api")
        return 200, {}

    # ---- three checks
    @doc.consumer("job.check-docs")
    async def check(ctx, m):
        b = m.body
        ctx.log.info("Checking bundle", logger="CheckDocsJob", bundle=b["bundle"], job_key=b["jobKey"], incoming=True)
        async with ctx.span("GET s3 bundle", "CLIENT") as c:
            await c.work(40)
            c.log.debug("Fetched", logger="Storage", bundle=b["bundle"], kb=c.rng.randrange(300, 9000))
        async with ctx.span("ocr passport") as s:
            await s.work(320, .4)
            x = s.rng.random()
            s.log.info("MRZ read" if x > .07 else "MRZ unreadable", logger="Ocr", confidence=round(.6 + .4 * x, 3), duration_ms=round(s.elapsed_ms(), 1))
        c, a = done(ctx, m, "docs", "ok" if x > .1 else "doubt", "mrz unreadable" if x <= .07 else None)
        async with c as c:
            s, _ = await c.send(a)
            c.log.debug("Engine answered", logger="EngineClient", status=s)
        if a["why"]:
            ctx.log.warning("Bundle not checked", logger="CheckDocsJob", bundle=b["bundle"], reason=a["why"], duration_ms=round(ctx.elapsed_ms()))
            return
        ctx.log.info("Bundle checked", logger="CheckDocsJob", bundle=b["bundle"], result=a["result"], duration_ms=round(ctx.elapsed_ms()))

    @doc.http("PUT /files/{ref}")
    async def keep(ctx, body):
        bundle = f"bdl_{ctx.rng.getrandbits(36):09x}"
        ctx.log.info("Storing files", logger="FilesController", ref=body["ref"], pages=body["pages"], incoming=True)
        async with ctx.span("PUT s3 bundle", "CLIENT") as c: await c.work(50)
        ctx.log.info("Stored files", logger="FilesController", bundle=bundle, duration_ms=round(ctx.elapsed_ms()))
        return 201, {"bundle": bundle}

    @wat.consumer("job.watchlist")
    async def screen(ctx, m):
        b = m.body
        ctx.log.info("screening", logger="worker.go:44", job=b["jobKey"], ref=b["gwf"], incoming=True)

        async def ask(agency, ms):
            async with ctx.span(f"QUERY {agency}", "CLIENT") as c:
                await c.work(ms, .6)
                hit = c.rng.random() < .02
                if c.rng.random() < .05: c.log.warning("agency slow, cached answer used", logger="agency.go:71", agency=agency)
                elif agency != "vis": c.log.debug("answer", logger="agency.go:80", agency=agency, hit=str(hit).lower(), took=f"{c.elapsed_ms():.1f}ms")
                return hit
        hits = await asyncio.gather(ask("sis2", 140), ask("interpol", 220), ask("vis", 90))
        c, a = done(ctx, m, "watchlist", "hit" if any(hits) else "ok")
        async with c as c:
            c.log.debug("completing", logger="engine.go:33", job=b["jobKey"])
            await c.send(a)
        ctx.log.info("screened", logger="worker.go:79", ref=b["gwf"], hits=sum(hits), took=f"{ctx.elapsed_ms():.0f}ms")

    @bio.consumer("job.enrol")
    async def enrol(ctx, m):
        b = m.body
        enr = f"ENR/{ctx.rng.randrange(10 ** 6):06d}"
        ctx.log.info(f"Enrolment {enr} opened for {b['gwf']}, job {b['jobKey']}", incoming=True)

        async def visit():
            await sleep(ctx.rng.uniform(900, 4500))
            async with ctx.span("capture") as s:
                await s.work(400, .3)
                s.log.info(f"Enrolment {enr}: 10 fingers, quality {s.rng.randrange(40, 99)}, face ok")
                async with s.span("match 1:N", "CLIENT") as c:
                    await c.work(130)
                    c.log.debug(f"AFIS answered {c.elapsed_ms():.0f} ms, candidates {c.rng.choice([0, 0, 0, 1])}")
                c, a = done(s, m, "biometrics")
                async with c as c:
                    st, _ = await c.send(a)
                    c.log.debug(f"Job {b['jobKey']} complete -> {st}")
                s.log.info(f"Enrolment {enr} closed")
        ctx.spawn(visit())

    # ---- outcome
    @prt.consumer("case.decided")
    async def enqueue(ctx, m):
        if m.body["verdict"] != "GRANTED":
            ctx.log.debug("no sticker needed", logger="intake", gwf=m.body["gwf"], incoming=True)
            return
        ctx.log.info("sticker queued", logger="intake", gwf=m.body["gwf"], depth=len(queue) + 1, incoming=True)
        queue.append((ctx, m.body["gwf"]))
        await ctx.work(3)

    @prt.every(3.5, first=9)
    async def print_sheet(ctx):
        some, queue[:] = queue[:8], queue[8:]
        if not some: return
        n[2] += 1
        ctx.log.info("sheet begins", logger="printd", sheet=n[2], stickers=len(some))
        for c, _ in some: ctx.link(c)
        async with ctx.span("IPP print", "CLIENT") as c:
            await c.work(300)
            c.log.debug("ipp ok", logger="cups", sheet=n[2], ms=round(c.elapsed_ms()))
        for _, g in some:
            async with ctx.producer("sticker.printed") as p:
                await p.send({"gwf": g, "sticker": f"F{n[2]:04d}{ctx.rng.randrange(10 ** 5):05d}"})
                p.log.info("sticker printed", logger="printd", gwf=g, sheet=n[2])
        ctx.log.info("sheet done", logger="printd", sheet=n[2])

    async def lettre(ctx, gwf, modele):
        async with ctx.span("rendre pdf") as s: await s.work(60)
        async with ctx.span("SMTP", "CLIENT") as c:
            await c.work(45)
            if c.rng.random() < .04: c.log.warning("Adresse refusée, courrier papier", logger="mailer", dossier=gwf)
            else: c.log.debug("Message remis au serveur", logger="mailer", dossier=gwf)
        ctx.log.info("Courrier envoyé", logger="courriers", dossier=gwf, modèle=modele)

    @let.consumer("letter.send", retries=1)
    async def l1(ctx, m):
        ctx.log.info("Reçu letter.send", logger="messenger", id=m.id, dossier=m.body["gwf"], incoming=True)
        await lettre(ctx, m.body["gwf"], m.body["modele"])

    @let.consumer("sticker.printed")
    async def l2(ctx, m):
        ctx.log.info("Reçu sticker.printed", logger="messenger", id=m.id, dossier=m.body["gwf"], incoming=True)
        await lettre(ctx, m.body["gwf"], "passeport à retirer")

    @let.consumer("case.decided")
    async def l3(ctx, m):
        ctx.log.info("Reçu case.decided", logger="messenger", id=m.id, dossier=m.body["gwf"], décision=m.body["verdict"], incoming=True)
        if m.body["verdict"] == "REFUSED": await lettre(ctx, m.body["gwf"], "refus motivé")

    lb.noise(9, lambda log: log.info("Health check for server be_portal/portal1 succeeded, reason: Layer7 check passed, code: 200, check duration: 2ms, status: 3/3 UP."))
    eng.noise(4, lambda log: log.debug("Job acquisition: nothing to lock, backing off 1000 ms", logger="gov.cw.engine.acquisition"))
    bio.noise(7, lambda log: log.debug(f"Kiosk heartbeat {w.rng.randrange(1, 9)} ok"))
    wat.noise(6, lambda log: log.info("list delta applied", logger="sync.go:58", source="un", entries=w.rng.randrange(0, 12)))
    app.startup(lambda log: log.info("Application started in 1.204 seconds.", logger="io.ktor.server.Application"))
    prt.noise(8, lambda log: log.info("ribbon", logger="cups", left=f"{w.rng.randrange(20, 90)}%"))
    por.noise(5, lambda log: log.debug('"GET /healthz" 200', logger="visa.access"))


async def load(w):
    async def one(i):
        s, a = await w.start("haproxy", "POST /applications", {"form": "F%06d" % w.rng.randrange(10 ** 6), "country": w.rng.choice(["IN", "MA", "VN", "SN", "PE", "TR", "PH"]), "visa": w.rng.choice(["tourist", "student", "work", "family"]), "pages": w.rng.randrange(6, 40)})
        gwf = a["gwf"]
        if w.rng.random() < .06: return
        await sleep(w.rng.uniform(900, 3500))
        await w.start("haproxy", "POST /payments/notify", {"order": gwf, "method": w.rng.choice(["card", "sepa", "ideal"])})
        x = w.rng.random()
        if x < .12:
            await sleep(w.rng.uniform(400, 2000))
            await w.start("haproxy", f"POST /applications/{gwf}/appointment")
        elif x < .45:
            await sleep(w.rng.uniform(500, 9000))
            await w.start("haproxy", f"GET /applications/{gwf}")
    await arrivals(w, 125, 3, one)

record(build, load, "h_visa")
