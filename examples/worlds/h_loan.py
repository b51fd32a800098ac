"""Consumer loans: an application fans out to bureau, income and identity checks (Redis streams), a decision engine joins the facts,
scoring is asked, the offer is drawn up; the customer signs later; payouts go in scheduled batches."""
import json, datetime
from world import *


def zerolog(r):
    d = {"level": r.level.lower(), "service": "bff"} | r.fields
    if r.trace_id: d |= {"traceID": r.trace_id, "spanID": r.span_id}
    if r.incoming: d["traceparent"] = r.incoming
    return json.dumps(d | {"time": isoz(r, 3), "message": r.message}, separators=(",", ":"))


def quarkus(r):
    mdc = f"traceId={r.trace_id}, parentId={r.incoming_parent or ''}, spanId={r.span_id}, sampled=true " if r.trace_id else "traceId=, parentId=, spanId=, sampled= "
    return f"{r.time:%Y-%m-%d %H:%M:%S},{r.time.microsecond // 1000:03d} {r.level:5} {mdc}[{r.logger}] (executor-thread-{r.thread}) {r.message}"


def log4net(r):
    ndc = f"{r.trace_id}:{r.span_id}" if r.trace_id else "(null)"
    p = f" [parent {r.incoming_parent}]" if r.incoming_parent else ""
    return f"{r.time:%Y-%m-%d %H:%M:%S},{r.time.microsecond // 1000:03d} [{r.thread + 11}] {r.level:<5} {r.logger} [{ndc}] - {r.message}{p}"


def loguru(r):
    ex = f" | trace={r.trace_id} span={r.span_id}" if r.trace_id else ""
    if r.incoming: ex += f" traceparent={r.incoming}"
    return f"{r.time:%Y-%m-%d %H:%M:%S}.{r.time.microsecond // 1000:03d} | {r.level.replace('WARN', 'WARNING'):<8} | {r.logger} - {r.message}{ex}"


def bunyan(r):
    d = {"name": "kyc", "hostname": "kyc-7d4b", "pid": r.pid, "level": {"DEBUG": 20, "INFO": 30, "WARN": 40, "ERROR": 50}[r.level]} | r.fields
    if r.trace_id: d |= {"trace_id": r.trace_id, "span_id": r.span_id}
    if r.incoming_parent: d["parent_id"] = r.incoming_parent
    return json.dumps(d | {"msg": r.message, "time": isoz(r), "v": 0}, separators=(",", ":"))


def logback(r):
    mdc = f"[{r.trace_id}/{r.span_id}]" if r.trace_id else "[/]"
    p = f" (caused by {r.incoming_parent})" if r.incoming_parent else ""
    return f"{r.time:%d.%m.%Y %H:%M:%S}.{r.time.microsecond // 1000:03d} {r.level:<5} {mdc} {r.logger} | {r.message}{p}"


def gcp(r):
    d = {"severity": r.level.replace("WARN", "WARNING"), "timestamp": isoz(r, 6), "message": r.message}
    if r.fields: d["jsonPayload"] = r.fields
    if r.trace_id: d |= {"logging.googleapis.com/trace": f"projects/lend-prod/traces/{r.trace_id}", "logging.googleapis.com/spanId": r.span_id}
    if r.incoming: d["httpRequest"] = {"headers": {"traceparent": r.incoming}}
    return json.dumps(d)


def ecs(r):
    d = {"@timestamp": isoz(r), "log.level": r.level, "message": r.message, "ecs.version": "1.2.0", "service.name": "contracts", "log.logger": r.logger}
    if r.trace_id: d |= {"trace.id": r.trace_id, "span.id": r.span_id}
    if r.incoming_parent: d["parent.id"] = r.incoming_parent
    return json.dumps(d | {f"labels.{k}": v for k, v in r.fields.items()}, ensure_ascii=False)


def klog(r):
    kv = "".join(f' {k}={json.dumps(v, ensure_ascii=False)}' for k, v in r.fields.items())
    ids = f' traceID="{r.trace_id}" spanID="{r.span_id}"' if r.trace_id else ""
    if r.incoming: ids += f' traceparent="{r.incoming}"'
    return f'{r.level[0]}{r.time:%m%d %H:%M:%S.%f} {r.pid:7d} {r.logger}] {json.dumps(r.message, ensure_ascii=False)}{kv}{ids}'


