"""Motorway tolling: passages at gantries run through a pipeline of stages (read, identify, match into trips, price, charge), with a review desk asked over
the broker, parallel look-ups three services deep, dead letters, disputes and settlement batches."""
import json
from world import *

ms = lambda r: r.time.microsecond // 1000

# ---- formatters
def spdlog(r):
    ids = f" [trace={r.trace_id} span={r.span_id}]" if r.trace_id else ""
    par = f" [up={r.incoming_parent}]" if r.incoming_parent else ""
    return f"[{r.time:%Y-%m-%d %H:%M:%S}.{ms(r):03d}] [{r.logger}] [{r.level.lower().replace('warn', 'warning')}] [thread {r.thread + 140210}]{ids} {r.message}{par}"

def colon(r):
    ids = f"[{r.trace_id}/{r.span_id}]" if r.trace_id else "[-/-]"
    par = f" (traceparent={r.incoming})" if r.incoming else ""
    return f"{r.level if r.level != 'WARN' else 'WARNING'}:{r.time:%Y-%m-%dT%H:%M:%S}.{ms(r):03d}+0000:{ids}:{r.logger}:{r.message}{par}"

def tracingjson(r):
    d = {"timestamp": isoz(r, 6), "level": r.level, "fields": {"message": r.message} | r.fields, "target": f"matcher::{r.logger}"}
    if r.trace_id:
        d["span"] = {"name": "handle", "trace_id": r.trace_id, "span_id": r.span_id}
        if r.incoming: d["span"]["traceparent"] = r.incoming
    return json.dumps(d, separators=(",", ":"))

def logrus(r):
    kv = "".join(f' {k}="{v}"' if " " in str(v) or "=" in str(v) else f" {k}={v}" for k, v in r.fields.items())
    if r.trace_id: kv += f" trace_id={r.trace_id} span_id={r.span_id}"
    if r.incoming_parent: kv += f" parent_id={r.incoming_parent}"
    return f'time="{isoz(r)}" level={r.level.lower().replace("warn", "warning")} msg="{r.message}"{kv}'

def gelf(r):
    d = {"version": "1.1", "host": "vreg-1", "short_message": r.message, "timestamp": round(r.ns / 1e9, 3), "level": {"DEBUG": 7, "INFO": 6, "WARN": 4, "ERROR": 3}[r.level], "_logger": r.logger}
    if r.trace_id: d |= {"_trace_id": r.trace_id, "_span_id": r.span_id}
    if r.incoming: d["_traceparent"] = r.incoming
    return json.dumps(d | {"_" + k: v for k, v in r.fields.items()}, separators=(",", ":"))

def quarkus(r):
    ids = f" traceId={r.trace_id}, parentId={r.incoming_parent or ''}, spanId={r.span_id}, sampled=true" if r.trace_id else ""
    return f"{r.time:%Y-%m-%d %H:%M:%S},{ms(r):03d} {r.level:<5}{ids} [{r.logger}] (executor-thread-{r.thread}) {r.message}"

def ecs(r):
    d = {"@timestamp": isoz(r), "log.level": r.level, "message": r.message, "ecs.version": "1.2.0", "service.name": "charging", "process.thread.name": f"DefaultDispatcher-worker-{r.thread}", "log.logger": r.logger}
    if r.trace_id: d |= {"trace.id": r.trace_id, "span.id": r.span_id}
    if r.incoming_parent: d["parent.id"] = r.incoming_parent
    if "stack" in r.fields: d["error.stack_trace"] = r.fields["stack"]
    return json.dumps(d | {"labels." + k: v for k, v in r.fields.items() if k != "stack"}, separators=(",", ":"))

def lograge(r):
    ids = f" trace_id={r.trace_id} span_id={r.span_id}" if r.trace_id else ""
    par = f" traceparent={r.incoming}" if r.incoming else ""
    return f"{isoz(r, 0)} {r.level.lower()} {r.message}" + "".join(f" {k}={v}" for k, v in r.fields.items()) + ids + par

