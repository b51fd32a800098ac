"""Milk: tankers collect, the dairy's lab tests, farmers get paid. Outbox relay, pipeline of stages, analyser that calls back, payout batches."""
import json
from world import *

ms3 = lambda r: f"{r.time.microsecond // 1000:03d}"

def f_sync(r):                                  # Elixir Logger
    md = []
    if r.trace_id: md += [f"otel_trace_id={r.trace_id}", f"otel_span_id={r.span_id}"]
    md += [f"{k}={v}" for k, v in r.fields.items()]
    if r.incoming: md.append(f"traceparent={r.incoming}")
    lv = {"WARN": "warning"}.get(r.level, r.level.lower())
    return f"{r.time:%Y-%m-%d %H:%M:%S}.{ms3(r)} {' '.join(md)}{' ' if md else ''}[{lv}] {r.message}"

def f_collect(r):                               # Rails tagged logging with a date
    ids = f"[dd.trace_id={r.trace_id} dd.span_id={r.span_id}] " if r.trace_id else ""
    par = f" parent_id={r.incoming_parent}" if r.incoming_parent else ""
    return f"{r.level[0]}, [{r.time:%Y-%m-%dT%H:%M:%S.%f} #{r.pid}] {r.level:>5} -- : {ids}{r.message}{par}"

def f_relay(r):                                 # klog structured
    q = lambda v: str(v) if isinstance(v, (int, float)) else json.dumps(str(v))
    d = dict(r.fields)
    if r.trace_id: d |= {"traceID": r.trace_id, "spanID": r.span_id}
    lv = "I" if r.level == "DEBUG" else r.level[0]
    return f"{lv}{r.time:%m%d %H:%M:%S.%f} {r.pid:7} relay.go:{40 + len(r.message) * 3}] {json.dumps(r.message)}" + "".join(f" {k}={q(v)}" for k, v in d.items())

def f_silo(r):                                  # NLog pipe layout, whole seconds
    tr = f"{r.trace_id}|{r.span_id}" if r.trace_id else "|"
    par = f"|ParentSpan={r.incoming_parent}" if r.incoming_parent else ""
    return f"{r.time:%Y-%m-%d %H:%M:%S}|{r.level.title()}|{r.logger}|{tr}|{r.message}{par}"

def f_lims(r):                                  # Monolog line formatter
    extra = {"trace_id": r.trace_id, "span_id": r.span_id} if r.trace_id else []
    if r.incoming: extra = (extra or {}) | {"traceparent": r.incoming}
    lv = {"WARN": "WARNING"}.get(r.level, r.level)
    return f"[{r.time:%Y-%m-%dT%H:%M:%S.%f}+00:00] {r.logger}.{lv}: {r.message} {json.dumps(r.fields) if r.fields else '[]'} {json.dumps(extra)}"

def f_quality(r):                               # python logging with otel injection
    ids = f"[trace_id={r.trace_id} span_id={r.span_id} resource.service.name=quality trace_sampled=True] " if r.trace_id else "[trace_id=0 span_id=0 resource.service.name=quality trace_sampled=False] "
    lv = "WARNING" if r.level == "WARN" else r.level
    return f"{r.time:%Y-%m-%d %H:%M:%S},{ms3(r)} {lv} [{r.logger}] {ids}- {r.message}" + (f" (parent span {r.incoming_parent})" if r.incoming_parent else "")

def f_price(r):                                 # logstash-logback-encoder
    d = {"@timestamp": isoz(r).replace("Z", "+00:00"), "@version": "1", "message": r.message, "logger_name": r.logger, "thread_name": f"pool-2-thread-{r.thread}", "level": r.level}
    if r.trace_id: d |= {"traceId": r.trace_id, "spanId": r.span_id}
    if r.incoming_parent: d["parentSpanId"] = r.incoming_parent
    return json.dumps(d | r.fields, ensure_ascii=False, separators=(",", ":"))

