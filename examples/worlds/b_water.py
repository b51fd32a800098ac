"""Smart water meters: radio uplinks through a pipeline, batched writes, leak rules, a case that asks meter and crews over the broker, valves, work orders."""
import json
from world import *

MS = lambda r: f"{r.time.microsecond // 1000:03d}"

def f_lns(r):                                   # Erlang/OTP logger with metadata
    ids = f" trace_id={r.trace_id} span_id={r.span_id}" if r.trace_id else ""
    tp = f" parent={r.incoming_parent}" if r.incoming_parent else ""
    lv = {"WARN": "warning"}.get(r.level, r.level.lower())
    return f"{r.time:%Y-%m-%dT%H:%M:%S.%f}+00:00 {lv}:{ids}{tp} pid=<0.{1200 + r.thread}.0> {r.message}"

def f_decoder(r):                               # a Lambda
    if r.logger == "platform": return f"{isoz(r)}\t{r.message}"
    ids = f" [trace {r.trace_id} span {r.span_id}]" if r.trace_id else ""
    tp = f" [from {r.incoming}]" if r.incoming else ""
    return f"{isoz(r)}\t{r.fields['req']}\t{r.level}\t{r.message}{ids}{tp}"

def f_ts(r):                                    # Telegraf-like, whole seconds
    ids = f" (trace={r.trace_id} span={r.span_id})" if r.trace_id else ""
    par = f" (parent={r.incoming_parent})" if r.incoming_parent else ""
    return f"{isoz(r, 0)} {r.level[0]}! [{r.logger}] {r.message}{ids}{par}"

def f_rules(r):                                 # Flink's log4j
    mdc = f"{{flow=leak, span={r.span_id}, trace={r.trace_id}}}" if r.trace_id else "{}"
    par = f" <~ {r.incoming_parent}" if r.incoming_parent else ""
    return f"{r.time:%Y-%m-%d %H:%M:%S},{MS(r)} {r.level:<5} {r.logger:<44} {mdc} - {r.message}{par}"

def f_cases(r):                                 # Ruby SemanticLogger
    tags = f" {{trace_id: {r.trace_id}, span_id: {r.span_id}}}" if r.trace_id else ""
    d = dict(r.fields)
    if r.incoming: d["traceparent"] = r.incoming
    pay = " -- {" + ", ".join(f":{k}=>{v!r}" for k, v in d.items()).replace("'", '"') + "}" if d else ""
    return f"{r.time:%Y-%m-%d %H:%M:%S.%f} {r.level[0]} [{r.pid}:worker-{r.thread}]{tags} {r.logger} -- {r.message}{pay}"

def f_crew(r):                                  # Clojure timbre
    ids = f" ⟨{r.trace_id} {r.span_id}" + (f" ← {r.incoming_parent}" if r.incoming_parent else "") + "⟩" if r.trace_id else ""
    return f"{isoz(r)} crew-01 {r.level} [waterworks.{r.logger}]{ids} - {r.message}"

def f_valve(r):                                 # syslog 5424
    pri = 16 * 8 + {"DEBUG": 7, "INFO": 6, "WARN": 4, "ERROR": 3}[r.level]
    sd = f'[otel@32473 traceId="{r.trace_id}" spanId="{r.span_id}"' + (f' parentId="{r.incoming_parent}"' if r.incoming_parent else "") + "]" if r.trace_id else "-"
    return f"<{pri}>1 {isoz(r, 6)} scada3 valve-ctl {r.pid} {r.fields.get('id', '-')} {sd} {r.message}"

def f_portal(r):                                # Quarkus
    ids = f"traceId={r.trace_id}, parentId={r.incoming_parent or ''}, spanId={r.span_id}, sampled=true " if r.trace_id else "traceId=, parentId=, spanId=, sampled= "
    return f"{r.time:%Y-%m-%d %H:%M:%S},{MS(r)} {r.level:<5} {ids}[{r.logger}] (executor-thread-{r.thread}) {r.message}"

def f_billing(r):                               # Spring with Sleuth
    par = f" parent={r.incoming_parent}" if r.incoming_parent else ""
    return f"{r.time:%Y-%m-%d %H:%M:%S}.{MS(r)} {r.level:>5} [billing,{r.trace_id or ''},{r.span_id or ''}] {r.pid} --- [ntContainer#0-{r.thread}] {r.logger:<36.36} : {r.message}{par}"

