"""A chain of opticians: dispensing glasses in the shop, lenses ground by an outside laboratory that reports back by callbacks,
frames picked in the depot, deposit and rest paid, insurance claims sent by a batch. MassTransit here, NServiceBus there, two PHP teams."""
import json, re
from world import *


def js(x): return json.dumps(x, separators=(",", ":"))
def fill(m, f): return re.sub(r"\{@?(\w+)(:[^}]*)?\}", lambda x: str(f.get(x[1], x[0])), m)
LV3 = {"DEBUG": "DBG", "INFO": "INF", "WARN": "WRN", "ERROR": "ERR"}

def nginx(r):        # shops: nginx, combined and request time in seconds at the end
    f = r.fields
    if "req" not in f: return f"{r.time:%Y/%m/%d %H:%M:%S} [{r.level.lower()}] {r.pid}#{r.pid}: {r.message}"
    t = f" trace={r.trace_id} span={r.span_id}" if r.trace_id else " trace=- span=-"
    if r.incoming: t += f" tp={r.incoming}"
    return f'{f["ip"]} - {f["user"]} [{r.time:%d/%b/%Y:%H:%M:%S} +0000] "{f["req"]} HTTP/1.1" {f["st"]} {f["size"]} "-" "OptiPOS/7.{len(f["user"]) % 4}" rt={f["rt"]:.3f}{t}'

def serilog(r):      # dispensing: Serilog outputTemplate
    t = f" <{r.trace_id}:{r.span_id}>" if r.trace_id else " <:>"
    p = f" ParentId={r.incoming_parent}" if r.incoming_parent else ""
    return f"{r.time:%Y-%m-%d %H:%M:%S}.{r.time.microsecond // 1000:03d} +00:00 [{LV3[r.level]}] [{r.logger}]{t} {fill(r.message, r.fields)}{p}"

def laravel(r):      # prescriptions: Laravel daily channel
    x = dict(r.fields)
    if r.trace_id: x["trace_id"], x["span_id"] = r.trace_id, r.span_id
    if r.incoming_parent: x["parent_span_id"] = r.incoming_parent
    return f"[{r.time:%Y-%m-%d %H:%M:%S}] production.{r.level.replace('WARN', 'WARNING')}: {r.message} " + (js(x) if x else "")

def dotjson(r):      # frames: AddJsonConsole with scopes
    d = {"Timestamp": isoz(r), "EventId": r.fields.pop("_ev", 0) if "_ev" in r.fields else 0,
         "LogLevel": {"INFO": "Information", "WARN": "Warning", "DEBUG": "Debug", "ERROR": "Error"}[r.level], "Category": r.logger,
         "Message": fill(r.message, r.fields)}
    if r.fields: d["State"] = {"Message": d["Message"], **r.fields, "{OriginalFormat}": r.message}
    if r.trace_id:
        p = r.incoming_parent or "0000000000000000"
        d["Scopes"] = [{"Message": f"SpanId:{r.span_id}, TraceId:{r.trace_id}, ParentId:{p}", "SpanId": r.span_id, "TraceId": r.trace_id, "ParentId": p}]
    else: d["Scopes"] = []
    return js(d)

def nsb(r):          # lablink: NServiceBus' own rolling file
    t = f"[{r.trace_id}-{r.span_id}] " if r.trace_id else ""
    if r.incoming_parent: t += f"[from {r.incoming_parent}] "
    return f"{r.time:%Y-%m-%d %H:%M:%S}.{r.time.microsecond // 1000:03d} {r.level:<5} {r.logger} {t}{r.message}"

def structlog(r):    # lab: structlog, key=value
    s = f"{isoz(r, 6)} [{r.level.lower().replace('warn', 'warning'):<8}] {r.message:<30} " + " ".join(f"{k}={v}" for k, v in r.fields.items())
    if r.trace_id: s += f" span_id={r.span_id} trace_id={r.trace_id}"
    if r.incoming_parent: s += f" parent_span_id={r.incoming_parent}"
    return s

def monolog(r):      # till: Symfony LineFormatter
    e = {"trace": r.trace_id, "span": r.span_id} if r.trace_id else []
    if r.incoming: e["traceparent"] = r.incoming
    return f"[{r.time:%Y-%m-%dT%H:%M:%S}.{r.time.microsecond:06d}+00:00] {r.logger}.{r.level.replace('WARN', 'WARNING')}: {r.message} {js(r.fields) if r.fields else '[]'} {js(e)}"

