"""Charging of electric cars: remote starts run as workflows of activities with signals and compensation, chargers call back and stream meter values,
roaming cards are asked of partners, reservations run out, sites are balanced periodically, sessions are rated, captured and invoiced."""
import json
from world import *


def clf(r):                       # gateway: Traefik's common log format, time at the start of the request in whole seconds, duration at the end
    f = r.fields
    if "path" not in f: return f'time="{isoz(r, 0)}" level={r.level.lower()} msg={json.dumps(r.message)}' + "".join(f" {k}={v}" for k, v in f.items())
    t = datetime.datetime.fromtimestamp((r.ns - int(f["took"] * 1e6)) // NS, datetime.timezone.utc)
    tail = f' "{r.trace_id}" "{r.span_id}"' if r.trace_id else ' "-" "-"'
    if r.incoming: tail += f' "{r.incoming}"'
    return (f'{f["ip"]} - - [{t:%d/%b/%Y:%H:%M:%S} +0000] "{f["verb"]} {f["path"]} HTTP/2.0" {f["st"]} {f["n"] % 700 + 20} "-" "{f["ua"]}" {f["n"]} "{f["to"]}@docker" "http://172.19.0.{f["n"] % 5 + 3}:8080" {int(f["took"])}ms{tail}')

def temporal(r):                  # sessions: Temporal's Go SDK with a zap logger
    d = {"level": r.level.lower(), "ts": isoz(r), "caller": "log/zap_logger.go:79" if r.logger == "sdk" else r.logger, "msg": r.message, **r.fields}
    if r.trace_id: d |= {"TraceID": r.trace_id, "SpanID": r.span_id}
    if r.incoming_parent: d["ParentSpanID"] = r.incoming_parent
    return json.dumps(d, separators=(",", ":"))

def zapconsole(r):                # ocpp: zap development console, tabs
    f = dict(r.fields)
    if r.trace_id: f |= {"trace_id": r.trace_id, "span_id": r.span_id}
    if r.incoming: f["traceparent"] = r.incoming
    st = "\n" + f.pop("stacktrace") if "stacktrace" in f else ""
    return f"{r.time:%Y-%m-%dT%H:%M:%S}.{r.time.microsecond // 1000:03d}Z\t{r.level}\tocpp\t{r.logger}\t{r.message}" + ("\t" + json.dumps(f) if f else "") + st

def pretty(r):                    # tariff: tracing-subscriber pretty, several lines
    kv = "".join(f", {k}: {v}" for k, v in r.fields.items() if k != "_at")
    s = f"  {isoz(r, 6)} {r.level:>5} {r.logger}: {r.message}{kv}\n    at src/{r.logger.split('::')[-1]}.rs:{r.fields.get('_at', 40)}"
    if r.trace_id: s += f"\n    in tariff::otel with trace_id: {r.trace_id}, span_id: {r.span_id}" + (f", parent: {r.incoming_parent}" if r.incoming_parent else "")
    return s

def serilog(r):                   # payments: Serilog console template
    lv = {"DEBUG": "DBG", "INFO": "INF", "WARN": "WRN", "ERROR": "ERR"}[r.level]
    ids = f" {{TraceId: {r.trace_id}, SpanId: {r.span_id}}}" if r.trace_id else ""
    if r.incoming_parent: ids = ids[:-1] + f", ParentId: {r.incoming_parent}}}"
    return f"{r.time:%Y-%m-%d %H:%M:%S}.{r.time.microsecond // 1000:03d} +00:00 [{lv}] {r.logger}: {r.message}{ids}"

def zerolog(r):                   # meters: zerolog JSON, unix milliseconds, short names
    d = {"l": r.level.lower()} | r.fields
    if r.trace_id: d |= {"tid": r.trace_id, "sid": r.span_id}
    if r.incoming_parent: d["psid"] = r.incoming_parent
    return json.dumps(d | {"t": r.ns // 1_000_000, "m": r.message}, separators=(",", ":"))

def pino(r):                      # roaming: pino-http
    d = {"level": {"DEBUG": 20, "INFO": 30, "WARN": 40, "ERROR": 50}[r.level], "time": r.ns // 1_000_000, "pid": r.pid, "hostname": "roaming-6f7c", "ocpi": r.fields}
    if r.trace_id: d["otel"] = {"trace_id": r.trace_id, "span_id": r.span_id}
    if r.incoming: d["req"] = {"headers": {"traceparent": r.incoming}}
    return json.dumps(d | {"msg": r.message}, separators=(",", ":"))

def envlogger(r):                 # balancer: env_logger
    ids = f" trace={r.trace_id} span={r.span_id}" if r.trace_id else ""
    if r.incoming_parent: ids += f" parent={r.incoming_parent}"
    return f"[{isoz(r, 3)} {r.level:<5} {r.logger}] {r.message}{ids}"

def structlog(r):                 # invoices: structlog console renderer without colours
    f = dict(r.fields)
    if r.trace_id: f |= {"trace_id": r.trace_id, "span_id": r.span_id}
    if r.incoming: f["traceparent"] = r.incoming
    return f"{r.time:%Y-%m-%d %H:%M:%S} [{r.level.lower().replace('warn', 'warning'):<9}] {r.message:<30} " + " ".join(f"{k}={v!r}" if not isinstance(v, str) or " " in v else f"{k}={v}" for k, v in sorted(f.items()))

def charm(r):                     # push: charmbracelet/log
    f = dict(r.fields)
    if r.trace_id: f |= {"trace": r.trace_id, "span": r.span_id}
    if r.incoming_parent: f["parent"] = r.incoming_parent
    return f"{r.time:%Y/%m/%d %H:%M:%S} {dict(DEBUG='DEBU', INFO='INFO', WARN='WARN', ERROR='ERRO')[r.level]} push: {r.message}" + "".join(f" {k}={json.dumps(str(v)) if ' ' in str(v) else v}" for k, v in f.items())


def build(w):
    w.network_ms, w.broker_ms = 1.0, 5
    w.new_message_id = lambda: "%d-%08x" % (w.ns() // NS, w.ids.getrandbits(32))

    gw = w.service("gateway", clf)
    ses = w.service("sessions", temporal, errors=lambda c, e: c.log.error("Signal handler failed.", Error=str(e)))
    ocpp = w.service("ocpp", zapconsole, errors=lambda c, e: c.log.error("handler failed", logger="bus/sub.go:66", error=str(e), stacktrace=f"github.com/voltpath/ocpp/bus.(*Sub).run\n\t/src/bus/sub.go:66\ngithub.com/voltpath/ocpp/bus.(*Sub).Start.func1\n\t/src/bus/sub.go:31"))
    tariff = w.service("tariff", pretty)
    pay = w.service("payments", serilog, errors=lambda c, e: c.log.error(f"Unhandled exception. System.InvalidOperationException: {e}\n   at Payments.Consumers.Handle() in /src/Consumers.cs:line 41", logger="Payments.Bus"))
    meters = w.service("meters", zerolog, errors=lambda c, e: c.log.error("consume", err=str(e)))
    roam = w.service("roaming", pino, errors=lambda c, e: c.log.error("job failed", err=str(e)))
    bal = w.service("balancer", envlogger, errors=lambda c, e: c.log.error(f"message dropped: {e}", logger="balancer::bus"))
    inv = w.service("invoices", structlog, errors=lambda c, e: c.log.error("task.failed", exc=str(e)))
    push = w.service("push", charm, errors=lambda c, e: c.log.error("send failed", err=e))

    r0 = w.rng
    w.chargers = [f"CP-{r0.choice(['BER', 'MUC', 'HAM', 'CGN'])}-{i:04d}" for i in r0.sample(range(10, 4000), 45)]
    site = lambda cp: "site-" + cp[3:6].lower() + str(int(cp[-4:]) % 3)
    w.sess, w.resv, waits, load_now = {}, {}, {}, {}
    n = {"tx": r0.randrange(10**5, 9 * 10**5), "inv": r0.randrange(10**4), "rsv": r0.randrange(500)}

    # ------------------------------------------------------------ gateway
    cnt = [r0.randrange(9000)]
    @gw.http("ANY *")
    async def pass_on(c, b):
        verb, path = b["_route"].split(" ")
        st, a = await c.call("sessions", b["_route"], b, client_span=False)
        cnt[0] += 1
        c.log.info("", ip=f"192.0.2.{c.rng.randrange(250)}", verb=verb, path=path, st=st, took=c.elapsed_ms(), n=cnt[0], to="sessions", ua=c.rng.choice(["VoltPath/5.2 (iOS 18.3)", "VoltPath/5.1 (Android 15)", "okhttp/4.12.0"]), incoming=True)
        return st, a
    gw.noise(9, lambda l: l.warning("health check failed for 172.19.0.9" if r0.random() < .2 else "Configuration received", providerName="docker"))

    # ------------------------------------------------------------ sessions (workflows)
    def tags(sid, **k): return {"Namespace": "charging", "TaskQueue": "sessions", "WorkflowType": "ChargeSession", "WorkflowID": sid, **k}

    async def activity(ctx, sid, aid, name, work, attempts=3):
        """an activity with the retries of the workflow engine"""
        for n_ in range(1, attempts + 1):
            async with ctx.span("RunActivity:" + name) as a:
                if name != "QuoteTariff": a.log.debug("ExecuteActivity", logger="sdk", **tags(sid, ActivityID=str(aid), ActivityType=name, Attempt=n_))
                ok, out = await work(a)
                if ok:
                    if name == "QuoteTariff": a.log.info("Activity done", logger="activities/quote.go:31", WorkflowID=sid, price=out)
                    return out
                a.fail()
                a.log.error("Activity error.", logger="sdk", **tags(sid, ActivityID=str(aid), ActivityType=name, Attempt=n_, Error=str(out)))
            if n_ < attempts: await sleep(300 * 2 ** n_)
        return None

    def http(target, route, body, key=None):
        async def run(a):
            st, x = await a.call(target, route, body, client_span=False)
            return st < 400, (x.get(key, True) if st < 400 else f"unexpected status {st}")
        return run

    async def command(a, cp, action, body):
        """command by the bus, answer by a signal"""
        k = "%08x" % a.rng.getrandbits(32)
        waits[k] = asyncio.get_running_loop().create_future()
        await a.publish("ocpp.command", dict(body, cp=cp, action=action, corr=k), producer_span=False)
        try: return (await asyncio.wait_for(waits[k], 6)) == "Accepted", "charger rejected " + action
        except asyncio.TimeoutError: return False, "activity StartToClose timeout"

    @ses.consumer("ocpp.result")
    async def signal(c, m):
        f = waits.pop(m.body["corr"], None)
        c.log.debug("SignalWorkflow", logger="workflow/signals.go:27", SignalName="command-result", correlation=m.body["corr"], status=m.body["status"], incoming=True)
        if f and not f.done(): f.set_result(m.body["status"])

    async def flow(ctx, s, remote):
        sid, cp = s["id"], s["cp"]
        price = await activity(ctx, sid, 5, "QuoteTariff", http("tariff", "POST /quotes", {"cp": cp, "token": s["token"]}, "price"))
        hold = await activity(ctx, sid, 11, "PreAuthorize", http("payments", "POST /holds", {"session": sid, "eur": 50}, "hold"))
        if not hold or not price:
            s["state"] = "FAILED"
            ctx.log.warning("Workflow completed with failure", logger="workflow/session.go:74", **tags(sid, reason="no hold"))
            return await ctx.publish("session.failed", {"session": sid, "why": "payment"})
        s["hold"] = hold
        if remote:
            async def start(a): return await command(a, cp, "RemoteStartTransaction", {"session": sid, "token": s["token"]})
            if not await activity(ctx, sid, 17, "RemoteStart", start, 2):
                s["state"] = "FAILED"
                await activity(ctx, sid, 18, "ReleaseHold", http("payments", "DELETE /holds", {"hold": hold}))
                ctx.log.error("Workflow completed with failure", logger="workflow/session.go:88", **tags(sid, reason="charger", compensated=True))
                return await ctx.publish("session.failed", {"session": sid, "why": "charger"})
        s["state"] = "CHARGING"

    @ses.consumer("tx.stopped", retries=2)
    async def stopped(c, m):
        b = m.body
        s = w.sess.get(b["session"])
        if not s or s["state"] == "DONE": return
        s["state"] = "DONE"
        sid = s["id"]
        c.log.info("Signal received: transaction stopped", logger="workflow/session.go:101", **tags(sid, transactionId=b["tx"], kWh=b["kwh"]), incoming=True)
        cdr = await activity(c, sid, 23, "RateSession", http("tariff", "POST /cdrs", {"tx": b["tx"], "kwh": b["kwh"], "token": s["token"]}, "eur"))
        eur = cdr or 0.0
        if s.get("hold"): await activity(c, sid, 29, "CaptureHold", http("payments", "POST /captures", {"hold": s["hold"], "eur": eur, "session": sid}), 4)
        async with c.producer("session.closed") as p:
            await p.send({"session": sid, "tx": b["tx"], "eur": eur, "kwh": b["kwh"], "token": s["token"], "cp": s["cp"]})
            p.log.info("Workflow completed", logger="workflow/session.go:133", **tags(sid, eur=eur))

    def new_session(cp, token):
        sid = "sess-" + "%08x-%04x" % (r0.getrandbits(32), r0.getrandbits(16))
        w.sess[sid] = {"id": sid, "cp": cp, "token": token, "state": "NEW"}
        return w.sess[sid]

    @ses.http("POST /sessions")
    async def start_session(c, b):
        s = new_session(b["cp"], b["token"])
        async with c.span("StartWorkflowExecution", "CLIENT") as t:
            await t.work(9)
            t.log.info("Started workflow", logger="api/start.go:52", WorkflowID=s["id"], RunID="%08x-1f3c" % t.rng.getrandbits(32), chargePoint=b["cp"])
        c.spawn(flow(c, s, True))
        return 202, {"id": s["id"]}

    @ses.http("POST /internal/authorize")
    async def authorize(c, b):
        s = new_session(b["cp"], b["tag"])
        c.log.info("RFID session", logger="api/rfid.go:30", idTag=b["tag"], chargePoint=b["cp"], WorkflowID=s["id"], incoming=True)
        if b["tag"].startswith("NL-"):
            async with c.client("roaming", "POST /ocpi/tokens/authorize") as k:
                st, a = await k.send({"uid": b["tag"], "location": b["cp"]})
            if st != 200:
                c.log.warning("roaming partner refused token", logger="api/rfid.go:41", idTag=b["tag"], status=st)
                return 403, {}
        c.spawn(flow(c, s, False))
        return 200, {"session": s["id"]}

    @ses.http("GET /sessions/{id}")
    async def get_session(c, b):
        async with c.span("QueryWorkflow", "CLIENT") as t:
            await t.work(6)
        sid = b["_route"].split("/")[-1]
        c.log.debug("query", logger="api/get.go:19", WorkflowID=sid, state=w.sess[sid]["state"], incoming=True)
        return 200, {}

    @ses.http("POST /sessions/{id}/stop")
    async def stop_session(c, b):
        sid = b["_route"].split("/")[2]
        async def stop(a): return await command(a, w.sess[sid]["cp"], "RemoteStopTransaction", {"session": sid})
        ok = await activity(c, sid, 41, "RemoteStop", stop, 1)
        return (200 if ok else 504), {}

    @ses.http("POST /reservations")
    async def reserve(c, b):
        n["rsv"] += 1
        i = n["rsv"]
        w.resv[i] = {"cp": b["cp"], "state": "HELD"}
        c.log.info("reservation requested", logger="api/reserve.go:40", reservationId=i, chargePoint=b["cp"], incoming=True)
        async def act(a): return await command(a, b["cp"], "ReserveNow", {"resv": i})
        ok = await activity(c, f"resv-{i}", 5, "ReserveNow", act, 2)
        if not ok: return 409, {}
        c.spawn(expire(c, i))
        return 201, {"id": i}

    async def expire(c, i):
        await sleep(c.rng.uniform(2500, 5000))
        if w.resv[i]["state"] != "HELD": return
        w.resv[i]["state"] = "EXPIRED"
        async with c.span("timer fired") as t:
            t.log.info("TimerFired", logger="sdk", WorkflowID=f"resv-{i}", TimerID="7")
            await t.publish("reservation.expired", {"resv": i, "cp": w.resv[i]["cp"]})

    @ses.http("DELETE /reservations/{id}")
    async def cancel_resv(c, b):
        i = int(b["_route"].split("/")[-1])
        late = w.resv[i]["state"] != "HELD"
        c.log.info("cancel " + ("too late" if late else "accepted"), logger="api/reserve.go:77", reservationId=i, incoming=True)
        if late: return 409, {}
        w.resv[i]["state"] = "CANCELLED"
        await c.publish("ocpp.command", {"cp": w.resv[i]["cp"], "action": "CancelReservation", "resv": i, "corr": "none"})
        return 200, {}
    ses.noise(7, lambda l: l.info("Started Worker" if r0.random() < .1 else "sticky cache", logger="sdk", Namespace="charging", size=r0.randrange(40, 90)))

    # ------------------------------------------------------------ ocpp
    @ocpp.consumer("ocpp.command", retries=2, retry_ms=500)
    async def to_charger(c, m):
        b = m.body
        uid = f"{c.rng.randrange(10**9, 10**10)}"
        async with c.span("ws CALL " + b["action"], "CLIENT") as s:
            s.log.debug("-> " + json.dumps([2, uid, b["action"]], separators=(",", ":")), logger="ws/conn.go:141", cp=b["cp"])
            await s.work(170, 0.5)
            x = s.rng.random()
            if x < 0.04 and m.attempt < 3:
                s.log.warning("charger offline, requeue", logger="ws/conn.go:163", cp=b["cp"], attempt=m.attempt)
                raise Exception("offline")
            st = "Rejected" if x < 0.1 else "Accepted"
            if s.rng.random() < 0.75: s.log.debug("<- " + json.dumps([3, uid, {"status": st}], separators=(",", ":")), logger="ws/conn.go:188", cp=b["cp"])
        c.log.info("command answered", logger="bus/commands.go:58", action=b["action"], corr=b["corr"], status=st, dur=f"{c.elapsed_ms():.3f}ms", incoming=True)
        await c.publish("ocpp.result", {"corr": b["corr"], "status": st}, producer_span=b["action"] != "ReserveNow")
        if b["action"] == "RemoteStartTransaction" and st == "Accepted": c.spawn(charge(c, b["cp"], b["session"]))

    async def charge(c, cp, sid):
        """what the charger does: start, meter values, stop"""
        n["tx"] += 7
        tx = n["tx"]
        await sleep(c.rng.uniform(200, 900))
        async with c.span("ws StartTransaction", "SERVER") as s:
            await s.work(4)
            s.log.info("StartTransaction", logger="ws/handlers.go:77", cp=cp, transactionId=tx)
            await s.publish("tx.started", {"tx": tx, "session": sid, "cp": cp}, producer_span=False)
        wh = 0
        for k in range(c.rng.randrange(1, 4)):
            await sleep(c.rng.uniform(500, 1500))
            wh += c.rng.randrange(900, 5200)
            async with c.producer("meter.values") as p:
                await p.send({"tx": tx, "cp": cp, "wh": wh, "seq": k})
                if p.rng.random() < 0.5: p.log.debug("MeterValues", logger="ws/handlers.go:102", cp=cp, transactionId=tx, wh=wh)
        await sleep(c.rng.uniform(300, 1200))
        await w.start("ocpp", "WS StopTransaction", {"cp": cp, "tx": tx, "session": sid, "wh": wh})     # the charger's own message, later

    @ocpp.http("WS StopTransaction")
    async def stop_tx(c, b):
        c.log.info("StopTransaction", logger="ws/handlers.go:131", cp=b["cp"], transactionId=b["tx"], meterStop=b["wh"], reason=c.rng.choice(["EVDisconnected", "Remote", "Local"]), incoming=True)
        await c.work(5)
        await c.publish("tx.stopped", {"tx": b["tx"], "session": b["session"], "kwh": round(b["wh"] / 1000, 3)})
        return 200, {}

    @ocpp.http("WS Authorize")
    async def rfid(c, b):
        st, a = await c.call("sessions", "POST /internal/authorize", {"tag": b["tag"], "cp": b["cp"]})
        c.log.info("Authorize", logger="ws/handlers.go:49", cp=b["cp"], idTag=b["tag"], status="Accepted" if st == 200 else "Blocked", incoming=True)
        if st == 200: c.spawn(charge(c, b["cp"], a["session"]))
        return st, a

    @ocpp.consumer("profile.set")
    async def profile(c, m):
        await c.work(130, 0.5)
        c.log.debug("SetChargingProfile", logger="bus/profiles.go:33", cp=m.body["cp"], limitA=m.body["amps"], incoming=True)
        await c.publish("profile.ack", {"cp": m.body["cp"], "round": m.body["round"]}, producer_span=False)
    ocpp.noise(3, lambda l: l.debug("Heartbeat", logger="ws/handlers.go:20", cp=r0.choice(w.chargers)))

    # ------------------------------------------------------------ tariff
    @tariff.http("POST /quotes")
    async def quote(c, b):
        async with c.span("SELECT tariffs", "CLIENT") as s:
            await s.work(4)
            if s.rng.random() < 0.7: s.log.debug("tariff element matched", logger="tariff::store", location=b["cp"], _at=211)
        price = c.rng.choice([0.39, 0.49, 0.59, 0.79])
        c.log.info("quoted", logger="tariff::quotes", location=b["cp"], eur_per_kwh=price, _at=58, incoming=True)
        return 200, {"price": price}

    @tariff.http("POST /cdrs")
    async def cdr(c, b):
        async with c.span("price periods") as s:
            await s.work(6)
            s.log.debug("periods split", logger="tariff::periods", tx=b["tx"], n=s.rng.randrange(1, 4), _at=131)
        eur = round(b["kwh"] * 0.59 + 0.35, 2)
        async with c.span("INSERT cdr", "CLIENT") as s:
            await s.work(5)
        c.log.info("cdr priced", logger="tariff::cdrs", tx=b["tx"], kwh=b["kwh"], total=eur, _at=77, incoming=True)
        return 201, {"eur": eur}
    tariff.noise(9, lambda l: l.info("tariffs reloaded from git", logger="tariff::sync", rev="%07x" % r0.getrandbits(28), _at=22))

    # ------------------------------------------------------------ payments
    @pay.http("POST /holds")
    async def hold(c, b):
        h = "HLD" + format(c.rng.getrandbits(36), "09X")
        async with c.span("POST adyen /payments", "CLIENT") as s:
            await s.work(240, 0.4)
            x = s.rng.random()
            s.log.debug(f"Received HTTP response headers after {s.elapsed_ms():.4f}ms - {503 if x < 0.05 else 200}", logger="System.Net.Http.HttpClient.Adyen.ClientHandler")
        if x < 0.05: return 503, {}
        if x < 0.1:
            c.log.warning(f"Hold for {b['session']} refused by issuer", logger="Payments.Holds", incoming=True)
            return 402, {}
        c.log.info(f"Hold {h} of {b['eur']} EUR placed for {b['session']}", logger="Payments.Holds", incoming=True)
        return 201, {"hold": h}

    @pay.http("DELETE /holds")
    async def release(c, b):
        await c.work(150)
        c.log.info(f"Hold {b['hold']} released", logger="Payments.Holds", incoming=True)
        return 200, {}

    @pay.http("POST /captures")
    async def capture(c, b):
        async with c.span("POST adyen /captures", "CLIENT") as s:
            await s.work(190, 0.4)
            ok = s.rng.random() > 0.09
            if not ok: s.log.warning(f"Polly: capture of {b['hold']} timed out", logger="Payments.Resilience")
        if not ok: return 504, {}
        async with c.span("EF SaveChanges", "CLIENT") as s:
            await s.work(6)
            s.log.info(f"Executed DbCommand ({s.elapsed_ms():.0f}ms) UPDATE [Holds] SET [State] = @p0", logger="Microsoft.EntityFrameworkCore.Database.Command")
        c.log.info(f"Captured {b['eur']} EUR on {b['hold']}", logger="Payments.Captures", incoming=True)
        return 200, {}
    pay.noise(8, lambda l: l.debug(f"Request starting HTTP/1.1 GET http://10.0.0.9/healthz - -", logger="Microsoft.AspNetCore.Hosting.Diagnostics"))

    # ------------------------------------------------------------ meters
    @meters.consumer("meter.values", retries=2)
    async def values(c, m):
        b = m.body
        async with c.span("timescale COPY", "CLIENT") as s:
            await s.work(5)
            if s.rng.random() < 0.5: s.log.debug("copy", rows=s.rng.randrange(2, 12), us=int(s.elapsed_ms() * 1000))
        c.log.info("sample", tx=b["tx"], wh=b["wh"], n=b["seq"], key=m.id, incoming=True)
        if b["seq"] == 2 and c.rng.random() < 0.5:
            async with c.producer("charge.slow") as p:
                await p.send({"tx": b["tx"]})
                p.log.warning("power dropped below 3 kW", tx=b["tx"])

    @meters.consumer("tx.started")
    async def open_series(c, m):
        c.log.info("series opened", tx=m.body["tx"], cp=m.body["cp"], incoming=True)
        await c.work(3)
    meters.noise(5, lambda l: l.debug("lag", topic="meter.values", partition=r0.randrange(12), lag=r0.randrange(20)))

    # ------------------------------------------------------------ roaming
    @roam.http("POST /ocpi/tokens/authorize")
    async def ask(c, b):
        async def partner(name, ms):
            async with c.span(f"POST {name} tokens", "CLIENT") as s:
                await s.work(ms, 0.5)
                if name == "hubject": s.log.debug("OCPI response", partner=name, status_code=1000, ms=round(s.elapsed_ms()))
        await asyncio.gather(partner("hubject", 180), partner("gireve", 120))
        ok = c.rng.random() > 0.08
        c.log.info("token " + ("ALLOWED" if ok else "BLOCKED"), uid=b["uid"], location_id=b["location"], incoming=True)
        return (200 if ok else 403), {}

    @roam.consumer("session.closed", retries=3, retry_ms=400)
    async def send_cdr(c, m):
        if not m.body["token"].startswith("NL-"):
            c.log.debug("own token, no CDR to push", session_id=m.body["session"], incoming=True)
            return
        async with c.span("POST hubject cdrs", "CLIENT") as s:
            await s.work(220, 0.5)
            if s.rng.random() < 0.15 and m.attempt < 4:
                s.log.warning("CDR push failed, will retry", attempt=m.attempt, statusCode=502, session_id=m.body["session"])
                raise Exception("502")
        c.log.info("CDR pushed", id=f"CDR-{m.body['tx']}", session_id=m.body["session"], total_cost={"excl_vat": m.body["eur"]}, incoming=True)
    roam.noise(10, lambda l: l.info("GET /ocpi/2.2.1/versions 200", partner="gireve"))

    # ------------------------------------------------------------ balancer
    @bal.consumer("tx.started")
    async def join(c, m):
        load_now[m.body["cp"]] = site(m.body["cp"])
        await c.work(1)
        c.log.debug(f"{m.body['cp']} joins {site(m.body['cp'])}", logger="balancer::sites", incoming=True)
    @bal.consumer("tx.stopped")
    async def leave(c, m):
        await c.work(1)
        if c.rng.random() < 0.6: c.log.debug(f"transaction {m.body['tx']} gone, capacity returned", logger="balancer::sites", incoming=True)
    acks = {}
    @bal.every(7)
    async def rebalance(c):
        rn = f"{c.rng.getrandbits(24):06x}"
        cps = c.rng.sample(list(load_now) or w.chargers, min(3, len(load_now) or 3))
        c.log.info(f"round {rn}: rebalancing {len(cps)} connectors", logger="balancer::round")
        acks[rn] = len(cps)
        for cp in cps:
            amps = c.rng.choice([10, 16, 20, 32])
            async with c.producer("profile.set") as p:
                await p.send({"cp": cp, "amps": amps, "round": rn})
                p.log.info(f"round {rn}: {cp} ({site(cp)}) limited to {amps} A", logger="balancer::round")
    @bal.consumer("profile.ack")
    async def acked(c, m):
        acks[m.body["round"]] = acks.get(m.body["round"], 1) - 1
        if not acks[m.body["round"]]: c.log.info(f"round {m.body['round']} settled", logger="balancer::round", incoming=True)
        else: c.log.debug(f"ack from {m.body['cp']}, {acks[m.body['round']]} to go", logger="balancer::round", incoming=True)
    bal.noise(6, lambda l: l.debug(f"grid frequency {r0.uniform(49.95, 50.05):.3f} Hz", logger="balancer::grid"))

    # ------------------------------------------------------------ invoices, push
    @inv.consumer("session.closed", concurrency=8)
    async def invoice(c, m):
        n["inv"] += 1
        no = f"RE{n['inv']:06d}"
        c.log.info("invoice.started", session=m.body["session"], incoming=True)
        async with c.span("render pdf") as s:
            await s.work(120, 0.5)
            s.log.debug("weasyprint.rendered", number=no, pages=1)
        async with c.span("PUT s3", "CLIENT") as s:
            await s.work(35)
            if s.rng.random() < 0.8: s.log.debug("s3.put", key=f"invoices/2026/{no}.pdf", status=200)
        c.log.info("invoice.ready", number=no, gross=m.body["eur"], session=m.body["session"])
        await c.publish("invoice.ready", {"no": no, "session": m.body["session"]})
    inv.noise(9, lambda l: l.info("beat.tick", due=0))

    def teller(topic, text, key):
        @push.consumer(topic)
        async def tell(c, m):
            async with c.span("POST fcm", "CLIENT") as s:
                await s.work(70)
                ok = s.rng.random() > 0.05
                if not ok: s.log.warning("token unregistered", topic=topic)
            if ok: c.log.info(text, **{key: m.body[{"no": "no", "ref": "session", "tx": "tx", "cp": "cp"}[key]]}, ms=round(c.elapsed_ms()), incoming=True)
    teller("invoice.ready", "sent receipt", "no")
    teller("session.failed", "sent apology", "ref")
    teller("charge.slow", "sent slow charging hint", "tx")
    teller("reservation.expired", "sent expiry note", "cp")
    push.noise(8, lambda l: l.debug("fcm token cache", hits=r0.randrange(400), misses=r0.randrange(20)))


async def load(w):
    r = w.rng
    async def one(i):
        cp, x = r.choice(w.chargers), r.random()
        if x < 0.5:
            st, a = await w.start("gateway", "POST /sessions", {"cp": cp, "token": f"APP-{r.randrange(10**6):06d}"})
            for _ in range(r.choice([0, 0, 1, 2])):
                await sleep(r.uniform(500, 2500))
                await w.start("gateway", f"GET /sessions/{a['id']}")
            if r.random() < 0.15: await w.start("gateway", f"POST /sessions/{a['id']}/stop")
        elif x < 0.8: await w.start("ocpp", "WS Authorize", {"cp": cp, "tag": (r.choice(["NL-TNM-", "DE*VOP-", "DE*VOP-"]) + f"{r.getrandbits(28):07X}")})
        else:
            st, a = await w.start("gateway", "POST /reservations", {"cp": cp})
            if st == 201 and r.random() < 0.5:
                await sleep(r.uniform(800, 4500))
                await w.start("gateway", f"DELETE /reservations/{a['id']}")
    await arrivals(w, 95, 2.6, one)

record(build, load, "t_evcharge")
