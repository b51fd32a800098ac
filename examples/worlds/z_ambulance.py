"""Ambulance control: an Asterisk queue, triage in Rails, a C++ dispatch core, crews' terminals over MQTT behind an Erlang gateway, positions through a Broadway pipeline,
pagers by an old syslog daemon, HL7 to hospitals by Perl, patient records on Sidekiq, claims by a Node lambda, rota by cron."""
import json
from world import *


def asterisk(r):        # pbx: full log; whole seconds; the call id in brackets
    lv = {"INFO": "VERBOSE", "DEBUG": "DEBUG", "WARN": "WARNING", "ERROR": "ERROR"}[r.level]
    cid = f"[C-{r.fields['c']:08x}]" if "c" in r.fields else ""
    t = f" {{{r.trace_id}/{r.span_id}}}" if r.trace_id else ""
    return f"[{r.time:%b} {r.time.day:2d} {r.time:%H:%M:%S}] {lv}[{r.pid + r.thread}]{cid} {r.logger}: {r.message}{t}"


def rails(r):           # triage: development-like formatter of ActiveSupport::TaggedLogging
    t = f"[{r.fields['rid']}] " if "rid" in r.fields else ""
    if r.trace_id: t += f"[{r.trace_id}] [{r.span_id}] "
    if r.incoming: t += f"[traceparent={r.incoming}] "
    return f"{r.time:%Y-%m-%d %H:%M:%S}.{r.time.microsecond // 1000:03d} {r.level} {t}{r.message}"


def glog(r):            # cad: glog, threads; ids as a prefix of the message
    t = f"{r.trace_id}|{r.span_id} " if r.trace_id else ""
    if r.incoming_parent: t += f"(^{r.incoming_parent}) "
    return f"{'I' if r.level == 'DEBUG' else r.level[0]}{r.time:%m%d %H:%M:%S}.{r.time.microsecond:06d} {r.pid + r.thread} {r.logger}] {t}{r.message}"


def term(r):            # mdtgw: an Erlang term a line, as disk_log people do
    t = r.time
    ids = f',{{trace,"{r.trace_id}"}},{{span,"{r.span_id}"}}' if r.trace_id else ""
    if r.incoming_parent: ids += f',{{parent,"{r.incoming_parent}"}}'
    p = "".join(f",{{{k},{v if isinstance(v, int) else json.dumps(v)}}}" for k, v in r.fields.items())
    return f'{{{{{{{t.year},{t.month},{t.day}}},{{{t.hour},{t.minute},{t.second},{t.microsecond}}}}},{"warning" if r.level == "WARN" else r.level.lower()},{r.logger},"{r.message}",[{(p + ids)[1:]}]}}.'


def elixir(r):          # avl: console with metadata behind
    md = "".join(f" {k}={v}" for k, v in r.fields.items())
    if r.trace_id: md += f" trace_id={r.trace_id} span_id={r.span_id}"
    if r.incoming_parent: md += f" parent_span_id={r.incoming_parent}"
    return f"{r.time:%Y-%m-%dT%H:%M:%S}.{r.time.microsecond // 1000:03d}Z [{'warning' if r.level == 'WARN' else r.level.lower()}] {r.message}{md}"


def syslog(r):          # pagerd
    t = f" t={r.trace_id} s={r.span_id}" if r.trace_id else ""
    if r.incoming_parent: t += f" p={r.incoming_parent}"
    return f"{r.time:%b} {r.time.day:2d} {r.time:%H:%M:%S} ctl1 pagerd[{r.pid}]: {r.message}{t}"


def perl(r):            # hl7d: warn with time; segments on lines of their own
    head, *rest = r.message.split("\n")
    t = f" trace:{r.trace_id} span:{r.span_id}" if r.trace_id else ""
    if r.incoming: t += f" via:{r.incoming}"
    return "\n".join([f"{r.time:%Y%m%d-%H:%M:%S}.{r.time.microsecond // 1000:03d} ({r.pid}) {r.level}: {head}{t}"] + ["    " + x for x in rest])


