"""Fleet telematics: boxes in lorries send frames, frames become positions and signals, rules raise alerts, alerts go to drivers and dispatchers,
unanswered ones climb an escalation ladder, trouble codes book a workshop, boxes are commanded and answer with frames of their own, a job ends trips."""
import json
from world import *

us = lambda r: "%06d" % r.time.microsecond
ms3 = lambda r: "%03d" % (r.time.microsecond // 1000)


def rsyslog(r):         # boxd: a C daemon, traditional syslog with seconds
    i = f" <{r.trace_id}/{r.span_id}>" if r.trace_id else ""
    p = f" ctx={r.incoming}" if r.incoming else ""
    pre = {"DEBUG": "debug: ", "INFO": "", "WARN": "warning: ", "ERROR": "error: "}[r.level]
    return f"{r.time:%b} {r.time.day:2d} {r.time:%H:%M:%S} tlm-in2 boxd[{r.pid}]: {pre}{r.message}{i}{p}"


def envlog(r):          # normal: Rust env_logger with key values
    kv = dict(r.fields)
    if r.trace_id: kv |= {"trace_id": r.trace_id, "span_id": r.span_id}
    if r.incoming_parent: kv["parent_id"] = r.incoming_parent
    return f"[{isoz(r, 6)} {r.level:<5} normal::{r.logger}] {r.message}" + "".join(f" {k}={v}" for k, v in kv.items())


def flink(r):           # rules: Log4j in a Flink-ish job
    mdc = f" [{r.trace_id}|{r.span_id}{'|' + r.incoming_parent if r.incoming_parent else ''}]" if r.trace_id else " [|]"
    return f"{r.time:%Y-%m-%d %H:%M:%S},{ms3(r)} {r.level:<5} {r.logger:<44} [rules (1/4)#{r.thread}]{mdc} - {r.message}"


def logrusj(r):         # zones: logrus JSON
    d = {**r.fields, "level": r.level.lower().replace("warn", "warning"), "msg": r.message, "time": isoz(r, 9)}
    if r.trace_id: d |= {"trace": f"{r.trace_id}-{r.span_id}"}
    if r.incoming: d["parent"] = r.incoming
    return json.dumps(dict(sorted(d.items())), separators=(",", ":"))


def bunyan(r):          # alerts
    d = {"name": "alerts", "hostname": "ah-7", "pid": r.pid, "level": dict(DEBUG=20, INFO=30, WARN=40, ERROR=50)[r.level], "component": r.logger, **r.fields, "msg": r.message, "time": isoz(r)}
    if r.trace_id: d["ids"] = {"t": r.trace_id, "s": r.span_id}
    if r.incoming_parent: d["ids"]["p"] = r.incoming_parent
    return json.dumps(d | {"v": 0}, separators=(",", ":"))


def traefik(r):         # edge: Traefik's CLF, with its request number, router, server, ms; ids are added as quoted headers
    f = r.fields
    if "rt" not in f: return f'time="{isoz(r, 0)}" level={r.level.lower()} msg="{r.message}"'
    t = r.time - datetime.timedelta(milliseconds=f["t"])
    i = f'"{r.trace_id}" "{r.span_id}"' if r.trace_id else '"-" "-"'
    return f"172.18.0.{f['n'] % 30} - - [{t:%d/%b/%Y:%H:%M:%S} +0000] \"{f['rt']} HTTP/2.0\" {f['s']} {f['n'] % 900} {i} {f['n']} \"{f['be']}@docker\" \"http://10.0.1.{f['n'] % 7}:8080\" {f['t']}ms"


def pyjson(r):          # courier
    d = {"asctime": f"{r.time:%Y-%m-%d %H:%M:%S},{ms3(r)}", "levelname": r.level.replace("WARN", "WARNING"), "name": "courier." + r.logger, "message": r.message}
    if r.trace_id: d |= {"otelTraceID": r.trace_id, "otelSpanID": r.span_id, "otelServiceName": "courier"}
    if r.incoming: d["traceparent"] = r.incoming
    return json.dumps(d | r.fields)


def netcon(r):          # ladder: the simple console of .NET, two lines a record
    sc = f"\n      => SpanId:{r.span_id}, TraceId:{r.trace_id}, ParentId:{r.incoming_parent or '0000000000000000'}" if r.trace_id else ""
    return f"{isoz(r)} {dict(DEBUG='dbug', INFO='info', WARN='warn', ERROR='fail')[r.level]}: Ladder.{r.logger}[{r.fields.get('ev', 0)}]{sc}\n      {r.message}"


def django(r):          # workshop
    i = f" trace_id={r.trace_id} span_id={r.span_id}" if r.trace_id else ""
    p = f" parent={r.incoming_parent}" if r.incoming_parent else ""
    return f"{r.level.replace('WARN', 'WARNING')} {r.time:%Y-%m-%d %H:%M:%S},{ms3(r)} {r.logger} {r.pid} {140000 + r.thread}{i}{p} {r.message}"


def perl(r):            # logbook: print statements with epoch times
    i = f" t={r.trace_id} s={r.span_id}" if r.trace_id else ""
    return f"{r.ns // NS}.{us(r)[:3]} {r.message}{i}" + (f" via={r.incoming}" if r.incoming else "")


def build(w):
    w.network_ms, w.broker_ms = 0.7, 5
    w.new_message_id = lambda: f"{w.ids.randrange(4)}-{w.ids.randrange(10**5, 10**6)}"
    n = {"alert": 7400, "cmd": 0, "job": 320, "trip": 15000, "fr": 0}
    def up(k, by=1):
        n[k] += by
        return n[k]
    w.alerts, w.cmds, w.replies, w.live = {}, {}, {}, {}
    recent = {}

    box = w.service("boxd", rsyslog)
    nor = w.service("normal", envlog, errors=lambda c, e: c.log.error(f"dropping record: {e}", logger="consume"))
    rul = w.service("rules", flink, errors=lambda c, e: c.log.error(f"Exception in operator chain\njava.lang.RuntimeException: {e}\n\tat com.fleetly.rules.SignalFunction.processElement(SignalFunction.java:143)", logger="o.a.flink.runtime.taskmanager.Task"))
    zon = w.service("zones", logrusj, errors=lambda c, e: c.log.error("process", error=str(e)))
    ale = w.service("alerts", bunyan, errors=lambda c, e: c.log.error("consumer error", logger="amqp", err={"message": str(e), "name": "Error"}))
    edge = w.service("edge", traefik)
    cou = w.service("courier", pyjson, errors=lambda c, e: c.log.error("unhandled", logger="worker", exc_info=f"RuntimeError: {e}"))
    lad = w.service("ladder", netcon, errors=lambda c, e: c.log.error(f"Unhandled exception in consumer: {e}", logger="Worker", ev=9))
    wor = w.service("workshop", django, errors=lambda c, e: c.log.error(f"Internal error: {e}", logger="celery.app.trace"))
    log = w.service("logbook", perl, errors=lambda c, e: c.log.error(f"died: {e} at logbook.pl line 88."))

    # ---- the box daemon: one frame, one transaction
    @box.http("POST /frame")
    async def frame(c, b):
        imei = b["imei"]
        seq = up("fr")
        async with c.span("check crc") as s:
            await s.work(0.5)
            s.log.debug(f"{imei}: crc ok, preamble 00000000")
            if s.rng.random() < 0.02:
                s.log.warning(f"{imei}: crc mismatch, frame {seq} thrown away")
                return 400, {}
        c.log.info(f"{imei} frame {seq} len {b['len']} codec 8E", incoming=True)
        await c.publish("frames", {"imei": imei, "seq": seq, "io": b["io"]}, producer_span=seq % 2 == 0)
        if "ack" in b:
            async with c.producer("cmd.replies") as p:
                p.log.info(f"{imei} answers command {b['ack']}")
                await p.send({"imei": imei, "cmd": b["ack"]})
        return 200, {}

    @box.consumer("cmd.out")
    async def down(c, m):
        await c.work(12)
        c.log.info(f"cmd {m.body['cmd']} \"{m.body['text']}\" -> {m.body['imei']}", incoming=True)
        w.box_got(m.body["imei"], m.body["cmd"])
    box.noise(4, lambda l: l.debug(f"{w.rng.randrange(180, 260)} sockets, {w.rng.randrange(9)} half open"))

    # ---- normaliser
    @nor.consumer("frames", concurrency=8)
    async def decode(c, m):
        x = m.body
        async with c.span("decode avl") as s:
            await s.work(1.5)
            if s.rng.random() < 0.5: s.log.debug("decoded", logger="avl", imei=x["imei"], seq=x["seq"], elements=len(x["io"]) + 5)
        async with c.span("redis HGET", "CLIENT") as r:
            await r.work(0.8)
            if r.rng.random() < 0.7: r.log.debug("hget", logger="cache", key=f"imei:{x['imei']}", hit="true")
        plate = w.plate(x["imei"])
        async def position():
            async with c.producer("positions") as p:
                p.log.debug("position", logger="emit", veh=plate, frame=x["seq"])
                await p.send({"veh": plate, "seq": x["seq"], "v": x["io"].get("speed", 0), "go": x["io"].get("ign", 1)})
        async def signals():
            for k in [k for k in x["io"] if k in ("speed", "dtc", "temp", "shock")]:
                async with c.producer("signals") as p:
                    off = await p.send({"veh": plate, "seq": x["seq"], "kind": k, "value": x["io"][k]})
                    p.log.debug("signal", logger="emit", veh=plate, kind=k, off=off)
        await asyncio.gather(position(), signals())
        c.log.info("normalised", logger="consume", veh=plate, frame=x["seq"], us=int(c.elapsed_ms() * 1000), incoming=True)
    nor.noise(6, lambda l: l.info("lag", logger="kafka", partition=w.rng.randrange(4), lag=w.rng.randrange(20)))

    # ---- rules
    F = "com.fleetly.rules.SignalFunction"

    @rul.consumer("signals")
    async def signal(c, m):
        x = m.body
        limit = {"speed": 89, "temp": 8, "shock": 3, "dtc": "P0"}[x["kind"]]
        await c.work(1)
        hit = x["value"] > limit if x["kind"] != "dtc" else True
        if not hit:
            if c.rng.random() < 0.75: c.log.debug(f"{x['veh']} {x['kind']}={x['value']} below {limit}", logger=F, incoming=True)
            return
        c.log.info(f"Rule {x['kind'].upper()}_LIMIT fired for vehicle {x['veh']}: {x['value']} (limit {limit})", logger=F, incoming=True)
        async with c.span("state put", "CLIENT") as s:
            await s.work(2)
        async with c.producer("rule.fired") as p:
            o = await p.send({"veh": x["veh"], "rule": x["kind"], "value": x["value"]})
            p.log.debug(f"rule.fired for {x['veh']} acknowledged at {o}", logger="com.fleetly.rules.FiredSink")
    rul.noise(5, lambda l: l.info(f"Completed checkpoint {w.rng.randrange(4000, 5000)} ({w.rng.randrange(90000)} bytes in 31 ms).", logger="o.a.f.r.checkpoint.CheckpointCoordinator"))

    # ---- zones
    @zon.consumer("positions")
    async def zone(c, m):
        async with c.span("postgis", "CLIENT") as d:
            await d.work(5)
            if d.rng.random() < 0.85: d.log.debug("ST_Covers", rows=d.rng.randrange(3), plate=m.body["veh"])
        z = c.rng.random()
        if z < 0.5: c.log.debug("no crossing", plate=m.body["veh"], incoming=True)
        if z > 0.75:
            name = c.rng.choice(["Depot Nord", "Ferry quay", "No-go 14"])
            c.log.info("zone entered" if z > 0.87 else "zone left", zone=name, plate=m.body["veh"], seq=m.body["seq"], incoming=True)
            async with c.producer("zone.crossed") as p:
                await p.send({"veh": m.body["veh"], "zone": name, "in": z > 0.87})
        if z > 0.95:
            await c.publish("rule.fired", {"veh": m.body["veh"], "rule": "zone", "value": 1})
    zon.noise(7, lambda l: l.info("polygons reloaded", count=w.rng.randrange(300, 320)))

    # ---- alerts
    async def tell_all(c, aid, veh, rule, to):
        async def one(ch):
            async with c.producer("notify") as p:
                mid = await p.send({"alert": aid, "veh": veh, "rule": rule, "channel": ch})
                if ch != "desk": p.log.debug(f"notify {ch}", logger="fanout", alertId=aid, mid=mid)
        await asyncio.gather(*[one(ch) for ch in to])

    @ale.consumer("rule.fired", retries=2, retry_ms=150)
    async def raise_(c, m):
        x = m.body
        k = (x["veh"], x["rule"])
        if w.ns() - recent.get(k, 0) < 3 * NS:
            c.log.debug("suppressed", logger="dedup", vehicle=x["veh"], rule=x["rule"], incoming=True)
            return
        if c.rng.random() < 0.04 and m.attempt == 1:
            c.log.warning("mongo not primary, nack", logger="store", vehicle=x["veh"], redelivered=False)
            raise Exception("not primary")
        recent[k] = w.ns()
        aid = f"al-{up('alert'):x}"
        async with c.span("mongo insert", "CLIENT") as d:
            await d.work(4)
            if d.rng.random() < 0.6: d.log.debug("insertOne alerts", logger="store", alertId=aid, took=round(d.elapsed_ms(), 1))
        w.alerts[aid] = {"veh": x["veh"], "acked": False, "rule": x["rule"]}
        c.log.info("alert.raised", logger="core", alertId=aid, vehicle=x["veh"], rule=x["rule"], severity=2 if x["rule"] in ("dtc", "temp") else 1, incoming=True)
        await tell_all(c, aid, x["veh"], x["rule"], ["driver", "desk"])
        async with c.producer("alert.raised") as p:
            p.log.debug("emit alert.raised", logger="amqp", alertId=aid)
            await p.send({"alert": aid, "veh": x["veh"], "rule": x["rule"], "value": x["value"]})
        w.raised(aid)

    @ale.http("POST /alerts/{id}/ack")
    async def ack(c, b):
        aid = b["_route"].split("/")[2]
        async with c.span("mongo update", "CLIENT") as d:
            await d.work(4)
        was = w.alerts[aid]["acked"]
        w.alerts[aid]["acked"] = True
        c.log.info("alert.acked" if not was else "ack repeated", logger="http", alertId=aid, by=b["user"], incoming=True)
        if not was: await c.publish("alert.acked", {"alert": aid, "by": b["user"]})
        return 200, {}

    @ale.http("GET /alerts/{id}")
    async def one(c, b):
        await c.work(3)
        c.log.debug("request finish", logger="http", req={"url": b["_route"].split(" ")[1]}, statusCode=200, ms=round(c.elapsed_ms(), 1), incoming=True)
        return 200, {}

    @ale.consumer("alert.climbed")
    async def climb(c, m):
        c.log.info("alert.climbed", logger="core", alertId=m.body["alert"], rung=m.body["rung"], incoming=True)
        await tell_all(c, m.body["alert"], m.body["veh"], "climb", ["manager"])
    ale.noise(6, lambda l: l.debug("ws clients", logger="ws", count=w.rng.randrange(5, 30)))

    # ---- courier
    @cou.consumer("notify", retries=2, retry_ms=400, concurrency=10)
    async def carry(c, m):
        x = m.body
        if x["channel"] == "desk":
            await c.work(3)
            c.log.info("pushed to desk", logger="ws", alert=x["alert"])
            return
        c.log.info("sending", logger="worker", alert=x["alert"], channel=x["channel"], delivery=m.id, attempt=m.attempt, incoming=True)
        async with c.span("POST fcm" if x["channel"] == "driver" else "POST sms", "CLIENT") as k:
            await k.work(80 if x["channel"] == "driver" else 210, 0.5)
            if k.rng.random() < 0.07:
                k.log.warning("provider answered 503", logger="http", alert=x["alert"], elapsed_ms=int(k.elapsed_ms()))
                if m.attempt < 3: raise Exception("503")
            else: k.log.debug("provider answered 200", logger="http", elapsed_ms=int(k.elapsed_ms()))
        c.log.info("sent", logger="worker", alert=x["alert"], channel=x["channel"])
    cou.noise(8, lambda l: l.debug("token cache refreshed", logger="fcm"))

    # ---- ladder: waits in the same span's context, unless acknowledged
    timers = {}

    @lad.consumer("alert.raised")
    async def watch(c, m):
        a = m.body["alert"]
        timers[a] = asyncio.Event()
        await c.work(2)
        c.log.debug(f"Timer armed for {a}", logger="Timers", ev=10, incoming=True)
        async def wait():
            for rung in (1, 2):
                try:
                    await asyncio.wait_for(timers[a].wait(), 2.2 * rung)
                    return
                except asyncio.TimeoutError:
                    async with c.span("climb") as s:
                        async with s.span("UPDATE ladder", "CLIENT") as d:
                            await d.work(3)
                        s.log.warning(f"Nobody acknowledged {a}, climbing to rung {rung}", logger="Timers", ev=20)
                        async with s.producer("alert.climbed") as p:
                            await p.send({"alert": a, "veh": m.body["veh"], "rung": rung})
                            p.log.debug(f"Sent alert.climbed {a}/{rung}", logger="Bus", ev=30)
        c.spawn(wait())

    @lad.consumer("alert.acked")
    async def stop(c, m):
        await c.work(1.5)
        t = timers.get(m.body["alert"])
        if t: t.set()
        c.log.info(f"Timer of {m.body['alert']} stopped by {m.body['by']}", logger="Timers", ev=11, incoming=True)
    lad.noise(9, lambda l: l.debug("Heartbeat", logger="Worker"))

    # ---- workshop: trouble codes only
    @wor.consumer("alert.raised")
    async def book(c, m):
        x = m.body
        if x["rule"] != "dtc":
            await c.work(0.5)
            return
        c.log.info(f"Task workshop.tasks.book[{m.id}] received", logger="celery.worker.strategy", incoming=True)
        job = f"WO#{up('job')}"
        async with c.span("SELECT service_history", "CLIENT") as d:
            await d.work(7)
            d.log.debug(f"(0.00{d.rng.randrange(3, 9)}) SELECT ... FROM fleet_service WHERE plate = '{x['veh']}'; args=('{x['veh']}',)", logger="django.db.backends")
        async with c.span("GET dealer/slots", "CLIENT") as k:
            await k.work(230, 0.5)
            k.log.info(f"dealer offers {k.rng.randrange(1, 6)} slots for {x['veh']}", logger="workshop.dealer")
        async with c.span("INSERT order", "CLIENT") as d:
            await d.work(5)
        c.log.info(f"{job} booked: vehicle {x['veh']}, code {x['value']} (alert {x['alert']})", logger="workshop.tasks")
        async with c.producer("workshop.booked") as p:
            await p.send({"job": job, "veh": x["veh"], "alert": x["alert"]})
        c.log.info(f"Task workshop.tasks.book[{m.id}] succeeded in {c.elapsed_ms() / 1000:.6f}s: '{job}'", logger="celery.app.trace")
    wor.noise(7, lambda l: l.debug("beat: Waking up in 5.00 seconds.", logger="celery.beat"))

    # ---- logbook: hears much, writes little; ends trips
    for topic, text in (("zone.crossed", "{veh} {zone}"), ("workshop.booked", "{veh} gets {job}"), ("alert.acked", "{alert} seen by {by}")):
        @log.consumer(topic)
        async def note(c, m, text=text, topic=topic):
            await c.work(3)
            c.log.info(f"+ {topic} " + text.format(**m.body))

    @log.consumer("positions")
    async def trail(c, m):
        x = m.body
        async with c.span("copy points", "CLIENT") as d:
            await d.work(2)
            d.log.info(f"1 row into trail ({x['veh']}, {x['seq']})")
        t = w.live.get(x["veh"])
        if not t and x["go"]:
            w.live[x["veh"]] = t = {"no": up("trip"), "pts": 0, "last": 0}
            c.log.info(f"trip {t['no']} of {x['veh']} begins at point {x['seq']}", incoming=True)
        if t:
            t["pts"] += 1
            t["last"] = w.ns()
            if not x["go"]: t["over"] = c

    @log.every(4)
    async def end_of_trips(c):
        for veh, t in list(w.live.items()):
            if not t.get("over"): continue
            del w.live[veh]
            async with c.span("summarise trip") as s:
                s.link(t["over"])
                await s.work(30, 0.5)
                s.log.info(f"trip {t['no']} of {veh} over, {t['pts']} points, {s.rng.randrange(1, 400)} km")
                async with s.span("insert trip", "CLIENT") as d:
                    await d.work(6)
    log.noise(6, lambda l: l.info("vacuum trail: ok"))

    # ---- edge, and commands, which the people of "zones" look after
    @edge.http("ANY *")
    async def hop(c, b):
        p = b["_route"].split(" ")[1]
        be = "zones" if p.startswith("/vehicles") else "alerts"
        s, a = await c.call(be, b["_route"], {k: v for k, v in b.items() if k[0] != "_"}, client_span=False)
        c.log.info("", rt=b["_route"], s=s, n=c.rng.randrange(9000), be=be, t=int(c.elapsed_ms()))
        return s, a

    @zon.http("POST /vehicles/{imei}/commands")
    async def command(c, b):
        imei = b["_route"].split("/")[2]
        cid = f"{up('cmd'):04d}"
        w.replies[cid] = w.loop.create_future()
        c.log.info("command wanted", imei=imei, cmd=cid, text=b["text"], incoming=True)
        async with c.span("insert command", "CLIENT") as d:
            await d.work(4)
        await c.publish("cmd.out", {"imei": imei, "cmd": cid, "text": b["text"]})
        try:
            await asyncio.wait_for(w.replies[cid], 2)
            c.log.info("command done", cmd=cid, ms=int(c.elapsed_ms()))
            return 200, {}
        except asyncio.TimeoutError:
            c.log.warning("box did not answer", cmd=cid, imei=imei)
            return 504, {}

    @zon.consumer("cmd.replies")
    async def reply(c, m):
        await c.work(0.6)
        f = w.replies.get(m.body["cmd"])
        late = not f or f.done()
        c.log.debug("late reply" if late else "reply", cmd=m.body["cmd"], imei=m.body["imei"], incoming=True)
        if not late: f.set_result(1)
    edge.noise(10, lambda l: l.info("Configuration received from provider docker"))


async def load(w):
    r = w.rng
    imeis = ["3567" + f"{r.randrange(10**11):011d}" for _ in range(22)]
    plates = {i: f"{r.choice(['HH', 'B', 'K'])}-FL{r.randrange(100, 999)}" for i in imeis}
    w.plate = plates.get

    def io(i):
        d = {"speed": r.randrange(0, 104)}
        if r.random() < 0.16: d["dtc"] = f"P0{r.randrange(100, 999)}"
        if r.random() < 0.2: d["temp"] = r.randrange(1, 13)
        if r.random() < 0.1: d["shock"] = r.randrange(1, 7)
        if r.random() < 0.12: d["ign"] = 0
        return d

    def box_got(imei, cmd):
        async def answer():
            await sleep(r.uniform(80, 900))
            if r.random() < 0.88: await w.start("boxd", "POST /frame", {"imei": imei, "len": 61, "io": {}, "ack": cmd})
        w._spawn(answer())

    def raised(aid):
        async def human():
            await sleep(r.uniform(700, 5500))
            if r.random() < 0.3: await w.start("edge", "GET /alerts/" + aid)
            if r.random() < 0.65: await w.start("edge", f"POST /alerts/{aid}/ack", {"user": r.choice(["mira", "jonas", "ada.k"])})
        w._spawn(human())
    w.box_got, w.raised = box_got, raised

    async def one(i):
        imei = r.choice(imeis)
        if r.random() < 0.14:
            await w.start("edge", f"POST /vehicles/{imei}/commands", {"text": r.choice(["setdigout 1", "getver", "cpureset", "getgps"])})
        else:
            await w.start("boxd", "POST /frame", {"imei": imei, "len": r.randrange(45, 900), "io": io(i)})
    await arrivals(w, 130, 4.5, one)
    await sleep(5000)

record(build, load, "o_fleet")
