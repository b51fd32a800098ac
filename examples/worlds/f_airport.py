"""Hold baggage of an airport: check-in, teletype gateway, sorter, screening by request and reply, early bag store, make-up, reconciliation."""
import json
from world import *


def nlog(r):
    ids = f"|trace={r.trace_id}|span={r.span_id}" if r.trace_id else "|trace=|span="
    return f"{r.time:%Y-%m-%d %H:%M:%S}.{r.ns % NS // 100000:04d}|{r.level}|Dcs.{r.logger}|{r.message}{ids}" + (f"|parent={r.incoming_parent}" if r.incoming_parent else "")


def rsyslog(r):   # whole seconds
    t = f" trace={r.trace_id},{r.span_id}" if r.trace_id else ""
    return f"{r.time:%Y-%m-%dT%H:%M:%S}+00:00 sita-a bsm-gw[{r.pid}]: {r.message}{t}" + (f" traceparent={r.incoming}" if r.incoming else "")


def boot3(r):
    ids = f"[{r.trace_id}-{r.span_id}]" if r.trace_id else "[                                                 ]"
    par = f" (parentSpan {r.incoming_parent})" if r.incoming_parent else ""
    return f"{isoz(r, 3)} {r.level:>5} {r.pid} --- [brs] [nio-8080-exec-{r.thread}] {ids} {('a.b.' + r.logger)[:30]:<30} : {r.message}{par}"


def log4net(r):
    p = f"{r.trace_id}/{r.span_id}" if r.trace_id else "(null)"
    return f"{r.time:%Y-%m-%d %H:%M:%S},{r.time.microsecond // 1000:03d} [{r.thread + 10}] {r.level:<5} Bhs.Sorter.{r.logger} [{p}] - {r.message}" + (f" <{r.incoming}>" if r.incoming else "")


def loguru(r):
    lev = {"WARN": "WARNING"}.get(r.level, r.level)
    ex = dict(r.fields)
    if r.trace_id: ex |= {"otelTraceID": r.trace_id, "otelSpanID": r.span_id}
    if r.incoming_parent: ex["parent"] = r.incoming_parent
    return f"{r.time:%Y-%m-%d %H:%M:%S}.{r.time.microsecond // 1000:03d} | {lev:<8} | hbs.{r.logger} - {r.message}" + (f" | {ex}" if ex else "")


def tracing(r):
    q = lambda v: v if isinstance(v, (int, float)) else json.dumps(v)
    f = "".join(f" {k}={q(v)}" for k, v in r.fields.items())
    ids = f" store{{trace_id={r.trace_id} span_id={r.span_id}}}:" if r.trace_id else ""
    return f"{isoz(r, 6)} {r.level:>5}{ids} ebs::{r.logger}: {r.message}{f}" + (f' traceparent="{r.incoming}"' if r.incoming else "")


