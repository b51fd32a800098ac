"""Examination board: registration with fees, scripts scanned and double-marked, results released in rounds, certificates. A pipeline of stages, a join of markers with a third on dispute, batches, appeals."""
import json
from world import *


def uvicorn_app(r):                 # campus: python app lines and uvicorn access lines in one file
    ids = f" trace_id={r.trace_id} span_id={r.span_id}" if r.trace_id else ""
    inc = f" traceparent={r.incoming}" if r.incoming else ""
    lvl = "WARNING" if r.level == "WARN" else r.level
    return f"{r.time:%Y-%m-%d %H:%M:%S}.{r.time.microsecond // 1000:03d} {lvl + ':':<9}{r.logger}: {r.message}{ids}{inc}"


def dropwizard(r):                  # enrol
    mdc = f" [tid:{r.trace_id} sid:{r.span_id}]" if r.trace_id else ""
    inc = f" [psid:{r.incoming_parent}]" if r.incoming_parent else ""
    return f"{r.level:<5} [{r.time:%Y-%m-%d %H:%M:%S},{r.time.microsecond // 1000:03d}]{mdc}{inc} {r.logger}: {r.message}"


def sidekiq(r):                     # fees
    f = dict(r.fields)
    if r.trace_id: f |= {"trace_id": r.trace_id, "span_id": r.span_id}
    if r.incoming: f["traceparent"] = r.incoming
    return f"{isoz(r)} pid={r.pid} tid={'gk%sq' % r.thread} " + "".join(f"{k}={v} " for k, v in f.items()) + f"{r.level}: {r.message}"


def zap_console(r):                 # scans
    f = dict(r.fields)
    if r.trace_id: f |= {"traceId": r.trace_id, "spanId": r.span_id}
    if r.incoming_parent: f["parentSpanId"] = r.incoming_parent
    return f"{r.time:%Y-%m-%dT%H:%M:%S}.{r.time.microsecond // 1000:03d}+0000\t{r.level}\t{r.logger}\t{r.message}" + ("\t" + json.dumps(f) if f else "")


def logback_es(r):                  # correccion: logback, Spanish
    mdc = f" {{traceId={r.trace_id}, spanId={r.span_id}}}" if r.trace_id else " {}"
    inc = f" <{r.incoming}>" if r.incoming else ""
    return f"{r.time:%d-%m-%Y %H:%M:%S}.{r.time.microsecond // 1000:03d} [hilo-{r.thread}] {r.level:<5} {r.logger}{mdc} - {r.message}{inc}"


def gcp(r):                         # desk: GCP structured logging
    d = {"severity": {"WARN": "WARNING"}.get(r.level, r.level), "message": r.message, **r.fields, "timestamp": isoz(r, 9)}
    if r.trace_id: d |= {"logging.googleapis.com/trace": f"projects/exam-board/traces/{r.trace_id}", "logging.googleapis.com/spanId": r.span_id, "logging.googleapis.com/trace_sampled": True}
    if r.incoming_parent: d["parentSpanId"] = r.incoming_parent
    return json.dumps(d, separators=(",", ":"))


def dotnet(r):                      # results: SimpleConsole, single line, scopes on
    lvl = {"DEBUG": "dbug", "INFO": "info", "WARN": "warn", "ERROR": "fail"}[r.level]
    scope = f" => SpanId:{r.span_id}, TraceId:{r.trace_id}" + (f", ParentId:{r.incoming_parent}" if r.incoming_parent else "") if r.trace_id else ""
    return f"{r.time:%Y-%m-%d %H:%M:%S}.{r.time.microsecond // 1000:03d} {lvl}: {r.logger}[{r.fields.get('ev', 0)}]{scope} {r.message}"


def env_logger(r):                  # certs: env_logger, whole seconds
    ids = f" trace={r.trace_id} span={r.span_id}" if r.trace_id else ""
    inc = f" parent={r.incoming_parent}" if r.incoming_parent else ""
    return f"[{isoz(r, 0)} {r.level:<5} {r.logger}] {r.message}{ids}{inc}"