def f_settle(r):                                # java.util.logging one-line
    lv = {"WARN": "WARNING", "ERROR": "SEVERE", "DEBUG": "FINE"}.get(r.level, r.level)
    ids = f" {{trace={r.trace_id}, span={r.span_id}}}" if r.trace_id else ""
    par = f" {{from={r.incoming}}}" if r.incoming else ""
    return f"[{r.time:%Y-%m-%d %H:%M:%S}.{ms3(r)}] [{lv}] {r.logger}{ids}{par} {r.message}"

def f_sms(r):                                   # tracing-subscriber fmt
    kv = "".join(f" {k}={json.dumps(v)}" for k, v in r.fields.items())
    span = f"{r.thread if isinstance(r.thread, str) else 'job'}{{trace_id={r.trace_id} span_id={r.span_id}" + (f" parent={r.incoming_parent}" if r.incoming_parent else "") + "}: " if r.trace_id else ""
    return f"{isoz(r, 6)} {r.level:>5} {span}smsd::{r.logger}: {r.message}{kv}"


def build(w):
    rng = w.rng
    t = [w.base // 1_000_000]
    def redis_id():
        now = w.ns() // 1_000_000
        t[:] = [now, (t[1] + 1 if t[0] == now and len(t) > 1 else 0)]
        return f"{t[0]}-{t[1]}"
    w.new_message_id, w.broker_ms, w.network_ms = redis_id, 7, 4
    bad = lambda text, lg: (lambda c, e: c.log.error(text.format(e), logger=lg))
    sync = w.service("tanker-sync", f_sync)
    collect = w.service("collect", f_collect, bad("{}", "x"))
    relay = w.service("outbox-relay", f_relay)
    silo = w.service("silo-plc", f_silo, bad("Intake message lost its way: {}", "Dairy.Silo.Bus"))
    lims = w.service("lims", f_lims, bad("Sample registration aborted: {}", "lab"))
    qual = w.service("quality", f_quality, lambda c, e: c.log.error(f"grading failed\nTraceback (most recent call last):\n  File \"/srv/quality/consumer.py\", line 88, in handle\n    self.dispatch(msg)\nRuntimeError: {e}", logger="quality.consumer"))
    price = w.service("milchpreis", f_price, bad("Verarbeitung abgebrochen: {}", "de.hofmilch.preis.Verbraucher"))
    settle = w.service("settlement", f_settle, bad("could not take message, put aside: {}", "coop.settle.Inbox"))
    sms = w.service("smsd", f_sms, bad("job poisoned: {}", "worker"))
    outbox, rack, joined, account, silo_kg = [], [], {}, {}, {}
    deliveries = w.deliveries = []
    no = [rng.randrange(500_000, 800_000)]

    # ------------- truck uploads its stops when back in coverage
    @sync.http("POST /routes/{id}/upload")
    async def upload(ctx, b):
        route = b["_route"].split("/")[2]
        ctx.log.info(f"truck {b['truck']} uploads {len(b['stops'])} stop(s)", route=route, incoming=True)
        async with ctx.span("decode probe files") as s:
            await s.work(14)
            s.log.debug("crc ok, firmware 3.2")
        n = 0
        for stop in b["stops"]:
            async with ctx.client("collect", "POST /pickups") as c:
                st, a = await c.send({**stop, "route": route})
                if st == 201: n += 1
                else: c.log.warning(f"stop at #{stop['farm']} not taken: {st}", route=route)
        ctx.log.info(f"Sent 200 in {ctx.elapsed_ms():.0f}ms", route=route, stored=n)
        return 200, {}

    @collect.http("POST /pickups")
    async def pickup(ctx, b):
        ctx.log.info(f'Started POST "/pickups" for 10.20.0.{ctx.thread}', incoming=True)
        no[0] += 1
        pid = f"{b['route']}/{no[0]}"
        if b["temp"] > 7.5:
            ctx.log.warning(f"Pickup refused farm={b['farm']} temperature {b['temp']}C above 7.5C")
            ctx.log.info(f"Completed 422 Unprocessable Entity in {ctx.elapsed_ms():.0f}ms")
            return 422, {}
        async with ctx.span("INSERT pickups", "CLIENT") as q:
            await q.work(4)
            q.log.debug(f"  Pickup Create ({q.elapsed_ms():.1f}ms)  INSERT INTO \"pickups\" (\"farm_no\", \"litres\", \"tag\") VALUES ({b['farm']}, {b['l']}, '{pid}')")
        async with ctx.span("INSERT outbox", "CLIENT") as q:
            await q.work(2)
        deliveries.append((pid, b["farm"]))
        outbox.append((ctx, "milk.picked", {"pid": pid, "farm": b["farm"], "l": b["l"], "bottle": b["bottle"]}, w.ns()))
        ctx.log.info(f"Completed 201 Created in {ctx.elapsed_ms():.0f}ms (ActiveRecord: 6.1ms | Allocations: {ctx.rng.randrange(2000, 9000)})")
        return 201, {"pid": pid}

    # ------------- the relay: looks into the outbox, publishes in the context that was stored with the row
    async def relaying():
        while True:
            await sleep(400)
            rows, outbox[:] = outbox[:], []
            if rows: relay.log.debug("Picked rows", count=len(rows))
            for origin, topic, body, at in rows:
                c = Ctx(relay, origin._span, 1)
                async with c.span("outbox " + topic, "PRODUCER") as p:
                    p._span.incoming = origin._span
                    mid = await w._publish(p._span, topic, body, None)
                    p.log.info("Relayed row", stream=topic, entry=mid, aggregate=body["pid"], lagMs=(w.ns() - at) // 1_000_000)
    w.background.append(relaying)

    # ------------- lab
    @lims.consumer("milk.picked", retries=2, retry_ms=300)
    async def register(ctx, m):
        await ctx.work(4)
        if m.attempt == 1 and ctx.rng.random() < .04:
            ctx.log.warning("Lock wait timeout exceeded; try restarting transaction", logger="doctrine", incoming=True, bottle=m.body["bottle"])
            raise Exception("lock")
        async with ctx.span("INSERT sample", "CLIENT") as q:
            await q.work(5)
            q.log.debug("INSERT INTO sample (bottle, ref, state) VALUES (?, ?, ?)", logger="doctrine")
        ctx.log.info("Sample bottle expected", logger="lab", bottle=m.body["bottle"], delivery=m.body["pid"], incoming=True)
        rack.append((ctx, m.body))

    async def analyser():                       # a machine in the lab: runs what is in the rack, then posts each result
        while True:
            await sleep(2500)
            run, rack[:] = rack[:], []
            for ctx, body in run:
                async def one(ctx=ctx, body=body):
                    await sleep(700 * math.exp(ctx.rng.gauss(0, .5)))
                    await ctx.call("lims", "POST /instruments/milkoscan/results", {**body, "fat": round(ctx.rng.gauss(4.1, .3), 2), "prot": round(ctx.rng.gauss(3.4, .2), 2), "cells": int(ctx.rng.lognormvariate(12, .6)), "inhib": ctx.rng.random() < .05, "pos": ctx.rng.randrange(1, 100)}, client_span=False)
                w._spawn(one())
    w.background.append(analyser)

    @lims.http("POST /instruments/milkoscan/results")
    async def result(ctx, b):
        ctx.log.debug("instrument posts result", logger="instrument", pos=b["pos"], bottle=b["bottle"], incoming=True)
        if ctx.rng.random() < .06:
            ctx.log.warning("Fat out of repeatability, bottle goes on a second run", logger="lab", bottle=b["bottle"])
            async with ctx.span("second run") as s:
                await s.work(400)
        async with ctx.producer("lab.result") as p:
            await p.send(b)
            p.log.info("Result released", logger="lab", bottle=b["bottle"], fat=b["fat"], protein=b["prot"], scc=b["cells"])
        return 204, {}

    @lims.http("POST /samples/{id}/retest")
    async def retest(ctx, b):
        bottle = b["_route"].split("/")[2]
        ctx.log.info("Retest wished by member", logger="lab", bottle=bottle, member=b["farm"], incoming=True)
        async with ctx.span("SELECT sample", "CLIENT") as q:
            await q.work(3)
            q.log.debug("SELECT s.* FROM sample s WHERE s.bottle = ?", logger="doctrine")
        await ctx.publish("retest.ordered", {"bottle": bottle, "farm": b["farm"]})
        return 202, {}

    # ------------- quality: joins volume and lab result
    async def grade(ctx, pid):
        j = joined[pid]
        if "vol" not in j or "lab" not in j or j.get("done"): return
        j["done"] = True
        lab = j["lab"]
        g = "X" if lab["inhib"] else "A" if lab["cells"] < 200_000 else "B" if lab["cells"] < 400_000 else "C"
        async with ctx.span("grade rules v12") as s:
            await s.work(3)
            s.log.info(f"delivery {pid} → class {g}", logger="quality.rules")
        if g == "X":
            ctx.log.warning(f"INHIBITOR POSITIVE {pid} farm {lab['farm']}, blocking", logger="quality.alarm")
            await ctx.publish("milk.blocked", {"pid": pid, "farm": lab["farm"]})
            async with ctx.client("silo-plc", "POST /silos/hold") as c:
                await c.send({"pid": pid})
            return
        async with ctx.producer("milk.graded") as p:
            mid = await p.send({"pid": pid, "farm": lab["farm"], "l": j["vol"], "g": g, "fat": lab["fat"], "prot": lab["prot"]})
            p.log.debug(f"XADD milk.graded {mid}", logger="quality.bus")

    @qual.consumer("milk.picked")
    async def volume(ctx, m):
        await ctx.work(2)
        if "vol" in joined.setdefault(m.body["pid"], {}):
            return ctx.log.info(f"seen {m.id} before", logger="quality.consumer", incoming=True)
        joined[m.body["pid"]]["vol"] = m.body["l"]
        ctx.log.debug(f"waiting for lab on {m.body['pid']} ({m.body['l']} l)", logger="quality.consumer", incoming=True)
        await grade(ctx, m.body["pid"])

    @qual.consumer("lab.result")
    async def labbed(ctx, m):
        joined.setdefault(m.body["pid"], {})["lab"] = m.body
        await ctx.work(6)
        ctx.log.info(f"lab figures for {m.body['pid']} are in", logger="quality.consumer", incoming=True)
        await grade(ctx, m.body["pid"])

    @qual.consumer("retest.ordered")
    async def re(ctx, m):
        ctx.log.info(f"sealed duplicate of {m.body['bottle']} taken from fridge", logger="quality.consumer", incoming=True)
        await ctx.work(12)
        await sleep(1500)
        better = ctx.rng.random() < .3
        ctx.log.info(f"retest {m.body['bottle']}: {'class raised' if better else 'first result stands'}", logger="quality.consumer")
        await ctx.publish("sms.queue", {"farm": m.body["farm"], "kind": "retest", "ref": m.body["bottle"]})

    # ------------- silo
    @silo.http("POST /weighbridge")
    async def weigh(ctx, b):
        ctx.log.info(f"Tanker {b['truck']} on bridge, gross {b['kg'] + 14200} kg", logger="Dairy.Silo.Bridge", incoming=True)
        async with ctx.span("rapid antibiotic test") as s:
            await s.work(900)
            pos = ctx.rng.random() < .04
            s.log("WARN" if pos else "INFO", f"Delvotest {'POSITIVE' if pos else 'negative'} compartment 1", logger="Dairy.Silo.RapidTest")
        if pos:
            return 409, {}
        async with ctx.span("pump to silo") as s:
            await s.work(1400)
        ctx.log.info(f"Tanker {b['truck']} empty, {b['kg']} kg in silo {ctx.rng.randrange(1, 7)}", logger="Dairy.Silo.Bridge")
        async with ctx.producer("intake.weighed") as p:
            await p.send({"truck": b["truck"], "kg": b["kg"], "route": b["route"]})
        return 200, {}

    @silo.http("POST /silos/hold")
    async def hold(ctx, b):
        await ctx.work(40)
        ctx.log.warn(f"HOLD valve closed because of {b['pid']}", logger="Dairy.Silo.Valves", incoming=True)
        return 200, {}

    @collect.consumer("intake.weighed")
    async def weighed(ctx, m):
        diff = ctx.rng.gauss(0, 20)
        await ctx.work(9)
        ctx.log.info(f"IntakeJob: route {m.body['route']} weighed {m.body['kg']}kg, probes differ by {diff:.0f}kg", incoming=True)
        async with ctx.span("UPDATE routes", "CLIENT") as q:
            await q.work(3)
            q.log.debug(f"  Route Update ({q.elapsed_ms():.1f}ms)  UPDATE \"routes\" SET \"net_kg\" = {m.body['kg']} WHERE \"routes\".\"code\" = '{m.body['route']}'")

    # ------------- price, in German
    PL = "de.hofmilch.preis."
    @price.consumer("milk.graded", retries=1)
    async def preis(ctx, m):
        async with ctx.span("HGETALL tarif", "CLIENT") as q:
            await q.work(1.5)
            if ctx.rng.random() < .6: q.log.debug("Tarif aus Zwischenspeicher gelesen", logger=PL + "TarifSpeicher")
        await ctx.work(5)
        ct = round(38 + (m.body["fat"] - 4) * 2.6 + (m.body["prot"] - 3.4) * 4.2 - {"A": 0, "B": 1, "C": 4}[m.body["g"]], 2)
        ctx.log.info(f"Grundpreis ermittelt: {ct} ct/kg, Güteklasse {m.body['g']}", logger=PL + "Rechner", lieferung=m.body["pid"], incoming=True)
        async with ctx.producer("milk.priced") as p:
            mid = await p.send({**m.body, "ct": ct})
            p.log.debug(f"gesendet an milk.priced als {mid}", logger=PL + "Sender", lieferung=m.body["pid"])

    @price.consumer("milk.blocked")
    async def gesperrt(ctx, m):
        ctx.log.warning("Lieferung gesperrt, kein Milchgeld", logger=PL + "Sperre", lieferung=m.body["pid"], betrieb=m.body["farm"], incoming=True)
        await ctx.work(3)
        async with ctx.span("UPDATE lieferung", "CLIENT") as q:
            await q.work(3)
        await ctx.publish("sms.queue", {"farm": m.body["farm"], "kind": "blocked", "ref": m.body["pid"]})

    # ------------- settlement
    @settle.consumer("milk.priced", retries=2, retry_ms=150)
    async def credit(ctx, m):
        b = m.body
        await ctx.work(4)
        async with ctx.span("UPSERT balance", "CLIENT") as q:
            await q.work(6)
            if ctx.rng.random() < .04 and m.attempt == 1:
                q.log.warning(f"ORA-00060 on balance of supplier {b['farm']}, redelivery", logger="coop.settle.Balance")
                raise Exception("ORA-00060")
            q.log.debug(f"merge into balance key {b['farm']}", logger="coop.settle.Balance")
        eur = round(b["l"] * 1.03 * b["ct"] / 100, 2)
        account.setdefault(b["farm"], []).append((eur, m.origin, b["pid"]))
        ctx.log.info(f"credited {eur} EUR to supplier {b['farm']} for {b['pid']}", logger="coop.settle.Balance", incoming=True)
        if eur > 600:
            await ctx.publish("sms.queue", {"farm": b["farm"], "kind": "priced", "ref": b["pid"]})

    @settle.http("GET /statements/{farm}")
    async def statement(ctx, b):
        farm = b["_route"].split("/")[-1]
        async with ctx.span("SELECT balance", "CLIENT") as q:
            await q.work(8)
        async with ctx.client("milchpreis", "GET /tarif") as c:
            await c.send()
        ctx.log.info(f"statement of {farm} rendered, {len(account.get(int(farm), []))} open line(s), {ctx.elapsed_ms():.0f} ms", logger="coop.settle.Statements", incoming=True)
        return 200, {}
    @price.http("GET /tarif")
    async def tarif(ctx, b):
        await ctx.work(3)
        ctx.log.info("GET /tarif 200", logger=PL + "Zugriff", dauer_ms=int(ctx.elapsed_ms()), incoming=True)
        return 200, {}

    @settle.every(14, first=11)
    async def payout_run(ctx):
        todo, run = dict(account), f"PO-{w.ns() // NS % 100000}"
        account.clear()
        for lines in todo.values():
            for _, o, _ in lines: ctx.link(o)
        ctx.log.info(f"payout {run} begins, {len(todo)} suppliers", logger="coop.settle.Payout")
        for farm, lines in list(todo.items())[:12]:
            async with ctx.span("pay supplier") as s:
                await s.work(9)
                total = sum(x for x, _, _ in lines)
                if total < 20: continue
                s.log.info(f"{run} supplier {farm}: {total:.2f} EUR out of {len(lines)} deliveries", logger="coop.settle.Payout")
                await s.publish("sms.queue", {"farm": farm, "kind": "paid", "ref": f"{run}-{farm}"})
        async with ctx.span("PUT sftp pain.001", "CLIENT") as s:
            await s.work(120)
            s.log.info(f"bank file {run}.xml left", logger="coop.settle.BankFile")

    # ------------- SMS, with the operator's receipt
    @sms.consumer("sms.queue", retries=2, retry_ms=500)
    async def send(ctx, m):
        b = m.body
        await ctx.work(1.5)
        if m.attempt == 1 and ctx.rng.random() < .05:
            ctx.log.warn("operator throttled us", to=b["farm"], logger="smpp", incoming=True)
            raise Exception("throttled")
        ctx.log.debug("dequeued", id=m.id, kind=b["kind"], logger="worker", incoming=True)
        async with ctx.span("submit_sm", "CLIENT") as s:
            await s.work(90)
            op = "%010X" % ctx.rng.getrandbits(40)
            s.log.info("submitted", op_id=op, reference=b["ref"], logger="smpp")
        async def receipt():
            await sleep(1800 * math.exp(ctx.rng.gauss(0, .6)))
            await ctx.call("smsd", "POST /dlr", {"op": op}, client_span=False)
        ctx.spawn(receipt())

    @sms.http("POST /dlr")
    async def dlr(ctx, b):
        ok = ctx.rng.random() < .95
        ctx.log("INFO" if ok else "WARN", "delivery receipt", op_id=b["op"], stat="DELIVRD" if ok else "UNDELIV", logger="dlr", thread="request", incoming=True)
        return 200, {}

    # ------------- noise
    relay.noise(3, lambda log: log.debug("Leader lease renewed", holder="outbox-relay-0"))
    silo.noise(4, lambda log: log.debug(f"Silo {rng.randrange(1, 7)} level {rng.randrange(20, 95)} % temp {rng.uniform(3, 5):.1f}", logger="Dairy.Silo.Opc"))
    sync.noise(8, lambda log: log.info(f"{rng.randrange(3, 30)} trucks connected"))
    collect.startup(lambda log: log.info("* Puma starting in cluster mode, 3 workers"))
    price.noise(20, lambda log: log.info("Tarif neu geladen", logger=PL + "TarifSpeicher"))
    lims.noise(6, lambda log: log.debug("SELECT 1", logger="doctrine"))


async def load(w):
    r = w.rng
    async def one(i):
        route, truck = f"R{r.randrange(10, 60)}{r.choice('ABC')}{i}", f"T-{r.randrange(1, 25):02d}"
        stops = [{"farm": r.randrange(20100, 20160), "l": r.randrange(200, 4000), "temp": round(r.gauss(4.5, 1.2), 1), "bottle": f"{r.randrange(16**6):06X}"} for _ in range(r.choice([1, 1, 2]))]
        await w.start("tanker-sync", f"POST /routes/{route}/upload", {"truck": truck, "stops": stops})
        if r.random() < .3:
            await sleep(r.uniform(500, 4000))
            await w.start("silo-plc", "POST /weighbridge", {"truck": truck, "kg": sum(s["l"] for s in stops), "route": route})
        if r.random() < .15:
            await sleep(r.uniform(3000, 9000))
            await w.start("settlement", f"GET /statements/{stops[0]['farm']}")
        if r.random() < .08:
            await sleep(r.uniform(3000, 6000))
            await w.start("lims", f"POST /samples/{stops[0]['bottle']}/retest", {"farm": stops[0]["farm"]})
    await arrivals(w, 130, 3, one)
    await sleep(16000)

record(build, load, "b_farm")
