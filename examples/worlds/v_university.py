"""University: enrolment with waiting lists, grade publication (fan-out and join), theses through a similarity check that calls back, dunning."""
import json, uuid
from world import *


def comma(r): return f"{r.time:%Y-%m-%d %H:%M:%S},{r.time.microsecond // 1000:03d}"
def pylevel(r): return "WARNING" if r.level == "WARN" else r.level


def nginx(r):            # www: log_format with request time, whole seconds
    f = r.fields
    if "req" not in f: return f"{r.time:%Y/%m/%d %H:%M:%S} [{'warn' if r.level == 'WARN' else 'notice'}] 29#29: {r.message}"
    return (f"{f['ip']} - - [{r.time:%d/%b/%Y:%H:%M:%S} +0000] \"{f['req']} HTTP/2.0\" {f['st']} {f['size']} \"https://portal.uni.example/\" \"Mozilla/5.0 (X11; Linux x86_64; rv:131.0)\" "
            f"rt={f['rt']:.3f} urt=\"{f['rt'] - 0.001:.3f}\" tid={r.trace_id or '-'} sid={r.span_id or '-'}")


def djstruct(r):         # portal: Django with django-structlog, JSON
    d = dict(r.fields)
    if r.trace_id: d |= {"span_id": r.span_id, "trace_id": r.trace_id}
    if r.incoming: d["traceparent"] = r.incoming
    return json.dumps(d | {"event": r.message, "timestamp": isoz(r, 6), "logger": r.logger, "level": pylevel(r).lower()})


def stdpy(r):            # enrolment: FastAPI, uvicorn and sqlalchemy through one dictConfig
    ids = f" [{r.trace_id}:{r.span_id}]" if r.trace_id else " [-]"
    inc = f" <- {r.incoming}" if r.incoming else ""
    return f"{comma(r)} {pylevel(r):<7} {r.logger}{ids} {r.message}{inc}"


def celery(r):           # registrar-worker
    proc = r.fields.get("proc") or f"ForkPoolWorker-{r.thread % 4 + 1}"
    ids = f" [trace_id={r.trace_id} span_id={r.span_id}]" if r.trace_id else " [trace_id=0 span_id=0]"
    inc = f" headers={{'traceparent': '{r.incoming}'}}" if r.incoming else ""
    return f"[{comma(r)}: {pylevel(r)}/{proc}]{ids} {r.message}{inc}"


def jsonlogger(r):       # grades: Flask under gunicorn with python-json-logger
    d = {"asctime": comma(r), "levelname": pylevel(r), "name": r.logger, "message": r.message, **r.fields}
    if r.trace_id: d |= {"otelTraceID": r.trace_id, "otelSpanID": r.span_id}
    if r.incoming_parent: d["otelParentSpanID"] = r.incoming_parent
    return json.dumps(d)


def boot(r):             # bursar: Spring Boot with sleuth's brackets
    inc = f" (from {r.incoming_parent})" if r.incoming_parent else ""
    return f"{r.time:%Y-%m-%d %H:%M:%S}.{r.time.microsecond // 1000:03d} {r.level:>5} [bursar,{r.trace_id or ''},{r.span_id or ''}] 1 --- [{r.fields.get('t', 'nio-8080-exec-%d' % r.thread):>15}] {r.logger:<32} : {r.message}{inc}"


def loguru(r):           # simcheck
    x = dict(r.fields)
    fn = x.pop("at", "api:lifespan:12")
    if r.trace_id: x |= {"trace": r.trace_id, "span": r.span_id}
    if r.incoming_parent: x["parent"] = r.incoming_parent
    return f"{r.time:%Y-%m-%d %H:%M:%S}.{r.time.microsecond // 1000:03d} | {pylevel(r):<8} | simcheck.{fn} - {r.message}" + (f" | {x}" if x else "")


def rq(r):               # notify: RQ's default, times of day only
    t = f" trace={r.trace_id} span={r.span_id}" if r.trace_id else ""
    return f"{r.time:%H:%M:%S} {r.message}{t}" + (f" from={r.incoming_parent}" if r.incoming_parent else "")


def slog(r):             # lms-bridge: the one Go service
    q = lambda v: json.dumps(str(v)) if " " in str(v) or not str(v) else v
    s = f"time={isoz(r)} level={r.level} msg={q(r.message)}" + "".join(f" {k}={q(v)}" for k, v in r.fields.items())
    if r.trace_id: s += f" trace_id={r.trace_id} span_id={r.span_id}"
    return s + (f" traceparent={r.incoming}" if r.incoming else "")


