"""A bakery chain: shops order for tomorrow until the cut-off (a batch makes doughs of them), ovens report stage after stage, crates are packed per shop and
driven out, shops sign for them; special cakes with a deposit and a decorator's slot; cancellations; tills report sales, and low shelves order by themselves."""
import json
from world import *


def traefik(r):       # door: Traefik common log format, duration at the end; ids are kept request headers
    f = r.fields
    if "line" not in f: return f'time="{isoz(r, 0)}" level={r.level.lower()} msg="{r.message}"'
    t = f' "{r.trace_id}" "{r.span_id}"' if r.trace_id else ' "-" "-"'
    if r.incoming: t += f' "{r.incoming}"'
    return f"10.8.{f['shop'] % 9}.{f['shop']} - - [{r.time:%d/%b/%Y:%H:%M:%S} +0000] \"{f['line']} HTTP/1.1\" {f['st']} {f['size']} \"-\" \"till/4.{f['shop'] % 3}\" {f['no']} \"{f['router']}@docker\" \"http://{f['be']}:8080\" {f['ms']}ms{t}"

def djlog(r):         # orderbook: Django, verbose formatter with braces
    t = f" [{r.trace_id}/{r.span_id}]" if r.trace_id else ""
    if r.incoming: t += f" [{r.incoming}]"
    kv = "".join(f" {k}={v}" for k, v in r.fields.items())
    return f"{r.level.replace('WARN', 'WARNING')} {r.time:%Y-%m-%d %H:%M:%S},{r.time.microsecond // 1000:03d} {r.logger} {r.pid} 14{r.thread:012d}{t} {r.message}{kv}"

def tracing(r):       # planner: tracing-subscriber, full format; the span's fields stand in front
    sp = ""
    if r.trace_id: sp = f"job{{trace_id={r.trace_id} span_id={r.span_id}" + (f" parent_id={r.incoming_parent}" if r.incoming_parent else "") + "}: "
    kv = "".join(f" {k}={json.dumps(v) if isinstance(v, str) else v}" for k, v in r.fields.items())
    return f"{isoz(r, 6)} {r.level:>5} {sp}planner::{r.logger}: {r.message}{kv}"

def spd(r):           # ovens: spdlog
    t = f" <{r.trace_id} {r.span_id}>" if r.trace_id else ""
    if r.incoming_parent: t += f" <^{r.incoming_parent}>"
    lv = {"WARN": "warning"}.get(r.level, r.level.lower())
    return f"[{r.time:%Y-%m-%d %H:%M:%S}.{r.ns % NS // 1000:06d}] [{r.logger}] [{lv}] [{r.thread}]{t} {r.message}"