def zerolog(r):
    d = {"level": r.level.lower()} | r.fields
    if r.trace_id: d |= {"trace_id": r.trace_id, "span_id": r.span_id}
    if r.incoming_parent: d["parent_id"] = r.incoming_parent
    return json.dumps(d | {"time": r.ns // 1_000_000, "message": r.message}, separators=(",", ":"))


def caddy(r):
    d = {"level": r.level.lower(), "ts": round(r.ns / NS, 6), "logger": "http.log.access", "msg": r.message} | r.fields
    if r.trace_id: d |= {"traceID": r.trace_id, "spanID": r.span_id}
    if r.incoming: d["request_headers"] = {"Traceparent": [r.incoming]}
    return json.dumps(d, separators=(",", ":"))


def logfmt(r):
    q = lambda v: f'"{v}"' if " " in str(v) else v
    s = f"ts={isoz(r, 3)} lvl={r.level.lower()} event={q(r.message)}" + "".join(f" {k}={q(v)}" for k, v in r.fields.items())
    return s + (f" tid={r.trace_id} sid={r.span_id}" if r.trace_id else "") + (f" psid={r.incoming_parent}" if r.incoming_parent else "")


def build(w):
    w.network_ms, w.broker_ms = 1.4, 9
    k = [w.rng.randrange(1000, 5000)]

    def mq():
        k[0] += 1
        return f"414d5120{k[0]:08x}"   # MQ-like
    w.new_message_id = mq
    dcs = w.service("dcs", nlog)
    gw = w.service("bsm-gw", rsyslog, errors=lambda c, e: c.log.error(f"MSG REJECTED: {e}"))
    brs = w.service("brs", boot3, errors=lambda c, e: c.log.error(f"Listener threw: {e}\n\tat aero.brs.Inbound.onMessage(Inbound.java:93)\n\tat jakarta.jms.MessageListener.onMessage(Unknown Source)", logger="Inbound"))
    sorter = w.service("sorter", log4net, errors=lambda c, e: c.log.error(f"ALARM {e}", logger="Alarms"))
    hbs = w.service("screening", loguru, errors=lambda c, e: c.log.error(f"crashed: {e}", logger="worker:run:88"))
    ebs = w.service("ebs", tracing, errors=lambda c, e: c.log.error("crane fault", logger="crane", error=str(e)))
    makeup = w.service("makeup", zerolog, errors=lambda c, e: c.log.error("consume failed", error=str(e)))
    fids = w.service("flights", caddy)
    pax = w.service("pax-app", logfmt, errors=lambda c, e: c.log.error("push failed", err=e))
    bags, waiting, boarded, known = {}, {}, {}, {}
    loaded = {}

    # ------------------------------------------------------------- check-in (departure control)
    @dcs.http("POST /checkin/bags")
    async def checkin(ctx, b):
        tag = f"0{ctx.rng.choice([125, 220, 57]):03d}{ctx.rng.randrange(100000, 999999)}"
        bags[tag] = {"tag": tag, "flight": b["flight"], "pnr": b["pnr"], "kg": b["kg"], "seen": "check-in"}
        ctx.log.info(f"Bag accepted {b['pnr']} {b['kg']}kg desk {b['desk']}, tag printed {tag}", logger="Desk", incoming=True)
        if b["kg"] > 23:
            async with ctx.span("charge excess") as s:
                await s.work(40)
                s.log.info(f"EMD issued for {b['kg'] - 23}kg over", logger="Fees")
        async with ctx.client("bsm-gw", "POST /typeb") as c:
            c.log.debug(f"send BSM {tag} to teletype", logger="Teletype")
            st, _ = await c.send({"tag": tag, "flight": b["flight"], "kind": "BSM"})
        return 201, {"tag": tag}

    @dcs.http("POST /noshow")
    async def noshow(ctx, b):
        ctx.log.warn(f"No-show {b['pnr']} on {b['flight']}: offload requested for {b['tag']}", logger="Boarding")
        st, a = await ctx.call("brs", "POST /offloads", {"lpn": b["tag"]})
        ctx.log.info(f"offload of {b['tag']} answered {st} after {ctx.elapsed_ms():.0f} ms", logger="Boarding")
        return st, a

    @dcs.http("PUT /loadsheet")
    async def loadsheet(ctx, b):
        await ctx.work(30)
        ctx.log.info(f"Loadsheet {b['flight']} revised, {b['pieces']} pcs", logger="WeightBalance", incoming=True)
        return 200, {}

    @dcs.http("PUT /bags/{tag}/offloaded")
    async def dcs_off(ctx, b):
        await ctx.work(4)
        return 204, {}

    # ------------------------------------------------------------- teletype gateway
    @gw.http("POST /typeb")
    async def typeb(ctx, b):
        await ctx.work(3)
        async with ctx.producer("bsm.in") as p:
            mid = await p.send({"lpn": b["tag"], "flt": b["flight"]})
            p.log.info(f"QU LHRBHXX .V/1LLHR .F/{b['flight']} .N/{b['tag']}001 -> MQ {mid}")
        return 202, {}

    @gw.consumer("bag.loaded", retries=2, retry_ms=400)
    async def bpm(ctx, m):
        if ctx.rng.random() < 0.05 and m.attempt == 1:
            ctx.log.warning(f"BPM {m.body['lpn']} NAK from line 2, retry", incoming=True)
            raise Exception("NAK")
        await ctx.work(20)
        ctx.log.info(f"BPM .N/{m.body['lpn']}001 .U/{m.body['uld']} sent, try {m.attempt}", incoming=True)

    # ------------------------------------------------------------- reconciliation
    @brs.consumer("bsm.in", retries=1)
    async def register(ctx, m):
        ctx.log.info(f"BSM for {m.body['lpn']} flight {m.body['flt']} [JMSMessageID={m.id}]", logger="Inbound", incoming=True)
        async with ctx.span("INSERT brs_bag", "CLIENT") as c:
            await c.work(4)
            c.log.debug("insert into brs_bag (lpn,flight,status) values (?,?,'EXPECTED')", logger="SQL")
        bags[m.body["lpn"]]["known"] = True

    @brs.http("POST /destination")
    async def destination(ctx, b):
        bag = bags[b["lpn"]]
        async with ctx.span("SELECT brs_bag", "CLIENT") as c:
            await c.work(2)
            if not bag.get("known"): c.log.warning(f"no BSM on file for {b['lpn']}", logger="Lookup")
            else: c.log.debug("select b.* from brs_bag b where b.lpn=?", logger="SQL")
        if not bag.get("known"): return 404, {}
        async with ctx.client("flights", "GET /v1/flights/" + bag["flight"]) as c:
            st, f = await c.send()
            c.log.debug(f"{bag['flight']} stand {f['stand']}", logger="FlightClient")
        ctx.log.info(f"{b['lpn']} -> {'EBS' if f['early'] else 'chute ' + f['chute']}", logger="Routing", incoming=True)
        return 200, f

    @brs.http("POST /authority")
    async def authority(ctx, b):
        await ctx.work(3)
        bag = bags[b["lpn"]]
        if bag.get("offload"):
            ctx.log.warning(f"LOAD REFUSED {b['lpn']} {bag['pnr']} not travelling", logger="Authority", incoming=True)
            return 409, {}
        ctx.log.info(f"Authority to load {b['lpn']} given", logger="Authority", incoming=True)
        return 200, {}

    @brs.consumer("bag.loaded")
    async def brs_loaded(ctx, m):
        async with ctx.span("UPDATE brs_bag", "CLIENT") as c:
            await c.work(3)
            c.log.debug(f"update brs_bag set status='LOADED', uld=? where lpn=? [{m.body['uld']}, {m.body['lpn']}]", logger="SQL")

    @brs.http("POST /offloads")
    async def offloads(ctx, b):
        bag = bags.get(b["lpn"])
        await ctx.work(5)
        if not bag or b["lpn"] not in loaded:
            if bag: bag["offload"] = True
            ctx.log.info(f"{b['lpn']} is not on board yet, blocked instead", logger="Offload", incoming=True)
            return 200, {"blocked": True}
        async with ctx.producer("offload.request") as p:
            await p.send({"lpn": b["lpn"], "uld": loaded[b["lpn"]]})
        ctx.log.info(f"Offload request out for {b['lpn']}", logger="Offload", incoming=True)
        return 202, {}

    @brs.consumer("offload.done")
    async def off_done(ctx, m):
        ctx.log.info(f"{m.body['lpn']} off after {m.body['ms']} ms on the ramp", logger="Offload", incoming=True)
        await ctx.call("dcs", f"PUT /bags/{m.body['lpn']}/offloaded")

    @brs.http("GET /bags/{lpn}")
    async def where(ctx, b):
        lpn = b["_route"].rsplit("/", 1)[1]
        await ctx.work(3)
        ctx.log.info(f"GET /bags/{lpn} 200 {ctx.elapsed_ms():.0f}ms", logger="AccessLog", incoming=True)
        return 200, {"at": bags[lpn]["seen"]}

    # ------------------------------------------------------------- sorter
    @sorter.consumer("bsm.in")
    async def expect(ctx, m):
        tag = m.body["lpn"]
        await ctx.work(250, 0.5)    # on the collector belt
        ctx.log.info(f"IND {tag} at ATR-{ctx.rng.randrange(1, 5)}, PIC {ctx.rng.randrange(1, 9999):04d}", logger="Tracking")
        bags[tag]["seen"] = "sorter"
        verdict = await screen(ctx, tag)
        if verdict != "CLEAR":
            ctx.log.warning(f"{tag} to reconciliation room ({verdict})", logger="Tracking")
            return
        async with ctx.client("brs", "POST /destination") as c:
            st, f = await c.send({"lpn": tag})
        if st == 404:
            ctx.log.warning(f"{tag} NO DEST, manual coding station", logger="Routing")
            await ctx.work(1200)
            f = {"early": False, "chute": "M99"}
        if f["early"]:
            async with ctx.producer("ebs.store") as p:
                await p.send({"barcode": tag, "flight": bags[tag]["flight"], "chute": f["chute"]})
                p.log.info(f"{tag} diverted EBS", logger="Routing")
        else:
            await discharge(ctx, tag, f["chute"])

    async def screen(ctx, tag):
        waiting[tag] = asyncio.get_running_loop().create_future()
        async with ctx.producer("screen.request") as p:
            mid = await p.send({"bag": tag, "reply_to": "screen.reply"})
            p.log.debug(f"HBS request {mid} {tag}", logger="Hbs")
        try:
            return await asyncio.wait_for(waiting[tag], 9)
        except asyncio.TimeoutError:
            ctx.log.error(f"HBS TIMEOUT {tag} after 9000 ms", logger="Hbs")
            return "TIMEOUT"
        finally:
            waiting.pop(tag, None)

    @sorter.consumer("screen.reply")
    async def verdict_in(ctx, m):
        ctx.log.info(f"HBS verdict {m.body['bag']} = {m.body['verdict']} (level {m.body['lvl']})", logger="Hbs", incoming=True)
        f = waiting.get(m.body["bag"])
        if f and not f.done(): f.set_result(m.body["verdict"])

    async def discharge(ctx, tag, chute):
        async with ctx.span("divert") as s:
            await s.work(180)
            miss = s.rng.random() < 0.06
            if miss:
                s.log.warning(f"{tag} missed {chute}, recirculating", logger="Tracking")
                await s.work(500)
        async with ctx.producer("bag.sorted") as p:
            await p.send({"tag": tag, "chute": chute})
        ctx.log.info(f"DIS {tag} {chute} {'recirc' if miss else 'ok'}", logger="Tracking")

    @sorter.consumer("ebs.released")
    async def released(ctx, m):
        await discharge(ctx, m.body["barcode"], m.body["chute"])

    # ------------------------------------------------------------- screening
    @hbs.consumer("screen.request", concurrency=12)
    async def scan(ctx, m):
        bag = m.body["bag"]
        async with ctx.span("level1 ct") as s:
            await s.work(160)
            score = s.rng.random()
            s.log.info("scanned", logger="l1:scan:42", bag=bag, score=round(score, 3), image=f"ct/{bag[-6:]}.dcm")
        lvl, verdict = 1, "CLEAR"
        if score > 0.75:
            lvl = 2
            async with ctx.span("level2 operator") as s:
                s.log.info(f"image of {bag} queued for an operator", logger="l2:enqueue:17")
                await s.work(1100, 0.5)
                if score > 0.94: lvl = 3
        if lvl == 3:
            async with ctx.span("level3 trace swab") as s:
                await s.work(1800, 0.3)
                verdict = "SUSPECT" if s.rng.random() < 0.4 else "CLEAR"
        async with ctx.producer(m.body["reply_to"]) as p:
            await p.send({"bag": bag, "verdict": verdict, "lvl": lvl, "corr": m.id})
        ctx.log.info(f"done in {ctx.elapsed_ms() / 1000:.2f}s", logger="worker:run:80", correlation_id=m.id, verdict=verdict, incoming=True)

    # ------------------------------------------------------------- early bag store
    @ebs.consumer("ebs.store")
    async def store(ctx, m):
        slot = f"A{ctx.rng.randrange(1, 9)}-{ctx.rng.randrange(100):02d}-{ctx.rng.randrange(20):02d}"
        async with ctx.span("crane put") as c:
            await c.work(300)
            c.log.debug("put", logger="crane", slot=slot, barcode=m.body["barcode"])
        ctx.log.info("stored", logger="inventory", slot=slot, barcode=m.body["barcode"], flight=m.body["flight"], incoming=True)
        bags[m.body["barcode"]]["seen"] = "store"

        async def release():
            await sleep(1500 + ctx.rng.expovariate(1 / 2500))
            async with ctx.span("crane get") as c:
                await c.work(280)
                if c.rng.random() < 0.5: c.log.debug("get", logger="crane", slot=slot)
            async with ctx.producer("ebs.released") as p:
                mid = await p.send({"barcode": m.body["barcode"], "chute": m.body["chute"]})
                p.log.info("released to sorter", logger="release", barcode=m.body["barcode"], mid=mid)
        ctx.spawn(release())

    # ------------------------------------------------------------- make-up and loading
    @makeup.consumer("bag.sorted", retries=2)
    async def load_bag(ctx, m):
        tag, uld = m.body["tag"], f"AKE{ctx.rng.randrange(10000, 10040)}BA"
        await ctx.work(400, 0.6)
        async with ctx.client("brs", "POST /authority") as c:
            st, _ = await c.send({"lpn": tag, "user": "H" + str(c.rng.randrange(20, 60))})
            c.log.debug("authority", bag=tag, status=st)
        if st != 200:
            ctx.log.warn("put aside", bag=tag, chute=m.body["chute"], incoming=True)
            return
        async with ctx.span("redis sadd uld", "CLIENT") as c:
            await c.work(0.9)
        loaded[tag] = uld
        known.setdefault(bags[tag]["flight"], []).append((tag, ctx))
        bags[tag]["seen"] = "hold"
        ctx.log.info("loaded", bag=tag, uld=uld, chute=m.body["chute"], incoming=True)
        async with ctx.producer("bag.loaded") as p:
            mid = await p.send({"lpn": tag, "uld": uld})
            p.log.debug("emit bag.loaded", msgid=mid)

    @makeup.consumer("offload.request")
    async def unload(ctx, m):
        ctx.log.info("unloading", bag=m.body["lpn"], uld=m.body["uld"], incoming=True)
        async with ctx.span("search container") as s:
            await s.work(1500, 0.5)
            s.log.info("bag found", depth=s.rng.randrange(1, 30))
        loaded.pop(m.body["lpn"], None)
        await ctx.publish("offload.done", {"lpn": m.body["lpn"], "ms": int(ctx.elapsed_ms())})

    @makeup.every(7, first=9)
    async def close_flight(ctx):
        if not known: return
        fl = max(known, key=lambda f: len(known[f]))
        got = known.pop(fl)
        for _, c in got[:40]: ctx.link(c)
        ctx.log.info("closing flight", flight=fl, pieces=len(got))
        async with ctx.span("PUT manifest", "CLIENT") as s:
            await s.work(60)
            s.log.debug("manifest stored", object=f"manifests/{fl}.xml", bytes=len(got) * 210)
        await asyncio.gather(ctx.call("dcs", "PUT /loadsheet", {"flight": fl, "pieces": len(got)}), ctx.publish("flight.closed", {"flight": fl, "tags": [t for t, _ in got]}))
        ctx.log.info("flight closed", flight=fl, ms=int(ctx.elapsed_ms()))

    # ------------------------------------------------------------- flights
    cache = {}

    @fids.http("GET /v1/flights/{id}")
    async def flight(ctx, b):
        no = b["_route"].rsplit("/", 1)[1]
        if no not in cache or ctx.rng.random() < 0.2:
            async with ctx.span("GET aodb", "CLIENT") as c:
                await c.work(35)
                c.log.debug("aodb refresh", flight=no)
            cache[no] = {"early": int(no[2:]) % 3 == 0, "chute": f"C{int(no[2:]) % 28:02d}", "stand": f"{int(no[2:]) % 60}L"}
        await ctx.work(0.6)
        ctx.log.info("handled request", request={"method": "GET", "uri": "/v1/flights/" + no, "host": "flights.int"}, duration=round(ctx.elapsed_ms() / 1000, 6), size=211, status=200, incoming=True)
        return 200, cache[no]

    # ------------------------------------------------------------- passenger app
    @pax.consumer("bag.loaded")
    async def tell(ctx, m):
        async with ctx.span("POST fcm.googleapis.com", "CLIENT") as c:
            await c.work(70, 0.6)
            c.log.info("fcm ok", bagtag=m.body["lpn"], dur=f"{c.elapsed_ms():.0f}ms")

    @pax.consumer("flight.closed")
    async def closed(ctx, m):
        ctx.log.info("flight closed, cards archived", flight=m.body["flight"], cards=len(m.body["tags"]), topic=m.topic, incoming=True)

    @pax.http("GET /my-bag/{tag}")
    async def my_bag(ctx, b):
        tag = b["_route"].rsplit("/", 1)[1]
        async with ctx.client("brs", "GET /bags/" + tag) as c:
            c.log.debug("ask brs", bagtag=tag)
            st, a = await c.send()
        ctx.log.info("my-bag", bagtag=tag, answer=a["at"], incoming=True)
        return 200, a

    sorter.noise(1.5, lambda l: l.debug(f"belt T{w.rng.randrange(1, 5)} speed {1.9 + w.rng.random() / 5:.2f} m/s", logger="Plc"))
    brs.noise(6, lambda l: l.info("HikariPool-2 - keepalive ok", logger="HikariPool"))
    gw.noise(5, lambda l: l.info(f"line {w.rng.randrange(1, 3)} keepalive"))
    hbs.noise(8, lambda l: l.info("calibration phantom passed", logger="l1:selftest:9", ct=w.rng.randrange(1, 5)))
    ebs.noise(6, lambda l: l.info("occupancy", logger="inventory", used=w.rng.randrange(200, 300), total=1200))
    makeup.noise(9, lambda l: l.debug("handheld sync", devices=w.rng.randrange(20, 40)))
    dcs.noise(7, lambda l: l.debug("pool: 4 of 32 host sessions in use", logger="Host"))


async def load(w):
    flights = [f"{w.rng.choice(['BA', 'LH', 'KL'])}{w.rng.randrange(200, 990)}" for _ in range(14)]

    async def one(i):
        r = w.rng
        fl, pnr = r.choice(flights), "".join(r.choice("ABCDEFGHJKLMNPQRSTUVWXYZ23456789") for _ in range(6))
        st, a = await w.start("dcs", "POST /checkin/bags", {"flight": fl, "pnr": pnr, "kg": r.randrange(9, 27), "desk": r.randrange(1, 40)})
        x = r.random()
        if x < 0.14:
            await sleep(3000 + 5000 * r.random())
            await w.start("dcs", "POST /noshow", {"pnr": pnr, "flight": fl, "tag": a["tag"]})
        elif x < 0.28:
            await sleep(800 + 3000 * r.random())
            await w.start("pax-app", "GET /my-bag/" + a["tag"])
    await arrivals(w, 130, 4, one)

record(build, load, "f_airport")