COURSES = {"CS-201": 4, "CS-340": 3, "MATH-110": 9, "PHYS-121": 6, "HIST-205": 5, "ECON-101": 12, "BIO-310": 2, "LING-150": 4}
PHRASE = {200: "OK", 201: "Created", 202: "Accepted", 204: "No Content", 404: "Not Found", 409: "Conflict", 422: "Unprocessable Entity", 500: "Internal Server Error"}


def build(w):
    w.network_ms, w.broker_ms = 1.3, 7
    www = w.service("www", nginx)
    portal = w.service("portal", djstruct, errors=lambda c, e: c.log.error("request_failed", logger="django_structlog.middlewares.request", exception=f"RuntimeError: {e}"))
    enr = w.service("enrolment", stdpy)
    wk = w.service("registrar-worker", celery, errors=lambda c, e: c.log.error(f"Task handler raised error: RuntimeError('{e}')\nTraceback (most recent call last):\n  File \"/usr/lib/python3.12/site-packages/celery/app/trace.py\", line 453, in trace_task\n    R = retval = fun(*args, **kwargs)\nRuntimeError: {e}"))
    gr = w.service("grades", jsonlogger, errors=lambda c, e: c.log.error("consumer crashed", logger="grades.bus", exc_info=f"RuntimeError: {e}"))
    bur = w.service("bursar", boot, errors=lambda c, e: c.log.error(f"Execution of Rabbit message listener failed.\n\njava.lang.IllegalStateException: {e}\n\tat edu.uni.bursar.FeeListener.onEnrolment(FeeListener.java:41)", logger="o.s.a.r.l.ConditionalRejectingErrorHandler", t="ntContainer#0-1"))
    sim = w.service("simcheck", loguru)
    mail = w.service("notify", rq, errors=lambda c, e: c.log.error(f"[Job]: exception raised while executing (notify.jobs.send_mail)\nTraceback (most recent call last):\n  File \"/app/notify/jobs.py\", line 31, in send_mail\nRuntimeError: {e}"))
    lms = w.service("lms-bridge", slog, errors=lambda c, e: c.log.error("roster push failed", err=str(e)))

    w.enrolled, w.theses = [], {}
    seats, waiting, posted = dict(COURSES), {}, {}
    n = {"e": w.rng.randrange(300, 900), "t": w.rng.randrange(40, 90), "sim": w.rng.randrange(7000, 9000)}

    # ------------------------------------------------------------ www, portal
    @www.http("ANY *")
    async def proxy(c, b):
        st, a = await c.call("portal", b["_route"], {k: v for k, v in b.items() if k[0] != "_"}, client_span=False)
        c.log.info("", ip=f"131.220.{c.rng.randrange(250)}.{c.rng.randrange(250)}", req=b["_route"], st=st, size=c.rng.randrange(90, 4000), rt=c.elapsed_ms() / 1000)
        return st, a
    www.noise(12, lambda l: l.warning("conflicting server name \"portal.uni.example\" on 0.0.0.0:80, ignored"))

    def view(route):
        def mark(f):
            @portal.http(route)
            async def handle(c, b):
                k = {"request_id": str(uuid.UUID(int=w.ids.getrandbits(128))), "ip": "10.8.0.3", "user_id": b.get("user")}
                M = "django_structlog.middlewares.request"
                c.log.info("request_started", logger=M, request=b["_route"], user_agent="Mozilla/5.0", **k, incoming=True)
                st, a = await f(c, b, k)
                (c.log.info if st < 400 else c.log.warning)("request_finished", logger=M, request=b["_route"], code=st, **k)
                return st, a
        return mark

    async def delay(c, task, body, k):
        async with c.producer(task) as p:
            i = await p.send(body)
            p.log.info("task_enqueued", logger="django_structlog.celery.receivers", child_task_id=i, child_task_name=f"registrar.tasks.{task}", **k)

    @view("POST /enrol/{course}")
    async def enrol(c, b, k):
        course = b["_route"].split("/")[-1]
        async with c.span("SELECT auth_user", "CLIENT") as s:
            await s.work(2)
        async with c.client("enrolment", "POST /v1/enrolments") as h:
            st, a = await h.send({"student": b["user"], "course": course})
            h.log.debug(f'HTTP Request: POST http://enrolment:8000/v1/enrolments "HTTP/1.1 {st} {PHRASE[st]}"', logger="httpx", **k)
        if st == 201: c.log.info("enrolment_result", logger="portal.views", outcome=a["state"], enrolment=a["id"], **k)
        return (302 if st == 201 else st), a

    @view("DELETE /enrol/{eid}")
    async def drop(c, b, k):
        eid = b["_route"].split("/")[-1]
        st, a = await c.call("enrolment", f"DELETE /v1/enrolments/{eid}")
        return st, a

    @view("POST /theses")
    async def submit(c, b, k):
        n["t"] += 1
        tid = n["t"]
        w.theses[tid] = {"state": "checking", "by": b["user"]}
        async with c.span("PUT s3 theses", "CLIENT") as s:
            await s.work(160, 0.6)
            s.log.debug("upload_stored", logger="portal.storage", key=f"theses/{tid}/thesis.pdf", bytes=b["bytes"], **k)
        async with c.span("INSERT thesis", "CLIENT") as s:
            await s.work(4)
        await delay(c, "extract_text", {"thesis": tid, "pages": b["pages"]}, k)
        c.log.info("thesis_submitted", logger="portal.theses", thesis_id=tid, matriculation=b["user"], **k)
        return 202, {"id": tid}

    @view("GET /theses/{tid}")
    async def look(c, b, k):
        async with c.span("SELECT thesis", "CLIENT") as s:
            await s.work(3)
            s.log.debug(f'(0.002) SELECT "theses_thesis"."id", "theses_thesis"."state" FROM "theses_thesis" WHERE "theses_thesis"."id" = {b["_route"].split("/")[-1]} LIMIT 21; alias=default', logger="django.db.backends", **k)
        return 200, {}

    @portal.http("POST /hooks/simcheck")
    async def hook(c, b):
        k = {"request_id": str(uuid.UUID(int=w.ids.getrandbits(128)))}
        c.log.info("simcheck_report_received", logger="portal.hooks", job=b["job"], score=b["score"], **k, incoming=True)
        w.theses[b["thesis"]]["state"] = "checked"
        await delay(c, "thesis_checked", {"thesis": b["thesis"], "score": b["score"]}, k)
        return 204, {}

    @view("POST /sections/{course}/grades")
    async def publish(c, b, k):
        course = b["_route"].split("/")[2]
        async with c.client("grades", f"POST /sections/{course}/publish") as h:
            h.log.info("publishing_grades", logger="portal.views", section=course, count=len(b["marks"]), **k)
            st, a = await h.send({"marks": b["marks"], "by": b["user"]})
        return st, a

    @portal.consumer("transcripts.updated")
    async def purge(c, m):
        async with c.span("redis DEL", "CLIENT") as s:
            await s.work(1)
        c.log.info("cache_invalidated", logger="portal.cache", keys=m.body["count"], publication=m.body["pub"], incoming=True)
    portal.noise(5, lambda l: l.info("request_finished", logger="django_structlog.middlewares.request", request="GET /healthz", code=200, ip="10.8.0.1", user_id=None))

    # ------------------------------------------------------------ enrolment
    SA = "sqlalchemy.engine.Engine"
    def access(c, b, st):
        c.log.info(f'10.8.3.{c.thread}:{c.rng.randrange(32000, 60000)} - "{b["_route"]} HTTP/1.1" {st}', logger="uvicorn.access")

    async def confirm(c, student, course, state):
        n["e"] += 1
        eid = f"E{n['e']:06d}"
        async with c.span("INSERT enrolments", "CLIENT") as s:
            s.log.info("INSERT INTO enrolments (id, student_no, section, state) VALUES (%(id)s, %(student_no)s, %(section)s, %(state)s)", logger=SA)
            s.log.info(f"[cached since {c.rng.uniform(10, 900):.4g}s ago] {{'id': '{eid}', 'student_no': {student}, 'section': '{course}', 'state': '{state}'}}", logger=SA)
            await s.work(5)
            s.log.info("COMMIT", logger=SA)
        if state == "enrolled":
            w.enrolled.append(eid)
            book[eid] = (student, course)
            async with c.producer("enrolment.confirmed") as p:
                await p.send({"id": eid, "student": student, "course": course})
                if c.rng.random() < 0.7: p.log.info(f"Sent enrolment.confirmed for {eid}", logger="enrolment.events")
        return eid
    book = {}

    @enr.http("POST /v1/enrolments")
    async def enrol_api(c, b):
        st, course = b["student"], b["course"]
        c.log.info(f"enrol request: student={st} section={course}", logger="enrolment.api", incoming=True)
        async with c.span("SELECT sections", "CLIENT") as s:
            s.log.info("BEGIN (implicit)", logger=SA)
            s.log.info("SELECT sections.code, sections.seats \nFROM sections \nWHERE sections.code = %(code_1)s FOR UPDATE", logger=SA)
            s.log.info(f"[cached since {c.rng.uniform(10, 900):.4g}s ago] {{'code_1': '{course}'}}", logger=SA)
            await s.work(6)
        async def holds():
            async with c.client("bursar", f"GET /accounts/{st}/holds") as h:
                _, a = await h.send()
                if a["holds"]: h.log.warning(f"student {st} has {a['holds']} financial hold(s)", logger="enrolment.checks")
                return a["holds"]
        async def prereq():
            async with c.client("grades", f"GET /transcripts/{st}") as h:
                _, a = await h.send()
                h.log.debug(f"transcript of {st}: {a['ects']} ECTS in {h.elapsed_ms():.1f} ms", logger="enrolment.checks")
                return a["ects"]
        hold, ects = await asyncio.gather(holds(), prereq())
        if hold or ects < 20:
            c.log.info("ROLLBACK", logger=SA)
            c.log.warning(f"refused {st} for {course}: {'financial hold' if hold else 'prerequisites not met'}", logger="enrolment.api")
            access(c, b, 409)
            return 409, {}
        if seats[course] > 0:
            seats[course] -= 1
            state = "enrolled"
        else: state = "waitlisted"
        eid = await confirm(c, st, course, state)
        if state == "waitlisted":
            waiting.setdefault(course, []).append(st)
            c.log.info(f"{course} is full, {st} is no. {len(waiting[course])} on the waiting list ({eid})", logger="enrolment.api")
        access(c, b, 201)
        return 201, {"id": eid, "state": state}

    @enr.http("DELETE /v1/enrolments/{eid}")
    async def drop_api(c, b):
        eid = b["_route"].split("/")[-1]
        st, course = book[eid]
        async with c.span("UPDATE enrolments", "CLIENT") as s:
            s.log.info("UPDATE enrolments SET state=%(state)s WHERE enrolments.id = %(enrolments_id)s", logger=SA)
            s.log.info(f"[generated in 0.00021s] {{'state': 'dropped', 'enrolments_id': '{eid}'}}", logger=SA)
            await s.work(4)
        seats[course] += 1
        c.log.info(f"{st} dropped {course} ({eid})", logger="enrolment.api", incoming=True)
        await c.publish("seat_freed", {"course": course, "by": eid})
        access(c, b, 204)
        return 204, {}

    @enr.http("POST /v1/sections/{course}/promote")
    async def promote_api(c, b):
        course = b["_route"].split("/")[3]
        if not waiting.get(course):
            await c.work(3)
            access(c, b, 404)
            return 404, {}
        st = waiting[course].pop(0)
        seats[course] -= 1
        eid = await confirm(c, st, course, "enrolled")
        c.log.info(f"promoted {st} from waiting list of {course} as {eid}", logger="enrolment.api", incoming=True)
        return 200, {"id": eid}
    enr.noise(6, lambda l: l.debug(f"Pool size: 5  Connections in pool: {w.rng.randrange(5)} Current Overflow: -3 Current Checked out connections: 1", logger="sqlalchemy.pool.impl.QueuePool"))

    # ------------------------------------------------------------ registrar-worker: celery
    def task(name, topic=None, retries=0):
        def mark(f):
            @wk.consumer(topic or name, retries=retries, retry_ms=900)
            async def run(c, m):
                t = f"registrar.tasks.{name}[{m.id}]"
                c.log.info(f"Task {t} received", proc="MainProcess", incoming=True)
                try: r = await f(c, m, t)
                except ConnectionError as e:
                    if m.attempt <= retries:
                        c.log.info(f"Task {t} retry: Retry in 1s: ConnectionError('{e}')")
                    else: c.log.error(f"Task {t} raised unexpected: ConnectionError('{e}')\nTraceback (most recent call last):\n  File \"/app/registrar/tasks.py\", line 88, in {name}\nConnectionError: {e}")
                    raise
                c.log.info(f"Task {t} succeeded in {c.elapsed_ms() / 1000:.15f}s: {r!r}")
        return mark

    @task("sync_roster", "enrolment.confirmed", retries=2)
    async def sync_roster(c, m, t):
        x = m.body
        async with c.client("lms-bridge", f"PUT /rosters/{x['course']}/{x['student']}") as h:
            st, _ = await h.send()
            if st != 200: h.log.warning(f"{t}: lms-bridge said {st} for {x['course']}")
        if st != 200: raise ConnectionError("lms-bridge: Bad Gateway")

    @task("promote_from_waitlist", "seat_freed")
    async def promote(c, m, t):
        st, a = await c.call("enrolment", f"POST /v1/sections/{m.body['course']}/promote")
        if st == 200: c.log.info(f"{t}: {a['id']} takes the seat of {m.body['by']}")
        return a.get("id")

    @task("extract_text", retries=1)
    async def extract(c, m, t):
        x = m.body
        async with c.span("GET s3 theses", "CLIENT") as s:
            await s.work(90)
        async with c.span("pdftotext") as s:
            await s.work(x["pages"] * 3)
            s.log.debug(f"pdftotext: {x['pages']} pages of thesis {x['thesis']}")
        async with c.client("simcheck", "POST /jobs") as h:
            _, a = await h.send({"thesis": x["thesis"], "words": x["pages"] * 310})
            h.log.info(f"thesis {x['thesis']} handed to simcheck as {a['job']}")
        return a["job"]

    @task("on_thesis_checked", "thesis_checked")
    async def checked(c, m, t):
        x = m.body
        bad = x["score"] > 30
        if not bad:
            async with c.span("POST archive.uni/deposit", "CLIENT") as s:
                await s.work(240, 0.6)
                handle = f"20.500.{c.rng.randrange(11000, 12999)}/{c.rng.randrange(10000)}"
                s.log.info(f"Deposited thesis {x['thesis']} with handle {handle}")
        else: c.log.warning(f"thesis {x['thesis']}: similarity {x['score']}%, referred to the examination board")
        async with c.producer("mail") as p:
            await p.send({"tpl": "thesis_referred" if bad else "thesis_accepted", "to": w.theses[x["thesis"]]["by"]})
        w.theses[x["thesis"]]["state"] = "referred" if bad else "archived"
        return not bad

    @task("recompute_gpa", "grade.posted", retries=2)
    async def gpa(c, m, t):
        x = m.body
        async with c.span("SELECT grades", "CLIENT") as s:
            await s.work(7)
            if c.rng.random() < 0.05: raise ConnectionError("server closed the connection unexpectedly")
        async with c.span("UPDATE transcript", "CLIENT") as s:
            await s.work(4)
            if c.rng.random() < 0.6: s.log.debug(f"transcript {x['student']}: +{x['mark']} ({x['section']})")
        await c.publish("gpa.updated", {"pub": x["pub"], "student": x["student"]}, producer_span=c.rng.random() < 0.5)
        return round(c.rng.uniform(1, 4), 2)
    wk.noise(4, lambda l: l.info("Scheduler: Sending due task expire-sessions (registrar.tasks.expire_sessions)", proc="Beat"))

    # ------------------------------------------------------------ grades
    G = "gunicorn.access"
    @gr.http("GET /transcripts/{no}")
    async def transcript(c, b):
        no = b["_route"].split("/")[-1]
        async with c.span("SELECT transcript", "CLIENT") as s:
            await s.work(8, 0.6)
            s.log.debug("query", logger="grades.db", sql="SELECT sum(ects) FROM passed WHERE matr_no = ?", params=[int(no)])
        c.log.info(f'10.8.2.7 - - "GET /transcripts/{no} HTTP/1.1" 200 {c.rng.randrange(200, 900)} "-" "python-httpx/0.27.2" {int(c.elapsed_ms() * 1000)}', logger=G, incoming=True)
        return 200, {"ects": c.rng.choice([12, 34, 60, 88, 90, 120, 150, 162, 177])}

    @gr.http("POST /sections/{course}/publish")
    async def publish_grades(c, b):
        course = b["_route"].split("/")[2]
        pub = f"{course}-{c.rng.randrange(16 ** 4):04x}"
        c.log.info(f"publication {pub} started", logger="grades.publish", examiner=b["by"], n=len(b["marks"]), incoming=True)
        posted[pub] = [0, len(b["marks"]), b["by"]]
        async with c.span("INSERT grades", "CLIENT") as s:
            await s.work(11)
        for matr, mark in b["marks"]:
            async with c.producer("grade.posted") as p:
                await p.send({"pub": pub, "student": matr, "mark": mark, "section": course})
                p.log.info("grade posted", logger="grades.publish", matr_no=matr, mark=mark)
        c.log.info(f'10.8.2.4 - - "POST /sections/{course}/publish HTTP/1.1" 202 31 "-" "python-httpx/0.27.2" {int(c.elapsed_ms() * 1000)}', logger=G)
        return 202, {"publication": pub}

    @gr.consumer("gpa.updated")
    async def counted(c, m):
        p = posted[m.body["pub"]]
        p[0] += 1
        await c.work(2)
        if p[0] == p[1]:
            c.log.info(f"publication {m.body['pub']} complete", logger="grades.publish", transcripts=p[1], incoming=True)
            async with c.producer("transcripts.updated") as k:
                await k.send({"pub": m.body["pub"], "count": p[1]})
                k.log.debug("basic_publish", logger="grades.bus", routing_key="transcripts.updated")
            await c.publish("mail", {"tpl": "grades_published", "to": p[2]})
        elif c.rng.random() < 0.7: c.log.debug(f"{p[0]}/{p[1]} of {m.body['pub']}", logger="grades.publish", matr_no=m.body["student"], incoming=True)
    gr.noise(7, lambda l: l.debug("Closing connection.", logger="gunicorn.error"))

    # ------------------------------------------------------------ bursar
    B = "edu.uni.bursar."
    @bur.http("GET /accounts/{no}/holds")
    async def get_holds(c, b):
        no = b["_route"].split("/")[2]
        await c.work(14, 0.6)
        h = 1 if int(no) % 23 == 0 else 0
        if c.rng.random() < 0.65: c.log.debug(f"Holds for account {no}: {h} ({c.elapsed_ms():.0f} ms)", logger=B + "HoldController", incoming=True)
        return 200, {"holds": h}

    @bur.consumer("enrolment.confirmed")
    async def fee(c, m):
        T = f"ntContainer#0-{c.thread}"
        async with c.span("jdbc INSERT charge", "CLIENT") as s:
            await s.work(6)
            s.log.debug("Executing prepared SQL statement [insert into charge (account, item, ref) values (?, ?, ?)]", logger="o.s.jdbc.core.JdbcTemplate", t=T)
        c.log.info(f"Charged course fee EUR {c.rng.choice([40, 55, 80])},00 to account {m.body['student']}, reference {m.body['id']}", logger=B + "FeeListener", t=T, incoming=True)

    @bur.every(11)
    async def dunning_run(c):
        T = "scheduling-1"
        rows = c.rng.randrange(2, 6)
        c.log.info(f"Dunning run started, {rows} open accounts", logger=B + "DunningJob", t=T)
        for _ in range(rows):
            no = c.rng.randrange(1100000, 1200000)
            await c.work(25)
            c.log.info(f"Reminder {c.rng.randrange(1, 4)} for account {no}, {c.rng.randrange(30, 400)},50 EUR due", logger=B + "DunningJob", t=T)
            async with c.producer("mail") as p:
                await p.send({"tpl": "dunning", "to": no})
        c.log.info(f"Dunning run finished in {c.elapsed_ms():.0f} ms", logger=B + "DunningJob", t=T)
    bur.noise(8, lambda l: l.debug("HikariPool-1 - Pool stats (total=10, active=0, idle=10, waiting=0)", logger="com.zaxxer.hikari.pool.HikariPool", t="l-1 housekeeper"))

    # ------------------------------------------------------------ simcheck: 202, works on, calls back
    @sim.http("POST /jobs")
    async def accept(c, b):
        n["sim"] += 1
        job = f"sim-{n['sim']}"
        c.log.info(f"Accepted {job}: {b['words']} words", at="api:create_job:41", incoming=True)
        c.spawn(compare(c, job, b))
        return 202, {"job": job}

    async def compare(c, job, b):
        await sleep(200)
        async with c.span("shingle") as s:
            await s.work(b["words"] / 60)
            s.log.debug(f"{job}: {b['words'] // 7} shingles", at="engine:shingle:17")
        async def shard(i):
            async with c.span(f"query shard {i}", "CLIENT") as s:
                await s.work(380, 0.6)
                if i != 2: s.log.debug(f"shard {i} answered {c.rng.randrange(40)} candidates for {job}", at="engine:query:55")
        await asyncio.gather(*[shard(i) for i in range(3)])
        score = int(c.rng.betavariate(1.3, 6) * 100)
        c.log.info(f"{job} scored {score}%", at="engine:run:102")
        for attempt in (1, 2, 3):
            async with c.client("portal", "POST /hooks/simcheck") as h:
                if c.rng.random() < 0.1:
                    await h.work(800)
                    h.log.warning(f"Backing off notify(...) for 0.9s (httpx.ReadTimeout) [{job}]", at="backoff:_log_backoff:105")
                else:
                    st, _ = await h.send({"job": job, "thesis": b["thesis"], "score": score})
                    h.log.info(f"Callback for {job} delivered, HTTP {st}", at="notify:post:29")
                    break
            await sleep(900)
    sim.noise(6, lambda l: l.debug(f"corpus index generation {w.rng.randrange(900, 999)} is current", at="corpus:refresh:64"))

    # ------------------------------------------------------------ notify: RQ
    async def job(c, call, jid, queue):
        c.log.info(f"{queue}: {call} ({jid})", incoming=True)
        async with c.span("SMTP", "CLIENT") as s:
            await s.work(70, 0.6)
            if c.rng.random() < 0.4: s.log.info(f"250 2.0.0 Ok: queued as {c.rng.getrandbits(40):010X}")
        s = c.elapsed_ms() / 1000
        c.log.info(f"Successfully completed {call} job in 0:00:{s:09.6f}s on worker notify-{c.thread % 2}")
        c.log.info(f"{queue}: Job OK ({jid})")

    @mail.consumer("mail", concurrency=3)
    async def send_mail(c, m): await job(c, f"notify.jobs.send_mail('{m.body['tpl']}', {m.body['to']})", m.id, "mail")

    @mail.consumer("enrolment.confirmed", concurrency=3)
    async def confirmed(c, m): await job(c, f"notify.jobs.send_mail('enrolment_confirmed', {m.body['student']})", m.id, "high")
    mail.noise(9, lambda l: l.info("Cleaning registries for queue: mail"))

    # ------------------------------------------------------------ lms-bridge
    @lms.http("PUT /rosters/{course}/{student}")
    async def roster(c, b):
        _, _, course, student = b["_route"].split("/")
        async with c.span("POST moodle enrol_manual_enrol_users", "CLIENT") as s:
            await s.work(120, 0.6)
            ok = c.rng.random() > 0.07
            if not ok: s.log.error("moodle call failed", wsfunction="enrol_manual_enrol_users", err="502 Bad Gateway")
        if ok: c.log.info("roster updated", course=course, user=f"s{student}", dur=f"{c.elapsed_ms():.3f}ms", incoming=True)
        return (200 if ok else 502), {}
    lms.noise(7, lambda l: l.debug("token still valid", expires_in=f"{w.rng.randrange(100, 3000)}s"))


async def load(w):
    r = w.rng
    student = lambda: r.randrange(1100000, 1200000)
    async def one(i):
        x = r.random()
        if x < 0.52 or i < 8: await w.start("www", f"POST /enrol/{r.choice(list(COURSES))}", {"user": student()})
        elif x < 0.66 and w.enrolled:
            await w.start("www", f"DELETE /enrol/{w.enrolled.pop(r.randrange(len(w.enrolled)))}", {"user": student()})
        elif x < 0.86:
            st, a = await w.start("www", "POST /theses", {"user": student(), "pages": r.randrange(40, 220), "bytes": r.randrange(10 ** 6, 10 ** 7)})
            for _ in range(r.choice([0, 0, 1, 2])):
                await sleep(r.uniform(600, 3000))
                await w.start("www", f"GET /theses/{a['id']}", {"user": None})
        else:
            await w.start("www", f"POST /sections/{r.choice(list(COURSES))}/grades", {"user": r.randrange(200, 399), "marks": [(student(), r.choice([1.0, 1.3, 1.7, 2.0, 2.3, 3.0, 4.0, 5.0])) for _ in range(r.randrange(2, 6))]})
    await arrivals(w, 150, 4, one)
    await sleep(2000)

record(build, load, "v_university")