def haproxy(r):
    f = r.fields
    if "line" not in f: return f"{r.time:%Y-%m-%dT%H:%M:%S}.{r.time.microsecond:06d}+00:00 lb1 haproxy[{r.pid}]: {r.message}"
    ids = f" {{{r.trace_id}|{r.span_id}}}" if r.trace_id else ""
    return f"{r.time:%Y-%m-%dT%H:%M:%S}.{r.time.microsecond:06d}+00:00 lb1 haproxy[{r.pid}]: {f['ip']}:{f['port']} [{r.time:%d/%b/%Y:%H:%M:%S}.{ms(r):03d}] fe_https~ {f['be']} 0/0/1/{f['t']}/{f['t'] + 1} {f['status']} {f['port'] % 700} - - ---- 12/12/1/0/0 0/0{ids} \"{f['line']} HTTP/1.1\""

def flat(r):
    ids = f" ({r.trace_id}.{r.span_id}" + (f" < {r.incoming_parent}" if r.incoming_parent else "") + ")" if r.trace_id else ""
    return f"{r.time:%Y-%m-%d %H:%M:%S}.{ms(r):03d} {r.level.lower():<5}{ids} - {r.message}"


def build(w):
    w.network_ms, w.broker_ms = 0.5, 2
    rng = w.rng
    sq = [rng.randrange(10 ** 5, 10 ** 6)]
    w.new_message_id = lambda: (sq.__setitem__(0, sq[0] + 1), str(sq[0]))[1]   # JetStream sequence
    lb = w.service("lb", haproxy)
    ing = w.service("roadside-ingest", spdlog, errors=lambda c, e: c.log.error(f"exception in worker: {e}", logger="main"))
    ocr = w.service("anpr", colon, errors=lambda c, e: c.log.error(f"task raised\nTraceback (most recent call last):\n  File \"/app/anpr/worker.py\", line 77, in run\n    await handle(msg)\nRuntimeError: {e}", logger="anpr.worker"))
    desk = w.service("review-desk", flat, errors=lambda c, e: c.log.error(f"task lost, {e}"))
    mat = w.service("matcher", tracingjson, errors=lambda c, e: c.log.error("stage failed", error=str(e), logger="stage"))
    tar = w.service("tariff", logrus)
    reg = w.service("vehicle-registry", gelf)
    acc = w.service("accounts", quarkus, errors=lambda c, e: c.log.error(f"HTTP Request failed, error id: {rng.getrandbits(32):08x}-1: java.lang.RuntimeException: {e}", logger="io.qua.ver.htt.run.QuarkusErrorHandler"))
    chg = w.service("charging", ecs, errors=lambda c, e: c.log.error("Charge pipeline failed", stack=f"java.io.IOException: {e}\n\tat eu.maut.charging.Pipeline.run(Pipeline.kt:58)", logger="eu.maut.charging.Pipeline"))
    enf = w.service("enforcement", lograge, errors=lambda c, e: c.log.error("job=failed", error=f'"{e}"'))
    open_trips, waiting, booked, settled, count = {}, {}, {}, [], [rng.randrange(10 ** 6)]
    w.booked = booked

    def front(route, be):
        @lb.http(route)
        async def f(ctx, b):
            st, a = await ctx.call(be, b["_route"], {k: v for k, v in b.items() if k[0] != "_"}, client_span=False)
            ctx.log.info("", line=b["_route"], ip=f"84.{rng.randrange(256)}.{rng.randrange(256)}.{rng.randrange(256)}", port=rng.randrange(20000, 60000), be=f"{be}/{be}{rng.randrange(1, 4)}", t=round(ctx.elapsed_ms()), status=st, incoming=True)
            return st, a
    front("POST /disputes", "accounts")
    front("GET /accounts/{id}/balance", "accounts")

    # ---- stage 1: roadside
    @ing.http("POST /passages")
    async def passage(ctx, b):
        count[0] += 1
        pid = f"{b['gantry']}-{count[0] % 10 ** 6:06d}"
        ctx.log.debug(f"rx {pid} obu={b['obu'] or '-'} axles={b['axles']}", incoming=True, logger="rx")
        async with ctx.span("store image", "CLIENT") as s:
            await s.work(14, 0.6)
            if rng.random() < 0.7: s.log.debug(f"ceph put {pid}.jp2 {rng.randrange(180, 700)} kB {s.elapsed_ms():.1f} ms", logger="ceph")
        async with ctx.producer("passage.raw") as p:
            s = await p.send({"pid": pid, **{k: b[k] for k in ("gantry", "obu", "plate", "axles", "way")}})
            p.log.info(f"{pid} queued seq={s}", logger="tx")
        return 202, {"pid": pid}

    @ing.http("GET /images/{id}")
    async def image(ctx, b):
        async with ctx.span("read image", "CLIENT") as s: await s.work(22)
        ctx.log.info(f"{b['_route']} 200 {ctx.elapsed_ms():.1f}ms", incoming=True, logger="http")
        return 200, {}

    # ---- stage 2: number plates; asks people when unsure
    @ocr.consumer("passage.raw", concurrency=10, retries=2, retry_ms=100)
    async def read(ctx, m):
        b = m.body
        if m.attempt == 1 and rng.random() < 0.03:
            ctx.log.warning(f"CUDA out of memory on {b['pid']}, nack", incoming=True, logger="anpr.worker")
            raise Exception("oom")
        conf = 1.0
        if not b["obu"]:
            async with ctx.span("decode jp2") as s:
                await s.work(9)
                if s.elapsed_ms() > 8.5: s.log.debug(f"{b['pid']}.jp2 decoded {s.elapsed_ms():.1f}ms", logger="anpr.io")
            async with ctx.span("infer") as s:
                await s.work(38)
                conf = 1 - rng.random() ** 3 * 0.5
                s.log.debug(f"plate={b['plate']} p={conf:.3f} batch={rng.randrange(1, 8)}", logger="anpr.model")
        else: await ctx.work(1)
        if conf < 0.75:
            ctx.log.info(f"{b['pid']}: confidence {conf:.2f} too low, asking review desk", incoming=True, logger="anpr.worker")
            fut = waiting[b["pid"]] = asyncio.get_event_loop().create_future()
            await ctx.publish("review.request", {"pid": b["pid"], "guess": b["plate"]})
            try:
                await asyncio.wait_for(fut, 4)
            except asyncio.TimeoutError:
                ctx.log.error(f"{b['pid']}: review timed out, keeping guess {b['plate']}", logger="anpr.worker")
        async with ctx.producer("passage.identified") as p:
            p.log.debug(f"-> passage.identified {b['pid']}", logger="anpr.bus")
            await p.send(b)
        if not b["obu"]: ctx.log.info(f"{b['pid']} = {b['plate']} ({ctx.elapsed_ms():.0f} ms)", incoming=conf >= 0.75, logger="anpr.worker")
        elif rng.random() < 0.7: ctx.log.debug(f"{b['pid']} carries tag {b['obu']}, no reading", incoming=True, logger="anpr.worker")

    @ocr.consumer("review.result")
    async def reviewed(ctx, m):
        f = waiting.pop(m.body["pid"], None)
        if f and not f.done(): f.set_result(True)
        if m.body["changed"]: ctx.log.info(f"{m.body['pid']}: human corrected the plate", incoming=True, logger="anpr.review")

    @desk.consumer("review.request")
    async def review(ctx, m):
        ctx.log.info(f"task for {m.body['pid']} put on board, guess was {m.body['guess']}", incoming=True)
        async with ctx.span("human") as s:
            await s.work(1100, 0.6)
            who = rng.choice(["ines", "tomek", "ravi"])
            s.log.debug(f"{who} took {m.body['pid']}")
        await ctx.publish("review.result", {"pid": m.body["pid"], "changed": rng.random() < 0.4})
        ctx.log.info(f"{m.body['pid']} decided by {who}")

    # ---- stage 3: trips
    @mat.consumer("passage.identified")
    async def match(ctx, m):
        b = m.body
        key = b["obu"] or b["plate"]
        ctx.log.debug("passage in", pid=b["pid"], seq=int(m.id), logger="stage", incoming=True)
        async def vehicle():
            async with ctx.client("vehicle-registry", "GetVehicle") as c:
                st, a = await c.send({"plate": b["plate"]})
                if st == 200: c.log.debug("vehicle known", plate=b["plate"], class_=a["euro"], logger="rpc")
            return a
        async def account():
            async with ctx.client("accounts", "ResolveAccount") as c:
                if b["way"] == "exit": c.log.debug("calling accounts", key=key, logger="rpc")
                st, a = await c.send({"key": key, "plate": b["plate"]})
            return a
        v, a = await asyncio.gather(vehicle(), account())
        if b["way"] == "entry":
            open_trips[key] = (ctx, b)
            async with ctx.span("rocksdb put") as s:
                await s.work(0.8)
                s.log.debug("trip open", key=key, gantry=b["gantry"], logger="trips")
            return
        first = open_trips.pop(key, None)
        if first: ctx.link(first[0])
        else: ctx.log.warn("exit without entry, longest distance assumed", key=key, pid=b["pid"], logger="trips")
        trip = f"{(first[1]['gantry'] if first else '???')}>{b['gantry']}/{b['pid'][-6:]}"
        async with ctx.client("tariff", "Quote") as c:
            st, q = await c.send({"trip": trip, "axles": b["axles"], "euro": v.get("euro", "E5")})
            if q["cents"] > 600: c.log.info("priced", trip=trip, cents=q["cents"], elapsed_us=int(c.elapsed_ms() * 1000), logger="rpc")
        async with ctx.producer("trip.priced") as p:
            await p.send({"trip": trip, "account": a["account"], "cents": q["cents"], "pid": b["pid"], "plate": b["plate"]})
            if rng.random() < 0.75: p.log.info("trip closed", trip=trip, cents=q["cents"], logger="trips")

    # ---- look-ups
    @reg.http("GetVehicle")
    async def vehicle(ctx, b):
        abroad = b["plate"][:2] in ("PL", "NL")
        async with ctx.span("oracle SELECT", "CLIENT") as s:
            await s.work(5)
            s.log.debug("select v.* from vehicle v where v.plate = :1", rows=0 if abroad else 1, logger="sql")
        if abroad:
            async with ctx.span("EUCARIS soap", "CLIENT") as s:
                await s.work(160, 0.7)
                s.log.info(f"EUCARIS answered in {s.elapsed_ms():.0f} ms", plate=b["plate"], logger="eucaris")
            if rng.random() < 0.08:
                ctx.log.warn("not found abroad either", plate=b["plate"], incoming=True, logger="VehicleService")
                return 404, {}
        if rng.random() < 0.5: ctx.log.info(f"GetVehicle {b['plate']}", incoming=True, logger="VehicleService", took=round(ctx.elapsed_ms(), 1))
        return 200, {"euro": rng.choice(["E3", "E5", "E6", "EV"])}

    A = "eu.mau.acc.AccountResource"
    @acc.http("ResolveAccount")
    async def resolve(ctx, b):
        async with ctx.span("SELECT accounts", "CLIENT") as s:
            await s.work(3)
            if rng.random() < 0.7: s.log.debug(f"select a.id, a.status from account a where a.token = '{b['key']}'", logger="org.hib.SQL")
        n = f"{sum(map(ord, b['key'])) * 7919 % 9000 + 1000}"
        if rng.random() < 0.12:
            st, a = await ctx.call("vehicle-registry", "GetVehicle", {"plate": b["plate"]})
            ctx.log.info(f"Ad-hoc account {n} opened for {b['plate']}", logger=A)
        else: ctx.log.debug(f"resolved {b['key']} -> {n}", logger=A)
        return 200, {"account": n}

    @tar.http("Quote")
    async def quote(ctx, b):
        async with ctx.span("redis MGET", "CLIENT") as s: await s.work(0.7)
        if rng.random() < 0.3:
            async with ctx.span("load tariff table", "CLIENT") as s:
                await s.work(17)
                s.log.info("tariff table reloaded", version=f"2026-{rng.randrange(1, 9)}")
        cents = rng.randrange(120, 2400)
        ctx.log.info("quote", trip=b["trip"], axles=b["axles"], eurocls=b["euro"], amount_cents=cents, took_us=int(ctx.elapsed_ms() * 1000), incoming=True)
        return 200, {"cents": cents}

    # ---- stage 4: money
    P = "eu.maut.charging.Pipeline"
    @chg.consumer("trip.priced", retries=2, retry_ms=250)
    async def charge(ctx, m):
        b = m.body
        ref = f"CH{b['pid'][-6:]}"
        async with ctx.client("accounts", "POST /debits") as c:
            st, a = await c.send({"account": b["account"], "cents": b["cents"], "ref": ref})
            c.log.debug(f"debit answered {st}", reference=ref, logger="eu.maut.charging.AccountsClient")
        if st == 503:
            if m.attempt < 3:
                ctx.log.warn(f"accounts busy, attempt {m.attempt} of 3", reference=ref, incoming=True, logger=P)
                raise Exception("busy")
            ctx.log.error("to dead letter subject", reference=ref, incoming=True, logger=P)
            await ctx.publish("trip.priced.dlq", b)
            return
        if st == 402:
            ctx.log.info("No funds, handing to enforcement", reference=ref, account=b["account"], incoming=True, logger=P)
            await ctx.publish("trip.unpaid", dict(b, ref=ref))
            return
        booked[b["pid"]] = (b["account"], ref, b["cents"])
        settled.append((ctx, ref, b["cents"]))
        async with ctx.producer("charge.booked") as p:
            await p.send({"ref": ref, "account": b["account"], "trip": b["trip"]})
            p.log.info("charge.booked emitted", reference=ref, logger="eu.maut.charging.Outbound")
        if m.attempt > 1 or b["cents"] % 4: ctx.log.info(f"Charged {b['cents'] / 100:.2f} EUR for {b['trip']}", account=b["account"], reference=ref, took_ms=round(ctx.elapsed_ms()), incoming=True, logger=P)

    @acc.http("POST /debits")
    async def debit(ctx, b):
        if rng.random() < 0.05:
            await ctx.work(400, 0.1)
            ctx.log.warn(f"Lock wait timeout on account {b['account']}", incoming=True, logger=A)
            return 503, {}
        async with ctx.span("UPDATE balance", "CLIENT") as s:
            await s.work(6)
            s.log.debug(f"update balance set cents = cents - {b['cents']} where account_id = '{b['account']}'", logger="org.hib.SQL")
        if rng.random() < 0.06:
            ctx.log.info(f"Debit {b['ref']} refused, account {b['account']} is empty", incoming=True, logger=A)
            return 402, {}
        if b["cents"] % 3: ctx.log.info(f"POST /debits 200 {b['ref']} {ctx.elapsed_ms():.0f}ms", incoming=True, logger="io.quarkus.http.access-log")
        return 200, {}

    @acc.consumer("charge.booked")
    async def history(ctx, m):
        async with ctx.span("INSERT history", "CLIENT") as s:
            await s.work(4)
            if m.body["ref"][-1] in "13579": s.log.debug(f"insert into history (account_id, ref, text) values ('{m.body['account']}', '{m.body['ref']}', ?)", logger="org.hib.SQL")
        ctx.log.info(f"History of {m.body['account']} now has {m.body['ref']} ({m.body['trip']})", logger="eu.mau.acc.HistoryProjection")

    @acc.http("GET /accounts/{id}/balance")
    async def balance(ctx, b):
        async with ctx.span("SELECT balance", "CLIENT") as s:
            await s.work(3)
            s.log.debug(f"select cents from balance where account_id = '{b['_route'].split('/')[2]}'", logger="org.hib.SQL")
        return 200, {}

    @acc.http("POST /disputes")
    async def dispute(ctx, b):
        ctx.log.info(f"Dispute of {b['ref']} by {b['account']}", incoming=True, logger="eu.mau.acc.DisputeResource")
        async with ctx.producer("dispute.opened") as p:
            p.log.debug(f"dispute.opened << {b['ref']}", logger="eu.mau.acc.Emitter")
            await p.send({"ref": b["ref"], "account": b["account"], "pid": b["pid"], "cents": b["cents"]})
        return 202, {}

    @acc.consumer("dispute.closed")
    async def back(ctx, m):
        if m.body["upheld"]:
            async with ctx.span("UPDATE balance", "CLIENT") as s: await s.work(6)
        ctx.log.info(f"Dispute {m.body['ref']} {'refunded' if m.body['upheld'] else 'rejected'}", incoming=True, logger="eu.mau.acc.DisputeResource")

    # ---- enforcement
    @enf.consumer("trip.unpaid")
    async def unpaid(ctx, m):
        ctx.log.info("job=notice step=begin", passage=m.body["pid"], plate=m.body["plate"], incoming=True)
        st, _ = await ctx.call("roadside-ingest", f"GET /images/{m.body['pid']}")
        async with ctx.client("vehicle-registry", "GetVehicle") as c:
            await c.send({"plate": m.body["plate"]})
            c.log.debug("keeper=loaded", plate=m.body["plate"])
        async with ctx.span("print letter") as s:
            await s.work(80)
            s.log.info("job=notice step=letter", case=f"V-{rng.randrange(10 ** 5):05d}", passage=m.body["pid"])

    @enf.consumer("dispute.opened")
    async def opened(ctx, m):
        async with ctx.client("roadside-ingest", f"GET /images/{m.body['pid']}") as c:
            await c.send()
            c.log.info("evidence=fetched", passage=m.body["pid"])
        await ctx.work(500, 0.5)
        up = rng.random() < 0.5
        await ctx.publish("dispute.closed", {"ref": m.body["ref"], "upheld": up})
        ctx.log.info("job=dispute", reference=m.body["ref"], outcome="upheld" if up else "rejected", duration=round(ctx.elapsed_ms()), incoming=True)

    @enf.consumer("trip.priced.dlq")
    async def dead(ctx, m):
        ctx.log.error("job=manual_case", passage=m.body["pid"], incoming=True)

    # ---- batches
    @chg.every(6, first=5)
    async def settlement_with_operators(ctx):
        some, settled[:] = settled[:25], settled[25:]
        if not some:
            ctx.log.debug("nothing to settle", logger="eu.maut.charging.Settlement")
            return
        for kept, _, _ in some: ctx.link(kept)
        ctx.log.info(f"Settling {len(some)} charges, {some[0][1]}..{some[-1][1]}", logger="eu.maut.charging.Settlement")
        async def file(op):
            async with ctx.span("sftp put " + op, "CLIENT") as s:
                await s.work(130, 0.5)
                s.log.info(f"{op}_{w.ns() // 10 ** 9}.xml transferred", logger="eu.maut.charging.Sftp")
        await asyncio.gather(file("ASFINAG"), file("AISCAT"), file("VIAPASS"))

    @mat.every(9)
    async def stale_trip_sweep(ctx):
        await ctx.work(5)
        ctx.log.info("sweep", open=len(open_trips), expired=0, logger="trips")

    # ---- noise
    async def banners():
        acc.log.info("accounts 4.2.0 on JVM (powered by Quarkus 3.9.4) started in 2.871s. Listening on: http://0.0.0.0:8080", logger="io.quarkus")
        ocr.log.info("loaded plates_eu_v11.onnx on cuda:0", logger="anpr.model")
    w.background.append(banners)
    ing.noise(1.5, lambda log: log.debug(f"gantry heartbeat G{rng.randrange(10, 30)} temp={rng.randrange(10, 50)}C", logger="hb"))
    lb.noise(9, lambda log: log.info("Health check for server accounts/accounts2 succeeded, reason: Layer7 check passed, code: 200, check duration: 2ms, status: 3/3 UP."))
    ocr.noise(6, lambda log: log.debug(f"gpu util {rng.randrange(10, 90)}% mem {rng.randrange(4, 15)}GiB", logger="anpr.gpu"))
    chg.noise(8, lambda log: log.debug("JetStream consumer info pending=0 ackPending=2", logger="io.nats.client"))
    tar.noise(7, lambda log: log.info("holiday calendar fresh", region=rng.choice(["AT", "IT", "BE"])))


