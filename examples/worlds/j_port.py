"""Container terminal: trucks at the gate (cameras, appointments, customs), work instructions to vehicles and cranes, vessels discharged box by box
(a stream of messages, joined when the bay is empty), customs decisions in interchanges, reefers watched, hauliers asking about their slots."""
import json
from world import *


def milli(r): return "%03d" % (r.time.microsecond // 1000)

def glog(r):          # gate-ocr: C++
    ids = f"[{r.trace_id}:{r.span_id}] " if r.trace_id else ""
    back = f" (peer={r.incoming_parent})" if r.incoming_parent else ""
    return f"{'I' if r.level == 'DEBUG' else r.level[0]}{r.time:%Y%m%d %H:%M:%S}.{r.time.microsecond:06d} {r.pid} {r.logger}] {ids}{r.message}{back}"

def log4j1(r):        # tos: twenty years old Java
    mdc = f" t={r.trace_id},s={r.span_id}" if r.trace_id else " t=,s="
    if r.incoming_parent: mdc += f",p={r.incoming_parent}"
    return f"{r.time:%Y-%m-%d %H:%M:%S},{milli(r)} {r.level:<5} [{r.thread}]{mdc} {r.logger} - {r.message}"

def tracing(r):       # yard-planner: Rust, the full format
    ctx = f" request{{trace_id={r.trace_id} span_id={r.span_id}" + (f" parent_id={r.incoming_parent}" if r.incoming_parent else "") + "}:" if r.trace_id else ""
    f = "".join(f" {k}={json.dumps(v) if isinstance(v, str) and ' ' in v else v}" for k, v in r.fields.items())
    return f"{isoz(r, 6)} {r.level:>5}{ctx} yard_planner::{r.logger}: {r.message}{f}"

def rfc5424(r):       # crane-ctl: PLC gateway
    pri = {"DEBUG": 135, "INFO": 134, "WARN": 132, "ERROR": 131}[r.level]
    sd = f'[ctx@49152 trace="{r.trace_id}" span="{r.span_id}"' + (f' caller="{r.incoming}"' if r.incoming else "") + "]" if r.trace_id else "-"
    return f"<{pri}>1 {isoz(r, 6)} plcgw2 crane-ctl {r.pid} {r.logger if r.logger != 'crane-ctl' else '-'} {sd} {r.message}"

def rails(r):         # vbs: Ruby Logger, tagged
    tags = f"[{r.trace_id}] [{r.span_id}] " if r.trace_id else ""
    tail = f" traceparent={r.incoming}" if r.incoming else ""
    return f"{r.level[0]}, [{r.time:%Y-%m-%dT%H:%M:%S}.{r.time.microsecond:06d} #{r.pid}] {r.level:>5} -- : {tags}{r.message}{tail}"

def structlog(r):     # customs-edi
    d = dict(r.fields, event=r.message, level="warning" if r.level == "WARN" else r.level.lower(), timestamp=isoz(r, 6))
    if r.trace_id: d["trace"] = {"id": r.trace_id, "span": r.span_id}
    if r.incoming: d["traceparent"] = r.incoming
    return json.dumps(d)

def winston(r):       # reefer-mon
    d = {"level": r.level.lower(), "message": r.message, "service": "reefer-mon", **r.fields}
    if r.trace_id: d |= {"trace_id": r.trace_id, "span_id": r.span_id, "trace_flags": "01"}
    if r.incoming_parent: d["parent_span_id"] = r.incoming_parent
    return json.dumps(d | {"timestamp": isoz(r)}, separators=(",", ":"))

def serilog(r):       # billing: text template, properties behind
    p = dict(r.fields)
    if r.trace_id: p |= {"TraceId": r.trace_id, "SpanId": r.span_id}
    if r.incoming_parent: p["ParentSpanId"] = r.incoming_parent
    lv = {"DEBUG": "DBG", "INFO": "INF", "WARN": "WRN", "ERROR": "ERR"}[r.level]
    return f"{r.time:%Y-%m-%d %H:%M:%S}.{milli(r)} +00:00 [{lv}] {r.message} {json.dumps(p)}"

def zapconsole(r):    # agv-fleet
    d = dict(r.fields)
    if r.trace_id: d |= {"traceID": r.trace_id, "spanID": r.span_id}
    if r.incoming_parent: d["fromSpan"] = r.incoming_parent
    return f"{isoz(r)}\t{r.level}\t{r.logger}\t{r.message}" + ("\t" + json.dumps(d) if d else "")


def spaced(u): return f"{u[:4]} {u[4:10]}-{u[10]}"


def build(w):
    w.network_ms, w.broker_ms = 1.4, 9
    seq = {"msg": 0, "visit": 880120, "wi": 7001000, "appt": 40200, "call": 0, "charge": 19330, "ic": 5510}
    def nxt(k, by=1):
        seq[k] += by
        return seq[k]
    w.new_message_id = lambda: f"ID:tosmq1-36171-1790-4:1:{nxt('msg')}"
    w.appts, w.units, bays = {}, {}, {}

    gate = w.service("gate-ocr", glog, errors=lambda c, e: c.log.error(f"Check failed: st.ok() {e}", logger="lane.cc:402"))
    tos = w.service("tos", log4j1, errors=lambda c, e: c.log.error(f"onMessage: rolled back\njavax.ejb.EJBException: {e}\n\tat com.quay.tos.mdb.BaseMDB.onMessage(BaseMDB.java:77)\n\tat org.jboss.ejb3.mdb.Inflow.invoke(Inflow.java:203)", logger="BaseMDB"))
    yard = w.service("yard-planner", tracing)
    crane = w.service("crane-ctl", rfc5424, errors=lambda c, e: c.log.error(f"fault latched: {e}", logger="FAULT"))
    vbs = w.service("vbs", rails, errors=lambda c, e: c.log.error(f"Shoryuken worker raised: {e} (StandardError)\napp/workers/moved_worker.rb:14:in `perform'"))
    edi = w.service("customs-edi", structlog, errors=lambda c, e: c.log.error("subscriber_crashed", exc=str(e)))
    reefer = w.service("reefer-mon", winston, errors=lambda c, e: c.log.error("unhandledRejection: " + str(e)))
    bill = w.service("billing", serilog, errors=lambda c, e: c.log.error(f"Message could not be handled: {e}"))
    agv = w.service("agv-fleet", zapconsole, errors=lambda c, e: c.log.error("handler failed", logger="bus/worker.go:61", error=str(e)))

    # ---- gate
    @gate.http("POST /lanes/{lane}/arrivals")
    async def arrive(c, b):
        lane, unit = b["_route"].split("/")[2], b["unit"]
        c.log.debug(f"lane {lane}: loop triggered, 6 frames", logger="loop.cc:55")
        async with c.span("recognise") as s:
            await s.work(190)
            conf = s.rng.uniform(0.78, 0.999)
            s.log.info(f"lane {lane} plate {b['plate']} box {unit} conf={conf:.3f}", logger="ocr_engine.cc:211")
        if conf < 0.8:
            c.log.warning(f"lane {lane}: confidence too low, clerk decides", logger="lane.cc:140")
            await c.work(1400)
        asks = [c.call("vbs", f"POST /appointments/{b['appt']}/check_in", {"plate": b["plate"], "unit": unit})]
        if b["move"] == "pick": asks.append(c.call("customs-edi", f"GET /holds/{unit}"))
        got = await asyncio.gather(*asks)
        if any(g[0] != 200 for g in got):
            c.log.warning(f"lane {lane}: {unit} turned away (vbs={got[0][0]} customs={got[-1][0] if len(got) > 1 else '-'})", logger="lane.cc:171")
            return 409, {}
        async with c.client("tos", "POST /visits") as k:
            st, a = await k.send({"unit": unit, "plate": b["plate"], "appt": b["appt"], "move": b["move"], "lane": lane})
            k.log.info(f"TOS gives visit {a['visit']}", logger="tos_client.cc:38")
        await c.work(15)
        c.log.info(f"lane {lane}: barrier up after {c.elapsed_ms():.0f} ms", logger="lane.cc:188")
        return 200, a

    @gate.consumer("visit.closed")
    async def out_lane(c, m):
        await c.work(4)
        c.log.info(f"visit {m.body['visit']}: exit lane armed for {m.body['plate']}", logger="exit_lane.cc:29", incoming=True)
    gate.noise(5, lambda l: l.info(f"cam {w.rng.randrange(1, 13)}: exposure {w.rng.randrange(200, 900)} us", logger="camera.cc:90"))

    # ---- tos
    def T(c, kind="JMS"): return f"{kind}-{c.thread}"

    async def order(c, unit, src, dst, extra, reefer_=False):
        wi = nxt("wi", 7)
        async with c.producer("wi.created") as p:
            await p.send({"wi": wi, "box": unit, "from": src, "to": dst, "extra": extra})
            p.log.info(f"WI {wi} dispatched: {unit} {src} -> {dst}", logger="WorkInstructionBean", thread=T(c))
        return wi

    @tos.http("POST /visits")
    async def visit(c, b):
        v = nxt("visit", 3)
        t = T(c, "http")
        c.log.info(f"createVisit lane={b['lane']} unit={b['unit']} appt={b['appt']}", logger="GateFacade", thread=t, incoming=True)
        async with c.span("INSERT TRUCK_VISIT", "CLIENT") as d:
            await d.work(9)
            d.log.debug(f"INSERT INTO TRUCK_VISIT (GKEY,LIC,APPT) VALUES ({v},'{b['plate']}','{b['appt']}')", logger="SQL", thread=t)
        lane = f"TIP{int(b['lane']) + 10}"
        if b["move"] == "drop":
            st, a = await c.call("yard-planner", "POST /slots", {"unit": b["unit"], "weight": c.rng.randrange(4000, 31000)})
            w.units[b["unit"]] = {"at": a["slot"]}
            src, dst = lane, a["slot"]
        else:
            async with c.span("SELECT INV_UNIT", "CLIENT") as d:
                await d.work(5)
            src, dst = w.units.get(b["unit"], {}).get("at", "C07.22.3"), lane
        await order(c, b["unit"], src, dst, {"visit": v, "appt": b["appt"], "plate": b["plate"]})
        c.log.info(f"visit {v} OK", logger="GateFacade", thread=t)
        return 201, {"visit": v}

    @tos.http("GET /units/{unit}")
    async def unit_state(c, b):
        async with c.span("SELECT INV_UNIT", "CLIENT") as d:
            await d.work(4)
            d.log.debug(f"SELECT * FROM INV_UNIT WHERE ID='{b['_route'].split('/')[-1]}'", logger="SQL", thread=T(c, "http"))
        return 200, {}

    @tos.consumer("wi.done", retries=2, retry_ms=250)
    async def done(c, m):
        x, e = m.body, m.body["extra"]
        await c.work(3)
        async with c.span("UPDATE WORK_INSTRUCTION", "CLIENT") as d:
            await d.work(6)
            if c.rng.random() < 0.04 and m.attempt == 1:
                d.log.warning(f"ORA-00060: deadlock detected while waiting for resource (WI {x['wi']})", logger="SQL", thread=T(c))
                raise Exception("deadlock")
            d.log.debug(f"UPDATE WORK_INSTRUCTION SET STAGE='COMPLETE' WHERE WI={x['wi']}", logger="SQL", thread=T(c))
        c.log.info(f"WI {x['wi']} COMPLETE, {x['box']} now {x['to']}", logger="WorkInstructionMDB", thread=T(c), incoming=True)
        async with c.producer("unit.moved") as p:
            p.log.debug(f"-> UNIT.MOVED {x['box']}", logger="TopicPublisher", thread=T(c))
            await p.send(x)
        if "visit" in e: await c.publish("visit.closed", {"visit": e["visit"], "plate": e["plate"]}, producer_span=False)
        if "call" in e:
            bay = bays[e["call"]]
            bay["left"] -= 1
            bay["ctx"].append(c)
            if bay["left"] == 0:
                for o in bay["ctx"][:-1]: c.link(o)
                c.log.info(f"bay {bay['bay']} of {e['call']} empty, {len(bay['ctx'])} moves", logger="VesselMonitor", thread=T(c))
                async with c.producer("bay.complete") as p:
                    await p.send({"call": e["call"], "moves": len(bay["ctx"]), "bay": bay["bay"]})

    @tos.consumer("customs.decision")
    async def hold(c, m):
        async with c.span("MERGE UNIT_HOLD", "CLIENT") as d:
            await d.work(7)
        await c.work(2)
        c.log.info(f"{m.body['unit']}: customs hold {'lifted' if m.body['code'] == 'REL' else 'SET'} (MRN {m.body['mrn']})", logger="HoldMDB", thread=T(c), incoming=True)

    @tos.consumer("reefer.alarm")
    async def alarm(c, m):
        c.log.warning(f"reefer alarm {m.body['alarm']} for {m.body['unit']}, technician called", logger="ReeferMDB", thread=T(c), incoming=True)
        async with c.span("INSERT WORK_ORDER", "CLIENT") as d:
            await d.work(8)
            d.log.debug(f"INSERT INTO WORK_ORDER (REF,UNIT) VALUES ('{m.body['alarm']}','{m.body['unit']}')", logger="SQL", thread=T(c))
        await c.work(900, 0.6)
        await c.publish("reefer.handled", m.body)

    vessels = ["MV ALDERNEY", "MV CAPE FINISTERRE", "HANSA LUBECK", "EVER GIRO", "MSC ILARIA"]
    @tos.every(6, first=1)
    async def discharge_sequencer(c):
        call = f"{c.rng.choice(vessels).split()[-1][:4]}{nxt('call') + 26100}E"
        n, bay = c.rng.randrange(2, 5), c.rng.randrange(1, 40) * 2
        bays[call] = {"left": n, "bay": bay, "ctx": []}
        c.log.info(f"sequence for {call} bay {bay}: {n} moves", logger="DischargeSequencer", thread="quartz-2")
        qc = c.rng.randrange(1, 5)
        for i in range(n):
            unit = unit_no(c.rng)
            w.units[unit] = {"at": "VES"}
            async with c.producer("qc.discharge") as p:
                await p.send({"unit": unit, "call": call, "bay": bay, "qc": qc, "wi": nxt("wi", 7)})
                p.log.debug(f"  {i + 1}/{n} {unit} to QC{qc}", logger="DischargeSequencer", thread="quartz-2")
            await c.work(120)
    tos.noise(6, lambda l: l.info("[pool] tosDS active=7 idle=18 wait=0", logger="PoolMonitor", thread="Timer-1"))

    # ---- yard planner
    @yard.http("POST /slots")
    async def slot(c, b):
        c.log.debug("slot wanted", logger="api", unit=b["unit"], kg=b.get("weight", 0), incoming=True)
        async with c.span("solve") as s:
            await s.work(35, 0.6)
            cost = s.rng.uniform(1, 60)
            s.log.debug("local search stopped", logger="solver", iterations=s.rng.randrange(40, 900), cost="%.2f" % cost)
        at = f"{c.rng.choice('ABCDEF')}{c.rng.randrange(1, 12):02d}.{c.rng.randrange(1, 40):02d}.{c.rng.randrange(1, 5)}"
        await c.work(1.1)
        c.log.info("slot given", logger="api", slot=at, elapsed=f"{c.elapsed_ms():.1f}ms")
        return 200, {"slot": at}
    yard.noise(7, lambda l: l.info("occupancy refreshed", logger="cache", percent=w.rng.randrange(50, 80)))

    # ---- vehicles
    async def ride(c, wi, box, src, dst, extra):
        car = f"AGV-{c.rng.randrange(1, 48):02d}"
        c.log.info("assigned", logger="dispatch/match.go:88", wi=wi, vehicle=car, box=box, incoming=True)
        await c.work(1100, 0.4)
        async with c.span("handover") as s:
            s.log.debug("at transfer point", logger="vehicle/state.go:140", vehicle=car, tp=src[:3])
            await s.work(60)
        block = dst[0] if dst[0] in "ABCDEF" else src[0] if src[0] in "ABCDEF" else "C"
        async with c.client("crane-ctl", f"POST /rtg/{block}/lifts") as k:
            st, _ = await k.send({"unit": box, "to": dst})
            if st != 200:
                k.log.warn("crane refused, once more", logger="crane/client.go:31", status=st, wi=wi)
                await k.work(500)
                st, _ = await k.send({"unit": box, "to": dst})
        async with c.producer("wi.done") as p:
            p.log.info("wi done", logger="dispatch/report.go:19", wi=wi, took=f"{c.elapsed_ms() / 1000:.2f}s")
            await p.send({"wi": wi, "box": box, "to": dst, "extra": extra})

    @agv.consumer("wi.created", concurrency=12)
    async def job(c, m): await ride(c, m.body["wi"], m.body["box"], m.body["from"], m.body["to"], m.body["extra"])

    @agv.consumer("lift.done", concurrency=12)
    async def shore(c, m):
        st, a = await c.call("yard-planner", "POST /slots", {"unit": m.body["unit"]})
        w.units[m.body["unit"]] = {"at": a["slot"]}
        await ride(c, m.body["wi"], m.body["unit"], "QC0", a["slot"], {"call": m.body["call"]})
    agv.noise(3, lambda l: l.debug("battery", logger="vehicle/power.go:66", vehicle=f"AGV-{w.rng.randrange(1, 48):02d}", soc=w.rng.randrange(20, 100)))

    # ---- cranes
    @crane.http("POST /rtg/{block}/lifts")
    async def rtg(c, b):
        blk = b["_route"].split("/")[2]
        if c.rng.random() < 0.05:
            c.log.warning(f"RTG-{blk} interlock open, refusing {spaced(b['unit'])}", logger="ILOCK", incoming=True)
            return 503, {}
        async with c.span("plc cycle", "CLIENT") as s:
            await s.work(650, 0.4)
            s.log.debug(f"RTG-{blk} twistlocks locked, hoist {s.rng.randrange(4, 18)}m", logger="PLC")
        c.log.info(f"RTG-{blk} put {spaced(b['unit'])} at {b['to']}", logger="LIFT", incoming=True)
        return 200, {}

    @crane.consumer("qc.discharge", concurrency=3)
    async def quay(c, m):
        q = m.body["qc"]
        await c.work(420)
        async with c.span("plc cycle", "CLIENT") as s:
            await s.work(300)
        c.log.info(f"QC{q} landed {spaced(m.body['unit'])} from bay {m.body['bay']:02d}", logger="LAND", incoming=True)
        await c.publish("lift.done", {"unit": m.body["unit"], "wi": m.body["wi"], "call": m.body["call"]}, producer_span=False)
    crane.noise(4, lambda l: l.info(f"wind {w.rng.randrange(2, 14)} m/s", logger="ANEMO"))

    # ---- appointments
    @vbs.http("POST /appointments/{ref}/check_in")
    async def check_in(c, b):
        ref = b["_route"].split("/")[2]
        async with c.span("Appointment Load", "CLIENT") as d:
            await d.work(3)
            d.log.debug(f"  Appointment Load ({d.elapsed_ms():.1f}ms)  SELECT * FROM appointments WHERE ref = '{ref}' LIMIT 1")
        st = 200 if c.rng.random() > 0.04 else 409
        c.log.info(f"method=POST path=/appointments/{ref}/check_in status={st} duration={c.elapsed_ms():.2f}", incoming=True)
        return st, {}

    @vbs.http("POST /appointments")
    async def book(c, b):
        async with c.client("tos", "GET /units/" + b["unit"]) as k:
            st, _ = await k.send()
            k.log.info(f"TOS knows {b['unit']} (#{st}, {k.elapsed_ms():.0f}ms)")
        async with c.span("Appointment Create", "CLIENT") as d:
            await d.work(5)
            d.log.debug(f"  Appointment Create ({d.elapsed_ms():.1f}ms)  INSERT INTO appointments (unit, haulier) VALUES ('{b['unit']}', '{b['haulier']}')")
        ref = f"A{nxt('appt', 11)}{c.rng.choice('KLMNPX')}"
        w.appts[ref] = b
        c.log.info(f"method=POST path=/appointments status=201 duration={c.elapsed_ms():.2f} ref={ref} haulier={b['haulier']}", incoming=True)
        return 201, {"ref": ref}

    @vbs.http("GET /appointments/{ref}")
    async def show(c, b):
        await c.work(6)
        c.log.info(f"method=GET path={b['_route'].split(' ')[1]} status=200 duration={c.elapsed_ms():.2f}", incoming=True)
        return 200, {}

    @vbs.http("DELETE /appointments/{ref}")
    async def drop(c, b):
        ref = b["_route"].split("/")[-1]
        await c.work(5)
        c.log.info(f"method=DELETE path=/appointments/{ref} status=204 duration={c.elapsed_ms():.2f}")
        await c.publish("appointment.dropped", {"ref": ref, "haulier": w.appts[ref]["haulier"]})
        return 204, {}

    @vbs.consumer("unit.moved")
    async def completed(c, m):
        await c.work(4)
        ref = m.body["extra"].get("appt")
        if not ref: return
        async with c.span("Appointment Update", "CLIENT") as d:
            await d.work(4)
            d.log.debug(f"  Appointment Update ({d.elapsed_ms():.1f}ms)  UPDATE appointments SET state = 'done' WHERE ref = '{ref}'")
        c.log.info(f"MovedWorker: appointment {ref} completed")

    @vbs.consumer("customs.decision")
    async def push(c, m):
        await c.work(3)
        if m.body["code"] != "REL": return
        async with c.span("POST hooks.haulier", "CLIENT") as s:
            await s.work(140, 0.6)
            s.log.info(f"told haulier that {m.body['unit']} may be collected (#{c.rng.choice([200, 200, 202])})")
    vbs.noise(6, lambda l: l.info("method=GET path=/up status=200 duration=0.41"))

    # ---- customs
    @edi.http("GET /holds/{unit}")
    async def holds(c, b):
        unit = b["_route"].split("/")[-1]
        async with c.span("mongo find", "CLIENT") as s:
            await s.work(3)
        held = c.rng.random() < 0.05
        c.log.info("hold_lookup", equipment=unit, held=held, incoming=True)
        return (423 if held else 200), {}

    @edi.http("POST /inbox")
    async def inbox(c, b):
        ic = f"DECUS{nxt('ic', 4):08d}"
        c.log.info("interchange_received", unb=ic, bytes=b["n"] * 612, incoming=True)
        async with c.span("parse edifact") as s:
            await s.work(16)
            s.log.debug("segments_parsed", unb=ic, cusres=b["n"])
        for u in b["units"]:
            code, mrn = c.rng.choice(["REL", "REL", "REL", "INS"]), f"26DE{c.rng.randrange(10 ** 10):010d}M{c.rng.randrange(10)}"
            async with c.producer("customs.decision") as p:
                mid = await p.send({"unit": u, "code": code, "mrn": mrn})
                p.log.info("decision_published", equipment=u, mrn=mrn, code=code, jms_id=mid)
        async with c.span("send contrl", "CLIENT") as s:
            await s.work(60)
        c.log.info("interchange_acknowledged", unb=ic)
        return 202, {"unb": ic}

    @edi.consumer("bay.complete")
    async def coarri(c, m):
        await c.work(12)
        async with c.span("AS4 submit", "CLIENT") as s:
            for n in range(3):
                await s.work(160)
                if c.rng.random() > 0.15: break
                s.log.warning("as4_retry", attempt=n + 1, reason="EBMS:0005")
        c.log.info("coarri_sent", voyage=m.body["call"], moves=m.body["moves"], incoming=True)
    edi.noise(8, lambda l: l.debug("mailbox_polled", empty=True))

    # ---- reefers
    watch = [unit_no(w.rng) for _ in range(9)]
    @reefer.every(5, first=2)
    async def reefer_round(c):
        for u in c.rng.sample(watch, 4):
            async with c.span("modem read", "CLIENT") as s:
                await s.work(90)
                want, got = -18, -18 + s.rng.gauss(0, 1.6)
                s.log.debug("reading", container=u, setpoint=want, supply=round(got, 1))
            if got > -16.4:
                a = f"RA-{c.rng.getrandbits(24):06x}"
                async with c.producer("reefer.alarm") as p:
                    await p.send({"alarm": a, "unit": u})
                    p.log.warning("temperature deviation, alarm raised", container=u, alarmId=a)
        c.log.info("round finished", readings=4, ms=round(c.elapsed_ms()))

    @reefer.consumer("reefer.handled")
    async def clear(c, m):
        await c.work(3)
        c.log.info("alarm cleared", alarmId=m.body["alarm"], incoming=True)

    @reefer.consumer("unit.moved")
    async def plug(c, m):
        await c.work(2)
        if int(m.body["box"][9]) > 2: c.log.debug("not a reefer, ignored", container=m.body["box"])
        else: c.log.info("plugged in, monitoring starts", container=m.body["box"], rack=m.body["to"], incoming=True)

    # ---- billing
    @bill.consumer("unit.moved")
    async def charge(c, m):
        n = nxt("charge")
        c.log.debug(f"Rating move of {m.body['box']}", Unit=m.body["box"], Instruction=m.body["wi"], incoming=True)
        await c.work(6)
        async with c.span("INSERT Charges", "CLIENT") as d:
            await d.work(5)
            if c.rng.random() < 0.6: d.log.debug(f"Executed DbCommand ({d.elapsed_ms():.0f}ms)", Table="Charges", ChargeNo=n)
        c.log.info(f"Charge {n} booked, {c.rng.choice([48, 62, 95, 130])}.00 EUR", ChargeNo=n)

    @bill.consumer("bay.complete")
    async def stevedoring(c, m):
        await c.work(20)
        c.log.info(f"Stevedoring of {m.body['call']} bay {m.body['bay']}: {m.body['moves']} moves invoiced", Voyage=m.body["call"], incoming=True)

    @bill.consumer("appointment.dropped")
    async def no_show(c, m):
        await c.work(5)
        c.log.info(f"No-show fee for {m.body['haulier']} waived", Appointment=m.body["ref"], incoming=True)
    bill.noise(9, lambda l: l.debug("Rate card cache hit ratio 0.97"))


def unit_no(r): return r.choice(["MSKU", "HLXU", "TCLU", "CMAU", "OOLU"]) + "%07d" % r.randrange(10 ** 7)


async def load(w):
    r = w.rng
    async def one(i):
        if i % 7 == 5:
            n = r.randrange(1, 4)
            await w.start("customs-edi", "POST /inbox", {"n": n, "units": [r.choice(list(w.units) or ["MSKU0000001"]) for _ in range(n)]})
            return
        unit, move = unit_no(r), "drop"
        if w.units and r.random() < 0.35: unit, move = r.choice(list(w.units)), "pick"
        st, a = await w.start("vbs", "POST /appointments", {"unit": unit, "haulier": r.choice(["kroeger", "transmar", "de-wit", "schenk-s"])})
        await sleep(r.uniform(500, 5000))
        if i % 5 == 1: await w.start("vbs", "GET /appointments/" + a["ref"])
        if i % 9 == 2: return await w.start("vbs", "DELETE /appointments/" + a["ref"])
        plate = f"{r.choice(['HH', 'HB', 'OL'])}-{r.choice('ABCX')}{r.choice('EFTZ')} {r.randrange(100, 9999)}"
        await w.start("gate-ocr", f"POST /lanes/{r.randrange(1, 9)}/arrivals", {"unit": unit, "plate": plate, "appt": a["ref"], "move": move})
    await arrivals(w, 80, 2, one)
    await sleep(4000)

record(build, load, "j_port")
