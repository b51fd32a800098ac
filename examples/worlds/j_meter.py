"""Electricity supplier: concentrators read meters in batches, values are validated and estimated, a bill run turns usage into bills, which are posted on a mainframe,
rendered, mailed and collected; debits come back; customers have their meter read on demand, move house, are cut off and reconnected."""
import json
from world import *


def ms3(r): return "%03d" % (r.time.microsecond // 1000)

def envoy(r):         # portal: Envoy's default text access log, start time first
    f = r.fields
    if "req" not in f: return f"[{r.time:%Y-%m-%d %H:%M:%S}.{ms3(r)}][{r.pid}][{r.level.lower()}][{r.logger}] {r.message}"
    t0 = r.time - datetime.timedelta(milliseconds=f["ms"])
    verb, path = f["req"].split(" ")
    tp = f"00-{r.trace_id}-{r.span_id}-01" if r.trace_id else "-"
    return f"[{t0:%Y-%m-%dT%H:%M:%S}.{t0.microsecond // 1000:03d}Z] \"{verb} {path} HTTP/2\" {f['st']} - {f['up']} {f['down']} {f['ms']} {f['ms'] - 1} \"-\" \"selfcare-web/33\" \"{f['rid']}\" \"api.volt.example\" \"{f['to']}\" \"{tp}\""

def akka(r):          # hes: Scala with typed actors
    mdc = f"{{traceId={r.trace_id}, spanId={r.span_id}" + (f", parentId={r.incoming_parent}" if r.incoming_parent else "") + "}" if r.trace_id else "{}"
    return f"{r.time:%H:%M:%S}.{ms3(r)} {r.level:<5} {r.logger} {mdc} [hes-akka.actor.default-dispatcher-{r.thread + 2}] - {r.message}".replace(f"{r.time:%H:%M:%S}", f"{r.time:%Y-%m-%d %H:%M:%S}", 1)

def busybox(r):       # concentrator: syslogd on a small box, whole seconds
    fac = {"DEBUG": "daemon.debug", "INFO": "daemon.info", "WARN": "daemon.warn", "ERROR": "daemon.err"}[r.level]
    ids = f" tid={r.trace_id} sid={r.span_id}" if r.trace_id else ""
    return f"{r.time:%b} {r.time.day:2d} {r.time:%H:%M:%S} dc-pool {fac} plcd[{r.pid}]:{ids} {r.message}" + (f" up={r.incoming_parent}" if r.incoming_parent else "")

def pyjson(r):        # mdm: python-json-logger
    d = {"asctime": f"{r.time:%Y-%m-%d %H:%M:%S},{ms3(r)}", "levelname": "WARNING" if r.level == "WARN" else r.level, "name": r.logger, "message": r.message, **r.fields}
    if r.trace_id: d |= {"otelTraceID": r.trace_id, "otelSpanID": r.span_id, "otelServiceName": "mdm", "otelTraceSampled": True}
    if r.incoming: d["traceparent"] = r.incoming
    return json.dumps(d)

def log4j2(r):        # vee
    x = f" trace_id={r.trace_id} span_id={r.span_id}" if r.trace_id else ""
    if r.incoming_parent: x += f" parent_id={r.incoming_parent}"
    return f"{r.level:<5} | {isoz(r)} | {r.logger} | {r.message}{x}"

def rustjson(r):      # tariff: tracing-subscriber json
    d = {"timestamp": isoz(r, 6), "level": r.level, "fields": {"message": r.message, **r.fields}, "target": "tariff::" + r.logger}
    if r.trace_id: d["span"] = {"name": "rate", "trace_id": r.trace_id, "span_id": r.span_id} | ({"parent_id": r.incoming_parent} if r.incoming_parent else {})
    return json.dumps(d, separators=(",", ":"))

def boot(r):          # billing: Spring Boot 3 with Micrometer
    corr = f"[{r.trace_id}-{r.span_id}]" if r.trace_id else "[" + " " * 49 + "]"
    inc = f" (b3 parent {r.incoming_parent})" if r.incoming_parent else ""
    return f"{isoz(r).replace('Z', '+00:00')} {r.level:>5} {r.pid} --- [billing] [{r.thread if isinstance(r.thread, str) else 'task-' + str(r.thread)}] {corr} {r.logger:<40} : {r.message}{inc}"

def mainframe(r):     # ledger: fixed columns, message numbers
    sev = {"DEBUG": "D", "INFO": "I", "WARN": "W", "ERROR": "E"}[r.level]
    t = f"{r.time:%Y-%m-%d-%H.%M.%S}.{r.time.microsecond:06d} LEDGCICS STC{r.pid:05d} {r.logger}{sev} {r.message}"
    if r.trace_id: t += f" TR({r.trace_id}) SP({r.span_id})"
    return t + (f" IN({r.incoming_parent})" if r.incoming_parent else "")

def nlogjson(r):      # debit: NLog JsonLayout
    d = {"time": f"{r.time:%Y-%m-%d %H:%M:%S}.{ms3(r)}0", "level": r.level.capitalize(), "logger": r.logger, "msg": r.message, "props": r.fields}
    if not r.fields: del d["props"]
    if r.trace_id: d["activity"] = {"traceId": r.trace_id, "spanId": r.span_id} | ({"parentId": r.incoming_parent} if r.incoming_parent else {})
    return json.dumps(d)

def zeroconsole(r):   # docs: zerolog ConsoleWriter without colours
    lv = {"DEBUG": "DBG", "INFO": "INF", "WARN": "WRN", "ERROR": "ERR"}[r.level]
    kv = "".join(f" {k}={json.dumps(v) if isinstance(v, str) and ' ' in v else v}" for k, v in r.fields.items())
    if r.trace_id: kv += f" span_id={r.span_id} trace_id={r.trace_id}"
    if r.incoming: kv += f" traceparent={r.incoming}"
    return f"{isoz(r)} {lv} {r.logger} > {r.message}{kv}"


def build(w):
    w.network_ms, w.broker_ms = 0.9, 6
    n = {"rd": 2200, "bill": 88000, "doc": 41000, "off": [0] * 6, "job": 700, "cmd": 0, "e2e": 0}
    def nxt(k, by=1):
        n[k] += by
        return n[k]
    def offset():
        i = w.rng.randrange(6)
        n["off"][i] += 1
        return f"{i}-{50000 + n['off'][i]}"
    w.new_message_id = offset
    waiting, w.accounts, w.bills = {}, {}, []
    def account(a):     # a = contract account; the meter belongs to it
        if a not in w.accounts: w.accounts[a] = {"acct": a, "meter": f"1EMH00{int(a) % 10 ** 8:08d}", "sepa": int(a) % 10 < 7, "off": False}
        return w.accounts[a]

    portal = w.service("portal", envoy)
    hes = w.service("hes", akka, errors=lambda c, e: c.log.error(f"Behavior stopped, message dropped: {e}", logger="hes.Supervisor"))
    dc = w.service("concentrator", busybox, errors=lambda c, e: c.log.error(f"plcd: abort: {e}"))
    mdm = w.service("mdm", pyjson, errors=lambda c, e: c.log.error("consumer error", logger="mdm.bus", exc_info=f"Traceback (most recent call last):\n  File \"/mdm/bus.py\", line 44, in poll\nValueError: {e}"))
    vee = w.service("vee", log4j2, errors=lambda c, e: c.log.error(f"rule engine failed | {e}", logger="RuleRunner"))
    tariff = w.service("tariff", rustjson)
    bill = w.service("billing", boot, errors=lambda c, e: c.log.error(f"Backoff exhausted: {e}\njava.lang.RuntimeException: {e}\n\tat com.volt.billing.BillWorker.handle(BillWorker.java:93)\n\tat java.base/java.lang.Thread.run(Thread.java:1583)", logger="o.s.kafka.listener.KafkaMessageListener"))
    ledger = w.service("ledger", mainframe, errors=lambda c, e: c.log.error(f"TRANSACTION ABEND AZI6 {e.args[0].upper()}", logger="LEDG9999"))
    debit = w.service("debit", nlogjson, errors=lambda c, e: c.log.error(f"Unhandled: {e}", logger="Volt.Debit.Host"))
    docs = w.service("docs", zeroconsole, errors=lambda c, e: c.log.error("render failed", logger="worker.go:71", error=str(e)))

    # -------- portal: the proxy
    @portal.http("ANY *")
    async def route(c, b):
        path = b["_route"].split(" ")[1].split("?")[0]
        to = {"readings": "mdm", "meters": "hes", "contracts": "tariff", "bills": "billing"}[path.split("/")[2]]
        st, a = await c.call(to, b["_route"], {k: v for k, v in b.items() if k[0] != "_"}, client_span=False)
        c.log.info("", req=b["_route"], st=st, up=c.rng.randrange(0, 300), down=c.rng.randrange(40, 5000), ms=round(c.elapsed_ms()) + 1, rid="%08x-%04x-4%03x-9%03x-%012x" % tuple(c.rng.getrandbits(k) for k in (32, 16, 12, 12, 48)), to=f"10.2.0.{len(to)}:8080")
        return st, a
    portal.noise(8, lambda l: l.info("lds: add/update listener 'ingress_https'", logger="upstream"))

    # -------- head-end
    async def ask(c, verb, meter, timeout=2.2, **more):
        """command to a concentrator, answer comes by another topic"""
        cid = f"{verb[0].upper()}{nxt('cmd') + 4600:06d}"
        waiting[cid] = w.loop.create_future()
        async with c.producer("dc.command") as p:
            await p.send({"cid": cid, "verb": verb, "meter": meter, **more})
            p.log.debug(f"{verb} {meter} queued as {cid}", logger="hes.CommandGateway")
        try: return await asyncio.wait_for(waiting[cid], timeout)
        except asyncio.TimeoutError:
            c.log.warning(f"{cid} timed out after {timeout} s", logger="hes.CommandGateway")
            return None

    @hes.consumer("dc.answer")
    async def answered(c, m):
        await c.work(0.8)
        f = waiting.get(m.body["cid"])
        late = not f or f.done()
        c.log.debug(f"{m.body['cid']} <- rc={m.body['rc']}{' (late)' if late else ''}", logger="hes.AnswerRouter", incoming=True)
        if not late: f.set_result(m.body)

    @hes.every(5, first=0.5)
    async def reading_round(c):
        rd = f"RND{nxt('rd')}"
        size = c.rng.randrange(2, 5)
        meters = [account(str(c.rng.randrange(200_000_000, 200_000_400)))["meter"] for _ in range(size)]
        c.log.info(f"round {rd}: {size} meters via dc-{c.rng.randrange(10, 30)}", logger="hes.RoundActor")
        async with c.producer("dc.read") as p:
            await p.send({"round": rd, "meters": meters})
        async with c.span("UPSERT round", "CLIENT") as d:
            await d.work(4)
            d.log.debug(f"insert into round values ('{rd}', {size})", logger="slick.jdbc.JdbcBackend.statement")

    async def switch(c, meter, on, why):
        verb = "connect" if on else "disconnect"
        for i in (1, 2):
            a = await ask(c, verb, meter)
            if a and a["rc"] == 0: break
            c.log.warning(f"{verb} of {meter}: try {i} failed", logger="hes.SwitchSaga")
        ok = bool(a and a["rc"] == 0)
        async with c.producer("meter.switched") as p:
            await p.send({"meter": meter, "on": on, "ok": ok})
            p.log.info(f"{meter} {'is ' + ('on' if on else 'off') if ok else 'unreachable, field service must go'} ({why})", logger="hes.SwitchSaga")
        return ok

    @hes.http("POST /v2/meters/{meter}/reconnect")
    async def reconnect(c, b):
        meter = b["_route"].split("/")[3]
        c.log.info(f"reconnect asked for {meter}", logger="hes.api.MeterRoutes", incoming=True)
        ok = await switch(c, meter, True, "customer")
        return (200 if ok else 504), {}

    @hes.consumer("cutoff.ordered")
    async def cutoff(c, m):
        await c.work(5)
        await switch(c, m.body["meter"], False, f"dunning {m.body['bill']}")

    @hes.http("GET /v2/meters/{meter}/now")
    async def now(c, b):
        meter = b["_route"].split("/")[3]
        a = await ask(c, "read", meter)
        c.log.info(f"{meter} on demand: {a['value'] if a and a['rc'] == 0 else 'no value'}", logger="hes.api.MeterRoutes", incoming=True)
        return (200, {"value": a["value"]}) if a and a["rc"] == 0 else (504, {})
    hes.noise(4, lambda l: l.debug(f"cluster: {w.rng.randrange(11, 14)} members up, leader hes-0", logger="akka.cluster.Cluster"))

    # -------- concentrators
    @dc.consumer("dc.read", concurrency=4)
    async def read_all(c, m):
        c.log.info(f"{m.body['round']}: {len(m.body['meters'])} to go", incoming=True)
        await c.work(30)
        got = 0
        for meter in m.body["meters"]:
            v = None
            for i in range(2):
                async with c.span("plc poll", "CLIENT") as s:
                    await s.work(110, 0.5)
                    if s.rng.random() > 0.12: v = s.rng.randrange(1000, 99999)
                    if v is None: s.log.warning(f"{meter} no carrier ({i + 1})")
                    else: s.log.debug(f"{meter} 1.8.0={v}")
                if v is not None: break
            got += v is not None
            await c.publish("meter.value", {"round": m.body["round"], "meter": meter, "kwh": v}, producer_span=v is None)
        c.log.info(f"{m.body['round']}: {got} ok {len(m.body['meters']) - got} missing")

    @dc.consumer("dc.command")
    async def command(c, m):
        b = m.body
        await c.work(160, 0.7)
        rc = 0 if c.rng.random() > 0.08 else c.rng.choice([4, 19])
        if rc: c.log.error(f"{b['cid']} {b['verb']} {b['meter']}: dlms error {rc}", incoming=True)
        else: c.log.info(f"{b['cid']} {b['verb']} {b['meter']} done", incoming=True)
        await c.publish("dc.answer", {"cid": b["cid"], "rc": rc, "value": c.rng.randrange(1000, 99999)}, producer_span=False)
    dc.noise(3, lambda l: l.debug(f"snr dc-{w.rng.randrange(10, 30)} {w.rng.randrange(6, 22)} dB"))

    # -------- meter data
    @mdm.consumer("meter.value")
    async def store(c, m):
        b = m.body
        await c.work(2)
        async with c.span("INSERT raw_reading", "CLIENT") as d:
            await d.work(5)
            d.log.debug("INSERT INTO raw_reading VALUES (%s, %s, now())", logger="mdm.sql", params=[b["meter"], b["kwh"]])
        async with c.producer("vee.check") as p:
            await p.send(b)
            p.log.info("raw reading stored", logger="mdm.ingest", device=b["meter"], round=b["round"], kafka={"topic": "meter.value", "position": m.id})

    @mdm.consumer("reading.final", retries=2, retry_ms=300)
    async def final(c, m):
        b = m.body
        if c.rng.random() < 0.04 and m.attempt == 1:
            c.log.warning("row locked, message goes back", logger="mdm.ingest", device=b["meter"], incoming=True)
            raise Exception("locked")
        async with c.span("UPDATE reading", "CLIENT") as d:
            await d.work(6)
            if b["q"] != "E": d.log.debug("UPDATE reading SET kwh=%s, q=%s WHERE meter=%s", logger="mdm.sql", params=[b["kwh"], b["q"], b["meter"]])
        await c.work(1)
        c.log.info("reading final", logger="mdm.ingest", device=b["meter"], kwh=b["kwh"], quality=b["q"], incoming=True)

    @mdm.http("GET /usage/{meter}")
    async def usage(c, b):
        meter = b["_route"].split("/")[-1]
        async with c.span("SELECT intervals", "CLIENT") as d:
            await d.work(18)
            d.log.debug("SELECT sum(kwh) FROM reading WHERE meter=%s AND ts >= %s", logger="mdm.sql", params=[meter, "2026-08-01"])
        if c.rng.random() < 0.04:
            c.log.warning("gap in readings, no usage", logger="mdm.api", device=meter, incoming=True)
            return 409, {}
        return 200, {"kwh": c.rng.randrange(80, 900)}

    @mdm.http("POST /v1/readings/{meter}/fresh")
    async def fresh(c, b):
        meter = b["_route"].split("/")[3]
        c.log.info("on-demand read requested", logger="mdm.api", device=meter, incoming=True)
        async with c.client("hes", f"GET /v2/meters/{meter}/now") as k:
            st, a = await k.send()
            k.log.info("HTTP Request: GET http://hes/v2/meters/%s/now \"HTTP/1.1 %d\"" % (meter, st), logger="httpx")
        if st == 200: await c.publish("vee.check", {"meter": meter, "kwh": a["value"], "round": "ONDEMAND"})
        return st, a

    @mdm.consumer("contract.changed")
    async def closing_read(c, m):
        c.log.info("closing read for move", logger="mdm.moves", account=m.body["acct"], device=m.body["meter"], incoming=True)
        st, a = await c.call("hes", f"GET /v2/meters/{m.body['meter']}/now")
        async with c.span("INSERT final_read", "CLIENT") as d:
            await d.work(4)
            if st != 200: d.log.warning("estimated closing read", logger="mdm.moves", device=m.body["meter"])
        async with c.producer("bill.todo") as p:
            await p.send({"acct": m.body["acct"], "run": "MOVE"})
            p.log.info("final bill requested", logger="mdm.moves", account=m.body["acct"])
    mdm.noise(6, lambda l: l.info("partition maintenance", logger="mdm.cron", dropped=0, created=1))

    # -------- validation
    @vee.consumer("vee.check", concurrency=8)
    async def check(c, m):
        b = m.body
        async with c.span("rules") as s:
            await s.work(9)
            q = "E" if b["kwh"] is None else "V" if s.rng.random() > 0.06 else "S"
            s.log.debug(f"spike={'FAIL' if q == 'S' else 'ok'} zero=ok gap={'FAIL' if q == 'E' else 'ok'}", logger="RuleRunner")
        await c.work(1)
        if b["round"] != "ONDEMAND" and q == "V": c.log.debug(f"{b['meter']} checked for {b['round']}", logger="VeeService", incoming=True)
        if q == "E":
            async with c.span("estimate") as s:
                await s.work(25)
                b = dict(b, kwh=s.rng.randrange(1000, 99999))
                s.log.info(f"{b['meter']}: missing, estimated {b['kwh']} from profile H0", logger="Estimator")
        if q == "S": c.log.warning(f"{b['meter']}: value {b['kwh']} suspicious, taken with flag", logger="VeeService", incoming=True)
        async with c.producer("reading.final") as p:
            await p.send({"meter": b["meter"], "kwh": b["kwh"], "q": q})
            if q == "V": p.log.info(f"{b['meter']} valid", logger="VeeService")
    vee.noise(8, lambda l: l.debug("profiles reloaded (H0, G1, L2)", logger="ProfileCache"))

    # -------- tariffs
    @tariff.http("POST /rate")
    async def rate(c, b):
        await c.work(7)
        if b["kwh"] > 600:
            async with c.span("tiers") as s:
                await s.work(3)
                s.log.debug("second tier", logger="tiers", above=b["kwh"] - 600)
        eur = round(b["kwh"] * 0.331 + 12.9, 2)
        c.log.info("rated", logger="engine", account=b["acct"], kwh=b["kwh"], eur=eur, incoming=True)
        return 200, {"eur": eur}

    @tariff.http("PUT /v1/contracts/{acct}/move")
    async def move(c, b):
        acct = b["_route"].split("/")[3]
        async with c.span("UPDATE contract", "CLIENT") as d:
            await d.work(6)
            d.log.debug("execute", logger="sqlx::query", summary="UPDATE contract SET valid_to = …", rows_affected=1)
        async with c.producer("contract.changed") as p:
            mid = await p.send(account(acct))
            p.log.info("contract ends, event out", logger="moves", account=acct, offset=mid)
        c.log.info("PUT move 202", logger="http", latency_ms=round(c.elapsed_ms(), 2))
        return 202, {}
    tariff.noise(9, lambda l: l.debug("price book is current", logger="book", version="2026-07"))

    # -------- billing
    @bill.every(6, first=2)
    async def bill_run(c):
        run = f"BR{nxt('job', 2):05d}"
        k = c.rng.choice([1, 2, 2, 3])
        c.log.info(f"Executing step: [selectAccounts] of run {run}", logger="o.s.batch.core.job.SimpleStepHandler", thread="scheduling-1")
        async with c.span("select due accounts", "CLIENT") as d:
            await d.work(30)
            d.log.debug("select acct from account where due <= current_date limit ?", logger="o.s.jdbc.core.JdbcTemplate", thread="scheduling-1")
        for i in range(k):
            a = str(c.rng.randrange(200_000_000, 200_000_400))
            async with c.producer("bill.todo") as p:
                await p.send({"acct": account(a)["acct"], "run": run})
                p.log.debug(f"run {run} item {i + 1}/{k}: account {a}", logger="c.v.b.BillRunWriter", thread="scheduling-1")
        c.log.info(f"Job: [billRun] {run} completed in {c.elapsed_ms():.0f}ms", logger="o.s.b.c.l.support.SimpleJobLauncher", thread="scheduling-1")

    @bill.consumer("bill.todo", retries=1, retry_ms=900, concurrency=6)
    async def work(c, m):
        x = account(m.body["acct"])
        st, u = await c.call("mdm", "GET /usage/" + x["meter"])
        if st != 200:
            c.log.warning(f"Account {x['acct']}: no usage, {'will retry' if m.attempt == 1 else 'clerk must look'}", logger="c.v.b.BillWorker", incoming=True)
            raise Exception("no usage")
        async with c.client("tariff", "POST /rate") as k:
            st, a = await k.send({"acct": x["acct"], "kwh": u["kwh"]})
            k.log.debug(f"<-- {st} http://tariff/rate ({k.elapsed_ms():.0f}ms)", logger="okhttp3")
        no = nxt("bill", 4)
        async with c.span("insert bill", "CLIENT") as d:
            await d.work(7)
        await c.work(4)
        w.bills.append({"bill": no, "acct": x["acct"], "eur": a["eur"]})
        c.log.info(f"Bill {no} for account {x['acct']}: {u['kwh']} kWh, EUR {a['eur']}", logger="c.v.b.BillWorker", incoming=True)
        async with c.producer("bill.issued") as p:
            mid = await p.send({"bill": no, "acct": x["acct"], "eur": a["eur"], "sepa": x["sepa"]})
            p.log.debug(f"bill.issued {no} -> {mid}", logger="c.v.b.BillPublisher")

    @bill.http("GET /v1/bills/{no}")
    async def get(c, b):
        async with c.span("select bill", "CLIENT") as d:
            await d.work(3)
            d.log.debug("select * from bill where no = ?", logger="o.s.jdbc.core.JdbcTemplate")
        return 200, {}

    @bill.http("POST /v1/bills/{no}/dispute")
    async def dispute(c, b):
        no = b["_route"].split("/")[3]
        c.log.info(f"Bill {no} disputed: {b['why']}", logger="c.v.b.DisputeController", incoming=True)
        await c.work(8)
        async with c.producer("bill.blocked") as p:
            await p.send({"bill": int(no)})
        return 202, {}

    @bill.consumer("meter.switched")
    async def fee(c, m):
        await c.work(6)
        if m.body["ok"]: c.log.info(f"Fee for switching {m.body['meter']} noted", logger="c.v.b.FeeListener", incoming=True)
        else: c.log.warning(f"No fee for {m.body['meter']}, switch failed", logger="c.v.b.FeeListener", incoming=True)
    bill.noise(7, lambda l: l.debug("Commit of offsets succeeded", logger="o.a.k.c.c.internals.ConsumerCoordinator"))

    # -------- ledger
    def post(topic, code, text):
        @ledger.consumer(topic)
        async def entry(c, m):
            await c.work(5)
            async with c.span("DB2 INSERT", "CLIENT") as d:
                await d.work(8)
                if topic[:4] == "bill" or "ret" in topic: d.log.debug(f"SQLCODE=000 TAB=OPITEM KEY={m.body['bill']:010d}", logger="LEDG0102")
            c.log.info(text.format(b=m.body["bill"], a=m.body.get("acct", ""), e=m.body.get("eur", "")), logger=code, incoming=True)
    post("bill.issued", "LEDG0041", "ITEM {b:010d} ACCT {a} AMT {e} OPEN")
    post("payment.booked", "LEDG0042", "ITEM {b:010d} ACCT {a} CLEARED")
    post("payment.returned", "LEDG0047", "ITEM {b:010d} ACCT {a} REOPENED, CHARGE 7.50")
    post("bill.blocked", "LEDG0050", "ITEM {b:010d} DUNNING BLOCK SET")
    ledger.noise(6, lambda l: l.info("CHECKPOINT TAKEN", logger="LEDG0900"))

    # -------- direct debit
    D = "Volt.Debit."

    @debit.consumer("bill.issued")
    async def collect(c, m):
        b = m.body
        await c.work(3)
        if not b["sepa"]:
            c.log.debug("No mandate, customer transfers", logger=D + "Collector", billNumber=b["bill"], incoming=True)
            return
        ref = f"E2E{c.rng.getrandbits(40):010X}"
        c.log.info("Collecting", logger=D + "Collector", billNumber=b["bill"], endToEndId=ref, incoming=True)
        async with c.span("POST bank/pain008", "CLIENT") as s:
            for i in range(3):
                await s.work(180)
                if s.rng.random() > 0.1: break
                s.log.warning("Bank answered 429, backing off", logger=D + "BankClient", attempt=i + 1)
                await sleep(300)
        await sleep(w.rng.uniform(300, 1200))
        async with c.producer("payment.booked") as p:
            await p.send({"bill": b["bill"], "acct": b["acct"], "eur": b["eur"]})
            p.log.info(f"{ref} settled", logger=D + "Collector")

    @debit.http("POST /returns")
    async def returned(c, b):
        c.log.info("camt.054 return received", logger=D + "ReturnsController", billNumber=b["bill"], reason=b["code"], incoming=True)
        async with c.span("Mandates.Lookup", "CLIENT") as d:
            await d.work(6)
        third = c.rng.random() < 0.4
        async with c.producer("payment.returned") as p:
            await p.send({"bill": b["bill"], "acct": b["acct"], "eur": b["eur"], "third": third})
            p.log.debug("payment.returned sent", logger=D + "Bus", billNumber=b["bill"])
        if third:
            async with c.producer("cutoff.ordered") as p:
                p.log.warning(f"Third return of account {b['acct']}, cut-off ordered", logger=D + "Dunning")
                await p.send({"bill": b["bill"], "meter": account(b["acct"])["meter"]})
        return 202, {}
    debit.noise(8, lambda l: l.debug("EBICS session alive", logger=D + "Ebics"))

    # -------- documents
    async def letter(c, kind, b):
        doc = f"D{nxt('doc', 3)}"
        async with c.span("render pdf") as s:
            await s.work(85)
            s.log.debug("rendered", logger="render.go:130", template=kind, doc=doc, pages=s.rng.randrange(1, 4))
        async with c.span("PUT s3", "CLIENT") as s:
            await s.work(22)
            s.log.debug("uploaded", logger="s3.go:33", key=f"{kind}/{doc}.pdf")
        return doc

    @docs.consumer("bill.issued", concurrency=3)
    async def bill_letter(c, m):
        doc = await letter(c, "bill", m.body)
        async with c.span("POST mailhouse", "CLIENT") as s:
            await s.work(60)
            s.log.info("handed to mailhouse", logger="mail.go:54", doc=doc, bill=m.body["bill"])
        await c.work(1)

    @docs.consumer("payment.returned")
    async def dunning(c, m):
        c.log.info("dunning letter", logger="worker.go:40", bill=m.body["bill"], stage=3 if m.body["third"] else 1, incoming=True)
        await letter(c, "dunning", m.body)
        await c.work(1)
        c.log.info("done", logger="worker.go:48", took=f"{c.elapsed_ms():.0f}ms")

    @docs.consumer("contract.changed")
    async def goodbye(c, m):
        await letter(c, "goodbye", m.body)
        c.log.info("goodbye letter ready", logger="worker.go:48", acct=m.body["acct"], incoming=True)
    docs.noise(7, lambda l: l.debug("fonts ok", logger="render.go:22"))


async def load(w):
    r = w.rng
    def acct():
        a = str(r.randrange(200_000_000, 200_000_400))
        return a, f"1EMH00{int(a) % 10 ** 8:08d}"
    async def one(i):
        a, meter = acct()
        x = r.random()
        if w.bills and x < 0.22:
            b = r.choice(w.bills)
            return await w.start("debit", "POST /returns", dict(b, code=r.choice(["AC04", "AM04", "MD06"])))
        if w.bills and x < 0.42:
            b = r.choice(w.bills)
            await w.start("portal", f"GET /v1/bills/{b['bill']}")
            await sleep(r.uniform(500, 3000))
            if i % 3 == 0: await w.start("portal", f"POST /v1/bills/{b['bill']}/dispute", {"why": r.choice(["too high", "moved out", "paid twice"])})
            return
        if x < 0.55: return await w.start("portal", f"PUT /v1/contracts/{a}/move")
        if x < 0.72: return await w.start("portal", f"POST /v2/meters/{meter}/reconnect")
        await w.start("portal", f"POST /v1/readings/{meter}/fresh")
    await arrivals(w, 125, 1.9, one)
    await sleep(4000)

record(build, load, "j_meter")