def zapc(r):          # pantry: zap development console (tabs)
    d = dict(r.fields)
    if r.trace_id: d |= {"trace_id": r.trace_id, "span_id": r.span_id}
    if r.incoming_parent: d["parent_span_id"] = r.incoming_parent
    return "\t".join([r.time.strftime("%Y-%m-%dT%H:%M:%S.") + "%03d+0000" % (r.time.microsecond // 1000), r.level, r.logger, r.message] + ([json.dumps(d)] if d else []))

def jsonl(r):         # vans: Kotlin, logstash encoder, MDC flat
    d = {"@timestamp": isoz(r), "@version": "1", "message": r.message, "logger_name": "no.brod.vans." + r.logger, "thread_name": f"DefaultDispatcher-worker-{r.thread}", "level": r.level, "level_value": {"DEBUG": 10000, "INFO": 20000, "WARN": 30000, "ERROR": 40000}[r.level]}
    if r.trace_id: d |= {"trace_id": r.trace_id, "span_id": r.span_id, "trace_flags": "01"}
    if r.incoming: d["traceparent"] = r.incoming
    return json.dumps(d | r.fields, separators=(",", ":"), ensure_ascii=False)

def laravel(r):       # ledger: Laravel daily channel
    x = dict(r.fields)
    if r.trace_id: x |= {"traceId": r.trace_id, "spanId": r.span_id}
    if r.incoming_parent: x["parentId"] = r.incoming_parent
    return f"[{r.time:%Y-%m-%d %H:%M:%S}] production.{r.level.replace('WARN', 'WARNING')}: {r.message} {json.dumps(x) if x else ''} "

def tillog(r):        # shopfront: Node, the debug package with a date, terse
    t = f" t={r.trace_id} s={r.span_id}" if r.trace_id else ""
    if r.incoming: t += f" tp={r.incoming}"
    return f"{isoz(r)} shop:{r.logger} {r.message}{t}"


GOODS = {"RYE": "rye loaf", "CRS": "croissant", "BAG": "baguette", "CIN": "cinnamon bun", "SUN": "sunflower roll"}

def build(w):
    w.network_ms, w.broker_ms = 0.9, 22
    seq = {"m": 55_120, "po": w.rng.randrange(2000, 6000), "batch": w.rng.randrange(100, 300), "line": 0, "run": 40, "cake": w.rng.randrange(600, 900), "req": 9000}
    def mid():
        seq["m"] += 1
        return f"{seq['m'] % 3}:{seq['m']}"      # partition:offset
    w.new_message_id = mid
    w.orders, w.cakes, book, waiting, packs, slots = {}, {}, [], {}, {}, {}

    door = w.service("door", traefik)
    front = w.service("shopfront", tillog, errors=lambda c, e: c.log.error(f"ERR {e}", logger="bus"))
    ob = w.service("orderbook", djlog, errors=lambda c, e: c.log.error(f"Task failed: {e}\nTraceback (most recent call last):\n  File \"/srv/orderbook/tasks.py\", line 204, in handle\nValueError: {e}", logger="orderbook.tasks"))
    plan = w.service("planner", tracing, errors=lambda c, e: c.log.error("consumer gave up", logger="bus", error=str(e)))
    ovens = w.service("ovens", spd, errors=lambda c, e: c.log.error(f"exception: what(): {e}", logger="plc"))
    pantry = w.service("pantry", zapc, errors=lambda c, e: c.log.error("message not handled", logger="kafka", error=str(e)))
    vans = w.service("vans", jsonl, errors=lambda c, e: c.log.error("Coroutine cancelled", logger="Bus", stack_trace=f"java.io.IOException: {e}\n\tat no.brod.vans.Bus.poll(Bus.kt:40)\n"))
    ledger = w.service("ledger", laravel, errors=lambda c, e: c.log.error(f"Job failed {e}"))

    # ---- door
    @door.http("ANY *")
    async def through(c, b):
        p = b["_route"].split(" ")[1].split("/")[1]
        be = {"orders": "orderbook", "cakes": "orderbook", "sales": "shopfront", "receipts": "vans"}[p]
        st, a = await c.call(be, b["_route"], {k: v for k, v in b.items() if k[0] != "_"}, client_span=False)
        seq["req"] += 1
        c.log.info("", line=b["_route"], st=st, size=c.rng.randrange(20, 900), shop=b.get("shop", 0), no=seq["req"], router=p, be=be, ms=round(c.elapsed_ms()), incoming=True)
        return st, a
    door.noise(9, lambda log: log.info("Configuration received from provider docker"))

    # ---- shopfront: sales from the tills
    @front.http("POST /sales")
    async def sales(c, b):
        c.log.debug(f"<- {len(b['lines'])} lines from shop {b['shop']}", logger="sales", incoming=True)
        for sku, qty in b["lines"]:
            async with c.producer("sale.line") as p:
                m = await p.send({"shop": b["shop"], "sku": sku, "qty": qty, "bon": b["bon"]})
                p.log.debug(f"-> sale.line {m} bon {b['bon']} {sku} x{qty}", logger="bus")
        return 202, {}

    @front.consumer("van.unloaded")
    async def shelf(c, m):
        await c.work(2)
        c.log.info(f"shelves of {m.body['shop']} filled, {m.body['crates']} crates, po {m.body['po']}", logger="shelf", incoming=True)

    @front.consumer("cake.stage")
    async def screen(c, m):
        c.log.info(f"screen {m.body['shop']}: cake {m.body['cake']} {m.body['stage']}", logger="screen", incoming=True)
    front.noise(4, lambda log: log.debug("ping till %d ok" % w.rng.randrange(1, 12), logger="net"))

    # ---- orderbook
    async def lodge(c, shop, lines, source):
        seq["po"] += 1
        po = f"PO{seq['po']}"
        async with c.span("INSERT orders_order", "CLIENT") as s:
            await s.work(5)
            s.log.debug(f"(0.00{c.rng.randrange(2, 9)}) INSERT INTO orders_order (number, shop_id) VALUES ('{po}', {shop}); args=('{po}', {shop})", logger="django.db.backends")
        w.orders[po] = {"po": po, "shop": shop, "lines": lines, "state": "OPEN"}
        book.append(po)
        await c.publish("order.lodged", {"po": po, "shop": shop, "lines": lines, "source": source}) if source == "shop" else await told(c, po, shop, lines)
        return po

    async def told(c, po, shop, lines):
        async with c.producer("order.lodged") as p:
            i = await p.send({"po": po, "shop": shop, "lines": lines, "source": "auto"})
            p.log.debug("sent", logger="orderbook.bus", topic="order.lodged", key=po, offset=i)

    @ob.http("POST /orders")
    async def order(c, b):
        if not b["lines"]:
            c.log.warning("empty order refused", logger="orderbook.views", shop=b["shop"], incoming=True)
            return 400, {}
        po = await lodge(c, b["shop"], b["lines"], "shop")
        c.log.info(f"order {po} lodged", logger="orderbook.views", shop=b["shop"], pieces=sum(q for _, q in b["lines"]), incoming=True)
        return 201, {"po": po}

    @ob.http("DELETE /orders/{po}")
    async def cancel(c, b):
        po = b["_route"].split("/")[-1]
        o = w.orders[po]
        async with c.span("SELECT FOR UPDATE", "CLIENT") as s: await s.work(3)
        if o["state"] != "OPEN":
            c.log.warning(f"order {po} cannot be cancelled any more", logger="orderbook.views", state=o["state"], incoming=True)
            return 409, {}
        o["state"] = "CANCELLED"
        c.log.info(f"order {po} cancelled", logger="orderbook.views", incoming=True)
        async with c.producer("order.cancelled") as p:
            m = await p.send({"po": po, "lines": o["lines"]})
            p.log.debug("sent", logger="orderbook.bus", topic="order.cancelled", key=po, offset=m)
        return 200, {}

    @ob.consumer("shelf.low")
    async def auto(c, m):
        po = await lodge(c, m.body["shop"], [(m.body["sku"], 24)], "auto")
        c.log.info(f"automatic order {po}", logger="orderbook.auto", shop=m.body["shop"], sku=m.body["sku"], incoming=True)

    for topic, st in (("crate.packed", "PACKED"), ("van.unloaded", "DELIVERED")):
        @ob.consumer(topic)
        async def progress(c, m, st=st):
            o = w.orders.get(m.body["po"])
            if not o: return
            async with c.span("UPDATE orders_order", "CLIENT") as s:
                await s.work(4)
                s.log.debug(f"(0.003) UPDATE orders_order SET state = '{st}' WHERE number = '{o['po']}'; args=('{st}', '{o['po']}')", logger="django.db.backends")
            o["state"] = st

    @ob.http("POST /cakes")
    async def cake(c, b):
        seq["cake"] += 1
        k = f"K-{seq['cake']}"
        c.log.info("cake wanted", logger="orderbook.cakes", cake=k, shop=b["shop"], size=b["size"], text=json.dumps(b["text"]), incoming=True)
        slot, price = await asyncio.gather(c.call("planner", "POST /slots", {"cake": k}), c.call("pantry", "POST /recipes/price", {"size": b["size"]}))
        if slot[0] != 200:
            c.log.info("no decorator free", logger="orderbook.cakes", cake=k)
            return 409, {}
        async with c.client("ledger", "POST /deposits") as l:
            st, a = await l.send({"cake": k, "cents": price[1]["cents"] // 2})
            l.log.info(f"deposit {'taken' if st == 201 else 'FAILED'}", logger="orderbook.cakes", cake=k, receipt=a.get("rc"))
        if st != 201:
            async with c.client("planner", f"DELETE /slots/{slot[1]['slot']}") as l:
                await l.send({})
                l.log.debug(f"slot {slot[1]['slot']} given back", logger="orderbook.cakes")
            return 402, {}
        w.cakes[k] = b["shop"]
        async with c.producer("cake.sold") as p:
            p.log.debug("sending", logger="orderbook.bus", topic="cake.sold", key=k)
            await p.send({"cake": k, "shop": b["shop"], "slot": slot[1]["slot"], "text": b["text"]})
        return 201, {"cake": k}

    @ob.http("GET /cakes/{id}")
    async def cake_state(c, b):
        async with c.span("SELECT cakes_cake", "CLIENT") as s:
            await s.work(2)
            s.log.debug(f"(0.001) SELECT state FROM cakes_cake WHERE number = '{b['_route'].split('/')[-1]}'", logger="django.db.backends")
        return 200, {}
    ob.noise(6, lambda log: log.debug("(0.000) SELECT 1; args=None", logger="django.db.backends"))

    # ---- planner
    @plan.http("POST /slots")
    async def slot(c, b):
        await c.work(4)
        if c.rng.random() < 0.05:
            c.log.warning("all decorators busy", logger="slots", cake=b["cake"], incoming=True)
            return 409, {}
        s = f"S{c.rng.randrange(1, 6)}-{c.rng.randrange(6, 15):02d}{c.rng.choice(['00', '30'])}-{b['cake'][2:]}"
        c.log.info("slot held", logger="slots", slot=s, cake=b["cake"], incoming=True)
        return 200, {"slot": s}

    @plan.http("DELETE /slots/{slot}")
    async def free(c, b):
        await c.work(2)
        return 204, {}

    @plan.every(6, first=4)
    async def cut_off(c):
        take, book[:] = [p for p in book if w.orders[p]["state"] == "OPEN"], []
        if not take: return
        run = f"run-{seq['run']}"
        seq["run"] += 1
        c.log.info("cut-off reached", logger="cutoff", run=run, orders=len(take))
        need = {}
        for po in take:
            w.orders[po]["state"] = "PLANNED"
            for sku, q in w.orders[po]["lines"]: need.setdefault(sku, []).append((po, q))
        async with c.span("solve oven plan") as s:
            await s.work(160)
            s.log.debug("solver finished", logger="solver", run=run, gap=round(c.rng.random() / 50, 4))
        for po in take: packs[po] = {"need": {s for s, _ in w.orders[po]["lines"]}, "got": set()}
        for sku, parts in need.items():
            seq["batch"] += 1
            bt = f"B{seq['batch']}{sku[0]}"
            waiting[bt] = parts
            async with c.producer("dough.batch") as p:
                await p.send({"batch": bt, "sku": sku, "qty": sum(q for _, q in parts), "run": run})
                p.log.info("dough batch ordered", logger="cutoff", batch=bt, sku=sku, qty=sum(q for _, q in parts))
        c.log.info("plan is out", logger="cutoff", run=run, batches=len(need), elapsed_ms=round(c.elapsed_ms()))

    @plan.consumer("oven.stage")
    async def stage(c, m):
        if m.body["stage"] != "cooled":
            c.log.debug("stage", logger="stages", batch=m.body["batch"], stage=m.body["stage"], incoming=True)
            return
        c.log.info("batch is ready", logger="stages", batch=m.body["batch"], incoming=True)
        for po, q in waiting.get(m.body["batch"], []):
            pk = packs[po]
            pk["got"].add(m.body["sku"])
            if pk["got"] == pk["need"] and "sent" not in pk:
                pk["sent"] = True
                async with c.producer("crate.packed") as p:
                    await p.send({"po": po, "shop": w.orders[po]["shop"], "crates": len(pk["need"])})
                    p.log.info("crates complete", logger="packing", order=po, crates=len(pk["need"]))

    @plan.consumer("cake.sold")
    async def to_decorator(c, m):
        c.log.info("cake goes to decorator", logger="slots", cake=m.body["cake"], slot=m.body["slot"], incoming=True)
        await c.work(5)
        await c.publish("cake.bake", m.body)
    plan.noise(7, lambda log: log.debug("tick", logger="cutoff"))

    # ---- ovens
    @ovens.consumer("dough.batch", retries=2, retry_ms=500, concurrency=5)
    async def bake(c, m):
        x = m.body
        lane = f"oven{1 + c.thread % 3}"
        c.log.info(f"batch {x['batch']} ({GOODS[x['sku']]} x {x['qty']}) accepted, msg {m.id}", logger=lane, incoming=True)
        async with c.client("pantry", "POST /take") as k:
            st, a = await k.send({"batch": x["batch"], "sku": x["sku"], "kg": x["qty"] // 4})
            if st != 200:
                k.log.warning(f"pantry says {st} for {x['batch']}", logger=lane)
                if m.attempt < 3: raise Exception("no flour")
        for st, t in (("mixed", 250), ("proofed", 600), ("baked", 450), ("cooled", 250)):
            async with c.span(st) as s:
                await s.work(t)
                if st == "baked": s.log.info(f"door open, {x['batch']} core temp {c.rng.randrange(930, 985) / 10} C", logger=lane)
                elif st == "mixed": s.log.debug(f"mixer stop {x['batch']}", logger=lane)
            async with c.producer("oven.stage") as p:
                await p.send({"batch": x["batch"], "sku": x["sku"], "stage": st})
                if st != "proofed": p.log.debug(f"stage {st} reported for {x['batch']}", logger="plc")

    @ovens.consumer("cake.bake")
    async def cake_bake(c, m):
        k = m.body["cake"]
        for st, t in (("baked", 500), ("frosted", 350), ("lettered", 300)):
            await c.work(t)
            c.log.info(f"cake {k}: {st}" + (f" '{m.body['text']}'" if st == "lettered" else ""), logger="cakes", incoming=st == "baked")
            await c.publish("cake.stage", {"cake": k, "shop": m.body["shop"], "stage": st})
        await c.publish("cake.done", {"cake": k, "shop": m.body["shop"]})
    ovens.noise(2.5, lambda log: log.debug(f"zone temps {w.rng.randrange(215, 240)}/{w.rng.randrange(215, 240)}/{w.rng.randrange(190, 215)}", logger="plc"))

    # ---- pantry
    @pantry.http("POST /take")
    async def take(c, b):
        async with c.span("UPDATE stock", "CLIENT") as s:
            await s.work(4)
            s.log.debug("exec", logger="pg", sql="UPDATE stock SET kg = kg - $1 WHERE item = $2", args=[b["kg"], b["sku"]])
        if c.rng.random() < 0.07:
            c.log.warning("not enough flour, silo refill pending", logger="silo", batch=b["batch"], incoming=True)
            return 409, {}
        if c.rng.random() < 0.7: c.log.info("flour released", logger="silo", batch=b["batch"], kg=b["kg"], incoming=True)
        return 200, {}

    @pantry.http("POST /recipes/price")
    async def price(c, b):
        await c.work(9)
        return 200, {"cents": {"S": 2400, "M": 3900, "L": 5600}[b["size"]]}

    @pantry.consumer("order.lodged")
    async def reserve(c, m):
        async with c.span("INSERT reservations", "CLIENT") as s:
            await s.work(3)
            s.log.debug("exec", logger="pg", sql="INSERT INTO reservations (po, sku, qty) VALUES ($1, $2, $3)", rows=len(m.body["lines"]))
        c.log.info("reserved", logger="reserve", po=m.body["po"], lines=len(m.body["lines"]), offset=m.id, incoming=True)

    @pantry.consumer("order.cancelled")
    async def unreserve(c, m):
        await c.work(3)
        c.log.info("reservation dropped", logger="reserve", po=m.body["po"], incoming=True)

    @pantry.consumer("sale.line", retries=2)
    async def sold(c, m):
        async with c.span("UPDATE shelf", "CLIENT") as s:
            await s.work(2.5)
            if c.rng.random() < 0.04 and m.attempt == 1:
                s.log.warning("serialization failure, will retry", logger="pg", code="40001")
                raise Exception("40001")
            s.log.debug("exec", logger="pg", sql="UPDATE shelf SET qty = qty - $1 WHERE shop = $2 AND sku = $3", args=[m.body["qty"], m.body["shop"], m.body["sku"]])
        if c.rng.random() < 0.09:
            c.log.info("shelf low", logger="shelf", shop=m.body["shop"], sku=m.body["sku"], bon=m.body["bon"], incoming=True)
            await c.publish("shelf.low", {"shop": m.body["shop"], "sku": m.body["sku"]})
    pantry.noise(6, lambda log: log.info("silo level", logger="silo", silo=w.rng.randrange(1, 4), pct=w.rng.randrange(20, 90)))

    # ---- vans
    @vans.consumer("crate.packed", concurrency=10)
    async def drive(c, m):
        po, shop = m.body["po"], m.body["shop"]
        async with c.span("route", "INTERNAL") as s:
            await s.work(15)
            s.log.debug("Stop added to tour", logger="Tours", order=po, shop=shop, tour=f"T{shop % 4}")
        await c.work(900, 0.4)
        c.log.info("Unloaded at shop", logger="Drivers", order=po, shop=shop, crates=m.body["crates"], incoming=True)
        async with c.producer("van.unloaded") as p:
            i = await p.send(m.body)
            p.log.debug("van.unloaded sent", logger="Bus", offset=i)

    @vans.consumer("cake.done")
    async def cake_ride(c, m):
        c.log.info("Cake loaded upright", logger="Drivers", cake=m.body["cake"], shop=m.body["shop"], incoming=True)
        await c.work(500)
        st, _ = await c.call("ledger", "POST /handovers", {"cake": m.body["cake"]})

    @vans.http("POST /receipts")
    async def sign(c, b):
        async with c.span("INSERT receipts", "CLIENT") as s:
            await s.work(4)
            s.log.debug("insert into receipts(po, signed_by) values (?, ?)", logger="Db", params=[b["po"], b["by"]])
        c.log.info("Receipt signed", logger="Receipts", order=b["po"], by=b["by"], missing=b["missing"], incoming=True)
        await c.publish("receipt.signed", b)
        return 201, {}
    vans.noise(5, lambda log: log.debug("gps fix", logger="Gps", van=w.rng.randrange(1, 5), kmh=w.rng.randrange(70)))

    # ---- ledger
    @ledger.http("POST /deposits")
    async def deposit(c, b):
        async with c.span("POST card terminal", "CLIENT") as s:
            await s.work(220, 0.5)
            bad = c.rng.random() < 0.06
            s.log.info(f"terminal: {'declined' if bad else 'approved'}", cents=b["cents"])
        if bad: return 402, {}
        rc = f"RC-{c.rng.randrange(10 ** 6):06d}"
        c.log.info(f"Deposit for {b['cake']} booked under {rc}", incoming=True)
        return 201, {"rc": rc}

    @ledger.http("POST /handovers")
    async def handover(c, b):
        await c.work(12)
        c.log.info(f"Cake {b['cake']} handed over, remainder due", incoming=True)
        return 201, {}

    @ledger.consumer("order.lodged")
    async def accrual(c, m):
        await c.work(7)
        if m.body["source"] == "auto": c.log.debug(f"Accrual {m.body['po']} (automatic)", shop=m.body["shop"])

    @ledger.consumer("receipt.signed")
    async def invoice(c, m):
        async with c.span("insert invoice_lines", "CLIENT") as s:
            await s.work(8)
            s.log.debug("insert into `invoice_lines` (`po`, `missing`) values (?, ?)", bindings=[m.body["po"], m.body["missing"]], time=round(s.elapsed_ms(), 2))
        c.log.info(f"Internal invoice for {m.body['po']}", shop=m.body["shop"], deduct=m.body["missing"], incoming=True)
    ledger.noise(9, lambda log: log.info("Schedule ran, nothing due"))


async def load(w):
    r = w.rng

    async def shop_order(i):
        shop = r.randrange(1, 12)
        lines = [(s, 6 * r.randrange(1, 9)) for s in r.sample(list(GOODS), r.randrange(0 if i % 19 == 0 else 1, 4))]
        st, a = await w.start("door", "POST /orders", {"shop": shop, "lines": lines})
        if st != 201: return
        po = a["po"]
        if i % 6 == 2:
            await sleep(r.uniform(300, 4000))
            await w.start("door", f"DELETE /orders/{po}", {"shop": shop})
            return
        for _ in range(40):
            await sleep(500)
            if w.orders[po]["state"] == "DELIVERED": break
        else: return
        await sleep(r.uniform(200, 900))
        await w.start("door", "POST /receipts", {"shop": shop, "po": po, "by": r.choice(["ida", "per", "solveig"]), "missing": int(r.random() < 0.2)})

    async def other(i):
        if i % 3 == 0:
            st, a = await w.start("door", "POST /cakes", {"shop": r.randrange(1, 12), "size": r.choice("SML"), "text": r.choice(["Happy 40", "Lisa & Tom", "Bon voyage", "8"])})
            if st == 201 and i % 2:
                await sleep(r.uniform(400, 2000))
                await w.start("door", f"GET /cakes/{a['cake']}", {"shop": 3})
        else:
            await w.start("door", "POST /sales", {"shop": r.randrange(1, 12), "bon": r.randrange(100000, 999999), "lines": [(s, r.randrange(1, 5)) for s in r.sample(list(GOODS), r.randrange(1, 5))]})
    await arrivals(w, 130, 5, lambda i: shop_order(i) if i % 2 else other(i // 2))
    await sleep(5000)

record(build, load, "q_bakery")