async def load(w):
    async def one(i):
        r = w.rng
        plate = r.choice(["W", "GZ", "MI", "PL", "NL"]) + f"{r.randrange(100, 999)}{r.choice('ABCDEFGH')}{r.choice('KLMNPRT')}"
        obu = f"{r.randrange(16 ** 10):010X}" if r.random() < 0.45 else ""
        axles = r.choice([2, 2, 2, 3, 5])
        d = {"plate": plate, "obu": obu, "axles": axles}
        if r.random() > 0.05: await w.start("roadside-ingest", "POST /passages", dict(d, gantry=f"G{r.randrange(10, 20)}", way="entry"))
        await sleep(1500 + 4000 * r.random())
        st, a = await w.start("roadside-ingest", "POST /passages", dict(d, gantry=f"G{r.randrange(20, 30)}", way="exit"))
        await sleep(2500 + 3000 * r.random())
        if a.get("pid") in w.booked:
            account, ref, cents = w.booked[a["pid"]]
            if r.random() < 0.2: await w.start("lb", f"GET /accounts/{account}/balance")
            if r.random() < 0.15: await w.start("lb", "POST /disputes", {"ref": ref, "account": account, "pid": a["pid"], "cents": cents})
    await arrivals(w, 72, 3, one)

record(build, load, "a_toll")
