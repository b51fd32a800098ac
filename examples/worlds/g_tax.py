"""Filing of tax returns: portal, orchestrator with a state machine and polled jobs, validation fan-out, withholding register, assessment, notices, appeals. Orchestrated, with synchronous depth."""
import json
from world import *


# HAProxy-ish access log, microsecond syslog time
def envoy(r):
    f = r.fields
    if "path" not in f: return f"[{isoz(r)}] {r.level.lower()} envoy upstream {r.message}"
    ids = f' "{r.trace_id}" "{r.span_id}"' if r.trace_id else ' "-" "-"'
    up = f' "{r.incoming}"' if r.incoming else ""
    return f'[{isoz(r)}] "{f["method"]} {f["path"]} HTTP/1.1" {f["code"]} - {f["rx"]} {f["tx"]} {f["ms"]} "{f["upstream"]}"{ids}{up}'


# Java EE / JBoss
def jboss(r):
    ids = f" [tid:{r.trace_id} sid:{r.span_id}]" if r.trace_id else " [tid: sid:]"
    up = f" [psid:{r.incoming_parent}]" if r.incoming_parent else ""
    return f"{r.time:%Y-%m-%d %H:%M:%S},{r.time.microsecond // 1000:03d} {r.level:<5} [{r.logger}] (default task-{r.thread}){ids}{up} {r.message}"


# Go slog JSON
def slogjson(r):
    d = {"time": isoz(r, 9), "level": r.level, "msg": r.message} | r.fields
    if r.trace_id: d |= {"trace_id": r.trace_id, "span_id": r.span_id}
    if r.incoming: d["traceparent"] = r.incoming
    return json.dumps(d, separators=(",", ":"))


# .NET default JSON console
def dotnet(r):
    lvl = {"DEBUG": "Debug", "INFO": "Information", "WARN": "Warning", "ERROR": "Error"}[r.level]
    d = {"Timestamp": isoz(r), "EventId": 0, "LogLevel": lvl, "Category": r.logger, "Message": r.message}
    if r.fields: d["State"] = r.fields
    if r.trace_id: d["Scopes"] = [{"Message": f"SpanId:{r.span_id}, TraceId:{r.trace_id}, ParentId:{r.incoming_parent or '0000000000000000'}", "SpanId": r.span_id, "TraceId": r.trace_id}]
    return json.dumps(d)


# COBOL side's adapter: whole seconds, fixed columns
def host(r):
    ids = f" TRC={r.trace_id} SPN={r.span_id}" if r.trace_id else ""
    up = f" PAR={r.incoming_parent}" if r.incoming_parent else ""
    return f"{r.time:%y.%j %H:%M:%S} STEU{r.pid % 1000:03d} {r.level[0]} {r.message}{ids}{up}"


# python-json-logger
def pyjson(r):
    d = {"asctime": f"{r.time:%Y-%m-%d %H:%M:%S},{r.time.microsecond // 1000:03d}", "levelname": r.level.replace("WARN", "WARNING"), "name": r.logger, "message": r.message} | r.fields
    if r.trace_id: d |= {"otelTraceID": r.trace_id, "otelSpanID": r.span_id, "otelServiceName": "risk"}
    if r.incoming_parent: d["otelParentID"] = r.incoming_parent
    return json.dumps(d)


# zap console with tabs
def zapcon(r):
    d = dict(r.fields)
    if r.trace_id: d |= {"traceId": r.trace_id, "spanId": r.span_id}
    if r.incoming: d["traceparent"] = r.incoming
    return f"{isoz(r)}\t{r.level}\t{r.logger}\t{r.message}" + (f"\t{json.dumps(d)}" if d else "")


# Ruby semantic logger
def semantic(r):
    ids = f" {{trace_id: {r.trace_id}, span_id: {r.span_id}}}" if r.trace_id else ""
    up = f" {{parent: {r.incoming_parent}}}" if r.incoming_parent else ""
    kv = " -- " + str(r.fields).replace("'", '"') if r.fields else ""
    return f"{r.time:%Y-%m-%d %H:%M:%S.%f} {r.level[0]} [{r.pid}:sidekiq-{r.thread}]{ids}{up} {r.logger} -- {r.message}{kv}"


