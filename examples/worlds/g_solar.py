"""Solar plants: telemetry pipeline from inverters, fault detection, work orders for field crews, spare parts, yield reports. Pipeline plus saga."""
import json
from world import *


# klog
def klog(r):
    ids = f" traceID={r.trace_id} spanID={r.span_id}" if r.trace_id else ""
    up = f' traceparent="{r.incoming}"' if r.incoming else ""
    kv = "".join(f" {k}={json.dumps(v)}" for k, v in r.fields.items())
    return f"{r.level[0]}{r.time:%m%d %H:%M:%S.%f} {r.pid:>7} {r.logger}] {json.dumps(r.message)}{kv}{ids}{up}"


# logfmt, logrus
def logrus(r):
    kv = "".join(f" {k}={json.dumps(v) if isinstance(v, str) and ' ' in v else v}" for k, v in r.fields.items())
    ids = f" span_id={r.span_id} trace_id={r.trace_id}" if r.trace_id else ""
    up = f" parent_id={r.incoming_parent}" if r.incoming_parent else ""
    return f'time="{isoz(r)}" level={r.level.lower().replace("warn", "warning")} msg={json.dumps(r.message)}{kv}{ids}{up}'


# ECS JSON
def ecs(r):
    d = {"@timestamp": isoz(r), "log.level": r.level.lower(), "message": r.message, "ecs.version": "1.6.0", "log": {"logger": r.logger}}
    if r.trace_id: d |= {"trace": {"id": r.trace_id}, "span": {"id": r.span_id}}
    if r.incoming_parent: d["parent"] = {"id": r.incoming_parent}
    return json.dumps(d | ({"labels": r.fields} if r.fields else {}), separators=(",", ":"))


# log4j2 with whole seconds
def log4j(r):
    ids = f" {{spanId={r.span_id}, traceId={r.trace_id}}}" if r.trace_id else " {}"
    up = f" (ctx {r.incoming})" if r.incoming else ""
    return f"[{r.level:<5}] {r.time:%d/%b/%Y %H:%M:%S} [wo-worker-{r.thread}] {r.logger}{ids} {r.message}{up}"


# python, percent style of an older team
def oldpy(r):
    ids = f" <{r.trace_id}/{r.span_id}>" if r.trace_id else ""
    up = f" ^{r.incoming_parent}" if r.incoming_parent else ""
    return f"{r.level.replace('WARN', 'WARNING')}:{r.logger}:{r.time:%Y%m%d-%H%M%S}.{r.time.microsecond:06d}:{ids} {r.message}{up}"


# bunyan
def bunyan(r):
    d = {"name": "crew-app-api", "hostname": "crew-1", "pid": r.pid, "level": {"DEBUG": 20, "INFO": 30, "WARN": 40, "ERROR": 50}[r.level]} | r.fields
    if r.trace_id: d["otel"] = {"traceId": r.trace_id, "spanId": r.span_id}
    if r.incoming: d["headers"] = {"traceparent": r.incoming}
    return json.dumps(d | {"msg": r.message, "time": isoz(r), "v": 0})


# log4net
def log4net(r):
    ids = f" [{r.trace_id}:{r.span_id}]" if r.trace_id else " [(null):(null)]"
    up = f" Parent={r.incoming_parent}" if r.incoming_parent else ""
    return f"{r.time:%Y-%m-%d %H:%M:%S},{r.time.microsecond // 1000:03d} [{r.thread + 10}] {r.level:<5} {r.logger}{ids} - {r.message}{up}"


# journald-like syslog with microseconds, plain
def jour(r):
    ids = f" trace={r.trace_id} span={r.span_id}" if r.trace_id else ""
    up = f" parent={r.incoming_parent}" if r.incoming_parent else ""
    return f"{r.time:%b %d %H:%M:%S.%f} scada-gw notifyd[{r.pid}]: {r.level.lower()}: {r.message}{ids}{up}"


