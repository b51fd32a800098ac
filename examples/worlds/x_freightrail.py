"""Rail freight: consignments booked, wagons found, a path asked of the infrastructure manager and polled for, customs and yard in parallel,
trains passing trackside readers (a stream of sightings), estimates renewed, wagons damaged, waybills amended, invoices in a batch."""
import json, re
from world import *


def J(x): return json.dumps(x, separators=(",", ":"))
def fill(m, f): return re.sub(r"\{@?(\w+)\}", lambda x: str(f.get(x[1], x[0])), m)
def ms(r): return "%03d" % (r.time.microsecond // 1000)

def iis(r):          # edge: IIS W3C extended, whole seconds, time-taken in ms, custom field at the end
    f = r.fields
    if "stem" not in f: return f"{r.time:%Y-%m-%d %H:%M:%S} W3SVC1 - {r.message.replace(' ', '+')} - - - - - - -"
    t = f"{r.trace_id}-{r.span_id}" if r.trace_id else "-"
    return f"{r.time:%Y-%m-%d %H:%M:%S} 10.20.0.5 {f['verb']} {f['stem']} {f['q']} 443 {f['user']} {f['ip']} CargoPortal/5.1 {f['st']} 0 0 {f['tt']} {t}" + (f" {r.incoming}" if r.incoming else "")

def seri(r):         # bookings: Serilog text file, {Properties:j} with RequestId and friends
    l = {"DEBUG": "DBG", "INFO": "INF", "WARN": "WRN", "ERROR": "ERR"}[r.level]
    p = {"SourceContext": r.logger}
    if r.trace_id: p |= {"TraceId": r.trace_id, "SpanId": r.span_id}
    if r.incoming_parent: p["ParentId"] = r.incoming_parent
    m, *rest = fill(r.message, r.fields).split("\n")
    return "\n".join([f"{r.time:%Y-%m-%dT%H:%M:%S}.{r.ns % NS // 100:07d}+00:00 [{l}] {m} {J(p)}"] + rest)

def nsblog(r):       # planner: NServiceBus with NLog, one field a bracket
    t = f"[{r.trace_id}][{r.span_id}]" if r.trace_id else "[][]"
    return f"{r.time:%Y-%m-%d %H:%M:%S}.{ms(r)} [{r.level}] {t} {r.logger}: {r.message}" + (f" (caused by {r.incoming_parent})" if r.incoming_parent else "")

def lumen(r):        # wagons: Laravel on stderr, JSON lines
    d = {"message": r.message, "context": r.fields or {}, "level": {"DEBUG": 100, "INFO": 200, "WARN": 300, "ERROR": 400}[r.level], "level_name": r.level.replace("WARN", "WARNING"),
         "channel": "stderr", "datetime": f"{r.time:%Y-%m-%dT%H:%M:%S}.{r.time.microsecond:06d}+00:00"}
    if r.trace_id: d["extra"] = {"trace": {"id": r.trace_id}, "span": {"id": r.span_id}}
    else: d["extra"] = {}
    if r.incoming: d["extra"]["traceparent"] = r.incoming
    return J(d)

def appins(r):       # yard: Azure Functions, Application Insights export
    d = {"time": isoz(r, 7), "severityLevel": {"DEBUG": 0, "INFO": 1, "WARN": 2, "ERROR": 3}[r.level], "message": fill(r.message, r.fields)}
    if r.trace_id: d |= {"operation_Id": r.trace_id, "operation_SpanId": r.span_id}
    if r.incoming_parent: d["operation_ParentId"] = r.incoming_parent
    c = {"CategoryName": r.logger, "prop__{OriginalFormat}": r.message} | {"prop__" + k: str(v) for k, v in r.fields.items()}
    return J(d | {"customDimensions": c, "cloud_RoleName": "yard"})

def boost(r):        # trackside: C++ spdlog
    t = f" [{r.trace_id}:{r.span_id}]" if r.trace_id else ""
    if r.incoming_parent: t += f" [^{r.incoming_parent}]"
    return f"[{r.time:%Y-%m-%d %H:%M:%S}.{ms(r)}] [{r.logger}] [{r.level.lower().replace('warn', 'warning')}]{t} {r.message}"

def sym(r):          # customs: Symfony / Monolog, line
    x = {"trace": r.trace_id, "span": r.span_id} if r.trace_id else []
    if r.incoming_parent: x["parent"] = r.incoming_parent
    return f"[{r.time:%Y-%m-%dT%H:%M:%S}.{r.time.microsecond:06d}+00:00] {r.logger}.{r.level.replace('WARN', 'WARNING')}: {r.message} {J(r.fields) if r.fields else '[]'} {J(x)}"

def log4net(r):      # invoicing: log4net
    t = f" {{{r.trace_id}/{r.span_id}}}" if r.trace_id else ""
    return f"{r.level:<5} {r.time:%Y-%m-%d %H:%M:%S},{ms(r)} {r.logger}{t} {r.message}" + (f" <{r.incoming}>" if r.incoming else "")

def logback(r):      # infra: Java logback
    t = f"[{r.trace_id},{r.span_id}]" if r.trace_id else "[,]"
    return f"{r.time:%Y-%m-%d %H:%M:%S}.{ms(r)} {r.level:>5} {t} --- [nio-8080-exec-{r.thread}] {r.logger} : {r.message}" + (f" [parent {r.incoming_parent}]" if r.incoming_parent else "")

def zap(r):          # eta: zap production JSON
    d = {"level": r.level.lower(), "ts": round(r.ns / NS, 6), "caller": r.logger, "msg": r.message} | r.fields
    if r.trace_id: d |= {"trace_id": r.trace_id, "span_id": r.span_id}
    if r.incoming: d["traceparent"] = r.incoming
    return J(d)


def build(w):
    w.network_ms, w.broker_ms = 3.0, 28
    n = {"c": 77100, "train": 41000, "req": 0, "inv": 2026000, "wb": 0}
    w.cons, w.trains, w.delivered, tickets, parts = {}, {}, [], {}, {}

    edge = w.service("edge", iis)
    boo = w.service("bookings", seri, errors=lambda c, e: c.log.error("Message delivery failed: {Error}\nSystem.Exception: {Error}\n   at Cargo.Bookings.Infrastructure.BusReader.OnMessage(ProcessMessageEventArgs args)", logger="Cargo.Bookings.BusReader", Error=str(e)))
    plan = w.service("planner", nsblog, errors=lambda c, e: c.log.error(f"Moving message to the error queue 'planner.error' because processing failed due to an exception: System.Exception: {e}", logger="NServiceBus.MoveToError"))
    wag = w.service("wagons", lumen, errors=lambda c, e: c.log.error(str(e), exception="Illuminate\\Database\\QueryException"))
    yard = w.service("yard", appins, errors=lambda c, e: c.log.error("Executed 'Functions.ShuntWagons' (Failed, Duration={Ms}ms) {Error}", logger="Function.ShuntWagons", Ms=round(c.elapsed_ms()), Error=str(e)))
    rail = w.service("trackside", boost, errors=lambda c, e: c.log.error(f"what(): {e}", logger="bus"))
    cus = w.service("customs", sym, errors=lambda c, e: c.log.error(f'Error thrown while handling message App\\Message\\DeclareTransit. Removing from transport after 3 retries. Error: "{e}"', logger="messenger"))
    inv = w.service("invoicing", log4net, errors=lambda c, e: c.log.error(f"FATAL in job: {e}", logger="Jobs"))
    infra = w.service("infra", logback, errors=lambda c, e: c.log.error(f"{e}", logger="i.rail.infra.Errors"))
    eta = w.service("eta", zap, errors=lambda c, e: c.log.error("handler failed", logger="consumer/consumer.go:71", error=str(e)))

    @edge.http("ANY *")
    async def web(c, b):
        verb, path = b["_route"].split(" ")
        to = {"consignments": "bookings", "damage": "wagons", "eta": "eta"}[path.split("/")[2]]
        st, a = await c.call(to, b["_route"], {k: v for k, v in b.items() if k[0] != "_"}, client_span=False)
        c.log.info("", verb=verb, stem=path, q="-", user=b.get("user", "-"), ip=f"194.12.{c.rng.randrange(200)}.{c.rng.randrange(250)}", st=st, tt=int(c.elapsed_ms()), incoming=True)
        return st, a
    edge.noise(11, lambda log: log.info("app pool recycled check"))

    # ----------------------------------------------------------------- bookings (ASP.NET Core, outbox, Azure Service Bus)
    B, outbox = "Cargo.Bookings.", []

    async def sql(c, text, ms_, **f):
        async with c.span("sql", "CLIENT") as s:
            await s.work(ms_)
            s.log.debug("Executed DbCommand ({elapsed}ms) [Parameters=[@p0='?' (DbType = Int32)], CommandType='Text', CommandTimeout='30']\n" + text, logger="Microsoft.EntityFrameworkCore.Database.Command", elapsed=round(s.elapsed_ms()), **f)

    @boo.http("POST /api/consignments")
    async def book(c, b):
        c.log.info("Booking request from {User}: {Tons} t {From} -> {To}", logger=B + "ConsignmentsController", User=b["user"], Tons=b["tons"], From=b["a"], To=b["z"], incoming=True)
        n["c"] += c.rng.randrange(1, 5)
        k = n["c"]
        w.cons[k] = {"id": k, "state": "booked", "wagons": [], "tons": b["tons"], "a": b["a"], "z": b["z"], "border": b["border"]}
        await sql(c, "INSERT INTO [Consignments] ([Id], [Tons]) VALUES (@p0, @p1); INSERT INTO [Outbox] ([Type], [Body]) VALUES (@p2, @p3);", 9)
        gone = asyncio.Event()
        c.spawn(gone.wait())
        outbox.append((c, k, gone))
        c.log.info("HTTP {Method} {Path} responded {Status} in {Elapsed} ms", logger="Serilog.AspNetCore.RequestLoggingMiddleware", Method="POST", Path="/api/consignments", Status=202, Elapsed=f"{c.elapsed_ms():.4f}")
        return 202, {"id": k}

    async def relay():
        while not w.closing:
            await sleep(300)
            rows, outbox[:] = list(outbox), []
            for c, k, gone in rows:
                async with c.producer("consignment-booked") as p:
                    mid = await p.send(dict(w.cons[k]))
                    p.log.debug("Outbox: sent {Type} for {ConsignmentId} as {MessageId}", logger=B + "OutboxDispatcher", Type="ConsignmentBooked", ConsignmentId=k, MessageId=mid)
                gone.set()
    w.background.append(relay)

    @boo.http("GET /api/consignments/{id}")
    async def read(c, b):
        await c.work(4)
        k = int(b["_route"].split("/")[-1])
        c.log.info("Consignment {ConsignmentId} is {State}", logger=B + "ConsignmentsController", ConsignmentId=k, State=w.cons[k]["state"], incoming=True)
        return 200, {}

    @boo.http("PATCH /api/consignments/{id}")
    async def amend(c, b):
        k = int(b["_route"].split("/")[-1])
        if w.cons[k]["state"] not in ("booked", "planned"):
            c.log.warning("Too late to amend {ConsignmentId} ({State})", logger=B + "ConsignmentsController", ConsignmentId=k, State=w.cons[k]["state"], incoming=True)
            return 409, {}
        w.cons[k]["tons"] = b["tons"]
        await sql(c, "UPDATE [Consignments] SET [Tons] = @p0 WHERE [Id] = @p1;", 6)
        async with c.producer("consignment-amended") as p:
            await p.send({"id": k, "tons": b["tons"]})
        c.log.info("Amended {ConsignmentId} to {Tons} t", logger=B + "ConsignmentsController", ConsignmentId=k, Tons=b["tons"], incoming=True)
        return 200, {}

    @boo.consumer("plan-done")
    async def planned(c, m):
        k = w.cons[m.body["id"]]
        k["state"] = "planned" if m.body["ok"] else "rejected"
        await c.work(5)
        if m.body["ok"]: c.log.info("Consignment {ConsignmentId} rides train {Train}", logger=B + "PlanHandler", ConsignmentId=k["id"], Train=m.body["train"], incoming=True)
        else: c.log.warning("Consignment {ConsignmentId} could not be planned: {Reason}", logger=B + "PlanHandler", ConsignmentId=k["id"], Reason=m.body["why"], incoming=True)

    @boo.consumer("train-arrived")
    async def arrived(c, m):
        k = w.cons[m.body["id"]]
        k["state"] = "delivered"
        await sql(c, "UPDATE [Consignments] SET [DeliveredAt] = @p0 WHERE [Id] = @p1;", 6)
        c.log.info("Consignment {ConsignmentId} delivered at {Station}", logger=B + "ArrivalHandler", ConsignmentId=k["id"], Station=k["z"], incoming=True)
        w.delivered.append((k, c))
    boo.noise(6, lambda log: log.debug("Health check {Name} with status Healthy", logger="Microsoft.Extensions.Diagnostics.HealthChecks", Name="servicebus"))

    # ----------------------------------------------------------------- planner (NServiceBus saga)
    P = "Planner.ConsignmentSaga"

    @plan.consumer("consignment-booked", retries=2, retry_ms=900)
    async def start(c, m):
        k = m.body["id"]
        c.log.info(f"Planning started for consignment {k}, message {m.id}", logger=P, incoming=True)
        async with c.client("wagons", "POST /wagons/assign") as s:
            st, a = await s.send({"consignment": k, "count": 1 + m.body["tons"] // 60})
            s.log.debug(f"wagons/assign -> {st} after {s.elapsed_ms():.0f} ms", logger="Planner.Http")
        if st == 500:
            c.log.warning(f"Immediate Retry is going to retry message '{m.id}' because of an exception:\nSystem.Net.Http.HttpRequestException: Response status code does not indicate success: 500 (Internal Server Error).\n   at Planner.WagonClient.Assign(Int32 id)", logger="NServiceBus.RecoverabilityExecutor")
            raise Exception("500")
        if st != 200:
            c.log.error(f"No wagons for {k}", logger=P)
            await c.publish("plan-done", {"id": k, "ok": False, "why": "no wagons"})
            return
        w.cons[k]["wagons"] = a["wagons"]
        st, t = await c.call("infra", "POST /paths", {"from": m.body["a"], "to": m.body["z"], "ref": f"K{k}"})
        c.spawn(poll(c, k, t["request"]))

    async def poll(c, k, req):
        for i in range(9):
            await sleep(450 + 150 * i)
            async with c.client("infra", f"GET /paths/{req}") as s:
                st, a = await s.send({})
                if a["state"] != "PENDING" or i % 2: s.log.debug(f"path {req}: {a['state']} (poll {i + 1})", logger="Planner.PathPoller")
            if a["state"] != "PENDING": break
        if a["state"] != "GRANTED":
            c.log.warning(f"Path {req} {a['state']}, compensating: releasing wagons of consignment {k}", logger=P)
            async with c.producer("wagons-released") as p:
                await p.send({"id": k, "wagons": w.cons[k]["wagons"]})
                p.log.info(f"Publish WagonsReleased {k}", logger="Planner.Bus")
            await c.publish("plan-done", {"id": k, "ok": False, "why": "no path"})
            return
        n["train"] += 2
        t = n["train"]
        w.trains[t] = k
        parts[k] = set()
        async with c.span("saga persist", "CLIENT") as s: await s.work(6)
        async with c.producer("plan-done") as p:
            p.log.info(f"Publish PlanDone consignment={k} train={t}", logger="Planner.Bus")
            await p.send({"id": k, "ok": True, "train": t, "wagons": w.cons[k]["wagons"], "border": w.cons[k]["border"]})

    def ready(topic, part):
        @plan.consumer(topic)
        async def got(c, m):
            k = m.body["id"]
            async with c.span("saga persist", "CLIENT") as s:
                await s.work(5)
                s.log.debug(f"UPDATE ConsignmentSaga SET {part}Ready=1 WHERE Correlation_ConsignmentId={k}", logger="NServiceBus.Persistence.Sql")
            parts[k].add(part)
            if len(parts[k]) == 2:
                c.log.info(f"Consignment {k}: customs and yard ready, train {m.body['train']} may depart", logger=P, incoming=True)
                await c.publish("train-departing", {"id": k, "train": m.body["train"]})
    ready("transit-cleared", "Customs"); ready("train-formed", "Yard")

    @plan.consumer("consignment-amended")
    async def reweigh(c, m):
        await c.work(12)
        c.log.info(f"Brake weight recalculated for consignment {m.body['id']} with {m.body['tons']} t", logger="Planner.AmendHandler", incoming=True)
    plan.noise(7, lambda log: log.debug("Outbox cleanup: 0 records", logger="NServiceBus.Outbox"))

    # ----------------------------------------------------------------- wagons (Laravel)
    @wag.http("POST /wagons/assign")
    async def assign(c, b):
        async with c.span("select wagons", "CLIENT") as s:
            await s.work(11)
            s.log.debug("select * from `wagons` where `state` = ? limit ? for update skip locked", bindings=["free", b["count"]], time=round(s.elapsed_ms(), 2))
        x = c.rng.random()
        if x < 0.05:
            c.log.error("SQLSTATE[40001]: Serialization failure: 1213 Deadlock found when trying to get lock; try restarting transaction", consignment=b["consignment"], incoming=True)
            return 500, {}
        if x < 0.09:
            c.log.warning("not enough free wagons", consignment_no=b["consignment"], wanted=b["count"], incoming=True)
            return 409, {}
        ids = [f"3180{c.rng.randrange(10 ** 7, 10 ** 8)}" for _ in range(b["count"])]
        c.log.info("wagons assigned", consignment_no=b["consignment"], uic=ids, incoming=True)
        return 200, {"wagons": ids}

    @wag.consumer("wagons-released")
    async def release(c, m):
        for u in m.body["wagons"]:
            async with c.span("update wagons", "CLIENT") as s:
                await s.work(4)
                s.log.info("wagon free again", uic=u)

    @wag.http("POST /api/damage")
    async def damage(c, b):
        c.log.info("damage reported", uic=b["uic"], code=b["code"], incoming=True)
        async with c.span("insert damages", "CLIENT") as s: await s.work(5)
        async with c.producer("wagon-damaged") as p:
            await p.send(b)
            p.log.debug("App\\Events\\WagonDamaged dispatched", uic=b["uic"])
        return 201, {}
    wag.noise(8, lambda log: log.info("Horizon snapshot", queues=3, wait=w.rng.randrange(0, 3)))

    # ----------------------------------------------------------------- yard (Azure Functions)
    @yard.consumer("plan-done", retries=1, retry_ms=800)
    async def shunt(c, m):
        if not m.body["ok"]: return
        F, inv_id = "Function.ShuntWagons", w.new_message_id()
        c.log.info("Executing '{functionName}' (Reason='(null)', Id={invocationId})", logger=F, functionName="Functions.ShuntWagons", invocationId=inv_id, incoming=True)
        c.log.debug("Trigger Details: MessageId: {MessageId}, SequenceNumber: {Seq}, DeliveryCount: {DeliveryCount}", logger=F, MessageId=m.id, Seq=c.rng.randrange(9000, 9999), DeliveryCount=m.attempt)
        for i, u in enumerate(m.body["wagons"]):
            async with c.span("shunt move") as s:
                await s.work(190, 0.5)
                s.log.info("Wagon {Uic} to track {Track}, position {Pos}", logger=F + ".User", Uic=u, Track=f"T{m.body['train'] % 12 + 1}", Pos=i + 1)
        async with c.producer("train-formed") as p:
            await p.send({"id": m.body["id"], "train": m.body["train"]})
        c.log.info("Executed '{functionName}' (Succeeded, Id={invocationId}, Duration={executionDuration}ms)", logger=F, functionName="Functions.ShuntWagons", invocationId=inv_id, executionDuration=round(c.elapsed_ms()))

    @yard.consumer("wagon-damaged")
    async def park(c, m):
        await c.work(60)
        c.log.warning("Wagon {Uic} set aside for the workshop ({Code})", logger="Function.SetAside", Uic=m.body["uic"], Code=m.body["code"], incoming=True)
    yard.noise(7, lambda log: log.debug("Host lock lease acquired by instance ID '{Id}'.", logger="Host.Singleton", Id="000000000000000000000000D2F1"))

    # ----------------------------------------------------------------- customs (Symfony Messenger)
    @cus.consumer("plan-done", retries=3, retry_ms=500)
    async def declare(c, m):
        if not m.body["ok"]: return
        M = "App\\Message\\DeclareTransit"
        if not m.body["border"]:
            c.log.debug("inland, no declaration", logger="app", train=m.body["train"], incoming=True)
            await c.publish("transit-cleared", {"id": m.body["id"], "train": m.body["train"]})
            return
        c.log.info(f"Received message {M}", logger="messenger", message_id=m.id, incoming=True)
        async with c.span("POST ncts", "CLIENT") as s:
            await s.work(260, 0.5)
            bad = s.rng.random() < 0.1 and m.attempt < 4
            s.log.info(f'Response: "{504 if bad else 200} https://ncts.example/declarations" {s.elapsed_ms() / 1000:.6f} seconds', logger="http_client")
        if bad:
            c.log.warning(f'Error thrown while handling message {M}. Sending for retry #{m.attempt} using {500 * 2 ** (m.attempt - 1)} ms delay. Error: "Idle timeout reached"', logger="messenger", message_id=m.id)
            raise Exception("504")
        mrn = f"26DE{c.rng.getrandbits(48):012X}"
        async with c.producer("transit-cleared") as p:
            await p.send({"id": m.body["id"], "train": m.body["train"]})
            p.log.info("transit cleared", logger="app", mrn=mrn, consignment=f"K{m.body['id']}")
        c.log.info(f"{M} was handled successfully (acknowledging to transport).", logger="messenger", message_id=m.id)
    cus.noise(9, lambda log: log.debug("Executing query: SELECT 1", logger="doctrine"))

    # ----------------------------------------------------------------- trackside (a train runs past readers)
    @rail.consumer("train-departing")
    async def run(c, m):
        t = m.body["train"]
        c.log.info(f"watching train {t}", logger="tracker", incoming=True)
        km = 0
        for i in range(c.rng.randrange(3, 7)):
            await sleep(c.rng.uniform(250, 1100))
            km += c.rng.randrange(20, 90)
            async with c.producer("train-seen") as p:
                await p.send({"train": t, "km": km, "reader": f"R{c.rng.randrange(10, 99)}"})
                p.log.debug(f"train {t} passed km {km} at {c.rng.randrange(60, 110)} km/h", logger="reader")
        if c.rng.random() < 0.1: c.log.warning(f"train {t} axle {c.rng.randrange(1, 40)} hot", logger="hotbox")
        async with c.producer("train-arrived") as p:
            await p.send({"id": m.body["id"], "train": t})
            p.log.info(f"train {t} arrived", logger="tracker")
    rail.noise(3, lambda log: log.debug(f"reader R{w.rng.randrange(10, 99)} alive", logger="reader"))

    # ----------------------------------------------------------------- infra (Java, the infrastructure manager)
    @infra.http("POST /paths")
    async def request(c, b):
        n["req"] += 1
        q = f"TR-{n['req'] + 3300}"
        async with c.span("timetable search") as s:
            await s.work(45, 0.5)
            s.log.debug(f"{s.rng.randrange(3, 40)} candidate paths {b['from']}-{b['to']}", logger="i.rail.infra.Timetable")
        tickets[q] = w.ns() + c.rng.randrange(200, 3500) * 1_000_000
        c.log.info(f"path request {q} filed for customer ref {b['ref']}", logger="i.rail.infra.PathController", incoming=True)
        return 202, {"request": q}

    @infra.http("GET /paths/{id}")
    async def state(c, b):
        q = b["_route"].split("/")[-1]
        await c.work(3)
        if w.ns() < tickets[q]: return 200, {"state": "PENDING"}
        s = "DENIED" if int(q[3:]) % 14 == 5 else "GRANTED"
        c.log.info(f"{q} answered {s}", logger="i.rail.infra.PathController", incoming=True)
        return 200, {"state": s}
    infra.noise(6, lambda log: log.debug("HikariPool-1 - Pool stats (total=10, active=%d, idle=8, waiting=0)" % w.rng.randrange(0, 3), logger="com.zaxxer.hikari.pool.HikariPool"))

    # ----------------------------------------------------------------- eta (Go)
    @eta.consumer("train-seen", concurrency=8)
    async def seen(c, m):
        async with c.span("predict") as s:
            await s.work(9)
        c.log.info("eta updated", logger="consumer/consumer.go:58", train=m.body["train"], km=m.body["km"], reader=m.body["reader"], eta_min=c.rng.randrange(5, 300), incoming=True)

    @eta.http("GET /api/eta/{train}")
    async def ask(c, b):
        await c.work(4)
        c.log.debug("served", logger="api/eta.go:33", train=int(b["_route"].split("/")[-1]), took=f"{c.elapsed_ms():.2f}ms", incoming=True)
        return 200, {}
    eta.noise(7, lambda log: log.info("model reloaded", logger="model/model.go:20", version=w.rng.randrange(30, 40)))

    # ----------------------------------------------------------------- invoicing (Hangfire)
    @inv.every(6)
    async def bill_delivered(c):
        rows, w.delivered[:] = list(w.delivered), []
        if not rows: return
        c.log.info(f"BillDelivered: {len(rows)} consignments to bill", logger="Jobs.BillDelivered")
        total = 0
        for k, o in rows:
            c.link(o)
            n["inv"] += 1
            async with c.span("render+store", "INTERNAL") as s:
                await s.work(30)
                eur = k["tons"] * 31
                total += eur
                s.log.info(f"invoice {n['inv']} for consignment no. {k['id']}: {eur}.00 EUR", logger="Jobs.BillDelivered")
            await c.publish("invoice-issued", {"no": n["inv"], "id": k["id"]}, producer_span=c.rng.random() < 0.5)
        c.log.info(f"BillDelivered: done, {total}.00 EUR in {c.elapsed_ms():.0f} ms", logger="Jobs.BillDelivered")

    @boo.consumer("invoice-issued")
    async def billed(c, m):
        w.cons[m.body["id"]]["state"] = "billed"
        await c.work(4)
        c.log.info("Invoice {InvoiceNo} noted for {ConsignmentId}", logger=B + "InvoiceHandler", InvoiceNo=m.body["no"], ConsignmentId=m.body["id"], incoming=True)
    inv.noise(6, lambda log: log.debug("Server inv-2:4411:9be heartbeat successfully sent", logger="Hangfire.Server.ServerHeartbeatProcess"))


async def load(w):
    r = w.rng
    cities = ["Duisburg", "Gdansk", "Verona", "Antwerpen", "Koper", "Malmo", "Basel"]

    async def one(i):
        if i % 9 == 4:
            await w.start("edge", "POST /api/damage", {"user": "insp" + str(r.randrange(9)), "uic": f"3180{r.randrange(10 ** 7, 10 ** 8)}", "code": r.choice(["WHEEL", "BRAKE", "BUFFER"])})
            return
        if i % 9 == 7 and w.trains:
            await w.start("edge", f"GET /api/eta/{r.choice(list(w.trains))}", {"user": "-"})
            return
        a, z = r.sample(cities, 2)
        u = r.choice(["steelag", "grainco", "chemtrans", "woodline"])
        s, x = await w.start("edge", "POST /api/consignments", {"user": u, "tons": r.randrange(20, 240), "a": a, "z": z, "border": r.random() < 0.6})
        if i % 4 == 0:
            await sleep(r.uniform(500, 6000))
            await w.start("edge", f"GET /api/consignments/{x['id']}", {"user": u})
        elif i % 7 == 2:
            await sleep(r.uniform(300, 4000))
            await w.start("edge", f"PATCH /api/consignments/{x['id']}", {"user": u, "tons": r.randrange(20, 240)})
    await arrivals(w, 125, 3, one)
    await sleep(12000)

record(build, load, "x_freightrail")
