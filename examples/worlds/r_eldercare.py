"""Home care for the old: pendant alarms over a JMS queue to a response desk that rings, and when nobody answers has carers offered the visit one after another;
visits report their tasks one by one, medication rounds by Quartz, claims go to the insurer in a Spring Batch job, families ask and are told."""
import json
from world import *

def milli(r): return r.time.microsecond // 1000

def traefik(r):                 # edge: Traefik's JSON access log, durations in ns
    if "RequestPath" not in r.fields: return json.dumps({"level": r.level.lower(), "msg": r.message, "time": isoz(r, 0)}, separators=(",", ":"))
    d = {"ClientHost": r.fields["ip"], "DownstreamStatus": r.fields["st"], "Duration": r.fields["ns"], "RequestMethod": r.fields["verb"], "RequestPath": r.fields["RequestPath"], "RouterName": r.fields["to"] + "@docker", "ServiceName": r.fields["to"] + "@docker"}
    if r.trace_id: d |= {"TraceId": r.trace_id, "SpanId": r.span_id}
    return json.dumps(d | {"level": "info", "msg": "", "time": isoz(r, 0)}, separators=(",", ":"))

def vertx(r):                   # pendant-rx: bare logback
    ids = f" t={r.trace_id} s={r.span_id}" if r.trace_id else ""
    if r.incoming: ids += f" tp={r.incoming}"
    return f"{r.time:%H:%M:%S}.{milli(r):03d} [vert.x-eventloop-thread-{r.thread}] {r.level:<5} RxVerticle - {r.message}{ids}".replace(f"{r.time:%H:%M:%S}", f"{r.time:%y%m%d %H:%M:%S}", 1)

def logstash(r):                # desk: logstash-logback-encoder
    d = {"@timestamp": isoz(r), "@version": "1", "message": r.message, "logger_name": r.logger, "thread_name": str(r.thread) if isinstance(r.thread, str) else f"DefaultMessageListenerContainer-{r.thread}", "level": r.level, "level_value": {"DEBUG": 10000, "INFO": 20000, "WARN": 30000, "ERROR": 40000}[r.level]}
    f = dict(r.fields)
    stack = f.pop("stack", None)
    if r.trace_id: d |= {"traceId": r.trace_id, "spanId": r.span_id}
    if r.incoming_parent: d["parentSpanId"] = r.incoming_parent
    if stack: d["stack_trace"] = stack
    return json.dumps(d | f | {"app": "desk", "env": "prod"}, separators=(",", ":"))

def slog(r):                    # telephony: Go slog text
    q = lambda v: json.dumps(v) if isinstance(v, str) and (" " in v or "=" in v) else v
    s = f"time={isoz(r)} level={r.level} msg={q(r.message)}" + "".join(f" {k}={q(v)}" for k, v in r.fields.items())
    if r.trace_id: s += f" trace_id={r.trace_id} span_id={r.span_id}"
    return s + (f" parent_span_id={r.incoming_parent}" if r.incoming_parent else "")

def ktor(r):                    # dispatch: Kotlin, kotlin-logging, MDC as a map
    mdc = f"{{traceId={r.trace_id}, spanId={r.span_id}}}" if r.trace_id else "{}"
    if r.incoming_parent: mdc = mdc[:-1] + f", parent={r.incoming_parent}}}"
    return f"{r.time:%Y-%m-%d %H:%M:%S}.{milli(r):03d} [DefaultDispatcher-worker-{r.thread}] {r.level:<5} {r.logger} {mdc} {r.message}"

def bunyan(r):                  # carer-app
    d = {"name": "carer-app", "hostname": "carer-app-6c9f", "pid": r.pid, "level": {"DEBUG": 20, "INFO": 30, "WARN": 40, "ERROR": 50}[r.level]} | r.fields
    if r.trace_id: d |= {"trace": {"id": r.trace_id, "span": r.span_id} | ({"caller": r.incoming_parent} if r.incoming_parent else {})}
    return json.dumps(d | {"msg": r.message, "time": isoz(r), "v": 0}, separators=(",", ":"))

