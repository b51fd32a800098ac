"""Veterinary laboratory: orders from practices, tubes scanned on arrival, analyzers that stream results, automatic and human verification,
a join per case, reports pushed to practices with retries; couriers, quality control."""
import json
from world import *


def comma(r): return f"{r.time:%Y-%m-%d %H:%M:%S},{r.time.microsecond // 1000:03d}"
def pylevel(r): return "WARNING" if r.level == "WARN" else r.level


def uvicorn(r):          # intake
    tail = f" trace_id={r.trace_id} span_id={r.span_id}" if r.trace_id else ""
    if r.incoming: tail += f" traceparent={r.incoming}"
    return f"{comma(r)} {pylevel(r) + ':':<9} {r.message}{tail}"


def djverbose(r):        # lims: Django's "verbose" formatter from the documentation
    ids = f"[{r.trace_id} {r.span_id}] " if r.trace_id else "[- -] "
    inc = f" [parent {r.incoming_parent}]" if r.incoming_parent else ""
    return f"{pylevel(r)} {comma(r)} {r.logger} {r.pid} {140200000000000 + r.thread * 8392704} {ids}{r.message}{inc}"


def dramatiq(r):         # bench
    ids = f" [{r.trace_id}/{r.span_id}]" if r.trace_id else ""
    inc = f" (parent {r.incoming_parent})" if r.incoming_parent else ""
    return f"[{comma(r)}] [PID {r.pid}] [{r.fields.get('t', 'Thread-%d' % (r.thread + 3))}] [{r.logger}] [{pylevel(r)}]{ids} {r.message}{inc}"


def twisted(r):          # instruments: twisted.logger, whole seconds
    ids = f" tr={r.trace_id} sp={r.span_id}" if r.trace_id else ""
    inc = f" pa={r.incoming_parent}" if r.incoming_parent else ""
    return f"{r.time:%Y-%m-%dT%H:%M:%S}+0000 [instruments.{r.logger}#{r.level.lower().replace('warning', 'warn')}] {r.message}{ids}{inc}"


def structcon(r):        # autoverify: structlog's console renderer, plain
    kv = dict(sorted(r.fields.items()))
    if r.trace_id: kv |= {"span_id": r.span_id, "trace_id": r.trace_id}
    if r.incoming: kv["traceparent"] = r.incoming
    return (f"{isoz(r, 6)} [{pylevel(r).lower():<9}] {r.message:<30} " + " ".join(f"{k}={v}" for k, v in kv.items())).rstrip()


def elixir(r):           # review: Phoenix
    md = f"trace_id={r.trace_id} span_id={r.span_id} " if r.trace_id else ""
    if r.incoming_parent: md += f"parent_span_id={r.incoming_parent} "
    return f"{r.time:%H:%M:%S}.{r.time.microsecond // 1000:03d} {md}[{'warning' if r.level == 'WARN' else r.level.lower()}] {r.message}"


def huey(r):             # report
    t = f" ({r.trace_id}:{r.span_id})" if r.trace_id else ""
    return f"[{comma(r)}] {pylevel(r)}:{r.logger}:Worker-{r.thread % 3 + 1}:{r.message}{t}" + (f" parent:{r.incoming_parent}" if r.incoming_parent else "")


def gaccess(r):          # billing: gunicorn, access lines with the id in a header, error log beside
    if "req" not in r.fields:
        ids = f" trace={r.trace_id},{r.span_id}" if r.trace_id else ""
        return f"[{r.time:%Y-%m-%d %H:%M:%S} +0000] [{r.pid}] [{pylevel(r)}] {r.message}{ids}" + (f" via={r.incoming}" if r.incoming else "")
    f = r.fields
    tp = f"00-{r.trace_id}-{r.span_id}-01" if r.trace_id else "-"
    return f"10.2.7.{r.thread} - - [{r.time:%d/%b/%Y:%H:%M:%S} +0000] \"{f['req']} HTTP/1.1\" {f['st']} {f['size']} \"-\" \"httpx/0.27\" {f['us']} {tp}" + (f" {r.incoming}" if r.incoming else "")


