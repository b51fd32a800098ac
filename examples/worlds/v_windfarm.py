"""Wind farms: turbine alarms with remote resets (commands answered over the broker), work orders with crew, parts and weather asked in parallel,
repairs that restart a turbine, curtailment by the grid operator as fan-out and join with a callback, forecast runs, telemetry."""
import json
from world import *


def comma(r): return f"{r.time:%Y-%m-%d %H:%M:%S},{r.time.microsecond // 1000:03d}"
def pylevel(r): return "WARNING" if r.level == "WARN" else r.level


def glog(r):             # scada: C++
    t = f" [trace:{r.trace_id} span:{r.span_id}]" if r.trace_id else ""
    if r.incoming_parent: t += f" [parent:{r.incoming_parent}]"
    return f"{'I' if r.level == 'DEBUG' else r.level[0]}{r.time:%m%d %H:%M:%S}.{r.time.microsecond:06d} {r.pid + r.thread} {r.logger}]{t} {r.message}"


def faust(r):            # alarms: Faust worker
    t = f" {{trace={r.trace_id}, span={r.span_id}}}" if r.trace_id else ""
    if r.incoming: t += f" {{traceparent={r.incoming}}}"
    return f"[{comma(r)}] [{r.pid}] [{pylevel(r)}] {r.message}{t}"


def hclog(r):            # control: Go, hclog
    q = lambda v: json.dumps(v) if isinstance(v, str) and " " in v else v
    f = dict(r.fields)
    if r.trace_id: f |= {"trace_id": r.trace_id, "span_id": r.span_id}
    if r.incoming_parent: f["parent_span_id"] = r.incoming_parent
    return f"{isoz(r)} {'[' + r.level + ']':<7} {r.logger}: {r.message}" + (":" if f else "") + "".join(f" {k}={q(v)}" for k, v in f.items())


def corr(r):             # workorders: FastAPI with asgi-correlation-id
    t = f" trace_id={r.trace_id} span_id={r.span_id}" if r.trace_id else ""
    if r.incoming_parent: t += f" parent_id={r.incoming_parent}"
    return f"{pylevel(r)}:\t{comma(r)}\t{r.logger}:{r.fields.get('ln', 1)} [{r.fields.get('rid') or '-'}] {r.message}{t}"


def sanic(r):            # crew: Sanic, whole seconds
    t = f" <{r.trace_id}-{r.span_id}>" if r.trace_id else ""
    if r.incoming: t += f" <<{r.incoming}>>"
    if "st" in r.fields: return f"[{r.time:%Y-%m-%d %H:%M:%S} +0000] - (sanic.access)[{pylevel(r)}][10.20.0.{r.thread}:{40000 + r.thread}]: {r.message}  {r.fields['st']} {r.fields['size']}{t}"
    return f"[{r.time:%Y-%m-%d %H:%M:%S} +0000] [{r.pid}] [{pylevel(r)}] {r.message}{t}"


def odoo(r):             # parts: Odoo
    t = f" trace={r.trace_id} span={r.span_id}" if r.trace_id else ""
    if r.incoming_parent: t += f" parent={r.incoming_parent}"
    return f"{comma(r)} {r.pid} {pylevel(r)} wind_prod {r.logger}: {r.message}{t}"


def colorless(r):        # forecast: plain logging
    t = f"[{r.trace_id},{r.span_id}] " if r.trace_id else "[,] "
    return f"{comma(r)} {r.logger} {pylevel(r)} {t}{r.message}" + (f" (traceparent={r.incoming})" if r.incoming else "")


def rfc5424(r):          # curtail: Flask, logging to syslog
    pri = 128 + {"DEBUG": 7, "INFO": 6, "WARN": 4, "ERROR": 3}[r.level]
    sd = f'[otel@32473 trace_id="{r.trace_id}" span_id="{r.span_id}"' + (f' parent="{r.incoming_parent}"' if r.incoming_parent else "") + "]" if r.trace_id else "-"
    return f"<{pri}>1 {isoz(r, 6)} opc-2 curtail {r.pid} {r.fields.get('mid', '-')} {sd} {r.message}"


