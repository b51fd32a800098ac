"""University examination office: students register (three checks at once, a seat held, then an event), seat plans are made in batches,
answer sheets come from the scanner as a stream and are joined by the grade book, plagiarism reports are polled, grades go out, some are appealed."""
import json
from world import *

LV = {"DEBUG": "debug", "INFO": "info", "WARN": "warning", "ERROR": "error"}


def apache(r):          # www: Apache LogFormat with %D at the end; starts of requests as %t, seconds only
    f = r.fields
    if "rq" not in f: return f"[{r.time:%a %b %d %H:%M:%S}.{r.time.microsecond:06d} {r.time:%Y}] [mpm_event:notice] [pid {r.pid}:tid {139000 + r.thread}] {r.message}"
    t = r.time - datetime.timedelta(microseconds=f["us"])
    ids = f"{r.trace_id} {r.span_id}" if r.trace_id else "- -"
    return f"10.20.{f['n'] % 9}.{f['n'] % 250} - {f['user']} [{t:%d/%b/%Y:%H:%M:%S} +0000] \"{f['rq']} HTTP/1.1\" {f['st']} {200 + f['n'] % 3000} \"-\" \"Mozilla/5.0 (X11; Linux x86_64)\" {ids} {f['us']}"


def rails(r):           # portal: Rails, tagged logging
    tags = f"[{r.fields['rid']}] " if "rid" in r.fields else ""
    if r.trace_id: tags += f"[trace_id={r.trace_id} span_id={r.span_id}] "
    if r.incoming: tags += f"[traceparent={r.incoming}] "
    return "\n".join(f"{r.level[0]}, [{r.time:%Y-%m-%dT%H:%M:%S}.{r.time.microsecond:06d} #{r.pid}] {r.level:>5} -- : {tags}{m}" for m in r.message.split("\n"))


def boot(r):            # registrar: Spring Boot 3 console
    c = f"[{r.trace_id}-{r.span_id}] " if r.trace_id else "[                                                 ] "
    p = f" (parent {r.incoming_parent})" if r.incoming_parent else ""
    return f"{isoz(r)}  {r.level:>5} {r.pid} --- [registrar] [{'http-exec-' if r.thread < 6 else 'kafka-C-'}{r.thread}] {c}{r.logger:<40} : {r.message}{p}"


def elixir(r):          # rooms: Elixir's Logger with metadata
    md = f"trace_id={r.trace_id} span_id={r.span_id} " if r.trace_id else ""
    if r.incoming_parent: md += f"parent_span_id={r.incoming_parent} "
    md += "".join(f"{k}={v} " for k, v in r.fields.items())
    return f"{r.time:%Y-%m-%d %H:%M:%S}.{r.time.microsecond // 1000:03d} {md}[{LV[r.level]}] {r.message}"


def loguru(r):          # scan: loguru with extra
    lv = "WARNING" if r.level == "WARN" else r.level
    ex = f" | {r.trace_id}:{r.span_id}" if r.trace_id else " | -:-" if r.fields.get("job") else ""
    if r.incoming: ex += f" < {r.incoming}"
    return f"{r.time:%Y-%m-%d %H:%M:%S}.{r.time.microsecond // 1000:03d} | {lv:<8} | {r.logger} - {r.message}{ex}"


def tracing(r):         # similarity: tracing-subscriber, full format with span context
    sp = f"{r.logger}{{trace={r.trace_id} span={r.span_id}}}: " if r.trace_id else (r.logger + ": " if r.logger != r.service else "")
    kv = "".join(f" {k}={v if isinstance(v, (int, float)) else json.dumps(v)}" for k, v in r.fields.items())
    if r.incoming_parent: kv += f' remote_parent="{r.incoming_parent}"'
    return f"{isoz(r, 6)} {r.level:>5} {sp}similarity: {r.message}{kv}"