def zap(r):              # courier: Go
    d = {"level": r.level.lower(), "ts": round(r.ns / 1e9, 6), "caller": r.logger, "msg": r.message, **r.fields}
    if r.trace_id: d |= {"traceID": r.trace_id, "spanID": r.span_id}
    if r.incoming_parent: d["parentSpanID"] = r.incoming_parent
    return json.dumps(d, separators=(",", ":"))


def basic(r):            # results-out: logging.basicConfig with a time before it
    t = f" [trace={r.trace_id} span={r.span_id}]" if r.trace_id else ""
    return f"{comma(r)[11:]} {pylevel(r)}:{r.logger}:{r.message}{t}" + (f" <{r.incoming}>" if r.incoming else "")


PANELS = {"HEM": ("XN-V", ["WBC", "PLT"]), "CHEM": ("DRI-CHEM", ["ALT", "CREA"]), "T4": ("IMMULITE", ["TT4"]), "PCR": ("QS5", ["FeLV", "FIV"]), "UA": ("CLINITEK", ["USG", "PRO"])}


def build(w):
    w.network_ms, w.broker_ms = 1.1, 10
    intake = w.service("intake", uvicorn, errors=lambda c, e: c.log.error(f"Exception in ASGI application\nTraceback (most recent call last):\n  File \"/app/intake/events.py\", line 57, in handle\n    await handler(event)\nRuntimeError: {e}"))
    lims = w.service("lims", djverbose, errors=lambda c, e: c.log.error(f"Consumer handler failed: {e!r}", logger="consumers"))
    bench = w.service("bench", dramatiq, errors=lambda c, e: c.log.error(f"Failed to process message run_assay() with unhandled exception.\nTraceback (most recent call last):\n  File \"/usr/local/lib/python3.11/site-packages/dramatiq/worker.py\", line 485, in process_message\n    res = actor(*message.args, **message.kwargs)\nRuntimeError: {e}", logger="dramatiq.worker.WorkerThread"))
    inst = w.service("instruments", twisted)
    auto = w.service("autoverify", structcon, errors=lambda c, e: c.log.error("stream handler failed", exc=repr(e), ack=True))
    rev = w.service("review", elixir, errors=lambda c, e: c.log.error(f"GenServer Review.Inbox terminating\n** (RuntimeError) {e}\n    (review 2.1.0) lib/review/inbox.ex:48: Review.Inbox.handle_info/2"))
    rep = w.service("report", huey, errors=lambda c, e: c.log.error(f"Unhandled exception in task.\nTraceback (most recent call last):\n  File \"/usr/local/lib/python3.11/site-packages/huey/api.py\", line 427, in _execute\nRuntimeError: {e}", logger="huey"))
    bill = w.service("billing", gaccess, errors=lambda c, e: c.log.error(f"listener: {e}"))
    cour = w.service("courier", zap, errors=lambda c, e: c.log.error("handler error", logger="amqp/consume.go:71", error=str(e)))
    out = w.service("results-out", basic, errors=lambda c, e: c.log.error(f"delivery task died: {e!r}", logger="results_out.worker"))

    w.orders, cases, runs = {}, {}, {}
    n = {"acc": w.rng.randrange(4000, 7000), "job": w.rng.randrange(100, 900), "inv": w.rng.randrange(20000, 30000), "seq": 0}

    def sid():
        n["seq"] += 1
        return f"{w.ns() // 1_000_000}-{n['seq'] % 3}"

    # ------------------------------------------------------------ intake
    TEXT = {200: "OK", 201: "Created", 202: "Accepted", 404: "Not Found", 409: "Conflict"}
    def access(c, b, st): c.log.info(f'{c.rng.choice(["84.17.52.9", "91.64.3.201", "178.4.88.14"])}:{c.rng.randrange(20000, 60000)} - "{b["_route"]} HTTP/1.1" {st} {TEXT[st]}', incoming=True)

    @intake.http("POST /orders")
    async def order(c, b):
        oid = "VO-" + "".join(c.rng.choice("ABCDEFGHJKLMNPQRSTUVWXYZ23456789") for _ in range(6))
        c.log.info(f"new order {oid} from practice {b['practice']}: {'+'.join(b['panels'])} for {b['species']} \"{b['animal']}\"")
        async with c.client("billing", "POST /estimates") as h:
            st, est = await h.send({"panels": b["panels"], "practice": b["practice"]})
            h.log.debug(f"estimate for {oid} fetched in {h.elapsed_ms():.0f} ms")
        async with c.span("INSERT orders", "CLIENT") as s:
            await s.work(5)
            if c.rng.random() < 0.5: s.log.debug(f"INSERT INTO orders VALUES ('{oid}', ...) -> 1 row")
        w.orders[oid] = {"oid": oid, "state": "ordered", **{k: v for k, v in b.items() if k[0] != "_"}}
        async with c.producer("order.received") as p:
            await p.send({"oid": oid})
            p.log.debug(f"published order.received ({oid})")
        access(c, b, 201)
        return 201, {"id": oid}

    @intake.http("GET /orders/{oid}")
    async def status(c, b):
        oid = b["_route"].split("/")[-1]
        async with c.client("lims", f"GET /api/cases/{w.orders[oid].get('acc', 'none')}/") as h:
            st, a = await h.send()
            h.log.debug(f"lims says {st} for order {oid}")
        access(c, b, st)
        return st, a

    @intake.http("POST /orders/{oid}/cancel")
    async def cancel(c, b):
        oid = b["_route"].split("/")[2]
        async with c.client("lims", f"DELETE /api/cases/{w.orders[oid].get('acc', 'none')}/") as h:
            st, _ = await h.send()
        c.log.info(f"cancellation of {oid}: {'accepted' if st == 200 else 'too late'}")
        access(c, b, st)
        return st, {}

    @intake.http("POST /pickups")
    async def pickup(c, b):
        async with c.client("courier", "POST /v1/jobs") as h:
            st, a = await h.send({"practice": b["practice"]})
            h.log.info(f"courier job {a['job']} booked for practice {b['practice']}")
        access(c, b, 202)
        return 202, {}

    @intake.http("POST /hooks/courier")
    async def picked(c, b):
        await c.work(3)
        c.log.info(f"courier callback: job {b['job']} {b['state']}", incoming=True)
        return 200, {}

    @intake.consumer("case.complete")
    async def mark(c, m):
        async with c.span("UPDATE orders", "CLIENT") as s:
            await s.work(4)
        c.log.info(f"order {m.body['oid']} done (case {m.body['acc']})", incoming=True)
    intake.noise(5, lambda l: l.info('10.2.0.1:41822 - "GET /health HTTP/1.1" 200 OK'))

    # ------------------------------------------------------------ lims
    def sql(s, ms, q, *a): s.log.debug(f"({ms / 1000:.3f}) {q}; args={a!r}; alias=default", logger="utils")

    @lims.consumer("order.received")
    async def accession(c, m):
        oid = m.body["oid"]
        o = w.orders[oid]
        n["acc"] += 1
        acc = f"26-{n['acc']:06d}"
        async with c.span("INSERT case", "CLIENT") as s:
            await s.work(8)
            sql(s, s.elapsed_ms(), 'INSERT INTO "lab_case" ("accession", "external_ref", "status") VALUES (%s, %s, %s) RETURNING "lab_case"."id"', acc, oid, "EXPECTED")
        o["acc"] = acc
        cases[acc] = {"oid": oid, "state": "EXPECTED", "need": set(), "have": {}, "panels": o["panels"], "practice": o["practice"]}
        c.log.info(f"Case {acc} created for order {oid}, expecting {len(o['panels'])} tube(s)", logger="accession", incoming=True)

    @lims.http("POST /api/scan/{barcode}/")
    async def scan(c, b):
        bar = b["_route"].split("/")[3]
        acc = f"{bar[:2]}-{bar[2:8]}"
        x = cases[acc]
        c.log.info(f"Tube {bar} scanned at {b['station']}", logger="scanner", incoming=True)
        if x["state"] != "EXPECTED":
            c.log.warning(f"Tube {bar}: case {acc} is {x['state']}, put into rack Q", logger="scanner")
            return 409, {}
        x["state"] = "IN_PROCESS"
        async with c.span("SELECT case", "CLIENT") as s:
            await s.work(3)
            sql(s, s.elapsed_ms(), 'SELECT "lab_case"."id", "lab_case"."accession", "lab_case"."status" FROM "lab_case" WHERE "lab_case"."accession" = %s LIMIT 21', acc)
        async with c.span("UPDATE case", "CLIENT") as s:
            await s.work(4)
        x["need"] = {a for p in x["panels"] for a in PANELS[p][1]}
        x["start"] = w.ns()
        for k, p in enumerate(x["panels"]):
            async with c.producer("assay.run") as q:
                i = await q.send({"acc": acc, "panel": p, "tube": f"{bar[:8]}-{k + 1}"})
                q.log.debug(f"Enqueueing message '{i}' on queue 'bench'.", logger="broker")
        c.log.info(f"Case {acc}: {len(x['panels'])} assays ordered", logger="accession")
        return 200, {}

    @lims.consumer("result.final")
    async def final(c, m):
        b = m.body
        x = cases[b["acc"]]
        async with c.span("INSERT result", "CLIENT") as s:
            await s.work(5)
            if c.rng.random() < 0.6: sql(s, s.elapsed_ms(), 'INSERT INTO "lab_result" ("case_id", "analyte", "value", "verified_by") VALUES (%s, %s, %s, %s)', int(b["acc"][3:]), b["analyte"], b["value"], b["by"])
        x["have"][b["analyte"]] = b["value"]
        if set(x["have"]) >= x["need"] and x["state"] == "IN_PROCESS":
            x["state"] = "COMPLETE"
            c.log.info(f"Case {b['acc']} complete: {len(x['need'])} results", logger="results", incoming=True)
            async with c.producer("case.complete") as p:
                await p.send({"acc": b["acc"], "oid": x["oid"], "practice": x["practice"], "panels": x["panels"]})
        elif b["by"] == "auto" and c.rng.random() < 0.7: c.log.debug(f"{len(x['have'])}/{len(x['need'])} results of {b['acc']}", logger="results", incoming=True)
        elif b["by"] != "auto": c.log.info(f"{b['analyte']} of {b['acc']} verified by {b['by']}", logger="results", incoming=True)

    @lims.http("GET /api/cases/{acc}/")
    async def get_case(c, b):
        acc = b["_route"].split("/")[3]
        async with c.span("SELECT case", "CLIENT") as s:
            await s.work(3)
        if acc not in cases:
            c.log.warning(f"Not Found: /api/cases/{acc}/", logger="log", incoming=True)
            return 404, {}
        c.log.info(f'"GET /api/cases/{acc}/ HTTP/1.1" 200 {c.rng.randrange(200, 900)}', logger="basehttp", incoming=True)
        return 200, {}

    @lims.http("DELETE /api/cases/{acc}/")
    async def del_case(c, b):
        acc = b["_route"].split("/")[3]
        x = cases.get(acc)
        if x and x["state"] == "EXPECTED":
            x["state"] = "CANCELLED"
            async with c.span("UPDATE case", "CLIENT") as s:
                await s.work(4)
                sql(s, s.elapsed_ms(), 'UPDATE "lab_case" SET "status" = %s WHERE "lab_case"."accession" = %s', "CANCELLED", acc)
            c.log.info(f"Case {acc} cancelled by practice", logger="accession", incoming=True)
            return 200, {}
        c.log.warning(f"Cancel of {acc} refused, state {x['state'] if x else None}", logger="accession", incoming=True)
        return 409, {}
    lims.noise(6, lambda l: l.debug("(0.001) SELECT 1; args=None; alias=default", logger="utils"))

    # ------------------------------------------------------------ bench: dramatiq
    D = "dramatiq.worker.WorkerThread"
    @bench.consumer("assay.run", retries=2, retry_ms=700, concurrency=6)
    async def run_assay(c, m):
        b = m.body
        call = f"run_assay('{b['acc']}', '{b['panel']}', tube='{b['tube']}')"
        c.log.debug(f"Received message {call} with id '{m.id}'.", logger=D, incoming=True)
        dev = PANELS[b["panel"]][0]
        async with c.span("aliquot") as s:
            await s.work(260)
            if c.rng.random() < 0.5: s.log.info(f"Pipetted {c.rng.choice([50, 100, 200])} ul from {b['tube']}", logger="bench.robot")
        async with c.client("instruments", f"POST /worklist/{dev}") as h:
            st, a = await h.send(b)
            h.log.info(f"{dev} took {b['tube']}: run {a['run']}" if st == 202 else f"{dev} busy, {b['tube']} stays in rack", logger="bench.dispatch")
        if st != 202:
            c.log.warning(f"Failed to process message {call} with unhandled exception.", logger=D)
            c.log.info(f"Retrying message '{m.id}' in {c.rng.randrange(500, 1500)} milliseconds." if m.attempt < 3 else f"Retries exceeded for message '{m.id}'.", logger="dramatiq.middleware.retries.Retries")
            raise Exception("busy")
        c.log.debug(f"Completed message {call} with id '{m.id}' after {c.elapsed_ms():.2f}ms.", logger=D)
    bench.noise(7, lambda l: l.debug("Flushing dead nodes.", logger="dramatiq.broker.RabbitmqBroker", t="MainThread"))

    # ------------------------------------------------------------ instruments: streams results
    @inst.http("POST /worklist/{dev}")
    async def worklist(c, b):
        dev = b["_route"].split("/")[-1]
        await c.work(9)
        if c.rng.random() < 0.08:
            c.log.warning(f"{dev}: NAK, rack full", logger="astm", incoming=True)
            return 503, {}
        n["job"] += 1
        run = f"{dev[:2]}{n['job']:05d}"
        c.log.info(f"{dev} > ENQ; O|1|{b['tube'].replace('-', '')}||^^^{b['panel']}|R; run {run}", logger="astm", incoming=True)
        c.spawn(measure(c, dev, run, b))
        return 202, {"run": run}

    async def measure(c, dev, run, b):
        await sleep(c.rng.uniform(600, 2600))
        for a in PANELS[b["panel"]][1]:
            await c.work(240)
            v = round(c.rng.lognormvariate(2, 0.9), 1)
            async with c.producer("result.raw") as p:
                await p.send({"acc": b["acc"], "analyte": a, "value": v, "tube": b["tube"], "run": run}, message_id=sid())
                p.log.info(f"{dev} < R|{a}|{v}|{b['tube'].replace('-', '')}|F ({run})", logger="astm")
        c.log.info(f"run {run} finished, {len(PANELS[b['panel']][1])} results", logger="runs")

    @inst.every(7)
    async def qc_run(c):
        dev = c.rng.choice([d for d, _ in PANELS.values()])
        for lvl in (1, 2, 3):
            async with c.span(f"qc level {lvl}") as s:
                await s.work(180)
                z = c.rng.gauss(0, 1)
                (s.log.info if abs(z) < 2 else s.log.warning)(f"QC {dev} L{lvl} z={z:+.2f}{'' if abs(z) < 2 else ' 1-2s'}", logger="qc")
        async with c.producer("qc.done") as p:
            await p.send({"dev": dev}, message_id=sid())
    inst.noise(4, lambda l: l.debug(f"{w.rng.choice(['XN-V', 'QS5', 'CLINITEK'])}: EOT, line idle", logger="serial"))

    # ------------------------------------------------------------ autoverify
    @auto.consumer("result.raw")
    async def verify(c, m):
        b = m.body
        async with c.span("redis HGETALL history", "CLIENT") as s:
            await s.work(1.5)
            if c.rng.random() < 0.5: s.log.debug("delta check", previous=c.rng.choice([None, 7.1, 4.4, 12.0]), analyte=b["analyte"], accession=b["acc"])
        flag = b["value"] > 21
        await c.work(6)
        if flag:
            async with c.producer("review.needed") as p:
                i = await p.send(b, message_id=sid())
                p.log.warning("held for review", accession=b["acc"], analyte=b["analyte"], value=b["value"], rule="critical_high", stream_id=i)
        else:
            async with c.producer("result.final") as p:
                i = await p.send({**b, "by": "auto"}, message_id=sid())
                if c.rng.random() < 0.5: p.log.debug("xadd", stream="result.final", id=i)
        c.log.info("result_verified" if not flag else "result_flagged", accession=b["acc"], analyte=b["analyte"], value=b["value"], entry=m.id, incoming=True)

    @auto.consumer("qc.done")
    async def qc(c, m):
        await c.work(10)
        c.log.info("westgard rules evaluated", analyzer=m.body["dev"], entry=m.id, incoming=True)
    auto.noise(5, lambda l: l.debug("xautoclaim", claimed=0, group="autoverify"))

    # ------------------------------------------------------------ review: people
    @rev.consumer("review.needed")
    async def queue(c, m):
        b = m.body
        c.log.info(f"inbox: {b['acc']} #{b['analyte']}={b['value']} waits for a pathologist", incoming=True)
        c.spawn(person(c, b))

    async def person(c, b):
        await sleep(c.rng.uniform(1500, 6000))
        who = c.rng.choice(["dr.lund", "dr.okoye", "dr.weiss"])
        async with c.span("Review.Cases.sign_off") as s:
            async with s.span("ecto UPDATE reviews", "CLIENT") as q:
                await q.work(4)
                q.log.debug(f'QUERY OK source="reviews" db={q.elapsed_ms():.1f}ms idle={c.rng.uniform(1, 90):.1f}ms\nUPDATE "reviews" SET "signed_by" = $1, "signed_at" = $2 WHERE "accession" = $3 ["{who}", ~U[{datetime.datetime.fromtimestamp(w.ns() // NS, datetime.timezone.utc):%Y-%m-%d %H:%M:%S}Z], "{b["acc"]}"]')
            await s.publish("result.final", {**b, "by": who}, message_id=sid())
            s.log.info(f"{who} signed {b['analyte']} of {b['acc']}")
    rev.noise(6, lambda l: l.info("GET /live/websocket\n  Sent 200 in 412µs" if w.rng.random() < 0.5 else "CONNECTED TO Phoenix.LiveView.Socket in 31µs"))

    # ------------------------------------------------------------ report, billing on case.complete
    @rep.consumer("case.complete", retries=1, retry_ms=1200)
    async def render(c, m):
        b = m.body
        tid = m.id
        c.log.info(f"Executing report.tasks.render_pdf: {tid}", logger="huey", incoming=True)
        async with c.client("lims", f"GET /api/cases/{b['acc']}/") as h:
            await h.send()
        async with c.span("weasyprint") as s:
            await s.work(420, 0.5)
            if c.rng.random() < 0.07 and m.attempt == 1:
                s.log.error(f"Failed to load image at \"file:///srv/plots/{b['acc']}.svg\"", logger="weasyprint")
                c.log.warning(f"report.tasks.render_pdf: {tid} will be retried in 1s", logger="huey")
                raise Exception("image")
            s.log.debug(f"Step 6 - Drawing, {c.rng.randrange(1, 5)} pages", logger="weasyprint.progress")
        await c.publish("report.ready", {"acc": b["acc"], "oid": b["oid"], "practice": b["practice"]})
        c.log.info(f"report.tasks.render_pdf: {tid} executed in {c.elapsed_ms() / 1000:.3f}s", logger="huey")
    rep.noise(8, lambda l: l.debug("Scheduler: 0 periodic tasks to enqueue", logger="huey.consumer.Scheduler"))

    @bill.http("POST /estimates")
    async def estimate(c, b):
        await c.work(12)
        c.log.info("", req="POST /estimates", st=200, size=c.rng.randrange(60, 140), us=int(c.elapsed_ms() * 1000), incoming=True)
        return 200, {}

    @bill.consumer("case.complete")
    async def invoice(c, m):
        async with c.span("INSERT invoice_line", "CLIENT") as s:
            await s.work(7)
        n["inv"] += 1
        c.log.info(f"invoiced {m.body['acc']} to practice {m.body['practice']}: RE{n['inv']}, {30 * len(m.body['panels'])}.00", incoming=True)
    bill.noise(6, lambda l: l.info("", req="GET /ping", st=200, size=2, us=w.rng.randrange(300, 900)))

    # ------------------------------------------------------------ results-out: webhooks to practices, tenacity
    @out.consumer("report.ready")
    async def deliver(c, m):
        b = m.body
        c.log.info(f"report {b['acc']} -> practice {b['practice']}", logger="results_out.worker", incoming=True)
        for k in range(1, 5):
            async with c.span(f"POST practice webhook", "CLIENT") as s:
                await s.work(170, 0.7)
                ok = c.rng.random() > 0.15
                if ok: s.log.debug(f'https://pms.practice{b["practice"]}.example:443 "POST /lab/results HTTP/1.1" 200 {c.rng.randrange(10, 90)}', logger="urllib3.connectionpool")
                else: s.log.warning(f"Retrying results_out.worker.post in {0.5 * k} seconds as it raised ReadTimeout: HTTPSConnectionPool(host='pms.practice{b['practice']}.example', port=443): Read timed out. (read timeout=5).", logger="tenacity")
            if ok: break
            await sleep(500 * k)
        if ok: c.log.info(f"delivered order {b['oid']} (attempt {k})", logger="results_out.worker")
        else:
            c.log.error(f"giving up on order {b['oid']}, fax instead", logger="results_out.worker")
            async with c.span("POST fax", "CLIENT") as s:
                await s.work(300)
    out.noise(9, lambda l: l.debug("Resetting dropped connection: pms.practice12.example", logger="urllib3.connectionpool"))

    # ------------------------------------------------------------ courier
    jobs = []
    @cour.http("POST /v1/jobs")
    async def book(c, b):
        n["job"] += 1
        job = f"CJ{n['job']}"
        async with c.span("pgx insert job", "CLIENT") as s:
            await s.work(4)
            s.log.debug("Exec", logger="pgx/tracelog.go:93", sql="insert into jobs(id,practice) values($1,$2)", commandTag="INSERT 0 1")
        jobs.append((job, b["practice"], c))
        c.log.info("job accepted", logger="api/jobs.go:52", job=job, practice=b["practice"], incoming=True)
        return 202, {"job": job}

    @cour.every(4)
    async def plan_tour(c):
        take, jobs[:] = list(jobs), []
        if not take:
            c.log.debug("no jobs, skipping tour", logger="tour/plan.go:30")
            return
        async with c.span("osrm trip", "CLIENT") as s:
            await s.work(80)
        for job, practice, cause in take:
            c.link(cause)
            await c.work(300)
            c.log.info("stop done", logger="tour/drive.go:77", job=job, bags=c.rng.randrange(1, 5))
            async with c.client("intake", "POST /hooks/courier") as h:
                await h.send({"job": job, "state": "picked_up"})
        c.log.info("tour finished", logger="tour/drive.go:91", stops=len(take), elapsed=round(c.elapsed_ms() / 1000, 3))
    cour.noise(6, lambda l: l.debug("gps fix", logger="gps/reader.go:18", van=w.rng.randrange(1, 6), sats=w.rng.randrange(5, 12)))