def procr(r):            # notifier: procrastinate jobs
    t = f" otel={r.trace_id}:{r.span_id}" if r.trace_id else ""
    if r.incoming: t += f" otel_from={r.incoming}"
    return f"{r.time:%H:%M:%S}.{r.time.microsecond // 1000:03d} {pylevel(r):<7} {r.logger} {r.message}{t}"


def telegraf(r):         # historian: telegraf, whole seconds
    t = f" trace_id={r.trace_id} span_id={r.span_id}" if r.trace_id else ""
    if r.incoming_parent: t += f" parent={r.incoming_parent}"
    return f"{isoz(r, 0)} {r.level[0]}! [{r.logger}] {r.message}{t}"


PARKS = {"NORDSEE-1": 9, "HEIDE": 6, "KAP": 5}
CODES = {309: ("Pitch battery low", "B"), 1221: ("Yaw drive overload", "A"), 174: ("Grid frequency out of band", "A"), 2080: ("Gear oil temperature high", "B"), 955: ("Anemometer implausible", "A"), 61: ("Converter trip", "A")}


def build(w):
    w.network_ms, w.broker_ms = 2.5, 9
    n = {"off": w.rng.randrange(80000, 120000), "alarm": w.rng.randrange(5000, 7000), "cmd": w.rng.randrange(16 ** 4), "wo": w.rng.randrange(300, 900), "out": w.rng.randrange(1000, 3000), "job": w.rng.randrange(9000, 12000), "ord": w.rng.randrange(10, 90), "run": 0}
    def offset():
        n["off"] += 1
        return n["off"]
    w.new_message_id = offset

    scada = w.service("scada", glog, errors=lambda c, e: c.log.error(f"handler failed: {e}", logger="kafka_source.cc:211"))
    alarms = w.service("alarms", faust, errors=lambda c, e: c.log.error(f"[^---AgentTask*: alarms.agents.classify]: Crashed reason=RuntimeError('{e}')\nTraceback (most recent call last):\n  File \"/usr/lib/python3.11/site-packages/faust/agents/agent.py\", line 674, in _execute_actor\n    await coro\nRuntimeError: {e}"))
    control = w.service("control", hclog, errors=lambda c, e: c.log.error("consumer error", logger="control.bus", error=str(e)))
    wo = w.service("workorders", corr, errors=lambda c, e: c.log.error(f"unhandled: {e!r}", logger="workorders.consumer", ln=58))
    crew = w.service("crew", sanic, errors=lambda c, e: c.log.error(f"Exception occurred in one of the consumers: {e}"))
    parts = w.service("parts", odoo, errors=lambda c, e: c.log.error(f"Exception during queue job\nTraceback (most recent call last):\n  File \"/opt/odoo/addons/queue_job/controllers/main.py\", line 43, in _try_perform_job\n    job.perform()\nRuntimeError: {e}", logger="odoo.addons.queue_job.controllers.main"))
    fc = w.service("forecast", colorless)
    curt = w.service("curtail", rfc5424, errors=lambda c, e: c.log.error(f"ack handler: {e}"))
    notif = w.service("notifier", procr, errors=lambda c, e: c.log.error(f"Job failed with exception: {e}", logger="procrastinate.worker"))
    hist = w.service("historian", telegraf, errors=lambda c, e: c.log.error(f"Error writing to outputs.influxdb_v2: {e}", logger="agent"))

    waits, w.wos, w.turbines, orders, blade = {}, {}, [(p, f"{p[0]}{i + 1:02d}") for p, k in PARKS.items() for i in range(k)], {}, {}

    # ------------------------------------------------------------ scada: events out, commands in
    @scada.http("OPCUA Event")
    async def event(c, b):
        t, code = b["turbine"], b["code"]
        c.log(("WARN" if CODES[code][1] == "B" else "INFO"), f"{t}: event {code} '{CODES[code][0]}' active", logger="opc_session.cc:340")
        async with c.producer("turbine.alarms") as p:
            o = await p.send({"turbine": t, "park": b["park"], "code": code})
            if c.rng.random() < 0.6: p.log.info(f"delivered to turbine.alarms [0] at offset {o}", logger="kafka_sink.cc:97")
        return 200, {}

    def execute(topic, delay, what):
        @scada.consumer(topic)
        async def run(c, m):
            b = m.body
            if b.get("op") != "setpoint": c.log.info(f"{b['turbine']}: {b['op']} requested by {b['cmd']}", logger="command.cc:58", incoming=True)
            async with c.span("opc write", "CLIENT") as s:
                await s.work(delay, 0.6)
                ok = c.rng.random() > 0.1
                (s.log.info if ok else s.log.warning)(f"WriteValue ns=4;s={b['turbine']}.{what} -> {'Good' if ok else 'BadTimeout'}", logger="opc_client.cc:129")
            async with c.producer(topic.replace("cmd", "ack")) as p:
                await p.send({**b, "ok": ok})
                if b.get("op") == "setpoint" and c.rng.random() < 0.5: p.log.info(f"{b['turbine']} at {b['pct']}% {'ok' if ok else 'NOT reached'}", logger="command.cc:83")
    execute("turbine.cmd", 420, "Cmd")
    execute("setpoint.cmd", 180, "PowerRef")

    @scada.every(3)
    async def telemetry(c):
        park = c.rng.choice(list(PARKS))
        async with c.span("opc read", "CLIENT") as s:
            await s.work(60)
        async with c.producer("telemetry") as p:
            await p.send({"park": park, "n": PARKS[park] * 14})
            p.log.debug(f"{park}: {PARKS[park] * 14} values", logger="sampler.cc:66")
    scada.noise(4, lambda l: l.info(f"session {w.rng.randrange(1, 21)} keepalive, state Running", logger="opc_session.cc:118"))

    # ------------------------------------------------------------ alarms: faust
    @alarms.consumer("turbine.alarms", retries=2, retry_ms=300)
    async def classify(c, m):
        b = m.body
        n["alarm"] += 1
        aid = n["alarm"]
        text, sev = CODES[b["code"]]
        async with c.span("rocksdb get", "CLIENT") as s:
            await s.work(1.5)
        c.log.info(f"alarm #{aid} {b['turbine']} code={b['code']} sev={sev} offset={m.id}", incoming=True)
        blade[aid] = b["turbine"]
        if sev == "A":
            for k in (1, 2):
                async with c.client("control", f"POST /turbines/{b['turbine']}/commands") as h:
                    st, a = await h.send({"op": "reset", "reason": f"alarm {aid}"})
                    h.log.info(f"reset {k}/2 of {b['turbine']}: {st} {a.get('cmd')}")
                if st == 200: break
                await sleep(600)
            if st == 200:
                async with c.producer("alarm.cleared") as p:
                    await p.send({"alarm": aid, "turbine": b["turbine"], "how": "auto"})
                    p.log.info(f"alarm #{aid} cleared automatically after {c.elapsed_ms() / 1000:.2f}s")
                return
            c.log.warning(f"alarm #{aid}: resets did not help")
        await c.publish("alarm.escalated", {"alarm": aid, "turbine": b["turbine"], "park": b["park"], "code": b["code"]})

    @alarms.consumer("wo.closed")
    async def clear(c, m):
        async with c.span("rocksdb put", "CLIENT") as s:
            await s.work(1.5)
        c.log.info(f"alarm #{m.body['alarm']} cleared by {m.body['wo']}", incoming=True)
    alarms.noise(5, lambda l: l.debug(f"[^--Fetcher]: drained {w.rng.randrange(0, 9)} tps, lag=0"))

    # ------------------------------------------------------------ control: request and reply over kafka
    async def command(c, turbine, op, why):
        n["cmd"] = (n["cmd"] + 37) % 65536
        cmd = f"c{n['cmd']:04x}"
        waits[cmd] = asyncio.get_running_loop().create_future()
        async with c.producer("turbine.cmd") as p:
            await p.send({"cmd": cmd, "turbine": turbine, "op": op})
            p.log.debug("command sent", logger="control.bus", cmd=cmd, turbine=turbine, op=op)
        try: ok = await asyncio.wait_for(waits[cmd], 1.3)
        except asyncio.TimeoutError: ok = None
        del waits[cmd]
        if ok: c.log.info("command done", logger="control.api", cmd=cmd, reason=why, took=f"{c.elapsed_ms():.0f}ms")
        else: c.log.warning("no answer from turbine" if ok is None else "turbine refused", logger="control.api", cmd=cmd, turbine=turbine)
        return cmd, ok

    @control.http("POST /turbines/{id}/commands")
    async def commands(c, b):
        t = b["_route"].split("/")[2]
        async with c.span("etcd lock", "CLIENT") as s:
            await s.work(5)
            if c.rng.random() < 0.6: s.log.debug("lock acquired", logger="control.lock", key=f"/turbines/{t}")
        c.log.debug("command requested", logger="control.api", turbine=t, op=b["op"], incoming=True)
        cmd, ok = await command(c, t, b["op"], b["reason"])
        return (200 if ok else 504 if ok is None else 409), {"cmd": cmd}

    @control.consumer("turbine.ack")
    async def ack(c, m):
        f = waits.get(m.body["cmd"])
        await c.work(0.8)
        late = not f or f.done()
        if late: c.log.info("late ack ignored", logger="control.bus", cmd=m.body["cmd"], incoming=True)
        else:
            c.log.debug("ack", logger="control.bus", cmd=m.body["cmd"], ok=str(m.body["ok"]).lower(), offset=m.id, incoming=True)
            f.set_result(m.body["ok"])
    control.noise(6, lambda l: l.debug("lease renewed", logger="control.lock", ttl="15s"))

    # ------------------------------------------------------------ workorders
    def rid(): return f"{w.ids.getrandbits(32):08x}"

    @wo.consumer("alarm.escalated")
    async def plan(c, m):
        b, k = m.body, {"rid": rid()}
        n["wo"] += 1
        no = f"WO{n['wo']:05d}"
        c.log.info(f"planning {no} for {b['turbine']} (alarm {b['alarm']}, {CODES[b['code']][0].lower()})", logger="workorders.planner", ln=71, incoming=True, **k)
        async def get(target, route, body, what):
            async with c.client(target, route) as h:
                st, a = await h.send({**body, "rid": k["rid"]})
                if what != "crew" or st != 200: h.log.info(f'HTTP Request: {route.split(" ")[0]} http://{target}{route.split(" ")[1]} "HTTP/1.1 {st} {"OK" if st == 200 else "Conflict"}"', logger="httpx", ln=1740, **k)
                return st, a
        (s1, who), (s2, res), (s3, win) = await asyncio.gather(
            get("crew", "POST /reservations", {"park": b["park"], "order": no}, "crew"),
            get("parts", "POST /jsonrpc", {"method": "reserve", "code": b["code"], "origin": no}, "parts"),
            get("forecast", f"GET /windows/{b['park']}", {}, "weather"))
        state = "planned"
        if s2 != 200:
            state = "waiting_parts"
            c.log.warning(f"{no}: part out of stock, giving technician {who['tech']} back", logger="workorders.planner", ln=96, **k)
            await c.call("crew", f"DELETE /reservations/{no}", {})
        async with c.span("INSERT work_order", "CLIENT") as s:
            await s.work(6)
            s.log.debug(f"INSERT INTO work_order (no, turbine, alarm_id, state) VALUES ('{no}', '{b['turbine']}', {b['alarm']}, '{state}')", logger="asyncpg", ln=40, **k)
        w.wos[no] = {"state": state, "turbine": b["turbine"], "alarm": b["alarm"], "res": res.get("picking")}
        async with c.producer("wo.planned") as p:
            await p.send({"wo": no, "turbine": b["turbine"], "tech": who["tech"] if state == "planned" else None, "start": win["start"]})
            if state == "planned": p.log.info(f"{no} planned: technician {who['tech']}, {res['picking']}, window {win['start']}", logger="workorders.planner", ln=112, **k)

    @wo.http("GET /orders/{no}")
    async def show(c, b):
        async with c.span("SELECT work_order", "CLIENT") as s:
            await s.work(3)
        c.log.info(f'10.20.1.4:{c.rng.randrange(30000, 60000)} - "{b["_route"]} HTTP/1.1" 200', logger="uvicorn.access", ln=473, rid=rid(), incoming=True)
        return 200, {}

    @wo.http("POST /orders/{no}/complete")
    async def complete(c, b):
        no, k = b["_route"].split("/")[2], {"rid": b["rid"]}
        x = w.wos[no]
        c.log.info(f"{no} reported complete by technician {b['tech']}", logger="workorders.api", ln=133, incoming=True, **k)
        async with c.client("control", f"POST /turbines/{x['turbine']}/commands") as h:
            st, a = await h.send({"op": "start", "reason": no})
            h.log.info(f"start of {x['turbine']} -> {st}", logger="workorders.api", ln=140, **k)
        if st != 200:
            c.log.error(f"{no} stays open, {x['turbine']} did not start", logger="workorders.api", ln=144, **k)
            return 409, {}
        x["state"] = "closed"
        async with c.span("UPDATE work_order", "CLIENT") as s:
            await s.work(5)
            s.log.debug(f"UPDATE work_order SET state='closed' WHERE no='{no}'", logger="asyncpg", ln=40, **k)
        await c.publish("wo.closed", {"wo": no, "alarm": x["alarm"], "turbine": x["turbine"], "picking": x["res"]})
        return 200, {}

    @wo.consumer("forecast.ready")
    async def replan(c, m):
        await c.work(12)
        c.log.info(f"windows refreshed from run {m.body['run']}", logger="workorders.consumer", ln=30, incoming=True)
    wo.noise(6, lambda l: l.info('10.20.1.1:52110 - "GET /livez HTTP/1.1" 200', logger="uvicorn.access", ln=473))

    # ------------------------------------------------------------ crew
    def acc(c, b, st): c.log.info(f"{b['_route'].split(' ')[0]} http://crew:8000{b['_route'].split(' ')[1]}", st=st, size=c.rng.randrange(20, 300), incoming=True)

    @crew.http("POST /reservations")
    async def reserve(c, b):
        async with c.span("mongo findAndModify", "CLIENT") as s:
            await s.work(7)
            tech = c.rng.randrange(10, 40)
            if c.rng.random() < 0.6: s.log.debug(f"technicians.find_one_and_update park={b['park']} -> {tech}")
        acc(c, b, 200)
        return 200, {"tech": tech}

    @crew.http("DELETE /reservations/{no}")
    async def unreserve(c, b):
        await c.work(5)
        acc(c, b, 204)
        return 204, {}

    @crew.http("POST /jobs/{no}/complete")
    async def finish(c, b):
        no = b["_route"].split("/")[2]
        c.log.info(f"technician {b['tech']} checks out of {no}, {b['photos']} photos")
        async with c.client("workorders", f"POST /orders/{no}/complete") as h:
            st, _ = await h.send({"tech": b["tech"], "rid": rid()})
            if st != 200: h.log.warning(f"workorders answered {st} for {no}")
        acc(c, b, st)
        return st, {}

    @crew.consumer("wo.planned")
    async def assign(c, m):
        b = m.body
        if b["tech"] is None: return
        async with c.span("POST fcm/send", "CLIENT") as s:
            await s.work(110, 0.5)
            s.log.debug(f"fcm 200 projects/crew/messages/{c.rng.getrandbits(48):012x}")
        c.log.info(f"job {b['wo']} is on the phone of technician {b['tech']}", incoming=True)
    crew.noise(7, lambda l: l.info("GET http://crew:8000/ready", st=200, size=2))

    # ------------------------------------------------------------ parts: Odoo
    @parts.http("POST /jsonrpc")
    async def rpc(c, b):
        async with c.span("SELECT stock_quant", "CLIENT") as s:
            await s.work(16, 0.5)
            s.log.debug(f"query: SELECT id, quantity, reserved_quantity FROM stock_quant WHERE product_id = {b['code'] * 3} FOR UPDATE NOWAIT", logger="odoo.sql_db")
        n["out"] += 1
        pick = f"WH/OUT/{n['out']:05d}"
        ok = c.rng.random() > 0.15
        if ok: c.log.info(f"{pick} assigned, origin {b['origin']}", logger="odoo.addons.stock.models.stock_picking")
        else: c.log.warning(f"no quantity available for default_code SP-{b['code']}, origin {b['origin']}", logger="odoo.addons.stock.models.stock_move")
        c.log.info(f'10.20.1.4 - - [{datetime.datetime.fromtimestamp(w.ns() // NS, datetime.timezone.utc):%d/%b/%Y %H:%M:%S}] "POST /jsonrpc HTTP/1.1" {200 if ok else 409} - {c.rng.randrange(4, 30)} {c.rng.uniform(0.002, 0.02):.3f} {c.elapsed_ms() / 1000:.3f}', logger="werkzeug", incoming=True)
        return (200, {"picking": pick}) if ok else (409, {})

    @parts.consumer("wo.closed")
    async def consume(c, m):
        async with c.span("UPDATE stock_move", "CLIENT") as s:
            await s.work(14)
        c.log.info(f"{m.body['picking'] or 'nothing'} validated for {m.body['wo']}", logger="odoo.addons.stock.models.stock_picking", incoming=True)
    parts.noise(6, lambda l: l.info(w.rng.choice(["Starting job `Procurement: run scheduler`.", "Job done: `Procurement: run scheduler` (0.041s)."]), logger="odoo.addons.base.models.ir_cron"))

    # ------------------------------------------------------------ forecast
    @fc.http("GET /windows/{park}")
    async def windows(c, b):
        park = b["_route"].split("/")[-1]
        await c.work(38, 0.6)
        start = f"{c.rng.randrange(5, 17):02d}:{c.rng.choice(['00', '30'])}"
        c.log.info(f"window for {park}: {start}, wind {c.rng.uniform(3, 9):.1f} m/s", logger="forecast.windows", incoming=True)
        return 200, {"start": start}

    @fc.every(9, first=3)
    async def run_models(c):
        n["run"] += 1
        run = f"icon-eu-{w.base // NS % 97:02d}{n['run']:02d}"
        c.log.info(f'Running job "run_models (trigger: interval[0:00:09])" (scheduled at {datetime.datetime.fromtimestamp(w.ns() // NS, datetime.timezone.utc):%Y-%m-%d %H:%M:%S+00:00})', logger="apscheduler.executors.default")
        for k in (1, 2, 3):
            async with c.span("GET opendata grib", "CLIENT") as s:
                await s.work(260, 0.5)
                if c.rng.random() < 0.2: s.log.warning(f"Backing off download(...) for {0.4 * k:.1f}s (requests.exceptions.ChunkedEncodingError: Connection broken: IncompleteRead({c.rng.randrange(9999)} bytes read))", logger="backoff")
                else:
                    s.log.debug(f"{run}: {c.rng.randrange(20, 90)} MB fetched", logger="forecast.grib")
                    break
            await sleep(400 * k)
        async def park(p):
            async with c.span("predict " + p) as s:
                await s.work(140)
                s.log.info(f"{p}: {s.rng.uniform(5, 95):.1f} MW at +6h, run {run}", logger="forecast.model")
        await asyncio.gather(*[park(p) for p in PARKS])
        async with c.producer("forecast.ready") as q:
            await q.send({"run": run})
        c.log.info('Job "run_models (trigger: interval[0:00:09])" executed successfully', logger="apscheduler.executors.default")
    fc.noise(8, lambda l: l.debug("Looking for jobs to run", logger="apscheduler.scheduler"))

    # ------------------------------------------------------------ curtail: fan-out, join, callback
    @curt.http("POST /dispatch")
    async def dispatch(c, b):
        n["ord"] += 1
        oid = f"RD{n['ord']:04d}"
        ts = [t for p, t in w.turbines if p == b["park"]][: c.rng.randrange(2, 6)]
        c.log.info(f"dispatch {oid} grid_ref={b['ref']} park={b['park']} limit={b['pct']}% turbines={len(ts)}", mid="DISPATCH", incoming=True)
        orders[oid] = {"left": len(ts), "bad": 0, "ref": b["ref"], "c": c}
        async with c.span("INSERT dispatch", "CLIENT") as s:
            await s.work(6)
        async def one(t):
            async with c.producer("setpoint.cmd") as p:
                await p.send({"op": "setpoint", "turbine": t, "pct": b["pct"], "cmd": oid})
                p.log.debug(f"setpoint {t}={b['pct']} ({oid})", mid="SETPOINT")
        await asyncio.gather(*[one(t) for t in ts])
        return 202, {"id": oid}

    @curt.consumer("setpoint.ack")
    async def acked(c, m):
        b = m.body
        x = orders[b["cmd"]]
        x["left"] -= 1
        x["bad"] += not b["ok"]
        await c.work(2)
        if x["left"]:
            if not b["ok"] or c.rng.random() < 0.6: c.log(("INFO" if b["ok"] else "WARN"), f"ack {b['turbine']} ok={int(b['ok'])} missing={x['left']}", mid="ACK", incoming=True)
            return
        c.log.info(f"{b['cmd']} all turbines answered, {x['bad']} failed", mid="JOIN", incoming=True)
        for k in (1, 2, 3):
            async with c.span("POST tso callback", "CLIENT") as s:
                await s.work(190, 0.5)
                ok = c.rng.random() > 0.1
                s.log(("INFO" if ok else "WARN"), f"callback {x['ref']} try {k}: {'204' if ok else 'ConnectTimeout'}", mid="TSO")
            if ok: break
            await sleep(500)
        await c.publish("dispatch.done", {"id": b["cmd"], "bad": x["bad"]})

    @curt.consumer("forecast.ready")
    async def reload(c, m):
        await c.work(5)
        if c.rng.random() < 0.5: c.log.debug(f"feed-in table replaced, {m.body['run']}", mid="TABLE", incoming=True)
    curt.noise(6, lambda l: l.info("heartbeat to grid operator ok", mid="HB"))

    # ------------------------------------------------------------ notifier: procrastinate
    def notify(topic, name, text, channel_ms):
        @notif.consumer(topic, concurrency=4)
        async def job(c, m):
            n["job"] += 1
            call = f"{name}[{n['job']}]({text(m.body)})"
            c.log.info(f"Starting job {call}", logger="procrastinate.worker", incoming=True)
            async with c.span("POST sms/mail", "CLIENT") as s:
                await s.work(channel_ms, 0.5)
                if c.rng.random() < 0.5: s.log.debug(f"gateway accepted, sid SM{c.rng.getrandbits(64):016x}", logger="notifier.gateway")
            c.log.info(f"Job {call} ended with status: Success, lasted {c.elapsed_ms() / 1000:.3f} s", logger="procrastinate.worker")
    notify("alarm.cleared", "mail_operator", lambda b: f"alarm={b['alarm']}, turbine='{b['turbine']}'", 90)
    notify("wo.planned", "sms_park_manager", lambda b: f"order='{b['wo']}'", 130)
    notify("wo.closed", "mail_owner", lambda b: f"order='{b['wo']}', turbine='{b['turbine']}'", 90)
    notif.noise(7, lambda l: l.debug("Waiting for new jobs on queues default", logger="procrastinate.worker"))

    # ------------------------------------------------------------ historian
    def write(topic, f):
        @hist.consumer(topic)
        async def put(c, m):
            await c.work(6)
            c.log.debug(f(m.body, c), logger="outputs.influxdb_v2", incoming=True)
    write("telemetry", lambda b, c: f"Wrote batch of {b['n']} metrics in {c.elapsed_ms():.6f}ms")
    write("dispatch.done", lambda b, c: f"Wrote annotation {b['id']}")
    write("alarm.cleared", lambda b, c: f"Wrote annotation alarm/{b['alarm']}")
    hist.noise(6, lambda l: l.debug(f"Buffer fullness: {w.rng.randrange(0, 40)} / 10000 metrics", logger="outputs.influxdb_v2"))


async def load(w):
    r = w.rng
    async def one(i):
        x = r.random()
        if x < 0.55 or not w.wos:
            p, t = r.choice(w.turbines)
            await w.start("scada", "OPCUA Event", {"turbine": t, "park": p, "code": r.choice(list(CODES))})
        elif x < 0.72:
            await w.start("curtail", "POST /dispatch", {"park": r.choice(list(PARKS)), "pct": r.choice([0, 30, 60, 100]), "ref": f"TTG-{r.randrange(10 ** 6):06d}"})
        elif x < 0.9:
            no = r.choice([k for k, v in w.wos.items() if v["state"] == "planned"] or [None])
            if no:
                w.wos[no]["state"] = "finishing"
                await w.start("crew", f"POST /jobs/{no}/complete", {"tech": r.randrange(10, 40), "photos": r.randrange(0, 9)})
        else: await w.start("workorders", f"GET /orders/{r.choice(list(w.wos))}", {})
    await arrivals(w, 170, 5, one)
    await sleep(3000)

record(build, load, "v_windfarm")