def build(w):
    w.network_ms, w.broker_ms = 1.6, 9
    off = {}

    def kafka_id():
        p = w.rng.randrange(6)
        off[p] = off.get(p, 48200 + 1000 * p) + 1
        return f"{p}@{off[p]}"
    w.new_message_id = kafka_id
    gw = w.service("plant-gateway", klog, errors=lambda ctx, e: ctx.log.error("dropping batch", logger="mqtt.go:204", err=str(e)))
    norm = w.service("normalizer", logrus, errors=lambda ctx, e: ctx.log.error("stage failed", error=str(e)))
    ano = w.service("anomaly", oldpy, errors=lambda ctx, e: ctx.log.error(f"detector died: {e}", logger="anomaly.consumer"))
    tsdb = w.service("timeseries", ecs)
    wo = w.service("workorders", log4j, errors=lambda ctx, e: ctx.log.error(f"saga step failed: {e}\norg.solar.wo.SagaException: {e}\n\tat org.solar.wo.Saga.step(Saga.java:112)", logger="o.s.w.Saga"))
    crew = w.service("crew-app-api", bunyan, errors=lambda ctx, e: ctx.log.error("command failed", err={"message": str(e)}))
    parts = w.service("spareparts", log4net, errors=lambda ctx, e: ctx.log.error(f"Command failed: {e}", logger="Parts.CommandHandler"))
    note = w.service("notifyd", jour, errors=lambda ctx, e: ctx.log.error(f"{e}"))
    alarms, sagas, open_wo, seq = {}, {}, [], {"b": 0, "al": 610, "wo": 20400}
    w.open_wo = open_wo

    # ---------------------------------------------------------------- plant-gateway
    @gw.http("MQTT telemetry")
    async def telemetry(ctx, b):
        seq["b"] += 1
        batch = f"{b['plant']}/{b['inverter']}#{seq['b']:05d}"
        ctx.log.info("PUBLISH received", logger="mqtt.go:88", incoming=True, topic=f"plants/{b['plant']}/inv/{b['inverter']}", batch=batch, points=b["points"])
        await ctx.work(2)
        async with ctx.producer("telemetry.raw") as p:
            where = await p.send({"batch": batch, "plant": b["plant"], "inv": b["inverter"], "points": b["points"], "bad": b["bad"]})
            p.log.info("produced", logger="kafka.go:57", batch=batch, at=where)
        ctx.log.info("PUBACK sent", logger="mqtt.go:131", batch=batch)
        return 0, {"batch": batch}

    @gw.http("POST /commands")
    async def command(ctx, b):
        ctx.log.info("command for inverter", logger="modbus.go:31", incoming=True, inverter=b["inv"], cmd=b["cmd"])
        async with ctx.span("modbus write", "CLIENT") as c:
            await c.work(180)
            ok = ctx.rng.random() > 0.08
            if not ok: c.log.warning("no response from slave, giving up after 3 polls", logger="modbus.go:77", inverter=b["inv"])
            else: c.log.debug("register written", logger="modbus.go:70", reg=40232)
        ctx.log.info("command finished", logger="modbus.go:49", inverter=b["inv"], ok=ok, took=f"{ctx.elapsed_ms():.0f}ms")
        return (200 if ok else 504), {}

    # ---------------------------------------------------------------- normalizer
    @norm.consumer("telemetry.raw", concurrency=5)
    async def stage(ctx, m):
        ctx.log.info("batch in", incoming=True, batch=m.body["batch"], offset=m.id)
        async with ctx.span("decode sunspec") as c:
            await c.work(3)
            if ctx.rng.random() < 0.1: c.log.warning("clock of logger is behind", plant=m.body["plant"], skew_s=ctx.rng.randrange(3, 90))
            else: c.log.debug("decoded", models="101,103,160")
        if ctx.rng.random() < 0.02:
            ctx.log.error("crc mismatch, to dead letters", batch=m.body["batch"])
            await ctx.publish("telemetry.dead", m.body)
            return
        async with ctx.client("timeseries", "POST /write") as c:
            status, _ = await c.send({"batch": m.body["batch"], "n": m.body["points"]})
            c.log.debug("written to tsdb", status=status, ms=int(c.elapsed_ms()))
        async with ctx.producer("telemetry.clean") as p:
            at = await p.send(m.body)
            p.log.debug("handed to kafka", topic="telemetry.clean", offset=at)
        ctx.log.info("batch out", batch=m.body["batch"], took_ms=int(ctx.elapsed_ms()))

    @gw.consumer("telemetry.dead")
    async def dead(ctx, m):
        ctx.log.warning("asking logger to resend", logger="mqtt.go:166", incoming=True, batch=m.body["batch"])
        await ctx.work(4)

    # ---------------------------------------------------------------- timeseries
    @tsdb.http("POST /write")
    async def write(ctx, b):
        async with ctx.span("wal append") as c:
            await c.work(1.5)
        async with ctx.span("memtable insert") as c:
            await c.work(1)
            c.log.debug("memtable", logger="tsdb.mem", n=b["n"], series=ctx.rng.randrange(6, 30))
        ctx.log.info(f"POST /write 204 {b['n']} points", logger="tsdb.http", incoming=True, batch=b["batch"], **{"event.duration": int(ctx.elapsed_ms() * 1e6)})
        return 204, {}

    @tsdb.http("POST /query")
    async def query(ctx, b):
        ctx.log.info("query " + b["q"], logger="tsdb.query", incoming=True)

        async def shard(n):
            async with ctx.span("scan shard") as c:
                await c.work(15)
                c.log.debug("shard scanned", logger="tsdb.query", shard=n, rows=ctx.rng.randrange(200, 2000))
        await asyncio.gather(*[shard(n) for n in range(b.get("shards", 2))])
        ctx.log.info("query done", logger="tsdb.query", **{"event.duration": int(ctx.elapsed_ms() * 1e6)})
        return 200, {}

    # ---------------------------------------------------------------- anomaly
    @ano.consumer("telemetry.clean")
    async def detect(ctx, m):
        ctx.log.info(f"{m.body['batch']} <- {m.topic}", logger="anomaly.consumer", incoming=True)
        async with ctx.span("redis baseline", "CLIENT") as c:
            await c.work(1.3)
        async with ctx.span("score") as c:
            await c.work(14)
            z = ctx.rng.uniform(4.2, 9) if m.body["bad"] else ctx.rng.uniform(0, 2.5)
            c.log.debug(f"z={z:.2f} window=15m", logger="anomaly.score")
        if z < 4:
            ctx.log.info(f"{m.body['batch']} normal", logger="anomaly.consumer")
            return
        status, _ = await ctx.call("timeseries", "POST /query", {"q": f"string_current where inv={m.body['inv']} last 6h", "shards": 3})
        seq["al"] += 1
        alarm = f"AL{seq['al']}"
        kind = ctx.rng.choice(["string_open", "isolation_low", "mppt_stuck", "fan_failure"])
        async with ctx.producer("alarm.raised") as p:
            await p.send({"alarm": alarm, "kind": kind, "plant": m.body["plant"], "inv": m.body["inv"]})
            p.log.info(f"{alarm} -> alarm.raised", logger="anomaly.consumer")
        ctx.log.warning(f"{m.body['batch']} abnormal: {kind}, alarm {alarm}", logger="anomaly.consumer")

    # ---------------------------------------------------------------- workorders: orchestrates the repair
    @wo.consumer("alarm.raised")
    async def raised(ctx, m):
        b = m.body
        ctx.log.info(f"Alarm {b['alarm']} ({b['kind']}) on {b['inv']} picked up", logger="o.s.w.AlarmListener", incoming=True)
        async with ctx.client("plant-gateway", "POST /commands") as c:
            status, _ = await c.send({"inv": b["inv"], "cmd": "soft_reset"})
            c.log.info(f"soft_reset {b['inv']}: HTTP {status}", logger="o.s.w.GatewayClient")
        if status == 200 and b["kind"] in ("mppt_stuck",):
            ctx.log.info(f"Soft reset cured {b['inv']}, alarm {b['alarm']} closed", logger="o.s.w.AlarmListener")
            await ctx.publish("alarm.cleared", b)
            return
        seq["wo"] += 1
        wid = seq["wo"]
        async with ctx.span("INSERT work_order", "CLIENT") as c:
            await c.work(5)
            c.log.debug("insert into work_order (id, alarm_ref, state) values (?, ?, ?)", logger="org.hibernate.SQL")
        sagas[wid] = {"alarm": b, "have": {}, "ctx": ctx, "done": False}
        cmd = {"wo": wid, "plant": b["plant"], "kind": b["kind"]}
        async with ctx.producer("parts.reserve") as p:
            await p.send(cmd)
            p.log.debug(f"-> parts.reserve {wid}", logger="o.s.w.Saga")
        async with ctx.producer("crew.assign") as p:
            await p.send(cmd)
            p.log.debug(f"-> crew.assign {wid}", logger="o.s.w.Saga")
        ctx.log.info(f"Work order {wid} opened for {b['alarm']}", logger="o.s.w.AlarmListener")

    async def answered(ctx, m, what):
        wid = m.body["wo"]
        s = sagas[wid]
        ctx.log.info(f"<- {what} {m.body['ok'] and 'ok' or 'REFUSED'} for {wid}", logger="o.s.w.Saga", incoming=True)
        if what in s["have"]: return
        s["have"][what] = (m.body["ok"], m.origin)
        await ctx.work(2)
        if len(s["have"]) < 2:
            return
        for k, (_, o) in s["have"].items():
            if k != what: ctx.link(o)
        good = all(ok for ok, _ in s["have"].values())
        async with ctx.span("UPDATE work_order", "CLIENT") as c:
            await c.work(4)
            c.log.debug("update work_order set state=? where id=?", logger="org.hibernate.SQL")
        if good:
            await ctx.publish("workorder.scheduled", {"wo": wid, "crew": s.get("crew"), "plant": s["alarm"]["plant"], "alarm": s["alarm"]["alarm"]})
            open_wo.append(wid)
            ctx.log.info(f"Work order {wid} scheduled", logger="o.s.w.Saga")
        else:
            if s["have"]["parts"][0]:
                await ctx.publish("parts.release", {"wo": wid})
            await ctx.publish("workorder.stalled", {"wo": wid, "plant": s["alarm"]["plant"], "alarm": s["alarm"]["alarm"]})
            ctx.log.warning(f"Work order {wid} stalled, compensated", logger="o.s.w.Saga")

    @wo.consumer("parts.reply")
    async def r1(ctx, m): await answered(ctx, m, "parts")

    @wo.consumer("crew.reply")
    async def r2(ctx, m): await answered(ctx, m, "crew")

    # ---------------------------------------------------------------- spareparts
    @parts.consumer("parts.reserve", retries=2)
    async def reserve(ctx, m):
        ctx.log.info(f"ReserveParts for WO {m.body['wo']} (try {m.attempt})", logger="Parts.CommandHandler", incoming=True)
        async with ctx.span("SELECT Stock FOR UPDATE", "CLIENT") as c:
            await c.work(8)
            if ctx.rng.random() < 0.05 and m.attempt < 3:
                c.log.warning("Transaction was deadlocked, rerun", logger="Parts.Db")
                raise Exception("deadlock")
            c.log.debug(f"1 row, {c.elapsed_ms():.1f} ms", logger="Parts.Db")
        ok = ctx.rng.random() > 0.07
        if not ok:
            async with ctx.span("GET https://supplier/stock", "CLIENT") as c:
                await c.work(210)
                c.log.info(f"Supplier has {ctx.rng.choice([0, 0, 4])} of the part", logger="Parts.Supplier")
        await ctx.publish("parts.reply", {"wo": m.body["wo"], "ok": ok})
        ctx.log.info(f"ReserveParts for WO {m.body['wo']} {'done' if ok else 'out of stock'}, {ctx.elapsed_ms():.0f} ms", logger="Parts.CommandHandler")

    @parts.consumer("parts.release")
    async def release(ctx, m):
        await ctx.work(6)
        ctx.log.info(f"Released parts of WO {m.body['wo']}", logger="Parts.CommandHandler", incoming=True)

    # ---------------------------------------------------------------- crew
    @crew.consumer("crew.assign")
    async def assign(ctx, m):
        ctx.log.info("assignment asked", incoming=True, workOrder=m.body["wo"], plant=m.body["plant"])

        async def weather():
            async with ctx.span("GET https://api.met/forecast", "CLIENT") as c:
                await c.work(120)
                c.log.debug("forecast", wind_ms=ctx.rng.randrange(2, 19))

        async def roster():
            async with ctx.span("find shifts", "CLIENT") as c:
                await c.work(10)
                c.log.debug("shifts loaded", n=ctx.rng.randrange(2, 9))
        await asyncio.gather(weather(), roster())
        async with ctx.span("plan route") as c:
            await c.work(60)
        ok = ctx.rng.random() > 0.06
        async with ctx.producer("crew.reply") as p:
            await p.send({"wo": m.body["wo"], "ok": ok})
            p.log.info("replied", workOrder=m.body["wo"], accepted=ok)

    @crew.consumer("workorder.scheduled")
    async def tell(ctx, m):
        ctx.log.info("push to tablets", incoming=True, workOrder=m.body["wo"])
        async with ctx.span("fcm send", "CLIENT") as c:
            await c.work(70)
        ctx.log.info("pushed", workOrder=m.body["wo"], ms=round(ctx.elapsed_ms()))

    @crew.http("POST /workorders/{id}/complete")
    async def complete(ctx, b):
        wid = int(b["_route"].split("/")[2])
        ctx.log.info("completion reported", incoming=True, workOrder=wid, photos=ctx.rng.randrange(0, 5))
        async with ctx.span("s3 PutObject", "CLIENT") as c:
            await c.work(90)
            c.log.debug("photos stored", bucket="crew-photos")
        status, _ = await ctx.call("workorders", f"PUT /workorders/{wid}/state", {"state": "DONE"})
        ctx.log.info("request finished", workOrder=wid, statusCode=status, ms=round(ctx.elapsed_ms()))
        return status, {}

    @wo.http("PUT /workorders/{id}/state")
    async def state(ctx, b):
        wid = int(b["_route"].split("/")[2])
        ctx.log.info(f"PUT state of {wid}", logger="o.s.w.WorkOrderResource", incoming=True)
        ctx.link(sagas[wid]["ctx"])
        async with ctx.client("timeseries", "POST /query") as c:
            c.log.debug(f"is {sagas[wid]['alarm']['inv']} producing again?", logger="o.s.w.Verification")
            await c.send({"q": f"ac_power where inv={sagas[wid]['alarm']['inv']} last 10m", "shards": 1})
        async with ctx.span("UPDATE work_order", "CLIENT") as c:
            await c.work(4)
            c.log.debug("update work_order set state=? where id=?", logger="org.hibernate.SQL")
        await ctx.publish("alarm.cleared", sagas[wid]["alarm"])
        ctx.log.info(f"{wid} is DONE ({ctx.elapsed_ms():.0f} ms)", logger="o.s.w.WorkOrderResource")
        return 200, {}

    # ---------------------------------------------------------------- notifyd
    async def tell_owner(ctx, m, text):
        ctx.log.info(f"{text} {m.body['alarm']} plant {m.body['plant']}: start", incoming=True)
        async with ctx.span("sms gateway", "CLIENT") as c:
            await c.work(55)
            if ctx.rng.random() < 0.05: c.log.warning("operator 2 busy, via operator 1")
            else: c.log.debug("sms accepted")
        ctx.log.info(f"{text} {m.body['alarm']}: told {ctx.rng.randrange(1, 4)} people")
    for topic, text in (("alarm.raised", "ALARM"), ("alarm.cleared", "CLEAR"), ("workorder.scheduled", "PLAN"), ("workorder.stalled", "STALL")):
        note.consumer(topic)(lambda ctx, m, text=text: tell_owner(ctx, m, text))

    @ano.consumer("alarm.cleared")
    async def learn(ctx, m):
        ctx.log.info(f"forget {m.body['alarm']}, baseline of {m.body['inv']} restarts", logger="anomaly.feedback", incoming=True)
        async with ctx.span("redis DEL baseline", "CLIENT") as c:
            await c.work(1)

    # ---------------------------------------------------------------- scheduled yield report
    @tsdb.every(5)
    async def rollup(ctx):
        ctx.log.info("rollup started", logger="tsdb.rollup")
        for p in ("PV-LEON", "PV-ADRAR", "PV-KEMI"):
            async with ctx.span("rollup plant") as c:
                await c.work(40)
                c.log.info("rolled up", logger="tsdb.rollup", plant=p, kwh=c.rng.randrange(2000, 90000))
        ctx.log.info("rollup finished", logger="tsdb.rollup")

    gw.noise(3, lambda log: log.debug("keepalive", logger="mqtt.go:60", clients=w.rng.randrange(90, 99)))
    norm.noise(5, lambda log: log.info("consumer lag", lag=w.rng.randrange(0, 40)))
    wo.noise(8, lambda log: log.debug("GC (G1 Young) 14ms", logger="o.s.w.JvmWatch"))
    parts.startup(lambda log: log.info("Service starting, version 3.18.0", logger="Parts.Program"))
    note.startup(lambda log: log.info("modem ready, signal 21"))


async def load(w):
    r = w.rng

    async def one(i):
        plant = r.choice(["PV-LEON", "PV-ADRAR", "PV-KEMI"])
        await w.start("plant-gateway", "MQTT telemetry", {"plant": plant, "inverter": f"INV{r.randrange(1, 40):02d}", "points": r.randrange(20, 200), "bad": r.random() < 0.4})
        await sleep(r.uniform(2500, 9000))
        if w.open_wo and r.random() < 0.4:
            wid = w.open_wo.pop(0)
            await w.start("crew-app-api", f"POST /workorders/{wid}/complete")
    await arrivals(w, 140, 5, one)

record(build, load, "g_solar")