async def load(w):
    r = w.rng
    practices = [r.randrange(10, 99) for _ in range(14)]
    async def one(i):
        x = r.random()
        if x < 0.14:
            await w.start("intake", "POST /pickups", {"practice": r.choice(practices)})
            return
        st, a = await w.start("intake", "POST /orders", {"practice": r.choice(practices), "species": r.choice(["canine", "feline", "equine", "rabbit"]),
                              "animal": r.choice(["Rex", "Minka", "Bella", "Oskar", "Luna", "Blitz", "Pippa"]), "panels": r.sample(list(PANELS), r.choice([1, 1, 1, 2]))})
        oid = a["id"]
        await sleep(r.uniform(700, 4000))
        if r.random() < 0.08: await w.start("intake", f"POST /orders/{oid}/cancel", {})
        acc = w.orders[oid].get("acc")
        if acc and r.random() < 0.93: await w.start("lims", f"POST /api/scan/{acc.replace('-', '')}/", {"station": r.choice(["IN-1", "IN-2"])})
        for _ in range(r.choice([0, 0, 1])):
            await sleep(r.uniform(500, 5000))
            await w.start("intake", f"GET /orders/{oid}", {})
    await arrivals(w, 85, 2.8, one)
    await sleep(3000)

record(build, load, "v_veterinarylab")
