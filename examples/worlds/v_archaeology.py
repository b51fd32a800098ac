"""Excavation records: tablets sync finds and contexts, find numbers are allotted, boxes assigned, photographs become 3D models with progress streamed back,
samples go to a radiocarbon laboratory that is polled, contexts are closed by a workflow of tasks, finds are reclassified later."""
import json
from world import *


def ms3(r): return f"{r.time.microsecond // 1000:03d}"
def pylevel(r): return "WARNING" if r.level == "WARN" else r.level


def tornado(r):          # sync: Tornado's LogFormatter, whole seconds, without colours
    ids = f" ({r.trace_id}/{r.span_id})" if r.trace_id else ""
    inc = f" from {r.incoming}" if r.incoming else ""
    return f"[{r.level[0]} {r.time:%y%m%d %H:%M:%S} {r.logger}] {r.message}{ids}{inc}"


def ecs(r):              # finds: ecs-logging for Python, nested
    f = dict(r.fields)
    d = {"@timestamp": isoz(r), "log.level": pylevel(r).lower(), "message": r.message, "ecs": {"version": "1.6.0"}, "log": {"logger": r.logger, "origin": {"function": f.pop("fn", "emit")}}, "process": {"pid": r.pid, "thread": {"name": f"Thread-{r.thread}"}}}
    if f: d["labels"] = f
    if r.trace_id: d |= {"trace": {"id": r.trace_id}, "span": {"id": r.span_id}}
    if r.incoming_parent: d["parent"] = {"id": r.incoming_parent}
    return json.dumps(d, separators=(",", ":"))


def log4perl(r):         # numbers: twenty years old
    t = f" [{r.trace_id} {r.span_id}]" if r.trace_id else " [-]"
    return f"{r.time:%Y/%m/%d %H:%M:%S} {r.level}{t} {r.message}" + (f" <{r.incoming_parent}>" if r.incoming_parent else "")


def photolog(r):         # photogram: logging with multiprocessing
    ids = f"[{r.trace_id}:{r.span_id}] " if r.trace_id else ""
    inc = f" parent={r.incoming_parent}" if r.incoming_parent else ""
    return f"{r.time:%Y-%m-%d %H:%M:%S}.{ms3(r)} - SpawnProcess-{r.thread % 3 + 1} - {r.logger} - {pylevel(r)} - {ids}{r.message}{inc}"


def postgres(r):         # gisdb: the server's log, sqlcommenter brings the ids
    c = f" /*traceparent='00-{r.trace_id}-{r.span_id}-01'*/" if r.trace_id else ""
    if r.incoming: c += f" /*caller='{r.incoming}'*/"
    return f"{r.time:%Y-%m-%d %H:%M:%S}.{ms3(r)} UTC [{r.pid + r.thread}] {r.fields.get('who', '@')} {'WARNING' if r.level == 'WARN' else 'LOG'}:  {r.message}{c}"


def serilog(r):          # radiolab: another institute, .NET
    tail = dict(r.fields)
    if r.trace_id: tail |= {"TraceId": r.trace_id, "SpanId": r.span_id}
    if r.incoming_parent: tail["ParentId"] = r.incoming_parent
    lv = {"DEBUG": "DBG", "INFO": "INF", "WARN": "WRN", "ERROR": "ERR"}[r.level]
    return f"[{r.time:%H:%M:%S}.{ms3(r)} {lv}] {r.message}" + (" " + json.dumps(tail) if tail else " {}")


def airflow(r):          # workflow
    t = f" | trace_id={r.trace_id} span_id={r.span_id}" if r.trace_id else ""
    inc = f" | traceparent={r.incoming}" if r.incoming else ""
    return f"[{r.time:%Y-%m-%dT%H:%M:%S}.{ms3(r)}+0000] {{{r.logger}}} {pylevel(r)} - {r.message}{t}{inc}"


def structjson(r):       # search: structlog, keys sorted, epoch seconds
    d = {**r.fields, "event": r.message, "level": pylevel(r).lower(), "ts": round(r.ns / 1e9, 6)}
    if r.trace_id: d["ctx"] = {"trace": r.trace_id, "span": r.span_id} | ({"parent": r.incoming_parent} if r.incoming_parent else {})
    return json.dumps(d, sort_keys=True)