def f_notify(r):                                # log records in OpenTelemetry's JSON shape
    d = {"Timestamp": str(r.ns), "SeverityText": r.level, "Body": r.message, "Resource": {"service.name": "notices"}, "Attributes": dict(r.fields)}
    if r.trace_id: d |= {"TraceId": r.trace_id, "SpanId": r.span_id, "TraceFlags": 1}
    if r.incoming: d["Attributes"]["http.request.header.traceparent"] = r.incoming
    return json.dumps(d, separators=(",", ":"))


def build(w):
    rng = w.rng
    w.broker_ms, w.network_ms = 12, 2
    n = {"case": rng.randrange(2000, 9000), "wo": rng.randrange(700000, 800000), "mid": 0, "fcnt": rng.randrange(5000)}
    def mid():
        n["mid"] += w.ids.randrange(1, 4)
        return f"ID:mq1-{w.base // NS % 65536}-{n['mid']}"
    w.new_message_id = mid
    lns = w.service("lns", f_lns)
    dec = w.service("decoder", f_decoder, lambda c, e: c.log.error(f"Invoke Error {e}", req="-"))
    ts = w.service("tsdb-writer", f_ts, lambda c, e: c.log.error(f"Error in plugin: {e}", logger="inputs.amqp_consumer"))
    rules = w.service("leak-rules", f_rules, lambda c, e: c.log.error(f"Record skipped, side output 'failed'\njava.lang.RuntimeException: {e}\n\tat water.rules.NightFlow.processElement(NightFlow.java:74)\n\tat org.apache.flink.streaming.api.operators.KeyedProcessOperator.processElement(KeyedProcessOperator.java:83)", logger="water.rules.Guard"))
    cases = w.service("cases", f_cases, lambda c, e: c.log.error("Job moved to dead set", logger="Sidekiq", error=str(e)))
    crew = w.service("crew-dispatch", f_crew, lambda c, e: c.log.error(f"ouch: {e}", logger="crew.bus:19"))
    valve = w.service("valve-ctl", f_valve, lambda c, e: c.log.error(f"dropped command after failure: {e}"))
    portal = w.service("portal", f_portal)
    bill = w.service("billing", f_billing, lambda c, e: c.log.error(f"Listener threw: {e}", logger="c.w.billing.RabbitErrorHandler"))
    note = w.service("notices", f_notify, lambda c, e: c.log.error("notice failed", cause=str(e)))
    C, orders, buffer, replies, busy = {}, w.__dict__.setdefault("orders", []), [], {}, set()

    # ------------- radio
    @lns.http("POST /up")
    async def up(ctx, b):
        ctx.log.debug(f"uplink {b['eui']} fcnt={b['fcnt']} rssi={ctx.rng.randrange(-120, -60)}", incoming=True)
        async with ctx.span("collect duplicates") as s:
            await s.work(200, .05)
            s.log.info(f"{b['eui']}/{b['fcnt']} heard by {ctx.rng.randrange(1, 6)} gateway(s)")
        if b.get("answer"):
            async with ctx.producer("downlink.answer") as p:
                await p.send(b["answer"])
                p.log.debug(f"answer {b['answer']['corr']} on port {b['answer']['port']} handed on")
            return 200, {}
        async with ctx.producer("uplink") as p:
            m = await p.send({"eui": b["eui"], "fcnt": b["fcnt"], "flow": b["flow"], "night": b["night"]})
            p.log.debug(f"to uplink: {m}")
        return 200, {}

    async def device(ctx, eui, answer, chance):
        """the meter, out there: hears (or not) and sends an uplink later"""
        await sleep(1400 * math.exp(ctx.rng.gauss(0, .4)))
        if ctx.rng.random() < chance:
            n["fcnt"] += 1
            await ctx.call("lns", "POST /up", {"eui": eui, "fcnt": n["fcnt"], "answer": answer}, client_span=False)

    @lns.http("POST /down")
    async def down(ctx, b):
        await ctx.work(5)
        ctx.log.info(f"downlink {b['port']} queued for {b['eui']}, class A", incoming=True)
        ctx.spawn(device(ctx, b["eui"], {"eui": b["eui"], "corr": b["corr"], "port": b["port"], "flow": max(0, ctx.rng.gauss(25, 20))}, .88))
        return 202, {}

    # ------------- decoder
    @dec.consumer("uplink", retries=1)
    async def decode(ctx, m):
        req = "%08x-%04x" % (ctx.rng.getrandbits(32), ctx.rng.getrandbits(16))
        await ctx.work(9)
        ctx.log.info(f"START RequestId: {req} Version: $LATEST", logger="platform")
        async with ctx.span("kms decrypt", "CLIENT") as s:
            await s.work(9)
            s.log.debug(f"AppSKey unwrapped ({s.elapsed_ms():.1f} ms)", req=req)
        if ctx.rng.random() < .03:
            ctx.log.warn(f"MIC mismatch on {m.body['eui']}, frame thrown away", req=req, incoming=True)
            return
        ctx.log.info(f"{m.body['eui']} → {m.body['flow']} l/h, battery {ctx.rng.randrange(40, 100)}%", req=req, incoming=True)
        async with ctx.producer("reading") as p:
            await p.send({"meter": m.body["eui"], "flow": m.body["flow"], "night": m.body["night"], "seq": m.body["fcnt"]})
            if ctx.rng.random() < .6: p.log.debug("putEvents ok", req=req)
        ctx.log.info(f"REPORT RequestId: {req}\tDuration: {ctx.elapsed_ms():.2f} ms\tBilled Duration: {int(ctx.elapsed_ms()) + 1} ms\tMemory Size: 128 MB", logger="platform")

    # ------------- time series: kept in a buffer, written in batches
    @ts.consumer("reading")
    async def take(ctx, m):
        await ctx.work(.6)
        buffer.append(m.origin)
        if ctx.rng.random() < .7: ctx.log.debug(f"Buffer fullness: {len(buffer)} / 10000 metrics after {m.body['meter']}", logger="inputs.amqp_consumer", incoming=True)

    async def flush():
        while True:
            await sleep(2000)
            if buffer: await ts._root("flush", "INTERNAL", write_batch)
    async def write_batch(ctx):
        batch, buffer[:] = buffer[:], []
        for o in batch: ctx.link(o)
        async with ctx.span("COPY readings", "CLIENT") as q:
            await q.work(18)
            q.log.debug(f"COPY {len(batch)}", logger="sql")
        ctx.log.debug(f"Wrote batch of {len(batch)} metrics in {ctx.elapsed_ms():.6f}ms", logger="outputs.timescale")
    w.background.append(flush)

    @ts.http("GET /series/{meter}")
    async def series(ctx, b):
        async with ctx.span("SELECT time_bucket", "CLIENT") as q:
            await q.work(35)
            q.log.debug(f"select time_bucket('1 h', at), sum(l) from readings where meter = '{b['_route'].split('/')[-1]}'", logger="sql")
        return 200, {}

    # ------------- rules
    @rules.consumer("reading", retries=2)
    async def judge(ctx, m):
        b = m.body
        await ctx.work(3)
        async with ctx.span("window state") as s:
            await s.work(2)
            if b["night"] > 1: s.log.debug(f"key={b['meter']} nightMin={b['night']} threshold=8", logger="water.rules.NightFlow")
        if b["night"] <= 8:
            if ctx.rng.random() < .6: ctx.log.debug(f"{b['meter']} quiet", logger="water.rules.NightFlow", incoming=True)
            return
        sev = "BURST" if b["flow"] > 900 else "DRIP"
        ctx.log.warn(f"{sev} suspected at {b['meter']}: night flow {b['night']} l/h over 8", logger="water.rules.NightFlow", incoming=True)
        async with ctx.producer("leak.suspected") as p:
            mid = await p.send({"meter": b["meter"], "sev": sev, "flow": b["flow"]})
            p.log.info(f"sink leak.suspected <- {b['meter']} ({mid})", logger="water.rules.AmqpSink")

    # ------------- cases: asks the meter, then crews and customer at once
    async def ask_meter(ctx, c, k):
        async with ctx.producer("valve.commands") as p:
            await p.send({"op": "POLL", "eui": c["meter"], "corr": f"{c['no']}.{k}", "reply": "cases"})
            p.log.debug("Poll asked", logger="MeterCheck", case=c["no"], try_no=k)
        async def patience():
            await sleep(6000)
            if c["state"] == "checking" and c["try"] == k:
                async with ctx.span("poll timeout") as t:
                    if k == 1:
                        c["try"] = 2
                        t.log.warn("Meter silent, polling once more", logger="MeterCheck", case=c["no"])
                        await ask_meter(t, c, 2)
                    else:
                        t.log.warn("Meter stays silent, treating as confirmed", logger="MeterCheck", case=c["no"])
                        await confirmed(t, c)
        ctx.spawn(patience())

    @cases.consumer("leak.suspected", retries=2)
    async def open_case(ctx, m):
        await ctx.work(1.5)
        if any(c["meter"] == m.body["meter"] and c["state"] not in ("closed", "false") for c in C.values()):
            return ctx.log.info("Already a case for this meter", logger="CaseIntake", meter=m.body["meter"], incoming=True)
        n["case"] += 1
        c = C[f"LK-{n['case']}"] = {"no": f"LK-{n['case']}", "state": "checking", "try": 1, **m.body}
        async with ctx.span("INSERT cases", "CLIENT") as q:
            await q.work(6)
            q.log.debug("Case Create", logger="ActiveRecord", sql="INSERT INTO cases (no, meter, severity)", duration=round(q.elapsed_ms(), 1))
        ctx.log.info("Case opened", logger="CaseIntake", case=c["no"], meter=c["meter"], severity=c["sev"], incoming=True)
        await ask_meter(ctx, c, 1)

    @cases.consumer("meter.answer")
    async def meter_says(ctx, m):
        c = C.get(m.body["corr"].split(".")[0])
        await ctx.work(3)
        if c is None or c["state"] != "checking":
            return ctx.log.info("Late answer ignored", logger="MeterCheck", corr=m.body["corr"], incoming=True)
        if m.body["flow"] < 6:
            c["state"] = "false"
            async with ctx.span("UPDATE cases", "CLIENT") as q: await q.work(4)
            return ctx.log.info("False alarm, no flow any more", logger="MeterCheck", case=c["no"], incoming=True)
        ctx.log.info(f"Meter confirms {m.body['flow']:.0f} l/h", logger="MeterCheck", case=c["no"], incoming=True)
        await confirmed(ctx, c)

    async def confirmed(ctx, c):
        c["state"] = "confirmed"
        async def customer():
            async with ctx.producer("notice") as p:
                await p.send({"acct": c["meter"], "tpl": "leak_found", "ref": c["no"]})
        async def shut():
            if c["sev"] == "BURST": await ctx.publish("valve.commands", {"op": "CLOSE", "eui": c["meter"], "corr": c["no"] + ".c", "reply": None})
        async def ask_crews():
            f = replies[c["no"]] = asyncio.get_running_loop().create_future()
            async with ctx.span("rpc crew.find", "CLIENT") as s:
                s.log.debug("Asking for a crew", logger="CrewRpc", corr=c["no"])
                await s.publish("crew.find", {"corr": c["no"], "zone": c["meter"][-2:], "sev": c["sev"]}, producer_span=False)
                try:
                    return await asyncio.wait_for(f, 5)
                except asyncio.TimeoutError:
                    s.log.error("No reply on crew.find within 5s", logger="CrewRpc", corr=c["no"])
        _, _, found = await asyncio.gather(customer(), shut(), ask_crews())
        if not found or not found["crew"]:
            c["state"] = "parked"
            return ctx.log.warn("No crew, case parked for the day shift", logger="CaseFlow", case=c["no"])
        n["wo"] += 1
        c |= {"wo": n["wo"], "crew": found["crew"], "state": "ordered"}
        async with ctx.span("INSERT work_orders", "CLIENT") as q:
            await q.work(5)
            q.log.debug("WorkOrder Create", logger="ActiveRecord", sql="INSERT INTO work_orders (id, case_no, crew)", duration=round(q.elapsed_ms(), 1))
        ctx.log.info("Work order written", logger="CaseFlow", case=c["no"], work_order=c["wo"], crew=found["crew"], eta_min=found["eta"])
        async with ctx.producer("workorder.created") as p:
            p.log.debug("Publishing", logger="Hutch", routing_key="workorder.created", work_order=c["wo"])
            await p.send({"wo": c["wo"], "crew": found["crew"], "meter": c["meter"]})
        orders.append((c["wo"], c["crew"]))

    @cases.consumer("crew.found")
    async def crew_found(ctx, m):
        f = replies.get(m.body["corr"])
        await ctx.work(1.5)
        ctx.log.debug("RPC reply", logger="CrewRpc", corr=m.body["corr"], message_id=m.id, incoming=True)
        if f and not f.done(): f.set_result(m.body)

    @cases.http("POST /work_orders/{id}/done")
    async def done(ctx, b):
        wo = int(b["_route"].split("/")[2])
        c = next(x for x in C.values() if x.get("wo") == wo)
        c["state"] = "closed"
        async with ctx.span("UPDATE cases", "CLIENT") as q:
            await q.work(5)
            q.log.debug("Case Update", logger="ActiveRecord", sql="UPDATE cases SET state = 'closed'", duration=round(q.elapsed_ms(), 1))
        ctx.log.info(f"Completed #done", logger="WorkOrdersController", status=200, duration=round(ctx.elapsed_ms(), 2), work_order=wo, incoming=True)
        if c["sev"] == "BURST":
            await ctx.publish("valve.commands", {"op": "OPEN", "eui": c["meter"], "corr": c["no"] + ".o", "reply": None})
        async with ctx.producer("case.closed") as p:
            p.log.debug("Publishing", logger="Hutch", routing_key="case.closed", case=c["no"])
            await p.send({"case": c["no"], "meter": c["meter"], "lost": b["m3"], "wo": wo})
        return 200, {}

    @cases.every(9)
    async def silent_meters(ctx):
        async with ctx.span("SELECT meters", "CLIENT") as q:
            await q.work(40)
        k = ctx.rng.randrange(0, 4)
        ctx.log.info("Silent meters looked for", logger="SilentMeterJob", found=k)
        for i in range(k): await ctx.publish("notice", {"acct": f"70B3D5{ctx.rng.getrandbits(24):06X}", "tpl": "meter_silent", "ref": f"SM{ctx.rng.randrange(10**5)}"})

    # ------------- crews
    @crew.consumer("crew.find", retries=1)
    async def find(ctx, m):
        b = m.body
        await ctx.work(4)
        ctx.log.info(f"crew wanted: zone {b['zone']}, {b['sev'].lower()} ({b['corr']})", logger="crew.matcher:44", incoming=True)
        async with ctx.client("portal", "GET /rota") as c:
            await c.send()
        async with ctx.span("solve route") as s:
            await s.work(140, .5)
            s.log.debug(f"tried {ctx.rng.randrange(20, 900)} tours in {s.elapsed_ms():.0f} ms", logger="crew.tours:102")
        who = None if ctx.rng.random() < .07 else f"K{ctx.rng.randrange(1, 15)}"
        async with ctx.producer("crew.found") as p:
            await p.send({"corr": b["corr"], "crew": who, "eta": ctx.rng.randrange(15, 90)})
            p.log.info(f"{b['corr']} => {who or 'nobody'}", logger="crew.matcher:61")
    @portal.http("GET /rota")
    async def rota(ctx, b):
        await ctx.work(6)
        if ctx.rng.random() < .7: ctx.log.debug(f"GET /rota -> 200 ({ctx.elapsed_ms():.0f} ms)", logger="io.quarkus.http.access-log", incoming=True)
        return 200, {}
    @crew.consumer("workorder.created")
    async def to_tablet(ctx, m):
        async with ctx.span("POST tablet push", "CLIENT") as s:
            await s.work(60)
            s.log.debug(f"tablet of {m.body['crew']} has order {m.body['wo']}", logger="crew.tablet:23")
        await ctx.work(6)
        ctx.log.info(f"order {m.body['wo']} handed to {m.body['crew']}", logger="crew.board:88", incoming=True)
    @crew.http("POST /orders/{id}/report")
    async def report(ctx, b):
        wo = b["_route"].split("/")[2]
        ctx.log.info(f"{b['crew']} reports {b['what']} on {wo}", logger="crew.tablet:57", incoming=True)
        if b["what"] == "done":
            async with ctx.client("cases", f"POST /work_orders/{wo}/done") as c:
                st, a = await c.send({"m3": b["m3"]})
                c.log.debug(f"cases <- {wo}: {st}", logger="crew.cases:12")
        return 200, {}

    # ------------- valves and polls
    waits = {}
    @valve.consumer("valve.commands", retries=2, retry_ms=900)
    async def command(ctx, m):
        b = m.body
        await ctx.work(4)
        if ctx.rng.random() < .05 and m.attempt == 1:
            ctx.log.warn(f"{b['op']} {b['eui']}: duty cycle exhausted, requeue", id="DUTY", incoming=True)
            raise Exception("duty")
        waits[b["corr"]] = b
        ctx.log.info(f"{b['op']} {b['eui']} corr={b['corr']}", id="CMD", incoming=True)
        async with ctx.client("lns", "POST /down") as c:
            st, a = await c.send({"eui": b["eui"], "port": {"POLL": 10, "CLOSE": 20, "OPEN": 21}[b["op"]], "corr": b["corr"]})
            if b["op"] != "POLL": c.log.debug(f"lns took downlink, {st}", id="LNS")
    @valve.consumer("downlink.answer")
    async def ack(ctx, m):
        b = waits.pop(m.body["corr"], None)
        await ctx.work(2)
        if b is None:
            return ctx.log.warn(f"unsolicited answer corr={m.body['corr']}", id="ACK", incoming=True)
        if b["op"] != "POLL" or ctx.rng.random() < .75: ctx.log.info(f"{b['op']} answered by {b['eui']} corr={m.body['corr']}", id="ACK", incoming=True)
        async with ctx.span("modbus log coil", "CLIENT") as s:
            await s.work(7)
            if b["op"] != "POLL": s.log.debug(f"coil {ctx.rng.randrange(1, 400)} written", id="MBUS")
        if b["reply"]:
            async with ctx.producer("meter.answer") as p:
                await p.send({"corr": m.body["corr"], "flow": m.body["flow"]})
                p.log.debug(f"meter.answer corr={m.body['corr']} out", id="PUB")

    @valve.http("POST /valves/{eui}")
    async def manual(ctx, b):
        eui, corr = b["_route"].split("/")[2], f"M{ctx.rng.randrange(10**5):05d}"
        ctx.log.info(f"manual {b['op']} {eui} by {b['who']} corr={corr}", id="MAN", incoming=True)
        waits[corr] = {"op": b["op"], "eui": eui, "reply": None}
        await ctx.call("lns", "POST /down", {"eui": eui, "port": 20, "corr": corr})
        return 202, {}

    # ------------- portal: three deep
    @portal.http("GET /usage/{meter}")
    async def usage(ctx, b):
        m = b["_route"].split("/")[-1]
        async with ctx.client("billing", "GET /accounts/" + m) as c:
            c.log.debug(f"asking billing for {m}", logger="water.portal.BillingClient")
            await c.send()
        ctx.log.info(f"GET /usage/{m} -> 200 ({ctx.elapsed_ms():.0f} ms)", logger="io.quarkus.http.access-log", incoming=True)
        return 200, {}
    @bill.http("GET /accounts/{meter}")
    async def account(ctx, b):
        m = b["_route"].split("/")[-1]
        async with ctx.span("cache get account", "CLIENT") as s: await s.work(1)
        if ctx.rng.random() < .7:
            st, a = await ctx.call("tsdb-writer", "GET /series/" + m)
        ctx.log.info(f"AccountController.get({m}) took {ctx.elapsed_ms():.0f}ms", logger="c.w.billing.AccountController", incoming=True)
        return 200, {}
    @portal.http("POST /valve/{meter}/{op}")
    async def shut(ctx, b):
        _, _, m, op = b["_route"].split("/")
        ctx.log.info(f"Holder of {m} wants valve {op}", logger="water.portal.ValveResource", incoming=True)
        st, a = await ctx.call("valve-ctl", "POST /valves/" + m, {"op": op.upper(), "who": "holder"})
        return st, {}

    # ------------- billing and notices
    @bill.consumer("case.closed", retries=3)
    async def allowance(ctx, m):
        await ctx.work(2)
        async with ctx.span("SELECT tariff", "CLIENT") as q:
            await q.work(4)
            q.log.debug("select t.* from tariff t where t.meter=?", logger="org.hibernate.SQL")
        eur = round(m.body["lost"] * 2.13, 2)
        if eur > 90:
            ctx.log.warn(f"Allowance {eur} for {m.body['case']} needs approval, parked", logger="c.w.billing.LeakAllowance", incoming=True)
            return
        async with ctx.span("INSERT credit", "CLIENT") as q: await q.work(5)
        ctx.log.info(f"Credited {eur} for {m.body['lost']} m3 lost, case {m.body['case']}", logger="c.w.billing.LeakAllowance", incoming=True)
        await ctx.publish("notice", {"acct": m.body["meter"], "tpl": "credit", "ref": m.body["case"]})

    @note.consumer("notice", retries=2, retry_ms=400)
    async def send(ctx, m):
        b = m.body
        await ctx.work(2)
        if ctx.rng.random() < .5: ctx.log.debug("notice received", template=b["tpl"], mq_id=m.id, incoming=True)
        ch = ctx.rng.choice(["sms", "mail", "letter"])
        async with ctx.span("deliver " + ch, "CLIENT") as s:
            await s.work({"sms": 120, "mail": 50, "letter": 10}[ch])
            if m.attempt == 1 and ctx.rng.random() < .05:
                s.log.warn("provider unreachable", channel=ch, account=b["acct"])
                raise Exception("net")
            s.log.info(f"{ch} {b['tpl']} delivered", account=b["acct"], subject_ref=b["ref"])

    # ------------- noise
    lns.noise(2, lambda log: log.debug(f"gateway gw-{rng.randrange(1, 40):02d} stat rxok={rng.randrange(90)} txnb={rng.randrange(5)}"))
    ts.startup(lambda log: log.info("Loaded inputs: amqp_consumer; outputs: timescale", logger="agent"))
    rules.noise(6, lambda log: log.info(f"Completed checkpoint {rng.randrange(9000)} for job 4c1e ({rng.randrange(20, 90)} ms)", logger="o.a.f.r.checkpoint.CheckpointCoordinator"))
    cases.noise(8, lambda log: log.debug("heartbeat", logger="Sidekiq", busy=rng.randrange(5)))
    valve.noise(5, lambda log: log.debug(f"modbus scan {rng.randrange(30, 60)} points ok", id="SCAN"))
    portal.noise(7, lambda log: log.debug("GET /q/health -> 200 (1 ms)", logger="io.quarkus.http.access-log"))
    bill.noise(15, lambda log: log.info("tariff cache evicted", logger="c.w.billing.TariffCache"))


