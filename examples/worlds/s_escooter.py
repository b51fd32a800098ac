"""Scooters to rent: unlocking asks the scooter over MQTT and waits for its answer (and gives the money back when none comes), telemetry streams
in during the ride, the end is priced by a function and charged; zones are watched, flat batteries become tasks that riders of the vans claim."""
import json
from world import *


def nginx(r):         # api: nginx, whole seconds, request_time at the end
    if "req" not in r.fields: return f"{r.time:%Y/%m/%d %H:%M:%S} [{r.level.lower()}] {r.pid}#{r.pid}: {r.message}"
    f = r.fields
    ids = f' {r.trace_id} {r.span_id}' if r.trace_id else ' - -'
    return f'{f["ip"]} - - [{r.time:%d/%b/%Y:%H:%M:%S} +0000] "{f["req"]} HTTP/1.1" {f["st"]} {f["size"]} "-" "{f["ua"]}" rt={f["rt"]:.3f}{ids}' + (f" {r.incoming}" if r.incoming else "")


def nestlike():       # rides: nest-winston's nestLike, uncolored
    last = [0]
    def line(r):
        gap = (r.ns - last[0]) // 1_000_000 if last[0] else 0
        last[0] = r.ns
        f = dict(r.fields)
        if r.trace_id: f |= {"trace_id": r.trace_id, "span_id": r.span_id}
        if r.incoming_parent: f["parent_id"] = r.incoming_parent
        first, *rest = r.message.split("\n")
        tail = (" - { " + ", ".join(f"{k}: '{v}'" if isinstance(v, str) else f"{k}: {v}" for k, v in f.items()) + " }") if f else ""
        return "\n".join([f"[Rides] {r.pid} {isoz(r)} {r.level.replace('INFO', 'LOG'):>7} [{r.logger}] {first}{tail} +{gap}ms"] + rest)
    return line


def quarkus(r):       # wallet
    mdc = f" traceId={r.trace_id}, spanId={r.span_id}, sampled=true" if r.trace_id else ""
    if r.incoming_parent: mdc += f", parentId={r.incoming_parent}"
    return f"{r.time:%Y-%m-%d %H:%M:%S},{r.time.microsecond // 1000:03d} {r.level:<5}{mdc} [{r.logger}] (executor-thread-{r.thread}) {r.message}"


def slogjson(r):      # fleet: slog's JSON handler
    d = {"time": isoz(r, 9), "level": r.level, "msg": r.message} | r.fields
    if r.trace_id: d |= {"trace_id": r.trace_id, "span_id": r.span_id}
    if r.incoming: d["traceparent"] = r.incoming
    return json.dumps(d, separators=(",", ":"))


def bridge(r):        # mqtt-bridge: console.log with a date in front
    s = f"[{isoz(r)}] {r.message}" if r.level not in ("WARN", "ERROR") else f"[{isoz(r)}] {r.level} {r.message}"
    if r.trace_id: s += f" (t:{r.trace_id} s:{r.span_id}{' p:' + r.incoming_parent if r.incoming_parent else ''})"
    return s


def django(r):        # geo: "verbose" of the Django docs
    x = f" trace_id={r.trace_id} span_id={r.span_id}" if r.trace_id else ""
    if r.incoming_parent: x += f" parent_span_id={r.incoming_parent}"
    return f"{r.level.replace('WARN', 'WARNING')} {r.time:%Y-%m-%d %H:%M:%S},{r.time.microsecond // 1000:03d} {r.logger} {r.pid} {139872000000000 + r.thread * 8392704} {r.message}{x}"


def azure(r):         # pricing: Azure Functions host
    x = f" [TraceId={r.trace_id} SpanId={r.span_id}]" if r.trace_id else ""
    if r.incoming: x = x[:-1] + f" traceparent={r.incoming}]"
    return f"[{isoz(r)}] {r.message}{x}"


def log4js(r):        # swaps: BullMQ worker
    return f"[{r.time:%Y-%m-%dT%H:%M:%S}.{r.time.microsecond // 1000:03d}] [{r.level}] {r.logger} - {r.message}" + (f" {{traceId: '{r.trace_id}', spanId: '{r.span_id}'{', parent: ' + repr(r.incoming) if r.incoming else ''}}}" if r.trace_id else "")