def log4j1(r):                  # meds: log4j 1.2 pattern of 2012, never changed
    ndc = f"{r.trace_id} {r.span_id}" if r.trace_id else ""
    if r.incoming_parent: ndc += f" {r.incoming_parent}"
    return f"{r.time:%d %b %Y %H:%M:%S},{milli(r):03d} [{r.thread}] {r.level:<5} {r.logger} [{ndc}] - {r.message}"

def helidon(r):                 # visits: Helidon's console handler
    ids = f" [{r.trace_id},{r.span_id}]" if r.trace_id else " [,]"
    if r.incoming_parent: ids = ids[:-1] + f",parent={r.incoming_parent}]"
    return f"{r.time:%Y.%m.%d %H:%M:%S}.{milli(r):03d} {({'DEBUG': 'FINE', 'WARN': 'WARNING', 'ERROR': 'SEVERE'}).get(r.level, 'INFO')} {r.logger} Thread[#{30 + r.thread},helidon-server-{r.thread},5,server]{ids}: {r.message}"

def celery(r):                  # family: python, celery
    ids = f" trace_id={r.trace_id} span_id={r.span_id}" if r.trace_id else ""
    if r.incoming: ids += f" traceparent={r.incoming}"
    return f"[{r.time:%Y-%m-%d %H:%M:%S},{milli(r):03d}: {r.level.replace('WARN', 'WARNING')}/ForkPoolWorker-{r.thread}] {r.message}{ids}"

def batch(r):                   # claims: Boot 2.7 default with sleuth off, own MDC at the end
    tail = f" {{X-B3-TraceId={r.trace_id}, X-B3-SpanId={r.span_id}{', X-B3-ParentSpanId=' + r.incoming_parent if r.incoming_parent else ''}}}" if r.trace_id else ""
    return f"{r.time:%Y-%m-%d %H:%M:%S}.{milli(r):03d}  {r.level:<5} {r.pid} --- [{r.thread if isinstance(r.thread, str) else 'Executor-' + str(r.thread)}] {r.logger:<40} : {r.message}{tail}"