def braces(r):           # stores: a storekeeper who learnt Python, braces style
    ids = f" ~{r.trace_id}~{r.span_id}" if r.trace_id else ""
    return f"{r.time:%d.%m.%Y %H:%M:%S},{ms3(r)} {pylevel(r).lower()}: {r.message}{ids}" + (f" ^{r.incoming_parent}" if r.incoming_parent else "")


def taskiq(r):           # conserv
    t = f" trace_id={r.trace_id} span_id={r.span_id}" if r.trace_id else ""
    return f"[{r.time:%Y-%m-%d %H:%M:%S},{ms3(r)}][{r.logger}][{pylevel(r):<7}][worker-{r.thread % 2}] {r.message}{t}" + (f" parent_span_id={r.incoming_parent}" if r.incoming_parent else "")


def build(w):
    w.network_ms, w.broker_ms = 1.5, 6
    n = {"msg": 0, "find": w.rng.randrange(1400, 2600), "box": w.rng.randrange(200, 300), "lab": w.rng.randrange(61000, 64000), "job": w.rng.randrange(10, 90), "run": 0, "tk": w.rng.randrange(100, 400)}
    def mid():
        n["msg"] += 1
        return f"{w.ns() // 1_000_000}-{n['msg'] % 2}"
    w.new_message_id = mid

    sync = w.service("sync", tornado, errors=lambda c, e: c.log.error(f"Uncaught exception in subscriber\nTraceback (most recent call last):\n  File \"/srv/sync/bus.py\", line 61, in _pump\n    await cb(entry)\nRuntimeError: {e}", logger="bus:63"))
    finds = w.service("finds", ecs, errors=lambda c, e: c.log.error("stream handler raised", logger="finds.streams", error_type="RuntimeError", error_message=str(e)))
    num = w.service("numbers", log4perl)
    photo = w.service("photogram", photolog, errors=lambda c, e: c.log.error(f"job crashed: {e}", logger="runner"))
    db = w.service("gisdb", postgres)
    lab = w.service("radiolab", serilog)
    wf = w.service("workflow", airflow, errors=lambda c, e: c.log.error(f"Task failed with exception\nTraceback (most recent call last):\n  File \"/home/airflow/.local/lib/python3.12/site-packages/airflow/models/taskinstance.py\", line 768, in _execute_task\nRuntimeError: {e}", logger="taskinstance.py:3313"))
    srch = w.service("search", structjson, errors=lambda c, e: c.log.error("entry_failed", exc=str(e)))
    sto = w.service("stores", braces, errors=lambda c, e: c.log.error(f"could not handle the message: {e}"))
    con = w.service("conserv", taskiq, errors=lambda c, e: c.log.error(f"Exception found while executing function: {e}", logger="taskiq.receiver.receiver"))

    w.finds, w.samples, nxt, lab_jobs, done = [], [], {}, {}, {}

    # ------------------------------------------------------------ sync
    def handled(c, b, st):
        c.log(("WARN" if st >= 400 else "INFO"), f"{st} {b['_route']} (10.66.0.{c.thread}) {c.elapsed_ms():.2f}ms", logger="web:2348", incoming=True)

    @sync.http("POST /sync/batch")
    async def batch(c, b):
        c.log.info(f"tablet {b['tablet']}: {len(b['items'])} item(s), trench {b['trench']} context {b['context']}", logger="handlers:52")
        numbers = []
        for k, it in enumerate(b["items"]):
            async with c.client("finds", "POST /api/finds/") as h:
                st, a = await h.send({"uuid": it["uuid"], "kind": it["kind"], "context": b["context"], "trench": b["trench"]})
                h.log.info(f"item {k + 1}/{len(b['items'])} {it['uuid']} -> {a.get('no', st)}", logger="handlers:66")
            if st == 201: numbers.append(a["no"])
        handled(c, b, 200)
        return 200, {"numbers": numbers}

    @sync.http("POST /contexts/{ctx}/photos")
    async def photos(c, b):
        x = b["_route"].split("/")[2]
        async with c.span("spool to disk") as s:
            await s.work(14 * b["count"])
        n["job"] += 1
        async with c.producer("photos.uploaded") as p:
            await p.send({"context": x, "count": b["count"], "job": f"pg{n['job']}"})
            p.log.debug(f"XADD photos.uploaded job=pg{n['job']} context={x}", logger="bus:31")
        handled(c, b, 202)
        return 202, {}

    @sync.http("POST /contexts/{ctx}/close")
    async def close(c, b):
        x = b["_route"].split("/")[2]
        async with c.client("workflow", "POST /api/v1/dags/close_context/dagRuns") as h:
            st, a = await h.send({"conf": {"context": x}})
            h.log.info(f"dag run {a['dag_run_id']} asked for", logger="handlers:120")
        handled(c, b, 202)
        return 202, {}

    @sync.http("POST /hooks/workflow")
    async def hook(c, b):
        await c.work(2)
        handled(c, b, 204)
        return 204, {}

    @sync.consumer("model.progress")
    async def progress(c, m):
        b = m.body
        await c.work(1.5)
        if b["pct"] != 75: c.log.debug(f"ws push {b['job']} {b['pct']}%", logger="ws:88", incoming=True)
    sync.noise(6, lambda l: l.info(f"200 GET /ping (10.66.0.1) 0.{w.rng.randrange(20, 90)}ms", logger="web:2348"))

    # ------------------------------------------------------------ finds
    async def query(c, sql, fn=None, silent=False):
        async with c.client("gisdb", "QUERY") as h:
            await h.send({"sql": sql})
            if not silent: h.log.debug(sql.split(" (")[0], logger="django.db.backends", fn=fn or "execute", duration_ms=round(h.elapsed_ms(), 3))

    @finds.http("POST /api/finds/")
    async def create(c, b):
        async with c.client("numbers", f"POST /next/{b['trench']}") as h:
            st, a = await h.send({"for": b["uuid"]})
        if st != 200:
            c.log.error("no find number", logger="finds.views", fn="perform_create", client_uuid=b["uuid"], incoming=True)
            return 502, {}
        no = a["no"]
        await query(c, f"INSERT INTO finds_find (number, context, material) VALUES ('{no}', {b['context']}, '{b['kind']}')")
        f = {"no": no, "kind": b["kind"], "context": b["context"], "trench": b["trench"]}
        w.finds.append(f)
        c.log.info(f"Find {no} registered", logger="finds.views", fn="perform_create", client_uuid=b["uuid"], material=b["kind"], context=b["context"], incoming=True)
        async with c.producer("find.registered") as p:
            e = await p.send(f)
            if c.rng.random() < 0.5: p.log.debug("xadd", logger="finds.streams", stream="find.registered", entry=e)
        return 201, {"no": no}

    @finds.http("PATCH /api/finds/{no}/")
    async def reclass(c, b):
        no = b["_route"].split("/")[3]
        await query(c, f"UPDATE finds_find SET material = '{b['kind']}' WHERE number = '{no}'", silent=True)
        c.log.info(f"Find {no} reclassified as {b['kind']} by {b['by']}", logger="finds.views", fn="perform_update", incoming=True)
        await c.publish("find.changed", {"no": no, "kind": b["kind"]})
        return 200, {}

    @finds.consumer("box.assigned")
    async def boxed(c, m):
        async with c.span("UPDATE find", "CLIENT") as s:
            await s.work(4)
        c.log.info("location updated", logger="finds.streams", fn="on_box_assigned", find=m.body["no"], box=m.body["box"], entry=m.id, incoming=True)

    @finds.http("POST /api/samples/")
    async def sample(c, b):
        code = f"S{b['find'].split('-')[-1]}.{c.rng.randrange(1, 9)}"
        for k in (1, 2, 3):
            async with c.client("radiolab", "POST /submissions") as h:
                st, a = await h.send({"sample": code, "material": b["material"]})
                if st == 503: h.log.warning("Retrying (Retry(total=%d, connect=None, read=None, redirect=None, status=None)) after 503: /submissions" % (3 - k), logger="urllib3.util.retry", fn="increment", sample=code)
                else: h.log.info("sample submitted", logger="finds.radiocarbon", fn="submit", sample=code, lab_no=a["no"])
            if st != 503: break
            await sleep(400 * k)
        if st == 503: return 503, {}
        c.spawn(poll(c, code, a["no"], b["find"]))
        w.samples.append(code)
        return 202, {"sample": code}

    async def poll(c, code, no, find):
        for k in range(9):
            await sleep(600 * 1.35 ** k)
            async with c.client("radiolab", f"GET /submissions/{no}") as h:
                st, a = await h.send()
                if c.rng.random() < 0.75: h.log.debug(f"{no} is {a['state']}", logger="finds.radiocarbon", fn="poll", attempt=k + 1)
            if a["state"] in ("Reported", "Failed"): break
        if a["state"] == "Reported":
            await query(c, f"INSERT INTO finds_date (find, bp, sigma) VALUES ('{find}', {a['bp']}, {a['sigma']})")
            async with c.producer("date.reported") as p:
                await p.send({"no": find, "bp": a["bp"]})
                p.log.info(f"{code}: {a['bp']} ± {a['sigma']} BP", logger="finds.radiocarbon", fn="store", lab_no=no)
        else: c.log.warning("no date from laboratory", logger="finds.radiocarbon", fn="poll", sample=code, lab_no=no, state=a["state"])
    finds.noise(6, lambda l: l.debug("beat", logger="finds.streams", fn="claim_idle", pending=w.rng.randrange(4)))

    # ------------------------------------------------------------ numbers (perl), gisdb
    @num.http("POST /next/{trench}")
    async def allot(c, b):
        t = b["_route"].split("/")[-1]
        async with c.span("flock", "INTERNAL") as s:
            await s.work(3)
        if c.rng.random() < 0.02:
            c.log.error(f"lock on {t}.seq timed out", incoming=True)
            return 500, {}
        n["find"] += 1
        c.log.info(f"{t} -> {n['find']}", incoming=True)
        return 200, {"no": f"{t}-{n['find']}"}
    num.noise(12, lambda l: l.debug("seq files synced"))

    @db.http("QUERY")
    async def q(c, b):
        await c.work(5, 0.7)
        c.log.info(f"duration: {c.elapsed_ms():.3f} ms  statement: {b['sql']}", who="excav@gis", incoming=True)
        return 200, {}
    db.noise(7, lambda l: l.info(w.rng.choice([f"checkpoint complete: wrote {w.rng.randrange(10, 400)} buffers ({w.rng.uniform(0, 2):.1f}%); 0 WAL file(s) added, 0 removed, 1 recycled", "checkpoint starting: time", f"automatic vacuum of table \"gis.public.finds_find\": index scans: {w.rng.randrange(2)}"])))

    # ------------------------------------------------------------ photogram: long job, streamed progress
    @photo.consumer("photos.uploaded", concurrency=3)
    async def model(c, m):
        b = m.body
        L = "metashape"
        c.log.info(f"{b['job']}: {b['count']} photos of context {b['context']}", logger="runner", incoming=True)
        steps = [("matchPhotos", 25, 300), ("alignCameras", 50, 220), ("buildDepthMaps", 75, 480), ("buildModel", 100, 350)]
        for step, pct, ms in steps:
            async with c.span(step) as s:
                await s.work(ms, 0.4)
                if step == "alignCameras":
                    ok = b["count"] - c.rng.randrange(0, 4)
                    (s.log.info if ok == b["count"] else s.log.warning)(f"alignCameras: {ok} of {b['count']} cameras aligned", logger=L)
                else: s.log.debug(f"{step} finished in {s.elapsed_ms() / 1000:.2f} sec", logger=L)
            async with c.producer("model.progress") as p:
                await p.send({"job": b["job"], "pct": pct})
                if pct >= 75: p.log.debug(f"{b['job']} {pct}%", logger="runner.progress")
        async with c.client("gisdb", "QUERY") as h:
            await h.send({"sql": f"INSERT INTO model (context, geom) VALUES ({b['context']}, ST_GeomFromText('POLYGON((...))', 25832))"})
        async with c.producer("model.done") as p:
            await p.send({"context": b["context"], "job": b["job"]})
            p.log.info(f"{b['job']} done, {c.rng.randrange(200, 900)}k faces, {c.elapsed_ms() / 1000:.1f} s", logger="runner")
    photo.noise(7, lambda l: l.debug(f"GPU 0: {w.rng.randrange(5, 98)}% {w.rng.randrange(40, 80)}C", logger="gpu"))

    # ------------------------------------------------------------ radiolab
    @lab.http("POST /submissions")
    async def submit(c, b):
        await c.work(45, 0.5)
        if c.rng.random() < 0.1:
            c.log.warn(f"Intake closed, submission of {b['sample']} turned away", incoming=True)
            return 503, {}
        n["lab"] += 1
        no = f"KIA-{n['lab']}"
        lab_jobs[no] = {"ready": w.ns() + c.rng.randrange(900, 5200) * 1_000_000, "ok": c.rng.random() > 0.08, "bp": c.rng.randrange(800, 6200), "sigma": c.rng.randrange(18, 60)}
        c.log.info(f"Submission {no} accepted ({b['material']})", ClientSample=b["sample"], incoming=True)
        c.spawn(measure(c, no))
        return 202, {"no": no}

    async def measure(c, no):
        left = (lab_jobs[no]["ready"] - w.ns()) / 1e6
        async with c.span("graphitise") as s:
            await s.work(left * 0.4, 0.1)
            s.log.debug(f"{no}: {c.rng.uniform(0.4, 1.1):.2f} mg C", LabNo=no)
        async with c.span("ams run") as s:
            await s.work(left * 0.3, 0.1)
            if lab_jobs[no]["ok"]: s.log.info(f"Measured {no}: F14C={math.exp(-lab_jobs[no]['bp'] / 8033):.4f}")
            else: s.log.error(f"Measurement of {no} failed: insufficient collagen")

    @lab.http("GET /submissions/{no}")
    async def state(c, b):
        no = b["_route"].split("/")[-1]
        j = lab_jobs[no]
        await c.work(7)
        st = "InProgress" if w.ns() < j["ready"] else "Reported" if j["ok"] else "Failed"
        c.log.debug(f"HTTP GET /submissions/{no} responded 200 in {c.elapsed_ms():.4f} ms", State=st, incoming=True)
        return 200, {"state": st, "bp": j["bp"], "sigma": j["sigma"]}
    lab.noise(9, lambda l: l.info("Ion source current stable", MicroAmps=w.rng.randrange(40, 60)))

    # ------------------------------------------------------------ workflow: airflow
    async def task(c, dag, run, name, f):
        ti = f"{dag}.{name} {run}"
        async with c.span(name) as s:
            if name != "notify": s.log.info(f"Executing <Task(PythonOperator): {name}> on {datetime.datetime.fromtimestamp(w.ns() // NS, datetime.timezone.utc):%Y-%m-%d %H:%M:%S+00:00}", logger="taskinstance.py:2330")
            for tr in (1, 2):
                await f(s)
                if tr == 1 and c.rng.random() < 0.06:
                    s.log.warning(f"Marking task as UP_FOR_RETRY. dag_id={dag}, task_id={name}, run_id={run}", logger="taskinstance.py:1206")
                    await sleep(700)
                else: break
            s.log.info(f"Marking task as SUCCESS. dag_id={dag}, task_id={name}, run_id={run}, duration={s.elapsed_ms() / 1000:.3f}", logger="taskinstance.py:1206")

    def sqltask(sql):
        async def f(s):
            async with s.client("gisdb", "QUERY") as h:
                await h.send({"sql": sql})
                if s.rng.random() < 0.8: h.log.info(f"Running statement: {sql}, parameters: None", logger="sql.py:470")
        return f

    def slow(ms, text=None):
        async def f(s):
            await s.work(ms)
            if text: s.log.info(text, logger="logging_mixin.py:190")
        return f

    @wf.http("POST /api/v1/dags/close_context/dagRuns")
    async def dagrun(c, b):
        n["run"] += 1
        run = f"manual__{datetime.datetime.fromtimestamp(w.ns() // NS, datetime.timezone.utc):%Y-%m-%dT%H:%M:%S}.{w.ns() % NS // 1000:06d}+00:00"
        async with c.span("INSERT dag_run", "CLIENT") as s:
            await s.work(9)
        c.log.info(f"Created <DagRun close_context @ {run}: externally triggered: True> conf={b['conf']}", logger="dag_run.py:412", incoming=True)
        c.spawn(close_context(c, run, b["conf"]["context"]))
        return 200, {"dag_run_id": run}

    async def close_context(c, run, x):
        d = "close_context"
        await sleep(c.rng.uniform(200, 900))
        await task(c, d, run, "check_finds", sqltask(f"SELECT count(*) FROM finds_find WHERE context = {x} AND number IS NULL"))
        await asyncio.gather(task(c, d, run, "render_sheet", slow(240, f"context sheet {x}.pdf written")), task(c, d, run, "harris_matrix", sqltask(f"SELECT below, above FROM stratigraphy WHERE {x} IN (below, above)")))
        await task(c, d, run, "archive", slow(120))
        async def tell(s):
            await s.call("sync", "POST /hooks/workflow", {"context": x})
        await task(c, d, run, "notify", tell)
        async with c.producer("context.closed") as p:
            await p.send({"context": x})
        c.log.info(f"Marking run <DagRun close_context @ {run}, externally triggered: True> successful", logger="dagrun.py:854")

    @wf.every(8, first=4)
    async def nightly_dump(c):
        d, run = "nightly_dump", f"scheduled__{datetime.datetime.fromtimestamp(w.ns() // NS, datetime.timezone.utc):%Y-%m-%dT%H:%M:%S}+00:00"
        await task(c, d, run, "pg_copy", sqltask("COPY finds_find TO STDOUT"))
        async def per_trench(s):
            for t in ("A", "B", "C", "D"):
                await s.work(35)
                s.log.info(f"trench {t}: {s.rng.randrange(40, 900)} rows exported", logger="logging_mixin.py:190")
        await task(c, d, run, "split", per_trench)
        c.log.info(f"Marking run <DagRun {d} @ {run}, externally triggered: False> successful", logger="dagrun.py:854")
    wf.noise(5, lambda l: l.info(w.rng.choice(["Adopting or resetting orphaned tasks for active dag runs", "DAG close_context has 0/16 running and queued tasks", "Trigger cleaned up"]), logger="scheduler_job_runner.py:1949"))

    # ------------------------------------------------------------ search
    def index(topic, key, label, noisy=0.6):
        @srch.consumer(topic, retries=2, retry_ms=300)
        async def handle(c, m):
            async with c.span("PUT _doc", "CLIENT") as s:
                await s.work(14, 0.5)
                if c.rng.random() < 0.04 and m.attempt == 1:
                    s.log.warning("version_conflict_engine_exception", doc=str(m.body[key]), status=409)
                    raise Exception("conflict")
                if c.rng.random() < noisy: s.log.debug("indexed", doc=str(m.body[key]), took=int(s.elapsed_ms()))
            c.log.info(label, **{key: m.body[key]}, entry_id=m.id, attempt=m.attempt, incoming=True)
    index("find.registered", "no", "find_indexed")
    index("find.changed", "no", "find_reindexed")
    index("model.done", "context", "model_linked")
    index("date.reported", "no", "date_added")
    index("context.closed", "context", "context_frozen", 0)
    srch.noise(5, lambda l: l.debug("xreadgroup_timeout", block_ms=2000))

    # ------------------------------------------------------------ stores
    @sto.consumer("find.registered", concurrency=6)
    async def place(c, m):
        b = m.body
        async with c.span("choose box") as s:
            await s.work(22, 0.5)
            if c.rng.random() < 0.2:
                n["box"] += 1
                s.log.info(f"opened a new box, {n['box']}, for {b['kind']}")
            box = n["box"] if b["kind"] in ("pottery", "bone") else n["box"] - 40
        async with c.producer("box.assigned") as p:
            await p.send({"no": b["no"], "box": box})
            p.log.info(f"{b['no']} goes into box {box}")
        if c.rng.random() < 0.5: c.log.debug(f"a label was printed for {b['no']} ({b['kind']})", incoming=True)

    @sto.consumer("find.changed")
    async def move(c, m):
        await c.work(9)
        if m.body["kind"] in ("iron", "wood"): c.log.info(f"{m.body['no']} is {m.body['kind']} now and must move to the climate room", incoming=True)
        else: c.log.debug(f"{m.body['no']} may stay where it is", incoming=True)

    @sto.every(10)
    async def climate_round(c):
        for room in ("K1", "K2", "K3"):
            await c.work(15)
            rh = c.rng.uniform(38, 58)
            (c.log.info if rh < 55 else c.log.warning)(f"room {room}: {rh:.1f} % humidity")
    sto.noise(9, lambda l: l.debug("the label printer has paper"))

    # ------------------------------------------------------------ conserv: taskiq
    @con.consumer("find.registered", retries=1, retry_ms=900)
    async def stabilise(c, m):
        b = m.body
        if b["kind"] not in ("iron", "wood", "bronze"):
            await c.work(0.6)
            if c.rng.random() < 0.7: c.log.debug(f"nothing to do for {b['kind']} {b['no']}", logger="conserv.tasks", incoming=True)
            return
        R = "taskiq.receiver.receiver"
        c.log.info(f"Executing task conserv.tasks:stabilise with ID: {m.id}", logger=R, incoming=True)
        async with c.span("xray request", "CLIENT") as s:
            await s.work(180, 0.5)
            if c.rng.random() < 0.1 and m.attempt == 1:
                s.log.error(f"x-ray queue unreachable for {b['no']}", logger="conserv.xray")
                c.log.warning("Task conserv.tasks:stabilise failed. Retrying.", logger="taskiq.middlewares.retry_middleware")
                raise Exception("xray")
            s.log.debug(f"x-ray slot for {b['no']}", logger="conserv.xray")
        n["tk"] += 1
        async with c.span("INSERT treatment", "CLIENT") as s:
            await s.work(5)
        c.log.info(f"treatment #{n['tk']} planned: {b['no']} ({b['kind']})", logger="conserv.tasks")
    con.noise(8, lambda l: l.debug("Prefetch queue size: 0", logger="taskiq.receiver.receiver"))


