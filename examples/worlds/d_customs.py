import json
from world import *

SYS = {"DEBUG": 7, "INFO": 6, "WARN": 4, "ERROR": 3}


# portal: Apache-like access plus application lines of a JBoss reverse
def portal_f(r):
    if r.logger == "access":
        return r.fields["host"] + f" - {r.fields['user']} [{r.time:%d/%b/%Y:%H:%M:%S} +0000] {r.message}" + (f" tid={r.trace_id} sid={r.span_id}" if r.trace_id else "") + (f' "{r.incoming}"' if r.incoming else "")
    t = f" [trace={r.trace_id} span={r.span_id}]" if r.trace_id else ""
    return f"{r.time:%Y-%m-%d %H:%M:%S} {r.level} portal[{r.pid}]{t} {r.message}" + (f" parent={r.incoming_parent}" if r.incoming_parent else "")


# message gateway: logback, German administration
def gateway_f(r):
    mdc = f"[traceId={r.trace_id}, spanId={r.span_id}] " if r.trace_id else "[] "
    p = f" (Eingang traceparent {r.incoming})" if r.incoming else ""
    return f"{r.time:%d.%m.%Y %H:%M:%S}.{r.time.microsecond // 1000:03d} [AtlasListener-{r.thread}] {r.level:<5} {r.logger} {mdc}- {r.message}{p}"


# case engine: Go slog text handler
def slog_text(r):
    q = lambda v: json.dumps(v) if isinstance(v, str) and (" " in v or "=" in v or '"' in v) else v
    s = f"time={isoz(r, 3)} level={r.level} msg={q(r.message)}"
    for k, v in r.fields.items(): s += f" {k}={q(v)}"
    if r.trace_id: s += f" trace_id={r.trace_id} span_id={r.span_id}"
    if r.incoming: s += f" traceparent={r.incoming}"
    return s


# plausibility checks: log4net
def log4net(r):
    c = f"{r.trace_id}|{r.span_id}" if r.trace_id else "(null)|(null)"
    p = f"|{r.incoming_parent}" if r.incoming_parent else ""
    return f"{r.time:%Y-%m-%d %H:%M:%S},{r.time.microsecond // 1000:03d} [{r.thread}] {r.level:<5} {r.logger} [{c}{p}] - {r.message}"


# tariff: French team, structlog logfmt
def tarif_f(r):
    d = {"horodatage": isoz(r, 6), "niveau": {"DEBUG": "debug", "INFO": "info", "WARN": "avertissement", "ERROR": "erreur"}[r.level], "evenement": r.message} | r.fields
    if r.trace_id: d |= {"trace_id": r.trace_id, "span_id": r.span_id}
    if r.incoming: d["traceparent"] = r.incoming
    return json.dumps(d, ensure_ascii=False)


# risk: python logging, key=value console of structlog
def structlog_console(r):
    f = " ".join(f"{k}={v}" for k, v in (list(r.fields.items()) + ([("span_id", r.span_id), ("trace_id", r.trace_id)] if r.trace_id else []) + ([("parent_id", r.incoming_parent)] if r.incoming_parent else [])))
    return f"{isoz(r, 6)} [{('warning' if r.level == 'WARN' else r.level.lower()):<9}] {r.message:<30} [{r.logger}] {f}"


# duty accounts: COBOL shop behind WildFly: server.log
def wildfly(r):
    m = f" {{X-B3-TraceId={r.trace_id}, X-B3-SpanId={r.span_id}{', X-B3-ParentSpanId=' + r.incoming_parent if r.incoming_parent else ''}}}" if r.trace_id else ""
    return f"{r.time:%Y-%m-%d %H:%M:%S},{r.time.microsecond // 1000:03d} {r.level:<5} [{r.logger}] (default task-{r.thread}){m} {r.message}"


# harbour terminal: syslog 5424
def syslog5424(r):
    sd = f'[ctx@32473 traceId="{r.trace_id}" spanId="{r.span_id}"' + (f' traceparent="{r.incoming}"' if r.incoming else "") + "]" if r.trace_id else "-"
    return f"<{16 * 8 + SYS[r.level]}>1 {isoz(r, 6)} tos01 terminal {r.pid} {r.logger} {sd} {r.message}"