def ecs(r):           # receipts: pino with the ECS format
    d = {"log.level": r.level.lower(), "@timestamp": isoz(r), "process.pid": r.pid, "ecs.version": "8.10.0"}
    if r.trace_id: d |= {"trace.id": r.trace_id, "span.id": r.span_id}
    if r.incoming_parent: d["parent.id"] = r.incoming_parent
    return json.dumps(d | r.fields | {"message": r.message}, separators=(",", ":"))


def build(w):
    w.network_ms, w.broker_ms = 1.3, 12
    w.rides, acks, low = {}, {}, []
    n = {"job": 2204, "msg": 31, "auth": 700012, "task": 90}
    def mid():
        n["msg"] = (n["msg"] + 1) % 65536
        return f"{n['msg']}"
    w.new_message_id = mid
    guid = lambda: "%08x-%04x-4%03x-8%03x-%012x" % tuple(w.rng.getrandbits(k) for k in (32, 16, 12, 12, 48))

    api = w.service("api", nginx)
    rid = w.service("rides", nestlike(), errors=lambda c, e: c.log.error(f"{e}\nError: {e}\n    at RidesConsumer.onMessage (/usr/src/app/dist/rides.consumer.js:61:19)\n    at Channel.<anonymous> (/usr/src/app/node_modules/amqplib/lib/channel_model.js:262:14)", logger="RidesConsumer"))
    wal = w.service("wallet", quarkus, errors=lambda c, e: c.log.error(f"SRMSG18203: Error processing message: java.lang.RuntimeException: {e}", logger="io.smallrye.reactive.messaging.rabbitmq"))
    flt = w.service("fleet", slogjson, errors=lambda c, e: c.log.error("handler failed", err=str(e)))
    mqt = w.service("mqtt-bridge", bridge, errors=lambda c, e: c.log.error(f"UnhandledPromiseRejection: {e}"))
    geo = w.service("geo", django, errors=lambda c, e: c.log.error(f"Internal error: {e}", logger="geo.consumers"))
    prc = w.service("pricing", azure, errors=lambda c, e: c.log.error(f"Exception while executing function: Functions.Price. System.Private.CoreLib: {e}."))
    swp = w.service("swaps", log4js, errors=lambda c, e: c.log.error(f"job failed {e}", logger="worker"))
    rec = w.service("receipts", ecs, errors=lambda c, e: c.log.error(str(e), **{"error.type": "Error", "error.message": str(e)}))
    mqt.log.info("connected mqtts://broker.scoot.example:8883 clientId=bridge-1")
    prc.log.info("Host started (412ms)")
    prc.log.info("Host lock lease acquired by instance ID '000000000000000000000000F1C2A0B7'.")

    # ---- api
    @api.http("ANY *")
    async def proxy(c, b):
        verb, path = b["_route"].split(" ")
        to = {"rides": "rides", "scooters": "fleet", "swaps": "swaps"}[path.split("/")[2]]
        st, a = await c.call(to, b["_route"], {k: v for k, v in b.items() if k[0] != "_"}, client_span=False)
        c.log.info("", req=b["_route"], ip=f"10.244.{c.rng.randrange(4)}.{c.rng.randrange(250)}", st=st, size=c.rng.randrange(30, 900), rt=c.elapsed_ms() / 1000, ua=c.rng.choice(["Scoot/7.3 CFNetwork", "okhttp/4.12.0", "VanApp/2.0"]), incoming=True)
        return st, a
    api.noise(8, lambda log: log.warning("*1711 upstream keepalive connection closed"))

    # ---- rides
    R = "RidesService"
    async def command(c, scooter, cmd, ride, wait=2600):
        k = f"{c.rng.getrandbits(32):08x}"
        acks[k] = w.loop.create_future()
        async with c.producer("iot.command") as p:
            await p.send({"k": k, "scooter": scooter, "cmd": cmd, "ride": ride})
            p.log.debug(f"publish iot.command {cmd}", logger="AmqpService", correlationId=k, scooter=scooter)
        try: return await asyncio.wait_for(acks[k], wait / 1000)
        except asyncio.TimeoutError: return None

    @rid.consumer("iot.ack")
    async def ack(c, m):
        await c.work(0.5)
        if c.rng.random() < 0.85: c.log.debug(f"iot.ack {m.body['cmd']} {m.body['result']}", logger="AckConsumer", correlationId=m.body["k"], incoming=True)
        f = acks.get(m.body["k"])
        if f and not f.done(): f.set_result(m.body["result"])

    async def sql(c, text, ms=4):
        async with c.span(text.split(" ")[0], "CLIENT") as s:
            await s.work(ms)
            s.log.debug(text, logger="TypeOrmLogger")

    @rid.http("POST /v1/rides")
    async def unlock(c, b):
        i = f"rd{c.rng.getrandbits(40):010x}"
        c.log.info(f"unlock {b['scooter']} for {b['user']}", logger="RidesController", rideId=i, incoming=True)
        (s1, hold), (s2, sc) = await asyncio.gather(c.call("wallet", "POST /holds", {"user": b["user"], "ride": i}), c.call("fleet", f"POST /scooters/{b['scooter']}/reserve", {"ride": i}, client_span=False))
        if s1 != 201 or s2 != 200:
            c.log.warning(f"unlock refused: wallet {s1}, fleet {s2}", logger=R, rideId=i)
            if s1 == 201: await c.call("wallet", f"DELETE /holds/{hold['hold']}")
            if s2 == 200: await c.call("fleet", f"POST /scooters/{b['scooter']}/free", {"ride": i}, client_span=False)
            return (402 if s1 != 201 else 409), {}
        await sql(c, f"INSERT INTO ride(id, scooter, user_id, state) VALUES ('{i}', '{b['scooter']}', '{b['user']}', 'UNLOCKING')")
        got = await command(c, b["scooter"], "UNLOCK", i)
        if got != "OK":
            c.log.error(f"{b['scooter']} did not unlock ({got or 'timeout'}), compensating", logger=R, rideId=i)
            await asyncio.gather(c.call("wallet", f"DELETE /holds/{hold['hold']}"), c.call("fleet", f"POST /scooters/{b['scooter']}/free", {"ride": i}, client_span=False))
            async with c.producer("ride.failed") as p: await p.send({"ride": i, "scooter": b["scooter"], "user": b["user"]})
            return 504, {}
        w.rides[i] = {"id": i, "scooter": b["scooter"], "user": b["user"], "hold": hold["hold"], "state": "RIDING", "start": w.ns(), "bad": 0}
        async with c.producer("ride.started") as p:
            await p.send({"ride": i, "scooter": b["scooter"], "user": b["user"]})
            p.log.info("ride started", logger=R, rideId=i)
        return 201, {"ride": i}

    @rid.http("GET /v1/rides/{id}")
    async def show(c, b):
        i = b["_route"].split("/")[-1]
        await sql(c, f"SELECT * FROM ride WHERE id = '{i}'", 2)
        return 200, {"state": w.rides[i]["state"]}

    @rid.http("POST /v1/rides/{id}/end")
    async def end(c, b):
        x = w.rides[b["_route"].split("/")[-2]]
        c.log.info("end requested", logger="RidesController", rideId=x["id"], incoming=True)
        async with c.client("geo", "POST /parking/check") as k:
            st, a = await k.send({"scooter": x["scooter"]})
            if not a.get("ok"): k.log.warning("not a parking zone", logger=R, rideId=x["id"], zone=a.get("zone"))
        if not a.get("ok"): return 422, {"why": "zone"}
        got = await command(c, x["scooter"], "LOCK", x["id"])
        if got != "OK":
            c.log.warning(f"lock answer {got or 'undefined'}, ending anyway", logger=R, rideId=x["id"])
        x["state"] = "ENDED"
        minutes = 3 + (w.ns() - x["start"]) // 400_000_000
        async with c.client("pricing", "POST /api/Price") as k:
            st, p = await k.send({"ride": x["id"], "minutes": minutes, "surcharge": x["bad"] * 150})
            k.log.debug(f"axios POST http://pricing/api/Price -> {st} {json.dumps(p)}", logger="HttpService")
        await sql(c, f"UPDATE ride SET state='ENDED', cents={p.get('cents', 0)} WHERE id='{x['id']}'")
        async with c.producer("ride.ended") as q:
            await q.send({"ride": x["id"], "scooter": x["scooter"], "user": x["user"], "hold": x["hold"], "cents": p.get("cents", 0), "minutes": minutes})
            q.log.info(f"ride ended, {minutes} min", logger=R, rideId=x["id"], cents=p.get("cents", 0))
        return 200, {}

    @rid.consumer("zone.left", retries=1)
    async def zone(c, m):
        x = w.rides[m.body["ride"]]
        x["bad"] += 1
        c.log.warning(f"{m.body['scooter']} left the zone", logger="ZoneConsumer", rideId=x["id"], count=x["bad"], incoming=True)
        if x["state"] == "RIDING": await command(c, x["scooter"], "SLOW", x["id"], 1500)
    rid.noise(6, lambda log: log.debug("GET /health 200", logger="HTTP"))

    # ---- mqtt bridge
    @mqt.consumer("iot.command", retries=1)
    async def down(c, m):
        x = m.body
        c.log.info(f"-> scoot/{x['scooter']}/cmd {x['cmd']} mid={m.id}", incoming=True)
        async with c.span("mqtt roundtrip", "CLIENT") as s:
            await s.work(420 if x["cmd"] != "SLOW" else 120, 0.6)
            r = c.rng.random()
            if r < 0.05:
                s.log.warning(f"no PUBACK from {x['scooter']} in {s.elapsed_ms():.0f}ms, scooter offline?")
                return
            if c.rng.random() < 0.8: s.log.debug(f"<- scoot/{x['scooter']}/ack {x['k']} {s.elapsed_ms():.0f}ms")
        await c.publish("iot.ack", {"k": x["k"], "cmd": x["cmd"], "result": "OK" if r < 0.97 else "MOTOR_BLOCKED"}, producer_span=False)

    @mqt.http("POST /uplink")
    async def uplink(c, b):
        c.log.debug(f"<- scoot/{b['scooter']}/tele seq={b['seq']} bat={b['bat']}", incoming=True)
        async with c.producer("telemetry") as p:
            x = await p.send(b)
            if b["bat"] < 15: p.log.info(f"low battery {b['scooter']} {b['bat']}% forwarded as {x}")
        return 202, {}
    mqt.noise(3, lambda log: log.debug(f"PINGRESP {w.rng.randrange(8, 60)}ms"))

    # ---- fleet
    @flt.http("POST /scooters/{id}/reserve")
    async def reserve(c, b):
        sc = b["_route"].split("/")[-2]
        async with c.span("redis SETNX", "CLIENT") as s: await s.work(1)
        if c.rng.random() < 0.05:
            c.log.warning("already reserved", vehicle=sc, ride=b["ride"], incoming=True)
            return 409, {}
        c.log.info("reserved", vehicle=sc, ride=b["ride"], incoming=True)
        return 200, {}

    @flt.http("POST /scooters/{id}/free")
    async def free(c, b):
        await c.work(2)
        c.log.info("freed", vehicle=b["_route"].split("/")[-2], ride=b["ride"], incoming=True)
        return 200, {}

    @flt.http("GET /v1/scooters/{id}")
    async def look(c, b):
        await c.work(3)
        c.log.debug("GET", path=b["_route"].split(" ")[1], status=200, dur_us=int(c.elapsed_ms() * 1000), incoming=True)
        return 200, {}

    @flt.consumer("telemetry", retries=2)
    async def tele(c, m):
        async with c.span("timescale insert", "CLIENT") as s:
            await s.work(4)
            if m.body["seq"] % 2: s.log.debug("insert into positions", rows=1, took=f"{s.elapsed_ms():.2f}ms")
        if m.body["seq"] == 1 or c.rng.random() < 0.7: c.log.debug("position", vehicle=m.body["scooter"], seq=m.body["seq"], battery=m.body["bat"], incoming=True)
        if m.body["bat"] < 15:
            async with c.producer("battery.low") as p:
                p.log.warning("battery low", vehicle=m.body["scooter"], battery=m.body["bat"])
                await p.send({"scooter": m.body["scooter"], "bat": m.body["bat"]})

    @flt.consumer("ride.ended")
    async def parked(c, m):
        await c.work(3)
        c.log.info("parked", vehicle=m.body["scooter"], ride=m.body["ride"], delivery=m.id, incoming=True)

    @flt.consumer("swap.done")
    async def fresh(c, m):
        await c.work(3)
        c.log.info("battery replaced", vehicle=m.body["scooter"], task=m.body["task"], battery=100, incoming=True)

    @flt.every(8)
    async def sweep_idle(c):
        c.log.info("sweep started")
        for _ in range(c.rng.randrange(1, 5)):
            async with c.span("inspect") as s:
                await s.work(6)
                s.log.info("idle too long", vehicle=f"SC-{c.rng.randrange(1000, 9999)}", hours=c.rng.randrange(30, 90))
        c.log.info("sweep finished", dur_ms=int(c.elapsed_ms()))

    # ---- geo
    @geo.http("POST /parking/check")
    async def parking(c, b):
        async with c.span("postgis ST_Contains", "CLIENT") as s:
            await s.work(9)
            s.log.debug(f"({s.elapsed_ms() / 1000:.3f}) SELECT \"zone\".\"id\" FROM \"zone\" WHERE ST_Contains(\"zone\".\"geom\", %s); args=('{b['scooter']}',); alias=default", logger="django.db.backends")
        ok = c.rng.random() > 0.12
        z = f"Z{c.rng.randrange(10, 60)}"
        c.log.info(f"\"POST /parking/check HTTP/1.1\" 200 {24 if ok else 25}", logger="django.server", incoming=True)
        return 200, {"ok": ok, "zone": z}

    @geo.consumer("telemetry")
    async def inside(c, m):
        async with c.span("postgis ST_Within", "CLIENT") as s: await s.work(6)
        if c.rng.random() < 0.05 and m.body.get("ride"):
            c.log.warning(f"{m.body['scooter']} outside of service area (ride {m.body['ride']})", logger="geo.consumers", incoming=True)
            await c.publish("zone.left", {"ride": m.body["ride"], "scooter": m.body["scooter"]})
        elif c.rng.random() < 0.8: c.log.debug(f"{m.body['scooter']} inside, seq {m.body['seq']}", logger="geo.consumers", incoming=True)

    # ---- pricing
    @prc.http("POST /api/Price")
    async def price(c, b):
        g = guid()
        c.log.info(f"Executing 'Functions.Price' (Reason='This function was programmatically called via the host APIs.', Id={g})", incoming=True)
        async with c.span("cosmos read tariff", "CLIENT") as s:
            await s.work(14)
            s.log.debug(f"tariff vie-day read, {c.rng.uniform(1, 3):.2f} RU")
        await c.work(6)
        cents = 100 + 23 * b["minutes"] + b["surcharge"]
        if b["surcharge"]: c.log.info(f"surcharge {b['surcharge']} for ride {b['ride']}")
        c.log.info(f"Executed 'Functions.Price' (Succeeded, Id={g}, Duration={c.elapsed_ms():.0f}ms)")
        return 200, {"cents": int(cents)}

    # ---- wallet
    W = "com.scoot.wallet"
    @wal.http("POST /holds")
    async def hold(c, b):
        n["auth"] += 1
        async with c.span("POST psp/authorize", "CLIENT") as s:
            await s.work(190)
            ok = c.rng.random() > 0.06
            s.log.info(f"PSP {'approved' if ok else 'declined'} auth {n['auth']} ({s.elapsed_ms():.0f} ms)", logger=W + ".PspClient")
        if not ok: return 402, {}
        h = f"H{n['auth']}"
        c.log.info(f"Hold {h} of 500 for {b['user']}, ride {b['ride']}", logger=W + ".HoldResource", incoming=True)
        return 201, {"hold": h}

    @wal.http("DELETE /holds/{id}")
    async def release(c, b):
        async with c.span("POST psp/cancel", "CLIENT") as s: await s.work(120)
        c.log.info(f"Hold {b['_route'].split('/')[-1]} released", logger=W + ".HoldResource", incoming=True)
        return 204, {}

    @wal.consumer("ride.ended", retries=3, retry_ms=700)
    async def charge(c, m):
        x = m.body
        if m.attempt > 1: c.log.warning(f"Retrying capture of {x['hold']}, attempt {m.attempt}", logger=W + ".CaptureListener")
        async with c.span("POST psp/capture", "CLIENT") as s:
            await s.work(230)
            if c.rng.random() < 0.1 and m.attempt < 4:
                s.log.error(f"jakarta.ws.rs.ProcessingException: HTTP/1.1 header parser received no bytes\n\tat org.jboss.resteasy.reactive.client.impl.InvocationBuilderImpl.unwrap(InvocationBuilderImpl.java:219)\n\tat {W}.PspClient.capture(PspClient.java:57)", logger=W + ".PspClient")
                raise Exception("psp")
        async with c.producer("payment.captured") as p:
            await p.send({"ride": x["ride"], "user": x["user"], "cents": x["cents"], "minutes": x["minutes"]})
            if c.rng.random() < 0.6: p.log.debug(f"payment.captured sent for {x['ride']}", logger=W + ".Events")
        c.log.info(f"Captured {x['cents']} on {x['hold']} for ride {x['ride']}", logger=W + ".CaptureListener", incoming=True)
    wal.noise(7, lambda log: log.debug("Agroal: active 1, available 9", logger="io.agroal.pool"))

    # ---- swaps
    @swp.consumer("battery.low")
    async def task(c, m):
        if any(x["scooter"] == m.body["scooter"] for x in low):
            c.log.debug(f"{m.body['scooter']} has a task already", logger="worker", incoming=True)
            return
        n["task"] += 1
        t = {"task": f"swap:{n['task']}", "scooter": m.body["scooter"], "origin": c}
        low.append(t)
        async with c.span("redis addJob", "CLIENT") as s:
            await s.work(2)
            s.log.debug(f"added job {t['task']} delay 0", logger="bullmq")
        c.log.info(f"new swap task {t['task']} for {m.body['scooter']} ({m.body['bat']}%)", logger="worker", incoming=True)

    @swp.http("POST /v1/swaps/claim")
    async def claim(c, b):
        if not low:
            c.log.debug(f"nothing to claim for {b['van']}", logger="http", incoming=True)
            return 204, {}
        t = low.pop(0)
        c.link(t["origin"])
        async with c.span("route", "CLIENT") as s:
            await s.work(80)
            if c.rng.random() < 0.7: s.log.info(f"route to {t['scooter']}: {c.rng.randrange(200, 3000)} m", logger="osrm")
        c.log.info(f"{b['van']} claims {t['task']}", logger="http", incoming=True)
        return 200, {"task": t["task"], "scooter": t["scooter"]}

    @swp.http("POST /v1/swaps/{task}/done")
    async def done(c, b):
        t = b["_route"].split("/")[-2]
        async with c.producer("swap.done") as p:
            await p.send({"task": t, "scooter": b["scooter"]})
            p.log.debug(f"swap.done {t}", logger="amqplib")
        c.log.info(f"Job {t} completed by {b['van']}", logger="worker", incoming=True)
        return 200, {}
    swp.noise(7, lambda log: log.debug(f"waiting {w.rng.randrange(4)} active {w.rng.randrange(3)} stalled 0", logger="bullmq"))

    # ---- receipts
    @rec.consumer("payment.captured", retries=2)
    async def receipt(c, m):
        n["job"] += 1
        no = f"R-2026-{n['job']:06d}"
        async with c.span("pdf") as s:
            await s.work(65)
            s.log.debug("pdf rendered", **{"event.duration": int(s.elapsed_ms() * 1e6), "receipt": {"no": no}})
        async with c.span("sendgrid", "CLIENT") as s:
            await s.work(90)
            if c.rng.random() < 0.06: s.log.warning("sendgrid answered 429, queued locally", **{"http.response.status_code": 429})
            elif n["job"] % 2: s.log.debug("mail handed over", **{"http.response.status_code": 202})
        c.log.info("receipt sent", **{"event.action": "receipt-sent", "labels": {"ride": m.body["ride"], "user": m.body["user"], "receipt": no}}, incoming=True)

    for topic, text in (("ride.started", "push: have a safe ride"), ("ride.failed", "push: sorry, take another one")):
        @rec.consumer(topic)
        async def push(c, m, text=text):
            await c.work(55)
            c.log.info(text, **{"event.action": m.topic, "labels": {"ride": m.body["ride"], "user": m.body["user"]}}, incoming=True)