def build(w):
    w.network_ms, w.broker_ms = 1.3, 12
    w.new_message_id = lambda: "ID:mq-%d-%d-1:%d" % (w.ids.randrange(40000, 60000), w.ids.randrange(10 ** 6, 10 ** 7), w.ids.randrange(1, 900))
    edge = w.service("envoy", envoy)
    portal = w.service("portal", slogjson, errors=lambda ctx, e: ctx.log.error("inbox update failed", err=str(e)))
    flow = w.service("casework", jboss, errors=lambda ctx, e: ctx.log.error(f"WFLYEJB0034: Invocation failed on component CaseMDB: jakarta.ejb.EJBException: {e}\n\tat deployment.casework.war//gov.tax.CaseMDB.onMessage(CaseMDB.java:54)\n\tat java.base/java.lang.Thread.run(Thread.java:840)", logger="org.jboss.as.ejb3.invocation"))
    rules = w.service("plausibility", dotnet, errors=lambda ctx, e: ctx.log.error(f"Unhandled: {e}", logger="Plausi.Worker"))
    reg = w.service("register-host", host)
    risk = w.service("risk", pyjson, errors=lambda ctx, e: ctx.log.error("task failed", logger="risk.tasks", exc=str(e)))
    assess = w.service("assessment", zapcon, errors=lambda ctx, e: ctx.log.error("assessment failed", logger="assess/worker", error=str(e)))
    notice = w.service("notices", semantic, errors=lambda ctx, e: ctx.log.error(f"Job dead: {e}", logger="NoticeJob"))
    cases, tickets, seq = {}, {}, {"c": 118200, "n": 66100}
    w.cases = cases

    # ------------------------------------------------------------ edge
    async def any_(ctx, b):
        target = "casework" if "/appeals" in b["_route"] else "portal"
        status, a = await ctx.call(target, b["_route"], {k: v for k, v in b.items() if k[0] != "_"}, client_span=False)
        method, path = b["_route"].split(" ")
        ctx.log.info("", incoming=True, method=method, path=path, code=status, rx=ctx.rng.randrange(0, 60000), tx=ctx.rng.randrange(50, 900), ms=int(ctx.elapsed_ms()), upstream={"portal": "10.40.1.11:8080", "casework": "10.40.2.7:8080"}[target])
        return status, a
    for route in ("POST /returns", "GET /returns/{ticket}", "POST /cases/{no}/appeals"):
        edge.http(route)(any_)

    # ------------------------------------------------------------ portal
    @portal.http("POST /returns")
    async def submit(ctx, b):
        seq["c"] += 1
        ticket = f"{b['year']}-{seq['c']}"
        ctx.log.info("return submitted", incoming=True, ticket=ticket, form=b["form"], taxpayer=b["tin"])
        async with ctx.span("check signature") as c:
            await c.work(18)
            c.log.debug("certificate valid", issuer="eID-CA 4", ms=round(c.elapsed_ms(), 1))
        async with ctx.span("put object", "CLIENT") as c:
            await c.work(25)
        async with ctx.client("casework", "POST /cases") as c:
            status, a = await c.send({"ticket": ticket, "tin": b["tin"], "form": b["form"], "year": b["year"]})
            if status != 201: c.log.warning("casework refused", ticket=ticket, status=status)
            else: c.log.debug("case opened", ticket=ticket, case=a["case"])
        tickets[ticket] = {"case": a.get("case"), "state": "IN_PROGRESS" if status == 201 else "DUPLICATE"}
        ctx.log.info("receipt issued", ticket=ticket, state=tickets[ticket]["state"], ms=round(ctx.elapsed_ms(), 1))
        return (202 if status == 201 else 409), {"ticket": ticket, "case": a.get("case")}

    @portal.http("GET /returns/{ticket}")
    async def status_(ctx, b):
        t = b["_route"].split("/")[-1]
        ctx.log.debug("status asked", incoming=True, ticket=t)
        case = tickets[t]["case"]
        if case: await ctx.call("casework", f"GET /cases/{case}")
        ctx.log.info("status told", ticket=t, state=tickets[t]["state"], ms=round(ctx.elapsed_ms(), 1))
        return 200, {}

    @portal.consumer("notice.delivered")
    async def inbox(ctx, m):
        ctx.log.info("notice for inbox", incoming=True, notice=m.body["notice"], mq_id=m.id)
        async with ctx.span("INSERT inbox", "CLIENT") as c:
            await c.work(4)
            c.log.debug("exec", sql="INSERT INTO inbox", ms=round(c.elapsed_ms(), 2))
        for t in tickets.values():
            if t["case"] == m.body["case"]: t["state"] = "DONE"
        ctx.log.info("inbox updated", notice=m.body["notice"])

    # ------------------------------------------------------------ casework: the orchestrator
    @flow.http("POST /cases")
    async def open_case(ctx, b):
        case = f"{b['tin'][:3]}/{seq['c'] % 10000:04d}/{b['year'] % 100}"
        key = case.replace("/", "-")
        ctx.log.info(f"CaseResource.open({b['ticket']})", logger="gov.tax.CaseResource", incoming=True)
        await ctx.work(3)
        if ctx.rng.random() < 0.03:
            ctx.log.warning(f"{b['ticket']}: return for {b['year']} exists already", logger="gov.tax.CaseResource")
            return 409, {}
        async with ctx.span("INSERT TAX_CASE", "CLIENT") as c:
            await c.work(6)
            c.log.debug("insert into TAX_CASE (CASE_NO, STATE) values (?, 'RECEIVED')", logger="org.hibernate.SQL")
        cases[key] = {"state": "RECEIVED", "replies": {}, "tin": b["tin"], "form": b["form"], "year": b["year"]}
        await command(ctx, "plausi.check", key, lines=ctx.rng.randrange(20, 140))
        ctx.log.info(f"CaseResource.open() -> {key} in {ctx.elapsed_ms():.0f} ms", logger="gov.tax.CaseResource")
        return 201, {"case": key}

    async def command(ctx, queue, case, **more):
        async with ctx.producer(queue) as p:
            p.log.info(f"Case {case} >>> {queue}", logger="gov.tax.flow.Commands")
            await p.send(dict(more, case=case, tin=cases[case]["tin"], form=cases[case]["form"], year=cases[case]["year"]))

    @flow.http("GET /cases/{no}")
    async def get_case(ctx, b):
        async with ctx.span("SELECT TAX_CASE", "CLIENT") as c:
            await c.work(3)
            c.log.debug("select STATE from TAX_CASE where CASE_NO=?", logger="org.hibernate.SQL")
        no = b["_route"].split("/")[-1]
        ctx.log.info(f"CaseResource.get({no}) -> {cases[no]['state']}", logger="gov.tax.CaseResource", incoming=True)
        return 200, {}

    async def step(ctx, case, state):
        async with ctx.span("UPDATE TAX_CASE", "CLIENT") as c:
            await c.work(5)
        ctx.log.info(f"Case {case}: {cases[case]['state']} => {state}", logger="gov.tax.flow.StateMachine")
        cases[case]["state"] = state

    @flow.consumer("plausi.result")
    async def plausible(ctx, m):
        case = m.body["case"]
        ctx.log.info(f"Case {case} <<< plausi.result {m.body['result']}", logger="gov.tax.flow.Replies", incoming=True)
        if m.body["result"] == "REJECT":
            await step(ctx, case, "RETURNED")
            await command(ctx, "notice.write", case, kind="correction")
            return
        await step(ctx, case, "CHECKED")
        await command(ctx, "risk.score", case)
        await command(ctx, "assess.precalc", case)

    async def second(ctx, m, what):
        case = m.body["case"]
        ctx.log.info(f"Case {case} <<< {what}", logger="gov.tax.flow.Replies", incoming=True)
        r = cases[case]["replies"]
        if what in r:
            ctx.log.warning(f"Case {case}: {what} came twice, ignored", logger="gov.tax.flow.Replies")
            return
        r[what] = m
        await ctx.work(2)
        if not {"risk.result", "assess.draft"} <= set(r): return
        for k, other in r.items():
            if k != what: ctx.link(other.origin)
        if r["risk.result"].body["score"] > 0.8:
            await step(ctx, case, "MANUAL_REVIEW")
            async with ctx.span("clerk decides") as c:
                await c.work(2500, 0.4)
                c.log.info(f"Clerk {ctx.rng.choice(['K114', 'K207', 'K031'])} released case {case}", logger="gov.tax.flow.Clerk")
        await step(ctx, case, "ASSESSING")
        await command(ctx, "assess.final", case, draft=r["assess.draft"].body["amount"])

    @flow.consumer("risk.result")
    async def f1(ctx, m): await second(ctx, m, "risk.result")

    @flow.consumer("assess.draft")
    async def f2(ctx, m): await second(ctx, m, "assess.draft")

    @flow.consumer("assess.done")
    async def assessed(ctx, m):
        ctx.log.info(f"Case {m.body['case']} <<< assess.done {m.body['amount']}", logger="gov.tax.flow.Replies", incoming=True)
        await step(ctx, m.body["case"], "ASSESSED")
        await command(ctx, "notice.write", m.body["case"], kind="assessment", amount=m.body["amount"])

    @flow.http("POST /cases/{no}/appeals")
    async def appeal(ctx, b):
        no = b["_route"].split("/")[2]
        ctx.log.info(f"AppealResource.lodge({no})", logger="gov.tax.AppealResource", incoming=True)
        await step(ctx, no, "APPEALED")
        await command(ctx, "notice.write", no, kind="suspension")
        ctx.log.info(f"AppealResource.lodge() took {ctx.elapsed_ms():.0f} ms", logger="gov.tax.AppealResource")
        return 201, {}

    # ------------------------------------------------------------ plausibility
    @rules.consumer("plausi.check", retries=2, retry_ms=400)
    async def check(ctx, m):
        case = m.body["case"]
        ctx.log.info(f"Checking {case} ({m.body['form']}, {m.body['lines']} lines), delivery {m.attempt}", logger="Plausi.Worker", incoming=True)

        async def wages():
            async with ctx.client("register-host", "CALL LSTB-READ") as c:
                status, a = await c.send({"tin": m.body["tin"], "year": m.body["year"]})
                c.log.debug(f"Wage statements: RC={status}", logger="Plausi.HostClient")
                return status

        async def person():
            async with ctx.client("register-host", "CALL PERS-READ") as c:
                status, a = await c.send({"tin": m.body["tin"]})
                return status

        async def arithmetic():
            async with ctx.span("arithmetic rules") as c:
                await c.work(30)
                c.log.debug("Arithmetic rules evaluated", logger="Plausi.Rules", Rules=214, Hits=ctx.rng.randrange(0, 4))
        codes = await asyncio.gather(wages(), person(), arithmetic())
        if 504 in codes[:2]:
            ctx.log.warning(f"Host timed out for {case}", logger="Plausi.Worker")
            if m.attempt < 3: raise Exception("host timeout")
        result = "REJECT" if ctx.rng.random() < 0.06 else "OK"
        async with ctx.producer("plausi.result") as p:
            await p.send({"case": case, "result": result})
            p.log.debug(f"Answer for {case} put on plausi.result", logger="Plausi.Queue")
        ctx.log.info(f"Checked {case}: {result} after {ctx.elapsed_ms():.0f} ms", logger="Plausi.Worker")

    # ------------------------------------------------------------ mainframe adapter
    @reg.http("CALL LSTB-READ")
    async def lstb(ctx, b):
        ctx.log.info(f"LSTB-READ TIN={b['tin']} JAHR={b['year']} BEGINN", incoming=True)
        async with ctx.span("CICS LINK LSTB010", "CLIENT") as c:
            await c.work(60)
            slow = ctx.rng.random() < 0.03
            if not slow:
                c.log.debug(f"LINK LSTB010 COMMAREA={ctx.rng.randrange(200, 4000)} RESP=0")
            else:
                await c.work(900)
                c.log.warning("AEY9 KEINE ANTWORT VON CICS REGION 4")
        if slow: return 504, {}
        ctx.log.info(f"LSTB-READ ENDE RC=00 SAETZE={ctx.rng.randrange(1, 4)}")
        return 0, {}

    @reg.http("CALL PERS-READ")
    async def pers(ctx, b):
        await ctx.work(25)
        ctx.log.info(f"PERS-READ TIN={b['tin']} ENDE RC=00", incoming=True)
        return 0, {}

    @reg.http("CALL KONTO-BUCHEN")
    async def konto(ctx, b):
        ctx.log.info(f"KONTO-BUCHEN AKTE={b['case']} BEGINN", incoming=True)
        async with ctx.span("DB2 COMMIT", "CLIENT") as c:
            await c.work(35)
            c.log.debug("SQLCODE=0")
        ctx.log.info(f"KONTO-BUCHEN AKTE={b['case']} ENDE RC=00")
        return 0, {}

    # ------------------------------------------------------------ risk
    @risk.consumer("risk.score", concurrency=4)
    async def score(ctx, m):
        ctx.log.info("task received", logger="risk.tasks", incoming=True, case_id=m.body["case"], task_id=m.id)
        async with ctx.span("feature store", "CLIENT") as c:
            await c.work(40)
            c.log.debug("features", logger="risk.features", n=118)
        async with ctx.span("predict") as c:
            await c.work(22)
            s = ctx.rng.random() ** 1.6
            c.log.info("scored", logger="risk.model", score=round(s, 3), version="gbm-2026-03")
        await ctx.publish("risk.result", {"case": m.body["case"], "score": s})
        ctx.log.info("task succeeded", logger="risk.tasks", case_id=m.body["case"], runtime=round(ctx.elapsed_ms() / 1000, 3))

    # ------------------------------------------------------------ assessment
    @assess.consumer("assess.precalc")
    async def precalc(ctx, m):
        ctx.log.info("precalc begins", logger="assess/worker", incoming=True, file=m.body["case"])
        async with ctx.span("load tariff", "CLIENT") as c:
            await c.work(4)
        async with ctx.span("compute") as c:
            await c.work(80)
            amount = ctx.rng.randrange(-2400, 9000)
            c.log.debug("computed", logger="assess/tariff", taxable=ctx.rng.randrange(12000, 160000), due=amount)
        async with ctx.producer("assess.draft") as p:
            await p.send({"case": m.body["case"], "amount": amount})
            p.log.info("draft sent", logger="assess/mq", file=m.body["case"])

    @assess.consumer("assess.final", retries=1)
    async def final(ctx, m):
        case = m.body["case"]
        ctx.log.info("final assessment", logger="assess/worker", incoming=True, file=case, draft=m.body["draft"])
        async with ctx.client("register-host", "CALL KONTO-BUCHEN") as c:
            rc, _ = await c.send({"case": case})
            c.log.debug("account posted", logger="assess/host", rc=rc, elapsed=f"{c.elapsed_ms():.1f}ms")
        async with ctx.span("INSERT assessments", "CLIENT") as c:
            await c.work(6)
            if m.attempt == 1 and ctx.rng.random() < 0.03:
                c.log.warning("serialization failure", logger="assess/db", sqlstate="40001")
                raise Exception("40001")
        async with ctx.producer("assess.done") as p:
            where = await p.send({"case": case, "amount": m.body["draft"]})
            p.log.debug("put", logger="assess/mq", queue="assess.done", mqid=where)
        ctx.log.info("final assessment stored", logger="assess/worker", file=case, elapsed=f"{ctx.elapsed_ms():.1f}ms")

    # ------------------------------------------------------------ notices
    @notice.consumer("notice.write")
    async def write(ctx, m):
        seq["n"] += 1
        n = f"B{seq['n']}"
        ctx.log.info(f"Start #perform {n}", logger="NoticeJob", incoming=True, az=m.body["case"], kind=m.body["kind"])
        async with ctx.span("render") as c:
            await c.work(160)
            c.log.debug(f"{n}: pdf/a of {ctx.rng.randrange(2, 9)} pages", logger="Renderer")
        if ctx.rng.random() < 0.3:
            async with ctx.span("print centre upload", "CLIENT") as c:
                await c.work(210)
                c.log.info(f"{n} handed to print centre", logger="PrintCentre")
        else:
            async with ctx.producer("notice.delivered") as p:
                await p.send({"notice": n, "case": m.body["case"]})
                p.log.debug(f"{n} goes to the inbox", logger="NoticeJob")
        ctx.log.info(f"Completed #perform {n} ({ctx.elapsed_ms():.1f}ms)", logger="NoticeJob")

    # a nightly thing in small
    @flow.every(7, first=5)
    async def deadline_watch(ctx):
        ctx.log.info("DeadlineTimer fired", logger="gov.tax.timer.DeadlineTimer")
        async with ctx.span("SELECT TAX_CASE", "CLIENT") as c:
            await c.work(20)
            c.log.debug("select CASE_NO from TAX_CASE where DUE < ?", logger="org.hibernate.SQL")
        ctx.log.info(f"DeadlineTimer done, {sum(c['state'] == 'RETURNED' for c in cases.values())} overdue", logger="gov.tax.timer.DeadlineTimer")

    edge.noise(5, lambda log: log.info("cluster portal: 3/3 healthy"))
    flow.noise(6, lambda log: log.debug("IJ020018: Enabling <validate-on-match> pool CaseDS active=4", logger="org.jboss.jca.core"))
    reg.noise(6, lambda log: log.info("VERBINDUNG CICS4 OK"))
    risk.startup(lambda log: log.info("celery@risk-1 ready.", logger="celery.worker"))
    rules.noise(7, lambda log: log.debug("Rule catalogue unchanged (etag W/\"5521\")", logger="Plausi.Catalogue"))


async def load(w):
    r = w.rng

    async def one(i):
        status, a = await w.start("envoy", "POST /returns", {"tin": "%011d" % r.randrange(10 ** 10, 10 ** 11), "form": r.choice(["ESt1A", "ESt1A", "USt2A", "GewSt1A"]), "year": r.choice([2024, 2025, 2025])})
        if r.random() < 0.3:
            await sleep(r.uniform(200, 5000))
            await w.start("envoy", "GET /returns/" + a["ticket"])
        if status == 202 and r.random() < 0.12:
            await sleep(r.uniform(5000, 9000))
            if w.cases[a["case"]]["state"] == "ASSESSED":
                await w.start("envoy", f"POST /cases/{a['case']}/appeals")
    await arrivals(w, 125, 4.5, one)

record(build, load, "g_tax")