# inspection planning: Rails with lograge
def rails(r):
    sev = r.level
    tags = f"[{r.trace_id}] [{r.span_id}] " if r.trace_id else ""
    return f"{sev[0]}, [{r.time:%Y-%m-%dT%H:%M:%S}.{r.time.microsecond:06d} #{r.pid}] {sev:>5} -- : {tags}{r.message}" + (f" traceparent={r.incoming}" if r.incoming else "")


def build(w):
    R = w.rng
    w.network_ms, w.broker_ms = 2.5, 15
    n = [0]
    def mqid():
        n[0] += 1
        return "414D5120515A4F4C4C31" + "%012X%04X" % (R.getrandbits(48), n[0])
    w.new_message_id = mqid

    portal = w.service("portal", portal_f)
    gw = w.service("nachrichten-gw", gateway_f, errors=lambda c, e: c.log.error(f"Verarbeitung abgebrochen: {e}", logger="d.z.gw.Fehler"))
    engine = w.service("case-engine", slog_text, errors=lambda c, e: c.log.error("step failed permanently", err=str(e)))
    plausi = w.service("plausi", log4net, errors=lambda c, e: c.log.error(f"System.ApplicationException: {e}\n   at Zoll.Plausi.Worker.Handle(MqMessage m) in Worker.cs:line 118", logger="Zoll.Plausi.Worker"))
    tarif = w.service("tarif", tarif_f, errors=lambda c, e: c.log.error("echec definitif", cause=str(e)))
    risk = w.service("risk", structlog_console, errors=lambda c, e: c.log.error("assessment_crashed", logger="risk.consumer", exc=str(e).replace(" ", "_")))
    duty = w.service("abgaben", wildfly, errors=lambda c, e: c.log.error(f"ZABG9001E {e}", logger="de.zoll.abgaben.MDB"))
    term = w.service("terminal", syslog5424, errors=lambda c, e: c.log.error(f"interchange rejected: {e}", logger="EDI"))
    insp = w.service("inspections", rails, errors=lambda c, e: c.log.error(f"RuntimeError ({e}):"))

    cases, pend, seq = {}, {}, [26000]
    w.cases = cases

    # ---- trader's side
    @portal.http("POST /declarations")
    async def lodge(ctx, body):
        lrn = f"LRN{R.randrange(10**7, 10**8)}"
        ctx.log.info(f"upload of {lrn} by {body['user']}, {body['items']} positions")
        await ctx.work(6)
        async with ctx.client("nachrichten-gw", "POST /eingang/CUSDEC") as c:
            st, a = await c.send({"lrn": lrn, "items": body["items"], "eori": body["eori"]})
        ctx.log.info(f'"POST /declarations HTTP/1.1" {st} {R.randrange(300, 900)}', incoming=True, logger="access", host="10.40.2.9", user=body["user"])
        return st, a

    @portal.http("GET /declarations/{mrn}")
    async def ask(ctx, body):
        mrn = body["_route"].split("/")[-1]
        st, a = await ctx.call("case-engine", "GET /cases/" + mrn)
        ctx.log.info(f'"GET /declarations/{mrn} HTTP/1.1" {st} {R.randrange(200, 400)}', incoming=True, logger="access", host="10.40.2.9", user=body["user"])
        return st, a

    @portal.http("PUT /declarations/{mrn}")
    async def amend(ctx, body):
        mrn = body["_route"].split("/")[-1]
        ctx.log.info(f"amendment for {mrn} from {body['user']}", incoming=True)
        async with ctx.client("case-engine", "POST /cases/amend") as c:
            st, a = await c.send({"mrn": mrn, "field": R.choice(["grossMass", "invoiceValue", "consignee"])})
            c.log.info(f"engine answered {st} for {mrn}")
        return st, a

    @portal.consumer("notice.trader", retries=1)
    async def mailbox(ctx, m):
        await ctx.work(9)
        ctx.log.info(f"mailbox: {m.body['what']} for {m.body['mrn']} filed", incoming=True)

    # ---- gateway
    @gw.http("POST /eingang/CUSDEC")
    async def eingang(ctx, body):
        ctx.log.info(f"Nachricht CUSDEC eingegangen, Bezug {body['lrn']}, EORI {body['eori']}", incoming=True, logger="d.z.gw.Eingang")
        async with ctx.span("Syntax prüfen") as s:
            await s.work(14)
            if R.random() < 0.04:
                s.log.warning(f"Segment GIS fehlt, {body['lrn']} zurückgewiesen (CONTRL 12)", logger="d.z.gw.Syntax")
                s.fail()
                return 422, {}
        seq[0] += R.randrange(1, 9)
        mrn = f"26DE{seq[0]:06d}{R.choice('ABCDEFGH')}{R.randrange(10)}"
        cases[mrn] = {"mrn": mrn, "items": body["items"], "state": "lodged", "lrn": body["lrn"], "eori": body["eori"]}
        async with ctx.producer("case.new") as p:
            mid = await p.send({"mrn": mrn, "lrn": body["lrn"]})
            p.log.info(f"MQPUT Q.CASE.NEW Registriernummer {mrn} MsgId {mid}", logger="d.z.gw.Mq")
        return 202, {"mrn": mrn}

    @gw.consumer("out.cusres", retries=1)
    async def ausgang(ctx, m):
        await ctx.work(5)
        ctx.log.info(f"CUSRES {m.body['code']} erzeugt zu {m.body['mrn']}", incoming=True, logger="d.z.gw.Ausgang")
        async with ctx.producer("notice.trader") as p:
            await p.send({"mrn": m.body["mrn"], "what": m.body["code"]})
            p.log.debug(f"MQPUT Q.PORTAL.NOTICE {m.body['mrn']}", logger="d.z.gw.Mq")

    # ---- the engine: saga by commands and replies
    async def command(ctx, to, mrn, **more):
        async with ctx.producer("cmd." + to) as p:
            mid = await p.send({"mrn": mrn, **more})
            p.log.info("command sent", to=to, mrn=mrn, msg=mid[-16:])
        cases[mrn]["awaits"] = to

    @engine.consumer("case.new")
    async def opened(ctx, m):
        mrn = m.body["mrn"]
        async with ctx.span("insert case", "CLIENT") as c:
            await c.work(7)
            c.log.debug("exec", sql="INSERT INTO cases(mrn,lrn,state) VALUES($1,$2,$3)", rows=1, dur=f"{c.elapsed_ms():.2f}ms")
        ctx.log.info("case opened", incoming=True, mrn=mrn, lrn=m.body["lrn"])
        await command(ctx, "plausi", mrn, items=cases[mrn]["items"])

    @engine.consumer("reply", retries=3, retry_ms=120)
    async def reply(ctx, m):
        b, mrn = m.body, m.body["mrn"]
        c = cases[mrn]
        step = b["of"]
        ctx.log.info("reply", incoming=True, mrn=mrn, step=step, outcome=b["outcome"])
        async with ctx.span("update case", "CLIENT") as q:
            await q.work(5)
            if step != "release" and R.random() < 0.5: q.log.debug("exec", sql="UPDATE cases SET state=$2, version=version+1 WHERE mrn=$1", rows=1, dur=f"{q.elapsed_ms():.2f}ms")
            if R.random() < 0.02 and m.attempt < 3:
                ctx.log.warn("optimistic lock lost, redelivery", mrn=mrn, attempt=m.attempt)
                raise Exception("version")
        if step == "plausi":
            if b["outcome"] == "rejected":
                c["state"] = "rejected"
                return await finish(ctx, mrn, "REJ")
            c["state"] = "checked"
            c["need"] = {"tarif", "risk"}
            await asyncio.gather(command(ctx, "tarif", mrn, items=c["items"]), command(ctx, "risk", mrn, eori=c["eori"]))
        elif step in ("tarif", "risk"):
            c.setdefault("got", {})[step] = b
            if len(c["got"]) < 2:
                ctx.log.debug("waiting for the other assessment", mrn=mrn, have=step)
                return
            if c["got"]["risk"]["outcome"] == "red":
                c["state"] = "inspection"
                await command(ctx, "inspect", mrn, lane="red")
            else:
                await command(ctx, "duty", mrn, amount=c["got"]["tarif"]["amount"])
        elif step == "inspect":
            if b["outcome"] == "seized":
                c["state"] = "seized"
                return await finish(ctx, mrn, "SEI")
            await command(ctx, "duty", mrn, amount=c["got"]["tarif"]["amount"])
        elif step == "duty":
            if b["outcome"] == "uncovered":
                c["state"] = "unpaid"
                return await finish(ctx, mrn, "PAY")
            c["state"] = "released"
            await command(ctx, "release", mrn)
            await finish(ctx, mrn, "REL")
        elif step == "release":
            c["state"] = "gated-out" if b["outcome"] == "ok" else "stuck"
            ctx.log.info("case closed", mrn=mrn, state=c["state"])

    async def finish(ctx, mrn, code):
        ctx.log.info("decision", mrn=mrn, code=code)
        await ctx.publish("out.cusres", {"mrn": mrn, "code": code})

    @engine.http("GET /cases/{mrn}")
    async def get_case(ctx, body):
        mrn = body["_route"].split("/")[-1]
        async with ctx.span("select case", "CLIENT") as c:
            await c.work(3)
            c.log.debug("exec", sql="SELECT * FROM cases WHERE mrn=$1", rows=1, dur=f"{c.elapsed_ms():.2f}ms")
        ctx.log.info("case read", incoming=True, mrn=mrn, state=cases[mrn]["state"])
        return 200, cases[mrn]

    @engine.http("POST /cases/amend")
    async def amend_case(ctx, body):
        mrn = body["mrn"]
        if cases[mrn]["state"] not in ("lodged", "checked", "unpaid"):
            ctx.log.warn("amendment refused", incoming=True, mrn=mrn, state=cases[mrn]["state"])
            return 409, {}
        fut = asyncio.get_running_loop().create_future()
        corr = f"AMD-{R.getrandbits(32):08x}"
        pend[corr] = fut
        async with ctx.producer("cmd.recheck") as p:
            await p.send({"mrn": mrn, "corr": corr, "field": body["field"]})
            p.log.info("recheck requested", corr=corr, mrn=mrn, field=body["field"])
        try:
            res = await asyncio.wait_for(fut, 2.0)
            ctx.log.info("amendment done", incoming=True, mrn=mrn, corr=corr, result=res, took=f"{ctx.elapsed_ms():.0f}ms")
            return 200, {}
        except asyncio.TimeoutError:
            ctx.log.warn("no verdict in 2s, amendment parked", incoming=True, mrn=mrn, corr=corr)
            return 202, {}
        finally: pend.pop(corr, None)

    @engine.consumer("recheck.done")
    async def recheck_done(ctx, m):
        f = pend.get(m.body["corr"])
        await ctx.work(1)
        if f and not f.done(): f.set_result(m.body["outcome"])
        elif R.random() < 2: ctx.log.info("late verdict ignored", incoming=True, corr=m.body["corr"])

    # ---- plausibility
    @plausi.consumer("cmd.plausi", retries=2)
    async def check(ctx, m):
        b = m.body
        ctx.log.info(f"MQGET {m.id} ({b['items']} items)", incoming=True, logger="Zoll.Plausi.Worker")
        async with ctx.span("ruleset R0042") as s:
            await s.work(4 * b["items"])
            if R.random() < 0.7: s.log.debug(f"{b['mrn']}: 312 rules evaluated in {s.elapsed_ms():.1f} ms", logger="Zoll.Plausi.RuleEngine")
        bad = R.random() < 0.07
        if bad: ctx.log.warning(f"{b['mrn']} violates C0{R.randrange(100, 999)}: statistical value below invoice value", logger="Zoll.Plausi.Worker")
        async with ctx.producer("reply") as p:
            p.log.info(f"Replying to CASE for {b['mrn']}", logger="Zoll.Plausi.ReplyPort")
            await p.send({"of": "plausi", "mrn": b["mrn"], "outcome": "rejected" if bad else "ok"})

    @plausi.consumer("cmd.recheck")
    async def recheck(ctx, m):
        await ctx.work(90 if R.random() < 0.9 else 2600)
        ctx.log.info(f"Re-check of {m.body['field']} on {m.body['mrn']} took {ctx.elapsed_ms():.0f} ms", incoming=True, logger="Zoll.Plausi.Worker")
        await ctx.publish("recheck.done", {"corr": m.body["corr"], "outcome": "accepted"})

    # ---- tariff
    @tarif.consumer("cmd.tarif", retries=2, retry_ms=300)
    async def classer(ctx, m):
        b, total = m.body, 0
        ctx.log.info("calcul demandé", incoming=True, declaration=b["mrn"], articles=b["items"])
        for i in range(min(b["items"], 4)):
            async with ctx.span("lecture TARIC", "CLIENT") as c:
                await c.work(5)
                if R.random() < 0.55: c.log.debug("taux lu", code=f"{R.randrange(10**9, 10**10)}", taux=R.choice([0, 2.7, 4.5, 12]))
            total += R.randrange(20, 900)
        if R.random() < 0.03 and m.attempt == 1:
            ctx.log.warn("quota verrouillé, nouvel essai", declaration=b["mrn"], essai=m.attempt)
            raise Exception("quota")
        async with ctx.producer("reply") as p:
            await p.send({"of": "tarif", "mrn": b["mrn"], "outcome": "ok", "amount": total})
            p.log.info("réponse envoyée", declaration=b["mrn"], droits_eur=total, duree_ms=round(ctx.elapsed_ms()))

    # ---- risk
    @risk.consumer("cmd.risk", retries=1)
    async def assess(ctx, m):
        async with ctx.span("trader history", "CLIENT") as c:
            await c.work(20)
            c.log.debug("history_loaded", logger="risk.features", eori=m.body["eori"], declarations=R.randrange(1, 900))
        async with ctx.span("score") as s:
            await s.work(35)
        score = R.random()
        lane = "red" if score > 0.88 else "green"
        ctx.log.info("assessed", incoming=True, logger="risk.consumer", mrn=m.body["mrn"], score=f"{score:.3f}", lane=lane, ms=int(ctx.elapsed_ms()))
        async with ctx.producer("reply") as p:
            await p.send({"of": "risk", "mrn": m.body["mrn"], "outcome": lane})
            p.log.debug("reply_put", logger="risk.mq", mrn=m.body["mrn"])

    # ---- inspection: people, minutes shortened to seconds
    @insp.consumer("cmd.inspect", retries=1)
    async def plan(ctx, m):
        job = R.randrange(5000, 9999)
        ctx.log.info(f"Performing InspectionJob (Job ID: {job}) from Sneakers(customs) with arguments: \"{m.body['mrn']}\"", incoming=True)
        async with ctx.span("INSERT inspections", "CLIENT") as c:
            await c.work(4)
            c.log.debug(f"  Inspection Create ({c.elapsed_ms():.1f}ms)  INSERT INTO \"inspections\" (\"mrn\", \"bay\") VALUES ($1, $2)  [[\"mrn\", \"{m.body['mrn']}\"]]")
        async with ctx.client("terminal", "POST /moves") as c:
            st, a = await c.send({"mrn": m.body["mrn"], "to": f"X-RAY {R.randrange(1, 4)}"})
        ctx.spawn(officer(ctx, m.body["mrn"]))
        ctx.log.info(f"Performed InspectionJob (Job ID: {job}) in {ctx.elapsed_ms():.2f}ms")

    async def officer(ctx, mrn):
        await ctx.work(2500, 0.5)
        out = "seized" if R.random() < 0.2 else "cleared"
        async with ctx.span("record finding") as s:
            await s.work(12)
            s.log.info(f"Officer {R.randrange(100, 140)} closed inspection of {mrn}: {out}")
        async with ctx.producer("reply") as p:
            await p.send({"of": "inspect", "mrn": mrn, "outcome": out})

    # ---- money
    @duty.consumer("cmd.duty", retries=2, retry_ms=250)
    async def book(ctx, m):
        b = m.body
        ctx.log.info(f"ZABG0001I Auftrag Abgabenbuchung {b['mrn']} Betrag {b['amount']} EUR", incoming=True, logger="de.zoll.abgaben.MDB")
        async with ctx.span("CICS ZKTO01", "CLIENT") as c:
            await c.work(60)
            c.log.debug(f"ZABG0107I CICS ZKTO01 RC=00 {c.elapsed_ms():.0f}ms", logger="de.zoll.abgaben.Host")
            if R.random() < 0.04 and m.attempt < 2:
                c.log.warn("ZABG0455W CICS ZKTO01 RC=16, Wiederholung", logger="de.zoll.abgaben.Host")
                raise Exception("RC16")
        bad = R.random() < 0.06
        if bad: ctx.log.warn(f"ZABG0310W Sicherheit nicht ausreichend fuer {b['mrn']}", logger="de.zoll.abgaben.Konto")
        else:
            async with ctx.span("INSERT BUCHUNG", "CLIENT") as c:
                await c.work(8)
                if R.random() < 0.5: c.log.debug("ZABG0201I Beleg geschrieben", logger="de.zoll.abgaben.Konto")
        async with ctx.producer("reply") as p:
            mid = await p.send({"of": "duty", "mrn": b["mrn"], "outcome": "uncovered" if bad else "booked"})
            p.log.info(f"ZABG0002I Antwort {mid[-12:]} auf Q.CASE.REPLY gestellt", logger="de.zoll.abgaben.MDB")

    # ---- the port
    @term.consumer("cmd.release", retries=1)
    async def release(ctx, m):
        ctr = f"{R.choice(['MSKU', 'HLXU', 'TGHU'])}{R.randrange(10**6, 10**7)}"
        await ctx.work(30)
        ctx.log.info(f"customs hold lifted unit={ctr} doc={m.body['mrn']}", incoming=True, logger="HOLD")
        ctx.spawn(gate(ctx, m.body["mrn"], ctr))

    async def gate(ctx, mrn, ctr):
        await ctx.work(1200, 0.6)
        async with ctx.span("gate out") as s:
            await s.work(20)
            s.log.info(f"GATE-OUT {ctr} lane {R.randrange(1, 9)} truck {R.choice('ABCDEF')}{R.randrange(100, 999)}", logger="GATE")
            async with s.producer("reply") as p:
                await p.send({"of": "release", "mrn": mrn, "outcome": "ok"})
                p.log.debug(f"CODECO sent doc={mrn}", logger="EDI")

    @term.http("POST /moves")
    async def move(ctx, body):
        await ctx.work(15)
        ctx.log.info(f"work order {R.randrange(10**5, 10**6)} to {body['to']} doc={body['mrn']} {ctx.elapsed_ms():.0f}ms", incoming=True, logger="YARD")
        return 201, {}

    @duty.every(9)
    async def statement_run(ctx):
        ctx.log.info("ZABG0700I Sammelbescheid Lauf gestartet", logger="de.zoll.abgaben.Batch")
        async with ctx.span("SELECT BUCHUNG", "CLIENT") as c: await c.work(120)
        async with ctx.producer("statement.ready") as p: await p.send({"run": R.randrange(1000)})
        ctx.log.info(f"ZABG0701I Sammelbescheid Lauf beendet, {R.randrange(3, 40)} Konten", logger="de.zoll.abgaben.Batch")

    @gw.consumer("statement.ready")
    async def bescheid(ctx, m):
        await ctx.work(40)
        ctx.log.info(f"Sammelbescheid Nr. {m.body['run']} versandt in {ctx.elapsed_ms():.0f} ms", incoming=True, logger="d.z.gw.Ausgang")

    portal.noise(3, lambda log: log.info('"GET /health HTTP/1.1" 200 2', logger="access", host="10.40.0.1", user="-"))
    gw.noise(6, lambda log: log.debug(f"Kanal TO.ZOLL1 aktiv, Tiefe Q.CASE.NEW={R.randrange(0, 4)}", logger="d.z.gw.Monitor"))
    tarif.noise(8, lambda log: log.info("cache TARIC rafraîchi", entrees=R.randrange(17000, 18000)))
    risk.noise(7, lambda log: log.info("model_reloaded", logger="risk.model", version="2026.3"))
    duty.noise(10, lambda log: log.info("[GC (Allocation Failure)  412M->198M(1024M), 0.0093 secs]", logger="stdout"))
    term.noise(5, lambda log: log.info("AGV telemetry batch 64 rows", logger="AGV"))


async def load(w):
    R, mine = w.rng, []

    async def one(i):
        k, user = R.random(), R.choice(["kuehne", "dhlgf", "mueller.spedition", "-"])
        if k < 0.68 or not mine:
            st, a = await w.start("portal", "POST /declarations", {"user": user, "items": R.randrange(1, 9), "eori": f"DE{R.randrange(10**8, 10**9)}"})
            if st == 202: mine.append(a["mrn"])
        elif k < 0.86:
            await w.start("portal", "GET /declarations/" + R.choice(mine[-12:]), {"user": user})
        else:
            await w.start("portal", "PUT /declarations/" + R.choice(mine[-3:]), {"user": user})
    await arrivals(w, 150, 4, one)

record(build, load, "d_customs")