def gelf(r):                        # notices
    d = {"version": "1.1", "host": "notices-0", "short_message": r.message, "timestamp": round(r.ns / 1e9, 3), "level": {"DEBUG": 7, "INFO": 6, "WARN": 4, "ERROR": 3}[r.level]}
    d |= {"_" + k: v for k, v in r.fields.items()}
    if r.trace_id: d |= {"_trace_id": r.trace_id, "_span_id": r.span_id}
    if r.incoming: d["_traceparent"] = r.incoming
    return json.dumps(d, ensure_ascii=False)


EXAMS = ("MAT-2", "PHY-1", "ENG-C1", "HIS-1", "BIO-2")


def build(w):
    w.network_ms, w.broker_ms = 1.2, 15
    w.new_message_id = lambda: "ID:mq-%d-%05d" % (w.rng.randrange(3), w.rng.randrange(10 ** 5))

    campus = w.service("campus", uvicorn_app, errors=lambda c, e: c.log.error(f"unhandled {e!r}", logger="campus.errors"))
    enrol = w.service("enrol", dropwizard, errors=lambda c, e: c.log.error(f"Listener execution failed\n! java.lang.RuntimeException: {e}\n! at org.board.enrol.FeeListener.onMessage(FeeListener.java:57)", logger="org.board.enrol.FeeListener"))
    fees = w.service("fees", sidekiq, errors=lambda c, e: c.log.error(f"fail: {e}", **{"class": "FeeJob"}))
    scans = w.service("scans", zap_console, errors=lambda c, e: c.log.error("stage failed", error=str(e), logger="pipeline/stage.go:90"))
    marking = w.service("correccion", logback_es, errors=lambda c, e: c.log.error(f"Error inesperado al procesar el mensaje: {e}", logger="es.junta.correccion.Oyente"))
    desk = w.service("desk", gcp, errors=lambda c, e: c.log.error("unexpected", stack_trace=str(e)))
    results = w.service("results", dotnet, errors=lambda c, e: c.log.error(f"Consumer faulted: {e}", logger="Results.Bus"))
    certs = w.service("certs", env_logger, errors=lambda c, e: c.log.error(f"consumer: {e}", logger="certs::mq"))
    notices = w.service("notices", gelf, errors=lambda c, e: c.log.error("Zustellung fehlgeschlagen: " + str(e)))

    w.regs, w.marks, marks_in, seats, final_waiting, released = {}, {}, {}, [4], [], {}
    no = [w.rng.randrange(3000, 8000)]

    # ------------------------------------------------------------ campus (front)
    def access(ctx, body, status):
        ctx.log.info(f'10.20.{ctx.rng.randrange(9)}.{ctx.rng.randrange(250)}:{ctx.rng.randrange(40000, 60000)} - "{body["_route"]} HTTP/1.1" {status}', logger="uvicorn.access", incoming=True)

    @campus.http("POST /registrations")
    async def register(ctx, body):
        async with ctx.client("enrol", "POST /enrolments") as c:
            c.log.debug(f"asking enrol for pupil {body['pupil']} in {body['exam']}", logger="campus.registrations")
            s, a = await c.send(body)
        if s == 422: ctx.log.warning(f"pupil {body['pupil']} not eligible: {a['why']}", logger="campus.registrations")
        access(ctx, body, s)
        return s, a

    @campus.http("DELETE /registrations/{reg}")
    async def unregister(ctx, body):
        s, a = await ctx.call("enrol", f"DELETE /enrolments/{body['_route'].split('/')[-1]}", {})
        access(ctx, body, s)
        return s, a

    @campus.http("POST /scripts")
    async def upload(ctx, body):
        async with ctx.span("blob put", "CLIENT") as c:
            await c.work(45)
            c.log.debug(f"stored scripts/{body['barcode']}.tiff", logger="campus.blob")
        async with ctx.producer("scan.uploaded") as p:
            mid = await p.send({"barcode": body["barcode"], "candidate": body["candidate"], "paper": body["exam"]})
        ctx.log.info(f"script {body['barcode']} of candidate {body['candidate']} handed to scan.uploaded ({mid})", logger="campus.scripts")
        access(ctx, body, 202)
        return 202, {}

    @campus.http("GET /results/{candidate}")
    async def result(ctx, body):
        s, a = await ctx.call("results", f"GET /marks/{body['_route'].split('/')[-1]}", {}, client_span=False)
        access(ctx, body, s)
        return s, a

    @campus.http("POST /appeals")
    async def appeal(ctx, body):
        ctx.log.info(f"appeal against {body['barcode']} by {body['candidate']}", logger="campus.appeals", incoming=True)
        await ctx.publish("appeal.filed", {"barcode": body["barcode"], "candidate": body["candidate"]})
        return 202, {}
    campus.noise(3, lambda log: log.info('10.20.0.1:41000 - "GET /healthz HTTP/1.1" 200', logger="uvicorn.access"))

    # ------------------------------------------------------------ enrol
    E = "org.board.enrol.EnrolmentResource"

    @enrol.http("POST /enrolments")
    async def enrolment(ctx, body):
        no[0] += 1
        reg = f"REG-26-{no[0]:06d}"
        async with ctx.span("jdbi select prerequisites", "CLIENT") as db:
            db.log.debug("select 1 from passed where pupil = ? and exam = ?", logger="org.jdbi.sql")
            await db.work(3)
        if ctx.rng.random() < 0.05:
            ctx.log.info(f"{body['pupil']} lacks prerequisite for {body['exam']}", logger=E, incoming=True)
            return 422, {"why": "prerequisite"}
        async with ctx.span("jdbi insert", "CLIENT") as db:
            await db.work(4)
        w.regs[reg] = {"state": "PENDING", "exam": body["exam"], "candidate": f"26{no[0]:05d}"}
        ctx.log.info(f"Enrolment {reg} created for pupil {body['pupil']} ({body['exam']})", logger=E, incoming=True)
        async with ctx.producer("exam.enrolled") as p:
            await p.send({"reg": reg, "exam": body["exam"], "fee": 38 + len(body["exam"]), "pupil": body["pupil"]})
        return 202, {"reg": reg, "candidate": w.regs[reg]["candidate"]}

    @enrol.consumer("fee.settled")
    async def seat(ctx, m):
        reg = m.body["reg"]
        ctx.log.info(f"fee in for {reg}", logger="org.board.enrol.FeeListener", incoming=True)
        async with ctx.span("assign seat") as s:
            await s.work(11)
            seats[0] += 1
            s.log.debug(f"{reg} -> hall {seats[0] % 5 + 1} row {seats[0] // 5 % 9 + 1}", logger="org.board.enrol.Seating")
        w.regs[reg]["state"] = "SEATED"
        await ctx.publish("seat.assigned", {"reg": reg, "candidate": w.regs[reg]["candidate"], "hall": seats[0] % 5 + 1})

    @enrol.consumer("fee.failed")
    async def drop_out(ctx, m):
        await ctx.work(3)
        w.regs[m.body["reg"]]["state"] = "LAPSED"
        ctx.log.warning(f"{m.body['reg']} lapsed, fee could not be collected", logger="org.board.enrol.FeeListener")
        await ctx.publish("enrolment.lapsed", {"reg": m.body["reg"]}, producer_span=False)

    @enrol.http("DELETE /enrolments/{reg}")
    async def withdraw(ctx, body):
        reg = body["_route"].split("/")[-1]
        if w.regs[reg]["state"] != "SEATED":
            ctx.log.info(f"Withdrawal of {reg} refused in state {w.regs[reg]['state']}", logger=E, incoming=True)
            return 409, {}
        w.regs[reg]["state"] = "WITHDRAWN"
        await ctx.work(4)
        s, a = await ctx.call("fees", "POST /refunds", {"reg": reg})
        ctx.log.info(f"Withdrawn {reg}, refund {a['refund']} [{ctx.elapsed_ms():.0f} ms]", logger=E, incoming=True)
        return 200, {}
    enrol.noise(6, lambda log: log.debug("Pool: size=8 active=1", logger="org.apache.tomcat.jdbc.pool"))

    # ------------------------------------------------------------ fees (jobs)
    @fees.consumer("exam.enrolled", retries=2, retry_ms=700)
    async def collect(ctx, m):
        jid = "%06x%06x" % (ctx.rng.getrandbits(24), ctx.rng.getrandbits(24))
        ctx.log.info("start", **{"class": "CollectFeeJob", "jid": jid, "args": m.body["reg"]}, incoming=True)
        async with ctx.span("POST sepa.example/debits", "CLIENT") as c:
            await c.work(130, 0.5)
            x = ctx.rng.random()
            if x < 0.05:
                c.log.warning("sepa gateway 504", jid=jid)
        if x < 0.05:
            ctx.log.info("fail", **{"class": "CollectFeeJob", "jid": jid, "elapsed": f"{ctx.elapsed_ms() / 1000:.3f}"})
            raise Exception("504")
        topic = "fee.failed" if x > 0.95 else "fee.settled"
        async with ctx.producer(topic) as p:
            p.log.debug(f"publish {topic}", ref=m.body["reg"])
            await p.send({"reg": m.body["reg"]})
        ctx.log.info("done", **{"class": "CollectFeeJob", "jid": jid, "elapsed": f"{ctx.elapsed_ms() / 1000:.3f}"})

    @fees.http("POST /refunds")
    async def refund(ctx, body):
        await ctx.work(60)
        n = ctx.rng.randrange(10000, 99999)
        ctx.log.info(f"Completed 201 refund=RF{n} reg={body['reg']} duration={ctx.elapsed_ms():.2f}", incoming=True)
        return 201, {"refund": f"RF{n}"}
    fees.noise(5, lambda log: log.info("Sidekiq heartbeat, 0 busy", **{"class": "Launcher"}))

    # ------------------------------------------------------------ scans: four stages over the broker
    @scans.consumer("scan.uploaded", concurrency=10)
    async def deskew(ctx, m):
        ctx.log.info("deskew", barcode=m.body["barcode"], incoming=True, logger="stages/deskew.go:31")
        await ctx.work(180)
        await ctx.publish("scan.straight", m.body, producer_span=False)

    @scans.consumer("scan.straight", concurrency=10, retries=1)
    async def recognise(ctx, m):
        async with ctx.span("omr") as s:
            await s.work(240)
            conf = round(s.rng.uniform(0.7, 1), 3)
            s.log.debug("bubbles read", barcode=m.body["barcode"], confidence=conf, logger="omr/omr.go:112")
        if conf < 0.71:
            ctx.log.warn("unreadable, to manual queue", barcode=m.body["barcode"], logger="stages/omr.go:58")
            await ctx.publish("scan.manual", m.body)
            return
        async with ctx.producer("scan.read") as p:
            await p.send(m.body)
            p.log.debug("forwarded", to="scan.read", logger="pipeline/stage.go:64")

    @scans.consumer("scan.manual")
    async def manual(ctx, m):
        await ctx.work(2500)
        ctx.log.info("typed in by hand", barcode=m.body["barcode"], operator=ctx.rng.randrange(3, 9), logger="stages/manual.go:22", incoming=True)
        await ctx.publish("scan.read", m.body)

    @scans.consumer("scan.read")
    async def anonymise(ctx, m):
        alias = "K" + m.body["barcode"][::-1]
        async with ctx.span("pg insert", "CLIENT") as c:
            c.log.debug("INSERT INTO alias(barcode, alias) VALUES ($1,$2)", args=[m.body["barcode"], alias], logger="pg/tracer.go:18")
            await c.work(4)
        async with ctx.producer("script.ready") as p:
            p.log.info("script ready for marking", alias=alias, topic="script.ready", logger="stages/anonymise.go:40")
            await p.send(dict(m.body, alias=alias))
    scans.noise(4, lambda log: log.debug("workers", busy=w.rng.randrange(10), logger="pipeline/pool.go:15"))

    # ------------------------------------------------------------ corrección (Spanish): two markers, then perhaps a third
    C = "es.junta.correccion.Asignador"

    @marking.consumer("script.ready", retries=2)
    async def asignar(ctx, m):
        alias = m.body["alias"]
        marks_in[alias] = {"notas": {}, "msg": m.body, "origen": []}
        ctx.log.info(f"Examen {alias} ({m.body['paper']}) recibido, se asignan dos correctores", logger=C, incoming=True)
        async with ctx.span("INSERT asignacion", "CLIENT") as db:
            await db.work(5)

        async def uno(n):
            async with ctx.producer("grade.wanted") as p:
                p.log.debug(f"Enviando {alias} al corrector {n}", logger=C)
                await p.send({"alias": alias, "n": n})
        await asyncio.gather(uno(1), uno(2))

    @marking.consumer("grade.given")
    async def nota(ctx, m):
        alias, x = m.body["alias"], marks_in.get(m.body["alias"])
        if x is None: return
        x["notas"][m.body["n"]] = m.body["score"]
        if m.body["n"] == 9:            # appeal
            async with ctx.producer("mark.changed") as p:
                await p.send({"candidate": x["msg"]["candidate"], "paper": x["msg"]["paper"], "points": m.body["score"]})
                p.log.info(f"Reclamación de {alias} resuelta: {m.body['score']} puntos", logger="es.junta.correccion.Reclamaciones")
            return
        if len(x["notas"]) < 2:
            x["origen"].append(m.origin)
            ctx.log.debug(f"{alias}: primera nota {m.body['score']}, falta la otra", logger="es.junta.correccion.Notas")
            return
        for o in x["origen"]: ctx.link(o)
        a = sorted(x["notas"].values())
        if len(a) == 2 and a[1] - a[0] > 12:
            ctx.log.warning(f"{alias}: discrepancia {a[0]}/{a[1]}, tercer corrector", logger="es.junta.correccion.Notas", incoming=True)
            await ctx.publish("grade.wanted", {"alias": alias, "n": 3})
            return
        final = a[len(a) // 2]
        async with ctx.span("UPDATE examen", "CLIENT") as db:
            await db.work(4)
            db.log.debug("update examen set nota=?, estado='CERRADO' where alias=?", logger="org.hibernate.SQL")
        async with ctx.producer("mark.final") as p:
            p.log.debug(f"Publicando mark.final del candidato {x['msg']['candidate']}", logger="es.junta.correccion.Emisor")
            await p.send({"candidate": x["msg"]["candidate"], "paper": x["msg"]["paper"], "barcode": x["msg"]["barcode"], "points": final})
        ctx.log.info(f"Nota definitiva de {alias}: {final} ({len(a)} correctores)", logger="es.junta.correccion.Notas", incoming=True)

    @marking.consumer("appeal.filed")
    async def reclamacion(ctx, m):
        alias = "K" + m.body["barcode"][::-1]
        ctx.log.info(f"Reclamación sobre {m.body['barcode']} -> {alias}", logger="es.junta.correccion.Reclamaciones", incoming=True)
        await ctx.publish("grade.wanted", {"alias": alias, "n": 9}, producer_span=False)
    marking.noise(7, lambda log: log.info("Caché de correctores recargada (212 entradas)", logger="es.junta.correccion.Cache"))

    # ------------------------------------------------------------ desk (markers at screens)
    @desk.consumer("grade.wanted", concurrency=25)
    async def grade(ctx, m):
        marker = f"mk{ctx.rng.randrange(100, 180)}"
        await ctx.work(12)
        ctx.log.info(f"{marker} opened script", script=m.body["alias"], seat=m.body["n"], incoming=True)
        await ctx.work(900, 0.6)
        score = max(0, min(100, round(ctx.rng.gauss(62, 7))))
        async with ctx.producer("grade.given") as p:
            await p.send({"alias": m.body["alias"], "n": m.body["n"], "score": score})
            if ctx.rng.random() < 0.8: p.log.info("score submitted", script=m.body["alias"], score=score, by=marker)
    desk.noise(4, lambda log: log.debug("websocket ping", clients=w.rng.randrange(20, 60)))

    # ------------------------------------------------------------ results
    @results.consumer("mark.final", retries=1)
    async def keep(ctx, m):
        async with ctx.span("UPSERT Marks", "CLIENT") as db:
            await db.work(5)
            db.log.debug(f"Executed DbCommand (5ms) [Parameters=[@p0='{m.body['candidate']}']] MERGE [Marks]", logger="Microsoft.EntityFrameworkCore.Database.Command", ev=20101)
        w.marks[m.body["candidate"]] = m.body
        final_waiting.append((m.body, ctx))
        ctx.log.info(f"Candidate {m.body['candidate']}: {m.body['paper']} = {m.body['points']}", logger="Results.MarkConsumer", ev=7, incoming=True)

    @results.consumer("mark.changed")
    async def change(ctx, m):
        await ctx.work(6)
        ctx.log.info(f"Mark of {m.body['candidate']} replaced by {m.body['points']}", logger="Results.MarkConsumer", ev=8, incoming=True)
        async with ctx.producer("result.released") as p:
            p.log.debug("-> result.released (reissue)", logger="Results.Bus")
            await p.send(dict(m.body, again=True))

    @results.every(6)
    async def release_round(ctx):
        batch, final_waiting[:] = final_waiting[:12], final_waiting[12:]
        async with ctx.span("SELECT pending", "CLIENT") as db:
            await db.work(3)
        if not batch: return
        ctx.log.info(f"Releasing {len(batch)} results", logger="Results.ReleaseJob", ev=30)
        for b, c in batch:
            ctx.link(c)
            released[b["candidate"]] = b
            async with ctx.producer("result.released") as p:
                p.log.info(f"Released {b['candidate']}/{b['paper']}", logger="Results.ReleaseJob", ev=31)
                await p.send(b)

    @results.http("GET /marks/{candidate}")
    async def marks(ctx, body):
        cand = body["_route"].split("/")[-1]
        async with ctx.span("HybridCache get", "CLIENT") as c:
            await c.work(0.7)
        found = cand in released
        ctx.log.info(f"Request finished HTTP/1.1 GET /marks/{cand} - {200 if found else 404} - {ctx.elapsed_ms():.4f}ms", logger="Microsoft.AspNetCore.Hosting.Diagnostics", ev=2, incoming=True)
        return (200, released[cand]) if found else (404, {})

    # ------------------------------------------------------------ certs
    @certs.consumer("result.released", retries=2)
    async def issue(ctx, m):
        who = m.body["candidate"]
        if m.body["points"] < 50:
            ctx.log.info(f"{who} below pass mark, no certificate", logger="certs::issue", incoming=True)
            return
        cid = f"{who}-{m.body['paper']}{'-R' if m.body.get('again') else ''}"
        async with ctx.span("render") as s:
            s.log.debug(f"typst compile {cid}", logger="certs::render")
            await s.work(90)
        async with ctx.span("kms sign", "CLIENT") as c:
            await c.work(30)
            c.log.debug(f"AsymmetricSign ok, {cid}", logger="certs::kms")
        if ctx.rng.random() < 0.04 and m.attempt == 1:
            ctx.log.warn(f"ledger busy for {cid}, nack", logger="certs::ledger")
            raise Exception("busy")
        ctx.log.info(f"issued {cid} ({ctx.elapsed_ms():.0f} ms)", logger="certs::issue", incoming=True)
        await ctx.publish("certificate.issued", {"candidate": who, "certificate": cid})
    certs.noise(6, lambda log: log.debug("key cache warm", logger="certs::kms"))

    # ------------------------------------------------------------ notices
    @notices.consumer("seat.assigned")
    async def admission(ctx, m):
        await ctx.work(25)
        ctx.log.info(f"admission letter sent, hall {m.body['hall']}", candidate_no=m.body["candidate"], enrolment=m.body["reg"])

    @notices.consumer("enrolment.lapsed")
    async def sorry(ctx, m):
        await ctx.work(25)
        ctx.log.warn("lapse letter sent", enrolment=m.body["reg"], incoming=True)

    @notices.consumer("certificate.issued")
    async def congratulate(ctx, m):
        ctx.log.debug("message received", topic=m.topic, jms_id=m.id, incoming=True)
        async with ctx.span("push", "CLIENT") as c:
            await c.work(18)
            c.log.info("push ok", candidate_no=m.body["candidate"])
    notices.noise(8, lambda log: log.info("template reload"))


async def load(w):
    r = w.rng

    async def registration(i):
        s, a = await w.start("campus", "POST /registrations", {"pupil": f"P{r.randrange(10000, 99999)}", "exam": r.choice(EXAMS)})
        if s == 202 and i % 7 == 0:
            await sleep(r.uniform(150, 2500))
            await w.start("campus", f"DELETE /registrations/{a['reg']}")

    async def script(i):
        cand = f"25{10000 + i * 37 % 89999:05d}"
        bar = "".join(r.choice("ABCDEFGHJKLMNPRSTUVWXYZ23456789") for _ in range(7))
        await w.start("campus", "POST /scripts", {"barcode": bar, "candidate": cand, "exam": r.choice(EXAMS)})
        await sleep(r.uniform(4000, 11000))
        if i % 4 == 0: await w.start("campus", f"GET /results/{cand}")
        if i % 8 == 0 and cand in w.marks: await w.start("campus", "POST /appeals", {"barcode": bar, "candidate": cand})
    await arrivals(w, 115, 4.5, lambda i: registration(i) if i % 9 < 4 else script(i))
    await sleep(9000)

record(build, load, "e_school")