def plainpy(r):
    t = f" dd.trace_id={r.trace_id} dd.span_id={r.span_id}" if r.trace_id else ""
    if r.incoming_parent: t += f" parent={r.incoming_parent}"
    return f"{r.time:%Y-%m-%d %H:%M:%S} mailer[{r.pid}] {r.level.replace('WARN', 'WARNING')}: {r.message}{t}"


def build(w):
    w.network_ms, w.broker_ms = 1.4, 5
    def stream_id():
        return f"{w.ns() // 1_000_000}-{w.ids.randrange(3)}"
    w.new_message_id = stream_id
    bff = w.service("bff", zerolog)
    ori = w.service("origination", quarkus, errors=lambda ctx, e: ctx.log.error(f"Message failed, nacked: {e}", logger="de.lend.ori.Streams"))
    bur = w.service("BureauAdapter", log4net, errors=lambda ctx, e: ctx.log.error(f"Unhandled exception in stream reader\nSystem.InvalidOperationException: {e}\n   at Lend.Bureau.Reader.HandleAsync(StreamEntry e) in /src/Reader.cs:line 61", logger="Lend.Bureau.Reader"))
    inc = w.service("income-check", loguru, errors=lambda ctx, e: ctx.log.error(f"gave up: {e}", logger="income.worker:run:52"))
    kyc = w.service("kyc", bunyan, errors=lambda ctx, e: ctx.log.error("stream handler error", err={"message": str(e), "name": "Error"}))
    dec = w.service("decision", logback, errors=lambda ctx, e: ctx.log.error(f"fact lost: {e}", logger="d.l.decision.FactListener"))
    sco = w.service("scoring", gcp)
    con = w.service("contracts", ecs)
    pay = w.service("payout", klog, errors=lambda ctx, e: ctx.log.error("Verarbeitung abgebrochen", logger="consumer.go:88", err=str(e)))
    mail = w.service("mailer", plainpy, errors=lambda ctx, e: ctx.log.error(f"Traceback: SMTPException: {e}"))
    apps, facts, sessions, due, n = {}, {}, {}, [], [48000, 9100]

    def front(route, name, target_route):
        @bff.http(route)
        async def h(ctx, body):
            path = body["_route"].split(" ")[1]
            ctx.log.info("request start", method=route.split(" ")[0], path=path, remote=f"88.{ctx.rng.randrange(255)}.4.9")
            async with ctx.client("origination", target_route(body)) as c:
                s, a = await c.send({k: v for k, v in body.items() if k[0] != "_"})
                if name == "submit": c.log.debug("origination answered", status=s, applicationId=a.get("applicationId"))
            ctx.log.info("request done", method=route.split(" ")[0], path=path, status=s, duration_ms=round(ctx.elapsed_ms(), 2), bytes=ctx.rng.randrange(60, 900))
            return s, a
    front("POST /api/applications", "submit", lambda b: "POST /applications")
    front("GET /api/applications/{id}", "status", lambda b: "GET /applications/" + b["_route"].split("/")[-1])
    front("POST /api/applications/{id}/signature", "sign", lambda b: "POST /applications/" + b["_route"].split("/")[-2] + "/signature")

    # ---- origination
    RES, STR = "de.lend.ori.ApplicationResource", "de.lend.ori.Streams"

    @ori.http("POST /applications")
    async def submit(ctx, body):
        n[0] += ctx.rng.randrange(1, 5)
        no = f"KR-2026-{n[0]:07d}"
        ctx.log.info(f"Application {no} received: {body['amount']} EUR over {body['months']} months", logger=RES, incoming=True)
        if body["amount"] > 75000:
            ctx.log.info(f"Application {no} refused at once, amount out of range", logger=RES)
            return 422, {"applicationId": no}
        async with ctx.span("insert application", "CLIENT") as c:
            await c.work(5)
            c.log.debug("insert into application (no, amount, months, status) values (?, ?, ?, ?)", logger="org.hibernate.SQL")
        apps[no] = {"status": "SUBMITTED", **body}
        async with ctx.producer("application.submitted") as p:
            mid = await p.send({"applicationNo": no, "amount": body["amount"], "months": body["months"], "iban": body["iban"]})
            p.log.debug(f"XADD application.submitted {mid}", logger=STR)
        ctx.log.info(f"Application {no} accepted for checking in {ctx.elapsed_ms():.0f} ms", logger=RES)
        return 202, {"applicationId": no}

    @ori.http("GET /applications/{id}")
    async def get(ctx, body):
        no = body["_route"].split("/")[-1]
        async with ctx.span("select application", "CLIENT") as c:
            await c.work(3)
            c.log.debug("select a1_0.no, a1_0.amount, a1_0.status from application a1_0 where a1_0.no=?", logger="org.hibernate.SQL")
        ctx.log.info(f"Read {no}: {apps[no]['status']}", logger=RES, incoming=True)
        return 200, {}

    @ori.consumer("decision.made", retries=2)
    async def decided(ctx, m):
        b = m.body
        no = b["applicationNo"]
        ctx.log.info(f"Decision {b['verdict']} arrived for {no}", logger=STR, incoming=True)
        async with ctx.span("update application", "CLIENT") as c: await c.work(4)
        if b["verdict"] == "YES":
            ctx.log.info(f"Asking for contract papers of {no}, rate {b['rate']}%", logger=STR)
            async with ctx.client("contracts", "POST /contracts") as c:
                s, a = await c.send({"application": no, "rate": b["rate"]})
                c.log.debug(f"contracts -> {s}", logger="de.lend.ori.ContractsClient")
            if s != 201:
                ctx.log.warning(f"No papers for {no} yet ({s}), redelivery", logger=STR)
                raise Exception("papers")
            apps[no]["contract"] = a["contract"]
        apps[no]["status"] = {"YES": "APPROVED", "NO": "DECLINED", "DESK": "IN_REVIEW"}[b["verdict"]]
        async with ctx.producer("customer.message") as p:
            await p.send({"ref": no, "template": {"YES": "offer", "NO": "declined", "DESK": "patience"}[b["verdict"]]})
            p.log.debug("XADD customer.message ok", logger=STR)
        ctx.log.info(f"Application {no} is {apps[no]['status']}", logger=STR)

    @ori.http("POST /applications/{id}/signature")
    async def sign(ctx, body):
        no = body["_route"].split("/")[-2]
        a = apps[no]
        ctx.log.info(f"Signature for {no}, code ***{body['tan'][-2:]}", logger=RES, incoming=True)
        if a["status"] != "APPROVED":
            ctx.log.warning(f"Signature refused, {no} is {a['status']}", logger=RES)
            return 409, {}
        async with ctx.client("contracts", f"POST /contracts/{a['contract']}/signatures") as c:
            s, _ = await c.send({"tan": body["tan"], "application": no})
            c.log.debug(f"contracts -> {s}", logger="de.lend.ori.ContractsClient")
        if s == 403:
            ctx.log.warning(f"Wrong TAN for {no}", logger=RES)
            return 403, {}
        a["status"] = "SIGNED"
        async with ctx.span("update application", "CLIENT") as c: await c.work(4)
        async with ctx.producer("contract.signed") as p:
            mid = await p.send({"applicationNo": no, "contract": a["contract"], "iban": a["iban"], "amount": a["amount"]})
            p.log.debug(f"XADD contract.signed {mid}", logger=STR)
        ctx.log.info(f"{no} signed", logger=RES)
        return 200, {}

    @ori.consumer("loan.disbursed")
    async def paid(ctx, m):
        ctx.log.info(f"Disbursement of {m.body['antragNr']} confirmed ({m.body['e2e']})", logger=STR, incoming=True)
        async with ctx.span("update application", "CLIENT") as c:
            await c.work(4)
            c.log.debug("update application set status=? where no=?", logger="org.hibernate.SQL")
        apps[m.body["antragNr"]]["status"] = "PAID"

    # ---- three checks
    @bur.consumer("application.submitted")
    async def bureau(ctx, m):
        no = m.body["applicationNo"]
        ctx.log.info(f"Entry {m.id}: credit report wanted, application={no}", logger="Lend.Bureau.Reader", incoming=True)

        async def ask(which, ms):
            for attempt in (1, 2):
                async with ctx.span(f"POST {which}.example/report", "CLIENT") as c:
                    await c.work(ms, .5)
                    if c.rng.random() < .06:
                        c.log.warning(f"{which} timed out after {c.elapsed_ms():.0f} ms (try {attempt})", logger="Lend.Bureau.Http")
                        c.fail()
                        continue
                    pts = c.rng.randrange(300, 900)
                    c.log.info(f"{which} OK {c.elapsed_ms():.0f} ms, points={pts}", logger="Lend.Bureau.Http")
                    return pts
            return None
        got = [x for x in await asyncio.gather(ask("schufa", 180), ask("crif", 110)) if x]
        async with ctx.span("MERGE Reports", "CLIENT") as c:
            await c.work(4)
            if len(got) == 2: c.log.debug(f"MERGE INTO Reports ... 1 row ({c.elapsed_ms():.1f} ms)", logger="Lend.Bureau.Sql")
        async with ctx.producer("fact.bureau") as p:
            mid = await p.send({"applicationNo": no, "points": round(sum(got) / len(got)) if got else 0})
        ctx.log.info(f"Report for {no} delivered as {mid}, sources={len(got)}, total {ctx.elapsed_ms():.0f} ms", logger="Lend.Bureau.Reader")

    @inc.consumer("application.submitted", retries=3, retry_ms=600)
    async def income(ctx, m):
        ref = m.body["applicationNo"]
        ctx.log.info(f"income check begins for {ref}, attempt {m.attempt}", logger="income.worker:handle:31", incoming=True)
        async with ctx.span("GET psd2.example/accounts/transactions", "CLIENT") as c:
            await c.work(260, .4)
            if c.rng.random() < .05:
                c.log.warning(f"bank answered 503 after {c.elapsed_ms():.0f}ms", logger="income.psd2:fetch:77")
                raise Exception("503")
            rows = c.rng.randrange(80, 600)
            c.log.debug(f"{rows} transactions fetched in {c.elapsed_ms():.0f}ms", logger="income.psd2:fetch:80")
        async with ctx.span("classify") as s:
            await s.work(60)
            net = s.rng.randrange(1400, 5200)
            if rows > 150: s.log.debug(f"salary found in {s.rng.randrange(3, 12)} of 12 months", logger="income.classify:run:19")
        async with ctx.producer("fact.income") as p:
            await p.send({"applicationNo": ref, "net": net})
            p.log.debug(f"fact.income added for {ref}", logger="income.bus:emit:12")
        ctx.log.info(f"income of {ref}: {net} EUR/month", logger="income.worker:handle:49")

    @kyc.consumer("application.submitted")
    async def identity(ctx, m):
        ses = "ses_" + "".join(ctx.rng.choice("abcdefghjkmnpqrstuvwxyz0123456789") for _ in range(14))
        sessions[ses] = m.body["applicationNo"]
        ctx.log.info("identification wanted", applicationId=m.body["applicationNo"], session=ses, entry=m.id, incoming=True)
        async with ctx.span("POST idnow.example/sessions", "CLIENT") as c:
            await c.work(70)
            c.log.debug("partner session created", status=201, ms=round(c.elapsed_ms()))
        ctx.log.info("waiting for callback", session=ses)

        async def partner():
            await sleep(ctx.rng.uniform(700, 4500))
            ok = ctx.rng.random() > .03
            await ctx.call("kyc", f"POST /callbacks/ident/{ses}", {"result": "SUCCESS" if ok else "REJECTED"}, client_span=False)
        ctx.spawn(partner())

    @kyc.http("POST /callbacks/ident/{session}")
    async def callback(ctx, body):
        ses = body["_route"].split("/")[-1]
        ctx.log.info("callback received", session=ses, result=body["result"], incoming=True)
        async with ctx.span("findOneAndUpdate sessions", "CLIENT") as c: await c.work(3)
        async with ctx.producer("fact.identity") as p:
            mid = await p.send({"applicationNo": sessions[ses], "ok": body["result"] == "SUCCESS"})
            p.log.debug("fact sent", stream="fact.identity", entry=mid)
        ctx.log.info("callback handled", session=ses, applicationId=sessions[ses], status=204, responseTime=round(ctx.elapsed_ms()))
        return 204, {}

    # ---- decision: joins
    def fact(topic, word):
        @dec.consumer(topic)
        async def got(ctx, m):
            no = m.body["applicationNo"]
            ctx.log.info(f"{word} known for {no}", logger="d.l.decision.FactListener", incoming=True)
            async with ctx.span("HSET facts", "CLIENT") as c: await c.work(1)
            have = facts.setdefault(no, {})
            have[word] = (m.body, m.origin)
            if len(have) < 3 or have.get("done"):
                ctx.log.debug(f"{no}: {len(have)} of 3 facts, waiting", logger="d.l.decision.Join")
                return
            have["done"] = True
            for k in have:
                if k not in (word, "done"): ctx.link(have[k][1])
            ctx.log.info(f"{no}: all facts here, deciding", logger="d.l.decision.Join")
            async with ctx.client("scoring", "POST /v1/score") as c:
                s, a = await c.send({"app": no, "points": have["bureau"][0]["points"], "net": have["income"][0]["net"]})
                c.log.debug(f"score service says {a['pd']:.4f} ({c.elapsed_ms():.0f} ms)", logger="d.l.decision.ScoreClient")
            async with ctx.span("fire rules") as s:
                await s.work(12)
                verdict = "NO" if not have["identity"][0]["ok"] or a["pd"] > .12 else "DESK" if a["pd"] > .105 else "YES"
                s.log.debug(f"{s.rng.randrange(4, 19)} rules fired for {no}", logger="d.l.decision.Rules")
            async with ctx.producer("decision.made") as p:
                await p.send({"applicationNo": no, "verdict": verdict, "rate": round(3.9 + a["pd"] * 30, 2)})
                p.log.debug(f"decision.made written, {no}", logger="d.l.decision.Out")
            ctx.log.info(f"{no} decided: {verdict}, pd={a['pd']:.4f}", logger="d.l.decision.Join")
    fact("fact.bureau", "bureau"); fact("fact.income", "income"); fact("fact.identity", "identity")

    @sco.http("POST /v1/score")
    async def score(ctx, body):
        ctx.log.info("score request", app=body["app"], model="lgbm-2026-08", incoming=True)
        async with ctx.span("BigQuery features", "CLIENT") as c:
            await c.work(45)
            c.log.debug("features loaded", rows=1, cached=c.rng.random() < .3)
        async with ctx.span("predict") as s: await s.work(8)
        pd = ctx.rng.betavariate(2, 40)
        ctx.log.info("score response", app=body["app"], pd=round(pd, 5), latency_ms=round(ctx.elapsed_ms(), 1))
        return 200, {"pd": pd}

    # ---- contracts
    @con.http("POST /contracts")
    async def draw(ctx, body):
        cno = f"C.{body['application'][-7:].lstrip('0')}.1"
        ctx.log.info("Drawing up contract", logger="ContractService", incoming=True, application=body["application"], contract=cno)
        async with ctx.span("render contract pdf") as s:
            await s.work(150)
            s.log.info("Template loan_de_v14 rendered, 11 pages", logger="Renderer", contract=cno)
        async with ctx.span("PUT s3 object", "CLIENT") as c:
            await c.work(40)
            c.log.debug("Uploaded", logger="S3", key=f"contracts/{cno}.pdf", ms=round(c.elapsed_ms()))
        if ctx.rng.random() < .03:
            ctx.log.error("Archive refused document", logger="ContractService", contract=cno)
            return 502, {}
        ctx.log.info("Contract ready to sign", logger="ContractService", contract=cno)
        return 201, {"contract": cno}

    @con.http("POST /contracts/{c}/signatures")
    async def signature(ctx, body):
        cno = body["_route"].split("/")[-2]
        ctx.log.info("Checking signature", logger="SignatureService", incoming=True, contract=cno)
        await ctx.work(25)
        if body["tan"].startswith("9"):
            ctx.log.warning("TAN mismatch", logger="SignatureService", contract=cno)
            return 403, {}
        async with ctx.span("seal document") as s:
            await s.work(90)
            s.log.info("Qualified seal applied", logger="Sealer", contract=cno, algo="RSA-PSS")
        ctx.log.info("Signature stored", logger="SignatureService", contract=cno, tookMs=round(ctx.elapsed_ms()))
        return 200, {}

    # ---- payout (German team)
    @pay.consumer("contract.signed", retries=1)
    async def reserve(ctx, m):
        b = m.body
        ctx.log.info("Vertrag unterschrieben, Auszahlung wird vorgemerkt", logger="consumer.go:41", incoming=True, antragNr=b["applicationNo"], vertrag=b["contract"])
        async with ctx.client("BureauAdapter", "GET /sanctions") as c:
            s, a = await c.send({"iban": b["iban"]})
            c.log.debug("Sanktionsliste geprüft", logger="aml.go:23", treffer=0)
        async with ctx.span("INSERT auszahlung", "CLIENT") as c: await c.work(3)
        due.append((ctx, b))
        ctx.log.info("vorgemerkt", logger="consumer.go:63", antragNr=b["applicationNo"], betrag=b["amount"])

    @bur.http("GET /sanctions")
    async def sanctions(ctx, body):
        await ctx.work(14)
        ctx.log.info(f"GET /sanctions?iban={body['iban'][:8]}... => 200 [{ctx.elapsed_ms():.1f} ms]", logger="Lend.Bureau.Web", incoming=True)
        return 200, {}

    @pay.every(3, first=6)
    async def payout_run(ctx):
        some, due[:] = due[:], []
        if not some:
            ctx.log.debug("nichts zu tun", logger="batch.go:30")
            return
        n[1] += 1
        ctx.log.info("Lauf beginnt", logger="batch.go:34", lauf=n[1], anzahl=len(some))
        async with ctx.span("POST bank.example/pain001", "CLIENT") as c:
            await c.work(220)
            c.log.info("Bank hat Datei angenommen", logger="ebics.go:102", lauf=n[1], dauer=f"{c.elapsed_ms():.0f}ms")
        for origin, b in some:
            ctx.link(origin)
            e2e = f"E2E{n[1]}X{b['applicationNo'][-5:]}"
            async with ctx.producer("loan.disbursed") as p:
                await p.send({"antragNr": b["applicationNo"], "e2e": e2e})
                p.log.info("ausgezahlt", logger="batch.go:58", antragNr=b["applicationNo"], e2e=e2e, betrag=b["amount"])
        ctx.log.info("Lauf beendet", logger="batch.go:66", lauf=n[1])

    # ---- mail
    async def post(ctx, ref, template):
        async with ctx.span("SMTP send", "CLIENT") as c:
            await c.work(90)
            if c.rng.random() < .6: c.log.debug(f"250 2.0.0 Ok: queued as {c.rng.getrandbits(40):010X}")
        ctx.log.info(f"mail '{template}' gone out for {ref}")

    @mail.consumer("customer.message")
    async def m1(ctx, m):
        ctx.log.info(f"got {m.id}: '{m.body['template']}' for {m.body['ref']}", incoming=True)
        await post(ctx, m.body["ref"], m.body["template"])

    @mail.consumer("loan.disbursed")
    async def m2(ctx, m):
        ctx.log.info(f"got {m.id}: paid out, {m.body['antragNr']}", incoming=True)
        await post(ctx, m.body["antragNr"], "money_is_coming")

    ori.startup(lambda log: log.info("origination 4.2.0 on JVM (powered by Quarkus 3.15.1) started in 2.914s. Listening on: http://0.0.0.0:8080", logger="io.quarkus"))
    bff.noise(4, lambda log: log.debug("healthz", path="/healthz", status=200))
    dec.noise(9, lambda log: log.info(f"KieBase unchanged, {312} rules", logger="d.l.decision.Reload"))
    bur.noise(6, lambda log: log.debug("IHttpClientFactory: cleanup cycle, 0 expired handlers", logger="Microsoft.Extensions.Http"))
    sco.noise(8, lambda log: log.info("model cache refreshed", models=3))
    pay.noise(7, lambda log: log.info("leader election: still leader", logger="leader.go:12"))


async def load(w):
    async def one(i):
        s, a = await w.start("bff", "POST /api/applications", {"amount": w.rng.choice([2500, 5000, 8000, 12000, 20000, 35000]) if w.rng.random() > .03 else 90000, "months": w.rng.choice([12, 24, 36, 60]),
                                                               "iban": f"DE{w.rng.randrange(10, 99)}5001{w.rng.randrange(10 ** 13):013d}"})
        if s != 202: return
        no = a["applicationId"]
        x = w.rng.random()
        if x < .3:
            await sleep(w.rng.uniform(700, 4000))
            await w.start("bff", f"GET /api/applications/{no}")
        if x > .15:
            await sleep(w.rng.uniform(4500, 9000))
            await w.start("bff", f"POST /api/applications/{no}/signature", {"tan": f"{w.rng.randrange(10 ** 6):06d}"})
    await arrivals(w, 120, 3, one)

record(build, load, "h_loan")