async def load(w):
    r = w.rng

    async def rider(i):
        sc, user = f"SC-{r.randrange(1000, 9999)}", f"u{r.randrange(10000, 99999)}"
        if i % 5 == 0: await w.start("api", f"GET /v1/scooters/{sc}")
        st, a = await w.start("api", "POST /v1/rides", {"scooter": sc, "user": user})
        if st != 201: return
        bat = r.choice([11, 16, 34, 60, 80, 97])
        for k in range(r.randrange(1, 4)):
            await sleep(r.uniform(500, 1300))
            await w.start("mqtt-bridge", "POST /uplink", {"scooter": sc, "ride": a["ride"], "seq": k + 1, "bat": bat - k})
        if i % 6 == 2: await w.start("api", f"GET /v1/rides/{a['ride']}")
        await sleep(r.uniform(200, 1500))
        st, _ = await w.start("api", f"POST /v1/rides/{a['ride']}/end")
        if st == 422:
            await sleep(r.uniform(800, 2000))
            await w.start("api", f"POST /v1/rides/{a['ride']}/end")

    async def van(i):
        v = f"van-{i % 4 + 1}"
        st, a = await w.start("api", "POST /v1/swaps/claim", {"van": v})
        if st != 200: return
        await sleep(r.uniform(900, 3000))
        await w.start("api", f"POST /v1/swaps/{a['task']}/done", {"van": v, "scooter": a["scooter"]})
    await arrivals(w, 62, 2.3, lambda i: van(i) if i % 5 == 4 else rider(i))
    await sleep(3000)

record(build, load, "s_escooter")