def nlog(r):         # claims: NLog
    a = f"{r.trace_id}|{r.span_id}|" if r.trace_id else "||"
    return f"{r.time:%Y-%m-%d %H:%M:%S}.{r.time.microsecond // 100:04d}|{r.level}|{r.logger}|{a}{fill(r.message, r.fields)}" + (f"|{r.incoming}" if r.incoming else "")

def worker(r):       # sms-worker: artisan queue:work with its dots, and Log::info between
    t = f" [{r.trace_id} {r.span_id}]" if r.trace_id else ""
    if r.incoming_parent: t += f" <- {r.incoming_parent}"
    if r.logger == "queue":
        left = f"  {r.time:%Y-%m-%d %H:%M:%S} {r.message} "
        return left + "." * max(3, 74 - len(left) - len(r.fields["end"])) + f" {r.fields['end']}{t}"
    return f"[{r.time:%Y-%m-%d %H:%M:%S}] sms.{r.level}: {r.message}{t}"


def build(w):
    w.network_ms, w.broker_ms = 1.6, 9
    seq = {"d": 260410, "job": 7719, "till": 900311, "claim": 0, "q": 51200, "newid": 0x08de}
    def newid():
        seq["newid"] += 1
        return f"{w.ids.getrandbits(16):04x}0000-ac11-0242-{w.ids.getrandbits(16):04x}-08de{seq['newid']:06x}{w.ids.getrandbits(8):02x}"
    w.new_message_id = newid
    w.disp, waiting, w.claimable = {}, {}, []
    D, Q = "Dispensing.", "rabbitmq://mq.optic.local/retail/"

    shop = w.service("shops", nginx)
    dis = w.service("dispensing", serilog, errors=lambda c, e: c.log.error(f"R-FAULT {Q}dispensing (null) System.InvalidOperationException: {e}\n   at Dispensing.Consumers.Base`1.Consume(ConsumeContext`1 context)\n   at MassTransit.DependencyInjection.ScopeConsumerFactory`1.Send()", logger="MassTransit.ReceiveTransport"))
    rx = w.service("prescriptions", laravel, errors=lambda c, e: c.log.error(str(e), exception=f"[object] (ErrorException(code: 0): {e} at /var/www/app/Rx.php:88)"))
    frames = w.service("frames", dotjson, errors=lambda c, e: c.log.error("Consumer failed: {Error}", logger="Frames.Worker", Error=str(e)))
    link = w.service("lablink", nsb, errors=lambda c, e: c.log.error(f"Moving message to the error queue 'error' because processing failed due to an exception:\nSystem.Exception: {e}\n   at LabLink.Handlers.Handle(IMessageHandlerContext context)", logger="NServiceBus.MoveToError"))
    lab = w.service("lab", structlog, errors=lambda c, e: c.log.error("crashed", error=repr(str(e))))
    till = w.service("till", monolog, errors=lambda c, e: c.log.error(f'Error thrown while handling message. Removing from transport after 0 retries. Error: "{e}"', logger="messenger"))
    claims = w.service("claims", nlog, errors=lambda c, e: c.log.error("Unhandled: {E}", logger="Claims.Host", E=str(e)))
    sms = w.service("sms-worker", worker, errors=lambda c, e: c.log.error(f"{e} (retry by hand)", logger="app"))

    # ---------------------------------------------------------------- nginx in front of the shops
    @shop.http("ANY *")
    async def front(c, b):
        user = b.get("shop", "s000")
        st, a = await c.call("dispensing", b["_route"], {k: v for k, v in b.items() if k[0] != "_"}, client_span=False)
        verb, path = b["_route"].split(" ")
        c.log.info("", req=f"{verb} {path}", st=st, size=c.rng.randrange(90, 900), ip=f"10.{int(user[1:]) % 200}.0.7", user=user, rt=c.elapsed_ms() / 1000, incoming=True)
        return st, a
    shop.noise(9, lambda log: log.warning("*%d upstream keepalive connection closed" % w.rng.randrange(1000, 9999)))

    # ---------------------------------------------------------------- dispensing (ASP.NET Core, EF Core, MassTransit)
    async def ef(c, ms, text):
        async with c.span("sql", "CLIENT") as s:
            await s.work(ms)
            s.log.info(f"Executed DbCommand ({max(1, round(s.elapsed_ms()))}ms) [Parameters=[@p0='?' (Size = 12)], CommandType='Text', CommandTimeout='30']\n{text}", logger="Microsoft.EntityFrameworkCore.Database.Command")

    @dis.http("POST /api/dispenses")
    async def create(c, b):
        c.log.info(f"Request starting HTTP/1.1 POST http://dispensing/api/dispenses - application/json {c.rng.randrange(180, 320)}", logger="Microsoft.AspNetCore.Hosting.Diagnostics", incoming=True)
        async with c.client("prescriptions", f"GET /rx/{b['rx']}") as k:
            k.log.info(f"Sending HTTP request GET http://prescriptions/rx/{b['rx']}", logger="System.Net.Http.HttpClient.IRxClient.ClientHandler")
            st, rxa = await k.send({})
            k.log.info(f"Received HTTP response headers after {k.elapsed_ms():.4f}ms - {st}", logger="System.Net.Http.HttpClient.IRxClient.ClientHandler")
        if st != 200:
            c.log.warning("Prescription {Rx} refused ({Why}), nothing dispensed", logger=D + "DispenseController", Rx=b["rx"], Why=rxa["why"])
            return 422, {}
        seq["d"] += c.rng.randrange(1, 4)
        no = f"{b['shop'].upper()}-{seq['d']}"
        st, fr = await c.call("frames", "POST /reservations", {"sku": b["sku"], "dispense": no, "shop": b["shop"]})
        if st != 201:
            c.log.warning("Frame {Sku} not available for {DispenseNo}", logger=D + "DispenseController", Sku=b["sku"], DispenseNo=no)
            return 409, {}
        w.disp[no] = {"no": no, "res": fr["id"], "state": "Submitted", "rx": b["rx"], "sku": b["sku"], "price": b["price"], "ins": b["ins"], "phone": b["phone"]}
        waiting[no] = set()
        await ef(c, 6, "INSERT INTO [Dispenses] ([DispenseNo], [PrescriptionId], [FrameSku]) VALUES (@p0, @p1, @p2);")
        async with c.producer("DispenseSubmitted") as p:
            mid = await p.send(dict(w.disp[no]))
            p.log.debug(f"SEND {Q}Contracts:DispenseSubmitted {mid} Contracts.DispenseSubmitted", logger="MassTransit.Messages")
        c.log.info("Dispense {DispenseNo} accepted, frame reservation {ReservationId}", logger=D + "DispenseController", DispenseNo=no, ReservationId=fr["id"])
        c.log.info(f"Request finished HTTP/1.1 POST http://dispensing/api/dispenses - 201 - application/json; charset=utf-8 {c.elapsed_ms():.4f}ms", logger="Microsoft.AspNetCore.Hosting.Diagnostics")
        return 201, {"no": no}

    @dis.http("GET /api/dispenses/{no}")
    async def show(c, b):
        await c.work(3)
        c.log.info("HTTP GET {Path} responded 200 in {Elapsed} ms", logger="Serilog.AspNetCore.RequestLoggingMiddleware", Path=b["_route"][4:], Elapsed=f"{c.elapsed_ms():.4f}", incoming=True)
        return 200, {}

    @dis.http("POST /api/dispenses/{no}/cancel")
    async def cancel(c, b):
        x = w.disp[b["_route"].split("/")[3]]
        if x["state"] in ("Cancelled", "Ready"):
            c.log.warning("Cancel of {DispenseNo} refused, state {State}", logger=D + "DispenseController", DispenseNo=x["no"], State=x["state"], incoming=True)
            return 409, {}
        x["state"] = "Cancelled"
        await ef(c, 4, "UPDATE [Dispenses] SET [State] = @p0 WHERE [DispenseNo] = @p1;")
        await c.publish("DispenseCancelled", dict(x))
        c.log.info("Dispense {DispenseNo} cancelled at the counter", logger=D + "DispenseController", DispenseNo=x["no"], incoming=True)
        return 202, {}

    def part(topic, name):
        @dis.consumer(topic)
        async def came(c, m):
            no = m.body["no"]
            x = w.disp[no]
            await ef(c, 5, f"UPDATE [DispenseState] SET [{name}At] = @p0 WHERE [CorrelationId] = @p1;")
            waiting[no].add(name)
            c.log.debug(f"RECEIVE {Q}dispense-state {m.id} Contracts.{topic} Dispensing.DispenseStateMachine({c.elapsed_ms() / 1000:0>16.7f})".replace("(000000", "(00:00:"), logger="MassTransit.Messages", incoming=True)
            if len(waiting[no]) == 3 and x["state"] == "Submitted":
                x["state"] = "Ready"
                c.log.info("SAGA {DispenseNo}: Submitted => ReadyForCollection", logger=D + "DispenseStateMachine", DispenseNo=no)
                async with c.producer("ReadyForCollection") as p:
                    await p.send(dict(x))
                if x["ins"]: w.claimable.append((x, c))
    part("LensesDelivered", "Lenses"); part("FramePicked", "Frame"); part("DepositTaken", "Deposit")
    dis.noise(6, lambda log: log.debug("Health check sql with status Healthy completed after {Ms}ms", logger="Microsoft.Extensions.Diagnostics.HealthChecks.DefaultHealthCheckService", Ms=f"{w.rng.uniform(0.5, 4):.4f}"))

    # ---------------------------------------------------------------- prescriptions (Laravel, terse)
    @rx.http("GET /rx/{id}")
    async def get_rx(c, b):
        i = b["_route"].split("/")[-1]
        async with c.span("select prescriptions", "CLIENT") as s:
            await s.work(4)
            s.log.debug("select * from `prescriptions` where `id` = ? limit 1", bindings=[i], time=round(s.elapsed_ms(), 2))
        if c.rng.random() < 0.05:
            why = c.rng.choice(["expired", "unsigned"])
            c.log.warning(f"Rx {why}", id=i, incoming=True)
            return 422, {"why": why}
        if c.rng.random() < 0.6: c.log.info("Rx ok", id=i, incoming=True)
        return 200, {"add": 2.25}

    @rx.consumer("DispenseSubmitted")
    async def used(c, m):
        c.log.info(f"Prescription {m.body['rx']} used for dispense {m.body['no']}", incoming=True)
        async with c.span("update prescriptions", "CLIENT") as s: await s.work(5)
    rx.noise(11, lambda log: log.info("schedule:run nothing is ready to run"))

    # ---------------------------------------------------------------- frames
    @frames.http("POST /reservations")
    async def reserve(c, b):
        async with c.span("sp_ReserveFrame", "CLIENT") as s:
            await s.work(8)
            ok = c.rng.random() > 0.03
            s.log.debug("EXEC sp_ReserveFrame @sku={Sku} returned {Rows}", logger="Frames.Data.Dapper", Sku=b["sku"], Rows=int(ok))
        if not ok: return 409, {}
        rid = "%08x" % c.rng.getrandbits(32)
        c.log.info("Reserved {Sku} for {Shop} as {ReservationId}", logger="Frames.ReservationService", Sku=b["sku"], Shop=b["shop"], ReservationId=rid, incoming=True)
        return 201, {"id": rid}

    @frames.consumer("DispenseSubmitted", concurrency=6)
    async def pick(c, m):
        c.log.info("Pick list for reservation {ReservationId} printed at depot", logger="Frames.Picker", ReservationId=m.body["res"], _ev=2001, incoming=True)
        await c.work(900, 0.6)
        async with c.producer("FramePicked") as p:
            mid = await p.send({"no": m.body["no"]})
            p.log.info("Published FramePicked {MessageId} order {Order}", logger="Frames.Picker", MessageId=mid, Order=m.body["no"])

    @frames.consumer("DispenseCancelled")
    async def release(c, m):
        await c.work(7)
        c.log.info("Released {ReservationId} because {Order} was cancelled", logger="Frames.ReservationService", ReservationId=m.body["res"], Order=m.body["no"], incoming=True)
    frames.noise(8, lambda log: log.info("Cache refresh done, {Count} skus", logger="Frames.CatalogCache", Count=w.rng.randrange(4000, 4100)))

    # ---------------------------------------------------------------- lablink (NServiceBus saga to the laboratory)
    w.jobs = {}

    @link.consumer("DispenseSubmitted", retries=3, retry_ms=700)
    async def order_lenses(c, m):
        no = m.body["no"]
        c.log.debug(f"Processing message {m.id}", logger="NServiceBus.MainPipelineExecutor", incoming=True)
        async with c.client("lab", "POST /v2/jobs") as k:
            k.log.info(f"Ordering lenses for {no} from lab", logger="LabLink.OrderLensesHandler")
            st, a = await k.send({"po": "PO" + no.replace("-", ""), "no": no})
        if st == 503:
            c.log.warning(f"{'Immediate Retry is going to retry' if m.attempt < 2 else 'Delayed Retry will reschedule'} message '{m.id}' because of an exception:\nLabLink.LabUnavailableException: lab answered 503\n   at LabLink.OrderLensesHandler.Handle(DispenseSubmitted message, IMessageHandlerContext context)", logger="NServiceBus.RecoverabilityExecutor")
            raise Exception("503")
        w.jobs[no] = a["job"]
        async with c.span("saga persist", "CLIENT") as s:
            await s.work(5)
        c.log.info(f"Saga LensOrder '{no}' started, lab job {a['job']}", logger="LabLink.LensOrderSaga")

    @link.http("POST /callbacks/lab")
    async def callback(c, b):
        no = b["no"]
        c.log.info(f"Callback {b['stage']} job {b['job']}", logger="LabLink.CallbackController", incoming=True)
        async with c.span("saga load", "CLIENT") as s:
            await s.work(3)
            s.log.debug(f"Loaded LensOrderSagaData for {no}", logger="LabLink.Persistence")
        if b["stage"] == "SHIPPED":
            async with c.producer("LensesDelivered") as p:
                await p.send({"no": no})
                p.log.info(f"Publishing LensesDelivered for {no}", logger="LabLink.LensOrderSaga")
        elif b["stage"] == "BREAKAGE":
            c.log.warning(f"Lab broke a lens of {no}, will be remade", logger="LabLink.LensOrderSaga")
        return 204, {}

    @link.consumer("DispenseCancelled")
    async def withdraw(c, m):
        j = w.jobs.get(m.body["no"])
        if not j:
            c.log.info(f"Could not find a started saga of 'LabLink.LensOrderSaga' for message type 'DispenseCancelled' ({m.body['no']}). Going to invoke SagaNotFoundHandlers.", logger="NServiceBus.SagaPersistenceBehavior", incoming=True)
            return
        async with c.client("lab", f"DELETE /v2/jobs/{j}") as k:
            st, _ = await k.send({})
            k.log.info(f"Withdrew lab job {j}: {st}", logger="LabLink.CancelHandler")

    # ---------------------------------------------------------------- lab
    stopped = set()

    @lab.http("POST /v2/jobs")
    async def new_job(c, b):
        if c.rng.random() < 0.06:
            c.log.warning("queue_full", po=b["po"], incoming=True)
            return 503, {}
        seq["job"] += 1
        j = f"L{seq['job']}"
        async with c.span("compute surfaces") as s:
            await s.work(35)
            s.log.debug("surface_computed", job=j, points=s.rng.randrange(2000, 9000))
        c.log.info("job_accepted", job=j, po=b["po"], incoming=True)
        c.spawn(grind(c, j, b["no"]))
        return 201, {"job": j}

    async def grind(c, j, no):
        stages = ["SURFACED", "COATED", "SHIPPED"]
        if c.rng.random() < 0.08: stages.insert(1, "BREAKAGE")
        for st in stages:
            await sleep(c.rng.uniform(400, 2200))
            if j in stopped:
                c.log.info("job_dropped", job=j)
                return
            async with c.client("lablink", "POST /callbacks/lab") as k:
                s, _ = await k.send({"job": j, "stage": st, "no": no})
                if st != "COATED": k.log.info("callback_sent", job=j, stage=st, status=s)

    @lab.http("DELETE /v2/jobs/{id}")
    async def drop(c, b):
        j = b["_route"].split("/")[-1]
        stopped.add(j)
        c.log.info("job_withdrawn", job=j, incoming=True)
        return 204, {}
    lab.noise(5, lambda log: log.debug("machine_heartbeat", machine=w.rng.choice(["gen1", "gen2", "edger4"]), temp=w.rng.randrange(30, 50)))

    # ---------------------------------------------------------------- till (Symfony Messenger)
    @till.consumer("DispenseSubmitted", retries=2, retry_ms=400)
    async def deposit(c, m):
        C = "App\\Message\\TakeDeposit"
        c.log.info(f"Received message {C}", logger="messenger", **{"class": C, "message_id": m.id}, incoming=True)
        async with c.span("card terminal", "CLIENT") as s:
            await s.work(160, 0.5)
            if s.rng.random() < 0.05 and m.attempt < 3:
                c.log.warning(f'Error thrown while handling message {C}. Sending for retry #{m.attempt} using {400 * m.attempt} ms delay. Error: "terminal busy"', logger="messenger", **{"class": C, "message_id": m.id, "retryCount": m.attempt})
                raise Exception("busy")
            s.log.debug("terminal approved", logger="app", auth="%06d" % s.rng.randrange(10 ** 6))
        seq["till"] += 1
        async with c.span("doctrine", "CLIENT") as s:
            await s.work(4)
            s.log.debug("Executing statement: INSERT INTO receipt (number, dispense, cents) VALUES (?, ?, ?)", logger="doctrine", params={"1": seq["till"], "2": m.body["no"], "3": m.body["price"] // 3})
        await c.publish("DepositTaken", {"no": m.body["no"]})
        c.log.info(f"Message {C} handled by App\\MessageHandler\\TakeDepositHandler::__invoke", logger="messenger", **{"class": C})
        c.log.info(f"{C} was handled successfully (acknowledging to transport).", logger="messenger", **{"class": C, "message_id": m.id})

    @till.consumer("DispenseCancelled")
    async def refund(c, m):
        await c.work(90)
        c.log.info(f"refunded deposit of {m.body['no']}", logger="app", cents=m.body["price"] // 3, incoming=True)
        async with c.producer("Refunded") as p:
            await p.send(m.body)
    till.noise(7, lambda log: log.debug("Worker stopping? no", logger="messenger", memory=f"{w.rng.randrange(30, 60)}M"))

    # ---------------------------------------------------------------- claims (Hangfire batch)
    @claims.every(4)
    async def submit_claims(c):
        pending, w.claimable[:] = list(w.claimable), []
        if not pending: return
        seq["claim"] += 1
        batch = f"CB{seq['claim']:04d}"
        c.log.info("Batch {Batch}: {N} claims", logger="Claims.SubmitClaimsJob", Batch=batch, N=len(pending))
        bad = 0
        for x, origin in pending:
            c.link(origin)
            async with c.span("edifact send", "CLIENT") as s:
                await s.work(40)
                ok = s.rng.random() > 0.1
                bad += not ok
                if ok: s.log.info("  {No} -> insurer {Ins}: accepted", logger="Claims.SubmitClaimsJob", No=x["no"], Ins=x["ins"])
                else: s.log.warning("  {No} -> insurer {Ins}: rejected (member unknown)", logger="Claims.SubmitClaimsJob", No=x["no"], Ins=x["ins"])
            if not ok: await c.publish("ClaimRejected", dict(x), producer_span=False)
        c.log.info("Batch {Batch} finished in {Ms} ms, {Bad} rejected", logger="Claims.SubmitClaimsJob", Batch=batch, Ms=round(c.elapsed_ms()), Bad=bad)
    claims.noise(5, lambda log: log.debug("Server claims-0:1:5d0f heartbeat successfully sent", logger="Hangfire.Server.ServerHeartbeatProcess"))

    # ---------------------------------------------------------------- sms worker (Laravel queue)
    for topic, job, text in (("ReadyForCollection", "App\\Jobs\\SendReadySms", "Your glasses {} are ready"), ("Refunded", "App\\Jobs\\SendRefundSms", "Deposit of {} paid back"), ("ClaimRejected", "App\\Jobs\\AskForMemberCard", "Please bring your card for {}")):
        @sms.consumer(topic, retries=1, retry_ms=500)
        async def send(c, m, job=job, text=text):
            seq["q"] += 1
            c.log.info(job, logger="queue", end="RUNNING", incoming=True)
            async with c.span("POST twilio", "CLIENT") as s:
                await s.work(120, 0.5)
                if s.rng.random() < 0.05 and m.attempt == 1:
                    c.log.info(job, logger="queue", end=f"{c.elapsed_ms():.2f}ms FAIL")
                    raise Exception("twilio 500")
                s.log.info(f"to {m.body['phone']}: {text.format(m.body['no'])}", logger="app")
            c.log.info(job, logger="queue", end=f"{c.elapsed_ms():.2f}ms DONE")


async def load(w):
    r = w.rng

    async def customer(i):
        shop = f"s{r.randrange(1, 48):03d}"
        s, a = await w.start("shops", "POST /api/dispenses", {"shop": shop, "rx": r.randrange(410000, 499999), "sku": r.choice(["RB", "OA", "SI", "TF"]) + str(r.randrange(1000, 9999)),
                                                              "price": r.randrange(9000, 60000), "ins": r.choice([None, "AOK", "BARMER", "TK"]), "phone": "+4915%08d" % r.randrange(10 ** 8)})
        if s != 201: return
        if i % 4 == 0:
            await sleep(r.uniform(500, 5000))
            await w.start("shops", f"GET /api/dispenses/{a['no']}", {"shop": shop})
        if i % 7 == 3:
            await sleep(r.uniform(300, 3500))
            await w.start("shops", f"POST /api/dispenses/{a['no']}/cancel", {"shop": shop})
    await arrivals(w, 120, 3.2, customer)
    await sleep(5000)

record(build, load, "x_opticians")