def sidekiq7(r):        # epcr
    k = "".join(f" {a}={b}" for a, b in r.fields.items())
    if r.trace_id: k += f" trace_id={r.trace_id} span_id={r.span_id}"
    if r.incoming: k += f" traceparent={r.incoming}"
    return f"{r.level:<5} {isoz(r)} pid={r.pid} tid={format(r.thread * 52711 + 900000, 'x')}{k}: {r.message}"


def nodetools(r):       # claims: Powertools for TypeScript
    if "raw" in r.fields: return r.message
    d = {"level": r.level, "message": r.message, "sampling_rate": 0, "service": "claims", "timestamp": isoz(r), **r.fields}
    if r.trace_id: d |= {"trace_id": r.trace_id, "span_id": r.span_id}
    if r.incoming_parent: d["parent_id"] = r.incoming_parent
    return json.dumps(d, separators=(",", ":"))


def cronlog(r):         # rota: script | ts
    t = f"  [{r.trace_id} {r.span_id}]" if r.trace_id else ""
    return f"{r.time:%b %d %H:%M:%S} {r.message}{t}"


def build(w):
    w.network_ms, w.broker_ms = 0.7, 11
    w.calls, w.inc, w.alerts = {}, {}, {}
    n = {"call": w.rng.randrange(0x1a00, 0x9f00), "inc": w.rng.randrange(1200, 1800), "al": 0, "hl7": w.rng.randrange(50000, 60000), "claim": 0, "chan": 0}
    UNITS = [f"{a}{k}" for a in ("RTW", "NEF") for k in range(11, 26)]
    w.free = list(UNITS)

    def nxt(k, by=1):
        n[k] += by
        return n[k]

    pbx = w.service("pbx", asterisk)
    tri = w.service("triage", rails)
    cad = w.service("cad", glog, errors=lambda c, e: c.log.error(f"unhandled exception in consumer: {e}\n*** Check failure stack trace: ***\n    @     0x55d1c2a3  cad::Bus::dispatch()", logger="bus.cc:141"))
    mdt = w.service("mdtgw", term, errors=lambda c, e: c.log.error(str(e), logger="mdt_error"))
    avl = w.service("avl", elixir, errors=lambda c, e: c.log.error(f"** (RuntimeError) {e}"))
    pgr = w.service("pagerd", syslog, errors=lambda c, e: c.log.error(f"error: {e}"))
    hl7 = w.service("hl7d", perl, errors=lambda c, e: c.log.error(f"{e} at /opt/hl7d/lib/Mllp.pm line 77."))
    pcr = w.service("epcr", sidekiq7, errors=lambda c, e: c.log.warning(f"RuntimeError: {e}"))
    clm = w.service("claims", nodetools, errors=lambda c, e: c.log.error("handler failed", error={"name": "Error", "location": "/var/task/index.js:41", "message": str(e)}))
    rota = w.service("rota", cronlog)

    async def quiet(c, name, ms):
        async with c.span(name, "CLIENT") as s:
            await s.work(ms)

    # ---------------------------------------------------------------- the telephone
    @pbx.http("INVITE")
    async def invite(c, b):
        call, ch = nxt("call"), f"PJSIP/emergency-{nxt('chan', 3):08x}"
        c.log.info(f"    -- Executing [112@inbound:1] Queue(\"{ch}\", \"calltakers,t,,,60\") in new stack", c=call, logger="pbx.c")
        await sleep(c.rng.uniform(100, 900))
        if c.rng.random() < 0.08:
            c.log.info(f"  == Spawn extension (inbound, 112, 1) exited non-zero on '{ch}'", c=call, logger="pbx.c")
            return 487, {}
        agent = c.rng.randrange(201, 212)
        c.log.info(f"    -- PJSIP/{agent}-{n['chan'] + 1:08x} answered {ch}", c=call, logger="app_queue.c")
        async with c.client("triage", "POST /calls") as k:
            st, a = await k.send({"call": f"{call:08x}", "agent": agent, "from": f"+49151{k.rng.randrange(10**7, 10**8)}", "code": b["code"]})
            if st != 201: k.log.warning(f"AGI Script screenpop.agi completed, returning {st}", c=call, logger="res_agi.c")
        return st, a
    pbx.noise(6, lambda l: l.debug(f"Endpoint {w.rng.randrange(201, 212)} is now Reachable", logger="res_pjsip.c"))

    # ---------------------------------------------------------------- triage
    async def ar(c, name, sql, ms=3, **k):
        async with c.span(name, "CLIENT") as s:
            await s.work(ms)
            if s.rng.random() < 0.75: s.log.debug(f"  {name} ({s.elapsed_ms():.1f}ms)  {sql}", **k)

    @tri.http("POST /calls")
    async def take(c, b):
        k = {"rid": f"{c.rng.getrandbits(64):016x}"}
        c.log.info(f"Started POST \"/calls\" for 10.50.0.{b['agent'] - 150}", **k, incoming=True)
        ref = f"CL{b['call'][-4:].upper()}"
        await ar(c, "Call Create", f"INSERT INTO calls (ref, caller, agent) VALUES ('{ref}', '{b['from']}', {b['agent']})", **k)
        score = 0
        for q in c.rng.sample(["conscious", "breathing", "bleeding", "chest_pain", "trapped"], 3):
            async with c.span("question") as s:
                await s.work(320, 0.5)
                yes = s.rng.random() < 0.4
                score += yes
                if s.rng.random() < 0.75: s.log.debug(f"answer {q}={'yes' if yes else 'no'} call={ref}", **k)
        w.calls[ref] = {"state": "open", "inc": None}
        prio = "P1" if score > 1 else "P2" if score else "P3"
        if prio == "P3" and c.rng.random() < 0.4:
            w.calls[ref]["state"] = "advice"
            c.log.info(f"{ref} closed with advice, no ambulance", **k)
            return 201, {"ref": ref}
        async with c.client("cad", "POST /incidents") as x:
            st, a = await x.send({"ref": ref, "prio": prio, "code": b["code"]})
            x.log.info(f"cad: {st} incident #{a['no']} for {ref} in {x.elapsed_ms():.1f}ms", **k)
        w.calls[ref] |= {"inc": a["no"]}
        c.log.info(f"Completed 201 Created in {c.elapsed_ms():.0f}ms (ActiveRecord: {c.rng.uniform(2, 9):.1f}ms)", **k)
        return 201, {"ref": ref, "inc": a["no"]}

    @tri.http("POST /calls/{ref}/cancel")
    async def cancel_call(c, b):
        ref = b["_route"].split("/")[2]
        k = {"rid": f"{c.rng.getrandbits(64):016x}"}
        c.log.info(f"Started POST \"/calls/{ref}/cancel\" for 10.50.0.9", **k, incoming=True)
        no = w.calls[ref]["inc"]
        st = 404
        if no:
            async with c.client("cad", f"DELETE /incidents/{no}") as x:
                st, _ = await x.send({})
                if st == 409: x.log.warning(f"incident #{no} can not be cancelled any more", **k)
        c.log.info(f"Completed {st} in {c.elapsed_ms():.0f}ms", **k)
        return st, {}

    @tri.http("GET /calls/{ref}")
    async def show(c, b):
        await ar(c, "Call Load", f"SELECT calls.* FROM calls WHERE calls.ref = '{b['_route'].split('/')[-1]}' LIMIT 1", 1.5)
        if c.rng.random() < 0.8: c.log.info(f"Completed 200 OK {b['_route']} ({c.elapsed_ms():.1f}ms)", incoming=True)
        return 200, {}
    tri.noise(9, lambda l: l.info("protocol cache refreshed, 33 cards"))

    # ---------------------------------------------------------------- dispatch core
    async def assign(c, no, kind):
        """pick a crew, alert it by terminal and pager, wait for its acknowledgement"""
        x = w.inc[no]
        for round_ in (1, 2, 3):
            if x["state"] == "cancelled": return
            async with c.client("avl", f"GET /nearest/{kind}") as k:
                st, a = await k.send({"inc": no})
                k.log.debug(f"nearest {kind} for {no}: {a['unit'] or 'none'} eta={a['eta']}s", logger="recommend.cc:66")
            if not a["unit"]:
                c.log.warning(f"no {kind} free for {no}, queued", logger="assign.cc:120")
                await sleep(1500)
                continue
            al = f"{no}-{nxt('al') % 1000:03d}"
            w.alerts[al] = {"inc": no, "unit": a["unit"], "f": w.loop.create_future()}
            async with c.producer("dispatch.alert") as p:
                await p.send({"alert": al, "unit": a["unit"], "inc": no, "prio": x["prio"], "code": x["code"]})
                p.log.info(f"alert {al} unit={a['unit']} prio={x['prio']}", logger="assign.cc:88")
            try:
                await asyncio.wait_for(w.alerts[al]["f"], 2.6)
                x["units"].append(a["unit"])
                x["state"] = "enroute"
                c.log.info(f"{a['unit']} assigned to {no} after {c.elapsed_ms():.0f} ms", logger="assign.cc:101")
                return
            except asyncio.TimeoutError:
                w.free.append(a["unit"])
                c.log.warning(f"{a['unit']} did not acknowledge {al}, next unit", logger="assign.cc:109")
        c.log.error(f"incident {no} UNCOVERED", logger="assign.cc:131")

    @cad.http("POST /incidents")
    async def incident(c, b):
        no = 20260000 + nxt("inc")
        async with c.span("oci insert", "CLIENT") as s:
            await s.work(6)
            if s.rng.random() < 0.6: s.log.debug(f"OCI INSERT INC_MASTER {no} rc=0 {s.elapsed_ms() * 1000:.0f}us", logger="oci_store.cc:210")
        w.inc[no] = {"state": "new", "prio": b["prio"], "code": b["code"], "units": [], "ref": b["ref"]}
        c.log.info(f"incident {no} opened ref={b['ref']} prio={b['prio']} code={b['code']}", logger="incident.cc:52", incoming=True)
        if b["prio"] == "P1":
            async def both():
                async with c.span("dual dispatch") as d:
                    await asyncio.gather(assign(d, no, "RTW"), assign(d, no, "NEF"))
            c.spawn(both())
        else: c.spawn(assign(c, no, "RTW"))
        return 201, {"no": no}

    @cad.http("DELETE /incidents/{no}")
    async def drop(c, b):
        no = int(b["_route"].split("/")[-1])
        x = w.inc[no]
        await c.work(3)
        if x["state"] not in ("new", "enroute"):
            c.log.warning(f"cancel of {no} refused, state={x['state']}", logger="incident.cc:140", incoming=True)
            return 409, {}
        x["state"] = "cancelled"
        c.log.info(f"incident {no} cancelled, standing down {','.join(x['units']) or 'nobody'}", logger="incident.cc:148", incoming=True)
        for u in x["units"]:
            await c.publish("dispatch.standdown", {"unit": u, "inc": no})
            w.free.append(u)
        return 200, {}

    @cad.consumer("mdt.ack")
    async def acked(c, m):
        a = w.alerts[m.body["alert"]]
        await c.work(1)
        late = a["f"].done()
        c.log.info(f"ack {m.body['alert']} from {a['unit']}" + (" (late)" if late else ""), logger="bus.cc:97", incoming=True)
        if not late: a["f"].set_result(1)

    @cad.consumer("unit.status", retries=2, retry_ms=150)
    async def status(c, m):
        x = m.body
        if c.rng.random() < 0.04 and m.attempt < 3:
            c.log.warning(f"ORA-00054: resource busy, status {x['code']} of {x['unit']} again", logger="oci_store.cc:188", incoming=True)
            raise Exception("busy")
        async with c.span("oci update", "CLIENT") as s:
            await s.work(5)
            if s.rng.random() < 0.7: s.log.debug(f"OCI UPDATE INC_UNIT {x['unit']} rc=0 {s.elapsed_ms() * 1000:.0f}us", logger="oci_store.cc:231")
        w.inc[x["inc"]]["state"] = x["name"]
        c.log.info(f"{x['unit']} status {x['code']} ({x['name']}) inc={x['inc']}", logger="status.cc:44", incoming=True)
        if x["name"] == "clear":
            w.free.append(x["unit"])
            async with c.producer("incident.closed") as p:
                mid = await p.send({"inc": x["inc"], "unit": x["unit"], "ref": w.inc[x["inc"]]["ref"]})
                p.log.debug(f"incident.closed {x['inc']} msg={mid}", logger="bus.cc:61")
    cad.noise(5, lambda l: l.info(f"board: {len(w.inc)} incidents, {len(w.free)} units free", logger="board.cc:30"))

    # ---------------------------------------------------------------- terminals
    @mdt.consumer("dispatch.alert", retries=1)
    async def alert(c, m):
        x = m.body
        c.log.info("publish alert", unit=x["unit"], topic=f"mdt/{x['unit']}/alert", alert=x["alert"], logger="mdt_session", incoming=True)
        async with c.span("emqtt publish qos1", "CLIENT") as s:
            await s.work(45, 0.6)
            if s.rng.random() < 0.7: s.log.debug("puback", unit=x["unit"], packet_id=s.rng.randrange(1, 65535), logger="emqtt")
        w._spawn(w.crew(x["alert"], x["unit"], x["inc"]))

    @mdt.consumer("dispatch.standdown")
    async def standdown(c, m):
        await c.work(20)
        c.log.warning("stand down", unit=m.body["unit"], incident=m.body["inc"], logger="mdt_session", incoming=True)

    @mdt.http("MQTT ack")
    async def ack(c, b):
        c.log.info("crew pressed accept", unit=b["unit"], alert=b["alert"], logger="mdt_session")
        await c.publish("mdt.ack", {"alert": b["alert"]})
        return 200, {}

    @mdt.http("MQTT status")
    async def pressed(c, b):
        await c.work(0.8)
        c.log.info("status", unit=b["unit"], code=b["code"], seq=c.rng.randrange(100, 999), logger="mdt_session")
        async with c.producer("unit.status") as p:
            await p.send({"unit": b["unit"], "code": b["code"], "name": b["name"], "inc": b["inc"]})
        return 200, {}
    mdt.noise(5, lambda l: l.debug("pingreq", unit=w.rng.choice(UNITS), logger="emqtt"))

    # ---------------------------------------------------------------- positions
    @avl.http("GET /nearest/{kind}")
    async def nearest(c, b):
        kind = b["_route"].split("/")[-1]
        async with c.span("postgis knn", "CLIENT") as s:
            await s.work(14)
            s.log.debug(f"QUERY OK source=\"positions\" db={s.elapsed_ms():.1f}ms", incident=b["inc"])
        u = next((u for u in w.rng.sample(w.free, len(w.free)) if u.startswith(kind)), None)
        if u: w.free.remove(u)
        eta = c.rng.randrange(120, 900)
        if u: c.log.info(f"{u} is nearest", incident=b["inc"], eta=eta, incoming=True)
        return 200, {"unit": u, "eta": eta if u else 0}

    @avl.http("MQTT position")
    async def position(c, b):
        await c.work(1.5)
        await quiet(c, "insert", 3)
        c.log.debug("fix", unit=b["unit"], lat=round(48 + c.rng.random(), 5), lon=round(11 + c.rng.random(), 5))
        if c.rng.random() < 0.3:
            async with c.producer("geofence") as p:
                await p.send({"unit": b["unit"], "fence": p.rng.choice(["station 3", "St. Josef", "ring road"])})
                p.log.info("fence crossed", unit=b["unit"])
        return 200, {}

    @avl.consumer("unit.status")
    async def seen(c, m):
        await c.work(2)
        if c.rng.random() < 0.7: c.log.debug("status cached", unit=m.body["unit"], status=m.body["code"], incoming=True)
    avl.noise(6, lambda l: l.info("Broadway batch", batcher="positions", size=w.rng.randrange(20, 80), failed=0))

    # ---------------------------------------------------------------- pagers
    @pgr.consumer("dispatch.alert", retries=2, retry_ms=300)
    async def page(c, m):
        x = m.body
        async with c.span("tap send", "CLIENT") as s:
            await s.work(210, 0.4)
            if s.rng.random() < 0.06 and m.attempt < 3:
                s.log.warning(f"TAP: NAK from encoder, requeue {x['alert']}")
                raise Exception("nak")
        c.log.info(f"paged cap {4400 + UNITS.index(x['unit'])} {x['prio']} {x['code']} #{x['inc']}", incoming=True)

    @pgr.consumer("geofence")
    async def fence(c, m):
        await c.work(3)
        c.log.info(f"{m.body['unit']} at {m.body['fence']}", incoming=True)
    pgr.noise(8, lambda l: l.debug(f"encoder poll ok, rssi -{w.rng.randrange(40, 80)}dBm"))

    # ---------------------------------------------------------------- hospitals
    @hl7.consumer("unit.status")
    async def prealert(c, m):
        x = m.body
        if x["name"] != "transporting":
            if c.rng.random() < 0.6: c.log.debug(f"status {x['code']} of {x['unit']} is nothing for hospitals", incoming=True)
            return
        cid = f"AMB{nxt('hl7')}"
        for attempt in (1, 2, 3):
            async with c.span("mllp", "CLIENT") as s:
                await s.work(130, 0.5)
                ok = s.rng.random() > 0.1
                if ok: s.log.info(f"sent ADT^A04 {cid}\nMSH|^~\\&|CAD|CTL1|KIS|STJOSEF|{datetime.datetime.fromtimestamp(w.ns() // NS, datetime.timezone.utc):%Y%m%d%H%M%S}||ADT^A04|{cid}|P|2.5\nPV1|1|E|ER^^^STJOSEF||||||||||||||||{x['inc']}")
                else: s.log.warning(f"{cid}: MSA|AE, attempt {attempt}")
            if ok: break
            await sleep(400 * attempt)
        c.log.info(f"pre-alert for incident {x['inc']} ({x['unit']}) " + ("acknowledged MSA|AA" if ok else "given up"), incoming=True)

    @hl7.http("MLLP ORM^O01")
    async def order(c, b):
        """a hospital wants a transfer"""
        cid = f"KIS{b['id']}"
        c.log.info(f"received {cid}\nMSH|^~\\&|KIS|STJOSEF|CAD|CTL1|||ORM^O01|{cid}|P|2.5\nORC|NW|{b['id']}")
        async with c.client("cad", "POST /incidents") as k:
            st, a = await k.send({"ref": cid, "prio": "P4", "code": "TRANSFER"})
            k.log.debug(f"{cid} booked as {a['no']}")
        return 200, {}
    hl7.noise(7, lambda l: l.debug("listener idle, 2 peers connected"))

    # ---------------------------------------------------------------- records and claims
    @pcr.consumer("incident.closed", retries=2, retry_ms=400)
    async def record(c, m):
        x = m.body
        k = {"class": "BuildRecordJob", "jid": f"{c.rng.getrandbits(96):024x}"}
        c.log.info("start", **k, incoming=True)
        await quiet(c, "mongo aggregate", 25)
        async with c.span("pdf") as s:
            await s.work(160)
            if s.rng.random() < 0.05 and m.attempt < 3:
                c.log.info("fail", **k, elapsed=round(c.elapsed_ms() / 1000, 3))
                raise Exception("prawn")
            s.log.debug(f"record of mission {x['inc']} rendered, call {x['ref']}", **k)
        await c.publish("sqs:claims", {"inc": x["inc"], "unit": x["unit"], "rec": f"R{x['inc']}{x['unit']}"})
        c.log.info("done", **k, elapsed=round(c.elapsed_ms() / 1000, 3))
    pcr.noise(11, lambda l: l.info("heartbeat, 1 process, 10 threads"))

    @clm.consumer("sqs:claims", retries=1)
    async def claim(c, m):
        rq = "%08x-%04x-4%03x-a%03x-%012x" % tuple(c.rng.getrandbits(k) for k in (32, 16, 12, 12, 48))
        c.log.info(f"START RequestId: {rq} Version: $LATEST", raw=1)
        cold = c.rng.random() < 0.1
        for name, ms in (("Validate", 8), ("PriceMission", 22), ("Submit", 140)):
            async with c.span(name) as s:
                await s.work(ms)
                if name == "PriceMission": s.log.info("priced", missionId=m.body["inc"], cents=s.rng.randrange(30000, 90000), function_request_id=rq, cold_start=cold)
                if name == "Submit": s.log.info("claim accepted by insurer", claimId=f"DTA-{nxt('claim'):06d}", record=m.body["rec"], function_request_id=rq, cold_start=cold)
        c.log.info(f"END RequestId: {rq}", raw=1)
        c.log.info(f"REPORT RequestId: {rq}\tDuration: {c.elapsed_ms():.2f} ms\tBilled Duration: {math.ceil(c.elapsed_ms())} ms\tMemory Size: 256 MB\tMax Memory Used: {c.rng.randrange(74, 90)} MB" + (f"\tInit Duration: {c.rng.uniform(180, 320):.2f} ms" if cold else ""), raw=1)

    # ---------------------------------------------------------------- rota
    @rota.every(15, first=6)
    async def shift_change(c):
        c.log.info("shift_change.sh start")
        for u in c.rng.sample(UNITS, 8):
            async with c.span("unit") as s:
                await s.work(12)
                s.log.info(f"{u}: crew {s.rng.randrange(100, 999)} off, crew {s.rng.randrange(100, 999)} on")
        c.log.info("shift_change.sh ok")