async def load(w):
    r = w.rng
    meters = [f"70B3D5{r.getrandbits(24):06X}" for _ in range(140)]
    async def one(i):
        eui, x = meters[i % 140], r.random()
        if x < .1:
            return await w.start("portal", "GET /usage/" + eui)
        if x < .15:
            return await w.start("portal", f"POST /valve/{eui}/{r.choice(['close', 'open'])}")
        leak = r.random() < .4
        await w.start("lns", "POST /up", {"eui": eui, "fcnt": r.randrange(100, 60000), "flow": r.randrange(20, 1500) if leak else r.randrange(0, 300), "night": r.randrange(9, 60) if leak else r.randrange(0, 8)})
    async def crews():
        for _ in range(80):
            await sleep(1000)
            if w.orders and r.random() < .6:
                wo, k = w.orders.pop(0)
                async def visit(wo=wo, k=k):
                    if r.random() < .6: await w.start("crew-dispatch", f"POST /orders/{wo}/report", {"crew": k, "what": "on site"})
                    await sleep(r.uniform(2500, 9000))
                    await w.start("crew-dispatch", f"POST /orders/{wo}/report", {"crew": k, "what": "done", "m3": r.randrange(1, 50)})
                w._spawn(visit())
    c = w._spawn(crews())
    await arrivals(w, 170, 4, one)
    await c
    await sleep(3000)

record(build, load, "b_water")
