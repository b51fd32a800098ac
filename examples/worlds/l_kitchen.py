"""A dark kitchen run by robots: tickets split into steps for arm, fryer and wok, progress streamed while a dish is made, a camera that sends
dishes back, a packer who joins the bag, couriers looked for in rounds, aggregators told by webhook, ingredient counts, calibrations."""
import json
from world import *


def mm(r): return "%03d" % (r.time.microsecond // 1000)

def slog(r):           # intake
    d = {"time": isoz(r, 9), "level": r.level, "msg": r.message} | r.fields
    if r.trace_id: d["otel"] = {"trace": r.trace_id, "span": r.span_id}
    if r.incoming: d["traceparent"] = r.incoming
    return json.dumps(d, separators=(",", ":"))

def django(r):         # recipes
    t = f"[{r.trace_id}.{r.span_id}]" if r.trace_id else "[-]"
    return f"{r.level.replace('WARN', 'WARNING')} {r.time:%Y-%m-%d %H:%M:%S},{mm(r)} {r.logger} {t} {r.message}" + (f" [parent {r.incoming_parent}]" if r.incoming_parent else "")

def spdlog(r):         # line
    lv = {"WARN": "warning"}.get(r.level, r.level.lower())
    ids = f" [{r.trace_id}] [{r.span_id}]" if r.trace_id else ""
    if r.incoming_parent: ids += f" [<{r.incoming_parent}]"
    return f"[{r.time:%Y-%m-%d %H:%M:%S}.{r.time.microsecond:06d}] [{r.logger}] [{lv}]{ids} {r.message}"

def rfc5424(r):        # arm
    pri = 136 + {"DEBUG": 7, "INFO": 6, "WARN": 4, "ERROR": 3}[r.level]
    sd = f'[otel@48577 trace="{r.trace_id}" span="{r.span_id}"' + (f' parent="{r.incoming_parent}"' if r.incoming_parent else "") + "]" if r.trace_id else ""
    if r.fields: sd += "[arm@48577 " + " ".join(f'{k}="{v}"' for k, v in r.fields.items()) + "]"
    return f"<{pri}>1 {isoz(r, 6)} cell4 armd {r.pid} {r.logger.upper()} {sd or '-'} {r.message}"

def terse(r):          # heat: fryers and woks, firmware people
    ids = f" t={r.trace_id} s={r.span_id}" if r.trace_id else ""
    if r.incoming_parent: ids += f" p={r.incoming_parent}"
    return f"{r.ns / NS:.3f} {r.level[0]} {r.message}{ids}"

def logback(r):        # larder
    mdc = f"trace_id={r.trace_id}, span_id={r.span_id}" if r.trace_id else ""
    if r.incoming_parent: mdc += f", parent={r.incoming_parent}"
    return f"{r.time:%d-%m-%Y %H:%M:%S}.{mm(r)} {r.level:<5} {r.logger:<28} [{mdc}] - {r.message}"

def pretty(r):         # packer: pino-pretty, several lines
    head = f"[{r.time:%Y-%m-%d %H:%M:%S}.{mm(r)} +0000] {r.level} ({r.service}/{r.pid}): {r.message}"
    kv = dict(r.fields)
    if r.trace_id: kv |= {"trace_id": r.trace_id, "span_id": r.span_id}
    if r.incoming: kv["traceparent"] = r.incoming
    return head + "".join(f"\n    {k}: {json.dumps(v)}" for k, v in kv.items())

def dotnet(r):         # couriers: console logger of two or three lines
    lv = {"DEBUG": "dbug", "INFO": "info", "WARN": "warn", "ERROR": "fail"}[r.level]
    scope = f"      => SpanId:{r.span_id}, TraceId:{r.trace_id}, ParentId:{r.incoming_parent or '0000000000000000'}\n" if r.trace_id else ""
    return f"{isoz(r)} {lv}: Rider.{r.logger}[{r.thread}]\n{scope}      {r.message}"

def loguru(r):         # eye
    x = f" | {r.trace_id}:{r.span_id}" if r.trace_id else ""
    if r.incoming_parent: x += f"<-{r.incoming_parent}"
    return f"{r.time:%Y-%m-%d %H:%M:%S}.{mm(r)} | {r.level.replace('WARN', 'WARNING'):<8} | eye.{r.logger} - {r.message}{x}"


MENU = {"ramen": ["wok", "arm"], "fries": ["fryer"], "katsu": ["fryer", "arm"], "pad-thai": ["wok", "arm"], "salad": ["arm"], "tempura": ["fryer", "arm"], "dumplings": ["wok"]}


def build(w):
    w.network_ms, w.broker_ms = 0.6, 7
    seq = [700_410]
    def off():
        seq[0] += w.rng.randrange(1, 3)
        return f"kt/{seq[0]}"
    w.new_message_id = off
    w.orders, waits, bags, usage, queue = {}, {}, {}, {}, []
    n = {"t": 3300, "bag": 100}

    intake = w.service("intake", slog, errors=lambda c, e: c.log.error("panic recovered", err=str(e)))
    recipes = w.service("recipes", django, errors=lambda c, e: c.log.error(f"Internal error\nTraceback (most recent call last):\n  File \"/srv/recipes/plan.py\", line 88, in plan\nRuntimeError: {e}", logger="django.request"))
    line = w.service("line", spdlog, errors=lambda c, e: c.log.error(f"exception: {e}", logger="bus"))
    arm = w.service("arm", rfc5424, errors=lambda c, e: c.log.error(f"fault: {e}", logger="flt"))
    heat = w.service("heat", terse, errors=lambda c, e: c.log.error(f"ABORT {e}"))
    larder = w.service("larder", logback, errors=lambda c, e: c.log.error(f"listener threw\njava.lang.IllegalStateException: {e}\n\tat larder.bus.Loop.run(Loop.kt:40)", logger="larder.bus.Loop"))
    packer = w.service("packer", pretty, errors=lambda c, e: c.log.error("unhandled rejection", err={"message": str(e)}))
    couriers = w.service("couriers", dotnet, errors=lambda c, e: c.log.error(f"An unhandled exception has occurred: {e}", logger="Bus"))
    eye = w.service("eye", loguru, errors=lambda c, e: c.log.error(f"worker died: {e}", logger="main:loop:12"))

    # ------------------------------------------------ intake
    @intake.http("POST /v2/orders")
    async def order(c, b):
        n["t"] += 1
        oid = f"{b['app'][:2].upper()}-{c.rng.randrange(16 ** 5):05x}"
        w.orders[oid] = {"state": "taken", "app": b["app"], "items": b["items"], "ticket": n["t"]}
        plan, held = await asyncio.gather(c.call("recipes", "POST /plan", {"order": oid, "items": b["items"]}, client_span=False), c.call("larder", "POST /holds", {"for": oid, "items": b["items"]}, client_span=False))
        if held[0] != 200:
            c.log.warn("order refused", order=oid, app=b["app"], reason="out of " + held[1]["missing"], incoming=True)
            w.orders[oid]["state"] = "refused"
            return 422, {"id": oid}
        async with c.span("insert order", "CLIENT") as s:
            await s.work(4)
            s.log.debug("exec", sql="INSERT INTO orders(id,app,ticket) VALUES($1,$2,$3)", args=[oid, b["app"], n["t"]], dur_us=int(s.elapsed_ms() * 1000))
        async with c.producer("ticket.open") as p:
            await p.send({"order": oid, "ticket": w.orders[oid]["ticket"], "steps": plan[1]["steps"]})
        c.log.info("order accepted", order=oid, app=b["app"], items=len(b["items"]), ticket=w.orders[oid]["ticket"], took=f"{c.elapsed_ms():.1f}ms", incoming=True)
        return 201, {"id": oid}

    @intake.http("GET /v2/orders/{id}")
    async def state(c, b):
        await c.work(1.5)
        oid = b["_route"].split("/")[-1]
        c.log.debug("GET", path=f"/v2/orders/{oid}", status=200, state=w.orders[oid]["state"], incoming=True)
        return 200, w.orders[oid]

    @intake.http("POST /v2/orders/{id}/cancel")
    async def cancel(c, b):
        oid = b["_route"].split("/")[-2]
        o = w.orders[oid]
        if o["state"] != "taken":
            c.log.info("cancel too late", order=oid, state=o["state"], incoming=True)
            return 409, {}
        o["state"] = "cancelled"
        async with c.span("update order", "CLIENT") as s:
            await s.work(3)
        await c.publish("ticket.void", {"order": oid, "ticket": o["ticket"]})
        c.log.info("cancelled", order=oid, ticket=o["ticket"], incoming=True)
        return 200, {}

    def hook(topic, word):
        @intake.consumer(topic, retries=3, retry_ms=500)
        async def tell(c, m):
            oid = m.body["order"]
            w.orders[oid]["state"] = word
            async with c.span("POST webhook", "CLIENT") as s:
                await s.work(110, 0.7)
                if c.rng.random() < 0.07 and m.attempt < 3:
                    s.log.warn("aggregator webhook failed, will retry", order=oid, app=w.orders[oid]["app"], attempt=m.attempt, status=502)
                    raise Exception("502")
                if word == "packed": s.log.debug("webhook", url=f"https://{w.orders[oid]['app']}.example/hooks/kitchen", status=204, ms=round(s.elapsed_ms(), 1))
            c.log.info("told aggregator", order=oid, event=word, msg_offset=m.id, incoming=True)
    hook("bag.handed", "on_the_way"); hook("ticket.failed", "failed"); hook("bag.sealed", "packed")
    intake.noise(4, lambda log: log.debug("healthz", path="/healthz", status=200))

    # ------------------------------------------------ recipes
    @recipes.http("POST /plan")
    async def plan(c, b):
        steps = []
        async with c.span("select recipes", "CLIENT") as s:
            for dish in b["items"]:
                await s.work(2)
                s.log.debug(f"(0.00{c.rng.randrange(1, 9)}) SELECT steps FROM recipe WHERE slug = '{dish}'; args=('{dish}',)", logger="django.db.backends")
        for i, dish in enumerate(b["items"]):
            steps.append({"dish": dish, "seq": i + 1, "do": MENU[dish]})
        await c.work(6)
        c.log.info("planned %s: %d dishes, %d steps" % (b["order"], len(steps), sum(len(s["do"]) for s in steps)), logger="recipes.plan", incoming=True)
        return 200, {"steps": steps}

    # ------------------------------------------------ larder
    @larder.http("POST /holds")
    async def hold(c, b):
        async with c.span("tx holds", "CLIENT") as s:
            s.log.debug(f"select * from cell where sku in (${len(b['items'])} skus) for update", logger="larder.db.Cells")
            await s.work(6)
        if c.rng.random() < 0.04:
            miss = c.rng.choice(b["items"])
            c.log.warn(f"Cannot hold ingredients for {b['for']}: {miss} is short", logger="larder.HoldController", incoming=True)
            return 409, {"missing": miss}
        for x in b["items"]: usage[x] = usage.get(x, 0) + 1
        c.log.info(f"Held {len(b['items'])} portions for {b['for']}", logger="larder.HoldController", incoming=True)
        return 200, {}

    @larder.consumer("ticket.void")
    async def free(c, m):
        async with c.span("tx holds", "CLIENT") as s:
            await s.work(5)
        c.log.info(f"Hold of {m.body['order']} given back (ticket {m.body['ticket']} void)", logger="larder.VoidListener", incoming=True)

    @larder.consumer("dish.done")
    async def consume(c, m):
        await c.work(3)
        c.log.debug(f"used up: {m.body['dish']} #{m.body['seq']} of ticket {m.body['ticket']}", logger="larder.UsageListener", incoming=True)

    @larder.every(13, first=7)
    async def count_cells(c):
        rows = dict(usage)
        usage.clear()
        c.log.info(f"Counting cells, {len(rows)} moved since last time", logger="larder.CountJob")
        for sku, q in rows.items():
            async with c.span("weigh cell") as s:
                await s.work(9)
                s.log.info(f"cell of {sku}: {c.rng.randrange(200, 9000)} g, minus {q} portions", logger="larder.CountJob")
            if q > 9: await c.publish("cell.low", {"sku": sku})
        c.log.info(f"Count finished in {c.elapsed_ms():.0f} ms", logger="larder.CountJob")

    # ------------------------------------------------ line
    async def do(c, tk, dish, seq, step, machine):
        key = f"{tk}.{seq}.{step}"
        waits[key] = w.loop.create_future()
        c.log.debug(f"-> {machine} {key}", logger="dispatch")
        await c.publish("work." + machine, {"key": key, "dish": dish}, producer_span=False)
        try: return await asyncio.wait_for(waits[key], 9)
        except asyncio.TimeoutError:
            c.log.error(f"step {key} timed out on {machine}", logger="dispatch")
            return False

    async def make(c, tk, s):
        for attempt in (1, 2):
            for i, machine in enumerate(s["do"]):
                if not await do(c, tk, s["dish"], s["seq"], f"{i}{'ab'[attempt - 1]}", machine): return False
            st, a = await c.call("eye", "POST /inspect", {"ticket": tk, "dish": s["dish"], "seq": s["seq"]}, client_span=False)
            if a["ok"]:
                await c.publish("dish.done", {"ticket": tk, "dish": s["dish"], "seq": s["seq"]}, producer_span=c.rng.random() < 0.3)
                return True
            c.log.warn(f"ticket {tk} dish {s['seq']} ({s['dish']}) rejected by camera, remake {attempt}", logger="ticket")
        return False

    @line.consumer("ticket.open")
    async def open_ticket(c, m):
        tk, oid = m.body["ticket"], m.body["order"]
        c.log.info(f"ticket {tk} opened, {len(m.body['steps'])} dishes [{oid}]", logger="ticket", incoming=True)
        await sleep(c.rng.uniform(50, 900))
        if w.orders[oid]["state"] == "cancelled":
            c.log.info(f"ticket {tk} void before start", logger="ticket")
            return
        w.orders[oid]["state"] = "cooking"
        bags[tk] = {"order": oid, "need": len(m.body["steps"]), "got": [], "courier": None}
        c.spawn(cook(c, tk, oid, m.body["steps"]))

    async def cook(c, tk, oid, steps):
        done = await asyncio.gather(*(make(c, tk, s) for s in steps))
        if not all(done):
            async with c.producer("ticket.failed") as p:
                await p.send({"ticket": tk, "order": oid})
                p.log.error(f"ticket {tk} failed, {done.count(False)} of {len(done)} dishes spoilt", logger="ticket")
        else: c.log.info(f"ticket {tk} cooked in {c.elapsed_ms() / 1000:.2f} s", logger="ticket")

    @line.consumer("work.result")
    async def result(c, m):
        f = waits.get(m.body["key"])
        c.log.debug(f"<- {m.body['key']} rc={m.body['rc']}", logger="dispatch", incoming=True)
        if f and not f.done(): f.set_result(m.body["rc"] == 0)

    @line.consumer("work.progress")
    async def progress(c, m):
        c.log.debug(f"progress {m.body['key']} {m.body['pct']}%", logger="dispatch", incoming=True)
    line.noise(3, lambda log: log.debug(f"belt speed {w.rng.uniform(.18, .22):.3f} m/s", logger="belt"))

    # ------------------------------------------------ arm
    @arm.consumer("work.arm", retries=2, retry_ms=150, concurrency=4)
    async def pick(c, m):
        job = f"A{c.rng.randrange(10 ** 6):06d}"
        c.log.info(f"job {job} accepted", logger="job", key=m.body["key"], incoming=True)
        await c.work(110)
        for move in ("grip", "place")[:c.rng.randrange(1, 3)]:
            async with c.span(move) as s:
                await s.work(120)
                if move == "grip" and c.rng.random() < 0.06 and m.attempt < 3:
                    s.log.warn("gripper slipped, starting over", logger="mot", job=job, force=f"{c.rng.uniform(1, 4):.1f}N")
                    raise Exception("slip")
                s.log.debug(f"{move} done", logger="mot", job=job, ms=int(s.elapsed_ms()))
        await c.publish("work.result", {"key": m.body["key"], "rc": 0}, producer_span=False)
        c.log.info(f"job {job} complete", logger="job", key=m.body["key"], item=m.body["dish"])

    @arm.every(9)
    async def calibrate(c):
        c.log.info("calibration start", logger="cal")
        for j in range(1, 5):
            async with c.span(f"joint {j}") as s:
                await s.work(40)
                s.log.debug(f"joint {j} offset", logger="cal", mdeg=c.rng.randrange(-30, 30))
        c.log.info("calibration end", logger="cal", dur=f"{c.elapsed_ms():.0f}")

    # ------------------------------------------------ heat
    def cooker(kind, mean):
        @heat.consumer("work." + kind, concurrency=5)
        async def fry(c, m):
            k = m.body["key"]
            if kind == "fryer": c.log.info(f"{kind} {k} in", incoming=True)
            t = c.rng.randrange(168, 190)
            for pct in ((50,), (33, 66))[c.rng.random() < 0.3]:
                await c.work(mean)
                await c.publish("work.progress", {"key": k, "pct": pct}, producer_span=False)
                c.log.debug(f"{k} {pct}% {t + c.rng.randrange(-3, 4)}C")
            await c.work(mean)
            rc = 0 if c.rng.random() > 0.015 else 7
            if rc: c.log.error(f"{kind} {k} OVERTEMP {t + 31}C rc=7")
            await c.publish("work.result", {"key": k, "rc": rc}, producer_span=kind == "fryer")
            if kind == "wok" or not rc: c.log.info(f"{kind} {k} out {c.elapsed_ms() / 1000:.1f}s", incoming=kind == "wok")
    cooker("fryer", 420); cooker("wok", 330)

    @heat.consumer("cell.low")
    async def drain(c, m):
        await c.work(4)
        c.log.info(f"oil ok, low {m.body['sku']} ignored", incoming=True)
    heat.noise(2, lambda log: log.debug(f"T1={w.rng.randrange(170, 182)} T2={w.rng.randrange(170, 182)} oil={w.rng.randrange(60, 99)}"))

    # ------------------------------------------------ eye
    @eye.http("POST /inspect")
    async def inspect(c, b):
        async with c.span("grab frame") as s:
            await s.work(15)
            frame = c.rng.randrange(10 ** 7)
            s.log.debug(f"frame {frame} exposure {c.rng.randrange(4, 12)} ms", logger="cam:grab:51")
        await c.work(60)
        p = c.rng.uniform(0.81, 0.999) if c.rng.random() > 0.07 else c.rng.uniform(0.2, 0.6)
        c.log(*(("INFO", f"ticket {b['ticket']} dish {b['seq']}: {b['dish']} looks right ({p:.2f})") if p > 0.7 else ("WARN", f"ticket {b['ticket']} dish {b['seq']}: does not look like {b['dish']} ({p:.2f}), frame {frame} kept")), logger="qc:inspect:33", incoming=True)
        return 200, {"ok": p > 0.7}
    eye.noise(8, lambda log: log.info(f"gpu {w.rng.randrange(40, 70)} C, batch 1", logger="gpu:stat:9"))

    # ------------------------------------------------ packer
    @packer.consumer("dish.done")
    async def bag(c, m):
        g = bags[m.body["ticket"]]
        if m.body["seq"] in g["got"]:
            c.log.debug("twice", ticketNo=m.body["ticket"], dish=m.body["seq"])
            return
        g["got"].append(m.body["seq"])
        await c.work(1.5)
        c.log.info("dish into bag", ticketNo=m.body["ticket"], dish={"n": m.body["seq"], "of": g["need"]}, incoming=True)
        if len(g["got"]) < g["need"]: return
        n["bag"] += 1
        no = f"B{n['bag']}"
        async with c.span("print label") as s:
            await s.work(35)
            s.log.debug("label printed", bag=no, orderRef=g["order"])
        async with c.producer("bag.sealed") as p:
            await p.send({"bag": no, "order": g["order"], "ticket": m.body["ticket"]})
            p.log.info("bag sealed", bag=no, orderRef=g["order"], weight=c.rng.randrange(200, 1900))

    @packer.consumer("ticket.failed")
    async def bin_it(c, m):
        await c.work(12)
        c.log.warn("binned what was there", ticketNo=m.body["ticket"], incoming=True)

    @packer.http("POST /handover/{bag}")
    async def handover(c, b):
        await c.work(20)
        c.log.info("locker opened", bag=b["_route"].split("/")[-1], rider=b["rider"], incoming=True)
        return 200, {}
    packer.noise(7, lambda log: log.debug("paper level", pct=w.rng.randrange(10, 99)))

    # ------------------------------------------------ couriers
    @couriers.consumer("bag.sealed", concurrency=10)
    async def search(c, m):
        bag_no, rider = m.body["bag"], None
        c.log.info(f"Looking for a rider for bag {bag_no} (order {m.body['order']})", logger="Matcher", incoming=True)
        for rnd in range(1, 5):
            async def offer(r):
                async with c.span("push offer", "CLIENT") as s:
                    await s.work(150, 0.6)
                    yes = c.rng.random() < 0.55
                    if yes or c.rng.random() < 0.75: s.log.debug(f"Rider {r} {'accepted' if yes else 'declined'} bag {bag_no} in round {rnd}", logger="Offers")
                return r if yes else None
            got = [x for x in await asyncio.gather(*(offer(f"rd{c.rng.randrange(30, 99)}") for _ in range(1 + (rnd > 2)))) if x]
            if got:
                rider = got[0]
                break
            await sleep(300)
        if not rider:
            c.log.error(f"Nobody wants bag {bag_no}, ticket {m.body['ticket']} handed to a human", logger="Matcher")
            await c.publish("rider.missing", m.body)
            return
        c.log.info(f"Rider {rider} matched in {c.elapsed_ms():.0f} ms", logger="Matcher")
        c.spawn(arrive(c, rider, m.body))

    async def arrive(c, rider, x):
        await sleep(c.rng.uniform(900, 4000))
        st, _ = await c.call("packer", f"POST /handover/{x['bag']}", {"rider": rider})
        async with c.span("UPDATE Trips", "CLIENT") as s:
            await s.work(4)
            s.log.debug(f"Executed DbCommand ({s.elapsed_ms():.0f}ms) [Parameters=[@p0='{x['order']}', @p1='{rider}'], CommandType='Text', CommandTimeout='30']", logger="Db")
        async with c.producer("bag.handed") as p:
            p.log.info(f"Bag {x['bag']} is with {rider}", logger="Trips")
            await p.send({"order": x["order"], "bag": x["bag"], "rider": rider})
    couriers.noise(6, lambda log: log.debug(f"Heartbeat of {w.rng.randrange(20, 60)} riders", logger="Fleet"))


async def load(w):
    r = w.rng

    async def one(i):
        items = [r.choice(list(MENU)) for _ in range(r.choice([1, 1, 1, 1, 1, 1, 2, 2, 2, 3]))]
        st, a = await w.start("intake", "POST /v2/orders", {"app": r.choice(["gobble", "munchly", "eatsy", "own"]), "items": items})
        if st != 201: return
        if i % 8 == 2:
            await sleep(r.uniform(50, 700))
            await w.start("intake", f"POST /v2/orders/{a['id']}/cancel")
        elif i % 3 == 0:
            for _ in range(r.randrange(1, 4)):
                await sleep(r.uniform(800, 3000))
                st, s = await w.start("intake", f"GET /v2/orders/{a['id']}")
                if s["state"] in ("on_the_way", "failed"): break
    await arrivals(w, 100, 2.4, one)
    await sleep(7000)

record(build, load, "l_kitchen")