async def load(w):
    r = w.rng

    async def crew(alert, unit, no):
        """the people in the car: accept, drive, treat, drive, report free"""
        if r.random() < 0.1: return
        await sleep(r.uniform(300, 2400))
        await w.start("mdtgw", "MQTT ack", {"alert": alert, "unit": unit})
        for code, name in ((4, "onscene"), (7, "transporting"), (8, "hospital"), (1, "clear")):
            await sleep(r.uniform(700, 2600))
            if w.inc[no]["state"] == "cancelled": return
            if name == "transporting" and unit[0] == "N": continue
            await w.start("mdtgw", "MQTT status", {"unit": unit, "code": code, "name": name, "inc": no})
    w.crew = crew

    async def one(i):
        x = r.random()
        if x < 0.45 or not w.calls: await w.start("pbx", "INVITE", {"code": r.choice(["06-D-1", "10-C-4", "17-B-1", "29-D-2", "31-A-3"])})
        elif x < 0.55: await w.start("hl7d", "MLLP ORM^O01", {"id": r.randrange(10**6, 10**7)})
        elif x < 0.63: await w.start("triage", f"POST /calls/{r.choice(list(w.calls)[-6:])}/cancel")
        elif x < 0.75: await w.start("triage", f"GET /calls/{r.choice(list(w.calls))}")
        else: await w.start("avl", "MQTT position", {"unit": r.choice(["RTW", "NEF"]) + str(r.randrange(11, 26))})
    await arrivals(w, 64, 1.5, one)
    await sleep(8000)

record(build, load, "z_ambulance")
