"""Free-floating cars by the minute: reserving is a saga over licence, wallet and car; doors are opened by commands that travel to the box
in the car and come back; boxes stream positions; the end of a trip is checked, priced, captured; low batteries make chores for a crew."""
import json
from world import *


def milli(r): return "%03d" % (r.time.microsecond // 1000)

def apache(r):        # appgw: Apache with %D (microseconds)
    if "line" not in r.fields: return f"[{r.time:%a %b %d %H:%M:%S.%f %Y}] [mpm_event:{r.level.lower()}] [pid {r.pid}:tid 1] {r.message}"
    f = r.fields
    ids = f"{r.trace_id} {r.span_id}" if r.trace_id else "- -"
    return f'{f["ip"]} - {f["user"]} [{r.time:%d/%b/%Y:%H:%M:%S} +0000] "{f["line"]} HTTP/1.1" {f["st"]} {f["size"]} {f["us"]} {ids}' + (f" {r.incoming}" if r.incoming else "")

def logstash(r):      # trips: logstash-logback-encoder
    d = {"@timestamp": isoz(r, 6), "@version": "1", "message": r.message, "logger_name": "de.flink.trips." + r.logger, "thread_name": f"vert.x-eventloop-thread-{r.thread}", "level": r.level,
         "level_value": {"DEBUG": 10000, "INFO": 20000, "WARN": 30000, "ERROR": 40000}[r.level]}
    if r.trace_id: d |= {"traceId": r.trace_id, "spanId": r.span_id}
    if r.incoming_parent: d["parentId"] = r.incoming_parent
    return json.dumps(d | r.fields, separators=(",", ":"))

def zeroconsole(r):   # fleet: zerolog's console writer without colour
    f = dict(r.fields)
    if r.trace_id: f |= {"trace": r.trace_id, "span": r.span_id}
    if r.incoming_parent: f["from"] = r.incoming_parent
    lv = {"DEBUG": "DBG", "INFO": "INF", "WARN": "WRN", "ERROR": "ERR"}[r.level]
    return f"{isoz(r, 3)} {lv} {r.message}" + "".join(f" {k}={json.dumps(v) if isinstance(v, str) and ' ' in v else v}" for k, v in sorted(f.items()))

def boost(r):         # telematics: Boost.Log
    sc = f" ({r.trace_id}.{r.span_id})" if r.trace_id else ""
    if r.incoming_parent: sc += f" (<{r.incoming_parent})"
    return f"[{r.time:%Y-%m-%d %H:%M:%S.%f}] [0x{0x7f3a2c000 + r.thread * 4096:09x}] [{r.level.lower().replace('warn', 'warning'):<7}]{sc} {r.message}"

def loguru(r):        # pricing
    ids = f" | {r.trace_id}:{r.span_id}" if r.trace_id else ""
    if r.incoming: ids += f" | {r.incoming}"
    return f"{r.time:%Y-%m-%d %H:%M:%S}.{milli(r)} | {r.level.replace('WARN', 'WARNING'):<8} | {r.logger} - {r.message}{ids}"

def clef(r):          # wallet: Serilog's compact JSON
    d = {"@t": isoz(r, 7), "@mt": r.message}
    if r.level != "INFO": d["@l"] = {"DEBUG": "Debug", "WARN": "Warning", "ERROR": "Error"}[r.level]
    d |= r.fields
    if r.trace_id: d |= {"@tr": r.trace_id, "@sp": r.span_id}
    if r.incoming_parent: d["ParentId"] = r.incoming_parent
    return json.dumps(d, separators=(",", ":"))

def log4js(r):        # licence
    ids = f" {{{r.trace_id}/{r.span_id}}}" if r.trace_id else ""
    if r.incoming_parent: ids += f" {{up {r.incoming_parent}}}"
    return f"[{r.time:%Y-%m-%dT%H:%M:%S}.{milli(r)}] [{r.level}] {r.logger} -{ids} {r.message}"

def envlogger(r):     # zones
    tail = "".join(f"; {k}={v}" for k, v in r.fields.items())
    if r.trace_id: tail += f"; trace_id={r.trace_id}; span_id={r.span_id}"
    if r.incoming_parent: tail += f"; remote_span={r.incoming_parent}"
    return f"[{isoz(r, 0)} {r.level:<5} zones::{r.logger}] {r.message}{tail}"

def celery(r):        # notify
    ids = f" [{r.trace_id} {r.span_id}]" if r.trace_id else ""
    if r.incoming_parent: ids += f" [parent {r.incoming_parent}]"
    return f"[{r.time:%Y-%m-%d %H:%M:%S},{milli(r)}: {r.level.replace('WARN', 'WARNING')}/ForkPoolWorker-{r.thread}]{ids} {r.message}"


def build(w):
    w.network_ms, w.broker_ms = 1.2, 9
    w.trips, w.ended, w.lowbat = {}, [], []
    n = {"res": 500, "chore": 70}
    cars = [f"{a}-{b}{c}" for a in ("M", "B") for b in ("FL", "CX") for c in range(3001, 3030)]
    w.idle = cars[:]
    pending = {}
    hexid = lambda k: "%0*x" % (k, w.rng.getrandbits(4 * k))

    gw = w.service("appgw", apache)
    trips = w.service("trips", logstash, errors=lambda c, e: c.log.error(f"Verticle failed: {e}", logger="bus.Consumer", stack_trace=f"java.lang.RuntimeException: {e}\n\tat de.flink.trips.bus.Consumer.handle(Consumer.kt:44)"))
    fleet = w.service("fleet", zeroconsole, errors=lambda c, e: c.log.error("subscriber failed", error=str(e)))
    tele = w.service("telematics", boost, errors=lambda c, e: c.log.error(f"exception in session strand: {e}"))
    pricing = w.service("pricing", loguru, errors=lambda c, e: c.log.error(f"task crashed\nTraceback (most recent call last):\n  File \"/srv/pricing/bus.py\", line 31, in consume\n    await handler(msg)\nRuntimeError: {e}", logger="pricing.bus:consume:33"))
    wallet = w.service("wallet", clef, errors=lambda c, e: c.log.error("Consumer faulted", Exception=str(e)))
    lic = w.service("licence", log4js)
    zones = w.service("zones", envlogger, errors=lambda c, e: c.log.error("dropping", logger="bus", cause=str(e)))
    notify = w.service("notify", celery, errors=lambda c, e: c.log.error(f"Task raised unexpected: RuntimeError('{e}')"))

    @gw.http("ANY *")
    async def front(c, b):
        st, a = await c.call("trips", b["_route"], {k: v for k, v in b.items() if k[0] != "_"}, client_span=False)
        c.log.info("", line=b["_route"], ip=f"109.40.{c.rng.randrange(200)}.{c.rng.randrange(250)}", user=b.get("user", "-"), st=st, size=c.rng.randrange(40, 800), us=int(c.elapsed_ms() * 1000), incoming=True)
        return st, a
    gw.noise(12, lambda log: log.info("AH00489: resuming normal operations"))

    # ---------------------------------------------------------------- trips
    @trips.http("POST /reservations")
    async def reserve(c, b):
        n["res"] += 1
        res, car = f"R-{n['res']}", b["car"]
        c.log.info(f"reservation {res} wanted", logger="Saga", user=b["user"], car=car, incoming=True)
        async def step(target, route, body, what):
            async with c.client(target, route) as k:
                st, a = await k.send(body)
                k.log.debug(f"{what}: {st}", logger="Saga", res=res)
                return st, a
        (l, _), (p, pa), (h, _) = await asyncio.gather(step("licence", "POST /check", {"user": b["user"]}, "licence"), step("wallet", "POST /holds", {"user": b["user"], "ref": res}, "hold"),
                                                     step("fleet", "POST /claims", {"car": car, "res": res}, "claim"))
        if max(l, p, h) >= 400:
            c.log.warning(f"reservation {res} fails, undoing", logger="Saga", licence=l, wallet=p, fleet=h)
            undo = []
            if p < 400: undo.append(c.call("wallet", f"DELETE /holds/{pa['hold']}", {}, client_span=False))
            if h < 400: undo.append(c.call("fleet", f"DELETE /claims/{car}", {}))
            await asyncio.gather(*undo)
            return 409, {}
        async with c.span("insert reservation", "CLIENT") as s:
            await s.work(5)
            if c.rng.random() < 0.5: s.log.debug("INSERT INTO reservation (id, car, hold) VALUES ($1, $2, $3)", logger="Db", params=[res, car, pa["hold"]])
        w.trips[res] = {"user": b["user"], "car": car, "hold": pa["hold"], "state": "RESERVED", "km": 0.0, "n": 0}
        async with c.producer("trip.reserved") as p:
            await p.send({"res": res, "user": b["user"], "car": car})
        c.spawn(lapse(c, res))
        return 201, {"res": res}

    async def lapse(c, res):
        await sleep(6000)
        t = w.trips[res]
        if t["state"] != "RESERVED": return
        async with c.span("lapse") as s:
            t["state"] = "LAPSED"
            s.log.info(f"reservation {res} lapsed unused", logger="Timers")
            await asyncio.gather(s.call("wallet", f"DELETE /holds/{t['hold']}", {}, client_span=False), s.call("fleet", f"DELETE /claims/{t['car']}", {}, client_span=False))
            await s.publish("trip.lapsed", {"res": res, "user": t["user"]}, producer_span=False)

    async def command(c, car, what, res):
        for attempt in (1, 2, 3):
            cmd = hexid(8)
            pending[cmd] = w.loop.create_future()
            async with c.producer("car.command") as p:
                await p.send({"cmd": cmd, "car": car, "do": what})
                if attempt == 1: p.log.debug(f"command {cmd} -> {car}: {what}", logger="Remote")
                else: p.log.warning(f"command again as {cmd} -> {car}: {what}", logger="Remote", attempt=attempt)
            try: return await asyncio.wait_for(pending[cmd], 1.8)
            except asyncio.TimeoutError: pass
        c.log.error(f"{car} does not react to {what}", logger="Remote", res=res)
        return False

    @trips.consumer("car.reply")
    async def reply(c, m):
        f = pending.get(m.body["cmd"])
        if f and not f.done(): f.set_result(m.body["ok"])
        c.log.debug(f"reply to {m.body['cmd']}", logger="Remote", ok=m.body["ok"], incoming=True)

    @trips.http("POST /reservations/{res}/unlock")
    async def unlock(c, b):
        res = b["_route"].split("/")[2]
        t = w.trips[res]
        if t["state"] != "RESERVED":
            c.log.warning(f"cannot unlock, {res} is {t['state']}", logger="TripApi", incoming=True)
            return 409, {}
        t["state"] = "UNLOCKING"
        ok = await command(c, t["car"], "UNLOCK", res)
        t["state"] = "DRIVING" if ok else "RESERVED"
        c.log.info(f"{res} {'driving' if ok else 'not unlocked'}", logger="TripApi", car=t["car"], ms=int(c.elapsed_ms()), incoming=True)
        if ok: await c.publish("trip.started", {"res": res, "car": t["car"], "user": t["user"]}, producer_span=False)
        return (200 if ok else 504), {}

    @trips.http("POST /reservations/{res}/end")
    async def end(c, b):
        res = b["_route"].split("/")[2]
        t = w.trips[res]
        st, z = await c.call("zones", "POST /contains", {"car": t["car"], "at": b["at"]})
        if st != 200:
            c.log.info(f"{res} cannot end here", logger="TripApi", at=b["at"], incoming=True)
            return 422, {}
        await command(c, t["car"], "LOCK", res)
        async with c.span("update reservation", "CLIENT") as s:
            await s.work(6)
            s.log.debug("UPDATE reservation SET state = 'ENDED', km = $2 WHERE id = $1", logger="Db", params=[res, round(t["km"], 1)])
        t["state"] = "ENDED"
        async with c.producer("trip.ended") as p:
            mid = await p.send({"res": res, "car": t["car"], "user": t["user"], "hold": t["hold"], "km": round(t["km"], 1), "zone": z["zone"]})
            p.log.info(f"trip.ended {res} sent", logger="Events", messageId=mid)
        w.ended.append(res)
        return 202, {}

    @trips.http("GET /reservations/{res}")
    async def look(c, b):
        await c.work(3)
        res = b["_route"].split("/")[2]
        c.log.debug("asked", logger="TripApi", res=res, state=w.trips[res]["state"], incoming=True)
        return 200, {}

    @trips.consumer("car.position")
    async def position(c, m):
        for res, t in w.trips.items():
            if t["car"] == m.body["car"] and t["state"] == "DRIVING":
                t["km"] += m.body["d"]
                c.log.debug(f"{res} +{m.body['d']} km", logger="Track", incoming=True)
        await c.work(1.5)

    @trips.consumer("trip.paid")
    async def paid(c, m):
        await c.work(5)
        c.log.info(f"{m.body['res']} paid", logger="Invoices", amount=m.body["eur"], invoice=m.body["inv"], incoming=True)
    trips.noise(6, lambda log: log.debug("blocked thread checker ok", logger="Vertx"))

    # ---------------------------------------------------------------- fleet
    @fleet.http("POST /claims")
    async def claim(c, b):
        async with c.span("redis SET NX", "CLIENT") as s:
            await s.work(1.5)
        if b["car"] not in w.idle or c.rng.random() < 0.04:
            c.log.warning("car taken", plate=b["car"], claimant=b["res"], incoming=True)
            return 409, {}
        w.idle.remove(b["car"])
        c.log.info("car claimed", plate=b["car"], claimant=b["res"], incoming=True)
        return 201, {}

    @fleet.http("DELETE /claims/{car}")
    async def unclaim(c, b):
        car = b["_route"].split("/")[-1]
        await c.work(2)
        w.idle.append(car)
        c.log.info("claim dropped", plate=car, incoming=True)
        return 204, {}

    @fleet.consumer("trip.ended", retries=2)
    async def back(c, m):
        async with c.span("UPDATE vehicle", "CLIENT") as s:
            await s.work(4)
            if c.rng.random() < 0.05 and m.attempt == 1:
                s.log.warning("serialization failure", plate=m.body["car"])
                raise Exception("40001")
            if c.rng.random() < 0.4: s.log.debug("sql", q="UPDATE vehicle SET state='idle' WHERE plate=$1")
        w.idle.append(m.body["car"])
        bat = c.rng.randrange(8, 100)
        if bat < 35: w.lowbat.append(m.body["car"])
        c.log.info("car idle again", plate=m.body["car"], battery=bat, incoming=True)

    @fleet.every(7, first=12)
    async def chores(c):
        cars, w.lowbat[:] = w.lowbat[:6], []
        c.log.info("chore round", low=len(cars))
        for car in cars:
            n["chore"] += 1
            async with c.producer("chore.created") as p:
                await p.send({"chore": n["chore"], "car": car})
                p.log.info("chore created", chore=n["chore"], plate=car, kind="recharge")
    fleet.noise(5, lambda log: log.debug("snapshot written", cars=len(cars)))

    # ---------------------------------------------------------------- telematics
    @tele.consumer("car.command", retries=1, retry_ms=150)
    async def send(c, m):
        b = m.body
        async with c.span("mqtt publish", "CLIENT") as s:
            await s.work(160, 0.7)
            if c.rng.random() < 0.6: s.log.debug(f"PUBLISH q1 cars/{b['car']}/in mid {c.rng.randrange(65535)}")
        if c.rng.random() < 0.06:
            c.log.warning(f"{b['car']} offline, {b['cmd']} stays queued", incoming=True)
            return
        await c.work(240, 0.5)
        c.log.info(f"{b['car']} executed {b['do']} (cmd {b['cmd']})", incoming=True)
        await c.publish("car.reply", {"cmd": b["cmd"], "ok": True}, producer_span=False)

    @tele.http("POST /ingest")
    async def ingest(c, b):
        await c.work(2)
        if c.rng.random() < 0.5: c.log.debug(f"frame {b['seq']} of {b['car']}", incoming=True)
        async with c.producer("car.position") as p:
            mid = await p.send({"car": b["car"], "d": b["d"], "seq": b["seq"]})
            p.log.debug(f"{b['car']} #{b['seq']} forwarded as {mid}")
        return 200, {}
    tele.noise(3, lambda log: log.info(f"{w.rng.randrange(80, 116)} sessions"))

    # ---------------------------------------------------------------- pricing
    @pricing.consumer("trip.ended", retries=1)
    async def price(c, m):
        b = m.body
        c.log.info(f"pricing {b['res']} ({b['km']} km)", logger="pricing.bus:consume:29", incoming=True)
        async with c.span("load tariff", "CLIENT") as s:
            await s.work(5)
            s.log.debug(f"tariff city-{b['zone']} v{c.rng.randrange(3, 6)} from cache", logger="pricing.tariff:load:61")
        eur = round(1 + b["km"] * 0.7 + c.rng.random() * 3, 2)
        async with c.client("wallet", f"POST /holds/{b['hold']}/capture") as k:
            st, a = await k.send({"eur": eur, "user": b["user"]})
            k.log.info(f"HTTP Request: POST http://wallet/holds/{b['hold']}/capture \"HTTP/1.1 {st}\"", logger="httpx:_client:1013")
        async with c.producer("trip.paid" if st == 200 else "trip.unpaid") as p:
            await p.send({"res": b["res"], "eur": eur, "inv": a.get("inv"), "user": b["user"]})
    pricing.noise(7, lambda log: log.debug("surge map recomputed", logger="pricing.surge:tick:18"))

    # ---------------------------------------------------------------- wallet
    @wallet.http("POST /holds")
    async def hold(c, b):
        async with c.span("acquirer authorise", "CLIENT") as s:
            await s.work(140, 0.5)
            ok = c.rng.random() > 0.05
            s.log.debug("Acquirer said {Code}", Code="00" if ok else "51")
        if not ok:
            c.log.warning("Hold for {Reference} refused", Reference=b["ref"], UserId=b["user"], incoming=True)
            return 402, {}
        h = hexid(10)
        c.log.info("Hold {HoldId} placed for {Reference}", HoldId=h, Reference=b["ref"], UserId=b["user"], Amount=20, incoming=True)
        return 201, {"hold": h}

    @wallet.http("DELETE /holds/{id}")
    async def drop(c, b):
        await c.work(40)
        c.log.info("Hold {HoldId} released", HoldId=b["_route"].split("/")[-1], incoming=True)
        return 204, {}

    @wallet.http("POST /holds/{id}/capture")
    async def capture(c, b):
        h = b["_route"].split("/")[2]
        for attempt in (1, 2, 3):
            async with c.span("acquirer capture", "CLIENT") as s:
                await s.work(120, 0.6)
                bad = c.rng.random() < 0.1
                if bad: s.log.warning("Delaying for {Delay}ms, then making retry {Retry}", Delay=200 * attempt, Retry=attempt)
                else: s.log.debug("Acquirer said {Code}", Code="00")
            if not bad: break
            await sleep(200 * attempt)
        if bad:
            c.log.error("Capture of {HoldId} failed", HoldId=h, incoming=True)
            return 502, {}
        inv = f"INV{c.rng.randrange(10 ** 6, 10 ** 7)}"
        c.log.info("Captured {Amount} on {HoldId}", Amount=b["eur"], HoldId=h, Invoice=inv, incoming=True)
        return 200, {"inv": inv}
    wallet.noise(8, lambda log: log.debug("Keyring checked"))

    # ---------------------------------------------------------------- licence
    @lic.http("POST /check")
    async def check(c, b):
        await c.work(25)
        ok = c.rng.random() > 0.04
        if ok: c.log.info(f"user {b['user']} may drive until 20{c.rng.randrange(27, 40)}", logger="check", incoming=True)
        else: c.log.warning(f"user {b['user']}: licence expired", logger="check", incoming=True)
        return (200 if ok else 403), {}

    # ---------------------------------------------------------------- zones
    @zones.http("POST /contains")
    async def contains(c, b):
        async with c.span("rtree lookup") as s:
            await s.work(1)
            s.log.debug("candidates", logger="rtree", n=c.rng.randrange(1, 5))
        ok = c.rng.random() > 0.12
        zone = c.rng.choice("ABCD")
        c.log.info("inside" if ok else "outside of every zone", logger="lookup", plate=b["car"], point=b["at"], incoming=True)
        return (200 if ok else 404), {"zone": zone}

    @zones.consumer("car.position")
    async def fence(c, m):
        await c.work(0.8)
        if c.rng.random() < 0.15: c.log.warning("near the border", logger="fence", plate=m.body["car"])
        elif c.rng.random() < 0.6: c.log.debug("ok", logger="fence", plate=m.body["car"], seq=m.body["seq"], incoming=True)
    zones.noise(6, lambda log: log.debug("geojson unchanged", logger="loader", etag=hexid(6)))

    # ---------------------------------------------------------------- notify
    task = {"trip.reserved": "reserved", "trip.lapsed": "lapsed", "trip.started": "started", "trip.paid": "receipt", "trip.unpaid": "dunning", "chore.created": "crew"}
    for topic in task:
        @notify.consumer(topic)
        async def push(c, m, what=task[topic]):
            if what != "lapsed": c.log.info(f"Task notify.{what}[{m.id}] received", incoming=True)
            async with c.span("apns", "CLIENT") as s:
                await s.work(45, 0.5)
                if c.rng.random() < 0.7: s.log.debug(f"pushed to {m.body.get('user', 'crew-' + str(c.rng.randrange(4)))}: {what} {m.body.get('res', m.body.get('chore'))}")
            c.log.info(f"Task notify.{what}[{m.id}] succeeded in {c.elapsed_ms() / 1000:.4f}s: None")
    notify.noise(9, lambda log: log.info("sync with celery@notify-1"))


async def load(w):
    r = w.rng
    async def trip(i):
        user = f"u{r.randrange(100000, 999999)}"
        if not w.idle: return
        st, a = await w.start("appgw", "POST /reservations", {"user": user, "car": r.choice(w.idle)})
        if st != 201: return
        res = a["res"]
        if i % 7 == 0: return
        await sleep(r.uniform(800, 4500))
        if i % 5 == 0: await w.start("appgw", f"GET /reservations/{res}", {"user": user})
        st, _ = await w.start("appgw", f"POST /reservations/{res}/unlock", {"user": user})
        if st != 200: return
        for k in range(r.randrange(1, 5)):
            await sleep(r.uniform(400, 1100))
            await w.start("telematics", "POST /ingest", {"car": w.trips[res]["car"], "d": round(r.uniform(0.2, 2.5), 1), "seq": k + 1})
        for _ in range(4):
            st, _ = await w.start("appgw", f"POST /reservations/{res}/end", {"user": user, "at": f"{48 + r.random():.5f},{11 + r.random():.5f}"})
            if st != 422: break
            await sleep(700)
    await arrivals(w, 50, 2.2, trip)
    await sleep(9000)

record(build, load, "k_carshare")