def serilog(r):         # gradebook: Serilog's text template
    ids = f" <{r.trace_id} {r.span_id}>" if r.trace_id else ""
    p = f" {{ParentSpanId: {r.incoming_parent}}}" if r.incoming_parent else ""
    return f"{r.time:%Y-%m-%d %H:%M:%S}.{r.time.microsecond // 1000:03d} +00:00 [{dict(DEBUG='DBG', INFO='INF', WARN='WRN', ERROR='ERR')[r.level]}]{ids} {r.message}{p}"


def slog(r):            # transcripts: Go slog text
    q = lambda v: json.dumps(str(v)) if any(c in str(v) for c in ' ="') else str(v)
    s = f"time={isoz(r)} level={r.level} msg={q(r.message)}" + "".join(f" {k}={q(v)}" for k, v in r.fields.items())
    if r.trace_id: s += f" trace_id={r.trace_id} span_id={r.span_id}"
    return s + (f" traceparent={r.incoming}" if r.incoming else "")


def rfc5424(r):         # postie: syslog with structured data
    sd = f'[otel@47450 trace_id="{r.trace_id}" span_id="{r.span_id}"' + (f' parent="{r.incoming_parent}"' if r.incoming_parent else "") + "]" if r.trace_id else "-"
    return f"<{16 * 8 + dict(DEBUG=7, INFO=6, WARN=4, ERROR=3)[r.level]}>1 {isoz(r, 3)} mx2 postie {r.pid} {r.logger if r.logger != r.service else '-'} {sd} {r.message}"


