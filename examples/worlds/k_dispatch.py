"""A county's emergency control room: the telephone exchange opens calls, place and urgency are found at once, vehicles are chosen and
alerted over radio with acknowledgements and escalation; crews report status after status, hospitals answer over the broker, runs are closed."""
import json
from world import *


def milli(r): return "%03d" % (r.time.microsecond // 1000)

def asterisk(r):      # pbx: Asterisk, whole seconds
    lv = {"DEBUG": "DEBUG", "INFO": "VERBOSE", "WARN": "WARNING", "ERROR": "ERROR"}[r.level]
    ids = f"[tid {r.trace_id} sid {r.span_id}]" if r.trace_id else ""
    return f"[{r.time:%b} {r.time.day:2d} {r.time:%H:%M:%S}] {lv}[{r.pid}]{ids} {r.logger}.c: {r.message}"

def log4net(r):       # intake
    ndc = f"{r.trace_id}/{r.span_id}" if r.trace_id else "(null)"
    if r.incoming_parent: ndc += f"<{r.incoming_parent}"
    return f"{r.time:%Y-%m-%d %H:%M:%S},{milli(r)} [{r.thread}] {r.level:<5} {r.logger} [{ndc}] - {r.message}"

def zap(r):           # geo: zap's console encoder
    f = dict(r.fields)
    if r.trace_id: f |= {"traceID": r.trace_id, "spanID": r.span_id}
    if r.incoming: f["traceparent"] = r.incoming
    return f"{isoz(r)}\t{r.level}\t{r.logger}\t{r.message}" + (f"\t{json.dumps(f)}" if f else "")

def akka(r):          # triage
    mdc = f"[trace={r.trace_id},span={r.span_id}{',parent=' + r.incoming_parent if r.incoming_parent else ''}] " if r.trace_id else ""
    return f"[{r.time:%m/%d/%Y %H:%M:%S}.{milli(r)}] [{r.level}] [triage-akka.actor.default-dispatcher-{r.thread + 3}] [akka://triage/user/{r.logger}] {mdc}{r.message}"

def ecs(r):           # cad: Elastic common schema
    d = {"@timestamp": isoz(r), "log.level": r.level, "message": r.message, "ecs.version": "1.2.0", "service.name": "cad", "event.dataset": "cad.log", "process.thread.name": f"task-{r.thread}", "log.logger": r.logger}
    d |= {"labels": {k: str(v) for k, v in r.fields.items()}} if r.fields else {}
    if r.trace_id: d |= {"trace.id": r.trace_id, "span.id": r.span_id}
    if r.incoming_parent: d["parent.id"] = r.incoming_parent
    return json.dumps(d)

def spdlog(r):        # units
    lv = {"DEBUG": "debug", "INFO": "info", "WARN": "warning", "ERROR": "error"}[r.level]
    ids = f" [{r.trace_id} {r.span_id}]" if r.trace_id else ""
    if r.incoming_parent: ids += f" [up {r.incoming_parent}]"
    return f"[{r.time:%Y-%m-%d %H:%M:%S.%f}] [units] [{lv}]{ids} {r.message}"

def rfc5424(r):       # radio-gw
    pri = 128 + {"DEBUG": 7, "INFO": 6, "WARN": 4, "ERROR": 3}[r.level]
    sd = f'[otel@52 trace="{r.trace_id}" span="{r.span_id}"' + (f' parent="{r.incoming_parent}"' if r.incoming_parent else "") + "]" if r.trace_id else "-"
    return f"<{pri}>1 {isoz(r, 6)} rgw-2 radiogw {r.pid} {r.logger} {sd} {r.message}"

def pyjson(r):        # hospital-hub: python-json-logger
    d = {"asctime": f"{r.time:%Y-%m-%d %H:%M:%S},{milli(r)}", "levelname": r.level.replace("WARN", "WARNING"), "name": r.logger, "message": r.message} | r.fields
    if r.trace_id: d |= {"otelTraceID": r.trace_id, "otelSpanID": r.span_id}
    if r.incoming: d["traceparent"] = r.incoming
    return json.dumps(d)

def bunyan(r):        # wallboard
    d = {"name": "wallboard", "hostname": "wb0", "pid": r.pid, "level": {"DEBUG": 20, "INFO": 30, "WARN": 40, "ERROR": 50}[r.level]} | r.fields
    if r.trace_id: d |= {"trace": {"traceId": r.trace_id, "spanId": r.span_id}}
    if r.incoming_parent: d["trace"]["parentId"] = r.incoming_parent
    return json.dumps(d | {"msg": r.message, "time": isoz(r), "v": 0}, separators=(",", ":"))


def build(w):
    w.network_ms, w.broker_ms = 0.9, 7
    w.new_message_id = lambda: "ID:amq-%d" % w.ids.getrandbits(31)
    w.inc, w.free = {}, [f"{a}-{n}" for a in ("RTW", "NEF", "LF", "KTW") for n in range(11, 46)]
    num = {"chan": 0x1a2, "inc": 4410, "alert": 0}
    waiting, acks, beds = {}, {}, {}

    pbx = w.service("pbx", asterisk)
    intake = w.service("intake", log4net, errors=lambda c, e: c.log.error(f"Unhandled exception\nSystem.InvalidOperationException: {e}\n   at Intake.Bus.Pump.Run() in C:\\agent\\Pump.cs:line 52", logger="Intake.Bus.Pump"))
    geo = w.service("geo", zap)
    triage = w.service("triage", akka)
    cad = w.service("cad", ecs, errors=lambda c, e: c.log.error("Message dropped", logger="cad.bus.Listener", error=str(e)))
    units = w.service("units", spdlog, errors=lambda c, e: c.log.error(f"callback threw: {e}"))
    radio = w.service("radio-gw", rfc5424, errors=lambda c, e: c.log.error(f"job lost: {e}", logger="CORE"))
    hosp = w.service("hospital-hub", pyjson, errors=lambda c, e: c.log.error("task failed", logger="hub.worker", exc_info=str(e)))
    wall = w.service("wallboard", bunyan, errors=lambda c, e: c.log.error("oops", err={"message": str(e), "name": "Error"}))

    # ---------------------------------------------------------------- pbx
    @pbx.http("POST /trunk")
    async def ring(c, b):
        num["chan"] += 1
        ch = f"C-{num['chan']:08x}"
        c.log.info(f"-- Executing [112@from-pstn:1] Queue(\"SIP/trunk-{num['chan']:04x}\", \"emergency\") {ch}", logger="pbx", incoming=True)
        await c.work(350, 0.5)
        st, a = await c.call("intake", "POST /calls", {"caller": b["caller"], "chan": ch, "addr": b["addr"], "code": b["code"]})
        c.log.info(f"== {ch} bridged to taker, disposition {'ANSWERED' if st == 201 else 'FAILED'}", logger="app_queue")
        return st, a
    pbx.noise(4, lambda log: log.info(f"Peer 'trunk{w.rng.randrange(1, 3)}' is now Reachable. ({w.rng.randrange(8, 30)}ms / 2000ms)", logger="chan_sip"))

    # ---------------------------------------------------------------- intake
    @intake.http("POST /calls")
    async def take_call(c, b):
        L = "Intake.CallDesk"
        c.log.info(f"Call from {b['caller']} on {b['chan']}", logger=L, incoming=True)
        (gs, g), (ts, t) = await asyncio.gather(locate(c, b), c.call("triage", "POST /triage", {"code": b["code"], "chan": b["chan"]}))
        st, a = await c.call("cad", "POST /incidents", {"place": g["cell"], "prio": t["prio"], "code": b["code"], "caller": b["caller"], "chan": b["chan"]}, client_span=False)
        c.log.info(f"{b['chan']} became incident {a['incident']} (prio {t['prio']}) after {c.elapsed_ms() / 1000:.1f} s", logger=L)
        return 201, a

    async def locate(c, b):
        async with c.client("geo", "POST /locate") as k:
            st, g = await k.send({"addr": b["addr"], "caller": b["caller"]})
            if st != 200:
                k.log.warning(f"No match for '{b['addr']}', using mast position", logger="Intake.GeoProxy")
                return 200, {"cell": "mast-0"}
            k.log.debug(f"geo says {g['cell']} for {b['caller']}", logger="Intake.GeoProxy")
        return st, g

    @intake.consumer("incident.closed")
    async def archive(c, m):
        await c.work(12)
        c.log.info(f"Recording of {m.body['chan']} archived under {m.body['incident']}", logger="Intake.Archive", incoming=True)

    # ---------------------------------------------------------------- geo
    @geo.http("POST /locate")
    async def where(c, b):
        async with c.span("gazetteer query", "CLIENT") as s:
            await s.work(14)
            s.log.debug("query", logger="pg/conn.go:88", sql="SELECT cell FROM gazetteer WHERE addr % $1", args=[b["addr"]], rows=1)
        if c.rng.random() < 0.07:
            c.log.warning("no candidates", logger="locate.go:51", addr=b["addr"], msisdn=b["caller"], incoming=True)
            return 404, {}
        cell = f"{c.rng.randrange(40, 60)}N{c.rng.randrange(100, 999)}"
        c.log.info("located", logger="locate.go:64", msisdn=b["caller"], cell=cell, dur=f"{c.elapsed_ms():.2f}ms", incoming=True)
        return 200, {"cell": cell}

    @geo.http("POST /eta")
    async def eta(c, b):
        await c.work(24)
        c.log.debug("matrix", logger="route.go:120", to=b["cell"], vehicles=b["units"], incoming=True)
        return 200, {"s": [c.rng.randrange(90, 900) for _ in b["units"]]}
    geo.noise(6, lambda log: log.info("tiles warm", logger="cache.go:31", hit=round(w.rng.random(), 3)))

    # ---------------------------------------------------------------- triage
    @triage.http("POST /triage")
    async def judge(c, b):
        async with c.span("protocol " + b["code"]) as s:
            await s.work(45)
            p = c.rng.choice([1, 1, 2, 2, 3])
            if c.rng.random() < 0.8: s.log.debug(f"walked protocol {b['code']}, {c.rng.randrange(3, 9)} questions", logger="protocols")
        c.log.info(f"{b['chan']}: priority {p}", logger="judge", incoming=True)
        return 200, {"prio": p}
    triage.noise(9, lambda log: log.debug("mailbox sizes 0,0,0", logger="metrics"))

    # ---------------------------------------------------------------- cad
    @cad.http("POST /incidents")
    async def open_incident(c, b):
        num["inc"] += 1
        no = f"26-{num['inc']:06d}"
        w.inc[no] = {"state": "OPEN", "chan": b["chan"], "caller": b["caller"], "cell": b["place"], "units": []}
        async with c.span("INSERT incident", "CLIENT") as s:
            await s.work(6)
            s.log.debug("insert into incident(no, cell, prio) values (?,?,?)", logger="org.hibernate.SQL", no=no)
        st, a = await c.call("units", "POST /propose", {"incident": no, "cell": b["place"], "n": 1 if b["prio"] == 3 else c.rng.randrange(2, 4)})
        c.log.info(f"Incident {no} opened at {b['place']}, proposal {a['units']}", logger="cad.IncidentService", incoming=True)
        for u in a["units"]:
            await alert(c, no, u, b["code"], 1)
        async with c.producer("incident.opened") as p:
            await p.send({"incident": no, "prio": b["prio"], "cell": b["place"]})
        return 201, {"incident": no}

    async def alert(c, no, u, code, n):
        num["alert"] += 1
        al = f"A{num['alert']:05d}"
        acks[al] = False
        w.inc[no]["units"].append(u)
        async with c.producer("unit.alert") as p:
            await p.send({"alert": al, "incident": no, "unit": u, "code": code, "n": n})
            p.log.info(f"Alert {al} to {u}", logger="cad.AlertService", incident=no)
        c.spawn(guard(c, al, no, u, code, n))

    async def guard(c, al, no, u, code, n):
        await sleep(4000)
        if acks[al] or n > 2: return
        async with c.span("escalate") as s:
            s.log.warning(f"No acknowledgement of {al} by {u} within 4 s", logger="cad.AlertWatchdog", incident=no)
            st, a = await s.call("units", "POST /propose", {"incident": no, "cell": w.inc[no]["cell"], "n": 1})
            await alert(s, no, a["units"][0], code, n + 1)

    @cad.consumer("unit.ack")
    async def acked(c, m):
        b = m.body
        late = acks.get(b["alert"])
        acks[b["alert"]] = True
        await c.work(4)
        c.log.info(f"{b['unit']} {'acknowledged again' if late else 'acknowledged'} {b['alert']}", logger="cad.AlertService", incoming=True)

    @cad.consumer("unit.status")
    async def progress(c, m):
        b = m.body
        async with c.span("INSERT run_log", "CLIENT") as s:
            await s.work(5)
            if c.rng.random() < 0.6: s.log.debug("insert into run_log(no, unit, st) values (?,?,?)", logger="org.hibernate.SQL", no=b["incident"])
        if b["st"] == 7:
            corr = "bed-%06x" % c.rng.getrandbits(24)
            beds[corr] = w.loop.create_future()
            async with c.producer("bed.request") as p:
                await p.send({"corr": corr, "incident": b["incident"]})
                p.log.debug(f"asked for a bed, correlation {corr}", logger="cad.BedRequester")
            try: got = await asyncio.wait_for(beds[corr], 3)
            except asyncio.TimeoutError: got = None
            if got: c.log.info(f"{b['unit']} goes to {got} with the patient of {b['incident']}", logger="cad.IncidentService", incoming=True)
            else: c.log.error(f"No bed for {b['incident']}, dispatcher has to phone", logger="cad.IncidentService", incoming=True)
        elif b["st"] == 1 and w.inc[b["incident"]]["state"] == "OPEN":
            w.inc[b["incident"]]["state"] = "CLOSED"
            await c.publish("incident.closed", {"incident": b["incident"], "chan": w.inc[b["incident"]]["chan"], "caller": w.inc[b["incident"]]["caller"]}, producer_span=False)
            c.log.info(f"Incident {b['incident']} closed", logger="cad.IncidentService", incoming=True)
        else:
            c.log.debug(f"Run of {b['unit']} now in status {b['st']}", logger="cad.RunLog", incident=b["incident"], incoming=True)

    @cad.consumer("bed.reply")
    async def bed(c, m):
        f = beds.get(m.body["corr"])
        if f and not f.done(): f.set_result(m.body["clinic"])
        else: c.log.warning(f"Late bed reply {m.body['corr']}", logger="cad.BedRequester")

    @cad.http("GET /incidents/{no}")
    async def show(c, b):
        no = b["_route"].split("/")[-1]
        await c.work(4)
        c.log.info(f"GET /incidents/{no} 200 {c.elapsed_ms():.1f}", logger="access", incoming=True)
        return 200, w.inc[no]
    cad.noise(5, lambda log: log.debug("heartbeat of standby site received", logger="cad.ha.Replicator"))

    # ---------------------------------------------------------------- units
    @units.http("POST /propose")
    async def propose(c, b):
        cand = c.rng.sample(w.free, min(len(w.free), b["n"] + 1))
        async with c.client("geo", "POST /eta") as k:
            st, a = await k.send({"cell": b["cell"], "units": cand})
            k.log.debug(f"eta {b['cell']} {' '.join(f'{u}={s}s' for u, s in zip(cand, a['s']))}")
        best = [u for _, u in sorted(zip(a["s"], cand))][:b["n"]]
        c.log.info(f"proposal for {b['incident']}: {', '.join(best)}", incoming=True)
        return 200, {"units": best}

    @units.http("POST /status")
    async def status(c, b):
        c.log.info(f"FMS {b['st']} from {b['unit']} (inc {b['incident']})", incoming=True)
        async with c.span("redis SET", "CLIENT") as s:
            await s.work(1)
        async with c.producer("unit.status") as p:
            await p.send(b | {"_headers": None, "_route": None})
            if b["st"] in (3, 7): p.log.debug(f"unit.status/{b['st']} published for {b['unit']}")
        return 200, {}

    @units.every(6, first=5)
    async def stale_sweep(c):
        await c.work(3)
        silent = c.rng.sample(w.free, c.rng.randrange(0, 4))
        c.log.debug(f"sweep: {len(silent)} silent")
        for u in silent:
            async with c.producer("radio.ping") as p:
                await p.send({"unit": u})
                p.log.info(f"ping {u}, silent for {c.rng.randrange(60, 900)} s")
    units.noise(2, lambda log: log.debug(f"avl burst: {w.rng.randrange(5, 60)} positions"))

    # ---------------------------------------------------------------- radio-gw
    @radio.consumer("unit.alert", retries=2, retry_ms=300)
    async def send_alert(c, m):
        b = m.body
        async with c.span("tetra sds", "CLIENT") as s:
            await s.work(210, 0.5)
            if c.rng.random() < 0.07:
                s.log.warning(f"SDS to {b['unit']} NAK (attempt {m.attempt})", logger="SDS")
                raise Exception("nak")
            s.log.info(f"SDS {b['alert']} {b['unit']} ACK", logger="SDS")
        c.log.info(f"alert delivered unit={b['unit']} incident={b['incident']} jms={m.id}", logger="ALERT", incoming=True)
        if c.rng.random() < 0.9: c.spawn(crew(c, b))

    async def crew(c, b):
        await sleep(c.rng.uniform(500, 3900))
        async with c.span("crew button") as s:
            s.log.info(f"status 3 key pressed on {b['unit']}", logger="KEYS")
            await s.work(4)
            await s.publish("unit.ack", {"alert": b["alert"], "unit": b["unit"]}, producer_span=False)

    @radio.consumer("radio.ping")
    async def ping(c, m):
        await c.work(150)
        ok = c.rng.random() > 0.2
        c.log(("INFO" if ok else "WARN"), f"{m.body['unit']} {'pong' if ok else 'does not answer'}", logger="PING", incoming=True)
    radio.noise(4, lambda log: log.debug("base station 4 rssi -71", logger="RF"))

    # ---------------------------------------------------------------- hospital-hub
    @hosp.consumer("bed.request", retries=1)
    async def find_bed(c, m):
        c.log.info("Bed wanted", logger="hub.beds", reference=m.body["corr"], incident_no=m.body["incident"], incoming=True)
        houses = c.rng.sample(["St. Anna", "Nord", "Uniklinik", "Marien"], 3)
        got = None
        async def ask(h):
            async with c.span("ask house", "CLIENT") as s:
                await s.work(260, 0.6)
                yes = c.rng.random() < 0.5
                s.log.debug(f"{h} says {'yes' if yes else 'full'}", logger="hub.ivena", ref=m.body["corr"])
                return h if yes else None
        for h in await asyncio.gather(*(ask(h) for h in houses)):
            got = got or h
        if not got:
            c.log.warning("All houses full", logger="hub.beds", reference=m.body["corr"])
            return
        async with c.producer("bed.reply") as p:
            await p.send({"corr": m.body["corr"], "clinic": got})
            p.log.info("Bed assigned", logger="hub.beds", reference=m.body["corr"], clinic=got)

    @hosp.consumer("incident.closed")
    async def release(c, m):
        await c.work(9)
        c.log.debug("nothing reserved any more", logger="hub.beds", incident_no=m.body["incident"])
    hosp.noise(7, lambda log: log.info("IVENA poll ok", logger="hub.ivena"))

    # ---------------------------------------------------------------- wallboard
    @wall.consumer("incident.opened")
    async def red(c, m):
        c.log.info("incident shown", incident={"no": m.body["incident"], "prio": m.body["prio"]}, screens=4, incoming=True)
        await c.work(3)

    @wall.consumer("unit.status")
    async def move(c, m):
        await c.work(2)
        if m.body["st"] != 4: c.log.debug(f"tile {m.body['unit']} -> {m.body['st']}", incoming=True)

    @wall.consumer("incident.closed")
    async def grey(c, m):
        await c.work(2)
        c.log.info("incident removed", incident={"no": m.body["incident"]}, incoming=True)
    wall.noise(6, lambda log: log.debug("ws clients", n=w.rng.randrange(3, 9)))


async def load(w):
    r = w.rng
    async def emergency(i):
        caller = f"0{r.choice(['151', '172', '89', '8131'])}{r.randrange(10 ** 6, 10 ** 7)}"
        st, a = await w.start("pbx", "POST /trunk", {"caller": caller, "addr": f"{r.choice(['Lindenweg', 'Am Markt', 'Bahnhofstr.', 'Seeufer'])} {r.randrange(1, 99)}", "code": r.choice(["CARD", "FALL", "FIRE", "TRAF", "BREATH"])})
        no = a["incident"]
        if i % 3 == 0: return
        await sleep(r.uniform(3000, 6000))
        u = w.inc[no]["units"][0]
        for fms in (3, 4, 7, 1) if i % 3 == 1 else (3, 1):
            await w.start("units", "POST /status", {"unit": u, "st": fms, "incident": no})
            if fms == 4 and i % 4 == 1: await w.start("cad", f"GET /incidents/{no}")
            await sleep(r.uniform(900, 4500))
    await arrivals(w, 62, 1.6, emergency)
    await sleep(5000)

record(build, load, "k_dispatch")