def build(w):
    w.network_ms, w.broker_ms = 0.9, 9
    mids = [1]
    def jms():
        mids[0] += 1
        return f"ID:amq-1-40211-1789{w.base // NS % 10 ** 6:06d}-5:{mids[0] % 7 + 1}:1:1:{mids[0]}"
    w.new_message_id = jms
    edge = w.service("edge", traefik)
    rx = w.service("pendant-rx", vertx)
    desk = w.service("desk", logstash, errors=lambda c, e: c.log.error("Execution of JMS message listener failed, and no ErrorHandler has been set.", logger="o.s.j.l.DefaultMessageListenerContainer", stack=f"org.springframework.jms.listener.adapter.ListenerExecutionFailedException: Listener method threw exception\nCaused by: java.lang.RuntimeException: {e}\n\tat care.desk.AlarmListener.onAlarm(AlarmListener.java:61)"))
    tel = w.service("telephony", slog)
    dis = w.service("dispatch", ktor, errors=lambda c, e: c.log.error(f"Exception in coroutine: {e}", logger="care.dispatch.Main"))
    app = w.service("carer-app", bunyan, errors=lambda c, e: c.log.error("consumer crashed", err={"message": str(e), "name": "Error", "stack": f"Error: {e}\n    at onMessage (/app/bus.js:41:11)"}))
    meds = w.service("meds", log4j1, errors=lambda c, e: c.log.error(f"MDB failed, message goes to DLQ\njavax.ejb.EJBException: {e}\n\tat care.meds.VisitMdb.onMessage(VisitMdb.java:44)", logger="VisitMdb"))
    vis = w.service("visits", helidon, errors=lambda c, e: c.log.error(f"Unhandled: {e}", logger="care.visits.Bus"))
    fam = w.service("family", celery, errors=lambda c, e: c.log.error(f"Task family.tasks.tell raised unexpected: RuntimeError('{e}')"))
    cla = w.service("claims", batch, errors=lambda c, e: c.log.error(f"Rejected record: {e}", logger="care.claims.VisitEndedListener"))
    w.clients = [f"{w.rng.randrange(100000, 999999)}" for _ in range(40)]
    w.carers = [f"K{n:03d}" for n in w.rng.sample(range(900), 24)]
    w.visits, replies, alarms, claims, n = {}, {}, {}, [], {"al": 8800, "vis": 20300, "off": 0, "job": 310, "claim": 70010}
    def nxt(k, step=1):
        n[k] += step
        return n[k]

    # ------------------------------------------------------------ edge
    @edge.http("ANY *")
    async def route(c, b):
        verb, path = b["_route"].split(" ")
        to = {"alarms": "pendant-rx", "app": "carer-app", "clients": "visits"}[path.split("/")[1]]
        st, a = await c.call(to, b["_route"], {k: v for k, v in b.items() if k[0] != "_"}, client_span=False)
        c.log.info("", verb=verb, RequestPath=path, st=st, to=to, ip=f"10.200.{c.rng.randrange(99)}.{c.rng.randrange(250)}", ns=int(c.elapsed_ms() * 1e6))
        return st, a

    # ------------------------------------------------------------ pendant-rx
    @rx.http("POST /alarms/{pendant}")
    async def alarm(c, b):
        pd = b["_route"].split("/")[2]
        c.log.info(f"ALM pd={pd} code={b['code']} batt={b['batt']}%", incoming=True)
        async with c.producer("ALARM.IN") as p:
            mid = await p.send({"pendant": pd, "code": b["code"], "client": b["client"], "at": w.ns()})
            p.log.debug(f"sent {mid}")
        await c.work(2)
        return 202, {}
    rx.noise(2.5, lambda log: log.debug(f"HB pd=PD{w.rng.choice(w.clients)} rssi=-{w.rng.randrange(50, 99)}"))

    # ------------------------------------------------------------ desk
    D = "care.desk."
    async def hql(c, sql, ms=4):
        async with c.span("desk-db", "CLIENT") as s:
            s.log.debug(sql, logger="org.hibernate.SQL")
            await s.work(ms)

    @desk.consumer("ALARM.IN", concurrency=8)
    async def on_alarm(c, m):
        x, no = m.body, f"AL-{nxt('al')}"
        c.log.debug(f"Received message of type [class org.apache.activemq.command.ActiveMQTextMessage] from consumer [ActiveMQMessageConsumer {{ value=ID:desk-1:1:1, started=true }}] of session [Cached JMS Session: ActiveMQSession]", logger="o.s.j.l.DefaultMessageListenerContainer", JMSMessageID=m.id, incoming=True)
        await hql(c, "select c1_0.client_no,c1_0.name,c1_0.phone,c1_0.key_safe from client c1_0 where c1_0.pendant=?")
        await hql(c, "insert into alarm (client_no,code,opened_at,state,alarm_no) values (?,?,?,?,?)", 6)
        c.log.info(f"Alarm {no} opened for client {x['client']} ({x['code']})", logger=D + "AlarmService", alarmNo=no, clientNo=x["client"])
        alarms[no] = x["client"]
        if x["code"] == "TEST":
            c.log.info(f"Alarm {no} was a test press, closed", logger=D + "AlarmService", alarmNo=no)
            return
        for ring in (1, 2):
            async with c.client("telephony", "POST /calls") as k:
                st, a = await k.send({"to": x["client"], "ref": no, "round": ring})
                k.log.debug(f"[TelephonyClient#ring] <--- HTTP/1.1 {st} ({k.elapsed_ms():.0f}ms)", logger=D + "TelephonyClient")
            if a.get("answered"): break
        if a.get("answered") and a["mood"] == "fine":
            await hql(c, "update alarm set closed_at=?,state=? where alarm_no=?")
            c.log.info(f"Alarm {no} closed by phone", logger=D + "AlarmService", alarmNo=no, seconds=round((w.ns() - x["at"]) / NS, 1))
            await c.publish("ALARM.CLOSED", {"alarm": no, "client": x["client"], "how": "phone"})
            return
        c.log.warning(f"No safe answer for {no}, requesting a carer", logger=D + "AlarmService", alarmNo=no, answered=bool(a.get("answered")))
        async with c.producer("DISPATCH.REQUEST") as p:
            await p.send({"alarm": no, "client": x["client"], "prio": 1 if x["code"] == "FALL" else 2})

    @desk.consumer("DISPATCH.ASSIGNED")
    async def assigned(c, m):
        await hql(c, "update alarm set carer_no=?,state=? where alarm_no=?")
        c.log.info(f"Alarm {m.body['alarm']} assigned to {m.body['carer']}, ETA {m.body['eta']} min", logger=D + "AssignmentListener", alarmNo=m.body["alarm"], carerNo=m.body["carer"], incoming=True)

    @desk.consumer("DISPATCH.FAILED")
    async def failed(c, m):
        c.log.error(f"Nobody for {m.body['alarm']}! Calling 112", logger=D + "AssignmentListener", alarmNo=m.body["alarm"], incoming=True)
        async with c.client("telephony", "POST /calls") as k: await k.send({"to": "112", "ref": m.body["alarm"], "round": 1})

    @desk.consumer("DOSE.MISSED", retries=2)
    async def missed(c, m):
        await hql(c, "insert into task (client_no,kind,due_at) values (?,?,?)", 5)
        c.log.info("Task created", logger=D + "TaskService", clientNo=m.body["client"], kind="MISSED_DOSE", dose=m.body["dose"], incoming=True)

    @desk.http("GET /alarms/{client}")
    async def history(c, b):
        await hql(c, "select a1_0.alarm_no,a1_0.code,a1_0.state from alarm a1_0 where a1_0.client_no=? order by a1_0.opened_at desc fetch first ? rows only", 7)
        return 200, {}
    desk.noise(4, lambda log: log.debug(f"desk-pool - Pool stats (total=20, active={w.rng.randrange(6)}, idle={w.rng.randrange(10, 20)}, waiting=0)", logger="com.zaxxer.hikari.pool.HikariPool", thread="desk-pool housekeeper"))

    # ------------------------------------------------------------ telephony
    @tel.http("POST /calls")
    async def ring(c, b):
        c.log.info("originate", dst=b["to"], ref=b["ref"], incoming=True)
        async with c.span("SIP INVITE", "CLIENT") as s:
            await s.work(1600, 0.6)
            up = s.rng.random() < 0.62
            s.log.debug("sip final response", code=200 if up else 408, dst=b["to"])
        mood = c.rng.choice(["fine", "fine", "help"]) if up else None
        if not up: c.log.warning("no answer", ref=b["ref"], round=b["round"], rang=f"{c.elapsed_ms() / 1000:.2f}s")
        else: c.log.info("hangup", ref=b["ref"], ivr=mood, dur=f"{c.elapsed_ms() / 1000:.2f}s")
        return 200, {"answered": up, "mood": mood}
    tel.noise(6, lambda log: log.debug("trunk OPTIONS ok", trunk="kpn-2", rtt=f"{w.rng.randrange(8, 30)}ms"))

    # ------------------------------------------------------------ dispatch (Kotlin)
    K = "care.dispatch."
    @dis.consumer("DISPATCH.REQUEST")
    async def request(c, m):
        x = m.body
        c.log.info(f"looking for somebody near {x['client']} for {x['alarm']} (prio {x['prio']})", logger=K + "Matcher", incoming=True)
        st, a = await c.call("visits", f"GET /clients/{x['client']}/nearby", {})
        for i, carer in enumerate(a["carers"]):
            off = f"{c.rng.getrandbits(32):08x}"
            replies[off] = w.loop.create_future()
            async with c.client("carer-app", "POST /push/offer") as k:
                k.log.debug(f"offer {off} -> {carer}", logger=K + "Offers")
                await k.send({"offer": off, "carer": carer, "client": x["client"]})
            try: yes = await asyncio.wait_for(replies[off], 1.8)
            except asyncio.TimeoutError:
                c.log.warning(f"offer {off} timed out after 1.8s", logger=K + "Offers")
                continue
            if yes:
                async with c.producer("DISPATCH.ASSIGNED") as p:
                    p.log.info(f"{x['alarm']}: {carer} goes, {i + 1} asked", logger=K + "Matcher")
                    await p.send({"alarm": x["alarm"], "carer": carer, "client": x["client"], "eta": c.rng.randrange(4, 25)})
                return
        c.log.error(f"{x['alarm']}: all {len(a['carers'])} declined", logger=K + "Matcher")
        await c.publish("DISPATCH.FAILED", x)

    @dis.consumer("OFFER.REPLY")
    async def reply(c, m):
        await c.work(2)
        f = replies.get(m.body["offer"])
        late = not f or f.done()
        if not late: f.set_result(m.body["yes"])
        c.log.debug(f"reply to {m.body['offer']}: {'yes' if m.body['yes'] else 'no'}{' (too late)' if late else ''}", logger=K + "Offers", incoming=True)
    dis.noise(7, lambda log: log.info("200 OK: GET - /health in 1ms", logger="io.ktor.server.Application"))

    # ------------------------------------------------------------ carer-app (node)
    @app.http("POST /push/offer")
    async def offer(c, b):
        async with c.span("fcm send", "CLIENT") as k:
            await k.work(70)
            k.log.info("fcm accepted", carer=b["carer"], fcmId=f"projects/care/messages/{c.rng.getrandbits(40):x}")
        async def thinks():
            await sleep(c.rng.lognormvariate(6.6, 0.7))
            yes = c.rng.random() < 0.55
            c.log.info("offer answered in app", offerId=b["offer"], carer=b["carer"], accept=yes)
            await c.publish("OFFER.REPLY", {"offer": b["offer"], "yes": yes}, producer_span=False)
        c.spawn(thinks())
        return 202, {}

    @app.http("POST /app/visits/{id}/{what}")
    async def step(c, b):
        _, _, _, vid, what = b["_route"].split("/")
        c.log.debug("req", method="POST", url=b["_route"].split(" ")[1], carer=b["carer"], incoming=True)
        async with c.client("visits", f"POST /visits/{vid}/{what}") as k:
            st, a = await k.send({"carer": b["carer"], "client": b["client"], "tasks": b.get("tasks", [])})
            if st >= 400: k.log.warning("upstream said no", status=st, visit=vid)
        c.log.info("res", statusCode=st, responseTime=int(c.elapsed_ms()), visit=vid)
        return st, a

    @app.consumer("DOSE.DUE", retries=1)
    async def dose(c, m):
        async with c.span("fcm send", "CLIENT") as k: await k.work(55)
        c.log.info("dose reminder pushed", doseId=m.body["dose"], client=m.body["client"], incoming=True)
        async def given():
            await sleep(c.rng.uniform(400, 2600))
            if c.rng.random() < 0.8: await c.publish("DOSE.GIVEN", m.body, producer_span=False)
        c.spawn(given())
    app.noise(9, lambda log: log.debug("token cache pruned", removed=w.rng.randrange(9)))

    # ------------------------------------------------------------ visits (Helidon)
    V = "care.visits."
    @vis.http("GET /clients/{no}/nearby")
    async def nearby(c, b):
        async with c.span("postgis", "CLIENT") as d:
            await d.work(9)
            d.log.debug("SELECT carer_no FROM position WHERE ST_DWithin(at, $1, 4000) ORDER BY at <-> $1 LIMIT 4", logger="io.helidon.dbclient.jdbc")
        return 200, {"carers": c.rng.sample(w.carers, c.rng.choice([2, 3, 4]))}

    @vis.http("POST /visits/{id}/checkin")
    async def checkin(c, b):
        vid = b["_route"].split("/")[2]
        if vid in w.visits:
            c.log.warning(f"visit {vid} already started", logger=V + "VisitResource", incoming=True)
            return 409, {}
        w.visits[vid] = {"visit": vid, "client": b["client"], "carer": b["carer"]}
        await c.work(5)
        c.log.info(f"visit {vid}: {b['carer']} is with client {b['client']}", logger=V + "VisitResource", incoming=True)
        await c.publish("VISIT.STARTED", w.visits[vid], producer_span=False)
        return 200, {}

    @vis.http("POST /visits/{id}/checkout")
    async def checkout(c, b):
        vid = b["_route"].split("/")[2]
        for task in b["tasks"]:
            async with c.producer("TASK.DONE") as p:
                mid = await p.send(w.visits[vid] | {"task": task})
                p.log.debug(f"task {task} of {vid} -> {mid}", logger=V + "Bus")
        async with c.span("UPDATE visit", "CLIENT") as d: await d.work(6)
        await c.publish("VISIT.ENDED", w.visits[vid] | {"tasks": b["tasks"], "minutes": c.rng.randrange(10, 55)}, producer_span=False)
        c.log.info(f"visit {vid} finished with {len(b['tasks'])} task(s)", logger=V + "VisitResource", incoming=True)
        return 200, {}

    @vis.http("GET /clients/{no}/timeline")
    async def timeline(c, b):
        no = b["_route"].split("/")[2]
        async def own():
            async with c.span("SELECT visit", "CLIENT") as d: await d.work(6)
        async def theirs():
            async with c.client("desk", f"GET /alarms/{no}") as k:
                st, _ = await k.send({})
                k.log.debug(f"desk answered {st}", logger=V + "DeskClient")
        await asyncio.gather(own(), theirs())
        c.log.info(f"timeline of client {no} served in {c.elapsed_ms():.1f} ms", logger=V + "TimelineResource", incoming=True)
        return 200, {}

    # ------------------------------------------------------------ meds (log4j 1, Quartz, MDBs)
    @meds.consumer("VISIT.STARTED")
    async def load_plan(c, m):
        await c.work(8)
        c.log.info(f"Plan of {m.body['client']} locked for visit {m.body['visit']}", logger="VisitMdb", thread=f"ejb-{c.thread}", incoming=True)

    @meds.consumer("TASK.DONE")
    async def task(c, m):
        await c.work(3)
        if m.body["task"].startswith("med"): c.log.info(f"MAR sheet {m.body['client']}: {m.body['task']} signed by {m.body['carer']}", logger="MarSheet", thread=f"ejb-{c.thread}", incoming=True)

    @meds.consumer("DOSE.GIVEN")
    async def given(c, m):
        waiting.pop(m.body["dose"], None)
        async with c.span("update dose", "CLIENT") as d:
            d.log.debug(f"UPDATE DOSE SET GIVEN_AT=SYSDATE WHERE ID='{m.body['dose']}'", logger="JdbcTemplate", thread=f"ejb-{c.thread}")
            await d.work(4)
    waiting = {}

    @meds.every(4)
    async def medication_round(c):
        T = f"DefaultQuartzScheduler_Worker-{c.thread}"
        c.log.debug("Calling execute on job DEFAULT.medicationRound", logger="JobRunShell", thread=T)
        for dose, (k, since, client) in list(waiting.items()):
            if w.ns() - since > 3.5 * NS:
                waiting.pop(dose)
                c.link(k)
                async with c.producer("DOSE.MISSED") as p:
                    p.log.warn(f"Dose {dose} of {client} not signed in time", logger="MedicationRoundJob", thread=T)
                    await p.send({"dose": dose, "client": client})
        for client in c.rng.sample(w.clients, c.rng.randrange(4)):
            dose = f"{client}/{c.rng.choice(['metoprolol', 'apixaban', 'levodopa', 'insulin'])}/{c.rng.randrange(1, 4)}"
            waiting[dose] = (c, w.ns(), client)
            async with c.producer("DOSE.DUE") as p:
                await p.send({"dose": dose, "client": client})
                p.log.info(f"Dose {dose} due", logger="MedicationRoundJob", thread=T)
        await c.work(6)
    meds.noise(6, lambda log: log.debug("Batch acquisition of 0 triggers", logger="QuartzSchedulerThread", thread="DefaultQuartzScheduler_QuartzSchedulerThread"))

    # ------------------------------------------------------------ family (celery)
    def tell(topic, text, both):
        @fam.consumer(topic, retries=2, retry_ms=500)
        async def task(c, m):
            tid = "%08x-%04x-4%03x-b%03x-%012x" % tuple(c.rng.getrandbits(b) for b in (32, 16, 12, 12, 48))
            if both: c.log.info(f"Task family.tasks.tell[{tid}] received", incoming=True)
            async with c.span("whatsapp", "CLIENT") as k:
                await k.work(130, 0.5)
                if k.rng.random() < 0.07 and m.attempt == 1:
                    k.log.warning(f"Task family.tasks.tell[{tid}] retry: Retry in 1s: ConnectionError('Connection aborted.')")
                    raise Exception("aborted")
                if not both: k.log.info(text.format(**m.body))
            if both: c.log.info(f"Task family.tasks.tell[{tid}] succeeded in {c.elapsed_ms() / 1000:.6f}s: '{text.format(**m.body)}'")
    tell("ALARM.CLOSED", "client {client}: all is well", True); tell("DISPATCH.ASSIGNED", "client {client}: {carer} is on the way", True)
    tell("VISIT.STARTED", "whatsapp to family of {client}: {carer} has arrived", False); tell("VISIT.ENDED", "client {client}: visit of {minutes} minutes", True)

    # ------------------------------------------------------------ claims (Spring Batch)
    @cla.consumer("VISIT.ENDED")
    async def note(c, m):
        async with c.span("INSERT claim_line", "CLIENT") as d: await d.work(5)
        claims.append((c, m.body))
        c.log.info(f"Claimable: {m.body['minutes']} min for {m.body['client']}, visit {m.body['visit']}", logger="care.claims.VisitEndedListener", thread="ntContainer#0-1", incoming=True)

    @cla.consumer("CLAIM.DLQ")
    async def dlq(c, m):
        c.log.warning(f"claim {m.body['claim']} parked, clerk has to look", logger="care.claims.ParkedClaims", thread="ntContainer#1-1", incoming=True)

    @cla.every(9, first=8)
    async def claim_run(c):
        rows, claims[:] = claims[:12], claims[12:]
        J, T = f"[SimpleJob: [name=claimRun]]", "cTaskExecutor-1"
        run = nxt("job")
        c.log.info(f"Job: {J} launched with the following parameters: [{{run.id={run}}}]", logger="o.s.b.c.l.support.SimpleJobLauncher", thread=T)
        async with c.span("step submit") as s:
            s.log.info("Executing step: [submit]", logger="o.s.batch.core.job.SimpleStepHandler", thread=T)
            for k, x in rows:
                s.link(k)
                no = f"DCL{nxt('claim', 3)}"
                async with s.span("POST insurer/declarations", "CLIENT") as h:
                    await h.work(80)
                    good = h.rng.random() > 0.08
                    h.log.info(f"{no} visit={x['visit']} {x['minutes']}min -> {'ACCEPTED' if good else 'REJECTED(0438)'}", logger="care.claims.DeclarationWriter", thread=T)
                if not good: await s.publish("CLAIM.DLQ", {"claim": no})
            s.log.info(f"Step: [submit] executed in {s.elapsed_ms():.0f}ms", logger="o.s.batch.core.step.AbstractStep", thread=T)
        c.log.info(f"Job: {J} completed with the following parameters: [{{run.id={run}}}] and the following status: [COMPLETED] in {c.elapsed_ms():.0f}ms", logger="o.s.b.c.l.support.SimpleJobLauncher", thread=T)


async def load(w):
    r = w.rng
    async def one(i):
        client, carer = r.choice(w.clients), r.choice(w.carers)
        if i % 5 < 2:
            await w.start("edge", f"POST /alarms/PD{client}", {"client": client, "code": r.choice(["FALL", "PRESS", "PRESS", "PULLCORD", "TEST"]), "batt": r.randrange(20, 100)})
            if i % 4 == 0:
                await sleep(r.uniform(1000, 6000))
                await w.start("edge", f"GET /clients/{client}/timeline")
        else:
            vid = f"V{20300 + i * 7}"
            await w.start("edge", f"POST /app/visits/{vid}/checkin", {"carer": carer, "client": client})
            if i % 11 == 3: await w.start("edge", f"POST /app/visits/{vid}/checkin", {"carer": carer, "client": client})
            await sleep(r.uniform(2000, 8000))
            await w.start("edge", f"POST /app/visits/{vid}/checkout", {"carer": carer, "client": client, "tasks": r.sample(["med-am", "wash", "meal", "med-eye", "wound", "chat"], r.randrange(1, 5))})
    await arrivals(w, 95, 2.1, one)
    await sleep(9000)

record(build, load, "r_eldercare")