def build(w):
    w.network_ms, w.broker_ms = 1.3, 9
    off = [20411]
    def offset():
        off[0] += 1
        return f"{off[0] % 6}:{off[0]}"
    w.new_message_id = offset
    w.regs, w.graded, queue = {}, [], []
    serial = {"reg": 70310, "sheet": 4000, "seat": 0, "case": 55}

    www = w.service("www", apache)
    portal = w.service("portal", rails)
    registrar = w.service("registrar", boot, errors=lambda c, e: c.log.error(f"Listener threw exception\norg.springframework.kafka.listener.ListenerExecutionFailedException: {e}\n\tat edu.uni.reg.events.Listeners.on(Listeners.java:51)\n\t... 14 common frames omitted", logger="o.s.k.l.DefaultErrorHandler"))
    rooms = w.service("rooms", elixir, errors=lambda c, e: c.log.error(f"GenServer #PID<0.{c.thread or 9}44.0> terminating\n** (RuntimeError) {e}\n    (rooms 2.4.1) lib/rooms/consumer.ex:37: Rooms.Consumer.handle_message/3"))
    scan = w.service("scan", loguru, errors=lambda c, e: c.log.error(f"sheet skipped, {e!r}", logger="scan.pipeline:run:88"))
    sim = w.service("similarity", tracing, errors=lambda c, e: c.log.error("handler failed", error=str(e), logger="consume"))
    grades = w.service("gradebook", serilog, errors=lambda c, e: c.log.error(f"Unhandled exception while consuming\nSystem.InvalidOperationException: {e}\n   at Gradebook.Bus.Pump.Run() in /src/Bus/Pump.cs:line 64"))
    trans = w.service("transcripts", slog, errors=lambda c, e: c.log.error("give up", err=e))
    postie = w.service("postie", rfc5424, errors=lambda c, e: c.log.error(f"fatal: {e}"))

    # ---------------------------------------------------------------- www and portal
    @www.http("ANY *")
    async def all_requests(c, b):
        s, a = await c.call("portal", b["_route"], {k: v for k, v in b.items() if k[0] != "_"}, client_span=False)
        c.log.info("", rq=b["_route"], st=s, us=int(c.elapsed_ms() * 1000), n=c.rng.randrange(5000), user=b.get("student") or "-")
        return s, a

    def started(c, b, ctl):
        rid = "%08x-%04x" % (c.rng.getrandbits(32), c.rng.getrandbits(16))
        verb, path = b["_route"].split(" ")
        c.log.info(f'Started {verb} "{path}" for 10.0.3.{c.thread} at {datetime.datetime.fromtimestamp(w.ns() // NS, datetime.timezone.utc):%Y-%m-%d %H:%M:%S} +0000', rid=rid, incoming=True)
        c.log.info(f"Processing by {ctl} as JSON", rid=rid)
        return rid

    def completed(c, rid, st):
        t = c.elapsed_ms()
        c.log.info(f"Completed {st} {dict([(201, 'Created'), (200, 'OK'), (202, 'Accepted'), (409, 'Conflict'), (422, 'Unprocessable Content')])[st]} in {t:.0f}ms (ActiveRecord: {t / 9:.1f}ms | Allocations: {c.rng.randrange(900, 9000)})", rid=rid)

    @portal.http("POST /registrations")
    async def new_reg(c, b):
        rid = started(c, b, "RegistrationsController#create")
        async with c.span("SELECT students", "CLIENT") as d:
            await d.work(2.5)
            d.log.debug(f'  Student Load ({d.elapsed_ms():.1f}ms)  SELECT "students".* FROM "students" WHERE "students"."matric" = $1 LIMIT $2  [["matric", "{b["student"]}"], ["LIMIT", 1]]', rid=rid)
        s, a = await c.call("registrar", "POST /api/exam-registrations", {"student": b["student"], "module": b["module"]})
        if s != 201: c.log.warn(f"registrar refused {b['student']} for {b['module']}: {a['why']}", rid=rid)
        completed(c, rid, s)
        return s, a

    @portal.http("DELETE /registrations/{id}")
    async def drop_reg(c, b):
        rid = started(c, b, "RegistrationsController#destroy")
        s, a = await c.call("registrar", "DELETE /api/exam-registrations/" + b["_route"].split("/")[-1])
        completed(c, rid, s)
        return s, a

    @portal.http("GET /registrations/{id}")
    async def show_reg(c, b):
        rid = started(c, b, "RegistrationsController#show")
        async with c.client("registrar", "GET /api/exam-registrations/" + b["_route"].split("/")[-1]) as k:
            s, a = await k.send()
            k.log.debug(f"Faraday GET registrar -> {s} ({k.elapsed_ms():.0f}ms)", rid=rid)
        completed(c, rid, s)
        return s, a

    @portal.http("POST /appeals")
    async def appeal(c, b):
        rid = started(c, b, "AppealsController#create")
        serial["case"] += 1
        case = f"A-2026-{serial['case']:04d}"
        async with c.producer("appeal.lodged") as p:
            await p.send({"case": case, "sheet": b["sheet"]})
            p.log.info(f"Appeal {case} about sheet {b['sheet']} lodged", rid=rid)
        completed(c, rid, 202)
        return 202, {"case": case}

    # ---------------------------------------------------------------- registrar
    REG = "e.uni.reg.RegistrationService"

    async def prerequisites(c, student, module):
        async with c.span("check prerequisites") as s:
            async with s.span("select attempt", "CLIENT") as d:
                await d.work(6)
                d.log.debug("select a1_0.id,a1_0.grade from attempt a1_0 where a1_0.matric=? and a1_0.module=?", logger="org.hibernate.SQL")
            ok = s.rng.random() > 0.06
            if not ok: s.log.info(f"{student} lacks a prerequisite of {module}", logger="e.u.reg.rules.PrerequisiteRule")
        return ok

    async def fees(c, student):
        async with c.span("LDAP search", "CLIENT") as d:
            await d.work(14)
            d.log.debug(f"uid={student},ou=students,dc=uni: feeStatus=PAID", logger="e.u.reg.ldap.FeeLookup")
        return True

    async def hold(c, student, module):
        async with c.client("rooms", "POST /holds") as k:
            s, a = await k.send({"who": student, "exam": module})
            k.log.debug(f"rooms: POST /holds -> {s} {a.get('hold', '')}", logger="e.u.reg.rooms.RoomsClient")
            return a.get("hold") if s == 201 else None

    @registrar.http("POST /api/exam-registrations")
    async def register(c, b):
        st, mo = b["student"], b["module"]
        c.log.info(f"Registration wish: student={st}, module={mo}", logger=REG, incoming=True)
        ok, paid, seat = await asyncio.gather(prerequisites(c, st, mo), fees(c, st), hold(c, st, mo))
        if not ok or seat is None:
            if seat:
                async with c.client("rooms", f"DELETE /holds/{seat}") as k:
                    await k.send()
                    k.log.info(f"compensating: hold {seat} released", logger=REG)
            c.log.warn(f"Registration of {st} declined", logger=REG)
            return 409, {"why": "prerequisite" if not ok else "full"}
        serial["reg"] += 1
        no = f"ER{serial['reg']}"
        async with c.span("insert registration", "CLIENT") as d:
            await d.work(8)
        w.regs[no] = {"student": st, "module": mo, "seat": seat, "state": "registered"}
        async with c.producer("exam.registered") as p:
            x = await p.send({"reg": no, "student": st, "module": mo, "seat": seat})
            p.log.debug(f"exam.registered key={no} -> partition-offset {x}", logger="e.u.reg.events.Outbound")
        c.log.info(f"Registered {st} for {mo} under {no} in {c.elapsed_ms():.0f} ms", logger=REG)
        return 201, {"id": no}

    @registrar.http("DELETE /api/exam-registrations/{id}")
    async def withdraw(c, b):
        no = b["_route"].split("/")[-1]
        x = w.regs[no]
        async with c.span("update registration", "CLIENT") as d:
            await d.work(5)
            d.log.debug("update registration set state=?,version=? where no=? and version=?", logger="org.hibernate.SQL")
        if x["state"] == "withdrawn":
            c.log.info(f"{no} was withdrawn before", logger=REG, incoming=True)
            return 200, {}
        x["state"] = "withdrawn"
        await c.publish("exam.withdrawn", {"reg": no, "student": x["student"], "seat": x["seat"]})
        c.log.info(f"Withdrew {no}", logger=REG, incoming=True)
        return 200, {}

    @registrar.http("GET /api/exam-registrations/{id}")
    async def fetch(c, b):
        await c.work(4)
        no = b["_route"].split("/")[-1]
        c.log.debug(f"lookup {no}: {w.regs[no]['state']}", logger=REG, incoming=True)
        return 200, {}

    @registrar.consumer("seat.assigned")
    async def seated(c, m):
        async with c.span("update registration", "CLIENT") as d:
            await d.work(5)
            d.log.debug("update registration set row_label=? where no=?", logger="org.hibernate.SQL")
        if c.rng.random() < 0.7:
            c.log.info(f"{m.body['reg']} sits at {m.body['place']}", logger="e.u.reg.events.SeatListener", incoming=True)

    @registrar.consumer("grade.published", retries=3, retry_ms=400)
    async def attempts(c, m):
        if c.rng.random() < 0.06 and m.attempt < 3:
            c.log.warn(f"Optimistic lock on attempt of {m.body['student']}, try {m.attempt}", logger="e.u.reg.events.GradeListener", incoming=True)
            raise Exception("lock")
        async with c.span("merge attempt", "CLIENT") as d:
            await d.work(9)
        c.log.info(f"Attempt closed: student={m.body['student']} grade={m.body['grade']}", logger="e.u.reg.events.GradeListener", incoming=True)

    # ---------------------------------------------------------------- rooms
    @rooms.http("POST /holds")
    async def new_hold(c, b):
        async with c.span("rooms.repo.query", "CLIENT") as d:
            await d.work(4)
            d.log.debug(f"QUERY OK source=\"seats\" db={d.elapsed_ms():.1f}ms", exam=b["exam"])
        if c.rng.random() < 0.03:
            c.log.warn("no seat left", exam=b["exam"], incoming=True)
            return 409, {}
        serial["seat"] += 1
        h = f"h{serial['seat'] * 7 + 1300}"
        c.log.info(f"held {h} for {b['who']}", exam=b["exam"], incoming=True)
        return 201, {"hold": h}

    @rooms.http("DELETE /holds/{hold}")
    async def drop_hold(c, b):
        await c.work(2)
        c.log.info(f"Sent 204 in {c.elapsed_ms():.0f}ms", incoming=True)
        return 204, {}

    @rooms.consumer("exam.registered")
    async def enqueue(c, m):
        await c.work(1.5)
        queue.append((m.body, c))
        c.log.debug(f"#{m.body['reg']} waits for the seat plan ({len(queue)} waiting)", offset=m.id, incoming=True)

    @rooms.consumer("exam.withdrawn")
    async def free(c, m):
        async with c.span("rooms.repo.query", "CLIENT") as d:
            await d.work(3)
        queue[:] = [q for q in queue if q[0]["reg"] != m.body["reg"]]
        c.log.info(f"seat of #{m.body['reg']} is free again, was {m.body['seat']}", incoming=True)

    @rooms.every(4)
    async def seat_plan(c):
        waiting, queue[:] = list(queue), []
        if not waiting:
            c.log.debug("seat plan: nothing new")
            return
        c.log.info(f"seat plan run, {len(waiting)} candidates")
        for b, origin in waiting:
            c.link(origin)
            async with c.span("place candidate") as s:
                await s.work(3)
                place = f"{s.rng.choice(['HS1', 'HS2', 'AUDIMAX'])}/{s.rng.randrange(1, 30)}{s.rng.choice('ABCDEF')}"
                s.log.info(f"  {b['reg']} -> {place}", exam=b["module"])
                await s.publish("seat.assigned", {"reg": b["reg"], "student": b["student"], "place": place}, producer_span=c.rng.random() < 0.5)
        c.log.info(f"seat plan done in {c.elapsed_ms():.0f}ms")
    rooms.noise(5, lambda l: l.debug("Presence: 3 nodes, 0 joins, 0 leaves"))

    # ---------------------------------------------------------------- scan: a stack of sheets of one exam
    @scan.http("POST /stacks")
    async def stack(c, b):
        c.log.info(f"stack {b['stack']} of {b['module']}: {len(b['students'])} sheets", logger="scan.api:upload:31", job=1, incoming=True)
        sheets = []
        for st in b["students"]:
            serial["sheet"] += 1
            sheets.append((f"S{serial['sheet']:06d}", st))
        async with c.producer("stack.opened") as p:
            await p.send({"stack": b["stack"], "module": b["module"], "count": len(sheets)})
        async def feed():
            for sh, st in sheets:
                async with c.span("ocr page") as s:
                    await s.work(60, 0.4)
                    score = s.rng.randrange(12, 100)
                    s.log.debug(f"{sh} page 1/1, confidence {s.rng.uniform(.7, .99):.2f}", logger="scan.ocr:read:140", job=1)
                async with c.producer("sheet.read") as p:
                    await p.send({"sheet": sh, "stack": b["stack"], "student": st, "module": b["module"], "points": score})
                    if c.rng.random() < 0.75: p.log.info(f"sheet {sh} ({st}) read: {score} points", logger="scan.pipeline:emit:71", job=1)
            c.log.info(f"stack {b['stack']} finished after {c.elapsed_ms() / 1000:.2f}s", logger="scan.pipeline:run:95", job=1)
        c.spawn(feed())
        return 202, {}
    scan.noise(6, lambda l: l.debug(f"feeder temperature {w.rng.randrange(38, 61)} C", logger="scan.hw:poll:12"))

    # ---------------------------------------------------------------- similarity: own jobs, polled
    jobs = {}

    @sim.http("POST /v2/compare")
    async def compare(c, b):
        await c.work(5)
        j = f"cmp_{c.rng.getrandbits(36):09x}"
        jobs[j] = w.ns() + int(c.rng.uniform(300, 1800) * 1e6)
        c.log.info("accepted", document=b["doc"], job=j, logger="compare", incoming=True)
        return 202, {"job": j}

    @sim.http("GET /v2/compare/{job}")
    async def report(c, b):
        j = b["_route"].split("/")[-1]
        await c.work(1.5)
        if w.ns() < jobs[j]: return 200, {"state": "running"}
        pct = c.rng.choice([1, 2, 2, 3, 5, 8, 64])
        c.log.info("report fetched", job=j, overlap_pct=pct, logger="report", incoming=True)
        return 200, {"state": "ready", "pct": pct}
    sim.noise(7, lambda l: l.debug("index segments merged", segments=w.rng.randrange(3, 20)))

    # ---------------------------------------------------------------- gradebook
    stacks = {}

    @grades.consumer("stack.opened")
    async def opened(c, m):
        stacks.setdefault(m.body["stack"], {"n": 0})["of"] = m.body["count"]
        async with c.span("INSERT Stacks", "CLIENT") as d:
            await d.work(6)
            d.log.debug("Executed DbCommand (6ms) [Parameters=[@p0='?' (Size = 12), @p1='?' (DbType = Int32)], CommandType='Text'] INSERT INTO [Stacks] ...")
        c.log.info(f"Expecting {m.body['count']} sheets for stack {m.body['stack']}", incoming=True)

    @grades.consumer("sheet.read", retries=1, concurrency=6)
    async def mark(c, m):
        x = m.body
        async with c.span("mark sheet") as s:
            await s.work(18)
            grade = "5.0" if x["points"] < 50 else s.rng.choice(["1.0", "1.3", "2.0", "2.7", "3.3", "4.0"])
            s.log.debug(f"Marked {x['sheet']}: {x['points']} pts = {grade}")
        if x["points"] > 80:
            async with c.client("similarity", "POST /v2/compare") as k:
                st, a = await k.send({"doc": x["sheet"]})
                k.log.info(f"Similarity check of {x['sheet']} requested: {a['job']}")
            for i in range(8):
                await sleep(350)
                st, a2 = await c.call("similarity", "GET /v2/compare/" + a["job"])
                if a2["state"] == "ready": break
            if a2.get("pct", 0) > 30:
                c.log.warn(f"Sheet {x['sheet']} withheld, {a2['pct']} % overlap")
                await c.publish("sheet.suspicious", {"sheet": x["sheet"], "student": x["student"]})
                grade = None
        k = stacks.setdefault(x["stack"], {"n": 0})
        k["n"] += 1
        if grade:
            async with c.span("UPSERT Marks", "CLIENT") as d:
                await d.work(5)
            async with c.producer("grade.published") as p:
                p.log.info(f"Publishing grade {grade} of student {x['student']} ({x['sheet']})")
                await p.send({"sheet": x["sheet"], "student": x["student"], "module": x["module"], "grade": grade})
            w.graded.append(x["sheet"])
        if k["n"] == k.get("of"):
            c.log.info(f"Stack {x['stack']} complete")
            await c.publish("stack.closed", {"stack": x["stack"], "n": k["n"]})

    @grades.consumer("appeal.lodged")
    async def second_marker(c, m):
        c.log.info(f"Appeal {m.body['case']}: second marker for {m.body['sheet']}", incoming=True)
        await sleep(c.rng.uniform(400, 1500))
        async with c.span("SELECT Marks", "CLIENT") as d:
            await d.work(4)
        change = c.rng.random() < 0.3
        async with c.producer("appeal.decided") as p:
            await p.send({"case": m.body["case"], "sheet": m.body["sheet"], "upheld": change})
            p.log.info(f"Appeal {m.body['case']} {'upheld' if change else 'rejected'}")
    grades.noise(6, lambda l: l.info("Health check \"sqlserver\" completed after 1.9ms with status Healthy"))

    # ---------------------------------------------------------------- transcripts
    @trans.consumer("grade.published")
    async def add(c, m):
        async with c.span("mongo update", "CLIENT") as d:
            await d.work(6)
            if c.rng.random() < 0.5: d.log.debug("mongo", op="findAndModify", coll="transcripts", matric=m.body["student"])
        c.log.info("line added", matric=m.body["student"], module=m.body["module"], dur=f"{c.elapsed_ms():.1f}ms", incoming=True)
        if c.rng.random() < 0.4:
            async with c.span("render pdf") as s:
                await s.work(70)
                s.log.info("pdf rendered", matric=m.body["student"], pages=s.rng.randrange(1, 5))

    @trans.consumer("appeal.decided")
    async def amend(c, m):
        await c.work(9)
        if m.body["upheld"]: c.log.info("line amended", case=m.body["case"], sheet=m.body["sheet"], incoming=True)
        else: c.log.debug("no change", case=m.body["case"], incoming=True)

    # ---------------------------------------------------------------- postie
    def mails(topic, key, kind):
        @postie.consumer(topic, retries=2, retry_ms=700)
        async def mail(c, m):
            q = f"{c.rng.getrandbits(40):010X}"
            async with c.span("smtp", "CLIENT") as s:
                await s.work(45, 0.5)
                if s.rng.random() < 0.05:
                    s.log.warn(f"{q}: host smtp.uni.example said: 451 4.3.0 try again later (template {kind})", logger="DEFER")
                    if m.attempt <= 2: raise Exception("451")
                s.log.info(f"{q}: template={kind}, ref={m.body[key]}, delay={s.elapsed_ms() / 1000:.2f}, status=sent", logger="SEND")
            if topic == "exam.registered": c.log.debug(f"{q}: removed")
    mails("exam.registered", "reg", "registered"); mails("exam.withdrawn", "reg", "withdrawn")
    mails("grade.published", "student", "grade"); mails("appeal.decided", "case", "appeal"); mails("sheet.suspicious", "student", "hearing")

    @postie.consumer("stack.closed")
    async def to_chair(c, m):
        await c.work(30)
        c.log.info(f"stack {m.body['stack']} closed, chair of examiners informed", logger="SEND", incoming=True)
    postie.noise(8, lambda l: l.info("statistics: max connection count 2 for (smtp:10.0.9.4)"))
    www.noise(12, lambda l: l.info("AH00489: Apache/2.4.62 (Debian) configured -- resuming normal operations"))
    portal.noise(9, lambda l: l.debug("ActiveRecord pool: size=10 busy=1 idle=4 waiting=0"))


async def load(w):
    r = w.rng
    student = lambda: f"{r.randrange(310000, 399999)}"

    async def one(i):
        x = r.random()
        if x < 0.18:
            n = r.randrange(1, 4)
            await w.start("scan", "POST /stacks", {"stack": f"K{i:03d}-{r.randrange(100)}", "module": r.choice(["MA-1101", "INF-2040", "PHY-0007"]), "students": [student() for _ in range(n)]})
        elif x < 0.28 and w.graded:
            await w.start("www", "POST /appeals", {"sheet": r.choice(w.graded), "student": student()})
        else:
            s, a = await w.start("www", "POST /registrations", {"student": student(), "module": r.choice(["MA-1101", "INF-2040", "PHY-0007", "LAW-3300"])})
            if s != 201: return
            if r.random() < 0.25:
                await sleep(r.uniform(200, 5000))
                await w.start("www", "GET /registrations/" + a["id"])
            if r.random() < 0.2:
                await sleep(r.uniform(500, 6000))
                await w.start("www", "DELETE /registrations/" + a["id"])
    await arrivals(w, 120, 4, one)
    await sleep(5000)

record(build, load, "o_exam")