async def load(w):
    r = w.rng
    KINDS = ["pottery", "pottery", "bone", "flint", "iron", "bronze", "wood", "glass"]
    async def one(i):
        x, context = r.random(), r.randrange(1001, 1099)
        if x < 0.46:
            tr = r.choice("ABCD")
            items = [{"uuid": f"{r.getrandbits(32):08x}", "kind": r.choice(KINDS)} for _ in range(r.choice([1, 1, 1, 2, 2, 3]))]
            await w.start("sync", "POST /sync/batch", {"tablet": f"tab{r.randrange(1, 7):02d}", "trench": tr, "context": context, "items": items})
        elif x < 0.60: await w.start("sync", f"POST /contexts/{context}/photos", {"count": r.randrange(8, 48)})
        elif x < 0.72: await w.start("sync", f"POST /contexts/{context}/close", {})
        elif w.finds and x < 0.88: await w.start("finds", "POST /api/samples/", {"find": r.choice(w.finds)["no"], "material": r.choice(["charcoal", "bone", "seed"])})
        elif w.finds: await w.start("finds", f"PATCH /api/finds/{r.choice(w.finds)['no']}/", {"kind": r.choice(KINDS), "by": r.choice(["meier", "o.brien", "sato"])})
    await arrivals(w, 170, 3.6, one)
    await sleep(3000)

record(build, load, "v_archaeology")
